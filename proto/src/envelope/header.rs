//! What every message says of itself, whatever its kind.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use prost::Message as _;

use crate::domain::fault::ValueError;
use crate::domain::grounds::Grounds;
use crate::domain::part::text_part;
use crate::domain::vocabulary::vocabulary;
use crate::domain::{Mode, Priority, Tlp};
use crate::envelope::{Commitment, EnvelopeError, MessageId};
use crate::identity::{Country, Origin};
use crate::time::UnixMillis;
use crate::wire::{decode_canonical, pb};

/// Largest encoded header, in bytes.
pub const MAX_HEADER_BYTES: usize = 3072;

/// Most messages that one message may refer to.
pub const MAX_REFS: usize = 16;

/// Longest name of a station, in bytes.
const MAX_STATION_BYTES: usize = 32;

/// What every message says of itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// Unique for ever.
    pub id: MessageId,
    /// The log that carries it.
    pub origin: Origin,
    /// The country it is for.
    pub recipient: Country,
    /// Where it was written.
    pub station: Station,
    /// When, by the writer's clock.
    pub created: UnixMillis,
    /// When it ends by itself, if it does.
    pub expires: Option<UnixMillis>,
    /// What the payload is.
    pub kind: Kind,
    /// For real, exercise or test.
    pub mode: Mode,
    /// What goes first.
    pub priority: Priority,
    /// Who may see it.
    pub tlp: Tlp,
    /// The messages it refers to.
    pub refs: Vec<Reference>,
    /// On what it rests, and how it may be used.
    pub grounds: Grounds,
}

vocabulary! {
    /// The kinds of message that this version knows.
    Kind, pb::Kind {
        /// Something happened or is expected at the border.
        Alert = "alert",
        /// A person has seen a message.
        Ack = "ack",
        /// What happened in a region over a period, without persons.
        Bulletin = "bulletin",
        /// An entry of the watchlist: added, amended, withdrawn.
        WatchlistUpdate = "watchlist-update",
        /// A post met what an entry describes, or thought so.
        HitReport = "hit-report",
        /// A question to the other country.
        InfoRequest = "info-request",
        /// Its answer.
        InfoResponse = "info-response",
        /// The owner puts right what it wrote.
        Correction = "correction",
        /// What a border community has seen, read by a headquarters first.
        CommunityReport = "community-report",
        /// An entry is kept here, and not executed.
        Flag = "flag",
        /// A person uses their rights on the data held about them.
        RightsRequest = "rights-request",
        /// An entry is due for review.
        ReviewNotice = "review-notice",
        /// An officer refuses a message that the node took up.
        Refusal = "refusal",
    }
}

/// A message referred to, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reference {
    /// Which message.
    pub id: MessageId,
    /// What this message is to it.
    pub relation: Relation,
    /// What that message committed to: says which bytes are meant, and nothing of them.
    pub commitment: Commitment,
}

vocabulary! {
    /// What a message is to one that it refers to.
    Relation, pb::Relation {
        /// Takes its place.
        Amends = "AMENDS",
        /// Calls it off.
        Cancels = "CANCELS",
        /// Answers it.
        Answers = "ANSWERS",
        /// Says that it was seen.
        Acks = "ACKS",
        /// Puts a field of it right.
        Corrects = "CORRECTS",
        /// Reports a hit on it.
        HitOn = "HIT_ON",
        /// Says the same.
        Duplicates = "DUPLICATES",
    }
}

/// A headquarters or post: `MR-HQ`, `ML-P-NARA`. Its country comes first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Station(String);

impl Station {
    /// The headquarters of a country.
    #[must_use]
    pub fn headquarters(country: Country) -> Self {
        Self(format!("{country}-HQ"))
    }

    /// The country that the station belongs to.
    #[must_use]
    pub fn country(&self) -> Country {
        self.0[..2].parse().expect("checked when parsed")
    }
}

impl fmt::Display for Station {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Station {
    type Err = EnvelopeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known_bytes = text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-');
        let named = text.split_once('-').is_some_and(|(country, name)| {
            country.parse::<Country>().is_ok() && !name.is_empty() && !name.starts_with('-')
        });
        if named && known_bytes && text.len() <= MAX_STATION_BYTES {
            return Ok(Self(text.to_owned()));
        }
        Err(field("station", "a country and a name in capitals, such as MR-HQ, at most 32 characters"))
    }
}

impl From<EnvelopeError> for ValueError {
    fn from(error: EnvelopeError) -> Self {
        match error {
            EnvelopeError::Field { field, expected } => Self::new(format!("is no {field}"), expected),
            error => Self::new(error.to_string(), "a value of the schema"),
        }
    }
}

text_part!(
    Station,
    serde_json::json!({ "type": "string", "pattern": "^[A-Z]{2}-[A-Z0-9][A-Z0-9-]*$", "maxLength": MAX_STATION_BYTES })
);

impl Station {
    /// Whether this is the headquarters of its country.
    #[must_use]
    pub fn is_headquarters(&self) -> bool {
        *self == Self::headquarters(self.country())
    }
}

