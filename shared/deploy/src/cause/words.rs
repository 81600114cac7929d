//! What a person is told of a cause, and what helps against it.

use quicktour_checks::said::{End, PullCause, Reason};
pub use quicktour_report::finding::Fix;
use quicktour_report::message::Message;
use quicktour_report::shell;

use super::probe::Kind;
use super::scheduling::Room;
use super::{Answer, Cause, Need, Probed, Release};
use crate::workload::Workload;

/// Where a pasted command applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// How a pasted command begins: `kubectl`, with the context and kubeconfig that this run was given, quoted.
    pub kubectl: String,
    /// The workload.
    pub workload: Workload,
}

impl Place {
    /// A command in the workload's namespace.
    #[must_use]
    pub fn command(&self, words: &[&str]) -> String {
        format!(
            "{} {}",
            self.kubectl,
            shell::command(["-n", &self.workload.namespace].into_iter().chain(words.iter().copied()))
        )
    }

    fn cluster_command(&self, words: &[&str]) -> String {
        format!("{} {}", self.kubectl, shell::command(words.iter().copied()))
    }
}

impl Cause {
    /// What is wrong, in a line.
    #[must_use]
    pub fn why(&self) -> Message {
        let plain = |id: &'static str| Message::new(id);
        let of = |id: &'static str, container: &str| Message::new(id).arg("container", container);
        match self {
            Self::ImagePull { image, why } => plain(match why {
                PullCause::InvalidName => "cause-image-name-invalid",
                PullCause::NeverPull => "cause-image-never-pulled",
                PullCause::NotFound => "cause-image-not-found",
                PullCause::Denied => "cause-image-denied",
                PullCause::RateLimited => "cause-image-rate-limited",
                PullCause::Unreachable => "cause-image-registry-unreachable",
                PullCause::Platform => "cause-image-platform",
                PullCause::Other => "cause-image-not-pulled",
            })
            .arg("image", image),
            Self::WrongPlatform { container } => of("cause-wrong-platform", container),
            Self::MissingReference { container, what } => of("cause-config-missing", container).arg("what", what),
            Self::NotSynced { container } => of("cause-config-not-synced", container),
            Self::NamedUser { container, user } => of("cause-user-not-numeric", container).arg("user", user),
            Self::RootUser { container } => of("cause-user-is-root", container),
            Self::NotStarted { container, reason } => {
                of("cause-container-not-started", container).arg("reason", reason)
            }
            Self::Crash { container, end } => of("cause-container-crashes", container).arg("end", how(end)),
            Self::InitFailed { container, end } => of("cause-init-container-fails", container).arg("end", how(end)),
            Self::InitSlow { container } => of("cause-init-container-slow", container),
            Self::SidecarNotStarted { container } => of("cause-sidecar-not-started", container),
            Self::ProbeFailing { container, probed } => {
                of("cause-probe-fails", container).arg("probe", plain(probe(probed.kind))).arg("answer", answer(probed))
            }
            Self::NotReady { containers } => plain("cause-not-ready").arg("containers", names(containers)),
            Self::GatesUnset { gates } => plain("cause-readiness-gate-unset").arg("gates", names(gates)),
            Self::Unschedulable { reasons } => {
                plain("cause-unschedulable").arg("reasons", reasons.iter().map(reason).collect::<Vec<_>>())
            }
            Self::VolumeUnbound { claims } if claims.is_empty() => plain("cause-volume-unbound-unnamed"),
            Self::VolumeUnbound { claims } => plain("cause-volume-unbound").arg("claims", names(claims)),
            Self::DevicesPending => plain("cause-devices-pending"),
            Self::Gated { gates } => plain("cause-scheduling-gated").arg("gates", names(gates)),
            Self::NotScheduled => plain("cause-not-scheduled"),
            Self::Quota { quota, needs, release } => plain(match release {
                Release::Leaving => "cause-quota-leaving",
                Release::OldPods => "cause-quota-old-pods",
                Release::None => "cause-quota-exceeded",
            })
            .arg("quota", quota)
            .arg("needs", needs.iter().map(need).collect::<Vec<_>>()),
            Self::QuotaWantsValues { quota, what } => {
                plain("cause-quota-wants-values").arg("quota", quota).arg("what", what)
            }
            Self::LimitRange => plain("cause-limit-range"),
            Self::PodSecurity { level } => plain("cause-pod-security").arg("level", level),
            Self::WebhookDenied { webhook } => plain("cause-webhook-denied").arg("webhook", webhook),
            Self::WebhookDown { webhook } => plain("cause-webhook-down").arg("webhook", webhook),
            Self::MissingForPod { what, name } => plain("cause-reference-missing").arg("what", what).arg("name", name),
            Self::PodRefused => plain("cause-pod-refused"),
            Self::Mount { volume, missing } if missing.is_empty() && volume.is_empty() => {
                plain("cause-volumes-not-mounted")
            }
            Self::Mount { volume, missing } if missing.is_empty() => {
                plain("cause-volume-not-mounted").arg("volume", volume)
            }
            Self::Mount { volume, missing } => {
                plain("cause-volume-missing").arg("volume", volume).arg("missing", missing)
            }
            Self::Attach { elsewhere: true } => plain("cause-volume-elsewhere"),
            Self::Attach { elsewhere: false } => plain("cause-volume-not-attached"),
            Self::Sandbox => plain("cause-sandbox-not-made"),
            Self::Creating => plain("cause-creating-slow"),
            Self::PodLost { reason } => plain("cause-pod-lost").arg("reason", reason),
            Self::NodeNotReady { node } => plain("cause-node-not-ready").arg("node", node),
            Self::DeadlineExceeded => plain("cause-progress-deadline"),
            Self::Paused => plain("cause-paused"),
            Self::Partition { from } => plain("cause-partition").arg("from", u64::from(*from)),
            Self::OnDelete => plain("cause-on-delete"),
            Self::MinReady { seconds } => plain("cause-min-ready").arg("seconds", u64::from(*seconds)),
            Self::StuckTerminating { finalizers, .. } if finalizers.is_empty() => plain("cause-stuck-terminating"),
            Self::StuckTerminating { finalizers, .. } => {
                plain("cause-stuck-finalizers").arg("finalizers", names(finalizers))
            }
            Self::OldPodBlocks { pod } => plain("cause-old-pod-blocks").arg("pod", pod),
            Self::SpecChanged { template: true } => plain("cause-changed-template"),
            Self::SpecChanged { template: false } => plain("cause-changed-replicas"),
            Self::NoEndpoints { service, selector: true } => {
                plain("cause-no-endpoints-selector").arg("service", service)
            }
            Self::NoEndpoints { service, selector: false } => plain("cause-no-endpoints").arg("service", service),
            Self::LoadBalancerPending { service } => plain("cause-load-balancer-pending").arg("service", service),
        }
    }

