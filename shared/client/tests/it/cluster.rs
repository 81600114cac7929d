use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::net::{TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use prost::Message;
use quicktour_client::views::object::ObjectMeta;
use quicktour_client::views::unset::Unset;
use quicktour_client::views::{Resource, View, apps, batch, cluster as control, core, node, or_empty, pod, policy};
use quicktour_client::{
    Client, ConnectFlags, Environment, ListOptions, RequestTimeout, Scope, Situation, WatchEvent, Wire, connect_in,
};
use quicktour_testkit::cluster::{self, User};
use serde::Deserialize;

use crate::{client_with, told};

/// A kind that no cluster of these tests serves.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub(crate) struct Gadget {
    #[prost(message, optional, tag = "1")]
    pub(crate) metadata: Option<ObjectMeta>,
}

impl Unset for Gadget {
    fn clear_unset(&mut self) {}
}

impl View for Gadget {
    const RESOURCE: Resource =
        Resource { group: "example.com", version: "v1", kind: "Gadget", plural: "gadgets", namespaced: true };

    fn meta(&self) -> &ObjectMeta {
        or_empty(self.metadata.as_ref())
    }
}

async fn admin() -> Client {
    client_with(&cluster::shared().kubeconfig()).await.unwrap()
}

async fn all<T: View>(client: &Client, scope: &Scope) -> Vec<T> {
    let mut objects = Vec::new();
    let listed = client.list(scope, &ListOptions::default(), &mut |object: T| objects.push(object)).await;
    let listed = listed.unwrap_or_else(|error| panic!("{:?}", told(&error)));
    assert_eq!(listed.count, objects.len() as u64);
    assert!(!listed.resource_version.is_empty());
    objects
}

/// Objects of every kind that has a view, beside those that a fresh cluster has by itself.
const OBJECTS: &str = r"
{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}
---
{apiVersion: v1, kind: Pod, metadata: {name: p, labels: {a: b}, finalizers: [example.com/x]}, spec: {containers: [{name: c, image: i, resources: {limits: {cpu: 250m, memory: 1Gi}}, readinessProbe: {tcpSocket: {port: 80}, periodSeconds: 7}}], initContainers: [{name: s, image: j, restartPolicy: Always}], readinessGates: [{conditionType: example.com/ready}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: gated}, spec: {schedulingGates: [{name: example.com/gate}], containers: [{name: c, image: i}]}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {replicas: 2, selector: {matchLabels: {a: d}}, template: {metadata: {labels: {a: d}}, spec: {containers: [{name: c, image: i}]}}}}
---
{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: s}, spec: {serviceName: s, selector: {matchLabels: {a: s}}, template: {metadata: {labels: {a: s}}, spec: {containers: [{name: c, image: i}]}}, volumeClaimTemplates: [{metadata: {name: v}, spec: {accessModes: [ReadWriteOnce], storageClassName: none, resources: {requests: {storage: 1Gi}}}}]}}
---
{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: d}, spec: {selector: {matchLabels: {a: ds}}, template: {metadata: {labels: {a: ds}}, spec: {containers: [{name: c, image: i}]}}}}
---
{apiVersion: batch/v1, kind: Job, metadata: {name: j}, spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}
---
{apiVersion: batch/v1, kind: CronJob, metadata: {name: c}, spec: {schedule: '0 0 1 1 *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {selector: {a: b}, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {pods: '100', requests.cpu: '1e3', memory: 64Mi}}}
---
{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b}, spec: {minAvailable: 50%, selector: {matchLabels: {a: d}}}}
---
{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: h}, spec: {minReplicas: 1, maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: d}}}
";

/// Objects without a namespace; `NAME` becomes one of this run.
const CLUSTER_OBJECTS: &str = r"
{apiVersion: v1, kind: Node, metadata: {name: NAME, labels: {a: b}}, spec: {unschedulable: true, taints: [{key: k, value: v, effect: NoExecute}]}}
---
{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: NAME}, provisioner: example.com/p, volumeBindingMode: WaitForFirstConsumer}
---
{apiVersion: storage.k8s.io/v1, kind: VolumeAttachment, metadata: {name: NAME}, spec: {attacher: example.com, nodeName: NAME, source: {persistentVolumeName: v}}}
---
{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, metadata: {name: NAME}, webhooks: [{name: a.example.com, sideEffects: None, admissionReviewVersions: [v1], failurePolicy: Ignore, clientConfig: {service: {namespace: ns, name: s, port: 8443}}}]}
---
{apiVersion: admissionregistration.k8s.io/v1, kind: MutatingWebhookConfiguration, metadata: {name: NAME}, webhooks: [{name: a.example.com, sideEffects: None, admissionReviewVersions: [v1], failurePolicy: Ignore, clientConfig: {url: 'https://h.example.com'}}]}
---
{apiVersion: apiregistration.k8s.io/v1, kind: APIService, metadata: {name: v1.NAME.example.com}, spec: {group: NAME.example.com, version: v1, groupPriorityMinimum: 10, versionPriority: 10, insecureSkipTLSVerify: true, service: {namespace: ns, name: s}}}
";

