//! The entries of an exported log, one bundle in memory at a time.

use std::path::{Path, PathBuf};

use karakoro_proto::leaf::MAX_LEAF_BYTES;
use karakoro_proto::log::tile::{TILE_WIDTH, TileKind, TilePath, decode_entries};

use crate::fault::{Finding, Place};
use crate::files;

/// The longest bundle of leaves: each after its length in two bytes.
const MAX_BUNDLE_LEN: usize = TILE_WIDTH as usize * (2 + MAX_LEAF_BYTES);

/// The bundles of a log of known size, in order. Ends after the first that cannot be read: where the
/// entries behind it belong is then no longer known.
#[derive(Debug)]
pub(crate) struct Bundles {
    log: PathBuf,
    size: u64,
    next: u64,
}

impl Bundles {
    pub(crate) fn new(log: &Path, size: u64) -> Self {
        Self { log: log.to_owned(), size, next: 0 }
    }

    fn path(&self) -> Option<TilePath> {
        let width = (self.size - self.next).min(u64::from(TILE_WIDTH));
        let index = self.next / u64::from(TILE_WIDTH);
        TilePath::new(TileKind::Entries, index, u16::try_from(width).ok()?)
    }
}

impl Iterator for Bundles {
    type Item = Result<Bundle, Finding>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.size {
            return None;
        }
        let path = self.path()?;
        let first = self.next;
        let bundle = Bundle::read(&self.log, path, first);
        self.next = if bundle.is_ok() { first + u64::from(path.width()) } else { self.size };
        Some(bundle)
    }
}

/// Up to 256 entries, with their places.
#[derive(Debug)]
pub(crate) struct Bundle {
    path: TilePath,
    first: u64,
    bytes: Vec<u8>,
}

/// One entry as it is stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) index: u64,
    pub(crate) bytes: &'a [u8],
    bundle: TilePath,
    offset: u64,
}

impl Bundle {
    fn read(log: &Path, path: TilePath, first: u64) -> Result<Self, Finding> {
        let place = || Place::file(path);
        let bytes = files::read(&log.join(path.to_string()), MAX_BUNDLE_LEN)
            .map_err(|fault| Finding::new(place(), fault))?;
        decode_entries(&bytes, path.width()).map_err(|fault| Finding::new(place(), fault))?;
        Ok(Self { path, first, bytes })
    }

    /// The entries in order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        // `read` has decoded these bytes before; slicing them again costs next to nothing.
        let entries = decode_entries(&self.bytes, self.path.width()).unwrap_or_default();
        let mut offset = 0;
        (self.first..).zip(entries).map(move |(index, bytes)| {
            let entry = Entry { index, bytes, bundle: self.path, offset: offset + 2 };
            offset += 2 + bytes.len() as u64;
            entry
        })
    }
}

impl Entry<'_> {
    /// Where the entry stands.
    pub(crate) fn place(&self) -> Place {
        Place::file(self.bundle).at_byte(self.offset).at_entry(self.index)
    }
}
