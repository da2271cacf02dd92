//! Private keys in files: PKCS#8 (RFC 8410) in PEM, as OpenSSL 3 writes and reads it.
//!
//! There are exactly two spellings of an Ed25519 key: version 1, the seed alone, and version 2 (RFC 5958),
//! which adds the public key. Both have a fixed length, so they are compared, not parsed.

use thiserror::Error;
use zeroize::Zeroizing;

use super::pem::{PemError, PemLabel, decode_one_pem, encode_pem};
use crate::key::SecretKey;

/// Length of an Ed25519 seed, which is the private key, in bytes.
pub const SEED_LEN: usize = 32;

/// What stands before the seed in version 1; the seed ends it.
const V1_PREFIX: [u8; 16] = *b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
/// What stands before the seed in version 2.
const V2_PREFIX: [u8; 16] = *b"\x30\x51\x02\x01\x01\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
/// What stands between the seed and the public key in version 2; the public key ends it.
const V2_PUBLIC: [u8; 3] = *b"\x81\x21\x00";

impl SecretKey {
    /// Reads a file that holds one Ed25519 private key and nothing else.
    pub fn from_pkcs8_pem(text: &str) -> Result<Self, KeyFileError> {
        Self::from_pkcs8_der(&decode_one_pem(text, PemLabel::PrivateKey)?)
    }

    /// Reads the PKCS#8 bytes of an Ed25519 private key, version 1 or 2.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, KeyFileError> {
        if let Some((seed, [])) = after(der, V1_PREFIX) {
            return Ok(Self::from_seed(seed));
        }
        let (seed, rest) = after(der, V2_PREFIX).ok_or(KeyFileError::NotEd25519)?;
        let (public, []) = after(rest, V2_PUBLIC).ok_or(KeyFileError::NotEd25519)? else {
            return Err(KeyFileError::NotEd25519);
        };
        let key = Self::from_seed(seed);
        if key.public().as_bytes() != public {
            return Err(KeyFileError::PublicKey);
        }
        Ok(key)
    }
}

/// The 32 bytes that follow `prefix`, and what follows them.
fn after<const N: usize>(der: &[u8], prefix: [u8; N]) -> Option<(&[u8; SEED_LEN], &[u8])> {
    der.strip_prefix(&prefix)?.split_first_chunk()
}

/// The file of a private key: version 1, which every OpenSSL reads.
#[must_use]
pub fn encode_pkcs8_pem(seed: &[u8; SEED_LEN]) -> Zeroizing<String> {
    let der = Zeroizing::new([&V1_PREFIX[..], seed].concat());
    encode_pem(PemLabel::PrivateKey, &der)
}

/// A file that does not hold a usable private key. Never says what it does hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// Not a single PEM block of a private key.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// Another algorithm, an encrypted key, or not PKCS#8.
    #[error("not an Ed25519 private key in PKCS#8")]
    NotEd25519,
    /// The public key in the file belongs to another private key.
    #[error("the public key in the file is not the one of its private key")]
    PublicKey,
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: [u8; SEED_LEN] = [7; SEED_LEN];

    fn version_2() -> Vec<u8> {
        let public = SecretKey::from_seed(&SEED).public();
        [&V2_PREFIX[..], &SEED, &V2_PUBLIC, public.as_bytes()].concat()
    }

    #[test]
    fn both_versions_give_the_same_key() {
        let expected = SecretKey::from_seed(&SEED).public();
        assert_eq!(SecretKey::from_pkcs8_pem(&encode_pkcs8_pem(&SEED)).unwrap().public(), expected);
        assert_eq!(SecretKey::from_pkcs8_der(&version_2()).unwrap().public(), expected);
    }

    #[test]
    fn the_key_of_rfc_8410_is_read() {
        let text = "-----BEGIN PRIVATE KEY-----\n\
                    MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
                    -----END PRIVATE KEY-----\n";
        let public = SecretKey::from_pkcs8_pem(text).unwrap().public();
        assert_eq!(public.as_bytes()[..4], [0x19, 0xbf, 0x44, 0x09]);
    }

    #[test]
    fn a_public_key_of_another_private_key_is_refused() {
        let mut der = version_2();
        *der.last_mut().unwrap() ^= 1;
        assert_eq!(SecretKey::from_pkcs8_der(&der).err(), Some(KeyFileError::PublicKey));
    }

    #[test]
    fn every_other_length_and_algorithm_is_refused() {
        let version_1 = [&V1_PREFIX[..], &SEED].concat();
        for whole in [version_1.clone(), version_2()] {
            for len in (0..whole.len()).filter(|len| *len != version_1.len()) {
                assert!(SecretKey::from_pkcs8_der(&whole[..len]).is_err(), "{len} of {}", whole.len());
            }
            let longer = [&whole[..], &[0]].concat();
            assert_eq!(SecretKey::from_pkcs8_der(&longer).err(), Some(KeyFileError::NotEd25519));
        }
        let mut x25519 = version_1;
        x25519[11] = 0x6e;
        assert_eq!(SecretKey::from_pkcs8_der(&x25519).err(), Some(KeyFileError::NotEd25519));
    }
}
