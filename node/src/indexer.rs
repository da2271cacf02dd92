//! Keeps the index behind the logs, and makes it anew when it cannot be relied on.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use karakoro_proto::envelope::MessageId;

use crate::fatal;
use crate::ledger::index::{EngineError, Index, Place, Side, SledEngine};
use crate::ledger::log::{LedgerError, LogReader};

/// The folder of the index, relative to the home.
pub const FOLDER: &str = "data/index";

/// A progress bar is shown for this many entries or more.
const BAR_FROM_ENTRIES: u64 = 1;

/// How long the indexer lets work gather, so that it takes no processor from messages under way. Whoever asks
/// for more than ids folds first, and never waits for it.
const GATHER: Duration = Duration::from_millis(20);

/// The index as the rest of the node uses it; clones are the same index.
#[derive(Clone, Debug)]
pub struct IndexView {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    own: LogReader,
    mirror: LogReader,
    current: RwLock<Current>,
    /// Held while folding: one fold at a time.
    folding: Mutex<()>,
    applied: [AtomicU64; 2],
    wake: Mutex<Wake>,
    woken: Condvar,
}

/// The index in use.
#[derive(Default, Debug)]
struct Current {
    /// `None` only until it was opened, and after it could not even be made anew.
    index: Option<Index<SledEngine>>,
    /// Grows each time it is made anew.
    number: u64,
}

#[derive(Default, Debug)]
struct Wake {
    pending: bool,
    stop: bool,
}

impl IndexView {
    /// Opens the index of a home and brings it up to its logs; one that is missing or damaged is made
    /// anew, with a progress bar on a terminal and a line in the log.
    pub fn open(home: &Path, own: LogReader, mirror: LogReader) -> Result<Self, LedgerError> {
        let folder = home.join(FOLDER);
        let shared = Shared {
            folder,
            own,
            mirror,
            current: RwLock::default(),
            folding: Mutex::new(()),
            applied: [AtomicU64::new(0), AtomicU64::new(0)],
            wake: Mutex::default(),
            woken: Condvar::new(),
        };
        let view = Self { shared: Arc::new(shared) };
        let missing = !view.shared.folder.exists();
        match SledEngine::open(&view.shared.folder).map(Index::new) {
            Ok(index) if !missing && view.fits_logs(&index) => view.put(index),
            Ok(index) if missing => {
                view.fold_anew(&index)?;
                view.put(index);
            }
            Ok(index) => {
                drop(index);
                view.make_anew(0, &"it does not fit the logs")?;
            }
            Err(error) => view.make_anew(0, &error)?,
        }
        view.catch_up()?;
        Ok(view)
    }

    fn put(&self, index: Index<SledEngine>) {
        write(&self.shared.current).index = Some(index);
    }

    /// An index is sound only if it was folded from these logs, and no further than they go.
    fn fits_logs(&self, index: &Index<SledEngine>) -> bool {
        Side::BOTH.into_iter().all(|side| index.fits(side, self.log(side)).unwrap_or(false))
    }

    /// A log that is indexed.
    pub(crate) fn log(&self, side: Side) -> &LogReader {
        match side {
            Side::Own => &self.shared.own,
            Side::Mirror => &self.shared.mirror,
        }
    }

    /// Throws the index away and folds the logs again from the first record.
    ///
    /// Nobody is answered meanwhile: a half-made index would not know messages that were sealed long ago,
    /// and would let them be sealed again. `failed` is the index that could not be relied on; where
    /// somebody else has replaced it already, nothing is left to do.
    fn make_anew(&self, failed: u64, why: &dyn std::fmt::Display) -> Result<(), LedgerError> {
        let mut current = write(&self.shared.current);
        if current.number != failed {
            return Ok(());
        }
        tracing::warn!(%why, "the index cannot be used; making it anew from the logs");
        current.index = None;
        let error = |source| LedgerError::Io {
            doing: "remove",
            path: self.shared.folder.display().to_string(),
            source,
        };
        if self.shared.folder.exists() {
            std::fs::remove_dir_all(&self.shared.folder).map_err(error)?;
        }
        let index = Index::new(SledEngine::open(&self.shared.folder)?);
        self.fold_anew(&index)?;
        *current = Current { index: Some(index), number: failed + 1 };
        Ok(())
    }

    fn fold_anew(&self, index: &Index<SledEngine>) -> Result<(), LedgerError> {
        let total = self.shared.own.size() + self.shared.mirror.size();
        let bar = bar(total);
        let mut done = 0;
        for side in Side::BOTH {
            while index.step(side, self.log(side))? {
                let within = index.last_entry(side)?.map_or(0, |last| last + 1);
                bar.set_position(done + within);
            }
            done += self.log(side).size();
            bar.set_position(done);
        }
        bar.finish_and_clear();
        tracing::info!(entries = total, "the index was made anew from the logs");
        Ok(())
    }

