//! Ed25519 keys and signatures, verified by `verify_strict` and by nothing else.
//!
//! Strict verification refuses keys and nonces of small order and non-canonical encodings, so a
//! signature has one verdict in every implementation that an auditor may bring.

use std::fmt;

use ed25519_dalek::Signer as _;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// Length of an Ed25519 signature, in bytes.
pub const SIGNATURE_LEN: usize = 64;

/// An Ed25519 public key that is a valid point of large order.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(ed25519_dalek::VerifyingKey);

impl PublicKey {
    /// Reads the 32 bytes of RFC 8032; refuses what is no point, a point of small order, or another
    /// encoding of a point than its canonical one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let bytes: &[u8; 32] = bytes.try_into().map_err(|_| KeyError::Length(bytes.len()))?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::NotAKey)?;
        if key.is_weak() || key.to_edwards().compress().as_bytes() != bytes {
            return Err(KeyError::NotAKey);
        }
        Ok(Self(key))
    }

    /// The 32 bytes of RFC 8032.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The short name of this key in leaves.
    #[must_use]
    pub fn id(&self) -> KeyId {
        let digest = Sha256::digest(self.as_bytes());
        KeyId(digest[..8].try_into().expect("SHA-256 gives 32 bytes"))
    }

    /// Checks a signature over `message`.
    pub fn verify(&self, message: &[u8], signature: &[u8; SIGNATURE_LEN]) -> Result<(), BadSignature> {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        self.0.verify_strict(message, &signature).map_err(|_| BadSignature)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.id())
    }
}

/// The first 8 bytes of SHA-256 over a public key. A key table refuses a second key of the same id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 8]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An Ed25519 private key held in memory; wiped when dropped.
pub struct SecretKey(ed25519_dalek::SigningKey);

impl SecretKey {
    /// The key with this 32-byte seed (RFC 8032, section 5.1.5).
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs `message`; Ed25519 needs no randomness.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_LEN] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", self.public().id())
    }
}

/// Bytes that are not an acceptable Ed25519 public key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Wrong number of bytes.
    #[error("an Ed25519 public key has 32 bytes, not {0}")]
    Length(usize),
    /// No point, or a point of small order.
    #[error("not a valid Ed25519 public key")]
    NotAKey,
}

/// A signature that does not verify.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("the signature does not verify")]
pub struct BadSignature;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_encoding() {
        let sound = SecretKey::from_seed(&[7; 32]).public();
        assert_eq!(PublicKey::from_bytes(sound.as_bytes()), Ok(sound));
        // y = p + 3, a point of large order by its reduced y, written with y not below p.
        let mut large = [0xff; 32];
        large[0] = 0xf0;
        large[31] = 0x7f;
        assert_eq!(PublicKey::from_bytes(&large), Err(KeyError::NotAKey));
        assert_eq!(PublicKey::from_bytes(&[0; 31]), Err(KeyError::Length(31)));
    }

    #[test]
    fn keys_of_small_order_are_refused() {
        let neutral = [&[1][..], &[0; 31]].concat();
        let order_2 = [&[0xec][..], &[0xff; 30], &[0x7f]].concat();
        let order_4 = vec![0; 32];
        for weak in [neutral, order_2, order_4] {
            assert_eq!(PublicKey::from_bytes(&weak), Err(KeyError::NotAKey));
        }
    }
}
