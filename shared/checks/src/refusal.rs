//! Why the API server refuses a workload's pods.

use quicktour_report::finding::Severity;
use quicktour_report::message::Message;

use crate::context::Context;
use crate::link::{Draft, Link};
use crate::owner::Owner;
use crate::words;

/// The cause of a refusal, as far as the message names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// A quota has no room.
    Quota {
        /// Its name.
        quota: String,
    },
    /// A `LimitRange` does not allow the pod's sizes.
    LimitRange,
    /// The namespace's Pod Security level.
    PodSecurity {
        /// The level and its version, as `restricted:latest`.
        level: String,
    },
    /// A webhook said no.
    WebhookDenied {
        /// Its name.
        webhook: String,
    },
    /// A webhook could not be called.
    WebhookFailed {
        /// Its name.
        webhook: String,
    },
    /// Something the pod names does not exist.
    Missing {
        /// The kind, as the server spells it.
        what: &'static str,
        /// The object's name.
        name: String,
    },
    /// Anything else.
    Other,
}

/// Reads the message of a `FailedCreate` condition or event; the wording is the API server's admission plugins'.
#[must_use]
pub fn classify(message: &str) -> Refusal {
    if message.contains("exceeded quota") || message.contains("failed quota") {
        let after = message.split("quota: ").nth(1).unwrap_or_default();
        return Refusal::Quota { quota: after.split([',', ':']).next().unwrap_or_default().trim().to_owned() };
    }
    if message.contains("violates PodSecurity") {
        let level = quoted(message.split("violates PodSecurity").nth(1).unwrap_or_default());
        return Refusal::PodSecurity { level };
    }
    if let Some(rest) = message.split("admission webhook ").nth(1) {
        return Refusal::WebhookDenied { webhook: quoted(rest) };
    }
    if let Some(rest) = message.split("failed calling webhook ").nth(1) {
        return Refusal::WebhookFailed { webhook: quoted(rest) };
    }
    let by_limit_range = ["per Container is", "per Pod is", "limit to request ratio"];
    if by_limit_range.iter().any(|words| message.contains(words)) {
        return Refusal::LimitRange;
    }
    for what in ["serviceaccount", "PriorityClass", "RuntimeClass"] {
        if message.contains(what) && (message.contains("not found") || message.contains("no PriorityClass")) {
            let rest = message.rsplit(what).next().unwrap_or_default();
            // `no PriorityClass with name fast was found` is the one without quotes.
            let name = match rest.strip_prefix(" with name ") {
                Some(rest) => rest.split(' ').next().unwrap_or_default().to_owned(),
                None => quoted(rest),
            };
            return Refusal::Missing { what, name };
        }
    }
    Refusal::Other
}

fn quoted(text: &str) -> String {
    text.split('"').nth(1).unwrap_or_default().to_owned()
}

