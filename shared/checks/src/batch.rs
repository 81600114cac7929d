//! Jobs, cron jobs and autoscalers.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use quicktour_report::finding::Severity;
use quicktour_report::message::Message;
use quicktour_survey::views::View as _;
use quicktour_survey::views::batch::{CronJob, Job};
use quicktour_survey::views::policy::HorizontalPodAutoscaler;
use quicktour_survey::views::scalar::Time;

use crate::context::{Context, object};
use crate::control::unanswered_in;
use crate::figures::Limits;
use crate::link::{Draft, Link};
use crate::owner::Owner;
use crate::pods::age;

/// The accumulator of jobs, cron jobs and autoscalers.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    failed: Vec<FailedJob>,
    without_pods: BTreeSet<Owner>,
    /// When each cron job last succeeded.
    succeeded: BTreeMap<Owner, Option<Timestamp>>,
    /// Cron jobs that somebody has put to rest.
    suspended: BTreeSet<Owner>,
    inactive: Vec<Inactive>,
}

#[derive(Debug)]
struct FailedJob {
    job: Owner,
    controller: Option<Owner>,
    reason: String,
    message: String,
    at: Option<Timestamp>,
}

/// An autoscaler that does not scale.
#[derive(Debug)]
struct Inactive {
    namespace: String,
    name: String,
    target: Option<Owner>,
    reason: String,
    message: String,
}

impl Batch {
    /// Whether a job runs and has no pod.
    pub(crate) fn has_no_pods(&self, job: &Owner) -> bool {
        self.without_pods.contains(job)
    }

    pub(crate) fn see_job(&mut self, job: &Job) {
        let (meta, status) = (job.meta(), job.status());
        let owner = Owner::new("Job", &meta.namespace, &meta.name);
        let is = |type_: &str| {
            status.conditions.iter().find(|condition| condition.type_ == type_ && condition.status == "True")
        };
        if let Some(failed) = is("Failed") {
            self.failed.push(FailedJob {
                job: owner,
                controller: Owner::controller(meta),
                reason: failed.reason.clone(),
                message: failed.message.clone(),
                at: failed.last_transition_time.map(Time::timestamp),
            });
        } else if is("Complete").is_none() && !job.spec().suspend && status.active == 0 {
            self.without_pods.insert(owner);
        }
    }

    pub(crate) fn see_cron_job(&mut self, job: &CronJob) {
        let owner = Owner::new("CronJob", &job.meta().namespace, &job.meta().name);
        if job.spec().suspend {
            self.suspended.insert(owner.clone());
        }
        self.succeeded.insert(owner, job.status().last_successful_time.map(Time::timestamp));
    }

    pub(crate) fn see_autoscaler(&mut self, autoscaler: &HorizontalPodAutoscaler, now: Timestamp, limits: &Limits) {
        let meta = autoscaler.meta();
        // Metrics of new pods come a little later.
        if age(now, meta.creation_timestamp) <= limits.seconds("pending-grace") {
            return;
        }
        let Some(status) = autoscaler.status.as_ref() else { return };
        let inactive = status.conditions.iter().find(|condition| {
            matches!(condition.type_.as_str(), "ScalingActive" | "AbleToScale")
                && condition.status == "False"
                // Scaled to 0 on purpose.
                && condition.reason != "ScalingDisabled"
        });
        if let Some(condition) = inactive {
            let target = autoscaler.spec().scale_target_ref.as_ref();
            self.inactive.push(Inactive {
                namespace: meta.namespace.clone(),
                name: meta.name.clone(),
                target: target.map(|target| Owner::new(&target.kind, &meta.namespace, &target.name)),
                reason: condition.reason.clone(),
                message: condition.message.clone(),
            });
        }
    }
}

