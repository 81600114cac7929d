//! From lines to findings, and from what was not read to what is not checked.

use std::collections::BTreeSet;

use quicktour_report::finding::{Finding, Fix, NotChecked, NotCheckedWhy, ObjectRef, Severity};
use quicktour_report::limits::{Line, Place, ReadBy, ServiceLevel, Unit};
use quicktour_report::message::{Arg, Message};
use quicktour_report::shell;
use quicktour_survey::views::Resource;
use quicktour_survey::{Counts, Part, Reading, Streamed};

use super::published::Published;

/// What to judge by, besides the figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// `--min-headroom`, in percent.
    pub min_headroom: Option<u64>,
}

/// The findings: limits that are passed, that leave less room than was demanded, or that are near.
#[must_use]
pub(super) fn findings(
    lines: &[Line],
    levels: &[ServiceLevel],
    demand: Demand,
    figures: &Published,
    kubectl: &str,
) -> Vec<Finding> {
    let near = figures.count("near") * 10;
    let of_lines = lines.iter().filter_map(|line| {
        let permille = line.permille()?;
        let room = 1000_u64.saturating_sub(permille);
        let demanded = demand.min_headroom.filter(|_| line.guards).is_some_and(|percent| room < percent * 10);
        let (id, severity) = if permille > 1000 {
            ("limit-exceeded", if line.guards { Severity::Error } else { Severity::Warning })
        } else if demanded {
            ("limit-headroom", Severity::Error)
        } else if permille >= near && line.guards {
            ("limit-near", Severity::Warning)
        } else {
            return None;
        };
        Some(finding(id, severity, line, demand, kubectl))
    });
    of_lines.chain(levels.iter().filter_map(|level| slow(level, kubectl))).collect()
}

fn finding(id: &'static str, severity: Severity, line: &Line, demand: Demand, kubectl: &str) -> Finding {
    let words = match (id, &line.place) {
        ("limit-exceeded", None) => "limit-exceeded-title",
        ("limit-exceeded", Some(_)) => "limit-exceeded-title-at",
        ("limit-headroom", None) => "limit-headroom-title",
        ("limit-headroom", Some(_)) => "limit-headroom-title-at",
        (_, None) => "limit-near-title",
        (_, Some(_)) => "limit-near-title-at",
    };
    let mut title = Message::new(words)
        .arg("what", line.title.clone())
        .arg("value", amount(line.unit, line.value.unwrap_or(0)))
        .arg("limit", amount(line.unit, line.limit));
    if let Some(place) = &line.place {
        title = title.arg("place", place.path());
    }
    let why = match (id, line.guards, demand.min_headroom) {
        ("limit-headroom", _, Some(percent)) => Message::new("limit-headroom-why")
            .arg("room", (1000 - line.permille().unwrap_or(0).min(1000)) / 10)
            .arg("wanted", percent),
        ("limit-exceeded", true, _) => Message::new("limit-exceeded-why"),
        ("limit-exceeded", false, _) => Message::new("limit-exceeded-node-why"),
        _ => Message::new("limit-near-why").arg("percent", line.permille().unwrap_or(0) / 10),
    };
    Finding {
        id,
        key: match &line.place {
            Some(place) => format!("{id}/{}/{}", line.id, place.path()),
            None => format!("{id}/{}", line.id),
        },
        severity,
        title,
        why,
        fix: Fix { command: command(line, kubectl), advice: advice(line) },
        count: 1,
        objects: line.place.as_ref().and_then(object).into_iter().collect(),
        source: source(line.id),
        effects: Vec::new(),
    }
}

/// A whole number with its unit, for a sentence.
fn amount(unit: Unit, value: u64) -> Arg {
    match unit {
        Unit::Bytes => Message::new("amount-bytes").arg("bytes", quicktour_report::render::limits::bytes(value)).into(),
        _ => quicktour_report::render::limits::grouped(value).into(),
    }
}

/// The document, short enough for a line.
fn source(id: &str) -> &'static str {
    Published::figures().source(id).map_or("status.allocatable.pods of the node", |source| source.title.as_str())
}

fn object(place: &Place) -> Option<ObjectRef> {
    let kind = match place.kind {
        "namespace" => "Namespace",
        "node" => "Node",
        "service" => "Service",
        _ => return None,
    };
    Some(ObjectRef {
        api_version: "v1".to_owned(),
        kind: kind.to_owned(),
        namespace: place.namespace.clone(),
        name: place.name.clone(),
    })
}

