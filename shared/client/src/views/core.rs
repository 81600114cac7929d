//! The core group's other kinds.

use std::collections::BTreeMap;

use prost::Message;
use serde::Deserialize;

use super::object::{Condition, ObjectMeta};
use super::scalar::{Quantity, Time, nullable};
use super::view;

/// A namespace.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Namespace {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<NamespaceStatus>,
}

view!(Namespace, "", "v1", "namespaces", cluster);

/// `Active` or `Terminating`, and what holds the deletion up.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NamespaceStatus {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub phase: String,
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub conditions: Vec<Condition>,
}

/// A service.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Service {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<ServiceSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<ServiceStatus>,
}

view!(Service, "", "v1", "services", namespaced);

/// What was asked for.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceSpec {
    #[prost(string, tag = "4")]
    #[serde(rename = "type", deserialize_with = "nullable")]
    pub type_: String,
    #[prost(btree_map = "string, string", tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub selector: BTreeMap<String, String>,
    #[prost(string, tag = "3")]
    #[serde(rename = "clusterIP", deserialize_with = "nullable")]
    pub cluster_ip: String,
    #[prost(bool, tag = "13")]
    #[serde(deserialize_with = "nullable")]
    pub publish_not_ready_addresses: bool,
}

/// What was observed.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceStatus {
    #[prost(message, optional, tag = "1")]
    pub load_balancer: Option<LoadBalancerStatus>,
}

/// The load balancer's addresses.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LoadBalancerStatus {
    #[prost(message, repeated, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub ingress: Vec<LoadBalancerIngress>,
}

/// One address.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LoadBalancerIngress {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub ip: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub hostname: String,
}

/// A claim.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PersistentVolumeClaim {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<PersistentVolumeClaimSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<PersistentVolumeClaimStatus>,
}

view!(PersistentVolumeClaim, "", "v1", "persistentvolumeclaims", namespaced);

/// What was asked for.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PersistentVolumeClaimSpec {
    #[prost(string, optional, tag = "5")]
    pub storage_class_name: Option<String>,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub volume_name: String,
}

/// `Pending`, `Bound` or `Lost`.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PersistentVolumeClaimStatus {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub phase: String,
}

/// A quota.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceQuota {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<ResourceQuotaStatus>,
}

view!(ResourceQuota, "", "v1", "resourcequotas", namespaced);

/// Limits and use by resource name.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceQuotaStatus {
    #[prost(btree_map = "string, message", tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub hard: BTreeMap<String, Quantity>,
    #[prost(btree_map = "string, message", tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub used: BTreeMap<String, Quantity>,
}

/// A core/v1 event.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Event {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub involved_object: Option<ObjectReference>,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub reason: String,
    #[prost(string, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    pub message: String,
    #[prost(message, optional, tag = "5")]
    pub source: Option<EventSource>,
    #[prost(message, optional, tag = "6")]
    pub first_timestamp: Option<Time>,
    #[prost(message, optional, tag = "7")]
    pub last_timestamp: Option<Time>,
    #[prost(int32, tag = "8")]
    #[serde(deserialize_with = "nullable")]
    pub count: i32,
    #[prost(string, tag = "9")]
    #[serde(rename = "type", deserialize_with = "nullable")]
    pub type_: String,
    #[prost(message, optional, tag = "10")]
    pub event_time: Option<Time>,
    #[prost(message, optional, tag = "11")]
    pub series: Option<EventSeries>,
    #[prost(string, tag = "14")]
    #[serde(deserialize_with = "nullable")]
    pub reporting_component: String,
}

view!(Event, "", "v1", "events", namespaced);

/// What an event is about.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectReference {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub kind: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub namespace: String,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    #[prost(string, tag = "5")]
    #[serde(deserialize_with = "nullable")]
    pub api_version: String,
    #[prost(string, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    pub uid: String,
    #[prost(string, tag = "7")]
    #[serde(deserialize_with = "nullable")]
    pub field_path: String,
}

/// Who reported it (older reporters).
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EventSource {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub component: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub host: String,
}

/// How often it was seen (newer reporters).
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EventSeries {
    #[prost(int32, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub count: i32,
    #[prost(message, optional, tag = "2")]
    pub last_observed_time: Option<Time>,
}
