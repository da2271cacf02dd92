//! Rules on people.

use crate::domain::grounds::Evaluation;
use crate::domain::terms::{Action, Category, Information, Instrument, Source};
use crate::domain::watchlist::samples::{Message, added, breaks, entry_in, faults, name, of, person_in};
use crate::domain::watchlist::{BirthDate, Exactness, NameKind, Person, Script, SubjectStatus};
use crate::refusal::RefusalCode::{Content, OwnNational, PoorQuality, ProtectedSubject, Unconfirmed};

const PERSON: &str = "update.content.subject.person";

fn asks(action: Action) -> Message {
    let (mut header, mut update) = added(Category::Person);
    entry_in(&mut update).action = action;
    if action == Action::RefuseEntry {
        header.grounds.basis.as_mut().unwrap().instrument = Instrument::AdministrativeDecision;
    }
    (header, update)
}

fn at(field: &str) -> String {
    format!("{PERSON}.{field}")
}

/// Leaves a name alone.
fn bare(person: &mut Person) {
    (person.birth, person.father, person.photo) = (None, None, None);
    person.documents.clear();
}

fn birth(year: u32, month: Option<u32>, day: Option<u32>, exactness: Exactness) -> BirthDate {
    BirthDate { year, month, day, exactness, to_year: None }
}

#[test]
fn a_name_alone_lists_nobody() {
    breaks(asks(Action::DiscreetCheck), PoorQuality, PERSON, |_, update| bare(person_in(update)));
    breaks(asks(Action::DiscreetCheck), PoorQuality, &at("names"), |_, update| {
        person_in(update).names.clear();
    });
}

#[test]
fn one_thing_beside_the_name_serves_a_check_and_two_an_arrest() {
    let add: [fn(&mut Person, &Person); 4] = [
        |person, full| person.birth = full.birth,
        |person, full| person.father.clone_from(&full.father),
        |person, full| person.documents.clone_from(&full.documents),
        |person, _| person.photo = Some(crate::domain::text::Digest([7; 32])),
    ];
    for action in [Action::DiscreetCheck, Action::Arrest, Action::RefuseEntry] {
        for first in 0..4 {
            for second in first..4 {
                let (header, mut update) = asks(action);
                let person = person_in(&mut update);
                let full = person.clone();
                bare(person);
                add[first](person, &full);
                add[second](person, &full);
                let enough = first != second || action == Action::DiscreetCheck;
                let expected = if enough { vec![] } else { vec![(PoorQuality, PERSON.to_owned())] };
                assert_eq!(faults(&header, &update), expected, "{action} {first} {second}");
            }
        }
    }
}

#[test]
fn a_wide_range_of_years_is_no_birth_year() {
    let range = |to_year| BirthDate { to_year: Some(to_year), ..birth(1980, None, None, Exactness::Range) };
    let (header, mut update) = asks(Action::DiscreetCheck);
    bare(person_in(&mut update));
    person_in(&mut update).birth = Some(range(1985));
    breaks((header, update), PoorQuality, PERSON, |_, update| person_in(update).birth = Some(range(1986)));
}

#[test]
fn what_nobody_can_judge_arrests_and_refuses_nobody() {
    let x4 = Evaluation { source: Source::X, information: Information::Four };
    for action in [Action::Arrest, Action::RefuseEntry] {
        breaks(asks(action), Unconfirmed, "header.grounds.evaluation", |header, _| {
            header.grounds.evaluation = Some(x4);
        });
    }
    let (mut header, update) = asks(Action::DiscreetCheck);
    header.grounds.evaluation = Some(x4);
    assert_eq!(faults(&header, &update), []);
}

#[test]
fn nobody_is_refused_entry_to_their_own_country_or_banished_from_it() {
    for (position, own) in ["MLI", "MRT"].iter().enumerate() {
        let path = at(&format!("nationalities[{position}]"));
        breaks(asks(Action::RefuseEntry), OwnNational, &path, |_, update| {
            person_in(update).nationalities.insert(position, of(own));
        });
    }
    breaks(asks(Action::RefuseEntry), OwnNational, &at("nationalities"), |_, update| {
        person_in(update).nationalities.clear();
    });
    breaks(asks(Action::RefuseEntry), OwnNational, &at("nationalities"), |_, update| {
        person_in(update).nationalities = vec![of("XXX")];
    });
    let (header, mut update) = asks(Action::Arrest);
    person_in(&mut update).nationalities = vec![of("MLI")];
    assert_eq!(faults(&header, &update), []);
}

#[test]
fn victims_and_missing_people_are_never_pursued() {
    for status in [SubjectStatus::VictimPossible, SubjectStatus::Missing] {
        for action in Action::ALL.iter().filter(|action| action.suits(Category::Person)) {
            let (header, mut update) = asks(*action);
            person_in(&mut update).status = status;
            let careful = matches!(action, Action::LocateMissing | Action::Protect | Action::Identify);
            let path = "update.content.action".to_owned();
            let expected = if careful { vec![] } else { vec![(ProtectedSubject, path)] };
            assert_eq!(faults(&header, &update), expected, "{status} {action}");
        }
    }
}

