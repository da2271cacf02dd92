//! A disk in memory that forgets what was not synced, tears writes, and lies after a failed sync.
//!
//! What it can do to a file, in the order of malice: fail a call and do nothing; fail a call and do it all
//! the same; at a crash keep any subset of the sectors written since the last sync, one of them in part;
//! fail a sync and **mark the pages clean**, as Linux does, so that they read back well until the crash.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{File, Lock, Storage};

/// What a disk keeps or loses as one.
pub const SECTOR: usize = 512;

/// What happens to the calls, one decision a call. The source of decisions is the caller's: a seeded
/// generator, or a script of one fault.
pub trait Faults: Send + std::fmt::Debug {
    /// What becomes of the call that is about to write, sync, rename, create or remove.
    fn next(&mut self, call: Call) -> Outcome;

    /// Whether a sector that was not synced survives a crash: whole, in part, or not.
    fn sector_at_crash(&mut self) -> SectorFate;
}

/// The kinds of call that may be made to fail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Call {
    /// Bytes to a file.
    Write,
    /// A file made durable.
    Sync,
    /// A folder made durable.
    SyncFolder,
    /// A file created, moved or removed.
    Name,
}

/// What becomes of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It works.
    Works,
    /// It fails with this error and does nothing. A failed sync leaves its pages marked clean.
    Fails(io::ErrorKind),
    /// It fails with this error although it was done.
    FailsButPersisted(io::ErrorKind),
}

/// What becomes of an unsynced sector at a crash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SectorFate {
    /// The old content stays.
    Lost,
    /// The new content is there.
    Kept,
    /// So many bytes of the new content are there.
    Torn(usize),
}

/// A disk without faults.
#[derive(Clone, Copy, Debug)]
pub struct Faultless;

impl Faults for Faultless {
    fn next(&mut self, _call: Call) -> Outcome {
        Outcome::Works
    }

    fn sector_at_crash(&mut self) -> SectorFate {
        SectorFate::Lost
    }
}

/// A simulated disk. Clones are the same disk.
#[derive(Clone, Debug)]
pub struct SimStorage {
    disk: Arc<Mutex<Disk>>,
}

#[derive(Debug)]
struct Disk {
    /// What a reader sees: the page cache.
    names: BTreeMap<String, Arc<Mutex<Pages>>>,
    /// Names as they would be after a crash.
    durable_names: BTreeMap<String, Arc<Mutex<Pages>>>,
    folders: BTreeSet<String>,
    faults: Box<dyn Faults>,
    locked: BTreeSet<String>,
    /// Counts crashes: files and locks of before the last one are dead.
    life: u64,
}

#[derive(Default, Debug)]
struct Pages {
    cached: Vec<u8>,
    durable: Vec<u8>,
    dirty: BTreeSet<usize>,
}

impl Pages {
    fn write(&mut self, bytes: &[u8], offset: usize) {
        let end = offset + bytes.len();
        if self.cached.len() < end {
            self.cached.resize(end, 0);
        }
        self.cached[offset..end].copy_from_slice(bytes);
        if !bytes.is_empty() {
            self.dirty.extend(offset / SECTOR..=(end - 1) / SECTOR);
        }
    }

    fn persist(&mut self, sector: usize, most: usize) {
        let start = sector * SECTOR;
        let end = (start + SECTOR.min(most)).min(self.cached.len());
        if start >= end {
            return;
        }
        if self.durable.len() < end {
            self.durable.resize(end, 0);
        }
        self.durable[start..end].copy_from_slice(&self.cached[start..end]);
    }

    fn sync(&mut self) {
        for sector in std::mem::take(&mut self.dirty) {
            self.persist(sector, SECTOR);
        }
    }
}

impl SimStorage {
    /// An empty disk.
    #[must_use]
    pub fn new(faults: Box<dyn Faults>) -> Self {
        let disk = Disk {
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            folders: BTreeSet::new(),
            faults,
            locked: BTreeSet::new(),
            life: 0,
        };
        Self { disk: Arc::new(Mutex::new(disk)) }
    }

    /// Puts another source of faults in place.
    pub fn set_faults(&self, faults: Box<dyn Faults>) {
        self.lock_disk().faults = faults;
    }

