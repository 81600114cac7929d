use std::time::Duration;

use quicktour_deploy::plan;
use quicktour_deploy::preview::{Effect, Preview, Trial, preview, show};
use quicktour_deploy::wish::Wish;
use quicktour_testkit::cluster::{self, User};
use quicktour_testkit::wait::wait_for;

use crate::{admin, carry_out, client_with, live, obstacles, previewed, wish, words};

/// Applies objects into a namespace and waits until the quotas among them are counted.
fn rules(namespace: &str, manifest: &str) {
    let cluster = cluster::shared();
    cluster.feed(&["apply", "--namespace", namespace, "--filename=-"], manifest).unwrap();
    wait_for("the quotas to be counted", Duration::from_secs(30), || {
        let quotas = cluster.get(&["resourcequota", "--namespace", namespace]).ok()?;
        let counted = quotas["items"].as_array()?.iter().all(|quota| quota["status"]["used"].is_object());
        counted.then_some(())
    })
    .unwrap();
}

fn asking(requests: &str, replicas: &str) -> Wish {
    Wish {
        requests: requests.parse().unwrap(),
        replicas: Some(replicas.parse().unwrap()),
        ..wish("registry.example.com/web:1", "web")
    }
}

fn advice(preview: &Preview) -> Option<String> {
    preview.trial.as_ref().and_then(Trial::advice).map(|advice| words(&advice))
}

#[tokio::test]
async fn room_is_counted_for_all_pods_with_the_numbers_of_the_quota() {
    let namespace = cluster::shared().namespace("room").unwrap();
    rules(
        namespace.name(),
        "{apiVersion: v1, kind: ResourceQuota, metadata: {name: compute}, spec: {hard: {requests.cpu: '1', pods: '10'}}}",
    );
    let client = admin(namespace.name()).await;
    let fits = previewed(&client, &asking("cpu=250m", "4")).await;
    assert_eq!(obstacles(&fits), Vec::<String>::new());
    assert!(matches!(fits.trial, Some(Trial::Accepted(_))));

    let five = previewed(&client, &asking("cpu=250m", "5")).await;
    let expected = "4 of 5 pods fit: quota `compute` has requests.cpu 0/1, and each pod needs 250m";
    assert_eq!(obstacles(&five), [expected]);
    let eleven = previewed(&client, &asking("cpu=10m", "11")).await;
    assert_eq!(obstacles(&eleven), ["10 of 11 pods fit: quota `compute` has pods 0/10, and each pod needs 1"]);

    // The server refuses even the one pod; the numbers are the same ones.
    let none = previewed(&client, &asking("cpu=1500m", "2")).await;
    assert!(matches!(none.trial, Some(Trial::Refused { .. })), "{:?}", none.trial);
    assert_eq!(obstacles(&none), ["0 of 2 pods fit: quota `compute` has requests.cpu 0/1, and each pod needs 1500m"]);
}

#[tokio::test]
async fn the_defaults_of_a_limit_range_are_counted_and_its_bounds_are_said() {
    let namespace = cluster::shared().namespace("limits").unwrap();
    rules(
        namespace.name(),
        "{apiVersion: v1, kind: LimitRange, metadata: {name: sizes}, spec: {limits: [{type: Container, default: {cpu: 500m}, max: {cpu: 800m}}]}}\n---\n\
         {apiVersion: v1, kind: ResourceQuota, metadata: {name: tops}, spec: {hard: {limits.cpu: '1'}}}\n---\n\
         {apiVersion: v1, kind: ResourceQuota, metadata: {name: best}, spec: {hard: {pods: '0'}, scopes: [BestEffort]}}",
    );
    let client = admin(namespace.name()).await;
    let three = previewed(&client, &asking("cpu=100m", "3")).await;
    assert_eq!(obstacles(&three), ["2 of 3 pods fit: quota `tops` has limits.cpu 0/1, and each pod needs 500m"]);

    let large = Wish { limits: "cpu=900m".parse().unwrap(), ..asking("cpu=100m", "1") };
    let large = previewed(&client, &large).await;
    let said = obstacles(&large).join("\n");
    assert!(said.starts_with("the pods would be refused by a limit range of the namespace: "), "{said}");
    assert!(said.contains("maximum cpu usage per Container is 800m, but limit is 900m"), "{said}");
    assert!(advice(&large).unwrap().contains("--limits"));
}

