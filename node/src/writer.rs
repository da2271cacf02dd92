//! The writer of our own log: one thread, one queue, many messages to one sync.
//!
//! Everything that becomes an entry of ours passes here: messages, verdicts on what the peer wrote,
//! anchors, keys. Evidence from the peer goes the same way, since it is stored in the same segments.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use karakoro_proto::envelope::{MessageId, VerifiedEnvelope};
use karakoro_proto::key::SecretKey;
use karakoro_proto::leaf::{AnchorLeaf, ErasedLeaf, KeyAction, KeyLeaf, Leaf, VerdictLeaf};
use karakoro_proto::log::checkpoint::SignedCheckpoint;
use karakoro_proto::session::Beside;
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};

use crate::accords::AccordBoard;
use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::erasure::{Erasers, Ordered};
use crate::fatal;
use crate::indexer::IndexView;
use crate::ledger::index::{Place, Side};
use crate::ledger::log::{Batch, Evidence, Log, NewEntry};
use crate::progress::ProgressBoard;

mod accords;

use accords::AnchoredAccords;

pub use accords::wake_at_changes;

/// Most commands that may wait for the writer.
pub const QUEUE: usize = 1024;

/// Most entries in a batch.
const MAX_BATCH_ENTRIES: usize = 1024;

/// Bytes of bodies after which a batch ends.
const MAX_BATCH_BYTES: usize = 1024 * 1024;

/// How long messages of the peer may go without being anchored in our log, while others follow.
const ANCHOR_INTERVAL: Duration = Duration::from_secs(1);

/// After so many entries of the peer an anchor is due at once.
const ANCHOR_ENTRIES: u64 = 4096;

/// When the disk did not take a batch, what is ours to say is tried again after this time.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// Most entries of our own making that may wait for room on the disk; beyond that the node stops, and makes
/// them again after its next start.
const MAX_UNSAID: usize = 256;

/// What the writer is asked to do.
#[derive(Debug)]
pub enum Command {
    /// Seal a message.
    Seal {
        /// The message.
        envelope: Box<VerifiedEnvelope>,
        /// Where to say how it went.
        reply: oneshot::Sender<Result<Sealed, SealError>>,
    },
    /// Keep what the peer signed for entries of ours.
    Keep(Evidence),
    /// The mirror has grown: state our verdicts, and anchor its checkpoint when due.
    Mirrored {
        /// Our verdicts on the new entries.
        verdicts: Vec<VerdictLeaf>,
        /// The peer's checkpoint with our cosignature.
        checkpoint: Box<SignedCheckpoint>,
        /// Whether there was a message among the entries; verdicts and anchors alone need no anchor,
        /// or two idle nodes would answer each other for ever.
        messages: bool,
    },
    /// Say that a body is erased, and destroy it.
    Erase {
        /// What is said; whoever sends this has checked it.
        leaf: Box<ErasedLeaf>,
        /// Where to say how it went.
        reply: oneshot::Sender<Result<Sealed, SealError>>,
    },
    /// Say that we obeyed erasures of the peer: the bodies are destroyed by now.
    Obeyed(Vec<ErasedLeaf>),
    /// Publish a certificate.
    Publish(Vec<u8>),
    /// Another accord may have come into force: anchor it.
    Accord,
    /// Write nothing more, for this reason.
    Freeze(String),
}

/// A message in our log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sealed {
    /// Its entry.
    pub index: u64,
    /// Whether it was there before: the same message was submitted again.
    pub again: bool,
}

/// Why a message was not sealed.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum SealError {
    /// Its id is taken by another message.
    #[error("another message has the id {0}")]
    IdTaken(MessageId),
    /// The disk did not take it; nothing was sealed.
    #[error("the disk does not take it: {0}")]
    Storage(String),
    /// Our log is frozen.
    #[error("this node writes nothing: {0}")]
    Frozen(String),
    /// The node is stopping.
    #[error("the node is stopping")]
    Stopping,
}

/// What the writer works with.
#[derive(Debug)]
pub struct Tools {
    /// Signs checkpoints of our log.
    pub key: SecretKey,
    /// Time for anchors and accords.
    pub clock: Arc<dyn Clock>,
    /// The accords that we go by.
    pub accords: AccordBoard,
    /// Keys for bodies.
    pub entropy: Arc<dyn Entropy>,
    /// Where ids are looked up.
    pub index: IndexView,
    /// Destroys bodies of both logs.
    pub erasers: Erasers,
    /// Where progress is shown.
    pub progress: ProgressBoard,
}

