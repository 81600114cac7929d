//! What is wrong with one pod, if anything: the most specific trouble that its status shows.

use jiff::{SignedDuration, Timestamp};
use quicktour_survey::views::View as _;
use quicktour_survey::views::pod::{Container, ContainerStateTerminated, ContainerStatus, Pod};
use quicktour_survey::views::scalar::Time;

use crate::figures::Limits;
use crate::owner::Owner;

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
    /// The scheduler has chosen a node and waits for the pod's volumes there.
    NotBound,
    /// Waits until pods of less priority have ended on the node that is meant for it.
    Preempting,
    /// Held back by scheduling gates.
    Gated { gates: Vec<String> },
    /// On its node, and its containers do not come up.
    StuckCreating,
    /// Running, and not ready.
    NotReady,
    /// Deleted, and still there.
    Terminating { finalizers: Vec<String> },
    /// Ended for good; its controller, where it has one, makes another in its place.
    Failed { reason: String, replaced: bool },
}

impl Trouble {
    /// Whether workloads and services can be in trouble because of it. Of a failed pod that is
    /// replaced, the one in its place tells.
    pub(crate) fn has_effects(&self) -> bool {
        !matches!(self, Self::Failed { replaced: true, .. })
    }
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
    /// Claims of volumes that it waits for.
    pub(crate) claims: Vec<String>,
    /// Not late yet: it counts only where something else explains it, such as a lost node.
    pub(crate) in_grace: bool,
}

