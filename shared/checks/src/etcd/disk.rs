//! Whether a disk is fast enough for etcd's write-ahead log, by how long each write of a trial took.

use std::time::Duration;

use quicktour_report::etcd::{Bucket, Demand, DiskCheck, Percentile};
use quicktour_report::finding::{Finding, Fix, Severity};
use quicktour_report::message::Message;
use quicktour_report::render::limits::grouped;
use quicktour_report::text::Text;

use crate::limits::Published;

/// The percentiles that are told, in thousandths.
const PERCENTILES: [u64; 4] = [500, 900, 990, 999];
/// The upper bounds of the histogram in microseconds. Source: from 1 ms on those of etcd's own
/// `etcd_disk_wal_fsync_duration_seconds`; below, further halves, because fast disks differ there.
const BOUNDS: [u64; 14] =
    [125, 250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000, 512_000, 1_024_000];
/// File systems in memory: `fdatasync` has nothing to do there.
const IN_MEMORY: [&str; 2] = ["tmpfs", "ramfs"];

/// What was done, and how long it took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trial {
    /// The folder.
    pub directory: String,
    /// The file system there.
    pub filesystem: Option<&'static str>,
    /// Whether the file's room was taken before.
    pub preallocated: bool,
    /// How long each `fdatasync` took, in nanoseconds, in their order.
    pub syncs: Vec<u64>,
    /// How long all writes took together.
    pub elapsed: Duration,
    /// Whether the time was over before all was written.
    pub cut_short: bool,
}

/// Compares a trial with the published figures.
#[must_use]
pub fn assess(trial: &Trial) -> (DiskCheck, Vec<Finding>) {
    let figures = Published::figures();
    let mut sorted = trial.syncs.clone();
    sorted.sort_unstable();
    let writes = sorted.len() as u64;
    let told = figures.count("etcd-percentile-writes");
    let percentiles: Vec<Percentile> = PERCENTILES
        .into_iter()
        .filter(|permille| *permille == 500 || writes * (1000 - permille) >= told * 1000)
        .filter_map(|permille| Some(Percentile { permille, at_most: percentile(&sorted, permille)? }))
        .collect();
    let milli_iops = rate(writes, trial.elapsed);
    let p99 = percentiles.iter().find(|percentile| percentile.permille == 990).map(|percentile| percentile.at_most);
    let least = |id: &'static str, words: &'static str| Demand {
        id,
        title: Message::new(words).arg("value", grouped(figures.count(id))),
        met: (writes > 0).then(|| milli_iops >= figures.count(id) * 1000),
        source: figures.origin(id),
    };
    let fsync = Duration::from_millis(figures.count("etcd-fsync"));
    let check = DiskCheck {
        directory: trial.directory.clone(),
        filesystem: trial.filesystem,
        write_bytes: figures.count("etcd-write"),
        preallocated: trial.preallocated,
        writes,
        elapsed: trial.elapsed,
        cut_short: trial.cut_short,
        milli_iops,
        slowest: Duration::from_nanos(sorted.last().copied().unwrap_or(0)),
        histogram: histogram(&sorted),
        demands: vec![
            least("etcd-iops", "disk-demand-iops"),
            least("etcd-iops-heavy", "disk-demand-iops-heavy"),
            Demand {
                id: "etcd-fsync",
                title: Message::new("disk-demand-fsync").arg("value", fsync),
                met: p99.map(|p99| p99 < fsync),
                source: figures.origin("etcd-fsync"),
            },
        ],
        percentiles,
    };
    let findings = findings(&check, p99, figures);
    (check, findings)
}

/// The smallest value that so many thousandths of the sorted ones do not exceed.
fn percentile(sorted: &[u64], permille: u64) -> Option<Duration> {
    let rank = (sorted.len() as u64 * permille).div_ceil(1000).max(1);
    let index = usize::try_from(rank - 1).ok()?;
    sorted.get(index).copied().map(Duration::from_nanos)
}

/// In thousandths of one in a second.
fn rate(count: u64, elapsed: Duration) -> u64 {
    let nanos = elapsed.as_nanos().max(1);
    u64::try_from(u128::from(count) * 1_000_000_000_000 / nanos).unwrap_or(u64::MAX)
}

