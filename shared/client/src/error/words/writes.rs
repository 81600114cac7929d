//! The words for writes, and for what runs on a pod.

use quicktour_report::finding::RbacRule;
use quicktour_report::message::Message;
use quicktour_report::text::Text;

use super::{located, qualified, quote};
use crate::error::{Act, Contested, Deadline, Doing, Lost, Situation};
use crate::manifest::Kind;

/// Where a dry run was sent: nothing was to be changed there.
pub(super) fn trial(doing: &Doing, place: Message) -> Message {
    match doing {
        Doing::Write { dry_run: true, .. } => Message::new("client-place-trial").arg("place", place),
        _ => place,
    }
}

pub(super) fn doing(doing: &Doing, whereabouts: Option<Message>) -> Message {
    match doing {
        Doing::Write { act, resource, name, .. } => {
            let (bare, with_place) = match act {
                Act::Apply => ("client-doing-apply", "client-doing-apply-where"),
                Act::Create => ("client-doing-create", "client-doing-create-where"),
                Act::Patch => ("client-doing-patch", "client-doing-patch-where"),
                Act::Scale => ("client-doing-scale", "client-doing-scale-where"),
                Act::Delete => ("client-doing-delete", "client-doing-delete-where"),
            };
            located(bare, with_place, whereabouts).arg("resource", resource.qualified()).arg("name", name)
        }
        Doing::Review { verb, resource, .. } => {
            located("client-doing-review", "client-doing-review-where", whereabouts)
                .arg("verb", verb)
                .arg("resource", resource.qualified())
        }
        Doing::Forward { pod, port, .. } => located("client-doing-forward", "client-doing-forward", whereabouts)
            .arg("name", pod)
            .arg("port", number(port)),
        Doing::Logs { pod, .. } => located("client-doing-logs", "client-doing-logs", whereabouts).arg("name", pod),
        _ => Message::new("client-doing-connect"),
    }
}

pub(super) fn cause(doing: &Doing, situation: &Situation, whereabouts: Option<Message>) -> Message {
    match situation {
        Situation::OutcomeUnknown { lost } => {
            let lost = match lost {
                Lost::Closed => Message::new("client-lost-closed"),
                Lost::TimedOut { deadline, after } => Message::new(match deadline {
                    Deadline::RequestTimeout => "client-timed-out-users",
                    Deadline::Call => "client-timed-out-call",
                    Deadline::Silence => "client-timed-out-silence",
                })
                .arg("after", *after),
                Lost::GivenUp { status, message } => {
                    let error = Message::new("client-server-error").arg("status", number(status)).arg("tries", 1_u64);
                    match message.trim() {
                        "" => error,
                        said => Message::new("client-server-error-said").arg("error", error).arg("said", quote(said)),
                    }
                }
            };
            Message::new("client-outcome-unknown").arg("lost", lost)
        }
        Situation::Conflict { fields } => {
            let field = |contested: &Contested| {
                Message::new("client-conflict-field").arg("field", &contested.field).arg("manager", &contested.manager)
            };
            Message::new("client-conflict").arg("fields", fields.iter().map(field).collect::<Vec<_>>())
        }
        Situation::AlreadyExists => {
            let (what, name) = object(doing);
            located("client-already-exists", "client-already-exists-where", whereabouts)
                .arg("what", what)
                .arg("name", name)
        }
        Situation::Refused { status, message } => match message.trim() {
            "" => Message::new("client-refused-silently").arg("status", number(status)),
            said => Message::new("client-refused").arg("said", quote(said)),
        },
        Situation::NamespaceMissing { namespace } => {
            Message::new("client-namespace-missing").arg("namespace", namespace)
        }
        Situation::NamespaceTerminating { namespace } => {
            Message::new("client-namespace-terminating").arg("namespace", namespace)
        }
        _ => {
            let (what, name) = object(doing);
            located("client-changed", "client-changed-where", whereabouts).arg("what", what).arg("name", name)
        }
    }
}

