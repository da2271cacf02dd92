//! Judging what the peer wrote: the rules that need to know what is held already, and the verdicts.

use std::collections::HashMap;

use karakoro_proto::domain::payload::{Payload, PayloadError};
use karakoro_proto::envelope::{Header, MessageId};
use karakoro_proto::error::{Refusal, RefusalCode};
use karakoro_proto::identity::Origin;
use karakoro_proto::leaf::{Verdict, VerdictLeaf};

use crate::indexer::IndexView;
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

/// The rules that need to know what is held already.
pub(crate) struct Judge {
    /// Ids that are mirrored and not yet in the index.
    recent: HashMap<MessageId, u64>,
    /// Ids before this entry are in the index and no longer here.
    forgotten: u64,
    index: IndexView,
}

impl Judge {
    pub(crate) fn new(index: IndexView) -> Self {
        Self { recent: HashMap::new(), forgotten: 0, index }
    }

    pub(crate) fn refusal(&mut self, index: u64, header: &Header) -> Option<Refusal> {
        let refused = |code| Some(Refusal { code, path: String::new() });
        if self.held(header.id, index) {
            return refused(RefusalCode::Duplicate);
        }
        self.recent.insert(header.id, index);
        let unknown = header.refs.iter().find(|reference| !self.held(reference.id, u64::MAX));
        unknown.and_then(|_| refused(RefusalCode::UnknownReference))
    }

    /// Whether a message other than the entry `except` of the mirror has this id.
    fn held(&self, id: MessageId, except: u64) -> bool {
        let recent = self.recent.get(&id).is_some_and(|&index| index != except);
        recent || self.index.place(id).is_some_and(|place| place.side == Side::Own || place.index != except)
    }

    pub(crate) fn stored(
        &mut self,
        log: &LogReader,
        entry: &StoredEntry,
    ) -> Result<Option<Refusal>, LedgerError> {
        let Some(body) = log.body(entry)? else { return Ok(None) };
        let damaged = || LedgerError::Body { index: entry.index, folder: log.place().folder.clone() };
        let header = Header::decode(&body.header).map_err(|_| damaged())?;
        let content = Payload::decode(&header, &body.payload).err().map(|error| match error {
            PayloadError::Content { path } => Refusal { code: RefusalCode::Content, path },
            _ => Refusal { code: RefusalCode::Content, path: String::new() },
        });
        Ok(content.or_else(|| self.refusal(entry.index, &header)))
    }

    pub(crate) fn forget_indexed(&mut self) {
        let applied = self.index.applied_size(Side::Mirror);
        if applied > self.forgotten {
            self.forgotten = applied;
            self.recent.retain(|_, index| *index >= applied);
        }
    }
}
