//! The revisions of a workload, as its controller keeps them: replica sets of a Deployment, controller revisions of the
//! other kinds.

use std::collections::BTreeSet;

use jiff::Timestamp;
use quicktour_client::views::object::LabelSelector;
use quicktour_client::{Client, Error, Kind as Whole, Manifest, Scope};
use serde_json::{Map, Value};

use crate::workload::{Kind, Workload};

/// Where the deployment controller writes a revision's number.
const NUMBER: &str = "deployment.kubernetes.io/revision";
/// Where `kubectl annotate` and CI systems say why.
const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";

/// One state that the workload's pods were in.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// Its number: the highest is what is wanted now.
    pub number: u64,
    /// Why it was made, where somebody wrote that down.
    pub change_cause: Option<String>,
    /// When it was first made.
    pub created: Option<Timestamp>,
    /// How many pods of it there are, where the controller counts them by revision.
    pub pods: Option<u64>,
    /// How many of those are ready.
    pub ready: Option<u64>,
    /// The pod template, without the label that tells revisions apart.
    pub template: Value,
}

impl Revision {
    /// The images of its containers, init containers first.
    #[must_use]
    pub fn images(&self) -> Vec<&str> {
        let of = |list: &str| self.template["spec"][list].as_array().into_iter().flatten();
        of("initContainers").chain(of("containers")).filter_map(|container| container["image"].as_str()).collect()
    }
}

impl Revision {
    /// Which fields differ from an earlier revision: `image`, `env` of a container, `volumes` of the pod.
    #[must_use]
    pub fn changes_since(&self, earlier: &Self) -> Vec<String> {
        let mut changes = BTreeSet::new();
        for field in differing(&self.template["metadata"], &earlier.template["metadata"]) {
            changes.insert(field);
        }
        for field in differing(&self.template["spec"], &earlier.template["spec"]) {
            let (now, then) = (&self.template["spec"][&field], &earlier.template["spec"][&field]);
            match (now.as_array(), then.as_array()) {
                (Some(now), Some(then)) if field.ends_with("ontainers") && now.len() == then.len() => {
                    let pairs = now.iter().zip(then);
                    changes.extend(pairs.flat_map(|(now, then)| differing(now, then)));
                }
                _ => {
                    changes.insert(field);
                }
            }
        }
        changes.into_iter().collect()
    }
}

/// The fields whose values differ between two objects.
fn differing(a: &Value, b: &Value) -> BTreeSet<String> {
    let names = |value: &Value| value.as_object().into_iter().flat_map(Map::keys).cloned().collect::<BTreeSet<_>>();
    names(a).union(&names(b)).filter(|name| a.get(name) != b.get(name)).cloned().collect()
}

/// The revisions that are kept, oldest first.
pub async fn history(client: &Client, of: &Workload, live: &Manifest) -> Result<Vec<Revision>, Error> {
    let holder = match of.kind {
        Kind::Deployment => Whole::REPLICA_SET,
        Kind::StatefulSet | Kind::DaemonSet => Whole::CONTROLLER_REVISION,
    };
    let scope = Scope::Namespace(of.namespace.clone());
    let holders = client.read_all(&holder, &scope, selector(live).as_deref()).await?;
    let owned = holders.iter().filter(|holder| is_controlled_by(holder, live.uid()));
    let mut revisions: Vec<Revision> = owned.filter_map(revision).collect();
    revisions.sort_by_key(|revision| revision.number);
    Ok(revisions)
}

fn is_controlled_by(holder: &Manifest, uid: &str) -> bool {
    let owners = holder.value()["metadata"]["ownerReferences"].as_array();
    owners.into_iter().flatten().any(|owner| owner["controller"] == true && owner["uid"] == uid)
}

fn revision(holder: &Manifest) -> Option<Revision> {
    let annotation = |name: &str| holder.value()["metadata"]["annotations"][name].as_str();
    let is_replica_set = *holder.resource() == Whole::REPLICA_SET;
    let (number, template) = if is_replica_set {
        (annotation(NUMBER)?.parse().ok()?, holder.value()["spec"]["template"].clone())
    } else {
        (holder.value()["revision"].as_u64()?, holder.value()["data"]["spec"]["template"].clone())
    };
    let count = |field: &str| is_replica_set.then(|| holder.value()["status"][field].as_u64().unwrap_or(0));
    Some(Revision {
        number,
        change_cause: annotation(CHANGE_CAUSE).map(str::to_owned),
        created: holder.text("/metadata/creationTimestamp").parse().ok(),
        pods: count("replicas"),
        ready: count("readyReplicas"),
        template: plain(template),
    })
}

/// Takes out what a controller added to tell revisions apart; sent back, it would make a revision that matches nothing.
fn plain(mut template: Value) -> Value {
    if let Some(template) = template.as_object_mut() {
        // A controller revision is a patch and says so.
        template.remove("$patch");
        let labels = template.get_mut("metadata").and_then(|metadata| metadata.get_mut("labels"));
        if let Some(labels) = labels.and_then(Value::as_object_mut) {
            labels.remove("pod-template-hash");
        }
    }
    template
}

/// The workload's own selector, as a list takes it; `None` selects everything, and owners decide.
pub(crate) fn selector(live: &Manifest) -> Option<String> {
    let labels = live.value()["spec"]["selector"]["matchLabels"].as_object()?;
    let pairs: Vec<String> =
        labels.iter().filter_map(|(name, value)| Some(format!("{name}={}", value.as_str()?))).collect();
    (!pairs.is_empty()).then(|| pairs.join(","))
}

/// The same with its expressions, as a list of its pods takes it. Its history may lack the labels of those.
pub(crate) fn pod_selector(live: &Manifest) -> Option<String> {
    let selector: LabelSelector = serde_json::from_value(live.value()["spec"]["selector"].clone()).ok()?;
    Some(selector.query()).filter(|query| !query.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn revision(template: Value) -> Revision {
        Revision { number: 1, change_cause: None, created: None, pods: None, ready: None, template }
    }

    #[test]
    fn pods_are_found_by_the_expressions_of_a_selector_too() {
        let selector = json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "www"]}]});
        let live =
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {}, "spec": {"selector": selector}});
        let live = Manifest::new(live).unwrap();
        assert_eq!(selector_of(&live), (None, Some("app in (web,www)".to_owned())));
    }

    fn selector_of(live: &Manifest) -> (Option<String>, Option<String>) {
        (selector(live), pod_selector(live))
    }

    #[test]
    fn changes_are_named_by_their_field() {
        let template = |image: &str, more: Value| {
            let mut template = json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": image}]}});
            template["spec"].as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            revision(template)
        };
        let first = template("web:1", json!({}));
        let changes = |later: &Revision| later.changes_since(&first);
        assert_eq!(changes(&template("web:2", json!({}))), ["image"]);
        assert_eq!(changes(&template("web:1", json!({"volumes": []}))), ["volumes"]);
        assert_eq!(changes(&template("web:1", json!({}))), Vec::<String>::new());
        assert_eq!(changes(&template("web:1", json!({"initContainers": [{}]}))), ["initContainers"]);
    }
}
