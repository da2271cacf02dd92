//! What the rules may ask of what this node holds: the index and the logs, and what is not in the index yet.

use std::collections::HashMap;

use karakoro_proto::domain::held::{EntryHead, Held, HeldContent, HeldMessage};
use karakoro_proto::domain::payload::Payload;
use karakoro_proto::envelope::{Header, Kind, MessageId};
use karakoro_proto::leaf::Leaf;

use crate::indexer::IndexView;
use crate::ledger::index::{Place, Side};
use crate::ledger::log::LedgerError;

/// What was judged and is not in the index yet, each with the entry of the mirror that brought it.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    messages: HashMap<MessageId, u64>,
    entries: HashMap<MessageId, (EntryHead, u64)>,
    /// Messages before this entry are in the index and no longer here.
    forgotten: u64,
}

impl Recent {
    /// Notes a message of the mirror.
    pub(crate) fn message(&mut self, id: MessageId, index: u64) {
        self.messages.insert(id, index);
    }

    /// Whether another entry of the mirror has brought this message.
    pub(crate) fn is_held_apart_from(&self, id: MessageId, index: u64) -> bool {
        self.messages.get(&id).is_some_and(|&held| held != index)
    }

    /// Notes what an accepted change makes of an entry.
    pub(crate) fn entry(&mut self, id: MessageId, head: EntryHead, index: u64) {
        self.entries.insert(id, (head, index));
    }

    /// Drops what the index knows by now.
    pub(crate) fn forget_indexed(&mut self, index: &IndexView) -> Result<(), LedgerError> {
        let applied = index.applied_size(Side::Mirror);
        if applied > self.forgotten {
            self.forgotten = applied;
            self.messages.retain(|_, index| *index >= applied);
        }
        if !self.entries.is_empty() {
            // A change is in the index once the verdict on it is.
            let judged = index.ask(|index| index.judged(Side::Mirror))?.min(applied);
            self.entries.retain(|_, (_, index)| *index >= judged);
        }
        Ok(())
    }
}

/// What this node holds.
pub(crate) struct Knowledge<'a> {
    pub(crate) index: &'a IndexView,
    /// For what arrives faster than the index follows.
    pub(crate) recent: Option<&'a Recent>,
}

impl Knowledge<'_> {
    fn place(&self, id: MessageId) -> Result<Option<Place>, LedgerError> {
        let recent = self.recent.and_then(|recent| recent.messages.get(&id));
        match recent {
            Some(&index) => Ok(Some(Place { side: Side::Mirror, index })),
            None => self.index.ask(|index| index.place(id)),
        }
    }
}

impl Held for Knowledge<'_> {
    type Error = LedgerError;

    fn message(&self, id: MessageId) -> Result<Option<HeldMessage>, LedgerError> {
        let Some(place) = self.place(id)? else { return Ok(None) };
        let log = self.index.log(place.side);
        let Some(entry) = log.entry(place.index)? else { return Ok(None) };
        let Ok(Leaf::Message(leaf)) = Leaf::decode(&entry.leaf) else { return Ok(None) };
        let content = log.body(&entry)?.and_then(|body| {
            let header = Header::decode(&body.header).ok()?;
            let version = version(&header, &body.payload);
            Some(HeldContent { header, version })
        });
        Ok(Some(HeldMessage { writer: log.origin().writer(), commitment: leaf.commitment, content }))
    }

    fn entry(&self, id: MessageId) -> Result<Option<EntryHead>, LedgerError> {
        let recent = self.recent.and_then(|recent| recent.entries.get(&id));
        match recent {
            Some((head, _)) => Ok(Some(*head)),
            None => self.index.ask(|index| index.entry(id)),
        }
    }
}

fn version(header: &Header, payload: &[u8]) -> Option<(MessageId, u32)> {
    if header.kind != Kind::WatchlistUpdate {
        return None;
    }
    match Payload::decode(header, payload) {
        Ok(Payload::WatchlistUpdate(update)) => Some((update.entry, update.version)),
        _ => None,
    }
}
