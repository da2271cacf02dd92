//! The watchlist in the index: the newest version of each entry, where every version stands, and what was said
//! about it. No row holds content: whoever wants that reads the body, which an erasure can destroy.
//!
//! What we wrote is in force from its entry on, unless the peer refuses it; what the peer wrote is in force once
//! our own log says that we accepted it. Both logs are folded at their own pace, so a change of the peer's waits
//! in a row of its own for its verdict, whichever of the two is folded first.

use std::collections::BTreeMap;

use karakoro_proto::domain::held::EntryHead;
use karakoro_proto::domain::payload::Payload;
use karakoro_proto::domain::terms::Category;
use karakoro_proto::envelope::{Header, Kind, MessageId};
use karakoro_proto::leaf::{Verdict, VerdictLeaf};
use karakoro_proto::time::UnixMillis;

use super::{Engine, EngineError, Index, Place, Rows, Side, keys};

/// Most changes that one verdict is applied to at a time.
const APPLIED_AT_ONCE: usize = 1024;

/// A change of an entry: what it makes of it, and where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Version {
    /// The message.
    pub place: Place,
    /// The entry as it stands with it.
    pub head: EntryHead,
}

/// What a step of the fold has changed, on top of what the engine holds.
#[derive(Default, Debug)]
pub(super) struct Changes {
    heads: BTreeMap<MessageId, Option<EntryHead>>,
    versions: BTreeMap<(MessageId, u32), Option<Version>>,
    /// Changes that wait for a verdict, by their place.
    waiting: BTreeMap<Place, (MessageId, u32, EntryHead)>,
    /// Which change stands at a place, so that a refusal finds it.
    changes: BTreeMap<Place, (MessageId, u32)>,
    /// Verdicts of this step, for changes that are folded after them.
    verdicts: Vec<(Side, VerdictLeaf)>,
    about: Vec<(MessageId, Place)>,
    /// Changes that wait no longer.
    waited: Vec<Place>,
}

impl<E: Engine> Index<E> {
    /// The newest version of an entry in force.
    pub fn entry(&self, id: MessageId) -> Result<Option<EntryHead>, EngineError> {
        self.engine.get(&head_key(id))?.map(|value| of_head(&value)).transpose()
    }

    /// Entries after `after` in the order of their ids, at most `most`.
    pub fn entries_after(
        &self,
        after: Option<MessageId>,
        most: usize,
    ) -> Result<Vec<(MessageId, EntryHead)>, EngineError> {
        let from = after.map_or_else(|| vec![HEAD], |id| [&head_key(id)[..], &[0]].concat());
        let rows = self.engine.first(&from, &[HEAD + 1], most)?;
        rows.iter().map(|(key, value)| Ok((id(key.get(1..))?, of_head(value)?))).collect()
    }

    /// Every version of an entry that is in force or was, oldest first, at most `most`.
    pub fn versions(&self, entry: MessageId, most: usize) -> Result<Vec<Version>, EngineError> {
        self.versions_after(entry, 0, most)
    }

    /// As [`Self::versions`], of those behind the number `after`.
    pub fn versions_after(
        &self,
        entry: MessageId,
        after: u32,
        most: usize,
    ) -> Result<Vec<Version>, EngineError> {
        let (from, to) = (version_key(entry, after.saturating_add(1)), version_key(entry, u32::MAX));
        let rows = self.engine.first(&from, &to, most)?;
        rows.iter().map(|(_, value)| of_version(value)).collect()
    }

    /// Which version of which entry a message makes, if it makes one.
    pub fn change(&self, place: Place) -> Result<Option<(MessageId, u32)>, EngineError> {
        self.engine.get(&change_key(place))?.map(|value| of_change(&value)).transpose()
    }

    /// Messages that are about an entry or a message, oldest first on each side, at most `most`.
    pub fn about(&self, id: MessageId, most: usize) -> Result<Vec<Place>, EngineError> {
        let (from, to) = (about_key(id, None), [&about_key(id, None)[..], &[0xff]].concat());
        let rows = self.engine.first(&from, &to, most)?;
        rows.iter().map(|(key, _)| keys::place(key.get(17..).unwrap_or_default())).collect()
    }

