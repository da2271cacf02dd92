//! The guard: the newest checkpoint that this node ever signed for a log, kept apart from the log.
//!
//! Nothing is released before the guard holds it, and nothing is signed that does not extend it. The
//! guard is kept out of backups: a restored log that is older than its guard is recognised.
//!
//! The file has two slots of two copies each. A new state goes over the older slot, both copies at once,
//! so that a torn write leaves the newer slot whole and one damaged copy never hides the newest state:
//! the newest sound copy counts. The second copy stands 2 KiB behind the first, or 8 KiB where the note
//! is long: a note may bear signatures of third parties or of a post-quantum kind.
//!
//! ```text
//! copy: magic `KARAGRD1`, sequence u64, size u64, root [32], note length u16, note, CRC-32C u32
//! ```

use std::sync::Arc;

use karakoro_proto::log::merkle::Hash;

use crate::ledger::log::LedgerError;
use crate::ledger::storage::{File, Storage};

const MAGIC: &[u8; 8] = b"KARAGRD1";
/// Room for a copy with a note as two countries sign it: both copies share one page then.
const SHORT_COPY_BYTES: usize = 2048;
/// Room for any copy.
const COPY_BYTES: usize = 8192;
const SLOT_BYTES: usize = 2 * COPY_BYTES;
const FILE_BYTES: usize = 2 * SLOT_BYTES;
const FIXED_BYTES: usize = 8 + 8 + 8 + 32 + 2;

/// Longest note that fits a copy.
pub const MAX_NOTE_BYTES: usize = COPY_BYTES - FIXED_BYTES - 4;

// What the link takes from a peer, with our cosignature beneath it, must fit: a longer note would end the
// process, at the peer's will.
const _: () = assert!(MAX_NOTE_BYTES >= karakoro_proto::session::MAX_NOTE_BYTES + 512);

/// What was last signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signed {
    /// How many entries it covers.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// The note's exact bytes.
    pub note: Vec<u8>,
}

/// The open guard of one log.
#[derive(Debug)]
pub struct Guard {
    file: Arc<dyn File>,
    path: String,
    sequence: u64,
    signed: Signed,
}

/// A guard that was read and not written to yet: what is refused is left as it was found.
#[derive(Debug)]
pub struct FoundGuard(Guard);

impl FoundGuard {
    /// What was last signed.
    #[must_use]
    pub fn signed(&self) -> &Signed {
        self.0.signed()
    }

    /// Makes what was read durable, and with it the right to write.
    ///
    /// What was read may be in the page cache only (a failed sync marks pages clean): it is written again,
    /// over the other slot, before anything is built on it.
    pub fn renew(self) -> Result<Guard, LedgerError> {
        let mut guard = self.0;
        guard.write()?;
        Ok(guard)
    }
}

impl Guard {
    /// Creates the guard of a new log, durably.
    pub fn create(storage: &dyn Storage, path: &str, signed: Signed) -> Result<Self, LedgerError> {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let failed = |source| LedgerError::io("create", path, source);
        storage.create_folder(folder).map_err(failed)?;
        let file = storage.create(path).map_err(failed)?;
        file.write_at(&[0; FILE_BYTES], 0).map_err(failed)?;
        let mut guard = Self { file, path: path.to_owned(), sequence: 0, signed };
        guard.write()?;
        storage.sync_folder(folder).map_err(failed)?;
        Ok(guard)
    }

    /// Reads what was last signed, without the right to write: for readers beside a running node.
    pub fn peek(storage: &dyn Storage, path: &str) -> Result<Signed, LedgerError> {
        read(storage, path).map(|(_, _, signed)| signed)
    }

    /// Finds the guard of an existing log; [`FoundGuard::renew`] it once the log has passed every check.
    pub fn find(storage: &dyn Storage, path: &str) -> Result<FoundGuard, LedgerError> {
        let (file, sequence, signed) = read(storage, path)?;
        Ok(FoundGuard(Self { file, path: path.to_owned(), sequence, signed }))
    }

