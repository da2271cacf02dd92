//! `init`: a country's root, and one key and certificate for every role.
//!
//! Everything is made in `.init-new` and forced to the disk. Renaming that folder to `.init` is the commit
//! point: before it, nothing has happened and the next run starts afresh; after it, the two folders in it are
//! moved to their places, and the next run finishes that if this one is cut off.

use std::fmt;
use std::fs;
use std::path::PathBuf;

use karakoro_proto::identity::home::{KEYS, Slot, TRUST, bundle_name, trust_folder};
use karakoro_proto::identity::pkcs8::encode_pkcs8_pem;
use karakoro_proto::identity::spiffe::Label;
use karakoro_proto::identity::{Country, Role};
use karakoro_proto::key::SecretKey;
use karakoro_proto::time::UnixMillis;
use serde::Serialize;

use crate::authority::Authority;
use crate::files::{self, PUBLIC, SECRET};
use crate::home::{Home, certificate_text};
use crate::{CertificateView, CertsError, Days, RootView, random};

/// Where a set-up is made, below the home.
const STAGING: &str = ".init-new";
/// Where a complete set-up waits to be moved to its places, below the home.
const READY: &str = ".init";

/// What to set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// The home; made if need be.
    pub home: PathBuf,
    /// The country.
    pub country: Country,
    /// One officer for each label.
    pub officers: Vec<Label>,
    /// One auditor for each label.
    pub auditors: Vec<Label>,
    /// How long the certificates below the root are valid.
    pub days: Days,
    /// The time.
    pub now: UnixMillis,
}

impl Options {
    /// A set-up with officer `hq-1` and auditor `1`.
    #[must_use]
    pub fn new(home: PathBuf, country: Country, now: UnixMillis) -> Self {
        let officer = "hq-1".parse().expect("hq-1 is a label");
        Self {
            home,
            country,
            officers: vec![officer],
            auditors: vec![Label::first()],
            days: Days::DEFAULT,
            now,
        }
    }
}

/// What was set up.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The home.
    pub home: PathBuf,
    /// Whether an earlier run had been cut off and was only finished now, with the keys that it had made.
    pub resumed: bool,
    /// The root to be compared by telephone.
    pub root: RootView,
    /// Every certificate made, the root first.
    pub certificates: Vec<CertificateView>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (home, country) = (self.home.display(), self.root.country);
        if self.resumed {
            writeln!(
                f,
                "An earlier set-up in {home} had been cut off; it is now complete, as it was made then."
            )?;
        }
        writeln!(f, "Keys and certificates of {country} in {home}:")?;
        for certificate in &self.certificates {
            writeln!(f, "  {certificate}")?;
        }
        writeln!(f, "{}", self.root)?;
        writeln!(
            f,
            "Next: move {} to a safe, off this machine;",
            self.home.join(Slot::Root.key_path()).display()
        )?;
        write!(f, "      karakoro certs bundle --out {}", bundle_name(country))
    }
}

/// Sets up a home that has no keys yet.
pub fn run(options: &Options) -> Result<Report, CertsError> {
    let slots = slots(options)?;
    let home = Home::new(&options.home);
    files::create_folder(home.path())?;
    let _lock = home.lock()?;
    let resumed = home.join(READY).exists();
    if !resumed {
        refuse_existing(&home, options.country)?;
        stage(&home, options, &slots)?;
    }
    let country = publish(&home)?;
    report(&home, country, options.now, resumed)
}

/// Everything that is to get a key, the root first.
fn slots(options: &Options) -> Result<Vec<(Role, Label)>, CertsError> {
    let single = Slot::SINGLE.iter().map(|slot| (slot.role(), Label::first()));
    let officers = options.officers.iter().map(|label| (Role::Officer, label.clone()));
    let auditors = options.auditors.iter().map(|label| (Role::Auditor, label.clone()));
    let all: Vec<_> = single.chain(officers).chain(auditors).collect();
    for (index, (role, label)) in all.iter().enumerate() {
        if all[..index].contains(&(*role, label.clone())) {
            return Err(CertsError::Twice(Slot::new(*role, label)));
        }
    }
    Ok(all)
}