    /// Notes a message that changes or concerns an entry.
    pub(super) fn fold_about(
        &self,
        place: Place,
        header: &Header,
        payload: &[u8],
        changes: &mut Changes,
    ) -> Result<(), EngineError> {
        let concerned = header.refs.iter().map(|reference| (reference.id, place));
        changes.about.extend(concerned);
        if !is_about_entries(header.kind) {
            return Ok(());
        }
        // What does not decode was refused by its reader, and says nothing of any entry.
        let about = match Payload::decode(header, payload) {
            Ok(Payload::WatchlistUpdate(update)) => {
                let before = self.entry_with(update.entry, changes)?;
                if let Some(head) = EntryHead::after(before.as_ref(), header, &update) {
                    self.fold_change(place, update.entry, head, changes)?;
                }
                None
            }
            Ok(Payload::HitReport(hit)) => Some(hit.entry),
            Ok(Payload::Flag(flag)) => Some(flag.entry),
            Ok(Payload::ReviewNotice(notice)) => Some(notice.entry),
            Ok(Payload::InfoRequest(request)) => request.about,
            Ok(Payload::RightsRequest(request)) => request.about,
            Ok(Payload::Refusal(refusal)) => Some(refusal.refused),
            _ => None,
        };
        changes.about.extend(about.map(|id| (id, place)));
        Ok(())
    }

    fn fold_change(
        &self,
        place: Place,
        entry: MessageId,
        head: EntryHead,
        changes: &mut Changes,
    ) -> Result<(), EngineError> {
        let verdict = self.verdict_with(place, changes)?;
        match (place.side, verdict) {
            (_, Some(Verdict::Refused { .. })) => {}
            (Side::Own, _) | (Side::Mirror, Some(Verdict::Accepted)) => {
                apply(place, entry, head, changes);
            }
            (Side::Mirror, None) => {
                changes.waiting.insert(place, (entry, head.version, head));
            }
        }
        changes.changes.insert(place, (entry, head.version));
        Ok(())
    }

    /// Notes a verdict on entries of `side`.
    pub(super) fn fold_verdict(
        &self,
        side: Side,
        verdict: &VerdictLeaf,
        changes: &mut Changes,
    ) -> Result<(), EngineError> {
        changes.verdicts.push((side, verdict.clone()));
        match &verdict.verdict {
            Verdict::Accepted if side == Side::Mirror => self.accept(verdict.first, verdict.end(), changes),
            Verdict::Accepted => Ok(()),
            Verdict::Refused { .. } => self.refuse(Place { side, index: verdict.first }, changes),
        }
    }

    /// Puts the peer's changes in force that waited for this verdict.
    fn accept(&self, first: u64, end: u64, changes: &mut Changes) -> Result<(), EngineError> {
        let mut next = first;
        loop {
            let rows = self.engine.first(&waiting_key(next), &waiting_key(end), APPLIED_AT_ONCE)?;
            for (key, value) in &rows {
                next = keys::index(key)? + 1;
                let place = Place { side: Side::Mirror, index: next - 1 };
                let (entry, head) = of_waiting(value)?;
                changes.waiting.entry(place).or_insert((entry, head.version, head));
            }
            if rows.len() < APPLIED_AT_ONCE {
                break;
            }
        }
        let bounds = Place { side: Side::Mirror, index: first }..Place { side: Side::Mirror, index: end };
        let due: Vec<_> = changes.waiting.range(bounds).map(|(place, change)| (*place, *change)).collect();
        for (place, (entry, _, head)) in due {
            let before = self.entry_with(entry, changes)?;
            if before.is_none_or(|before| before.version < head.version) {
                apply(place, entry, head, changes);
            }
            changes.waiting.remove(&place);
            changes.waited.push(place);
            changes.changes.insert(place, (entry, head.version));
        }
        Ok(())
    }

