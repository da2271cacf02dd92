//! Records: what segment files are made of.
//!
//! ```text
//! length  u32   of the content; 0 marks the end of what was written
//! type    u8
//! content
//! check   u32   CRC-32C (RFC 3720) over length, type and content; of a sealed entry, up to the end of its leaf
//! ```
//!
//! Integers are big-endian. Types and their contents:
//!
//! | type | name | content |
//! | --- | --- | --- |
//! | 1 | segment | magic `KARAKORO`, format `u16` = 2, entries before it `u64`, origin length `u8`, origin, frontier |
//! | 2 | entry | index `u64`, leaf length `u16`, leaf |
//! | 3 | checkpoint | the note signed for the entries before it |
//! | 4 | receipt | start `u64`, end `u64`, root `[32]`, time `u64` ms, signature `[64]`: the peer's, for entries of ours |
//! | 5 | cosigned | a note of ours with the peer's cosignature |
//! | 6 | sealed entry | index `u64`, leaf length `u16`, leaf, body key `[32]`, sealed body, check `u32` over key and body |
//! | 7 | unread entry | index `u64`, leaf length `u16`, leaf, the erased entry that stands for its body `u64` |
//!
//! # Erasure
//!
//! Key, body and their check are overwritten by zeros, in place. The record's own check does not cover them: so
//! whatever a crash leaves of the overwriting, the entry is sound, and its body is whole, gone, or torn.

use bytes::Bytes;
use karakoro_proto::identity::Origin;
use karakoro_proto::log::merkle::{Frontier, Hash};
use karakoro_proto::log::receipt::{Receipt, ReceiptBody};
use karakoro_proto::time::UnixMillis;
use zeroize::Zeroizing;

use crate::ledger::seal::SealedBody;

/// Version of the format of segment files.
pub const FORMAT: u16 = 2;

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
const SEALED_ENTRY: u8 = 6;
const UNREAD_ENTRY: u8 = 7;

const KEY_BYTES: usize = 32;
const CHECK_BYTES: usize = 4;

/// Bytes of a record before its content: length and type.
const PREFIX_BYTES: usize = 5;

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
    /// What lies beside it.
    pub body: StoredBody,
}

/// What lies beside a leaf at rest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StoredBody {
    /// Nothing: no message.
    Nothing,
    /// The body of a message.
    Sealed(SealedBody),
    /// Zeros, where key, body and check were: so many bytes.
    Destroyed(usize),
    /// Neither a body nor zeros, in so many bytes: damaged, or being destroyed.
    Torn(usize),
    /// Never came: the writer had destroyed it.
    Unread {
        /// The entry of the same log that says so.
        by: u64,
    },
}

