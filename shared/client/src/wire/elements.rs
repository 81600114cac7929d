//! Takes a JSON answer apart while it arrives: the elements of one array of the outermost object one at a time, and the
//! rest of the object as a whole. Only the bytes of one element are held.
//!
//! It finds where elements begin and end and leaves reading them to `serde_json`; what is no JSON fails there.

use crate::error::Garbled;

/// The largest element that is taken. Source: ours, ten times what etcd's default limit lets an object be.
const LARGEST_ELEMENT: usize = 16 * 1024 * 1024;
/// The largest rest. Source: ours; it holds a version, a token and the descriptions of columns.
const LARGEST_REST: usize = 1024 * 1024;

/// What takes each element's bytes, and what has been read around them by then.
type EachElement<'a> = dyn FnMut(&Elements, &[u8]) -> Result<(), Garbled> + 'a;

/// Takes an answer apart.
#[derive(Debug)]
pub(crate) struct Elements {
    /// The array's key, quoted as it stands in the answer.
    key: &'static [u8],
    state: State,
    depth: u32,
    in_string: bool,
    escaped: bool,
    /// The element being assembled.
    element: Vec<u8>,
    /// The answer without the elements.
    rest: Vec<u8>,
    /// Where the last string of the outermost object begins in `rest`.
    string: usize,
    ended: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Outside the array.
    Rest,
    /// The array's key has been read; its value comes next.
    Value,
    /// In the array, between elements.
    Between,
    /// In an element.
    Element,
}

impl Elements {
    /// For the array behind `key`, quotes included: `"items"`.
    pub(crate) fn of(key: &'static [u8]) -> Self {
        Self {
            key,
            state: State::Rest,
            depth: 0,
            in_string: false,
            escaped: false,
            element: Vec::new(),
            rest: Vec::new(),
            string: 0,
            ended: false,
        }
    }

    /// The answer so far without the array, closed so that it can be read.
    pub(crate) fn head(&self) -> Vec<u8> {
        let mut head = self.rest.clone();
        head.extend_from_slice(b"]}");
        head
    }

