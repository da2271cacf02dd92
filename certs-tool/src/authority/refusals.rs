//! Certificates with one defect each: every error of the reader is provoked once.

use karakoro_proto::identity::bundle::{Bundle, BundleError};
use karakoro_proto::identity::certificate::{CertificateError, MAX_CERTIFICATE_LEN};
use karakoro_proto::identity::spiffe::SpiffeError;
use karakoro_proto::key::KeyError;
use rcgen::{CustomExtension, KeyPair, PKCS_ECDSA_P256_SHA256};

use super::*;
use crate::testing::now;

const SERIAL: Serial = Serial([0x41; 16]);

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn authority(country: Country, seed: u8) -> Authority {
    Authority::create(country, key(seed), now(), SERIAL).unwrap()
}

fn params(role: Role) -> CertificateParams {
    let id = SpiffeId { country: Country::MR, role, label: Label::first() };
    parameters(&id, Validity::starting(now(), Days::DEFAULT), SERIAL).unwrap()
}

/// A leaf of Mauritania's root with one alteration.
fn forge(role: Role, alter: impl FnOnce(&mut CertificateParams)) -> Result<Certificate, CertificateError> {
    let mut params = params(role);
    alter(&mut params);
    let authority = authority(Country::MR, 1);
    let issuer = Issuer::from_ca_cert_der(&authority.root.der().into(), Signer::new(&authority.key)).unwrap();
    Certificate::parse(params.signed_by(&Subject(&key(2).public()), &issuer).unwrap().der())
}

/// A self-signed root of Mauritania with one alteration.
fn forge_root(alter: impl FnOnce(&mut CertificateParams)) -> Result<RootCertificate, CertificateError> {
    let mut params = params(Role::Root);
    alter(&mut params);
    RootCertificate::parse(params.self_signed(&Signer::new(&key(1))).unwrap().der())
}

fn leaf(authority: &Authority, role: Role, seed: u8) -> Certificate {
    let moment = (now(), Days::DEFAULT);
    authority.certify((role, &Label::first()), &key(seed).public(), moment, SERIAL).unwrap()
}

#[track_caller]
fn assert_profile<T: std::fmt::Debug>(result: Result<T, CertificateError>, role: Role, field: &'static str) {
    assert_eq!(result.unwrap_err(), CertificateError::Profile { role, field });
}

fn uri(text: &str) -> SanType {
    SanType::URI(text.try_into().unwrap())
}

fn dns(text: &str) -> SanType {
    SanType::DnsName(text.try_into().unwrap())
}

/// A public key that is any 32 bytes.
struct RawKey([u8; 32]);

impl PublicKeyData for RawKey {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ED25519
    }
}

#[test]
fn what_is_forged_without_a_defect_is_accepted() {
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Root) {
        let certificate = forge(role, |_| {}).unwrap();
        assert_eq!((certificate.role(), certificate.label()), (role, "1"));
        authority(Country::MR, 1).root.verify(&certificate).unwrap();
    }
    forge_root(|_| {}).unwrap();
}

#[test]
fn the_same_arguments_give_the_same_bytes() {
    let (one, two) = (authority(Country::MR, 1), authority(Country::MR, 1));
    assert_eq!(one.root.der(), two.root.der());
    assert_eq!(leaf(&one, Role::Log, 3).der(), leaf(&two, Role::Log, 3).der());
}

#[test]
fn too_long() {
    let der = vec![0x30; MAX_CERTIFICATE_LEN + 1];
    assert_eq!(Certificate::parse(&der), Err(CertificateError::TooLong(der.len())));
}

#[test]
fn malformed_when_cut_off_or_followed_by_anything() {
    let der = leaf(&authority(Country::MR, 1), Role::Node, 2).der().to_vec();
    for len in 0..der.len() {
        let cut = Certificate::parse(&der[..len]);
        assert!(matches!(cut, Err(CertificateError::Malformed(_))), "{len}: {cut:?}");
    }
    let longer = [&der[..], &[0]].concat();
    assert!(matches!(Certificate::parse(&longer), Err(CertificateError::Malformed(_))));
}

