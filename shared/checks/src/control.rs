//! The control plane: the API server's own checks, leaders, aggregated APIs and webhooks.

use std::collections::BTreeMap;

use jiff::Timestamp;
use quicktour_report::finding::{NotChecked, NotCheckedWhy, ObjectRef, Severity};
use quicktour_report::message::Message;
use quicktour_survey::views::View as _;
use quicktour_survey::views::cluster::{
    APIService, Lease, MutatingWebhookConfiguration, ValidatingWebhookConfiguration, WebhookClientConfig,
};
use quicktour_survey::views::scalar::Time;
use quicktour_survey::{Part, SubCheck};

use crate::context::{Context, object};
use crate::figures::Limits;
use crate::link::{Draft, Link};
use crate::network::{Behind, behind};
use crate::pods::age;
use crate::words;

/// The leaders that a self-run control plane elects, each with what does not happen without it.
const LEADERS: [(&str, Link); 2] =
    [("kube-scheduler", Link::Scheduler), ("kube-controller-manager", Link::ControllerManager)];

/// What can be said of a leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leading {
    /// It renews its lease.
    Alive,
    /// It does not.
    Lost,
    /// Its lease was not read, or is not in this cluster.
    Unseen,
}

/// The accumulator of what belongs to the control plane.
#[derive(Debug, Default)]
pub(crate) struct ControlPlane {
    leaders: BTreeMap<String, Leader>,
    unavailable: Vec<Unavailable>,
    webhooks: Vec<Webhook>,
}

/// Who leads, and since when nobody heard of it.
#[derive(Debug)]
struct Leader {
    holder: String,
    renewed: Option<Timestamp>,
    duration_seconds: u32,
}

#[derive(Debug)]
struct Unavailable {
    name: String,
    group: String,
    version: String,
    service: Option<(String, String)>,
    reason: String,
    message: String,
}

/// A webhook that refuses what it cannot judge.
#[derive(Debug)]
struct Webhook {
    configuration: ObjectRef,
    name: String,
    namespace: String,
    service: String,
}

impl ControlPlane {
    pub(crate) fn see_lease(&mut self, lease: &Lease) {
        let name = lease.meta().name.as_str();
        if LEADERS.iter().any(|(leader, _)| *leader == name) {
            let spec = lease.spec();
            let leader = Leader {
                holder: spec.holder_identity.clone(),
                renewed: spec.renew_time.map(Time::timestamp),
                duration_seconds: u32::try_from(spec.lease_duration_seconds).unwrap_or_default(),
            };
            self.leaders.insert(name.to_owned(), leader);
        }
    }

    pub(crate) fn see_api_service(&mut self, service: &APIService, now: Timestamp, limits: &Limits) {
        let (meta, spec) = (service.meta(), service.spec());
        let available = service.status().conditions.iter().find(|condition| condition.type_ == "Available");
        // Its pods are often applied with it, and start later.
        let settled = age(now, meta.creation_timestamp) > limits.seconds("pending-grace");
        if let Some(condition) = available.filter(|condition| condition.status == "False" && settled) {
            self.unavailable.push(Unavailable {
                name: meta.name.clone(),
                group: spec.group.clone(),
                version: spec.version.clone(),
                service: spec.service.as_ref().map(|service| (service.namespace.clone(), service.name.clone())),
                reason: condition.reason.clone(),
                message: condition.message.clone(),
            });
        }
    }

    pub(crate) fn see_validating(&mut self, configuration: &ValidatingWebhookConfiguration) {
        let object = object::<ValidatingWebhookConfiguration>("", &configuration.meta().name);
        for webhook in &configuration.webhooks {
            self.add_webhook(&object, &webhook.name, webhook.failure_policy.as_str(), webhook.client_config.as_ref());
        }
    }

