//! What tests of several modules share: the two countries of the published certificates, hexadecimal, and
//! vectors in files.

use crate::identity::certificate::RootCertificate;
use crate::identity::{Country, Origin};
use crate::key::SecretKey;

pub(crate) mod vectors;

/// A country whose keys are those of `tests/vectors/certificates`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Party {
    pub(crate) country: Country,
    pub(crate) root: &'static [u8],
    pub(crate) node: &'static [u8],
    pub(crate) officer: &'static [u8],
    seed: u8,
}

pub(crate) const MR: Party = Party {
    country: Country::MR,
    root: include_bytes!("../../tests/vectors/certificates/mr-root.der"),
    node: include_bytes!("../../tests/vectors/certificates/mr-node.der"),
    officer: include_bytes!("../../tests/vectors/certificates/mr-officer.der"),
    seed: 0x10,
};

pub(crate) const ML: Party = Party {
    country: Country::ML,
    root: include_bytes!("../../tests/vectors/certificates/ml-root.der"),
    node: include_bytes!("../../tests/vectors/certificates/ml-node.der"),
    officer: include_bytes!("../../tests/vectors/certificates/ml-officer.der"),
    seed: 0x20,
};

impl Party {
    pub(crate) fn other(&self) -> Self {
        if self.country == Country::MR { ML } else { MR }
    }

    pub(crate) fn root(&self) -> RootCertificate {
        RootCertificate::parse(self.root).unwrap()
    }

    /// The log that this country writes for the other.
    pub(crate) fn writes(&self) -> Origin {
        Origin::link(self.country, self.other().country)
    }

    pub(crate) fn root_key(&self) -> SecretKey {
        self.key(0)
    }

    pub(crate) fn node_key(&self) -> SecretKey {
        self.key(1)
    }

    pub(crate) fn log_key(&self) -> SecretKey {
        self.key(2)
    }

    pub(crate) fn receipt_key(&self) -> SecretKey {
        self.key(3)
    }

    pub(crate) fn officer_key(&self) -> SecretKey {
        self.key(4)
    }

    fn key(&self, offset: u8) -> SecretKey {
        SecretKey::from_seed(&[self.seed + offset; 32])
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    assert!(text.is_ascii() && text.len().is_multiple_of(2), "not hexadecimal: {text}");
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}
