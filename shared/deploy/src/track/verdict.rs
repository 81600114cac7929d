//! Where a rollout stands: its causes, how long their grace lasts, and whether it has ended.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use quicktour_client::views::View as _;
use quicktour_report::finding::NotChecked;

use super::pods::{self, Of};
use super::seen::{Sort, Want};
use super::shown::Shown;
use super::state::{Completion, Rollout};
use super::{Outcome, Phase, PodStep, Progress, RevisionCount, Subject, Told};
use crate::cause::{Cause, Class, Family, scheduling};
use crate::workload::Kind;

/// For how long after a change of a daemon set its newest revision may not have been seen yet: nothing else ties the
/// two together. Source: ours; watches of one server lag each other by milliseconds.
pub(super) const CATCHES_UP: Duration = Duration::from_secs(1);

impl Rollout {
    /// Where it stands at `now`. Also remembers: what was said first, and since when.
    pub fn at(&mut self, now: Timestamp) -> Progress {
        if let Some(mut last) = self.last.clone() {
            // Only a log may still arrive.
            for told in &mut last.causes {
                told.log = self.memory.knows(&told.cause.key()).and_then(|memo| memo.log.clone()).or(told.log.take());
            }
            return last;
        }
        let mut progress = self.counts();
        let believed = self.subject.as_ref().is_some_and(Subject::is_observed) && self.knows_new();
        if believed {
            self.note_steps(now);
        }
        let shown = self.shown(believed, now);
        progress.causes = self.told(shown, now);
        progress.eta = self.eta(now);
        self.memory.close(now);
        self.outcome = self.ended(&progress, believed, now);
        progress.phase = match (&self.outcome, &self.completion) {
            (Some(_), _) => Phase::Done,
            (None, Some(completion)) => {
                Phase::Settling { left: self.rules.settle.saturating_sub(passed(completion.at, now)) }
            }
            (None, None) if believed => Phase::Rolling,
            (None, None) => Phase::Waiting,
        };
        progress.outcome.clone_from(&self.outcome);
        progress.unread = self.unread_of(&progress.causes);
        if self.outcome.is_some() {
            self.last = Some(progress.clone());
        }
        progress
    }

    fn counts(&self) -> Progress {
        let subject = self.subject.as_ref();
        let mut steps: Vec<PodStep> =
            self.pods.values().filter_map(|pod| Some(pods::step(pod, self.of(pod)?))).collect();
        steps.sort_by(|a, b| (!a.new, &a.name).cmp(&(!b.new, &b.name)));
        let mut revisions: BTreeMap<(bool, String), RevisionCount> = BTreeMap::new();
        if let Some(set) = self.new_set() {
            let name = set.meta().name.clone();
            let number = set.meta().revision();
            revisions.insert((false, name.clone()), RevisionCount { name, number, new: true, pods: 0, ready: 0 });
        }
        for pod in self.pods.values().filter(|pod| !pods::is_leaving(pod)) {
            let Some(Of { name, new }) = self.of(pod) else { continue };
            let count = revisions.entry((!new, name.clone())).or_insert_with(|| {
                let number = self.number(&name);
                RevisionCount { name, number, new, pods: 0, ready: 0 }
            });
            count.pods += 1;
            count.ready += u32::from(pods::is_ready(pod));
        }
        let revisions: Vec<RevisionCount> = revisions.into_values().collect();
        let observed = subject.filter(|subject| subject.is_observed());
        let mut progress = Progress {
            phase: Phase::Waiting,
            desired: subject.map_or(0, |subject| subject.desired),
            updated: observed.map_or(0, |subject| subject.updated),
            ready: subject.map_or(0, |subject| subject.ready),
            available: subject.map_or(0, |subject| subject.available),
            old: revisions.iter().filter(|revision| !revision.new).map(|revision| revision.pods).sum(),
            forgiven: self.forgiven(),
            revisions,
            pods: steps,
            causes: Vec::new(),
            eta: None,
            unread: Vec::new(),
            outcome: None,
        };
        if !self.knows_new() {
            // Which of them are old is not known yet.
            progress.old = 0;
        }
        progress
    }

    /// What could not be read and would tell more: nodes and claims only where a cause might be theirs.
    fn unread_of(&self, causes: &[Told]) -> Vec<NotChecked> {
        let sets_up = causes.iter().any(|told| {
            matches!(told.cause.family(), Family::Scheduling | Family::Setup | Family::Node | Family::Ready)
        });
        let tells = |sort: &Sort| sets_up || !matches!(sort, Sort::Nodes | Sort::Claims);
        self.unread.iter().filter(|(sort, _)| tells(sort)).map(|(_, why)| why.clone()).collect()
    }

