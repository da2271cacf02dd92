//! What happens to a home on disk: lost and damaged indexes, damaged logs, torn tails, lost guards.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use karakoro_proto::envelope::MessageId;
use karakoro_tests::agreement;
use karakoro_tests::command::{self, Answer};
use karakoro_tests::countries::{Countries, Home};
use karakoro_tests::files::{assert_unchanged, copy, snapshot};
use karakoro_tests::officer::Officer;
use karakoro_tests::running::{self, Node, read_log};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

/// Two countries that have exchanged some messages and whose nodes have stopped.
fn after_an_exchange() -> Countries {
    let countries = Countries::new();
    let nodes = running::both(&countries.mr, &countries.ml);
    for node in &nodes {
        let officer = Officer::of(node.home());
        let mut client = node.client();
        for number in 0..30 {
            officer.alert(&format!("message {number}")).submit(&mut client).unwrap();
        }
    }
    running::settled(&nodes);
    assert!(nodes.map(Node::stop).iter().all(ExitStatus::success));
    countries
}

/// Everything that the boxes of a home show, but for what changes by itself: the line.
fn boxes(home: &Home) -> Vec<Value> {
    let _node = Node::start(home, &[]);
    let messages = |name| {
        let answer = command::at(&home.path, ["--json", name, "-n", "1000"]).expect_exit(0);
        answer.json()["messages"].clone()
    };
    vec![messages("inbox"), messages("sent")]
}

/// The one segment of a short log.
fn segment(log: &Path) -> PathBuf {
    log.join("00000001.segment")
}

fn guard(home: &Home) -> PathBuf {
    let folder = home.own_log();
    let name = folder.file_name().unwrap().to_str().unwrap();
    home.path.join("guard").join(format!("{name}.guard"))
}

/// Starts a node that must refuse; it must leave every file as it was.
#[track_caller]
fn assert_refused(home: &Home, words: &[&str]) {
    let before = snapshot(&home.path);
    let answer = run(home).expect_exit(6);
    answer.expect_talk(words);
    assert_unchanged(&home.path, &before);
}

fn run(home: &Home) -> Answer {
    command::at(&home.path, ["node", "run"])
}

#[test]
fn a_lost_index_is_made_again_and_gives_the_same_answers() {
    let countries = after_an_exchange();
    let before = boxes(&countries.mr);
    fs::remove_dir_all(countries.mr.path.join("data/index")).unwrap();
    assert_eq!(boxes(&countries.mr), before);
    assert!(read_log(&countries.mr).contains("the index was made anew from the logs"));
}

#[test]
fn a_damaged_index_is_made_again_and_gives_the_same_answers() {
    let countries = after_an_exchange();
    let before = boxes(&countries.mr);
    let whole = countries.folder().join("whole");
    let index = countries.mr.path.join("data/index");
    copy(&index, &whole);
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for round in 0..8 {
        fs::remove_dir_all(&index).unwrap();
        copy(&whole, &index);
        for (path, bytes) in snapshot(&index) {
            fs::write(path, damaged(bytes, round, &mut random)).unwrap();
        }
        assert_eq!(boxes(&countries.mr), before, "round {round}");
    }
}

/// Random bytes in random places, a cut-off end, an empty file, nothing but noise.
fn damaged(mut bytes: Vec<u8>, round: usize, random: &mut ChaCha8Rng) -> Vec<u8> {
    let length = bytes.len();
    match round % 4 {
        0 => {
            for _ in 0..length.div_ceil(64) {
                bytes[random.random_range(0..length)] = random.random();
            }
        }
        1 => bytes.truncate(length / 2),
        2 => bytes.clear(),
        _ => random.fill(&mut bytes[..]),
    }
    bytes
}

#[test]
fn an_index_of_another_home_is_made_again() {
    let countries = after_an_exchange();
    let before = boxes(&countries.mr);
    let index = |home: &Home| home.path.join("data/index");
    fs::remove_dir_all(index(&countries.mr)).unwrap();
    copy(&index(&countries.ml), &index(&countries.mr));
    assert_eq!(boxes(&countries.mr), before);
}

#[test]
fn a_flipped_bit_in_what_was_committed_keeps_the_node_from_starting() {
    let countries = after_an_exchange();
    let home = &countries.mr;
    let path = segment(&home.own_log());
    let whole = fs::read(&path).unwrap();
    let end = committed(home);
    let mut random = ChaCha8Rng::seed_from_u64(2);
    let anywhere = (0..16).map(|_| random.random_range(0..end)).collect::<Vec<_>>();
    for offset in [0, 3, 4, 5, 12, end - 1].into_iter().chain(anywhere) {
        let mut bytes = whole.clone();
        bytes[offset] ^= 1 << (offset % 8);
        fs::write(&path, bytes).unwrap();
        assert_refused(home, &["MR-ML_1", "damaged at byte", "backup"]);
    }
    fs::write(&path, whole).unwrap();
    drop(Node::start(home, &[]));
}

