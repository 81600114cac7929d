//! Whether all pods of a rollout will fit into the namespace's quotas: pure arithmetic.
//!
//! A dry run charges nothing, so the server only ever judges one pod. Here all of them are counted, with those that come
//! on top while old and new pods overlap, and less what the old ones give back.

use quicktour_report::message::Message;
use serde_json::Value;

use super::usage::{self, Usage};
use crate::wish::Quantity;

/// How many pods there will be, and how they replace those there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rollout {
    /// How many there shall be in the end.
    pub(super) wanted: u64,
    /// How many may come on top meanwhile.
    pub(super) surge: u64,
    /// How many may be missing meanwhile.
    pub(super) missing: u64,
    /// Whether those there are go: their template changes.
    pub(super) replaces: bool,
}

/// A quota that has too little room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// The quota's name.
    pub quota: String,
    /// What it limits: `requests.cpu`, `pods`.
    pub resource: String,
    /// How much of it is used.
    pub used: Quantity,
    /// How much there may be.
    pub hard: Quantity,
    /// How much one of the new pods is charged.
    pub each: Quantity,
    /// What follows.
    pub effect: Effect,
}

/// What too little room does to a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It never ends: only so many of the pods fit.
    Fits {
        /// How many fit.
        fits: u64,
        /// How many there shall be.
        wanted: u64,
    },
    /// It never begins: no pod may be missing, and there is no room for one on top.
    Stuck,
    /// It goes on in smaller steps than it could.
    Slow {
        /// How many pods on top fit.
        fits: u64,
        /// How many there could be.
        surge: u64,
    },
}

impl Shortage {
    /// Whether the rollout cannot end.
    #[must_use]
    pub fn blocks(&self) -> bool {
        !matches!(self.effect, Effect::Slow { .. })
    }

    /// The shortage in words, with all its numbers.
    #[must_use]
    pub fn message(&self) -> Message {
        let message = match self.effect {
            Effect::Fits { fits, wanted } => Message::new("room-fits").arg("fits", fits).arg("wanted", wanted),
            Effect::Stuck => Message::new("room-stuck"),
            Effect::Slow { fits, surge } => Message::new("room-slow").arg("fits", fits).arg("surge", surge),
        };
        message
            .arg("quota", &self.quota)
            .arg("resource", &self.resource)
            .arg("used", self.used.to_string())
            .arg("hard", self.hard.to_string())
            .arg("each", self.each.to_string())
    }
}

/// How a workload's own rules replace its pods.
pub(super) fn rollout(workload: &Value, replaces: bool) -> Rollout {
    let spec = &workload["spec"];
    match workload["kind"].as_str().unwrap_or_default() {
        "DaemonSet" => {
            let wanted = workload["status"]["desiredNumberScheduled"].as_u64().unwrap_or_default();
            let rolling = &spec["updateStrategy"]["rollingUpdate"];
            let surge = share(&rolling["maxSurge"], wanted, true).unwrap_or(0);
            Rollout { wanted, surge, missing: u64::from(surge == 0), replaces }
        }
        "Deployment" => {
            let wanted = spec["replicas"].as_u64().unwrap_or(1);
            if spec["strategy"]["type"] == "Recreate" {
                return Rollout { wanted, surge: 0, missing: wanted, replaces };
            }
            let rolling = &spec["strategy"]["rollingUpdate"];
            // Source: the API's defaults, a quarter each; of both nothing, one may be missing.
            let quarter = Value::from("25%");
            let or_quarter = |value: &Value, up| {
                share(if value.is_null() { &quarter } else { value }, wanted, up).unwrap_or_default()
            };
            let surge = or_quarter(&rolling["maxSurge"], true);
            let missing = or_quarter(&rolling["maxUnavailable"], false);
            Rollout { wanted, surge, missing: if surge == 0 { missing.max(1) } else { missing }, replaces }
        }
        // A StatefulSet ends a pod before it makes the next of the same name; others do not replace.
        _ => Rollout { wanted: spec["replicas"].as_u64().unwrap_or(1), surge: 0, missing: 1, replaces },
    }
}

