//! What every run keeps: help without a cluster, wrong usage told apart before anything is asked, plans without a server.

use std::time::{Duration, Instant};

use insta::assert_snapshot;
use quicktour_testkit::cli::Output;

use crate::support::{Desk, IMAGE, bare, shown};

const VERBS: [&str; 14] = [
    "run",
    "expose",
    "scale",
    "update",
    "undo",
    "restart",
    "pause",
    "resume",
    "history",
    "status",
    "probe",
    "port-forward",
    "cleanup",
    "export",
];

/// Without kubeconfig, home and ledger.
fn alone(args: &[&str]) -> Output {
    bare().args(args).run().unwrap()
}

#[test]
fn help_needs_no_cluster() {
    for (name, args) in [("help-short", ["-h"]), ("help", ["--help"])] {
        let output = alone(&args);
        assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{output}");
        assert_snapshot!(name, output.stdout);
    }
}

#[test]
fn every_verb_has_a_page() {
    let overview = alone(&["--help"]).stdout;
    for verb in VERBS {
        assert!(overview.contains(&format!("\n  {verb} ")), "{verb} in\n{overview}");
        let output = alone(&[verb, "--help"]);
        assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{verb}: {output}");
        assert!(output.stdout.contains(&format!("kubectl quickdeploy {verb}")), "{output}");
        assert_snapshot!(format!("help-{verb}"), alone(&[verb, "-h"]).stdout);
    }
    // No verb that the list above forgets.
    let listed = overview.lines().skip_while(|line| *line != "Verbs:").skip(1);
    let listed: Vec<&str> =
        listed.take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(listed, VERBS);
}

