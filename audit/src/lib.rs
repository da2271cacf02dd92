//! Verification from files alone, for people who trust nobody.
//!
//! - [`verify::verify`]: does an exported log follow from its entries, and did both countries sign it?
//! - [`compare::compare`]: do two exports, one from each country, tell the same story?
//! - [`evidence::verify_evidence`]: was this one message shared, by whom, in a log that both signed?
//!
//! Each answers with a [`Report`]: *agree*, *disagree* or *could not check*. No and don't-know are
//! never the same answer. *Disagree* is for files that contradict a signature, each other or
//! themselves, or from which something was taken; *could not check* is for what is not there at all,
//! cannot be read, or is not yet signed by all.
//!
//! # What is believed
//!
//! The keys that the auditor brought ([`VerifyOptions`]), and nothing else. Without them the keys in
//! the files are used, and the report says so. Stored hashes are never believed: root and tiles are
//! recomputed from the entries. Files are hostile: every read has a limit, a link is a fault, and
//! memory does not grow with the log.
//!
//! # What cannot be seen from here
//!
//! Two countries that collude can show a different, well-signed log to each auditor. Only a third
//! cosigner, or auditors who compare the roots they were shown, find that.

use std::path::Path;

mod accords;
pub mod compare;
mod entries;
pub mod evidence;
mod fault;
mod files;
mod leaves;
mod report;
mod signatures;
mod text;
mod tiles;
mod trust;
pub mod verify;

pub use fault::{AnchorFault, Fault, Finding, Place};
pub use report::{
    AccordReport, BodyState, Cosigned, ErasedReport, EvidenceReport, Head, LeafCounts, LogReport,
    MessageReport, PairReport, Report, SCHEMA, Signer, Verdict,
};
pub use verify::VerifyOptions;

/// Verifies whatever stands at `path`: an export, one log of an export, or an evidence file.
#[must_use]
pub fn verify_path(path: &Path, options: &VerifyOptions<'_>) -> Report {
    if path.is_file() { evidence::verify_evidence(path, options) } else { verify::verify(path, options) }
}
