//! What is found quickly: a fold over the records of both logs, which can always be made again.
//!
//! Nothing here is the truth. The rows and the place up to which the logs were read are written together,
//! so that an index that was killed at any instant goes on where it was; one that is missing, damaged
//! or ahead of its logs is thrown away and folded again from the first record.

use std::collections::BTreeMap;
use std::fmt;

use karakoro_proto::accord::AccordId;
use karakoro_proto::domain::ack::AckLevel;
use karakoro_proto::domain::payload::Payload;
use karakoro_proto::envelope::{Header, Kind, MessageId};
use karakoro_proto::leaf::{ErasedLeaf, ErasedLog, Leaf, VerdictLeaf};
use karakoro_proto::log::merkle::leaf_hash;
use karakoro_proto::service::ErasedWord;
use karakoro_proto::time::UnixMillis;

use crate::ledger::log::{LedgerError, LogReader, Position, StoredRecord};
use crate::ledger::record::{Record, StoredEntry};

pub mod engine;
mod keys;
mod watchlist;

pub use engine::{Engine, EngineError, MemoryEngine, Rows, SledEngine};
pub use watchlist::Version;

/// Which of this node's two logs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Side {
    /// The one that we write.
    Own,
    /// The peer's, mirrored.
    Mirror,
}

impl Side {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Own, Self::Mirror];

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Own => Self::Mirror,
            Self::Mirror => Self::Own,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Own => "own",
            Self::Mirror => "mirror",
        })
    }
}

/// Where a message stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place {
    /// In which log.
    pub side: Side,
    /// Which entry.
    pub index: u64,
}

/// That the peer has read a message of ours, or we one of theirs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reading {
    /// How far.
    pub level: AckLevel,
    /// When, by the reader's clock.
    pub time: UnixMillis,
}

/// Most records that are folded in one step.
const STEP_RECORDS: usize = 2048;

/// So many entries share a row that says which of them are messages, a bit for each: engines take their
/// time for a row, not for a byte.
const BLOCK: u64 = u64::BITS as u64;

/// What a step has found.
#[derive(Default, Debug)]
struct Folded {
    rows: Rows,
    /// Which entries are messages, by block.
    messages: BTreeMap<u64, u64>,
    /// What became of the watchlist.
    watchlist: watchlist::Changes,
}

/// The index over an engine.
#[derive(Debug)]
pub struct Index<E> {
    engine: E,
}

impl<E: Engine> Index<E> {
    /// An index over an engine that may hold rows already.
    pub fn new(engine: E) -> Self {
        Self { engine }
    }

    /// Up to where a log was folded.
    pub fn applied(&self, side: Side) -> Result<Position, EngineError> {
        let value = self.engine.get(&keys::applied(side))?;
        value.map_or(Ok(Position::START), |value| keys::position(&value))
    }

    /// Whether the index was folded from this very log, as far as the log then went.
    pub fn fits(&self, side: Side, log: &LogReader) -> Result<bool, LedgerError> {
        let first = log.entry(0)?.map(|entry| leaf_hash(&entry.leaf).0.to_vec());
        let applied = self.applied(side)?;
        let folded = self.engine.get(&keys::first_leaf(side))?;
        Ok(applied <= log.end() && (applied == Position::START || folded.is_none() || folded == first))
    }

    /// Folds what a log has that the index has not; returns whether there may be more.
    pub fn step(&self, side: Side, log: &LogReader) -> Result<bool, LedgerError> {
        let from = self.applied(side)?;
        let mut folded = Folded::default();
        let mut after = from;
        let mut count = 0;
        for record in log.records(from).take(STEP_RECORDS) {
            let record = record.map_err(|error| doubt(from, count, error))?;
            after = record.after;
            count += 1;
            self.fold(side, log, record, &mut folded)?;
        }
        if after != from {
            let Folded { mut rows, messages, watchlist } = folded;
            watchlist.write(&mut rows);
            self.put_messages(side, messages, &mut rows)?;
            rows.put(keys::applied(side), keys::of_position(after));
            self.engine.commit(rows)?;
        }
        Ok(count == STEP_RECORDS)
    }

