//! A new entry as somebody proposes it, before it is a message: what rows of a table and lists of files say.

use serde_json::Value;

use super::{Change, Entry, WatchlistUpdate};
use crate::domain::breach::{At, Breaches};
use crate::domain::grounds::Grounds;
use crate::domain::part::{Part as _, object, one, opt};
use crate::domain::{Mode, Priority, Tlp};
use crate::envelope::{Header, Kind};

/// Fields of a proposal. `kind` may stand there, as in a message file.
const NAMES: &[&str] = &["kind", "mode", "priority", "tlp", "grounds", "content"];

/// A new entry, with what its message says beside it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// For real, exercise or test; [`Mode::Actual`] if not given.
    pub mode: Mode,
    /// What goes first; [`Priority::Routine`] if not given.
    pub priority: Priority,
    /// Who may see it; [`Tlp::AmberStrict`] if not given.
    pub tlp: Tlp,
    /// On what it rests.
    pub grounds: Grounds,
    /// The entry.
    pub entry: Entry,
}

impl Proposal {
    /// Reads `{ "mode", "priority", "tlp", "grounds", "content" }`. The content is an entry, or an update that adds
    /// one, as in a message file; every fault of its fields is told. The rules of the kind are checked with the
    /// message.
    pub fn from_json(json: &Value) -> Result<Self, Breaches> {
        let mut breaches = Breaches::new();
        let read = Self::read(json, &mut breaches);
        breaches.or(read)
    }

    fn read(json: &Value, breaches: &mut Breaches) -> Option<Self> {
        let at = At::root("message");
        let object = object(json, NAMES, &at, breaches)?;
        if object.get("kind").is_some_and(|kind| kind != Kind::WatchlistUpdate.as_str()) {
            breaches.content(&at.field("kind"), "is another", Kind::WatchlistUpdate.as_str());
        }
        let header = At::root("header");
        // All fields are read before any is missed, so that every fault is told at once.
        let mode = opt::from_json(object, &header, "mode", breaches);
        let priority = opt::from_json(object, &header, "priority", breaches);
        let tlp = opt::from_json(object, &header, "tlp", breaches);
        let grounds = opt::from_json(object, &header, "grounds", breaches);
        let content = object.get("content");
        if content.is_none() {
            breaches.content(&at.field("content"), "is missing", "an entry");
        }
        let entry = content.and_then(|content| entry(content, breaches));
        Some(Self {
            mode: mode?.unwrap_or(Mode::Actual),
            priority: priority?.unwrap_or(Priority::Routine),
            tlp: tlp?.unwrap_or(Tlp::AmberStrict),
            grounds: grounds?.unwrap_or_default(),
            entry: entry?,
        })
    }

    /// The message that adds the entry: `blank` has what the desk knows, its id becomes the entry's.
    #[must_use]
    pub fn message(self, blank: Header) -> (Header, WatchlistUpdate) {
        let Self { mode, priority, tlp, grounds, entry } = self;
        let header = Header { kind: Kind::WatchlistUpdate, mode, priority, tlp, grounds, ..blank };
        let update = WatchlistUpdate {
            change: Change::Add,
            entry: header.id,
            version: 1,
            content: Some(entry),
            reason: None,
            note: None,
        };
        (header, update)
    }
}

/// The entry itself, or that of an update which adds it.
fn entry(json: &Value, breaches: &mut Breaches) -> Option<Entry> {
    let update = At::root("update");
    let Some(adding) = json.as_object().filter(|object| object.contains_key("change")) else {
        return Entry::from_json(json, &update.field("content"), breaches);
    };
    // Its id is not known before it is sent, and its version is the first.
    let object = object(json, &["change", "version", "content"], &update, breaches)?;
    if adding.get("change").is_some_and(|change| change != Change::Add.as_str()) {
        breaches.content(&update.field("change"), "is another", "ADD: here entries are only added");
    }
    if adding.get("version").is_some_and(|version| version != 1) {
        breaches.content(&update.field("version"), "is another", "1");
    }
    one::from_json(object, &update, "content", breaches)
}
