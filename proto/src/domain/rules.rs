//! What holds for a message of any kind, and the rules that several kinds share: content and header alone,
//! without clock, accord, or knowledge of other messages.

use crate::domain::breach::{At, Breaches};
use crate::domain::grounds::LegalBasis;
use crate::domain::terms::HandlingCode;
use crate::domain::text::Prose;
use crate::domain::{Priority, Tlp};
use crate::envelope::{Header, Kind, Relation};
use crate::identity::Country;
use crate::refusal::RefusalCode;
use crate::time::UnixMillis;

/// How far the clocks of two stations may differ: a time up to so many milliseconds after the message was
/// written is not yet in the future.
pub(crate) const CLOCK_TOLERANCE_MS: u64 = 5 * 60 * 1000;

const HEADER: At<'_> = At::root("header");
const GROUNDS: At<'_> = HEADER.field("grounds");

/// The rules of all kinds.
pub(crate) fn check(kind: Kind, header: &Header, breaches: &mut Breaches) {
    if kind != header.kind {
        breaches.content(&HEADER.field("kind"), format!("is {}", header.kind), format!("{kind}"));
    }
    expiry(header, breaches);
    restriction(header, breaches);
    if let Some(basis) = &header.grounds.basis {
        legal_basis(basis, header, breaches);
    }
    readers(header, breaches);
}

fn expiry(header: &Header, breaches: &mut Breaches) {
    if let Some(expires) = header.expires.filter(|expires| *expires <= header.created) {
        let problem = format!("{expires} is not after {}, when it was written", header.created);
        breaches.add(RefusalCode::Expired, &HEADER.field("expires_ms"), problem, "a later time, or none");
    }
}

/// The code H3 and the words that say what it means here stand together or not at all.
fn restriction(header: &Header, breaches: &mut Breaches) {
    let at = GROUNDS.field("restriction");
    let restricted = header.grounds.handling == Some(HandlingCode::H3);
    match &header.grounds.restriction {
        None if restricted => breaches.content(&at, "is missing beside H3", "the restrictions in words"),
        Some(_) if !restricted => breaches.content(&at, "stands without H3", "handling code H3 with it"),
        _ => {}
    }
}

/// A decision of tomorrow supports nothing today. That a basis names its authority and reference is the
/// business of their types: neither can be empty.
fn legal_basis(basis: &LegalBasis, header: &Header, breaches: &mut Breaches) {
    if basis.decided_ms > header.created {
        let at = GROUNDS.field("basis");
        let problem = format!("{} is after the message was written, {}", basis.decided_ms, header.created);
        breaches.add(RefusalCode::WrongTime, &at.field("decided_ms"), problem, "a decision that was taken");
    }
}

fn readers(header: &Header, breaches: &mut Breaches) {
    distinct(&header.grounds.to, &GROUNDS, "to", breaches);
    for (index, station) in header.grounds.to.iter().enumerate() {
        if station.country() != header.recipient {
            let expected = format!("a station of {}, which the message is for", header.recipient);
            breaches.content(&GROUNDS.item("to", index), format!("is {station}"), expected);
        }
    }
}

/// Kinds that only a headquarters writes.
pub(crate) fn headquarters(header: &Header, breaches: &mut Breaches) {
    if !header.station.is_headquarters() {
        let at = HEADER.field("station");
        let problem = format!("is {}", header.station);
        breaches.add(RefusalCode::StationNotEntitled, &at, problem, "the headquarters");
    }
}

/// Kinds that say what they are exchanged for.
pub(crate) fn purpose(header: &Header, breaches: &mut Breaches) {
    if header.grounds.purpose.is_none() {
        breaches.add(RefusalCode::NoPurpose, &GROUNDS.field("purpose"), "is missing", "a purpose");
    }
}

/// Kinds that refer to one message in one way, and to it only once.
pub(crate) fn one_reference(header: &Header, relation: Relation, code: RefusalCode, breaches: &mut Breaches) {
    let count = header.refs.iter().filter(|reference| reference.relation == relation).count();
    if count != 1 {
        let problem = format!("has {count} references {relation}");
        breaches.add(code, &HEADER.field("refs"), problem, format!("one reference {relation}"));
    }
}

