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

/// What etcd needs, what it runs on, and how it does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EtcdSizing {
    /// What the answers rest on, the best first.
    pub evidence: Vec<Evidence>,
    /// Which published tier is needed; `None` where nothing is known.
    pub tier: Option<Tier>,
    /// What decides it.
    pub criteria: Vec<Criterion>,
    /// What a machine of that tier must have.
    pub demands: Vec<Demand>,
    /// The machines of the control plane.
    pub machines: Vec<Machine>,
    /// Published machines of that tier, and published control planes for so many nodes.
    pub examples: Vec<Example>,
    /// The database.
    pub database: Database,
    /// What was measured of it, in its order.
    pub measures: Vec<Measure>,
    /// When the quota is reached.
    pub days: Option<Days>,
    /// Who uses the database, the largest first.
    pub uses: Vec<Use>,
}

/// etcd's published hardware tiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Fewer than 100 clients, 200 requests a second, no more than 100 MB.
    Small,
    /// Fewer than 500 clients, 1,000 requests a second, no more than 500 MB.
    Medium,
    /// Fewer than 1,500 clients, 10,000 requests a second, no more than 1 GB.
    Large,
    /// More.
    XLarge,
}

impl Tier {
    /// All of them, the smallest first.
    pub const ALL: [Self; 4] = [Self::Small, Self::Medium, Self::Large, Self::XLarge];

    /// As the published figures and the JSON spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Large => "large",
            Self::XLarge => "xlarge",
        }
    }
}

/// Something that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// `etcd-metrics`, `apiserver-metrics`, `count`, `sample`, `nodes` or `plan`.
    pub id: &'static str,
    /// What it is and where, in words.
    pub title: Message,
}

/// A quantity that asks for a tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Criterion {
    /// `clients`, `requests`, `data`, `nodes` or `pods`.
    pub id: &'static str,
    /// What it is, in words.
    pub title: Message,
    /// How much there is.
    pub value: u64,
    /// For which tier that is.
    pub tier: Tier,
    /// Whether the cluster would need less without it.
    pub decides: bool,
    /// Where the value comes from.
    pub read_from: Message,
}

/// A machine and what it has of what is demanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// The node. Raw text of the cluster.
    pub node: String,
    /// The instance type, where a label tells it.
    pub type_: Option<String>,
    /// In thousandths.
    pub millicores: u64,
    /// In bytes.
    pub memory: u64,
    /// The demands, and whether each is met.
    pub demands: Vec<Demand>,
}

/// A published machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// What for: `etcd`, or `control-plane` for whole machines.
    pub what: &'static str,
    /// `aws` or `gce`.
    pub provider: String,
    /// The instance type.
    pub type_: String,
    /// Where it was published.
    pub source: String,
}

/// The database of the member that has the largest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Database {
    /// Bytes on the disk.
    pub size: Option<u64>,
    /// Bytes that hold something.
    pub in_use: Option<u64>,
    /// How large it may become.
    pub quota: Quota,
}

/// How large a database may become.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quota {
    /// The member says so.
    Read(u64),
    /// The default, because nobody said.
    Assumed(u64),
    /// A negative quota: no bound.
    Disabled,
    /// Nothing is known of the database.
    #[default]
    Unknown,
}

impl Quota {
    /// In bytes, where there is one.
    #[must_use]
    pub const fn bytes(self) -> Option<u64> {
        match self {
            Self::Read(bytes) | Self::Assumed(bytes) => Some(bytes),
            Self::Disabled | Self::Unknown => None,
        }
    }
}

/// Something measured of etcd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Stable across releases.
    pub id: &'static str,
    /// What it is, in words.
    pub title: Message,
    /// The member, where there are several: its address.
    pub member: Option<String>,
    /// How much.
    pub value: Measured,
    /// It should stay below or above this, in words.
    pub target: Option<Message>,
    /// How that stands.
    pub level: Level,
    /// Whether it is of the time between two readings, or since the member's start; `None` for what is as it is.
    pub over: Option<Over>,
    /// The metric.
    pub metric: &'static str,
}

/// How much was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measured {
    /// Pieces.
    Count(u64),
    /// Bytes.
    Bytes(u64),
    /// A share in thousandths.
    Permille(u64),
    /// A percentile, as the bounds of its histogram's bucket; no upper one beyond the last.
    Between(Duration, Option<Duration>),
    /// In a second, in thousandths.
    MilliRate(u64),
    /// Bytes in a second; negative when it shrinks.
    Growth(i64),
    /// Yes or no.
    Yes(bool),
    /// A histogram without samples.
    NoSamples,
    /// A bound that is switched off.
    Off,
}

/// Whether a measure is as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nobody published how it should be.
    None,
    /// As it should be.
    Fine,
    /// The bounds of the bucket lie on both sides of the target.
    Unclear,
    /// Worth a warning.
    Warns,
    /// Bad.
    Fails,
}

/// Of which time a measure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Between two readings.
    Window,
    /// Since the process was started.
    SinceStart,
}

/// When the quota is reached, if the bytes in use grow on as they did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Days {
    /// Readings too near, of another cluster, or without sizes.
    NotEnoughData,
    /// It did not grow.
    NotGrowing,
    /// Between so many days.
    Between(u64, u64),
}

/// A kind of objects in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// `deployments.apps`.
    pub resource: String,
    /// How many objects.
    pub objects: Option<u64>,
    /// Their bytes, estimated.
    pub bytes: Option<u64>,
    /// Whether the bytes are those of a sample, as JSON.
    pub sampled: bool,
    /// The largest of the sample and its bytes as JSON. Raw text of the cluster.
    pub largest: Option<(String, u64)>,
    /// The share of all bytes, or of all objects where bytes are not known, in thousandths.
    pub permille: u64,
}
