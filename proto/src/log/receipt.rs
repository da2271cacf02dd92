//! Receipts: the receiver's signed word that it durably holds some entries, given long before a
//! cosignature covers them.
//!
//! The format is our own. The receipt key signs these bytes, the first line of which separates them
//! from all else that it signs:
//!
//! ```text
//! karakoro/receipt/v1
//! <origin>
//! <start>
//! <end>
//! <base64 of the root over the leaf hashes start..end, as RFC 6962 hashes a tree of their own>
//! <time in milliseconds since 1970>
//! ```
//!
//! The same key signs cosignatures, whose messages begin with `cosignature/v1` (C2SP
//! tlog-cosignature): the two differ in their first byte, so no signature of one kind is ever valid as
//! the other. Nor is a receipt the text of a checkpoint, whose first line is an origin: `receipt` is no
//! country.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::merkle::{Hash, HashError, MAX_SIZE};
use super::text;
use crate::identity::{IdentityError, Origin};
use crate::key::{PublicKey, SIGNATURE_LEN, SecretKey};
use crate::time::UnixMillis;

const HEADER: &str = "karakoro/receipt/v1";
const SIGNATURE_WORD: &str = "signature ";

/// What the receiver states: it durably holds the entries `start..end` of the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReceiptBody {
    origin: Origin,
    start: u64,
    end: u64,
    subtree_root: Hash,
    time: UnixMillis,
}

impl ReceiptBody {
    /// A statement about at least one entry: `start < end`.
    pub fn new(
        origin: Origin,
        start: u64,
        end: u64,
        subtree_root: Hash,
        time: UnixMillis,
    ) -> Result<Self, ReceiptError> {
        if start >= end || end > MAX_SIZE {
            return Err(ReceiptError::Range { start, end });
        }
        Ok(Self { origin, start, end, subtree_root, time })
    }

    /// The log that the entries stand in.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// The first entry held.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.start
    }

    /// One past the last entry held.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.end
    }

    /// The Merkle tree hash over the leaf hashes `start..end`, as of a tree of their own.
    #[must_use]
    pub fn subtree_root(&self) -> Hash {
        self.subtree_root
    }

    /// When the receiver says that it had them on disk.
    #[must_use]
    pub fn time(&self) -> UnixMillis {
        self.time
    }

    /// Whether the entry at this index is among them.
    #[must_use]
    pub fn covers(&self, index: u64) -> bool {
        (self.start..self.end).contains(&index)
    }

    /// The bytes that are signed.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { origin, start, end, subtree_root, time } = self;
        format!("{HEADER}\n{origin}\n{start}\n{end}\n{subtree_root}\n{}\n", time.millis())
    }

    fn parse(text: &str) -> Result<Self, ReceiptError> {
        let mut lines = text.strip_suffix('\n').ok_or(ReceiptError::Lines)?.split('\n');
        let mut next = || lines.next().ok_or(ReceiptError::Lines);
        if next()? != HEADER {
            return Err(ReceiptError::Header);
        }
        let origin = next()?.parse()?;
        let start = number(3, next()?)?;
        let end = number(4, next()?)?;
        let subtree_root = next()?.parse()?;
        let millis = next()?;
        let time = UnixMillis::new(number(6, millis)?).ok_or_else(|| number_error(6, millis))?;
        if lines.next().is_some() {
            return Err(ReceiptError::Lines);
        }
        Self::new(origin, start, end, subtree_root, time)
    }
}

fn number(line: usize, found: &str) -> Result<u64, ReceiptError> {
    text::decimal(found).ok_or_else(|| number_error(line, found))
}

fn number_error(line: usize, found: &str) -> ReceiptError {
    ReceiptError::Number { line, found: found.to_owned() }
}

/// A receipt with its signature: well-formed, believed only after [`Receipt::verify`].
///
/// Prints, for files and evidence, as the signed text and a last line `signature <base64>`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// What is stated.
    pub body: ReceiptBody,
    /// Ed25519 by the receipt key over [`ReceiptBody::text`].
    pub signature: [u8; SIGNATURE_LEN],
}

impl Receipt {
    /// Signs as the receiver, who has the entries on disk by now.
    #[must_use]
    pub fn sign(body: ReceiptBody, key: &SecretKey) -> Self {
        Self { body, signature: key.sign(body.text().as_bytes()) }
    }

    /// Checks that this receipt key signed it.
    pub fn verify(&self, key: &PublicKey) -> Result<(), ReceiptError> {
        key.verify(self.body.text().as_bytes(), &self.signature).map_err(|_| ReceiptError::Forged)
    }

    /// Whether the entry at this index is among those held.
    #[must_use]
    pub fn covers(&self, index: u64) -> bool {
        self.body.covers(index)
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}{SIGNATURE_WORD}{}", self.body.text(), text::base64(&self.signature))
    }
}

impl FromStr for Receipt {
    type Err = ReceiptError;

    fn from_str(text: &str) -> Result<Self, ReceiptError> {
        let lines = text.strip_suffix('\n').ok_or(ReceiptError::Lines)?;
        let last_line = lines.rfind('\n').ok_or(ReceiptError::Lines)? + 1;
        let (body, signature) = lines.split_at(last_line);
        let body = ReceiptBody::parse(body)?;
        let signature = signature.strip_prefix(SIGNATURE_WORD).and_then(text::from_base64);
        let signature = signature.and_then(|bytes| bytes.try_into().ok()).ok_or(ReceiptError::Signature)?;
        Ok(Self { body, signature })
    }
}

/// A receipt that is malformed, or not by the receiver.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// Not seven lines.
    #[error("a receipt is seven lines, each ended by a newline")]
    Lines,
    /// Line 1.
    #[error("line 1: a receipt begins with `{HEADER}`")]
    Header,
    /// Line 2.
    #[error("line 2: {0}")]
    Origin(#[from] IdentityError),
    /// Line 3, 4 or 6.
    #[error("line {line}: `{found}` is not a number in range, or has a sign or leading zeros")]
    Number {
        /// Which line, from 1.
        line: usize,
        /// What stands there.
        found: String,
    },
    /// Line 5.
    #[error("line 5: {0}")]
    Root(#[from] HashError),
    /// Line 7.
    #[error("line 7: `{SIGNATURE_WORD}` and canonical base64 of {SIGNATURE_LEN} bytes must stand here")]
    Signature,
    /// No entries, or past the largest tree.
    #[error("{start}..{end} is not a range of entries: it must hold at least one, and end at 2^62 at most")]
    Range {
        /// The first entry.
        start: u64,
        /// One past the last.
        end: u64,
    },
    /// The key did not sign this.
    #[error("the receipt's signature does not verify")]
    Forged,
}

#[cfg(test)]
mod tests;
