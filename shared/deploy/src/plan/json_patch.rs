//! The difference of two objects as a JSON patch (RFC 6902) that is only valid for the object it was made of.

use serde_json::{Value, json};

/// What makes `after` of `before`. The first operation sets the resource version that was seen: a server refuses the
/// patch when the object is another by now, so that the places of the others are right.
pub(super) fn between(before: &Value, after: &Value) -> Value {
    let version = before["metadata"]["resourceVersion"].clone();
    let mut operations = vec![json!({"op": "replace", "path": "/metadata/resourceVersion", "value": version})];
    compare(before, after, "", &mut operations);
    Value::Array(operations)
}

/// Makes a patch of [`between`] valid for another version of the same object.
pub(super) fn set_version(operations: &mut Value, version: Value) {
    operations[0]["value"] = version;
}

fn compare(before: &Value, after: &Value, path: &str, operations: &mut Vec<Value>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            for name in old.keys().filter(|name| !new.contains_key(*name)) {
                operations.push(json!({"op": "remove", "path": below(path, name)}));
            }
            for (name, value) in new {
                match old.get(name) {
                    Some(old) => compare(old, value, &below(path, name), operations),
                    None => operations.push(json!({"op": "add", "path": below(path, name), "value": value})),
                }
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (position, (old, new)) in old.iter().zip(new).enumerate() {
                compare(old, new, &below(path, &position.to_string()), operations);
            }
        }
        (old, new) if old == new => {}
        (_, new) => operations.push(json!({"op": "replace", "path": path, "value": new})),
    }
}

fn below(path: &str, name: &str) -> String {
    format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_in_it_and_the_version_comes_first() {
        let before = json!({
            "metadata": {"resourceVersion": "7", "annotations": {"a/b": "1", "c~d": "2"}},
            "spec": {"list": [{"x": 1, "y": 2}, {"x": 3}], "gone": true, "same": [1, 2]},
        });
        let mut after = before.clone();
        after["metadata"]["annotations"]["a/b"] = json!("9");
        after["metadata"]["annotations"].as_object_mut().unwrap().remove("c~d");
        after["spec"]["list"][1]["x"] = json!(4);
        after["spec"].as_object_mut().unwrap().remove("gone");
        after["spec"]["new"] = json!({});
        let expected = json!([
            {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"},
            {"op": "remove", "path": "/metadata/annotations/c~0d"},
            {"op": "replace", "path": "/metadata/annotations/a~1b", "value": "9"},
            {"op": "remove", "path": "/spec/gone"},
            {"op": "replace", "path": "/spec/list/1/x", "value": 4},
            {"op": "add", "path": "/spec/new", "value": {}},
        ]);
        assert_eq!(between(&before, &after), expected);
    }
}
