//! Payloads by kind: one decoder for both nodes, so that both give the same verdict.

use thiserror::Error;

use crate::domain::ack::Ack;
use crate::domain::alert::{Alert, AlertError};
use crate::envelope::{Header, Kind};

/// The content of a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Payload {
    /// Something happened or is expected at the border.
    Alert(Box<Alert>),
    /// A person has seen a message.
    Ack(Ack),
}

impl Payload {
    /// Reads the payload that `header` announces and checks the rules of its kind.
    pub fn decode(header: &Header, bytes: &[u8]) -> Result<Self, PayloadError> {
        match header.kind {
            Kind::Alert => Alert::decode(bytes).map(Box::new).map(Self::Alert).map_err(Into::into),
            Kind::Ack => Ack::decode(header, bytes).map(Self::Ack),
        }
    }
}

/// A payload that is not taken up.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// Not the one canonical encoding of a payload of this kind.
    #[error("not the one canonical encoding of a payload of this kind")]
    NotCanonical,
    /// A rule of the kind is broken.
    #[error("{path} breaks a rule of its kind")]
    Content {
        /// The field at fault.
        path: String,
    },
}

/// A path in a verdict leaf is at most so long: a leaf carries no content, only where the fault is.
const MAX_PATH: usize = crate::leaf::MAX_PATH_BYTES;

impl From<AlertError> for PayloadError {
    fn from(error: AlertError) -> Self {
        let content = |path: String| Self::Content { path: shortened(path) };
        match error {
            AlertError::Wire(_) => Self::NotCanonical,
            AlertError::Oversize(_) | AlertError::TooManyParts => content("alert".to_owned()),
            AlertError::Field { path, .. } => content(path),
            AlertError::Content(faults) => {
                content(faults.into_iter().next().map_or_else(|| "alert".to_owned(), |(path, _)| path))
            }
        }
    }
}

fn shortened(mut path: String) -> String {
    while path.len() > MAX_PATH {
        path.pop();
    }
    path
}
