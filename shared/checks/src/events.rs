//! Warning events: evidence for other findings first, findings of their own where nothing else explains them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use quicktour_report::finding::{ObjectRef, Severity};
use quicktour_report::message::Message;
use quicktour_survey::views::View as _;
use quicktour_survey::views::core::Event;
use quicktour_survey::views::scalar::Time;

use crate::context::Context;
use crate::figures::Limits;
use crate::link::{Draft, Link};
use crate::pods::age;

/// Objects and reasons that are told apart; what comes later is dropped, the latest known stays.
const MAX_EVENTS: usize = 5_000;

/// Reasons that healthy nodes report at each start of their kubelet, seen on a fresh node of Kubernetes 1.36; and the one
/// of a cron job of which a person has made a job by hand.
const NOISE: &[&str] = &["InvalidDiskCapacity", "CgroupV1", "MissingClusterDNS", "DNSConfigForming", "UnexpectedJob"];

/// The accumulator of warning events.
#[derive(Debug, Default)]
pub(crate) struct Events {
    seen: BTreeMap<Key, Warning>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    kind: String,
    namespace: String,
    name: String,
    reason: String,
}

#[derive(Clone, Debug, Default)]
struct Warning {
    api_version: String,
    count: u64,
    last: Option<Timestamp>,
    message: String,
}

/// A warning about one object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) kind: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
    pub(crate) reason: &'a str,
    pub(crate) message: &'a str,
    last: Option<Timestamp>,
}

impl Events {
    /// Keeps a warning, unless it is so old that it speaks of what is over: controllers that still fail say so again
    /// every quarter of an hour at the latest.
    pub(crate) fn see(&mut self, event: &Event, now: Timestamp, limits: &Limits) {
        let series = event.series.as_ref();
        let times = [
            series.and_then(|series| series.last_observed_time),
            event.last_timestamp,
            event.event_time,
            event.first_timestamp,
            event.meta().creation_timestamp,
        ];
        let last = times.into_iter().flatten().next();
        if age(now, last) > limits.seconds("event-age") {
            return;
        }
        let about = event.involved_object();
        let key = Key {
            kind: about.kind.clone(),
            namespace: about.namespace.clone(),
            name: about.name.clone(),
            reason: event.reason.clone(),
        };
        if self.seen.len() >= MAX_EVENTS && !self.seen.contains_key(&key) {
            return;
        }
        let last = last.map(Time::timestamp);
        let count = series.map_or(event.count, |series| series.count).max(1);
        let warning = self.seen.entry(key).or_default();
        warning.count += u64::try_from(count).unwrap_or(1);
        if (last, &event.message) >= (warning.last, &warning.message) {
            warning.last = last;
            warning.message.clone_from(&event.message);
            warning.api_version.clone_from(&about.api_version);
        }
    }

    /// The latest warning about an object.
    pub(crate) fn latest<'a>(&'a self, kind: &'a str, namespace: &'a str, name: &'a str) -> Option<Seen<'a>> {
        self.about(kind, namespace, name).max_by_key(|seen| seen.last)
    }

    /// The latest warning about a pod that has its node: what the scheduler said before is over.
    pub(crate) fn latest_on_node<'a>(&'a self, namespace: &'a str, name: &'a str) -> Option<Seen<'a>> {
        self.about("Pod", namespace, name).filter(|seen| seen.reason != "FailedScheduling").max_by_key(|seen| seen.last)
    }

    fn about<'a>(&'a self, kind: &'a str, namespace: &'a str, name: &'a str) -> impl Iterator<Item = Seen<'a>> {
        let from = Key { kind: kind.into(), namespace: namespace.into(), name: name.into(), reason: String::new() };
        let of_object = self
            .seen
            .range(from..)
            .take_while(move |(key, _)| key.kind == kind && key.namespace == namespace && key.name == name);
        of_object.map(|(key, warning)| key.with(warning))
    }

    /// All objects that a warning of this reason is about.
    pub(crate) fn with_reason<'a>(&'a self, reason: &'a str) -> impl Iterator<Item = Seen<'a>> {
        self.seen.iter().filter(move |(key, _)| key.reason == reason).map(|(key, warning)| key.with(warning))
    }
}

impl Key {
    fn with<'a>(&'a self, warning: &'a Warning) -> Seen<'a> {
        Seen {
            kind: &self.kind,
            namespace: &self.namespace,
            name: &self.name,
            reason: &self.reason,
            message: &warning.message,
            last: warning.last,
        }
    }
}

/// Warnings that no other finding explains. `explained` holds every object that another finding names; what belongs to
/// such an object by its name (a pod of a deployment) is explained too.
pub(crate) fn judge(context: &Context<'_>, explained: &BTreeSet<ObjectRef>) -> Vec<Draft> {
    let limits = context.limits;
    let mut by_reason: BTreeMap<(&str, &str), Vec<(&Key, &Warning)>> = BTreeMap::new();
    let names: BTreeSet<(&str, &str)> = explained
        .iter()
        .map(|object| (object.namespace.as_deref().unwrap_or_default(), object.name.as_str()))
        .collect();
    for (key, warning) in &context.facts.events.seen {
        let rare = warning.count < u64::from(limits.value("event-count"));
        if rare || NOISE.contains(&key.reason.as_str()) || is_explained(key, &names) {
            continue;
        }
        by_reason.entry((&key.reason, &key.kind)).or_default().push((key, warning));
    }
    by_reason.into_iter().map(|((reason, kind), events)| draft(context, reason, kind, &events)).collect()
}

/// Whether the object, or one whose name its own continues (`web` of `web-5d4f-x2x9z`), is in a finding.
fn is_explained(key: &Key, names: &BTreeSet<(&str, &str)>) -> bool {
    let name = key.name.as_str();
    let stems = name.match_indices('-').map(|(index, _)| &name[..index]);
    stems.chain([name]).any(|stem| names.contains(&(key.namespace.as_str(), stem)))
}

fn draft(context: &Context<'_>, reason: &str, kind: &str, events: &[(&Key, &Warning)]) -> Draft {
    let total: u64 = events.iter().map(|(_, warning)| warning.count).sum();
    let last = events.iter().filter_map(|(_, warning)| warning.last).max();
    let sample = events.iter().max_by_key(|(_, warning)| warning.last);
    let title = Message::new("warning-events-title")
        .arg("reason", reason)
        .arg("times", total)
        .arg("count", events.len())
        .arg("kind", kind.to_lowercase())
        .arg("age", context.since(last));
    let message = sample.map_or("", |(_, warning)| warning.message.as_str());
    let objects = events.iter().map(|(key, warning)| ObjectRef {
        api_version: warning.api_version.clone(),
        kind: key.kind.clone(),
        namespace: (!key.namespace.is_empty()).then(|| key.namespace.clone()),
        name: key.name.clone(),
    });
    let selector = format!("type=Warning,reason={reason}");
    let get = ["get", "events", "--field-selector", &selector];
    // kubectl takes `-n` before the verb, and `-A` only after it.
    let command = match sample.map(|(key, _)| key.namespace.as_str()) {
        Some(namespace) if !namespace.is_empty() => [&["-n", namespace], get.as_slice()].concat(),
        _ => [get.as_slice(), &["-A"]].concat(),
    };
    let draft =
        Draft::new("warning-events", Severity::Info, title, Message::new("said-by-event").arg("message", message))
            .cause(format!("{reason} {kind}"))
            .objects(objects.collect())
            .command(context.command(&command));
    // Said of pods too young to be findings themselves.
    if reason == "FailedScheduling" { draft.unless_said_by(Link::NoNodes) } else { draft }
}
