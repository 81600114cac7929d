//! One namespace at a time: each is one thing that goes wrong.

use insta::assert_snapshot;
use quicktour_testkit::cli::Cli;

use crate::stage::{stage, user_of};
use crate::support::{Report, fits, health, objects, report, shown, shown_wide, text};

fn of(namespace: &str) -> Cli {
    health(stage()).args(["-n", namespace])
}

/// The namespace's snapshot and its report.
macro_rules! look {
    ($namespace:literal) => {{
        assert_snapshot!($namespace, shown(stage(), of($namespace)));
        report(of($namespace))
    }};
}

fn refused(report: &Report, count: u64, effects: &[&str]) {
    report.assert(1, "failing", &[&["pods-refused"], effects].concat());
    assert_eq!(report.one("pods-refused")["count"], count);
}

#[test]
fn a_quota_that_refuses_pods_is_the_cause_of_the_rest() {
    let report = look!("quota");
    refused(&report, 1, &["  workload-unavailable", "  service-without-endpoints"]);
    assert!(text(&report.one("pods-refused")["title"]).contains("compute"));
}

#[test]
fn pod_security_refuses() {
    refused(&look!("pod-security"), 1, &["  workload-unavailable"]);
}

#[test]
fn a_limit_range_refuses() {
    refused(&look!("limit-range"), 1, &["  workload-unavailable"]);
}

#[test]
fn a_missing_service_account_refuses_every_kind_of_workload() {
    let report = look!("no-account");
    refused(&report, 3, &["  workload-unavailable", "  workload-unavailable"]);
    let refused = report.one("pods-refused");
    assert_eq!(objects(refused), ["Deployment/web", "StatefulSet/db", "Job/once"]);
    assert!(text(&refused["title"]).contains("no service account `missing`"), "{refused}");
}

#[test]
fn a_webhook_that_cannot_be_called_refuses() {
    // Webhooks belong to the cluster: within one namespace only what they refuse can be seen.
    refused(&look!("webhook"), 1, &["  workload-unavailable", "service-without-endpoints"]);
}

#[test]
fn pods_that_fit_nowhere_come_with_the_reasons_node_by_node() {
    let report = look!("fits-nowhere");
    report.assert(1, "failing", &["pod-unschedulable", "  workload-unavailable", "pod-gated"]);
    let pods = report.one("pod-unschedulable");
    assert_eq!(pods["count"], 3);
    let why = text(&pods["why"]);
    for reason in ["Insufficient cpu", "were unschedulable", "untolerated taint"] {
        assert!(why.contains(reason), "{why}");
    }
}

#[test]
fn a_claim_without_a_volume_is_the_cause_of_its_pod() {
    let report = look!("storage");
    let ids = ["claim-unbound", "  pod-unschedulable", "    workload-unavailable", "claim-unbound"];
    report.assert(1, "failing", &ids);
    let claims: Vec<_> = report
        .of("claim-unbound")
        .into_iter()
        .map(|claim| (text(&claim["severity"]), objects(claim).concat()))
        .collect();
    // Within a namespace nobody can see that the other one's class waits for a pod: it is said, and no more.
    let seen = [("error", "PersistentVolumeClaim/data"), ("info", "PersistentVolumeClaim/waits-for-its-pod")];
    assert_eq!(claims, seen.map(|(severity, claim)| (severity, claim.to_owned())));
    // With the classes read, it is nothing.
    let whole = crate::support::report(health(stage()).args(["--only", "claim-unbound"]));
    let claims: Vec<_> = whole.of("claim-unbound").into_iter().flat_map(objects).collect();
    assert_eq!(claims, ["PersistentVolumeClaim/data", "PersistentVolumeClaim/data"], "of `provisioner` and `storage`");
}

#[test]
fn a_claim_whose_provisioner_nobody_runs_is_the_cause_of_its_pod() {
    let report = look!("provisioner");
    report.assert(1, "failing", &["claim-unbound", "  pod-not-scheduled", "    workload-unavailable"]);
    let claim = report.one("claim-unbound");
    assert_eq!(objects(claim), ["PersistentVolumeClaim/data"]);
    assert!(text(&claim["why"]).contains("provisioner"), "{claim}");
}

#[test]
fn services_with_nothing_behind_them() {
    let report = look!("services");
    let ids = ["service-without-endpoints", "warning-events", "service-without-endpoints"];
    report.assert(0, "degraded", &ids);
    let found: Vec<_> = report
        .of("service-without-endpoints")
        .into_iter()
        .map(|finding| (text(&finding["severity"]), objects(finding).concat()))
        .collect();
    assert_eq!(found, [("warning", "Service/typo".to_owned()), ("info", "Service/asleep".to_owned())]);
    let events = report.one("warning-events");
    assert_eq!((events["count"].as_u64(), objects(events)), (Some(2), vec!["Pod/api-1".into(), "Pod/api-2".into()]));
}

