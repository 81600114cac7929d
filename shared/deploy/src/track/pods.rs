//! Where each pod stands, and of which revision it is.

use quicktour_client::views::View as _;
use quicktour_client::views::pod::{ContainerStatus, Pod};
use quicktour_client::views::scalar::Time;

use super::{PodStep, Step, instant};

/// Of which revision a pod is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Of {
    pub(super) name: String,
    pub(super) new: bool,
}

pub(super) fn is_ready(pod: &Pod) -> bool {
    let ready = pod.status().conditions.iter().find(|condition| condition.type_ == "Ready");
    ready.is_some_and(|ready| ready.status == "True") && !is_leaving(pod)
}

pub(super) fn is_leaving(pod: &Pod) -> bool {
    pod.meta().deletion_timestamp.is_some()
}

pub(super) fn ready_since(pod: &Pod) -> Option<jiff::Timestamp> {
    transition(pod, "Ready")
}

fn transition(pod: &Pod, kind: &str) -> Option<jiff::Timestamp> {
    let condition = pod.status().conditions.iter().find(|condition| condition.type_ == kind)?;
    instant(condition.last_transition_time)
}

/// Where a pod stands.
pub(super) fn step(pod: &Pod, of: Of) -> PodStep {
    let (meta, status) = (pod.meta(), pod.status());
    let created = instant(meta.creation_timestamp);
    let running = |container: &ContainerStatus| container.state.as_ref()?.running.as_ref()?.started_at;
    let (step, since) = if let Some(deleted) = meta.deletion_timestamp {
        // The timestamp is when it must be gone, its grace included.
        let grace = meta.deletion_grace_period_seconds.unwrap_or_default();
        (Step::Leaving, Some(Time { seconds: deleted.seconds - grace, ..deleted }.timestamp()))
    } else if matches!(status.phase.as_str(), "Succeeded" | "Failed") {
        (Step::Ended, transition(pod, "Ready"))
    } else if is_ready(pod) {
        (Step::Ready, ready_since(pod))
    } else if pod.spec().node_name.is_empty() {
        (Step::Pending, created)
    } else if let Some(since) = status.container_statuses.iter().filter_map(running).map(Time::timestamp).max() {
        (Step::Starting, Some(since))
    } else if status.container_statuses.iter().any(|container| container.restart_count > 0) {
        (Step::Starting, instant(status.start_time))
    } else {
        let init = &status.init_container_statuses;
        let ended = |container: &&ContainerStatus| {
            let state = container.state.as_ref();
            state.is_some_and(|state| state.terminated.as_ref().is_some_and(|ended| ended.exit_code == 0))
        };
        let done = init.iter().filter(ended).count();
        let begun = init.iter().any(|container| {
            container.state.as_ref().is_some_and(|state| state.running.is_some() || state.terminated.is_some())
        });
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        if begun && done < init.len() {
            (Step::Initialising { done: count(done), of: count(init.len()) }, instant(status.start_time))
        } else {
            (Step::Creating, transition(pod, "PodScheduled").or(instant(status.start_time)))
        }
    };
    PodStep { name: meta.name.clone(), revision: of.name, new: of.new, step, since, created }
}
