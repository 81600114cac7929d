//! What was measured on, and with which versions.

use std::fs;
use std::process::Command;

use anyhow::Context as _;

/// Memory that could be used now without moving anything out, in bytes.
pub(crate) fn available_bytes() -> anyhow::Result<u64> {
    memory("MemAvailable")
}

fn memory(field: &str) -> anyhow::Result<u64> {
    let info = fs::read_to_string("/proc/meminfo").context("reading how much memory there is")?;
    let line = info.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    Ok(kib.with_context(|| format!("/proc/meminfo has no {field}"))? * 1024)
}

/// The machine in a sentence: processors, memory, kernel, and how busy it was.
pub(crate) fn describe() -> anyhow::Result<String> {
    let cores = std::thread::available_parallelism()?;
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let model = model.map_or("an unnamed processor", |(_, model)| model.trim()).to_owned();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").context("reading the kernel's version")?;
    let load = fs::read_to_string("/proc/loadavg").context("reading the load")?;
    Ok(format!(
        "{cores} cores of {model}, {} GiB of memory, Linux {}; load average before the run: {}",
        memory("MemTotal")? >> 30,
        kernel.trim(),
        load.split_whitespace().next().unwrap_or_default()
    ))
}

/// Today, UTC.
pub(crate) fn date() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// The first line that a program says of its version.
pub(crate) fn version(program: &str, argument: &str) -> String {
    let said = Command::new(program).arg(argument).output();
    let said = said.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let words: Vec<&str> = said.lines().next().unwrap_or_default().split_whitespace().take(2).collect();
    if words.is_empty() { format!("{program} of unknown version") } else { words.join(" ") }
}

/// The commit that was built.
pub(crate) fn commit() -> String {
    let git = |args: &[&str]| {
        let output = Command::new("git").args(["-C", env!("CARGO_MANIFEST_DIR")]).args(args).output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
    };
    let changed = if git(&["status", "--porcelain", "--", "../../plugins", "../../shared"]).is_empty() {
        ""
    } else {
        ", with uncommitted changes"
    };
    format!("commit {}{changed}", git(&["rev-parse", "--short", "HEAD"]))
}
