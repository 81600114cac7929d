//! How test clusters end: with their test, however that ends, and each on its own.
#![expect(clippy::unwrap_used, reason = "the helpers of a test fail like a test")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use quicktour_testkit::cluster::{Cluster, Component, Options};
use quicktour_testkit::wait::wait_for;

/// How long a killed test's processes may remain: the supervisor looks every 50 ms, the kernel kills at once.
const SOON: Duration = Duration::from_secs(5);

/// A test process that has started a cluster and waits to be killed.
struct Victim {
    process: Child,
    supervisor: i32,
    components: Vec<i32>,
    dir: PathBuf,
}

impl Victim {
    fn start() -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "victim", "--ignored", "--nocapture"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let line = lines.find_map(|line| line.split_once("victim: ").map(|(_, rest)| rest.to_owned())).unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        let components = words[2..].iter().map(|pid| pid.parse().unwrap()).collect();
        Self { process, supervisor: words[1].parse().unwrap(), components, dir: words[0].into() }
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[test]
#[ignore = "not a test: the process that the tests below kill"]
fn victim() {
    let cluster = Cluster::start(&Options::new()).unwrap();
    let pids: Vec<String> = cluster.processes().unwrap().iter().map(|process| process.pid.to_string()).collect();
    println!("victim: {} {} {}", cluster.dir().display(), cluster.supervisor_pid().unwrap(), pids.join(" "));
    std::thread::sleep(Duration::from_mins(10));
}

/// Whether the process runs; one that has ended and whose parent has not looked yet does not.
fn runs(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
}

fn all_gone(pids: &[i32]) -> Option<()> {
    (!pids.iter().any(|pid| runs(*pid))).then_some(())
}

#[test]
fn a_killed_test_leaves_no_process_and_no_folder() {
    let mut victim = Victim::start();
    assert_eq!(victim.components.len(), Component::ALL.len());
    assert!(victim.components.iter().all(|pid| runs(*pid)), "{:?}", victim.components);
    victim.kill();
    wait_for("the components to end", SOON, || all_gone(&victim.components)).unwrap();
    wait_for("the supervisor to end", SOON, || all_gone(&[victim.supervisor])).unwrap();
    assert!(!victim.dir.exists(), "{} is still there", victim.dir.display());
}

#[test]
fn a_killed_supervisor_leaves_no_process_and_the_next_start_removes_its_folder() {
    let mut victim = Victim::start();
    let supervisor = rustix::process::Pid::from_raw(victim.supervisor).unwrap();
    rustix::process::kill_process(supervisor, rustix::process::Signal::KILL).unwrap();
    let gone = wait_for("the components to end", SOON, || all_gone(&victim.components));
    victim.kill();
    gone.unwrap();
    assert!(victim.dir.exists());
    drop(Cluster::start(&Options::new()).unwrap());
    assert!(!victim.dir.exists(), "{} is still there", victim.dir.display());
}

#[test]
fn two_clusters_at_once_know_nothing_of_each_other() {
    let clusters = std::thread::scope(|scope| {
        [(); 2].map(|()| scope.spawn(|| Cluster::start(&Options::new()).unwrap())).map(|start| start.join().unwrap())
    });
    let [one, two] = &clusters;
    assert_ne!(one.server(), two.server());
    let namespace = one.namespace("only-in-one").unwrap();
    assert_eq!(two.kubectl(&["get", "namespace", namespace.name()]).unwrap().code, 1);
    // One's administrator is nobody for the other.
    let kubeconfig = fs::read_to_string(one.kubeconfig()).unwrap();
    let token = kubeconfig.lines().find_map(|line| line.trim().strip_prefix("token: ")).unwrap();
    let path = two.kubeconfig_with_token(token).unwrap();
    let refused = two.kubectl_as(&path, &["get", "namespaces"]).unwrap();
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("You must be logged in to the server"), "{refused:?}");
}

#[test]
fn a_dropped_cluster_is_gone_and_a_kept_folder_stays() {
    let cluster = Cluster::start(&Options::new().without(Component::ControllerManager).keep()).unwrap();
    let pids: Vec<i32> = cluster.processes().unwrap().iter().map(|process| process.pid).collect();
    let dir = cluster.dir().to_owned();
    drop(cluster);
    assert_eq!(all_gone(&pids), Some(()));
    let log = fs::read_to_string(dir.join("kube-apiserver.log")).unwrap();
    fs::remove_dir_all(&dir).unwrap();
    assert!(log.contains("Serving securely"), "{log}");
    assert_eq!(pids.len(), Component::ALL.len() - 1);
}

#[test]
fn components_pause_stop_and_come_back() {
    let cluster = Cluster::start(&Options::new()).unwrap();
    let state = |component: Component| {
        let processes = cluster.processes().unwrap();
        let process = processes.iter().rev().find(|process| process.name == component.program()).unwrap();
        (process.clone(), fs::read_to_string(format!("/proc/{}/stat", process.pid)).unwrap_or_default())
    };
    cluster.pause(Component::Scheduler).unwrap();
    wait_for("a paused scheduler", SOON, || state(Component::Scheduler).1.contains(") T ").then_some(())).unwrap();
    cluster.resume(Component::Scheduler).unwrap();
    wait_for("a running scheduler", SOON, || (!state(Component::Scheduler).1.contains(") T ")).then_some(())).unwrap();

    cluster.stop(Component::Etcd).unwrap();
    // It waits for its clients to go, who do not, and is then killed.
    assert!(state(Component::Etcd).0.ended.is_some());
    let broken = cluster.kubectl(&["get", "--raw=/readyz/etcd", "--request-timeout=3s"]).unwrap();
    assert_eq!(broken.code, 1, "{broken:?}");
    cluster.restart(Component::Etcd).unwrap();
    wait_for("the apiserver to find etcd again", Duration::from_secs(30), || {
        (cluster.kubectl(&["get", "--raw=/readyz/etcd", "--request-timeout=3s"]).unwrap().code == 0).then_some(())
    })
    .unwrap();
    assert_eq!(cluster.restart(Component::Etcd).unwrap_err().to_string(), "`etcd` is running already");
}

/// The one test that hides Go from a process: it runs this binary again, with an empty cache and no PATH.
#[test]
fn without_go_and_without_a_build_the_error_says_what_to_install() {
    let cache = tempfile::tempdir().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "asks_for_the_programs", "--ignored", "--nocapture"])
        .env("PATH", cache.path())
        .env("XDG_CACHE_HOME", cache.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("there is no `go` in PATH"), "{said}");
    assert!(said.contains("hint: install Go 1.26.0 or newer"), "{said}");
    assert!(is_empty(cache.path()));
}

#[test]
#[ignore = "not a test: the process of the test above"]
fn asks_for_the_programs() {
    match quicktour_testkit::binaries::ensure() {
        Ok(binaries) => println!("there are programs in {}", binaries.dir().display()),
        Err(error) => println!("{error:#}"),
    }
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}
