//! One log on disk: ours, or the peer's mirrored. A single writer, many readers.
//!
//! # What is durable when
//!
//! [`Log::commit`] is the only way in. It writes the batch to the segment and syncs it; only then is a
//! checkpoint signed; the guard takes it up and is synced; only then do readers see the batch. A crash
//! before the guard is durable leaves entries that nobody was told of: opening drops them.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use karakoro_proto::envelope::Body;
use karakoro_proto::identity::Origin;
use karakoro_proto::leaf::{KeyLeaf, Leaf};
use karakoro_proto::log::checkpoint::{Checkpoint, LogVerifier, SignedCheckpoint};
use karakoro_proto::log::cosignature::CosignerVerifier;
use karakoro_proto::log::merkle::{Frontier, leaf_hash};
use karakoro_proto::log::receipt::Receipt;
use karakoro_proto::session::{Beside, Entry, Parcel};
use thiserror::Error;

use crate::entropy::Entropy;
use crate::ledger::guard::{Guard, Signed};
use crate::ledger::record::{Record, StoredBody, StoredEntry};
use crate::ledger::register::Register;
use crate::ledger::seal::SealedBody;
use crate::ledger::segment::{SEGMENT_BYTES, Writer, file_name};
use crate::ledger::storage::Storage;

mod erase;
mod open;
mod read;

pub use erase::Eraser;
pub use read::{LogReader, Position, Records, StoredRecord};

/// Recently committed entries kept in memory, unless told otherwise, so that a link that keeps up never
/// reads the disk.
const MAX_RECENT_BYTES: usize = 1024 * 1024;

/// Where a log lies, relative to the home.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogPlace {
    /// Which log.
    pub origin: Origin,
    /// Folder of its segments.
    pub folder: String,
    /// Its guard file.
    pub guard: String,
}

/// Whose signatures make a log's notes.
#[derive(Clone, Debug)]
pub struct LogKeys {
    /// Its writer.
    pub log: LogVerifier,
    /// Its receiver.
    pub cosigner: CosignerVerifier,
}

/// Something that failed, or is in doubt, below the ledger.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// A call to the disk failed; nothing was promised.
    #[error("cannot {doing} {path}: {source}")]
    Io {
        /// What was attempted.
        doing: &'static str,
        /// On which file or folder.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// A sync failed: nothing is known of what is durable. The process must end.
    #[error("cannot make {path} durable: {source}; stopping, since what the disk holds is in doubt")]
    Sync {
        /// Which file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// Another process writes this home.
    #[error("another process is using this home (it holds {path}); stop it first")]
    Locked {
        /// The lock file.
        path: String,
    },
    /// No log was created here.
    #[error("there is no log in {folder}: `karakoro node init` creates it")]
    NoLog {
        /// Where it would be.
        folder: String,
    },
    /// There is a log already.
    #[error("there is a log in {folder} already; nothing was changed")]
    LogExists {
        /// Where it is.
        folder: String,
    },
    /// A segment that does not hold what was committed.
    #[error(
        "{path} is damaged at byte {offset}: {what}. Nothing was changed and nothing is served. \
         Copy the home aside, then put this file back from a backup made after its last change"
    )]
    Damaged {
        /// Which file.
        path: String,
        /// Where.
        offset: u64,
        /// What is wrong.
        what: String,
    },
    /// The log has fewer entries than were signed, or others.
    #[error(
        "the log in {folder} is not the one that was last signed: {what}. Nothing was changed and nothing \
         is served. If an old backup was put back here, put back the newest one instead"
    )]
    BehindGuard {
        /// The log.
        folder: String,
        /// The difference.
        what: String,
    },
    /// The guard is gone.
    #[error(
        "the guard {path} is missing: without it this node cannot know what it last signed. Put the file back; \
         a log must never be signed from an older state"
    )]
    GuardMissing {
        /// Where it belongs.
        path: String,
    },
    /// The guard is unreadable.
    #[error(
        "the guard {path} is damaged in every copy: without it this node cannot know what it last signed. \
         Put the file back; a log must never be signed from an older state"
    )]
    GuardDamaged {
        /// Which file.
        path: String,
    },
    /// The guard holds another state than the writer believes.
    #[error("the guard {path} holds another state than this writer: two writers, or a bug; stopping")]
    GuardConflict {
        /// Which file.
        path: String,
    },
    /// A stored body does not open.
    #[error("the body of entry {index} in {folder} does not open: the file is damaged")]
    Body {
        /// Which entry.
        index: u64,
        /// In which log.
        folder: String,
    },
    /// The index is in doubt; it can be rebuilt.
    #[error("index: {0}")]
    Index(String),
}

