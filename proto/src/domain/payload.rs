//! Payloads by kind: one reader for both nodes, so that both give the same verdict.

use prost::Message;
use serde_json::Value;
use thiserror::Error;

use crate::domain::ack::Ack;
use crate::domain::alert::{Alert, AlertError};
use crate::domain::breach::{At, Breaches};
use crate::domain::bulletin::Bulletin;
use crate::domain::community::CommunityReport;
use crate::domain::correction::Correction;
use crate::domain::flag::Flag;
use crate::domain::hit::HitReport;
use crate::domain::inquiry::{InfoRequest, InfoResponse};
use crate::domain::objection::OfficerRefusal;
use crate::domain::part::{Part, prose};
use crate::domain::review::ReviewNotice;
use crate::domain::rights::RightsRequest;
use crate::domain::rules;
use crate::domain::watchlist::WatchlistUpdate;
use crate::envelope::{Header, Kind};
use crate::refusal::{Refusal, RefusalCode};
use crate::wire::{WireError, decode_canonical};

/// A kind of message that is a record, with the rules that its content and header obey by themselves: without
/// clock, accord, or knowledge of other messages.
pub trait Content: Part<Pb: Message + Default> {
    /// Its kind.
    const KIND: Kind;

    /// The name under which its fields are told.
    const NAME: &'static str;

