use jiff::{SignedDuration, Timestamp};
use quicktour_client::views::apps::{Deployment, ReplicaSet};
use quicktour_client::views::core::Event;
use quicktour_client::views::node::Node;
use quicktour_client::views::pod::Pod;
use quicktour_deploy::cause::Class;
use quicktour_deploy::track::{Baseline, Outcome, Phase, Progress, Rollout, Rules, Seen, Subject};
use quicktour_deploy::workload::{Kind, Workload};
use quicktour_testkit::fixtures::{self, Fixture};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::proofs;

/// Objects of a fixture as a rollout sees them.
pub(crate) fn read<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

pub(crate) fn rollout(namespace: &str, name: &str, rules: Rules) -> Rollout {
    let target = Workload { kind: Kind::Deployment, namespace: namespace.into(), name: name.into() };
    Rollout::new(target, rules, Baseline::default())
}

/// Everything of a namespace, in the order in which watches deliver it.
pub(crate) fn show(rollout: &mut Rollout, fixture: &Fixture, namespace: &str, name: &str, now: Timestamp) {
    let of = |resource: &'static str| {
        let items = fixture.items(resource);
        items.filter(|item| item["metadata"]["namespace"] == namespace).cloned().collect::<Vec<Value>>()
    };
    for item in of("deployments").iter().filter(|item| item["metadata"]["name"] == name) {
        let deployment: Deployment = read(item);
        rollout.observe(Seen::Workload(Box::new(Subject::from(&deployment))), now);
    }
    for item in &of("replicasets") {
        rollout.observe(Seen::ReplicaSet(Box::new(read::<ReplicaSet>(item))), now);
    }
    for item in fixture.items("nodes") {
        rollout.observe(Seen::Node(Box::new(read::<Node>(item))), now);
    }
    for item in &of("pods") {
        rollout.observe(Seen::Pod(Box::new(read::<Pod>(item))), now);
    }
    for item in &of("events") {
        rollout.observe(Seen::Event(Box::new(read::<Event>(item))), now);
    }
}

/// The captured troubles are fresh; by then every grace is over.
const LATER: SignedDuration = SignedDuration::from_secs(70);

/// What is told of a captured deployment.
fn told(name: &str, deployment: &str, rules: Rules) -> Progress {
    let fixture = fixtures::load(name).unwrap();
    let now: Timestamp = fixture.now.parse().unwrap();
    let namespace = fixture
        .items("deployments")
        .find(|item| item["metadata"]["name"] == deployment)
        .unwrap_or_else(|| panic!("{name} has no deployment {deployment}"))["metadata"]["namespace"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut rollout = rollout(&namespace, deployment, rules);
    show(&mut rollout, &fixture, &namespace, deployment, now);
    let first = rollout.at(now);
    if first.outcome.is_some() { first } else { rollout.at(now + LATER) }
}

/// Fixture, deployment, cause, class, what the message must hold, and whether it ends a wait that begins now.
type Row = (&'static str, &'static str, &'static str, Class, &'static str, bool);

const TABLE: &[Row] = &[
    ("image-pull-failed", "missing", "image-not-found", Class::Terminal, "registry.test/web:missing: not found", true),
    ("image-pull-failed", "private", "image-denied", Class::Likely, "insufficient_scope", true),
    ("image-pull-failed", "limited", "image-rate-limited", Class::Likely, "429 Too Many Requests", true),
    ("image-pull-failed", "unreachable", "image-registry-unreachable", Class::Likely, "connection refused", true),
    ("crash-loop", "web", "container-crashes", Class::Likely, "", true),
    ("crash-loop-terminated", "web", "container-crashes", Class::Likely, "", true),
    ("oom-killed", "web", "out-of-memory", Class::Likely, "", true),
    ("init-container-failed", "web", "init-container-fails", Class::Likely, "", true),
    ("container-not-made", "config", "config-missing", Class::Terminal, "configmap \"settings\" not found", true),
    ("container-not-made", "user", "user-not-numeric", Class::Terminal, "non-numeric user (nobody)", true),
    ("container-not-made", "volume", "volume-not-mounted", Class::Likely, "secret \"keys\" not found", true),
    ("no-room", "greedy", "unschedulable", Class::Likely, "1 Insufficient memory", true),
    ("no-room", "picky", "unschedulable", Class::Likely, "didn't match Pod's node affinity/selector", true),
    ("unschedulable", "web", "unschedulable", Class::Likely, "no nodes available", true),
    ("quota-refused", "web", "quota-exceeded", Class::Terminal, "exceeded quota: pods, requested: pods=1", true),
    (
        "pod-security-refused",
        "web",
        "pod-security",
        Class::Terminal,
        "violates PodSecurity \"restricted:latest\"",
        true,
    ),
    // The deployment's own deadline was 10 s: it says that, and the probe says why.
    ("never-ready", "web", "probe-fails", Class::Transient, "HTTP probe failed with statuscode: 500", true),
    ("dead-webhook", "web", "webhook-down", Class::Transient, "failed calling webhook", false),
];

#[test]
fn captured_troubles_have_their_cause_and_class() {
    for (fixture, deployment, id, class, words, ends) in TABLE {
        let progress = told(fixture, deployment, Rules::default());
        let first = progress.causes.iter().find(|told| told.cause.id() == *id);
        let first = first.unwrap_or_else(|| panic!("{fixture}/{deployment}: {progress:#?}"));
        assert_eq!(first.class, *class, "{fixture}/{deployment}: {first:#?}");
        assert!(first.message.contains(words), "{fixture}/{deployment}: {:?}", first.message);
        assert!(!first.objects.is_empty(), "{fixture}/{deployment}");
        let failed = matches!(&progress.outcome, Some(Outcome::Failed(cause)) if cause.id() == *id);
        assert_eq!(failed, *ends, "{fixture}/{deployment}: {progress:#?}");
        proofs::captured(id, fixture, &fixtures::load(fixture).unwrap());
    }
}

#[test]
fn without_fail_fast_nothing_but_the_deadline_ends_the_wait() {
    let progress = told("image-pull-failed", "missing", Rules { fail_fast: false, ..Rules::default() });
    assert_eq!((progress.outcome, progress.phase), (None, Phase::Rolling));
    assert_eq!(progress.causes[0].cause.id(), "image-not-found");
    let deadline = fixtures::load("image-pull-failed").unwrap().now.parse().ok();
    let progress = told("image-pull-failed", "missing", Rules { fail_fast: false, deadline, ..Rules::default() });
    assert_eq!(progress.outcome, Some(Outcome::TimedOut));
}

#[test]
fn what_has_been_complete_for_long_need_not_settle_anew() {
    let fixture = fixtures::load("healthy-variety").unwrap();
    let mut seen = 0;
    for item in fixture.items("deployments") {
        let name = item["metadata"]["name"].as_str().unwrap();
        if item["status"]["availableReplicas"].as_u64() != item["spec"]["replicas"].as_u64() {
            continue;
        }
        // The captured deployments are younger than some settle windows.
        let rules = Rules { settle: std::time::Duration::from_secs(1), ..Rules::default() };
        let progress = told("healthy-variety", name, rules);
        assert_eq!(progress.outcome, Some(Outcome::Complete), "{name}: {progress:#?}");
        assert_eq!(progress.causes, [], "{name}");
        seen += 1;
    }
    assert!(seen > 0, "no deployment of the fixture is complete");
}
