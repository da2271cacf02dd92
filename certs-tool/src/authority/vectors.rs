//! The certificates in `tests/vectors/certificates` are what this tool makes of these seeds. They are data
//! for every reader; `KARAKORO_WRITE_VECTORS=1 cargo test -p karakoro-certs vectors` writes them anew.

use std::fs;
use std::path::Path;

use karakoro_proto::identity::bundle::Bundle;

use super::*;
use crate::testing::now;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/certificates");

/// A serial number for the key of this seed.
fn serial(seed: u8) -> Serial {
    Serial([seed | 0x40; 16])
}

fn vectors() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for (country, base) in [(Country::MR, 0x10), (Country::ML, 0x20)] {
        let prefix = country.as_str().to_ascii_lowercase();
        let authority =
            Authority::create(country, SecretKey::from_seed(&[base; 32]), now(), serial(base)).unwrap();
        let leaf = |role, offset: u8| {
            let key = SecretKey::from_seed(&[base + offset; 32]).public();
            let moment = (now(), Days::DEFAULT);
            authority.certify((role, &Label::first()), &key, moment, serial(base + offset)).unwrap()
        };
        let [node, log, receipt, officer] =
            [leaf(Role::Node, 1), leaf(Role::Log, 2), leaf(Role::Receipt, 3), leaf(Role::Officer, 4)];
        for certificate in [authority.root().certificate(), &node, &log, &receipt, &officer] {
            files.push((format!("{prefix}-{}.der", certificate.role()), certificate.der().to_vec()));
        }
        let bundle = Bundle::new(authority.root().clone(), node, log, receipt).unwrap();
        files.push((format!("{prefix}.bundle"), bundle.encode().into_bytes()));
    }
    files
}

#[test]
fn vectors_are_what_the_tool_makes() {
    let write = std::env::var_os("KARAKORO_WRITE_VECTORS").is_some();
    for (name, expected) in vectors() {
        let path = Path::new(FOLDER).join(&name);
        if write {
            fs::write(&path, &expected).unwrap();
        }
        assert_eq!(fs::read(&path).unwrap(), expected, "{name}");
    }
}
