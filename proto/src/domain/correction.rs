//! The owner puts right what it wrote. Who finds another owner's data wrong sends a request of type
//! [`crate::domain::inquiry::RequestType::Challenge`].

use sha2::{Digest as _, Sha256};

use crate::domain::breach::{At, Breaches};
use crate::domain::part::record;
use crate::domain::payload::Content;
use crate::domain::rules;
use crate::domain::text::{Digest, Line, Prose};
use crate::envelope::{Header, Kind, Relation, Station};
use crate::refusal::RefusalCode;
use crate::wire::pb;

/// Stations that must be told of one correction.
const MAX_TOLD: usize = 16;

record! {
    /// One field put right, of the message that the header's reference [`crate::envelope::Relation::Corrects`] names.
    Correction, pb::Correction {
        /// The path of the field.
        field: one Line<128>,
        /// SHA-256 of the text that stood there: says which text is meant without repeating it.
        old: one Digest,
        /// What should stand there; absent: nothing.
        new: opt Prose<2000>,
        /// Why.
        reason: one Prose<500>,
        /// The stations that must be told.
        tell: many Station[MAX_TOLD],
    }
}

impl Content for Correction {
    const KIND: Kind = Kind::Correction;
    const NAME: &'static str = "correction";

    fn check(&self, header: &Header, at: &At<'_>, breaches: &mut Breaches) {
        rules::one_reference(header, Relation::Corrects, RefusalCode::Content, breaches);
        rules::field_path(self.field.as_str(), &at.field("field"), breaches);
        if self.new.as_ref().is_some_and(|new| Self::digest(new.as_str()) == self.old) {
            breaches.content(&at.field("new"), "is what stood there before", "another text");
        }
        self.readers(header, at, breaches);
    }
}

impl Correction {
    /// The digest of a text that stood in a field.
    #[must_use]
    pub fn digest(text: &str) -> Digest {
        Digest(Sha256::digest(text.as_bytes()).into())
    }

    /// Whoever acted on the wrong text must learn of the right one.
    fn readers(&self, header: &Header, at: &At<'_>, breaches: &mut Breaches) {
        if self.tell.is_empty() {
            breaches.content(&at.field("tell"), "is empty", "the stations that must be told");
        }
        rules::distinct(&self.tell, at, "tell", breaches);
        let countries = [header.recipient, header.station.country()];
        for (index, station) in self.tell.iter().enumerate() {
            if !countries.contains(&station.country()) {
                let expected = "a station of one of the two countries";
                breaches.content(&at.item("tell", index), format!("is {station}"), expected);
            }
        }
    }
}

#[cfg(test)]
mod tests;
