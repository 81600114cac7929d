//! `bench disk`: `kubectl etcd-sizing disk` beside fio, the tool that etcd's own advice uses, on one disk in one run.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail, ensure};
use quicktour_testkit::talk::say;
use serde_json::Value;

use super::{machine, page};
use crate::setup::cargo;

/// Runs of each, in turn.
const RUNS: usize = 5;
/// What both write: 22 MiB, 2,300 bytes at a time.
const SIZE: &str = "22Mi";
/// The medians of rate and p50 may differ by this much.
const TOLERANCE: f64 = 0.10;
/// So often the whole is measured before a difference counts: other programs use the disk too.
const ATTEMPTS: usize = 3;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder to write in
    #[arg(long, default_value = "target")]
    dir: PathBuf,
    /// Write the result into docs/benchmarks.md as well
    #[arg(long)]
    write: bool,
}

/// What one run measured: writes in a second, and percentiles of fdatasync in milliseconds.
#[derive(Clone, Copy)]
struct Measured {
    iops: f64,
    p50: f64,
    p99: f64,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let plugin = plugin()?;
    let dir = own_folder(&args.dir)?;
    let measured = measure_until_alike(&plugin, &dir);
    fs::remove_dir_all(&dir).context("removing the bench's folder")?;
    let (ours, theirs, alike) = measured?;
    let text = table(&ours, &theirs)?;
    say(&text);
    if args.write {
        page::write("disk", &text)?;
    }
    ensure!(alike.is_empty(), "{}", alike.join("; "));
    Ok(())
}

/// Builds the plugin as it is shipped, but for the slower link.
fn plugin() -> anyhow::Result<PathBuf> {
    let built = cargo().args(["build", "--quiet", "--release", "--package", "kubectl-etcd-sizing"]).status()?;
    ensure!(built.success(), "the plugin does not build");
    // target/PROFILE/xtask
    let me = env::current_exe().context("finding this program's own file")?;
    let target = me.ancestors().nth(2).context("this program lies nowhere")?;
    Ok(target.join("release/kubectl-etcd_sizing"))
}

fn own_folder(dir: &Path) -> anyhow::Result<PathBuf> {
    let own = dir.join(format!("bench-disk-{}", std::process::id()));
    fs::create_dir_all(&own).with_context(|| format!("making `{}`", own.display()))?;
    Ok(own)
}

type Runs = Vec<Measured>;

fn measure_until_alike(plugin: &Path, dir: &Path) -> anyhow::Result<(Runs, Runs, Vec<String>)> {
    let mut last = None;
    for _ in 0..ATTEMPTS {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        // Once each for nothing, so that neither pays for a cold disk.
        plugin_once(plugin, dir)?;
        fio_once(dir)?;
        for _ in 0..RUNS {
            theirs.push(fio_once(dir)?);
            ours.push(plugin_once(plugin, dir)?);
        }
        let differences = differences(&ours, &theirs);
        let done = differences.is_empty();
        last = Some((ours, theirs, differences));
        if done {
            break;
        }
    }
    last.context("nothing was measured")
}

