//! A plan that runs an image.

use quicktour_client::{Manifest, Target};
use quicktour_report::message::Message;
use serde_json::{Map, Value, json};

use super::found::Found;
use super::{Action, Plan, Step, expose};
use crate::labels::{self, RunId};
use crate::wish::{APP_INSTANCE, APP_NAME, APP_VERSION, EnvFrom, Resources, Wish};

/// How long a pod that is to end goes on answering, in seconds: until every node has heard that it is gone. Source:
/// ours; the spread of endpoint changes on a busy cluster is a second or two.
const DRAIN_SECONDS: u32 = 5;
/// The first minor version whose kubelets can sleep before a stop. Source: `PodLifecycleSleepAction` is on by default
/// since Kubernetes 1.30.
const SLEEP_SINCE: u32 = 30;

/// The plan for a wish: a Deployment or a pod, and its service.
///
/// Objects that live keep their run, and their number of pods unless one is wished for: the same line a second time
/// changes nothing.
#[must_use]
pub fn run(wish: &Wish, target: &Target, run: &RunId, found: &Found) -> Plan {
    let run = found.run().unwrap_or_else(|| run.clone());
    let mut plan = Plan::new(target, Action::Run);
    if wish.image.is_moving() {
        plan.warnings.push(Message::new("image-moving").arg("image", wish.image.as_str()));
    }
    let drains = wish.expose.is_some() && found.minor.is_none_or(|minor| minor >= SLEEP_SINCE);
    if wish.expose.is_some() && !drains {
        plan.warnings.push(Message::new("no-sleep-before-stop"));
    }
    let labels = Labels { wish, run: &run };
    let template = json!({"metadata": {"labels": labels.of_pods()}, "spec": pod_spec(wish, drains)});
    let metadata = json!({"name": wish.name.as_str(), "namespace": target.namespace, "labels": labels.of_objects()});
    let workload = if wish.pod {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]})
    } else {
        let replicas = replicas(wish, found, &mut plan.warnings);
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata,
            "spec": {"replicas": replicas, "selector": {"matchLabels": labels.selector()}, "template": template},
        })
    };
    let service = wish.expose.and_then(|exposure| {
        let port = exposure.port.or(wish.port).or(exposure.target_port)?;
        let target_port = exposure.target_port.or(wish.port).unwrap_or(port);
        let selector = labels.selector();
        Some(expose::service(&metadata, exposure.kind, &selector, &[(port.number(), json!(target_port.number()))]))
    });
    let objects = [Some(workload), service].into_iter().flatten().filter_map(Manifest::new);
    plan.steps = objects.map(|manifest| Step::Apply { manifest, force: false }).collect();
    plan.run = Some(run);
    plan
}

/// What was wished for; else what there is; else one.
fn replicas(wish: &Wish, found: &Found, warnings: &mut Vec<Message>) -> u64 {
    let live = found.workload.as_ref().and_then(|live| live.value()["spec"]["replicas"].as_u64());
    let wished = wish.replicas.map(|replicas| u64::from(replicas.number()));
    match (&found.autoscaler, live) {
        (Some(autoscaler), Some(live)) => {
            if wished.is_some_and(|wished| wished != live) {
                warnings.push(
                    Message::new("replicas-autoscaled").arg("autoscaler", &autoscaler.name).arg("replicas", live),
                );
            }
            live
        }
        _ => wished.or(live).unwrap_or(1),
    }
}

struct Labels<'a> {
    wish: &'a Wish,
    run: &'a RunId,
}

impl Labels<'_> {
    /// What finds the pods: never changes, so neither version nor run is in it.
    fn selector(&self) -> Value {
        json!({APP_NAME: self.wish.name.as_str(), APP_INSTANCE: self.wish.name.as_str()})
    }

    /// A pod of a Deployment bears no run: a new run would replace it for nothing.
    fn of_pods(&self) -> Value {
        let mut all = Map::new();
        all.insert(labels::MANAGED_BY.to_owned(), json!(labels::MANAGER));
        if let Some(version) = self.wish.image.version() {
            all.insert(APP_VERSION.to_owned(), json!(version));
        }
        all.extend(self.wish.labels.iter().map(|label| (label.name.clone(), json!(label.value))));
        all.extend(self.selector().as_object().cloned().unwrap_or_default());
        Value::Object(all)
    }

    fn of_objects(&self) -> Value {
        let mut all = self.of_pods();
        all[labels::RUN] = json!(self.run.as_str());
        all
    }
}

fn pod_spec(wish: &Wish, drains: bool) -> Value {
    let mut spec = json!({
        "containers": [container(wish, drains)],
        "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
    });
    if wish.restricted {
        spec["securityContext"]["runAsNonRoot"] = json!(true);
    }
    if let Some(user) = wish.run_as_user {
        spec["securityContext"]["runAsUser"] = json!(user.number());
    }
    if let Some(account) = &wish.service_account {
        spec["serviceAccountName"] = json!(account.as_str());
    }
    if let Some(secret) = &wish.image_pull_secret {
        spec["imagePullSecrets"] = json!([{"name": secret.as_str()}]);
    }
    spec
}

fn container(wish: &Wish, drains: bool) -> Value {
    let mut container = json!({
        "name": wish.name.as_str(),
        "image": wish.image.as_str(),
        "resources": {},
        "securityContext": {"allowPrivilegeEscalation": false},
    });
    if wish.restricted {
        container["securityContext"]["capabilities"] = json!({"drop": ["ALL"]});
    }
    for (field, resources) in [("requests", &wish.requests_or_default()), ("limits", &wish.limits)] {
        if !resources.is_empty() {
            container["resources"][field] = amounts(resources);
        }
    }
    for (field, words) in [("command", &wish.command), ("args", &wish.args)] {
        if !words.is_empty() {
            container[field] = json!(words);
        }
    }
    if !wish.env.is_empty() {
        // A list keyed by name: the last of two counts, as in a shell.
        let mut env: Vec<Value> = Vec::new();
        for variable in &wish.env {
            env.retain(|earlier| earlier["name"] != variable.name.as_str());
            env.push(json!({"name": variable.name, "value": variable.value}));
        }
        container["env"] = json!(env);
    }
    if !wish.env_from.is_empty() {
        let sources = wish.env_from.iter().map(|source| match source {
            EnvFrom::ConfigMap(name) => json!({"configMapRef": {"name": name}}),
            EnvFrom::Secret(name) => json!({"secretRef": {"name": name}}),
        });
        container["envFrom"] = sources.collect();
    }
    let exposed = wish.expose.and_then(|exposure| exposure.target_port.or(exposure.port));
    if let Some(port) = wish.port.or(exposed) {
        container["ports"] = json!([{"containerPort": port.number(), "protocol": "TCP"}]);
    }
    if let (Some(path), Some(port)) = (&wish.probe_path, wish.port) {
        container["readinessProbe"] = json!({"httpGet": {"path": path.as_str(), "port": port.number()}});
    }
    if drains {
        container["lifecycle"] = json!({"preStop": {"sleep": {"seconds": DRAIN_SECONDS}}});
    }
    container
}

pub(super) fn amounts(resources: &Resources) -> Value {
    resources.iter().map(|(name, amount)| (name.to_owned(), json!(amount))).collect::<Map<_, _>>().into()
}
