//! Judging takes time in proportion to what is wrong, however much that is.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use quicktour_checks::{Facts, Limits, Selection, judge};
use quicktour_report::finding::Finding;
use quicktour_survey::views::{apps, cluster, core, pod};
use quicktour_survey::{Fold, Object, Part, Reading, Scope, Survey, Target};
use serde::de::DeserializeOwned;
use serde_json::{Value, from_value, json};

/// As many pods in trouble, each of another workload on another node.
const GROUPS: usize = 20_000;
/// Ten times the second that a program built for use stays far below; a judge that looks at every group for every
/// workload takes minutes.
const CEILING: Duration = Duration::from_secs(10);

fn view<T: DeserializeOwned>(value: Value) -> T {
    from_value(value).unwrap()
}

#[test]
fn twenty_thousand_groups_are_judged_at_once_and_none_is_lost() {
    let now: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
    let mut facts = Facts::new(Limits::published(), Selection::default());
    for number in 0..GROUPS {
        see(&mut facts, now, number);
    }
    let parts =
        [Part::Pods, Part::Deployments, Part::Services, Part::EndpointSlices].map(|part| (part, Reading::Read(1)));
    let survey = Survey {
        target: Target { context: None, server: "https://test".into(), namespace: "default".into(), user: None },
        scope: Scope::Cluster,
        now,
        version: Reading::NotAsked,
        readyz: Reading::NotAsked,
        livez: Reading::NotAsked,
        lists: BTreeMap::from(parts),
        kube_proxies: Reading::NotAsked,
        deadline_passed: false,
        clock_ahead: SignedDuration::ZERO,
    };
    let begun = Instant::now();
    let judgement = judge(&survey, &facts, Limits::published(), "kubectl");
    let took = begun.elapsed();
    assert!(took <= CEILING, "judging took {took:?}");
    let pods = |findings: &[Finding]| -> u64 {
        findings.iter().filter(|finding| finding.id == "pod-not-ready").map(|finding| finding.count).sum()
    };
    assert_eq!(pods(&judgement.findings), GROUPS as u64, "each pod is in one finding");
}

fn see(facts: &mut Facts, now: Timestamp, number: usize) {
    let (namespace, name) = (format!("team-{}", number % 100), format!("web-{number}"));
    let labels = json!({"app": &name});
    let old = "2026-01-01T08:00:00Z";
    let pod: pod::Pod = view(json!({
        "metadata": {
            "namespace": &namespace, "name": format!("{name}-5d4f-x2x9z"), "creationTimestamp": old,
            "labels": {"app": &name, "pod-template-hash": "5d4f"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": format!("{name}-5d4f"), "controller": true}],
        },
        "spec": {"nodeName": format!("node-{number}"), "containers": [{"name": "web"}]},
        "status": {
            "phase": "Running", "startTime": old,
            "conditions": [{"type": "Ready", "status": "False", "lastTransitionTime": old}],
            "containerStatuses": [{"name": "web", "ready": false, "state": {"running": {"startedAt": old}}}],
        },
    }));
    let deployment: apps::Deployment = view(json!({
        "metadata": {"namespace": &namespace, "name": &name, "creationTimestamp": old},
        "spec": {"replicas": 1, "template": {"metadata": {"labels": &labels}}},
        "status": {"availableReplicas": 0},
    }));
    let service: core::Service = view(json!({
        "metadata": {"namespace": &namespace, "name": &name, "creationTimestamp": old}, "spec": {"selector": &labels},
    }));
    let slice: cluster::EndpointSlice = view(json!({
        "metadata": {"namespace": &namespace, "name": &name, "labels": {"kubernetes.io/service-name": &name}},
        "endpoints": [{"conditions": {"ready": false}}],
    }));
    facts.see(Object::Pod(&pod), now);
    facts.see(Object::Deployment(&deployment), now);
    facts.see(Object::Service(&service), now);
    facts.see(Object::EndpointSlice(&slice), now);
}
