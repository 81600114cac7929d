//! How tests run the plugin and look at what it says.

use std::sync::LazyLock;
use std::time::Duration;

use jsonschema::Validator;
use quicktour_testkit::cli::{Cli, Output};
use quicktour_testkit::cluster::{Cluster, Namespace};
use quicktour_testkit::plugin;
use quicktour_testkit::snapshot::normalise;
use quicktour_testkit::wait::wait_for;
use regex::Regex;
use serde_json::Value;

/// What a terminal has when nobody says otherwise; the plugin's own width without one.
pub(crate) const COLUMNS: usize = 80;

/// The plugin, without a cluster.
pub(crate) fn bare() -> Cli {
    plugin!("kubectl-cluster_health")
}

/// The plugin as the administrator of a cluster, with `KUBECONFIG` as most people have it.
pub(crate) fn health(cluster: &Cluster) -> Cli {
    bare().env("KUBECONFIG", cluster.kubeconfig())
}

/// A namespace of the test's own, with what its controllers put into every namespace: a quota that came before would
/// sometimes miss it.
pub(crate) fn namespace<'c>(cluster: &'c Cluster, prefix: &str) -> Namespace<'c> {
    let namespace = cluster.namespace(prefix).unwrap();
    await_contents(cluster, namespace.name());
    namespace
}

/// Waits for the service account and the `ConfigMap` that every namespace gets.
pub(crate) fn await_contents(cluster: &Cluster, namespace: &str) {
    wait_for(&format!("the contents of {namespace}"), Duration::from_mins(1), || {
        cluster.get(&["-n", namespace, "serviceaccount/default", "configmap/kube-root-ca.crt"]).ok()
    })
    .unwrap();
}

/// What a person sees, fit for a snapshot: nothing of it changes from run to run, and every line fits but those that
/// are there to be pasted.
pub(crate) fn shown(cluster: &Cluster, cli: Cli) -> String {
    let output = cli.run().unwrap();
    fits(&output);
    without_time(&normalise(&output.to_string(), cluster))
}

/// What a person sees in a format without a width.
pub(crate) fn shown_wide(cluster: &Cluster, cli: Cli) -> String {
    without_time(&normalise(&cli.run().unwrap().to_string(), cluster))
}

/// Ages in words that the common filter takes for thresholds, and what grows with them.
fn without_time(text: &str) -> String {
    static AGE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\bup to [0-9]+ (s|min|h)( [0-9]+ (s|min))?\b").unwrap());
    static RESTARTS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\bup to [0-9]+ restarts\b").unwrap());
    RESTARTS.replace_all(&AGE.replace_all(text, "up to [AGE]"), "up to [N] restarts").into_owned()
}

/// Asserts that no line is wider than the screen. Commands and keys are whole, to be pasted.
pub(crate) fn fits(output: &Output) {
    let to_paste = |line: &str| {
        let line = line.trim_start().trim_start_matches("next: ");
        line.starts_with("kubectl ") || line.starts_with("key ")
    };
    for line in output.stdout.lines().filter(|line| !to_paste(line)) {
        assert!(line.chars().count() <= COLUMNS, "wider than {COLUMNS} columns: {line}\nin\n{output}");
    }
}

/// A report and how the run ended.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) code: i32,
    pub(crate) json: Value,
}

/// Runs it with `-o json`; asserts that the report keeps to the schema, that it holds the exit code, and that nothing
/// was said beside it.
pub(crate) fn report(cli: Cli) -> Report {
    let output = cli.args(["-o", "json"]).run().unwrap();
    assert_eq!(output.stderr, "", "{output}");
    let json = valid(&output.stdout);
    assert_eq!(json["exitCode"], output.code, "{output}");
    Report { code: output.code, json }
}

/// Parses a report and holds it against the schema that the program prints.
pub(crate) fn valid(text: &str) -> Value {
    static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
        let schema = bare().arg("--print-schema").run().unwrap().success().unwrap();
        jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap()
    });
    let json: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let errors: Vec<String> =
        SCHEMA.iter_errors(&json).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new(), "{text}");
    json
}

impl Report {
    /// The rules that found something, in order, effects indented under their causes.
    pub(crate) fn ids(&self) -> Vec<String> {
        fn collect(findings: &Value, depth: usize, into: &mut Vec<String>) {
            for finding in findings.as_array().unwrap() {
                into.push(format!("{}{}", "  ".repeat(depth), finding["id"].as_str().unwrap()));
                collect(&finding["effects"], depth + 1, into);
            }
        }
        let mut ids = Vec::new();
        collect(&self.json["findings"], 0, &mut ids);
        ids
    }

    /// The findings of a rule, effects included.
    pub(crate) fn of(&self, id: &str) -> Vec<&Value> {
        fn collect<'a>(findings: &'a Value, id: &str, into: &mut Vec<&'a Value>) {
            for finding in findings.as_array().unwrap() {
                if finding["id"] == id {
                    into.push(finding);
                }
                collect(&finding["effects"], id, into);
            }
        }
        let mut found = Vec::new();
        collect(&self.json["findings"], id, &mut found);
        found
    }

    /// The one finding of a rule.
    pub(crate) fn one(&self, id: &str) -> &Value {
        let found = self.of(id);
        assert_eq!(found.len(), 1, "findings of {id} in {:#}", self.json);
        found[0]
    }

    /// Exit code, verdict and rules, all that a script would look at.
    pub(crate) fn assert(&self, code: i32, verdict: &str, ids: &[&str]) {
        assert_eq!(self.ids(), ids, "{:#}", self.json);
        assert_eq!((self.code, self.json["verdict"].as_str()), (code, Some(verdict)), "{:#}", self.json);
    }

    /// What was not checked, as `what: why`.
    pub(crate) fn not_checked(&self) -> Vec<String> {
        let parts = self.json["notChecked"].as_array().unwrap();
        parts.iter().map(|part| format!("{}: {}", text(&part["what"]), text(&part["why"]))).collect()
    }
}

/// A text, or a failure that shows what stands there instead.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}"))
}

/// `Kind/name` of a finding's objects.
pub(crate) fn objects(finding: &Value) -> Vec<String> {
    let objects = finding["objects"].as_array().unwrap();
    objects.iter().map(|object| format!("{}/{}", text(&object["kind"]), text(&object["name"]))).collect()
}