/// Refuses a home with keys, or with certificates of this country. Empty folders are no obstacle.
fn refuse_existing(home: &Home, country: Country) -> Result<(), CertsError> {
    for path in [home.join(KEYS), home.join(&trust_folder(country))] {
        if !files::names_in(&path)?.is_empty() {
            return Err(CertsError::AlreadyInitialised { path });
        }
    }
    Ok(())
}

/// Makes all files aside, and commits them as one.
fn stage(home: &Home, options: &Options, slots: &[(Role, Label)]) -> Result<(), CertsError> {
    let staging = Home::new(home.join(STAGING));
    // Keys of a run that was cut off before its commit point; nobody has seen them.
    files::remove_folder_if_any(staging.path())?;
    let (keys, trust) = (staging.join(KEYS), staging.join(&trust_folder(options.country)));
    files::create_folder(&keys)?;
    files::create_folder(&trust)?;
    write_all(&staging, options, slots)?;
    for folder in [&keys, &trust, &staging.join(TRUST), staging.path()] {
        files::sync_folder(folder)?;
    }
    // The commit point.
    files::rename(staging.path(), &home.join(READY))
}

fn write_all(staging: &Home, options: &Options, slots: &[(Role, Label)]) -> Result<(), CertsError> {
    let root_key = write_key(staging, &Slot::Root)?;
    let authority = Authority::create(options.country, root_key, options.now, random::serial()?)?;
    for (role, label) in slots {
        let slot = Slot::new(*role, label);
        let certificate = if *role == Role::Root {
            authority.root().certificate().clone()
        } else {
            let public = write_key(staging, &slot)?.public();
            authority.certify((*role, label), &public, (options.now, options.days), random::serial()?)?
        };
        let path = staging.join(&slot.certificate_path(options.country));
        files::write_new(&path, certificate_text(&certificate).as_bytes(), PUBLIC)?;
    }
    Ok(())
}

/// Makes a private key and its file, which must not exist.
pub(crate) fn write_key(home: &Home, slot: &Slot) -> Result<SecretKey, CertsError> {
    let seed = random::seed()?;
    files::write_new(&home.join(&slot.key_path()), encode_pkcs8_pem(&seed).as_bytes(), SECRET)?;
    Ok(SecretKey::from_seed(&seed))
}

/// Moves a committed set-up to its places. Each step is skipped if an earlier run has taken it.
fn publish(home: &Home) -> Result<Country, CertsError> {
    let ready = Home::new(home.join(READY));
    files::create_folder(&home.join(TRUST))?;
    files::sync_parent(&home.join(TRUST))?;
    for country in ready.countries()? {
        let folder = trust_folder(country);
        files::rename(&ready.join(&folder), &home.join(&folder))?;
    }
    if ready.join(KEYS).exists() {
        files::rename(&ready.join(KEYS), &home.join(KEYS))?;
    }
    let country =
        home.own_country()?.ok_or_else(|| CertsError::NotInitialised { path: home.path().to_owned() })?;
    files::remove_folder_if_any(ready.path())?;
    files::sync_folder(home.path())?;
    Ok(country)
}

