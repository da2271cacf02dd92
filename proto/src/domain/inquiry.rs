//! Questions to the other country, and their answers.

use crate::domain::breach::{At, Breaches};
use crate::domain::part::record;
use crate::domain::payload::Content;
use crate::domain::rules;
use crate::domain::text::Prose;
use crate::domain::vocabulary::vocabulary;
use crate::domain::watchlist::Subject;
use crate::envelope::{Header, Kind, MessageId, Relation};
use crate::refusal::RefusalCode;
use crate::time::UnixMillis;
use crate::wire::pb;

record! {
    /// A question about somebody or something in particular.
    InfoRequest, pb::InfoRequest {
        /// What sort of question.
        r#type: one RequestType,
        /// The question.
        question: one Prose<2000>,
        /// Whom or what it is about.
        subject: opt Subject,
        /// Or the entry or message that it is about.
        about: opt MessageId,
        /// Until when an answer is asked for.
        deadline_ms: one UnixMillis,
        /// Why it is urgent, if its priority says so.
        urgent_reason: opt Prose<200>,
    }
}

vocabulary! {
    /// What sort of question.
    RequestType, pb::RequestType {
        /// What is known of the subject.
        Information = "INFORMATION",
        /// Data of the other owner seem wrong.
        Challenge = "CHALLENGE",
        /// Where an object came from.
        Trace = "TRACE",
    }
}

record! {
    /// The answer to the request that the header's reference [`crate::envelope::Relation::Answers`] names.
    InfoResponse, pb::InfoResponse {
        /// What was found.
        result: one InfoResult,
        /// In words.
        text: opt Prose<4000>,
        /// Why it was refused, or is only a part.
        reason: opt Prose<500>,
    }
}

vocabulary! {
    /// What was found.
    InfoResult, pb::Result {
        /// Something.
        Found = "FOUND",
        /// Nothing is held: which is not "nothing is wrong".
        NothingHeld = "NOTHING_HELD",
        /// No answer is given.
        Refused = "REFUSED",
        /// Not all of it is given.
        Partial = "PARTIAL",
    }
}

impl Content for InfoRequest {
    const KIND: Kind = Kind::InfoRequest;
    const NAME: &'static str = "request";

    fn check(&self, header: &Header, at: &At<'_>, breaches: &mut Breaches) {
        rules::purpose(header, breaches);
        rules::urgency(header, self.urgent_reason.as_ref(), at, breaches);
        rules::deadline(header, self.deadline_ms, at, breaches);
        self.one_subject(at, breaches);
        self.suits_type(at, breaches);
        if let Some(subject) = &self.subject {
            particular(subject, &at.field("subject"), breaches);
        }
    }
}

impl InfoRequest {
    /// Words such as "all travellers" are not looked for: the form itself asks about one subject or entry.
    fn one_subject(&self, at: &At<'_>, breaches: &mut Breaches) {
        let at = at.field("subject");
        match (&self.subject, &self.about) {
            (None, None) => {
                let expected = "one subject, or the entry or message that it is about";
                breaches.add(RefusalCode::OpenEnded, &at, "is missing", expected);
            }
            (Some(_), Some(_)) => breaches.content(&at, "stands beside `about`", "one of the two"),
            _ => {}
        }
    }

    fn suits_type(&self, at: &At<'_>, breaches: &mut Breaches) {
        match (self.r#type, &self.subject, &self.about) {
            (RequestType::Challenge, Some(_), None) => {
                breaches.content(&at.field("about"), "is missing", "the entry or message that is challenged");
            }
            (RequestType::Trace, Some(Subject::Person(_)), _) => {
                breaches.content(&at.field("subject"), "is a person", "an object: people are not traced");
            }
            _ => {}
        }
    }
}

/// A subject that can be told from others of its category.
fn particular(subject: &Subject, at: &At<'_>, breaches: &mut Breaches) {
    let (code, known, expected) = match subject {
        Subject::Person(person) => {
            let known = !person.names.is_empty() || !person.documents.is_empty();
            (RefusalCode::PoorQuality, known, "a name or a document")
        }
        Subject::Vehicle(vehicle) => {
            let marks = [&vehicle.trailer, &vehicle.engine, &vehicle.chassis];
            let marked = vehicle.vin.is_some() || marks.into_iter().any(Option::is_some);
            (RefusalCode::OpenEnded, marked || vehicle.plate.is_some(), "a plate or number")
        }
        Subject::Vessel(vessel) => {
            let marked = vessel.hull.is_some() || vessel.registration.is_some();
            let named = vessel.name.is_some() || vessel.imo.is_some() || vessel.mmsi.is_some();
            (RefusalCode::OpenEnded, marked || named, "a name or number")
        }
        // A document always has its number; arms and animals are told by what is left of them.
        Subject::Document(_) | Subject::Firearm(_) | Subject::Livestock(_) => return,
    };
    if !known {
        breaches.add(code, at, "is nobody and nothing in particular", expected);
    }
}

impl Content for InfoResponse {
    const KIND: Kind = Kind::InfoResponse;
    const NAME: &'static str = "response";

    fn check(&self, header: &Header, at: &At<'_>, breaches: &mut Breaches) {
        rules::one_reference(header, Relation::Answers, RefusalCode::NotAnAnswer, breaches);
        if matches!(self.result, InfoResult::Refused | InfoResult::Partial) {
            rules::reason(self.reason.is_some(), at, "why not all is answered", breaches);
        }
        let text = at.field("text");
        match (self.result, &self.text) {
            (InfoResult::Found | InfoResult::Partial, None) => {
                breaches.content(&text, "is missing", "what was found");
            }
            (InfoResult::NothingHeld, Some(_)) => {
                breaches.content(&text, "stands though nothing is held", "FOUND or PARTIAL, or no text");
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
