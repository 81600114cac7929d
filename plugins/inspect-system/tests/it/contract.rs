//! What every run keeps: formats, exit codes, rights, and that nothing is ever written.

use insta::assert_snapshot;
use quicktour_testkit::cluster::{Cluster, Options, User, shared};
use serde_json::{Value, json};

use crate::support::{bare, inspect, report, shown};

#[test]
fn a_control_plane_without_pods_is_seen_all_the_same() {
    let seen = report(inspect(shared()));
    assert_eq!((seen.not_checked(), seen.code), (Vec::new(), 0), "{:#}", seen.json);
    let plane = &seen.json["controlPlane"];
    for (index, path) in ["/readyz", "/livez"].into_iter().enumerate() {
        let endpoint = &plane["endpoints"][index];
        assert_eq!((&endpoint["path"], &endpoint["failed"]), (&json!(path), &json!([])), "{plane:#}");
        assert!(endpoint["passed"].as_array().unwrap().iter().any(|check| check == "etcd"), "{plane:#}");
    }
    let leaders: Vec<&str> =
        plane["leases"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(leaders, ["kube-controller-manager", "kube-scheduler"]);
    assert!(plane["leases"].as_array().unwrap().iter().all(|lease| lease["lost"] == false && lease["holder"] != ""));
    let instances = plane["instances"].as_array().unwrap();
    assert!(instances.iter().any(|it| it["seenBy"] == "endpoint"), "{instances:#?}");
    assert!(instances.iter().any(|it| it["seenBy"] == "lease" && it["ageSeconds"].as_u64() < Some(3600)));
    assert_eq!((&plane["flagsFrom"], &plane["flags"]["authorization-mode"]), (&json!("/flagz"), &json!("[Node,RBAC]")));
    let gates = plane["featureGates"].as_array().unwrap();
    assert!(
        gates.iter().any(|gate| gate["name"] == "ComponentFlagz" && gate["stage"] == "BETA" && gate["enabled"] == true)
    );
    assert_eq!(seen.fact("service-ranges"), Some(vec!["198.19.0.0/16"]));
}

#[test]
fn every_format_says_the_same() {
    let table = shown(inspect(shared()));
    assert!(table.contains("/readyz: all "), "{table}");
    let ascii = inspect(shared()).env("LANG", "C").run().unwrap().stdout;
    assert!(ascii.is_ascii() && !ascii.contains('\u{1b}'), "{ascii}");
    let yaml = inspect(shared()).args(["-o", "yaml"]).run().unwrap();
    let yaml: Value = serde_saphyr::from_str(&yaml.stdout).unwrap();
    assert_eq!((&yaml["kind"], yaml["posture"].as_array().unwrap().len()), (&json!("SystemReport"), 12));
    let page = inspect(shared()).args(["-o", "markdown"]).run().unwrap().stdout;
    assert!(page.starts_with("# System: ") && page.contains("| encrypted secrets | off |"), "{page}");
    let wide = inspect(shared()).args(["-o", "wide"]).run().unwrap().stdout;
    assert!(wide.contains("--authorization-mode=[Node,RBAC]") && wide.contains("KMS v2, stable since 1.29"), "{wide}");
}

#[test]
fn the_reference_stands_beside_what_is_here() {
    let seen = report(inspect(shared()).args(["--compare-to", "aws-quickstart"]));
    let picture = &seen.json["architecture"];
    assert_eq!(picture["comparedTo"], "aws-quickstart");
    assert!(picture["referenceSource"].as_str().unwrap().contains("commit 40c8481"), "{picture:#}");
    let of = |id: &str| {
        picture["facts"].as_array().unwrap().iter().find(|fact| fact["id"] == id).unwrap()["reference"].clone()
    };
    assert_eq!(
        (of("machines"), of("pod-ranges"), of("service-ranges")),
        (json!("m4.large"), json!("192.168.0.0/16"), Value::Null)
    );
    let table = shown(inspect(shared()).args(["--compare-to", "aws-quickstart"]));
    assert!(table.contains("Calico (or Weave)"), "{table}");
}

#[test]
fn nothing_is_written_and_no_secret_is_asked_for() {
    let user = User::named("operator").with_role("cluster-admin").may(&["list"], &[""], &["nodes"]);
    let access = shared().kubeconfig_for(&user).unwrap();
    let mark = shared().audit().mark().unwrap();
    let seen = report(bare().kubeconfig(&access.kubeconfig));
    assert_eq!(seen.not_checked(), Vec::<String>::new());
    let asked = shared().audit().since(mark).unwrap();
    let asked: Vec<_> = asked.into_iter().filter(|event| event.user == access.user).collect();
    assert!(asked.len() > 20, "{asked:#?}");
    for event in &asked {
        assert!(!event.is_write() && !event.uri.contains("secrets"), "{event:#?}");
        // That there is no kube-proxy here is an answer.
        assert!(event.code == 200 || event.uri.ends_with("configmaps/kube-proxy"), "{event:#?}");
    }
}

#[test]
fn the_view_role_is_told_what_it_may_not_see() {
    let access = shared().kubeconfig_for(&User::named("viewer").with_role("view")).unwrap();
    let seen = report(bare().kubeconfig(&access.kubeconfig));
    assert_eq!((seen.code, seen.json["verdict"].as_str()), (3, Some("unknown")), "{:#}", seen.json);
    let missing = seen.not_checked();
    for part in [
        "`/flagz`",
        "`/metrics`",
        "nodes",
        "leases.coordination.k8s.io in namespace kube-system",
        "csidrivers.storage.k8s.io",
    ] {
        assert!(missing.contains(&format!("{part}: forbidden")), "{part} in {missing:#?}");
    }
    for part in seen.json["notChecked"].as_array().unwrap() {
        assert!(part["rule"]["verb"].is_string(), "{part:#}");
    }
    // What it may not see is not called off.
    for theme in
        ["encryption", "local-storage", "aggregation", "custom-kinds", "admission", "cloud-provider", "runtime"]
    {
        assert_eq!(seen.theme(theme).0, "unseen", "{theme}");
    }
    assert_eq!(seen.fact("runtime"), None);
    // The checks of the API server are open to everybody.
    assert_eq!(seen.json["controlPlane"]["endpoints"].as_array().unwrap().len(), 2);
    shown(bare().kubeconfig(&access.kubeconfig));
    assert_eq!(bare().kubeconfig(&access.kubeconfig).arg("--allow-partial").run().unwrap().code, 0);
}

#[test]
fn one_namespace_asks_nothing_of_the_clusters_scope() {
    let own = shared().namespace("parts").unwrap();
    let access = shared().kubeconfig_for(&User::named("tenant").with_role_in(&own.to_string(), "view")).unwrap();
    let mark = shared().audit().mark().unwrap();
    let seen = report(bare().kubeconfig(&access.kubeconfig).args(["-n", &own.to_string()]));
    assert_eq!((seen.code, seen.not_checked()), (0, Vec::new()), "{:#}", seen.json);
    assert_eq!((&seen.json["architecture"], &seen.json["controlPlane"]), (&Value::Null, &Value::Null));
    let asked = shared().audit().since(mark).unwrap();
    for event in asked.iter().filter(|event| event.user == access.user) {
        assert!(event.uri.contains(&format!("/namespaces/{own}/")) || event.uri.starts_with("/version"), "{event:#?}");
    }
}

#[test]
fn components_that_are_down_or_alone_are_found_and_unknown_ones_only_listed() {
    let own = Cluster::start(&Options::new()).unwrap();
    let deployment = |name: &str, image: &str, labels: Value| {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": name, "namespace": "kube-system", "labels": labels},
            "spec": {
                "replicas": 1, "selector": {"matchLabels": {"app": name}},
                "template": {
                    "metadata": {"labels": {"app": name}},
                    "spec": {"containers": [{"name": "main", "image": image}]},
                },
            },
        })
    };
    let node = |name: &str| json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}});
    let objects = [
        deployment(
            "coredns",
            "registry.k8s.io/coredns/coredns:v1.12.1",
            json!({"app.kubernetes.io/managed-by": "Helm"}),
        ),
        deployment("kube-proxy-old", "registry.k8s.io/kube-proxy:v1.20.0", json!({})),
        deployment("mystery", "registry.example/mystery@sha256:0123", json!({})),
        node("one"),
        node("two"),
    ];
    own.apply(&json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string()).unwrap();
    let seen = report(inspect(&own));
    let dns = seen.component("coredns");
    assert_eq!(
        (&dns["id"], &dns["versions"], &dns["managedBy"]["kind"]),
        (&json!("coredns"), &json!(["v1.12.1"]), &json!("helm"))
    );
    assert_eq!((&dns["ready"], &dns["desired"], &dns["disruptionBudget"]), (&json!(0), &json!(1), &json!(false)));
    assert_eq!(seen.component("kube-proxy-old")["versionFit"], "too-old");
    let unknown = seen.component("mystery");
    assert_eq!((&unknown["id"], &unknown["purpose"], &unknown["versions"]), (&Value::Null, &Value::Null, &json!([])));
    let mut findings = seen.findings();
    findings.sort_unstable();
    assert_eq!(
        findings,
        [
            "component-down/kube-system/coredns",
            "component-down/kube-system/kube-proxy-old",
            "component-down/kube-system/mystery",
            "component-single/kube-system/coredns",
            "component-version-skew/kube-system/kube-proxy-old",
        ]
    );
    assert_eq!((seen.code, seen.json["verdict"].as_str()), (1, Some("failing")));
    assert_eq!(inspect(&own).args(["--fail-on", "never"]).run().unwrap().code, 0);
    shown(inspect(&own));

    // With a budget that selects its pods it is guarded.
    let budget = json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
        "metadata": {"name": "coredns", "namespace": "kube-system"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "coredns"}}},
    });
    own.apply(&budget.to_string()).unwrap();
    assert_eq!(report(inspect(&own)).component("coredns")["disruptionBudget"], true);
}

