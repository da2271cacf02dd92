//! The log as static files (C2SP tlog-tiles v0.1.0): tiles of up to 256 hashes, bundles of up to 256
//! entries, and their paths.
//!
//! Tiles are a by-product of the entries and never evidence. Readers elsewhere have passed tiles on as
//! authenticated that they had not checked (CVE-2026-56865), so [`verify_tiles`] recomputes every tile
//! and bundle from the entries and compares all bytes; the root that it returns owes nothing to a
//! stored hash.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::merkle::{EMPTY_ROOT, Frontier, HASH_LEN, Hash, leaf_hash};
use super::text;

/// How many hashes or entries a full tile or bundle has.
pub const TILE_WIDTH: u16 = 256;

/// The longest entry, in bytes: a bundle states its length in 16 bits.
pub const MAX_ENTRY_LEN: usize = u16::MAX as usize;

const MAX_LEVEL: u8 = 63;
const FULL_TILE_LEN: usize = TILE_WIDTH as usize * HASH_LEN;

/// What a tile holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum TileKind {
    /// Entries, each after its length as u16 big-endian.
    Entries,
    /// Hashes of subtrees of 256^level entries.
    Hashes {
        /// From 0 (leaf hashes) to 63.
        level: u8,
    },
}

/// The path of a tile below the log's folder: `tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TilePath {
    kind: TileKind,
    index: u64,
    width: u16,
}

impl TilePath {
    /// The `index`-th tile of its kind with `width` hashes or entries; `None` unless the level is at
    /// most 63 and the width 1 to 256.
    #[must_use]
    pub fn new(kind: TileKind, index: u64, width: u16) -> Option<Self> {
        let level_fits = !matches!(kind, TileKind::Hashes { level } if level > MAX_LEVEL);
        (level_fits && (1..=TILE_WIDTH).contains(&width)).then_some(Self { kind, index, width })
    }

    /// What the tile holds.
    #[must_use]
    pub fn kind(&self) -> TileKind {
        self.kind
    }

    /// The place among the tiles of its kind, from 0.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.index
    }

    /// How many hashes or entries the tile has, from 1 to 256.
    #[must_use]
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Whether the tile has fewer than 256, so that it may still be replaced.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.width < TILE_WIDTH
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Entries => f.write_str("tile/entries/")?,
            TileKind::Hashes { level } => write!(f, "tile/{level}/")?,
        }
        // Seven groups of three digits hold any u64; the leading empty ones are left out.
        for exponent in (1..7).rev() {
            let group = self.index / 1000_u64.pow(exponent);
            if group > 0 {
                write!(f, "x{:03}/", group % 1000)?;
            }
        }
        write!(f, "{:03}", self.index % 1000)?;
        if self.is_partial() { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

impl FromStr for TilePath {
    type Err = TilePathError;

    fn from_str(path: &str) -> Result<Self, TilePathError> {
        let refused = || TilePathError(path.to_owned());
        let parsed = parse_path(path).ok_or_else(refused)?;
        // One spelling only: whatever parses must print as it came.
        if parsed.to_string() == path { Ok(parsed) } else { Err(refused()) }
    }
}

fn parse_path(path: &str) -> Option<TilePath> {
    let (kind, rest) = path.strip_prefix("tile/")?.split_once('/')?;
    let kind = match kind {
        "entries" => TileKind::Entries,
        level => TileKind::Hashes { level: text::decimal(level)?.try_into().ok()? },
    };
    let (groups, width) = match rest.split_once(".p/") {
        Some((groups, width)) => (groups, text::decimal(width)?.try_into().ok()?),
        None => (rest, TILE_WIDTH),
    };
    TilePath::new(kind, parse_index(groups)?, width)
}

fn parse_index(groups: &str) -> Option<u64> {
    groups.split('/').try_fold(0_u64, |index, group| {
        let digits = group.strip_prefix('x').unwrap_or(group);
        let is_group = digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit());
        let value = if is_group { digits.parse().ok()? } else { return None };
        index.checked_mul(1000)?.checked_add(value)
    })
}

/// A text that is no path of a tile.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("`{0}` is not a tile's path, such as tile/0/x001/x234/067 or tile/entries/005.p/17")]
pub struct TilePathError(String);

/// Every tile and bundle that a log of this size has, the partial ones with their widths.
pub fn tiles_for_size(size: u64) -> impl Iterator<Item = TilePath> {
    let levels = (0..8_u8).map(move |level| (TileKind::Hashes { level }, size >> (8 * u32::from(level))));
    std::iter::once((TileKind::Entries, size)).chain(levels).flat_map(|(kind, count)| {
        let width = u64::from(TILE_WIDTH);
        let full = (0..count / width).map(move |index| TilePath { kind, index, width: TILE_WIDTH });
        let rest = u16::try_from(count % width).expect("below 256");
        full.chain((rest > 0).then_some(TilePath { kind, index: count / width, width: rest }))
    })
}

