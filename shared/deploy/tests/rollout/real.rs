use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use quicktour_client::views::core::Event;
use quicktour_client::{Client, ConnectFlags, Environment, ListOptions, Scope, WatchEvent, connect_in};
use quicktour_deploy::cause::{Cause, Class};
use quicktour_deploy::track::{Outcome, Progress, TrackRequest, track};
use quicktour_deploy::workload::{Kind, Workload};
use quicktour_testkit::cluster::Namespace;
use quicktour_testkit::node;
use serde_json::{Value, json};

/// Promised is 2 s; ten times as much on a busy machine.
const CEILING: Duration = Duration::from_secs(20);
/// Longer than it takes to see that nothing moves.
const BLOCKED: Duration = Duration::from_secs(45);
/// No rollout here takes longer, whatever else the machine does.
const TIMEOUT: Duration = Duration::from_mins(8);

/// What was told of one rollout.
struct Story {
    outcome: Outcome,
    /// When each cause was first told, and how it was told last.
    causes: BTreeMap<&'static str, (Duration, quicktour_deploy::track::Told)>,
    /// When the first warning about it came.
    warned: Option<Duration>,
    /// When it had ended.
    ended: Duration,
    last: Progress,
    /// Whether the settle window was ever entered.
    settled: bool,
}

impl Story {
    /// The cause of the failure, told in time.
    #[expect(clippy::print_stdout, reason = "for those who run it with --nocapture to see how long it took")]
    fn failed(&self, id: &str, class: Class) -> &quicktour_deploy::track::Told {
        let Outcome::Failed(cause) = &self.outcome else { panic!("{:?}\n{:#?}", self.outcome, self.last) };
        assert_eq!(cause.id(), id, "{:#?}", self.last.causes);
        let (at, told) = &self.causes[id];
        assert_eq!(told.class, class);
        if let Some(warned) = self.warned {
            let after = at.saturating_sub(warned);
            println!("{id}: told {after:?} after the first warning, ended after {:?}", self.ended);
            assert!(after <= CEILING, "{id} was told {after:?} after the first warning");
        }
        told
    }
}

fn deployment(name: &str, replicas: u32, container: &Value) -> Value {
    let mut web = json!({"name": "web", "image": node::WEB});
    web.as_object_mut().unwrap().extend(container.as_object().unwrap().clone());
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"terminationGracePeriodSeconds": 1, "containers": [web]},
            },
        },
    })
}

fn of_kind(kind: &str, container: &Value) -> Value {
    let mut object = deployment("web", 2, container);
    object["kind"] = json!(kind);
    if kind == "DaemonSet" {
        object["spec"].as_object_mut().unwrap().remove("replicas");
    } else {
        object["spec"]["serviceName"] = json!("web");
    }
    object
}

fn apply(namespace: &Namespace<'_>, object: &Value) {
    let args = ["apply", "--filename=-", "--namespace", namespace.name()];
    node::shared().cluster().feed(&args, &object.to_string()).unwrap();
}

async fn admin() -> Client {
    let kubeconfig = node::shared().cluster().kubeconfig();
    let flags = ConnectFlags { kubeconfig: Some(kubeconfig), ..ConnectFlags::default() };
    connect_in(&flags, &Environment::of(std::iter::empty::<(String, String)>())).await.unwrap()
}

fn request(namespace: &Namespace<'_>, kind: Kind, timeout: Duration) -> TrackRequest {
    let target = Workload { kind, namespace: namespace.name().to_owned(), name: "web".to_owned() };
    TrackRequest { timeout: Some(timeout), ..TrackRequest::new(target) }
}

/// Applies and follows to the end.
fn play(namespace: &Namespace<'_>, kind: Kind, object: &Value) -> Story {
    play_for(namespace, kind, object, TIMEOUT)
}

