//! One entry's evidence in one file (C2SP tlog-proof): where it stands, the path to the root, and the
//! signed checkpoint. It verifies offline against a [`Policy`], years later.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::checkpoint::{Checkpoint, CheckpointError};
use super::merkle::{Hash, HashError};
use super::note::{MAX_NOTE_LEN, Note, NoteError};
use super::policy::{Policy, PolicyFailure, Standing};
use super::proof::{InclusionProof, MAX_PROOF_HASHES, ProofError};
use super::text;

/// The extension of files in this format.
pub const FILE_EXTENSION: &str = "tlog-proof";

/// The longest extra data, in bytes.
pub const MAX_EXTRA_LEN: usize = 64 * 1024;

const HEADER: &str = "c2sp.org/tlog-proof@v1";
// The note, the extra data as base64, and the proof.
const MAX_LEN: usize = MAX_NOTE_LEN + 2 * MAX_EXTRA_LEN + 4096;

/// An entry's place, path and checkpoint: well-formed, believed only after [`TlogProof::verify`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TlogProof {
    /// Opaque to this format, and authenticated by nothing in it.
    pub extra: Option<Vec<u8>>,
    /// Where the entry stands, from 0.
    pub index: u64,
    /// The inclusion path from the leaf to the root.
    pub path: Vec<Hash>,
    /// The checkpoint with its signatures.
    pub checkpoint: Note,
}

/// What a verified proof shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proven {
    /// The log's statement in which the entry is included.
    pub checkpoint: Checkpoint,
    /// Who signed and cosigned that statement.
    pub standing: Standing,
}

impl TlogProof {
    /// Checks the signatures against the policy, and then that the leaf is in the tree they sign.
    pub fn verify(&self, leaf: Hash, policy: &Policy) -> Result<Proven, TlogProofError> {
        let standing = policy.check(&self.checkpoint)?;
        let checkpoint = Checkpoint::parse(self.checkpoint.text())?;
        let proof = InclusionProof { index: self.index, size: checkpoint.size, path: self.path.clone() };
        proof.verify(leaf, checkpoint.root)?;
        Ok(Proven { checkpoint, standing })
    }

    /// Reads what `to_string` writes.
    pub fn parse(bytes: &[u8]) -> Result<Self, TlogProofError> {
        if bytes.len() > MAX_LEN {
            return Err(TlogProofError::TooLong(bytes.len()));
        }
        let file =
            std::str::from_utf8(bytes).map_err(|e| TlogProofError::Utf8 { offset: e.valid_up_to() })?;
        let mut lines = Lines { rest: file, number: 0 };
        if lines.next()? != HEADER {
            return Err(TlogProofError::Header);
        }
        let mut line = lines.next()?;
        let mut extra = None;
        if let Some(encoded) = line.strip_prefix("extra ") {
            extra = Some(parse_extra(encoded)?);
            line = lines.next()?;
        }
        let index = line.strip_prefix("index ").and_then(text::decimal);
        let index = index.ok_or(TlogProofError::Index { line: lines.number })?;
        let path = parse_path(&mut lines)?;
        let checkpoint = Note::parse(lines.rest.as_bytes())
            .map_err(|fault| TlogProofError::Note { after_line: lines.number, fault })?;
        Ok(Self { extra, index, path, checkpoint })
    }
}

impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", text::base64(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for TlogProof {
    type Err = TlogProofError;

    fn from_str(file: &str) -> Result<Self, TlogProofError> {
        Self::parse(file.as_bytes())
    }
}

/// The lines of a file and how many were taken.
struct Lines<'a> {
    rest: &'a str,
    number: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Result<&'a str, TlogProofError> {
        let (line, rest) = self.rest.split_once('\n').ok_or(TlogProofError::Truncated)?;
        self.rest = rest;
        self.number += 1;
        Ok(line)
    }
}

fn parse_extra(encoded: &str) -> Result<Vec<u8>, TlogProofError> {
    text::from_base64(encoded).filter(|extra| extra.len() <= MAX_EXTRA_LEN).ok_or(TlogProofError::Extra)
}

fn parse_path(lines: &mut Lines<'_>) -> Result<Vec<Hash>, TlogProofError> {
    let mut path = Vec::new();
    loop {
        let line = lines.next()?;
        if line.is_empty() {
            return Ok(path);
        }
        if path.len() == MAX_PROOF_HASHES {
            return Err(TlogProofError::TooManyHashes);
        }
        path.push(line.parse().map_err(|fault| TlogProofError::Hash { line: lines.number, fault })?);
    }
}

/// A file that is no proof, or proves nothing.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum TlogProofError {
    /// Longer than any proof.
    #[error("{0} bytes are past the limit of {MAX_LEN}")]
    TooLong(usize),
    /// Not UTF-8.
    #[error("not UTF-8 from byte {offset} on")]
    Utf8 {
        /// Where the valid part ends.
        offset: usize,
    },
    /// Ends before the checkpoint.
    #[error("the file ends before its checkpoint")]
    Truncated,
    /// Line 1.
    #[error("line 1: a proof begins with `{HEADER}`")]
    Header,
    /// The extra line.
    #[error("line 2: `extra ` and canonical base64 of at most {MAX_EXTRA_LEN} bytes must stand here")]
    Extra,
    /// The index line.
    #[error("line {line}: `index ` and a decimal without leading zeros must stand here")]
    Index {
        /// Which line, from 1.
        line: usize,
    },
    /// A line of the path.
    #[error("line {line}: {fault}")]
    Hash {
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        #[source]
        fault: HashError,
    },
    /// More than [`MAX_PROOF_HASHES`].
    #[error("more than {MAX_PROOF_HASHES} hashes")]
    TooManyHashes,
    /// The checkpoint is no note.
    #[error("checkpoint after line {after_line}: {fault}")]
    Note {
        /// The blank line before it; the note's own lines count from the next one.
        after_line: usize,
        /// What is wrong with it.
        #[source]
        fault: NoteError,
    },
    /// The note is no checkpoint of one of our logs.
    #[error("checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The policy does not let the checkpoint pass.
    #[error("checkpoint: {0}")]
    Policy(#[from] PolicyFailure),
    /// The leaf is not in the tree.
    #[error("inclusion: {0}")]
    Inclusion(#[from] ProofError),
}

#[cfg(test)]
mod tests;