pub(super) fn hint(
    doing: &Doing,
    situation: &Situation,
    kubectl: &dyn Fn(&[&str]) -> String,
) -> (&'static str, String) {
    let (what, named) = object(doing);
    let namespace = match doing {
        Doing::Write { namespace, .. } => namespace.as_deref(),
        Doing::Logs { namespace, .. } | Doing::Forward { namespace, .. } => Some(namespace.as_str()),
        _ => None,
    };
    let (named, generated) = (named.as_str(), named.ends_with('-'));
    let about = |verb: &'static str, more: &[&'static str]| {
        let mut words = vec![verb, what.as_str()];
        // What the server makes of a prefix can only be seen among the others.
        if !generated {
            words.push(named);
        }
        if let Some(namespace) = namespace {
            words.extend(["-n", namespace]);
        }
        words.extend(more);
        kubectl(&words)
    };
    match situation {
        Situation::OutcomeUnknown { .. } if generated => ("client-hint-took-place", about("get", &[])),
        Situation::OutcomeUnknown { .. } => {
            ("client-hint-took-place", about("get", &["-o", "yaml", "--show-managed-fields"]))
        }
        Situation::Conflict { .. } => ("client-hint-conflict", about("get", &["-o", "yaml", "--show-managed-fields"])),
        Situation::Refused { .. } if matches!(doing, Doing::Logs { .. } | Doing::Forward { .. }) => {
            ("client-hint-see-object", about("describe", &[]))
        }
        Situation::Refused { status: 403 | 409, .. } if namespace.is_some() => {
            ("client-hint-see-namespace", kubectl(&["describe", "namespace", namespace.unwrap_or_default()]))
        }
        Situation::Refused { .. } => {
            // `explain` would take what follows a point for a field.
            let version = match doing {
                Doing::Write { resource, .. } => format!("--api-version={}", resource.api_version()),
                _ => "--api-version=v1".to_owned(),
            };
            let plural = what.split('.').next().unwrap_or_default();
            ("client-hint-explain", kubectl(&["explain", plural, "--recursive", &version]))
        }
        Situation::NamespaceMissing { namespace } => {
            ("client-hint-create-namespace", kubectl(&["create", "namespace", namespace]))
        }
        Situation::NamespaceTerminating { namespace } => {
            ("client-hint-see-object", kubectl(&["get", "namespace", namespace, "-o", "yaml"]))
        }
        _ => ("client-hint-see-object", about("get", &["-o", "yaml"])),
    }
}

/// A rule without its subresource, and the flag that names that to `kubectl auth can-i`.
pub(super) fn without_subresource(rule: &RbacRule) -> (RbacRule, Option<String>) {
    match rule.resource.split_once('/') {
        Some((resource, subresource)) => {
            (RbacRule { resource: resource.to_owned(), ..rule.clone() }, Some(format!("--subresource={subresource}")))
        }
        None => (rule.clone(), None),
    }
}

/// `pods/web-1/log`, `deployments.apps/web/scale`; without a name as in a rule: `pods/log`.
pub(super) fn denied_subresource(rule: &RbacRule, name: Option<&str>) -> String {
    let (resource, subresource) = rule.resource.split_once('/').unwrap_or((&rule.resource, ""));
    let resource = qualified(resource, &rule.api_group);
    match name {
        Some(name) => format!("{resource}/{name}/{subresource}"),
        None => format!("{resource}/{subresource}"),
    }
}

/// Which object it was about, as kubectl takes it.
fn object(doing: &Doing) -> (String, String) {
    match doing {
        Doing::Write { resource, name, .. } | Doing::Get { resource, name, .. } => (resource.qualified(), name.clone()),
        Doing::Logs { pod, .. } | Doing::Forward { pod, .. } => (Kind::POD.qualified(), pod.clone()),
        Doing::List(resource, _) | Doing::Watch(resource, _) | Doing::Review { resource, .. } => {
            (resource.qualified(), String::new())
        }
        Doing::Connect | Doing::Ask(_) => (String::new(), String::new()),
    }
}

fn number(number: &impl ToString) -> Text {
    Text::new(&number.to_string())
}