    /// What to change, and the command to begin with; `pod` is one that has the trouble.
    #[must_use]
    pub fn fix(&self, place: &Place, pod: Option<&str>) -> Fix {
        let workload = place.workload.typed();
        let describe_pod = || pod.map(|pod| place.command(&["describe", "pod", pod]));
        let logs = |container: &str, previous: bool| {
            pod.map(|pod| {
                let mut words = vec!["logs", pod, "-c", container];
                words.extend(previous.then_some("--previous"));
                place.command(&words)
            })
        };
        let events = || Some(place.command(&["events", "--for", &workload]));
        let edit = || Some(place.command(&["edit", &workload]));
        let (id, command) = match self {
            Self::ImagePull { why, image } => image_fix(*why, image, place, describe_pod()),
            Self::WrongPlatform { .. } => ("fix-wrong-platform", Some(architectures(place))),
            Self::MissingReference { .. } => {
                ("fix-config-missing", Some(place.command(&["get", "configmaps,secrets"])))
            }
            Self::NotSynced { .. } => ("fix-wait", describe_pod()),
            Self::NamedUser { .. } => ("fix-user-not-numeric", edit()),
            Self::RootUser { .. } => ("fix-user-is-root", edit()),
            Self::NotStarted { .. } => ("fix-container-not-started", describe_pod()),
            Self::Crash { container, end: End::OutOfMemory { .. } } => (
                "fix-out-of-memory",
                Some(place.command(&["set", "resources", &workload, "-c", container, "--limits=memory=…"])),
            ),
            Self::Crash { container, .. } | Self::InitFailed { container, .. } => ("fix-crash", logs(container, true)),
            Self::InitSlow { container } | Self::SidecarNotStarted { container } => {
                ("fix-init-slow", logs(container, false))
            }
            Self::ProbeFailing { probed, .. } if !probed.declared.is_empty() => ("fix-probe-port", edit()),
            Self::ProbeFailing { container, .. } => ("fix-probe", logs(container, false)),
            Self::NotReady { containers } => {
                ("fix-not-ready", containers.first().and_then(|container| logs(container, false)))
            }
            Self::GatesUnset { .. } => ("fix-gates", describe_pod()),
            Self::Unschedulable { reasons } => (unschedulable_fix(reasons), describe_pod()),
            Self::VolumeUnbound { .. } => {
                ("fix-volume-unbound", Some(place.command(&["describe", "persistentvolumeclaims"])))
            }
            Self::DevicesPending => ("fix-devices", Some(place.command(&["get", "resourceclaims"]))),
            Self::Gated { .. } => ("fix-gated", describe_pod()),
            Self::NotScheduled => ("fix-not-scheduled", describe_pod()),
            Self::Quota { quota, release, .. } => (
                if *release == Release::None { "fix-quota" } else { "fix-wait" },
                Some(place.command(&["describe", "quota", quota])),
            ),
            Self::QuotaWantsValues { .. } => (
                "fix-quota-values",
                Some(place.command(&["set", "resources", &workload, "--requests=cpu=100m,memory=64Mi"])),
            ),
            Self::LimitRange => ("fix-limit-range", Some(place.command(&["describe", "limitrange"]))),
            Self::PodSecurity { .. } => (
                "fix-pod-security",
                Some(place.cluster_command(&["get", "namespace", &place.workload.namespace, "--show-labels"])),
            ),
            Self::WebhookDenied { .. } => ("fix-webhook-denied", events()),
            Self::WebhookDown { .. } => (
                "fix-webhook-down",
                Some(place.cluster_command(&["get", "validatingwebhookconfigurations,mutatingwebhookconfigurations"])),
            ),
            Self::MissingForPod { .. } => (
                "fix-reference-missing",
                Some(match self {
                    Self::MissingForPod { what, name } if what == "serviceaccount" => {
                        place.command(&["create", "serviceaccount", name])
                    }
                    _ => place.cluster_command(&["get", "priorityclasses,runtimeclasses"]),
                }),
            ),
            Self::PodRefused => ("fix-pod-refused", events()),
            Self::Mount { .. } => ("fix-mount", describe_pod()),
            Self::Attach { .. } => ("fix-attach", Some(place.cluster_command(&["get", "volumeattachments"]))),
            Self::Sandbox => ("fix-sandbox", describe_pod()),
            Self::Creating => ("fix-creating", describe_pod()),
            Self::PodLost { .. } => ("fix-pod-lost", describe_pod()),
            Self::NodeNotReady { node } => ("fix-node", Some(place.cluster_command(&["describe", "node", node]))),
            Self::DeadlineExceeded => ("fix-deadline", Some(place.command(&["describe", &workload]))),
            Self::Paused => ("fix-paused", Some(place.command(&["rollout", "resume", &workload]))),
            Self::Partition { .. } | Self::OnDelete => ("fix-held", edit()),
            Self::MinReady { .. } => ("fix-wait", None),
            Self::StuckTerminating { .. } => ("fix-terminating", describe_pod()),
            Self::OldPodBlocks { pod } => ("fix-old-pod-blocks", Some(place.command(&["delete", "pod", pod]))),
            Self::SpecChanged { .. } => {
                ("fix-changed", Some(place.command(&["get", &workload, "--show-managed-fields", "-o", "yaml"])))
            }
            Self::NoEndpoints { service, .. } => {
                ("fix-no-endpoints", Some(place.command(&["describe", "service", service])))
            }
            Self::LoadBalancerPending { service } => {
                ("fix-load-balancer", Some(place.command(&["describe", "service", service])))
            }
        };
        Fix { command, advice: Message::new(id) }
    }
}

