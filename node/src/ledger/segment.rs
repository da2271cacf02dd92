//! Segment files: numbered, append-only, zeroed ahead of the writer.
//!
//! Zeroing ahead lets a sync write data alone, without the file's length, which is a third cheaper on the
//! disks we measured; it also makes the end of what was written plain: a record of length 0.

use std::io;
use std::sync::Arc;

use karakoro_proto::identity::Origin;

use crate::ledger::record::{OVERHEAD, Parsed, Record};
use crate::ledger::storage::File;

/// A segment that has reached this size is closed before the next batch.
pub const SEGMENT_BYTES: u64 = 16 * 1024 * 1024;

/// How far the file is zeroed ahead of the writer.
const ZERO_AHEAD_BYTES: u64 = 1024 * 1024;

/// How much is read at once when records are read in sequence.
const READ_BYTES: usize = 256 * 1024;

/// The name of a segment file: numbers begin with 1.
#[must_use]
pub fn file_name(number: u64) -> String {
    format!("{number:08}.segment")
}

/// The number of a segment file by its name.
#[must_use]
pub fn number_of(name: &str) -> Option<u64> {
    let number = name.strip_suffix(".segment")?.parse().ok()?;
    (file_name(number) == name).then_some(number)
}

/// The segment that is written to.
#[derive(Debug)]
pub struct Writer {
    file: Arc<dyn File>,
    end: u64,
    zeroed: u64,
    /// Up to here a write that failed may have left bytes behind the end.
    stale: u64,
}

impl Writer {
    /// Goes on writing at `end` of a file whose length is all zeroed beyond it.
    pub fn new(file: Arc<dyn File>, end: u64) -> io::Result<Self> {
        let zeroed = file.len()?;
        Ok(Self { file, end, zeroed, stale: end })
    }

    /// Where the next record goes.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Writes `bytes` at the end, without moving it: they count once [`Self::advance`] was called. What an
    /// earlier attempt left behind them is zeroed.
    pub fn stage(&mut self, bytes: &[u8]) -> io::Result<()> {
        let after = self.end + bytes.len() as u64;
        // A reader looks for the length of the next record behind the last one.
        if after + OVERHEAD as u64 > self.zeroed {
            let to = after + ZERO_AHEAD_BYTES;
            let zeros = usize::try_from(to - self.zeroed).map_err(io::Error::other)?;
            self.file.write_at(&vec![0; zeros], self.zeroed)?;
            self.zeroed = to;
        }
        if self.stale <= after {
            self.stale = after;
            return self.file.write_at(bytes, self.end);
        }
        let mut padded = bytes.to_vec();
        padded.resize(usize::try_from(self.stale - self.end).map_err(io::Error::other)?, 0);
        self.file.write_at(&padded, self.end)?;
        self.stale = after;
        Ok(())
    }

    /// Whether an attempt that failed may have left bytes behind the end; staging nothing removes them.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.stale > self.end
    }

    /// Makes everything staged durable.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync()
    }

    /// Counts `bytes` staged bytes as written.
    pub fn advance(&mut self, bytes: usize) {
        self.end += bytes as u64;
    }
}

/// Reads records in sequence.
#[derive(Debug)]
pub struct Reader {
    origin: Origin,
    file: Arc<dyn File>,
    /// Where the next record begins.
    offset: u64,
    /// Nothing from here on is read.
    limit: u64,
    buffer: Vec<u8>,
    /// The place in the file of the buffer's first byte.
    buffered_from: u64,
}

/// What a reader came to.
#[derive(Debug)]
pub enum Next {
    /// A record, which began at this offset.
    Record(u64, Box<Record>),
    /// The end of what was written, or the limit.
    End,
    /// Bytes at this offset that are no sound record.
    Damaged(u64),
}

impl Reader {
    /// Reads from `offset` on, not beyond `limit`.
    #[must_use]
    pub fn new(origin: Origin, file: Arc<dyn File>, offset: u64, limit: u64) -> Self {
        Self { origin, file, offset, limit, buffer: Vec::new(), buffered_from: offset }
    }