#[tokio::test]
async fn a_quota_that_demands_amounts_says_so() {
    let namespace = cluster::shared().namespace("demands").unwrap();
    rules(
        namespace.name(),
        "{apiVersion: v1, kind: ResourceQuota, metadata: {name: tops}, spec: {hard: {limits.memory: 1Gi}}}",
    );
    let refused = previewed(&admin(namespace.name()).await, &asking("cpu=100m", "1")).await;
    let said = obstacles(&refused).join("\n");
    assert!(said.starts_with("the pods would be refused because the quota `tops` demands"), "{said}");
    assert!(said.contains("must specify limits.memory for: web"), "{said}");
    assert!(advice(&refused).unwrap().contains("--requests"));
}

#[tokio::test]
async fn pod_security_refuses_before_there_is_a_deployment_and_restricted_is_the_way() {
    let cluster = cluster::shared();
    let namespace = cluster.namespace("secure").unwrap();
    let level = "pod-security.kubernetes.io/enforce=restricted";
    cluster.kubectl(&["label", "namespace", namespace.name(), level]).unwrap().success().unwrap();
    let client = admin(namespace.name()).await;
    let refused = previewed(&client, &asking("cpu=100m", "3")).await;
    let said = obstacles(&refused).join("\n");
    assert!(said.contains("by the namespace's Pod Security level `restricted:latest`"), "{said}");
    assert!(said.contains("runAsNonRoot != true"), "{said}");
    assert!(advice(&refused).unwrap().starts_with("`--restricted`"));

    let restricted = Wish { restricted: true, run_as_user: Some("65534".parse().unwrap()), ..asking("cpu=100m", "3") };
    let taken = previewed(&client, &restricted).await;
    assert_eq!(obstacles(&taken), Vec::<String>::new());
    assert_eq!(taken.warnings, Vec::<String>::new());
}

#[tokio::test]
async fn the_servers_warnings_are_shown_once() {
    let cluster = cluster::shared();
    let namespace = cluster.namespace("warned").unwrap();
    let level = "pod-security.kubernetes.io/warn=restricted";
    cluster.kubectl(&["label", "namespace", namespace.name(), level]).unwrap().success().unwrap();
    let warned = previewed(&admin(namespace.name()).await, &asking("cpu=100m", "1")).await;
    assert_eq!(obstacles(&warned), Vec::<String>::new());
    assert_eq!(warned.warnings.len(), 1, "{:?}", warned.warnings);
    assert!(warned.warnings[0].contains("would violate PodSecurity \"restricted:latest\""));
    let remarks: Vec<String> = show::remarks(&warned).iter().map(words).collect();
    assert!(remarks[0].starts_with("warning from the server: would violate PodSecurity"), "{remarks:?}");
}

#[tokio::test]
async fn what_the_pods_name_and_is_not_there_is_said() {
    let namespace = cluster::shared().namespace("missing").unwrap();
    let wish = Wish { service_account: Some("nobody".parse().unwrap()), ..asking("cpu=100m", "1") };
    let refused = previewed(&admin(namespace.name()).await, &wish).await;
    let said = obstacles(&refused).join("\n");
    assert!(said.starts_with("the pods would be refused because there is no serviceaccount `nobody`: "), "{said}");
    assert!(advice(&refused).unwrap().contains("kubectl create serviceaccount nobody"));
}

