//! Generated protobuf types, kept private to this crate's encoders, and the one canonical decoder.

use bytes::Buf;
use prost::Message;
use thiserror::Error;

use crate::envelope::MAX_BODY_BYTES;

#[cfg(test)]
mod evolution;
pub(crate) mod parts;

/// Largest frame of any of our protocols, its length prefix not counted: one body of the largest size
/// with the fields around it.
pub const MAX_FRAME_BYTES: usize = MAX_BODY_BYTES + 4096;

/// Encoded protobuf that is not acceptable.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum WireError {
    /// Not protobuf of this type.
    #[error("not the protobuf message that was expected: {0}")]
    Malformed(String),
    /// Unknown fields, repeated scalars, non-minimal numbers or bytes after the message.
    #[error("not the one canonical encoding of this message")]
    NonCanonical,
}

/// Decodes `bytes` only if they are exactly what encoding the result gives.
///
/// prost alone merges concatenated messages, drops unknown fields and takes non-minimal numbers, so
/// that two different byte strings could be read as one message.
pub(crate) fn decode_canonical<M: Message + Default>(
    bytes: impl Buf + AsRef<[u8]> + Clone,
) -> Result<M, WireError> {
    let message = M::decode(bytes.clone()).map_err(|error| WireError::Malformed(error.to_string()))?;
    let bytes = bytes.as_ref();
    if message.encoded_len() != bytes.len() || message.encode_to_vec() != bytes {
        return Err(WireError::NonCanonical);
    }
    Ok(message)
}

#[allow(
    clippy::all,
    clippy::restriction,
    clippy::pedantic,
    missing_docs,
    unnameable_types,
    unreachable_pub,
    unused_qualifications,
    reason = "generated"
)]
pub(crate) mod pb {
    include!(concat!(env!("OUT_DIR"), "/karakoro.v1.rs"));
}