    /// Where a message stands; the first entry of that id.
    pub fn place(&self, id: MessageId) -> Result<Option<Place>, EngineError> {
        self.engine.get(&keys::message(id))?.map(|value| keys::place(&value)).transpose()
    }

    /// Adds to each block what it had before this step.
    fn put_messages(
        &self,
        side: Side,
        messages: BTreeMap<u64, u64>,
        rows: &mut Rows,
    ) -> Result<(), EngineError> {
        for (block, bits) in messages {
            let key = keys::messages(side, block);
            let before = self.engine.get(&key)?.map_or(Ok(0), |value| keys::number(&value))?;
            rows.put(key, keys::of_number(before | bits));
        }
        Ok(())
    }

    /// Entries of messages before `before`, newest first, at most `most`.
    pub fn messages_before(&self, side: Side, before: u64, most: usize) -> Result<Vec<u64>, EngineError> {
        let mut found = Vec::new();
        let mut until = before.div_ceil(BLOCK);
        while found.len() < most {
            let blocks = self.engine.last(&keys::messages(side, 0), &keys::messages(side, until), 1)?;
            let Some((key, value)) = blocks.first() else { break };
            until = keys::index(key)?;
            found.extend(members(until, keys::number(value)?).rev().filter(|index| *index < before));
        }
        found.truncate(most);
        Ok(found)
    }

    /// Entries of messages from `from` on, oldest first, at most `most`.
    pub fn messages_from(&self, side: Side, from: u64, most: usize) -> Result<Vec<u64>, EngineError> {
        let mut found = Vec::new();
        let mut next = from / BLOCK;
        while found.len() < most {
            let blocks =
                self.engine.first(&keys::messages(side, next), &keys::messages(side, u64::MAX), 1)?;
            let Some((key, value)) = blocks.first() else { break };
            let block = keys::index(key)?;
            next = block + 1;
            found.extend(members(block, keys::number(value)?).filter(|index| *index >= from));
        }
        found.truncate(most);
        Ok(found)
    }

    /// The newest message entry of a log that was folded.
    pub fn last_entry(&self, side: Side) -> Result<Option<u64>, EngineError> {
        self.messages_before(side, u64::MAX, 1).map(|last| last.first().copied())
    }

    /// When the peer's receipt for an entry of ours was made.
    pub fn received(&self, index: u64) -> Result<Option<UnixMillis>, EngineError> {
        let rows = self.engine.last(&keys::receipt(0), &keys::receipt(index.saturating_add(1)), 1)?;
        let Some((_, value)) = rows.first() else { return Ok(None) };
        let (end, time) = keys::range(value)?;
        Ok((index < end).then_some(time))
    }

    /// When the receiver of a log first cosigned a checkpoint that covers an entry, and its size.
    pub fn cosigned(&self, side: Side, index: u64) -> Result<Option<(u64, UnixMillis)>, EngineError> {
        let from = keys::cosigned(side, index.saturating_add(1));
        let rows = self.engine.first(&from, &keys::cosigned(side, u64::MAX), 1)?;
        rows.first().map(|(key, value)| Ok((keys::index(key)?, keys::time(value)?))).transpose()
    }

    /// The verdict on an entry of `side`, given in the other log.
    pub fn verdict(&self, side: Side, index: u64) -> Result<Option<VerdictLeaf>, EngineError> {
        let until = keys::verdict(side, index.saturating_add(1));
        let rows = self.engine.last(&keys::verdict(side, 0), &until, 1)?;
        let Some((_, value)) = rows.first() else { return Ok(None) };
        let leaf = keys::verdict_leaf(value)?;
        Ok((index < leaf.end()).then_some(leaf))
    }

    /// How far the verdicts on entries of `side` reach: the end of the last one.
    pub fn judged(&self, side: Side) -> Result<u64, EngineError> {
        let rows = self.engine.last(&keys::verdict(side, 0), &keys::verdict(side, u64::MAX), 1)?;
        rows.first().map_or(Ok(0), |(_, value)| keys::verdict_leaf(value).map(|leaf| leaf.end()))
    }

