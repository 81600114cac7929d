//! Views: the kinds this project reads, each with just the fields that something reads.
//!
//! One struct serves both wires: `serde` reads it from JSON, `prost` from Kubernetes' protobuf (the tags are those of
//! the `generated.proto` files of `k8s.io/api`). Fields that no view names are skipped, not copied. To read another
//! field, add it here with its tag (and in `unset`, if it is a time); to read another kind, add its struct and a `view!`
//! line.
#![allow(missing_docs, reason = "the fields are the API's own, documented in the API reference")]

pub mod apps;
pub mod batch;
pub mod cluster;
pub mod core;
pub mod node;
pub mod object;
pub mod pod;
pub mod policy;
pub mod scalar;
pub mod system;
pub mod unset;

use self::object::ObjectMeta;
use self::unset::Unset;

/// What the API calls a kind and where it is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Resource {
    /// API group; empty for core.
    pub group: &'static str,
    /// API version within the group.
    pub version: &'static str,
    /// Kind, as in `kind: Pod`.
    pub kind: &'static str,
    /// Plural resource name, as in URLs and RBAC rules.
    pub plural: &'static str,
    /// Whether objects live in namespaces.
    pub namespaced: bool,
}

impl Resource {
    /// `v1` or `apps/v1`, as in `apiVersion:`.
    #[must_use]
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_owned() } else { format!("{}/{}", self.group, self.version) }
    }

    /// `pods` or `deployments.apps`, as kubectl and RBAC messages write it.
    #[must_use]
    pub fn qualified(&self) -> String {
        if self.group.is_empty() { self.plural.to_owned() } else { format!("{}.{}", self.plural, self.group) }
    }
}

/// A kind that can be listed, read and watched.
pub trait View: prost::Message + serde::de::DeserializeOwned + Unset + Default + Clone + 'static {
    /// Its name and place in the API.
    const RESOURCE: Resource;

    /// Its `metadata`; an object without any yields the empty one.
    fn meta(&self) -> &ObjectMeta;
}

/// Declares a struct with `metadata` as a [`View`].
macro_rules! view {
    ($kind:ident, $group:literal, $version:literal, $plural:literal, namespaced) => {
        view!(@ $kind, $group, $version, $plural, true);
    };
    ($kind:ident, $group:literal, $version:literal, $plural:literal, cluster) => {
        view!(@ $kind, $group, $version, $plural, false);
    };
    (@ $kind:ident, $group:literal, $version:literal, $plural:literal, $namespaced:literal) => {
        impl super::View for $kind {
            const RESOURCE: super::Resource = super::Resource {
                group: $group,
                version: $version,
                kind: stringify!($kind),
                plural: $plural,
                namespaced: $namespaced,
            };

            fn meta(&self) -> &super::object::ObjectMeta {
                super::or_empty(self.metadata.as_ref())
            }
        }
    };
}
use view;

/// The value, or the type's empty one: lets readers walk optional sub-messages without `if let` at each step.
#[must_use]
pub fn or_empty<T: Empty>(value: Option<&T>) -> &T {
    value.unwrap_or_else(|| T::empty())
}

/// A type with an empty value that lives for ever.
pub trait Empty: Sized + 'static {
    /// The empty value.
    fn empty() -> &'static Self;
}

/// Declares the empty value of types, and accessors for the optional parts of kinds.
macro_rules! empties {
    ($($ty:ty),* $(,)?) => {
        $(impl Empty for $ty {
            fn empty() -> &'static Self {
                static EMPTY: std::sync::LazyLock<$ty> = std::sync::LazyLock::new(<$ty>::default);
                &EMPTY
            }
        })*
    };
}

/// Declares `spec()` and `status()` for kinds that have them.
macro_rules! parts {
    ($($kind:ty { $($part:ident: $ty:ty),* })*) => {
        empties!($($($ty),*),*);
        $(impl $kind {
            $(
                #[doc = concat!("`", stringify!($part), "`, or the empty one.")]
                #[must_use]
                pub fn $part(&self) -> &$ty {
                    or_empty(self.$part.as_ref())
                }
            )*
        })*
    };
}

empties!(ObjectMeta, object::LabelSelector);
parts! {
    pod::Pod { spec: pod::PodSpec, status: pod::PodStatus }
    node::Node { spec: node::NodeSpec, status: node::NodeStatus }
    core::Namespace { status: core::NamespaceStatus }
    core::Service { spec: core::ServiceSpec, status: core::ServiceStatus }
    core::PersistentVolumeClaim { spec: core::PersistentVolumeClaimSpec, status: core::PersistentVolumeClaimStatus }
    core::ResourceQuota { status: core::ResourceQuotaStatus }
    core::Event { involved_object: core::ObjectReference }
    apps::Deployment { spec: apps::DeploymentSpec, status: apps::DeploymentStatus }
    apps::ReplicaSet { spec: apps::ReplicaSetSpec, status: apps::ReplicaSetStatus }
    apps::StatefulSet { spec: apps::StatefulSetSpec, status: apps::StatefulSetStatus }
    apps::DaemonSet { spec: apps::DaemonSetSpec, status: apps::DaemonSetStatus }
    batch::Job { spec: batch::JobSpec, status: batch::JobStatus }
    batch::CronJob { spec: batch::CronJobSpec, status: batch::CronJobStatus }
    policy::HorizontalPodAutoscaler { spec: policy::HorizontalPodAutoscalerSpec, status: policy::HorizontalPodAutoscalerStatus }
    policy::PodDisruptionBudget { status: policy::PodDisruptionBudgetStatus }
    cluster::CertificateSigningRequest { spec: cluster::CertificateSigningRequestSpec, status: cluster::CertificateSigningRequestStatus }
    cluster::Lease { spec: cluster::LeaseSpec }
    cluster::VolumeAttachment { spec: cluster::VolumeAttachmentSpec, status: cluster::VolumeAttachmentStatus }
    cluster::APIService { spec: cluster::APIServiceSpec, status: cluster::APIServiceStatus }
    system::SystemPod { spec: system::SystemPodSpec }
}
