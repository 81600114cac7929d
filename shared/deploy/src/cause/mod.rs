//! Why a rollout does not get on: one value for each row of the catalogue, with its numbers.
//!
//! Reading what the cluster says lives in [`pod`], [`refused`], [`scheduling`], [`probe`] and [`service`]; what it
//! means for the wait in `nature`, what a person is told in `words`. To add a cause: a variant here, its id, class and
//! family, the reader that makes it, its two sentences in `rollout.ftl`, and a row in `tests/rollout/catalogue.rs`.

mod nature;
pub mod pod;
pub mod probe;
pub mod refused;
pub mod scheduling;
pub mod service;
mod words;

pub use quicktour_checks::said::{End, PullCause, Reason};

pub use self::pod::Found;
pub use self::probe::{Answer, Probed};
pub use self::refused::{Need, Release};
pub use self::words::{Fix, Place};

/// What a cause means for the wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Cannot recover without a change: the wait ends at once.
    Terminal,
    /// Probably stuck: the wait ends after a grace.
    Likely,
    /// Heals by itself as a rule: the wait goes on.
    Transient,
    /// Nothing is wrong; it explains why nothing moves.
    Notice,
}

/// Causes of one family speak of the same trouble of the same container: of two, the more specific one stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// The image.
    Image,
    /// Making or starting the container.
    Start,
    /// The container ends.
    Crash,
    /// Ready or not.
    Ready,
    /// A node for the pod.
    Scheduling,
    /// Volumes, network and sandbox.
    Setup,
    /// The node that the pod is on.
    Node,
    /// The API server does not accept the pod.
    Refused,
    /// The workload as a whole.
    Workload,
    /// What leads to the pods.
    Service,
}

/// Why a rollout does not get on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// An image cannot be had.
    ImagePull {
        /// As the pod names it.
        image: String,
        /// As far as the registry says why.
        why: PullCause,
    },
    /// The image's program is made for another platform.
    WrongPlatform {
        /// The container.
        container: String,
    },
    /// A `ConfigMap`, a `Secret` or a key in one is not there.
    MissingReference {
        /// The container.
        container: String,
        /// What the kubelet misses, in its words.
        what: String,
    },
    /// The kubelet has not read the `ConfigMap`s and `Secret`s yet.
    NotSynced {
        /// The container.
        container: String,
    },
    /// `runAsNonRoot`, and the image names its user instead of numbering it.
    NamedUser {
        /// The container.
        container: String,
        /// The user.
        user: String,
    },
    /// `runAsNonRoot`, and the image runs as root.
    RootUser {
        /// The container.
        container: String,
    },
    /// A container cannot be made or started, or its hook fails.
    NotStarted {
        /// The container.
        container: String,
        /// The kubelet's word for it.
        reason: String,
    },
    /// A container ends again and again.
    Crash {
        /// The container.
        container: String,
        /// How.
        end: End,
    },
    /// An init container ends with an error.
    InitFailed {
        /// The container.
        container: String,
        /// How.
        end: End,
    },
    /// An init container has been running for long.
    InitSlow {
        /// The container.
        container: String,
    },
    /// A sidecar has not started, and the containers wait for it.
    SidecarNotStarted {
        /// The container.
        container: String,
    },
    /// A probe fails.
    ProbeFailing {
        /// The container.
        container: String,
        /// Which probe, and what it met.
        probed: Probed,
    },
    /// Running, and not ready, and nobody says why.
    NotReady {
        /// The containers that are not.
        containers: Vec<String>,
    },
    /// Conditions that another program must set are not set.
    GatesUnset {
        /// The conditions.
        gates: Vec<String>,
    },
    /// The scheduler finds no node.
    Unschedulable {
        /// What it says of the nodes, what keeps most of them out first.
        reasons: Vec<Reason>,
    },
    /// A claim has no volume.
    VolumeUnbound {
        /// The claims, where known.
        claims: Vec<String>,
    },
    /// Devices that the pod claims are not there.
    DevicesPending,
    /// Held back by scheduling gates.
    Gated {
        /// The gates.
        gates: Vec<String>,
    },
    /// No scheduler has looked at it.
    NotScheduled,
    /// A quota has no room.
    Quota {
        /// The quota.
        quota: String,
        /// What it is short of.
        needs: Vec<Need>,
        /// Whether pods that will go make room.
        release: Release,
    },
    /// A quota wants values that the pod does not give.
    QuotaWantsValues {
        /// The quota.
        quota: String,
        /// Which, in the server's words.
        what: String,
    },
    /// A `LimitRange` does not allow the pod's sizes.
    LimitRange,
    /// The namespace's Pod Security level.
    PodSecurity {
        /// The level, as `restricted:latest`.
        level: String,
    },
    /// A webhook said no.
    WebhookDenied {
        /// The webhook.
        webhook: String,
    },
    /// A webhook could not be called.
    WebhookDown {
        /// The webhook.
        webhook: String,
    },
    /// Something that the pod names does not exist.
    MissingForPod {
        /// The kind, as the server spells it.
        what: String,
        /// Its name.
        name: String,
    },
    /// The server does not accept the pod for another reason.
    PodRefused,
    /// A volume cannot be mounted.
    Mount {
        /// The volume, where named.
        volume: String,
        /// What is missing for it, in the kubelet's words; empty where nothing is.
        missing: String,
    },
    /// A volume cannot be attached to the node.
    Attach {
        /// Whether another node holds it.
        elsewhere: bool,
    },
    /// The pod's sandbox cannot be made: network, mostly.
    Sandbox,
    /// On its node for long, and nothing says why its containers are not made.
    Creating,
    /// Ended by the node or the scheduler; another is made in its place.
    PodLost {
        /// The API's word for it, as `Evicted`.
        reason: String,
    },
    /// The node does not work.
    NodeNotReady {
        /// The node.
        node: String,
    },
    /// The deployment's own deadline has passed without progress.
    DeadlineExceeded,
    /// The deployment is paused.
    Paused,
    /// Pods below this number stay as they are.
    Partition {
        /// The number.
        from: u32,
    },
    /// Pods are replaced only when somebody deletes them.
    OnDelete,
    /// Ready, and counted as available only after a while.
    MinReady {
        /// How long.
        seconds: u32,
    },
    /// Old pods do not go.
    StuckTerminating {
        /// What holds them.
        finalizers: Vec<String>,
        /// Whether new ones wait for them.
        blocks: bool,
    },
    /// An old pod of a stateful set is not ready, and the next is replaced only when it is.
    OldPodBlocks {
        /// The pod.
        pod: String,
    },
    /// Somebody changed the workload while it rolled out.
    SpecChanged {
        /// Whether the pods' template is another, or only their number.
        template: bool,
    },
    /// Pods are ready, and the service leads to none.
    NoEndpoints {
        /// The service.
        service: String,
        /// Whether its selector matches no pod; else no port does, or the controller is late.
        selector: bool,
    },
    /// A load balancer has no address.
    LoadBalancerPending {
        /// The service.
        service: String,
    },
}
