//! Reading a log beside its writer: only what is durable and signed.

use std::sync::{Arc, PoisonError, RwLockReadGuard};

use karakoro_proto::envelope::Body;
use karakoro_proto::identity::Origin;
use karakoro_proto::identity::certificate::RootCertificate;
use karakoro_proto::keyring::{Keyring, KeyringError};
use karakoro_proto::leaf::KeyLeaf;
use karakoro_proto::log::checkpoint::{Checkpoint, SignedCheckpoint};
use karakoro_proto::log::merkle::{Frontier, Hash, leaf_hash};
use karakoro_proto::log::note::Note;
use karakoro_proto::session::{Beside, Entry, Held, LogSource, MAX_PARCEL_BYTES, MAX_PARCEL_ENTRIES, Parcel};
use karakoro_proto::time::UnixMillis;

use super::{LedgerError, LogKeys, LogPlace, Segment, Shared, State, entry_bytes, mark_before, open};
use crate::ledger::record::{Record, StoredBody, StoredEntry};
use crate::ledger::segment::{Next, Reader, file_name};
use crate::ledger::storage::Storage;

/// A reader of one log; clones share what the writer publishes.
#[derive(Clone, Debug)]
pub struct LogReader {
    shared: Arc<Shared>,
}

/// A place between records, in the order in which they were written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Position {
    /// Number of the segment, from 1.
    pub segment: u64,
    /// Offset in it.
    pub offset: u64,
}

impl Position {
    /// Before the first record.
    pub const START: Self = Self { segment: 1, offset: 0 };
}

/// A record and the place behind it.
#[derive(Clone, Debug)]
pub struct StoredRecord {
    /// Where the next one begins.
    pub after: Position,
    /// What was stored.
    pub record: Record,
}

impl LogReader {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Reads a log from its files, beside a node that may be running. Sees what was signed when it was
    /// called, and nothing later.
    pub fn view(storage: Arc<dyn Storage>, place: LogPlace, keys: &LogKeys) -> Result<Self, LedgerError> {
        open::view(storage, place, keys).map(Self::new)
    }

