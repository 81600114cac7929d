//! What a cluster is made of: its components, its control plane, its picture, its posture, and what will stop working.
//! Pure, like all rules.
//!
//! [`Gathered`] folds objects and metrics while they stream past; [`assess`] makes facts and findings of them. A component
//! is an entry in `components.yaml` and its words in `system.ftl`.

mod components;
mod control;
mod gather;
mod outlook;
mod picture;
mod posture;
mod table;

use jiff::Timestamp;
use quicktour_report::finding::{Finding, Fix, NotChecked, NotCheckedWhy, Severity};
use quicktour_report::message::Message;
use quicktour_report::shell;
use quicktour_report::system::System;
use quicktour_survey::views::{View as _, node, pod, policy};
use quicktour_survey::{Asked, Part, Reading, SystemSurvey};

pub use gather::Gathered;
pub use outlook::SeenCertificate;
pub use picture::Reference;
pub use table::{Enforces, Image, Known, Skew, Table, Traits};

/// What the rules go by.
struct Ground<'a> {
    survey: &'a SystemSurvey,
    gathered: &'a Gathered,
    now: Timestamp,
    server: Option<(u32, u32)>,
    server_version: Option<&'a str>,
    nodes: Option<u64>,
    budgets_known: bool,
    kubectl: &'a str,
}

impl Ground<'_> {
    fn command(&self, words: &[&str]) -> String {
        let words: Vec<_> = words.iter().map(|word| shell::quote(word)).collect();
        format!("{} {}", self.kubectl, words.join(" "))
    }

    /// Whether pods of at least one namespace were read.
    fn pods_read(&self) -> bool {
        self.survey.lists.iter().any(|(asked, reading)| {
            matches!(asked, Asked::Kind(kind, Some(_)) if *kind == pod::Pod::RESOURCE) && reading.read().is_some()
        })
    }

    /// The API server's flags and where they were read: of its own endpoint, or of a static pod's command line.
    fn flags(&self) -> Option<(&std::collections::BTreeMap<String, String>, &str)> {
        let of_pod = || self.gathered.flags.get("kube-apiserver").map(|(pod, flags)| (flags, pod.as_str()));
        self.survey.flags.read().map(|flags| (flags, "/flagz")).or_else(of_pod)
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// The facts.
    pub system: System,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What was asked for and not read.
    pub not_checked: Vec<NotChecked>,
    /// What was looked at.
    pub summary: Vec<Message>,
}

/// Judges what was gathered. `certificates` are those seen elsewhere than in objects; `kubectl` begins every command that
/// is shown.
#[must_use]
pub fn assess(
    survey: &SystemSurvey,
    gathered: &Gathered,
    certificates: &[SeenCertificate],
    reference: Option<Reference>,
    now: Timestamp,
    kubectl: &str,
) -> Assessment {
    let version = survey.version.read();
    let ground = Ground {
        survey,
        gathered,
        now,
        server: version.and_then(quicktour_survey::ServerVersion::minor),
        server_version: version.map(|version| version.git_version.as_str()),
        nodes: survey.count(node::Node::RESOURCE),
        budgets_known: survey.lists.iter().all(|(asked, reading)| {
            !matches!(asked, Asked::Kind(kind, _) if *kind == policy::PodDisruptionBudget::RESOURCE)
                || reading.read().is_some()
        }),
        kubectl,
    };
    let whole = matches!(survey.scope, quicktour_survey::Scope::Cluster);
    let components = components::components(&ground);
    let control_plane = whole.then(|| control::control_plane(&ground));
    let posture = if whole { posture::themes(&components, &ground) } else { Vec::new() };
    let deprecated = outlook::deprecated(gathered);
    let certificates = outlook::certificates(gathered, certificates, now);
    let findings = [
        components::findings(&components, &ground),
        control_plane.iter().flat_map(|plane| control::findings(plane, &ground)).collect(),
        if whole { posture::findings(&components, &ground) } else { Vec::new() },
        outlook::findings(&deprecated, &certificates, &ground),
    ];
    let architecture = whole.then(|| picture::architecture(&components, reference, &ground));
    let summary = summary(&components);
    Assessment {
        system: System { architecture, control_plane, components, posture, deprecated, certificates },
        findings: findings.concat(),
        not_checked: not_checked(survey),
        summary,
    }
}

fn summary(components: &[quicktour_report::system::Component]) -> Vec<Message> {
    let unknown = components.iter().filter(|component| component.id.is_none()).count();
    let mut what = vec![Message::new("summary-components").arg("count", components.len() - unknown)];
    if unknown > 0 {
        what.push(Message::new("summary-unknown-components").arg("count", unknown));
    }
    vec![Message::new("summary-looked-at").arg("what", what)]
}

/// A finding about one thing.
fn finding(
    id: &'static str,
    owner: &str,
    severity: Severity,
    (title, why, advice): (Message, Message, Message),
    command: Option<String>,
    source: &'static str,
) -> Finding {
    Finding {
        id,
        key: format!("{id}/{owner}"),
        severity,
        title,
        why,
        fix: Fix { command, advice },
        count: 1,
        objects: Vec::new(),
        source,
        effects: Vec::new(),
    }
}

/// What was asked for and not read.
fn not_checked(survey: &SystemSurvey) -> Vec<NotChecked> {
    let mut parts: Vec<NotChecked> =
        survey.lists.iter().filter_map(|(asked, reading)| unread(asked.what(), reading)).collect();
    parts.extend(
        survey
            .policies
            .iter()
            .filter_map(|(kind, reading)| unread(Message::new("part-list").arg("resource", kind.qualified()), reading)),
    );
    let path = |path: &'static str| Asked::Path(path).what();
    parts.extend(unread(Part::Version.what(), &survey.version));
    parts.extend(unread(Part::Readyz.what(), &survey.readyz));
    parts.extend(unread(Part::Livez.what(), &survey.livez));
    parts.extend(unread(path("/flagz"), &survey.flags));
    parts.extend(unread(path("/metrics"), &survey.metrics));
    parts
}

fn unread<T>(what: Message, reading: &Reading<T>) -> Option<NotChecked> {
    let (why, detail, rule) = match reading {
        Reading::Forbidden(rule) => (NotCheckedWhy::Forbidden, None, Some(rule.clone())),
        Reading::Absent => (NotCheckedWhy::Absent, None, None),
        Reading::Failed(cause) => (NotCheckedWhy::Failed, Some(cause.clone()), None),
        Reading::Read(_) | Reading::NotAsked => return None,
    };
    Some(NotChecked { what, why, detail, rule })
}
