//! `import`: trusts the other country, once a person has compared its fingerprint.
//!
//! A new country appears in one step. Under a root that is trusted already, each certificate is replaced in
//! one step; if that is cut off between two, all of them are still valid under the same root, and importing
//! again finishes.

use std::fmt;
use std::path::PathBuf;

use karakoro_proto::identity::Country;
use karakoro_proto::identity::bundle::{Bundle, BundleError, MAX_BUNDLE_LEN};
use karakoro_proto::identity::certificate::Certificate;
use karakoro_proto::identity::fingerprint::Fingerprint;
use karakoro_proto::identity::home::{Slot, TRUST, trust_folder};
use karakoro_proto::time::UnixMillis;
use serde::Serialize;

use crate::files::{self, PUBLIC};
use crate::home::{Home, certificate_text};
use crate::{CertificateView, CertsError, RootView};

/// What to import.
#[derive(Clone, Debug)]
pub struct Options {
    /// The home; made if need be, for an auditor who has no keys.
    pub home: PathBuf,
    /// The other country's bundle.
    pub bundle: PathBuf,
    /// The time.
    pub now: UnixMillis,
}

/// How it is settled that the root is the right one.
pub enum Consent<'a> {
    /// The fingerprint as the other side read it.
    Fingerprint(Fingerprint),
    /// A person looks at the preview and says yes or no.
    Ask(&'a mut dyn FnMut(&ImportPreview) -> bool),
}

impl fmt::Debug for Consent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fingerprint(expected) => f.debug_tuple("Fingerprint").field(expected).finish(),
            Self::Ask(_) => f.write_str("Ask"),
        }
    }
}

/// What an import changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Change {
    /// A country that was not trusted before.
    NewCountry,
    /// New certificates under the root that is trusted already.
    NewCertificates,
    /// Nothing: all of it was here.
    Nothing,
}

/// What a person sees before saying yes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct ImportPreview {
    /// What the import changes.
    pub change: Change,
    /// The root to be compared by telephone.
    pub root: RootView,
    /// The certificates in the bundle, in their order.
    pub certificates: Vec<CertificateView>,
}

/// What was imported.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// What was shown and agreed to.
    #[serde(flatten)]
    pub imported: ImportPreview,
    /// Where the certificates are.
    pub folder: PathBuf,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { imported, folder } = self;
        write!(f, "{imported}\nTrusted from now on, in {}", folder.display())
    }
}

impl fmt::Display for ImportPreview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let country = self.root.country;
        match self.change {
            Change::NewCountry => writeln!(f, "Bundle of {country}, not trusted before:")?,
            Change::NewCertificates => {
                writeln!(f, "New certificates of {country}, under the root trusted already:")?
            }
            Change::Nothing => writeln!(f, "Bundle of {country}, all of which is trusted already:")?,
        }
        for certificate in &self.certificates {
            writeln!(f, "  {certificate}")?;
        }
        self.root.fmt(f)
    }
}

/// Verifies a bundle, obtains consent, and writes the certificates below `trust/`.
pub fn run(options: &Options, consent: Consent<'_>) -> Result<Report, CertsError> {
    let bundle = read(options)?;
    let home = Home::new(&options.home);
    files::create_folder(home.path())?;
    let _lock = home.lock()?;
    let preview = ImportPreview {
        change: compare(&home, &bundle)?,
        root: RootView::new(bundle.root()),
        certificates: bundle
            .certificates()
            .into_iter()
            .map(|certificate| CertificateView::new(certificate, options.now))
            .collect(),
    };
    obtain(consent, &preview)?;
    match preview.change {
        Change::NewCountry => write_country(&home, &bundle)?,
        Change::NewCertificates => write_leaves(&home, &bundle)?,
        Change::Nothing => {}
    }
    let folder = home.join(&trust_folder(bundle.country()));
    Ok(Report { imported: preview, folder })
}

fn read(options: &Options) -> Result<Bundle, CertsError> {
    let text = files::read_text(&options.bundle, MAX_BUNDLE_LEN)?;
    let bundle =
        Bundle::parse(&text).map_err(|source| CertsError::Bundle { path: options.bundle.clone(), source })?;
    for certificate in bundle.certificates() {
        certificate.valid_at(options.now).map_err(|source| CertsError::Bundle {
            path: options.bundle.clone(),
            source: BundleError::Certificate { role: certificate.role(), source },
        })?;
    }
    Ok(bundle)
}

/// What the import would change; refuses what it must not.
fn compare(home: &Home, bundle: &Bundle) -> Result<Change, CertsError> {
    let country = bundle.country();
    if home.own_country()? == Some(country) {
        return Err(CertsError::OwnCountry(country));
    }
    let folder = home.join(&trust_folder(country));
    if files::names_in(&folder)?.is_empty() {
        return Ok(Change::NewCountry);
    }
    let trusted = home.load_root(country)?;
    if trusted != *bundle.root() {
        return Err(CertsError::OtherRoot { country, trusted: Fingerprint::of(trusted.der()), folder });
    }
    let mut change = Change::Nothing;
    for (slot, offered) in leaves(bundle) {
        if differs(home, country, &slot, offered)? {
            change = Change::NewCertificates;
        }
    }
    Ok(change)
}

