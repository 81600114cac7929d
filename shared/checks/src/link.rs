//! Puts an effect under its cause, and equal findings together.

use std::collections::{BTreeMap, BTreeSet};

use quicktour_report::finding::{Finding, Fix, MAX_OBJECTS, ObjectRef, Severity};
use quicktour_report::message::{Arg, Message};

use crate::owner::Owner;
use crate::rules::{self, Layer};

/// What ties an effect to its cause. A cause provides links, an effect names those that would explain it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Link {
    /// The cluster has no node at all.
    NoNodes,
    /// One node does not work.
    Node(String),
    /// No node takes ordinary pods.
    NoSchedulableNode,
    /// No scheduler at work.
    Scheduler,
    /// No controller manager at work.
    ControllerManager,
    /// An admission webhook that cannot be called.
    Webhook(String),
    /// An aggregated API that does not answer, by the name of its `APIService`.
    ApiService(String),
    /// The pods of a workload are in trouble.
    Owner(Owner),
    /// A claim waits for a volume.
    Claim { namespace: String, name: String },
    /// A quota refuses pods.
    Quota { namespace: String, name: String },
}

/// A finding on its way: what it is, and how it hangs together with others.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    finding: Finding,
    cause: String,
    owner: Option<String>,
    layer: Layer,
    causes: Vec<Link>,
    provides: Vec<Link>,
    said_by: Option<Link>,
}

impl Draft {
    /// Starts a finding of a rule in the table of rules; `title` may use `$count`.
    pub(crate) fn new(id: &'static str, severity: Severity, title: Message, why: Message) -> Self {
        let rule = rules::rule(id);
        Self {
            finding: Finding {
                id,
                key: String::new(),
                severity,
                title,
                why,
                fix: Fix { command: None, advice: Message::new(rule.map_or("fix-none", |rule| rule.fix)) },
                count: 0,
                objects: Vec::new(),
                source: rule.map_or("", |rule| rule.source),
                effects: Vec::new(),
            },
            cause: String::new(),
            owner: None,
            layer: rule.map_or(Layer::Service, |rule| rule.layer),
            causes: Vec::new(),
            provides: Vec::new(),
            said_by: None,
        }
    }

    /// The cause in a few stable words: part of the key that tells two reports' findings apart.
    pub(crate) fn cause(mut self, cause: impl Into<String>) -> Self {
        self.cause = cause.into();
        self
    }

    /// Whose finding it is: the other part of the key.
    pub(crate) fn owner(mut self, owner: impl Into<String>) -> Self {
        self.owner = Some(owner.into());
        self
    }

    /// The objects concerned; their number is the count.
    pub(crate) fn objects(self, objects: Vec<ObjectRef>) -> Self {
        let count = objects.len() as u64;
        self.counted(count, objects)
    }

    /// The objects concerned, where more exist than are named.
    pub(crate) fn counted(mut self, count: u64, mut objects: Vec<ObjectRef>) -> Self {
        objects.sort();
        objects.truncate(MAX_OBJECTS);
        self.finding.count = count;
        self.finding.objects = objects;
        self
    }

    /// A command that can be pasted.
    pub(crate) fn command(mut self, command: String) -> Self {
        self.finding.fix.command = Some(command);
        self
    }

    /// Advice other than the rule's own.
    pub(crate) fn advice(mut self, advice: Message) -> Self {
        self.finding.fix.advice = advice;
        self
    }

    /// The rule.
    pub(crate) fn id(&self) -> &'static str {
        self.finding.id
    }

    /// The objects that the finding names.
    pub(crate) fn named(&self) -> &[ObjectRef] {
        &self.finding.objects
    }

    /// What would explain it, where a finding of a lower layer provides it. Of several the first counts.
    pub(crate) fn because(mut self, link: Link) -> Self {
        self.causes.push(link);
        self
    }

    /// Leaves it out where another finding provides this: that one says the same, and more.
    pub(crate) fn unless_said_by(mut self, link: Link) -> Self {
        self.said_by = Some(link);
        self
    }

    /// What it explains.
    pub(crate) fn provides(mut self, link: Link) -> Self {
        self.provides.push(link);
        self
    }
}

/// Orders drafts into findings: each effect under the first cause that explains it, equal siblings merged.
pub(crate) fn arrange(mut drafts: Vec<Draft>) -> Vec<Finding> {
    // Of equal findings the first is shown, of several causes the first (and worst) is taken: neither must depend on which
    // object came first.
    drafts.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    let provided: BTreeSet<Link> = drafts.iter().flat_map(|draft| draft.provides.iter().cloned()).collect();
    drafts.retain(|draft| draft.said_by.as_ref().is_none_or(|link| !provided.contains(link)));
    let mut providers: BTreeMap<Link, usize> = BTreeMap::new();
    for (index, draft) in drafts.iter().enumerate() {
        for link in &draft.provides {
            providers.entry(link.clone()).or_insert(index);
        }
    }
    // A cause stands in a lower layer than its effect, so following causes always ends.
    let parents: Vec<Option<usize>> = drafts
        .iter()
        .map(|draft| {
            let explained = draft.causes.iter().filter_map(|link| providers.get(link).copied());
            explained.into_iter().find(|cause| drafts[*cause].layer < draft.layer)
        })
        .collect();
    let mut children: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut tops = Vec::new();
    for (index, parent) in parents.into_iter().enumerate() {
        match parent {
            Some(parent) => children.entry(parent).or_default().push(index),
            None => tops.push(index),
        }
    }
    let mut drafts: Vec<Option<Draft>> = drafts.into_iter().map(Some).collect();
    let mut findings = gather(&tops, &children, &mut drafts);
    Finding::sort(&mut findings);
    findings
}

