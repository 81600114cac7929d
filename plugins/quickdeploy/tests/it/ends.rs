//! How a run ends: what a program reads last says so, and no exit code promises what nobody saw.

use quicktour_testkit::cli::Output;
use serde_json::Value;

use crate::support::{Desk, IMAGE, bare};

/// The last line, which is the report.
fn report(output: &Output) -> Value {
    let last = output.stdout.lines().last().unwrap_or_else(|| panic!("{output}"));
    let report: Value = serde_json::from_str(last).unwrap();
    assert_eq!(report["kind"], "RolloutReport", "{output}");
    report
}

#[test]
fn the_last_line_for_programs_has_the_exit_code_of_every_end() {
    let desk = Desk::new("ends");
    desk.fine(&["run", IMAGE, "--name", "web", "--replicas", "0", "--port", "8080", "--yes"]);
    let follow = ["--settle", "0s", "--timeout", "2s", "--output", "json"];
    for (code, args) in [
        (0, &["status", "web"][..]),
        // Complete, and then no controller gives the service an address.
        (4, &["run", IMAGE, "--name", "web", "--port", "8080", "--expose", "LoadBalancer:80", "--wait", "--yes"]),
        // There are no nodes here.
        (4, &["scale", "web", "--replicas", "1", "--wait", "--yes"]),
        (1, &["status", "nothing"]),
        // There is nobody to ask.
        (2, &["restart", "web", "--wait"]),
    ] {
        let output = desk.run(&[args, &follow].concat());
        assert_eq!((output.code, &report(&output)["exitCode"]), (code, &Value::from(code)), "{output}");
    }
}

#[test]
fn a_line_that_changes_nothing_sends_nothing() {
    let desk = Desk::new("nothing");
    let line = ["run", IMAGE, "--name", "web", "--port", "8080", "--expose", "--yes"];
    desk.fine(&line);
    let again = desk.unharmed(|| desk.fine(&line));
    assert_eq!(again, "deployment.apps/web unchanged\nservice/web unchanged\n");
}

#[test]
fn who_wants_to_see_traffic_learns_before_the_change_that_it_has_no_way() {
    let desk = Desk::new("traffic");
    desk.fine(&["run", IMAGE, "--name", "web", "--replicas", "0", "--port", "8080", "--yes"]);
    let output = desk.unharmed(|| desk.run(&["update", "web", "--env", "LEVEL=debug", "--probe", "--yes"]));
    assert_eq!(output.code, 1, "{output}");
    assert!(output.stderr.contains(&format!("-n {} expose deployment/web", desk.name())), "{output}");
}

#[test]
fn what_a_yes_did_not_know_of_is_no_yes() {
    let desk = Desk::new("yes");
    let server = &desk.cluster.server();
    let line = ["run", IMAGE, "--name", "web", "--server", server, "--protect", "^prod"];
    let output = desk.unharmed(|| desk.run(&[&line[..], &["--yes"]].concat()));
    assert_eq!(output.code, 2, "{output}");
    assert!(output.stderr.contains(&format!("--yes={server}")), "{output}");
    desk.fine(&[&line[..], &[&format!("--yes={server}")]].concat());
}

#[test]
fn what_would_be_ignored_is_refused() {
    for args in [
        &["run", IMAGE, "--pod", "--wait", "--yes"][..],
        &["cleanup", "--output", "json"],
        &["history", "web", "--output", "json"],
        &["status", "web", "--output", "yaml"],
    ] {
        let desk = Desk::new("ignored");
        let output = desk.unharmed(|| desk.run(args));
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{args:?}: {output}");
    }
    assert_eq!(bare().args(["cleanup", "--output", "json"]).run().unwrap().code, 2);
}

#[test]
fn commands_to_paste_reach_the_same_cluster() {
    let desk = Desk::new("paste");
    let context = desk.cluster.kubectl(&["config", "current-context"]).unwrap().success().unwrap();
    let output = desk.run(&["--context", context.trim(), "scale", "web", "--replicas", "2", "--yes"]);
    let command = format!("`kubectl --context={} --namespace {} get deployment`", context.trim(), desk.name());
    assert!(output.stderr.replace('\n', " ").contains(&command), "{output}");
}
