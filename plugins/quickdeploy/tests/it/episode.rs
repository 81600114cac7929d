//! The whole story on a node whose pods run, as one test: a pod, a port, five copies behind a service, ten, the next
//! version, back again, and nothing left. Needs root.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::Duration;

use quicktour_testkit::cli::Output;
use quicktour_testkit::node;
use quicktour_testkit::wait::wait_for;
use regex::Regex;
use rustix::process::{Pid, Signal, kill_process};

use crate::support::Desk;

/// A rollout of ten pods takes half a minute; ten times as much on a busy machine.
const LIMIT: Duration = Duration::from_mins(6);

fn run(desk: &Desk, args: &[&str]) -> Output {
    let output = desk.cli(args).args(["--timeout", "5m"]).limit(LIMIT).run().unwrap();
    assert_eq!(output.code, 0, "{args:?}: {output}");
    output
}

/// What a browser would get.
fn get(address: &str, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// How many requests were sent, of which none may be lost.
fn none_lost(output: &Output) -> u64 {
    let counted = Regex::new(r"(?m)^([0-9]+) requests, ([0-9]+) failed").unwrap();
    let found = counted.captures(&output.stdout).unwrap_or_else(|| panic!("{output}"));
    assert_eq!(&found[2], "0", "{output}");
    found[1].parse().unwrap()
}

fn images(desk: &Desk) -> Vec<String> {
    let pods = desk.get(&["pods", "-l", "app.kubernetes.io/name=web"]);
    let pods = pods["items"].as_array().unwrap().iter();
    let living = pods.filter(|pod| pod["metadata"].get("deletionTimestamp").is_none());
    living.map(|pod| pod["spec"]["containers"][0]["image"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_episode_from_beginning_to_end() {
    let Ok(()) = node::require_root() else { return };
    let desk = Desk::of(node::shared().cluster(), "episode");
    let before = desk.objects();

    // A pod, reached from here.
    let made = desk.fine(&["run", node::WEB, "--name", "kuard", "--pod", "--port", "8080", "--yes"]);
    assert_eq!(made, "pod/kuard created\n");
    desk.kubectl(&["wait", "--for=condition=Ready", "pod/kuard", "--timeout=120s"]);
    let mut command = desk.cli(&["port-forward", "pod/kuard", ":8080"]).into_command();
    let mut forward = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let mut said = BufReader::new(forward.stdout.take().unwrap());
    said.read_line(&mut line).unwrap();
    let address =
        line.split("http://").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_else(|| panic!("{line}"));
    for path in ["/healthy", "/env/api", "/healthy"] {
        let answer = get(address, path).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    kill_process(Pid::from_raw(i32::try_from(forward.id()).unwrap()).unwrap(), Signal::INT).unwrap();
    let ended = forward.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130), "{}", String::from_utf8_lossy(&ended.stderr));
    assert!(get(address, "/healthy").is_err());
    run(&desk, &["cleanup", "--yes"]);
    assert!(!desk.exists("pod/kuard"));

    // Five copies behind a service, followed until they answer.
    let line = [
        "run",
        node::WEB,
        "--replicas",
        "5",
        "--port",
        "8080",
        "--probe-path",
        "/ready",
        "--requests",
        "cpu=10m,memory=16Mi",
        "--expose",
        "--settle",
        "3s",
        "--wait",
        "--yes",
    ];
    let output = run(&desk, &line);
    assert!(output.stdout.starts_with("deployment.apps/web created\nservice/web created\n"), "{output}");
    assert!(output.stdout.contains("the service `web` answers via the API server with status 200"), "{output}");
    assert_eq!(desk.get(&["deployment/web"])["status"]["availableReplicas"], 5);
    assert_eq!(run(&desk, &["status", "web", "--settle", "0s"]).code, 0);

    // Ten.
    let output = run(&desk, &["scale", "web", "--replicas", "10", "--settle", "3s", "--wait", "--yes"]);
    assert!(output.stdout.starts_with("deployment.apps/web scaled\n"), "{output}");
    assert_eq!(desk.get(&["deployment/web"])["status"]["availableReplicas"], 10);

    // The next version, and back: nothing is lost on the way.
    let traffic = ["--probe", "--path", "/env/api", "--rate", "20", "--settle", "3s", "--wait", "--yes"];
    let output = run(&desk, &[&["update", "web", "--image", node::WEB_V2][..], &traffic].concat());
    let updated = none_lost(&output);
    assert!(images(&desk).iter().all(|image| image == node::WEB_V2), "{output}");
    let output = run(&desk, &[&["undo", "web"][..], &traffic].concat());
    let undone = none_lost(&output);
    assert!(images(&desk).iter().all(|image| image == node::WEB), "{output}");
    assert!(updated > 100 && undone > 100, "{updated} and {undone} requests");

    // Who answers, without any change.
    let output = desk.cli(&["probe", "web", "--path", "/env/api", "--duration", "3s", "--rate", "20"]).run().unwrap();
    assert_eq!(output.code, 0, "{output}");
    assert!(none_lost(&output) >= 10, "{output}");
    assert!(
        Regex::new(r"(?m)^`web-[0-9a-z]+-[0-9a-z]{5}` answered [0-9]+$").unwrap().is_match(&output.stdout),
        "{output}"
    );

    // A version that cannot be had is known as such, and the way back is said.
    let output = desk
        .cli(&["update", "web", "--image", node::MISSING, "--wait", "--timeout", "4m", "--yes"])
        .limit(LIMIT)
        .run()
        .unwrap();
    assert_eq!(output.code, 1, "{output}");
    assert!(output.stderr.contains("undo deployment/web"), "{output}");
    run(&desk, &["undo", "web", "--settle", "0s", "--wait", "--yes"]);

    // Nothing is left.
    run(&desk, &["cleanup", "--yes"]);
    wait_for("the namespace to be as it was", Duration::from_mins(2), || (desk.objects() == before).then_some(()))
        .unwrap();
    assert_eq!(desk.ledger(), [""; 0]);
}
