//! The rows of the index: one ordered space, a prefix byte for each kind, integers big-endian.

use karakoro_proto::accord::AccordId;
use karakoro_proto::domain::ack::AckLevel;
use karakoro_proto::envelope::MessageId;
use karakoro_proto::leaf::{ErasedLeaf, Leaf, VerdictLeaf};
use karakoro_proto::service::ErasedWord;
use karakoro_proto::time::UnixMillis;

use super::{EngineError, Place, Reading, Side};
use crate::ledger::log::Position;

fn side_byte(side: Side) -> u8 {
    match side {
        Side::Own => 0,
        Side::Mirror => 1,
    }
}

fn numbered(prefix: &[u8], number: u64) -> Vec<u8> {
    [prefix, &number.to_be_bytes()].concat()
}

/// Up to where a log was folded.
pub(super) fn applied(side: Side) -> Vec<u8> {
    vec![b'p', side_byte(side)]
}

/// The leaf hash of a log's first entry: its writer's root, by which no two logs are mistaken for each other.
pub(super) fn first_leaf(side: Side) -> Vec<u8> {
    vec![b'h', side_byte(side)]
}

/// A message by its id.
pub(super) fn message(id: MessageId) -> Vec<u8> {
    [b"m", &id.as_bytes()[..]].concat()
}

/// An acknowledgement by the id of what was read, a message of `side`.
pub(super) fn reading(side: Side, id: MessageId) -> Vec<u8> {
    [&[b'a', side_byte(side)], &id.as_bytes()[..]].concat()
}

/// Which entries of a block of a log are messages.
pub(super) fn messages(side: Side, block: u64) -> Vec<u8> {
    numbered(&[b'e', side_byte(side)], block)
}

/// A receipt by its first entry.
pub(super) fn receipt(start: u64) -> Vec<u8> {
    numbered(b"r", start)
}

/// A cosignature by the size that it covers.
pub(super) fn cosigned(side: Side, size: u64) -> Vec<u8> {
    numbered(&[b'c', side_byte(side)], size)
}

/// A verdict on entries of a log, by the first of them.
pub(super) fn verdict(side: Side, first: u64) -> Vec<u8> {
    numbered(&[b'v', side_byte(side)], first)
}

/// The newest size of the opposite log that a log anchors.
pub(super) fn anchored(side: Side) -> Vec<u8> {
    vec![b'n', side_byte(side)]
}

/// An accord that a log anchors, by its number and hash.
pub(super) fn accord(side: Side, id: AccordId) -> Vec<u8> {
    [&[b'k', side_byte(side)][..], &id.version.to_be_bytes(), &id.hash.0].concat()
}

/// What the writer of a log says of the erasure of an entry.
pub(super) fn erased(place: Place, by: Side) -> Vec<u8> {
    numbered(&[b'x', side_byte(place.side), side_byte(by)], place.index)
}

/// What an entry of a log says is erased.
pub(super) fn erasure(by: Side, index: u64) -> Vec<u8> {
    numbered(&[b'y', side_byte(by)], index)
}

pub(super) fn of_erased(index: u64, leaf: ErasedLeaf) -> Vec<u8> {
    [&index.to_be_bytes()[..], &Leaf::Erased(leaf).encode()].concat()
}

pub(super) fn erased_word(value: &[u8]) -> Result<ErasedWord, EngineError> {
    let (said, leaf) = value.split_at_checked(8).unwrap_or_default();
    let leaf = Leaf::erased(leaf).ok_or_else(|| EngineError::unreadable("an erasure that is none"))?;
    Ok(ErasedWord { entry: number(said)?, leaf })
}

pub(super) fn of_number(number: u64) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], EngineError> {
    bytes.try_into().map_err(|_| EngineError::unreadable("a row of another length"))
}

/// The number that a key ends with.
pub(super) fn index(key: &[u8]) -> Result<u64, EngineError> {
    let digits = key.len().checked_sub(8).and_then(|start| key.get(start..));
    number(digits.unwrap_or_default())
}

pub(super) fn number(value: &[u8]) -> Result<u64, EngineError> {
    array(value).map(u64::from_be_bytes)
}

pub(super) fn of_position(position: Position) -> Vec<u8> {
    numbered(&position.segment.to_be_bytes(), position.offset)
}

pub(super) fn position(value: &[u8]) -> Result<Position, EngineError> {
    let (segment, offset) = value.split_at_checked(8).unwrap_or_default();
    Ok(Position { segment: number(segment)?, offset: number(offset)? })
}

pub(super) fn of_place(place: Place) -> Vec<u8> {
    numbered(&[side_byte(place.side)], place.index)
}

pub(super) fn place(value: &[u8]) -> Result<Place, EngineError> {
    let side = match value.first() {
        Some(0) => Side::Own,
        Some(1) => Side::Mirror,
        _ => return Err(EngineError::unreadable("a place in no log")),
    };
    Ok(Place { side, index: index(value)? })
}

pub(super) fn of_range(end: u64, time: UnixMillis) -> Vec<u8> {
    numbered(&end.to_be_bytes(), time.millis())
}

pub(super) fn range(value: &[u8]) -> Result<(u64, UnixMillis), EngineError> {
    let (end, at) = value.split_at_checked(8).unwrap_or_default();
    Ok((number(end)?, time(at)?))
}

pub(super) fn of_time(time: UnixMillis) -> Vec<u8> {
    time.millis().to_be_bytes().to_vec()
}

pub(super) fn time(value: &[u8]) -> Result<UnixMillis, EngineError> {
    UnixMillis::new(number(value)?).ok_or_else(|| EngineError::unreadable("a time out of range"))
}

pub(super) fn of_verdict(verdict: &VerdictLeaf) -> Vec<u8> {
    Leaf::Verdict(verdict.clone()).encode()
}

pub(super) fn verdict_leaf(value: &[u8]) -> Result<VerdictLeaf, EngineError> {
    match Leaf::decode(value) {
        Ok(Leaf::Verdict(verdict)) => Ok(verdict),
        _ => Err(EngineError::unreadable("a verdict that is none")),
    }
}

pub(super) fn to_reading(reading: Reading) -> Vec<u8> {
    let level = match reading.level {
        AckLevel::Displayed => 1,
        AckLevel::Read => 2,
        AckLevel::Accepted => 3,
    };
    numbered(&[level], reading.time.millis())
}

pub(super) fn of_reading(value: &[u8]) -> Result<Reading, EngineError> {
    let level = match value.first() {
        Some(1) => AckLevel::Displayed,
        Some(2) => AckLevel::Read,
        Some(3) => AckLevel::Accepted,
        _ => return Err(EngineError::unreadable("an acknowledgement of no level")),
    };
    Ok(Reading { level, time: time(value.get(1..).unwrap_or_default())? })
}
