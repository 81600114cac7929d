//! Workloads: deployments, replica sets, stateful sets, daemon sets, jobs and what scales them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use quicktour_report::finding::{NotChecked, NotCheckedWhy, Severity};
use quicktour_report::message::Message;
use quicktour_survey::Part;
use quicktour_survey::views::View as _;
use quicktour_survey::views::apps::{DaemonSet, Deployment, DeploymentCondition, ReplicaSet, StatefulSet};
use quicktour_survey::views::pod::PodTemplateSpec;
use quicktour_survey::views::scalar::Time;

use crate::context::Context;
use crate::control::{Leading, controller_manager};
use crate::figures::Limits;
use crate::link::{Draft, Link};
use crate::owner::Owner;
use crate::pods::age;
use crate::refusal::{self, Refusal};

/// What Kubernetes gives a rollout when the deployment does not say. Source: `apps/v1` API reference.
const DEFAULT_PROGRESS_DEADLINE_SECONDS: i32 = 600;

/// The accumulator of all workloads that run pods for ever.
#[derive(Debug, Default)]
pub(crate) struct Workloads {
    /// Deployments within their progress deadline.
    rolling_out: BTreeSet<Owner>,
    behind: Vec<Behind>,
    /// Workloads whose newest generation no controller has looked at.
    unobserved: Vec<Owner>,
    /// Deployments past their deadline, with what their controller says.
    stuck: BTreeMap<Owner, Stuck>,
    refused: BTreeMap<Owner, Refused>,
    /// Templates' labels of workloads that are scaled to 0.
    pub(crate) scaled_to_zero: Vec<(String, BTreeMap<String, String>)>,
    /// Deployments of which more than a table's row was read.
    deployments_seen: u64,
}

/// A workload with fewer ready pods than it wants.
#[derive(Debug)]
struct Behind {
    owner: Owner,
    wanted: i32,
    available: i32,
    /// Since when it counts as unavailable, where the API says so.
    unavailable_since: Option<Timestamp>,
    labels: BTreeMap<String, String>,
}

/// A rollout that does not get on.
#[derive(Debug)]
struct Stuck {
    message: String,
    /// There is no revision to go back to.
    first: bool,
}

/// A workload whose pods are not accepted.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) message: String,
    pub(crate) labels: BTreeMap<String, String>,
}

impl Workloads {
    pub(crate) fn is_rolling_out(&self, owner: &Owner) -> bool {
        self.rolling_out.contains(owner)
    }

    /// Labels of the pods that workloads in trouble have or should have.
    pub(crate) fn troubled(&self) -> impl Iterator<Item = (&Owner, &BTreeMap<String, String>)> {
        let refused = self.refused.iter().map(|(owner, refused)| (owner, &refused.labels));
        refused.chain(self.behind.iter().map(|behind| (&behind.owner, &behind.labels)))
    }

    pub(crate) fn see_deployment(&mut self, deployment: &Deployment, now: Timestamp, limits: &Limits) {
        let (meta, spec, status) = (deployment.meta(), deployment.spec(), deployment.status());
        self.deployments_seen += 1;
        let owner = Owner::new("Deployment", &meta.namespace, &meta.name);
        let labels = template_labels(spec.template.as_ref());
        let wanted = spec.replicas.unwrap_or(1);
        if wanted == 0 {
            self.scaled_to_zero.push((meta.namespace.clone(), labels));
            return;
        }
        let new = age(now, meta.creation_timestamp) <= limits.seconds("pending-grace");
        if status.observed_generation < meta.generation {
            if !new {
                self.unobserved.push(owner);
            }
            return;
        }
        let condition = |type_: &str| status.conditions.iter().find(|condition| condition.type_ == type_);
        if let Some(failure) = condition("ReplicaFailure").filter(|failure| failure.status == "True") {
            let refused = Refused { message: failure.message.clone(), labels: labels.clone() };
            self.refused.insert(owner.clone(), refused);
        }
        let progressing = condition("Progressing");
        if let Some(stuck) = progressing.filter(|condition| condition.reason == "ProgressDeadlineExceeded") {
            let first = meta.revision().is_none_or(|revision| revision <= 1);
            self.stuck.insert(owner.clone(), Stuck { message: stuck.message.clone(), first });
        }
        let deadline = spec.progress_deadline_seconds.unwrap_or(DEFAULT_PROGRESS_DEADLINE_SECONDS);
        let rolling_out = new || progressing.is_some_and(|condition| within_deadline(condition, deadline, now));
        if rolling_out {
            self.rolling_out.insert(owner.clone());
        }
        if status.available_replicas < wanted {
            let unavailable = condition("Available").filter(|available| available.status == "False");
            self.behind.push(Behind {
                owner,
                wanted,
                available: status.available_replicas,
                unavailable_since: unavailable
                    .filter(|_| !rolling_out)
                    .and_then(|condition| condition.last_transition_time.map(Time::timestamp)),
                labels,
            });
        }
    }

