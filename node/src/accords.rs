//! The accords of a home: read at the start, installed while the node runs, and which one is in force.
//!
//! They lie in `accord/`, one file each, by their number. Nothing is moved or overwritten when one takes the
//! place of another: which is in force follows from the clock, and messages of long ago are judged by what was
//! in force then.

use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use karakoro_proto::accord::{
    AccordFile, AccordId, Agreed, Chain, MAX_ACCORD_BYTES, NotAgreed, NotNext, Standing,
};
use karakoro_proto::identity::certificate::RootCertificate;
use karakoro_proto::time::UnixMillis;
use karakoro_proto::toml::Fault;
use thiserror::Error;
use tokio::sync::watch;

use crate::clock::Clock;

/// The folder of the accords, below the home.
pub const FOLDER: &str = "accord";

/// How often the clock is looked at while a change is to come.
const LOOK: Duration = Duration::from_secs(60);

/// What a file's name ends with, behind its number.
const EXTENSION: &str = "toml";

/// Why an accord cannot be read or installed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AccordsError {
    /// The file system refused.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// What was attempted.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file or text with faults: all of them.
    #[error("{}", faults.iter().map(|fault| fault.in_file(path.display())).collect::<Vec<_>>().join("\n"))]
    Faults {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        faults: Vec<Fault>,
    },
    /// Not agreed by both countries.
    #[error("{}: {source}", path.display())]
    NotAgreed {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: NotAgreed,
    },
    /// It does not follow on those that are held.
    #[error("{}: {source}", path.display())]
    NotNext {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: NotNext,
    },
}

/// Reads a file, whatever its text says.
pub fn read_file(path: &Path) -> Result<AccordFile, AccordsError> {
    let failed = |source| AccordsError::Io { doing: "read", path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(failed)?;
    file.take(MAX_ACCORD_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    AccordFile::parse(&bytes).map_err(|faults| AccordsError::Faults { path: path.to_owned(), faults })
}

/// Reads a file that both roots must have signed.
pub fn read_agreed(path: &Path, roots: [&RootCertificate; 2]) -> Result<(AccordFile, Agreed), AccordsError> {
    let file = read_file(path)?;
    let agreed = Agreed::verify(&file, roots).map_err(|source| match source {
        NotAgreed::Faults(faults) => AccordsError::Faults { path: path.to_owned(), faults },
        source => AccordsError::NotAgreed { path: path.to_owned(), source },
    })?;
    Ok((file, agreed))
}

/// All accords of a home, in the order of their numbers; none if it has none.
pub fn load(home: &Path, roots: [&RootCertificate; 2]) -> Result<Chain, AccordsError> {
    let mut chain = Chain::default();
    for path in files(&home.join(FOLDER))? {
        let (_, agreed) = read_agreed(&path, roots)?;
        chain.extend(agreed).map_err(|source| AccordsError::NotNext { path, source })?;
    }
    Ok(chain)
}

/// Where the accord of this number lies in a home.
#[must_use]
pub fn path(home: &Path, version: u32) -> PathBuf {
    home.join(FOLDER).join(format!("{version}.{EXTENSION}"))
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, AccordsError> {
    let failed = |source| AccordsError::Io { doing: "read", path: folder.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut numbered = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse::<u32>().ok());
        if path.extension().is_some_and(|extension| extension == EXTENSION) {
            numbered.extend(stem.map(|number| (number, path)));
        }
    }
    numbered.sort();
    Ok(numbered.into_iter().map(|(_, path)| path).collect())
}

/// Puts an accord that both have signed into a home, durably; nothing is changed where it is refused.
pub fn install(
    home: &Path,
    file: &Path,
    roots: [&RootCertificate; 2],
    now: UnixMillis,
) -> Result<AccordId, AccordsError> {
    let (text, agreed) = read_agreed(file, roots)?;
    let id = agreed.accord().id();
    let mut chain = load(home, roots)?;
    chain.install(agreed, now).map_err(|source| AccordsError::NotNext { path: file.to_owned(), source })?;
    put(&path(home, id.version), text.to_string().as_bytes())?;
    Ok(id)
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), AccordsError> {
    let failed = |source| AccordsError::Io { doing: "write", path: path.to_owned(), source };
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let temporary = path.with_extension("new");
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).open(&temporary).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&temporary, path).map_err(failed)?;
    fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}

/// What a running node goes by.
#[derive(Clone, Debug)]
pub struct Held {
    /// All accords.
    pub chain: Arc<Chain>,
    /// Those in force and to come.
    pub standing: Standing,
}

/// Shows what a running node goes by; clones show the same.
#[derive(Clone, Debug)]
pub struct AccordBoard(watch::Sender<Held>);

impl AccordBoard {
    /// A board that shows this chain as it stands at `now`.
    #[must_use]
    pub fn new(chain: Chain, now: UnixMillis) -> Self {
        let standing = chain.standing(now);
        Self(watch::Sender::new(Held { chain: Arc::new(chain), standing }))
    }

    /// What is shown now.
    #[must_use]
    pub fn now(&self) -> Held {
        self.0.borrow().clone()
    }

    /// A watcher.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Held> {
        self.0.subscribe()
    }

    /// Shows a chain that was read anew.
    pub fn replace(&self, chain: Chain, now: UnixMillis) {
        let standing = chain.standing(now);
        self.0.send_replace(Held { chain: Arc::new(chain), standing });
    }

    /// Looks at the clock whenever a change is due, until the node stops. A wall clock may jump, so that it is
    /// looked at once a minute at least while a change is to come.
    pub async fn keep(self, clock: Arc<dyn Clock>, mut stop: watch::Receiver<bool>) {
        let mut changes = self.watch();
        loop {
            let now = clock.wall();
            self.refresh(now);
            let due = self.now().chain.next(now).map(|next| {
                let left = next.effective().millis().saturating_sub(now.millis());
                Duration::from_millis(left).min(LOOK)
            });
            changes.mark_unchanged();
            let wait = async {
                match due {
                    Some(due) => tokio::time::sleep(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = wait => {}
                _ = changes.changed() => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Looks at the clock: the one to come may have come into force.
    pub fn refresh(&self, now: UnixMillis) {
        self.0.send_if_modified(|held| {
            let standing = held.chain.standing(now);
            let changed = standing != held.standing;
            held.standing = standing;
            changed
        });
    }
}
