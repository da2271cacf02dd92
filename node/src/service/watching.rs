//! Telling a caller what happens, as it happens.

use std::sync::Arc;

use bytes::Bytes;
use karakoro_proto::service::{Fact, Failure, Response, WatchEvent};
use tokio::sync::mpsc;

use super::Answers;
use crate::ledger::index::{Place, Side};
use crate::progress::Progress;

/// Messages told of in one step; more follow in the next.
const STEP: usize = 128;

/// Up to where a caller was told.
#[derive(Clone, Copy, Debug)]
struct Told {
    arrived: u64,
    sealed: u64,
    received: u64,
    cosigned: u64,
    judged: u64,
    erased_here: u64,
    erased_at_peer: u64,
}

impl Answers {
    pub(super) async fn watch(self: &Arc<Self>, id: u64, to: &mpsc::Sender<Bytes>) {
        let mut progress = self.progress.watch();
        let now = progress.borrow_and_update().clone();
        let judged = self.judged().unwrap_or(0);
        let mut told = Told {
            arrived: now.mirrored,
            sealed: now.own,
            received: now.received,
            cosigned: now.cosigned,
            judged,
            erased_here: now.own,
            erased_at_peer: now.mirrored,
        };
        let mut link = now.link;
        if send(to, id, WatchEvent::Link(link)).await.is_err() {
            return;
        }
        loop {
            // Verdicts lie in the mirror: whatever changes, a look costs little.
            let now = self.progress.now();
            if now.link != link {
                link = now.link;
                if send(to, id, WatchEvent::Link(link)).await.is_err() {
                    return;
                }
            }
            let answers = self.clone();
            let step = tokio::task::spawn_blocking(move || answers.news(told, &now)).await;
            let Ok(Ok((news, next, more))) = step else { return };
            told = next;
            for event in news {
                if send(to, id, event).await.is_err() {
                    return;
                }
            }
            if !more && progress.changed().await.is_err() {
                return;
            }
        }
    }

    fn judged(&self) -> Result<u64, Failure> {
        self.index
            .ask(|index| index.judged(Side::Own))
            .map_err(|error| Failure::new(karakoro_proto::service::FailureKind::Storage, error))
    }

    /// What is new since `told`, at most a step of each kind, and whether there is more.
    fn news(&self, told: Told, now: &Progress) -> Result<(Vec<WatchEvent>, Told, bool), Failure> {
        self.index
            .catch_up()
            .map_err(|error| Failure::new(karakoro_proto::service::FailureKind::Storage, error))?;
        let mut events = Vec::new();
        let mut more = false;
        let mut told = told;
        let judged = self.judged()?;
        for (cursor, upto, side, fact) in [
            (&mut told.sealed, now.own, Side::Own, Some(Fact::Sealed)),
            (&mut told.received, now.received, Side::Own, Some(Fact::Received)),
            (&mut told.cosigned, now.cosigned, Side::Own, Some(Fact::InBothLogs)),
            (&mut told.judged, judged, Side::Own, Some(Fact::Judged)),
            (&mut told.arrived, now.mirrored, Side::Mirror, None),
        ] {
            let entries = self.messages(side, *cursor, upto)?;
            let step_full = entries.len() == STEP;
            *cursor = match entries.last() {
                Some(last) if step_full => last + 1,
                _ => upto.max(*cursor),
            };
            more |= step_full;
            for index in entries {
                let Some(view) = self.view(Place { side, index })?.map(Box::new) else { continue };
                events.push(match fact {
                    Some(fact) => WatchEvent::Fact(fact, view),
                    None => WatchEvent::Arrived(view),
                });
            }
        }
        more |= self.erasures(&mut told.erased_here, Side::Own, Fact::ErasedHere, &mut events)?;
        more |= self.erasures(&mut told.erased_at_peer, Side::Mirror, Fact::ErasedAtPeer, &mut events)?;
        Ok((events, told, more))
    }

    /// What the log `by` has said of erasures since; whoever keeps copies of messages drops them then.
    fn erasures(
        &self,
        cursor: &mut u64,
        by: Side,
        fact: Fact,
        events: &mut Vec<WatchEvent>,
    ) -> Result<bool, Failure> {
        let said = self
            .index
            .ask(|index| index.erasures_from(by, *cursor, STEP))
            .map_err(|error| Failure::new(karakoro_proto::service::FailureKind::Storage, error))?;
        let more = said.len() == STEP;
        for (index, place) in said {
            *cursor = index + 1;
            let view = self.view(place)?.map(Box::new);
            events.extend(view.map(|view| WatchEvent::Fact(fact, view)));
        }
        Ok(more)
    }

    fn messages(&self, side: Side, from: u64, upto: u64) -> Result<Vec<u64>, Failure> {
        let entries = self
            .index
            .ask(|index| index.messages_from(side, from, STEP))
            .map_err(|error| Failure::new(karakoro_proto::service::FailureKind::Storage, error))?;
        Ok(entries.into_iter().filter(|index| *index < upto).collect())
    }
}

async fn send(to: &mpsc::Sender<Bytes>, id: u64, event: WatchEvent) -> Result<(), ()> {
    to.send(Response::Event(event).encode(id)).await.map_err(|_| ())
}
