//! One log from its files.

use std::fs;
use std::path::Path;

use karakoro_audit::{Verdict, VerifyOptions};
use karakoro_proto::identity::{Country, Origin, Role};
use karakoro_proto::key::SecretKey;
use karakoro_proto::leaf::Leaf;
use karakoro_proto::log::checkpoint::{Checkpoint, SignedCheckpoint};
use karakoro_proto::log::merkle::EMPTY_ROOT;
use karakoro_proto::log::tile::TileBuilder;

use crate::country::{Keys, body, key_leaf, message_leaf};
use crate::export::{Log, expect, files, policy, scratch, varied_log, verify, write};

fn verify_with(path: &Path, options: &VerifyOptions<'_>) -> karakoro_audit::Report {
    karakoro_audit::verify_path(path, options)
}

#[test]
fn a_whole_export_agrees_and_says_who_signed_what() {
    let dir = scratch();
    let folder = varied_log().export(dir.path());
    for path in [folder.as_path(), dir.path()] {
        let report = verify(path);
        expect(
            &report,
            Verdict::Agree,
            &[
                "AGREE  karakoro/MR-ML/1: 10 entries, root ",
                "signed by karakoro/MR-ML/1, cosigned by karakoro/ML/receipt at 2026-11-06T21:21:40Z",
                "3 messages, 1 verdict, 1 anchor, 4 keys, 1 of unknown kinds",
                "the keys relied on came with the files",
                "Root certificate: ",
            ],
        );
        assert_eq!(report.verdict.exit_code(), 0);
    }
}

#[test]
fn the_accords_of_a_log_are_counted_and_named() {
    let dir = scratch();
    let mut log = Log::new(Country::MR, Country::ML, 1);
    log.add_accord(1, 0xaa);
    log.add_accord(2, 0xbb);
    let report = verify(&log.export(dir.path()));
    let second = "Entry 6 anchors accord 2 (bbbbbbbb), in force since 1970-01-01T00:00:02Z";
    expect(&report, Verdict::Agree, &["2 accords", "Entry 5 anchors accord 1 (aaaaaaaa)", second]);
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(json["logs"][0]["accords"][1]["hash"], "bb".repeat(32));
    assert_eq!(json["logs"][0]["leaves"]["accords"], 2);
}

#[test]
fn accords_of_one_log_follow_on_each_other() {
    for version in [1, 2] {
        let dir = scratch();
        let mut log = Log::new(Country::MR, Country::ML, 1);
        log.add_accord(2, 0xaa);
        log.add_accord(version, 0xbb);
        let faults = ["entry 6: anchors accord", "which does not follow on accord 2 (aaaaaaaa) before it"];
        expect(&verify(&log.export(dir.path())), Verdict::Disagree, &faults);
    }
}

#[test]
fn the_json_form_holds_the_verdict_and_whole_hashes() {
    let dir = scratch();
    let log = varied_log();
    let json: serde_json::Value = serde_json::from_str(&verify(&log.export(dir.path())).to_json()).unwrap();
    assert_eq!(json["schema"], "karakoro/audit-report/v1");
    assert_eq!((json["ok"].as_bool(), json["verdict"].as_str()), (Some(true), Some("agree")));
    assert_eq!(json["logs"][0]["head"]["root"], log.checkpoint().root.to_hex());
    assert_eq!(json["logs"][0]["leaves"]["messages"], 3);
}

#[test]
fn logs_of_every_shape_of_tiles_agree() {
    for messages in [0, 251, 252, 253, 509] {
        let dir = scratch();
        let report = verify(&Log::new(Country::MR, Country::ML, messages).export(dir.path()));
        expect(&report, Verdict::Agree, &[]);
        assert_eq!(report.logs[0].leaves.messages, u64::from(messages));
    }
}

#[test]
fn an_empty_log_agrees_and_says_that_nothing_certifies_its_key() {
    let dir = scratch();
    let log = Log { entries: Vec::new(), ..Log::new(Country::MR, Country::ML, 0) };
    assert_eq!(log.checkpoint().root, EMPTY_ROOT);
    expect(&verify(&log.export(dir.path())), Verdict::Agree, &["0 entries", "the log is empty"]);
}