    /// The power goes: what was not synced is at the mercy of the faults; open files are dead.
    pub fn crash(&self) {
        let mut disk = self.lock_disk();
        disk.life += 1;
        disk.locked.clear();
        let Disk { names, durable_names, faults, .. } = &mut *disk;
        *names = durable_names.clone();
        for pages in names.values() {
            let mut pages = lock(pages);
            for sector in std::mem::take(&mut pages.dirty) {
                match faults.sector_at_crash() {
                    SectorFate::Lost => {}
                    SectorFate::Kept => pages.persist(sector, SECTOR),
                    SectorFate::Torn(bytes) => pages.persist(sector, bytes),
                }
            }
            pages.cached = pages.durable.clone();
        }
    }

    /// Flips one bit of a file, on the platter and in the cache.
    pub fn flip(&self, path: &str, offset: usize, bit: u8) {
        if let Some(pages) = self.lock_disk().names.get(path) {
            let pages = &mut *lock(pages);
            for bytes in [&mut pages.cached, &mut pages.durable] {
                if let Some(byte) = bytes.get_mut(offset) {
                    *byte ^= 1 << (bit % 8);
                }
            }
        }
    }

    fn lock_disk(&self) -> MutexGuard<'_, Disk> {
        lock(&self.disk)
    }

    fn named(&self, act: impl FnOnce(&mut Disk) -> io::Result<()>) -> io::Result<()> {
        let mut disk = self.lock_disk();
        match disk.faults.next(Call::Name) {
            Outcome::Works => act(&mut disk),
            Outcome::Fails(kind) => Err(kind.into()),
            Outcome::FailsButPersisted(kind) => act(&mut disk).and_then(|()| Err(kind.into())),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

impl Storage for SimStorage {
    fn open(&self, path: &str) -> io::Result<Arc<dyn File>> {
        let disk = self.lock_disk();
        let pages = disk.names.get(path).ok_or(io::ErrorKind::NotFound)?.clone();
        Ok(Arc::new(SimFile { pages, storage: self.clone(), life: disk.life }))
    }

    fn create(&self, path: &str) -> io::Result<Arc<dyn File>> {
        self.named(|disk| match disk.names.contains_key(path) {
            true => Err(io::ErrorKind::AlreadyExists.into()),
            false => {
                disk.names.insert(path.to_owned(), Arc::default());
                Ok(())
            }
        })?;
        self.open(path)
    }

    fn exists(&self, path: &str) -> io::Result<bool> {
        let disk = self.lock_disk();
        Ok(disk.names.contains_key(path) || disk.folders.contains(path))
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let disk = self.lock_disk();
        let names = disk.names.keys().filter(|name| parent(name) == folder);
        Ok(names.filter_map(|name| name.rsplit('/').next().map(str::to_owned)).collect())
    }

    fn create_folder(&self, folder: &str) -> io::Result<()> {
        self.lock_disk().folders.insert(folder.to_owned());
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.named(|disk| {
            let pages = disk.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
            disk.names.insert(to.to_owned(), pages);
            Ok(())
        })
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        self.named(|disk| disk.names.remove(path).map(|_| ()).ok_or_else(|| io::ErrorKind::NotFound.into()))
    }

    fn sync_folder(&self, folder: &str) -> io::Result<()> {
        let mut disk = self.lock_disk();
        let outcome = disk.faults.next(Call::SyncFolder);
        if let Outcome::Fails(kind) = outcome {
            return Err(kind.into());
        }
        let Disk { names, durable_names, .. } = &mut *disk;
        durable_names.retain(|name, _| parent(name) != folder);
        let here = names.iter().filter(|(name, _)| parent(name) == folder);
        durable_names.extend(here.map(|(name, pages)| (name.clone(), pages.clone())));
        match outcome {
            Outcome::FailsButPersisted(kind) => Err(kind.into()),
            _ => Ok(()),
        }
    }

    fn lock(&self, path: &str) -> io::Result<Box<dyn Lock>> {
        let mut disk = self.lock_disk();
        if !disk.locked.insert(path.to_owned()) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(Box::new(SimLock { path: path.to_owned(), storage: self.clone(), life: disk.life }))
    }
}

#[derive(Debug)]
struct SimFile {
    pages: Arc<Mutex<Pages>>,
    storage: SimStorage,
    life: u64,
}

impl SimFile {
    fn decide(&self, call: Call) -> io::Result<Outcome> {
        let mut disk = self.storage.lock_disk();
        if disk.life != self.life {
            return Err(io::Error::other("the power went while this file was open"));
        }
        Ok(disk.faults.next(call))
    }
}

fn position(offset: u64) -> io::Result<usize> {
    usize::try_from(offset).map_err(|_| io::ErrorKind::InvalidInput.into())
}

impl File for SimFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let pages = lock(&self.pages);
        let start = position(offset)?;
        let bytes = pages.cached.get(start..start.saturating_add(buffer.len()));
        buffer.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let outcome = self.decide(Call::Write)?;
        if let Outcome::Fails(kind) = outcome {
            return Err(kind.into());
        }
        lock(&self.pages).write(bytes, position(offset)?);
        match outcome {
            Outcome::FailsButPersisted(kind) => Err(kind.into()),
            _ => Ok(()),
        }
    }

    fn sync(&self) -> io::Result<()> {
        let outcome = self.decide(Call::Sync)?;
        let mut pages = lock(&self.pages);
        match outcome {
            Outcome::Works => {
                pages.sync();
                Ok(())
            }
            Outcome::Fails(kind) => {
                // Linux marks the pages clean: a second sync would succeed and save nothing.
                pages.dirty.clear();
                Err(kind.into())
            }
            Outcome::FailsButPersisted(kind) => {
                pages.sync();
                Err(kind.into())
            }
        }
    }

    fn len(&self) -> io::Result<u64> {
        Ok(lock(&self.pages).cached.len() as u64)
    }
}

