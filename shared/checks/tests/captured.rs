//! The rules over objects that a real cluster answered with, captured by `cargo xtask capture`, with `now` passed in.
//!
//! Each test names a fixture, how long after its capture it is looked at, and what must be found: nothing else may be.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use quicktour_checks::{Facts, Judgement, Limits, Selection, judge};
use quicktour_report::catalogue::Catalogue;
use quicktour_report::finding::Finding;
use quicktour_survey::views::{apps, batch, cluster, core, node, pod, policy};
use quicktour_survey::{Fold, Object, Part, Reading, Scope, ServerVersion, Survey, Target, sub_checks};
use quicktour_testkit::fixtures::{self, Fixture};
use serde_json::Value;

/// Plays a captured answer to the rules as the survey would.
struct Player<'a> {
    fixture: &'a Fixture,
    facts: Facts,
    survey: Survey,
}

impl<'a> Player<'a> {
    fn new(fixture: &'a Fixture, later: SignedDuration) -> Self {
        let now = fixture.now.parse::<Timestamp>().unwrap() + later;
        let target = Target { context: None, server: "https://test".into(), namespace: "default".into(), user: None };
        let survey = Survey {
            target,
            scope: Scope::Cluster,
            now,
            version: Reading::NotAsked,
            readyz: Reading::NotAsked,
            livez: Reading::NotAsked,
            lists: BTreeMap::new(),
            kube_proxies: Reading::NotAsked,
            deadline_passed: false,
            clock_ahead: SignedDuration::ZERO,
        };
        Self { fixture, facts: Facts::new(Limits::published(), Selection::default()), survey }
    }

    fn list<T: serde::de::DeserializeOwned>(&mut self, part: Part, object: fn(&T) -> Object<'_>) {
        let Some(items) = self.items(part) else { return };
        for item in &items {
            let item: T = serde_json::from_value(item.clone()).unwrap();
            self.facts.see(object(&item), self.survey.now);
        }
        self.survey.lists.insert(part, Reading::Read(items.len() as u64));
    }

    /// Leases that were alive at the capture are still renewed while time goes on; those of a dead node are not.
    fn leases(&mut self, part: Part, object: fn(&cluster::Lease) -> Object<'_>) {
        let captured = self.fixture.now.parse::<Timestamp>().unwrap();
        let Some(items) = self.items(part) else { return };
        for item in &items {
            let mut lease: cluster::Lease = serde_json::from_value(item.clone()).unwrap();
            let renewed = lease.spec.as_mut().and_then(|spec| spec.renew_time.as_mut()).unwrap();
            if captured.duration_since(renewed.timestamp()) < SignedDuration::from_secs(15) {
                *renewed = (renewed.timestamp() + self.survey.now.duration_since(captured)).into();
            }
            self.facts.see(object(&lease), self.survey.now);
        }
        self.survey.lists.insert(part, Reading::Read(items.len() as u64));
    }

    /// The items of a list, warnings only of events, as the survey asks for them.
    fn items(&self, part: Part) -> Option<Vec<Value>> {
        let resource = part.resource()?;
        let group =
            if resource.group.is_empty() { "/api/v1".into() } else { format!("/apis/{}", resource.api_version()) };
        let answer = self.fixture.answers.get(&format!("{group}/{}", resource.plural))?;
        let mut items = answer["items"].as_array()?.clone();
        items.retain(|item| match part {
            Part::Events => item["type"] == "Warning",
            Part::NodeLeases | Part::SystemLeases => item["metadata"]["namespace"].as_str() == part.fixed_namespace(),
            _ => true,
        });
        Some(items)
    }