    pub(crate) fn see_replica_set(&mut self, set: &ReplicaSet) {
        let (meta, spec, status) = (set.meta(), set.spec(), set.status());
        // A deployment repeats the conditions of its replica sets; other controllers need not.
        let of_deployment = Owner::controller(meta).is_some_and(|controller| controller.kind == "Deployment");
        // At 0 they are mostly old versions, and where there are many a table tells no more of them.
        if of_deployment || spec.replicas == Some(0) {
            return;
        }
        let owner = Owner::new("ReplicaSet", &meta.namespace, &meta.name);
        let labels = template_labels(spec.template.as_ref());
        let wanted = spec.replicas.unwrap_or(1);
        if let Some(failure) = status.conditions.iter().find(|condition| condition.type_ == "ReplicaFailure") {
            let refused = Refused { message: failure.message.clone(), labels: labels.clone() };
            self.refused.insert(owner.clone(), refused);
        }
        self.add_behind(owner, wanted, status.available_replicas, labels);
    }

    pub(crate) fn see_stateful_set(&mut self, set: &StatefulSet, now: Timestamp, limits: &Limits) {
        let (meta, spec, status) = (set.meta(), set.spec(), set.status());
        let owner = Owner::new("StatefulSet", &meta.namespace, &meta.name);
        let labels = template_labels(spec.template.as_ref());
        let wanted = spec.replicas.unwrap_or(1);
        let new = age(now, meta.creation_timestamp) <= limits.seconds("pending-grace");
        if wanted == 0 {
            self.scaled_to_zero.push((meta.namespace.clone(), labels));
        } else if status.observed_generation < meta.generation {
            if !new {
                self.unobserved.push(owner);
            }
        } else {
            self.add_behind(owner, wanted, status.ready_replicas, labels);
        }
    }

    pub(crate) fn see_daemon_set(&mut self, set: &DaemonSet, now: Timestamp, limits: &Limits) {
        let (meta, status) = (set.meta(), set.status());
        let owner = Owner::new("DaemonSet", &meta.namespace, &meta.name);
        let new = age(now, meta.creation_timestamp) <= limits.seconds("pending-grace");
        if status.observed_generation < meta.generation {
            if !new {
                self.unobserved.push(owner);
            }
        } else if status.desired_number_scheduled == 0 {
            self.scaled_to_zero.push((meta.namespace.clone(), template_labels(set.spec().template.as_ref())));
        } else {
            let labels = template_labels(set.spec().template.as_ref());
            self.add_behind(owner, status.desired_number_scheduled, status.number_ready, labels);
        }
    }

    fn add_behind(&mut self, owner: Owner, wanted: i32, available: i32, labels: BTreeMap<String, String>) {
        if available < wanted {
            self.behind.push(Behind { owner, wanted, available, unavailable_since: None, labels });
        }
    }
}

fn template_labels(template: Option<&PodTemplateSpec>) -> BTreeMap<String, String> {
    template.and_then(|template| template.metadata.as_ref()).map(|meta| meta.labels.clone()).unwrap_or_default()
}

/// A rollout that goes on and has not used up its deadline since it last got ahead.
fn within_deadline(condition: &DeploymentCondition, deadline_seconds: i32, now: Timestamp) -> bool {
    condition.status == "True"
        && condition.reason != "NewReplicaSetAvailable"
        && age(now, condition.last_update_time) <= SignedDuration::from_secs(i64::from(deadline_seconds))
}

pub(crate) fn judge(context: &Context<'_>) -> Vec<Draft> {
    let workloads = &context.facts.workloads;
    let refused = refused(context);
    let owners: BTreeSet<Owner> = refused.values().flatten().map(|(owner, _)| owner.clone()).collect();
    let mut drafts: Vec<Draft> =
        refused.into_iter().map(|(refusal, owners)| refusal::draft(context, &refusal, &owners)).collect();
    drafts.extend(workloads.stuck.iter().map(|(owner, rollout)| stuck(context, owner, rollout)));
    let has_cause = |owner: &Owner| owners.contains(owner) || context.troubled.has(owner);
    drafts.extend(workloads.behind.iter().filter_map(|behind| unavailable(context, behind, has_cause(&behind.owner))));
    let manager = controller_manager(context);
    drafts.extend(workloads.unobserved.iter().filter_map(|owner| unobserved(context, owner, manager)));
    drafts
}

