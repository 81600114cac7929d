//! What a cluster is made of, as facts: the part of a system report that is not a finding.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::message::Message;

/// Everything that `kubectl inspect-system` found out besides findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct System {
    /// The cluster in one picture; `None` where only one namespace was looked at.
    pub architecture: Option<Architecture>,
    /// What the control plane says of itself; `None` where only one namespace was looked at.
    pub control_plane: Option<ControlPlane>,
    /// Known components first, by namespace and name.
    pub components: Vec<Component>,
    /// The themes of the 1.7 release, as they are here today.
    pub posture: Vec<Theme>,
    /// Deprecated APIs that somebody has asked for since the API server's start.
    pub deprecated: Vec<DeprecatedApi>,
    /// Certificates that can be seen, the first to end first.
    pub certificates: Vec<Certificate>,
}

/// One workload of a system namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Its id in the table of components; `None` where the table does not know it.
    pub id: Option<&'static str>,
    /// What it is for; `None` where the table does not know it.
    pub what: Option<Message>,
    /// What breaks when it dies.
    pub dies: Option<Message>,
    /// What it does for the cluster: `dns`, `network` ...
    pub role: Option<&'static str>,
    /// `StaticPod`, `DaemonSet`, `Deployment`, `StatefulSet` or `Pod`.
    pub kind: &'static str,
    /// Raw text of the cluster.
    pub namespace: String,
    /// Raw text of the cluster; of a static pod without its node.
    pub name: String,
    /// Who put it there and looks after it, as far as labels and owners tell.
    pub manager: Option<Manager>,
    /// The tags of its image, sorted; several while it is updated. Empty where images have none.
    pub versions: Vec<String>,
    /// How its version stands to the API server's.
    pub fit: Fit,
    /// How many pods there should be; `None` where nothing says so.
    pub desired: Option<u64>,
    /// How many are ready.
    pub ready: u64,
    /// The nodes that it runs on: how many, and the first of their names.
    pub node_count: u64,
    /// The first [`MAX_NODES`], sorted.
    pub nodes: Vec<String>,
    /// Whether a disruption budget guards it; `None` where that cannot be said or does not matter.
    pub budget: Option<bool>,
    /// Restarts of all containers of the pods that there are.
    pub restarts: u64,
    /// The last time that a container ended badly, or does not start.
    pub last_failure: Option<LastFailure>,
}

/// So many nodes of a component are named. Source: as many as objects of a finding.
pub const MAX_NODES: usize = 50;

/// Who looks after a component.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Manager {
    /// The addon manager of kube-up's successors.
    AddonManager,
    /// A Helm release.
    Helm,
    /// What owns the workload: kind and name.
    Owner(String),
    /// What the label `app.kubernetes.io/managed-by` names.
    Label(String),
    /// The provider or distribution, by a label of its own.
    Provider(&'static str),
}

/// A version against the API server's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fit {
    /// The version skew policy allows it.
    Fits,
    /// It is too old.
    TooOld,
    /// It is newer than the API server.
    TooNew,
    /// No published rule ties it to the API server.
    #[default]
    NoRule,
    /// There is a rule, and the tag or the server's version says no version.
    Unreadable,
}

/// How a container failed last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastFailure {
    /// The pod.
    pub pod: String,
    /// The container.
    pub container: String,
    /// The kubelet's word for it, as `OOMKilled` or `CrashLoopBackOff`.
    pub reason: String,
    /// The exit code, where it has ended.
    pub exit_code: Option<i32>,
    /// When it ended.
    pub at: Option<Timestamp>,
}

/// What the control plane says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ControlPlane {
    /// `/readyz` and `/livez` of the instance that answered.
    pub endpoints: Vec<Endpoint>,
    /// Who leads.
    pub leases: Vec<Lease>,
    /// The API servers.
    pub instances: Vec<Instance>,
    /// The API server's flags; `None` where it does not tell them.
    pub flags: Option<BTreeMap<String, String>>,
    /// Where the flags were read: `/flagz` or the name of a pod.
    pub flags_from: Option<String>,
    /// Feature gates by their stage: how many there are, and which of them are not as they are by default there.
    pub gates: Vec<Gate>,
}

/// A health endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// `/readyz` or `/livez`.
    pub path: &'static str,
    /// Its checks: name, whether it passed.
    pub checks: Vec<(String, bool)>,
}

/// A lease of `kube-system`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Its name: what is led.
    pub name: String,
    /// Who holds it; empty when it was given back.
    pub holder: String,
    /// When it was renewed.
    pub renewed: Option<Timestamp>,
    /// How long ago that was, in seconds.
    pub age_seconds: u64,
    /// Whether that is longer than its duration allows.
    pub lost: bool,
}

/// An API server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Its address, or its identity.
    pub name: String,
    /// `endpoint` (an address of the `kubernetes` service) or `lease` (an identity).
    pub seen_by: &'static str,
    /// How long ago its lease was renewed, in seconds.
    pub age_seconds: Option<u64>,
}

/// A feature gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// Its name.
    pub name: String,
    /// `ALPHA`, `BETA`, `DEPRECATED`; empty for those that have become part of Kubernetes.
    pub stage: String,
    /// Whether it is on.
    pub enabled: bool,
}

/// The cluster in one picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Architecture {
    /// A line each: what, its values, and how it was found out.
    pub facts: Vec<Fact>,
    /// What they are compared with: the name of a reference.
    pub reference: Option<&'static str>,
    /// Where the reference was published.
    pub reference_source: Option<String>,
}

/// One line of the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Stable across releases: `provider`, `dns`.
    pub id: &'static str,
    /// In a few words.
    pub title: Message,
    /// Its values, raw text of the cluster; empty where there is none.
    pub values: Vec<String>,
    /// Whether it can be seen from here: without values, that there is none.
    pub seen: bool,
    /// How it was found out.
    pub by: Message,
    /// The reference's value.
    pub reference: Option<String>,
}

/// Whether something is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is.
    On,
    /// It is not.
    Off,
    /// Some of it is.
    Partly,
    /// It cannot be seen from here.
    Unseen,
}

/// A theme of the 1.7 release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Stable across releases.
    pub id: &'static str,
    /// In a few words.
    pub title: Message,
    /// What it was then and what it has become.
    pub became: Message,
    /// Whether this cluster has it on.
    pub state: State,
    /// What was seen.
    pub detail: Message,
    /// How it was found out.
    pub by: Message,
}

/// A deprecated API that somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeprecatedApi {
    /// The release that no longer has it; empty where that is not set yet.
    pub removed: String,
    /// API group; empty for core.
    pub group: String,
    /// Its version.
    pub version: String,
    /// Plural resource.
    pub resource: String,
    /// And perhaps a subresource.
    pub subresource: String,
}

/// A certificate that can be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Where it was seen, in words.
    pub seen: Message,
    /// Its subject's common name; empty where it has none.
    pub subject: String,
    /// When it ends.
    pub ends: Timestamp,
    /// How many days are left; negative when it has ended.
    pub days_left: i64,
}
