use crate::domain::samples::refusal;
use crate::refusal::RefusalCode;
use crate::refusal::RefusalCode::{Content, NoReason};

#[test]
fn nothing_refuses_itself() {
    let id = refusal().header.id.to_string();
    refusal().with("/refused", id).breaks(Content, "refusal.refused");
}

#[test]
fn the_code_is_one_that_both_sides_know() {
    for unknown in [0, 61, 65_538, u32::MAX] {
        refusal().with("/code", unknown).breaks(Content, "refusal.code");
    }
    for code in RefusalCode::ALL {
        refusal().with("/code", code.number()).holds();
    }
}

#[test]
fn a_fault_of_content_is_put_into_words_and_other_codes_need_none() {
    refusal().without("/reason").breaks(NoReason, "refusal.reason");
    for code in RefusalCode::ALL.iter().filter(|code| **code != Content) {
        refusal().without("/reason").with("/code", code.number()).holds();
    }
}

#[test]
fn the_field_is_a_path() {
    refusal().with("/field", "alert.info[0].event").holds();
    refusal().with("/field", "the event").breaks(Content, "refusal.field");
}
