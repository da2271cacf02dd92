//! The register of erasures: which bodies of a log were destroyed, kept apart from the log like its guard.
//!
//! An old copy of a log, put back, brings bodies back, and may lack the entries that say that they were erased.
//! The register is kept out of backups, so it knows: what it names is destroyed again before the log is opened,
//! and even where the log is then refused. It can be made again from the logs, and says nothing that they do not.
//!
//! ```text
//! magic `KARAERA1`, then records: entry u64, leaf hash [32], CRC-32C u32
//! ```
//!
//! A record counts only for a leaf of its hash, so that no other log loses anything. A torn record is none: it was
//! never acknowledged, and nothing was destroyed on its word.

use std::collections::BTreeMap;
use std::sync::Arc;

use karakoro_proto::log::merkle::Hash;

use crate::ledger::log::LedgerError;
use crate::ledger::storage::{File, Storage};

const MAGIC: &[u8; 8] = b"KARAERA1";
const RECORD_BYTES: usize = 8 + 32 + 4;

/// The register of one log.
#[derive(Debug)]
pub struct Register {
    storage: Arc<dyn Storage>,
    path: String,
    /// `None` until something was erased.
    file: Option<Arc<dyn File>>,
    /// Where the next record goes.
    end: u64,
    entries: BTreeMap<u64, Hash>,
}

impl Register {
    /// Reads the register beside the guard at `guard`. One that is not there is empty.
    pub fn read(storage: Arc<dyn Storage>, guard: &str) -> Result<Self, LedgerError> {
        let path = format!("{}.erased", guard.strip_suffix(".guard").unwrap_or(guard));
        let failed = |source| LedgerError::io("read", &path, source);
        if !storage.exists(&path).map_err(failed)? {
            return Ok(Self { storage, path, file: None, end: 0, entries: BTreeMap::new() });
        }
        let file = storage.open(&path).map_err(failed)?;
        let length = usize::try_from(file.len().map_err(failed)?).unwrap_or(usize::MAX);
        let mut bytes = vec![0; length];
        file.read_at(&mut bytes, 0).map_err(failed)?;
        let records = bytes.get(MAGIC.len()..).unwrap_or_default().chunks_exact(RECORD_BYTES);
        let end = match bytes.starts_with(MAGIC) {
            true => MAGIC.len() + records.len() * RECORD_BYTES,
            // Its creation was cut off.
            false => 0,
        };
        let entries = records.filter_map(decode).collect();
        Ok(Self { storage, path, file: Some(file), end: end as u64, entries })
    }

    /// Whether this very entry was erased.
    #[must_use]
    pub fn holds(&self, entry: u64, leaf: &Hash) -> bool {
        self.entries.get(&entry) == Some(leaf)
    }

    /// Takes up erasures, durably: only then may anything be destroyed.
    pub fn add(&mut self, erased: &[(u64, Hash)]) -> Result<(), LedgerError> {
        let new: Vec<_> = erased.iter().filter(|(entry, leaf)| !self.holds(*entry, leaf)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let (file, created) = self.file()?;
        let mut bytes = if self.end == 0 { MAGIC.to_vec() } else { Vec::new() };
        new.iter().for_each(|(entry, leaf)| encode_into(*entry, leaf, &mut bytes));
        file.write_at(&bytes, self.end).map_err(|source| LedgerError::io("write", &self.path, source))?;
        file.sync().map_err(|source| LedgerError::sync(&self.path, source))?;
        if created {
            let folder = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            self.storage.sync_folder(folder).map_err(|source| LedgerError::sync(folder, source))?;
        }
        self.end += bytes.len() as u64;
        self.entries.extend(new.into_iter().copied());
        Ok(())
    }

    /// The file, and whether it was created for this.
    fn file(&mut self) -> Result<(Arc<dyn File>, bool), LedgerError> {
        if let Some(file) = &self.file {
            return Ok((file.clone(), false));
        }
        let file = self.storage.create(&self.path);
        let file = file.map_err(|source| LedgerError::io("create", &self.path, source))?;
        self.file = Some(file.clone());
        Ok((file, true))
    }
}

fn encode_into(entry: u64, leaf: &Hash, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(&entry.to_be_bytes());
    out.extend_from_slice(leaf.as_bytes());
    let check = crc32c::crc32c(&out[start..]);
    out.extend_from_slice(&check.to_be_bytes());
}

fn decode(record: &[u8]) -> Option<(u64, Hash)> {
    let (stated, check) = record.split_at_checked(RECORD_BYTES - 4)?;
    let (entry, leaf) = stated.split_first_chunk::<8>()?;
    let sound = crc32c::crc32c(stated).to_be_bytes() == check;
    sound.then_some((u64::from_be_bytes(*entry), Hash(leaf.try_into().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::storage::sim::{Faultless, SimStorage};

    fn register(storage: &SimStorage) -> Register {
        Register::read(Arc::new(storage.clone()), "guard/log.guard").unwrap()
    }

    #[test]
    fn what_was_added_is_found_again_for_its_leaf_only() {
        let storage = SimStorage::new(Box::new(Faultless));
        register(&storage).add(&[(1, Hash([1; 32])), (2, Hash([2; 32]))]).unwrap();
        register(&storage).add(&[(2, Hash([2; 32])), (7, Hash([7; 32]))]).unwrap();
        storage.crash();
        let register = register(&storage);
        for number in [1, 2, 7] {
            assert!(register.holds(number, &Hash([u8::try_from(number).unwrap(); 32])));
            assert!(!register.holds(number, &Hash([9; 32])));
        }
        assert!(!register.holds(3, &Hash([3; 32])));
    }

    #[test]
    fn a_damaged_record_hides_no_other() {
        let storage = SimStorage::new(Box::new(Faultless));
        register(&storage).add(&[(1, Hash([1; 32])), (2, Hash([2; 32]))]).unwrap();
        storage.flip("guard/log.erased", MAGIC.len() + 3, 0);
        let mut found = register(&storage);
        assert!(!found.holds(1, &Hash([1; 32])) && found.holds(2, &Hash([2; 32])));
        found.add(&[(1, Hash([1; 32]))]).unwrap();
        assert!(register(&storage).holds(1, &Hash([1; 32])));
    }
}