#[test]
fn a_flipped_byte_anywhere_in_an_export_disagrees_and_names_the_file() {
    let dir = scratch();
    let folder = varied_log().export(dir.path());
    for file in files(&folder) {
        let bytes = fs::read(&file).unwrap();
        for (position, flip) in (0..bytes.len()).flat_map(|position| [(position, 0x01), (position, 0x20)]) {
            let mut altered = bytes.clone();
            altered[position] ^= flip;
            fs::write(&file, &altered).unwrap();
            let report = verify(&folder);
            let name = file.strip_prefix(&folder).unwrap().to_str().unwrap();
            assert_eq!(report.verdict, Verdict::Disagree, "{name} byte {position} ^ {flip}: {report}");
            let mut places = report.logs[0].findings.iter().map(|finding| finding.place.file.as_str());
            assert!(places.any(|place| place == name), "{name} byte {position} ^ {flip}: {report}");
        }
        fs::write(&file, &bytes).unwrap();
    }
    expect(&verify(&folder), Verdict::Agree, &[]);
}

#[test]
fn a_flipped_byte_of_a_checkpoint_disagrees_under_the_auditors_own_policy() {
    let dir = scratch();
    let log = varied_log();
    let folder = log.export(dir.path());
    let own = dir.path().join("own-policy");
    fs::write(&own, log.policy().to_string()).unwrap();
    let options = VerifyOptions { policy: Some(&own), ..VerifyOptions::default() };
    let note = fs::read(folder.join("checkpoint")).unwrap();
    for position in 0..note.len() {
        let mut altered = note.clone();
        altered[position] ^= 1;
        fs::write(folder.join("checkpoint"), &altered).unwrap();
        let report = verify_with(&folder, &options);
        assert_eq!(report.verdict, Verdict::Disagree, "byte {position}: {report}");
    }
}

#[test]
fn an_altered_entry_is_named_when_tiles_show_what_was_signed() {
    let dir = scratch();
    let folder = Log::new(Country::MR, Country::ML, 300).export(dir.path());
    let bundle = folder.join("tile/entries/001.p/48");
    let mut bytes = fs::read(&bundle).unwrap();
    bytes[3 * 110 + 50] ^= 1;
    fs::write(&bundle, bytes).unwrap();
    expect(
        &verify(&folder),
        Verdict::Disagree,
        &["tile/entries/001.p/48, entry 259: was altered", "checkpoint: states root"],
    );
}

#[test]
fn an_altered_tile_is_found_at_every_level_and_position() {
    let dir = scratch();
    let folder = Log::new(Country::MR, Country::ML, 600).export(dir.path());
    for name in ["tile/0/000", "tile/0/001", "tile/0/002.p/92", "tile/1/000.p/2"] {
        let file = folder.join(name);
        let bytes = fs::read(&file).unwrap();
        for position in [0, 31, 32, bytes.len() / 2, bytes.len() - 1] {
            let mut altered = bytes.clone();
            altered[position] ^= 0x40;
            fs::write(&file, altered).unwrap();
            let place = format!("{name}, byte {position}");
            expect(&verify(&folder), Verdict::Disagree, &[&place, "differs from what the entries hash to"]);
        }
        fs::write(&file, bytes).unwrap();
    }
}

#[test]
fn an_altered_entry_with_recomputed_tiles_does_not_fit_the_old_checkpoint() {
    let dir = scratch();
    let mut log = varied_log();
    let folder = log.export(dir.path());
    let other = body(log.origin, Country::ML, 999);
    log.entries[5] = message_leaf(&other, &Keys::MR.key(Role::Officer));
    log.write_tiles(&folder);
    expect(&verify(&folder), Verdict::Disagree, &["checkpoint: states root"]);
}

