//! A node with a kubelet: what only running pods show. Needs root.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use insta::assert_snapshot;
use quicktour_testkit::cli::Cli;
use quicktour_testkit::cluster::{Cluster, Namespace};
use quicktour_testkit::node::{self, NodeOptions};
use quicktour_testkit::wait::wait_for;
use serde_json::{Value, json};

use crate::support::{Report, health, objects, report, shown, shown_wide, text};

/// The third restart comes after about a minute of back-off; ten times as much on a busy machine.
const CEILING: Duration = Duration::from_mins(5);

/// A deployment of the test's own server.
fn deployment(name: &str, replicas: u32, container: &Value, init: &Value) -> String {
    let mut web = json!({"name": "web", "image": node::WEB});
    web.as_object_mut().unwrap().extend(container.as_object().unwrap().clone());
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"terminationGracePeriodSeconds": 1, "containers": [web], "initContainers": init},
            },
        },
    })
    .to_string()
}

/// The leaders' names begin with this machine's, whose length decides where a line ends.
fn without_holders(shown: &str) -> String {
    let holder = regex::Regex::new(r"(is led by)\s+\S+\s+last\s+heard\s+of\s+\S+\s+ago").unwrap();
    holder.replace_all(shown, "$1 [HOLDER], last heard of [AGE] ago").into_owned()
}

/// What goes wrong on the shared node: all of it is deployed at once, so that it is waited for once.
fn troubled(which: &str) -> &'static Namespace<'static> {
    static TROUBLES: LazyLock<BTreeMap<&str, Namespace<'static>>> = LazyLock::new(|| {
        crate::stage::begin();
        let cluster = node::shared().cluster();
        let none = json!([]);
        let init = json!([{"name": "prepare", "image": node::WEB, "args": ["--exit-after=0s", "--exit-code=7"]}]);
        let memory = json!({"args": ["--allocate-mib=200"], "resources": {"limits": {"memory": "64Mi"}}});
        let troubles = [
            ("crash", json!({"args": ["--exit-after=0.5s", "--exit-code=3"]}), &none),
            ("image", json!({"image": node::MISSING}), &none),
            ("init", json!({}), &init),
            ("memory", memory, &none),
        ];
        let deploy = |(name, container, init): (&'static str, Value, &Value)| {
            let namespace = cluster.namespace(name).unwrap();
            let args = ["apply", "--filename=-", "--namespace", namespace.name()];
            cluster.feed(&args, &deployment("web", 2, &container, init)).unwrap();
            (name, namespace)
        };
        troubles.into_iter().map(deploy).collect()
    });
    &TROUBLES[which]
}

fn of(namespace: &Namespace<'_>) -> Cli {
    health(node::shared().cluster()).args(["-n", namespace.name()])
}

/// The report once a rule has found all pods; until then there is nothing but what it finds.
fn found(namespace: &Namespace<'_>, id: &str) -> Report {
    wait_for(&format!("{id} of both pods"), CEILING, || {
        let report = report(of(namespace));
        let pods: u64 = report.of(id).iter().filter_map(|finding| finding["count"].as_u64()).sum();
        (pods == 2).then_some(report)
    })
    .unwrap_or_else(|error| panic!("{error}: {:#}", report(of(namespace)).json))
}

#[test]
fn a_healthy_node_gives_no_finding_in_any_format() {
    let Ok(()) = node::require_root() else { return };
    // A cluster without the other tests' troubles.
    let cluster = Cluster::start(&node::cluster_options()).unwrap();
    let node = cluster.start_node(&NodeOptions::new().name("node-a")).unwrap();
    cluster.apply(&deployment("web", 2, &json!({}), &json!([]))).unwrap();
    cluster
        .apply(
            "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}",
        )
        .unwrap();
    // While it rolls out, and after.
    report(health(&cluster)).assert(0, "healthy", &[]);
    let status = ["rollout", "status", "deployment/web", "--timeout=120s"];
    cluster.kubectl(&status).unwrap().success().unwrap();
    let healthy = report(health(&cluster));
    healthy.assert(0, "healthy", &[]);
    assert_eq!(healthy.not_checked(), Vec::<String>::new());
    for format in ["table", "wide", "yaml", "markdown"] {
        let shown = shown_wide(&cluster, health(&cluster).args(["-o", format]));
        assert_snapshot!(format!("healthy-node-{format}"), without_holders(&shown));
    }

    // The same node falls silent: it is the cause of all the rest, at once.
    node.stop_kubelet().unwrap();
    node.wait_until_not_ready().unwrap();
    let unready = || {
        let pods = cluster.get(&["pods"]).ok()?;
        let mut pods = pods["items"].as_array()?.iter().map(|pod| pod["status"]["conditions"].to_string());
        pods.all(|conditions| conditions.contains(r#""status":"False","type":"Ready""#)).then_some(())
    };
    wait_for("the pods to be marked", Duration::from_mins(1), unready).unwrap();
    let report = report(health(&cluster));
    let ids = ["node-not-ready", "  pod-not-ready", "    workload-unavailable", "    service-without-endpoints"];
    let ids: Vec<&str> =
        if report.of("service-without-endpoints").is_empty() { ids[..3].to_vec() } else { ids.to_vec() };
    report.assert(1, "failing", &ids);
    assert_eq!(objects(report.one("node-not-ready")), ["Node/node-a"]);
    assert_eq!(report.one("pod-not-ready")["count"], 2);
    let silent = health(&cluster).args(["--skip", "service-without-endpoints"]);
    assert_snapshot!("silent-node", shown(&cluster, silent));
}

#[test]
fn an_image_that_is_not_there() {
    let Ok(()) = node::require_root() else { return };
    let namespace = troubled("image");
    let report = found(namespace, "image-pull-failed");
    report.assert(1, "failing", &["image-pull-failed", "  workload-unavailable"]);
    assert!(text(&report.one("image-pull-failed")["title"]).contains(node::MISSING));
    assert_snapshot!("image", shown(node::shared().cluster(), of(namespace)));
}

#[test]
fn a_crash_loop_with_its_exit_code() {
    let Ok(()) = node::require_root() else { return };
    let namespace = troubled("crash");
    let report = found(namespace, "pod-crash-loop");
    report.assert(1, "failing", &["pod-crash-loop", "  workload-unavailable"]);
    let crash = report.one("pod-crash-loop");
    assert!(text(&crash["title"]).ends_with("exit code 3"), "{crash}");
    assert!(text(&crash["fix"]["command"]).ends_with("-c web --previous"), "{crash}");
    assert_snapshot!("crash", shown(node::shared().cluster(), of(namespace)));
}

#[test]
fn out_of_memory_with_its_limit() {
    let Ok(()) = node::require_root() else { return };
    let namespace = troubled("memory");
    let report = found(namespace, "pod-crash-loop");
    report.assert(1, "failing", &["pod-crash-loop", "  workload-unavailable"]);
    let crash = report.one("pod-crash-loop");
    assert!(text(&crash["title"]).ends_with("OOM-killed, limit 64Mi"), "{crash}");
    assert_snapshot!("memory", shown(node::shared().cluster(), of(namespace)));
}

#[test]
fn an_init_container_that_fails() {
    let Ok(()) = node::require_root() else { return };
    let namespace = troubled("init");
    let report = found(namespace, "init-container-failed");
    report.assert(1, "failing", &["init-container-failed", "  workload-unavailable"]);
    let init = report.one("init-container-failed");
    assert!(text(&init["title"]).ends_with("exit code 7"), "{init}");
    assert_snapshot!("init", shown(node::shared().cluster(), of(namespace)));
}
