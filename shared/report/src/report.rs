//! What a reading plugin found out: facts only, no format and no words.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::etcd::{DiskCheck, EtcdSizing};
use crate::exit::{ExitCode, Outcome, Policy, decide};
use crate::finding::{Finding, NotChecked};
use crate::json::JsonReport;
use crate::limits::Limits;
use crate::message::Message;
use crate::system::System;
use crate::text::Text;
use crate::verdict::Verdict;

/// Which plugin's report this is; also the `kind` of the JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportKind {
    /// `kubectl cluster-health`.
    ClusterHealth,
    /// `kubectl cluster-limits`.
    ClusterLimits,
    /// `kubectl etcd-sizing`.
    EtcdSizing,
    /// `kubectl etcd-sizing disk`.
    EtcdDisk,
    /// `kubectl inspect-system`.
    System,
}

/// What a report holds besides findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Body {
    /// Nothing.
    #[default]
    Findings,
    /// Limits and what is left below them.
    Limits(Box<Limits>),
    /// What etcd needs and how it does.
    Etcd(Box<EtcdSizing>),
    /// How a disk does what etcd asks of it; no cluster is looked at.
    Disk(Box<DiskCheck>),
    /// What the cluster is made of.
    System(Box<System>),
}

impl ReportKind {
    /// The JSON's `kind`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClusterHealth => "ClusterHealthReport",
            Self::ClusterLimits => "ClusterLimitsReport",
            Self::EtcdSizing => "EtcdSizingReport",
            Self::EtcdDisk => "EtcdDiskReport",
            Self::System => "SystemReport",
        }
    }
}

/// Which cluster was looked at. Raw text of the kubeconfig and the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    /// The kubeconfig's context; `None` inside a cluster.
    pub context: Option<String>,
    /// The API server's URL.
    pub server: String,
    /// `v1.36.3`, if it could be read.
    pub version: Option<String>,
}

/// A finding that the user chose not to hear about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// What was found nevertheless.
    pub finding: Finding,
    /// Why it is ignored, in the user's words.
    pub reason: Text,
    /// The last day on which it is ignored.
    pub until: Option<Date>,
}

/// A finding that an earlier report had and this one has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// The finding's key.
    pub key: String,
    /// Its title in the earlier report.
    pub title: Text,
}

/// What changed since an earlier report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Keys of findings (effects included) that the earlier report had not; sorted.
    pub new: Vec<String>,
    /// Findings (effects included) that only the earlier report had; sorted by key.
    pub gone: Vec<Gone>,
}

impl Comparison {
    /// Compares by key, wherever the finding stands: one that has become the effect of another, or that has spread from
    /// one owner to several, is neither new nor gone.
    #[must_use]
    pub fn between(earlier: &JsonReport, findings: &[Finding]) -> Self {
        Self::with_ignored(earlier, findings, &[])
    }

    /// As [`between`](Self::between); what is or was ignored is there all the same, so it is neither new nor gone.
    fn with_ignored(earlier: &JsonReport, findings: &[Finding], ignored: &[Ignored]) -> Self {
        let mut now = BTreeSet::new();
        collect_keys(findings, &mut now);
        let mut still_there = now.clone();
        for ignored in ignored {
            collect_keys(std::slice::from_ref(&ignored.finding), &mut still_there);
        }
        let before = earlier.titles_by_key();
        let was_ignored = earlier.ignored_keys();
        let known = |key: &str| before.keys().chain(&was_ignored).any(|earlier| is_same(earlier, key));
        let new = now.iter().filter(|key| !known(key)).map(|key| (*key).to_owned()).collect();
        let gone = before
            .into_iter()
            .filter(|(key, _)| !still_there.iter().any(|now| is_same(key, now)))
            .map(|(key, title)| Gone { key: key.to_owned(), title: Text::new(title) })
            .collect();
        Self { new, gone }
    }

    /// Whether this finding was not in the earlier report.
    #[must_use]
    pub fn is_new(&self, key: &str) -> bool {
        self.new.binary_search_by(|new| new.as_str().cmp(key)).is_ok()
    }
}

/// Whether two keys speak of the same trouble. One that has spread over several owners ends in `*` and covers each.
fn is_same(a: &str, b: &str) -> bool {
    let covers =
        |all: &str, one: &str| all.strip_suffix('*').is_some_and(|stem| stem.ends_with('/') && one.starts_with(stem));
    a == b || covers(a, b) || covers(b, a)
}

fn collect_keys<'a>(findings: &'a [Finding], into: &mut BTreeSet<&'a str>) {
    for finding in findings {
        into.insert(&finding.key);
        collect_keys(&finding.effects, into);
    }
}

/// One run's result, complete: every format shows this value and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Which plugin's.
    pub kind: ReportKind,
    /// Which cluster.
    pub cluster: Cluster,
    /// When the reading was done.
    pub generated_at: Timestamp,
    /// The sum of it.
    pub verdict: Verdict,
    /// Facts about the cluster, a line each; the first says what was looked at ("looked at 3 nodes and 45 pods").
    pub summary: Vec<Message>,
    /// What the plugin tells besides findings; set afterwards.
    pub body: Body,
    /// Worst first.
    pub findings: Vec<Finding>,
    /// What stays unknown.
    pub not_checked: Vec<NotChecked>,
    /// Findings that count for nothing because the user said so.
    pub ignored: Vec<Ignored>,
    /// Against an earlier report, if one was given.
    pub comparison: Option<Comparison>,
    /// What the process will end with.
    pub exit_code: ExitCode,
}

impl Report {
    /// A report whose findings are sorted (a cause at least as severe as its effects) and whose verdict and exit code
    /// follow from them. Ignored findings and a comparison are set afterwards: neither changes the verdict.
    #[must_use]
    pub fn new(
        kind: ReportKind,
        cluster: Cluster,
        generated_at: Timestamp,
        mut findings: Vec<Finding>,
        mut not_checked: Vec<NotChecked>,
        policy: Policy,
    ) -> Self {
        Finding::raise_causes(&mut findings);
        Finding::sort(&mut findings);
        not_checked.sort_by(|a, b| (a.why.rank(), &a.what, &a.rule).cmp(&(b.why.rank(), &b.what, &b.rule)));
        not_checked.dedup();
        Self {
            kind,
            cluster,
            generated_at,
            verdict: Verdict::of(&findings, &not_checked),
            summary: Vec::new(),
            body: Body::Findings,
            exit_code: decide(&Outcome::of(&findings, &not_checked), policy),
            findings,
            not_checked,
            ignored: Vec::new(),
            comparison: None,
        }
    }

    /// Sets the comparison with an earlier report, once the ignored findings are set. What comes back is a note for
    /// standard error, where the two reports are hardly comparable: they are of different clusters.
    #[must_use = "the user should know when two different clusters are compared"]
    pub fn compare(&mut self, earlier: &JsonReport) -> Option<Message> {
        self.comparison = Some(Comparison::with_ignored(earlier, &self.findings, &self.ignored));
        (earlier.cluster.server != self.cluster.server).then(|| {
            Message::new("report-compared-clusters")
                .arg("earlier", &earlier.cluster.server)
                .arg("now", &self.cluster.server)
        })
    }
}

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;
