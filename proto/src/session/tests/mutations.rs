//! A recorded honest exchange, damaged in every way: nothing panics, and nothing is believed that was not
//! said.

use std::sync::LazyLock;
use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;
use proptest::sample::Index;

use super::adversary::{Outcome, play};
use super::cases::{self, Input};
use crate::session::testing::{Side, anchor, bare, cosigner, key, message, verdict};
use crate::session::{Content, LogSource as _};
use crate::testing::{ML, MR};

/// What Mauritania has to say: keys, messages, a verdict, an anchor and an unknown kind in three parcels.
fn writer() -> &'static Side {
    static WRITER: LazyLock<Side> = LazyLock::new(written);
    &WRITER
}

fn written() -> Side {
    let [mut mr, ml] = cases::sides();
    mr.own.append([key(MR.officer), message(MR, 1)]);
    mr.own.append([verdict(1, 0, 3), anchor(&ml.own.newest(), MR)]);
    let unknown = crate::leaf::Leaf::Unknown { kind: 200, rest: vec![7; 20] };
    mr.own.append([message(MR, 2), bare(&unknown), message(MR, 3)]);
    mr
}

/// Every frame that Mauritania sends in an honest session with Mali, evidence among them.
fn transcript() -> Vec<Bytes> {
    static TRANSCRIPT: LazyLock<Vec<Bytes>> = LazyLock::new(recorded);
    TRANSCRIPT.clone()
}

fn recorded() -> Vec<Bytes> {
    let ([_, mut ml], mut mr) = (cases::sides(), written());
    let (mut from_mr, mut to_mr) = (mr.begin(Duration::ZERO), ml.begin(Duration::ZERO));
    let mut said = Vec::new();
    loop {
        let frames = mr.frames(&mut from_mr);
        let answers = ml.frames(&mut to_mr);
        if frames.is_empty() && answers.is_empty() {
            return said;
        }
        for frame in &frames {
            ml.take(&mut to_mr, frame.clone()).unwrap();
        }
        for answer in answers {
            mr.take(&mut from_mr, answer).unwrap();
        }
        said.extend(frames);
    }
}

/// One way to damage a transcript.
#[derive(Clone, Debug)]
enum Damage {
    Flip(Index, Index, u8),
    Cut(Index, Index),
    Drop(Index),
    Repeat(Index, Index),
    Swap(Index, Index),
    Insert(Index, Vec<u8>),
}

fn damages() -> impl Strategy<Value = Damage> {
    let place = any::<Index>;
    prop_oneof![
        (place(), place(), 0..8_u8).prop_map(|(frame, byte, bit)| Damage::Flip(frame, byte, bit)),
        (place(), place()).prop_map(|(frame, end)| Damage::Cut(frame, end)),
        place().prop_map(Damage::Drop),
        (place(), place()).prop_map(|(frame, to)| Damage::Repeat(frame, to)),
        (place(), place()).prop_map(|(one, other)| Damage::Swap(one, other)),
        (place(), prop::collection::vec(any::<u8>(), 0..40))
            .prop_map(|(to, bytes)| Damage::Insert(to, bytes)),
    ]
}

fn apply(damage: &Damage, frames: &mut Vec<Bytes>) {
    if frames.is_empty() {
        return;
    }
    let count = frames.len();
    match damage {
        Damage::Flip(frame, byte, bit) => {
            let frame = &mut frames[frame.index(count)];
            let mut bytes = frame.to_vec();
            if let Some(byte) = (!bytes.is_empty()).then(|| byte.index(bytes.len())) {
                bytes[byte] ^= 1 << bit;
            }
            *frame = bytes.into();
        }
        Damage::Cut(frame, end) => {
            let frame = &mut frames[frame.index(count)];
            frame.truncate(end.index(frame.len() + 1));
        }
        Damage::Drop(frame) => drop(frames.remove(frame.index(count))),
        Damage::Repeat(frame, to) => frames.insert(to.index(count), frames[frame.index(count)].clone()),
        Damage::Swap(one, other) => frames.swap(one.index(count), other.index(count)),
        Damage::Insert(to, bytes) => frames.insert(to.index(count), bytes.clone().into()),
    }
}

fn play_frames(frames: Vec<Bytes>) -> Outcome {
    play(&frames.into_iter().map(Input::Frame).collect::<Vec<_>>())
}

