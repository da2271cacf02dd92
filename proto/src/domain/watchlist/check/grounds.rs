//! On which ground: basis, purpose, evaluation and handling all stand in the header. What they obey in every kind
//! of message, [`crate::domain::rules`] checks.

use crate::domain::breach::{At, Breaches};
use crate::envelope::Header;
use crate::refusal::RefusalCode;

pub(super) fn check(header: &Header, breaches: &mut Breaches) {
    let root = At::root("header");
    let at = root.field("grounds");
    let grounds = &header.grounds;
    basis(header, &at, breaches);
    if grounds.purpose.is_none() {
        breaches.add(RefusalCode::NoPurpose, &at.field("purpose"), "is missing", "what it is exchanged for");
    }
    if grounds.evaluation.is_none() {
        breaches.content(&at.field("evaluation"), "is missing", "source and information, such as B2");
    }
    if grounds.handling.is_none() {
        breaches.content(&at.field("handling"), "is missing", "H0, H1, H2 or H3");
    }
}

fn basis(header: &Header, at: &At<'_>, breaches: &mut Breaches) {
    let at = at.field("basis");
    let Some(basis) = &header.grounds.basis else {
        breaches.add(RefusalCode::NoLegalBasis, &at, "is missing", "a decision, who took it and its number");
        return;
    };
    // A dash in the field is no reference.
    for (name, text) in [("reference", &basis.reference), ("authority", &basis.authority)] {
        if !text.as_str().chars().any(char::is_alphanumeric) {
            breaches.add(RefusalCode::NoLegalBasis, &at.field(name), "has no letter or digit", "a real one");
        }
    }
}
