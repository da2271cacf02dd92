//! The exchange between two nodes as a pure state machine: bytes and time in, bytes and events out.
//!
//! One session is one life of the link. It begins with a hello each way that says what each side durably
//! holds; from there the two directions run independently:
//!
//! - *outgoing*: what we write. Parcels (entries, bodies, and the checkpoint that covers them) are pulled
//!   from a [`LogSource`] as the link takes them; receipts and cosignatures come back.
//! - *incoming*: what the peer writes. Entries are checked one by one; when a checkpoint fits them, a
//!   [`VerifiedParcel`] comes out. Whoever drives the session makes it durable, signs, and hands the
//!   evidence back with [`Session::mirrored`].
//!
//! Nothing is resent beyond what was in flight: the hello of the next session says where to go on.
//!
//! A session that returned an error is over; [`crate::error::Error::close_code`] says what to tell the peer.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;

use crate::accord::Standing;
use crate::envelope::{Body, VerifiedEnvelope};
use crate::error::{Error, Malformed, PeerIncompatible, PeerMisbehaved};
use crate::identity::{Country, Origin};
use crate::key::PublicKey;
use crate::keyring::Keyring;
use crate::leaf::{AccordLeaf, ErasedLeaf, KeyLeaf, MAX_LEAF_BYTES, MessageLeaf, VerdictLeaf};
use crate::log::checkpoint::{LogVerifier, SignedCheckpoint};
use crate::log::cosignature::{Cosignature, CosignerVerifier};
use crate::log::merkle::{Frontier, Hash};
use crate::log::note::KeyName;
use crate::log::receipt::Receipt;
use crate::refusal::Refusal;

mod frame;
mod incoming;
mod outgoing;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

/// A header of Mauritania's, for tests of the accord.
#[cfg(test)]
pub(crate) fn accord_test_header(kind: crate::envelope::Kind) -> crate::envelope::Header {
    testing::header(crate::testing::MR, 1, kind)
}

use frame::Frame;
use incoming::Incoming;
use outgoing::Outgoing;

pub use frame::MAX_FRAME_PARTS;
pub use incoming::{MAX_PROMISED_ERASURES, MAX_STAGED_BYTES, MAX_STAGED_ENTRIES};
pub use outgoing::{MAX_PARCEL_BYTES, MAX_PARCEL_ENTRIES, MAX_PARCELS_IN_FLIGHT};

/// The version of this protocol; peers of another version are told apart by it and refused.
pub const VERSION: u32 = 1;

/// How long a peer may take to say hello. A post-quantum handshake over a bad satellite line has been
/// seen to take 16 s.
pub const HELLO_TIMEOUT: Duration = Duration::from_secs(30);

/// Longest note that a log may sign on the link, in bytes: with our cosignature it must still fit the leaf
/// of an anchor. Leaves room for a signature of a third party or of a post-quantum kind.
pub const MAX_NOTE_BYTES: usize = 6 * 1024;

/// Frames of evidence for a parcel: a receipt and a cosignature.
const EVIDENCE_FRAMES: usize = 2;

/// Who talks with whom about what, under which keys. Everything here was agreed before the link opens.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Our country.
    pub us: Country,
    /// The peer's country.
    pub peer: Country,
    /// The log that we write.
    pub writes: Origin,
    /// The log that the peer writes and we mirror.
    pub mirrors: Origin,
    /// Signs the checkpoints of what we write.
    pub our_log: PublicKey,
    /// Signs the checkpoints of what the peer writes.
    pub peer_log: PublicKey,
    /// Signs the peer's receipts and cosigns what we write.
    pub peer_receipt: PublicKey,
    /// The accords that we go by when the session begins.
    pub accords: Standing,
}

impl Setup {
    fn own_log(&self) -> LogVerifier {
        LogVerifier { origin: self.writes, key: self.our_log.clone() }
    }

    fn mirrored_log(&self) -> LogVerifier {
        LogVerifier { origin: self.mirrors, key: self.peer_log.clone() }
    }

