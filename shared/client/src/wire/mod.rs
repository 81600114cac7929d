//! The formats an answer may come in, and how objects are taken out of them one at a time.

pub(crate) mod elements;
pub(crate) mod json;
pub(crate) mod protobuf;
pub(crate) mod status;
#[cfg(test)]
mod tests;
pub(crate) mod watch;

use http::HeaderMap;
use http::header::CONTENT_TYPE;

use self::elements::Elements;
use self::protobuf::ListDecoder;
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

    /// The `Accept` of a request for objects' metadata.
    pub(crate) fn accept_metadata(self) -> &'static str {
        match self {
            Self::Auto => {
                "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, \
                 application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1;q=0.9"
            }
            Self::Protobuf => "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
            Self::Json => "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
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
    /// How many objects follow this page; servers leave it out when they do not know.
    pub(crate) remaining: Option<u64>,
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

/// The body of a list, taken apart while it arrives, whatever its format: one object at a time is alive.
pub(crate) enum ListBody {
    Json { elements: Elements, meta: Option<ListMeta> },
    Protobuf(ListDecoder),
}

impl ListBody {
    pub(crate) fn new(format: Format) -> Self {
        match format {
            Format::Json => Self::Json { elements: Elements::of(json::ITEMS), meta: None },
            Format::Protobuf => Self::Protobuf(ListDecoder::default()),
        }
    }

    /// What the list has said about itself so far. Servers say it before the objects.
    pub(crate) fn meta(&self) -> Option<&ListMeta> {
        match self {
            Self::Json { meta, .. } => meta.as_ref(),
            Self::Protobuf(decoder) => Some(decoder.meta()),
        }
    }

    /// Takes the next piece and hands on each object that it completes, with what the list has said about itself.
    pub(crate) fn push<T: View>(
        &mut self,
        chunk: &[u8],
        each: &mut dyn FnMut(&ListMeta, T) -> Result<(), Garbled>,
    ) -> Result<(), Garbled> {
        match self {
            Self::Json { elements, meta } => elements.push(chunk, &mut |elements, bytes| {
                if meta.is_none() {
                    *meta = Some(json::meta(&elements.head())?);
                }
                each(
                    meta.as_ref().unwrap_or(&ListMeta::default()),
                    serde_json::from_slice(bytes).map_err(|_| Garbled::Json)?,
                )
            }),
            Self::Protobuf(decoder) => decoder.push(chunk, &mut |meta, bytes| each(meta, decoded(bytes)?)),
        }
    }

    /// Ends the body: what the list said about itself, or an error if it ended early.
    pub(crate) fn finish(self) -> Result<ListMeta, Garbled> {
        match self {
            Self::Json { elements, .. } => json::meta(&elements.finish()?),
            Self::Protobuf(decoder) => decoder.finish(),
        }
    }
}
