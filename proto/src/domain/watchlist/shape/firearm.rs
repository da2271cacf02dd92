//! Firearms.

use super::number;
use crate::domain::breach::{At, Breaches};
use crate::domain::watchlist::Firearm;

pub(super) fn check(firearm: &Firearm, at: &At<'_>, breaches: &mut Breaches) {
    if firearm.serial.is_none() && firearm.other_marks.is_none() && firearm.import_mark.is_none() {
        breaches.content(at, "has nothing to tell it by", "a serial number or another mark");
    }
    number(firearm.serial.as_ref(), &at.field("serial"), breaches);
    if firearm.serial.is_none() && firearm.serial_position.is_some() {
        breaches.content(&at.field("serial"), "is missing", "the number that stands there");
    }
}
