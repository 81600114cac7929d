use quicktour_client::{Client, Kind, Manifest, Precondition, Writing};
use quicktour_testkit::cluster;
use serde_json::{Value, json};

use super::{Row, fails, row};
use crate::server::{Reply, Server};
use crate::write::{deployment, pod};
use crate::{client_of, client_with};

const REAL: Writing = Writing { dry_run: false, force_conflicts: false };
const TRIAL: Writing = Writing { dry_run: true, force_conflicts: false };

/// A client, and the place and the flag with which an error and its hint name it.
async fn admin() -> (Client, String, String) {
    let cluster = cluster::shared();
    let config = cluster.kubeconfig();
    let place = format!("`{}` (`{}`)", cluster::CONTEXT, cluster.server());
    (client_with(&config).await.unwrap(), place, format!("--kubeconfig={}", config.display()))
}

pub(super) async fn of_writes(rows: &mut Vec<Row>) {
    of_one_object(rows).await;
    of_namespaces(rows).await;
    let closing = Server::start(|_, _| Reply::Close);
    let client = client_of(&closing.http()).await;
    rows.push(row(
        "an outcome that nobody knows",
        fails(client.apply(&deployment("shop", "web", &json!({})), REAL)).await,
        &format!("could not apply `deployments.apps/web` in namespace `shop` of `{}`", closing.http()),
        "it is not known whether this took place: the connection broke after the request was sent",
        &format!(
            "before you try again, see whether it took place with \
             `kubectl get deployments.apps web -n shop -o yaml --show-managed-fields --server={}`",
            closing.http()
        ),
    ));
    let generated = Manifest::new(json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "web-", "namespace": "shop"},
    }));
    rows.push(row(
        "an outcome that nobody knows, of an object without a name",
        fails(client.create(&generated.unwrap(), REAL)).await,
        &format!("could not create `pods/web-` in namespace `shop` of `{}`", closing.http()),
        "it is not known whether this took place: the connection broke after the request was sent",
        &format!(
            "before you try again, see whether it took place with `kubectl get pods -n shop --server={}`",
            closing.http()
        ),
    ));
}

async fn of_one_object(rows: &mut Vec<Row>) {
    let cluster = cluster::shared();
    let (client, place, flag) = admin().await;
    let namespace = cluster.namespace("row").unwrap();
    let ns = namespace.name();
    let web = deployment(ns, "web", &json!({"replicas": 1, "paused": true}));
    let theirs = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": ns},
        "spec": {"replicas": 3},
    });
    client.create(&web, REAL).await.unwrap();
    let apply = ["apply", "--server-side", "--force-conflicts", "--field-manager=autoscaler", "-f", "-"];
    cluster.feed(&apply, &theirs.to_string()).unwrap();
    rows.push(row(
        "a field of another manager",
        fails(client.apply(&web, TRIAL)).await,
        &format!("could not apply `deployments.apps/web` in namespace `{ns}` of {place} as a dry run"),
        "others own what this would change: `.spec.replicas` belongs to `autoscaler`",
        &format!(
            "see who owns what with `kubectl get deployments.apps web -n {ns} -o yaml --show-managed-fields {flag}`, \
             and take it over only if nothing else will set it back"
        ),
    ));
    rows.push(row(
        "a name that is taken",
        fails(client.create(&web, REAL)).await,
        &format!("could not create `deployments.apps/web` in namespace `{ns}` of {place}"),
        &format!("there is a `deployments.apps/web` in namespace `{ns}` already"),
        &format!("see how it is now with `kubectl get deployments.apps web -n {ns} -o yaml {flag}`"),
    ));
    let other = Precondition { uid: Some("another".to_owned()), resource_version: None };
    rows.push(row(
        "another object of the same name",
        fails(client.delete(&Kind::DEPLOYMENT, Some(ns), "web", &other, REAL)).await,
        &format!("could not delete `deployments.apps/web` in namespace `{ns}` of {place}"),
        &format!("somebody changed or replaced `deployments.apps/web` in namespace `{ns}` in the meantime"),
        &format!("see how it is now with `kubectl get deployments.apps web -n {ns} -o yaml {flag}`"),
    ));
    rows.push(row(
        "an object that is none",
        fails(client.apply(&deployment(ns, "bad", &json!({"replicas": -1})), REAL)).await,
        &format!("could not apply `deployments.apps/bad` in namespace `{ns}` of {place}"),
        "the server refuses it: Deployment.apps \"bad\" is invalid: spec.replicas: Invalid value: -1: \
         must be greater than or equal to 0",
        &format!(
            "see what each field may hold with `kubectl explain deployments --recursive --api-version=apps/v1 {flag}`"
        ),
    ));
    let quota = json!({
        "apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": {"hard": {"pods": "0"}},
    });
    cluster.feed(&["create", "-n", ns, "-f", "-"], &quota.to_string()).unwrap();
    quicktour_testkit::wait::wait_for("the quota", std::time::Duration::from_mins(1), || {
        let live: Value = cluster.get(&["resourcequota", "q", "-n", ns]).ok()?;
        live["status"]["used"]["pods"].is_string().then_some(())
    })
    .unwrap();
    rows.push(row(
        "a quota without room",
        fails(client.create(&pod(ns, "p"), TRIAL)).await,
        &format!("could not create `pods/p` in namespace `{ns}` of {place} as a dry run"),
        "the server refuses it: pods \"p\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=0, \
         limited: pods=0",
        &format!("see the namespace's quotas, limits and labels with `kubectl describe namespace {ns} {flag}`"),
    ));
}

async fn of_namespaces(rows: &mut Vec<Row>) {
    let cluster = cluster::shared();
    let (client, place, flag) = admin().await;
    rows.push(row(
        "no such namespace",
        fails(client.apply(&deployment("nowhere", "web", &json!({})), REAL)).await,
        &format!("could not apply `deployments.apps/web` in namespace `nowhere` of {place}"),
        "there is no namespace `nowhere`",
        &format!("create it with `kubectl create namespace nowhere {flag}`, or name another with `-n`"),
    ));
    let namespace = cluster.namespace("ending").unwrap();
    let ns = namespace.name();
    let mut held = pod(ns, "held");
    held.value_mut()["metadata"]["finalizers"] = json!(["example.com/hold"]);
    client.create(&held, REAL).await.unwrap();
    cluster.kubectl(&["delete", "namespace", ns, "--wait=false"]).unwrap().success().unwrap();
    rows.push(row(
        "a namespace that is being deleted",
        fails(client.apply(&deployment(ns, "web", &json!({})), REAL)).await,
        &format!("could not apply `deployments.apps/web` in namespace `{ns}` of {place}"),
        &format!("the namespace `{ns}` is being deleted and takes nothing new"),
        &format!("see how it is now with `kubectl get namespace {ns} -o yaml {flag}`"),
    ));
    let release = r#"{"metadata":{"finalizers":null}}"#;
    cluster.kubectl(&["patch", "pod", "held", "-n", ns, "--type=merge", "-p", release]).unwrap().success().unwrap();
}