    /// The peer as the cosigner of what we write.
    #[must_use]
    pub fn peer_cosigner(&self) -> CosignerVerifier {
        CosignerVerifier { name: KeyName::of_receipt_key(self.peer), key: self.peer_receipt.clone() }
    }
}

/// What we durably hold of the peer's log when the session begins.
#[derive(Clone, Debug)]
pub struct Held {
    /// The tree of all mirrored entries.
    pub frontier: Frontier,
    /// The keys that these entries published.
    pub keyring: Keyring,
    /// The newest checkpoint that we cosigned; `None` before the first.
    pub newest: Option<SignedCheckpoint>,
    /// Erased entries that are still to come, each with the message entry whose body was left out for it.
    pub promised: BTreeMap<u64, u64>,
}

/// One entry with what lies beside it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The leaf's exact bytes.
    pub leaf: Bytes,
    /// What lies beside it.
    pub beside: Beside,
}

/// What lies beside a leaf.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Beside {
    /// Nothing: not a message.
    Nothing,
    /// The body of a message.
    Body(Body),
    /// The body of a message was destroyed.
    Erased {
        /// The erased entry of the same log that says so.
        by: u64,
    },
}

impl Beside {
    /// The body, if there is one.
    #[must_use]
    pub fn body(&self) -> Option<&Body> {
        match self {
            Self::Body(body) => Some(body),
            Self::Nothing | Self::Erased { .. } => None,
        }
    }
}

/// Entries that follow on each other, and the checkpoint that covers exactly up to their end.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// Index of the first entry.
    pub start: u64,
    /// At least one.
    pub entries: Vec<Entry>,
    /// Size equals `start` plus the number of entries.
    pub checkpoint: SignedCheckpoint,
}

/// Our own log, as the session reads it: only what is durable and signed.
pub trait LogSource {
    /// How many entries it has.
    fn size(&self) -> u64;

    /// The root of our log when it had `size` entries; `None` if it has fewer.
    fn root_at(&self, size: u64) -> Result<Option<Hash>, String>;

    /// Entries from `from` on, up to some checkpoint, within [`MAX_PARCEL_ENTRIES`] and
    /// [`MAX_PARCEL_BYTES`] where one batch is not larger than that; `None` when there are none.
    fn parcel(&self, from: u64) -> Result<Option<Parcel>, String>;
}

/// An entry of the peer's log that passed every check.
#[derive(Clone, Debug)]
pub struct VerifiedEntry {
    /// The leaf's exact bytes.
    pub leaf: Bytes,
    /// Its leaf hash.
    pub hash: Hash,
    /// What it says.
    pub content: Content,
}

/// What a verified entry says.
#[derive(Clone, Debug)]
pub enum Content {
    /// A message for us; `refusal` if its content breaks a rule of its kind.
    Message {
        /// The message.
        envelope: Box<VerifiedEnvelope>,
        /// Why it is not taken up, if so.
        refusal: Option<Refusal>,
    },
    /// A message for us whose body the peer destroyed before it was sent.
    Unread {
        /// Commitment and signatures, which were checked.
        leaf: MessageLeaf,
        /// The entry of the same log that says why; it may be still to come.
        by: u64,
    },
    /// The peer destroyed a message of its own, which we must do too, or its copy of one of ours.
    Erased(ErasedLeaf),
    /// The peer's verdict on entries of ours.
    Verdict(VerdictLeaf),
    /// Our log's checkpoint, anchored in the peer's.
    Anchor,
    /// A key of the peer's, certified by its root.
    Key(KeyLeaf),
    /// An accord that came into force for the peer. Whether it is one of ours is not looked at here: the leaf
    /// stays at its entry whatever we hold, so a session that refused it would be refused for ever.
    Accord(AccordLeaf),
    /// Of a kind that we do not know: mirrored all the same.
    Unknown,
}

