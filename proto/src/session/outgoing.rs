//! The direction that we write: parcels out, evidence back.

use std::collections::VecDeque;

use bytes::Bytes;

use super::frame::{self, Frame};
use super::{Beside, LogSource, Parcel, Setup};
use crate::envelope::Body;
use crate::error::{Error, Malformed, PeerMisbehaved};
use crate::log::checkpoint::SignedCheckpoint;
use crate::log::cosignature::{Cosignature, CosignerVerifier};
use crate::log::merkle::{Frontier, Hash, leaf_hash};
use crate::log::receipt::{Receipt, ReceiptBody};
use crate::time::UnixMillis;

/// Most parcels that may be under way without a cosignature. Bounds what a slow peer makes us remember.
pub const MAX_PARCELS_IN_FLIGHT: usize = 64;

/// Most entries in a parcel.
pub const MAX_PARCEL_ENTRIES: usize = 1024;

/// Bytes of leaves and bodies after which a parcel ends.
pub const MAX_PARCEL_BYTES: usize = 1024 * 1024;

/// Leaves and bodies are grouped into frames of about this size, so that checking one does not take long.
/// Only a larger body makes a larger frame, which then holds nothing else.
const GROUP_BYTES: usize = 64 * 1024;

/// What a body has on the wire beside its three parts, about: what was erased takes room too.
const BODY_OVERHEAD: usize = 8;

/// What was sent and awaits the peer's evidence.
#[derive(Debug)]
struct InFlight {
    start: u64,
    hashes: Vec<Hash>,
    checkpoint: SignedCheckpoint,
}

#[derive(Debug)]
pub(super) struct Outgoing {
    origin: crate::identity::Origin,
    cosigner: CosignerVerifier,
    next: u64,
    /// Entries that were sealed before this session began: an earlier one may have sent them.
    sealed_before: u64,
    /// Whether a body was destroyed by an entry that our hello did not cover.
    anew: bool,
    in_flight: VecDeque<InFlight>,
}

impl Outgoing {
    pub(super) fn new(setup: &Setup, next: u64, sealed_before: u64) -> Self {
        let cosigner = setup.peer_cosigner();
        Self { origin: setup.writes, cosigner, next, sealed_before, anew: false, in_flight: VecDeque::new() }
    }

    /// How many entries of ours the peer can have seen, in this session or an earlier one.
    pub(super) fn seen(&self) -> u64 {
        self.next.max(self.sealed_before)
    }

    pub(super) fn must_begin_anew(&self) -> bool {
        self.anew
    }

    /// Queues the frames of the next parcel, if the window is open and our log has grown.
    pub(super) fn pump(
        &mut self,
        source: &dyn LogSource,
        transmits: &mut VecDeque<Bytes>,
    ) -> Result<(), String> {
        if self.in_flight.len() >= MAX_PARCELS_IN_FLIGHT {
            return Ok(());
        }
        let Some(parcel) = source.parcel(self.next)? else { return Ok(()) };
        let uncovered =
            |beside: &Beside| matches!(beside, Beside::Erased { by } if *by >= self.sealed_before);
        self.anew = parcel.entries.iter().any(|entry| uncovered(&entry.beside));
        if self.anew {
            return Ok(());
        }
        let hashes = parcel.entries.iter().map(|entry| leaf_hash(&entry.leaf)).collect();
        let checkpoint = parcel.checkpoint.clone();
        self.in_flight.push_back(InFlight { start: parcel.start, hashes, checkpoint });
        self.next = parcel.checkpoint.checkpoint().size;
        queue(parcel, transmits);
        Ok(())
    }

    /// Checks the peer's receipt against what was sent.
    pub(super) fn receipt(&self, wire: &frame::Receipt) -> Result<Receipt, Error> {
        let hashes = self.hashes(wire.start, wire.end).ok_or(PeerMisbehaved::EvidenceForUnsent(wire.end))?;
        let mut subtree = Frontier::new();
        hashes.for_each(|hash| subtree.push(hash));
        let time = UnixMillis::new(wire.time_ms).ok_or(Malformed::Field("receipt.time_ms"))?;
        let bad = PeerMisbehaved::BadEvidence(wire.end);
        let body = ReceiptBody::new(self.origin, wire.start, wire.end, subtree.root(), time)
            .map_err(|_| bad.clone())?;
        let receipt = Receipt { body, signature: signature(&wire.signature, "receipt.signature")? };
        if wire.root[..] != subtree.root().0 || receipt.verify(&self.cosigner.key).is_err() {
            return Err(bad.into());
        }
        Ok(receipt)
    }

