//! X.509 certificates of the countries' keys, read strictly.
//!
//! A country has one offline root, which signs one certificate for each key. Every certificate follows a
//! fixed profile, and what differs from it is refused rather than interpreted:
//!
//! | | root | node | log, receipt, officer, auditor |
//! |---|---|---|---|
//! | key and signature | Ed25519 | Ed25519 | Ed25519 |
//! | URI name, exactly one | `…/root/<label>` | `…/node/<label>` | `…/<role>/<label>` |
//! | DNS names | none | its node name; others of the country | none |
//! | basic constraints | CA, path length 0, critical | none, or no CA | none, or no CA |
//! | key usage, critical | sign certificates and CRLs | sign | sign |
//! | extended key usage | none | TLS server and client | document signing |
//! | name constraints, critical | DNS domain of the country | none | none |
//!
//! Document signing (RFC 9336) keeps a stolen log or officer key from opening a TLS link: without any
//! extended key usage, TLS libraries take a certificate for fit for everything.

use std::fmt;

use thiserror::Error;
use x509_parser::certificate::{TbsCertificate, X509Certificate, X509CertificateParser};
use x509_parser::extensions::X509Extension;
use x509_parser::nom::Parser as _;
use x509_parser::oid_registry as oid;
use x509_parser::time::ASN1Time;

use super::der::{self, Element, INTEGER, SEQUENCE};
use super::spiffe::{SpiffeError, SpiffeId};
use super::{Country, Role};
use crate::key::{KeyError, KeyId, PublicKey, SIGNATURE_LEN};
use crate::time::UnixMillis;

/// The largest certificate that is read, in bytes of DER. Ours have about 600.
pub const MAX_CERTIFICATE_LEN: usize = 4096;

/// The longest serial number, in bytes (RFC 5280, section 4.1.2.2).
const MAX_SERIAL_LEN: usize = 20;

/// `AlgorithmIdentifier` of Ed25519 (RFC 8410): no parameters.
const ED25519: &[u8] = b"\x30\x05\x06\x03\x2b\x65\x70";
/// What stands before the 32 bytes of an Ed25519 key in `SubjectPublicKeyInfo`.
const ED25519_KEY: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
/// What stands before the 64 bytes of a signature: a bit string without unused bits.
const SIGNATURE: &[u8] = b"\x03\x41\x00";
/// `[0] INTEGER 2`: X.509 version 3.
const VERSION_3: &[u8] = b"\xa0\x03\x02\x01\x02";

/// `KeyUsage`: digitalSignature.
const USAGE_SIGN: &[u8] = b"\x03\x02\x07\x80";
/// `KeyUsage`: keyCertSign and cRLSign.
const USAGE_CA: &[u8] = b"\x03\x02\x01\x06";
/// `BasicConstraints`: a CA with path length 0.
const CONSTRAINTS_CA: &[u8] = b"\x30\x06\x01\x01\xff\x02\x01\x00";
/// `BasicConstraints`: no CA.
const CONSTRAINTS_LEAF: &[u8] = b"\x30\x00";
/// `ExtendedKeyUsage`: serverAuth, clientAuth.
const PURPOSE_TLS: &[u8] =
    b"\x30\x14\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02";
/// `ExtendedKeyUsage`: id-kp-documentSigning.
const PURPOSE_DOCUMENT: &[u8] = b"\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x24";

/// `GeneralName`: dNSName.
const DNS_NAME: u8 = 0x82;
/// `GeneralName`: uniformResourceIdentifier.
const URI_NAME: u8 = 0x86;

/// A certificate that follows the profile. Who signed it, and whether it has expired, is asked of
/// [`RootCertificate::verify`] and [`Self::valid_at`].
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    tbs: Vec<u8>,
    signature: [u8; SIGNATURE_LEN],
    issuer: Vec<u8>,
    subject: Vec<u8>,
    serial: Vec<u8>,
    not_before: UnixMillis,
    not_after: UnixMillis,
    public_key: PublicKey,
    id: SpiffeId,
}

