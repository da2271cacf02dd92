//! One message's evidence.

use std::fs;

use karakoro_audit::{BodyState, Report, Verdict, VerifyOptions};
use karakoro_proto::envelope::MessageId;
use karakoro_proto::identity::{Country, Role};
use karakoro_proto::key::SecretKey;
use karakoro_proto::leaf::{Basis, ErasedLog, Erasure, Leaf};
use karakoro_proto::log::evidence::{Evidence, ProvenEntry, ShownBody};
use karakoro_proto::log::merkle::{Hash, leaf_hash};
use karakoro_proto::log::proof::InclusionProver;
use karakoro_proto::log::tlog_proof::TlogProof;
use karakoro_proto::time::UnixMillis;

use crate::country::{Keys, body};
use crate::export::{Log, expect, policy, scratch, verify};

const MESSAGE: u64 = 7;

fn log() -> Log {
    Log::new(Country::MR, Country::ML, 6)
}

fn path(log: &Log, index: u64) -> Vec<Hash> {
    let mut prover = InclusionProver::new(index, log.entries.len() as u64).unwrap();
    log.entries.iter().for_each(|entry| prover.push(leaf_hash(entry)));
    prover.finish().unwrap().path
}

fn evidence(log: &Log, keys: &[usize], shown: ShownBody) -> Evidence {
    let published = |index: &usize| ProvenEntry {
        index: *index as u64,
        entry: log.entries[*index].clone(),
        path: path(log, *index as u64),
    };
    let checkpoint = log.cosigned().note().clone();
    Evidence {
        body: shown,
        leaf: log.entries[7].clone(),
        keys: keys.iter().map(published).collect(),
        policy: log.policy(),
        proof: TlogProof { extra: None, index: MESSAGE, path: path(log, MESSAGE), checkpoint },
    }
}

fn shown() -> ShownBody {
    ShownBody::Shown(body(log().origin, Country::ML, 7))
}

fn verify_text(text: &[u8]) -> Report {
    let dir = scratch();
    let file = dir.path().join("7.karakoro-evidence");
    fs::write(&file, text).unwrap();
    verify(&file)
}

fn verify_evidence(evidence: &Evidence) -> Report {
    verify_text(evidence.to_string().as_bytes())
}

#[test]
fn whole_evidence_agrees_and_says_what_was_shared_by_whom() {
    let report = verify_evidence(&evidence(&log(), &[0, 1, 3], shown()));
    expect(
        &report,
        Verdict::Agree,
        &[
            "AGREE  the message is entry 7 of karakoro/MR-ML/1: 10 entries",
            "from MR-HQ to ML, written at 2026-11-06T21:20:00.007Z",
            "Signed by spiffe://mr.karakoro.internal/officer/1 as author",
            "cosigned by karakoro/ML/receipt",
        ],
    );
}

#[test]
fn an_erased_message_stays_proven() {
    let (log, order) = erased_log(7, &Keys::of(Country::MR).key(Role::Officer));
    let report = verify_evidence(&evidence(&log, &[0, 1, 3], erased(&log, order)));
    expect(
        &report,
        Verdict::Agree,
        &[
            "Erased under authority-order (ordered by a court or an authority, TGI-2026/114)",
            "by order of spiffe://mr.karakoro.internal/officer/1",
        ],
    );
    let evidence_report = report.evidence.unwrap();
    assert_eq!(evidence_report.body, BodyState::Erased);
    assert_eq!(evidence_report.erased.unwrap().entry, order);
    let log = self::log();
    let withheld = verify_evidence(&evidence(&log, &[0, 1, 3], ShownBody::Withheld));
    expect(&withheld, Verdict::Agree, &["not part of this evidence"]);
}

/// The log, and behind it the entry that erases another one, by order of whoever has this key.
fn erased_log(entry: u64, by: &SecretKey) -> (Log, u64) {
    let mut log = log();
    let erasure = Erasure {
        log: ErasedLog::This,
        epoch: log.origin.epoch,
        entry,
        message: MessageId::new(UnixMillis::default(), [1; 10]),
        basis: Basis::AuthorityOrder.number(),
        reference: Some("TGI-2026/114".parse().unwrap()),
        time: UnixMillis::default(),
    };
    let order = log.entries.len() as u64;
    log.entries.push(Leaf::Erased(erasure.ordered_by(by, log.origin)).encode());
    (log, order)
}

fn erased(log: &Log, order: u64) -> ShownBody {
    let entry = log.entries[usize::try_from(order).unwrap()].clone();
    ShownBody::Erased(ProvenEntry { index: order, entry, path: path(log, order) })
}

#[test]
fn a_missing_body_is_believed_only_where_the_log_says_that_this_very_message_was_erased() {
    let officer = Keys::of(Country::MR).key(Role::Officer);
    let (log, order) = erased_log(8, &officer);
    let report = verify_evidence(&evidence(&log, &[0, 1, 3], erased(&log, order)));
    expect(&report, Verdict::Disagree, &["does not say that this message was erased"]);
    let (log, order) = erased_log(7, &officer);
    let verdict = verify_evidence(&evidence(&log, &[0, 1, 3], erased(&log, order - 1)));
    expect(&verdict, Verdict::Disagree, &["does not say that this message was erased"]);
    let mut moved = evidence(&log, &[0, 1, 3], erased(&log, order));
    if let ShownBody::Erased(by) = &mut moved.body {
        by.path.swap(0, 1);
    }
    expect(&verify_evidence(&moved), Verdict::Disagree, &["does not stand in the signed log"]);
    let (log, order) = erased_log(7, &Keys::of(Country::ML).key(Role::Officer));
    let foreign = verify_evidence(&evidence(&log, &[0, 1, 3], erased(&log, order)));
    expect(&foreign, Verdict::Disagree, &["has not published"]);
}

