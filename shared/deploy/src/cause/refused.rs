//! Why the API server does not accept a workload's pods, and whether that ends by itself.

use std::collections::BTreeMap;

use quicktour_checks::said::{self, Refusal};
use quicktour_client::views::pod::Pod;
use quicktour_client::views::scalar::Quantity;

use super::{Cause, scheduling};

/// One line of a quota that is short, in the server's own figures.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// As the quota names it: `requests.cpu`, `pods`.
    pub resource: String,
    /// What one pod asks for.
    pub requested: String,
    /// What is in use.
    pub used: String,
    /// What the quota allows.
    pub limited: String,
}

/// Whether pods that go make room in a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Release {
    /// Pods that are being deleted hold what is missing.
    Leaving,
    /// Old pods hold it, and the rollout may remove them.
    OldPods,
    /// Nothing of this rollout holds it, or the rollout may not remove what does.
    None,
}

/// What the pods of this rollout hold of quotas, by the quota's name for it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Held {
    amounts: BTreeMap<String, f64>,
}

impl Held {
    /// Adds what a pod holds.
    pub fn see(&mut self, pod: &Pod) {
        let mut add = |name: String, amount: f64| *self.amounts.entry(name).or_default() += amount;
        for name in ["pods", "count/pods"] {
            add(name.to_owned(), 1.0);
        }
        for (name, amount) in scheduling::wanted(pod) {
            // `cpu` in a quota is short for `requests.cpu`.
            add(format!("requests.{name}"), amount);
            add(name, amount);
        }
        for container in &pod.spec().containers {
            for (name, quantity) in container.resources.iter().flat_map(|resources| &resources.limits) {
                add(format!("limits.{name}"), quantity.value().unwrap_or_default());
            }
        }
    }

    fn of(&self, name: &str) -> f64 {
        self.amounts.get(name).copied().unwrap_or_default()
    }
}

/// Who holds what while a pod is refused.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Holders {
    /// Pods that are being deleted.
    pub leaving: Held,
    /// Pods of old revisions.
    pub old: Held,
    /// Whether the rollout may remove old pods before the refused one is there.
    pub may_remove_old: bool,
}

/// Reads the message of a `FailedCreate` condition or event.
#[must_use]
pub fn read(message: &str, holders: &Holders) -> Cause {
    match said::refusal(message) {
        Refusal::Quota { quota } => {
            if let Some((_, what)) = message.split_once("must specify ") {
                return Cause::QuotaWantsValues { quota, what: what.to_owned() };
            }
            let needs = needs(message);
            let release = release(&needs, holders);
            Cause::Quota { quota, needs, release }
        }
        Refusal::LimitRange => Cause::LimitRange,
        Refusal::PodSecurity { level } => Cause::PodSecurity { level },
        Refusal::WebhookDenied { webhook } => Cause::WebhookDenied { webhook },
        Refusal::WebhookFailed { webhook } => Cause::WebhookDown { webhook },
        Refusal::Missing { what, name } => Cause::MissingForPod { what: what.to_owned(), name },
        // The namespace goes, or the server was short of something: asked again, it says so again.
        Refusal::Other => Cause::PodRefused,
    }
}

/// Whether a refusal that nobody knows speaks of the pod, and not of a server that is busy.
#[must_use]
pub fn speaks_of_the_pod(message: &str) -> bool {
    message.contains("is forbidden") || message.contains("is invalid") || message.contains("denied")
}

/// Reads `…, requested: a=1,b=2, used: a=4,b=0, limited: a=4,b=9`.
fn needs(message: &str) -> Vec<Need> {
    let part = |from: &str, to: &str| -> BTreeMap<&str, &str> {
        let rest = message.split_once(from).map_or("", |(_, rest)| rest);
        let text = if to.is_empty() { rest } else { rest.split(to).next().unwrap_or_default() };
        text.split(',').filter_map(|pair| pair.trim().split_once('=')).collect()
    };
    let (requested, used, limited) =
        (part("requested: ", ", used: "), part("used: ", ", limited: "), part("limited: ", ""));
    let value = |map: &BTreeMap<&str, &str>, name: &str| (*map.get(name).unwrap_or(&"0")).to_owned();
    requested
        .iter()
        .map(|(name, requested)| Need {
            resource: (*name).to_owned(),
            requested: (*requested).to_owned(),
            used: value(&used, name),
            limited: value(&limited, name),
        })
        .collect()
}

fn release(needs: &[Need], holders: &Holders) -> Release {
    let number = |text: &str| Quantity { text: text.to_owned() }.value().unwrap_or_default();
    let fits = |held: &dyn Fn(&str) -> f64| {
        !needs.is_empty()
            && needs.iter().all(|need| {
                let short = number(&need.requested) + number(&need.used) - number(&need.limited);
                // Sums of tenths are not exact.
                short <= held(&need.resource) + 1e-6
            })
    };
    if fits(&|name| holders.leaving.of(name)) {
        Release::Leaving
    } else if holders.may_remove_old && fits(&|name| holders.leaving.of(name) + holders.old.of(name)) {
        Release::OldPods
    } else {
        Release::None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const FULL: &str = r#"Error creating: pods "web-2" is forbidden: exceeded quota: compute, requested: requests.cpu=750m,pods=1, used: requests.cpu=3500m,pods=4, limited: requests.cpu=4,pods=9"#;

    fn held(pods: usize) -> Held {
        let pod: Pod = serde_json::from_value(json!({
            "spec": {"containers": [{"name": "web", "resources": {"requests": {"cpu": "150m"}}}]},
        }))
        .unwrap();
        let mut held = Held::default();
        (0..pods).for_each(|_| held.see(&pod));
        held
    }

    #[test]
    fn a_quota_is_only_waited_for_when_pods_of_ours_release_enough() {
        // 250m are missing, and a pod of ours holds 150m.
        for (leaving, old, may_remove_old, expected) in [
            (0, 5, true, Release::OldPods),
            (0, 5, false, Release::None),
            (0, 1, true, Release::None),
            (1, 1, true, Release::OldPods),
            (2, 0, false, Release::Leaving),
            (0, 0, true, Release::None),
        ] {
            let holders = Holders { leaving: held(leaving), old: held(old), may_remove_old };
            let Cause::Quota { quota, needs, release } = read(FULL, &holders) else { panic!("no quota") };
            assert_eq!((quota.as_str(), release), ("compute", expected), "{leaving} {old} {may_remove_old}");
            assert_eq!(needs[1].resource, "requests.cpu");
            assert_eq!((needs[1].requested.as_str(), needs[1].limited.as_str()), ("750m", "4"));
        }
    }

    #[test]
    fn a_pod_without_values_is_another_matter_than_a_full_quota() {
        let message = r#"pods "a" is forbidden: failed quota: compute: must specify cpu for: web"#;
        let cause = read(message, &Holders::default());
        assert_eq!(cause, Cause::QuotaWantsValues { quota: "compute".into(), what: "cpu for: web".into() });
    }
}
