//! What is kept of everything that streams past.

use jiff::Timestamp;
use quicktour_survey::{Fold, Object, Part};

use crate::batch::Batch;
use crate::control::ControlPlane;
use crate::events::Events;
use crate::figures::Limits;
use crate::network::Network;
use crate::nodes::Nodes;
use crate::pods::Pods;
use crate::rules::Selection;
use crate::storage::Storage;
use crate::tenancy::Tenancy;
use crate::workloads::Workloads;

/// The accumulators of all rules: bounded, whatever the cluster holds.
#[derive(Debug)]
pub struct Facts {
    limits: &'static Limits,
    selection: Selection,
    pub(crate) pods: Pods,
    pub(crate) nodes: Nodes,
    pub(crate) workloads: Workloads,
    pub(crate) batch: Batch,
    pub(crate) network: Network,
    pub(crate) storage: Storage,
    pub(crate) tenancy: Tenancy,
    pub(crate) control: ControlPlane,
    pub(crate) events: Events,
}

impl Facts {
    /// Empty accumulators for the rules of `selection`.
    #[must_use]
    pub fn new(limits: &'static Limits, selection: Selection) -> Self {
        Self {
            limits,
            selection,
            pods: Pods::default(),
            nodes: Nodes::default(),
            workloads: Workloads::default(),
            batch: Batch::default(),
            network: Network::default(),
            storage: Storage::default(),
            tenancy: Tenancy::default(),
            control: ControlPlane::default(),
            events: Events::default(),
        }
    }

    pub(crate) fn selection(&self) -> &Selection {
        &self.selection
    }
}

impl Fold for Facts {
    fn wants(&self, part: Part) -> bool {
        self.selection.reads(part)
    }

    fn see(&mut self, object: Object<'_>, now: Timestamp) {
        let limits = self.limits;
        match object {
            Object::Pod(pod) => self.pods.see(pod, now, limits),
            Object::PodRow(row) => self.pods.see_row(row),
            Object::CountedPod(pod) => self.pods.see_counted(pod, now, limits),
            Object::KubeProxy(pod) => self.pods.see_kube_proxy(pod),
            Object::Event(event) => self.events.see(event, now, limits),
            Object::Node(node) => self.nodes.see(node, now, limits),
            Object::NodeLease(lease) => self.nodes.see_lease(lease, now, limits),
            Object::SystemLease(lease) => self.control.see_lease(lease),
            Object::Deployment(deployment) => self.workloads.see_deployment(deployment, now, limits),
            Object::ReplicaSet(set) => self.workloads.see_replica_set(set),
            Object::StatefulSet(set) => self.workloads.see_stateful_set(set, now, limits),
            Object::DaemonSet(set) => self.workloads.see_daemon_set(set, now, limits),
            Object::Job(job) => self.batch.see_job(job),
            Object::CronJob(job) => self.batch.see_cron_job(job),
            Object::Autoscaler(autoscaler) => self.batch.see_autoscaler(autoscaler, now, limits),
            Object::Service(service) => self.network.see_service(service, now, limits),
            Object::EndpointSlice(slice) => self.network.see_endpoint_slice(slice),
            Object::Claim(claim) => self.storage.see_claim(claim, now, limits),
            Object::StorageClass(class) => self.storage.see_class(class),
            Object::VolumeAttachment(attachment) => self.storage.see_attachment(attachment),
            Object::Namespace(namespace) => self.tenancy.see_namespace(namespace, now, limits),
            Object::Quota(quota) => self.tenancy.see_quota(quota, limits),
            Object::DisruptionBudget(budget) => self.tenancy.see_budget(budget),
            Object::SigningRequest(request) => self.tenancy.see_request(request, now, limits),
            Object::ApiService(service) => self.control.see_api_service(service, now, limits),
            Object::ValidatingWebhook(configuration) => self.control.see_validating(configuration),
            Object::MutatingWebhook(configuration) => self.control.see_mutating(configuration),
        }
    }
}