impl Certificate {
    /// Reads a certificate of any role.
    pub fn parse(der: &[u8]) -> Result<Self, CertificateError> {
        if der.len() > MAX_CERTIFICATE_LEN {
            return Err(CertificateError::TooLong(der.len()));
        }
        let frame = Frame::parse(der)?;
        let x509 = parse_x509(der)?;
        let extensions = Extensions::sort(&x509)?;
        let id = extensions.check()?;
        let not_before = instant(x509.validity.not_before)?;
        let not_after = instant(x509.validity.not_after)?;
        if not_before > not_after {
            return Err(CertificateError::Malformed("it ends before it begins"));
        }
        Ok(Self {
            der: der.to_vec(),
            tbs: frame.tbs.to_vec(),
            signature: frame.signature,
            issuer: frame.issuer.to_vec(),
            subject: frame.subject.to_vec(),
            serial: frame.serial.to_vec(),
            not_before,
            not_after,
            public_key: frame.public_key,
            id,
        })
    }

    /// Whose key it holds.
    #[must_use]
    pub fn id(&self) -> &SpiffeId {
        &self.id
    }

    /// The country in its name. Believe it once that country's root has verified the certificate.
    #[must_use]
    pub fn country(&self) -> Country {
        self.id.country
    }

    /// What the key may be used for.
    #[must_use]
    pub fn role(&self) -> Role {
        self.id.role
    }

    /// Which of the keys of that role.
    #[must_use]
    pub fn label(&self) -> &str {
        self.id.label.as_str()
    }

    /// The key that it is about.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The short name of that key.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.public_key.id()
    }

    /// The first second of its validity.
    #[must_use]
    pub fn not_before(&self) -> UnixMillis {
        self.not_before
    }

    /// The last second of its validity.
    #[must_use]
    pub fn not_after(&self) -> UnixMillis {
        self.not_after
    }

    /// Its number at the issuer, big-endian without leading zeros.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }

    /// The exact bytes it was read from.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Whether it is valid at this time, first and last second included.
    pub fn valid_at(&self, now: UnixMillis) -> Result<(), CertificateError> {
        if now.seconds() < self.not_before.seconds() {
            return Err(CertificateError::NotYetValid { from: self.not_before, now });
        }
        if now.seconds() > self.not_after.seconds() {
            return Err(CertificateError::Expired { until: self.not_after, now });
        }
        Ok(())
    }

    /// Whether it is for this role.
    pub fn expect_role(&self, expected: Role) -> Result<(), CertificateError> {
        match self.role() {
            found if found == expected => Ok(()),
            found => Err(CertificateError::WrongRole { expected, found }),
        }
    }

    /// Whether it is of this country.
    pub fn expect_country(&self, expected: Country) -> Result<(), CertificateError> {
        match self.country() {
            found if found == expected => Ok(()),
            found => Err(CertificateError::WrongCountry { expected, found }),
        }
    }

    /// Whether `issuer` is the name and the key that signed it.
    fn signed_by(&self, issuer: &Self) -> Result<(), CertificateError> {
        if self.issuer != issuer.subject {
            return Err(CertificateError::Issuer);
        }
        issuer.public_key.verify(&self.tbs, &self.signature).map_err(|_| CertificateError::Signature)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({}, {})", self.id, self.key_id())
    }
}

/// A country's root: self-signed, for role [`Role::Root`]. Whether to trust it is for people to say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RootCertificate(Certificate);

impl RootCertificate {
    /// Reads a root certificate and verifies its own signature.
    pub fn parse(der: &[u8]) -> Result<Self, CertificateError> {
        Certificate::parse(der)?.try_into()
    }

    /// The country for which it signs.
    #[must_use]
    pub fn country(&self) -> Country {
        self.0.country()
    }

