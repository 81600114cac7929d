//! What the tests share.

use quicktour_testkit::cli::{Cli, Output};
use serde_json::Value;

/// The plugin.
pub(crate) fn sizing(args: &[&str]) -> Cli {
    quicktour_testkit::plugin!("kubectl-etcd_sizing").args(args)
}

/// A report that has passed its own schema.
pub(crate) fn validated(output: &Output, schema: &str) -> Value {
    let report: Value = serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("no JSON: {output}"));
    let schema: Value = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?} in {report:#}");
    report
}
