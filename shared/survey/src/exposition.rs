//! Metrics in Prometheus' text format, a line at a time.

use std::borrow::Cow;

use quicktour_client::{Client, Error};
use quicktour_report::message::Message;

use crate::counts::Late;
use crate::reading::Reading;

/// One sample: `name{labels} value`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample<'a> {
    /// The metric; of a histogram with `_bucket`, `_sum` or `_count`.
    pub name: &'a str,
    labels: &'a str,
    /// The value; infinities and NaN are values too.
    pub value: f64,
}

impl<'a> Sample<'a> {
    /// Reads a line; `None` for comments and for what is no sample.
    #[must_use]
    pub fn parse(line: &'a str) -> Option<Self> {
        let end = line.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':')?;
        let (name, rest) = line.split_at(end);
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let (labels, rest) = match rest.strip_prefix('{') {
            Some(inside) => inside.split_at(closing_brace(inside)?),
            None => ("", rest),
        };
        // A timestamp may follow.
        let value = rest.trim_start_matches('}').split_ascii_whitespace().next()?;
        Some(Self { name, labels, value: value.parse().ok()? })
    }

    /// The value of a label.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<Cow<'a, str>> {
        let mut rest = self.labels;
        while let Some((key, after)) = rest.split_once("=\"") {
            let end = closing_quote(after)?;
            let value = &after[..end];
            if key.trim_start_matches([',', ' ']) == name {
                return Some(unescaped(value));
            }
            rest = &after[end + 1..];
        }
        None
    }
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })
}

fn closing_brace(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    text.bytes().position(|byte| {
        let closes = byte == b'}' && !quoted;
        if byte == b'"' && !escaped {
            quoted = !quoted;
        }
        escaped = byte == b'\\' && !escaped;
        closes
    })
}

fn unescaped(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    let mut plain = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        plain.push(match (c, if c == '\\' { chars.next() } else { None }) {
            (_, Some('n')) => '\n',
            (_, Some(other)) => other,
            (c, None) => c,
        });
    }
    Cow::Owned(plain)
}

/// Reads the metrics at a path of the API server and shows each sample to `each`, which says whether it wants more.
///
/// What answers with something else than metrics (a login page) has failed.
///
/// # Errors
/// The server could not be talked to at all.
pub async fn scrape(
    client: &Client,
    path: &str,
    late: &Late,
    each: &mut (dyn FnMut(Sample<'_>) -> bool + '_),
) -> Result<Reading<()>, Error> {
    let mut samples = 0_u64;
    let mut line = |line: &str| match Sample::parse(line) {
        Some(sample) => {
            samples += 1;
            each(sample)
        }
        None => true,
    };
    Ok(match client.lines(path, &mut line).await {
        Ok(()) if samples == 0 => Reading::Failed(Message::new("part-no-metrics")),
        Ok(()) => Reading::Read(()),
        Err(error) if error.is_hopeless() => return Err(error),
        Err(error) => late.reading(&error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_read_with_their_labels() {
        let line = r#"apiserver_resource_objects{group="apps",resource="deployments"} 15000"#;
        let sample = Sample::parse(line).unwrap();
        assert_eq!((sample.name, sample.value), ("apiserver_resource_objects", 15000.0));
        assert_eq!(sample.label("group").as_deref(), Some("apps"));
        assert_eq!(sample.label("resource").as_deref(), Some("deployments"));
        assert_eq!(sample.label("sour"), None);
        let bare = Sample::parse("process_start_time_seconds 1.763e+09").unwrap();
        assert_eq!((bare.value, bare.label("le")), (1_763_000_000.0, None));
    }

    #[test]
    fn odd_values_and_labels_are_read() {
        let value = |line: &str| Sample::parse(line).map(|sample| sample.value);
        assert_eq!(value(r#"a_bucket{le="+Inf"} 5"#), Some(5.0));
        assert_eq!(value("a +Inf"), Some(f64::INFINITY));
        assert_eq!(value("a -1"), Some(-1.0));
        assert_eq!(value(r#"a{b="}"} 1 1700000000"#), Some(1.0));
        let escaped = Sample::parse(r#"a{b="x\"y\\z\nw",c="2"} 1"#).unwrap();
        assert_eq!(escaped.label("b").as_deref(), Some("x\"y\\z\nw"));
        assert_eq!(escaped.label("c").as_deref(), Some("2"));
    }

    #[test]
    fn what_is_no_sample_is_none() {
        for line in ["", "# HELP a b", "# TYPE a counter", "<html>", "a", "a b", r#"a{b="c 1"#, "2a 1"] {
            assert_eq!(Sample::parse(line), None, "{line}");
        }
    }
}
