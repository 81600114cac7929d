//! Properties of the decoders: how a body is cut into pieces changes nothing, and no body is a danger.

use proptest::prelude::*;
use prost::Message;

use super::elements::Elements;
use super::protobuf::{LARGEST_OBJECT, ListDecoder, unwrap};
use super::status::Status;
use super::watch::{Change, Frames};
use super::{Format, ListMeta, json, object};
use crate::error::Garbled;
use crate::views::View;
use crate::views::object::ObjectMeta;
use crate::views::pod::{Pod, PodSpec};

/// A length-delimited field.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut encoded = vec![number << 3 | 2];
    prost::encoding::encode_varint(bytes.len() as u64, &mut encoded);
    encoded.extend_from_slice(bytes);
    encoded
}

fn envelope(raw: &[u8]) -> Vec<u8> {
    [b"k8s\0".to_vec(), field(1, &field(1, b"v1")), field(2, raw), field(3, b""), field(4, b"")].concat()
}

fn pod(name: &str, node: &str) -> Pod {
    Pod {
        metadata: Some(ObjectMeta { name: name.to_owned(), ..ObjectMeta::default() }),
        spec: Some(PodSpec { node_name: node.to_owned(), ..PodSpec::default() }),
        status: None,
    }
}

fn list(pods: &[Pod]) -> Vec<u8> {
    // selfLink, resourceVersion, continue, remainingItemCount; then an unknown field of each wire type.
    let meta = [field(1, b""), field(2, b"42"), field(3, b"more"), vec![4 << 3, 200, 1]].concat();
    let strange =
        [vec![9 << 3, 0xac, 2], vec![10 << 3 | 1, 1, 2, 3, 4, 5, 6, 7, 8], vec![11 << 3 | 5, 1, 2, 3, 4]].concat();
    let items = pods.iter().flat_map(|pod| field(2, &pod.encode_to_vec()));
    envelope(&field(1, &meta).into_iter().chain(strange).chain(items).collect::<Vec<_>>())
}

fn decode(pieces: &[&[u8]]) -> Result<(Vec<Pod>, ListMeta), Garbled> {
    let (mut decoder, mut pods) = (ListDecoder::default(), Vec::new());
    for piece in pieces {
        decoder.push(piece, &mut |_, bytes| {
            pods.push(Pod::decode(bytes).map_err(|_| Garbled::Protobuf)?);
            Ok(())
        })?;
    }
    decoder.finish().map(|meta| (pods, meta))
}

fn pods() -> impl Strategy<Value = Vec<Pod>> {
    prop::collection::vec(("[a-z]{0,40}", "[a-z]{0,300}").prop_map(|(name, node)| pod(&name, &node)), 0..8)
}

/// Cuts bytes at the given places, in any order, also twice at one.
fn cut<'a>(body: &'a [u8], at: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = at.iter().map(|index| index.index(body.len() + 1)).collect();
    at.extend([0, body.len()]);
    at.sort_unstable();
    at.windows(2).map(|pair| &body[pair[0]..pair[1]]).collect()
}

