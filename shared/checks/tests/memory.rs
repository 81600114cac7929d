//! What is kept of a large cluster's services is little. Alone in its file, so that no other test's memory counts.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;

use jiff::Timestamp;
use quicktour_checks::{Facts, Limits, Selection};
use quicktour_survey::views::{cluster, core};
use quicktour_survey::{Fold, Object};
use serde_json::{from_value, json};

/// As many as go with 150,000 pods.
const SERVICES: usize = 15_000;
/// 1.9 MB when this was written, a third of it names.
const AT_MOST_KB: u64 = 3_000;

#[test]
fn services_that_work_leave_little_behind() {
    let now: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
    let mut facts = Facts::new(Limits::published(), Selection::default());
    // What is made once does not count.
    see(&mut facts, now, 0);
    let before = resident_kb();
    (1..SERVICES).for_each(|number| see(&mut facts, now, number));
    let kept = resident_kb() - before;
    assert!(kept <= AT_MOST_KB, "{kept} kB are kept of {SERVICES} services");
}

fn see(facts: &mut Facts, now: Timestamp, number: usize) {
    let (namespace, name) = (format!("team-{:02}", number % 100), format!("storefront-backend-{number}"));
    let labels = json!({
        "app.kubernetes.io/name": &name, "app.kubernetes.io/instance": "production",
        "kubernetes.io/service-name": &name,
    });
    let service: core::Service = from_value(json!({
        "metadata": {"name": &name, "namespace": &namespace, "creationTimestamp": "2025-01-01T00:00:00Z"},
        "spec": {"type": "ClusterIP", "selector": &labels},
    }))
    .unwrap();
    let slice: cluster::EndpointSlice = from_value(json!({
        "metadata": {"name": format!("{name}-x7f2k"), "namespace": &namespace, "labels": &labels},
        "endpoints": [{"conditions": {"ready": true}}, {"conditions": {"ready": false}}],
    }))
    .unwrap();
    // Either may come first.
    if number.is_multiple_of(2) {
        facts.see(Object::Service(&service), now);
        facts.see(Object::EndpointSlice(&slice), now);
    } else {
        facts.see(Object::EndpointSlice(&slice), now);
        facts.see(Object::Service(&service), now);
    }
}

fn resident_kb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
