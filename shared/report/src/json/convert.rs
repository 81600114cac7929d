//! From a report to its JSON, in English whatever the user's language.

use jiff::{Timestamp, Unit};

use super::{
    ApiVersion, JsonCluster, JsonComparison, JsonFinding, JsonFix, JsonGone, JsonIgnored, JsonNotChecked,
    JsonNotCheckedWhy, JsonObject, JsonReport, JsonRule, JsonSeverity, JsonVerdict, Kind,
};
use crate::catalogue::Catalogue;
use crate::finding::{Finding, MAX_OBJECTS, NotChecked, NotCheckedWhy, ObjectRef, RbacRule, Severity};
use crate::message::Message;
use crate::report::{Cluster, Comparison, Ignored, Report};
use crate::verdict::Verdict;

impl From<&Report> for JsonReport {
    fn from(report: &Report) -> Self {
        Self {
            api_version: ApiVersion::V1,
            kind: Kind::ClusterHealthReport,
            cluster: (&report.cluster).into(),
            generated_at: generated_at(report),
            verdict: report.verdict.into(),
            summary: report.summary.iter().map(words).collect(),
            findings: report.findings.iter().map(JsonFinding::from).collect(),
            not_checked: report.not_checked.iter().map(JsonNotChecked::from).collect(),
            ignored: report.ignored.iter().map(JsonIgnored::from).collect(),
            comparison: report.comparison.as_ref().map(JsonComparison::from),
            exit_code: report.exit_code.code(),
        }
    }
}

impl From<&Cluster> for JsonCluster {
    fn from(cluster: &Cluster) -> Self {
        Self { context: cluster.context.clone(), server: cluster.server.clone(), version: cluster.version.clone() }
    }
}

/// Nanoseconds would pretend.
pub(super) fn generated_at(report: &Report) -> Timestamp {
    report.generated_at.round(Unit::Millisecond).unwrap_or(report.generated_at)
}

pub(super) fn words(message: &Message) -> String {
    Catalogue::english().text(message)
}

impl From<Verdict> for JsonVerdict {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Healthy => Self::Healthy,
            Verdict::Degraded => Self::Degraded,
            Verdict::Failing => Self::Failing,
            Verdict::Unknown => Self::Unknown,
        }
    }
}

impl From<Severity> for JsonSeverity {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Error => Self::Error,
            Severity::Warning => Self::Warning,
            Severity::Info => Self::Info,
        }
    }
}

impl From<&Finding> for JsonFinding {
    fn from(finding: &Finding) -> Self {
        let mut objects: Vec<_> = finding.objects.iter().collect();
        objects.sort();
        Self {
            id: finding.id.to_owned(),
            key: finding.key.clone(),
            severity: finding.severity.into(),
            title: words(&finding.title),
            why: words(&finding.why),
            fix: JsonFix { command: finding.fix.command.clone(), advice: words(&finding.fix.advice) },
            count: finding.count,
            objects: objects.into_iter().take(MAX_OBJECTS).map(JsonObject::from).collect(),
            source: finding.source.to_owned(),
            effects: finding.effects.iter().map(Self::from).collect(),
        }
    }
}

impl From<&ObjectRef> for JsonObject {
    fn from(object: &ObjectRef) -> Self {
        Self {
            api_version: object.api_version.clone(),
            kind: object.kind.clone(),
            namespace: object.namespace.clone(),
            name: object.name.clone(),
        }
    }
}

impl From<&NotChecked> for JsonNotChecked {
    fn from(part: &NotChecked) -> Self {
        Self {
            what: words(&part.what),
            why: match part.why {
                NotCheckedWhy::Forbidden => JsonNotCheckedWhy::Forbidden,
                NotCheckedWhy::Absent => JsonNotCheckedWhy::Absent,
                NotCheckedWhy::Failed => JsonNotCheckedWhy::Failed,
            },
            detail: part.detail.as_ref().map(words),
            rule: part.rule.as_ref().map(JsonRule::from),
        }
    }
}

impl From<&RbacRule> for JsonRule {
    fn from(rule: &RbacRule) -> Self {
        Self {
            api_group: rule.api_group.clone(),
            resource: rule.resource.clone(),
            verb: rule.verb.clone(),
            non_resource_url: rule.non_resource_url.clone(),
            namespace: rule.namespace.clone(),
        }
    }
}

impl From<&Ignored> for JsonIgnored {
    fn from(ignored: &Ignored) -> Self {
        Self { finding: (&ignored.finding).into(), reason: ignored.reason.to_string(), until: ignored.until }
    }
}

impl From<&Comparison> for JsonComparison {
    fn from(comparison: &Comparison) -> Self {
        let gone = |gone: &crate::report::Gone| JsonGone { key: gone.key.clone(), title: gone.title.to_string() };
        Self { new: comparison.new.clone(), gone: comparison.gone.iter().map(gone).collect() }
    }
}
