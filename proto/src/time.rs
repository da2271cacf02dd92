//! Wall-clock time as it stands in messages, receipts and cosignatures. Order never comes from it.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Milliseconds since 1970-01-01T00:00:00Z, without leap seconds. Range: years 1970 to 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct UnixMillis(u64);

impl UnixMillis {
    /// 9999-12-30T22:00:00Z, the last instant that every calendar library at hand can print.
    pub const MAX: Self = Self(253_402_207_200_000);

    /// An instant by its milliseconds; `None` past [`Self::MAX`].
    #[must_use]
    pub fn new(millis: u64) -> Option<Self> {
        (millis <= Self::MAX.0).then_some(Self(millis))
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub fn millis(self) -> u64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.0 / 1000
    }

    /// The instant of that many whole seconds; `None` past [`Self::MAX`].
    #[must_use]
    pub fn from_seconds(seconds: u64) -> Option<Self> {
        seconds.checked_mul(1000).and_then(Self::new)
    }

    /// This instant moved by `millis`, kept within the range.
    #[must_use]
    pub fn saturating_add(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis).min(Self::MAX.0))
    }
}

impl fmt::Display for UnixMillis {
    /// RFC 3339 in UTC, with a fraction only where there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = i64::try_from(self.0).expect("MAX fits");
        Timestamp::from_millisecond(millis).expect("MAX is within jiff's range").fmt(f)
    }
}

impl FromStr for UnixMillis {
    type Err = TimeError;

    /// Reads RFC 3339, with any offset; fractions below a millisecond are refused.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || TimeError(text.to_owned());
        let instant: Timestamp = text.parse().map_err(|_| refused())?;
        if instant.subsec_nanosecond() % 1_000_000 != 0 {
            return Err(refused());
        }
        u64::try_from(instant.as_millisecond()).ok().and_then(Self::new).ok_or_else(refused)
    }
}

impl From<UnixMillis> for String {
    fn from(instant: UnixMillis) -> Self {
        instant.to_string()
    }
}

impl TryFrom<String> for UnixMillis {
    type Error = TimeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// A text that is not an instant between 1970 and 9999.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error(
    "`{0}` is not a date and time such as 2026-01-15T10:04:05Z (years 1970 to 9999, milliseconds at most)"
)]
pub struct TimeError(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_print_as_they_parse() {
        for text in ["1970-01-01T00:00:00Z", "2026-01-15T10:04:05Z", "2026-01-15T10:04:05.25Z"] {
            assert_eq!(text.parse::<UnixMillis>().unwrap().to_string(), text);
        }
        assert_eq!(UnixMillis::MAX.to_string().parse(), Ok(UnixMillis::MAX));
    }

    #[test]
    fn instants_out_of_range_are_refused() {
        assert!(UnixMillis::new(UnixMillis::MAX.millis() + 1).is_none());
        for text in ["1969-12-31T23:59:59Z", "tomorrow", "2026-01-15T10:04:05.0001Z"] {
            assert!(text.parse::<UnixMillis>().is_err(), "{text}");
        }
    }
}
