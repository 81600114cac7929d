//! How nodes start, go silent and end: nothing of them is left behind, however their test ends.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails it")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use quicktour_testkit::cluster::{Cluster, Options};
use quicktour_testkit::node::{self, Node, NodeOptions};
use quicktour_testkit::wait::wait_for;
use serde::{Deserialize, Serialize};

/// Ten times what a start takes on two idle cores.
const CEILING: Duration = Duration::from_secs(40);
/// How long a killed test's processes and control groups may remain.
const SOON: Duration = Duration::from_secs(10);

/// What could be left of a node.
#[derive(Debug, Serialize, Deserialize)]
struct Traces {
    cluster: PathBuf,
    link: String,
    containers: Vec<String>,
}

impl Traces {
    fn of(node: &Node<'_>) -> Self {
        let plugin = node.dir().join("containerd/io.containerd.grpc.v1.cri");
        let entries = ["sandboxes", "containers"].into_iter().flat_map(|kind| fs::read_dir(plugin.join(kind)).unwrap());
        let containers = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        Self { cluster: node.cluster().dir().to_owned(), link: node.link(), containers }
    }

    /// Everything that is left, in words; the folder too.
    fn left(&self) -> Vec<String> {
        let cluster = self.cluster.to_str().unwrap();
        let ours = |text: &str| text.contains(cluster) || self.containers.iter().any(|id| text.contains(id));
        let mut left = processes();
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        left.extend(mounts.lines().map(str::to_owned));
        left.extend(control_groups(Path::new("/sys/fs/cgroup")));
        left.retain(|trace| ours(trace));
        // The name may belong to another node by now.
        let owner = fs::read_to_string(Path::new("/sys/class/net").join(&self.link).join("ifalias"));
        left.extend(owner.is_ok_and(|owner| ours(&owner)).then(|| self.link.clone()));
        left.extend(self.cluster.exists().then(|| cluster.to_owned()));
        left
    }
}

/// The command lines of all processes but this one and its like.
fn processes() -> Vec<String> {
    let lines = fs::read_dir("/proc").unwrap().filter_map(|entry| fs::read(entry.ok()?.path().join("cmdline")).ok());
    lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " ")).collect()
}

fn control_groups(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let folders = entries.filter_map(Result::ok).filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders
        .flat_map(|entry| {
            let mut groups = control_groups(&entry.path());
            groups.push(entry.path().display().to_string());
            groups
        })
        .collect()
}

/// A node with a pod that runs.
fn busy_node(cluster: &Cluster) -> Node<'_> {
    let node = cluster.start_node(&NodeOptions::new().kubelet("maxPods: 7")).unwrap();
    let image = format!("--image={}", node::WEB);
    cluster.kubectl(&["create", "deployment", "web", &image]).unwrap().success().unwrap();
    cluster.kubectl(&["rollout", "status", "deployment/web", "--timeout=120s"]).unwrap().success().unwrap();
    node
}