#[test]
fn malformed_when_not_version_3() {
    let mut der = leaf(&authority(Country::MR, 1), Role::Node, 2).der().to_vec();
    let version = der.windows(5).position(|bytes| bytes == [0xa0, 3, 2, 1, 2]).unwrap();
    der[version + 4] = 1;
    assert!(matches!(Certificate::parse(&der), Err(CertificateError::Malformed(_))));
}

#[test]
fn malformed_when_it_ends_before_it_begins() {
    let refused = forge(Role::Log, |params| std::mem::swap(&mut params.not_before, &mut params.not_after));
    assert_eq!(refused, Err(CertificateError::Malformed("it ends before it begins")));
}

#[test]
fn malformed_when_it_begins_before_1970() {
    let refused = forge(Role::Log, |params| params.not_before = rcgen::date_time_ymd(1960, 1, 1));
    assert!(matches!(refused, Err(CertificateError::Malformed(_))), "{refused:?}");
}

#[test]
fn malformed_when_the_serial_is_zero_or_too_long() {
    for serial in [&[0][..], &[0x41; 21]] {
        let refused =
            forge(Role::Log, |params| params.serial_number = Some(SerialNumber::from_slice(serial)));
        assert_eq!(refused, Err(CertificateError::Malformed("serial number")), "{serial:?}");
    }
}

#[test]
fn malformed_when_an_extension_stands_there_twice() {
    let refused = forge(Role::Log, |params| {
        let extension = CustomExtension::from_oid_content(&[1, 2, 3], vec![5, 0]);
        params.custom_extensions = vec![extension.clone(), extension];
    });
    assert_eq!(refused, Err(CertificateError::Malformed("an extension stands there twice")));
}

#[test]
fn malformed_when_it_has_a_name_of_another_kind() {
    let refused = forge(Role::Officer, |params| {
        params.subject_alt_names.push(SanType::Rfc822Name("duty@example.org".try_into().unwrap()));
    });
    assert!(matches!(refused, Err(CertificateError::Malformed(_))), "{refused:?}");
}

#[test]
fn not_ed25519_when_the_key_is_of_another_algorithm() {
    let authority = authority(Country::MR, 1);
    let issuer = Issuer::from_ca_cert_der(&authority.root.der().into(), Signer::new(&authority.key)).unwrap();
    let p256 = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let made = params(Role::Log).signed_by(&p256, &issuer).unwrap();
    assert_eq!(Certificate::parse(made.der()), Err(CertificateError::NotEd25519("key")));
}

#[test]
fn not_ed25519_when_the_signature_is_of_another_algorithm() {
    let p256 = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let issuer = Issuer::new(params(Role::Root), p256);
    let made = params(Role::Log).signed_by(&Subject(&key(2).public()), &issuer).unwrap();
    assert_eq!(Certificate::parse(made.der()), Err(CertificateError::NotEd25519("signature")));
}

#[test]
fn a_key_of_small_order() {
    let authority = authority(Country::MR, 1);
    let issuer = Issuer::from_ca_cert_der(&authority.root.der().into(), Signer::new(&authority.key)).unwrap();
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let made = params(Role::Log).signed_by(&RawKey(neutral), &issuer).unwrap();
    assert_eq!(Certificate::parse(made.der()), Err(CertificateError::Key(KeyError::NotAKey)));
}

#[test]
fn unknown_critical_extension() {
    let extension = |critical| {
        let mut extension = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
        extension.set_criticality(critical);
        vec![extension]
    };
    let refused = forge(Role::Log, |params| params.custom_extensions = extension(true));
    assert_eq!(refused, Err(CertificateError::UnknownCriticalExtension("1.2.3.4".to_owned())));
    forge(Role::Log, |params| params.custom_extensions = extension(false)).unwrap();
}