/// The writer's thread: returns when all senders are gone.
pub fn run(log: Log, tools: Tools, queue: mpsc::Receiver<Command>) {
    let timer = tokio::runtime::Builder::new_current_thread().enable_time().build();
    // Without a timer thread there is no node: this happens at the start or never.
    let timer = timer.expect("a runtime without I/O needs nothing from the system");
    let anchored = tools.index.anchored();
    let writer = Writer {
        log,
        tools,
        recent: HashMap::new(),
        forgotten: 0,
        anchor: AnchorDue::new(anchored),
        accords: AnchoredAccords::default(),
        unsaid: Vec::new(),
        frozen: None,
    };
    writer.run(queue, &timer);
}

struct Writer {
    log: Log,
    tools: Tools,
    /// Ids that are sealed and not yet in the index.
    recent: HashMap<MessageId, u64>,
    /// Ids before this entry are in the index and no longer here.
    forgotten: u64,
    anchor: AnchorDue,
    accords: AnchoredAccords,
    /// Verdicts, anchors, accords and keys that the disk did not take. Nobody submits them again, so they go first
    /// in the next batch: a verdict left out would stay out, since judging goes on behind the last one.
    unsaid: Vec<NewEntry>,
    frozen: Option<String>,
}

/// When the peer's checkpoint is to be anchored next.
struct AnchorDue {
    /// The size anchored last.
    anchored: u64,
    /// The newest checkpoint under which there are messages that no anchor covers.
    owed: Option<SignedCheckpoint>,
    /// Not before then, unless many entries have come.
    not_before: Duration,
}

impl AnchorDue {
    fn new(anchored: u64) -> Self {
        Self { anchored, owed: None, not_before: Duration::ZERO }
    }

    fn owe(&mut self, checkpoint: SignedCheckpoint, messages: bool) {
        if messages || self.owed.is_some() {
            self.owed = Some(checkpoint);
        }
    }

    fn take_due(&mut self, now: Duration) -> Option<SignedCheckpoint> {
        let size = self.owed.as_ref()?.checkpoint().size;
        if size <= self.anchored {
            // Anchored before the last stop, though the verdicts on it were not all written then.
            self.owed = None;
            return None;
        }
        let due = now >= self.not_before || size >= self.anchored + ANCHOR_ENTRIES;
        if !due {
            return None;
        }
        self.not_before = now + ANCHOR_INTERVAL;
        self.anchored = size;
        self.owed.take()
    }

    fn wait(&self, now: Duration) -> Option<Duration> {
        self.owed.as_ref().map(|_| self.not_before.saturating_sub(now))
    }
}

type Reply = oneshot::Sender<Result<Sealed, SealError>>;

/// A batch being gathered, with those who wait for it.
#[derive(Default)]
struct Gathered {
    batch: Batch,
    bytes: usize,
    /// Who waits, and the position of their entry in the batch.
    waiting: Vec<(Reply, MessageId, usize)>,
    /// Who submitted a message again, and the entry that it has.
    again: Vec<(Reply, u64)>,
    /// Who ordered an erasure, and the position of its entry in the batch.
    replies: Vec<(Reply, usize)>,
    /// Submitted again within this very batch: known once it is sealed.
    twins: Vec<(Reply, usize)>,
    /// What this batch says is erased.
    ordered: Ordered,
}

impl Gathered {
    fn is_full(&self) -> bool {
        self.batch.entries.len() >= MAX_BATCH_ENTRIES || self.bytes >= MAX_BATCH_BYTES
    }

    fn push(&mut self, leaf: &Leaf) {
        self.batch.entries.push(NewEntry { leaf: leaf.encode().into(), beside: Beside::Nothing });
    }
}

impl Writer {
    fn run(mut self, mut queue: mpsc::Receiver<Command>, timer: &tokio::runtime::Runtime) {
        while let Some(command) = self.next(&mut queue, timer) {
            self.turn(command, &mut queue);
        }
    }