/// A test process that has started a node and waits to be killed.
struct Victim {
    process: Child,
    supervisor: rustix::process::Pid,
    traces: Traces,
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
        let (supervisor, traces): (i32, Traces) = serde_json::from_str(&line).unwrap();
        assert!(traces.left().len() > 3, "{:?}", traces.left());
        Self { process, supervisor: rustix::process::Pid::from_raw(supervisor).unwrap(), traces }
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
#[ignore = "not a test: the process that the tests below kill"]
fn victim() {
    let cluster = Cluster::start(&Options::new()).unwrap();
    let node = busy_node(&cluster);
    let facts = (cluster.supervisor_pid().unwrap(), Traces::of(&node));
    println!("victim: {}", serde_json::to_string(&facts).unwrap());
    std::thread::sleep(Duration::from_mins(10));
}

#[test]
fn a_killed_test_leaves_nothing() {
    let Ok(()) = node::require_root() else { return };
    let mut victim = Victim::start();
    victim.process.kill().unwrap();
    let gone = wait_for("the node's end", SOON, || victim.traces.left().is_empty().then_some(()));
    gone.unwrap_or_else(|error| panic!("{error}: {:#?}", victim.traces.left()));
}

#[test]
fn what_a_killed_supervisor_leaves_goes_with_the_next_start() {
    let Ok(()) = node::require_root() else { return };
    let victim = Victim::start();
    rustix::process::kill_process(victim.supervisor, rustix::process::Signal::KILL).unwrap();
    wait_for("the processes' end", SOON, || {
        let cluster = victim.traces.cluster.to_str().unwrap();
        (!processes().iter().any(|process| process.contains(cluster))).then_some(())
    })
    .unwrap();
    assert!(victim.traces.left().contains(&victim.traces.link), "{:#?}", victim.traces.left());
    drop(Cluster::start(&Options::new()).unwrap());
    assert_eq!(victim.traces.left(), Vec::<String>::new());
}

#[test]
fn a_node_becomes_ready_goes_silent_and_comes_back() {
    let Ok(()) = node::require_root() else { return };
    let cluster = Cluster::start(&node::cluster_options()).unwrap();
    let start = Instant::now();
    let node = busy_node(&cluster);
    println!("a node and its first pod ready in {:.1} s", start.elapsed().as_secs_f64());
    assert!(start.elapsed() < CEILING, "{:?}", start.elapsed());
    let object = cluster.get(&["node", node.name()]).unwrap();
    assert_eq!(object["status"]["allocatable"]["pods"], "7");

    node.stop_kubelet().unwrap();
    let stopped = Instant::now();
    node.wait_until_not_ready().unwrap();
    println!("not ready {:.1} s after the kubelet's end", stopped.elapsed().as_secs_f64());
    let object = cluster.get(&["node", node.name()]).unwrap();
    let conditions = object["status"]["conditions"].as_array().unwrap();
    let ready = conditions.iter().find(|condition| condition["type"] == "Ready").unwrap();
    assert_eq!((ready["status"].as_str(), ready["reason"].as_str()), (Some("Unknown"), Some("NodeStatusUnknown")));
    node.start_kubelet().unwrap();

    let traces = Traces::of(&node);
    assert!(traces.containers.len() >= 2, "{traces:?}");
    drop(cluster);
    assert_eq!(traces.left(), Vec::<String>::new());
}

#[test]
fn one_cluster_may_have_two_nodes() {
    let Ok(()) = node::require_root() else { return };
    let cluster = Cluster::start(&Options::new()).unwrap();
    let nodes = ["left", "right"].map(|name| cluster.start_node(&NodeOptions::new().name(name)).unwrap());
    for node in &nodes {
        let name = node.name();
        let (image, spec) = (format!("--image={}", node::WEB), format!(r#"{{"spec": {{"nodeName": "{name}"}}}}"#));
        cluster.kubectl(&["run", name, &image, "--overrides", &spec]).unwrap().success().unwrap();
    }
    for node in &nodes {
        let name = node.name();
        let pod = format!("pod/{name}");
        cluster.kubectl(&["wait", "--for=condition=Ready", "--timeout=120s", &pod]).unwrap().success().unwrap();
        let path = format!("/api/v1/namespaces/default/pods/{name}:8080/proxy/");
        let answer = cluster.kubectl(&["get", "--raw", &path]).unwrap().success().unwrap();
        assert_eq!(answer.trim(), format!("v1 {name}"));
    }
    let traces = nodes.each_ref().map(Traces::of);
    drop(cluster);
    assert_eq!(traces.map(|traces| traces.left()), [Vec::<String>::new(), Vec::new()]);
}

#[test]
fn a_kubelet_that_does_not_start_says_why() {
    let Ok(()) = node::require_root() else { return };
    let cluster = Cluster::start(&Options::new()).unwrap();
    let start = Instant::now();
    let error = cluster.start_node(&NodeOptions::new().kubelet("maxPods: none")).unwrap_err();
    let error = format!("{error:#}");
    assert!(error.contains("kubelet ended (exit status 1)") && error.contains("maxPods"), "{error}");
    assert!(start.elapsed() < CEILING, "{:?}", start.elapsed());
}
