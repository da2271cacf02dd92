use ct_merkle::RootHash;
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use serde_json::Value;
use sha2::Sha256;

use super::super::merkle::leaf_hash;
use super::super::testing::{entry, leaf_hashes, published_cases, rfc_consistency, rfc_path, rfc_root};
use super::*;

fn prove_inclusion(index: u64, leaves: &[Hash]) -> InclusionProof {
    let mut prover = InclusionProver::new(index, leaves.len() as u64).unwrap();
    leaves.iter().for_each(|leaf| prover.push(*leaf));
    prover.finish().unwrap()
}

fn prove_consistency(old: u64, leaves: &[Hash]) -> ConsistencyProof {
    let mut prover = ConsistencyProver::new(old, leaves.len() as u64).unwrap();
    leaves.iter().for_each(|leaf| prover.push(*leaf));
    prover.finish().unwrap()
}

#[test]
fn inclusion_paths_are_those_of_the_definition_and_verify() {
    let all: Vec<Hash> = leaf_hashes(40).collect();
    for size in 1..=all.len() {
        let leaves = &all[..size];
        for index in 0..size {
            let proof = prove_inclusion(index as u64, leaves);
            assert_eq!(proof.path, rfc_path(index, leaves), "{index} in {size}");
            assert_eq!(proof.verify(leaves[index], rfc_root(leaves)), Ok(()));
        }
    }
}

#[test]
fn consistency_paths_are_those_of_the_definition_and_verify() {
    let all: Vec<Hash> = leaf_hashes(40).collect();
    for new in 1..=all.len() {
        let leaves = &all[..new];
        for old in 1..=new {
            let proof = prove_consistency(old as u64, leaves);
            assert_eq!(proof.path, rfc_consistency(old, leaves), "{old} to {new}");
            assert_eq!(proof.verify(rfc_root(&leaves[..old]), rfc_root(leaves)), Ok(()));
        }
    }
}

#[test]
fn an_altered_inclusion_proof_is_refused() {
    let leaves: Vec<Hash> = leaf_hashes(23).collect();
    let root = rfc_root(&leaves);
    for (index, leaf) in (0..).zip(leaves.iter().copied()) {
        let proof = prove_inclusion(index, &leaves);
        for altered in altered_paths(&proof.path) {
            let altered = InclusionProof { path: altered, ..proof };
            assert!(altered.verify(leaf, root).is_err(), "{altered:?}");
        }
        for other in (0..=leaves.len() as u64).filter(|other| *other != index) {
            let moved = InclusionProof { index: other, ..proof.clone() };
            assert!(moved.verify(leaf, root).is_err(), "{index} shown at {other}");
        }
        assert_eq!(proof.verify(leaf_hash(b"another"), root), Err(ProofError::Root));
        assert_eq!(proof.verify(leaf, leaf), Err(ProofError::Root));
    }
}

#[test]
fn an_altered_consistency_proof_is_refused() {
    let leaves: Vec<Hash> = leaf_hashes(23).collect();
    let root = rfc_root(&leaves);
    for old in 1..leaves.len() {
        let proof = prove_consistency(old as u64, &leaves);
        let old_root = rfc_root(&leaves[..old]);
        for altered in altered_paths(&proof.path) {
            let altered = ConsistencyProof { path: altered, ..proof };
            assert!(altered.verify(old_root, root).is_err(), "{altered:?}");
        }
        assert!(proof.verify(root, old_root).is_err(), "swapped roots");
        assert!(proof.verify(old_root, old_root).is_err());
        assert!(proof.verify(leaf_hash(b"fork"), root).is_err());
    }
}

/// One bit of each hash flipped; each hash left out; a hash put in at each place.
fn altered_paths(path: &[Hash]) -> Vec<Vec<Hash>> {
    let mut altered = Vec::new();
    for place in 0..path.len() {
        for bit in [0, 100, 255] {
            let mut flipped = path.to_vec();
            flipped[place].0[bit / 8] ^= 1 << (bit % 8);
            altered.push(flipped);
        }
        let mut shorter = path.to_vec();
        shorter.remove(place);
        altered.push(shorter);
    }
    for place in 0..=path.len() {
        let mut longer = path.to_vec();
        longer.insert(place, EMPTY_ROOT);
        altered.push(longer);
    }
    altered
}

