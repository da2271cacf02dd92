//! What a text may hold. Real alerts are shown on screens, printed and logged in two scripts, so no text
//! may carry what steers a terminal, hides in a page or turns the reading direction of its neighbours.

use super::limits::{MAX_NAME_BYTES, MAX_TEXT_BYTES, MAX_TOKEN_BYTES};
use crate::domain::fault::{ValueError, excerpt};

/// How strict a text is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Class {
    /// Identifiers and senders: CAP forbids spaces, commas, `<` and `&`, for they are listed in references.
    Token,
    /// Names, codes, addresses: no invisible direction marks, by which two names could look alike.
    Name,
    /// Prose: direction marks (U+200E, U+200F, U+061C) are allowed, Arabic needs them beside numbers.
    Free,
}

impl Class {
    fn max_bytes(self) -> usize {
        match self {
            Self::Token => MAX_TOKEN_BYTES,
            Self::Name => MAX_NAME_BYTES,
            Self::Free => MAX_TEXT_BYTES,
        }
    }

    /// What is wrong with `text`; nothing if it may stand. Emptiness is not judged here.
    pub(crate) fn flaw(self, text: &str) -> Option<ValueError> {
        if text.len() > self.max_bytes() {
            let message = format!("has {} bytes", text.len());
            return Some(ValueError::new(message, format!("at most {} bytes", self.max_bytes())));
        }
        if let Some(c) = text.chars().find(|c| self.forbids(*c)) {
            return Some(self.forbidden(c));
        }
        let tag = html_tag(text)?;
        Some(ValueError::new(format!("has the markup `{}`", excerpt(tag)), "plain text without HTML tags"))
    }

    fn forbids(self, c: char) -> bool {
        steers_device(c)
            || turns_direction(c)
            || match self {
                Self::Token => c.is_whitespace() || matches!(c, ',' | '<' | '&') || steers_direction(c),
                Self::Name => steers_direction(c),
                Self::Free => false,
            }
    }

    fn forbidden(self, c: char) -> ValueError {
        let code = u32::from(c);
        if steers_device(c) {
            ValueError::new(
                format!("has the control character U+{code:04X}"),
                "text without control characters",
            )
        } else if steers_direction(c) {
            let expected = "text without characters that change the reading direction";
            ValueError::new(format!("has the direction character U+{code:04X}"), expected)
        } else {
            ValueError::new(format!("has the character {c:?}"), "no spaces, commas, `<` or `&`")
        }
    }
}

/// Control characters but for tab and line ends, and the two non-characters that XML forbids too.
fn steers_device(c: char) -> bool {
    (c.is_control() && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// Embeddings, overrides and isolates: they turn the direction of text beyond their own.
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Every character that acts on the reading direction without being seen.
pub(crate) fn steers_direction(c: char) -> bool {
    turns_direction(c) || matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}')
}

/// The first HTML tag or comment in `text`, as a browser would begin one. `a < b` and `<3` are none.
fn html_tag(text: &str) -> Option<&str> {
    text.match_indices('<').map(|(at, _)| &text[at..]).find(|rest| begins_tag(rest)).map(|rest| {
        let end = rest.find('>').map_or(rest.len(), |end| end + 1);
        &rest[..end]
    })
}

fn begins_tag(rest: &str) -> bool {
    let inner = rest.strip_prefix('<').unwrap_or(rest);
    if inner.starts_with("!--") {
        return true;
    }
    let name = inner.strip_prefix(['/', '!']).unwrap_or(inner);
    let after = name.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && after.starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_tags_are_found_and_comparisons_are_not() {
        for text in [
            "a<br />b",
            "</p>",
            "<!-- x -->",
            "<script>",
            "<img src=x onerror=y",
            "<!DOCTYPE html>",
            "<h1\n>",
        ] {
            assert!(html_tag(text).is_some(), "{text}");
        }
        for text in ["a < b", "<3", "a<b", "<https://example.org/>", "1 <2> 3", "a & b", "<>", "<"] {
            assert_eq!(html_tag(text), None, "{text}");
        }
    }

    #[test]
    fn overrides_are_refused_everywhere_and_marks_in_names() {
        for c in ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}') {
            for class in [Class::Token, Class::Name, Class::Free] {
                assert!(class.flaw(&format!("a{c}b")).is_some(), "{class:?} {c:?}");
            }
        }
        for c in ['\u{200e}', '\u{200f}', '\u{61c}'] {
            assert!(Class::Name.flaw(&format!("a{c}b")).is_some());
            assert!(Class::Free.flaw(&format!("a{c}b")).is_none());
        }
    }

    #[test]
    fn control_characters_are_refused_but_line_ends_are_not() {
        for c in ['\0', '\u{1b}', '\u{7f}', '\u{85}', '\u{9b}', '\u{ffff}'] {
            assert!(Class::Free.flaw(&format!("a{c}b")).is_some(), "{c:?}");
        }
        assert_eq!(Class::Free.flaw("a\tb\r\nc"), None);
        assert_eq!(Class::Name.flaw("سرقة ماشية\nعدل بكرو"), None);
    }

    #[test]
    fn tokens_hold_nothing_that_breaks_a_list_of_references() {
        for text in ["a b", "a,b", "a<b", "a&b", "a\nb", "a\u{a0}b"] {
            assert!(Class::Token.flaw(text).is_some(), "{text}");
        }
        assert_eq!(Class::Token.flaw("urn:uuid:0190f3c2-7d4e-7a11-9c55-3f0f2d1a8b01"), None);
    }

    #[test]
    fn texts_over_their_limit_are_refused() {
        assert!(Class::Token.flaw(&"x".repeat(MAX_TOKEN_BYTES)).is_none());
        assert!(Class::Token.flaw(&"x".repeat(MAX_TOKEN_BYTES + 1)).is_some());
        assert!(Class::Free.flaw(&"x".repeat(MAX_TEXT_BYTES + 1)).is_some());
    }
}
