//! What each cause means: its id, its class, its family, and what makes two of them the same.

use std::time::Duration;

use quicktour_checks::Limits;
use quicktour_checks::said::{End, PullCause};

use super::{Answer, Cause, Class, Family, Release};

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
