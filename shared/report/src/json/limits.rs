//! The limits report as programs read it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::convert::{generated_at, words};
use super::{ApiVersion, JsonCluster, JsonFinding, JsonNotChecked, JsonVerdict};
use crate::limits::{
    Capacity, Fit, Group, Growth, Limits, Line, OpenLine, Overhead, Place, ReadBy, Resource, ServiceLevel, Step, Unit,
};
use crate::report::Report;

/// A report of how near a cluster is to its limits.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "ClusterLimitsReport")]
pub struct JsonLimitsReport {
    /// The version of this format.
    api_version: ApiVersion,
    /// Which report this is.
    kind: Kind,
    /// Which cluster was looked at.
    cluster: JsonCluster,
    /// When the reading was done (RFC 3339, UTC).
    #[schemars(with = "String", extend("format" = "date-time"))]
    generated_at: Timestamp,
    /// The sum of it.
    verdict: JsonVerdict,
    /// Facts about the cluster, a line each, in words.
    summary: Vec<String>,
    /// The figures that were compared with: `default` or `goals-2016`.
    profile: String,
    /// Quantities with a published limit, the highest share first; those whose value is not known come last.
    limits: Vec<JsonLine>,
    /// Quantities whose limit the source leaves open.
    open_limits: Vec<JsonOpen>,
    /// Which limits are met as the cluster grows.
    growth: JsonGrowth,
    /// What the nodes have, hold and have room for; null when only counts were read, or nodes or pods could not be.
    capacity: Option<JsonCapacity>,
    /// Service levels of the API server that answered, since its start.
    service_levels: Vec<JsonLevel>,
    /// What the cluster spends on itself, against the goals of 2016.
    overhead: Vec<JsonOverhead>,
    /// Limits that are passed, near, or nearer than was demanded, worst first.
    findings: Vec<JsonFinding>,
    /// What was asked for and could not be read.
    not_checked: Vec<JsonNotChecked>,
    /// What the process ended with.
    exit_code: u8,
}

/// Which report it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(inline)]
enum Kind {
    /// `kubectl cluster-limits`.
    ClusterLimitsReport,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum JsonUnit {
    /// Pieces.
    Count,
    /// Bytes.
    Bytes,
    /// Thousandths of a core.
    Millicores,
}

/// How a value was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum JsonReadBy {
    /// The server said how many there are.
    Count,
    /// Every object was read.
    List,
    /// The API server's metrics, up to a minute old.
    Metrics,
}

/// A namespace, node, service or kind of objects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Place")]
struct JsonPlace {
    /// `namespace`, `node`, `service` or `type`.
    kind: String,
    /// The namespace of a service; null otherwise.
    namespace: Option<String>,
    /// Its name.
    name: String,
}

/// One limit, and how near the cluster is.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Limit")]
struct JsonLine {
    /// The published figure, stable across releases.
    #[schemars(regex(pattern = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"))]
    id: String,
    /// What is limited, in words.
    title: String,
    /// What `value` and `limit` count.
    unit: JsonUnit,
    /// What there is now, at the place that is nearest to the limit; null when it is not known.
    value: Option<u64>,
    /// The limit there.
    limit: u64,
    /// The value's share of the limit.
    share_percent: Option<f64>,
    /// The place; null for the cluster as a whole.
    place: Option<JsonPlace>,
    /// How the value was found; null when it was not.
    read_by: Option<JsonReadBy>,
    /// Where the limit was published, and when.
    source: String,
    /// The limit scaled down to this many nodes; advice only, null where there is nothing to scale.
    proportional_limit: Option<u64>,
    /// Whether `--min-headroom` looks at it.
    guarded: bool,
}

/// A quantity without a published limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "OpenLimit")]
struct JsonOpen {
    /// The published figure, which its source leaves open.
    id: String,
    /// What it counts, in words.
    title: String,
    /// How many there are; null when it is not known.
    value: Option<u64>,
}

/// How the limits are met.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Growth")]
struct JsonGrowth {
    /// What `--grow` asked for; null without it.
    asked: Option<String>,
    /// The limits on the way, the first first.
    steps: Vec<JsonStep>,
}

/// A limit that growth meets.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Step")]
struct JsonStep {
    /// The limit, or `pod-slots`, `cpu-requested` or `memory-requested` for the room on the nodes.
    id: String,
    /// What is limited, in words.
    title: String,
    /// Its place; null for the cluster as a whole.
    place: Option<JsonPlace>,
    /// At how many times today's value its limit is met.
    at_times: f64,
    /// Its value when all that was asked for is there; null when nothing was asked for.
    value_then: Option<u64>,
    /// The limit by then.
    limit: u64,
    /// Whether the limit is passed by then; null when nothing was asked for.
    passed: Option<bool>,
}