/// Mali mirrors a prefix of what Mauritania wrote, under a checkpoint of Mauritania's; and its evidence is
/// for its own log.
fn assert_consistent(outcome: &Outcome) {
    let (side, written) = (&outcome.side, &writer().own);
    let honest: Vec<_> =
        written.entries().iter().map(|entry| &entry.leaf).take(side.mirror.leaves.len()).collect();
    assert_eq!(side.mirror.leaves.iter().collect::<Vec<_>>(), honest);
    let bodies = side.mirror.contents.iter().map(|content| match content {
        Content::Message { envelope, .. } => Some(envelope.body()),
        _ => None,
    });
    let sent = written.entries().iter().map(|entry| entry.beside.body());
    assert!(bodies.zip(sent).all(|(got, sent)| got == sent));
    assert!(side.receipts.iter().all(|receipt| receipt.verify(&MR.receipt_key().public()).is_ok()));
    assert!(side.cosigned.iter().all(|note| note.cosignature(&cosigner(MR)).is_ok()));
    let root = written.root_at(side.mirror.size()).unwrap();
    let newest = side.mirror.held.newest.as_ref().unwrap();
    assert_eq!(Some(newest.checkpoint().root), root);
    assert_eq!(newest.checkpoint().size, side.mirror.size());
    assert!(side.cosigned_size() <= side.own.size() && side.receipted_size() <= side.own.size());
}

#[test]
fn the_transcript_itself_ends_in_step() {
    let outcome = play_frames(transcript());
    assert!(outcome.error.is_none());
    assert_consistent(&outcome);
    assert_eq!((outcome.side.mirror.size(), outcome.side.cosigned_size()), (8, 3));
    assert_eq!(outcome.side.receipted_size(), 3);
    assert_eq!(outcome.side.own.size(), 3, "{} writes nothing here", ML.country);
}

/// Chance alone seldom meets the few bytes that no signature covers by itself, so every byte has its turn.
#[test]
fn a_flipped_bit_in_any_byte_never_yields_what_was_not_said() {
    for (position, frame) in transcript().iter().enumerate() {
        for at in 0..frame.len() {
            let mut bytes = frame.to_vec();
            bytes[at] ^= 1 << (at % 8);
            let mut frames = transcript();
            frames[position] = bytes.into();
            assert_consistent(&play_frames(frames));
        }
    }
}

/// A whole parcel left out or sent twice is well formed in itself.
#[test]
fn runs_of_frames_left_out_or_repeated_never_yield_what_was_not_said() {
    let frames = transcript();
    for start in 0..frames.len() {
        for end in start + 1..=frames.len() {
            let without = [&frames[..start], &frames[end..]].concat();
            let twice = [&frames[..end], &frames[start..]].concat();
            assert_consistent(&play_frames(without));
            assert_consistent(&play_frames(twice));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_damaged_transcript_never_yields_what_was_not_said(damages in prop::collection::vec(damages(), 1..4)) {
        let mut frames = transcript();
        damages.iter().for_each(|damage| apply(damage, &mut frames));
        assert_consistent(&play_frames(frames));
    }

    #[test]
    fn arbitrary_frames_never_panic(
        frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..4),
        opened in any::<bool>(),
    ) {
        let hello = transcript().remove(0);
        let frames = frames.into_iter().map(Bytes::from);
        let outcome = play_frames(opened.then_some(hello).into_iter().chain(frames).collect());
        prop_assert_eq!(outcome.side.mirror.size(), 1);
    }

    /// Right field numbers around arbitrary content get further than arbitrary bytes.
    #[test]
    fn arbitrary_content_in_every_kind_of_frame_never_panics(
        tag in 1..7_u8,
        fields in prop::collection::vec((1..6_u8, prop_oneof![
            any::<u64>().prop_map(Field::Number),
            prop::collection::vec(any::<u8>(), 0..80).prop_map(Field::Bytes),
        ]), 0..6),
    ) {
        let mut content = Vec::new();
        fields.iter().for_each(|(number, field)| field.encode(*number, &mut content));
        let mut frame = vec![tag << 3 | 2];
        prost::encode_length_delimiter(content.len(), &mut frame).unwrap();
        frame.extend(content);
        let outcome = play_frames(vec![transcript().remove(0), frame.into()]);
        assert_consistent(&outcome);
    }
}

#[derive(Clone, Debug)]
enum Field {
    Number(u64),
    Bytes(Vec<u8>),
}

impl Field {
    fn encode(&self, number: u8, out: &mut Vec<u8>) {
        match self {
            Self::Number(value) => {
                out.push(number << 3);
                prost::encoding::encode_varint(*value, out);
            }
            Self::Bytes(bytes) => {
                out.push(number << 3 | 2);
                prost::encoding::encode_varint(bytes.len() as u64, out);
                out.extend(bytes);
            }
        }
    }
}
