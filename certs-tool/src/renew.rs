//! `renew`: a new certificate for a key that has one. Name and key stay; serial number and dates are new.

use std::fmt;
use std::path::PathBuf;

use karakoro_proto::identity::Role;
use karakoro_proto::identity::home::{Slot, bundle_name};
use karakoro_proto::time::UnixMillis;
use serde::Serialize;

use crate::authority::Authority;
use crate::files::{self, PUBLIC};
use crate::home::{Home, certificate_text};
use crate::{CertificateView, CertsError, Days, random};

/// What to renew.
#[derive(Clone, Debug)]
pub struct Options {
    /// The home, with the root key in its place.
    pub home: PathBuf,
    /// Which certificate; any but the root's.
    pub slot: Slot,
    /// How long the new certificate is valid.
    pub days: Days,
    /// The time.
    pub now: UnixMillis,
}

/// What was renewed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The certificate until now.
    pub before: CertificateView,
    /// The certificate from now on.
    pub after: CertificateView,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "until now:    {}", self.before)?;
        writeln!(f, "from now on:  {}", self.after)?;
        let bundle = bundle_name(self.after.country);
        write!(f, "Next: karakoro certs bundle --out {bundle}, for the other country to import")
    }
}

/// Certifies the same key anew and replaces the certificate in one step.
pub fn run(options: &Options) -> Result<Report, CertsError> {
    if options.slot.role() == Role::Root {
        return Err(CertsError::RootRequested);
    }
    let home = Home::new(&options.home);
    let _lock = home.lock()?;
    let authority = Authority::open(&home)?;
    // A certificate of another root is not renewed: that would vouch for a stranger's key.
    let before = home.load_verified(authority.root(), &options.slot)?;
    let id = before.id();
    let after = authority.certify(
        (id.role, &id.label),
        before.public_key(),
        (options.now, options.days),
        random::serial()?,
    )?;
    let path = home.join(&options.slot.certificate_path(id.country));
    files::replace(&path, certificate_text(&after).as_bytes(), PUBLIC)?;
    Ok(Report {
        before: CertificateView::new(&before, options.now),
        after: CertificateView::new(&after, options.now),
    })
}

#[cfg(test)]
mod tests {
    use karakoro_proto::identity::Country;

    use super::*;
    use crate::testing::{initialised, now};

    #[test]
    fn the_key_and_the_name_stay_while_dates_and_serial_change() {
        let (_folder, home) = initialised(Country::MR);
        let now = now().saturating_add(600 * 24 * 3600 * 1000);
        let options = Options { home: home.path().to_owned(), slot: Slot::Node, days: Days::DEFAULT, now };
        let report = run(&options).unwrap();
        assert_eq!((&report.before.name, &report.before.key_id), (&report.after.name, &report.after.key_id));
        assert_ne!(report.before.serial, report.after.serial);
        assert_eq!((report.before.days_left, report.after.days_left), (130, 730));
        let root = home.load_root(Country::MR).unwrap();
        home.load_verified(&root, &Slot::Node).unwrap().valid_at(now).unwrap();
    }

    #[test]
    fn a_root_is_not_renewed() {
        let (_folder, home) = initialised(Country::MR);
        let home = home.path().to_owned();
        let options = Options { home, slot: Slot::Root, days: Days::DEFAULT, now: now() };
        assert!(matches!(run(&options), Err(CertsError::RootRequested)));
    }
}
