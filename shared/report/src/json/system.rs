//! The system report as programs read it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::convert::{generated_at, words};
use super::{ApiVersion, JsonCluster, JsonFinding, JsonNotChecked, JsonVerdict};
use crate::report::Report;
use crate::system::{
    Architecture, Certificate, Component, ControlPlane, DeprecatedApi, Fit, LastFailure, Manager, State, System, Theme,
};

/// A report of what a cluster is made of.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "SystemReport")]
pub struct JsonSystemReport {
    /// The version of this format.
    api_version: ApiVersion,
    /// Which report this is.
    kind: Kind,
    /// Which cluster was looked at.
    cluster: JsonCluster,
    /// When the reading was done (RFC 3339, UTC).
    #[schemars(with = "String", extend("format" = "date-time"))]
    generated_at: Timestamp,
    /// The sum of it.
    verdict: JsonVerdict,
    /// Facts about the cluster, a line each, in words.
    summary: Vec<String>,
    /// The cluster in one picture; null where only one namespace was looked at.
    architecture: Option<JsonArchitecture>,
    /// What the control plane says of itself; null where only one namespace was looked at.
    control_plane: Option<JsonControlPlane>,
    /// The workloads of the system's namespaces, known ones first.
    components: Vec<JsonComponent>,
    /// The themes of the 1.7 release, as they are here today; empty where only one namespace was looked at.
    posture: Vec<JsonTheme>,
    /// Deprecated APIs that somebody has asked for since the start of the API server that answered.
    deprecated_apis: Vec<JsonDeprecated>,
    /// Certificates that can be seen without reading Secrets, the first to end first.
    certificates: Vec<JsonCertificate>,
    /// What is wrong with the system, worst first.
    findings: Vec<JsonFinding>,
    /// What was asked for and could not be read.
    not_checked: Vec<JsonNotChecked>,
    /// What the process ended with.
    exit_code: u8,
}

/// Which report it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(inline)]
enum Kind {
    /// `kubectl inspect-system`.
    SystemReport,
}

/// A workload of a system namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Component")]
struct JsonComponent {
    /// Its id in the table of components; null where that does not know it.
    id: Option<String>,
    /// What it is for; null where the table does not know it.
    purpose: Option<String>,
    /// What breaks when it dies; null where the table does not know it.
    without_it: Option<String>,
    /// What it does for the cluster, as `dns` or `network`; null where the table does not know it.
    role: Option<String>,
    /// `StaticPod`, `DaemonSet`, `Deployment`, `StatefulSet` or `Pod`.
    kind: String,
    /// Its namespace.
    namespace: String,
    /// Its name; of a static pod without its node.
    name: String,
    /// Who put it there and looks after it; null where neither labels nor owners tell.
    managed_by: Option<JsonManager>,
    /// The tags of its image; several while it is updated, none where images are named by digest alone.
    versions: Vec<String>,
    /// How its version stands to the API server's by the version skew policy.
    version_fit: JsonFit,
    /// How many pods there should be; null where nothing says so.
    desired: Option<u64>,
    /// How many are ready.
    ready: u64,
    /// On how many nodes it runs.
    node_count: u64,
    /// The first of these nodes, sorted.
    #[schemars(length(max = 50))]
    nodes: Vec<String>,
    /// Whether a disruption budget guards it; null where that cannot be said or does not matter.
    disruption_budget: Option<bool>,
    /// Restarts of all containers of the pods that there are.
    restarts: u64,
    /// The last time that a container ended badly, or why one does not start; null where none did.
    last_failure: Option<JsonFailure>,
}

/// Who looks after a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Manager")]
struct JsonManager {
    /// `addon-manager`, `helm`, `owner`, `label` or `provider`.
    kind: String,
    /// The owner's kind and name, the label's value or the provider; null for the others.
    name: Option<String>,
}

/// A version against the API server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
enum JsonFit {
    /// The version skew policy allows it.
    Fits,
    /// It is too old.
    TooOld,
    /// It is newer than the API server.
    TooNew,
    /// No published rule ties it to the API server.
    NoRule,
    /// There is a rule, and a version could not be read.
    Unreadable,
}

/// How a container failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Failure")]
struct JsonFailure {
    /// The pod.
    pod: String,
    /// The container.
    container: String,
    /// The kubelet's word for it.
    reason: String,
    /// The exit code; null where it has not ended.
    exit_code: Option<i32>,
    /// When it ended; null where it has not.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    at: Option<Timestamp>,
}

/// What the control plane says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "ControlPlane")]
struct JsonControlPlane {
    /// Health endpoints of the instance that answered.
    endpoints: Vec<JsonEndpoint>,
    /// Who leads.
    leases: Vec<JsonLease>,
    /// The API servers that can be seen.
    instances: Vec<JsonInstance>,
    /// The API server's flags; null where it does not tell them.
    flags: Option<BTreeMap<String, String>>,
    /// Where the flags were read: `/flagz` or a pod's name.
    flags_from: Option<String>,
    /// Its feature gates, as the metrics tell them.
    feature_gates: Vec<JsonGate>,
}

