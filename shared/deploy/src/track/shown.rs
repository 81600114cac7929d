//! What the objects of a rollout show at one moment, cause by cause.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use quicktour_client::views::View as _;
use quicktour_client::views::apps::ReplicaSet;
use quicktour_client::views::pod::Pod;
use quicktour_report::finding::ObjectRef;

use super::state::Rollout;
use super::verdict::{CATCHES_UP, passed};
use super::{Subject, instant, pods};
use crate::cause::pod::About;
use crate::cause::refused::Holders;
use crate::cause::{Cause, Found, Release, pod, refused};
use crate::workload::Kind;

/// For how long a quota may count a pod that is gone. Source: ours; its controller takes a second or two.
const COUNTS_ON: Duration = Duration::from_secs(10);

/// A refusal, as it was said first and last.
struct Refusal {
    message: String,
    latest: String,
    since: Option<Timestamp>,
}

/// The objects that show one cause.
pub(super) struct Shown {
    pub(super) cause: Cause,
    pub(super) objects: Vec<ObjectRef>,
    pub(super) message: String,
    pub(super) since: Option<Timestamp>,
    pub(super) restarts: u32,
    pub(super) of: u32,
    pub(super) pod: Option<(String, bool)>,
}

impl Rollout {
    /// Every cause that anything shows now.
    pub(super) fn shown(&mut self, believed: bool, now: Timestamp) -> Vec<Shown> {
        let Some(subject) = self.subject.clone() else { return Vec::new() };
        let mut shown: BTreeMap<String, Shown> = BTreeMap::new();
        // What keeps a replica set from being made has no revision yet, and is written before the wish counts as seen;
        // what is left of an earlier try is overwritten by then.
        let fresh = self.changed.or(self.started).is_some_and(|at| passed(at, now) >= CATCHES_UP);
        if believed || fresh && subject.not_made.is_some() {
            self.show_refusal(&subject, believed, &mut shown, now);
        }
        if !believed {
            return shown.into_values().collect();
        }
        let found: Vec<(String, String, Found)> = self
            .new_pods()
            .filter_map(|pod| {
                let meta = pod.meta();
                let about = About {
                    pod,
                    warnings: self.warned("Pod", &meta.uid),
                    node_trouble: self.node_trouble(&pod.spec().node_name),
                    limits: self.rules.limits,
                    now,
                };
                Some((meta.uid.clone(), meta.name.clone(), pod::judge(&about)?))
            })
            .collect();
        let of = u32::try_from(self.new_pods().count()).unwrap_or(u32::MAX);
        for (uid, name, found) in found {
            let found = self.memory.recall(&uid, found);
            let found = self.with_claims(found);
            let object = self.object("v1", "Pod", &name);
            let entry = shown.entry(found.cause.key()).or_insert_with(|| Shown {
                cause: found.cause.clone(),
                objects: Vec::new(),
                message: String::new(),
                since: None,
                restarts: 0,
                of,
                pod: Some((name.clone(), found.previous)),
            });
            entry.objects.push(object);
            entry.restarts = entry.restarts.max(found.restarts);
            entry.since = [entry.since, found.since].into_iter().flatten().min();
            if entry.message.is_empty() {
                entry.message = found.message;
            }
        }
        self.show_workload(&subject, &mut shown, now);
        shown.into_values().collect()
    }

    /// Leaves out claims that are bound, and takes what their provisioner says where the scheduler only says that they
    /// are not.
    fn with_claims(&self, mut found: Found) -> Found {
        if let Cause::VolumeUnbound { claims } = &mut found.cause {
            claims.retain(|claim| self.claims.get(claim) != Some(&true));
            let said = claims.iter().flat_map(|claim| self.warned("PersistentVolumeClaim", claim));
            if let Some(warning) = said.into_iter().next() {
                found.message.clone_from(&warning.message);
            }
        }
        found
    }

