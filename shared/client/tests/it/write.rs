/// Who may not, and what admission refuses or warns of.
mod refused;
/// Outcomes that nobody knows, on sockets.
mod unsure;

use std::time::{Duration, Instant};

use quicktour_client::{
    Client, Deleted, Error, FIELD_MANAGER, Kind, Manifest, Patch, Precondition, Scope, Situation, Writing, Written,
};
use quicktour_testkit::cluster::{self, User};
use quicktour_testkit::node;
use serde_json::{Value, json};

use crate::{client_with, told};

const REAL: Writing = Writing { dry_run: false, force_conflicts: false };
const TRIAL: Writing = Writing { dry_run: true, force_conflicts: false };
const FORCED: Writing = Writing { dry_run: false, force_conflicts: true };

/// A deployment whose `spec` has these fields too.
pub(crate) fn deployment(namespace: &str, name: &str, more: &Value) -> Manifest {
    let mut value = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "web", "image": node::WEB}]},
            },
        },
    });
    value["spec"].as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Manifest::new(value).unwrap()
}

pub(crate) fn pod(namespace: &str, name: &str) -> Manifest {
    let value = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace},
        "spec": {"containers": [{"name": "web", "image": node::WEB}], "schedulingGates": [{"name": "example.com/no"}]},
    });
    Manifest::new(value).unwrap()
}

async fn admin() -> Client {
    client_with(&cluster::shared().kubeconfig()).await.unwrap()
}

fn done<T>(outcome: Result<T, Error>) -> T {
    outcome.unwrap_or_else(|error| panic!("{:?}", told(&error)))
}

async fn live(client: &Client, namespace: &str, name: &str) -> Manifest {
    done(client.read(&Kind::DEPLOYMENT, Some(namespace), name).await).unwrap()
}

#[tokio::test]
async fn an_apply_creates_then_changes_and_the_same_again_changes_nothing() {
    let namespace = cluster::shared().namespace("apply").unwrap();
    let (client, ns) = (admin().await, namespace.name());
    let first = done(client.apply(&deployment(ns, "web", &json!({"replicas": 1, "paused": true})), REAL).await);
    assert!(first.created);
    assert_eq!(first.warnings, Vec::<String>::new());
    assert_eq!(first.manifest.value()["spec"]["replicas"], 1);
    let owner = &first.manifest.value()["metadata"]["managedFields"][0];
    assert_eq!((&owner["manager"], &owner["operation"]), (&json!(FIELD_MANAGER), &json!("Apply")));

    let web = deployment(ns, "web", &json!({"replicas": 2, "paused": true}));
    let second = done(client.apply(&web, REAL).await);
    assert_eq!((second.created, second.manifest.uid()), (false, first.manifest.uid()));
    assert_eq!(live(&client, ns, "web").await.value()["spec"]["replicas"], 2);
    let before = live(&client, ns, "web").await;
    let third = done(client.apply(&web, REAL).await);
    // The controller may write its status meanwhile, but the wish stays the same one.
    assert_eq!(third.manifest.value()["metadata"]["generation"], before.value()["metadata"]["generation"]);

    // A stale version is a precondition that fails.
    let mut stale = deployment(ns, "web", &json!({"replicas": 3}));
    stale.value_mut()["metadata"]["resourceVersion"] = json!(first.manifest.resource_version());
    let error = client.apply(&stale, REAL).await.unwrap_err();
    assert_eq!(*error.situation(), Situation::Changed);
    assert_eq!(live(&client, ns, "web").await.value()["spec"]["replicas"], 2);
}

#[tokio::test]
async fn a_field_of_another_manager_is_named_and_taken_over_only_by_force() {
    let cluster = cluster::shared();
    let namespace = cluster.namespace("owner").unwrap();
    let (client, ns) = (admin().await, namespace.name());
    done(client.apply(&deployment(ns, "web", &json!({"replicas": 1})), REAL).await);
    cluster.kubectl(&["scale", "deployment/web", "--replicas=4", "-n", ns]).unwrap().success().unwrap();
    let set = ["set", "image", "deployment/web", "web=other:v1", "-n", ns, "--field-manager=pipeline"];
    cluster.kubectl(&set).unwrap().success().unwrap();

    let ours = deployment(ns, "web", &json!({"replicas": 1}));
    let error = client.apply(&ours, REAL).await.unwrap_err();
    let Situation::Conflict { fields } = error.situation() else { panic!("{:?}", error.situation()) };
    let fields: Vec<_> = fields.iter().map(|one| (one.manager.as_str(), one.field.as_str())).collect();
    let image = r#".spec.template.spec.containers[name="web"].image"#;
    assert_eq!(fields, [("kubectl", ".spec.replicas"), ("pipeline", image)]);
    assert_eq!(error.exit_code().code(), 1);
    assert!(error.is_refused_write());
    assert_eq!(live(&client, ns, "web").await.value()["spec"]["replicas"], 4);
    let trial = client.apply(&ours, TRIAL).await.unwrap_err();
    assert_eq!(trial.situation(), error.situation());

    done(client.apply(&ours, FORCED).await);
    assert_eq!(live(&client, ns, "web").await.value()["spec"]["replicas"], 1);
}

