//! The keys and certificates of a country, made without a server.
//!
//! Each subcommand is a module with `Options`, a `Report` and `run`. A report prints itself for people and
//! serialises for machines; nothing here writes to the terminal or reads the clock.
//!
//! - [`init`]: a country's root, and one key and certificate for every role
//! - [`issue`]: one more certificate under the root
//! - [`renew`]: a new certificate for a key that has one
//! - [`bundle`]: what the other country needs, as one file
//! - [`import`]: what the other country gave, after its fingerprint was compared
//! - [`fingerprint`]: what to read aloud on the telephone
//! - [`ls`]: every key and certificate of a home
//! - [`inspect`]: what a file holds
//!
//! The layout of a home is [`karakoro_proto::identity::home`]; the certificates' profile is
//! [`karakoro_proto::identity::certificate`].

mod authority;
pub mod bundle;
mod error;
mod files;
pub mod fingerprint;
pub mod home;
pub mod import;
pub mod init;
pub mod inspect;
pub mod issue;
pub mod ls;
mod random;
pub mod renew;
mod view;

#[cfg(test)]
mod testing;

pub use authority::Days;
pub use error::{Blame, CertsError};
pub use view::{CertificateView, RootView};