/// Kinds that are evaluated.
pub(crate) fn evaluation(header: &Header, breaches: &mut Breaches) {
    if header.grounds.evaluation.is_none() {
        breaches.content(&GROUNDS.field("evaluation"), "is missing", "grades of source and information");
    }
}

/// Kinds that may not be handled more loosely than this.
pub(crate) fn at_least(tlp: Tlp, header: &Header, breaches: &mut Breaches) {
    if header.tlp < tlp {
        let problem = format!("is {}", header.tlp);
        let expected = format!("{tlp} or stricter");
        breaches.add(RefusalCode::HandlingNotAgreed, &HEADER.field("tlp"), problem, expected);
    }
}

/// What is urgent says why.
pub(crate) fn urgency<const MAX: usize>(
    header: &Header,
    reason: Option<&Prose<MAX>>,
    at: &At<'_>,
    breaches: &mut Breaches,
) {
    if header.priority == Priority::Urgent && reason.is_none() {
        let at = at.field("urgent_reason");
        breaches.add(RefusalCode::UrgentWithoutReason, &at, "is missing", "why it is urgent");
    }
}

/// A deadline that leaves time to answer.
pub(crate) fn deadline(header: &Header, deadline: UnixMillis, at: &At<'_>, breaches: &mut Breaches) {
    if deadline <= header.created {
        let problem = format!("{deadline} is not after {}, when it was written", header.created);
        breaches.add(RefusalCode::NoDeadline, &at.field("deadline_ms"), problem, "a later time");
    }
}

/// A period that does not end before it starts.
pub(crate) fn period(from: UnixMillis, to: UnixMillis, at: &At<'_>, breaches: &mut Breaches) {
    if to < from {
        let problem = format!("{to} is before the start, {from}");
        breaches.add(RefusalCode::Period, &at.field("to_ms"), problem, "an end after the start");
    }
}

/// A reason where one is owed.
pub(crate) fn reason(given: bool, at: &At<'_>, expected: &str, breaches: &mut Breaches) {
    if !given {
        breaches.add(RefusalCode::NoReason, &at.field("reason"), "is missing", expected);
    }
}

/// A list that says nothing twice.
pub(crate) fn distinct<T: PartialEq>(values: &[T], at: &At<'_>, name: &str, breaches: &mut Breaches) {
    for (index, value) in values.iter().enumerate() {
        if values[..index].contains(value) {
            breaches.content(&at.item(name, index), "stands there twice", "each value once");
        }
    }
}

/// A code of a region or commune of one of the two countries, as coarse as ISO 3166-2 and the accord's register:
/// `MR-01`, `ML-NIORO`. Which codes there are is the accord's business.
pub(crate) fn region(code: &str, header: &Header, at: &At<'_>, breaches: &mut Breaches) {
    let (country, name) = code.split_once('-').unwrap_or_default();
    let coarse = !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    let ours = |country: Country| country == header.recipient || country == header.station.country();
    if !coarse || !country.parse().is_ok_and(ours) {
        breaches.content(at, "is no code of a region", "a code such as MR-01, of one of the two countries");
    }
}

/// The path of a field as refusals and corrections name one: `update.entry.subject.person.names[1].value`.
pub(crate) fn field_path(path: &str, at: &At<'_>, breaches: &mut Breaches) {
    let step = |step: &str| {
        let (name, index) = step.split_once('[').unwrap_or((step, "0]"));
        let index = index.strip_suffix(']').unwrap_or_default();
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && (1..=4).contains(&index.len())
            && index.bytes().all(|b| b.is_ascii_digit())
    };
    if !path.split('.').all(step) {
        let expected = "the path of a field, such as update.entry.subject.person.names[1].value";
        breaches.content(at, "is no path of a field", expected);
    }
}

#[cfg(test)]
mod tests;
