//! What is asked for: it suits the category, and has what it depends on.

use crate::domain::breach::{At, Breaches};
use crate::domain::terms::{Action, Instrument};
use crate::domain::watchlist::{Entry, Livestock, Subject};
use crate::envelope::Header;
use crate::refusal::RefusalCode::UnsuitableAction;

/// Longest hold of animals, in hours. The accord may set less.
const MAX_HOLD_HOURS: u32 = 72;

pub(super) fn check(entry: &Entry, header: &Header, at: &At<'_>, breaches: &mut Breaches) {
    let action = entry.action;
    let category = entry.subject.category();
    if !action.suits(category) {
        let problem = format!("is {action}");
        breaches.add(UnsuitableAction, &at.field("action"), problem, format!("an action for {category}"));
        return;
    }
    instrument(action, header, breaches);
    hold(entry, at, breaches);
    if action == Action::InquiryCheck && entry.instruction.is_none() {
        let expected = "the questions that are to be asked";
        breaches.add(UnsuitableAction, &at.field("instruction"), "is missing", expected);
    }
}

/// The decisions that an action needs; none where any will do.
///
/// Only a judge takes somebody's liberty: a prosecutor, who is a party, may ask where they live.
fn instruments(action: Action) -> Option<&'static [Instrument]> {
    match action {
        Action::Arrest => Some(&[Instrument::ArrestWarrant, Instrument::CourtOrder]),
        Action::RefuseEntry => Some(&[Instrument::AdministrativeDecision, Instrument::CourtOrder]),
        _ => None,
    }
}

fn instrument(action: Action, header: &Header, breaches: &mut Breaches) {
    let (Some(needed), Some(basis)) = (instruments(action), &header.grounds.basis) else { return };
    if !needed.contains(&basis.instrument) {
        let needed: Vec<_> = needed.iter().map(|instrument| instrument.as_str()).collect();
        let (root, expected) = (At::root("header"), format!("for {action}: {}", needed.join(" or ")));
        let at = root.field("grounds");
        let at = at.field("basis");
        let problem = format!("is {}", basis.instrument);
        breaches.add(UnsuitableAction, &at.field("instrument"), problem, expected);
    }
}

fn hold(entry: &Entry, at: &At<'_>, breaches: &mut Breaches) {
    let here = at.field("hold_hours");
    if entry.action != Action::HoldForOwnershipCheck {
        if entry.hold_hours.is_some() {
            breaches.add(UnsuitableAction, &here, "is given", "nothing: only animals are held");
        }
        return;
    }
    if !entry.hold_hours.is_some_and(|hours| (1..=MAX_HOLD_HOURS).contains(&hours)) {
        let problem = entry.hold_hours.map_or_else(|| "is missing".to_owned(), |hours| format!("is {hours}"));
        breaches.add(UnsuitableAction, &here, problem, format!("from 1 to {MAX_HOLD_HOURS}"));
    }
    if let Subject::Livestock(animals) = &entry.subject
        && !can_be_compared(animals)
    {
        let expected = "a brand, ear mark, tag, transponder or certificate: else it would hold any herd";
        let at = at.field("subject");
        breaches.add(UnsuitableAction, &at.field("livestock"), "has nothing to compare", expected);
    }
}

/// Whether there is something by which an owner could be told. Herders are not suspects.
fn can_be_compared(animals: &Livestock) -> bool {
    animals.brand.is_some()
        || !animals.ear_marks.is_empty()
        || animals.tag.is_some()
        || animals.rfid.is_some()
        || animals.certificate.is_some()
}
