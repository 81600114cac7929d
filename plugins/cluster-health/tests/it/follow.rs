//! `--watch` and `--wait`, and runs that are interrupted.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use quicktour_testkit::cli::Cli;
use quicktour_testkit::cluster::{User, shared};

use crate::support::{bare, health, namespace, valid};
use crate::ways_to_fail::hanging_server;

fn start(cli: Cli) -> Child {
    cli.into_command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Ctrl-C.
fn interrupt(child: &Child) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
}

fn stderr(child: &mut Child) -> String {
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    text
}

/// A quota that is used up at once, or not at all.
fn quota(namespace: &str, hard: u32) -> String {
    format!(
        "{{apiVersion: v1, kind: ResourceQuota, metadata: {{name: maps, namespace: {namespace}}},
           spec: {{hard: {{count/configmaps: '{hard}'}}}}}}"
    )
}

/// A job that its controller fails after a second.
fn job(namespace: &str) -> String {
    format!(
        "{{apiVersion: batch/v1, kind: Job, metadata: {{name: migrate, namespace: {namespace}}},
           spec: {{activeDeadlineSeconds: 1, template: {{spec: {{restartPolicy: Never, nodeSelector: {{none: has}},
           containers: [{{name: a, image: registry.invalid/a:1}}]}}}}}}}}"
    )
}

#[test]
fn watching_writes_a_line_for_each_change_and_a_last_one_with_the_exit_code() {
    let namespace = namespace(shared(), "watched");
    let mut child = start(health(shared()).args(["-n", namespace.name(), "-o", "json", "--watch"]));
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut line = || valid(&lines.next().unwrap().unwrap());
    assert_eq!(line()["verdict"], "healthy");
    shared().apply(&quota(namespace.name(), 1)).unwrap();
    assert_eq!(line()["findings"][0]["id"], "quota-near-limit");
    interrupt(&child);
    let last = line();
    assert_eq!((last["exitCode"].as_u64(), last["findings"][0]["id"].as_str()), (Some(130), Some("quota-near-limit")));
    assert!(lines.next().is_none(), "the line with the exit code is the last");
    assert_eq!((child.wait().unwrap().code(), stderr(&mut child).as_str()), (Some(130), ""));
}

#[test]
fn watching_ends_when_nobody_reads_any_more() {
    let namespace = namespace(shared(), "unread");
    let mut child = start(health(shared()).args(["-n", namespace.name(), "-o", "json", "--watch"]));
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    valid(&lines.next().unwrap().unwrap());
    drop(lines);
    shared().apply(&quota(namespace.name(), 1)).unwrap();
    let started = Instant::now();
    let code = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        if started.elapsed() > Duration::from_secs(30) {
            child.kill().unwrap();
            panic!("it still runs");
        }
        thread::sleep(Duration::from_millis(50));
    };
    assert_eq!((code, stderr(&mut child).as_str()), (Some(0), ""));
}

#[test]
fn waiting_ends_when_the_verdict_is_reached() {
    let namespace = namespace(shared(), "waited");
    let cli = || health(shared()).args(["-n", namespace.name(), "-o", "json"]);
    shared().apply(&job(namespace.name())).unwrap();
    let degraded = || valid(&cli().run().unwrap().stdout)["verdict"] == "degraded";
    quicktour_testkit::wait::wait_for("the job", Duration::from_secs(30), || degraded().then_some(())).unwrap();

    // Degraded is good enough for this one, at once.
    let output = cli().arg("--wait=degraded").run().unwrap();
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{output}");

    let started = Instant::now();
    let child = start(cli().args(["--wait", "--timeout", "60s"]));
    thread::sleep(Duration::from_secs(2));
    shared().kubectl(&["-n", namespace.name(), "delete", "job", "migrate"]).unwrap().success().unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(started.elapsed() < Duration::from_secs(50), "{output:?}");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(valid(std::str::from_utf8(&output.stdout).unwrap())["verdict"], "healthy");
}

#[test]
fn waiting_stops_at_once_when_the_verdict_cannot_be_known() {
    let access = shared().kubeconfig_for(&User::named("nobody")).unwrap();
    let started = Instant::now();
    let output = bare().kubeconfig(&access.kubeconfig).args(["--wait", "-o", "json"]).run().unwrap();
    assert!(started.elapsed() < Duration::from_secs(30), "{output}");
    assert_eq!(output.code, 3, "{output}");
    let json = valid(&output.stdout);
    assert_eq!((json["verdict"].as_str(), json["exitCode"].as_u64()), (Some("unknown"), Some(3)));
}

#[test]
fn waiting_gives_up_when_the_time_is_over() {
    let namespace = namespace(shared(), "late");
    shared().apply(&job(namespace.name())).unwrap();
    let cli = || health(shared()).args(["-n", namespace.name()]);
    quicktour_testkit::wait::wait_for("the job", Duration::from_secs(30), || {
        cli().run().unwrap().stdout.contains("degraded").then_some(())
    })
    .unwrap();
    let output = cli().args(["--wait", "--timeout", "3s", "-o", "json"]).run().unwrap();
    assert_eq!(output.code, 4, "{output}");
    let json = valid(&output.stdout);
    assert_eq!((json["exitCode"].as_u64(), json["findings"][0]["id"].as_str()), (Some(4), Some("job-failed")));
    let shown = crate::support::shown(shared(), cli().args(["--wait", "--timeout", "3s"]));
    insta::assert_snapshot!("wait-timed-out", shown);
}

#[test]
fn an_interrupted_run_ends_with_130() {
    let mut child = start(health(shared()).args(["--server", &hanging_server()]));
    thread::sleep(Duration::from_secs(1));
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let mut stdout = String::new();
    child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    assert_eq!((stdout.as_str(), stderr(&mut child).as_str()), ("", ""));
}
