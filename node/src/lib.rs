//! A country's node.
