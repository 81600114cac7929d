//! The formats for programs: JSON, and the same value as YAML.

use std::io::{self, Write};

use serde::Serialize;

use crate::json::{JsonDiskReport, JsonLimitsReport, JsonReport, JsonSizingReport, JsonSystemReport};
use crate::report::{Body, Report};
use crate::text::is_unsafe;

/// The report as programs read it, each kind by its own schema.
#[derive(Serialize)]
#[serde(untagged)]
enum Data {
    Health(Box<JsonReport>),
    Limits(Box<JsonLimitsReport>),
    Sizing(Box<JsonSizingReport>),
    Disk(Box<JsonDiskReport>),
    System(Box<JsonSystemReport>),
}

impl From<&Report> for Data {
    fn from(report: &Report) -> Self {
        match &report.body {
            Body::Findings => Self::Health(Box::new(report.into())),
            Body::Limits(limits) => Self::Limits(Box::new(JsonLimitsReport::new(report, limits))),
            Body::Etcd(sizing) => Self::Sizing(Box::new(JsonSizingReport::new(report, sizing))),
            Body::System(system) => Self::System(Box::new(JsonSystemReport::new(report, system))),
            Body::Disk(check) => Self::Disk(Box::new(JsonDiskReport::new(report, check))),
        }
    }
}

/// Pretty-printed JSON and a line end.
pub fn json<W: Write>(out: &mut W, report: &Report) -> io::Result<()> {
    let json = serde_json::to_string_pretty(&Data::from(report))?;
    out.write_all(escape_unsafe(&json, json_escape).as_bytes())?;
    out.write_all(b"\n")
}

/// One line of JSON, for following verbs whose last line is the report.
pub fn json_line<W: Write>(out: &mut W, report: &Report) -> io::Result<()> {
    let json = serde_json::to_string(&Data::from(report))?;
    out.write_all(escape_unsafe(&json, json_escape).as_bytes())?;
    out.write_all(b"\n")
}

/// YAML of the same value.
///
/// A report with characters that a terminal must not see is written in YAML's JSON form: block style has no escapes.
pub fn yaml<W: Write>(out: &mut W, report: &Report) -> io::Result<()> {
    let report = Data::from(report);
    let json = serde_json::to_string_pretty(&report)?;
    // JSON itself escapes only what lies below U+0020.
    let hostile = json.contains(|c| c != '\n' && is_unsafe(c)) || json.contains("\\u00");
    if hostile {
        let escaped = escape_unsafe(&json, |c| format!("\\U{:08x}", u32::from(c)));
        return writeln!(out, "{escaped}");
    }
    let yaml = serde_saphyr::to_string(&report).map_err(io::Error::other)?;
    out.write_all(yaml.as_bytes())
}

fn json_escape(c: char) -> String {
    let mut units = [0; 2];
    match c.encode_utf16(&mut units) {
        [high, low] => format!("\\u{high:04x}\\u{low:04x}"),
        _ => format!("\\u{:04x}", units[0]),
    }
}

/// JSON is read on terminals too. What it must not show there stands only inside strings, where an escape means the
/// same value.
fn escape_unsafe(json: &str, escape: impl Fn(char) -> String) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && is_unsafe(c) {
            escaped.push_str(&escape(c));
        } else {
            escaped.push(c);
        }
    }
    escaped
}
