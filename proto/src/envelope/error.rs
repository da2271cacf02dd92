//! Why an envelope is not acceptable.

use thiserror::Error;

use crate::key::KeyId;
use crate::wire::WireError;

/// Bytes that are no envelope, or an envelope that does not hold together.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// Ends before its parts do.
    #[error("the body ends before its parts do")]
    Truncated,
    /// Goes on after its parts.
    #[error("{0} bytes after the end of the body")]
    Trailing(usize),
    /// A part larger than its limit.
    #[error("a {what} of {bytes} bytes, where at most {most} are allowed")]
    TooLarge {
        /// Which part.
        what: &'static str,
        /// Its size.
        bytes: usize,
        /// Its limit.
        most: usize,
    },
    /// The header is not the one canonical encoding of a header.
    #[error("header: {0}")]
    Header(#[from] WireError),
    /// A field of the header has no allowed value.
    #[error("header field {field}: {expected}")]
    Field {
        /// Its name in the schema.
        field: &'static str,
        /// What would be right.
        expected: &'static str,
    },
    /// Grounds that are empty or hold what no field of theirs may.
    #[error("header fields {0}: expected values of the schema, or none at all")]
    Grounds(String),
    /// The body is not the one that was committed to.
    #[error("the body does not open the commitment in its leaf")]
    Commitment,
    /// Written for another log or another country.
    #[error("the message was written for another log or another country")]
    Audience,
    /// No author signed.
    #[error("no author's signature")]
    NoAuthor,
    /// One officer cannot stand for two.
    #[error("key {0} signed twice")]
    SignedTwice(KeyId),
    /// Signed by a key that this log has not published.
    #[error("signed by key {0}, which this log has not published for an officer")]
    UnknownKey(KeyId),
    /// A signature that does not verify.
    #[error("the signature of key {0} does not verify")]
    BadSignature(KeyId),
}
