//! An auditor with files alone, after a real exchange.

use std::fs;
use std::path::{Path, PathBuf};

use karakoro_proto::envelope::MessageId;
use karakoro_tests::command::{self, Answer};
use karakoro_tests::countries::{Countries, Home};
use karakoro_tests::files::{copy, snapshot};
use karakoro_tests::officer::Officer;
use karakoro_tests::running;

/// Two countries that have exchanged; one message of Mauritania's.
fn exchanged() -> (Countries, MessageId) {
    let countries = Countries::new();
    let nodes = running::both(&countries.mr, &countries.ml);
    let mut last = None;
    for node in &nodes {
        let officer = Officer::of(node.home());
        let mut client = node.client();
        for number in 0..10 {
            let message = officer.alert(&format!("message {number}"));
            message.submit(&mut client).unwrap();
            last = last.or(Some(message.id));
        }
    }
    running::settled(&nodes);
    for node in nodes {
        assert!(node.stop().success());
    }
    (countries, last.unwrap())
}

fn export(home: &Home) -> PathBuf {
    let out = home.path.with_extension("export");
    command::at(&home.path, ["audit", "export", "--out", out.to_str().unwrap()]).expect_exit(0);
    out
}

fn compare(a: &Path, b: &Path) -> Answer {
    command::bare(["--json", "audit", "compare", a.to_str().unwrap(), b.to_str().unwrap()])
}

#[test]
fn the_exports_of_both_countries_agree() {
    let (countries, _) = exchanged();
    let [mr, ml] = countries.both().map(export);
    compare(&mr, &ml).expect_exit(0);
    for log in fs::read_dir(&mr).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        command::bare(["audit", "verify", log.to_str().unwrap()]).expect_exit(0);
    }
    let nowhere = countries.folder().join("nowhere");
    compare(&mr, &nowhere).expect_exit(3);
}

#[test]
fn an_export_that_was_tampered_with_does_not_agree() {
    let (countries, _) = exchanged();
    let [mr, ml] = countries.both().map(export);
    let tampered = countries.folder().join("tampered");
    for (path, bytes) in snapshot(&mr) {
        // Entries and tiles; what only people read is not evidence.
        let name = path.strip_prefix(&mr).unwrap().to_str().unwrap().to_owned();
        if !name.contains("tile/") || bytes.is_empty() {
            continue;
        }
        _ = fs::remove_dir_all(&tampered);
        copy(&mr, &tampered);
        let mut bytes = bytes.clone();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(tampered.join(&name), bytes).unwrap();
        let answer = compare(&tampered, &ml);
        assert!(matches!(answer.exit, Some(1 | 3)), "{name}: {answer:?}");
    }
}

#[test]
fn the_evidence_of_one_message_verifies_on_its_own() {
    let (countries, id) = exchanged();
    let _node = running::Node::start(&countries.mr, &[]);
    let file = countries.folder().join("one.evidence");
    let (id, file) = (id.to_string(), file.to_str().unwrap());
    command::at(&countries.mr.path, ["audit", "prove", &id, "--out", file]).expect_exit(0);
    command::bare(["audit", "verify", file]).expect_exit(0);
    let mut text = fs::read(file).unwrap();
    let middle = text.len() / 2;
    text[middle] ^= 1;
    fs::write(file, text).unwrap();
    let answer = command::bare(["audit", "verify", file]);
    assert!(matches!(answer.exit, Some(1 | 3)), "{answer:?}");
}
