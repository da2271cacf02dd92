//! Drafts: messages that wait for a second officer, kept until one approves or refuses them or time is over.
//!
//! Each draft is one small file below `data/drafts`, and every change of it replaces the file whole: written beside
//! it, synced, renamed over it, the folder synced. So a crash leaves the draft as it was before or as it is after,
//! never in part. Bodies are sealed, each under a key of its own; when a draft closes, a file without body and key
//! takes its place, and the old one is overwritten, so that nothing of what it said stays behind.
//!
//! [`Drafts`] knows no rules of messages: what it is given was checked ([`crate::service`]).

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use karakoro_proto::domain::payload::Payload;
use karakoro_proto::domain::title::title;
use karakoro_proto::envelope::{Body, Header, Kind, MessageId};
use karakoro_proto::identity::Origin;
use karakoro_proto::key::KeyId;
use karakoro_proto::leaf::{MessageLeaf, SigningPurpose};
use karakoro_proto::service::Submission;
use karakoro_proto::time::UnixMillis;
use thiserror::Error;

use crate::entropy::Entropy;
use crate::ledger::log::LedgerError;
use crate::ledger::seal::SealedBody;
use crate::ledger::storage::{File, Storage};

mod record;
#[cfg(test)]
mod tests;

use record::{Closing, Content, DraftFile, Outcome, Revision};

/// Where drafts lie, relative to the home.
const FOLDER: &str = "data/drafts";

/// How the name of a draft's file ends.
const SUFFIX: &str = ".draft";

/// How the name of a file ends that is being written.
const UNFINISHED: &str = ".new";

/// Most drafts, open and closed.
pub const MAX_DRAFTS: usize = 1000;

/// Most bytes of all drafts.
pub const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Most often that a draft is written.
pub const MAX_REVISIONS: usize = 16;

/// How long a draft waits for its second officer.
pub const LIFE: Duration = Duration::from_secs(30 * 24 * 3600);

/// How long a closed draft stays listed.
pub const MEMORY: Duration = Duration::from_secs(30 * 24 * 3600);

/// Why a draft is not kept, or not found.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DraftError {
    /// There is none.
    #[error("there is no draft {0}")]
    Unknown(MessageId),
    /// It has ended.
    #[error("the draft {id} is closed: {how}")]
    Closed {
        /// Which.
        id: MessageId,
        /// How.
        how: &'static str,
    },
    /// Its id is taken.
    #[error("there is a draft {0} already; `karakoro propose --replace {0} FILE` writes it anew")]
    Exists(MessageId),
    /// Written by somebody else.
    #[error("the draft {0} is another officer's: only its author writes it anew")]
    NotTheAuthor(MessageId),
    /// Too many.
    #[error("{what}: approve or refuse some drafts first")]
    Full {
        /// Which limit.
        what: String,
    },
    /// No such revision.
    #[error("the draft {id} has no revision {revision}")]
    NoRevision {
        /// Which draft.
        id: MessageId,
        /// Which revision.
        revision: u32,
    },
    /// The disk.
    #[error(transparent)]
    Storage(#[from] LedgerError),
}

/// What is known of a draft without its body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Known {
    /// How often it was written.
    pub revisions: u32,
    /// What it is.
    pub kind: Kind,
    /// What it is about; empty once it is closed.
    pub title: String,
    /// The author's key.
    pub author: KeyId,
    /// When it was proposed first.
    pub proposed: UnixMillis,
    /// How it stands.
    pub state: State,
    bytes: u64,
}

/// How a draft stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum State {
    /// It waits, until this time.
    Open(UnixMillis),
    /// It is in our log.
    Sealed(UnixMillis),
    /// It was refused.
    Refused {
        /// When.
        at: UnixMillis,
        /// By whose key.
        by: KeyId,
        /// Why.
        reason: String,
    },
    /// Its time was over.
    Expired(UnixMillis),
}

impl State {
    fn word(&self) -> &'static str {
        match self {
            Self::Open(_) => "it is open",
            Self::Sealed(_) => "it was approved and sealed",
            Self::Refused { .. } => "it was refused",
            Self::Expired(_) => "nobody approved it in time",
        }
    }
}

