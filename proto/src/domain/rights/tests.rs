use crate::domain::samples::rights;
use crate::refusal::RefusalCode::{Content, NoDeadline, StationNotEntitled};

#[test]
fn safeguard_9_a_right_is_answered_within_a_term() {
    rights().with("/deadline_ms", "2026-03-01T12:00:00Z").breaks(NoDeadline, "request.deadline_ms");
    rights().without("/deadline_ms").breaks(Content, "request.deadline_ms");
}

#[test]
fn headquarters_deal_with_rights() {
    rights().at_a_post().breaks(StationNotEntitled, "header.station");
}

#[test]
fn both_sides_name_the_case() {
    rights().without("/case_number").breaks(Content, "request.case_number");
}
