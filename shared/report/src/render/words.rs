//! Phrases that more than one human format needs.

use colored::Color;
use jiff::{Timestamp, Unit};

use crate::catalogue::Catalogue;
use crate::finding::{Finding, NotChecked, NotCheckedWhy, ObjectRef, RbacRule, Severity};
use crate::message::Message;
use crate::report::{Body, Comparison, Ignored, Report};
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

/// Why a part was not checked, and what there is to say beyond that. What cannot be seen has its reason in the detail.
pub(super) fn why(part: &NotChecked) -> (Message, Option<&Message>) {
    match (part.why, &part.detail) {
        (NotCheckedWhy::Absent, Some(detail)) => (detail.clone(), None),
        (why, detail) => (why_word(why), detail.as_ref()),
    }
}

fn why_word(why: NotCheckedWhy) -> Message {
    Message::new(match why {
        NotCheckedWhy::Forbidden => "report-why-forbidden",
        NotCheckedWhy::Absent => "report-why-absent",
        NotCheckedWhy::Failed => "report-why-failed",
    })
}

/// `cluster kind-a at https://127.0.0.1:6443, Kubernetes v1.36.3`.
pub(super) fn cluster(report: &Report, catalogue: &Catalogue) -> String {
    if let Body::Disk(check) = &report.body {
        let directory = Text::new(&check.directory);
        return catalogue.text(&match check.filesystem {
            Some(name) => Message::new("disk-place").arg("directory", directory).arg("filesystem", name),
            None => Message::new("disk-place-bare").arg("directory", directory),
        });
    }
    if matches!(report.body, Body::Etcd(_)) && report.cluster.server.is_empty() {
        return catalogue.text(&Message::new("etcd-no-cluster"));
    }
    let server = Text::new(&report.cluster.server);
    let place = match &report.cluster.context {
        Some(context) => Message::new("report-cluster").arg("context", Text::new(context)).arg("server", server),
        None => Message::new("report-cluster-without-context").arg("server", server),
    };
    let place = catalogue.text(&place);
    // Within one namespace nobody asks for it; one that could not be read stands under *not checked*.
    let Some(version) = &report.cluster.version else { return place };
    let version = Message::new("report-version").arg("version", Text::new(version));
    format!("{place}, {}", catalogue.text(&version))
}

/// `list pods.metrics.k8s.io in namespace shop`.
pub(super) fn rule(rule: &RbacRule) -> Message {
    let needed = if let Some(path) = &rule.non_resource_url {
        Message::new("report-rule-path").arg("path", path)
    } else {
        Message::new("report-rule-resource").arg("resource", rule_target(rule))
    }
    .arg("verb", &rule.verb);
    match &rule.namespace {
        Some(namespace) => Message::new("report-rule-in").arg("rule", needed).arg("namespace", namespace),
        None => needed,
    }
}

/// `pods`, `pods.metrics.k8s.io` or `/readyz`, as `kubectl auth can-i` takes them.
pub(super) fn rule_target(rule: &RbacRule) -> String {
    match &rule.non_resource_url {
        Some(path) => path.clone(),
        None if rule.api_group.is_empty() => rule.resource.clone(),
        None => format!("{}.{}", rule.resource, rule.api_group),
    }
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

/// `leads to: 38 pods not ready; 2 services without ready endpoints`. Not a comma: titles hold commas.
pub(super) fn effects(finding: &Finding, catalogue: &Catalogue) -> String {
    let titles: Vec<_> = finding.effects.iter().map(|effect| catalogue.text(&effect.title)).collect();
    format!("{}: {}", catalogue.text(&Message::new("report-causes")), titles.join("; "))
}

pub(super) fn marked_new(title: &str, catalogue: &Catalogue) -> String {
    format!("{title} ({})", catalogue.text(&Message::new("report-new")))
}

/// `since the earlier report: 2 new, 1 gone`. What is gone may only be out of sight, where something was not read.
pub(super) fn compared(comparison: &Comparison, report: &Report, catalogue: &Catalogue) -> String {
    let message = if comparison.new.is_empty() && comparison.gone.is_empty() {
        Message::new("report-unchanged")
    } else {
        let unread = !comparison.gone.is_empty() && NotChecked::any_unread(&report.not_checked);
        Message::new(if unread { "report-compared-partly" } else { "report-compared" })
            .arg("new", comparison.new.len())
            .arg("gone", comparison.gone.len())
    };
    catalogue.text(&message)
}

/// What follows the verdict: "2 errors, 1 not checked", or that nothing was found. What was looked at belongs to it
/// only where nothing was found: there it is the answer.
pub(super) fn verdict_sentence(report: &Report, catalogue: &Catalogue) -> String {
    let mut parts = Vec::new();
    if report.findings.is_empty() {
        let clean = match report.verdict {
            Verdict::Unknown => "report-nothing-wrong-in-the-rest",
            Verdict::Healthy | Verdict::Degraded | Verdict::Failing => "report-healthy",
        };
        parts.push(catalogue.text(&Message::new(clean)));
    }
    let counts = counts(report, catalogue);
    if !counts.is_empty() {
        parts.push(counts);
    }
    if report.findings.is_empty() {
        parts.extend(report.summary.first().map(|fact| catalogue.text(fact)));
    }
    parts.join("; ")
}

/// `apps/v1 Deployment`.
pub(super) fn object_kind(object: &ObjectRef) -> Text {
    Text::new(&format!("{} {}", object.api_version, object.kind))
}

/// To the second; UTC, as RFC 3339 spells it.
pub(super) fn time(at: Timestamp) -> String {
    at.round(Unit::Second).unwrap_or(at).to_string()
}

/// `error: 2 jobs failed [job-failed]`.
pub(super) fn ignored_title(ignored: &Ignored) -> Message {
    Message::new("ignored-finding")
        .arg("severity", severity(ignored.finding.severity))
        .arg("title", ignored.finding.title.clone())
        .arg("rule", ignored.finding.id)
}

/// The user's own words for it, and until when they hold.
pub(super) fn ignored_reason(ignored: &Ignored) -> Message {
    match ignored.until {
        Some(date) => Message::new("ignored-until").arg("date", date.to_string()),
        None => Message::new("ignored-for-good"),
    }
    .arg("reason", &ignored.reason)
}
