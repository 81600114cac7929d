//! Services and what stands behind them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use quicktour_report::finding::Severity;
use quicktour_report::message::Message;
use quicktour_survey::Part;
use quicktour_survey::views::View as _;
use quicktour_survey::views::cluster::{Endpoint, EndpointSlice};
use quicktour_survey::views::core;

use crate::context::{Context, object};
use crate::figures::Limits;
use crate::link::{Draft, Link};
use crate::owner::Owner;
use crate::pods::age;

/// The accumulator of services and endpoint slices: of a service that works, little more than its name.
#[derive(Debug, Default)]
pub(crate) struct Network {
    /// By namespace and name.
    services: BTreeMap<Box<str>, BTreeMap<Box<str>, Service>>,
    /// How many API servers say that they serve this cluster.
    pub(crate) api_servers: u64,
}

/// What is known of a service by now: its object and its slices come in any order.
#[derive(Debug, Default)]
struct Service {
    /// `None` until the service itself was seen.
    kind: Option<Kind>,
    ready: bool,
    not_ready: u32,
}

/// What a service should have behind it.
#[derive(Debug)]
enum Kind {
    /// Pods, and it is old enough to have some: kept only until one is ready.
    Selects { selector: Selector, headless: bool },
    /// A name outside of the cluster.
    External,
    /// What its slices say.
    Plain,
}

type Labels = BTreeMap<String, String>;

/// Labels as kubectl takes them, `app=web,tier=front`: neither sign may stand in a label.
#[derive(Debug)]
struct Selector(Box<str>);

impl Selector {
    fn new(labels: &Labels) -> Self {
        let pairs: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        Self(pairs.join(",").into())
    }

    fn finds(&self, labels: &Labels) -> bool {
        let mut pairs = self.0.split(',').filter_map(|pair| pair.split_once('='));
        pairs.all(|(key, value)| labels.get(key).is_some_and(|label| label == value))
    }
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
    pub(crate) fn see_service(&mut self, service: &core::Service, now: Timestamp, limits: &Limits) {
        let (meta, spec) = (service.meta(), service.spec());
        let settled = age(now, meta.creation_timestamp) > limits.seconds("pending-grace");
        let seen = self.entry(&meta.namespace, &meta.name);
        seen.kind = Some(if spec.type_ == "ExternalName" {
            Kind::External
        } else if spec.selector.is_empty() || spec.publish_not_ready_addresses || !settled || seen.ready {
            Kind::Plain
        } else {
            Kind::Selects { selector: Selector::new(&spec.selector), headless: spec.cluster_ip == "None" }
        });
    }

    pub(crate) fn see_endpoint_slice(&mut self, slice: &EndpointSlice) {
        let meta = slice.meta();
        let Some(service) = meta.labels.get("kubernetes.io/service-name") else { return };
        if meta.namespace == "default" && service == "kubernetes" {
            self.api_servers += slice.endpoints.len() as u64;
        }
        let seen = self.entry(&meta.namespace, service);
        // Absent means ready, says the API.
        let is_ready = |endpoint: &Endpoint| endpoint.conditions.as_ref().is_none_or(|it| it.ready.unwrap_or(true));
        let ready = slice.endpoints.iter().filter(|endpoint| is_ready(endpoint)).count();
        let not_ready = u32::try_from(slice.endpoints.len() - ready).unwrap_or(u32::MAX);
        seen.not_ready = seen.not_ready.saturating_add(not_ready);
        if ready > 0 {
            seen.ready = true;
            if matches!(seen.kind, Some(Kind::Selects { .. })) {
                seen.kind = Some(Kind::Plain);
            }
        }
    }

    fn entry(&mut self, namespace: &str, name: &str) -> &mut Service {
        self.services.entry(namespace.into()).or_default().entry(name.into()).or_default()
    }
}

/// What stands behind a service, as far as services and slices were read.
pub(crate) fn behind(context: &Context<'_>, namespace: &str, name: &str) -> Behind {
    if !context.has(Part::Services) || !context.has(Part::EndpointSlices) {
        return Behind::Something;
    }
    let service = context.facts.network.services.get(namespace).and_then(|names| names.get(name));
    match service.map(|service| (&service.kind, service.ready)) {
        None | Some((None, _)) => Behind::NoService,
        Some((Some(Kind::External), _) | (_, true)) => Behind::Something,
        Some(_) => Behind::Nothing,
    }
}

pub(crate) fn judge(context: &Context<'_>) -> Vec<Draft> {
    if !context.has(Part::Services) || !context.has(Part::EndpointSlices) {
        return Vec::new();
    }
    let facts = context.facts;
    let mut workloads: BTreeMap<&str, Vec<(&Owner, &Labels)>> = BTreeMap::new();
    for (owner, labels) in facts.workloads.troubled() {
        workloads.entry(&owner.namespace).or_default().push((owner, labels));
    }
    let mut drafts = Vec::new();
    for (namespace, names) in &facts.network.services {
        let workloads = workloads.get(&**namespace).map_or(&[][..], Vec::as_slice);
        let troubled = [context.troubled.in_namespace(namespace), workloads].concat();
        for (name, service) in names {
            drafts.extend(without_endpoints(context, (namespace, name), service, &troubled));
        }
    }
    drafts
}

fn without_endpoints(
    context: &Context<'_>,
    (namespace, name): (&str, &str),
    service: &Service,
    troubled: &[(&Owner, &Labels)],
) -> Option<Draft> {
    let Some(Kind::Selects { selector, headless }) = &service.kind else { return None };
    let asleep = &context.facts.workloads.scaled_to_zero;
    let in_trouble = || troubled.iter().filter(|(_, labels)| selector.finds(labels)).map(|(owner, _)| *owner);
    let why = |id| Message::new(id).arg("count", 1_usize);
    let (severity, cause, why) = if service.not_ready > 0 {
        (Severity::Warning, "not ready", why("service-without-endpoints-why-not-ready"))
    } else if asleep.iter().any(|(of, labels)| of == namespace && selector.finds(labels)) {
        (Severity::Info, "scaled to 0", why("service-without-endpoints-why-zero"))
    } else if *headless && in_trouble().next().is_none() {
        // Operators make them in advance, for members that come and go; nobody is sent to where nothing is.
        (Severity::Info, "headless", why("service-without-endpoints-why-headless"))
    } else {
        (Severity::Warning, "no pods", why("service-without-endpoints-why-none"))
    };
    let title = Message::new("service-without-endpoints-title")
        .arg("count", 1_usize)
        .arg("namespace", namespace)
        .arg("name", name);
    let draft = Draft::new("service-without-endpoints", severity, title, why)
        .cause(cause)
        .owner(format!("{namespace}/{name}"))
        .objects(vec![object::<core::Service>(namespace, name)])
        .command(context.command(&["-n", namespace, "get", "pods", "-l", &selector.0]));
    Some(in_trouble().fold(draft, |draft, owner| draft.because(Link::Owner(owner.clone()))))
}