impl LedgerError {
    /// A failed call.
    pub(crate) fn io(doing: &'static str, path: &str, source: io::Error) -> Self {
        Self::Io { doing, path: path.to_owned(), source }
    }

    /// A failed sync.
    pub(crate) fn sync(path: &str, source: io::Error) -> Self {
        Self::Sync { path: path.to_owned(), source }
    }

    /// Whether the process must end: storage is in doubt, not merely full.
    #[must_use]
    pub fn is_doubt(&self) -> bool {
        !matches!(self, Self::Io { doing: "write" | "create", .. } | Self::Index(_))
    }
}

/// Entries and evidence that become durable together.
#[derive(Default, Debug)]
pub struct Batch {
    /// New entries, in order.
    pub entries: Vec<NewEntry>,
    /// Evidence from the peer for entries of this log.
    pub evidence: Vec<Evidence>,
}

/// An entry to be committed.
#[derive(Clone, Debug)]
pub struct NewEntry {
    /// The leaf's exact bytes.
    pub leaf: Bytes,
    /// What lies beside it.
    pub beside: Beside,
}

/// What the peer signed for entries of ours.
#[derive(Clone, Debug)]
pub enum Evidence {
    /// A receipt.
    Receipt(Receipt),
    /// A checkpoint of ours with the peer's cosignature.
    Cosigned(SignedCheckpoint),
}

/// Signs a checkpoint; called once the entries are durable.
pub type Signer<'a> = &'a mut dyn FnMut(Checkpoint) -> SignedCheckpoint;

/// A batch that is durable and signed.
#[derive(Clone, Debug)]
pub struct Committed {
    /// Index of the batch's first entry.
    pub start: u64,
    /// The note over everything up to its end.
    pub checkpoint: SignedCheckpoint,
}

/// The writer of one log.
#[derive(Debug)]
pub struct Log {
    storage: Arc<dyn Storage>,
    place: LogPlace,
    guard: Guard,
    frontier: Frontier,
    writer: Writer,
    number: u64,
    /// Whether the newest checkpoint still stands in the guard alone. It goes into the segment with the
    /// next batch.
    unrecorded: bool,
    shared: Arc<Shared>,
    eraser: Eraser,
}

/// What the writer publishes to readers.
#[derive(Debug)]
struct Shared {
    storage: Arc<dyn Storage>,
    place: LogPlace,
    keys: LogKeys,
    state: RwLock<State>,
}

#[derive(Debug)]
struct State {
    segments: Vec<Segment>,
    /// `None` only for a mirror into which nothing came yet.
    newest: Option<SignedCheckpoint>,
    /// The tree under the newest checkpoint.
    frontier: Frontier,
    /// The keys that the log has published, in order.
    keys: Vec<KeyLeaf>,
    cosigned: Option<SignedCheckpoint>,
    erasures: erase::Erasures,
    recent: VecDeque<Arc<Recent>>,
    recent_bytes: usize,
    /// How many bytes `recent` may have.
    recent_most: usize,
}

/// A segment as readers know it.
#[derive(Clone, Debug)]
struct Segment {
    number: u64,
    file: Arc<dyn crate::ledger::storage::File>,
    /// The tree of all entries before it.
    before: Frontier,
    /// Index and offset of every [`MARK_EVERY`]th entry.
    marks: Vec<(u64, u64)>,
    /// How many entries it holds.
    entries: u64,
    /// Where committed records end.
    end: u64,
}

