//! What a key's value may be: how it is read, and how that is said to people.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use karakoro_proto::envelope::Station;
use karakoro_proto::identity::Country;
use karakoro_proto::toml::{Form, Wrong, text};
use toml_edit::Value;

use super::address::{DialAddress, HomePath, NotADialAddress, NotAHomePath};

/// The folder of the logs, below the home.
const DATA: &str = "data";

/// Longest path of a Unix socket on Linux, in bytes, without the NUL that ends it.
const MAX_SOCKET_BYTES: usize = 107;

/// A country's code.
pub(super) struct CountryCode;

impl Form for CountryCode {
    type Value = Country;

    fn expected(&self) -> String {
        "two upper-case letters of ISO 3166, such as \"MR\" or \"ML\"".to_owned()
    }

    fn read(&self, value: &Value) -> Result<Country, Wrong> {
        let text = text(value)?;
        text.parse().map_err(|_| Wrong::text(text))
    }
}

/// An address of this machine.
pub(super) struct UdpAddress;

impl Form for UdpAddress {
    type Value = SocketAddr;

    fn expected(&self) -> String {
        "an IP address of this machine and a UDP port, such as \"0.0.0.0:7443\" or \"[::]:7443\"".to_owned()
    }

    fn read(&self, value: &Value) -> Result<SocketAddr, Wrong> {
        let text = text(value)?;
        text.parse().map_err(|_| Wrong::text(text))
    }
}

/// Addresses to try in order.
pub(super) struct DialList {
    /// How many there may be.
    pub(super) most: usize,
}

impl DialList {
    fn read_one(value: &Value) -> Result<DialAddress, Wrong> {
        let text = text(value)?;
        text.parse().map_err(|why: NotADialAddress| Wrong::text_that(text, why))
    }
}

impl Form for DialList {
    type Value = Vec<DialAddress>;

    fn expected(&self) -> String {
        let most = self.most;
        format!(
            "a list of at most {most} different \"host:port\", such as \
             [\"node.example:7443\", \"[2001:db8::1]:7443\"]"
        )
    }

    fn read(&self, value: &Value) -> Result<Vec<DialAddress>, Wrong> {
        let list = value.as_array().ok_or_else(|| Wrong::kind(value))?;
        if list.len() > self.most {
            return Err(Wrong { message: format!("has {} addresses", list.len()), span: None });
        }
        let mut addresses = Vec::new();
        for value in list {
            let address = Self::read_one(value).map_err(|wrong| wrong.within(value))?;
            if addresses.contains(&address) {
                let message = format!("has {address} twice");
                return Err(Wrong { message, span: value.span() });
            }
            addresses.push(address);
        }
        Ok(addresses)
    }
}

/// One of a few words.
pub(super) struct OneOf<T: 'static>(pub(super) &'static [Word<T>]);

/// A word, and what it stands for.
pub(super) struct Word<T> {
    /// As it is written.
    pub(super) word: &'static str,
    /// What it stands for.
    pub(super) value: T,
    /// The same for people; empty if the word says it.
    pub(super) meaning: &'static str,
}

impl<T> fmt::Display for Word<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.meaning {
            "" => write!(f, "\"{}\"", self.word),
            meaning => write!(f, "\"{}\" ({meaning})", self.word),
        }
    }
}

impl<T: Copy> Form for OneOf<T> {
    type Value = T;

    fn expected(&self) -> String {
        let words: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        match words.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            _ => words.concat(),
        }
    }

    fn read(&self, value: &Value) -> Result<T, Wrong> {
        let text = text(value)?;
        let word = self.0.iter().find(|word| word.word == text);
        word.map(|word| word.value).ok_or_else(|| Wrong::text(text))
    }
}

/// A length of time, as a whole number of a unit.
pub(super) struct Time {
    /// The unit.
    pub(super) unit: Unit,
    /// The shortest, in the unit.
    pub(super) least: u64,
    /// The longest, in the unit.
    pub(super) most: u64,
}

/// A unit of time.
#[derive(Clone, Copy)]
pub(super) enum Unit {
    /// A second.
    Seconds,
    /// A thousandth of it.
    Milliseconds,
}

impl Unit {
    fn times(self, count: u64) -> Duration {
        match self {
            Self::Seconds => Duration::from_secs(count),
            Self::Milliseconds => Duration::from_millis(count),
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Seconds => "seconds",
            Self::Milliseconds => "milliseconds",
        })
    }
}

impl Form for Time {
    type Value = Duration;

    fn expected(&self) -> String {
        format!("{} as an integer from {} to {}", self.unit, self.least, self.most)
    }

    fn read(&self, value: &Value) -> Result<Duration, Wrong> {
        let number = value.as_integer().ok_or_else(|| Wrong::kind(value))?;
        let count = u64::try_from(number).ok().filter(|count| (self.least..=self.most).contains(count));
        count.map(|count| self.unit.times(count)).ok_or_else(|| Wrong::is(number))
    }
}

fn path(value: &Value) -> Result<HomePath, Wrong> {
    let text = text(value)?;
    text.parse().map_err(|why: NotAHomePath| Wrong::text_that(text, why))
}

/// A folder that is not among the logs.
pub(super) struct FolderApart;

impl Form for FolderApart {
    type Value = HomePath;

    fn expected(&self) -> String {
        format!("a folder below the home and outside {DATA}/, or an absolute path, without `..`")
    }

    fn read(&self, value: &Value) -> Result<HomePath, Wrong> {
        let path = path(value)?;
        if path.is_in(DATA) {
            return Err(Wrong::text_that(path.as_str(), "lies with the logs that it guards"));
        }
        Ok(path)
    }
}

/// Where a Unix socket is made.
pub(super) struct SocketPath;

impl Form for SocketPath {
    type Value = HomePath;

    fn expected(&self) -> String {
        format!(
            "a path below the home, or an absolute one, without `..`; with the home's at most \
             {MAX_SOCKET_BYTES} bytes"
        )
    }

    fn read(&self, value: &Value) -> Result<HomePath, Wrong> {
        let path = path(value)?;
        if path.as_str().ends_with('/') {
            return Err(Wrong::text_that(path.as_str(), "is a folder"));
        }
        match path.as_str().len() {
            0..=MAX_SOCKET_BYTES => Ok(path),
            bytes => Err(Wrong { message: format!("has {bytes} bytes"), span: None }),
        }
    }
}

/// The name of a station.
pub(super) struct StationName;

impl Form for StationName {
    type Value = Station;

    fn expected(&self) -> String {
        "this country's code, `-`, and a name in upper-case letters, digits and `-`; at most 32 characters"
            .to_owned()
    }

    fn read(&self, value: &Value) -> Result<Station, Wrong> {
        let text = text(value)?;
        text.parse().map_err(|_| Wrong::text(text))
    }
}
