//! Autoscaling and disruption budgets.

use prost::Message;
use serde::Deserialize;

use super::object::{Condition, EarlyCondition, ObjectMeta};
use super::scalar::nullable;
use super::view;

/// A horizontal pod autoscaler.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HorizontalPodAutoscaler {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<HorizontalPodAutoscalerSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<HorizontalPodAutoscalerStatus>,
}

view!(HorizontalPodAutoscaler, "autoscaling", "v2", "horizontalpodautoscalers", namespaced);

/// What was asked for.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HorizontalPodAutoscalerSpec {
    #[prost(message, optional, tag = "1")]
    pub scale_target_ref: Option<CrossVersionObjectReference>,
    #[prost(int32, optional, tag = "2")]
    pub min_replicas: Option<i32>,
    #[prost(int32, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub max_replicas: i32,
}

/// What it scales.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CrossVersionObjectReference {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub kind: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub api_version: String,
}

/// What was observed.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HorizontalPodAutoscalerStatus {
    #[prost(int32, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub current_replicas: i32,
    #[prost(int32, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    pub desired_replicas: i32,
    #[prost(message, repeated, tag = "6")]
    #[serde(deserialize_with = "nullable")]
    pub conditions: Vec<EarlyCondition>,
}

/// A disruption budget.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodDisruptionBudget {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<PodDisruptionBudgetStatus>,
}

view!(PodDisruptionBudget, "policy", "v1", "poddisruptionbudgets", namespaced);

/// What was observed.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodDisruptionBudgetStatus {
    #[prost(int64, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub observed_generation: i64,
    #[prost(int32, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub disruptions_allowed: i32,
    #[prost(int32, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    pub current_healthy: i32,
    #[prost(int32, tag = "5")]
    #[serde(deserialize_with = "nullable")]
    pub desired_healthy: i32,
    #[prost(int32, tag = "6")]
    #[serde(deserialize_with = "nullable")]
    pub expected_pods: i32,
    #[prost(message, repeated, tag = "7")]
    #[serde(deserialize_with = "nullable")]
    pub conditions: Vec<Condition>,
}
