//! Kubernetes' protobuf: the four-byte magic, the envelope (`runtime.Unknown`), and lists that are taken apart as they
//! arrive, so that only the bytes of one object are held.
//!
//! What arrives is hostile: every length is checked against what it lies in and against a limit before anything is
//! kept for it, and nothing is reserved for bytes that have not come.

use prost::Message;

use super::ListMeta;
use crate::error::Garbled;

/// How every protobuf body of the API begins.
const MAGIC: [u8; 4] = *b"k8s\0";
/// The largest object that is taken. Source: ours, ten times what etcd's default limit lets an object be.
pub(crate) const LARGEST_OBJECT: u64 = 16 * 1024 * 1024;
/// The largest head of a list. Source: ours; it holds a version and a token.
const LARGEST_META: u64 = 1024 * 1024;
/// A tag and a length or value: two varints of at most ten bytes.
const LONGEST_HEADER: usize = 20;

/// `metav1.ListMeta`.
#[derive(Clone, PartialEq, Message)]
struct ProtobufListMeta {
    #[prost(string, tag = "2")]
    resource_version: String,
    #[prost(string, tag = "3")]
    next: String,
    #[prost(int64, optional, tag = "4")]
    remaining: Option<i64>,
}

/// What stands before a field's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Header {
    field: u64,
    /// Bytes that follow and belong to the field.
    length: u64,
    /// Whether it is length-delimited: a string, bytes or a message.
    delimited: bool,
    /// Bytes of the header itself.
    used: usize,
}

/// Reads a varint: its value and size, or `None` when more bytes are needed.
fn varint(bytes: &[u8]) -> Result<Option<(u64, usize)>, Garbled> {
    let mut value = 0_u64;
    for (index, &byte) in bytes.iter().take(10).enumerate() {
        let bits = u64::from(byte & 0x7f);
        if index == 9 && bits > 1 {
            return Err(Garbled::Protobuf);
        }
        value |= bits << (7 * index);
        if byte & 0x80 == 0 {
            return Ok(Some((value, index + 1)));
        }
    }
    if bytes.len() >= 10 { Err(Garbled::Protobuf) } else { Ok(None) }
}

/// Reads a field's header, or `None` when more bytes are needed. A varint field's value counts as part of its header.
fn header(bytes: &[u8]) -> Result<Option<Header>, Garbled> {
    let Some((tag, used)) = varint(bytes)? else { return Ok(None) };
    let field = tag >> 3;
    if field == 0 {
        return Err(Garbled::Protobuf);
    }
    let (length, delimited, used) = match tag & 7 {
        wire @ (0 | 2) => {
            let Some((value, more)) = varint(&bytes[used..])? else { return Ok(None) };
            let delimited = wire == 2;
            (if delimited { value } else { 0 }, delimited, used + more)
        }
        1 => (8, false, used),
        5 => (4, false, used),
        _ => return Err(Garbled::Protobuf),
    };
    Ok(Some(Header { field, length, delimited, used }))
}

/// Takes one object out of its envelope.
pub(crate) fn unwrap(body: &[u8]) -> Result<&[u8], Garbled> {
    let mut rest = body.strip_prefix(&MAGIC).ok_or(Garbled::Protobuf)?;
    let mut raw = None;
    while !rest.is_empty() {
        let header = header(rest)?.ok_or(Garbled::Truncated)?;
        let end = usize::try_from(header.length).ok().and_then(|length| header.used.checked_add(length));
        let value = end.and_then(|end| rest.get(header.used..end)).ok_or(Garbled::Truncated)?;
        match header.field {
            2 if header.delimited => raw = Some(value),
            // contentEncoding: nothing here unpacks.
            3 if !value.is_empty() => return Err(Garbled::Protobuf),
            _ => {}
        }
        rest = &rest[header.used + value.len()..];
    }
    raw.ok_or(Garbled::Truncated)
}

/// What takes each object's bytes, and what the list has said about itself by then.
type EachItem<'a> = dyn FnMut(&ListMeta, &[u8]) -> Result<(), Garbled> + 'a;

/// Takes a list apart while it arrives.
#[derive(Debug)]
pub(crate) struct ListDecoder {
    state: State,
    /// The bytes of the header or object being assembled.
    pending: Vec<u8>,
    /// What is left of the list inside the envelope, while in it.
    left: Option<u64>,
    seen_list: bool,
    meta: ListMeta,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Magic,
    Header,
    Skip(u64),
    Take { part: Part, missing: u64 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Meta,
    Item,
}

impl Default for ListDecoder {
    fn default() -> Self {
        Self { state: State::Magic, pending: Vec::new(), left: None, seen_list: false, meta: ListMeta::default() }
    }
}

impl ListDecoder {
    /// What the list says about itself, as far as it has arrived: servers send it before the objects.
    pub(crate) fn meta(&self) -> &ListMeta {
        &self.meta
    }

