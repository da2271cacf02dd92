//! The number that two people compare by telephone before their countries trust each other.
//!
//! Digits, because both sides can read them aloud in French and in Arabic.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256, Sha512};
use thiserror::Error;

/// Groups in a fingerprint.
const GROUPS: usize = 12;
/// Decimal digits in a group.
const GROUP_LEN: usize = 5;
/// Groups on a row.
const ROW: usize = 6;
/// One more than the largest group.
const MODULUS: u64 = 100_000;

/// Twelve groups of five digits from the SHA-512 of a root certificate.
///
/// Each group is 5 consecutive bytes of the hash as a big-endian number, modulo 100,000: 199 bits in all,
/// beyond what anybody can search for a second certificate.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u32; GROUPS]);

impl Fingerprint {
    /// The fingerprint of a certificate's DER.
    #[must_use]
    pub fn of(der: &[u8]) -> Self {
        let digest = Sha512::digest(der);
        let mut groups = [0; GROUPS];
        for (group, bytes) in groups.iter_mut().zip(digest.chunks_exact(GROUP_LEN)) {
            let number = bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
            *group = u32::try_from(number % MODULUS).expect("five digits");
        }
        Self(groups)
    }
}

impl fmt::Display for Fingerprint {
    /// Two rows of six groups; all on one row with `{:#}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, group) in self.0.iter().enumerate() {
            match index {
                0 => {}
                ROW if !f.alternate() => f.write_str("\n")?,
                _ => f.write_str(" ")?,
            }
            write!(f, "{group:0GROUP_LEN$}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{self:#}"))
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    /// Reads 60 digits, Latin or Arabic-Indic, with white space anywhere.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text
            .chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| digit(c).ok_or(FingerprintError::Character(c)))
            .collect::<Result<Vec<u32>, _>>()?;
        if digits.len() != GROUPS * GROUP_LEN {
            return Err(FingerprintError::Length(digits.len()));
        }
        let mut groups = [0; GROUPS];
        for (group, digits) in groups.iter_mut().zip(digits.chunks_exact(GROUP_LEN)) {
            *group = digits.iter().fold(0, |number, digit| number * 10 + digit);
        }
        Ok(Self(groups))
    }
}

/// The SHA-256 of a certificate's DER in hexadecimal, for machines: what `openssl x509 -fingerprint -sha256`
/// prints, without its colons.
#[must_use]
pub fn sha256_hex(der: &[u8]) -> String {
    Sha256::digest(der).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The value of a digit, Latin or Arabic-Indic (`٠` to `٩`).
fn digit(c: char) -> Option<u32> {
    match c {
        '0'..='9' => Some(u32::from(c) - u32::from('0')),
        '٠'..='٩' => Some(u32::from(c) - u32::from('٠')),
        _ => None,
    }
}

/// A text that is not a fingerprint.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum FingerprintError {
    /// Neither a digit nor white space.
    #[error("`{0}` is not a digit: a fingerprint is {GROUPS} groups of {GROUP_LEN} digits")]
    Character(char),
    /// Too few digits or too many.
    #[error("{0} digits: a fingerprint is {GROUPS} groups of {GROUP_LEN} digits")]
    Length(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SHA-512 of "abc" begins ddaf35a193 617abacc41, which are 952127299987 and 418670890049.
    #[test]
    fn a_group_is_five_bytes_modulo_100000() {
        let text = Fingerprint::of(b"abc").to_string();
        assert!(text.starts_with("99987 90049"), "{text}");
        assert_eq!(0xdd_af35_a193_u64 % MODULUS, 99987);
        assert_eq!(0x61_7aba_cc41_u64 % MODULUS, 90049);
    }

    #[test]
    fn it_prints_in_two_rows_of_six_groups() {
        let print = Fingerprint([1; GROUPS]);
        let row = "00001 00001 00001 00001 00001 00001";
        assert_eq!(print.to_string(), format!("{row}\n{row}"));
        assert_eq!(format!("{print:#}"), format!("{row} {row}"));
    }

    #[test]
    fn it_is_read_back_in_latin_and_in_arabic_digits() {
        let print = Fingerprint::of(b"certificate");
        let latin = print.to_string();
        let arabic: String = latin
            .chars()
            .map(|c| c.to_digit(10).map_or(c, |digit| char::from_u32(0x660 + digit).unwrap()))
            .collect();
        assert_ne!(latin, arabic);
        for text in [latin.clone(), format!("{print:#}"), latin.replace([' ', '\n'], ""), arabic] {
            assert_eq!(text.parse(), Ok(print), "{text}");
        }
    }

    #[test]
    fn what_is_not_sixty_digits_is_refused() {
        assert_eq!("".parse::<Fingerprint>(), Err(FingerprintError::Length(0)));
        assert_eq!("1".repeat(61).parse::<Fingerprint>(), Err(FingerprintError::Length(61)));
        assert_eq!("12a".parse::<Fingerprint>(), Err(FingerprintError::Character('a')));
    }
}
