//! The workload's pod, created as a dry run: what would refuse the pods says so before there is a workload.

use quicktour_checks::said::{self, Refusal};
use quicktour_client::{Client, Error, Kind, Manifest, Situation, Writing};
use quicktour_report::message::Message;
use serde_json::{Value, json};

use super::room;
use super::usage::{self, Usage};

/// What the server says of one pod of the workload.
#[derive(Clone, Debug, PartialEq)]
pub enum Trial {
    /// It would be taken, with these defaults.
    Accepted(Box<Manifest>),
    /// It would be refused.
    Refused {
        /// By what.
        refusal: Refusal,
        /// In the server's own words.
        message: String,
    },
    /// The server could not be asked; a note says why.
    NotTried,
}

/// What a trial found, and what is said beside it.
pub(super) struct Tried {
    pub(super) trial: Trial,
    pub(super) warnings: Vec<String>,
    pub(super) note: Option<Message>,
}

/// The pod that a workload's controller would create; `None` for what makes none.
pub(super) fn pod_of(workload: &Manifest) -> Option<Manifest> {
    let template = workload.value()["spec"].get("template")?;
    let mut metadata = json!({
        "generateName": format!("{}-", workload.name()),
        "namespace": workload.namespace()?,
    });
    for field in ["labels", "annotations"] {
        if template["metadata"][field].is_object() {
            metadata[field] = template["metadata"][field].clone();
        }
    }
    let mut spec = template["spec"].clone();
    if *workload.resource() == Kind::STATEFUL_SET {
        // The controller adds a volume for each claim's template; without them, mounts would name nothing.
        let claims = workload.value()["spec"]["volumeClaimTemplates"].as_array().into_iter().flatten();
        let names: Vec<&Value> = claims.map(|claim| &claim["metadata"]["name"]).collect();
        let mut volumes = spec["volumes"].as_array().cloned().unwrap_or_default();
        volumes.retain(|volume| !names.contains(&&volume["name"]));
        for name in names {
            let claim = format!("{}-{}-0", name.as_str().unwrap_or_default(), workload.name());
            volumes.push(json!({"name": name, "persistentVolumeClaim": {"claimName": claim}}));
        }
        if !volumes.is_empty() {
            spec["volumes"] = json!(volumes);
        }
    }
    Manifest::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}))
}

/// Lets the server judge the pod. Only failures that have nothing to do with the pod are errors.
pub(super) async fn run(client: &Client, pod: &Manifest) -> Result<Tried, Error> {
    let how = Writing { dry_run: true, ..Writing::default() };
    let error = match client.create(pod, how).await {
        Ok(written) => {
            let trial = Trial::Accepted(Box::new(written.manifest));
            return Ok(Tried { trial, warnings: written.warnings, note: None });
        }
        Err(error) => error,
    };
    let none = |note| Ok(Tried { trial: Trial::NotTried, warnings: Vec::new(), note: Some(note) });
    let message = match error.situation() {
        Situation::Forbidden { .. } => return none(Message::new("trial-forbidden")),
        Situation::Refused { message, .. } => message,
        // A webhook that must be asked does not answer: so it would be for the pods.
        Situation::ServerError { message, .. } if message.contains("failed calling webhook") => message,
        _ => return Err(error),
    };
    if let Some(webhook) = cannot_dry_run(message) {
        return none(Message::new("trial-webhook").arg("webhook", webhook));
    }
    let refusal = said::refusal(message);
    let trial = Trial::Refused { refusal, message: message.clone() };
    Ok(Tried { trial, warnings: Vec::new(), note: None })
}

/// The webhook that would do more than answer, and therefore is not asked in a dry run. The wording is the API
/// server's.
pub(super) fn cannot_dry_run(message: &str) -> Option<String> {
    let (before, _) = message.split_once("does not support dry run")?;
    let quoted = before.split('"').nth(1).or_else(|| before.split_whitespace().last());
    Some(quoted.unwrap_or_default().to_owned())
}

impl Trial {
    /// Whether only a full quota stands in the way: then the arithmetic for all pods says more.
    pub(super) fn is_short_of_quota(&self) -> bool {
        matches!(self, Self::Refused { refusal: Refusal::Quota { .. }, message } if message.contains("exceeded quota"))
    }

    /// The pod to count with, and what it is charged.
    pub(super) fn charge(&self, planned: &Manifest) -> (Value, Usage) {
        match self {
            // With the defaults of limit ranges and whatever webhooks add.
            Self::Accepted(pod) => (pod.value().clone(), usage::of_pod(pod.value())),
            Self::Refused { message, .. } => {
                let mut usage = usage::of_pod(planned.value());
                usage.extend(room::requested(message));
                (planned.value().clone(), usage)
            }
            Self::NotTried => (planned.value().clone(), usage::of_pod(planned.value())),
        }
    }

    /// Why the pods would be refused, if they would, other than for want of quota.
    #[must_use]
    pub fn obstacle(&self) -> Option<Message> {
        let Self::Refused { refusal, message } = self else { return None };
        if self.is_short_of_quota() {
            return None;
        }
        let cause = match refusal {
            Refusal::Quota { quota } => Message::new("trial-quota-demands").arg("quota", quota),
            Refusal::LimitRange => Message::new("trial-limit-range"),
            Refusal::PodSecurity { level } => Message::new("trial-pod-security").arg("level", level),
            Refusal::WebhookDenied { webhook } => Message::new("trial-webhook-denied").arg("webhook", webhook),
            Refusal::WebhookFailed { webhook } => Message::new("trial-webhook-failed").arg("webhook", webhook),
            Refusal::Missing { what, name } => Message::new("trial-missing").arg("what", *what).arg("name", name),
            Refusal::Other => Message::new("trial-other"),
        };
        // The trial's made-up name would only confuse.
        let reason = message.split_once(" is forbidden: ").map_or(message.as_str(), |(_, reason)| reason);
        Some(Message::new("trial-refused").arg("cause", cause).arg("message", reason))
    }

    /// What would help, where that is known.
    #[must_use]
    pub fn advice(&self) -> Option<Message> {
        let Self::Refused { refusal, message } = self else { return None };
        Some(match refusal {
            Refusal::PodSecurity { .. } if message.contains("runAsNonRoot") || message.contains("capabilities") => {
                Message::new("advice-restricted")
            }
            Refusal::Quota { .. } if !self.is_short_of_quota() => Message::new("advice-requests"),
            Refusal::LimitRange => Message::new("advice-requests"),
            Refusal::Missing { what: "serviceaccount", name } => Message::new("advice-account").arg("name", name),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words of `NewDryRunUnsupportedErr` in `k8s.io/apiserver`. No current server lets such a webhook be made; one
    /// that an older server took may still be there.
    #[test]
    fn a_webhook_that_takes_no_dry_runs_is_told_from_one_that_says_no() {
        let unsupported = r#"admission webhook "policy.example.com" does not support dry run"#;
        assert_eq!(cannot_dry_run(unsupported).as_deref(), Some("policy.example.com"));
        assert_eq!(cannot_dry_run(r#"admission webhook "policy.example.com" denied the request: no"#), None);
    }
}