/// One mark stands for so many entries.
const MARK_EVERY: u64 = 64;

impl Segment {
    fn path(&self, place: &LogPlace) -> String {
        format!("{}/{}", place.folder, file_name(self.number))
    }

    fn note_entry(&mut self, index: u64, offset: u64) {
        if self.entries.is_multiple_of(MARK_EVERY) {
            self.marks.push((index, offset));
        }
        self.entries += 1;
    }
}

/// The segment that holds an entry, and a place in it at or before the entry's record.
fn mark_before(segments: &[Segment], index: u64) -> Option<(&Segment, u64)> {
    let after = segments.partition_point(|segment| segment.before.size() <= index);
    let segment = segments.get(after.checked_sub(1)?)?;
    let mark = segment.marks.partition_point(|(marked, _)| *marked <= index).checked_sub(1)?;
    Some((segment, segment.marks[mark].1))
}

/// A committed batch kept in memory for the link.
#[derive(Debug)]
struct Recent {
    start: u64,
    entries: Vec<Entry>,
    checkpoint: SignedCheckpoint,
    bytes: usize,
}

impl Log {
    /// Creates a log whose first entries are `genesis`, durably. Refuses where there is one; what an attempt
    /// that was cut off left behind is removed. A mirror begins without entries, and without a note: its
    /// first one is the peer's to sign.
    pub fn create(
        storage: Arc<dyn Storage>,
        place: LogPlace,
        keys: &LogKeys,
        genesis: Batch,
        sign: Signer<'_>,
        entropy: &dyn Entropy,
    ) -> Result<Self, LedgerError> {
        open::remove_unsigned(&*storage, &place)?;
        let failed = |source| LedgerError::io("create", &place.folder, source);
        storage.create_folder(&place.folder).map_err(failed)?;
        let signed = Signed { size: 0, root: Frontier::new().root(), note: Vec::new() };
        let (writer, segment) = open::new_segment(&*storage, &place, 1, Frontier::new())?;
        let guard = Guard::create(&*storage, &place.guard, signed)?;
        let state = State {
            segments: vec![segment],
            newest: None,
            frontier: Frontier::new(),
            keys: Vec::new(),
            cosigned: None,
            erasures: erase::Erasures::default(),
            recent: VecDeque::new(),
            recent_bytes: 0,
            recent_most: MAX_RECENT_BYTES,
        };
        let shared = Arc::new(Shared {
            storage: storage.clone(),
            place: place.clone(),
            keys: keys.clone(),
            state: RwLock::new(state),
        });
        let frontier = Frontier::new();
        let eraser = Eraser::new(shared.clone(), Register::read(storage.clone(), &place.guard)?);
        let (number, unrecorded) = (1, false);
        let mut log = Self { storage, place, guard, frontier, writer, number, unrecorded, shared, eraser };
        if !genesis.entries.is_empty() {
            log.commit(genesis, sign, entropy)?;
        }
        Ok(log)
    }

    /// Refuses a place where something was signed, or may have been.
    pub fn refuse_existing(storage: &dyn Storage, place: &LogPlace) -> Result<(), LedgerError> {
        match open::is_unsigned(storage, place)? {
            true => Ok(()),
            false => Err(LedgerError::LogExists { folder: place.folder.clone() }),
        }
    }