fn play_for(namespace: &Namespace<'_>, kind: Kind, object: &Value, timeout: Duration) -> Story {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = admin().await;
        let begun = Instant::now();
        let warned = RefCell::new(None);
        let scope = Scope::Namespace(namespace.name().to_owned());
        let warnings = ListOptions { field_selector: Some("type=Warning".into()), ..ListOptions::default() };
        let mut note = |event: WatchEvent<Event>| {
            if let WatchEvent::Applied(_) = event {
                warned.borrow_mut().get_or_insert(begun.elapsed());
            }
            ControlFlow::Continue(())
        };
        apply(namespace, object);
        let mut causes = BTreeMap::new();
        let (mut last, mut settled) = (None, false);
        let mut on_change = |progress: &Progress, _| {
            for told in &progress.causes {
                let entry = causes.entry(told.cause.id()).or_insert_with(|| (begun.elapsed(), told.clone()));
                entry.1 = told.clone();
            }
            settled |= matches!(progress.phase, quicktour_deploy::track::Phase::Settling { .. });
            last = Some(progress.clone());
        };
        let outcome = tokio::select! {
            outcome = track(&client, request(namespace, kind, timeout), &mut on_change) => outcome.unwrap(),
            ended = client.watch(&scope, &warnings, &mut note) => panic!("the test's own watch ended: {ended:?}"),
        };
        let warned = warned.into_inner();
        Story { outcome, causes, warned, ended: begun.elapsed(), last: last.unwrap(), settled }
    })
}

fn namespace(name: &str) -> Namespace<'static> {
    node::shared().cluster().namespace(name).unwrap()
}

#[test]
fn a_missing_image_ends_the_wait_at_once() {
    let Ok(()) = node::require_root() else { return };
    let namespace = namespace("image");
    let story = play(&namespace, Kind::Deployment, &deployment("web", 2, &json!({"image": node::MISSING})));
    let told = story.failed("image-not-found", Class::Terminal);
    assert!(told.message.contains("not found"), "{}", told.message);
    assert!(story.ended < Duration::from_mins(1), "{:?}", story.ended);
}

#[test]
fn a_crash_loop_is_given_its_grace_and_shows_its_last_words() {
    let Ok(()) = node::require_root() else { return };
    let namespace = namespace("crash");
    let container = json!({"args": ["--exit-after=0.5s", "--exit-code=3"]});
    let story = play(&namespace, Kind::Deployment, &deployment("web", 1, &container));
    // It runs for a moment between two crashes, and counts as available then: whichever shows first.
    let told = story.failed("container-crashes", Class::Likely);
    let Cause::Crash { end, .. } = &told.cause else { panic!("{told:?}") };
    assert_eq!(format!("{end:?}"), "Code(3)");
    let log = story.last.causes.iter().find_map(|told| told.log.clone()).unwrap();
    assert!(!log.lines.is_empty() && log.lines.len() <= 10, "{log:?}");
}

#[test]
fn a_crash_loop_that_is_never_ready_lasts_through_its_grace() {
    let Ok(()) = node::require_root() else { return };
    let namespace = namespace("unready-crash");
    let probe = json!({"httpGet": {"path": "/ready", "port": 8080}, "initialDelaySeconds": 60});
    let container = json!({"args": ["--exit-after=0.5s", "--exit-code=3"], "readinessProbe": probe});
    let story = play(&namespace, Kind::Deployment, &deployment("web", 1, &container));
    let told = story.failed("container-crashes", Class::Likely);
    assert_eq!((told.grace_left, told.restarts_left), (Some(Duration::ZERO), Some(0)), "{told:?}");
    assert!(!story.settled);
}

#[test]
fn a_pod_that_fits_nowhere_is_told_with_the_arithmetic() {
    let Ok(()) = node::require_root() else { return };
    let namespace = namespace("unschedulable");
    let container = json!({"resources": {"requests": {"cpu": "512"}}});
    let story = play(&namespace, Kind::Deployment, &deployment("web", 2, &container));
    let told = story.failed("unschedulable", Class::Likely);
    assert_eq!(told.count, 2);
    assert_eq!(told.details.len(), 1, "{told:?}");
    assert!(story.ended >= Duration::from_secs(59), "a grace of 60 s: {:?}", story.ended);
}

