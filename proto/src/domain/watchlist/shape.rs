//! What each value must be, whatever it is used for: rules of entries, and of requests that describe somebody or
//! something.

mod birth;
mod document;
mod firearm;
mod livestock;
mod person;
mod vehicle;
mod vessel;

use super::{Script, Subject};
use crate::domain::breach::{At, Breaches};
use crate::domain::text::Mark;
use crate::time::UnixMillis;

/// Most animals of one entry, and of one certificate.
const MAX_ANIMALS: u32 = 100_000;

impl Subject {
    /// Whether its values are what they are said to be, in a message written at `written`. Whether an entry may
    /// ask something of it is not judged here.
    pub fn check(&self, written: UnixMillis, at: &At<'_>, breaches: &mut Breaches) {
        match self {
            Self::Person(person) => person::check(person, written, &at.field("person"), breaches),
            Self::Document(document) => document::check(document, written, &at.field("document"), breaches),
            Self::Vehicle(vehicle) => vehicle::check(vehicle, &at.field("vehicle"), breaches),
            Self::Firearm(firearm) => firearm::check(firearm, &at.field("firearm"), breaches),
            Self::Vessel(vessel) => vessel::check(vessel, &at.field("vessel"), breaches),
            Self::Livestock(animals) => livestock::check(animals, written, &at.field("livestock"), breaches),
        }
    }
}

/// That a mark is so many digits.
fn digits<const MAX: usize>(mark: Option<&Mark<MAX>>, count: usize, at: &At<'_>, breaches: &mut Breaches) {
    let right = |text: &str| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if mark.is_some_and(|mark| !right(mark.as_str())) {
        breaches.content(at, "is not in the form of its register", format!("{count} digits"));
    }
}

/// That a number says something: `---` finds nothing.
fn number<const MAX: usize>(mark: Option<&Mark<MAX>>, at: &At<'_>, breaches: &mut Breaches) {
    if mark.is_some_and(|mark| !mark.as_str().bytes().any(|byte| byte.is_ascii_alphanumeric())) {
        breaches.content(at, "has no letter or digit", "the number");
    }
}

/// That a name has letters, of one script. Returns it.
fn one_script(
    name: &str,
    also: impl Fn(char) -> bool,
    at: &At<'_>,
    breaches: &mut Breaches,
) -> Option<Script> {
    match Script::of_name(name, also) {
        Ok(Some(script)) => return Some(script),
        Ok(None) => breaches.content(at, "has no letter", "a name"),
        Err(super::ForeignLetter(c)) => {
            let expected = "letters of one script, spaces, hyphens, apostrophes and points";
            breaches.content(at, format!("has U+{:04X} beside its letters", u32::from(c)), expected);
        }
    }
    None
}