    /// Opens a log, drops what was never signed, and refuses one that is damaged or older than its guard.
    pub fn open(
        storage: Arc<dyn Storage>,
        place: LogPlace,
        keys: &LogKeys,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self, LedgerError> {
        open::open(storage, place, keys, progress)
    }

    /// Destroys again what an old copy brought back, and changes nothing else: for a log that is not going to be
    /// opened, since the other one was refused. [`Self::open`] does the same first.
    pub fn erase_again(storage: Arc<dyn Storage>, place: &LogPlace) -> Result<(), LedgerError> {
        open::erase_again(storage, place)
    }

    /// A reader of what is committed.
    #[must_use]
    pub fn reader(&self) -> LogReader {
        LogReader::new(self.shared.clone())
    }

    /// The right to destroy bodies of this log.
    #[must_use]
    pub fn eraser(&self) -> Eraser {
        self.eraser.clone()
    }

    /// Keeps no entries in memory: for a log that no link sends from.
    #[must_use]
    pub fn without_recent(self) -> Self {
        self.shared.state.write().unwrap_or_else(PoisonError::into_inner).recent_most = 0;
        self
    }

    /// The tree of all committed entries.
    #[must_use]
    pub fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// Makes a batch durable, signs for it and publishes it.
    ///
    /// # Errors
    ///
    /// [`LedgerError::is_doubt`] tells whether the process must end. If not, nothing of the batch counts
    /// and the log goes on where it was.
    pub fn commit(
        &mut self,
        batch: Batch,
        sign: Signer<'_>,
        entropy: &dyn Entropy,
    ) -> Result<Committed, LedgerError> {
        self.roll_if_full()?;
        let staged = self.stage(batch, entropy);
        self.write(&staged.bytes)?;
        let checkpoint = Checkpoint {
            origin: self.place.origin,
            size: staged.frontier.size(),
            root: staged.frontier.root(),
        };
        let before = (self.guard.signed().size, self.guard.signed().root);
        let note = sign(checkpoint);
        let signed =
            Signed { size: checkpoint.size, root: checkpoint.root, note: note.to_string().into_bytes() };
        // THE COMMIT POINT. Entries and bodies are durable since `write`; when this returns, so is the
        // signature over them. A crash before it: the entries never happened. A crash after it: they
        // did, and opening publishes them.
        self.guard.advance(before, signed)?;
        Ok(self.apply_staged(staged, note))
    }

    /// Makes evidence durable that comes without entries; no checkpoint changes.
    pub fn record(&mut self, evidence: Vec<Evidence>) -> Result<(), LedgerError> {
        let mut bytes = Vec::new();
        for item in &evidence {
            evidence_record(item).encode_into(&self.place.origin, &mut bytes);
        }
        self.write(&bytes)?;
        let mut state = self.shared.state.write().unwrap_or_else(PoisonError::into_inner);
        self.writer.advance(bytes.len());
        state.take_evidence(&evidence);
        state.grow(self.writer.end());
        Ok(())
    }

    /// Writes and syncs bytes behind the end; they count once the writer advances.
    fn write(&mut self, bytes: &[u8]) -> Result<(), LedgerError> {
        let path = format!("{}/{}", self.place.folder, file_name(self.number));
        self.writer.stage(bytes).map_err(|error| LedgerError::io("write", &path, error))?;
        self.writer.sync().map_err(|error| LedgerError::sync(&path, error))
    }

    fn stage(&self, batch: Batch, entropy: &dyn Entropy) -> Staged {
        let origin = &self.place.origin;
        let start = self.frontier.size();
        let mut staged = Staged {
            start,
            bytes: Vec::new(),
            frontier: self.frontier.clone(),
            offsets: Vec::with_capacity(batch.entries.len()),
            entries: Vec::with_capacity(batch.entries.len()),
            evidence: batch.evidence,
        };
        if self.unrecorded {
            let note = Bytes::copy_from_slice(&self.guard.signed().note);
            Record::Checkpoint(note).encode_into(origin, &mut staged.bytes);
        }
        for item in &staged.evidence {
            evidence_record(item).encode_into(origin, &mut staged.bytes);
        }
        for (index, entry) in (start..).zip(batch.entries) {
            staged.offsets.push(staged.bytes.len() as u64);
            let body = match &entry.beside {
                Beside::Nothing => StoredBody::Nothing,
                Beside::Body(body) => StoredBody::Sealed(SealedBody::seal(body, origin, index, entropy)),
                Beside::Erased { by } => StoredBody::Unread { by: *by },
            };
            let stored = StoredEntry { index, leaf: entry.leaf.clone(), body };
            Record::Entry(stored).encode_into(origin, &mut staged.bytes);
            staged.frontier.push(leaf_hash(&entry.leaf));
            staged.entries.push(Entry { leaf: entry.leaf, beside: entry.beside });
        }
        staged
    }

    /// Shows a durable, signed batch to readers. Nothing here can fail.
    fn apply_staged(&mut self, staged: Staged, note: SignedCheckpoint) -> Committed {
        let mut state = self.shared.state.write().unwrap_or_else(PoisonError::into_inner);
        let base = self.writer.end();
        self.writer.advance(staged.bytes.len());
        self.frontier = staged.frontier;
        state.frontier = self.frontier.clone();
        state.keys.extend(staged.entries.iter().filter_map(|entry| Leaf::key(&entry.leaf)));
        self.unrecorded = true;
        if let Some(segment) = state.segments.last_mut() {
            for (index, offset) in (staged.start..).zip(&staged.offsets) {
                segment.note_entry(index, base + offset);
            }
        }
        state.take_evidence(&staged.evidence);
        state.grow(self.writer.end());
        state.newest = Some(note.clone());
        let erased = state.take_erasures(self.place.origin, staged.start, &staged.entries);
        state.remember(staged.start, staged.entries, note.clone());
        erased.into_iter().for_each(|newest| state.forget_batches(newest));
        Committed { start: staged.start, checkpoint: note }
    }

    fn roll_if_full(&mut self) -> Result<(), LedgerError> {
        if self.writer.end() < SEGMENT_BYTES {
            return Ok(());
        }
        if self.writer.is_stale() {
            // Nothing may follow the last record of a segment that is closed.
            self.write(&[])?;
        }
        let number = self.number + 1;
        let (writer, segment) =
            open::new_segment(&*self.storage, &self.place, number, self.frontier.clone())?;
        self.writer = writer;
        self.number = number;
        let mut state = self.shared.state.write().unwrap_or_else(PoisonError::into_inner);
        state.segments.push(segment);
        Ok(())
    }
}

/// A batch between being encoded and being committed.
#[derive(Debug)]
struct Staged {
    start: u64,
    bytes: Vec<u8>,
    frontier: Frontier,
    /// Offset of each entry within `bytes`.
    offsets: Vec<u64>,
    entries: Vec<Entry>,
    evidence: Vec<Evidence>,
}

fn evidence_record(evidence: &Evidence) -> Record {
    match evidence {
        Evidence::Receipt(receipt) => Record::Receipt(*receipt),
        Evidence::Cosigned(note) => Record::Cosigned(note.to_string().into_bytes().into()),
    }
}

impl State {
    fn grow(&mut self, end: u64) {
        if let Some(segment) = self.segments.last_mut() {
            segment.end = end;
        }
    }

