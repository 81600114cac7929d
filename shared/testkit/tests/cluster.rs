//! The harness proves itself: what it starts works, says why it does not, and leaves nothing behind.

use std::time::{Duration, Instant};

use quicktour_testkit::cluster::{Cluster, Component, Options, User, shared, unique};
use quicktour_testkit::wait::wait_for;
use rcgen::{CertificateParams, DnType, KeyPair};
use serde_json::json;

/// Ten times what a start takes on two idle cores; `cargo xtask bench start` holds it to 15 s.
const CEILING: Duration = Duration::from_secs(50);

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

#[test]
fn a_user_may_what_the_rules_say_and_no_more() {
    let cluster = shared();
    let (inside, outside) = (cluster.namespace("inside").unwrap(), cluster.namespace("outside").unwrap());
    let user = User::named("reader")
        .may_in(inside.name(), &["list"], &["apps"], &["deployments"])
        .may(&["list"], &[""], &["nodes"])
        .may_get_paths(&["/readyz", "/readyz/*"]);
    let access = cluster.kubeconfig_for(&user).unwrap();
    let code = |args: &[&str]| cluster.kubectl_as(&access.kubeconfig, args).unwrap().code;
    assert_eq!(code(&["get", "deployments", "-n", inside.name()]), 0);
    assert_eq!(code(&["get", "deployments", "-n", outside.name()]), 1);
    assert_eq!(code(&["get", "nodes"]), 0);
    assert_eq!(code(&["get", "--raw=/readyz/etcd"]), 0);
    assert_eq!(code(&["get", "--raw=/metrics"]), 1);
}

#[test]
fn a_wrong_token_is_nobody() {
    let cluster = shared();
    let kubeconfig = cluster.kubeconfig_with_token("wrong").unwrap();
    let refused = cluster.kubectl_as(&kubeconfig, &["get", "pods"]).unwrap();
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("You must be logged in to the server"), "{}", refused.stderr);
}

#[test]
fn an_aggregated_api_without_a_server_is_unavailable() {
    let cluster = Cluster::start(&Options::new()).unwrap();
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "nobody", "namespace": "default"},
        "spec": {"ports": [{"port": 443}]},
    });
    let api = json!({
        "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": "v1.gone.example.com"},
        "spec": {
            "group": "gone.example.com", "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 100,
            "insecureSkipTLSVerify": true, "service": {"name": "nobody", "namespace": "default"},
        },
    });
    cluster.apply(&service.to_string()).unwrap();
    cluster.apply(&api.to_string()).unwrap();
    let reason = wait_for("a verdict on the API", Duration::from_secs(30), || {
        let api = cluster.get(&["apiservice", "v1.gone.example.com"]).unwrap();
        let condition = api["status"]["conditions"].as_array()?.first()?.clone();
        (condition["status"] == "False").then(|| condition["reason"].clone())
    });
    assert_eq!(reason.unwrap(), "EndpointsNotFound");
}

#[test]
fn a_signing_request_that_is_approved_is_signed() {
    let cluster = shared();
    let name = unique("csr");
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "somebody");
    let request = params.serialize_request(&KeyPair::generate().unwrap()).unwrap().pem().unwrap();
    let object = json!({
        "apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest", "metadata": {"name": name},
        "spec": {
            "signerName": "kubernetes.io/kube-apiserver-client", "usages": ["client auth"],
            "request": base64::Engine::encode(&base64::engine::general_purpose::STANDARD, request),
        },
    });
    cluster.apply(&object.to_string()).unwrap();
    cluster.kubectl(&["certificate", "approve", &name]).unwrap().success().unwrap();
    let signed = wait_for("the certificate", Duration::from_secs(20), || {
        let object = cluster.get(&["csr", &name]).unwrap();
        object["status"]["certificate"].as_str().map(str::to_owned)
    });
    signed.unwrap();
}

#[test]
fn another_process_can_use_the_cluster_but_not_after_its_end() {
    let cluster = Cluster::start(&Options::new().without(Component::Scheduler)).unwrap();
    let other = Cluster::attach(&cluster.state_file()).unwrap();
    assert_eq!(other.server(), cluster.server());
    assert_eq!(other.kubectl(&["get", "--raw=/readyz"]).unwrap().stdout, "ok");
    let metrics = other.etcd_metrics_url();
    let address = metrics.strip_prefix("http://").unwrap();
    assert!(std::net::TcpStream::connect(address).is_ok(), "{metrics}");
    // Dropping a guest ends nothing.
    let state = other.state_file();
    drop(other);
    assert_eq!(cluster.kubectl(&["get", "--raw=/readyz"]).unwrap().stdout, "ok");
    drop(cluster);
    let error = format!("{:#}", Cluster::attach(&state).unwrap_err());
    assert!(error.starts_with("reading the test cluster's state"), "{error}");
}
