//! Numbers, times and hashes as people read them.

use std::fmt;

use karakoro_proto::log::merkle::Hash;
use karakoro_proto::time::UnixMillis;

/// A hash in short: `7f3a…91c2`. Enough to recognise, never enough to rely on.
pub(crate) struct Short<'a>(pub(crate) &'a Hash);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = self.0.to_hex();
        write!(f, "{}…{}", &hex[..4], &hex[hex.len() - 4..])
    }
}

/// A number with its thousands apart: `1,204`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 entry`, `2 entries`.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// An instant by its seconds, in UTC.
pub(crate) fn instant(seconds: u64) -> String {
    UnixMillis::from_seconds(seconds)
        .map_or_else(|| format!("second {seconds}, past the year 9999"), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1_204, "1,204"), (1_000_000, "1,000,000")] {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(counted(1, "entry", "entries"), "1 entry");
    }

    #[test]
    fn a_time_past_the_calendar_is_still_printed() {
        assert_eq!(instant(1_768_471_445), "2026-01-15T10:04:05Z");
        assert_eq!(instant(u64::MAX), "second 18446744073709551615, past the year 9999");
    }
}
