//! An entry is due for review.

use crate::domain::breach::{At, Breaches};
use crate::domain::part::record;
use crate::domain::payload::Content;
use crate::envelope::{Header, Kind, MessageId};
use crate::time::UnixMillis;
use crate::wire::pb;

record! {
    /// Made by the system when a review is due; an officer of the owner's sends it on, as every message needs an
    /// officer who answers for it.
    ReviewNotice, pb::ReviewNotice {
        /// The entry.
        entry: one MessageId,
        /// When its review is due.
        due_ms: one UnixMillis,
    }
}

impl Content for ReviewNotice {
    const KIND: Kind = Kind::ReviewNotice;
    const NAME: &'static str = "notice";

    /// No rule of its own: whether the review is due is for who holds the entry to say.
    fn check(&self, _: &Header, _: &At<'_>, _: &mut Breaches) {}
}

#[cfg(test)]
mod tests;
