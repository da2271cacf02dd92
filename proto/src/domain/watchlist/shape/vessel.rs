//! Boats.

use super::{digits, number, one_script};
use crate::domain::breach::{At, Breaches};
use crate::domain::watchlist::Vessel;

/// Digits of a number of the International Maritime Organization, the last a check digit.
const IMO_DIGITS: usize = 7;
/// Digits of a Maritime Mobile Service Identity (ITU-R M.585).
const MMSI_DIGITS: usize = 9;

pub(super) fn check(vessel: &Vessel, at: &At<'_>, breaches: &mut Breaches) {
    let Vessel { name, hull, registration, imo, mmsi, .. } = vessel;
    if name.is_none() && hull.is_none() && registration.is_none() && imo.is_none() && mmsi.is_none() {
        breaches.content(at, "has nothing to tell it by", "a name, hull, registration, IMO or MMSI number");
    }
    if let Some(name) = name {
        let number = |c: char| c.is_ascii_digit();
        one_script(name.as_str(), number, &at.field("name"), breaches);
    }
    number(hull.as_ref(), &at.field("hull"), breaches);
    number(registration.as_ref(), &at.field("registration"), breaches);
    if imo.as_ref().is_some_and(|imo| !is_imo(imo.as_str())) {
        breaches.content(&at.field("imo"), "is no IMO number", "7 digits, the last as the others make it");
    }
    digits(mmsi.as_ref(), MMSI_DIGITS, &at.field("mmsi"), breaches);
}

/// The last digit is that of the sum of the others, weighted 7 to 2 (IMO resolution A.1117(30)).
fn is_imo(imo: &str) -> bool {
    let digits: Option<Vec<u32>> = imo.chars().map(|c| c.to_digit(10)).collect();
    let Some(digits) = digits.filter(|digits| digits.len() == IMO_DIGITS) else { return false };
    let sum: u32 = digits.iter().zip((2..=7).rev()).map(|(digit, weight)| digit * weight).sum();
    digits.last() == Some(&(sum % 10))
}

#[cfg(test)]
mod tests {
    use super::is_imo;

    #[test]
    fn the_last_digit_of_an_imo_number_follows_from_the_others() {
        // 9×7 + 0×6 + 7×5 + 4×4 + 7×3 + 2×2 = 139: the example of the International Maritime Organization.
        assert!(is_imo("9074729"));
        assert!(!is_imo("9074728") && !is_imo("907472") && !is_imo("90747290") && !is_imo("A074729"));
    }
}
