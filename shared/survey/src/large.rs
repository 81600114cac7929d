//! How a kind with very many objects is read: as tables, which cost the server a fraction of the objects, and then the
//! objects that the tables cast doubt on.
//!
//! A row only nominates: whatever is not plainly well (an unknown word, a column that is not there) makes its object a
//! suspect, which is then read and judged like any other. So the report is the same, whichever way was taken.

use std::collections::BTreeSet;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use quicktour_client::views::{View, apps, core, pod};
use quicktour_client::{Cell, Client, Error, ListOptions, Row, Scope};

use crate::collect::Object;

/// More suspects than this in a namespace are read with the whole namespace in one list. Source: ours; a GET costs the
/// server about as much as fifty rows of a list.
const GETS: usize = 50;
/// With fewer objects than this per namespace, one table of all namespaces and the metadata that says where its
/// suspects live cost less than a request for each namespace. Source: ours, measured in docs/benchmarks.md.
const FEW_PER_NAMESPACE: u64 = 100;
/// Namespaces that are read at a time; the client's own budget is the limit that counts.
const AT_A_TIME: usize = 4;

/// What a row says of its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen<'a> {
    /// Plainly well.
    Well(PodRow<'a>),
    /// To be read.
    Suspect,
}

/// What is counted of a pod that is well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PodRow<'a> {
    /// Where it runs; empty when nowhere yet.
    pub node: &'a str,
    /// Whether it has ended for good.
    pub finished: bool,
}

/// A kind whose tables tell which objects are well.
pub(crate) trait Tabled: View {
    /// From this many objects on tables are read. Source: ours; below, one or a few pages are as quick.
    const MANY: u64;

    /// Judges a row; `None` when its columns are not the known ones, which casts doubt on it too.
    fn seen<'a>(row: &Row<'a>, unready: &BTreeSet<String>) -> Option<Seen<'a>>;

    /// Shows what is counted of an object that is well; of most kinds nothing is.
    fn well(_: PodRow<'_>, _: &dyn Fn(Object<'_>)) {}

    /// The object of a suspect.
    fn suspect(object: &Self) -> Object<'_>;
}

impl Tabled for pod::Pod {
    const MANY: u64 = 5_000;

    fn seen<'a>(row: &Row<'a>, unready: &BTreeSet<String>) -> Option<Seen<'a>> {
        let (ready, status) = (row.text("ready")?, row.text("status")?);
        let node = row.text("node").filter(|node| *node != "<none>").unwrap_or_default();
        let finished = status == "Completed";
        let gates = row.text("readiness gates").is_none_or(|gates| gates == "<none>" || all(gates));
        let restarted = restarted(row.cell("restarts")?);
        let well = status == "Running" && all(ready) && gates && !restarted && !unready.contains(node);
        Some(if finished || well { Seen::Well(PodRow { node, finished }) } else { Seen::Suspect })
    }

    fn well(counted: PodRow<'_>, see: &dyn Fn(Object<'_>)) {
        see(Object::PodRow(counted));
    }

    fn suspect(object: &Self) -> Object<'_> {
        Object::Pod(object)
    }
}

impl Tabled for apps::Deployment {
    const MANY: u64 = 1_000;

    fn seen<'a>(row: &Row<'a>, _: &BTreeSet<String>) -> Option<Seen<'a>> {
        let ready = row.text("ready")?;
        let wanted = ready.split_once('/')?.1.parse::<i64>().ok()?;
        let is_wanted = |column| row.cell(column).map(|cell| *cell == Cell::Number(wanted));
        // One that is scaled to 0 is read: a service may stand before it.
        let well = wanted > 0 && all(ready) && is_wanted("up-to-date")? && is_wanted("available")?;
        Some(if well { Seen::Well(PodRow::default()) } else { Seen::Suspect })
    }

    fn suspect(object: &Self) -> Object<'_> {
        Object::Deployment(object)
    }
}

impl Tabled for apps::ReplicaSet {
    const MANY: u64 = 1_000;

    fn seen<'a>(row: &Row<'a>, _: &BTreeSet<String>) -> Option<Seen<'a>> {
        let wanted = row.cell("desired")?;
        let well = row.cell("current")? == wanted && row.cell("ready")? == wanted;
        Some(if well { Seen::Well(PodRow::default()) } else { Seen::Suspect })
    }

    fn suspect(object: &Self) -> Object<'_> {
        Object::ReplicaSet(object)
    }
}

/// Whether all parts of `3/3` are there.
fn all(parts: &str) -> bool {
    parts.split_once('/').is_some_and(|(ready, wanted)| ready == wanted)
}

/// Whether a container was started again within about the last hour, by `4 (3m10s ago)`. Rules look at less.
fn restarted(cell: &Cell<'_>) -> bool {
    let text = match cell {
        Cell::Number(restarts) => return *restarts != 0,
        Cell::Text(text) => text,
        Cell::Other => return true,
    };
    match text.split_once('(') {
        None => text != "0",
        Some((_, ago)) => {
            let unit = ago.find(|c: char| !c.is_ascii_digit()).and_then(|at| ago[at..].chars().next());
            !matches!(unit, Some('h' | 'd' | 'y'))
        }
    }
}

/// What the reading of one kind needs to know.
pub(crate) struct Reader<'a> {
    pub(crate) client: &'a Client,
    /// Every namespace.
    pub(crate) namespaces: &'a [String],
    /// Nodes that are not ready: their pods look well in a table.
    pub(crate) unready: &'a BTreeSet<String>,
}