    /// Takes the next piece of the body and hands on the bytes of each object that it completes.
    pub(crate) fn push(&mut self, mut input: &[u8], item: &mut EachItem<'_>) -> Result<(), Garbled> {
        while !input.is_empty() {
            match self.state {
                State::Magic => {
                    let (&byte, rest) = input.split_first().ok_or(Garbled::Truncated)?;
                    input = rest;
                    self.pending.push(byte);
                    if !MAGIC.starts_with(&self.pending) {
                        return Err(Garbled::Protobuf);
                    }
                    if self.pending.len() == MAGIC.len() {
                        self.pending.clear();
                        self.state = State::Header;
                    }
                }
                State::Header => {
                    let (&byte, rest) = input.split_first().ok_or(Garbled::Truncated)?;
                    input = rest;
                    self.pending.push(byte);
                    if let Some(header) = header(&self.pending)? {
                        self.pending.clear();
                        self.enter(header, item)?;
                    } else if self.pending.len() >= LONGEST_HEADER {
                        return Err(Garbled::Protobuf);
                    }
                }
                State::Skip(missing) => {
                    let here = within(missing, input);
                    input = &input[here..];
                    self.advance_skip(missing - here as u64);
                }
                State::Take { part, missing } => {
                    let here = within(missing, input);
                    let (bytes, rest) = input.split_at(here);
                    input = rest;
                    let missing = missing - here as u64;
                    if missing > 0 {
                        self.pending.extend_from_slice(bytes);
                        self.state = State::Take { part, missing };
                    } else if self.pending.is_empty() {
                        // The usual case: the whole object lies in this piece and is never copied.
                        self.complete(part, bytes, item)?;
                    } else {
                        self.pending.extend_from_slice(bytes);
                        let whole = std::mem::take(&mut self.pending);
                        self.complete(part, &whole, item)?;
                        self.pending = whole;
                        self.pending.clear();
                        // One huge object must not be paid for until the end.
                        self.pending.shrink_to(64 * 1024);
                    }
                }
            }
        }
        Ok(())
    }

    /// Ends the body: what it said about itself, or an error if it ended early.
    pub(crate) fn finish(self) -> Result<ListMeta, Garbled> {
        let at_rest = matches!(self.state, State::Header) && self.pending.is_empty() && self.left.is_none();
        if at_rest && self.seen_list { Ok(self.meta) } else { Err(Garbled::Truncated) }
    }

    fn enter(&mut self, header: Header, item: &mut EachItem<'_>) -> Result<(), Garbled> {
        let Some(left) = self.left else {
            return self.enter_envelope(header);
        };
        let whole = (header.used as u64).checked_add(header.length).ok_or(Garbled::Protobuf)?;
        let left = left.checked_sub(whole).ok_or(Garbled::Protobuf)?;
        self.left = (left > 0).then_some(left);
        match (header.field, header.delimited) {
            (1, true) => self.take(Part::Meta, header.length, LARGEST_META, item),
            (2, true) => self.take(Part::Item, header.length, LARGEST_OBJECT, item),
            (1 | 2, false) => Err(Garbled::Protobuf),
            _ => {
                self.advance_skip(header.length);
                Ok(())
            }
        }
    }

    fn enter_envelope(&mut self, header: Header) -> Result<(), Garbled> {
        match (header.field, header.delimited) {
            (2, true) if !self.seen_list => {
                self.seen_list = true;
                self.left = (header.length > 0).then_some(header.length);
                self.state = State::Header;
            }
            (2, _) => return Err(Garbled::Protobuf),
            // contentEncoding: nothing here unpacks.
            (3, _) if header.length > 0 => return Err(Garbled::Protobuf),
            _ => self.advance_skip(header.length),
        }
        Ok(())
    }

    fn advance_skip(&mut self, missing: u64) {
        self.state = if missing == 0 { State::Header } else { State::Skip(missing) };
    }

    fn take(&mut self, part: Part, length: u64, largest: u64, item: &mut EachItem<'_>) -> Result<(), Garbled> {
        if length > largest {
            return Err(Garbled::TooLarge);
        }
        if length == 0 {
            return self.complete(part, &[], item);
        }
        self.state = State::Take { part, missing: length };
        Ok(())
    }

    fn complete(&mut self, part: Part, bytes: &[u8], item: &mut EachItem<'_>) -> Result<(), Garbled> {
        self.state = State::Header;
        match part {
            Part::Meta => {
                let meta = ProtobufListMeta::decode(bytes).map_err(|_| Garbled::Protobuf)?;
                self.meta = ListMeta {
                    resource_version: meta.resource_version,
                    next: meta.next,
                    remaining: meta.remaining.and_then(|remaining| u64::try_from(remaining).ok()),
                };
                Ok(())
            }
            Part::Item => item(&self.meta, bytes),
        }
    }
}

/// How much of `missing` lies in `input`.
fn within(missing: u64, input: &[u8]) -> usize {
    usize::try_from(missing).map_or(input.len(), |missing| missing.min(input.len()))
}
