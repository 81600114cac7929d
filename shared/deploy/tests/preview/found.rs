use quicktour_client::{FIELD_MANAGER, Situation};
use quicktour_deploy::plan::{self, Stop, found as look};
use quicktour_deploy::wish::{Exposure, Wish};
use quicktour_report::exit::ExitCode;
use quicktour_testkit::cluster;

use crate::{admin, carry_out, owner_of, previewed, told, wish};

async fn stopped(namespace: &str, wish: &Wish) -> ([String; 2], Stop) {
    let mark = cluster::shared().audit().mark().unwrap();
    let client = admin(namespace).await;
    let stop = look::for_run(&client, wish).await.unwrap_err();
    let writes = cluster::shared().audit().since(mark).unwrap().into_iter();
    let ours: Vec<_> = writes
        .filter(|event| event.is_write() && event.user_agent.starts_with("quicktour"))
        .map(|event| event.uri)
        .collect();
    assert!(ours.iter().all(|uri| !uri.contains(&format!("/namespaces/{namespace}/"))), "{ours:?}");
    (told(&stop.problem()), stop)
}

#[tokio::test]
async fn a_namespace_that_is_not_there_is_said_with_the_nearest() {
    let namespace = cluster::shared().namespace("storefront").unwrap();
    let typo = namespace.name().replace("storefront", "storefrnt");
    let ([cause, hint], stop) = stopped(&typo, &wish("web:1", "web")).await;
    assert_eq!(cause, format!("there is no namespace `{typo}`"));
    assert_eq!(hint, format!("did you mean `--namespace {namespace}`?"));
    assert_eq!(stop.exit_code(), ExitCode::Findings);
}

#[tokio::test]
async fn a_namespace_that_is_going_takes_nothing() {
    let cluster = cluster::shared();
    let namespace = cluster.namespace("going").unwrap();
    let name = namespace.name();
    let held = format!(
        "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: held, namespace: {name}, finalizers: [example.com/x]}}}}"
    );
    cluster.apply(&held).unwrap();
    cluster.kubectl(&["delete", "namespace", name, "--wait=false"]).unwrap().success().unwrap();
    let ([cause, _], _) = stopped(name, &wish("web:1", "web")).await;
    assert_eq!(cause, format!("the namespace `{name}` is being deleted and takes nothing new"));
    // Who cannot look at namespaces hears it from the dry run.
    let free =
        ["patch", "configmap", "held", "-n", name, "--type=merge", "--patch", "{\"metadata\":{\"finalizers\":null}}"];
    cluster.kubectl(&free).unwrap().success().unwrap();
}

#[tokio::test]
async fn a_name_that_somebody_else_uses_is_left_alone() {
    let cluster = cluster::shared();
    let namespace = cluster.namespace("taken").unwrap();
    let name = namespace.name();
    let create = ["create", "deployment", "web", "-n", name, "--image=registry.example.com/web:1", "--replicas=0"];
    cluster.kubectl(&create).unwrap().success().unwrap();
    let ([cause, hint], _) = stopped(name, &wish("web:1", "web")).await;
    let expected = format!(
        "there is a `deployment/web` in namespace `{name}` already, and it was not made by this command: it is managed by `kubectl-create`"
    );
    assert!(cause.starts_with(&expected), "{cause}");
    assert!(hint.starts_with("choose another name with `--name web-2`"), "{hint}");

    // A service of that name stands in the way only of who wants a service.
    let service = ["create", "service", "clusterip", "shop", "-n", name, "--tcp=80"];
    cluster.kubectl(&service).unwrap().success().unwrap();
    let exposed = Wish { expose: Some("ClusterIP:80".parse().unwrap()), ..wish("web:1", "shop") };
    let ([cause, _], _) = stopped(name, &exposed).await;
    assert!(cause.starts_with("there is a `service/shop`"), "{cause}");
    look::for_run(&admin(name).await, &wish("web:1", "shop")).await.unwrap();
}

#[tokio::test]
async fn our_labels_on_an_object_that_others_manage_do_not_make_it_ours() {
    let cluster = cluster::shared();
    let namespace = cluster.namespace("copied").unwrap();
    let name = namespace.name();
    let client = admin(name).await;
    let ours =
        previewed(&client, &Wish { replicas: Some("0".parse().unwrap()), ..wish("registry.example.com/web:1", "web") })
            .await;
    cluster.feed(&["apply", "-f", "-"], &quicktour_deploy::preview::show::yaml(&ours)).unwrap();
    let ([cause, _], _) = stopped(name, &wish("web:1", "web")).await;
    assert!(cause.contains("it is managed by `kubectl-client-side-apply`"), "{cause}");
    assert!(!cause.contains(FIELD_MANAGER), "{cause}");
}

#[tokio::test]
async fn an_autoscaler_decides_how_many_pods_there_are() {
    let cluster = cluster::shared();
    let namespace = cluster.namespace("scaled").unwrap();
    let name = namespace.name();
    let client = admin(name).await;
    let web = Wish { replicas: Some("2".parse().unwrap()), ..wish("registry.example.com/web:1", "web") };
    carry_out(&client, &previewed(&client, &web).await.plan).await;
    let autoscale = ["autoscale", "deployment", "web", "-n", name, "--min=2", "--max=5", "--cpu=80%"];
    cluster.kubectl(&autoscale).unwrap().success().unwrap();

    let deployment = look::existing(&client, quicktour_client::Kind::DEPLOYMENT, name, "web").await.unwrap();
    let autoscaler = look::autoscaler_of(&client, &deployment).await.unwrap();
    let stop = plan::scale(&deployment, "9".parse().unwrap(), client.target(), autoscaler.as_ref()).unwrap_err();
    let [cause, hint] = told(&stop.problem());
    assert_eq!(
        cause,
        "the autoscaler `web` decides how many pods `deployment/web` has, from 2 to 5, and would undo it"
    );
    assert!(hint.contains(&format!("kubectl --namespace {name} edit horizontalpodautoscaler web")), "{hint}");

    // The same line again, with whatever number in it, leaves the number alone.
    let again = previewed(&client, &Wish { replicas: Some("9".parse().unwrap()), ..web }).await;
    assert!(again.changes_nothing(), "{:?}", again.changes[0].diff());
    let warnings: Vec<String> = again.plan.warnings.iter().map(crate::words).collect();
    assert_eq!(warnings, ["the autoscaler `web` decides how many pods there are: 2 as now"]);
}

