//! What is said of the room on the nodes, against the verdict of the real scheduler.

use std::time::Duration;

use quicktour_testkit::cluster::Cluster;
use quicktour_testkit::wait::wait_for;
use serde_json::{Value, json};

use crate::support::{add_node, apply, limits, make_namespace, node, report, start};

/// Pods of every shape that requests can have: native sidecars before and after init containers, init containers that
/// need more than the rest, requests of the pod as a whole, overhead, nothing at all, a device.
fn shapes() -> Vec<(&'static str, Value)> {
    let container =
        |requests: Value| json!({"name": "main", "image": "registry.invalid/x:1", "resources": {"requests": requests}});
    let init = |name: &str, requests: Value| json!({"name": name, "image": "registry.invalid/x:1", "resources": {"requests": requests}});
    let sidecar = |name: &str, requests: Value| {
        let mut sidecar = init(name, requests);
        sidecar["restartPolicy"] = json!("Always");
        sidecar
    };
    vec![
        ("plain", json!({"containers": [container(json!({"cpu": "300m", "memory": "200Mi"}))]})),
        ("nothing", json!({"containers": [container(json!({}))]})),
        (
            "large-init",
            json!({
                "initContainers": [init("first", json!({"cpu": "900m", "memory": "100Mi"}))],
                "containers": [container(json!({"cpu": "100m", "memory": "300Mi"}))],
            }),
        ),
        (
            "sidecar",
            json!({
                "initContainers": [sidecar("proxy", json!({"cpu": "250m", "memory": "64Mi"}))],
                "containers": [container(json!({"cpu": "100m"}))],
            }),
        ),
        (
            "sidecar-then-init",
            json!({
                "initContainers": [sidecar("proxy", json!({"cpu": "300m"})), init("second", json!({"cpu": "450m"}))],
                "containers": [container(json!({"cpu": "200m"}))],
            }),
        ),
        (
            "init-then-sidecar",
            json!({
                "initContainers": [init("first", json!({"cpu": "450m"})), sidecar("proxy", json!({"cpu": "300m"}))],
                "containers": [container(json!({"cpu": "200m"}))],
            }),
        ),
        (
            "whole-pod",
            json!({
                "resources": {"requests": {"cpu": "700m"}},
                "containers": [container(json!({"cpu": "100m", "memory": "50Mi"}))],
            }),
        ),
        (
            "overhead",
            json!({
                "runtimeClassName": "heavy",
                "containers": [container(json!({"cpu": "50m", "memory": "30Mi"}))],
            }),
        ),
        (
            "device",
            json!({
                "containers": [{
                    "name": "main", "image": "registry.invalid/x:1",
                    "resources": {"requests": {"cpu": "100m", "nvidia.com/gpu": "1"}, "limits": {"nvidia.com/gpu": "1"}},
                }],
            }),
        ),
    ]
}

/// A pod that goes to one node.
fn on(node: &str, name: &str, spec: &Value) -> Value {
    let mut spec = spec.clone();
    spec["nodeSelector"] = json!({"kubernetes.io/hostname": node});
    spec["automountServiceAccountToken"] = json!(false);
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "fill"}, "spec": spec})
}

/// Whether the scheduler placed the pod (`true`) or said that it fits nowhere.
fn verdict(cluster: &Cluster, name: &str) -> bool {
    wait_for(&format!("the scheduler's word on {name}"), Duration::from_secs(30), || {
        let pod = cluster.get(&["pod", name, "-n", "fill"]).ok()?;
        let condition =
            pod["status"]["conditions"].as_array()?.iter().find(|one| one["type"] == "PodScheduled")?.clone();
        match (condition["status"].as_str(), condition["reason"].as_str()) {
            (Some("True"), _) => Some(true),
            (Some("False"), Some("Unschedulable")) => Some(false),
            _ => None,
        }
    })
    .unwrap()
}

/// How often the plugin says that a pod with these requests fits on a node.
fn told(cluster: &Cluster, node: &str, pod: &str) -> u64 {
    let seen = report(limits(cluster).args(["--pod", pod]));
    let groups = seen.json["capacity"]["groups"].as_array().unwrap();
    let group = groups.iter().find(|group| group["by"] == "node" && group["name"] == node).unwrap();
    group["fits"].as_u64().unwrap()
}