    fn take_evidence(&mut self, evidence: &[Evidence]) {
        for item in evidence {
            if let Evidence::Cosigned(note) = item {
                self.take_cosigned(note);
            }
        }
    }

    fn take_cosigned(&mut self, note: &SignedCheckpoint) {
        let newer = self.cosigned.as_ref().is_none_or(|old| old.checkpoint().size <= note.checkpoint().size);
        if newer {
            self.cosigned = Some(note.clone());
        }
    }

    fn remember(&mut self, start: u64, entries: Vec<Entry>, checkpoint: SignedCheckpoint) {
        let bytes = entries.iter().map(entry_bytes).sum();
        self.recent_bytes += bytes;
        self.recent.push_back(Arc::new(Recent { start, entries, checkpoint, bytes }));
        while self.recent_bytes > self.recent_most {
            let Some(oldest) = self.recent.pop_front() else { break };
            self.recent_bytes -= oldest.bytes;
        }
    }
}

fn entry_bytes(entry: &Entry) -> usize {
    entry.leaf.len() + entry.beside.body().map_or(0, Body::encoded_len)
}

impl Recent {
    fn parcel(&self) -> Parcel {
        Parcel { start: self.start, entries: self.entries.clone(), checkpoint: self.checkpoint.clone() }
    }
}

#[cfg(test)]
mod tests;