#[test]
fn the_version_is_the_packages() {
    let output = alone(&["--version"]);
    assert_eq!(output.stdout, format!("kubectl-quickdeploy {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_usage_is_told_before_any_cluster_is_looked_for() {
    let table: &[(&str, &[&str])] = &[
        ("unknown-verb", &["scael", "web"]),
        ("verb-or-image", &["nginx"]),
        ("far-from-any-verb", &["frobnicate"]),
        ("all-namespaces", &["history", "web", "-A"]),
        ("no-image", &["run"]),
        ("no-name", &["scale", "--replicas", "2"]),
        ("no-replicas", &["scale", "web"]),
        ("no-change", &["update", "web"]),
        ("bad-flag", &["run", IMAGE, "--replica", "2"]),
        ("bad-dry-run", &["run", IMAGE, "--dry-run=never"]),
        ("bad-output", &["run", IMAGE, "--dry-run=client", "-o", "xml"]),
        ("bad-timeout", &["status", "web", "--timeout", "soon"]),
        ("bad-rate", &["probe", "web", "--rate", "1000"]),
        ("pod-with-replicas", &["run", IMAGE, "--pod", "--replicas", "2"]),
    ];
    for (name, args) in table {
        let output = alone(args);
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{name}: {output}");
        assert_snapshot!(format!("usage-{name}"), output.stderr);
    }
}

/// Each of these is one word that cannot be, on a line that is right otherwise.
const CANNOT_BE: &[(&str, &[&str])] = &[
    ("name-upper-case", &["run", IMAGE, "--name", "Web"]),
    ("name-underscore", &["run", IMAGE, "--name", "my_web"]),
    ("name-long", &["run", IMAGE, "--name", "a123456789b123456789c123456789d123456789e123456789f123456789g123"]),
    ("name-dash", &["run", IMAGE, "--name", "web-"]),
    ("name-escape", &["run", IMAGE, "--name", "web\u{1b}[31m"]),
    ("port-0", &["run", IMAGE, "--port", "0"]),
    ("port-70000", &["run", IMAGE, "--port", "70000"]),
    ("port-word", &["run", IMAGE, "--port", "http"]),
    ("image-spaces", &["run", "registry.test/my web:v1"]),
    ("image-url", &["run", "https://registry.test/web:v1"]),
    ("image-upper-case", &["run", "registry.test/Web:v1"]),
    ("replicas-negative", &["run", IMAGE, "--replicas", "-1"]),
    ("replicas-word", &["scale", "web", "--replicas", "two"]),
    ("quantity", &["run", IMAGE, "--requests", "cpu=lots"]),
    ("quantity-negative", &["run", IMAGE, "--limits", "memory=-1Gi"]),
    ("request-above-limit", &["run", IMAGE, "--requests", "cpu=2", "--limits", "cpu=1"]),
    ("resource-unknown", &["run", IMAGE, "--requests", "memry=1Gi"]),
    ("label", &["run", IMAGE, "--labels", "tier=web server"]),
    ("label-ours", &["run", IMAGE, "--labels", "quicktour/run=mine"]),
    ("env", &["run", IMAGE, "--env", "LEVEL"]),
    ("env-name", &["run", IMAGE, "--env", "1LEVEL=info"]),
    ("probe-path", &["run", IMAGE, "--port", "80", "--probe-path", "ready"]),
    ("probe-without-port", &["run", IMAGE, "--probe-path", "/ready"]),
    ("expose-type", &["run", IMAGE, "--port", "80", "--expose", "LoadBalncer:80"]),
    ("expose-type-unknown", &["expose", "web", "--type", "Ingress"]),
    ("expose-without-port", &["run", IMAGE, "--expose"]),
    ("restricted-root", &["run", IMAGE, "--restricted", "--run-as-user", "0"]),
    ("user-negative", &["run", IMAGE, "--run-as-user", "-1"]),
    ("workload-type", &["scale", "deplyoment/web", "--replicas", "1"]),
    ("workload-name", &["undo", "Web"]),
    ("update-env", &["update", "web", "--env", "LEVEL"]),
    ("forward-ports", &["port-forward", "web", "80:"]),
    ("overlay", &["export", "web", "--dir", "/nowhere/out", "--overlay", "../prod"]),
    ("protect", &["run", IMAGE, "--protect", "prod("]),
];

#[test]
fn what_cannot_be_is_refused_and_nothing_is_asked_of_the_server() {
    let desk = Desk::new("typed");
    desk.fine(&["run", IMAGE, "--port", "8080", "--yes"]);
    desk.unharmed(|| {
        let mark = desk.mark();
        for (name, args) in CANNOT_BE {
            let output = desk.cli(args).arg("--yes").run().unwrap();
            assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{name}: {output}");
            assert!(!output.stderr.contains('\u{1b}'), "{name}: {output}");
            assert_snapshot!(format!("cannot-be-{name}"), desk.shown(&output));
        }
        assert_eq!(desk.writes_since(mark), []);
    });
}

#[test]
fn without_a_kubeconfig_that_is_said() {
    for args in [&["run", IMAGE, "--yes"][..], &["history", "web"], &["cleanup", "--yes"]] {
        let output = bare().env("HOME", "/nowhere").args(args).run().unwrap();
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{args:?}: {output}");
    }
    let output = bare().env("HOME", "/nowhere").args(["run", IMAGE, "--yes"]).run().unwrap();
    assert_snapshot!("no-kubeconfig", output);
}

#[test]
fn a_plan_needs_neither_server_nor_kubeconfig() {
    let args =
        ["run", IMAGE, "--replicas", "3", "--port", "8080", "--probe-path", "/ready", "--expose", "LoadBalancer:80"];
    let client = ["--dry-run=client", "-o", "yaml"];
    let output = bare().env("HOME", "/nowhere").args(args).args(client).run().unwrap();
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{output}");
    let cluster = quicktour_testkit::cluster::shared();
    assert_snapshot!("plan-yaml", shown(&output.stdout, cluster));

    // A server that would hang is not asked: the kubeconfig is there for the namespace alone.
    let kubeconfig = tempfile::NamedTempFile::new().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.local_addr().unwrap();
    let text = format!(
        "current-context: x\ncontexts: [{{name: x, context: {{cluster: x, user: x, namespace: shop}}}}]\n\
         clusters: [{{name: x, cluster: {{server: 'http://{server}'}}}}]\nusers: [{{name: x, user: {{}}}}]\n"
    );
    std::fs::write(kubeconfig.path(), text).unwrap();
    let began = Instant::now();
    let output = bare().env("KUBECONFIG", kubeconfig.path()).args(args).args(["--dry-run=client"]).run().unwrap();
    assert_eq!(
        (output.code, output.stdout.as_str(), output.stderr.as_str()),
        (0, "deployment.apps/web created (dry run)\nservice/web created (dry run)\n", ""),
    );
    let output = bare().env("KUBECONFIG", kubeconfig.path()).args(args).args(client).run().unwrap();
    assert_eq!(output.stdout.matches("namespace: shop").count(), 2, "{output}");
    assert!(began.elapsed() < Duration::from_secs(20));
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "the server was asked");
}

#[test]
fn a_first_word_that_can_only_be_an_image_is_run() {
    let plain = bare().args(["run", IMAGE, "--dry-run=client"]).run().unwrap();
    let short = bare().args([IMAGE, "--dry-run=client"]).run().unwrap();
    assert_eq!((short.code, short.stdout), (0, plain.stdout));
}

#[test]
fn nobody_to_ask_and_no_verb_is_wrong_usage() {
    let output = alone(&[]);
    assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{output}");
    assert_snapshot!("nobody-to-ask", output.stderr);
}

#[test]
fn a_moving_tag_is_warned_of() {
    for image in ["registry.test/web", "registry.test/web:latest"] {
        let output = alone(&["run", image, "--dry-run=client"]);
        assert_eq!((output.code, output.stdout.as_str()), (0, "deployment.apps/web created (dry run)\n"), "{output}");
        assert!(output.stderr.starts_with("warning: ") && output.stderr.contains(image), "{output}");
    }
}