/// Lists one kind over both wires until nothing changed in between, and returns how many objects there were.
async fn equal<T: View + PartialEq + Debug>(client: &Client) -> usize {
    let protobuf = client.clone().with_page_size(3).with_wire(Wire::Protobuf);
    let json = client.clone().with_wire(Wire::Json);
    for attempt in 0.. {
        let (first, second) = (all::<T>(&protobuf, &Scope::Cluster).await, all::<T>(&json, &Scope::Cluster).await);
        if first == second {
            return first.len();
        }
        // Leases and statuses change under our hands; a difference that stays is a wrong tag or name.
        let same = first.iter().zip(&second).find(|(a, b)| {
            a.meta().resource_version == b.meta().resource_version && a.meta().uid == b.meta().uid && a != b
        });
        assert!(same.is_none(), "{}: the wires differ in {same:#?}", T::RESOURCE.qualified());
        assert!(attempt < 50, "{}: never the same twice", T::RESOURCE.qualified());
    }
    unreachable!()
}

#[tokio::test]
async fn both_wires_give_equal_objects_of_every_kind() {
    // A cluster of its own: nodes and webhooks are everybody's.
    let cluster = cluster::Cluster::start(&cluster::Options::new()).unwrap();
    let namespace = "wires";
    cluster.kubectl(&["create", "namespace", namespace]).unwrap().success().unwrap();
    cluster.feed(&["create", "--namespace", namespace, "-f", "-"], OBJECTS).unwrap();
    cluster.apply(&CLUSTER_OBJECTS.replace("NAME", "wires")).unwrap();
    let client = client_with(&cluster.kubeconfig()).await.unwrap();
    let mut counts = BTreeMap::new();
    macro_rules! compare {
        ($($kind:ty),* $(,)?) => { $(counts.insert(<$kind>::RESOURCE.qualified(), equal::<$kind>(&client).await);)* };
    }
    // The controllers need a moment to make of these what they make of them.
    quicktour_testkit::wait::wait_for("what controllers make", Duration::from_mins(2), || {
        let pods = cluster.get(&["pods", "-n", namespace]).ok()?;
        let sets = cluster.get(&["pvc", "-n", namespace]).ok()?;
        (pods["items"].as_array()?.len() >= 6 && !sets["items"].as_array()?.is_empty()).then_some(())
    })
    .unwrap();
    compare!(
        core::Namespace,
        core::Service,
        core::PersistentVolumeClaim,
        core::ResourceQuota,
        core::Event,
        pod::Pod,
        node::Node,
        apps::Deployment,
        apps::ReplicaSet,
        apps::StatefulSet,
        apps::DaemonSet,
        batch::Job,
        batch::CronJob,
        policy::PodDisruptionBudget,
        policy::HorizontalPodAutoscaler,
        control::CertificateSigningRequest,
        control::Lease,
        control::EndpointSlice,
        control::StorageClass,
        control::VolumeAttachment,
        control::ValidatingWebhookConfiguration,
        control::MutatingWebhookConfiguration,
        control::APIService,
    );
    let none: Vec<&String> = counts.iter().filter(|(_, count)| **count == 0).map(|(kind, _)| kind).collect();
    assert_eq!(none, ["certificatesigningrequests.certificates.k8s.io"], "kinds that were compared on nothing");

    // `get` speaks both as well, and so do errors.
    let protobuf = client.clone().with_wire(Wire::Protobuf);
    let error = protobuf.get::<pod::Pod>(Some(namespace), "gone").await.unwrap_err();
    assert!(matches!(error.situation(), Situation::NotFound { .. }), "{:?}", error.situation());
    let (scope, json) = (Some(namespace), client.clone().with_wire(Wire::Json));
    let pod: pod::Pod = protobuf.get(scope, "gated").await.unwrap();
    assert_eq!(pod, json.get(scope, "gated").await.unwrap());
    assert_eq!(pod.spec().scheduling_gates[0].name, "example.com/gate");
}

#[tokio::test]
async fn raw_answers_come_with_their_status() {
    let client = admin().await;
    let version = client.raw("/version").await.unwrap();
    assert_eq!(version.status, 200);
    assert!(version.body.contains("v1."), "{}", version.body);
    let readyz = client.raw("/readyz?verbose").await.unwrap();
    assert!(readyz.body.contains("[+]etcd"), "{}", readyz.body);
    // What a client certificate may see, nobody else is told.
    let stranger = client_with(&cluster::shared().kubeconfig_with_token("no").unwrap()).await.unwrap();
    assert!(matches!(stranger.raw("/version").await.unwrap_err().situation(), Situation::Unauthenticated { .. }));
}

