//! Nodes: ready, reachable, under pressure, open for pods, at a version that fits.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use quicktour_report::finding::Severity;
use quicktour_report::message::Message;
use quicktour_survey::views::View as _;
use quicktour_survey::views::cluster::Lease;
use quicktour_survey::views::node::{Node, NodeCondition};
use quicktour_survey::views::scalar::Time;
use quicktour_survey::{Part, minor};

use crate::context::{Context, object};
use crate::figures::Limits;
use crate::link::{Draft, Link};
use crate::pods::age;
use crate::words;

/// Conditions that are bad when they are `True`: the API's own, and those of node-problem-detector. Others are not
/// judged: whether `True` is good or bad is known only to who sets them.
const BAD_WHEN_TRUE: &[&str] = &[
    "NetworkUnavailable",
    "KernelDeadlock",
    "ReadonlyFilesystem",
    "FrequentKubeletRestart",
    "FrequentDockerRestart",
    "FrequentContainerdRestart",
    "FrequentUnregisterNetDevice",
    "CorruptDockerOverlay2",
    "KubeletUnhealthy",
    "ContainerRuntimeUnhealthy",
];
/// Conditions of the EKS node monitoring agent: bad when they are `False`.
const BAD_WHEN_FALSE: &[&str] =
    &["KernelReady", "NetworkingReady", "StorageReady", "ContainerRuntimeReady", "AcceleratedHardwareReady"];
const PRESSURES: &[&str] = &["MemoryPressure", "DiskPressure", "PIDPressure"];

/// The accumulator of all nodes.
#[derive(Debug, Default)]
pub(crate) struct Nodes {
    pub(crate) total: u64,
    /// Nodes that run ordinary pods: ready, not cordoned, without a taint that keeps them out.
    pub(crate) open: u64,
    pub(crate) not_ready: BTreeMap<String, NotReady>,
    /// Condition type and reason, with the nodes that have it.
    conditions: BTreeMap<(String, String), Vec<String>>,
    cordoned: Vec<String>,
    uninitialized: Vec<String>,
    kubelets: BTreeMap<String, Vec<String>>,
    max_pods: BTreeMap<String, u64>,
    /// When leases older than the limit were last renewed.
    stale_leases: BTreeMap<String, Timestamp>,
}

/// A node that is not ready.
#[derive(Clone, Debug)]
pub(crate) struct NotReady {
    /// `False` as the kubelet says, or `Unknown` when it says nothing any more.
    unknown: bool,
    since: Option<Timestamp>,
    reason: String,
    message: String,
}

impl Nodes {
    pub(crate) fn see(&mut self, node: &Node) {
        let (name, spec, status) = (node.meta().name.clone(), node.spec(), node.status());
        self.total += 1;
        let ready = status.conditions.iter().find(|condition| condition.type_ == "Ready");
        let is_ready = ready.is_some_and(|ready| ready.status == "True");
        if !is_ready {
            let ready = ready.cloned().unwrap_or_default();
            let not_ready = NotReady {
                unknown: ready.status != "False",
                since: ready.last_transition_time.or(node.meta().creation_timestamp).map(Time::timestamp),
                reason: ready.reason,
                message: ready.message,
            };
            self.not_ready.insert(name.clone(), not_ready);
        }
        for condition in status.conditions.iter().filter(|condition| is_bad(condition)) {
            let key = (condition.type_.clone(), condition.reason.clone());
            self.conditions.entry(key).or_default().push(name.clone());
        }
        let closed = spec.taints.iter().any(|taint| taint.effect == "NoSchedule" || taint.effect == "NoExecute");
        if is_ready && !spec.unschedulable && !closed {
            self.open += 1;
        }
        if spec.unschedulable {
            self.cordoned.push(name.clone());
        }
        if spec.taints.iter().any(|taint| taint.key == "node.cloudprovider.kubernetes.io/uninitialized") {
            self.uninitialized.push(name.clone());
        }
        let kubelet = status.node_info.as_ref().map_or("", |info| info.kubelet_version.as_str());
        self.kubelets.entry(kubelet.to_owned()).or_default().push(name.clone());
        let pods = status.allocatable.get("pods").and_then(|pods| pods.text.parse().ok());
        if let Some(pods) = pods {
            self.max_pods.insert(name, pods);
        }
    }

    pub(crate) fn see_lease(&mut self, lease: &Lease, now: Timestamp, limits: &Limits) {
        let renewed = lease.spec().renew_time;
        if let Some(renewed) = renewed
            && age(now, Some(renewed)) > limits.seconds("node-lease-age")
        {
            self.stale_leases.insert(lease.meta().name.clone(), renewed.timestamp());
        }
    }
}

