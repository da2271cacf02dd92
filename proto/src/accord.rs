//! The accord: what the two countries agreed about their exchange, as one signed file that both nodes enforce.
//!
//! - [`mod@file`]: the text and the two roots' signatures, never re-serialised
//! - [`Accord`]: what the text says, in types; all look-ups are cheap
//! - [`permit`]: whether a message may be exchanged under it
//! - [`chain`]: the accords of a home, one after another, and which of them is in force
//! - [`diff`]: what changes from one accord to the next, in words
//!
//! Whatever law or the two countries may change stands in the file. What can never be agreed away (no field
//! for religion, no bulk upload of migrants) is code, and stands elsewhere.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use crate::domain::terms::{Action, Category, Purpose};
use crate::envelope::Kind;
use crate::identity::Country;
use crate::time::UnixMillis;
use crate::toml::Fault;
use crate::wire::pb;

pub mod chain;
mod content;
pub mod diff;
pub mod file;
mod form;
pub mod permit;
mod read;
mod register;
mod rules;
mod section;
mod zone;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use chain::{Agreed, Chain, NotAgreed, NotNext, Standing};
pub use file::{AccordFile, MAX_ACCORD_BYTES, RootSignature, SignatureFault};
pub use permit::{Breach, Permit, StationKind};
pub use register::{Place, PlaceKind, Region, Register};
pub use rules::{ActionRules, Deadlines, KindRules, Months, Retention, TwoPersons};
pub use zone::Zone;

use rules::{ActionTable, KindTable};

/// The example with every key commented: what `karakoro accord new` writes.
pub const EXAMPLE: &str = include_str!("../../deploy/accord/example.toml");

/// The line of the example that says when it comes into force.
const EXAMPLE_EFFECTIVE: &str = "effective = 2027-01-01T00:00:00Z\n";

/// The example, in force from `effective` on: for demonstrations and tests.
#[must_use]
pub fn example_effective(effective: UnixMillis) -> String {
    EXAMPLE.replacen(EXAMPLE_EFFECTIVE, &format!("effective = {effective}\n"), 1)
}

/// SHA-256 of an accord's text: what the roots sign, the hello states and the logs anchor.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccordHash(pub [u8; 32]);

impl fmt::Display for AccordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for AccordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("a hash has 64 lower-case hexadecimal digits")]
pub struct NotAHash;

impl FromStr for AccordHash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let known = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
        if text.len() != 64 || !text.as_bytes().iter().all(known) {
            return Err(NotAHash);
        }
        let mut hash = [0; 32];
        for (at, byte) in hash.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).map_err(|_| NotAHash)?;
        }
        Ok(Self(hash))
    }
}

/// Which accord: its number, and what it says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AccordId {
    /// Its number, from 1.
    pub version: u32,
    /// The hash of its text.
    pub hash: AccordHash,
}

impl fmt::Display for AccordId {
    /// The number and the first eight digits of the hash: enough to compare by telephone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hash = self.hash.to_string();
        write!(f, "accord {} ({})", self.version, &hash[..8])
    }
}

impl From<AccordId> for pb::AccordId {
    fn from(id: AccordId) -> Self {
        Self { version: id.version, hash: bytes::Bytes::copy_from_slice(&id.hash.0) }
    }
}

impl AccordId {
    pub(crate) fn from_wire(wire: &pb::AccordId) -> Option<Self> {
        let hash = AccordHash(wire.hash[..].try_into().ok()?);
        (wire.version > 0).then_some(Self { version: wire.version, hash })
    }
}

/// An accord, or the words for having none.
#[must_use]
pub fn named(accord: Option<AccordId>) -> String {
    accord.map_or_else(|| "no accord".to_owned(), |accord| accord.to_string())
}

/// What an accord says. Every value is in its range, and they fit each other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Accord {
    id: AccordId,
    effective: UnixMillis,
    replaces: Option<AccordHash>,
    countries: [Country; 2],
    purposes: Vec<Purpose>,
    max_skew: Duration,
    deadlines: Deadlines,
    retention: Retention,
    zone: Zone,
    register: Register,
    kinds: KindTable,
    actions: ActionTable,
}

impl Accord {
    /// Reads the text of an accord; on failure, every fault in the order of the lines, and at least one.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        read::parse(text)
    }

    /// Which accord this is.
    #[must_use]
    pub fn id(&self) -> AccordId {
        self.id
    }

    /// From when on it is in force.
    #[must_use]
    pub fn effective(&self) -> UnixMillis {
        self.effective
    }

    /// The accord that it takes the place of; `None` for a first one.
    #[must_use]
    pub fn replaces(&self) -> Option<AccordHash> {
        self.replaces
    }

    /// The two countries, in alphabetical order.
    #[must_use]
    pub fn countries(&self) -> [Country; 2] {
        self.countries
    }

    /// What information may be exchanged for.
    #[must_use]
    pub fn purposes(&self) -> &[Purpose] {
        &self.purposes
    }

    /// How far two clocks may differ.
    #[must_use]
    pub fn max_skew(&self) -> Duration {
        self.max_skew
    }

    /// What each headquarters promises to the other.
    #[must_use]
    pub fn deadlines(&self) -> &Deadlines {
        &self.deadlines
    }

    /// What happens when something has run out.
    #[must_use]
    pub fn retention(&self) -> &Retention {
        &self.retention
    }

    /// Where information may be about.
    #[must_use]
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// All regions and places.
    #[must_use]
    pub fn register(&self) -> &Register {
        &self.register
    }

    /// A region by its code, such as `MR-02`.
    #[must_use]
    pub fn region(&self, code: &str) -> Option<&Region> {
        self.register.region(code)
    }

    /// A place by its code, such as `MR-P-GOGUI`.
    #[must_use]
    pub fn place(&self, code: &str) -> Option<&Place> {
        self.register.place(code)
    }

    /// The rules of a kind of message; `None` if it is not exchanged.
    #[must_use]
    pub fn kind(&self, kind: Kind) -> Option<&KindRules> {
        self.kinds.of(kind)
    }

    /// The rules of entries that ask for this; `None` if it is not asked for.
    #[must_use]
    pub fn action(&self, category: Category, action: Action) -> Option<&ActionRules> {
        self.actions.of(category, action)
    }

    /// Whether entries of this category may ask for this.
    #[must_use]
    pub fn allows(&self, category: Category, action: Action) -> bool {
        self.action(category, action).is_some()
    }

    /// The longest life of such an entry; `None` if there are none.
    #[must_use]
    pub fn cap(&self, category: Category, action: Action) -> Option<Months> {
        self.action(category, action).map(|rules| rules.cap)
    }

    /// The longest time until such an entry is looked at again; `None` if there are none.
    #[must_use]
    pub fn review(&self, category: Category, action: Action) -> Option<Months> {
        self.action(category, action).map(|rules| rules.review)
    }
}
