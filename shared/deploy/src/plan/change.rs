//! Plans that change what runs: its size, its template, whether it rolls out at all.

use std::str::FromStr;

use jiff::Timestamp;
use quicktour_client::{Kind, Manifest, Patch, Target};
use quicktour_report::message::Message;
use serde_json::{Value, json};

use super::expose::typed;
use super::found::Autoscaler;
use super::{Action, Plan, Step, Stop, json_patch, run};
use crate::wish::{APP_VERSION, EnvVar, Field, Flaw, Image, Replicas, Resources, is_env_name};

/// Where kubectl writes when a restart was asked for; its own tools read it too.
const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

/// What `update` changes. Nothing else is touched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Which container; the only one where it is not said.
    pub container: Option<String>,
    /// Its image.
    pub image: Option<Image>,
    /// Its environment variables.
    pub env: Vec<EnvChange>,
    /// What it asks for.
    pub requests: Resources,
    /// What it may use.
    pub limits: Resources,
}

/// One environment variable: `NAME=VALUE` sets it, `NAME-` takes it away, as in `kubectl set env`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvChange {
    /// Sets it.
    Set(EnvVar),
    /// Takes it away.
    Remove(String),
}

impl FromStr for EnvChange {
    type Err = Flaw;

    fn from_str(text: &str) -> Result<Self, Flaw> {
        match text.strip_suffix('-') {
            Some(name) if !text.contains('=') => {
                if is_env_name(name) {
                    return Ok(Self::Remove(name.to_owned()));
                }
                Err(Flaw::new(Field::Env, text, Message::new("env-name").arg("name", name)))
            }
            _ => text.parse().map(Self::Set),
        }
    }
}

/// The plan that makes it this many pods. An autoscaler would undo it, so there is none under one.
pub fn scale(
    seen: &Manifest,
    replicas: Replicas,
    target: &Target,
    autoscaler: Option<&Autoscaler>,
) -> Result<Plan, Stop> {
    if let Some(autoscaler) = autoscaler {
        return Err(Stop::Autoscaled { what: typed(seen), autoscaler: autoscaler.clone() });
    }
    if ![Kind::DEPLOYMENT, Kind::STATEFUL_SET, Kind::REPLICA_SET].contains(seen.resource()) {
        return Err(Stop::NotScalable { what: typed(seen) });
    }
    let mut plan = Plan::new(target, Action::Scale);
    plan.steps.push(Step::Scale { seen: seen.clone(), replicas: replicas.number() });
    Ok(plan)
}

/// The plan that changes the named fields of a workload's template.
pub fn update(seen: &Manifest, change: &Change, target: &Target) -> Result<Plan, Stop> {
    let mut wanted = seen.clone();
    let mut plan = Plan::new(target, Action::Update);
    let position = container(seen, change.container.as_deref())?;
    let template = &mut wanted.value_mut()["spec"]["template"];
    let container = &mut template["spec"]["containers"][position];
    if let Some(image) = &change.image {
        if image.is_moving() {
            plan.warnings.push(Message::new("image-moving").arg("image", image.as_str()));
        }
        let before = container["image"].as_str().and_then(|image| image.parse::<Image>().ok());
        container["image"] = json!(image.as_str());
        // A version that names the old image would be a lie from now on.
        let old = before.as_ref().and_then(Image::version);
        follow_version(&mut template["metadata"], old, image.version());
        follow_version(&mut wanted.value_mut()["metadata"], old, image.version());
    }
    let container = &mut wanted.value_mut()["spec"]["template"]["spec"]["containers"][position];
    for (field, resources) in [("requests", &change.requests), ("limits", &change.limits)] {
        for (name, amount) in run::amounts(resources).as_object().into_iter().flatten() {
            container["resources"][field][name] = amount.clone();
        }
    }
    for variable in &change.env {
        set_env(container, variable);
    }
    plan.steps.push(patch(seen, wanted));
    Ok(plan)
}

