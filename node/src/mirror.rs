//! The writer of the mirror: what the peer wrote becomes durable, then cosigned, then judged.

use std::collections::HashMap;
use std::sync::Arc;

use karakoro_proto::domain::payload::Payload;
use karakoro_proto::envelope::{Header, MessageId};
use karakoro_proto::error::{Refusal, RefusalCode};
use karakoro_proto::identity::Origin;
use karakoro_proto::key::SecretKey;
use karakoro_proto::leaf::{Leaf, Verdict, VerdictLeaf};
use karakoro_proto::log::checkpoint::{Checkpoint, SignedCheckpoint};
use karakoro_proto::log::cosignature::{Cosignature, CosignerVerifier};
use karakoro_proto::log::merkle::Frontier;
use karakoro_proto::log::receipt::{Receipt, ReceiptBody};
use karakoro_proto::session::{Content, VerifiedEntry, VerifiedParcel};
use tokio::sync::{mpsc, oneshot};

use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::fatal;
use crate::indexer::IndexView;
use crate::ledger::index::Side;
use crate::ledger::log::{Batch, LedgerError, Log, LogReader, NewEntry};
use crate::progress::ProgressBoard;
use crate::writer;

/// Most parcels that may wait to become durable; the link reads no further until there is room.
pub const QUEUE: usize = 8;

/// Most parcels that become durable with one sync.
const MAX_GROUP: usize = QUEUE;

/// Most verdict leaves in one command to the writer, so that no batch outgrows what a peer may stage.
const MAX_VERDICTS: usize = 256;

/// What a session hands to the mirror.
#[derive(Debug)]
pub enum Arrival {
    /// A parcel of the peer's.
    Parcel {
        /// Verified entries under a checkpoint.
        parcel: Box<VerifiedParcel>,
        /// The session that awaits the evidence; at most [`QUEUE`] and one group are on their way.
        reply: Reply,
    },
    /// Answered once everything before it is durable: what an earlier session left in the queue must not
    /// grow the mirror behind the back of the next one.
    Barrier(oneshot::Sender<()>),
}

/// Where a session learns what became of its parcels.
pub type Reply = mpsc::UnboundedSender<Result<Mirrored, NotStored>>;

/// A parcel that the disk did not take, and why. Nothing that follows it in its session can be taken
/// either: the session must end, and the next one brings everything again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotStored(pub String);

/// Evidence for the peer: durable before it exists.
#[derive(Clone, Debug)]
pub struct Mirrored {
    /// For the entries of this group.
    pub receipt: Receipt,
    /// Entries covered by the cosignature.
    pub size: u64,
    /// Over the checkpoint of that size.
    pub cosignature: Cosignature,
}

/// What the mirror's writer works with.
#[derive(Debug)]
pub struct Tools {
    /// The log that is mirrored.
    pub origin: Origin,
    /// Signs receipts and cosigns.
    pub key: SecretKey,
    /// Our name as a cosigner.
    pub cosigner: CosignerVerifier,
    /// Time for evidence.
    pub clock: Arc<dyn Clock>,
    /// Keys for bodies.
    pub entropy: Arc<dyn Entropy>,
    /// Where ids are looked up.
    pub index: IndexView,
    /// Where progress is shown.
    pub progress: ProgressBoard,
    /// The writer of our own log.
    pub writer: mpsc::Sender<writer::Command>,
}

/// The mirror's thread: judges what was left unjudged, then whatever arrives. Returns when all senders
/// are gone.
pub fn run(log: Log, tools: Tools, mut arrivals: mpsc::Receiver<Arrival>) {
    let mut mirror = Mirror {
        log,
        judge: Judge { recent: HashMap::new(), forgotten: 0, index: tools.index.clone() },
        tools,
    };
    if let Err(error) = mirror.judge_rest() {
        fatal::stop(&error);
    }
    while let Some(first) = arrivals.blocking_recv() {
        let mut group = vec![first];
        while group.len() < MAX_GROUP
            && let Ok(next) = arrivals.try_recv()
        {
            group.push(next);
        }
        mirror.take(group);
    }
}

