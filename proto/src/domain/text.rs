//! Texts of bounded length that hold nothing which steers a terminal, hides in a page or turns the reading
//! direction of its neighbours.

use std::fmt;
use std::str::FromStr;

use serde_json::json;

use super::alert::text::Class;
use super::fault::{ValueError, excerpt};
use super::part::text_part;

/// One line of at most `MAX` bytes of UTF-8: a name, a reference, an authority. Never empty, no white space at
/// its ends, no invisible characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Line<const MAX: usize>(String);

/// Prose of at most `MAX` bytes of UTF-8, in lines. Never empty, no white space at its ends; direction marks
/// are allowed, which Arabic needs beside numbers, direction overrides are not.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Prose<const MAX: usize>(String);

/// A number or mark as it is written on a thing, of at most `MAX` characters: document and serial numbers,
/// VIN, calibre. Capital Latin letters, digits, space and `-/.`: a letter of another script that looks like
/// one of these would hide the number from every search.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Mark<const MAX: usize>(String);

macro_rules! text_type {
    ($name:ident, $check:ident $(, $pattern:literal)?) => {
        impl<const MAX: usize> $name<MAX> {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<const MAX: usize> fmt::Display for $name<MAX> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<const MAX: usize> FromStr for $name<MAX> {
            type Err = ValueError;

            fn from_str(text: &str) -> Result<Self, ValueError> {
                bounds(text, MAX)?;
                $check(text).map(|()| Self(text.to_owned()))
            }
        }

        text_part!(
            $name<MAX>,
            json!({ "type": "string", "minLength": 1, "maxLength": MAX $(, "pattern": $pattern)? }),
            const MAX: usize
        );
    };
}

text_type!(Line, line);
text_type!(Prose, prose);
text_type!(Mark, mark, "^[A-Z0-9 ./-]+$");

fn bounds(text: &str, most: usize) -> Result<(), ValueError> {
    if text.is_empty() {
        return Err(ValueError::new("is empty", "a text"));
    }
    if text.len() > most {
        return Err(ValueError::new(format!("has {} bytes", text.len()), format!("at most {most} bytes")));
    }
    if text.trim() != text {
        return Err(ValueError::new("begins or ends with white space", "the text alone"));
    }
    Ok(())
}

fn line(text: &str) -> Result<(), ValueError> {
    if text.contains(['\n', '\r', '\t']) {
        return Err(ValueError::new("has a line break or tab", "one line"));
    }
    Class::Name.flaw(text).map_or(Ok(()), Err)
}

fn prose(text: &str) -> Result<(), ValueError> {
    Class::Free.flaw(text).map_or(Ok(()), Err)
}

fn mark(text: &str) -> Result<(), ValueError> {
    let fits = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || " -/.".contains(c);
    text.chars().find(|c| !fits(*c)).map_or(Ok(()), |c| {
        let problem = format!("has `{}` (U+{:04X})", excerpt(&c.to_string()), u32::from(c));
        Err(ValueError::new(problem, "capital Latin letters, digits, space and - / ."))
    })
}

/// A SHA-256 digest; 64 hexadecimal digits, in small letters, in JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Digest {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let wrong = || ValueError::new(format!("`{}` is no digest", excerpt(text)), "64 digits 0-9 a-f");
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f')) {
            return Err(wrong());
        }
        let mut digest = [0; 32];
        for (byte, pair) in digest.iter_mut().zip(text.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| wrong())?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| wrong())?;
        }
        Ok(Self(digest))
    }
}

impl super::part::Part for Digest {
    type Pb = bytes::Bytes;

    fn to_pb(&self) -> bytes::Bytes {
        bytes::Bytes::copy_from_slice(&self.0)
    }

    fn from_pb(
        pb: bytes::Bytes,
        at: &super::breach::At<'_>,
        breaches: &mut super::breach::Breaches,
    ) -> Option<Self> {
        let digest = pb[..].try_into().ok().map(Self);
        if digest.is_none() {
            breaches.content(at, format!("has {} bytes", pb.len()), "the 32 bytes of a SHA-256 digest");
        }
        digest
    }

    fn to_json(&self) -> serde_json::Value {
        self.to_string().into()
    }

    fn from_json(
        json: &serde_json::Value,
        at: &super::breach::At<'_>,
        breaches: &mut super::breach::Breaches,
    ) -> Option<Self> {
        super::part::parsed_json(json, at, breaches, |text| {
            text.parse().map_err(|ValueError { message, expected }| (message, expected))
        })
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused<T: FromStr<Err = ValueError> + fmt::Debug>(text: &str) -> String {
        text.parse::<T>().unwrap_err().to_string()
    }

    #[test]
    fn a_line_is_one_bounded_visible_line() {
        assert!("Tribunal de Néma".parse::<Line<20>>().is_ok());
        assert!("محكمة النعمة".parse::<Line<40>>().is_ok());
        assert!(refused::<Line<20>>("").contains("empty"));
        assert!(refused::<Line<20>>(" a").contains("white space"));
        assert!(refused::<Line<3>>("abcd").contains("4 bytes"));
        assert!(refused::<Line<20>>("a\nb").contains("line break"));
        assert!(refused::<Line<20>>("a\u{202e}b").contains("U+202E"));
        assert!(refused::<Line<20>>("a\u{200f}b").contains("U+200F"));
        assert!(refused::<Line<20>>("a\u{1b}[31m").contains("U+001B"));
        assert!(refused::<Line<20>>("<b>x</b>").contains("markup"));
    }

    #[test]
    fn prose_has_lines_and_direction_marks_but_no_overrides() {
        assert!("a\nb\u{200f} 12".parse::<Prose<20>>().is_ok());
        assert!(refused::<Prose<20>>("a\u{2066}b").contains("U+2066"));
    }

    #[test]
    fn a_mark_takes_no_letter_that_only_looks_like_another() {
        assert!("B 1234-AR/05".parse::<Mark<20>>().is_ok());
        assert!(refused::<Mark<20>>("В1234").contains("U+0412"), "a Cyrillic capital");
        assert!(refused::<Mark<20>>("b1234").contains("`b`"));
    }

    #[test]
    fn a_digest_prints_as_it_parses() {
        let digest = Digest([0xa5; 32]);
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert!("A5".repeat(32).parse::<Digest>().is_err());
        assert!("é".repeat(32).parse::<Digest>().is_err());
    }
}