/// Up to where the records of entries reach in the only segment of our own log. What stands behind the
/// last entry (checkpoints, evidence) is not signed for, and may be torn.
fn committed(home: &Home) -> usize {
    let [own, _] = agreement::view(home);
    let mut end = 0;
    for record in own.records(karakoro_node::ledger::log::Position::START) {
        let record = record.unwrap();
        if matches!(record.record, karakoro_node::ledger::record::Record::Entry(_)) {
            end = record.after.offset;
        }
    }
    usize::try_from(end).unwrap()
}

#[test]
fn a_log_that_is_shorter_than_was_signed_keeps_the_node_from_starting() {
    let countries = after_an_exchange();
    let home = &countries.mr;
    let path = segment(&home.own_log());
    let whole = fs::read(&path).unwrap();
    for length in [0, 100, committed(home) / 2, committed(home) - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        assert_refused(home, &["MR-ML_1"]);
    }
}

#[test]
fn an_older_copy_of_the_log_keeps_the_node_from_starting() {
    let countries = after_an_exchange();
    let home = &countries.mr;
    let backup = countries.folder().join("backup");
    copy(&home.own_log(), &backup);
    let node = Node::start(home, &[]);
    Officer::of(home).alert("after the backup").submit(&mut node.client()).unwrap();
    assert!(node.stop().success());
    fs::remove_dir_all(home.own_log()).unwrap();
    copy(&backup, &home.own_log());
    assert_refused(home, &["signed", "MR-ML_1"]);
}

#[test]
fn a_torn_tail_is_dropped_and_nothing_committed_is_lost() {
    let countries = after_an_exchange();
    let home = &countries.mr;
    let path = segment(&home.own_log());
    let [own, mirror] = agreement::view(home);
    let (size, root) = (own.size(), own.newest().unwrap().checkpoint().root);
    let held = mirror.size();
    let whole = fs::read(&path).unwrap();
    let end = usize::try_from(own.end().offset).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let mut noise = vec![0; 3000];
    random.fill(&mut noise[..]);
    let cut = |length: usize| whole[..length].to_vec();
    let with_noise = |length: usize| [&whole[..end], &noise[..length]].concat();
    let home_before = countries.folder().join("before");
    copy(&home.path, &home_before);
    for torn in [cut(end), cut(end + 1), cut(end + 8), with_noise(1), with_noise(9), with_noise(3000)] {
        fs::remove_dir_all(&home.path).unwrap();
        copy(&home_before, &home.path);
        fs::write(&path, torn).unwrap();
        drop(Node::start(home, &[]));
        let [own, mirror] = agreement::view(home);
        assert!(own.size() >= size && mirror.size() == held, "entries were lost");
        assert_eq!(own.root_at(size).unwrap(), Some(root));
    }
}

#[test]
fn an_entry_that_was_written_and_never_signed_is_dropped() {
    let countries = after_an_exchange();
    let home = &countries.mr;
    let path = segment(&home.own_log());
    let before = fs::read(&path).unwrap();
    let guard_before = fs::read(guard(home)).unwrap();
    let size = agreement::view(home)[0].size();
    let node = Node::start(home, &[]);
    let lost = Officer::of(home).alert("lost");
    lost.submit(&mut node.client()).unwrap();
    assert!(node.stop().success());
    // As if the power had gone between the two syncs: the entry is on the disk, the guard is not.
    fs::write(guard(home), guard_before).unwrap();
    assert_ne!(fs::read(&path).unwrap(), before);
    assert_eq!(agreement::view(home)[0].size(), size);
    let node = Node::start(home, &[]);
    let show = |id: MessageId| command::at(&home.path, ["show", &id.to_string()]);
    show(lost.id).expect_exit(1);
    // Its officer was told of no entry, and submits it again.
    lost.submit(&mut node.client()).unwrap();
    show(lost.id).expect_exit(0);
}

#[test]
fn without_its_guard_a_log_is_not_opened() {
    let countries = after_an_exchange();
    let home = &countries.mr;
    let whole = fs::read(guard(home)).unwrap();
    fs::remove_file(guard(home)).unwrap();
    assert_refused(home, &["guard", "missing", "Put the file back"]);
    for damaged in [Vec::new(), vec![0; whole.len()], whole[..whole.len() / 8].to_vec()] {
        fs::write(guard(home), damaged).unwrap();
        assert_refused(home, &["guard", "damaged", "Put the file back"]);
    }
    fs::write(guard(home), whole).unwrap();
    drop(Node::start(home, &[]));
}

#[test]
fn a_home_serves_one_node() {
    let countries = Countries::new();
    let first = Node::start(&countries.mr, &[]);
    run(&countries.mr).expect_exit(3).expect_talk(&["another process", "data/lock"]);
    // The first one was not disturbed.
    assert_eq!(first.status().frozen, None);
    assert!(first.stop().success());
}