/// All drafts of a home. Whoever holds it holds the home's lock.
pub struct Drafts {
    storage: Arc<dyn Storage>,
    entropy: Arc<dyn Entropy>,
    /// The log that they are meant for: bodies are sealed for it.
    origin: Origin,
    known: BTreeMap<MessageId, Known>,
}

impl fmt::Debug for Drafts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Drafts({})", self.known.len())
    }
}

impl Drafts {
    /// Reads the drafts of a home, and removes what a crash left unfinished.
    ///
    /// A file that was not written whole, as no crash leaves one, is told of and left alone: a country's node does
    /// not stay down for a draft.
    ///
    /// # Errors
    /// What the disk says.
    pub fn open(
        storage: Arc<dyn Storage>,
        entropy: Arc<dyn Entropy>,
        origin: Origin,
    ) -> Result<Self, LedgerError> {
        let mut drafts = Self { storage, entropy, origin, known: BTreeMap::new() };
        drafts.storage.create_folder(FOLDER).map_err(io_error("create", FOLDER))?;
        for name in drafts.storage.list(FOLDER).map_err(io_error("read", FOLDER))? {
            let path = format!("{FOLDER}/{name}");
            if name.ends_with(UNFINISHED) {
                drafts.destroy(&path)?;
            } else if let Some(id) = name.strip_suffix(SUFFIX).and_then(|id| id.parse().ok()) {
                match drafts.read(id).and_then(|(file, bytes)| drafts.known_of(&file, bytes)) {
                    Ok(known) => _ = drafts.known.insert(id, known),
                    Err(error @ LedgerError::Damaged { .. }) => tracing::error!(%error, "a draft is lost"),
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(drafts)
    }

    /// Every draft, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (MessageId, &Known)> {
        self.known.iter().map(|(id, known)| (*id, known))
    }

    /// What is known of a draft.
    pub fn known(&self, id: MessageId) -> Result<&Known, DraftError> {
        self.known.get(&id).ok_or(DraftError::Unknown(id))
    }

    /// What is known of a draft that waits.
    pub fn waiting(&self, id: MessageId) -> Result<&Known, DraftError> {
        let known = self.known(id)?;
        match &known.state {
            State::Open(_) => Ok(known),
            state => Err(DraftError::Closed { id, how: state.word() }),
        }
    }

    /// A revision of an open draft; the newest if none is named.
    pub fn revision(&self, id: MessageId, revision: Option<u32>) -> Result<(u32, Submission), DraftError> {
        let newest = self.waiting(id)?.revisions;
        let revision = revision.unwrap_or(newest);
        let (file, _) = self.read(id)?;
        let Content::Open(revisions) = &file.content else { return Err(damaged(id).into()) };
        let found = usize::try_from(revision).ok().and_then(|number| revisions.get(number.checked_sub(1)?));
        let found = found.ok_or(DraftError::NoRevision { id, revision })?;
        Ok((revision, self.opened(id, revision, found)?))
    }

    /// Keeps a new draft, durably.
    pub fn propose(&mut self, id: MessageId, draft: Submission, now: UnixMillis) -> Result<(), DraftError> {
        if self.known.contains_key(&id) {
            return Err(DraftError::Exists(id));
        }
        if self.known.len() >= MAX_DRAFTS {
            return Err(DraftError::Full { what: format!("there are {MAX_DRAFTS} drafts") });
        }
        let revisions = vec![self.sealed(1, draft)];
        self.put(&DraftFile { id, proposed: now, content: Content::Open(revisions) })
    }

    /// Keeps a new revision of an open draft, durably, with all earlier ones.
    pub fn replace(&mut self, id: MessageId, draft: Submission) -> Result<(), DraftError> {
        let known = self.waiting(id)?;
        if author(&draft.leaf) != Some(known.author) {
            return Err(DraftError::NotTheAuthor(id));
        }
        let (mut file, _) = self.read(id)?;
        let Content::Open(revisions) = &mut file.content else { return Err(damaged(id).into()) };
        if revisions.len() >= MAX_REVISIONS {
            return Err(DraftError::Full {
                what: format!("the draft {id} was written {MAX_REVISIONS} times"),
            });
        }
        let number = u32::try_from(revisions.len() + 1).expect("MAX_REVISIONS fits");
        revisions.push(self.sealed(number, draft));
        self.put(&file)
    }

    /// Closes a draft whose message is in our log.
    pub fn seal(&mut self, id: MessageId, now: UnixMillis) -> Result<(), DraftError> {
        self.close(id, now, Outcome::Sealed)
    }

    /// Closes a draft that an officer refused.
    pub fn refuse(
        &mut self,
        id: MessageId,
        by: KeyId,
        reason: String,
        now: UnixMillis,
    ) -> Result<(), DraftError> {
        self.close(id, now, Outcome::Refused { by, reason })
    }

    /// Closes what nobody approved in time, and forgets what was closed long ago.
    pub fn sweep(&mut self, now: UnixMillis) -> Result<(), DraftError> {
        let memory = u64::try_from(MEMORY.as_millis()).expect("MEMORY is days");
        let due: Vec<_> = self.iter().map(|(id, known)| (id, known.state.clone())).collect();
        for (id, state) in due {
            match state {
                State::Open(until) if now >= until => self.close(id, now, Outcome::Expired)?,
                State::Open(_) => {}
                State::Sealed(at) | State::Expired(at) | State::Refused { at, .. } => {
                    if now >= at.saturating_add(memory) {
                        self.destroy(&path(id))?;
                        self.known.remove(&id);
                    }
                }
            }
        }
        Ok(())
    }

    fn close(&mut self, id: MessageId, at: UnixMillis, outcome: Outcome) -> Result<(), DraftError> {
        let Known { revisions, kind, author, proposed, .. } = *self.waiting(id)?;
        let old = self.storage.open(&path(id)).map_err(io_error("open", &path(id)))?;
        let closing = Closing { at, revisions, kind, author, outcome };
        self.put(&DraftFile { id, proposed, content: Content::Closed(closing) })?;
        // The name leads elsewhere by now; what it led to is made unreadable too.
        match overwrite(&old, &path(id)) {
            Err(error @ LedgerError::Io { .. }) => {
                // It is unlinked, and its blocks are free: the draft is closed all the same.
                tracing::warn!(%error, "a closed draft was not overwritten");
                Ok(())
            }
            done => done.map_err(Into::into),
        }
    }

    /// Replaces the file of a draft, whole.
    fn put(&mut self, draft: &DraftFile) -> Result<(), DraftError> {
        let bytes = draft.encode();
        let others: u64 = self.iter().filter(|(id, _)| *id != draft.id).map(|(_, known)| known.bytes).sum();
        if others + bytes.len() as u64 > MAX_BYTES {
            return Err(DraftError::Full { what: format!("drafts would have more than {MAX_BYTES} bytes") });
        }
        let known = self.known_of(draft, bytes.len() as u64)?;
        let (unfinished, path) = (format!("{}{UNFINISHED}", path(draft.id)), path(draft.id));
        if self.storage.exists(&unfinished).map_err(io_error("look for", &unfinished))? {
            self.destroy(&unfinished)?;
        }
        let file = self.storage.create(&unfinished).map_err(io_error("create", &unfinished))?;
        file.write_at(&bytes, 0).map_err(io_error("write", &unfinished))?;
        file.sync().map_err(sync_error(&unfinished))?;
        // From here on an error leaves open which of the two a crash would leave.
        self.storage.rename(&unfinished, &path).map_err(sync_error(&path))?;
        self.storage.sync_folder(FOLDER).map_err(sync_error(FOLDER))?;
        self.known.insert(draft.id, known);
        Ok(())
    }

    /// Overwrites a file and removes it.
    fn destroy(&self, path: &str) -> Result<(), LedgerError> {
        overwrite(&self.storage.open(path).map_err(io_error("open", path))?, path)?;
        self.storage.remove(path).map_err(io_error("remove", path))?;
        self.storage.sync_folder(FOLDER).map_err(sync_error(FOLDER))
    }

    fn read(&self, id: MessageId) -> Result<(DraftFile, u64), LedgerError> {
        let path = path(id);
        let file = self.storage.open(&path).map_err(io_error("open", &path))?;
        let length = file.len().map_err(io_error("read", &path))?;
        if length > MAX_BYTES {
            return Err(damaged(id));
        }
        let mut bytes = vec![0; usize::try_from(length).map_err(|_| damaged(id))?];
        file.read_at(&mut bytes, 0).map_err(io_error("read", &path))?;
        let draft = DraftFile::decode(Bytes::from(bytes)).filter(|draft| draft.id == id);
        draft.map(|draft| (draft, length)).ok_or_else(|| damaged(id))
    }

    fn known_of(&self, draft: &DraftFile, bytes: u64) -> Result<Known, LedgerError> {
        let DraftFile { id, proposed, ref content } = *draft;
        match content {
            Content::Open(revisions) => {
                let number = u32::try_from(revisions.len()).map_err(|_| damaged(id))?;
                let newest = revisions.last().ok_or_else(|| damaged(id))?;
                let body = self.opened(id, number, newest)?.body;
                let header = Header::decode(&body.header).map_err(|_| damaged(id))?;
                let title = Payload::decode(&header, &body.payload).as_ref().map(title).unwrap_or_default();
                let author = author(&newest.leaf).ok_or_else(|| damaged(id))?;
                let life = u64::try_from(LIFE.as_millis()).expect("LIFE is days");
                let state = State::Open(proposed.saturating_add(life));
                Ok(Known { revisions: number, kind: header.kind, title, author, proposed, state, bytes })
            }
            Content::Closed(Closing { at, revisions, kind, author, outcome }) => {
                let state = match outcome {
                    Outcome::Sealed => State::Sealed(*at),
                    Outcome::Expired => State::Expired(*at),
                    Outcome::Refused { by, reason } => {
                        State::Refused { at: *at, by: *by, reason: reason.clone() }
                    }
                };
                let title = String::new();
                let (revisions, kind, author) = (*revisions, *kind, *author);
                Ok(Known { revisions, kind, title, author, proposed, state, bytes })
            }
        }
    }

    fn sealed(&self, number: u32, draft: Submission) -> Revision {
        let body = SealedBody::seal(&draft.body, &self.origin, u64::from(number), &*self.entropy);
        Revision { leaf: draft.leaf, body }
    }

    /// Opens a body, and sees that it is the one that the author signed.
    fn opened(&self, id: MessageId, number: u32, revision: &Revision) -> Result<Submission, LedgerError> {
        let body: Body = revision.body.open(&self.origin, u64::from(number)).map_err(|_| damaged(id))?;
        if body.commitment() != revision.leaf.commitment {
            return Err(damaged(id));
        }
        Ok(Submission { leaf: revision.leaf.clone(), body })
    }
}

/// Whose key wrote it.
fn author(leaf: &MessageLeaf) -> Option<KeyId> {
    let author = leaf.signatures.iter().find(|signature| signature.purpose == SigningPurpose::Author);
    author.map(|signature| signature.key)
}

fn path(id: MessageId) -> String {
    format!("{FOLDER}/{id}{SUFFIX}")
}

fn overwrite(file: &Arc<dyn File>, path: &str) -> Result<(), LedgerError> {
    let length = file.len().map_err(io_error("read", path))?;
    let zeros = vec![0; usize::try_from(length.min(MAX_BYTES)).expect("MAX_BYTES fits")];
    file.write_at(&zeros, 0).map_err(io_error("overwrite", path))?;
    file.sync().map_err(sync_error(path))
}

fn damaged(id: MessageId) -> LedgerError {
    let what = "it is no whole draft".to_owned();
    LedgerError::Damaged { path: path(id), offset: 0, what }
}

fn io_error(doing: &'static str, path: &str) -> impl FnOnce(io::Error) -> LedgerError {
    let path = path.to_owned();
    move |source| LedgerError::Io { doing, path, source }
}

fn sync_error(path: &str) -> impl FnOnce(io::Error) -> LedgerError {
    let path = path.to_owned();
    move |source| LedgerError::Sync { path, source }
}
