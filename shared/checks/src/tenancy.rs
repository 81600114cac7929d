//! Namespaces, quotas, disruption budgets and signing requests: what admits, limits or holds up others.

use jiff::Timestamp;
use quicktour_report::finding::Severity;
use quicktour_report::message::Message;
use quicktour_survey::views::View as _;
use quicktour_survey::views::cluster::CertificateSigningRequest;
use quicktour_survey::views::core::{Namespace, ResourceQuota};
use quicktour_survey::views::policy::PodDisruptionBudget;
use quicktour_survey::views::scalar::Time;

use crate::context::{Context, object};
use crate::control::unanswered_in;
use crate::figures::Limits;
use crate::link::{Draft, Link};
use crate::pods::age;

/// The accumulator of namespaces, quotas, budgets and requests.
#[derive(Debug, Default)]
pub(crate) struct Tenancy {
    deleting: Vec<Deleting>,
    full: Vec<FullQuota>,
    blocking: Vec<Blocking>,
    requests: Vec<Request>,
}

#[derive(Debug)]
struct Deleting {
    name: String,
    since: Option<Timestamp>,
    /// The condition that holds it up, and whether that is an API that cannot be asked.
    message: String,
    undiscoverable: bool,
}

#[derive(Debug)]
struct FullQuota {
    namespace: String,
    name: String,
    resource: String,
    used: String,
    hard: String,
    percent: u64,
}

#[derive(Debug)]
struct Blocking {
    namespace: String,
    name: String,
    healthy: i32,
    wanted: i32,
}

#[derive(Debug)]
struct Request {
    name: String,
    signer: String,
    user: String,
    created: Option<Timestamp>,
}

impl Tenancy {
    pub(crate) fn see_namespace(&mut self, namespace: &Namespace, now: Timestamp, limits: &Limits) {
        let meta = namespace.meta();
        let Some(deleted) = meta.deletion_timestamp else { return };
        if age(now, Some(deleted)) <= limits.seconds("terminating-grace") {
            return;
        }
        let holding = || namespace.status().conditions.iter().filter(|condition| condition.status == "True");
        let undiscoverable = holding().find(|condition| condition.type_ == "NamespaceDeletionDiscoveryFailure");
        let remaining = holding().find(|condition| condition.type_ == "NamespaceFinalizersRemaining");
        let shown = undiscoverable.or(remaining).or_else(|| holding().next());
        self.deleting.push(Deleting {
            name: meta.name.clone(),
            since: Some(deleted.timestamp()),
            message: shown.map(|condition| condition.message.clone()).unwrap_or_default(),
            undiscoverable: undiscoverable.is_some(),
        });
    }

    pub(crate) fn see_quota(&mut self, quota: &ResourceQuota, limits: &Limits) {
        let status = quota.status();
        for (resource, hard) in &status.hard {
            let Some(used) = status.used.get(resource) else { continue };
            let (Some(hard_value), Some(used_value)) = (hard.value(), used.value()) else { continue };
            // A limit of 0 forbids; it is not used up.
            if hard_value <= 0.0 {
                continue;
            }
            let percent = used_value / hard_value * 100.0;
            if percent >= f64::from(limits.value("quota-share")) {
                self.full.push(FullQuota {
                    namespace: quota.meta().namespace.clone(),
                    name: quota.meta().name.clone(),
                    resource: resource.clone(),
                    used: used.text.clone(),
                    hard: hard.text.clone(),
                    #[expect(
                        clippy::cast_possible_truncation,
                        clippy::cast_sign_loss,
                        reason = "a share of 90 and more, shown without decimals"
                    )]
                    percent: percent.floor() as u64,
                });
            }
        }
    }

    pub(crate) fn see_budget(&mut self, budget: &PodDisruptionBudget) {
        let (meta, status) = (budget.meta(), budget.status());
        let current = status.observed_generation >= meta.generation;
        if current && status.expected_pods > 0 && status.disruptions_allowed == 0 {
            self.blocking.push(Blocking {
                namespace: meta.namespace.clone(),
                name: meta.name.clone(),
                healthy: status.current_healthy,
                wanted: status.desired_healthy,
            });
        }
    }

    pub(crate) fn see_request(&mut self, request: &CertificateSigningRequest, now: Timestamp, limits: &Limits) {
        let meta = request.meta();
        let decided = !request.status().conditions.is_empty();
        if !decided && age(now, meta.creation_timestamp) > limits.seconds("pending-grace") {
            self.requests.push(Request {
                name: meta.name.clone(),
                signer: request.spec().signer_name.clone(),
                user: request.spec().username.clone(),
                created: meta.creation_timestamp.map(Time::timestamp),
            });
        }
    }
}

