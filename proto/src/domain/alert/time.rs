//! Times as CAP writes them.

use std::fmt;
use std::str::FromStr;

use jiff::civil::DateTime;
use jiff::{Timestamp, tz};
use serde::{Deserialize, Serialize};

use crate::domain::fault::{ValueError, excerpt};
use crate::time::UnixMillis;

/// The form that the schema of CAP 1.2 demands, as reports show it.
const FORM: &str = "a time such as `2026-01-15T10:04:05-00:00`";

/// A second of world time, and the local clock that the sender read it from.
///
/// Written in CAP's one form, `2026-01-15T10:04:05+01:00`: seconds, no fraction, an offset and never `Z`.
/// Two times of the same instant with other offsets are not equal; order times by [`Self::instant`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct CapTime {
    instant: UnixMillis,
    offset: LocalOffset,
}

/// How a sender's clock differs from UTC.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LocalOffset {
    /// `-00:00`: the time is UTC, and the sender's local time is not told.
    Unstated,
    /// Minutes east of UTC, at most [`LocalOffset::MAX_MINUTES`] either way.
    Minutes(i16),
}

impl LocalOffset {
    /// Fourteen hours, the bound of XML Schema.
    pub const MAX_MINUTES: i16 = 14 * 60;
}

impl CapTime {
    /// A time of whole seconds; `None` if `instant` has a fraction or the offset is out of bounds.
    #[must_use]
    pub fn new(instant: UnixMillis, offset: LocalOffset) -> Option<Self> {
        let bounded = match offset {
            LocalOffset::Unstated => true,
            LocalOffset::Minutes(minutes) => {
                minutes.unsigned_abs() <= LocalOffset::MAX_MINUTES.unsigned_abs()
            }
        };
        (bounded && instant.millis().is_multiple_of(1000)).then_some(Self { instant, offset })
    }

    /// The instant, the same for everyone.
    #[must_use]
    pub fn instant(self) -> UnixMillis {
        self.instant
    }

    /// The sender's local clock.
    #[must_use]
    pub fn offset(self) -> LocalOffset {
        self.offset
    }

    fn minutes(self) -> i16 {
        match self.offset {
            LocalOffset::Unstated => 0,
            LocalOffset::Minutes(minutes) => minutes,
        }
    }
}

impl fmt::Display for CapTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.minutes();
        let seconds = i64::try_from(self.instant.seconds()).expect("UnixMillis::MAX fits");
        let instant = Timestamp::from_second(seconds).expect("UnixMillis::MAX is within jiff's range");
        let local = zone(minutes).to_datetime(instant);
        let east = matches!(self.offset, LocalOffset::Minutes(0..));
        let (hours, rest) = (minutes.unsigned_abs() / 60, minutes.unsigned_abs() % 60);
        write!(
            f,
            "{}{}{hours:02}:{rest:02}",
            local.strftime("%Y-%m-%dT%H:%M:%S"),
            if east { '+' } else { '-' }
        )
    }
}

fn zone(minutes: i16) -> tz::Offset {
    tz::Offset::from_seconds(i32::from(minutes) * 60).expect("fourteen hours are within jiff's range")
}

impl FromStr for CapTime {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !has_form(text) {
            return Err(misformed(text));
        }
        read(text).ok_or_else(|| {
            ValueError::new(
                format!("`{text}` is not a time on the calendar between 1970 and 9999"),
                "a date that exists, hours to 23, minutes and seconds to 59, an offset up to 14:00",
            )
        })
    }
}

/// Whether `text` is `dddd-dd-ddTdd:dd:dd±dd:dd`.
fn has_form(text: &str) -> bool {
    const PATTERN: &[u8; 25] = b"dddd-dd-ddTdd:dd:dd+dd:dd";
    text.len() == PATTERN.len()
        && text.bytes().zip(PATTERN).all(|(byte, pattern)| match pattern {
            b'd' => byte.is_ascii_digit(),
            b'+' => matches!(byte, b'+' | b'-'),
            _ => byte == *pattern,
        })
}

/// Reads a text that [`has_form`].
fn read(text: &str) -> Option<CapTime> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i16>().ok();
    let small = |from: usize| number(from, from + 2).and_then(|n| i8::try_from(n).ok());
    let local = DateTime::new(number(0, 4)?, small(5)?, small(8)?, small(11)?, small(14)?, small(17)?, 0);
    let (hours, minutes) = (number(20, 22)?, number(23, 25)?);
    let east = hours * 60 + minutes;
    if minutes > 59 || east > LocalOffset::MAX_MINUTES {
        return None;
    }
    let offset = match (text.as_bytes().get(19)?, east) {
        (b'-', 0) => LocalOffset::Unstated,
        (b'-', _) => LocalOffset::Minutes(-east),
        _ => LocalOffset::Minutes(east),
    };
    let signed = if let LocalOffset::Minutes(minutes) = offset { minutes } else { 0 };
    let instant = zone(signed).to_timestamp(local.ok()?).ok()?;
    let seconds = u64::try_from(instant.as_second()).ok()?;
    CapTime::new(UnixMillis::from_seconds(seconds)?, offset)
}

