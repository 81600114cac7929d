//! Claims and volumes.

use std::collections::BTreeSet;

use jiff::Timestamp;
use quicktour_report::finding::Severity;
use quicktour_report::message::Message;
use quicktour_survey::Part;
use quicktour_survey::views::View as _;
use quicktour_survey::views::cluster::{StorageClass, VolumeAttachment};
use quicktour_survey::views::core::PersistentVolumeClaim;
use quicktour_survey::views::scalar::Time;

use crate::context::{Context, object};
use crate::figures::Limits;
use crate::link::{Draft, Link};
use crate::pods::age;

/// The accumulator of claims, classes and attachments.
#[derive(Debug, Default)]
pub(crate) struct Storage {
    pending: Vec<Claim>,
    lost: Vec<Claim>,
    classes: BTreeSet<String>,
    /// Classes that wait for a pod before they make a volume.
    waiting: BTreeSet<String>,
    errors: Vec<AttachError>,
}

#[derive(Debug)]
struct Claim {
    namespace: String,
    name: String,
    class: Option<String>,
    /// Whether the scheduler has chosen a node for the first pod: then it is the provisioner's turn.
    chosen: bool,
    created: Option<Timestamp>,
}

#[derive(Debug)]
struct AttachError {
    name: String,
    volume: String,
    node: String,
    detaching: bool,
    message: String,
}

impl Storage {
    pub(crate) fn see_claim(&mut self, claim: &PersistentVolumeClaim, now: Timestamp, limits: &Limits) {
        let meta = claim.meta();
        let fact = Claim {
            namespace: meta.namespace.clone(),
            name: meta.name.clone(),
            class: claim.spec().storage_class_name.clone(),
            chosen: meta.has_selected_node(),
            created: meta.creation_timestamp.map(Time::timestamp),
        };
        match claim.status().phase.as_str() {
            "Pending" if age(now, meta.creation_timestamp) > limits.seconds("pending-grace") => self.pending.push(fact),
            "Lost" => self.lost.push(fact),
            _ => {}
        }
    }

    pub(crate) fn see_class(&mut self, class: &StorageClass) {
        let name = class.meta().name.clone();
        if class.volume_binding_mode.as_deref() == Some("WaitForFirstConsumer") {
            self.waiting.insert(name.clone());
        }
        self.classes.insert(name);
    }

    pub(crate) fn see_attachment(&mut self, attachment: &VolumeAttachment) {
        let (spec, status) = (attachment.spec(), attachment.status());
        let attach = status.attach_error.as_ref().filter(|_| !status.attached).map(|error| (error, false));
        let error = attach.or_else(|| status.detach_error.as_ref().map(|error| (error, true)));
        if let Some((error, detaching)) = error {
            let volume = spec.source.as_ref().and_then(|source| source.persistent_volume_name.clone());
            self.errors.push(AttachError {
                name: attachment.meta().name.clone(),
                volume: volume.unwrap_or_default(),
                node: spec.node_name.clone(),
                detaching,
                message: error.message.clone(),
            });
        }
    }
}

pub(crate) fn judge(context: &Context<'_>) -> Vec<Draft> {
    let storage = &context.facts.storage;
    let mut drafts: Vec<Draft> = storage.pending.iter().filter_map(|claim| pending(context, claim)).collect();
    drafts.extend(
        storage
            .lost
            .iter()
            .map(|claim| claim_draft(context, claim, Severity::Error, "lost", Message::new("claim-unbound-why-lost"))),
    );
    drafts.extend(storage.errors.iter().map(|error| attach_error(context, error)));
    drafts
}

fn pending(context: &Context<'_>, claim: &Claim) -> Option<Draft> {
    let storage = &context.facts.storage;
    let class = claim.class.as_deref().unwrap_or_default();
    let event = context.facts.events.latest("PersistentVolumeClaim", &claim.namespace, &claim.name);
    // Such a claim waits for its first pod by design, until that has a node.
    if storage.waiting.contains(class) && !claim.chosen && event.is_none() {
        return None;
    }
    let (cause, why) = if let Some(event) = event {
        (event.reason, Message::new("said-by-event").arg("message", event.message))
    } else if class.is_empty() {
        ("no class", Message::new("claim-unbound-why-no-class"))
    } else if context.has(Part::StorageClasses) && !storage.classes.contains(class) {
        ("unknown class", Message::new("claim-unbound-why-unknown-class").arg("class", class))
    } else {
        let (cause, why) = if claim.chosen {
            ("provisioner", "claim-unbound-why-provisioner")
        } else if context.has(Part::StorageClasses) {
            ("", "claim-unbound-why")
        } else {
            ("", "claim-unbound-why-class-unread")
        };
        (cause, Message::new(why).arg("class", class).arg("since", context.since(claim.created)))
    };
    // Without its class nobody can tell whether it just waits for its first pod; a pod that waits for it says so.
    let judged = !cause.is_empty() || context.has(Part::StorageClasses);
    let severity = if judged { Severity::Error } else { Severity::Info };
    let draft = claim_draft(context, claim, severity, cause, why);
    let provisioner = claim.chosen || cause == "ProvisioningFailed";
    Some(if provisioner { draft.advice(Message::new("claim-unbound-fix-provisioner")) } else { draft })
}

fn claim_draft(context: &Context<'_>, claim: &Claim, severity: Severity, cause: &str, why: Message) -> Draft {
    let title = Message::new("claim-unbound-title")
        .arg("count", 1_usize)
        .arg("namespace", &claim.namespace)
        .arg("name", &claim.name);
    Draft::new("claim-unbound", severity, title, why)
        .cause(cause)
        .owner(format!("{}/{}", claim.namespace, claim.name))
        .objects(vec![object::<PersistentVolumeClaim>(&claim.namespace, &claim.name)])
        .command(context.command(&["-n", &claim.namespace, "describe", "pvc", &claim.name]))
        .provides(Link::Claim { namespace: claim.namespace.clone(), name: claim.name.clone() })
}

fn attach_error(context: &Context<'_>, error: &AttachError) -> Draft {
    let title = if error.detaching { "volume-detach-failed-title" } else { "volume-attach-failed-title" };
    let title = Message::new(title).arg("count", 1_usize).arg("volume", &error.volume).arg("node", &error.node);
    Draft::new(
        "volume-attach-failed",
        Severity::Warning,
        title,
        Message::new("said-by-controller").arg("message", &error.message),
    )
    .cause(if error.detaching { "detach" } else { "attach" })
    .owner(error.name.clone())
    .objects(vec![object::<VolumeAttachment>("", &error.name)])
    .command(context.command(&["describe", "volumeattachment", &error.name]))
    .because(Link::Node(error.node.clone()))
}
