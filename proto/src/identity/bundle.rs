//! What one country gives the other so that their nodes can meet: four certificates in one text file.
//!
//! In this order: root, node, log, receipt. Officers' certificates are published in the log itself. The file
//! needs no secrecy; whether its root is the right one is settled by telephone ([`Fingerprint`]).

use thiserror::Error;
use zeroize::Zeroizing;

use super::certificate::{Certificate, CertificateError, MAX_CERTIFICATE_LEN, RootCertificate};
use super::fingerprint::Fingerprint;
use super::pem::{PemError, PemLabel, decode_pem, encode_pem};
use super::{Country, Role};

/// The largest bundle that is read, in bytes: four of the largest certificates in base64 with CRLF.
pub const MAX_BUNDLE_LEN: usize = 4 * (MAX_CERTIFICATE_LEN * 3 / 2);

/// A country's root and the three certificates that it signed for the machines of the exchange.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bundle {
    root: RootCertificate,
    node: Certificate,
    log: Certificate,
    receipt: Certificate,
}

impl Bundle {
    /// Puts a bundle together, if the root signed the three, each is for its role, and no two of the four
    /// share a key.
    pub fn new(
        root: RootCertificate,
        node: Certificate,
        log: Certificate,
        receipt: Certificate,
    ) -> Result<Self, BundleError> {
        for (role, leaf) in [(Role::Node, &node), (Role::Log, &log), (Role::Receipt, &receipt)] {
            leaf.expect_role(role)
                .and_then(|()| root.verify(leaf))
                .map_err(|source| BundleError::Certificate { role, source })?;
        }
        let bundle = Self { root, node, log, receipt };
        bundle.check_keys_differ()?;
        Ok(bundle)
    }

    /// Reads a bundle and verifies all of it, except that its root is the right one.
    pub fn parse(text: &str) -> Result<Self, BundleError> {
        if text.len() > MAX_BUNDLE_LEN {
            return Err(BundleError::TooLong(text.len()));
        }
        let blocks = decode_pem(text, PemLabel::Certificate)?;
        let [root, node, log, receipt] = &blocks[..] else {
            return Err(BundleError::Count(blocks.len()));
        };
        let parse = |role, der: &Zeroizing<Vec<u8>>| {
            Certificate::parse(der).map_err(|source| BundleError::Certificate { role, source })
        };
        let root = RootCertificate::try_from(parse(Role::Root, root)?)
            .map_err(|source| BundleError::Certificate { role: Role::Root, source })?;
        Self::new(root, parse(Role::Node, node)?, parse(Role::Log, log)?, parse(Role::Receipt, receipt)?)
    }

    /// The file's text, with LF.
    #[must_use]
    pub fn encode(&self) -> String {
        self.certificates()
            .iter()
            .map(|leaf| encode_pem(PemLabel::Certificate, leaf.der()).to_string())
            .collect()
    }

    /// The country that made it.
    #[must_use]
    pub fn country(&self) -> Country {
        self.root.country()
    }

    /// The country's root.
    #[must_use]
    pub fn root(&self) -> &RootCertificate {
        &self.root
    }

    /// The TLS certificate of its node.
    #[must_use]
    pub fn node(&self) -> &Certificate {
        &self.node
    }

    /// The certificate of the key that signs its checkpoints.
    #[must_use]
    pub fn log(&self) -> &Certificate {
        &self.log
    }

    /// The certificate of the key that signs its receipts and cosignatures.
    #[must_use]
    pub fn receipt(&self) -> &Certificate {
        &self.receipt
    }

    /// All four, in the order of the file.
    #[must_use]
    pub fn certificates(&self) -> [&Certificate; 4] {
        [self.root.certificate(), &self.node, &self.log, &self.receipt]
    }

    /// What to compare by telephone.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.root.der())
    }

    fn check_keys_differ(&self) -> Result<(), BundleError> {
        let all = self.certificates();
        for (index, later) in all.iter().enumerate() {
            if let Some(earlier) = all[..index].iter().find(|earlier| earlier.key_id() == later.key_id()) {
                return Err(BundleError::SharedKey(earlier.role(), later.role()));
            }
        }
        Ok(())
    }
}

