//! What is wrong with one pod, if anything: the most specific trouble that its status shows.

use jiff::{SignedDuration, Timestamp};
use quicktour_survey::views::pod::{Container, ContainerStateTerminated, ContainerStatus, Pod};
use quicktour_survey::views::scalar::Time;

use crate::figures::Limits;

use super::scheduling;

/// A pod's trouble, with just what makes two pods' troubles equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trouble {
    /// An image cannot be had.
    ImagePull { image: String, cause: PullCause },
    /// A container ends again and again.
    CrashLoop { end: End, init: bool },
    /// A container cannot be created: a missing `ConfigMap`, a bad command.
    ContainerConfig { reason: String, message: String },
    /// The scheduler found no node; its reasons without their numbers.
    Unschedulable { reasons: Vec<String> },
    /// No scheduler has looked at it.
    NotScheduled,
    /// Held back by scheduling gates.
    Gated { gates: Vec<String> },
    /// On its node, and its containers do not come up.
    StuckCreating,
    /// Running, and not ready.
    NotReady,
    /// Deleted, and still there.
    Terminating { finalizers: Vec<String> },
    /// Ended for good without anybody replacing it by name.
    Failed { reason: String },
}

/// Why an image cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PullCause {
    /// The name is no image's name.
    InvalidName,
    /// The pod forbids to pull, and the node has no such image.
    NeverPull,
    /// The registry has no such image or tag.
    NotFound,
    /// The registry wants a login, or another one.
    Denied,
    /// The registry, or the kubelet itself, has served enough for now.
    RateLimited,
    /// The registry does not answer, or not as one.
    Unreachable,
    /// Not made for the node's platform.
    Platform,
    /// The message does not say.
    Other,
}

/// How a container ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// Killed for want of memory; its limit, where one is set.
    OutOfMemory {
        /// The limit.
        limit: Option<String>,
    },
    /// By a signal.
    Signal(i32),
    /// With an exit code.
    Code(i32),
    /// The runtime could not start it, and says why.
    NotStarted(String),
}

/// A trouble and what to show of this very pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Diagnosis {
    pub(crate) trouble: Trouble,
    pub(crate) container: Option<String>,
    pub(crate) message: String,
    pub(crate) restarts: i32,
    pub(crate) since: Option<Timestamp>,
    /// Not late yet: it counts only where something else explains it, such as a lost node.
    pub(crate) in_grace: bool,
}

impl Diagnosis {
    fn new(trouble: Trouble) -> Self {
        Self { trouble, container: None, message: String::new(), restarts: 0, since: None, in_grace: false }
    }

    fn message(mut self, message: &str) -> Self {
        message.clone_into(&mut self.message);
        self
    }

    fn since(mut self, since: Option<Time>) -> Self {
        self.since = since.map(Time::timestamp);
        self
    }
}

/// How long ago; a time in the future or none at all counts as just now.
pub(crate) fn age(now: Timestamp, since: Option<Time>) -> SignedDuration {
    since.map_or(SignedDuration::ZERO, |since| now.duration_since(since.timestamp()))
}

/// The pod's trouble, or `None` when it is well or finished, or still within its grace and nothing else could explain it.
pub(crate) fn diagnose(pod: &Pod, now: Timestamp, limits: &Limits) -> Option<Diagnosis> {
    let (meta, spec, status) = (pod.metadata.as_ref()?, pod.spec(), pod.status());
    if status.phase == "Succeeded" {
        return None;
    }
    if let Some(deleted) = meta.deletion_timestamp {
        // The timestamp already holds the grace period.
        let late = age(now, Some(deleted)) > limits.seconds("terminating-grace");
        let finalizers = meta.finalizers.clone();
        return late.then(|| Diagnosis::new(Trouble::Terminating { finalizers }).since(Some(deleted)));
    }
    if status.phase == "Failed" {
        // A Job decides for itself when a failed pod is one too many.
        let of_job = meta.owner_references.iter().any(|owner| owner.controller && owner.kind == "Job");
        let reason = if status.reason.is_empty() { "Failed" } else { &status.reason };
        return (!of_job).then(|| {
            Diagnosis::new(Trouble::Failed { reason: reason.to_owned() })
                .message(&status.message)
                .since(status.start_time)
        });
    }
    let pending_long = age(now, meta.creation_timestamp) > limits.seconds("pending-grace");
    if spec.node_name.is_empty() {
        return pending_long.then(|| unscheduled(pod).since(meta.creation_timestamp));
    }
    let containers = containers(pod);
    containers
        .iter()
        .find_map(|container| container.diagnose(pod, now, limits))
        .or_else(|| not_up(pod, &containers, now, limits))
}