/// A health endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "HealthEndpoint")]
struct JsonEndpoint {
    /// `/readyz` or `/livez`.
    path: String,
    /// The names of the checks that passed.
    passed: Vec<String>,
    /// The names of those that did not.
    failed: Vec<String>,
}

/// A lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "LeaderLease")]
struct JsonLease {
    /// What is led.
    name: String,
    /// Who leads; empty when the lease was given back.
    holder: String,
    /// How long ago it was renewed.
    age_seconds: u64,
    /// Whether that is too long.
    lost: bool,
}

/// An API server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Instance")]
struct JsonInstance {
    /// Its address or its identity.
    name: String,
    /// `endpoint` (an address of the `kubernetes` service) or `lease` (an identity).
    seen_by: String,
    /// How long ago its lease was renewed; null for an endpoint.
    age_seconds: Option<u64>,
}

/// A feature gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "FeatureGate")]
struct JsonGate {
    /// Its name.
    name: String,
    /// `ALPHA`, `BETA`, `DEPRECATED`, or empty for what has become part of Kubernetes.
    stage: String,
    /// Whether it is on.
    enabled: bool,
}

/// The cluster in one picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Architecture")]
struct JsonArchitecture {
    /// Its lines.
    facts: Vec<JsonFact>,
    /// The reference of `--compare-to`; null without one.
    compared_to: Option<String>,
    /// Where that was published.
    reference_source: Option<String>,
}

/// One line of the picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Fact")]
struct JsonFact {
    /// Stable across releases.
    #[schemars(regex(pattern = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"))]
    id: String,
    /// In words.
    title: String,
    /// What was found; empty where there is none.
    values: Vec<String>,
    /// Whether it can be seen from here.
    seen: bool,
    /// How it was found out.
    found_by: String,
    /// The reference's value; null without one.
    reference: Option<String>,
}

/// A theme of the 1.7 release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Theme")]
struct JsonTheme {
    /// Stable across releases.
    #[schemars(regex(pattern = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"))]
    id: String,
    /// In words.
    title: String,
    /// What it was then and what it has become.
    became: String,
    /// Whether this cluster has it on.
    state: JsonState,
    /// What was seen.
    detail: String,
    /// How it was found out.
    found_by: String,
}

/// Whether something is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
enum JsonState {
    /// It is.
    On,
    /// It is not.
    Off,
    /// Some of it is.
    Partly,
    /// It cannot be seen from here.
    Unseen,
}

/// A deprecated API that somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "DeprecatedApi")]
struct JsonDeprecated {
    /// API group; empty for core.
    group: String,
    /// Its version.
    version: String,
    /// Plural resource, with a subresource after a slash.
    resource: String,
    /// The release that no longer has it; null where that is not set yet.
    removed_in: Option<String>,
}

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Certificate")]
struct JsonCertificate {
    /// Where it was seen, in words.
    seen: String,
    /// Its subject's common name; empty where it has none.
    subject: String,
    /// When it ends.
    #[schemars(with = "String", extend("format" = "date-time"))]
    not_after: Timestamp,
    /// How many whole days are left; negative when it has ended.
    days_left: i64,
}

impl JsonSystemReport {
    /// The report and its facts.
    #[must_use]
    pub fn new(report: &Report, system: &System) -> Self {
        Self {
            api_version: ApiVersion::V1,
            kind: Kind::SystemReport,
            cluster: (&report.cluster).into(),
            generated_at: generated_at(report),
            verdict: report.verdict.into(),
            summary: report.summary.iter().map(words).collect(),
            architecture: system.architecture.as_ref().map(JsonArchitecture::from),
            control_plane: system.control_plane.as_ref().map(JsonControlPlane::from),
            components: system.components.iter().map(JsonComponent::from).collect(),
            posture: system.posture.iter().map(JsonTheme::from).collect(),
            deprecated_apis: system.deprecated.iter().map(JsonDeprecated::from).collect(),
            certificates: system.certificates.iter().map(JsonCertificate::from).collect(),
            findings: report.findings.iter().map(JsonFinding::from).collect(),
            not_checked: report.not_checked.iter().map(JsonNotChecked::from).collect(),
            exit_code: report.exit_code.code(),
        }
    }
}

