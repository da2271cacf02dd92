//! The two encodings that every format of this module shares, each with one spelling per value.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Base64 of RFC 4648, section 4, with padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes behind canonical base64: padded, without white space, unused bits zero.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// An ASCII decimal without sign or leading zeros.
pub(super) fn decimal(text: &str) -> Option<u64> {
    let canonical = text.bytes().all(|b| b.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    if canonical { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_has_one_spelling() {
        for (text, value) in [("0", 0), ("7", 7), ("18446744073709551615", u64::MAX)] {
            assert_eq!(decimal(text), Some(value));
        }
        for text in ["", "00", "01", "+1", "-1", " 1", "1 ", "1_0", "0x1", "18446744073709551616", "\u{0661}"]
        {
            assert_eq!(decimal(text), None, "{text:?}");
        }
    }

    #[test]
    fn base64_has_one_spelling() {
        assert_eq!(from_base64("AQ=="), Some(vec![1]));
        for text in ["AQ", "AQ=", "AR==", "AQ==\n", " AQ==", "A-==", "AQ===", "="] {
            assert_eq!(from_base64(text), None, "{text:?}");
        }
    }
}
