//! Whole lists of a few kinds, streamed into a fold: for sums that need every object, not only those in trouble.

use std::cell::RefCell;
use std::collections::BTreeMap;

use futures::stream::{FuturesUnordered, StreamExt as _};
use jiff::Timestamp;
use quicktour_client::views::{View, apps, cluster, core, node, pod};
use quicktour_client::{Client, Error, ListOptions, Scope, Situation};

use crate::collect::{Fold, Object};
use crate::counts::Late;
use crate::part::Part;
use crate::reading::Reading;

/// What came of streaming: how many objects each list held, or why it could not be read.
pub type Streamed = BTreeMap<Part, Reading<u64>>;

/// Streams the lists that `fold` wants, each in one body from the API server's cache, several at a time.
///
/// Pods, nodes and endpoint slices come whole; deployments and services as metadata alone. Other parts are not read.
/// In one namespace, nodes are left out.
///
/// # Errors
/// The server could not be talked to at all, before anything was read.
pub async fn stream(
    client: &Client,
    scope: &Scope,
    now: Timestamp,
    fold: &mut dyn Fold,
    late: &Late,
) -> Result<Streamed, Error> {
    let parts = [Part::Pods, Part::Nodes, Part::EndpointSlices, Part::Deployments, Part::Services];
    let one_namespace = matches!(scope, Scope::Namespace(_));
    let wanted: Vec<Part> =
        parts.into_iter().filter(|part| fold.wants(*part) && !(one_namespace && part.cluster_scoped())).collect();
    let fold = RefCell::new(fold);
    let see = |object: Object<'_>| fold.borrow_mut().see(object, now);
    let read = async |part: Part| match part {
        Part::Pods => list::<pod::Pod>(client, scope, false, &mut |pod| see(Object::Pod(&pod))).await,
        Part::Nodes => list::<node::Node>(client, scope, false, &mut |node| see(Object::Node(&node))).await,
        Part::EndpointSlices => {
            let mut each = |slice| see(Object::EndpointSlice(&slice));
            list::<cluster::EndpointSlice>(client, scope, false, &mut each).await
        }
        Part::Deployments => {
            let mut each = |deployment| see(Object::Deployment(&deployment));
            list::<apps::Deployment>(client, scope, true, &mut each).await
        }
        _ => list::<core::Service>(client, scope, true, &mut |service| see(Object::Service(&service))).await,
    };
    let mut jobs: FuturesUnordered<_> = wanted.into_iter().map(async |part| (part, read(part).await)).collect();
    let mut streamed = Streamed::new();
    while let Some((part, answer)) = jobs.next().await {
        let reading = match answer {
            Ok(count) => Reading::Read(count),
            Err(error) if streamed.is_empty() && (error.is_hopeless() || error.is_users_deadline()) => {
                return Err(error);
            }
            Err(error) => late.reading(&error),
        };
        streamed.insert(part, reading);
    }
    Ok(streamed)
}

async fn list<T: View>(
    client: &Client,
    scope: &Scope,
    metadata_only: bool,
    each: &mut (dyn FnMut(T) + '_),
) -> Result<u64, Error> {
    let mut options = ListOptions { metadata_only, cached: true, ..ListOptions::default() };
    let mut seen = 0_u64;
    let mut counted = |object: T| {
        seen += 1;
        each(object);
    };
    match client.list(scope, &options, &mut counted).await {
        // A server that has just started has no cache of large kinds for a while, and says so with 429.
        Err(error) if seen == 0 && matches!(error.situation(), Situation::ServerError { .. }) => {
            options.cached = false;
            Ok(client.list(scope, &options, each).await?.count)
        }
        answer => Ok(answer?.count),
    }
}