#[tokio::test]
async fn a_create_takes_a_free_name_or_makes_one() {
    let namespace = cluster::shared().namespace("create").unwrap();
    let (client, ns) = (admin().await, namespace.name());
    let Written { manifest, created, .. } = done(client.create(&pod(ns, "p"), REAL).await);
    assert!(created && !manifest.uid().is_empty());
    let error = client.create(&pod(ns, "p"), REAL).await.unwrap_err();
    assert_eq!((error.situation(), error.exit_code().code()), (&Situation::AlreadyExists, 1));

    let mut trial = pod(ns, "");
    trial.value_mut()["metadata"] = json!({"generateName": "trial-", "namespace": ns});
    let made = done(client.create(&trial, TRIAL).await).manifest;
    assert!(made.name().starts_with("trial-") && made.name().len() > 6, "{}", made.name());
    assert_eq!(done(client.read(&Kind::POD, Some(ns), made.name()).await), None);
    let made = done(client.create(&trial, REAL).await).manifest;
    assert!(done(client.read(&Kind::POD, Some(ns), made.name()).await).is_some());

    // A namespace is in none.
    let name = format!("{ns}-2");
    let another = Manifest::new(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})).unwrap();
    assert!(done(client.apply(&another, REAL).await).created);
    let uid = done(client.read(&Kind::NAMESPACE, None, &name).await).unwrap().uid().to_owned();
    let only_if = Precondition { uid: Some(uid), resource_version: None };
    assert_eq!(done(client.delete(&Kind::NAMESPACE, None, &name, &only_if, REAL).await), Deleted::Going);
    let again = done(client.delete(&Kind::NAMESPACE, None, &name, &only_if, REAL).await);
    assert!(matches!(again, Deleted::Going | Deleted::NotThere), "{again:?}");
}