impl Diagnosis {
    fn new(trouble: Trouble) -> Self {
        Self {
            trouble,
            container: None,
            message: String::new(),
            restarts: 0,
            since: None,
            claims: Vec::new(),
            in_grace: false,
        }
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
        let controller = meta.owner_references.iter().find(|owner| owner.controller);
        // A Job decides for itself when a failed pod is one too many.
        let of_job = controller.is_some_and(|owner| owner.kind == "Job");
        let reason = if status.reason.is_empty() { "Failed" } else { &status.reason };
        return (!of_job).then(|| {
            Diagnosis::new(Trouble::Failed { reason: reason.to_owned(), replaced: controller.is_some() })
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
    let nominated = !pod.status().nominated_node_name.is_empty();
    let diagnosis = match scheduled {
        Some(condition) if condition.reason == "SchedulingGated" => {
            let gates = pod.spec().scheduling_gates.iter().map(|gate| gate.name.clone()).collect();
            Diagnosis::new(Trouble::Gated { gates })
        }
        // It had chosen a node and gave up waiting; it will try again.
        Some(condition) if condition.status == "False" && condition.message.contains("\"VolumeBinding\"") => {
            Diagnosis::new(Trouble::NotBound).message(&condition.message)
        }
        Some(condition) if condition.status == "False" && nominated && condition.reason == "Unschedulable" => {
            Diagnosis::new(Trouble::Preempting).message(&pod.status().nominated_node_name)
        }
        Some(condition) if condition.status == "False" => {
            let mut reasons: Vec<String> =
                scheduling::breakdown(&condition.message).into_iter().map(|reason| reason.text).collect();
            reasons.sort();
            reasons.dedup();
            Diagnosis::new(Trouble::Unschedulable { reasons }).message(&condition.message)
        }
        // Since Kubernetes 1.35 the scheduler names the node before it waits for volumes there.
        _ if nominated => Diagnosis::new(Trouble::NotBound),
        _ => Diagnosis::new(Trouble::NotScheduled),
    };
    Diagnosis { claims: pod.claims().collect(), ..diagnosis }
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
                    let (reason, text) = (reason.to_owned(), stable(&unnamed(message, pod)));
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

    /// A loop is one that is going on: waiting to be started again, or ended a short while ago after a short run and not
    /// for the first time. A container that a reboot ended after hours is in none, however often it was started before.
    fn crash(&self, pod: &Pod, now: Timestamp, limits: &Limits) -> Option<Diagnosis> {
        let state = self.status.state.clone().unwrap_or_default();
        let last = self.status.last_state.as_ref().and_then(|state| state.terminated.as_ref());
        let in_back_off = state.waiting.as_ref().is_some_and(|waiting| waiting.reason == "CrashLoopBackOff");
        // What ends well is done, unless it is started again for ever.
        let fails = |ended: &ContainerStateTerminated| ended.exit_code != 0 || self.restarts_always(pod);
        let ended = state.terminated.as_ref().filter(|ended| fails(ended)).or(last)?;
        // A kubelet may show `terminated` and not `CrashLoopBackOff` during the first back-offs.
        let failed = in_back_off || (fails(ended) && ended_shortly(ended, now, limits.seconds("crash-recent")));
        let waited = age(now, pod.status().start_time) > limits.seconds("crash-grace");
        let often = i64::from(self.status.restart_count) >= i64::from(limits.value("crash-restarts"));
        let trouble = match self.end(ended, pod) {
            // Between two tries it waits in CrashLoopBackOff, during one with this reason: that is one and the same.
            End::NotStarted(message) => Trouble::ContainerConfig { reason: "RunContainerError".to_owned(), message },
            end if often => Trouble::CrashLoop { end, init: self.init },
            _ => return None,
        };
        (failed && waited).then(|| Diagnosis::new(trouble).message(&ended.message))
    }

    /// Whether it has ended well and is not started again.
    fn is_done(&self, pod: &Pod) -> bool {
        let ended = self.status.state.as_ref().and_then(|state| state.terminated.as_ref());
        ended.is_some_and(|ended| ended.exit_code == 0) && !self.restarts_always(pod)
    }

    fn restarts_always(&self, pod: &Pod) -> bool {
        let policy = self.spec.and_then(|spec| spec.restart_policy.as_deref()).unwrap_or(&pod.spec().restart_policy);
        !self.init && policy == "Always"
    }

    fn end(&self, ended: &ContainerStateTerminated, pod: &Pod) -> End {
        match how_ended(self.spec, ended) {
            End::NotStarted(message) => End::NotStarted(unnamed(&message, pod)),
            end => end,
        }
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
        _ if never_ran(ended) => End::NotStarted(stable(&ended.message)),
        _ if ended.signal != 0 => End::Signal(ended.signal),
        // A shell's way to say that a signal ended the program.
        _ if ended.exit_code > 128 && ended.exit_code < 128 + 65 => End::Signal(ended.exit_code - 128),
        _ => End::Code(ended.exit_code),
    }
}

/// Whether the runtime could not start it.
fn never_ran(ended: &ContainerStateTerminated) -> bool {
    matches!(ended.reason.as_str(), "StartError" | "ContainerCannotRun")
}

/// Whether a container ended at most so long ago, after a run that was no longer. Where nobody knows when it ended (its
/// traces are gone: `ContainerStatusUnknown`), nothing speaks for that.
fn ended_shortly(ended: &ContainerStateTerminated, now: Timestamp, at_most: SignedDuration) -> bool {
    let Some(finished) = ended.finished_at else { return false };
    let short = never_ran(ended) || age(finished.timestamp(), ended.started_at) <= at_most;
    short && age(now, Some(finished)) <= at_most
}

/// On a node, no container says why, and still not up.
fn not_up(pod: &Pod, containers: &[Running<'_>], now: Timestamp, limits: &Limits) -> Option<Diagnosis> {
    let status = pod.status();
    let grace = limits.seconds("pending-grace");
    let ready = status.conditions.iter().find(|condition| condition.type_ == "Ready");
    if ready.is_some_and(|ready| ready.status == "True") {
        return None;
    }
    // Steps that end one after another: those before are done, the one at work is ready.
    let done = |container: &Running<'_>| container.is_done(pod);
    let main = || containers.iter().filter(|container| !container.init);
    if status.phase == "Running"
        && main().any(done)
        && main().all(|container| done(container) || container.status.ready)
    {
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

/// A message with the pod's name replaced by that of its workload, which outlives it.
fn unnamed(message: &str, pod: &Pod) -> String {
    message.replace(&pod.meta().name, &Owner::of_pod(pod.meta()).name)
}

/// A message as part of a cause: without the pod that the kubelet names and without ids, which are others in each pod and
/// at each try, and cut where it becomes long, so that two pods' equal causes stay equal and small.
#[must_use]
pub fn stable(message: &str) -> String {
    let message = message.split(" (pod: ").next().unwrap_or_default();
    let mut text = String::new();
    for word in message.split_inclusive(|c: char| !(c.is_ascii_alphanumeric() || c == '-')) {
        let id = word.trim_end_matches(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
        text.push_str(if is_id(id) { "…" } else { id });
        text.push_str(&word[id.len()..]);
    }
    text.chars().take(160).collect()
}

/// Whether a word is a UID or a container's id: only hexadecimal digits, and many.
fn is_id(word: &str) -> bool {
    let digits = word.chars().filter(|c| *c != '-').count();
    digits >= 32 && word.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use quicktour_survey::views::object::{ObjectMeta, OwnerReference};

    #[test]
    fn a_cause_names_no_pod_and_no_id() {
        let owner = OwnerReference {
            kind: "ReplicaSet".into(),
            name: "web-5d4f".into(),
            controller: true,
            ..OwnerReference::default()
        };
        let metadata = ObjectMeta {
            name: "web-5d4f-x2x9z".into(),
            labels: [("pod-template-hash".to_owned(), "5d4f".to_owned())].into(),
            owner_references: vec![owner],
            ..ObjectMeta::default()
        };
        let pod = Pod { metadata: Some(metadata), ..Pod::default() };
        let id = "9b73f3dbbd65fb6e6bcf0b3b1b3a8a4d2d0b6d5f7d1c4e6a8b9c0d1e2f3a4b5c";
        for (message, expected) in [
            (r#"secret "keys" not found"#.to_owned(), r#"secret "keys" not found"#),
            (
                format!(r#"failed to start container "{id}": no such file"#),
                r#"failed to start container "…": no such file"#,
            ),
            (
                "stat /pods/6f1f4b5e-0f5f-4a43-9d1b-2d3a9e0c1b2a/volumes: no such file".to_owned(),
                "stat /pods/…/volumes: no such file",
            ),
            ("container of web-5d4f-x2x9z_shop failed".to_owned(), "container of web_shop failed"),
            (
                "image has non-numeric user (nobody) (pod: \"web-5d4f-x2x9z_shop(6f1f)\")".to_owned(),
                "image has non-numeric user (nobody)",
            ),
        ] {
            assert_eq!(stable(&unnamed(&message, &pod)), expected);
        }
    }
}
