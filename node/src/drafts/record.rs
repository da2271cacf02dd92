//! The file of a draft: records, each with its check.
//!
//! ```text
//! length  u32   of the content
//! type    u8
//! content
//! check   u32   CRC-32C (RFC 3720) over length, type and content
//! ```
//!
//! Integers are big-endian. Types and their contents:
//!
//! | type | name | content |
//! | --- | --- | --- |
//! | 1 | draft | magic `KKDRAFT1`, id `[16]`, proposed `u64` ms |
//! | 2 | revision | leaf length `u16`, leaf with the author's signature, body key `[32]`, sealed body |
//! | 3 | closed | time `u64` ms, outcome `u8`; revisions `u32`, kind `u32`, author `[8]`; by `[8]`, reason |
//!
//! An open draft is a `draft` record and its revisions, oldest first; a closed one a `draft` record and `closed`.

use bytes::Bytes;
use karakoro_proto::envelope::{Kind, MessageId};
use karakoro_proto::key::KeyId;
use karakoro_proto::leaf::{Leaf, MAX_LEAF_BYTES, MessageLeaf};
use karakoro_proto::time::UnixMillis;
use zeroize::Zeroizing;

use crate::ledger::seal::SealedBody;

const MAGIC: &[u8; 8] = b"KKDRAFT1";
const DRAFT: u8 = 1;
const REVISION: u8 = 2;
const CLOSED: u8 = 3;

/// Bytes around a record's content.
const OVERHEAD: usize = 9;

/// Largest content of a record: a revision with the largest leaf and body.
const MAX_CONTENT_BYTES: usize = MAX_LEAF_BYTES + karakoro_proto::envelope::MAX_BODY_BYTES + 128;

/// A draft as its file holds it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct DraftFile {
    pub(super) id: MessageId,
    pub(super) proposed: UnixMillis,
    pub(super) content: Content,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Content {
    /// At least one revision.
    Open(Vec<Revision>),
    Closed(Closing),
}

/// One writing of a draft.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Revision {
    /// The commitment with the author's signature.
    pub(super) leaf: MessageLeaf,
    /// Its body, under a key of its own.
    pub(super) body: SealedBody,
}

/// What is left of a draft: nothing of what it said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Closing {
    pub(super) at: UnixMillis,
    pub(super) revisions: u32,
    pub(super) kind: Kind,
    pub(super) author: KeyId,
    pub(super) outcome: Outcome,
}

/// How a draft ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    Sealed,
    Expired,
    Refused { by: KeyId, reason: String },
}

impl DraftFile {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let head = [&MAGIC[..], self.id.as_bytes(), &self.proposed.millis().to_be_bytes()].concat();
        push(DRAFT, &head, &mut out);
        match &self.content {
            Content::Open(revisions) => {
                revisions.iter().for_each(|revision| push(REVISION, &revision.encode(), &mut out));
            }
            Content::Closed(closing) => push(CLOSED, &closing.encode(), &mut out),
        }
        out
    }

    /// Reads a whole file; `None` if it is not one that was written whole.
    pub(super) fn decode(bytes: Bytes) -> Option<Self> {
        let mut rest = bytes;
        let (kind, head) = take(&mut rest)?;
        let (id, proposed) = head.strip_prefix(MAGIC)?.split_at_checked(16)?;
        let content = match take(&mut rest)? {
            (CLOSED, content) if rest.is_empty() => Content::Closed(Closing::decode(&content)?),
            (REVISION, content) => {
                let mut revisions = vec![Revision::decode(content)?];
                while !rest.is_empty() {
                    let (kind, content) = take(&mut rest)?;
                    revisions.push(Revision::decode(content).filter(|_| kind == REVISION)?);
                }
                Content::Open(revisions)
            }
            _ => return None,
        };
        let proposed = UnixMillis::new(u64::from_be_bytes(proposed.try_into().ok()?))?;
        let draft = Self { id: MessageId::from_bytes(id).ok()?, proposed, content };
        (kind == DRAFT).then_some(draft)
    }
}

fn push(kind: u8, content: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    let length = u32::try_from(content.len()).expect("contents are bounded by MAX_CONTENT_BYTES");
    out.extend_from_slice(&length.to_be_bytes());
    out.push(kind);
    out.extend_from_slice(content);
    let check = crc32c::crc32c(&out[start..]);
    out.extend_from_slice(&check.to_be_bytes());
}

fn take(rest: &mut Bytes) -> Option<(u8, Bytes)> {
    let length = u32::from_be_bytes(*rest.first_chunk::<4>()?) as usize;
    if length > MAX_CONTENT_BYTES || rest.len() < length + OVERHEAD {
        return None;
    }
    let record = rest.split_to(length + OVERHEAD);
    let (checked, check) = record.split_at(length + 5);
    (crc32c::crc32c(checked).to_be_bytes() == check).then(|| (record[4], record.slice(5..length + 5)))
}

