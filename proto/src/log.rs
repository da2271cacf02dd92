//! Log arithmetic: Merkle trees, signed notes, checkpoints, cosignatures, proofs and tiles.
