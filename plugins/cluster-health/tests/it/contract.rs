//! What every run keeps: formats, exit codes, choices, comparisons, and that nothing is ever written.

use std::io::Read as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::OnceLock;

use insta::assert_snapshot;
use quicktour_testkit::cli::Cli;
use quicktour_testkit::cluster::{Cluster, Namespace, User, shared, unique};
use quicktour_testkit::snapshot::{ages, times};
use quicktour_testkit::wait::wait_for;
use serde_json::Value;

use crate::support::{bare, health, namespace, report, shown, shown_wide, text, valid};

/// A namespace with an error (pods refused), a warning (a failed job) and an info (a quota nearly used up), none of
/// which needs time to become one.
fn troubled() -> &'static str {
    static NAMESPACE: OnceLock<Namespace<'static>> = OnceLock::new();
    let start = || {
        crate::stage::begin();
        let namespace = namespace(shared(), "troubled");
        shared().apply(&include_str!("contract.yaml").replace("NAMESPACE", namespace.name())).unwrap();
        wait_for("three findings", std::time::Duration::from_mins(1), || {
            let found = report(health(shared()).args(["-n", namespace.name()])).ids();
            (found == TROUBLES).then_some(())
        })
        .unwrap();
        namespace
    };
    NAMESPACE.get_or_init(start).name()
}

const TROUBLES: [&str; 4] = ["pods-refused", "  workload-unavailable", "job-failed", "quota-near-limit"];

fn of_troubled() -> Cli {
    health(shared()).args(["-n", troubled()])
}

/// A namespace in which nothing is wrong.
fn quiet() -> Namespace<'static> {
    crate::stage::begin();
    namespace(shared(), "quiet")
}

fn file(name: &str, content: &str) -> PathBuf {
    let path = shared().dir().join(unique(name));
    std::fs::write(&path, content).unwrap();
    path
}

#[test]
fn a_namespace_without_trouble_is_healthy_in_every_format() {
    let namespace = quiet();
    let cli = || health(shared()).args(["-n", namespace.name()]);
    report(cli()).assert(0, "healthy", &[]);
    for format in ["table", "wide", "yaml"] {
        assert_snapshot!(format!("healthy-{format}"), shown(shared(), cli().args(["-o", format])));
    }
    assert_snapshot!("healthy-markdown", shown_wide(shared(), cli().args(["-o", "markdown"])));
}

#[test]
fn every_format_tells_the_same() {
    let table = shown(shared(), of_troubled());
    assert_snapshot!("troubled-table", table);
    assert_snapshot!("troubled-wide", shown(shared(), of_troubled().args(["-o", "wide"])));
    assert_snapshot!("troubled-markdown", shown_wide(shared(), of_troubled().args(["-o", "markdown"])));
    // Colour is never part of data, and never on by itself where nobody sees it.
    for args in [&["--color", "auto"][..], &["-o", "json", "--color", "always"]] {
        assert!(!of_troubled().args(args).run().unwrap().stdout.contains('\u{1b}'), "{args:?}");
    }
    let painted = of_troubled().args(["--color", "always"]).run().unwrap().stdout;
    assert!(painted.contains('\u{1b}'), "{painted}");
    let forced = of_troubled().env("CLICOLOR_FORCE", "1").run().unwrap().stdout;
    assert!(forced.contains('\u{1b}'), "{forced}");
    assert_eq!(shown(shared(), of_troubled().env("NO_COLOR", "1").env("CLICOLOR_FORCE", "1")), table);
}

#[test]
fn yaml_is_the_same_as_json() {
    let same = |text: &str| ages(&times(text));
    let json = same(&report(of_troubled()).json.to_string());
    let yaml = of_troubled().args(["-o", "yaml"]).run().unwrap();
    let read: Value = serde_saphyr::from_str(&yaml.stdout).unwrap();
    assert_eq!(same(&valid(&read.to_string()).to_string()), json);
    assert_eq!((yaml.code, yaml.stderr.as_str()), (1, ""));
}

#[test]
fn fail_on_chooses_what_counts() {
    let rules = ["pods-refused,workload-unavailable", "job-failed", "quota-near-limit"];
    let table = [("error", [1, 0, 0]), ("warning", [1, 1, 0]), ("never", [0, 0, 0])];
    for (fail_on, codes) in table {
        for (rules, code) in rules.into_iter().zip(codes) {
            let report = report(of_troubled().args(["--only", rules, "--fail-on", fail_on]));
            assert_eq!(report.code, code, "{fail_on} {rules}");
        }
    }
}

