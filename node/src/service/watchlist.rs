//! Answers about the watchlist: what the index knows of entries, with the messages that made them.

use karakoro_proto::domain::held::EntryHead;
use karakoro_proto::envelope::MessageId;
use karakoro_proto::service::watchlist::{Answer, Entries, HeldEntries, HeldEntry, MAX_SKIP, Query};
use karakoro_proto::service::{Failure, FailureKind, MAX_LIST, MessageView, Response};

use super::Answers;
use super::answers::{MAX_PAGE_BYTES, Page, PageFull, storage};

impl Answers {
    pub(super) fn watchlist(&self, query: Query) -> Result<Response, Failure> {
        self.index.catch_up().map_err(storage)?;
        let answer = match query {
            Query::Entries(query) => Answer::Entries(self.entries(&query)?),
            Query::Entry(id) => Answer::Entry(Box::new(self.entry(id)?)),
            Query::Versions { entry, after, most } => Answer::Versions(self.versions(entry, after, most)?),
            Query::About { of, skip, most } => Answer::About(self.about(of, skip, most)?),
        };
        Ok(Response::Watchlist(answer))
    }

    fn entries(&self, query: &Entries) -> Result<HeldEntries, Failure> {
        let most = bounded(query.most);
        let rows = self.index.ask(|index| index.entries_after(query.after, most)).map_err(storage)?;
        let mut page = HeldEntries { more: rows.len() == most, ..HeldEntries::default() };
        let mut room = Room::default();
        for (entry, head) in rows {
            let asked = query.owner.is_none_or(|owner| owner == head.owner)
                && query.category.is_none_or(|category| category == head.category);
            if asked {
                let message = if query.heads_only { None } else { self.message_of(&head)? };
                if room.is_taken_up_by(message.as_ref()) && !page.entries.is_empty() {
                    page.more = true;
                    break;
                }
                page.entries.push(HeldEntry { entry, head, message });
            }
            page.last = Some(entry);
        }
        Ok(page)
    }

    fn entry(&self, id: MessageId) -> Result<HeldEntry, Failure> {
        let head = self.index.ask(|index| index.entry(id)).map_err(storage)?;
        let unknown = || {
            let text =
                format!("no entry {id} is on the watchlist: an entry is named by the message that added it");
            Failure::new(FailureKind::NotFound, text)
        };
        let head = head.ok_or_else(unknown)?;
        Ok(HeldEntry { entry: id, message: self.message_of(&head)?, head })
    }

    /// The message that made a version; `None` where its body is no longer held.
    fn message_of(&self, head: &EntryHead) -> Result<Option<MessageView>, Failure> {
        let place = self.index.ask(|index| index.place(head.message)).map_err(storage)?;
        Ok(place.map(|place| self.view(place)).transpose()?.flatten())
    }

    fn versions(&self, entry: MessageId, after: u32, most: u32) -> Result<HeldEntries, Failure> {
        let most = bounded(most);
        let rows = self.index.ask(|index| index.versions_after(entry, after, most)).map_err(storage)?;
        let mut page = HeldEntries { more: rows.len() == most, last: Some(entry), ..HeldEntries::default() };
        let mut room = Room::default();
        for version in rows {
            let message = self.view(version.place)?;
            if room.is_taken_up_by(message.as_ref()) && !page.entries.is_empty() {
                page.more = true;
                break;
            }
            page.entries.push(HeldEntry { entry, head: version.head, message });
        }
        Ok(page)
    }

    /// Messages that are about `of`; the caller skips those that it has.
    fn about(&self, of: MessageId, skip: u32, most: u32) -> Result<Vec<MessageView>, Failure> {
        let (skip, most) = (skip.min(MAX_SKIP) as usize, bounded(most));
        let places = self.index.ask(|index| index.about(of, skip + most)).map_err(storage)?;
        let mut page = Page::default();
        for place in places.into_iter().skip(skip) {
            let Some(view) = self.view(place)? else { continue };
            if let Err(PageFull) = page.add(view) {
                break;
            }
        }
        Ok(page.views)
    }
}

fn bounded(most: u32) -> usize {
    most.clamp(1, MAX_LIST) as usize
}

/// Bytes of a page that are taken.
#[derive(Default)]
struct Room(usize);

impl Room {
    /// Takes room for a message; whether the page is full with it.
    fn is_taken_up_by(&mut self, message: Option<&MessageView>) -> bool {
        self.0 += message.map_or(0, |view| view.header.len() + view.payload.len());
        self.0 > MAX_PAGE_BYTES
    }
}