    /// Takes back a change that the peer refused: the version before it is in force again.
    fn refuse(&self, place: Place, changes: &mut Changes) -> Result<(), EngineError> {
        changes.waiting.remove(&place);
        changes.waited.push(place);
        let Some((entry, version)) = self.change_with(place, changes)? else { return Ok(()) };
        let standing = self.versions_with(entry, changes)?;
        if standing.get(&version).is_none_or(|standing| standing.place != place) {
            return Ok(());
        }
        changes.versions.insert((entry, version), None);
        let before = standing.range(..version).next_back().map(|(_, version)| version.head);
        if standing.range(version + 1..).next().is_none() {
            changes.heads.insert(entry, before);
        }
        Ok(())
    }

    /// Takes a change out of the index whose message was destroyed. With the newest version goes the entry: nothing
    /// matches by what was erased. The older ones go first, so that what is left is the same when the index is made
    /// anew.
    pub(super) fn fold_gone(&self, place: Place, changes: &mut Changes) -> Result<(), EngineError> {
        let Some((entry, version)) = self.change_with(place, changes)? else { return Ok(()) };
        changes.waiting.remove(&place);
        changes.waited.push(place);
        changes.versions.insert((entry, version), None);
        if self.entry_with(entry, changes)?.is_some_and(|head| head.version == version) {
            changes.heads.insert(entry, None);
        }
        Ok(())
    }

    fn change_with(&self, place: Place, changes: &Changes) -> Result<Option<(MessageId, u32)>, EngineError> {
        if let Some(change) = changes.changes.get(&place) {
            return Ok(Some(*change));
        }
        self.change(place)
    }

    fn entry_with(&self, id: MessageId, changes: &Changes) -> Result<Option<EntryHead>, EngineError> {
        changes.heads.get(&id).map_or_else(|| self.entry(id), |head| Ok(*head))
    }

    fn versions_with(
        &self,
        entry: MessageId,
        changes: &Changes,
    ) -> Result<BTreeMap<u32, Version>, EngineError> {
        let stored = self.versions(entry, usize::MAX)?;
        let mut versions: BTreeMap<_, _> =
            stored.into_iter().map(|version| (version.head.version, version)).collect();
        for ((_, number), version) in changes.versions.range((entry, 0)..=(entry, u32::MAX)) {
            match version {
                Some(version) => _ = versions.insert(*number, *version),
                None => _ = versions.remove(number),
            }
        }
        Ok(versions)
    }

    fn verdict_with(&self, place: Place, changes: &Changes) -> Result<Option<Verdict>, EngineError> {
        let covers = |side: Side, leaf: &VerdictLeaf| {
            side == place.side && (leaf.first..leaf.end()).contains(&place.index)
        };
        let news = changes.verdicts.iter().find(|(side, leaf)| covers(*side, leaf));
        let leaf = news.map(|(_, leaf)| leaf.clone());
        let leaf = leaf.map_or_else(|| self.verdict(place.side, place.index), |leaf| Ok(Some(leaf)))?;
        Ok(leaf.map(|leaf| leaf.verdict))
    }
}

/// Kinds whose content says which entry they are about.
fn is_about_entries(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Alert
            | Kind::Ack
            | Kind::Bulletin
            | Kind::CommunityReport
            | Kind::Correction
            | Kind::InfoResponse
    )
}

fn apply(place: Place, entry: MessageId, head: EntryHead, changes: &mut Changes) {
    changes.heads.insert(entry, Some(head));
    changes.versions.insert((entry, head.version), Some(Version { place, head }));
}

impl Changes {
    /// The rows of all that changed.
    pub(super) fn write(self, rows: &mut Rows) {
        for place in self.waited {
            rows.remove(waiting_key(place.index));
        }
        for (place, (entry, _, head)) in self.waiting {
            rows.put(waiting_key(place.index), [&entry.as_bytes()[..], &to_head(&head)].concat());
        }
        for (entry, head) in self.heads {
            rows.put_or_remove(head_key(entry), head.map(|head| to_head(&head)));
        }
        for ((entry, number), version) in self.versions {
            let version = version.map(|version| to_version(&version));
            rows.put_or_remove(version_key(entry, number), version);
        }
        for (place, (entry, version)) in self.changes {
            rows.put(change_key(place), [&entry.as_bytes()[..], &version.to_be_bytes()].concat());
        }
        for (id, place) in self.about {
            rows.put(about_key(id, Some(place)), Vec::new());
        }
    }
}

