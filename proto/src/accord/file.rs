//! One file: the text of an accord, and who signed it.
//!
//! The text is TOML and stays as it was written: its exact bytes are hashed and signed. The signatures stand
//! below it as comments, so that the whole file is TOML for any reader, and two copies that were signed apart
//! differ in one line only. Each country's root signs
//!
//! ```text
//! "karakoro/accord-signature/v1\n" ‖ SHA-256(text)[32]
//! ```
//!
//! and the line is `# <country> <key id> <base64 of the signature>`, in the order of the countries.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::AccordHash;
use crate::identity::Country;
use crate::identity::certificate::RootCertificate;
use crate::key::{KeyId, SIGNATURE_LEN, SecretKey};
use crate::toml::Fault;

/// Largest file, in bytes: four times the commented example.
pub const MAX_ACCORD_BYTES: usize = 128 * 1024;

/// The line that ends the text.
pub const END_OF_TEXT: &str = "# ==== end of the text; below, the signatures of both countries' roots ====\n";

/// The domain separator of these signatures, version 1.
const SIGNATURE_DOMAIN: &[u8] = b"karakoro/accord-signature/v1\n";

/// Most signatures: one of each country.
const MAX_SIGNATURES: usize = 2;

/// The signature of a country's root.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RootSignature {
    /// Whose root.
    pub country: Country,
    /// Which key; it tells an altered text from another root, and proves nothing.
    pub key: KeyId,
    /// Ed25519 over [`signed_bytes`].
    pub signature: [u8; SIGNATURE_LEN],
}

/// The bytes that a root signs.
#[must_use]
pub fn signed_bytes(hash: AccordHash) -> Vec<u8> {
    [SIGNATURE_DOMAIN, &hash.0].concat()
}

/// An accord's file. What its text says is another question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccordFile {
    text: String,
    /// In the order of the countries, at most one of each.
    signatures: Vec<RootSignature>,
}

impl AccordFile {
    /// Reads a file; on failure, what keeps it from being one.
    pub fn parse(bytes: &[u8]) -> Result<Self, Vec<Fault>> {
        let file = whole_text(bytes).map_err(|fault| vec![fault])?;
        let faults = forbidden_characters(file);
        if !faults.is_empty() {
            return Err(faults);
        }
        let (text, signatures) = file.split_once(END_OF_TEXT).unwrap_or((file, ""));
        if !text.is_empty() && !text.ends_with('\n') {
            let message = "the text does not end with a line break".to_owned();
            return Err(vec![fault(
                line_count(text),
                message,
                "an empty line is not needed, a line break is",
            )]);
        }
        let first = line_count(text) + 2;
        let signatures = read_signatures(signatures, first)?;
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// The text, its last line break included.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What is signed and anchored.
    #[must_use]
    pub fn hash(&self) -> AccordHash {
        AccordHash(Sha256::digest(self.text.as_bytes()).into())
    }

    /// Who signed; none of it is verified by this.
    #[must_use]
    pub fn signatures(&self) -> &[RootSignature] {
        &self.signatures
    }

    /// Adds a country's signature, or puts a new one in the place of its old one.
    pub fn sign(&mut self, country: Country, key: &SecretKey) {
        let signature = key.sign(&signed_bytes(self.hash()));
        let signature = RootSignature { country, key: key.public().id(), signature };
        self.signatures.retain(|other| other.country != country);
        self.signatures.push(signature);
        self.signatures.sort_by_key(|signature| signature.country);
    }

    /// Checks that this root has signed the text.
    pub fn verify(&self, root: &RootCertificate) -> Result<(), SignatureFault> {
        let country = root.country();
        let key = root.certificate().public_key();
        let found = self.signatures.iter().find(|signature| signature.country == country);
        let found = found.ok_or(SignatureFault::Missing(country))?;
        if found.key != key.id() {
            return Err(SignatureFault::OtherRoot { country, found: found.key, trusted: key.id() });
        }
        let verified = key.verify(&signed_bytes(self.hash()), &found.signature);
        verified.map_err(|_| SignatureFault::Altered(country))
    }
}

impl fmt::Display for AccordFile {
    /// The file's only spelling.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        if !self.signatures.is_empty() {
            f.write_str(END_OF_TEXT)?;
        }
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

impl fmt::Display for RootSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "# {} {} {}", self.country, self.key, STANDARD.encode(self.signature))
    }
}