impl Header {
    /// The header's only encoding.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let wire = pb::Header {
            id: Bytes::copy_from_slice(self.id.as_bytes()),
            origin: self.origin.to_string(),
            recipient: self.recipient.to_string(),
            station: self.station.to_string(),
            created_ms: self.created.millis(),
            expires_ms: self.expires.map(UnixMillis::millis),
            kind: self.kind.into(),
            mode: self.mode.into(),
            priority: self.priority.into(),
            tlp: self.tlp.into(),
            refs: self.refs.iter().copied().map(Reference::to_wire).collect(),
            grounds: self.grounds.to_wire(),
        };
        wire.encode_to_vec().into()
    }

    /// Reads a header; refuses every other encoding of the same content.
    pub fn decode(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        if bytes.len() > MAX_HEADER_BYTES {
            let bytes = bytes.len();
            return Err(EnvelopeError::TooLarge { what: "header", bytes, most: MAX_HEADER_BYTES });
        }
        let wire: pb::Header = decode_canonical(bytes)?;
        if wire.refs.len() > MAX_REFS {
            return Err(field("refs", "at most 16 references"));
        }
        let header = Self {
            id: MessageId::from_bytes(&wire.id)?,
            origin: parsed(&wire.origin, "origin", "the name of a log, such as karakoro/MR-ML/1")?,
            recipient: parsed(&wire.recipient, "recipient", "a country, such as ML")?,
            station: wire.station.parse()?,
            created: instant(wire.created_ms, "created_ms")?,
            expires: wire.expires_ms.map(|millis| instant(millis, "expires_ms")).transpose()?,
            kind: Kind::try_from(wire.kind).map_err(|_| field("kind", "a kind of the schema"))?,
            mode: Mode::try_from(wire.mode).map_err(|_| field("mode", "a mode of the schema"))?,
            priority: Priority::try_from(wire.priority)
                .map_err(|_| field("priority", "a priority of the schema"))?,
            tlp: Tlp::try_from(wire.tlp).map_err(|_| field("tlp", "a handling of the schema"))?,
            refs: wire.refs.iter().map(Reference::from_wire).collect::<Result<_, _>>()?,
            grounds: Grounds::from_wire(wire.grounds)?,
        };
        if header.station.country() != header.origin.writer() {
            return Err(field("station", "a station of the country that writes the log"));
        }
        Ok(header)
    }
}

impl Reference {
    fn to_wire(self) -> pb::Ref {
        pb::Ref {
            id: Bytes::copy_from_slice(self.id.as_bytes()),
            relation: self.relation.into(),
            commitment: Bytes::copy_from_slice(&self.commitment.0),
        }
    }

    fn from_wire(wire: &pb::Ref) -> Result<Self, EnvelopeError> {
        let relation = Relation::try_from(wire.relation)
            .map_err(|_| field("refs.relation", "a relation of the schema"))?;
        let commitment = wire.commitment[..].try_into().map(Commitment);
        let commitment = commitment.map_err(|_| field("refs.commitment", "a commitment, 32 bytes"))?;
        Ok(Self { id: MessageId::from_bytes(&wire.id)?, relation, commitment })
    }
}

fn field(field: &'static str, expected: &'static str) -> EnvelopeError {
    EnvelopeError::Field { field, expected }
}

fn parsed<T: FromStr>(text: &str, name: &'static str, expected: &'static str) -> Result<T, EnvelopeError> {
    text.parse().map_err(|_| field(name, expected))
}

fn instant(millis: u64, name: &'static str) -> Result<UnixMillis, EnvelopeError> {
    UnixMillis::new(millis).ok_or_else(|| field(name, "milliseconds up to the year 9999"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::WireError;

    fn header() -> Header {
        let id = MessageId::new(UnixMillis::new(1_768_471_445_000).unwrap(), [1; 10]);
        Header {
            id,
            origin: Origin::link(Country::MR, Country::ML),
            recipient: Country::ML,
            station: Station::headquarters(Country::MR),
            created: UnixMillis::new(1_768_471_445_000).unwrap(),
            expires: None,
            kind: Kind::Alert,
            mode: Mode::Exercise,
            priority: Priority::Urgent,
            tlp: Tlp::Amber,
            refs: vec![Reference { id, relation: Relation::Amends, commitment: Commitment([7; 32]) }],
            grounds: Grounds::default(),
        }
    }

    #[test]
    fn a_header_decodes_to_what_was_encoded() {
        assert_eq!(Header::decode(&header().encode()), Ok(header()));
    }

    #[test]
    fn unknown_fields_and_appended_messages_are_refused() {
        let bytes = header().encode();
        let unknown = [&bytes[..], &[0xba, 0x3e, 0x01, b'x']].concat();
        let merged = [&bytes[..], &bytes[..]].concat();
        for bad in [unknown, merged] {
            assert_eq!(Header::decode(&bad), Err(EnvelopeError::Header(WireError::NonCanonical)));
        }
    }

    #[test]
    fn a_station_of_another_country_is_refused() {
        let foreign = Header { station: Station::headquarters(Country::ML), ..header() };
        assert!(matches!(
            Header::decode(&foreign.encode()),
            Err(EnvelopeError::Field { field: "station", .. })
        ));
    }

    #[test]
    fn the_zero_of_every_enum_is_refused() {
        for name in ["kind", "mode", "priority", "tlp"] {
            let mut wire: pb::Header = decode_canonical(header().encode()).unwrap();
            match name {
                "kind" => wire.kind = 0,
                "mode" => wire.mode = 0,
                "priority" => wire.priority = 0,
                _ => wire.tlp = 0,
            }
            let refused = Header::decode(&wire.encode_to_vec());
            assert!(matches!(refused, Err(EnvelopeError::Field { field, .. }) if field == name), "{name}");
        }
    }
}