fn gather(indexes: &[usize], children: &BTreeMap<usize, Vec<usize>>, drafts: &mut [Option<Draft>]) -> Vec<Finding> {
    let mut merged: Vec<Draft> = Vec::new();
    let mut alike: BTreeMap<(&'static str, u8, String), usize> = BTreeMap::new();
    for index in indexes {
        let effects = children.get(index).map_or_else(Vec::new, |effects| gather(effects, children, drafts));
        let Some(mut draft) = drafts[*index].take() else { continue };
        draft.finding.effects = effects;
        // Two findings say the same of different objects; one that has effects stands for itself.
        let finding = &draft.finding;
        if finding.effects.is_empty() {
            let like = (finding.id, finding.severity.rank(), draft.cause.clone());
            if let Some(other) = alike.get(&like).and_then(|at| merged.get_mut(*at)) {
                other.merge(draft);
                continue;
            }
            alike.insert(like, merged.len());
        }
        merged.push(draft);
    }
    merged.into_iter().map(Draft::finish).collect()
}

impl Draft {
    fn sort_key(&self) -> impl Ord {
        (self.finding.severity.rank(), self.finding.id, &self.cause, &self.owner, &self.finding.objects)
    }

    fn merge(&mut self, other: Self) {
        self.finding.count += other.finding.count;
        self.finding.objects.extend(other.finding.objects);
        self.finding.objects.sort();
        self.finding.objects.truncate(MAX_OBJECTS);
        // Several owners: which of them comes and goes does not make it another finding.
        self.owner = None;
    }

    fn finish(mut self) -> Finding {
        let owner = self.owner.as_deref().unwrap_or("*");
        self.finding.key = [self.finding.id, &self.cause, owner].join("/");
        let count = self.finding.count;
        for message in [&mut self.finding.title, &mut self.finding.why] {
            if let Some((_, arg)) = message.args.iter_mut().find(|(name, _)| *name == "count") {
                *arg = Arg::Count(count);
            }
        }
        self.finding
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(id: &'static str, name: &str) -> Draft {
        let object = ObjectRef { api_version: "v1".into(), kind: "X".into(), namespace: None, name: name.into() };
        Draft::new(id, Severity::Error, Message::new("x"), Message::new("y")).owner(name).objects(vec![object])
    }

    #[test]
    fn an_effect_stands_under_its_cause_and_its_own_effects_under_it() {
        let node = draft("node-not-ready", "n7").provides(Link::Node("n7".into()));
        let owner = Owner::new("Deployment", "shop", "web");
        let pods =
            draft("pod-not-ready", "web-1").because(Link::Node("n7".into())).provides(Link::Owner(owner.clone()));
        let deployment = draft("deployment-unavailable", "web").because(Link::Owner(owner));
        let findings = arrange(vec![deployment, pods, node]);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].id, "node-not-ready");
        assert_eq!(findings[0].effects[0].id, "pod-not-ready");
        assert_eq!(findings[0].effects[0].effects[0].id, "deployment-unavailable");
    }

    #[test]
    fn equal_findings_are_one_with_a_count() {
        let findings = arrange(vec![
            draft("pvc-unbound", "a"),
            draft("pvc-unbound", "b"),
            draft("pvc-unbound", "c").cause("lost"),
        ]);
        assert_eq!(findings.len(), 2);
        assert_eq!((findings[0].count, findings[0].key.as_str()), (2, "pvc-unbound//*"));
        assert_eq!(findings[0].objects.len(), 2);
        assert_eq!((findings[1].count, findings[1].key.as_str()), (1, "pvc-unbound/lost/c"));
    }

    #[test]
    fn what_another_finding_says_better_is_left_out() {
        let link = || Link::Quota { namespace: "shop".into(), name: "pods".into() };
        let full = || draft("quota-near-limit", "pods").unless_said_by(link());
        assert_eq!(arrange(vec![full()])[0].id, "quota-near-limit");
        let findings = arrange(vec![full(), draft("pods-refused", "web").provides(link())]);
        assert_eq!(findings.iter().map(|finding| finding.id).collect::<Vec<_>>(), ["pods-refused"]);
        assert!(findings[0].effects.is_empty());
    }

    #[test]
    fn causes_never_run_in_a_circle() {
        let a = draft("pod-not-ready", "a").provides(Link::Node("a".into())).because(Link::Node("b".into()));
        let b = draft("pod-not-ready", "b").provides(Link::Node("b".into())).because(Link::Node("a".into()));
        assert_eq!(arrange(vec![a, b]).iter().map(|finding| finding.count).sum::<u64>(), 2);
    }
}
