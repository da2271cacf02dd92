//! What can go wrong, sorted by who can put it right.

use std::io;
use std::path::PathBuf;

use karakoro_proto::identity::bundle::BundleError;
use karakoro_proto::identity::certificate::CertificateError;
use karakoro_proto::identity::fingerprint::Fingerprint;
use karakoro_proto::identity::home::Slot;
use karakoro_proto::identity::pem::PemError;
use karakoro_proto::identity::pkcs8::KeyFileError;
use karakoro_proto::identity::{Country, Role};
use karakoro_proto::time::UnixMillis;
use thiserror::Error;

use crate::authority::{MAX_DAYS, MIN_DAYS};

/// A command that did not do what was asked. Unless it says otherwise, it changed nothing.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CertsError {
    /// The file system refused.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// What was attempted: `create`, `read`.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// Another command is changing the same home.
    #[error("another command is at work in {}: wait until it has ended", path.display())]
    Busy {
        /// The home.
        path: PathBuf,
    },
    /// The operating system gave no random bytes.
    #[error("no random bytes from the operating system")]
    Random(#[source] getrandom::Error),
    /// The certificate could not be encoded.
    #[error("cannot encode the certificate")]
    Encoding(#[from] rcgen::Error),
    /// What was just made is not what was meant.
    #[error("the certificate just made is refused by our own reader; nothing was written")]
    Rejected(#[source] CertificateError),

    /// `init` in a home that has keys.
    #[error("{} exists: this home already has its keys, and a country has one root; choose another home, \
             or use `karakoro certs issue` for one more certificate", path.display())]
    AlreadyInitialised {
        /// What is there already.
        path: PathBuf,
    },
    /// Two labels of one role in one request.
    #[error("`{0}` is asked for twice: labels of one role must differ")]
    Twice(Slot),
    /// A validity that is no reasonable number of days.
    #[error("{0} days of validity: from {MIN_DAYS} to {MAX_DAYS} are possible")]
    Days(u32),
    /// A leaf that would outlive its root.
    #[error("the certificate would outlive its root, which ends at {root_until}: ask for fewer days")]
    BeyondRoot {
        /// The last second of the root.
        root_until: UnixMillis,
    },
    /// A root asked of `issue` or `renew`.
    #[error("a root is made by `karakoro certs init` alone, once for a country")]
    RootRequested,
    /// The slot is in use.
    #[error("{} exists: choose another label; to extend the certificate of the same key use \
             `karakoro certs renew`; to replace a key, first move its .key and .crt files aside", path.display())]
    Taken {
        /// The file in the way.
        path: PathBuf,
    },
    /// No root key, where a certificate is to be signed.
    #[error("no root key at {}: bring it from its safe, for as long as this command takes", path.display())]
    NoRootKey {
        /// Where it is looked for.
        path: PathBuf,
    },
    /// A home without keys of a country's own.
    #[error("{} holds no keys of a country: run `karakoro certs init` first", path.display())]
    NotInitialised {
        /// The home.
        path: PathBuf,
    },

    /// A private key that others may read.
    #[error("{0} has mode {mode:03o}, so others on this machine may read the key: chmod 600 {0}", path.display())]
    KeyMode {
        /// The key.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A file that holds no usable private key.
    #[error("{}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: KeyFileError,
    },
    /// A file that holds no certificate.
    #[error("{}", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: PemError,
    },
    /// A certificate that is refused.
    #[error("{}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// Why.
        source: CertificateError,
    },
    /// A certificate in the file of another.
    #[error("{} holds the certificate of {found}: rename the file, or put the right one there", path.display())]
    Misplaced {
        /// The file.
        path: PathBuf,
        /// The name in the certificate.
        found: String,
    },
    /// A private key that does not belong to the certificate beside it.
    #[error("{} is not the private key of {}", key.display(), certificate.display())]
    KeyMismatch {
        /// The key.
        key: PathBuf,
        /// The certificate.
        certificate: PathBuf,
    },
    /// Too long, or no text.
    #[error("{} is no text of at most {limit} bytes: not a key, certificate or bundle", path.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
        /// The largest file that is read.
        limit: usize,
    },

    /// A bundle that is refused.
    #[error("{} is refused", path.display())]
    Bundle {
        /// The file.
        path: PathBuf,
        /// Why.
        source: BundleError,
    },
    /// The certificates of this home form no bundle.
    #[error("the certificates of this home form no bundle")]
    OwnBundle(#[source] BundleError),
    /// A certificate of this home is not valid now.
    #[error("{} is not valid now: see `karakoro certs renew`, and the machine's clock", path.display())]
    OwnOutOfDate {
        /// The certificate.
        path: PathBuf,
        /// Why.
        source: CertificateError,
    },
    /// A file that was to be inspected holds no certificate of ours.
    #[error("{} holds no certificate of Karakoro", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Why.
        source: CertificateError,
    },
    /// A bundle would overwrite another file.
    #[error("{} exists and differs: move it aside or choose another name", path.display())]
    OutputDiffers {
        /// The file in the way.
        path: PathBuf,
    },
    /// The bundle of the home's own country.
    #[error("the bundle is of {0}, which is this home's own country: import the other country's")]
    OwnCountry(Country),
    /// The fingerprint is not the one read on the telephone.
    #[error(
        "the fingerprint is\n{found}\nand not, as expected,\n{expected}\nDo not trust this file: ask the \
             other side to read its fingerprint again, and to send the bundle again by another way"
    )]
    WrongFingerprint {
        /// What was said.
        expected: Fingerprint,
        /// What the file has.
        found: Fingerprint,
    },
    /// The person said no.
    #[error("not confirmed, so nothing was imported")]
    NotConfirmed,
    /// Another root of the same country is trusted already.
    #[error("{country} is already trusted with another root, whose fingerprint is\n{trusted}\nIf that country \
             truly has a new root, remove {} knowingly and import again", folder.display())]
    OtherRoot {
        /// The country.
        country: Country,
        /// The fingerprint of the root trusted now.
        trusted: Fingerprint,
        /// Where that trust lies.
        folder: PathBuf,
    },
    /// An older certificate than the one trusted now.
    #[error("the bundle's {role} certificate dates from {offered}, the one in {} from {trusted}: ask for the \
             newest bundle, or remove that file knowingly", path.display())]
    Older {
        /// The role concerned.
        role: Role,
        /// The first second of the certificate in the bundle.
        offered: UnixMillis,
        /// The first second of the one trusted now.
        trusted: UnixMillis,
        /// Where that one lies.
        path: PathBuf,
    },
}

