//! Accords for tests.

use super::{AccordFile, Agreed, EXAMPLE};
use crate::testing::{ML, MR};

/// A file of this text, signed by both roots of the vectors.
pub(crate) fn signed(text: &str) -> AccordFile {
    let mut file = AccordFile::parse(text.as_bytes()).unwrap();
    for party in [MR, ML] {
        file.sign(party.country, &party.root_key());
    }
    file
}

/// What both have agreed.
pub(crate) fn agreed(text: &str) -> Agreed {
    Agreed::verify(&signed(text), [&MR.root(), &ML.root()]).unwrap()
}

/// The example as a first accord from this time on.
pub(crate) fn first(effective: &str) -> String {
    EXAMPLE.replace("2027-01-01T00:00:00Z", effective)
}

/// The accord after another, from this time on.
pub(crate) fn after(text: &str, version: u32, effective: &str) -> String {
    let hash = AccordFile::parse(text.as_bytes()).unwrap().hash();
    let first = first(effective).replace("replaces = \"none\"", &format!("replaces = \"{hash}\""));
    first.replacen("version = 1", &format!("version = {version}"), 1)
}
