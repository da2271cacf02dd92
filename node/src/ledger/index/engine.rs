//! The narrow trait behind which an ordered key-value engine stands: sled, or a map in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use thiserror::Error;

use crate::ledger::log::LedgerError;

/// Memory that sled may use for its cache, in bytes.
const SLED_CACHE_BYTES: u64 = 1024 * 1024;

/// An engine that cannot be relied on any more; the index is thrown away and made again.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{0}")]
pub struct EngineError(String);

impl EngineError {
    pub(crate) fn unreadable(what: &str) -> Self {
        Self(what.to_owned())
    }
}

impl From<EngineError> for LedgerError {
    fn from(error: EngineError) -> Self {
        Self::Index(error.0)
    }
}

/// A key and its value.
pub type Row = (Vec<u8>, Vec<u8>);

/// Rows to be written together.
#[derive(Default, Debug)]
pub struct Rows {
    puts: Vec<(Row, Put)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Put {
    Always,
    /// Only where no row has this key: the first one stays.
    IfNew,
    /// No row has this key any more.
    Remove,
}

impl Rows {
    /// Writes a row, over an older one.
    pub fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.puts.push(((key, value), Put::Always));
    }

    /// Removes the row of a key.
    pub fn remove(&mut self, key: Vec<u8>) {
        self.puts.push(((key, Vec::new()), Put::Remove));
    }

    /// Writes a row, or removes it where there is no value.
    pub fn put_or_remove(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
        match value {
            Some(value) => self.put(key, value),
            None => self.remove(key),
        }
    }

    /// Writes a row unless there is one of this key.
    pub fn put_new(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.puts.push(((key, value), Put::IfNew));
    }
}

/// An ordered key-value engine. Owned rows cross the trait, no type of any engine.
pub trait Engine: Send + Sync + fmt::Debug {
    /// The value of a key.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError>;

    /// The first `most` rows from `from` (inclusive) to `to` (exclusive), ascending.
    fn first(&self, from: &[u8], to: &[u8], most: usize) -> Result<Vec<Row>, EngineError>;

    /// The last `most` rows from `from` (inclusive) to `to` (exclusive), descending.
    fn last(&self, from: &[u8], to: &[u8], most: usize) -> Result<Vec<Row>, EngineError>;

    /// Writes all rows or none.
    fn commit(&self, rows: Rows) -> Result<(), EngineError>;
}

/// sled 0.34, in one tree, so that a batch is atomic.
#[derive(Debug)]
pub struct SledEngine {
    db: sled::Db,
    folder: PathBuf,
}

impl SledEngine {
    /// Opens or creates the engine's folder.
    ///
    /// sled is known to panic on some damaged files; here that is an error like any other.
    pub fn open(folder: &Path) -> Result<Self, EngineError> {
        let config = sled::Config::new()
            .path(folder)
            .cache_capacity(SLED_CACHE_BYTES)
            .flush_every_ms(Some(5_000))
            .mode(sled::Mode::LowSpace);
        let db = guarded(|| config.open())?;
        Ok(Self { db, folder: folder.to_owned() })
    }

    /// Closes the engine and removes everything that it wrote.
    pub fn destroy(self) -> std::io::Result<()> {
        drop(self.db);
        std::fs::remove_dir_all(self.folder)
    }
}

fn guarded<T>(act: impl FnOnce() -> sled::Result<T>) -> Result<T, EngineError> {
    catch_unwind(AssertUnwindSafe(act))
        .map_err(|_| EngineError("the index engine panicked on its own files".to_owned()))?
        .map_err(|error| EngineError(error.to_string()))
}

fn owned((key, value): (sled::IVec, sled::IVec)) -> Row {
    (key.to_vec(), value.to_vec())
}

