//! The workload itself, whichever kind it is: what is asked for and what its controller reports.

use jiff::Timestamp;
use quicktour_client::views::View as _;
use quicktour_client::views::apps::{DaemonSet, Deployment, StatefulSet, UpdateStrategy};
use quicktour_client::views::object::LabelSelector;
use quicktour_client::views::pod::PodTemplateSpec;

use super::instant;
use crate::cause::Cause;
use crate::workload::Kind;

/// What a rollout is judged by.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Its identity.
    pub uid: String,
    /// Whether it is being deleted.
    pub deleting: bool,
    /// Which wish this is.
    pub generation: i64,
    /// Which wish the status is about.
    pub observed: i64,
    /// How many pods there shall be.
    pub desired: u32,
    /// How many there are.
    pub total: u32,
    /// How many are of the new revision.
    pub updated: u32,
    /// How many are ready.
    pub ready: u32,
    /// How many are available.
    pub available: u32,
    /// A deployment's revision number; a stateful set's update revision.
    pub revision: Option<String>,
    /// Nothing, or not everything, moves by itself.
    pub held: Option<Cause>,
    /// How many pods a partition leaves as they are.
    pub left_out: u32,
    /// How long a pod must be ready to count as available.
    pub min_ready: u32,
    /// How many pods must stay available while it rolls; 0 where old pods go first.
    pub min_available: u32,
    /// Whether a new pod waits until an old one is gone.
    pub waits_for_old: bool,
    /// Its own deadline has passed.
    pub deadline_exceeded: bool,
    /// It could not make its replica set: the server's words, and since when.
    pub not_made: Option<(String, Option<Timestamp>)>,
    /// Which pods are its own.
    pub selector: LabelSelector,
    /// What its pods are made of, as far as anything reads.
    pub template: PodTemplateSpec,
}

fn number(value: i32) -> u32 {
    u32::try_from(value).unwrap_or_default()
}

impl From<&Deployment> for Subject {
    fn from(deployment: &Deployment) -> Self {
        let (meta, spec, status) = (deployment.meta(), deployment.spec(), deployment.status());
        let desired = number(spec.replicas.unwrap_or(1));
        let strategy = spec.strategy.clone().unwrap_or_default();
        let recreate = strategy.type_ == "Recreate";
        let condition = |kind: &str| status.conditions.iter().find(|condition| condition.type_ == kind);
        let progressing = condition("Progressing").filter(|condition| condition.status == "False");
        let not_made = progressing.filter(|condition| condition.reason == "ReplicaSetCreateError");
        Self {
            kind: Kind::Deployment,
            name: meta.name.clone(),
            uid: meta.uid.clone(),
            deleting: meta.deletion_timestamp.is_some(),
            generation: meta.generation,
            observed: status.observed_generation,
            desired,
            total: number(status.replicas),
            updated: number(status.updated_replicas),
            ready: number(status.ready_replicas),
            available: number(status.available_replicas),
            revision: meta.revision().map(|revision| revision.to_string()),
            held: spec.paused.then_some(Cause::Paused),
            left_out: 0,
            min_ready: number(spec.min_ready_seconds),
            min_available: if recreate { 0 } else { desired.saturating_sub(max_unavailable(&strategy, desired)) },
            waits_for_old: recreate,
            deadline_exceeded: progressing.is_some_and(|condition| condition.reason == "ProgressDeadlineExceeded"),
            not_made: not_made.map(|condition| (condition.message.clone(), instant(condition.last_transition_time))),
            selector: spec.selector.clone().unwrap_or_default(),
            template: spec.template.clone().unwrap_or_default(),
        }
    }
}

/// As the deployment controller resolves it: rounded down, and 1 when that and the surge were both 0.
fn max_unavailable(strategy: &UpdateStrategy, desired: u32) -> u32 {
    let rolling = strategy.rolling_update.as_ref();
    let of = |value: Option<&quicktour_client::views::scalar::IntOrString>, up: bool| {
        value.map_or(desired.div_ceil(4).min(if up { u32::MAX } else { desired / 4 }), |value| value.of(desired, up))
    };
    let unavailable = of(rolling.and_then(|rolling| rolling.max_unavailable.as_ref()), false);
    let surge = of(rolling.and_then(|rolling| rolling.max_surge.as_ref()), true);
    if unavailable == 0 && surge == 0 { 1 } else { unavailable }
}

