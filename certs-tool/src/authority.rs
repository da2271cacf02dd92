//! Makes certificates of the profile in [`karakoro_proto::identity::certificate`].
//!
//! Keys, serials and times are arguments: the same arguments give the same bytes. Whatever is made is read
//! back by the reader that the other country uses, before anybody sees it.

use karakoro_proto::identity::certificate::{Certificate, RootCertificate};
use karakoro_proto::identity::home::Slot;
use karakoro_proto::identity::spiffe::{Label, SpiffeId};
use karakoro_proto::identity::{Country, Role};
use karakoro_proto::key::{PublicKey, SecretKey};
use karakoro_proto::time::UnixMillis;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, GeneralSubtree,
    IsCa, Issuer, KeyUsagePurpose, NameConstraints, PublicKeyData, SanType, SerialNumber, SigningKey,
};
use time::OffsetDateTime;

use crate::CertsError;
use crate::home::Home;
use crate::random::Serial;

/// The fewest days a leaf certificate may last.
pub(crate) const MIN_DAYS: u32 = 1;
/// The most days a leaf certificate may last: ten years.
pub(crate) const MAX_DAYS: u32 = 3653;

const DAY_MILLIS: u64 = 24 * 60 * 60 * 1000;

/// Days of validity of a root: 20 years.
const ROOT_DAYS: Days = Days(7305);

/// How long before its making a certificate becomes valid, so that a clock that is behind does not refuse
/// it on its first day.
const BACKDATE_MILLIS: u64 = 60 * 60 * 1000;

/// id-kp-documentSigning (RFC 9336).
const DOCUMENT_SIGNING: [u64; 9] = [1, 3, 6, 1, 5, 5, 7, 3, 36];

/// For how many days a certificate is valid.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Days(u32);

impl Days {
    /// What a leaf certificate gets unless asked otherwise: two years.
    pub const DEFAULT: Self = Self(730);

    /// A number of days from 1 to ten years.
    pub fn new(days: u32) -> Result<Self, CertsError> {
        if (MIN_DAYS..=MAX_DAYS).contains(&days) { Ok(Self(days)) } else { Err(CertsError::Days(days)) }
    }

    /// The number.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0
    }
}

impl Default for Days {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// First and last second of a certificate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Validity {
    from: UnixMillis,
    until: UnixMillis,
}

impl Validity {
    fn starting(now: UnixMillis, days: Days) -> Self {
        let from = now.millis().saturating_sub(BACKDATE_MILLIS);
        Self {
            from: UnixMillis::new(from).unwrap_or(now),
            until: now.saturating_add(u64::from(days.0) * DAY_MILLIS),
        }
    }
}

/// A root with its private key: it can sign.
#[derive(Debug)]
pub(crate) struct Authority {
    root: RootCertificate,
    key: SecretKey,
}

impl Authority {
    /// A new root.
    pub(crate) fn create(
        country: Country,
        key: SecretKey,
        now: UnixMillis,
        serial: Serial,
    ) -> Result<Self, CertsError> {
        let id = SpiffeId { country, role: Role::Root, label: Label::first() };
        let mut params = parameters(&id, Validity::starting(now, ROOT_DAYS), serial)?;
        params.distinguished_name = common_name(&format!("Karakoro root {country}"));
        let made = params.self_signed(&Signer::new(&key))?;
        let root = RootCertificate::parse(made.der()).map_err(CertsError::Rejected)?;
        Ok(Self { root, key })
    }

    /// The root whose key lies in a home.
    pub(crate) fn open(home: &Home) -> Result<Self, CertsError> {
        let path = home.join(&Slot::Root.key_path());
        if !path.exists() {
            return Err(CertsError::NoRootKey { path });
        }
        let key = home.load_key(&Slot::Root)?;
        for country in home.countries()? {
            let root = home.load_root(country)?;
            if *root.certificate().public_key() == key.public() {
                return Ok(Self { root, key });
            }
        }
        Err(CertsError::NotInitialised { path: home.path().to_owned() })
    }

    /// The root.
    pub(crate) fn root(&self) -> &RootCertificate {
        &self.root
    }

    /// Certifies a key of the root's country.
    pub(crate) fn certify(
        &self,
        (role, label): (Role, &Label),
        key: &PublicKey,
        (now, days): (UnixMillis, Days),
        serial: Serial,
    ) -> Result<Certificate, CertsError> {
        let validity = Validity::starting(now, days);
        let root_until = self.root.certificate().not_after();
        if validity.until > root_until {
            return Err(CertsError::BeyondRoot { root_until });
        }
        let id = SpiffeId { country: self.root.country(), role, label: label.clone() };
        let params = parameters(&id, validity, serial)?;
        let issuer = Issuer::from_ca_cert_der(&self.root.der().into(), Signer::new(&self.key))?;
        let made = params.signed_by(&Subject(key), &issuer)?;
        let certificate = Certificate::parse(made.der()).map_err(CertsError::Rejected)?;
        self.root.verify(&certificate).map_err(CertsError::Rejected)?;
        Ok(certificate)
    }
}

/// The profile of a role, in rcgen's words.
fn parameters(id: &SpiffeId, validity: Validity, serial: Serial) -> Result<CertificateParams, CertsError> {
    let mut params = CertificateParams::default();
    params.serial_number = Some(SerialNumber::from_slice(&serial.0));
    params.not_before = date_time(validity.from)?;
    params.not_after = date_time(validity.until)?;
    params.distinguished_name = common_name(&format!("Karakoro {} {} {}", id.role, id.country, id.label));
    params.subject_alt_names = vec![SanType::URI(id.to_string().try_into()?)];
    params.use_authority_key_identifier_extension = true;
    if id.role == Role::Root {
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName(id.country.dns_domain())],
            excluded_subtrees: Vec::new(),
        });
        return Ok(params);
    }
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    if id.role == Role::Node {
        params.subject_alt_names.push(SanType::DnsName(id.country.node_dns_name().try_into()?));
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    } else {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Other(DOCUMENT_SIGNING.to_vec())];
    }
    Ok(params)
}

fn common_name(text: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, text);
    name
}

fn date_time(instant: UnixMillis) -> Result<OffsetDateTime, CertsError> {
    i64::try_from(instant.seconds())
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .ok_or(CertsError::Encoding(rcgen::Error::Time))
}

/// A key to be certified, as rcgen wants to see it.
struct Subject<'a>(&'a PublicKey);

impl PublicKeyData for Subject<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ED25519
    }
}

/// A key that signs, as rcgen wants to see it; the private half stays where it is.
struct Signer<'a> {
    public: PublicKey,
    secret: &'a SecretKey,
}

impl<'a> Signer<'a> {
    fn new(secret: &'a SecretKey) -> Self {
        Self { public: secret.public(), secret }
    }
}

impl PublicKeyData for Signer<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.public.as_bytes()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ED25519
    }
}

impl SigningKey for Signer<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok(self.secret.sign(message).to_vec())
    }
}

#[cfg(test)]
mod refusals;
#[cfg(test)]
mod vectors;