impl Revision {
    fn encode(&self) -> Vec<u8> {
        let leaf = Leaf::Message(self.leaf.clone()).encode();
        let length = u16::try_from(leaf.len()).expect("MAX_LEAF_BYTES fits");
        [&length.to_be_bytes()[..], &leaf, &*self.body.key, &self.body.ciphertext].concat()
    }

    fn decode(mut content: Bytes) -> Option<Self> {
        let length = usize::from(u16::from_be_bytes(*content.first_chunk::<2>()?));
        if content.len() < 2 + length + 32 {
            return None;
        }
        let leaf = content.split_to(2 + length).slice(2..);
        let Ok(Leaf::Message(leaf)) = Leaf::decode(&leaf) else { return None };
        let key = Zeroizing::new(content.split_to(32)[..].try_into().ok()?);
        Some(Self { leaf, body: SealedBody { key, ciphertext: content } })
    }
}

impl Closing {
    fn encode(&self) -> Vec<u8> {
        let (outcome, by, reason) = match &self.outcome {
            Outcome::Sealed => (1, KeyId([0; 8]), ""),
            Outcome::Refused { by, reason } => (2, *by, reason.as_str()),
            Outcome::Expired => (3, KeyId([0; 8]), ""),
        };
        let mut out = self.at.millis().to_be_bytes().to_vec();
        out.push(outcome);
        out.extend_from_slice(&self.revisions.to_be_bytes());
        out.extend_from_slice(&i32::from(self.kind).to_be_bytes());
        out.extend_from_slice(&self.author.0);
        out.extend_from_slice(&by.0);
        out.extend_from_slice(reason.as_bytes());
        out
    }

    fn decode(content: &[u8]) -> Option<Self> {
        let (at, rest) = content.split_first_chunk::<8>()?;
        let (outcome, rest) = rest.split_first()?;
        let (revisions, rest) = rest.split_first_chunk::<4>()?;
        let (kind, rest) = rest.split_first_chunk::<4>()?;
        let (author, rest) = rest.split_first_chunk::<8>()?;
        let (by, reason) = rest.split_first_chunk::<8>()?;
        let outcome = match outcome {
            1 => Outcome::Sealed,
            2 => Outcome::Refused { by: KeyId(*by), reason: String::from_utf8(reason.to_vec()).ok()? },
            3 => Outcome::Expired,
            _ => return None,
        };
        Some(Self {
            at: UnixMillis::new(u64::from_be_bytes(*at))?,
            revisions: u32::from_be_bytes(*revisions),
            kind: Kind::try_from(i32::from_be_bytes(*kind)).ok()?,
            author: KeyId(*author),
            outcome,
        })
    }
}

#[cfg(test)]
mod tests {
    use karakoro_proto::envelope::Commitment;
    use karakoro_proto::leaf::{OfficerSignature, SigningPurpose};

    use super::*;

    fn open() -> DraftFile {
        let signature =
            OfficerSignature { purpose: SigningPurpose::Author, key: KeyId([5; 8]), signature: [6; 64] };
        let revision = Revision {
            leaf: MessageLeaf { commitment: Commitment([4; 32]), signatures: vec![signature] },
            body: SealedBody { key: Zeroizing::new([7; 32]), ciphertext: Bytes::from_static(b"sealed") },
        };
        let proposed = UnixMillis::new(1_768_471_445_000).unwrap();
        let content = Content::Open(vec![revision.clone(), revision]);
        DraftFile { id: MessageId::new(proposed, [1; 10]), proposed, content }
    }

    fn closed(outcome: Outcome) -> DraftFile {
        let DraftFile { id, proposed, .. } = open();
        let closing = Closing {
            at: proposed,
            revisions: 2,
            kind: Kind::WatchlistUpdate,
            author: KeyId([5; 8]),
            outcome,
        };
        DraftFile { id, proposed, content: Content::Closed(closing) }
    }

    #[test]
    fn a_draft_is_read_as_it_was_written_or_not_at_all() {
        let refused =
            Outcome::Refused { by: KeyId([8; 8]), reason: "le père n’est pas le même".to_owned() };
        for draft in [open(), closed(Outcome::Sealed), closed(Outcome::Expired), closed(refused)] {
            let bytes = Bytes::from(draft.encode());
            assert_eq!(DraftFile::decode(bytes.clone()), Some(draft.clone()));
            for end in 0..bytes.len() {
                let cut = DraftFile::decode(bytes.slice(..end));
                // A file cut between two revisions is a draft of one; none is ever written so.
                assert!(cut.is_none_or(|cut| cut.encode().len() == end), "cut at {end}");
            }
            for position in 0..bytes.len() {
                let mut bad = bytes.to_vec();
                bad[position] ^= 1;
                assert_eq!(DraftFile::decode(bad.into()), None, "byte {position}");
            }
        }
    }
}
