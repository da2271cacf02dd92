//! `bundle`: what the other country needs, as one file. It holds nothing secret.

use std::fmt;
use std::path::{Path, PathBuf};

use karakoro_proto::identity::bundle::{Bundle, MAX_BUNDLE_LEN};
use karakoro_proto::identity::home::Slot;
use karakoro_proto::time::UnixMillis;
use serde::Serialize;

use crate::files::{self, PUBLIC};
use crate::home::Home;
use crate::{CertificateView, CertsError, RootView};

/// What to write.
#[derive(Clone, Debug)]
pub struct Options {
    /// The home.
    pub home: PathBuf,
    /// The file to write; `None` leaves the text in the report, for standard output.
    pub out: Option<PathBuf>,
    /// The time.
    pub now: UnixMillis,
}

/// What was written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The root to be compared by telephone.
    pub root: RootView,
    /// The certificates in the bundle, in their order.
    pub certificates: Vec<CertificateView>,
    /// The file, if one was asked for.
    pub out: Option<PathBuf>,
    /// The bundle's text.
    pub text: String,
}

impl fmt::Display for Report {
    /// What to say beside the bundle, not the bundle itself: that is [`Self::text`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(out) = &self.out {
            writeln!(f, "Bundle of {} in {}", self.root.country, out.display())?;
        }
        for certificate in &self.certificates {
            writeln!(f, "  {certificate}")?;
        }
        writeln!(f, "{}", self.root)?;
        write!(f, "Next: send the bundle to the other country, and read the fingerprint to them by telephone")
    }
}

/// Puts the home's own certificates together, and verifies them as the receiver will.
pub fn run(options: &Options) -> Result<Report, CertsError> {
    let bundle = assemble(&Home::new(&options.home))?;
    for certificate in bundle.certificates() {
        certificate.valid_at(options.now).map_err(|source| CertsError::OwnOutOfDate {
            path: Home::new(&options.home)
                .join(&Slot::of(certificate.id()).certificate_path(bundle.country())),
            source,
        })?;
    }
    let text = bundle.encode();
    if let Some(out) = &options.out {
        write(out, &text)?;
    }
    Ok(Report {
        root: RootView::new(bundle.root()),
        certificates: bundle
            .certificates()
            .into_iter()
            .map(|certificate| CertificateView::new(certificate, options.now))
            .collect(),
        out: options.out.clone(),
        text,
    })
}

fn assemble(home: &Home) -> Result<Bundle, CertsError> {
    let country =
        home.own_country()?.ok_or_else(|| CertsError::NotInitialised { path: home.path().to_owned() })?;
    let certificate = |slot| home.load_certificate(country, &slot);
    Bundle::new(
        home.load_root(country)?,
        certificate(Slot::Node)?,
        certificate(Slot::Log)?,
        certificate(Slot::Receipt)?,
    )
    .map_err(CertsError::OwnBundle)
}

/// Writes a new file; one that exists must hold exactly this already.
fn write(out: &Path, text: &str) -> Result<(), CertsError> {
    if !out.exists() {
        files::write_new(out, text.as_bytes(), PUBLIC)?;
        return files::sync_parent(out);
    }
    match files::read_text(out, MAX_BUNDLE_LEN) {
        Ok(present) if *present == text => Ok(()),
        Ok(_) | Err(CertsError::NotOurs { .. }) => Err(CertsError::OutputDiffers { path: out.to_owned() }),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use karakoro_proto::identity::Country;

    use super::*;
    use crate::testing::{initialised, now};

    fn options(home: &Home, out: Option<PathBuf>) -> Options {
        Options { home: home.path().to_owned(), out, now: now() }
    }

    #[test]
    fn a_bundle_is_made_without_the_root_key_and_read_back() {
        let (_folder, home) = initialised(Country::MR);
        fs::remove_file(home.join(&Slot::Root.key_path())).unwrap();
        let report = run(&options(&home, None)).unwrap();
        let bundle = Bundle::parse(&report.text).unwrap();
        assert_eq!(bundle.country(), Country::MR);
        assert_eq!(bundle.fingerprint(), report.root.fingerprint);
        assert_eq!(bundle.encode(), report.text);
        assert_eq!(Bundle::parse(&report.text.replace('\n', "\r\n")).unwrap(), bundle);
    }

    #[test]
    fn a_file_is_overwritten_by_nothing_but_itself() {
        let (folder, home) = initialised(Country::MR);
        let out = folder.path().join("mr.bundle");
        let text = run(&options(&home, Some(out.clone()))).unwrap().text;
        run(&options(&home, Some(out.clone()))).unwrap();
        assert_eq!(fs::read_to_string(&out).unwrap(), text);
        for other in [b"another file".to_vec(), vec![b'x'; MAX_BUNDLE_LEN + 1]] {
            fs::write(&out, &other).unwrap();
            let refused = run(&options(&home, Some(out.clone())));
            assert!(matches!(refused, Err(CertsError::OutputDiffers { .. })), "{refused:?}");
            assert_eq!(fs::read(&out).unwrap(), other);
        }
    }

    #[test]
    fn a_home_without_keys_has_no_bundle() {
        let folder = tempfile::tempdir().unwrap();
        let refused = run(&options(&Home::new(folder.path()), None));
        assert!(matches!(refused, Err(CertsError::NotInitialised { .. })), "{refused:?}");
    }

    #[test]
    fn a_certificate_that_has_expired_is_not_handed_out() {
        let (_folder, home) = initialised(Country::MR);
        let mut late = options(&home, None);
        late.now = now().saturating_add(731 * 24 * 3600 * 1000);
        assert!(matches!(run(&late), Err(CertsError::OwnOutOfDate { .. })));
    }
}
