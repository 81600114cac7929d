//! What etcd needs and how it does, as facts: the part of etcd's reports that is not a finding.

use std::time::Duration;

use crate::message::Message;

/// How a disk does what etcd's write-ahead log asks of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiskCheck {
    /// The folder that was written in. Raw text of the user.
    pub directory: String,
    /// The file system there, where it is known.
    pub filesystem: Option<&'static str>,
    /// Bytes of each write.
    pub write_bytes: u64,
    /// Whether the file's room was taken before, as etcd does.
    pub preallocated: bool,
    /// How many writes there were, each with its `fdatasync`.
    pub writes: u64,
    /// How long they took together.
    pub elapsed: Duration,
    /// Whether the time was over before all was written.
    pub cut_short: bool,
    /// Writes in a second, in thousandths.
    pub milli_iops: u64,
    /// Percentiles of `fdatasync`; those are missing that too few writes lie beyond.
    pub percentiles: Vec<Percentile>,
    /// The slowest `fdatasync`.
    pub slowest: Duration,
    /// How many took how long.
    pub histogram: Vec<Bucket>,
    /// What was published about such disks, and whether this one reaches it.
    pub demands: Vec<Demand>,
}

/// A percentile of durations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percentile {
    /// Which, in thousandths: 990 is the 99th.
    pub permille: u64,
    /// So long at most.
    pub at_most: Duration,
}

/// One bar of a histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// So long at most, and longer than the bar before; `None` for the last.
    pub at_most: Option<Duration>,
    /// How many.
    pub count: u64,
}

/// A published demand on a machine or its disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// The published figure.
    pub id: &'static str,
    /// What is demanded, in words.
    pub title: Message,
    /// Whether it is met; `None` where that is not known.
    pub met: Option<bool>,
    /// Where it was published, and when.
    pub source: String,
}
