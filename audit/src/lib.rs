//! Verification from files alone.
