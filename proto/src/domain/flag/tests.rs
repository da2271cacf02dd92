use crate::domain::samples::flag;
use crate::refusal::RefusalCode::{Content, StationNotEntitled};

#[test]
fn a_flag_comes_from_a_headquarters() {
    flag().at_a_post().breaks(StationNotEntitled, "header.station");
}

#[test]
fn a_flag_has_a_reason() {
    flag().without("/reason").breaks(Content, "flag.reason");
    flag().with("/reason", "").breaks(Content, "flag.reason");
}