#[derive(Debug)]
struct SimLock {
    path: String,
    storage: SimStorage,
    life: u64,
}

impl Lock for SimLock {}

impl Drop for SimLock {
    fn drop(&mut self) {
        let mut disk = self.storage.lock_disk();
        if disk.life == self.life {
            disk.locked.remove(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct FailOne(Call);

    impl Faults for FailOne {
        fn next(&mut self, call: Call) -> Outcome {
            if call == self.0 { Outcome::Fails(io::ErrorKind::Other) } else { Outcome::Works }
        }

        fn sector_at_crash(&mut self) -> SectorFate {
            SectorFate::Lost
        }
    }

    fn read(storage: &SimStorage) -> io::Result<Vec<u8>> {
        let file = storage.open("f")?;
        let mut bytes = vec![0; usize::try_from(file.len()?).unwrap()];
        file.read_at(&mut bytes, 0).map(|()| bytes)
    }

    fn with_file() -> (SimStorage, Arc<dyn File>) {
        let storage = SimStorage::new(Box::new(Faultless));
        let file = storage.create("f").unwrap();
        storage.sync_folder("").unwrap();
        (storage, file)
    }

    #[test]
    fn what_was_synced_survives_a_crash_and_the_rest_is_lost() {
        let (storage, file) = with_file();
        file.write_at(b"kept", 0).unwrap();
        file.sync().unwrap();
        file.write_at(b"lost", 4).unwrap();
        storage.crash();
        assert_eq!(read(&storage).unwrap(), b"kept");
        assert!(file.write_at(b"dead", 0).is_err());
    }

    #[test]
    fn a_name_that_was_not_synced_is_gone() {
        let storage = SimStorage::new(Box::new(Faultless));
        storage.create("f").unwrap().sync().unwrap();
        storage.crash();
        assert_eq!(read(&storage).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn after_a_failed_sync_the_cache_reads_well_and_a_second_sync_saves_nothing() {
        let (storage, file) = with_file();
        file.write_at(b"data", 0).unwrap();
        storage.set_faults(Box::new(FailOne(Call::Sync)));
        assert!(file.sync().is_err());
        storage.set_faults(Box::new(Faultless));
        assert_eq!(read(&storage).unwrap(), b"data");
        file.sync().unwrap();
        storage.crash();
        assert_eq!(read(&storage).unwrap(), b"");
    }

    #[test]
    fn a_lock_is_held_by_one() {
        let storage = SimStorage::new(Box::new(Faultless));
        let lock = storage.lock("lock").unwrap();
        assert_eq!(storage.lock("lock").unwrap_err().kind(), io::ErrorKind::WouldBlock);
        drop(lock);
        storage.lock("lock").unwrap();
    }
}
