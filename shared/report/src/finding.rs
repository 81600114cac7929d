//! What a rule found, and what could not be looked at.

use std::cmp::Reverse;

use crate::message::Message;

/// How bad a finding is. The order of the variants is not the order of severity: [`Severity::rank`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Severity {
    /// Something does not work.
    Error,
    /// Something will stop working, or works badly.
    Warning,
    /// Worth knowing; nothing is wrong.
    Info,
}

impl Severity {
    /// 0 for the worst.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::Error => 0,
            Self::Warning => 1,
            Self::Info => 2,
        }
    }
}

/// The name of one object. Holds the raw text of the cluster: renderers for people pass it through
/// [`Text`](crate::text::Text).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectRef {
    /// `v1`, `apps/v1`.
    pub api_version: String,
    /// `Pod`.
    pub kind: String,
    /// `None` for objects of the cluster's scope.
    pub namespace: Option<String>,
    /// The object's name.
    pub name: String,
}

/// At most this many objects of a finding are named; its count is always true. Source: the report contract.
pub const MAX_OBJECTS: usize = 50;

/// One thing that a rule found, already grouped: equal troubles are one finding with a count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule, in kebab-case (`pod-crash-loop`); stable across releases.
    pub id: &'static str,
    /// Rule, cause and owner: tells whether two reports speak of the same thing.
    pub key: String,
    /// How bad.
    pub severity: Severity,
    /// One line: what, how many, where.
    pub title: Message,
    /// The cause or consequence, in a sentence.
    pub why: Message,
    /// The next step: a command that can be pasted, or a sentence where no command helps.
    pub fix: Fix,
    /// How many objects are concerned.
    pub count: u64,
    /// The first [`MAX_OBJECTS`] of them, sorted.
    pub objects: Vec<ObjectRef>,
    /// Which threshold or field the rule judged by, and where that comes from.
    pub source: &'static str,
    /// What follows from this finding: shown under it, not beside it.
    pub effects: Vec<Finding>,
}

/// A next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// A command that can be pasted into a shell; its arguments are quoted where they need it.
    pub command: Option<String>,
    /// What to do, in words.
    pub advice: Message,
}

impl Finding {
    /// How many objects are concerned, those of the effects included: a dead node with 38 pods outranks 3 bad images.
    #[must_use]
    pub fn reach(&self) -> u64 {
        self.effects.iter().map(Self::reach).fold(self.count, u64::saturating_add)
    }

    /// How long the longest chain of effects is: the longer, the nearer is the finding to the root of what is wrong.
    fn depth(&self) -> usize {
        1 + self.effects.iter().map(Self::depth).max().unwrap_or(0)
    }

    /// Sorts worst first, then roots before what merely happens beside them, then by [`reach`](Self::reach), then by
    /// rule and key, so that two runs print the same.
    pub fn sort(findings: &mut [Finding]) {
        for finding in findings.iter_mut() {
            Self::sort(&mut finding.effects);
        }
        findings.sort_by(|a, b| {
            let rank = |it: &Self| (it.severity.rank(), Reverse((it.depth(), it.reach())), it.id);
            rank(a).cmp(&rank(b)).then_with(|| a.key.cmp(&b.key))
        });
    }

    /// Makes every cause as bad as the worst of its effects: what breaks something does not only "work badly".
    pub fn raise_causes(findings: &mut [Finding]) {
        for finding in findings {
            Self::raise_causes(&mut finding.effects);
            let effects = finding.effects.iter().map(|effect| effect.severity);
            finding.severity = effects.chain([finding.severity]).min_by_key(|s| s.rank()).unwrap_or(finding.severity);
        }
    }
}

/// Why something was not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotCheckedWhy {
    /// The user may not read it.
    Forbidden,
    /// The cluster has no such API, or its provider hides the part. Worsens neither verdict nor exit code.
    Absent,
    /// It was asked for and the read failed.
    Failed,
}

impl NotCheckedWhy {
    /// 0 for what needs doing first; what is absent comes last.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::Failed => 0,
            Self::Forbidden => 1,
            Self::Absent => 2,
        }
    }
}

/// Something that was asked for and could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotChecked {
    /// What stays unknown ("pods in all namespaces").
    pub what: Message,
    /// Why.
    pub why: NotCheckedWhy,
    /// The cause as the client tells it, where there is more to say than `why`.
    pub detail: Option<Message>,
    /// The RBAC rule that is missing.
    pub rule: Option<RbacRule>,
}

/// A rule as it would stand in a `Role` or `ClusterRole`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RbacRule {
    /// API group; empty for core.
    pub api_group: String,
    /// Plural resource; empty for a non-resource URL.
    pub resource: String,
    /// `get`, `list`, `watch`.
    pub verb: String,
    /// The path of a non-resource rule (`/readyz`).
    pub non_resource_url: Option<String>,
    /// Where: a namespace, or `None` for the whole cluster.
    pub namespace: Option<String>,
}
