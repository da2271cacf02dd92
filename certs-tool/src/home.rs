//! Reads the keys and certificates of a home, and believes none of them for where it lies.

use std::path::{Path, PathBuf};

use karakoro_proto::identity::Country;
use karakoro_proto::identity::certificate::{Certificate, RootCertificate};
use karakoro_proto::identity::home::{KEYS, Slot, TRUST, trust_folder};
use karakoro_proto::identity::pem::{PemLabel, decode_one_pem, encode_pem};
use karakoro_proto::key::{PublicKey, SecretKey};

use crate::CertsError;
use crate::files::{self, Lock};

/// The largest key or certificate file that is read, in bytes.
const MAX_FILE_LEN: usize = 8 * 1024;

/// The permission bits that nobody but the owner may have on a private key.
const OTHERS: u32 = 0o077;

/// A folder with the layout of [`karakoro_proto::identity::home`].
#[derive(Clone, Debug)]
pub struct Home {
    path: PathBuf,
}

impl Home {
    /// The home at this path, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Loads a private key; refuses one that others on the machine may read.
    pub fn load_key(&self, slot: &Slot) -> Result<SecretKey, CertsError> {
        let path = self.join(&slot.key_path());
        let mode = files::mode(&path)?;
        if mode & OTHERS != 0 {
            return Err(CertsError::KeyMode { path, mode });
        }
        read_key(&path)
    }

    /// Loads a certificate; refuses one of another country, role or label than its file says.
    pub fn load_certificate(&self, country: Country, slot: &Slot) -> Result<Certificate, CertsError> {
        let path = self.join(&slot.certificate_path(country));
        let certificate = read_certificate(&path)?;
        if certificate.country() != country || Slot::of(certificate.id()) != *slot {
            return Err(CertsError::Misplaced { path, found: certificate.id().to_string() });
        }
        Ok(certificate)
    }

    /// Loads the root of a country.
    pub fn load_root(&self, country: Country) -> Result<RootCertificate, CertsError> {
        let certificate = self.load_certificate(country, &Slot::Root)?;
        RootCertificate::try_from(certificate).map_err(|source| CertsError::Certificate {
            path: self.join(&Slot::Root.certificate_path(country)),
            source,
        })
    }

    /// Loads a certificate and checks that the root of its country signed it.
    pub fn load_verified(&self, root: &RootCertificate, slot: &Slot) -> Result<Certificate, CertsError> {
        let certificate = self.load_certificate(root.country(), slot)?;
        root.verify(&certificate).map_err(|source| CertsError::Certificate {
            path: self.join(&slot.certificate_path(root.country())),
            source,
        })?;
        Ok(certificate)
    }

    /// The countries that have a folder of certificates.
    pub fn countries(&self) -> Result<Vec<Country>, CertsError> {
        let names = files::names_in(&self.join(TRUST))?;
        let country = |name: String| {
            let country: Country = name.to_ascii_uppercase().parse().ok()?;
            (trust_folder(country) == format!("{TRUST}/{name}")).then_some(country)
        };
        Ok(names.into_iter().filter_map(country).collect())
    }

    /// The country whose private keys lie here, if any do.
    ///
    /// The root key is usually in a safe, so any key that belongs to a certificate will do. Modes are not
    /// asked about: only the public half is looked at.
    pub fn own_country(&self) -> Result<Option<Country>, CertsError> {
        let mut held = Vec::new();
        for slot in self.key_slots()? {
            held.extend(self.public_half(&slot).ok().map(|key| (slot, key)));
        }
        Ok(self.countries()?.into_iter().find(|country| {
            held.iter().any(|(slot, key)| {
                self.load_certificate(*country, slot).is_ok_and(|certificate| certificate.public_key() == key)
            })
        }))
    }

    /// The slots that have a private key here.
    pub(crate) fn key_slots(&self) -> Result<Vec<Slot>, CertsError> {
        slots(&self.join(KEYS), ".key")
    }

