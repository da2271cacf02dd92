use std::collections::BTreeMap;
use std::convert::Infallible;

use super::*;
use crate::domain::Tlp;
use crate::domain::flag::{Flag, FlagMeaning};
use crate::domain::hit::{ActionTaken, HitReport, Match, Outcome};
use crate::domain::inquiry::{InfoResponse, InfoResult};
use crate::domain::review::ReviewNotice;
use crate::domain::terms::Category;
use crate::domain::watchlist::samples::{added, amended, header as sample_header, withdrawn};
use crate::testing::{ML, MR};

/// What a test holds.
#[derive(Default)]
struct Shelf {
    messages: BTreeMap<MessageId, HeldMessage>,
    entries: BTreeMap<MessageId, EntryHead>,
}

impl Held for Shelf {
    type Error = Infallible;

    fn message(&self, id: MessageId) -> Result<Option<HeldMessage>, Infallible> {
        Ok(self.messages.get(&id).cloned())
    }

    fn entry(&self, id: MessageId) -> Result<Option<EntryHead>, Infallible> {
        Ok(self.entries.get(&id).copied())
    }
}

impl Shelf {
    /// With an entry of Mauritania's at version 1.
    fn with_entry(category: Category) -> (Self, EntryHead) {
        let (header, update) = added(category);
        let head = EntryHead::after(None, &header, &update).unwrap();
        let mut shelf = Self::default();
        shelf.entries.insert(update.entry, head);
        shelf.put(header, Some((update.entry, 1)));
        (shelf, head)
    }

    fn put(&mut self, header: Header, version: Option<(MessageId, u32)>) {
        let (id, writer) = (header.id, header.origin.writer());
        let content = Some(HeldContent { header, version });
        self.messages.insert(id, HeldMessage { writer, commitment: Commitment([1; 32]), content });
    }

    #[track_caller]
    fn takes(&self, header: &Header, payload: &Payload) {
        assert_eq!(judge(header, payload, self, now()).unwrap(), None);
    }

    #[track_caller]
    fn refuses(&self, header: &Header, payload: &Payload, code: RefusalCode, path: &str) {
        let Refusal { code: found, path: at } = refusal(header, payload, self, now()).unwrap().unwrap();
        assert_eq!((found, at.as_str()), (code, path));
    }
}

/// A minute after the samples were written.
fn now() -> UnixMillis {
    sample_header().created.saturating_add(60_000)
}

fn id(n: u8) -> MessageId {
    MessageId::new(sample_header().created, [n; 10])
}

fn header(kind: Kind) -> Header {
    Header { id: id(99), kind, ..sample_header() }
}

/// The same, written by the other country.
fn from_mali(kind: Kind) -> Header {
    let station = crate::envelope::Station::headquarters(ML.country);
    Header { origin: ML.writes(), recipient: MR.country, station, ..header(kind) }
}

fn reference(id: MessageId, relation: Relation) -> Reference {
    Reference { id, relation, commitment: Commitment([1; 32]) }
}

fn update((header, update): (Header, WatchlistUpdate)) -> (Header, Payload) {
    (header, Payload::WatchlistUpdate(Box::new(update)))
}

fn hit(entry: &EntryHead, matched: Match) -> HitReport {
    HitReport {
        entry: entry.message,
        version: 1,
        at_ms: sample_header().created,
        post: "ML-P-ANYPLACE".parse().unwrap(),
        matched: vec![matched],
        outcome: Outcome::Confirmed,
        action: ActionTaken::Done,
        reason: None,
        adults_along: 0,
        minors_along: 0,
        urgent_reason: None,
    }
}

#[test]
fn a_reference_is_to_what_is_held_with_the_bytes_that_it_has() {
    let mut shelf = Shelf::default();
    let other = Header { id: id(1), ..from_mali(Kind::Alert) };
    shelf.put(other, None);
    let ack = |reference| (Header { refs: vec![reference], ..header(Kind::Ack) }, ack_payload());
    let (sound, payload) = ack(reference(id(1), Relation::Acks));
    shelf.takes(&sound, &payload);
    let (unknown, payload) = ack(reference(id(2), Relation::Acks));
    shelf.refuses(&unknown, &payload, RefusalCode::UnknownReference, "header.refs[0]");
    let other_bytes = Reference { commitment: Commitment([2; 32]), ..reference(id(1), Relation::Acks) };
    let (mismatch, payload) = ack(other_bytes);
    shelf.refuses(&mismatch, &payload, RefusalCode::ReferenceMismatch, "header.refs[0].commitment");
    let (exercise, payload) = ack(reference(id(1), Relation::Acks));
    let exercise = Header { mode: other_mode(exercise.mode), ..exercise };
    shelf.refuses(&exercise, &payload, RefusalCode::ModeMismatch, "header.refs[0]");
}