    /// Notes when pods of the new revision became available.
    fn note_steps(&mut self, now: Timestamp) {
        let Some(subject) = &self.subject else { return };
        let ready = self.new_pods().filter(|pod| pods::is_ready(pod)).count();
        let ready = u32::try_from(ready).unwrap_or(u32::MAX);
        let steps = (ready, subject.updated, subject.total);
        if self.last_step.is_none_or(|(_, before)| before != steps) {
            self.last_step = Some((now, steps));
        }
        if self.first_step.is_none() {
            self.first_step = Some((now, ready));
        }
    }

    fn eta(&self, now: Timestamp) -> Option<Duration> {
        let ((began, first), (_, (ready, ..))) = (self.first_step?, self.last_step?);
        let desired = self.subject.as_ref()?.desired;
        let (done, left) = (ready.checked_sub(first)?, desired.saturating_sub(ready));
        let elapsed = passed(began, now);
        (done > 0 && left > 0 && elapsed >= Duration::from_secs(1))
            .then(|| elapsed.mul_f64(f64::from(left) / f64::from(done)))
    }

    /// Adds what is remembered to what is shown, and asks for what would tell more.
    fn told(&mut self, shown: Vec<Shown>, now: Timestamp) -> Vec<Told> {
        let earliest = self.began();
        let grace = Duration::from_secs(u64::from(self.rules.limits.value("rollout-grace")));
        let patience = Duration::from_secs(u64::from(self.rules.limits.value("rollout-patience")));
        let last_step = self.last_step.map(|(at, _)| at);
        let mut told: Vec<Told> = Vec::new();
        for mut entry in shown {
            let memo = self.memory.open(&entry.cause, &entry.message, entry.since, earliest, now).clone();
            self.ask(&entry, &memo);
            if let (Cause::Crash { container, .. }, Some(log)) = (&entry.cause, &memo.log)
                && log.lines.iter().any(|line| line.contains("exec format error"))
            {
                entry.cause = Cause::WrongPlatform { container: container.clone() };
            }
            let age = passed(memo.since, now);
            let class = entry.cause.class_at(age, self.rules.limits);
            let from = if entry.cause.eases_with_progress() {
                memo.since.max(last_step.unwrap_or(memo.since))
            } else {
                memo.since
            };
            let whole = if entry.cause.wears_out() { grace + patience } else { grace };
            let left = whole.saturating_sub(passed(from, now));
            let least = self.rules.limits.value("rollout-restarts");
            let likely = class == Class::Likely;
            entry.objects.sort();
            told.push(Told {
                class,
                count: u32::try_from(entry.objects.len()).unwrap_or(u32::MAX),
                of: entry.of,
                objects: entry.objects,
                message: memo.message,
                seen: memo.seen,
                since: memo.since,
                grace_left: likely.then_some(left),
                restarts_left: (likely && entry.cause.restarts()).then(|| least.saturating_sub(entry.restarts)),
                details: memo.room.iter().map(scheduling::Room::words).collect(),
                log: memo.log,
                cause: entry.cause,
            });
        }
        told.sort_by(|a, b| {
            // The deadline only says that, every other cause says why.
            let rank = |told: &Told| {
                (told.class, told.cause == Cause::DeadlineExceeded, Reverse(told.count), told.seen, told.cause.key())
            };
            rank(a).cmp(&rank(b))
        });
        told
    }

    fn ask(&mut self, entry: &Shown, memo: &super::memory::Memo) {
        let key = entry.cause.key();
        let reads_log = matches!(
            entry.cause,
            Cause::Crash { .. } | Cause::InitFailed { .. } | Cause::ProbeFailing { .. } | Cause::NotReady { .. }
        );
        let container = entry.cause.container().map(str::to_owned).or_else(|| match &entry.cause {
            Cause::NotReady { containers } => containers.first().cloned(),
            _ => None,
        });
        if let (true, false, Some((pod, previous)), Some(container)) =
            (reads_log, memo.asked_log, entry.pod.clone(), container)
        {
            self.wants.push(Want::Log { key: key.clone(), pod, container, previous });
            if let Some(memo) = self.memory.memo(&key) {
                memo.asked_log = true;
            }
        }
        if let (Cause::Unschedulable { reasons }, false, Some((name, _))) = (&entry.cause, memo.asked_room, &entry.pod)
        {
            let short: Vec<String> = scheduling::short_of(reasons).into_iter().map(str::to_owned).collect();
            let pod = self.pods.values().find(|pod| pod.meta().name == *name).cloned();
            if let (false, Some(pod)) = (short.is_empty(), pod) {
                self.wants.push(Want::Room { key: key.clone(), pod: Box::new(pod), short });
                if let Some(memo) = self.memory.memo(&key) {
                    memo.asked_room = true;
                }
            }
        }
    }

