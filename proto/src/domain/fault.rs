//! What is wrong with an alert, where, and what would be right: the one report that `cap check`, the
//! sending form and the receiving node all give.

use std::fmt;

use serde::Serialize;
use thiserror::Error;

/// Text quoted in a report is cut here: a report names a value, it does not repeat it.
const MAX_EXCERPT_CHARS: usize = 60;

/// One thing wrong in an alert.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Fault {
    /// The element, counted from one: `alert/info[2]/area[1]/polygon[1]`.
    pub element: String,
    /// The line in the text that was read, from one; 0 where no text was read or the line is unknown.
    pub line: u32,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub expected: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        write!(f, "{}: {}; expected {}", self.element, self.message, self.expected)
    }
}

impl std::error::Error for Fault {}

/// One value that is not what CAP demands, before it is known where it stood.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{message}; expected {expected}")]
pub struct ValueError {
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub expected: String,
}

impl ValueError {
    pub(crate) fn new(message: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { message: message.into(), expected: expected.into() }
    }
}

/// A value that breaks a rule, and where; found without knowledge of any text or line.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) path: Path,
    /// The other element of a rule about two: if that one could not be read, the finding means nothing.
    pub(crate) also: Option<Path>,
    pub(crate) error: ValueError,
}

impl From<Finding> for Fault {
    fn from(finding: Finding) -> Self {
        let ValueError { message, expected } = finding.error;
        Self { element: finding.path.to_string(), line: 0, message, expected }
    }
}

/// The deepest element: `alert/info[1]/area[1]/geocode[1]/valueName`, and one to spare.
const MAX_DEPTH: usize = 6;

/// Where an element stands in the alert. Every value that is checked gets one, so it takes no memory of its
/// own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Path {
    steps: [Step; MAX_DEPTH],
    depth: usize,
}

impl PartialEq for Path {
    fn eq(&self, other: &Self) -> bool {
        self.steps() == other.steps()
    }
}

impl Eq for Path {}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Step {
    name: &'static str,
    /// From zero, where the element may be repeated.
    index: Option<usize>,
}

impl Path {
    /// The alert itself.
    pub(crate) fn alert() -> Self {
        Self { steps: [Step { name: "alert", index: None }; MAX_DEPTH], depth: 1 }
    }

    /// A child that stands at most once.
    pub(crate) fn child(&self, name: &'static str) -> Self {
        self.step(Step { name, index: None })
    }

    /// One of a list of children, counted from zero.
    pub(crate) fn item(&self, name: &'static str, index: usize) -> Self {
        self.step(Step { name, index: Some(index) })
    }

    fn step(&self, step: Step) -> Self {
        let Self { mut steps, depth } = *self;
        steps[depth] = step;
        Self { steps, depth: depth + 1 }
    }

    fn steps(&self) -> &[Step] {
        &self.steps[..self.depth]
    }

    /// The field of the protobuf message, counted from zero: `info[1].area[0].circle[0]`.
    pub(crate) fn field(&self) -> String {
        let steps = self.steps().iter().skip(1).map(|step| match step.index {
            Some(index) => format!("{}[{index}]", step.name),
            None => step.name.to_owned(),
        });
        let field = steps.collect::<Vec<_>>().join(".");
        if field.is_empty() { "alert".to_owned() } else { field }
    }
}

impl fmt::Display for Path {
    /// The element as XPath counts, from one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, step) in self.steps().iter().enumerate() {
            let slash = if depth == 0 { "" } else { "/" };
            match step.index {
                Some(index) => write!(f, "{slash}{}[{}]", step.name, index + 1)?,
                None => write!(f, "{slash}{}", step.name)?,
            }
        }
        Ok(())
    }
}

/// `text` fit to be quoted on a terminal or a page: short, without line breaks, control or
/// direction characters.
pub(crate) fn excerpt(text: &str) -> String {
    harmless(text, MAX_EXCERPT_CHARS)
}

/// As [`excerpt`], for a text of another length.
pub(crate) fn harmless(text: &str, max_chars: usize) -> String {
    let mut out = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == max_chars {
            out.push('…');
            break;
        }
        if c.is_control() || super::alert::text::steers_direction(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_prints_line_element_problem_and_remedy() {
        let fault = Fault {
            element: "alert/sent".into(),
            line: 12,
            message: "is empty".into(),
            expected: "a time".into(),
        };
        assert_eq!(fault.to_string(), "line 12: alert/sent: is empty; expected a time");
        let fault = Fault { line: 0, ..fault };
        assert_eq!(fault.to_string(), "alert/sent: is empty; expected a time");
    }

    #[test]
    fn paths_count_from_one_for_people_and_from_zero_for_fields() {
        let path = Path::alert().item("info", 1).item("area", 0).item("circle", 0);
        assert_eq!(path.to_string(), "alert/info[2]/area[1]/circle[1]");
        assert_eq!(path.field(), "info[1].area[0].circle[0]");
        assert_eq!(Path::alert().field(), "alert");
    }

    #[test]
    fn quoted_text_is_short_and_harmless() {
        assert_eq!(excerpt("a\u{1b}[31m\u{202e}b"), "a\\u{1b}[31m\\u{202e}b");
        assert_eq!(excerpt(&"x".repeat(100)).chars().count(), 61);
    }
}
