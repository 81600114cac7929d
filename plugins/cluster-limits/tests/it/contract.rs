//! What every run keeps: formats, exit codes, rights, and that nothing is ever written.

use std::time::Duration;

use insta::assert_snapshot;
use quicktour_testkit::cluster::User;
use quicktour_testkit::snapshot::{of_cluster, times};
use quicktour_testkit::wait::wait_for;
use regex::Regex;
use serde_json::{Value, json};

use crate::support::{apply, bare, cluster, limits, make_namespace, report, settled, shown, start};

#[test]
fn the_whole_cluster_in_every_format() {
    let cli = || limits(cluster());
    let whole = report(cli());
    assert_eq!((whole.code, whole.json["verdict"].as_str()), (0, Some("healthy")), "{:#}", whole.json);
    assert_eq!(whole.not_checked(), Vec::<String>::new());
    for (id, value, limit, place) in [
        ("nodes", 3, 5000, Value::Null),
        ("pods", 7, 150_000, Value::Null),
        ("pods-per-namespace", 7, 3000, json!("shop")),
        ("containers", 7, 300_000, Value::Null),
        ("deployments-per-namespace", 1, 2000, json!("shop")),
        // Ten pods for each core are fewer than 110.
        ("pods-per-node", 3, 40, json!("worker-a")),
        ("max-pods", 3, 20, json!("worker-a")),
    ] {
        let line = whole.limit(id);
        assert_eq!(
            (&line["value"], &line["limit"], &line["place"]["name"]),
            (&json!(value), &json!(limit), &place),
            "{id}"
        );
    }
    assert_eq!(whole.limit("access-tokens")["value"], Value::Null);
    assert_snapshot!("table", shown(cluster(), cli()));
    let ascii = cli().env("LANG", "C").run().unwrap().stdout;
    assert!(ascii.is_ascii(), "{ascii}");
    assert!(!ascii.contains('\u{1b}'), "{ascii}");
    let yaml = cli().args(["-o", "yaml"]).run().unwrap();
    let yaml: Value = serde_saphyr::from_str(&yaml.stdout).unwrap();
    assert_eq!((&yaml["kind"], &yaml["capacity"]), (&json!("ClusterLimitsReport"), &whole.json["capacity"]));
    assert_snapshot!("markdown", steady(&cli().args(["-o", "markdown"]).run().unwrap().to_string()));
    assert_snapshot!("wide", steady(&cli().args(["-o", "wide"]).run().unwrap().to_string()));
}

/// A page with what chance and the clock decide left out: the API server's own calls and objects.
fn steady(text: &str) -> String {
    let calls = Regex::new(
        r"(?m)^(\|? ?(?:writes of one object|reads of one object|lists|changes of pods|secrets|config maps)) .*$",
    )
    .unwrap();
    let text = calls.replace_all(text, "$1 [...]");
    // Columns are as wide as what stands in them.
    let spaces = Regex::new(" {2,}").unwrap();
    settled(&spaces.replace_all(&times(&of_cluster(&text, cluster())), "  "))
}

#[test]
fn counts_alone_read_no_list() {
    let user = User::named("counter").with_role("cluster-admin").may(&["list"], &[""], &["nodes"]);
    let access = cluster().kubeconfig_for(&user).unwrap();
    let mark = cluster().audit().mark().unwrap();
    let counted = report(bare().kubeconfig(&access.kubeconfig).arg("--counts-only"));
    assert_eq!((counted.code, counted.limit("pods")["value"].clone()), (0, json!(7)), "{:#}", counted.json);
    assert_eq!(counted.json["capacity"], Value::Null);
    let asked = cluster().audit().since(mark).unwrap();
    let asked: Vec<_> = asked.into_iter().filter(|event| event.user == access.user).collect();
    assert!(asked.len() > 15, "{asked:#?}");
    for event in &asked {
        let cheap = ["limit=1", "/metrics", "/version"].iter().any(|part| event.uri.contains(part));
        assert!(cheap && !event.is_write() && !event.uri.contains("secrets"), "{event:#?}");
    }
    assert_snapshot!("counts-only", shown(cluster(), limits(cluster()).arg("--counts-only")));
}

#[test]
fn nothing_is_written_and_no_secret_is_asked_for() {
    let user = User::named("operator").with_role("cluster-admin").may(&["list"], &[""], &["nodes"]);
    let access = cluster().kubeconfig_for(&user).unwrap();
    let mark = cluster().audit().mark().unwrap();
    assert_eq!(report(bare().kubeconfig(&access.kubeconfig)).code, 0);
    let asked = cluster().audit().since(mark).unwrap();
    let asked: Vec<_> = asked.into_iter().filter(|event| event.user == access.user).collect();
    assert!(asked.len() > 20, "{asked:#?}");
    for event in &asked {
        assert!(!event.is_write() && !event.uri.contains("secrets") && event.code == 200, "{event:#?}");
    }
}

#[test]
fn the_view_role_counts_what_it_may_and_is_told_the_rest() {
    let access = cluster().kubeconfig_for(&User::named("viewer").with_role("view")).unwrap();
    let cli = || bare().kubeconfig(&access.kubeconfig);
    let seen = report(cli());
    assert_eq!((seen.code, seen.json["verdict"].as_str()), (3, Some("unknown")), "{:#}", seen.json);
    assert_eq!(
        seen.not_checked(),
        [
            "`/metrics`: forbidden",
            "leases.coordination.k8s.io: forbidden",
            "nodes: forbidden",
            "persistentvolumes: forbidden"
        ]
    );
    assert_eq!(seen.limit("pods-per-namespace")["value"], 7);
    assert_eq!((&seen.limit("nodes")["value"], &seen.json["capacity"]), (&Value::Null, &Value::Null));
    assert_snapshot!("view-role", shown(cluster(), cli()));
    assert_eq!(cli().arg("--allow-partial").run().unwrap().code, 0);
}

