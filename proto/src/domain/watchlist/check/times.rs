//! For how long: it begins, is reviewed and ends in this order, and it ends.

use crate::domain::breach::{At, Breaches};
use crate::domain::watchlist::Entry;
use crate::envelope::Header;
use crate::refusal::RefusalCode;

pub(super) fn check(entry: &Entry, header: &Header, at: &At<'_>, breaches: &mut Breaches) {
    let Entry { valid_from_ms: from, review_due_ms: review, expires_ms: end, .. } = *entry;
    let written = header.created;
    if end <= from.max(written) {
        let expected = format!("after {}", from.max(written));
        breaches.add(RefusalCode::Expired, &at.field("expires_ms"), format!("is {end}"), expected);
    } else if !(from.max(written)..=end).contains(&review) {
        let expected = format!("from {} to {end}", from.max(written));
        breaches.add(RefusalCode::ReviewDate, &at.field("review_due_ms"), format!("is {review}"), expected);
    }
    if let Some(checked) = entry.last_quality_check_ms.filter(|checked| *checked > written) {
        let expected = format!("not after this message, {written}");
        let at = at.field("last_quality_check_ms");
        breaches.add(RefusalCode::WrongTime, &at, format!("is {checked}"), expected);
    }
}
