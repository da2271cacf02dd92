//! A node's home as it is read at the start: keys, certificates, and where its logs lie.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use karakoro_proto::identity::certificate::{Certificate, CertificateError, RootCertificate};
use karakoro_proto::identity::home::{Slot, trust_folder};
use karakoro_proto::identity::pem::{PemError, PemLabel, decode_one_pem};
use karakoro_proto::identity::pkcs8::KeyFileError;
use karakoro_proto::identity::{Country, Origin, Role};
use karakoro_proto::key::SecretKey;
use karakoro_proto::log::checkpoint::LogVerifier;
use karakoro_proto::log::cosignature::CosignerVerifier;
use karakoro_proto::log::note::KeyName;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::ledger::log::{LogKeys, LogPlace};

/// Largest key, certificate or bundle file, in bytes.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// Why a home cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HomeError {
    /// A file that cannot be read.
    #[error("cannot read {}: {source}{}", path.display(), hint(path, source))]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A key that others than its owner can read.
    #[error("{} has mode {mode:04o}, so that others can read the key: chmod 0600 {}", path.display(), path.display())]
    KeyMode {
        /// Which file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// A file larger than any key or certificate.
    #[error("{} has {bytes} bytes, where at most {MAX_FILE_BYTES} are read", path.display())]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// Not a PEM file of its kind.
    #[error("{}: {source}", path.display())]
    Pem {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        source: PemError,
    },
    /// Not a private key.
    #[error("{}: {source}", path.display())]
    Key {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        source: KeyFileError,
    },
    /// Not an acceptable certificate.
    #[error("{}: {source}", path.display())]
    Certificate {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        source: CertificateError,
    },
    /// A key that does not belong to the certificate beside it.
    #[error("the key {} does not belong to the certificate {}", key.display(), certificate.display())]
    Mismatch {
        /// The key.
        key: PathBuf,
        /// The certificate.
        certificate: PathBuf,
    },
}

fn hint(path: &Path, source: &io::Error) -> &'static str {
    if source.kind() != io::ErrorKind::NotFound {
        return "";
    }
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("key") => "; `karakoro certs init` makes a country's keys",
        Some("crt") => {
            "; `karakoro certs init` makes our own certificates, `karakoro certs import` takes the other country's"
        }
        _ => "",
    }
}

/// Reads keys and certificates of a home.
#[derive(Clone, Debug)]
pub struct Home {
    path: PathBuf,
}

impl Home {
    /// The home at `path`.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The log of `origin` in this home.
    #[must_use]
    pub fn place(&self, origin: Origin, guard_folder: &str) -> LogPlace {
        LogPlace {
            origin,
            folder: format!("data/logs/{}", origin.folder()),
            guard: format!("{guard_folder}/{}.guard", origin.folder()),
        }
    }

    fn read(&self, path: &str) -> Result<(PathBuf, Zeroizing<String>), HomeError> {
        let path = self.path.join(path);
        let failed = |source| HomeError::Read { path: path.clone(), source };
        let bytes = fs::metadata(&path).map_err(failed)?.len();
        if bytes > MAX_FILE_BYTES {
            return Err(HomeError::TooLarge { path, bytes });
        }
        let text = fs::read_to_string(&path).map(Zeroizing::new).map_err(failed)?;
        Ok((path, text))
    }

    /// A private key; refuses one that others than its owner can read.
    pub fn key(&self, slot: &Slot) -> Result<SecretKey, HomeError> {
        read_key(&self.path.join(slot.key_path()))
    }

    /// A country's root, as trusted by this home.
    pub fn root(&self, country: Country) -> Result<RootCertificate, HomeError> {
        let (path, text) = self.read(&Slot::Root.certificate_path(country))?;
        let der = decode_one_pem(&text, PemLabel::Certificate)
            .map_err(|source| HomeError::Pem { path: path.clone(), source })?;
        let failed = |source| HomeError::Certificate { path: path.clone(), source };
        let root = RootCertificate::parse(&der).map_err(failed)?;
        root.certificate().expect_country(country).map_err(failed)?;
        Ok(root)
    }

    /// A certificate under its country's root.
    pub fn certificate(&self, root: &RootCertificate, slot: &Slot) -> Result<Certificate, HomeError> {
        let (path, text) = self.read(&slot.certificate_path(root.country()))?;
        let der = decode_one_pem(&text, PemLabel::Certificate)
            .map_err(|source| HomeError::Pem { path: path.clone(), source })?;
        let failed = |source| HomeError::Certificate { path: path.clone(), source };
        let certificate = Certificate::parse(&der).map_err(failed)?;
        root.verify(&certificate).map_err(failed)?;
        certificate.expect_role(slot.role()).map_err(failed)?;
        Ok(certificate)
    }

