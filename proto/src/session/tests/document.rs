//! `docs/protocol.md` says what the code does: codes, limits, and a vector for every rule.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::CloseCode;
use crate::leaf::Basis;
use crate::refusal::RefusalCode;
use crate::testing::vectors::{lines, read, repository};
use crate::{envelope, keyring, leaf, session, wire};

fn document() -> String {
    std::fs::read_to_string(repository().join("docs/protocol.md")).unwrap()
}

/// The rows of every table whose head is this, each as its cells.
fn rows(document: &str, head: &str) -> Vec<Vec<String>> {
    let table =
        document.split(&format!("| {head} |\n")).nth(1).unwrap_or_else(|| panic!("no table `{head}`"));
    let cells = |row: &str| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
    table.lines().skip(1).take_while(|line| line.starts_with('|')).map(cells).collect()
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn every_close_code_stands_in_the_document_with_its_number() {
    let documented = rows(&document(), "number | name | meaning");
    let expected = CloseCode::ALL.map(|code| [code.number().to_string(), code.name().to_owned()]);
    let found: Vec<_> = documented.iter().map(|row| [row[0].clone(), row[1].clone()]).collect();
    assert_eq!(found, expected);
}

#[test]
fn every_refusal_code_stands_in_the_document_in_its_words() {
    let row = |code: &RefusalCode| vec![code.number().to_string(), code.sentence().en.to_owned()];
    let expected: Vec<_> = RefusalCode::ALL.iter().map(row).collect();
    assert_eq!(rows(&document(), "code | meaning"), expected);
}

#[test]
fn every_basis_of_erasure_stands_in_the_document_in_its_words() {
    let row = |basis: Basis| {
        let meaning = Basis::describe(basis.number()).to_owned();
        vec![basis.number().to_string(), format!("`{}`", basis.name()), meaning]
    };
    assert_eq!(rows(&document(), "basis | name | meaning"), Basis::ALL.map(row));
}

#[test]
fn every_limit_has_its_value_in_the_document() {
    let documented: BTreeMap<_, _> = rows(&document(), "constant | value | why")
        .into_iter()
        .map(|row| (row[0].trim_matches('`').to_owned(), row[1].clone()))
        .collect();
    let numbers = [
        ("MAX_FRAME_BYTES", wire::MAX_FRAME_BYTES),
        ("MAX_FRAME_PARTS", session::MAX_FRAME_PARTS),
        ("MAX_LEAF_BYTES", leaf::MAX_LEAF_BYTES),
        ("MAX_NOTE_BYTES", session::MAX_NOTE_BYTES),
        ("MAX_HEADER_BYTES", envelope::MAX_HEADER_BYTES),
        ("MAX_PAYLOAD_BYTES", envelope::MAX_PAYLOAD_BYTES),
        ("MAX_BODY_BYTES", envelope::MAX_BODY_BYTES),
        ("MAX_SIGNATURES", leaf::MAX_SIGNATURES),
        ("MAX_REFS", envelope::MAX_REFS),
        ("MAX_PATH_BYTES", leaf::MAX_PATH_BYTES),
        ("MAX_REFERENCE_BYTES", leaf::MAX_REFERENCE_BYTES),
        ("MAX_KEYS", keyring::MAX_KEYS),
        ("MAX_PARCEL_ENTRIES", session::MAX_PARCEL_ENTRIES),
        ("MAX_PARCEL_BYTES", session::MAX_PARCEL_BYTES),
        ("MAX_PARCELS_IN_FLIGHT", session::MAX_PARCELS_IN_FLIGHT),
        ("MAX_STAGED_ENTRIES", session::MAX_STAGED_ENTRIES),
        ("MAX_STAGED_BYTES", session::MAX_STAGED_BYTES),
        ("MAX_PROMISED_ERASURES", session::MAX_PROMISED_ERASURES),
    ];
    let mut expected: BTreeMap<_, _> =
        numbers.map(|(name, value)| (name.to_owned(), value.to_string())).into_iter().collect();
    expected.insert("HELLO_TIMEOUT".into(), format!("{} s", session::HELLO_TIMEOUT.as_secs()));
    expected.insert("MAX_SIZE".into(), format!("2^{}", crate::log::merkle::MAX_SIZE.ilog2()));
    assert_eq!(documented, expected);
}

#[test]
fn every_rule_names_vectors_that_end_as_it_says_and_every_vector_has_a_rule() {
    let mut vectors = read("link");
    vectors.remove("start");
    for row in rows(&document(), "rule | ends with | vectors") {
        for name in quoted(&row[2]) {
            let text =
                vectors.remove(name).unwrap_or_else(|| panic!("`{name}` is no vector, or named twice"));
            let close = lines(&text).find(|(word, _)| *word == "close").map_or("-", |(_, code)| code);
            assert_eq!(close, row[1], "{name}");
        }
    }
    assert_eq!(vectors.keys().collect::<Vec<_>>(), Vec::<&String>::new(), "vectors without a rule");
}

#[test]
fn every_leaf_and_envelope_vector_is_named_in_the_document() {
    let document = document();
    for folder in ["leaf", "envelope"] {
        let prefix = format!("{folder}/");
        let named: BTreeSet<_> =
            quoted(&document).filter_map(|word| word.strip_prefix(&prefix)).map(str::to_owned).collect();
        assert_eq!(named, read(folder).into_keys().collect(), "{folder}");
    }
}