    /// Which log.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.shared.place.origin
    }

    /// How many entries are committed.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.state().frontier.size()
    }

    /// The newest checkpoint; `None` for a mirror into which nothing came yet.
    #[must_use]
    pub fn newest(&self) -> Option<SignedCheckpoint> {
        self.state().newest.clone()
    }

    /// What a session needs to know of a mirror: tree, keys and newest checkpoint of one instant. `root`
    /// is the root of the country that writes this log.
    ///
    /// # Errors
    ///
    /// The log publishes a key that its country's root has not certified.
    pub fn held(&self, root: &RootCertificate) -> Result<Held, KeyringError> {
        let state = self.state();
        let keyring = keyring(root, &state.keys)?;
        let promised = state.erasures.promised().clone();
        Ok(Held { frontier: state.frontier.clone(), keyring, newest: state.newest.clone(), promised })
    }

    /// How many keys the log has published.
    #[must_use]
    pub fn published_keys(&self) -> usize {
        self.state().keys.len()
    }

    /// The keys that the log has published, under the root of the country that writes it.
    pub fn keyring(&self, root: &RootCertificate) -> Result<Keyring, KeyringError> {
        keyring(root, &self.state().keys)
    }

    /// The newest checkpoint of ours that the peer cosigned.
    #[must_use]
    pub fn cosigned(&self) -> Option<SignedCheckpoint> {
        self.state().cosigned.clone()
    }

    /// Size and time of a stored note that the peer cosigned; `None` if it is none.
    ///
    /// The node verified it before it was stored; here only the time is read from it.
    #[must_use]
    pub fn cosigned_at(&self, note: &[u8]) -> Option<(u64, UnixMillis)> {
        let note = Note::parse(note).ok()?;
        let time = self.shared.keys.cosigner.time_in(&note)?;
        let size = Checkpoint::parse(note.text()).ok()?.size;
        Some((size, UnixMillis::from_seconds(time)?))
    }

    /// The size of the checkpoint in an anchor of this log; `None` if it is none.
    #[must_use]
    pub fn anchored_size(&self, note: &[u8]) -> Option<u64> {
        let note = Note::parse(note).ok()?;
        Checkpoint::parse(note.text()).ok().map(|checkpoint| checkpoint.size)
    }

    /// Where committed records end.
    #[must_use]
    pub fn end(&self) -> Position {
        let state = self.state();
        state
            .segments
            .last()
            .map_or(Position::START, |last| Position { segment: last.number, offset: last.end })
    }

    pub(super) fn state(&self) -> RwLockReadGuard<'_, State> {
        self.shared.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Committed records from `from` on, in order.
    #[must_use]
    pub fn records(&self, from: Position) -> Records {
        Records { log: self.clone(), at: from, open: None }
    }

    /// One entry; `None` beyond the end.
    pub fn entry(&self, index: u64) -> Result<Option<StoredEntry>, LedgerError> {
        let Some(from) = self.seek(index) else { return Ok(None) };
        for record in self.records(from) {
            if let Record::Entry(entry) = record?.record
                && entry.index == index
            {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    /// Entries from `from` on, in order.
    pub fn entries(&self, from: u64) -> impl Iterator<Item = Result<StoredEntry, LedgerError>> {
        let records = self.seek(from).map(|position| self.records(position));
        records.into_iter().flatten().filter_map(move |record| match record {
            Ok(StoredRecord { record: Record::Entry(entry), .. }) if entry.index >= from => Some(Ok(entry)),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        })
    }

    /// Opens the body of an entry; `None` where there is none, or none any more.
    pub fn body(&self, entry: &StoredEntry) -> Result<Option<Body>, LedgerError> {
        if self.state().erasures.is_erased(entry.index) {
            return Ok(None);
        }
        let damaged = || LedgerError::Body { index: entry.index, folder: self.shared.place.folder.clone() };
        match &entry.body {
            StoredBody::Nothing | StoredBody::Unread { .. } | StoredBody::Destroyed(_) => Ok(None),
            StoredBody::Sealed(sealed) => {
                sealed.open(&self.shared.place.origin, entry.index).map(Some).map_err(|_| damaged())
            }
            StoredBody::Torn(_) if self.is_being_erased(entry)? => Ok(None),
            StoredBody::Torn(_) => Err(damaged()),
        }
    }

    /// What the link sends beside a leaf.
    fn beside(&self, entry: &StoredEntry) -> Result<Beside, LedgerError> {
        if entry.body == StoredBody::Nothing {
            return Ok(Beside::Nothing);
        }
        if let Some(by) = self.erased_by(entry.index) {
            return Ok(Beside::Erased { by });
        }
        // A body that is gone without a word in this log is nothing that a peer would take.
        let missing = || LedgerError::Body { index: entry.index, folder: self.shared.place.folder.clone() };
        self.body(entry)?.map(Beside::Body).ok_or_else(missing)
    }

    /// A place at or before the record of an entry; `None` beyond the end.
    fn seek(&self, index: u64) -> Option<Position> {
        let state = self.state();
        if index >= state.frontier.size() {
            return None;
        }
        let (segment, offset) = mark_before(&state.segments, index)?;
        Some(Position { segment: segment.number, offset })
    }

    /// The root when the log had `size` entries; `None` if it has fewer.
    pub fn root_at(&self, size: u64) -> Result<Option<Hash>, LedgerError> {
        let mut frontier = {
            let state = self.state();
            if size > state.frontier.size() {
                return Ok(None);
            }
            segment_of(&state, size).map_or_else(Frontier::new, |segment| segment.before.clone())
        };
        let missing = usize::try_from(size - frontier.size()).unwrap_or(usize::MAX);
        for entry in self.entries(frontier.size()).take(missing) {
            frontier.push(leaf_hash(&entry?.leaf));
        }
        Ok(Some(frontier.root()))
    }

    /// See [`LogSource::parcel`].
    fn parcel_from(&self, from: u64) -> Result<Option<Parcel>, LedgerError> {
        {
            let state = self.state();
            if from >= state.frontier.size() {
                return Ok(None);
            }
            if let Some(parcel) = recent_parcel(&state, from) {
                return Ok(Some(parcel));
            }
        }
        self.stored_parcel(from)
    }

    /// Reads a parcel from the disk: checkpoints stand behind the entries that they cover.
    fn stored_parcel(&self, from: u64) -> Result<Option<Parcel>, LedgerError> {
        let Some(position) = self.seek(from) else { return Ok(None) };
        let Some(newest) = self.newest() else { return Ok(None) };
        let mut entries = Vec::new();
        let mut bytes = 0;
        let mut covered: Option<(usize, SignedCheckpoint)> = None;
        for record in self.records(position) {
            match record?.record {
                Record::Entry(stored) if stored.index >= from => {
                    let full = bytes >= MAX_PARCEL_BYTES || entries.len() >= MAX_PARCEL_ENTRIES;
                    if full && covered.is_some() {
                        break;
                    }
                    let beside = self.beside(&stored)?;
                    let entry = Entry { leaf: stored.leaf, beside };
                    bytes += entry_bytes(&entry);
                    entries.push(entry);
                }
                Record::Checkpoint(note) if !entries.is_empty() => {
                    let note = SignedCheckpoint::verify(&note, &self.shared.keys.log);
                    // One that does not verify covers nothing; the next one will.
                    covered = note.ok().map(|note| (entries.len(), note)).or(covered);
                }
                _ => {}
            }
            if from + entries.len() as u64 == newest.checkpoint().size {
                covered = Some((entries.len(), newest));
                break;
            }
        }
        Ok(covered.map(|(count, checkpoint)| {
            entries.truncate(count);
            Parcel { start: from, entries, checkpoint }
        }))
    }
}

fn keyring(root: &RootCertificate, keys: &[KeyLeaf]) -> Result<Keyring, KeyringError> {
    let mut keyring = Keyring::new(root.clone());
    keys.iter().try_for_each(|leaf| keyring.publish(leaf))?;
    Ok(keyring)
}

/// The segment that holds an entry, or would hold the next one.
fn segment_of(state: &State, index: u64) -> Option<&Segment> {
    let after = state.segments.partition_point(|segment| segment.before.size() <= index);
    state.segments.get(after.checked_sub(1)?)
}

/// A parcel out of what is still in memory, of as many batches as fit.
fn recent_parcel(state: &State, from: u64) -> Option<Parcel> {
    let first = state.recent.binary_search_by_key(&from, |batch| batch.start).ok()?;
    let mut batches = state.recent.range(first..);
    let batch = batches.next()?;
    let (mut parcel, mut bytes) = (batch.parcel(), batch.bytes);
    for batch in batches {
        bytes += batch.bytes;
        if bytes > MAX_PARCEL_BYTES || parcel.entries.len() + batch.entries.len() > MAX_PARCEL_ENTRIES {
            break;
        }
        parcel.entries.extend_from_slice(&batch.entries);
        parcel.checkpoint = batch.checkpoint.clone();
    }
    Some(parcel)
}

impl LogSource for LogReader {
    fn size(&self) -> u64 {
        Self::size(self)
    }

    fn root_at(&self, size: u64) -> Result<Option<Hash>, String> {
        Self::root_at(self, size).map_err(|error| error.to_string())
    }

    fn parcel(&self, from: u64) -> Result<Option<Parcel>, String> {
        self.parcel_from(from).map_err(|error| error.to_string())
    }
}

/// Iterates over committed records; stops at what was committed when it got there.
#[derive(Debug)]
pub struct Records {
    log: LogReader,
    at: Position,
    open: Option<OpenSegment>,
}

/// The segment being read, as it stood when reading came to it.
#[derive(Debug)]
struct OpenSegment {
    reader: Reader,
    /// Whether another one followed, so that this one had come to its end.
    closed: bool,
}

impl Records {
    fn step(&mut self) -> Result<Option<StoredRecord>, LedgerError> {
        loop {
            if self.open.is_none() {
                self.open = self.open_segment();
            }
            let Some(OpenSegment { reader, closed }) = &mut self.open else { return Ok(None) };
            match reader.read() {
                Ok(Next::Record(_, record)) => {
                    self.at.offset = reader.offset();
                    return Ok(Some(StoredRecord { after: self.at, record: *record }));
                }
                Ok(Next::End) if *closed => {
                    self.at = Position { segment: self.at.segment + 1, offset: 0 };
                    self.open = None;
                }
                Ok(Next::End) => return Ok(None),
                Ok(Next::Damaged(offset)) => {
                    let what = "a record that was sound before no longer is".to_owned();
                    return Err(LedgerError::Damaged { path: self.path(), offset, what });
                }
                Err(error) => return Err(LedgerError::io("read", &self.path(), error)),
            }
        }
    }

    fn open_segment(&self) -> Option<OpenSegment> {
        let state = self.log.state();
        let position = usize::try_from(self.at.segment.checked_sub(1)?).ok()?;
        let segment = state.segments.get(position)?;
        let reader = Reader::new(self.log.origin(), segment.file.clone(), self.at.offset, segment.end);
        Some(OpenSegment { reader, closed: position + 1 < state.segments.len() })
    }

    fn path(&self) -> String {
        format!("{}/{}", self.log.shared.place.folder, file_name(self.at.segment))
    }
}

impl Iterator for Records {
    type Item = Result<StoredRecord, LedgerError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step().transpose()
    }
}

/// The storage behind a log, for tests that break it.
impl LogReader {
    /// Where the log lies.
    #[must_use]
    pub fn place(&self) -> &LogPlace {
        &self.shared.place
    }

    /// The disk.
    #[must_use]
    pub fn storage(&self) -> &Arc<dyn Storage> {
        &self.shared.storage
    }
}
