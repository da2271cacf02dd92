//! Two exports against each other.

use std::path::Path;

use karakoro_audit::{Report, Verdict, VerifyOptions, compare::compare};
use karakoro_proto::identity::{Country, Course, Epoch, Origin};

use crate::export::{Log, expect, scratch};

const MR: Country = Country::MR;
const ML: Country = Country::ML;

fn comparison(a: &[&Log], b: &[&Log]) -> Report {
    let (dir_a, dir_b) = (scratch(), scratch());
    export_all(a, dir_a.path());
    export_all(b, dir_b.path());
    compare(dir_a.path(), dir_b.path(), &VerifyOptions::default())
}

fn export_all(logs: &[&Log], dir: &Path) {
    logs.iter().for_each(|log| drop(log.export(dir)));
}

#[test]
fn two_equal_exports_agree_in_both_directions() {
    let mr = Log::new(MR, ML, 300);
    let ml = Log::new(ML, MR, 2);
    let report = comparison(&[&mr, &ml], &[&mr, &ml]);
    expect(
        &report,
        Verdict::Agree,
        &["BOTH LOGS AGREE up to entry 303 (root ", "BOTH LOGS AGREE up to entry 5 (root "],
    );
}

#[test]
fn a_copy_that_lags_agrees_and_says_by_how_much() {
    let short = Log::new(MR, ML, 290);
    let long = Log::new(MR, ML, 302);
    let report = comparison(&[&long], &[&short]);
    expect(&report, Verdict::Agree, &["BOTH LOGS AGREE up to entry 293", "B is 12 entries behind"]);
    assert_eq!(report.pairs[0].common_root, Some(short.checkpoint().root));
}

#[test]
fn a_fork_disagrees_with_both_signed_heads() {
    let mut one = Log::new(MR, ML, 270);
    let mut other = one.clone();
    one.add_message();
    other.add_verdict();
    let report = comparison(&[&one], &[&other]);
    expect(
        &report,
        Verdict::Disagree,
        &[
            "LOGS DISAGREE last common entry 273, first difference 274",
            "two histories, both signed by its key",
            "A: karakoro/MR-ML/1: 275 entries",
            "B: karakoro/MR-ML/1: 275 entries",
        ],
    );
    let pair = &report.pairs[0];
    assert_eq!((pair.common, pair.first_difference), (274, Some(274)));
    assert_eq!(pair.b.note, other.cosigned().to_string());
    assert_eq!(report.verdict.exit_code(), 1);
}

#[test]
fn two_histories_of_different_lengths_disagree() {
    let mut one = Log::new(MR, ML, 3);
    let mut other = one.clone();
    other.add_verdict();
    other.add_message();
    one.add_message();
    let report = comparison(&[&one], &[&other]);
    expect(&report, Verdict::Disagree, &["last common entry 6, first difference 7", "two histories"]);
}

#[test]
fn a_copy_that_was_altered_disagrees_without_accusing_the_writer() {
    let (dir_a, dir_b) = (scratch(), scratch());
    let log = Log::new(MR, ML, 3);
    log.export(dir_a.path());
    let folder = log.export(dir_b.path());
    let mut altered = log.clone();
    altered.entries.swap(4, 5);
    altered.write_tiles(&folder);
    let report = compare(dir_a.path(), dir_b.path(), &VerifyOptions::default());
    expect(&report, Verdict::Disagree, &["first difference 4", "hold different entries", "states root"]);
    assert!(!report.to_string().contains("two histories"));
}

#[test]
fn a_copy_that_is_not_cosigned_could_not_be_checked() {
    let (dir_a, dir_b) = (scratch(), scratch());
    let log = Log::new(MR, ML, 3);
    log.export(dir_a.path());
    let folder = log.export(dir_b.path());
    std::fs::write(folder.join("checkpoint"), log.signed().to_string()).unwrap();
    let report = compare(dir_a.path(), dir_b.path(), &VerifyOptions::default());
    expect(&report, Verdict::CouldNotCheck, &["COULD NOT CHECK  karakoro/MR-ML/1: the copies are the same"]);
}