fn unscheduled(pod: &Pod) -> Diagnosis {
    let scheduled = pod.status().conditions.iter().find(|condition| condition.type_ == "PodScheduled");
    match scheduled {
        Some(condition) if condition.reason == "SchedulingGated" => {
            let gates = pod.spec().scheduling_gates.iter().map(|gate| gate.name.clone()).collect();
            Diagnosis::new(Trouble::Gated { gates })
        }
        Some(condition) if condition.status == "False" => {
            let mut reasons: Vec<String> =
                scheduling::breakdown(&condition.message).into_iter().map(|reason| reason.text).collect();
            reasons.sort();
            reasons.dedup();
            Diagnosis::new(Trouble::Unschedulable { reasons }).message(&condition.message)
        }
        _ => Diagnosis::new(Trouble::NotScheduled),
    }
}

/// A container's status beside its specification.
struct Running<'a> {
    status: &'a ContainerStatus,
    spec: Option<&'a Container>,
    /// An init container that must end before the next starts; a sidecar is none.
    init: bool,
}

fn containers(pod: &Pod) -> Vec<Running<'_>> {
    let (spec, status) = (pod.spec(), pod.status());
    let init = status.init_container_statuses.iter().map(|status| {
        let spec = spec.init_containers.iter().find(|container| container.name == status.name);
        let sidecar = spec.is_some_and(|container| container.restart_policy.as_deref() == Some("Always"));
        Running { status, spec, init: !sidecar }
    });
    let main = status.container_statuses.iter().map(|status| {
        let spec = spec.containers.iter().find(|container| container.name == status.name);
        Running { status, spec, init: false }
    });
    init.chain(main).collect()
}

impl Running<'_> {
    fn diagnose(&self, pod: &Pod, now: Timestamp, limits: &Limits) -> Option<Diagnosis> {
        let state = self.status.state.as_ref();
        let waiting = state.and_then(|state| state.waiting.as_ref());
        let diagnosis = match waiting.map(|waiting| (waiting.reason.as_str(), waiting.message.as_str())) {
            Some((reason, message)) if is_image_reason(reason) => self.image(pod, reason, message, now, limits),
            Some((
                reason @ ("CreateContainerConfigError"
                | "CreateContainerError"
                | "RunContainerError"
                | "PreCreateHookError"
                | "PreStartHookError"
                | "PostStartHookError"),
                message,
            )) => {
                let waited = age(now, pod.status().start_time) > limits.seconds("crash-grace");
                waited.then(|| {
                    let (reason, text) = (reason.to_owned(), stable(message));
                    Diagnosis::new(Trouble::ContainerConfig { reason, message: text }).message(message)
                })
            }
            _ => self.crash(pod, now, limits),
        }?;
        Some(Diagnosis {
            container: Some(self.status.name.clone()),
            restarts: self.status.restart_count,
            since: diagnosis.since.or(pod.status().start_time.map(Time::timestamp)),
            ..diagnosis
        })
    }

    fn image(&self, pod: &Pod, reason: &str, message: &str, now: Timestamp, limits: &Limits) -> Option<Diagnosis> {
        let cause = pull_cause(reason, message);
        let heals = matches!(cause, PullCause::RateLimited | PullCause::Unreachable | PullCause::Other);
        let within_grace = age(now, pod.status().start_time) <= limits.seconds("image-grace");
        let image = self.spec.map_or(&self.status.image, |spec| &spec.image).clone();
        // Registries put user names and tokens into what they say about rates.
        let message = if cause == PullCause::RateLimited { "" } else { pull_error(message) };
        (!(heals && within_grace)).then(|| Diagnosis::new(Trouble::ImagePull { image, cause }).message(message))
    }

    /// A loop is one that is going on: waiting to be started again, or ended a short while ago and not for the first time.
    fn crash(&self, pod: &Pod, now: Timestamp, limits: &Limits) -> Option<Diagnosis> {
        let state = self.status.state.clone().unwrap_or_default();
        let last = self.status.last_state.as_ref().and_then(|state| state.terminated.as_ref());
        let in_back_off = state.waiting.as_ref().is_some_and(|waiting| waiting.reason == "CrashLoopBackOff");
        // What ends well is done, unless it is started again for ever.
        let fails = |ended: &ContainerStateTerminated| ended.exit_code != 0 || self.restarts_always(pod);
        let ended = state.terminated.as_ref().filter(|ended| fails(ended)).or(last)?;
        let recent = age(now, ended.finished_at) <= limits.seconds("crash-recent");
        // A kubelet may show `terminated` and not `CrashLoopBackOff` during the first back-offs.
        let failed = in_back_off || (recent && fails(ended));
        let long_enough = age(now, pod.status().start_time) > limits.seconds("crash-grace")
            && i64::from(self.status.restart_count) >= i64::from(limits.value("crash-restarts"));
        (failed && long_enough).then(|| {
            let trouble = Trouble::CrashLoop { end: self.end(ended), init: self.init };
            Diagnosis::new(trouble).message(&ended.message)
        })
    }

    fn restarts_always(&self, pod: &Pod) -> bool {
        let policy = self.spec.and_then(|spec| spec.restart_policy.as_deref()).unwrap_or(&pod.spec().restart_policy);
        !self.init && policy == "Always"
    }

    fn end(&self, ended: &ContainerStateTerminated) -> End {
        how_ended(self.spec, ended)
    }
}