#[test]
fn any_file_that_is_missing_or_cut_off_or_too_long_disagrees() {
    let dir = scratch();
    let folder = Log::new(Country::MR, Country::ML, 300).export(dir.path());
    for file in files(&folder) {
        let bytes = fs::read(&file).unwrap();
        fs::remove_file(&file).unwrap();
        expect(&verify(&folder), Verdict::Disagree, &["is missing"]);
        fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
        expect(&verify(&folder), Verdict::Disagree, &[]);
        fs::write(&file, [&bytes[..], b"\0"].concat()).unwrap();
        expect(&verify(&folder), Verdict::Disagree, &[]);
        fs::write(&file, bytes).unwrap();
    }
    expect(&verify(&folder), Verdict::Agree, &[]);
}

#[test]
fn a_file_that_does_not_belong_disagrees() {
    for extra in
        ["tile/0/001", "tile/1/000.p/1", "tile/0/000.p/9", "tile/entries/000.p/11", "notes.txt", "tile/x/y/z"]
    {
        let dir = scratch();
        let folder = varied_log().export(dir.path());
        write(&folder.join(extra), &[0; 32]);
        expect(&verify(&folder), Verdict::Disagree, &[extra.split('/').next().unwrap(), "does not belong"]);
    }
}

#[cfg(unix)]
#[test]
fn a_link_in_an_export_disagrees_even_when_it_leads_to_the_right_bytes() {
    let dir = scratch();
    let folder = varied_log().export(dir.path());
    let outside = dir.path().join("outside");
    fs::rename(folder.join("tile/0"), &outside).unwrap();
    std::os::unix::fs::symlink(&outside, folder.join("tile/0")).unwrap();
    expect(&verify(&folder), Verdict::Disagree, &["tile/0: is not a plain file or folder"]);
}

#[test]
fn a_log_in_the_folder_of_another_disagrees() {
    let dir = scratch();
    let folder = varied_log().export(dir.path());
    fs::rename(&folder, dir.path().join("karakoro_ML-MR_1")).unwrap();
    expect(&verify(dir.path()), Verdict::Disagree, &["is named for another log"]);
}

#[test]
fn a_checkpoint_without_the_cosignature_could_not_be_checked() {
    let dir = scratch();
    let log = varied_log();
    let folder = log.export(dir.path());
    fs::write(folder.join("checkpoint"), log.signed().to_string()).unwrap();
    let report = verify(&folder);
    expect(&report, Verdict::CouldNotCheck, &["COULD NOT CHECK  karakoro/MR-ML/1", "not cosigned"]);
    assert_eq!(report.verdict.exit_code(), 3);
}

#[test]
fn a_fault_outweighs_a_missing_cosignature() {
    let dir = scratch();
    let log = varied_log();
    let folder = log.export(dir.path());
    fs::write(folder.join("checkpoint"), log.signed().to_string()).unwrap();
    fs::write(folder.join("tile/0/000.p/10"), [0; 320]).unwrap();
    expect(&verify(&folder), Verdict::Disagree, &["tile/0/000.p/10"]);
}

#[test]
fn an_exported_policy_cannot_do_without_the_other_country() {
    let dir = scratch();
    let log = varied_log();
    let folder = log.export(dir.path());
    let text = log.policy().to_string();
    let alone = format!("{}\nquorum none\n", text.lines().next().unwrap());
    fs::write(folder.join("checkpoint"), log.signed().to_string()).unwrap();
    fs::write(folder.join("policy"), alone).unwrap();
    expect(&verify(&folder), Verdict::CouldNotCheck, &["asks for no cosignature"]);
}

#[test]
fn a_writer_that_cosigns_its_own_log_disagrees() {
    let dir = scratch();
    let mut log = varied_log();
    // Mauritania certifies, in its own log, the very key that Mali is said to cosign with.
    let certificate = Keys::MR.certificate_of(Role::Receipt, "2", &Keys::ML.key(Role::Receipt));
    log.entries.push(key_leaf(certificate));
    let report = verify(&log.export(dir.path()));
    expect(
        &report,
        Verdict::Disagree,
        &["karakoro/ML/receipt cosigned with a key that the log's own country"],
    );
}