impl StoredBody {
    /// Whether there is nothing left to destroy.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        !matches!(self, Self::Sealed(_) | Self::Torn(_))
    }

    /// Reads key, body and check.
    fn of_bytes(bytes: &Bytes) -> Self {
        let (body, check) = bytes.split_at(bytes.len() - CHECK_BYTES);
        // A key is random: only a destroyed one is zero, and then the rest is looked at.
        if body[..KEY_BYTES] == [0; KEY_BYTES] && bytes.iter().all(|byte| *byte == 0) {
            return Self::Destroyed(bytes.len());
        }
        if crc32c::crc32c(body).to_be_bytes() != check {
            return Self::Torn(bytes.len());
        }
        let key = Zeroizing::new(body[..KEY_BYTES].try_into().expect("32 bytes"));
        Self::Sealed(SealedBody { key, ciphertext: bytes.slice(KEY_BYTES..body.len()) })
    }

    fn encode_into(&self, out: &mut Vec<u8>) {
        match self {
            Self::Nothing => {}
            Self::Sealed(body) => {
                let start = out.len();
                out.extend_from_slice(&*body.key);
                out.extend_from_slice(&body.ciphertext);
                let check = crc32c::crc32c(&out[start..]);
                out.extend_from_slice(&check.to_be_bytes());
            }
            Self::Destroyed(bytes) | Self::Torn(bytes) => out.resize(out.len() + bytes, 0),
            Self::Unread { by } => out.extend_from_slice(&by.to_be_bytes()),
        }
    }
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
                out.push(entry.kind());
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
        let content = out.len() - start - PREFIX_BYTES;
        assert!(content > 0, "a record without content would read as the end of the log");
        let length = u32::try_from(content).expect("contents are bounded by MAX_CONTENT_BYTES");
        out[start..start + 4].copy_from_slice(&length.to_be_bytes());
        let checked = checked_bytes(&out[start..]).expect("this record was just made");
        let check = crc32c::crc32c(&out[start..start + checked]);
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
        let (record, check) = bytes.split_at(whole - CHECK_BYTES);
        let sound =
            checked_bytes(record).is_some_and(|end| crc32c::crc32c(&record[..end]).to_be_bytes() == check);
        if !sound {
            return Parsed::Damaged;
        }
        let content = Bytes::copy_from_slice(&record[PREFIX_BYTES..]);
        Self::decode(origin, record[4], content)
            .map_or(Parsed::Damaged, |record| Parsed::Record(Box::new(record), whole))
    }

    fn decode(origin: &Origin, kind: u8, content: Bytes) -> Option<Self> {
        Some(match kind {
            SEGMENT => Self::Segment(SegmentStart::decode(&content)?),
            ENTRY | SEALED_ENTRY | UNREAD_ENTRY => Self::Entry(StoredEntry::decode(kind, content)?),
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

/// How much of a record, which is here up to the end of its content, its check covers. `None` where it has no
/// room for what its kind must have.
fn checked_bytes(record: &[u8]) -> Option<usize> {
    if record.get(4) != Some(&SEALED_ENTRY) {
        return Some(record.len());
    }
    let (_, rest) = record.split_at_checked(PREFIX_BYTES + 8)?;
    let leaf = usize::from(u16::from_be_bytes(*rest.first_chunk()?));
    let end = PREFIX_BYTES + 10 + leaf;
    (record.len() > end + KEY_BYTES + CHECK_BYTES).then_some(end)
}

impl StoredEntry {
    /// Where key, body and check of this entry stand, from the beginning of its record; empty if it has none.
    #[must_use]
    pub fn body_range(&self) -> std::ops::Range<u64> {
        let start = (PREFIX_BYTES + 10 + self.leaf.len()) as u64;
        let bytes = match &self.body {
            StoredBody::Nothing | StoredBody::Unread { .. } => 0,
            StoredBody::Sealed(body) => KEY_BYTES + body.ciphertext.len() + CHECK_BYTES,
            StoredBody::Destroyed(bytes) | StoredBody::Torn(bytes) => *bytes,
        };
        start..start + bytes as u64
    }

    fn kind(&self) -> u8 {
        match &self.body {
            StoredBody::Nothing => ENTRY,
            StoredBody::Sealed(_) | StoredBody::Destroyed(_) | StoredBody::Torn(_) => SEALED_ENTRY,
            StoredBody::Unread { .. } => UNREAD_ENTRY,
        }
    }

    fn encode_into(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.index.to_be_bytes());
        let length = u16::try_from(self.leaf.len()).expect("MAX_LEAF_BYTES fits");
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&self.leaf);
        self.body.encode_into(out);
    }

    fn decode(kind: u8, mut content: Bytes) -> Option<Self> {
        if content.len() < 10 {
            return None;
        }
        let index = u64::from_be_bytes(content.split_to(8)[..].try_into().ok()?);
        let length = usize::from(u16::from_be_bytes(content.split_to(2)[..].try_into().ok()?));
        if content.len() < length {
            return None;
        }
        let leaf = content.split_to(length);
        let body = match kind {
            ENTRY if content.is_empty() => StoredBody::Nothing,
            SEALED_ENTRY if content.len() > KEY_BYTES + CHECK_BYTES => StoredBody::of_bytes(&content),
            UNREAD_ENTRY => StoredBody::Unread { by: u64::from_be_bytes(content[..].try_into().ok()?) },
            _ => return None,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::testing::written;

    fn sealed() -> Record {
        let body = SealedBody { key: Zeroizing::new([9; 32]), ciphertext: Bytes::from_static(b"ciphertext") };
        let leaf = Bytes::from_static(b"\x01\x01leaf");
        Record::Entry(StoredEntry { index: 3, leaf, body: StoredBody::Sealed(body) })
    }

    fn parsed(bytes: &[u8]) -> StoredEntry {
        match Record::parse(&written(), bytes) {
            Parsed::Record(record, whole) => match *record {
                Record::Entry(entry) if whole == bytes.len() => entry,
                other => unreachable!("{other:?}"),
            },
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn whatever_part_of_a_body_was_overwritten_its_entry_is_sound() {
        let mut bytes = Vec::new();
        sealed().encode_into(&written(), &mut bytes);
        let whole = parsed(&bytes);
        assert_eq!(Record::Entry(whole.clone()), sealed());
        let range = whole.body_range();
        let (start, end) = (usize::try_from(range.start).unwrap(), usize::try_from(range.end).unwrap());
        for upto in start + 1..=end {
            bytes[upto - 1] = 0;
            let entry = parsed(&bytes);
            assert_eq!((entry.index, &entry.leaf), (whole.index, &whole.leaf));
            assert_eq!(entry.body_range(), range);
            match entry.body {
                StoredBody::Destroyed(length) => assert_eq!((upto, length), (end, end - start)),
                StoredBody::Torn(length) => assert_eq!(length, end - start),
                other => unreachable!("{other:?} after {upto}"),
            }
        }
        let mut again = Vec::new();
        Record::Entry(parsed(&bytes)).encode_into(&written(), &mut again);
        assert_eq!(again, bytes, "a destroyed entry is written as it stands");
    }

    #[test]
    fn a_flipped_bit_is_found_wherever_it_stands() {
        let mut sound = Vec::new();
        sealed().encode_into(&written(), &mut sound);
        for at in 0..sound.len() {
            let mut bytes = sound.clone();
            bytes[at] ^= 1;
            let found = match Record::parse(&written(), &bytes) {
                Parsed::Record(record, _) => {
                    matches!(*record, Record::Entry(StoredEntry { body: StoredBody::Torn(_), .. }))
                }
                _ => true,
            };
            assert!(found, "byte {at}");
        }
    }
}
