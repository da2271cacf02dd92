//! What the scenarios share: two countries set up, the real executable at work, a road that can be cut,
//! and waiting for facts.
//!
//! Nothing here is tried twice in the hope of a better answer, and nothing sleeps for a guessed time:
//! [`wait`] looks for a fact until it is true or a deadline has passed.

pub mod agreement;
pub mod command;
pub mod countries;
pub mod executable;
pub mod files;
pub mod hostile;
pub mod officer;
pub mod relay;
pub mod running;
pub mod wait;
