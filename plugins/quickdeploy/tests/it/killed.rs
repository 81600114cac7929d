//! Killed or interrupted in the middle: what was made is known, and cleaned up by whoever comes next.

use std::io::{PipeReader, PipeWriter, Write as _, pipe};
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use quicktour_testkit::wait::wait_for;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::{Desk, IMAGE, PATIENCE};

const RUN: [&str; 9] = ["run", IMAGE, "--replicas", "2", "--port", "8080", "--expose", "--wait", "--yes"];
/// What a pipe holds on Linux before its writer has to wait.
const PIPE: usize = 65_536;

/// A pipe that takes nothing more: a program stands still at its first word.
fn full() -> (PipeReader, PipeWriter) {
    let (reader, mut writer) = pipe().unwrap();
    writer.write_all(&vec![b'\n'; PIPE]).unwrap();
    (reader, writer)
}

fn start(desk: &Desk, stdout: impl Into<Stdio>, stderr: impl Into<Stdio>) -> Child {
    desk.cli(&RUN).into_command().stdout(stdout).stderr(stderr).spawn().unwrap()
}

fn kill(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// What bears a run's label, and what the ledger names, as `Kind/name`.
fn made_and_known(desk: &Desk) -> (Vec<String>, Vec<String>) {
    let list = desk.get(&["deployments,services", "-l", "quicktour/run"]);
    let made = list["items"].as_array().unwrap().iter();
    let made = made.map(|object| named(&object["kind"], &object["metadata"]["name"])).collect();
    let mut known = Vec::new();
    for file in desk.ledger() {
        let text = std::fs::read(desk.state().join("quicktour/ledger").join(&file)).unwrap();
        if is_run(&file) {
            let run: Value = serde_json::from_slice(&text).unwrap();
            known.extend(run["objects"].as_array().unwrap().iter().map(|entry| named(&entry["kind"], &entry["name"])));
        }
    }
    (made, known)
}

/// A draft that a killed process left is no run, and names nothing.
fn is_run(file: &str) -> bool {
    Path::new(file).extension().is_some_and(|extension| extension == "json")
}

fn named(kind: &Value, name: &Value) -> String {
    format!("{}/{}", kind.as_str().unwrap(), name.as_str().unwrap())
}

/// Whatever was made is known; a cleanup from elsewhere leaves neither objects nor a file.
fn clean_up(desk: &Desk) {
    let (made, known) = made_and_known(desk);
    assert!(made.iter().all(|made| known.contains(made)), "made {made:?}, known {known:?}");
    let output = desk.cli(&["cleanup", "--yes"]).dir("/").run().unwrap();
    assert_eq!(output.code, 0, "{output}");
    assert_eq!(made_and_known(desk), (Vec::new(), Vec::new()));
    let left: Vec<String> = desk.ledger().into_iter().filter(|file| is_run(file)).collect();
    assert_eq!(left, [""; 0]);
}

#[test]
fn killed_before_the_first_write() {
    let desk = Desk::new("before");
    // The preview is told before anything is written: there it stands still.
    let (_reader, writer) = full();
    let mark = desk.mark();
    let mut child = start(&desk, Stdio::null(), writer);
    wait_for("its preview", PATIENCE, || (!desk.writes_since(mark).is_empty()).then_some(())).unwrap();
    thread::sleep(Duration::from_secs(1));
    kill(&mut child);
    crate::support::assert_only_dry_runs(&desk.writes_since(mark));
    assert_eq!(made_and_known(&desk), (Vec::new(), Vec::new()));
    clean_up(&desk);
}

#[test]
fn killed_between_two_writes() {
    let desk = Desk::new("between");
    // Each write is told once it is done: at the first it stands still.
    let (_reader, writer) = full();
    let mut child = start(&desk, writer, Stdio::null());
    wait_for("the Deployment", PATIENCE, || desk.exists("deployment/web").then_some(())).unwrap();
    thread::sleep(Duration::from_secs(1));
    kill(&mut child);
    let (made, known) = made_and_known(&desk);
    assert_eq!((made, known), (vec!["Deployment/web".to_owned()], vec!["Deployment/web".to_owned()]));
    clean_up(&desk);
}

#[test]
fn killed_while_it_waits() {
    let desk = Desk::new("waits");
    let mut child = start(&desk, Stdio::null(), Stdio::null());
    wait_for("the service", PATIENCE, || desk.exists("service/web").then_some(())).unwrap();
    thread::sleep(Duration::from_secs(1));
    // No node runs its pods, so it is still waiting.
    assert_eq!(child.try_wait().unwrap(), None);
    kill(&mut child);
    clean_up(&desk);
}

#[test]
fn killed_at_any_moment() {
    let desk = Desk::new("moments");
    // How long it takes until it waits.
    let began = Instant::now();
    let mut child = start(&desk, Stdio::null(), Stdio::null());
    wait_for("the service", PATIENCE, || desk.exists("service/web").then_some(())).unwrap();
    let whole = began.elapsed();
    kill(&mut child);
    clean_up(&desk);
    let mut seen = std::collections::BTreeSet::new();
    for moment in 0..20 {
        let mut child = start(&desk, Stdio::null(), Stdio::null());
        thread::sleep(whole * moment / 18);
        kill(&mut child);
        // A request that was on its way may still arrive.
        thread::sleep(Duration::from_millis(300));
        seen.insert(made_and_known(&desk).0.len());
        clean_up(&desk);
    }
    assert!(seen.len() > 1, "each time it was killed with as many objects made: {seen:?}");
}

#[test]
fn a_run_that_was_killed_goes_on_where_it_stopped() {
    let desk = Desk::new("goes-on");
    let (_reader, writer) = full();
    let mut child = start(&desk, writer, Stdio::null());
    wait_for("the Deployment", PATIENCE, || desk.exists("deployment/web").then_some(())).unwrap();
    kill(&mut child);
    let again: Vec<&str> = RUN.into_iter().filter(|word| *word != "--wait").collect();
    assert_eq!(desk.fine(&again), "deployment.apps/web unchanged\nservice/web created\n");
    assert_eq!(desk.ledger().len(), 1);
    clean_up(&desk);
}

#[test]
fn a_cleanup_that_was_killed_is_done_again() {
    let desk = Desk::new("again");
    let line: Vec<&str> = RUN.into_iter().filter(|word| *word != "--wait").collect();
    desk.fine(&line);
    let hold = "{\"metadata\":{\"finalizers\":[\"example.com/hold\"]}}";
    desk.kubectl(&["patch", "service", "web", "--type=merge", "-p", hold]);
    let mut command = desk.cli(&["cleanup", "--yes"]).into_command();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_for("the service to be going", PATIENCE, || {
        desk.get(&["service/web"])["metadata"]["deletionTimestamp"].is_string().then_some(())
    })
    .unwrap();
    kill(&mut child);
    desk.kubectl(&["patch", "service", "web", "--type=merge", "-p", "{\"metadata\":{\"finalizers\":null}}"]);
    clean_up(&desk);
}

#[test]
fn an_interruption_ends_with_130_and_says_how_to_go_on() {
    let desk = Desk::new("interrupted");
    for signal in [Signal::INT, Signal::TERM] {
        let child = start(&desk, Stdio::piped(), Stdio::piped());
        wait_for("the service", PATIENCE, || desk.exists("service/web").then_some(())).unwrap();
        thread::sleep(Duration::from_secs(2));
        let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
        let output = quicktour_testkit::cli::Output::from(child.wait_with_output().unwrap());
        // A terminated process may end by the signal itself.
        if signal == Signal::TERM && output.code != 130 {
            assert_eq!(output.code, -1, "{output}");
        } else {
            assert_eq!(output.code, 130, "{output}");
            let ourselves = format!("kubectl quickdeploy -n {}", desk.name());
            let ends = format!(
                "follow it with `{ourselves} status deployment/web`\n\
                 interrupted: `deployment/web` and `service/web` stay as they were written\n\
                 delete what was made with `{ourselves} cleanup`\n"
            );
            assert!(output.stderr.ends_with(&ends), "{output}");
        }
        clean_up(&desk);
    }
}

#[test]
fn an_interrupted_update_can_be_undone() {
    let desk = Desk::new("interrupted");
    desk.fine(&["run", IMAGE, "--yes"]);
    desk.until_settled("web");
    let line = ["update", "web", "--image", "registry.test/web:v2", "--wait", "--yes"];
    let mut command = desk.cli(&line).into_command();
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for("the update", PATIENCE, || (desk.get(&["deployment/web"])["metadata"]["generation"] == 2).then_some(()))
        .unwrap();
    thread::sleep(Duration::from_secs(2));
    kill_process(Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap(), Signal::INT).unwrap();
    let output = quicktour_testkit::cli::Output::from(child.wait_with_output().unwrap());
    assert_eq!(output.code, 130, "{output}");
    let ourselves = format!("kubectl quickdeploy -n {}", desk.name());
    let ends = format!(
        "follow it with `{ourselves} status deployment/web`\n\
         interrupted: `deployment/web` stays as it was written\n\
         go back with `{ourselves} undo deployment/web`\n"
    );
    assert!(output.stderr.ends_with(&ends), "{output}");
}
