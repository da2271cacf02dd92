use std::collections::{BTreeMap, BTreeSet};

use super::super::testing::{checkpoint, entry, leaf_hashes, rfc_root};
use super::*;

type Store = BTreeMap<TilePath, Vec<u8>>;

fn entries(size: u64) -> impl Iterator<Item = Vec<u8>> {
    (0..size).map(entry)
}

fn render(size: u64) -> (Store, Hash) {
    let mut builder = TileBuilder::new();
    let mut tiles = Vec::new();
    for entry in entries(size) {
        tiles.extend(builder.push(&entry).unwrap());
    }
    let root = builder.root();
    tiles.extend(builder.finish());
    let count = tiles.len();
    let store: Store = tiles.into_iter().map(|tile| (tile.path, tile.bytes)).collect();
    assert_eq!(store.len(), count, "a tile was written twice");
    (store, root)
}

fn verify(size: u64, store: &Store) -> Result<Recomputed, TileFault> {
    verify_tiles(entries(size), |path| store.get(path).cloned())
}

fn path(kind: TileKind, index: u64, width: u16) -> TilePath {
    TilePath::new(kind, index, width).unwrap()
}

fn hashes(level: u8, index: u64, width: u16) -> TilePath {
    path(TileKind::Hashes { level }, index, width)
}

#[test]
fn paths_print_as_they_parse() {
    for (expected, path) in [
        ("tile/0/000", hashes(0, 0, 256)),
        ("tile/63/x001/x234/067", hashes(63, 1_234_067, 256)),
        ("tile/1/999.p/1", hashes(1, 999, 1)),
        ("tile/1/x001/000.p/255", hashes(1, 1000, 255)),
        ("tile/entries/005.p/17", path(TileKind::Entries, 5, 17)),
        ("tile/entries/x001/x000/000", path(TileKind::Entries, 1_000_000, 256)),
        ("tile/0/x018/x446/x744/x073/x709/x551/615", hashes(0, u64::MAX, 256)),
    ] {
        assert_eq!(path.to_string(), expected);
        assert_eq!(expected.parse(), Ok(path));
    }
}

#[test]
fn a_path_has_one_spelling() {
    for bad in [
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "/tile/0/000",
        "tile/0/000/",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/data/000",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/x000",
        "tile/0/x000/001",
        "tile/0/001/001",
        "tile/0/x001/x001",
        "tile/0/X001/001",
        "tile/0/+01",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/65537",
        "tile/0/000.p/1/",
        "tile/0/000.p/1.p/1",
        "tile/0/../000",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
        "tile/0/x001/x018/x446/x744/x073/x709/x551/615",
    ] {
        assert_eq!(bad.parse::<TilePath>(), Err(TilePathError(bad.to_owned())));
    }
    assert_eq!(TilePath::new(TileKind::Entries, 0, 0), None);
    assert_eq!(TilePath::new(TileKind::Entries, 0, 257), None);
    assert_eq!(TilePath::new(TileKind::Hashes { level: 64 }, 0, 1), None);
}

#[test]
fn a_log_has_the_tiles_that_the_specification_counts() {
    let of = |size: u64| tiles_for_size(size).collect::<BTreeSet<_>>();
    let at = |size: u64, wanted: u8| {
        let level = |path: &TilePath| path.kind() == TileKind::Hashes { level: wanted };
        let (partial, full): (Vec<_>, Vec<_>) =
            of(size).into_iter().filter(level).partition(TilePath::is_partial);
        (full.len(), partial.first().map(TilePath::width))
    };
    assert_eq!(of(0), BTreeSet::new());
    assert_eq!(of(1), BTreeSet::from([path(TileKind::Entries, 0, 1), hashes(0, 0, 1)]));
    // The example of C2SP tlog-tiles, "Partial Tiles".
    assert_eq!(
        [at(70_000, 0), at(70_000, 1), at(70_000, 2)],
        [(273, Some(112)), (1, Some(17)), (0, Some(1))]
    );
    assert_eq!(at(70_000, 3), (0, None));
    assert_eq!([at(256, 0), at(256, 1), at(256, 2)], [(1, None), (0, Some(1)), (0, None)]);
    assert_eq!(tiles_for_size(u64::MAX).take(3).count(), 3, "the largest size is listed lazily");
}

