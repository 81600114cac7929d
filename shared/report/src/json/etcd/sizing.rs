//! The report about the sizing.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::convert::{generated_at, words};
use super::super::{ApiVersion, JsonCluster, JsonFinding, JsonNotChecked, JsonVerdict};
use super::disk::JsonDemand;
use super::parts;
use crate::etcd::{
    Criterion, Database, Days, EtcdSizing, Evidence, Example, Level, Machine, Measure, Measured, Over, Quota, Tier, Use,
};
use crate::report::Report;

/// A report of what etcd needs, what it runs on, and how it does.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "EtcdSizingReport")]
pub struct JsonSizingReport {
    /// The version of this format.
    api_version: ApiVersion,
    /// Which report this is.
    kind: Kind,
    /// Which cluster was looked at; null for a plan, and where only etcd itself was asked.
    cluster: Option<JsonCluster>,
    /// When the reading was done (RFC 3339, UTC).
    #[schemars(with = "String", extend("format" = "date-time"))]
    generated_at: Timestamp,
    /// The sum of it.
    verdict: JsonVerdict,
    /// What was looked at, in words.
    summary: Vec<String>,
    /// What the answers rest on, the best first.
    evidence: Vec<JsonEvidence>,
    /// The published hardware tier that is needed; null where nothing is known.
    tier: Option<JsonTier>,
    /// What decides it.
    criteria: Vec<JsonCriterion>,
    /// What a machine of that tier must have.
    demands: Vec<JsonDemand>,
    /// The machines of the control plane.
    machines: Vec<JsonMachine>,
    /// Published machines of that tier, and published control planes for so many nodes.
    examples: Vec<JsonExample>,
    /// The database of the member that has the largest.
    database: JsonDatabase,
    /// What was measured.
    measures: Vec<JsonMeasure>,
    /// When the quota is reached; null for a plan.
    quota_reached: Option<JsonDays>,
    /// Who uses the database, the largest first.
    uses: Vec<JsonUse>,
    /// What is wrong, worst first.
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
    /// `kubectl etcd-sizing`.
    EtcdSizingReport,
}

/// etcd's published hardware tiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Tier", inline)]
enum JsonTier {
    /// Fewer than 100 clients and 200 requests a second, no more than 100 MB.
    Small,
    /// Fewer than 500 clients and 1,000 requests a second, no more than 500 MB.
    Medium,
    /// Fewer than 1,500 clients and 10,000 requests a second, no more than 1 GB.
    Large,
    /// More.
    XLarge,
}

impl From<Tier> for JsonTier {
    fn from(tier: Tier) -> Self {
        match tier {
            Tier::Small => Self::Small,
            Tier::Medium => Self::Medium,
            Tier::Large => Self::Large,
            Tier::XLarge => Self::XLarge,
        }
    }
}

/// Something that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Evidence")]
struct JsonEvidence {
    /// `etcd-metrics`, `apiserver-metrics`, `count`, `sample`, `nodes` or `plan`.
    id: String,
    /// What it is and where, in words.
    title: String,
}

/// A quantity that asks for a tier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Criterion")]
struct JsonCriterion {
    /// `clients`, `requests` (in a second), `data` (in bytes), `nodes` or `pods`.
    id: String,
    /// How much there is.
    value: u64,
    /// For which tier that is.
    tier: JsonTier,
    /// Whether a smaller tier would do without it.
    decides: bool,
    /// Where the value comes from, in words.
    read_from: String,
}

/// A machine and what it has of what is demanded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Machine")]
struct JsonMachine {
    /// The node.
    node: String,
    /// The instance type; null where no label tells it.
    #[serde(rename = "type")]
    type_: Option<String>,
    /// Its capacity.
    cpu_millicores: u64,
    /// Its capacity.
    memory_bytes: u64,
    /// The demands, and whether each is met.
    demands: Vec<JsonDemand>,
}

/// A published machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Example")]
struct JsonExample {
    /// `etcd`, or `control-plane` for whole machines.
    what: String,
    /// `aws` or `gce`.
    provider: String,
    /// The instance type.
    #[serde(rename = "type")]
    type_: String,
    /// Where it was published.
    source: String,
}

/// The database of a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Database")]
struct JsonDatabase {
    /// On the disk; null where it is not known.
    size_bytes: Option<u64>,
    /// What of it holds something; null where it is not known.
    in_use_bytes: Option<u64>,
    /// How large it may become; null where that is switched off or not known.
    quota_bytes: Option<u64>,
    /// Whether the quota was read, is the default that was assumed, is switched off, or not known.
    quota: JsonQuota,
}

