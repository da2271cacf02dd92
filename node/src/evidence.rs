//! What auditors take away: whole logs as C2SP tlog-tiles directories, and one message's evidence.
//!
//! Both are read from the home's files beside a node that may be running, up to the newest checkpoint that
//! both countries signed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use karakoro_proto::envelope::MessageId;
use karakoro_proto::identity::Origin;
use karakoro_proto::key::KeyId;
use karakoro_proto::keyring::KeyringError;
use karakoro_proto::leaf::{ErasedLeaf, Leaf, MessageLeaf, Ordered};
use karakoro_proto::log::checkpoint::SignedCheckpoint;
use karakoro_proto::log::evidence::{Evidence, ProvenEntry, ShownBody};
use karakoro_proto::log::merkle::{Hash, leaf_hash};
use karakoro_proto::log::policy::{Policy, PolicyDraft, PolicyLog, PolicyWitness, Quorum};
use karakoro_proto::log::proof::InclusionProver;
use karakoro_proto::log::tile::{Tile, TileBuilder};
use karakoro_proto::log::tlog_proof::TlogProof;
use thiserror::Error;

use crate::ledger::log::{LedgerError, LogKeys, LogReader};
use crate::ledger::record::StoredEntry;
use crate::node::{NodeError, Profile};

/// The name of the witness in an exported policy: it stands for the other country's cosignature.
const WITNESS: &str = "peer";

/// Why evidence was not written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// The home cannot be read.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// A log cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The place is taken.
    #[error("{} is there already: name a folder or file that is not", .0.display())]
    Exists(PathBuf),
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No such message in either log.
    #[error("no message {0} is held here")]
    NoMessage(MessageId),
    /// The other country has not signed for it yet.
    #[error(
        "entry {index} of {origin} is not under a checkpoint that both countries signed yet: try again once it is in both logs"
    )]
    NotCosigned {
        /// Which log.
        origin: Origin,
        /// Which entry.
        index: u64,
    },
    /// A signing key that the log has not published.
    #[error("entry {index} of {origin} is signed by {key}, which the log has not published")]
    KeyNotPublished {
        /// Which log.
        origin: Origin,
        /// Which entry.
        index: u64,
        /// Which key.
        key: KeyId,
    },
    /// A log that does not stand under its root.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// Our own keys do not make a policy or proof: a bug.
    #[error("{0}")]
    Bug(String),
}

fn bug(error: impl std::fmt::Display) -> EvidenceError {
    EvidenceError::Bug(error.to_string())
}

/// One exported log.
#[derive(Clone, Debug)]
pub struct Exported {
    /// Which log.
    pub origin: Origin,
    /// Where it was written.
    pub folder: PathBuf,
    /// How many entries.
    pub size: u64,
    /// Whether both countries signed the exported checkpoint.
    pub cosigned: bool,
    /// Entries sealed after it, which await the other country's signature and were not exported.
    pub awaiting: u64,
}

/// A log with what its exports need.
struct Source {
    log: LogReader,
    keys: LogKeys,
}

impl Source {
    fn both(profile: &Profile) -> Result<[Self; 2], EvidenceError> {
        let [own, mirror] = profile.view()?;
        let [own_keys, mirror_keys] = profile.log_keys();
        Ok([Self { log: own, keys: own_keys }, Self { log: mirror, keys: mirror_keys }])
    }

    /// The newest checkpoint that both countries signed; else the newest at all.
    fn checkpoint(&self) -> Option<(SignedCheckpoint, bool)> {
        let newest = self.log.newest()?;
        // The mirror's checkpoints bear our own cosignature; our own get the peer's afterwards.
        if newest.cosignature(&self.keys.cosigner).is_ok() {
            return Some((newest, true));
        }
        Some(self.log.cosigned().map_or((newest, false), |cosigned| (cosigned, true)))
    }

    fn policy(&self) -> Result<Policy, EvidenceError> {
        let mut draft = PolicyDraft::default();
        draft.add_log(PolicyLog { key: self.keys.log.to_verifier_key(), url: None }).map_err(bug)?;
        let key = self.keys.cosigner.to_verifier_key();
        draft.add_witness(PolicyWitness { name: WITNESS.to_owned(), key, url: None }).map_err(bug)?;
        draft.finish(Quorum::Name(WITNESS.to_owned())).map_err(bug)
    }
}

