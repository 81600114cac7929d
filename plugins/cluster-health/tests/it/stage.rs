//! One cluster in which nearly everything is wrong, each in a namespace of its own: set up once, so that what only
//! counts after two minutes is waited for once, while other tests run.

use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use quicktour_testkit::cluster::{Cluster, Options, User};
use quicktour_testkit::wait::wait_for;
use serde_json::{Value, json};

use crate::fake;
use crate::support::await_contents;

/// A little more than `pending-grace` and `terminating-grace`, the longest waits of the rules.
const GRACE: Duration = Duration::from_secs(124);
/// The fake nodes have no kubelet that would renew anything.
const NEVER: Duration = Duration::from_hours(10);

/// Everything that could move a terminal or turn a line around.
const HOSTILE: &str = "a\u{1b}[31mred\u{1b}[2J\nsecond line\rback \u{202e}txet\u{200b} | `code` <b>";

struct Stage {
    cluster: Cluster,
    since: Instant,
}

/// The cluster, once all of it is old enough to count.
pub(crate) fn stage() -> &'static Cluster {
    let stage = started();
    thread::sleep(GRACE.saturating_sub(stage.since.elapsed()));
    &stage.cluster
}

/// Starts the clock early: called by tests that run before.
pub(crate) fn begin() {
    // Not for somebody who runs a few tests by name.
    let names = |arg: &String| !arg.starts_with('-') && arg.parse::<u32>().is_err();
    if !std::env::args().skip(1).any(|arg| names(&arg)) {
        thread::spawn(started);
    }
}

fn started() -> &'static Stage {
    static STAGE: OnceLock<Option<Stage>> = OnceLock::new();
    // One failure is enough: the tests that come later say so at once.
    let stage = STAGE.get_or_init(|| std::panic::catch_unwind(set_up).ok());
    stage.as_ref().unwrap_or_else(|| panic!("the stage could not be set up: an earlier failure says why"))
}

fn set_up() -> Stage {
    let cluster = Cluster::start(&Options::new().node_monitor_grace(NEVER)).unwrap();
    nodes(&cluster);
    for manifest in [include_str!("stage/refused.yaml"), include_str!("stage/batch.yaml")] {
        cluster.apply(manifest).unwrap();
    }
    cluster.apply(include_str!("stage/pending.yaml")).unwrap();
    near_limits(&cluster);
    pods(&cluster);
    for (job, from) in [("report-1", "cronjob/report"), ("asleep-1", "cronjob/asleep")] {
        let job = ["-n", "batch", "create", "job", job, "--from", from];
        cluster.kubectl(&job).unwrap().success().unwrap();
    }
    replaced(&cluster);
    attachment(&cluster);
    finished(&cluster);
    cluster.apply(&events().to_string()).unwrap();
    wait_for("the API that does not answer", Duration::from_secs(30), || {
        let service = cluster.get(&["apiservice", "v1.broken.example.com"]).ok()?;
        (service["status"]["conditions"][0]["status"] == "False").then_some(())
    })
    .unwrap();
    cluster.kubectl(&["delete", "namespace", "leaving", "--wait=false"]).unwrap().success().unwrap();
    Stage { cluster, since: Instant::now() }
}

/// Two nodes that take pods, and one for each thing that can be wrong.
fn nodes(cluster: &Cluster) {
    fake::add_node(cluster, &fake::node("worker-1"));
    fake::add_node(cluster, &fake::node("worker-2"));
    let with = |name: &str, change: &dyn Fn(&mut Value)| {
        let mut node = fake::node(name);
        change(&mut node);
        fake::add_node(cluster, &node);
    };
    with("cordoned", &|node| node["spec"]["unschedulable"] = json!(true));
    with("reserved", &|node| {
        node["spec"]["taints"] = json!([{"key": "team", "value": "db", "effect": "NoSchedule"}]);
    });
    with("cloudy", &|node| {
        let taint = json!([{"key": "node.cloudprovider.kubernetes.io/uninitialized", "effect": "NoSchedule"}]);
        node["spec"]["taints"] = taint;
    });
    with("old", &|node| node["status"]["nodeInfo"]["kubeletVersion"] = json!("v1.31.4"));
    with("pressed", &|node| {
        fake::set_condition(node, "MemoryPressure", "True", "KubeletHasInsufficientMemory", "");
        // As node-problem-detector writes it.
        fake::set_condition(node, "KernelDeadlock", "True", "DockerHung", "task docker:7 blocked for more than 300 s");
        // Whether that is good or bad is known only to who writes it.
        fake::set_condition(node, "example.com/Burnished", "True", "Shiny", "");
    });
    with("tiny", &|node| {
        node["status"]["allocatable"]["pods"] = json!("1");
        // The one pod is ours, not one that the scheduler brings.
        node["spec"]["taints"] = json!([{"key": "team", "value": "db", "effect": "NoSchedule"}]);
    });
    with("hung", &|_| {});
    cluster.apply(&fake::lease("hung", &fake::ago(Duration::from_secs(55))).to_string()).unwrap();
    with("hostile", &|node| fake::set_condition(node, "Ready", "False", "KubeletNotReady", HOSTILE));
}