    /// Whether it has ended, and how.
    fn ended(&mut self, progress: &Progress, believed: bool, now: Timestamp) -> Option<Outcome> {
        if self.gone {
            return Some(Outcome::Gone);
        }
        let subject = self.subject.clone()?;
        let timed_out = self.rules.deadline.is_some_and(|deadline| now >= deadline).then_some(Outcome::TimedOut);
        // A pause holds back pods of another template, and a first template altogether; a size alone is brought about.
        let held_back = subject.updated < subject.total || subject.revision.is_none();
        if subject.is_observed() && subject.held == Some(Cause::Paused) && !subject.is_complete(0) && held_back {
            return Some(Outcome::Held(Cause::Paused));
        }
        let refused_whole = !believed && !progress.causes.is_empty();
        if !believed && !refused_whole {
            return timed_out;
        }
        let seen = believed && self.has_seen_them(&subject);
        let complete = seen && subject.is_complete(progress.forgiven);
        let first = !self.judged;
        self.judged |= seen;
        // A crash takes the availability away too: which of the two is seen first is chance.
        if let Some(cause) = self.completion.as_ref().and_then(|completion| self.restarted_since(completion, progress))
        {
            return Some(Outcome::Failed(cause));
        }
        if !complete {
            self.completion = None;
            if subject.held == Some(Cause::OnDelete) && subject.updated < subject.desired {
                return Some(Outcome::Held(Cause::OnDelete));
            }
            return self.failed(progress, &subject, now).or(timed_out);
        }
        if self.completion.is_none() {
            // What was complete before anybody looked has been so since its last pod became ready.
            let ready = self.new_pods().filter_map(pods::ready_since).max().filter(|_| first);
            self.completion = Some(Completion { at: ready.unwrap_or(now).min(now), restarts: self.restarts() });
        }
        let completion = self.completion.as_ref()?;
        (passed(completion.at, now) >= self.rules.settle).then_some(Outcome::Complete).or(timed_out)
    }

    /// Whether as many pods have been seen as the status counts: the watches run side by side.
    fn has_seen_them(&self, subject: &Subject) -> bool {
        let seen = self.pods.values().filter(|pod| self.of(pod).is_some_and(|of| of.new)).count();
        self.unread.contains_key(&Sort::Pods) || seen >= usize::try_from(subject.updated).unwrap_or(usize::MAX)
    }

    fn failed(&self, progress: &Progress, subject: &Subject, now: Timestamp) -> Option<Outcome> {
        let catching_up =
            subject.kind == Kind::DaemonSet && self.changed.is_some_and(|changed| passed(changed, now) < CATCHES_UP);
        if !self.rules.fail_fast || catching_up {
            return None;
        }
        let over = progress.causes.iter().find(|told| match told.class {
            Class::Terminal => true,
            Class::Likely => told.grace_left == Some(Duration::ZERO) && told.restarts_left.unwrap_or(0) == 0,
            Class::Transient | Class::Notice => false,
        })?;
        if over.cause == Cause::DeadlineExceeded {
            // The deadline says that, another cause says why.
            let why = progress.causes.iter().find(|told| told.cause != over.cause && told.class != Class::Notice);
            return Some(Outcome::Failed(why.unwrap_or(over).cause.clone()));
        }
        Some(Outcome::Failed(over.cause.clone()))
    }

    fn restarts(&self) -> BTreeMap<(String, String), i32> {
        let each = self.new_pods().flat_map(|pod| {
            let statuses = pod.status().container_statuses.iter().chain(&pod.status().init_container_statuses);
            statuses.map(|status| ((pod.meta().uid.clone(), status.name.clone()), status.restart_count))
        });
        each.collect()
    }

    /// The cause of a restart after everything was available.
    fn restarted_since(&self, completion: &Completion, progress: &Progress) -> Option<Cause> {
        let restarted = self
            .restarts()
            .iter()
            .any(|(container, restarts)| completion.restarts.get(container).is_some_and(|before| restarts > before));
        let ended = self.new_pods().any(|pod| {
            let statuses = &pod.status().container_statuses;
            statuses.iter().any(|status| status.state.as_ref().is_some_and(|state| state.terminated.is_some()))
        });
        let crash =
            progress.causes.iter().find(|told| told.cause.restarts() || matches!(told.cause, Cause::NotStarted { .. }));
        (restarted || ended).then(|| crash.map(|told| told.cause.clone())).flatten()
    }
}

pub(super) fn passed(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}