proptest! {
    #[test]
    fn any_cutting_gives_the_same_objects(pods in pods(), at in prop::collection::vec(any::<prop::sample::Index>(), 0..30)) {
        let body = list(&pods);
        let (got, meta) = decode(&cut(&body, &at)).unwrap();
        prop_assert_eq!(got, pods);
        prop_assert_eq!(meta, ListMeta { resource_version: "42".into(), next: "more".into(), remaining: Some(200) });
    }

    #[test]
    fn every_truncation_is_an_error(pods in pods(), end in any::<prop::sample::Index>()) {
        let body = list(&pods);
        let end = end.index(body.len());
        // The two empty fields after the list may be missing: nothing of the list is.
        let whole = decode(&[&body[..end]]);
        prop_assert!(whole.is_err() || end >= body.len() - 4, "{} of {} bytes were accepted", end, body.len());
    }

    #[test]
    fn no_mutation_is_a_danger(
        pods in pods(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        at in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let mut body = list(&pods);
        for (index, byte) in changes {
            let index = index.index(body.len());
            body[index] = byte;
        }
        // Objects or an error: both are fine.
        let _ = decode(&cut(&body, &at));
        let _ = unwrap(&body);
    }

    #[test]
    fn noise_is_no_danger_to_anything(noise in prop::collection::vec(any::<u8>(), 0..300), magic in any::<bool>()) {
        let body = if magic { [b"k8s\0".as_slice(), &noise].concat() } else { noise };
        let _ = decode(&[&body]);
        let _ = read_json(&body);
        for format in [Format::Json, Format::Protobuf] {
            let _ = object::<Pod>(format, &body);
            let _ = Status::decode(Some(format), &body);
            let mut frames = Frames::new(format);
            frames.push(&body);
            while let Ok(Some(_)) = frames.next::<Pod>() {}
        }
    }

    #[test]
    fn watch_frames_may_be_cut_anywhere(pods in pods(), at in prop::collection::vec(any::<prop::sample::Index>(), 0..30)) {
        let mut body = Vec::new();
        for pod in &pods {
            let event = [field(1, b"ADDED"), field(2, &field(1, &envelope(&pod.encode_to_vec())))].concat();
            body.extend_from_slice(&u32::try_from(event.len()).unwrap().to_be_bytes());
            body.extend_from_slice(&event);
        }
        let (mut frames, mut got) = (Frames::new(Format::Protobuf), Vec::new());
        for piece in cut(&body, &at) {
            frames.push(piece);
            while let Some(change) = frames.next::<Pod>().unwrap() {
                let Change::Applied(pod) = change else { panic!("{change:?}") };
                got.push(pod);
            }
        }
        prop_assert_eq!(got, pods);
    }
}

#[test]
fn lengths_are_checked_before_anything_is_kept() {
    let item_of = |length: u64| {
        let mut header = vec![2 << 3 | 2];
        prost::encoding::encode_varint(length, &mut header);
        let mut body = b"k8s\0".to_vec();
        body.push(2 << 3 | 2);
        prost::encoding::encode_varint(1 << 40, &mut body);
        [body, header].concat()
    };
    assert_eq!(decode(&[&item_of(LARGEST_OBJECT + 1)]).unwrap_err(), Garbled::TooLarge);
    assert_eq!(decode(&[&item_of(LARGEST_OBJECT)]).unwrap_err(), Garbled::Truncated);
    assert_eq!(decode(&[&item_of(u64::MAX)]).unwrap_err(), Garbled::Protobuf, "longer than what it lies in");
    // An object may not reach out of its list.
    let lying = [b"k8s\0".as_slice(), &[2 << 3 | 2, 3, 2 << 3 | 2, 100]].concat();
    assert_eq!(decode(&[&lying]).unwrap_err(), Garbled::Protobuf);
    // Groups, and numbers that never end.
    assert_eq!(decode(&[b"k8s\0\x0b"]).unwrap_err(), Garbled::Protobuf);
    assert_eq!(decode(&[b"k8s\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"]).unwrap_err(), Garbled::Protobuf);
    // Packed contents are not unpacked, and two lists are one too many.
    let packed = [b"k8s\0".to_vec(), field(2, b""), field(3, b"gzip")].concat();
    assert_eq!(decode(&[&packed]).unwrap_err(), Garbled::Protobuf);
    let double = [b"k8s\0".to_vec(), field(2, b""), field(2, b"")].concat();
    assert_eq!(decode(&[&double]).unwrap_err(), Garbled::Protobuf);
    assert_eq!(decode(&[]).unwrap_err(), Garbled::Truncated);
}

#[test]
fn a_huge_watch_event_is_refused_by_its_length() {
    let mut frames = Frames::new(Format::Protobuf);
    frames.push(&u32::MAX.to_be_bytes());
    assert_eq!(frames.next::<Pod>().unwrap_err(), Garbled::TooLarge);
    let mut frames = Frames::new(Format::Json);
    frames.push(&vec![b' '; usize::try_from(LARGEST_OBJECT).unwrap() + 1]);
    assert_eq!(frames.next::<Pod>().unwrap_err(), Garbled::TooLarge);
}

/// The names of a JSON list's pods, and what it says of itself.
fn read_json(body: &[u8]) -> Result<(Vec<String>, ListMeta), Garbled> {
    let mut elements = Elements::of(json::ITEMS);
    let mut names = Vec::new();
    elements.push(body, &mut |_, bytes| {
        let pod: Pod = serde_json::from_slice(bytes).map_err(|_| Garbled::Json)?;
        names.push(pod.meta().name.clone());
        Ok(())
    })?;
    Ok((names, json::meta(&elements.finish()?)?))
}

#[test]
fn json_lists_are_walked_in_any_order_of_their_fields() {
    let read = |body: &str| read_json(body.as_bytes()).map(|(names, meta)| (names, meta.resource_version, meta.next));
    let two = r#"[{"metadata":{"name":"a"}},{"metadata":{"name":"b","labels":null},"spec":{"unknown":[1,{}]}}]"#;
    let want = Ok((vec!["a".to_owned(), "b".to_owned()], "7".to_owned(), "c".to_owned()));
    let meta = r#"{"resourceVersion":"7","continue":"c","remainingItemCount":3}"#;
    assert_eq!(read(&format!(r#"{{"kind":"PodList","metadata":{meta},"items":{two}}}"#)), want);
    assert_eq!(read(&format!(r#"{{"items":{two},"metadata":{meta}}}"#)), want);
    assert_eq!(read(r#"{"items":null,"metadata":null}"#), Ok((vec![], String::new(), String::new())));
    assert_eq!(read(r#"{"items":{}}"#), Err(Garbled::Json));
    assert_eq!(read(r#"{"items":[]} x"#), Err(Garbled::Json));
    assert_eq!(read("[]"), Err(Garbled::Json));
}
