//! Pods: grouped by trouble, workload and node while they stream past.

mod classify;
mod judge;
mod scheduling;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use quicktour_survey::PodRow;
use quicktour_survey::views::View as _;
use quicktour_survey::views::pod::Pod;

use crate::facts::Facts;
use crate::figures::Limits;
use crate::owner::Owner;

pub(crate) use classify::{Diagnosis, Trouble, age};
pub use classify::{End, PullCause, how_ended, is_image_reason, pull_cause, pull_error, stable};
pub(crate) use judge::judge;
pub use scheduling::{Reason, breakdown};

/// Names are kept for this many pods in trouble; beyond it only for the first few of each group.
const MANY_NAMES: usize = 5_000;
/// What is kept of each group then.
const FEW_NAMES: usize = 3;
/// Different troubles times workloads times nodes that are told apart; what comes later is only counted. A group takes
/// about a kilobyte.
const MAX_GROUPS: usize = 10_000;
/// What is kept of a message: none that the scheduler or a kubelet writes says more after that.
const MESSAGE_CHARS: usize = 1_000;

/// The accumulator of all pods.
#[derive(Debug, Default)]
pub(crate) struct Pods {
    /// Pods that have not finished, by node.
    pub(crate) by_node: BTreeMap<String, u64>,
    /// Versions of kube-proxy by image tag, with the nodes they run on; `None` where the tag is no version.
    pub(crate) kube_proxy: BTreeMap<Option<String>, BTreeSet<String>>,
    groups: BTreeMap<GroupKey, Group>,
    /// Pods that are not up and not late yet: in trouble only if their node is lost.
    starting: BTreeMap<GroupKey, Group>,
    /// Jobs whose failed pods are still there, with their logs.
    failed_of_jobs: BTreeSet<Owner>,
    /// Pods in trouble beyond [`MAX_GROUPS`].
    pub(crate) ungrouped: u64,
    names: usize,
}

/// What makes troubles equal while pods are being read; judging merges further.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GroupKey {
    pub(crate) trouble: Trouble,
    pub(crate) owner: Owner,
    pub(crate) node: String,
}

/// Pods in equal trouble.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    pub(crate) count: u64,
    /// Names of pods, in the owner's namespace, sorted.
    pub(crate) names: Vec<String>,
    pub(crate) container: Option<String>,
    pub(crate) message: String,
    pub(crate) restarts: i32,
    pub(crate) since: Option<Timestamp>,
    /// Claims that some of them wait for, sorted.
    pub(crate) claims: Vec<String>,
    /// Labels of the first of them: tells which services send traffic here.
    pub(crate) labels: BTreeMap<String, String>,
}

/// A workload, and the labels of one of its pods.
type Labelled<'a> = (&'a Owner, &'a BTreeMap<String, String>);

/// Every group in trouble, now that nodes, workloads and events are known too: found once for all rules.
pub(crate) struct Troubled<'a> {
    pub(crate) groups: Vec<(&'a GroupKey, &'a Group)>,
    owners: BTreeSet<&'a Owner>,
    by_namespace: BTreeMap<&'a str, Vec<Labelled<'a>>>,
}

impl<'a> Troubled<'a> {
    pub(crate) fn of(facts: &'a Facts) -> Self {
        let groups: Vec<_> = facts.pods.in_trouble(facts).collect();
        let (mut owners, mut by_namespace) = (BTreeSet::new(), BTreeMap::<&str, Vec<_>>::new());
        for (key, group) in groups.iter().filter(|(key, _)| key.trouble.has_effects()) {
            if owners.insert(&key.owner) {
                by_namespace.entry(key.owner.namespace.as_str()).or_default().push((&key.owner, &group.labels));
            }
        }
        Self { groups, owners, by_namespace }
    }

    /// Whether pods of a workload are in trouble that may be the cause of its own.
    pub(crate) fn has(&self, owner: &Owner) -> bool {
        self.owners.contains(owner)
    }

    /// Workloads of a namespace with pods in trouble.
    pub(crate) fn in_namespace(&self, namespace: &str) -> &[Labelled<'a>] {
        self.by_namespace.get(namespace).map_or(&[], Vec::as_slice)
    }
}

impl Pods {
    /// Whether a failed pod of a job is still there.
    pub(crate) fn has_failed_of(&self, job: &Owner) -> bool {
        self.failed_of_jobs.contains(job)
    }