/// Pods that the API server does not accept: as conditions say, and as events say for kinds that have none.
fn refused<'a>(context: &Context<'a>) -> BTreeMap<Refusal, Vec<(Owner, &'a str)>> {
    let workloads = &context.facts.workloads;
    let mut by_cause: BTreeMap<Refusal, Vec<(Owner, &str)>> = BTreeMap::new();
    for (owner, refused) in &workloads.refused {
        by_cause.entry(refusal::classify(&refused.message)).or_default().push((owner.clone(), &refused.message));
    }
    for event in context.facts.events.with_reason("FailedCreate") {
        let owner = Owner::new(event.kind, event.namespace, event.name);
        let still_behind = workloads.behind.iter().any(|behind| behind.owner == owner)
            || (event.kind == "Job" && context.facts.batch.has_no_pods(&owner));
        if still_behind && !workloads.refused.contains_key(&owner) {
            by_cause.entry(refusal::classify(event.message)).or_default().push((owner, event.message));
        }
    }
    by_cause
}

fn stuck(context: &Context<'_>, owner: &Owner, rollout: &Stuck) -> Draft {
    let title = Message::new("rollout-stuck-title")
        .arg("count", 1_usize)
        .arg("namespace", &owner.namespace)
        .arg("name", &owner.name);
    let why = Message::new("rollout-stuck-why").arg("message", &rollout.message);
    let command = if rollout.first {
        context.command(&["-n", &owner.namespace, "describe", "deployment", &owner.name])
    } else {
        context.command(&["-n", &owner.namespace, "rollout", "undo", "deployment", &owner.name])
    };
    Draft::new("rollout-stuck", Severity::Error, title, why)
        .owner(owner.key())
        .objects(vec![owner.object()])
        .command(command)
        .because(Link::Owner(owner.clone()))
}

fn unavailable(context: &Context<'_>, behind: &Behind, has_cause: bool) -> Option<Draft> {
    let owner = &behind.owner;
    if context.facts.workloads.stuck.contains_key(owner) {
        return None;
    }
    let long = context.since(behind.unavailable_since) > context.limits.seconds("crash-grace").unsigned_abs();
    // Without a cause and without a date, it may be the second between a pod's end and its successor.
    if !has_cause && !long {
        return None;
    }
    let severity = if behind.available == 0 { Severity::Error } else { Severity::Warning };
    let title = Message::new("workload-unavailable-title")
        .arg("count", 1_usize)
        .arg("kind", owner.kind.to_lowercase())
        .arg("namespace", &owner.namespace)
        .arg("name", &owner.name)
        .arg("available", behind.available.to_string())
        .arg("wanted", behind.wanted.to_string());
    let kind = owner.kind.to_lowercase();
    Some(
        Draft::new(
            "workload-unavailable",
            severity,
            title,
            Message::new("workload-unavailable-why").arg("count", 1_usize),
        )
        .cause(kind.clone())
        .owner(owner.key())
        .objects(vec![owner.object()])
        .command(context.command(&["-n", &owner.namespace, "describe", &kind, &owner.name]))
        .because(Link::Owner(owner.clone())),
    )
}

/// On a busy cluster there is always one that was changed a moment ago; while the controller manager is at work that is
/// no finding.
fn unobserved(context: &Context<'_>, owner: &Owner, manager: Leading) -> Option<Draft> {
    let (severity, why) = match manager {
        Leading::Alive => return None,
        Leading::Lost => (Severity::Warning, Message::new("workload-unobserved-why").arg("count", 1_usize)),
        Leading::Unseen => (Severity::Info, Message::new("workload-unobserved-why-unseen")),
    };
    let kind = owner.kind.to_lowercase();
    let title = Message::new("workload-unobserved-title")
        .arg("count", 1_usize)
        .arg("kind", &kind)
        .arg("namespace", &owner.namespace)
        .arg("name", &owner.name);
    let draft = Draft::new("workload-unobserved", severity, title, why)
        .owner(owner.key())
        .objects(vec![owner.object()])
        .command(context.command(&["-n", &owner.namespace, "get", &kind, &owner.name, "-o", "yaml"]))
        .because(Link::ControllerManager);
    Some(draft.cause(kind))
}

/// What tables do not tell, where it matters.
pub(crate) fn not_checked(context: &Context<'_>) -> Option<NotChecked> {
    let listed = context.survey.count(Part::Deployments)?;
    let unread = listed > context.facts.workloads.deployments_seen;
    (unread && controller_manager(context) != Leading::Alive).then(|| NotChecked {
        what: Message::new("part-unobserved"),
        why: NotCheckedWhy::Absent,
        detail: Some(Message::new("tables-tell-no-generation")),
        rule: None,
    })
}
