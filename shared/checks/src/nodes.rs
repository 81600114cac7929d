//! Nodes: ready, reachable, under pressure, open for pods, at a version that fits.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use quicktour_report::finding::{ObjectRef, Severity};
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

/// What cluster-autoscaler puts on a node whose machine it is about to end.
const LEAVING_TAINT: &str = "ToBeDeletedByClusterAutoscaler";

/// Names of nodes.
type Names = BTreeSet<String>;

/// The accumulator of all nodes.
#[derive(Debug, Default)]
pub(crate) struct Nodes {
    total: u64,
    ready: u64,
    /// Nodes that take pods: ready, not cordoned, without a taint that keeps ordinary ones out, or made for a pod each.
    open: u64,
    /// Nodes that should be ready and are not: their pods are lost.
    pub(crate) not_ready: BTreeMap<String, NotReady>,
    /// Nodes that joined a moment ago and are not ready yet.
    starting: BTreeMap<String, NotReady>,
    /// Condition type and reason, with the nodes that have it.
    conditions: BTreeMap<(String, String), Names>,
    cordoned: Names,
    uninitialized: Names,
    /// Versions of kubelets.
    kubelets: BTreeMap<String, Names>,
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
    pub(crate) fn see(&mut self, node: &Node, now: Timestamp, limits: &Limits) {
        let (meta, spec, status) = (node.meta(), node.spec(), node.status());
        let name = &meta.name;
        let tainted = |key: &str| spec.taints.iter().any(|taint| taint.key == key);
        let leaving = meta.deletion_timestamp.is_some() || tainted(LEAVING_TAINT);
        let serverless = is_serverless(node);
        self.total += 1;
        let ready = status.conditions.iter().find(|condition| condition.type_ == "Ready");
        let is_ready = ready.is_some_and(|ready| ready.status == "True");
        self.ready += u64::from(is_ready);
        if !is_ready {
            let ready = ready.cloned().unwrap_or_default();
            // A machine that comes up says so itself, or has not yet said anything. One that fell silent was up before.
            let fell_silent = ready.status == "Unknown" && ready.reason != "NodeStatusNeverUpdated";
            let young = age(now, meta.creation_timestamp) <= limits.seconds("node-start-grace");
            // Its object goes a moment after its machine.
            let gone = leaving && age(now, ready.last_transition_time) <= limits.seconds("terminating-grace");
            let not_ready = NotReady {
                unknown: ready.status != "False",
                since: ready.last_transition_time.or(meta.creation_timestamp).map(Time::timestamp),
                reason: ready.reason,
                message: ready.message,
            };
            if !gone {
                let list = if young && !fell_silent { &mut self.starting } else { &mut self.not_ready };
                list.insert(name.clone(), not_ready);
            }
        }
        for condition in status.conditions.iter().filter(|condition| is_bad(condition)) {
            let key = (condition.type_.clone(), condition.reason.clone());
            self.conditions.entry(key).or_default().insert(name.clone());
        }
        let closed = spec.taints.iter().any(|taint| taint.effect == "NoSchedule" || taint.effect == "NoExecute");
        if is_ready && !spec.unschedulable && (!closed || serverless) {
            self.open += 1;
        }
        if spec.unschedulable && !leaving {
            self.cordoned.insert(name.clone());
        }
        if tainted("node.cloudprovider.kubernetes.io/uninitialized") {
            self.uninitialized.insert(name.clone());
        }
        // What stands for a provider's service is no kubelet: its version is its own, and it may have no lease.
        if !is_virtual(node) {
            let kubelet = status.node_info.as_ref().map_or("", |info| info.kubelet_version.as_str());
            self.kubelets.entry(kubelet.to_owned()).or_default().insert(name.clone());
        }
        let pods = status.allocatable.get("pods").and_then(|pods| pods.text.parse().ok());
        if let Some(pods) = pods.filter(|_| !serverless) {
            self.max_pods.insert(name.clone(), pods);
        }
    }

