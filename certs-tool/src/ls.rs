//! `ls`: every key and certificate of a home. A file that is wrong is shown as wrong and hides no other.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt;
use std::path::PathBuf;

use karakoro_proto::identity::Country;
use karakoro_proto::identity::certificate::RootCertificate;
use karakoro_proto::identity::home::Slot;
use karakoro_proto::time::UnixMillis;
use serde::Serialize;

use crate::home::Home;
use crate::{CertificateView, CertsError};

/// Where to look.
#[derive(Clone, Debug)]
pub struct Options {
    /// The home.
    pub home: PathBuf,
    /// The time.
    pub now: UnixMillis,
}

/// Whether the private key of a certificate is here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum KeyState {
    /// Here, and as it should be.
    Present,
    /// Here, with something wrong that the row's problems name.
    Faulty,
    /// Not here: a root in its safe, or a person who keeps their own key.
    Absent,
    /// The other country's.
    Theirs,
}

/// One slot of a home.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Row {
    /// Where the certificate belongs, relative to the home.
    pub file: String,
    /// The certificate, if it can be read.
    pub certificate: Option<CertificateView>,
    /// Its private key.
    pub key: KeyState,
    /// What is wrong, in words.
    pub problems: Vec<String>,
}

/// Everything in a home.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The country whose keys are here.
    pub own: Option<Country>,
    /// One row for each slot in use, by country.
    pub rows: Vec<Row>,
}

impl Report {
    /// Whether no row has a problem.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.rows.iter().all(|row| row.problems.is_empty())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.own {
            Some(country) => write!(f, "Own country: {country}")?,
            None => f.write_str("This home holds no keys of a country.")?,
        }
        for row in &self.rows {
            write!(f, "\n{row}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.certificate {
            Some(certificate) => certificate.fmt(f)?,
            None => f.write_str(&self.file)?,
        }
        f.write_str(match self.key {
            KeyState::Present => "  private key here",
            KeyState::Faulty => "  private key FAULTY",
            KeyState::Absent => "  no private key here",
            KeyState::Theirs => "",
        })?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n  ! {problem}"))
    }
}

/// Looks at every slot in use.
pub fn run(options: &Options) -> Result<Report, CertsError> {
    let home = Home::new(&options.home);
    let own = home.own_country()?;
    let mut rows = Vec::new();
    let mut countries: BTreeSet<_> = home.countries()?.into_iter().collect();
    countries.extend(own);
    for country in countries {
        rows.extend(rows_of(&home, country, own == Some(country), options.now)?);
    }
    if own.is_none() {
        rows.extend(home.key_slots()?.iter().map(orphan));
    }
    Ok(Report { own, rows })
}

fn rows_of(home: &Home, country: Country, own: bool, now: UnixMillis) -> Result<Vec<Row>, CertsError> {
    let root = home.load_root(country).ok();
    let mut slots: BTreeSet<_> = home.certificate_slots(country)?.into_iter().collect();
    if own {
        slots.extend(home.key_slots()?);
    }
    Ok(slots.iter().map(|slot| row(home, (country, own), root.as_ref(), slot, now)).collect())
}

fn row(
    home: &Home,
    (country, own): (Country, bool),
    root: Option<&RootCertificate>,
    slot: &Slot,
    now: UnixMillis,
) -> Row {
    let mut problems = Vec::new();
    let certificate = match (slot, root) {
        (Slot::Root, _) => home.load_root(country).map(|root| root.certificate().clone()),
        (_, Some(root)) => home.load_verified(root, slot),
        // The root's own row says what is wrong with it.
        (_, None) => home.load_certificate(country, slot),
    };
    let certificate = certificate.map_err(|error| problems.push(chain(&error))).ok();
    if let Some(Err(error)) = certificate.as_ref().map(|certificate| certificate.valid_at(now)) {
        problems.push(chain(&error));
    }
    let key = if own { key_state(home, country, slot, &mut problems) } else { KeyState::Theirs };
    let certificate = certificate.map(|certificate| CertificateView::new(&certificate, now));
    Row { file: slot.certificate_path(country), certificate, key, problems }
}

