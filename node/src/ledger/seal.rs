//! Bodies at rest: each under a key of its own, so that destroying the key destroys the body.
//!
//! AES-256-GCM with an all-zero nonce: a key seals exactly one body, so the pair never repeats. The
//! log and index are authenticated beside the body, so that sealed bodies cannot change places.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use bytes::Bytes;
use karakoro_proto::envelope::Body;
use karakoro_proto::identity::Origin;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::entropy::Entropy;

/// Bytes that sealing adds to a body.
const TAG_BYTES: usize = 16;

/// A sealed body with the key that opens it; destroy the key and the body is gone.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedBody {
    /// AES-256 key, fresh for this body.
    pub key: Zeroizing<[u8; 32]>,
    /// The encoded body, encrypted, with its tag.
    pub ciphertext: Bytes,
}

impl std::fmt::Debug for SealedBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealedBody({} bytes)", self.ciphertext.len())
    }
}

/// A body that its key does not open: damaged, or moved from another place.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("a stored body does not open under its key")]
pub struct Unopened;

impl SealedBody {
    /// Seals a body for its place in a log.
    #[must_use]
    pub fn seal(body: &Body, origin: &Origin, index: u64, entropy: &dyn Entropy) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        entropy.fill(&mut *key);
        let mut bytes = body.encode();
        bytes.reserve(TAG_BYTES);
        cipher(&key)
            .seal_in_place_append_tag(nonce(), place(origin, index), &mut bytes)
            .expect("a body is far below the cipher's limit");
        Self { key, ciphertext: bytes.into() }
    }

    /// Opens a body at its place.
    pub fn open(&self, origin: &Origin, index: u64) -> Result<Body, Unopened> {
        let mut bytes = self.ciphertext.to_vec();
        let length = cipher(&self.key)
            .open_in_place(nonce(), place(origin, index), &mut bytes)
            .map_err(|_| Unopened)?
            .len();
        bytes.truncate(length);
        Body::decode(bytes.into()).map_err(|_| Unopened)
    }
}

fn cipher(key: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("AES-256 takes 32 bytes"))
}

fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

fn place(origin: &Origin, index: u64) -> Aad<Vec<u8>> {
    let mut place = origin.to_string().into_bytes();
    place.extend_from_slice(&index.to_be_bytes());
    Aad::from(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::Seeded;
    use karakoro_proto::envelope::Opening;
    use karakoro_proto::identity::Country;

    #[test]
    fn a_sealed_body_opens_at_its_own_place_only() {
        let body = Body {
            opening: Opening([1; 32]),
            header: Bytes::from_static(b"head"),
            payload: Bytes::from_static(b"load"),
        };
        let origin = Origin::link(Country::MR, Country::ML);
        let sealed = SealedBody::seal(&body, &origin, 7, &Seeded::new(1));
        assert_eq!(sealed.open(&origin, 7), Ok(body));
        assert_eq!(sealed.open(&origin, 8), Err(Unopened));
        assert_eq!(sealed.open(&Origin::link(Country::ML, Country::MR), 7), Err(Unopened));
        let mut moved = sealed.clone();
        moved.key[0] ^= 1;
        assert_eq!(moved.open(&origin, 7), Err(Unopened));
    }
}