struct Mirror {
    log: Log,
    tools: Tools,
    judge: Judge,
}

impl Mirror {
    /// Commits a group of parcels that follow on each other. What belongs to an earlier session and was
    /// overtaken by a newer one is dropped, like what follows on a parcel that was not stored: the next
    /// session brings it again.
    fn take(&mut self, group: Vec<Arrival>) {
        let mut next = self.log.frontier().size();
        let mut parcels = Vec::new();
        let mut to = None;
        let mut barriers = Vec::new();
        for arrival in group {
            match arrival {
                Arrival::Parcel { parcel, reply } if parcel.start == next => {
                    next = parcel.checkpoint.checkpoint().size;
                    parcels.push(*parcel);
                    to = Some(reply);
                }
                Arrival::Parcel { reply, .. } => overtaken(&reply),
                Arrival::Barrier(reply) => barriers.push(reply),
            }
        }
        if let Some(reply) = to {
            self.commit(parcels, &reply);
        }
        for barrier in barriers {
            _ = barrier.send(());
        }
    }

    fn commit(&mut self, parcels: Vec<VerifiedParcel>, reply: &Reply) {
        let Some(newest) = parcels.last().map(|parcel| parcel.checkpoint.clone()) else { return };
        let start = self.log.frontier().size();
        let entries: Vec<VerifiedEntry> = parcels.into_iter().flat_map(|parcel| parcel.entries).collect();
        let batch = Batch { entries: entries.iter().map(new_entry).collect(), evidence: Vec::new() };
        let mut cosigned = None;
        let tools = &self.tools;
        let mut sign = |checkpoint: Checkpoint| {
            // The session recomputed the root from these very entries; this is the last look before
            // our name goes under it.
            assert_eq!(checkpoint, *newest.checkpoint(), "a mirror that differs from what was verified");
            let (note, cosignature) = tools.cosign(&newest);
            cosigned = Some(cosignature);
            note
        };
        match self.log.commit(batch, &mut sign, &*tools.entropy) {
            Ok(committed) => {
                let size = committed.checkpoint.checkpoint().size;
                if let Some(cosignature) = cosigned {
                    let receipt = self.tools.receipt(start, size, &entries);
                    // The session may be over by now; the next hello tells what we hold.
                    _ = reply.send(Ok(Mirrored { receipt, size, cosignature }));
                }
                self.tools.progress.update(|progress| progress.mirrored = size);
                self.tools.index.wake();
                self.judge_group(start, &entries, committed.checkpoint);
            }
            Err(error) if error.is_doubt() => fatal::stop(&error),
            // No evidence goes out, so the peer sends it again with the next session.
            Err(error) => {
                tracing::error!(%error, "what the peer sent was not stored");
                _ = reply.send(Err(NotStored(error.to_string())));
            }
        }
    }

    fn judge_group(&mut self, start: u64, entries: &[VerifiedEntry], checkpoint: SignedCheckpoint) {
        let mut verdicts = Verdicts::new(self.tools.origin);
        let mut messages = false;
        for (index, entry) in (start..).zip(entries) {
            if let Content::Message { envelope, refusal } = &entry.content {
                messages = true;
                let judged = refusal.clone().or_else(|| self.judge.refusal(index, envelope.header()));
                verdicts.push(index, judged);
            }
        }
        self.judge.forget_indexed();
        self.state(verdicts, checkpoint, messages);
    }

