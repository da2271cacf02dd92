use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;

use super::super::testing::{leaf_hashes, rfc_root};
use super::*;

/// The entries of Certificate Transparency's reference tree, and its roots from 1 to 8 leaves.
const CT_ENTRIES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];
const CT_ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[test]
fn the_reference_tree_of_certificate_transparency_has_its_known_roots() {
    let mut frontier = Frontier::new();
    for (entry, root) in CT_ENTRIES.iter().zip(CT_ROOTS) {
        frontier.push(leaf_hash(entry));
        assert_eq!(frontier.root().to_hex(), root);
    }
}

#[test]
fn the_empty_root_is_the_hash_of_nothing() {
    assert_eq!(EMPTY_ROOT.0, <[u8; 32]>::from(Sha256::digest(b"")));
    assert_eq!(EMPTY_ROOT.to_string(), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    assert_eq!(root_of([]), EMPTY_ROOT);
    assert_eq!(Frontier::new().root(), EMPTY_ROOT);
}

#[test]
fn leaves_and_nodes_are_hashed_under_different_prefixes() {
    let (left, right) = (leaf_hash(b"l"), leaf_hash(b"r"));
    let as_entry = [left.0, right.0].concat();
    assert_ne!(leaf_hash(&as_entry), node_hash(&left, &right));
    assert_eq!(node_hash(&left, &right).0, <[u8; 32]>::from(Sha256::digest([&[1], &as_entry[..]].concat())));
}

#[test]
fn a_hash_has_one_spelling() {
    let hash = leaf_hash(b"");
    assert_eq!(hash.to_string().parse(), Ok(hash));
    assert_eq!("AAAA".parse::<Hash>(), Err(HashError::Length(3)));
    // The last digit's unused bits set: `FU=` and `FV=` decode alike elsewhere.
    let loose = EMPTY_ROOT.to_string().replace("FU=", "FV=");
    assert_eq!(loose.parse::<Hash>(), Err(HashError::Base64));
    assert_eq!("".parse::<Hash>(), Err(HashError::Length(0)));
}

#[test]
fn a_frontier_has_the_root_of_the_definition_at_every_size() {
    let leaves: Vec<Hash> = leaf_hashes(300).collect();
    let mut frontier = Frontier::new();
    for size in 0..leaves.len() {
        assert_eq!(frontier.root(), rfc_root(&leaves[..size]), "size {size}");
        assert_eq!(Frontier::from_bytes(&frontier.to_bytes()), Ok(frontier.clone()));
        frontier.push(leaves[size]);
    }
}

#[test]
fn bytes_that_are_no_frontier_are_refused() {
    let mut frontier = Frontier::new();
    leaf_hashes(5).for_each(|leaf| frontier.push(leaf));
    let bytes = frontier.to_bytes();
    assert_eq!(bytes.len(), 8 + 2 * HASH_LEN);
    assert_eq!(Frontier::from_bytes(&bytes[..7]), Err(FrontierError::Truncated(7)));
    let wrong_length = |found| Err(FrontierError::Length { size: 5, expected: 72, found });
    assert_eq!(Frontier::from_bytes(&bytes[..71]), wrong_length(71));
    assert_eq!(Frontier::from_bytes(&[&bytes[..], &[0]].concat()), wrong_length(73));
    let huge = [&(MAX_SIZE + 1).to_be_bytes()[..], &[0; 64]].concat();
    assert_eq!(Frontier::from_bytes(&huge), Err(FrontierError::Size(MAX_SIZE + 1)));
}

#[test]
fn the_largest_frontier_still_grows() {
    let bytes = [&MAX_SIZE.to_be_bytes()[..], &[7; HASH_LEN]].concat();
    let mut frontier = Frontier::from_bytes(&bytes).unwrap();
    frontier.push(EMPTY_ROOT);
    assert_eq!(frontier.size(), MAX_SIZE + 1);
}

proptest! {
    #[test]
    fn roots_agree_with_another_implementation(entries: Vec<Vec<u8>>) {
        let mut tree = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        entries.iter().for_each(|entry| tree.push(entry.clone()));
        let ours = root_of(entries.iter().map(|entry| leaf_hash(entry)));
        let theirs = tree.root();
        prop_assert_eq!(&ours.0[..], &theirs.as_bytes()[..]);
    }
}