/// Whether the certificate in a slot is another than the one offered. An older one is refused: a bundle that
/// somebody kept would otherwise bring back a key that was replaced because it was lost.
fn differs(home: &Home, country: Country, slot: &Slot, offered: &Certificate) -> Result<bool, CertsError> {
    let path = home.join(&slot.certificate_path(country));
    if !path.exists() {
        return Ok(true);
    }
    let trusted = home.load_certificate(country, slot)?;
    if offered.not_before() < trusted.not_before() {
        return Err(CertsError::Older {
            role: slot.role(),
            offered: offered.not_before(),
            trusted: trusted.not_before(),
            path,
        });
    }
    Ok(trusted != *offered)
}

fn leaves(bundle: &Bundle) -> [(Slot, &Certificate); 3] {
    [(Slot::Node, bundle.node()), (Slot::Log, bundle.log()), (Slot::Receipt, bundle.receipt())]
}

fn obtain(consent: Consent<'_>, preview: &ImportPreview) -> Result<(), CertsError> {
    let found = preview.root.fingerprint;
    match consent {
        Consent::Fingerprint(expected) if expected == found => Ok(()),
        Consent::Fingerprint(expected) => Err(CertsError::WrongFingerprint { expected, found }),
        Consent::Ask(ask) => {
            let agreed = preview.change == Change::Nothing || ask(preview);
            agreed.then_some(()).ok_or(CertsError::NotConfirmed)
        }
    }
}

/// Writes a country's folder aside and puts it in place as one.
fn write_country(home: &Home, bundle: &Bundle) -> Result<(), CertsError> {
    let country = bundle.country();
    // Below a home of its own, so that the same paths apply.
    let staging = Home::new(home.join(&format!("{TRUST}/.import-new")));
    files::remove_folder_if_any(staging.path())?;
    let folder = staging.join(&trust_folder(country));
    files::create_folder(&folder)?;
    files::sync_parent(&home.join(TRUST))?;
    for certificate in bundle.certificates() {
        let path = staging.join(&Slot::of(certificate.id()).certificate_path(country));
        files::write_new(&path, certificate_text(certificate).as_bytes(), PUBLIC)?;
    }
    files::sync_folder(&folder)?;
    // The commit point.
    files::rename(&folder, &home.join(&trust_folder(country)))?;
    files::remove_folder_if_any(staging.path())
}

