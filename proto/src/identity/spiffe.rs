//! The name in a certificate that counts: `spiffe://mr.karakoro.internal/officer/hq-1`.
//!
//! The distinguished name of a certificate is for people. Software believes only this URI, bound to the
//! country whose root signed the certificate.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::{Country, DNS_SUFFIX, Role};

/// The longest label, in characters.
pub const MAX_LABEL_LEN: usize = 32;

/// Tells the keys of one role apart: `hq-1`. It stands in file names, hence the narrow alphabet.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(String);

impl Label {
    /// The label that the keys of a set-up bear where a country has one of the role: `1`.
    #[must_use]
    pub fn first() -> Self {
        Self("1".to_owned())
    }

    /// The label as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Label {
    type Err = SpiffeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let permitted = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let good = (1..=MAX_LABEL_LEN).contains(&text.len())
            && text.chars().all(permitted)
            && !text.starts_with('-')
            && !text.ends_with('-');
        good.then(|| Self(text.to_owned())).ok_or_else(|| SpiffeError::Label(text.to_owned()))
    }
}

/// Whose key a certificate holds: country, role and label.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SpiffeId {
    /// The country that vouches for the key.
    pub country: Country,
    /// What the key may be used for.
    pub role: Role,
    /// Which of the keys of that role.
    pub label: Label,
}

impl fmt::Display for SpiffeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "spiffe://{}/{}/{}", self.country.dns_domain(), self.role, self.label)
    }
}

impl FromStr for SpiffeId {
    type Err = SpiffeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || SpiffeError::Id(text.to_owned());
        let path = text.strip_prefix("spiffe://").ok_or_else(refused)?;
        let [domain, role, label] = path.split('/').collect::<Vec<_>>()[..] else {
            return Err(refused());
        };
        Ok(Self {
            country: country_of(domain).ok_or_else(refused)?,
            role: role.parse().map_err(|_| refused())?,
            label: label.parse()?,
        })
    }
}

/// The country whose DNS domain this is, exactly.
fn country_of(domain: &str) -> Option<Country> {
    let code = domain.strip_suffix(DNS_SUFFIX)?.strip_suffix('.')?;
    let country: Country = code.to_ascii_uppercase().parse().ok()?;
    // `MR.karakoro.internal` would survive the line above; there is one spelling.
    (country.dns_domain() == domain).then_some(country)
}

/// A text that is no label or no name of a key.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum SpiffeError {
    /// Not a label.
    #[error(
        "`{0}` is not a label: 1 to {MAX_LABEL_LEN} lower-case letters, digits and hyphens, such as hq-1, \
         with no hyphen at either end"
    )]
    Label(String),
    /// Not a name.
    #[error("`{0}` is not a name such as spiffe://mr.{DNS_SUFFIX}/officer/hq-1")]
    Id(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_spelling() {
        for good in ["spiffe://mr.karakoro.internal/officer/hq-1", "spiffe://ml.karakoro.internal/node/1"] {
            assert_eq!(good.parse::<SpiffeId>().unwrap().to_string(), good);
        }
        for bad in [
            "",
            "spiffe://",
            "spiffe://mr.karakoro.internal",
            "spiffe://mr.karakoro.internal/officer",
            "spiffe://mr.karakoro.internal/officer/",
            "spiffe://mr.karakoro.internal/officer/hq-1/",
            "spiffe://mr.karakoro.internal//hq-1",
            "spiffe://mr.karakoro.internal/king/1",
            "spiffe://MR.karakoro.internal/node/1",
            "spiffe://mr.karakoro.internal./node/1",
            "spiffe://mrkarakoro.internal/node/1",
            "spiffe://x.mr.karakoro.internal/node/1",
            "spiffe://karakoro.internal/node/1",
            "https://mr.karakoro.internal/node/1",
        ] {
            assert!(bad.parse::<SpiffeId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_label_is_safe_in_a_file_name() {
        for good in ["1", "hq-1", "a", &"x".repeat(MAX_LABEL_LEN)] {
            assert_eq!(good.parse::<Label>().unwrap().as_str(), good);
        }
        for bad in ["", "HQ", "a b", "../x", "a.b", "-a", "a-", "é", "٣", &"x".repeat(MAX_LABEL_LEN + 1)] {
            assert!(bad.parse::<Label>().is_err(), "{bad}");
        }
    }
}
