//! The formats for programs: JSON, and the same value as YAML.

use std::io::{self, Write};

use crate::json::JsonReport;
use crate::report::Report;
use crate::text::is_unsafe;

/// Pretty-printed JSON and a line end.
pub fn json<W: Write>(out: &mut W, report: &Report) -> io::Result<()> {
    let json = serde_json::to_string_pretty(&JsonReport::from(report))?;
    out.write_all(escape_unsafe(&json).as_bytes())?;
    out.write_all(b"\n")
}

/// One line of JSON, for following verbs whose last line is the report.
pub fn json_line<W: Write>(out: &mut W, report: &Report) -> io::Result<()> {
    let json = serde_json::to_string(&JsonReport::from(report))?;
    out.write_all(escape_unsafe(&json).as_bytes())?;
    out.write_all(b"\n")
}

/// YAML of the same value.
pub fn yaml<W: Write>(out: &mut W, report: &Report) -> io::Result<()> {
    let yaml = serde_saphyr::to_string(&JsonReport::from(report)).map_err(io::Error::other)?;
    out.write_all(yaml.as_bytes())
}

/// JSON is read on terminals too. What it must not show there stands only inside strings, where an escape means the
/// same value.
fn escape_unsafe(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && is_unsafe(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            escaped.push(c);
        }
    }
    escaped
}
