//! Message files: one JSON object for a message of any kind, as people and programs write it.
//!
//! ```json
//! { "kind": "flag", "mode": "Exercise", "priority": "routine", "tlp": "TLP:AMBER+STRICT",
//!   "expires": "2027-01-01T00:00:00Z", "refs": [{ "id": "…", "relation": "ANSWERS" }],
//!   "grounds": { "purpose": "CATTLE_THEFT" }, "content": { … } }
//! ```
//!
//! Only `kind` and `content` must be given. An alert says its mode, priority, label and end itself, in its content,
//! and therefore not beside it.

use serde_json::{Map, Value};

use crate::domain::alert::Alert;
use crate::domain::breach::{At, Breaches};
use crate::domain::grounds::Grounds;
use crate::domain::part::{object, one, opt, sort};
use crate::domain::payload::Payload;
use crate::domain::watchlist::Change;
use crate::domain::{Mode, Priority, Tlp};
use crate::envelope::{Header, Kind, MAX_REFS, MessageId, Reference, Relation, Station};
use crate::identity::{Country, Origin};
use crate::time::UnixMillis;

const NAMES: &[&str] =
    &["kind", "mode", "priority", "tlp", "created", "expires", "refs", "grounds", "content"];

/// What an alert says in its content.
const SAID_BY_ALERTS: &[&str] = &["mode", "priority", "tlp", "expires"];

/// A message as its file says it; what only the desk knows is missing yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MessageFile {
    /// Fresh for every message; what adds an entry to the watchlist names the entry by it.
    pub id: MessageId,
    /// For real, exercise or test. [`Mode::Actual`] if not given.
    pub mode: Mode,
    /// What goes first. [`Priority::Routine`] if not given.
    pub priority: Priority,
    /// Who may see it. [`Tlp::AmberStrict`] if not given.
    pub tlp: Tlp,
    /// When it was written; the time of sending if not given.
    pub created: Option<UnixMillis>,
    /// When it ends by itself.
    pub expires: Option<UnixMillis>,
    /// The messages it refers to; the node knows their commitments.
    pub refs: Vec<(MessageId, Relation)>,
    /// On what it rests.
    pub grounds: Grounds,
    /// What it says.
    pub payload: Payload,
}

/// What the desk adds to a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Desk {
    /// The log that will carry it.
    pub origin: Origin,
    /// The country it is for.
    pub recipient: Country,
    /// Where it is written.
    pub station: Station,
    /// The time.
    pub now: UnixMillis,
}

impl MessageFile {
    /// An alert as its own file says it.
    ///
    /// # Errors
    /// An alert that is a draft of CAP, or of the system, has no mode of ours.
    pub fn of_alert(alert: Alert, id: MessageId) -> Result<Self, Breaches> {
        let mode = alert.mode().map_err(|fault| {
            let mut breaches = Breaches::new();
            breaches.content(&At::root(&fault.element), fault.message, fault.expected);
            breaches
        })?;
        Ok(Self {
            id,
            mode,
            priority: alert.priority(),
            tlp: alert.tlp(),
            created: None,
            expires: alert.expires(),
            refs: Vec::new(),
            grounds: Grounds::default(),
            payload: Payload::Alert(Box::new(alert)),
        })
    }

    /// The header of the message; `refs` are those of the file with their commitments.
    #[must_use]
    pub fn header(&self, desk: &Desk, refs: Vec<Reference>) -> Header {
        Header {
            id: self.id,
            origin: desk.origin,
            recipient: desk.recipient,
            station: desk.station.clone(),
            created: self.created.unwrap_or(desk.now),
            expires: self.expires,
            kind: self.payload.kind(),
            mode: self.mode,
            priority: self.priority,
            tlp: self.tlp,
            refs,
            grounds: self.grounds.clone(),
        }
    }
}

/// Whether a JSON text is a message file rather than an alert by itself.
#[must_use]
pub fn is_message_file(text: &str) -> bool {
    matches!(serde_json::from_str(text), Ok(Value::Object(object)) if object.contains_key("kind"))
}

