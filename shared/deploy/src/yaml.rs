//! Objects as kubectl prints them with `-o yaml`, to the letter: what we show can be laid beside what `kubectl get` says.
//!
//! kubectl writes with Go's yaml.v2, whose choices of quotes, folds and order no Rust crate shares, and which no user
//! should see change between two commands. The rules here are that emitter's; a test compares with a real kubectl.

mod plain;

use std::cmp::Ordering;
use std::fmt::Write as _;

use serde_json::{Map, Value};

/// Where a line of words is folded. Source: yaml.v2's `best_width`, which kubectl leaves at its default.
const WIDTH: usize = 80;
/// Columns of one level. Source: the same.
const INDENT: usize = 2;
/// Longer keys are written after a question mark. Source: the same; no key of a Kubernetes object but a label's or an
/// annotation's is so long.
const LONGEST_SIMPLE_KEY: usize = 128;

/// The object as one YAML document, with a line end and without a `---`.
#[must_use]
pub fn to_yaml(value: &Value) -> String {
    let mut emitter = Emitter { out: String::new() };
    emitter.node(value, 0, Place::Root);
    emitter.end_line();
    emitter.out
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
        list = serde_json::json!({"apiVersion": "v1", "items": values, "kind": "List", "metadata": {}});
        &list
    };
    let mut out = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
    // Strings and numbers into memory: neither can fail.
    let _ = serde::Serialize::serialize(value, &mut serializer);
    out.push(b'\n');
    String::from_utf8_lossy(&out).into_owned()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The whole document.
    Root,
    /// After `key:`.
    Value,
    /// After `- `.
    Item,
}

struct Emitter {
    out: String,
}

impl Emitter {
    /// Writes a value whose own lines stand at `indent`; what comes before it on its line is already there.
    fn node(&mut self, value: &Value, indent: usize, place: Place) {
        match value {
            Value::Object(map) if !map.is_empty() => self.mapping(map, indent, place),
            Value::Array(items) if !items.is_empty() => self.sequence(items, indent, place),
            scalar => {
                if place == Place::Value {
                    self.out.push(' ');
                }
                self.scalar(scalar, indent);
            }
        }
    }

    fn mapping(&mut self, map: &Map<String, Value>, indent: usize, place: Place) {
        for (position, key) in ordered(map).into_iter().enumerate() {
            // The first key of an item stands on the item's own line.
            if position > 0 || place == Place::Value {
                self.start_line(indent);
            }
            if key.len() > LONGEST_SIMPLE_KEY || key.contains('\n') {
                self.out.push_str("? ");
                self.string(key, indent + INDENT, true);
                self.start_line(indent);
                self.out.push(':');
            } else {
                self.key(key);
                self.out.push(':');
            }
            let value = &map[key];
            // A list stands as far left as its key.
            let deeper = if value.is_array() && !is_empty(value) { indent } else { indent + INDENT };
            self.node(value, deeper, Place::Value);
        }
    }

    fn sequence(&mut self, items: &[Value], indent: usize, place: Place) {
        for (position, item) in items.iter().enumerate() {
            if position > 0 || place == Place::Value {
                self.start_line(indent);
            }
            self.out.push_str("- ");
            self.node(item, indent + INDENT, Place::Item);
        }
    }

