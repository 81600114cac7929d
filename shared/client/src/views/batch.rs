//! Jobs and cron jobs.

use prost::Message;
use serde::Deserialize;

use super::object::{Condition, ObjectMeta};
use super::scalar::{Time, nullable};
use super::view;

/// A job.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Job {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<JobSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<JobStatus>,
}

view!(Job, "batch", "v1", "jobs", namespaced);

/// What was asked for.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobSpec {
    #[prost(int32, optional, tag = "1")]
    pub parallelism: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub completions: Option<i32>,
    #[prost(int32, optional, tag = "7")]
    pub backoff_limit: Option<i32>,
    #[prost(bool, tag = "10")]
    #[serde(deserialize_with = "nullable")]
    pub suspend: bool,
}

/// What was observed.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobStatus {
    #[prost(message, repeated, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub conditions: Vec<Condition>,
    #[prost(message, optional, tag = "2")]
    pub start_time: Option<Time>,
    #[prost(message, optional, tag = "3")]
    pub completion_time: Option<Time>,
    #[prost(int32, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    pub active: i32,
    #[prost(int32, tag = "5")]
    #[serde(deserialize_with = "nullable")]
    pub succeeded: i32,
    #[prost(int32, tag = "6")]
    #[serde(deserialize_with = "nullable")]
    pub failed: i32,
}

/// A cron job.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CronJob {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<CronJobSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<CronJobStatus>,
}

view!(CronJob, "batch", "v1", "cronjobs", namespaced);

/// What was asked for.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CronJobSpec {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub schedule: String,
    #[prost(bool, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    pub suspend: bool,
}

/// When it last ran and last succeeded.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CronJobStatus {
    #[prost(message, optional, tag = "4")]
    pub last_schedule_time: Option<Time>,
    #[prost(message, optional, tag = "5")]
    pub last_successful_time: Option<Time>,
}
