//! Records: what segment files are made of.
//!
//! ```text
//! length  u32   of the content; 0 marks the end of what was written
//! type    u8
//! content
//! check   u32   CRC-32C (RFC 3720) over length, type and content
//! ```
//!
//! Integers are big-endian. Types and their contents:
//!
//! | type | name | content |
//! | --- | --- | --- |
//! | 1 | segment | magic `KARAKORO`, format `u16` = 1, entries before it `u64`, origin length `u8`, origin, frontier |
//! | 2 | entry | index `u64`, leaf length `u16`, leaf, then nothing or body key `[32]` and sealed body |
//! | 3 | checkpoint | the note signed for the entries before it |
//! | 4 | receipt | start `u64`, end `u64`, root `[32]`, time `u64` ms, signature `[64]`: the peer's, for entries of ours |
//! | 5 | cosigned | a note of ours with the peer's cosignature |

use bytes::Bytes;
use karakoro_proto::identity::Origin;
use karakoro_proto::log::merkle::{Frontier, Hash};
use karakoro_proto::log::receipt::{Receipt, ReceiptBody};
use karakoro_proto::time::UnixMillis;
use zeroize::Zeroizing;

use crate::ledger::seal::SealedBody;

/// Version of the format of segment files.
pub const FORMAT: u16 = 1;

/// Bytes around a record's content.
pub const OVERHEAD: usize = 9;

/// Largest content of a record: an entry with the largest leaf and body.
pub const MAX_CONTENT_BYTES: usize =
    karakoro_proto::leaf::MAX_LEAF_BYTES + karakoro_proto::envelope::MAX_BODY_BYTES + 128;

const MAGIC: &[u8; 8] = b"KARAKORO";
const SEGMENT: u8 = 1;
const ENTRY: u8 = 2;
const CHECKPOINT: u8 = 3;
const RECEIPT: u8 = 4;
const COSIGNED: u8 = 5;

/// One record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Record {
    /// The first of every segment.
    Segment(SegmentStart),
    /// An entry of the log.
    Entry(StoredEntry),
    /// The note signed when the log had the entries before this record.
    Checkpoint(Bytes),
    /// The peer's receipt for entries of ours.
    Receipt(Receipt),
    /// A note of ours that the peer cosigned.
    Cosigned(Bytes),
}

/// What a segment continues.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SegmentStart {
    /// The log it belongs to.
    pub origin: Origin,
    /// The tree of all entries before it.
    pub frontier: Frontier,
}

/// An entry at rest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredEntry {
    /// Its index in the log.
    pub index: u64,
    /// The leaf's exact bytes.
    pub leaf: Bytes,
    /// The body, for messages.
    pub body: Option<SealedBody>,
}

/// What the bytes at some place are.
#[derive(Debug)]
pub enum Parsed {
    /// A sound record and how many bytes it occupies.
    Record(Box<Record>, usize),
    /// A sound frame needs so many bytes in all.
    Incomplete(usize),
    /// Nothing was written here.
    End,
    /// Not a sound record.
    Damaged,
}

impl Record {
    /// Appends the record.
    pub fn encode_into(&self, origin: &Origin, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        match self {
            Self::Segment(segment) => {
                out.push(SEGMENT);
                segment.encode_into(out);
            }
            Self::Entry(entry) => {
                out.push(ENTRY);
                entry.encode_into(out);
            }
            Self::Checkpoint(note) => {
                out.push(CHECKPOINT);
                out.extend_from_slice(note);
            }
            Self::Receipt(receipt) => {
                debug_assert_eq!(receipt.body.origin(), *origin);
                out.push(RECEIPT);
                encode_receipt(receipt, out);
            }
            Self::Cosigned(note) => {
                out.push(COSIGNED);
                out.extend_from_slice(note);
            }
        }
        let content = out.len() - start - 5;
        assert!(content > 0, "a record without content would read as the end of the log");
        let length = u32::try_from(content).expect("contents are bounded by MAX_CONTENT_BYTES");
        out[start..start + 4].copy_from_slice(&length.to_be_bytes());
        let check = crc32c::crc32c(&out[start..]);
        out.extend_from_slice(&check.to_be_bytes());
    }

