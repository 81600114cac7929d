//! A cluster that kubeadm made: its control plane runs in static pods.

use quicktour_testkit::cluster::User;
use quicktour_testkit::{kubeadm, node};
use serde_json::{Value, json};

use crate::support::{bare, inspect, report, shown};

#[test]
fn all_parts_of_a_kubeadm_cluster_are_explained() {
    let Ok(()) = node::require_root() else { return };
    let cluster = kubeadm::shared().cluster();
    let seen = report(inspect(cluster));
    assert_eq!((seen.findings(), seen.not_checked(), seen.code), (Vec::new(), Vec::new(), 0), "{:#}", seen.json);
    let told: Vec<(&str, &str, &str)> = seen.json["components"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["id"].as_str().unwrap_or("?"), it["kind"].as_str().unwrap(), it["versionFit"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ("etcd", "StaticPod", "no-rule"),
            ("kube-apiserver", "StaticPod", "fits"),
            ("kube-controller-manager", "StaticPod", "fits"),
            ("kube-scheduler", "StaticPod", "fits"),
            ("coredns", "Deployment", "no-rule"),
            ("kube-proxy", "DaemonSet", "fits"),
        ]
    );
    for component in seen.json["components"].as_array().unwrap() {
        assert_eq!(
            (&component["nodes"], &component["nodeCount"]),
            (&json!([kubeadm::NODE]), &json!(1)),
            "{component:#}"
        );
        assert_eq!(component["ready"], component["desired"], "{component:#}");
        assert!(component["purpose"].is_string() && component["withoutIt"].is_string(), "{component:#}");
    }
    assert_eq!(seen.component("coredns")["ready"], 2);
    assert_eq!(seen.fact("nodes"), Some(vec!["1 (1 control plane)"]));
    assert_eq!(seen.fact("proxy"), Some(vec!["kube-proxy, iptables (default)"]));
    assert!(seen.fact("names").unwrap()[0].starts_with("coredns at "), "{:?}", seen.fact("names"));
    assert!(seen.fact("runtime").unwrap()[0].starts_with("containerd://"), "{:?}", seen.fact("runtime"));
    assert_eq!(seen.theme("node-authorizer"), ("on", "/flagz"));
    // The node's own certificate was signed on request.
    assert_eq!(seen.theme("rotation").0, "partly");
    let certificates = seen.json["certificates"].as_array().unwrap();
    assert!(
        certificates.iter().any(|it| it["subject"] == format!("system:node:{}", kubeadm::NODE)),
        "{certificates:#?}"
    );
    shown(inspect(cluster));
}

#[test]
fn the_view_role_reads_the_flags_off_the_static_pod() {
    let Ok(()) = node::require_root() else { return };
    let cluster = kubeadm::shared().cluster();
    let access = cluster.kubeconfig_for(&User::named("viewer").with_role("view")).unwrap();
    let seen = report(bare().kubeconfig(&access.kubeconfig));
    assert_eq!(seen.code, 3);
    assert_eq!(seen.json["components"].as_array().unwrap().len(), 6);
    assert_eq!(seen.json["controlPlane"]["flagsFrom"], format!("kube-apiserver-{}", kubeadm::NODE));
    assert_eq!(seen.theme("node-authorizer"), ("on", "command line of the pod"));
    assert_eq!(seen.theme("encryption"), ("off", "command line of the pod"));
    assert_eq!((seen.theme("runtime").0, seen.fact("provider")), ("unseen", None));
    let forbidden = seen.json["notChecked"].as_array().unwrap();
    assert!(forbidden.iter().all(|part| part["rule"] != Value::Null), "{forbidden:#?}");
    shown(bare().kubeconfig(&access.kubeconfig));
}