/// Reads a message file; tells every fault of its fields at once. The rules of its kind are checked with the
/// header ([`Payload::check`]). `id` becomes the message's: a file that adds an entry to the watchlist leaves out
/// `entry`, which is that id.
pub fn read(text: &str, id: MessageId) -> Result<MessageFile, Breaches> {
    let at = At::root("message");
    let json = value(text)?;
    let mut breaches = Breaches::new();
    let read = object(&json, NAMES, &at, &mut breaches)
        .and_then(|object| from_object(object, id, &at, &mut breaches));
    breaches.or(read)
}

fn from_object(
    object: &Map<String, Value>,
    id: MessageId,
    at: &At<'_>,
    breaches: &mut Breaches,
) -> Option<MessageFile> {
    // All fields are read before any is missed, so that every fault is told at once.
    let kind = one::from_json::<Kind>(object, at, "kind", breaches);
    let mode = opt::from_json::<Mode>(object, at, "mode", breaches);
    let priority = opt::from_json::<Priority>(object, at, "priority", breaches);
    let tlp = opt::from_json::<Tlp>(object, at, "tlp", breaches);
    let created = opt::from_json(object, at, "created", breaches);
    let expires = opt::from_json(object, at, "expires", breaches);
    let refs = references(object.get("refs"), at, breaches);
    let grounds = opt::from_json::<Grounds>(object, at, "grounds", breaches);
    let payload = kind.and_then(|kind| content(kind, object, id, at, breaches));
    let (created, expires, refs, grounds) = (created?, expires?, refs?, grounds?.unwrap_or_default());
    let (mode, priority, tlp) = (mode?, priority?, tlp?);
    match payload? {
        Payload::Alert(alert) => match MessageFile::of_alert(*alert, id) {
            Ok(file) => Some(MessageFile { created, refs, grounds, ..file }),
            Err(found) => {
                for breach in found.into_vec() {
                    breaches.content(&At::root(&breach.path), breach.problem, breach.expected);
                }
                None
            }
        },
        payload => Some(MessageFile {
            id,
            mode: mode.unwrap_or(Mode::Actual),
            priority: priority.unwrap_or(Priority::Routine),
            tlp: tlp.unwrap_or(Tlp::AmberStrict),
            created,
            expires,
            refs,
            grounds,
            payload,
        }),
    }
}

fn references(
    json: Option<&Value>,
    at: &At<'_>,
    breaches: &mut Breaches,
) -> Option<Vec<(MessageId, Relation)>> {
    let Some(json) = json else { return Some(Vec::new()) };
    let Value::Array(values) = json else {
        breaches.content(&at.field("refs"), format!("is {}", sort(json)), "a list");
        return None;
    };
    if values.len() > MAX_REFS {
        let expected = format!("at most {MAX_REFS}");
        breaches.content(&at.field("refs"), format!("has {} values", values.len()), expected);
        return None;
    }
    let read: Vec<_> = values
        .iter()
        .enumerate()
        .map(|(index, json)| {
            let at = at.item("refs", index);
            let object = object(json, &["id", "relation"], &at, breaches)?;
            let id = one::from_json(object, &at, "id", breaches);
            let relation = one::from_json(object, &at, "relation", breaches);
            Some((id?, relation?))
        })
        .collect();
    read.into_iter().collect()
}

fn content(
    kind: Kind,
    object: &Map<String, Value>,
    id: MessageId,
    at: &At<'_>,
    breaches: &mut Breaches,
) -> Option<Payload> {
    let Some(json) = object.get("content") else {
        breaches.content(&at.field("content"), "is missing", "the fields of the kind");
        return None;
    };
    match kind {
        Kind::Ack => {
            breaches.content(&at.field("kind"), "is no file", "`karakoro ack ID`");
            None
        }
        Kind::Alert => {
            for name in SAID_BY_ALERTS.iter().filter(|name| object.contains_key(**name)) {
                breaches.content(&at.field(name), "is said beside an alert", "to be said in its content");
            }
            alert(json, breaches)
        }
        kind => match Payload::from_json(kind, &named(kind, json, id)) {
            Ok(payload) => Some(payload),
            Err(found) => {
                for breach in found.into_vec() {
                    breaches.add(breach.code, &At::root(&breach.path), breach.problem, breach.expected);
                }
                None
            }
        },
    }
}

