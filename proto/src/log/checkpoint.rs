//! Checkpoints (C2SP tlog-checkpoint v1.0.0): the note in which a log states its size and root.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::cosignature::{Cosignature, CosignerVerifier};
use super::merkle::{EMPTY_ROOT, Hash, HashError, MAX_SIZE};
use super::note::{
    KeyName, Note, NoteError, Signature, SignatureFault, SignatureType, Statement, VerifierKey, VerifyError,
};
use super::text;
use crate::identity::{IdentityError, Origin};
use crate::key::{PublicKey, SecretKey};

/// What a log states about itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    /// Which log.
    pub origin: Origin,
    /// How many entries it has.
    pub size: u64,
    /// The Merkle tree hash over them.
    pub root: Hash,
}

impl Checkpoint {
    /// The text that the log signs: three lines, each ended by a newline.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root)
    }

    /// Reads the text of a checkpoint of one of our logs. Extension lines, which C2SP allows and does
    /// not recommend, are refused: our logs write none, and nobody could audit them.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let (origin, rest) = text.split_once('\n').ok_or(CheckpointError::Lines)?;
        let (size, rest) = rest.split_once('\n').ok_or(CheckpointError::Lines)?;
        let (root, rest) = rest.split_once('\n').ok_or(CheckpointError::Lines)?;
        if !rest.is_empty() {
            return Err(CheckpointError::ExtensionLines);
        }
        let checkpoint = Self { origin: origin.parse()?, size: parse_size(size)?, root: root.parse()? };
        if checkpoint.size == 0 && checkpoint.root != EMPTY_ROOT {
            return Err(CheckpointError::RootOfNothing);
        }
        Ok(checkpoint)
    }
}

fn parse_size(line: &str) -> Result<u64, CheckpointError> {
    let size = text::decimal(line).filter(|size| *size <= MAX_SIZE);
    size.ok_or_else(|| CheckpointError::Size(line.to_owned()))
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        Self::parse(text)
    }
}

/// Whose signature makes a checkpoint that of a log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogVerifier {
    /// The log; also the name of its key.
    pub origin: Origin,
    /// The key with which the log signs, and nothing else is signed.
    pub key: PublicKey,
}

impl LogVerifier {
    /// This log as a verifier key of type 01.
    #[must_use]
    pub fn to_verifier_key(&self) -> VerifierKey {
        VerifierKey::new(self.origin.into(), SignatureType::Ed25519, self.key.clone())
    }
}

/// A checkpoint with its log's signature, which was made or verified here. Further signatures in the
/// note are carried along and prove nothing until asked for with [`Self::cosignature`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: Note,
}

impl SignedCheckpoint {
    /// Signs as the log. The caller has made sure that nothing inconsistent was ever signed before.
    #[must_use]
    pub fn sign(checkpoint: Checkpoint, key: &SecretKey) -> Self {
        let text = checkpoint.text();
        let signature = Signature::sign(&text, KeyName::from(checkpoint.origin), key);
        let note = Note::new(text, signature).expect("three short lines of printable ASCII");
        Self { checkpoint, note }
    }

    /// Reads a note and checks that this log signed it.
    pub fn verify(bytes: &[u8], log: &LogVerifier) -> Result<Self, CheckpointError> {
        let note = Note::parse(bytes)?;
        note.verify(&[log.to_verifier_key()])?;
        let checkpoint = Checkpoint::parse(note.text())?;
        if checkpoint.origin != log.origin {
            return Err(CheckpointError::OtherOrigin { expected: log.origin, found: checkpoint.origin });
        }
        Ok(Self { checkpoint, note })
    }

    /// What the log stated.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The note as it is stored, sent and exported.
    #[must_use]
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// The same checkpoint with a cosignature, which is verified first and takes the place of an
    /// older one by the same cosigner.
    pub fn with_cosignature(
        self,
        cosigner: &CosignerVerifier,
        cosignature: &Cosignature,
    ) -> Result<Self, CheckpointError> {
        let refused = |fault| VerifyError::Signature {
            name: cosigner.name.clone(),
            id: cosigner.to_verifier_key().id(),
            fault: SignatureFault::Cosignature(fault),
        };
        cosigner.verify(self.note.text(), cosignature).map_err(refused)?;
        let note = self.note.with_signature(cosigner.line(cosignature))?;
        Ok(Self { note, ..self })
    }

    /// The newest cosignature by this cosigner: an error if there is none, or a bad one.
    pub fn cosignature(&self, cosigner: &CosignerVerifier) -> Result<Cosignature, VerifyError> {
        let known = [cosigner.to_verifier_key()];
        let cosignatures =
            self.note.verify(&known)?.into_iter().filter_map(|signed| match signed.statement {
                Statement::Cosigned(cosignature) => Some(cosignature),
                Statement::Text => None,
            });
        cosignatures.max_by_key(|cosignature| cosignature.time_seconds).ok_or(VerifyError::NoKnownKey)
    }
}

impl fmt::Display for SignedCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.note.fmt(f)
    }
}

/// A checkpoint that is malformed, or not signed by its log.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// Fewer than three lines, or the third is cut off.
    #[error("a checkpoint is three lines (origin, size, root), each ended by a newline")]
    Lines,
    /// Line 1.
    #[error("line 1: {0}")]
    Origin(#[from] IdentityError),
    /// Line 2.
    #[error("line 2: `{0}` is not a tree size: a decimal up to 2^62, without leading zeros")]
    Size(String),
    /// Line 3.
    #[error("line 3: {0}")]
    Root(#[from] HashError),
    /// A size of 0 with another root than that of the empty tree.
    #[error("line 3: the root of an empty log is {EMPTY_ROOT}")]
    RootOfNothing,
    /// More than three lines.
    #[error("line 4: a Karakoro log writes no extension lines")]
    ExtensionLines,
    /// Signed by the right key, but for another log.
    #[error("the checkpoint is of {found}, not of {expected}")]
    OtherOrigin {
        /// The log asked for.
        expected: Origin,
        /// The log that it is of.
        found: Origin,
    },
    /// No note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Not signed by the log, or a signature is bad.
    #[error(transparent)]
    Unverified(#[from] VerifyError),
}

#[cfg(test)]
mod tests;