#[test]
fn a_fork_is_caught_wherever_the_older_tree_differs() {
    let leaves: Vec<Hash> = leaf_hashes(20).collect();
    for old in 1..leaves.len() {
        for changed in 0..old {
            let mut forked = leaves.clone();
            forked[changed] = leaf_hash(b"never sent");
            let proof = prove_consistency(old as u64, &forked);
            let verdict = proof.verify(rfc_root(&leaves[..old]), rfc_root(&forked));
            assert!(verdict.is_err(), "leaf {changed} of {old} rewritten");
        }
    }
}

#[test]
fn sizes_that_need_no_path_allow_none_and_want_the_right_roots() {
    let (one, two) = (leaf_hash(b"1"), leaf_hash(b"2"));
    let proof = |old, new, path: &[Hash]| ConsistencyProof { old, new, path: path.to_vec() };
    let too_long = Err(ProofError::Length { expected: 0, found: 1 });

    assert_eq!(proof(5, 5, &[]).verify(one, one), Ok(()));
    assert_eq!(proof(5, 5, &[]).verify(one, two), Err(ProofError::Root));
    assert_eq!(proof(5, 5, &[one]).verify(one, one), too_long);

    assert_eq!(proof(0, 0, &[]).verify(EMPTY_ROOT, EMPTY_ROOT), Ok(()));
    assert_eq!(proof(0, 0, &[]).verify(one, one), Err(ProofError::Root));
    assert_eq!(proof(0, 0, &[]).verify(EMPTY_ROOT, one), Err(ProofError::Root));

    assert_eq!(proof(0, 5, &[]).verify(EMPTY_ROOT, one), Ok(()));
    assert_eq!(proof(0, 5, &[]).verify(one, one), Err(ProofError::Root));
    assert_eq!(proof(0, 5, &[one]).verify(EMPTY_ROOT, one), too_long);

    assert_eq!(proof(6, 5, &[]).verify(one, one), Err(ProofError::Shrunk { old: 6, new: 5 }));
    let past = MAX_SIZE + 1;
    assert_eq!(proof(1, past, &[]).verify(one, one), Err(ProofError::Size(past)));
}

#[test]
fn a_leaf_outside_the_tree_has_no_proof() {
    assert_eq!(inclusion_ranges(0, 0), Err(ProofError::Index { index: 0, size: 0 }));
    assert_eq!(inclusion_ranges(9, 9), Err(ProofError::Index { index: 9, size: 9 }));
    assert_eq!(inclusion_ranges(0, u64::MAX), Err(ProofError::Size(u64::MAX)));
    assert!(InclusionProver::new(3, 3).is_err());
    assert!(ConsistencyProver::new(4, 3).is_err());
}

#[test]
fn a_prover_wants_exactly_the_leaves_of_the_tree() {
    for (given, size) in [(4, 5), (6, 5), (0, 5)] {
        let mut prover = InclusionProver::new(2, size).unwrap();
        leaf_hashes(given).for_each(|leaf| prover.push(leaf));
        assert_eq!(prover.finish(), Err(ProofError::Leaves { expected: size, found: given }));
    }
}

#[test]
fn the_longest_proofs_stay_within_the_limit() {
    for size in [MAX_SIZE, MAX_SIZE - 1, MAX_SIZE / 2 + 1] {
        for index in [0, 1, size / 2, size - 2, size - 1] {
            assert!(inclusion_ranges(index, size).unwrap().len() <= MAX_PROOF_HASHES);
            assert!(consistency_ranges(index, size).unwrap().len() <= MAX_PROOF_HASHES);
        }
    }
    assert_eq!(consistency_ranges(MAX_SIZE / 2 - 1, MAX_SIZE).unwrap().len(), MAX_PROOF_HASHES);
}

fn hash_of(value: &Value) -> Option<Hash> {
    value.as_str()?.parse().ok()
}