#[test]
fn the_builder_writes_exactly_the_tiles_of_the_size() {
    for size in [0, 1, 2, 255, 256, 257, 511, 512, 700, 65_535, 65_536, 65_537] {
        let (store, root) = render(size);
        let listed: BTreeSet<_> = tiles_for_size(size).collect();
        assert_eq!(store.keys().copied().collect::<BTreeSet<_>>(), listed, "size {size}");
        assert_eq!(root, checkpoint(size).root, "size {size}");
    }
}

#[test]
fn each_tile_holds_the_hashes_of_the_formal_definition() {
    let size = 65_536 + 256 + 3;
    let leaves: Vec<Hash> = leaf_hashes(size).collect();
    let (store, _) = render(size);
    for (path, bytes) in store {
        let TileKind::Hashes { level } = path.kind() else { continue };
        let span = 256_usize.pow(u32::from(level));
        let first = usize::try_from(path.index()).unwrap() * 256;
        let expected: Vec<u8> = (first..first + usize::from(path.width()))
            .flat_map(|i| rfc_root(&leaves[i * span..(i + 1) * span]).0)
            .collect();
        assert_eq!(bytes, expected, "{path}");
    }
}

#[test]
fn tiles_of_hashes_alone_are_the_same_tiles() {
    let size = 65_536 + 256 + 3;
    let mut builder = HashTileBuilder::new();
    let mut tiles: Vec<Tile> = leaf_hashes(size).flat_map(|leaf| builder.push(leaf)).collect();
    let root = builder.root();
    tiles.extend(builder.finish());
    let (mut store, expected_root) = render(size);
    store.retain(|path, _| path.kind() != TileKind::Entries);
    assert_eq!(root, expected_root);
    assert_eq!(tiles.into_iter().map(|tile| (tile.path, tile.bytes)).collect::<Store>(), store);
}

#[test]
fn bundles_decode_as_they_encode() {
    let longest = vec![7; MAX_ENTRY_LEN];
    let entries: [&[u8]; 4] = [b"", b"a", &longest, b""];
    let bundle = encode_entries(entries).unwrap();
    assert_eq!(bundle[..5], [0, 0, 0, 1, b'a']);
    assert_eq!(decode_entries(&bundle, 4).unwrap(), entries);
    let too_long = vec![7; MAX_ENTRY_LEN + 1];
    assert_eq!(encode_entries([&too_long[..]]), Err(EntryTooLong(65_536)));
    assert_eq!(TileBuilder::new().push(&too_long), Err(EntryTooLong(65_536)));
}

#[test]
fn a_faulty_bundle_is_refused_for_its_fault() {
    let bundle = encode_entries([&b"ab"[..], b"c"]).unwrap();
    assert_eq!(decode_entries(&bundle, 1), Err(BundleError::Width { expected: 1 }));
    assert_eq!(decode_entries(&bundle, 3), Err(BundleError::Width { expected: 3 }));
    assert_eq!(decode_entries(&[], 1), Err(BundleError::Width { expected: 1 }));
    for cut in [1, 2, 3, 5, 6] {
        assert_eq!(decode_entries(&bundle[..cut], 2), Err(BundleError::Truncated), "cut at {cut}");
    }
}

#[test]
fn rendered_tiles_verify_and_lead_to_the_root() {
    for size in [0, 1, 256, 700] {
        let (store, root) = render(size);
        assert_eq!(verify(size, &store), Ok(Recomputed { size, root }));
    }
}

