//! What is known of a rollout: objects as they were last seen, and what was said of them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use quicktour_client::views::View as _;
use quicktour_client::views::apps::{ControllerRevision, ReplicaSet};
use quicktour_client::views::core::Event;
use quicktour_client::views::node::Node;
use quicktour_client::views::object::ObjectMeta;
use quicktour_client::views::pod::Pod;
use quicktour_report::finding::NotChecked;

use super::memory::Memory;
use super::pods::{self, Of};
use super::seen::{Seen, Sort, Want, warning};
use super::{Baseline, Outcome, Progress, Rules, Subject, instant};
use crate::cause::Release;
use crate::cause::pod::Warning;
use crate::workload::{Kind, Workload};

/// Different messages of one reason that are kept of an object. Source: ours; the first ones say the most.
const MESSAGES: usize = 5;

/// One rollout: a pure state machine. [`observe`](Self::observe) takes in what is seen, [`at`](Self::at) says where it
/// stands; the clock is the caller's, in the cluster's time.
#[derive(Clone, Debug)]
pub struct Rollout {
    pub(super) target: Workload,
    pub(super) rules: Rules,
    pub(super) baseline: Baseline,
    pub(super) subject: Option<Subject>,
    pub(super) gone: bool,
    sets: BTreeMap<String, ReplicaSet>,
    revisions: BTreeMap<String, ControllerRevision>,
    pub(super) pods: BTreeMap<String, Pod>,
    warnings: BTreeMap<(String, String), Vec<Warning>>,
    pub(super) claims: BTreeMap<String, bool>,
    nodes: BTreeMap<String, Option<String>>,
    pub(super) unread: BTreeMap<Sort, NotChecked>,
    pub(super) memory: Memory,
    pub(super) wants: Vec<Want>,
    wanted_claims: bool,
    /// When the present wish was first seen to be another than before.
    pub(super) changed: Option<Timestamp>,
    /// Somebody changed the workload while it was followed: whether its template.
    pub(super) meddled: Option<bool>,
    pub(super) completion: Option<Completion>,
    pub(super) judged: bool,
    pub(super) first_step: Option<(Timestamp, u32)>,
    pub(super) last_step: Option<(Timestamp, (u32, u32, u32))>,
    /// When the workload was first seen.
    pub(super) started: Option<Timestamp>,
    /// When a pod was last gone for good.
    pub(super) left: Option<Timestamp>,
    /// The last refusal for want of quota, and whether pods that were there then make room.
    pub(super) quota: Option<(String, Release)>,
    pub(super) outcome: Option<Outcome>,
    /// The last word.
    pub(super) last: Option<Progress>,
}

/// The moment at which everything was available, and what had been restarted by then.
#[derive(Clone, Debug)]
pub(super) struct Completion {
    pub(super) at: Timestamp,
    pub(super) restarts: BTreeMap<(String, String), i32>,
}

impl Rollout {
    /// A rollout of which nothing has been seen.
    #[must_use]
    pub fn new(target: Workload, rules: Rules, baseline: Baseline) -> Self {
        Self {
            target,
            rules,
            baseline,
            subject: None,
            gone: false,
            sets: BTreeMap::new(),
            revisions: BTreeMap::new(),
            pods: BTreeMap::new(),
            warnings: BTreeMap::new(),
            claims: BTreeMap::new(),
            nodes: BTreeMap::new(),
            unread: BTreeMap::new(),
            memory: Memory::default(),
            wants: Vec::new(),
            wanted_claims: false,
            changed: None,
            meddled: None,
            completion: None,
            judged: false,
            first_step: None,
            last_step: None,
            started: None,
            left: None,
            quota: None,
            outcome: None,
            last: None,
        }
    }

