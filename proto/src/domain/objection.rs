//! An officer refuses a message that the node took up. What the nodes themselves refuse by rule is a verdict leaf.

use crate::domain::breach::{At, Breaches};
use crate::domain::part::record;
use crate::domain::payload::Content;
use crate::domain::rules;
use crate::domain::text::{Line, Prose};
use crate::envelope::{Header, Kind, MessageId};
use crate::refusal::RefusalCode;
use crate::wire::pb;

record! {
    /// The payload of [`crate::envelope::Kind::Refusal`].
    OfficerRefusal, pb::OfficerRefusal {
        /// The message.
        refused: one MessageId,
        /// Why: a number of [`crate::refusal::RefusalCode`].
        code: one u32,
        /// The field at fault.
        field: opt Line<128>,
        /// In words.
        reason: opt Prose<500>,
    }
}

impl Content for OfficerRefusal {
    const KIND: Kind = Kind::Refusal;
    const NAME: &'static str = "refusal";

    fn check(&self, header: &Header, at: &At<'_>, breaches: &mut Breaches) {
        if self.refused == header.id {
            breaches.content(&at.field("refused"), "is this message itself", "another message");
        }
        if let Some(field) = &self.field {
            rules::field_path(field.as_str(), &at.field("field"), breaches);
        }
        let code = u16::try_from(self.code).ok().and_then(RefusalCode::from_number);
        match code {
            None => {
                breaches.content(&at.field("code"), format!("is {}", self.code), "the number of a refusal")
            }
            // Every other code says by itself what is wrong.
            Some(RefusalCode::Content) => rules::reason(self.reason.is_some(), at, "what is wrong", breaches),
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
