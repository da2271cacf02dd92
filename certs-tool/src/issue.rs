//! `issue`: one more key and certificate under the root.

use std::fmt;
use std::path::PathBuf;

use karakoro_proto::identity::Role;
use karakoro_proto::identity::home::Slot;
use karakoro_proto::identity::spiffe::Label;
use karakoro_proto::time::UnixMillis;
use serde::Serialize;

use crate::authority::Authority;
use crate::files::{self, PUBLIC};
use crate::home::{Home, certificate_text};
use crate::init::write_key;
use crate::{CertificateView, CertsError, Days, random};

/// What to issue.
#[derive(Clone, Debug)]
pub struct Options {
    /// The home, with the root key in its place.
    pub home: PathBuf,
    /// The role; any but root.
    pub role: Role,
    /// The label.
    pub label: Label,
    /// How long the certificate is valid.
    pub days: Days,
    /// The time.
    pub now: UnixMillis,
}

/// What was issued.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The new certificate.
    pub certificate: CertificateView,
    /// The file of the private key.
    pub key_file: PathBuf,
    /// The file of the certificate.
    pub certificate_file: PathBuf,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.certificate)?;
        writeln!(f, "Private key:  {}", self.key_file.display())?;
        write!(f, "Certificate:  {}", self.certificate_file.display())
    }
}

/// Makes a key and certifies it. A slot that has either already is left as it is.
pub fn run(options: &Options) -> Result<Report, CertsError> {
    if options.role == Role::Root {
        return Err(CertsError::RootRequested);
    }
    let home = Home::new(&options.home);
    let _lock = home.lock()?;
    let authority = Authority::open(&home)?;
    let slot = Slot::new(options.role, &options.label);
    let key_file = home.join(&slot.key_path());
    let certificate_file = home.join(&slot.certificate_path(authority.root().country()));
    for path in [&key_file, &certificate_file] {
        if path.exists() {
            return Err(CertsError::Taken { path: path.clone() });
        }
    }
    let key = write_key(&home, &slot)?;
    let certified = authority
        .certify(
            (options.role, &options.label),
            &key.public(),
            (options.now, options.days),
            random::serial()?,
        )
        .and_then(|certificate| {
            files::sync_parent(&key_file)?;
            files::replace(&certificate_file, certificate_text(&certificate).as_bytes(), PUBLIC)?;
            Ok(certificate)
        });
    let certificate = match certified {
        Ok(certificate) => certificate,
        Err(error) => {
            // The key was made a moment ago, and nothing names it: without this the label would stay taken.
            files::remove_file_if_any(&key_file)?;
            return Err(error);
        }
    };
    Ok(Report { certificate: CertificateView::new(&certificate, options.now), key_file, certificate_file })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use karakoro_proto::identity::Country;

    use super::*;
    use crate::testing::{initialised, now, snapshot};

    fn options(home: &Home, role: Role, label: &str) -> Options {
        let label = label.parse().unwrap();
        Options { home: home.path().to_owned(), role, label, days: Days::DEFAULT, now: now() }
    }

    #[test]
    fn a_second_officer_gets_a_key_and_a_certificate_of_the_same_root() {
        let (_folder, home) = initialised(Country::MR);
        let report = run(&options(&home, Role::Officer, "hq-2")).unwrap();
        assert_eq!(report.certificate.name, "spiffe://mr.karakoro.internal/officer/hq-2");
        assert_eq!(report.certificate.days_left, 730);
        let slot = Slot::Officer("hq-2".parse().unwrap());
        let root = home.load_root(Country::MR).unwrap();
        let certificate = home.load_verified(&root, &slot).unwrap();
        assert_eq!(home.load_key(&slot).unwrap().public(), *certificate.public_key());
    }

    #[test]
    fn a_label_in_use_is_refused_and_nothing_changes() {
        let (_folder, home) = initialised(Country::MR);
        let before = snapshot(home.path());
        for (role, label) in [(Role::Officer, "hq-1"), (Role::Node, "2")] {
            let refused = run(&options(&home, role, label));
            assert!(matches!(refused, Err(CertsError::Taken { .. })), "{refused:?}");
        }
        assert_eq!(snapshot(home.path()), before);
    }

    #[test]
    fn a_key_is_replaced_once_its_files_were_moved_aside() {
        let (_folder, home) = initialised(Country::MR);
        fs::remove_file(home.join(&Slot::Node.key_path())).unwrap();
        fs::remove_file(home.join(&Slot::Node.certificate_path(Country::MR))).unwrap();
        let report = run(&options(&home, Role::Node, "2")).unwrap();
        assert_eq!(report.certificate.name, "spiffe://mr.karakoro.internal/node/2");
    }

    #[test]
    fn a_certificate_that_would_outlive_its_root_is_refused_and_leaves_no_key() {
        let (_folder, home) = initialised(Country::MR);
        let before = snapshot(home.path());
        let mut late = options(&home, Role::Officer, "hq-2");
        late.now = now().saturating_add(19 * 365 * 24 * 3600 * 1000);
        assert!(matches!(run(&late), Err(CertsError::BeyondRoot { .. })));
        assert_eq!(snapshot(home.path()), before);
    }

    #[test]
    fn nothing_is_issued_without_the_root_key_and_no_root_at_all() {
        let (_folder, home) = initialised(Country::MR);
        assert!(matches!(run(&options(&home, Role::Root, "2")), Err(CertsError::RootRequested)));
        fs::remove_file(home.join(&Slot::Root.key_path())).unwrap();
        let refused = run(&options(&home, Role::Officer, "hq-2"));
        assert!(matches!(refused, Err(CertsError::NoRootKey { .. })), "{refused:?}");
    }

    #[test]
    fn validity_has_bounds() {
        for days in [0, 3654, u32::MAX] {
            assert!(matches!(Days::new(days), Err(CertsError::Days(_))));
        }
        assert_eq!(Days::new(3653).unwrap().number(), 3653);
    }
}
