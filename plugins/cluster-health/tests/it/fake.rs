//! Nodes and pods without a kubelet: objects as a kubelet would write them, written by the test. Only for what no
//! rule could tell from the real thing, and what would need a broken machine otherwise; `real_node` has the rest.

use std::time::Duration;

use quicktour_testkit::cluster::Cluster;
use quicktour_testkit::wait::wait_for;
use serde_json::{Value, json};

/// A ready node with room for four CPUs, as its kubelet would describe it; the test changes what it is about.
pub(crate) fn node(name: &str) -> Value {
    let condition = |type_: &str, status: &str, reason: &str| {
        json!({"type": type_, "status": status, "reason": reason, "message": reason,
               "lastHeartbeatTime": now(), "lastTransitionTime": now()})
    };
    let room = json!({"cpu": "4", "memory": "8Gi", "pods": "110"});
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}},
        "spec": {},
        "status": {
            "capacity": room, "allocatable": room,
            "nodeInfo": {
                "kubeletVersion": "v1.36.3", "kubeProxyVersion": "", "kernelVersion": "6.1", "osImage": "test",
                "containerRuntimeVersion": "containerd://2", "operatingSystem": "linux", "architecture": "amd64",
                "machineID": "", "systemUUID": "", "bootID": "",
            },
            "conditions": [
                condition("MemoryPressure", "False", "KubeletHasSufficientMemory"),
                condition("DiskPressure", "False", "KubeletHasNoDiskPressure"),
                condition("PIDPressure", "False", "KubeletHasSufficientPID"),
                condition("Ready", "True", "KubeletReady"),
            ],
        },
    })
}

/// Adds a condition, or changes the one of that type.
pub(crate) fn set_condition(node: &mut Value, type_: &str, status: &str, reason: &str, message: &str) {
    let conditions = node["status"]["conditions"].as_array_mut().unwrap();
    conditions.retain(|condition| condition["type"] != type_);
    conditions.push(json!({"type": type_, "status": status, "reason": reason, "message": message,
                           "lastHeartbeatTime": now(), "lastTransitionTime": now()}));
}

/// Creates a node, writes its status, and waits until the controller manager has acted on it.
pub(crate) fn add_node(cluster: &Cluster, node: &Value) {
    create(cluster, node);
    let ready = node["status"]["conditions"]
        .as_array()
        .unwrap()
        .iter()
        .any(|condition| condition["type"] == "Ready" && condition["status"] == "True");
    let name = node["metadata"]["name"].as_str().unwrap();
    // New nodes are kept free of pods until the controller manager has seen that they are ready.
    wait_for(&format!("the taints of {name}"), Duration::from_mins(1), || {
        let taints = cluster.get(&["node", name]).ok()?["spec"]["taints"].to_string();
        (!ready || !taints.contains("node.kubernetes.io/not-ready")).then_some(())
    })
    .unwrap();
}

/// Creates an object and writes its status, as two writers would.
pub(crate) fn create(cluster: &Cluster, object: &Value) {
    cluster.feed(&["create", "--filename=-"], &object.to_string()).unwrap();
    let (kind, name) = (object["kind"].as_str().unwrap(), object["metadata"]["name"].as_str().unwrap());
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or("default");
    let status = json!({"status": object["status"]}).to_string();
    set_status(cluster, namespace, kind, name, &status);
}

/// Writes a status through its own subresource.
pub(crate) fn set_status(cluster: &Cluster, namespace: &str, kind: &str, name: &str, patch: &str) {
    let args = ["-n", namespace, "patch", kind, name, "--subresource=status", "--type=merge", "-p", patch];
    cluster.kubectl(&args).unwrap().success().unwrap();
}

/// A pod on a node, running and ready, as its kubelet would describe it.
pub(crate) fn pod(namespace: &str, name: &str, node: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "spec": {
            "nodeName": node, "terminationGracePeriodSeconds": 1,
            "containers": [{"name": "web", "image": "registry.invalid/web:1"}],
        },
        "status": {
            "phase": "Running", "startTime": now(),
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": now()}],
            "containerStatuses": [{
                "name": "web", "ready": true, "restartCount": 0, "image": "registry.invalid/web:1", "imageID": "",
                "state": {"running": {"startedAt": now()}},
            }],
        },
    })
}

/// A kubelet's or a leader's lease, renewed at this time.
pub(crate) fn lease(name: &str, renewed: &str) -> Value {
    json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"name": name, "namespace": "kube-node-lease"},
        "spec": {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": renewed},
    })
}

/// The time as the API writes it.
pub(crate) fn now() -> String {
    ago(Duration::ZERO)
}

/// A time in the past, to the microsecond, as leases hold it.
pub(crate) fn ago(age: Duration) -> String {
    let then = jiff::Timestamp::now().checked_sub(age).unwrap();
    then.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}
