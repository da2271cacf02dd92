//! "A person has seen this": what makes the fact *read* true on the sender's side.
//!
//! An acknowledgement is an officer's word, so it is signed by an officer like every message; no machine
//! sends one by itself.

use prost::Message as _;

use crate::domain::payload::PayloadError;
use crate::envelope::{Header, MessageId, Relation};
use crate::wire::{decode_canonical, pb};

/// How far a person has got with a message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AckLevel {
    /// It was on somebody's screen.
    Displayed,
    /// Somebody says that they have read it.
    Read,
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
        let level = match self.level {
            AckLevel::Displayed => pb::AckLevel::Displayed,
            AckLevel::Read => pb::AckLevel::Read,
        };
        pb::Ack { level: level.into() }.encode_to_vec()
    }

    /// Reads an acknowledgement; its header must refer to exactly one message, as acknowledged.
    pub fn decode(header: &Header, bytes: &[u8]) -> Result<Self, PayloadError> {
        let wire: pb::Ack = decode_canonical(bytes).map_err(|_| PayloadError::NotCanonical)?;
        let level = match pb::AckLevel::try_from(wire.level) {
            Ok(pb::AckLevel::Displayed) => AckLevel::Displayed,
            Ok(pb::AckLevel::Read) => AckLevel::Read,
            Ok(pb::AckLevel::Unspecified) | Err(_) => return Err(content("ack.level")),
        };
        match header.refs[..] {
            [reference] if reference.relation == Relation::Acks => Ok(Self { of: reference.id, level }),
            _ => Err(content("header.refs")),
        }
    }
}

fn content(path: &str) -> PayloadError {
    PayloadError::Content { path: path.to_owned() }
}
