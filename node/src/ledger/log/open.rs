//! Opening a log: check everything that was signed, drop what was not, rewrite the tail.

use std::collections::BTreeSet;
use std::sync::{Arc, RwLock};

use karakoro_proto::leaf::{KeyLeaf, Leaf};
use karakoro_proto::log::checkpoint::SignedCheckpoint;
use karakoro_proto::log::merkle::{Frontier, Hash, leaf_hash};

use super::erase::{self, Eraser, Erasures};
use super::{LedgerError, Log, LogKeys, LogPlace, Segment, Shared, State};
use crate::ledger::guard::{FoundGuard, Guard, Signed};
use crate::ledger::record::{Record, SegmentStart, StoredBody, StoredEntry};
use crate::ledger::register::Register;
use crate::ledger::segment::{Next, Reader, Writer, file_name, number_of};
use crate::ledger::storage::{File, Storage};

/// Creates the next segment, durably, with its first record.
pub(super) fn new_segment(
    storage: &dyn Storage,
    place: &LogPlace,
    number: u64,
    before: Frontier,
) -> Result<(Writer, Segment), LedgerError> {
    let path = format!("{}/{}", place.folder, file_name(number));
    let failed = |source| LedgerError::io("create", &path, source);
    // Left behind where a creation failed half way: it holds nothing that was signed.
    if storage.exists(&path).map_err(failed)? {
        storage.remove(&path).map_err(failed)?;
    }
    let file = storage.create(&path).map_err(failed)?;
    let mut bytes = Vec::new();
    let start = SegmentStart { origin: place.origin, frontier: before.clone() };
    Record::Segment(start).encode_into(&place.origin, &mut bytes);
    let mut writer = Writer::new(file.clone(), 0).map_err(failed)?;
    writer.stage(&bytes).map_err(failed)?;
    writer.sync().map_err(|error| LedgerError::sync(&path, error))?;
    writer.advance(bytes.len());
    storage.sync_folder(&place.folder).map_err(|error| LedgerError::sync(&place.folder, error))?;
    let end = writer.end();
    Ok((writer, Segment { number, file, before, marks: Vec::new(), entries: 0, end }))
}

/// Whether nothing was ever signed in this place: there is nothing, or an attempt to create a log that was
/// cut off.
pub(super) fn is_unsigned(storage: &dyn Storage, place: &LogPlace) -> Result<bool, LedgerError> {
    match Guard::peek(storage, &place.guard) {
        Ok(signed) => Ok(signed.size == 0 && signed.note.is_empty()),
        // Entries are durable before anything is signed: without any, no guard has held a signature.
        Err(LedgerError::GuardMissing { .. } | LedgerError::GuardDamaged { .. }) => {
            Ok(!may_hold_entries(storage, place)?)
        }
        Err(error) => Err(error),
    }
}

fn may_hold_entries(storage: &dyn Storage, place: &LogPlace) -> Result<bool, LedgerError> {
    let numbers = match segment_numbers(storage, place) {
        Ok(numbers) => numbers,
        Err(LedgerError::NoLog { .. }) => return Ok(false),
        Err(LedgerError::BehindGuard { .. }) => return Ok(true),
        Err(error) => return Err(error),
    };
    let path = format!("{}/{}", place.folder, file_name(1));
    let failed = |source| LedgerError::io("read", &path, source);
    let file = storage.open(&path).map_err(failed)?;
    let length = file.len().map_err(failed)?;
    let mut reader = Reader::new(place.origin, file, 0, length);
    loop {
        match reader.read().map_err(failed)? {
            Next::Record(_, record) if matches!(*record, Record::Segment(_)) => {}
            Next::End => return Ok(numbers.len() > 1),
            Next::Record(..) | Next::Damaged(_) => return Ok(true),
        }
    }
}

