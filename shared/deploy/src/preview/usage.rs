//! What a pod is charged for, as the quota controller counts it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::wish::Quantity;

/// Amounts by the names that a quota uses: `pods`, `requests.cpu`, `limits.memory`, `count/pods`, …
pub(super) type Usage = BTreeMap<String, Quantity>;

/// The charge for one pod. Source: the pod evaluator of `k8s.io/kubernetes/pkg/quota/v1/evaluator/core`.
pub(super) fn of_pod(pod: &Value) -> Usage {
    let mut usage = Usage::new();
    for name in ["pods", "count/pods"] {
        usage.insert(name.to_owned(), Quantity::whole(1));
    }
    for (resource, amount) in total(pod, "requests") {
        usage.insert(format!("requests.{resource}"), amount);
        // A quota may name what is common without the prefix, but not a device.
        if !resource.contains('/') {
            usage.insert(resource, amount);
        }
    }
    for (resource, amount) in total(pod, "limits") {
        usage.insert(format!("limits.{resource}"), amount);
    }
    usage
}

/// Whether a quota with these scopes counts the pod.
pub(super) fn is_in_scope(quota: &Value, pod: &Value) -> bool {
    let plain = quota["spec"]["scopes"].as_array().into_iter().flatten();
    let mut plain = plain.filter_map(Value::as_str);
    let selected = quota["spec"]["scopeSelector"]["matchExpressions"].as_array().into_iter().flatten();
    plain.all(|scope| has_scope(scope, pod))
        && selected.into_iter().all(|expression| {
            let scope = expression["scopeName"].as_str().unwrap_or_default();
            if scope != "PriorityClass" {
                return has_scope(scope, pod);
            }
            let class = pod["spec"]["priorityClassName"].as_str().unwrap_or_default();
            let named = expression["values"].as_array().into_iter().flatten().any(|value| value == class);
            match expression["operator"].as_str().unwrap_or_default() {
                "In" => named,
                "NotIn" => !named,
                "Exists" => !class.is_empty(),
                "DoesNotExist" => class.is_empty(),
                _ => false,
            }
        })
}

fn has_scope(scope: &str, pod: &Value) -> bool {
    match scope {
        "Terminating" => pod["spec"]["activeDeadlineSeconds"].is_number(),
        "NotTerminating" => !pod["spec"]["activeDeadlineSeconds"].is_number(),
        "BestEffort" => is_best_effort(pod),
        "NotBestEffort" => !is_best_effort(pod),
        "PriorityClass" => pod["spec"]["priorityClassName"].as_str().is_some_and(|class| !class.is_empty()),
        // Affinity across namespaces and whatever comes: nothing that our plans make.
        _ => false,
    }
}

fn is_best_effort(pod: &Value) -> bool {
    ["requests", "limits"].iter().all(|field| {
        total(pod, field).iter().all(|(name, amount)| !matches!(name.as_str(), "cpu" | "memory") || amount.is_zero())
    })
}

/// What all containers together ask for: those that run at the same time added up, or the largest of those that run
/// before, and the runtime's own part. What the pod as a whole asks for replaces the sum.
fn total(pod: &Value, field: &str) -> Usage {
    let spec = &pod["spec"];
    let mut sum = Usage::new();
    for container in list(&spec["containers"]) {
        add(&mut sum, &amounts(&container["resources"][field]));
    }
    let (mut sidecars, mut largest) = (Usage::new(), Usage::new());
    for container in list(&spec["initContainers"]) {
        let own = amounts(&container["resources"][field]);
        if container["restartPolicy"] == "Always" {
            // A sidecar starts before the rest and stays.
            add(&mut sidecars, &own);
            add(&mut sum, &own);
            raise(&mut largest, &sidecars);
        } else {
            let mut during = sidecars.clone();
            add(&mut during, &own);
            raise(&mut largest, &during);
        }
    }
    raise(&mut sum, &largest);
    for (name, amount) in amounts(&spec["resources"][field]) {
        sum.insert(name, amount);
    }
    let overhead = amounts(&spec["overhead"]);
    if field == "requests" {
        add(&mut sum, &overhead);
    } else {
        // What has no limit gets none from the runtime.
        for (name, amount) in overhead {
            sum.entry(name).and_modify(|limit| *limit = limit.plus(amount));
        }
    }
    sum
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn amounts(value: &Value) -> Usage {
    let pairs = value.as_object().into_iter().flatten();
    pairs.filter_map(|(name, amount)| Some((name.clone(), quantity(amount)?))).collect()
}

/// An amount as the API writes it: text, or a bare number.
pub(super) fn quantity(value: &Value) -> Option<Quantity> {
    match value {
        Value::String(text) => Quantity::parse(text),
        Value::Number(number) => Quantity::parse(&number.to_string()),
        _ => None,
    }
}

fn add(sum: &mut Usage, more: &Usage) {
    for (name, amount) in more {
        sum.entry(name.clone()).and_modify(|sum| *sum = sum.plus(*amount)).or_insert(*amount);
    }
}

fn raise(sum: &mut Usage, to: &Usage) {
    for (name, amount) in to {
        sum.entry(name.clone()).and_modify(|sum| *sum = (*sum).max(*amount)).or_insert(*amount);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(usage: &Usage) -> Vec<String> {
        usage.iter().map(|(name, amount)| format!("{name}={amount}")).collect()
    }

    #[test]
    fn containers_add_up_and_what_runs_before_counts_when_it_is_more() {
        let pod = json!({"spec": {
            "containers": [
                {"resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "64Mi"}}},
                {"resources": {"requests": {"cpu": "0.2", "example.com/gpu": 1}}},
            ],
            "initContainers": [
                {"restartPolicy": "Always", "resources": {"requests": {"cpu": "50m"}}},
                {"resources": {"requests": {"cpu": "1", "memory": "32Mi"}}},
            ],
            "overhead": {"cpu": "10m", "memory": "16Mi"},
        }});
        let expected = [
            "count/pods=1",
            "cpu=1060m",
            "limits.memory=80Mi",
            "memory=80Mi",
            "pods=1",
            "requests.cpu=1060m",
            "requests.example.com/gpu=1",
            "requests.memory=80Mi",
        ];
        assert_eq!(written(&of_pod(&pod)), expected);
    }

    #[test]
    fn a_quota_counts_only_pods_in_its_scopes() {
        let small = json!({"spec": {"containers": [{"resources": {"requests": {"cpu": "1"}}}]}});
        let bare = json!({"spec": {"containers": [{}], "priorityClassName": "fast"}});
        let scopes = |names: &[&str]| json!({"spec": {"scopes": names}});
        let class = |operator: &str, values: &[&str]| {
            json!({"spec": {"scopeSelector": {"matchExpressions": [
                {"scopeName": "PriorityClass", "operator": operator, "values": values},
            ]}}})
        };
        for (quota, of_small, of_bare) in [
            (json!({"spec": {}}), true, true),
            (scopes(&["BestEffort"]), false, true),
            (scopes(&["NotBestEffort", "NotTerminating"]), true, false),
            (scopes(&["Terminating"]), false, false),
            (class("In", &["fast"]), false, true),
            (class("NotIn", &["fast"]), true, false),
            (class("Exists", &[]), false, true),
            (class("DoesNotExist", &[]), true, false),
        ] {
            assert_eq!((is_in_scope(&quota, &small), is_in_scope(&quota, &bare)), (of_small, of_bare), "{quota}");
        }
    }
}
