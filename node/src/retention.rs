//! Erasing what nobody may keep any longer: entries of ours that have ended, once the grace that the accord leaves is
//! over. The peer's node obeys our log; what the peer wrote is the peer's to erase.

use std::sync::Arc;
use std::time::Duration;

use karakoro_proto::domain::held::EntryHead;
use karakoro_proto::envelope::MessageId;
use karakoro_proto::identity::Country;
use karakoro_proto::time::UnixMillis;
use tokio::sync::{mpsc, watch};

use crate::accords::AccordBoard;
use crate::clock::Clock;
use crate::erasure;
use crate::indexer::IndexView;
use crate::ledger::index::Place;
use crate::ledger::log::LedgerError;
use crate::writer::Command;

/// Between two looks. What is kept for months may stay a minute longer.
const INTERVAL: Duration = Duration::from_secs(60);

/// Entries that are read at a time.
const PAGE: usize = 1024;

/// Most messages that are erased at one look; the next one goes on.
const MAX_AT_ONCE: usize = 256;

/// Versions of one entry that are erased at one look.
const MAX_VERSIONS: usize = MAX_AT_ONCE;

/// What the keeper of retention works with.
#[derive(Clone, Debug)]
pub struct Keeper {
    /// Our country: only what we own is ours to erase.
    pub us: Country,
    /// Where entries are found.
    pub index: IndexView,
    /// What was agreed.
    pub accords: AccordBoard,
    /// The date.
    pub clock: Arc<dyn Clock>,
    /// The writer of our log.
    pub writer: mpsc::Sender<Command>,
}

impl Keeper {
    /// Looks again and again until the node stops.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        loop {
            self.look().await;
            tokio::select! {
                () = tokio::time::sleep(INTERVAL) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    async fn look(&self) {
        let now = self.clock.wall();
        let Some(grace) = self.grace(now) else { return };
        let (index, us) = (self.index.clone(), self.us);
        let due = tokio::task::spawn_blocking(move || due(&index, us, now, grace)).await;
        let due = match due {
            Ok(Ok(due)) => due,
            Ok(Err(error)) => return tracing::warn!(%error, "what has run out was not looked for"),
            // It panicked, and said so itself.
            Err(_) => return,
        };
        for (place, message) in due {
            let origin = self.index.log(place.side).origin();
            let erased = erasure::retention_ended(&self.writer, place, origin, message, now).await;
            if let Err(error) = erased {
                // The next look finds it again.
                return tracing::warn!(%error, "what has run out was not erased");
            }
        }
    }

    /// How long the content of an entry that ended is kept; `None` where it is not erased by itself.
    fn grace(&self, now: UnixMillis) -> Option<u64> {
        let chain = self.accords.now().chain;
        let retention = chain.in_force(now)?.retention();
        let grace = u64::try_from(retention.erase_after.as_millis()).unwrap_or(u64::MAX);
        retention.erase_on_expiry.then_some(grace)
    }
}

/// The messages of our ended entries whose time is over, the oldest version of each entry first: what is left of an
/// entry is always its newest versions.
fn due(
    index: &IndexView,
    us: Country,
    now: UnixMillis,
    grace: u64,
) -> Result<Vec<(Place, MessageId)>, LedgerError> {
    index.catch_up()?;
    let mut due = Vec::new();
    let mut after = None;
    loop {
        let page = index.ask(|index| index.entries_after(after, PAGE))?;
        let over = |head: &EntryHead| {
            head.owner == us && ended(head).is_some_and(|end| end.saturating_add(grace) <= now)
        };
        for (entry, _) in page.iter().filter(|(_, head)| over(head)) {
            let versions = index.ask(|index| index.versions(*entry, MAX_VERSIONS))?;
            due.extend(versions.iter().map(|version| (version.place, version.head.message)));
            if due.len() >= MAX_AT_ONCE {
                return Ok(due);
            }
        }
        match page.last() {
            Some((last, _)) if page.len() == PAGE => after = Some(*last),
            _ => return Ok(due),
        }
    }
}

/// When an entry ended or ends: with its withdrawal, whose id says when it was written, or with its expiry.
fn ended(head: &EntryHead) -> Option<UnixMillis> {
    if head.withdrawn { Some(head.message.time().min(head.expires)) } else { Some(head.expires) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ledger::index::Side;
    use crate::ledger::storage::sim::{Faultless, SimStorage};
    use crate::ledger::testing::{log, mirrored, vehicle, watchlist_update, written};

    fn at(text: &str) -> UnixMillis {
        text.parse().unwrap()
    }

    fn id(n: u8, written_at: &str) -> MessageId {
        MessageId::new(at(written_at), [n; 10])
    }

    #[test]
    fn an_ended_entry_is_due_after_the_grace_with_all_its_versions_oldest_first() {
        let expiring = id(1, "2026-01-02T00:00:00Z");
        let (short, amended) = (id(2, "2026-01-02T00:00:00Z"), id(3, "2026-01-03T00:00:00Z"));
        let (stolen, found) = (id(4, "2026-01-02T00:00:00Z"), id(5, "2026-03-01T00:00:00Z"));
        let add = |id: MessageId, expires: &str| {
            let content = json!({
                "change": "ADD", "entry": id.to_string(), "version": 1, "content": vehicle(expires),
            });
            watchlist_update(written(), id, &content)
        };
        let amend = json!({
            "change": "AMEND", "entry": short.to_string(), "version": 2, "reason": "NEW_INFORMATION",
            "content": vehicle("2026-04-01T00:00:00Z"),
        });
        let withdraw = json!({
            "change": "WITHDRAW", "entry": stolen.to_string(), "version": 2, "reason": "PURPOSE_MET",
        });
        let entries = vec![
            add(expiring, "2026-03-01T00:00:00Z"),
            add(short, "2026-03-01T00:00:00Z"),
            watchlist_update(written(), amended, &amend),
            add(stolen, "2027-01-01T00:00:00Z"),
            watchlist_update(written(), found, &withdraw),
        ];
        let storage = Arc::new(SimStorage::new(Box::new(Faultless)));
        let own = log(storage.clone(), written(), entries);
        let mirror = log(storage, mirrored(), Vec::new());
        let folder = tempfile::tempdir().unwrap();
        let index = IndexView::open(folder.path(), own.reader(), mirror.reader()).unwrap();
        let grace = 30 * 24 * 3_600_000;
        let due = |us, now: &str| {
            let due = due(&index, us, at(now), grace).unwrap();
            due.into_iter().map(|(place, id)| (place.side, place.index, id)).collect::<Vec<_>>()
        };
        assert_eq!(due(Country::MR, "2026-03-30T23:59:59Z"), []);
        let first = [(Side::Own, 0, expiring), (Side::Own, 3, stolen), (Side::Own, 4, found)];
        assert_eq!(due(Country::MR, "2026-03-31T00:00:00Z"), first);
        assert_eq!(due(Country::MR, "2026-05-01T00:00:00Z").len(), 5);
        assert_eq!(due(Country::ML, "2026-05-01T00:00:00Z"), [], "the owner alone erases");
    }
}