#[test]
fn an_own_policy_replaces_the_exported_one() {
    let dir = scratch();
    let log = varied_log();
    let folder = log.export(dir.path());
    let own = dir.path().join("own");
    fs::write(&own, format!("# from the ministry\n{}", log.policy())).unwrap();
    fs::write(folder.join("policy"), "not looked at").unwrap();
    let options = VerifyOptions { policy: Some(&own), ..VerifyOptions::default() };
    expect(&verify_with(&folder, &options), Verdict::Agree, &["the policy given was used"]);
}

#[test]
fn an_own_policy_with_other_keys_disagrees() {
    let dir = scratch();
    let log = varied_log();
    let folder = log.export(dir.path());
    let own = dir.path().join("own");
    let options = VerifyOptions { policy: Some(&own), ..VerifyOptions::default() };
    fs::write(&own, policy(log.origin, &Keys::FALSE_MR, &Keys::ML).to_string()).unwrap();
    expect(&verify_with(&folder, &options), Verdict::Disagree, &["is not signed by karakoro/MR-ML/1"]);
    fs::write(&own, policy(log.origin, &Keys::MR, &Keys::FALSE_MR).to_string()).unwrap();
    expect(&verify_with(&folder, &options), Verdict::Disagree, &["bears a signature by karakoro/ML/receipt"]);
}

#[test]
fn an_own_policy_that_cannot_be_used_could_not_check() {
    let dir = scratch();
    let folder = varied_log().export(dir.path());
    let own = dir.path().join("own");
    let options = VerifyOptions { policy: Some(&own), ..VerifyOptions::default() };
    expect(&verify_with(&folder, &options), Verdict::CouldNotCheck, &["cannot be read"]);
    fs::write(&own, "log nonsense\n").unwrap();
    expect(&verify_with(&folder, &options), Verdict::CouldNotCheck, &["the policy given is no policy"]);
}

#[test]
fn a_root_that_the_auditor_brings_decides() {
    let dir = scratch();
    let folder = varied_log().export(dir.path());
    let root = dir.path().join("root.der");
    let roots = [root.as_path()];
    let options = VerifyOptions { roots: &roots, ..VerifyOptions::default() };
    fs::write(&root, Keys::MR.certificate(Role::Root)).unwrap();
    expect(&verify_with(&folder, &options), Verdict::Agree, &[]);
    fs::write(&root, Keys::FALSE_MR.certificate(Role::Root)).unwrap();
    expect(&verify_with(&folder, &options), Verdict::Disagree, &["entry 0: is not the root certificate"]);
    fs::write(&root, Keys::ML.certificate(Role::Root)).unwrap();
    expect(&verify_with(&folder, &options), Verdict::CouldNotCheck, &["no root certificate of MR"]);
    fs::write(&root, b"nonsense").unwrap();
    expect(&verify_with(&folder, &options), Verdict::CouldNotCheck, &["the root certificate given is none"]);
}

#[test]
fn what_is_not_there_could_not_be_checked() {
    let dir = scratch();
    expect(&verify(dir.path()), Verdict::CouldNotCheck, &["holds no log"]);
    expect(&verify(&dir.path().join("nowhere")), Verdict::CouldNotCheck, &["cannot be read"]);
}

fn expect_entries(change: impl FnOnce(&mut Log), mention: &str) {
    let dir = scratch();
    let mut log = varied_log();
    change(&mut log);
    expect(&verify(&log.export(dir.path())), Verdict::Disagree, &[mention]);
}

#[test]
fn a_log_that_does_not_begin_with_its_countrys_root_disagrees() {
    expect_entries(|log| log.entries.swap(0, 1), "entry 0: a log begins with the root certificate");
    expect_entries(
        |log| log.entries[0] = key_leaf(Keys::ML.certificate(Role::Root)),
        "entry 0: a log begins",
    );
}

#[test]
fn a_log_key_that_the_root_did_not_certify_disagrees() {
    expect_entries(
        |log| drop(log.entries.remove(1)),
        "policy: no certificate under the country's root is for the key that signs as karakoro/MR-ML/1",
    );
}

