//! What etcd asks of machines and disks, and how it does: its metrics and a disk's durations against the published
//! figures. Pure, like all rules.
//!
//! `told` folds metrics, `health` judges a member's, `tier` says which published tier is needed and whether a machine
//! reaches it, `uses` who uses the database, `judge` makes findings; [`assess`] puts them together.

pub mod disk;
mod health;
mod judge;
mod plan;
mod tier;
mod told;
mod uses;

use std::collections::BTreeMap;

use jiff::Timestamp;
use quicktour_report::etcd::{Database, Days, EtcdSizing, Evidence, Level, Measure, Measured, Over, Quota};
use quicktour_report::finding::Finding;
use quicktour_report::message::Message;
use quicktour_survey::views::{Resource, View as _, node};
use quicktour_survey::{Counts, Object, Part, Sizes};

use crate::limits::Published;
use crate::limits::amount::Amounts;

pub use health::Seen;
pub use plan::Plan;
pub use tier::Known as KnownMachine;
pub use told::{ApiServer, Member};

/// Everything that was read.
#[derive(Clone, Debug, Default)]
pub struct Read<'a> {
    /// Members whose own metrics were read.
    pub members: Vec<Seen>,
    /// The API server's metrics.
    pub apiserver: Option<&'a ApiServer>,
    /// What the same API server sent to etcd between two readings, and their distance in seconds.
    pub sent: Option<(u64, f64)>,
    /// Counted objects.
    pub counts: Option<&'a Counts>,
    /// Sampled sizes.
    pub sizes: BTreeMap<Resource, Sizes>,
    /// The nodes; `None` when they were not read.
    pub nodes: Option<&'a Machines>,
    /// A cluster that does not exist yet.
    pub plan: Option<&'a Plan>,
    /// An earlier report of the same cluster.
    pub earlier: Option<Earlier>,
}

/// The sizes of an earlier report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// When it was made.
    pub at: Timestamp,
    /// Bytes in use.
    pub in_use: Option<u64>,
}

/// The nodes: how many there are, and the machines of the control plane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machines {
    /// All nodes.
    pub nodes: u64,
    /// Those of the control plane, and those of etcd's own.
    pub control_plane: Vec<KnownMachine>,
}

/// Labels of machines that etcd runs on. Source: kubeadm; `etcd` is RKE's.
const ROLES: [&str; 3] =
    ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master", "node-role.kubernetes.io/etcd"];
const TYPES: [&str; 2] = ["node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type"];

impl quicktour_survey::Fold for Machines {
    fn wants(&self, part: Part) -> bool {
        part == Part::Nodes
    }

