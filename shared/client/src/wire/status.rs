//! `metav1.Status`: how the API server says no, in either format.

use prost::Message;
use serde::Deserialize;

use super::{Format, protobuf};
use crate::views::scalar::nullable;

/// The fields of a `Status` that are judged by.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Status {
    #[prost(message, optional, tag = "1")]
    pub(crate) metadata: Option<StatusListMeta>,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub(crate) message: String,
    #[prost(string, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    pub(crate) reason: String,
    #[prost(message, optional, tag = "5")]
    pub(crate) details: Option<StatusDetails>,
    #[prost(int32, tag = "6")]
    #[serde(deserialize_with = "nullable")]
    pub(crate) code: i32,
}

/// Its `metadata`: where a list that went stale may go on.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct StatusListMeta {
    #[prost(string, tag = "3")]
    #[serde(rename = "continue", deserialize_with = "nullable")]
    pub(crate) next: String,
}

/// Its `details`: what it is about. A 404 for an object names it here; a 404 for a path or an API does not.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct StatusDetails {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub(crate) name: String,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub(crate) kind: String,
    #[prost(message, repeated, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    pub(crate) causes: Vec<StatusCause>,
    #[prost(int32, tag = "5")]
    #[serde(deserialize_with = "nullable")]
    pub(crate) retry_after_seconds: i32,
}

/// One of its `causes`.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct StatusCause {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub(crate) reason: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub(crate) message: String,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub(crate) field: String,
}

impl Status {
    /// Reads an error's body. One that is no `Status` (a proxy's page, plain text) becomes the message.
    pub(crate) fn decode(format: Option<Format>, body: &[u8]) -> Self {
        let decoded = match format {
            Some(Format::Json) => serde_json::from_slice(body).ok(),
            Some(Format::Protobuf) => protobuf::unwrap(body).ok().and_then(Self::decode_raw),
            None => None,
        };
        decoded.unwrap_or_else(|| Self { message: String::from_utf8_lossy(body).trim().to_owned(), ..Self::default() })
    }

    fn decode_raw(raw: &[u8]) -> Option<Self> {
        Message::decode(raw).ok()
    }

    /// The token with which a stale list may go on at a later moment.
    pub(crate) fn next(&self) -> Option<&str> {
        self.metadata.as_ref().map(|metadata| metadata.next.as_str()).filter(|next| !next.is_empty())
    }
}
