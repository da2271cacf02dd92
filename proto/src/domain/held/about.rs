//! What a message says about entries and messages that are held.

use super::{
    At, Case, Change, EntryHead, Held, MAX_SKEW_MS, MessageId, Payload, RefusalCode, Relation,
    WatchlistUpdate,
};
use crate::domain::hit::{HitReport, Match, Outcome};
use crate::domain::terms::Category;

impl<H: Held> Case<'_, H> {
    pub(super) fn about(&mut self, payload: &Payload) -> Result<(), H::Error> {
        match payload {
            Payload::WatchlistUpdate(update) => self.update(update),
            Payload::HitReport(hit) => self.hit(hit),
            Payload::Flag(flag) => {
                let at = At::root("flag");
                let entry = self.entry(flag.entry, &at.field("entry"))?;
                self.owned(entry.as_ref(), false, &at.field("entry"));
                Ok(())
            }
            Payload::ReviewNotice(notice) => {
                let root = At::root("notice");
                let at = root.field("entry");
                let entry = self.entry(notice.entry, &at)?;
                self.owned(entry.as_ref(), true, &at);
                if entry.is_some_and(|entry| entry.review_due != notice.due_ms) {
                    let (problem, expected) = ("is not the entry's", "the date of its review");
                    self.breaches.add(RefusalCode::ReviewDate, &root.field("due_ms"), problem, expected);
                }
                Ok(())
            }
            Payload::InfoRequest(request) => self.named(request.about, &At::root("request").field("about")),
            Payload::RightsRequest(request) => self.named(request.about, &At::root("request").field("about")),
            Payload::Refusal(refusal) => {
                self.named(Some(refusal.refused), &At::root("refusal").field("refused"))
            }
            _ => Ok(()),
        }
    }

    /// An entry that must be held.
    fn entry(&mut self, id: MessageId, at: &At<'_>) -> Result<Option<EntryHead>, H::Error> {
        let entry = self.held.entry(id)?;
        match &entry {
            None => {
                let (problem, expected) = ("names no entry that is held", "an entry in force");
                self.breaches.add(RefusalCode::UnknownEntry, at, problem, expected);
            }
            Some(entry) if entry.mode != self.header.mode => {
                let problem = format!("is of mode {}", entry.mode);
                let expected = format!("an entry of mode {}", self.header.mode);
                self.breaches.add(RefusalCode::ModeMismatch, at, problem, expected);
            }
            Some(_) => {}
        }
        Ok(entry)
    }

    fn owned(&mut self, entry: Option<&EntryHead>, by_sender: bool, at: &At<'_>) {
        if entry.is_some_and(|entry| (entry.owner == self.header.origin.writer()) != by_sender) {
            let expected =
                if by_sender { "an entry of the sender's" } else { "an entry of the other country's" };
            self.breaches.add(RefusalCode::NotOwner, at, "is not", expected);
        }
    }

    fn named(&mut self, id: Option<MessageId>, at: &At<'_>) -> Result<(), H::Error> {
        if let Some(id) = id
            && self.held.message(id)?.is_none()
        {
            let (problem, expected) =
                ("names nothing that is held", "an entry or message that both sides hold");
            self.breaches.add(RefusalCode::UnknownReference, at, problem, expected);
        }
        Ok(())
    }

    fn update(&mut self, update: &WatchlistUpdate) -> Result<(), H::Error> {
        let root = At::root("update");
        if update.change == Change::Add {
            // Its id is the message's own, and a message is taken up once.
            return Ok(());
        }
        let at = root.field("entry");
        let Some(entry) = self.entry(update.entry, &at)? else { return Ok(()) };
        self.owned(Some(&entry), true, &at);
        if entry.has_ended(self.now) {
            let (problem, expected) = ("was withdrawn or has expired", "an entry in force, or a new one");
            self.breaches.add(RefusalCode::EntryEnded, &at, problem, expected);
        }
        if entry.version.checked_add(1) != Some(update.version) {
            let problem = format!("is {}, the last one held is {}", update.version, entry.version);
            let at = root.field("version");
            self.breaches.add(RefusalCode::VersionNotNext, &at, problem, "the number after the last");
        }
        if let Some(content) = &update.content
            && content.subject.category() != entry.category
        {
            let problem = format!("is a {}", content.subject.category());
            let content = root.field("content");
            let at = content.field("subject");
            let expected = format!("a {} as before", entry.category);
            self.breaches.add(RefusalCode::CategoryChanged, &at, problem, expected);
        }
        Ok(())
    }

    fn hit(&mut self, hit: &HitReport) -> Result<(), H::Error> {
        let root = At::root("hit");
        let Some(entry) = self.entry(hit.entry, &root.field("entry"))? else { return Ok(()) };
        self.seen(hit)?;
        let after = hit.at_ms > self.now.saturating_add(MAX_SKEW_MS);
        if after || hit.at_ms < entry.valid_from {
            let (problem, expected) = ("lies ahead of our clock or before the entry", "when it happened");
            self.breaches.add(RefusalCode::WrongTime, &root.field("at_ms"), problem, expected);
        }
        if hit.outcome == Outcome::NotSame {
            return Ok(());
        }
        for (index, matched) in hit.matched.iter().enumerate() {
            if !belongs(*matched, entry.category) {
                let problem = format!("{matched} does not belong to a {}", entry.category);
                let expected = "what the entry describes";
                self.breaches.add(RefusalCode::WrongSubject, &root.item("matched", index), problem, expected);
            }
        }
        Ok(())
    }

    /// The version that the officer saw is one of this very entry.
    fn seen(&mut self, hit: &HitReport) -> Result<(), H::Error> {
        let seen = self.header.refs.iter().find(|reference| reference.relation == Relation::HitOn);
        let Some(seen) = seen else { return Ok(()) };
        let version = self.held.message(seen.id)?.and_then(|message| message.content);
        let version = version.and_then(|content| content.version);
        if version.is_some_and(|version| version != (hit.entry, hit.version)) {
            let (problem, expected) =
                ("is not the version that is referred to", "entry and version of the reference");
            let root = At::root("hit");
            self.breaches.add(RefusalCode::WrongSubject, &root.field("version"), problem, expected);
        }
        Ok(())
    }
}

/// Whether a match can be made with a subject of this category.
fn belongs(matched: Match, category: Category) -> bool {
    match matched {
        Match::Name => matches!(category, Category::Person | Category::Vessel),
        Match::BirthDate | Match::Biometric | Match::Admission | Match::Photo => category == Category::Person,
        Match::Document => matches!(category, Category::Person | Category::Document),
        Match::Plate | Match::Vin => category == Category::Vehicle,
        Match::Serial => category == Category::Firearm,
        Match::Hull => category == Category::Vessel,
        Match::Brand | Match::EarMark | Match::Tag | Match::Certificate => category == Category::Livestock,
    }
}
