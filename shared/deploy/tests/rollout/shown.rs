use insta::assert_snapshot;
use jiff::{SignedDuration, Timestamp};
use quicktour_deploy::cause::Place;
use quicktour_deploy::show::json::{Events, RolloutEvent, schemas};
use quicktour_deploy::show::lines::Lines;
use quicktour_deploy::show::panel::{Panel, frame};
use quicktour_deploy::track::{LogTail, Outcome, Progress, Rules, Seen, Want};
use quicktour_deploy::workload::{Kind, Workload};
use quicktour_report::catalogue::Catalogue;
use quicktour_report::exit::ExitCode;
use quicktour_report::json::JsonCluster;
use quicktour_report::style::Style;
use quicktour_testkit::fixtures;
use serde_json::Value;

use crate::captured::{rollout, show};

/// What is hostile in a log or message.
const HOSTILE: &str = "\u{1b}[2Jbad\rgood \u{202e}txet";

/// The deployments of a fixture and how each goes on for a while.
fn stories(name: &str) -> Vec<(Place, Vec<(Timestamp, Progress)>)> {
    let fixture = fixtures::load(name).unwrap();
    let now: Timestamp = fixture.now.parse().unwrap();
    let deployments = fixture.items("deployments");
    deployments
        .map(|item| {
            let text = |field: &str| item["metadata"][field].as_str().unwrap().to_owned();
            let workload = Workload { kind: Kind::Deployment, namespace: text("namespace"), name: text("name") };
            let mut rollout = rollout(&workload.namespace, &workload.name, Rules::default());
            let mut story = vec![(now, rollout.at(now))];
            show(&mut rollout, &fixture, &workload.namespace, &workload.name, now);
            story.push((now, rollout.at(now)));
            for want in rollout.wants() {
                if let Want::Log { key, pod, container, previous } = want {
                    let lines = vec!["listening on :8080".to_owned(), HOSTILE.to_owned()];
                    let log = LogTail { pod, container, previous, lines };
                    rollout.observe(Seen::Log(key, Some(log)), now);
                }
            }
            for seconds in [1, 70] {
                let later = now + SignedDuration::from_secs(seconds);
                story.push((later, rollout.at(later)));
            }
            (Place { kubectl: "kubectl".into(), workload }, story)
        })
        .collect()
}

fn story(name: &str, deployment: &str) -> (Place, Vec<(Timestamp, Progress)>) {
    stories(name).into_iter().find(|(place, _)| place.workload.name == deployment).unwrap()
}

fn lines(name: &str, deployment: &str) -> String {
    let (place, story) = story(name, deployment);
    let mut lines = Lines::new(place, Catalogue::english());
    let said: Vec<String> = story.iter().flat_map(|(now, progress)| lines.change(progress, *now)).collect();
    said.join("\n")
}

#[test]
fn a_line_for_each_change() {
    assert_snapshot!("lines-image", lines("image-pull-failed", "missing"));
    assert_snapshot!("lines-crash", lines("crash-loop", "web"));
    assert_snapshot!("lines-quota", lines("quota-refused", "web"));
}

#[test]
fn a_panel_of_plain_and_of_rich_characters() {
    let drawn = |name: &str, deployment: &str, style: Style| {
        let (place, story) = story(name, deployment);
        let (now, progress) = &story[2];
        frame(progress, &place, *now, style, Catalogue::english()).join("\n")
    };
    assert_snapshot!("panel-crash", drawn("crash-loop", "web", Style::default()));
    let plain = drawn("quota-refused", "web", Style { unicode: false, width: 60, ..Style::default() });
    assert!(plain.is_ascii() && plain.lines().all(|line| line.len() < 60), "{plain}");
    assert_snapshot!("panel-quota-plain", plain);
}

#[test]
fn nothing_hostile_reaches_a_terminal() {
    let (place, story) = story("crash-loop", "web");
    let mut panel = Panel::new(Vec::new());
    for (now, progress) in &story {
        panel.draw(frame(progress, &place, *now, Style::default(), Catalogue::english()), 24).unwrap();
    }
    let drawn = String::from_utf8(panel.into_inner()).unwrap();
    assert!(drawn.contains(r"\u{1b}[2Jbad\rgood \u{202e}txet"), "{drawn}");
    assert!(!drawn.contains("\u{1b}[2J") && !drawn.contains('\u{202e}'));
    assert!(!lines("crash-loop", "web").contains(['\u{1b}', '\u{202e}', '\r']));
}

#[test]
fn a_frame_is_drawn_over_the_one_before_and_never_scrolls() {
    let mut panel = Panel::new(Vec::new());
    assert!(panel.is_due());
    let lines = |count: usize| (0..count).map(|number| format!("line {number}")).collect::<Vec<_>>();
    panel.draw(lines(9), 5).unwrap();
    assert!(!panel.is_due(), "another frame within a tenth of a second");
    panel.draw(lines(2), 5).unwrap();
    let drawn = String::from_utf8(panel.into_inner()).unwrap();
    assert_eq!(
        drawn,
        "\rline 0\x1b[K\n\rline 1\x1b[K\n\rline 2\x1b[K\n\rline 3\x1b[K\n\x1b[J\x1b[4A\rline 0\x1b[K\n\rline 1\x1b[K\n\x1b[J"
    );
}

#[test]
fn every_event_and_report_is_as_the_schema_says() {
    let [event_schema, report_schema] = schemas().map(|schema| serde_json::from_str::<Value>(&schema).unwrap());
    for schema in [&event_schema, &report_schema] {
        assert_eq!(schema["additionalProperties"], false);
    }
    let event_is = jsonschema::validator_for(&event_schema).unwrap();
    let report_is = jsonschema::validator_for(&report_schema).unwrap();
    let valid = |validator: &jsonschema::Validator, value: &Value| {
        let errors: Vec<String> = validator.iter_errors(value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}\n{value:#}");
    };
    let mut findings = 0;
    for name in fixtures::names().unwrap() {
        for (place, story) in stories(&name) {
            let mut events = Events::new(place);
            for (now, progress) in &story {
                if let Some(event) = events.change(progress, *now) {
                    let json = serde_json::to_value(&event).unwrap();
                    valid(&event_is, &json);
                    assert_eq!(serde_json::from_value::<RolloutEvent>(json).unwrap(), event);
                    findings += event.findings.len();
                }
                assert_eq!(events.change(progress, *now), None, "nothing has changed");
            }
            let ((began, _), (now, progress)) = (&story[0], story.last().unwrap());
            let cluster = JsonCluster { context: None, server: "https://127.0.0.1".into(), version: None };
            let code = progress.outcome.as_ref().map_or(ExitCode::Fine, Outcome::exit_code);
            let report = events.report(progress, cluster, *began, *now, code);
            valid(&report_is, &serde_json::to_value(&report).unwrap());
        }
    }
    assert!(findings > 20, "only {findings} findings were validated");
}

#[test]
fn the_schemas_change_only_on_purpose() {
    let [event, report] = schemas();
    assert_snapshot!("event-schema", event);
    assert_snapshot!("report-schema", report);
}
