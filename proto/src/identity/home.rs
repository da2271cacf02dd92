//! Where a country's keys and certificates lie below its home folder.
//!
//! ```text
//! keys/root.key  node.key  log.key  receipt.key  officer-hq-1.key  auditor-1.key
//! trust/mr/root.crt  node.crt  log.crt  receipt.crt  officer-hq-1.crt  auditor-1.crt
//! trust/ml/root.crt  node.crt  log.crt  receipt.crt
//! ```
//!
//! A country has one root, node, log and receipt key in use at a time, so these files bear the role
//! alone. Of officers and auditors there are several, so theirs bear role and label. The tool that writes
//! these files and the node that reads them share this module and nothing else.

use std::fmt;

use super::spiffe::{Label, SpiffeId};
use super::{Country, Role};

/// The folder of private keys, below the home: mode 0700, each file 0600.
pub const KEYS: &str = "keys";

/// The folder of certificates, below the home: one folder for each country.
pub const TRUST: &str = "trust";

/// A place in a home, for one private key and its certificate.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Slot {
    /// The country's root.
    Root,
    /// The node's TLS key.
    Node,
    /// The key of the logs that the country writes.
    Log,
    /// The key that signs receipts and cosigns.
    Receipt,
    /// One officer.
    Officer(Label),
    /// One auditor.
    Auditor(Label),
}

impl Slot {
    /// The slots of which a home has one each, in the order of a set-up.
    pub const SINGLE: [Self; 4] = [Self::Root, Self::Node, Self::Log, Self::Receipt];

    /// Where a key of this role and label belongs.
    #[must_use]
    pub fn new(role: Role, label: &Label) -> Self {
        match role {
            Role::Root => Self::Root,
            Role::Node => Self::Node,
            Role::Log => Self::Log,
            Role::Receipt => Self::Receipt,
            Role::Officer => Self::Officer(label.clone()),
            Role::Auditor => Self::Auditor(label.clone()),
        }
    }

    /// Where the key of this name belongs.
    #[must_use]
    pub fn of(id: &SpiffeId) -> Self {
        Self::new(id.role, &id.label)
    }

    /// The slot of a file by its name without folder and extension, as [`fmt::Display`] writes it.
    #[must_use]
    pub fn from_stem(stem: &str) -> Option<Self> {
        if let Some(single) = Self::SINGLE.into_iter().find(|slot| slot.role().as_str() == stem) {
            return Some(single);
        }
        let (role, label) = stem.split_once('-')?;
        let role: Role = role.parse().ok()?;
        let slot = Self::new(role, &label.parse().ok()?);
        // `node-1` names a role that bears no label.
        (slot.to_string() == stem).then_some(slot)
    }

    /// What the key here may be used for.
    #[must_use]
    pub fn role(&self) -> Role {
        match self {
            Self::Root => Role::Root,
            Self::Node => Role::Node,
            Self::Log => Role::Log,
            Self::Receipt => Role::Receipt,
            Self::Officer(_) => Role::Officer,
            Self::Auditor(_) => Role::Auditor,
        }
    }

    /// The private key, relative to the home: `keys/node.key`.
    #[must_use]
    pub fn key_path(&self) -> String {
        format!("{KEYS}/{self}.key")
    }

    /// The certificate, relative to the home: `trust/mr/node.crt`.
    #[must_use]
    pub fn certificate_path(&self, country: Country) -> String {
        format!("{}/{self}.crt", trust_folder(country))
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Officer(label) | Self::Auditor(label) => write!(f, "{}-{label}", self.role()),
            _ => f.write_str(self.role().as_str()),
        }
    }
}

/// The certificates of one country, relative to the home: `trust/mr`.
#[must_use]
pub fn trust_folder(country: Country) -> String {
    format!("{TRUST}/{}", country.as_str().to_ascii_lowercase())
}

/// The usual name of a country's bundle: `mr.bundle`.
#[must_use]
pub fn bundle_name(country: Country) -> String {
    format!("{}.bundle", country.as_str().to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_found_again_by_its_file_name() {
        let hq: Label = "hq-1".parse().unwrap();
        for slot in Slot::SINGLE.into_iter().chain([Slot::Officer(hq.clone()), Slot::Auditor(hq)]) {
            assert_eq!(Slot::from_stem(&slot.to_string()), Some(slot));
        }
        for bad in ["", "node-1", "officer", "officer-", "officer-HQ", "king", "root-"] {
            assert_eq!(Slot::from_stem(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_paths_are_those_of_the_manual() {
        let officer = Slot::Officer("hq-1".parse().unwrap());
        assert_eq!(Slot::Node.key_path(), "keys/node.key");
        assert_eq!(officer.key_path(), "keys/officer-hq-1.key");
        assert_eq!(Slot::Root.certificate_path(Country::ML), "trust/ml/root.crt");
        assert_eq!(officer.certificate_path(Country::MR), "trust/mr/officer-hq-1.crt");
        assert_eq!(bundle_name(Country::MR), "mr.bundle");
    }
}