    /// The exact bytes it was read from.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        self.0.der()
    }

    /// The root as a certificate.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.0
    }

    /// Whether this root signed `leaf`, for its own country. Says nothing about time.
    pub fn verify(&self, leaf: &Certificate) -> Result<(), CertificateError> {
        if leaf.role() == Role::Root {
            return Err(CertificateError::RootUnderRoot);
        }
        leaf.expect_country(self.country())?;
        leaf.signed_by(&self.0)
    }
}

impl TryFrom<Certificate> for RootCertificate {
    type Error = CertificateError;

    fn try_from(certificate: Certificate) -> Result<Self, Self::Error> {
        certificate.expect_role(Role::Root)?;
        certificate.signed_by(&certificate)?;
        Ok(Self(certificate))
    }
}

/// The fields of fixed shape, each in its only spelling.
struct Frame<'a> {
    tbs: &'a [u8],
    signature: [u8; SIGNATURE_LEN],
    serial: &'a [u8],
    issuer: &'a [u8],
    subject: &'a [u8],
    public_key: PublicKey,
}

impl<'a> Frame<'a> {
    fn parse(der: &'a [u8]) -> Result<Self, CertificateError> {
        let outer = der::children(der, SEQUENCE).ok_or(CertificateError::Malformed("not DER"))?;
        let [tbs, algorithm, signature] = outer[..] else {
            return Err(CertificateError::Malformed("not a certificate"));
        };
        let fields = der::children(tbs.raw, SEQUENCE).ok_or(CertificateError::Malformed("not DER"))?;
        let [version, serial, inner_algorithm, issuer, _validity, subject, key, _extensions] = fields[..]
        else {
            return Err(CertificateError::Malformed("not the fields of version 3 with extensions"));
        };
        if version.raw != VERSION_3 {
            return Err(CertificateError::Malformed("not X.509 version 3"));
        }
        if algorithm.raw != ED25519 || inner_algorithm.raw != ED25519 {
            return Err(CertificateError::NotEd25519("signature"));
        }
        Ok(Self {
            tbs: tbs.raw,
            signature: signature_bytes(signature.raw)?,
            serial: positive(serial).ok_or(CertificateError::Malformed("serial number"))?,
            issuer: issuer.raw,
            subject: subject.raw,
            public_key: ed25519_key(key.raw)?,
        })
    }
}

fn signature_bytes(raw: &[u8]) -> Result<[u8; SIGNATURE_LEN], CertificateError> {
    raw.strip_prefix(SIGNATURE)
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(CertificateError::NotEd25519("signature"))
}

fn ed25519_key(raw: &[u8]) -> Result<PublicKey, CertificateError> {
    let bytes = raw.strip_prefix(ED25519_KEY).ok_or(CertificateError::NotEd25519("key"))?;
    Ok(PublicKey::from_bytes(bytes)?)
}

/// The magnitude of a positive INTEGER of at most 20 octets, in its shortest form.
fn positive<'a>(element: Element<'a>) -> Option<&'a [u8]> {
    if element.tag != INTEGER || element.content.len() > MAX_SERIAL_LEN {
        return None;
    }
    match element.content {
        [0, magnitude @ ..] if magnitude.first()? >= &0x80 => Some(magnitude),
        [1..=0x7f, ..] => Some(element.content),
        _ => None,
    }
}

fn parse_x509(der: &[u8]) -> Result<X509Certificate<'_>, CertificateError> {
    // Extensions are compared as bytes below, so nothing is gained by parsing each of them.
    let mut parser = X509CertificateParser::new().with_deep_parse_extensions(false);
    match parser.parse(der) {
        Ok(([], certificate)) => Ok(certificate),
        Ok(_) => Err(CertificateError::Malformed("something follows the certificate")),
        Err(_) => Err(CertificateError::Malformed("not an X.509 certificate")),
    }
}

fn instant(time: ASN1Time) -> Result<UnixMillis, CertificateError> {
    u64::try_from(time.timestamp())
        .ok()
        .and_then(UnixMillis::from_seconds)
        .ok_or(CertificateError::Malformed("a date before 1970 or after 9999"))
}