    fn scalar(&mut self, value: &Value, indent: usize) {
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Bool(flag) => self.out.push_str(if *flag { "true" } else { "false" }),
            Value::Number(number) => {
                let _ = write!(self.out, "{number}");
            }
            Value::String(text) => self.string(text, indent, true),
            Value::Array(_) => self.out.push_str("[]"),
            Value::Object(_) => self.out.push_str("{}"),
        }
    }

    fn key(&mut self, key: &str) {
        let shape = plain::Shape::of(key);
        if plain::is_read_as_other(key) && !key.is_empty() {
            self.double_quoted(key, 0, false);
        } else if key.is_empty() {
            self.out.push_str("\"\"");
        } else if shape.plain {
            self.out.push_str(key);
        } else if shape.single_quoted {
            self.single_quoted(key, 0, false);
        } else {
            self.double_quoted(key, 0, false);
        }
    }

    fn string(&mut self, text: &str, indent: usize, folds: bool) {
        let shape = plain::Shape::of(text);
        if text.contains('\n') {
            if shape.literal { self.literal(text, indent) } else { self.double_quoted(text, indent, folds) }
        } else if plain::is_read_as_other(text) {
            self.double_quoted(text, indent, folds);
        } else if shape.plain {
            self.plain(text, indent);
        } else if shape.single_quoted {
            self.single_quoted(text, indent, folds);
        } else {
            self.double_quoted(text, indent, folds);
        }
    }

    fn plain(&mut self, text: &str, indent: usize) {
        self.folded(text, indent, |_, _, next| next != Some(' '), String::push);
    }

    fn single_quoted(&mut self, text: &str, indent: usize, folds: bool) {
        self.out.push('\'');
        let inner = |first: bool, last: bool, next| folds && !first && !last && next != Some(' ');
        self.folded(text, indent, inner, |out, c| {
            if c == '\'' {
                out.push('\'');
            }
            out.push(c);
        });
        self.out.push('\'');
    }

    /// Writes the characters one by one; a single space beyond the width becomes a line end where `may_fold` (told
    /// whether it is the first or last character, and the next one) allows it.
    fn folded(
        &mut self,
        text: &str,
        indent: usize,
        may_fold: impl Fn(bool, bool, Option<char>) -> bool,
        push: impl Fn(&mut String, char),
    ) {
        let mut after_space = false;
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map(|(_, next)| *next);
            if c == ' ' {
                if !after_space && self.column() > WIDTH && may_fold(at == 0, next.is_none(), next) {
                    self.start_line(indent);
                } else {
                    self.out.push(' ');
                }
                after_space = true;
            } else {
                push(&mut self.out, c);
                after_space = false;
            }
        }
    }

    fn double_quoted(&mut self, text: &str, indent: usize, folds: bool) {
        self.out.push('"');
        let mut after_space = false;
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map(|(_, next)| *next);
            if c == ' ' {
                if folds && !after_space && self.column() > WIDTH && at > 0 && next.is_some() {
                    self.start_line(indent);
                    if next == Some(' ') {
                        self.out.push('\\');
                    }
                } else {
                    self.out.push(' ');
                }
                after_space = true;
                continue;
            }
            after_space = false;
            match plain::escape(c) {
                Some(escape) => self.out.push_str(&escape),
                None => self.out.push(c),
            }
        }
        self.out.push('"');
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.out.push('|');
        if text.starts_with([' ', '\n']) {
            let _ = write!(self.out, "{INDENT}");
        }
        if !text.ends_with('\n') {
            self.out.push('-');
        } else if text == "\n" || text.ends_with("\n\n") {
            self.out.push('+');
        }
        self.out.push('\n');
        for line in text.split_inclusive('\n') {
            if line != "\n" {
                self.out.extend(std::iter::repeat_n(' ', indent));
            }
            self.out.push_str(line);
        }
    }

    fn start_line(&mut self, indent: usize) {
        self.end_line();
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    fn end_line(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    fn column(&self) -> usize {
        self.out[self.out.rfind('\n').map_or(0, |end| end + 1)..].chars().count()
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty)
}

/// The keys in order. Kubectl's order runs in a circle for some (`0x1`, `1`, `01`), which the sorts of the standard
/// library may answer with a panic; putting each in its place does not.
fn ordered(map: &Map<String, Value>) -> Vec<&String> {
    let mut keys: Vec<&String> = Vec::with_capacity(map.len());
    for key in map.keys() {
        let place = keys.partition_point(|earlier| order(earlier, key) == Ordering::Less);
        keys.insert(place, key);
    }
    keys
}

/// The order of keys: letters by their code, other signs before letters, runs of digits as numbers.
fn order(left: &str, right: &str) -> Ordering {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let Some(at) = left.iter().zip(&right).position(|(a, b)| a != b) else { return left.len().cmp(&right.len()) };
    let (a, b) = (left[at], right[at]);
    match (a.is_alphabetic(), b.is_alphabetic()) {
        (true, true) => return a.cmp(&b),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // A zero in the middle of a number is no leading one.
    let inside =
        (a == '0' || b == '0') && left[..at].iter().rev().take_while(|c| c.is_ascii_digit()).any(|digit| *digit != '0');
    let number = |text: &[char]| {
        let digits = text[at..].iter().take_while(|c| c.is_ascii_digit());
        let value = digits.clone().fold(i64::from(inside), |value, digit| {
            value.wrapping_mul(10).wrapping_add(i64::from(u32::from(*digit) - u32::from('0')))
        });
        (value, digits.count())
    };
    number(&left).cmp(&number(&right)).then(a.cmp(&b))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_whose_order_runs_in_a_circle_are_all_written() {
        let keys = (0..200).flat_map(|n| [format!("0x{n}"), format!("{n}"), format!("0{n}"), format!("{n}a")]);
        let map: Map<String, Value> = keys.map(|key| (key, json!(1))).collect();
        let expected = map.len();
        assert_eq!(to_yaml(&Value::Object(map)).lines().count(), expected);
    }

    #[test]
    fn several_objects_are_documents_or_a_list() {
        let (one, two) = (json!({"kind": "A"}), json!({"kind": "B"}));
        assert_eq!(to_documents([&one, &two]), "kind: A\n---\nkind: B\n");
        assert_eq!(to_json(&[&one]), "{\n    \"kind\": \"A\"\n}\n");
        assert!(to_json(&[&one, &two]).starts_with("{\n    \"apiVersion\": \"v1\",\n    \"items\": [\n"));
    }
}
