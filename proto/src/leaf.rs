//! The entries of a log. A leaf carries no personal data: kinds, commitments, signatures, indices.
//!
//! # Layout
//!
//! All integers are big-endian. Every leaf begins `version: u8 = 1`, `kind: u8`; the rest is by kind:
//!
//! | kind | name | rest |
//! | --- | --- | --- |
//! | 1 | message | commitment `[32]`, count `u8` of 1 to 4, then per signature: purpose `u8`, key id `[8]`, signature `[64]` |
//! | 2 | verdict | epoch `u32`, first `u64`, count `u32`, outcome `u8` (1 accepted, 2 refused), code `u16`, path length `u8`, path |
//! | 3 | anchor | the signed and cosigned note, to the end |
//! | 4 | erased | log `u8` (1 this one, 2 the opposite), epoch `u32`, entry `u64`, message id `[16]`, basis `u8`, reference length `u8`, reference, time `u64` ms, order `u8` (1 officer: key id `[8]`, signature `[64]`; 2 accord; 3 the writer) |
//! | 5 | key | action `u8` (1 publish), certificate in DER, to the end |
//! | 6 | accord | number `u32` from 1, SHA-256 of the text `[32]`, in force since `u64` ms |
//!
//! A leaf has one encoding only; what does not encode to the bytes it was read from is refused.
//! Unknown kinds are carried and mirrored as they are.

use thiserror::Error;

use crate::envelope::Commitment;
use crate::identity::Epoch;
use crate::key::{KeyId, SIGNATURE_LEN};

mod accord;
mod erased;

pub use accord::AccordLeaf;
pub use erased::{
    Basis, CaseReference, ErasedLeaf, ErasedLog, Erasure, MAX_REFERENCE_BYTES, NoReference, Ordered,
};

/// Largest leaf, in bytes. tlog-tiles allows 65,535; nothing of ours comes near it, and small leaves
/// keep a hostile log cheap to mirror.
pub const MAX_LEAF_BYTES: usize = 8 * 1024;

/// Most signatures on one message: author and approver of each side, at most.
pub const MAX_SIGNATURES: usize = 4;

/// Longest path of a refused field, in bytes.
pub const MAX_PATH_BYTES: usize = 255;

const VERSION: u8 = 1;
const MESSAGE: u8 = 1;
const VERDICT: u8 = 2;
const ANCHOR: u8 = 3;
const ERASED: u8 = 4;
const KEY: u8 = 5;
const ACCORD: u8 = 6;

/// One entry of a log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Leaf {
    /// A message was shared.
    Message(MessageLeaf),
    /// The writer accepted or refused entries of the opposite direction.
    Verdict(VerdictLeaf),
    /// The newest cosigned checkpoint of the opposite direction.
    Anchor(AnchorLeaf),
    /// The body of an entry was destroyed.
    Erased(ErasedLeaf),
    /// A signing key was published.
    Key(KeyLeaf),
    /// An accord came into force for the writer.
    Accord(AccordLeaf),
    /// Of a kind that this version does not know: carried, never dropped.
    Unknown {
        /// Its kind byte.
        kind: u8,
        /// What follows the kind byte.
        rest: Vec<u8>,
    },
}

/// Commitment and signatures of a message; the body lies beside the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MessageLeaf {
    /// What the officers signed.
    pub commitment: Commitment,
    /// One to [`MAX_SIGNATURES`], in the order in which they were given.
    pub signatures: Vec<OfficerSignature>,
}

/// An officer's signature over a commitment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OfficerSignature {
    /// In which capacity the officer signed.
    pub purpose: SigningPurpose,
    /// Which key, published in this log by a key leaf.
    pub key: KeyId,
    /// Ed25519 over [`crate::envelope::signed_bytes`].
    pub signature: [u8; SIGNATURE_LEN],
}

/// In which capacity an officer signs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SigningPurpose {
    /// Wrote it.
    Author,
    /// Approved what another wrote.
    Approver,
}