    fn play(mut self) -> Judgement {
        if let Some(version) = self.fixture.answers.get("/version") {
            self.survey.version = Reading::Read(serde_json::from_value::<ServerVersion>(version.clone()).unwrap());
        }
        for (path, reading) in
            [("/readyz?verbose", &mut self.survey.readyz), ("/livez?verbose", &mut self.survey.livez)]
        {
            if let Some(body) = self.fixture.answers.get(path).and_then(Value::as_str) {
                *reading = Reading::Read(sub_checks(body));
            }
        }
        self.list::<pod::Pod>(Part::Pods, |it| Object::Pod(it));
        self.list::<core::Event>(Part::Events, |it| Object::Event(it));
        self.list::<apps::ReplicaSet>(Part::ReplicaSets, |it| Object::ReplicaSet(it));
        self.list::<node::Node>(Part::Nodes, |it| Object::Node(it));
        self.list::<cluster::EndpointSlice>(Part::EndpointSlices, |it| Object::EndpointSlice(it));
        self.list::<apps::Deployment>(Part::Deployments, |it| Object::Deployment(it));
        self.list::<core::Service>(Part::Services, |it| Object::Service(it));
        self.list::<batch::Job>(Part::Jobs, |it| Object::Job(it));
        self.list::<apps::StatefulSet>(Part::StatefulSets, |it| Object::StatefulSet(it));
        self.list::<apps::DaemonSet>(Part::DaemonSets, |it| Object::DaemonSet(it));
        self.list::<batch::CronJob>(Part::CronJobs, |it| Object::CronJob(it));
        self.leases(Part::NodeLeases, |it| Object::NodeLease(it));
        self.leases(Part::SystemLeases, |it| Object::SystemLease(it));
        self.list::<core::PersistentVolumeClaim>(Part::Claims, |it| Object::Claim(it));
        self.list::<cluster::StorageClass>(Part::StorageClasses, |it| Object::StorageClass(it));
        self.list::<policy::PodDisruptionBudget>(Part::DisruptionBudgets, |it| Object::DisruptionBudget(it));
        self.list::<core::ResourceQuota>(Part::Quotas, |it| Object::Quota(it));
        self.list::<core::Namespace>(Part::Namespaces, |it| Object::Namespace(it));
        self.list::<cluster::APIService>(Part::ApiServices, |it| Object::ApiService(it));
        self.list::<cluster::ValidatingWebhookConfiguration>(Part::ValidatingWebhooks, |it| {
            Object::ValidatingWebhook(it)
        });
        judge(&self.survey, &self.facts, Limits::published(), "kubectl")
    }
}

/// What the rules say of a fixture some seconds after its capture: a line per finding, effects indented, every word of
/// it checked against the catalogue.
fn findings(name: &str, seconds_later: i64) -> String {
    told(&fixtures::load(name).unwrap(), seconds_later)
}

/// What the rules say of a fixture in which something was changed, of the kind and with the name that `path` tells.
fn findings_if(name: &str, seconds_later: i64, path: &str, change: impl Fn(&mut Value)) -> String {
    let mut fixture = fixtures::load(name).unwrap();
    let items = fixture.answers.get_mut(path).unwrap()["items"].as_array_mut().unwrap();
    assert!(!items.is_empty(), "nothing to change");
    items.iter_mut().for_each(change);
    told(&fixture, seconds_later)
}

fn told(fixture: &Fixture, seconds_later: i64) -> String {
    let judgement = Player::new(fixture, SignedDuration::from_secs(seconds_later)).play();
    let mut text = String::new();
    for finding in &judgement.findings {
        write(finding, 0, &mut text);
    }
    text
}

fn write(finding: &Finding, depth: usize, text: &mut String) {
    let catalogue = Catalogue::english();
    let title = catalogue.check(&finding.title).unwrap();
    let why = catalogue.check(&finding.why).unwrap();
    catalogue.check(&finding.fix.advice).unwrap();
    let indent = "  ".repeat(depth);
    writeln!(text, "{indent}{:?} {} ×{}: {title}", finding.severity, finding.id, finding.count).unwrap();
    writeln!(text, "{indent}  {why}").unwrap();
    if let Some(command) = &finding.fix.command {
        writeln!(text, "{indent}  {command}").unwrap();
    }
    for effect in &finding.effects {
        write(effect, depth + 1, text);
    }
}

macro_rules! captured {
    ($($name:ident: $fixture:literal + $seconds:literal s;)*) => {
        $(#[test]
        fn $name() {
            insta::assert_snapshot!(findings($fixture, $seconds));
        })*

        #[test]
        fn every_fixture_is_judged() {
            let judged = [$($fixture),*];
            let all = fixtures::names().unwrap();
            let left: Vec<_> = all.iter().filter(|name| !judged.contains(&name.as_str())).collect();
            assert!(left.is_empty(), "no test judges {left:?}");
        }
    };
}