fn report(home: &Home, country: Country, now: UnixMillis, resumed: bool) -> Result<Report, CertsError> {
    let root = home.load_root(country)?;
    let mut certificates = vec![CertificateView::new(root.certificate(), now)];
    for slot in home.certificate_slots(country)?.iter().filter(|slot| **slot != Slot::Root) {
        certificates.push(CertificateView::new(&home.load_verified(&root, slot)?, now));
    }
    // Absolute, so that the lines to copy work from any folder.
    let path = fs::canonicalize(home.path()).map_err(files::at("find", home.path()))?;
    Ok(Report { home: path, resumed, root: RootView::new(&root), certificates })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{initialised, now, snapshot};

    #[test]
    fn every_role_gets_a_key_of_its_own_that_its_certificate_names() {
        let (_folder, home) = initialised(Country::MR);
        let slots = home.key_slots().unwrap();
        assert_eq!(slots, home.certificate_slots(Country::MR).unwrap());
        assert_eq!(slots.len(), Role::ALL.len());
        let root = home.load_root(Country::MR).unwrap();
        let mut ids = Vec::new();
        for slot in &slots {
            let certificate = home.load_certificate(Country::MR, slot).unwrap();
            assert_eq!(home.load_key(slot).unwrap().public(), *certificate.public_key());
            assert_eq!(certificate.serial().len(), 16);
            if *slot != Slot::Root {
                root.verify(&certificate).unwrap();
            }
            ids.push(certificate.key_id());
        }
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), slots.len());
    }

    #[test]
    fn keys_are_for_their_owner_alone() {
        let (_folder, home) = initialised(Country::MR);
        assert_eq!(files::mode(&home.join(KEYS)).unwrap(), 0o700);
        for slot in home.key_slots().unwrap() {
            assert_eq!(files::mode(&home.join(&slot.key_path())).unwrap(), 0o600);
        }
    }

    #[test]
    fn a_second_set_up_is_refused_and_changes_nothing() {
        let (_folder, home) = initialised(Country::MR);
        let before = snapshot(home.path());
        for country in [Country::MR, Country::ML] {
            let again = run(&Options::new(home.path().to_owned(), country, now()));
            assert!(matches!(again, Err(CertsError::AlreadyInitialised { .. })), "{again:?}");
        }
        assert_eq!(snapshot(home.path()), before);
    }

    #[test]
    fn a_set_up_that_was_cut_off_before_its_commit_point_never_happened() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path());
        let options = Options::new(folder.path().to_owned(), Country::MR, now());
        files::create_folder(&home.join(".init-new/keys")).unwrap();
        fs::write(home.join(".init-new/keys/root.key"), "half").unwrap();
        let report = run(&options).unwrap();
        assert!(!report.resumed);
        assert_eq!(files::names_in(folder.path()).unwrap(), ["keys", "trust"]);
    }

    #[test]
    fn a_set_up_that_was_cut_off_after_its_commit_point_is_finished_by_the_next() {
        for moved in 0..=2 {
            let folder = tempfile::tempdir().unwrap();
            let home = Home::new(folder.path());
            let options = Options::new(folder.path().to_owned(), Country::MR, now());
            stage(&home, &options, &slots(&options).unwrap()).unwrap();
            let ready = Home::new(home.join(READY));
            let expected = ready.load_root(Country::MR).unwrap();
            if moved > 0 {
                files::create_folder(&home.join(TRUST)).unwrap();
                fs::rename(ready.join("trust/mr"), home.join("trust/mr")).unwrap();
            }
            if moved > 1 {
                fs::rename(ready.join(KEYS), home.join(KEYS)).unwrap();
            }
            let report = run(&options).unwrap();
            assert!(report.resumed);
            assert_eq!(home.load_root(Country::MR).unwrap(), expected);
            assert_eq!(files::names_in(folder.path()).unwrap(), ["keys", "trust"], "{moved}");
        }
    }

    #[test]
    fn a_home_that_trusts_the_other_country_can_still_be_set_up() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("trust/ml")).unwrap();
        fs::write(folder.path().join("trust/ml/root.crt"), "theirs").unwrap();
        run(&Options::new(folder.path().to_owned(), Country::MR, now())).unwrap();
        assert!(folder.path().join("trust/ml/root.crt").exists());
    }

    #[test]
    fn labels_of_one_role_must_differ() {
        let folder = tempfile::tempdir().unwrap();
        let mut options = Options::new(folder.path().join("home"), Country::MR, now());
        options.officers = vec!["hq-1".parse().unwrap(), "hq-1".parse().unwrap()];
        assert!(matches!(run(&options), Err(CertsError::Twice(_))));
        assert!(!options.home.exists());
    }

    #[test]
    fn the_report_names_the_next_command_and_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let report = run(&Options::new(folder.path().to_owned(), Country::MR, now())).unwrap();
        let (text, json) = (report.to_string(), serde_json::to_string(&report).unwrap());
        assert!(text.contains("karakoro certs bundle --out mr.bundle"), "{text}");
        assert!(!format!("{text}{json}").contains("PRIVATE"), "{text}{json}");
        assert_eq!(report.certificates[0].role, "root");
    }
}