#[test]
fn rights_in_one_namespace_are_enough_for_that_namespace() {
    let access = cluster().kubeconfig_for(&User::named("tenant").with_role_in("shop", "view")).unwrap();
    let cli = || bare().kubeconfig(&access.kubeconfig).args(["-n", "shop"]);
    let seen = report(cli());
    assert_eq!((seen.code, seen.not_checked()), (0, Vec::new()), "{:#}", seen.json);
    assert_eq!(seen.limit("pods-per-namespace")["value"], 7);
    assert!(seen.json["limits"].as_array().unwrap().iter().all(|limit| limit["id"] != "nodes"));
    assert_snapshot!("namespace", shown(cluster(), cli()));
}

#[test]
fn too_little_headroom_fails() {
    let cli = || limits(cluster());
    let enough = report(cli().args(["--min-headroom", "20%"]));
    assert_eq!((enough.code, enough.findings().len()), (0, 0), "{:#}", enough.json);

    // A service beyond its 250 endpoints, and a node beyond its ten pods for each core.
    let own = start();
    make_namespace(&own, "busy");
    let slice = |index: usize, count: usize| {
        let endpoints: Vec<Value> = (0..count)
            .map(|each| json!({"addresses": [format!("10.{index}.{}.{}", each / 250, each % 250 + 1)]}))
            .collect();
        json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4", "endpoints": endpoints,
            "metadata": {"name": format!("many-{index}"), "namespace": "busy", "labels": {"kubernetes.io/service-name": "many"}},
        })
    };
    apply(&own, &[slice(0, 100), slice(1, 100), slice(2, 25)]);
    let near = report(limits(&own));
    assert_eq!(near.findings(), ["limit-near/endpoints-per-service/busy/many"], "{:#}", near.json);
    assert_eq!((near.code, near.json["verdict"].as_str()), (0, Some("degraded")));
    let demanded = report(limits(&own).args(["--min-headroom", "20%"]));
    assert_eq!(demanded.findings(), ["limit-headroom/endpoints-per-service/busy/many"], "{:#}", demanded.json);
    assert_eq!((demanded.code, demanded.json["verdict"].as_str()), (1, Some("failing")));
    assert_eq!(limits(&own).args(["--min-headroom", "10%"]).run().unwrap().code, 0);
    assert_snapshot!("headroom", shown(&own, limits(&own).args(["--min-headroom", "20%"])));
    apply(&own, &[slice(2, 51)]);
    let beyond = wait_for("the slice", Duration::from_secs(10), || {
        let seen = report(limits(&own));
        (seen.limit("endpoints-per-service")["value"] == 251).then_some(seen)
    })
    .unwrap();
    assert_eq!(beyond.findings(), ["limit-exceeded/endpoints-per-service/busy/many"], "{:#}", beyond.json);
    assert_eq!((beyond.code, beyond.limit("endpoints-per-service")["sharePercent"].as_f64()), (1, Some(100.4)));
    assert_eq!(limits(&own).args(["--fail-on", "never"]).run().unwrap().code, 0);
}

#[test]
fn what_comes_first_when_it_grows() {
    let cli = |grow: &str| limits(cluster()).args(["--grow", grow]);
    let asked = report(cli("nodes=6,pods=6000"));
    let steps = asked.json["growth"]["steps"].as_array().unwrap();
    let told: Vec<_> =
        steps.iter().map(|step| (step["id"].as_str().unwrap(), step["passed"].as_bool().unwrap())).collect();
    assert_eq!(
        told,
        [
            ("cpu-requested", true),
            ("memory-requested", true),
            ("pod-slots", true),
            ("pods-per-namespace", true),
            ("pods", false),
        ],
        "{steps:#?}"
    );
    assert_snapshot!("grow-to", shown(cluster(), cli("nodes=6,pods=6000")));
    assert_snapshot!("grow-twice", shown(cluster(), cli("2x").arg("--counts-only")));
}

#[test]
fn wrong_usage_is_told() {
    let table = [
        ("grow", &["--grow", "twice"][..]),
        ("grow-shrinks", &["--grow", "0.5x"]),
        ("grow-unknown", &["--grow", "cats=3"]),
        ("headroom", &["--min-headroom", "120%"]),
        ("pod", &["--pod", "cpu=lots"]),
        ("pod-counted", &["--pod", "cpu=1", "--counts-only"]),
        ("profile", &["--profile", "goals-2017"]),
        ("timeout", &["--timeout", "soon"]),
    ];
    for (name, args) in table {
        let output = bare().args(args).run().unwrap();
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{name}: {output}");
        assert_snapshot!(format!("usage-{name}"), output.stderr);
    }
}

#[test]
fn help_and_schema_need_no_cluster() {
    for (name, flag) in [("help", "--help"), ("help-short", "-h")] {
        let output = bare().arg(flag).run().unwrap();
        assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{output}");
        assert_snapshot!(name, output.stdout);
    }
    let schema = bare().arg("--print-schema").run().unwrap().success().unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    assert_eq!((&schema["title"], &schema["additionalProperties"]), (&json!("ClusterLimitsReport"), &json!(false)));
}

#[test]
fn no_server_and_no_time() {
    let output = limits(cluster()).args(["--server", "https://127.0.0.1:1"]).run().unwrap();
    assert_eq!((output.code, output.stdout.as_str()), (3, ""), "{output}");
    assert!(output.stderr.contains("\nhint: "), "{output}");
    let output = limits(cluster()).args(["--timeout", "2ms"]).run().unwrap();
    assert_eq!((output.code, output.stdout.as_str()), (4, ""), "{output}");
    assert_snapshot!("timed-out", output);
}
