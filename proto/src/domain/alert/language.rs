//! Language tags.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::fault::{ValueError, excerpt};

/// A language tag as XML Schema's `xs:language` takes it (RFC 3066): `fr`, `ar`, `en-CA`; at most
/// [`Language::MAX_BYTES`]. The case is kept; comparisons ignore it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Language(String);

impl Language {
    /// The longest tag of RFC 5646's registry with room to spare.
    pub const MAX_BYTES: usize = 35;

    /// What CAP assumes where an info names no language.
    #[must_use]
    pub fn cap_default() -> Self {
        Self("en-US".to_owned())
    }

    /// The tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the language `primary` in any variety: `fr-CA` is `fr`.
    #[must_use]
    pub fn is(&self, primary: &str) -> bool {
        self.0.split('-').next().is_some_and(|first| first.eq_ignore_ascii_case(primary))
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Language {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut subtags = text.split('-').enumerate();
        let well_formed = subtags.all(|(place, subtag)| {
            (1..=8).contains(&subtag.len())
                && subtag.bytes().all(|b| b.is_ascii_alphabetic() || (place > 0 && b.is_ascii_digit()))
        });
        if !well_formed || text.len() > Self::MAX_BYTES {
            return Err(ValueError::new(
                format!("`{}` is not a language tag", excerpt(text)),
                "a tag such as `fr`, `ar` or `en-CA`",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.0
    }
}

impl TryFrom<String> for Language {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_taken_by_their_form() {
        for good in ["fr", "ar", "en-CA", "x-klingon", "zh-Hant-TW", "ff-Latn-x-pulaar"] {
            assert_eq!(good.parse::<Language>().unwrap().as_str(), good);
        }
        for bad in ["", "fr_FR", "français", "fr-", "-fr", "123", "toolonglanguage", "fr CA"] {
            assert!(bad.parse::<Language>().is_err(), "{bad}");
        }
    }

    #[test]
    fn varieties_count_as_their_language() {
        let language: Language = "FR-ca".parse().unwrap();
        assert!(language.is("fr") && !language.is("f") && !language.is("en"));
    }
}
