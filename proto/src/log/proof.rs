//! Inclusion and consistency proofs (RFC 6962, section 2.1; RFC 9162, section 2.1), made and verified.
//!
//! Every hash of a proof is the root over one contiguous range of leaves. [`inclusion_ranges`] and
//! [`consistency_ranges`] name those ranges; a prover is whatever hashes them. The two provers here do
//! so in one pass over the leaf hashes with O(log n) memory, so that a proof can be streamed from a
//! file; a store that keeps subtree hashes fills [`InclusionProof::path`] from the ranges at once.

use std::ops::Range;

use thiserror::Error;

use super::merkle::{EMPTY_ROOT, Frontier, Hash, MAX_SIZE, node_hash};

/// The most hashes that a proof may have (C2SP tlog-witness and tlog-mirror).
pub const MAX_PROOF_HASHES: usize = 63;

/// The proof that a leaf stands at `index` in the tree of `size` leaves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InclusionProof {
    /// Where the leaf stands, from 0.
    pub index: u64,
    /// How many leaves the tree has.
    pub size: u64,
    /// The siblings on the way from the leaf to the root.
    pub path: Vec<Hash>,
}

impl InclusionProof {
    /// Checks that the tree with this root holds this leaf at the index.
    pub fn verify(&self, leaf: Hash, root: Hash) -> Result<(), ProofError> {
        if self.implied_root(leaf)? == root { Ok(()) } else { Err(ProofError::Root) }
    }

    /// The root that follows from this leaf and the path.
    pub fn implied_root(&self, leaf: Hash) -> Result<Hash, ProofError> {
        let route = Route::to_leaf(self.index, self.size)?;
        check_length(&self.path, route.len())?;
        Ok(route.climb(leaf, &self.path))
    }
}

/// The proof that the tree of `old` leaves is a prefix of the tree of `new` leaves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConsistencyProof {
    /// The size of the older tree.
    pub old: u64,
    /// The size of the newer tree.
    pub new: u64,
    /// The subtrees from which both roots follow, in the order of RFC 6962.
    pub path: Vec<Hash>,
}

impl ConsistencyProof {
    /// Checks that the tree behind `new_root` begins with the tree behind `old_root`.
    ///
    /// Equal sizes want equal roots and an empty path. The empty tree is a prefix of every tree, which
    /// needs no path either, but its root must be [`EMPTY_ROOT`]: whoever has seen nothing yet can
    /// check nothing, and must know that about itself.
    pub fn verify(&self, old_root: Hash, new_root: Hash) -> Result<(), ProofError> {
        check_sizes(self.old, self.new)?;
        if self.old == self.new || self.old == 0 {
            check_length(&self.path, 0)?;
            let expected = if self.old == 0 { EMPTY_ROOT } else { new_root };
            // Both empty: the newer root must be the empty root as well.
            let roots_hold = old_root == expected && (self.new > 0 || new_root == expected);
            return if roots_hold { Ok(()) } else { Err(ProofError::Root) };
        }
        self.verify_growth(old_root, new_root)
    }

    /// Climbs from the last complete subtree of the older tree to both roots at the same time.
    fn verify_growth(&self, old_root: Hash, new_root: Hash) -> Result<(), ProofError> {
        let route = Route::to_last_subtree(self.old, self.new)?;
        let (seed, path) = if self.old.is_power_of_two() {
            // The older tree is itself that subtree, so RFC 6962 leaves its root out of the path.
            check_length(&self.path, route.len())?;
            (old_root, self.path.as_slice())
        } else {
            check_length(&self.path, 1 + route.len())?;
            let (seed, path) = self.path.split_first().ok_or(ProofError::Root)?;
            (*seed, path)
        };
        if route.climb_left_only(seed, path) != old_root {
            return Err(ProofError::OldRoot);
        }
        if route.climb(seed, path) != new_root {
            return Err(ProofError::Root);
        }
        Ok(())
    }
}

/// The way from a node up to the root: at each of its `inner` lowest levels there is a sibling, on the
/// side that the index's bit tells; above them only the left siblings of the tree's right edge.
struct Route {
    index: u64,
    inner: u32,
    border: u32,
}

impl Route {
    fn to_leaf(index: u64, size: u64) -> Result<Self, ProofError> {
        check_index(index, size)?;
        let inner = u64::BITS - (index ^ (size - 1)).leading_zeros();
        // Indices are below 2^62, so the shift is.
        let border = (index >> inner).count_ones();
        Ok(Self { index, inner, border })
    }

