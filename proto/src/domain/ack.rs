//! "A person has seen this": what makes the fact *read* true on the sender's side.
//!
//! An acknowledgement is an officer's word, so it is signed by an officer like every message; no machine
//! sends one by itself.

use prost::Message as _;

use crate::domain::breach::{At, Breaches};
use crate::domain::payload::PayloadError;
use crate::domain::vocabulary::vocabulary;
use crate::envelope::{Header, MessageId, Reference, Relation};
use crate::wire::{decode_canonical, pb};

vocabulary! {
    /// How far a person has got with a message. That the *machines* hold it is what receipts prove; no message
    /// says so.
    AckLevel, pb::AckLevel {
        /// It was on somebody's screen.
        Displayed = "DISPLAYED",
        /// Somebody says that they have read it.
        Read = "READ",
        /// Somebody has taken it on.
        Accepted = "ACCEPTED",
    }
}

/// An acknowledgement; the header's single reference says of what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ack {
    /// The message that was seen.
    pub of: MessageId,
    /// How far.
    pub level: AckLevel,
}

impl Ack {
    /// The payload's only encoding.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        pb::Ack { level: self.level.into() }.encode_to_vec()
    }

    /// The JSON form.
    pub(crate) fn to_json(self) -> serde_json::Value {
        serde_json::json!({ "of": self.of.to_string(), "level": self.level.as_str() })
    }

    /// One reference, to what is acknowledged. Every level is a person's: what a machine holds, its receipts say.
    pub(crate) fn check(self, header: &Header, breaches: &mut Breaches) {
        let acknowledged =
            |reference: &Reference| reference.relation == Relation::Acks && reference.id == self.of;
        if !matches!(&header.refs[..], [reference] if acknowledged(reference)) {
            breaches.content(
                &At::root("header.refs"),
                "are not to what is acknowledged",
                "one reference ACKS",
            );
        }
    }

    /// Reads an acknowledgement; its header must refer to exactly one message, as acknowledged.
    pub fn decode(header: &Header, bytes: &[u8]) -> Result<Self, PayloadError> {
        let wire: pb::Ack = decode_canonical(bytes).map_err(|_| PayloadError::NotCanonical)?;
        let level = AckLevel::try_from(wire.level).map_err(|_| content("ack.level"))?;
        match header.refs[..] {
            [reference] if reference.relation == Relation::Acks => Ok(Self { of: reference.id, level }),
            _ => Err(content("header.refs")),
        }
    }
}

fn content(path: &str) -> PayloadError {
    PayloadError::field(path, "is not what an acknowledgement has", "a level, and one reference ACKS")
}