/// From the first bar with something in it to the last.
fn histogram(sorted: &[u64]) -> Vec<Bucket> {
    let below = |bound: u64| sorted.partition_point(|nanos| *nanos <= bound * 1000) as u64;
    let mut buckets = Vec::new();
    let mut before = 0;
    for bound in BOUNDS {
        let until = below(bound);
        buckets.push(Bucket { at_most: Some(Duration::from_micros(bound)), count: until - before });
        before = until;
    }
    buckets.push(Bucket { at_most: None, count: sorted.len() as u64 - before });
    let first = buckets.iter().position(|bucket| bucket.count > 0).unwrap_or(0);
    let last = buckets.iter().rposition(|bucket| bucket.count > 0).map_or(0, |last| last + 1);
    buckets.drain(..last).skip(first).collect()
}

fn findings(check: &DiskCheck, p99: Option<Duration>, figures: &'static Published) -> Vec<Finding> {
    let mut findings = Vec::new();
    if check.filesystem.is_some_and(|name| IN_MEMORY.contains(&name)) {
        let title = Message::new("disk-memory-title").arg("filesystem", check.filesystem.unwrap_or_default());
        findings.push(finding(
            "disk-in-memory",
            Severity::Error,
            title,
            Message::new("disk-memory-why"),
            "disk-memory-advice",
            "the file system's type",
        ));
        return findings;
    }
    let iops = grouped(check.milli_iops / 1000);
    let wanted = |id: &'static str| grouped(figures.count(id));
    if check.demands.iter().any(|demand| demand.id == "etcd-iops" && demand.met == Some(false)) {
        let title = Message::new("disk-slow-title").arg("iops", iops).arg("wanted", wanted("etcd-iops"));
        findings.push(finding(
            "disk-too-slow",
            Severity::Error,
            title,
            Message::new("disk-slow-why"),
            "disk-slow-advice",
            source(figures, "etcd-iops"),
        ));
    } else if check.demands.iter().any(|demand| demand.id == "etcd-iops-heavy" && demand.met == Some(false)) {
        let title = Message::new("disk-light-title").arg("iops", iops).arg("wanted", wanted("etcd-iops-heavy"));
        findings.push(finding(
            "disk-for-light-load",
            Severity::Info,
            title,
            Message::new("disk-light-why"),
            "disk-slow-advice",
            source(figures, "etcd-iops-heavy"),
        ));
    }
    if let Some(p99) = p99 {
        let alert = Duration::from_millis(figures.count("etcd-fsync-alert"));
        let target = Duration::from_millis(figures.count("etcd-fsync"));
        let found = if p99 > alert {
            Some((Severity::Error, alert, "etcd-fsync-alert"))
        } else if p99 >= target {
            Some((Severity::Warning, target, "etcd-fsync"))
        } else {
            None
        };
        if let Some((severity, wanted, id)) = found {
            let title = Message::new("disk-latency-title").arg("p99", p99).arg("wanted", wanted);
            findings.push(finding(
                "disk-latency",
                severity,
                title,
                Message::new("disk-latency-why"),
                "disk-slow-advice",
                source(figures, id),
            ));
        }
    }
    findings
}

fn finding(
    id: &'static str,
    severity: Severity,
    title: Message,
    why: Message,
    advice: &'static str,
    source: &'static str,
) -> Finding {
    Finding {
        id,
        key: id.to_owned(),
        severity,
        title,
        why,
        fix: Fix { command: None, advice: Message::new(advice) },
        count: 1,
        objects: Vec::new(),
        source,
        effects: Vec::new(),
    }
}

