//! Files that are there whole or not at all, and that survive a power cut once a command has reported.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use zeroize::Zeroizing;

use crate::CertsError;

/// Mode of a private key.
pub(crate) const SECRET: u32 = 0o600;
/// Mode of a certificate or bundle.
pub(crate) const PUBLIC: u32 = 0o644;

/// Names the step and the path in an error of the file system.
pub(crate) fn at<'a>(doing: &'static str, path: &'a Path) -> impl Fn(io::Error) -> CertsError + use<'a> {
    move |source| CertsError::Io { doing, path: path.to_owned(), source }
}

/// Makes a folder for its owner alone; parents too; fine if it exists.
pub(crate) fn create_folder(path: &Path) -> Result<(), CertsError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(at("create", path))
}

/// Writes a file that must not exist yet, and forces it to the disk. The folder is not synced.
pub(crate) fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), CertsError> {
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(mode).open(path).map_err(at("create", path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(at("write", path))
}

/// Writes or replaces a file in one step, durably.
pub(crate) fn replace(path: &Path, bytes: &[u8], mode: u32) -> Result<(), CertsError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let temporary = path.with_file_name(name);
    // A leftover of a command that was interrupted; the home's lock keeps living ones away.
    remove_file_if_any(&temporary)?;
    write_new(&temporary, bytes, mode)?;
    rename(&temporary, path)
}

/// Renames durably; what is at `to` is replaced, unless it is a folder with content.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), CertsError> {
    fs::rename(from, to).map_err(at("put in place", to))?;
    sync_parent(from)?;
    sync_parent(to)
}

/// Forces the entries of the folder that holds `path` to the disk.
pub(crate) fn sync_parent(path: &Path) -> Result<(), CertsError> {
    let parent = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    sync_folder(parent)
}

/// Forces the entries of a folder to the disk.
pub(crate) fn sync_folder(path: &Path) -> Result<(), CertsError> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(at("sync", path))
}

/// Removes a file; fine if there is none.
pub(crate) fn remove_file_if_any(path: &Path) -> Result<(), CertsError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Removes a folder with all that is in it; fine if there is none.
pub(crate) fn remove_folder_if_any(path: &Path) -> Result<(), CertsError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at("remove", path)(error)),
        _ => Ok(()),
    }
}

/// The names in a folder, sorted; none if the folder does not exist. Names that are no text are skipped:
/// none of ours is like that.
pub(crate) fn names_in(folder: &Path) -> Result<Vec<String>, CertsError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(at("list", folder)(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry.map_err(at("list", folder))?.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

/// Reads a text of at most `limit` bytes into memory that is wiped when dropped.
pub(crate) fn read_text(path: &Path, limit: usize) -> Result<Zeroizing<String>, CertsError> {
    let file = File::open(path).map_err(at("read", path))?;
    // Room for all of it, so that no growing buffer leaves a copy of a private key behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(limit + 1));
    let ceiling = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    file.take(ceiling).read_to_end(&mut bytes).map_err(at("read", path))?;
    let text = std::str::from_utf8(&bytes).ok().filter(|text| text.len() <= limit);
    text.map(|text| Zeroizing::new(text.to_owned()))
        .ok_or_else(|| CertsError::NotOurs { path: path.to_owned(), limit })
}

/// The permission bits of a file.
pub(crate) fn mode(path: &Path) -> Result<u32, CertsError> {
    let metadata = fs::metadata(path).map_err(at("read", path))?;
    Ok(metadata.permissions().mode() & 0o777)
}

/// Holds a folder for one command that writes, until dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    folder: File,
}

impl Lock {
    /// Takes the lock, or says that somebody else has it.
    pub(crate) fn take(folder: &Path) -> Result<Self, CertsError> {
        let handle = File::open(folder).map_err(at("open", folder))?;
        match handle.try_lock() {
            Ok(()) => Ok(Self { folder: handle }),
            Err(TryLockError::WouldBlock) => Err(CertsError::Busy { path: folder.to_owned() }),
            Err(TryLockError::Error(source)) => Err(at("lock", folder)(source)),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing would do, were there no copy of the handle: a process that is just being started by
        // another thread has one until it runs its program. An error leaves it to that.
        _ = self.folder.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_never_overwritten_by_chance_and_only_its_owner_reads_a_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        write_new(&path, b"one", SECRET).unwrap();
        assert!(matches!(write_new(&path, b"two", SECRET), Err(CertsError::Io { doing: "create", .. })));
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(mode(&path).unwrap(), 0o600);
    }

    #[test]
    fn a_replacement_leaves_no_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.crt");
        fs::write(folder.path().join("a.crt.new"), b"leftover").unwrap();
        for content in [b"one", b"two"] {
            replace(&path, content, PUBLIC).unwrap();
            assert_eq!(fs::read(&path).unwrap(), content);
        }
        assert_eq!(names_in(folder.path()).unwrap(), ["a.crt"]);
    }

    #[test]
    fn what_is_too_long_or_no_text_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, b"12345").unwrap();
        assert_eq!(*read_text(&path, 5).unwrap(), "12345");
        assert!(matches!(read_text(&path, 4), Err(CertsError::NotOurs { limit: 4, .. })));
        fs::write(&path, b"\xff").unwrap();
        assert!(matches!(read_text(&path, 4), Err(CertsError::NotOurs { .. })));
    }

    #[test]
    fn two_commands_do_not_write_to_one_home_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::take(folder.path()).unwrap();
        assert!(matches!(Lock::take(folder.path()), Err(CertsError::Busy { .. })));
        drop(first);
        Lock::take(folder.path()).unwrap();
    }
}
