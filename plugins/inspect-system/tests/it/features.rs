//! What is detected, against API servers that were started with it and without it.

use std::time::Duration;

use quicktour_testkit::cluster::{Cluster, Component, Options, User, shared};
use quicktour_testkit::wait::wait_for;
use serde_json::json;

use crate::support::{bare, inspect, report};

/// With a key of its own for secrets, and an etcd of their own for events.
#[test]
fn encryption_and_an_etcd_for_events_are_seen_where_they_are() {
    let without = report(inspect(shared()));
    assert_eq!(without.theme("encryption"), ("off", "/flagz"));
    assert_eq!(without.theme("events-etcd").0, "off");

    // Another cluster's etcd takes the events.
    let events = shared().etcd_client_url();
    let config = std::env::temp_dir().join(format!("{}.yaml", quicktour_testkit::cluster::unique("encryption")));
    let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let file = json!({
        "apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration",
        "resources": [{
            "resources": ["secrets"],
            "providers": [{"aescbc": {"keys": [{"name": "one", "secret": key}]}}, {"identity": {}}],
        }],
    });
    std::fs::write(&config, file.to_string()).unwrap();
    let options = Options::new()
        .arg(Component::ApiServer, format!("--encryption-provider-config={}", config.display()))
        .arg(Component::ApiServer, format!("--etcd-servers-overrides=/events#{events}"))
        .arg(Component::ApiServer, format!("--etcd-prefix=/{}", quicktour_testkit::cluster::unique("registry")));
    let own = Cluster::start(&options);
    std::fs::remove_file(&config).unwrap();
    let own = own.unwrap();
    own.kubectl(&["create", "secret", "generic", "one", "--from-literal=a=b"]).unwrap().success().unwrap();
    let with = report(inspect(&own));
    assert_eq!(with.theme("encryption"), ("on", "/metrics"), "{:#}", with.json);
    let detail = with.json["posture"][0]["detail"].as_str().unwrap();
    assert_eq!(detail, "secrets are written by aescbc:v1");
    assert_eq!(with.theme("events-etcd"), ("on", "/readyz"), "{:#}", with.json["controlPlane"]);

    // Without metrics the flag tells that there is a configuration, not what it says.
    let user = User::named("flags").with_role("view").may_get_paths(&["/flagz"]);
    let access = own.kubeconfig_for(&user).unwrap();
    assert_eq!(report(bare().kubeconfig(&access.kubeconfig)).theme("encryption"), ("partly", "/flagz"));
}

#[test]
fn what_is_switched_off_is_seen_by_flags_and_without_them_by_metrics() {
    assert_eq!(report(inspect(shared())).theme("node-authorizer"), ("on", "/flagz"));
    let told = Options::new()
        .arg(Component::ApiServer, "--authorization-mode=RBAC")
        .arg(Component::ApiServer, "--enable-admission-plugins=NamespaceLifecycle");
    let own = Cluster::start(&told).unwrap();
    assert_eq!(report(inspect(&own)).theme("node-authorizer"), ("off", "/flagz"));
    drop(own);

    let silent = told.arg(Component::ApiServer, "--feature-gates=ComponentFlagz=false");
    let own = Cluster::start(&silent).unwrap();
    let seen = report(inspect(&own));
    assert_eq!(seen.not_checked(), ["`/flagz`: absent"]);
    assert_eq!((seen.code, &seen.json["controlPlane"]["flags"]), (0, &serde_json::Value::Null));
    assert_eq!(seen.theme("node-authorizer"), ("partly", "/metrics"), "{:#}", seen.json["posture"][2]);
    assert_eq!(seen.json["posture"][2]["detail"], "NodeRestriction is off");
    // Secrets of the bootstrap are not there; nothing was written, so nothing is known.
    assert_eq!(seen.theme("encryption").0, "unseen");
    let gates = seen.json["controlPlane"]["featureGates"].as_array().unwrap();
    assert!(gates.iter().any(|gate| gate["name"] == "ComponentFlagz" && gate["enabled"] == false));
}

#[test]
fn extensions_are_counted_and_what_does_not_answer_is_found() {
    let own = Cluster::start(&Options::new()).unwrap();
    let before = report(inspect(&own));
    for theme in ["aggregation", "custom-kinds", "local-storage"] {
        assert_eq!(before.theme(theme).0, "off", "{theme}");
    }
    let objects = [
        json!({
            "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
            "metadata": {"name": "v1.nobody.example"},
            "spec": {
                "group": "nobody.example", "version": "v1", "groupPriorityMinimum": 1000, "versionPriority": 10,
                "insecureSkipTLSVerify": true, "service": {"name": "nobody", "namespace": "default"},
            },
        }),
        json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": "kites.example.com"},
            "spec": {
                "group": "example.com", "scope": "Namespaced",
                "names": {"plural": "kites", "singular": "kite", "kind": "Kite"},
                "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object"}}}],
            },
        }),
        json!({
            "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "disks"},
            "provisioner": "kubernetes.io/no-provisioner",
        }),
        json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": "nobody", "namespace": "default"},
            "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
        }),
        json!({
            "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "disk"},
            "spec": {
                "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "disks",
                "local": {"path": "/mnt/disk"},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
                    {"key": "kubernetes.io/hostname", "operator": "In", "values": ["one"]},
                ]}]}},
            },
        }),
    ];
    own.apply(&json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string()).unwrap();
    let seen = wait_for("the new kind and the API that does not answer", Duration::from_secs(30), || {
        let seen = report(inspect(&own));
        (seen.theme("aggregation").0 == "partly" && seen.theme("custom-kinds").0 == "on").then_some(seen)
    })
    .unwrap();
    let detail = |id: &str| {
        let themes = seen.json["posture"].as_array().unwrap();
        themes.iter().find(|theme| theme["id"] == id).unwrap()["detail"].as_str().unwrap().to_owned()
    };
    assert_eq!(detail("aggregation"), "1 aggregated, 1 down, 1 not verified");
    assert_eq!(
        (seen.theme("local-storage").0, detail("local-storage")),
        ("on", "1 volumes, 1 classes, 1 of these bind too early".to_owned())
    );
    assert!(detail("network-policy").ends_with("(1, 1 deny all)"), "{}", detail("network-policy"));
    let mut findings = seen.findings();
    findings.sort_unstable();
    assert_eq!(findings, ["api-unavailable/v1.nobody.example", "network-policies-idle/cluster"]);
    assert_eq!(seen.code, 1);
}