/// One finding for all workloads that are refused for the same cause.
pub(crate) fn draft(context: &Context<'_>, refusal: &Refusal, owners: &[(Owner, &str)]) -> Draft {
    let message = owners.iter().map(|(_, message)| *message).max_by_key(|message| message.len()).unwrap_or_default();
    let (cause, key) = match refusal {
        Refusal::Quota { quota } => (Message::new("refused-quota").arg("name", quota), format!("quota {quota}")),
        Refusal::LimitRange => (Message::new("refused-limit-range"), "limit range".to_owned()),
        Refusal::PodSecurity { level } => {
            (Message::new("refused-pod-security").arg("level", level), format!("pod security {level}"))
        }
        Refusal::WebhookDenied { webhook } => {
            (Message::new("refused-webhook-denied").arg("name", webhook), format!("webhook denied {webhook}"))
        }
        Refusal::WebhookFailed { webhook } => {
            (Message::new("refused-webhook-failed").arg("name", webhook), format!("webhook failed {webhook}"))
        }
        Refusal::Missing { what, name } => {
            (Message::new("refused-missing").arg("what", *what).arg("name", name), format!("missing {what} {name}"))
        }
        Refusal::Other => (Message::new("refused-other"), String::new()),
    };
    let title = Message::new("pods-refused-title")
        .arg("where", words::owners(owners.iter().map(|(owner, _)| owner)))
        .arg("cause", cause);
    let namespace = owners.first().map_or("", |(owner, _)| owner.namespace.as_str());
    let mut draft =
        Draft::new("pods-refused", Severity::Error, title, Message::new("said-by-server").arg("message", message))
            .cause(key)
            .objects(owners.iter().map(|(owner, _)| owner.object()).collect())
            .command(match refusal {
                Refusal::Quota { quota } => context.command(&["-n", namespace, "describe", "quota", quota]),
                Refusal::LimitRange => context.command(&["-n", namespace, "describe", "limitrange"]),
                Refusal::PodSecurity { .. } => context.command(&["get", "namespace", namespace, "--show-labels"]),
                Refusal::WebhookDenied { .. } | Refusal::WebhookFailed { .. } => {
                    context.command(&["get", "validatingwebhookconfigurations,mutatingwebhookconfigurations"])
                }
                Refusal::Missing { .. } | Refusal::Other => {
                    context.command(&["-n", namespace, "get", "events", "--field-selector", "reason=FailedCreate"])
                }
            })
            .advice(Message::new(match refusal {
                Refusal::Quota { .. } => "pods-refused-fix-quota",
                Refusal::LimitRange => "pods-refused-fix-limit-range",
                Refusal::PodSecurity { .. } => "pods-refused-fix-pod-security",
                Refusal::WebhookDenied { .. } => "pods-refused-fix-webhook-denied",
                Refusal::WebhookFailed { .. } => "pods-refused-fix-webhook-failed",
                Refusal::Missing { .. } => "pods-refused-fix-missing",
                Refusal::Other => "pods-refused-fix",
            }));
    if let [(owner, _)] = owners {
        draft = draft.owner(owner.key());
    }
    if let Refusal::WebhookFailed { webhook } = refusal {
        draft = draft.because(Link::Webhook(webhook.clone()));
    }
    if let Refusal::Quota { quota } = refusal {
        for (owner, _) in owners {
            draft = draft.provides(Link::Quota { namespace: owner.namespace.clone(), name: quota.clone() });
        }
    }
    owners.iter().fold(draft, |draft, (owner, _)| draft.provides(Link::Owner(owner.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Messages as kube-apiserver 1.36.3 writes them.
    #[test]
    fn refusals_are_told_apart() {
        for (message, expected) in [
            (
                r#"pods "web-1" is forbidden: exceeded quota: compute, requested: cpu=750m, used: cpu=4, limited: cpu=4"#,
                Refusal::Quota { quota: "compute".into() },
            ),
            (
                r#"pods "a" is forbidden: failed quota: compute: must specify cpu for: web"#,
                Refusal::Quota { quota: "compute".into() },
            ),
            (
                r#"pods "a" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false"#,
                Refusal::PodSecurity { level: "restricted:latest".into() },
            ),
            (r#"pods "a" is forbidden: maximum cpu usage per Container is 1, but limit is 2"#, Refusal::LimitRange),
            (
                r#"admission webhook "policy.example.com" denied the request: no"#,
                Refusal::WebhookDenied { webhook: "policy.example.com".into() },
            ),
            (
                r#"Internal error occurred: failed calling webhook "policy.example.com": failed to call webhook: Post"#,
                Refusal::WebhookFailed { webhook: "policy.example.com".into() },
            ),
            (
                r#"pods "a" is forbidden: error looking up service account ns/x: serviceaccount "x" not found"#,
                Refusal::Missing { what: "serviceaccount", name: "x".into() },
            ),
            (
                r#"pods "a" is forbidden: no PriorityClass with name fast was found"#,
                Refusal::Missing { what: "PriorityClass", name: "fast".into() },
            ),
            (
                r#"pods "a" is forbidden: pod rejected: RuntimeClass "sandbox" not found"#,
                Refusal::Missing { what: "RuntimeClass", name: "sandbox".into() },
            ),
            ("something new", Refusal::Other),
        ] {
            assert_eq!(classify(message), expected, "{message}");
        }
    }
}
