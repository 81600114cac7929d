//! Pods: grouped by trouble, workload and node while they stream past.

mod classify;
mod judge;
mod scheduling;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use quicktour_survey::views::View as _;
use quicktour_survey::views::pod::Pod;

use crate::figures::Limits;
use crate::owner::Owner;

pub(crate) use classify::{Diagnosis, Trouble, age};
pub(crate) use judge::judge;

/// Names are kept for this many pods in trouble; beyond it only for the first few of each group.
const MANY_NAMES: usize = 5_000;
/// What is kept of each group then.
const FEW_NAMES: usize = 3;
/// Different troubles times workloads times nodes that are told apart; what comes later is only counted.
const MAX_GROUPS: usize = 20_000;

/// The accumulator of all pods.
#[derive(Debug, Default)]
pub(crate) struct Pods {
    /// Every pod that has not finished.
    pub(crate) live: u64,
    /// Pods that have not finished, by node.
    pub(crate) by_node: BTreeMap<String, u64>,
    /// Versions of kube-proxy by image tag, with the nodes they run on; `None` where the tag is no version.
    pub(crate) kube_proxy: BTreeMap<Option<String>, BTreeSet<String>>,
    pub(crate) groups: BTreeMap<GroupKey, Group>,
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
    /// Names of pods, in the owner's namespace.
    pub(crate) names: BTreeSet<String>,
    pub(crate) container: Option<String>,
    pub(crate) message: String,
    pub(crate) restarts: i32,
    pub(crate) since: Option<Timestamp>,
    /// Labels of one of them: tells which services send traffic here.
    pub(crate) labels: BTreeMap<String, String>,
}

impl Pods {
    pub(crate) fn see(&mut self, pod: &Pod, now: Timestamp, limits: &Limits) {
        let (meta, spec) = (pod.meta(), pod.spec());
        if !matches!(pod.status().phase.as_str(), "Succeeded" | "Failed") {
            self.live += 1;
            if !spec.node_name.is_empty() {
                *self.by_node.entry(spec.node_name.clone()).or_default() += 1;
            }
        }
        if meta.namespace == "kube-system"
            && let Some(container) = spec.containers.iter().find(|container| container.name == "kube-proxy")
        {
            self.kube_proxy.entry(version_tag(&container.image)).or_default().insert(spec.node_name.clone());
        }
        if let Some(diagnosis) = classify::diagnose(pod, now, limits) {
            self.add(pod, diagnosis);
        }
    }

    fn add(&mut self, pod: &Pod, diagnosis: Diagnosis) {
        let meta = pod.meta();
        let key =
            GroupKey { trouble: diagnosis.trouble, owner: Owner::of_pod(meta), node: pod.spec().node_name.clone() };
        if self.groups.len() >= MAX_GROUPS && !self.groups.contains_key(&key) {
            self.ungrouped += 1;
            return;
        }
        let group = self.groups.entry(key).or_default();
        if group.count == 0 {
            group.labels.clone_from(&meta.labels);
        }
        group.count += 1;
        if self.names < MANY_NAMES || group.names.len() < FEW_NAMES {
            group.names.insert(meta.name.clone());
            self.names += 1;
        }
        group.container = group.container.take().or(diagnosis.container);
        // The longest message is the most specific one: vague ones repeat a part of it.
        if diagnosis.message.len() > group.message.len() {
            group.message = diagnosis.message;
        }
        group.restarts = group.restarts.max(diagnosis.restarts);
        group.since = match (group.since, diagnosis.since) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
}

/// The version in an image's tag (`registry.k8s.io/kube-proxy:v1.36.3`), or `None`.
fn version_tag(image: &str) -> Option<String> {
    let name = image.split('@').next().unwrap_or_default();
    let (_, tag) = name.rsplit_once(':')?;
    quicktour_survey::minor(tag)?;
    Some(tag.to_owned())
}
