//! An auditor's files: whole, lagging, forked, unsigned and altered at every byte.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod compare;
mod country;
mod der;
mod evidence;
mod export;
mod verify;
