//! Vehicles.

use super::number;
use crate::domain::breach::{At, Breaches};
use crate::domain::watchlist::plate::fold;
use crate::domain::watchlist::{Script, Vehicle};

/// Characters of a vehicle identification number (ISO 3779).
const VIN_LEN: usize = 17;

pub(super) fn check(vehicle: &Vehicle, at: &At<'_>, breaches: &mut Breaches) {
    let Vehicle { vin, plate, trailer, engine, chassis, .. } = vehicle;
    if vin.is_none() && plate.is_none() && trailer.is_none() && engine.is_none() && chassis.is_none() {
        breaches.content(at, "has nothing to tell it by", "a VIN, plate, trailer, engine or chassis number");
    }
    if vin.as_ref().is_some_and(|vin| !is_vin(vin.as_str())) {
        let expected = "17 letters and digits, no I, O or Q";
        breaches.content(&at.field("vin"), "is not in the form of a VIN", expected);
    }
    if let Some(plate) = plate {
        check_plate(plate.as_str(), &at.field("plate"), breaches);
    }
    number(trailer.as_ref(), &at.field("trailer"), breaches);
    number(engine.as_ref(), &at.field("engine"), breaches);
    number(chassis.as_ref(), &at.field("chassis"), breaches);
}

/// The form alone. The check digit is used by some makers only, so it decides nothing.
fn is_vin(vin: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_digit() || (byte.is_ascii_uppercase() && !b"IOQ".contains(&byte));
    vin.len() == VIN_LEN && vin.bytes().all(fits)
}

fn check_plate(plate: &str, at: &At<'_>, breaches: &mut Breaches) {
    let expected = "letters A to Z or Arabic ones, never both, digits, space, and - / .";
    let known = |c: char| fold(c).is_some() || Script::of(c) == Some(Script::Arabic) || " -/.".contains(c);
    if let Some(c) = plate.chars().find(|c| !known(*c)) {
        breaches.content(at, format!("has U+{:04X}", u32::from(c)), expected);
    } else if !plate.chars().any(|c| fold(c).is_some()) {
        breaches.content(at, "has no letter or digit", expected);
    } else if plate.chars().any(|c| c.is_ascii_alphabetic()) && plate.chars().any(is_arabic_letter) {
        breaches.content(at, "has letters of two scripts", expected);
    }
}

fn is_arabic_letter(c: char) -> bool {
    Script::of(c) == Some(Script::Arabic) && c.is_alphabetic()
}