#[tokio::test]
async fn an_impersonated_user_sees_with_their_own_eyes() {
    let cluster = cluster::shared();
    let namespace = cluster.namespace("as").unwrap();
    let flags = ConnectFlags {
        kubeconfig: Some(cluster.kubeconfig()),
        impersonate: Some("jo".into()),
        impersonate_groups: vec!["a".into(), "system:authenticated".into()],
        impersonate_uid: Some("7".into()),
        ..ConnectFlags::default()
    };
    let mark = cluster.audit().mark().unwrap();
    let client = connect_in(&flags, &Environment::of([])).await.unwrap();
    let scope = Scope::Namespace(namespace.name().to_owned());
    let error = client.list::<pod::Pod>(&scope, &ListOptions::default(), &mut |_| {}).await.unwrap_err();
    let [_, cause, hint] = told(&error);
    assert_eq!(cause, format!("`jo` may not list `pods` in namespace `{}`", namespace.name()));
    assert!(hint.ends_with("--as=jo --as-group=a --as-group=system:authenticated --as-uid=7`"), "{hint}");
    let rule = error.rule().unwrap();
    assert_eq!(
        (rule.verb.as_str(), rule.resource.as_str(), rule.namespace.as_deref()),
        ("list", "pods", Some(namespace.name()))
    );

    // The hint's command runs as it stands, and says what we said.
    let command =
        hint.split('`').nth(1).unwrap().replacen("kubectl", &cluster.binaries().path("kubectl").to_string_lossy(), 1);
    let output = Command::new("sh").args(["-c", &command]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "no", "{output:?}");
    let writes: Vec<_> = cluster
        .audit()
        .since(mark)
        .unwrap()
        .into_iter()
        .filter(|event| event.user_agent.starts_with("quicktour/") && event.is_write())
        .collect();
    assert!(writes.is_empty(), "{writes:?}");
}

#[tokio::test]
async fn one_namespace_is_enough_for_a_user_who_may_see_no_more() {
    let cluster = cluster::shared();
    let namespace = cluster.namespace("own").unwrap();
    cluster
        .feed(
            &["create", "-n", namespace.name(), "-f", "-"],
            "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: i}]}}",
        )
        .unwrap();
    let user = cluster.kubeconfig_for(&User::named("tenant").with_role_in(namespace.name(), "view")).unwrap();
    let client = client_with(&user.kubeconfig).await.unwrap();
    let pods: Vec<pod::Pod> = all(&client, &Scope::Namespace(namespace.name().to_owned())).await;
    assert_eq!(pods.iter().map(|pod| pod.meta().name.as_str()).collect::<Vec<_>>(), ["p"]);
}

#[tokio::test]
async fn a_watch_tells_what_happens_over_both_wires() {
    let cluster = cluster::shared();
    for wire in [Wire::Auto, Wire::Protobuf, Wire::Json] {
        let namespace = cluster.namespace("watch").unwrap();
        cluster
            .feed(
                &["create", "-n", namespace.name(), "-f", "-"],
                "{apiVersion: v1, kind: Service, metadata: {name: first}, spec: {ports: [{port: 80}]}}",
            )
            .unwrap();
        let client = admin().await.with_wire(wire).with_request_timeout(RequestTimeout::After(Duration::from_secs(20)));
        let told = RefCell::new(Vec::new());
        let scope = Scope::Namespace(namespace.name().to_owned());
        let options = ListOptions::default();
        let mut each = |event: WatchEvent<core::Service>| {
            let (mark, name) = match &event {
                WatchEvent::Restarted => ("restarted", ""),
                WatchEvent::Applied(service) => ("+", service.meta().name.as_str()),
                WatchEvent::Deleted(service) => ("-", service.meta().name.as_str()),
            };
            told.borrow_mut().push(format!("{mark}{name}"));
            match told.borrow().len() {
                // The list is through: change something.
                2 => {
                    cluster
                        .kubectl(&["-n", namespace.name(), "create", "service", "clusterip", "second", "--tcp=80"])
                        .unwrap();
                    cluster.kubectl(&["-n", namespace.name(), "delete", "service", "first"]).unwrap();
                }
                4 => return ControlFlow::Break(()),
                _ => {}
            }
            ControlFlow::Continue(())
        };
        let watch = client.watch(&scope, &options, &mut each);
        tokio::time::timeout(Duration::from_mins(1), watch).await.unwrap().unwrap();
        assert_eq!(*told.borrow(), ["restarted", "+first", "+second", "-first"], "{wire:?}");
    }
}

