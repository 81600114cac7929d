//! What is kept of nodes, pods, services, slices and deployments: sums for each node, namespace and service.
//!
//! Bounded by how many of those there are (5,000 nodes, 10,000 namespaces and services at the published limits), not by
//! the pods.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use quicktour_survey::views::View as _;
use quicktour_survey::views::cluster::EndpointSlice;
use quicktour_survey::views::node::Node;
use quicktour_survey::views::pod::Pod;
use quicktour_survey::{Fold, Object, Part};

use super::amount::Amounts;
use super::requests::{limits, requests};

/// The namespace whose pods count as the cluster's own. Source: kubeadm and every distribution of `inspect-system`.
const SYSTEM: &str = "kube-system";
/// The zone of a node.
const ZONE: &str = "topology.kubernetes.io/zone";
/// Labels by which providers name the group that a node belongs to, and the machine type where none does.
const GROUPS: [&str; 8] = [
    "eks.amazonaws.com/nodegroup",
    "cloud.google.com/gke-nodepool",
    "kubernetes.azure.com/agentpool",
    "karpenter.sh/nodepool",
    "kops.k8s.io/instancegroup",
    "node.cluster.x-k8s.io/deployment-name",
    "alpha.eksctl.io/nodegroup-name",
    "node.kubernetes.io/instance-type",
];

/// One node, as far as room is concerned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// What pods may have.
    pub allocatable: Amounts,
    /// What the machine has.
    pub capacity: Amounts,
    /// Its zone; empty without one.
    pub zone: String,
    /// Its node group; empty without one.
    pub group: String,
    /// Whether it takes new pods that tolerate nothing: ready, not cordoned, not tainted.
    pub open: bool,
}

/// What the pods on a node hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Pods that have not ended.
    pub pods: u64,
    /// What they requested.
    pub requests: Amounts,
    /// What they may use at most.
    pub limits: Amounts,
}

/// The sums.
#[derive(Debug, Default)]
pub struct Tally {
    /// Nodes by name.
    pub machines: BTreeMap<String, Machine>,
    /// What is held on each node.
    pub held: BTreeMap<String, Held>,
    /// Pods, ended ones included, by namespace.
    pub pods: BTreeMap<String, u64>,
    /// Containers and native sidecars of pods that have not ended.
    pub containers: u64,
    /// Pods with a node that have not ended, and the sum of what they request: an average pod.
    pub placed: Held,
    /// What kube-system's pods request, those of daemon sets apart: these belong to the nodes.
    pub system: Amounts,
    /// What kube-system's daemon sets request.
    pub system_on_nodes: Amounts,
    /// Services by namespace.
    pub services: BTreeMap<String, u64>,
    /// Deployments by namespace.
    pub deployments: BTreeMap<String, u64>,
    /// Endpoints by namespace and service, for each family of addresses.
    pub endpoints: BTreeMap<(String, String), BTreeMap<String, u64>>,
    left_out: BTreeSet<Part>,
}

impl Tally {
    /// Sums of everything but the parts that are left out.
    #[must_use]
    pub fn without(parts: &[Part]) -> Self {
        Self { left_out: parts.iter().copied().collect(), ..Self::default() }
    }

    /// What is held on a node.
    #[must_use]
    pub fn held_on(&self, node: &str) -> Held {
        self.held.get(node).cloned().unwrap_or_default()
    }

    fn see_node(&mut self, node: &Node) {
        let (spec, status) = (node.spec(), node.status());
        let label = |name: &str| node.meta().labels.get(name).cloned();
        let ready = status.conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True");
        let tainted = spec.taints.iter().any(|taint| taint.effect == "NoSchedule" || taint.effect == "NoExecute");
        let machine = Machine {
            allocatable: Amounts::of(&status.allocatable),
            capacity: Amounts::of(&status.capacity),
            zone: label(ZONE).unwrap_or_default(),
            group: GROUPS.iter().find_map(|name| label(name)).unwrap_or_default(),
            open: ready && !spec.unschedulable && !tainted,
        };
        self.machines.insert(node.meta().name.clone(), machine);
    }

    fn see_pod(&mut self, pod: &Pod) {
        let meta = pod.meta();
        bump(&mut self.pods, &meta.namespace);
        // The scheduler forgets a pod when it has ended for good.
        if matches!(pod.status().phase.as_str(), "Succeeded" | "Failed") {
            return;
        }
        let spec = pod.spec();
        let sidecars = spec.init_containers.iter().filter(|init| init.restart_policy.as_deref() == Some("Always"));
        self.containers += (spec.containers.len() + sidecars.count()) as u64;
        if spec.node_name.is_empty() {
            return;
        }
        let (requests, limits) = (requests(pod), limits(pod));
        if meta.namespace == SYSTEM {
            let of_nodes = meta.owner_references.iter().any(|owner| owner.controller && owner.kind == "DaemonSet");
            if of_nodes { &mut self.system_on_nodes } else { &mut self.system }.add(&requests);
        }
        if !self.held.contains_key(&spec.node_name) {
            self.held.insert(spec.node_name.clone(), Held::default());
        }
        for held in self.held.get_mut(&spec.node_name).into_iter().chain([&mut self.placed]) {
            held.pods += 1;
            held.requests.add(&requests);
            held.limits.add(&limits);
        }
    }

    fn see_slice(&mut self, slice: &EndpointSlice) {
        let meta = slice.meta();
        let Some(service) = meta.labels.get("kubernetes.io/service-name").filter(|name| !name.is_empty()) else {
            return;
        };
        let families = self.endpoints.entry((meta.namespace.clone(), service.clone())).or_default();
        *families.entry(slice.address_type.clone()).or_default() += slice.endpoints.len() as u64;
    }
}

impl Fold for Tally {
    fn wants(&self, part: Part) -> bool {
        !self.left_out.contains(&part)
    }

    fn see(&mut self, object: Object<'_>, _now: Timestamp) {
        match object {
            Object::Node(node) => self.see_node(node),
            Object::Pod(pod) => self.see_pod(pod),
            Object::EndpointSlice(slice) => self.see_slice(slice),
            Object::Service(service) => bump(&mut self.services, &service.meta().namespace),
            Object::Deployment(deployment) => bump(&mut self.deployments, &deployment.meta().namespace),
            _ => {}
        }
    }
}

fn bump(counts: &mut BTreeMap<String, u64>, key: &str) {
    match counts.get_mut(key) {
        Some(count) => *count += 1,
        None => {
            counts.insert(key.to_owned(), 1);
        }
    }
}