    fn in_trouble<'a>(&'a self, facts: &'a Facts) -> impl Iterator<Item = (&'a GroupKey, &'a Group)> {
        let lost = |key: &GroupKey| facts.nodes.not_ready.contains_key(&key.node);
        let warned = |key: &GroupKey, group: &Group| {
            group.names.iter().any(|name| facts.events.latest_on_node(&key.owner.namespace, name).is_some())
        };
        // A rollout may take its time; its own deadline says when it is late. A pod that cannot start and says why need
        // not be waited for.
        let may_wait = move |key: &GroupKey, group: &Group| match key.trouble {
            Trouble::NotReady => !lost(key) && facts.workloads.is_rolling_out(&key.owner),
            Trouble::StuckCreating => !lost(key) && facts.workloads.is_rolling_out(&key.owner) && !warned(key, group),
            _ => false,
        };
        let late = self.groups.iter().filter(move |(key, group)| !may_wait(key, group));
        late.chain(self.starting.iter().filter(move |(key, _)| lost(key)))
    }

    pub(crate) fn see(&mut self, pod: &Pod, now: Timestamp, limits: &Limits) {
        let finished = matches!(pod.status().phase.as_str(), "Succeeded" | "Failed");
        self.see_row(PodRow { node: &pod.spec().node_name, finished });
        self.see_kube_proxy(pod);
        self.see_counted(pod, now, limits);
    }

    /// Looks for trouble with a pod that was counted before.
    pub(crate) fn see_counted(&mut self, pod: &Pod, now: Timestamp, limits: &Limits) {
        if pod.status().phase == "Failed" && self.failed_of_jobs.len() < MANY_NAMES {
            let of_job = Owner::controller(pod.meta()).filter(|owner| owner.kind == "Job");
            self.failed_of_jobs.extend(of_job);
        }
        if let Some(diagnosis) = classify::diagnose(pod, now, limits) {
            self.add(pod, diagnosis);
        }
    }

    /// Counts a pod, whatever its state.
    pub(crate) fn see_row(&mut self, row: PodRow<'_>) {
        if row.finished {
            return;
        }
        if let Some(pods) = self.by_node.get_mut(row.node) {
            *pods += 1;
        } else if !row.node.is_empty() {
            self.by_node.insert(row.node.to_owned(), 1);
        }
    }

    /// Notes the version of a pod of kube-proxy; others have none.
    pub(crate) fn see_kube_proxy(&mut self, pod: &Pod) {
        let spec = pod.spec();
        if pod.meta().namespace == "kube-system"
            && let Some(container) = spec.containers.iter().find(|container| container.name == "kube-proxy")
        {
            self.kube_proxy.entry(version_tag(&container.image)).or_default().insert(spec.node_name.clone());
        }
    }

    fn add(&mut self, pod: &Pod, diagnosis: Diagnosis) {
        let meta = pod.meta();
        let key =
            GroupKey { trouble: diagnosis.trouble, owner: Owner::of_pod(meta), node: pod.spec().node_name.clone() };
        let groups = if diagnosis.in_grace { &mut self.starting } else { &mut self.groups };
        if groups.len() >= MAX_GROUPS && !groups.contains_key(&key) {
            self.ungrouped += u64::from(!diagnosis.in_grace);
            return;
        }
        let group = groups.entry(key).or_default();
        // What is shown of a group must not depend on which of its pods came first.
        if group.names.first().is_none_or(|first| meta.name < *first) {
            group.labels.clone_from(&meta.labels);
        }
        group.count += 1;
        let at_most = if self.names < MANY_NAMES { usize::MAX } else { FEW_NAMES.max(group.names.len()) };
        let before = group.names.len();
        insert(&mut group.names, meta.name.clone(), at_most);
        self.names += group.names.len() - before;
        for claim in diagnosis.claims {
            insert(&mut group.claims, claim, FEW_NAMES);
        }
        group.container = match (group.container.take(), diagnosis.container) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        // The longest message is the most specific one: vague ones repeat a part of it.
        let message: String = diagnosis.message.chars().take(MESSAGE_CHARS).collect();
        if (message.len(), &group.message) > (group.message.len(), &message) {
            group.message = message;
        }
        group.restarts = group.restarts.max(diagnosis.restarts);
        group.since = match (group.since, diagnosis.since) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
}

/// Adds a name to sorted ones, of which the first ones stay.
fn insert(names: &mut Vec<String>, name: String, at_most: usize) {
    if let Err(at) = names.binary_search(&name) {
        names.insert(at, name);
        names.truncate(at_most);
    }
}

/// The version in an image's tag (`registry.k8s.io/kube-proxy:v1.36.3`), or `None`.
fn version_tag(image: &str) -> Option<String> {
    let name = image.split('@').next().unwrap_or_default();
    let (_, tag) = name.rsplit_once(':')?;
    quicktour_survey::minor(tag)?;
    Some(tag.to_owned())
}
