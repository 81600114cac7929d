//! Reading a report back, with errors for a person who named the wrong file.

use serde_json::Value;

use super::{API_VERSION, JsonReport};
use crate::message::Message;
use crate::text::Text;

/// Why a file is no earlier report.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// No JSON at all, or cut off.
    #[error("not valid JSON: {0}")]
    NotJson(serde_json::Error),
    /// JSON, but none of ours.
    #[error("no report: `apiVersion` is missing")]
    NoReport,
    /// Of another version of the format.
    #[error("`apiVersion` is `{0}`, not `quicktour/v1`")]
    OtherVersion(String),
    /// Of another plugin.
    #[error("`kind` is `{0}`, not `ClusterHealthReport`")]
    OtherKind(String),
    /// Right at the top, wrong inside.
    #[error("not as the schema says: {0}")]
    Invalid(serde_json::Error),
}

impl ParseError {
    /// The cause, for the `cause` of a [`Problem`](crate::problem::Problem).
    #[must_use]
    pub fn message(&self) -> Message {
        match self {
            Self::NotJson(error) => Message::new("report-file-not-json").arg("error", error.to_string()),
            Self::NoReport => Message::new("report-file-no-report"),
            Self::OtherVersion(found) => {
                Message::new("report-file-version").arg("found", Text::new(found)).arg("expected", API_VERSION)
            }
            Self::OtherKind(found) => {
                Message::new("report-file-kind").arg("found", Text::new(found)).arg("expected", "ClusterHealthReport")
            }
            Self::Invalid(error) => Message::new("report-file-invalid").arg("error", error.to_string()),
        }
    }
}

pub(super) fn parse(json: &str) -> Result<JsonReport, ParseError> {
    let value: Value = serde_json::from_str(json).map_err(ParseError::NotJson)?;
    let field = |name: &str| value.get(name).and_then(Value::as_str);
    match (field("apiVersion"), field("kind")) {
        (None, _) => Err(ParseError::NoReport),
        (Some(version), _) if version != API_VERSION => Err(ParseError::OtherVersion(version.to_owned())),
        (Some(_), Some("ClusterHealthReport")) => serde_json::from_str(json).map_err(ParseError::Invalid),
        (Some(_), kind) => Err(ParseError::OtherKind(kind.unwrap_or_default().to_owned())),
    }
}