/// Nine of ten: eight of ours and the one that every namespace gets; the quota comes last, and counts them.
fn near_limits(cluster: &Cluster) {
    await_contents(cluster, "nearly-full");
    let maps = (1..9).map(|number| {
        let metadata = json!({"name": format!("map-{number}"), "namespace": "nearly-full"});
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
    });
    let items: Vec<Value> = maps.collect();
    cluster.apply(&json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string()).unwrap();
    let quota = json!({
        "apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "objects", "namespace": "nearly-full"},
        // Nothing of the third is allowed at all, which is no shortage.
        "spec": {"hard": {"count/configmaps": "10", "count/services": "10", "count/secrets": "0"}},
    });
    cluster.apply(&quota.to_string()).unwrap();
}

/// Pods with a kubelet's status, written by us.
fn pods(cluster: &Cluster) {
    cluster.apply(&namespaces(&["budget", "deleted", "hostile"]).to_string()).unwrap();
    for name in ["budget", "deleted", "hostile", "ended"] {
        await_contents(cluster, name);
    }

    fake::create(cluster, &fake::pod("budget", "db", "tiny"));
    let budget = json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "db", "namespace": "budget"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "db"}}},
    });
    cluster.apply(&budget.to_string()).unwrap();

    // A kubelet that does not answer, and a controller that is gone.
    fake::create(cluster, &fake::pod("deleted", "ghost", "worker-2"));
    let mut held = fake::pod("deleted", "held", "worker-2");
    held["metadata"]["finalizers"] = json!(["example.com/backup"]);
    fake::create(cluster, &held);
    cluster.kubectl(&["-n", "deleted", "delete", "pod", "--all", "--wait=false"]).unwrap().success().unwrap();

    let mut image = fake::pod("hostile", "image", "worker-2");
    image["spec"]["containers"][0]["image"] = json!(format!("registry.invalid/{HOSTILE}"));
    image["status"]["phase"] = json!("Pending");
    image["status"]["conditions"][0]["status"] = json!("False");
    image["status"]["containerStatuses"][0]["ready"] = json!(false);
    image["status"]["containerStatuses"][0]["state"] = json!({"waiting": {
        "reason": "ErrImagePull", "message": format!("failed to resolve reference: not found: {HOSTILE}"),
    }});
    fake::create(cluster, &image);

    // As a kubelet writes it when it evicts.
    let mut evicted = fake::pod("ended", "evicted", "worker-2");
    evicted["status"] = json!({
        "phase": "Failed", "reason": "Evicted", "startTime": fake::now(),
        "message": "The node was low on resource: memory. Threshold quantity: 100Mi, available: 68Mi.",
    });
    fake::create(cluster, &evicted);

    for (name, node, tag) in [("kube-proxy-old", "old", "v1.31.4"), ("kube-proxy-worker", "worker-1", "latest")] {
        let mut proxy = fake::pod("kube-system", name, node);
        let container = json!([{"name": "kube-proxy", "image": format!("registry.invalid/kube-proxy:{tag}")}]);
        proxy["spec"]["containers"] = container;
        proxy["spec"]["tolerations"] = json!([{"operator": "Exists"}]);
        proxy["status"]["containerStatuses"][0]["name"] = json!("kube-proxy");
        fake::create(cluster, &proxy);
    }
}

fn namespaces(names: &[&str]) -> Value {
    let items: Vec<Value> =
        names.iter().map(|name| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})).collect();
    json!({"apiVersion": "v1", "kind": "List", "items": items})
}

/// An attachment whose status the external attacher of a storage driver writes: here, we do.
fn attachment(cluster: &Cluster) {
    let attachment = json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "VolumeAttachment", "metadata": {"name": "csi-1"},
        "spec": {
            "attacher": "disk.example.com", "nodeName": "worker-1", "source": {"persistentVolumeName": "disk-7"},
        },
        "status": {"attached": false, "attachError": {
            "time": jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "message": "rpc error: code = FailedPrecondition desc = disk disk-7 is in use by worker-2",
        }},
    });
    fake::create(cluster, &attachment);
}

