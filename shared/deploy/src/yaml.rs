//! Objects as documents: YAML that `kubectl apply -f -` takes, and JSON as kubectl prints it.

use serde_json::{Value, json};

/// The object as one YAML document, keys sorted as kubectl sorts them, with a line end and without a `---`.
#[must_use]
pub fn to_yaml(value: &Value) -> String {
    // Text into memory: only a value that is no JSON could fail.
    let mut yaml = serde_saphyr::to_string(value).unwrap_or_default();
    if !yaml.ends_with('\n') {
        yaml.push('\n');
    }
    yaml
}

/// Several objects: documents with `---` between them, as kubectl separates them.
#[must_use]
pub fn to_documents<'a>(values: impl IntoIterator<Item = &'a Value>) -> String {
    values.into_iter().map(to_yaml).collect::<Vec<_>>().join("---\n")
}

/// Several objects as JSON, as kubectl prints it: one object as it is, more of them as a `List`.
#[must_use]
pub fn to_json(values: &[&Value]) -> String {
    let list;
    let value = if let [one] = values {
        *one
    } else {
        list = json!({"apiVersion": "v1", "items": values, "kind": "List", "metadata": {}});
        &list
    };
    format!("{value:#}\n")
}
