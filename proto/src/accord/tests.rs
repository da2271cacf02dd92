use super::testing::{after, agreed, first, signed};
use super::*;
use crate::domain::Tlp;
use crate::domain::ack::{Ack, AckLevel};
use crate::domain::payload::Payload;
use crate::domain::terms::HandlingCode;
use crate::envelope::{Header, Kind, Station};
use crate::session::accord_test_header as header;
use crate::testing::{ML, MR};
use diff::{Trend, diff};

fn faults(text: &str) -> Vec<(u32, String)> {
    Accord::parse(text).unwrap_err().into_iter().map(|fault| (fault.line, fault.key)).collect()
}

fn example() -> Accord {
    Accord::parse(EXAMPLE).unwrap()
}

#[test]
fn the_example_has_no_fault_and_every_place_of_it_lies_in_its_zone() {
    let accord = example();
    for (code, place) in accord.register().places() {
        assert!(place.at.is_none_or(|at| accord.zone().contains(at)), "{code}");
        assert!(!place.confirmed, "{code}: nothing here was confirmed by anybody");
    }
    assert!(Kind::ALL.iter().all(|kind| accord.kind(*kind).is_some()));
    assert_eq!(accord.cap(Category::Person, Action::Arrest), Some(Months(36)));
    assert_eq!(accord.review(Category::Livestock, Action::HoldForOwnershipCheck), Some(Months(12)));
    assert!(!accord.allows(Category::Vehicle, Action::Arrest));
    let at = "2026-11-24T00:00:00Z".parse().unwrap();
    assert_eq!(Accord::parse(&example_effective(at)).unwrap().effective(), at);
}

/// Every line `key = value` of the example, by its number.
fn key_lines() -> impl Iterator<Item = (u32, &'static str, &'static str)> {
    let lines = (1..).zip(EXAMPLE.lines());
    lines.filter_map(|(number, line)| {
        let (key, _) = line.split_once(" = ")?;
        (!line.starts_with('#') && !line.starts_with(' ')).then_some((number, key, line))
    })
}

#[test]
fn no_key_may_be_left_out() {
    for (_, key, line) in key_lines().filter(|(.., line)| !line.ends_with('[')) {
        // The first of this spelling: others like it stand in other sections.
        let without = EXAMPLE.replacen(&format!("{line}\n"), "", 1);
        let found = Accord::parse(&without).unwrap_err();
        let missing = |fault: &Fault| fault.key.ends_with(key) && fault.message == "is missing";
        assert!(found.iter().any(missing), "{line}: {found:?}");
    }
}

#[test]
fn no_key_takes_a_value_of_another_kind() {
    for (number, key, line) in key_lines().filter(|(.., line)| !line.ends_with('[')) {
        let other = EXAMPLE.replacen(&format!("\n{line}\n"), &format!("\n{key} = 1.5\n"), 1);
        let found = faults(&other);
        assert!(
            found.iter().any(|(line, found)| *line <= number && found.ends_with(key)),
            "{line}: {found:?}"
        );
    }
}

#[test]
fn all_faults_are_told_at_once_with_lines_and_keys() {
    let text = EXAMPLE
        .replacen("max_skew_minutes = 5", "max_skew_minutes = 61", 1)
        .replacen("confirmed = false", "confirmd = false", 1)
        .replacen("[kinds.alert]", "[kinds.alarm]", 1)
        .replacen("[actions.VEHICLE.SEIZE]", "[actions.VEHICLE.ARREST]", 1)
        .replacen("review_months = 36", "review_months = 37", 1);
    let keys: Vec<String> = faults(&text).into_iter().map(|(_, key)| key).collect();
    let expected = [
        "clocks.max_skew_minutes",
        "places.MR-P-GOGUI.confirmed",
        "places.MR-P-GOGUI.confirmd",
        "kinds.alarm",
        "actions.PERSON.ARREST.review_months",
        "actions.VEHICLE.ARREST",
    ];
    for key in expected {
        assert!(keys.iter().any(|found| found == key), "{key}: {keys:?}");
    }
    assert_eq!(keys.len(), expected.len(), "{keys:?}");
}

#[test]
fn characters_that_hide_others_and_other_line_breaks_are_refused() {
    for c in ['\r', '\t', '\u{202e}', '\u{7}'] {
        let text = EXAMPLE.replacen("AN EXAMPLE", &format!("AN{c} EXAMPLE"), 1);
        assert_eq!(faults(&text), [(3, String::new())], "{c:?}");
    }
}

