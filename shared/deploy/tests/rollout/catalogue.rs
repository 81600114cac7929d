use std::collections::BTreeMap;
use std::time::Duration;

use quicktour_checks::Limits;
use quicktour_deploy::cause::scheduling::Room;
use quicktour_deploy::cause::{Answer, Cause, Class, End, Need, Place, Probed, PullCause, Reason, Release, probe};
use quicktour_deploy::workload::{Kind, Workload};
use quicktour_report::catalogue::Catalogue;

use crate::proofs;

/// One of each, with every way in which its words or its class differ.
pub(crate) fn all() -> Vec<(Cause, Class)> {
    use Class::{Likely, Notice, Terminal, Transient};
    let container = || "web".to_owned();
    let pull = |why| Cause::ImagePull { image: "registry.test/web:v9".into(), why };
    let crash = |end| Cause::Crash { container: container(), end };
    let needs =
        || vec![Need { resource: "cpu".into(), requested: "750m".into(), used: "4".into(), limited: "4".into() }];
    let quota = |release| Cause::Quota { quota: "compute".into(), needs: needs(), release };
    let probed = |kind, answer, port, declared| Cause::ProbeFailing {
        container: container(),
        probed: Probed { kind, answer, port, declared },
    };
    let nodes = |text: &str| Cause::Unschedulable { reasons: vec![Reason { nodes: 3, text: text.into() }] };
    vec![
        (pull(PullCause::InvalidName), Terminal),
        (pull(PullCause::NeverPull), Terminal),
        (pull(PullCause::NotFound), Terminal),
        (pull(PullCause::Denied), Likely),
        (pull(PullCause::RateLimited), Likely),
        (pull(PullCause::Unreachable), Likely),
        (pull(PullCause::Platform), Terminal),
        (pull(PullCause::Other), Likely),
        (Cause::WrongPlatform { container: container() }, Terminal),
        (Cause::MissingReference { container: container(), what: "secret \"keys\" not found".into() }, Terminal),
        (Cause::NotSynced { container: container() }, Transient),
        (Cause::NamedUser { container: container(), user: "nobody".into() }, Terminal),
        (Cause::RootUser { container: container() }, Terminal),
        (Cause::NotStarted { container: container(), reason: "RunContainerError".into() }, Likely),
        (crash(End::OutOfMemory { limit: Some("64Mi".into()) }), Likely),
        (crash(End::OutOfMemory { limit: None }), Likely),
        (crash(End::Code(0)), Likely),
        (crash(End::Code(1)), Likely),
        (crash(End::Code(127)), Likely),
        (crash(End::Signal(9)), Likely),
        (crash(End::Signal(11)), Likely),
        (crash(End::Signal(31)), Likely),
        (crash(End::NotStarted("no such file".into())), Likely),
        (Cause::InitFailed { container: container(), end: End::Code(7) }, Likely),
        (Cause::InitSlow { container: container() }, Transient),
        (Cause::SidecarNotStarted { container: container() }, Likely),
        (probed(probe::Kind::Readiness, Answer::Status(500), None, vec![]), Transient),
        (probed(probe::Kind::Liveness, Answer::Timeout, None, vec![]), Transient),
        (probed(probe::Kind::Startup, Answer::Refused, None, vec![]), Transient),
        (probed(probe::Kind::Readiness, Answer::Other, None, vec![]), Transient),
        (probed(probe::Kind::Readiness, Answer::Refused, Some(9999), vec![8080, 8081]), Transient),
        (Cause::NotReady { containers: vec![container(), "log".into()] }, Transient),
        (Cause::GatesUnset { gates: vec!["example.com/ready".into()] }, Transient),
        (nodes("Insufficient cpu"), Likely),
        (nodes("node(s) had untolerated taint(s)"), Likely),
        (nodes("node(s) didn't match Pod's node affinity/selector"), Likely),
        (nodes("node(s) had volume node affinity conflict"), Likely),
        (nodes("node(s) didn't have free ports for the requested pod ports"), Likely),
        (nodes("node(s) were unschedulable"), Likely),
        (nodes("something new"), Likely),
        (
            Cause::Unschedulable {
                reasons: vec![Reason { nodes: 0, text: "no nodes available to schedule pods".into() }],
            },
            Likely,
        ),
        (Cause::VolumeUnbound { claims: vec!["data".into()] }, Likely),
        (Cause::VolumeUnbound { claims: vec![] }, Likely),
        (Cause::DevicesPending, Likely),
        (Cause::Gated { gates: vec!["example.com/gate".into()] }, Transient),
        (Cause::NotScheduled, Transient),
        (quota(Release::Leaving), Transient),
        (quota(Release::OldPods), Transient),
        (quota(Release::None), Terminal),
        (Cause::QuotaWantsValues { quota: "compute".into(), what: "cpu for: web".into() }, Terminal),
        (Cause::LimitRange, Terminal),
        (Cause::PodSecurity { level: "restricted:latest".into() }, Terminal),
        (Cause::WebhookDenied { webhook: "policy.example.com".into() }, Terminal),
        (Cause::WebhookDown { webhook: "policy.example.com".into() }, Transient),
        (Cause::MissingForPod { what: "serviceaccount".into(), name: "robot".into() }, Likely),
        (Cause::MissingForPod { what: "PriorityClass".into(), name: "fast".into() }, Likely),
        (Cause::PodRefused, Terminal),
        (Cause::Mount { volume: "keys".into(), missing: "secret \"keys\" not found".into() }, Likely),
        (Cause::Mount { volume: "keys".into(), missing: String::new() }, Likely),
        (Cause::Mount { volume: String::new(), missing: String::new() }, Likely),
        (Cause::Attach { elsewhere: true }, Likely),
        (Cause::Attach { elsewhere: false }, Likely),
        (Cause::Sandbox, Transient),
        (Cause::Creating, Transient),
        (Cause::PodLost { reason: "Evicted".into() }, Transient),
        (Cause::NodeNotReady { node: "worker-1".into() }, Transient),
        (Cause::DeadlineExceeded, Terminal),
        (Cause::Paused, Notice),
        (Cause::Partition { from: 2 }, Notice),
        (Cause::OnDelete, Notice),
        (Cause::MinReady { seconds: 30 }, Transient),
        (Cause::StuckTerminating { finalizers: vec![], blocks: false }, Transient),
        (Cause::StuckTerminating { finalizers: vec!["example.com/backup".into()], blocks: true }, Likely),
        (Cause::OldPodBlocks { pod: "web-1".into() }, Transient),
        (Cause::SpecChanged { template: true }, Notice),
        (Cause::SpecChanged { template: false }, Notice),
        (Cause::NoEndpoints { service: "web".into(), selector: true }, Terminal),
        (Cause::NoEndpoints { service: "web".into(), selector: false }, Terminal),
        (Cause::LoadBalancerPending { service: "web".into() }, Likely),
    ]
}

