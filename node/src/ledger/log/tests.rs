//! One log on a disk that forgets, tears, fails and lies.
//!
//! The oracle is a list of what was acknowledged. Whatever the disk did: what was acknowledged is there
//! after opening, in order; what is there beyond it was at least submitted; and nothing was shown to a
//! reader that is not there.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use karakoro_proto::envelope::Opening;
use karakoro_proto::identity::Country;
use karakoro_proto::key::SecretKey;
use karakoro_proto::leaf::{MessageLeaf, OfficerSignature, SigningPurpose};
use karakoro_proto::log::note::KeyName;
use karakoro_proto::session::{LogSource as _, MAX_PARCEL_BYTES, MAX_PARCEL_ENTRIES};
use rand::{Rng, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::entropy::Seeded;
use crate::ledger::storage::sim::{Call, Faultless, Faults, Outcome, SectorFate, SimStorage};

mod creation;
mod erasure;

fn origin() -> Origin {
    Origin::link(Country::MR, Country::ML)
}

fn writer_key() -> SecretKey {
    SecretKey::from_seed(&[1; 32])
}

fn place() -> LogPlace {
    LogPlace { origin: origin(), folder: "log".to_owned(), guard: "guard/log".to_owned() }
}

fn keys() -> LogKeys {
    LogKeys {
        log: LogVerifier { origin: origin(), key: writer_key().public() },
        cosigner: CosignerVerifier {
            name: KeyName::of_receipt_key(Country::ML),
            key: SecretKey::from_seed(&[2; 32]).public(),
        },
    }
}

fn sign(checkpoint: Checkpoint) -> SignedCheckpoint {
    SignedCheckpoint::sign(checkpoint, &writer_key())
}

/// An entry that no other number has, with a body of `bytes`.
fn entry(number: u64, bytes: usize) -> NewEntry {
    let mut opening = [0; 32];
    opening[..8].copy_from_slice(&number.to_be_bytes());
    let body = Body {
        opening: Opening(opening),
        header: Bytes::from_static(b"header"),
        payload: vec![7; bytes].into(),
    };
    let signature = OfficerSignature {
        purpose: SigningPurpose::Author,
        key: writer_key().public().id(),
        signature: [3; 64],
    };
    let leaf = MessageLeaf { commitment: body.commitment(), signatures: vec![signature] };
    NewEntry { leaf: Leaf::Message(leaf).encode().into(), beside: Beside::Body(body) }
}

fn batch(numbers: std::ops::Range<u64>, bytes: usize) -> Batch {
    Batch { entries: numbers.map(|number| entry(number, bytes)).collect(), evidence: Vec::new() }
}

fn commit(log: &mut Log, numbers: std::ops::Range<u64>) -> Result<Committed, LedgerError> {
    log.commit(batch(numbers, 300), &mut sign, &Seeded::new(1))
}

fn create(storage: &SimStorage) -> Log {
    let storage: Arc<dyn Storage> = Arc::new(storage.clone());
    Log::create(storage, place(), &keys(), batch(0..1, 10), &mut sign, &Seeded::new(1)).unwrap()
}

fn open(storage: &SimStorage) -> Result<Log, LedgerError> {
    Log::open(Arc::new(storage.clone()), place(), &keys(), &mut |_, _| {})
}

fn leaves(log: &LogReader) -> Vec<Bytes> {
    log.entries(0).map(|entry| entry.unwrap().leaf).collect()
}

/// What the numbers `0..count` are as leaves: the genesis entry, then 300-byte messages.
fn expected(count: u64) -> Vec<Bytes> {
    (0..count).map(|number| entry(number, if number == 0 { 10 } else { 300 }).leaf).collect()
}

/// Every entry is readable and its root is the one that was signed.
#[track_caller]
fn assert_sound(log: &LogReader) {
    let mut frontier = Frontier::new();
    for entry in log.entries(0) {
        let entry = entry.unwrap();
        assert_eq!(entry.index, frontier.size());
        assert!(log.body(&entry).unwrap().is_some());
        frontier.push(leaf_hash(&entry.leaf));
    }
    let newest = log.newest().unwrap();
    assert_eq!(newest.checkpoint().size, frontier.size());
    assert_eq!(newest.checkpoint().root, frontier.root());
    assert_eq!(log.root_at(frontier.size()).unwrap(), Some(frontier.root()));
}

/// Counts calls; one of them goes wrong.
#[derive(Debug)]
struct Script {
    calls: Arc<AtomicUsize>,
    at: usize,
    fault: Outcome,
    sectors: Sectors,
}

/// What becomes of unsynced sectors when the power goes.
#[derive(Clone, Debug)]
enum Sectors {
    All(SectorFate),
    Chance(Box<ChaCha8Rng>),
}

impl Faults for Script {
    fn next(&mut self, _call: Call) -> Outcome {
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        if number == self.at { self.fault } else { Outcome::Works }
    }

    fn sector_at_crash(&mut self) -> SectorFate {
        match &mut self.sectors {
            Sectors::All(fate) => *fate,
            Sectors::Chance(random) => match random.random_range(0..3) {
                0 => SectorFate::Lost,
                1 => SectorFate::Kept,
                _ => SectorFate::Torn(random.random_range(0..512)),
            },
        }
    }
}

fn fates() -> Vec<Sectors> {
    let all =
        [SectorFate::Lost, SectorFate::Kept, SectorFate::Torn(1), SectorFate::Torn(200)].map(Sectors::All);
    let chance = (0..4).map(|seed| Sectors::Chance(Box::new(ChaCha8Rng::seed_from_u64(seed))));
    all.into_iter().chain(chance).collect()
}

const FAILED: io::ErrorKind = io::ErrorKind::Other;
const FULL: io::ErrorKind = io::ErrorKind::StorageFull;

/// A log of 11 entries on a good disk, then work on one where call number `at` goes wrong; returns what was
/// acknowledged, and the error that ended the work.
fn work(
    storage: &SimStorage,
    at: usize,
    fault: Outcome,
    sectors: Sectors,
) -> (u64, usize, Option<LedgerError>) {
    let mut log = create(storage);
    commit(&mut log, 1..11).unwrap();
    drop(log);
    let calls = Arc::new(AtomicUsize::new(0));
    storage.set_faults(Box::new(Script { calls: calls.clone(), at, fault, sectors }));
    let mut acknowledged = 11;
    let ended = (|| {
        let mut log = open(storage)?;
        for _ in 0..4 {
            let next = acknowledged..acknowledged + 5;
            let committed = commit(&mut log, next.clone())?;
            assert_eq!(committed.start, next.start);
            assert_eq!(log.reader().size(), next.end, "a reader sees what was acknowledged");
            acknowledged = next.end;
        }
        Ok(())
    })();
    (acknowledged, calls.load(Ordering::SeqCst), ended.err())
}

/// How many calls the work makes when none goes wrong.
fn calls_of_work() -> usize {
    let storage = SimStorage::new(Box::new(Faultless));
    let (acknowledged, calls, error) =
        work(&storage, usize::MAX, Outcome::Works, Sectors::All(SectorFate::Lost));
    assert!(error.is_none() && acknowledged == 31, "{error:?}");
    calls
}

#[test]
fn whatever_call_fails_and_whatever_the_crash_keeps_nothing_acknowledged_is_lost() {
    let calls = calls_of_work();
    assert!(calls > 15, "{calls} calls are too few to be the whole work");
    for at in 0..calls {
        for fault in [Outcome::Fails(FAILED), Outcome::FailsButPersisted(FAILED), Outcome::Fails(FULL)] {
            for sectors in fates() {
                let case = format!("call {at}: {fault:?}, {sectors:?}");
                let storage = SimStorage::new(Box::new(Faultless));
                let (acknowledged, _, error) = work(&storage, at, fault, sectors);
                assert!(error.is_some(), "{case}: nothing failed");
                storage.crash();
                storage.set_faults(Box::new(Faultless));
                let log = open(&storage).unwrap_or_else(|error| panic!("{case}: {error}"));
                let reader = log.reader();
                assert_sound(&reader);
                let size = reader.size();
                assert!((acknowledged..=acknowledged + 5).contains(&size), "{case}: {acknowledged}, {size}");
                assert_eq!(leaves(&reader), expected(size), "{case}");
            }
        }
    }
}

#[test]
fn the_power_may_go_before_any_call_of_a_start_and_of_the_start_after_it() {
    let calls = calls_of_work();
    for first in 0..calls {
        let storage = SimStorage::new(Box::new(Faultless));
        let chance = Sectors::Chance(Box::new(ChaCha8Rng::seed_from_u64(first as u64)));
        let (acknowledged, ..) = work(&storage, first, Outcome::Fails(FAILED), chance.clone());
        storage.crash();
        // The second start is cut off too, at every one of its calls in turn.
        let mut sound = false;
        for second in 0.. {
            let calls = Arc::new(AtomicUsize::new(0));
            let script = Script { calls, at: second, fault: Outcome::Fails(FAILED), sectors: chance.clone() };
            storage.set_faults(Box::new(script));
            sound = open(&storage).is_ok();
            storage.crash();
            if sound {
                break;
            }
        }
        assert!(sound);
        storage.set_faults(Box::new(Faultless));
        let reader = open(&storage).unwrap().reader();
        assert_sound(&reader);
        assert!(reader.size() >= acknowledged, "call {first}");
        assert_eq!(leaves(&reader), expected(reader.size()));
    }
}

/// Every call of one kind fails from now on, until it is told otherwise.
#[derive(Debug)]
struct Failing(Call, Outcome);

impl Faults for Failing {
    fn next(&mut self, call: Call) -> Outcome {
        if call == self.0 { self.1 } else { Outcome::Works }
    }

    fn sector_at_crash(&mut self) -> SectorFate {
        SectorFate::Lost
    }
}

#[test]
fn a_failed_sync_leaves_doubt_and_nothing_is_published() {
    for outcome in [Outcome::Fails(FAILED), Outcome::FailsButPersisted(FAILED)] {
        let storage = SimStorage::new(Box::new(Faultless));
        let mut log = create(&storage);
        storage.set_faults(Box::new(Failing(Call::Sync, outcome)));
        let error = commit(&mut log, 1..4).unwrap_err();
        assert!(error.is_doubt(), "{error}");
        assert_eq!(leaves(&log.reader()), expected(1));
    }
}

#[test]
fn a_full_disk_refuses_a_batch_and_takes_the_next_one() {
    let storage = SimStorage::new(Box::new(Faultless));
    let mut log = create(&storage);
    storage.set_faults(Box::new(Failing(Call::Write, Outcome::Fails(FULL))));
    let error = commit(&mut log, 1..4).unwrap_err();
    assert!(!error.is_doubt(), "{error}");
    assert_eq!(leaves(&log.reader()), expected(1));
    storage.set_faults(Box::new(Faultless));
    commit(&mut log, 1..4).unwrap();
    assert_eq!(leaves(&log.reader()), expected(4));
    storage.crash();
    assert_eq!(leaves(&open(&storage).unwrap().reader()), expected(4));
}

#[test]
fn a_batch_that_was_half_written_is_overwritten_by_a_shorter_one() {
    let storage = SimStorage::new(Box::new(Faultless));
    let mut log = create(&storage);
    storage.set_faults(Box::new(Failing(Call::Write, Outcome::FailsButPersisted(FULL))));
    let error = commit(&mut log, 1..9).unwrap_err();
    assert!(!error.is_doubt(), "{error}");
    storage.set_faults(Box::new(Faultless));
    commit(&mut log, 1..2).unwrap();
    assert_eq!(leaves(&log.reader()), expected(2));
    storage.crash();
    let log = open(&storage).unwrap();
    assert_eq!(leaves(&log.reader()), expected(2));
    assert_sound(&log.reader());
}

#[test]
fn once_a_checkpoint_is_signed_any_failure_is_doubt_and_nothing_is_published() {
    // The calls of a commit: write and sync of the segment, then write and sync of the guard.
    for at in 2..4 {
        for fault in [Outcome::Fails(FULL), Outcome::FailsButPersisted(FULL)] {
            let storage = SimStorage::new(Box::new(Faultless));
            let mut log = create(&storage);
            let calls = Arc::new(AtomicUsize::new(0));
            storage.set_faults(Box::new(Script {
                calls,
                at,
                fault,
                sectors: Sectors::All(SectorFate::Kept),
            }));
            let error = commit(&mut log, 1..3).unwrap_err();
            assert!(error.is_doubt(), "call {at}, {fault:?}: {error}");
            assert_eq!(leaves(&log.reader()), expected(1));
        }
    }
}

#[test]
fn what_a_refused_batch_left_behind_does_not_outlive_its_segment() {
    let storage = SimStorage::new(Box::new(Faultless));
    let mut log = create(&storage);
    let mut numbers = 1..;
    let mut big = |log: &mut Log, count| {
        let entries = numbers.by_ref().take(count).map(|number| entry(number, 500_000)).collect();
        log.commit(Batch { entries, evidence: Vec::new() }, &mut sign, &Seeded::new(1))
    };
    while log.reader().end().offset + 500_000 < SEGMENT_BYTES {
        big(&mut log, 1).unwrap();
    }
    // The first write zeroes the file ahead, the second one brings the batch.
    let (calls, fault) = (Arc::default(), Outcome::FailsButPersisted(FULL));
    storage.set_faults(Box::new(Script { calls, at: 1, fault, sectors: Sectors::All(SectorFate::Kept) }));
    assert!(!big(&mut log, 6).unwrap_err().is_doubt());
    storage.set_faults(Box::new(Faultless));
    // The first of these ends the segment, the second begins the next one.
    big(&mut log, 1).unwrap();
    big(&mut log, 1).unwrap();
    assert_eq!(log.reader().end().segment, 2);
    let before = leaves(&log.reader());
    storage.crash();
    let log = open(&storage).unwrap();
    assert_eq!(leaves(&log.reader()), before);
    assert_sound(&log.reader());
}

#[test]
fn opening_again_and_again_changes_nothing() {
    let storage = SimStorage::new(Box::new(Faultless));
    let mut log = create(&storage);
    commit(&mut log, 1..20).unwrap();
    let before = log.reader();
    let (before, newest) = (leaves(&before), before.newest());
    drop(log);
    for _ in 0..3 {
        let log = open(&storage).unwrap();
        assert_eq!(leaves(&log.reader()), before);
        assert_eq!(log.reader().newest(), newest);
        storage.crash();
    }
}

#[test]
fn one_flipped_bit_in_what_was_signed_is_found_at_the_start() {
    let storage = SimStorage::new(Box::new(Faultless));
    let mut log = create(&storage);
    commit(&mut log, 1..4).unwrap();
    let end = usize::try_from(log.reader().end().offset).unwrap();
    drop(log);
    let path = "log/00000001.segment";
    for offset in 0..end {
        let bit = u8::try_from(offset % 8).unwrap();
        storage.flip(path, offset, bit);
        let refused = open(&storage).unwrap_err();
        assert!(
            matches!(refused, LedgerError::Damaged { .. } | LedgerError::BehindGuard { .. }),
            "byte {offset}: {refused}"
        );
        storage.flip(path, offset, bit);
    }
    open(&storage).unwrap();
}

#[test]
fn two_writers_of_one_log_find_each_other_out() {
    let storage = SimStorage::new(Box::new(Faultless));
    let mut log = create(&storage);
    commit(&mut log, 1..3).unwrap();
    let old = (1, log.reader().root_at(1).unwrap().unwrap());
    let next = log.guard.signed().clone();
    assert!(matches!(log.guard.advance(old, next), Err(LedgerError::GuardConflict { .. })));
}

/// Messages of many sizes, in batches of many sizes.
fn varied(storage: &SimStorage, seed: u64) -> Log {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut log = create(storage);
    let mut next = 1;
    while next < 600 {
        let count = random.random_range(1..40);
        let bytes = if random.random_ratio(1, 8) { random.random_range(0..60_000) } else { 300 };
        log.commit(batch(next..next + count, bytes), &mut sign, &Seeded::new(random.next_u64())).unwrap();
        next += count;
    }
    log
}

#[test]
fn parcels_from_the_disk_are_those_from_memory_wherever_they_begin() {
    let storage = SimStorage::new(Box::new(Faultless));
    let log = varied(&storage, 1);
    let memory = log.reader();
    let size = memory.size();
    drop(log);
    // A log that was opened a moment ago has nothing in memory.
    let opened = open(&storage).unwrap();
    let disk = opened.reader();
    for from in 0..size {
        for reader in [&memory, &disk] {
            let parcel = reader.parcel(from).unwrap().expect("there are entries");
            assert_parcel(&parcel, from, &memory);
        }
    }
    assert!(memory.parcel(size).unwrap().is_none() && disk.parcel(size).unwrap().is_none());
}

/// A parcel begins where it was asked for, holds the log's own entries, and ends under its checkpoint.
#[track_caller]
fn assert_parcel(parcel: &Parcel, from: u64, log: &LogReader) {
    assert_eq!(parcel.start, from);
    let end = from + parcel.entries.len() as u64;
    assert!(end > from);
    assert_eq!(parcel.checkpoint.checkpoint().size, end);
    assert_eq!(log.root_at(end).unwrap(), Some(parcel.checkpoint.checkpoint().root));
    for (index, entry) in (from..).zip(&parcel.entries) {
        let stored = log.entry(index).unwrap().unwrap();
        assert_eq!(entry.leaf, stored.leaf);
        assert!(entry.beside.body() == log.body(&stored).unwrap().as_ref());
    }
}

#[test]
fn parcels_stay_within_their_bounds_where_batches_do() {
    let storage = SimStorage::new(Box::new(Faultless));
    let log = varied(&storage, 2);
    let largest_batch = 40 * 61_000;
    drop(log);
    let reader = open(&storage).unwrap().reader();
    let mut from = 0;
    while let Some(parcel) = reader.parcel(from).unwrap() {
        let bytes: usize = parcel.entries.iter().map(entry_bytes).sum();
        assert!(bytes <= MAX_PARCEL_BYTES.max(largest_batch), "{bytes} bytes");
        assert!(parcel.entries.len() <= MAX_PARCEL_ENTRIES);
        from = parcel.checkpoint.checkpoint().size;
    }
    assert_eq!(from, reader.size());
}

#[test]
fn a_log_of_several_segments_is_one_log() {
    let storage = SimStorage::new(Box::new(Faultless));
    let mut log = create(&storage);
    let mut next = 1;
    while log.reader().end().segment < 3 {
        log.commit(batch(next..next + 8, 500_000), &mut sign, &Seeded::new(next)).unwrap();
        next += 8;
    }
    let before = leaves(&log.reader());
    storage.crash();
    let log = open(&storage).unwrap();
    let reader = log.reader();
    assert_eq!(leaves(&reader), before);
    assert_sound(&reader);
    let mut from = 0;
    while let Some(parcel) = reader.parcel(from).unwrap() {
        assert_parcel(&parcel, from, &reader);
        from = parcel.checkpoint.checkpoint().size;
    }
    assert_eq!(from, reader.size());
}