    /// How many kubelets report something that is no version.
    pub(crate) fn without_version(&self) -> usize {
        let unreadable = self.kubelets.iter().filter(|(version, _)| !version.is_empty() && minor(version).is_none());
        unreadable.map(|(_, names)| names.len()).sum()
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

/// Whether a virtual kubelet reports the node: a provider's service that looks like one.
fn is_virtual(node: &Node) -> bool {
    node.meta().labels.get("type").is_some_and(|type_| type_ == "virtual-kubelet")
        || node.spec().taints.iter().any(|taint| taint.key.starts_with("virtual-kubelet.io/"))
}

/// Whether the node takes only pods that are meant for it, which something else than its taints sees to.
fn is_serverless(node: &Node) -> bool {
    let fargate = node.meta().labels.get("eks.amazonaws.com/compute-type").is_some_and(|type_| type_ == "fargate");
    fargate || is_virtual(node)
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
    drafts.extend(nodes.starting.iter().map(|(name, node)| starting(context, name, node)));
    drafts.extend(no_open_node(context));
    drafts.extend(
        nodes.conditions.iter().filter_map(|((type_, reason), names)| condition(context, type_, reason, names)),
    );
    drafts.extend(stale_leases(context));
    drafts.extend(cordoned(context));
    drafts.extend(uninitialized(context));
    drafts.extend(near_pod_limit(context));
    drafts.extend(skew(context, "kubelet-version-skew", "kubelet-older-minors", &nodes.kubelets));
    if context.has(Part::Pods) {
        let proxies = context.facts.pods.kube_proxy.iter();
        let proxies = proxies.filter_map(|(tag, nodes)| Some((tag.clone()?, nodes.clone())));
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
        None => node.words(),
    };
    Draft::new("node-not-ready", Severity::Error, title, why)
        // Each node has its own effects, so each is a cause of its own.
        .cause(node.reason.clone())
        .owner(name)
        .objects(vec![object::<Node>("", name)])
        .command(context.command(&["describe", "node", name]))
        .provides(Link::Node(name.to_owned()))
}

/// No cause of anything: pods that run nowhere else wait for their own time.
fn starting(context: &Context<'_>, name: &str, node: &NotReady) -> Draft {
    let title = Message::new("node-starting-title").arg("count", 1_usize).arg("name", name);
    Draft::new("node-not-ready", Severity::Info, title, node.words())
        .cause("starting")
        .owner(name)
        .objects(vec![object::<Node>("", name)])
        .command(context.command(&["describe", "node", name]))
}

impl NotReady {
    fn words(&self) -> Message {
        if self.message.is_empty() {
            return Message::new("node-not-ready-why-nothing");
        }
        Message::new("node-not-ready-why").arg("message", &self.message)
    }
}

fn no_open_node(context: &Context<'_>) -> Option<Draft> {
    let nodes = &context.facts.nodes;
    // When none is ready, that is the thing to say.
    (nodes.open == 0 && nodes.ready > 0).then(|| {
        let (title, why) = (Message::new("no-schedulable-node-title"), Message::new("no-schedulable-node-why"));
        // As bad as what it leads to: nothing, until a pod waits for a node.
        Draft::new("no-schedulable-node", Severity::Info, title.arg("total", nodes.total), why)
            .counted(nodes.total, Vec::new())
            .command(context.command(&["get", "nodes", "-o", "custom-columns=NAME:.metadata.name,TAINTS:.spec.taints"]))
            .provides(Link::NoSchedulableNode)
    })
}

fn condition(context: &Context<'_>, type_: &str, reason: &str, names: &Names) -> Option<Draft> {
    let first = names.first()?;
    let (id, title, why) = if PRESSURES.contains(&type_) {
        ("node-pressure", "node-pressure-title", "node-pressure-why")
    } else {
        ("node-problem", "node-problem-title", "node-problem-why")
    };
    let title = Message::new(title).arg("count", names.len()).arg("type", type_).arg("name", first);
    let draft = Draft::new(id, Severity::Warning, title, Message::new(why).arg("reason", reason))
        .cause(format!("{type_} {reason}"))
        .objects(objects(names))
        .command(context.command(&["describe", "node", first]));
    Some(names.iter().fold(draft, |draft, name| draft.because(Link::Node(name.clone()))))
}

fn objects<'a>(names: impl IntoIterator<Item = &'a String>) -> Vec<ObjectRef> {
    names.into_iter().map(|name| object::<Node>("", name)).collect()
}

fn stale_leases(context: &Context<'_>) -> Option<Draft> {
    let nodes = &context.facts.nodes;
    // Of a node that is known to be down, the lease is old too: that stands with the node. A lease without its node is
    // a leftover.
    let existing: BTreeSet<&String> = nodes.kubelets.values().flatten().collect();
    let ready = |name: &String| !nodes.not_ready.contains_key(name) && !nodes.starting.contains_key(name);
    let stale: Vec<&String> = nodes.stale_leases.keys().filter(|name| existing.contains(name) && ready(name)).collect();
    let first = stale.first()?;
    let oldest = stale.iter().filter_map(|name| nodes.stale_leases.get(*name)).min();
    let title = Message::new("node-lease-stale-title")
        .arg("count", stale.len())
        .arg("name", *first)
        .arg("age", context.since(oldest.copied()));
    Some(
        Draft::new("node-lease-stale", Severity::Warning, title, Message::new("node-lease-stale-why"))
            .objects(objects(stale.iter().copied()))
            .command(context.command(&["-n", "kube-node-lease", "get", "lease", first])),
    )
}

fn cordoned(context: &Context<'_>) -> Option<Draft> {
    let names = &context.facts.nodes.cordoned;
    let first = names.first()?;
    let title = Message::new("node-cordoned-title").arg("count", names.len()).arg("name", first);
    Some(
        Draft::new("node-cordoned", Severity::Info, title, Message::new("node-cordoned-why"))
            .objects(objects(names))
            .command(context.command(&["uncordon", first])),
    )
}

fn uninitialized(context: &Context<'_>) -> Option<Draft> {
    let names = &context.facts.nodes.uninitialized;
    let first = names.first()?;
    let title = Message::new("node-uninitialized-title").arg("count", names.len()).arg("name", first);
    Some(
        Draft::new("node-uninitialized", Severity::Warning, title, Message::new("node-uninitialized-why"))
            .objects(objects(names))
            .command(context.command(&["describe", "node", first])),
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
            .objects(objects(full.iter().map(|(name, ..)| *name)))
            .command(context.command(&["describe", "node", name])),
    )
}

/// Versions outside what the published skew policy allows beside this API server.
fn skew(context: &Context<'_>, id: &'static str, figure: &str, versions: &BTreeMap<String, Names>) -> Option<Draft> {
    let server = context.survey.version.read()?;
    let (major, server_minor) = server.minor()?;
    let allowed = context.limits.value(figure);
    let mut wrong = BTreeSet::new();
    let mut names = Names::new();
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
            .objects(objects(&names))
            .command(context.command(&["get", "node", first, "-o", "wide"])),
    )
}
