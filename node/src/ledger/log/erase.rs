//! Destroying bodies in place, and knowing which are gone.
//!
//! # What is durable when
//!
//! First the entry that says so, in one of the two logs; then the register; then the zeros over key and body. A
//! crash between leaves a body whose destruction is ordered: opening does the rest before anybody reads. From the
//! moment that an order is committed no reader is given the body, whatever the disk still holds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use karakoro_proto::identity::{Epoch, Origin};
use karakoro_proto::leaf::{ErasedLog, Leaf};
use karakoro_proto::log::merkle::{Hash, leaf_hash};
use karakoro_proto::session::{Beside, Entry};

use super::{LedgerError, LogPlace, LogReader, Segment, Shared, State};
use crate::ledger::record::{Record, StoredBody, StoredEntry};
use crate::ledger::register::Register;
use crate::ledger::segment::{Next, Reader};

/// What a log says of erasures, and what is gone from this disk.
#[derive(Default, Debug)]
pub(super) struct Erasures {
    /// Entries of this log, each with the first entry of the same log that says that it is erased.
    orders: BTreeMap<u64, u64>,
    /// Entries of the opposite log of an epoch, likewise.
    told: BTreeMap<(Epoch, u64), u64>,
    /// Entries of this log whose body is destroyed, or never came.
    gone: BTreeSet<u64>,
    /// Entries that must say that another one was erased, whose body never came for that reason.
    promised: BTreeMap<u64, u64>,
}

impl Erasures {
    /// Takes up an entry of the log `origin`, in order; returns the entry of the same log that it erases, if any.
    pub(super) fn take(&mut self, origin: Origin, index: u64, leaf: &[u8]) -> Option<u64> {
        self.promised.remove(&index);
        let erasure = Leaf::erased(leaf)?.erasure;
        if erasure.log == ErasedLog::Opposite {
            self.told.entry((erasure.epoch, erasure.entry)).or_insert(index);
            return None;
        }
        let ours = erasure.epoch == origin.epoch && erasure.entry < index;
        ours.then(|| {
            self.orders.entry(erasure.entry).or_insert(index);
            erasure.entry
        })
    }

    /// Takes up what lies beside an entry.
    pub(super) fn take_body(&mut self, index: u64, body: &StoredBody) {
        match body {
            StoredBody::Destroyed(_) => _ = self.gone.insert(index),
            StoredBody::Unread { by } => self.never_came(index, *by),
            StoredBody::Nothing | StoredBody::Sealed(_) | StoredBody::Torn(_) => {}
        }
    }

    /// The body of an entry never came, as the entry `by` says or is going to say.
    pub(super) fn never_came(&mut self, index: u64, by: u64) {
        self.gone.insert(index);
        if by > index {
            self.promised.insert(by, index);
        }
    }

    pub(super) fn promised(&self) -> &BTreeMap<u64, u64> {
        &self.promised
    }

    pub(super) fn order(&self, entry: u64) -> Option<u64> {
        self.orders.get(&entry).copied()
    }

    pub(super) fn orders(&self) -> impl Iterator<Item = (u64, u64)> {
        self.orders.iter().map(|(entry, by)| (*entry, *by))
    }

    pub(super) fn told(&self, epoch: Epoch, entry: u64) -> Option<u64> {
        self.told.get(&(epoch, entry)).copied()
    }

    pub(super) fn told_of(&self, epoch: Epoch) -> impl Iterator<Item = u64> {
        self.told.range((epoch, 0)..=(epoch, u64::MAX)).map(|((_, entry), _)| *entry)
    }

    pub(super) fn is_erased(&self, entry: u64) -> bool {
        self.orders.contains_key(&entry) || self.gone.contains(&entry)
    }

    /// Entries that are to be destroyed and are not known to be.
    pub(super) fn due(&self) -> BTreeSet<u64> {
        self.orders.keys().filter(|entry| !self.gone.contains(entry)).copied().collect()
    }
}