/// Removes what an attempt to create a log left behind; refuses a place where something was signed.
pub(super) fn remove_unsigned(storage: &dyn Storage, place: &LogPlace) -> Result<(), LedgerError> {
    Log::refuse_existing(storage, place)?;
    let failed = |source| LedgerError::io("remove", &place.folder, source);
    if storage.exists(&place.folder).map_err(failed)? {
        for name in storage.list(&place.folder).map_err(failed)? {
            storage.remove(&format!("{}/{name}", place.folder)).map_err(failed)?;
        }
    }
    // The guard last: as long as it is there, it says that nothing was signed.
    if storage.exists(&place.guard).map_err(failed)? {
        storage.remove(&place.guard).map_err(failed)?;
    }
    Ok(())
}

/// See [`Log::open`].
pub(super) fn open(
    storage: Arc<dyn Storage>,
    place: LogPlace,
    keys: &LogKeys,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Log, LedgerError> {
    let numbers = segment_numbers(&*storage, &place)?;
    let guard = Guard::find(&*storage, &place.guard)?;
    let newest = signed_note(&place, guard.signed(), keys)?;
    let register = Register::read(storage.clone(), &place.guard)?;
    let mut scan = Scan::new(&place, guard.signed().clone(), register);
    for (done, &number) in (0..).zip(&numbers) {
        progress(done, numbers.len() as u64);
        scan.segment(&*storage, number, done + 1 == numbers.len() as u64)?;
    }
    progress(numbers.len() as u64, numbers.len() as u64);
    scan.erase_again()?;
    scan.finish(storage, guard, newest, keys)
}

/// See [`Log::erase_again`].
pub(super) fn erase_again(storage: Arc<dyn Storage>, place: &LogPlace) -> Result<(), LedgerError> {
    let signed = Guard::peek(&*storage, &place.guard)?;
    let register = Register::read(storage.clone(), &place.guard)?;
    let numbers = segment_numbers(&*storage, place)?;
    let mut scan = Scan::new(place, signed, register);
    for (done, &number) in (1..).zip(&numbers) {
        scan.segment(&*storage, number, done == numbers.len())?;
    }
    scan.erase_again()
}

/// What a reader beside a running node sees: everything up to the guard, nothing written.
pub(super) fn view(
    storage: Arc<dyn Storage>,
    place: LogPlace,
    keys: &LogKeys,
) -> Result<Arc<Shared>, LedgerError> {
    let signed = Guard::peek(&*storage, &place.guard)?;
    let newest = signed_note(&place, &signed, keys)?;
    let numbers = segment_numbers(&*storage, &place)?;
    let register = Register::read(storage.clone(), &place.guard)?;
    let mut scan = Scan::new(&place, signed, register);
    for (done, &number) in (1..).zip(&numbers) {
        scan.segment(&*storage, number, done == numbers.len())?;
        // The node goes on writing: what it has signed since the guard was read is left for the next look.
        if scan.ended {
            break;
        }
    }
    scan.check_root()?;
    let state = scan.state(newest, keys);
    Ok(Arc::new(Shared { storage, place, keys: keys.clone(), state: RwLock::new(state) }))
}

fn segment_numbers(storage: &dyn Storage, place: &LogPlace) -> Result<Vec<u64>, LedgerError> {
    let no_log = || LedgerError::NoLog { folder: place.folder.clone() };
    let failed = |error| LedgerError::io("read", &place.folder, error);
    if !storage.exists(&place.folder).map_err(failed)? {
        return Err(no_log());
    }
    let names = storage.list(&place.folder).map_err(failed)?;
    let numbers: Vec<u64> = names.iter().filter_map(|name| number_of(name)).collect();
    if numbers.is_empty() {
        return Err(no_log());
    }
    match (1..).zip(&numbers).find(|(expected, found)| expected != *found) {
        None => Ok(numbers),
        Some((missing, _)) => Err(LedgerError::BehindGuard {
            folder: place.folder.clone(),
            what: format!("the segment {} is missing", file_name(missing)),
        }),
    }
}

fn signed_note(
    place: &LogPlace,
    signed: &Signed,
    keys: &LogKeys,
) -> Result<Option<SignedCheckpoint>, LedgerError> {
    if signed.size == 0 && signed.note.is_empty() {
        return Ok(None);
    }
    let note = SignedCheckpoint::verify(&signed.note, &keys.log)
        .map_err(|_| LedgerError::GuardDamaged { path: place.guard.clone() })?;
    let fits = note.checkpoint().size == signed.size && note.checkpoint().root == signed.root;
    fits.then_some(Some(note)).ok_or_else(|| LedgerError::GuardDamaged { path: place.guard.clone() })
}

/// Walks through all segments and keeps what the guard vouches for.
struct Scan<'a> {
    place: &'a LogPlace,
    signed: Signed,
    segments: Vec<Segment>,
    frontier: Frontier,
    keys: Vec<KeyLeaf>,
    cosigned: Vec<Vec<u8>>,
    erasures: Erasures,
    register: Register,
    /// Entries whose body is there although the register says that it was destroyed.
    returned: BTreeSet<u64>,
    /// Entries whose body is neither there nor gone, and where they stand.
    torn: Vec<(u64, String, u64)>,
    /// Whether the guard's checkpoint stands in a segment too.
    recorded: bool,
    /// Whether an entry was met that the guard does not vouch for.
    ended: bool,
}

