//! The ledger: what this node has promised, on disk.
//!
//! One [`log::Log`] for each direction, ours and the peer's mirrored. Each is a folder of append-only
//! segment files, the truth, and a guard file kept apart. Everything else (the index) can be rebuilt.
//!
//! All access to the disk goes through [`storage::Storage`].

pub mod guard;
pub mod index;

pub mod log;
pub mod record;
pub mod register;
pub mod seal;
pub mod segment;
pub mod storage;

#[cfg(test)]
pub(crate) mod testing;
