//! How many objects there are of each kind, without reading them, and of which version the server is.

use std::cell::Cell;
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

/// Whether a deadline that the user set has cut something off, for readings that are made side by side.
#[derive(Debug, Default)]
pub struct Late(Cell<bool>);

impl Late {
    /// Whether it has.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.0.get()
    }

    pub(crate) fn reading<T>(&self, error: &Error) -> Reading<T> {
        self.0.set(self.0.get() || error.is_users_deadline());
        Reading::from_error(error)
    }
}

/// Counts the objects of each kind, several kinds at a time. In one namespace, kinds of the cluster's scope are left out.
///
/// # Errors
/// The server could not be talked to at all, before anything was counted.
pub async fn count(client: &Client, scope: &Scope, kinds: &[Resource], late: &Late) -> Result<Counts, Error> {
    let in_scope = kinds.iter().filter(|kind| kind.namespaced || matches!(scope, Scope::Cluster));
    let mut jobs: FuturesUnordered<_> =
        in_scope.map(|kind| async move { (*kind, client.count(*kind, scope).await) }).collect();
    let mut counts = Counts::new();
    while let Some((kind, answer)) = jobs.next().await {
        let reading = match answer {
            Ok(count) => Reading::Read(count),
            Err(error) if counts.is_empty() && (error.is_hopeless() || error.is_users_deadline()) => return Err(error),
            Err(error) => late.reading(&error),
        };
        counts.insert(kind, reading);
    }
    Ok(counts)
}

/// Asks for `/version`.
///
/// # Errors
/// The server could not be talked to at all.
pub async fn server_version(client: &Client, late: &Late) -> Result<Reading<ServerVersion>, Error> {
    Ok(match client.raw(Part::Version.path().unwrap_or_default()).await {
        Ok(raw) => serde_json::from_str(&raw.body)
            .map_or_else(|_| Reading::Failed(Message::new("part-version-unreadable")), Reading::Read),
        Err(error) if error.is_hopeless() => return Err(error),
        Err(error) => late.reading(&error),
    })
}
