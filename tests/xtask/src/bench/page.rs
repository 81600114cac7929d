//! docs/benchmarks.md: a section for each command, replaced by that command and nobody else.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use quicktour_testkit::binaries;
use quicktour_testkit::talk::say;

use super::contestants::Contestant;
use super::machine;

const HEAD: &str = "# Benchmarks

Written by `cargo xtask bench`; every section says what it ran on. Read the ratios: each is between programs that ran in
turn, in one run, against one API server. Times are medians.

How it is measured:

* A real etcd and kube-apiserver on the same machine; the objects are written straight into etcd, as controllers and
  kubelets leave them, and no controller changes them. Server and client share the machine's cores, so a program also
  pays for the work that it causes. So that rivals find room beside it in 24 GB, the API server collects its garbage
  earlier than by default (`GOGC=50`).
* Pods are about 9 kB as JSON, of several builds, managed fields included. Those are a quarter as long as on real clusters,
  because the rivals, which decode them, would not fit into this machine's memory otherwise. There are ReplicaSets, Services with EndpointSlices, Jobs,
  StatefulSets, claims, quotas, ten events for each node, and leases, which are renewed before each run. One pod in a
  thousand (ten at least) is in trouble, and some nodes are lost.
* Every answer is checked. cluster-health must name exactly what was planted, each rule as many objects, and nothing
  else.
* *CPU* is user and system time, *peak memory* the largest resident set, as the kernel counts them for the one process
  (a process of about 6 MB starts it, below which no peak can be seen). *Received* is what the API server sent as answers,
  compressed where it was, without headers and TLS; *requests* are those in the audit log. Both are of the first run.
* At 150,000 pods the API server's own garbage collection makes single runs swing by a factor of two, most of all the
  raw download, whose answer is the largest; a ratio there is worth its first digit.
* The raw download is one request for nodes and one for pods, `resourceVersion=0`, not compressed, thrown away unread.
* Where the load average before a run is above the number of cores, the machine was busy with other work: there, read
  ratios only, and bounds of time as kept under worse conditions.
";

const SECTIONS: [(&str, &str); 5] = [
    ("smoke", "## 100 nodes: `cargo xtask bench smoke`"),
    ("scale", "## Up to 5,000 nodes: `cargo xtask bench scale`"),
    ("rollout", "## A thousand pods: `cargo xtask bench rollout`"),
    ("start", "## Start and size: `cargo xtask bench start`"),
    ("disk", "## A disk, beside fio: `cargo xtask bench disk`"),
];

/// What goes above a section's tables: when, on what, with which versions, which commands; `plugins`: which
/// plugins.
pub(crate) fn preamble(plugins: &str, contestants: &[Contestant]) -> anyhow::Result<String> {
    let mut text = ran_on(&format!("{}, {plugins}", machine::version("curl", "--version")))?;
    if !contestants.is_empty() {
        text += "\n";
    }
    for contestant in contestants {
        writeln!(text, "* {}: `{}`", contestant.name(), contestant.shown())?;
    }
    Ok(text)
}

/// When, on what, with which versions; `what`: what else there is to name.
pub(crate) fn ran_on(what: &str) -> anyhow::Result<String> {
    Ok(format!(
        "{}. On {}. Kubernetes and kubectl {}, {}, {what}.\n",
        machine::date(),
        machine::describe()?,
        binaries::ensure()?.version(),
        machine::version("rustc", "--version"),
    ))
}

/// Replaces one command's section.
pub(crate) fn write(section: &str, body: &str) -> anyhow::Result<()> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/benchmarks.md");
    let old = fs::read_to_string(&file).unwrap_or_default();
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&file, page(&old, section, body)).context("writing docs/benchmarks.md")?;
    say("wrote docs/benchmarks.md");
    Ok(())
}

fn page(old: &str, section: &str, body: &str) -> String {
    let mut text = HEAD.to_owned();
    for (name, heading) in SECTIONS {
        let kept = if name == section { body.trim() } else { kept(old, heading) };
        let kept = if kept.is_empty() { "Not run yet." } else { kept };
        text.extend(["\n", heading, "\n\n", kept, "\n"]);
    }
    text
}

/// What stands under a heading.
fn kept<'a>(old: &'a str, heading: &str) -> &'a str {
    let body = old.split_once(&format!("{heading}\n")).map_or("", |(_, rest)| rest);
    body.split("\n## ").next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_replaces_its_own_section_only() {
        let first = page("", "smoke", "small figures\n");
        assert!(first.contains("bench smoke`\n\nsmall figures\n") && first.contains("bench start`\n\nNot run yet.\n"));
        let second = page(&first, "start", "quick\n\n### sizes\n");
        assert!(second.contains("small figures\n\n## ") && second.contains("start`\n\nquick\n\n### sizes\n"));
        assert_eq!(page(&second, "smoke", "small figures"), second);
    }
}
