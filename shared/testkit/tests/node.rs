//! What runs on the real node works, and fails in the ways tests ask for.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails it")]

use std::time::Duration;

use quicktour_testkit::node;
use quicktour_testkit::wait::wait_for;
use serde_json::{Value, json};

/// Ten times what it takes on two idle cores.
const CEILING: Duration = Duration::from_mins(2);

/// A pod of the shared node in a namespace of its own, observed until `look` answers.
fn watch_pod<T>(name: &str, spec: &Value, look: impl Fn(&Value) -> Option<T>) -> T {
    let cluster = node::shared().cluster();
    let namespace = cluster.namespace(name).unwrap();
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace.name()}, "spec": spec,
    });
    cluster.apply(&pod.to_string()).unwrap();
    let get = || cluster.get(&["pod", name, "--namespace", namespace.name()]).unwrap();
    wait_for(&format!("`{name}`"), CEILING, || look(&get())).unwrap_or_else(|error| panic!("{error}; it is {}", get()))
}

fn container(image: &str, args: &[&str]) -> Value {
    json!({"name": "web", "image": image, "args": args})
}

#[test]
fn a_deployment_becomes_available() {
    let Ok(()) = node::require_root() else { return };
    let cluster = node::shared().cluster();
    let namespace = cluster.namespace("available").unwrap();
    let namespace = namespace.name();
    let image = format!("--image={}", node::WEB);
    let create = ["create", "deployment", "web", "--replicas=2", &image, "--namespace", namespace];
    cluster.kubectl(&create).unwrap().success().unwrap();
    let status = ["rollout", "status", "deployment/web", "--timeout=120s", "--namespace", namespace];
    cluster.kubectl(&status).unwrap().success().unwrap();

    let logs = cluster.kubectl(&["logs", "deployment/web", "--namespace", namespace]).unwrap().success().unwrap();
    assert!(logs.contains("web: version v1"), "{logs}");
    let pods = cluster.get(&["pods", "--namespace", namespace]).unwrap();
    let pod = pods["items"][0]["metadata"]["name"].as_str().unwrap();
    let path = format!("/api/v1/namespaces/{namespace}/pods/{pod}:8080/proxy/env/api");
    let answer = cluster.kubectl(&["get", "--raw", &path]).unwrap().success().unwrap();
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["env"]["HOSTNAME"], pod);
    assert_eq!(answer["env"]["VERSION"], "v1");
}

#[test]
fn a_crash_loop_shows_its_exit_code() {
    let Ok(()) = node::require_root() else { return };
    let spec = json!({"containers": [container(node::WEB, &["--exit-after=0.1s", "--exit-code=3"])]});
    let last = watch_pod("crash", &spec, |pod| {
        let status = &pod["status"]["containerStatuses"][0];
        (status["state"]["waiting"]["reason"] == "CrashLoopBackOff").then(|| status["lastState"].clone())
    });
    assert_eq!(last["terminated"]["exitCode"], 3);
    assert_eq!(last["terminated"]["reason"], "Error");
}

#[test]
fn a_memory_kill_says_so() {
    let Ok(()) = node::require_root() else { return };
    let mut container = container(node::WEB, &["--allocate-mib=200"]);
    container["resources"] = json!({"limits": {"memory": "48Mi"}});
    let last = watch_pod("memory", &json!({"containers": [container]}), |pod| {
        let last = &pod["status"]["containerStatuses"][0]["lastState"]["terminated"];
        last.is_object().then(|| last.clone())
    });
    assert_eq!((last["reason"].as_str(), last["exitCode"].as_i64()), (Some("OOMKilled"), Some(137)));
}

#[test]
fn a_failing_init_container_keeps_its_pod_from_starting() {
    let Ok(()) = node::require_root() else { return };
    let spec = json!({
        "initContainers": [{
            "name": "prepare", "image": node::WEB, "args": ["--exit-after=0s", "--exit-code=7"],
        }],
        "containers": [container(node::WEB, &[])],
    });
    let status = watch_pod("init", &spec, |pod| {
        let prepare = &pod["status"]["initContainerStatuses"][0];
        (prepare["state"]["waiting"]["reason"] == "CrashLoopBackOff").then(|| pod["status"].clone())
    });
    assert_eq!(status["initContainerStatuses"][0]["lastState"]["terminated"]["exitCode"], 7);
    assert_eq!(status["containerStatuses"][0]["state"]["waiting"]["reason"], "PodInitializing");
}

#[test]
fn pulls_fail_for_the_reason_that_the_registry_gives() {
    let Ok(()) = node::require_root() else { return };
    let cases = [
        ("missing", node::MISSING, "not found"),
        ("private", node::PRIVATE, "insufficient_scope"),
        ("limited", node::RATE_LIMITED, "429 Too Many Requests"),
        ("unreachable", node::UNREACHABLE, "connection refused"),
    ];
    for (name, image, why) in cases {
        let message = watch_pod(name, &json!({"containers": [container(image, &[])]}), |pod| {
            let waiting = &pod["status"]["containerStatuses"][0]["state"]["waiting"];
            (waiting["reason"] == "ErrImagePull").then(|| waiting["message"].as_str().unwrap_or_default().to_owned())
        });
        assert!(message.contains(why), "{name}: {message}");
    }
    watch_pod("backoff", &json!({"containers": [container(node::MISSING, &[])]}), |pod| {
        let waiting = &pod["status"]["containerStatuses"][0]["state"]["waiting"];
        (waiting["reason"] == "ImagePullBackOff").then_some(())
    });
}

#[test]
fn probes_that_fail_are_seen() {
    let Ok(()) = node::require_root() else { return };
    let mut container = container(node::WEB, &["--readiness-fail-next=-1"]);
    container["readinessProbe"] = json!({"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 1});
    let cluster = node::shared().cluster();
    watch_pod("unready", &json!({"containers": [container]}), |pod| {
        let namespace = pod["metadata"]["namespace"].as_str()?;
        assert_ne!(pod["status"]["containerStatuses"][0]["ready"], true);
        let events = cluster.get(&["events", "--field-selector=reason=Unhealthy", "--namespace", namespace]).ok()?;
        // An early probe may find nobody listening yet.
        let mut messages = events["items"].as_array()?.iter().filter_map(|event| event["message"].as_str());
        messages.any(|message| message.contains("statuscode: 500")).then_some(())
    });
}
