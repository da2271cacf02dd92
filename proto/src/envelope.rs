//! From draft to sealed to verified: headers, bodies, commitments and officers' signatures.
//!
//! A body is an opening, a header and a payload, the last two as the exact bytes that were written:
//! they are hashed, stored and forwarded as they came, never serialised again. The commitment is
//! `HMAC-SHA256(Kc, opening ‖ len(header) ‖ header ‖ len(payload) ‖ payload)`, lengths as `u32`
//! big-endian. HMAC under a public constant separates it from every other hash of the product; the
//! random opening makes it say nothing about a body that was erased.

use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::identity::{Country, Origin};
use crate::key::SecretKey;
use crate::keyring::Keyring;
use crate::leaf::{MessageLeaf, OfficerSignature, SigningPurpose};

mod error;
mod header;
mod id;
#[cfg(test)]
mod vectors;

pub use error::EnvelopeError;
pub use header::{Header, Kind, MAX_HEADER_BYTES, MAX_REFS, Reference, Relation, Station};
pub use id::MessageId;

/// The public constant under which commitments are made: the domain separator of version 1.
const COMMITMENT_KEY: &[u8] = b"karakoro/commitment/v1";

/// The domain separator of officers' signatures, version 1.
const SIGNATURE_DOMAIN: &[u8] = b"karakoro/officer-signature/v1\n";

/// Largest payload, in bytes. A CAP alert with an embedded recording reaches 350 kB.
pub const MAX_PAYLOAD_BYTES: usize = 1024 * 1024;

/// Largest body as stored and sent: opening, two lengths, header, payload.
pub const MAX_BODY_BYTES: usize = 32 + 8 + MAX_HEADER_BYTES + MAX_PAYLOAD_BYTES;

/// 32 random bytes, fresh for every message and direction; destroying them makes the commitment mute.
#[derive(Clone, PartialEq, Eq)]
pub struct Opening(pub [u8; 32]);

impl std::fmt::Debug for Opening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Opening(…)")
    }
}

/// What a message leaf says of its body, and what officers sign.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Commitment(pub [u8; 32]);

impl std::fmt::Debug for Commitment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Commitment(")?;
        self.0[..8].iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str("…)")
    }
}

/// What lies beside the log for a message leaf: the exact bytes, never re-serialised.
#[derive(Clone, PartialEq, Eq)]
pub struct Body {
    /// The randomness of the commitment.
    pub opening: Opening,
    /// An encoded [`Header`].
    pub header: Bytes,
    /// The encoded message of the header's kind.
    pub payload: Bytes,
}

impl std::fmt::Debug for Body {
    /// Sizes only: bodies never reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Body({} + {} bytes)", self.header.len(), self.payload.len())
    }
}

impl Body {
    /// The commitment to this body.
    #[must_use]
    pub fn commitment(&self) -> Commitment {
        let mut mac = Hmac::<Sha256>::new_from_slice(COMMITMENT_KEY).expect("HMAC takes a key of any length");
        mac.update(&self.opening.0);
        for part in [&self.header, &self.payload] {
            mac.update(&length_prefix(part));
            mac.update(part);
        }
        Commitment(mac.finalize().into_bytes().into())
    }

    /// The body as one byte string: opening, then header and payload, each with its `u32` length.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(40 + self.header.len() + self.payload.len());
        out.extend_from_slice(&self.opening.0);
        for part in [&self.header, &self.payload] {
            out.extend_from_slice(&length_prefix(part));
            out.extend_from_slice(part);
        }
        out
    }

    /// Reads what [`Self::encode`] wrote, without copying header and payload.
    pub fn decode(mut bytes: Bytes) -> Result<Self, EnvelopeError> {
        if bytes.len() > MAX_BODY_BYTES {
            return Err(EnvelopeError::TooLarge { what: "body", bytes: bytes.len(), most: MAX_BODY_BYTES });
        }
        if bytes.len() < 32 {
            return Err(EnvelopeError::Truncated);
        }
        let opening = Opening(bytes.split_to(32)[..].try_into().expect("32 bytes were split off"));
        let header = take_prefixed(&mut bytes)?;
        let payload = take_prefixed(&mut bytes)?;
        if !bytes.is_empty() {
            return Err(EnvelopeError::Trailing(bytes.len()));
        }
        Ok(Self { opening, header, payload })
    }

    /// Bytes that this body occupies when encoded.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        40 + self.header.len() + self.payload.len()
    }
}

fn length_prefix(part: &Bytes) -> [u8; 4] {
    u32::try_from(part.len()).expect("parts are far below 4 GiB").to_be_bytes()
}

fn take_prefixed(bytes: &mut Bytes) -> Result<Bytes, EnvelopeError> {
    if bytes.len() < 4 {
        return Err(EnvelopeError::Truncated);
    }
    let length = u32::from_be_bytes(bytes.split_to(4)[..].try_into().expect("4 bytes were split off"));
    let length = usize::try_from(length).map_err(|_| EnvelopeError::Truncated)?;
    if bytes.len() < length {
        return Err(EnvelopeError::Truncated);
    }
    Ok(bytes.split_to(length))
}

