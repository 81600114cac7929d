//! Whose pod it is, without asking the API again.

use quicktour_report::finding::ObjectRef;
use quicktour_survey::views::object::ObjectMeta;

/// The workload that an object belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Owner {
    pub(crate) kind: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl Owner {
    pub(crate) fn new(kind: &str, namespace: &str, name: &str) -> Self {
        Self { kind: kind.to_owned(), namespace: namespace.to_owned(), name: name.to_owned() }
    }

    /// The workload of a pod: its controller, a Deployment where that is a `ReplicaSet` of one, the pod itself where it
    /// has none.
    pub(crate) fn of_pod(meta: &ObjectMeta) -> Self {
        // A node is the controller of the static pods that its kubelet mirrors: it is where they run, not what they are of.
        let controller =
            meta.owner_references.iter().find(|reference| reference.controller && reference.kind != "Node");
        let Some(controller) = controller else {
            return Self::new("Pod", &meta.namespace, &meta.name);
        };
        if controller.kind == "ReplicaSet"
            && let Some(hash) = meta.labels.get("pod-template-hash")
            && let Some(name) = controller.name.strip_suffix(hash.as_str()).and_then(|name| name.strip_suffix('-'))
        {
            return Self::new("Deployment", &meta.namespace, name);
        }
        Self::new(&controller.kind, &meta.namespace, &controller.name)
    }

    /// The controller of any other object, if it has one.
    pub(crate) fn controller(meta: &ObjectMeta) -> Option<Self> {
        let controller = meta.owner_references.iter().find(|reference| reference.controller)?;
        Some(Self::new(&controller.kind, &meta.namespace, &controller.name))
    }

    /// `namespace/kind/name`, for keys.
    pub(crate) fn key(&self) -> String {
        format!("{}/{}/{}", self.namespace, self.kind, self.name)
    }

    /// The owner as an object of the report.
    pub(crate) fn object(&self) -> ObjectRef {
        let api_version = match self.kind.as_str() {
            "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" => "apps/v1",
            "Job" | "CronJob" => "batch/v1",
            _ => "v1",
        };
        ObjectRef {
            api_version: api_version.to_owned(),
            kind: self.kind.clone(),
            namespace: Some(self.namespace.clone()),
            name: self.name.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quicktour_survey::views::object::OwnerReference;

    #[test]
    fn a_replica_set_stands_for_its_deployment_only_when_its_name_says_so() {
        let mut meta = ObjectMeta { name: "web-5d4-x".into(), namespace: "shop".into(), ..ObjectMeta::default() };
        assert_eq!(Owner::of_pod(&meta), Owner::new("Pod", "shop", "web-5d4-x"));
        meta.owner_references.push(OwnerReference {
            kind: "ReplicaSet".into(),
            name: "web-5d4".into(),
            controller: true,
            ..OwnerReference::default()
        });
        assert_eq!(Owner::of_pod(&meta), Owner::new("ReplicaSet", "shop", "web-5d4"));
        meta.labels.insert("pod-template-hash".into(), "5d4".into());
        assert_eq!(Owner::of_pod(&meta), Owner::new("Deployment", "shop", "web"));
        meta.labels.insert("pod-template-hash".into(), "other".into());
        assert_eq!(Owner::of_pod(&meta), Owner::new("ReplicaSet", "shop", "web-5d4"));
    }

    #[test]
    fn a_mirror_of_a_static_pod_belongs_to_nobody() {
        let mut meta = ObjectMeta { name: "etcd-cp1".into(), namespace: "kube-system".into(), ..ObjectMeta::default() };
        meta.owner_references.push(OwnerReference {
            kind: "Node".into(),
            name: "cp1".into(),
            controller: true,
            ..OwnerReference::default()
        });
        assert_eq!(Owner::of_pod(&meta), Owner::new("Pod", "kube-system", "etcd-cp1"));
    }
}