    /// The rules of its kind.
    fn check(&self, header: &Header, at: &At<'_>, breaches: &mut Breaches);
}

macro_rules! payloads {
    ($(#[doc = $doc:literal] $variant:ident($ty:ty)),+ $(,)?) => {
        /// The content of a message.
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub enum Payload {
            /// Something happened or is expected at the border.
            Alert(Box<Alert>),
            /// A person has seen a message.
            Ack(Ack),
            $(#[doc = $doc] $variant(Box<$ty>)),+
        }

        impl Payload {
            /// Reads the payload that `header` announces, and checks what it and its header obey by themselves.
            pub fn decode(header: &Header, bytes: &[u8]) -> Result<Self, PayloadError> {
                let payload = Self::read(header, bytes)?;
                let mut breaches = Breaches::new();
                payload.check(header, &mut breaches);
                breaches.or(Some(payload)).map_err(PayloadError::Content)
            }

            /// Reads the payload that `header` announces, field by field, without the rules of its kind.
            pub(crate) fn read(header: &Header, bytes: &[u8]) -> Result<Self, PayloadError> {
                match header.kind {
                    Kind::Alert => Alert::decode(bytes).map(Box::new).map(Self::Alert).map_err(Into::into),
                    Kind::Ack => Ack::decode(header, bytes).map(Self::Ack),
                    $(Kind::$variant => read::<$ty>(bytes).map(Box::new).map(Self::$variant)),+
                }
            }

            /// The kind.
            #[must_use]
            pub fn kind(&self) -> Kind {
                match self {
                    Self::Alert(_) => Kind::Alert,
                    Self::Ack(_) => Kind::Ack,
                    $(Self::$variant(_) => Kind::$variant),+
                }
            }

            /// The bytes that are committed to, stored and sent.
            #[must_use]
            pub fn encode(&self) -> Vec<u8> {
                match self {
                    Self::Alert(alert) => alert.encode(),
                    Self::Ack(ack) => ack.encode(),
                    $(Self::$variant(content) => content.to_pb().encode_to_vec()),+
                }
            }

            /// The JSON form of its kind.
            #[must_use]
            pub fn to_json(&self) -> Value {
                match self {
                    Self::Alert(alert) => serde_json::to_value(alert).unwrap_or(Value::Null),
                    Self::Ack(ack) => ack.to_json(),
                    $(Self::$variant(content) => content.to_json()),+
                }
            }

            /// Reads the JSON form of a kind that is a record, with every fault of its fields; the rules of the
            /// kind are checked with the header, by [`Self::check`]. Alerts have a reader of their own, and an
            /// acknowledgement is no file.
            pub fn from_json(kind: Kind, json: &Value) -> Result<Self, Breaches> {
                let mut breaches = Breaches::new();
                let payload = match kind {
                    Kind::Alert | Kind::Ack => {
                        let expected = "a kind that is written as a record";
                        breaches.content(&At::root(kind.as_str()), "is not read here", expected);
                        None
                    }
                    $(Kind::$variant => {
                        <$ty>::from_json(json, &At::root(<$ty as Content>::NAME), &mut breaches)
                            .map(Box::new).map(Self::$variant)
                    }),+
                };
                breaches.or(payload)
            }

            /// The rules of all kinds and of its own, as [`Self::decode`] checks them.
            pub fn check(&self, header: &Header, breaches: &mut Breaches) {
                rules::check(self.kind(), header, breaches);
                match self {
                    Self::Alert(alert) => alert.check(header, breaches),
                    Self::Ack(ack) => ack.check(header, breaches),
                    $(Self::$variant(content) => {
                        content.check(header, &At::root(<$ty as Content>::NAME), breaches);
                    }),+
                }
            }

            /// The JSON schemas of the kinds that are records, by kind. The same stand in `schema/json`.
            #[must_use]
            pub fn schemas() -> Vec<(Kind, Value)> {
                vec![$((Kind::$variant, published(Kind::$variant, $doc, <$ty>::schema()))),+]
            }
        }
    };
}

payloads! {
    /// What happened in a region over a period.
    Bulletin(Bulletin),
    /// A change of an entry of the watchlist.
    WatchlistUpdate(WatchlistUpdate),
    /// A post met what an entry describes, or thought so.
    HitReport(HitReport),
    /// A question.
    InfoRequest(InfoRequest),
    /// Its answer.
    InfoResponse(InfoResponse),
    /// The owner puts right what it wrote.
    Correction(Correction),
    /// What a border community has seen.
    CommunityReport(CommunityReport),
    /// An entry is kept, and not executed.
    Flag(Flag),
    /// A person uses their rights.
    RightsRequest(RightsRequest),
    /// An entry is due for review.
    ReviewNotice(ReviewNotice),
    /// An officer refuses a message.
    Refusal(OfficerRefusal),
}

fn read<T: Content>(bytes: &[u8]) -> Result<T, PayloadError> {
    let pb = decode_canonical::<T::Pb>(bytes)?;
    let mut breaches = Breaches::new();
    let content = T::from_pb(pb, &At::root(T::NAME), &mut breaches);
    breaches.or(content).map_err(PayloadError::Content)
}

/// A schema with the name under which it is published.
fn published(kind: Kind, doc: &str, mut schema: Value) -> Value {
    if let Value::Object(keywords) = &mut schema {
        let named = [
            ("$schema", "https://json-schema.org/draft/2020-12/schema".to_owned()),
            ("$id", format!("urn:karakoro:schema:1:{kind}")),
            ("title", kind.to_string()),
            ("description", prose(doc)),
        ];
        keywords.extend(named.map(|(keyword, value)| (keyword.to_owned(), value.into())));
    }
    schema
}

/// A payload that is not taken up.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// Not the one canonical encoding of a payload of this kind.
    #[error("not the one canonical encoding of a payload of this kind")]
    NotCanonical,
    /// Rules of the kind are broken; at least one.
    #[error("{0}")]
    Content(Breaches),
}

impl From<WireError> for PayloadError {
    fn from(_: WireError) -> Self {
        Self::NotCanonical
    }
}

impl PayloadError {
    /// A field that does not hold what its kind demands.
    pub(crate) fn field(path: &str, problem: impl Into<String>, expected: impl Into<String>) -> Self {
        let mut breaches = Breaches::new();
        breaches.content(&At::root(path), problem, expected);
        Self::Content(breaches)
    }

    /// What the sender is told: the first breach.
    #[must_use]
    pub fn refusal(self) -> Refusal {
        match self {
            Self::Content(breaches) => breaches.into_refusal(),
            Self::NotCanonical => Refusal { code: RefusalCode::Content, path: String::new() },
        }
    }
}

impl From<AlertError> for PayloadError {
    fn from(error: AlertError) -> Self {
        match error {
            AlertError::Wire(_) => Self::NotCanonical,
            AlertError::Oversize(bytes) => Self::field("alert", format!("has {bytes} bytes"), "fewer"),
            AlertError::TooManyParts => Self::field("alert", "has too many parts", "fewer"),
            AlertError::Field { path, problem } => Self::field(&path, problem, "a value of the schema"),
            AlertError::Content(faults) => {
                let mut breaches = Breaches::new();
                for (path, error) in faults {
                    breaches.content(&At::root(&path), error.message, error.expected);
                }
                Self::Content(breaches)
            }
        }
    }
}

#[cfg(test)]
mod tests;
