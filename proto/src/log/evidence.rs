//! One message's portable evidence: all that a third party needs to check it, in one readable file.
//!
//! ```text
//! karakoro/evidence/v1
//! opening <base64>          the body, as three lines,
//! header <base64>
//! payload <base64>          or the line `body erased` with the entry that says so and its path, or none
//! erased 12 <base64>        (this is that entry, where there is one)
//! path <base64>
//! leaf <base64>             the message's entry in the log
//! key 0 <base64>            an entry that publishes a key: the country's root first,
//! path <base64>             each with its inclusion path, from the leaf to the root
//! key 3 <base64>
//! path <base64>
//!
//! log <vkey>                C2SP tlog-policy: whose signatures count
//! witness <name> <vkey>
//! quorum <name>
//!
//! c2sp.org/tlog-proof@v1    C2SP tlog-proof, to the end: the message's index and path, and the
//! index 9                   checkpoint, signed and cosigned, to which every path above leads as well
//! <base64>
//!
//! karakoro/MR-ML/1
//! …
//! ```
//!
//! The last two parts are files of their own for tools that know nothing of this product. What parses
//! prints back as the same bytes, so a changed byte is always a changed statement. Nothing here is
//! believed for being well-formed: an auditor verifies it.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::merkle::{Hash, HashError};
use super::policy::{Policy, PolicyError};
use super::proof::MAX_PROOF_HASHES;
use super::text;
use super::tlog_proof::{TlogProof, TlogProofError};
use crate::envelope::{Body, MAX_BODY_BYTES, Opening};
use crate::leaf::MAX_LEAF_BYTES;

/// The extension of files in this format.
pub const FILE_EXTENSION: &str = "karakoro-evidence";

/// The longest evidence, in bytes: a body and a note of the largest size, and room for the rest.
pub const MAX_EVIDENCE_LEN: usize = 4 * 1024 * 1024;

/// The most keys: the root, the log's own, and one for each signature, with room for replaced ones.
pub const MAX_PUBLISHED_KEYS: usize = 16;

const HEADER: &str = "karakoro/evidence/v1";
const ERASED: &str = "body erased";

/// One message, where it stands in its log, and by whose signatures: well-formed, not yet verified.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evidence {
    /// What was shared, as far as it is shown.
    pub body: ShownBody,
    /// The encoded leaf of the message.
    pub leaf: Vec<u8>,
    /// The key leaves that the message needs, in the order of the log.
    pub keys: Vec<ProvenEntry>,
    /// Whose signatures count. It comes with the evidence: a reader compares it with what they know.
    pub policy: Policy,
    /// Where the leaf stands, and the checkpoint.
    pub proof: TlogProof,
}

/// The body of a message, as evidence shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ShownBody {
    /// All of it.
    Shown(Body),
    /// It was destroyed; the leaf stays. The entry of the same log that says so, and its proof.
    Erased(ProvenEntry),
    /// It is not part of this evidence.
    Withheld,
}

/// Another entry that the message needs, and the proof that it stands in the same log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProvenEntry {
    /// Where it stands in the log.
    pub index: u64,
    /// The encoded leaf.
    pub entry: Vec<u8>,
    /// Its inclusion path under the checkpoint of the proof.
    pub path: Vec<Hash>,
}

impl Evidence {
    /// Reads what `to_string` writes, and nothing else.
    pub fn parse(bytes: &[u8]) -> Result<Self, EvidenceError> {
        if bytes.len() > MAX_EVIDENCE_LEN {
            return Err(EvidenceError::TooLong(bytes.len()));
        }
        let file = std::str::from_utf8(bytes).map_err(|e| EvidenceError::Utf8 { offset: e.valid_up_to() })?;
        let (statements, rest) = file.split_once("\n\n").ok_or(EvidenceError::Parts)?;
        let (policy, proof) = rest.split_once("\n\n").ok_or(EvidenceError::Parts)?;
        let mut lines = Lines { rest: statements, number: 0 };
        if lines.next() != Some(HEADER) {
            return Err(EvidenceError::Header);
        }
        let body = parse_body(&mut lines)?;
        let leaf = lines.value("leaf ", MAX_LEAF_BYTES)?;
        let evidence = Self {
            body,
            leaf,
            keys: parse_keys(&mut lines)?,
            policy: format!("{policy}\n").parse()?,
            proof: TlogProof::parse(proof.as_bytes())?,
        };
        evidence.check_spelling(file)
    }