/// Writes both logs of a home below `out`, a folder for each. A log into which nothing came yet is left
/// out.
pub fn export(home: &Path, out: &Path) -> Result<Vec<Exported>, EvidenceError> {
    let profile = Profile::load(home)?;
    let sources = Source::both(&profile)?;
    // Before anything is written: both logs, or neither.
    for source in &sources {
        let folder = out.join(source.log.origin().folder());
        if folder.exists() {
            return Err(EvidenceError::Exists(folder));
        }
    }
    let mut exported = Vec::new();
    for source in &sources {
        exported.extend(export_log(source, out)?);
    }
    Ok(exported)
}

fn export_log(source: &Source, out: &Path) -> Result<Option<Exported>, EvidenceError> {
    let Some((checkpoint, cosigned)) = source.checkpoint() else { return Ok(None) };
    let origin = source.log.origin();
    let folder = out.join(origin.folder());
    // Under another name until it is whole, which no auditor takes for a log: half an export would look
    // like a tampered one.
    let partial = out.join(format!(".{}.partial", origin.folder()));
    if partial.exists() {
        fs::remove_dir_all(&partial).map_err(|source| write_error(&partial, source))?;
    }
    let size = checkpoint.checkpoint().size;
    write_tiles(source, size, &partial)?;
    write(&partial.join("checkpoint"), checkpoint.to_string().as_bytes())?;
    write(&partial.join("policy"), source.policy()?.to_string().as_bytes())?;
    fs::rename(&partial, &folder).map_err(|source| write_error(&folder, source))?;
    Ok(Some(Exported { origin, folder, size, cosigned, awaiting: source.log.size() - size }))
}

fn write_tiles(source: &Source, size: u64, folder: &Path) -> Result<(), EvidenceError> {
    fs::create_dir_all(folder).map_err(|source| write_error(folder, source))?;
    let mut builder = TileBuilder::new();
    for entry in up_to(&source.log, size) {
        for tile in builder.push(&entry?.leaf).map_err(bug)? {
            write_tile(folder, &tile)?;
        }
    }
    builder.finish().iter().try_for_each(|tile| write_tile(folder, tile))
}

fn up_to(log: &LogReader, size: u64) -> impl Iterator<Item = Result<StoredEntry, LedgerError>> {
    log.entries(0).take(usize::try_from(size).unwrap_or(usize::MAX))
}

fn write_tile(folder: &Path, tile: &Tile) -> Result<(), EvidenceError> {
    write(&folder.join(tile.path.to_string()), &tile.bytes)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), EvidenceError> {
    let failed = |source| write_error(path, source);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, bytes).map_err(failed)
}

fn write_error(path: &Path, source: io::Error) -> EvidenceError {
    EvidenceError::Write { path: path.to_owned(), source }
}

/// What is proven of one message.
#[derive(Clone, Debug)]
pub struct Proven {
    /// The file to give away.
    pub evidence: Evidence,
    /// What a log of this home says of its erasure, if it is erased here.
    pub erased: Option<ErasedLeaf>,
}

/// One message's evidence, with its content or without.
pub fn prove(home: &Path, id: MessageId, with_body: bool) -> Result<Proven, EvidenceError> {
    let profile = Profile::load(home)?;
    let sources = Source::both(&profile)?;
    for (source, opposite) in [(&sources[0], &sources[1]), (&sources[1], &sources[0])] {
        if let Some(entry) = find(source, opposite, id)? {
            let held = source.log.body(&entry)?.is_some();
            let erased = if held { None } else { erased(source, opposite, entry.index)? };
            let evidence = evidence(source, &entry, with_body)?;
            return Ok(Proven { evidence, erased });
        }
    }
    Err(EvidenceError::NoMessage(id))
}

/// Looks through the whole log: proofs are rare, and the index belongs to the running node. A message whose header
/// is gone is found by what a log says of its erasure.
fn find(source: &Source, opposite: &Source, id: MessageId) -> Result<Option<StoredEntry>, EvidenceError> {
    for entry in source.log.entries(0) {
        let entry = entry?;
        let body = source.log.body(&entry)?;
        let header = body.and_then(|body| karakoro_proto::envelope::Header::decode(&body.header).ok());
        if header.is_some_and(|header| header.id == id) {
            return Ok(Some(entry));
        }
    }
    for log in [&source.log, &opposite.log] {
        for entry in log.entries(0) {
            let Some(ErasedLeaf { erasure, .. }) = Leaf::erased(&entry?.leaf) else { continue };
            if erasure.message == id && erasure.target(log.origin()) == source.log.origin() {
                return Ok(source.log.entry(erasure.entry)?);
            }
        }
    }
    Ok(None)
}