    /// The size of the opposite log that `side` last anchored; 0 before the first anchor.
    pub fn anchored(&self, side: Side) -> Result<u64, EngineError> {
        self.engine.get(&keys::anchored(side))?.map_or(Ok(0), |value| keys::number(&value))
    }

    /// The entry of a log that first anchors an accord.
    pub fn accord(&self, side: Side, id: AccordId) -> Result<Option<u64>, EngineError> {
        self.engine.get(&keys::accord(side, id))?.map(|value| keys::number(&value)).transpose()
    }

    /// Whether a person of the receiver's has acknowledged a message of `side`.
    pub fn reading(&self, side: Side, id: MessageId) -> Result<Option<Reading>, EngineError> {
        self.engine.get(&keys::reading(side, id))?.map(|value| keys::of_reading(&value)).transpose()
    }

    /// What the side that writes the log `by` first said of an erasure of an entry.
    pub fn erased(&self, place: Place, by: Side) -> Result<Option<ErasedWord>, EngineError> {
        self.engine.get(&keys::erased(place, by))?.map(|value| keys::erased_word(&value)).transpose()
    }

    /// What the log `by` says of erasures from its entry `from` on, at most `most`: the entry that says so, and what
    /// it is about.
    pub fn erasures_from(&self, by: Side, from: u64, most: usize) -> Result<Vec<(u64, Place)>, EngineError> {
        let rows = self.engine.first(&keys::erasure(by, from), &keys::erasure(by, u64::MAX), most)?;
        rows.iter().map(|(key, value)| Ok((keys::index(key)?, keys::place(value)?))).collect()
    }

    fn fold(
        &self,
        side: Side,
        log: &LogReader,
        record: StoredRecord,
        folded: &mut Folded,
    ) -> Result<(), LedgerError> {
        match record.record {
            Record::Entry(entry) => self.fold_entry(side, log, &entry, folded),
            Record::Receipt(receipt) => {
                let body = receipt.body;
                folded.rows.put(keys::receipt(body.start()), keys::of_range(body.end(), body.time()));
                Ok(())
            }
            // Our own checkpoints bear no cosignature when they are signed; the mirror's bear ours.
            Record::Cosigned(note) | Record::Checkpoint(note) => {
                if let Some((size, time)) = log.cosigned_at(&note) {
                    folded.rows.put(keys::cosigned(side, size), keys::of_time(time));
                }
                Ok(())
            }
            Record::Segment(_) => Ok(()),
        }
    }

    fn fold_entry(
        &self,
        side: Side,
        log: &LogReader,
        entry: &StoredEntry,
        folded: &mut Folded,
    ) -> Result<(), LedgerError> {
        if entry.index == 0 {
            folded.rows.put(keys::first_leaf(side), leaf_hash(&entry.leaf).0.to_vec());
        }
        match Leaf::decode(&entry.leaf) {
            Ok(Leaf::Message(_)) => self.fold_message(side, log, entry, folded),
            Ok(Leaf::Verdict(verdict)) => {
                folded.rows.put(keys::verdict(side.other(), verdict.first), keys::of_verdict(&verdict));
                Ok(self.fold_verdict(side.other(), &verdict, &mut folded.watchlist)?)
            }
            Ok(Leaf::Anchor(anchor)) => {
                if let Some(size) = log.anchored_size(&anchor.note) {
                    folded.rows.put(keys::anchored(side), keys::of_number(size));
                }
                Ok(())
            }
            Ok(Leaf::Erased(leaf)) => {
                // Of another epoch of this very log it says nothing that could be found here.
                if leaf.erasure.log == ErasedLog::Opposite || leaf.erasure.epoch == log.origin().epoch {
                    self.fold_erased(side, entry, leaf, folded)?;
                }
                Ok(())
            }
            Ok(Leaf::Accord(leaf)) => {
                folded.rows.put_new(keys::accord(side, leaf.accord), keys::of_number(entry.index));
                Ok(())
            }
            // Everything else, and leaves of a newer version, has nothing to be found by.
            _ => Ok(()),
        }
    }