#[tokio::test]
async fn who_may_only_work_inside_a_namespace_can_do_so() {
    let namespace = cluster::shared().namespace("inside").unwrap();
    let (client, _) = owner_of(namespace.name()).await;
    let preview = previewed(&client, &wish("registry.example.com/web:1", "web")).await;
    assert!(preview.changes[0].judged);
    // What cannot be looked at is found out by the dry run.
    let (elsewhere, _) = owner_of("kube-node-lease").await;
    let found = look::for_run(&elsewhere, &wish("web:1", "web")).await.unwrap();
    assert_eq!((found.workload, found.minor), (None, Some(36)));
}

#[tokio::test]
async fn what_is_not_there_is_said_with_the_nearest() {
    let namespace = cluster::shared().namespace("nearest").unwrap();
    let name = namespace.name();
    let client = admin(name).await;
    let frontend = Wish { replicas: Some("0".parse().unwrap()), ..wish("registry.example.com/web:1", "frontend") };
    carry_out(&client, &previewed(&client, &frontend).await.plan).await;
    let stop = look::existing(&client, quicktour_client::Kind::DEPLOYMENT, name, "fronted").await.unwrap_err();
    let [cause, hint] = told(&stop.problem());
    assert_eq!(cause, format!("there is no `deployment/fronted` in namespace `{name}`"));
    assert_eq!(hint, "did you mean `deployment/frontend`?");
}

#[tokio::test]
async fn a_conflict_names_the_other_and_is_never_forced_unless_that_is_asked_for() {
    let cluster = cluster::shared();
    let namespace = cluster.namespace("contested").unwrap();
    let name = namespace.name();
    let client = admin(name).await;
    let web = Wish { replicas: Some("0".parse().unwrap()), ..wish("registry.example.com/web:1", "web") };
    carry_out(&client, &previewed(&client, &web).await.plan).await;
    let theirs = format!(
        "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: web, namespace: {name}}}, spec: {{template: {{spec: {{containers: [{{name: web, image: 'registry.example.com/web:9'}}]}}}}}}}}"
    );
    let apply =
        ["apply", "--server-side", "--field-manager=gitops", "--force-conflicts", "--validate=ignore", "-f", "-"];
    cluster.feed(&apply, &theirs).unwrap();
    let plan = crate::planned(&client, &web).await;
    let error = quicktour_deploy::preview::preview(&client, &plan).await.unwrap_err();
    let Situation::Conflict { fields } = error.situation() else { panic!("{:?}", told(&error.problem())) };
    assert!(fields.iter().all(|field| field.manager == "gitops"), "{fields:?}");
    assert!(told(&error.problem())[0].contains("gitops"));

    let forced = quicktour_deploy::preview::preview(&client, &plan.forcing_conflicts()).await.unwrap();
    let diff = quicktour_deploy::diff::render(&forced.changes[0].diff(), &quicktour_report::style::Style::default());
    assert!(
        diff.contains("-      - image: registry.example.com/web:9\n+      - image: registry.example.com/web:1\n"),
        "{diff}"
    );
}

#[tokio::test]
async fn expose_asks_for_what_it_cannot_know() {
    let cluster = cluster::shared();
    let namespace = cluster.namespace("ports").unwrap();
    let name = namespace.name();
    let client = admin(name).await;
    let none = Wish { replicas: Some("0".parse().unwrap()), ..wish("registry.example.com/web:1", "none") };
    carry_out(&client, &previewed(&client, &none).await.plan).await;
    let seen = look::existing(&client, quicktour_client::Kind::DEPLOYMENT, name, "none").await.unwrap();
    let found = look::for_expose(&client, "none").await.unwrap();
    let run = quicktour_deploy::labels::RunId::new(jiff::Timestamp::now());
    let stop = plan::expose(&seen, &Exposure::default(), None, client.target(), &run, &found).unwrap_err();
    assert_eq!(told(&stop.problem())[0], "no port was named, and the pods of `deployment/none` declare none");

    let exposure = "NodePort:80".parse().unwrap();
    let plan = plan::expose(&seen, &exposure, None, client.target(), &run, &found).unwrap();
    let preview = quicktour_deploy::preview::preview(&client, &plan).await.unwrap();
    let lines: Vec<String> =
        quicktour_deploy::preview::show::lines(&preview, quicktour_deploy::preview::show::Mode::Server)
            .iter()
            .map(crate::words)
            .collect();
    assert_eq!(lines, ["service/none exposed (server dry run)"]);
    let service = &quicktour_deploy::preview::show::objects(&preview)[0];
    assert_eq!(service["spec"]["ports"][0]["nodePort"], serde_json::Value::Null, "what was allocated for the trial");
    assert_eq!(service["spec"]["clusterIP"], serde_json::Value::Null);
}