#[test]
fn no_name_and_two_names() {
    let none = forge(Role::Log, |params| params.subject_alt_names.clear());
    assert_eq!(none, Err(CertificateError::NoName));
    let only_dns = forge(Role::Node, |params| {
        params.subject_alt_names.retain(|name| matches!(name, SanType::DnsName(_)))
    });
    assert_eq!(only_dns, Err(CertificateError::NoName));
    let two = forge(Role::Log, |params| {
        params.subject_alt_names.push(uri("spiffe://mr.karakoro.internal/log/2"));
    });
    assert_eq!(two, Err(CertificateError::TwoNames));
}

#[test]
fn a_name_of_another_form() {
    for text in ["https://mr.karakoro.internal/log/1", "spiffe://mr.example.org/log/1"] {
        let refused = forge(Role::Log, |params| params.subject_alt_names = vec![uri(text)]);
        assert_eq!(refused, Err(CertificateError::Name(SpiffeError::Id(text.to_owned()))));
    }
    let refused = forge(Role::Log, |params| {
        params.subject_alt_names = vec![uri("spiffe://mr.karakoro.internal/log/A")]
    });
    assert_eq!(refused, Err(CertificateError::Name(SpiffeError::Label("A".to_owned()))));
}

#[test]
fn dns_names_are_for_nodes_and_below_their_country() {
    let refused = forge(Role::Officer, |params| {
        params.subject_alt_names.push(dns("node.mr.karakoro.internal"));
    });
    assert!(matches!(refused, Err(CertificateError::DnsName(_))), "{refused:?}");
    for foreign in [
        "node.ml.karakoro.internal",
        "mr.karakoro.internal",
        "evilmr.karakoro.internal",
        "*.mr.karakoro.internal",
        "NODE.mr.karakoro.internal",
        ".mr.karakoro.internal",
        "node.mr.karakoro.internal.",
    ] {
        let refused = forge(Role::Node, |params| params.subject_alt_names.push(dns(foreign)));
        assert_eq!(refused, Err(CertificateError::DnsName(foreign.to_owned())));
    }
    forge(Role::Node, |params| params.subject_alt_names.push(dns("b.node.mr.karakoro.internal"))).unwrap();
}

#[test]
fn a_node_without_its_dns_name() {
    let refused = forge(Role::Node, |params| {
        params.subject_alt_names.pop();
    });
    assert_profile(refused, Role::Node, "DNS name");
}

#[test]
fn a_leaf_that_could_sign_certificates() {
    let usage = forge(Role::Log, |params| params.key_usages.push(KeyUsagePurpose::KeyCertSign));
    assert_profile(usage, Role::Log, "key usage");
    let none = forge(Role::Log, |params| params.key_usages.clear());
    assert_profile(none, Role::Log, "key usage");
    let ca = forge(Role::Log, |params| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0)));
    assert_profile(ca, Role::Log, "basic constraints");
    let names = forge(Role::Log, |params| {
        params.name_constraints = self::params(Role::Root).name_constraints;
    });
    assert_profile(names, Role::Log, "name constraints");
}

#[test]
fn only_a_node_is_fit_for_tls() {
    for role in [Role::Log, Role::Receipt, Role::Officer, Role::Auditor] {
        let tls = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        assert_profile(forge(role, |params| params.extended_key_usages = tls), role, "extended key usage");
        assert_profile(forge(role, |params| params.extended_key_usages.clear()), role, "extended key usage");
    }
    let half = forge(Role::Node, |params| params.extended_key_usages.truncate(1));
    assert_profile(half, Role::Node, "extended key usage");
}

