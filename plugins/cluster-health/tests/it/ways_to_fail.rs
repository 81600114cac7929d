//! What cannot be done, said so that a user knows what to do: exit code and words together.

use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use insta::assert_snapshot;
use quicktour_testkit::cli::{Cli, Output};
use quicktour_testkit::cluster::{User, shared};
use quicktour_testkit::snapshot::normalise;
use regex::Regex;

use crate::stage;
use crate::support::{bare, health, report, shown};

fn as_user(user: &User) -> Cli {
    stage::begin();
    bare().kubeconfig(shared().kubeconfig_for(user).unwrap().kubeconfig)
}

#[test]
fn a_user_without_rights_is_told_which() {
    let access = shared().kubeconfig_for(&User::named("nobody")).unwrap();
    let cli = || bare().kubeconfig(&access.kubeconfig);
    assert_snapshot!("forbidden-table", shown(shared(), cli()));
    assert_snapshot!("forbidden-wide", shown(shared(), cli().args(["-o", "wide"])));
    let report = report(cli());
    report.assert(3, "unknown", &[]);
    let parts = report.json["notChecked"].as_array().unwrap();
    // All lists; every authenticated user may read the version and the health endpoints.
    assert!(parts.len() >= 24, "{parts:#?}");
    for part in parts {
        assert_eq!(part["why"], "forbidden", "{part}");
        assert!(part["rule"]["verbs"] == serde_json::json!(["list"]) || part["rule"]["verb"] == "list", "{part}");
    }
    let partial = cli().arg("--allow-partial").run().unwrap();
    assert_eq!(partial.code, 0, "{partial}");
}

#[test]
fn the_view_role_sees_workloads_and_is_told_the_rest() {
    let report = report(as_user(&User::named("viewer").with_role("view")));
    let not_checked = report.not_checked().join("\n");
    assert_snapshot!("view-role", not_checked);
    // Others' namespaces may hold anything: what counts is that a part that was not read is said.
    assert!([1, 3].contains(&report.code), "{:#}", report.json);
}

#[test]
fn rights_in_one_namespace_are_enough_for_that_namespace() {
    let cluster = shared();
    let namespace = cluster.namespace("tenant").unwrap();
    let access = cluster.kubeconfig_for(&User::named("tenant").with_role_in(namespace.name(), "view")).unwrap();
    let report = report(bare().kubeconfig(&access.kubeconfig).args(["-n", namespace.name()]));
    report.assert(0, "healthy", &[]);
    assert_eq!(report.not_checked(), Vec::<String>::new());
}

#[test]
fn a_namespace_that_is_not_there_is_not_called_healthy() {
    let output = bare().kubeconfig(shared().kubeconfig()).args(["-n", "shpo"]).run().unwrap();
    assert_eq!((output.code, output.stdout.as_str()), (3, ""), "{output}");
    assert_snapshot!("no-such-namespace", whole(&output));
    // Who may not see namespaces gets the answer that there is.
    let access = shared().kubeconfig_for(&User::named("blind").may(&["list"], &["*"], &["*"])).unwrap();
    report(bare().kubeconfig(&access.kubeconfig).args(["-n", "shpo"])).assert(0, "healthy", &[]);
}

#[test]
fn to_act_for_another_without_the_right_to_is_no_list_of_other_rights() {
    let access = shared().kubeconfig_for(&User::named("nobody")).unwrap();
    let output = bare().kubeconfig(&access.kubeconfig).args(["--as", "jo"]).run().unwrap();
    assert_eq!((output.code, output.stdout.as_str()), (3, ""), "{output}");
    assert!(output.stderr.contains("may not act for another user"), "{output}");
}

/// The whole output. Four lists are asked for at once, and whichever fails first is the one that is named.
fn whole(output: &Output) -> String {
    let list = Regex::new(r"could not list `[a-z.0-9]+`( in all namespaces)?").unwrap();
    list.replace_all(&normalise(&output.to_string(), shared()), "could not list [ONE]").into_owned()
}

#[test]
fn no_server() {
    // Nobody listens where nobody may without being root, and we close what we opened.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = format!("https://127.0.0.1:{port}");
    let cli = health(shared()).args(["--server", &server]);
    let output = cli.run().unwrap();
    assert_eq!((output.code, output.stdout.as_str()), (3, ""), "{output}");
    assert!(output.stderr.contains("\nhint: "), "{output}");
    assert_snapshot!("no-server", whole(&output));
}

#[test]
fn a_wrong_token() {
    let kubeconfig = shared().kubeconfig_with_token("wrong").unwrap();
    let output = bare().kubeconfig(kubeconfig).run().unwrap();
    assert_eq!((output.code, output.stdout.as_str()), (3, ""), "{output}");
    assert_snapshot!("wrong-token", whole(&output));
}