/// What the log of a message says of its erasure, or else the opposite one.
fn erased(source: &Source, opposite: &Source, entry: u64) -> Result<Option<ErasedLeaf>, EvidenceError> {
    let told = || Some((&opposite.log, opposite.log.told(source.log.origin().epoch, entry)?));
    let said = source.log.erased_by(entry).map(|by| (&source.log, by)).or_else(told);
    let Some((log, by)) = said else { return Ok(None) };
    Ok(log.entry(by)?.and_then(|entry| Leaf::erased(&entry.leaf)))
}

fn evidence(source: &Source, entry: &StoredEntry, with_body: bool) -> Result<Evidence, EvidenceError> {
    let (origin, index) = (source.log.origin(), entry.index);
    let not_cosigned = EvidenceError::NotCosigned { origin, index };
    let (checkpoint, cosigned) = source.checkpoint().ok_or(EvidenceError::NotCosigned { origin, index })?;
    let size = checkpoint.checkpoint().size;
    if !cosigned || size <= index {
        return Err(not_cosigned);
    }
    // Erased a moment ago: the other country has signed for the message, and not yet for this.
    let order = source.log.erased_by(index).filter(|by| *by < size);
    let order = order.map(|by| source.log.entry(by)).transpose()?.flatten();
    let keys = published_keys(source, entry, order.as_ref())?;
    let indices = keys.iter().chain(&order).map(|entry| entry.index).chain([index]);
    let mut paths = inclusion_paths(&source.log, &indices.collect::<Vec<_>>(), size)?;
    let path = paths.pop().unwrap_or_default();
    let body = match (source.log.body(entry)?, with_body) {
        (Some(body), true) => ShownBody::Shown(body),
        (None, _) if order.is_some() => {
            let by = order.into_iter().zip(paths.pop()).map(proven).next();
            ShownBody::Erased(by.ok_or_else(|| bug("an erasure without its path"))?)
        }
        // Withheld by choice; or erased on this side alone, as the log of the other direction says.
        (Some(_), false) | (None, _) => ShownBody::Withheld,
    };
    let keys = keys.into_iter().zip(paths).map(proven).collect();
    let proof = TlogProof { extra: None, index, path, checkpoint: checkpoint.note().clone() };
    Ok(Evidence { body, leaf: entry.leaf.to_vec(), keys, policy: source.policy()?, proof })
}

fn proven((entry, path): (StoredEntry, Vec<Hash>)) -> ProvenEntry {
    ProvenEntry { index: entry.index, entry: entry.leaf.to_vec(), path }
}

/// The entries that published the root, the log's own key, and the keys of those who signed the message, or the
/// order to erase it.
fn published_keys(
    source: &Source,
    entry: &StoredEntry,
    order: Option<&StoredEntry>,
) -> Result<Vec<StoredEntry>, EvidenceError> {
    let (origin, index) = (source.log.origin(), entry.index);
    let Ok(Leaf::Message(MessageLeaf { signatures, .. })) = Leaf::decode(&entry.leaf) else {
        return Err(bug(format!("entry {index} of {origin} is no message")));
    };
    let mut missing: Vec<KeyId> = signatures.iter().map(|signature| signature.key).collect();
    let ordered = order.and_then(|order| Leaf::erased(&order.leaf)).map(|leaf| leaf.ordered);
    if let Some(Ordered::Officer { key, .. }) = ordered
        && !missing.contains(&key)
    {
        missing.push(key);
    }
    let mut keys = Vec::new();
    for published in up_to(&source.log, order.map_or(index, |order| order.index)) {
        let published = published?;
        let Some(leaf) = Leaf::key(&published.leaf) else { continue };
        let certificate =
            karakoro_proto::identity::certificate::Certificate::parse(&leaf.certificate).map_err(bug)?;
        let signs = missing.contains(&certificate.key_id());
        missing.retain(|key| *key != certificate.key_id());
        if published.index == 0 || signs || certificate.public_key() == &source.keys.log.key {
            keys.push(published);
        }
    }
    match missing.first() {
        None => Ok(keys),
        Some(&key) => Err(EvidenceError::KeyNotPublished { origin, index, key }),
    }
}

/// The inclusion paths of several entries, in one pass over the log.
fn inclusion_paths(log: &LogReader, indices: &[u64], size: u64) -> Result<Vec<Vec<Hash>>, EvidenceError> {
    let provers = indices.iter().map(|&index| InclusionProver::new(index, size));
    let mut provers = provers.collect::<Result<Vec<_>, _>>().map_err(bug)?;
    for entry in up_to(log, size) {
        let hash = leaf_hash(&entry?.leaf);
        provers.iter_mut().for_each(|prover| prover.push(hash));
    }
    provers.into_iter().map(|prover| prover.finish().map(|proof| proof.path).map_err(bug)).collect()
}