impl<'a> Scan<'a> {
    fn new(place: &'a LogPlace, signed: Signed, register: Register) -> Self {
        Self {
            place,
            signed,
            segments: Vec::new(),
            frontier: Frontier::new(),
            keys: Vec::new(),
            cosigned: Vec::new(),
            erasures: Erasures::default(),
            register,
            returned: BTreeSet::new(),
            torn: Vec::new(),
            recorded: false,
            ended: false,
        }
    }

    fn segment(&mut self, storage: &dyn Storage, number: u64, last: bool) -> Result<(), LedgerError> {
        let path = format!("{}/{}", self.place.folder, file_name(number));
        let failed = |source| LedgerError::io("read", &path, source);
        let file = storage.open(&path).map_err(failed)?;
        let length = file.len().map_err(failed)?;
        let mut reader = Reader::new(self.place.origin, file.clone(), 0, length);
        let first = reader.read().map_err(failed)?;
        if let Some(segment) = self.first_record(number, file, &first) {
            self.segments.push(segment);
            return self.records(&mut reader, &path, last);
        }
        // A segment that was being created when the process ended holds nothing that was signed; the
        // segment before it reaches up to the guard then.
        if last && number > 1 && self.frontier.size() == self.signed.size {
            return Ok(());
        }
        let what = "it does not begin as a segment of this log".to_owned();
        Err(LedgerError::Damaged { path, offset: 0, what })
    }

    /// A segment whose first record continues what was read so far.
    fn first_record(&self, number: u64, file: Arc<dyn File>, first: &Next) -> Option<Segment> {
        let Next::Record(_, record) = first else { return None };
        let Record::Segment(SegmentStart { origin, frontier }) = &**record else { return None };
        let follows = *origin == self.place.origin && *frontier == self.frontier;
        follows.then(|| Segment {
            number,
            file,
            before: frontier.clone(),
            marks: Vec::new(),
            entries: 0,
            end: 0,
        })
    }

    fn records(&mut self, reader: &mut Reader, path: &str, last: bool) -> Result<(), LedgerError> {
        let failed = |source| LedgerError::io("read", path, source);
        loop {
            let end = reader.offset();
            if let Some(segment) = self.segments.last_mut() {
                segment.end = end;
            }
            let complete = self.frontier.size() == self.signed.size;
            match reader.read().map_err(failed)? {
                Next::Record(offset, record) => {
                    if !self.record(offset, *record, path)? {
                        return Ok(());
                    }
                }
                Next::End if last || self.frontier.size() <= self.signed.size => return Ok(()),
                // Behind everything that was signed, damage is a torn write that nobody was told of.
                Next::Damaged(_) if last && complete => return Ok(()),
                Next::End | Next::Damaged(_) => {
                    let what = format!(
                        "no sound record, where entry {} of {} signed ones belongs",
                        self.frontier.size(),
                        self.signed.size
                    );
                    return Err(LedgerError::Damaged { path: path.to_owned(), offset: end, what });
                }
            }
        }
    }