impl SigningPurpose {
    /// Its number in leaves and signed bytes.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Author => 1,
            Self::Approver => 2,
        }
    }

    fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Author),
            2 => Some(Self::Approver),
            _ => None,
        }
    }
}

/// "I accepted, or refused, these entries of yours."
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerdictLeaf {
    /// Epoch of the opposite direction's log.
    pub epoch: Epoch,
    /// First entry judged.
    pub first: u64,
    /// How many entries from there on; at least 1. A refusal always stands alone.
    pub count: u32,
    /// The judgement.
    pub verdict: Verdict,
}

/// Whether a message was taken up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Understood, allowed, and put before people.
    Accepted,
    /// Kept in the log, not acted on.
    Refused {
        /// Why; a number of [`crate::refusal::RefusalCode`], or a newer peer's.
        code: u16,
        /// The field that was at fault, such as `alert.info[1].area`; may be empty.
        path: String,
    },
}

/// A note of the opposite direction: signed by its writer, cosigned by the writer of this log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AnchorLeaf {
    /// The note's exact bytes.
    pub note: Vec<u8>,
}

/// A certificate whose key signs from here on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyLeaf {
    /// What becomes of the key.
    pub action: KeyAction,
    /// The X.509 certificate, DER.
    pub certificate: Vec<u8>,
}

/// What a key leaf does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyAction {
    /// The key may be used from this entry on.
    Publish,
}

impl Leaf {
    /// The leaf's only encoding.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        match self {
            Self::Message(leaf) => leaf.encode_into(&mut out),
            Self::Verdict(leaf) => leaf.encode_into(&mut out),
            Self::Anchor(leaf) => {
                out.push(ANCHOR);
                out.extend_from_slice(&leaf.note);
            }
            Self::Erased(leaf) => leaf.encode_into(&mut out),
            Self::Key(leaf) => {
                out.push(KEY);
                out.push(match leaf.action {
                    KeyAction::Publish => 1,
                });
                out.extend_from_slice(&leaf.certificate);
            }
            Self::Accord(leaf) => leaf.encode_into(&mut out),
            Self::Unknown { kind, rest } => {
                out.push(*kind);
                out.extend_from_slice(rest);
            }
        }
        out
    }

    /// Reads a leaf, of this version and any kind.
    pub fn decode(bytes: &[u8]) -> Result<Self, LeafError> {
        if bytes.len() > MAX_LEAF_BYTES {
            return Err(LeafError::TooLarge(bytes.len()));
        }
        let mut reader = Reader(bytes);
        match reader.u8()? {
            VERSION => {}
            other => return Err(LeafError::Version(other)),
        }
        let kind = reader.u8()?;
        let leaf = match kind {
            MESSAGE => Self::Message(MessageLeaf::read(&mut reader)?),
            VERDICT => Self::Verdict(VerdictLeaf::read(&mut reader)?),
            ANCHOR => Self::Anchor(AnchorLeaf { note: reader.rest().to_vec() }),
            ERASED => Self::Erased(ErasedLeaf::read(&mut reader)?),
            KEY => {
                let action = match reader.u8()? {
                    1 => KeyAction::Publish,
                    other => return Err(LeafError::Field { field: "key action", value: other.into() }),
                };
                Self::Key(KeyLeaf { action, certificate: reader.rest().to_vec() })
            }
            ACCORD => Self::Accord(AccordLeaf::read(&mut reader)?),
            kind => Self::Unknown { kind, rest: reader.rest().to_vec() },
        };
        match reader.0 {
            [] => Ok(leaf),
            rest => Err(LeafError::Trailing(rest.len())),
        }
    }

    /// The key leaf that these bytes are, if they are one. Costs next to nothing for other kinds.
    #[must_use]
    pub fn key(bytes: &[u8]) -> Option<KeyLeaf> {
        if bytes.get(1) != Some(&KEY) {
            return None;
        }
        match Self::decode(bytes) {
            Ok(Self::Key(leaf)) => Some(leaf),
            _ => None,
        }
    }

    /// The erased leaf that these bytes are, if they are one. Costs next to nothing for other kinds.
    #[must_use]
    pub fn erased(bytes: &[u8]) -> Option<ErasedLeaf> {
        if bytes.get(1) != Some(&ERASED) {
            return None;
        }
        match Self::decode(bytes) {
            Ok(Self::Erased(leaf)) => Some(leaf),
            _ => None,
        }
    }

    /// Whether these bytes are the leaf of a message, told by its kind alone.
    #[must_use]
    pub fn is_message(bytes: &[u8]) -> bool {
        bytes.get(1) == Some(&MESSAGE)
    }

    /// Whether this leaf stands for a message, whose body lies beside the log.
    #[must_use]
    pub fn has_body(&self) -> bool {
        matches!(self, Self::Message(_))
    }
}