    fn state(&self, verdicts: Verdicts, checkpoint: SignedCheckpoint, messages: bool) {
        let mut verdicts = verdicts.leaves;
        let checkpoint = Box::new(checkpoint);
        // A closed queue means that the node is stopping; the rest is judged after the next start.
        while verdicts.len() > MAX_VERDICTS {
            let rest = verdicts.split_off(MAX_VERDICTS);
            let first = std::mem::replace(&mut verdicts, rest);
            let command =
                writer::Command::Mirrored { verdicts: first, checkpoint: checkpoint.clone(), messages };
            _ = self.tools.writer.blocking_send(command);
        }
        _ = self.tools.writer.blocking_send(writer::Command::Mirrored { verdicts, checkpoint, messages });
    }

    /// Judges what became durable before the process last ended and was not judged then.
    fn judge_rest(&mut self) -> Result<(), LedgerError> {
        let log = self.log.reader();
        let from = self.tools.index.ask(|index| index.judged(Side::Mirror))?;
        let mut verdicts = Verdicts::new(self.tools.origin);
        let mut messages = false;
        for entry in log.entries(from) {
            let entry = entry?;
            let Ok(Leaf::Message(_)) = Leaf::decode(&entry.leaf) else { continue };
            messages = true;
            verdicts.push(entry.index, self.judge.stored(&log, &entry)?);
        }
        let anchored = self.tools.index.anchored();
        let after_anchor = self.tools.index.ask(|index| index.messages_from(Side::Mirror, anchored, 1))?;
        let unanchored = !after_anchor.is_empty();
        if let Some(newest) = log.newest().filter(|_| messages || unanchored) {
            self.state(verdicts, newest, true);
        }
        Ok(())
    }
}

/// A session whose parcel no longer continues the mirror is over, or ends with this.
fn overtaken(reply: &Reply) {
    _ = reply.send(Err(NotStored("a parcel that does not continue what is held".to_owned())));
}

fn new_entry(entry: &VerifiedEntry) -> NewEntry {
    let body = match &entry.content {
        Content::Message { envelope, .. } => Some(envelope.body().clone()),
        _ => None,
    };
    NewEntry { leaf: entry.leaf.clone(), body }
}

impl Tools {
    fn cosign(&self, checkpoint: &SignedCheckpoint) -> (SignedCheckpoint, Cosignature) {
        let text = checkpoint.checkpoint().text();
        let time = self.clock.wall().seconds();
        let cosignature =
            Cosignature::sign(&text, &self.key, time).expect("UnixMillis ends before cosignatures do");
        let note = checkpoint
            .clone()
            .with_cosignature(&self.cosigner, &cosignature)
            .expect("made this moment with the key of this name");
        (note, cosignature)
    }

    fn receipt(&self, start: u64, end: u64, entries: &[VerifiedEntry]) -> Receipt {
        let mut subtree = Frontier::new();
        entries.iter().for_each(|entry| subtree.push(entry.hash));
        let body = ReceiptBody::new(self.origin, start, end, subtree.root(), self.clock.wall())
            .expect("a group has at least one entry");
        Receipt::sign(body, &self.key)
    }
}

/// Verdicts on entries in order: acceptances in a row become one leaf.
struct Verdicts {
    origin: Origin,
    leaves: Vec<VerdictLeaf>,
}

impl Verdicts {
    fn new(origin: Origin) -> Self {
        Self { origin, leaves: Vec::new() }
    }

