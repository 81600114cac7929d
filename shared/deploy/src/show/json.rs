//! A rollout as programs read it: one `RolloutEvent` for each change, and one `RolloutReport` at the end. A contract of
//! its own: to add a field, add it here, fill it in, and say so in the changelog.

use jiff::{Timestamp, Unit};
use quicktour_report::catalogue::Catalogue;
use quicktour_report::exit::ExitCode;
use quicktour_report::finding::ObjectRef;
use quicktour_report::json::{ApiVersion, JsonCluster, JsonFix, JsonNotChecked, JsonObject, JsonSeverity, JsonVerdict};
use quicktour_report::message::Message;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Deserialize, Serialize};

use crate::cause::{Class, Place};
use crate::track::{Outcome, Phase, PodStep, Progress, RevisionCount, Step, Told};

/// At most this many objects of a cause and pods of an event are named. Source: the report contract.
const MOST: usize = 50;

/// Something has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "RolloutEvent")]
pub struct RolloutEvent {
    /// The version of this format.
    pub api_version: ApiVersion,
    /// Which format this is.
    pub kind: EventKind,
    /// When it was noticed (RFC 3339, UTC).
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
    /// The workload.
    pub object: JsonObject,
    /// What is going on.
    pub phase: JsonPhase,
    /// The numbers.
    pub pods: Counts,
    /// The revisions that have pods, the new one first.
    pub revisions: Vec<Revision>,
    /// The pods whose step has changed since the last event, at most 50.
    #[schemars(length(max = 50))]
    pub changed_pods: Vec<PodEvent>,
    /// Why it does not get on, what ends the wait first.
    pub findings: Vec<RolloutFinding>,
    /// How long it will probably take; null until there is something to judge by.
    pub eta_seconds: Option<u64>,
    /// For how long completion is watched still; null unless all is available.
    pub settle_left_seconds: Option<u64>,
}

/// How it ended: the last line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "RolloutReport")]
pub struct RolloutReport {
    /// The version of this format.
    pub api_version: ApiVersion,
    /// Which format this is.
    pub kind: ReportKind,
    /// Which cluster it was.
    pub cluster: JsonCluster,
    /// When it ended (RFC 3339, UTC).
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub generated_at: Timestamp,
    /// The sum of it.
    pub verdict: JsonVerdict,
    /// The workload.
    pub object: JsonObject,
    /// How it ended; null when it was not followed to its end.
    pub outcome: Option<JsonOutcome>,
    /// The id of the cause that ended it; null where none did.
    pub cause: Option<String>,
    /// The numbers.
    pub pods: Counts,
    /// The revisions that have pods, the new one first.
    pub revisions: Vec<Revision>,
    /// Why it did not get on, at the end.
    pub findings: Vec<RolloutFinding>,
    /// What could not be read.
    pub not_checked: Vec<JsonNotChecked>,
    /// How long it was followed.
    pub duration_seconds: u64,
    /// What the process ended with.
    pub exit_code: u8,
}

/// Which format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum EventKind {
    /// A change.
    RolloutEvent,
}

/// Which format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum ReportKind {
    /// The end.
    RolloutReport,
}

/// What is going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Phase", inline)]
pub enum JsonPhase {
    /// The controller has not taken notice of the change yet.
    Waiting,
    /// Pods are replaced.
    Rolling,
    /// All are available; whether they stay so is being watched.
    Settling,
    /// It has ended.
    Done,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Outcome", inline)]
pub enum JsonOutcome {
    /// All pods are of the new revision, available, and stayed so.
    Complete,
    /// It cannot succeed, or probably not.
    Failed,
    /// Nothing moves until somebody lets it.
    Held,
    /// The deadline has passed.
    TimedOut,
    /// The workload was deleted.
    Gone,
}

/// The numbers of a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Counts {
    /// How many there shall be.
    pub desired: u32,
    /// How many are of the new revision.
    pub updated: u32,
    /// How many are ready.
    pub ready: u32,
    /// How many are available.
    pub available: u32,
    /// How many are of old revisions.
    pub old: u32,
    /// How many of the new revision were broken before the change and still are.
    pub forgiven: u32,
}

/// The pods of one revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Revision {
    /// The replica set's name, or the revision's hash.
    pub name: String,
    /// Its number; null where it has none.
    pub number: Option<u64>,
    /// Whether it is the one that is rolled out.
    pub new: bool,
    /// How many pods it has.
    pub pods: u32,
    /// How many of them are ready.
    pub ready: u32,
}

/// Where a pod stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PodEvent {
    /// Its name.
    pub name: String,
    /// Its revision, as in `revisions`.
    pub revision: String,
    /// Where it stands.
    pub step: JsonStep,
    /// Since when; null where the cluster does not say.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub since: Option<Timestamp>,
}

/// Where a pod stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Step", inline)]
pub enum JsonStep {
    /// Has no node.
    Pending,
    /// Image, volumes and network are being got.
    Creating,
    /// Its init containers run.
    Initialising,
    /// Its containers run and are not ready.
    Starting,
    /// Ready.
    Ready,
    /// Being deleted.
    Leaving,
    /// Has ended.
    Ended,
    /// Is gone.
    Gone,
}

