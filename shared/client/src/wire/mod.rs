//! The formats an answer may come in, and how objects are taken out of them one at a time.

pub(crate) mod json;
pub(crate) mod protobuf;
pub(crate) mod status;
#[cfg(test)]
mod tests;
pub(crate) mod watch;

use http::HeaderMap;
use http::header::CONTENT_TYPE;

use crate::error::Garbled;
use crate::views::View;

/// Which formats to ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wire {
    /// Protobuf, and JSON from servers that have no protobuf for a kind.
    #[default]
    Auto,
    /// JSON alone.
    Json,
    /// Protobuf alone: a server that has none for a kind refuses. For proofs that protobuf was spoken.
    Protobuf,
}

impl Wire {
    /// The `Accept` of a request for objects.
    pub(crate) fn accept(self) -> &'static str {
        match self {
            Self::Auto => "application/vnd.kubernetes.protobuf, application/json;q=0.9",
            Self::Json => "application/json",
            Self::Protobuf => "application/vnd.kubernetes.protobuf",
        }
    }

    /// The `Accept` of a watch.
    pub(crate) fn accept_watch(self) -> &'static str {
        match self {
            Self::Auto => "application/vnd.kubernetes.protobuf;stream=watch, application/json;stream=watch;q=0.9",
            Self::Json => "application/json;stream=watch",
            Self::Protobuf => "application/vnd.kubernetes.protobuf;stream=watch",
        }
    }
}

/// What a body is, by its `Content-Type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Protobuf,
}

impl Format {
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        match value.split(';').next()?.trim() {
            "application/json" => Some(Self::Json),
            "application/vnd.kubernetes.protobuf" => Some(Self::Protobuf),
            _ => None,
        }
    }
}

/// What a list says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ListMeta {
    pub(crate) resource_version: String,
    pub(crate) next: String,
}

/// Reads one object.
pub(crate) fn object<T: View>(format: Format, body: &[u8]) -> Result<T, Garbled> {
    match format {
        Format::Json => serde_json::from_slice(body).map_err(|_| Garbled::Json),
        Format::Protobuf => protobuf::unwrap(body).and_then(decoded),
    }
}

/// One object from its own protobuf, without the envelope.
pub(crate) fn decoded<T: View>(bytes: &[u8]) -> Result<T, Garbled> {
    let mut object = T::decode(bytes).map_err(|_| Garbled::Protobuf)?;
    object.clear_unset();
    Ok(object)
}
