//! An object as a whole, as the API has it: what is written, and what is shown before it is.

use std::ops::Deref;

use serde_json::{Map, Value};

use crate::views::Resource;

/// A kind whose objects are read and written as a whole. Only the kinds named here have a value of this type, so that
/// nothing that takes one can be asked for secrets.
///
/// ```compile_fail,E0423
/// use quicktour_client::{Kind, views::Resource};
/// const SECRETS: Resource =
///     Resource { group: "", version: "v1", kind: "Secret", plural: "secrets", namespaced: true };
/// let secrets = Kind(SECRETS);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kind(Resource);

impl Kind {
    /// `Namespace`.
    pub const NAMESPACE: Self = Self::of("", "v1", "Namespace", "namespaces", false);
    /// `Pod`.
    pub const POD: Self = Self::of("", "v1", "Pod", "pods", true);
    /// `Service`.
    pub const SERVICE: Self = Self::of("", "v1", "Service", "services", true);
    /// `Deployment`.
    pub const DEPLOYMENT: Self = Self::of("apps", "v1", "Deployment", "deployments", true);
    /// `StatefulSet`.
    pub const STATEFUL_SET: Self = Self::of("apps", "v1", "StatefulSet", "statefulsets", true);
    /// `DaemonSet`.
    pub const DAEMON_SET: Self = Self::of("apps", "v1", "DaemonSet", "daemonsets", true);
    /// `ReplicaSet`.
    pub const REPLICA_SET: Self = Self::of("apps", "v1", "ReplicaSet", "replicasets", true);
    /// `ControllerRevision`.
    pub const CONTROLLER_REVISION: Self = Self::of("apps", "v1", "ControllerRevision", "controllerrevisions", true);

    /// All of them. Anything else has no business in a plan.
    pub const ALL: [Self; 8] = [
        Self::NAMESPACE,
        Self::POD,
        Self::SERVICE,
        Self::DEPLOYMENT,
        Self::STATEFUL_SET,
        Self::DAEMON_SET,
        Self::REPLICA_SET,
        Self::CONTROLLER_REVISION,
    ];

    const fn of(
        group: &'static str,
        version: &'static str,
        kind: &'static str,
        plural: &'static str,
        namespaced: bool,
    ) -> Self {
        Self(Resource { group, version, kind, plural, namespaced })
    }
}

impl Deref for Kind {
    type Target = Resource;

    fn deref(&self) -> &Resource {
        &self.0
    }
}

impl PartialEq<Resource> for Kind {
    fn eq(&self, other: &Resource) -> bool {
        self.0 == *other
    }
}

/// An object with every field that the API or a plan gave it.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    kind: Kind,
    value: Value,
}

impl Manifest {
    /// Takes an object of one of the kinds that can be written; `None` for any other.
    #[must_use]
    pub fn new(value: Value) -> Option<Self> {
        let text = |field: &str| value.get(field).and_then(Value::as_str);
        let (version, named) = (text("apiVersion")?, text("kind")?);
        let kind = *Kind::ALL.iter().find(|known| known.kind == named && known.api_version() == version)?;
        value.get("metadata")?.as_object()?;
        Some(Self { kind, value })
    }

    /// The resource of a kind that can be written, as `Deployment`.
    #[must_use]
    pub fn resource_of(kind: &str) -> Option<Kind> {
        Kind::ALL.iter().find(|known| known.kind == kind).copied()
    }

    /// What the API calls the kind and where it is served.
    #[must_use]
    pub fn resource(&self) -> &Kind {
        &self.kind
    }

