//! What etcd itself says at an address of its own, and how large objects are, by a sample.

use std::collections::BTreeMap;

use futures::stream::{FuturesUnordered, StreamExt as _};
use quicktour_client::views::Resource;
use quicktour_client::{Client, ConnectFlags, Environment, Error, Scope, connect_in};
use quicktour_report::message::Message;

use crate::counts::Late;
use crate::exposition::{Sample, scrape};
use crate::reading::Reading;

/// So many objects of a kind are a sample. Source: ours; a page that any server gives in a moment.
const SAMPLE: u32 = 50;

/// Where metrics are served: `http://HOST:PORT`, `/metrics` unless a path is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    base: String,
    path: String,
}

impl Address {
    /// Reads an address as it is typed.
    ///
    /// # Errors
    /// What is expected instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let expected = || "expected an address such as `http://127.0.0.1:2381`".to_owned();
        let (scheme, rest) = text.split_once("://").ok_or_else(expected)?;
        if !matches!(scheme, "http" | "https") {
            return Err(expected());
        }
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        if host.is_empty() || rest.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@') {
            return Err(expected());
        }
        let path = if path.is_empty() { "/metrics".to_owned() } else { format!("/{path}") };
        Ok(Self { base: format!("{scheme}://{host}"), path })
    }

    /// `http://127.0.0.1:2381`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.base
    }
}

/// Shows each sample of the metrics at an address to `each`. `flags` give deadline, authority and what is told of
/// requests; who asks the API server is nobody's business there. A deadline that has passed is told to `late`.
pub async fn scrape_address(
    address: &Address,
    flags: &ConnectFlags,
    late: &Late,
    each: &mut (dyn FnMut(Sample<'_>) -> bool + '_),
) -> Reading<()> {
    let flags = ConnectFlags {
        server: Some(address.base.clone()),
        request_timeout: flags.request_timeout,
        certificate_authority: flags.certificate_authority.clone(),
        verbosity: flags.verbosity,
        ..ConnectFlags::default()
    };
    // Proxies alone: neither a kubeconfig nor a pod's token may go there.
    let proxies =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let proxies = proxies.filter(|(name, _)| name.to_lowercase().ends_with("_proxy"));
    let failed = |error: &Error| Reading::Failed(error.problem().cause);
    let client = match connect_in(&flags, &Environment::of(proxies)).await {
        Ok(client) => client,
        Err(error) => return failed(&error),
    };
    match scrape(&client, &address.path, late, each).await {
        Ok(Reading::Read(())) => Reading::Read(()),
        // Rights and APIs are the API server's; here it is only an address that does not give metrics.
        Ok(Reading::Failed(cause)) => Reading::Failed(cause),
        Ok(_) => Reading::Failed(Message::new("part-no-metrics")),
        Err(error) => failed(&error),
    }
}

/// The sizes of some objects of a kind, as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// How many objects were looked at.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The largest: `NAMESPACE/NAME` and its bytes.
    pub largest: Option<(String, u64)>,
}

/// Looks at some objects of each kind. Only their sizes and names are kept.
///
/// # Errors
/// The server could not be talked to at all, before anything was read.
pub async fn sample_sizes(
    client: &Client,
    scope: &Scope,
    kinds: &[Resource],
    late: &Late,
) -> Result<BTreeMap<Resource, Reading<Sizes>>, Error> {
    let in_scope = kinds.iter().filter(|kind| kind.namespaced || matches!(scope, Scope::Cluster));
    let mut jobs: FuturesUnordered<_> =
        in_scope.map(|kind| async move { (*kind, client.raw(&path(kind, scope)).await) }).collect();
    let mut sizes = BTreeMap::new();
    while let Some((kind, answer)) = jobs.next().await {
        let reading = match answer {
            Ok(raw) => measured(&raw.body)
                .map_or_else(|| Reading::Failed(Message::new("part-sample-unreadable")), Reading::Read),
            Err(error) if sizes.is_empty() && (error.is_hopeless() || error.is_users_deadline()) => return Err(error),
            Err(error) => late.reading(&error),
        };
        sizes.insert(kind, reading);
    }
    Ok(sizes)
}

fn path(kind: &Resource, scope: &Scope) -> String {
    let root = if kind.group.is_empty() { "/api".to_owned() } else { format!("/apis/{}", kind.group) };
    let place = scope.namespace().map(|name| format!("/namespaces/{name}")).unwrap_or_default();
    format!("{root}/{}{place}/{}?limit={SAMPLE}", kind.version, kind.plural)
}

fn measured(body: &str) -> Option<Sizes> {
    let list: serde_json::Value = serde_json::from_str(body).ok()?;
    let mut sizes = Sizes::default();
    for item in list.get("items")?.as_array()? {
        let bytes = item.to_string().len() as u64;
        sizes.objects += 1;
        sizes.bytes += bytes;
        if sizes.largest.as_ref().is_none_or(|(_, largest)| bytes > *largest) {
            let field = |name: &str| item.pointer(&format!("/metadata/{name}")).and_then(serde_json::Value::as_str);
            let name = field("name").unwrap_or_default();
            let name = field("namespace").map_or_else(|| name.to_owned(), |namespace| format!("{namespace}/{name}"));
            sizes.largest = Some((name, bytes));
        }
    }
    Some(sizes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_they_are_typed() {
        let read = |text: &str| Address::parse(text).map(|address| (address.base, address.path));
        let plain = ("http://127.0.0.1:2381".to_owned(), "/metrics".to_owned());
        assert_eq!(read("http://127.0.0.1:2381"), Ok(plain.clone()));
        assert_eq!(read("http://127.0.0.1:2381/"), Ok(plain.clone()));
        assert_eq!(read("http://127.0.0.1:2381/metrics"), Ok(plain));
        assert_eq!(read("https://etcd/a/b").unwrap().1, "/a/b");
        for wrong in ["", "127.0.0.1:2381", "ftp://a", "http://", "http:///metrics", "http://a b", "http://u:p@a"] {
            assert!(Address::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_sample_keeps_sizes_and_the_largest_name() {
        let (small, large) = (r#"{"metadata":{"name":"a"}}"#, r#"{"metadata":{"name":"bcd","namespace":"n"}}"#);
        let sizes = measured(&format!(r#"{{"items":[{small},{large}]}}"#)).unwrap();
        assert_eq!((sizes.objects, sizes.bytes), (2, (small.len() + large.len()) as u64));
        assert_eq!(sizes.largest, Some(("n/bcd".to_owned(), large.len() as u64)));
        assert_eq!(measured("<html>"), None);
        assert_eq!(measured("{}"), None);
    }
}
