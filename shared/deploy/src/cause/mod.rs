//! Why a rollout does not get on: one value for each row of the catalogue, with its numbers.
//!
//! Reading what the cluster says lives in [`pod`], [`refused`], [`scheduling`], [`probe`] and [`service`]; what a person
//! is told in [`words`]. To add a cause: a variant here with its id, class and family, the reader that makes it, its two
//! sentences in `rollout.ftl`, and a row in `tests/catalogue.rs`.

pub mod pod;
pub mod probe;
pub mod refused;
pub mod scheduling;
pub mod service;
mod words;

use std::time::Duration;

use quicktour_checks::Limits;
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

impl Cause {
    /// Stable across releases; in kebab-case.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::ImagePull { why, .. } => match why {
                PullCause::InvalidName => "image-name-invalid",
                PullCause::NeverPull => "image-never-pulled",
                PullCause::NotFound => "image-not-found",
                PullCause::Denied => "image-denied",
                PullCause::RateLimited => "image-rate-limited",
                PullCause::Unreachable => "image-registry-unreachable",
                PullCause::Platform => "image-wrong-platform",
                PullCause::Other => "image-not-pulled",
            },
            Self::WrongPlatform { .. } => "image-wrong-platform",
            Self::MissingReference { .. } => "config-missing",
            Self::NotSynced { .. } => "config-not-synced",
            Self::NamedUser { .. } => "user-not-numeric",
            Self::RootUser { .. } => "user-is-root",
            Self::NotStarted { .. } => "container-not-started",
            Self::Crash { end: End::OutOfMemory { .. }, .. } => "out-of-memory",
            Self::Crash { .. } => "container-crashes",
            Self::InitFailed { .. } => "init-container-fails",
            Self::InitSlow { .. } => "init-container-slow",
            Self::SidecarNotStarted { .. } => "sidecar-not-started",
            Self::ProbeFailing { .. } => "probe-fails",
            Self::NotReady { .. } => "not-ready",
            Self::GatesUnset { .. } => "readiness-gate-unset",
            Self::Unschedulable { .. } => "unschedulable",
            Self::VolumeUnbound { .. } => "volume-unbound",
            Self::DevicesPending => "devices-pending",
            Self::Gated { .. } => "scheduling-gated",
            Self::NotScheduled => "not-scheduled",
            Self::Quota { .. } => "quota-exceeded",
            Self::QuotaWantsValues { .. } => "quota-wants-values",
            Self::LimitRange => "limit-range",
            Self::PodSecurity { .. } => "pod-security",
            Self::WebhookDenied { .. } => "webhook-denied",
            Self::WebhookDown { .. } => "webhook-down",
            Self::MissingForPod { .. } => "reference-missing",
            Self::PodRefused => "pod-refused",
            Self::Mount { .. } => "volume-not-mounted",
            Self::Attach { .. } => "volume-not-attached",
            Self::Sandbox => "sandbox-not-made",
            Self::Creating => "creating-slow",
            Self::PodLost { .. } => "pod-lost",
            Self::NodeNotReady { .. } => "node-not-ready",
            Self::DeadlineExceeded => "progress-deadline",
            Self::Paused => "paused",
            Self::Partition { .. } => "partition",
            Self::OnDelete => "on-delete",
            Self::MinReady { .. } => "min-ready",
            Self::StuckTerminating { .. } => "stuck-terminating",
            Self::OldPodBlocks { .. } => "old-pod-blocks",
            Self::SpecChanged { .. } => "changed-meanwhile",
            Self::NoEndpoints { .. } => "no-endpoints",
            Self::LoadBalancerPending { .. } => "load-balancer-pending",
        }
    }

    /// What it means when it has just begun; see [`class_at`](Self::class_at).
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::ImagePull { why, .. } => match why {
                PullCause::InvalidName | PullCause::NeverPull | PullCause::NotFound | PullCause::Platform => {
                    Class::Terminal
                }
                PullCause::Denied | PullCause::RateLimited | PullCause::Unreachable | PullCause::Other => Class::Likely,
            },
            Self::Quota { release, .. } => match release {
                Release::OldPods | Release::Leaving => Class::Transient,
                Release::None => Class::Terminal,
            },
            Self::StuckTerminating { blocks, .. } => {
                if *blocks {
                    Class::Likely
                } else {
                    Class::Transient
                }
            }
            Self::WrongPlatform { .. }
            | Self::MissingReference { .. }
            | Self::NamedUser { .. }
            | Self::RootUser { .. }
            | Self::QuotaWantsValues { .. }
            | Self::LimitRange
            | Self::PodSecurity { .. }
            | Self::WebhookDenied { .. }
            | Self::PodRefused
            | Self::DeadlineExceeded
            | Self::NoEndpoints { .. } => Class::Terminal,
            Self::NotStarted { .. }
            | Self::Crash { .. }
            | Self::InitFailed { .. }
            | Self::SidecarNotStarted { .. }
            | Self::Unschedulable { .. }
            | Self::VolumeUnbound { .. }
            | Self::DevicesPending
            | Self::MissingForPod { .. }
            | Self::Mount { .. }
            | Self::Attach { .. }
            | Self::LoadBalancerPending { .. } => Class::Likely,
            Self::NotSynced { .. }
            | Self::InitSlow { .. }
            | Self::ProbeFailing { .. }
            | Self::NotReady { .. }
            | Self::GatesUnset { .. }
            | Self::Gated { .. }
            | Self::NotScheduled
            | Self::WebhookDown { .. }
            | Self::Sandbox
            | Self::Creating
            | Self::PodLost { .. }
            | Self::NodeNotReady { .. }
            | Self::OldPodBlocks { .. }
            | Self::MinReady { .. } => Class::Transient,
            Self::Paused | Self::Partition { .. } | Self::OnDelete | Self::SpecChanged { .. } => Class::Notice,
        }
    }

    /// Whether it usually heals, and is probably stuck once it has lasted for `rollout-patience`.
    #[must_use]
    pub fn wears_out(&self) -> bool {
        matches!(self, Self::ProbeFailing { .. } | Self::Sandbox | Self::NotScheduled)
    }

    /// What it means when it has lasted for so long.
    #[must_use]
    pub fn class_at(&self, age: Duration, limits: &Limits) -> Class {
        let patience = Duration::from_secs(u64::from(limits.value("rollout-patience")));
        if self.wears_out() && age >= patience { Class::Likely } else { self.class() }
    }

    /// Whether its grace also lasts until the container has been restarted `rollout-restarts` times.
    #[must_use]
    pub fn restarts(&self) -> bool {
        matches!(self, Self::Crash { .. } | Self::InitFailed { .. })
    }

    /// Whether every step of the rollout may end it (old pods that go make room), so that its grace begins anew then.
    #[must_use]
    pub fn eases_with_progress(&self) -> bool {
        matches!(self, Self::Unschedulable { .. } | Self::Attach { .. } | Self::StuckTerminating { .. })
    }

    /// Which trouble it speaks of.
    #[must_use]
    pub fn family(&self) -> Family {
        match self {
            Self::ImagePull { .. } => Family::Image,
            Self::WrongPlatform { .. }
            | Self::MissingReference { .. }
            | Self::NotSynced { .. }
            | Self::NamedUser { .. }
            | Self::RootUser { .. }
            | Self::NotStarted { .. } => Family::Start,
            Self::Crash { .. } | Self::InitFailed { .. } => Family::Crash,
            Self::InitSlow { .. }
            | Self::SidecarNotStarted { .. }
            | Self::ProbeFailing { .. }
            | Self::NotReady { .. }
            | Self::GatesUnset { .. }
            | Self::MinReady { .. } => Family::Ready,
            Self::Unschedulable { .. }
            | Self::VolumeUnbound { .. }
            | Self::DevicesPending
            | Self::Gated { .. }
            | Self::NotScheduled => Family::Scheduling,
            Self::Mount { .. } | Self::Attach { .. } | Self::Sandbox | Self::Creating => Family::Setup,
            Self::PodLost { .. } | Self::NodeNotReady { .. } => Family::Node,
            Self::Quota { .. }
            | Self::QuotaWantsValues { .. }
            | Self::LimitRange
            | Self::PodSecurity { .. }
            | Self::WebhookDenied { .. }
            | Self::WebhookDown { .. }
            | Self::MissingForPod { .. }
            | Self::PodRefused => Family::Refused,
            Self::DeadlineExceeded
            | Self::Paused
            | Self::Partition { .. }
            | Self::OnDelete
            | Self::StuckTerminating { .. }
            | Self::OldPodBlocks { .. }
            | Self::SpecChanged { .. } => Family::Workload,
            Self::NoEndpoints { .. } | Self::LoadBalancerPending { .. } => Family::Service,
        }
    }

    /// How much it says, within its family: the kubelet first says what is wrong, and later only that it waits.
    #[must_use]
    pub fn specificity(&self) -> u8 {
        match self {
            Self::ImagePull { why: PullCause::Other, .. }
            | Self::NotStarted { .. }
            | Self::NotReady { .. }
            | Self::NotScheduled
            | Self::PodRefused
            | Self::Creating => 0,
            Self::Mount { missing, .. } if missing.is_empty() => 0,
            Self::ProbeFailing { probed, .. } if probed.answer == Answer::Other => 1,
            _ => 2,
        }
    }

    /// What stays the same while its numbers change: two of one key are one cause.
    #[must_use]
    pub fn key(&self) -> String {
        let detail = match self {
            Self::ImagePull { image, .. } => image.clone(),
            Self::WrongPlatform { container }
            | Self::NotSynced { container }
            | Self::RootUser { container }
            | Self::InitSlow { container }
            | Self::SidecarNotStarted { container } => container.clone(),
            Self::MissingReference { container, what } => format!("{container} {what}"),
            Self::NamedUser { container, user } => format!("{container} {user}"),
            Self::NotStarted { container, reason } => format!("{container} {reason}"),
            Self::Crash { container, end } | Self::InitFailed { container, end } => format!("{container} {end:?}"),
            Self::ProbeFailing { container, probed } => format!("{container} {:?}", probed.kind),
            Self::NotReady { containers } => containers.join(","),
            Self::GatesUnset { gates } | Self::Gated { gates } => gates.join(","),
            Self::Unschedulable { reasons } => {
                let mut texts: Vec<&str> = reasons.iter().map(|reason| reason.text.as_str()).collect();
                texts.sort_unstable();
                texts.dedup();
                texts.join("; ")
            }
            Self::VolumeUnbound { claims } => claims.join(","),
            Self::Quota { quota, .. } | Self::QuotaWantsValues { quota, .. } => quota.clone(),
            Self::PodSecurity { level } => level.clone(),
            Self::WebhookDenied { webhook } | Self::WebhookDown { webhook } => webhook.clone(),
            Self::MissingForPod { what, name } => format!("{what} {name}"),
            Self::Mount { volume, missing } => format!("{volume} {missing}"),
            Self::PodLost { reason } => reason.clone(),
            Self::NodeNotReady { node } => node.clone(),
            Self::OldPodBlocks { pod } => pod.clone(),
            Self::NoEndpoints { service, .. } | Self::LoadBalancerPending { service } => service.clone(),
            Self::DevicesPending
            | Self::NotScheduled
            | Self::LimitRange
            | Self::PodRefused
            | Self::Attach { .. }
            | Self::Sandbox
            | Self::Creating
            | Self::DeadlineExceeded
            | Self::Paused
            | Self::Partition { .. }
            | Self::OnDelete
            | Self::MinReady { .. }
            | Self::StuckTerminating { .. }
            | Self::SpecChanged { .. } => String::new(),
        };
        format!("{} {detail}", self.id()).trim_end().to_owned()
    }

    /// The container that it is about.
    #[must_use]
    pub fn container(&self) -> Option<&str> {
        match self {
            Self::WrongPlatform { container }
            | Self::MissingReference { container, .. }
            | Self::NotSynced { container }
            | Self::NamedUser { container, .. }
            | Self::RootUser { container }
            | Self::NotStarted { container, .. }
            | Self::Crash { container, .. }
            | Self::InitFailed { container, .. }
            | Self::InitSlow { container }
            | Self::SidecarNotStarted { container }
            | Self::ProbeFailing { container, .. } => Some(container),
            _ => None,
        }
    }
}