    /// Takes in one thing that was seen at `now`.
    pub fn observe(&mut self, seen: Seen, now: Timestamp) {
        match seen {
            Seen::Again(sort) => self.again(sort),
            Seen::Workload(subject) => self.workload(*subject, now),
            Seen::WorkloadGone => self.gone = true,
            Seen::ReplicaSet(set) => {
                if self.is_ours(set.meta()) {
                    self.sets.insert(set.meta().uid.clone(), *set);
                }
            }
            Seen::ReplicaSetGone(uid) => drop(self.sets.remove(&uid)),
            Seen::Revision(revision) => {
                if self.is_ours(revision.meta()) {
                    self.revisions.insert(revision.meta().uid.clone(), *revision);
                }
            }
            Seen::RevisionGone(uid) => drop(self.revisions.remove(&uid)),
            Seen::Pod(pod) => {
                if !self.wanted_claims && pod.claims().next().is_some() {
                    self.wanted_claims = true;
                    self.wants.push(Want::Claims);
                }
                self.pods.insert(pod.meta().uid.clone(), *pod);
            }
            Seen::PodGone(uid) => {
                if self.pods.remove(&uid).is_some_and(|pod| self.of(&pod).is_some()) {
                    self.left = Some(now);
                }
                self.memory.forget(&uid);
                self.warnings.remove(&("Pod".to_owned(), uid));
            }
            Seen::Event(event) => self.event(&event, now),
            Seen::Claim(claim) => {
                let bound = claim.status().phase == "Bound";
                self.claims.insert(claim.meta().name.clone(), bound);
            }
            Seen::Node(node) => {
                self.nodes.insert(node.meta().name.clone(), trouble(&node));
            }
            Seen::NodeGone(name) => drop(self.nodes.remove(&name)),
            Seen::Unread(sort, why) => drop(self.unread.insert(sort, *why)),
            Seen::Log(key, log) => {
                if let Some(memo) = self.memory.memo(&key) {
                    memo.log = log;
                }
            }
            Seen::Room(key, room) => {
                if let Some(memo) = self.memory.memo(&key) {
                    memo.room = room;
                }
            }
        }
    }

    /// What would tell more, each asked for once.
    pub fn wants(&mut self) -> Vec<Want> {
        std::mem::take(&mut self.wants)
    }

    fn again(&mut self, sort: Sort) {
        match sort {
            Sort::ReplicaSets => self.sets.clear(),
            Sort::Revisions => self.revisions.clear(),
            Sort::Pods => self.pods.clear(),
            Sort::Claims => self.claims.clear(),
            Sort::Nodes => self.nodes.clear(),
            // What was said stays said; the workload follows at once, or its end does.
            Sort::Events | Sort::Workload => {}
        }
    }

    fn workload(&mut self, subject: Subject, now: Timestamp) {
        if let Some(before) = &self.subject {
            if before.uid != subject.uid {
                // Deleted and made anew under the same name.
                self.gone = true;
                return;
            }
            if before.generation != subject.generation {
                self.changed = Some(now);
                self.completion = None;
                let template = before.template != subject.template;
                if template || before.desired != subject.desired && subject.kind != Kind::DaemonSet {
                    self.meddled = Some(template || self.meddled == Some(true));
                }
            }
        }
        self.gone = false;
        self.started.get_or_insert(now);
        self.subject = Some(subject);
    }

    fn event(&mut self, event: &Event, now: Timestamp) {
        let about = event.involved_object();
        if event.type_ != "Warning" || !self.may_be_ours(&about.kind, &about.name) {
            return;
        }
        let new = warning(event, now);
        // Nodes' events carry their names as UIDs, and claims are known by their names.
        let by_name =
            matches!(about.kind.as_str(), "Node" | "PersistentVolumeClaim" | "Service") || about.uid.is_empty();
        let id = if by_name { about.name.clone() } else { about.uid.clone() };
        let known = self.warnings.entry((about.kind.clone(), id)).or_default();
        // Each refusal names another pod that was not made.
        let refusal = new.reason == "FailedCreate";
        let same = |warning: &&mut Warning| {
            warning.reason == new.reason
                && warning.container == new.container
                && like(&warning.message, refusal) == like(&new.message, refusal)
        };
        if let Some(warning) = known.iter_mut().find(same) {
            warning.first = warning.first.min(new.first);
            if new.last >= warning.last {
                (warning.last, warning.latest) = (new.last, new.message);
            }
        } else if known.iter().filter(|warning| warning.reason == new.reason).count() < MESSAGES {
            let at = known.partition_point(|warning| warning.first <= new.first);
            known.insert(at, new);
        }
    }

    /// An event may come before the object that it is about, so this goes by names: controllers begin theirs with the
    /// workload's, cut where it is long.
    fn may_be_ours(&self, kind: &str, name: &str) -> bool {
        let begin: String = self.target.name.chars().take(40).collect();
        match kind {
            "Node" | "PersistentVolumeClaim" => true,
            "Pod" | "ReplicaSet" => name.starts_with(&begin),
            "Deployment" | "StatefulSet" | "DaemonSet" => name == self.target.name,
            _ => false,
        }
    }

    /// The warnings about an object, the earliest first.
    pub(super) fn warned(&self, kind: &str, id: &str) -> &[Warning] {
        self.warnings.get(&(kind.to_owned(), id.to_owned())).map_or(&[], Vec::as_slice)
    }

    fn is_ours(&self, meta: &ObjectMeta) -> bool {
        let uid = self.subject.as_ref().map(|subject| subject.uid.as_str());
        meta.owner_references.iter().any(|owner| owner.controller && Some(owner.uid.as_str()) == uid)
    }