fn other_mode(mode: Mode) -> Mode {
    if mode == Mode::Exercise { Mode::Actual } else { Mode::Exercise }
}

fn ack_payload() -> Payload {
    Payload::Ack(crate::domain::ack::Ack { of: id(1), level: crate::domain::ack::AckLevel::Read })
}

#[test]
fn nobody_acknowledges_amends_or_corrects_what_is_not_theirs_to() {
    let mut shelf = Shelf::default();
    shelf.put(Header { id: id(1), ..header(Kind::Alert) }, None);
    shelf.put(Header { id: id(2), ..from_mali(Kind::Alert) }, None);
    for (which, relation, code) in [
        (1, Relation::Acks, RefusalCode::UnknownReference),
        (2, Relation::Amends, RefusalCode::NotOwner),
        (2, Relation::Cancels, RefusalCode::NotOwner),
        (2, Relation::Corrects, RefusalCode::NotOwnMessage),
        (1, Relation::Answers, RefusalCode::NotAnAnswer),
    ] {
        let header = Header { refs: vec![reference(id(which), relation)], ..header(Kind::Alert) };
        shelf.refuses(&header, &ack_payload(), code, "header.refs[0]");
    }
}

#[test]
fn what_was_erased_can_still_be_referred_to() {
    let mut shelf = Shelf::default();
    shelf.put(Header { id: id(1), ..from_mali(Kind::Alert) }, None);
    shelf.messages.get_mut(&id(1)).unwrap().content = None;
    let header = Header { refs: vec![reference(id(1), Relation::Acks)], ..header(Kind::Ack) };
    shelf.takes(&header, &ack_payload());
}

#[test]
fn what_is_dated_ahead_or_has_ended_is_refused() {
    let shelf = Shelf::default();
    let ahead = Header { created: now().saturating_add(MAX_SKEW_MS + 1), ..header(Kind::Alert) };
    shelf.refuses(&ahead, &ack_payload(), RefusalCode::ClockSkew, "header.created");
    let within = Header { created: now().saturating_add(MAX_SKEW_MS), ..header(Kind::Alert) };
    shelf.takes(&within, &ack_payload());
    let ended = Header { expires: Some(now()), ..header(Kind::Alert) };
    shelf.refuses(&ended, &ack_payload(), RefusalCode::Expired, "header.expires");
    let (header, mut change) = added(Category::Vehicle);
    change.content.as_mut().unwrap().expires_ms = now();
    let payload = Payload::WatchlistUpdate(Box::new(change));
    shelf.refuses(&header, &payload, RefusalCode::Expired, "update.content.expires_ms");
}

#[test]
fn an_entry_changes_version_by_version_by_its_owner_alone() {
    let (shelf, head) = Shelf::with_entry(Category::Vehicle);
    let (header, change) = amended(Category::Vehicle);
    let change = WatchlistUpdate { entry: head.message, ..change };
    let with = |change: &WatchlistUpdate| Payload::WatchlistUpdate(Box::new(change.clone()));
    shelf.takes(&header, &with(&change));
    let skipping = WatchlistUpdate { version: 3, ..change.clone() };
    shelf.refuses(&header, &with(&skipping), RefusalCode::VersionNotNext, "update.version");
    let unknown = WatchlistUpdate { entry: id(77), ..change.clone() };
    shelf.refuses(&header, &with(&unknown), RefusalCode::UnknownEntry, "update.entry");
    let foreign = Header { grounds: header.grounds.clone(), ..from_mali(Kind::WatchlistUpdate) };
    shelf.refuses(&foreign, &with(&change), RefusalCode::NotOwner, "update.entry");
    let (_, other) = amended(Category::Firearm);
    let turned = WatchlistUpdate { content: other.content, ..change };
    shelf.refuses(&header, &with(&turned), RefusalCode::CategoryChanged, "update.content.subject");
}

#[test]
fn what_was_withdrawn_or_has_expired_is_not_amended_and_does_not_match() {
    let (mut shelf, head) = Shelf::with_entry(Category::Vehicle);
    let (header, change) = withdrawn(Category::Vehicle);
    let change = WatchlistUpdate { entry: head.message, ..change };
    let gone = EntryHead::after(Some(&head), &header, &change).unwrap();
    assert!(head.matches(now()) && !gone.matches(now()) && gone.has_ended(now()));
    assert!(!head.matches(head.expires), "the local clock alone ends it");
    shelf.entries.insert(head.message, gone);
    let (header, again) = update((header, WatchlistUpdate { version: 3, ..change }));
    shelf.refuses(&header, &again, RefusalCode::EntryEnded, "update.entry");
}