/// `3` or `25%` of `of`, rounded up or down.
fn share(value: &Value, of: u64, up: bool) -> Option<u64> {
    if let Some(number) = value.as_u64() {
        return Some(number);
    }
    let percent: u64 = value.as_str()?.strip_suffix('%')?.parse().ok()?;
    let product = of.saturating_mul(percent);
    Some(if up { product.div_ceil(100) } else { product / 100 })
}

/// The quotas that have too little room for a rollout whose new pods are each charged `new`; `old` are the pods there
/// are, as the API shows them.
pub(super) fn shortages(quotas: &[Value], pod: &Value, new: &Usage, old: &[Value], rollout: Rollout) -> Vec<Shortage> {
    let mut found = Vec::new();
    for quota in quotas.iter().filter(|quota| usage::is_in_scope(quota, pod)) {
        let charged: Vec<Usage> = old.iter().filter(|pod| usage::is_in_scope(quota, pod)).map(usage::of_pod).collect();
        for (resource, hard) in quota["status"]["hard"].as_object().into_iter().flatten() {
            let Some(each) = new.get(resource).copied().filter(|each| !each.is_zero()) else { continue };
            let Some(hard) = usage::quantity(hard) else { continue };
            let used = usage::quantity(&quota["status"]["used"][resource]).unwrap_or_default();
            let of_old = |pod: &Usage| pod.get(resource).copied().unwrap_or_default();
            let released = charged.iter().map(of_old).fold(Quantity::ZERO, Quantity::plus);
            let largest = charged.iter().map(of_old).max().unwrap_or_default();
            let free = hard.minus(used);
            let fits = free.plus(released).holds(each).unwrap_or(u64::MAX);
            let now = free.holds(each).unwrap_or(u64::MAX);
            let effect = if fits < rollout.wanted {
                Some(Effect::Fits { fits, wanted: rollout.wanted })
            } else if !rollout.replaces || charged.is_empty() || rollout.wanted == 0 {
                None
            } else if rollout.missing == 0
                && (now == 0 || free.plus(released).minus(each.times(rollout.wanted)) < largest)
            {
                // The first new pod comes on top of all old ones, and the last old one goes after all new ones.
                Some(Effect::Stuck)
            } else if now < rollout.surge {
                Some(Effect::Slow { fits: now, surge: rollout.surge })
            } else {
                None
            };
            let name = quota["metadata"]["name"].as_str().unwrap_or_default().to_owned();
            found.extend(effect.map(|effect| Shortage {
                quota: name,
                resource: resource.clone(),
                used,
                hard,
                each,
                effect,
            }));
        }
    }
    // What stops a rollout before what slows it, the tightest first.
    found.sort_by_key(|shortage| match shortage.effect {
        Effect::Fits { fits, .. } => (0, fits),
        Effect::Stuck => (1, 0),
        Effect::Slow { fits, .. } => (2, fits),
    });
    found
}