    /// The route of the subtree that ends the older tree. Wants `0 < old < new`.
    fn to_last_subtree(old: u64, new: u64) -> Result<Self, ProofError> {
        let leaf = Self::to_leaf(old - 1, new)?;
        // The lowest levels lie within the subtree. The highest bit in which old - 1 and new - 1
        // differ is a 0 of old - 1, hence above its trailing ones: the subtraction cannot wrap.
        let height = old.trailing_zeros();
        Ok(Self { index: leaf.index >> height, inner: leaf.inner - height, border: leaf.border })
    }

    fn len(&self) -> usize {
        (self.inner + self.border) as usize
    }

    /// Whether the sibling at each step stands to the left.
    fn left_siblings(&self) -> impl Iterator<Item = bool> + '_ {
        let inner = (0..self.inner).map(|level| self.index >> level & 1 == 1);
        inner.chain((0..self.border).map(|_| true))
    }

    fn climb(&self, seed: Hash, path: &[Hash]) -> Hash {
        self.left_siblings().zip(path).fold(seed, |hash, (left, sibling)| {
            if left { node_hash(sibling, &hash) } else { node_hash(&hash, sibling) }
        })
    }

    /// The same climb in the older tree, which has nothing to the right of the seed.
    fn climb_left_only(&self, seed: Hash, path: &[Hash]) -> Hash {
        let siblings = self.left_siblings().zip(path).filter(|(left, _)| *left);
        siblings.fold(seed, |hash, (_, sibling)| node_hash(sibling, &hash))
    }
}

/// The leaves under each hash of an inclusion path, in the path's order. `Err` if `index` is not
/// below `size`.
pub fn inclusion_ranges(index: u64, size: u64) -> Result<Vec<Range<u64>>, ProofError> {
    check_index(index, size)?;
    Ok(sibling_ranges(index, size, 0).collect())
}

/// The leaves under each hash of a consistency path, in the path's order; none where the older tree
/// is empty or the newer one itself.
pub fn consistency_ranges(old: u64, new: u64) -> Result<Vec<Range<u64>>, ProofError> {
    check_sizes(old, new)?;
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let height = old.trailing_zeros();
    let last_subtree = old - (1 << height)..old;
    let seed = (!old.is_power_of_two()).then_some(last_subtree);
    Ok(seed.into_iter().chain(sibling_ranges(old - 1, new, height)).collect())
}

/// What lies beside the way from `leaf` to the root, from a level upwards.
fn sibling_ranges(leaf: u64, size: u64, from_level: u32) -> impl Iterator<Item = Range<u64>> {
    let levels = u64::BITS - (size - 1).leading_zeros();
    (from_level..levels).filter_map(move |level| {
        let sibling = (leaf >> level) ^ 1;
        let start = sibling << level;
        // The last subtree of a level may be imperfect, or missing.
        (start < size).then(|| start..size.min(start + (1 << level)))
    })
}

/// Makes an [`InclusionProof`] from one pass over the tree's leaf hashes, in O(log n) memory.
#[derive(Clone, Debug)]
pub struct InclusionProver {
    index: u64,
    size: u64,
    hasher: RangeHasher,
}

impl InclusionProver {
    /// For the leaf at `index` in the tree of `size` leaves.
    pub fn new(index: u64, size: u64) -> Result<Self, ProofError> {
        Ok(Self { index, size, hasher: RangeHasher::new(inclusion_ranges(index, size)?) })
    }

    /// Takes the next leaf hash, beginning with that of leaf 0.
    pub fn push(&mut self, leaf: Hash) {
        self.hasher.push(leaf);
    }

    /// The proof; an error unless exactly `size` leaf hashes came.
    pub fn finish(self) -> Result<InclusionProof, ProofError> {
        let path = self.hasher.finish(self.size)?;
        Ok(InclusionProof { index: self.index, size: self.size, path })
    }
}

/// Makes a [`ConsistencyProof`] from one pass over the newer tree's leaf hashes, in O(log n) memory.
#[derive(Clone, Debug)]
pub struct ConsistencyProver {
    old: u64,
    new: u64,
    hasher: RangeHasher,
}