    fn object(&self, api_version: &str, kind: &str, name: &str) -> ObjectRef {
        ObjectRef {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            namespace: Some(self.target.namespace.clone()),
            name: name.to_owned(),
        }
    }

    /// The API server does not accept what is to be made.
    fn show_refusal(&mut self, subject: &Subject, believed: bool, shown: &mut BTreeMap<String, Shown>, now: Timestamp) {
        let set = self.new_set().filter(|_| believed && subject.kind == Kind::Deployment);
        let refusal = if believed {
            self.refusal(subject, set)
        } else {
            let not_made = subject.not_made.clone();
            not_made.map(|(message, since)| Refusal { latest: message.clone(), message, since })
        };
        let Some(Refusal { message, latest, since }) = refusal else { return };
        let object = match set {
            Some(set) => self.object("apps/v1", "ReplicaSet", &set.meta().name),
            None => self.object("apps/v1", subject.kind.resource().kind, &subject.name),
        };
        let mut cause = refused::read(&latest, &self.holders(subject));
        if cause == Cause::PodRefused && !refused::speaks_of_the_pod(&message) {
            return;
        }
        if let Cause::Quota { release, .. } = &mut cause {
            *release = self.release_then(&latest, *release, now);
        }
        let missing = subject.desired.saturating_sub(subject.updated);
        let entry = Shown { cause, objects: vec![object], message, since, restarts: 0, of: missing.max(1), pod: None };
        shown.insert(entry.cause.key(), entry);
    }

    /// Whether room is made, as it was when the refusal was said: it may not have been tried again since then, and the
    /// quota may count a pod for a moment longer than it is there.
    fn release_then(&mut self, refusal: &str, release: Release, now: Timestamp) -> Release {
        if let Some((said, before)) = &self.quota
            && said == refusal
        {
            return *before;
        }
        let just_left = self.left.is_some_and(|left| passed(left, now) < COUNTS_ON);
        let release = if release == Release::None && just_left { Release::Leaving } else { release };
        self.quota = Some((refusal.to_owned(), release));
        release
    }

