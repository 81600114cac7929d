//! Shows a rollout while it happens: a panel for a terminal, lines for a pipe, JSON for programs. All three are fed with
//! the same [`Progress`](crate::track::Progress); none of them looks at a clock.

pub mod json;
pub mod lines;
pub mod panel;

use jiff::{SignedDuration, Timestamp};
use quicktour_report::message::Message;

use crate::cause::Class;
use crate::track::{Outcome, Phase, Progress, Step, Told};

/// What heals by itself is told only when it has lasted this long. Source: ours; a container is commonly asked whether
/// it is ready before its program listens, and somebody who reads of that at once learns to read past causes.
const TRANSIENT: SignedDuration = SignedDuration::from_secs(5);

/// Whether a cause is worth telling a person yet.
fn is_worth_telling(told: &Told, progress: &Progress, now: Timestamp) -> bool {
    told.class != Class::Transient || progress.outcome.is_some() || now.duration_since(told.seen) >= TRANSIENT
}

/// A class in a word.
fn class(class: Class) -> Message {
    Message::new(match class {
        Class::Terminal => "class-terminal",
        Class::Likely => "class-likely",
        Class::Transient => "class-transient",
        Class::Notice => "class-notice",
    })
}

/// A class and what is left of its grace.
fn standing(told: &Told) -> Message {
    match (told.grace_left, told.restarts_left) {
        (Some(left), _) if !left.is_zero() => {
            Message::new("class-likely-grace").arg("left", std::time::Duration::from_secs(left.as_secs().max(1)))
        }
        (Some(_), Some(restarts)) if restarts > 0 => {
            Message::new("class-likely-restarts").arg("restarts", u64::from(restarts))
        }
        _ => class(told.class),
    }
}

/// How many share it, and one of them by name.
fn shared(told: &Told) -> Message {
    let first = told.objects.first();
    let name = first.map_or("", |object| object.name.as_str());
    let kind = first.map(|object| object.kind.to_lowercase()).unwrap_or_default();
    if kind == "pod" && told.of > 1 {
        Message::new("told-by-pods").arg("count", u64::from(told.count)).arg("of", u64::from(told.of)).arg("pod", name)
    } else {
        Message::new("told-by").arg("kind", kind).arg("name", name)
    }
}

/// The numbers of a rollout.
fn numbers(progress: &Progress) -> Message {
    let count = |id: &'static str, number: u32| Message::new(id).arg("count", u64::from(number));
    let mut parts = vec![
        Message::new("rollout-updated")
            .arg("updated", u64::from(progress.updated))
            .arg("desired", u64::from(progress.desired)),
        count("rollout-available", progress.available),
    ];
    if progress.old > 0 {
        parts.push(count("rollout-old", progress.old));
    }
    if progress.forgiven > 0 {
        parts.push(count("rollout-forgiven", progress.forgiven));
    }
    Message::new("rollout-numbers").arg("parts", parts)
}

/// How it ended.
fn outcome(outcome: &Outcome) -> Message {
    match outcome {
        Outcome::Complete => Message::new("outcome-complete"),
        Outcome::Failed(cause) => Message::new("outcome-failed").arg("why", cause.why()),
        Outcome::Held(cause) => Message::new("outcome-held").arg("why", cause.why()),
        Outcome::TimedOut => Message::new("outcome-timed-out"),
        Outcome::Gone => Message::new("outcome-gone"),
    }
}

/// What is going on.
fn phase(progress: &Progress) -> Message {
    match (&progress.outcome, progress.phase) {
        (Some(ended), _) => outcome(ended),
        (None, Phase::Waiting) => Message::new("phase-waiting"),
        (None, Phase::Settling { left }) => {
            Message::new("phase-settling").arg("left", std::time::Duration::from_secs(left.as_secs().max(1)))
        }
        (None, Phase::Rolling | Phase::Done) => match progress.eta {
            Some(eta) => {
                Message::new("phase-rolling-eta").arg("eta", std::time::Duration::from_secs(eta.as_secs().max(1)))
            }
            None => Message::new("phase-rolling"),
        },
    }
}

/// Where a pod stands.
fn step(step: Step) -> Message {
    match step {
        Step::Pending => Message::new("step-pending"),
        Step::Creating => Message::new("step-creating"),
        Step::Initialising { done, of } => {
            Message::new("step-initialising").arg("done", u64::from(done)).arg("of", u64::from(of))
        }
        Step::Starting => Message::new("step-starting"),
        Step::Ready => Message::new("step-ready"),
        Step::Leaving => Message::new("step-leaving"),
        Step::Ended => Message::new("step-ended"),
    }
}

/// How long ago, in whole seconds.
fn ago(since: Timestamp, now: Timestamp) -> std::time::Duration {
    let seconds = now.duration_since(since).as_secs();
    std::time::Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
}