#[test]
fn who_may_be_under_18_is_never_pursued() {
    let range = BirthDate { to_year: Some(2009), ..birth(2006, None, None, Exactness::Range) };
    for (born, minor) in [
        (birth(2008, Some(1), Some(16), Exactness::Exact), true),
        (birth(2008, None, None, Exactness::Year), false),
        (birth(2008, Some(1), Some(1), Exactness::JanuaryFirst), false),
        (range, false),
        (range, true),
    ] {
        breaks(asks(Action::Arrest), ProtectedSubject, "update.content.action", |_, update| {
            let person = person_in(update);
            (person.birth, person.minor) = (Some(born), minor);
        });
    }
    breaks(asks(Action::Arrest), ProtectedSubject, "update.content.action", |_, update| {
        let person = person_in(update);
        (person.birth, person.minor) = (None, true);
    });
    let (header, mut update) = asks(Action::Arrest);
    person_in(&mut update).birth = Some(birth(2008, Some(1), Some(15), Exactness::Exact));
    assert_eq!(faults(&header, &update), [], "18 on the day it is written");
}

#[test]
fn the_flag_of_minors_agrees_with_the_birth_date() {
    breaks(asks(Action::Protect), Content, &at("minor"), |_, update| {
        person_in(update).birth = Some(birth(2015, Some(6), Some(1), Exactness::Exact));
    });
    breaks(asks(Action::Protect), Content, &at("minor"), |_, update| {
        person_in(update).birth = Some(birth(2015, None, None, Exactness::Year));
    });
    breaks(asks(Action::Protect), Content, &at("minor"), |_, update| person_in(update).minor = true);
}

#[test]
fn a_birth_date_is_a_day_that_there_was() {
    let exact = |year, month, day| birth(year, Some(month), Some(day), Exactness::Exact);
    for (born, field) in [
        (exact(1990, 13, 1), "month"),
        (exact(1990, 0, 1), "month"),
        (exact(1990, 2, 29), "day"),
        (exact(1990, 4, 31), "day"),
        (exact(1990, 4, 0), "day"),
        (birth(1990, Some(4), None, Exactness::Exact), "day"),
        (birth(1990, None, Some(4), Exactness::Exact), "month"),
        (birth(1990, Some(4), None, Exactness::Year), "month"),
        (birth(1990, Some(1), Some(1), Exactness::Year), "month"),
        (birth(1990, Some(1), Some(2), Exactness::JanuaryFirst), "month"),
        (birth(1990, None, None, Exactness::JanuaryFirst), "month"),
        (birth(1899, None, None, Exactness::Year), "year"),
        (birth(1990, None, None, Exactness::Range), "to_year"),
        (BirthDate { to_year: Some(1990), ..birth(1990, None, None, Exactness::Range) }, "to_year"),
        (BirthDate { to_year: Some(1991), ..birth(1990, None, None, Exactness::Year) }, "to_year"),
        (BirthDate { to_year: Some(1992), ..birth(1990, Some(1), None, Exactness::Range) }, "month"),
    ] {
        let path = at(&format!("birth.{field}"));
        breaks(asks(Action::Arrest), Content, &path, |_, update| person_in(update).birth = Some(born));
    }
    let (header, mut update) = asks(Action::Arrest);
    person_in(&mut update).birth = Some(exact(2000, 2, 29));
    assert_eq!(faults(&header, &update), []);
}

#[test]
fn nobody_is_born_after_the_message() {
    for (born, path) in [
        (birth(2027, None, None, Exactness::Year), at("birth.year")),
        (birth(2026, Some(1), Some(16), Exactness::Exact), at("birth")),
        (BirthDate { to_year: Some(2027), ..birth(2025, None, None, Exactness::Range) }, at("birth.to_year")),
    ] {
        breaks(asks(Action::Protect), Content, &path, |_, update| {
            let person = person_in(update);
            (person.birth, person.minor) = (Some(born), true);
        });
    }
}

#[test]
fn a_name_is_in_the_one_script_that_it_says() {
    let sample = || asks(Action::Arrest);
    breaks(sample(), Content, &at("names[0].script"), |_, update| {
        person_in(update).names[0].script = Script::Arabic;
    });
    for mixed in ["D\u{435}mba Fictif", "Demba مختلق", "Demba 2", "Demba\u{200b}Fictif", "'-", "\u{301}"]
    {
        breaks(sample(), Content, &at("names[0].value"), |_, update| {
            person_in(update).names[0].value = of(mixed);
        });
    }
    breaks(sample(), Content, &at("father"), |_, update| {
        person_in(update).father = Some(of("Ex\u{435}mple"));
    });
    breaks(sample(), Content, &at("grandfather"), |_, update| {
        person_in(update).grandfather = Some(of("Exemple مثال"));
    });
    breaks(sample(), Content, &at("names[2].value"), |_, update| {
        person_in(update).names[2].value = of("Fictif<<Demba");
    });
}

#[test]
fn the_first_name_is_the_primary_one() {
    breaks(asks(Action::Arrest), Content, &at("names[0].kind"), |_, update| {
        person_in(update).names.swap(0, 3);
    });
    breaks(asks(Action::Arrest), Content, &at("names[0].kind"), |_, update| {
        person_in(update).names = vec![name("Demba Fictif", NameKind::Spelling, Script::Latin)];
    });
    let (header, mut update) = asks(Action::Arrest);
    person_in(&mut update).names = vec![name("Exemple 1", NameKind::Alias, Script::Latin)];
    assert_eq!(faults(&header, &update), [], "an alias, where nothing else is known");
}

#[test]
fn a_document_of_a_person_has_a_number() {
    breaks(asks(Action::Arrest), Content, &at("documents[0].number"), |_, update| {
        person_in(update).documents[0].number = of("--");
    });
}
