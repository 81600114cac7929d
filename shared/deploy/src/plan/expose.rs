//! A plan that puts a service before what runs.

use quicktour_client::{Kind, Manifest, Target};
use quicktour_report::message::Message;
use serde_json::{Value, json};

use super::found::Found;
use super::{Action, Plan, Step, Stop};
use crate::labels::{self, RunId};
use crate::wish::{Exposure, Name, ServiceType};

/// The plan that exposes a workload or a pod, under its own name unless another is given.
pub fn expose(
    seen: &Manifest,
    exposure: &Exposure,
    name: Option<&Name>,
    target: &Target,
    run: &RunId,
    found: &Found,
) -> Result<Plan, Stop> {
    let workload = seen.name().to_owned();
    let selector = selector(seen).ok_or_else(|| Stop::NothingToSelect { what: typed(seen) })?;
    let declared = declared_ports(seen);
    let ports: Vec<(u16, Value)> = match (exposure.port, &declared[..]) {
        (Some(port), ports) => {
            // The only port that the pods name is where they listen, whatever the service's is called.
            let only = if let [only] = ports { *only } else { port.number() };
            vec![(port.number(), json!(exposure.target_port.map_or(only, crate::wish::Port::number)))]
        }
        (None, []) => {
            let Some(port) = exposure.target_port else { return Err(Stop::NoPort { what: typed(seen) }) };
            vec![(port.number(), json!(port.number()))]
        }
        (None, [only]) => vec![(*only, json!(exposure.target_port.map_or(*only, crate::wish::Port::number)))],
        (None, several) => return Err(Stop::SeveralPorts { what: typed(seen), ports: several.to_vec() }),
    };
    let run = found.run().unwrap_or_else(|| run.clone());
    let mut labels = seen.value()["metadata"]["labels"].as_object().cloned().unwrap_or_default();
    labels.insert(labels::MANAGED_BY.to_owned(), json!(labels::MANAGER));
    labels.insert(labels::RUN.to_owned(), json!(run.as_str()));
    let name = name.map_or(workload, |name| name.as_str().to_owned());
    let metadata = json!({"name": name, "namespace": target.namespace, "labels": labels});
    let mut plan = Plan::new(target, Action::Expose);
    if !drains(seen) {
        plan.warnings.push(Message::new("no-pause-before-stop").arg("what", typed(seen)));
    }
    let service = Manifest::new(service(&metadata, exposure.kind, &selector, &ports));
    plan.steps.extend(service.map(|manifest| Step::Apply { manifest, force: false }));
    plan.run = Some(run);
    Ok(plan)
}

/// A service with this metadata.
pub(super) fn service(metadata: &Value, kind: ServiceType, selector: &Value, ports: &[(u16, Value)]) -> Value {
    // The protocol is part of what the API tells ports apart by, so it is said.
    let ports: Vec<Value> =
        ports.iter().map(|(port, target)| json!({"port": port, "targetPort": target, "protocol": "TCP"})).collect();
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": metadata,
        "spec": {"type": kind.as_str(), "selector": selector, "ports": ports},
    })
}

/// `deployment/web`, as kubectl takes it.
pub(super) fn typed(object: &Manifest) -> String {
    format!("{}/{}", object.resource().kind.to_ascii_lowercase(), object.name())
}

/// The pod's own part of an object: a workload's template, or the pod itself.
pub(super) fn pod_of(object: &Manifest) -> &Value {
    if *object.resource() == Kind::POD { object.value() } else { &object.value()["spec"]["template"] }
}

fn selector(seen: &Manifest) -> Option<Value> {
    let labels = if *seen.resource() == Kind::POD {
        &seen.value()["metadata"]["labels"]
    } else {
        let selector = &seen.value()["spec"]["selector"];
        // A service can only ask for equal labels.
        let expressions = selector["matchExpressions"].as_array().is_some_and(|all| !all.is_empty());
        if expressions {
            return None;
        }
        &selector["matchLabels"]
    };
    let mut labels = labels.clone();
    // A pod of ours that is alone bears its run: the next run's pod shall be found as well.
    labels.as_object_mut()?.remove(labels::RUN);
    labels.as_object().is_some_and(|labels| !labels.is_empty()).then_some(labels)
}

fn declared_ports(seen: &Manifest) -> Vec<u16> {
    let mut ports = Vec::new();
    for container in pod_of(seen)["spec"]["containers"].as_array().into_iter().flatten() {
        for port in container["ports"].as_array().into_iter().flatten() {
            ports.extend(port["containerPort"].as_u64().and_then(|port| u16::try_from(port).ok()));
        }
    }
    ports.dedup();
    ports
}

fn drains(seen: &Manifest) -> bool {
    let containers = pod_of(seen)["spec"]["containers"].as_array();
    containers.into_iter().flatten().any(|container| container["lifecycle"]["preStop"].is_object())
}
