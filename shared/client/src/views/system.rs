//! Kinds that tell what a cluster is made of. Pods and endpoint slices have views of their own here: of the few that run
//! the system more is read (command lines, addresses) than of all others.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use prost::Message;
use serde::Deserialize;
use serde::de::Deserializer;

use super::object::{LabelSelector, ObjectMeta};
use super::pod::PodStatus;
use super::scalar::nullable;
use super::{Resource, View, view};

/// A pod of the system, with the command lines of its containers.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SystemPod {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<SystemPodSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<PodStatus>,
}

impl View for SystemPod {
    const RESOURCE: Resource = super::pod::Pod::RESOURCE;

    fn meta(&self) -> &ObjectMeta {
        super::or_empty(self.metadata.as_ref())
    }
}

/// Where it runs, and what.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SystemPodSpec {
    #[prost(string, tag = "10")]
    #[serde(deserialize_with = "nullable")]
    pub node_name: String,
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub containers: Vec<SystemContainer>,
}

/// A container and its command line.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SystemContainer {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub image: String,
    #[prost(string, repeated, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub command: Vec<String>,
    #[prost(string, repeated, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    pub args: Vec<String>,
}

/// A disruption budget, for the pods that it selects.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Budget {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<BudgetSpec>,
}

impl View for Budget {
    const RESOURCE: Resource = super::policy::PodDisruptionBudget::RESOURCE;

    fn meta(&self) -> &ObjectMeta {
        super::or_empty(self.metadata.as_ref())
    }
}

/// Which pods it guards.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BudgetSpec {
    #[prost(message, optional, tag = "2")]
    pub selector: Option<LabelSelector>,
}

/// Part of a service's endpoints, with their addresses.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AddressedSlice {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub endpoints: Vec<AddressedEndpoint>,
    #[prost(message, repeated, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub ports: Vec<EndpointPort>,
}

impl View for AddressedSlice {
    const RESOURCE: Resource = super::cluster::EndpointSlice::RESOURCE;

    fn meta(&self) -> &ObjectMeta {
        super::or_empty(self.metadata.as_ref())
    }
}

/// One endpoint's addresses.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AddressedEndpoint {
    #[prost(string, repeated, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub addresses: Vec<String>,
}

/// A port of all endpoints of a slice.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EndpointPort {
    #[prost(int32, optional, tag = "3")]
    pub port: Option<i32>,
}

/// A config map. Only single ones by name are read: their content may be large.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConfigMap {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(btree_map = "string, string", tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub data: BTreeMap<String, String>,
}

view!(ConfigMap, "", "v1", "configmaps", namespaced);

/// A range that services get their addresses of.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceCIDR {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<ServiceCIDRSpec>,
}

view!(ServiceCIDR, "networking.k8s.io", "v1", "servicecidrs", cluster);

/// The range in each family.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceCIDRSpec {
    #[prost(string, repeated, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub cidrs: Vec<String>,
}

/// A storage driver, for its name.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CSIDriver {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
}

view!(CSIDriver, "storage.k8s.io", "v1", "csidrivers", cluster);

/// A sort of ingress, and who serves it.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressClass {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<IngressClassSpec>,
}

view!(IngressClass, "networking.k8s.io", "v1", "ingressclasses", cluster);

/// The controller's name.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressClassSpec {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub controller: String,
}

/// A network policy, as far as it tells whether it denies by default.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NetworkPolicy {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<NetworkPolicySpec>,
}

view!(NetworkPolicy, "networking.k8s.io", "v1", "networkpolicies", namespaced);

/// Whom it selects; its rules only count.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NetworkPolicySpec {
    #[prost(message, optional, tag = "1")]
    pub pod_selector: Option<LabelSelector>,
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub ingress: Vec<Rule>,
    #[prost(message, repeated, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub egress: Vec<Rule>,
}

/// A rule, for its presence.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct Rule {}

/// A volume, as far as it tells whether it is one of a node's own disk.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PersistentVolume {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<PersistentVolumeSpec>,
}

view!(PersistentVolume, "", "v1", "persistentvolumes", cluster);

/// In JSON the source's fields stand beside the others.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PersistentVolumeSpec {
    #[prost(message, optional, tag = "2")]
    #[serde(flatten)]
    pub source: Option<PersistentVolumeSource>,
}

