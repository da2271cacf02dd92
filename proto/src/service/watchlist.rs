//! What is asked of the watchlist, and what the node answers.

use super::convert::{id, id_bytes, time};
use super::{MAX_LIST, MessageView};
use crate::domain::held::EntryHead;
use crate::domain::terms::Category;
use crate::envelope::MessageId;
use crate::error::Malformed;
use crate::identity::Country;
use crate::wire::pb;

/// Messages about one entry that may be passed over: more than any person reads.
pub const MAX_SKIP: u32 = 100_000;

/// What is asked of the watchlist.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Query {
    /// Entries in the order of their ids, which is that of their making.
    Entries(Entries),
    /// One entry.
    Entry(MessageId),
    /// The versions of an entry, oldest first.
    Versions {
        /// The entry.
        entry: MessageId,
        /// Those behind this number.
        after: u32,
        /// At most so many; [`MAX_LIST`] at most.
        most: u32,
    },
    /// Messages about an entry or a message.
    About {
        /// The entry or message.
        of: MessageId,
        /// So many are left out at the beginning; [`MAX_SKIP`] at most.
        skip: u32,
        /// At most so many; [`MAX_LIST`] at most.
        most: u32,
    },
}

/// Which entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Entries {
    /// Those behind this id.
    pub after: Option<MessageId>,
    /// Look at so many at most; [`MAX_LIST`] at most.
    pub most: u32,
    /// Of this owner.
    pub owner: Option<Country>,
    /// Of this category.
    pub category: Option<Category>,
    /// Without the messages: to count, or to judge by dates.
    pub heads_only: bool,
}

/// What the node answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// A page of entries.
    Entries(HeldEntries),
    /// The entry asked for.
    Entry(Box<HeldEntry>),
    /// Versions of one entry.
    Versions(HeldEntries),
    /// Messages about it.
    About(Vec<MessageView>),
}

/// A page.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HeldEntries {
    /// Those that were asked for.
    pub entries: Vec<HeldEntry>,
    /// Whether there are more behind `last`.
    pub more: bool,
    /// The last one that was looked at, whether or not it was asked for.
    pub last: Option<MessageId>,
}

/// An entry as one version makes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeldEntry {
    /// Its id: that of the message that added it.
    pub entry: MessageId,
    /// What may be known without its content.
    pub head: EntryHead,
    /// The message that made the version; `None` where its body is no longer held, or was not asked for.
    pub message: Option<MessageView>,
}

fn few(most: u32) -> Result<u32, Malformed> {
    if most <= MAX_LIST { Ok(most) } else { Err(Malformed::Field("watchlist.most")) }
}

impl From<Query> for pb::WatchlistQuery {
    fn from(query: Query) -> Self {
        use pb::watchlist_query::Query as Wire;
        let query = match query {
            Query::Entries(entries) => Wire::Entries(pb::EntriesQuery {
                after: entries.after.map(id_bytes),
                most: entries.most,
                owner: entries.owner.map(|owner| owner.to_string()),
                category: entries.category.map(Into::into),
                heads_only: entries.heads_only,
            }),
            Query::Entry(entry) => Wire::Entry(id_bytes(entry)),
            Query::Versions { entry, after, most } => {
                Wire::Versions(pb::VersionsQuery { entry: id_bytes(entry), after, most })
            }
            Query::About { of, skip, most } => {
                Wire::About(pb::AboutQuery { message: id_bytes(of), skip, most })
            }
        };
        Self { query: Some(query) }
    }
}

impl TryFrom<pb::WatchlistQuery> for Query {
    type Error = Malformed;

    fn try_from(wire: pb::WatchlistQuery) -> Result<Self, Malformed> {
        use pb::watchlist_query::Query as Wire;
        Ok(match wire.query.ok_or(Malformed::Field("watchlist.query"))? {
            Wire::Entries(query) => Self::Entries(Entries {
                after: query.after.map(|after| id(&after)).transpose()?,
                most: few(query.most)?,
                owner: query.owner.map(|owner| country(&owner)).transpose()?,
                category: query.category.map(category).transpose()?,
                heads_only: query.heads_only,
            }),
            Wire::Entry(entry) => Self::Entry(id(&entry)?),
            Wire::Versions(query) => {
                Self::Versions { entry: id(&query.entry)?, after: query.after, most: few(query.most)? }
            }
            Wire::About(query) if query.skip <= MAX_SKIP => {
                Self::About { of: id(&query.message)?, skip: query.skip, most: few(query.most)? }
            }
            Wire::About(_) => return Err(Malformed::Field("watchlist.about.skip")),
        })
    }
}

fn country(text: &str) -> Result<Country, Malformed> {
    text.parse().map_err(|_| Malformed::Field("watchlist.owner"))
}

fn category(number: i32) -> Result<Category, Malformed> {
    Category::try_from(number).map_err(|_| Malformed::Field("watchlist.category"))
}

impl From<Answer> for pb::WatchlistAnswer {
    fn from(answer: Answer) -> Self {
        use pb::watchlist_answer::Answer as Wire;
        let answer = match answer {
            Answer::Entries(entries) => Wire::Entries(entries.into()),
            Answer::Entry(entry) => Wire::Entry((*entry).into()),
            Answer::Versions(versions) => Wire::Versions(versions.into()),
            Answer::About(messages) => {
                Wire::About(pb::MessageList { messages: messages.into_iter().map(Into::into).collect() })
            }
        };
        Self { answer: Some(answer) }
    }
}

