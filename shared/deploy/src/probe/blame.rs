//! What was lost, beside what the rollout did at that moment: pure.

use std::collections::BTreeMap;
use std::time::Duration;

use quicktour_client::Manifest;
use serde_json::Value;

use super::traffic::{Stretch, Traffic};
use crate::track::{Progress, Step};

/// A loss that begins within this after a pod's change is told with it. Source: ours; what a pod's change does to its
/// service reaches the nodes within a second or two.
const SOON: Duration = Duration::from_secs(3);
/// A pod must go on for this long after it was told to end, for all nodes to have heard of it. Source: ours, as for the
/// pause before a stop that `run --expose` sets.
const DRAIN_SECONDS: u64 = 5;
/// What a pod has for its end when nobody says. Source: `terminationGracePeriodSeconds` of the API.
const DEFAULT_GRACE_SECONDS: u64 = 30;

/// A pod's change, and when it was seen after the traffic began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// When.
    pub at: Duration,
    /// Which pod.
    pub pod: String,
    /// Where it stood from then on; `None` once it is gone.
    pub step: Option<Step>,
}

/// The changes of a rollout's pods while traffic was sent.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    steps: BTreeMap<String, Step>,
    revisions: BTreeMap<String, String>,
    transitions: Vec<Transition>,
    replaced: u64,
}

impl Timeline {
    /// Takes down what has changed.
    pub fn note(&mut self, progress: &Progress, at: Duration) {
        let first = self.steps.is_empty();
        for pod in &progress.pods {
            self.revisions.insert(pod.name.clone(), pod.revision.clone());
            let before = self.steps.insert(pod.name.clone(), pod.step);
            if !first && before != Some(pod.step) {
                self.transitions.push(Transition { at, pod: pod.name.clone(), step: Some(pod.step) });
            }
        }
        let gone: Vec<String> =
            self.steps.keys().filter(|name| !progress.pods.iter().any(|pod| pod.name == **name)).cloned().collect();
        for pod in gone {
            self.steps.remove(&pod);
            self.replaced += 1;
            self.transitions.push(Transition { at, pod, step: None });
        }
    }

    /// How many pods have gone.
    #[must_use]
    pub fn replaced(&self) -> u64 {
        self.replaced
    }

    /// The change after which a stretch of losses began: the last one shortly before it.
    #[must_use]
    pub fn before(&self, stretch: &Stretch) -> Option<&Transition> {
        let soon = |transition: &&Transition| {
            transition.at <= stretch.began && stretch.began.saturating_sub(transition.at) <= SOON
        };
        self.transitions.iter().rev().find(soon)
    }

    /// How many answers each revision gave, by the pods that say who they are.
    #[must_use]
    pub fn by_revision(&self, traffic: &Traffic) -> BTreeMap<String, u64> {
        let mut revisions: BTreeMap<String, u64> = BTreeMap::new();
        for (who, count) in traffic.answered_by() {
            if let Some(revision) = self.revisions.get(who) {
                *revisions.entry(revision.clone()).or_default() += count;
            }
        }
        revisions
    }
}

/// What commonly loses requests while pods are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// A pod counts as ready as soon as its process runs.
    NoReadinessProbe,
    /// A pod stops answering before all nodes have heard that it is going.
    NoPauseBeforeStop,
    /// The time a pod has for its end is shorter than its pause.
    ShortGrace,
}

/// What the workload's pods lack.
#[must_use]
pub fn weaknesses(workload: &Manifest) -> Vec<Weakness> {
    let spec = &workload.value()["spec"]["template"]["spec"];
    let containers = || spec["containers"].as_array().into_iter().flatten();
    let mut found = Vec::new();
    if containers().any(|container| container.get("readinessProbe").is_none_or(Value::is_null)) {
        found.push(Weakness::NoReadinessProbe);
    }
    let pause = containers().filter_map(|container| container["lifecycle"].get("preStop")).map(pause_seconds).max();
    let grace = spec["terminationGracePeriodSeconds"].as_u64().unwrap_or(DEFAULT_GRACE_SECONDS);
    match pause {
        None => found.push(Weakness::NoPauseBeforeStop),
        Some(pause) if grace <= pause => found.push(Weakness::ShortGrace),
        Some(_) => {}
    }
    found
}

/// How long a hook pauses; one that runs a command may, and is believed to.
fn pause_seconds(hook: &Value) -> u64 {
    hook["sleep"]["seconds"].as_u64().unwrap_or(DRAIN_SECONDS)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::traffic::Loss;
    use super::*;

    fn workload(spec: &Value) -> Manifest {
        let object = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
                            "spec": {"template": {"spec": spec}}});
        Manifest::new(object).unwrap()
    }

    #[test]
    fn what_pods_lack_is_found() {
        use Weakness::{NoPauseBeforeStop, NoReadinessProbe, ShortGrace};
        let probe = json!({"httpGet": {"path": "/ready", "port": 80}});
        let hook = json!({"preStop": {"sleep": {"seconds": 5}}});
        for (spec, expected) in [
            (json!({"containers": [{}]}), vec![NoReadinessProbe, NoPauseBeforeStop]),
            (json!({"containers": [{"readinessProbe": probe, "lifecycle": hook}]}), vec![]),
            (json!({"containers": [{"readinessProbe": probe}]}), vec![NoPauseBeforeStop]),
            (
                json!({"terminationGracePeriodSeconds": 5, "containers": [{"readinessProbe": probe, "lifecycle": hook}]}),
                vec![ShortGrace],
            ),
        ] {
            assert_eq!(weaknesses(&workload(&spec)), expected, "{spec}");
        }
    }

    #[test]
    fn a_loss_is_told_with_the_change_shortly_before_it() {
        let at = |seconds| Duration::from_secs(seconds);
        let transition = |seconds, pod: &str| Transition { at: at(seconds), pod: pod.to_owned(), step: None };
        let timeline = Timeline { transitions: vec![transition(1, "a"), transition(9, "b")], ..Timeline::default() };
        let lost = |seconds| Stretch { began: at(seconds), ended: at(seconds), count: 1, first: Loss::Reset };
        let named = |seconds| timeline.before(&lost(seconds)).map(|transition| transition.pod.as_str());
        assert_eq!((named(0), named(2), named(5), named(10)), (None, Some("a"), None, Some("b")));
    }
}
