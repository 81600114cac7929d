//! Deletes what the ledger says was made here, and nothing else.

use std::time::Duration;

use quicktour_client::{Client, Deleted, Error, Identity, Kind, Manifest, Precondition, Scope, Situation, Writing};
use tokio::time::{Instant, sleep};

use crate::history::pod_selector;
use crate::labels;
use crate::ledger::{Entry, Ledger, LedgerError, Run};

/// How often an object that is being deleted is looked at. Source: ours; one small GET.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// What holds a deletion up is worth saying after this. Source: ours; a pod's default grace period is 30 s, so that
/// this mostly names pods that are still within it.
const SAY_AFTER: Duration = Duration::from_secs(3);

/// An object of the ledger, and what is there under its name now.
#[derive(Debug)]
pub struct Found {
    /// What was made.
    pub entry: Entry,
    /// What is there.
    pub state: State,
}

/// What stands under a name of the ledger.
#[derive(Debug)]
pub enum State {
    /// What we made, still ours.
    Ours(Box<Manifest>),
    /// Nothing: it was deleted since, or never made.
    Gone,
    /// Something that is no longer ours to delete.
    Foreign(Foreign),
    /// It could not be read.
    Unread(Box<Error>),
}

/// Why an object is not ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// Another object of the same name, by its UID.
    Recreated,
    /// It does not bear our run's label.
    Relabelled,
    /// Somebody else says that they manage it.
    ManagedBy(String),
}

/// What holds up a deletion that was accepted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// Its pods are still ending; the names of at most five of them, and how many there are.
    Pods(Vec<String>, usize),
    /// The cloud is taking its load balancer down.
    LoadBalancer,
    /// A finalizer that somebody has to act on.
    Finalizer(String),
    /// Nothing that can be seen.
    Unknown,
}

/// How a cleanup ended for one object.
#[derive(Debug)]
pub enum Ended {
    /// It is gone.
    Gone,
    /// It was no longer ours when the server was told to delete it.
    Changed,
    /// The deletion was accepted, and has not ended in time.
    Held(Vec<Holder>),
}

/// Looks at everything that a run made.
pub async fn look(client: &Client, run: &Run) -> Vec<Found> {
    let mut found = Vec::new();
    for entry in run.entries() {
        found.push(Found { entry: entry.clone(), state: state(client, run.id(), entry).await });
    }
    found
}

async fn state(client: &Client, run: &str, entry: &Entry) -> State {
    // A kind that this version does not write is left to the version that did.
    let Some(resource) = Manifest::resource_of(&entry.kind) else { return State::Foreign(Foreign::Relabelled) };
    match client.read(&resource, entry.namespace.as_deref(), &entry.name).await {
        Err(error) => State::Unread(Box::new(error)),
        Ok(None) => State::Gone,
        Ok(Some(live)) => match foreign(&live, run, entry) {
            Some(why) => State::Foreign(why),
            None => State::Ours(Box::new(live)),
        },
    }
}

fn foreign(live: &Manifest, run: &str, entry: &Entry) -> Option<Foreign> {
    if entry.uid.as_deref().is_some_and(|uid| uid != live.uid()) {
        return Some(Foreign::Recreated);
    }
    if live.label(labels::RUN) != Some(run) {
        return Some(Foreign::Relabelled);
    }
    match live.label(labels::MANAGED_BY) {
        Some(labels::MANAGER) => None,
        other => Some(Foreign::ManagedBy(other.unwrap_or_default().to_owned())),
    }
}

/// Deletes one object, if it still is the very one that was looked at, and waits until it and its pods are gone.
/// `held` hears what holds it up, once for each change.
pub async fn delete(
    client: &Client,
    live: &Manifest,
    timeout: Duration,
    held: &mut dyn FnMut(&[Holder]),
) -> Result<Ended, Error> {
    let (resource, namespace, name) = (live.resource(), live.namespace(), live.name());
    let only_if = Precondition { uid: Some(live.uid().to_owned()), resource_version: None };
    match client.delete(resource, namespace, name, &only_if, Writing::default()).await {
        Ok(Deleted::NotThere | Deleted::Gone) => return Ok(Ended::Gone),
        Ok(Deleted::Going) => {}
        Err(error) if matches!(error.situation(), Situation::Changed) => return Ok(Ended::Changed),
        Err(error) => return Err(error),
    }
    let begun = Instant::now();
    let mut said = Vec::new();
    loop {
        let Some(now) = client.read(resource, namespace, name).await?.filter(|now| now.uid() == live.uid()) else {
            return Ok(Ended::Gone);
        };
        if begun.elapsed() >= SAY_AFTER.min(timeout) {
            let holders = holders(client, &now).await?;
            if begun.elapsed() >= timeout {
                return Ok(Ended::Held(holders));
            }
            if holders != said {
                held(&holders);
                said = holders;
            }
        }
        sleep(LOOK_EVERY).await;
    }
}

async fn holders(client: &Client, going: &Manifest) -> Result<Vec<Holder>, Error> {
    let finalizers = going.value()["metadata"]["finalizers"].as_array().cloned().unwrap_or_default();
    let mut holders = Vec::new();
    for finalizer in finalizers.iter().filter_map(|finalizer| finalizer.as_str()) {
        match finalizer {
            "foregroundDeletion" => {
                let (some, all) = pods(client, going).await?;
                if all > 0 {
                    holders.push(Holder::Pods(some, all));
                }
            }
            "service.kubernetes.io/load-balancer-cleanup" => holders.push(Holder::LoadBalancer),
            other => holders.push(Holder::Finalizer(other.to_owned())),
        }
    }
    if finalizers.is_empty() && *going.resource() == Kind::POD {
        holders.push(Holder::Pods(vec![going.name().to_owned()], 1));
    }
    if holders.is_empty() {
        holders.push(Holder::Unknown);
    }
    Ok(holders)
}

/// The pods that a workload's selector finds: at most five names, and how many there are.
async fn pods(client: &Client, going: &Manifest) -> Result<(Vec<String>, usize), Error> {
    let (Some(namespace), Some(selector)) = (going.namespace(), pod_selector(going)) else {
        return Ok((Vec::new(), 0));
    };
    let pods = client.read_all(&Kind::POD, &Scope::Namespace(namespace.to_owned()), Some(&selector)).await?;
    Ok((pods.iter().take(5).map(|pod| pod.name().to_owned()).collect(), pods.len()))
}

/// The runs whose objects a cleanup would look at: all of this cluster's, or the one that was named. `None` when the
/// named one is not there.
pub fn runs(
    ledger: &Ledger,
    identity: &Identity,
    only: Option<&str>,
) -> Result<(Option<Vec<Run>>, Vec<LedgerError>), LedgerError> {
    let (mut runs, unread) = ledger.runs(identity)?;
    if let Some(id) = only {
        runs.retain(|run| run.id() == id);
        if runs.is_empty() {
            return Ok((None, unread));
        }
    }
    Ok((Some(runs), unread))
}
