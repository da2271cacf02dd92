//! From a message to a signed submission, with the officer's own key.

use std::path::{Path, PathBuf};

use karakoro_node::entropy::{Entropy as _, OsEntropy};
use karakoro_node::home::read_key;
use karakoro_proto::domain::grounds::Grounds;
use karakoro_proto::domain::message_file;
use karakoro_proto::envelope::{self, Body, Header, Kind, MessageId, Opening, Reference};
use karakoro_proto::identity::Role;
use karakoro_proto::identity::home::{KEYS, Slot};
use karakoro_proto::key::SecretKey;
use karakoro_proto::leaf::{MessageLeaf, SigningPurpose};
use karakoro_proto::service::{Status, Submission};
use karakoro_proto::time::UnixMillis;

use crate::cli::SignerArgs;
use crate::exit::{Exit, Failure};

/// The officer's key: the one named, or the home's only one.
pub(crate) fn officer_key(home: &Path, args: &SignerArgs) -> Result<SecretKey, Failure> {
    let path = match &args.key {
        Some(path) => path.clone(),
        None => only_officer_key(home)?,
    };
    Ok(read_key(&path)?)
}

fn only_officer_key(home: &Path) -> Result<PathBuf, Failure> {
    let folder = home.join(KEYS);
    let failed =
        |error| Failure::new(Exit::Key, anyhow::anyhow!("cannot read {}: {error}", folder.display()));
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".key"));
        if name.and_then(Slot::from_stem).is_some_and(|slot| slot.role() == Role::Officer) {
            found.push(path);
        }
    }
    found.sort();
    match &found[..] {
        [only] => Ok(only.clone()),
        [] => Err(Failure::new(
            Exit::Key,
            anyhow::anyhow!("no officer's key in {}: name one with --key FILE", folder.display()),
        )),
        several => {
            let names: Vec<_> = several.iter().map(|path| path.display().to_string()).collect();
            Err(Failure::usage(format!("several officers' keys: name one with --key: {}", names.join(", "))))
        }
    }
}

/// An id that no other message has.
pub(crate) fn fresh_id(now: UnixMillis) -> MessageId {
    let mut random = [0; 10];
    OsEntropy.fill(&mut random);
    MessageId::new(now, random)
}

/// What is the same for every message that is written now and here.
pub(crate) struct Desk<'a> {
    pub(crate) status: &'a Status,
    pub(crate) now: UnixMillis,
}

impl Desk<'_> {
    /// What is said of any message; the rest is for whoever writes it.
    pub(crate) fn header(&self, kind: Kind) -> Result<Header, Failure> {
        Ok(Header {
            id: fresh_id(self.now),
            origin: self.status.writes,
            recipient: self.status.peer,
            station: self.status.station.parse().map_err(Failure::usage)?,
            created: self.now,
            expires: None,
            kind,
            mode: karakoro_proto::domain::Mode::Actual,
            priority: karakoro_proto::domain::Priority::Routine,
            tlp: karakoro_proto::domain::Tlp::AmberStrict,
            refs: Vec::new(),
            grounds: Grounds::default(),
        })
    }

    /// What a message file does not know.
    pub(crate) fn of_files(&self) -> Result<message_file::Desk, Failure> {
        Ok(message_file::Desk {
            origin: self.status.writes,
            recipient: self.status.peer,
            station: self.status.station.parse().map_err(Failure::usage)?,
            now: self.now,
        })
    }

    /// The header of an acknowledgement: handled like what it acknowledges, but never RED. It holds nothing of that
    /// message, and one officer says alone what they have read.
    pub(crate) fn ack_header(&self, of: &Header, reference: Reference) -> Result<Header, Failure> {
        let tlp = of.tlp.min(karakoro_proto::domain::Tlp::AmberStrict);
        Ok(Header { mode: of.mode, tlp, refs: vec![reference], ..self.header(Kind::Ack)? })
    }
}

/// Signs a message as its author.
pub(crate) fn signed(header: &Header, payload: Vec<u8>, key: &SecretKey) -> Submission {
    let mut opening = [0; 32];
    OsEntropy.fill(&mut opening);
    let body = Body { opening: Opening(opening), header: header.encode(), payload: payload.into() };
    let commitment = body.commitment();
    let signatures = vec![envelope::sign(&commitment, SigningPurpose::Author, key)];
    Submission { leaf: MessageLeaf { commitment, signatures }, body }
}
