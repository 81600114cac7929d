//! The part of the translation that is about writes and what runs on a pod: by the fields of the server's `Status`.
//!
//! Two things stand in no field and are taken from its message: whether a 403 comes from the authorizer or from
//! admission, and which manager owns a contested field. Where the wording differs, the error says less, never something
//! else.

use http::StatusCode;
use quicktour_report::finding::RbacRule;

use super::translate::path_rule;
use super::{Act, Contested, Doing, Lost, Situation};
use crate::manifest::Kind;
use crate::views::Resource;
use crate::wire::status::{Status, StatusDetails};

/// Where one asks what one may do.
pub(super) const REVIEW_GROUP: &str = "authorization.k8s.io";
/// What one asks there.
pub(super) const REVIEW: &str = "selfsubjectaccessreviews.authorization.k8s.io";

/// What an error means to whom it refuses a write, or something of a pod; `None` for what it means to any request.
pub(super) fn of(status: StatusCode, body: &Status, doing: &Doing) -> Option<Situation> {
    let refused = || Some(Situation::Refused { status: status.as_u16(), message: body.message.clone() });
    let (resource, namespace, dry_run) = match doing {
        Doing::Write { resource, namespace, dry_run, .. } => (resource, namespace.as_deref(), *dry_run),
        Doing::Logs { .. } | Doing::Forward { .. } if matches!(status.as_u16(), 400 | 422) => return refused(),
        _ => return None,
    };
    let none = StatusDetails::default();
    let details = body.details.as_ref().unwrap_or(&none);
    match (status.as_u16(), body.reason.as_str()) {
        (403, "Forbidden") if details.causes.iter().any(|cause| cause.reason == "NamespaceTerminating") => {
            Some(Situation::NamespaceTerminating { namespace: namespace.unwrap_or(&details.name).to_owned() })
        }
        (403, "Forbidden") if !is_authorizers(&body.message) => refused(),
        (404, _) if details.kind == Kind::NAMESPACE.plural && *resource != *Kind::NAMESPACE => {
            Some(Situation::NamespaceMissing { namespace: details.name.clone() })
        }
        (409, "AlreadyExists") => Some(Situation::AlreadyExists),
        (409, "Conflict") => Some(
            conflict(resource, details)
                .unwrap_or_else(|| Situation::Refused { status: status.as_u16(), message: body.message.clone() }),
        ),
        (400 | 422, _) => refused(),
        // A webhook that cannot be called is told this way, before anything is done.
        (500, "InternalError") => {
            Some(Situation::ServerError { status: status.as_u16(), message: body.message.clone(), tries: 1 })
        }
        // etcd or whoever stands between gave up: the write may have reached it.
        (500.., _) if !dry_run => Some(Situation::OutcomeUnknown {
            lost: Lost::GivenUp { status: status.as_u16(), message: body.message.clone() },
        }),
        _ => None,
    }
}

/// What a 409 is about, unless it is about another kind: a quota whose numbers just changed.
fn conflict(resource: &Resource, details: &StatusDetails) -> Option<Situation> {
    let mut contested: Vec<Contested> = details
        .causes
        .iter()
        .filter(|cause| cause.reason == "FieldManagerConflict")
        .map(|cause| Contested { manager: manager(&cause.message), field: cause.field.clone() })
        .collect();
    // The server has them in an order of chance.
    contested.sort();
    if !contested.is_empty() {
        return Some(Situation::Conflict { fields: contested });
    }
    let same = details.kind.is_empty() || details.kind == resource.plural || details.kind == resource.kind;
    same.then_some(Situation::Changed)
}

/// The manager in `conflict with "kubectl-scale" with subresource "scale" using apps/v1`; else the whole message.
fn manager(message: &str) -> String {
    let quoted = message.split_once('"').and_then(|(_, rest)| rest.split_once('"'));
    quoted.map_or(message, |(manager, _)| manager).to_owned()
}

/// Whether a 403 says who may not do what. Admission gives its own reasons.
fn is_authorizers(message: &str) -> bool {
    message.split_once("User \"").is_some_and(|(_, rest)| rest.contains("\" cannot "))
}

/// The verb that the authorizer missed: an apply needs `patch`, and `create` too where there is no object yet.
fn missed_verb(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("\" cannot ")?;
    let verb = rest.split(' ').next()?;
    ["get", "create", "patch", "update", "delete"].contains(&verb).then_some(verb)
}

/// The rule that would allow it, and the object that was named.
pub(super) fn missing_rule(doing: &Doing, message: &str) -> (RbacRule, Option<String>) {
    let rule = |resource: &Resource, subresource: &str, verb: &str, namespace: Option<&str>| RbacRule {
        api_group: resource.group.to_owned(),
        resource: format!("{}{subresource}", resource.plural),
        verb: missed_verb(message).unwrap_or(verb).to_owned(),
        non_resource_url: None,
        namespace: namespace.map(str::to_owned),
    };
    match doing {
        Doing::Write { act, resource, namespace, name, .. } => {
            let (verb, subresource) = match act {
                Act::Apply | Act::Patch => ("patch", ""),
                Act::Create => ("create", ""),
                Act::Scale => ("patch", "/scale"),
                Act::Delete => ("delete", ""),
            };
            // Who may create may create any name.
            let rule = rule(resource, subresource, verb, namespace.as_deref());
            let name = Some(name.clone()).filter(|_| rule.verb != "create");
            (rule, name)
        }
        Doing::Logs { namespace, pod } => (rule(&Kind::POD, "/log", "get", Some(namespace)), Some(pod.clone())),
        Doing::Forward { namespace, pod, .. } => {
            (rule(&Kind::POD, "/portforward", "create", Some(namespace)), Some(pod.clone()))
        }
        Doing::Review { .. } => {
            let review = RbacRule {
                api_group: REVIEW_GROUP.to_owned(),
                resource: "selfsubjectaccessreviews".to_owned(),
                verb: "create".to_owned(),
                non_resource_url: None,
                namespace: None,
            };
            (review, None)
        }
        _ => (path_rule("/"), None),
    }
}
