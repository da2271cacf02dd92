//! Bodies are destroyed for good, whatever the disk does meanwhile, and nothing else is.

use karakoro_proto::envelope::MessageId;
use karakoro_proto::leaf::{Basis, ErasedLeaf, ErasedLog, Erasure, Ordered};
use karakoro_proto::time::UnixMillis;

use super::*;
use crate::ledger::record::StoredBody;

/// The entry that is erased in these tests.
const ERASED: u64 = 5;

const SEGMENT: &str = "log/00000001.segment";

/// An entry that says that another one is erased.
fn order(entry: u64) -> NewEntry {
    let erasure = Erasure {
        log: ErasedLog::This,
        epoch: origin().epoch,
        entry,
        message: MessageId::new(UnixMillis::default(), [1; 10]),
        basis: Basis::RetentionEnded.number(),
        reference: None,
        time: UnixMillis::default(),
    };
    let leaf = Leaf::Erased(ErasedLeaf { erasure, ordered: Ordered::Accord });
    NewEntry { leaf: leaf.encode().into(), beside: Beside::Nothing }
}

fn commit_order(log: &mut Log, entry: u64) -> Result<Committed, LedgerError> {
    log.commit(Batch { entries: vec![order(entry)], evidence: Vec::new() }, &mut sign, &Seeded::new(1))
}

/// Orders and does it.
fn erase(log: &mut Log, entry: u64) -> Result<(), LedgerError> {
    commit_order(log, entry)?;
    log.eraser().erase([entry])
}

fn bytes(storage: &SimStorage, path: &str) -> Vec<u8> {
    let file = storage.open(path).unwrap();
    let mut bytes = vec![0; usize::try_from(file.len().unwrap()).unwrap()];
    file.read_at(&mut bytes, 0).unwrap();
    bytes
}

/// The file up to its last byte that is not zero.
fn written_bytes(storage: &SimStorage, path: &str) -> Vec<u8> {
    let mut bytes = bytes(storage, path);
    bytes.truncate(bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1));
    bytes
}

/// Key and ciphertext of an entry, as they stand on the disk.
fn secrets(log: &LogReader, entry: u64) -> [Vec<u8>; 2] {
    match log.entry(entry).unwrap().unwrap().body {
        StoredBody::Sealed(body) => [body.key.to_vec(), body.ciphertext.to_vec()],
        other => unreachable!("{other:?}"),
    }
}

/// Whether any file of the disk holds these bytes, or as little as half a key of them.
fn holds(storage: &SimStorage, secrets: &[Vec<u8>]) -> bool {
    let folders = ["log", "guard"];
    let files = folders.iter().flat_map(|folder| {
        storage.list(folder).unwrap().into_iter().map(move |name| format!("{folder}/{name}"))
    });
    let contents: Vec<Vec<u8>> = files.map(|path| written_bytes(storage, &path)).collect();
    let parts = secrets.iter().flat_map(|secret| secret.chunks_exact(16));
    parts.into_iter().any(|part| contents.iter().any(|file| file.windows(16).any(|window| window == part)))
}

/// Eleven messages.
fn eleven(storage: &SimStorage) -> Log {
    let mut log = create(storage);
    commit(&mut log, 1..11).unwrap();
    log
}

/// All bodies but that of the erased entry are whole.
#[track_caller]
fn assert_only_erased(log: &LogReader, erased: u64) {
    for entry in log.entries(0) {
        let entry = entry.unwrap();
        let whole = log.body(&entry).unwrap().is_some();
        assert_eq!(whole, entry.index != erased && Leaf::is_message(&entry.leaf), "entry {}", entry.index);
    }
}

#[test]
fn an_erased_body_is_on_no_file_and_its_log_is_the_same() {
    let storage = SimStorage::new(Box::new(Faultless));
    let mut log = eleven(&storage);
    let gone = secrets(&log.reader(), ERASED);
    assert!(holds(&storage, &gone));
    erase(&mut log, ERASED).unwrap();
    let (before, newest) = (leaves(&log.reader()), log.reader().newest());
    for _ in 0..2 {
        assert!(!holds(&storage, &gone));
        let opened = open(&storage).unwrap().reader();
        assert_eq!((leaves(&opened), opened.newest()), (before.clone(), newest.clone()));
        assert_only_erased(&opened, ERASED);
        storage.crash();
    }
}