/// Entries of the peer's log under a checkpoint that fits them: ready to be made durable.
#[derive(Clone, Debug)]
pub struct VerifiedParcel {
    /// Index of the first entry.
    pub start: u64,
    /// The entries; at least one.
    pub entries: Vec<VerifiedEntry>,
    /// Signed by the peer; its root was recomputed from all entries.
    pub checkpoint: SignedCheckpoint,
}

/// What the driver of a session needs to know or do.
#[derive(Clone, Debug)]
pub enum Event {
    /// Hellos were exchanged and fit.
    Open {
        /// How many entries the peer's newest checkpoint has.
        peer_writes: u64,
        /// How many entries of ours the peer durably holds.
        peer_holds: u64,
    },
    /// Make this durable, sign for it, and call [`Session::mirrored`].
    Parcel(VerifiedParcel),
    /// The peer's receipt for entries of ours; verified.
    Receipted(Receipt),
    /// A checkpoint of ours with the peer's cosignature; verified.
    Cosigned(SignedCheckpoint),
}

/// One life of the link.
#[derive(Debug)]
pub struct Session {
    setup: Setup,
    state: State,
    /// Our hello, until it was sent.
    hello: Option<Bytes>,
    /// Receipts and cosignatures: small, awaited by people, and ahead of any parcel.
    evidence: VecDeque<Bytes>,
    transmits: VecDeque<Bytes>,
    events: VecDeque<Event>,
    /// The accords that the peer said it goes by.
    peer_accords: Standing,
}

#[derive(Debug)]
enum State {
    AwaitHello { deadline: Duration, held: Box<Held>, own: SignedCheckpoint },
    Open { outgoing: Box<Outgoing>, incoming: Box<Incoming> },
    Over,
}

impl Session {
    /// Begins a session at `now` and queues our hello. `own` is the newest checkpoint that we wrote.
    #[must_use]
    pub fn new(setup: Setup, now: Duration, held: Held, own: SignedCheckpoint) -> Self {
        let hello = frame::Hello {
            version: VERSION,
            country: setup.us.to_string(),
            writes: note_bytes(&own),
            holds: held.newest.as_ref().map(note_bytes).unwrap_or_default(),
            accord: setup.accords.in_force.map(Into::into),
            next_accord: setup.accords.next.map(Into::into),
        };
        let state = State::AwaitHello { deadline: now + HELLO_TIMEOUT, held: Box::new(held), own };
        let hello = Some(Frame::Hello(hello).encode());
        let (evidence, transmits, events) = (VecDeque::new(), VecDeque::new(), VecDeque::new());
        Self { setup, state, hello, evidence, transmits, events, peer_accords: Standing::default() }
    }

    /// Takes one frame from the peer.
    ///
    /// # Errors
    ///
    /// The session is over; nothing of a half-received parcel has come out of it.
    pub fn handle_frame(&mut self, bytes: Bytes, source: &dyn LogSource) -> Result<(), Error> {
        let handled = self.take_frame(bytes, source);
        if handled.is_err() {
            self.state = State::Over;
        }
        handled
    }

    fn take_frame(&mut self, bytes: Bytes, source: &dyn LogSource) -> Result<(), Error> {
        let frame = Frame::decode(bytes)?;
        match (&mut self.state, frame) {
            (State::AwaitHello { .. }, Frame::Hello(hello)) => self.open(&hello, source),
            (State::AwaitHello { .. }, _) | (State::Open { .. }, Frame::Hello(_)) | (State::Over, _) => {
                Err(PeerMisbehaved::FrameOutOfTurn.into())
            }
            (State::Open { incoming, outgoing }, Frame::Leaves(leaves)) => {
                incoming.leaves(&leaves, outgoing.seen())
            }
            (State::Open { incoming, .. }, Frame::Bodies(bodies)) => incoming.bodies(bodies),
            // Its writer has no more under way than this, so it has not read what we signed for them: a peer
            // that never reads must not make us keep evidence without end.
            (State::Open { .. }, Frame::Checkpoint(_))
                if self.evidence.len() >= EVIDENCE_FRAMES * MAX_PARCELS_IN_FLIGHT =>
            {
                Err(PeerMisbehaved::TooManyStaged.into())
            }
            (State::Open { incoming, .. }, Frame::Checkpoint(note)) => {
                let parcel = incoming.checkpoint(&note)?;
                self.events.extend(parcel.map(Event::Parcel));
                Ok(())
            }
            (State::Open { outgoing, .. }, Frame::Receipt(receipt)) => {
                self.events.push_back(Event::Receipted(outgoing.receipt(&receipt)?));
                Ok(())
            }
            (State::Open { outgoing, .. }, Frame::Cosignature(cosignature)) => {
                self.events.push_back(Event::Cosigned(outgoing.cosignature(&cosignature)?));
                Ok(())
            }
        }
    }

