//! The writer of the mirror: what the peer wrote becomes durable, then cosigned, then judged.

use std::sync::Arc;

use karakoro_proto::identity::Origin;
use karakoro_proto::key::SecretKey;
use karakoro_proto::leaf::{AccordLeaf, ErasedLeaf, Leaf};
use karakoro_proto::log::checkpoint::{Checkpoint, SignedCheckpoint};
use karakoro_proto::log::cosignature::{Cosignature, CosignerVerifier};
use karakoro_proto::log::merkle::Frontier;
use karakoro_proto::log::receipt::{Receipt, ReceiptBody};
use karakoro_proto::session::{Beside, Content, VerifiedEntry, VerifiedParcel};
use tokio::sync::{mpsc, oneshot};

use crate::accords::AccordBoard;
use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::erasure::{self, Erasers};
use crate::fatal;
use crate::indexer::IndexView;
use crate::judge::{Judge, Verdicts, erased};
use crate::ledger::index::Side;
use crate::ledger::log::{Batch, LedgerError, Log, NewEntry};
use crate::progress::ProgressBoard;
use crate::writer;

/// Most parcels that may wait to become durable; the link reads no further until there is room.
pub const QUEUE: usize = 8;

/// Most parcels that become durable with one sync.
const MAX_GROUP: usize = QUEUE;

/// Most leaves in one command to the writer, so that no batch outgrows what a peer may stage.
const MAX_LEAVES: usize = 256;

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
    /// The accords that we go by.
    pub accords: AccordBoard,
    /// Where ids are looked up.
    pub index: IndexView,
    /// Destroys what the peer erases.
    pub erasers: Erasers,
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
        judge: Judge::new(tools.index.clone(), tools.clock.clone(), tools.accords.clone()),
        tools,
    };
    if let Err(error) = mirror.judge_rest().and_then(|()| mirror.answer_rest()) {
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
                let answers = self.obey(start, &entries);
                self.tell_foreign_accords(&entries);
                if let Some(cosignature) = cosigned {
                    let receipt = self.tools.receipt(start, size, &entries);
                    // The session may be over by now; the next hello tells what we hold.
                    _ = reply.send(Ok(Mirrored { receipt, size, cosignature }));
                }
                self.tools.progress.update(|progress| progress.mirrored = size);
                self.tools.index.wake();
                self.judge_group(start, &entries, committed.checkpoint);
                self.answer(answers);
            }
            Err(error) if error.is_doubt() => fatal::stop(&error),
            // No evidence goes out, so the peer sends it again with the next session.
            Err(error) => {
                tracing::error!(%error, "what the peer sent was not stored");
                _ = reply.send(Err(NotStored(error.to_string())));
            }
        }
    }

    /// Destroys what the peer erases in its own log, now that its word is durable here; returns what to answer.
    fn obey(&self, start: u64, entries: &[VerifiedEntry]) -> Vec<ErasedLeaf> {
        let log = self.log.reader();
        let mut answers = Vec::new();
        let mut erased = Vec::new();
        for (index, entry) in (start..).zip(entries) {
            let Content::Erased(leaf) = &entry.content else { continue };
            if leaf.erasure.target(log.origin()) != log.origin() {
                continue;
            }
            erased.push(leaf.erasure.entry);
            // Said again, it needs no second answer.
            if log.erased_by(leaf.erasure.entry) == Some(index) {
                answers.push(leaf.answer());
            }
        }
        erasure::obey(&self.tools.erasers.mirror, erased);
        answers
    }

    /// What the peer anchors is held whatever it says: refused, it would stand in the way of all that follows it.
    /// People are told of what we do not go by, once for a group.
    fn tell_foreign_accords(&self, entries: &[VerifiedEntry]) {
        let chain = self.tools.accords.now().chain;
        let is_ours = |leaf: &AccordLeaf| chain.accords().iter().any(|ours| AccordLeaf::of(ours) == *leaf);
        let mut anchored = entries.iter().filter_map(|entry| match &entry.content {
            Content::Accord(leaf) => Some(leaf),
            _ => None,
        });
        if let Some(leaf) = anchored.find(|leaf| !is_ours(leaf)) {
            tracing::warn!(%leaf, "the peer's log anchors an accord that we do not hold");
        }
    }

    fn answer(&self, answers: Vec<ErasedLeaf>) {
        for answers in answers.chunks(MAX_LEAVES) {
            // A closed queue means that the node is stopping; the rest is answered after the next start.
            _ = self.tools.writer.blocking_send(writer::Command::Obeyed(answers.to_vec()));
        }
    }

    /// Answers what was obeyed before the process last ended and was not answered then.
    fn answer_rest(&self) -> Result<(), LedgerError> {
        self.answer(erasure::unanswered(&self.log.reader(), &self.tools.erasers.own.reader())?);
        Ok(())
    }

    fn judge_group(&mut self, start: u64, entries: &[VerifiedEntry], checkpoint: SignedCheckpoint) {
        let mut verdicts = Verdicts::new(self.tools.origin);
        let mut messages = false;
        for (index, entry) in (start..).zip(entries) {
            let judged = match &entry.content {
                Content::Message { refusal: Some(refusal), .. } => Some(refusal.clone()),
                // A node that cannot tell what it holds cannot judge, and stops: it judges after the next start.
                Content::Message { envelope, refusal: None } => self
                    .judge
                    .refusal(index, envelope.header(), &envelope.body().payload, envelope.leaf())
                    .unwrap_or_else(|error| fatal::stop(&error)),
                Content::Unread { .. } => Some(erased()),
                _ => continue,
            };
            messages = true;
            verdicts.push(index, judged);
        }
        self.judge.forget_indexed().unwrap_or_else(|error| fatal::stop(&error));
        self.state(verdicts, checkpoint, messages);
    }

    fn state(&self, verdicts: Verdicts, checkpoint: SignedCheckpoint, messages: bool) {
        let mut verdicts = verdicts.leaves;
        let checkpoint = Box::new(checkpoint);
        // A closed queue means that the node is stopping; the rest is judged after the next start.
        while verdicts.len() > MAX_LEAVES {
            let rest = verdicts.split_off(MAX_LEAVES);
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
            let Ok(Leaf::Message(leaf)) = Leaf::decode(&entry.leaf) else { continue };
            messages = true;
            verdicts.push(entry.index, self.judge.stored(&log, &entry, &leaf)?);
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
    let beside = match &entry.content {
        Content::Message { envelope, .. } => Beside::Body(envelope.body().clone()),
        Content::Unread { by, .. } => Beside::Erased { by: *by },
        _ => Beside::Nothing,
    };
    NewEntry { leaf: entry.leaf.clone(), beside }
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
            let erasers = Erasers { own: own.eraser(), mirror: mirror.eraser() };
            let tools = Tools {
                erasers,
                origin: mirrored(),
                key: SecretKey::from_seed(&[3; 32]),
                cosigner: keys(mirrored()).cosigner,
                clock: Arc::new(SystemClock::start()),
                entropy: Arc::new(Seeded::new(1)),
                accords: AccordBoard::new(Default::default(), Default::default()),
                index: index.clone(),
                progress: ProgressBoard::new(Progress::none()),
                writer,
            };
            let judge = Judge::new(index, tools.clock.clone(), tools.accords.clone());
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