#[test]
fn a_signed_file_reads_back_and_both_roots_verify() {
    let file = signed(EXAMPLE);
    assert_eq!(AccordFile::parse(file.to_string().as_bytes()), Ok(file.clone()));
    assert_eq!(file.text(), EXAMPLE);
    assert_eq!(crate::toml::parse(&file.to_string()).faults, []);
    Agreed::verify(&file, [&MR.root(), &ML.root()]).unwrap();
}

#[test]
fn an_altered_text_another_root_and_swapped_signatures_are_told_apart() {
    let file = signed(EXAMPLE).to_string();
    let verify = |text: &str| AccordFile::parse(text.as_bytes()).unwrap().verify(&MR.root());
    let altered = file.replacen("cap_months = 36", "cap_months = 37", 1);
    assert_eq!(verify(&altered), Err(SignatureFault::Altered(MR.country)));
    let mut other = AccordFile::parse(EXAMPLE.as_bytes()).unwrap();
    assert_eq!(other.verify(&MR.root()), Err(SignatureFault::Missing(MR.country)));
    other.sign(MR.country, &ML.root_key());
    assert!(matches!(other.verify(&MR.root()), Err(SignatureFault::OtherRoot { .. })));
    // Each country's line with the other's signature.
    let lines: Vec<&str> = file.lines().rev().take(2).collect();
    let of = |line: &str| line.rsplit_once(' ').unwrap().1.to_owned();
    let swapped = file
        .replace(&of(lines[0]), "x")
        .replace(&of(lines[1]), &of(lines[0]))
        .replace(" x\n", &format!(" {}\n", of(lines[1])));
    assert_eq!(verify(&swapped), Err(SignatureFault::Altered(MR.country)));
    let reordered =
        file.replace(&format!("{}\n{}\n", lines[1], lines[0]), &format!("{}\n{}\n", lines[0], lines[1]));
    assert!(AccordFile::parse(reordered.as_bytes()).is_err());
}

#[test]
fn an_accord_follows_only_on_the_one_that_it_names() {
    let at = |text: &str| text.parse::<UnixMillis>().unwrap();
    let (one, now) = (first("2026-01-01T00:00:00Z"), at("2026-06-01T00:00:00Z"));
    let two = after(&one, 2, "2026-07-01T00:00:00Z");
    let mut chain = Chain::default();
    chain.install(agreed(&one), now).unwrap();
    assert!(matches!(chain.clone().install(agreed(&one), now), Err(NotNext::Held(_))));
    let past = after(&one, 2, "2026-05-31T00:00:00Z");
    assert!(matches!(chain.clone().install(agreed(&past), now), Err(NotNext::Past(_))));
    let gap = after(&one, 3, "2026-07-01T00:00:00Z");
    assert!(matches!(chain.clone().install(agreed(&gap), now), Err(NotNext::Version { expected: 2, .. })));
    let other = after(&two, 2, "2026-07-01T00:00:00Z");
    assert!(matches!(chain.clone().install(agreed(&other), now), Err(NotNext::Predecessor { .. })));
    chain.install(agreed(&two), now).unwrap();
    let three = after(&two, 3, "2026-08-01T00:00:00Z");
    assert!(matches!(chain.clone().install(agreed(&three), now), Err(NotNext::Pending(_))));
    assert_eq!(chain.in_force(now).unwrap().id().version, 1);
    assert_eq!(chain.in_force(at("2026-07-01T00:00:00Z")).unwrap().id().version, 2);
}

#[test]
fn nodes_agree_across_a_change_and_never_without_an_accord() {
    let one = first("2026-01-01T00:00:00Z");
    let two = after(&one, 2, "2026-07-01T00:00:00Z");
    let chain = |texts: &[&String]| {
        let mut chain = Chain::default();
        texts.iter().for_each(|text| chain.extend(agreed(text)).unwrap());
        chain
    };
    let (before, later) = ("2026-06-30T23:59:59Z".parse().unwrap(), "2026-07-01T00:00:00Z".parse().unwrap());
    let (old, both) = (chain(&[&one]), chain(&[&one, &two]));
    assert!(both.standing(before).agrees_with(&both.standing(later)), "clocks differ by a second");
    assert!(both.standing(later).agrees_with(&both.standing(before)));
    assert!(both.standing(before).agrees_with(&old.standing(before)), "one holds the change already");
    assert!(!both.standing(later).agrees_with(&old.standing(later)));
    assert!(!Standing::default().agrees_with(&Standing::default()));
}