impl State {
    /// Takes up what a batch says of erasures; returns the newest entry that it erases.
    pub(super) fn take_erasures(&mut self, origin: Origin, start: u64, entries: &[Entry]) -> Option<u64> {
        let mut newest = None;
        for (index, entry) in (start..).zip(entries) {
            newest = self.erasures.take(origin, index, &entry.leaf).max(newest);
            if let Beside::Erased { by } = entry.beside {
                self.erasures.never_came(index, by);
            }
        }
        newest
    }

    /// Keeps no batch in memory that begins at an entry or before it: the link reads it from the disk then.
    pub(super) fn forget_batches(&mut self, newest: u64) {
        while let Some(oldest) = self.recent.front().filter(|batch| batch.start <= newest) {
            self.recent_bytes -= oldest.bytes;
            self.recent.pop_front();
        }
    }
}

/// The right to destroy bodies of one log. Clones share it.
#[derive(Clone, Debug)]
pub struct Eraser {
    shared: Arc<Shared>,
    register: Arc<Mutex<Register>>,
}

impl Eraser {
    pub(super) fn new(shared: Arc<Shared>, register: Register) -> Self {
        Self { shared, register: Arc::new(Mutex::new(register)) }
    }

    /// What this log says, beside its writer.
    #[must_use]
    pub fn reader(&self) -> LogReader {
        LogReader::new(self.shared.clone())
    }

    /// Destroys the bodies of committed entries; those that are gone, or never were, are left alone. An entry of one
    /// of the two logs says so durably by now: the caller has seen to that.
    ///
    /// # Errors
    ///
    /// What was ordered and not destroyed must not be served: the process must end, and opening does the rest.
    pub fn erase(&self, entries: impl IntoIterator<Item = u64>) -> Result<(), LedgerError> {
        let mut register = self.register.lock().unwrap_or_else(PoisonError::into_inner);
        let reader = self.reader();
        let (segments, due) = {
            let state = reader.state();
            let due = |entry: &u64| !state.erasures.gone.contains(entry) && *entry < state.frontier.size();
            (state.segments.clone(), entries.into_iter().filter(due).collect::<BTreeSet<u64>>())
        };
        if due.is_empty() {
            return Ok(());
        }
        let found = find(&segments, &self.shared.place, &due)?;
        register.add(&found.iter().map(Found::registered).collect::<Vec<_>>())?;
        // Before the first zero is written: a reader that meets a torn body knows why.
        self.shared.state.write().unwrap_or_else(PoisonError::into_inner).erasures.gone.extend(due);
        destroy(&found, &self.shared.place)
    }

    /// Whether each body that is gone is accounted for: by this log, by the register, or by what our own log says
    /// of the one that we mirror.
    pub fn check(&self, ours: Option<&LogReader>) -> Result<(), LedgerError> {
        let register = self.register.lock().unwrap_or_else(PoisonError::into_inner);
        let reader = self.reader();
        let epoch = self.shared.place.origin.epoch;
        let gone: Vec<u64> = {
            let state = reader.state();
            let unsaid = |entry: &&u64| !state.erasures.orders.contains_key(entry);
            let promised: BTreeSet<u64> = state.erasures.promised.values().copied().collect();
            let gone = state.erasures.gone.iter().filter(unsaid).filter(|entry| !promised.contains(entry));
            gone.copied().collect()
        };
        let told = |entry: &u64| ours.is_some_and(|ours| ours.told(epoch, *entry).is_some());
        for index in gone.into_iter().filter(|entry| !told(entry)) {
            let known =
                reader.entry(index)?.is_some_and(|entry| register.holds(index, &leaf_hash(&entry.leaf)));
            if !known {
                let folder = self.shared.place.folder.clone();
                return Err(LedgerError::Body { index, folder });
            }
        }
        Ok(())
    }
}

/// An entry whose body is to be destroyed, and where it stands.
pub(super) struct Found {
    entry: StoredEntry,
    segment: Segment,
    offset: u64,
}

