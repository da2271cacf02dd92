//! A post met what an entry describes, or thought so.

use crate::domain::breach::{At, Breaches};
use crate::domain::part::record;
use crate::domain::payload::Content;
use crate::domain::rules;
use crate::domain::text::Prose;
use crate::domain::vocabulary::vocabulary;
use crate::envelope::{Header, Kind, MessageId, Relation, Station};
use crate::refusal::RefusalCode;
use crate::time::UnixMillis;
use crate::wire::pb;

/// Things that matched.
const MAX_MATCHES: usize = 14;

record! {
    /// What an officer found and did. The header's reference [`crate::envelope::Relation::HitOn`] names the version
    /// of the entry that they saw.
    HitReport, pb::HitReport {
        /// The entry.
        entry: one MessageId,
        /// The version that the officer saw.
        version: one u32,
        /// When.
        at_ms: one UnixMillis,
        /// Where.
        post: one Station,
        /// What agreed with the entry.
        matched: many Match[MAX_MATCHES],
        /// What the officer holds it to be.
        outcome: one Outcome,
        /// Whether the entry's action was taken.
        action: one ActionTaken,
        /// Why it was not, or only partly.
        reason: opt Prose<500>,
        /// Adults in their company: a number, no names.
        adults_along: one u32,
        /// Minors in their company.
        minors_along: one u32,
        /// Why the answer is urgent, if it is.
        urgent_reason: opt Prose<200>,
    }
}

vocabulary! {
    /// What agreed with an entry.
    Match, pb::Match {
        /// A name, in whatever spelling. Alone it is never more than possible.
        Name = "NAME",
        /// The birth date.
        BirthDate = "BIRTH_DATE",
        /// A document's number.
        Document = "DOCUMENT",
        /// The photograph, compared by a person.
        Photo = "PHOTO",
        /// Fingerprints or another measure of the body.
        Biometric = "BIOMETRIC",
        /// They said so themselves.
        Admission = "ADMISSION",
        /// A plate.
        Plate = "PLATE",
        /// A VIN, chassis, engine or trailer number.
        Vin = "VIN",
        /// A serial number.
        Serial = "SERIAL",
        /// A hull or registration number.
        Hull = "HULL",
        /// A brand, compared by eye.
        Brand = "BRAND",
        /// Ear marks.
        EarMark = "EAR_MARK",
        /// An ear tag or transponder.
        Tag = "TAG",
        /// A certificate for animals.
        Certificate = "CERTIFICATE",
    }
}

vocabulary! {
    /// What the officer holds a match to be.
    Outcome, pb::Outcome {
        /// The one whom or which the entry means.
        Confirmed = "CONFIRMED",
        /// Another one.
        NotSame = "NOT_SAME",
        /// It cannot be told.
        Unsure = "UNSURE",
    }
}

vocabulary! {
    /// Whether the entry's action was taken.
    ActionTaken, pb::ActionTaken {
        /// Yes.
        Done = "DONE",
        /// Not wholly.
        Partly = "PARTLY",
        /// No.
        NotPossible = "NOT_POSSIBLE",
        /// None was due: it was another, or it cannot be told.
        NoneDue = "NONE_DUE",
    }
}

impl Content for HitReport {
    const KIND: Kind = Kind::HitReport;
    const NAME: &'static str = "hit";

    fn check(&self, header: &Header, at: &At<'_>, breaches: &mut Breaches) {
        rules::one_reference(header, Relation::HitOn, RefusalCode::Content, breaches);
        rules::urgency(header, self.urgent_reason.as_ref(), at, breaches);
        rules::distinct(&self.matched, at, "matched", breaches);
        if self.version == 0 {
            breaches.content(&at.field("version"), "is 0", "the version that the officer saw, from 1");
        }
        self.when_and_where(header, at, breaches);
        self.confirmation(at, breaches);
        self.taken(at, breaches);
    }
}

impl HitReport {
    fn when_and_where(&self, header: &Header, at: &At<'_>, breaches: &mut Breaches) {
        if self.at_ms > header.created.saturating_add(rules::CLOCK_TOLERANCE_MS) {
            let problem = format!("{} is after the report was written, {}", self.at_ms, header.created);
            breaches.add(RefusalCode::WrongTime, &at.field("at_ms"), problem, "a time that has been");
        }
        if self.post.country() != header.station.country() {
            let expected = format!("a post of {}, which reports", header.station.country());
            breaches.content(&at.field("post"), format!("is {}", self.post), expected);
        }
    }

    /// A name is shared by many, with a birth date by several; brands and ear marks are family marks, read with
    /// errors. None of them, nor all together, is more than possible: somebody confirms by a document, a body,
    /// a number.
    fn confirmation(&self, at: &At<'_>, breaches: &mut Breaches) {
        if self.outcome != Outcome::Confirmed {
            return;
        }
        let at = at.field("matched");
        if self.matched.is_empty() {
            breaches.content(&at, "is empty, but the hit is confirmed", "what confirmed it");
        } else if !self.matched.iter().any(|matched| matched.confirms()) {
            let problem = "has names, birth dates, brands or ear marks alone";
            let expected = "what confirms it, or the outcome UNSURE";
            breaches.add(RefusalCode::NameOnly, &at, problem, expected);
        }
    }

    fn taken(&self, at: &At<'_>, breaches: &mut Breaches) {
        if self.outcome != Outcome::Confirmed && self.action == ActionTaken::Done {
            let problem = format!("is DONE, though the outcome is {}", self.outcome);
            breaches.content(&at.field("action"), problem, "an action on a confirmed hit only");
        }
        if matches!(self.action, ActionTaken::Partly | ActionTaken::NotPossible) {
            rules::reason(self.reason.is_some(), at, "why the action was not taken wholly", breaches);
        }
    }
}

impl Match {
    /// Whether this may confirm that one is the one who or which is meant.
    #[must_use]
    pub fn confirms(self) -> bool {
        !matches!(self, Self::Name | Self::BirthDate | Self::Brand | Self::EarMark)
    }
}

#[cfg(test)]
mod tests;
