//! How tests run the plugin, the cluster that they look at, and what they put into it.

use std::sync::{LazyLock, OnceLock};
use std::time::Duration;

use jsonschema::Validator;
use quicktour_testkit::cli::{Cli, Output};
use quicktour_testkit::cluster::{Cluster, Options};
use quicktour_testkit::plugin;
use quicktour_testkit::snapshot::{of_cluster, times};
use quicktour_testkit::wait::wait_for;
use regex::Regex;
use serde_json::{Value, json};

/// What a terminal has when nobody says otherwise.
const COLUMNS: usize = 80;

/// The plugin, without a cluster.
pub(crate) fn bare() -> Cli {
    // Bars are drawn where the locale has their characters.
    plugin!("kubectl-cluster_limits").env("LANG", "C.UTF-8")
}

/// The plugin as the administrator of a cluster.
pub(crate) fn limits(cluster: &Cluster) -> Cli {
    bare().env("KUBECONFIG", cluster.kubeconfig())
}

/// A control plane whose nodes nobody has to renew.
pub(crate) fn start() -> Cluster {
    Cluster::start(&Options::new().node_monitor_grace(Duration::from_hours(1))).unwrap()
}

/// The cluster that most tests look at: three nodes in two zones, a namespace `shop` with pods that hold much of them, a
/// deployment that is not rolled out, and a service.
pub(crate) fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        let cluster = start();
        for (name, zone) in [("worker-a", "zone-1"), ("worker-b", "zone-1"), ("worker-c", "zone-2")] {
            let mut node = node(name, "4", "8Gi", "20");
            node["metadata"]["labels"]["topology.kubernetes.io/zone"] = json!(zone);
            if name == "worker-c" {
                node["status"]["capacity"]["nvidia.com/gpu"] = json!("2");
                node["status"]["allocatable"]["nvidia.com/gpu"] = json!("2");
            }
            add_node(&cluster, &node);
        }
        make_namespace(&cluster, "shop");
        let mut objects: Vec<Value> = (0..7).map(|index| shop_pod(&format!("web-{index}"))).collect();
        objects.push(json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
        }));
        objects.push(json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "idle", "namespace": "shop"},
            "spec": {
                "replicas": 0,
                "selector": {"matchLabels": {"app": "idle"}},
                "template": {
                    "metadata": {"labels": {"app": "idle"}},
                    "spec": {"containers": [{"name": "idle", "image": "registry.invalid/idle:1"}]},
                },
            },
        }));
        apply(&cluster, &objects);
        // Pods, their events and their endpoints are there, and the metrics, which lag by a minute, do not matter.
        wait_for("pods with a node", Duration::from_mins(1), || {
            let pods = cluster.get(&["pods", "-n", "shop"]).ok()?;
            let placed = pods["items"].as_array()?.iter().filter(|pod| pod["spec"]["nodeName"].is_string()).count();
            (placed == 7).then_some(())
        })
        .unwrap();
        cluster
    })
}

fn shop_pod(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "labels": {"app": "web"}},
        "spec": {
            "automountServiceAccountToken": false,
            "containers": [{
                "name": "web", "image": "registry.invalid/web:1",
                "resources": {"requests": {"cpu": "1100m", "memory": "512Mi"}, "limits": {"memory": "1Gi"}},
            }],
        },
    })
}

/// A node as its kubelet would have made it.
pub(crate) fn node(name: &str, cpu: &str, memory: &str, pods: &str) -> Value {
    let room = json!({"cpu": cpu, "memory": memory, "pods": pods});
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "status": {
            "capacity": room, "allocatable": room,
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}],
        },
    })
}

/// Adds a node and waits until it takes pods: every node begins with a taint that the controller manager takes away.
pub(crate) fn add_node(cluster: &Cluster, node: &Value) {
    let name = node["metadata"]["name"].as_str().unwrap();
    cluster.feed(&["create", "--filename=-"], &node.to_string()).unwrap();
    wait_for(&format!("{name} to take pods"), Duration::from_mins(1), || {
        let node = cluster.get(&["node", name]).ok()?;
        node["spec"]["taints"].is_null().then_some(())
    })
    .unwrap();
}

pub(crate) fn make_namespace(cluster: &Cluster, name: &str) {
    cluster.kubectl(&["create", "namespace", name]).unwrap().success().unwrap();
    wait_for("the namespace's service account", Duration::from_mins(1), || {
        cluster.get(&["-n", name, "serviceaccount/default"]).ok()
    })
    .unwrap();
}

pub(crate) fn apply(cluster: &Cluster, objects: &[Value]) {
    cluster.apply(&json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string()).unwrap();
}

/// What a person sees in 80 columns, fit for a snapshot.
pub(crate) fn shown(cluster: &Cluster, cli: Cli) -> String {
    let output = cli.run().unwrap();
    // Commands are whole, to be pasted.
    for line in output.stdout.lines().filter(|line| !line.trim_start().starts_with("next: kubectl ")) {
        assert!(line.chars().count() <= COLUMNS, "wider than {COLUMNS} columns: {line}\nin\n{output}");
    }
    settled(&times(&of_cluster(&output.to_string(), cluster)))
}

/// Without the lines of the control plane's own objects and of what lags behind: events, roles, sizes.
pub(crate) fn settled(text: &str) -> String {
    static OWN: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?m)^(\| )?(events|bytes of one kind|objects of one kind) .*\n").unwrap());
    OWN.replace_all(text, "").into_owned()
}

/// A report and how the run ended.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) code: i32,
    pub(crate) json: Value,
}

/// Runs it with `-o json`; asserts that the report keeps to its schema, that it holds the exit code, and that nothing was
/// said beside it.
pub(crate) fn report(cli: Cli) -> Report {
    let output = cli.args(["-o", "json"]).run().unwrap();
    assert_eq!(output.stderr, "", "{output}");
    let json = valid(&output);
    assert_eq!(json["exitCode"], output.code, "{output}");
    Report { code: output.code, json }
}

/// Parses a report and holds it against the schema that the program prints.
fn valid(output: &Output) -> Value {
    static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
        let schema = bare().arg("--print-schema").run().unwrap().success().unwrap();
        jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap()
    });
    let json: Value = serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output}"));
    let errors: Vec<String> =
        SCHEMA.iter_errors(&json).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new(), "{output}");
    json
}

impl Report {
    /// A limit by its id.
    pub(crate) fn limit(&self, id: &str) -> &Value {
        let limits = self.json["limits"].as_array().unwrap();
        limits.iter().find(|limit| limit["id"] == id).unwrap_or_else(|| panic!("no {id} in {:#}", self.json))
    }

    /// The ids of the findings.
    pub(crate) fn findings(&self) -> Vec<&str> {
        let findings = self.json["findings"].as_array().unwrap();
        findings.iter().map(|finding| finding["key"].as_str().unwrap()).collect()
    }

    /// What was not checked, as `what: why`.
    pub(crate) fn not_checked(&self) -> Vec<String> {
        let parts = self.json["notChecked"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        parts.iter().map(|part| format!("{}: {}", text(&part["what"]), text(&part["why"]))).collect()
    }
}
