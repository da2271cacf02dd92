//! How far it may go: what tells of a person or a lineage never travels under a label for many.

use crate::domain::Tlp;
use crate::domain::breach::{At, Breaches};
use crate::domain::watchlist::{Entry, Subject};
use crate::envelope::Header;
use crate::refusal::RefusalCode::PersonalData;

pub(super) fn check(entry: &Entry, header: &Header, breaches: &mut Breaches) {
    let what = match &entry.subject {
        Subject::Person(_) => "for a person",
        Subject::Livestock(animals) if animals.brand.is_some() => "for a brand, which tells of lineage",
        _ => return,
    };
    if header.tlp < Tlp::Amber {
        let at = At::root("header");
        let expected = format!("{} or stricter {what}", Tlp::Amber);
        breaches.add(PersonalData, &at.field("tlp"), format!("is {}", header.tlp), expected);
    }
}