/// An addition to the watchlist is named by its own message, which no file can know before it is sent.
fn named(kind: Kind, json: &Value, id: MessageId) -> Value {
    let mut json = json.clone();
    if kind == Kind::WatchlistUpdate
        && json["change"] == Change::Add.as_str()
        && let Some(update) = json.as_object_mut()
    {
        update.entry("entry").or_insert_with(|| id.to_string().into());
    }
    json
}

fn alert(json: &Value, breaches: &mut Breaches) -> Option<Payload> {
    match Alert::from_json(&json.to_string()) {
        Ok(alert) => Some(Payload::Alert(Box::new(alert))),
        Err(faults) => {
            for fault in faults {
                breaches.content(&At::root(&fault.element), fault.message, fault.expected);
            }
            None
        }
    }
}

fn value(text: &str) -> Result<Value, Breaches> {
    super::json::read(text).map_err(|error| {
        let mut breaches = Breaches::new();
        breaches.content(&At::root("message"), error.to_string(), "one JSON object, and nothing after it");
        breaches
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> MessageId {
        MessageId::new(id_time(), [1; 10])
    }

    fn faults(text: &str) -> Vec<String> {
        read(text, id()).unwrap_err().into_vec().into_iter().map(|breach| breach.path).collect()
    }

    const FLAG: &str = r#"{"kind":"flag","content":{"entry":"0190f3c2-7d4e-7a11-9c55-3f0f2d1a8b01",
        "meaning":"LIFTED","reason":"La décision a été rapportée."}}"#;

    #[test]
    fn what_is_left_out_has_a_default() {
        let file = read(FLAG, id()).unwrap();
        assert_eq!((file.mode, file.priority, file.tlp), (Mode::Actual, Priority::Routine, Tlp::AmberStrict));
        assert_eq!((file.created, file.expires, file.refs.len()), (None, None, 0));
        assert_eq!(file.grounds, Grounds::default());
        assert_eq!(file.payload.kind(), Kind::Flag);
        assert!(is_message_file(FLAG));
        assert!(!is_message_file(r#"{"identifier":"an alert"}"#));
    }

    #[test]
    fn every_fault_is_told_at_once_with_its_path() {
        let text = r#"{"kind":"flag","mode":"EXERCICE","tlp":"RED","colour":1,"expires":"demain",
            "refs":[{"id":"x","relation":"HIT_ON"},{"relation":"LIKES"}],
            "grounds":{"purpose":"MIGRATION"},"content":{"meaning":"NO"}}"#;
        let mut found = faults(text);
        found.sort();
        let expected = [
            "flag.entry",
            "flag.meaning",
            "flag.reason",
            "message.colour",
            "message.expires",
            "message.grounds.purpose",
            "message.mode",
            "message.refs[0].id",
            "message.refs[1].id",
            "message.refs[1].relation",
            "message.tlp",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_key_twice_is_refused_wherever_it_stands() {
        let twice = FLAG.replace(r#""meaning":"LIFTED""#, r#""meaning":"LIFTED","meaning":"LIFTED""#);
        let breaches = read(&twice, id()).unwrap_err().to_string();
        assert!(breaches.contains("meaning"), "{breaches}");
    }

    #[test]
    fn what_adds_an_entry_names_it_by_itself() {
        let mut json = crate::domain::template::person(id_time());
        let Payload::WatchlistUpdate(update) = read(&json.to_string(), id()).unwrap().payload else {
            panic!()
        };
        assert_eq!(update.entry, id());
        json["content"]["change"] = "AMEND".into();
        assert_eq!(faults(&json.to_string()), ["update.entry"]);
    }

    fn id_time() -> UnixMillis {
        UnixMillis::new(1_768_471_445_000).unwrap()
    }

    #[test]
    fn what_is_no_json_of_a_known_kind_is_refused() {
        for (text, path) in [
            ("", "message"),
            ("[]", "message"),
            ("{}", "message.kind"),
            (r#"{"kind":"ack","content":{}}"#, "message.kind"),
            (r#"{"kind":"rumour","content":{}}"#, "message.kind"),
            (r#"{"kind":"alert","content":{}}"#, "alert"),
            (r#"{"kind":"flag"}"#, "message.content"),
        ] {
            assert_eq!(faults(text), [path], "{text}");
        }
    }
}
