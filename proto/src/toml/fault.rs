//! What is wrong with a file of ours, and how it is said.

use std::fmt;

use thiserror::Error;

/// Longest piece of the file that a message repeats, in characters.
const MAX_QUOTED_CHARS: usize = 60;

/// One thing that is wrong, where, and what would be right.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub struct Fault {
    /// The line, from 1; 0 for a key that is missing.
    pub line: u32,
    /// The key's full name, such as `link.listen`; empty where the file is no TOML.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What would be right; empty if the message says it.
    pub expected: String,
}

impl Fault {
    /// The fault with the name of its file before it.
    #[must_use]
    pub fn in_file(&self, name: impl fmt::Display) -> String {
        let colon = if self.line > 0 { "" } else { ":" };
        format!("{name}{colon} {self}")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)?;
        if !self.expected.is_empty() {
            write!(f, "; expected {}", self.expected)?;
        }
        Ok(())
    }
}

/// A piece of the file as a message may repeat it: short, on one line, and harmless to a terminal.
#[must_use]
pub fn quote(text: &str) -> String {
    let mut chars = text.chars();
    let start: String = chars.by_ref().take(MAX_QUOTED_CHARS).collect();
    let rest = if chars.next().is_some() { "…" } else { "" };
    format!("{}{rest}", start.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_says_where_what_and_what_would_be_right() {
        let mut fault = Fault {
            line: 12,
            key: "link.listen".to_owned(),
            message: "is an integer".to_owned(),
            expected: "an address".to_owned(),
        };
        assert_eq!(fault.to_string(), "line 12: link.listen: is an integer; expected an address");
        fault.line = 0;
        fault.expected.clear();
        assert_eq!(fault.to_string(), "link.listen: is an integer");
    }

    #[test]
    fn what_is_quoted_is_short_and_cannot_drive_a_terminal() {
        assert_eq!(quote("\u{1b}[2J\n"), "\\u{1b}[2J\\n");
        assert_eq!(quote(&"é".repeat(60)), "é".repeat(60));
        assert_eq!(quote(&"é".repeat(61)), format!("{}…", "é".repeat(60)));
    }
}
