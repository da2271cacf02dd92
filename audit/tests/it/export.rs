//! Logs in memory, and their exports on disk.

use std::fs;
use std::path::{Path, PathBuf};

use karakoro_audit::{Report, Verdict, VerifyOptions};
use karakoro_proto::accord::{AccordHash, AccordId};
use karakoro_proto::identity::{Country, Course, Origin, Role};
use karakoro_proto::leaf::{AccordLeaf, AnchorLeaf, Leaf, Verdict as Judgement, VerdictLeaf};
use karakoro_proto::log::checkpoint::{Checkpoint, LogVerifier, SignedCheckpoint};
use karakoro_proto::log::cosignature::Cosignature;
use karakoro_proto::log::merkle::{leaf_hash, root_of};
use karakoro_proto::log::policy::{Policy, PolicyDraft, PolicyLog, PolicyWitness, Quorum};
use karakoro_proto::log::tile::TileBuilder;
use karakoro_proto::time::UnixMillis;
use tempfile::TempDir;

use crate::country::{Keys, body, message_leaf};

/// When everything was cosigned.
pub(crate) const COSIGNED_AT: u64 = 1_794_000_100;

/// A log and its writer.
#[derive(Clone)]
pub(crate) struct Log {
    pub(crate) origin: Origin,
    pub(crate) entries: Vec<Vec<u8>>,
}

impl Log {
    /// The log that `from` writes for `to`, with its keys and so many messages.
    pub(crate) fn new(from: Country, to: Country, messages: u32) -> Self {
        let mut log = Self { origin: Origin::link(from, to), entries: Keys::of(from).key_leaves() };
        (0..messages).for_each(|_| log.add_message());
        log
    }

    pub(crate) fn writer(&self) -> Keys {
        Keys::of(self.origin.writer())
    }

    pub(crate) fn peer(&self) -> Keys {
        let Course::Link(direction) = self.origin.course else { unreachable!("all logs here are links") };
        Keys::of(direction.to)
    }

    pub(crate) fn add_message(&mut self) {
        let number = u32::try_from(self.entries.len()).unwrap();
        let body = body(self.origin, self.peer().country, number);
        self.entries.push(message_leaf(&body, &self.writer().key(Role::Officer)));
    }

    pub(crate) fn add_verdict(&mut self) {
        let verdict =
            VerdictLeaf { epoch: self.origin.epoch, first: 4, count: 2, verdict: Judgement::Accepted };
        self.entries.push(Leaf::Verdict(verdict).encode());
    }

    pub(crate) fn add_anchor(&mut self, note: &SignedCheckpoint) {
        self.entries.push(Leaf::Anchor(AnchorLeaf { note: note.to_string().into_bytes() }).encode());
    }

    /// An accord in force from its number on, in seconds; its hash is this byte again and again.
    pub(crate) fn add_accord(&mut self, version: u32, byte: u8) {
        let accord = AccordId { version, hash: AccordHash([byte; 32]) };
        let effective = UnixMillis::from_seconds(version.into()).unwrap();
        self.entries.push(Leaf::Accord(AccordLeaf { accord, effective }).encode());
    }

    pub(crate) fn checkpoint(&self) -> Checkpoint {
        let root = root_of(self.entries.iter().map(|entry| leaf_hash(entry)));
        Checkpoint { origin: self.origin, size: self.entries.len() as u64, root }
    }

    pub(crate) fn signed(&self) -> SignedCheckpoint {
        SignedCheckpoint::sign(self.checkpoint(), &self.writer().key(Role::Log))
    }

    pub(crate) fn cosigned(&self) -> SignedCheckpoint {
        let signed = self.signed();
        let key = self.peer().key(Role::Receipt);
        let cosignature = Cosignature::sign(signed.note().text(), &key, COSIGNED_AT).unwrap();
        signed.with_cosignature(&self.peer().cosigner(), &cosignature).unwrap()
    }

    pub(crate) fn policy(&self) -> Policy {
        policy(self.origin, &self.writer(), &self.peer())
    }

    /// Writes the export below `parent` and returns the log's folder.
    pub(crate) fn export(&self, parent: &Path) -> PathBuf {
        let folder = parent.join(self.origin.folder());
        self.write_tiles(&folder);
        write(&folder.join("checkpoint"), self.cosigned().to_string().as_bytes());
        write(&folder.join("policy"), self.policy().to_string().as_bytes());
        folder
    }

    pub(crate) fn write_tiles(&self, folder: &Path) {
        let mut builder = TileBuilder::new();
        let mut tiles: Vec<_> = self.entries.iter().flat_map(|entry| builder.push(entry).unwrap()).collect();
        tiles.extend(builder.finish());
        tiles.iter().for_each(|tile| write(&folder.join(tile.path.to_string()), &tile.bytes));
    }
}

/// The policy under which `writer` writes and `peer` cosigns.
pub(crate) fn policy(origin: Origin, writer: &Keys, peer: &Keys) -> Policy {
    let log = LogVerifier { origin, key: writer.key(Role::Log).public() };
    let mut draft = PolicyDraft::default();
    draft.add_log(PolicyLog { key: log.to_verifier_key(), url: None }).unwrap();
    let name = peer.country.to_string();
    let key = peer.cosigner().to_verifier_key();
    draft.add_witness(PolicyWitness { name: name.clone(), key, url: None }).unwrap();
    draft.finish(Quorum::Name(name)).unwrap()
}

/// A log of every kind of leaf: keys, messages, an anchor, a verdict and an unknown kind.
pub(crate) fn varied_log() -> Log {
    let mut log = Log::new(Country::MR, Country::ML, 3);
    log.add_anchor(&Log::new(Country::ML, Country::MR, 2).cosigned());
    log.add_verdict();
    log.entries.push(Leaf::Unknown { kind: 77, rest: b"newer".to_vec() }.encode());
    log
}

/// Creates the file and its folders.
pub(crate) fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Every file below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// A scratch folder.
pub(crate) fn scratch() -> TempDir {
    tempfile::tempdir().unwrap()
}

pub(crate) fn verify(path: &Path) -> Report {
    karakoro_audit::verify_path(path, &VerifyOptions::default())
}

/// Asserts the verdict, and that the report for people mentions each of these texts.
pub(crate) fn expect(report: &Report, verdict: Verdict, mentions: &[&str]) {
    let text = report.to_string();
    assert_eq!(report.verdict, verdict, "{text}");
    for mention in mentions {
        assert!(text.contains(mention), "`{mention}` is not in:\n{text}");
    }
}
