//! How near a cluster is to its limits, as facts: the part of a limits report that is not a finding.

use crate::message::Message;

/// Everything that `kubectl cluster-limits` found out besides findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// The figures that were compared with: `default` or `goals-2016`.
    pub profile: &'static str,
    /// Quantities with a published limit, the highest share first; those whose value is not known come last.
    pub lines: Vec<Line>,
    /// How many nodes the cluster has that limits of whole clusters are published for.
    pub largest_cluster: u64,
    /// Quantities whose limit the source leaves open.
    pub open: Vec<OpenLine>,
    /// Which limits are met as the cluster grows, the first one first.
    pub growth: Growth,
    /// What the nodes have, hold and have room for; `None` when only counts were read.
    pub capacity: Option<Capacity>,
    /// Service levels, as the API server's metrics tell them since its start.
    pub service_levels: Vec<ServiceLevel>,
    /// What the cluster spends on itself.
    pub overhead: Vec<Overhead>,
}

/// One limit, and how near the cluster is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The published figure.
    pub id: &'static str,
    /// What is limited, in a few words.
    pub title: Message,
    /// What the numbers count.
    pub unit: Unit,
    /// What there is now, at the place that is nearest to the limit; `None` when it is not known.
    pub value: Option<u64>,
    /// The limit there.
    pub limit: u64,
    /// The place; `None` for the cluster as a whole.
    pub place: Option<Place>,
    /// Where the limit was published, and when.
    pub source: String,
    /// How the value was found.
    pub read_by: ReadBy,
    /// The limit scaled down to a cluster of this many nodes: advice, no limit.
    pub proportional: Option<u64>,
    /// Whether `--min-headroom` looks at it. A full node is no shortage while others have room.
    pub guards: bool,
}

impl Line {
    /// The value's share of the limit in thousandths, rounded up so that what is beyond a limit never reads as 100 %.
    #[must_use]
    pub fn permille(&self) -> Option<u64> {
        let value = self.value?;
        Some(value.saturating_mul(1000).div_ceil(self.limit.max(1)))
    }
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Pieces.
    Count,
    /// Bytes.
    Bytes,
    /// Thousandths of a core.
    Millicores,
}

/// The namespace, node, service or kind that is nearest to a limit. Raw text of the cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// `namespace`, `node`, `service` or `type`.
    pub kind: &'static str,
    /// The namespace of a service.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

impl Place {
    /// `shop/web`, or `shop` alone.
    #[must_use]
    pub fn path(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{namespace}/{}", self.name),
            None => self.name.clone(),
        }
    }
}

/// How a value was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadBy {
    /// The server said how many there are.
    Count,
    /// Every object was read.
    List,
    /// The API server's metrics, up to a minute old.
    Metrics,
    /// Not at all.
    Nothing,
}

/// A quantity without a published limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenLine {
    /// The published figure, which is open.
    pub id: &'static str,
    /// What it counts, in a few words.
    pub title: Message,
    /// How many there are.
    pub value: Option<u64>,
}

/// How the limits are met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Growth {
    /// What `--grow` asked for, as it was typed.
    pub asked: Option<String>,
    /// The limits on the way, the first first.
    pub steps: Vec<Step>,
}

/// A limit that growth meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The line.
    pub id: &'static str,
    /// Its title.
    pub title: Message,
    /// Its place.
    pub place: Option<Place>,
    /// At how many hundredths of today's size the limit is met; of the way to what was asked for, where it was asked.
    pub at_percent: u64,
    /// Its value when all that was asked for is there; `None` when nothing was asked for.
    pub value_then: Option<u64>,
    /// The limit, when all that was asked for is there.
    pub limit: u64,
    /// Whether the limit is passed by then. Always true when nothing was asked for.
    pub met: bool,
}

/// What nodes have and hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capacity {
    /// All nodes together, a line for each resource.
    pub total: Vec<Resource>,
    /// By zone, by node group and by node.
    pub groups: Vec<Group>,
    /// Nodes that take no new pods: cordoned, tainted or not ready.
    pub closed_nodes: u64,
    /// The node with the most free CPU, and that with the most free memory.
    pub largest: Vec<Largest>,
    /// How often the pod that was asked for, or else an average one, still fits.
    pub fit: Option<Fit>,
}

/// One resource of some nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// `cpu`, `memory`, `pods`, `nvidia.com/gpu`.
    pub name: String,
    /// What the numbers count.
    pub unit: Unit,
    /// What pods may have.
    pub allocatable: u64,
    /// What pods have asked for.
    pub requested: u64,
    /// What pods may use at most, as far as they have limits.
    pub limits: u64,
    /// What is free on nodes that take new pods.
    pub free: u64,
}

/// Some nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// `zone`, `group` or `node`.
    pub by: &'static str,
    /// Its name; raw text of the cluster.
    pub name: String,
    /// How many nodes.
    pub nodes: u64,
    /// What they have.
    pub resources: Vec<Resource>,
    /// How often the pod still fits here.
    pub fits: u64,
}

/// The node with the most room of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Largest {
    /// Of which resource.
    pub of: String,
    /// The node.
    pub node: String,
    /// What is free there, in thousandths of a core.
    pub cpu_millicores: u64,
    /// What is free there.
    pub memory_bytes: u64,
}

/// How often a pod fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    /// Whether somebody asked for this pod; else it is the average of those that there are.
    pub asked: bool,
    /// What it requests.
    pub pod: Vec<(String, Unit, u64)>,
    /// How many more such pods fit.
    pub count: u64,
    /// On how many nodes at least one fits.
    pub nodes: u64,
    /// Free CPU in thousandths of a core on nodes where none fits.
    pub stranded_millicores: u64,
    /// Free memory on nodes where none fits.
    pub stranded_bytes: u64,
}

/// A service level objective.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceLevel {
    /// The published figure.
    pub id: &'static str,
    /// What is measured.
    pub title: Message,
    /// The objective in milliseconds; of churn in thousandths per second.
    pub limit_milli: u64,
    /// Which percentile of the calls.
    pub percentile: u64,
    /// The calls that it was measured by.
    pub calls: u64,
    /// Between which two bounds of the histogram the percentile lies, in milliseconds; no upper bound beyond the last.
    pub between_milli: Option<(u64, Option<u64>)>,
    /// The slowest verb and resource that was called often enough.
    pub worst: Option<String>,
    /// Where the objective was published.
    pub source: String,
}

/// What a cluster spends on itself, against the goals of 2016.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overhead {
    /// The published figure.
    pub id: &'static str,
    /// What is spent, or the ratio.
    pub title: Message,
    /// `cpu`, `memory`, or the ratio's unit.
    pub of: &'static str,
    /// What is spent, in thousandths of a percent for shares, in thousandths for ratios.
    pub value_milli: u64,
    /// The goal: not more than this.
    pub most_milli: u64,
    /// And not less than this, where it is a range.
    pub least_milli: Option<u64>,
    /// Where the goal was published.
    pub source: String,
}