    /// Gathers a batch from this command on, and commits it.
    fn turn(&mut self, command: Option<Command>, queue: &mut mpsc::Receiver<Command>) {
        let mut gathered = Gathered::default();
        let unsaid = std::mem::take(&mut self.unsaid);
        if self.frozen.is_none() {
            gathered.ordered = self.tools.erasers.ordered_in(&unsaid);
            gathered.batch.entries = unsaid;
        }
        if let Some(command) = command {
            self.gather(command, &mut gathered);
        }
        while !gathered.is_full()
            && let Ok(command) = queue.try_recv()
        {
            self.gather(command, &mut gathered);
        }
        self.add_anchor(&mut gathered);
        self.commit(gathered);
    }

    /// The next command; `Some(None)` when an anchor or another attempt is due; `None` when all senders
    /// are gone.
    fn next(
        &self,
        queue: &mut mpsc::Receiver<Command>,
        timer: &tokio::runtime::Runtime,
    ) -> Option<Option<Command>> {
        let retry = (!self.unsaid.is_empty()).then_some(RETRY_INTERVAL);
        match retry.or_else(|| self.anchor.wait(self.tools.clock.monotonic())) {
            None => queue.blocking_recv().map(Some),
            Some(wait) => timer.block_on(async {
                match tokio::time::timeout(wait, queue.recv()).await {
                    Ok(command) => command.map(Some),
                    Err(_) => Some(None),
                }
            }),
        }
    }

    fn gather(&mut self, command: Command, gathered: &mut Gathered) {
        if self.frozen.is_none() && !matches!(command, Command::Freeze(_)) {
            self.add_accords(gathered);
        }
        match command {
            Command::Accord => {}
            Command::Freeze(reason) => {
                self.tools.progress.update(|progress| progress.frozen = Some(reason.clone()));
                self.frozen = Some(reason);
                // What is never going to be written must not keep the timer going.
                self.anchor.owed = None;
            }
            Command::Seal { envelope, reply } => self.gather_message(*envelope, reply, gathered),
            Command::Keep(evidence) => gathered.batch.evidence.push(evidence),
            Command::Erase { leaf, reply } => self.gather_erasure(*leaf, reply, gathered),
            Command::Mirrored { .. } | Command::Publish(_) | Command::Obeyed(_) if self.frozen.is_some() => {}
            Command::Obeyed(leaves) => {
                for leaf in leaves {
                    self.gather_answer(leaf, gathered);
                }
            }
            Command::Mirrored { verdicts, checkpoint, messages } => {
                for verdict in verdicts {
                    gathered.push(&Leaf::Verdict(verdict));
                }
                self.anchor.owe(*checkpoint, messages);
            }
            Command::Publish(certificate) => {
                gathered.push(&Leaf::Key(KeyLeaf { action: KeyAction::Publish, certificate }));
            }
        }
    }

    /// An erasure is said once: one that was said before is answered with its entry.
    fn gather_erasure(&self, leaf: ErasedLeaf, reply: Reply, gathered: &mut Gathered) {
        if let Some(reason) = &self.frozen {
            _ = reply.send(Err(SealError::Frozen(reason.clone())));
            return;
        }
        let place = self.tools.erasers.place(&leaf.erasure);
        if let Some(index) = self.tools.erasers.said(place) {
            gathered.again.push((reply, index));
        } else if let Some(twin) = gathered.ordered.position(place) {
            gathered.twins.push((reply, twin));
        } else {
            let position = gathered.batch.entries.len();
            gathered.ordered.push(place, position);
            gathered.replies.push((reply, position));
            gathered.push(&Leaf::Erased(leaf));
        }
    }

    fn gather_answer(&self, leaf: ErasedLeaf, gathered: &mut Gathered) {
        let place = self.tools.erasers.place(&leaf.erasure);
        if self.tools.erasers.said(place).is_none() && gathered.ordered.position(place).is_none() {
            gathered.ordered.push(place, gathered.batch.entries.len());
            gathered.push(&Leaf::Erased(leaf));
        }
    }

    fn gather_message(&self, envelope: VerifiedEnvelope, reply: Reply, gathered: &mut Gathered) {
        if let Some(reason) = &self.frozen {
            _ = reply.send(Err(SealError::Frozen(reason.clone())));
            return;
        }
        let id = envelope.header().id;
        if let Some(&(_, _, twin)) = gathered.waiting.iter().find(|(_, other, _)| *other == id) {
            let leaf = Leaf::Message(envelope.leaf().clone()).encode();
            if gathered.batch.entries[twin].leaf == leaf {
                gathered.twins.push((reply, twin));
            } else {
                _ = reply.send(Err(SealError::IdTaken(id)));
            }
            return;
        }
        match self.sealed_before(&envelope) {
            Ok(Some(index)) => gathered.again.push((reply, index)),
            Ok(None) => {
                let (_, body, leaf) = envelope.into_parts();
                gathered.bytes += body.encoded_len();
                gathered.waiting.push((reply, id, gathered.batch.entries.len()));
                let leaf = Leaf::Message(leaf).encode().into();
                gathered.batch.entries.push(NewEntry { leaf, beside: Beside::Body(body) });
            }
            Err(error) => _ = reply.send(Err(error)),
        }
    }

