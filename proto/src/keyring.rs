//! The officers' keys that one log has published, under one country's root.
//!
//! A key leaf carries the certificate itself, so that whoever holds the entries of a log, and knows the
//! country's root, can check every officer's signature in it.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::identity::Role;
use crate::identity::certificate::{Certificate, CertificateError, RootCertificate};
use crate::key::{KeyId, PublicKey};
use crate::leaf::{KeyAction, KeyLeaf};

/// Most keys that one log may publish: bounds what a hostile peer makes us hold.
pub const MAX_KEYS: usize = 10_000;

/// The keys published so far in one log.
#[derive(Clone, Debug)]
pub struct Keyring {
    root: RootCertificate,
    certificates: BTreeMap<KeyId, Certificate>,
}

impl Keyring {
    /// A ring that takes only what this root has certified.
    #[must_use]
    pub fn new(root: RootCertificate) -> Self {
        Self { root, certificates: BTreeMap::new() }
    }

    /// Whose keys these are.
    #[must_use]
    pub fn root(&self) -> &RootCertificate {
        &self.root
    }

    /// Takes up a key leaf. A log may publish the root itself, which only confirms it.
    ///
    /// Dates are not looked at: an entry's order in the log counts, and a certificate that has run out
    /// must go on proving what it once signed.
    pub fn publish(&mut self, leaf: &KeyLeaf) -> Result<(), KeyringError> {
        let KeyAction::Publish = leaf.action;
        if leaf.certificate == self.root.der() {
            return Ok(());
        }
        let certificate = Certificate::parse(&leaf.certificate)?;
        self.root.verify(&certificate)?;
        let id = certificate.key_id();
        if self.certificates.contains_key(&id) {
            return Err(KeyringError::PublishedTwice(id));
        }
        if self.certificates.len() >= MAX_KEYS {
            return Err(KeyringError::TooMany);
        }
        self.certificates.insert(id, certificate);
        Ok(())
    }

    /// The key of an officer, if this log has published it.
    #[must_use]
    pub fn officer(&self, id: KeyId) -> Option<&PublicKey> {
        self.certificates
            .get(&id)
            .filter(|certificate| certificate.role() == Role::Officer)
            .map(Certificate::public_key)
    }

    /// The certificate of a published key.
    #[must_use]
    pub fn certificate(&self, id: KeyId) -> Option<&Certificate> {
        self.certificates.get(&id)
    }

    /// All published certificates, the root not among them.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.certificates.values()
    }
}

/// A key leaf that cannot be taken up.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// Not a certificate of this root.
    #[error("published certificate: {0}")]
    Certificate(#[from] CertificateError),
    /// The same key again, or another key with the same id.
    #[error("key {0} is published twice")]
    PublishedTwice(KeyId),
    /// More than [`MAX_KEYS`].
    #[error("more than {MAX_KEYS} keys published in one log")]
    TooMany,
}
