//! The direction that the peer writes: every entry checked, then released under a fitting checkpoint.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;

use super::frame;
use super::{Content, Held, Setup, VerifiedEntry, VerifiedParcel};
use crate::domain::payload::{Payload, PayloadError};
use crate::domain::two_persons;
use crate::envelope::{Body, EnvelopeError, Opening, VerifiedEnvelope, check_signatures};
use crate::error::{Error, Malformed, PeerMisbehaved};
use crate::keyring::Keyring;
use crate::leaf::{AnchorLeaf, ErasedLeaf, ErasedLog, Leaf, MessageLeaf, VerdictLeaf};
use crate::log::checkpoint::{LogVerifier, SignedCheckpoint};
use crate::log::cosignature::CosignerVerifier;
use crate::log::merkle::{Frontier, Hash, leaf_hash};

/// Most entries that may wait for a checkpoint.
pub const MAX_STAGED_ENTRIES: usize = 4 * super::MAX_PARCEL_ENTRIES;

/// Most bytes of leaves and bodies that may wait for a checkpoint: one parcel that ends with one body of
/// the largest size, and some room.
pub const MAX_STAGED_BYTES: usize = 4 * super::MAX_PARCEL_BYTES;

/// Most bodies that may be left out as erased while the entries that say so are still to come.
pub const MAX_PROMISED_ERASURES: usize = 1 << 20;

#[derive(Debug)]
struct Staged {
    leaf: Bytes,
    hash: Hash,
    /// What this entry adds to `staged_bytes`.
    bytes: usize,
    content: Awaiting,
}

#[derive(Debug)]
enum Awaiting {
    Body(MessageLeaf),
    Nothing(Content),
}

#[derive(Debug)]
pub(super) struct Incoming {
    setup: Setup,
    log: LogVerifier,
    our_log: LogVerifier,
    peer_cosigner: CosignerVerifier,
    keyring: Keyring,
    /// All entries under a checkpoint, those not yet durable among them.
    frontier: Frontier,
    staged: VecDeque<Staged>,
    staged_bytes: usize,
    /// How many entries the peer said in its hello that it has signed.
    signed: u64,
    /// Erased entries still to come, each with the entry whose body was left out for it.
    promised: BTreeMap<u64, u64>,
}

impl Incoming {
    pub(super) fn new(setup: &Setup, held: Held, signed: u64) -> Self {
        Self {
            setup: setup.clone(),
            log: setup.mirrored_log(),
            our_log: setup.own_log(),
            peer_cosigner: setup.peer_cosigner(),
            keyring: held.keyring,
            frontier: held.frontier,
            staged: VecDeque::new(),
            staged_bytes: 0,
            signed,
            promised: held.promised,
        }
    }

    fn next(&self) -> u64 {
        self.frontier.size() + self.staged.len() as u64
    }

    /// Stages entries; `seen` is how many entries of ours the peer can have seen.
    pub(super) fn leaves(&mut self, frame: &frame::Leaves, seen: u64) -> Result<(), Error> {
        if frame.leaves.is_empty() {
            return Err(Malformed::Field("leaves.leaves").into());
        }
        if frame.start != self.next() {
            return Err(PeerMisbehaved::Gap { expected: self.next(), found: frame.start }.into());
        }
        if self.staged.len() + frame.leaves.len() > MAX_STAGED_ENTRIES {
            return Err(PeerMisbehaved::TooManyStaged.into());
        }
        for leaf in &frame.leaves {
            self.stage(leaf, seen)?;
        }
        Ok(())
    }

    fn stage(&mut self, bytes: &Bytes, seen: u64) -> Result<(), Error> {
        let index = self.next();
        self.account(bytes.len())?;
        let leaf = Leaf::decode(bytes).map_err(|error| Malformed::Leaf { index, error })?;
        self.check_promise(index, &leaf)?;
        let content = match leaf {
            Leaf::Message(leaf) => {
                self.check_published(index, &leaf)?;
                Awaiting::Body(leaf)
            }
            other => Awaiting::Nothing(self.content(index, other, seen)?),
        };
        // A slice of the frame would keep the whole frame alive.
        let leaf = Bytes::copy_from_slice(bytes);
        self.staged.push_back(Staged { hash: leaf_hash(&leaf), bytes: leaf.len(), leaf, content });
        Ok(())
    }

    fn account(&mut self, bytes: usize) -> Result<(), PeerMisbehaved> {
        self.staged_bytes += bytes;
        if self.staged_bytes > MAX_STAGED_BYTES {
            return Err(PeerMisbehaved::TooManyStaged);
        }
        Ok(())
    }

