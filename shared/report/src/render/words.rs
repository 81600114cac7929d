//! Phrases that more than one human format needs.

use colored::Color;

use crate::catalogue::Catalogue;
use crate::finding::{Finding, NotChecked, NotCheckedWhy, ObjectRef, RbacRule, Severity};
use crate::message::Message;
use crate::report::Report;
use crate::text::Text;
use crate::verdict::Verdict;

pub(super) fn severity(severity: Severity) -> Message {
    Message::new(match severity {
        Severity::Error => "severity-error",
        Severity::Warning => "severity-warning",
        Severity::Info => "severity-info",
    })
}

pub(super) const fn severity_color(severity: Severity) -> Color {
    match severity {
        Severity::Error => Color::Red,
        Severity::Warning => Color::Yellow,
        Severity::Info => Color::Cyan,
    }
}

pub(super) fn verdict(verdict: Verdict) -> Message {
    Message::new(match verdict {
        Verdict::Healthy => "verdict-healthy",
        Verdict::Degraded => "verdict-degraded",
        Verdict::Failing => "verdict-failing",
        Verdict::Unknown => "verdict-unknown",
    })
}

pub(super) const fn verdict_color(verdict: Verdict) -> Color {
    match verdict {
        Verdict::Healthy => Color::Green,
        Verdict::Degraded | Verdict::Unknown => Color::Yellow,
        Verdict::Failing => Color::Red,
    }
}

pub(super) fn why(why: NotCheckedWhy) -> Message {
    Message::new(match why {
        NotCheckedWhy::Forbidden => "report-why-forbidden",
        NotCheckedWhy::Absent => "report-why-absent",
        NotCheckedWhy::Failed => "report-why-failed",
    })
}

/// `cluster kind-a at https://127.0.0.1:6443, Kubernetes v1.36.3`.
pub(super) fn cluster(report: &Report, catalogue: &Catalogue) -> String {
    let server = Text::new(&report.cluster.server);
    let place = match &report.cluster.context {
        Some(context) => Message::new("report-cluster").arg("context", Text::new(context)).arg("server", server),
        None => Message::new("report-cluster-without-context").arg("server", server),
    };
    let version = match &report.cluster.version {
        Some(version) => Message::new("report-version").arg("version", Text::new(version)),
        None => Message::new("report-version-unknown"),
    };
    format!("{}, {}", catalogue.text(&place), catalogue.text(&version))
}

/// `list pods.metrics.k8s.io in namespace shop`.
pub(super) fn rule(rule: &RbacRule) -> Message {
    let needed = match &rule.non_resource_url {
        Some(path) => Message::new("report-rule-path").arg("verb", &rule.verb).arg("path", path),
        None => {
            let dot = if rule.api_group.is_empty() { "" } else { "." };
            let resource = format!("{}{dot}{}", rule.resource, rule.api_group);
            Message::new("report-rule-resource").arg("verb", &rule.verb).arg("resource", resource)
        }
    };
    needed
}

/// `shop/web-1`, or `n7` for an object of the cluster's scope.
pub(super) fn object_name(object: &ObjectRef) -> Text {
    match &object.namespace {
        Some(namespace) => Text::new(&format!("{namespace}/{}", object.name)),
        None => Text::new(&object.name),
    }
}

/// The counts behind the verdict: "2 errors, 1 warning, 3 not checked".
pub(super) fn counts(report: &Report, catalogue: &Catalogue) -> String {
    let of = |severity| report.findings.iter().filter(|finding: &&Finding| finding.severity == severity).count();
    let unread = report.not_checked.iter().filter(|part: &&NotChecked| part.why != NotCheckedWhy::Absent).count();
    let counts = [
        ("count-errors", of(Severity::Error)),
        ("count-warnings", of(Severity::Warning)),
        ("count-infos", of(Severity::Info)),
        ("count-not-checked", unread),
        ("count-ignored", report.ignored.len()),
    ];
    let counts = counts.into_iter().filter(|(_, count)| *count > 0);
    let words: Vec<_> = counts.map(|(id, count)| catalogue.text(&Message::new(id).arg("count", count))).collect();
    words.join(", ")
}