/// What a cause means for the wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Class", inline)]
pub enum JsonClass {
    /// Cannot recover without a change.
    Terminal,
    /// Probably stuck.
    Likely,
    /// Heals by itself as a rule.
    Transient,
    /// Nothing is wrong.
    Notice,
}

/// Why a rollout does not get on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RolloutFinding {
    /// The cause, stable across releases.
    #[schemars(regex(pattern = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"))]
    pub id: String,
    /// Cause and what it is about: the same in two reports that speak of the same thing.
    pub key: String,
    /// How bad.
    pub severity: JsonSeverity,
    /// What it means for the wait.
    pub class: JsonClass,
    /// What is wrong, in a line.
    pub title: String,
    /// What the cluster said first and most exactly; empty where it says nothing.
    pub why: String,
    /// What to do.
    pub fix: JsonFix,
    /// How many objects show it; always the true number.
    pub count: u64,
    /// Out of how many.
    pub of: u64,
    /// The first of them, sorted.
    #[schemars(length(max = 50))]
    pub objects: Vec<JsonObject>,
    /// When it was first seen (RFC 3339, UTC).
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub seen_at: Timestamp,
    /// How much of its grace is left; null unless it is likely stuck.
    pub grace_left_seconds: Option<u64>,
    /// The arithmetic behind it, in words.
    pub details: Vec<String>,
    /// The end of a container's log; null where there is none.
    pub log: Option<JsonLog>,
}

/// The end of a container's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Log")]
pub struct JsonLog {
    /// The pod.
    pub pod: String,
    /// The container.
    pub container: String,
    /// Whether it is of the instance before the present one.
    pub previous: bool,
    /// The last lines, as they were written.
    #[schemars(length(max = 10))]
    pub lines: Vec<String>,
}

/// Makes the events of one rollout.
#[derive(Debug)]
pub struct Events {
    place: Place,
    last: Option<RolloutEvent>,
    pods: Vec<PodStep>,
}

impl Events {
    /// Nothing has been written yet.
    #[must_use]
    pub fn new(place: Place) -> Self {
        Self { place, last: None, pods: Vec::new() }
    }

    /// The event of what has changed; `None` when nothing but times has.
    pub fn change(&mut self, progress: &Progress, now: Timestamp) -> Option<RolloutEvent> {
        let event = RolloutEvent {
            api_version: ApiVersion::V1,
            kind: EventKind::RolloutEvent,
            at: rounded(now),
            object: object(&self.place),
            phase: match progress.phase {
                Phase::Waiting => JsonPhase::Waiting,
                Phase::Rolling => JsonPhase::Rolling,
                Phase::Settling { .. } => JsonPhase::Settling,
                Phase::Done => JsonPhase::Done,
            },
            pods: counts(progress),
            revisions: progress.revisions.iter().map(revision).collect(),
            changed_pods: self.changed(progress),
            findings: progress.causes.iter().map(|told| finding(told, &self.place)).collect(),
            eta_seconds: progress.eta.map(|eta| eta.as_secs()),
            settle_left_seconds: match progress.phase {
                Phase::Settling { left } => Some(left.as_secs()),
                _ => None,
            },
        };
        let changed = self.last.as_ref().is_none_or(|last| timeless(last) != timeless(&event));
        changed.then(|| {
            self.pods.clone_from(&progress.pods);
            self.last = Some(event.clone());
            event
        })
    }

    fn changed(&self, progress: &Progress) -> Vec<PodEvent> {
        let before = |name: &str| self.pods.iter().find(|pod| pod.name == name);
        let there = progress.pods.iter().filter(|pod| before(&pod.name).is_none_or(|before| before.step != pod.step));
        let gone = self.pods.iter().filter(|pod| !progress.pods.iter().any(|now| now.name == pod.name));
        let event = |pod: &PodStep, step: JsonStep| PodEvent {
            name: pod.name.clone(),
            revision: pod.revision.clone(),
            step,
            since: pod.since,
        };
        let there = there.map(|pod| event(pod, step(pod.step)));
        there.chain(gone.map(|pod| event(pod, JsonStep::Gone))).take(MOST).collect()
    }

