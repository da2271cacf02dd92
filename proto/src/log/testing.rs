//! What the tests of this module share: keys, logs, published vectors, and RFC 6962 by its definitions.

use std::path::PathBuf;

use super::checkpoint::{Checkpoint, LogVerifier, SignedCheckpoint};
use super::cosignature::{Cosignature, CosignerVerifier};
use super::merkle::{EMPTY_ROOT, Hash, leaf_hash, node_hash, root_of};
use super::note::KeyName;
use crate::identity::{Country, Origin};
use crate::key::SecretKey;

pub(super) fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

pub(super) fn origin() -> Origin {
    Origin::link(Country::MR, Country::ML)
}

pub(super) fn log_key() -> SecretKey {
    key(1)
}

pub(super) fn receipt_key() -> SecretKey {
    key(2)
}

pub(super) fn log_verifier() -> LogVerifier {
    LogVerifier { origin: origin(), key: log_key().public() }
}

pub(super) fn cosigner() -> CosignerVerifier {
    CosignerVerifier { name: KeyName::of_receipt_key(Country::ML), key: receipt_key().public() }
}

pub(super) const COSIGNED_AT: u64 = 1_768_471_445;

pub(super) fn checkpoint(size: u64) -> Checkpoint {
    Checkpoint { origin: origin(), size, root: root_of(leaf_hashes(size)) }
}

pub(super) fn cosigned(checkpoint: Checkpoint) -> SignedCheckpoint {
    let signed = SignedCheckpoint::sign(checkpoint, &log_key());
    let cosignature = Cosignature::sign(signed.note().text(), &receipt_key(), COSIGNED_AT).unwrap();
    signed.with_cosignature(&cosigner(), &cosignature).unwrap()
}

pub(super) fn entry(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

pub(super) fn leaf_hashes(size: u64) -> impl Iterator<Item = Hash> + Clone {
    (0..size).map(|index| leaf_hash(&entry(index)))
}

/// MTH(D) of RFC 6962, section 2.1.
pub(super) fn rfc_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => EMPTY_ROOT,
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(largest_power_below(leaves.len()));
            node_hash(&rfc_root(left), &rfc_root(right))
        }
    }
}

/// PATH(m, D) of RFC 6962, section 2.1.1.
pub(super) fn rfc_path(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let k = largest_power_below(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut path, sibling) =
        if m < k { (rfc_path(m, left), rfc_root(right)) } else { (rfc_path(m - k, right), rfc_root(left)) };
    path.push(sibling);
    path
}

/// PROOF(m, D) of RFC 6962, section 2.1.2.
pub(super) fn rfc_consistency(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    rfc_subproof(m, leaves, true)
}

fn rfc_subproof(m: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if m == leaves.len() {
        return if whole { Vec::new() } else { vec![rfc_root(leaves)] };
    }
    let k = largest_power_below(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut proof, rest) = if m <= k {
        (rfc_subproof(m, left, whole), rfc_root(right))
    } else {
        (rfc_subproof(m - k, right, false), rfc_root(left))
    };
    proof.push(rest);
    proof
}

fn largest_power_below(n: usize) -> usize {
    n.next_power_of_two() / 2
}

/// Published vectors, kept beside the repository and not in it.
pub(super) fn published(folder: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(folder);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: the published vectors of {folder} are not at {}", path.display());
    None
}

/// Every JSON file of a folder of published vectors, with its name.
pub(super) fn published_cases(folder: &str) -> Vec<(String, serde_json::Value)> {
    let Some(path) = published(folder) else { return Vec::new() };
    let cases: Vec<_> = std::fs::read_dir(path)
        .unwrap()
        .map(|file| file.unwrap().path())
        .map(|file| {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            (name, serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap())
        })
        .collect();
    assert!(!cases.is_empty(), "an empty folder of vectors proves nothing");
    cases
}
