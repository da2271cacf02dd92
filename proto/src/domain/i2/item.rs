//! What stands on a chart.

use std::fmt;
use std::str::FromStr;

use super::Grades;
use crate::domain::alert::Point;
use crate::domain::fault::{ValueError, excerpt};
use crate::domain::xml::carries;
use crate::envelope::MessageId;
use crate::time::UnixMillis;

/// A person, thing, place or event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entity {
    /// What it is known by in every export: two charts that are merged must find it to be the same.
    pub identity: Identity,
    /// What it is.
    pub kind: TypeName,
    /// What people read.
    pub label: Label,
    /// Where it is or was seen.
    pub position: Option<Point>,
    /// How far to trust it, and what may be done with it.
    pub grades: Grades,
    /// The message that says so.
    pub source: MessageId,
}

/// That two entities have to do with each other, read from the first to the second.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// The first.
    pub from: Identity,
    /// The second.
    pub to: Identity,
    /// What they have to do with each other.
    pub kind: TypeName,
    /// When, if it has a time.
    pub at: Option<UnixMillis>,
    /// How far to trust it, and what may be done with it.
    pub grades: Grades,
    /// The message that says so.
    pub source: MessageId,
}

impl Entity {
    /// Degrees north and east as decimals, both empty without a position.
    pub(super) fn degrees(&self) -> [String; 2] {
        let text = self.position.map(|point| point.to_string()).unwrap_or_default();
        let (lat, lon) = text.split_once(',').unwrap_or_default();
        [lat.to_owned(), lon.to_owned()]
    }
}

/// Defines a text of one line.
macro_rules! line {
    ($(#[$doc:meta])* $name:ident, $max:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(String);

        impl $name {
            /// The longest, in bytes.
            pub const MAX_BYTES: usize = $max;

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = ValueError;

            /// # Errors
            /// When the text is empty, too long, or no plain line.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                line(text, Self::MAX_BYTES).map(Self)
            }
        }
    };
}

line! {
    /// What an entity is known by: the entry's id, never a name. At most [`Identity::MAX_BYTES`].
    Identity, 256
}

line! {
    /// What people read of an entity, at most [`Label::MAX_BYTES`].
    Label, 1024
}

line! {
    /// The type of an entity or link, at most [`TypeName::MAX_BYTES`].
    TypeName, 128
}

/// A text of one line: neither the rows of a table nor the eyes of a reader can take part of it for something else.
fn line(text: &str, max_bytes: usize) -> Result<String, ValueError> {
    if text.trim().is_empty() {
        return Err(ValueError::new("is empty", "a text"));
    }
    if text.len() > max_bytes {
        let message = format!("has {} bytes", text.len());
        return Err(ValueError::new(message, format!("at most {max_bytes} bytes")));
    }
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if text.contains(|c| breaks(c) || turns(c)) || !carries(text) {
        let message = format!("`{}` has a character that breaks or turns the line", excerpt(text));
        return Err(ValueError::new(message, "one line, without control or direction characters"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_in_any_script_are_taken_as_they_are() {
        for good in ["Ahmed Ould Exemple", "سيدي ولد مثال", "=1+1", "a,\"b\"<c>&", "\u{200f}عدل"]
        {
            assert_eq!(good.parse::<Label>().unwrap().as_str(), good);
        }
    }

    #[test]
    fn a_line_cannot_become_two() {
        for bad in
            ["a\nb", "a\r", "\tb", "a\u{2028}b", "a\u{2029}", "a\u{85}b", "a\0", "a\u{202e}b", "a\u{ffff}"]
        {
            assert!(bad.parse::<Label>().is_err(), "{bad:?}");
            assert!(bad.parse::<Identity>().is_err(), "{bad:?}");
            assert!(bad.parse::<TypeName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn empty_and_endless_texts_are_refused() {
        assert!(" ".parse::<Identity>().is_err());
        assert!("x".repeat(Identity::MAX_BYTES).parse::<Identity>().is_ok());
        assert!("x".repeat(Identity::MAX_BYTES + 1).parse::<Identity>().unwrap_err().message.contains("257"));
    }
}