/// Erases on a disk where call number `at` goes wrong; returns what the body was, whether the order was
/// acknowledged, and how many calls there were.
fn work(storage: &SimStorage, at: usize, fault: Outcome, sectors: Sectors) -> ([Vec<u8>; 2], bool, usize) {
    let mut log = eleven(storage);
    let gone = secrets(&log.reader(), ERASED);
    let calls = Arc::new(AtomicUsize::new(0));
    storage.set_faults(Box::new(Script { calls: calls.clone(), at, fault, sectors }));
    let ordered = commit_order(&mut log, ERASED).is_ok();
    if ordered {
        // It may fail: the process ends then, and the next start does the rest.
        let erased = log.eraser().erase([ERASED]);
        let reader = log.reader();
        let entry = reader.entry(ERASED).unwrap().unwrap();
        assert_eq!(reader.body(&entry).unwrap(), None, "nobody is given it any more: {erased:?}");
    }
    (gone, ordered, calls.load(Ordering::SeqCst))
}

#[test]
fn whatever_call_fails_and_whatever_the_crash_keeps_an_ordered_erasure_is_done_by_the_next_start() {
    let calls = work(
        &SimStorage::new(Box::new(Faultless)),
        usize::MAX,
        Outcome::Works,
        Sectors::All(SectorFate::Lost),
    );
    assert!(calls.1 && calls.2 >= 9, "{} calls are too few to be the whole work", calls.2);
    for at in 0..calls.2 {
        for fault in [Outcome::Fails(FAILED), Outcome::FailsButPersisted(FAILED)] {
            for sectors in fates() {
                let case = format!("call {at}: {fault:?}, {sectors:?}");
                let storage = SimStorage::new(Box::new(Faultless));
                let (gone, ordered, _) = work(&storage, at, fault, sectors);
                storage.crash();
                storage.set_faults(Box::new(Faultless));
                let log = open(&storage).unwrap_or_else(|error| panic!("{case}: {error}"));
                let reader = log.reader();
                // An order that was not acknowledged may have been lost, or not.
                let erased = reader.erased_by(ERASED).is_some();
                assert!(erased || !ordered, "{case}");
                assert_eq!(holds(&storage, &gone), !erased, "{case}");
                assert_only_erased(&reader, if erased { ERASED } else { u64::MAX });
                assert_eq!(reader.root_at(reader.size()).unwrap(), Some(log.frontier().root()));
            }
        }
    }
}

#[test]
fn the_power_may_go_before_any_call_of_the_start_that_erases_again() {
    for at in 0.. {
        let storage = SimStorage::new(Box::new(Faultless));
        let mut log = eleven(&storage);
        let gone = secrets(&log.reader(), ERASED);
        // The power goes right after the order.
        commit_order(&mut log, ERASED).unwrap();
        storage.crash();
        let calls = Arc::new(AtomicUsize::new(0));
        let sectors = Sectors::Chance(Box::new(ChaCha8Rng::seed_from_u64(at as u64)));
        storage.set_faults(Box::new(Script { calls, at, fault: Outcome::Fails(FAILED), sectors }));
        let done = open(&storage).is_ok();
        storage.crash();
        storage.set_faults(Box::new(Faultless));
        assert_only_erased(&open(&storage).unwrap().reader(), ERASED);
        assert!(!holds(&storage, &gone), "call {at}");
        if done {
            assert!(at >= 5, "{at} calls are too few to be the whole start");
            return;
        }
    }
}

#[test]
fn an_old_copy_is_erased_again_even_where_it_is_refused() {
    let storage = SimStorage::new(Box::new(Faultless));
    let mut log = eleven(&storage);
    let gone = secrets(&log.reader(), ERASED);
    let old = bytes(&storage, SEGMENT);
    erase(&mut log, ERASED).unwrap();
    drop(log);
    storage.crash();
    let file = storage.open(SEGMENT).unwrap();
    file.write_at(&old, 0).unwrap();
    file.sync().unwrap();
    assert!(holds(&storage, &gone));
    let refused = open(&storage).unwrap_err();
    assert!(matches!(refused, LedgerError::BehindGuard { .. }), "{refused}");
    assert!(!holds(&storage, &gone));
}