    /// Comments, addresses and extra data would be bytes that no signature covers.
    fn check_spelling(self, file: &str) -> Result<Self, EvidenceError> {
        if self.proof.extra.is_some() {
            return Err(EvidenceError::Extra);
        }
        let printed = self.to_string();
        match printed.bytes().zip(file.bytes()).position(|(ours, theirs)| ours != theirs) {
            None if printed.len() == file.len() => Ok(self),
            offset => Err(EvidenceError::Spelling {
                offset: offset.unwrap_or_else(|| printed.len().min(file.len())),
            }),
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        match &self.body {
            ShownBody::Shown(body) => {
                writeln!(f, "opening {}", text::base64(&body.opening.0))?;
                writeln!(f, "header {}", text::base64(&body.header))?;
                writeln!(f, "payload {}", text::base64(&body.payload))?;
            }
            ShownBody::Erased(by) => {
                writeln!(f, "{ERASED}")?;
                by.print("erased", f)?;
            }
            ShownBody::Withheld => {}
        }
        writeln!(f, "leaf {}", text::base64(&self.leaf))?;
        self.keys.iter().try_for_each(|key| key.print("key", f))?;
        write!(f, "\n{}\n{}", self.policy, self.proof)
    }
}

impl ProvenEntry {
    fn print(&self, word: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{word} {} {}", self.index, text::base64(&self.entry))?;
        self.path.iter().try_for_each(|hash| writeln!(f, "path {hash}"))
    }
}

impl FromStr for Evidence {
    type Err = EvidenceError;

    fn from_str(file: &str) -> Result<Self, EvidenceError> {
        Self::parse(file.as_bytes())
    }
}

/// The lines of the first part and how many were taken.
struct Lines<'a> {
    rest: &'a str,
    number: usize,
}

impl<'a> Lines<'a> {
    fn peek(&self) -> Option<&'a str> {
        // The part holds no empty line, so nothing left means no line left.
        if self.rest.is_empty() { None } else { self.rest.split('\n').next() }
    }

    fn next(&mut self) -> Option<&'a str> {
        let line = self.peek()?;
        self.rest = self.rest.get(line.len() + 1..).unwrap_or_default();
        self.number += 1;
        Some(line)
    }

    fn next_after(&mut self, word: &str) -> Option<&'a str> {
        let value = self.peek()?.strip_prefix(word)?;
        self.next();
        Some(value)
    }

    fn value(&mut self, word: &'static str, most: usize) -> Result<Vec<u8>, EvidenceError> {
        let missing = EvidenceError::Line { line: self.number + 1, expected: word.trim_end() };
        let bytes = self.next_after(word).and_then(text::from_base64).ok_or(missing)?;
        if bytes.len() > most {
            return Err(EvidenceError::Value { line: self.number, bytes: bytes.len(), most });
        }
        Ok(bytes)
    }
}

fn parse_body(lines: &mut Lines<'_>) -> Result<ShownBody, EvidenceError> {
    match lines.peek() {
        Some(ERASED) => {
            lines.next();
            Ok(ShownBody::Erased(parse_entry(lines, "erased", "erased ")?))
        }
        Some(line) if line.starts_with("opening ") => {
            let opening = lines.value("opening ", MAX_BODY_BYTES)?;
            let opening = opening
                .try_into()
                .map_err(|_| EvidenceError::Line { line: lines.number, expected: "opening" })?;
            let header = lines.value("header ", MAX_BODY_BYTES)?.into();
            let payload = lines.value("payload ", MAX_BODY_BYTES)?.into();
            Ok(ShownBody::Shown(Body { opening: Opening(opening), header, payload }))
        }
        _ => Ok(ShownBody::Withheld),
    }
}

