//! From what was measured to findings, each with advice that can be acted on and its risk. Nothing here writes to etcd, and
//! no advice hides what it may cost.

use quicktour_report::etcd::{Days, EtcdSizing, Level, Measure, Measured, Use};
use quicktour_report::finding::{Finding, Fix, ObjectRef, Severity};
use quicktour_report::message::Message;
use quicktour_report::render::etcd::amount;
use quicktour_report::render::limits::{bytes, grouped};
use quicktour_report::shell;
use quicktour_report::text::Text;

use crate::limits::Published;

/// How a measure that is not as it should be is told: its rule, title, why, advice, and the figure that it is judged by.
struct Rule {
    measure: &'static str,
    id: &'static str,
    title: &'static str,
    why: &'static str,
    advice: &'static str,
    figure: &'static str,
}

const fn rule(
    measure: &'static str,
    id: &'static str,
    [title, why, advice]: [&'static str; 3],
    figure: &'static str,
) -> Rule {
    Rule { measure, id, title, why, advice, figure }
}

const RULES: [Rule; 16] = [
    rule(
        "database-size",
        "etcd-nearly-full",
        ["etcd-full-title", "etcd-full-why", "etcd-full-advice"],
        "etcd-size-alert",
    ),
    rule("quota", "etcd-quota", ["etcd-quota-title", "etcd-quota-why", "etcd-quota-advice"], "etcd-quota-most"),
    rule(
        "in-use-share",
        "etcd-fragmented",
        ["etcd-fragmented-title", "etcd-fragmented-why", "etcd-defragment-advice"],
        "etcd-in-use-alert",
    ),
    rule("leader", "etcd-no-leader", ["etcd-no-leader-title", "etcd-no-leader-why", "etcd-members-advice"], ""),
    rule("members-reached", "etcd-member-lost", ["etcd-lost-title", "etcd-lost-why", "etcd-members-advice"], ""),
    rule("alarms", "etcd-alarm", ["etcd-alarm-title", "etcd-alarm-why", "etcd-alarm-advice"], ""),
    rule("fsync", "etcd-log-slow", ["etcd-fsync-title", "etcd-fsync-why", "etcd-disk-advice"], "etcd-fsync"),
    rule("commit", "etcd-commit-slow", ["etcd-commit-title", "etcd-commit-why", "etcd-disk-advice"], "etcd-commit"),
    rule("peer", "etcd-peers-slow", ["etcd-peer-title", "etcd-peer-why", "etcd-network-advice"], "etcd-peer-alert"),
    rule(
        "leader-changes",
        "etcd-leader-changes",
        ["etcd-changes-title", "etcd-changes-why", "etcd-disk-advice"],
        "etcd-leader-changes-alert",
    ),
    rule(
        "failed-proposals",
        "etcd-proposals-failed",
        ["etcd-proposals-title", "etcd-proposals-why", "etcd-members-advice"],
        "etcd-proposals-alert",
    ),
    rule("slow-applies", "etcd-slow-applies", ["etcd-applies-title", "etcd-applies-why", "etcd-disk-advice"], ""),
    rule("slow-reads", "etcd-slow-reads", ["etcd-reads-title", "etcd-reads-why", "etcd-network-advice"], ""),
    rule("heartbeats", "etcd-heartbeats-late", ["etcd-beats-title", "etcd-beats-why", "etcd-disk-advice"], ""),
    rule("lag", "etcd-behind", ["etcd-lag-title", "etcd-lag-why", "etcd-disk-advice"], "etcd-lag"),
    rule("files", "etcd-files", ["etcd-files-title", "etcd-files-why", "etcd-files-advice"], "etcd-files-near"),
];

/// The findings.
#[must_use]
pub(super) fn findings(sizing: &EtcdSizing, figures: &'static Published, kubectl: &str) -> Vec<Finding> {
    let mut all: Vec<Finding> = sizing.measures.iter().filter_map(|measure| of_measure(measure, figures)).collect();
    all.extend(small_machines(sizing, figures, kubectl));
    all.extend(memory_below_quota(sizing, figures, kubectl));
    all.extend(sizing.uses.iter().filter_map(|of| large_object(of, figures, kubectl)));
    all.extend(sizing.uses.iter().filter_map(|of| hog(of, figures, kubectl)));
    if sizing.measures.iter().any(|measure| measure.id == "members" && measure.value == Measured::Count(1)) {
        let words = ["etcd-single-title", "etcd-single-why", "etcd-single-advice"].map(Message::new);
        all.push(finding(
            "etcd-single-member",
            Severity::Info,
            words,
            "etcd frequently asked questions: failure tolerance",
        ));
    }
    if let Some(Days::Between(least, most)) = sizing.days
        && least < figures.count("etcd-days-near")
    {
        let title = Message::new("etcd-days-title").arg("least", least).arg("most", most);
        let words = [title, Message::new("etcd-days-why"), Message::new("etcd-full-advice")];
        all.push(finding("etcd-quota-soon", Severity::Warning, words, source(figures, "etcd-days-near")));
    }
    all
}

fn of_measure(measure: &Measure, figures: &'static Published) -> Option<Finding> {
    let severity = match measure.level {
        Level::Fails => Severity::Error,
        Level::Warns => Severity::Warning,
        Level::None | Level::Fine | Level::Unclear => return None,
    };
    let rule = RULES.iter().find(|rule| rule.measure == measure.id)?;
    let mut title = match measure.value {
        Measured::Off => Message::new("etcd-quota-off-title"),
        _ if matches!(rule.id, "etcd-no-leader") => Message::new(rule.title),
        value => Message::new(rule.title).arg("value", amount(value)),
    };
    if let Some(member) = &measure.member {
        title = Message::new("etcd-title-of-member").arg("title", title).arg("member", member);
    }
    let words = [title, Message::new(rule.why), Message::new(rule.advice)];
    let found = finding(
        rule.id,
        severity,
        words,
        if rule.figure.is_empty() { measure.metric } else { source(figures, rule.figure) },
    );
    Some(match &measure.member {
        Some(member) => Finding { key: format!("{}/{member}", rule.id), ..found },
        None => found,
    })
}

fn finding(id: &'static str, severity: Severity, [title, why, advice]: [Message; 3], source: &'static str) -> Finding {
    Finding {
        id,
        key: id.to_owned(),
        severity,
        title,
        why,
        fix: Fix { command: None, advice },
        count: 1,
        objects: Vec::new(),
        source,
        effects: Vec::new(),
    }
}

fn source(figures: &'static Published, id: &str) -> &'static str {
    figures.source(id).map_or("ours", |source| source.title.as_str())
}

fn nodes(names: &[&str]) -> Vec<ObjectRef> {
    let node = |name: &&str| ObjectRef {
        api_version: "v1".to_owned(),
        kind: "Node".to_owned(),
        namespace: None,
        name: (*name).to_owned(),
    };
    names.iter().take(quicktour_report::finding::MAX_OBJECTS).map(node).collect()
}

/// Machines that lack cores, memory or a disk for the tier.
fn small_machines(sizing: &EtcdSizing, figures: &'static Published, kubectl: &str) -> Option<Finding> {
    let lacks =
        |machine: &&quicktour_report::etcd::Machine| machine.demands.iter().any(|demand| demand.met == Some(false));
    let small: Vec<_> = sizing.machines.iter().filter(lacks).collect();
    let tier = sizing.tier.filter(|_| !small.is_empty())?;
    let mut missing: Vec<Message> = Vec::new();
    for demand in small.iter().flat_map(|machine| &machine.demands).filter(|demand| demand.met == Some(false)) {
        if !missing.contains(&demand.title) {
            missing.push(demand.title.clone());
        }
    }
    let names: Vec<&str> = small.iter().map(|machine| machine.node.as_str()).collect();
    let title = Message::new("etcd-machine-title")
        .arg("count", small.len())
        .arg("tier", quicktour_report::render::etcd::tier(tier));
    let why = Message::new("etcd-machine-why").arg("missing", missing);
    let found = finding(
        "etcd-machine-small",
        Severity::Warning,
        [title, why, Message::new("etcd-machine-advice")],
        source(figures, "etcd-iops"),
    );
    let command = format!("{kubectl} describe nodes {}", shell::quote(names[0]));
    let fix = Fix { command: Some(command), ..found.fix };
    Some(Finding { count: names.len() as u64, objects: nodes(&names), fix, ..found })
}

/// "The machine should have at least as much RAM to cover the quota."
fn memory_below_quota(sizing: &EtcdSizing, figures: &'static Published, kubectl: &str) -> Option<Finding> {
    let quota = sizing.database.quota.bytes()?;
    let short: Vec<&str> =
        sizing.machines.iter().filter(|machine| machine.memory < quota).map(|machine| machine.node.as_str()).collect();
    let first = short.first()?;
    let title = Message::new("etcd-memory-title").arg("count", short.len()).arg("quota", Text::new(&bytes(quota)));
    let words = [title, Message::new("etcd-memory-why"), Message::new("etcd-memory-advice")];
    let found = finding("etcd-memory-below-quota", Severity::Warning, words, source(figures, "etcd-fsync"));
    let fix = Fix { command: Some(format!("{kubectl} describe nodes {}", shell::quote(first))), ..found.fix };
    Some(Finding { count: short.len() as u64, objects: nodes(&short), fix, ..found })
}

fn large_object(of: &Use, figures: &'static Published, kubectl: &str) -> Option<Finding> {
    let (name, size) = of.largest.as_ref()?;
    let most = figures.count("etcd-request-most");
    if size.saturating_mul(100) < most.saturating_mul(figures.count("etcd-object-near")) {
        return None;
    }
    let title = Message::new("etcd-object-title")
        .arg("resource", &of.resource)
        .arg("name", name)
        .arg("size", Text::new(&bytes(*size)))
        .arg("most", Text::new(&bytes(most)));
    let words = [title, Message::new("etcd-object-why"), Message::new("etcd-object-advice")];
    let found = finding("etcd-object-large", Severity::Warning, words, source(figures, "etcd-request-most"));
    let (namespace, name) = name.split_once('/').map_or((None, name.as_str()), |(space, name)| (Some(space), name));
    let namespace = namespace.map(|space| format!(" -n {}", shell::quote(space))).unwrap_or_default();
    let command = format!("{kubectl} get {} {}{namespace} -o json", shell::quote(&of.resource), shell::quote(name));
    let key = format!("etcd-object-large/{}", of.resource);
    Some(Finding { key, fix: Fix { command: Some(command), ..found.fix }, ..found })
}

/// One kind that fills the database.
fn hog(of: &Use, figures: &'static Published, kubectl: &str) -> Option<Finding> {
    let objects = of.objects.filter(|objects| *objects >= figures.count("etcd-hog-least"))?;
    if of.permille < figures.count("etcd-share-hog") * 10 {
        return None;
    }
    let title = Message::new("etcd-hog-title")
        .arg("resource", &of.resource)
        .arg("objects", grouped(objects))
        .arg("share", of.permille / 10);
    let advice = match of.resource.as_str() {
        "events" | "events.events.k8s.io" => "etcd-hog-events-advice",
        "leases.coordination.k8s.io" => "etcd-hog-leases-advice",
        _ => "etcd-hog-advice",
    };
    let words = [title, Message::new("etcd-hog-why"), Message::new(advice)];
    let found = finding("etcd-hog", Severity::Info, words, source(figures, "etcd-share-hog"));
    let command = format!("{kubectl} get {} -A --chunk-size=500", shell::quote(&of.resource));
    Some(Finding {
        key: format!("etcd-hog/{}", of.resource),
        fix: Fix { command: Some(command), ..found.fix },
        ..found
    })
}
