//! What is wrong with one pod of the new revision: the most specific trouble that its status and the warnings about it
//! show.

use std::time::Duration;

use jiff::Timestamp;
use quicktour_checks::Limits;
use quicktour_checks::said::{self, End, PullCause};
use quicktour_client::views::View as _;
use quicktour_client::views::object::Condition;
use quicktour_client::views::pod::{Container, ContainerStateTerminated, ContainerStatus, Pod};
use quicktour_client::views::scalar::Time;

use super::{Answer, Cause, probe, scheduling};

/// A cause and what this very pod adds to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The cause.
    pub cause: Cause,
    /// What the cluster says, raw.
    pub message: String,
    /// Since when, by the cluster's own times.
    pub since: Option<Timestamp>,
    /// How often the container was restarted.
    pub restarts: u32,
    /// Whether the log to read is that of the instance before the present one.
    pub previous: bool,
}

/// A `Warning` event about an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Why, in one word.
    pub reason: String,
    /// What happened, as it was said first.
    pub message: String,
    /// As it was said last: with other numbers, perhaps.
    pub latest: String,
    /// The container, where it is about one.
    pub container: Option<String>,
    /// When it was first seen.
    pub first: Timestamp,
    /// When it was last seen.
    pub last: Timestamp,
}

/// A pod and what is known around it.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The pod.
    pub pod: &'a Pod,
    /// The warnings about it, the earliest first.
    pub warnings: &'a [Warning],
    /// Whether its node is known not to work, and what that node says.
    pub node_trouble: Option<&'a str>,
    /// The figures.
    pub limits: &'a Limits,
    /// Now, by the cluster's clock.
    pub now: Timestamp,
}

impl Found {
    fn new(cause: Cause, message: &str, since: Option<Timestamp>) -> Self {
        Self { cause, message: message.to_owned(), since, restarts: 0, previous: false }
    }
}

/// The trouble of a pod, or `None` when it is well or merely on its way.
#[must_use]
pub fn judge(about: &About<'_>) -> Option<Found> {
    let (meta, spec, status) = (about.pod.meta(), about.pod.spec(), about.pod.status());
    let created = meta.creation_timestamp.map(Time::timestamp);
    match status.phase.as_str() {
        "Succeeded" => return None,
        "Failed" => {
            let reason = if status.reason.is_empty() { "Failed" } else { &status.reason };
            return Some(Found::new(Cause::PodLost { reason: reason.to_owned() }, &status.message, created));
        }
        _ => {}
    }
    if spec.node_name.is_empty() {
        return about.unscheduled();
    }
    let containers = containers(about.pod);
    containers
        .iter()
        .find_map(|container| about.container(container))
        .or_else(|| about.on_a_broken_node())
        .or_else(|| about.setting_up(&containers))
        .or_else(|| about.not_ready(&containers))
}

/// A container's status beside its specification.
struct Running<'a> {
    status: &'a ContainerStatus,
    spec: Option<&'a Container>,
    init: bool,
    sidecar: bool,
}

fn containers(pod: &Pod) -> Vec<Running<'_>> {
    let (spec, status) = (pod.spec(), pod.status());
    let find = |list: &'_ [Container], name: &str| list.iter().position(|container| container.name == name);
    let init = status.init_container_statuses.iter().map(|status| {
        let spec = find(&spec.init_containers, &status.name).map(|index| &spec.init_containers[index]);
        let sidecar = spec.is_some_and(|container| container.restart_policy.as_deref() == Some("Always"));
        Running { status, spec, init: !sidecar, sidecar }
    });
    let main = status.container_statuses.iter().map(|status| {
        let spec = find(&spec.containers, &status.name).map(|index| &spec.containers[index]);
        Running { status, spec, init: false, sidecar: false }
    });
    init.chain(main).collect()
}

