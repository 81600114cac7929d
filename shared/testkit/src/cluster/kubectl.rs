//! The harness's own client: the cluster's kubectl, with nothing of the developer's environment.

use std::fmt;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;

use super::Cluster;
use crate::cli::Output;

/// A namespace of a test's own, deleted (without waiting) when it is dropped.
#[derive(Debug)]
pub struct Namespace<'c> {
    cluster: &'c Cluster,
    name: String,
}

impl Namespace<'_> {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Namespace<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)
    }
}

impl Drop for Namespace<'_> {
    fn drop(&mut self) {
        let _ = self.cluster.kubectl(&["delete", "namespace", &self.name, "--wait=false", "--ignore-not-found"]);
    }
}

impl Cluster {
    /// Runs the cluster's kubectl as its administrator.
    ///
    /// # Errors
    /// When it cannot be run; that it fails is in the [`Output`].
    pub fn kubectl(&self, args: &[&str]) -> anyhow::Result<Output> {
        self.kubectl_as(&self.kubeconfig(), args)
    }

    /// Runs the cluster's kubectl with another kubeconfig.
    pub fn kubectl_as(&self, kubeconfig: &Path, args: &[&str]) -> anyhow::Result<Output> {
        let output = self.kubectl_command(kubeconfig).args(args).output();
        Ok(output.with_context(|| format!("running kubectl {}", args.join(" ")))?.into())
    }

    /// Applies one or more objects as the administrator; `manifest` is YAML or JSON.
    pub fn apply(&self, manifest: &str) -> anyhow::Result<()> {
        self.feed(&["apply", "--filename=-"], manifest).map(drop)
    }

    /// Runs the administrator's kubectl with `input` on standard input and gives back its standard output.
    ///
    /// # Errors
    /// When kubectl fails: with what it said.
    pub fn feed(&self, args: &[&str], input: &str) -> anyhow::Result<String> {
        let mut child = self
            .kubectl_command(&self.kubeconfig())
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("running kubectl")?;
        // kubectl reads to the end before it answers; one that stops early says why itself.
        let _ = child.stdin.take().context("kubectl has no input")?.write_all(input.as_bytes());
        let output = Output::from(child.wait_with_output().context("running kubectl")?);
        output.success().with_context(|| format!("running kubectl {}", args.join(" ")))
    }

    /// One or more objects as JSON: `args` go to `kubectl get --output=json`.
    pub fn get(&self, args: &[&str]) -> anyhow::Result<serde_json::Value> {
        let args: Vec<&str> = ["get", "--output=json"].into_iter().chain(args.iter().copied()).collect();
        let text = self.kubectl(&args)?.success().with_context(|| format!("running kubectl {}", args.join(" ")))?;
        Ok(serde_json::from_str(&text)?)
    }

    /// Makes a namespace with a name of its own that starts with `prefix`.
    pub fn namespace(&self, prefix: &str) -> anyhow::Result<Namespace<'_>> {
        let name = unique(prefix);
        self.kubectl(&["create", "namespace", &name])?
            .success()
            .with_context(|| format!("making namespace `{name}`"))?;
        Ok(Namespace { cluster: self, name })
    }

    pub(super) fn kubectl_succeeds(&self, args: &[&str]) -> bool {
        self.kubectl(args).is_ok_and(|output| output.code == 0)
    }

    fn kubectl_command(&self, kubeconfig: &Path) -> Command {
        let mut command = Command::new(self.binaries.path("kubectl"));
        let home = self.dir().join("home");
        command.env_clear().env("HOME", &home).arg("--kubeconfig").arg(kubeconfig).arg("--cache-dir").arg(home);
        command.stdin(Stdio::null());
        command
    }
}

/// A name that no other call in any process on this machine gives: `prefix-` and some letters and digits.
#[must_use]
pub fn unique(prefix: &str) -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let count = u128::from(COUNTER.fetch_add(1, Ordering::Relaxed));
    let mut number = (now << 40) | (u128::from(std::process::id()) << 12) | (count & 0xfff);
    let mut letters = Vec::new();
    while number > 0 {
        let digit = u32::try_from(number % 36).unwrap_or_default();
        letters.push(char::from_digit(digit, 36).unwrap_or('0'));
        number /= 36;
    }
    letters.reverse();
    format!("{prefix}-{}", letters.into_iter().collect::<String>())
}