/// Says what keeps `text` from the form, with the right form of this very time where it can be told.
fn misformed(text: &str) -> ValueError {
    let quoted = excerpt(text);
    let right = repaired(text).map_or_else(|| FORM.to_owned(), |right| format!("`{right}`"));
    let message = if text.is_empty() {
        "is empty".to_owned()
    } else if text.get(19..20) == Some(".") {
        format!("`{quoted}` has a fraction of a second")
    } else if text.ends_with(['Z', 'z']) {
        format!("`{quoted}` ends in `Z`, which CAP writes `-00:00`")
    } else if text.get(19..20) == Some(",") {
        format!("`{quoted}` has a comma where the sign of the offset belongs")
    } else if text.len() == 19 {
        format!("`{quoted}` has no offset from UTC")
    } else {
        format!("`{quoted}` is not in CAP's form of a time")
    };
    ValueError::new(message, right)
}

/// The text without its fraction and with `Z` written as CAP does, if that makes it right.
fn repaired(text: &str) -> Option<String> {
    let (head, tail) = (text.get(..19)?, text.get(19..)?);
    let offset = match tail.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => tail,
    };
    let offset = if matches!(offset, "Z" | "z") { "-00:00" } else { offset };
    let right = format!("{head}{offset}");
    (has_form(&right) && read(&right).is_some()).then_some(right)
}

impl From<CapTime> for String {
    fn from(time: CapTime) -> Self {
        time.to_string()
    }
}

impl TryFrom<String> for CapTime {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        text.parse::<CapTime>().unwrap_err().to_string()
    }

    #[test]
    fn times_print_as_they_parse_with_their_offset() {
        for text in [
            "2026-01-15T10:04:05-00:00",
            "2026-01-15T10:04:05+00:00",
            "2026-01-15T10:04:05-05:30",
            "2026-01-15T10:04:05+14:00",
            "1969-12-31T19:00:00-05:00",
            "9999-12-31T12:00:00+14:00",
        ] {
            assert_eq!(text.parse::<CapTime>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn minus_zero_is_utc_without_a_local_offset() {
        let unstated: CapTime = "2026-01-15T10:04:05-00:00".parse().unwrap();
        let zero: CapTime = "2026-01-15T10:04:05+00:00".parse().unwrap();
        assert_eq!(unstated.offset(), LocalOffset::Unstated);
        assert_eq!(zero.offset(), LocalOffset::Minutes(0));
        assert_eq!(unstated.instant(), zero.instant());
        assert_ne!(unstated, zero);
    }

    #[test]
    fn the_offset_moves_the_instant() {
        let time: CapTime = "2003-06-17T14:57:00-07:00".parse().unwrap();
        assert_eq!(time.instant().to_string(), "2003-06-17T21:57:00Z");
    }

    #[test]
    fn z_fractions_and_commas_are_refused_with_the_right_form() {
        let right = "expected `2026-01-15T10:04:05-00:00`";
        assert!(refused("2026-01-15T10:04:05Z").ends_with(right));
        assert!(refused("2026-01-15T10:04:05.250Z").contains("fraction"));
        assert!(refused("2026-01-15T10:04:05.250Z").ends_with(right));
        assert!(refused("2026-01-15T10:04:05.250+01:00").ends_with("expected `2026-01-15T10:04:05+01:00`"));
        assert!(refused("2026-01-15T10:04:05,01:00").contains("comma"));
        assert!(refused("2026-01-15T10:04:05").contains("no offset"));
    }

    #[test]
    fn times_off_the_calendar_are_refused() {
        for text in [
            "2026-02-30T10:04:05-00:00",
            "2026-01-15T24:00:00-00:00",
            "2026-01-15T10:60:05-00:00",
            "2026-01-15T10:04:60-00:00",
            "2026-01-15T10:04:05+14:01",
            "2026-01-15T10:04:05+01:60",
            "1969-12-31T23:59:59-00:00",
            "0000-00-00T00:00:00-00:00",
            "9999-12-31T23:59:59-14:00",
        ] {
            assert!(refused(text).contains("calendar"), "{text}");
        }
        for text in ["", "tomorrow", "2026-01-15", "2026-01-15 10:04:05-00:00", "２026-01-15T10:04:05-00:00"]
        {
            assert!(text.parse::<CapTime>().is_err(), "{text}");
        }
    }

    #[test]
    fn fractions_and_wild_offsets_are_not_built() {
        let half = UnixMillis::new(1500).unwrap();
        assert_eq!(CapTime::new(half, LocalOffset::Unstated), None);
        let whole = UnixMillis::new(1000).unwrap();
        assert_eq!(CapTime::new(whole, LocalOffset::Minutes(i16::MIN)), None);
    }
}