/// The extensions that decide something, by kind; each at most once.
#[derive(Default)]
struct Extensions<'a> {
    names: Option<&'a [u8]>,
    usage: Option<Marked<'a>>,
    constraints: Option<Marked<'a>>,
    name_constraints: Option<Marked<'a>>,
    purposes: Option<&'a [u8]>,
}

/// The value of an extension that is right only together with its mark.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Marked<'a> {
    critical: bool,
    value: &'a [u8],
}

/// An extension that is marked critical.
fn critical(value: &[u8]) -> Marked<'_> {
    Marked { critical: true, value }
}

impl<'a> Extensions<'a> {
    fn sort(certificate: &TbsCertificate<'a>) -> Result<Self, CertificateError> {
        certificate
            .extensions_map()
            .map_err(|_| CertificateError::Malformed("an extension stands there twice"))?;
        certificate.extensions().iter().try_fold(Self::default(), Self::with)
    }

    fn with(mut self, extension: &X509Extension<'a>) -> Result<Self, CertificateError> {
        let marked = Some(Marked { critical: extension.critical, value: extension.value });
        match &extension.oid {
            id if *id == oid::OID_X509_EXT_SUBJECT_ALT_NAME => self.names = Some(extension.value),
            id if *id == oid::OID_X509_EXT_KEY_USAGE => self.usage = marked,
            id if *id == oid::OID_X509_EXT_BASIC_CONSTRAINTS => self.constraints = marked,
            id if *id == oid::OID_X509_EXT_NAME_CONSTRAINTS => self.name_constraints = marked,
            id if *id == oid::OID_X509_EXT_EXTENDED_KEY_USAGE => self.purposes = Some(extension.value),
            id if extension.critical => {
                return Err(CertificateError::UnknownCriticalExtension(id.to_id_string()));
            }
            _ => {}
        }
        Ok(self)
    }

    /// Compares everything with the profile of the role that the name gives.
    fn check(&self) -> Result<SpiffeId, CertificateError> {
        let names = Names::parse(self.names.ok_or(CertificateError::NoName)?)?;
        self.check_authority(&names.id)?;
        self.check_purposes(names.id.role)?;
        names.check_dns()?;
        Ok(names.id)
    }

    fn check_authority(&self, id: &SpiffeId) -> Result<(), CertificateError> {
        let role = id.role;
        let wrong = |field| CertificateError::Profile { role, field };
        let is_root = role == Role::Root;
        let usage = if is_root { USAGE_CA } else { USAGE_SIGN };
        if self.usage != Some(critical(usage)) {
            return Err(wrong("key usage"));
        }
        let constraints = match self.constraints {
            Some(constraints) if is_root => constraints == critical(CONSTRAINTS_CA),
            Some(constraints) => constraints.value == CONSTRAINTS_LEAF,
            None => !is_root,
        };
        if !constraints {
            return Err(wrong("basic constraints"));
        }
        let permitted = is_root.then(|| permitted_subtree(&id.country.dns_domain()));
        if self.name_constraints != permitted.as_deref().map(critical) {
            return Err(wrong("name constraints"));
        }
        Ok(())
    }

    fn check_purposes(&self, role: Role) -> Result<(), CertificateError> {
        let expected = match role {
            Role::Root => None,
            Role::Node => Some(PURPOSE_TLS),
            Role::Log | Role::Receipt | Role::Officer | Role::Auditor => Some(PURPOSE_DOCUMENT),
        };
        if self.purposes != expected {
            return Err(CertificateError::Profile { role, field: "extended key usage" });
        }
        Ok(())
    }
}

/// `NameConstraints` that permits one DNS domain and says nothing else. Never a URI: rustls refuses every
/// certificate below a CA with URI constraints.
fn permitted_subtree(domain: &str) -> Vec<u8> {
    [DNS_NAME, 0x30, 0xa0, 0x30].into_iter().fold(domain.as_bytes().to_vec(), |content, tag| {
        let len = u8::try_from(content.len()).expect("a domain of 20 characters");
        [&[tag, len], &content[..]].concat()
    })
}

