//! The kinds that are counted one by one, because a published figure or an open one speaks of them, or because they are
//! often the most numerous. Secrets are not among them: their number comes from the API server's metrics or not at all.

use quicktour_survey::Scope;
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

/// The kinds that a figure speaks of.
const NAMED: [Resource; 13] = [
    pod::Pod::RESOURCE,
    core::Event::RESOURCE,
    node::Node::RESOURCE,
    core::Namespace::RESOURCE,
    core::Service::RESOURCE,
    apps::Deployment::RESOURCE,
    apps::StatefulSet::RESOURCE,
    apps::DaemonSet::RESOURCE,
    batch::Job::RESOURCE,
    CONFIG_MAPS,
    INGRESSES,
    core::PersistentVolumeClaim::RESOURCE,
    VOLUMES,
];
/// Kinds that may be the most numerous of all.
const NUMEROUS: [Resource; 5] = [
    apps::ReplicaSet::RESOURCE,
    batch::CronJob::RESOURCE,
    cluster::EndpointSlice::RESOURCE,
    SERVICE_ACCOUNTS,
    cluster::Lease::RESOURCE,
];

/// Every kind that is counted. Which kind is the most numerous is asked of a whole cluster only.
#[must_use]
pub fn counted(scope: &Scope) -> Vec<Resource> {
    match scope {
        Scope::Cluster => NAMED.into_iter().chain(NUMEROUS).collect(),
        Scope::Namespace(_) => {
            NAMED.into_iter().filter(|kind| kind.namespaced && *kind != core::Event::RESOURCE).collect()
        }
    }
}
