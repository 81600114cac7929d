//! `cargo xtask setup`: what the tests need on a machine that has Rust and Go.

use std::env;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use quicktour_testkit::binaries;
use quicktour_testkit::talk::say;

pub(crate) fn run() -> anyhow::Result<()> {
    rust_component("rustfmt", "fmt")?;
    rust_component("clippy", "clippy")?;
    node_packages()?;
    let binaries = binaries::ensure()?;
    if rustix::process::geteuid().is_root() {
        binaries::ensure_kubeadm()?;
    }
    say(&format!("ready: Kubernetes {} in `{}`", binaries.version(), binaries.dir().display()));
    Ok(())
}

fn rust_component(component: &str, command: &str) -> anyhow::Result<()> {
    let works = |command: &str| {
        let asked = cargo().args([command, "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
        asked.is_ok_and(|status| status.success())
    };
    if works(command) {
        return Ok(());
    }
    say(&format!("installing the Rust component `{component}`"));
    let added = Command::new("rustup").args(["component", "add", component]).status();
    if !added.is_ok_and(|status| status.success()) || !works(command) {
        bail!("`cargo {command}` does not work\nhint: rustup component add {component}");
    }
    Ok(())
}

/// Installs what the test node and the benchmark are missing, where that is possible: as root on a Debian. Elsewhere the tests that need
/// a node say so themselves.
fn node_packages() -> anyhow::Result<()> {
    if !rustix::process::geteuid().is_root() {
        say("note: tests on a real node need root; all others run without");
        return Ok(());
    }
    let mut install = Command::new("sh");
    install.arg(root().join("shared/testkit/node/install.sh")).stdin(Stdio::null());
    // Standard output is for data; this is talk.
    install.stdout(Stdio::from(std::io::stderr().as_fd().try_clone_to_owned()?));
    let status = install.status().context("installing what the test node needs")?;
    if !status.success() {
        bail!(
            "installing what the test node needs failed ({status})\nhint: on a system without apt-get, install containerd, runc, the CNI plugins, iproute2, iptables and curl"
        );
    }
    Ok(())
}

/// The cargo that runs this.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root());
    cargo
}

/// The workspace's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