fn write_leaves(home: &Home, bundle: &Bundle) -> Result<(), CertsError> {
    for (slot, certificate) in leaves(bundle) {
        let path = home.join(&slot.certificate_path(bundle.country()));
        files::replace(&path, certificate_text(certificate).as_bytes(), PUBLIC)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::testing::{initialised, now, snapshot};
    use crate::{Days, bundle, renew};

    const DAY: u64 = 24 * 3600 * 1000;

    fn bundle_of(home: &Home, folder: &Path, now: UnixMillis) -> PathBuf {
        let out = folder.join(format!("{}.bundle", now.millis()));
        bundle::run(&bundle::Options { home: home.path().to_owned(), out: Some(out.clone()), now }).unwrap();
        out
    }

    fn options(home: &Home, bundle: &Path) -> Options {
        Options { home: home.path().to_owned(), bundle: bundle.to_owned(), now: now() }
    }

    fn fingerprint(home: &Home, country: Country) -> Fingerprint {
        Fingerprint::of(home.load_root(country).unwrap().der())
    }

    /// A home of Mauritania, one of Mali, and Mali's bundle.
    fn two_countries() -> (Vec<tempfile::TempDir>, Home, Home, PathBuf) {
        let (one, mr) = initialised(Country::MR);
        let (two, ml) = initialised(Country::ML);
        let bundle = bundle_of(&ml, two.path(), now());
        (vec![one, two], mr, ml, bundle)
    }

    #[test]
    fn the_other_country_is_trusted_once_its_fingerprint_was_compared() {
        let (_folders, mr, ml, bundle) = two_countries();
        let expected = fingerprint(&ml, Country::ML);
        let report = run(&options(&mr, &bundle), Consent::Fingerprint(expected)).unwrap();
        assert_eq!(report.imported.change, Change::NewCountry);
        assert_eq!(mr.load_root(Country::ML).unwrap(), ml.load_root(Country::ML).unwrap());
        assert_eq!(files::names_in(&mr.join(TRUST)).unwrap(), ["ml", "mr"]);
        let slots = mr.certificate_slots(Country::ML).unwrap();
        assert_eq!(slots, Slot::SINGLE);
        let again = run(&options(&mr, &bundle), Consent::Fingerprint(expected)).unwrap();
        assert_eq!(again.imported.change, Change::Nothing);
    }

    #[test]
    fn a_wrong_fingerprint_or_a_no_changes_nothing() {
        let (_folders, mr, _ml, bundle) = two_countries();
        let before = snapshot(mr.path());
        let wrong = fingerprint(&mr, Country::MR);
        let refused = run(&options(&mr, &bundle), Consent::Fingerprint(wrong));
        assert!(matches!(refused, Err(CertsError::WrongFingerprint { .. })), "{refused:?}");
        let refused = run(&options(&mr, &bundle), Consent::Ask(&mut |_| false));
        assert!(matches!(refused, Err(CertsError::NotConfirmed)), "{refused:?}");
        assert_eq!(snapshot(mr.path()), before);
    }

    #[test]
    fn a_person_is_shown_the_fingerprint_before_anything_is_written() {
        let (_folders, mr, ml, bundle) = two_countries();
        let expected = fingerprint(&ml, Country::ML);
        let mut seen = None;
        let mut ask = |preview: &ImportPreview| {
            assert!(!mr.join("trust/ml").exists());
            seen = Some(preview.clone());
            true
        };
        run(&options(&mr, &bundle), Consent::Ask(&mut ask)).unwrap();
        let seen = seen.unwrap();
        assert_eq!(seen.root.fingerprint, expected);
        assert!(seen.to_string().contains(expected.to_string().lines().next().unwrap()));
        let mut never = |_: &ImportPreview| panic!("nothing is to be confirmed");
        run(&options(&mr, &bundle), Consent::Ask(&mut never)).unwrap();
    }

    #[test]
    fn the_own_country_is_refused() {
        let (folder, mr) = initialised(Country::MR);
        let bundle = bundle_of(&mr, folder.path(), now());
        let expected = fingerprint(&mr, Country::MR);
        let refused = run(&options(&mr, &bundle), Consent::Fingerprint(expected));
        assert!(matches!(refused, Err(CertsError::OwnCountry(Country::MR))), "{refused:?}");
    }

    #[test]
    fn another_root_of_a_trusted_country_is_refused_with_the_way_out() {
        let (_folders, mr, _ml, bundle) = two_countries();
        run(&options(&mr, &bundle), Consent::Ask(&mut |_| true)).unwrap();
        let before = snapshot(mr.path());
        let (two, impostor) = initialised(Country::ML);
        let bundle = bundle_of(&impostor, two.path(), now());
        let expected = fingerprint(&impostor, Country::ML);
        let error = run(&options(&mr, &bundle), Consent::Fingerprint(expected)).unwrap_err();
        assert!(matches!(error, CertsError::OtherRoot { .. }), "{error:?}");
        assert!(error.to_string().contains("trust/ml knowingly"), "{error}");
        assert_eq!(snapshot(mr.path()), before);
    }

    #[test]
    fn renewed_certificates_replace_the_old_and_never_the_other_way_round() {
        let (folders, mr, ml, old) = two_countries();
        run(&options(&mr, &old), Consent::Ask(&mut |_| true)).unwrap();
        fs::write(mr.join("trust/ml/officer-hq-1.crt"), "from the log").unwrap();
        let later = now().saturating_add(DAY);
        let home = ml.path().to_owned();
        renew::run(&renew::Options { home, slot: Slot::Node, days: Days::DEFAULT, now: later }).unwrap();
        let new = bundle_of(&ml, folders[1].path(), later);
        let mut request = options(&mr, &new);
        request.now = later;
        let report = run(&request, Consent::Ask(&mut |_| true)).unwrap();
        assert_eq!(report.imported.change, Change::NewCertificates);
        let certificate = mr.load_certificate(Country::ML, &Slot::Node).unwrap();
        assert_eq!(certificate, ml.load_certificate(Country::ML, &Slot::Node).unwrap());
        assert!(mr.join("trust/ml/officer-hq-1.crt").exists());
        let refused = run(&options(&mr, &old), Consent::Ask(&mut |_| true));
        assert!(matches!(refused, Err(CertsError::Older { .. })), "{refused:?}");
    }

    #[test]
    fn an_expired_bundle_is_refused() {
        let (_folders, mr, _ml, bundle) = two_countries();
        let mut late = options(&mr, &bundle);
        late.now = now().saturating_add(731 * DAY);
        let refused = run(&late, Consent::Ask(&mut |_| true));
        assert!(matches!(refused, Err(CertsError::Bundle { .. })), "{refused:?}");
    }

    #[test]
    fn an_auditor_without_keys_can_trust_both_countries() {
        let (folders, mr, _ml, bundle) = two_countries();
        let auditor = Home::new(folders[0].path().join("auditor"));
        run(&options(&auditor, &bundle), Consent::Ask(&mut |_| true)).unwrap();
        let other = bundle_of(&mr, folders[0].path(), now());
        run(&options(&auditor, &other), Consent::Ask(&mut |_| true)).unwrap();
        assert_eq!(auditor.countries().unwrap(), [Country::ML, Country::MR]);
    }
}
