//! What a key's value may be: how it is read, and how that is said to people.

use std::fmt;
use std::ops::Range;

use toml_edit::Value;

use super::quote;

/// The values that a key may have.
pub trait Form {
    /// What they become.
    type Value;

    /// Which they are, for people: what follows "expected".
    fn expected(&self) -> String;

    /// Reads one.
    fn read(&self, value: &Value) -> Result<Self::Value, Wrong>;
}

/// Why a value is not among those of its form.
#[derive(Debug)]
pub struct Wrong {
    /// What it is instead.
    pub message: String,
    /// Which part of it, if not all.
    pub span: Option<Range<usize>>,
}

impl Wrong {
    /// Is this instead.
    pub fn is(what: impl fmt::Display) -> Self {
        Self { message: format!("is {what}"), span: None }
    }

    /// Is this text instead.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::is(format_args!("\"{}\"", quote(text)))
    }

    /// Is a text of which this is to be said.
    pub fn text_that(text: &str, what: impl fmt::Display) -> Self {
        Self { message: format!("\"{}\" {what}", quote(text)), span: None }
    }

    /// Is a value of another kind.
    #[must_use]
    pub fn kind(value: &Value) -> Self {
        Self::is(match value {
            Value::String(_) => "text in quotes",
            Value::Integer(_) => "an integer",
            Value::Float(_) => "a number with a fraction",
            Value::Boolean(_) => "true or false",
            Value::Datetime(_) => "a date or time",
            Value::Array(_) => "a list",
            Value::InlineTable(_) => "a section",
        })
    }

    /// The same, blamed on a part of the value.
    #[must_use]
    pub fn within(self, value: &Value) -> Self {
        Self { span: value.span(), ..self }
    }
}

/// The text that a value is.
pub fn text(value: &Value) -> Result<&str, Wrong> {
    value.as_str().ok_or_else(|| Wrong::kind(value))
}