#[test]
fn rules_can_be_chosen_and_left_out() {
    report(of_troubled().args(["--only", "job-failed"])).assert(0, "degraded", &["job-failed"]);
    let skip = ["--skip", "pods-refused,job-failed", "--skip", "workload-unavailable"];
    report(of_troubled().args(skip)).assert(0, "healthy", &["quota-near-limit"]);
    // A rule that reads nothing but nodes has nothing to read in a namespace.
    report(of_troubled().args(["--only", "node-cordoned"])).assert(0, "healthy", &[]);
}

#[test]
fn an_ignore_file_with_a_mistake_is_refused() {
    for (name, content) in [
        ("unknown-rule", "ignore: [{id: job-fialed, reason: known}]"),
        ("no-reason", "ignore: [{id: job-failed}]"),
        ("unknown-field", "ignore: [{id: job-failed, reason: known, unitl: 2030-01-31}]"),
    ] {
        let path = file("ignore", content);
        let output = of_troubled().arg("--ignore-file").arg(path).run().unwrap();
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{output}");
        assert_snapshot!(format!("ignore-{name}"), quicktour_testkit::snapshot::normalise(&output.stderr, shared()));
    }
}

#[test]
fn an_ignore_file_hides_and_counts() {
    let ignore = file(
        "ignore",
        "ignore:
        - {id: job-failed, object: '*/Job/mig*', reason: known}
        - {id: pods-refused, reason: too late, until: 2020-01-31}
        - {id: quota-near-limit, object: '*/ResourceQuota/other', reason: not this one}
        ",
    );
    let cli = || of_troubled().args(["--ignore-file", ignore.to_str().unwrap()]);
    assert_snapshot!("ignored-table", shown(shared(), cli()));
    assert_snapshot!("ignored-wide", shown(shared(), cli().args(["-o", "wide"])));
    let output = cli().args(["-o", "json"]).run().unwrap();
    let json = valid(&output.stdout);
    assert_eq!(json["ignored"].as_array().unwrap().len(), 1, "{json:#}");
    assert_eq!(output.code, 1);
    assert_eq!(output.stderr, "note: the ignore entry for `pods-refused` has expired on 2020-01-31\n");
}

#[test]
fn a_report_is_compared_with_an_earlier_one() {
    let namespace = quiet();
    let cli = || health(shared()).args(["-n", namespace.name()]);
    let quota = |hard: u32| {
        format!(
            "{{apiVersion: v1, kind: ResourceQuota, metadata: {{name: maps, namespace: {namespace}}},
               spec: {{hard: {{count/configmaps: '{hard}'}}}}}}"
        )
    };
    let job = format!(
        "{{apiVersion: batch/v1, kind: Job, metadata: {{name: migrate, namespace: {namespace}}},
           spec: {{activeDeadlineSeconds: 1, template: {{spec: {{restartPolicy: Never, nodeSelector: {{none: has}},
           containers: [{{name: a, image: registry.invalid/a:1}}]}}}}}}}}"
    );
    shared().apply(&quota(1)).unwrap();
    let until = |ids: &[&str]| {
        wait_for(&format!("{ids:?}"), std::time::Duration::from_secs(30), || {
            (report(cli()).ids() == ids).then_some(())
        })
        .unwrap();
    };
    until(&["quota-near-limit"]);
    let earlier = cli().args(["-o", "json"]).run().unwrap().stdout;
    let earlier = file("earlier", &earlier);
    let earlier = earlier.to_str().unwrap();
    let same = report(cli().args(["--compare", earlier]));
    assert_eq!(same.json["comparison"], serde_json::json!({"new": [], "gone": []}));

    shared().apply(&quota(100)).unwrap();
    shared().apply(&job).unwrap();
    until(&["job-failed"]);
    let now = report(cli().args(["--compare", earlier]));
    assert_eq!(now.json["comparison"]["new"], serde_json::json!([now.one("job-failed")["key"]]));
    let gone = now.json["comparison"]["gone"].as_array().unwrap();
    assert_eq!(gone.len(), 1, "{gone:?}");
    assert!(text(&gone[0]["key"]).starts_with("quota-near-limit/"), "{gone:?}");
    assert_snapshot!("compared", shown(shared(), cli().args(["--compare", earlier])));
}

