//! Rules over single objects: what must be found, and above all what must not. Where a controller's words matter they are
//! those of a captured cluster; the rest is what people write into specs.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use quicktour_checks::{Facts, Judgement, Limits, Selection, judge};
use quicktour_report::catalogue::Catalogue;
use quicktour_report::finding::{Finding, Severity};
use quicktour_survey::views::{apps, cluster, core, node, policy};
use quicktour_survey::{Fold, Object, Part, Reading, Scope, Survey, Target};
use quicktour_testkit::fixtures;
use serde::de::DeserializeOwned;
use serde_json::{Value, from_value, json};

const NOW: &str = "2026-01-01T12:00:00Z";
const LONG_AGO: &str = "2025-12-01T12:00:00Z";

/// Objects by the part that lists them.
type Lists<'a> = &'a [(Part, Vec<Value>)];

fn judged(lists: Lists<'_>) -> Judgement {
    judged_in(Scope::Cluster, lists)
}

fn judged_in(scope: Scope, lists: Lists<'_>) -> Judgement {
    let now: Timestamp = NOW.parse().unwrap();
    let mut survey = Survey { scope, ..empty_survey(now) };
    let mut facts = Facts::new(Limits::published(), Selection::default());
    for (part, items) in lists {
        for item in items {
            see(&mut facts, now, *part, item);
        }
        survey.lists.insert(*part, Reading::Read(items.len() as u64));
    }
    let judgement = judge(&survey, &facts, Limits::published(), "kubectl");
    for finding in &judgement.findings {
        check_words(finding);
    }
    judgement
}

fn empty_survey(now: Timestamp) -> Survey {
    let target = Target { context: None, server: "https://test".into(), namespace: "default".into(), user: None };
    Survey {
        target,
        scope: Scope::Cluster,
        now,
        version: Reading::Read(from_value(json!({"gitVersion": "v1.36.3"})).unwrap()),
        readyz: Reading::NotAsked,
        livez: Reading::NotAsked,
        kube_proxies: Reading::NotAsked,
        lists: BTreeMap::new(),
        deadline_passed: false,
        clock_ahead: SignedDuration::ZERO,
    }
}

fn see(facts: &mut Facts, now: Timestamp, part: Part, item: &Value) {
    fn view<T: DeserializeOwned>(item: &Value) -> T {
        from_value(item.clone()).unwrap()
    }
    match part {
        Part::Nodes => facts.see(Object::Node(&view::<node::Node>(item)), now),
        Part::NodeLeases => facts.see(Object::NodeLease(&view::<cluster::Lease>(item)), now),
        Part::SystemLeases => facts.see(Object::SystemLease(&view::<cluster::Lease>(item)), now),
        Part::Services => facts.see(Object::Service(&view::<core::Service>(item)), now),
        Part::EndpointSlices => facts.see(Object::EndpointSlice(&view::<cluster::EndpointSlice>(item)), now),
        Part::Deployments => facts.see(Object::Deployment(&view::<apps::Deployment>(item)), now),
        Part::ReplicaSets => facts.see(Object::ReplicaSet(&view::<apps::ReplicaSet>(item)), now),
        Part::DaemonSets => facts.see(Object::DaemonSet(&view::<apps::DaemonSet>(item)), now),
        Part::Namespaces => facts.see(Object::Namespace(&view::<core::Namespace>(item)), now),
        Part::ApiServices => facts.see(Object::ApiService(&view::<cluster::APIService>(item)), now),
        Part::Autoscalers => facts.see(Object::Autoscaler(&view::<policy::HorizontalPodAutoscaler>(item)), now),
        Part::SigningRequests => {
            facts.see(Object::SigningRequest(&view::<cluster::CertificateSigningRequest>(item)), now);
        }
        Part::ValidatingWebhooks => {
            facts.see(Object::ValidatingWebhook(&view::<cluster::ValidatingWebhookConfiguration>(item)), now);
        }
        part => panic!("{part:?} is not played here"),
    }
}

fn check_words(finding: &Finding) {
    for message in [&finding.title, &finding.why, &finding.fix.advice] {
        Catalogue::english().check(message).unwrap();
    }
    finding.effects.iter().for_each(check_words);
}

