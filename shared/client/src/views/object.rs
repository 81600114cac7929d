//! What every Kubernetes object carries: metadata, conditions and references.

use std::collections::BTreeMap;

use prost::Message;
use serde::Deserialize;

use super::scalar::{Time, nullable};

/// `metadata`, without annotations and managed fields: nothing here reads them.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectMeta {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub namespace: String,
    #[prost(string, tag = "5")]
    #[serde(deserialize_with = "nullable")]
    pub uid: String,
    #[prost(string, tag = "6")]
    #[serde(deserialize_with = "nullable")]
    pub resource_version: String,
    #[prost(int64, tag = "7")]
    #[serde(deserialize_with = "nullable")]
    pub generation: i64,
    #[prost(message, optional, tag = "8")]
    pub creation_timestamp: Option<Time>,
    #[prost(message, optional, tag = "9")]
    pub deletion_timestamp: Option<Time>,
    #[prost(int64, optional, tag = "10")]
    pub deletion_grace_period_seconds: Option<i64>,
    #[prost(btree_map = "string, string", tag = "11")]
    #[serde(deserialize_with = "nullable")]
    pub labels: BTreeMap<String, String>,
    #[prost(message, repeated, tag = "13")]
    #[serde(deserialize_with = "nullable")]
    pub owner_references: Vec<OwnerReference>,
    #[prost(string, repeated, tag = "14")]
    #[serde(deserialize_with = "nullable")]
    pub finalizers: Vec<String>,
}

/// The owner of an object; the controlling one has `controller` set.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OwnerReference {
    #[prost(string, tag = "5")]
    #[serde(deserialize_with = "nullable")]
    pub api_version: String,
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub kind: String,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    #[prost(string, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    pub uid: String,
    #[prost(bool, tag = "6")]
    #[serde(deserialize_with = "nullable")]
    pub controller: bool,
}

/// The condition type newer APIs share.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Condition {
    #[prost(string, tag = "1")]
    #[serde(rename = "type", deserialize_with = "nullable")]
    pub type_: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub status: String,
    #[prost(string, tag = "5")]
    #[serde(deserialize_with = "nullable")]
    pub reason: String,
    #[prost(string, tag = "6")]
    #[serde(deserialize_with = "nullable")]
    pub message: String,
    #[prost(message, optional, tag = "4")]
    pub last_transition_time: Option<Time>,
}

/// The condition type of some kinds that are older than the shared one: the same fields under other tags.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EarlyCondition {
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
    #[prost(message, optional, tag = "3")]
    pub last_transition_time: Option<Time>,
}
