//! Documents.

use super::number;
use crate::domain::breach::{At, Breaches};
use crate::domain::watchlist::{Document, DocumentState};
use crate::refusal::RefusalCode;
use crate::time::UnixMillis;

pub(super) fn check(document: &Document, written: UnixMillis, at: &At<'_>, breaches: &mut Breaches) {
    number(Some(&document.number), &at.field("number"), breaches);
    if let (Some(issued), Some(end)) = (document.issued_ms, document.expires_ms)
        && end <= issued
    {
        breaches.content(&at.field("expires_ms"), format!("is {end}"), format!("after {issued}"));
    }
    let since = document.since_ms;
    if since > written {
        let expected = format!("not after this message, {written}");
        breaches.add(RefusalCode::WrongTime, &at.field("since_ms"), format!("is {since}"), expected);
    }
    match document.issued_ms {
        Some(_) if document.state == DocumentState::Blank => {
            breaches.content(&at.field("issued_ms"), "is given", "nothing: a blank was never issued");
        }
        Some(issued) if issued > since => {
            let expected = format!("not after {since}, when it was lost");
            breaches.content(&at.field("issued_ms"), format!("is {issued}"), expected);
        }
        _ => {}
    }
}