/// Prefixes of the rows of this module; those of the others stand in `keys`.
const HEAD: u8 = b'H';
const VERSION: u8 = b'V';
const WAITING: u8 = b'W';
const CHANGE: u8 = b'C';
const ABOUT: u8 = b'A';

fn head_key(id: MessageId) -> Vec<u8> {
    [&[HEAD], &id.as_bytes()[..]].concat()
}

fn version_key(id: MessageId, version: u32) -> Vec<u8> {
    [&[VERSION], &id.as_bytes()[..], &version.to_be_bytes()].concat()
}

/// By its entry in the mirror.
fn waiting_key(index: u64) -> Vec<u8> {
    [&[WAITING], &index.to_be_bytes()[..]].concat()
}

fn change_key(place: Place) -> Vec<u8> {
    [&[CHANGE], &keys::of_place(place)[..]].concat()
}

fn about_key(id: MessageId, place: Option<Place>) -> Vec<u8> {
    [&[ABOUT], &id.as_bytes()[..], &place.map(keys::of_place).unwrap_or_default()].concat()
}

fn id(bytes: Option<&[u8]>) -> Result<MessageId, EngineError> {
    MessageId::from_bytes(bytes.unwrap_or_default())
        .map_err(|_| EngineError::unreadable("an entry without an id"))
}

fn to_head(head: &EntryHead) -> Vec<u8> {
    let mut row = Vec::with_capacity(64);
    row.extend_from_slice(head.owner.as_str().as_bytes());
    row.extend_from_slice(&head.version.to_be_bytes());
    row.extend_from_slice(head.message.as_bytes());
    row.extend_from_slice(&i32::from(head.category).to_be_bytes());
    row.extend_from_slice(&i32::from(head.mode).to_be_bytes());
    for time in [head.valid_from, head.review_due, head.expires] {
        row.extend_from_slice(&time.millis().to_be_bytes());
    }
    row.push(u8::from(head.withdrawn));
    row
}

fn of_head(row: &[u8]) -> Result<EntryHead, EngineError> {
    read_head(row).ok_or_else(|| EngineError::unreadable("an entry that is none"))
}

fn read_head(row: &[u8]) -> Option<EntryHead> {
    let (owner, row) = row.split_first_chunk::<2>()?;
    let (version, row) = row.split_first_chunk::<4>()?;
    let (message, row) = row.split_first_chunk::<16>()?;
    let (category, row) = row.split_first_chunk::<4>()?;
    let (mode, row) = row.split_first_chunk::<4>()?;
    let (valid_from, row) = row.split_first_chunk::<8>()?;
    let (review_due, row) = row.split_first_chunk::<8>()?;
    let (expires, row) = row.split_first_chunk::<8>()?;
    let time = |bytes: &[u8; 8]| UnixMillis::new(u64::from_be_bytes(*bytes));
    Some(EntryHead {
        owner: std::str::from_utf8(owner).ok()?.parse().ok()?,
        version: u32::from_be_bytes(*version),
        message: MessageId::from_bytes(message).ok()?,
        category: Category::try_from(i32::from_be_bytes(*category)).ok()?,
        mode: i32::from_be_bytes(*mode).try_into().ok()?,
        valid_from: time(valid_from)?,
        review_due: time(review_due)?,
        expires: time(expires)?,
        withdrawn: match row {
            [0] => false,
            [1] => true,
            _ => return None,
        },
    })
}

fn to_version(version: &Version) -> Vec<u8> {
    [&keys::of_place(version.place)[..], &to_head(&version.head)].concat()
}

fn of_version(row: &[u8]) -> Result<Version, EngineError> {
    let (place, head) = row.split_at_checked(9).unwrap_or_default();
    Ok(Version { place: keys::place(place)?, head: of_head(head)? })
}

fn of_waiting(row: &[u8]) -> Result<(MessageId, EntryHead), EngineError> {
    let (entry, head) = row.split_at_checked(16).unwrap_or_default();
    Ok((id(Some(entry))?, of_head(head)?))
}

