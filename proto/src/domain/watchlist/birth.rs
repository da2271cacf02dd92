//! Birth dates read as what they say for certain: the first and the last day that somebody may have been born on.

use jiff::Timestamp;
use jiff::tz::Offset;

use super::{BirthDate, Exactness, Person};
use crate::time::UnixMillis;

/// Who is younger is a minor.
const MAJORITY_YEARS: u32 = 18;

/// A day of the calendar in UTC, which is the time of day in both countries. In order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Day {
    pub(super) year: u32,
    pub(super) month: u32,
    pub(super) day: u32,
}

impl Day {
    /// The day of an instant.
    pub(super) fn of(instant: UnixMillis) -> Self {
        let millis = i64::try_from(instant.millis()).expect("instants end with the year 9999");
        let time = Timestamp::from_millisecond(millis).expect("instants end with the year 9999");
        let date = Offset::UTC.to_datetime(time).date();
        Self {
            year: date.year().unsigned_abs().into(),
            month: date.month().unsigned_abs().into(),
            day: date.day().unsigned_abs().into(),
        }
    }

    /// The same day when they come of age; for the 29th of February that is the 1st of March.
    fn of_age(self) -> Self {
        Self { year: self.year.saturating_add(MAJORITY_YEARS), ..self }
    }
}

/// Days in a month; none in a month that there is not.
pub(super) fn days_in(year: u32, month: u32) -> u32 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 0,
    }
}

impl BirthDate {
    /// The first day that it may mean.
    fn earliest(&self) -> Day {
        let (month, day) =
            if self.exactness == Exactness::Exact { (self.month, self.day) } else { (None, None) };
        Day { year: self.year, month: month.unwrap_or(1), day: day.unwrap_or(1) }
    }

    /// The last day that it may mean.
    pub(super) fn latest(&self) -> Day {
        let (month, day) =
            if self.exactness == Exactness::Exact { (self.month, self.day) } else { (None, None) };
        let year = self.to_year.map_or(self.year, |last| last.max(self.year));
        Day { year, month: month.unwrap_or(12), day: day.unwrap_or(31) }
    }

    /// Whether they are under 18 at `instant`, whichever day it means.
    #[must_use]
    pub fn is_minor(&self, instant: UnixMillis) -> bool {
        self.earliest().of_age() > Day::of(instant)
    }

    /// Whether they may be under 18 at `instant`: of a year or a range the last day counts.
    #[must_use]
    pub fn may_be_minor(&self, instant: UnixMillis) -> bool {
        self.latest().of_age() > Day::of(instant)
    }
}

impl Person {
    /// Whether they are, may be or are believed to be under 18 at `instant`. Nothing known of their age is no
    /// ground to believe it.
    #[must_use]
    pub fn may_be_minor(&self, instant: UnixMillis) -> bool {
        self.minor || self.birth.is_some_and(|birth| birth.may_be_minor(instant))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UnixMillis {
        text.parse().unwrap()
    }

    fn born(year: u32, month: u32, day: u32) -> BirthDate {
        let (month, day) = (Some(month), Some(day));
        BirthDate { year, month, day, exactness: Exactness::Exact, to_year: None }
    }

    fn in_year(year: u32, exactness: Exactness, to_year: Option<u32>) -> BirthDate {
        BirthDate { year, month: None, day: None, exactness, to_year }
    }

    #[test]
    fn an_exact_date_comes_of_age_on_the_birthday() {
        let birth = born(2008, 5, 20);
        assert!(birth.is_minor(at("2026-05-19T23:59:59Z")));
        assert!(!birth.may_be_minor(at("2026-05-20T00:00:00Z")));
        let leap = born(2008, 2, 29);
        assert!(leap.is_minor(at("2026-02-28T12:00:00Z")));
        assert!(!leap.may_be_minor(at("2026-03-01T00:00:00Z")));
    }

    #[test]
    fn a_year_means_all_its_days() {
        let january =
            BirthDate { month: Some(1), day: Some(1), ..in_year(2008, Exactness::JanuaryFirst, None) };
        for birth in [in_year(2008, Exactness::Year, None), january] {
            assert!(birth.is_minor(at("2025-12-31T00:00:00Z")));
            assert!(!birth.is_minor(at("2026-01-15T00:00:00Z")));
            assert!(birth.may_be_minor(at("2026-12-30T00:00:00Z")));
            assert!(!birth.may_be_minor(at("2026-12-31T00:00:00Z")));
        }
    }

    #[test]
    fn a_range_means_all_its_years() {
        let birth = in_year(2004, Exactness::Range, Some(2010));
        assert!(!birth.is_minor(at("2026-01-15T00:00:00Z")));
        assert!(birth.may_be_minor(at("2028-12-30T00:00:00Z")));
        assert!(!birth.may_be_minor(at("2028-12-31T00:00:00Z")));
    }

    #[test]
    fn no_number_is_too_large() {
        let birth = in_year(u32::MAX, Exactness::Range, Some(u32::MAX));
        assert!(birth.is_minor(UnixMillis::MAX) && birth.may_be_minor(UnixMillis::default()));
    }

    #[test]
    fn february_has_its_leap_days() {
        assert_eq!([1900, 2000, 2023, 2024].map(|year| days_in(year, 2)), [28, 29, 28, 29]);
        assert_eq!([0, 4, 12, 13].map(|month| days_in(2024, month)), [0, 30, 31, 0]);
    }
}