    /// The last line. `began`: since when it was followed; `code`: what the process ends with.
    #[must_use]
    pub fn report(
        &self,
        progress: &Progress,
        cluster: JsonCluster,
        began: Timestamp,
        now: Timestamp,
        code: ExitCode,
    ) -> RolloutReport {
        let outcome = progress.outcome.as_ref();
        let unread = progress.unread.iter().any(|part| part.why != quicktour_report::finding::NotCheckedWhy::Absent);
        RolloutReport {
            api_version: ApiVersion::V1,
            kind: ReportKind::RolloutReport,
            cluster,
            generated_at: rounded(now),
            verdict: match outcome {
                Some(Outcome::Failed(_) | Outcome::Gone | Outcome::TimedOut) => JsonVerdict::Failing,
                Some(Outcome::Held(_)) => JsonVerdict::Degraded,
                Some(Outcome::Complete) if !unread => JsonVerdict::Healthy,
                Some(Outcome::Complete) | None => JsonVerdict::Unknown,
            },
            object: object(&self.place),
            outcome: outcome.map(|outcome| match outcome {
                Outcome::Complete => JsonOutcome::Complete,
                Outcome::Failed(_) => JsonOutcome::Failed,
                Outcome::Held(_) => JsonOutcome::Held,
                Outcome::TimedOut => JsonOutcome::TimedOut,
                Outcome::Gone => JsonOutcome::Gone,
            }),
            cause: outcome.and_then(|outcome| match outcome {
                Outcome::Failed(cause) | Outcome::Held(cause) => Some(cause.id().to_owned()),
                Outcome::Complete | Outcome::TimedOut | Outcome::Gone => None,
            }),
            pods: counts(progress),
            revisions: progress.revisions.iter().map(revision).collect(),
            findings: progress.causes.iter().map(|told| finding(told, &self.place)).collect(),
            not_checked: progress.unread.iter().map(JsonNotChecked::from).collect(),
            duration_seconds: super::ago(began, now).as_secs(),
            exit_code: code.code(),
        }
    }
}

/// An event without what changes by the clock alone.
fn timeless(event: &RolloutEvent) -> RolloutEvent {
    let mut event = event.clone();
    event.at = Timestamp::UNIX_EPOCH;
    event.changed_pods.clear();
    (event.eta_seconds, event.settle_left_seconds) = (None, None);
    for finding in &mut event.findings {
        finding.grace_left_seconds = None;
    }
    event
}

/// Nanoseconds would pretend.
fn rounded(at: Timestamp) -> Timestamp {
    at.round(Unit::Millisecond).unwrap_or(at)
}

fn words(message: &Message) -> String {
    Catalogue::english().text(message)
}

fn object(place: &Place) -> JsonObject {
    let resource = place.workload.kind.resource();
    JsonObject {
        api_version: resource.api_version(),
        kind: resource.kind.to_owned(),
        namespace: Some(place.workload.namespace.clone()),
        name: place.workload.name.clone(),
    }
}

fn named(object: &ObjectRef) -> JsonObject {
    JsonObject {
        api_version: object.api_version.clone(),
        kind: object.kind.clone(),
        namespace: object.namespace.clone(),
        name: object.name.clone(),
    }
}

fn counts(progress: &Progress) -> Counts {
    Counts {
        desired: progress.desired,
        updated: progress.updated,
        ready: progress.ready,
        available: progress.available,
        old: progress.old,
        forgiven: progress.forgiven,
    }
}

fn revision(count: &RevisionCount) -> Revision {
    Revision { name: count.name.clone(), number: count.number, new: count.new, pods: count.pods, ready: count.ready }
}

fn step(step: Step) -> JsonStep {
    match step {
        Step::Pending => JsonStep::Pending,
        Step::Creating => JsonStep::Creating,
        Step::Initialising { .. } => JsonStep::Initialising,
        Step::Starting => JsonStep::Starting,
        Step::Ready => JsonStep::Ready,
        Step::Leaving => JsonStep::Leaving,
        Step::Ended => JsonStep::Ended,
    }
}

fn finding(told: &Told, place: &Place) -> RolloutFinding {
    let pod = told.objects.iter().find(|object| object.kind == "Pod").map(|object| object.name.as_str());
    let fix = told.cause.fix(place, pod);
    RolloutFinding {
        id: told.cause.id().to_owned(),
        key: told.cause.key(),
        severity: match told.class {
            Class::Terminal | Class::Likely => JsonSeverity::Error,
            Class::Transient => JsonSeverity::Warning,
            Class::Notice => JsonSeverity::Info,
        },
        class: match told.class {
            Class::Terminal => JsonClass::Terminal,
            Class::Likely => JsonClass::Likely,
            Class::Transient => JsonClass::Transient,
            Class::Notice => JsonClass::Notice,
        },
        title: words(&told.cause.why()),
        why: told.message.clone(),
        fix: JsonFix { command: fix.command, advice: words(&fix.advice) },
        count: u64::from(told.count),
        of: u64::from(told.of),
        objects: told.objects.iter().take(MOST).map(named).collect(),
        seen_at: rounded(told.seen),
        grace_left_seconds: told.grace_left.map(|left| left.as_secs()),
        details: told.details.iter().map(words).collect(),
        log: told.log.as_ref().map(|log| JsonLog {
            pod: log.pod.clone(),
            container: log.container.clone(),
            previous: log.previous,
            lines: log.lines.clone(),
        }),
    }
}

/// The JSON Schemas of the event and of the report, as `--print-schema` prints them.
#[must_use]
pub fn schemas() -> [String; 2] {
    // As they are written, not as they may be read: every field is there, null where there is nothing to say.
    let settings = || SchemaSettings::draft2020_12().for_serialize();
    let event = settings().into_generator().into_root_schema_for::<RolloutEvent>();
    let report = settings().into_generator().into_root_schema_for::<RolloutReport>();
    [event, report].map(|schema| format!("{:#}\n", schema.as_value()))
}