/// What helps to get an image.
fn image_fix(why: PullCause, image: &str, place: &Place, describe: Option<String>) -> (&'static str, Option<String>) {
    let secrets = "jsonpath={.spec.template.spec.imagePullSecrets} {.spec.template.spec.serviceAccountName}";
    let workload = place.workload.typed();
    match why {
        PullCause::Denied => ("fix-image-denied", Some(place.command(&["get", &workload, "-o", secrets]))),
        PullCause::RateLimited => ("fix-image-rate-limited", describe),
        PullCause::Unreachable => ("fix-image-registry", describe),
        PullCause::NeverPull => ("fix-image-never", Some(place.command(&["edit", &workload]))),
        PullCause::Platform => ("fix-wrong-platform", Some(architectures(place))),
        PullCause::Other => ("fix-image-other", describe),
        PullCause::InvalidName | PullCause::NotFound => ("fix-image-name", Some(set_image(place, image))),
    }
}

/// For which processors the nodes are.
fn architectures(place: &Place) -> String {
    place.cluster_command(&["get", "nodes", "-L", "kubernetes.io/arch"])
}

/// `kubectl set image` for every container; the tag is for the reader to fill in.
fn set_image(place: &Place, image: &str) -> String {
    let name = image.split('@').next().unwrap_or_default();
    let bare = match name.rsplit_once(':') {
        Some((bare, tag)) if !tag.contains('/') => bare,
        _ => name,
    };
    place.command(&["set", "image", &place.workload.typed(), &format!("*={bare}:TAG")])
}