#[test]
fn a_message_keeps_to_the_accord_of_its_time_and_to_either_around_a_change() {
    let one = first("2026-01-01T00:00:00Z");
    let two = after(&one, 2, "2026-01-15T10:00:00Z").replacen("tlp = [\"TLP:CLEAR\", ", "tlp = [", 1);
    let mut chain = Chain::default();
    chain.extend(agreed(&one)).unwrap();
    chain.extend(agreed(&two)).unwrap();
    let now = "2026-01-20T00:00:00Z".parse().unwrap();
    let permit = |created: &str| {
        let header = Header { tlp: Tlp::Clear, created: created.parse().unwrap(), ..header(Kind::Alert) };
        chain.permit(&header, &nothing(), &[], now).map(|permit| permit.under().version)
    };
    assert_eq!(permit("2026-01-15T09:00:00Z"), Ok(1));
    assert_eq!(permit("2026-01-15T10:04:59Z"), Ok(1), "its writer's clock may be behind");
    assert_eq!(permit("2026-01-15T10:05:01Z"), Err(Breach::Tlp));
    assert_eq!(permit("2025-12-31T00:00:00Z"), Err(Breach::NoAccord));
    assert_eq!(permit("2026-01-20T00:05:01Z"), Err(Breach::Future));
}

/// A payload of which the accord asks nothing.
fn nothing() -> Payload {
    Payload::Ack(Ack { of: header(Kind::Ack).id, level: AckLevel::Read })
}

#[test]
fn each_rule_of_a_kind_is_kept() {
    let accord = example();
    let permit = |change: &dyn Fn(&mut Header)| {
        let mut header = header(Kind::WatchlistUpdate);
        change(&mut header);
        accord.permit(&header, &nothing(), &[]).map(|permit| permit.under())
    };
    assert_eq!(permit(&|_| {}), Ok(accord.id()));
    assert_eq!(permit(&|header| header.station = "MR-P-GOGUI".parse().unwrap()), Err(Breach::Station));
    assert_eq!(permit(&|header| header.station = "MR-P-NOWHERE".parse().unwrap()), Err(Breach::Station));
    assert_eq!(permit(&|header| header.tlp = Tlp::Green), Err(Breach::Tlp));
    assert_eq!(permit(&|header| header.tlp = Tlp::Red), Err(Breach::TwoPersons));
    assert_eq!(permit(&|header| header.grounds.purpose = Some(Purpose::Redress)), Err(Breach::Purpose));
    assert_eq!(permit(&|header| header.expires = Some(UnixMillis::MAX)), Err(Breach::Expiry));
    let community = Header { tlp: Tlp::AmberStrict, ..header(Kind::CommunityReport) };
    let mut loose = community.clone();
    loose.grounds.handling = Some(HandlingCode::H0);
    assert_eq!(accord.permit(&loose, &nothing(), &[]), Err(Breach::Handling));
    assert_eq!(accord.station(&Station::headquarters(ML.country)), Some(StationKind::Headquarters));
    assert_eq!(accord.station(&"ML-T-LERE".parse().unwrap()), None, "a town writes nothing");
}

#[test]
fn a_difference_says_what_becomes_looser_and_what_stricter() {
    let new = EXAMPLE
        .replacen("cap_months = 36", "cap_months = 60", 1)
        .replacen("identifiers = 2", "identifiers = 3", 1)
        .replacen("senders = [\"headquarters\", \"post\"]", "senders = [\"headquarters\"]", 1)
        .replacen("two_persons = [\"red\"]", "two_persons = [\"always\"]", 1)
        .replacen(
            "[actions.VESSEL.SEIZE]\ncap_months = 120\nreview_months = 120\nunconfirmed = false\n",
            "",
            1,
        );
    let found: Vec<_> = diff(EXAMPLE, &new).into_iter().map(|change| (change.key, change.trend)).collect();
    let expected = [
        ("actions.PERSON.ARREST.cap_months", Trend::Looser),
        ("actions.PERSON.ARREST.identifiers", Trend::Stricter),
        ("actions.VESSEL.SEIZE", Trend::Stricter),
        ("kinds.alert.senders", Trend::Stricter),
        ("kinds.alert.two_persons", Trend::Both),
    ];
    assert_eq!(found, expected.map(|(key, trend)| (key.to_owned(), trend)));
    assert_eq!(diff(EXAMPLE, EXAMPLE), []);
}
