//! From groups of pods to findings.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use quicktour_report::finding::{ObjectRef, Severity};
use quicktour_report::message::{Arg, Message};

use crate::context::Context;
use crate::events::Seen;
use crate::link::{Draft, Link};
use crate::owner::Owner;
use crate::words;

use super::classify::{End, PullCause, Trouble};
use super::{Group, GroupKey, scheduling};

/// Groups in equal trouble over all workloads and nodes.
#[derive(Default)]
struct Bucket<'a> {
    count: u64,
    owners: BTreeMap<&'a Owner, u64>,
    pods: Vec<ObjectRef>,
    /// Some of the claims that they wait for, by namespace and name.
    claims: BTreeSet<(&'a str, &'a str)>,
    /// The group with the longest message, and one of its pods.
    sample: Option<(&'a GroupKey, &'a Group)>,
    since: Option<Timestamp>,
    restarts: i32,
}

/// What tells buckets apart: the trouble, the node where the node is the cause, what the events that say more are about.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct BucketKey<'a> {
    trouble: &'a Trouble,
    lost_node: Option<&'a str>,
    warned: Option<Warned>,
}

/// What the warnings about a pod that does not start are about. Which of several is the latest changes from minute to
/// minute, this does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Warned {
    Volume,
    Sandbox,
    Other,
}

impl Warned {
    fn of(reason: &str) -> Self {
        match reason {
            "FailedMount" | "FailedAttachVolume" | "FailedMapVolume" | "FailedMountOnFilesystemMismatch" => {
                Self::Volume
            }
            "FailedCreatePodSandBox" | "FailedPodSandBoxStatus" | "NetworkNotReady" => Self::Sandbox,
            _ => Self::Other,
        }
    }
}

pub(crate) fn judge(context: &Context<'_>) -> Vec<Draft> {
    let mut buckets: BTreeMap<BucketKey<'_>, Bucket<'_>> = BTreeMap::new();
    for (key, group) in &context.troubled.groups {
        let waiting = matches!(key.trouble, Trouble::NotReady | Trouble::StuckCreating);
        let lost_node = (waiting || matches!(key.trouble, Trouble::Terminating { .. }))
            .then(|| context.facts.nodes.not_ready.get_key_value(&key.node))
            .flatten()
            .map(|(node, _)| node.as_str());
        let warned = match key.trouble {
            Trouble::StuckCreating => event(context, key, group).map(|event| Warned::of(event.reason)),
            _ => None,
        };
        let bucket = buckets.entry(BucketKey { trouble: &key.trouble, lost_node, warned }).or_default();
        bucket.add(key, group);
    }
    let mut drafts: Vec<Draft> = buckets.iter().filter_map(|(key, bucket)| bucket.draft(key, context)).collect();
    let ungrouped = context.facts.pods.ungrouped;
    if ungrouped > 0 {
        let title = Message::new("pod-not-ready-ungrouped-title");
        let why = Message::new("pod-not-ready-ungrouped-why");
        drafts.push(Draft::new("pod-not-ready", Severity::Warning, title, why).counted(ungrouped, Vec::new()));
    }
    drafts
}

/// The latest warning about one of a group's pods.
fn event<'a>(context: &Context<'a>, key: &'a GroupKey, group: &'a Group) -> Option<Seen<'a>> {
    group.names.iter().find_map(|name| context.facts.events.latest_on_node(&key.owner.namespace, name))
}

impl<'a> Bucket<'a> {
    fn add(&mut self, key: &'a GroupKey, group: &'a Group) {
        self.count += group.count;
        *self.owners.entry(&key.owner).or_default() += group.count;
        self.pods.extend(group.names.iter().map(|name| ObjectRef {
            api_version: "v1".to_owned(),
            kind: "Pod".to_owned(),
            namespace: Some(key.owner.namespace.clone()),
            name: name.clone(),
        }));
        self.claims.extend(group.claims.iter().map(|claim| (key.owner.namespace.as_str(), claim.as_str())));
        if self.sample.is_none_or(|(_, sample)| group.message.len() > sample.message.len()) {
            self.sample = Some((key, group));
        }
        self.restarts = self.restarts.max(group.restarts);
        self.since = match (self.since, group.since) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }

    fn draft(&self, key: &BucketKey<'_>, context: &Context<'_>) -> Option<Draft> {
        let (sample_key, sample) = self.sample?;
        let namespace = sample_key.owner.namespace.as_str();
        let pod = sample.names.first().map_or("", String::as_str);
        let described = context.command(&["-n", namespace, "describe", "pod", pod]);
        let (id, severity, cause) = identity(key);
        let title = self.title(id, key, context);
        let draft = Draft::new(id, severity, title, self.why(key, sample, context)).cause(cause);
        let draft = match key.trouble {
            Trouble::CrashLoop { .. } => {
                let container = sample.container.as_deref().unwrap_or_default();
                draft.command(context.command(&["-n", namespace, "logs", pod, "-c", container, "--previous"]))
            }
            _ => draft.command(described),
        };
        let mut draft = draft.counted(self.count, self.pods.clone());
        if let [(owner, _)] = self.owners.iter().collect::<Vec<_>>().as_slice() {
            draft = draft.owner(owner.key());
        }
        for owner in self.owners.keys().filter(|_| key.trouble.has_effects()) {
            draft = draft.provides(Link::Owner((*owner).clone()));
        }
        Some(self.link(draft, key, context))
    }

