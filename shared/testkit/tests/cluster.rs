//! The harness proves itself: what it starts works, says why it does not, and leaves nothing behind.

use std::time::{Duration, Instant};

use quicktour_testkit::cluster::{Cluster, Component, Options, User, shared};

/// What a test may expect of a start (it takes about five seconds on two idle cores).
const CEILING: Duration = Duration::from_secs(15);

#[test]
fn starts_in_time_and_clean() {
    quicktour_testkit::binaries::ensure().unwrap();
    let start = Instant::now();
    let cluster = Cluster::start(&Options::new()).unwrap();
    let took = start.elapsed();
    let nodes = cluster.get(&["nodes"]).unwrap();
    assert_eq!(nodes["items"], serde_json::json!([]));
    let pods = cluster.get(&["pods", "--all-namespaces"]).unwrap();
    assert_eq!(pods["items"], serde_json::json!([]));
    assert!(took < CEILING, "the start took {took:?}");
    println!("started in {took:?}");
}

#[test]
fn a_viewer_reads_pods_but_no_secrets() {
    let cluster = shared();
    let viewer = cluster.kubeconfig_of_viewer();
    assert_eq!(cluster.kubectl_as(&viewer, &["get", "pods", "-A"]).unwrap().code, 0);
    let denied = cluster.kubectl_as(&viewer, &["get", "secrets", "-A"]).unwrap();
    assert_eq!(denied.code, 1);
    assert!(denied.stderr.contains(r#"User "viewer" cannot list resource "secrets""#), "{}", denied.stderr);
}

#[test]
fn the_audit_log_shows_what_one_user_asked() {
    let cluster = shared();
    let namespace = cluster.namespace("audit").unwrap();
    let user = User::named("auditor").may_in(namespace.name(), &["list", "create"], &[""], &["configmaps"]);
    let access = cluster.kubeconfig_for(&user).unwrap();
    let mark = cluster.audit().mark().unwrap();
    let args = ["create", "configmap", "seen", "--from-literal=a=b", "-n", namespace.name()];
    cluster.kubectl_as(&access.kubeconfig, &args).unwrap().success().unwrap();
    let list = cluster.kubectl_as(&access.kubeconfig, &["get", "secrets", "-n", namespace.name()]).unwrap();
    assert_eq!(list.code, 1);
    let events = cluster.audit().since(mark).unwrap();
    let mine: Vec<_> = events.iter().filter(|event| event.user == access.user && event.object.is_some()).collect();
    let seen: Vec<_> = mine.iter().map(|event| (event.verb.as_str(), event.code, event.is_write())).collect();
    assert_eq!(seen, [("create", 201, true), ("list", 403, false)], "{mine:#?}");
    assert_eq!(mine[0].request.as_ref().unwrap()["data"]["a"], "b");
}

#[test]
fn a_component_that_does_not_start_shows_its_log() {
    let options = Options::new().arg(Component::Scheduler, "--no-such-flag");
    let error = format!("{:#}", Cluster::start(&options).unwrap_err());
    assert!(error.contains("kube-scheduler ended (exit status 1)"), "{error}");
    assert!(error.contains("unknown flag: --no-such-flag"), "{error}");
}
