//! Cosignatures (C2SP tlog-cosignature v1.0.1, Ed25519, type 04): the receiver's word that, at a time,
//! this was the largest consistent tree that it had seen, and that it durably holds it.
//!
//! What is signed does not commit to the cosigner's name, so a key that cosigns under one name and
//! role must never cosign under another.

use thiserror::Error;

use super::note::{KeyName, Note, Signature, SignatureType, VerifierKey};
use crate::key::{PublicKey, SIGNATURE_LEN, SecretKey};

/// The latest time that a cosignature may bear, in seconds (C2SP tlog-cosignature, "Format").
pub const MAX_TIME: u64 = i64::MAX as u64;

/// Length of the time and the signature; with the key ID before them a line holds 76 bytes.
pub const COSIGNATURE_LEN: usize = 8 + SIGNATURE_LEN;

/// A timestamped signature over the text of a checkpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cosignature {
    /// When it was made, in POSIX seconds.
    pub time_seconds: u64,
    /// Ed25519 over the time and the checkpoint.
    pub signature: [u8; SIGNATURE_LEN],
}

impl Cosignature {
    /// Cosigns the text of a checkpoint; refuses a time past [`MAX_TIME`].
    pub fn sign(checkpoint_text: &str, key: &SecretKey, time_seconds: u64) -> Result<Self, CosignatureError> {
        check_time(time_seconds)?;
        let signature = key.sign(signed_message(checkpoint_text, time_seconds).as_bytes());
        Ok(Self { time_seconds, signature })
    }

    /// The time as u64 big-endian, then the signature.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; COSIGNATURE_LEN] {
        let mut bytes = [0; COSIGNATURE_LEN];
        bytes[..8].copy_from_slice(&self.time_seconds.to_be_bytes());
        bytes[8..].copy_from_slice(&self.signature);
        bytes
    }

    /// Reads what [`Self::to_bytes`] writes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CosignatureError> {
        let wrong_length = || CosignatureError::Length(bytes.len());
        let (time, signature) = bytes.split_first_chunk().ok_or_else(wrong_length)?;
        let signature = signature.try_into().map_err(|_| wrong_length())?;
        let time_seconds = u64::from_be_bytes(*time);
        check_time(time_seconds)?;
        Ok(Self { time_seconds, signature })
    }
}

/// The name and key of someone who cosigns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CosignerVerifier {
    /// The name on the signature line.
    pub name: KeyName,
    /// The key, used for nothing but this cosigner's statements.
    pub key: PublicKey,
}

impl CosignerVerifier {
    /// Checks a cosignature over the text of a checkpoint.
    pub fn verify(&self, checkpoint_text: &str, cosignature: &Cosignature) -> Result<(), CosignatureError> {
        verify_with(&self.key, checkpoint_text, cosignature)
    }

    /// The line by which this cosigner's signature stands in a note.
    #[must_use]
    pub fn line(&self, cosignature: &Cosignature) -> Signature {
        Signature::of_cosignature(self.name.clone(), &self.key, cosignature)
    }

    /// The time that this cosigner's line in a note states, in seconds; `None` without such a line. Says
    /// nothing of the signature: for notes that were verified when they were taken in.
    #[must_use]
    pub fn time_in(&self, note: &Note) -> Option<u64> {
        let known = self.to_verifier_key();
        let lines = note.signatures().iter().filter(|signature| known.is_named_by(signature));
        lines.filter_map(|line| Some(Cosignature::from_bytes(line.bytes()).ok()?.time_seconds)).max()
    }

    /// This cosigner as a verifier key of type 04.
    #[must_use]
    pub fn to_verifier_key(&self) -> VerifierKey {
        VerifierKey::new(self.name.clone(), SignatureType::CosignatureV1, self.key.clone())
    }
}

pub(super) fn verify_with(
    key: &PublicKey,
    checkpoint_text: &str,
    cosignature: &Cosignature,
) -> Result<(), CosignatureError> {
    check_time(cosignature.time_seconds)?;
    let message = signed_message(checkpoint_text, cosignature.time_seconds);
    key.verify(message.as_bytes(), &cosignature.signature).map_err(|_| CosignatureError::Forged)
}

/// The message of C2SP tlog-cosignature, "Ed25519 signed message". Its first line keeps it apart from
/// everything else that an Ed25519 key of ours may sign.
fn signed_message(checkpoint_text: &str, time_seconds: u64) -> String {
    format!("cosignature/v1\ntime {time_seconds}\n{checkpoint_text}")
}

fn check_time(time_seconds: u64) -> Result<(), CosignatureError> {
    if time_seconds <= MAX_TIME { Ok(()) } else { Err(CosignatureError::Time(time_seconds)) }
}

/// A cosignature that does not hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum CosignatureError {
    /// Wrong number of bytes.
    #[error("a cosignature has {COSIGNATURE_LEN} bytes after the key ID, not {0}")]
    Length(usize),
    /// Past [`MAX_TIME`].
    #[error("the time of a cosignature is below 2^63 seconds, not {0}")]
    Time(u64),
    /// The key did not sign this checkpoint at this time.
    #[error("the cosignature does not verify")]
    Forged,
}

#[cfg(test)]
mod tests;
