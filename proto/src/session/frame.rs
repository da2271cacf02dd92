//! Frames: what stands between two length prefixes of the link.

use bytes::Bytes;
use prost::Message as _;

use super::MAX_STAGED_ENTRIES;
use crate::accord::{AccordId, Standing};
use crate::error::Malformed;
use crate::log::receipt;
use crate::wire::{MAX_FRAME_BYTES, decode_canonical, parts, pb};

pub(super) use pb::frame::Frame as Wire;
pub(super) use pb::{Bodies, Cosignature, Hello, IndexedBody, Leaves, Receipt};

/// Most leaves or bodies in a frame, and some room: known by counting before memory is set aside for them.
pub const MAX_FRAME_PARTS: usize = 2 * MAX_STAGED_ENTRIES;

/// `Frame.leaves` and `Frame.bodies`: the frames that have lists.
const LISTS: [u64; 2] = [2, 3];

/// One frame, its notes still unread.
#[derive(Debug)]
pub(super) enum Frame {
    Hello(Hello),
    Leaves(Leaves),
    Bodies(Bodies),
    Checkpoint(Bytes),
    Receipt(Receipt),
    Cosignature(Cosignature),
}

impl Frame {
    pub(super) fn encode(self) -> Bytes {
        let frame = match self {
            Self::Hello(hello) => Wire::Hello(hello),
            Self::Leaves(leaves) => Wire::Leaves(leaves),
            Self::Bodies(bodies) => Wire::Bodies(bodies),
            Self::Checkpoint(note) => Wire::Checkpoint(pb::Checkpoint { note }),
            Self::Receipt(receipt) => Wire::Receipt(receipt),
            Self::Cosignature(cosignature) => Wire::Cosignature(cosignature),
        };
        pb::Frame { frame: Some(frame) }.encode_to_vec().into()
    }

    pub(super) fn decode(bytes: Bytes) -> Result<Self, Malformed> {
        if bytes.len() > MAX_FRAME_BYTES {
            return Err(Malformed::FrameTooLarge(bytes.len()));
        }
        let parts = LISTS.map(|list| parts::count(&bytes, &[list])).into_iter().max().unwrap_or_default();
        if parts > MAX_FRAME_PARTS {
            return Err(Malformed::TooManyParts(parts));
        }
        let frame: pb::Frame = decode_canonical(bytes).map_err(Malformed::Frame)?;
        Ok(match frame.frame.ok_or(Malformed::EmptyFrame)? {
            Wire::Hello(hello) => Self::Hello(hello),
            Wire::Leaves(leaves) => Self::Leaves(leaves),
            Wire::Bodies(bodies) => Self::Bodies(bodies),
            Wire::Checkpoint(checkpoint) => Self::Checkpoint(checkpoint.note),
            Wire::Receipt(receipt) => Self::Receipt(receipt),
            Wire::Cosignature(cosignature) => Self::Cosignature(cosignature),
        })
    }
}

impl From<&receipt::Receipt> for Receipt {
    fn from(receipt: &receipt::Receipt) -> Self {
        Self {
            start: receipt.body.start(),
            end: receipt.body.end(),
            root: Bytes::copy_from_slice(receipt.body.subtree_root().as_bytes()),
            time_ms: receipt.body.time().millis(),
            signature: Bytes::copy_from_slice(&receipt.signature),
        }
    }
}

/// The accords that the peer goes by.
pub(super) fn standing(hello: &Hello) -> Result<Standing, Malformed> {
    let read = |wire: &Option<pb::AccordId>, field| {
        let id = |wire| AccordId::from_wire(wire).ok_or(Malformed::Field(field));
        wire.as_ref().map(id).transpose()
    };
    Ok(Standing {
        in_force: read(&hello.accord, "hello.accord")?,
        next: read(&hello.next_accord, "hello.next_accord")?,
    })
}