#[test]
fn a_flipped_byte_anywhere_in_evidence_disagrees() {
    let bytes = evidence(&log(), &[0, 1, 3], shown()).to_string().into_bytes();
    for position in 0..bytes.len() {
        let mut altered = bytes.clone();
        altered[position] ^= 1;
        let report = verify_text(&altered);
        assert_eq!(report.verdict, Verdict::Disagree, "byte {position}: {report}");
    }
}

#[test]
fn evidence_that_is_cut_off_or_empty_disagrees() {
    let bytes = evidence(&log(), &[0, 1, 3], shown()).to_string().into_bytes();
    for end in [0, 1, 100, bytes.len() / 2, bytes.len() - 1] {
        expect(&verify_text(&bytes[..end]), Verdict::Disagree, &["is no evidence"]);
    }
}

#[test]
fn a_file_that_is_not_there_could_not_be_checked() {
    let dir = scratch();
    let report =
        karakoro_audit::evidence::verify_evidence(&dir.path().join("none"), &VerifyOptions::default());
    expect(&report, Verdict::CouldNotCheck, &["cannot be read"]);
}

#[test]
fn another_body_does_not_open_the_commitment() {
    let other = ShownBody::Shown(body(log().origin, Country::ML, 8));
    let report = verify_evidence(&evidence(&log(), &[0, 1, 3], other));
    expect(&report, Verdict::Disagree, &["the body does not open the commitment", "content is not believed"]);
}

#[test]
fn evidence_without_the_officers_key_or_the_root_disagrees() {
    expect(&verify_evidence(&evidence(&log(), &[0, 1], shown())), Verdict::Disagree, &["signed by key"]);
    expect(
        &verify_evidence(&evidence(&log(), &[1, 3], shown())),
        Verdict::Disagree,
        &["entry 0 is not part"],
    );
    expect(&verify_evidence(&evidence(&log(), &[], shown())), Verdict::Disagree, &["entry 0 is not part"]);
}

#[test]
fn keys_stand_in_the_order_of_the_log() {
    let report = verify_evidence(&evidence(&log(), &[0, 3, 1], shown()));
    expect(&report, Verdict::Disagree, &["does not stand in the order of the log"]);
}

#[test]
fn evidence_without_the_logs_certificate_says_so() {
    let report = verify_evidence(&evidence(&log(), &[0, 3], shown()));
    expect(&report, Verdict::Agree, &["nothing here shows that the country certified the key of its log"]);
}

#[test]
fn a_message_at_another_entry_disagrees() {
    let mut moved = evidence(&log(), &[0, 1, 3], shown());
    moved.proof.index = 6;
    expect(&verify_evidence(&moved), Verdict::Disagree, &["entry 6: does not stand in the signed log"]);
}

#[test]
fn evidence_under_a_checkpoint_without_cosignature_could_not_be_checked() {
    let mut early = evidence(&log(), &[0, 1, 3], shown());
    early.proof.checkpoint = log().signed().note().clone();
    expect(&verify_evidence(&early), Verdict::CouldNotCheck, &["not cosigned"]);
}

#[test]
fn the_auditors_own_keys_decide() {
    let dir = scratch();
    let (file, own, root) = (dir.path().join("e"), dir.path().join("policy"), dir.path().join("root"));
    fs::write(&file, evidence(&log(), &[0, 1, 3], shown()).to_string()).unwrap();
    fs::write(&root, Keys::MR.certificate(Role::Root)).unwrap();
    let roots = [root.as_path()];
    let options = VerifyOptions { policy: Some(&own), roots: &roots, ..VerifyOptions::default() };
    fs::write(&own, log().policy().to_string()).unwrap();
    expect(&karakoro_audit::verify_path(&file, &options), Verdict::Agree, &["the policy given was used"]);
    fs::write(&own, policy(log().origin, &Keys::FALSE_MR, &Keys::ML).to_string()).unwrap();
    expect(&karakoro_audit::verify_path(&file, &options), Verdict::Disagree, &["is not signed by"]);
    fs::write(&own, log().policy().to_string()).unwrap();
    fs::write(&root, Keys::FALSE_MR.certificate(Role::Root)).unwrap();
    expect(
        &karakoro_audit::verify_path(&file, &options),
        Verdict::Disagree,
        &["is not the root certificate"],
    );
}

#[test]
fn evidence_for_a_key_is_no_evidence_of_a_message() {
    let log = log();
    let mut key = evidence(&log, &[0, 1], ShownBody::Withheld);
    key.leaf = log.entries[3].clone();
    key.proof.index = 3;
    key.proof.path = path(&log, 3);
    expect(&verify_evidence(&key), Verdict::Disagree, &["entry 3: is not a message"]);
}
