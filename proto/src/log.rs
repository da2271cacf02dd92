//! Log arithmetic: Merkle trees, proofs, signed notes, checkpoints, cosignatures, receipts and tiles.
//!
//! What is exported for auditors is C2SP byte for byte (<https://c2sp.org>), so that tools which know
//! nothing of this product accept it; the hashing is that of RFC 6962. Read bottom up:
//!
//! - [`merkle`]: hashes of entries and nodes, and the [`merkle::Frontier`] of a growing tree
//! - [`proof`]: an entry is in a tree; a tree is a prefix of another
//! - [`note`]: a text and who signed it
//! - [`checkpoint`]: the note in which a log states its size and root
//! - [`cosignature`]: the other country's timestamped signature over that checkpoint
//! - [`receipt`]: the early, per-message evidence that the other country holds an entry
//! - [`policy`]: whose signatures make a checkpoint worth believing
//! - [`tlog_proof`]: one entry's whole evidence in one file
//! - [`evidence`]: one message's whole evidence, readable by people
//! - [`tile`]: the tree and its entries as static files, recomputed and never believed
//!
//! All of it is pure, and every parser here accepts exactly one spelling of each value: what parses
//! prints back as the same bytes, so that two implementations never disagree about what was signed.

pub mod checkpoint;
pub mod cosignature;
pub mod evidence;
pub mod merkle;
pub mod note;
pub mod policy;
pub mod proof;
pub mod receipt;
mod text;
pub mod tile;
pub mod tlog_proof;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
