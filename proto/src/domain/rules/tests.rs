use crate::domain::breach::{At, Breaches};
use crate::domain::grounds::LegalBasis;
use crate::domain::samples::{at, review};
use crate::domain::terms::{HandlingCode, Instrument};
use crate::envelope::Kind;
use crate::refusal::RefusalCode::{Content, Expired, WrongTime};

fn basis(decided: &str) -> LegalBasis {
    LegalBasis {
        instrument: Instrument::TheftReport,
        reference: "PV 0117".parse().unwrap(),
        authority: "Brigade of Anyplace".parse().unwrap(),
        decided_ms: at(decided),
    }
}

#[test]
fn a_message_ends_after_it_was_written() {
    let ends = |end| review().header(|header| header.expires = Some(at(end)));
    ends("2026-03-01T12:00:00.001Z").holds();
    ends("2026-03-01T12:00:00Z").breaks(Expired, "header.expires_ms");
}

#[test]
fn h3_and_its_words_stand_together_or_not_at_all() {
    let with = |handling, words: Option<&str>| {
        review().header(|header| {
            header.grounds.handling = handling;
            header.grounds.restriction = words.map(|words| words.parse().unwrap());
        })
    };
    with(Some(HandlingCode::H3), Some("Not beyond the two headquarters.")).holds();
    with(Some(HandlingCode::H3), None).breaks(Content, "header.grounds.restriction");
    for handling in [None, Some(HandlingCode::H2)] {
        with(handling, None).holds();
        with(handling, Some("Nowhere.")).breaks(Content, "header.grounds.restriction");
    }
}

#[test]
fn a_decision_was_taken_before_the_message_was_written() {
    let rests = |decided| review().header(|header| header.grounds.basis = Some(basis(decided)));
    rests("2026-03-01T12:00:00Z").holds();
    rests("2026-03-01T12:00:00.001Z").breaks(WrongTime, "header.grounds.basis.decided_ms");
}

#[test]
fn only_stations_of_the_recipient_are_named_as_readers_and_each_once() {
    let to = |stations: &[&str]| {
        let stations = stations.iter().map(|station| station.parse().unwrap()).collect();
        review().header(|header| header.grounds.to = stations)
    };
    to(&["ML-HQ", "ML-P-NOWHERE"]).holds();
    to(&["ML-HQ", "MR-HQ"]).breaks(Content, "header.grounds.to[1]");
    to(&["ML-HQ", "ML-HQ"]).breaks(Content, "header.grounds.to[1]");
}

#[test]
fn the_header_is_of_the_kind_of_the_payload() {
    let mut breaches = Breaches::new();
    super::check(Kind::Flag, &review().header, &mut breaches);
    assert_eq!(breaches.into_refusal().path, "header.kind");
}

#[test]
fn a_field_path_is_names_and_indices() {
    let flaws = |path: &str| {
        let mut breaches = Breaches::new();
        super::field_path(path, &At::root("field"), &mut breaches);
        breaches.into_vec().len()
    };
    for path in ["alert.info[1].area[0].areaDesc", "header", "update.entry.subject.person.names[12].value"] {
        assert_eq!(flaws(path), 0, "{path}");
    }
    for path in ["", ".", "a.", ".a", "a[]", "a[1", "a[x]", "a]", "a[1]b", "a b", "1a", "a[12345]", "é"] {
        assert_eq!(flaws(path), 1, "{path}");
    }
}
