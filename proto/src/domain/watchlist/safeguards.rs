//! The safeguards that this crate's types and the rules of the watchlist keep: a test for each, named after it.
//! Rules of reports, requests and tips are tested with their kinds.

use serde_json::Value;

use super::samples::{Message, added, entry_in, faults, of, person_in};
use super::{DocumentType, Entry, Standing, SubjectStatus};
use crate::domain::Tlp;
use crate::domain::grounds::{Evaluation, Grounds};
use crate::domain::onward::may_pass_on;
use crate::domain::part::Part;
use crate::domain::payload::{Content, Payload};
use crate::domain::protection::{
    AfterAnswer, Answer, FirstScreen, ProtectionNeed, ProtectionReferral, QUESTION, STOP, VictimIndicator,
};
use crate::domain::terms::{Action, Category, HandlingCode, Information, Instrument, Purpose, Source};
use crate::envelope::{Kind, Station};
use crate::identity::Country;
use crate::refusal::RefusalCode;

/// Proves, when the tests are compiled, that a type does not implement a trait: were it to, both
/// implementations of the helper would fit, and the call would be ambiguous.
macro_rules! never_implements {
    ($ty:ty: $($bound:tt)+) => {
        const _: fn() = || {
            trait AmbiguousIfImplemented<Marker> {
                fn call() {}
            }
            struct Implements;
            impl<T: ?Sized> AmbiguousIfImplemented<()> for T {}
            impl<T: ?Sized + $($bound)+> AmbiguousIfImplemented<Implements> for T {}
            let _ = <$ty as AmbiguousIfImplemented<_>>::call;
        };
    };
}

never_implements!(ProtectionReferral: Part);
never_implements!(ProtectionReferral: Content);
never_implements!(ProtectionReferral: prost::Message);
never_implements!(ProtectionReferral: serde::Serialize);
never_implements!(ProtectionReferral: Into<Payload>);
never_implements!(VictimIndicator: Part);
never_implements!(VictimIndicator: serde::Serialize);
never_implements!(ProtectionNeed: Part);
never_implements!(ProtectionNeed: serde::Serialize);

fn refused((header, update): &Message, code: RefusalCode) -> bool {
    faults(header, update).iter().any(|(found, _)| *found == code)
}

#[test]
fn safeguard_1_no_legal_basis_purpose_authority_expiry_or_review_date_no_entry() {
    for category in Category::ALL {
        let (mut header, update) = added(*category);
        header.grounds = Grounds::default();
        let message = (header, update);
        assert!(refused(&message, RefusalCode::NoLegalBasis), "{category}");
        assert!(refused(&message, RefusalCode::NoPurpose), "{category}");
        let (header, mut update) = added(*category);
        entry_in(&mut update).expires_ms = header.created;
        assert!(refused(&(header, update), RefusalCode::Expired), "{category}");
        let (header, mut update) = added(*category);
        entry_in(&mut update).review_due_ms = entry_in(&mut update).expires_ms.saturating_add(1);
        assert!(refused(&(header, update), RefusalCode::ReviewDate), "{category}");
    }
    // Authority, expiry and review date cannot be left out at all.
    let required =
        |schema: &Value, field: &str| schema["required"].as_array().unwrap().contains(&Value::from(field));
    assert!(required(&crate::domain::grounds::LegalBasis::schema(), "authority"));
    assert!(required(&Entry::schema(), "expires_ms") && required(&Entry::schema(), "review_due_ms"));
}

#[test]
fn safeguard_2_minimum_quality_and_x4_never_supports_arrest_or_refusal_of_entry() {
    for (action, instrument) in [
        (Action::Arrest, Instrument::ArrestWarrant),
        (Action::RefuseEntry, Instrument::AdministrativeDecision),
    ] {
        let (mut header, mut update) = added(Category::Person);
        header.grounds.basis.as_mut().unwrap().instrument = instrument;
        entry_in(&mut update).action = action;
        let person = person_in(&mut update);
        (person.father, person.birth) = (None, None);
        assert!(refused(&(header.clone(), update), RefusalCode::PoorQuality), "{action}: a document alone");
        let (_, mut update) = added(Category::Person);
        entry_in(&mut update).action = action;
        header.grounds.evaluation = Some(Evaluation { source: Source::X, information: Information::Four });
        assert!(refused(&(header, update), RefusalCode::Unconfirmed), "{action}: X4");
    }
}