    /// Folds everything that is committed, so that the next answer is about now.
    pub fn catch_up(&self) -> Result<(), LedgerError> {
        self.asked_twice(|index| {
            let _folding = lock(&self.shared.folding);
            for side in Side::BOTH {
                let size = self.log(side).size();
                while index.step(side, self.log(side))? {}
                self.shared.applied[side as usize].store(size, Ordering::Release);
            }
            Ok(())
        })
    }

    /// Asks the index; an index that fails is made anew and asked once more.
    pub fn ask<T>(
        &self,
        question: impl Fn(&Index<SledEngine>) -> Result<T, EngineError>,
    ) -> Result<T, LedgerError> {
        self.asked_twice(|index| question(index).map_err(LedgerError::from))
    }
    fn asked_twice<T>(
        &self,
        question: impl Fn(&Index<SledEngine>) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let asked = || {
            let current = read(&self.shared.current);
            let answer = match &current.index {
                Some(index) => question(index),
                None => Err(LedgerError::Index("there is none".to_owned())),
            };
            (answer, current.number)
        };
        match asked() {
            (Err(LedgerError::Index(why)), number) => {
                self.make_anew(number, &why)?;
                asked().0
            }
            (answer, _) => answer,
        }
    }

    /// Where a message stands, as far as it was folded. A node that cannot even make its index anew
    /// cannot tell duplicates, and stops.
    #[must_use]
    pub fn place(&self, id: MessageId) -> Option<Place> {
        self.ask(|index| index.place(id)).unwrap_or_else(|error| fatal::stop(&error))
    }

    /// The size of the peer's log that ours anchored last.
    #[must_use]
    pub fn anchored(&self) -> u64 {
        self.ask(|index| index.anchored(Side::Own)).unwrap_or_else(|error| fatal::stop(&error))
    }

    /// How many entries of a log are in the index at least.
    #[must_use]
    pub fn applied_size(&self, side: Side) -> u64 {
        self.shared.applied[side as usize].load(Ordering::Acquire)
    }

    /// Says that a log has grown.
    pub fn wake(&self) {
        lock(&self.shared.wake).pending = true;
        self.shared.woken.notify_one();
    }

    /// Ends [`Self::run`].
    pub fn stop(&self) {
        lock(&self.shared.wake).stop = true;
        self.shared.woken.notify_one();
    }

    /// The indexer's thread: folds whenever it is woken.
    pub fn run(&self) {
        loop {
            {
                let mut wake = lock(&self.shared.wake);
                while !wake.pending && !wake.stop {
                    wake = self.shared.woken.wait(wake).unwrap_or_else(PoisonError::into_inner);
                }
                let gathered = self.shared.woken.wait_timeout_while(wake, GATHER, |wake| !wake.stop);
                wake = gathered.unwrap_or_else(PoisonError::into_inner).0;
                if wake.stop {
                    return;
                }
                wake.pending = false;
            }
            if let Err(error) = self.catch_up() {
                fatal::stop(&error);
            }
        }
    }
}

fn bar(total: u64) -> ProgressBar {
    if total < BAR_FROM_ENTRIES || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("rebuilding the index {bar:40} {pos}/{len} entries")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::ledger::storage::sim::{Faultless, SimStorage};
    use crate::ledger::testing::{log, message, mirrored, written};

    #[test]
    fn while_the_index_is_made_anew_nobody_misses_a_message_that_was_sealed() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Arc::new(SimStorage::new(Box::new(Faultless)));
        let (ids, entries): (Vec<_>, Vec<_>) = (0..300).map(message).unzip();
        let own = log(storage.clone(), written(), entries);
        let mirror = log(storage, mirrored(), Vec::new());
        let view = IndexView::open(folder.path(), own.reader(), mirror.reader()).unwrap();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for _ in 0..10 {
                        let failed = AtomicBool::new(false);
                        view.ask(|_| match failed.swap(true, Ordering::Relaxed) {
                            true => Ok(()),
                            false => Err(EngineError::unreadable("a fault of this test")),
                        })
                        .unwrap();
                    }
                    done.store(true, Ordering::Relaxed);
                });
            }
            while !done.load(Ordering::Relaxed) {
                for &id in &ids {
                    assert!(view.place(id).is_some(), "{id}");
                }
            }
        });
    }
}
