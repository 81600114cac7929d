//! Every figure that is shown comes from the one data file.

use quicktour_checks::limits::Published;
use serde_json::Value;

use crate::support::{cluster, limits, report};

/// A line that speaks of the node's own limit, not of a published one.
const OWN: &str = "max-pods";

#[test]
fn every_limit_objective_and_goal_is_a_published_figure_with_its_source() {
    let figures = Published::figures();
    for profile in ["default", "goals-2016"] {
        let seen = report(limits(cluster()).args(["--profile", profile])).json;
        let lines = seen["limits"].as_array().unwrap();
        assert!(lines.len() >= 6, "{seen:#}");
        for line in lines.iter().filter(|line| line["id"] != OWN) {
            let id = line["id"].as_str().unwrap();
            assert!(figures.figure(id).is_some(), "{id} is no figure");
            // What each core may have is multiplied by a node's cores.
            if !["pods-per-node", "goal-pods-per-core"].contains(&id) {
                assert_eq!(line["limit"].as_u64(), Some(figures.count(id)), "{id}");
            }
            assert_eq!(line["source"], figures.origin(id), "{id}");
        }
        for open in seen["openLimits"].as_array().unwrap() {
            let id = open["id"].as_str().unwrap();
            assert!(figures.figure(id).is_some_and(|figure| figure.value.is_none()), "{id} is not open");
        }
        for level in seen["serviceLevels"].as_array().unwrap() {
            let id = level["id"].as_str().unwrap();
            assert_eq!(level["limit"].as_f64(), Some(figures.value(id)), "{id}");
        }
        for line in seen["overhead"].as_array().unwrap() {
            let id = line["id"].as_str().unwrap();
            assert!(line["most"].as_f64().unwrap() >= figures.value(id), "{id}");
            assert_eq!(line["source"], figures.origin(id), "{id}");
        }
        assert_ne!(seen["overhead"], Value::Array(Vec::new()));
    }
}

/// The words and the rules hold no figure of their own: none of the file's larger numbers stands in them.
#[test]
fn neither_words_nor_rules_repeat_a_figure() {
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/checks/src/limits");
    let mut texts = vec![include_str!("../../../../shared/report/locales/en/limits.ftl").to_owned()];
    texts.push(include_str!("../../../../shared/report/src/render/limits.rs").to_owned());
    for entry in std::fs::read_dir(rules).unwrap() {
        let path = entry.unwrap().path();
        // A million is also what `M` stands for in quantities.
        if !path.ends_with("amount.rs") {
            texts.push(std::fs::read_to_string(path).unwrap());
        }
    }
    let figures = Published::figures();
    let sources = ["thresholds", "large-clusters", "goals-2016", "slos", "api-latency", "pod-startup"];
    let ours = figures.iter().filter(|(_, figure)| sources.contains(&figure.source.as_str()));
    // Small numbers stand for many other things.
    let large: Vec<_> =
        ours.filter_map(|(id, figure)| Some((id, figure.value.filter(|value| *value >= 110.0)?))).collect();
    assert!(large.len() > 15, "{large:?}");
    let code = |text: &str| {
        let text = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("//") && !line.starts_with('#'));
        lines.collect::<Vec<_>>().join("\n").replace('_', "")
    };
    let codes: Vec<String> = texts.iter().map(|text| code(text)).collect();
    for (id, value) in large {
        for written in [value.to_string(), quicktour_report::render::limits::grouped(figures.count(id))] {
            for code in &codes {
                let alone = code.match_indices(&written).any(|(at, _)| {
                    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
                    !digit(code[..at].chars().next_back()) && !digit(code[at + written.len()..].chars().next())
                });
                assert!(!alone, "{id} ({written}) is repeated outside its file");
            }
        }
    }
}