    /// The entry of the same message, if it was sealed before; an error if the id is another's.
    fn sealed_before(&self, envelope: &VerifiedEnvelope) -> Result<Option<u64>, SealError> {
        let id = envelope.header().id;
        let place = match self.recent.get(&id) {
            Some(&index) => Some(Place { side: Side::Own, index }),
            None => self.tools.index.place(id),
        };
        let Some(place) = place else { return Ok(None) };
        let leaf = Leaf::Message(envelope.leaf().clone()).encode();
        let same = place.side == Side::Own
            && self
                .log
                .reader()
                .entry(place.index)
                .map_err(|error| SealError::Storage(error.to_string()))?
                .is_some_and(|entry| entry.leaf == leaf);
        if same { Ok(Some(place.index)) } else { Err(SealError::IdTaken(id)) }
    }

    /// Before every command, so that no message comes ahead of the accord that was in force when it was taken.
    fn add_accords(&mut self, gathered: &mut Gathered) {
        let Tools { accords, index, clock, .. } = &self.tools;
        for leaf in self.accords.take_due(accords.now().chain.accords(), index, clock.wall()) {
            gathered.push(&Leaf::Accord(leaf));
        }
    }

    fn add_anchor(&mut self, gathered: &mut Gathered) {
        if self.frozen.is_none()
            && let Some(checkpoint) = self.anchor.take_due(self.tools.clock.monotonic())
        {
            let note = checkpoint.to_string().into_bytes();
            gathered.push(&Leaf::Anchor(AnchorLeaf { note }));
        }
    }

    fn commit(&mut self, gathered: Gathered) {
        let Gathered { batch, waiting, again, twins, replies, ordered, .. } = gathered;
        for (reply, index) in again {
            _ = reply.send(Ok(Sealed { index, again: true }));
        }
        if batch.entries.is_empty() {
            if !batch.evidence.is_empty() {
                self.keep(batch.evidence);
            }
            return;
        }
        // Messages and orders are given again by whoever gave them; the rest is ours to say.
        let ordered_now = |position| replies.iter().any(|(_, other)| *other == position);
        let entries = batch.entries.iter().enumerate();
        let ours = entries.filter(|(at, entry)| entry.beside == Beside::Nothing && !ordered_now(*at));
        let ours: Vec<NewEntry> = ours.map(|(_, entry)| entry.clone()).collect();
        let key = &self.tools.key;
        let mut sign = |checkpoint| SignedCheckpoint::sign(checkpoint, key);
        match self.log.commit(batch, &mut sign, &*self.tools.entropy) {
            Ok(committed) => {
                let size = committed.checkpoint.checkpoint().size;
                // What our log says is erased is so before anybody is told, or this process ends.
                self.tools.erasers.erase(ordered);
                self.tools.progress.update(|progress| progress.own = size);
                for (reply, position) in replies {
                    let index = committed.start + position as u64;
                    _ = reply.send(Ok(Sealed { index, again: false }));
                }
                for (reply, position) in twins {
                    let index = committed.start + position as u64;
                    _ = reply.send(Ok(Sealed { index, again: true }));
                }
                for (reply, id, position) in waiting {
                    let index = committed.start + position as u64;
                    self.recent.insert(id, index);
                    _ = reply.send(Ok(Sealed { index, again: false }));
                }
                self.forget_indexed();
            }
            Err(error) if error.is_doubt() || ours.len() > MAX_UNSAID => fatal::stop(&error),
            Err(error) => {
                tracing::error!(%error, "nothing was sealed");
                self.unsaid = ours;
                let error = SealError::Storage(error.to_string());
                let waiters = waiting.into_iter().map(|(reply, ..)| reply);
                let others = twins.into_iter().chain(replies).map(|(reply, _)| reply);
                for reply in waiters.chain(others) {
                    _ = reply.send(Err(error.clone()));
                }
            }
        }
    }