#[test]
fn a_budget_that_allows_no_eviction_is_only_said() {
    look!("budget").assert(0, "healthy", &["budget-blocks-eviction"]);
}

#[test]
fn a_quota_at_ninety_percent_is_only_said() {
    let report = look!("nearly-full");
    report.assert(0, "healthy", &["quota-near-limit"]);
    assert!(text(&report.one("quota-near-limit")["title"]).contains("90 % of count/configmaps"));
}

#[test]
fn failed_jobs_and_cron_jobs() {
    let report = look!("batch");
    report.assert(0, "degraded", &["cronjob-failing", "job-failed"]);
    assert_eq!(objects(report.one("job-failed")), ["Job/migrate"]);
    assert_eq!(objects(report.one("cronjob-failing")), ["CronJob/report"]);
}

#[test]
fn an_autoscaler_without_metrics() {
    look!("autoscaler").assert(0, "degraded", &["autoscaler-inactive"]);
}

#[test]
fn a_rollout_past_its_deadline_stands_under_its_pods() {
    let report = look!("rollout");
    let ids = ["rollout-stuck", "pod-stuck-creating", "service-without-endpoints"];
    let mut found: Vec<String> = report.ids().iter().map(|id| id.trim().to_owned()).collect();
    found.sort();
    let mut ids: Vec<&str> = ids.to_vec();
    ids.sort_unstable();
    assert_eq!(found, ids);
    assert_eq!(report.code, 1);
}

#[test]
fn deleted_pods_that_stay() {
    let report = look!("deleted");
    report.assert(0, "degraded", &["pod-stuck-terminating", "pod-stuck-terminating"]);
}

#[test]
fn an_evicted_pod_counts_only_if_nobody_replaces_it() {
    let report = look!("ended");
    report.assert(0, "degraded", &["pod-failed", "pod-failed"]);
    let seen: Vec<_> = report.of("pod-failed").into_iter().map(|pod| text(&pod["severity"])).collect();
    assert_eq!(seen, ["warning", "info"]);
    assert_eq!(objects(report.of("pod-failed")[0]), ["Pod/evicted"]);
}

#[test]
fn what_is_finished_asleep_or_just_rolling_out_is_no_finding() {
    look!("quiet").assert(0, "healthy", &[]);
}

#[test]
fn hostile_text_is_visible_in_every_format_for_people() {
    let stage = stage();
    for format in ["table", "wide", "markdown"] {
        for cli in [of("hostile"), health(stage).args(["--only", "node-not-ready"])] {
            let output = cli.args(["-o", format]).run().unwrap();
            assert_eq!((output.code, output.stderr.as_str()), (1, ""), "{output}");
            let bad: Vec<char> = output
                .stdout
                .chars()
                .filter(|c| (c.is_control() && *c != '\n') || matches!(*c, '\u{200b}' | '\u{202e}'))
                .collect();
            assert_eq!(bad, Vec::<char>::new(), "{output}");
            let red = if format == "markdown" { r"\\u{1b}\[31mred" } else { r"\u{1b}[31mred" };
            assert!(output.stdout.contains(red), "{output}");
            assert!(!output.stdout.lines().any(|line| line.trim_start().starts_with("second line")), "{output}");
            if format != "markdown" {
                fits(&output);
            }
        }
    }
    for format in ["table", "wide", "markdown"] {
        assert_snapshot!(format!("hostile-{format}"), shown_wide(stage, of("hostile").args(["-o", format])));
    }
    // The words of a report are as safe for programs that pass them on.
    let report = report(of("hostile"));
    report.assert(1, "failing", &["image-pull-failed", "warning-events"]);
    let why = text(&report.one("warning-events")["why"]);
    assert!(why.contains(r"\u{1b}[31mred\u{1b}[2J\nsecond") && !why.contains(char::is_control), "{why}");
}

#[test]
fn a_tenant_gets_a_full_answer_for_the_own_namespace() {
    let stage = stage();
    let tenant = user_of(stage, "quota");
    let mark = stage.audit().mark().unwrap();
    let theirs = report(crate::support::bare().kubeconfig(&tenant.kubeconfig).args(["-n", "quota"]));
    assert_eq!(theirs.not_checked(), Vec::<String>::new());
    assert_eq!(theirs.ids(), report(of("quota")).ids());
    assert_eq!(theirs.code, 1);
    let asked: Vec<String> = stage
        .audit()
        .since(mark)
        .unwrap()
        .into_iter()
        .filter(|event| event.user == tenant.user)
        .map(|event| event.uri)
        .collect();
    assert!(asked.len() > 10, "{asked:#?}");
    // The version stands in the report's head; every user may ask for it.
    let elsewhere = asked.iter().filter(|uri| !uri.contains("/namespaces/quota/") && *uri != "/version");
    assert_eq!(elsewhere.collect::<Vec<_>>(), Vec::<&String>::new());
}
