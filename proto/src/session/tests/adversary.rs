//! A peer that misbehaves is told so by the right code, and gains nothing.

use std::time::Duration;

use bytes::Bytes;

use super::cases::{self, Expected, Input};
use crate::error::{Error, Malformed, PeerMisbehaved};
use crate::leaf::{Leaf, MAX_LEAF_BYTES};
use crate::session::frame::{self, Frame};
use crate::session::testing::{Side, alert, bare, key};
use crate::session::{LogSource as _, MAX_PARCELS_IN_FLIGHT, Session};
use crate::testing::MR;

/// What Mali had and said at the end.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) side: Side,
    pub(super) sent: Vec<Bytes>,
    pub(super) error: Option<Error>,
    /// Inputs that were taken, the refused one among them.
    pub(super) taken: usize,
}

impl Outcome {
    /// Everything durable: what is mirrored, published, received and cosigned.
    fn state(&self) -> (Vec<Bytes>, Vec<u8>, usize, u64, u64) {
        let mirror = &self.side.mirror;
        let keys = mirror.held.keyring.certificates().count();
        let evidence = (self.side.receipted_size(), self.side.cosigned_size());
        (mirror.leaves.clone(), mirror.held.frontier.to_bytes(), keys, evidence.0, evidence.1)
    }
}

/// Plays inputs to Mali until they end or one is refused.
pub(super) fn play(inputs: &[Input]) -> Outcome {
    let [_, mut side] = cases::sides();
    let mut session = side.begin(Duration::ZERO);
    let mut sent = side.frames(&mut session);
    for (position, input) in inputs.iter().enumerate() {
        let taken = take(&mut side, &mut session, input);
        sent.extend(side.frames(&mut session));
        if let Err(error) = taken {
            assert!(!session.is_open());
            return Outcome { side, sent, error: Some(error), taken: position + 1 };
        }
    }
    Outcome { side, sent, error: None, taken: inputs.len() }
}

fn take(side: &mut Side, session: &mut Session, input: &Input) -> Result<(), Error> {
    match input {
        Input::Frame(frame) => side.take(session, frame.clone()),
        Input::Zeros(count) => side.take(session, vec![0; *count].into()),
        Input::Wait(time) => session.handle_timeout(*time),
    }
}

#[test]
fn every_case_ends_as_it_must() {
    let mut wrong = Vec::new();
    for (name, case) in cases::all() {
        let outcome = play(&case.inputs);
        let found = outcome.error.as_ref().map_or(Expected::Accepted, Expected::from);
        if found != case.expected || outcome.taken != case.inputs.len() {
            let expected = case.expected;
            wrong.push(format!("{name}: {found:?} at {}, not {expected:?}", outcome.taken));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_refused_input_changes_nothing_durable() {
    for (name, case) in cases::all() {
        if let Some((_, before)) = case.inputs.split_last().filter(|_| case.expected != Expected::Accepted) {
            assert_eq!(play(&case.inputs).state(), play(before).state(), "{name}");
        }
    }
}

#[test]
fn after_a_refusal_every_frame_is_out_of_turn() {
    let case = &cases::all()["leaves_gap"];
    let [_, mut side] = cases::sides();
    let mut session = side.begin(Duration::ZERO);
    for input in &case.inputs {
        _ = take(&mut side, &mut session, input);
    }
    let again = take(&mut side, &mut session, &case.inputs[0]);
    assert!(matches!(again, Err(Error::PeerMisbehaved(PeerMisbehaved::FrameOutOfTurn))));
}

/// A session of Mali's that Mauritania has opened, with both sides.
fn opened() -> ([Side; 2], Session) {
    let [mr, mut ml] = cases::sides();
    let mut session = ml.begin(Duration::ZERO);
    ml.take(&mut session, mr.frames(&mut mr.begin(Duration::ZERO)).remove(0)).unwrap();
    ([mr, ml], session)
}

#[test]
fn no_more_bytes_wait_for_a_checkpoint_than_are_allowed() {
    let ([_, mut ml], mut session) = opened();
    let leaf = bare(&Leaf::Unknown { kind: 200, rest: vec![0; MAX_LEAF_BYTES - 2] }).leaf;
    let mut batch = |start| {
        let frame = Frame::Leaves(frame::Leaves { start, leaves: vec![leaf.clone(); 64] });
        ml.take(&mut session, frame.encode())
    };
    for start in 0..8 {
        batch(1 + 64 * start).unwrap();
    }
    assert!(matches!(batch(513), Err(Error::PeerMisbehaved(PeerMisbehaved::TooManyStaged))));
}

#[test]
fn a_peer_that_writes_and_never_reads_is_cut_off() {
    let ([mut mr, mut ml], mut session) = opened();
    let mut parcel = |number: usize| {
        mr.own.append([bare(&Leaf::Unknown { kind: 200, rest: number.to_be_bytes().to_vec() })]);
        let parcel = mr.own.parcel(number as u64).unwrap().unwrap();
        let leaves = vec![parcel.entries[0].leaf.clone()];
        let leaves = Frame::Leaves(frame::Leaves { start: parcel.start, leaves });
        ml.take(&mut session, leaves.encode()).unwrap();
        let note = Bytes::from(parcel.checkpoint.to_string().into_bytes());
        ml.take(&mut session, Frame::Checkpoint(note).encode())
    };
    for number in 1..=MAX_PARCELS_IN_FLIGHT {
        parcel(number).unwrap();
    }
    let more = parcel(MAX_PARCELS_IN_FLIGHT + 1);
    assert!(matches!(more, Err(Error::PeerMisbehaved(PeerMisbehaved::TooManyStaged))), "{more:?}");
}

#[test]
fn a_payload_beyond_its_limit_is_refused() {
    let ([_, mut ml], mut session) = opened();
    let entry = alert(MR, 1, crate::envelope::MAX_PAYLOAD_BYTES);
    let body = entry.beside.body().cloned().unwrap();
    let opening = Bytes::copy_from_slice(&body.opening.0);
    let (header, payload) = (body.header, body.payload);
    let body = frame::IndexedBody { index: 2, opening, header, payload, erased_by: 0 };
    let leaves = vec![key(MR.officer).leaf, entry.leaf];
    ml.take(&mut session, Frame::Leaves(frame::Leaves { start: 1, leaves }).encode()).unwrap();
    let refused = ml.take(&mut session, Frame::Bodies(frame::Bodies { bodies: vec![body] }).encode());
    assert!(matches!(refused, Err(Error::Malformed(Malformed::Envelope { index: 2, .. }))));
}

#[test]
fn an_honest_verdict_on_what_was_sealed_after_the_hello_passes() {
    let ([mut mr, mut ml], mut session) = opened();
    ml.own.append([crate::session::testing::message(crate::testing::ML, 3)]);
    assert!(!ml.frames(&mut session).is_empty());
    mr.own.append([crate::session::testing::verdict(1, 3, 1)]);
    let parcel = mr.own.parcel(1).unwrap().unwrap();
    let leaves = vec![parcel.entries[0].leaf.clone()];
    ml.take(&mut session, Frame::Leaves(frame::Leaves { start: 1, leaves }).encode()).unwrap();
}