    pub(crate) fn see_mutating(&mut self, configuration: &MutatingWebhookConfiguration) {
        let object = object::<MutatingWebhookConfiguration>("", &configuration.meta().name);
        for webhook in &configuration.webhooks {
            self.add_webhook(&object, &webhook.name, webhook.failure_policy.as_str(), webhook.client_config.as_ref());
        }
    }

    fn add_webhook(&mut self, object: &ObjectRef, name: &str, policy: &str, client: Option<&WebhookClientConfig>) {
        // Only `Fail` (the default of v1) keeps others from working.
        if let Some(service) = client.and_then(|client| client.service.as_ref())
            && policy != "Ignore"
        {
            self.webhooks.push(Webhook {
                configuration: object.clone(),
                name: name.to_owned(),
                namespace: service.namespace.clone(),
                service: service.name.clone(),
            });
        }
    }
}

pub(crate) fn judge(context: &Context<'_>) -> Vec<Draft> {
    let control = &context.facts.control;
    let mut drafts = Vec::new();
    drafts.extend(endpoint(context, context.survey.readyz.read(), "/readyz?verbose"));
    drafts.extend(endpoint(context, context.survey.livez.read(), "/livez?verbose"));
    for (name, link) in LEADERS {
        if let Some(leader) = control.leaders.get(name) {
            drafts.extend(lost_leader(context, name, leader, link));
        }
    }
    drafts.extend(control.unavailable.iter().map(|service| unavailable(context, service)));
    drafts.extend(control.webhooks.iter().filter_map(|webhook| dead_webhook(context, webhook)));
    drafts
}

fn endpoint(context: &Context<'_>, checks: Option<&Vec<SubCheck>>, path: &'static str) -> Option<Draft> {
    let failed: Vec<&SubCheck> = checks?.iter().filter(|check| !check.ok).collect();
    if failed.is_empty() {
        return None;
    }
    let (id, title) = if path.starts_with("/readyz") {
        ("apiserver-not-ready", "apiserver-not-ready-title")
    } else {
        ("apiserver-not-live", "apiserver-not-live-title")
    };
    let names = failed.iter().map(|check| words::raw(&check.name)).collect::<Vec<_>>();
    let count = names.len();
    let title = Message::new(title).arg("count", count).arg("checks", names);
    let draft = Draft::new(id, Severity::Error, title, Message::new("apiserver-not-ready-why").arg("path", path));
    Some(draft.counted(count as u64, Vec::new()).command(context.command(&["get", "--raw", path])))
}

impl Leader {
    /// A leader that ends in order leaves a lease of one second and nobody's name, for the next one to take at once.
    fn is_lost(&self, context: &Context<'_>) -> bool {
        let duration = self.duration_seconds.max(context.limits.value("leader-lease"));
        let allowed = u64::from(duration) * u64::from(context.limits.value("leader-lease-factor"));
        context.since(self.renewed).as_secs() > allowed
    }
}

/// Whether the controller manager is at work.
pub(crate) fn controller_manager(context: &Context<'_>) -> Leading {
    let leader =
        context.facts.control.leaders.get("kube-controller-manager").filter(|_| context.has(Part::SystemLeases));
    match leader {
        None => Leading::Unseen,
        Some(leader) if leader.is_lost(context) => Leading::Lost,
        Some(_) => Leading::Alive,
    }
}

/// The aggregated APIs that do not answer and that a message of another component names, as `group/version` or
/// `resource.group`.
pub(crate) fn unanswered_in(context: &Context<'_>, message: &str) -> Vec<Link> {
    let words = message.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '-')));
    let words: Vec<&str> = words.map(|word| word.trim_matches('.')).collect();
    let is_named = |api: &&Unavailable| {
        words.iter().any(|word| match word.split_once('/') {
            Some((group, version)) => group == api.group && version == api.version,
            None => word.split_once('.').is_some_and(|(_, group)| group == api.group),
        })
    };
    let named = context.facts.control.unavailable.iter().filter(is_named);
    named.map(|api| Link::ApiService(api.name.clone())).collect()
}