/// What nodes have and hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Capacity")]
struct JsonCapacity {
    /// All nodes together.
    resources: Vec<JsonResource>,
    /// By zone, by node group and by node.
    groups: Vec<JsonGroup>,
    /// Nodes that take no new pods: cordoned, tainted or not ready.
    closed_nodes: u64,
    /// The nodes with the most free CPU and memory: the largest pod that still fits.
    largest_free: Vec<JsonLargest>,
    /// How often a pod still fits; null without pods to take the average of.
    fit: Option<JsonFit>,
}

/// One resource of some nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Resource")]
struct JsonResource {
    /// `cpu`, `memory`, `pods` or the name of an extended resource.
    name: String,
    /// What the numbers count.
    unit: JsonUnit,
    /// What pods may have.
    allocatable: u64,
    /// What pods have asked for, counted as the scheduler counts it.
    requested: u64,
    /// What pods may use at most, as far as they have limits.
    limits: u64,
    /// What is free on nodes that take new pods.
    free: u64,
}

/// Some nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Group")]
struct JsonGroup {
    /// `zone`, `group` or `node`.
    by: String,
    /// Its name; empty for nodes that belong to none.
    name: String,
    /// How many nodes.
    nodes: u64,
    /// What they have.
    resources: Vec<JsonResource>,
    /// How often the pod of `fit` still fits here.
    fits: u64,
}

/// A node with much room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "LargestFree")]
struct JsonLargest {
    /// The resource that it has the most free of.
    of: String,
    /// Its name.
    node: String,
    /// What is free there.
    cpu_millicores: u64,
    /// What is free there.
    memory_bytes: u64,
}

/// How often a pod fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Fit")]
struct JsonFit {
    /// Whether it is the pod of `--pod`; else the average of those that there are.
    asked: bool,
    /// What it requests.
    requests: Vec<JsonRequest>,
    /// How many more fit.
    count: u64,
    /// On how many nodes at least one fits.
    nodes: u64,
    /// Free CPU on nodes where none fits.
    stranded_cpu_millicores: u64,
    /// Free memory on nodes where none fits.
    stranded_memory_bytes: u64,
}

/// What a pod requests of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Request")]
struct JsonRequest {
    /// The resource.
    name: String,
    /// What the amount counts.
    unit: JsonUnit,
    /// How much.
    amount: u64,
}

/// A service level objective.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "ServiceLevel")]
struct JsonLevel {
    /// The published figure.
    id: String,
    /// What is measured, in words.
    title: String,
    /// The objective: seconds, of churn changes per second.
    limit: f64,
    /// The calls that it was measured by.
    calls: u64,
    /// The lower bound of the histogram's bucket that the 99th percentile lies in; of churn the mean. Null when it is
    /// not known.
    at_least: Option<f64>,
    /// The upper bound; null when there is none, or nothing is known.
    at_most: Option<f64>,
    /// The slowest verb and resource that was called often enough; null when there is none.
    worst: Option<String>,
    /// Where the objective was published.
    source: String,
}

/// What a cluster spends on itself.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Overhead")]
struct JsonOverhead {
    /// The published goal.
    id: String,
    /// What is spent, in words.
    title: String,
    /// `cpu` or `memory` (then the numbers are percent of the capacity), or the unit of a ratio.
    of: String,
    /// What is spent now.
    value: f64,
    /// The goal: not more.
    most: f64,
    /// And not less; null where it is no range.
    least: Option<f64>,
    /// Where the goal was published.
    source: String,
}

impl JsonLimitsReport {
    /// The report and its limits.
    #[must_use]
    pub fn new(report: &Report, limits: &Limits) -> Self {
        Self {
            api_version: ApiVersion::V1,
            kind: Kind::ClusterLimitsReport,
            cluster: (&report.cluster).into(),
            generated_at: generated_at(report),
            verdict: report.verdict.into(),
            summary: report.summary.iter().map(words).collect(),
            profile: limits.profile.to_owned(),
            limits: limits.lines.iter().map(JsonLine::from).collect(),
            open_limits: limits.open.iter().map(JsonOpen::from).collect(),
            growth: (&limits.growth).into(),
            capacity: limits.capacity.as_ref().map(JsonCapacity::from),
            service_levels: limits.service_levels.iter().map(JsonLevel::from).collect(),
            overhead: limits.overhead.iter().map(JsonOverhead::from).collect(),
            findings: report.findings.iter().map(JsonFinding::from).collect(),
            not_checked: report.not_checked.iter().map(JsonNotChecked::from).collect(),
            exit_code: report.exit_code.code(),
        }
    }
}

impl From<Unit> for JsonUnit {
    fn from(unit: Unit) -> Self {
        match unit {
            Unit::Count => Self::Count,
            Unit::Bytes => Self::Bytes,
            Unit::Millicores => Self::Millicores,
        }
    }
}

