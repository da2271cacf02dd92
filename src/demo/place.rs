//! Where a demo lies: the folder of its two homes, and the folder where it is found again.
//!
//! With `--dir` both are that folder. Without, the homes lie in a temporary folder that is removed at the end,
//! and the demo is found in a folder of the user's own, at a name that is always the same. Whoever holds
//! the lock there is the one demo of that place; what a killed demo left there is replaced.

use std::env;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::exit::{Exit, Failure};

/// The lock of a demo, where it is found.
const LOCK: &str = "demo.lock";

/// The socket at which a running demo is told to cut or restore the road.
const SOCKET: &str = "demo.sock";

/// Alerts to try out, in a demo's folder.
pub(super) const EXAMPLES: &str = "alerts";

/// A place that is ours until this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    /// Holds the two homes.
    pub(crate) folder: PathBuf,
    /// Where `karakoro demo link` finds us.
    pub(crate) socket: PathBuf,
    /// Removed at the end.
    temporary: Option<TempDir>,
    _lock: File,
}

impl Place {
    /// Takes `dir`, or a temporary folder.
    pub(crate) fn take(dir: Option<&Path>) -> Result<Self, Failure> {
        let meeting = match dir {
            Some(dir) => dir.to_owned(),
            None => user_folder()?,
        };
        private_folder(&meeting).map_err(|error| cannot("use", &meeting, &error))?;
        if let Some(dir) = dir {
            refuse_foreign(dir)?;
        }
        let lock = lock(&meeting)?;
        let temporary = match dir {
            Some(_) => None,
            None => Some(temporary_folder()?),
        };
        let folder = temporary.as_ref().map_or_else(|| meeting.clone(), |folder| folder.path().to_owned());
        Ok(Self { folder, socket: meeting.join(SOCKET), temporary, _lock: lock })
    }

    /// Whether the homes are still there afterwards.
    pub(crate) fn is_kept(&self) -> bool {
        self.temporary.is_none()
    }
}

/// The socket of the demo in `dir`, or of the one that was started without.
pub(crate) fn socket(dir: Option<&Path>) -> Result<PathBuf, Failure> {
    Ok(match dir {
        Some(dir) => dir.join(SOCKET),
        None => user_folder()?.join(SOCKET),
    })
}

fn temporary_folder() -> Result<TempDir, Failure> {
    let folder = tempfile::Builder::new().prefix("karakoro-demo-").tempdir();
    folder.map_err(|error| cannot("make a folder in", &env::temp_dir(), &error))
}

/// The folder of this user in which a demo without `--dir` is found.
fn user_folder() -> Result<PathBuf, Failure> {
    if let Some(runtime) = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_dir()) {
        return Ok(runtime.join("karakoro-demo"));
    }
    let user = this_user().map_err(|error| cannot("read", Path::new("/proc/self"), &error))?;
    Ok(env::temp_dir().join(format!("karakoro-demo-user-{user}")))
}

fn this_user() -> io::Result<u32> {
    fs::metadata("/proc/self").map(|process| process.uid())
}

/// Makes a folder that only this user can enter; refuses one that belongs to somebody else.
fn private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    if fs::symlink_metadata(path)?.uid() == this_user()? {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::PermissionDenied, "it belongs to another user"))
}

/// Keeps the demo out of folders that hold something else.
fn refuse_foreign(dir: &Path) -> Result<(), Failure> {
    let failed = |error| cannot("read", dir, &error);
    for entry in fs::read_dir(dir).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        if !name.to_str().is_some_and(|name| [LOCK, SOCKET, "mr", "ml", EXAMPLES].contains(&name)) {
            let (dir, name) = (dir.display(), Path::new(&name).display());
            return Err(Failure::usage(format!(
                "{dir} holds {name}, which is no demo's: name a folder that is empty, absent, or a demo's from before"
            )));
        }
    }
    Ok(())
}

fn lock(folder: &Path) -> Result<File, Failure> {
    let path = folder.join(LOCK);
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|error| cannot("open", &path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let path = path.display();
            let text = format!(
                "a demo runs already and holds {path}; stop it, or name another --dir DIR for this one"
            );
            Err(Failure::new(Exit::CouldNotCheck, anyhow::anyhow!(text)))
        }
        Err(TryLockError::Error(error)) => Err(cannot("lock", &path, &error)),
    }
}

/// Something on this machine that does not work.
pub(super) fn cannot(act: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::new(Exit::CouldNotCheck, anyhow::anyhow!("cannot {act} {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_taken_once_and_again_after_its_end() {
        let scratch = tempfile::tempdir().unwrap();
        let dir = scratch.path().join("demo");
        let place = Place::take(Some(&dir)).unwrap();
        assert!(place.is_kept());
        assert_eq!(Place::take(Some(&dir)).unwrap_err().exit, Exit::CouldNotCheck);
        drop(place);
        Place::take(Some(&dir)).unwrap();
    }

    #[test]
    fn a_folder_with_something_else_in_it_is_refused() {
        let scratch = tempfile::tempdir().unwrap();
        fs::write(scratch.path().join("letters.txt"), "mine").unwrap();
        let refused = Place::take(Some(scratch.path())).unwrap_err();
        assert_eq!(refused.exit, Exit::Usage);
        assert!(refused.error.to_string().contains("letters.txt"));
    }
}
