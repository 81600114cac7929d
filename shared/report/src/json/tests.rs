use jsonschema::Validator;
use serde_json::{Value, json};

use super::*;
use crate::output::Format;
use crate::render::{data, render};
use crate::report::sample::{bad_night, crowded, healthy, hostile};
use crate::report::{Comparison, Gone, Report};
use crate::style::Style;
use crate::text::Text;

fn validator() -> Validator {
    jsonschema::validator_for(&serde_json::from_str(&schema()).unwrap()).unwrap()
}

fn shown(format: Format, report: &Report) -> String {
    let mut out = Vec::new();
    render(format, &mut out, report, crate::catalogue::Catalogue::english(), Style::default()).unwrap();
    String::from_utf8(out).unwrap()
}

fn value(report: &Report) -> Value {
    serde_json::from_str(&shown(Format::Json, report)).unwrap()
}

fn compared() -> Report {
    let mut report = bad_night();
    let gone = Gone { key: "pvc-pending/shop/db".to_owned(), title: Text::new("1 volume claim is unbound") };
    report.comparison = Some(Comparison { new: vec!["job-failed/x".to_owned()], gone: vec![gone] });
    report
}

#[test]
fn every_report_is_as_the_schema_says() {
    let validator = validator();
    for report in [healthy(), bad_night(), crowded(60), hostile(), compared()] {
        let value = value(&report);
        let errors: Vec<_> = validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

#[test]
fn the_schema_is_closed_and_knows_what_is_required() {
    let validator = validator();
    let good = value(&compared());
    let breakages: [(&str, Value); 9] = [
        ("/newField", json!(1)),
        ("/findings/0/newField", json!(1)),
        ("/findings/0/effects/0/newField", json!(1)),
        ("/notChecked/1/rule/newField", json!(1)),
        ("/comparison/gone/0/newField", json!(1)),
        ("/findings/0/count", json!("41")),
        ("/verdict", json!("fine")),
        ("/apiVersion", json!("quicktour/v2")),
        ("/exitCode", json!("1")),
    ];
    for (pointer, broken) in breakages {
        let mut value = good.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        value.pointer_mut(parent).unwrap()[name] = broken;
        assert!(!validator.is_valid(&value), "{pointer} should not be valid");
    }
    for field in good.as_object().unwrap().keys() {
        let mut value = good.clone();
        value.as_object_mut().unwrap().remove(field);
        assert!(!validator.is_valid(&value), "without {field}");
    }
}

#[test]
fn the_schema_itself_was_reviewed() {
    insta::assert_snapshot!("schema", schema());
}

#[test]
fn a_report_in_json_was_reviewed() {
    insta::assert_snapshot!("report", shown(Format::Json, &compared()));
}

#[test]
fn numbers_are_numbers_and_the_worst_comes_first() {
    let value = value(&bad_night());
    assert_eq!(value["findings"][0]["id"], "node-not-ready");
    assert_eq!(value["findings"][0]["effects"][0]["count"], json!(38));
    assert_eq!(value["exitCode"], json!(1));
    assert_eq!(value["generatedAt"], "2026-11-23T03:12:45.678Z");
    assert_eq!(value["notChecked"][1]["rule"]["resource"], "persistentvolumeclaims");
    assert_eq!(value["notChecked"][2]["rule"]["nonResourceURL"], "/readyz");
    assert_eq!(
        value["cluster"],
        json!({"context": "prod-eu", "server": "https://10.0.0.1:6443", "version": "v1.36.3"})
    );
    let severities: Vec<_> = value["findings"].as_array().unwrap().iter().map(|f| f["severity"].clone()).collect();
    assert_eq!(severities, ["error", "error", "warning", "info"]);
}

#[test]
fn yaml_holds_the_same_value() {
    for report in [healthy(), bad_night(), hostile(), compared()] {
        let yaml: Value = serde_saphyr::from_str(&shown(Format::Yaml, &report)).unwrap();
        assert_eq!(yaml, value(&report));
    }
    assert!(shown(Format::Yaml, &bad_night()).starts_with("apiVersion: quicktour/v1\nkind: ClusterHealthReport\n"));
}

#[test]
fn at_most_fifty_objects_are_named_and_all_are_counted() {
    let mut report = healthy();
    let mut many = bad_night().findings.remove(0);
    many.objects = (0..80)
        .rev()
        .map(|n| crate::finding::ObjectRef {
            api_version: "v1".to_owned(),
            kind: "Pod".to_owned(),
            namespace: Some("shop".to_owned()),
            name: format!("web-{n:02}"),
        })
        .collect();
    many.count = 80;
    report.findings.push(many);
    let value = value(&report);
    assert_eq!(value["findings"][0]["count"], json!(80));
    assert_eq!(value["findings"][0]["objects"].as_array().unwrap().len(), 50);
    assert_eq!(value["findings"][0]["objects"][0]["name"], "web-00");
    assert!(validator().is_valid(&value));
}

#[test]
fn a_report_can_be_read_back() {
    for report in [healthy(), bad_night(), hostile(), compared()] {
        assert_eq!(JsonReport::parse(&shown(Format::Json, &report)).unwrap(), JsonReport::from(&report));
    }
}

#[test]
fn one_line_is_one_line() {
    let mut out = Vec::new();
    data::json_line(&mut out, &hostile()).unwrap();
    let line = String::from_utf8(out).unwrap();
    assert_eq!(line.lines().count(), 1);
    assert_eq!(JsonReport::parse(&line).unwrap(), JsonReport::from(&hostile()));
}

#[test]
fn a_wrong_file_is_told_apart() {
    let good = shown(Format::Json, &healthy());
    let catalogue = crate::catalogue::Catalogue::english();
    let table = [
        ("{", "it is not valid JSON: EOF while parsing an object at line 1 column 1"),
        ("[1]", "it is no report: the field `apiVersion` is missing"),
        (r#"{"kind": "Pod"}"#, "it is no report: the field `apiVersion` is missing"),
        (
            r#"{"apiVersion": "v1", "kind": "Pod"}"#,
            "its `apiVersion` is `v1`, and this version reads only `quicktour/v1`",
        ),
        (
            r#"{"apiVersion": "quicktour/v1", "kind": "SystemReport"}"#,
            "its `kind` is `SystemReport`, and only `ClusterHealthReport` can be compared here",
        ),
        (
            &good.replace("\"healthy\"", "\"fine\\u001b\""),
            r"it is not as the schema says: unknown variant `fine\u{1b}`, expected one of `healthy`, `degraded`, `failing`, `unknown` at line 10 column 25",
        ),
    ];
    for (file, expected) in table {
        let error = JsonReport::parse(file).unwrap_err();
        assert_eq!(catalogue.check(&error.message()).unwrap(), expected);
    }
}