fn source(figures: &'static Published, id: &str) -> &'static str {
    figures.source(id).map_or("ours", |source| source.title.as_str())
}

/// What was looked at, in a sentence.
#[must_use]
pub fn summary(check: &DiskCheck) -> Message {
    let words = if check.cut_short { "disk-looked-at-cut" } else { "disk-looked-at" };
    Message::new(words)
        .arg("writes", grouped(check.writes))
        .arg("bytes", grouped(check.write_bytes))
        .arg("elapsed", Text::new(&format!("{:.1} s", check.elapsed.as_secs_f64())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: u64 = 1_000_000;

    fn trial(syncs: Vec<u64>) -> Trial {
        let elapsed = Duration::from_nanos(syncs.iter().sum());
        Trial { directory: "/d".to_owned(), filesystem: Some("ext4"), syncs, elapsed, ..Trial::default() }
    }

    fn ids(trial: &Trial) -> Vec<(&'static str, Severity)> {
        assess(trial).1.iter().map(|finding| (finding.id, finding.severity)).collect()
    }

    #[test]
    fn percentiles_are_by_nearest_rank_and_only_told_with_enough_writes() {
        let (check, _) = assess(&trial((1..=1000).map(|n| n * 1000).rev().collect()));
        let told: Vec<(u64, u128)> = check.percentiles.iter().map(|p| (p.permille, p.at_most.as_micros())).collect();
        assert_eq!(told, [(500, 500), (900, 900), (990, 990)]);
        assert_eq!(check.slowest, Duration::from_millis(1));
        let (check, _) = assess(&trial((1..=10_000).map(|n| n * 1000).collect()));
        assert_eq!(check.percentiles.last().map(|p| (p.permille, p.at_most.as_micros())), Some((999, 9990)));
        let (check, _) = assess(&trial(vec![MILLISECOND; 5]));
        assert_eq!(check.percentiles.iter().map(|p| p.permille).collect::<Vec<_>>(), [500]);
        let (check, findings) = assess(&trial(Vec::new()));
        assert!(check.percentiles.is_empty() && check.demands.iter().all(|demand| demand.met.is_none()));
        assert!(findings.is_empty());
    }

    #[test]
    fn a_histogram_counts_each_write_once() {
        let (check, _) = assess(&trial(vec![100_000, 125_000, 125_001, 3 * MILLISECOND, 5000 * MILLISECOND]));
        let counts: Vec<u64> = check.histogram.iter().map(|bucket| bucket.count).collect();
        assert_eq!(counts.iter().sum::<u64>(), 5);
        assert_eq!(check.histogram[0], Bucket { at_most: Some(Duration::from_micros(125)), count: 2 });
        assert_eq!(check.histogram[1].count, 1);
        assert_eq!(check.histogram.last(), Some(&Bucket { at_most: None, count: 1 }));
    }

    #[test]
    fn the_published_figures_divide_disks() {
        // 5,000; 400; 80; 40 and 1.6 writes in a second.
        assert_eq!(ids(&trial(vec![MILLISECOND / 5; 2000])), []);
        assert_eq!(ids(&trial(vec![5 * MILLISECOND / 2; 2000])), [("disk-for-light-load", Severity::Info)]);
        let slow = [("disk-for-light-load", Severity::Info), ("disk-latency", Severity::Warning)];
        assert_eq!(ids(&trial(vec![25 * MILLISECOND / 2; 2000])), slow);
        let slower = [("disk-too-slow", Severity::Error), ("disk-latency", Severity::Warning)];
        assert_eq!(ids(&trial(vec![25 * MILLISECOND; 2000])), slower);
        let slowest = [("disk-too-slow", Severity::Error), ("disk-latency", Severity::Error)];
        assert_eq!(ids(&trial(vec![625 * MILLISECOND; 2000])), slowest);
    }

    #[test]
    fn exactly_the_target_is_not_below_it() {
        let demand = |nanos| {
            let (check, _) = assess(&trial(vec![nanos; 2000]));
            check.demands.iter().find(|demand| demand.id == "etcd-fsync").and_then(|demand| demand.met)
        };
        assert_eq!([demand(10 * MILLISECOND), demand(10 * MILLISECOND - 1)], [Some(false), Some(true)]);
    }

    #[test]
    fn memory_is_no_disk() {
        let memory = Trial { filesystem: Some("tmpfs"), ..trial(vec![1000; 2000]) };
        assert_eq!(ids(&memory), [("disk-in-memory", Severity::Error)]);
    }
}
