//! What is changed: id, version, content and reason fit the change.

use crate::domain::breach::{At, Breaches};
use crate::domain::watchlist::{Change, Reason, WatchlistUpdate};
use crate::envelope::Header;
use crate::refusal::RefusalCode;

pub(super) fn check(update: &WatchlistUpdate, header: &Header, at: &At<'_>, breaches: &mut Breaches) {
    let adds = update.change == Change::Add;
    if adds != (update.entry == header.id) {
        let expected = if adds { "this message's own id" } else { "the id of the message that added it" };
        breaches.content(&at.field("entry"), "does not fit the change", expected);
    }
    if adds != (update.version == 1) || update.version == 0 {
        let expected = if adds { "1" } else { "2 or more" };
        let problem = format!("is {}", update.version);
        breaches.add(RefusalCode::VersionNotNext, &at.field("version"), problem, expected);
    }
    let withdraws = update.change == Change::Withdraw;
    if withdraws == update.content.is_some() {
        let (problem, expected) = if withdraws {
            ("is given", "nothing: what is withdrawn is not repeated")
        } else {
            ("is missing", "the whole entry as it now stands")
        };
        breaches.content(&at.field("content"), problem, expected);
    }
    reason(update, at, breaches);
}

fn reason(update: &WatchlistUpdate, at: &At<'_>, breaches: &mut Breaches) {
    let here = at.field("reason");
    match update.reason {
        None if update.change == Change::Withdraw => {
            breaches.add(RefusalCode::NoReason, &here, "is missing", "why it is withdrawn");
        }
        None if update.note.is_some() => {
            breaches.add(RefusalCode::NoReason, &here, "is missing", "the reason that the note explains");
        }
        Some(reason) if !fits(reason, update.change) => {
            let expected = format!("a reason for {}", update.change);
            breaches.content(&here, format!("is {reason}"), expected);
        }
        Some(Reason::ExtendedOnReview) if update.note.is_none() => {
            let expected = "why the entry is still needed, in words";
            breaches.add(RefusalCode::NoReason, &at.field("note"), "is missing", expected);
        }
        _ => {}
    }
}

/// Whether one may give this reason for this change.
fn fits(reason: Reason, change: Change) -> bool {
    match change {
        Change::Add => false,
        Change::Amend => reason != Reason::PurposeMet,
        Change::Withdraw => reason != Reason::ExtendedOnReview,
    }
}
