//! The rules that need to know what is held already: references, owners, versions, and the clock.
//!
//! Both nodes run this same code, the sender's before it seals and the receiver's before it accepts. What is
//! held comes through [`Held`], so that the rules read no disk. A message that was in order when it was
//! sent can be refused all the same where it arrives late: it has expired, or the entry was withdrawn.

use crate::domain::Mode;
use crate::domain::breach::{At, Breach, Breaches};
use crate::domain::payload::Payload;
use crate::domain::terms::Category;
use crate::domain::watchlist::{Change, WatchlistUpdate};
use crate::envelope::{Commitment, Header, Kind, MessageId, Reference, Relation};
use crate::identity::Country;
use crate::refusal::{Refusal, RefusalCode};
use crate::time::UnixMillis;

mod about;
mod references;
#[cfg(test)]
mod tests;

/// How far clocks may differ: what is dated further ahead is refused, in milliseconds.
pub const MAX_SKEW_MS: u64 = 5 * 60 * 1000;

/// What is held, as far as the rules ask.
pub trait Held {
    /// Why it could not be looked up.
    type Error;

    /// A message of either country, by its id.
    fn message(&self, id: MessageId) -> Result<Option<HeldMessage>, Self::Error>;

    /// An entry of the watchlist, by the id of the message that added it: the newest version in force here.
    fn entry(&self, id: MessageId) -> Result<Option<EntryHead>, Self::Error>;
}

/// A message that is held.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeldMessage {
    /// Who wrote it.
    pub writer: Country,
    /// What its leaf commits to: stays when it is erased.
    pub commitment: Commitment,
    /// What it says; `None` once it is erased.
    pub content: Option<HeldContent>,
}

/// What a message that is held says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeldContent {
    /// Its header.
    pub header: Header,
    /// Of a change of the watchlist: which entry, and which version.
    pub version: Option<(MessageId, u32)>,
}

/// The newest version of an entry: what may be known of it without its content.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EntryHead {
    /// Who alone may change it.
    pub owner: Country,
    /// From 1.
    pub version: u32,
    /// The message that made this version.
    pub message: MessageId,
    /// What it is about; never changes.
    pub category: Category,
    /// For real, exercise or test; never changes.
    pub mode: Mode,
    /// From when it matches.
    pub valid_from: UnixMillis,
    /// When its owner must look at it again.
    pub review_due: UnixMillis,
    /// When it stops matching by itself.
    pub expires: UnixMillis,
    /// Whether its owner has withdrawn it.
    pub withdrawn: bool,
}

impl EntryHead {
    /// The entry as a change leaves it that was judged and taken up; `None` where nothing changes: a newer version
    /// is held, or the last one withdraws an entry of which nothing is known any more.
    ///
    /// Versions may be missing: those before it may have been erased since.
    #[must_use]
    pub fn after(before: Option<&Self>, header: &Header, update: &WatchlistUpdate) -> Option<Self> {
        let owner = header.origin.writer();
        if before.is_some_and(|before| before.version >= update.version || before.owner != owner) {
            return None;
        }
        let (version, message) = (update.version, header.id);
        match (&update.content, before) {
            (Some(entry), _) => Some(Self {
                owner,
                version,
                message,
                category: entry.subject.category(),
                mode: header.mode,
                valid_from: entry.valid_from_ms,
                review_due: entry.review_due_ms,
                expires: entry.expires_ms,
                withdrawn: false,
            }),
            (None, Some(before)) => Some(Self { version, message, withdrawn: true, ..*before }),
            (None, None) => None,
        }
    }

    /// Whether it matches at `now`, by the local clock and without any link.
    #[must_use]
    pub fn matches(&self, now: UnixMillis) -> bool {
        !self.withdrawn && self.valid_from <= now && now < self.expires
    }

    /// Whether it has ended: withdrawn, or past its expiry.
    #[must_use]
    pub fn has_ended(&self, now: UnixMillis) -> bool {
        self.withdrawn || self.expires <= now
    }
}

/// Judges a message at `now` by what is held; `None` where nothing is wrong.
pub fn judge<H: Held>(
    header: &Header,
    payload: &Payload,
    held: &H,
    now: UnixMillis,
) -> Result<Option<Breach>, H::Error> {
    let mut case = Case { header, held, now, breaches: Breaches::new() };
    case.dates(payload);
    case.references()?;
    case.about(payload)?;
    Ok(case.breaches.into_vec().into_iter().next())
}

/// As [`judge`], as the sender is told.
pub fn refusal<H: Held>(
    header: &Header,
    payload: &Payload,
    held: &H,
    now: UnixMillis,
) -> Result<Option<Refusal>, H::Error> {
    Ok(judge(header, payload, held, now)?.map(Refusal::from))
}

/// A message being judged.
struct Case<'a, H> {
    header: &'a Header,
    held: &'a H,
    now: UnixMillis,
    breaches: Breaches,
}

impl<H: Held> Case<'_, H> {
    fn dates(&mut self, payload: &Payload) {
        let header = At::root("header");
        if self.header.created > self.now.saturating_add(MAX_SKEW_MS) {
            self.breaches.add(
                RefusalCode::ClockSkew,
                &header.field("created"),
                "lies ahead of our clock",
                "a clock that agrees within five minutes",
            );
        }
        // A withdrawal frees: it is never too late, nor undone because it came late.
        let frees = matches!(payload, Payload::WatchlistUpdate(update) if update.change == Change::Withdraw);
        if !frees && self.header.expires.is_some_and(|expires| expires <= self.now) {
            let (problem, expected) = ("is past", "a message that is still in force");
            self.breaches.add(RefusalCode::Expired, &header.field("expires"), problem, expected);
        }
        if let Payload::WatchlistUpdate(update) = payload
            && update.content.as_ref().is_some_and(|entry| entry.expires_ms <= self.now)
        {
            let update = At::root("update");
            let content = update.field("content");
            let at = content.field("expires_ms");
            self.breaches.add(RefusalCode::Expired, &at, "is past", "an entry that is still in force");
        }
    }
}
