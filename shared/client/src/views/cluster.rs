//! Kinds that belong to the cluster and its control plane.

use prost::Message;
use serde::Deserialize;

use super::object::{EarlyCondition, ObjectMeta};
use super::scalar::{Time, nullable};
use super::view;

/// A certificate signing request.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CertificateSigningRequest {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<CertificateSigningRequestSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<CertificateSigningRequestStatus>,
}

view!(CertificateSigningRequest, "certificates.k8s.io", "v1", "certificatesigningrequests", cluster);

/// Who asks whom.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CertificateSigningRequestSpec {
    #[prost(string, tag = "7")]
    #[serde(deserialize_with = "nullable")]
    pub signer_name: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub username: String,
}

/// `Approved`, `Denied` or `Failed`; none means pending.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CertificateSigningRequestStatus {
    #[prost(message, repeated, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub conditions: Vec<CertificateSigningRequestCondition>,
}

/// A condition of a request.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CertificateSigningRequestCondition {
    #[prost(string, tag = "1")]
    #[serde(rename = "type", deserialize_with = "nullable")]
    pub type_: String,
    #[prost(string, tag = "6")]
    #[serde(deserialize_with = "nullable")]
    pub status: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub reason: String,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub message: String,
    #[prost(message, optional, tag = "4")]
    pub last_update_time: Option<Time>,
}

/// A lease: of a leader, a node or an API server.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Lease {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<LeaseSpec>,
}

view!(Lease, "coordination.k8s.io", "v1", "leases", namespaced);

/// Who holds it and when it was last renewed.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LeaseSpec {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub holder_identity: String,
    #[prost(int32, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub lease_duration_seconds: i32,
    #[prost(message, optional, tag = "4")]
    pub renew_time: Option<Time>,
    #[prost(message, optional, tag = "3")]
    pub acquire_time: Option<Time>,
}

/// Part of a service's endpoints.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EndpointSlice {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub endpoints: Vec<Endpoint>,
    /// `IPv4`, `IPv6` or `FQDN`: a service of two families has slices of each.
    #[prost(string, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    pub address_type: String,
}

view!(EndpointSlice, "discovery.k8s.io", "v1", "endpointslices", namespaced);

/// One endpoint.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Endpoint {
    #[prost(message, optional, tag = "2")]
    pub conditions: Option<EndpointConditions>,
}

/// Absent `ready` means ready.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EndpointConditions {
    #[prost(bool, optional, tag = "1")]
    pub ready: Option<bool>,
    #[prost(bool, optional, tag = "2")]
    pub serving: Option<bool>,
    #[prost(bool, optional, tag = "3")]
    pub terminating: Option<bool>,
}

/// A storage class.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StorageClass {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub provisioner: String,
    #[prost(string, optional, tag = "7")]
    pub volume_binding_mode: Option<String>,
}

view!(StorageClass, "storage.k8s.io", "v1", "storageclasses", cluster);

/// The intent to attach a volume to a node.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeAttachment {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<VolumeAttachmentSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<VolumeAttachmentStatus>,
}

view!(VolumeAttachment, "storage.k8s.io", "v1", "volumeattachments", cluster);

/// What is to be attached where.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeAttachmentSpec {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub attacher: String,
    #[prost(message, optional, tag = "2")]
    pub source: Option<VolumeAttachmentSource>,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub node_name: String,
}

/// The volume.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeAttachmentSource {
    #[prost(string, optional, tag = "1")]
    pub persistent_volume_name: Option<String>,
}

/// What came of it.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeAttachmentStatus {
    #[prost(bool, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub attached: bool,
    #[prost(message, optional, tag = "3")]
    pub attach_error: Option<VolumeError>,
    #[prost(message, optional, tag = "4")]
    pub detach_error: Option<VolumeError>,
}

/// The last failure.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeError {
    #[prost(message, optional, tag = "1")]
    pub time: Option<Time>,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub message: String,
}

/// Validating admission webhooks.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ValidatingWebhookConfiguration {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub webhooks: Vec<ValidatingWebhook>,
}

view!(ValidatingWebhookConfiguration, "admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", cluster);

/// One validating webhook.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ValidatingWebhook {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub client_config: Option<WebhookClientConfig>,
    #[prost(string, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    pub failure_policy: String,
}

/// Mutating admission webhooks.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MutatingWebhookConfiguration {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub webhooks: Vec<MutatingWebhook>,
}

view!(MutatingWebhookConfiguration, "admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations", cluster);

/// One mutating webhook.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MutatingWebhook {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub client_config: Option<WebhookClientConfig>,
    #[prost(string, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    pub failure_policy: String,
}

/// Where the webhook is called.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WebhookClientConfig {
    #[prost(string, optional, tag = "3")]
    pub url: Option<String>,
    #[prost(message, optional, tag = "1")]
    pub service: Option<WebhookService>,
}

/// The service behind a webhook.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WebhookService {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub namespace: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    #[prost(int32, optional, tag = "4")]
    pub port: Option<i32>,
}

/// An API group version and who serves it.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct APIService {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<APIServiceSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<APIServiceStatus>,
}

view!(APIService, "apiregistration.k8s.io", "v1", "apiservices", cluster);

/// The service behind it; none means served locally.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct APIServiceSpec {
    #[prost(message, optional, tag = "1")]
    pub service: Option<AggregatedService>,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub group: String,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub version: String,
}

/// The service behind an aggregated API.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AggregatedService {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub namespace: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    #[prost(int32, optional, tag = "3")]
    pub port: Option<i32>,
}

/// What was observed.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct APIServiceStatus {
    #[prost(message, repeated, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub conditions: Vec<EarlyCondition>,
}