/// The alternative names: one URI, and DNS names.
struct Names<'a> {
    id: SpiffeId,
    dns: Vec<&'a str>,
}

impl<'a> Names<'a> {
    fn parse(value: &'a [u8]) -> Result<Self, CertificateError> {
        let names = der::children(value, SEQUENCE).ok_or(CertificateError::Malformed("alternative names"))?;
        let mut uris = Vec::new();
        let mut dns = Vec::new();
        for name in names {
            let text = std::str::from_utf8(name.content)
                .map_err(|_| CertificateError::Malformed("an alternative name that is not text"))?;
            match name.tag {
                URI_NAME => uris.push(text),
                DNS_NAME => dns.push(text),
                _ => return Err(CertificateError::Malformed("an alternative name of another kind")),
            }
        }
        match uris[..] {
            [uri] => Ok(Self { id: uri.parse()?, dns }),
            [] => Err(CertificateError::NoName),
            _ => Err(CertificateError::TwoNames),
        }
    }

    fn check_dns(&self) -> Result<(), CertificateError> {
        let role = self.id.role;
        if role != Role::Node {
            return match self.dns.first() {
                Some(name) => Err(CertificateError::DnsName((*name).to_owned())),
                None => Ok(()),
            };
        }
        let domain = self.id.country.dns_domain();
        if let Some(foreign) = self.dns.iter().find(|name| !lies_within(name, &domain)) {
            return Err(CertificateError::DnsName((*foreign).to_owned()));
        }
        if !self.dns.contains(&self.id.country.node_dns_name().as_str()) {
            return Err(CertificateError::Profile { role, field: "DNS name" });
        }
        Ok(())
    }
}

/// Whether `name` is a plain host below `domain`: no wildcard, no upper case, no empty label.
fn lies_within(name: &str, domain: &str) -> bool {
    let permitted = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.strip_suffix(domain)
        .and_then(|below| below.strip_suffix('.'))
        .is_some_and(|below| below.split('.').all(|label| !label.is_empty() && label.chars().all(permitted)))
}

