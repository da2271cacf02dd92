//! A log in memory, and entries to put into it.

use bytes::Bytes;

use super::{cosign, wall};
use crate::domain::ack::{Ack, AckLevel};
use crate::domain::alert::{Embedded, samples};
use crate::domain::grounds::Grounds;
use crate::domain::{Mode, Priority, Tlp};
use crate::envelope::{
    Body, Commitment, Header, Kind, MessageId, Opening, Reference, Relation, Station, sign,
};
use crate::identity::Epoch;
use crate::leaf::{
    AnchorLeaf, Basis, ErasedLeaf, ErasedLog, Erasure, KeyAction, KeyLeaf, Leaf, MessageLeaf, Ordered,
    SigningPurpose, Verdict, VerdictLeaf,
};
use crate::log::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::log::merkle::{Hash, leaf_hash, root_of};
use crate::session::{Beside, Entry, LogSource, Parcel};
use crate::testing::Party;

/// Our own log: every batch has its checkpoint.
#[derive(Clone, Debug)]
pub(in crate::session) struct OwnLog {
    writer: Party,
    entries: Vec<Entry>,
    /// That of the empty log first.
    checkpoints: Vec<SignedCheckpoint>,
}

impl OwnLog {
    pub(super) fn new(writer: Party) -> Self {
        let mut log = Self { writer, entries: Vec::new(), checkpoints: Vec::new() };
        log.sign();
        log
    }

    pub(in crate::session) fn size(&self) -> u64 {
        self.entries.len() as u64
    }

    pub(in crate::session) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The checkpoint after so many batches.
    pub(in crate::session) fn checkpoint(&self, batches: usize) -> &SignedCheckpoint {
        &self.checkpoints[batches]
    }

    pub(in crate::session) fn append(&mut self, batch: impl IntoIterator<Item = Entry>) {
        self.entries.extend(batch);
        self.sign();
    }

    /// The body of an entry is destroyed, as the entry `by` says.
    pub(in crate::session) fn destroy(&mut self, entry: u64, by: u64) {
        self.entries[usize::try_from(entry).unwrap()].beside = Beside::Erased { by };
    }

    /// The same log as it was with so many batches.
    pub(in crate::session) fn rolled_back(&self, batches: usize) -> Self {
        let checkpoints = self.checkpoints[..=batches].to_vec();
        let size = checkpoints[batches].checkpoint().size;
        let entries = self.entries.iter().take(usize::try_from(size).unwrap()).cloned().collect();
        Self { writer: self.writer, entries, checkpoints }
    }

    pub(in crate::session) fn newest(&self) -> SignedCheckpoint {
        self.checkpoints.last().unwrap().clone()
    }

    fn root_of_first(&self, count: usize) -> Hash {
        root_of(self.entries[..count].iter().map(|entry| leaf_hash(&entry.leaf)))
    }

    fn sign(&mut self) {
        let root = self.root_of_first(self.entries.len());
        let checkpoint = Checkpoint { origin: self.writer.writes(), size: self.size(), root };
        self.checkpoints.push(SignedCheckpoint::sign(checkpoint, &self.writer.log_key()));
    }
}

impl LogSource for OwnLog {
    fn size(&self) -> u64 {
        Self::size(self)
    }

    fn root_at(&self, size: u64) -> Result<Option<Hash>, String> {
        Ok((size <= self.size()).then(|| self.root_of_first(usize::try_from(size).unwrap())))
    }

    /// One batch.
    fn parcel(&self, from: u64) -> Result<Option<Parcel>, String> {
        let next = self.checkpoints.iter().find(|note| note.checkpoint().size > from);
        Ok(next.map(|checkpoint| {
            let size = usize::try_from(checkpoint.checkpoint().size).unwrap();
            let entries = self.entries[usize::try_from(from).unwrap()..size].to_vec();
            Parcel { start: from, entries, checkpoint: checkpoint.clone() }
        }))
    }
}

pub(in crate::session) fn bare(leaf: &Leaf) -> Entry {
    Entry { leaf: leaf.encode().into(), beside: Beside::Nothing }
}

