//! The protocol that two countries and every auditor must agree on.
//!
//! # The life of a message
//!
//! An officer's alert becomes a [`envelope::Body`]: a header, a payload and a random opening. Its
//! [`envelope::Commitment`] is what officers sign; the plaintext is never signed, so that an erased
//! person cannot be guessed back from a signature. The commitment and the signatures form a
//! [`leaf::Leaf`], which carries no personal data, in the sender's Merkle log
//! ([`log::merkle`]). The sender signs a [`log::checkpoint::Checkpoint`] over that log, the
//! receiver mirrors the entries, verifies all of it and *cosigns* ([`log::cosignature`]). From then on
//! both countries, and any auditor, can prove what was shared.
//!
//! # The types to know
//!
//! - [`identity::Origin`]: which log, written by whom, in which epoch
//! - [`envelope::VerifiedEnvelope`]: a message whose commitment and signatures were checked
//! - [`leaf::Leaf`]: one entry of a log
//! - [`log::checkpoint::Checkpoint`]: a log's size and root, signed as a note
//! - [`session::Session`]: the exchange between two nodes as a pure state machine
//!
//! This crate is pure: no sockets, files, clocks or randomness of its own. Time and random bytes
//! come as arguments, so that the same code runs over QUIC, in a simulator and in an auditor's hands.

pub mod accord;
pub mod domain;
pub mod envelope;
pub mod error;
pub mod identity;
pub mod key;
pub mod keyring;
pub mod leaf;
pub mod log;
pub mod refusal;
pub mod service;
pub mod session;
pub mod time;
pub mod toml;
pub mod wire;

#[cfg(test)]
mod testing;