#[test]
fn a_withdrawal_is_never_too_late() {
    let (shelf, head) = Shelf::with_entry(Category::Vehicle);
    let (header, change) = withdrawn(Category::Vehicle);
    let change = WatchlistUpdate { entry: head.message, ..change };
    let late = Header { expires: Some(now()), ..header };
    shelf.takes(&late, &Payload::WatchlistUpdate(Box::new(change)));
}

#[test]
fn an_older_version_or_another_owner_changes_nothing() {
    let (_, head) = Shelf::with_entry(Category::Vehicle);
    let (header, change) = added(Category::Vehicle);
    assert_eq!(EntryHead::after(Some(&head), &header, &change), None);
    let (_, next) = amended(Category::Vehicle);
    assert_eq!(EntryHead::after(Some(&head), &from_mali(Kind::WatchlistUpdate), &next), None);
    let (header, last) = withdrawn(Category::Vehicle);
    assert_eq!(EntryHead::after(None, &header, &last), None, "nothing is known of what it withdraws");
}

#[test]
fn a_hit_is_on_the_version_that_was_seen_and_matches_what_the_entry_describes() {
    let (shelf, head) = Shelf::with_entry(Category::Vehicle);
    let seen = reference(head.message, Relation::HitOn);
    let header = Header { refs: vec![seen], ..from_mali(Kind::HitReport) };
    let with = |change: &dyn Fn(&mut HitReport)| {
        let mut hit = hit(&head, Match::Plate);
        change(&mut hit);
        Payload::HitReport(Box::new(hit))
    };
    shelf.takes(&header, &with(&|_| {}));
    shelf.refuses(&header, &with(&|hit| hit.version = 2), RefusalCode::WrongSubject, "hit.version");
    shelf.refuses(&header, &with(&|hit| hit.entry = id(77)), RefusalCode::UnknownEntry, "hit.entry");
    let brand = with(&|hit| hit.matched.push(Match::Brand));
    shelf.refuses(&header, &brand, RefusalCode::WrongSubject, "hit.matched[1]");
    shelf.takes(
        &header,
        &with(&|hit| {
            hit.matched.push(Match::Brand);
            hit.outcome = Outcome::NotSame;
        }),
    );
    let before = with(&|hit| hit.at_ms = UnixMillis::default());
    shelf.refuses(&header, &before, RefusalCode::WrongTime, "hit.at_ms");
    let ahead = with(&|hit| hit.at_ms = now().saturating_add(MAX_SKEW_MS + 1));
    shelf.refuses(&header, &ahead, RefusalCode::WrongTime, "hit.at_ms");
}

#[test]
fn a_flag_is_on_the_other_countrys_entry_and_a_notice_on_an_own_one() {
    let (shelf, head) = Shelf::with_entry(Category::Vehicle);
    let reason = "The court of this country decides first.".parse().unwrap();
    let flag = Flag { entry: head.message, meaning: FlagMeaning::NotExecutableHere, reason };
    let flag = Payload::Flag(Box::new(flag));
    shelf.takes(&from_mali(Kind::Flag), &flag);
    shelf.refuses(&header(Kind::Flag), &flag, RefusalCode::NotOwner, "flag.entry");
    let notice = |due_ms| Payload::ReviewNotice(Box::new(ReviewNotice { entry: head.message, due_ms }));
    shelf.takes(&header(Kind::ReviewNotice), &notice(head.review_due));
    let other = notice(head.expires.saturating_add(1));
    shelf.refuses(&header(Kind::ReviewNotice), &other, RefusalCode::ReviewDate, "notice.due_ms");
    let foreign = from_mali(Kind::ReviewNotice);
    shelf.refuses(&foreign, &notice(head.review_due), RefusalCode::NotOwner, "notice.entry");
}

#[test]
fn an_answer_is_handled_as_strictly_as_its_request() {
    let mut shelf = Shelf::default();
    shelf.put(Header { id: id(1), tlp: Tlp::AmberStrict, ..from_mali(Kind::InfoRequest) }, None);
    shelf.put(Header { id: id(2), ..from_mali(Kind::Alert) }, None);
    let answer = InfoResponse { result: InfoResult::NothingHeld, text: None, reason: None };
    let answer = Payload::InfoResponse(Box::new(answer));
    let refs = |n| vec![reference(id(n), Relation::Answers)];
    let strict = Header { refs: refs(1), tlp: Tlp::AmberStrict, ..header(Kind::InfoResponse) };
    shelf.takes(&strict, &answer);
    let loose = Header { tlp: Tlp::Amber, ..strict.clone() };
    shelf.refuses(&loose, &answer, RefusalCode::LooserHandling, "header.tlp");
    let astray = Header { refs: refs(2), ..strict };
    shelf.refuses(&astray, &answer, RefusalCode::NotAnAnswer, "header.refs[0]");
}