/// The rules, each with how bad it is, effects after their causes.
fn found(judgement: &Judgement) -> Vec<(&'static str, Severity)> {
    fn add(findings: &[Finding], found: &mut Vec<(&'static str, Severity)>) {
        for finding in findings {
            found.push((finding.id, finding.severity));
            add(&finding.effects, found);
        }
    }
    let mut all = Vec::new();
    add(&judgement.findings, &mut all);
    all
}

fn keys(judgement: &Judgement) -> Vec<&str> {
    judgement.findings.iter().map(|finding| finding.key.as_str()).collect()
}

/// The time so many seconds before now.
fn ago(seconds: i64) -> String {
    (NOW.parse::<Timestamp>().unwrap() - SignedDuration::from_secs(seconds)).to_string()
}

/// The only item of a captured list.
fn captured(fixture: &str, path: &str, name: &str) -> Value {
    let fixture = fixtures::load(fixture).unwrap();
    let items = fixture.answers[path]["items"].as_array().unwrap();
    items.iter().find(|item| item["metadata"]["name"] == name).unwrap().clone()
}

fn node(name: &str) -> Value {
    json!({
        "metadata": {"name": name, "creationTimestamp": LONG_AGO},
        "status": {
            "conditions": [{"type": "Ready", "status": "True"}],
            "nodeInfo": {"kubeletVersion": "v1.36.3"}, "allocatable": {"pods": "110"},
        },
    })
}

fn lease(name: &str, renewed: &str) -> Value {
    json!({
        "metadata": {"name": name, "namespace": "kube-system"},
        "spec": {"holderIdentity": "cp-1", "leaseDurationSeconds": 15, "renewTime": renewed},
    })
}

#[test]
fn a_node_that_has_just_joined_is_no_error() {
    let first = captured("joining-and-leaving", "/api/v1/nodes", "joining");
    let at = |created: String| {
        let mut node = first.clone();
        node["metadata"]["creationTimestamp"] = json!(created);
        judged(&[(Part::Nodes, vec![node, crate::node("old")])])
    };
    assert_eq!(found(&at(ago(100))), [("node-not-ready", Severity::Info)]);
    assert_eq!(found(&at(ago(200))), [("node-not-ready", Severity::Error)]);
}

#[test]
fn a_node_that_fell_silent_is_an_error_however_young() {
    let fixture = fixtures::load("node-not-ready").unwrap();
    let mut node = fixture.answers["/api/v1/nodes"]["items"][0].clone();
    node["metadata"]["creationTimestamp"] = json!(ago(90));
    assert_eq!(found(&judged(&[(Part::Nodes, vec![node, crate::node("old")])])), [("node-not-ready", Severity::Error)]);
}

#[test]
fn a_node_on_its_way_out_has_some_time_to_go() {
    for name in ["leaving", "scaled-down"] {
        let gone = |seconds| {
            let mut node = captured("joining-and-leaving", "/api/v1/nodes", name);
            node["metadata"]["creationTimestamp"] = json!(LONG_AGO);
            let conditions = node["status"]["conditions"].as_array_mut().unwrap();
            let ready = conditions.iter_mut().find(|condition| condition["type"] == "Ready").unwrap();
            assert_ne!(ready["status"], "True");
            ready["lastTransitionTime"] = json!(ago(seconds));
            found(&judged(&[(Part::Nodes, vec![node, crate::node("old")])]))
        };
        assert_eq!(gone(100), [], "{name}");
        assert_eq!(gone(200), [("node-not-ready", Severity::Error)], "{name}");
    }
}

#[test]
fn virtual_kubelets_and_fargate_are_measured_by_what_they_are() {
    let mut azure = node("virtual-node-aci-linux");
    azure["metadata"]["labels"] = json!({"type": "virtual-kubelet"});
    azure["status"]["nodeInfo"]["kubeletVersion"] = json!("v1.19.10-vk-azure-aci-1.6.2");
    let mut fargate = node("fargate-ip-10-0-0-1");
    fargate["metadata"]["labels"] = json!({"eks.amazonaws.com/compute-type": "fargate"});
    fargate["spec"]["taints"] =
        json!([{"key": "eks.amazonaws.com/compute-type", "value": "fargate", "effect": "NoSchedule"}]);
    fargate["status"]["allocatable"]["pods"] = json!("1");
    let old = lease("virtual-node-aci-linux", &ago(3_600));
    let lists = [(Part::Nodes, vec![azure, fargate.clone()]), (Part::NodeLeases, vec![old]), (Part::Pods, vec![])];
    let judgement = judged(&lists);
    assert_eq!(found(&judgement), []);
    assert_eq!(judgement.not_checked, []);
    // A kubelet on Fargate is one.
    fargate["status"]["nodeInfo"]["kubeletVersion"] = json!("v1.30.1-eks-508b6b3");
    assert_eq!(found(&judged(&[(Part::Nodes, vec![fargate])])), [("kubelet-version-skew", Severity::Warning)]);
}

#[test]
fn a_kubelet_whose_version_cannot_be_read_is_not_called_fitting() {
    let mut odd = node("odd");
    odd["status"]["nodeInfo"]["kubeletVersion"] = json!("main-7d3f");
    let judgement = judged(&[(Part::Nodes, vec![odd])]);
    assert_eq!(found(&judgement), []);
    assert_eq!(judgement.not_checked.len(), 1, "{:?}", judgement.not_checked);
}

#[test]
fn nodes_that_are_all_closed_are_only_said_until_a_pod_waits() {
    let mut cordoned = node("n1");
    cordoned["spec"]["unschedulable"] = json!(true);
    let judgement = judged(&[(Part::Nodes, vec![cordoned])]);
    assert_eq!(found(&judgement), [("no-schedulable-node", Severity::Info), ("node-cordoned", Severity::Info)]);
}

#[test]
fn a_leader_that_hands_over_is_not_lost() {
    // As client-go leaves it: nobody's, and for a second only.
    let released = |seconds| {
        let mut lease = lease("kube-scheduler", &ago(seconds));
        lease["spec"]["holderIdentity"] = json!("");
        lease["spec"]["leaseDurationSeconds"] = json!(1);
        found(&judged(&[(Part::SystemLeases, vec![lease])]))
    };
    assert_eq!(released(5), []);
    assert_eq!(released(29), []);
    assert_eq!(released(31), [("leader-lost", Severity::Error)]);
    let held = |seconds| found(&judged(&[(Part::SystemLeases, vec![lease("kube-scheduler", &ago(seconds))])]));
    assert_eq!(held(29), []);
    assert_eq!(held(31), [("leader-lost", Severity::Error)]);
}

fn changed() -> Value {
    let mut deployment = captured("healthy-node", "/apis/apps/v1/deployments", "web");
    let metadata = &mut deployment["metadata"];
    metadata["creationTimestamp"] = json!(LONG_AGO);
    metadata["generation"] = json!(metadata["generation"].as_i64().unwrap() + 1);
    deployment
}

#[test]
fn a_change_that_nobody_acted_on_counts_only_while_no_controller_is_seen() {
    let with = |renewed: i64| {
        let leases = vec![lease("kube-controller-manager", &ago(renewed))];
        found(&judged(&[(Part::Deployments, vec![changed()]), (Part::SystemLeases, leases)]))
    };
    assert_eq!(with(2), []);
    assert_eq!(with(300), [("leader-lost", Severity::Error), ("workload-unobserved", Severity::Warning)]);
    // A provider's controllers, and a namespace of one's own.
    let hidden = judged(&[(Part::Deployments, vec![changed()]), (Part::SystemLeases, vec![])]);
    assert_eq!(found(&hidden), [("workload-unobserved", Severity::Info)]);
    let scope = Scope::Namespace("shop".into());
    let own = judged_in(scope, &[(Part::Deployments, vec![changed()])]);
    assert_eq!(found(&own), [("workload-unobserved", Severity::Info)]);
}

#[test]
fn what_tables_do_not_tell_of_deployments_is_said() {
    let now: Timestamp = NOW.parse().unwrap();
    let read_as_table = |leases: &[Value]| {
        let mut facts = Facts::new(Limits::published(), Selection::default());
        for lease in leases {
            see(&mut facts, now, Part::SystemLeases, lease);
        }
        let mut survey = empty_survey(now);
        survey.lists.insert(Part::Deployments, Reading::Read(2_000));
        survey.lists.insert(Part::SystemLeases, Reading::Read(leases.len() as u64));
        let judgement = judge(&survey, &facts, Limits::published(), "kubectl");
        judgement.not_checked.iter().filter(|part| part.what.id == "part-unobserved").count()
    };
    assert_eq!(read_as_table(&[]), 1);
    assert_eq!(read_as_table(&[lease("kube-controller-manager", &ago(2))]), 0);
}

fn service(name: &str, spec: &Value) -> Value {
    json!({"metadata": {"name": name, "namespace": "shop", "creationTimestamp": LONG_AGO}, "spec": spec})
}

fn behind(services: Vec<Value>, more: &[(Part, Vec<Value>)]) -> Judgement {
    let lists = [vec![(Part::Services, services), (Part::EndpointSlices, vec![])], more.to_vec()].concat();
    judged(&lists)
}

#[test]
fn a_webhook_outside_of_the_cluster_is_not_called_dead() {
    let webhook = json!({
        "metadata": {"name": "guard"},
        "webhooks": [{
            "name": "guard.example.com", "failurePolicy": "Fail",
            "clientConfig": {"service": {"namespace": "shop", "name": "guard"}},
        }],
    });
    let with = |service_spec: Value| {
        found(&behind(vec![service("guard", &service_spec)], &[(Part::ValidatingWebhooks, vec![webhook.clone()])]))
    };
    assert_eq!(with(json!({"type": "ExternalName", "externalName": "guard.example.com"})), []);
    assert_eq!(with(json!({"type": "ClusterIP"})), [("webhook-dead", Severity::Error)]);
}

#[test]
fn what_a_service_should_have_behind_it_depends_on_what_it_is() {
    let selector = json!({"app": "db", "tier": "back"});
    let with = |spec: Value, more: &[(Part, Vec<Value>)]| found(&behind(vec![service("db", &spec)], more));
    let plain = json!({"type": "ClusterIP", "clusterIP": "198.19.0.7", "selector": &selector});
    let info = [("service-without-endpoints", Severity::Info)];
    let warning = [("service-without-endpoints", Severity::Warning)];
    assert_eq!(with(plain.clone(), &[]), warning);
    assert_eq!(with(json!({"type": "ClusterIP", "clusterIP": "None", "selector": &selector}), &[]), info);
    assert_eq!(with(json!({"publishNotReadyAddresses": true, "selector": &selector}), &[]), []);

    let template = |more: &str| json!({"metadata": {"labels": {"app": "db", "tier": "back", "more": more}}});
    let meta = json!({"name": "db", "namespace": "shop", "creationTimestamp": LONG_AGO});
    // A daemon set that has no node to run on wants no pods.
    let daemons = json!({"metadata": &meta, "spec": {"template": template("x")}, "status": {}});
    assert_eq!(with(plain.clone(), &[(Part::DaemonSets, vec![daemons])]), info);
    let asleep = json!({"metadata": &meta, "spec": {"replicas": 0, "template": template("x")}});
    assert_eq!(with(plain.clone(), &[(Part::Deployments, vec![asleep.clone()])]), info);
    // Tables do not tell of a replica set at 0, so objects must not either.
    assert_eq!(with(plain, &[(Part::ReplicaSets, vec![asleep])]), warning);
}

#[test]
fn several_services_are_spoken_of_as_several() {
    let two = ["a", "b"].map(|name| service(name, &json!({"selector": {"app": name}})));
    let judgement = behind(two.to_vec(), &[]);
    let words = Catalogue::english().text(&judgement.findings[0].why);
    assert_eq!((judgement.findings.len(), words.as_str()), (1, "their selectors find no pod"));
}

#[test]
fn what_was_made_a_moment_ago_may_take_its_time() {
    let api = |created: &str| {
        json!({
            "metadata": {"name": "v1beta1.metrics.k8s.io", "creationTimestamp": created},
            "spec": {"group": "metrics.k8s.io", "version": "v1beta1",
                     "service": {"namespace": "kube-system", "name": "metrics-server"}},
            "status": {"conditions": [{"type": "Available", "status": "False", "reason": "MissingEndpoints"}]},
        })
    };
    let scaler = |created: &str| {
        json!({
            "metadata": {"name": "web", "namespace": "shop", "creationTimestamp": created},
            "status": {"conditions": [{
                "type": "ScalingActive", "status": "False", "reason": "FailedGetResourceMetric",
                "message": "the HPA was unable to compute the replica count: failed to get cpu utilization: unable to \
                            get metrics for resource cpu: unable to fetch metrics from resource metrics API: the \
                            server is currently unable to handle the request (get pods.metrics.k8s.io)",
            }]},
        })
    };
    let at =
        |created: &str| judged(&[(Part::ApiServices, vec![api(created)]), (Part::Autoscalers, vec![scaler(created)])]);
    assert_eq!(found(&at(&ago(60))), []);
    // The one names the other.
    let old = at(&ago(600));
    assert_eq!(found(&old), [("api-unavailable", Severity::Error), ("autoscaler-inactive", Severity::Warning)]);
    assert_eq!(old.findings.len(), 1);
}

#[test]
fn an_api_explains_only_what_names_it() {
    let api = |version: &str, group: &str| {
        json!({
            "metadata": {"name": format!("{version}.{group}"), "creationTimestamp": LONG_AGO},
            "spec": {"group": group, "version": version},
            "status": {"conditions": [{"type": "Available", "status": "False", "reason": format!("Of{version}")}]},
        })
    };
    // The words are those of kube-controller-manager 1.36.3.
    let stuck = json!({
        "metadata": {"name": "leaving", "deletionTimestamp": ago(600)},
        "status": {"conditions": [{
            "type": "NamespaceDeletionDiscoveryFailure", "status": "True", "reason": "DiscoveryFailed",
            "message": "Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server \
                        APIs: broken.example.com/v1: stale GroupVersion discovery: broken.example.com/v1",
        }]},
    });
    let apis = vec![api("v1beta1", "metrics.k8s.io"), api("v1", "broken.example.com")];
    let judgement = judged(&[(Part::ApiServices, apis), (Part::Namespaces, vec![stuck])]);
    let causes: Vec<_> =
        judgement.findings.iter().map(|finding| (finding.objects[0].name.as_str(), finding.effects.len())).collect();
    assert_eq!(causes, [("v1.broken.example.com", 1), ("v1beta1.metrics.k8s.io", 0)]);
}

#[test]
fn a_request_keeps_its_key_when_it_is_made_again() {
    let request = |name: &str| {
        json!({
            "metadata": {"name": name, "creationTimestamp": ago(600)},
            "spec": {"signerName": "kubernetes.io/kubelet-serving", "username": "system:node:n1"},
        })
    };
    let key = |name: &str| keys(&judged(&[(Part::SigningRequests, vec![request(name)])])).concat();
    assert_eq!(key("csr-7xk2p"), "signing-request-pending/kubernetes.io/kubelet-serving/system:node:n1");
    assert_eq!(key("csr-7xk2p"), key("csr-q9d4s"));
}

#[test]
fn the_order_of_arrival_changes_nothing() {
    let nodes = ["c", "a", "b"].map(|name| {
        let mut node = node(name);
        node["spec"]["unschedulable"] = json!(true);
        node["status"]["conditions"]
            .as_array_mut()
            .unwrap()
            .push(json!({"type": "DiskPressure", "status": "True", "reason": "KubeletHasDiskPressure"}));
        node
    });
    let services = ["z", "y"].map(|name| service(name, &json!({"selector": {"app": name}})));
    let lists = |nodes: Vec<Value>, services: Vec<Value>| behind(services, &[(Part::Nodes, nodes)]);
    let there = lists(nodes.to_vec(), services.to_vec());
    let back = lists(nodes.into_iter().rev().collect(), services.into_iter().rev().collect());
    assert_eq!(there.findings, back.findings);
}
