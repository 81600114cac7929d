//! Workloads.

use prost::Message;
use serde::Deserialize;

use super::object::{EarlyCondition, LabelSelector, ObjectMeta};
use super::pod::PodTemplateSpec;
use super::scalar::{IntOrString, Time, nullable};
use super::view;

/// A deployment.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Deployment {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<DeploymentSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<DeploymentStatus>,
}

view!(Deployment, "apps", "v1", "deployments", namespaced);

/// What was asked for.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentSpec {
    #[prost(int32, optional, tag = "1")]
    pub replicas: Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub selector: Option<LabelSelector>,
    #[prost(message, optional, tag = "3")]
    pub template: Option<PodTemplateSpec>,
    #[prost(message, optional, tag = "4")]
    pub strategy: Option<UpdateStrategy>,
    #[prost(int32, tag = "5")]
    #[serde(deserialize_with = "nullable")]
    pub min_ready_seconds: i32,
    #[prost(bool, tag = "7")]
    #[serde(deserialize_with = "nullable")]
    pub paused: bool,
    #[prost(int32, optional, tag = "9")]
    pub progress_deadline_seconds: Option<i32>,
}

/// How pods are replaced: `RollingUpdate`, `Recreate` or `OnDelete`.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UpdateStrategy {
    #[prost(string, tag = "1")]
    #[serde(rename = "type", deserialize_with = "nullable")]
    pub type_: String,
    #[prost(message, optional, tag = "2")]
    pub rolling_update: Option<RollingUpdate>,
}

/// How many pods at a time may be missing or too many, of deployments and daemon sets.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RollingUpdate {
    #[prost(message, optional, tag = "1")]
    pub max_unavailable: Option<IntOrString>,
    #[prost(message, optional, tag = "2")]
    pub max_surge: Option<IntOrString>,
}

/// What was observed, true for `observedGeneration` only.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentStatus {
    #[prost(int64, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub observed_generation: i64,
    #[prost(int32, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub replicas: i32,
    #[prost(int32, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub updated_replicas: i32,
    #[prost(int32, tag = "7")]
    #[serde(deserialize_with = "nullable")]
    pub ready_replicas: i32,
    #[prost(int32, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    pub available_replicas: i32,
    #[prost(int32, tag = "5")]
    #[serde(deserialize_with = "nullable")]
    pub unavailable_replicas: i32,
    #[prost(message, repeated, tag = "6")]
    #[serde(deserialize_with = "nullable")]
    pub conditions: Vec<DeploymentCondition>,
}

/// A condition of a deployment.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentCondition {
    #[prost(string, tag = "1")]
    #[serde(rename = "type", deserialize_with = "nullable")]
    pub type_: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub status: String,
    #[prost(string, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    pub reason: String,
    #[prost(string, tag = "5")]
    #[serde(deserialize_with = "nullable")]
    pub message: String,
    #[prost(message, optional, tag = "6")]
    pub last_update_time: Option<Time>,
    #[prost(message, optional, tag = "7")]
    pub last_transition_time: Option<Time>,
}

/// A replica set.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplicaSet {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<ReplicaSetSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<ReplicaSetStatus>,
}

view!(ReplicaSet, "apps", "v1", "replicasets", namespaced);

/// What was asked for.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplicaSetSpec {
    #[prost(int32, optional, tag = "1")]
    pub replicas: Option<i32>,
    #[prost(message, optional, tag = "3")]
    pub template: Option<PodTemplateSpec>,
}

/// What was observed.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplicaSetStatus {
    #[prost(int32, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub replicas: i32,
    #[prost(int32, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    pub ready_replicas: i32,
    #[prost(int32, tag = "5")]
    #[serde(deserialize_with = "nullable")]
    pub available_replicas: i32,
    #[prost(int64, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub observed_generation: i64,
    #[prost(message, repeated, tag = "6")]
    #[serde(deserialize_with = "nullable")]
    pub conditions: Vec<EarlyCondition>,
}

/// A stateful set.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StatefulSet {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<StatefulSetSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<StatefulSetStatus>,
}

view!(StatefulSet, "apps", "v1", "statefulsets", namespaced);

/// What was asked for.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StatefulSetSpec {
    #[prost(int32, optional, tag = "1")]
    pub replicas: Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub selector: Option<LabelSelector>,
    #[prost(message, optional, tag = "3")]
    pub template: Option<PodTemplateSpec>,
    #[prost(message, optional, tag = "7")]
    pub update_strategy: Option<StatefulSetUpdateStrategy>,
    #[prost(int32, tag = "9")]
    #[serde(deserialize_with = "nullable")]
    pub min_ready_seconds: i32,
}

/// How a stateful set's pods are replaced: `RollingUpdate` or `OnDelete`.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StatefulSetUpdateStrategy {
    #[prost(string, tag = "1")]
    #[serde(rename = "type", deserialize_with = "nullable")]
    pub type_: String,
    #[prost(message, optional, tag = "2")]
    pub rolling_update: Option<StatefulSetRollingUpdate>,
}

/// Pods with a lower number than `partition` stay as they are.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StatefulSetRollingUpdate {
    #[prost(int32, optional, tag = "1")]
    pub partition: Option<i32>,
}

/// What was observed.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StatefulSetStatus {
    #[prost(int64, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub observed_generation: i64,
    #[prost(int32, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub replicas: i32,
    #[prost(int32, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub ready_replicas: i32,
    #[prost(int32, tag = "5")]
    #[serde(deserialize_with = "nullable")]
    pub updated_replicas: i32,
    #[prost(int32, tag = "11")]
    #[serde(deserialize_with = "nullable")]
    pub available_replicas: i32,
    #[prost(string, tag = "6")]
    #[serde(deserialize_with = "nullable")]
    pub current_revision: String,
    #[prost(string, tag = "7")]
    #[serde(deserialize_with = "nullable")]
    pub update_revision: String,
}

/// A daemon set.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DaemonSet {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<DaemonSetSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<DaemonSetStatus>,
}

view!(DaemonSet, "apps", "v1", "daemonsets", namespaced);

/// What was asked for.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DaemonSetSpec {
    #[prost(message, optional, tag = "1")]
    pub selector: Option<LabelSelector>,
    #[prost(message, optional, tag = "2")]
    pub template: Option<PodTemplateSpec>,
    #[prost(message, optional, tag = "3")]
    pub update_strategy: Option<UpdateStrategy>,
    #[prost(int32, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    pub min_ready_seconds: i32,
}

/// What was observed.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DaemonSetStatus {
    #[prost(int32, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub current_number_scheduled: i32,
    #[prost(int32, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub number_misscheduled: i32,
    #[prost(int32, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub desired_number_scheduled: i32,
    #[prost(int32, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    pub number_ready: i32,
    #[prost(int64, tag = "5")]
    #[serde(deserialize_with = "nullable")]
    pub observed_generation: i64,
    #[prost(int32, tag = "6")]
    #[serde(deserialize_with = "nullable")]
    pub updated_number_scheduled: i32,
    #[prost(int32, tag = "7")]
    #[serde(deserialize_with = "nullable")]
    pub number_available: i32,
    #[prost(int32, tag = "8")]
    #[serde(deserialize_with = "nullable")]
    pub number_unavailable: i32,
}

/// A state that a stateful set or daemon set has had, without its content.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ControllerRevision {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(int64, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub revision: i64,
}

view!(ControllerRevision, "apps", "v1", "controllerrevisions", namespaced);