impl From<&StatefulSet> for Subject {
    fn from(set: &StatefulSet) -> Self {
        let (meta, spec, status) = (set.meta(), set.spec(), set.status());
        let desired = number(spec.replicas.unwrap_or(1));
        let strategy = spec.update_strategy.clone().unwrap_or_default();
        let partition = strategy.rolling_update.and_then(|rolling| rolling.partition).map_or(0, number);
        let held = if strategy.type_ == "OnDelete" {
            Some(Cause::OnDelete)
        } else {
            (partition > 0).then_some(Cause::Partition { from: partition })
        };
        Self {
            kind: Kind::StatefulSet,
            name: meta.name.clone(),
            uid: meta.uid.clone(),
            deleting: meta.deletion_timestamp.is_some(),
            generation: meta.generation,
            observed: status.observed_generation,
            desired,
            total: number(status.replicas),
            updated: number(status.updated_replicas),
            ready: number(status.ready_replicas),
            available: number(status.available_replicas),
            revision: Some(status.update_revision.clone()).filter(|revision| !revision.is_empty()),
            held,
            left_out: partition.min(desired),
            min_ready: number(spec.min_ready_seconds),
            min_available: desired,
            waits_for_old: true,
            deadline_exceeded: false,
            not_made: None,
            selector: spec.selector.clone().unwrap_or_default(),
            template: spec.template.clone().unwrap_or_default(),
        }
    }
}

impl From<&DaemonSet> for Subject {
    fn from(set: &DaemonSet) -> Self {
        let (meta, spec, status) = (set.meta(), set.spec(), set.status());
        let strategy = spec.update_strategy.clone().unwrap_or_default();
        let desired = number(status.desired_number_scheduled);
        Self {
            kind: Kind::DaemonSet,
            name: meta.name.clone(),
            uid: meta.uid.clone(),
            deleting: meta.deletion_timestamp.is_some(),
            generation: meta.generation,
            observed: status.observed_generation,
            desired,
            total: number(status.current_number_scheduled),
            updated: number(status.updated_number_scheduled),
            ready: number(status.number_ready),
            available: number(status.number_available),
            revision: None,
            held: (strategy.type_ == "OnDelete").then_some(Cause::OnDelete),
            left_out: 0,
            min_ready: number(spec.min_ready_seconds),
            min_available: desired,
            waits_for_old: true,
            deadline_exceeded: false,
            not_made: None,
            selector: spec.selector.clone().unwrap_or_default(),
            template: spec.template.clone().unwrap_or_default(),
        }
    }
}

impl Subject {
    /// Whether the status is about the present wish.
    #[must_use]
    pub fn is_observed(&self) -> bool {
        self.observed >= self.generation
    }

    /// Whether all pods are there, of the new revision, and available, but for `forgiven` ones.
    #[must_use]
    pub fn is_complete(&self, forgiven: u32) -> bool {
        let updated = match self.kind {
            Kind::StatefulSet => self.updated >= self.desired - self.left_out,
            Kind::Deployment | Kind::DaemonSet => self.updated >= self.desired,
        };
        // Deployments count what is left over of old revisions, and after scaling down; a daemon set may have pods
        // where it should not, which it removes in its own time.
        let none_left = self.kind == Kind::DaemonSet || self.total == self.desired;
        let available = self.available + forgiven >= self.desired && self.ready + forgiven >= self.desired;
        self.is_observed() && !self.deleting && updated && none_left && available
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_may_be_missing_is_resolved_as_the_controller_does() {
        let subject = |replicas: u32, strategy: serde_json::Value| {
            let deployment: Deployment =
                serde_json::from_value(json!({"spec": {"replicas": replicas, "strategy": strategy}})).unwrap();
            Subject::from(&deployment).min_available
        };
        let rolling = |unavailable: serde_json::Value, surge: serde_json::Value| json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": unavailable, "maxSurge": surge}});
        assert_eq!(subject(3, rolling(json!("25%"), json!("25%"))), 3);
        assert_eq!(subject(4, rolling(json!("25%"), json!("25%"))), 3);
        assert_eq!(subject(4, json!({})), 3);
        assert_eq!(subject(1, json!({})), 1);
        assert_eq!(subject(5, rolling(json!(0), json!(0))), 4);
        assert_eq!(subject(5, json!({"type": "Recreate"})), 0);
    }
}