#[test]
fn a_key_counts_only_from_its_entry_on() {
    expect_entries(|log| log.entries.swap(3, 4), "entry 3: signed by key");
}

#[test]
fn a_message_signed_by_another_countrys_officer_disagrees() {
    let forge = |log: &mut Log| {
        let body = body(log.origin, Country::ML, 50);
        log.entries.push(message_leaf(&body, &Keys::ML.key(Role::Officer)));
    };
    expect_entries(forge, "entry 10: signed by key");
}

#[test]
fn a_message_with_a_forged_signature_disagrees() {
    let forge = |log: &mut Log| {
        let last = log.entries[4].len() - 1;
        log.entries[4][last] ^= 1;
    };
    expect_entries(forge, "entry 4: the signature of key");
}

#[test]
fn an_entry_that_is_no_leaf_disagrees() {
    expect_entries(|log| log.entries.push(b"\x02\x01".to_vec()), "entry 10: is no leaf: leaf version 2");
}

#[test]
fn an_anchor_must_be_of_the_opposite_direction() {
    let anchor = Log::new(Country::MR, Country::ML, 1).cosigned();
    expect_entries(|log| log.add_anchor(&anchor), "not of the opposite direction");
}

#[test]
fn an_anchor_must_bear_the_cosignature_of_this_logs_writer() {
    let anchor = Log::new(Country::ML, Country::MR, 3).signed();
    expect_entries(|log| log.add_anchor(&anchor), "entry 10: anchor: it lacks the cosignature");
}

#[test]
fn anchors_never_go_back_and_never_change_their_root() {
    let older = Log::new(Country::ML, Country::MR, 1).cosigned();
    expect_entries(
        |log| log.add_anchor(&older),
        "entry 10: anchor: it goes back to 5 entries, after an anchor at 6",
    );
    let mut other = Log::new(Country::ML, Country::MR, 1);
    other.add_verdict();
    let other = other.cosigned();
    expect_entries(|log| log.add_anchor(&other), "anchor: it gives size 6 another root");
}

#[test]
fn a_signed_size_far_beyond_the_files_ends_at_the_first_missing_bundle() {
    let dir = scratch();
    let log = varied_log();
    let folder = log.export(dir.path());
    let vast = Checkpoint { size: 1 << 60, ..log.checkpoint() };
    let signed = SignedCheckpoint::sign(vast, &Keys::MR.key(Role::Log));
    fs::write(folder.join("checkpoint"), signed.to_string()).unwrap();
    expect(&verify(&folder), Verdict::Disagree, &["tile/entries/000: is missing"]);
}

#[test]
fn a_bundle_larger_than_any_of_leaves_is_not_read_to_its_end() {
    let dir = scratch();
    let folder = varied_log().export(dir.path());
    fs::File::create(folder.join("tile/entries/000.p/10")).unwrap().set_len(1 << 40).unwrap();
    expect(&verify(&folder), Verdict::Disagree, &["tile/entries/000.p/10: is longer than"]);
}

#[test]
fn a_thoroughly_altered_log_is_reported_in_bounded_length() {
    let dir = scratch();
    let mut log = Log::new(Country::MR, Country::ML, 0);
    let stranger = SecretKey::from_seed(&[99; 32]);
    let origin = Origin::link(Country::MR, Country::ML);
    (0..500).for_each(|n| log.entries.push(message_leaf(&body(origin, Country::ML, n), &stranger)));
    let report = verify(&log.export(dir.path()));
    expect(&report, Verdict::Disagree, &["entry 4: signed by key", "and 400 more"]);
    assert_eq!(report.logs[0].findings.len(), 100);
}

#[test]
fn a_leaf_at_its_limits_passes_through_tiles_unchanged() {
    let mut builder = TileBuilder::new();
    let leaf = Leaf::Unknown { kind: 9, rest: vec![0; 8 * 1024 - 2] }.encode();
    builder.push(&leaf).unwrap();
    let dir = scratch();
    let mut log = varied_log();
    log.entries.push(leaf);
    expect(&verify(&log.export(dir.path())), Verdict::Agree, &["2 of unknown kinds"]);
}
