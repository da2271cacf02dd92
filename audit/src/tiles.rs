//! Stored tiles against the tiles that follow from the entries. Every byte at every level and position
//! is compared: a reader that begins to check behind the first tiles it was given passes altered ones
//! on as authenticated (CVE-2026-56865).
//!
//! When entries and tiles contradict each other, the checkpoint decides which of them was altered: the
//! root over the *stored* leaf hashes is computed as well, and believed only if it is the signed one.

use std::path::{Path, PathBuf};

use karakoro_proto::log::merkle::{Frontier, HASH_LEN, Hash, leaf_hash};
use karakoro_proto::log::tile::{HashTileBuilder, TILE_WIDTH, Tile, TileKind, TilePath};

use crate::entries::Entry;
use crate::fault::{Fault, Finding, Findings, Place};
use crate::files;

/// Recomputes the tree of a log while its entries pass by.
#[derive(Debug)]
pub(crate) struct TreeCheck {
    log: PathBuf,
    builder: HashTileBuilder,
    /// Over the stored leaf hashes, as long as all of them are there.
    stored: Option<Frontier>,
    /// Faults of tiles, if the entries are right.
    tiles: Findings,
    /// Faults of entries, if the stored leaf hashes are right.
    entries: Findings,
}

impl TreeCheck {
    pub(crate) fn new(log: &Path) -> Self {
        Self {
            log: log.to_owned(),
            builder: HashTileBuilder::new(),
            stored: Some(Frontier::new()),
            tiles: Findings::default(),
            entries: Findings::default(),
        }
    }

    /// Takes the next entry.
    pub(crate) fn push(&mut self, entry: &Entry<'_>) {
        for tile in self.builder.push(leaf_hash(entry.bytes)) {
            self.compare(&tile);
        }
    }

    /// Judges tiles and entries under the signed root.
    pub(crate) fn finish(mut self, signed_root: Hash, findings: &Findings) {
        let root = self.builder.root();
        for tile in std::mem::take(&mut self.builder).finish() {
            self.compare(&tile);
        }
        let stored_root = self.stored.map(|frontier| frontier.root());
        let mut reported = self.tiles;
        if root != signed_root {
            let place = Place::file(files::CHECKPOINT);
            findings.add(Finding::new(place, Fault::Root { expected: signed_root, found: root }));
            if stored_root == Some(signed_root) {
                reported = self.entries;
            }
        }
        reported.take().0.into_iter().for_each(|finding| findings.add(finding));
    }

    fn compare(&mut self, tile: &Tile) {
        let place = Place::file(tile.path);
        // One byte more than is right, so that what follows the tile is seen.
        let found = match files::read(&self.log.join(tile.path.to_string()), tile.bytes.len()) {
            Ok(found) => found,
            Err(fault) => {
                self.stored = None;
                return self.tiles.add(Finding::new(place, fault));
            }
        };
        self.compare_hashes(tile, &found);
        if found.len() < tile.bytes.len() {
            self.stored = None;
            let (expected, found) = (tile.bytes.len() as u64, found.len() as u64);
            self.tiles.add(Finding::new(place, Fault::Length { expected, found }));
        }
    }

    fn compare_hashes(&mut self, tile: &Tile, found: &[u8]) {
        let is_leaves = tile.path.kind() == TileKind::Hashes { level: 0 };
        let (right, _) = tile.bytes.as_chunks::<HASH_LEN>();
        let (found, _) = found.as_chunks::<HASH_LEN>();
        for (position, (right, found)) in (0_u64..).zip(right.iter().zip(found)) {
            let (right, found) = (Hash(*right), Hash(*found));
            if is_leaves && let Some(stored) = &mut self.stored {
                stored.push(found);
            }
            if right != found {
                self.add_difference(tile.path, position, right, found);
            }
        }
    }

    /// `right` follows from the entries, `found` is stored; which of them was signed is not yet known.
    fn add_difference(&self, path: TilePath, position: u64, right: Hash, found: Hash) {
        let same = right.0.iter().zip(&found.0).take_while(|(a, b)| a == b).count() as u64;
        let mut place = Place::file(path).at_byte(position * HASH_LEN as u64 + same);
        if path.kind() == (TileKind::Hashes { level: 0 }) {
            let entry = path.index() * u64::from(TILE_WIDTH) + position;
            place = place.at_entry(entry);
            if let Some(bundle) = TilePath::new(TileKind::Entries, path.index(), path.width()) {
                let place = Place::file(bundle).at_entry(entry);
                self.entries.add(Finding::new(place, Fault::Altered { expected: found, found: right }));
            }
        }
        self.tiles.add(Finding::new(place, Fault::Tile { expected: right, found }));
    }
}
