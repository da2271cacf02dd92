//! A net for what points to a person, in texts where nothing may: e-mail addresses and accounts, telephone and
//! document numbers, lines of a machine-readable zone, exact positions.
//!
//! It is a net and not a proof. It knows no names, no descriptions and no plates, and whoever means to can
//! write around it; that a headquarters reads the text remains the safeguard. It lets pass what reports are
//! full of: dates (`2026-11-24`, `24/11/2026`), times (`10:04:05`, `18h30`), years (`2025-2026`), counts and
//! amounts (`1 250 000`, `12 500 000 FCFA`), distances, references such as `0117/2026`, and positions to two
//! decimals of a degree, about a kilometre. Eight digits in a row are never a date or a count here: write
//! `2026-11-24`.

mod number;
mod position;

use std::fmt;

use crate::domain::breach::{At, Breaches};
use crate::refusal::RefusalCode;

/// What was found in a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sign {
    /// An e-mail address, or the name of an account behind `@`.
    Account,
    /// `<<`, as in the machine-readable zone of a document.
    MachineReadable,
    /// A position finer than two decimals of a degree, or a minute of arc.
    Position,
    /// Digits as of a telephone, a document or a register.
    Number,
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Account => "an e-mail address or account",
            Self::MachineReadable => "a machine-readable zone of a document",
            Self::Position => "a position more exact than two decimals of a degree",
            Self::Number => "a telephone, document or register number",
        })
    }
}

/// The first sign of a person in a text, if there is any.
#[must_use]
pub fn sign(text: &str) -> Option<Sign> {
    let text: Vec<char> = text.chars().filter_map(plain).collect();
    let pairs = || text.windows(2);
    if pairs().any(|pair| pair[0] == '@' && pair[1].is_alphanumeric()) {
        return Some(Sign::Account);
    }
    if pairs().any(|pair| pair == ['<', '<']) {
        return Some(Sign::MachineReadable);
    }
    if position::found(&text) {
        return Some(Sign::Position);
    }
    number::found(&text).then_some(Sign::Number)
}

/// Notes what `text` may not hold, without quoting it.
pub(crate) fn text(text: &str, code: RefusalCode, at: &At<'_>, breaches: &mut Breaches) {
    if let Some(sign) = sign(text) {
        let problem = format!("has what looks like {sign}");
        breaches.add(code, at, problem, "a text that points to nobody");
    }
}

/// One form for the digits, dashes, spaces and marks that people use for the same; nothing for what is not
/// seen.
fn plain(c: char) -> Option<char> {
    /// The zeros of the digits in use along the border: Arabic, Persian, N'Ko, full width, Adlam.
    const ZEROS: [u32; 5] = [0x660, 0x6f0, 0x7c0, 0xff10, 0x1e950];
    let digit = |zero: &u32| u32::from(c).checked_sub(*zero).filter(|digit| *digit < 10);
    if let Some(digit) = ZEROS.iter().find_map(digit).and_then(|digit| char::from_digit(digit, 10)) {
        return Some(digit);
    }
    match c {
        '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{61c}' | '\u{640}' | '\u{ad}' | '\u{feff}' => None,
        '\u{66b}' => Some('.'),
        '\u{66c}' | '\u{60c}' => Some(','),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff0d}' => Some('-'),
        '\u{ff0b}' => Some('+'),
        '\u{ff20}' | '\u{fe6b}' => Some('@'),
        '\u{ff1c}' => Some('<'),
        '\u{2032}' | '\u{2019}' => Some('\''),
        '\u{2033}' | '\u{201d}' => Some('"'),
        c if c.is_whitespace() => Some(' '),
        c => Some(c),
    }
}

/// How many characters at the start of `text` are digits.
fn digits(text: &[char]) -> usize {
    text.iter().take_while(|c| c.is_ascii_digit()).count()
}

#[cfg(test)]
mod tests;
