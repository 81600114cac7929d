//! A control plane of its own, from empty to broken: no node, then a node that falls silent and a scheduler that is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use insta::assert_snapshot;
use quicktour_testkit::cluster::{Cluster, Component, Options};
use quicktour_testkit::wait::wait_for;

use crate::fake;
use crate::support::{health, objects, report, shown, text};

/// After how much silence the controller manager gives up on a node here.
const GRACE: Duration = Duration::from_secs(25);
/// `pending-grace` and a little more.
const PENDING: Duration = Duration::from_secs(124);

/// Its pods ask for the one node that does not take them.
const WEB: &str = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: NAME, namespace: default}, spec: {
    replicas: 2, selector: {matchLabels: {app: NAME}}, template: {metadata: {labels: {app: NAME}},
    spec: {nodeSelector: {kubernetes.io/hostname: reserved}, containers: [{name: web, image: registry.invalid/web:1}]}}}}";

#[test]
fn from_an_empty_cluster_to_a_broken_one() {
    let cluster = Cluster::start(&Options::new().node_monitor_grace(GRACE)).unwrap();

    // No node yet: that, and nothing else, also when pods wait for one.
    report(health(&cluster)).assert(1, "failing", &["no-nodes"]);
    assert_snapshot!("no-nodes", shown(&cluster, health(&cluster)));
    cluster.apply(&WEB.replace("NAME", "web")).unwrap();
    report(health(&cluster)).assert(1, "failing", &["no-nodes"]);

    // Two fake nodes: one is renewed and keeps ordinary pods out, the other falls silent with a pod on it.
    let mut reserved = fake::node("reserved");
    reserved["spec"]["taints"] = serde_json::json!([{"key": "team", "value": "db", "effect": "NoSchedule"}]);
    let heartbeat = Heartbeat::start(&cluster, "reserved");
    fake::add_node(&cluster, &reserved);
    cluster.apply(&fake::lease("silent", &fake::now()).to_string()).unwrap();
    let pod = fake::pod("default", "alone", "silent");
    fake::create(&cluster, &fake::node("silent"));
    fake::create(&cluster, &pod);
    wait_for("the controller manager to give up on the node", Duration::from_mins(1), || {
        let pod = cluster.get(&["pod", "alone"]).ok()?;
        (pod["status"]["conditions"][0]["status"] == "False").then_some(())
    })
    .unwrap();
    let early = report(health(&cluster).args(["--only", "node-not-ready,pod-not-ready"]));
    early.assert(1, "failing", &["node-not-ready", "  pod-not-ready"]);
    assert_eq!(objects(early.one("node-not-ready")), ["Node/silent"]);
    assert_eq!(objects(early.one("pod-not-ready")), ["Pod/alone"]);

    cluster.stop(Component::Scheduler).unwrap();
    cluster.apply(&WEB.replace("NAME", "later")).unwrap();
    thread::sleep(PENDING);

    let report = report(health(&cluster));
    let ids = [
        "no-schedulable-node",
        "  pod-unschedulable",
        "    workload-unavailable",
        "leader-lost",
        "  pod-not-scheduled",
        "    workload-unavailable",
        "node-not-ready",
        "  pod-not-ready",
    ];
    report.assert(1, "failing", &ids);
    assert!(text(&report.one("leader-lost")["title"]).contains("kube-scheduler"));
    assert_eq!(report.one("pod-not-scheduled")["count"], 2);
    assert_eq!(report.one("pod-unschedulable")["count"], 2);
    assert_snapshot!("broken", shown(&cluster, health(&cluster)));
    drop(heartbeat);
}

/// A kubelet's sign of life: its lease and its node's condition, renewed until dropped.
struct Heartbeat {
    ends: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Heartbeat {
    fn start(cluster: &Cluster, node: &'static str) -> Self {
        let cluster = Cluster::attach(&cluster.state_file()).unwrap();
        let ends = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&ends);
        let thread = thread::spawn(move || {
            while !end.load(Ordering::Relaxed) {
                // The next one comes soon.
                let _ = cluster.apply(&fake::lease(node, &fake::now()).to_string());
                thread::sleep(Duration::from_secs(2));
            }
        });
        Self { ends, thread: Some(thread) }
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