fn of_change(row: &[u8]) -> Result<(MessageId, u32), EngineError> {
    let (entry, version) = row.split_at_checked(16).unwrap_or_default();
    let version = version.try_into().map_err(|_| EngineError::unreadable("a version without a number"))?;
    Ok((id(Some(entry))?, u32::from_be_bytes(version)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use karakoro_proto::identity::Origin;
    use karakoro_proto::leaf::Leaf;
    use karakoro_proto::session::Beside;
    use serde_json::json;

    use super::*;
    use crate::ledger::index::MemoryEngine;
    use crate::ledger::log::{Log, NewEntry};
    use crate::ledger::storage::sim::{Faultless, SimStorage};
    use crate::ledger::testing::{log, mirrored, vehicle, watchlist_update, written};

    const EXPIRES: &str = "2026-03-01T00:00:00Z";

    fn id(n: u8) -> MessageId {
        MessageId::new("2026-01-02T00:00:00Z".parse().unwrap(), [n; 10])
    }

    fn add(by: Origin) -> NewEntry {
        let content = json!({
            "change": "ADD", "entry": id(1).to_string(), "version": 1, "content": vehicle(EXPIRES),
        });
        watchlist_update(by, id(1), &content)
    }

    fn amend(by: Origin) -> NewEntry {
        let content = json!({
            "change": "AMEND", "entry": id(1).to_string(), "version": 2, "reason": "NEW_INFORMATION",
            "content": vehicle(EXPIRES),
        });
        watchlist_update(by, id(2), &content)
    }

    fn says(first: u64, count: u32, verdict: Verdict) -> NewEntry {
        let leaf = VerdictLeaf { epoch: written().epoch, first, count, verdict };
        NewEntry { leaf: Leaf::Verdict(leaf).encode().into(), beside: Beside::Nothing }
    }

    fn refused() -> Verdict {
        Verdict::Refused { code: 31, path: String::new() }
    }

    /// Folds both logs in either order; gives the version that is in force, the same for both.
    fn in_force(own: Vec<NewEntry>, mirror: Vec<NewEntry>) -> Option<u32> {
        let storage = Arc::new(SimStorage::new(Box::new(Faultless)));
        let (own, mirror) = (log(storage.clone(), written(), own), log(storage, mirrored(), mirror));
        let fold = |order: [(Side, &Log); 2]| {
            let index = Index::new(MemoryEngine::default());
            for (side, log) in order {
                while index.step(side, &log.reader()).unwrap() {}
            }
            let head = index.entry(id(1)).unwrap();
            let versions = index.versions(id(1), 9).unwrap();
            let newest = versions.last().map(|version| version.head);
            assert_eq!(newest, head, "the newest version is the one in force");
            head.map(|head| head.version)
        };
        let ours_first = fold([(Side::Own, &own), (Side::Mirror, &mirror)]);
        assert_eq!(fold([(Side::Mirror, &mirror), (Side::Own, &own)]), ours_first);
        ours_first
    }

    #[test]
    fn what_the_peer_wrote_is_in_force_once_our_log_accepts_it() {
        let theirs = || vec![add(mirrored()), amend(mirrored())];
        assert_eq!(in_force(vec![], theirs()), None);
        assert_eq!(in_force(vec![says(0, 1, Verdict::Accepted)], theirs()), Some(1));
        assert_eq!(in_force(vec![says(0, 2, Verdict::Accepted)], theirs()), Some(2));
        let second_refused = vec![says(0, 1, Verdict::Accepted), says(1, 1, refused())];
        assert_eq!(in_force(second_refused, theirs()), Some(1));
        assert_eq!(in_force(vec![says(0, 1, refused())], theirs()), None);
    }

    #[test]
    fn what_we_wrote_is_in_force_unless_the_peer_refuses_it() {
        let ours = || vec![add(written()), amend(written())];
        assert_eq!(in_force(ours(), vec![]), Some(2));
        assert_eq!(in_force(ours(), vec![says(0, 2, Verdict::Accepted)]), Some(2));
        assert_eq!(in_force(ours(), vec![says(1, 1, refused())]), Some(1));
        assert_eq!(in_force(ours(), vec![says(0, 1, refused()), says(1, 1, refused())]), None);
    }
}