    /// Takes the next piece of the body and hands on each element that it completes, with what came before the array.
    pub(crate) fn push(&mut self, input: &[u8], element: &mut EachElement<'_>) -> Result<(), Garbled> {
        // Where the element that this piece continues begins in it.
        let mut from = 0;
        for (at, &byte) in input.iter().enumerate() {
            if self.in_string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
                if self.state == State::Rest {
                    self.keep(byte)?;
                    if !self.in_string && self.depth == 1 && self.rest[self.string..] == *self.key {
                        self.state = State::Value;
                    }
                }
                continue;
            }
            match self.state {
                State::Rest | State::Value => self.outside(byte)?,
                State::Between => match byte {
                    b'{' => {
                        self.state = State::Element;
                        self.depth += 1;
                        from = at;
                    }
                    b']' => {
                        self.depth -= 1;
                        self.state = State::Rest;
                        self.keep(byte)?;
                    }
                    b',' | b' ' | b'\t' | b'\r' | b'\n' => {}
                    _ => return Err(Garbled::Json),
                },
                State::Element => {
                    match byte {
                        b'"' => self.in_string = true,
                        b'{' | b'[' => self.depth += 1,
                        b'}' | b']' => self.depth -= 1,
                        _ => {}
                    }
                    if self.depth == 2 {
                        self.complete(&input[from..=at], element)?;
                        self.state = State::Between;
                    }
                }
            }
        }
        if self.state == State::Element {
            self.hold(&input[from..])?;
        }
        Ok(())
    }

    /// Ends the body: the answer without the elements, or an error if it ended early.
    pub(crate) fn finish(self) -> Result<Vec<u8>, Garbled> {
        if self.ended { Ok(self.rest) } else { Err(Garbled::Truncated) }
    }

    fn outside(&mut self, byte: u8) -> Result<(), Garbled> {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => return Ok(()),
            _ if self.ended => return Err(Garbled::Json),
            b'"' => {
                self.in_string = true;
                self.string = self.rest.len();
                self.state = State::Rest;
            }
            // The API answers with objects.
            _ if self.depth == 0 && byte != b'{' => return Err(Garbled::Json),
            b'[' if self.state == State::Value => {
                self.depth += 1;
                self.state = State::Between;
            }
            b':' => {}
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.checked_sub(1).ok_or(Garbled::Json)?;
                self.ended = self.depth == 0;
            }
            // A value that happens to read like the key, or `null` in the array's place.
            _ => self.state = State::Rest,
        }
        self.keep(byte)
    }

    fn keep(&mut self, byte: u8) -> Result<(), Garbled> {
        if self.rest.len() >= LARGEST_REST {
            return Err(Garbled::TooLarge);
        }
        self.rest.push(byte);
        Ok(())
    }

    fn hold(&mut self, bytes: &[u8]) -> Result<(), Garbled> {
        if self.element.len() + bytes.len() > LARGEST_ELEMENT {
            return Err(Garbled::TooLarge);
        }
        self.element.extend_from_slice(bytes);
        Ok(())
    }

    fn complete(&mut self, bytes: &[u8], element: &mut EachElement<'_>) -> Result<(), Garbled> {
        if self.element.is_empty() {
            // The usual case: the whole element lies in this piece and is never copied.
            return element(self, bytes);
        }
        self.hold(bytes)?;
        let mut whole = std::mem::take(&mut self.element);
        element(self, &whole)?;
        whole.clear();
        // One huge element must not be paid for until the end.
        whole.shrink_to(64 * 1024);
        self.element = whole;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    /// Takes a body apart in pieces of the given sizes.
    fn take(body: &[u8], sizes: &[usize]) -> Result<(Vec<Value>, Value), Garbled> {
        let mut elements = Elements::of(b"\"items\"");
        let mut taken = Vec::new();
        let mut sizes = sizes.iter().copied().cycle();
        let mut left = body;
        while !left.is_empty() {
            let size = sizes.next().unwrap_or(1).clamp(1, left.len());
            let (piece, more) = left.split_at(size);
            left = more;
            elements.push(piece, &mut |_, bytes| {
                taken.push(serde_json::from_slice(bytes).map_err(|_| Garbled::Json)?);
                Ok(())
            })?;
        }
        let rest = elements.finish()?;
        Ok((taken, serde_json::from_slice(&rest).map_err(|_| Garbled::Json)?))
    }

    const BODY: &[u8] = br#"{"kind": "List", "note": "items", "metadata": {"items": [1], "x": "a\"}]"},
        "items": [ {"a": [1, {"b": "]}"}]}, {"c": "\\"} ], "after": [{"items": [{}]}]}"#;

    #[test]
    fn elements_and_rest_come_apart() {
        let (items, rest) = take(BODY, &[BODY.len()]).unwrap();
        assert_eq!(items, [serde_json::json!({"a": [1, {"b": "]}"}]}), serde_json::json!({"c": "\\"})]);
        let mut whole: Value = serde_json::from_slice(BODY).unwrap();
        whole["items"] = serde_json::json!([]);
        assert_eq!(rest, whole);
    }

    #[test]
    fn an_empty_list_may_be_null() {
        let (items, rest) = take(br#"{"items":null,"kind":"L"}"#, &[3]).unwrap();
        assert!(items.is_empty() && rest["items"].is_null());
    }

    #[test]
    fn what_breaks_off_or_goes_on_is_an_error() {
        assert_eq!(take(&BODY[..BODY.len() - 1], &[7]), Err(Garbled::Truncated));
        assert_eq!(take(b"{\"items\":[]}}", &[2]), Err(Garbled::Json));
        assert_eq!(take(b"{\"items\":[1]}", &[2]), Err(Garbled::Json));
        assert_eq!(take(b"", &[1]), Err(Garbled::Truncated));
    }

    #[test]
    fn what_came_before_the_array_can_be_read_at_the_first_element() {
        let mut elements = Elements::of(b"\"rows\"");
        let mut kind = None;
        let body = br#"{"kind":"Table","rows":[{"cells":[1]}]}"#;
        elements
            .push(body, &mut |elements, _| {
                kind = serde_json::from_slice::<Value>(&elements.head()).ok().map(|head| head["kind"].clone());
                Ok(())
            })
            .unwrap();
        assert_eq!(kind, Some(Value::from("Table")));
    }

    proptest! {
        #[test]
        fn any_pieces_give_the_same(sizes in prop::collection::vec(1_usize..20, 1..8)) {
            prop_assert_eq!(take(BODY, &sizes), take(BODY, &[BODY.len()]));
        }

        #[test]
        fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..200), size in 1_usize..50) {
            let _ = take(&body, &[size]);
        }

        #[test]
        fn no_change_makes_it_panic(at in 0..BODY.len(), byte: u8) {
            let mut body = BODY.to_vec();
            body[at] = byte;
            let _ = take(&body, &[5]);
        }
    }
}