    fn link(&self, draft: Draft, key: &BucketKey<'_>, context: &Context<'_>) -> Draft {
        match key.trouble {
            Trouble::Unschedulable { reasons } => {
                let draft = draft.because(Link::NoNodes).because(Link::NoSchedulableNode);
                if scheduling::for_volumes(reasons) {
                    self.claims(draft)
                } else if scheduling::for_closed_nodes(reasons) {
                    let unready = context.facts.nodes.not_ready.keys();
                    unready.fold(draft, |draft, node| draft.because(Link::Node(node.clone())))
                } else {
                    draft
                }
            }
            Trouble::NotScheduled => self.claims(draft.because(Link::NoNodes).because(Link::Scheduler)),
            Trouble::NotBound => self.claims(draft),
            _ => match key.lost_node {
                Some(node) => draft.because(Link::Node(node.to_owned())),
                None => draft,
            },
        }
    }

    /// Because of the claims that its pods wait for.
    fn claims(&self, draft: Draft) -> Draft {
        self.claims.iter().fold(draft, |draft, (namespace, name)| {
            draft.because(Link::Claim { namespace: (*namespace).to_owned(), name: (*name).to_owned() })
        })
    }

    fn title(&self, id: &'static str, key: &BucketKey<'_>, context: &Context<'_>) -> Message {
        let title = |message: &'static str| {
            Message::new(message).arg("count", self.count).arg("where", words::owners(self.owners.keys().copied()))
        };
        match key.trouble {
            Trouble::ImagePull { image, cause } => {
                title("image-pull-failed-title").arg("image", image).arg("cause", pull_words(*cause))
            }
            Trouble::CrashLoop { end, .. } => {
                let message =
                    if id == "pod-crash-loop" { "pod-crash-loop-title" } else { "init-container-failed-title" };
                title(message).arg("cause", end_words(end))
            }
            Trouble::ContainerConfig { reason, message } => {
                let cause = if message.is_empty() { reason } else { message };
                title("container-config-error-title").arg("cause", cause)
            }
            Trouble::Unschedulable { reasons } => title("pod-unschedulable-title")
                .arg("reasons", reasons.iter().take(3).map(|reason| words::raw(reason)).collect::<Vec<_>>()),
            Trouble::NotScheduled => title("pod-not-scheduled-title"),
            Trouble::NotBound => title("pod-not-bound-title"),
            Trouble::Preempting => title("pod-preempting-title"),
            Trouble::Gated { gates } => title("pod-gated-title").arg("gates", words::raws(gates)),
            Trouble::StuckCreating => match self.sample.and_then(|(key, group)| event(context, key, group)) {
                Some(event) => title("pod-stuck-creating-event-title").arg("event", event.reason),
                None => title("pod-stuck-creating-title"),
            },
            Trouble::NotReady => title("pod-not-ready-title"),
            Trouble::Terminating { .. } => title("pod-stuck-terminating-title"),
            Trouble::Failed { reason, .. } => title("pod-failed-title").arg("reason", reason),
        }
    }

    fn why(&self, key: &BucketKey<'_>, sample: &Group, context: &Context<'_>) -> Message {
        let since: Duration = context.since(self.since);
        let said = |id: &'static str, silent: &'static str| {
            if sample.message.is_empty() {
                Message::new(silent)
            } else {
                Message::new(id).arg("message", &sample.message)
            }
        };
        match key.trouble {
            Trouble::ImagePull { .. } => said("said-by-kubelet", "image-pull-failed-why-silent"),
            Trouble::CrashLoop { .. } => Message::new("pod-crash-loop-why")
                .arg("container", sample.container.as_deref().unwrap_or_default())
                .arg("restarts", u64::try_from(self.restarts).unwrap_or_default()),
            Trouble::ContainerConfig { reason, .. } => Message::new("container-config-error-why")
                .arg("container", sample.container.as_deref().unwrap_or_default())
                .arg("reason", reason),
            Trouble::Unschedulable { .. } => {
                let reasons = scheduling::breakdown(&sample.message);
                let reasons = reasons.iter().map(|reason| {
                    Message::new("pod-unschedulable-reason").arg("nodes", reason.nodes).arg("reason", &reason.text)
                });
                Message::new("pod-unschedulable-why").arg("since", since).arg("reasons", Arg::List(reasons.collect()))
            }
            Trouble::NotScheduled => Message::new("pod-not-scheduled-why").arg("since", since),
            Trouble::NotBound => Message::new("pod-not-bound-why").arg("since", since),
            Trouble::Preempting => Message::new("pod-preempting-why").arg("since", since).arg("node", &sample.message),
            Trouble::Gated { .. } => Message::new("pod-gated-why").arg("since", since),
            Trouble::StuckCreating | Trouble::NotReady => {
                match self.sample.and_then(|(key, group)| event(context, key, group)) {
                    Some(event) => {
                        Message::new("pod-not-up-why-event").arg("since", since).arg("message", event.message)
                    }
                    None if *key.trouble == Trouble::NotReady => Message::new("pod-not-ready-why").arg("since", since),
                    None => Message::new("pod-stuck-creating-why").arg("since", since),
                }
            }
            Trouble::Terminating { finalizers } if finalizers.is_empty() => {
                Message::new("pod-stuck-terminating-why").arg("since", since)
            }
            Trouble::Terminating { finalizers } => Message::new("pod-stuck-terminating-why-finalizers")
                .arg("since", since)
                .arg("finalizers", words::raws(finalizers)),
            Trouble::Failed { replaced: true, .. } => said("said-by-kubelet", "pod-failed-why-replaced"),
            Trouble::Failed { .. } => said("said-by-kubelet", "pod-failed-why"),
        }
    }
}

