use jiff::Timestamp;
use quicktour_client::{Client, Situation};
use quicktour_deploy::apply::{Stopped, Verb, carry_out};
use quicktour_deploy::labels::RunId;
use quicktour_deploy::ledger::Ledger;
use quicktour_deploy::plan::{self, found as look};
use quicktour_deploy::preview::{Preview, preview};
use quicktour_deploy::wish::Wish;
use quicktour_testkit::cluster;

use crate::{admin, live, previewed, wish};

async fn apply(client: &Client, preview: &Preview, ledger: &Ledger) -> Result<Vec<Verb>, Stopped> {
    let seen: Vec<_> = preview.changes.iter().map(|change| change.before.clone()).collect();
    let identity = client.identity().await.unwrap();
    let mut done = Vec::new();
    let mut each = |step: quicktour_deploy::apply::Done| done.push(step.verb);
    carry_out(client, &preview.plan, &seen, ledger, &identity, &mut each).await.map(|()| done)
}

fn web(level: &str) -> Wish {
    let env = vec![format!("LEVEL={level}").parse().unwrap()];
    Wish { replicas: Some("0".parse().unwrap()), env, ..wish("registry.example.com/web:1.0", "web") }
}

fn is_changed(outcome: &Result<Vec<Verb>, Stopped>) -> bool {
    matches!(outcome, Err(Stopped::Write(error)) if matches!(error.situation(), Situation::Changed))
}

#[tokio::test]
async fn what_was_shown_is_applied_and_nothing_that_came_after() {
    let namespace = cluster::shared().namespace("applied").unwrap();
    let client = admin(namespace.name()).await;
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::at(folder.path().to_owned());
    assert_eq!(apply(&client, &previewed(&client, &web("info")).await, &ledger).await.unwrap(), [Verb::Created]);

    // Somebody else uses the same command while the question stands.
    let shown = previewed(&client, &web("debug")).await;
    apply(&client, &previewed(&client, &web("trace")).await, &ledger).await.unwrap();
    assert!(is_changed(&apply(&client, &shown, &ledger).await));
    let env = live(&client, "Deployment", "web").await;
    assert_eq!(env.value()["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"], "trace");

    // Only a status has moved on.
    let shown = previewed(&client, &web("debug")).await;
    let status = r#"{"status":{"observedGeneration":1}}"#;
    let patch =
        ["-n", namespace.name(), "patch", "deployment/web", "--subresource=status", "--type=merge", "-p", status];
    cluster::shared().kubectl(&patch).unwrap().success().unwrap();
    assert_eq!(apply(&client, &shown, &ledger).await.unwrap(), [Verb::Configured]);

    // Gone, and another one of its name.
    let shown = previewed(&client, &web("info")).await;
    let delete = ["-n", namespace.name(), "delete", "deployment/web", "--wait"];
    cluster::shared().kubectl(&delete).unwrap().success().unwrap();
    assert!(is_changed(&apply(&client, &shown, &ledger).await));
}

#[tokio::test]
async fn what_somebody_makes_before_the_yes_stays_theirs_even_by_force() {
    let namespace = cluster::shared().namespace("overtaken").unwrap();
    let client = admin(namespace.name()).await;
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::at(folder.path().to_owned());
    let wish = web("info");
    let found = look::for_run(&client, &wish).await.unwrap();
    let planned = plan::run(&wish, client.target(), &RunId::new(Timestamp::now()), &found).forcing_conflicts();
    let shown = preview(&client, &planned).await.unwrap();
    let mut theirs = planned.steps[0].object().clone();
    theirs.value_mut()["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example.com/web:9".into();
    let object = theirs.value().to_string();
    cluster::shared().feed(&["-n", namespace.name(), "create", "-f", "-"], &object).unwrap();
    let Err(Stopped::Write(error)) = apply(&client, &shown, &ledger).await else { panic!("taken over") };
    assert!(matches!(error.situation(), Situation::Conflict { .. }), "{:?}", error.situation());
    assert!(ledger.runs(&client.identity().await.unwrap()).unwrap().0.is_empty());
}