captured! {
    a_fresh_cluster_with_a_healthy_node_has_no_finding: "healthy-node" + 0 s;
    what_is_done_or_assists_is_no_finding: "healthy-variety" + 600 s;
    without_a_node_that_is_the_one_finding: "no-node" + 3600 s;
    images_that_cannot_be_had: "image-pull-failed" + 60 s;
    an_image_that_does_not_exist_is_said_at_once: "broken-image" + 0 s;
    a_crash_loop_in_back_off: "crash-loop" + 60 s;
    a_crash_loop_between_two_tries: "crash-loop-terminated" + 60 s;
    a_container_out_of_memory: "oom-killed" + 60 s;
    an_init_container_that_fails: "init-container-failed" + 60 s;
    a_container_that_cannot_be_made: "container-not-made" + 60 s;
    a_pod_that_never_gets_ready: "never-ready" + 600 s;
    a_rollout_past_its_deadline: "never-ready" + 0 s;
    no_room_on_the_node: "no-room" + 120 s;
    no_node_fits: "unschedulable" + 120 s;
    a_scheduler_that_just_looked: "unschedulable" + 0 s;
    a_node_that_fell_silent: "node-not-ready" + 120 s;
    one_silent_node_of_two: "one-node-of-two-not-ready" + 120 s;
    nodes_that_come_and_go: "joining-and-leaving" + 0 s;
    a_pod_that_cannot_go: "stuck-terminating" + 300 s;
    a_quota_without_room: "quota-refused" + 0 s;
    a_pod_security_level: "pod-security-refused" + 0 s;
    a_webhook_without_a_service: "dead-webhook" + 0 s;
    a_job_that_failed: "job-failed" + 0 s;
    a_job_whose_pods_are_gone: "job-failed-pods-gone" + 0 s;
    a_claim_whose_provisioner_nobody_runs: "claim-without-provisioner" + 60 s;
    a_claim_that_the_scheduler_gave_up_on: "claim-given-up" + 0 s;
    steps_that_end_one_after_another_are_no_finding: "steps-in-a-row" + 600 s;
    pods_that_a_lost_nodes_taint_keeps_out: "pods-after-node-lost" + 180 s;
    a_pod_that_takes_the_place_of_another: "preempting" + 180 s;
    a_stateful_set_refused: "stateful-set-refused" + 0 s;
    a_refusal_that_is_over_explains_nothing: "stateful-set-refused" + 1900 s;
    a_command_that_does_not_exist: "command-not-there" + 60 s;
}

const PODS: &str = "/api/v1/pods";
const JOBS: &str = "/apis/batch/v1/jobs";

#[test]
fn the_order_in_which_objects_come_changes_nothing() {
    for name in fixtures::names().unwrap() {
        let fixture = fixtures::load(&name).unwrap();
        let mut turned = fixture.clone();
        for items in turned.answers.values_mut().filter_map(|answer| answer.get_mut("items")?.as_array_mut()) {
            items.reverse();
        }
        let of = |fixture: &Fixture| Player::new(fixture, SignedDuration::from_mins(5)).play().findings;
        assert_eq!(of(&fixture), of(&turned), "{name}");
    }
}

/// Which of several warnings is the latest changes from minute to minute; the finding stays the same one.
#[test]
fn a_key_does_not_hold_what_changes_by_itself() {
    let key = |reason: &str| {
        let mut fixture = fixtures::load("container-not-made").unwrap();
        let events = fixture.answers.get_mut("/api/v1/events").unwrap()["items"].as_array_mut().unwrap();
        let mut mounts = events.iter_mut().filter(|event| event["reason"] == "FailedMount").peekable();
        assert!(mounts.peek().is_some());
        mounts.for_each(|event| event["reason"] = reason.into());
        let findings = Player::new(&fixture, SignedDuration::from_mins(1)).play().findings;
        findings.into_iter().find(|finding| finding.id == "pod-stuck-creating").unwrap().key
    };
    assert_eq!(key("FailedMount"), "pod-stuck-creating/volume/shop/Deployment/volume");
    assert_eq!(key("FailedAttachVolume"), key("FailedMount"));
}

/// Three restarts, and then: hours of work, ended by the reboot of its node a minute ago.
#[test]
fn a_reboot_after_old_restarts_is_no_crash_loop() {
    let rebooted = |pod: &mut Value| {
        let status = &mut pod["status"]["containerStatuses"][0];
        assert!(status["restartCount"].as_i64().unwrap() >= 3);
        let mut ended = status["lastState"]["terminated"].clone();
        if ended.is_null() {
            ended = status["state"]["terminated"].clone();
        }
        ended["startedAt"] = "2026-01-01T08:00:00Z".into();
        status["lastState"] = serde_json::json!({"terminated": ended});
        status["state"] = serde_json::json!({"running": {"startedAt": "2026-01-01T11:59:30Z"}});
        status["ready"] = true.into();
        for condition in pod["status"]["conditions"].as_array_mut().unwrap() {
            condition["status"] = "True".into();
        }
    };
    let said = findings_if("crash-loop", 30, PODS, rebooted);
    assert!(!said.contains("pod-crash-loop"), "{said}");
    // The same, had it run for half a minute only.
    let said = findings_if("crash-loop", 30, PODS, |pod| {
        rebooted(pod);
        let finished = pod["status"]["containerStatuses"][0]["lastState"]["terminated"]["finishedAt"].clone();
        let started = finished.as_str().unwrap().parse::<Timestamp>().unwrap() - SignedDuration::from_secs(30);
        pod["status"]["containerStatuses"][0]["lastState"]["terminated"]["startedAt"] = started.to_string().into();
    });
    assert!(said.contains("pod-crash-loop"), "{said}");
}

