//! What Mauritania may say to Mali in one session, right and wrong: each case has a single point.
//!
//! Before it, Mali holds one entry of Mauritania's (the root certificate), has written three entries of its
//! own in three batches, and has Mauritania's cosignature for the first of them.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use bytes::Bytes;

use crate::envelope::EnvelopeError;
use crate::error::{Error, Malformed, PeerIncompatible, PeerMisbehaved};
use crate::log::checkpoint::{LogVerifier, SignedCheckpoint};
use crate::session::frame::{self, Frame};
use crate::session::testing::{Pair, Side, accords, key, message};
use crate::session::{Entry, HELLO_TIMEOUT, VERSION};
use crate::testing::{ML, MR};
use crate::wire::MAX_FRAME_BYTES;

mod entries;
mod erasure;
mod evidence;
mod frames;
mod hello;
mod messages;

/// What reaches Mali.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Input {
    Frame(Bytes),
    /// A frame of this many zero bytes.
    Zeros(usize),
    /// Nothing, for so long after the session began.
    Wait(Duration),
}

/// What the last input brings about.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Expected {
    Accepted,
    Malformed(Malformed),
    Misbehaved(PeerMisbehaved),
    Incompatible(PeerIncompatible),
}

impl From<&Error> for Expected {
    fn from(error: &Error) -> Self {
        match error {
            Error::Malformed(error) => Self::Malformed(error.clone()),
            Error::PeerMisbehaved(error) => Self::Misbehaved(error.clone()),
            Error::PeerIncompatible(error) => Self::Incompatible(error.clone()),
            Error::Storage(error) => panic!("our own storage is sound here: {error}"),
        }
    }
}

#[derive(Debug)]
pub(super) struct Case {
    pub(super) claim: &'static str,
    pub(super) inputs: Vec<Input>,
    pub(super) expected: Expected,
}

/// Both sides as every case finds them.
pub(super) fn sides() -> [Side; 2] {
    static SIDES: LazyLock<[Side; 2]> = LazyLock::new(prepared);
    SIDES.clone()
}

fn prepared() -> [Side; 2] {
    let mut pair = Pair::new();
    pair.sides[0].own.append([key(MR.root)]);
    pair.sides[1].own.append([key(ML.officer)]);
    pair.exchange();
    pair.sides[1].own.append([message(ML, 1)]);
    pair.sides[1].own.append([message(ML, 2)]);
    pair.sides
}

/// Builds cases: what was said so far, and the sides to say it from.
struct Script {
    mr: Side,
    inputs: Vec<Input>,
}

impl Script {
    /// Nothing said yet.
    fn silent() -> Self {
        let [mr, _] = sides();
        Self { mr, inputs: Vec::new() }
    }

    /// Mauritania's honest hello was said.
    fn opened() -> Self {
        let script = Self::silent();
        let hello = script.hello();
        script.says(Frame::Hello(hello))
    }

    fn hello(&self) -> frame::Hello {
        let text = |note: &SignedCheckpoint| Bytes::from(note.to_string());
        frame::Hello {
            version: VERSION,
            country: "MR".into(),
            writes: text(&self.mr.own.newest()),
            holds: text(self.mr.mirror.held.newest.as_ref().unwrap()),
            accord: accords().in_force.map(Into::into),
            next_accord: None,
        }
    }

    fn says(self, frame: Frame) -> Self {
        self.says_bytes(frame.encode())
    }

    fn says_bytes(mut self, bytes: impl Into<Bytes>) -> Self {
        self.inputs.push(Input::Frame(bytes.into()));
        self
    }

    /// Mauritania writes a batch and sends its leaves; they begin at entry 1.
    fn leaves(mut self, batch: &[Entry]) -> Self {
        let start = self.mr.own.size();
        self.mr.own.append(batch.iter().cloned());
        self.says(leaves(start, batch))
    }

    /// Mauritania has written this batch before its hello, and sends the leaves; they begin at entry 1.
    fn written(batch: &[Entry]) -> Self {
        let mut script = Self::silent();
        let start = script.mr.own.size();
        script.mr.own.append(batch.iter().cloned());
        let hello = script.hello();
        script.says(Frame::Hello(hello)).says(leaves(start, batch))
    }

    /// The body of an entry is left out: another entry is said to have erased it.
    fn left_out(self, index: u64, erased_by: u64) -> Self {
        let body = frame::IndexedBody { index, erased_by, ..Default::default() };
        self.says(Frame::Bodies(frame::Bodies { bodies: vec![body] }))
    }

    fn body(self, index: u64, entry: &Entry) -> Self {
        self.says(Frame::Bodies(frame::Bodies { bodies: vec![indexed(index, entry)] }))
    }

    /// The checkpoint over all that Mauritania wrote.
    fn checkpoint(self) -> Self {
        let note = self.mr.own.newest();
        self.says(note_frame(&note))
    }

    fn accepted(self, claim: &'static str) -> Case {
        self.case(claim, Expected::Accepted)
    }

    fn malformed(self, claim: &'static str, error: Malformed) -> Case {
        self.case(claim, Expected::Malformed(error))
    }

    fn misbehaved(self, claim: &'static str, error: PeerMisbehaved) -> Case {
        self.case(claim, Expected::Misbehaved(error))
    }

    fn incompatible(self, claim: &'static str, error: PeerIncompatible) -> Case {
        self.case(claim, Expected::Incompatible(error))
    }

    fn case(self, claim: &'static str, expected: Expected) -> Case {
        Case { claim, inputs: self.inputs, expected }
    }
}

fn leaves(start: u64, batch: &[Entry]) -> Frame {
    let leaves = batch.iter().map(|entry| entry.leaf.clone()).collect();
    Frame::Leaves(frame::Leaves { start, leaves })
}

fn indexed(index: u64, entry: &Entry) -> frame::IndexedBody {
    let body = entry.beside.body().cloned().unwrap();
    let opening = Bytes::copy_from_slice(&body.opening.0);
    frame::IndexedBody { index, opening, header: body.header, payload: body.payload, erased_by: 0 }
}

fn note_frame(note: &SignedCheckpoint) -> Frame {
    Frame::Checkpoint(note.to_string().into())
}

/// How reading this note as one of Mauritania's log must fail.
fn checkpoint_error(note: &[u8]) -> Malformed {
    let log = LogVerifier { origin: MR.writes(), key: MR.log_key().public() };
    Malformed::Checkpoint(SignedCheckpoint::verify(note, &log).unwrap_err())
}

fn bad_envelope(index: u64, error: EnvelopeError) -> PeerMisbehaved {
    PeerMisbehaved::BadEnvelope { index, error }
}

/// Every case by its name.
pub(super) fn all() -> BTreeMap<&'static str, Case> {
    let groups = [
        frames::cases(),
        hello::cases(),
        entries::cases(),
        messages::cases(),
        erasure::cases(),
        evidence::cases(),
    ];
    let count: usize = groups.iter().map(Vec::len).sum();
    let cases: BTreeMap<_, _> = groups.into_iter().flatten().collect();
    assert_eq!(cases.len(), count, "two cases of one name");
    cases
}

type Named = (&'static str, Case);