fn key_state(home: &Home, country: Country, slot: &Slot, problems: &mut Vec<String>) -> KeyState {
    let (key, certificate) = (home.join(&slot.key_path()), slot.certificate_path(country));
    if !key.exists() {
        return KeyState::Absent;
    }
    let named = home.load_certificate(country, slot).ok();
    match home.load_key(slot) {
        Err(error) => problems.push(chain(&error)),
        Ok(secret) if named.is_some_and(|named| *named.public_key() != secret.public()) => {
            problems.push(chain(&CertsError::KeyMismatch { key, certificate: home.join(&certificate) }));
        }
        Ok(_) => return KeyState::Present,
    }
    KeyState::Faulty
}

/// A key in a home where no certificate belongs to any key.
fn orphan(slot: &Slot) -> Row {
    let problems = vec!["no certificate in this home belongs to this key".to_owned()];
    Row { file: slot.key_path(), certificate: None, key: KeyState::Faulty, problems }
}

/// An error with its causes, on one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::testing::{initialised, now};

    fn list(home: &Home) -> Report {
        run(&Options { home: home.path().to_owned(), now: now() }).unwrap()
    }

    fn row_of<'a>(report: &'a Report, slot: &Slot) -> &'a Row {
        report.rows.iter().find(|row| row.file == slot.certificate_path(Country::MR)).unwrap()
    }

    #[test]
    fn a_fresh_home_is_sound_and_shows_every_role() {
        let (_folder, home) = initialised(Country::MR);
        let report = list(&home);
        assert!(report.is_sound(), "{report}");
        assert_eq!((report.own, report.rows.len()), (Some(Country::MR), 6));
        assert!(report.rows.iter().all(|row| row.key == KeyState::Present));
        assert!(report.to_string().contains("730 days left"), "{report}");
    }

    #[test]
    fn a_root_key_in_its_safe_is_no_problem() {
        let (_folder, home) = initialised(Country::MR);
        fs::remove_file(home.join(&Slot::Root.key_path())).unwrap();
        let report = list(&home);
        assert!(report.is_sound(), "{report}");
        assert_eq!(row_of(&report, &Slot::Root).key, KeyState::Absent);
    }

    #[test]
    fn a_key_that_others_may_read_is_flagged_with_the_command_that_helps() {
        let (_folder, home) = initialised(Country::MR);
        let path = home.join(&Slot::Log.key_path());
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
        let report = list(&home);
        let row = row_of(&report, &Slot::Log);
        assert_eq!(row.key, KeyState::Faulty);
        assert!(row.problems[0].contains("chmod 600"), "{row}");
    }

    #[test]
    fn what_is_wrong_is_named_and_hides_nothing_else() {
        let (_folder, home) = initialised(Country::MR);
        fs::write(home.join(&Slot::Node.certificate_path(Country::MR)), "nonsense").unwrap();
        fs::remove_file(home.join(&Slot::Log.key_path())).unwrap();
        fs::copy(home.join(&Slot::Receipt.key_path()), home.join(&Slot::Log.key_path())).unwrap();
        let report = list(&home);
        assert_eq!(report.rows.len(), 6);
        assert!(row_of(&report, &Slot::Node).problems[0].contains("BEGIN CERTIFICATE"), "{report}");
        assert!(row_of(&report, &Slot::Log).problems[0].contains("is not the private key of"), "{report}");
        assert!(row_of(&report, &Slot::Receipt).problems.is_empty(), "{report}");
    }

    #[test]
    fn a_certificate_that_has_expired_is_flagged() {
        let (_folder, home) = initialised(Country::MR);
        let late = now().saturating_add(740 * 24 * 3600 * 1000);
        let report = run(&Options { home: home.path().to_owned(), now: late }).unwrap();
        let row = row_of(&report, &Slot::Node);
        assert_eq!(row.certificate.as_ref().unwrap().days_left, -10);
        assert!(row.problems[0].contains("expired at"), "{row}");
        assert!(row_of(&report, &Slot::Root).problems.is_empty(), "{report}");
    }

    #[test]
    fn the_other_countrys_certificates_have_no_keys_here() {
        let (_one, mr) = initialised(Country::MR);
        let (_two, ml) = initialised(Country::ML);
        fs::create_dir(mr.join("trust/ml")).unwrap();
        for slot in Slot::SINGLE {
            let path = slot.certificate_path(Country::ML);
            fs::copy(ml.join(&path), mr.join(&path)).unwrap();
        }
        let report = list(&mr);
        assert!(report.is_sound(), "{report}");
        assert_eq!(report.rows.iter().filter(|row| row.key == KeyState::Theirs).count(), 4);
    }
}