fn is_bad(condition: &NodeCondition) -> bool {
    let (type_, status) = (condition.type_.as_str(), condition.status.as_str());
    match status {
        "True" => PRESSURES.contains(&type_) || BAD_WHEN_TRUE.contains(&type_),
        "False" => BAD_WHEN_FALSE.contains(&type_),
        _ => false,
    }
}

pub(crate) fn judge(context: &Context<'_>) -> Vec<Draft> {
    if !context.has(Part::Nodes) {
        return Vec::new();
    }
    let nodes = &context.facts.nodes;
    if nodes.total == 0 {
        let draft =
            Draft::new("no-nodes", Severity::Error, Message::new("no-nodes-title"), Message::new("no-nodes-why"));
        return vec![draft.counted(0, Vec::new()).command(context.command(&["get", "nodes"])).provides(Link::NoNodes)];
    }
    let mut drafts = Vec::new();
    drafts.extend(nodes.not_ready.iter().map(|(name, node)| not_ready(context, name, node)));
    drafts.extend(no_open_node(context));
    drafts.extend(nodes.conditions.iter().map(|((type_, reason), names)| condition(context, type_, reason, names)));
    drafts.extend(stale_leases(context));
    drafts.extend(simple(context, "node-cordoned", Severity::Info, &nodes.cordoned));
    drafts.extend(simple(context, "node-uninitialized", Severity::Warning, &nodes.uninitialized));
    drafts.extend(near_pod_limit(context));
    drafts.extend(skew(context, "kubelet-version-skew", "kubelet-older-minors", &nodes.kubelets));
    if context.has(Part::Pods) {
        let proxies = context.facts.pods.kube_proxy.iter();
        let proxies = proxies.filter_map(|(tag, nodes)| Some((tag.clone()?, nodes.iter().cloned().collect())));
        drafts.extend(skew(context, "kube-proxy-version-skew", "kube-proxy-older-minors", &proxies.collect()));
    }
    drafts
}

fn not_ready(context: &Context<'_>, name: &str, node: &NotReady) -> Draft {
    let since = context.since(node.since);
    let title_id = if node.unknown { "node-not-ready-silent-title" } else { "node-not-ready-title" };
    let title = Message::new(title_id).arg("count", 1_usize).arg("name", name).arg("since", since);
    let lease = context.facts.nodes.stale_leases.get(name);
    let why = match lease {
        Some(renewed) => Message::new("node-not-ready-why-lease")
            .arg("message", node.message.trim_end_matches('.'))
            .arg("lease", context.since(Some(*renewed))),
        None if node.message.is_empty() => Message::new("node-not-ready-why-nothing"),
        None => Message::new("node-not-ready-why").arg("message", &node.message),
    };
    Draft::new("node-not-ready", Severity::Error, title, why)
        // Each node has its own effects, so each is a cause of its own.
        .cause(node.reason.clone())
        .owner(name)
        .objects(vec![object::<Node>("", name)])
        .command(context.command(&["describe", "node", name]))
        .provides(Link::Node(name.to_owned()))
}

fn no_open_node(context: &Context<'_>) -> Option<Draft> {
    let nodes = &context.facts.nodes;
    // When none is ready, that is the thing to say.
    let all_down = nodes.not_ready.len() as u64 == nodes.total;
    (nodes.open == 0 && !all_down).then(|| {
        let (title, why) = (Message::new("no-schedulable-node-title"), Message::new("no-schedulable-node-why"));
        Draft::new("no-schedulable-node", Severity::Warning, title.arg("total", nodes.total), why)
            .counted(nodes.total, Vec::new())
            .command(context.command(&["get", "nodes", "-o", "custom-columns=NAME:.metadata.name,TAINTS:.spec.taints"]))
            .provides(Link::NoSchedulableNode)
    })
}

fn condition(context: &Context<'_>, type_: &str, reason: &str, names: &[String]) -> Draft {
    let id = if PRESSURES.contains(&type_) { "node-pressure" } else { "node-problem" };
    let title_id = if id == "node-pressure" { "node-pressure-title" } else { "node-problem-title" };
    let title = Message::new(title_id).arg("count", names.len()).arg("type", type_).arg("name", &names[0]);
    let why_id = if id == "node-pressure" { "node-pressure-why" } else { "node-problem-why" };
    let draft = Draft::new(id, Severity::Warning, title, Message::new(why_id).arg("reason", reason))
        .cause(format!("{type_} {reason}"))
        .objects(names.iter().map(|name| object::<Node>("", name)).collect())
        .command(context.command(&["describe", "node", &names[0]]));
    names.iter().fold(draft, |draft, name| draft.because(Link::Node(name.clone())))
}

