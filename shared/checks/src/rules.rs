//! The table of rules: what each is called, reads, judges by and advises.
//!
//! To add a rule: a line here, a judge beside its kind's accumulator, its words in `checks.ftl` (the tests tell which
//! are missing) and its thresholds in `figures.yaml`.

use quicktour_survey::Part;

/// Where a rule stands in the chain of causes: an effect hangs under a finding of a lower layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// The API server and the controllers.
    ControlPlane,
    /// Nodes.
    Node,
    /// What pods depend on: volumes, webhooks, aggregated APIs.
    Dependency,
    /// Pods, and pods that were refused.
    Pod,
    /// What makes pods.
    Workload,
    /// What stands on workloads.
    Service,
}

/// One rule.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its stable name.
    pub id: &'static str,
    /// Where it stands in the chain of causes.
    pub layer: Layer,
    /// The parts it reads. Where some could not be read it says less, or nothing.
    pub reads: &'static [Part],
    /// Its thresholds, by their names in `figures.yaml`.
    pub figures: &'static [&'static str],
    /// Which field or document it judges by.
    pub source: &'static str,
    /// The catalogue's key of what it checks, in a sentence.
    pub explain: &'static str,
    /// The catalogue's key of what to do.
    pub fix: &'static str,
}

macro_rules! rules {
    ($($id:literal, $layer:ident, [$($part:ident),*], [$($figure:literal),*], $source:literal;)*) => {
        &[$(Rule {
            id: $id,
            layer: Layer::$layer,
            reads: &[$(Part::$part),*],
            figures: &[$($figure),*],
            source: $source,
            explain: concat!($id, "-explain"),
            fix: concat!($id, "-fix"),
        }),*]
    };
}

/// Every rule, sorted by id.
pub static RULES: &[Rule] = rules! {
    "api-unavailable", Dependency, [ApiServices], ["pending-grace"], "condition Available of APIService";
    "apiserver-not-live", ControlPlane, [Livez], [], "GET /livez?verbose";
    "apiserver-not-ready", ControlPlane, [Readyz], [], "GET /readyz?verbose";
    "autoscaler-inactive", Service, [Autoscalers, ApiServices], ["pending-grace"], "conditions ScalingActive and AbleToScale";
    "budget-blocks-eviction", Service, [DisruptionBudgets], [], "status.disruptionsAllowed";
    "claim-unbound", Dependency, [Claims, StorageClasses, Events], ["event-age", "pending-grace"], "status.phase of the claim";
    "container-config-error", Pod, [Pods], ["crash-grace"], "state.waiting.reason of the container";
    "cronjob-failing", Workload, [CronJobs, Jobs], [], "condition Failed of its jobs after lastSuccessfulTime";
    "image-pull-failed", Pod, [Pods], ["image-grace"], "state.waiting of the container";
    "init-container-failed", Pod, [Pods], ["crash-restarts", "crash-grace", "crash-recent"], "state and lastState of the init container";
    "job-failed", Workload, [Jobs], [], "condition Failed of the job";
    "kube-proxy-version-skew", Node, [Pods, Version, Nodes], ["kube-proxy-older-minors"], "image tag of kube-proxy's pods against /version";
    "kubelet-version-skew", Node, [Nodes, Version], ["kubelet-older-minors"], "status.nodeInfo.kubeletVersion against /version";
    "leader-lost", ControlPlane, [SystemLeases], ["leader-lease", "leader-lease-factor"], "renewTime of the leader's lease in kube-system";
    "namespace-stuck", Service, [Namespaces, ApiServices], ["terminating-grace"], "deletionTimestamp and conditions of the namespace";
    "no-nodes", Node, [Nodes], [], "list of nodes";
    "no-schedulable-node", Node, [Nodes], [], "conditions, unschedulable and taints of all nodes";
    "node-cordoned", Node, [Nodes], [], "spec.unschedulable of the node";
    "node-lease-stale", Node, [NodeLeases, Nodes], ["node-lease-age"], "renewTime of the node's lease in kube-node-lease";
    "node-not-ready", Node, [Nodes, NodeLeases], ["node-lease-age", "node-start-grace", "terminating-grace"], "condition Ready of the node";
    "node-pod-limit", Node, [Nodes, Pods], ["node-pods-share"], "status.allocatable.pods of the node";
    "node-pressure", Dependency, [Nodes], [], "pressure conditions of the node";
    "node-problem", Dependency, [Nodes], [], "conditions of node-problem-detector and EKS, those whose bad side is known";
    "node-uninitialized", Node, [Nodes], [], "taint node.cloudprovider.kubernetes.io/uninitialized";
    "pod-crash-loop", Pod, [Pods], ["crash-restarts", "crash-grace", "crash-recent"], "state, lastState and restartCount of the container";
    "pod-failed", Pod, [Pods], [], "status.phase and status.reason of the pod";
    "pod-gated", Pod, [Pods], ["pending-grace"], "spec.schedulingGates of the pod";
    "pod-not-ready", Pod, [Pods, Deployments], ["pending-grace"], "condition Ready of the pod";
    "pod-not-scheduled", Pod, [Pods], ["pending-grace"], "condition PodScheduled of the pod";
    "pod-stuck-creating", Pod, [Pods, Events], ["event-age", "pending-grace"], "status.phase of the pod and its warning events";
    "pod-stuck-terminating", Pod, [Pods], ["terminating-grace"], "deletionTimestamp of the pod";
    "pod-unschedulable", Pod, [Pods], ["pending-grace"], "condition PodScheduled of the pod";
    "pods-refused", Pod, [Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs, Events], ["event-age"], "condition ReplicaFailure, events FailedCreate";
    "quota-near-limit", Service, [Quotas], ["quota-share"], "status.used against status.hard";
    "rollout-stuck", Workload, [Deployments], [], "condition Progressing with reason ProgressDeadlineExceeded";
    "service-without-endpoints", Service, [Services, EndpointSlices, Pods, Deployments], ["pending-grace"], "ready endpoints of the service's slices";
    "signing-request-pending", Service, [SigningRequests], ["pending-grace"], "conditions of the request";
    "volume-attach-failed", Dependency, [VolumeAttachments], [], "status.attachError and status.detachError";
    "warning-events", Service, [Events], ["event-count", "event-age"], "core/v1 events of type Warning";
    "webhook-dead", Dependency, [ValidatingWebhooks, MutatingWebhooks, Services, EndpointSlices], [], "failurePolicy and service of the webhook";
    "workload-unavailable", Workload, [Deployments, StatefulSets, DaemonSets, ReplicaSets, Pods], ["crash-grace"], "available or ready replicas against wanted ones";
    "workload-unobserved", Workload, [Deployments, StatefulSets, DaemonSets, SystemLeases], ["pending-grace", "leader-lease", "leader-lease-factor"], "status.observedGeneration against metadata.generation, where the controller manager's lease is not renewed or not seen";
};