/// How a container of this specification ended.
#[must_use]
pub fn how_ended(spec: Option<&Container>, ended: &ContainerStateTerminated) -> End {
    match ended.reason.as_str() {
        "OOMKilled" => {
            let limit = spec.and_then(|spec| spec.resources.as_ref()?.limits.get("memory"));
            End::OutOfMemory { limit: limit.map(|limit| limit.text.clone()) }
        }
        "StartError" | "ContainerCannotRun" => End::NotStarted(stable(&ended.message)),
        _ if ended.signal != 0 => End::Signal(ended.signal),
        // A shell's way to say that a signal ended the program.
        _ if ended.exit_code > 128 && ended.exit_code < 128 + 65 => End::Signal(ended.exit_code - 128),
        _ => End::Code(ended.exit_code),
    }
}

/// On a node, no container says why, and still not up.
fn not_up(pod: &Pod, containers: &[Running<'_>], now: Timestamp, limits: &Limits) -> Option<Diagnosis> {
    let status = pod.status();
    let grace = limits.seconds("pending-grace");
    let ready = status.conditions.iter().find(|condition| condition.type_ == "Ready");
    if ready.is_some_and(|ready| ready.status == "True") {
        return None;
    }
    // Init containers may take as long as they need, as long as one runs.
    let working = containers.iter().any(|container| {
        container.init && container.status.state.as_ref().is_some_and(|state| state.running.is_some())
    });
    let started = status.start_time.or(pod.metadata.as_ref().and_then(|meta| meta.creation_timestamp));
    if status.phase == "Pending" {
        let in_grace = age(now, started) <= grace;
        return (!working).then(|| Diagnosis { in_grace, ..Diagnosis::new(Trouble::StuckCreating).since(started) });
    }
    let since = ready.and_then(|ready| ready.last_transition_time).or(started);
    (!working).then(|| {
        let message = ready.map_or("", |ready| ready.message.as_str());
        let in_grace = age(now, since) <= grace;
        Diagnosis { in_grace, ..Diagnosis::new(Trouble::NotReady).message(message).since(since) }
    })
}

/// Whether a container waits for its image, by the reason that it waits for.
#[must_use]
pub fn is_image_reason(reason: &str) -> bool {
    matches!(
        reason,
        "ErrImagePull"
            | "ImagePullBackOff"
            | "InvalidImageName"
            | "ErrImageNeverPull"
            | "ImageInspectError"
            | "RegistryUnavailable"
            | "SignatureValidationFailed"
    )
}

/// What went wrong, the same while the kubelet pulls and while it waits to pull again: then it says
/// `Back-off pulling image "…": ErrImagePull: …`.
#[must_use]
pub fn pull_error(message: &str) -> &str {
    match message.split_once(": ErrImagePull: ") {
        Some((before, error)) if before.starts_with("Back-off pulling image") => error,
        _ => message,
    }
}

/// Sorts what registries and runtimes say by what helps against it.
#[must_use]
pub fn pull_cause(reason: &str, message: &str) -> PullCause {
    let message = message.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    match reason {
        "InvalidImageName" => PullCause::InvalidName,
        "ErrImageNeverPull" => PullCause::NeverPull,
        "RegistryUnavailable" => PullCause::Unreachable,
        _ if says(&["toomanyrequests", "too many requests", "rate limit", "pull qps exceeded"]) => {
            PullCause::RateLimited
        }
        _ if says(&["no match for platform"]) => PullCause::Platform,
        _ if says(&["unauthorized", "denied", "authentication required", "403 forbidden"]) => PullCause::Denied,
        _ if says(&[
            "no such host",
            "timeout",
            "connection refused",
            "dial tcp",
            "x509",
            "tls:",
            "server misbehaving",
        ]) =>
        {
            PullCause::Unreachable
        }
        _ if says(&["not found", "manifest unknown", "name unknown", "does not exist"]) => PullCause::NotFound,
        _ => PullCause::Other,
    }
}

/// A message as part of a cause: without the pod that the kubelet names, and cut where it becomes long, so that two
/// pods' equal causes stay equal and small.
#[must_use]
pub fn stable(message: &str) -> String {
    message.split(" (pod: ").next().unwrap_or_default().chars().take(160).collect()
}