/// Whose turn it is after an error; the program derives its exit code from this.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Blame {
    /// The request: other words would have worked.
    Usage,
    /// The machine: disk, random source, or a home in use.
    Machine,
    /// A key that is missing, unreadable, or readable by others.
    Key,
    /// The answer is no: trust is refused.
    Refused,
    /// Files in the home do not hold together.
    Damaged,
}

impl CertsError {
    /// Whose turn it is.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::AlreadyInitialised { .. }
            | Self::Twice(_)
            | Self::Days(_)
            | Self::BeyondRoot { .. }
            | Self::RootRequested
            | Self::Taken { .. }
            | Self::NotInitialised { .. }
            | Self::NotOurs { .. }
            | Self::OutputDiffers { .. } => Blame::Usage,
            Self::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => Blame::Key,
            Self::Io { .. } | Self::Busy { .. } | Self::Random(_) => Blame::Machine,
            Self::Encoding(_) | Self::Rejected(_) => Blame::Machine,
            Self::NoRootKey { .. } | Self::KeyMode { .. } | Self::Key { .. } => Blame::Key,
            Self::Bundle { .. }
            | Self::OwnOutOfDate { .. }
            | Self::Foreign { .. }
            | Self::OwnCountry(_)
            | Self::WrongFingerprint { .. }
            | Self::NotConfirmed
            | Self::OtherRoot { .. }
            | Self::Older { .. } => Blame::Refused,
            Self::Pem { .. }
            | Self::Certificate { .. }
            | Self::Misplaced { .. }
            | Self::KeyMismatch { .. }
            | Self::OwnBundle(_) => Blame::Damaged,
        }
    }
}