impl ConsistencyProver {
    /// From the tree of `old` leaves to the tree of `new` leaves.
    pub fn new(old: u64, new: u64) -> Result<Self, ProofError> {
        Ok(Self { old, new, hasher: RangeHasher::new(consistency_ranges(old, new)?) })
    }

    /// Takes the next leaf hash, beginning with that of leaf 0.
    pub fn push(&mut self, leaf: Hash) {
        self.hasher.push(leaf);
    }

    /// The proof; an error unless exactly `new` leaf hashes came.
    pub fn finish(self) -> Result<ConsistencyProof, ProofError> {
        let path = self.hasher.finish(self.new)?;
        Ok(ConsistencyProof { old: self.old, new: self.new, path })
    }
}

/// Hashes disjoint ranges of leaves, each known by its place in the path, as the leaves pass by.
#[derive(Clone, Debug)]
struct RangeHasher {
    // The last range first, so that the next one is popped.
    ahead: Vec<(usize, Range<u64>)>,
    current: Frontier,
    next_leaf: u64,
    done: Vec<(usize, Hash)>,
}

impl RangeHasher {
    fn new(ranges: Vec<Range<u64>>) -> Self {
        let mut ahead: Vec<_> = ranges.into_iter().enumerate().collect();
        ahead.sort_by_key(|(_, range)| std::cmp::Reverse(range.start));
        let done = Vec::with_capacity(ahead.len());
        Self { ahead, current: Frontier::new(), next_leaf: 0, done }
    }

    fn push(&mut self, leaf: Hash) {
        let index = self.next_leaf;
        self.next_leaf = index.saturating_add(1);
        let Some((place, range)) = self.ahead.last() else { return };
        if index < range.start {
            return;
        }
        self.current.push(leaf);
        if self.next_leaf == range.end {
            self.done.push((*place, self.current.root()));
            self.current = Frontier::new();
            self.ahead.pop();
        }
    }

    fn finish(mut self, size: u64) -> Result<Vec<Hash>, ProofError> {
        if self.next_leaf != size {
            return Err(ProofError::Leaves { expected: size, found: self.next_leaf });
        }
        self.done.sort_by_key(|(place, _)| *place);
        Ok(self.done.into_iter().map(|(_, hash)| hash).collect())
    }
}

fn check_index(index: u64, size: u64) -> Result<(), ProofError> {
    if size > MAX_SIZE {
        return Err(ProofError::Size(size));
    }
    if index < size { Ok(()) } else { Err(ProofError::Index { index, size }) }
}

fn check_sizes(old: u64, new: u64) -> Result<(), ProofError> {
    if new > MAX_SIZE {
        return Err(ProofError::Size(new));
    }
    if old <= new { Ok(()) } else { Err(ProofError::Shrunk { old, new }) }
}

fn check_length(path: &[Hash], expected: usize) -> Result<(), ProofError> {
    if path.len() == expected { Ok(()) } else { Err(ProofError::Length { expected, found: path.len() }) }
}

/// A proof that does not prove, or that cannot be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The leaf would stand outside the tree.
    #[error("there is no leaf {index} in a tree of {size}")]
    Index {
        /// The leaf asked for.
        index: u64,
        /// The size of the tree.
        size: u64,
    },
    /// Past [`MAX_SIZE`].
    #[error("tree size {0} is past the limit of 2^62")]
    Size(u64),
    /// The "older" tree is the larger one.
    #[error("a tree of {old} leaves cannot be a prefix of a tree of {new}")]
    Shrunk {
        /// The size of the older tree.
        old: u64,
        /// The size of the newer tree.
        new: u64,
    },
    /// Not the number of hashes that the sizes demand.
    #[error("a proof between these sizes has {expected} hashes, not {found}")]
    Length {
        /// How many there must be.
        expected: usize,
        /// How many there were.
        found: usize,
    },
    /// The path leads to another (newer) root.
    #[error("the path leads to another root")]
    Root,
    /// The path does not lead to the older root.
    #[error("the path does not lead to the older tree's root: the log did not only grow")]
    OldRoot,
    /// A prover was given too few or too many leaves.
    #[error("the proof needs the hashes of {expected} leaves; {found} came")]
    Leaves {
        /// The size of the tree.
        expected: u64,
        /// How many leaf hashes came.
        found: u64,
    },
}

#[cfg(test)]
mod tests;
