//! Plans and previews against a real API server: what is sent, what is said, and that nothing is written.
#![expect(clippy::unwrap_used, reason = "tests and their helpers fail by panicking")]

/// What becomes of a plan when others write between preview and yes.
mod applied;
/// Changes of what runs.
mod changes;
/// What is found before anything is planned.
mod found;
/// The single pod's trial and the room for all of them.
mod pods;
/// What a run sends, and what a script gets of a preview.
mod run;
/// YAML beside kubectl's own.
mod yaml;

use std::path::Path;

use jiff::Timestamp;
use quicktour_client::{Client, ConnectFlags, Environment, Error, Manifest, Situation, Writing, connect_in};
use quicktour_deploy::labels::RunId;
use quicktour_deploy::plan::{self, Plan, Step, found as look};
use quicktour_deploy::preview::{Preview, preview};
use quicktour_deploy::wish::Wish;
use quicktour_report::catalogue::Catalogue;
use quicktour_report::message::Message;
use quicktour_report::problem::Problem;
use quicktour_testkit::cluster::{self, User};

/// The words of a message; a key without text or an argument without use fails the test.
fn words(message: &Message) -> String {
    Catalogue::english().check(message).unwrap_or_else(|errors| panic!("{message:?}: {errors:?}"))
}

fn told(problem: &Problem) -> [String; 2] {
    [words(&problem.cause), problem.hint.as_ref().map(words).unwrap_or_default()]
}

async fn client_with(kubeconfig: &Path, namespace: &str) -> Client {
    let flags = ConnectFlags {
        kubeconfig: Some(kubeconfig.to_owned()),
        namespace: Some(namespace.to_owned()),
        ..ConnectFlags::default()
    };
    let machine = Environment::of(std::env::var("PATH").map(|path| ("PATH".to_owned(), path)));
    connect_in(&flags, &machine).await.unwrap_or_else(|error| panic!("{:?}", told(&error.problem())))
}

async fn admin(namespace: &str) -> Client {
    client_with(&cluster::shared().kubeconfig(), namespace).await
}

/// A user who may do everything in one namespace and nothing elsewhere; the audit log knows them from all others.
async fn owner_of(namespace: &str) -> (Client, String) {
    let user = User::named("owner").with_role_in(namespace, "admin");
    let access = cluster::shared().kubeconfig_for(&user).unwrap();
    (client_with(&access.kubeconfig, namespace).await, access.user)
}

fn wish(image: &str, name: &str) -> Wish {
    Wish::of(image.parse().unwrap(), Some(name.parse().unwrap())).unwrap()
}

/// Plans a run as the command does, and previews it.
async fn previewed(client: &Client, wish: &Wish) -> Preview {
    let plan = planned(client, wish).await;
    preview(client, &plan).await.unwrap_or_else(|error| panic!("{:?}", told(&error.problem())))
}

async fn planned(client: &Client, wish: &Wish) -> Plan {
    wish.check().unwrap();
    let found = look::for_run(client, wish).await.unwrap_or_else(|stop| panic!("{:?}", told(&stop.problem())));
    plan::run(wish, client.target(), &RunId::new(Timestamp::now()), &found)
}

/// Sends the steps of a previewed plan; again where only a status has changed meanwhile.
async fn carry_out(client: &Client, plan: &Plan) {
    for step in &plan.steps {
        let mut step = step.clone();
        while let Err(error) = send(client, &step).await {
            let object = step.object();
            let live = client.read(object.resource(), object.namespace(), object.name()).await.unwrap();
            let rebased = live.filter(|_| matches!(error.situation(), Situation::Changed));
            let rebased = rebased.and_then(|live| step.rebased(&live));
            step = rebased.unwrap_or_else(|| panic!("{:?}", told(&error.problem())));
        }
    }
}

async fn send(client: &Client, step: &Step) -> Result<(), Error> {
    let object = step.object();
    let (kind, namespace, name) = (object.resource(), object.namespace(), object.name());
    let how = Writing::default();
    match step {
        Step::Apply { manifest, force } => {
            client.apply(manifest, Writing { force_conflicts: *force, ..how }).await.map(drop)
        }
        Step::Patch { patch, .. } => client.patch(kind, namespace, name, patch, how).await.map(drop),
        Step::Scale { seen, replicas } => {
            client.scale(kind, namespace.unwrap(), name, *replicas, seen.resource_version(), how).await
        }
        Step::Delete { only_if, .. } => client.delete(kind, namespace, name, only_if, how).await.map(drop),
    }
}

/// What lives under `kind` and `name`.
async fn live(client: &Client, kind: &str, name: &str) -> Manifest {
    let namespace = client.target().namespace.clone();
    client.read(&Manifest::resource_of(kind).unwrap(), Some(&namespace), name).await.unwrap().unwrap()
}

fn obstacles(preview: &Preview) -> Vec<String> {
    preview.obstacles().iter().map(words).collect()
}