#[tokio::test]
async fn a_patch_changes_what_it_names_unless_somebody_was_faster() {
    let namespace = cluster::shared().namespace("patch").unwrap();
    let (client, ns) = (admin().await, namespace.name());
    let web = Kind::DEPLOYMENT;
    let old = done(client.apply(&deployment(ns, "web", &json!({"paused": true})), REAL).await).manifest;
    let patch = async |patch: &Patch| client.patch(&web, Some(ns), "web", patch, REAL).await;

    let containers = json!([{"name": "web", "image": "new:v2"}]);
    let strategic = Patch::Strategic(json!({"spec": {"template": {"spec": {"containers": containers}}}}));
    let written = done(patch(&strategic).await);
    assert!(!written.created);
    let container = &written.manifest.value()["spec"]["template"]["spec"]["containers"][0];
    assert_eq!((&container["image"], &container["imagePullPolicy"]), (&json!("new:v2"), &json!("IfNotPresent")));

    let label = |version: &str| json!({"metadata": {"resourceVersion": version, "labels": {"b": "c"}}});
    for stale in [Patch::Merge(label(old.resource_version())), Patch::Strategic(label(old.resource_version()))] {
        let error = patch(&stale).await.unwrap_err();
        assert_eq!((error.situation(), error.exit_code().code()), (&Situation::Changed, 1));
    }
    let test = |image: &str| {
        let field = "/spec/template/spec/containers/0/image";
        Patch::Json(json!([
            {"op": "test", "path": field, "value": image},
            {"op": "replace", "path": field, "value": "new:v3"},
        ]))
    };
    assert_eq!(*patch(&test("new:v1")).await.unwrap_err().situation(), Situation::Changed);
    let written = done(patch(&test("new:v2")).await);
    assert_eq!(written.manifest.value()["spec"]["template"]["spec"]["containers"][0]["image"], "new:v3");
    // The label of the stale patches never came.
    assert_eq!(written.manifest.label("b"), None);

    // A patch that makes an invalid object is not taken for a lost race, with or without a test.
    let invalid = Patch::Json(json!([
        {"op": "test", "path": "/metadata/name", "value": "web"},
        {"op": "replace", "path": "/spec/replicas", "value": -1},
    ]));
    for invalid in [invalid, Patch::Merge(json!({"spec": {"replicas": -1}}))] {
        let error = patch(&invalid).await.unwrap_err();
        assert!(matches!(error.situation(), Situation::Refused { status: 422, .. }), "{:?}", error.situation());
    }
    let unknown = Patch::Merge(json!({"spec": {"replicaz": 1}}));
    let error = patch(&unknown).await.unwrap_err();
    assert!(told(&error)[1].contains(r#"unknown field "spec.replicaz""#), "{:?}", told(&error));
    let error = client.patch(&web, Some(ns), "gone", &unknown, REAL).await.unwrap_err();
    assert!(error.is_not_found(), "{:?}", error.situation());
}

#[tokio::test]
async fn a_scale_changes_the_replicas_only_of_the_version_that_was_seen() {
    let namespace = cluster::shared().namespace("scale").unwrap();
    let (client, ns) = (admin().await, namespace.name());
    // Paused, so that no controller writes to it meanwhile; its status comes once.
    let mut more = json!({"replicas": 1, "paused": true, "progressDeadlineSeconds": 600});
    done(client.apply(&deployment(ns, "web", &more), REAL).await);
    let settled = || {
        let live = cluster::shared().get(&["deployment", "web", "-n", ns]).ok()?;
        (live["status"]["observedGeneration"] == live["metadata"]["generation"]).then_some(live)
    };
    let live = quicktour_testkit::wait::wait_for("the status", Duration::from_mins(1), settled).unwrap();
    let version = live["metadata"]["resourceVersion"].as_str().unwrap();
    let scale =
        async |replicas, version: &str, how| client.scale(&Kind::DEPLOYMENT, ns, "web", replicas, version, how).await;
    done(scale(5, version, TRIAL).await);
    assert_eq!(self::live(&client, ns, "web").await.value()["spec"]["replicas"], 1);
    done(scale(0, version, REAL).await);
    let error = scale(7, version, REAL).await.unwrap_err();
    assert_eq!((error.situation(), error.exit_code().code()), (&Situation::Changed, 1));
    let doing = &told(&error)[0];
    assert!(doing.starts_with(&format!("could not scale `deployments.apps/web` in namespace `{ns}` of ")), "{doing}");
    let now = self::live(&client, ns, "web").await;
    assert_eq!(now.value()["spec"]["replicas"], 0);
    assert_eq!(now.value()["spec"]["template"], live["spec"]["template"]);
    more["replicas"] = json!(0);
    assert!(client.scale(&Kind::DEPLOYMENT, ns, "gone", 1, "", REAL).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_delete_says_whether_it_is_gone_and_takes_only_what_was_meant() {
    let cluster = cluster::shared();
    let namespace = cluster.namespace("delete").unwrap();
    let (client, ns) = (admin().await, namespace.name());
    let web = done(client.apply(&deployment(ns, "web", &json!({"paused": true})), REAL).await).manifest;
    let delete = async |name: &str, only_if: &Precondition, how| {
        client.delete(&Kind::DEPLOYMENT, Some(ns), name, only_if, how).await
    };
    let uid = |uid: &str| Precondition { uid: Some(uid.to_owned()), resource_version: None };
    let version = Precondition { uid: None, resource_version: Some("1".to_owned()) };
    for other in [uid("00000000-0000-0000-0000-000000000000"), version] {
        let error = delete("web", &other, REAL).await.unwrap_err();
        assert_eq!((error.situation(), error.exit_code().code()), (&Situation::Changed, 1));
    }
    done(delete("web", &uid(web.uid()), TRIAL).await);
    live(&client, ns, "web").await;
    // What it owns goes first, and the garbage collector sees to that.
    assert_eq!(done(delete("web", &uid(web.uid()), REAL).await), Deleted::Going);
    let deadline = Instant::now() + Duration::from_mins(1);
    while done(client.read(&Kind::DEPLOYMENT, Some(ns), "web").await).is_some() {
        assert!(Instant::now() < deadline, "the deployment is still there");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(done(delete("web", &Precondition::default(), REAL).await), Deleted::NotThere);

    let mut held = pod(ns, "held");
    held.value_mut()["metadata"]["finalizers"] = json!(["example.com/hold"]);
    done(client.create(&held, REAL).await);
    let gone = client.delete(&Kind::POD, Some(ns), "held", &Precondition::default(), REAL).await;
    assert_eq!(done(gone), Deleted::Going);
    let release = Patch::Merge(json!({"metadata": {"finalizers": null}}));
    done(client.patch(&Kind::POD, Some(ns), "held", &release, REAL).await);
}

#[tokio::test]
async fn what_is_read_as_a_whole_can_be_written_again() {
    let namespace = cluster::shared().namespace("read").unwrap();
    let (client, ns) = (admin().await, namespace.name());
    for name in ["a", "b"] {
        done(client.apply(&deployment(ns, name, &json!({"paused": true})), REAL).await);
    }
    let scope = Scope::Namespace(ns.to_owned());
    let names = |all: Vec<Manifest>| all.iter().map(|one| one.name().to_owned()).collect::<Vec<_>>();
    let all = done(client.read_all(&Kind::DEPLOYMENT, &scope, None).await);
    assert!(all.iter().all(|one| *one.resource() == Kind::DEPLOYMENT && one.namespace() == Some(ns)));
    assert_eq!(names(all), ["a", "b"]);
    assert_eq!(names(done(client.read_all(&Kind::DEPLOYMENT, &scope, Some("app in (b, c)")).await)), ["b"]);
    assert_eq!(done(client.read_all(&Kind::SERVICE, &scope, None).await), []);
    let everywhere = done(client.read_all(&Kind::NAMESPACE, &Scope::Cluster, None).await);
    assert!(everywhere.iter().any(|one| one.name() == ns));
    // As it is shown, it can be applied: the same object comes of it.
    let plain = live(&client, ns, "a").await.without_server_fields();
    let trial = done(client.apply(&plain, Writing { dry_run: true, force_conflicts: true }).await);
    assert_eq!(trial.manifest.without_server_fields(), plain);
}

#[tokio::test]
async fn a_dry_run_is_dry_in_every_request() {
    let cluster = cluster::shared();
    let namespace = cluster.namespace("dry").unwrap();
    let ns = namespace.name();
    let admin = admin().await;
    done(admin.apply(&deployment(ns, "web", &json!({"paused": true, "replicas": 1})), REAL).await);
    done(admin.create(&pod(ns, "there"), REAL).await);
    let user = cluster.kubeconfig_for(&User::named("dry").with_role_in(ns, "edit")).unwrap();
    let client = client_with(&user.kubeconfig).await.unwrap();
    let before = names(ns);
    let mark = cluster.audit().mark().unwrap();

    let web = deployment(ns, "web", &json!({"replicas": 9}));
    done(client.apply(&web, Writing { dry_run: true, force_conflicts: true }).await);
    assert!(done(client.apply(&deployment(ns, "new", &json!({})), TRIAL).await).created);
    assert!(done(client.create(&pod(ns, "p"), TRIAL).await).created);
    for patch in [
        Patch::Merge(json!({"metadata": {"labels": {"x": "y"}}})),
        Patch::Strategic(json!({"metadata": {"labels": {"x": "y"}}})),
        Patch::Json(json!([{"op": "add", "path": "/metadata/labels/x", "value": "y"}])),
    ] {
        let written = done(client.patch(&Kind::DEPLOYMENT, Some(ns), "web", &patch, TRIAL).await);
        assert_eq!(written.manifest.label("x"), Some("y"));
    }
    done(client.scale(&Kind::DEPLOYMENT, ns, "web", 7, "", TRIAL).await);
    let only_if = Precondition::default();
    done(client.delete(&Kind::DEPLOYMENT, Some(ns), "web", &only_if, TRIAL).await);
    done(client.delete(&Kind::POD, Some(ns), "there", &only_if, TRIAL).await);

    let seen = cluster.audit().since(mark).unwrap();
    let writes: Vec<_> = seen.iter().filter(|event| event.user == user.user && event.is_write()).collect();
    assert_eq!(writes.len(), 9, "{writes:?}");
    for event in &writes {
        assert!(event.uri.split(['?', '&']).any(|option| option == "dryRun=All"), "{event:?}");
        assert!(event.user_agent.starts_with("quicktour/") && event.code < 300, "{event:?}");
        if event.verb == "delete" {
            assert_eq!(event.request.as_ref().unwrap()["dryRun"], json!(["All"]), "{event:?}");
        }
    }
    assert_eq!(names(ns), before);
    let live = live(&admin, ns, "web").await;
    assert_eq!((&live.value()["spec"]["replicas"], live.label("x")), (&json!(1), None));
}

/// What is there, with its generation.
fn names(namespace: &str) -> Vec<String> {
    let all = cluster::shared().get(&["deployments,pods", "-n", namespace]).unwrap();
    let name = |one: &Value| format!("{}/{} {}", one["kind"], one["metadata"]["name"], one["metadata"]["generation"]);
    all["items"].as_array().unwrap().iter().map(name).collect()
}