impl TryFrom<pb::WatchlistAnswer> for Answer {
    type Error = Malformed;

    fn try_from(wire: pb::WatchlistAnswer) -> Result<Self, Malformed> {
        use pb::watchlist_answer::Answer as Wire;
        Ok(match wire.answer.ok_or(Malformed::Field("watchlist.answer"))? {
            Wire::Entries(entries) => Self::Entries(entries.try_into()?),
            Wire::Entry(entry) => Self::Entry(Box::new(entry.try_into()?)),
            Wire::Versions(versions) => Self::Versions(versions.try_into()?),
            Wire::About(list) => {
                Self::About(list.messages.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?)
            }
        })
    }
}

impl From<HeldEntries> for pb::HeldEntries {
    fn from(page: HeldEntries) -> Self {
        Self {
            entries: page.entries.into_iter().map(Into::into).collect(),
            more: page.more,
            last: page.last.map(id_bytes),
        }
    }
}

impl TryFrom<pb::HeldEntries> for HeldEntries {
    type Error = Malformed;

    fn try_from(wire: pb::HeldEntries) -> Result<Self, Malformed> {
        Ok(Self {
            entries: wire.entries.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            more: wire.more,
            last: wire.last.map(|last| id(&last)).transpose()?,
        })
    }
}

impl From<HeldEntry> for pb::HeldEntry {
    fn from(held: HeldEntry) -> Self {
        let EntryHead { owner, version, message, category, mode, valid_from, review_due, expires, withdrawn } =
            held.head;
        Self {
            entry: id_bytes(held.entry),
            head: Some(pb::EntryHead {
                owner: owner.to_string(),
                version,
                message: id_bytes(message),
                category: category.into(),
                mode: mode.into(),
                valid_from_ms: valid_from.millis(),
                review_due_ms: review_due.millis(),
                expires_ms: expires.millis(),
                withdrawn,
            }),
            message: held.message.map(Into::into),
        }
    }
}

impl TryFrom<pb::HeldEntry> for HeldEntry {
    type Error = Malformed;

    fn try_from(wire: pb::HeldEntry) -> Result<Self, Malformed> {
        let head = wire.head.ok_or(Malformed::Field("watchlist.head"))?;
        Ok(Self {
            entry: id(&wire.entry)?,
            head: EntryHead {
                owner: country(&head.owner)?,
                version: head.version,
                message: id(&head.message)?,
                category: category(head.category)?,
                mode: head.mode.try_into().map_err(|_| Malformed::Field("watchlist.mode"))?,
                valid_from: time(head.valid_from_ms)?,
                review_due: time(head.review_due_ms)?,
                expires: time(head.expires_ms)?,
                withdrawn: head.withdrawn,
            },
            message: wire.message.map(TryInto::try_into).transpose()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Mode;
    use crate::service::{Request, Response};
    use crate::time::UnixMillis;

    fn sample() -> HeldEntry {
        let entry = MessageId::new(UnixMillis::default(), [7; 10]);
        let head = EntryHead {
            owner: Country::ML,
            version: 3,
            message: entry,
            category: Category::Livestock,
            mode: Mode::Exercise,
            valid_from: UnixMillis::new(1).unwrap(),
            review_due: UnixMillis::new(2).unwrap(),
            expires: UnixMillis::new(3).unwrap(),
            withdrawn: true,
        };
        HeldEntry { entry, head, message: None }
    }

    #[test]
    fn questions_and_answers_are_read_back() {
        let entry = sample().entry;
        let filtered = Entries {
            after: Some(entry),
            most: MAX_LIST,
            owner: Some(Country::MR),
            category: Some(Category::Vehicle),
            heads_only: true,
        };
        for query in [
            Query::Entries(Entries::default()),
            Query::Entries(filtered),
            Query::Entry(entry),
            Query::Versions { entry, after: 2, most: 5 },
            Query::About { of: entry, skip: MAX_SKIP, most: 1 },
        ] {
            let request = Request::Watchlist(query);
            assert_eq!(Request::decode(request.clone().encode(9)), Ok((9, request)));
        }
        let page = HeldEntries { entries: vec![sample()], more: true, last: Some(entry) };
        for answer in [
            Answer::Entries(page.clone()),
            Answer::Entry(Box::new(sample())),
            Answer::Versions(page),
            Answer::About(Vec::new()),
        ] {
            let response = Response::Watchlist(answer);
            assert_eq!(Response::decode(response.clone().encode(9)), Ok((9, response)));
        }
    }

    #[test]
    fn a_question_for_more_than_a_page_is_refused() {
        let entry = sample().entry;
        for query in [
            Query::Entries(Entries { most: MAX_LIST + 1, ..Entries::default() }),
            Query::Versions { entry, after: 0, most: MAX_LIST + 1 },
            Query::About { of: entry, skip: MAX_SKIP + 1, most: 1 },
        ] {
            Request::decode(Request::Watchlist(query).encode(1)).unwrap_err();
        }
    }
}
