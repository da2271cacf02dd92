//! One change of one entry.

use crate::domain::breach::{At, Breaches};
use crate::domain::part::record;
use crate::domain::payload::Content;
use crate::domain::terms::Action;
use crate::domain::text::{Line, Prose};
use crate::domain::vocabulary::vocabulary;
use crate::domain::watchlist::{Subject, check};
use crate::envelope::{Header, Kind, MessageId};
use crate::time::UnixMillis;
use crate::wire::pb;

vocabulary! {
    /// What a message does to an entry.
    Change, pb::Change {
        /// Its first version.
        Add = "ADD",
        /// The next one.
        Amend = "AMEND",
        /// The last one: it matches no longer.
        Withdraw = "WITHDRAW",
    }
}

vocabulary! {
    /// Why an entry was withdrawn or amended.
    Reason, pb::Reason {
        /// What it asked for was done.
        PurposeMet = "PURPOSE_MET",
        /// It described somebody else.
        MistakenIdentity = "MISTAKEN_IDENTITY",
        /// A court decided so.
        Court = "COURT",
        /// The person used their rights.
        Redress = "REDRESS",
        /// It should not have been written.
        Error = "ERROR",
        /// Kept after its review, for the reason in the note.
        ExtendedOnReview = "EXTENDED_ON_REVIEW",
        /// More is known.
        NewInformation = "NEW_INFORMATION",
    }
}

record! {
    /// A change of an entry.
    WatchlistUpdate, pb::WatchlistUpdate {
        /// What is done.
        change: one Change,
        /// The id of the message that added the entry; for [`Change::Add`] this message's own.
        entry: one MessageId,
        /// From 1, without gaps.
        version: one u32,
        /// The whole entry as it now stands; absent where it is withdrawn.
        content: opt Entry,
        /// Why; a withdrawal and an extension always say.
        reason: opt Reason,
        /// The reason in words, without personal data.
        note: opt Prose<500>,
    }
}

record! {
    /// What an entry says. Times are UTC.
    Entry, pb::Entry {
        /// The one thing that is to be done.
        action: one Action,
        /// As the accord or the penal code numbers it.
        offence: opt Line<64>,
        /// From when it matches.
        valid_from_ms: one UnixMillis,
        /// When its owner must look at it again.
        review_due_ms: one UnixMillis,
        /// When it stops matching by itself.
        expires_ms: one UnixMillis,
        /// The owner's file.
        case_ref: opt Line<64>,
        /// When its data were last checked.
        last_quality_check_ms: opt UnixMillis,
        /// Whom or what it is about.
        subject: rec Subject,
        /// For [`Action::HoldForOwnershipCheck`]: hours after which the animals go free.
        hold_hours: opt u32,
        /// What the officer at the post is to do or to ask.
        instruction: opt Prose<500>,
    }
}

impl Content for WatchlistUpdate {
    const KIND: Kind = Kind::WatchlistUpdate;
    const NAME: &'static str = "update";

    fn check(&self, header: &Header, at: &At<'_>, breaches: &mut Breaches) {
        check::update(self, header, at, breaches);
    }
}
