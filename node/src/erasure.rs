//! Erasing on this node: whose word counts, and the rights to destroy bodies of both logs.
//!
//! An officer's order comes through the service, the end of a retention through [`retention_ended`]; both become
//! an entry of our own log, and then the body is destroyed. What the peer erases in its log is destroyed by the
//! mirror's writer as soon as it is durable here, and answered by an entry of ours. What was said and not done
//! when the process ended is done before the next start serves anything.

use karakoro_proto::envelope::MessageId;
use karakoro_proto::identity::Origin;
use karakoro_proto::leaf::{self, Basis, ErasedLeaf, ErasedLog, Erasure, Leaf};
use karakoro_proto::time::UnixMillis;
use tokio::sync::{mpsc, oneshot};

use crate::fatal;
use crate::ledger::index::{Place, Side};
use crate::ledger::log::{Eraser, LedgerError, LogReader, NewEntry};
use crate::writer::{Command, SealError, Sealed};

/// The rights to destroy bodies of both logs of this node.
#[derive(Clone, Debug)]
pub struct Erasers {
    /// Of the log that we write.
    pub own: Eraser,
    /// Of the one that we mirror.
    pub mirror: Eraser,
}

/// Erasures that one batch of our log orders, each with its entry's position in the batch.
#[derive(Default, Debug)]
pub struct Ordered(Vec<(Place, usize)>);

impl Ordered {
    /// The position of the entry that orders the erasure of what stands at `place`.
    #[must_use]
    pub fn position(&self, place: Place) -> Option<usize> {
        self.0.iter().find(|(other, _)| *other == place).map(|(_, position)| *position)
    }

    /// Adds one.
    pub fn push(&mut self, place: Place, position: usize) {
        self.0.push((place, position));
    }
}

impl Erasers {
    /// Brings both logs to what they say before anything is served: destroys what our log says of the mirror, and
    /// refuses bodies that are gone without a word. Each log has done what it says of itself when it was opened.
    pub fn settle(&self) -> Result<(), LedgerError> {
        let ours = self.own.reader();
        self.mirror.erase(ours.told_entries(self.mirror.reader().origin().epoch))?;
        self.own.check(None)?;
        self.mirror.check(Some(&ours))
    }

    /// Where the entry of an erasure stands that our log states.
    #[must_use]
    pub fn place(&self, erasure: &Erasure) -> Place {
        let side = match erasure.log {
            ErasedLog::This => Side::Own,
            ErasedLog::Opposite => Side::Mirror,
        };
        Place { side, index: erasure.entry }
    }

    /// The entry of our log that says that what stands at `place` is erased.
    #[must_use]
    pub fn said(&self, place: Place) -> Option<u64> {
        let ours = self.own.reader();
        match place.side {
            Side::Own => ours.erased_by(place.index),
            Side::Mirror => ours.told(self.mirror.reader().origin().epoch, place.index),
        }
    }

    /// What entries that go into our log order.
    #[must_use]
    pub fn ordered_in(&self, entries: &[NewEntry]) -> Ordered {
        let leaves = entries.iter().enumerate();
        let order = |(position, entry): (usize, &NewEntry)| {
            Some((self.place(&Leaf::erased(&entry.leaf)?.erasure), position))
        };
        Ordered(leaves.filter_map(order).collect())
    }

    /// Destroys what our log has just said is erased.
    pub fn erase(&self, ordered: Ordered) {
        for (eraser, side) in [(&self.own, Side::Own), (&self.mirror, Side::Mirror)] {
            let entries =
                ordered.0.iter().filter(|(place, _)| place.side == side).map(|(place, _)| place.index);
            obey(eraser, entries);
        }
    }
}

/// Destroys bodies, or ends the process: what a log says is erased must not be served, and the next start goes on.
pub fn obey(eraser: &Eraser, entries: impl IntoIterator<Item = u64>) {
    if let Err(error) = eraser.erase(entries) {
        fatal::stop(&error);
    }
}

/// What our log still has to answer to erasures of the peer: those that it obeys and has not said so.
pub fn unanswered(mirror: &LogReader, ours: &LogReader) -> Result<Vec<ErasedLeaf>, LedgerError> {
    let epoch = mirror.origin().epoch;
    let open = mirror.erased_entries().into_iter().filter(|(entry, _)| ours.told(epoch, *entry).is_none());
    let mut answers = Vec::new();
    for (_, by) in open {
        let entry = mirror.entry(by)?;
        answers.extend(entry.and_then(|entry| Leaf::erased(&entry.leaf)).map(|leaf| leaf.answer()));
    }
    Ok(answers)
}