/// What a refusal says that the pod would be charged: `requested: cpu=750m,pods=1, used: …`.
pub(super) fn requested(message: &str) -> Usage {
    let listed = message.split("requested: ").nth(1).and_then(|rest| rest.split(", used: ").next());
    let pairs = listed.into_iter().flat_map(|listed| listed.split(','));
    pairs
        .filter_map(|pair| {
            let (name, amount) = pair.trim().split_once('=')?;
            Some((name.to_owned(), Quantity::parse(amount)?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(cpu: &str) -> Value {
        json!({"spec": {"containers": [{"resources": {"requests": {"cpu": cpu}}}]}})
    }

    fn quota(used: &str, hard: &str) -> Value {
        json!({"metadata": {"name": "compute"}, "spec": {},
               "status": {"hard": {"requests.cpu": hard}, "used": {"requests.cpu": used}}})
    }

    /// A rolling update of `old` pods of one core each to `wanted` pods of `each` in a quota.
    fn effect(used: &str, hard: &str, each: &str, old: usize, rollout: Rollout) -> Option<Effect> {
        let new = pod(each);
        let old = vec![pod("1"); old];
        let found = shortages(&[quota(used, hard)], &new, &usage::of_pod(&new), &old, rollout);
        found.first().map(|shortage| shortage.effect)
    }

    #[test]
    fn all_pods_are_counted_less_what_the_old_ones_give_back() {
        let new = |wanted| Rollout { wanted, surge: 2, missing: 1, replaces: true };
        let careful = |wanted| Rollout { wanted, surge: 1, missing: 0, replaces: true };
        let grow = |wanted| Rollout { wanted, surge: 1, missing: 1, replaces: false };
        for (used, hard, each, old, rollout, expected) in [
            ("0", "4", "1", 0, new(4), None),
            ("0", "4", "1", 0, new(5), Some(Effect::Fits { fits: 4, wanted: 5 })),
            ("2", "4", "750m", 0, new(5), Some(Effect::Fits { fits: 2, wanted: 5 })),
            ("4", "4", "750m", 0, new(1), Some(Effect::Fits { fits: 0, wanted: 1 })),
            // Full of our own old pods: they go one by one.
            ("4", "4", "1", 4, new(4), Some(Effect::Slow { fits: 0, surge: 2 })),
            ("4", "5", "1", 4, new(4), Some(Effect::Slow { fits: 1, surge: 2 })),
            ("4", "6", "1", 4, new(4), None),
            // None may be missing: one on top must fit, at the beginning and at the end.
            ("4", "4", "1", 4, careful(4), Some(Effect::Stuck)),
            ("4", "5", "1", 4, careful(4), None),
            ("4", "5", "250m", 4, careful(4), None),
            ("4", "5500m", "1250m", 4, careful(4), Some(Effect::Stuck)),
            // Larger pods in the place of the old ones.
            ("4", "6", "2", 4, new(4), Some(Effect::Fits { fits: 3, wanted: 4 })),
            // Growing: those there are stay.
            ("3", "4", "1", 3, grow(5), Some(Effect::Fits { fits: 4, wanted: 5 })),
            ("3", "5", "1", 3, grow(5), None),
            ("3", "3", "1", 3, grow(1), None),
        ] {
            assert_eq!(effect(used, hard, each, old, rollout), expected, "{used}/{hard} {each} {old} {rollout:?}");
        }
    }

    #[test]
    fn a_workloads_own_rules_say_how_it_rolls() {
        let deployment = |spec: Value| rollout(&json!({"kind": "Deployment", "spec": spec}), true);
        let roll = |wanted, surge, missing| Rollout { wanted, surge, missing, replaces: true };
        assert_eq!(deployment(json!({"replicas": 5})), roll(5, 2, 1));
        assert_eq!(deployment(json!({"replicas": 1})), roll(1, 1, 0));
        let rolling = |surge: Value, missing: Value| json!({"replicas": 10, "strategy": {"rollingUpdate": {"maxSurge": surge, "maxUnavailable": missing}}});
        assert_eq!(deployment(rolling(json!("15%"), json!("15%"))), roll(10, 2, 1));
        assert_eq!(deployment(rolling(json!(0), json!("5%"))), roll(10, 0, 1));
        assert_eq!(deployment(json!({"replicas": 3, "strategy": {"type": "Recreate"}})), roll(3, 0, 3));
        let daemons = json!({"kind": "DaemonSet", "spec": {}, "status": {"desiredNumberScheduled": 4}});
        assert_eq!(rollout(&daemons, true), roll(4, 0, 1));
        let stateful = json!({"kind": "StatefulSet", "spec": {"replicas": 3}});
        assert_eq!(rollout(&stateful, false), Rollout { wanted: 3, surge: 0, missing: 1, replaces: false });
    }

    #[test]
    fn a_refusal_says_what_was_charged() {
        let message = r#"pods "web-1" is forbidden: exceeded quota: compute, requested: pods=1,requests.cpu=750m, used: pods=4,requests.cpu=4, limited: pods=4,requests.cpu=4"#;
        let usage = requested(message);
        assert_eq!(usage.get("requests.cpu"), Quantity::parse("750m").as_ref());
        assert_eq!(usage.get("pods"), Some(&Quantity::whole(1)));
        assert_eq!(requested("something new").len(), 0);
    }
}