fn unschedulable_fix(reasons: &[Reason]) -> &'static str {
    let says = |words: &[&str]| {
        let first = reasons.first().map(|reason| reason.text.to_ascii_lowercase()).unwrap_or_default();
        words.iter().any(|word| first.contains(word))
    };
    if says(&["no nodes available"]) {
        "fix-no-nodes"
    } else if says(&["insufficient", "too many pods"]) {
        "fix-no-room"
    } else if says(&["taint"]) {
        "fix-taints"
    } else if says(&["volume node affinity"]) {
        "fix-volume-zone"
    } else if says(&["affinity", "selector", "spread"]) {
        "fix-affinity"
    } else if says(&["free ports"]) {
        "fix-ports"
    } else if says(&["unschedulable"]) {
        "fix-cordoned"
    } else {
        "fix-unschedulable"
    }
}

/// Names in one phrase.
fn names(names: &[String]) -> Vec<Message> {
    names.iter().map(|name| Message::new("cause-name").arg("name", name)).collect()
}

/// One reason of the scheduler's, with its number of nodes.
fn reason(reason: &Reason) -> Message {
    Message::new("cause-nodes").arg("nodes", reason.nodes).arg("reason", &reason.text)
}

fn need(need: &Need) -> Message {
    Message::new("cause-need")
        .arg("resource", &need.resource)
        .arg("requested", &need.requested)
        .arg("used", &need.used)
        .arg("limited", &need.limited)
}

