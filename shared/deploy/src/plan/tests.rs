use quicktour_client::{Manifest, Patch, Target};
use quicktour_report::catalogue::Catalogue;
use serde_json::{Value, json};

use super::*;
use crate::labels;
use crate::wish::{Exposure, Wish};

fn target() -> Target {
    Target {
        context: Some("ctx".into()),
        server: "https://127.0.0.1:6443".into(),
        namespace: "shop".into(),
        user: None,
    }
}

fn wish() -> Wish {
    Wish::of("registry.example.com/web:1".parse().unwrap(), None).unwrap()
}

fn id(text: &str) -> RunId {
    RunId::parse(text).unwrap()
}

fn applied(plan: &Plan) -> Vec<&Value> {
    plan.steps.iter().map(|step| step.object().value()).collect()
}

fn warnings(plan: &Plan) -> Vec<String> {
    plan.warnings.iter().map(|warning| Catalogue::english().check(warning).unwrap()).collect()
}

fn found(deployment: Value) -> Found {
    Found { workload: Manifest::new(deployment), ..Found::default() }
}

fn deployment(spec: &Value) -> Value {
    let labels = json!({labels::RUN: "0123456789ab"});
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": spec,
           "metadata": {"name": "web", "namespace": "shop", "uid": "u", "resourceVersion": "7", "labels": labels}})
}

#[test]
fn what_lives_keeps_its_run_and_its_number_of_pods() {
    let new = run(&wish(), &target(), &id("zzzzzzzzzzzz"), &Found::default());
    assert_eq!(applied(&new)[0]["spec"]["replicas"], 1);
    assert_eq!(applied(&new)[0]["metadata"]["labels"][labels::RUN], "zzzzzzzzzzzz");
    let again = run(&wish(), &target(), &id("zzzzzzzzzzzz"), &found(deployment(&json!({"replicas": 7}))));
    assert_eq!(applied(&again)[0]["spec"]["replicas"], 7);
    assert_eq!(applied(&again)[0]["metadata"]["labels"][labels::RUN], "0123456789ab");
    assert_eq!(again.run, Some(id("0123456789ab")));
    let three = Wish { replicas: Some("3".parse().unwrap()), ..wish() };
    let scaled = run(&three, &target(), &id("zzzzzzzzzzzz"), &found(deployment(&json!({"replicas": 7}))));
    assert_eq!(applied(&scaled)[0]["spec"]["replicas"], 3);
}

#[test]
fn a_pods_template_bears_no_run_and_no_selector_a_version() {
    let plan = run(&wish(), &target(), &id("zzzzzzzzzzzz"), &Found::default());
    let deployment = applied(&plan)[0];
    assert_eq!(deployment["spec"]["template"]["metadata"]["labels"][labels::RUN], Value::Null);
    let selector = json!({"app.kubernetes.io/name": "web", "app.kubernetes.io/instance": "web"});
    assert_eq!(deployment["spec"]["selector"]["matchLabels"], selector);
}

#[test]
fn pods_behind_a_service_go_on_answering_where_nodes_can_let_them() {
    let exposed = Wish { expose: Some("ClusterIP:80".parse().unwrap()), ..wish() };
    let sleeps = |minor| {
        let plan = run(&exposed, &target(), &id("zzzzzzzzzzzz"), &Found { minor, ..Found::default() });
        let container = &applied(&plan)[0]["spec"]["template"]["spec"]["containers"][0];
        (container["lifecycle"]["preStop"]["sleep"]["seconds"].clone(), warnings(&plan).len())
    };
    assert_eq!(sleeps(None), (json!(5), 0));
    assert_eq!(sleeps(Some(30)), (json!(5), 0));
    assert_eq!(sleeps(Some(29)), (Value::Null, 1));
    let alone = run(&wish(), &target(), &id("zzzzzzzzzzzz"), &Found::default());
    assert_eq!(applied(&alone)[0]["spec"]["template"]["spec"]["containers"][0]["lifecycle"], Value::Null);
}

