//! Speaks with `quicktour-cluster`, the process that owns every process of a test cluster.
//!
//! Why a process of its own: a test may be killed at any time, and Linux ends a child with its parent's *thread*,
//! which in a test binary is not the one that lives to the end. So the supervisor holds the reading end of a pipe
//! whose other end only the test has; when that closes, for whatever reason, it ends everything and removes the
//! folder. Its own children are killed by the kernel should the supervisor itself be killed.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use crate::targets;
use crate::wait::wait_for;

/// The supervisor's program.
const PROGRAM: &str = "quicktour-cluster";

/// The socket in a cluster's folder on which its supervisor listens.
pub const SOCKET: &str = "supervisor.sock";
/// The file in a cluster's folder that its supervisor keeps locked while it lives.
pub const LOCK: &str = "supervisor.lock";
/// Where the supervisor itself writes what went wrong.
pub const LOG: &str = "supervisor.log";

/// One program to run under the supervisor. It inherits nothing but `PATH`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Program {
    /// How it is named in later requests; unique in its cluster among the running ones.
    pub name: String,
    /// The program's file.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its environment.
    pub env: Vec<(String, String)>,
    /// The file that gets its standard output and error, appended.
    pub log: PathBuf,
}

/// What the supervisor can be asked for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// Start a program.
    Spawn(Program),
    /// Run a program when everything has been ended, before the folder is removed (last given, first run).
    AtEnd(Program),
    /// Send a signal to a program.
    Signal {
        /// Its name.
        name: String,
        /// The signal.
        signal: Signal,
    },
    /// Ask a program to end, kill it after five seconds, and answer when it is gone.
    Stop {
        /// Its name.
        name: String,
    },
    /// Say what runs and what has ended.
    Status,
    /// End everything, remove the folder, answer by closing the connection.
    End,
}

/// The signals that tests have a use for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signal {
    /// `SIGSTOP`: hold it still.
    Pause,
    /// `SIGCONT`: let it go on.
    Resume,
    /// `SIGTERM`
    Terminate,
    /// `SIGKILL`
    Kill,
    /// `SIGHUP`
    Hangup,
}

/// The answer to every request but [`Request::End`].
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Answer {
    /// Why it could not be done.
    pub error: Option<String>,
    /// All programs ever started, in that order.
    pub processes: Vec<Process>,
}

/// One started program.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Process {
    /// The name it was started under.
    pub name: String,
    /// Its process id.
    pub pid: i32,
    /// How it ended, such as `exit status 1`, once it has.
    pub ended: Option<String>,
}

/// A running supervisor: its owner, who ends it, or another process that only knows its folder.
#[derive(Debug)]
pub struct Supervisor {
    dir: PathBuf,
    owner: Option<Owner>,
}

#[derive(Debug)]
struct Owner {
    process: Child,
    /// The pipe whose closing ends the cluster; nothing is ever written to it.
    lifeline: Option<ChildStdin>,
}

/// How long a supervisor lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lifetime {
    /// As long as the process that started it.
    #[default]
    Mine,
    /// Until it is told to end.
    Detached,
}

impl Supervisor {
    /// Starts a supervisor for the folder `dir`, which it removes at the end unless `keep`.
    ///
    /// # Errors
    /// When its program cannot be found or built, or does not come up.
    pub fn start(dir: &Path, lifetime: Lifetime, keep: bool) -> anyhow::Result<Self> {
        let program = program()?;
        let log = fs::File::create(dir.join(LOG)).with_context(|| format!("writing into `{}`", dir.display()))?;
        let mut command = Command::new(&program);
        command.arg("run").arg(dir);
        if keep {
            command.arg("--keep");
        }
        if lifetime == Lifetime::Detached {
            command.arg("--detached");
        }
        command.stdin(if lifetime == Lifetime::Mine { Stdio::piped() } else { Stdio::null() });
        // Not the test's own streams: a surviving supervisor would hold `cargo test | tee` open.
        command.stdout(log.try_clone()?).stderr(log);
        let mut process = command.spawn().with_context(|| format!("starting `{}`", program.display()))?;
        let socket = dir.join(SOCKET);
        wait_for("the supervisor", Duration::from_secs(10), || {
            (UnixStream::connect(&socket).is_ok() || matches!(process.try_wait(), Ok(Some(_)))).then_some(())
        })?;
        if let Some(status) = process.try_wait()? {
            let said = fs::read_to_string(dir.join(LOG)).unwrap_or_default();
            bail!("the supervisor ended at once ({status}): {}", said.trim());
        }
        let owner = (lifetime == Lifetime::Mine).then(|| Owner { lifeline: process.stdin.take(), process });
        Ok(Self { dir: dir.to_owned(), owner })
    }

    /// Speaks with the supervisor that another process has started for `dir`.
    #[must_use]
    pub fn of(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), owner: None }
    }

    /// Sends one request and waits for its answer.
    ///
    /// # Errors
    /// When the supervisor is gone or refuses.
    pub fn request(&self, request: &Request) -> anyhow::Result<Answer> {
        let mut stream = UnixStream::connect(self.dir.join(SOCKET))
            .with_context(|| format!("no cluster runs in `{}`", self.dir.display()))?;
        stream.set_read_timeout(Some(Duration::from_mins(1)))?;
        serde_json::to_writer(&mut stream, request)?;
        stream.write_all(b"\n")?;
        let mut line = String::new();
        BufReader::new(&stream).read_line(&mut line).context("the supervisor did not answer")?;
        if line.is_empty() {
            return match request {
                Request::End => Ok(Answer::default()),
                _ => bail!("the supervisor ended without an answer"),
            };
        }
        let answer: Answer = serde_json::from_str(&line)?;
        match answer.error {
            Some(error) => bail!("{error}"),
            None => Ok(answer),
        }
    }

    /// What became of the programs.
    pub fn status(&self) -> anyhow::Result<Vec<Process>> {
        Ok(self.request(&Request::Status)?.processes)
    }

    /// The supervisor's own process id, where this process started it.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.owner.as_ref().map(|owner| owner.process.id())
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        if let Some(owner) = &mut self.owner {
            drop(owner.lifeline.take());
            // It kills rather than asks, so this takes milliseconds; and it must be over before the test goes on.
            let _ = wait_for("the supervisor's end", Duration::from_secs(30), || {
                (!matches!(owner.process.try_wait(), Ok(None))).then_some(())
            });
        }
    }
}

/// Whether a supervisor still lives for this folder.
#[must_use]
pub fn lives(dir: &Path) -> bool {
    fs::File::open(dir.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_err())
}

/// The supervisor's program. Cargo is asked only when its sources are newer, because another cargo that is at work
/// would make every test wait.
fn program() -> anyhow::Result<PathBuf> {
    let folder = targets::folder()?;
    let program = folder.join(PROGRAM);
    if !is_current(&program) {
        targets::build(PROGRAM, &folder)?;
    }
    Ok(program)
}

fn is_current(program: &Path) -> bool {
    let changed = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let newest = ["supervisor.rs", "bin/quicktour-cluster/main.rs", "bin/quicktour-cluster/house.rs"]
        .iter()
        .filter_map(|source| changed(&sources.join(source)))
        .max();
    changed(program).is_some_and(|built| newest.is_none_or(|newest| newest <= built))
}
