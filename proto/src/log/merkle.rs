//! Merkle tree hashes of RFC 6962, section 2.1, over SHA-256, and the frontier of a growing tree.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::text;

/// Length of a hash, in bytes.
pub const HASH_LEN: usize = 32;

/// The largest tree that this module speaks of. Below it every proof fits into the 63 hashes that
/// C2SP allows: at most 62 for an inclusion, and one more for a consistency.
pub const MAX_SIZE: u64 = 1 << 62;

/// The root of the tree without entries: SHA-256 of nothing (RFC 6962, section 2.1).
pub const EMPTY_ROOT: Hash = Hash([
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
    0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
]);

// RFC 6962 separates leaves from nodes, so that a node can never be shown as an entry.
const LEAF_PREFIX: [u8; 1] = [0];
const NODE_PREFIX: [u8; 1] = [1];

/// A SHA-256 hash of an entry or of a subtree; prints as base64, as it stands in C2SP texts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; HASH_LEN]);

impl Hash {
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; HASH_LEN] {
        &self.0
    }

    /// The lower-case hexadecimal form, for people and file names.
    #[must_use]
    pub fn to_hex(&self) -> String {
        use fmt::Write as _;
        self.0.iter().fold(String::with_capacity(2 * HASH_LEN), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("a String takes everything");
            hex
        })
    }
}

impl TryFrom<&[u8]> for Hash {
    type Error = HashError;

    fn try_from(bytes: &[u8]) -> Result<Self, HashError> {
        bytes.try_into().map(Self).map_err(|_| HashError::Length(bytes.len()))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::base64(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hash {
    type Err = HashError;

    /// Reads canonical base64 of exactly 32 bytes.
    fn from_str(text: &str) -> Result<Self, HashError> {
        text::from_base64(text).ok_or(HashError::Base64)?.as_slice().try_into()
    }
}

/// A text or bytes that are no hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum HashError {
    /// Not base64, or not in its one canonical form.
    #[error("not canonical base64: standard alphabet, with padding, unused bits zero")]
    Base64,
    /// Wrong number of bytes.
    #[error("a hash has 32 bytes, not {0}")]
    Length(usize),
}

/// The hash of an entry (RFC 6962, section 2.1): SHA-256 of `0x00 ‖ entry`.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Hash(Sha256::new_with_prefix(LEAF_PREFIX).chain_update(entry).finalize().into())
}

/// The hash of an inner node (RFC 6962, section 2.1): SHA-256 of `0x01 ‖ left ‖ right`.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Hash(Sha256::new_with_prefix(NODE_PREFIX).chain_update(left.0).chain_update(right.0).finalize().into())
}

/// The root over these leaf hashes in order: the Merkle Tree Hash of RFC 6962, section 2.1.
#[must_use]
pub fn root_of(leaf_hashes: impl IntoIterator<Item = Hash>) -> Hash {
    let mut frontier = Frontier::new();
    leaf_hashes.into_iter().for_each(|leaf| frontier.push(leaf));
    frontier.root()
}

/// All that a writer must remember of a tree in order to extend it: the size, and the roots of the
/// perfect subtrees along its right edge (a "compact range").
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Frontier {
    size: u64,
    // One per set bit of `size`, the largest subtree first.
    subtrees: Vec<Hash>,
}

impl Frontier {
    /// The frontier of the empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many leaves the tree has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut subtree = leaf;
        // Like a carry in binary addition: every trailing 1 of the size is a subtree to merge with.
        for _ in 0..self.size.trailing_ones() {
            let left = self.subtrees.pop().expect("one subtree per set bit of the size");
            subtree = node_hash(&left, &subtree);
        }
        self.subtrees.push(subtree);
        // `from_bytes` admits MAX_SIZE at most: an overflow is 2^63 calls away.
        self.size += 1;
    }

    /// The root of the tree so far.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.fold_onto(None).unwrap_or(EMPTY_ROOT)
    }

    /// Merges the subtrees with what stands to the right of them, if anything does.
    pub(super) fn fold_onto(&self, right: Option<Hash>) -> Option<Hash> {
        self.subtrees
            .iter()
            .rev()
            .fold(right, |right, left| Some(right.map_or(*left, |right| node_hash(left, &right))))
    }

    /// The only encoding: the size as u64 big-endian, then each subtree's hash, the largest first.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.size.to_be_bytes().to_vec();
        self.subtrees.iter().for_each(|hash| bytes.extend_from_slice(&hash.0));
        bytes
    }

    /// Reads what [`Self::to_bytes`] writes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FrontierError> {
        let (size, hashes) = bytes.split_first_chunk::<8>().ok_or(FrontierError::Truncated(bytes.len()))?;
        let size = u64::from_be_bytes(*size);
        if size > MAX_SIZE {
            return Err(FrontierError::Size(size));
        }
        let expected = 8 + HASH_LEN * size.count_ones() as usize;
        if bytes.len() != expected {
            return Err(FrontierError::Length { size, expected, found: bytes.len() });
        }
        let (hashes, _) = hashes.as_chunks::<HASH_LEN>();
        Ok(Self { size, subtrees: hashes.iter().copied().map(Hash).collect() })
    }
}

/// Bytes that are no frontier.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum FrontierError {
    /// Too short to hold the size.
    #[error("a frontier begins with 8 bytes of size; there are {0}")]
    Truncated(usize),
    /// Past [`MAX_SIZE`].
    #[error("tree size {0} is past the limit of 2^62")]
    Size(u64),
    /// Not one hash for each set bit of the size.
    #[error("the frontier of {size} leaves has {expected} bytes, not {found}")]
    Length {
        /// The stated size of the tree.
        size: u64,
        /// How long the frontier of such a tree is.
        expected: usize,
        /// How long it was.
        found: usize,
    },
}

#[cfg(test)]
mod tests;
