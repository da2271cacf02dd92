use serde_json::json;

use super::Correction;
use crate::domain::samples::correction;
use crate::envelope::Relation;
use crate::refusal::RefusalCode::Content;

#[test]
fn a_correction_corrects_one_message() {
    correction().header(|header| header.refs.clear()).breaks(Content, "header.refs");
    correction().refers(Relation::Corrects).breaks(Content, "header.refs");
}

#[test]
fn it_names_a_field() {
    correction().with("/field", "the second name").breaks(Content, "correction.field");
}

#[test]
fn it_changes_something() {
    let old = Correction::digest("45").to_string();
    correction().with("/old", old.clone()).breaks(Content, "correction.new");
    correction().with("/old", old.clone()).with("/new", "46").holds();
    correction().with("/old", old).without("/new").holds();
}

#[test]
fn the_digest_is_sha_256() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(Correction::digest("").to_string(), empty);
}

#[test]
fn it_gives_a_reason() {
    correction().without("/reason").breaks(Content, "correction.reason");
}

#[test]
fn it_says_who_of_the_two_countries_must_be_told() {
    correction().with("/tell", json!([])).breaks(Content, "correction.tell");
    correction().with("/tell", json!(["ML-HQ", "ML-HQ"])).breaks(Content, "correction.tell[1]");
    correction().with("/tell", json!(["ML-HQ", "SN-HQ"])).breaks(Content, "correction.tell[1]");
    correction().with("/tell", json!(["ML-HQ", "MR-P-ANYPLACE"])).holds();
}