/// The rule, how bad it is, and the cause in stable words.
fn identity(key: &BucketKey<'_>) -> (&'static str, Severity, String) {
    let node = key.lost_node.map(|node| format!("node {node}"));
    let at_node = |cause: String| {
        let parts = [Some(cause).filter(|cause| !cause.is_empty()), node.clone()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    };
    match key.trouble {
        Trouble::ImagePull { image, cause } => ("image-pull-failed", Severity::Error, format!("{cause:?} {image}")),
        Trouble::CrashLoop { end, init: false } => ("pod-crash-loop", Severity::Error, end_key(end)),
        Trouble::CrashLoop { end, init: true } => ("init-container-failed", Severity::Error, end_key(end)),
        Trouble::ContainerConfig { reason, message } => {
            ("container-config-error", Severity::Error, format!("{reason} {message}"))
        }
        Trouble::Unschedulable { reasons } => ("pod-unschedulable", Severity::Error, reasons.join(", ")),
        Trouble::Preempting => ("pod-unschedulable", Severity::Info, "preempting".to_owned()),
        Trouble::NotScheduled => ("pod-not-scheduled", Severity::Error, String::new()),
        Trouble::NotBound => ("pod-not-scheduled", Severity::Error, "volumes".to_owned()),
        Trouble::Gated { gates } => ("pod-gated", Severity::Info, gates.join(", ")),
        Trouble::StuckCreating => {
            let severity = if key.warned.is_some() { Severity::Error } else { Severity::Warning };
            let cause = match key.warned {
                Some(Warned::Volume) => "volume",
                Some(Warned::Sandbox) => "sandbox",
                Some(Warned::Other) => "other",
                None => "",
            };
            ("pod-stuck-creating", severity, at_node(cause.to_owned()))
        }
        Trouble::NotReady => ("pod-not-ready", Severity::Warning, at_node(String::new())),
        Trouble::Terminating { finalizers } => {
            ("pod-stuck-terminating", Severity::Warning, at_node(finalizers.join(", ")))
        }
        Trouble::Failed { reason, replaced: true } => ("pod-failed", Severity::Info, format!("{reason} replaced")),
        Trouble::Failed { reason, .. } => ("pod-failed", Severity::Warning, reason.clone()),
    }
}

fn end_key(end: &End) -> String {
    match end {
        End::OutOfMemory { limit } => format!("OOMKilled {}", limit.as_deref().unwrap_or("no limit")),
        End::Signal(signal) => format!("signal {signal}"),
        End::Code(code) => format!("exit {code}"),
        End::NotStarted(message) => format!("not started {message}"),
    }
}

fn end_words(end: &End) -> Message {
    match end {
        End::OutOfMemory { limit: Some(limit) } => Message::new("end-oom-limit").arg("limit", limit),
        End::OutOfMemory { limit: None } => Message::new("end-oom"),
        End::Signal(signal) => Message::new("end-signal").arg("signal", words::signal(*signal)),
        End::Code(code) => Message::new("end-code").arg("code", code.to_string()),
        End::NotStarted(message) => Message::new("end-not-started").arg("message", message),
    }
}

fn pull_words(cause: PullCause) -> Message {
    Message::new(match cause {
        PullCause::InvalidName => "pull-invalid-name",
        PullCause::NeverPull => "pull-never",
        PullCause::NotFound => "pull-not-found",
        PullCause::Denied => "pull-denied",
        PullCause::RateLimited => "pull-rate-limited",
        PullCause::Unreachable => "pull-unreachable",
        PullCause::Platform => "pull-platform",
        PullCause::Other => "pull-other",
    })
}