/// A rule by its id.
#[must_use]
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

/// Which rules run.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    only: Vec<&'static str>,
    skip: Vec<&'static str>,
}

impl Selection {
    /// The rules to run: all where `only` is empty, without those in `skip`.
    ///
    /// # Errors
    /// The first id that no rule has.
    pub fn new(only: &[String], skip: &[String]) -> Result<Self, String> {
        let known = |ids: &[String]| {
            ids.iter().map(|id| rule(id).map(|rule| rule.id).ok_or_else(|| id.clone())).collect::<Result<Vec<_>, _>>()
        };
        Ok(Self { only: known(only)?, skip: known(skip)? })
    }

    /// Whether a rule runs.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        (self.only.is_empty() || self.only.contains(&id)) && !self.skip.contains(&id)
    }

    /// Whether a rule that runs reads a part.
    #[must_use]
    pub fn reads(&self, part: Part) -> bool {
        // The version is the report's own.
        part == Part::Version || RULES.iter().any(|rule| self.has(rule.id) && rule.reads.contains(&part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::Limits;

    #[test]
    fn rules_are_sorted_unique_and_name_figures_that_exist() {
        assert!(RULES.windows(2).all(|pair| pair[0].id < pair[1].id));
        let limits = Limits::published();
        for rule in RULES {
            for figure in rule.figures {
                assert!(limits.figure(figure).is_some(), "{} names {figure}", rule.id);
            }
        }
        let used: std::collections::BTreeSet<_> = RULES.iter().flat_map(|rule| rule.figures).copied().collect();
        // Following a rollout and looking at a system have thresholds of their own, and no rules here.
        let ours = limits.names().filter(|name| !name.starts_with("rollout-") && !name.starts_with("system-"));
        assert_eq!(ours.collect::<std::collections::BTreeSet<_>>(), used, "figures that no rule names");
    }

    #[test]
    fn every_part_is_read_by_some_rule() {
        let all = Selection::default();
        assert!(Part::ALL.into_iter().all(|part| all.reads(part)));
        let one = Selection::new(&["node-cordoned".into()], &[]).unwrap();
        assert!(one.reads(Part::Nodes) && !one.reads(Part::Pods));
        assert_eq!(Selection::new(&["no-such-rule".into()], &[]).unwrap_err(), "no-such-rule");
    }
}
