//! An alert as both countries read it: the content of the Common Alerting Protocol 1.2 (OASIS standard,
//! 1 July 2010), parsed.
//!
//! There are three ways in, and all end in the one [`Alert::validate`]: CAP XML
//! ([`crate::domain::cap::read`]), JSON ([`Alert::from_json`]) and the signed bytes
//! ([`Alert::decode`]). What is a closed list in CAP is an enum here; times, coordinates and heights
//! are integers, so that two machines can never read them differently. Texts are kept as written, but for
//! white space at their two ends, which the CAP reader drops.
//!
//! # JSON
//!
//! One object whose keys are CAP's element names; what may be repeated in CAP is an array under the
//! same, singular name; what is absent is left out. Times are strings in CAP's form of RFC 3339
//! (`2026-01-15T10:04:05-00:00`), a polygon is `"lat,lon lat,lon …"`, a circle `"lat,lon km"`, a height
//! a decimal string of feet, `derefUri` is base64, `size` alone is a number:
//!
//! ```json
//! { "identifier": "urn:uuid:…", "sender": "hq@mr.example", "sent": "2026-01-15T10:04:05-00:00",
//!   "status": "Actual", "msgType": "Alert", "scope": "Restricted", "restriction": "TLP:AMBER",
//!   "info": [ { "language": "fr", "category": ["Security"], "event": "Vol de bétail",
//!     "urgency": "Expected", "severity": "Moderate", "certainty": "Likely",
//!     "area": [ { "areaDesc": "Adel Bagrou", "circle": ["15.495,-7.03 25"] } ] } ] }
//! ```
//!
//! Unknown and repeated keys are refused.

mod geo;
mod json;
mod language;
pub mod limits;
mod resource;
mod rules;
mod summary;
pub(crate) mod text;
mod time;
mod validate;
mod wire;
mod words;

use serde::{Deserialize, Serialize};

pub use geo::{Circle, Height, Point, Polygon};
pub use language::Language;
pub use resource::{Embedded, Resource};
pub use summary::{LANGUAGES, Place};
pub use time::{CapTime, LocalOffset};
pub use wire::AlertError;
pub use words::{Category, Certainty, MsgType, ResponseType, Scope, Severity, Status, Urgency};

/// One alert, whole. The fields bear CAP's meaning (CAP 1.2, section 3.2.1).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Alert {
    /// Names this alert among all of its sender's: no spaces, commas, `<` or `&`.
    pub identifier: String,
    /// Names the sender for the whole world: no spaces, commas, `<` or `&`.
    pub sender: String,
    /// When it was sent.
    pub sent: CapTime,
    /// Whether it is meant: actual, exercise, test.
    pub status: Status,
    /// Its place in a series: a first alert, an update, a cancellation, an answer.
    pub msg_type: MsgType,
    /// The operator or device it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Who may see it.
    pub scope: Scope,
    /// The rule of a restricted scope; a `TLP:` label here decides [`Alert::tlp`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restriction: Option<String>,
    /// The recipients of a private alert.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// Special handling, as user groups define it: `profile:karakoro:1.0`.
    #[serde(default, rename = "code", skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<String>,
    /// Free text on the purpose of the message, chiefly of a cancellation or error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The earlier messages this one updates, cancels or answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<Reference>,
    /// Names of the incidents it belongs to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub incidents: Vec<String>,
    /// The content, usually one for each language.
    #[serde(default, rename = "info", skip_serializing_if = "Vec::is_empty")]
    pub infos: Vec<Info>,
}

/// An earlier message, by the three things that CAP identifies one with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reference {
    /// Its sender.
    pub sender: String,
    /// Its identifier.
    pub identifier: String,
    /// When it was sent; never later than the alert that refers to it.
    pub sent: CapTime,
}

/// The content of an alert in one language (CAP 1.2, section 3.2.2).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Info {
    /// The language; absent means [`Language::cap_default`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// What sort of event; at least one.
    #[serde(rename = "category")]
    pub categories: Vec<Category>,
    /// The event, in words.
    pub event: String,
    /// What the audience should do.
    #[serde(default, rename = "responseType", skip_serializing_if = "Vec::is_empty")]
    pub response_types: Vec<ResponseType>,
    /// How soon to act.
    pub urgency: Urgency,
    /// How grave it is.
    pub severity: Severity,
    /// How sure the sender is.
    pub certainty: Certainty,
    /// Whom it addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// The event in the codes of one or more systems.
    #[serde(default, rename = "eventCode", skip_serializing_if = "Vec::is_empty")]
    pub event_codes: Vec<NameValue>,
    /// From when the information holds; absent: from when it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective: Option<CapTime>,
    /// When the event is expected to begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub onset: Option<CapTime>,
    /// Until when the information holds; never before it was sent or took effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<CapTime>,
    /// The sender's name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender_name: Option<String>,
    /// One line for a list or a small screen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
    /// What happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instruction: Option<String>,
    /// Where to read more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub web: Option<String>,
    /// Whom to ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// Further values, as user groups define them.
    #[serde(default, rename = "parameter", skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<NameValue>,
    /// Images, sounds and documents.
    #[serde(default, rename = "resource", skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Resource>,
    /// Where it holds.
    #[serde(default, rename = "area", skip_serializing_if = "Vec::is_empty")]
    pub areas: Vec<Area>,
}

/// A value under a name of some code system (`valueName`, `value`). The value may be empty: real
/// alerts carry `<value />`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NameValue {
    /// The code system or parameter.
    pub value_name: String,
    /// The value in it.
    pub value: String,
}

/// A place, in words and on the map (CAP 1.2, section 3.2.4). All shapes of one area count together.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Area {
    /// The place in words.
    pub area_desc: String,
    /// Closed lines around it.
    #[serde(default, rename = "polygon", skip_serializing_if = "Vec::is_empty")]
    pub polygons: Vec<Polygon>,
    /// Points with a radius.
    #[serde(default, rename = "circle", skip_serializing_if = "Vec::is_empty")]
    pub circles: Vec<Circle>,
    /// The place in the codes of one or more systems.
    #[serde(default, rename = "geocode", skip_serializing_if = "Vec::is_empty")]
    pub geocodes: Vec<NameValue>,
    /// The height, or with a ceiling the lower bound of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub altitude: Option<Height>,
    /// The upper bound of the height; only with an altitude, and not below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceiling: Option<Height>,
}

#[cfg(test)]
pub(crate) mod samples;