#[test]
fn every_rule_is_explained() {
    let all = bare().args(["--explain", "no-such-thing-at-all"]).run().unwrap();
    assert_eq!((all.code, all.stdout.as_str()), (2, ""), "{all}");
    let ids: Vec<&str> = all.stderr.split(|c: char| !c.is_ascii_lowercase() && c != '-').collect();
    let ids: std::collections::BTreeSet<&str> =
        ids.into_iter().filter(|id| quicktour_checks::rule(id).is_some()).collect();
    assert_eq!(ids.len(), quicktour_checks::RULES.len(), "the message lists all: {all}");
    let mut pages = String::new();
    for id in ids {
        let output = bare().args(["--explain", id]).run().unwrap();
        assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{output}");
        assert!(output.stdout.starts_with(&format!("{id}: ")), "{output}");
        assert!(output.stdout.contains("what to do: "), "{output}");
        pages.push_str(&output.stdout);
        pages.push('\n');
    }
    assert_snapshot!("explained", pages);
    let near = bare().args(["--explain", "pod-crashloop"]).run().unwrap();
    assert_eq!(near.code, 2);
    assert_snapshot!("explain-unknown", near);
}

#[test]
fn help_needs_no_cluster() {
    for (name, flag) in [("help", "--help"), ("help-short", "-h")] {
        let output = bare().arg(flag).run().unwrap();
        assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{output}");
        assert_snapshot!(name, output.stdout);
    }
    let version = bare().arg("--version").run().unwrap().success().unwrap();
    assert_eq!(version, format!("kubectl-cluster_health {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_schema_is_printed_without_a_cluster() {
    let schema = bare().arg("--print-schema").run().unwrap().success().unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    assert_eq!(schema["title"], "ClusterHealthReport");
    assert!(jsonschema::validator_for(&schema).is_ok());
}

#[test]
fn nothing_is_written_and_no_secret_is_asked_for() {
    let cluster = shared();
    // An administrator of the test's own, so that the log shows who asked.
    let user = User::named("operator").with_role("cluster-admin").may(&["list"], &[""], &["nodes"]);
    let operator = cluster.kubeconfig_for(&user).unwrap();
    let mark = cluster.audit().mark().unwrap();
    let output = bare().kubeconfig(&operator.kubeconfig).run().unwrap();
    assert!([0, 1].contains(&output.code), "{output}");
    let asked = cluster.audit().since(mark).unwrap();
    let asked: Vec<_> = asked.into_iter().filter(|event| event.user == operator.user).collect();
    assert!(asked.len() > 20, "{asked:#?}");
    for event in &asked {
        assert!(!event.is_write(), "{event:#?}");
        assert!(!event.uri.contains("secrets"), "{event:#?}");
        assert!(event.user_agent.starts_with("quicktour/"), "{event:#?}");
        assert_eq!(event.code, 200, "{event:#?}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = of_troubled()
        .args(["-o", "wide"])
        .into_command()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Closed before anything was written, which is worse than `head -1`.
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!((child.wait().unwrap().code(), stderr.as_str()), (Some(1), ""));

    let program = env!("CARGO_BIN_EXE_kubectl-cluster_health");
    let kubeconfig = shared().kubeconfig();
    let line = format!("'{program}' --kubeconfig '{}' -n {} -o wide | head -1", kubeconfig.display(), troubled());
    let output = Cli::new("/bin/sh").args(["-c", &line]).run().unwrap();
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    assert!(output.stdout.starts_with("cluster quicktour-test at https://"), "{output}");
}

#[test]
fn commands_that_are_shown_name_the_same_cluster() {
    let cluster: &Cluster = shared();
    let flags = of_troubled().kubeconfig(cluster.kubeconfig()).args(["--context", "quicktour-test"]);
    let report = report(flags);
    for finding in report.json["findings"].as_array().unwrap() {
        let command = text(&finding["fix"]["command"]);
        assert!(command.contains("--context"), "{command}");
        assert!(command.contains(cluster.kubeconfig().to_str().unwrap()), "{command}");
        // It is there to be pasted: so it works.
        let program = cluster.binaries().path("kubectl").display().to_string();
        let line = command.replacen("kubectl", &program, 1);
        let home = cluster.dir().join("home");
        let output = Cli::new("/bin/sh").args(["-c", &line]).env("HOME", home).run().unwrap();
        assert_eq!(output.code, 0, "{command}\n{output}");
    }
}