/// The bytes of a bundle: each entry after its length as u16 big-endian.
pub fn encode_entries<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, EntryTooLong> {
    let mut bundle = Vec::new();
    entries.into_iter().try_for_each(|entry| append_entry(&mut bundle, entry))?;
    Ok(bundle)
}

fn append_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), EntryTooLong> {
    let len = u16::try_from(entry.len()).map_err(|_| EntryTooLong(entry.len()))?;
    bundle.extend_from_slice(&len.to_be_bytes());
    bundle.extend_from_slice(entry);
    Ok(())
}

/// An entry that no bundle can hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("an entry has at most {MAX_ENTRY_LEN} bytes, not {0}")]
pub struct EntryTooLong(pub usize);

/// The entries of a bundle, which must be as many as its path says.
pub fn decode_entries(bundle: &[u8], width: u16) -> Result<Vec<&[u8]>, BundleError> {
    let mut entries = Vec::new();
    let mut rest = bundle;
    while let Some((entry, after)) = split_entry(rest)? {
        if entries.len() == usize::from(width) {
            return Err(BundleError::Width { expected: width });
        }
        entries.push(entry);
        rest = after;
    }
    if entries.len() == usize::from(width) {
        Ok(entries)
    } else {
        Err(BundleError::Width { expected: width })
    }
}

type EntryAndRest<'a> = (&'a [u8], &'a [u8]);

fn split_entry(bundle: &[u8]) -> Result<Option<EntryAndRest<'_>>, BundleError> {
    if bundle.is_empty() {
        return Ok(None);
    }
    let (len, rest) = bundle.split_first_chunk().ok_or(BundleError::Truncated)?;
    let len = usize::from(u16::from_be_bytes(*len));
    rest.split_at_checked(len).map(Some).ok_or(BundleError::Truncated)
}

/// Bytes that are no bundle of entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum BundleError {
    /// The last entry, or its length, is cut off.
    #[error("the bundle ends within an entry")]
    Truncated,
    /// Not as many entries as the path says.
    #[error("the bundle does not hold exactly {expected} entries")]
    Width {
        /// How many the path says.
        expected: u16,
    },
}

/// A tile with its content, computed from entries.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tile {
    /// Where it is stored.
    pub path: TilePath,
    /// What is stored there.
    pub bytes: Vec<u8>,
}

impl Tile {
    /// Compares with what was found in its place.
    pub fn check(&self, found: Option<&[u8]>) -> Result<(), TileFault> {
        let path = self.path;
        let found = found.ok_or(TileFault::Missing(path))?;
        if let Some(offset) = self.bytes.iter().zip(found).position(|(ours, theirs)| ours != theirs) {
            return Err(TileFault::Content { path, offset });
        }
        let expected = self.bytes.len();
        if found.len() == expected {
            Ok(())
        } else {
            Err(TileFault::Length { path, expected, found: found.len() })
        }
    }
}

/// A stored tile that does not follow from the entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum TileFault {
    /// Not there.
    #[error("{0} is missing")]
    Missing(TilePath),
    /// Cut off, or with something behind it.
    #[error("{path} has {found} bytes instead of {expected}")]
    Length {
        /// Which tile.
        path: TilePath,
        /// How long it must be.
        expected: usize,
        /// How long it is.
        found: usize,
    },
    /// Other bytes.
    #[error("{path} differs at byte {offset} from what the entries hash to")]
    Content {
        /// Which tile.
        path: TilePath,
        /// The first byte that differs.
        offset: usize,
    },
    /// An entry that no bundle can hold.
    #[error(transparent)]
    Entry(#[from] EntryTooLong),
}

/// Renders tiles of hashes in one pass over the leaf hashes, with one open tile per level in memory.
#[derive(Clone, Debug, Default)]
pub struct HashTileBuilder {
    levels: Vec<OpenTile>,
}

/// The tile of a level that is still growing.
#[derive(Clone, Debug, Default)]
struct OpenTile {
    index: u64,
    hashes: Vec<u8>,
    // Over the same hashes, so that the full tile's root costs no second pass.
    frontier: Frontier,
}

impl HashTileBuilder {
    /// For an empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next leaf hash and returns the tiles that it completes, the lowest level first.
    pub fn push(&mut self, leaf: Hash) -> Vec<Tile> {
        // Allocates only once a tile is full.
        let mut complete = Vec::new();
        let mut hash = leaf;
        for level in 0..=MAX_LEVEL {
            let Some(tile) = self.open_tile(level).push(level, hash) else { break };
            hash = tile.root;
            complete.push(tile.tile);
        }
        complete
    }

