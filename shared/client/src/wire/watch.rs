//! The events of a watch: lines of JSON, or frames of protobuf with their length before them.

use prost::Message;
use serde::Deserialize;

use super::protobuf::LARGEST_OBJECT;
use super::status::Status;
use super::{Format, object};
use crate::error::Garbled;
use crate::views::View;

/// Bytes of the length before a protobuf frame.
const LENGTH: usize = 4;

/// One event.
#[derive(Debug)]
pub(crate) enum Change<T> {
    Applied(T),
    Deleted(T),
    /// Nothing has changed up to this version.
    Bookmark(String),
    /// The server ends the watch and says why.
    Failed(Status),
}

/// `metav1.WatchEvent` in protobuf.
#[derive(Clone, PartialEq, Message)]
struct ProtobufEvent {
    #[prost(string, tag = "1")]
    kind: String,
    #[prost(message, optional, tag = "2")]
    object: Option<RawExtension>,
}

#[derive(Clone, PartialEq, Message)]
struct RawExtension {
    #[prost(bytes = "vec", tag = "1")]
    raw: Vec<u8>,
}

/// `type` of an event in JSON; its `object` is read when its kind is known.
#[derive(Deserialize)]
struct JsonEvent<'a> {
    #[serde(rename = "type", borrow)]
    kind: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    object: &'a serde_json::value::RawValue,
}

/// Cuts the stream into events.
#[derive(Debug)]
pub(crate) struct Frames {
    format: Format,
    pending: Vec<u8>,
    /// How much of `pending` has been read already.
    read: usize,
}

impl Frames {
    pub(crate) fn new(format: Format) -> Self {
        Self { format, pending: Vec::new(), read: 0 }
    }

    /// Takes the next piece of the stream; [`Frames::next`] then yields what it completes.
    pub(crate) fn push(&mut self, piece: &[u8]) {
        self.pending.drain(..self.read);
        self.read = 0;
        self.pending.extend_from_slice(piece);
    }

    /// The next whole event, or `None` when more bytes are needed.
    pub(crate) fn next<T: View>(&mut self) -> Result<Option<Change<T>>, Garbled> {
        let rest = &self.pending[self.read..];
        let (frame, used) = match self.format {
            Format::Json => match rest.iter().position(|&byte| byte == b'\n') {
                Some(end) => (&rest[..end], end + 1),
                None => return incomplete(rest.len() as u64),
            },
            Format::Protobuf => {
                let Some(length) = rest.first_chunk::<LENGTH>() else { return Ok(None) };
                let length = u32::from_be_bytes(*length);
                match rest.get(LENGTH..LENGTH + length as usize) {
                    Some(frame) => (frame, LENGTH + length as usize),
                    None => return incomplete(u64::from(length)),
                }
            }
        };
        let change = match self.format {
            Format::Json => json(frame),
            Format::Protobuf => protobuf(frame),
        }?;
        self.read += used;
        Ok(Some(change))
    }
}

/// An event that has not wholly arrived; one that is too large never will.
fn incomplete<T>(length: u64) -> Result<Option<Change<T>>, Garbled> {
    if length > LARGEST_OBJECT { Err(Garbled::TooLarge) } else { Ok(None) }
}

fn json<T: View>(frame: &[u8]) -> Result<Change<T>, Garbled> {
    let event: JsonEvent<'_> = serde_json::from_slice(frame).map_err(|_| Garbled::Json)?;
    change(&event.kind, Format::Json, event.object.get().as_bytes())
}

fn protobuf<T: View>(frame: &[u8]) -> Result<Change<T>, Garbled> {
    let event = ProtobufEvent::decode(frame).map_err(|_| Garbled::Protobuf)?;
    change(&event.kind, Format::Protobuf, &event.object.unwrap_or_default().raw)
}

fn change<T: View>(kind: &str, format: Format, body: &[u8]) -> Result<Change<T>, Garbled> {
    Ok(match kind {
        "ADDED" | "MODIFIED" => Change::Applied(object(format, body)?),
        "DELETED" => Change::Deleted(object(format, body)?),
        "BOOKMARK" => Change::Bookmark(object::<T>(format, body)?.meta().resource_version.clone()),
        "ERROR" => Change::Failed(Status::decode(Some(format), body)),
        _ => return Err(if format == Format::Json { Garbled::Json } else { Garbled::Protobuf }),
    })
}