    /// What was last signed.
    #[must_use]
    pub fn signed(&self) -> &Signed {
        &self.signed
    }

    /// Puts `next` in the place of `expected`, durably: a compare-and-swap, so that a second writer, or
    /// a signer with an old view, is found out here.
    pub fn advance(&mut self, expected: (u64, Hash), next: Signed) -> Result<(), LedgerError> {
        if expected != (self.signed.size, self.signed.root) || next.size < self.signed.size {
            return Err(LedgerError::GuardConflict { path: self.path.clone() });
        }
        self.signed = next;
        self.write()
    }

    /// Writes the state over the older slot. Whatever fails here leaves doubt: a checkpoint is signed by
    /// now, and whether the disk holds it is not known.
    fn write(&mut self) -> Result<(), LedgerError> {
        self.sequence += 1;
        let copy = encode(self.sequence, &self.signed)
            .ok_or_else(|| LedgerError::GuardConflict { path: self.path.clone() })?;
        let room = if copy.len() <= SHORT_COPY_BYTES { SHORT_COPY_BYTES } else { COPY_BYTES };
        let mut slot = vec![0; 2 * room];
        slot[..copy.len()].copy_from_slice(&copy);
        slot[room..room + copy.len()].copy_from_slice(&copy);
        let offset = (self.sequence % 2) * SLOT_BYTES as u64;
        // A failed write leaves as much doubt as a failed sync: part of the signed note may be in the file.
        self.file.write_at(&slot, offset).map_err(|error| LedgerError::sync(&self.path, error))?;
        self.file.sync().map_err(|error| LedgerError::sync(&self.path, error))
    }
}

fn read(storage: &dyn Storage, path: &str) -> Result<(Arc<dyn File>, u64, Signed), LedgerError> {
    let failed = |source| LedgerError::io("read", path, source);
    if !storage.exists(path).map_err(failed)? {
        return Err(LedgerError::GuardMissing { path: path.to_owned() });
    }
    let file = storage.open(path).map_err(failed)?;
    let mut bytes = vec![0; FILE_BYTES];
    let damaged = || LedgerError::GuardDamaged { path: path.to_owned() };
    file.read_at(&mut bytes, 0).map_err(|_| damaged())?;
    let newest = bytes.chunks(SLOT_BYTES).flat_map(copies).max_by_key(|(sequence, _)| *sequence);
    let (sequence, signed) = newest.ok_or_else(damaged)?;
    Ok((file, sequence, signed))
}

/// The sound copies of a slot, wherever they may stand.
fn copies(slot: &[u8]) -> impl Iterator<Item = (u64, Signed)> {
    [0, SHORT_COPY_BYTES, COPY_BYTES].into_iter().filter_map(|at| decode(slot.get(at..)?))
}

fn encode(sequence: u64, signed: &Signed) -> Option<Vec<u8>> {
    if signed.note.len() > MAX_NOTE_BYTES {
        return None;
    }
    let mut copy = MAGIC.to_vec();
    copy.extend_from_slice(&sequence.to_be_bytes());
    copy.extend_from_slice(&signed.size.to_be_bytes());
    copy.extend_from_slice(&signed.root.0);
    copy.extend_from_slice(&u16::try_from(signed.note.len()).ok()?.to_be_bytes());
    copy.extend_from_slice(&signed.note);
    copy.extend_from_slice(&crc32c::crc32c(&copy).to_be_bytes());
    Some(copy)
}