    fn open_tile(&mut self, level: u8) -> &mut OpenTile {
        let level = usize::from(level);
        if level == self.levels.len() {
            self.levels.push(OpenTile::default());
        }
        &mut self.levels[level]
    }

    /// The root over all leaf hashes so far: each level's subtrees stand to the left of those below.
    #[must_use]
    pub fn root(&self) -> Hash {
        let root = self.levels.iter().fold(None, |right, level| level.frontier.fold_onto(right));
        root.unwrap_or(EMPTY_ROOT)
    }

    /// The partial tiles at the right edge, the lowest level first.
    #[must_use]
    pub fn finish(self) -> Vec<Tile> {
        (0..).zip(self.levels).filter_map(|(level, open)| open.into_tile(level)).collect()
    }
}

struct FullTile {
    tile: Tile,
    root: Hash,
}

impl OpenTile {
    fn push(&mut self, level: u8, hash: Hash) -> Option<FullTile> {
        if self.hashes.capacity() == 0 {
            self.hashes.reserve_exact(FULL_TILE_LEN);
        }
        self.hashes.extend_from_slice(&hash.0);
        self.frontier.push(hash);
        if self.hashes.len() < FULL_TILE_LEN {
            return None;
        }
        let next = Self { index: self.index + 1, ..Self::default() };
        let full = std::mem::replace(self, next);
        let root = full.frontier.root();
        full.into_tile(level).map(|tile| FullTile { tile, root })
    }

    /// `None` for an empty tile, which is never stored.
    fn into_tile(self, level: u8) -> Option<Tile> {
        let width = u16::try_from(self.hashes.len() / HASH_LEN).ok()?;
        let path = TilePath::new(TileKind::Hashes { level }, self.index, width)?;
        Some(Tile { path, bytes: self.hashes })
    }
}

/// Renders bundles and tiles in one pass over the entries.
#[derive(Clone, Debug, Default)]
pub struct TileBuilder {
    hashes: HashTileBuilder,
    bundle: Vec<u8>,
    size: u64,
}

impl TileBuilder {
    /// For an empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next entry and returns what it completes: the bundle first, then the tiles from the
    /// lowest level upwards.
    pub fn push(&mut self, entry: &[u8]) -> Result<Vec<Tile>, EntryTooLong> {
        append_entry(&mut self.bundle, entry)?;
        self.size += 1;
        let mut complete = self.hashes.push(leaf_hash(entry));
        if self.size.is_multiple_of(u64::from(TILE_WIDTH)) {
            complete.splice(..0, self.take_bundle(self.size - 1));
        }
        Ok(complete)
    }

    /// How many entries came.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over all entries so far.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.hashes.root()
    }

    /// The partial bundle and tiles at the right edge.
    #[must_use]
    pub fn finish(mut self) -> Vec<Tile> {
        let partial = !self.size.is_multiple_of(u64::from(TILE_WIDTH));
        let bundle = if partial { self.take_bundle(self.size - 1) } else { None };
        bundle.into_iter().chain(self.hashes.finish()).collect()
    }

    fn take_bundle(&mut self, last_entry: u64) -> Option<Tile> {
        let width = u64::from(TILE_WIDTH);
        let entries = u16::try_from(last_entry % width + 1).ok()?;
        let path = TilePath::new(TileKind::Entries, last_entry / width, entries)?;
        Some(Tile { path, bytes: std::mem::take(&mut self.bundle) })
    }
}

/// What the entries of a log come to, by recomputation alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recomputed {
    /// How many entries there were.
    pub size: u64,
    /// The root over them, to be compared with a checkpoint's.
    pub root: Hash,
}

/// Recomputes every bundle, every tile and the root from the entries, and compares each byte of each
/// tile with what `read` returns for its path (`None`: not there). Stops at the first fault.
pub fn verify_tiles<E: AsRef<[u8]>>(
    entries: impl IntoIterator<Item = E>,
    mut read: impl FnMut(&TilePath) -> Option<Vec<u8>>,
) -> Result<Recomputed, TileFault> {
    let mut check = |tile: &Tile| tile.check(read(&tile.path).as_deref());
    let mut builder = TileBuilder::new();
    for entry in entries {
        builder.push(entry.as_ref())?.iter().try_for_each(&mut check)?;
    }
    let recomputed = Recomputed { size: builder.size(), root: builder.root() };
    builder.finish().iter().try_for_each(check)?;
    Ok(recomputed)
}

#[cfg(test)]
mod tests;