    /// The latest refusal, if pods are missing for one.
    fn refusal(&self, subject: &Subject, set: Option<&ReplicaSet>) -> Option<Refusal> {
        let (kind, uid) = match (subject.kind, set) {
            (Kind::Deployment, Some(set)) => {
                let asked = u32::try_from(set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1)).ok()?;
                let there = u32::try_from(set.status().replicas).ok()?;
                if there >= asked && set.status().observed_generation >= set.meta().generation {
                    return None;
                }
                ("ReplicaSet", set.meta().uid.as_str())
            }
            (Kind::StatefulSet, _) if subject.total < subject.desired => ("StatefulSet", subject.uid.as_str()),
            (Kind::DaemonSet, _) if subject.total < subject.desired => ("DaemonSet", subject.uid.as_str()),
            _ => return None,
        };
        let began = self.began().map(Timestamp::as_second);
        let is_new = |warning: &&pod::Warning| began.is_none_or(|began| warning.last.as_second() >= began);
        let made = |warning: &&pod::Warning| warning.reason == "FailedCreate";
        let said = self.warned(kind, uid).iter().filter(made).filter(is_new).max_by_key(|warning| warning.last);
        let newest_pod = self.new_pods().filter_map(|pod| instant(pod.meta().creation_timestamp)).max();
        let condition = set.and_then(|set| {
            let conditions = &set.status().conditions;
            let failure = conditions.iter().find(|condition| condition.type_ == "ReplicaFailure")?;
            let message = failure.message.clone();
            let since = instant(failure.last_transition_time);
            (failure.status == "True").then(|| Refusal { latest: message.clone(), message, since })
        });
        // A pod that came after it shows that it is over, unless the controller says that it is not.
        let by_event = said
            .filter(|warning| {
                // A replica set is used again when a change is undone: what was said of its earlier life is over, too.
                let before = set.is_some() && self.started.is_some_and(|at| warning.last.as_second() < at.as_second());
                condition.is_some() || !before && newest_pod.is_none_or(|pod| warning.last >= pod)
            })
            .map(|warning| Refusal {
                message: warning.message.clone(),
                latest: warning.latest.clone(),
                since: Some(warning.first),
            });
        by_event.or(condition)
    }

    fn holders(&self, subject: &Subject) -> Holders {
        let mut holders = Holders::default();
        let mut staying = 0;
        for pod in self.pods.values() {
            let Some(of) = self.of(pod) else { continue };
            if pods::is_leaving(pod) {
                holders.leaving.see(pod);
            } else {
                staying += 1;
                if !of.new {
                    holders.old.see(pod);
                }
            }
        }
        holders.may_remove_old = subject.kind == Kind::Deployment && staying > subject.min_available;
        holders
    }

    /// What the workload itself shows.
    fn show_workload(&self, subject: &Subject, shown: &mut BTreeMap<String, Shown>, now: Timestamp) {
        let kind = subject.kind.resource().kind;
        let mut show = |cause: Cause, objects: Vec<ObjectRef>, message: String, since: Option<Timestamp>| {
            let of = u32::try_from(objects.len()).unwrap_or(u32::MAX);
            shown.insert(cause.key(), Shown { cause, objects, message, since, restarts: 0, of, pod: None });
        };
        let itself = || vec![self.object("apps/v1", kind, &subject.name)];
        if subject.deadline_exceeded {
            show(Cause::DeadlineExceeded, itself(), String::new(), None);
        }
        if let Some(held) = subject.held.clone().filter(|_| !subject.is_complete(0)) {
            show(held, itself(), String::new(), None);
        }
        if let Some(template) = self.meddled {
            show(Cause::SpecChanged { template }, itself(), String::new(), None);
        }
        let ready: Vec<&Pod> = self.new_pods().filter(|pod| pods::is_ready(pod)).collect();
        let waits = subject.min_ready > 0 && subject.ready > subject.available && !ready.is_empty();
        if waits {
            let since = ready.iter().filter_map(|pod| pods::ready_since(pod)).max();
            show(Cause::MinReady { seconds: subject.min_ready }, itself(), String::new(), since);
        }
        let grace = Duration::from_secs(u64::from(self.rules.limits.value("rollout-grace")));
        // It never goes on by itself, and no new pod shows it.
        let stays_broken = |pod: &&Pod| {
            let since = pods::ready_since(pod).or(instant(pod.meta().creation_timestamp));
            !pods::is_ready(pod) && !pods::is_leaving(pod) && since.is_some_and(|since| passed(since, now) > grace / 2)
        };
        let old = self.pods.values().filter(|pod| self.of(pod).is_some_and(|of| !of.new));
        if let (Kind::StatefulSet, Some(pod)) =
            (subject.kind, old.filter(stays_broken).max_by_key(|pod| &pod.meta().name))
        {
            let name = pod.meta().name.clone();
            let objects = vec![self.object("v1", "Pod", &name)];
            show(Cause::OldPodBlocks { pod: name }, objects, String::new(), pods::ready_since(pod));
        }
        // The timestamp is the end of the pod's own grace.
        let stuck: Vec<&Pod> = self
            .pods
            .values()
            .filter(|pod| instant(pod.meta().deletion_timestamp).is_some_and(|at| passed(at, now) > grace / 2))
            .filter(|pod| self.of(pod).is_some())
            .collect();
        if !stuck.is_empty() {
            let mut finalizers: Vec<String> = stuck.iter().flat_map(|pod| pod.meta().finalizers.clone()).collect();
            finalizers.sort();
            finalizers.dedup();
            let since = stuck.iter().filter_map(|pod| instant(pod.meta().deletion_timestamp)).min();
            let objects = stuck.iter().map(|pod| self.object("v1", "Pod", &pod.meta().name)).collect();
            show(Cause::StuckTerminating { finalizers, blocks: subject.waits_for_old }, objects, String::new(), since);
        }
    }
}
