//! Whom: enough is known to tell them from others, and who must be protected is not pursued.

use crate::domain::breach::{At, Breaches};
use crate::domain::terms::{Action, Information, Source};
use crate::domain::watchlist::{BirthDate, Exactness, IcaoCode, Person, SubjectStatus};
use crate::envelope::Header;
use crate::refusal::RefusalCode::{OwnNational, PoorQuality, ProtectedSubject, Unconfirmed};

/// Years that a birth date may leave open and still tell somebody from others.
const MAX_OPEN_YEARS: u32 = 5;

/// `at` is where the entry stands.
pub(super) fn check(person: &Person, action: Action, header: &Header, at: &At<'_>, breaches: &mut Breaches) {
    let subject = at.field("subject");
    let here = subject.field("person");
    quality(person, action, &here, breaches);
    unconfirmed(action, header, breaches);
    protected(person, action, header, at, breaches);
    if action == Action::RefuseEntry {
        nationality(person, header, &here, breaches);
    }
}

fn quality(person: &Person, action: Action, at: &At<'_>, breaches: &mut Breaches) {
    if person.names.is_empty() {
        breaches.add(PoorQuality, &at.field("names"), "is missing", "a name");
    }
    let known = [
        person.birth.is_some_and(tells_year),
        !person.documents.is_empty(),
        person.photo.is_some(),
        person.father.is_some(),
    ];
    let known = known.into_iter().filter(|known| *known).count();
    let needed = if action.limits_freedom() { 2 } else { 1 };
    if known < needed {
        let expected =
            format!("for {action} at least {needed}: birth year, document, photograph, father's name");
        breaches.add(PoorQuality, at, format!("has {known} of what tells them from others"), expected);
    }
}

/// Whether it says a year of birth, or nearly.
fn tells_year(birth: BirthDate) -> bool {
    let last = birth.to_year.unwrap_or(birth.year);
    birth.exactness != Exactness::Range || last.saturating_sub(birth.year) <= MAX_OPEN_YEARS
}

fn unconfirmed(action: Action, header: &Header, breaches: &mut Breaches) {
    let evaluation = header.grounds.evaluation;
    let x4 = evaluation.is_some_and(|e| e.source == Source::X && e.information == Information::Four);
    if x4 && action.limits_freedom() {
        let root = At::root("header");
        let at = root.field("grounds");
        let expected = format!("information that can be judged, for {action}");
        breaches.add(Unconfirmed, &at.field("evaluation"), "is X4", expected);
    }
}

fn protected(person: &Person, action: Action, header: &Header, at: &At<'_>, breaches: &mut Breaches) {
    let why = match person.status {
        SubjectStatus::VictimPossible => "a possible victim",
        SubjectStatus::Missing => "a missing person",
        SubjectStatus::Sought | SubjectStatus::Witness if person.may_be_minor(header.created) => {
            "somebody who may be under 18"
        }
        SubjectStatus::Sought | SubjectStatus::Witness => return,
    };
    if !action.protects() {
        let expected = format!("LOCATE_MISSING, PROTECT or IDENTIFY for {why}");
        breaches.add(ProtectedSubject, &at.field("action"), format!("is {action}"), expected);
    }
}

/// Neither country's nationals: the recipient admits its own, and a state that has its neighbour turn away the
/// state's own people banishes them.
fn nationality(person: &Person, header: &Header, at: &At<'_>, breaches: &mut Breaches) {
    for (index, code) in person.nationalities.iter().enumerate() {
        if [header.recipient, header.origin.writer()].iter().any(|country| code.is_of(*country)) {
            let expected = "a national of neither country, for REFUSE_ENTRY";
            breaches.add(OwnNational, &at.item("nationalities", index), format!("is {code}"), expected);
        }
    }
    if person.nationalities.iter().all(|code| *code == IcaoCode::UNSPECIFIED) {
        let expected = "a nationality, or XXA: else nobody knows that it is not their own country";
        breaches.add(OwnNational, &at.field("nationalities"), "is not known", expected);
    }
}
