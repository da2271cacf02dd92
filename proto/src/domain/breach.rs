//! What is wrong with a message, by which rule, where, and what would be right.

use std::fmt;

use crate::leaf::MAX_PATH_BYTES;
use crate::refusal::{Refusal, RefusalCode};

/// Faults that are reported; whoever reads of so many needs no more.
pub const MAX_BREACHES: usize = 100;

/// One rule that a message breaks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Breach {
    /// Which rule.
    pub code: RefusalCode,
    /// The field, counted from zero: `update.entry.subject.person.names[1].value`.
    pub path: String,
    /// What is wrong there.
    pub problem: String,
    /// What would be right.
    pub expected: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; expected {}", self.path, self.problem, self.expected)
    }
}

impl std::error::Error for Breach {}

impl From<Breach> for Refusal {
    /// What may stand in a leaf: code and place, no content.
    fn from(breach: Breach) -> Self {
        let Breach { code, mut path, .. } = breach;
        let mut end = path.len().min(MAX_PATH_BYTES);
        while !path.is_char_boundary(end) {
            end -= 1;
        }
        path.truncate(end);
        Self { code, path }
    }
}

/// Everything found wrong so far, at most [`MAX_BREACHES`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Breaches(Vec<Breach>);

impl Breaches {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a breach.
    pub fn add(
        &mut self,
        code: RefusalCode,
        at: &At<'_>,
        problem: impl Into<String>,
        expected: impl Into<String>,
    ) {
        if self.0.len() < MAX_BREACHES {
            let (problem, expected) = (problem.into(), expected.into());
            self.0.push(Breach { code, path: at.to_string(), problem, expected });
        }
    }

    /// Notes that a field does not hold what its kind demands.
    pub fn content(&mut self, at: &At<'_>, problem: impl Into<String>, expected: impl Into<String>) {
        self.add(RefusalCode::Content, at, problem, expected);
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `value` if nothing is wrong, else everything that is.
    pub fn or<T>(self, value: Option<T>) -> Result<T, Self> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self),
        }
    }

    /// What was found, in the order of the fields.
    #[must_use]
    pub fn into_vec(self) -> Vec<Breach> {
        self.0
    }

    /// The first of them, as its sender is told.
    #[must_use]
    pub fn into_refusal(self) -> Refusal {
        let nothing = Refusal { code: RefusalCode::Content, path: String::new() };
        self.0.into_iter().next().map_or(nothing, Refusal::from)
    }

    /// What was found, in the order of the fields.
    pub fn iter(&self) -> impl Iterator<Item = &Breach> {
        self.0.iter()
    }
}

impl From<Breach> for Breaches {
    fn from(breach: Breach) -> Self {
        Self(vec![breach])
    }
}

impl fmt::Display for Breaches {
    /// One on each line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, breach) in self.0.iter().enumerate() {
            write!(f, "{}{breach}", if position == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for Breaches {}

/// Where a value stands. Made for every field that is read, so it takes no memory beyond the stack.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    within: Option<&'a Self>,
    name: &'a str,
    index: Option<usize>,
}

impl<'a> At<'a> {
    /// The whole, under its name.
    #[must_use]
    pub const fn root(name: &'a str) -> Self {
        Self { within: None, name, index: None }
    }

    /// A field of it.
    #[must_use]
    pub const fn field(&'a self, name: &'a str) -> Self {
        Self { within: Some(self), name, index: None }
    }

    /// One of its field's values, counted from zero.
    #[must_use]
    pub fn item(&'a self, name: &'a str, index: usize) -> Self {
        Self { within: Some(self), name, index: Some(index) }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(within) = self.within {
            write!(f, "{within}.")?;
        }
        f.write_str(self.name)?;
        self.index.map_or(Ok(()), |index| write!(f, "[{index}]"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_counts_from_zero_and_a_refusal_keeps_place_without_content() {
        let root = At::root("update");
        let entry = root.field("entry");
        let name = entry.item("names", 1);
        let mut breaches = Breaches::new();
        breaches.content(&name.field("value"), "is `Musa`", "a name");
        let [breach] = breaches.into_vec().try_into().unwrap();
        assert_eq!(breach.to_string(), "update.entry.names[1].value: is `Musa`; expected a name");
        let refusal = Refusal::from(breach);
        assert_eq!(refusal.path, "update.entry.names[1].value");
    }

    #[test]
    fn a_long_path_is_cut_to_what_a_leaf_takes() {
        let long = "é".repeat(MAX_PATH_BYTES);
        let breach = Breach {
            code: RefusalCode::Content,
            path: long,
            problem: String::new(),
            expected: String::new(),
        };
        assert!(Refusal::from(breach).path.len() <= MAX_PATH_BYTES);
    }
}
