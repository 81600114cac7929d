//! Runs one program and says what it cost: wall time, CPU time, peak memory.
//!
//! A process of its own stands between (this very program, started again): the kernel then counts one program only, and
//! a child's peak memory never starts at what the benchmark itself holds.

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use serde_json::{Value, json};

/// What the process in between is told.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The file that gets the costs
    result: PathBuf,
    /// The program and its arguments
    #[arg(last = true, required = true)]
    command: Vec<std::ffi::OsString>,
}

/// What one run cost, and where what it said lies.
#[derive(Clone, Debug)]
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    /// User and system time together.
    pub(crate) cpu: Duration,
    pub(crate) peak_bytes: u64,
    /// The exit code; -1 if a signal ended it.
    pub(crate) code: i32,
}

/// The process in between: runs the program, waits, writes the costs.
pub(crate) fn launch(args: &Args) -> anyhow::Result<()> {
    let (program, rest) = args.command.split_first().context("no program")?;
    let mut command = Command::new(program);
    command.args(rest);
    let begun = Instant::now();
    let status = command.status().with_context(|| format!("running `{}`", program.display()))?;
    let wall = begun.elapsed();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).context("asking for the costs")?;
    let micros = |time: nix::sys::time::TimeVal| time.num_microseconds();
    let cost = json!({
        "wallNanos": u64::try_from(wall.as_nanos())?,
        "cpuMicros": micros(usage.user_time()) + micros(usage.system_time()),
        "peakKib": usage.max_rss(),
        "code": status.code().unwrap_or(-1),
        "signal": status.signal(),
    });
    fs::write(&args.result, cost.to_string()).with_context(|| format!("writing `{}`", args.result.display()))
}

/// Runs `command` with its standard output and error in `folder`'s files [`OUT`] and [`ERRORS`].
pub(crate) fn measure(command: &Command, folder: &Path) -> anyhow::Result<Cost> {
    let result = folder.join("cost.json");
    let mut launcher = launcher(command, &result);
    launcher.stdin(Stdio::null()).stdout(File::create(folder.join(OUT))?).stderr(File::create(folder.join(ERRORS))?);
    let status = launcher.status().context("running the measuring process")?;
    if !status.success() {
        let said = fs::read_to_string(folder.join(ERRORS)).unwrap_or_default();
        bail!("`{}` could not be measured: {}", command.get_program().display(), said.trim());
    }
    cost(&result)
}

/// The process in between for `command`; when it has ended, [`cost`] reads `result`.
pub(crate) fn launcher(command: &Command, result: &Path) -> Command {
    // This very program, even if it has been built anew meanwhile: the child that looks the name up is still a copy.
    let mut launcher = Command::new("/proc/self/exe");
    launcher.args(["bench", "measure"]).arg(result).arg("--").arg(command.get_program()).args(command.get_args());
    launcher.env_clear();
    if let Some(path) = std::env::var_os("PATH") {
        launcher.env("PATH", path);
    }
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            launcher.env(name, value);
        }
    }
    launcher
}

/// What the process in between wrote down.
pub(crate) fn cost(result: &Path) -> anyhow::Result<Cost> {
    let cost: Value = serde_json::from_str(&fs::read_to_string(result).context("there are no costs")?)?;
    let number = |name: &str| cost[name].as_u64().with_context(|| format!("the costs lack `{name}`"));
    Ok(Cost {
        wall: Duration::from_nanos(number("wallNanos")?),
        cpu: Duration::from_micros(number("cpuMicros")?),
        peak_bytes: number("peakKib")? * 1024,
        code: i32::try_from(cost["code"].as_i64().unwrap_or(-1))?,
    })
}

/// What a measured program wrote to standard output.
pub(crate) const OUT: &str = "measured.out";
/// What it wrote to standard error.
pub(crate) const ERRORS: &str = "measured.err";

/// The middle one, or the mean of the two in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert!((median(vec![9.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median(vec![9.0, 1.0, 2.0, 4.0]) - 3.0).abs() < f64::EPSILON);
        assert!(median(Vec::new()).is_nan());
    }
}