    fn content(&mut self, index: u64, leaf: Leaf, seen: u64) -> Result<Content, PeerMisbehaved> {
        Ok(match leaf {
            Leaf::Verdict(verdict) => {
                self.check_verdict(&verdict, seen).ok_or(PeerMisbehaved::VerdictOnUnsent { index })?;
                Content::Verdict(verdict)
            }
            Leaf::Anchor(anchor) => {
                self.check_anchor(&anchor).ok_or(PeerMisbehaved::BadAnchor { index })?;
                Content::Anchor
            }
            Leaf::Key(leaf) => {
                self.keyring.publish(&leaf).map_err(|error| PeerMisbehaved::BadKey { index, error })?;
                Content::Key(leaf)
            }
            Leaf::Erased(leaf) => {
                self.check_erasure(index, &leaf, seen).ok_or(PeerMisbehaved::ErasureOfUnsent { index })?;
                leaf.check_order(self.log.origin, &self.keyring)
                    .map_err(|error| PeerMisbehaved::BadErasureOrder { index, error })?;
                Content::Erased(leaf)
            }
            Leaf::Accord(leaf) => Content::Accord(leaf),
            Leaf::Message(_) | Leaf::Unknown { .. } => Content::Unknown,
        })
    }

    /// The peer erases an entry that stands before this one in its own log, or one of ours that it can have seen.
    /// How long either log was in an earlier epoch is not known here.
    fn check_erasure(&self, index: u64, leaf: &ErasedLeaf, seen: u64) -> Option<()> {
        let erasure = &leaf.erasure;
        let (epoch, end) = match erasure.log {
            ErasedLog::This => (self.log.origin.epoch, index),
            ErasedLog::Opposite => (self.our_log.origin.epoch, seen),
        };
        (erasure.epoch < epoch || erasure.epoch == epoch && erasure.entry < end).then_some(())
    }

    /// Where a body was left out, the entry that was named for it must say so.
    fn check_promise(&mut self, index: u64, leaf: &Leaf) -> Result<(), PeerMisbehaved> {
        let Some(entry) = self.promised.remove(&index) else { return Ok(()) };
        match leaf {
            Leaf::Erased(leaf) if self.erases(leaf, entry) => Ok(()),
            _ => Err(PeerMisbehaved::ErasureNotLogged(entry)),
        }
    }

    fn erases(&self, leaf: &ErasedLeaf, entry: u64) -> bool {
        let erasure = &leaf.erasure;
        erasure.target(self.log.origin) == self.log.origin && erasure.entry == entry
    }

    /// A key signs from its entry on. Bodies come later than leaves, so this is the time to look: by then
    /// the ring may hold keys that were published after this message.
    fn check_published(&self, index: u64, leaf: &MessageLeaf) -> Result<(), PeerMisbehaved> {
        let unknown = leaf.signatures.iter().find(|signature| self.keyring.officer(signature.key).is_none());
        unknown.map_or(Ok(()), |signature| {
            let error = EnvelopeError::UnknownKey(signature.key);
            Err(PeerMisbehaved::BadEnvelope { index, error })
        })
    }

    /// A verdict is on entries that the peer can have seen. How long our log was in an earlier epoch is not
    /// known here, so verdicts on those pass.
    fn check_verdict(&self, verdict: &VerdictLeaf, seen: u64) -> Option<()> {
        let epoch = self.our_log.origin.epoch;
        (verdict.epoch < epoch || verdict.epoch == epoch && verdict.end() <= seen).then_some(())
    }

    /// An anchor holds a checkpoint that we signed and that its writer cosigned.
    fn check_anchor(&self, anchor: &AnchorLeaf) -> Option<()> {
        let note = SignedCheckpoint::verify(&anchor.note, &self.our_log).ok()?;
        note.cosignature(&self.peer_cosigner).ok().map(|_| ())
    }

    pub(super) fn bodies(&mut self, frame: frame::Bodies) -> Result<(), Error> {
        if frame.bodies.is_empty() {
            return Err(Malformed::Field("bodies.bodies").into());
        }
        frame.bodies.into_iter().try_for_each(|body| self.body(body))
    }

    /// Where an entry waits for its checkpoint.
    fn position(&self, index: u64) -> Option<usize> {
        let position = usize::try_from(index.checked_sub(self.frontier.size())?).ok()?;
        (position < self.staged.len()).then_some(position)
    }

    fn body(&mut self, wire: frame::IndexedBody) -> Result<(), Error> {
        let index = wire.index;
        let unexpected = PeerMisbehaved::UnexpectedBody(index);
        let position = self.position(index).ok_or_else(|| unexpected.clone())?;
        let Awaiting::Body(leaf) = &self.staged[position].content else { return Err(unexpected.into()) };
        let leaf = leaf.clone();
        if wire.erased_by != 0 {
            self.staged[position].content = Awaiting::Nothing(self.left_out(leaf, &wire)?);
            return Ok(());
        }
        let opening = wire.opening[..].try_into().map_err(|_| Malformed::Field("body.opening"))?;
        // Slices of the frame would keep the whole frame alive.
        let body = Body {
            opening: Opening(opening),
            header: Bytes::copy_from_slice(&wire.header),
            payload: Bytes::copy_from_slice(&wire.payload),
        };
        let bytes = body.encoded_len();
        self.account(bytes)?;
        let message = verify(index, leaf, body, &self.setup, &self.keyring)?;
        self.staged[position].content = Awaiting::Nothing(message);
        self.staged[position].bytes += bytes;
        Ok(())
    }