    /// `metadata.name`; empty when the server is to make one of `generateName`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    /// `metadata.namespace`, where the kind has one.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        Some(self.text("/metadata/namespace")).filter(|namespace| !namespace.is_empty())
    }

    /// `metadata.uid`; empty for what does not live yet.
    #[must_use]
    pub fn uid(&self) -> &str {
        self.text("/metadata/uid")
    }

    /// `metadata.resourceVersion`; empty for what does not live yet.
    #[must_use]
    pub fn resource_version(&self) -> &str {
        self.text("/metadata/resourceVersion")
    }

    /// The value of a label, if it has one.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&str> {
        self.value.get("metadata")?.get("labels")?.get(name)?.as_str()
    }

    /// A string at a JSON pointer such as `/spec/type`; empty when there is none.
    #[must_use]
    pub fn text(&self, pointer: &str) -> &str {
        self.value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// The whole object.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The whole object, to be changed. What names it (`apiVersion`, `kind`, `metadata`) must stay.
    pub fn value_mut(&mut self) -> &mut Value {
        &mut self.value
    }

    /// Without what only a server sets: fit to be shown as a plan, compared, and applied elsewhere. Also without what was
    /// allocated for this very object, such as a cluster IP or a node port.
    #[must_use]
    pub fn without_server_fields(mut self) -> Self {
        let Some(object) = self.value.as_object_mut() else { return self };
        object.remove("status");
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            for field in [
                "uid",
                "resourceVersion",
                "generation",
                "creationTimestamp",
                "managedFields",
                "selfLink",
                "deletionTimestamp",
            ] {
                metadata.remove(field);
            }
            without_revision(metadata);
        }
        if self.kind == Kind::SERVICE
            && let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut)
        {
            without_allocations(spec);
        }
        if self.kind == Kind::POD
            && let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut)
        {
            without_token_volume(spec);
        }
        self
    }
}

/// Takes out the volume with the service account's token, which admission names anew for every pod.
fn without_token_volume(spec: &mut Map<String, Value>) {
    let is_token = |volume: &Value| volume["name"].as_str().is_some_and(|name| name.starts_with("kube-api-access-"));
    let without = |holder: &mut Map<String, Value>, list: &str| {
        if let Some(entries) = holder.get_mut(list).and_then(Value::as_array_mut) {
            entries.retain(|entry| !is_token(entry));
            if entries.is_empty() {
                holder.remove(list);
            }
        }
    };
    without(spec, "volumes");
    for list in ["initContainers", "containers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(container) = container.as_object_mut() {
                without(container, "volumeMounts");
            }
        }
    }
}

/// Takes out the annotation in which the deployment controller counts revisions.
fn without_revision(metadata: &mut Map<String, Value>) {
    let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) else { return };
    annotations.remove("deployment.kubernetes.io/revision");
    if annotations.is_empty() {
        metadata.remove("annotations");
    }
}

/// Takes out the addresses and ports that the server chose for a service. `clusterIP: None` is a wish and stays.
fn without_allocations(spec: &mut Map<String, Value>) {
    if spec.get("clusterIP").and_then(Value::as_str) != Some("None") {
        spec.remove("clusterIP");
        spec.remove("clusterIPs");
    }
    spec.remove("healthCheckNodePort");
    for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(port) = port.as_object_mut() {
            port.remove("nodePort");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_kinds_that_plans_write_are_manifests() {
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}});
        assert_eq!(Manifest::new(secret), None);
        let old = json!({"apiVersion": "extensions/v1beta1", "kind": "Deployment", "metadata": {"name": "d"}});
        assert_eq!(Manifest::new(old), None);
        assert_eq!(Manifest::new(json!({"apiVersion": "v1", "kind": "Pod"})), None);
        assert_eq!(Manifest::resource_of("Secret"), None);
        assert!(Kind::ALL.iter().all(|kind| kind.plural != "secrets"));
    }

    #[test]
    fn the_token_that_admission_mounts_is_no_part_of_a_plan() {
        let token = json!({"name": "kube-api-access-x7k2p"});
        let own = json!({"name": "data"});
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"},
            "spec": {
                "volumes": [token, own],
                "containers": [{"name": "a", "volumeMounts": [token, own]}, {"name": "b", "volumeMounts": [token]}],
            },
        });
        let expected = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"},
            "spec": {"volumes": [own], "containers": [{"name": "a", "volumeMounts": [own]}, {"name": "b"}]},
        });
        assert_eq!(Manifest::new(pod).unwrap().without_server_fields().value(), &expected);
    }

    #[test]
    fn what_the_server_chose_is_no_part_of_a_plan() {
        let live = json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "web", "namespace": "shop", "uid": "u", "resourceVersion": "7", "managedFields": []},
            "spec": {"clusterIP": "10.0.0.7", "clusterIPs": ["10.0.0.7"], "type": "NodePort",
                     "ports": [{"port": 80, "nodePort": 30001}]},
            "status": {"loadBalancer": {}},
        });
        let plain = Manifest::new(live).unwrap().without_server_fields();
        let expected = json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"type": "NodePort", "ports": [{"port": 80}]},
        });
        assert_eq!(plain.value(), &expected);
    }
}