impl From<&Component> for JsonComponent {
    fn from(component: &Component) -> Self {
        Self {
            id: component.id.map(str::to_owned),
            purpose: component.what.as_ref().map(words),
            without_it: component.dies.as_ref().map(words),
            role: component.role.map(str::to_owned),
            kind: component.kind.to_owned(),
            namespace: component.namespace.clone(),
            name: component.name.clone(),
            managed_by: component.manager.as_ref().map(JsonManager::from),
            versions: component.versions.clone(),
            version_fit: match component.fit {
                Fit::Fits => JsonFit::Fits,
                Fit::TooOld => JsonFit::TooOld,
                Fit::TooNew => JsonFit::TooNew,
                Fit::NoRule => JsonFit::NoRule,
                Fit::Unreadable => JsonFit::Unreadable,
            },
            desired: component.desired,
            ready: component.ready,
            node_count: component.node_count,
            nodes: component.nodes.clone(),
            disruption_budget: component.budget,
            restarts: component.restarts,
            last_failure: component.last_failure.as_ref().map(JsonFailure::from),
        }
    }
}

impl From<&Manager> for JsonManager {
    fn from(manager: &Manager) -> Self {
        let (kind, name) = match manager {
            Manager::AddonManager => ("addon-manager", None),
            Manager::Helm => ("helm", None),
            Manager::Owner(name) => ("owner", Some(name.clone())),
            Manager::Label(name) => ("label", Some(name.clone())),
            Manager::Provider(name) => ("provider", Some((*name).to_owned())),
        };
        Self { kind: kind.to_owned(), name }
    }
}

impl From<&LastFailure> for JsonFailure {
    fn from(failure: &LastFailure) -> Self {
        Self {
            pod: failure.pod.clone(),
            container: failure.container.clone(),
            reason: failure.reason.clone(),
            exit_code: failure.exit_code,
            at: failure.at,
        }
    }
}

impl From<&ControlPlane> for JsonControlPlane {
    fn from(plane: &ControlPlane) -> Self {
        let named = |checks: &[(String, bool)], passed: bool| {
            checks.iter().filter(|(_, ok)| *ok == passed).map(|(name, _)| name.clone()).collect()
        };
        Self {
            endpoints: plane
                .endpoints
                .iter()
                .map(|endpoint| JsonEndpoint {
                    path: endpoint.path.to_owned(),
                    passed: named(&endpoint.checks, true),
                    failed: named(&endpoint.checks, false),
                })
                .collect(),
            leases: plane
                .leases
                .iter()
                .map(|lease| JsonLease {
                    name: lease.name.clone(),
                    holder: lease.holder.clone(),
                    age_seconds: lease.age_seconds,
                    lost: lease.lost,
                })
                .collect(),
            instances: plane
                .instances
                .iter()
                .map(|instance| JsonInstance {
                    name: instance.name.clone(),
                    seen_by: instance.seen_by.to_owned(),
                    age_seconds: instance.age_seconds,
                })
                .collect(),
            flags: plane.flags.clone(),
            flags_from: plane.flags_from.clone(),
            feature_gates: plane
                .gates
                .iter()
                .map(|gate| JsonGate { name: gate.name.clone(), stage: gate.stage.clone(), enabled: gate.enabled })
                .collect(),
        }
    }
}

impl From<&Architecture> for JsonArchitecture {
    fn from(architecture: &Architecture) -> Self {
        let fact = |fact: &crate::system::Fact| JsonFact {
            id: fact.id.to_owned(),
            title: words(&fact.title),
            values: fact.values.clone(),
            seen: fact.seen,
            found_by: words(&fact.by),
            reference: fact.reference.clone(),
        };
        Self {
            facts: architecture.facts.iter().map(fact).collect(),
            compared_to: architecture.reference.map(str::to_owned),
            reference_source: architecture.reference_source.clone(),
        }
    }
}

impl From<&Theme> for JsonTheme {
    fn from(theme: &Theme) -> Self {
        Self {
            id: theme.id.to_owned(),
            title: words(&theme.title),
            became: words(&theme.became),
            state: match theme.state {
                State::On => JsonState::On,
                State::Off => JsonState::Off,
                State::Partly => JsonState::Partly,
                State::Unseen => JsonState::Unseen,
            },
            detail: words(&theme.detail),
            found_by: words(&theme.by),
        }
    }
}

impl From<&DeprecatedApi> for JsonDeprecated {
    fn from(api: &DeprecatedApi) -> Self {
        let resource = match api.subresource.as_str() {
            "" => api.resource.clone(),
            subresource => format!("{}/{subresource}", api.resource),
        };
        Self {
            group: api.group.clone(),
            version: api.version.clone(),
            resource,
            removed_in: Some(api.removed.clone()).filter(|removed| !removed.is_empty()),
        }
    }
}

impl From<&Certificate> for JsonCertificate {
    fn from(certificate: &Certificate) -> Self {
        Self {
            seen: words(&certificate.seen),
            subject: certificate.subject.clone(),
            not_after: certificate.ends,
            days_left: certificate.days_left,
        }
    }
}
