//! Signed messages in a row, in one file: what an import seals, and what a second officer approves.
//!
//! ```text
//! "karakoro batch 1\n"
//! u32 length, submission        for each message; the length is not zero
//! u32 0, u64 count, 32 bytes    the digest over all commitments
//! ```
//!
//! Numbers are big-endian. A file without its last part was not finished, and is none.

use bytes::Bytes;
use prost::Message as _;
use sha2::{Digest as _, Sha256};

use super::Submission;
use crate::domain::text::Digest;
use crate::error::Malformed;
use crate::wire::{MAX_FRAME_BYTES, decode_canonical, pb};

/// What a batch begins with.
pub const MAGIC: &[u8; 17] = b"karakoro batch 1\n";

/// Most messages of a batch: as many as a table has rows.
pub const MAX_MESSAGES: u64 = crate::domain::csv::MAX_ROWS as u64;

/// Largest message of a batch, in bytes.
pub const MAX_MESSAGE_BYTES: usize = MAX_FRAME_BYTES;

/// Bytes of the last part behind its length.
pub const END_BYTES: usize = 8 + 32;

/// Keeps count of a batch's messages, and their digest. The digest is over commitments: it names the very bytes of
/// every message, in their order, and says nothing of them.
#[derive(Clone, Debug)]
pub struct Tally {
    count: u64,
    digest: Sha256,
}

impl Default for Tally {
    fn default() -> Self {
        Self { count: 0, digest: Sha256::new_with_prefix(MAGIC) }
    }
}

impl Tally {
    /// Counts a message.
    pub fn add(&mut self, submission: &Submission) {
        self.count += 1;
        self.digest.update(submission.leaf.commitment.0);
    }

    /// How many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The digest over all of them.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest(self.digest.clone().finalize().into())
    }

    /// The last part of the file, behind its zero length.
    #[must_use]
    pub fn end(&self) -> [u8; END_BYTES] {
        let mut end = [0; END_BYTES];
        end[..8].copy_from_slice(&self.count.to_be_bytes());
        end[8..].copy_from_slice(&self.digest().0);
        end
    }
}

/// A message as it stands in a batch, behind its length.
#[must_use]
pub fn encode(submission: &Submission) -> Vec<u8> {
    pb::Submission::from(submission.clone()).encode_to_vec()
}

/// Reads what [`encode`] wrote. The signatures are checked by the node.
pub fn decode(bytes: Vec<u8>) -> Result<Submission, Malformed> {
    let wire: pb::Submission = decode_canonical(Bytes::from(bytes)).map_err(Malformed::Frame)?;
    let submission = Submission::from_wire(wire)?;
    // Otherwise the digest, which is over commitments, would not be about these bytes.
    if submission.body.commitment() == submission.leaf.commitment {
        Ok(submission)
    } else {
        Err(Malformed::Field("submission.commitment"))
    }
}

/// The SHA-256 of a file's bytes.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Digest {
    Digest(Sha256::digest(bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::{Body, Opening, sign};
    use crate::key::SecretKey;
    use crate::leaf::{MessageLeaf, SigningPurpose};

    fn submission(payload: &'static [u8]) -> Submission {
        let body = Body {
            opening: Opening([7; 32]),
            header: Bytes::from_static(b"header"),
            payload: Bytes::from_static(payload),
        };
        let commitment = body.commitment();
        let signature = sign(&commitment, SigningPurpose::Author, &SecretKey::from_seed(&[1; 32]));
        Submission { leaf: MessageLeaf { commitment, signatures: vec![signature] }, body }
    }

    #[test]
    fn the_digest_tells_messages_and_their_order() {
        let digest = |payloads: &[&'static [u8]]| {
            let mut tally = Tally::default();
            payloads.iter().for_each(|payload| tally.add(&submission(payload)));
            tally.digest()
        };
        let all = [digest(&[]), digest(&[b"a"]), digest(&[b"a", b"b"]), digest(&[b"b", b"a"])];
        for (index, one) in all.iter().enumerate() {
            assert!(all.iter().skip(index + 1).all(|other| other != one));
        }
    }

    #[test]
    fn a_message_whose_bytes_are_not_those_of_its_commitment_is_none() {
        assert_eq!(decode(encode(&submission(b"a"))), Ok(submission(b"a")));
        let mut altered = submission(b"a");
        altered.body.payload = Bytes::from_static(b"b");
        assert_eq!(decode(encode(&altered)), Err(Malformed::Field("submission.commitment")));
    }
}