    /// Takes up one record; `false` where what was signed ends.
    fn record(&mut self, offset: u64, record: Record, path: &str) -> Result<bool, LedgerError> {
        match record {
            Record::Entry(entry) => {
                if self.frontier.size() == self.signed.size {
                    self.ended = true;
                    return Ok(false);
                }
                if entry.index != self.frontier.size() {
                    let what = format!("entry {}, where {} belongs", entry.index, self.frontier.size());
                    return Err(LedgerError::Damaged { path: path.to_owned(), offset, what });
                }
                if Leaf::is_message(&entry.leaf) && entry.body == StoredBody::Nothing {
                    let what = format!("entry {} is a message without a body", entry.index);
                    return Err(LedgerError::Damaged { path: path.to_owned(), offset, what });
                }
                let hash = leaf_hash(&entry.leaf);
                self.frontier.push(hash);
                self.keys.extend(Leaf::key(&entry.leaf));
                self.erasures(&entry, &hash, offset, path);
                if let Some(segment) = self.segments.last_mut() {
                    segment.note_entry(entry.index, offset);
                }
            }
            Record::Cosigned(note) => self.cosigned.push(note.to_vec()),
            Record::Checkpoint(note) => self.recorded = note[..] == self.signed.note[..],
            Record::Receipt(_) => {}
            Record::Segment(_) => {
                let what = "a segment begins in the middle of a segment".to_owned();
                return Err(LedgerError::Damaged { path: path.to_owned(), offset, what });
            }
        }
        Ok(true)
    }

    fn erasures(&mut self, entry: &StoredEntry, hash: &Hash, offset: u64, path: &str) {
        self.erasures.take(self.place.origin, entry.index, &entry.leaf);
        self.erasures.take_body(entry.index, &entry.body);
        if !entry.body.is_gone() && self.register.holds(entry.index, hash) {
            self.returned.insert(entry.index);
        }
        if matches!(entry.body, StoredBody::Torn(_)) {
            self.torn.push((entry.index, path.to_owned(), offset));
        }
    }

    /// Destroys again what an old copy brought back, and what a crash left undone. This comes before any check that
    /// could refuse the log for its age: even a copy that is never served must not keep what was erased.
    fn erase_again(&mut self) -> Result<(), LedgerError> {
        let known = |index: &u64| self.returned.contains(index) || self.erasures.order(*index).is_some();
        if let Some((index, path, offset)) = self.torn.iter().find(|(index, ..)| !known(index)) {
            let (path, offset) = (path.clone(), *offset);
            let what = format!("the body of entry {index} does not have its checksum");
            return Err(LedgerError::Damaged { path, offset, what });
        }
        if !self.returned.is_empty() {
            tracing::warn!(entries = self.returned.len(), "erased bodies were there again; destroying them");
            erase::destroy_due(&self.segments, self.place, &self.returned, &mut self.register)?;
            self.returned.iter().for_each(|index| self.erasures.take_body(*index, &StoredBody::Destroyed(0)));
        }
        Ok(())
    }

    fn check_root(&self) -> Result<(), LedgerError> {
        let folder = self.place.folder.clone();
        let (held, signed) = (self.frontier.size(), self.signed.size);
        if held != signed {
            let what = format!("{signed} entries were signed, {held} are here");
            return Err(LedgerError::BehindGuard { folder, what });
        }
        if self.frontier.root() != self.signed.root {
            let what = format!("the root over its {signed} entries is another one");
            return Err(LedgerError::BehindGuard { folder, what });
        }
        Ok(())
    }