    /// The replica set of the new revision: the one that carries the deployment's own number. `None` until both are
    /// seen, which is when nothing may be said of any pod.
    pub(super) fn new_set(&self) -> Option<&ReplicaSet> {
        let number: u64 = self.subject.as_ref()?.revision.as_ref()?.parse().ok()?;
        self.sets.values().find(|set| set.meta().revision() == Some(number))
    }

    /// The label value that pods of the new revision carry, of stateful sets and daemon sets.
    fn new_hash(&self) -> Option<&str> {
        let subject = self.subject.as_ref()?;
        match subject.kind {
            Kind::StatefulSet => subject.revision.as_deref(),
            Kind::DaemonSet => {
                let newest = self.revisions.values().max_by_key(|revision| revision.revision)?;
                newest.meta().labels.get(HASH).map(String::as_str)
            }
            Kind::Deployment => None,
        }
    }

    /// Whether it is known which pods are new.
    pub(super) fn knows_new(&self) -> bool {
        match self.subject.as_ref().map(|subject| subject.kind) {
            Some(Kind::Deployment) => self.new_set().is_some(),
            Some(_) => self.new_hash().is_some(),
            None => false,
        }
    }

    /// Of which revision a pod is; `None` of a pod that only looks like one of this workload's.
    pub(super) fn of(&self, pod: &Pod) -> Option<Of> {
        let owner = pod.meta().owner_references.iter().find(|owner| owner.controller)?;
        let subject = self.subject.as_ref()?;
        if subject.kind == Kind::Deployment {
            let set = self.sets.get(&owner.uid)?;
            let new = self.new_set().is_some_and(|new| new.meta().uid == owner.uid);
            return Some(Of { name: set.meta().name.clone(), new });
        }
        if owner.uid != subject.uid {
            return None;
        }
        let hash = pod.meta().labels.get(HASH)?;
        Some(Of { name: hash.clone(), new: self.new_hash() == Some(hash) })
    }

    /// The number of a revision by its name.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        let set = self.sets.values().find(|set| set.meta().name == name);
        let by_hash = || {
            let revision = self.revisions.values().find(|revision| {
                revision.meta().labels.get(HASH).is_some_and(|hash| hash == name) || revision.meta().name == name
            });
            revision.and_then(|revision| u64::try_from(revision.revision).ok())
        };
        set.and_then(|set| set.meta().revision()).or_else(by_hash)
    }

    /// When the new revision began; what was said before it is not about it.
    pub(super) fn began(&self) -> Option<Timestamp> {
        let made = || {
            if self.subject.as_ref()?.kind == Kind::Deployment {
                return instant(self.new_set()?.meta().creation_timestamp);
            }
            let hash = self.new_hash()?;
            let named = |revision: &&ControllerRevision| {
                revision.meta().name == hash || revision.meta().labels.get(HASH).is_some_and(|label| label == hash)
            };
            instant(self.revisions.values().find(named)?.meta().creation_timestamp)
        };
        self.rules.since.or_else(made)
    }

    /// What a node that does not work says of itself.
    pub(super) fn node_trouble(&self, name: &str) -> Option<&str> {
        self.nodes.get(name)?.as_deref()
    }

    /// The pods of the new revision that are to stay, but for those that were broken before the change.
    pub(super) fn new_pods(&self) -> impl Iterator<Item = &Pod> {
        self.pods.values().filter(|pod| {
            !pods::is_leaving(pod) && !self.baseline.has(&pod.meta().uid) && self.of(pod).is_some_and(|of| of.new)
        })
    }

    /// How many pods of the new revision were broken before the change and still are.
    pub(super) fn forgiven(&self) -> u32 {
        let broken: BTreeSet<&str> = self
            .pods
            .values()
            .filter(|pod| self.baseline.has(&pod.meta().uid) && !pods::is_ready(pod) && !pods::is_leaving(pod))
            .filter(|pod| self.of(pod).is_some_and(|of| of.new))
            .map(|pod| pod.meta().uid.as_str())
            .collect();
        u32::try_from(broken.len()).unwrap_or(u32::MAX)
    }
}

/// The label by which stateful sets and daemon sets tell their revisions apart.
const HASH: &str = "controller-revision-hash";

/// A message without what differs each time it is said: numbers, and names where they are made up.
fn like(message: &str, without_names: bool) -> String {
    let parts = message.split('"').enumerate().filter(|(index, _)| !without_names || index % 2 == 0);
    parts.flat_map(|(_, part)| part.chars()).filter(|c| !c.is_ascii_digit()).collect()
}

/// What a node says when it does not work.
fn trouble(node: &Node) -> Option<String> {
    let ready = node.status().conditions.iter().find(|condition| condition.type_ == "Ready")?;
    (ready.status != "True").then(|| ready.message.clone())
}