fn path_of(value: &Value) -> Option<Vec<Hash>> {
    value.as_array().map_or(Some(Vec::new()), |path| path.iter().map(hash_of).collect())
}

/// A case whose roots are no hashes never reaches verification: parsing has refused it.
fn inclusion_holds(case: &Value) -> Option<()> {
    let (index, size) = (case["leafIdx"].as_u64()?, case["treeSize"].as_u64()?);
    let proof = InclusionProof { index, size, path: path_of(&case["proof"])? };
    proof.verify(hash_of(&case["leafHash"])?, hash_of(&case["root"])?).ok()
}

fn consistency_holds(case: &Value) -> Option<()> {
    let (old, new) = (case["size1"].as_u64()?, case["size2"].as_u64()?);
    let proof = ConsistencyProof { old, new, path: path_of(&case["proof"])? };
    proof.verify(hash_of(&case["root1"])?, hash_of(&case["root2"])?).ok()
}

#[test]
fn published_inclusion_vectors_get_their_verdicts() {
    for (name, case) in published_cases("merkle/inclusion") {
        assert_eq!(inclusion_holds(&case).is_none(), case["wantErr"] == true, "{name}");
    }
}

#[test]
fn published_consistency_vectors_get_their_verdicts() {
    for (name, case) in published_cases("merkle/consistency") {
        assert_eq!(consistency_holds(&case).is_none(), case["wantErr"] == true, "{name}");
    }
}

type Oracle = MemoryBackedTree<Sha256, Vec<u8>>;

fn oracle(size: u64) -> Oracle {
    let mut tree = Oracle::new();
    (0..size).for_each(|index| tree.push(entry(index)));
    tree
}

fn flat(path: &[Hash]) -> Vec<u8> {
    path.iter().flat_map(|hash| hash.0).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn inclusion_agrees_with_another_implementation(size in 1_usize..600, pick: prop::sample::Index) {
        let (at, size) = (pick.index(size), size as u64);
        let index = at as u64;
        let (tree, leaves) = (oracle(size), leaf_hashes(size).collect::<Vec<_>>());
        let proof = prove_inclusion(index, &leaves);
        let theirs = tree.prove_inclusion(at);
        prop_assert_eq!(flat(&proof.path), theirs.as_bytes());
        let ours = ct_merkle::InclusionProof::try_from_bytes(flat(&proof.path)).unwrap();
        let root = RootHash::<Sha256>::new(rfc_root(&leaves).0.into(), size);
        prop_assert!(root.verify_inclusion(&entry(index), index, &ours).is_ok());
    }

    #[test]
    fn consistency_agrees_with_another_implementation(new in 1_usize..600, pick: prop::sample::Index) {
        let added = pick.index(new);
        let (old, new) = ((new - added) as u64, new as u64);
        let (tree, leaves) = (oracle(new), leaf_hashes(new).collect::<Vec<_>>());
        let proof = prove_consistency(old, &leaves);
        let theirs = tree.prove_consistency(added);
        prop_assert_eq!(flat(&proof.path), theirs.as_bytes());
        let ours = ct_merkle::ConsistencyProof::try_from_bytes(flat(&proof.path)).unwrap();
        prop_assert!(tree.root().verify_consistency(&oracle(old).root(), &ours).is_ok());
    }

    #[test]
    fn no_sizes_and_no_path_make_verification_panic(
        a: u64, b: u64, shift in 0_u32..64, hashes in prop::collection::vec(any::<[u8; 32]>(), 0..70),
    ) {
        let path: Vec<Hash> = hashes.into_iter().map(Hash).collect();
        let (a, b) = (a >> shift, b >> shift);
        let inclusion = InclusionProof { index: a, size: b, path: path.clone() };
        let _ = inclusion.verify(EMPTY_ROOT, EMPTY_ROOT);
        let _ = ConsistencyProof { old: a, new: b, path }.verify(EMPTY_ROOT, EMPTY_ROOT);
        let _ = inclusion_ranges(a, b);
        let _ = consistency_ranges(a, b);
    }
}