#[test]
fn wrong_usage_is_told() {
    for (name, args) in [
        ("compare", &["--compare-to", "gke"][..]),
        ("compare-namespace", &["--compare-to", "aws-quickstart", "-n", "shop"]),
        ("timeout", &["--timeout", "soon"]),
    ] {
        let output = bare().args(args).run().unwrap();
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{name}: {output}");
        assert_snapshot!(format!("usage-{name}"), output.stderr);
    }
}

#[test]
fn help_and_schema_need_no_cluster() {
    let output = bare().arg("-h").run().unwrap();
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{output}");
    assert_snapshot!("help-short", output.stdout);
    let schema = bare().arg("--print-schema").run().unwrap().success().unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    assert_eq!((&schema["title"], &schema["additionalProperties"]), (&json!("SystemReport"), &json!(false)));
}

#[test]
fn no_server_and_no_time() {
    let output = inspect(shared()).args(["--server", "https://127.0.0.1:1"]).run().unwrap();
    assert_eq!((output.code, output.stdout.as_str()), (3, ""), "{output}");
    assert!(output.stderr.contains("\nhint: "), "{output}");
    let output = inspect(shared()).args(["--timeout", "2ms"]).run().unwrap();
    assert_eq!((output.code, output.stdout.as_str()), (4, ""), "{output}");
}