/// A pod of a deployment that its kubelet has evicted, and the one that its controller made in its place.
fn replaced(cluster: &Cluster) {
    let evicted = json!({"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."});
    let well = fake::pod("ended", "web", "worker-2")["status"].clone();
    for status in [evicted, well] {
        let pod = wait_for("a pod of the deployment", Duration::from_mins(1), || {
            let pods = cluster.get(&["-n", "ended", "pods", "-l", "app=web"]).ok()?;
            let pods = pods["items"].as_array()?;
            let pod =
                pods.iter().find(|pod| pod["status"]["phase"] == "Pending" && pod["spec"]["nodeName"].is_string());
            Some(pod?["metadata"]["name"].as_str()?.to_owned())
        })
        .unwrap();
        fake::set_status(cluster, "ended", "pod", &pod, &json!({"status": status}).to_string());
    }
    wait_for("the deployment to be available", Duration::from_mins(1), || {
        let deployment = cluster.get(&["-n", "ended", "deployment", "web"]).ok()?;
        (deployment["status"]["availableReplicas"] == 1).then_some(())
    })
    .unwrap();
}

/// A job that came to its end at the second try: its controller says so, and we say what a kubelet says of its pods.
fn finished(cluster: &Cluster) {
    let job = json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "import", "namespace": "quiet"},
        "spec": {"backoffLimit": 3, "template": {"spec": {
            "restartPolicy": "Never", "nodeSelector": {"kubernetes.io/hostname": "worker-2"},
            "containers": [{"name": "web", "image": "registry.invalid/web:1"}],
        }}},
    });
    cluster.apply(&job.to_string()).unwrap();
    for (phase, code) in [("Failed", 1), ("Succeeded", 0)] {
        let pod = wait_for("a pod of the job", Duration::from_mins(1), || {
            let pods = cluster.get(&["-n", "quiet", "pods", "-l", "job-name=import"]).ok()?;
            let pods = pods["items"].as_array()?;
            let pod =
                pods.iter().find(|pod| pod["status"]["phase"] == "Pending" && pod["spec"]["nodeName"].is_string());
            Some(pod?["metadata"]["name"].as_str()?.to_owned())
        })
        .unwrap();
        let ended = json!({"exitCode": code, "reason": "Completed", "finishedAt": fake::now()});
        let status = json!({"status": {"phase": phase, "containerStatuses": [{
            "name": "web", "ready": false, "restartCount": 0, "image": "registry.invalid/web:1", "imageID": "",
            "state": {"terminated": ended},
        }]}});
        fake::set_status(cluster, "quiet", "pod", &pod, &status.to_string());
    }
    wait_for("the job to be complete", Duration::from_mins(1), || {
        let job = cluster.get(&["-n", "quiet", "job", "import"]).ok()?;
        job["status"]["conditions"].to_string().contains("Complete").then_some(())
    })
    .unwrap();
}

/// Warnings as any program with the right to write events may leave them; their times are of the future, so that they
/// are still recent when the tests look.
fn events() -> Value {
    let event = |namespace: &str, number: usize, kind: &str, name: &str, reason: &str, count: u64, message: &str| {
        let time = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let of_object = if kind == "Node" { "" } else { namespace };
        json!({
            "apiVersion": "v1", "kind": "Event", "type": "Warning", "reason": reason, "count": count,
            "metadata": {"name": format!("event-{number}"), "namespace": namespace},
            "involvedObject": {"apiVersion": "v1", "kind": kind, "name": name, "namespace": of_object},
            "firstTimestamp": time, "lastTimestamp": time, "message": message,
            "source": {"component": "test"}, "reportingComponent": "test", "reportingInstance": "test",
        })
    };
    let failed = "Readiness probe failed: connection refused";
    json!({"apiVersion": "v1", "kind": "List", "items": [
        event("services", 1, "Pod", "api-1", "Unhealthy", 4, failed),
        event("services", 2, "Pod", "api-2", "Unhealthy", 5, failed),
        // Happens once and never again.
        event("services", 3, "Pod", "api-3", "FailedMount", 1, "configmap not registered"),
        event("hostile", 4, "Pod", "other", "Odd", 9, HOSTILE),
        event("default", 5, "Node", "elsewhere", "ImageGCFailed", 3, "wanted to free 1 byte"),
    ]})
}

/// A user who may see one namespace of the stage and nothing else.
pub(crate) fn user_of(cluster: &Cluster, namespace: &str) -> quicktour_testkit::cluster::Access {
    cluster.kubeconfig_for(&User::named("tenant").with_role_in(namespace, "view")).unwrap()
}