/// What is known of a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum JsonQuota {
    /// The member says it.
    Read,
    /// The default, because nobody said.
    Assumed,
    /// Negative: there is none.
    Disabled,
    /// Not known.
    Unknown,
}

/// Something measured.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Measure")]
struct JsonMeasure {
    /// Stable across releases.
    #[schemars(regex(pattern = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"))]
    id: String,
    /// What it is, in words.
    title: String,
    /// The member's address where there are several; null otherwise.
    member: Option<String>,
    /// `count`, `bytes`, `percent`, `seconds`, `perSecond`, `bytesPerSecond` or `boolean`.
    unit: String,
    /// How much; null where it is a range, switched off, or without samples. Of a boolean 1 or 0.
    value: Option<f64>,
    /// The lower bound of the histogram's bucket that the 99th percentile lies in.
    at_least: Option<f64>,
    /// The upper bound; null when there is none.
    at_most: Option<f64>,
    /// How it should be, in words; null where nobody published that.
    target: Option<String>,
    /// How that stands; null without a target. `unclear`: the bounds lie on both sides of it.
    level: Option<JsonLevel>,
    /// Of which time it is; null for what is as it is.
    over: Option<JsonOver>,
    /// The metric.
    metric: String,
}

/// Whether a measure is as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum JsonLevel {
    /// Yes.
    Fine,
    /// The bucket's bounds lie on both sides of the target.
    Unclear,
    /// Worth a warning.
    Warns,
    /// Bad.
    Fails,
}

/// Of which time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
enum JsonOver {
    /// Between two readings.
    Window,
    /// Since the process was started.
    SinceStart,
}

/// When the quota is reached, if the bytes in use grow on as since the earlier report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "QuotaReached")]
struct JsonDays {
    /// Whether it can be told.
    known: JsonKnown,
    /// Not before so many days; null where it is not known.
    at_least_days: Option<u64>,
    /// Within so many days; null where it is not known.
    at_most_days: Option<u64>,
}

/// Whether days can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
enum JsonKnown {
    /// Yes.
    Range,
    /// It did not grow.
    NotGrowing,
    /// There is no earlier report that is at least an hour older, or no sizes.
    NotEnoughData,
}

/// A kind of objects.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Use")]
struct JsonUse {
    /// `deployments.apps`.
    resource: String,
    /// How many; null where it is not known.
    objects: Option<u64>,
    /// Their bytes, estimated; null where it is not known.
    bytes: Option<u64>,
    /// Whether the bytes are those of a sample, as JSON, which is larger than what is stored.
    sampled: bool,
    /// The share of all bytes, or of all objects where no bytes are known.
    share_percent: f64,
    /// The largest object of the sample; null without one.
    largest: Option<JsonLargest>,
}

/// An object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "LargestObject")]
struct JsonLargest {
    /// `NAMESPACE/NAME`, or the name alone.
    name: String,
    /// Its bytes as JSON.
    bytes: u64,
}

impl JsonSizingReport {
    /// The report and its facts.
    #[must_use]
    pub fn new(report: &Report, sizing: &EtcdSizing) -> Self {
        Self {
            api_version: ApiVersion::V1,
            kind: Kind::EtcdSizingReport,
            cluster: (!report.cluster.server.is_empty()).then(|| (&report.cluster).into()),
            generated_at: generated_at(report),
            verdict: report.verdict.into(),
            summary: report.summary.iter().map(words).collect(),
            evidence: sizing.evidence.iter().map(JsonEvidence::from).collect(),
            tier: sizing.tier.map(JsonTier::from),
            criteria: sizing.criteria.iter().map(JsonCriterion::from).collect(),
            demands: sizing.demands.iter().map(JsonDemand::from).collect(),
            machines: sizing.machines.iter().map(JsonMachine::from).collect(),
            examples: sizing.examples.iter().map(JsonExample::from).collect(),
            database: sizing.database.into(),
            measures: sizing.measures.iter().map(JsonMeasure::from).collect(),
            quota_reached: sizing.days.map(JsonDays::from),
            uses: sizing.uses.iter().map(JsonUse::from).collect(),
            findings: report.findings.iter().map(JsonFinding::from).collect(),
            not_checked: report.not_checked.iter().map(JsonNotChecked::from).collect(),
            exit_code: report.exit_code.code(),
        }
    }
}