impl MessageLeaf {
    fn encode_into(&self, out: &mut Vec<u8>) {
        out.push(MESSAGE);
        out.extend_from_slice(&self.commitment.0);
        out.push(u8::try_from(self.signatures.len()).expect("MAX_SIGNATURES fits a byte"));
        for signature in &self.signatures {
            out.push(signature.purpose.code());
            out.extend_from_slice(&signature.key.0);
            out.extend_from_slice(&signature.signature);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, LeafError> {
        let commitment = Commitment(reader.array()?);
        let count = usize::from(reader.u8()?);
        if count == 0 || count > MAX_SIGNATURES {
            return Err(LeafError::Field { field: "number of signatures", value: count as u64 });
        }
        let signatures = (0..count).map(|_| OfficerSignature::read(reader)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { commitment, signatures })
    }
}

impl OfficerSignature {
    fn read(reader: &mut Reader<'_>) -> Result<Self, LeafError> {
        let code = reader.u8()?;
        let purpose = SigningPurpose::from_code(code)
            .ok_or_else(|| LeafError::Field { field: "signing purpose", value: code.into() })?;
        Ok(Self { purpose, key: KeyId(reader.array()?), signature: reader.array()? })
    }
}

impl VerdictLeaf {
    /// The entry after the last one judged.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.first.saturating_add(u64::from(self.count))
    }

    fn encode_into(&self, out: &mut Vec<u8>) {
        out.push(VERDICT);
        out.extend_from_slice(&self.epoch.number().to_be_bytes());
        out.extend_from_slice(&self.first.to_be_bytes());
        out.extend_from_slice(&self.count.to_be_bytes());
        let (outcome, code, path) = match &self.verdict {
            Verdict::Accepted => (1, 0, ""),
            Verdict::Refused { code, path } => (2, *code, path.as_str()),
        };
        out.push(outcome);
        out.extend_from_slice(&code.to_be_bytes());
        out.push(u8::try_from(path.len()).expect("callers keep paths within MAX_PATH_BYTES"));
        out.extend_from_slice(path.as_bytes());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, LeafError> {
        let number = u32::from_be_bytes(reader.array()?);
        let epoch =
            Epoch::new(number).ok_or_else(|| LeafError::Field { field: "epoch", value: number.into() })?;
        let first = u64::from_be_bytes(reader.array()?);
        let count = u32::from_be_bytes(reader.array()?);
        let outcome = reader.u8()?;
        let code = u16::from_be_bytes(reader.array()?);
        let length = usize::from(reader.u8()?);
        let path = std::str::from_utf8(reader.take(length)?).map_err(|_| LeafError::PathNotUtf8)?;
        let verdict = match (outcome, code, path, count) {
            (1, 0, "", 1..) => Verdict::Accepted,
            (2, 1.., _, 1) => Verdict::Refused { code, path: path.to_owned() },
            _ => return Err(LeafError::Field { field: "verdict", value: outcome.into() }),
        };
        if first.checked_add(count.into()).is_none() {
            return Err(LeafError::Field { field: "first entry judged", value: first });
        }
        Ok(Self { epoch, first, count, verdict })
    }
}

/// Bytes that are no leaf.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum LeafError {
    /// Larger than [`MAX_LEAF_BYTES`].
    #[error("a leaf of {0} bytes, where at most {MAX_LEAF_BYTES} are allowed")]
    TooLarge(usize),
    /// Ends before its fields do.
    #[error("the leaf ends before its fields do")]
    Truncated,
    /// Goes on after its fields.
    #[error("{0} bytes after the end of the leaf")]
    Trailing(usize),
    /// Of another layout.
    #[error("leaf version {0}, where {VERSION} is known")]
    Version(u8),
    /// A field outside its range.
    #[error("{field} is {value}, which is not allowed")]
    Field {
        /// Which field.
        field: &'static str,
        /// What stood there.
        value: u64,
    },
    /// A verdict's path that is not text.
    #[error("the path of a refused field is not UTF-8")]
    PathNotUtf8,
    /// An erased leaf that names no message.
    #[error("the id of an erased message is no UUID of version 7")]
    NoMessageId,
    /// An erased leaf with more than a case number.
    #[error("the reference of an erasure is no case number")]
    NoReference,
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], LeafError> {
        let (head, tail) = self.0.split_at_checked(count).ok_or(LeafError::Truncated)?;
        self.0 = tail;
        Ok(head)
    }