/// The bytes that an officer signs: never the plaintext.
#[must_use]
pub fn signed_bytes(purpose: SigningPurpose, commitment: &Commitment) -> Vec<u8> {
    let mut out = Vec::with_capacity(SIGNATURE_DOMAIN.len() + 33);
    out.extend_from_slice(SIGNATURE_DOMAIN);
    out.push(purpose.code());
    out.extend_from_slice(&commitment.0);
    out
}

/// Signs a commitment as author or approver.
#[must_use]
pub fn sign(commitment: &Commitment, purpose: SigningPurpose, key: &SecretKey) -> OfficerSignature {
    let signature = key.sign(&signed_bytes(purpose, commitment));
    OfficerSignature { purpose, key: key.public().id(), signature }
}

/// A body and its leaf whose commitment, header, recipient and signatures were checked.
///
/// Only [`VerifiedEnvelope::verify`] makes one, so whoever holds it need not check again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifiedEnvelope {
    header: Header,
    body: Body,
    leaf: MessageLeaf,
}

impl VerifiedEnvelope {
    /// Checks `body` against `leaf`: the commitment, the header's one canonical encoding, that it
    /// belongs in the log `origin` and goes to `recipient`, and every signature, strictly.
    pub fn verify(
        leaf: MessageLeaf,
        body: Body,
        origin: &Origin,
        recipient: Country,
        keyring: &Keyring,
    ) -> Result<Self, EnvelopeError> {
        if body.payload.len() > MAX_PAYLOAD_BYTES {
            let bytes = body.payload.len();
            return Err(EnvelopeError::TooLarge { what: "payload", bytes, most: MAX_PAYLOAD_BYTES });
        }
        if body.commitment() != leaf.commitment {
            return Err(EnvelopeError::Commitment);
        }
        let header = Header::decode(&body.header)?;
        if header.origin != *origin || header.recipient != recipient {
            return Err(EnvelopeError::Audience);
        }
        check_signatures(&leaf, keyring)?;
        Ok(Self { header, body, leaf })
    }

    /// What the message says of itself.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The exact bytes.
    #[must_use]
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// The leaf under which it stands.
    #[must_use]
    pub fn leaf(&self) -> &MessageLeaf {
        &self.leaf
    }

    /// Gives up the proof and returns the parts.
    #[must_use]
    pub fn into_parts(self) -> (Header, Body, MessageLeaf) {
        (self.header, self.body, self.leaf)
    }
}

/// Checks every signature of a leaf against the officers' keys published in the same log.
///
/// An auditor calls this without any body: the leaf alone suffices.
pub fn check_signatures(leaf: &MessageLeaf, keyring: &Keyring) -> Result<(), EnvelopeError> {
    if !leaf.signatures.iter().any(|signature| signature.purpose == SigningPurpose::Author) {
        return Err(EnvelopeError::NoAuthor);
    }
    for (position, signature) in leaf.signatures.iter().enumerate() {
        if leaf.signatures[..position].iter().any(|earlier| earlier.key == signature.key) {
            return Err(EnvelopeError::SignedTwice(signature.key));
        }
        let key = keyring.officer(signature.key).ok_or(EnvelopeError::UnknownKey(signature.key))?;
        let message = signed_bytes(signature.purpose, &leaf.commitment);
        key.verify(&message, &signature.signature).map_err(|_| EnvelopeError::BadSignature(signature.key))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body() -> Body {
        Body {
            opening: Opening([1; 32]),
            header: Bytes::from_static(b"head"),
            payload: Bytes::from_static(b"load"),
        }
    }

    #[test]
    fn a_body_decodes_to_what_was_encoded() {
        let encoded = Bytes::from(body().encode());
        assert_eq!(encoded.len(), body().encoded_len());
        for end in 0..encoded.len() {
            assert_eq!(Body::decode(encoded.slice(..end)), Err(EnvelopeError::Truncated), "cut at {end}");
        }
        assert_eq!(Body::decode(encoded), Ok(body()));
    }

    #[test]
    fn the_commitment_depends_on_every_part_and_on_where_parts_meet() {
        let mut moved = body();
        moved.header = Bytes::from_static(b"headl");
        moved.payload = Bytes::from_static(b"oad");
        let mut reopened = body();
        reopened.opening = Opening([2; 32]);
        for other in [moved, reopened] {
            assert_ne!(other.commitment(), body().commitment());
        }
    }

    #[test]
    fn author_and_approver_sign_different_bytes() {
        let commitment = body().commitment();
        assert_ne!(
            signed_bytes(SigningPurpose::Author, &commitment),
            signed_bytes(SigningPurpose::Approver, &commitment)
        );
    }
}