fn parse_keys(lines: &mut Lines<'_>) -> Result<Vec<ProvenEntry>, EvidenceError> {
    let mut keys = Vec::new();
    while lines.peek().is_some() {
        if keys.len() == MAX_PUBLISHED_KEYS {
            return Err(EvidenceError::TooManyKeys);
        }
        keys.push(parse_entry(lines, "key", "key ")?);
    }
    Ok(keys)
}

fn parse_entry(
    lines: &mut Lines<'_>,
    word: &'static str,
    prefix: &str,
) -> Result<ProvenEntry, EvidenceError> {
    let malformed = EvidenceError::Line { line: lines.number + 1, expected: word };
    let (index, entry) = lines
        .next_after(prefix)
        .and_then(|rest| rest.split_once(' '))
        .and_then(|(index, entry)| Some((text::decimal(index)?, text::from_base64(entry)?)))
        .ok_or(malformed)?;
    if entry.len() > MAX_LEAF_BYTES {
        return Err(EvidenceError::Value { line: lines.number, bytes: entry.len(), most: MAX_LEAF_BYTES });
    }
    let mut path = Vec::new();
    while let Some(hash) = lines.next_after("path ") {
        if path.len() == MAX_PROOF_HASHES {
            return Err(EvidenceError::TooManyHashes { line: lines.number });
        }
        path.push(hash.parse().map_err(|fault| EvidenceError::Hash { line: lines.number, fault })?);
    }
    Ok(ProvenEntry { index, entry, path })
}

