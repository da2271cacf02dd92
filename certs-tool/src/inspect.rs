//! `inspect`: what a file holds, be it one certificate or a bundle. Trusts and changes nothing.

use std::fmt;
use std::path::PathBuf;

use karakoro_proto::identity::Role;
use karakoro_proto::identity::bundle::{Bundle, MAX_BUNDLE_LEN};
use karakoro_proto::identity::certificate::{Certificate, RootCertificate};
use karakoro_proto::identity::pem::{PemLabel, decode_pem};
use karakoro_proto::time::UnixMillis;
use serde::Serialize;

use crate::{CertificateView, CertsError, RootView, files};

/// What to look at.
#[derive(Clone, Debug)]
pub struct Options {
    /// The file.
    pub file: PathBuf,
    /// The time.
    pub now: UnixMillis,
}

/// What the file holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Report {
    /// One certificate that is not a root; who signed it cannot be told from the file.
    Certificate {
        /// What it says.
        certificate: CertificateView,
    },
    /// One root, signed by itself.
    Root {
        /// What it says.
        certificate: CertificateView,
        /// What to compare by telephone.
        root: RootView,
    },
    /// A bundle whose root signed the rest.
    Bundle {
        /// What to compare by telephone.
        root: RootView,
        /// The certificates, in their order.
        certificates: Vec<CertificateView>,
    },
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate { certificate } => {
                write!(f, "Certificate, signature not checked:\n  {certificate}\n  {}", certificate.name)
            }
            Self::Root { certificate, root } => {
                write!(f, "Root certificate:\n  {certificate}\n  {}\n{root}", certificate.name)
            }
            Self::Bundle { root, certificates } => {
                writeln!(f, "Bundle of {}, signed by the root in it:", root.country)?;
                certificates.iter().try_for_each(|certificate| writeln!(f, "  {certificate}"))?;
                root.fmt(f)
            }
        }
    }
}

/// Reads a file.
pub fn run(options: &Options) -> Result<Report, CertsError> {
    let Options { file, now } = options;
    let text = files::read_text(file, MAX_BUNDLE_LEN)?;
    let blocks = decode_pem(&text, PemLabel::Certificate)
        .map_err(|source| CertsError::Bundle { path: file.clone(), source: source.into() })?;
    if let [der] = &blocks[..] {
        return one(options, der);
    }
    let bundle = Bundle::parse(&text).map_err(|source| CertsError::Bundle { path: file.clone(), source })?;
    let certificates =
        bundle.certificates().into_iter().map(|certificate| CertificateView::new(certificate, *now));
    Ok(Report::Bundle { root: RootView::new(bundle.root()), certificates: certificates.collect() })
}

fn one(Options { file, now }: &Options, der: &[u8]) -> Result<Report, CertsError> {
    let refused = |source| CertsError::Foreign { path: file.clone(), source };
    let parsed = Certificate::parse(der).map_err(refused)?;
    let certificate = CertificateView::new(&parsed, *now);
    if parsed.role() != Role::Root {
        return Ok(Report::Certificate { certificate });
    }
    let root = RootCertificate::try_from(parsed).map_err(refused)?;
    Ok(Report::Root { certificate, root: RootView::new(&root) })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use karakoro_proto::identity::Country;
    use karakoro_proto::identity::home::Slot;

    use super::*;
    use crate::bundle;
    use crate::testing::{initialised, now};

    #[test]
    fn each_kind_of_file_is_recognised() {
        let (folder, home) = initialised(Country::MR);
        let out = folder.path().join("mr.bundle");
        bundle::run(&bundle::Options { home: home.path().to_owned(), out: Some(out.clone()), now: now() })
            .unwrap();
        let kind = |file| match run(&Options { file, now: now() }) {
            Ok(Report::Root { .. }) => "root",
            Ok(Report::Certificate { .. }) => "certificate",
            Ok(Report::Bundle { .. }) => "bundle",
            Err(_) => "refused",
        };
        assert_eq!(kind(home.join(&Slot::Root.certificate_path(Country::MR))), "root");
        assert_eq!(kind(home.join(&Slot::Log.certificate_path(Country::MR))), "certificate");
        assert_eq!(kind(out), "bundle");
        assert_eq!(kind(home.join(&Slot::Log.key_path())), "refused");
        assert_eq!(kind(folder.path().join("absent")), "refused");
    }

    #[test]
    fn a_refused_file_is_named_with_its_fault() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("note.txt");
        fs::write(&file, "hello\n").unwrap();
        let error = run(&Options { file: file.clone(), now: now() }).unwrap_err();
        assert!(error.to_string().contains("note.txt"), "{error}");
    }
}