    fn push(&mut self, index: u64, refusal: Option<Refusal>) {
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
struct Judge {
    /// Ids that are mirrored and not yet in the index.
    recent: HashMap<MessageId, u64>,
    /// Ids before this entry are in the index and no longer here.
    forgotten: u64,
    index: IndexView,
}

impl Judge {
    fn refusal(&mut self, index: u64, header: &Header) -> Option<Refusal> {
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

    fn stored(
        &mut self,
        log: &LogReader,
        entry: &crate::ledger::record::StoredEntry,
    ) -> Result<Option<Refusal>, LedgerError> {
        let Some(body) = log.body(entry)? else { return Ok(None) };
        let damaged = || LedgerError::Body { index: entry.index, folder: log.place().folder.clone() };
        let header = Header::decode(&body.header).map_err(|_| damaged())?;
        let content = Payload::decode(&header, &body.payload).err().map(|error| match error {
            karakoro_proto::domain::payload::PayloadError::Content { path } => {
                Refusal { code: RefusalCode::Content, path }
            }
            _ => Refusal { code: RefusalCode::Content, path: String::new() },
        });
        Ok(content.or_else(|| self.refusal(entry.index, &header)))
    }

    fn forget_indexed(&mut self) {
        let applied = self.index.applied_size(Side::Mirror);
        if applied > self.forgotten {
            self.forgotten = applied;
            self.recent.retain(|_, index| *index >= applied);
        }
    }
}

#[cfg(test)]
mod tests {
    use karakoro_proto::log::merkle::leaf_hash;

    use super::*;
    use crate::clock::SystemClock;
    use crate::entropy::Seeded;
    use crate::ledger::storage::sim::{Faultless, SimStorage};
    use crate::ledger::testing::{Full, keys, log, log_key, mirrored, written};
    use crate::progress::Progress;

    struct Fixture {
        mirror: Mirror,
        storage: Arc<SimStorage>,
        frontier: Frontier,
        _index: tempfile::TempDir,
        _writer: mpsc::Receiver<writer::Command>,
    }

    impl Fixture {
        fn new() -> Self {
            let storage = Arc::new(SimStorage::new(Box::new(Faultless)));
            let own = log(storage.clone(), written(), Vec::new());
            let mirror = log(storage.clone(), mirrored(), Vec::new());
            let folder = tempfile::tempdir().unwrap();
            let index = IndexView::open(folder.path(), own.reader(), mirror.reader()).unwrap();
            let (writer, commands) = mpsc::channel(16);
            let tools = Tools {
                origin: mirrored(),
                key: SecretKey::from_seed(&[3; 32]),
                cosigner: keys(mirrored()).cosigner,
                clock: Arc::new(SystemClock::start()),
                entropy: Arc::new(Seeded::new(1)),
                index: index.clone(),
                progress: ProgressBoard::new(Progress::none()),
                writer,
            };
            let judge = Judge { recent: HashMap::new(), forgotten: 0, index };
            let mirror = Mirror { log: mirror, tools, judge };
            Self { mirror, storage, frontier: Frontier::new(), _index: folder, _writer: commands }
        }

        /// The next parcel of a session: one entry of a kind that nobody knows.
        fn parcel(&mut self) -> VerifiedParcel {
            let start = self.frontier.size();
            let leaf = bytes::Bytes::from(format!("leaf {start}"));
            let hash = leaf_hash(&leaf);
            self.frontier.push(hash);
            let (size, root) = (self.frontier.size(), self.frontier.root());
            let checkpoint = Checkpoint { origin: mirrored(), size, root };
            let checkpoint = SignedCheckpoint::sign(checkpoint, &log_key(mirrored()));
            let entries = vec![VerifiedEntry { leaf, hash, content: Content::Unknown }];
            VerifiedParcel { start, entries, checkpoint }
        }
    }

    #[test]
    fn a_session_learns_that_its_parcels_were_not_stored() {
        let mut fixture = Fixture::new();
        let (reply, mut answers) = mpsc::unbounded_channel();
        let mut take = |fixture: &mut Fixture| {
            let parcel = Box::new(fixture.parcel());
            fixture.mirror.take(vec![Arrival::Parcel { parcel, reply: reply.clone() }]);
            answers.try_recv().unwrap()
        };
        assert_eq!(take(&mut fixture).unwrap().size, 1);
        fixture.storage.set_faults(Box::new(Full));
        assert!(take(&mut fixture).is_err(), "the disk is full");
        fixture.storage.set_faults(Box::new(Faultless));
        assert!(take(&mut fixture).is_err(), "what follows on it does not continue the mirror");
        assert_eq!(fixture.mirror.log.frontier().size(), 1);
    }
}
