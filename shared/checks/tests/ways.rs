//! However a cluster is read, object by object on either wire or as tables, the findings are the same.
//!
//! Against the real control plane, with a node that nobody runs and workloads of every kind of trouble that needs no
//! kubelet.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use jiff::{SignedDuration, Timestamp};
use quicktour_checks::{Facts, Judgement, Limits, Selection, judge};
use quicktour_client::{Client, ConnectFlags, Wire, connect};
use quicktour_survey::{Request, Scope, Tables, collect};
use quicktour_testkit::cluster::Cluster;
use quicktour_testkit::wait::wait_for;

const SOME_TROUBLE: &str = r#"
apiVersion: v1
kind: Node
metadata: {name: silent}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: few, namespace: shop}
spec: {hard: {pods: "2"}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: refused, namespace: shop}
spec:
  replicas: 4
  selector: {matchLabels: {app: refused}}
  template: {metadata: {labels: {app: refused}}, spec: {containers: [{name: web, image: nowhere.test/web}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: sleeping}
spec:
  replicas: 0
  selector: {matchLabels: {app: sleeping}}
  template: {metadata: {labels: {app: sleeping}}, spec: {containers: [{name: web, image: nowhere.test/web}]}}
---
apiVersion: v1
kind: Service
metadata: {name: sleeping}
spec: {selector: {app: sleeping}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: alone}
spec:
  replicas: 2
  selector: {matchLabels: {app: alone}}
  template: {metadata: {labels: {app: alone}}, spec: {nodeName: silent, containers: [{name: web, image: nowhere.test/web}]}}
---
apiVersion: v1
kind: Pod
metadata: {name: bare}
spec: {nodeSelector: {no: where}, containers: [{name: web, image: nowhere.test/web}]}
---
apiVersion: v1
kind: Node
metadata: {name: tiny}
---
# The same name twice: well here, in trouble there.
apiVersion: v1
kind: Pod
metadata: {name: twin}
spec: {nodeName: tiny, containers: [{name: web, image: nowhere.test/web}]}
---
apiVersion: v1
kind: Pod
metadata: {name: twin, namespace: kube-public}
spec: {nodeName: tiny, containers: [{name: web, image: nowhere.test/web}]}
---
# Its container has ended well and is started again: a table calls that `Completed`.
apiVersion: v1
kind: Pod
metadata: {name: between}
spec: {nodeName: tiny, containers: [{name: web, image: nowhere.test/web}]}
"#;

/// What a kubelet would write of the node `tiny` and its pods: three of at most three, of which one is well.
const STATUSES: [(&str, &str, &str, &str); 4] = [
    (
        "node",
        "default",
        "tiny",
        r#"{"allocatable":{"pods":"3"},"capacity":{"pods":"3"},"conditions":[{"type":"Ready","status":"True","reason":"KubeletReady"}]}"#,
    ),
    (
        "pod",
        "default",
        "twin",
        r#"{"phase":"Running","conditions":[{"type":"Ready","status":"True"}],"containerStatuses":[{"name":"web","ready":true,"restartCount":0,"image":"","imageID":"","state":{"running":{}}}]}"#,
    ),
    (
        "pod",
        "kube-public",
        "twin",
        r#"{"phase":"Pending","conditions":[{"type":"Ready","status":"False"}],"containerStatuses":[{"name":"web","ready":false,"restartCount":0,"image":"","imageID":"","state":{"waiting":{"reason":"ImagePullBackOff","message":"not found"}}}]}"#,
    ),
    (
        "pod",
        "default",
        "between",
        r#"{"phase":"Running","conditions":[{"type":"Ready","status":"False"}],"containerStatuses":[{"name":"web","ready":false,"restartCount":1,"image":"","imageID":"","state":{"terminated":{"exitCode":0,"reason":"Completed"}}}]}"#,
    ),
];

#[test]
fn every_way_of_reading_gives_the_same_findings() {
    // Nobody renews a lease for the node that is ready.
    let options = quicktour_testkit::cluster::Options::new().node_monitor_grace(std::time::Duration::from_hours(10));
    let cluster = Cluster::start(&options).unwrap();
    cluster.apply(SOME_TROUBLE).unwrap();
    for (kind, namespace, name, status) in STATUSES {
        let patch = format!(r#"{{"status":{status}}}"#);
        let args = ["-n", namespace, "patch", kind, name, "--subresource=status", "--type=merge", "-p", &patch];
        cluster.kubectl(&args).unwrap().success().unwrap();
    }
    // A pod that was started often enough to be in a loop, as a kubelet would report it.
    cluster
        .kubectl(&[
            "patch", "pod", "bare", "--subresource=status", "--type=merge", "-p",
            r#"{"status":{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable","message":"0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."}]}}"#,
        ])
        .unwrap();
    wait_for("the quota to refuse pods", std::time::Duration::from_secs(30), || {
        let deployment = cluster.get(&["deployment", "refused", "-n", "shop"]).ok()?;
        deployment["status"]["conditions"]
            .as_array()?
            .iter()
            .find(|condition| condition["type"] == "ReplicaFailure")
            .cloned()
    })
    .unwrap();
    wait_for("both pods of the replica set", std::time::Duration::from_secs(30), || {
        let set = cluster.get(&["replicaset", "alone"]).ok()?;
        (set["status"]["replicas"] == 2).then_some(())
    })
    .unwrap();

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let flags = ConnectFlags { kubeconfig: Some(cluster.kubeconfig()), ..ConnectFlags::default() };
        let client = connect(&flags).await.unwrap();
        // Late enough for every grace to have passed; the same moment for every way.
        let now = Timestamp::now() + SignedDuration::from_mins(30);
        let plain = findings(&client, now, Tables::Never).await;
        let ids: Vec<&str> = plain.findings.iter().map(|finding| finding.id).collect();
        for id in ["image-pull-failed", "node-not-ready", "node-pod-limit", "pod-not-ready", "pods-refused"] {
            assert!(ids.contains(&id), "{id} is not among {ids:?}");
        }
        for (way, client, tables) in [
            ("JSON", client.clone().with_wire(Wire::Json), Tables::Never),
            ("protobuf in pages of two", client.clone().with_page_size(2), Tables::Never),
            ("tables by namespace", client.clone(), Tables::ByNamespace),
            ("one table for all", client.clone(), Tables::Everywhere),
        ] {
            let other = findings(&client, now, tables).await;
            assert_eq!(other.findings, plain.findings, "{way}");
            assert_eq!(other.not_checked, plain.not_checked, "{way}");
            assert_eq!(other.summary[0], plain.summary[0], "{way}");
        }
    });
}

async fn findings(client: &Client, now: Timestamp, tables: Tables) -> Judgement {
    // The leaders' leases and what events say of the last seconds change by themselves.
    let selection = Selection::new(&[], &["leader-lost".to_owned(), "warning-events".to_owned()]).unwrap();
    let mut facts = Facts::new(Limits::published(), selection);
    let request = Request { client, scope: &Scope::Cluster, now, tables };
    let survey = collect(request, &mut facts).await.unwrap();
    judge(&survey, &facts, Limits::published(), "kubectl")
}