/// The rows of the catalogue of reasons why rollouts fail, in its order, and the cause that tells each.
const ROWS: &[(&str, &[&str])] = &[
    ("InvalidImageName", &["image-name-invalid"]),
    ("ErrImageNeverPull", &["image-never-pulled"]),
    ("ErrImagePull: not found", &["image-not-found"]),
    ("ErrImagePull: denied", &["image-denied"]),
    ("ErrImagePull: rate limit, timeout, x509, no such host", &["image-rate-limited", "image-registry-unreachable"]),
    ("no match for platform, exec format error", &["image-wrong-platform"]),
    (
        "SignatureValidationFailed, ImageInspectError, RegistryUnavailable",
        &["image-not-pulled", "image-registry-unreachable"],
    ),
    ("CreateContainerConfigError", &["config-missing", "config-not-synced", "user-not-numeric", "user-is-root"]),
    ("CreateContainerError, RunContainerError", &["container-not-started"]),
    ("CrashLoopBackOff", &["container-crashes"]),
    ("OOMKilled", &["out-of-memory"]),
    ("exit codes and signals", &["container-crashes"]),
    ("init container failed or stuck", &["init-container-fails", "init-container-slow"]),
    ("sidecar not started", &["sidecar-not-started"]),
    ("probe failing", &["probe-fails", "not-ready"]),
    ("readinessGates unset", &["readiness-gate-unset"]),
    ("unschedulable: resources", &["unschedulable"]),
    ("unschedulable: taints, affinity, spread, ports, cordoned", &["unschedulable"]),
    ("unbound claim", &["volume-unbound"]),
    ("SchedulingGated", &["scheduling-gated"]),
    ("DRA claim pending", &["devices-pending"]),
    ("quota exceeded", &["quota-exceeded", "quota-wants-values"]),
    ("LimitRange", &["limit-range"]),
    ("Pod Security", &["pod-security"]),
    ("webhook denied or down", &["webhook-denied", "webhook-down"]),
    ("missing ServiceAccount, PriorityClass, RuntimeClass", &["reference-missing"]),
    ("invalid pod, SCC", &["pod-refused"]),
    ("FailedMount, FailedAttachVolume, Multi-Attach", &["volume-not-mounted", "volume-not-attached"]),
    ("FailedCreatePodSandBox", &["sandbox-not-made"]),
    ("ContainerCreating too long", &["creating-slow", "not-scheduled"]),
    ("evicted, preempted, shutdown", &["pod-lost"]),
    ("node NotReady under new pods", &["node-not-ready"]),
    ("ProgressDeadlineExceeded", &["progress-deadline"]),
    ("paused, partition, OnDelete", &["paused", "partition", "on-delete"]),
    ("minReadySeconds", &["min-ready"]),
    ("stuck terminating", &["stuck-terminating"]),
    ("an old pod holds a stateful set up", &["old-pod-blocks"]),
    ("HPA fights scale, GitOps reverts", &["changed-meanwhile"]),
    ("no endpoints though pods are ready", &["no-endpoints"]),
    ("load balancer pending", &["load-balancer-pending"]),
];

