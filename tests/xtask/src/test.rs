//! `cargo xtask test`: format, lints, then every test against one control plane that all test processes share.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, bail};
use quicktour_testkit::cluster::{Cluster, Options, STATE_VARIABLE};
use quicktour_testkit::talk::say;
use quicktour_testkit::targets::BUILT_VARIABLE;

use crate::bench;
use crate::setup::{self, cargo};

/// In this order: set up, `cargo fmt --check`, `cargo clippy` (warnings are errors), build, start the cluster,
/// `cargo test --workspace`, end the cluster, `cargo xtask bench smoke`. The first failure ends it.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Arguments for `cargo test`, such as `--package kubectl-cluster-health` or a test's name; with any, the benchmark
    /// is left out
    #[arg(last = true)]
    cargo_test: Vec<String>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let start = Instant::now();
    step("set up", setup::run)?;
    step("format", || succeed(cargo().args(["fmt", "--all", "--check"])))?;
    step("lints", || {
        succeed(cargo().args([
            "clippy",
            "--locked",
            "--workspace",
            "--all-targets",
            "--quiet",
            "--",
            "--deny",
            "warnings",
        ]))
    })?;
    step("build", || succeed(cargo().args(["build", "--locked", "--workspace", "--bins", "--quiet"])))?;
    let cluster = step("start the cluster", || Cluster::start(&Options::new()))?;
    let tested = step("tests", || {
        let mut command = cargo();
        command.args(["test", "--locked"]).args(scope(&args.cargo_test)).args(&args.cargo_test);
        command.env(STATE_VARIABLE, cluster.state_file()).env(BUILT_VARIABLE, "1");
        succeed(&mut command)
    });
    step("end the cluster", || {
        drop(cluster);
        Ok(())
    })?;
    tested?;
    if args.cargo_test.is_empty() {
        step("benchmark", bench::smoke)?;
    }
    say(&format!("all passed in {:.0} s", start.elapsed().as_secs_f64()));
    Ok(())
}

/// All packages, unless the developer names some.
fn scope(args: &[String]) -> Option<&'static str> {
    let names_packages = args
        .iter()
        .take_while(|arg| *arg != "--")
        .any(|arg| arg.starts_with("-p") || arg == "--package" || arg.starts_with("--package="));
    (!names_packages).then_some("--workspace")
}

fn step<T>(name: &str, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    say(&format!("== {name}"));
    let start = Instant::now();
    let done = work();
    let how = if done.is_ok() { "done" } else { "failed" };
    say(&format!("== {name}: {how} in {:.1} s", start.elapsed().as_secs_f64()));
    done
}

fn succeed(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().context("running cargo")?;
    if !status.success() {
        let args: Vec<_> = command.get_args().map(|arg| arg.to_string_lossy()).collect();
        bail!("`cargo {}` failed ({status})", args.join(" "));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_everything_unless_packages_are_named() {
        let scope = |args: &[&str]| scope(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>());
        assert_eq!(scope(&[]), Some("--workspace"));
        assert_eq!(scope(&["quota", "--", "-p"]), Some("--workspace"));
        assert_eq!(scope(&["-p", "quicktour-report"]), None);
        assert_eq!(scope(&["--package=quicktour-report"]), None);
    }
}