impl Engine for SledEngine {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        guarded(|| Ok(self.db.get(key)?.map(|value| value.to_vec())))
    }

    fn first(&self, from: &[u8], to: &[u8], most: usize) -> Result<Vec<Row>, EngineError> {
        guarded(|| self.db.range(from..to).take(most).map(|row| row.map(owned)).collect())
    }

    fn last(&self, from: &[u8], to: &[u8], most: usize) -> Result<Vec<Row>, EngineError> {
        guarded(|| self.db.range(from..to).rev().take(most).map(|row| row.map(owned)).collect())
    }

    fn commit(&self, rows: Rows) -> Result<(), EngineError> {
        guarded(|| {
            let mut batch = sled::Batch::default();
            let mut new = std::collections::BTreeSet::new();
            for ((key, value), put) in rows.puts {
                if put == Put::IfNew && (self.db.contains_key(&key)? || !new.insert(key.clone())) {
                    continue;
                }
                match put {
                    Put::Remove => batch.remove(key),
                    Put::Always | Put::IfNew => batch.insert(key, value),
                }
            }
            self.db.apply_batch(batch)
        })
    }
}

/// A map in memory: for tests, and the oracle of the conformance suite.
#[derive(Default, Debug)]
pub struct MemoryEngine {
    rows: Mutex<BTreeMap<Vec<u8>, Vec<u8>>>,
}

impl MemoryEngine {
    fn rows(&self) -> MutexGuard<'_, BTreeMap<Vec<u8>, Vec<u8>>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine for MemoryEngine {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        Ok(self.rows().get(key).cloned())
    }

    fn first(&self, from: &[u8], to: &[u8], most: usize) -> Result<Vec<Row>, EngineError> {
        let rows = self.rows();
        let range = rows.range(from.to_vec()..to.to_vec());
        Ok(range.take(most).map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn last(&self, from: &[u8], to: &[u8], most: usize) -> Result<Vec<Row>, EngineError> {
        let rows = self.rows();
        let range = rows.range(from.to_vec()..to.to_vec()).rev();
        Ok(range.take(most).map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn commit(&self, rows: Rows) -> Result<(), EngineError> {
        let mut all = self.rows();
        for ((key, value), put) in rows.puts {
            match put {
                Put::Always => _ = all.insert(key, value),
                Put::IfNew => _ = all.entry(key).or_insert(value),
                Put::Remove => _ = all.remove(&key),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every engine gives these answers.
    fn conforms(engine: &dyn Engine) {
        let row = |key: &[u8], value: u8| (key.to_vec(), vec![value]);
        let mut rows = Rows::default();
        for number in 0..10_u8 {
            rows.put(vec![b'k', number], vec![number]);
        }
        rows.put_new(b"new".to_vec(), vec![1]);
        rows.put_new(b"new".to_vec(), vec![2]);
        engine.commit(rows).unwrap();
        let mut again = Rows::default();
        again.put_new(b"new".to_vec(), vec![3]);
        again.put(b"k\x03".to_vec(), vec![99]);
        again.remove(b"k\x06".to_vec());
        again.put_or_remove(b"k\x07".to_vec(), None);
        engine.commit(again).unwrap();
        assert_eq!(engine.get(b"new").unwrap(), Some(vec![1]));
        assert_eq!(engine.get(b"none").unwrap(), None);
        assert_eq!(engine.first(b"k\x02", b"k\x09", 2).unwrap(), [row(b"k\x02", 2), row(b"k\x03", 99)]);
        assert_eq!(engine.last(b"k\x00", b"k\x09", 1).unwrap(), [row(b"k\x08", 8)]);
        assert_eq!(engine.last(b"k\x05", b"k\x05", 1).unwrap(), []);
        assert_eq!(engine.first(b"k\x06", b"k\x08", 9).unwrap(), []);
    }

    #[test]
    fn the_map_conforms() {
        conforms(&MemoryEngine::default());
    }

    #[test]
    fn sled_conforms() {
        let folder = tempfile::tempdir().unwrap();
        conforms(&SledEngine::open(folder.path()).unwrap());
    }
}
