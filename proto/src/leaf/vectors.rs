//! Leaves as files: `tests/vectors/leaf`.

use std::collections::BTreeMap;

use super::*;
use crate::accord::{AccordHash, AccordId};
use crate::envelope::MessageId;
use crate::testing::vectors::{assert_same, read, value};
use crate::testing::{MR, hex, unhex};
use crate::time::UnixMillis;

type Case = (&'static str, &'static str, Vec<u8>, Result<(), LeafError>);

fn message(signatures: usize) -> Vec<u8> {
    let signature = |n: usize| OfficerSignature {
        purpose: if n == 0 { SigningPurpose::Author } else { SigningPurpose::Approver },
        key: KeyId([u8::try_from(n).unwrap(); 8]),
        signature: [9; SIGNATURE_LEN],
    };
    let signatures = (0..signatures).map(signature).collect();
    Leaf::Message(MessageLeaf { commitment: Commitment([3; 32]), signatures }).encode()
}

fn verdict(count: u32, verdict: Verdict) -> Vec<u8> {
    Leaf::Verdict(VerdictLeaf { epoch: Epoch::FIRST, first: 17, count, verdict }).encode()
}

fn accepted() -> Vec<u8> {
    verdict(3, Verdict::Accepted)
}

fn refused() -> Vec<u8> {
    verdict(1, Verdict::Refused { code: 2, path: "alert.info[1].area[0]".into() })
}

fn erased(log: ErasedLog, basis: u8, ordered: Ordered) -> Vec<u8> {
    let message = MessageId::new(UnixMillis::default(), [5; 10]);
    let (epoch, time) = (Epoch::FIRST, UnixMillis::default());
    let erasure = Erasure { log, epoch, entry: 7, message, basis, reference: None, time };
    Leaf::Erased(ErasedLeaf { erasure, ordered }).encode()
}

fn by_officer() -> Vec<u8> {
    let Ok(Leaf::Erased(leaf)) = Leaf::decode(&erased(ErasedLog::This, 1, Ordered::Accord)) else {
        unreachable!()
    };
    let reference = Some("TGI-2026/114".parse().unwrap());
    let basis = Basis::AuthorityOrder.number();
    let erasure = Erasure { basis, reference, ..leaf.erasure };
    Leaf::Erased(erasure.ordered_by(&MR.officer_key(), MR.writes())).encode()
}

/// The second accord, with a hash of nothing in particular.
fn accord() -> Vec<u8> {
    let accord = AccordId { version: 2, hash: AccordHash([7; 32]) };
    let effective = UnixMillis::from_seconds(1_794_000_000).unwrap();
    Leaf::Accord(AccordLeaf { accord, effective }).encode()
}

/// The same bytes with some of them overwritten.
fn with(mut bytes: Vec<u8>, at: usize, new: &[u8]) -> Vec<u8> {
    bytes[at..at + new.len()].copy_from_slice(new);
    bytes
}

fn cut(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.pop();
    bytes
}

fn longer(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.push(0);
    bytes
}

fn accept() -> Vec<Case> {
    let key = KeyLeaf { action: KeyAction::Publish, certificate: MR.officer.to_vec() };
    let mut cases = vec![
        ("message_one_signature", "The smallest message: 108 bytes.", message(1)),
        ("message_four_signatures", "As many signatures as a message may have.", message(MAX_SIGNATURES)),
        ("verdict_accepted", "Entries 17 to 19 accepted.", accepted()),
        ("verdict_refused", "Entry 17 refused, with a path.", refused()),
        ("verdict_unknown_code", "A code of a later version.", with(refused(), 19, &[0xff, 0xff])),
        (
            "anchor",
            "A note, not looked at here.",
            Leaf::Anchor(AnchorLeaf { note: b"note\n".to_vec() }).encode(),
        ),
        ("key", "A certificate, not looked at here.", Leaf::Key(key).encode()),
        (
            "erased_by_officer",
            "Entry 7 of this log, by order of an officer, with a case number.",
            by_officer(),
        ),
        (
            "erased_by_accord",
            "The time for keeping entry 7 is over.",
            erased(ErasedLog::This, 1, Ordered::Accord),
        ),
        (
            "erased_by_writer",
            "Entry 7 of the opposite log, whose writer erased it.",
            erased(ErasedLog::Opposite, 4, Ordered::Writer),
        ),
        (
            "erased_unknown_basis",
            "A basis of a later version.",
            erased(ErasedLog::Opposite, 200, Ordered::Writer),
        ),
        ("accord", "The accord that a log stands under from here on.", accord()),
        ("unknown_kind", "Of a later version.", vec![1, 200, 1, 2, 3]),
        ("unknown_kind_empty", "The shortest leaf.", vec![1, 0]),
    ];
    let most = Leaf::Unknown { kind: 200, rest: vec![0; MAX_LEAF_BYTES - 2] };
    cases.push(("largest", "As many bytes as a leaf may have.", most.encode()));
    cases.into_iter().map(|(name, claim, bytes)| (name, claim, bytes, Ok(()))).collect()
}