/// A text that is not a bundle, or one whose parts do not belong together.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum BundleError {
    /// Larger than any bundle.
    #[error("{0} bytes, where a bundle has at most {MAX_BUNDLE_LEN}")]
    TooLong(usize),
    /// Not PEM.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// Too few certificates or too many.
    #[error("{0} certificates, where a bundle has four: root, node, log, receipt")]
    Count(usize),
    /// One certificate is refused.
    #[error("the certificate in the place of the {role}")]
    Certificate {
        /// Whose place it stands in.
        role: Role,
        /// Why it is refused.
        source: CertificateError,
    },
    /// Two roles with one key, which could be made to speak for each other.
    #[error("the {0} and the {1} share one key, where each role must have its own")]
    SharedKey(Role, Role),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MR: &str = include_str!("../../../tests/vectors/certificates/mr.bundle");
    const ML: &str = include_str!("../../../tests/vectors/certificates/ml.bundle");

    /// The blocks of a bundle's text.
    fn blocks(text: &str) -> Vec<&str> {
        text.split_inclusive("-----END CERTIFICATE-----\n").collect()
    }

    fn refused(role: Role, text: &str) -> CertificateError {
        match Bundle::parse(text) {
            Err(BundleError::Certificate { role: found, source }) if found == role => source,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_bundle_is_read_and_written_alike() {
        let bundle = Bundle::parse(MR).unwrap();
        assert_eq!(bundle.encode(), MR);
        assert_eq!(bundle.country(), Country::MR);
        assert_eq!(bundle.certificates().map(Certificate::role), Role::ALL[..4]);
        assert_eq!(bundle.fingerprint(), Fingerprint::of(bundle.root().der()));
        assert_eq!(Bundle::parse(&MR.replace('\n', "\r\n")), Ok(bundle));
    }

    #[test]
    fn the_order_is_fixed() {
        let mr = blocks(MR);
        let wrong = |expected, found| CertificateError::WrongRole { expected, found };
        assert_eq!(
            refused(Role::Root, &[mr[1], mr[0], mr[2], mr[3]].concat()),
            wrong(Role::Root, Role::Node)
        );
        assert_eq!(
            refused(Role::Log, &[mr[0], mr[1], mr[3], mr[2]].concat()),
            wrong(Role::Log, Role::Receipt)
        );
    }

    #[test]
    fn a_certificate_of_another_country_is_refused() {
        let (mr, ml) = (blocks(MR), blocks(ML));
        let wrong = CertificateError::WrongCountry { expected: Country::MR, found: Country::ML };
        assert_eq!(refused(Role::Node, &[mr[0], ml[1], mr[2], mr[3]].concat()), wrong);
    }

    #[test]
    fn there_are_four_certificates_and_nothing_else() {
        let mr = blocks(MR);
        assert_eq!(Bundle::parse(""), Err(BundleError::Count(0)));
        assert_eq!(Bundle::parse(&mr[..3].concat()), Err(BundleError::Count(3)));
        assert_eq!(Bundle::parse(&format!("{MR}{}", mr[3])), Err(BundleError::Count(5)));
        assert!(matches!(Bundle::parse(&format!("{MR}see you soon\n")), Err(BundleError::Pem(_))));
        let long = MR.to_owned() + &"\n".repeat(MAX_BUNDLE_LEN);
        assert_eq!(Bundle::parse(&long), Err(BundleError::TooLong(long.len())));
    }

    proptest! {
        #[test]
        fn no_altered_character_is_accepted_or_panics(place in 0..MR.len(), with in "[ -~\n]") {
            let text = format!("{}{with}{}", &MR[..place], &MR[place + 1..]);
            if let Ok(bundle) = Bundle::parse(&text) {
                prop_assert_eq!(bundle.encode(), MR);
            }
        }
    }
}
