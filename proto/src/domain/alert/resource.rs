//! What an alert brings along: images, sounds, documents.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::domain::fault::ValueError;

/// A file that belongs to an info (CAP 1.2, section 3.2.3).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Resource {
    /// What it shows.
    pub resource_desc: String,
    /// Its media type (RFC 2046).
    pub mime_type: String,
    /// Its size in bytes, as the sender gave it; approximate by CAP's own words, so never checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Where it can be fetched. Nothing here ever fetches it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// The file itself (`derefUri`).
    #[serde(default, rename = "derefUri", skip_serializing_if = "Option::is_none")]
    pub embedded: Option<Embedded>,
    /// The sender's SHA-1 of the file in hexadecimal. Carried, never checked and never relied on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// The bytes of an embedded file; in JSON and XML base64 with padding (RFC 4648, section 4).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Embedded(pub Bytes);

impl Embedded {
    /// Reads base64, white space between its characters ignored, as XML wraps it.
    ///
    /// # Errors
    /// When what remains is not base64 with its padding, or its unused bits are not zero.
    pub fn from_base64(text: &str) -> Result<Self, ValueError> {
        let packed: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
        let wrong = |error| ValueError::new(format!("is not base64: {error}"), "base64 with its padding");
        STANDARD.decode(packed).map(|bytes| Self(bytes.into())).map_err(wrong)
    }
}

impl From<Embedded> for String {
    fn from(embedded: Embedded) -> Self {
        STANDARD.encode(embedded.0)
    }
}

impl TryFrom<String> for Embedded {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::from_base64(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapped_base64_is_read_and_broken_base64_is_not() {
        assert_eq!(Embedded::from_base64("aGVs\r\n bG8=").unwrap().0, "hello");
        for bad in ["aGVsbG8", "aGVsbG9=", "a*==", "aGVsbG8=x"] {
            assert!(Embedded::from_base64(bad).is_err(), "{bad}");
        }
    }
}