fn lost_leader(context: &Context<'_>, name: &'static str, leader: &Leader, link: Link) -> Option<Draft> {
    if !leader.is_lost(context) {
        return None;
    }
    let renewed = context.since(leader.renewed);
    let title = Message::new("leader-lost-title").arg("name", name).arg("age", renewed);
    let why = if leader.holder.is_empty() {
        Message::new("leader-lost-why-released")
    } else {
        Message::new("leader-lost-why")
            .arg("holder", &leader.holder)
            .arg("duration", u64::from(leader.duration_seconds))
    };
    Some(
        Draft::new("leader-lost", Severity::Error, title, why)
            .cause(name)
            .objects(vec![object::<Lease>("kube-system", name)])
            .command(context.command(&["-n", "kube-system", "get", "lease", name, "-o", "yaml"]))
            .provides(link),
    )
}

fn unavailable(context: &Context<'_>, service: &Unavailable) -> Draft {
    let title = Message::new("api-unavailable-title")
        .arg("count", 1_usize)
        .arg("name", &service.name)
        .arg("reason", &service.reason);
    let why = match &service.service {
        Some((namespace, name)) => Message::new("api-unavailable-why")
            .arg("namespace", namespace)
            .arg("name", name)
            .arg("message", &service.message),
        None => Message::new("said-by-server").arg("message", &service.message),
    };
    let draft = Draft::new("api-unavailable", Severity::Error, title, why)
        .cause(service.reason.clone())
        .owner(service.name.clone())
        .objects(vec![object::<APIService>("", &service.name)])
        .provides(Link::ApiService(service.name.clone()));
    match &service.service {
        Some((namespace, _)) => {
            draft.command(context.command(&["-n", namespace, "get", "service,endpointslices,pods", "-o", "wide"]))
        }
        None => draft.command(context.command(&["get", "apiservice", &service.name, "-o", "yaml"])),
    }
}

fn dead_webhook(context: &Context<'_>, webhook: &Webhook) -> Option<Draft> {
    let (cause, why) = match behind(context, &webhook.namespace, &webhook.service) {
        Behind::Something => return None,
        Behind::Nothing => ("no ready endpoint", "webhook-dead-why-nothing"),
        Behind::NoService => ("no service", "webhook-dead-why-no-service"),
    };
    let title = Message::new("webhook-dead-title").arg("count", 1_usize).arg("name", &webhook.name);
    let why = Message::new(why).arg("namespace", &webhook.namespace).arg("service", &webhook.service);
    Some(
        Draft::new("webhook-dead", Severity::Error, title, why)
            .cause(cause)
            .owner(webhook.name.clone())
            .objects(vec![webhook.configuration.clone()])
            .command(context.command(&["-n", &webhook.namespace, "get", "service,endpointslices,pods"]))
            .provides(Link::Webhook(webhook.name.clone())),
    )
}

/// Leaders that cannot be seen: their provider runs them elsewhere.
pub(crate) fn not_checked(context: &Context<'_>) -> Vec<NotChecked> {
    if !context.has(Part::SystemLeases) {
        return Vec::new();
    }
    let leaders = &context.facts.control.leaders;
    let hidden = LEADERS.iter().map(|(name, _)| *name).filter(|name| !leaders.contains_key(*name));
    hidden
        .map(|name| NotChecked {
            what: Message::new("part-leader").arg("name", name),
            why: NotCheckedWhy::Absent,
            detail: Some(Message::new("hidden-by-provider")),
            rule: None,
        })
        .collect()
}

/// Who leads and when it last said so, for the report's summary.
pub(crate) fn summary(context: &Context<'_>) -> Vec<Message> {
    let leaders = &context.facts.control.leaders;
    leaders
        .iter()
        .filter(|(_, leader)| !leader.holder.is_empty())
        .map(|(name, leader)| {
            Message::new("summary-leader")
                .arg("name", name)
                .arg("holder", &leader.holder)
                .arg("age", context.since(leader.renewed))
        })
        .collect()
}
