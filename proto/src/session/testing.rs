//! Two countries in memory: logs, mirrors and a link without a network, in virtual time.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;

use super::{Content, Event, Held, Session, Setup, VerifiedParcel};
use crate::accord::{AccordHash, AccordId, Standing};
use crate::error::Error;
use crate::keyring::Keyring;
use crate::log::checkpoint::SignedCheckpoint;
use crate::log::cosignature::{Cosignature, CosignerVerifier};
use crate::log::merkle::Frontier;
use crate::log::note::KeyName;
use crate::log::receipt::{Receipt, ReceiptBody};
use crate::testing::Party;
use crate::time::UnixMillis;

mod log;
mod pair;

pub(super) use log::{
    OwnLog, alert, anchor, author, bare, body, erasure, header, key, message, retired, sealed, verdict,
};
pub(super) use pair::Pair;

/// The wall clock of all evidence: 2026-01-15T10:04:05Z.
pub(super) const NOW: u64 = 1_768_471_445_000;

/// The accord that both countries go by.
pub(super) fn accords() -> Standing {
    let hash = AccordHash([0xac; 32]);
    Standing { in_force: Some(AccordId { version: 1, hash }), next: None }
}

pub(super) fn wall() -> UnixMillis {
    UnixMillis::new(NOW).unwrap()
}

pub(super) fn cosigner(party: Party) -> CosignerVerifier {
    CosignerVerifier { name: KeyName::of_receipt_key(party.country), key: party.receipt_key().public() }
}

/// The same checkpoint with a country's cosignature, made at `seconds`.
pub(super) fn cosign(note: &SignedCheckpoint, by: Party, seconds: u64) -> (SignedCheckpoint, Cosignature) {
    let cosignature = Cosignature::sign(note.note().text(), &by.receipt_key(), seconds).unwrap();
    (note.clone().with_cosignature(&cosigner(by), &cosignature).unwrap(), cosignature)
}

/// What a country durably holds of the other's log.
#[derive(Clone, Debug)]
pub(super) struct Mirror {
    pub(super) held: Held,
    pub(super) leaves: Vec<Bytes>,
    pub(super) contents: Vec<Content>,
}

impl Mirror {
    fn new(of: Party) -> Self {
        let held = Held {
            frontier: Frontier::new(),
            keyring: Keyring::new(of.root()),
            newest: None,
            promised: BTreeMap::new(),
        };
        Self { held, leaves: Vec::new(), contents: Vec::new() }
    }

    pub(super) fn size(&self) -> u64 {
        self.held.frontier.size()
    }

    /// Takes in a parcel and makes the evidence for it.
    fn store(&mut self, parcel: VerifiedParcel, us: Party) -> (Receipt, u64, Cosignature) {
        assert_eq!(parcel.start, self.size(), "a parcel that does not follow on the mirror");
        let mut subtree = Frontier::new();
        for entry in parcel.entries {
            subtree.push(entry.hash);
            self.held.frontier.push(entry.hash);
            if let Content::Key(leaf) = &entry.content {
                self.held.keyring.publish(leaf).unwrap();
            }
            let index = self.leaves.len() as u64;
            self.held.promised.remove(&index);
            if let Content::Unread { by, .. } = entry.content {
                self.held.promised.insert(by, index);
            }
            self.leaves.push(entry.leaf);
            self.contents.push(entry.content);
        }
        let checkpoint = *parcel.checkpoint.checkpoint();
        self.held.promised.retain(|by, _| *by >= checkpoint.size);
        assert_eq!((checkpoint.size, checkpoint.root), (self.size(), self.held.frontier.root()));
        let (note, cosignature) = cosign(&parcel.checkpoint, us, NOW / 1000);
        self.held.newest = Some(note);
        let origin = us.other().writes();
        let body = ReceiptBody::new(origin, parcel.start, checkpoint.size, subtree.root(), wall()).unwrap();
        (Receipt::sign(body, &us.receipt_key()), checkpoint.size, cosignature)
    }
}

/// A country: what it wrote, what it mirrors, and the evidence that it holds.
#[derive(Clone, Debug)]
pub(super) struct Side {
    pub(super) party: Party,
    pub(super) own: OwnLog,
    pub(super) mirror: Mirror,
    pub(super) receipts: Vec<Receipt>,
    pub(super) cosigned: Vec<SignedCheckpoint>,
}

impl Side {
    pub(super) fn new(party: Party) -> Self {
        let own = OwnLog::new(party);
        let mirror = Mirror::new(party.other());
        Self { party, own, mirror, receipts: Vec::new(), cosigned: Vec::new() }
    }

    pub(super) fn setup(&self) -> Setup {
        let (us, peer) = (self.party, self.party.other());
        Setup {
            us: us.country,
            peer: peer.country,
            writes: us.writes(),
            mirrors: peer.writes(),
            our_log: us.log_key().public(),
            peer_log: peer.log_key().public(),
            peer_receipt: peer.receipt_key().public(),
            accords: accords(),
        }
    }

    pub(super) fn begin(&self, now: Duration) -> Session {
        Session::new(self.setup(), now, self.mirror.held.clone(), self.own.newest())
    }

    /// How far the peer's cosignatures reach.
    pub(super) fn cosigned_size(&self) -> u64 {
        self.cosigned.last().map_or(0, |note| note.checkpoint().size)
    }

    /// How far the peer's receipts reach.
    pub(super) fn receipted_size(&self) -> u64 {
        self.receipts.last().map_or(0, |receipt| receipt.body.end())
    }

    /// Hands a frame to the session and does what it then asks for.
    pub(super) fn take(&mut self, session: &mut Session, frame: Bytes) -> Result<(), Error> {
        let handled = session.handle_frame(frame, &self.own);
        while let Some(event) = session.poll_event() {
            self.act(session, event);
        }
        handled
    }

    fn act(&mut self, session: &mut Session, event: Event) {
        match event {
            Event::Open { peer_writes, .. } => assert!(peer_writes >= self.mirror.size()),
            Event::Parcel(parcel) => {
                let (receipt, size, cosignature) = self.mirror.store(parcel, self.party);
                session.mirrored(&receipt, size, &cosignature);
            }
            Event::Receipted(receipt) => self.receipts.push(receipt),
            Event::Cosigned(note) => self.cosigned.push(note),
        }
    }

    /// Everything that the session wants to send now.
    pub(super) fn frames(&self, session: &mut Session) -> Vec<Bytes> {
        std::iter::from_fn(|| session.poll_transmit(&self.own).unwrap()).collect()
    }
}