#[tokio::test]
async fn a_webhook_that_cannot_be_asked_is_named() {
    let cluster = cluster::shared();
    let namespace = cluster.namespace("webhook").unwrap();
    let name = namespace.name();
    let webhook = format!(
        "{{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, metadata: {{name: {name}}}, webhooks: [\
         {{name: pods.example.com, sideEffects: None, admissionReviewVersions: [v1], failurePolicy: Fail, timeoutSeconds: 1, \
         clientConfig: {{url: 'https://127.0.0.1:1/'}}, namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {name}}}}}, \
         rules: [{{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods]}}]}}]}}"
    );
    cluster.apply(&webhook).unwrap();
    let client = admin(name).await;
    // The server learns of a new webhook by watching.
    let mut said = String::new();
    for _ in 0..40 {
        said = obstacles(&previewed(&client, &asking("cpu=100m", "1")).await).join("\n");
        if !said.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    cluster.kubectl(&["delete", "validatingwebhookconfiguration", name]).unwrap().success().unwrap();
    let expected = "the pods would be refused because the admission webhook `pods.example.com` cannot be asked: ";
    assert!(said.starts_with(expected), "{said}");
}

#[tokio::test]
async fn who_may_not_create_pods_is_told_once_and_the_rest_is_judged() {
    let cluster = cluster::shared();
    let namespace = cluster.namespace("narrow").unwrap();
    let name = namespace.name();
    let verbs = ["get", "list", "create", "patch"];
    let user = User::named("narrow").may_in(name, &verbs, &["apps"], &["deployments"]);
    let access = cluster.kubeconfig_for(&user).unwrap();
    let client = client_with(&access.kubeconfig, name).await;
    let preview = previewed(&client, &asking("cpu=100m", "2")).await;
    assert_eq!(preview.trial, Some(Trial::NotTried));
    assert!(preview.changes[0].judged);
    let notes: Vec<String> = preview.notes.iter().map(words).collect();
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].starts_with("you may not create pods yourself"), "{notes:?}");
    assert!(notes[1].starts_with("you may not see the namespace's quotas"), "{notes:?}");
}

/// A namespace whose quota is full of the pods that are to be replaced.
#[tokio::test]
async fn what_old_pods_give_back_is_counted() {
    let cluster = cluster::shared();
    let namespace = cluster.namespace("full").unwrap();
    let name = namespace.name();
    rules(name, "{apiVersion: v1, kind: ResourceQuota, metadata: {name: compute}, spec: {hard: {requests.cpu: 400m}}}");
    let client = admin(name).await;
    let four = previewed(&client, &asking("cpu=100m", "4")).await;
    assert_eq!(obstacles(&four), Vec::<String>::new());
    carry_out(&client, &four.plan).await;
    wait_for("four pods", Duration::from_mins(1), || {
        let quota = cluster.get(&["resourcequota", "compute", "--namespace", name]).ok()?;
        (quota["status"]["used"]["requests.cpu"] == "400m").then_some(())
    })
    .unwrap();

    // Another image: the old ones make room, one after the other.
    let deployment = live(&client, "Deployment", "web").await;
    let change = plan::Change { image: Some("registry.example.com/web:2".parse().unwrap()), ..plan::Change::default() };
    let update = plan::update(&deployment, &change, client.target()).unwrap();
    let slower = preview(&client, &update).await.unwrap();
    assert_eq!(obstacles(&slower), Vec::<String>::new());
    assert_eq!(
        slower.shortages.iter().map(|found| found.effect).collect::<Vec<_>>(),
        [Effect::Slow { fits: 0, surge: 1 }]
    );
    // Larger ones do not all fit into what the old ones leave.
    let change = plan::Change { requests: "cpu=150m".parse().unwrap(), ..change };
    let larger = preview(&client, &plan::update(&deployment, &change, client.target()).unwrap()).await.unwrap();
    assert_eq!(
        obstacles(&larger),
        ["2 of 4 pods fit: quota `compute` has requests.cpu 400m/400m, and each pod needs 150m"]
    );
    // More of the same.
    let scale = plan::scale(&deployment, "6".parse().unwrap(), client.target(), None).unwrap();
    let more = preview(&client, &scale).await.unwrap();
    assert_eq!(
        obstacles(&more),
        ["4 of 6 pods fit: quota `compute` has requests.cpu 400m/400m, and each pod needs 100m"]
    );
    // None may be missing, and none fits on top.
    let patch = "{\"spec\":{\"strategy\":{\"rollingUpdate\":{\"maxUnavailable\":0}}}}";
    cluster.kubectl(&["patch", "deployment", "web", "-n", name, "--patch", patch]).unwrap().success().unwrap();
    let deployment = live(&client, "Deployment", "web").await;
    let restart = plan::restart(&deployment, jiff::Timestamp::now(), client.target()).unwrap();
    let stuck = preview(&client, &restart).await.unwrap();
    let said = obstacles(&stuck);
    assert!(said[0].starts_with("no pod can be replaced: quota `compute` has requests.cpu 400m/400m"), "{said:?}");
}
