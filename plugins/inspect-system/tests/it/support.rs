//! How tests run the plugin and read what it says.

use std::sync::LazyLock;

use jsonschema::Validator;
use quicktour_testkit::cli::Cli;
use quicktour_testkit::cluster::Cluster;
use quicktour_testkit::plugin;
use serde_json::Value;

/// What a terminal has when nobody says otherwise.
const COLUMNS: usize = 80;

/// The plugin, without a cluster.
pub(crate) fn bare() -> Cli {
    plugin!("kubectl-inspect_system").env("LANG", "C.UTF-8")
}

/// The plugin as the administrator of a cluster.
pub(crate) fn inspect(cluster: &Cluster) -> Cli {
    bare().env("KUBECONFIG", cluster.kubeconfig())
}

/// What a person sees; asserts that it keeps to 80 columns.
pub(crate) fn shown(cli: Cli) -> String {
    let output = cli.run().unwrap();
    // Commands are whole, to be pasted.
    for line in output.stdout.lines().filter(|line| !line.trim_start().starts_with("next: kubectl ")) {
        assert!(line.chars().count() <= COLUMNS, "wider than {COLUMNS} columns: {line}\nin\n{output}");
    }
    output.stdout
}

/// A report and how the run ended.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) code: i32,
    pub(crate) json: Value,
}

/// Runs it with `-o json`; asserts that the report keeps to its schema, that it holds the exit code, and that nothing was
/// said beside it.
pub(crate) fn report(cli: Cli) -> Report {
    static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
        let schema = bare().arg("--print-schema").run().unwrap().success().unwrap();
        jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap()
    });
    let output = cli.args(["-o", "json"]).run().unwrap();
    assert_eq!(output.stderr, "", "{output}");
    let json: Value = serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output}"));
    let errors: Vec<String> =
        SCHEMA.iter_errors(&json).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new(), "{output}");
    assert_eq!(json["exitCode"], output.code, "{output}");
    Report { code: output.code, json }
}

impl Report {
    /// A theme's state, and how that was found out.
    pub(crate) fn theme(&self, id: &str) -> (&str, &str) {
        let theme = self.find("posture", "id", id);
        (theme["state"].as_str().unwrap(), theme["foundBy"].as_str().unwrap())
    }

    /// The values of a line of the picture; `None` where it cannot be seen.
    pub(crate) fn fact(&self, id: &str) -> Option<Vec<&str>> {
        let facts = self.json["architecture"]["facts"].as_array().unwrap();
        let fact = facts.iter().find(|fact| fact["id"] == id).unwrap_or_else(|| panic!("no {id} in {facts:#?}"));
        let values = fact["values"].as_array().unwrap().iter().map(|value| value.as_str().unwrap()).collect();
        (fact["seen"] == true).then_some(values)
    }

    /// A component by its name.
    pub(crate) fn component(&self, name: &str) -> &Value {
        self.find("components", "name", name)
    }

    fn find(&self, list: &str, field: &str, value: &str) -> &Value {
        let list = self.json[list].as_array().unwrap();
        list.iter().find(|it| it[field] == value).unwrap_or_else(|| panic!("no {value} in {list:#?}"))
    }

    /// The keys of the findings.
    pub(crate) fn findings(&self) -> Vec<&str> {
        let findings = self.json["findings"].as_array().unwrap();
        findings.iter().map(|finding| finding["key"].as_str().unwrap()).collect()
    }

    /// What was not checked, as `what: why`.
    pub(crate) fn not_checked(&self) -> Vec<String> {
        let parts = self.json["notChecked"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        parts.iter().map(|part| format!("{}: {}", text(&part["what"]), text(&part["why"]))).collect()
    }
}