#[test]
fn a_service_leads_to_where_the_container_listens() {
    let ports = |expose: &str, port: Option<&str>| {
        let port = port.map(|port| port.parse().unwrap());
        let wish = Wish { expose: Some(expose.parse().unwrap()), port, ..wish() };
        let plan = run(&wish, &target(), &id("zzzzzzzzzzzz"), &Found::default());
        let port = applied(&plan)[1]["spec"]["ports"][0].clone();
        let container = applied(&plan)[0]["spec"]["template"]["spec"]["containers"][0]["ports"][0].clone();
        (port["port"].clone(), port["targetPort"].clone(), container["containerPort"].clone())
    };
    assert_eq!(ports("LoadBalancer:80", Some("8080")), (json!(80), json!(8080), json!(8080)));
    assert_eq!(ports("", Some("8080")), (json!(8080), json!(8080), json!(8080)));
    assert_eq!(ports(":80", None), (json!(80), json!(80), json!(80)));
}

#[test]
fn an_image_that_may_be_another_tomorrow_is_warned_of() {
    for (image, count) in [("web", 1), ("web:latest", 1), ("web:1", 0)] {
        let wish = Wish::of(image.parse().unwrap(), None).unwrap();
        let plan = run(&wish, &target(), &id("zzzzzzzzzzzz"), &Found::default());
        assert_eq!(warnings(&plan).len(), count, "{image}");
    }
}

#[test]
fn expose_finds_pods_as_the_workload_does_and_ports_as_they_are_declared() {
    let of = |containers: Value, exposure: &str| {
        let spec = json!({"selector": {"matchLabels": {"a": "b"}}, "template": {"spec": {"containers": containers}}});
        let seen = Manifest::new(deployment(&spec)).unwrap();
        let exposure: Exposure = exposure.parse().unwrap();
        expose(&seen, &exposure, None, &target(), &id("zzzzzzzzzzzz"), &Found::default())
    };
    let one = json!([{"ports": [{"containerPort": 8080}], "lifecycle": {"preStop": {}}}]);
    let plan = of(one.clone(), "").unwrap();
    assert_eq!(applied(&plan)[0]["spec"]["ports"], json!([{"port": 8080, "targetPort": 8080, "protocol": "TCP"}]));
    assert_eq!(applied(&plan)[0]["spec"]["selector"], json!({"a": "b"}));
    assert_eq!(warnings(&plan), Vec::<String>::new());
    let plan = of(one, "NodePort:80").unwrap();
    assert_eq!(applied(&plan)[0]["spec"]["ports"], json!([{"port": 80, "targetPort": 8080, "protocol": "TCP"}]));
    let two = json!([{"ports": [{"containerPort": 8080}, {"containerPort": 9090}]}]);
    assert!(matches!(of(two.clone(), "").unwrap_err(), Stop::SeveralPorts { ports, .. } if ports == [8080, 9090]));
    let plan = of(two, "9090").unwrap();
    assert_eq!(applied(&plan)[0]["spec"]["ports"][0]["targetPort"], 9090);
    assert_eq!(warnings(&plan).len(), 1, "no pause before the stop");
    assert!(matches!(of(json!([{}]), "").unwrap_err(), Stop::NoPort { .. }));
}

#[test]
fn a_step_follows_a_status_and_nothing_else() {
    let seen = Manifest::new(deployment(&json!({"replicas": 1, "template": {}}))).unwrap();
    let plan = pause(&seen, &target()).unwrap();
    let mut live = seen.clone();
    live.value_mut()["metadata"]["resourceVersion"] = json!("9");
    live.value_mut()["metadata"]["annotations"] = json!({"deployment.kubernetes.io/revision": "3"});
    live.value_mut()["status"] = json!({"replicas": 1});
    let Some(Step::Patch { patch: Patch::Json(operations), .. }) = plan.steps[0].rebased(&live) else { panic!() };
    let expected = json!([
        {"op": "replace", "path": "/metadata/resourceVersion", "value": "9"},
        {"op": "add", "path": "/spec/paused", "value": true},
    ]);
    assert_eq!(operations, expected);
    let mut other = live.clone();
    other.value_mut()["metadata"]["uid"] = json!("another");
    assert_eq!(plan.steps[0].rebased(&other), None);
    let mut wished = live.clone();
    wished.value_mut()["spec"]["replicas"] = json!(2);
    assert_eq!(plan.steps[0].rebased(&wished), None);
}