impl From<&Place> for JsonPlace {
    fn from(place: &Place) -> Self {
        Self { kind: place.kind.to_owned(), namespace: place.namespace.clone(), name: place.name.clone() }
    }
}

impl From<&Line> for JsonLine {
    fn from(line: &Line) -> Self {
        Self {
            id: line.id.to_owned(),
            title: words(&line.title),
            unit: line.unit.into(),
            value: line.value,
            limit: line.limit,
            share_percent: line.permille().map(|permille| parts(permille, 10.0)),
            place: line.place.as_ref().map(JsonPlace::from),
            read_by: match line.read_by {
                ReadBy::Count => Some(JsonReadBy::Count),
                ReadBy::List => Some(JsonReadBy::List),
                ReadBy::Metrics => Some(JsonReadBy::Metrics),
                ReadBy::Nothing => None,
            },
            source: line.source.clone(),
            proportional_limit: line.proportional,
            guarded: line.guards,
        }
    }
}

impl From<&OpenLine> for JsonOpen {
    fn from(line: &OpenLine) -> Self {
        Self { id: line.id.to_owned(), title: words(&line.title), value: line.value }
    }
}

impl From<&Growth> for JsonGrowth {
    fn from(growth: &Growth) -> Self {
        let asked = growth.asked.is_some();
        let step = |step: &Step| JsonStep {
            id: step.id.to_owned(),
            title: words(&step.title),
            place: step.place.as_ref().map(JsonPlace::from),
            at_times: parts(step.at_percent, 100.0),
            value_then: step.value_then,
            limit: step.limit,
            passed: asked.then_some(step.met),
        };
        Self { asked: growth.asked.clone(), steps: growth.steps.iter().map(step).collect() }
    }
}

impl From<&Capacity> for JsonCapacity {
    fn from(capacity: &Capacity) -> Self {
        Self {
            resources: capacity.total.iter().map(JsonResource::from).collect(),
            groups: capacity.groups.iter().map(JsonGroup::from).collect(),
            closed_nodes: capacity.closed_nodes,
            largest_free: capacity
                .largest
                .iter()
                .map(|largest| JsonLargest {
                    of: largest.of.clone(),
                    node: largest.node.clone(),
                    cpu_millicores: largest.cpu_millicores,
                    memory_bytes: largest.memory_bytes,
                })
                .collect(),
            fit: capacity.fit.as_ref().map(JsonFit::from),
        }
    }
}

impl From<&Resource> for JsonResource {
    fn from(resource: &Resource) -> Self {
        Self {
            name: resource.name.clone(),
            unit: resource.unit.into(),
            allocatable: resource.allocatable,
            requested: resource.requested,
            limits: resource.limits,
            free: resource.free,
        }
    }
}

impl From<&Group> for JsonGroup {
    fn from(group: &Group) -> Self {
        Self {
            by: group.by.to_owned(),
            name: group.name.clone(),
            nodes: group.nodes,
            resources: group.resources.iter().map(JsonResource::from).collect(),
            fits: group.fits,
        }
    }
}

impl From<&Fit> for JsonFit {
    fn from(fit: &Fit) -> Self {
        let request = |(name, unit, amount): &(String, Unit, u64)| JsonRequest {
            name: name.clone(),
            unit: (*unit).into(),
            amount: *amount,
        };
        Self {
            asked: fit.asked,
            requests: fit.pod.iter().map(request).collect(),
            count: fit.count,
            nodes: fit.nodes,
            stranded_cpu_millicores: fit.stranded_millicores,
            stranded_memory_bytes: fit.stranded_bytes,
        }
    }
}

impl From<&ServiceLevel> for JsonLevel {
    fn from(level: &ServiceLevel) -> Self {
        Self {
            id: level.id.to_owned(),
            title: words(&level.title),
            limit: parts(level.limit_milli, 1000.0),
            calls: level.calls,
            at_least: level.between_milli.map(|(least, _)| parts(least, 1000.0)),
            at_most: level.between_milli.and_then(|(_, most)| most).map(|most| parts(most, 1000.0)),
            worst: level.worst.clone(),
            source: level.source.clone(),
        }
    }
}

impl From<&Overhead> for JsonOverhead {
    fn from(line: &Overhead) -> Self {
        Self {
            id: line.id.to_owned(),
            title: words(&line.title),
            of: line.of.to_owned(),
            value: parts(line.value_milli, 1000.0),
            most: parts(line.most_milli, 1000.0),
            least: line.least_milli.map(|least| parts(least, 1000.0)),
            source: line.source.clone(),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "shares and ratios, far below where whole numbers end")]
fn parts(value: u64, of: f64) -> f64 {
    value as f64 / of
}
