//! Decimals as whole numbers of a unit.

use std::fmt;

use thiserror::Error;

/// Digits before the point beyond which no value of ours lies, so that sums below stay within `i64`.
const MAX_WHOLE_DIGITS: usize = 9;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub(super) enum DecimalError {
    #[error("is not a decimal number")]
    NotDecimal,
    #[error("has more than {0} decimals")]
    TooFine(u32),
    #[error("is out of range")]
    TooLarge,
}

/// Reads an `xs:decimal` as a whole number of 10^-`places`; refuses what that cannot hold exactly.
pub(super) fn parse(text: &str, places: u32) -> Result<i64, DecimalError> {
    let negative = text.starts_with('-');
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return Err(DecimalError::NotDecimal);
    }
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let width = usize::try_from(places).map_err(|_| DecimalError::TooFine(places))?;
    if fraction.len() > width {
        return Err(DecimalError::TooFine(places));
    }
    if whole.len() > MAX_WHOLE_DIGITS {
        return Err(DecimalError::TooLarge);
    }
    let value: i64 = format!("0{whole}{fraction:0<width$}").parse().map_err(|_| DecimalError::TooLarge)?;
    Ok(if negative { -value } else { value })
}

/// Writes `value` units of 10^-`places`, without zeros that say nothing.
pub(super) fn print(f: &mut fmt::Formatter<'_>, value: i64, places: u32) -> fmt::Result {
    let unit = 10_u64.pow(places);
    let (whole, fraction) = (value.unsigned_abs() / unit, value.unsigned_abs() % unit);
    write!(f, "{}{whole}", if value < 0 { "-" } else { "" })?;
    if fraction == 0 {
        return Ok(());
    }
    let width = usize::try_from(places).map_err(|_| fmt::Error)?;
    let digits = format!("{fraction:0width$}");
    write!(f, ".{}", digits.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_or_refused() {
        assert_eq!(parse("15.495", 7), Ok(154_950_000));
        assert_eq!(parse("-0.0000001", 7), Ok(-1));
        assert_eq!(parse("+007.50000000000", 7), Ok(75_000_000));
        assert_eq!(parse(".5", 3), Ok(500));
        assert_eq!(parse("5.", 3), Ok(5000));
        assert_eq!(parse("-0", 3), Ok(0));
        assert_eq!(parse("0.00000001", 7), Err(DecimalError::TooFine(7)));
        assert_eq!(parse("1000000000", 7), Err(DecimalError::TooLarge));
        for text in ["", ".", "-", "1e3", "NaN", "1,5", "+-1", " 1", "٣", "1.2.3"] {
            assert_eq!(parse(text, 7), Err(DecimalError::NotDecimal), "{text}");
        }
    }
}