    /// Where the next record begins.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The next record.
    pub fn read(&mut self) -> io::Result<Next> {
        let mut wanted = OVERHEAD;
        loop {
            if self.offset + wanted as u64 > self.limit {
                return Ok(self.at_limit(wanted));
            }
            self.fill(wanted)?;
            let start = usize::try_from(self.offset - self.buffered_from).map_err(io::Error::other)?;
            match Record::parse(&self.origin, &self.buffer[start..]) {
                Parsed::Record(record, bytes) => {
                    let began = self.offset;
                    self.offset += bytes as u64;
                    return Ok(Next::Record(began, record));
                }
                Parsed::Incomplete(more) => wanted = more,
                Parsed::End => return Ok(Next::End),
                Parsed::Damaged => return Ok(Next::Damaged(self.offset)),
            }
        }
    }

    /// A record that reaches beyond the limit was cut off there.
    fn at_limit(&self, wanted: usize) -> Next {
        if wanted > OVERHEAD { Next::Damaged(self.offset) } else { Next::End }
    }

    /// Sees to it that the buffer holds at least `wanted` bytes from the offset on.
    fn fill(&mut self, wanted: usize) -> io::Result<()> {
        let buffered_to = self.buffered_from + self.buffer.len() as u64;
        if self.offset + wanted as u64 <= buffered_to {
            return Ok(());
        }
        let available = usize::try_from(self.limit - self.offset).unwrap_or(usize::MAX);
        self.buffer.resize(wanted.max(READ_BYTES).min(available), 0);
        self.buffered_from = self.offset;
        self.file.read_at(&mut self.buffer, self.offset)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::ledger::storage::Storage as _;
    use crate::ledger::storage::sim::{Call, Faultless, Faults, Outcome, SectorFate, SimStorage};
    use crate::ledger::testing::written;

    /// Writes reach the disk and are reported as failed.
    #[derive(Debug)]
    struct Deceiving;

    impl Faults for Deceiving {
        fn next(&mut self, call: Call) -> Outcome {
            match call {
                Call::Write => Outcome::FailsButPersisted(io::ErrorKind::Other),
                _ => Outcome::Works,
            }
        }

        fn sector_at_crash(&mut self) -> SectorFate {
            SectorFate::Kept
        }
    }

    fn record(bytes: usize) -> Vec<u8> {
        let mut record = Vec::new();
        Record::Checkpoint(Bytes::from(vec![b'n'; bytes])).encode_into(&written(), &mut record);
        record
    }

    fn rest(file: &Arc<dyn File>) -> Vec<Next> {
        let mut reader = Reader::new(written(), file.clone(), 0, file.len().unwrap());
        let mut found = Vec::new();
        while !matches!(found.last(), Some(Next::End | Next::Damaged(_))) {
            found.push(reader.read().unwrap());
        }
        found
    }

    #[test]
    fn what_a_failed_write_left_is_gone_behind_the_next_record_or_behind_none() {
        let storage = SimStorage::new(Box::new(Faultless));
        let file = storage.create("segment").unwrap();
        let mut writer = Writer::new(file.clone(), 0).unwrap();
        writer.stage(&record(5)).unwrap();
        writer.advance(record(5).len());
        for next in [Some(record(10)), None] {
            storage.set_faults(Box::new(Deceiving));
            writer.stage(&record(1000)).unwrap_err();
            storage.set_faults(Box::new(Faultless));
            match next {
                Some(next) => {
                    writer.stage(&next).unwrap();
                    writer.advance(next.len());
                }
                None => {
                    assert!(writer.is_stale());
                    writer.stage(&[]).unwrap();
                }
            }
            let found = rest(&file);
            assert!(matches!(found[..], [Next::Record(..), Next::Record(..), Next::End]), "{found:?}");
        }
    }
}
