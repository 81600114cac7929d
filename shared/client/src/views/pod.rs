//! Pods and the state of their containers.

use std::collections::BTreeMap;

use prost::Message;
use serde::Deserialize;

use super::object::{Condition, ObjectMeta};
use super::scalar::{Quantity, Time, nullable};
use super::view;

/// A pod.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Pod {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<PodSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<PodStatus>,
}

view!(Pod, "", "v1", "pods", namespaced);

/// What was asked for.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodSpec {
    #[prost(string, tag = "10")]
    #[serde(deserialize_with = "nullable")]
    pub node_name: String,
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub containers: Vec<Container>,
    #[prost(message, repeated, tag = "20")]
    #[serde(deserialize_with = "nullable")]
    pub init_containers: Vec<Container>,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub restart_policy: String,
    #[prost(int64, optional, tag = "4")]
    pub termination_grace_period_seconds: Option<i64>,
    #[prost(message, repeated, tag = "38")]
    #[serde(deserialize_with = "nullable")]
    pub scheduling_gates: Vec<PodSchedulingGate>,
    #[prost(message, repeated, tag = "28")]
    #[serde(deserialize_with = "nullable")]
    pub readiness_gates: Vec<PodReadinessGate>,
    #[prost(bool, tag = "11")]
    #[serde(deserialize_with = "nullable")]
    pub host_network: bool,
    #[prost(btree_map = "string, message", tag = "32")]
    #[serde(deserialize_with = "nullable")]
    pub overhead: BTreeMap<String, Quantity>,
    /// Of the pod as a whole; wins over the sum of its containers.
    #[prost(message, optional, tag = "40")]
    pub resources: Option<ResourceRequirements>,
    #[prost(message, repeated, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub volumes: Vec<Volume>,
}

/// A volume, for the claim behind it.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Volume {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    /// In JSON its fields stand beside the name.
    #[prost(message, optional, tag = "2")]
    #[serde(flatten)]
    pub source: Option<VolumeSource>,
}

/// Where a volume comes from, as far as that is a claim.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeSource {
    #[prost(message, optional, tag = "10")]
    pub persistent_volume_claim: Option<PersistentVolumeClaimVolumeSource>,
    #[prost(message, optional, tag = "29")]
    pub ephemeral: Option<EphemeralVolumeSource>,
}

/// A claim of the pod's namespace.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PersistentVolumeClaimVolumeSource {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub claim_name: String,
}

/// A claim made for the pod, named `POD-VOLUME`; only its presence is read.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct EphemeralVolumeSource {}

/// A container of the specification; an init container with `restartPolicy: Always` is a sidecar.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Container {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub image: String,
    #[prost(string, optional, tag = "24")]
    pub restart_policy: Option<String>,
    #[prost(message, optional, tag = "8")]
    pub resources: Option<ResourceRequirements>,
    #[prost(message, optional, tag = "11")]
    pub readiness_probe: Option<Probe>,
    #[prost(message, optional, tag = "10")]
    pub liveness_probe: Option<Probe>,
    #[prost(message, optional, tag = "22")]
    pub startup_probe: Option<Probe>,
    #[prost(message, repeated, tag = "6")]
    #[serde(deserialize_with = "nullable")]
    pub ports: Vec<ContainerPort>,
}

/// Resource limits and requests by resource name.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceRequirements {
    #[prost(btree_map = "string, message", tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub limits: BTreeMap<String, Quantity>,
    #[prost(btree_map = "string, message", tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub requests: BTreeMap<String, Quantity>,
}

/// A probe, for its presence and timing.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Probe {
    #[prost(int32, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub initial_delay_seconds: i32,
    #[prost(int32, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub timeout_seconds: i32,
    #[prost(int32, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    pub period_seconds: i32,
    #[prost(int32, tag = "6")]
    #[serde(deserialize_with = "nullable")]
    pub failure_threshold: i32,
}

/// A port that the container says it listens on.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerPort {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    #[prost(int32, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub container_port: i32,
}

impl Pod {
    /// The names of the claims that the pod mounts, those made for it included.
    pub fn claims(&self) -> impl Iterator<Item = String> {
        self.spec().volumes.iter().filter_map(|volume| {
            let source = volume.source.as_ref()?;
            let made = || Some(format!("{}-{}", self.metadata.as_ref()?.name, volume.name));
            match &source.persistent_volume_claim {
                Some(claim) => Some(claim.claim_name.clone()),
                None => source.ephemeral.as_ref().and_then(|_| made()),
            }
        })
    }
}

/// A gate that keeps the pod from being scheduled.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodSchedulingGate {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub name: String,
}

/// An extra condition that must be true before the pod is ready.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodReadinessGate {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub condition_type: String,
}

/// What was observed.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodStatus {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub phase: String,
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub conditions: Vec<Condition>,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub message: String,
    #[prost(string, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    pub reason: String,
    #[prost(message, optional, tag = "7")]
    pub start_time: Option<Time>,
    #[prost(message, repeated, tag = "8")]
    #[serde(deserialize_with = "nullable")]
    pub container_statuses: Vec<ContainerStatus>,
    #[prost(message, repeated, tag = "10")]
    #[serde(deserialize_with = "nullable")]
    pub init_container_statuses: Vec<ContainerStatus>,
    #[prost(string, tag = "11")]
    #[serde(deserialize_with = "nullable")]
    pub nominated_node_name: String,
    #[prost(btree_map = "string, message", tag = "19")]
    #[serde(deserialize_with = "nullable")]
    pub allocated_resources: BTreeMap<String, Quantity>,
    #[prost(message, optional, tag = "20")]
    pub resources: Option<ResourceRequirements>,
}

/// One container's state now and before its last restart.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerStatus {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub state: Option<ContainerState>,
    #[prost(message, optional, tag = "3")]
    pub last_state: Option<ContainerState>,
    #[prost(bool, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    pub ready: bool,
    #[prost(int32, tag = "5")]
    #[serde(deserialize_with = "nullable")]
    pub restart_count: i32,
    #[prost(string, tag = "6")]
    #[serde(deserialize_with = "nullable")]
    pub image: String,
    #[prost(bool, optional, tag = "9")]
    pub started: Option<bool>,
    #[prost(btree_map = "string, message", tag = "10")]
    #[serde(deserialize_with = "nullable")]
    pub allocated_resources: BTreeMap<String, Quantity>,
    /// What the container really runs with; differs from the specification while it is being resized.
    #[prost(message, optional, tag = "11")]
    pub resources: Option<ResourceRequirements>,
}

/// Exactly one of the three is set; none means waiting.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerState {
    #[prost(message, optional, tag = "1")]
    pub waiting: Option<ContainerStateWaiting>,
    #[prost(message, optional, tag = "2")]
    pub running: Option<ContainerStateRunning>,
    #[prost(message, optional, tag = "3")]
    pub terminated: Option<ContainerStateTerminated>,
}

/// Not running yet, and why.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerStateWaiting {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub reason: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub message: String,
}

/// Running, and since when.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerStateRunning {
    #[prost(message, optional, tag = "1")]
    pub started_at: Option<Time>,
}

/// Ended, and how.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerStateTerminated {
    #[prost(int32, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub exit_code: i32,
    #[prost(int32, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub signal: i32,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub reason: String,
    #[prost(string, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    pub message: String,
    #[prost(message, optional, tag = "5")]
    pub started_at: Option<Time>,
    #[prost(message, optional, tag = "6")]
    pub finished_at: Option<Time>,
}

/// The template of a workload's pods.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodTemplateSpec {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<PodSpec>,
}