    fn fold_message(
        &self,
        side: Side,
        log: &LogReader,
        entry: &StoredEntry,
        folded: &mut Folded,
    ) -> Result<(), LedgerError> {
        *folded.messages.entry(entry.index / BLOCK).or_default() |= 1 << (entry.index % BLOCK);
        let Some(body) = log.body(entry)? else { return Ok(()) };
        let header = Header::decode(&body.header).map_err(|_| {
            LedgerError::Index(format!("entry {} of the {side} log has no header", entry.index))
        })?;
        let place = Place { side, index: entry.index };
        folded.rows.put_new(keys::message(header.id), keys::of_place(place));
        self.fold_about(place, &header, &body.payload, &mut folded.watchlist)?;
        // Only acknowledgements are found by what they say; reading every other payload would cost more than
        // all the rest of the fold.
        if header.kind == Kind::Ack
            && let Ok(Payload::Ack(ack)) = Payload::decode(&header, &body.payload)
        {
            let reading = Reading { level: ack.level, time: header.created };
            // Only the other side's word counts: nobody acknowledges what they wrote themselves.
            folded.rows.put(keys::reading(side.other(), ack.of), keys::to_reading(reading));
        }
        Ok(())
    }

    /// The header is gone, so from here on the message is found by what the entry says of it. Only the side that
    /// wrote a message, or our own, is believed about its id.
    fn fold_erased(
        &self,
        side: Side,
        entry: &StoredEntry,
        leaf: ErasedLeaf,
        folded: &mut Folded,
    ) -> Result<(), LedgerError> {
        let erasure = &leaf.erasure;
        let target = match erasure.log {
            ErasedLog::This => side,
            ErasedLog::Opposite => side.other(),
        };
        let place = Place { side: target, index: erasure.entry };
        let rows = &mut folded.rows;
        if target == side || side == Side::Own {
            rows.put_new(keys::message(erasure.message), keys::of_place(place));
            self.fold_gone(place, &mut folded.watchlist)?;
        }
        rows.put(keys::erasure(side, entry.index), keys::of_place(place));
        rows.put_new(keys::erased(place, side), keys::of_erased(entry.index, leaf));
        Ok(())
    }

    /// The engine, to throw it away.
    pub fn into_engine(self) -> E {
        self.engine
    }
}

/// An index that goes on in the middle of a record does not fit its log: it is made anew before the log is
/// suspected.
fn doubt(from: Position, read: usize, error: LedgerError) -> LedgerError {
    match error {
        LedgerError::Damaged { .. } if read == 0 && from != Position::START => {
            LedgerError::Index("it does not fit its log".to_owned())
        }
        error => error,
    }
}

/// The entries of a block whose bits are set.
fn members(block: u64, bits: u64) -> impl DoubleEndedIterator<Item = u64> {
    (0..BLOCK).filter(move |bit| bits & (1 << bit) != 0).map(move |bit| block * BLOCK + bit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index_of(entries: &[u64]) -> Index<MemoryEngine> {
        let index = Index::new(MemoryEngine::default());
        for &entry in entries {
            let mut rows = Rows::default();
            let bits = BTreeMap::from([(entry / BLOCK, 1 << (entry % BLOCK))]);
            index.put_messages(Side::Own, bits, &mut rows).unwrap();
            index.engine.commit(rows).unwrap();
        }
        index
    }

    #[test]
    fn messages_are_listed_both_ways_across_blocks_and_gaps() {
        let entries = [4, 5, 63, 64, 127, 128, 1000];
        let index = index_of(&entries);
        for bound in (0..1010).chain([u64::MAX]) {
            for most in 0..9 {
                let newest = entries.iter().rev().copied().filter(|entry| *entry < bound).take(most);
                let found = index.messages_before(Side::Own, bound, most).unwrap();
                assert_eq!(found, newest.collect::<Vec<_>>(), "before {bound}, at most {most}");
                let oldest = entries.iter().copied().filter(|entry| *entry >= bound).take(most);
                let found = index.messages_from(Side::Own, bound, most).unwrap();
                assert_eq!(found, oldest.collect::<Vec<_>>(), "from {bound}, at most {most}");
            }
        }
        assert_eq!(index.last_entry(Side::Own), Ok(Some(1000)));
        assert_eq!(index.last_entry(Side::Mirror), Ok(None));
    }
}