    fn keep(&mut self, evidence: Vec<Evidence>) {
        match self.log.record(evidence) {
            Ok(()) => self.tools.index.wake(),
            Err(error) if error.is_doubt() => fatal::stop(&error),
            // The peer has it too and gives it again with the next hello.
            Err(error) => tracing::warn!(%error, "evidence of the peer was not kept"),
        }
    }

    fn forget_indexed(&mut self) {
        self.tools.index.wake();
        let applied = self.tools.index.applied_size(Side::Own);
        if applied > self.forgotten {
            self.forgotten = applied;
            self.recent.retain(|_, index| *index >= applied);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use crate::entropy::Seeded;
    use crate::ledger::storage::sim::{Faultless, SimStorage};
    use crate::ledger::testing::{Full, keys, log, log_key, mirrored, place, written};
    use crate::progress::Progress;
    use karakoro_proto::leaf::Verdict;
    use karakoro_proto::log::checkpoint::Checkpoint;
    use karakoro_proto::log::merkle::Hash;

    fn checkpoint(size: u64) -> SignedCheckpoint {
        let checkpoint = Checkpoint { origin: mirrored(), size, root: Hash([9; 32]) };
        SignedCheckpoint::sign(checkpoint, &log_key(mirrored()))
    }

    fn verdict(first: u64) -> Command {
        let verdict = VerdictLeaf { epoch: written().epoch, first, count: 1, verdict: Verdict::Accepted };
        let checkpoint = Box::new(checkpoint(first + 1));
        Command::Mirrored { verdicts: vec![verdict], checkpoint, messages: false }
    }

    fn writer(storage: &Arc<SimStorage>, folder: &std::path::Path) -> Writer {
        let own = log(storage.clone(), written(), Vec::new());
        let mirror = log(storage.clone(), mirrored(), Vec::new());
        let tools = Tools {
            erasers: Erasers { own: own.eraser(), mirror: mirror.eraser() },
            key: log_key(written()),
            clock: Arc::new(SystemClock::start()),
            entropy: Arc::new(Seeded::new(1)),
            index: IndexView::open(folder, own.reader(), mirror.reader()).unwrap(),
            progress: ProgressBoard::new(Progress::none()),
            accords: AccordBoard::new(Default::default(), Default::default()),
        };
        let (recent, anchor) = (HashMap::new(), AnchorDue::new(0));
        let accords = AnchoredAccords::default();
        Writer { log: own, tools, recent, forgotten: 0, anchor, accords, unsaid: Vec::new(), frozen: None }
    }

    #[test]
    fn a_verdict_that_the_disk_did_not_take_is_stated_later() {
        let storage = Arc::new(SimStorage::new(Box::new(Faultless)));
        let folder = tempfile::tempdir().unwrap();
        let mut writer = writer(&storage, folder.path());
        storage.set_faults(Box::new(Full));
        writer.turn(Some(verdict(0)), &mut mpsc::channel(1).1);
        assert_eq!(writer.log.frontier().size(), 0);
        storage.set_faults(Box::new(Faultless));
        writer.turn(Some(verdict(1)), &mut mpsc::channel(1).1);
        let log = writer.log.reader();
        let leaves = log.entries(0).map(|entry| Leaf::decode(&entry.unwrap().leaf).unwrap());
        let stated: Vec<u64> = leaves
            .map(|leaf| match leaf {
                Leaf::Verdict(verdict) => verdict.first,
                other => unreachable!("{other:?}"),
            })
            .collect();
        assert_eq!(stated, [0, 1]);
        Log::open(storage, place(written()), &keys(written()), &mut |_, _| {}).unwrap();
    }

    #[test]
    fn an_anchor_that_is_not_going_to_be_written_keeps_no_timer_going() {
        let mut due = AnchorDue::new(5);
        due.owe(checkpoint(5), true);
        assert!(due.take_due(Duration::from_secs(9)).is_none());
        assert_eq!(due.wait(Duration::from_secs(9)), None);

        let storage = Arc::new(SimStorage::new(Box::new(Faultless)));
        let folder = tempfile::tempdir().unwrap();
        let mut writer = writer(&storage, folder.path());
        writer.anchor.owe(checkpoint(5), true);
        writer.turn(Some(Command::Freeze("a test".to_owned())), &mut mpsc::channel(1).1);
        assert_eq!(writer.anchor.wait(Duration::from_secs(9)), None);
    }
}