    fn state(&mut self, newest: Option<SignedCheckpoint>, keys: &LogKeys) -> State {
        let mut state = State {
            segments: std::mem::take(&mut self.segments),
            newest,
            frontier: self.frontier.clone(),
            keys: std::mem::take(&mut self.keys),
            cosigned: None,
            erasures: std::mem::take(&mut self.erasures),
            recent: std::collections::VecDeque::new(),
            recent_bytes: 0,
            recent_most: super::MAX_RECENT_BYTES,
        };
        let notes = self.cosigned.iter().rev();
        if let Some(note) = notes.filter_map(|note| SignedCheckpoint::verify(note, &keys.log).ok()).next() {
            state.take_cosigned(&note);
        }
        state
    }

    fn finish(
        mut self,
        storage: Arc<dyn Storage>,
        guard: FoundGuard,
        newest: Option<SignedCheckpoint>,
        keys: &LogKeys,
    ) -> Result<Log, LedgerError> {
        self.check_root()?;
        // All that was signed is here: only from now on is anything written but zeros over what was erased.
        let guard = guard.renew()?;
        let due = self.erasures.due();
        erase::destroy_due(&self.segments, self.place, &due, &mut self.register)?;
        due.into_iter().for_each(|index| self.erasures.take_body(index, &StoredBody::Destroyed(0)));
        // A mirror into which nothing came yet has no note to record.
        let unrecorded = !self.recorded && !self.signed.note.is_empty();
        let frontier = self.frontier.clone();
        let place = self.place.clone();
        let mut state = self.state(newest, keys);
        let Some(last) = state.segments.last_mut() else {
            return Err(LedgerError::NoLog { folder: place.folder });
        };
        remove_unfinished(&*storage, &place, last.number)?;
        last.file = rewrite(&*storage, &place, last)?;
        let (number, end) = (last.number, last.end);
        let path = last.path(&place);
        let writer =
            Writer::new(last.file.clone(), end).map_err(|error| LedgerError::io("read", &path, error))?;
        let shared = Arc::new(Shared {
            storage: storage.clone(),
            place: place.clone(),
            keys: keys.clone(),
            state: RwLock::new(state),
        });
        let eraser = Eraser::new(shared.clone(), self.register);
        Ok(Log { storage, place, guard, frontier, writer, number, unrecorded, shared, eraser })
    }
}

/// Removes a segment behind the last one that counts.
fn remove_unfinished(storage: &dyn Storage, place: &LogPlace, last: u64) -> Result<(), LedgerError> {
    let path = format!("{}/{}", place.folder, file_name(last + 1));
    let failed = |source| LedgerError::io("remove", &path, source);
    if storage.exists(&path).map_err(failed)? {
        storage.remove(&path).map_err(failed)?;
        storage.sync_folder(&place.folder).map_err(|error| LedgerError::sync(&place.folder, error))?;
    }
    Ok(())
}

/// Writes the committed part of the last segment into a new file and puts it in the old one's place.
///
/// What was read may stand in the page cache only: after a failed sync Linux marks pages clean, so that
/// they read well until the power goes. A fresh copy, synced, is known to be on the disk.
fn rewrite(storage: &dyn Storage, place: &LogPlace, segment: &Segment) -> Result<Arc<dyn File>, LedgerError> {
    let path = segment.path(place);
    let copy = format!("{path}.new");
    let failed = |source| LedgerError::io("rewrite", &path, source);
    let length = usize::try_from(segment.end).unwrap_or(usize::MAX);
    let mut bytes = vec![0; length];
    segment.file.read_at(&mut bytes, 0).map_err(failed)?;
    if storage.exists(&copy).map_err(failed)? {
        storage.remove(&copy).map_err(failed)?;
    }
    let file = storage.create(&copy).map_err(failed)?;
    Writer::new(file.clone(), 0).and_then(|mut writer| writer.stage(&bytes)).map_err(failed)?;
    file.sync().map_err(|error| LedgerError::sync(&copy, error))?;
    storage.rename(&copy, &path).map_err(failed)?;
    storage.sync_folder(&place.folder).map_err(|error| LedgerError::sync(&place.folder, error))?;
    Ok(file)
}
