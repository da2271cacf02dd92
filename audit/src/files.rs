//! Reading files that an adversary may have written: plain files only, each with a limit.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use karakoro_proto::log::tile::{TILE_WIDTH, TileKind, TilePath};

use crate::fault::{Fault, Finding, Findings, Place};

/// The name of the note in a log's folder.
pub(crate) const CHECKPOINT: &str = "checkpoint";
/// The name of the policy in a log's folder.
pub(crate) const POLICY: &str = "policy";
const TILES: &str = "tile";

/// Folders below a log's folder: kind, seven groups of digits at most, `.p`; one to spare.
const MAX_DEPTH: usize = 10;

/// Reads a plain file of at most `most` bytes.
pub(crate) fn read(path: &Path, most: usize) -> Result<Vec<u8>, Fault> {
    let metadata = fs::symlink_metadata(path).map_err(|error| absent(&error))?;
    if !metadata.is_file() {
        return Err(Fault::NotPlain);
    }
    let most = most as u64;
    let mut bytes = Vec::new();
    // Read one byte past the limit: the length on record may be a lie, and the file may grow.
    File::open(path)
        .and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
        .map_err(|error| absent(&error))?;
    if bytes.len() as u64 > most { Err(Fault::TooLong { most }) } else { Ok(bytes) }
}

/// What is not there was taken away; what cannot be read is not known.
fn absent(error: &io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Fault::Missing,
        _ => Fault::Unreadable(error.to_string()),
    }
}

/// Reads a file by the name that the auditor gave. Not finding it shows nothing, and links are fine:
/// only the auditor made them.
pub(crate) fn read_named(path: &Path, most: usize) -> Result<Vec<u8>, Fault> {
    let path = fs::canonicalize(path).map_err(|error| Fault::Unreadable(error.to_string()))?;
    read(&path, most).map_err(|fault| match fault {
        Fault::Missing | Fault::NotPlain => Fault::Unreadable(fault.to_string()),
        other => other,
    })
}

/// Reads a file that the auditor brought: whatever is wrong with it, nothing can be said of the log.
pub(crate) fn read_own(path: &Path, most: usize) -> Result<Vec<u8>, Fault> {
    read_named(path, most).map_err(|fault| match fault {
        Fault::Unreadable(_) => fault,
        other => Fault::Unreadable(other.to_string()),
    })
}

/// The folders of the logs at `path`: itself, or those of its folders that are named as logs are.
pub(crate) fn find_logs(path: &Path) -> Result<Vec<PathBuf>, Fault> {
    let unreadable = |error: io::Error| Fault::Unreadable(error.to_string());
    if [CHECKPOINT, POLICY, TILES].iter().any(|part| fs::symlink_metadata(path.join(part)).is_ok()) {
        return Ok(vec![path.to_owned()]);
    }
    let mut logs = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if !entry.file_name().to_str().is_some_and(is_log_folder) {
            continue;
        }
        if !entry.file_type().map_err(unreadable)?.is_dir() {
            return Err(Fault::LogNotPlain(entry.path().display().to_string()));
        }
        logs.push(entry.path());
    }
    logs.sort();
    if logs.is_empty() { Err(Fault::NoLog) } else { Ok(logs) }
}

fn is_log_folder(name: &str) -> bool {
    name.starts_with("karakoro_")
}

/// Checks that a log's folder holds nothing but what an export of this size consists of. Files that
/// are missing are found when they are read.
pub(crate) fn check_layout(log: &Path, size: u64, findings: &Findings) {
    Layout { size, findings }.check_folder(log, "", 0);
}

struct Layout<'a> {
    size: u64,
    findings: &'a Findings,
}

impl Layout<'_> {
    fn check_folder(&self, folder: &Path, name: &str, depth: usize) {
        let mut is_empty = true;
        let listed = fs::read_dir(folder).and_then(|mut entries| {
            entries.try_for_each(|entry| {
                is_empty = false;
                self.check_entry(&entry?, name, depth)
            })
        });
        if let Err(error) = listed {
            self.add(name, Fault::Unreadable(error.to_string()));
        } else if is_empty {
            self.add(name, self.unexpected());
        }
    }

    fn check_entry(&self, entry: &fs::DirEntry, parent: &str, depth: usize) -> io::Result<()> {
        let separator = if parent.is_empty() { "" } else { "/" };
        let name = format!("{parent}{separator}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            let belongs = depth < MAX_DEPTH && (depth > 0 || name == TILES);
            if belongs {
                self.check_folder(&entry.path(), &name, depth + 1);
            } else {
                self.add(&name, self.unexpected());
            }
        } else if !kind.is_file() {
            self.add(&name, Fault::NotPlain);
        } else if name != CHECKPOINT && name != POLICY && !self.is_tile(&name) {
            self.add(&name, self.unexpected());
        }
        Ok(())
    }

    fn is_tile(&self, name: &str) -> bool {
        name.parse().is_ok_and(|path| belongs(&path, self.size))
    }

    fn unexpected(&self) -> Fault {
        Fault::Unexpected { size: self.size }
    }

    fn add(&self, name: &str, fault: Fault) {
        self.findings.add(Finding::new(Place::file(name), fault));
    }
}

/// Whether a log of this size has this tile, with this width.
fn belongs(path: &TilePath, size: u64) -> bool {
    let count = match path.kind() {
        TileKind::Entries => size,
        TileKind::Hashes { level } => size.checked_shr(8 * u32::from(level)).unwrap_or(0),
    };
    let width = u64::from(TILE_WIDTH);
    let expected = if path.index() < count / width { width } else { count % width };
    path.index() <= count / width && u64::from(path.width()) == expected
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use karakoro_proto::log::tile::tiles_for_size;

    use super::*;

    #[test]
    fn the_tiles_that_belong_are_those_that_a_log_of_the_size_has() {
        for size in [0, 1, 255, 256, 257, 511, 65_535, 65_536, 65_793] {
            let expected: BTreeSet<TilePath> = tiles_for_size(size).collect();
            assert!(expected.iter().all(|path| belongs(path, size)), "{size}");
            for path in tiles_for_size(size + 1).chain(tiles_for_size(size.saturating_sub(1))) {
                assert_eq!(belongs(&path, size), expected.contains(&path), "{path} at {size}");
            }
        }
    }

    #[test]
    fn a_tile_of_an_impossible_level_belongs_to_no_log() {
        let path = TilePath::new(TileKind::Hashes { level: 63 }, 0, 1).unwrap();
        assert!(!belongs(&path, u64::MAX >> 2));
    }
}