    fn see(&mut self, object: Object<'_>, _now: Timestamp) {
        let Object::Node(node) = object else { return };
        self.nodes += 1;
        let labels = &node.meta().labels;
        if !ROLES.iter().any(|role| labels.contains_key(*role)) {
            return;
        }
        let capacity = node.status.as_ref().map(|status| Amounts::of(&status.capacity)).unwrap_or_default();
        let amount = |name: &str| u64::try_from(capacity.get(name)).unwrap_or(0);
        self.control_plane.push(KnownMachine {
            node: node.meta().name.clone(),
            type_: TYPES.iter().find_map(|label| labels.get(*label).cloned()),
            millicores: amount("cpu"),
            memory: amount("memory"),
        });
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// The facts.
    pub sizing: EtcdSizing,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What was looked at.
    pub summary: Vec<Message>,
}

/// Compares what was read with the figures. `kubectl` begins every command that is shown.
#[must_use]
pub fn assess(read: &Read<'_>, now: Timestamp, kubectl: &str) -> Assessment {
    let figures = Published::figures();
    let seconds = f64::from(i32::try_from(now.as_second()).unwrap_or(i32::MAX));
    let measures = measures(read, seconds, figures);
    let database = database(read, figures);
    let (tier, criteria) = tier::need(&amounts(read, &measures, database), figures);
    let nodes = read.plan.map_or_else(|| node_count(read), |plan| plan.get("nodes"));
    let machines = match (tier, read.nodes) {
        (Some(tier), Some(nodes)) => {
            nodes.control_plane.iter().map(|known| tier::machine(known, tier, figures)).collect()
        }
        _ => Vec::new(),
    };
    let sizing = EtcdSizing {
        evidence: evidence(read),
        tier,
        criteria,
        demands: tier.map(|tier| tier::demands(tier, figures)).unwrap_or_default(),
        machines,
        examples: tier.map(|tier| tier::examples(tier, nodes, figures)).unwrap_or_default(),
        days: read.plan.is_none().then(|| days(read, database, now, figures)),
        database,
        measures,
        uses: uses::uses(read),
    };
    let findings = judge::findings(&sizing, figures, kubectl);
    let summary = vec![
        Message::new("etcd-looked-at")
            .arg("what", sizing.evidence.iter().map(|evidence| evidence.title.clone()).collect::<Vec<_>>()),
    ];
    let summary = if sizing.evidence.is_empty() { Vec::new() } else { summary };
    Assessment { sizing, findings, summary }
}

fn evidence(read: &Read<'_>) -> Vec<Evidence> {
    let mut all = Vec::new();
    let mut add = |id, title| all.push(Evidence { id, title });
    if read.plan.is_some() {
        add("plan", Message::new("etcd-evidence-plan"));
    }
    for member in &read.members {
        add("etcd-metrics", Message::new("etcd-evidence-member").arg("address", &member.address));
    }
    if read.apiserver.is_some() {
        add("apiserver-metrics", Message::new("etcd-evidence-apiserver"));
    }
    if read.counts.is_some_and(|counts| counts.values().any(|count| count.read().is_some())) {
        add("count", Message::new("etcd-evidence-counts"));
    }
    if !read.sizes.is_empty() {
        add("sample", Message::new("etcd-evidence-sample"));
    }
    if let Some(nodes) = read.nodes {
        add("nodes", Message::new("etcd-evidence-nodes").arg("count", nodes.nodes));
    }
    all
}

fn measures(read: &Read<'_>, seconds: f64, figures: &Published) -> Vec<Measure> {
    let several = read.members.len() > 1;
    let of_member = |seen: &Seen| {
        let member = several.then(|| seen.address.clone());
        let all = health::measures(seen, seconds, figures).into_iter();
        all.map(|measure| Measure { member: member.clone(), ..measure }).collect::<Vec<_>>()
    };
    let mut all: Vec<Measure> = read.members.iter().flat_map(of_member).collect();
    let Some(server) = read.apiserver else { return all };
    if all.is_empty()
        && let Some(size) = server.size()
    {
        let quota = assumed(size, figures);
        all.extend(health::fill(size, quota, server.size_metric(), figures));
    }
    let rate = match read.sent {
        Some((sent, elapsed)) => health::milli_rate(sent, elapsed).map(|rate| (rate, Over::Window)),
        None => server.requests().zip(server.told.started).and_then(|(sent, started)| {
            health::milli_rate(sent, seconds - started).map(|rate| (rate, Over::SinceStart))
        }),
    };
    if let Some((rate, over)) = rate {
        all.push(Measure {
            id: "apiserver-requests",
            title: Message::new("etcd-measure-sent"),
            member: None,
            value: Measured::MilliRate(rate),
            target: None,
            level: Level::None,
            over: Some(over),
            metric: "etcd_requests_total",
        });
    }
    all
}

/// The quota where only the API server was asked, which does not know it. What is larger than the default shows that it
/// is not that.
fn assumed(size: u64, figures: &Published) -> Quota {
    let default = figures.count("etcd-quota");
    if size < default { Quota::Assumed(default) } else { Quota::Unknown }
}

/// Of the member with the largest database.
fn database(read: &Read<'_>, figures: &Published) -> Database {
    let largest = read.members.iter().max_by_key(|seen| seen.now.size);
    if let Some(seen) = largest {
        return Database { size: seen.now.size, in_use: seen.now.in_use, quota: health::quota(&seen.now, figures) };
    }
    let size = read.apiserver.and_then(ApiServer::size);
    Database { size, in_use: None, quota: size.map_or(Quota::Unknown, |size| assumed(size, figures)) }
}

fn node_count(read: &Read<'_>) -> Option<u64> {
    let counted = || read.counts?.get(&node::Node::RESOURCE)?.read().copied();
    let told = || read.apiserver?.told.count("", "nodes");
    read.nodes.map(|nodes| nodes.nodes).or_else(counted).or_else(told)
}

/// What asks for a tier. What is measured comes before what is derived.
fn amounts(read: &Read<'_>, measures: &[Measure], database: Database) -> Vec<tier::Amount> {
    if let Some(plan) = read.plan {
        return plan.amounts();
    }
    let mut all = Vec::new();
    let mut add = |id, value: Option<u64>, from: &'static str| {
        if let Some(value) = value {
            all.push(tier::Amount { id, value, read_from: Message::new(from) });
        }
    };
    let streams = read.members.iter().filter_map(|seen| seen.now.count("etcd_debugging_mvcc_watch_stream_total"));
    add("clients", streams.max(), "etcd-from-streams");
    let rate = |id: &str| {
        let of = measures.iter().filter(|measure| measure.id == id);
        of.filter_map(|measure| match measure.value {
            Measured::MilliRate(rate) => Some((rate.div_ceil(1000), measure.over)),
            _ => None,
        })
        .max_by_key(|(rate, _)| *rate)
    };
    let words = |over: Option<Over>, window, start| if over == Some(Over::Window) { window } else { start };
    if let Some((value, over)) = rate("requests") {
        add("requests", Some(value), words(over, "etcd-from-member-window", "etcd-from-member-start"));
    } else if let Some((value, over)) = rate("apiserver-requests") {
        add("requests", Some(value), words(over, "etcd-from-apiserver-window", "etcd-from-apiserver-start"));
    }
    let from = if read.members.is_empty() { "etcd-from-apiserver-size" } else { "etcd-from-member-size" };
    add("data", database.in_use.or(database.size), from);
    add("nodes", node_count(read), "etcd-from-nodes");
    all
}

/// When the bytes in use reach the quota, if they grow on as since the earlier report. The size swings with the
/// compactions: each end of the time between is uncertain by one interval.
fn days(read: &Read<'_>, database: Database, now: Timestamp, figures: &Published) -> Days {
    let Some(earlier) = read.earlier else { return Days::NotEnoughData };
    let (Some(then), Some(in_use), Some(quota)) = (earlier.in_use, database.in_use, database.quota.bytes()) else {
        return Days::NotEnoughData;
    };
    let elapsed = u64::try_from(now.duration_since(earlier.at).as_secs()).unwrap_or(0);
    if elapsed < figures.count("etcd-compare-least") {
        return Days::NotEnoughData;
    }
    let Some(grown) = in_use.checked_sub(then).filter(|grown| *grown > 0) else { return Days::NotGrowing };
    let swing = figures.count("etcd-compaction");
    let room = u128::from(quota.saturating_sub(in_use));
    let days =
        |elapsed: u64| u64::try_from(room * u128::from(elapsed) / u128::from(grown) / 86_400).unwrap_or(u64::MAX);
    Days::Between(days(elapsed - swing), days(elapsed + swing).saturating_add(1))
}

#[cfg(test)]
mod tests;
