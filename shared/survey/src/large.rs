//! How a kind with very many objects is read: as tables, which cost the server a fraction of the objects, and then the
//! objects that the tables cast doubt on.
//!
//! A row only nominates: whatever is not plainly well (an unknown word, a column that is not there) makes its object a
//! suspect, which is then read and judged like any other. So the report is the same, whichever way was taken.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use quicktour_client::views::{View, apps, core, pod};
use quicktour_client::{Cell, Client, Error, ListOptions, Row, Scope};

use crate::collect::Object;

/// A list of more objects than this times the suspects among them costs the server more than to GET each suspect.
/// Source: ours.
const OBJECTS_PER_GET: u64 = 50;
/// At most so many suspects of a namespace are read one by one, however large it is. Source: ours.
const GETS: usize = 50;
/// At most so many suspects of all namespaces are read one by one. Source: ours; at four at a time they take about as
/// long as the list of 150,000 objects.
const GETS_IN_ALL: usize = 500;
/// With fewer objects than this per namespace, one table of all namespaces and the metadata that says where its
/// suspects live cost less than a request for each namespace. Source: ours, measured in docs/benchmarks.md.
const FEW_PER_NAMESPACE: u64 = 100;
/// Namespaces that are read at a time; the client's own budget is the limit that counts.
const AT_A_TIME: usize = 4;

/// What a row says of its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen<'a> {
    /// Plainly well; else it is to be read.
    well: bool,
    counted: PodRow<'a>,
}

impl Seen<'_> {
    /// Of a kind of which nothing is counted.
    fn uncounted(well: bool) -> Self {
        Self { well, counted: PodRow::default() }
    }
}

/// Names of objects that are to be read, and whether their rows have told what is counted of them.
type Suspects = BTreeMap<String, bool>;

/// What is counted of every pod.
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

    /// Judges a row; `None` when its columns are not the known ones: then its object tells everything.
    fn seen<'a>(row: &Row<'a>, unready: &BTreeSet<String>) -> Option<Seen<'a>>;

    /// Shows what is counted of an object; of most kinds nothing is.
    fn count(_: PodRow<'_>, _: &dyn Fn(Object<'_>)) {}

    /// The object of a suspect; `counted` when its row was shown before.
    fn suspect(object: &Self, counted: bool) -> Object<'_>;
}

impl Tabled for pod::Pod {
    const MANY: u64 = 5_000;

    fn seen<'a>(row: &Row<'a>, unready: &BTreeSet<String>) -> Option<Seen<'a>> {
        let (ready, status) = (row.text("ready")?, row.text("status")?);
        let node = Some(row.text("node")?).filter(|node| *node != "<none>").unwrap_or_default();
        let gates = row.text("readiness gates").map(|gates| gates == "<none>" || all(gates))?;
        let restarted = restarted(row.cell("restarts")?);
        let running = status == "Running" && all(ready) && gates && !restarted && !unready.contains(node);
        let ended = row.ended();
        let counted = PodRow { node, finished: ended.is_some() };
        Some(Seen { well: ended == Some("Succeeded") || (running && ended.is_none()), counted })
    }

    fn count(counted: PodRow<'_>, see: &dyn Fn(Object<'_>)) {
        see(Object::PodRow(counted));
    }

    fn suspect(object: &Self, counted: bool) -> Object<'_> {
        if counted { Object::CountedPod(object) } else { Object::Pod(object) }
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
        Some(Seen::uncounted(well))
    }

    fn suspect(object: &Self, _: bool) -> Object<'_> {
        Object::Deployment(object)
    }
}

impl Tabled for apps::ReplicaSet {
    const MANY: u64 = 1_000;

    fn seen<'a>(row: &Row<'a>, _: &BTreeSet<String>) -> Option<Seen<'a>> {
        let wanted = row.cell("desired")?;
        let well = row.cell("current")? == wanted && row.cell("ready")? == wanted;
        Some(Seen::uncounted(well))
    }

    fn suspect(object: &Self, _: bool) -> Object<'_> {
        Object::ReplicaSet(object)
    }
}

/// Whether all parts of `3/3` are there.
fn all(parts: &str) -> bool {
    parts.split_once('/').is_some_and(|(ready, wanted)| ready == wanted)
}

