//! The whole of the stage: what belongs to the cluster, and how all of it reads on one screen.

use std::collections::BTreeSet;
use std::path::Path;

use insta::assert_snapshot;
use quicktour_testkit::cli::Cli;
use serde_json::Value;

use crate::stage::stage;
use crate::support::{health, objects, report, shown, text};

/// Lines of a terminal, less the prompt.
const SCREEN: usize = 23;

fn only(rules: &str) -> Cli {
    health(stage()).args(["--only", rules])
}

/// The snapshot of some rules, and their report.
macro_rules! look {
    ($rules:literal) => {{
        assert_snapshot!($rules, shown(stage(), only($rules)));
        report(only($rules))
    }};
}

#[test]
fn everything_at_once_fits_on_one_screen() {
    let output = health(stage()).run().unwrap();
    assert_eq!((output.code, output.stderr.as_str()), (1, ""), "{output}");
    assert!(output.stdout.lines().count() <= SCREEN, "{output}");
    assert_snapshot!("everything", shown(stage(), health(stage())));
    let report = report(health(stage()));
    let severities: Vec<&str> =
        report.json["findings"].as_array().unwrap().iter().map(|finding| text(&finding["severity"])).collect();
    let mut sorted = severities.clone();
    sorted.sort_by_key(|severity| ["error", "warning", "info"].iter().position(|known| known == severity));
    assert_eq!(severities, sorted, "worst first");
    for id in ["webhook-dead", "api-unavailable", "node-not-ready", "pods-refused", "pod-unschedulable"] {
        assert!(!report.of(id).is_empty(), "{id} in {:?}", report.ids());
    }
}

/// Nearly every rule says something on this stage, so nearly every command is shown.
#[test]
fn kubectl_understands_every_command_that_is_shown() {
    fn commands(findings: &Value, into: &mut BTreeSet<String>) {
        for finding in findings.as_array().unwrap() {
            into.extend(finding["fix"]["command"].as_str().map(str::to_owned));
            commands(&finding["effects"], into);
        }
    }
    let cluster = stage();
    let mut shown = BTreeSet::new();
    commands(&report(health(cluster)).json["findings"], &mut shown);
    assert!(shown.len() > 20, "{shown:#?}");
    assert!(shown.iter().any(|command| command.contains(" -A")), "none about the cluster's own events: {shown:#?}");
    let kubectl = cluster.binaries().path("kubectl");
    let path = std::env::join_paths([kubectl.parent().unwrap(), Path::new("/usr/bin"), Path::new("/bin")]).unwrap();
    // These nodes have no kubelet that would keep a log.
    for command in shown.into_iter().filter(|command| !command.contains(" logs ")) {
        let shell = Cli::new("/bin/sh").args(["-c", &command]).kubeconfig(cluster.kubeconfig());
        let output = shell.env("PATH", &path).env("HOME", cluster.dir().join("home")).run().unwrap();
        let misunderstood = ["unknown flag", "unknown shorthand", "unknown command", "See 'kubectl", "sh: "];
        assert!(!misunderstood.iter().any(|words| output.stderr.contains(words)), "{command}\n{output}");
    }
}

#[test]
fn a_dead_webhook_is_the_cause_of_what_it_refuses() {
    let report = report(health(stage()));
    let webhook = report.one("webhook-dead");
    assert_eq!(objects(webhook), ["ValidatingWebhookConfiguration/guard"]);
    let refused = &webhook["effects"][0];
    assert_eq!((text(&refused["id"]), objects(refused)), ("pods-refused", vec!["Deployment/web".to_owned()]));
    assert_eq!(refused["objects"][0]["namespace"], "webhook");
    assert_snapshot!("webhook-dead", shown(stage(), only("webhook-dead,pods-refused")));
}

#[test]
fn an_api_that_does_not_answer_is_the_cause_of_a_namespace_that_stays() {
    let report = look!("api-unavailable,namespace-stuck");
    report.assert(1, "failing", &["api-unavailable", "  namespace-stuck"]);
    assert_eq!(objects(report.one("namespace-stuck")), ["Namespace/leaving"]);
}

#[test]
fn conditions_are_reported_only_where_their_bad_side_is_known() {
    let report = look!("node-pressure,node-problem");
    report.assert(0, "degraded", &["node-pressure", "node-problem"]);
    assert_eq!(objects(report.one("node-pressure")), ["Node/pressed"]);
    assert!(text(&report.one("node-problem")["title"]).contains("KernelDeadlock"));
    assert!(!health(stage()).run().unwrap().stdout.contains("Burnished"));
}

#[test]
fn versions_outside_the_skew_policy() {
    let report = look!("kubelet-version-skew,kube-proxy-version-skew");
    assert_eq!(report.ids(), ["kube-proxy-version-skew", "kubelet-version-skew"]);
    assert_eq!(objects(report.one("kubelet-version-skew")), ["Node/old"]);
    assert_eq!(objects(report.one("kube-proxy-version-skew")), ["Node/old"]);
    // One of the two says `latest`: its version cannot be told, and is not green.
    assert_eq!(report.not_checked(), ["version of kube-proxy: failed"]);
    assert_eq!(report.code, 3);
}

#[test]
fn nodes_that_take_no_new_pods() {
    let report = look!("node-cordoned,node-uninitialized,node-pod-limit,no-schedulable-node");
    // A taint that keeps some pods out of one node is somebody's intention.
    report.assert(0, "degraded", &["node-uninitialized", "node-cordoned", "node-pod-limit"]);
    assert_eq!(objects(report.one("node-cordoned")), ["Node/cordoned"]);
    assert_eq!(objects(report.one("node-pod-limit")), ["Node/tiny"]);
    assert_eq!(objects(report.one("node-uninitialized")), ["Node/cloudy"]);
}

#[test]
fn a_ready_node_whose_lease_is_old() {
    let report = look!("node-lease-stale");
    report.assert(0, "degraded", &["node-lease-stale"]);
    assert_eq!(objects(report.one("node-lease-stale")), ["Node/hung"]);
}

#[test]
fn requests_and_attachments() {
    let report = look!("signing-request-pending,volume-attach-failed");
    report.assert(0, "degraded", &["signing-request-pending", "volume-attach-failed"]);
}
