//! Services and what stands behind them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use quicktour_report::finding::Severity;
use quicktour_report::message::Message;
use quicktour_survey::Part;
use quicktour_survey::views::View as _;
use quicktour_survey::views::cluster::EndpointSlice;
use quicktour_survey::views::core::Service;

use crate::context::{Context, object};
use crate::figures::Limits;
use crate::link::{Draft, Link};
use crate::pods::age;
use crate::workloads::selects;

type Name = (String, String);

/// The accumulator of services and endpoint slices.
#[derive(Debug, Default)]
pub(crate) struct Network {
    /// Services that choose pods and are old enough to have some.
    selecting: BTreeMap<Name, BTreeMap<String, String>>,
    existing: BTreeSet<Name>,
    endpoints: BTreeMap<Name, Endpoints>,
    /// How many API servers say that they serve this cluster.
    pub(crate) api_servers: u64,
}

/// A service's endpoints over all its slices.
#[derive(Clone, Copy, Debug, Default)]
struct Endpoints {
    ready: u64,
    not_ready: u64,
}

/// What stands behind a service that somebody depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behind {
    /// At least one ready endpoint, or not known.
    Something,
    /// The service exists, nothing behind it is ready.
    Nothing,
    /// There is no such service.
    NoService,
}

impl Network {
    pub(crate) fn see_service(&mut self, service: &Service, now: Timestamp, limits: &Limits) {
        let (meta, spec) = (service.meta(), service.spec());
        let name = (meta.namespace.clone(), meta.name.clone());
        let settled = age(now, meta.creation_timestamp) > limits.seconds("pending-grace");
        if !spec.selector.is_empty() && spec.type_ != "ExternalName" && !spec.publish_not_ready_addresses && settled {
            self.selecting.insert(name.clone(), spec.selector.clone());
        }
        self.existing.insert(name);
    }

    pub(crate) fn see_endpoint_slice(&mut self, slice: &EndpointSlice) {
        let meta = slice.meta();
        let Some(service) = meta.labels.get("kubernetes.io/service-name") else { return };
        if meta.namespace == "default" && service == "kubernetes" {
            self.api_servers += slice.endpoints.len() as u64;
        }
        let endpoints = self.endpoints.entry((meta.namespace.clone(), service.clone())).or_default();
        for endpoint in &slice.endpoints {
            // Absent means ready, says the API.
            if endpoint.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true) {
                endpoints.ready += 1;
            } else {
                endpoints.not_ready += 1;
            }
        }
    }

    fn endpoints(&self, namespace: &str, name: &str) -> Endpoints {
        self.endpoints.get(&(namespace.to_owned(), name.to_owned())).copied().unwrap_or_default()
    }
}

/// What stands behind a service, as far as services and slices were read.
pub(crate) fn behind(context: &Context<'_>, namespace: &str, name: &str) -> Behind {
    let network = &context.facts.network;
    if !context.has(Part::Services) || !context.has(Part::EndpointSlices) {
        Behind::Something
    } else if !network.existing.contains(&(namespace.to_owned(), name.to_owned())) {
        Behind::NoService
    } else if network.endpoints(namespace, name).ready == 0 {
        Behind::Nothing
    } else {
        Behind::Something
    }
}

pub(crate) fn judge(context: &Context<'_>) -> Vec<Draft> {
    if !context.has(Part::Services) || !context.has(Part::EndpointSlices) {
        return Vec::new();
    }
    let network = &context.facts.network;
    let empty = network.selecting.iter().filter(|((namespace, name), _)| network.endpoints(namespace, name).ready == 0);
    empty.map(|((namespace, name), selector)| without_endpoints(context, namespace, name, selector)).collect()
}

fn without_endpoints(context: &Context<'_>, namespace: &str, name: &str, selector: &BTreeMap<String, String>) -> Draft {
    let facts = context.facts;
    let not_ready = facts.network.endpoints(namespace, name).not_ready;
    let scaled_to_zero = not_ready == 0
        && facts.workloads.scaled_to_zero.iter().any(|(of, labels)| of == namespace && selects(selector, labels));
    let (severity, cause, why) = if scaled_to_zero {
        (Severity::Info, "scaled to 0", Message::new("service-without-endpoints-why-zero"))
    } else if not_ready > 0 {
        let why = Message::new("service-without-endpoints-why-not-ready").arg("count", not_ready);
        (Severity::Warning, "not ready", why)
    } else {
        (Severity::Warning, "no pods", Message::new("service-without-endpoints-why-none"))
    };
    let mut pairs: Vec<String> = selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
    pairs.sort();
    let title = Message::new("service-without-endpoints-title")
        .arg("count", 1_usize)
        .arg("namespace", namespace)
        .arg("name", name);
    let draft = Draft::new("service-without-endpoints", severity, title, why)
        .cause(cause)
        .owner(format!("{namespace}/{name}"))
        .objects(vec![object::<Service>(namespace, name)])
        .command(context.command(&["-n", namespace, "get", "pods", "-l", &pairs.join(",")]));
    let pods = facts.pods.in_trouble(facts).map(|(key, group)| (&key.owner, &group.labels));
    pods.chain(facts.workloads.troubled())
        .filter(|(owner, labels)| owner.namespace == namespace && selects(selector, labels))
        .fold(draft, |draft, (owner, _)| draft.because(Link::Owner(owner.clone())))
}
