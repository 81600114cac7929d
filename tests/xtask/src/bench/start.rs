//! `cargo xtask bench start`: how long a plugin takes to begin, and how large it is.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::ensure;
use quicktour_testkit::binaries;
use quicktour_testkit::cluster::{Cluster, Options};

use super::bounds::{RAW, RIVAL, Verdict};
use super::contestants::Contestant;
use super::measure::{measure, median};
use super::seed::Size;
use super::series::{self, Plan, megabytes};
use super::stage::Stage;
use super::{page, programs, table};

/// Runs of each; the first is not counted.
const RUNS: usize = 50;
/// The two profiles, the released one last.
const PROFILES: [&str; 2] = ["release", "dist"];
/// Source: the project's goal for a binary.
const LARGEST_MEBIBYTES: f64 = 8.0;
/// Source: the project's goal for a start.
const HELP_MILLISECONDS: f64 = 10.0;
/// Starts of the test cluster; every test of a developer waits for one.
const CLUSTERS: usize = 5;
/// Source: the project's goal for the test cluster. No rival: nothing else here starts a cluster.
const CLUSTER_SECONDS: f64 = 15.0;

pub(crate) fn run() -> anyhow::Result<()> {
    let mut folders = Vec::new();
    for profile in PROFILES {
        folders.push((profile, programs::plugins(profile)?));
    }
    let preamble = page::preamble(&programs::Source::default().words("release"), &[])?;
    let mut verdicts = vec![test_cluster()?];
    let stage = Stage::build(Size::TINY)?;
    let mut rows = Vec::new();
    for (_, program) in programs::PLUGINS {
        for (profile, folder) in &folders {
            let bytes = fs::metadata(folder.join(program))?.len();
            let mebibytes = megabytes(bytes) * 1e6 / f64::from(1 << 20);
            verdicts.push(
                Verdict::new(format!("{program}, size ({profile})"), LARGEST_MEBIBYTES, Some(mebibytes)).unit(" MiB"),
            );
        }
        let program = folders[0].1.join(program);
        for argument in ["--help", "--version"] {
            let (wall, cpu, least) = starts(&program, argument, &stage.folder())?;
            let name = format!("{} {argument}", program.file_name().unwrap_or_default().display());
            rows.push(vec![name.clone(), table::number(wall), table::number(least), table::number(cpu)]);
            verdicts.push(Verdict::new(name, HELP_MILLISECONDS, Some(wall)).unit(" ms"));
        }
    }
    let kubectl = stage.cluster.binaries().path("kubectl");
    let (wall, cpu, least) = starts(&kubectl, "--help", &stage.folder())?;
    rows.push(vec!["kubectl --help".to_owned(), table::number(wall), table::number(least), table::number(cpu)]);

    let contestants = [
        Contestant::Health(folders[0].1.join("kubectl-cluster_health")),
        Contestant::KubectlNodes,
        Contestant::KubectlPods,
        Contestant::Raw,
    ];
    let plan = Plan { runs: 15, warm_up: true, end: None };
    let series = series::run(&stage, Size::TINY, &contestants, plan)?;
    drop(stage);
    let body = format!(
        "{preamble}\n{}\n{}\nThe whole of it on {}:\n\n{}",
        table::markdown(&["started", "time, ms", "least, ms", "CPU, ms"], &rows),
        table::verdicts(&verdicts),
        Size::TINY.words(),
        table::costs(&series, RIVAL, RAW)
    );
    std::io::stdout().write_all(body.as_bytes())?;
    page::write("start", &body)?;
    let failed: Vec<&str> = series.failed(&contestants).collect();
    ensure!(failed.is_empty(), "failed, or gave a wrong answer: {}", failed.join(", "));
    Ok(())
}

/// How long the tests' control plane takes until it is ready, leases and all.
fn test_cluster() -> anyhow::Result<Verdict> {
    binaries::ensure()?;
    let mut seconds = Vec::new();
    for _ in 0..CLUSTERS {
        let begun = Instant::now();
        let cluster = Cluster::start(&Options::new())?;
        seconds.push(begun.elapsed().as_secs_f64());
        drop(cluster);
    }
    Ok(Verdict::new("test cluster, ready", CLUSTER_SECONDS, Some(median(seconds))).unit(" s"))
}

/// Milliseconds of a start: median and least wall time, median CPU time.
fn starts(program: &Path, argument: &str, folder: &Path) -> anyhow::Result<(f64, f64, f64)> {
    let mut command = Command::new(program);
    command.arg(argument).env("HOME", folder);
    let (mut wall, mut cpu) = (Vec::new(), Vec::new());
    for run in 0..=RUNS {
        let cost = measure(&command, folder)?;
        ensure!(cost.code == 0, "`{} {argument}` ended with {}", program.display(), cost.code);
        if run > 0 {
            wall.push(cost.wall.as_secs_f64() * 1e3);
            cpu.push(cost.cpu.as_secs_f64() * 1e3);
        }
    }
    let least = wall.iter().copied().fold(f64::INFINITY, f64::min);
    Ok((median(wall), median(cpu), least))
}