/// The class of CVE-2026-56865: a reader that leaves some tiles unchecked. Every hash of every tile and
/// every length and entry of every bundle is altered in turn; each alteration must be found, and named.
#[test]
fn an_altered_tile_is_found_at_every_position_and_level() {
    let size = 700;
    let (store, _) = render(size);
    assert_eq!(store.len(), 3 + 3 + 1);
    for (path, bytes) in &store {
        let step = if path.kind() == TileKind::Entries { 11 } else { HASH_LEN };
        for offset in (0..bytes.len()).step_by(step) {
            let mut tampered = store.clone();
            tampered.get_mut(path).unwrap()[offset] ^= 1;
            assert_eq!(verify(size, &tampered), Err(TileFault::Content { path: *path, offset }));
        }
    }
}

#[test]
fn an_altered_tile_is_found_on_three_levels_full_and_partial() {
    let size = 65_536 + 256 + 3;
    let (store, root) = render(size);
    assert_eq!(verify(size, &store), Ok(Recomputed { size, root }));
    for chosen in [
        hashes(0, 0, 256),
        hashes(0, 255, 256),
        hashes(0, 257, 3),
        hashes(1, 0, 256),
        hashes(1, 1, 1),
        hashes(2, 0, 1),
        path(TileKind::Entries, 256, 256),
        path(TileKind::Entries, 257, 3),
    ] {
        let last = store[&chosen].len() - 1;
        for offset in [0, last] {
            let mut tampered = store.clone();
            tampered.get_mut(&chosen).unwrap()[offset] ^= 0x80;
            assert_eq!(verify(size, &tampered), Err(TileFault::Content { path: chosen, offset }));
        }
    }
    // Without recomputing a tree for each: every hash of every tile, on all levels.
    for (path, bytes) in store {
        let tile = Tile { path, bytes };
        for offset in (0..tile.bytes.len()).step_by(HASH_LEN) {
            let mut found = tile.bytes.clone();
            found[offset] ^= 1;
            assert_eq!(tile.check(Some(&found)), Err(TileFault::Content { path, offset }));
        }
    }
}

#[test]
fn a_missing_cut_or_lengthened_tile_is_found() {
    let size = 700;
    let (store, _) = render(size);
    for (path, bytes) in &store {
        let expected = bytes.len();
        let with = |bytes: Option<Vec<u8>>| {
            let mut tampered = store.clone();
            tampered.remove(path);
            tampered.extend(bytes.map(|bytes| (*path, bytes)));
            verify(size, &tampered)
        };
        let length = |found| Err(TileFault::Length { path: *path, expected, found });
        assert_eq!(with(None), Err(TileFault::Missing(*path)));
        assert_eq!(with(Some(bytes[..expected - 1].to_vec())), length(expected - 1));
        assert_eq!(with(Some(Vec::new())), length(0));
        assert_eq!(with(Some([&bytes[..], &[0]].concat())), length(expected + 1));
    }
}

/// A forger who replaces an entry and renders all tiles anew is consistent with himself: then it is the
/// root, and the signature over it, that tells.
#[test]
fn a_forgery_that_agrees_with_itself_leads_to_another_root() {
    let size = 700;
    for forged_at in [0, 255, 256, 699] {
        let forged = |index: u64| if index == forged_at { b"forged".to_vec() } else { entry(index) };
        let mut builder = TileBuilder::new();
        let mut tiles: Vec<Tile> =
            (0..size).flat_map(|index| builder.push(&forged(index)).unwrap()).collect();
        tiles.extend(builder.finish());
        let store: Store = tiles.into_iter().map(|tile| (tile.path, tile.bytes)).collect();
        let recomputed = verify_tiles((0..size).map(forged), |path| store.get(path).cloned()).unwrap();
        assert_ne!(recomputed.root, checkpoint(size).root);
        assert!(verify(size, &store).is_err());
    }
}
