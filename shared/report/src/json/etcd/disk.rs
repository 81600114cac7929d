//! The report about a disk.

use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::convert::{generated_at, words};
use super::super::{ApiVersion, JsonFinding, JsonVerdict};
use crate::etcd::{Demand, DiskCheck};
use crate::report::Report;

/// A report of how a disk does what etcd's write-ahead log asks of it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "EtcdDiskReport")]
pub struct JsonDiskReport {
    /// The version of this format.
    api_version: ApiVersion,
    /// Which report this is.
    kind: Kind,
    /// When the trial was done (RFC 3339, UTC).
    #[schemars(with = "String", extend("format" = "date-time"))]
    generated_at: Timestamp,
    /// The sum of it.
    verdict: JsonVerdict,
    /// What was done, in words.
    summary: Vec<String>,
    /// The folder that was written in.
    directory: String,
    /// The file system there; null where it is not known.
    filesystem: Option<String>,
    /// Bytes of each write, all one after another.
    write_bytes: u64,
    /// Whether the file's room was taken before, as etcd does.
    preallocated: bool,
    /// How many writes there were, each with its `fdatasync`.
    writes: u64,
    /// How long they took together.
    elapsed_seconds: f64,
    /// Whether the time was over before all was written.
    cut_short: bool,
    /// Writes in a second.
    sequential_iops: f64,
    /// How long `fdatasync` took.
    sync: JsonSync,
    /// What was published about such disks.
    demands: Vec<JsonDemand>,
    /// What is wrong with the disk, worst first.
    findings: Vec<JsonFinding>,
    /// What the process ended with.
    exit_code: u8,
}

/// Which report it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(inline)]
enum Kind {
    /// `kubectl etcd-sizing disk`.
    EtcdDiskReport,
}

/// How long `fdatasync` took. A percentile is null when too few writes lie beyond it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Sync")]
struct JsonSync {
    /// The 50th percentile.
    p50_seconds: Option<f64>,
    /// The 90th percentile.
    p90_seconds: Option<f64>,
    /// The 99th percentile.
    p99_seconds: Option<f64>,
    /// The 99.9th percentile.
    p999_seconds: Option<f64>,
    /// The slowest.
    slowest_seconds: f64,
    /// How many took how long.
    histogram: Vec<JsonBucket>,
}

/// One bar of a histogram.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Bucket")]
struct JsonBucket {
    /// So long at most, and longer than the bar before; null for the last.
    at_most_seconds: Option<f64>,
    /// How many.
    count: u64,
}

/// A published demand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Demand")]
pub(super) struct JsonDemand {
    /// The published figure, stable across releases.
    #[schemars(regex(pattern = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"))]
    id: String,
    /// What is demanded, in words.
    title: String,
    /// Whether it is met; null where that is not known.
    met: Option<bool>,
    /// Where it was published, and when.
    source: String,
}

impl From<&Demand> for JsonDemand {
    fn from(demand: &Demand) -> Self {
        Self { id: demand.id.to_owned(), title: words(&demand.title), met: demand.met, source: demand.source.clone() }
    }
}

impl JsonDiskReport {
    /// The report and its trial.
    #[must_use]
    pub fn new(report: &Report, check: &DiskCheck) -> Self {
        let percentile = |permille| {
            let found = check.percentiles.iter().find(|percentile| percentile.permille == permille);
            found.map(|percentile| percentile.at_most.as_secs_f64())
        };
        let histogram = check.histogram.iter().map(|bucket| JsonBucket {
            at_most_seconds: bucket.at_most.as_ref().map(Duration::as_secs_f64),
            count: bucket.count,
        });
        Self {
            api_version: ApiVersion::V1,
            kind: Kind::EtcdDiskReport,
            generated_at: generated_at(report),
            verdict: report.verdict.into(),
            summary: report.summary.iter().map(words).collect(),
            directory: check.directory.clone(),
            filesystem: check.filesystem.map(str::to_owned),
            write_bytes: check.write_bytes,
            preallocated: check.preallocated,
            writes: check.writes,
            elapsed_seconds: check.elapsed.as_secs_f64(),
            cut_short: check.cut_short,
            sequential_iops: super::parts(check.milli_iops, 1000.0),
            sync: JsonSync {
                p50_seconds: percentile(500),
                p90_seconds: percentile(900),
                p99_seconds: percentile(990),
                p999_seconds: percentile(999),
                slowest_seconds: check.slowest.as_secs_f64(),
                histogram: histogram.collect(),
            },
            demands: check.demands.iter().map(JsonDemand::from).collect(),
            findings: report.findings.iter().map(JsonFinding::from).collect(),
            exit_code: report.exit_code.code(),
        }
    }
}