#[test]
fn the_room_on_a_node_is_what_the_scheduler_fills() {
    let cluster = start();
    let mut machine = node("shaped", "8", "8Gi", "60");
    machine["status"]["capacity"]["nvidia.com/gpu"] = json!("2");
    machine["status"]["allocatable"]["nvidia.com/gpu"] = json!("2");
    add_node(&cluster, &machine);
    make_namespace(&cluster, "fill");
    apply(
        &cluster,
        &[json!({
            "apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "heavy"}, "handler": "heavy",
            "overhead": {"podFixed": {"cpu": "120m", "memory": "90Mi"}},
        })],
    );
    for (name, spec) in shapes() {
        apply(&cluster, &[on("shaped", name, &spec)]);
        assert!(verdict(&cluster, name), "{name} does not fit on an empty node");
    }
    // A pod that has ended holds nothing any more.
    apply(
        &cluster,
        &[on(
            "shaped",
            "ended",
            &json!({"containers": [{"name": "x", "image": "x", "resources": {"requests": {"cpu": "1"}}}]}),
        )],
    );
    assert!(verdict(&cluster, "ended"));
    cluster
        .kubectl(&[
            "patch",
            "pod",
            "ended",
            "-n",
            "fill",
            "--subresource=status",
            "--type=merge",
            "-p",
            r#"{"status":{"phase":"Succeeded"}}"#,
        ])
        .unwrap()
        .success()
        .unwrap();

    // 300 + 900 + 350 + 750 + 500 + 700 + 170 + 100 = 3770 of 8000 millicores, so 4230 are free: seven of 600 m.
    let seen = report(limits(&cluster));
    let cpu = &seen.json["capacity"]["resources"][0];
    assert_eq!((&cpu["requested"], &cpu["free"]), (&json!(3770), &json!(4230)), "{:#}", seen.json["capacity"]);
    fill(&cluster, "shaped", "600m", "cpu=600m");
    // And exactly what is left, to the last thousandth of a core.
    let rest = report(limits(&cluster)).json["capacity"]["resources"][0]["free"].as_u64().unwrap();
    let more = json!({"containers": [{"name": "x", "image": "x", "resources": {"requests": {"cpu": format!("{}m", rest + 1)}}}]});
    apply(&cluster, &[on("shaped", "one-too-many", &more)]);
    assert!(!verdict(&cluster, "one-too-many"), "{rest} m are said to be free");
    fill(&cluster, "shaped", &format!("{rest}m"), &format!("cpu={rest}m"));
    assert_eq!(told(&cluster, "shaped", "nvidia.com/gpu=1"), 1);
    assert_eq!(told(&cluster, "shaped", "nvidia.com/gpu=2"), 0);
    // Pods that ask for nothing fit until the node has its sixty.
    let slots = told(&cluster, "shaped", "cpu=0");
    assert!(slots > 30, "{slots}");
    let empty = json!({"containers": [{"name": "x", "image": "x"}]});
    let pods: Vec<Value> = (0..slots).map(|index| on("shaped", &format!("slot-{index}"), &empty)).collect();
    apply(&cluster, &pods);
    for index in 0..slots {
        assert!(verdict(&cluster, &format!("slot-{index}")), "{index} of {slots}");
    }
    assert_eq!(told(&cluster, "shaped", "cpu=0"), 0);
    apply(&cluster, &[on("shaped", "slot-too-many", &empty)]);
    assert!(!verdict(&cluster, "slot-too-many"));

    // What takes no pods has no room.
    add_node(&cluster, &node("cordoned", "8", "8Gi", "60"));
    assert_eq!(told(&cluster, "cordoned", "cpu=1"), 8);
    cluster.kubectl(&["cordon", "cordoned"]).unwrap().success().unwrap();
    assert_eq!(told(&cluster, "cordoned", "cpu=1"), 0);
    assert_eq!(report(limits(&cluster)).json["capacity"]["closedNodes"], 1);
}

/// Makes as many pods as are said to fit, and one more: the scheduler places all but the last.
fn fill(cluster: &Cluster, node: &str, cpu: &str, pod: &str) {
    let count = told(cluster, node, pod);
    assert!(count > 0, "{pod}");
    let spec = json!({"containers": [{"name": "x", "image": "x", "resources": {"requests": {"cpu": cpu}}}]});
    for index in 0..=count {
        let name = format!("fill-{cpu}-{index}");
        apply(cluster, &[on(node, &name, &spec)]);
        assert_eq!(verdict(cluster, &name), index < count, "{index} of {count} with {pod}");
    }
    assert_eq!(told(cluster, node, pod), 0, "{pod}");
}