#[test]
fn a_full_quota_that_nobody_will_empty_ends_the_wait() {
    let Ok(()) = node::require_root() else { return };
    let namespace = namespace("quota");
    apply(
        &namespace,
        &json!({
            "apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few"}, "spec": {"hard": {"pods": "1"}},
        }),
    );
    std::thread::sleep(Duration::from_secs(2));
    let story = play(&namespace, Kind::Deployment, &deployment("web", 3, &json!({})));
    let told = story.failed("quota-exceeded", Class::Terminal);
    assert!(told.message.contains("exceeded quota: few, requested: pods=1, used: pods=1"), "{}", told.message);
    assert_eq!(told.objects[0].kind, "ReplicaSet");
}

#[test]
fn a_level_of_pod_security_ends_the_wait() {
    let Ok(()) = node::require_root() else { return };
    let namespace = namespace("pod-security");
    let label = ["label", "namespace", namespace.name(), "pod-security.kubernetes.io/enforce=restricted"];
    node::shared().cluster().kubectl(&label).unwrap().success().unwrap();
    let story = play(&namespace, Kind::Deployment, &deployment("web", 2, &json!({})));
    let told = story.failed("pod-security", Class::Terminal);
    assert!(told.message.contains("allowPrivilegeEscalation"), "{}", told.message);
}

#[test]
fn success_is_one_that_lasts() {
    let Ok(()) = node::require_root() else { return };
    let namespace = namespace("success");
    let story = play(&namespace, Kind::Deployment, &deployment("web", 3, &json!({})));
    assert_eq!(story.outcome, Outcome::Complete, "{:#?}", story.last);
    assert!(story.settled && story.ended >= Duration::from_secs(10));
    assert_eq!((story.last.updated, story.last.available, story.last.old), (3, 3, 0));
    // An update that cannot pull: the old pods stay, and the cause is the new one's.
    let story = play(&namespace, Kind::Deployment, &deployment("web", 3, &json!({"image": node::MISSING})));
    story.failed("image-not-found", Class::Terminal);
    assert!(story.last.old >= 2, "{:#?}", story.last.revisions);
    // The way on from there: the broken pods are old ones now.
    let story = play(&namespace, Kind::Deployment, &deployment("web", 3, &json!({"image": node::WEB_V2})));
    assert_eq!(story.outcome, Outcome::Complete, "{:#?}", story.last);
    assert_eq!(story.last.revisions.len(), 1, "{:#?}", story.last.revisions);
}

#[test]
fn a_crash_after_it_was_available_is_no_success() {
    let Ok(()) = node::require_root() else { return };
    let namespace = namespace("late-crash");
    let container = json!({"args": ["--exit-after=4s", "--exit-code=9"]});
    let story = play(&namespace, Kind::Deployment, &deployment("web", 2, &container));
    story.failed("container-crashes", Class::Likely);
    assert!(story.settled, "it was never complete");
    assert!(story.ended < Duration::from_mins(1), "{:?}", story.ended);
}

#[test]
fn stateful_sets_and_daemon_sets_are_followed_too() {
    let Ok(()) = node::require_root() else { return };
    for (kind, named) in [(Kind::StatefulSet, "StatefulSet"), (Kind::DaemonSet, "DaemonSet")] {
        let namespace = namespace(kind.typed());
        let story = play(&namespace, kind, &of_kind(named, &json!({})));
        assert_eq!(story.outcome, Outcome::Complete, "{named}: {:#?}", story.last);
        let story = play(&namespace, kind, &of_kind(named, &json!({"image": node::MISSING})));
        story.failed("image-not-found", Class::Terminal);
        if kind == Kind::StatefulSet {
            // The controller waits for ever for the pod that cannot start.
            let story = play_for(&namespace, kind, &of_kind(named, &json!({"image": node::WEB_V2})), BLOCKED);
            assert_eq!(story.outcome, Outcome::TimedOut, "{named}: {:#?}", story.last);
            assert!(story.causes.contains_key("old-pod-blocks"), "{named}: {:#?}", story.last);
            let delete = ["-n", namespace.name(), "delete", "pod", "web-1"];
            node::shared().cluster().kubectl(&delete).unwrap().success().unwrap();
        }
        let story = play(&namespace, kind, &of_kind(named, &json!({"image": node::WEB_V2})));
        assert_eq!(story.outcome, Outcome::Complete, "{named}: {:#?}", story.last);
    }
}