impl Found {
    fn registered(&self) -> (u64, Hash) {
        (self.entry.index, leaf_hash(&self.entry.leaf))
    }
}

/// Finds entries among committed records; those without anything to destroy are left out.
pub(super) fn find(
    segments: &[Segment],
    place: &LogPlace,
    entries: &BTreeSet<u64>,
) -> Result<Vec<Found>, LedgerError> {
    let mut found = Vec::new();
    for &index in entries {
        found.extend(find_one(segments, place, index)?.filter(|found| !found.entry.body.is_gone()));
    }
    Ok(found)
}

fn find_one(segments: &[Segment], place: &LogPlace, index: u64) -> Result<Option<Found>, LedgerError> {
    let Some((segment, start)) = super::mark_before(segments, index) else { return Ok(None) };
    let path = segment.path(place);
    let mut reader = Reader::new(place.origin, segment.file.clone(), start, segment.end);
    loop {
        match reader.read().map_err(|source| LedgerError::io("read", &path, source))? {
            Next::Record(offset, record) => {
                if let Record::Entry(entry) = *record
                    && entry.index == index
                {
                    return Ok(Some(Found { entry, segment: segment.clone(), offset }));
                }
            }
            Next::End => return Ok(None),
            Next::Damaged(offset) => {
                let what = "a record that was sound before no longer is".to_owned();
                return Err(LedgerError::Damaged { path, offset, what });
            }
        }
    }
}

/// Overwrites keys and bodies by zeros, and makes that durable. Done twice it changes nothing.
pub(super) fn destroy(found: &[Found], place: &LogPlace) -> Result<(), LedgerError> {
    let mut touched: BTreeMap<u64, &Segment> = BTreeMap::new();
    for Found { entry, segment, offset } in found {
        let range = entry.body_range();
        let zeros = vec![0; usize::try_from(range.end - range.start).unwrap_or_default()];
        let written = segment.file.write_at(&zeros, offset + range.start);
        written.map_err(|source| LedgerError::sync(&segment.path(place), source))?;
        touched.insert(segment.number, segment);
    }
    touched.values().try_for_each(|segment| {
        segment.file.sync().map_err(|source| LedgerError::sync(&segment.path(place), source))
    })
}

/// At the start: registers and destroys what is due among the segments.
pub(super) fn destroy_due(
    segments: &[Segment],
    place: &LogPlace,
    due: &BTreeSet<u64>,
    register: &mut Register,
) -> Result<(), LedgerError> {
    let found = find(segments, place, due)?;
    register.add(&found.iter().map(Found::registered).collect::<Vec<_>>())?;
    destroy(&found, place)
}

impl LogReader {
    /// The entry of this log that says that another one of it is erased.
    #[must_use]
    pub fn erased_by(&self, entry: u64) -> Option<u64> {
        self.state().erasures.order(entry)
    }

    /// Entries of this log that it says are erased, each with the entry that says so.
    #[must_use]
    pub fn erased_entries(&self) -> Vec<(u64, u64)> {
        self.state().erasures.orders().collect()
    }

    /// The entry of this log that says that one of the opposite log is erased.
    #[must_use]
    pub fn told(&self, epoch: Epoch, entry: u64) -> Option<u64> {
        self.state().erasures.told(epoch, entry)
    }

    /// Entries of the opposite log of an epoch that this log says are erased.
    #[must_use]
    pub fn told_entries(&self, epoch: Epoch) -> Vec<u64> {
        self.state().erasures.told_of(epoch).collect()
    }

    /// Whether a torn body is one that is being destroyed at this moment, perhaps by another process.
    pub(super) fn is_being_erased(&self, entry: &StoredEntry) -> Result<bool, LedgerError> {
        let register = Register::read(self.storage().clone(), &self.place().guard)?;
        Ok(register.holds(entry.index, &leaf_hash(&entry.leaf)))
    }
}