/// The plan that gives a workload the pods of an earlier revision: its template as a whole, as kubectl does.
pub fn undo(seen: &Manifest, template: &Value, target: &Target) -> Result<Plan, Stop> {
    if is_paused(seen) {
        return Err(Stop::Paused { what: typed(seen) });
    }
    let mut wanted = seen.clone();
    wanted.value_mut()["spec"]["template"] = template.clone();
    let mut plan = Plan::new(target, Action::Undo);
    if seen.value()["spec"]["replicas"].is_number() {
        plan.warnings.push(
            Message::new("undo-keeps-replicas")
                .arg("replicas", seen.value()["spec"]["replicas"].as_u64().unwrap_or_default()),
        );
    }
    plan.steps.push(patch(seen, wanted));
    Ok(plan)
}

/// The plan that replaces all pods by new ones of the same template.
pub fn restart(seen: &Manifest, now: Timestamp, target: &Target) -> Result<Plan, Stop> {
    if is_paused(seen) {
        return Err(Stop::Paused { what: typed(seen) });
    }
    let mut wanted = seen.clone();
    let annotations = &mut wanted.value_mut()["spec"]["template"]["metadata"]["annotations"];
    // Whole seconds, as kubectl writes.
    annotations[RESTARTED_AT] = json!(format!("{now:.0}"));
    let mut plan = Plan::new(target, Action::Restart);
    plan.steps.push(patch(seen, wanted));
    Ok(plan)
}

/// The plan that keeps further changes of a Deployment's template from rolling out.
pub fn pause(seen: &Manifest, target: &Target) -> Result<Plan, Stop> {
    set_paused(seen, true, target)
}

/// The plan that lets a paused Deployment roll out again.
pub fn resume(seen: &Manifest, target: &Target) -> Result<Plan, Stop> {
    set_paused(seen, false, target)
}

fn set_paused(seen: &Manifest, paused: bool, target: &Target) -> Result<Plan, Stop> {
    if *seen.resource() != Kind::DEPLOYMENT {
        return Err(Stop::NotPausable { what: typed(seen) });
    }
    let mut wanted = seen.clone();
    if paused {
        wanted.value_mut()["spec"]["paused"] = json!(true);
    } else if let Some(spec) = wanted.value_mut()["spec"].as_object_mut() {
        spec.remove("paused");
    }
    let mut plan = Plan::new(target, if paused { Action::Pause } else { Action::Resume });
    plan.steps.push(patch(seen, wanted));
    Ok(plan)
}

fn is_paused(seen: &Manifest) -> bool {
    seen.value()["spec"]["paused"] == true
}

fn patch(seen: &Manifest, wanted: Manifest) -> Step {
    let patch = Patch::Json(json_patch::between(seen.value(), wanted.value()));
    Step::Patch { seen: seen.clone(), wanted, patch }
}

/// The position of the container that is meant.
fn container(seen: &Manifest, name: Option<&str>) -> Result<usize, Stop> {
    let containers = seen.value()["spec"]["template"]["spec"]["containers"].as_array();
    let names: Vec<&str> =
        containers.into_iter().flatten().filter_map(|container| container["name"].as_str()).collect();
    let known = || names.iter().map(|name| (*name).to_owned()).collect();
    match name {
        Some(name) => names.iter().position(|known| *known == name).ok_or_else(|| Stop::NoSuchContainer {
            what: typed(seen),
            name: name.to_owned(),
            known: known(),
        }),
        None if names.len() == 1 => Ok(0),
        None => Err(Stop::WhichContainer { what: typed(seen), known: known() }),
    }
}

fn follow_version(metadata: &mut Value, old: Option<&str>, new: Option<&str>) {
    let Some(labels) = metadata["labels"].as_object_mut() else { return };
    if old.is_none() || labels.get(APP_VERSION).and_then(Value::as_str) != old {
        return;
    }
    match new {
        Some(new) => labels.insert(APP_VERSION.to_owned(), json!(new)),
        None => labels.remove(APP_VERSION),
    };
}

fn set_env(container: &mut Value, change: &EnvChange) {
    if !container["env"].is_array() {
        container["env"] = json!([]);
    }
    let Some(env) = container["env"].as_array_mut() else { return };
    match change {
        EnvChange::Remove(name) => env.retain(|variable| variable["name"] != name.as_str()),
        EnvChange::Set(EnvVar { name, value }) => {
            let new = json!({"name": name, "value": value});
            match env.iter_mut().find(|variable| variable["name"] == name.as_str()) {
                Some(variable) => *variable = new,
                None => env.push(new),
            }
        }
    }
    if env.is_empty()
        && let Some(container) = container.as_object_mut()
    {
        container.remove("env");
    }
}