/// How a container ended, in words.
#[must_use]
pub(super) fn how(end: &End) -> Message {
    match end {
        End::OutOfMemory { limit: Some(limit) } => Message::new("ended-out-of-memory").arg("limit", limit),
        End::OutOfMemory { limit: None } => Message::new("ended-out-of-memory-of-node"),
        End::Signal(9) => Message::new("ended-killed"),
        End::Signal(signal) => match name_of(*signal) {
            Some(name) => Message::new("ended-signal-named").arg("name", name),
            None => Message::new("ended-signal").arg("signal", u64::from(signal.unsigned_abs())),
        },
        End::Code(code @ (126 | 127)) => Message::new("ended-code-command").arg("code", u64::from(code.unsigned_abs())),
        End::Code(0) => Message::new("ended-code-zero"),
        End::Code(code) => Message::new("ended-code").arg("code", u64::from(code.unsigned_abs())),
        End::NotStarted(text) => Message::new("ended-not-started").arg("text", text),
    }
}

/// The signals that end programs in practice, by their numbers on Linux.
fn name_of(signal: i32) -> Option<&'static str> {
    Some(match signal {
        1 => "HUP",
        2 => "INT",
        4 => "ILL",
        6 => "ABRT",
        7 => "BUS",
        8 => "FPE",
        11 => "SEGV",
        13 => "PIPE",
        15 => "TERM",
        _ => return None,
    })
}

fn probe(kind: Kind) -> &'static str {
    match kind {
        Kind::Readiness => "probe-readiness",
        Kind::Liveness => "probe-liveness",
        Kind::Startup => "probe-startup",
    }
}

fn answer(probed: &Probed) -> Message {
    if let (Some(port), false) = (probed.port, probed.declared.is_empty()) {
        let declared = probed.declared.iter().map(|port| Message::new("cause-name").arg("name", port.to_string()));
        return Message::new("answer-other-port")
            .arg("port", port.to_string())
            .arg("declared", declared.collect::<Vec<_>>());
    }
    match probed.answer {
        Answer::Status(status) => Message::new("answer-status").arg("status", status.to_string()),
        Answer::Refused => Message::new("answer-refused"),
        Answer::Timeout => Message::new("answer-timeout"),
        Answer::Other => Message::new("answer-other"),
    }
}

impl Room {
    /// The arithmetic in a sentence.
    #[must_use]
    pub fn words(&self) -> Message {
        let amount = |value: f64| amount(&self.resource, value);
        let never = self.wanted > self.largest;
        let words = Message::new(if never { "room-never" } else { "room-now" })
            .arg("resource", &self.resource)
            .arg("wanted", amount(self.wanted))
            .arg("all", amount(self.largest));
        if never { words } else { words.arg("free", amount(self.largest_free)) }
    }
}

/// A number as manifests write it: `750m` cores, `1.5Gi` bytes, `2` pieces.
fn amount(resource: &str, value: f64) -> String {
    if resource == "cpu" {
        return if value.fract().abs() < 1e-9 { format!("{value:.0}") } else { format!("{:.0}m", value * 1000.0) };
    }
    if !matches!(resource, "memory" | "ephemeral-storage") {
        return format!("{value:.0}");
    }
    let mut value = value;
    for unit in ["", "Ki", "Mi"] {
        if value < 1024.0 {
            return format!("{value:.0}{unit}");
        }
        value /= 1024.0;
    }
    format!("{value:.1}Gi")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_in_manifests() {
        for (resource, value, text) in [
            ("cpu", 2.0, "2"),
            ("cpu", 0.75, "750m"),
            ("memory", 1_610_612_736.0, "1.5Gi"),
            ("memory", 67_108_864.0, "64Mi"),
            ("nvidia.com/gpu", 1.0, "1"),
        ] {
            assert_eq!(amount(resource, value), text);
        }
    }
}