/// A key leaf of this certificate.
pub(in crate::session) fn key(certificate: &[u8]) -> Entry {
    bare(&Leaf::Key(KeyLeaf { action: KeyAction::Publish, certificate: certificate.to_vec() }))
}

/// An acceptance of `count` entries from `first` on.
pub(in crate::session) fn verdict(epoch: u32, first: u64, count: u32) -> Entry {
    let epoch = Epoch::new(epoch).unwrap();
    bare(&Leaf::Verdict(VerdictLeaf { epoch, first, count, verdict: Verdict::Accepted }))
}

/// An anchor of this note, cosigned by the writer of the anchor.
pub(in crate::session) fn anchor(note: &SignedCheckpoint, by: Party) -> Entry {
    let (note, _) = cosign(note, by, wall().seconds());
    bare(&Leaf::Anchor(AnchorLeaf { note: note.to_string().into_bytes() }))
}

/// The erasure of an entry, because the time for keeping it is over.
pub(in crate::session) fn erasure(log: ErasedLog, entry: u64) -> Erasure {
    let message = MessageId::new(wall(), [1; 10]);
    let basis = Basis::RetentionEnded.number();
    Erasure { log, epoch: Epoch::FIRST, entry, message, basis, reference: None, time: wall() }
}

/// An erased leaf that the accord demands.
pub(in crate::session) fn retired(erasure: Erasure) -> Entry {
    bare(&Leaf::Erased(ErasedLeaf { erasure, ordered: Ordered::Accord }))
}

/// The header of the writer's message number `n`.
pub(in crate::session) fn header(writer: Party, n: u8, kind: Kind) -> Header {
    let acknowledged = Reference {
        id: MessageId::new(wall(), [0xaa; 10]),
        relation: Relation::Acks,
        commitment: Commitment([0xaa; 32]),
    };
    Header {
        id: MessageId::new(wall(), [n; 10]),
        origin: writer.writes(),
        recipient: writer.other().country,
        station: Station::headquarters(writer.country),
        created: wall(),
        expires: None,
        kind,
        mode: Mode::Exercise,
        priority: Priority::Routine,
        tlp: Tlp::Amber,
        refs: if kind == Kind::Ack { vec![acknowledged] } else { Vec::new() },
        grounds: Grounds::default(),
    }
}

/// The body of an acknowledgement, the smallest message there is, under this header.
pub(in crate::session) fn body(header: &Header) -> Body {
    let of = MessageId::new(wall(), [0xaa; 10]);
    let payload = Ack { of, level: AckLevel::Read }.encode().into();
    Body { opening: Opening([header.id.as_bytes()[15]; 32]), header: header.encode(), payload }
}

/// An entry of this body, with signatures made over its commitment.
pub(in crate::session) fn sealed(body: Body, sign: impl FnOnce(&mut MessageLeaf)) -> Entry {
    let mut leaf = MessageLeaf { commitment: body.commitment(), signatures: Vec::new() };
    sign(&mut leaf);
    Entry { leaf: Leaf::Message(leaf).encode().into(), beside: Beside::Body(body) }
}

/// Signs as the author with the officer's key of a country.
pub(in crate::session) fn author(by: Party) -> impl FnOnce(&mut MessageLeaf) {
    move |leaf| leaf.signatures.push(sign(&leaf.commitment, SigningPurpose::Author, &by.officer_key()))
}

/// The writer's message number `n`, an acknowledgement.
pub(in crate::session) fn message(writer: Party, n: u8) -> Entry {
    sealed(body(&header(writer, n, Kind::Ack)), author(writer))
}

/// The writer's message number `n`, an alert with this many bytes attached.
pub(in crate::session) fn alert(writer: Party, n: u8, attached: usize) -> Entry {
    let mut alert = samples::sample();
    if attached > 0 {
        let resource = &mut alert.infos[0].resources[0];
        resource.embedded = Some(Embedded(vec![n; attached].into()));
        resource.size = None;
    }
    let header =
        Header { tlp: alert.tlp(), priority: alert.priority(), ..header(writer, n, Kind::Alert) }.encode();
    let payload: Bytes = alert.encode().into();
    sealed(Body { opening: Opening([n; 32]), header, payload }, author(writer))
}
