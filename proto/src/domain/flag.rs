//! An entry of the other country is kept here, and not executed.

use crate::domain::breach::{At, Breaches};
use crate::domain::part::record;
use crate::domain::payload::Content;
use crate::domain::rules;
use crate::domain::text::Prose;
use crate::domain::vocabulary::vocabulary;
use crate::envelope::{Header, Kind, MessageId};
use crate::wire::pb;

record! {
    /// What a headquarters says of an entry that it does not own.
    Flag, pb::Flag {
        /// The entry.
        entry: one MessageId,
        /// What is said.
        meaning: one FlagMeaning,
        /// On which ground of its own law.
        reason: one Prose<500>,
    }
}

vocabulary! {
    /// What a flag says.
    FlagMeaning, pb::FlagMeaning {
        /// Its action is not taken here.
        NotExecutableHere = "NOT_EXECUTABLE_HERE",
        /// It is taken again.
        Lifted = "LIFTED",
    }
}

impl Content for Flag {
    const KIND: Kind = Kind::Flag;
    const NAME: &'static str = "flag";

    /// A post does not decide what its country's law allows. The reason cannot be empty: see its type.
    fn check(&self, header: &Header, _: &At<'_>, breaches: &mut Breaches) {
        rules::headquarters(header, breaches);
    }
}

#[cfg(test)]
mod tests;