pub(crate) fn judge(context: &Context<'_>) -> Vec<Draft> {
    let batch = &context.facts.batch;
    let mut by_cron_job: BTreeMap<&Owner, Vec<&FailedJob>> = BTreeMap::new();
    let mut drafts = Vec::new();
    for failed in &batch.failed {
        match failed.controller.as_ref().filter(|owner| batch.succeeded.contains_key(owner)) {
            // Nobody waits for its jobs.
            Some(owner) if batch.suspended.contains(owner) => {}
            Some(owner) => by_cron_job.entry(owner).or_default().push(failed),
            None => drafts.push(job_failed(context, failed)),
        }
    }
    for (owner, jobs) in by_cron_job {
        let succeeded = batch.succeeded.get(owner).copied().flatten();
        // Failures before the last success are history.
        let since: Vec<&FailedJob> = jobs.into_iter().filter(|job| job.at > succeeded).collect();
        drafts.extend(cron_job_failing(context, owner, &since));
    }
    drafts.extend(batch.inactive.iter().map(|inactive| autoscaler(context, inactive)));
    drafts
}

fn job_failed(context: &Context<'_>, failed: &FailedJob) -> Draft {
    let job = &failed.job;
    let title = Message::new("job-failed-title")
        .arg("count", 1_usize)
        .arg("namespace", &job.namespace)
        .arg("name", &job.name)
        .arg("reason", &failed.reason)
        .arg("since", context.since(failed.at));
    // What the job is a part of has its own way to deal with failures, and its own state to tell.
    let of_other = failed.controller.as_ref().is_some_and(|controller| controller.kind != "CronJob");
    let severity = if of_other { Severity::Info } else { Severity::Warning };
    Draft::new("job-failed", severity, title, Message::new("said-by-controller").arg("message", &failed.message))
        .cause(failed.reason.clone())
        .owner(job.key())
        .objects(vec![job.object()])
        .command(evidence(context, failed))
}

/// Where to look first: the log of what failed, if its pod is still there; the job controller deletes those that it ends.
fn evidence(context: &Context<'_>, failed: &FailedJob) -> String {
    let job = &failed.job;
    if !context.facts.pods.has_failed_of(job) {
        return context.command(&["-n", &job.namespace, "describe", "job", &job.name]);
    }
    context.command(&["-n", &job.namespace, "logs", &format!("job/{}", job.name)])
}

fn cron_job_failing(context: &Context<'_>, owner: &Owner, jobs: &[&FailedJob]) -> Option<Draft> {
    let last = jobs.iter().max_by_key(|job| job.at)?;
    let ever = context.facts.batch.succeeded.get(owner).copied().flatten().is_some();
    let title = Message::new(if ever { "cronjob-failing-title" } else { "cronjob-failing-never-title" })
        .arg("count", 1_usize)
        .arg("namespace", &owner.namespace)
        .arg("name", &owner.name)
        .arg("jobs", jobs.len());
    Some(
        Draft::new(
            "cronjob-failing",
            Severity::Warning,
            title,
            Message::new("said-by-controller").arg("message", &last.message),
        )
        .cause(last.reason.clone())
        .owner(owner.key())
        .objects(vec![owner.object()])
        .command(evidence(context, last)),
    )
}

fn autoscaler(context: &Context<'_>, inactive: &Inactive) -> Draft {
    let title = Message::new("autoscaler-inactive-title")
        .arg("count", 1_usize)
        .arg("namespace", &inactive.namespace)
        .arg("name", &inactive.name)
        .arg("reason", &inactive.reason);
    let why = Message::new("said-by-controller").arg("message", &inactive.message);
    let draft = Draft::new("autoscaler-inactive", Severity::Warning, title, why)
        .cause(inactive.reason.clone())
        .owner(format!("{}/{}", inactive.namespace, inactive.name))
        .objects(vec![object::<HorizontalPodAutoscaler>(&inactive.namespace, &inactive.name)])
        .command(context.command(&["-n", &inactive.namespace, "describe", "hpa", &inactive.name]));
    let draft = unanswered_in(context, &inactive.message).into_iter().fold(draft, Draft::because);
    match &inactive.target {
        Some(target) => draft.because(Link::Owner(target.clone())),
        None => draft,
    }
}
