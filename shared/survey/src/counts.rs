//! How many objects there are of each kind, without reading them, and of which version the server is.

use std::collections::BTreeMap;

use futures::stream::{FuturesUnordered, StreamExt as _};
use quicktour_client::views::Resource;
use quicktour_client::{Client, Error, Scope};
use quicktour_report::message::Message;

use crate::endpoints::ServerVersion;
use crate::part::Part;
use crate::reading::Reading;

/// What came of counting: the number of objects of each kind, or why it is not known.
pub type Counts = BTreeMap<Resource, Reading<u64>>;

/// Counts the objects of each kind, several kinds at a time. In one namespace, kinds of the cluster's scope are left out.
///
/// # Errors
/// The server could not be talked to at all, before anything was counted.
pub async fn count(client: &Client, scope: &Scope, kinds: &[Resource]) -> Result<Counts, Error> {
    let in_scope = kinds.iter().filter(|kind| kind.namespaced || matches!(scope, Scope::Cluster));
    let mut jobs: FuturesUnordered<_> =
        in_scope.map(|kind| async move { (*kind, client.count(*kind, scope).await) }).collect();
    let mut counts = Counts::new();
    while let Some((kind, answer)) = jobs.next().await {
        let reading = match answer {
            Ok(count) => Reading::Read(count),
            Err(error) if counts.is_empty() && (error.is_hopeless() || error.is_users_deadline()) => return Err(error),
            Err(error) => Reading::from_error(&error),
        };
        counts.insert(kind, reading);
    }
    Ok(counts)
}

/// Asks for `/version`.
///
/// # Errors
/// The server could not be talked to at all.
pub async fn server_version(client: &Client) -> Result<Reading<ServerVersion>, Error> {
    Ok(match client.raw(Part::Version.path().unwrap_or_default()).await {
        Ok(raw) => serde_json::from_str(&raw.body)
            .map_or_else(|_| Reading::Failed(Message::new("part-version-unreadable")), Reading::Read),
        Err(error) if error.is_hopeless() => return Err(error),
        Err(error) => Reading::from_error(&error),
    })
}