#[test]
fn a_log_of_the_exchange_on_one_side_only_could_not_be_checked() {
    let mr = Log::new(MR, ML, 3);
    let ml = Log::new(ML, MR, 3);
    let report = comparison(&[&mr, &ml], &[&mr]);
    expect(&report, Verdict::CouldNotCheck, &["karakoro/ML-MR/1 is not in the other export"]);
    let report = comparison(&[&mr], &[&ml]);
    expect(&report, Verdict::CouldNotCheck, &["no log in common"]);
}

#[test]
fn anchors_that_fit_the_opposite_log_are_counted() {
    let ml = Log::new(ML, MR, 4);
    let mut mr = Log::new(MR, ML, 1);
    mr.add_anchor(&Log::new(ML, MR, 2).cosigned());
    mr.add_anchor(&ml.cosigned());
    mr.add_anchor(&Log::new(ML, MR, 9).cosigned());
    let report = comparison(&[&mr, &ml], &[&mr, &ml]);
    expect(
        &report,
        Verdict::Agree,
        &[
            "2 anchors of karakoro/ML-MR/1 in karakoro/MR-ML/1 are right, up to 8 entries",
            "1 anchor of karakoro/ML-MR/1 in karakoro/MR-ML/1 reach past the copy at hand",
        ],
    );
}

#[test]
fn an_anchor_of_another_history_disagrees() {
    let ml = Log::new(ML, MR, 4);
    let mut other = Log::new(ML, MR, 1);
    other.add_verdict();
    let mut mr = Log::new(MR, ML, 1);
    mr.add_anchor(&other.cosigned());
    let report = comparison(&[&mr, &ml], &[&mr, &ml]);
    expect(&report, Verdict::Disagree, &["entry 5: anchors karakoro/ML-MR/1 at 6 entries with root"]);
}

#[test]
fn epochs_are_logs_of_their_own() {
    let first = Log::new(MR, ML, 3);
    let Course::Link(_) = first.origin.course else { unreachable!("a link") };
    let origin = Origin { epoch: Epoch::new(2).unwrap(), ..first.origin };
    let second = Log { origin, ..Log::new(MR, ML, 0) };
    let report = comparison(&[&first, &second], &[&first, &second]);
    expect(&report, Verdict::Agree, &["karakoro/MR-ML/1", "karakoro/MR-ML/2"]);
    assert_eq!(report.pairs.len(), 2);
}

/// Both logs of a link, each with the accord 1 of its hash.
fn under(mr: u8, ml: u8) -> [Log; 2] {
    let (mut to_ml, mut to_mr) = (Log::new(MR, ML, 1), Log::new(ML, MR, 1));
    to_ml.add_accord(1, mr);
    to_mr.add_accord(1, ml);
    [to_ml, to_mr]
}

#[test]
fn logs_that_anchor_the_same_accord_agree_and_say_which() {
    let [mut mr, ml] = under(0xaa, 0xaa);
    let words = "both anchor accord 1 (aaaaaaaa), in force since";
    expect(&comparison(&[&mr, &ml], &[&mr, &ml]), Verdict::Agree, &[words]);
    mr.add_accord(2, 0xbb);
    let alone = "karakoro/MR-ML/1 anchors accord 2 (bbbbbbbb), in force since";
    expect(
        &comparison(&[&mr, &ml], &[&mr, &ml]),
        Verdict::Agree,
        &[words, alone, "; karakoro/ML-MR/1 does not"],
    );
}

#[test]
fn logs_that_anchor_different_accords_of_one_number_disagree() {
    let [mr, ml] = under(0xaa, 0xbb);
    let report = comparison(&[&mr, &ml], &[&mr, &ml]);
    expect(
        &report,
        Verdict::Disagree,
        &["entry 5: anchors accord 1 (", "the two countries go by different accords"],
    );
}
