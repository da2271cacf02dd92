//! Who writes, who receives, in which log and in which role: parsed once, never carried as strings.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub mod bundle;
pub mod certificate;
mod der;
pub mod fingerprint;
pub mod home;
pub mod pem;
pub mod pkcs8;
pub mod spiffe;

/// The DNS suffix below which every name of a country's certificates lies: `mr.karakoro.internal`.
///
/// `.internal` is reserved for private use by ICANN's board (resolution of 29 July 2024), so no public
/// authority can issue for it.
const DNS_SUFFIX: &str = "karakoro.internal";

/// A country, as its ISO 3166-1 alpha-2 code in upper case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Country([u8; 2]);

impl Country {
    /// Mauritania.
    pub const MR: Self = Self(*b"MR");
    /// Mali.
    pub const ML: Self = Self(*b"ML");

    /// The two upper-case letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("two ASCII letters by construction")
    }

    /// The DNS domain in which this country's certificates, and no others, may hold names.
    #[must_use]
    pub fn dns_domain(&self) -> String {
        format!("{}.{DNS_SUFFIX}", self.as_str().to_ascii_lowercase())
    }

    /// The name that this country's node presents in its TLS certificate.
    #[must_use]
    pub fn node_dns_name(&self) -> String {
        format!("node.{}", self.dns_domain())
    }

    /// The signed-note key name of this country's receipt key, which cosigns the peer's checkpoints.
    #[must_use]
    pub fn receipt_key_name(&self) -> String {
        format!("karakoro/{self}/receipt")
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Country {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.as_bytes() {
            [a, b] if a.is_ascii_uppercase() && b.is_ascii_uppercase() => Ok(Self([*a, *b])),
            _ => Err(IdentityError::Country(text.to_owned())),
        }
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.as_str().to_owned()
    }
}

impl TryFrom<String> for Country {
    type Error = IdentityError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// The two ends of one direction of exchange: `MR-ML` is what Mauritania writes for Mali.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Direction {
    /// The only writer.
    pub from: Country,
    /// The receiver, who mirrors and cosigns.
    pub to: Country,
}

impl Direction {
    /// The opposite direction between the same two countries.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self { from: self.to, to: self.from }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.from, self.to)
    }
}

/// What a log is for: one direction of the exchange, or one country's own posts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Course {
    /// Between the two countries.
    Link(Direction),
    /// Within one country.
    Domestic(Country),
}

impl Course {
    /// The country that writes this log.
    #[must_use]
    pub fn writer(&self) -> Country {
        match self {
            Self::Link(direction) => direction.from,
            Self::Domestic(country) => *country,
        }
    }
}

impl fmt::Display for Course {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link(direction) => direction.fmt(f),
            Self::Domestic(country) => country.fmt(f),
        }
    }
}

/// Counts the lives of a log: a new epoch begins only after a fork or a revoked log key. From 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Epoch(u32);

impl Epoch {
    /// The epoch with which every log begins.
    pub const FIRST: Self = Self(1);

    /// An epoch by number; `None` for 0.
    #[must_use]
    pub fn new(number: u32) -> Option<Self> {
        (number > 0).then_some(Self(number))
    }

    /// The number, from 1.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The name of a log, as it stands in checkpoints: `karakoro/MR-ML/1` or `karakoro/MR/1`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Origin {
    /// What the log is for.
    pub course: Course,
    /// Which life of it.
    pub epoch: Epoch,
}

impl Origin {
    /// The first epoch of what `from` writes for `to`.
    #[must_use]
    pub fn link(from: Country, to: Country) -> Self {
        Self { course: Course::Link(Direction { from, to }), epoch: Epoch::FIRST }
    }

    /// The country that writes this log.
    #[must_use]
    pub fn writer(&self) -> Country {
        self.course.writer()
    }

    /// The name of this log's folder: the origin with `/` as `_`.
    #[must_use]
    pub fn folder(&self) -> String {
        self.to_string().replace('/', "_")
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "karakoro/{}/{}", self.course, self.epoch)
    }
}

impl FromStr for Origin {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = text.strip_prefix("karakoro/").and_then(|rest| rest.split_once('/')).and_then(
            |(course, epoch)| {
                let course = match course.split_once('-') {
                    Some((from, to)) => {
                        Course::Link(Direction { from: from.parse().ok()?, to: to.parse().ok()? })
                    }
                    None => Course::Domestic(course.parse().ok()?),
                };
                Some(Self { course, epoch: Epoch::new(epoch.parse().ok()?)? })
            },
        );
        // One spelling only: whatever parses must print as it came (`+1`, `01` do not).
        parsed
            .filter(|origin| origin.to_string() == text)
            .ok_or_else(|| IdentityError::Origin(text.to_owned()))
    }
}

/// What a key may be used for. Every role has keys of its own: a `cosignature/v1` does not commit to
/// who cosigned, so a key shared between roles could be made to speak for another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// Signs the country's certificates; kept offline.
    Root,
    /// TLS between the two nodes.
    Node,
    /// Signs checkpoints of the logs that this country writes.
    Log,
    /// Signs receipts, and cosigns the checkpoints of the logs that the other country writes.
    Receipt,
    /// A person who writes or approves messages.
    Officer,
    /// A person who verifies.
    Auditor,
}

impl Role {
    /// Every role, in the order of a country's set-up.
    pub const ALL: [Self; 6] =
        [Self::Root, Self::Node, Self::Log, Self::Receipt, Self::Officer, Self::Auditor];

    /// The word for this role in file names and certificates.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Node => "node",
            Self::Log => "log",
            Self::Receipt => "receipt",
            Self::Officer => "officer",
            Self::Auditor => "auditor",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| IdentityError::Role(text.to_owned()))
    }
}

/// A name or number of this module that does not parse.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// Not a country code.
    #[error("`{0}` is not a country: two upper-case letters, such as MR or ML")]
    Country(String),
    /// Not the name of a log.
    #[error("`{0}` is not a log origin: karakoro/MR-ML/1 or karakoro/MR/1")]
    Origin(String),
    /// Not a role.
    #[error("`{0}` is not a role: root, node, log, receipt, officer or auditor")]
    Role(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_one_spelling() {
        for good in ["karakoro/MR-ML/1", "karakoro/ML-MR/4294967295", "karakoro/MR/1"] {
            assert_eq!(good.parse::<Origin>().unwrap().to_string(), good);
        }
        for bad in [
            "",
            "karakoro/",
            "karakoro/MR-ML",
            "karakoro/MR-ML/0",
            "karakoro/MR-ML/01",
            "karakoro/MR-ML/+1",
            "karakoro/mr-ml/1",
            "karakoro/MR-ML-MR/1",
            "karakoro/MR-ML/1/",
            "karakoro/MR-ML/4294967296",
            "Karakoro/MR-ML/1",
        ] {
            assert!(bad.parse::<Origin>().is_err(), "{bad}");
        }
    }

    #[test]
    fn roles_parse_as_they_print() {
        for role in Role::ALL {
            assert_eq!(role.to_string().parse::<Role>(), Ok(role));
        }
    }
}
