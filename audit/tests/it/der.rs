//! Certificates of the product's profile, written byte by byte: the same keys give the same files.

use karakoro_proto::identity::{Country, Role};
use karakoro_proto::key::{PublicKey, SecretKey};

const ED25519: &[u8] = b"\x30\x05\x06\x03\x2b\x65\x70";
const DOCUMENT_SIGNING: &[u8] = b"\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x24";

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OID: u8 = 0x06;
const UTF8: u8 = 0x0c;
const UTC_TIME: u8 = 0x17;
const OCTETS: u8 = 0x04;
const BITS: u8 = 0x03;

/// A certificate that `issuer`'s root signs for `key`; the root's own if the role is [`Role::Root`].
pub(crate) fn certificate(
    country: Country,
    role: Role,
    label: &str,
    key: &PublicKey,
    issuer: &SecretKey,
) -> Vec<u8> {
    let root_name = name(&format!("{country} root"));
    let subject =
        if role == Role::Root { root_name.clone() } else { name(&format!("{country} {role} {label}")) };
    let validity = [tlv(UTC_TIME, b"250101000000Z"), tlv(UTC_TIME, b"450101000000Z")].concat();
    let public = tlv(SEQUENCE, &[ED25519, &tlv(BITS, &[&[0], key.as_bytes().as_slice()].concat())].concat());
    let tbs = [
        b"\xa0\x03\x02\x01\x02\x02\x01\x05".to_vec(),
        ED25519.to_vec(),
        root_name,
        tlv(SEQUENCE, &validity),
        subject,
        public,
        tlv(0xa3, &tlv(SEQUENCE, &extensions(country, role, label))),
    ];
    let tbs = tlv(SEQUENCE, &tbs.concat());
    let signature = tlv(BITS, &[&[0], issuer.sign(&tbs).as_slice()].concat());
    tlv(SEQUENCE, &[tbs.as_slice(), ED25519, &signature].concat())
}

fn extensions(country: Country, role: Role, label: &str) -> Vec<u8> {
    let domain = country.dns_domain();
    let uri = tlv(0x86, format!("spiffe://{domain}/{role}/{label}").as_bytes());
    let names = extension(17, false, &tlv(SEQUENCE, &uri));
    let specific = if role == Role::Root {
        let subtree = tlv(SEQUENCE, &tlv(0xa0, &tlv(SEQUENCE, &tlv(0x82, domain.as_bytes()))));
        [
            extension(15, true, b"\x03\x02\x01\x06"),
            extension(19, true, b"\x30\x06\x01\x01\xff\x02\x01\x00"),
            extension(30, true, &subtree),
        ]
        .concat()
    } else {
        [extension(15, true, b"\x03\x02\x07\x80"), extension(37, false, DOCUMENT_SIGNING)].concat()
    };
    [names, specific].concat()
}

fn extension(arc: u8, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { b"\x01\x01\xff" } else { b"" };
    tlv(SEQUENCE, &[&tlv(OID, &[0x55, 0x1d, arc]), critical, &tlv(OCTETS, value)].concat())
}

fn name(common: &str) -> Vec<u8> {
    let attribute = [tlv(OID, &[0x55, 0x04, 0x03]), tlv(UTF8, common.as_bytes())].concat();
    tlv(SEQUENCE, &tlv(SET, &tlv(SEQUENCE, &attribute)))
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = match content.len() {
        short @ 0..0x80 => vec![u8::try_from(short).unwrap()],
        byte @ 0x80..0x100 => vec![0x81, u8::try_from(byte).unwrap()],
        long => [&[0x82], u16::try_from(long).unwrap().to_be_bytes().as_slice()].concat(),
    };
    [&[tag], length.as_slice(), content].concat()
}
