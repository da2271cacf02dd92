//! Judging what the peer wrote: the rules that need to know what is held already, and the verdicts.

use std::sync::Arc;

use karakoro_proto::domain::held::{self, EntryHead, Held as _};
use karakoro_proto::domain::payload::Payload;
use karakoro_proto::envelope::{Header, MessageId};
use karakoro_proto::identity::Origin;
use karakoro_proto::leaf::{MessageLeaf, Verdict, VerdictLeaf};
use karakoro_proto::refusal::{Refusal, RefusalCode};

use crate::accords::AccordBoard;
use crate::clock::Clock;
use crate::indexer::IndexView;
use crate::knowledge::{Knowledge, Recent};
use crate::ledger::index::Side;
use crate::ledger::log::{LedgerError, LogReader};
use crate::ledger::record::StoredEntry;

/// Verdicts on entries in order: acceptances in a row become one leaf.
pub(crate) struct Verdicts {
    origin: Origin,
    pub(crate) leaves: Vec<VerdictLeaf>,
}

impl Verdicts {
    pub(crate) fn new(origin: Origin) -> Self {
        Self { origin, leaves: Vec::new() }
    }

    pub(crate) fn push(&mut self, index: u64, refusal: Option<Refusal>) {
        let verdict = match refusal {
            None => Verdict::Accepted,
            Some(Refusal { code, path }) => Verdict::Refused { code: code.number(), path },
        };
        if verdict == Verdict::Accepted
            && let Some(last) = self.leaves.last_mut()
            && last.verdict == Verdict::Accepted
            && let Some(count) = index.checked_sub(last.first).and_then(|n| u32::try_from(n + 1).ok())
        {
            // Entries between that are no messages are covered too: a verdict says nothing of them.
            last.count = count;
            return;
        }
        self.leaves.push(VerdictLeaf { epoch: self.origin.epoch, first: index, count: 1, verdict });
    }
}

/// What was destroyed before it was judged is not taken up.
pub(crate) fn erased() -> Refusal {
    Refusal { code: RefusalCode::Erased, path: String::new() }
}

/// The rules that need to know what is held already.
pub(crate) struct Judge {
    recent: Recent,
    index: IndexView,
    clock: Arc<dyn Clock>,
    accords: AccordBoard,
}

impl Judge {
    pub(crate) fn new(index: IndexView, clock: Arc<dyn Clock>, accords: AccordBoard) -> Self {
        Self { recent: Recent::default(), index, clock, accords }
    }

    /// Why a message of the mirror that passed the rules of its kind is not taken up, if so.
    pub(crate) fn refusal(
        &mut self,
        index: u64,
        header: &Header,
        payload: &[u8],
        leaf: &MessageLeaf,
    ) -> Result<Option<Refusal>, LedgerError> {
        if self.held(header.id, index) {
            return Ok(Some(Refusal { code: RefusalCode::Duplicate, path: String::new() }));
        }
        self.recent.message(header.id, index);
        let payload = match Payload::decode(header, payload) {
            Ok(payload) => payload,
            Err(error) => return Ok(Some(error.refusal())),
        };
        let now = self.clock.wall();
        if let Err(breach) = self.accords.now().chain.permit(header, &payload, &leaf.signatures, now) {
            return Ok(Some(breach.refusal()));
        }
        let knowledge = Knowledge { index: &self.index, recent: Some(&self.recent) };
        let refusal = held::refusal(header, &payload, &knowledge, now)?;
        if refusal.is_none()
            && let Payload::WatchlistUpdate(update) = &payload
        {
            let before = knowledge.entry(update.entry)?;
            if let Some(head) = EntryHead::after(before.as_ref(), header, update) {
                self.recent.entry(update.entry, head, index);
            }
        }
        Ok(refusal)
    }

    /// Whether a message other than the entry `except` of the mirror has this id.
    fn held(&self, id: MessageId, except: u64) -> bool {
        self.recent.is_held_apart_from(id, except)
            || self.index.place(id).is_some_and(|place| place.side == Side::Own || place.index != except)
    }

    /// As [`Self::refusal`], of a message that was stored before it was judged.
    pub(crate) fn stored(
        &mut self,
        log: &LogReader,
        entry: &StoredEntry,
        leaf: &MessageLeaf,
    ) -> Result<Option<Refusal>, LedgerError> {
        let Some(body) = log.body(entry)? else { return Ok(Some(erased())) };
        let damaged = || LedgerError::Body { index: entry.index, folder: log.place().folder.clone() };
        let header = Header::decode(&body.header).map_err(|_| damaged())?;
        self.refusal(entry.index, &header, &body.payload, leaf)
    }

    pub(crate) fn forget_indexed(&mut self) -> Result<(), LedgerError> {
        self.recent.forget_indexed(&self.index)
    }
}