    /// Reads the record at the beginning of `bytes`, a record of the log `origin`.
    #[must_use]
    pub fn parse(origin: &Origin, bytes: &[u8]) -> Parsed {
        let Some((prefix, _)) = bytes.split_first_chunk::<4>() else {
            return Parsed::Incomplete(OVERHEAD);
        };
        let length = u32::from_be_bytes(*prefix) as usize;
        match length {
            0 => return Parsed::End,
            1..=MAX_CONTENT_BYTES => {}
            _ => return Parsed::Damaged,
        }
        let whole = length + OVERHEAD;
        let Some(bytes) = bytes.get(..whole) else { return Parsed::Incomplete(whole) };
        let (checked, check) = bytes.split_at(whole - 4);
        if crc32c::crc32c(checked).to_be_bytes() != check {
            return Parsed::Damaged;
        }
        let content = Bytes::copy_from_slice(&checked[5..]);
        Self::decode(origin, checked[4], content)
            .map_or(Parsed::Damaged, |record| Parsed::Record(Box::new(record), whole))
    }

    fn decode(origin: &Origin, kind: u8, content: Bytes) -> Option<Self> {
        Some(match kind {
            SEGMENT => Self::Segment(SegmentStart::decode(&content)?),
            ENTRY => Self::Entry(StoredEntry::decode(content)?),
            CHECKPOINT => Self::Checkpoint(content),
            RECEIPT => Self::Receipt(decode_receipt(origin, &content)?),
            COSIGNED => Self::Cosigned(content),
            _ => return None,
        })
    }
}

impl SegmentStart {
    fn encode_into(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&FORMAT.to_be_bytes());
        out.extend_from_slice(&self.frontier.size().to_be_bytes());
        let origin = self.origin.to_string();
        out.push(u8::try_from(origin.len()).expect("an origin is short"));
        out.extend_from_slice(origin.as_bytes());
        out.extend_from_slice(&self.frontier.to_bytes());
    }

    fn decode(content: &[u8]) -> Option<Self> {
        let rest = content.strip_prefix(MAGIC)?;
        let (format, rest) = rest.split_first_chunk::<2>()?;
        let (before, rest) = rest.split_first_chunk::<8>()?;
        let (length, rest) = rest.split_first()?;
        let (origin, frontier) = rest.split_at_checked(usize::from(*length))?;
        let frontier = Frontier::from_bytes(frontier).ok()?;
        let sound = u16::from_be_bytes(*format) == FORMAT && u64::from_be_bytes(*before) == frontier.size();
        let origin = std::str::from_utf8(origin).ok()?.parse().ok()?;
        sound.then_some(Self { origin, frontier })
    }
}

impl StoredEntry {
    fn encode_into(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.index.to_be_bytes());
        let length = u16::try_from(self.leaf.len()).expect("MAX_LEAF_BYTES fits");
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&self.leaf);
        if let Some(body) = &self.body {
            out.extend_from_slice(&*body.key);
            out.extend_from_slice(&body.ciphertext);
        }
    }

    fn decode(mut content: Bytes) -> Option<Self> {
        if content.len() < 10 {
            return None;
        }
        let index = u64::from_be_bytes(content.split_to(8)[..].try_into().ok()?);
        let length = usize::from(u16::from_be_bytes(content.split_to(2)[..].try_into().ok()?));
        if content.len() < length {
            return None;
        }
        let leaf = content.split_to(length);
        let body = match content.len() {
            0 => None,
            1..32 => return None,
            _ => {
                let key = Zeroizing::new(content.split_to(32)[..].try_into().ok()?);
                Some(SealedBody { key, ciphertext: content })
            }
        };
        Some(Self { index, leaf, body })
    }
}

fn encode_receipt(receipt: &Receipt, out: &mut Vec<u8>) {
    out.extend_from_slice(&receipt.body.start().to_be_bytes());
    out.extend_from_slice(&receipt.body.end().to_be_bytes());
    out.extend_from_slice(receipt.body.subtree_root().as_bytes());
    out.extend_from_slice(&receipt.body.time().millis().to_be_bytes());
    out.extend_from_slice(&receipt.signature);
}

fn decode_receipt(origin: &Origin, content: &[u8]) -> Option<Receipt> {
    let (start, rest) = content.split_first_chunk::<8>()?;
    let (end, rest) = rest.split_first_chunk::<8>()?;
    let (root, rest) = rest.split_first_chunk::<32>()?;
    let (time, rest) = rest.split_first_chunk::<8>()?;
    let (start, end) = (u64::from_be_bytes(*start), u64::from_be_bytes(*end));
    let time = UnixMillis::new(u64::from_be_bytes(*time))?;
    let body = ReceiptBody::new(*origin, start, end, Hash(*root), time).ok()?;
    Some(Receipt { body, signature: rest.try_into().ok()? })
}
