//! Nodes.

use std::collections::BTreeMap;

use prost::Message;
use serde::Deserialize;

use super::object::ObjectMeta;
use super::scalar::{Quantity, Time, nullable};
use super::view;

/// A node.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Node {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<NodeSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<NodeStatus>,
}

view!(Node, "", "v1", "nodes", cluster);

/// What was asked for.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSpec {
    /// The range that the node's pods get their addresses of.
    #[prost(string, tag = "1")]
    #[serde(rename = "podCIDR", deserialize_with = "nullable")]
    pub pod_cidr: String,
    #[prost(string, tag = "3")]
    #[serde(rename = "providerID", deserialize_with = "nullable")]
    pub provider_id: String,
    #[prost(bool, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    pub unschedulable: bool,
    #[prost(message, repeated, tag = "5")]
    #[serde(deserialize_with = "nullable")]
    pub taints: Vec<Taint>,
}

/// A taint: pods without a matching toleration stay away.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Taint {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub key: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub value: String,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub effect: String,
    #[prost(message, optional, tag = "4")]
    pub time_added: Option<Time>,
}

/// What the kubelet reports.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeStatus {
    #[prost(btree_map = "string, message", tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub capacity: BTreeMap<String, Quantity>,
    #[prost(btree_map = "string, message", tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub allocatable: BTreeMap<String, Quantity>,
    #[prost(message, repeated, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    pub conditions: Vec<NodeCondition>,
    #[prost(message, repeated, tag = "5")]
    #[serde(deserialize_with = "nullable")]
    pub addresses: Vec<NodeAddress>,
    #[prost(message, optional, tag = "7")]
    pub node_info: Option<NodeSystemInfo>,
}

/// An address of a node: `InternalIP`, `ExternalIP`, `Hostname`.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeAddress {
    #[prost(string, tag = "1")]
    #[serde(rename = "type", deserialize_with = "nullable")]
    pub type_: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub address: String,
}

/// A condition of a node.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeCondition {
    #[prost(string, tag = "1")]
    #[serde(rename = "type", deserialize_with = "nullable")]
    pub type_: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub status: String,
    #[prost(message, optional, tag = "3")]
    pub last_heartbeat_time: Option<Time>,
    #[prost(message, optional, tag = "4")]
    pub last_transition_time: Option<Time>,
    #[prost(string, tag = "5")]
    #[serde(deserialize_with = "nullable")]
    pub reason: String,
    #[prost(string, tag = "6")]
    #[serde(deserialize_with = "nullable")]
    pub message: String,
}

/// Versions on the node.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSystemInfo {
    #[prost(string, tag = "7")]
    #[serde(deserialize_with = "nullable")]
    pub kubelet_version: String,
    #[prost(string, tag = "6")]
    #[serde(deserialize_with = "nullable")]
    pub container_runtime_version: String,
    #[prost(string, tag = "5")]
    #[serde(deserialize_with = "nullable")]
    pub os_image: String,
    #[prost(string, tag = "9")]
    #[serde(deserialize_with = "nullable")]
    pub operating_system: String,
    #[prost(string, tag = "10")]
    #[serde(deserialize_with = "nullable")]
    pub architecture: String,
}
