//! Birth dates.

use crate::domain::breach::{At, Breaches};
use crate::domain::watchlist::birth::{Day, days_in};
use crate::domain::watchlist::{BirthDate, Exactness};
use crate::time::UnixMillis;

/// Nobody older crosses the border.
const FIRST_YEAR: u32 = 1900;

pub(super) fn check(birth: &BirthDate, written: UnixMillis, at: &At<'_>, breaches: &mut Breaches) {
    let today = Day::of(written);
    year(birth.year, FIRST_YEAR, today, &at.field("year"), breaches);
    match (birth.exactness, birth.to_year) {
        (Exactness::Range, Some(last)) => {
            year(last, birth.year.saturating_add(1), today, &at.field("to_year"), breaches);
        }
        (Exactness::Range, None) => breaches.content(&at.field("to_year"), "is missing", "the last year"),
        (_, Some(_)) => breaches.content(&at.field("to_year"), "is given", "nothing: this is no RANGE"),
        (_, None) => {}
    }
    day(birth, at, breaches);
    let in_future = birth.exactness == Exactness::Exact && birth.year == today.year && birth.latest() > today;
    if in_future {
        breaches.content(at, "lies in the future", "not after this message");
    }
}

fn year(year: u32, first: u32, today: Day, at: &At<'_>, breaches: &mut Breaches) {
    if !(first..=today.year).contains(&year) {
        breaches.content(at, format!("is {year}"), format!("a year from {first} to {}", today.year));
    }
}

fn day(birth: &BirthDate, at: &At<'_>, breaches: &mut Breaches) {
    let (expected, right) = match birth.exactness {
        Exactness::Exact => ("a month and a day that there are", is_day(birth)),
        Exactness::Year => ("no month and no day, for YEAR", (birth.month, birth.day) == (None, None)),
        Exactness::Range => ("no month and no day, for RANGE", (birth.month, birth.day) == (None, None)),
        Exactness::JanuaryFirst => {
            ("month 1 and day 1, for JAN-1-DEFAULT", (birth.month, birth.day) == (Some(1), Some(1)))
        }
    };
    if !right {
        let name = if birth.exactness == Exactness::Exact && is_month(birth) { "day" } else { "month" };
        breaches.content(&at.field(name), "does not fit", expected);
    }
}

fn is_month(birth: &BirthDate) -> bool {
    birth.month.is_some_and(|month| (1..=12).contains(&month))
}

fn is_day(birth: &BirthDate) -> bool {
    let last = birth.month.map_or(0, |month| days_in(birth.year, month));
    birth.day.is_some_and(|day| (1..=last).contains(&day))
}