impl From<&Evidence> for JsonEvidence {
    fn from(evidence: &Evidence) -> Self {
        Self { id: evidence.id.to_owned(), title: words(&evidence.title) }
    }
}

impl From<&Criterion> for JsonCriterion {
    fn from(criterion: &Criterion) -> Self {
        Self {
            id: criterion.id.to_owned(),
            value: criterion.value,
            tier: criterion.tier.into(),
            decides: criterion.decides,
            read_from: words(&criterion.read_from),
        }
    }
}

impl From<&Machine> for JsonMachine {
    fn from(machine: &Machine) -> Self {
        Self {
            node: machine.node.clone(),
            type_: machine.type_.clone(),
            cpu_millicores: machine.millicores,
            memory_bytes: machine.memory,
            demands: machine.demands.iter().map(JsonDemand::from).collect(),
        }
    }
}

impl From<&Example> for JsonExample {
    fn from(example: &Example) -> Self {
        Self {
            what: example.what.to_owned(),
            provider: example.provider.clone(),
            type_: example.type_.clone(),
            source: example.source.clone(),
        }
    }
}

impl From<Database> for JsonDatabase {
    fn from(database: Database) -> Self {
        Self {
            size_bytes: database.size,
            in_use_bytes: database.in_use,
            quota_bytes: database.quota.bytes(),
            quota: match database.quota {
                Quota::Read(_) => JsonQuota::Read,
                Quota::Assumed(_) => JsonQuota::Assumed,
                Quota::Disabled => JsonQuota::Disabled,
                Quota::Unknown => JsonQuota::Unknown,
            },
        }
    }
}

impl From<&Measure> for JsonMeasure {
    fn from(measure: &Measure) -> Self {
        let (unit, value) = match measure.value {
            Measured::Count(count) => ("count", Some(parts(count, 1.0))),
            Measured::Bytes(bytes) => ("bytes", Some(parts(bytes, 1.0))),
            Measured::Permille(permille) => ("percent", Some(parts(permille, 10.0))),
            Measured::MilliRate(rate) => ("perSecond", Some(parts(rate, 1000.0))),
            Measured::Growth(rate) => {
                let size = parts(rate.unsigned_abs(), 1.0);
                ("bytesPerSecond", Some(if rate < 0 { -size } else { size }))
            }
            Measured::Yes(yes) => ("boolean", Some(f64::from(u8::from(yes)))),
            Measured::Between(..) | Measured::NoSamples => ("seconds", None),
            Measured::Off => ("bytes", None),
        };
        let (at_least, at_most) = match measure.value {
            Measured::Between(least, most) => (Some(least.as_secs_f64()), most.map(|most| most.as_secs_f64())),
            _ => (None, None),
        };
        Self {
            id: measure.id.to_owned(),
            title: words(&measure.title),
            member: measure.member.clone(),
            unit: unit.to_owned(),
            value,
            at_least,
            at_most,
            target: measure.target.as_ref().map(words),
            level: match measure.level {
                Level::None => None,
                Level::Fine => Some(JsonLevel::Fine),
                Level::Unclear => Some(JsonLevel::Unclear),
                Level::Warns => Some(JsonLevel::Warns),
                Level::Fails => Some(JsonLevel::Fails),
            },
            over: measure.over.map(|over| match over {
                Over::Window => JsonOver::Window,
                Over::SinceStart => JsonOver::SinceStart,
            }),
            metric: measure.metric.to_owned(),
        }
    }
}

impl From<Days> for JsonDays {
    fn from(days: Days) -> Self {
        let (known, range) = match days {
            Days::Between(least, most) => (JsonKnown::Range, Some((least, most))),
            Days::NotGrowing => (JsonKnown::NotGrowing, None),
            Days::NotEnoughData => (JsonKnown::NotEnoughData, None),
        };
        Self { known, at_least_days: range.map(|(least, _)| least), at_most_days: range.map(|(_, most)| most) }
    }
}

impl From<&Use> for JsonUse {
    fn from(of: &Use) -> Self {
        Self {
            resource: of.resource.clone(),
            objects: of.objects,
            bytes: of.bytes,
            sampled: of.sampled,
            share_percent: parts(of.permille, 10.0),
            largest: of.largest.as_ref().map(|(name, bytes)| JsonLargest { name: name.clone(), bytes: *bytes }),
        }
    }
}