/// A command that shows what is counted.
fn command(line: &Line, kubectl: &str) -> Option<String> {
    let name = line.place.as_ref().map(|place| shell::quote(&place.name).into_owned());
    let words = match (line.id, name) {
        ("pods-per-namespace", Some(namespace)) => format!("get pods -n {namespace}"),
        ("services-per-namespace", Some(namespace)) => format!("get services -n {namespace}"),
        ("deployments-per-namespace", Some(namespace)) => format!("get deployments -n {namespace}"),
        ("pods-per-node" | "max-pods" | "goal-pods-per-node" | "goal-pods-per-core", Some(node)) => {
            format!("get pods -A --field-selector spec.nodeName={node}")
        }
        ("endpoints-per-service", Some(service)) => {
            let namespace = line.place.as_ref().and_then(|place| place.namespace.clone()).unwrap_or_default();
            format!("get endpointslices -n {} -l kubernetes.io/service-name={service}", shell::quote(&namespace))
        }
        ("objects-per-type" | "bytes-per-type", Some(kind)) => format!("get {kind} -A"),
        ("events", _) => "get events -A".to_owned(),
        _ => return None,
    };
    Some(format!("{kubectl} {words}"))
}

fn advice(line: &Line) -> Message {
    Message::new(match line.id {
        "pods-per-namespace" | "services-per-namespace" | "deployments-per-namespace" => "limit-advice-namespace",
        "pods-per-node" | "max-pods" | "goal-pods-per-node" | "goal-pods-per-core" => "limit-advice-node",
        "endpoints-per-service" => "limit-advice-service",
        "objects-per-type" | "bytes-per-type" | "events" => "limit-advice-objects",
        _ => "limit-advice-cluster",
    })
}

/// A single reading is since the server's start, so it never fails; it is worth knowing all the same.
fn slow(level: &ServiceLevel, kubectl: &str) -> Option<Finding> {
    let (above, _) = level.between_milli.filter(|(above, _)| *above >= level.limit_milli)?;
    let title = Message::new("level-missed-title").arg("what", level.title.clone());
    let why = if level.id == "churn" {
        Message::new("level-missed-churn-why").arg("rate", above / 1000).arg("limit", level.limit_milli / 1000)
    } else {
        Message::new("level-missed-why")
            .arg("rest", 100_u64.saturating_sub(level.percentile))
            .arg("worst", level.worst.as_deref().unwrap_or_default())
            .arg("above", std::time::Duration::from_millis(above))
            .arg("limit", std::time::Duration::from_millis(level.limit_milli))
    };
    Some(Finding {
        id: "level-missed",
        key: format!("level-missed/{}", level.id),
        severity: Severity::Info,
        title,
        why,
        fix: Fix {
            command: Some(format!("{kubectl} get --raw /metrics")),
            advice: Message::new("level-missed-advice"),
        },
        count: 1,
        objects: Vec::new(),
        source: source(level.id),
        effects: Vec::new(),
    })
}

/// What was asked for and not read. A kind that only counts for the most numerous one matters all the same.
#[must_use]
pub(super) fn not_checked(
    counts: &Counts,
    streamed: &Streamed,
    metrics: &Reading<()>,
    lines: &[Line],
) -> Vec<NotChecked> {
    let list = |resource: Resource| Message::new("part-list").arg("resource", resource.qualified());
    // A count that the metrics gave instead is known.
    let known = |kind: &Resource| {
        let told = lines.iter().filter(|line| line.read_by == ReadBy::Metrics);
        told.filter(|line| line.place.is_none()).any(|line| line.id == kind.plural)
    };
    let of_counts =
        counts.iter().filter(|(kind, _)| !known(kind)).filter_map(|(kind, reading)| unread(list(*kind), reading));
    let of_lists = streamed.iter().filter_map(|(part, reading)| unread(part.what(), reading));
    let of_metrics = unread(Message::new("part-endpoint").arg("path", "/metrics"), metrics);
    let mut seen = BTreeSet::new();
    of_counts.chain(of_lists).chain(of_metrics).filter(|part| seen.insert(part.what.clone())).collect()
}

/// The version, when it could not be read.
#[must_use]
pub fn version_not_checked<T>(reading: &Reading<T>) -> Option<NotChecked> {
    unread(Part::Version.what(), reading)
}

/// What was asked for and not read, for a report; `None` for what was read or not asked for.
pub fn unread<T>(what: Message, reading: &Reading<T>) -> Option<NotChecked> {
    let (why, detail, rule) = match reading {
        Reading::Forbidden(rule) => (NotCheckedWhy::Forbidden, None, Some(rule.clone())),
        Reading::Absent => (NotCheckedWhy::Absent, None, None),
        Reading::Failed(cause) => (NotCheckedWhy::Failed, Some(cause.clone()), None),
        Reading::Read(_) | Reading::NotAsked => return None,
    };
    Some(NotChecked { what, why, detail, rule })
}