    fn u8(&mut self) -> Result<u8, LeafError> {
        Ok(self.take(1)?[0])
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], LeafError> {
        Ok(self.take(N)?.try_into().expect("take gives N bytes"))
    }

    fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }
}

#[cfg(test)]
mod vectors;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message() -> Leaf {
        let signature = OfficerSignature {
            purpose: SigningPurpose::Author,
            key: KeyId([7; 8]),
            signature: [9; SIGNATURE_LEN],
        };
        Leaf::Message(MessageLeaf { commitment: Commitment([3; 32]), signatures: vec![signature] })
    }

    fn refused() -> Leaf {
        let verdict = Verdict::Refused { code: 4, path: "alert.info[1]".into() };
        Leaf::Verdict(VerdictLeaf { epoch: Epoch::FIRST, first: 17, count: 1, verdict })
    }

    #[test]
    fn a_leaf_decodes_to_what_was_encoded() {
        let accepted =
            VerdictLeaf { epoch: Epoch::FIRST, first: 0, count: u32::MAX, verdict: Verdict::Accepted };
        for leaf in [
            message(),
            refused(),
            Leaf::Verdict(accepted),
            Leaf::Anchor(AnchorLeaf { note: b"note".to_vec() }),
            Leaf::Key(KeyLeaf { action: KeyAction::Publish, certificate: vec![0x30, 0] }),
            Leaf::Unknown { kind: 200, rest: vec![1, 2, 3] },
        ] {
            assert_eq!(Leaf::decode(&leaf.encode()), Ok(leaf));
        }
    }

    #[test]
    fn a_message_leaf_with_one_signature_has_108_bytes() {
        assert_eq!(message().encode().len(), 108);
    }

    #[test]
    fn a_truncated_or_extended_leaf_is_refused() {
        for leaf in [message(), refused()] {
            let bytes = leaf.encode();
            for end in 0..bytes.len() {
                assert!(Leaf::decode(&bytes[..end]).is_err(), "cut at {end}");
            }
            assert_eq!(Leaf::decode(&[bytes, vec![0]].concat()), Err(LeafError::Trailing(1)));
        }
    }

    #[test]
    fn a_refusal_of_several_entries_is_refused() {
        let mut bytes = refused().encode();
        bytes[17] = 2; // the last byte of the count
        assert!(matches!(Leaf::decode(&bytes), Err(LeafError::Field { field: "verdict", .. })));
    }

    proptest! {
        #[test]
        fn whatever_decodes_has_that_one_encoding(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(leaf) = Leaf::decode(&bytes) {
                prop_assert_eq!(leaf.encode(), bytes);
            }
        }
    }
}
