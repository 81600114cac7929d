//! Whether a node can run here: who we are, and what is installed.

use std::env;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::bail;

use crate::talk::say;

/// Where distributions keep the CNI plugins: Debian and Ubuntu, most others.
const PLUGIN_FOLDERS: [&str; 2] = ["/usr/lib/cni", "/opt/cni/bin"];
/// What a node is made of, besides what tests/cluster builds.
const PROGRAMS: [&str; 9] =
    ["containerd", "containerd-shim-runc-v2", "ctr", "runc", "ip", "unshare", "nsenter", "setpriv", "mount"];

/// A test that cannot run here; its reason has been printed.
#[derive(Debug)]
pub struct Skip {
    /// Why.
    pub reason: String,
}

/// Asks whether this process may start a node, and says so where not.
///
/// ```no_run
/// # use quicktour_testkit::node;
/// let Ok(()) = node::require_root() else { return };
/// ```
///
/// # Errors
/// Not root, on a developer's machine: the test is to return.
///
/// # Panics
/// Not root although `CI=true`: there, nothing is skipped.
pub fn require_root() -> Result<(), Skip> {
    if rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let reason = "a node (kubelet, containerd) needs root".to_owned();
    let in_ci = env::var_os("CI").is_some_and(|ci| ci == "true");
    assert!(!in_ci, "{reason}, and CI skips nothing\nhint: run CI as root");
    let thread = thread::current();
    say(&format!("skipped {}: {reason}", thread.name().unwrap_or("a test")));
    Err(Skip { reason })
}

/// The folder of the CNI plugins, if everything a node needs is installed.
pub(super) fn installed() -> anyhow::Result<PathBuf> {
    let missing: Vec<&str> = PROGRAMS.into_iter().filter(|program| !is_in_path(program)).collect();
    let plugins = PLUGIN_FOLDERS.iter().map(Path::new).find(|folder| folder.join("bridge").is_file());
    match plugins {
        Some(folder) if missing.is_empty() => Ok(folder.to_owned()),
        _ => {
            let plugins = plugins.is_none().then_some("the CNI plugins").into_iter();
            let missing: Vec<&str> = missing.into_iter().chain(plugins).collect();
            bail!("a node needs {}\nhint: `cargo xtask setup` as root (Debian, Ubuntu)", missing.join(", "))
        }
    }
}

fn is_in_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
