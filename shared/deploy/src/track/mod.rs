//! A rollout from the first pod to its end: what is seen goes into a [`Rollout`], a pure state machine, and what it
//! makes of it comes out as [`Progress`].
//!
//! Three things it never does: believe a status before `observedGeneration` has caught up, fail because of a pod of an
//! old revision, and call a container that ends right after it was counted available a success.

mod follow;
mod memory;
mod pods;
mod seen;
mod shown;
mod state;
mod subject;
mod verdict;

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use quicktour_checks::Limits;
use quicktour_client::views::pod::Pod;
use quicktour_client::views::{View as _, scalar::Time};
use quicktour_report::exit::ExitCode;
use quicktour_report::finding::{NotChecked, ObjectRef};
use quicktour_report::message::Message;

pub use self::follow::{TrackRequest, baseline, track};
pub use self::seen::{Seen, Sort, Want};
pub use self::state::Rollout;
pub use self::subject::Subject;
use crate::cause::{Cause, Class};

/// What the wait is to go by.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// Not before this moment does the rollout's revision begin: what is older is not about it. `None`: when its
    /// replica set or revision was made.
    pub since: Option<Timestamp>,
    /// When the wait ends without an outcome.
    pub deadline: Option<Timestamp>,
    /// How long completion must last.
    pub settle: Duration,
    /// Whether a cause ends the wait; else only success and the deadline do.
    pub fail_fast: bool,
    /// The figures of the grace.
    pub limits: &'static Limits,
}

impl Default for Rules {
    fn default() -> Self {
        let limits = Limits::published();
        let settle = Duration::from_secs(u64::from(limits.value("rollout-settle")));
        Self { since: None, deadline: None, settle, fail_fast: true, limits }
    }
}

/// The pods as they were before the change: nothing fails because one of them was broken already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    broken: BTreeSet<String>,
}

impl Baseline {
    /// Remembers which of the pods have been restarted, or are not ready though they had the time that a cause of it
    /// would be given: one that is just starting is not broken.
    #[must_use]
    pub fn of<'a>(pods: impl IntoIterator<Item = &'a Pod>, now: Timestamp) -> Self {
        let grace = SignedDuration::from_secs(i64::from(Limits::published().value("rollout-grace")));
        let restarted = |pod: &Pod| pod.status().container_statuses.iter().any(|status| status.restart_count > 0);
        let had_time = |pod: &Pod| {
            instant(pod.meta().creation_timestamp).is_some_and(|created| now.duration_since(created) >= grace)
        };
        let broken = pods.into_iter().filter(|pod| restarted(pod) || !pods::is_ready(pod) && had_time(pod));
        Self { broken: broken.map(|pod| pod.meta().uid.clone()).collect() }
    }

    fn has(&self, uid: &str) -> bool {
        self.broken.contains(uid)
    }
}

/// Where a rollout stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// What is going on.
    pub phase: Phase,
    /// How many pods there shall be.
    pub desired: u32,
    /// How many there are of the new revision.
    pub updated: u32,
    /// How many are ready, of any revision.
    pub ready: u32,
    /// How many are available, of any revision.
    pub available: u32,
    /// How many there are of old revisions.
    pub old: u32,
    /// How many of the new revision were broken before the change and still are: they do not count.
    pub forgiven: u32,
    /// The revisions that have pods, the new one first.
    pub revisions: Vec<RevisionCount>,
    /// Every pod, those of the new revision first.
    pub pods: Vec<PodStep>,
    /// Why it does not get on, what ends the wait first.
    pub causes: Vec<Told>,
    /// How long it will probably take; `None` until there is something to judge by.
    pub eta: Option<Duration>,
    /// What could not be read: causes that only it would show are not named.
    pub unread: Vec<NotChecked>,
    /// How it ended.
    pub outcome: Option<Outcome>,
}

/// What is going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The controller has not taken notice of the change yet.
    Waiting,
    /// Pods are replaced.
    Rolling,
    /// All are available; whether they stay so is being watched.
    Settling {
        /// For how much longer.
        left: Duration,
    },
    /// It has ended.
    Done,
}

/// How a rollout ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All pods are of the new revision, available, and stayed so.
    Complete,
    /// It cannot succeed, or probably not.
    Failed(Cause),
    /// Nothing moves until somebody lets it.
    Held(Cause),
    /// The deadline has passed.
    TimedOut,
    /// The workload was deleted.
    Gone,
}

impl Outcome {
    /// What a run ends with.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Complete => ExitCode::Fine,
            Self::Failed(_) | Self::Held(_) | Self::Gone => ExitCode::Findings,
            Self::TimedOut => ExitCode::TimedOut,
        }
    }
}

/// The pods of one revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevisionCount {
    /// The replica set's name, or the revision's hash.
    pub name: String,
    /// Its number, where it has one.
    pub number: Option<u64>,
    /// Whether it is the one that is rolled out.
    pub new: bool,
    /// How many pods it has.
    pub pods: u32,
    /// How many of them are ready.
    pub ready: u32,
}

/// One pod on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodStep {
    /// Its name.
    pub name: String,
    /// Its revision, as in [`RevisionCount::name`].
    pub revision: String,
    /// Whether it is of the new revision.
    pub new: bool,
    /// Where it stands.
    pub step: Step,
    /// Since when, where the cluster says so.
    pub since: Option<Timestamp>,
    /// When it was made.
    pub created: Option<Timestamp>,
}

/// Where a pod stands, from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// Has no node.
    Pending,
    /// On its node; image, volumes and network are being got.
    Creating,
    /// Its init containers run.
    Initialising {
        /// How many have ended.
        done: u32,
        /// How many there are.
        of: u32,
    },
    /// Its containers run and are not ready.
    Starting,
    /// Ready.
    Ready,
    /// Being deleted.
    Leaving,
    /// Has ended.
    Ended,
}

/// A cause and what this rollout adds to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The cause.
    pub cause: Cause,
    /// What it means by now.
    pub class: Class,
    /// The objects that show it: pods, or what makes them.
    pub objects: Vec<ObjectRef>,
    /// How many objects share it.
    pub count: u32,
    /// Out of how many.
    pub of: u32,
    /// The first and most specific message, raw.
    pub message: String,
    /// When it was first seen here.
    pub seen: Timestamp,
    /// Since when it lasts, by the cluster's own times.
    pub since: Timestamp,
    /// How much of its grace is left; only of what is likely stuck.
    pub grace_left: Option<Duration>,
    /// How many restarts its grace still lasts, at least; only of what restarts.
    pub restarts_left: Option<u32>,
    /// The arithmetic behind it.
    pub details: Vec<Message>,
    /// The end of a container's log.
    pub log: Option<LogTail>,
}

/// The end of a container's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogTail {
    /// The pod.
    pub pod: String,
    /// The container.
    pub container: String,
    /// Whether it is of the instance before the present one.
    pub previous: bool,
    /// At most [`LOG_LINES`] lines, raw.
    pub lines: Vec<String>,
}

/// How many lines of a log are shown. Source: ours; what ends a program is said in its last words.
pub const LOG_LINES: usize = 10;

fn instant(time: Option<Time>) -> Option<Timestamp> {
    time.map(Time::timestamp)
}