fn plugin_once(plugin: &Path, dir: &Path) -> anyhow::Result<Measured> {
    // fio's job has a session of its own, and with it a share of its own of a busy processor: so has the plugin here.
    let output = Command::new("setsid")
        .arg("--wait")
        .arg(plugin)
        .args(["disk", "-o", "json", "--fail-on", "never", "--max-time", "2m", "--max-size", SIZE, "--dir"])
        .arg(dir)
        .output()
        .context("running `kubectl etcd-sizing disk`")?;
    ensure!(output.status.success(), "`etcd-sizing disk` failed: {}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout)?;
    let number = |pointer: &str| report.pointer(pointer).and_then(Value::as_f64).context("a number of the report");
    Ok(Measured {
        iops: number("/sequentialIops")?,
        p50: number("/sync/p50Seconds")? * 1e3,
        p99: number("/sync/p99Seconds")? * 1e3,
    })
}

fn fio_once(dir: &Path) -> anyhow::Result<Measured> {
    let output = Command::new("fio")
        .args(["--name=wal", "--rw=write", "--ioengine=sync", "--fdatasync=1", "--bs=2300", "--size=22m"])
        // As etcd and the plugin do: the file's room is taken before.
        .args(["--fallocate=native", "--unlink=1", "--output-format=json"])
        .arg(format!("--directory={}", dir.display()))
        .output()
        .context("running fio (Debian's package `fio`)")?;
    if !output.status.success() {
        bail!("fio failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let report: Value = serde_json::from_slice(&output.stdout).context("reading what fio says")?;
    let number = |pointer: &str| report.pointer(pointer).and_then(Value::as_f64).context("a number of fio's");
    let nanos = |percent: &str| number(&format!("/jobs/0/sync/lat_ns/percentile/{percent}"));
    Ok(Measured { iops: number("/jobs/0/write/iops")?, p50: nanos("50.000000")? / 1e6, p99: nanos("99.000000")? / 1e6 })
}

/// In which the plugin differs from fio by more than it may.
fn differences(ours: &[Measured], theirs: &[Measured]) -> Vec<String> {
    let mut all = Vec::new();
    let mut near = |what: &str, of: fn(&Measured) -> f64| {
        let (our, their) = (median(ours, of), median(theirs, of));
        if (our / their - 1.0).abs() > TOLERANCE {
            all.push(format!("{what} is {our:.3}, fio's {their:.3}"));
        }
    };
    near("the rate", |run| run.iops);
    near("p50", |run| run.p50);
    let spread = |of: fn(f64, f64) -> f64| theirs.iter().map(|run| run.p99).reduce(of).unwrap_or(0.0);
    let (least, most, our) = (spread(f64::min), spread(f64::max), median(ours, |run| run.p99));
    if our < least || our > most {
        all.push(format!("p99 is {our:.3} ms, fio's {least:.3} to {most:.3} ms"));
    }
    all
}

fn median(runs: &[Measured], of: fn(&Measured) -> f64) -> f64 {
    let mut values: Vec<f64> = runs.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn table(ours: &[Measured], theirs: &[Measured]) -> anyhow::Result<String> {
    let version = machine::version("fio", "--version");
    let spread = |runs: &[Measured], of: fn(&Measured) -> f64| {
        let values = || runs.iter().map(of);
        let (least, most) = (values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max));
        format!("{:.3} ({least:.3} to {most:.3})", median(runs, of))
    };
    let row = |name: &str, runs: &[Measured]| {
        let rates = runs.iter().map(|run| run.iops);
        let (least, most) = (rates.clone().fold(f64::INFINITY, f64::min), rates.fold(0.0, f64::max));
        let rate = median(runs, |run| run.iops);
        let (p50, p99) = (spread(runs, |run| run.p50), spread(runs, |run| run.p99));
        format!("| {name} | {rate:.0} ({least:.0} to {most:.0}) | {p50} | {p99} |\n")
    };
    Ok(format!(
        "{}. On {}. {version}; both write 22 MiB, 2,300 bytes at a time, each followed by fdatasync, into a file whose room \
         was taken before; {RUNS} runs each, in turn. Median, and the least and the most.\n\n\
         | | sequential writes per second | p50 of fdatasync, ms | p99 of fdatasync, ms |\n|---|---:|---:|---:|\n{}{}",
        machine::date(),
        machine::describe()?,
        row("`kubectl etcd-sizing disk`", ours),
        row("fio", theirs),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(iops: f64, p50: f64, p99: [f64; 3]) -> Vec<Measured> {
        p99.into_iter().map(|p99| Measured { iops, p50, p99 }).collect()
    }

    #[test]
    fn what_is_too_far_from_fio_is_named() {
        let fio = runs(1000.0, 1.0, [2.0, 3.0, 4.0]);
        assert!(differences(&runs(1090.0, 0.95, [3.5, 3.9, 9.0]), &fio).is_empty());
        let far = differences(&runs(1200.0, 1.2, [4.1, 4.2, 5.0]), &fio);
        assert_eq!(far.len(), 3, "{far:?}");
    }
}