/// A kubelet that finds no trace of a container says so without a time.
#[test]
fn a_container_whose_end_nobody_knows_is_in_no_crash_loop() {
    let said = findings_if("crash-loop", 30, PODS, |pod| {
        let status = &mut pod["status"]["containerStatuses"][0];
        status["lastState"] = serde_json::json!({"terminated": {
            "exitCode": 137, "reason": "ContainerStatusUnknown", "startedAt": null, "finishedAt": null,
            "message": "The container could not be located when the pod was terminated",
        }});
        status["state"] = serde_json::json!({"running": {"startedAt": "2026-01-01T11:59:30Z"}});
    });
    assert!(!said.contains("pod-crash-loop"), "{said}");
}

/// The scheduler repeats itself within seconds, long before a pending pod counts.
#[test]
fn without_a_node_the_warnings_of_young_pods_are_no_finding_of_their_own() {
    let repeated = |event: &mut Value| {
        if event["reason"] == "FailedScheduling" {
            event["series"] = serde_json::json!({"count": 3, "lastObservedTime": event["eventTime"]});
        }
    };
    let said = findings_if("unschedulable", 5, "/api/v1/events", repeated);
    assert!(said.starts_with("Error no-nodes") && !said.contains("warning-events"), "{said}");
    let said = findings_if("no-room", -60, "/api/v1/events", repeated);
    assert!(said.contains("FailedScheduling") && !said.contains("no-nodes"), "with a node it is said: {said}");
}

#[test]
fn a_failed_pod_that_its_controller_replaces_is_only_said() {
    let evict = |pod: &mut Value| {
        let status = serde_json::json!({"phase": "Failed", "reason": "Evicted", "message": "memory was short"});
        pod["status"] = status;
    };
    let said = findings_if("never-ready", 30, PODS, evict);
    assert!(said.contains("Info pod-failed"), "{said}");
    assert!(!said.contains("\n  Error") && !said.contains("\n  Warning"), "it explains nothing: {said}");
    let bare = findings_if("never-ready", 30, PODS, |pod| {
        evict(pod);
        pod["metadata"].as_object_mut().unwrap().remove("ownerReferences");
    });
    assert!(bare.contains("Warning pod-failed"), "{bare}");
}

/// Between two tries a container that cannot be started waits as one in a crash loop does: it is the same finding, and
/// there is no log to read.
#[test]
fn a_command_that_does_not_exist_is_one_finding_at_every_moment() {
    let trying = findings("command-not-there", 60);
    let waiting = findings_if("command-not-there", 60, PODS, |pod| {
        let state = &mut pod["status"]["containerStatuses"][0]["state"];
        state["waiting"]["reason"] = "CrashLoopBackOff".into();
        state["waiting"]["message"] = "back-off 40s restarting failed container=web".into();
    });
    assert_eq!(trying, waiting);
    assert!(!trying.contains(" logs "), "{trying}");
}

#[test]
fn only_a_rollout_with_one_before_it_can_be_undone() {
    assert!(findings("never-ready", 0).contains("describe deployment"), "{}", findings("never-ready", 0));
    let said = findings_if("never-ready", 0, "/apis/apps/v1/deployments", |deployment| {
        deployment["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "2".into();
    });
    assert!(said.contains("rollout undo"), "{said}");
}

#[test]
fn a_failed_job_of_another_controller_is_only_said() {
    assert!(findings("job-failed", 0).contains("Warning job-failed"));
    let owned = |kind: &'static str| {
        findings_if("job-failed", 0, JOBS, |job| {
            let owner = serde_json::json!([{
                "apiVersion": "example.com/v1", "kind": kind, "name": "train", "uid": "1", "controller": true,
            }]);
            job["metadata"]["ownerReferences"] = owner;
        })
    };
    let said = owned("JobSet");
    assert!(said.contains("Info job-failed"), "{said}");
    // Its cron job is not there: nobody else would tell.
    let said = owned("CronJob");
    assert!(said.contains("Warning job-failed"), "{said}");
}