fn refuse() -> Vec<Case> {
    let field = |field, value| Err(LeafError::Field { field, value });
    let truncated = || Err(LeafError::Truncated);
    vec![
        ("empty", "No version.", vec![], truncated()),
        ("no_kind", "A version alone.", vec![1], truncated()),
        ("version_0", "Versions begin at 1.", vec![0, 200], Err(LeafError::Version(0))),
        ("version_2", "A later layout.", vec![2, 200], Err(LeafError::Version(2))),
        (
            "too_large",
            "One byte too many.",
            vec![1; MAX_LEAF_BYTES + 1],
            Err(LeafError::TooLarge(MAX_LEAF_BYTES + 1)),
        ),
        ("message_truncated", "One byte is missing.", cut(message(1)), truncated()),
        ("message_trailing", "One byte too many.", longer(message(1)), Err(LeafError::Trailing(1))),
        (
            "message_no_signature",
            "Nobody signed.",
            with(message(1), 34, &[0]),
            field("number of signatures", 0),
        ),
        (
            "message_five_signatures",
            "One signature too many.",
            with(message(4), 34, &[5]),
            field("number of signatures", 5),
        ),
        ("message_purpose_0", "No capacity.", with(message(1), 35, &[0]), field("signing purpose", 0)),
        (
            "message_purpose_3",
            "An unknown capacity.",
            with(message(1), 35, &[3]),
            field("signing purpose", 3),
        ),
        ("verdict_truncated", "One byte is missing.", cut(refused()), truncated()),
        ("verdict_trailing", "One byte too many.", longer(accepted()), Err(LeafError::Trailing(1))),
        ("verdict_epoch_0", "Epochs begin at 1.", with(accepted(), 2, &[0; 4]), field("epoch", 0)),
        ("verdict_of_nothing", "A count of 0.", with(accepted(), 14, &[0; 4]), field("verdict", 1)),
        ("verdict_outcome_3", "An unknown outcome.", with(accepted(), 18, &[3]), field("verdict", 3)),
        (
            "verdict_accepted_with_code",
            "An acceptance with a code.",
            with(accepted(), 19, &[0, 2]),
            field("verdict", 1),
        ),
        (
            "verdict_refused_without_code",
            "A refusal without one.",
            with(refused(), 19, &[0, 0]),
            field("verdict", 2),
        ),
        (
            "verdict_refused_together",
            "A refusal stands alone.",
            with(refused(), 14, &[0, 0, 0, 2]),
            field("verdict", 2),
        ),
        (
            "verdict_path_not_utf8",
            "The path is text.",
            with(refused(), 22, &[0xff]),
            Err(LeafError::PathNotUtf8),
        ),
        (
            "verdict_past_the_end",
            "Entries past 2^64.",
            with(accepted(), 6, &[0xff; 8]),
            field("first entry judged", u64::MAX),
        ),
        ("erased_truncated", "One byte is missing.", cut(by_officer()), truncated()),
        ("erased_trailing", "One byte too many.", longer(by_officer()), Err(LeafError::Trailing(1))),
        ("erased_log_0", "In no log.", with(by_officer(), 2, &[0]), field("erased log", 0)),
        ("erased_epoch_0", "Epochs begin at 1.", with(by_officer(), 3, &[0; 4]), field("epoch", 0)),
        (
            "erased_no_message",
            "The id is of version 4.",
            with(by_officer(), 21, &[0x40]),
            Err(LeafError::NoMessageId),
        ),
        ("erased_basis_0", "Without a basis.", with(by_officer(), 31, &[0]), field("basis", 0)),
        (
            "erased_reference_with_a_name",
            "Small letters make words, not numbers.",
            with(by_officer(), 33, b"tgi"),
            Err(LeafError::NoReference),
        ),
        ("erased_order_4", "On nobody's word.", with(by_officer(), 53, &[4]), field("order", 4)),
        (
            "erased_by_accord_for_another_basis",
            "The accord ends retention and nothing else.",
            erased(ErasedLog::This, 4, Ordered::Accord),
            field("order", 2),
        ),
        (
            "erased_by_writer_in_its_own_log",
            "The writer has nobody to obey.",
            erased(ErasedLog::This, 4, Ordered::Writer),
            field("order", 3),
        ),
        ("key_no_action", "An action is missing.", vec![1, 5], truncated()),
        ("key_action_2", "An unknown action.", vec![1, 5, 2, 0x30], field("key action", 2)),
        ("accord_truncated", "One byte is missing.", cut(accord()), truncated()),
        ("accord_trailing", "One byte too many.", longer(accord()), Err(LeafError::Trailing(1))),
        ("accord_0", "Accords are numbered from 1.", with(accord(), 2, &[0; 4]), field("accord", 0)),
        (
            "accord_effective_past_9999",
            "No time that people could write.",
            with(accord(), 38, &[0xff; 8]),
            field("effective time", u64::MAX),
        ),
    ]
}

fn file(claim: &str, bytes: &[u8], verdict: &Result<(), LeafError>) -> String {
    let verdict = match verdict {
        Ok(()) => "accept".to_owned(),
        Err(error) => format!("refuse {error}"),
    };
    format!("# {claim}\nleaf {}\n{verdict}\n", hex(bytes))
}

#[test]
fn leaf_vectors_on_disk_are_what_the_cases_make() {
    let cases = [accept(), refuse()].concat();
    let files: BTreeMap<_, _> = cases
        .iter()
        .map(|(name, claim, bytes, verdict)| ((*name).to_owned(), file(claim, bytes, verdict)))
        .collect();
    assert_eq!(files.len(), cases.len(), "two cases of one name");
    assert_same("leaf", &files);
}

#[test]
fn every_leaf_vector_reads_as_it_says() {
    for (name, text) in read("leaf") {
        let bytes = unhex(value(&text, "leaf"));
        let claim = text.lines().next().unwrap().trim_start_matches("# ").to_owned();
        let read = Leaf::decode(&bytes);
        assert_eq!(file(&claim, &bytes, &read.clone().map(|_| ())), text, "{name}");
        if let Ok(leaf) = read {
            assert_eq!(leaf.encode(), bytes, "{name}: a leaf has one encoding");
        }
    }
}