    /// Hashes of the entries `start..end`, if all of them are in flight.
    fn hashes(&self, start: u64, end: u64) -> Option<impl Iterator<Item = Hash>> {
        let first = self.in_flight.front()?.start;
        let skip = usize::try_from(start.checked_sub(first)?).ok()?;
        let count = usize::try_from(end.checked_sub(start)?).ok().filter(|&count| count > 0)?;
        let sent: usize = self.in_flight.iter().map(|parcel| parcel.hashes.len()).sum();
        (skip.checked_add(count)? <= sent).then(|| {
            self.in_flight.iter().flat_map(|parcel| parcel.hashes.iter().copied()).skip(skip).take(count)
        })
    }

    /// Checks the peer's cosignature over a checkpoint that was sent; what it covers is no longer in
    /// flight.
    pub(super) fn cosignature(&mut self, wire: &frame::Cosignature) -> Result<SignedCheckpoint, Error> {
        let position = self
            .in_flight
            .iter()
            .position(|parcel| parcel.checkpoint.checkpoint().size == wire.size)
            .ok_or(PeerMisbehaved::EvidenceForUnsent(wire.size))?;
        let cosignature = Cosignature {
            time_seconds: wire.time_s,
            signature: signature(&wire.signature, "cosignature.signature")?,
        };
        let cosigned = self.in_flight[position]
            .checkpoint
            .clone()
            .with_cosignature(&self.cosigner, &cosignature)
            .map_err(|_| PeerMisbehaved::BadEvidence(wire.size))?;
        self.in_flight.drain(..=position);
        Ok(cosigned)
    }
}

fn signature(bytes: &[u8], field: &'static str) -> Result<[u8; 64], Malformed> {
    bytes.try_into().map_err(|_| Malformed::Field(field))
}

/// Leaves first, then bodies, then the checkpoint that covers them.
fn queue(parcel: Parcel, transmits: &mut VecDeque<Bytes>) {
    let mut start = parcel.start;
    let leaves = parcel.entries.iter().map(|entry| entry.leaf.clone());
    for leaves in groups(leaves, Bytes::len) {
        let next = start + leaves.len() as u64;
        transmits.push_back(Frame::Leaves(frame::Leaves { start, leaves }).encode());
        start = next;
    }
    let bodies =
        (parcel.start..).zip(parcel.entries).filter_map(|(index, entry)| indexed(index, entry.beside));
    for bodies in groups(bodies, body_bytes) {
        transmits.push_back(Frame::Bodies(frame::Bodies { bodies }).encode());
    }
    transmits.push_back(Frame::Checkpoint(parcel.checkpoint.to_string().into_bytes().into()).encode());
}

fn indexed(index: u64, beside: Beside) -> Option<frame::IndexedBody> {
    match beside {
        Beside::Nothing => None,
        Beside::Body(Body { opening, header, payload }) => {
            let opening = Bytes::copy_from_slice(&opening.0);
            Some(frame::IndexedBody { index, opening, header, payload, erased_by: 0 })
        }
        Beside::Erased { by } => Some(frame::IndexedBody { index, erased_by: by, ..Default::default() }),
    }
}

fn body_bytes(body: &frame::IndexedBody) -> usize {
    body.opening.len() + body.header.len() + body.payload.len() + BODY_OVERHEAD
}

/// Runs of neighbours of at most [`GROUP_BYTES`]; what is larger stands alone.
fn groups<T>(items: impl Iterator<Item = T>, bytes: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let mut groups: Vec<Vec<T>> = Vec::new();
    let mut room = 0;
    for item in items {
        let size = bytes(&item);
        match groups.last_mut() {
            Some(group) if size <= room => {
                room -= size;
                group.push(item);
            }
            _ => {
                room = GROUP_BYTES.saturating_sub(size);
                groups.push(vec![item]);
            }
        }
    }
    groups
}