    /// The slots of a country that have a certificate here.
    pub(crate) fn certificate_slots(&self, country: Country) -> Result<Vec<Slot>, CertsError> {
        slots(&self.join(&trust_folder(country)), ".crt")
    }

    /// The public half of a private key, whatever the mode of its file.
    pub(crate) fn public_half(&self, slot: &Slot) -> Result<PublicKey, CertsError> {
        Ok(read_key(&self.join(&slot.key_path()))?.public())
    }

    /// A path relative to the home, made whole.
    pub(crate) fn join(&self, relative: &str) -> PathBuf {
        self.path.join(relative)
    }

    /// Keeps other commands from writing here.
    pub(crate) fn lock(&self) -> Result<Lock, CertsError> {
        Lock::take(&self.path)
    }
}

fn slots(folder: &Path, extension: &str) -> Result<Vec<Slot>, CertsError> {
    let names = files::names_in(folder)?;
    let mut slots: Vec<_> =
        names.iter().filter_map(|name| Slot::from_stem(name.strip_suffix(extension)?)).collect();
    slots.sort();
    Ok(slots)
}

fn read_key(path: &Path) -> Result<SecretKey, CertsError> {
    let text = files::read_text(path, MAX_FILE_LEN)?;
    SecretKey::from_pkcs8_pem(&text).map_err(|source| CertsError::Key { path: path.to_owned(), source })
}

fn read_certificate(path: &Path) -> Result<Certificate, CertsError> {
    let text = files::read_text(path, MAX_FILE_LEN)?;
    let der = decode_one_pem(&text, PemLabel::Certificate)
        .map_err(|source| CertsError::Pem { path: path.to_owned(), source })?;
    Certificate::parse(&der).map_err(|source| CertsError::Certificate { path: path.to_owned(), source })
}

/// The text of a certificate's file.
pub(crate) fn certificate_text(certificate: &Certificate) -> String {
    encode_pem(PemLabel::Certificate, certificate.der()).to_string()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use karakoro_proto::identity::certificate::CertificateError;

    use super::*;
    use crate::testing::{initialised, now};

    #[test]
    fn a_key_that_others_may_read_is_refused_with_the_command_that_helps() {
        let (_folder, home) = initialised(Country::MR);
        let path = home.join(&Slot::Node.key_path());
        for mode in [0o640, 0o604, 0o610] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = home.load_key(&Slot::Node).unwrap_err();
            assert!(error.to_string().contains(&format!("chmod 600 {}", path.display())), "{error}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        home.load_key(&Slot::Node).unwrap();
    }

    #[test]
    fn a_certificate_in_the_file_of_another_is_refused() {
        let (_folder, home) = initialised(Country::MR);
        let node = home.join(&Slot::Node.certificate_path(Country::MR));
        fs::copy(home.join(&Slot::Log.certificate_path(Country::MR)), node).unwrap();
        let refused = home.load_certificate(Country::MR, &Slot::Node);
        assert!(matches!(refused, Err(CertsError::Misplaced { .. })));
    }

    #[test]
    fn a_certificate_of_another_root_is_refused() {
        let (_one, home) = initialised(Country::MR);
        let (_two, other) = initialised(Country::MR);
        let path = Slot::Node.certificate_path(Country::MR);
        fs::copy(other.join(&path), home.join(&path)).unwrap();
        let root = home.load_root(Country::MR).unwrap();
        let refused = home.load_verified(&root, &Slot::Node);
        let Err(CertsError::Certificate { source: CertificateError::Signature, .. }) = refused else {
            panic!("{refused:?}");
        };
    }

    #[test]
    fn the_own_country_is_known_without_the_root_key() {
        let (_folder, home) = initialised(Country::ML);
        fs::remove_file(home.join(&Slot::Root.key_path())).unwrap();
        assert_eq!(home.own_country().unwrap(), Some(Country::ML));
        fs::remove_dir_all(home.join(KEYS)).unwrap();
        assert_eq!(home.own_country().unwrap(), None);
        assert_eq!(home.countries().unwrap(), [Country::ML]);
        home.load_root(Country::ML).unwrap().certificate().valid_at(now()).unwrap();
    }
}