fn fault(line: u32, message: String, expected: &str) -> Fault {
    Fault { line, key: String::new(), message, expected: expected.to_owned() }
}

/// The lines of a text that ends with a line break, or the number of its last line.
fn line_count(text: &str) -> u32 {
    u32::try_from(text.lines().count()).unwrap_or(u32::MAX)
}

fn whole_text(bytes: &[u8]) -> Result<&str, Fault> {
    if bytes.len() > MAX_ACCORD_BYTES {
        let message = format!("has more than {MAX_ACCORD_BYTES} bytes");
        return Err(fault(0, message, "the text of an accord and two signatures"));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let sound = &bytes[..error.valid_up_to()];
        let line = 1 + sound.iter().filter(|byte| **byte == b'\n').count();
        fault(u32::try_from(line).unwrap_or(u32::MAX), "is not UTF-8".to_owned(), "the file saved as UTF-8")
    })
}

/// What two lawyers sign must look to both as it is: no character that hides or reorders others, and one kind
/// of line break, so that an editor cannot alter what was signed.
fn forbidden_characters(file: &str) -> Vec<Fault> {
    let hides = |c: char| (c.is_control() && c != '\n') || crate::domain::alert::text::steers_direction(c);
    let lines = (1..).zip(file.split('\n'));
    let faults = lines.filter_map(|(line, content)| {
        let c = content.chars().find(|c| hides(*c))?;
        let message = format!("has the character {}", c.escape_unicode());
        let expected = match c {
            '\r' => "lines that end with a line feed alone",
            _ => "characters that can be seen; no tabs, control or direction characters",
        };
        Some(fault(line, message, expected))
    });
    // One kind of mistake fills a file: the first lines tell enough.
    faults.take(16).collect()
}

fn read_signatures(text: &str, first: u32) -> Result<Vec<RootSignature>, Vec<Fault>> {
    let mut signatures: Vec<RootSignature> = Vec::new();
    for (line, content) in (first..).zip(text.lines()) {
        let refused = |message: &str| {
            let expected = "`# MR <key id> <signature>`, each country once, in alphabetical order";
            vec![fault(line, message.to_owned(), expected)]
        };
        let signature = read_signature(content).ok_or_else(|| refused("is not a signature"))?;
        if signature.to_string() != content {
            return Err(refused("is not a signature in its one spelling"));
        }
        if signatures.len() == MAX_SIGNATURES {
            return Err(refused("is one signature too many"));
        }
        if signatures.last().is_some_and(|last| last.country >= signature.country) {
            return Err(refused("is out of order"));
        }
        signatures.push(signature);
    }
    match text.is_empty() || text.ends_with('\n') {
        true => Ok(signatures),
        false => Err(vec![fault(first, "the last line is cut off".to_owned(), "a line break at its end")]),
    }
}

fn read_signature(line: &str) -> Option<RootSignature> {
    let mut words = line.strip_prefix("# ")?.split(' ');
    let country = words.next()?.parse().ok()?;
    let key = words.next()?;
    let key = u64::from_str_radix(key, 16).ok()?.to_be_bytes();
    let signature = STANDARD.decode(words.next()?).ok()?.try_into().ok()?;
    words.next().is_none().then_some(RootSignature { country, key: KeyId(key), signature })
}

/// Why a country has not signed this text, as far as can be known.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum SignatureFault {
    /// It has not signed at all.
    #[error("{0} has not signed")]
    Missing(Country),
    /// It has signed with a root that is not the one we trust.
    #[error("{country} has signed with another root ({found}) than the one that is trusted here ({trusted})")]
    OtherRoot {
        /// Whose signature.
        country: Country,
        /// The key that it names.
        found: KeyId,
        /// The key that would be right.
        trusted: KeyId,
    },
    /// The text is not the one that was signed, or the signature was altered.
    #[error("the signature of {0} is not over this text: one of the two was altered")]
    Altered(Country),
}