    fn open(&mut self, hello: &frame::Hello, source: &dyn LogSource) -> Result<(), Error> {
        if hello.version != VERSION {
            return Err(PeerIncompatible::Version { found: hello.version, ours: VERSION }.into());
        }
        if hello.country != self.setup.peer.as_str() {
            return Err(PeerIncompatible::Country.into());
        }
        self.peer_accords = frame::standing(hello)?;
        self.check_accords(self.setup.accords)?;
        let State::AwaitHello { held, own, .. } = std::mem::replace(&mut self.state, State::Over) else {
            return Err(PeerMisbehaved::FrameOutOfTurn.into());
        };
        check_length(&hello.writes, MAX_NOTE_BYTES, "hello.writes")?;
        check_length(&hello.holds, MAX_LEAF_BYTES, "hello.holds")?;
        let writes = verified(&hello.writes, &self.setup.mirrored_log())?;
        check_growth(&held, &writes)?;
        let holds = self.check_held(&hello.holds, &own, source)?;
        self.events.push_back(Event::Open {
            peer_writes: writes.checkpoint().size,
            peer_holds: holds.as_ref().map_or(0, |note| note.checkpoint().size),
        });
        let next = holds.as_ref().map_or(0, |note| note.checkpoint().size);
        self.events.extend(holds.map(Event::Cosigned));
        self.state = State::Open {
            outgoing: Box::new(Outgoing::new(&self.setup, next, own.checkpoint().size)),
            incoming: Box::new(Incoming::new(&self.setup, *held, writes.checkpoint().size)),
        };
        Ok(())
    }

    fn check_accords(&self, ours: Standing) -> Result<(), PeerIncompatible> {
        let theirs = self.peer_accords;
        if ours.agrees_with(&theirs) {
            Ok(())
        } else {
            Err(PeerIncompatible::Accord { ours: ours.into(), theirs: theirs.into() })
        }
    }

    /// Says that our accords have changed. An open session goes on if the peer said that it goes by the same.
    pub fn accords_changed(&mut self, ours: Standing) -> Result<(), Error> {
        self.setup.accords = ours;
        if self.is_open()
            && let Err(error) = self.check_accords(ours)
        {
            self.state = State::Over;
            return Err(error.into());
        }
        Ok(())
    }

    /// What the peer said of its accords; nothing before its hello.
    #[must_use]
    pub fn peer_accords(&self) -> Standing {
        self.peer_accords
    }

    /// Checks what the peer says that it holds of our log: it must be ours, and no more than we have.
    fn check_held(
        &self,
        note: &[u8],
        own: &SignedCheckpoint,
        source: &dyn LogSource,
    ) -> Result<Option<SignedCheckpoint>, Error> {
        if note.is_empty() {
            return Ok(None);
        }
        let holds = verified(note, &self.setup.own_log())?;
        let size = holds.checkpoint().size;
        holds.cosignature(&self.setup.peer_cosigner()).map_err(|_| PeerMisbehaved::BadEvidence(size))?;
        // The log may have grown since this session began; it never shrinks.
        let ours = own.checkpoint().size.max(source.size());
        match source.root_at(size).map_err(Error::Storage)? {
            None => Err(PeerIncompatible::WeAreBehind { ours, peer: size }.into()),
            Some(root) if root != holds.checkpoint().root => {
                Err(PeerMisbehaved::HoldsForeignHistory(size).into())
            }
            Some(_) => Ok(Some(holds)),
        }
    }