fn decode(copy: &[u8]) -> Option<(u64, Signed)> {
    let rest = copy.strip_prefix(MAGIC)?;
    let (sequence, rest) = rest.split_first_chunk::<8>()?;
    let (size, rest) = rest.split_first_chunk::<8>()?;
    let (root, rest) = rest.split_first_chunk::<32>()?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let length = usize::from(u16::from_be_bytes(*length));
    let (note, rest) = rest.split_at_checked(length)?;
    let (check, _) = rest.split_first_chunk::<4>()?;
    if crc32c::crc32c(&copy[..FIXED_BYTES + length]).to_be_bytes() != *check {
        return None;
    }
    let signed = Signed { size: u64::from_be_bytes(*size), root: Hash(*root), note: note.to_vec() };
    Some((u64::from_be_bytes(*sequence), signed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::storage::sim::{Call, Faultless, Faults, Outcome, SectorFate, SimStorage};

    fn signed(size: u64) -> Signed {
        Signed { size, root: Hash([u8::try_from(size).unwrap(); 32]), note: b"a note\n".to_vec() }
    }

    fn guard(storage: &SimStorage) -> Guard {
        Guard::create(storage, "guard/log", signed(1)).unwrap()
    }

    fn opened(storage: &SimStorage) -> Guard {
        Guard::find(storage, "guard/log").unwrap().renew().unwrap()
    }

    #[test]
    fn the_newest_state_is_found_again() {
        let storage = SimStorage::new(Box::new(Faultless));
        let mut guard = guard(&storage);
        for size in 2..10 {
            guard.advance((size - 1, signed(size - 1).root), signed(size)).unwrap();
            assert_eq!(*opened(&storage).signed(), signed(size));
            guard = opened(&storage);
        }
    }

    #[test]
    fn one_flipped_bit_anywhere_never_brings_back_an_older_state() {
        for offset in 0..FILE_BYTES {
            let storage = SimStorage::new(Box::new(Faultless));
            guard(&storage).advance((1, signed(1).root), signed(2)).unwrap();
            storage.flip("guard/log", offset, 3);
            assert_eq!(*opened(&storage).signed(), signed(2), "{offset}");
        }
    }

    #[test]
    fn the_longest_note_is_found_again_between_short_ones() {
        let storage = SimStorage::new(Box::new(Faultless));
        let mut guard = guard(&storage);
        for size in 2..8 {
            let note = vec![b'n'; if size % 3 == 0 { MAX_NOTE_BYTES } else { 300 }];
            guard.advance((size - 1, signed(size - 1).root), Signed { note, ..signed(size) }).unwrap();
            assert_eq!(opened(&storage).signed().size, size);
            guard = opened(&storage);
        }
        let slot = guard.sequence % 2 * SLOT_BYTES as u64;
        storage.flip("guard/log", usize::try_from(slot).unwrap() + 100, 3);
        assert_eq!(opened(&storage).signed().size, 7, "one damaged copy hides nothing");
    }

    #[test]
    fn a_write_that_fails_leaves_doubt() {
        let storage = SimStorage::new(Box::new(Faultless));
        let mut guard = guard(&storage);
        storage.set_faults(Box::new(NoWrites));
        let failed = guard.advance((1, signed(1).root), signed(2)).unwrap_err();
        assert!(failed.is_doubt(), "{failed}");
    }

    #[derive(Debug)]
    struct NoWrites;

    impl Faults for NoWrites {
        fn next(&mut self, call: Call) -> Outcome {
            match call {
                Call::Write => Outcome::FailsButPersisted(std::io::ErrorKind::Other),
                _ => Outcome::Works,
            }
        }

        fn sector_at_crash(&mut self) -> SectorFate {
            SectorFate::Kept
        }
    }

    #[test]
    fn an_old_view_cannot_advance() {
        let storage = SimStorage::new(Box::new(Faultless));
        let mut guard = guard(&storage);
        guard.advance((1, signed(1).root), signed(2)).unwrap();
        let again = guard.advance((1, signed(1).root), signed(3));
        assert!(matches!(again, Err(LedgerError::GuardConflict { .. })));
    }

    #[test]
    fn a_missing_guard_is_named() {
        let storage = SimStorage::new(Box::new(Faultless));
        assert!(matches!(Guard::find(&storage, "guard/log"), Err(LedgerError::GuardMissing { .. })));
    }
}
