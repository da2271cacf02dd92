//! Entries as people and programs see them.

use karakoro_proto::domain::payload::Payload;
use karakoro_proto::domain::watchlist::{Entry, Standing, WatchlistUpdate};
use karakoro_proto::service::watchlist::HeldEntry;
use karakoro_proto::time::UnixMillis;
use serde_json::{Value, json};

use crate::cli::Lang;
use crate::exit::{Exit, Failure};
use crate::view::{Shown, minute};

/// An entry as one version makes it, with its message read.
pub(crate) struct ShownEntry {
    pub(crate) held: HeldEntry,
    /// `None` where the body is no longer held.
    pub(crate) message: Option<Shown>,
}

impl ShownEntry {
    /// Reads what the node answered.
    pub(crate) fn new(mut held: HeldEntry, lang: Lang) -> Result<Self, Failure> {
        let message = held.message.take().filter(|view| !view.header.is_empty());
        let message = message.map(|view| Shown::new(view, lang)).transpose();
        Ok(Self { held, message: message.map_err(|error| Failure::new(Exit::Store, error))? })
    }

    /// The change that the message makes.
    pub(crate) fn update(&self) -> Option<&WatchlistUpdate> {
        match self.message.as_ref()?.payload.as_ref()? {
            Payload::WatchlistUpdate(update) => Some(update),
            _ => None,
        }
    }

    pub(crate) fn content(&self) -> Option<&Entry> {
        self.update()?.content.as_ref()
    }

    fn label(&self) -> String {
        match (self.content(), &self.message) {
            (Some(entry), _) => format!("{}  {}", entry.action, entry.subject.label()),
            (None, Some(_)) => "(withdrawn)".to_owned(),
            (None, None) => "(erased)".to_owned(),
        }
    }

    /// The row of a list; `by` is until when a review is called due.
    pub(crate) fn line(&self, now: UnixMillis, by: UnixMillis) -> String {
        let head = &self.held.head;
        let mark = if head.is_due(now, by) { '!' } else { ' ' };
        let day = |time: UnixMillis| minute(time).chars().take(10).collect::<String>();
        format!(
            "{mark} {}  {:10}  {}  {:9}  {:8}  v{}  review {}  expires {}  {}",
            self.held.entry,
            head.standing(now).as_str(),
            head.owner,
            head.category,
            head.mode,
            head.version,
            day(head.review_due),
            day(head.expires),
            self.label(),
        )
    }

    /// For programs.
    pub(crate) fn to_json(&self, now: UnixMillis, by: UnixMillis) -> Value {
        let head = &self.held.head;
        json!({
            "id": self.held.entry.to_string(),
            "owner": head.owner,
            "version": head.version,
            "message": head.message.to_string(),
            "category": head.category,
            "mode": head.mode,
            "standing": head.standing(now).as_str(),
            "matches": Standing::matches(head.standing(now)),
            "valid_from": head.valid_from,
            "review_due": head.review_due,
            "due": head.is_due(now, by),
            "expires": head.expires,
            "withdrawn": head.withdrawn,
            "erased": self.message.is_none(),
            "newest": self.message.as_ref().map(Shown::to_json),
        })
    }
}