/// Names of fields, and the values that lists admit.
fn words(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(object) => {
            if let Some(Value::Object(fields)) = object.get("properties") {
                found.extend(fields.keys().cloned());
            }
            if let Some(Value::Array(values)) = object.get("enum") {
                found.extend(values.iter().filter_map(Value::as_str).map(str::to_ascii_lowercase));
            }
            object.values().for_each(|value| words(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| words(value, found)),
        _ => {}
    }
}

fn words_of_all_kinds() -> Vec<String> {
    let mut found = Vec::new();
    for (_, schema) in Payload::schemas() {
        words(&schema, &mut found);
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The word whose part begins with one of these.
fn one_that_begins(words: &[String], forbidden: &[&str]) -> Option<String> {
    let begins = |part: &str| forbidden.iter().any(|forbidden| part.starts_with(forbidden));
    words.iter().find(|word| word.split(['_', '-', ' ']).any(begins)).cloned()
}

#[test]
fn safeguard_3_no_fields_for_ethnicity_religion_politics_health_sexuality_or_asylum() {
    let words = words_of_all_kinds();
    for known in ["names", "nationalities", "sex", "brand", "camel"] {
        assert!(words.iter().any(|word| word == known), "the walk finds {known}");
    }
    let forbidden = [
        "ethn",
        "trib",
        "clan",
        "caste",
        "race",
        "racial",
        "relig",
        "faith",
        "sect",
        "polit",
        "party",
        "opinion",
        "health",
        "disease",
        "medic",
        "disab",
        "sexual",
        "orientation",
        "gender",
        "asyl",
        "refug",
        "displac",
    ];
    // A theft is about property, a section about a part of a text.
    let words: Vec<_> = words.into_iter().filter(|word| !word.starts_with("section")).collect();
    assert_eq!(one_that_begins(&words, &forbidden), None);
}

#[test]
fn safeguard_4_minors_possible_victims_and_the_missing_are_only_located_protected_or_identified() {
    let protected: [fn(&mut super::Person); 3] = [
        |person| (person.birth, person.minor) = (None, true),
        |person| person.status = SubjectStatus::VictimPossible,
        |person| person.status = SubjectStatus::Missing,
    ];
    for make in protected {
        for action in Action::ALL.iter().filter(|action| action.suits(Category::Person)) {
            let (mut header, mut update) = added(Category::Person);
            header.grounds.basis.as_mut().unwrap().instrument = Instrument::CourtOrder;
            entry_in(&mut update).action = *action;
            make(person_in(&mut update));
            let careful = matches!(action, Action::LocateMissing | Action::Protect | Action::Identify);
            assert_ne!(refused(&(header, update), RefusalCode::ProtectedSubject), careful, "{action}");
        }
    }
}

#[test]
fn safeguard_5_no_kind_of_message_refers_anybody_for_protection() {
    // That the referral itself has no form is proved above when this is compiled.
    let kinds: Vec<String> = Kind::ALL.iter().map(|kind| kind.as_str().to_owned()).collect();
    assert_eq!(one_that_begins(&kinds, &["protect", "referral", "asyl", "refug", "victim"]), None);
    let fields = words_of_all_kinds();
    assert_eq!(one_that_begins(&fields, &["referral", "fear", "need", "asyl", "refug"]), None);
    let referral = ProtectionReferral {
        station: Station::headquarters(Country::MR),
        at: super::samples::time(super::samples::WRITTEN),
        need: ProtectionNeed::FearsReturn,
        indicators: vec![VictimIndicator::AnotherSpeaks],
        note: Some(of("Exemple.")),
    };
    assert_eq!(format!("{referral:?}"), "ProtectionReferral(…)", "nor does it reach a log");
}

#[test]
fn safeguard_5_papers_of_a_refugee_are_never_found_by_a_name_alone() {
    let (_, mut update) = added(Category::Person);
    assert!(entry_in(&mut update).may_match_by_name_alone());
    person_in(&mut update).nationalities.push(of("XXB"));
    assert!(!entry_in(&mut update).may_match_by_name_alone());
    let (_, mut update) = added(Category::Person);
    person_in(&mut update).documents[0].issuer = of("XXB");
    assert!(!entry_in(&mut update).may_match_by_name_alone());
    for category in Category::ALL.iter().filter(|category| **category != Category::Person) {
        assert!(!super::samples::entry_of(*category).may_match_by_name_alone(), "{category}");
    }
}

#[test]
fn safeguard_6_arrest_and_refusal_of_entry_ask_first() {
    let (_, mut update) = added(Category::Person);
    for action in Action::ALL {
        let entry = entry_in(&mut update);
        entry.action = *action;
        let asks = matches!(action, Action::Arrest | Action::RefuseEntry);
        match FirstScreen::of(entry) {
            FirstScreen::Ask(question) => {
                assert!(asks, "{action}");
                assert_eq!(question.text(), QUESTION);
                assert!(!format!("{question:?}").contains("Arrest"), "the question gives nothing away");
            }
            FirstScreen::Show(shown) => assert!(!asks && shown.action() == *action),
        }
    }
}

#[test]
fn safeguard_6_yes_stops_and_only_no_shows_the_action() {
    let entry = super::samples::entry_of(Category::Person);
    for (answer, goes_on) in [(Answer::No, true), (Answer::Yes, false), (Answer::Unsure, false)] {
        let FirstScreen::Ask(question) = FirstScreen::of(&entry) else { panic!("an arrest asks") };
        match question.answer(answer) {
            AfterAnswer::Show(shown) => assert!(goes_on && *shown.entry() == entry),
            AfterAnswer::Stop => assert!(!goes_on, "{answer:?}"),
        }
    }
    for sentence in [QUESTION, STOP] {
        assert!(sentence.ar.chars().any(|c| ('\u{600}'..='\u{6ff}').contains(&c)));
        assert!(sentence.fr != sentence.en && !sentence.fr.is_empty());
    }
}

#[test]
fn safeguard_6_nobody_is_listed_for_migration_and_one_message_lists_one_person() {
    let mut words: Vec<String> = words_of_all_kinds();
    words.extend(Purpose::ALL.iter().map(|purpose| purpose.as_str().to_ascii_lowercase()));
    words.extend(Category::ALL.iter().map(|category| category.as_str().to_ascii_lowercase()));
    words.extend(DocumentType::ALL.iter().map(|kind| kind.as_str().to_ascii_lowercase()));
    assert_eq!(one_that_begins(&words, &["migra", "irregular", "illegal", "undocumented", "deport"]), None);
    let update = super::WatchlistUpdate::schema();
    assert_eq!(update["properties"]["content"]["type"], "object", "an update holds one entry");
    assert!(
        update["properties"]["content"]["properties"]["subject"]["oneOf"].is_array(),
        "about one subject"
    );
}

#[test]
fn safeguard_7_signs_of_trafficking_stay_local() {
    let words = words_of_all_kinds();
    assert_eq!(one_that_begins(&words, &["indicator", "sign", "debt", "injur"]), None);
    assert!(!words.iter().any(|word| word.contains("victim") && word != "victim_possible"));
}

#[test]
fn what_has_expired_or_was_withdrawn_stops_matching_at_once() {
    let (_, update) = super::samples::withdrawn(Category::Person);
    assert_eq!(update.standing(super::samples::time(super::samples::WRITTEN)), Standing::Withdrawn);
    let entry = super::samples::entry_of(Category::Person);
    assert!(!entry.standing(entry.expires_ms).matches());
}

#[test]
fn safeguard_12_nothing_goes_to_a_third_party_unless_its_owner_agrees() {
    assert_eq!(Grounds::default().handling_in_force(), HandlingCode::H2);
    for tlp in Tlp::ALL {
        for handling in [None].into_iter().chain(HandlingCode::ALL.iter().copied().map(Some)) {
            let (mut header, _) = added(Category::Vehicle);
            (header.tlp, header.grounds.handling) = (*tlp, handling);
            let open = matches!(handling, Some(HandlingCode::H0 | HandlingCode::H1)) && *tlp <= Tlp::Green;
            assert_eq!(may_pass_on(&header, false), open, "{tlp} {handling:?}");
            assert!(may_pass_on(&header, true));
        }
    }
    // Data on persons have no label under which they could go on unasked.
    for tlp in [Tlp::Clear, Tlp::Green] {
        let (mut header, update) = added(Category::Person);
        (header.tlp, header.grounds.handling) = (tlp, Some(HandlingCode::H0));
        assert!(refused(&(header, update), RefusalCode::PersonalData));
    }
}