/// Asks etcd over its JSON gateway; the body is a protobuf message in JSON.
fn etcd(url: &str, path: &str, body: &str) -> serde_json::Value {
    use std::io::{Read as _, Write as _};
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "POST {path} HTTP/1.0\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap()
}

#[tokio::test]
async fn a_continue_token_that_expires_on_a_real_server_loses_nothing() {
    // A cluster of its own, without the cache that answers for old moments: compaction touches everybody.
    let options = cluster::Options::new()
        .without(cluster::Component::ControllerManager)
        .without(cluster::Component::Scheduler)
        .arg(cluster::Component::ApiServer, "--watch-cache=false");
    let cluster = cluster::Cluster::start(&options).unwrap();
    let names: Vec<String> = (0..5).map(|number| format!("n{number}")).collect();
    for name in &names {
        cluster.kubectl(&["create", "namespace", name]).unwrap();
    }
    let client = client_with(&cluster.kubeconfig()).await.unwrap();
    for wire in [Wire::Protobuf, Wire::Json] {
        let client = client.clone().with_wire(wire).with_page_size(2);
        let mut seen: Vec<String> = Vec::new();
        let listed = client
            .list(&Scope::Cluster, &ListOptions::default(), &mut |namespace: core::Namespace| {
                seen.push(namespace.meta().name.clone());
                if seen.len() == 2 {
                    // Moves on and forgets everything before, while the first page is being read.
                    cluster.kubectl(&["label", "namespace", "n4", "a=b", "--overwrite"]).unwrap();
                    cluster.kubectl(&["label", "namespace", "n4", "a=c", "--overwrite"]).unwrap();
                    let url = cluster.etcd_client_url();
                    let revision = etcd(&url, "/v3/kv/range", r#"{"key":"AA=="}"#)["header"]["revision"].clone();
                    etcd(&url, "/v3/kv/compaction", &format!(r#"{{"revision":{revision},"physical":true}}"#));
                }
            })
            .await
            .unwrap_or_else(|error| panic!("{:?}", told(&error)));
        assert!(!listed.consistent, "the token did not expire");
        let ours: Vec<&String> = seen.iter().filter(|name| names.contains(name)).collect();
        assert_eq!(ours, names.iter().collect::<Vec<_>>(), "{wire:?}: {seen:?}");
    }
}

/// Passes connections on to the API server, and can cut all of them.
struct Relay {
    address: String,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Relay {
    fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (target, open) = (server.trim_start_matches("https://").to_owned(), Arc::new(Mutex::new(Vec::new())));
        let streams = Arc::clone(&open);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = TcpStream::connect(&target).unwrap();
                streams.lock().unwrap().extend([client.try_clone().unwrap(), server.try_clone().unwrap()]);
                let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                std::thread::spawn(move || std::io::copy(&mut from, &mut to));
                let (mut from, mut to) = (server, client);
                std::thread::spawn(move || std::io::copy(&mut from, &mut to));
            }
        });
        Self { address, open }
    }

    fn cut(&self) {
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
    }
}

#[tokio::test]
async fn a_watch_whose_connection_is_cut_misses_and_repeats_nothing() {
    let cluster = cluster::shared();
    let namespace = cluster.namespace("cut").unwrap();
    let relay = Relay::to(&cluster.server());
    let flags = ConnectFlags {
        kubeconfig: Some(cluster.kubeconfig()),
        server: Some(format!("https://{}", relay.address)),
        ..ConnectFlags::default()
    };
    let client = connect_in(&flags, &Environment::of([])).await.unwrap();
    let told = RefCell::new(Vec::new());
    let create = |name: &str| {
        let args = ["-n", namespace.name(), "create", "service", "clusterip", name, "--tcp=80"];
        cluster.kubectl(&args).unwrap().success().unwrap();
    };
    create("first");
    let mut each = |event: WatchEvent<core::Service>| {
        told.borrow_mut().push(match event {
            WatchEvent::Restarted => "restarted".to_owned(),
            WatchEvent::Applied(service) => format!("+{}", service.meta().name),
            WatchEvent::Deleted(service) => format!("-{}", service.meta().name),
        });
        match told.borrow().len() {
            2 => create("second"),
            // The watch stands: cut it, and let something happen that nobody watches.
            3 => {
                relay.cut();
                create("third");
            }
            4 => return ControlFlow::Break(()),
            _ => {}
        }
        ControlFlow::Continue(())
    };
    let (scope, options) = (Scope::Namespace(namespace.name().to_owned()), ListOptions::default());
    let watch = client.watch(&scope, &options, &mut each);
    tokio::time::timeout(Duration::from_mins(1), watch).await.unwrap().unwrap();
    assert_eq!(*told.borrow(), ["restarted", "+first", "+second", "+third"]);
}
