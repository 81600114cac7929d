//! Runs a plugin as a user would, in an environment that holds nothing of the developer's, and gives back exit code,
//! standard output and standard error as one value for one snapshot.

use std::ffi::OsStr;
use std::fmt;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

/// What a program said and how it ended. Displayed, it is one text for a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The exit code, or -1 if a signal ended it.
    pub code: i32,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Output {
    /// Standard output of a successful run.
    ///
    /// # Errors
    /// When it failed: with the code and what it said.
    pub fn success(self) -> anyhow::Result<String> {
        if self.code == 0 {
            return Ok(self.stdout);
        }
        bail!("exit code {}: {}", self.code, self.stderr.trim())
    }
}

impl fmt::Display for Output {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "exit code: {}", self.code)?;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            write!(formatter, "----- {name} -----\n{text}")?;
            if !text.is_empty() && !text.ends_with('\n') {
                formatter.write_str("(no newline at the end)\n")?;
            }
        }
        Ok(())
    }
}

impl From<std::process::Output> for Output {
    fn from(output: std::process::Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// One run of a program. Its environment is empty but for `PATH` (kubeconfigs name credential plugins) and what the
/// test sets: no `HOME`, no `KUBECONFIG`, no proxies, no colours.
#[derive(Debug)]
#[must_use = "it runs only with `run`"]
pub struct Cli {
    command: Command,
    limit: Duration,
}

/// The plugin of the calling test's own package, as a [`cli::Cli`](crate::cli::Cli): `plugin!("kubectl-cluster_health")`.
/// A macro, because only the package's own tests are told where its programs lie.
#[macro_export]
macro_rules! plugin {
    ($name:literal) => {
        $crate::cli::Cli::new(::core::env!(::core::concat!("CARGO_BIN_EXE_", $name)))
    };
}

impl Cli {
    /// Will run the program of this file.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        command.env_clear().stdin(Stdio::null());
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        Self { command, limit: Duration::from_mins(2) }
    }

    /// Will run one of the workspace's programs, from a test of another package; built if it is out of date.
    pub fn of_workspace(program: &str) -> anyhow::Result<Self> {
        Ok(Self::new(crate::targets::program(program)?))
    }

    /// Adds `--kubeconfig FILE`.
    pub fn kubeconfig(mut self, file: impl AsRef<Path>) -> Self {
        self.command.arg("--kubeconfig").arg(file.as_ref());
        self
    }

    /// Adds an argument.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Adds arguments.
    pub fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it in this folder.
    pub fn dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// After how long it is killed and the test fails (default: two minutes).
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// The prepared command, for tests that need its process: to signal it, or to read while it runs.
    #[must_use]
    pub fn into_command(self) -> Command {
        self.command
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// When it cannot be started or does not end; any exit code is a result.
    pub fn run(mut self) -> anyhow::Result<Output> {
        let name = self.command.get_program().to_string_lossy().into_owned();
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().with_context(|| format!("running `{name}`"))?;
        let stdout = collect(child.stdout.take().context("a program without output")?);
        let stderr = collect(child.stderr.take().context("a program without errors")?);
        let ended = end(&mut child, self.limit)?;
        let output = Output {
            code: ended.and_then(|status| status.code()).unwrap_or(-1),
            stdout: text(stdout),
            stderr: text(stderr),
        };
        match ended {
            Some(_) => Ok(output),
            None => bail!("`{name}` did not end within {} s and was killed; it said\n{output}", self.limit.as_secs()),
        }
    }
}

/// Reads a stream while the program runs: a full pipe would stop it.
fn collect(mut stream: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before a failure is what there is to show.
        let _ = stream.read_to_end(&mut bytes);
        bytes
    })
}

fn text(stream: JoinHandle<Vec<u8>>) -> String {
    String::from_utf8_lossy(&stream.join().unwrap_or_default()).into_owned()
}

fn end(child: &mut Child, limit: Duration) -> anyhow::Result<Option<std::process::ExitStatus>> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(2));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Cli {
        Cli::new("/bin/sh").args(["-c", script])
    }

    #[test]
    fn one_text_holds_all_that_happened() {
        let output = shell("echo data; printf talk >&2; exit 3").run().unwrap();
        let expected = "exit code: 3\n----- stdout -----\ndata\n----- stderr -----\ntalk(no newline at the end)\n";
        assert_eq!(output.to_string(), expected);
        assert_eq!(output.success().unwrap_err().to_string(), "exit code 3: talk");
    }

    #[test]
    fn nothing_of_the_environment_passes() {
        let output = shell("/usr/bin/env").env("NO_COLOR", "1").run().unwrap();
        let mut names: Vec<&str> = output.stdout.lines().filter_map(|line| line.split('=').next()).collect();
        // The shell's own.
        names.retain(|name| !["PWD", "SHLVL", "_", "OLDPWD"].contains(name));
        names.sort_unstable();
        assert_eq!(names, ["NO_COLOR", "PATH"]);
    }

    #[test]
    fn a_program_that_hangs_is_killed_and_quoted() {
        let error = shell("echo before; exec sleep 600").limit(Duration::from_millis(300)).run().unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("`/bin/sh` did not end within 0 s and was killed; it said\nexit code: -1"), "{text}");
        assert!(text.contains("before"), "{text}");
    }
}