impl Running<'_> {
    fn waits_for(&self) -> Option<(&str, &str)> {
        let waiting = self.status.state.as_ref()?.waiting.as_ref()?;
        Some((waiting.reason.as_str(), waiting.message.as_str()))
    }

    fn running_since(&self) -> Option<Timestamp> {
        let running = self.status.state.as_ref()?.running.as_ref()?;
        Some(running.started_at.map_or(Timestamp::UNIX_EPOCH, Time::timestamp))
    }

    /// Whether it has ever run.
    fn has_run(&self) -> bool {
        let state = self.status.state.as_ref();
        self.status.restart_count > 0
            || state.is_some_and(|state| state.running.is_some() || state.terminated.is_some())
    }

    fn image(&self, reason: &str, message: &str) -> Cause {
        let image = self.spec.map_or(&self.status.image, |spec| &spec.image).clone();
        Cause::ImagePull { image, why: said::pull_cause(reason, message) }
    }

    fn is_to_go_on(&self, pod: &Pod) -> bool {
        let policy = self.spec.and_then(|spec| spec.restart_policy.as_deref()).unwrap_or(&pod.spec().restart_policy);
        !self.init && (policy == "Always" || policy.is_empty())
    }
}

impl About<'_> {
    fn condition(&self, kind: &str) -> Option<&Condition> {
        self.pod.status().conditions.iter().find(|condition| condition.type_ == kind)
    }

    fn age(&self, since: Option<Timestamp>) -> Duration {
        let span = since.map(|since| self.now.duration_since(since));
        span.and_then(|span| Duration::try_from(span).ok()).unwrap_or_default()
    }

    fn is_long(&self, since: Option<Timestamp>) -> bool {
        self.age(since) > Duration::from_secs(u64::from(self.limits.value("rollout-grace")))
    }

    fn warned<'w>(&'w self, reasons: &'w [&str]) -> impl Iterator<Item = &'w Warning> {
        self.warnings.iter().filter(move |warning| reasons.contains(&warning.reason.as_str()))
    }

    fn unscheduled(&self) -> Option<Found> {
        let created = self.pod.meta().creation_timestamp.map(Time::timestamp);
        // Pods of less priority make room; that takes as long as they need.
        if !self.pod.status().nominated_node_name.is_empty() {
            return None;
        }
        let condition = self.condition("PodScheduled").filter(|condition| condition.status == "False");
        if let Some(condition) = condition {
            let since = condition.last_transition_time.map(Time::timestamp);
            if condition.reason == "SchedulingGated" {
                let gates = self.pod.spec().scheduling_gates.iter().map(|gate| gate.name.clone()).collect();
                return Some(Found::new(Cause::Gated { gates }, &condition.message, since));
            }
            let cause = scheduling::read(&condition.message, self.pod.claims());
            return Some(Found::new(cause, &condition.message, since));
        }
        if let Some(warning) = self.warned(&["FailedScheduling"]).next() {
            let cause = scheduling::read(&warning.message, self.pod.claims());
            return Some(Found::new(cause, &warning.message, Some(warning.first)));
        }
        self.is_long(created).then(|| Found::new(Cause::NotScheduled, "", created))
    }

    /// What keeps one container from running.
    fn container(&self, container: &Running<'_>) -> Option<Found> {
        let since = self.pod.status().start_time.map(Time::timestamp);
        let name = || container.status.name.clone();
        let found = match container.waits_for() {
            Some((reason, message)) if said::is_image_reason(reason) => {
                Found::new(container.image(reason, message), &pull_words(reason, message), since)
            }
            Some(("CreateContainerConfigError", message)) => Found::new(config(name(), message), message, since),
            Some((
                reason @ ("CreateContainerError"
                | "RunContainerError"
                | "PreCreateHookError"
                | "PreStartHookError"
                | "PostStartHookError"),
                message,
            )) => Found::new(start(name(), reason, message), message, since),
            Some(_) if !container.has_run() => self.warned_start(container)?,
            _ => self.crash(container)?,
        };
        Some(Found { restarts: u32::try_from(container.status.restart_count).unwrap_or_default(), ..found })
    }

    /// The kubelet warns a moment before it writes the status.
    fn warned_start(&self, container: &Running<'_>) -> Option<Found> {
        let of_this = |warning: &&Warning| warning.container.as_deref() == Some(&container.status.name);
        self.warned(&["Failed", "InspectFailed", "ErrImageNeverPull"]).filter(of_this).find_map(|warning| {
            let (reason, message) = (warning.reason.as_str(), warning.message.as_str());
            let cause = match reason {
                "ErrImageNeverPull" => container.image(reason, message),
                "InspectFailed" if message.contains("InvalidImageName") => container.image("InvalidImageName", message),
                "Failed" if message.starts_with("Failed to pull image") => container.image("ErrImagePull", message),
                "Failed" => {
                    let message = message.strip_prefix("Error: ")?;
                    match config(container.status.name.clone(), message) {
                        Cause::NotStarted { .. } => return None,
                        cause => return Some(Found::new(cause, message, Some(warning.first))),
                    }
                }
                _ => return None,
            };
            Some(Found::new(cause, &pull_words("ErrImagePull", message), Some(warning.first)))
        })
    }

    /// A container that has ended and should not have: now, or so short a while ago that it may end again.
    fn crash(&self, container: &Running<'_>) -> Option<Found> {
        let state = container.status.state.as_ref();
        let last = container.status.last_state.as_ref().and_then(|state| state.terminated.as_ref());
        let fails = |ended: &&ContainerStateTerminated| ended.exit_code != 0 || container.is_to_go_on(self.pod);
        let now = state.and_then(|state| state.terminated.as_ref());
        if now.is_some_and(|ended| !fails(&ended)) {
            return None;
        }
        let ended = now.or(last).filter(fails)?;
        if let Some(running) = container.running_since() {
            let settle = Duration::from_secs(u64::from(self.limits.value("rollout-settle")));
            let finished = ended.finished_at.map(Time::timestamp);
            let fresh = self.age(Some(running)) < settle;
            let recent = !container.status.ready && !container.init && !self.is_long(finished);
            if !fresh && !recent {
                return None;
            }
        }
        let name = container.status.name.clone();
        let end = said::how_ended(container.spec, ended);
        let cause = match end {
            End::NotStarted(ref text) => start(name, "StartError", text),
            end if container.init => Cause::InitFailed { container: name, end },
            end => Cause::Crash { container: name, end },
        };
        let since = self.pod.status().start_time.map(Time::timestamp);
        Some(Found { previous: now.is_none(), ..Found::new(cause, &ended.message, since) })
    }

    fn on_a_broken_node(&self) -> Option<Found> {
        let message = self.node_trouble?;
        let ready = self.condition("Ready");
        if ready.is_some_and(|ready| ready.status == "True") {
            return None;
        }
        let since = ready.and_then(|ready| ready.last_transition_time).map(Time::timestamp);
        let node = self.pod.spec().node_name.clone();
        Some(Found::new(Cause::NodeNotReady { node }, message, since))
    }

    /// On its node, and nothing of it has run yet: volumes, network, or nothing that anybody says.
    fn setting_up(&self, containers: &[Running<'_>]) -> Option<Found> {
        if containers.iter().any(Running::has_run) {
            return None;
        }
        let of = |warning: &Warning| {
            let cause = match warning.reason.as_str() {
                "FailedAttachVolume" => Cause::Attach { elsewhere: warning.message.contains("Multi-Attach") },
                "FailedMount" | "FailedMapVolume" => mount(&warning.message),
                "FailedCreatePodSandBox" | "FailedCreatePodSandbox" | "NetworkNotReady" => Cause::Sandbox,
                _ => return None,
            };
            Some(Found::new(cause, &warning.message, Some(warning.first)))
        };
        // The earliest of the most specific ones: the kubelet later only says that it waits.
        let found = self.warnings.iter().filter_map(of);
        let best =
            found.reduce(|best, next| if next.cause.specificity() > best.cause.specificity() { next } else { best });
        let since = self.pod.status().start_time.or(self.pod.meta().creation_timestamp).map(Time::timestamp);
        best.or_else(|| self.is_long(since).then(|| Found::new(Cause::Creating, "", since)))
    }

    /// Up, as far as it goes, and not ready.
    fn not_ready(&self, containers: &[Running<'_>]) -> Option<Found> {
        let ready = self.condition("Ready");
        if ready.is_none_or(|ready| ready.status == "True") {
            return None;
        }
        for container in containers.iter().filter(|container| container.init) {
            if let Some(since) = container.running_since() {
                let cause = Cause::InitSlow { container: container.status.name.clone() };
                return self.is_long(Some(since)).then(|| Found::new(cause, "", Some(since)));
            }
        }
        let waiting: Vec<&Running<'_>> = containers
            .iter()
            .filter(|container| !container.init && (!container.status.ready || container.status.started == Some(false)))
            .collect();
        for container in &waiting {
            if let Some(found) = self.probe(container) {
                return Some(found);
            }
        }
        let since = ready.and_then(|ready| ready.last_transition_time).map(Time::timestamp);
        if let Some(sidecar) =
            waiting.iter().find(|container| container.sidecar && container.status.started != Some(true))
        {
            let cause = Cause::SidecarNotStarted { container: sidecar.status.name.clone() };
            return self.is_long(sidecar.running_since().or(since)).then(|| Found::new(cause, "", since));
        }
        let unset = |kind: &String| self.condition(kind).is_none_or(|condition| condition.status != "True");
        if waiting.is_empty() {
            let gates = self.pod.spec().readiness_gates.iter().map(|gate| gate.condition_type.clone());
            let gates: Vec<String> = gates.filter(unset).collect();
            return (!gates.is_empty()).then(|| Found::new(Cause::GatesUnset { gates }, "", since));
        }
        let containers = waiting.iter().map(|container| container.status.name.clone()).collect();
        self.is_long(since).then(|| Found::new(Cause::NotReady { containers }, "", since))
    }

    fn probe(&self, container: &Running<'_>) -> Option<Found> {
        let running = container.running_since()?;
        let found = self.warned(&["Unhealthy"]).filter_map(|warning| {
            // Of an instance that is gone.
            let old = warning.last.as_second() < running.as_second();
            let other = warning.container.as_ref().is_some_and(|name| *name != container.status.name);
            let probed = probe::read(&warning.message, container.spec).filter(|_| !old && !other)?;
            let cause = Cause::ProbeFailing { container: container.status.name.clone(), probed };
            Some(Found::new(cause, &warning.message, Some(warning.first.max(running))))
        });
        // While a container starts, nobody listens; what its probe meets later is what is wrong with it.
        let refused = |found: &Found| matches!(&found.cause, Cause::ProbeFailing { probed, .. } if probed.answer == Answer::Refused);
        found.reduce(|best, next| if refused(&best) && !refused(&next) { next } else { best })
    }
}

/// Registries put user names and tokens into what they say about rates.
fn pull_words(reason: &str, message: &str) -> String {
    let message = said::pull_error(message);
    match said::pull_cause(reason, message) {
        PullCause::RateLimited => message.split(" as ").next().unwrap_or_default().to_owned(),
        _ => message.to_owned(),
    }
}

/// Reads why the kubelet cannot put a container's configuration together.
fn config(container: String, message: &str) -> Cause {
    if message.contains("failed to sync") {
        return Cause::NotSynced { container };
    }
    if let Some((_, user)) = message.split_once("non-numeric user (") {
        let user = user.split(')').next().unwrap_or_default().to_owned();
        return Cause::NamedUser { container, user };
    }
    if message.contains("image will run as root") {
        return Cause::RootUser { container };
    }
    if (message.contains("not found") || message.contains("couldn't find key"))
        && ["configmap", "secret", "ConfigMap", "Secret"].iter().any(|kind| message.contains(kind))
    {
        return Cause::MissingReference { container, what: said::stable(message) };
    }
    Cause::NotStarted { container, reason: "CreateContainerConfigError".to_owned() }
}

fn start(container: String, reason: &str, message: &str) -> Cause {
    if message.contains("exec format error") {
        Cause::WrongPlatform { container }
    } else {
        Cause::NotStarted { container, reason: reason.to_owned() }
    }
}

/// Reads `MountVolume.SetUp failed for volume "keys" : secret "keys" not found`.
fn mount(message: &str) -> Cause {
    let volume = message.split_once("for volume \"").and_then(|(_, rest)| rest.split('"').next());
    let missing = message.rsplit_once(" : ").map(|(_, cause)| cause).filter(|cause| cause.contains("not found"));
    Cause::Mount {
        volume: volume.unwrap_or_default().to_owned(),
        missing: missing.map(said::stable).unwrap_or_default(),
    }
}