    /// A body that the peer destroyed before it was sent: only where its log says so, at an entry that it has
    /// signed before this session began.
    fn left_out(&mut self, leaf: MessageLeaf, wire: &frame::IndexedBody) -> Result<Content, Error> {
        let (index, by) = (wire.index, wire.erased_by);
        if !(wire.opening.is_empty() && wire.header.is_empty() && wire.payload.is_empty()) {
            return Err(Malformed::Field("body.erased_by").into());
        }
        let logged = match self.position(by).map(|position| &self.staged[position].content) {
            Some(Awaiting::Nothing(Content::Erased(leaf))) => self.erases(leaf, index),
            Some(_) => false,
            None => by >= self.next() && by < self.signed && self.promised.insert(by, index).is_none(),
        };
        if !logged {
            return Err(PeerMisbehaved::ErasureNotLogged(index).into());
        }
        if self.promised.len() > MAX_PROMISED_ERASURES {
            return Err(PeerMisbehaved::TooManyStaged.into());
        }
        check_signatures(&leaf, &self.keyring).map_err(|error| blame(index, error))?;
        Ok(Content::Unread { leaf, by })
    }

    /// Releases the staged entries that a checkpoint covers; nothing for one that we have already.
    pub(super) fn checkpoint(&mut self, note: &[u8]) -> Result<Option<VerifiedParcel>, Error> {
        super::check_length(note, super::MAX_NOTE_BYTES, "checkpoint.note")?;
        let signed = SignedCheckpoint::verify(note, &self.log).map_err(Malformed::Checkpoint)?;
        let (size, root) = (signed.checkpoint().size, signed.checkpoint().root);
        let start = self.frontier.size();
        if size <= start {
            return match size {
                _ if size < start => Err(PeerMisbehaved::RolledBack { before: start, now: size }.into()),
                _ if root != self.frontier.root() => Err(PeerMisbehaved::Forked(size).into()),
                _ => Ok(None),
            };
        }
        let complete = self
            .staged
            .iter()
            .position(|entry| matches!(entry.content, Awaiting::Body(_)))
            .unwrap_or(self.staged.len());
        let staged = start + complete as u64;
        let count = usize::try_from(size - start).ok().filter(|&count| count <= complete);
        let count = count.ok_or(PeerMisbehaved::CheckpointWithoutEntries { size, staged })?;
        let mut frontier = self.frontier.clone();
        self.staged.iter().take(count).for_each(|entry| frontier.push(entry.hash));
        if frontier.root() != root {
            return Err(PeerMisbehaved::WrongRoot(size).into());
        }
        self.frontier = frontier;
        self.staged_bytes -= self.staged.iter().take(count).map(|entry| entry.bytes).sum::<usize>();
        let entries = self.staged.drain(..count).filter_map(release).collect();
        Ok(Some(VerifiedParcel { start, entries, checkpoint: signed }))
    }
}

fn release(staged: Staged) -> Option<VerifiedEntry> {
    match staged.content {
        Awaiting::Nothing(content) => Some(VerifiedEntry { leaf: staged.leaf, hash: staged.hash, content }),
        Awaiting::Body(_) => None,
    }
}

/// Signatures and encodings are the peer node's to check before it sends: a fault there ends the
/// session. A rule of content may be understood differently by an honest peer: that is a refusal.
fn verify(
    index: u64,
    leaf: MessageLeaf,
    body: Body,
    setup: &Setup,
    keyring: &Keyring,
) -> Result<Content, Error> {
    let envelope = VerifiedEnvelope::verify(leaf, body, &setup.mirrors, setup.us, keyring)
        .map_err(|error| blame(index, error))?;
    let refusal = match Payload::decode(envelope.header(), &envelope.body().payload) {
        Ok(payload) => {
            two_persons::check(envelope.header(), &payload, &[], &envelope.leaf().signatures).err()
        }
        Err(PayloadError::NotCanonical) => return Err(Malformed::Payload { index }.into()),
        Err(error) => Some(error.refusal()),
    };
    Ok(Content::Message { envelope: Box::new(envelope), refusal })
}

fn blame(index: u64, error: EnvelopeError) -> Error {
    match error {
        EnvelopeError::Truncated
        | EnvelopeError::Trailing(_)
        | EnvelopeError::TooLarge { .. }
        | EnvelopeError::Header(_)
        | EnvelopeError::Grounds(_)
        | EnvelopeError::Field { .. } => Malformed::Envelope { index, error }.into(),
        _ => PeerMisbehaved::BadEnvelope { index, error }.into(),
    }
}
