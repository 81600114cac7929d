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
    let fixture = fixtures::load(name).unwrap();
    let judgement = Player::new(&fixture, SignedDuration::from_secs(seconds_later)).play();
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
    a_pod_that_cannot_go: "stuck-terminating" + 300 s;
    a_quota_without_room: "quota-refused" + 0 s;
    a_pod_security_level: "pod-security-refused" + 0 s;
    a_webhook_without_a_service: "dead-webhook" + 0 s;
    a_job_that_failed: "job-failed" + 0 s;
}