#[test]
fn the_arguments_of_a_credential_plugin_are_never_told() {
    let kubeconfig = shared().dir().join("secretive");
    for program in ["sh", "no-such-plugin"] {
        let exec = format!(
            "{{apiVersion: client.authentication.k8s.io/v1, command: {program}, args: [-c, exit 1, --client-secret=hush]}}"
        );
        let text = format!(
            "current-context: x\ncontexts: [{{name: x, context: {{cluster: x, user: x}}}}]\n\
             clusters: [{{name: x, cluster: {{server: 'https://127.0.0.1:1'}}}}]\nusers: [{{name: x, user: {{exec: {exec}}}}}]\n"
        );
        std::fs::write(&kubeconfig, text).unwrap();
        let output = bare().kubeconfig(&kubeconfig).args(["-v", "9"]).run().unwrap();
        assert_eq!(output.code, 3, "{output}");
        assert!(output.stderr.contains(&format!("the credential plugin `{program}` ")), "{output}");
        assert!(!output.to_string().contains("hush"), "{output}");
    }
}

#[test]
fn no_kubeconfig_at_all() {
    let output = bare().env("HOME", "/nowhere").run().unwrap();
    assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{output}");
    assert_snapshot!("no-kubeconfig", output);
}

#[test]
fn an_unknown_context_comes_with_the_nearest() {
    let output = health(shared()).args(["--context", "quicktour-tset"]).run().unwrap();
    assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{output}");
    assert!(output.stderr.contains("did you mean `quicktour-test`?"), "{output}");
    assert_snapshot!("unknown-context", whole(&output));
}

#[test]
fn wrong_usage() {
    let table = [
        ("bad-flag", &["--wach"][..]),
        ("bad-format", &["-o", "xml"]),
        ("bad-timeout", &["--timeout", "soon"]),
        ("contradiction", &["-A", "-n", "shop"]),
        ("unknown-only", &["--only", "pod-crashloop"]),
        ("unknown-skip", &["--skip", "xyz"]),
        ("no-ignore-file", &["--ignore-file", "/nowhere/ignore.yaml"]),
        ("no-earlier-report", &["--compare", "/nowhere/earlier.json"]),
        ("explain-with-more", &["--explain", "no-nodes", "-A"]),
    ];
    for (name, args) in table {
        let output = bare().args(args).run().unwrap();
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{name}: {output}");
        assert_snapshot!(format!("usage-{name}"), output.stderr);
    }
}

#[test]
fn files_of_another_kind_are_told_apart() {
    let file = shared().dir().join("not-a-report");
    for (name, content) in [
        ("not-json", "findings: none"),
        ("no-report", "{}"),
        ("other-kind", r#"{"apiVersion": "quicktour/v1", "kind": "TourReport"}"#),
    ] {
        std::fs::write(&file, content).unwrap();
        let output = health(shared()).arg("--compare").arg(&file).run().unwrap();
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{name}: {output}");
        assert_snapshot!(format!("compare-{name}"), normalise(&output.stderr, shared()));
    }
}

#[test]
fn a_server_that_hangs_is_left_when_the_user_says() {
    let server = hanging_server().replace("https", "http");
    let started = Instant::now();
    let output = health(shared()).args(["--server", &server, "--request-timeout", "1s"]).run().unwrap();
    let took = started.elapsed();
    assert_eq!((output.code, output.stdout.as_str()), (4, ""), "{output}");
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_snapshot!("hanging-server", whole(&output));
    let output = health(shared()).args(["--server", &server, "--timeout", "1s"]).run().unwrap();
    assert_eq!((output.code, output.stdout.as_str()), (4, ""), "{output}");
    assert_snapshot!("hanging-server-timeout", whole(&output));
}

/// Takes connections and never says a word.
pub(crate) fn hanging_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("https://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let mut kept = Vec::new();
        for connection in listener.incoming() {
            kept.push(connection);
        }
    });
    server
}

#[cfg(unix)]
#[test]
fn a_process_that_may_open_nothing_does_not_blame_its_output() {
    let plugin = bare().into_command().get_program().to_owned();
    // Room for what the loader opens, one library at a time.
    let output = Cli::new("sh").args(["-c", r#"ulimit -n 4; exec "$0""#]).arg(plugin).run().unwrap();
    assert_eq!((output.code, output.stdout.as_str()), (3, ""), "{output}");
    assert_eq!(output.stderr, "error: could not start\n  Too many open files (os error 24)\n", "{output}");
}
