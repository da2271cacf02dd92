use crate::domain::samples::bulletin;
use crate::refusal::RefusalCode::{Content, NoFrench, Period, PersonalData, SmallCount, StationNotEntitled};

#[test]
fn only_a_headquarters_publishes() {
    bulletin().at_a_post().breaks(StationNotEntitled, "header.station");
}

#[test]
fn no_person_identifier_stands_in_a_bulletin() {
    for (pointer, path) in [
        ("/sections/1/title", "bulletin.sections[1].title"),
        ("/sections/0/text", "bulletin.sections[0].text"),
        ("/counts/0/label", "bulletin.counts[0].label"),
    ] {
        bulletin().with(pointer, "Appeler le 22 34 56 78.").breaks(PersonalData, path);
    }
}

#[test]
fn few_people_are_not_counted_and_none_are() {
    for few in 1..5 {
        bulletin().with("/counts/1/value", few).breaks(SmallCount, "bulletin.counts[1].value");
        bulletin().with("/counts/0/value", few).holds();
    }
    bulletin().with("/counts/1/value", 0).holds();
    bulletin().with("/counts/1/value", 5).holds();
}

#[test]
fn a_period_does_not_end_before_it_starts() {
    bulletin().with("/to_ms", "2026-02-01T00:00:00Z").holds();
    bulletin().with("/to_ms", "2026-01-31T23:59:59Z").breaks(Period, "bulletin.to_ms");
}

#[test]
fn a_bulletin_speaks_french_in_any_variety() {
    bulletin().with("/sections/0/language", "fr-ML").holds();
    bulletin().with("/sections/0/language", "en").breaks(NoFrench, "bulletin.sections");
    bulletin().without("/sections").breaks(NoFrench, "bulletin.sections");
}

#[test]
fn numbers_begin_at_one() {
    bulletin().with("/number", 0).breaks(Content, "bulletin.number");
}

#[test]
fn the_region_is_a_code_of_one_of_the_two_countries() {
    bulletin().with("/region", "ML-NIORO").holds();
    for other in ["Adel Bagrou", "SN-1", "MR-", "MR-01-3"] {
        bulletin().with("/region", other).breaks(Content, "bulletin.region");
    }
}
