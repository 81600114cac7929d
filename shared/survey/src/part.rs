//! The parts a survey can read.

use quicktour_client::views::{Resource, View, apps, batch, cluster, core, node, pod, policy};
use quicktour_report::message::Message;

/// One thing a survey can ask a cluster for: a list of a kind, or an endpoint of the API server.
///
/// The order is the order of asking: what takes longest first.
#[allow(missing_docs, reason = "the variants are the API's own names; `SystemLeases` are those of kube-system")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    Pods,
    Events,
    ReplicaSets,
    Nodes,
    EndpointSlices,
    Deployments,
    Services,
    Jobs,
    StatefulSets,
    DaemonSets,
    CronJobs,
    NodeLeases,
    SystemLeases,
    Version,
    Readyz,
    Livez,
    Claims,
    StorageClasses,
    VolumeAttachments,
    Autoscalers,
    DisruptionBudgets,
    Quotas,
    Namespaces,
    SigningRequests,
    ApiServices,
    ValidatingWebhooks,
    MutatingWebhooks,
}

impl Part {
    /// Every part, in the order of asking.
    pub const ALL: [Self; 27] = [
        Self::Pods,
        Self::Events,
        Self::ReplicaSets,
        Self::Nodes,
        Self::EndpointSlices,
        Self::Deployments,
        Self::Services,
        Self::Jobs,
        Self::StatefulSets,
        Self::DaemonSets,
        Self::CronJobs,
        Self::NodeLeases,
        Self::SystemLeases,
        Self::Version,
        Self::Readyz,
        Self::Livez,
        Self::Claims,
        Self::StorageClasses,
        Self::VolumeAttachments,
        Self::Autoscalers,
        Self::DisruptionBudgets,
        Self::Quotas,
        Self::Namespaces,
        Self::SigningRequests,
        Self::ApiServices,
        Self::ValidatingWebhooks,
        Self::MutatingWebhooks,
    ];

    /// The kind behind a list; `None` for the API server's own endpoints.
    #[must_use]
    pub const fn resource(self) -> Option<Resource> {
        Some(match self {
            Self::Pods => pod::Pod::RESOURCE,
            Self::Events => core::Event::RESOURCE,
            Self::ReplicaSets => apps::ReplicaSet::RESOURCE,
            Self::Nodes => node::Node::RESOURCE,
            Self::EndpointSlices => cluster::EndpointSlice::RESOURCE,
            Self::Deployments => apps::Deployment::RESOURCE,
            Self::Services => core::Service::RESOURCE,
            Self::Jobs => batch::Job::RESOURCE,
            Self::StatefulSets => apps::StatefulSet::RESOURCE,
            Self::DaemonSets => apps::DaemonSet::RESOURCE,
            Self::CronJobs => batch::CronJob::RESOURCE,
            Self::NodeLeases | Self::SystemLeases => cluster::Lease::RESOURCE,
            Self::Version | Self::Readyz | Self::Livez => return None,
            Self::Claims => core::PersistentVolumeClaim::RESOURCE,
            Self::StorageClasses => cluster::StorageClass::RESOURCE,
            Self::VolumeAttachments => cluster::VolumeAttachment::RESOURCE,
            Self::Autoscalers => policy::HorizontalPodAutoscaler::RESOURCE,
            Self::DisruptionBudgets => policy::PodDisruptionBudget::RESOURCE,
            Self::Quotas => core::ResourceQuota::RESOURCE,
            Self::Namespaces => core::Namespace::RESOURCE,
            Self::SigningRequests => cluster::CertificateSigningRequest::RESOURCE,
            Self::ApiServices => cluster::APIService::RESOURCE,
            Self::ValidatingWebhooks => cluster::ValidatingWebhookConfiguration::RESOURCE,
            Self::MutatingWebhooks => cluster::MutatingWebhookConfiguration::RESOURCE,
        })
    }

    /// The path of an endpoint; `None` for lists.
    #[must_use]
    pub const fn path(self) -> Option<&'static str> {
        match self {
            Self::Version => Some("/version"),
            Self::Readyz => Some("/readyz?verbose"),
            Self::Livez => Some("/livez?verbose"),
            _ => None,
        }
    }

    /// Whether it is asked at the cluster's scope even when one namespace is looked at. Such parts are left out then.
    #[must_use]
    pub const fn cluster_scoped(self) -> bool {
        match self.resource() {
            // Both lease parts live in namespaces of the system's own.
            Some(resource) => !resource.namespaced || matches!(self, Self::NodeLeases | Self::SystemLeases),
            None => true,
        }
    }

    /// The namespace that a part is always read in.
    #[must_use]
    pub const fn fixed_namespace(self) -> Option<&'static str> {
        match self {
            Self::NodeLeases => Some("kube-node-lease"),
            Self::SystemLeases => Some("kube-system"),
            _ => None,
        }
    }

    /// The part in words, as under *not checked*.
    #[must_use]
    pub fn what(self) -> Message {
        match (self, self.resource(), self.path()) {
            (Self::NodeLeases, ..) => Message::new("part-node-leases"),
            (Self::SystemLeases, ..) => Message::new("part-leader-leases"),
            (_, Some(resource), _) => Message::new("part-list").arg("resource", resource.qualified()),
            (_, None, path) => Message::new("part-endpoint").arg("path", path.unwrap_or_default()),
        }
    }
}