/// A certificate that is refused, and what is wrong with it.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// Larger than any certificate of ours.
    #[error("{0} bytes, where a certificate has at most {MAX_CERTIFICATE_LEN}")]
    TooLong(usize),
    /// Not the encoding of a certificate.
    #[error("malformed certificate: {0}")]
    Malformed(&'static str),
    /// Another algorithm for its key or its signature.
    #[error("the {0} is not Ed25519")]
    NotEd25519(&'static str),
    /// An Ed25519 key that nobody can hold safely.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// It demands that the reader understand something unknown.
    #[error("critical extension {0} is unknown")]
    UnknownCriticalExtension(String),
    /// No URI name.
    #[error("no name such as spiffe://mr.karakoro.internal/node/1")]
    NoName,
    /// More than one URI name.
    #[error("more than one URI name, where there must be exactly one")]
    TwoNames,
    /// A URI name of another form.
    #[error(transparent)]
    Name(#[from] SpiffeError),
    /// A DNS name outside the country's domain, or in a certificate that is not for TLS.
    #[error("DNS name `{0}` is not permitted: only a node has some, and only below its country's domain")]
    DnsName(String),
    /// A field that is not as the role's profile has it.
    #[error("the {field} is not that of the role {role}")]
    Profile {
        /// The role in the certificate's name.
        role: Role,
        /// The field that differs.
        field: &'static str,
    },
    /// Of another role than needed here.
    #[error("a certificate for the role {found}, where one for {expected} is needed")]
    WrongRole {
        /// The role needed.
        expected: Role,
        /// The role in the certificate.
        found: Role,
    },
    /// Of another country than needed here.
    #[error("a certificate of {found}, where one of {expected} is needed")]
    WrongCountry {
        /// The country needed.
        expected: Country,
        /// The country in the certificate.
        found: Country,
    },
    /// A root certificate where a root's signature was to be checked: roots sign no roots.
    #[error("a root never stands below another root")]
    RootUnderRoot,
    /// Issued under another name.
    #[error("the issuer's name is not that of the root")]
    Issuer,
    /// Not signed by the issuer's key.
    #[error("the root did not sign this certificate, or it was altered")]
    Signature,
    /// Too early.
    #[error("not valid before {from}; it is now {now}")]
    NotYetValid {
        /// The first second of validity.
        from: UnixMillis,
        /// The time asked about.
        now: UnixMillis,
    },
    /// Too late.
    #[error("expired at {until}; it is now {now}")]
    Expired {
        /// The last second of validity.
        until: UnixMillis,
        /// The time asked about.
        now: UnixMillis,
    },
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ROOT: &[u8] = include_bytes!("../../../tests/vectors/certificates/mr-root.der");
    const NODE: &[u8] = include_bytes!("../../../tests/vectors/certificates/mr-node.der");
    const OFFICER: &[u8] = include_bytes!("../../../tests/vectors/certificates/mr-officer.der");
    const FOREIGN: &[u8] = include_bytes!("../../../tests/vectors/certificates/ml-node.der");

    #[test]
    fn a_leaf_is_read_and_verified_under_its_root() {
        let root = RootCertificate::parse(ROOT).unwrap();
        let node = Certificate::parse(NODE).unwrap();
        root.verify(&node).unwrap();
        assert_eq!((root.country(), root.certificate().role()), (Country::MR, Role::Root));
        assert_eq!((node.country(), node.role(), node.label()), (Country::MR, Role::Node, "1"));
        assert_eq!((node.der(), node.serial()), (NODE, &[0x51; 16][..]));
        assert_eq!(node.key_id(), crate::key::SecretKey::from_seed(&[0x11; 32]).public().id());
        assert_eq!(node.not_before().to_string(), "2026-01-15T09:04:05Z");
        assert_eq!(node.not_after().to_string(), "2028-01-15T10:04:05Z");
    }

    #[test]
    fn a_leaf_of_the_other_country_is_refused() {
        let root = RootCertificate::parse(ROOT).unwrap();
        let wrong = CertificateError::WrongCountry { expected: Country::MR, found: Country::ML };
        assert_eq!(root.verify(&Certificate::parse(FOREIGN).unwrap()), Err(wrong));
    }

    #[test]
    fn a_serial_has_one_spelling() {
        let integer = |content| positive(Element { tag: INTEGER, raw: &[], content });
        assert_eq!(integer(&[1]), Some(&[1][..]));
        assert_eq!(integer(&[0, 0x80]), Some(&[0x80][..]));
        for bad in [&[][..], &[0], &[0, 1], &[0x80], &[1; 21]] {
            assert_eq!(integer(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn no_single_bit_can_change_unnoticed() {
        let root = RootCertificate::parse(ROOT).unwrap();
        for (index, bit) in (0..OFFICER.len()).flat_map(|index| (0..8).map(move |bit| (index, bit))) {
            let mut der = OFFICER.to_vec();
            der[index] ^= 1 << bit;
            let verdict = Certificate::parse(&der).and_then(|altered| root.verify(&altered));
            assert!(verdict.is_err(), "bit {bit} of byte {index}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(der in prop::collection::vec(any::<u8>(), 0..600)) {
            prop_assert!(Certificate::parse(&der).is_err());
        }

        /// Overwrites, inserts and deletes at random places: lengths and tags come out wrong in every way.
        #[test]
        fn mutated_certificates_never_panic(
            node in any::<bool>(),
            edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3), 1..8),
        ) {
            let mut der = if node { NODE.to_vec() } else { ROOT.to_vec() };
            for (place, byte, kind) in edits {
                let place = place.index(der.len());
                match kind {
                    0 => der[place] = byte,
                    1 => der.insert(place, byte),
                    _ => drop(der.remove(place)),
                }
            }
            let root = RootCertificate::parse(ROOT).unwrap();
            if let Ok(altered) = Certificate::parse(&der) {
                prop_assert!(altered.der() == NODE || root.verify(&altered).is_err());
            }
        }
    }
}