    /// Says that everything up to a parcel's checkpoint is durable, with the evidence for the peer.
    pub fn mirrored(&mut self, receipt: &Receipt, size: u64, cosignature: &Cosignature) {
        self.evidence.push_back(Frame::Receipt(frame::Receipt::from(receipt)).encode());
        let cosignature = frame::Cosignature {
            size,
            time_s: cosignature.time_seconds,
            signature: Bytes::copy_from_slice(&cosignature.signature),
        };
        self.evidence.push_back(Frame::Cosignature(cosignature).encode());
    }

    /// The next frame to send, if any. Call it again when the link takes more, when
    /// [`Self::mirrored`] was called, and when our log has grown.
    pub fn poll_transmit(&mut self, source: &dyn LogSource) -> Result<Option<Bytes>, Error> {
        let queued = self.hello.take().or_else(|| self.evidence.pop_front());
        if let Some(frame) = queued.or_else(|| self.transmits.pop_front()) {
            return Ok(Some(frame));
        }
        if let State::Open { outgoing, .. } = &mut self.state
            && let Err(error) = outgoing.pump(source, &mut self.transmits)
        {
            self.state = State::Over;
            return Err(Error::Storage(error));
        }
        Ok(self.transmits.pop_front())
    }

    /// The next event, if any.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`Self::handle_timeout`] wants to be called, on the clock given to [`Self::new`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        match &self.state {
            State::AwaitHello { deadline, .. } => Some(*deadline),
            State::Open { .. } | State::Over => None,
        }
    }

    /// Acts on time that has passed.
    pub fn handle_timeout(&mut self, now: Duration) -> Result<(), Error> {
        match &self.state {
            State::AwaitHello { deadline, .. } if now >= *deadline => {
                self.state = State::Over;
                Err(PeerMisbehaved::NoHello.into())
            }
            _ => Ok(()),
        }
    }

    /// Whether this session has nothing more to send until another one begins: a body that it was about to send
    /// was destroyed since the hello, and only the next hello covers the entry that says so.
    #[must_use]
    pub fn must_begin_anew(&self) -> bool {
        matches!(&self.state, State::Open { outgoing, .. } if outgoing.must_begin_anew())
    }

    /// Whether hellos were exchanged and no error has ended the session.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }
}

fn note_bytes(note: &SignedCheckpoint) -> Bytes {
    note.to_string().into_bytes().into()
}

fn check_length(note: &[u8], most: usize, field: &'static str) -> Result<(), Malformed> {
    if note.len() <= most { Ok(()) } else { Err(Malformed::Field(field)) }
}

fn verified(note: &[u8], log: &LogVerifier) -> Result<SignedCheckpoint, Error> {
    SignedCheckpoint::verify(note, log).map_err(|error| match stated_origin(note) {
        Some(origin) if origin != log.origin => PeerIncompatible::Origin.into(),
        _ => Malformed::Checkpoint(error).into(),
    })
}

/// The log that a note says it is of, whoever signed it: enough to tell the operator what is wrong.
fn stated_origin(note: &[u8]) -> Option<Origin> {
    std::str::from_utf8(note).ok()?.lines().next()?.parse().ok()
}

/// The peer's newest checkpoint must not be older than, or differ from, what we cosigned.
fn check_growth(held: &Held, writes: &SignedCheckpoint) -> Result<(), PeerMisbehaved> {
    let (before, now) = (held.frontier.size(), writes.checkpoint().size);
    if now < before {
        return Err(PeerMisbehaved::RolledBack { before, now });
    }
    if now == before && held.newest.is_some() && held.frontier.root() != writes.checkpoint().root {
        return Err(PeerMisbehaved::Forked(now));
    }
    Ok(())
}