#[test]
fn every_row_has_a_cause_and_every_cause_a_row() {
    let known: BTreeMap<&str, Class> = all().iter().map(|(cause, class)| (cause.id(), *class)).collect();
    let mut told: Vec<&str> = ROWS.iter().flat_map(|(_, ids)| ids.iter().copied()).collect();
    for (row, ids) in ROWS {
        proofs::row(row, ids);
    }
    for id in &told {
        assert!(known.contains_key(id), "no cause is called {id}");
    }
    told.sort_unstable();
    let missing: Vec<&&str> = known.keys().filter(|id| told.binary_search(id).is_err()).collect();
    assert!(missing.is_empty(), "in no row: {missing:?}");
}

#[test]
fn every_cause_has_its_class_and_words_and_a_fix() {
    let workload = Workload { kind: Kind::Deployment, namespace: "shop".into(), name: "web".into() };
    let place = Place { kubectl: "kubectl --context=kind-a".into(), workload };
    let words = |message: &quicktour_report::message::Message| {
        Catalogue::english().check(message).unwrap_or_else(|errors| panic!("{message:?}: {errors:?}"))
    };
    for (cause, class) in all() {
        assert_eq!(cause.class(), class, "{cause:?}");
        let (why, fix) = (words(&cause.why()), cause.fix(&place, Some("web-1")));
        assert!(!why.is_empty() && !why.ends_with('.'), "{why}");
        assert!(!words(&fix.advice).is_empty());
        if let Some(command) = fix.command {
            assert!(command.starts_with("kubectl --context=kind-a "), "{command}");
        }
        let id = cause.id();
        assert!(id.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{id}");
        assert!(cause.key().starts_with(id), "{id}");
    }
    let room = Room { resource: "cpu".into(), wanted: 4.0, largest_free: 0.75, largest: 8.0 };
    assert_eq!(words(&room.words()), "of cpu a pod asks for 4; the node with the most left has 750m of 8");
    let room = Room { largest: 2.0, ..room };
    assert_eq!(words(&room.words()), "of cpu a pod asks for 4; no node has more than 2 in all");
}

#[test]
fn what_usually_heals_wears_out() {
    let limits = Limits::published();
    let at = |cause: &Cause, seconds| cause.class_at(Duration::from_secs(seconds), limits);
    assert_eq!((at(&Cause::Sandbox, 119), at(&Cause::Sandbox, 120)), (Class::Transient, Class::Likely));
    assert_eq!(at(&Cause::Creating, 9999), Class::Transient);
}
