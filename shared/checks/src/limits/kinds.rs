//! The kinds that are counted one by one, because a published figure or an open one speaks of them, or because they are
//! often the most numerous. Secrets are not among them: their number comes from the API server's metrics or not at all.

use quicktour_survey::views::{Resource, View as _, apps, batch, cluster, core, node, pod};

const fn kind(group: &'static str, kind: &'static str, plural: &'static str, namespaced: bool) -> Resource {
    Resource { group, version: "v1", kind, plural, namespaced }
}

/// `configmaps`.
pub(super) const CONFIG_MAPS: Resource = kind("", "ConfigMap", "configmaps", true);
/// `persistentvolumes`.
pub(super) const VOLUMES: Resource = kind("", "PersistentVolume", "persistentvolumes", false);
/// `ingresses.networking.k8s.io`.
pub(super) const INGRESSES: Resource = kind("networking.k8s.io", "Ingress", "ingresses", true);
const SERVICE_ACCOUNTS: Resource = kind("", "ServiceAccount", "serviceaccounts", true);

/// Every kind that is counted.
pub const COUNTED: [Resource; 18] = [
    pod::Pod::RESOURCE,
    core::Event::RESOURCE,
    node::Node::RESOURCE,
    core::Namespace::RESOURCE,
    core::Service::RESOURCE,
    apps::Deployment::RESOURCE,
    apps::ReplicaSet::RESOURCE,
    apps::StatefulSet::RESOURCE,
    apps::DaemonSet::RESOURCE,
    batch::Job::RESOURCE,
    batch::CronJob::RESOURCE,
    CONFIG_MAPS,
    cluster::EndpointSlice::RESOURCE,
    INGRESSES,
    core::PersistentVolumeClaim::RESOURCE,
    VOLUMES,
    SERVICE_ACCOUNTS,
    cluster::Lease::RESOURCE,
];