/// Whether a container was started again within the last hours, by `4 (3m10s ago)`: the server tells up to three hours
/// in minutes. Rules look at less.
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
        self.suspects::<T>(namespace, &suspects, rows, see).await?;
        Ok(rows)
    }

    /// One table for all namespaces does not say where its rows live; the list of metadata does.
    async fn everywhere<T: Tabled>(&self, see: &dyn Fn(Object<'_>)) -> Result<u64, Error> {
        let (rows, suspects) = self.table::<T>(&Scope::Cluster, see).await?;
        if suspects.is_empty() {
            return Ok(rows);
        }
        // An object of the same name elsewhere is read too: it is well and says so.
        let mut homes: BTreeMap<String, (Suspects, u64)> = BTreeMap::new();
        let options = ListOptions { metadata_only: true, cached: true, ..ListOptions::default() };
        let mut find = |object: T| {
            let meta = object.meta();
            let (here, objects) = homes.entry(meta.namespace.clone()).or_default();
            *objects += 1;
            if let Some(counted) = suspects.get(&meta.name) {
                here.insert(meta.name.clone(), *counted);
            }
        };
        self.client.list::<T>(&Scope::Cluster, &options, &mut find).await?;
        let in_all = homes.values().map(|(here, _)| here.len()).sum();
        if one_by_one(in_all, rows, GETS_IN_ALL) {
            let reads = homes.iter().map(|(home, (here, objects))| self.suspects::<T>(home, here, *objects, see));
            stream::iter(reads).buffer_unordered(AT_A_TIME).try_collect::<()>().await?;
        } else {
            let of = |namespace: &str, name: &str| homes.get(namespace)?.0.get(name).copied();
            self.pick::<T>(&Scope::Cluster, &of, see).await?;
        }
        Ok(rows)
    }

    async fn table<T: Tabled>(&self, scope: &Scope, see: &dyn Fn(Object<'_>)) -> Result<(u64, Suspects), Error> {
        let mut suspects = Suspects::new();
        let mut each = |row: Row<'_>| {
            let seen = T::seen(&row, self.unready);
            if let Some(seen) = seen {
                T::count(seen.counted, see);
            }
            if let Some(name) = row.text("name").filter(|_| seen.is_none_or(|seen| !seen.well)) {
                suspects.insert(name.to_owned(), seen.is_some());
            }
        };
        let rows = self.client.table::<T>(scope, &mut each).await?;
        Ok((rows, suspects))
    }

    /// Reads the suspects of a namespace with so many objects in the cheaper of two ways.
    async fn suspects<T: Tabled>(
        &self,
        namespace: &str,
        suspects: &Suspects,
        objects: u64,
        see: &dyn Fn(Object<'_>),
    ) -> Result<(), Error> {
        if one_by_one(suspects.len(), objects, GETS) {
            let gets = suspects.iter().map(|(name, counted)| self.get::<T>(namespace, name, *counted, see));
            return stream::iter(gets).buffer_unordered(AT_A_TIME).try_collect().await;
        }
        let of = |_: &str, name: &str| suspects.get(name).copied();
        self.pick::<T>(&Scope::Namespace(namespace.to_owned()), &of, see).await
    }

    /// Reads all objects in one list and shows those that `of` knows by namespace and name.
    async fn pick<T: Tabled>(
        &self,
        scope: &Scope,
        of: &dyn Fn(&str, &str) -> Option<bool>,
        see: &dyn Fn(Object<'_>),
    ) -> Result<(), Error> {
        let options = ListOptions { cached: true, ..ListOptions::default() };
        let mut pick = |object: T| {
            let meta = object.meta();
            if let Some(counted) = of(&meta.namespace, &meta.name) {
                see(T::suspect(&object, counted));
            }
        };
        self.client.list::<T>(scope, &options, &mut pick).await.map(|_| ())
    }

    async fn get<T: Tabled>(
        &self,
        namespace: &str,
        name: &str,
        counted: bool,
        see: &dyn Fn(Object<'_>),
    ) -> Result<(), Error> {
        match self.client.get::<T>(Some(namespace), name).await {
            Ok(object) => see(T::suspect(&object, counted)),
            // It went away in the meantime.
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// Whether to GET each suspect rather than to list all objects among which they are.
fn one_by_one(suspects: usize, objects: u64, at_most: usize) -> bool {
    suspects <= at_most && (suspects as u64).saturating_mul(OBJECTS_PER_GET) <= objects.max(OBJECTS_PER_GET)
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