impl Reader<'_> {
    /// Reads a kind of about `length` objects; `see` is shown what is counted of those that are well, and every other
    /// object. Gives the number of objects.
    pub(crate) async fn read<T: Tabled>(&self, length: u64, see: &dyn Fn(Object<'_>)) -> Result<u64, Error> {
        if length < (self.namespaces.len() as u64).saturating_mul(FEW_PER_NAMESPACE) {
            return self.everywhere::<T>(see).await;
        }
        let scopes = self.namespaces.iter().map(|namespace| self.namespace::<T>(namespace, see));
        stream::iter(scopes).buffer_unordered(AT_A_TIME).try_fold(0, async |sum, rows| Ok(sum + rows)).await
    }

    async fn namespace<T: Tabled>(&self, namespace: &str, see: &dyn Fn(Object<'_>)) -> Result<u64, Error> {
        let scope = Scope::Namespace(namespace.to_owned());
        let (rows, suspects) = self.table::<T>(&scope, see).await?;
        self.suspects::<T>(namespace, &suspects, see).await?;
        Ok(rows)
    }

    /// One table for all namespaces does not say where its rows live; the list of metadata does.
    async fn everywhere<T: Tabled>(&self, see: &dyn Fn(Object<'_>)) -> Result<u64, Error> {
        let (rows, suspects) = self.table::<T>(&Scope::Cluster, see).await?;
        if suspects.is_empty() {
            return Ok(rows);
        }
        let mut homes: Vec<(String, String)> = Vec::new();
        let options = ListOptions { metadata_only: true, cached: true, ..ListOptions::default() };
        let mut find = |object: T| {
            let meta = object.meta();
            if suspects.contains(&meta.name) {
                homes.push((meta.namespace.clone(), meta.name.clone()));
            }
        };
        self.client.list::<T>(&Scope::Cluster, &options, &mut find).await?;
        let gets = homes.iter().map(|(namespace, name)| self.get::<T>(namespace, name, see));
        stream::iter(gets).buffer_unordered(AT_A_TIME).try_collect::<()>().await?;
        Ok(rows)
    }

    async fn table<T: Tabled>(
        &self,
        scope: &Scope,
        see: &dyn Fn(Object<'_>),
    ) -> Result<(u64, BTreeSet<String>), Error> {
        let mut suspects = BTreeSet::new();
        let mut each = |row: Row<'_>| match T::seen(&row, self.unready) {
            Some(Seen::Well(counted)) => T::well(counted, see),
            Some(Seen::Suspect) | None => {
                suspects.extend(row.text("name").map(str::to_owned));
            }
        };
        let rows = self.client.table::<T>(scope, &mut each).await?;
        Ok((rows, suspects))
    }

    async fn suspects<T: Tabled>(
        &self,
        namespace: &str,
        suspects: &BTreeSet<String>,
        see: &dyn Fn(Object<'_>),
    ) -> Result<(), Error> {
        if suspects.len() <= GETS {
            let gets = suspects.iter().map(|name| self.get::<T>(namespace, name, see));
            return stream::iter(gets).buffer_unordered(AT_A_TIME).try_collect().await;
        }
        let scope = Scope::Namespace(namespace.to_owned());
        let options = ListOptions { cached: true, ..ListOptions::default() };
        let mut pick = |object: T| {
            if suspects.contains(&object.meta().name) {
                see(T::suspect(&object));
            }
        };
        self.client.list::<T>(&scope, &options, &mut pick).await.map(|_| ())
    }

    async fn get<T: Tabled>(&self, namespace: &str, name: &str, see: &dyn Fn(Object<'_>)) -> Result<(), Error> {
        match self.client.get::<T>(Some(namespace), name).await {
            Ok(object) => see(T::suspect(&object)),
            // It went away in the meantime.
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// The pods of kube-proxy, for the version in their image's tag: tables do not show images.
///
/// Kubeadm and most others give them the first label, GKE the second.
pub(crate) async fn kube_proxies(client: &Client, see: &dyn Fn(Object<'_>)) -> Result<(), Error> {
    let scope = Scope::Namespace("kube-system".to_owned());
    for selector in ["k8s-app=kube-proxy", "component=kube-proxy"] {
        let options = ListOptions { label_selector: Some(selector.to_owned()), cached: true, ..ListOptions::default() };
        let mut each = |pod: pod::Pod| see(Object::KubeProxy(&pod));
        if client.list(&scope, &options, &mut each).await?.count > 0 {
            break;
        }
    }
    Ok(())
}

/// The names of all namespaces, in one list.
pub(crate) async fn namespaces(client: &Client) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    let options = ListOptions { metadata_only: true, ..ListOptions::default() };
    let mut each = |namespace: core::Namespace| names.push(namespace.meta().name.clone());
    client.list(&Scope::Cluster, &options, &mut each).await?;
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_restarts_of_long_ago_are_no_doubt() {
        for (text, doubt) in [
            ("0", false),
            ("3", true),
            ("4 (3m10s ago)", true),
            ("4 (59s ago)", true),
            ("4 (5h2m ago)", false),
            ("12 (3d ago)", false),
            ("1 (2y30d ago)", false),
            ("4 (soon)", true),
        ] {
            assert_eq!(restarted(&Cell::Text(text.into())), doubt, "{text}");
        }
        assert!(restarted(&Cell::Number(1)) && !restarted(&Cell::Number(0)) && restarted(&Cell::Other));
    }
}
