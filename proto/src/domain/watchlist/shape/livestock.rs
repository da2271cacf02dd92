//! Animals.

use super::{MAX_ANIMALS, digits, number};
use crate::domain::breach::{At, Breaches};
use crate::domain::watchlist::{Brand, Certificate, Livestock, read_stroke};
use crate::refusal::RefusalCode;
use crate::time::UnixMillis;

/// Digits of a transponder's number (ISO 11784): country or maker, then animal.
const RFID_DIGITS: usize = 15;

pub(super) fn check(animals: &Livestock, written: UnixMillis, at: &At<'_>, breaches: &mut Breaches) {
    count(animals.count_min, &at.field("count_min"), breaches);
    if animals.count_max < animals.count_min || animals.count_max > MAX_ANIMALS {
        let problem = format!("is {}", animals.count_max);
        let expected = format!("from {} to {MAX_ANIMALS}", animals.count_min.clamp(1, MAX_ANIMALS));
        breaches.content(&at.field("count_max"), problem, expected);
    }
    if let Some(brand) = &animals.brand {
        check_brand(brand, &at.field("brand"), breaches);
    }
    number(animals.tag.as_ref(), &at.field("tag"), breaches);
    digits(animals.rfid.as_ref(), RFID_DIGITS, &at.field("rfid"), breaches);
    if let Some(certificate) = &animals.certificate {
        check_certificate(certificate, &at.field("certificate"), breaches);
    }
    if let Some(taken) = animals.taken_ms.filter(|taken| *taken > written) {
        let expected = format!("not after this message, {written}");
        breaches.add(RefusalCode::WrongTime, &at.field("taken_ms"), format!("is {taken}"), expected);
    }
}

fn count(count: u32, at: &At<'_>, breaches: &mut Breaches) {
    if !(1..=MAX_ANIMALS).contains(&count) {
        breaches.content(at, format!("is {count}"), format!("from 1 to {MAX_ANIMALS}"));
    }
}

fn check_brand(brand: &Brand, at: &At<'_>, breaches: &mut Breaches) {
    if brand.image.is_none() && brand.strokes.is_empty() {
        breaches.content(at, "has nothing to compare by eye", "a sketch or an image");
    }
    for (index, stroke) in brand.strokes.iter().enumerate() {
        if read_stroke(stroke.as_str()).is_none() {
            let expected = "two points or more, each from 0,0 to 100,100, such as `0,0 50,100`";
            breaches.content(&at.item("strokes", index), "is no stroke", expected);
        }
    }
}

fn check_certificate(certificate: &Certificate, at: &At<'_>, breaches: &mut Breaches) {
    let Certificate { valid_from_ms: from, valid_to_ms: to, .. } = certificate;
    number(Some(&certificate.number), &at.field("number"), breaches);
    if to <= from {
        breaches.content(&at.field("valid_to_ms"), format!("is {to}"), format!("after {from}"));
    }
    count(certificate.count, &at.field("count"), breaches);
}