/// A file that is no evidence.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// Longer than any evidence.
    #[error("{0} bytes are past the limit of {MAX_EVIDENCE_LEN}")]
    TooLong(usize),
    /// Not UTF-8.
    #[error("not UTF-8 from byte {offset} on")]
    Utf8 {
        /// Where the valid part ends.
        offset: usize,
    },
    /// Line 1.
    #[error("line 1: evidence begins with `{HEADER}`")]
    Header,
    /// Cut off, or without the blank lines.
    #[error("evidence has three parts with a blank line between them: statements, policy, proof")]
    Parts,
    /// Another line was due.
    #[error("line {line}: a line that begins with `{expected}`, in its one form, must stand here")]
    Line {
        /// Which line, from 1.
        line: usize,
        /// How it must begin.
        expected: &'static str,
    },
    /// A value past its limit.
    #[error("line {line}: {bytes} bytes, where at most {most} are allowed")]
    Value {
        /// Which line, from 1.
        line: usize,
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        most: usize,
    },
    /// More than [`MAX_PUBLISHED_KEYS`].
    #[error("more than {MAX_PUBLISHED_KEYS} keys")]
    TooManyKeys,
    /// More than [`MAX_PROOF_HASHES`] in one path.
    #[error("line {line}: more than {MAX_PROOF_HASHES} hashes in one path")]
    TooManyHashes {
        /// Which line, from 1.
        line: usize,
    },
    /// A line of a path.
    #[error("line {line}: {fault}")]
    Hash {
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        #[source]
        fault: HashError,
    },
    /// The second part; lines count from its first.
    #[error("policy: {0}")]
    Policy(#[from] PolicyError),
    /// The third part; lines count from its first.
    #[error("proof: {0}")]
    Proof(#[from] TlogProofError),
    /// Extra data in the proof.
    #[error("proof: extra data is authenticated by nothing")]
    Extra,
    /// Another spelling of the same content.
    #[error("byte {offset}: not the one spelling of this evidence (comments and addresses are not allowed)")]
    Spelling {
        /// The first byte that differs.
        offset: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{Country, Origin};
    use crate::key::SecretKey;
    use crate::log::checkpoint::{Checkpoint, LogVerifier, SignedCheckpoint};
    use crate::log::merkle::leaf_hash;
    use crate::log::policy::{PolicyDraft, PolicyLog, Quorum};

    fn evidence(body: ShownBody) -> Evidence {
        let origin = Origin::link(Country::MR, Country::ML);
        let key = SecretKey::from_seed(&[1; 32]);
        let checkpoint = Checkpoint { origin, size: 1, root: leaf_hash(b"leaf") };
        let log = LogVerifier { origin, key: key.public() }.to_verifier_key();
        let mut policy = PolicyDraft::default();
        policy.add_log(PolicyLog { key: log, url: None }).unwrap();
        let published = |index, path| ProvenEntry { index, entry: vec![1, 5], path };
        Evidence {
            body,
            leaf: b"leaf".to_vec(),
            keys: vec![published(0, vec![leaf_hash(b"a"), leaf_hash(b"b")]), published(3, vec![])],
            policy: policy.finish(Quorum::None).unwrap(),
            proof: TlogProof {
                extra: None,
                index: 0,
                path: vec![leaf_hash(b"c")],
                checkpoint: SignedCheckpoint::sign(checkpoint, &key).note().clone(),
            },
        }
    }

    fn shown() -> ShownBody {
        let (header, payload) = (b"head".to_vec().into(), b"load".to_vec().into());
        ShownBody::Shown(Body { opening: Opening([7; 32]), header, payload })
    }

    fn erased() -> ShownBody {
        ShownBody::Erased(ProvenEntry { index: 9, entry: vec![1, 4], path: vec![leaf_hash(b"d")] })
    }

    #[test]
    fn a_body_that_is_missing_without_the_entry_that_says_why_is_no_evidence() {
        let text = evidence(erased()).to_string();
        let (before, rest) = text.split_once("erased 9").unwrap();
        let (_, after) = rest.split_once("leaf ").unwrap();
        let unsaid = format!("{before}leaf {after}");
        let refused = Evidence::parse(unsaid.as_bytes());
        assert_eq!(refused, Err(EvidenceError::Line { line: 3, expected: "erased" }));
    }

    #[test]
    fn evidence_parses_to_what_was_printed() {
        for body in [shown(), erased(), ShownBody::Withheld] {
            let evidence = evidence(body);
            assert_eq!(evidence.to_string().parse(), Ok(evidence));
        }
    }

    #[test]
    fn a_changed_byte_is_refused_or_changes_what_is_stated() {
        let original = evidence(shown());
        let bytes = original.to_string().into_bytes();
        for position in 0..bytes.len() {
            for flip in [1, 0x20, 0x80] {
                let mut altered = bytes.clone();
                altered[position] ^= flip;
                assert_ne!(Evidence::parse(&altered).as_ref(), Ok(&original), "byte {position} ^ {flip}");
            }
        }
    }

    #[test]
    fn evidence_that_is_cut_off_is_refused() {
        let bytes = evidence(shown()).to_string().into_bytes();
        for end in 0..bytes.len() {
            assert!(Evidence::parse(&bytes[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn bytes_that_nothing_authenticates_are_refused() {
        let mut extra = evidence(shown());
        extra.proof.extra = Some(b"note".to_vec());
        assert_eq!(Evidence::parse(extra.to_string().as_bytes()), Err(EvidenceError::Extra));
        let text = evidence(shown()).to_string();
        let commented = text.replace("quorum none", "# trust me\nquorum none");
        assert!(matches!(Evidence::parse(commented.as_bytes()), Err(EvidenceError::Spelling { .. })));
    }

    #[test]
    fn evidence_with_too_many_keys_is_refused() {
        let mut evidence = evidence(ShownBody::Withheld);
        let key = evidence.keys[1].clone();
        evidence.keys = vec![key; MAX_PUBLISHED_KEYS + 1];
        assert_eq!(Evidence::parse(evidence.to_string().as_bytes()), Err(EvidenceError::TooManyKeys));
    }
}
