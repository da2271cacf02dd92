//! What an update and its header must keep to by themselves. In this order, for a sender is told the first: what is
//! changed, on which ground, for how long, what is asked for, of whom, and last whether each value is one.

mod action;
mod change;
mod grounds;
mod person;
mod sensitive;
mod times;

use super::{Change, Entry, Subject, WatchlistUpdate};
use crate::domain::breach::{At, Breaches};
use crate::envelope::Header;
use crate::refusal::RefusalCode;

/// Every rule that an update breaks.
pub(super) fn update(update: &WatchlistUpdate, header: &Header, at: &At<'_>, breaches: &mut Breaches) {
    change::check(update, header, at, breaches);
    // A withdrawal must always get through: it rests on its reason alone.
    if let Some(content) = update.content.as_ref().filter(|_| update.change != Change::Withdraw) {
        grounds::check(header, breaches);
        entry(content, header, &at.field("content"), breaches);
    }
}

fn entry(entry: &Entry, header: &Header, at: &At<'_>, breaches: &mut Breaches) {
    times::check(entry, header, at, breaches);
    action::check(entry, header, at, breaches);
    sensitive::check(entry, header, breaches);
    let subject = at.field("subject");
    match &entry.subject {
        Subject::Person(listed) => person::check(listed, entry.action, header, at, breaches),
        Subject::Document(document) if !document.issuer.is_of(header.origin.writer()) => breaches.add(
            RefusalCode::ForeignDocument,
            &subject.field("document").field("issuer"),
            format!("is {}", document.issuer),
            format!("the state that sends this, {}", header.origin.writer()),
        ),
        _ => {}
    }
    entry.subject.check(header.created, &subject, breaches);
}

#[cfg(test)]
mod tests;