pub(crate) fn judge(context: &Context<'_>) -> Vec<Draft> {
    let tenancy = &context.facts.tenancy;
    let mut drafts: Vec<Draft> = tenancy.deleting.iter().map(|namespace| deleting(context, namespace)).collect();
    drafts.extend(tenancy.full.iter().map(|quota| full_quota(context, quota)));
    drafts.extend(tenancy.blocking.iter().map(|budget| blocking(context, budget)));
    drafts.extend(tenancy.requests.iter().map(|request| pending_request(context, request)));
    drafts
}

fn deleting(context: &Context<'_>, namespace: &Deleting) -> Draft {
    let title = Message::new("namespace-stuck-title")
        .arg("count", 1_usize)
        .arg("name", &namespace.name)
        .arg("since", context.since(namespace.since));
    let why = if namespace.message.is_empty() {
        Message::new("namespace-stuck-why")
    } else {
        Message::new("said-by-server").arg("message", &namespace.message)
    };
    let draft = Draft::new("namespace-stuck", Severity::Warning, title, why)
        .cause(if namespace.undiscoverable { "undiscoverable" } else { "remaining" })
        .owner(namespace.name.clone())
        .objects(vec![object::<Namespace>("", &namespace.name)])
        .command(context.command(&["get", "namespace", &namespace.name, "-o", "jsonpath={.status.conditions}"]))
        .because(Link::ControllerManager);
    unanswered_in(context, &namespace.message).into_iter().fold(draft, Draft::because)
}

fn full_quota(context: &Context<'_>, quota: &FullQuota) -> Draft {
    // Nothing is wrong at 100 %: the next object is refused, and that is then its own finding, with what is used of what.
    let title = Message::new("quota-near-limit-title")
        .arg("count", 1_usize)
        .arg("namespace", &quota.namespace)
        .arg("name", &quota.name)
        .arg("resource", &quota.resource)
        .arg("used", &quota.used)
        .arg("hard", &quota.hard)
        .arg("percent", quota.percent);
    let share = u64::from(context.limits.value("quota-share"));
    Draft::new("quota-near-limit", Severity::Info, title, Message::new("quota-near-limit-why").arg("share", share))
        .cause(quota.resource.clone())
        .owner(format!("{}/{}", quota.namespace, quota.name))
        .objects(vec![object::<ResourceQuota>(&quota.namespace, &quota.name)])
        .command(context.command(&["-n", &quota.namespace, "describe", "quota", &quota.name]))
        .unless_said_by(Link::Quota { namespace: quota.namespace.clone(), name: quota.name.clone() })
}

fn blocking(context: &Context<'_>, budget: &Blocking) -> Draft {
    let title = Message::new("budget-blocks-eviction-title")
        .arg("count", 1_usize)
        .arg("namespace", &budget.namespace)
        .arg("name", &budget.name)
        .arg("healthy", budget.healthy.to_string())
        .arg("wanted", budget.wanted.to_string());
    Draft::new("budget-blocks-eviction", Severity::Info, title, Message::new("budget-blocks-eviction-why"))
        .owner(format!("{}/{}", budget.namespace, budget.name))
        .objects(vec![object::<PodDisruptionBudget>(&budget.namespace, &budget.name)])
        .command(context.command(&["-n", &budget.namespace, "describe", "pdb", &budget.name]))
}

fn pending_request(context: &Context<'_>, request: &Request) -> Draft {
    let title = Message::new("signing-request-pending-title")
        .arg("count", 1_usize)
        .arg("name", &request.name)
        .arg("user", &request.user)
        .arg("since", context.since(request.created));
    let why = Message::new("signing-request-pending-why").arg("signer", &request.signer);
    Draft::new("signing-request-pending", Severity::Warning, title, why)
        .cause(request.signer.clone())
        // The kubelet that gets no answer asks again, under another name.
        .owner(request.user.clone())
        .objects(vec![object::<CertificateSigningRequest>("", &request.name)])
        .command(context.command(&["describe", "csr", &request.name]))
        .because(Link::ControllerManager)
}