#[test]
fn a_body_that_came_back_under_its_order_is_destroyed_before_anybody_reads_it() {
    let storage = SimStorage::new(Box::new(Faultless));
    let mut log = eleven(&storage);
    let gone = secrets(&log.reader(), ERASED);
    commit_order(&mut log, ERASED).unwrap();
    let old = bytes(&storage, SEGMENT);
    log.eraser().erase([ERASED]).unwrap();
    drop(log);
    storage.crash();
    let file = storage.open(SEGMENT).unwrap();
    file.write_at(&old, 0).unwrap();
    file.sync().unwrap();
    assert_only_erased(&open(&storage).unwrap().reader(), ERASED);
    assert!(!holds(&storage, &gone));
}

#[test]
fn a_body_that_is_gone_without_a_word_is_a_fault() {
    let storage = SimStorage::new(Box::new(Faultless));
    let log = eleven(&storage);
    let [key, _] = secrets(&log.reader(), ERASED);
    let stored = log.reader().entry(ERASED).unwrap().unwrap();
    let range = stored.body_range();
    drop(log);
    let segment = bytes(&storage, SEGMENT);
    let at = segment.windows(32).position(|window| window == key).unwrap() as u64;
    let file = storage.open(SEGMENT).unwrap();
    file.write_at(&[0; 3], at).unwrap();
    assert!(matches!(open(&storage).unwrap_err(), LedgerError::Damaged { .. }), "a torn body");
    file.write_at(&vec![0; usize::try_from(range.end - range.start).unwrap()], at).unwrap();
    let opened = open(&storage).unwrap();
    let refused = opened.eraser().check(None).unwrap_err();
    assert!(matches!(refused, LedgerError::Body { index: ERASED, .. }), "{refused}");
    assert!(opened.reader().parcel(0).is_err(), "no peer is told that it was erased");
}

#[test]
fn the_link_is_given_the_word_in_place_of_the_body_from_memory_and_from_the_disk() {
    let storage = SimStorage::new(Box::new(Faultless));
    let mut log = eleven(&storage);
    commit(&mut log, 11..13).unwrap();
    erase(&mut log, ERASED).unwrap();
    let by = log.reader().erased_by(ERASED).unwrap();
    let memory = log.reader();
    drop(log);
    let disk = open(&storage).unwrap().reader();
    for reader in [memory, disk] {
        let mut from = 0;
        let mut besides = Vec::new();
        while let Some(parcel) = reader.parcel(from).unwrap() {
            from = parcel.checkpoint.checkpoint().size;
            besides.extend(parcel.entries.into_iter().map(|entry| entry.beside));
        }
        assert_eq!(besides.len() as u64, reader.size());
        for (index, beside) in (0..).zip(besides) {
            assert_eq!(beside == Beside::Erased { by }, index == ERASED, "entry {index}");
        }
    }
}

#[test]
fn a_message_that_never_came_is_kept_without_a_body_and_what_must_follow_is_remembered() {
    let storage = SimStorage::new(Box::new(Faultless));
    let mut log = create(&storage);
    let unread = NewEntry { beside: Beside::Erased { by: 2 }, ..entry(1, 300) };
    log.commit(Batch { entries: vec![unread], evidence: Vec::new() }, &mut sign, &Seeded::new(1)).unwrap();
    for reader in [log.reader(), open(&storage).unwrap().reader()] {
        assert_eq!(reader.state().erasures.promised().iter().collect::<Vec<_>>(), [(&2, &1)]);
        assert_only_erased(&reader, 1);
    }
    let mut log = open(&storage).unwrap();
    erase(&mut log, 1).unwrap();
    for reader in [log.reader(), open(&storage).unwrap().reader()] {
        assert!(reader.state().erasures.promised().is_empty());
        assert_only_erased(&reader, 1);
    }
    log.eraser().check(None).unwrap();
}