#[test]
fn a_root_of_another_profile() {
    let long = forge_root(|params| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(1)));
    assert_profile(long, Role::Root, "basic constraints");
    let endless = forge_root(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    assert_profile(endless, Role::Root, "basic constraints");
    let none = forge_root(|params| params.is_ca = IsCa::NoCa);
    assert_profile(none, Role::Root, "basic constraints");
    let usage = forge_root(|params| params.key_usages.push(KeyUsagePurpose::DigitalSignature));
    assert_profile(usage, Role::Root, "key usage");
    let free = forge_root(|params| params.name_constraints = None);
    assert_profile(free, Role::Root, "name constraints");
    let wide = forge_root(|params| {
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName("karakoro.internal".to_owned())],
            excluded_subtrees: Vec::new(),
        });
    });
    assert_profile(wide, Role::Root, "name constraints");
    let tls = forge_root(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]);
    assert_profile(tls, Role::Root, "extended key usage");
}

#[test]
fn wrong_country() {
    let foreign = leaf(&authority(Country::ML, 1), Role::Node, 2);
    let refused = authority(Country::MR, 1).root.verify(&foreign);
    assert_eq!(refused, Err(CertificateError::WrongCountry { expected: Country::MR, found: Country::ML }));
}

#[test]
fn wrong_role() {
    let log = leaf(&authority(Country::MR, 1), Role::Log, 2);
    let wrong = CertificateError::WrongRole { expected: Role::Node, found: Role::Log };
    assert_eq!(log.expect_role(Role::Node), Err(wrong));
    let wrong = CertificateError::WrongRole { expected: Role::Root, found: Role::Log };
    assert_eq!(RootCertificate::parse(log.der()), Err(wrong));
}

#[test]
fn a_root_never_certifies_a_root() {
    let authority = authority(Country::MR, 1);
    let refused = authority.root.verify(authority.root.certificate());
    assert_eq!(refused, Err(CertificateError::RootUnderRoot));
}

#[test]
fn issuer_of_another_name() {
    let root_key = key(1);
    let issuer = Issuer::new(params(Role::Log), Signer::new(&root_key));
    let made = params(Role::Node).signed_by(&Subject(&key(2).public()), &issuer).unwrap();
    let certificate = Certificate::parse(made.der()).unwrap();
    let refused = authority(Country::MR, 1).root.verify(&certificate);
    assert_eq!(refused, Err(CertificateError::Issuer));
}

#[test]
fn signature_of_another_key() {
    let impostor = leaf(&authority(Country::MR, 9), Role::Node, 2);
    assert_eq!(authority(Country::MR, 1).root.verify(&impostor), Err(CertificateError::Signature));
}

#[test]
fn signature_over_other_bytes() {
    let authority = authority(Country::MR, 1);
    let mut der = leaf(&authority, Role::Officer, 2).der().to_vec();
    let serial = der.windows(4).position(|bytes| bytes == [0x41; 4]).unwrap();
    der[serial] ^= 1;
    let altered = Certificate::parse(&der).unwrap();
    assert_eq!(authority.root.verify(&altered), Err(CertificateError::Signature));
    let mut der = authority.root.der().to_vec();
    *der.last_mut().unwrap() ^= 1;
    assert_eq!(RootCertificate::parse(&der), Err(CertificateError::Signature));
}

#[test]
fn not_yet_valid_and_expired_to_the_second() {
    let certificate = leaf(&authority(Country::MR, 1), Role::Node, 2);
    let (from, until) = (certificate.not_before(), certificate.not_after());
    certificate.valid_at(from).unwrap();
    certificate.valid_at(until.saturating_add(999)).unwrap();
    let before = UnixMillis::new(from.millis() - 1).unwrap();
    assert_eq!(certificate.valid_at(before), Err(CertificateError::NotYetValid { from, now: before }));
    let after = until.saturating_add(1000);
    assert_eq!(certificate.valid_at(after), Err(CertificateError::Expired { until, now: after }));
}

#[test]
fn a_bundle_with_one_key_for_two_roles() {
    let authority = authority(Country::MR, 1);
    let [node, log, receipt] = [(Role::Node, 2), (Role::Log, 3), (Role::Receipt, 3)]
        .map(|(role, seed)| leaf(&authority, role, seed));
    let refused = Bundle::new(authority.root, node, log, receipt);
    assert_eq!(refused, Err(BundleError::SharedKey(Role::Log, Role::Receipt)));
}
