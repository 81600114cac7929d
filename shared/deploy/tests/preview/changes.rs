use jiff::Timestamp;
use quicktour_client::{Client, Manifest, Situation, Writing};
use quicktour_deploy::diff;
use quicktour_deploy::plan::{self, Change, Plan, Step, Stop};
use quicktour_deploy::preview::{Preview, preview, show};
use quicktour_deploy::wish::Wish;
use quicktour_report::style::Style;
use quicktour_testkit::cluster;

use crate::{admin, carry_out, live, previewed, told, wish, words};

async fn running(prefix: &str) -> (cluster::Namespace<'static>, Client, Manifest) {
    let namespace = cluster::shared().namespace(prefix).unwrap();
    let client = admin(namespace.name()).await;
    let web = Wish {
        replicas: Some("0".parse().unwrap()),
        env: vec!["LEVEL=info".parse().unwrap(), "OLD=x".parse().unwrap()],
        ..wish("registry.example.com/web:1.0", "web")
    };
    carry_out(&client, &previewed(&client, &web).await.plan).await;
    let seen = live(&client, "Deployment", "web").await;
    (namespace, client, seen)
}

async fn shown(client: &Client, plan: &Plan) -> (Preview, String, String) {
    let preview = preview(client, plan).await.unwrap_or_else(|error| panic!("{:?}", told(&error.problem())));
    let diff = preview.changes[0].diff();
    let changed: Vec<String> = diff::render(&diff, &Style::default())
        .lines()
        .filter(|line| line.starts_with(['-', '+']))
        .map(|line| format!("{}{}", &line[..1], line[1..].trim_start()))
        .collect();
    let line = show::lines(&preview, show::Mode::Server).iter().map(words).collect::<Vec<_>>().join("\n");
    (preview, changed.join("\n"), line)
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_the_version_that_named_the_old_image() {
    let (_namespace, client, seen) = running("update").await;
    let image = Change { image: Some("registry.example.com/web:2.0".parse().unwrap()), ..Change::default() };
    let (_, changed, line) = shown(&client, &plan::update(&seen, &image, client.target()).unwrap()).await;
    let version = "-app.kubernetes.io/version: \"1.0\"\n+app.kubernetes.io/version: \"2.0\"";
    assert_eq!(
        changed,
        format!("{version}\n{version}\n-image: registry.example.com/web:1.0\n+image: registry.example.com/web:2.0")
    );
    assert_eq!(line, "deployment.apps/web image updated (server dry run)");

    let env = Change {
        env: ["LEVEL=debug", "NEW=1", "OLD-"].map(|text| text.parse().unwrap()).to_vec(),
        ..Change::default()
    };
    let (_, changed, line) = shown(&client, &plan::update(&seen, &env, client.target()).unwrap()).await;
    assert_eq!(changed, "-value: info\n-- name: OLD\n-value: x\n+value: debug\n+- name: NEW\n+value: \"1\"");
    assert_eq!(line, "deployment.apps/web env updated (server dry run)");

    let limits = Change { limits: "memory=1Gi".parse().unwrap(), ..Change::default() };
    let (preview, changed, line) = shown(&client, &plan::update(&seen, &limits, client.target()).unwrap()).await;
    assert_eq!(changed, "+limits:\n+memory: 1Gi");
    assert_eq!(line, "deployment.apps/web resource requirements updated (server dry run)");

    // Sent as it was shown.
    carry_out(&client, &preview.plan).await;
    let lives = live(&client, "Deployment", "web").await;
    assert_eq!(lives.value()["spec"], preview.changes[0].after.as_ref().unwrap().value()["spec"]);
    // Shown again, it is nothing.
    let (again, _, line) = shown(&client, &plan::update(&lives, &limits, client.target()).unwrap()).await;
    assert!(again.changes_nothing());
    assert_eq!(line, "deployment.apps/web unchanged (server dry run)");
    // The line that made it takes its own fields back.
    let web = Wish { limits: "memory=2Gi".parse().unwrap(), ..wish("registry.example.com/web:1.0", "web") };
    let newer = previewed(&client, &web).await;
    assert!(matches!(newer.plan.steps[0], Step::Apply { force: true, .. }));
}

#[tokio::test]
async fn a_plan_for_what_has_changed_meanwhile_is_refused() {
    let (namespace, client, seen) = running("meanwhile").await;
    let label = ["label", "deployment", "web", "-n", namespace.name(), "other=hand"];
    cluster::shared().kubectl(&label).unwrap().success().unwrap();
    let change = Change { image: Some("registry.example.com/web:2".parse().unwrap()), ..Change::default() };
    let update = plan::update(&seen, &change, client.target()).unwrap();
    let scale = plan::scale(&seen, "3".parse().unwrap(), client.target(), None).unwrap();
    let undo = plan::undo(&seen, &seen.value()["spec"]["template"], client.target()).unwrap();
    for plan in [&update, &scale, &undo] {
        let error = preview(&client, plan).await.unwrap_err();
        assert!(matches!(error.situation(), Situation::Changed), "{:?} {:?}", plan.action, told(&error.problem()));
    }
    // The same when it is carried out: nothing is overwritten.
    let Step::Patch { patch, .. } = &update.steps[0] else { panic!() };
    let outcome = client.patch(seen.resource(), Some(namespace.name()), "web", patch, Writing::default()).await;
    assert!(matches!(outcome.unwrap_err().situation(), Situation::Changed));
    assert_eq!(live(&client, "Deployment", "web").await.value()["spec"], seen.value()["spec"]);
}

#[tokio::test]
async fn an_undo_gives_back_the_whole_template_also_what_others_own() {
    let (namespace, client, first) = running("undo").await;
    let patch = "{\"spec\":{\"template\":{\"metadata\":{\"annotations\":{\"by\":\"hand\"}},\"spec\":{\"priorityClassName\":\"system-node-critical\"}}}}";
    let args = ["patch", "deployment", "web", "-n", namespace.name(), "--patch", patch];
    cluster::shared().kubectl(&args).unwrap().success().unwrap();
    let seen = live(&client, "Deployment", "web").await;
    let undo = plan::undo(&seen, &first.value()["spec"]["template"], client.target()).unwrap();
    assert_eq!(
        undo.warnings.iter().map(words).collect::<Vec<_>>(),
        ["how many pods there are is no part of a revision: 0 as now"]
    );
    let (preview, changed, line) = shown(&client, &undo).await;
    assert_eq!(changed, "-annotations:\n-by: hand\n-priorityClassName: system-node-critical");
    assert_eq!(line, "deployment.apps/web rolled back (server dry run)");
    carry_out(&client, &preview.plan).await;
    let lives = live(&client, "Deployment", "web").await;
    assert_eq!(lives.value()["spec"]["template"], first.value()["spec"]["template"]);
}

#[tokio::test]
async fn restarts_and_pauses_are_planned_as_kubectl_does_them() {
    let (_namespace, client, seen) = running("pause").await;
    let now: Timestamp = "2026-11-23T20:31:53.123Z".parse().unwrap();
    let (_, changed, line) = shown(&client, &plan::restart(&seen, now, client.target()).unwrap()).await;
    assert_eq!(changed, "+annotations:\n+kubectl.kubernetes.io/restartedAt: \"2026-11-23T20:31:53Z\"");
    assert_eq!(line, "deployment.apps/web restarted (server dry run)");

    let (paused, changed, line) = shown(&client, &plan::pause(&seen, client.target()).unwrap()).await;
    assert_eq!((changed.as_str(), line.as_str()), ("+paused: true", "deployment.apps/web paused (server dry run)"));
    carry_out(&client, &paused.plan).await;
    let seen = live(&client, "Deployment", "web").await;
    for stop in [
        plan::restart(&seen, now, client.target()).unwrap_err(),
        plan::undo(&seen, &seen.value()["spec"]["template"], client.target()).unwrap_err(),
    ] {
        assert!(matches!(stop, Stop::Paused { .. }));
        let [cause, hint] = told(&stop.problem());
        assert_eq!(cause, "`deployment/web` is paused: nothing would roll out");
        assert!(hint.contains("kubectl quickdeploy resume deployment/web"), "{hint}");
    }
    let (again, _, _) = shown(&client, &plan::pause(&seen, client.target()).unwrap()).await;
    assert!(again.changes_nothing());
    let (_, changed, line) = shown(&client, &plan::resume(&seen, client.target()).unwrap()).await;
    assert_eq!((changed.as_str(), line.as_str()), ("-paused: true", "deployment.apps/web resumed (server dry run)"));
}

#[tokio::test]
async fn sets_of_other_kinds_are_changed_too_where_that_means_something() {
    let cluster = cluster::shared();
    let namespace = cluster.namespace("kinds").unwrap();
    let name = namespace.name();
    let client = admin(name).await;
    let objects = "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db}, spec: {serviceName: db, replicas: 1, selector: {matchLabels: {a: db}}, \
         template: {metadata: {labels: {a: db}}, spec: {containers: [{name: db, image: 'registry.example.com/db:1', volumeMounts: [{name: data, mountPath: /data}]}, {name: log, image: 'registry.example.com/log:1'}]}}, \
         volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]}}\n---\n\
         {apiVersion: apps/v1, kind: DaemonSet, metadata: {name: agent}, spec: {selector: {matchLabels: {a: agent}}, \
         template: {metadata: {labels: {a: agent}}, spec: {containers: [{name: agent, image: 'registry.example.com/agent:1'}]}}}}";
    cluster.feed(&["apply", "--namespace", name, "-f", "-"], objects).unwrap();
    let db = live(&client, "StatefulSet", "db").await;
    let image = Change { image: Some("registry.example.com/db:2".parse().unwrap()), ..Change::default() };
    let [cause, hint] = told(&plan::update(&db, &image, client.target()).unwrap_err().problem());
    assert_eq!(cause, "`statefulset/db` has several containers, and none was named: `db` and `log`");
    assert_eq!(hint, "for example `--container db`");
    let wrong = Change { container: Some("logs".into()), ..image.clone() };
    let [cause, hint] = told(&plan::update(&db, &wrong, client.target()).unwrap_err().problem());
    assert_eq!(cause, "`statefulset/db` has no container `logs`; it has `db` and `log`");
    assert_eq!(hint, "for example `--container log`");
    let right = Change { container: Some("db".into()), ..image };
    let (preview, changed, line) = shown(&client, &plan::update(&db, &right, client.target()).unwrap()).await;
    assert_eq!(changed, "-- image: registry.example.com/db:1\n+- image: registry.example.com/db:2");
    assert_eq!(line, "statefulset.apps/db image updated (server dry run)");
    assert_eq!(crate::obstacles(&preview), Vec::<String>::new(), "the claim's volume is there in the trial");

    let agent = live(&client, "DaemonSet", "agent").await;
    let stop = plan::scale(&agent, "3".parse().unwrap(), client.target(), None).unwrap_err();
    assert_eq!(told(&stop.problem())[0], "`daemonset/agent` has no number of replicas to change");
    let stop = plan::pause(&agent, client.target()).unwrap_err();
    assert_eq!(told(&stop.problem())[0], "`daemonset/agent` cannot be paused");
    let (_, changed, line) =
        shown(&client, &plan::restart(&agent, Timestamp::UNIX_EPOCH, client.target()).unwrap()).await;
    assert!(changed.contains("restartedAt: \"1970-01-01T00:00:00Z\""), "{changed}");
    assert_eq!(line, "daemonset.apps/agent restarted (server dry run)");
}