    /// A key with its certificate, which must belong to each other.
    pub fn key_pair(
        &self,
        root: &RootCertificate,
        slot: &Slot,
    ) -> Result<(SecretKey, Certificate), HomeError> {
        let key = self.key(slot)?;
        let certificate = self.certificate(root, slot)?;
        if key.public() != *certificate.public_key() {
            return Err(HomeError::Mismatch {
                key: self.path.join(slot.key_path()),
                certificate: self.path.join(slot.certificate_path(root.country())),
            });
        }
        Ok((key, certificate))
    }

    /// The certificates of a country's officers that this home holds, by label; of several for one key, the
    /// one that is valid longest. A log must publish no key twice.
    pub fn officers(&self, root: &RootCertificate) -> Result<Vec<Certificate>, HomeError> {
        let path = self.path.join(trust_folder(root.country()));
        let failed = |source| HomeError::Read { path: path.clone(), source };
        let mut slots = Vec::new();
        for entry in fs::read_dir(&path).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let stem = name.to_str().and_then(|name| name.strip_suffix(".crt"));
            slots.extend(stem.and_then(Slot::from_stem).filter(|slot| slot.role() == Role::Officer));
        }
        slots.sort();
        let mut officers: Vec<Certificate> = Vec::new();
        for slot in &slots {
            let officer = self.certificate(root, slot)?;
            match officers.iter_mut().find(|other| other.key_id() == officer.key_id()) {
                Some(other) if other.not_after() < officer.not_after() => *other = officer,
                Some(_) => {}
                None => officers.push(officer),
            }
        }
        Ok(officers)
    }
}

/// Reads a private key file; refuses one that others than its owner can read.
pub fn read_key(path: &Path) -> Result<SecretKey, HomeError> {
    let failed = |source| HomeError::Read { path: path.to_owned(), source };
    let metadata = fs::metadata(path).map_err(failed)?;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(HomeError::KeyMode { path: path.to_owned(), mode });
    }
    if metadata.len() > MAX_FILE_BYTES {
        return Err(HomeError::TooLarge { path: path.to_owned(), bytes: metadata.len() });
    }
    let text = fs::read_to_string(path).map(Zeroizing::new).map_err(failed)?;
    SecretKey::from_pkcs8_pem(&text).map_err(|source| HomeError::Key { path: path.to_owned(), source })
}

/// What a country shows to others: its root and the certificates of its machines.
#[derive(Clone, Debug)]
pub struct CountryCertificates {
    /// The root.
    pub root: RootCertificate,
    /// TLS.
    pub node: Certificate,
    /// Checkpoints.
    pub log: Certificate,
    /// Receipts and cosignatures.
    pub receipt: Certificate,
}

impl CountryCertificates {
    /// Reads them from `trust/<country>`.
    pub fn load(home: &Home, country: Country) -> Result<Self, HomeError> {
        let root = home.root(country)?;
        Ok(Self {
            node: home.certificate(&root, &Slot::Node)?,
            log: home.certificate(&root, &Slot::Log)?,
            receipt: home.certificate(&root, &Slot::Receipt)?,
            root,
        })
    }

    /// Whose signatures make the notes of a log: written by this country, cosigned by `receiver`.
    #[must_use]
    pub fn log_keys(&self, origin: Origin, receiver: &Self) -> LogKeys {
        LogKeys {
            log: LogVerifier { origin, key: self.log.public_key().clone() },
            cosigner: CosignerVerifier {
                name: KeyName::of_receipt_key(receiver.root.country()),
                key: receiver.receipt.public_key().clone(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use karakoro_proto::identity::pem::encode_pem;

    use super::*;

    #[test]
    fn a_key_with_two_certificates_is_one_officer() {
        let root = include_bytes!("../../tests/vectors/certificates/mr-root.der");
        let officer = include_bytes!("../../tests/vectors/certificates/mr-officer.der");
        let folder = tempfile::tempdir().unwrap();
        let trust = folder.path().join(trust_folder(Country::MR));
        fs::create_dir_all(&trust).unwrap();
        for name in ["officer-hq-1.crt", "officer-copy.crt"] {
            fs::write(trust.join(name), encode_pem(PemLabel::Certificate, officer).as_bytes()).unwrap();
        }
        let root = RootCertificate::parse(root).unwrap();
        let officers = Home::new(folder.path()).officers(&root).unwrap();
        assert_eq!(officers.len(), 1);
    }
}
