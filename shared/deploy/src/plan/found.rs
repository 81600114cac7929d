//! What is there before anything is planned: the namespace, objects of the names that will be used, autoscalers. Only
//! reads.

use std::collections::BTreeSet;

use quicktour_client::views::core::Namespace;
use quicktour_client::views::or_empty;
use quicktour_client::views::policy::HorizontalPodAutoscaler;
use quicktour_client::{Client, Error, FIELD_MANAGER, Kind, ListOptions, Manifest, Scope, Situation};
use quicktour_report::suggest;
use serde_json::Value;

use super::Stop;
use crate::labels::{self, RunId};
use crate::wish::Wish;

/// What was found. The default is what a plan without a server knows: nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// The Deployment or pod of the wished name, made by us.
    pub workload: Option<Manifest>,
    /// The service of the wished name, made by us.
    pub service: Option<Manifest>,
    /// What decides the Deployment's number of pods.
    pub autoscaler: Option<Autoscaler>,
    /// The server's minor version: 36 of 1.36; `None` when it does not say.
    pub minor: Option<u32>,
}

/// A horizontal pod autoscaler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Autoscaler {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The fewest pods it makes.
    pub min: u64,
    /// The most pods it makes.
    pub max: u64,
}

impl Found {
    /// The run of what lives already.
    #[must_use]
    pub fn run(&self) -> Option<RunId> {
        let live = [&self.workload, &self.service].into_iter().flatten();
        live.filter_map(|object| object.label(labels::RUN)).find_map(RunId::parse)
    }
}

/// Looks for what a run must know: whether the namespace takes anything, whether the names are free or ours.
pub async fn for_run(client: &Client, wish: &Wish) -> Result<Found, Stop> {
    let namespace = &client.target().namespace;
    namespace_takes(client, namespace).await?;
    let kind = if wish.pod { Kind::POD } else { Kind::DEPLOYMENT };
    let workload = ours(client, kind, namespace, wish.name.as_str()).await?;
    let service = match wish.expose {
        Some(_) => ours(client, Kind::SERVICE, namespace, wish.name.as_str()).await?,
        None => None,
    };
    let autoscaler = match &workload {
        Some(workload) if !wish.pod => autoscaler_of(client, workload).await?,
        _ => None,
    };
    Ok(Found { workload, service, autoscaler, minor: minor_version(client).await? })
}

/// Looks for what `expose` must know: whether the service's name is free or ours.
pub async fn for_expose(client: &Client, name: &str) -> Result<Found, Stop> {
    let namespace = &client.target().namespace;
    namespace_takes(client, namespace).await?;
    let service = ours(client, Kind::SERVICE, namespace, name).await?;
    Ok(Found { service, ..Found::default() })
}

/// The object that a command is about; when it is not there, the one that was probably meant is said.
pub async fn existing(client: &Client, kind: Kind, namespace: &str, name: &str) -> Result<Manifest, Stop> {
    if let Some(manifest) = client.read(&kind, Some(namespace), name).await? {
        return Ok(manifest);
    }
    namespace_takes(client, namespace).await?;
    // Who may read one by name need not be allowed to list them.
    let others = client.read_all(&kind, &Scope::Namespace(namespace.to_owned()), None).await.unwrap_or_default();
    let nearest = suggest::nearest(name, others.iter().map(Manifest::name)).map(str::to_owned);
    Err(Stop::NotThere { kind: kind.kind, namespace: namespace.to_owned(), name: name.to_owned(), nearest })
}

/// The autoscaler of a workload, if one is there and may be seen.
pub async fn autoscaler_of(client: &Client, workload: &Manifest) -> Result<Option<Autoscaler>, Error> {
    let namespace = workload.namespace().unwrap_or(&client.target().namespace);
    let scope = Scope::Namespace(namespace.to_owned());
    let mut found = None;
    let listed = client
        .list(&scope, &ListOptions::default(), &mut |autoscaler: HorizontalPodAutoscaler| {
            let spec = autoscaler.spec();
            let target = spec.scale_target_ref.as_ref();
            if target.is_some_and(|of| of.kind == workload.resource().kind && of.name == workload.name()) {
                found = Some(Autoscaler {
                    namespace: namespace.to_owned(),
                    name: or_empty(autoscaler.metadata.as_ref()).name.clone(),
                    min: u64::try_from(spec.min_replicas.unwrap_or(1)).unwrap_or(0),
                    max: u64::try_from(spec.max_replicas).unwrap_or(0),
                });
            }
        })
        .await;
    match listed {
        Ok(_) => Ok(found),
        // Then nobody can say; the diff shows what would change, and an apply would meet a conflict.
        Err(error) if is_unseen(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn namespace_takes(client: &Client, name: &str) -> Result<(), Stop> {
    match client.get::<Namespace>(None, name).await {
        Ok(namespace) if namespace.status().phase == "Terminating" => {
            Err(Stop::NamespaceTerminating { namespace: name.to_owned() })
        }
        Ok(_) => Ok(()),
        Err(error) if error.is_not_found() => {
            let mut names = Vec::new();
            let take = &mut |namespace: Namespace| names.push(or_empty(namespace.metadata.as_ref()).name.clone());
            let options = ListOptions { metadata_only: true, ..ListOptions::default() };
            // Only for a suggestion.
            let _ = client.list(&Scope::Cluster, &options, take).await;
            let nearest = suggest::nearest(name, names.iter().map(String::as_str)).map(str::to_owned);
            Err(Stop::NamespaceMissing { namespace: name.to_owned(), nearest })
        }
        // Who may only work inside a namespace cannot look at it from outside; the dry run will say.
        Err(error) if is_unseen(&error) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The object of a name, if it is there and ours; somebody else's is a [`Stop`].
async fn ours(client: &Client, kind: Kind, namespace: &str, name: &str) -> Result<Option<Manifest>, Stop> {
    let Some(live) = client.read(&kind, Some(namespace), name).await? else { return Ok(None) };
    let managers = managers(&live);
    let labelled = live.label(labels::MANAGED_BY) == Some(labels::MANAGER) && live.label(labels::RUN).is_some();
    if labelled && managers.contains(FIELD_MANAGER) {
        return Ok(Some(live));
    }
    Err(Stop::Taken {
        kind: kind.kind,
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        managers: managers.into_iter().collect(),
    })
}

/// Who has written the object itself; those who only report its status do not count.
fn managers(live: &Manifest) -> BTreeSet<String> {
    let entries = live.value()["metadata"]["managedFields"].as_array();
    let entries = entries.into_iter().flatten().filter(|entry| entry["subresource"].as_str() != Some("status"));
    entries.filter_map(|entry| entry["manager"].as_str().map(str::to_owned)).collect()
}

async fn minor_version(client: &Client) -> Result<Option<u32>, Error> {
    let answer = match client.raw("/version").await {
        Ok(answer) => answer,
        Err(error) if is_unseen(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let version: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    // Some providers write `30+`.
    let minor = version["minor"].as_str().map(|minor| minor.trim_end_matches(|c: char| !c.is_ascii_digit()));
    Ok(minor.and_then(|minor| minor.parse().ok()))
}

/// Whether an error only means that this user cannot look there.
pub(crate) fn is_unseen(error: &Error) -> bool {
    matches!(error.situation(), Situation::Forbidden { .. } | Situation::ApiAbsent { .. } | Situation::NotFound { .. })
}