fn stale_leases(context: &Context<'_>) -> Option<Draft> {
    let nodes = &context.facts.nodes;
    // Of a node that is known to be down, the lease is old too: that stands with the node. A lease without its node is
    // a leftover.
    let stale: Vec<&String> = nodes
        .stale_leases
        .keys()
        .filter(|name| {
            !nodes.not_ready.contains_key(*name) && nodes.kubelets.values().flatten().any(|node| node == *name)
        })
        .collect();
    let first = stale.first()?;
    let oldest = stale.iter().filter_map(|name| nodes.stale_leases.get(*name)).min();
    let title = Message::new("node-lease-stale-title")
        .arg("count", stale.len())
        .arg("name", *first)
        .arg("age", context.since(oldest.copied()));
    Some(
        Draft::new("node-lease-stale", Severity::Warning, title, Message::new("node-lease-stale-why"))
            .objects(stale.iter().map(|name| object::<Node>("", name)).collect())
            .command(context.command(&["-n", "kube-node-lease", "get", "lease", first])),
    )
}

fn simple(context: &Context<'_>, id: &'static str, severity: Severity, names: &[String]) -> Option<Draft> {
    let first = names.first()?;
    let (title, why, command) = if id == "node-cordoned" {
        ("node-cordoned-title", "node-cordoned-why", ["uncordon", first.as_str()].to_vec())
    } else {
        ("node-uninitialized-title", "node-uninitialized-why", ["describe", "node", first.as_str()].to_vec())
    };
    let title = Message::new(title).arg("count", names.len()).arg("name", first);
    Some(
        Draft::new(id, severity, title, Message::new(why))
            .objects(names.iter().map(|name| object::<Node>("", name)).collect())
            .command(context.command(&command)),
    )
}

fn near_pod_limit(context: &Context<'_>) -> Option<Draft> {
    if !context.has(Part::Pods) {
        return None;
    }
    let share = u64::from(context.limits.value("node-pods-share"));
    let full: Vec<(&String, u64, u64)> = context
        .facts
        .nodes
        .max_pods
        .iter()
        .filter_map(|(name, max)| Some((name, *context.facts.pods.by_node.get(name)?, *max)))
        .filter(|(_, pods, max)| *max > 0 && pods * 100 >= max * share)
        .collect();
    let (name, pods, max) = full.first()?;
    let title = Message::new("node-pod-limit-title")
        .arg("count", full.len())
        .arg("name", *name)
        .arg("pods", *pods)
        .arg("max", *max);
    Some(
        Draft::new("node-pod-limit", Severity::Info, title, Message::new("node-pod-limit-why").arg("share", share))
            .objects(full.iter().map(|(name, ..)| object::<Node>("", name)).collect())
            .command(context.command(&["describe", "node", name])),
    )
}

/// Versions outside what the published skew policy allows beside this API server.
fn skew(
    context: &Context<'_>,
    id: &'static str,
    figure: &str,
    versions: &BTreeMap<String, Vec<String>>,
) -> Option<Draft> {
    let server = context.survey.version.read()?;
    let (major, server_minor) = server.minor()?;
    let allowed = context.limits.value(figure);
    let mut wrong = BTreeSet::new();
    let mut names = Vec::new();
    for (version, nodes) in versions {
        let Some((their_major, their_minor)) = minor(version) else { continue };
        let fits = their_major == major && their_minor <= server_minor && server_minor - their_minor <= allowed;
        if !fits {
            wrong.insert(version);
            names.extend(nodes.iter().cloned());
        }
    }
    let first = names.first()?;
    let title_id =
        if id == "kubelet-version-skew" { "kubelet-version-skew-title" } else { "kube-proxy-version-skew-title" };
    let title = Message::new(title_id)
        .arg("count", names.len())
        .arg("versions", wrong.iter().map(|version| words::raw(version)).collect::<Vec<_>>())
        .arg("server", &server.git_version);
    Some(
        Draft::new(id, Severity::Warning, title, Message::new("version-skew-why").arg("allowed", u64::from(allowed)))
            .objects(names.iter().map(|name| object::<Node>("", name)).collect())
            .command(context.command(&["get", "node", first, "-o", "wide"])),
    )
}