/// Where a volume is, as far as that is a folder or disk of a node.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PersistentVolumeSource {
    #[prost(message, optional, tag = "20")]
    pub local: Option<LocalVolumeSource>,
}

/// A path of the node.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LocalVolumeSource {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub path: String,
}

/// A kind that somebody has added, and what the server says of it.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CustomResourceDefinition {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<CustomResourceDefinitionStatus>,
}

view!(CustomResourceDefinition, "apiextensions.k8s.io", "v1", "customresourcedefinitions", cluster);

/// What was observed.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CustomResourceDefinitionStatus {
    #[prost(message, repeated, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub conditions: Vec<Flag>,
}

/// A condition's name and whether it holds.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Flag {
    #[prost(string, tag = "1")]
    #[serde(rename = "type", deserialize_with = "nullable")]
    pub type_: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub status: String,
}

/// Who has a role in the whole cluster.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterRoleBinding {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub subjects: Vec<Subject>,
}

view!(ClusterRoleBinding, "rbac.authorization.k8s.io", "v1", "clusterrolebindings", cluster);

/// A user, group or service account.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Subject {
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub name: String,
}

/// An aggregated API, with the authority that its server is trusted by.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TrustedService {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<TrustedServiceSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<super::cluster::APIServiceStatus>,
}

impl View for TrustedService {
    const RESOURCE: Resource = super::cluster::APIService::RESOURCE;

    fn meta(&self) -> &ObjectMeta {
        super::or_empty(self.metadata.as_ref())
    }
}

/// Who serves it, and how that one is known.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TrustedServiceSpec {
    #[prost(message, optional, tag = "1")]
    pub service: Option<super::cluster::AggregatedService>,
    #[prost(bool, tag = "4")]
    #[serde(rename = "insecureSkipTLSVerify", deserialize_with = "nullable")]
    pub insecure_skip_tls_verify: bool,
    #[prost(bytes = "vec", tag = "5")]
    #[serde(deserialize_with = "base64")]
    pub ca_bundle: Vec<u8>,
}

macro_rules! webhooks {
    ($kind:ident, $resource:ty, $what:literal) => {
        #[doc = concat!($what, " admission webhooks, with the authorities that they are trusted by.")]
        #[derive(Clone, PartialEq, Message, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        pub struct $kind {
            #[prost(message, optional, tag = "1")]
            pub metadata: Option<ObjectMeta>,
            #[prost(message, repeated, tag = "2")]
            #[serde(deserialize_with = "nullable")]
            pub webhooks: Vec<TrustedWebhook>,
        }

        impl View for $kind {
            const RESOURCE: Resource = <$resource>::RESOURCE;

            fn meta(&self) -> &ObjectMeta {
                super::or_empty(self.metadata.as_ref())
            }
        }
    };
}

webhooks!(TrustedValidating, super::cluster::ValidatingWebhookConfiguration, "Validating");
webhooks!(TrustedMutating, super::cluster::MutatingWebhookConfiguration, "Mutating");

/// One webhook.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TrustedWebhook {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub client_config: Option<TrustedClientConfig>,
    #[prost(string, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    pub failure_policy: String,
}

/// How its server is known.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TrustedClientConfig {
    #[prost(bytes = "vec", tag = "2")]
    #[serde(deserialize_with = "base64")]
    pub ca_bundle: Vec<u8>,
}

/// A request for a certificate, and the certificate that came of it.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SignedRequest {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<super::cluster::CertificateSigningRequestSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<SignedRequestStatus>,
}

impl View for SignedRequest {
    const RESOURCE: Resource = super::cluster::CertificateSigningRequest::RESOURCE;

    fn meta(&self) -> &ObjectMeta {
        super::or_empty(self.metadata.as_ref())
    }
}

/// Whether it was approved, and the certificate (PEM).
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SignedRequestStatus {
    #[prost(message, repeated, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub conditions: Vec<Flag>,
    #[prost(bytes = "vec", tag = "2")]
    #[serde(deserialize_with = "base64")]
    pub certificate: Vec<u8>,
}

/// Bytes, which JSON writes in base64; what is none counts as no bytes.
fn base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    Ok(BASE64.decode(text).unwrap_or_default())
}