/// Which log an erasure names, from our own log's point of view.
#[must_use]
pub fn erased_log(side: Side) -> ErasedLog {
    match side {
        Side::Own => ErasedLog::This,
        Side::Mirror => ErasedLog::Opposite,
    }
}

/// Erases a message because the time for which the accord lets it be kept is over; answers once the body is
/// destroyed here. One of ours is erased at the peer too; of the peer's, our copy is. A message that was erased
/// before is left alone. `origin` is the log in which it stands, `now` the time that the entry states.
///
/// # Errors
///
/// Nothing was erased, and nothing was said.
pub async fn retention_ended(
    writer: &mpsc::Sender<Command>,
    place: Place,
    origin: Origin,
    message: MessageId,
    now: UnixMillis,
) -> Result<Sealed, SealError> {
    let erasure = Erasure {
        log: erased_log(place.side),
        epoch: origin.epoch,
        entry: place.index,
        message,
        basis: Basis::RetentionEnded.number(),
        reference: None,
        time: now,
    };
    say(writer, ErasedLeaf { erasure, ordered: leaf::Ordered::Accord }).await
}

/// Has our log say that a body is erased, and waits until it is.
pub(crate) async fn say(writer: &mpsc::Sender<Command>, leaf: ErasedLeaf) -> Result<Sealed, SealError> {
    let (reply, said) = oneshot::channel();
    let command = Command::Erase { leaf: Box::new(leaf), reply };
    writer.send(command).await.map_err(|_| SealError::Stopping)?;
    said.await.unwrap_or(Err(SealError::Stopping))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::accords::AccordBoard;
    use crate::clock::SystemClock;
    use crate::entropy::Seeded;
    use crate::indexer::IndexView;
    use crate::ledger::storage::sim::{Faultless, SimStorage};
    use crate::ledger::testing::{log, log_key, message, mirrored, written};
    use crate::progress::{Progress, ProgressBoard};
    use crate::writer;

    #[test]
    fn at_the_end_of_its_time_a_message_is_erased_once_on_the_word_of_the_accord() {
        let storage = Arc::new(SimStorage::new(Box::new(Faultless)));
        let folder = tempfile::tempdir().unwrap();
        let (id, entry) = message(1);
        let own = log(storage.clone(), written(), vec![entry]);
        let mirror = log(storage, mirrored(), Vec::new());
        let (ours, index) =
            (own.reader(), IndexView::open(folder.path(), own.reader(), mirror.reader()).unwrap());
        let tools = writer::Tools {
            key: log_key(written()),
            clock: Arc::new(SystemClock::start()),
            entropy: Arc::new(Seeded::new(1)),
            index: index.clone(),
            erasers: Erasers { own: own.eraser(), mirror: mirror.eraser() },
            progress: ProgressBoard::new(Progress::none()),
            accords: AccordBoard::new(Default::default(), Default::default()),
        };
        let (to_writer, queue) = mpsc::channel(4);
        let writing = std::thread::spawn(move || writer::run(own, tools, queue));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let place = Place { side: Side::Own, index: 0 };
        let end = || retention_ended(&to_writer, place, written(), id, UnixMillis::default());
        assert_eq!(runtime.block_on(end()), Ok(Sealed { index: 1, again: false }));
        assert_eq!(runtime.block_on(end()), Ok(Sealed { index: 1, again: true }));
        drop(to_writer);
        writing.join().unwrap();

        let entry = ours.entry(0).unwrap().unwrap();
        assert!(entry.body.is_gone() && ours.body(&entry).unwrap().is_none());
        assert_eq!((ours.size(), ours.erased_by(0)), (2, Some(1)));
        index.catch_up().unwrap();
        assert_eq!(index.place(id), Some(place), "it is still found by its id");
        let said = index.ask(|index| index.erased(place, Side::Own)).unwrap().unwrap();
        assert_eq!((said.entry, said.leaf.ordered), (1, leaf::Ordered::Accord));
        let all = index.ask(|index| index.erasures_from(Side::Own, 0, 9)).unwrap();
        assert_eq!(all, [(1, place)]);
    }
}
