use crate::domain::samples::review;
use crate::refusal::RefusalCode::Content;

#[test]
fn a_notice_may_come_before_and_after_the_review_is_due() {
    review().with("/due_ms", "2026-01-01T00:00:00Z").holds();
    review().with("/due_ms", "2030-01-01T00:00:00Z").holds();
}

#[test]
fn a_notice_names_its_entry() {
    review().without("/entry").breaks(Content, "notice.entry");
}
