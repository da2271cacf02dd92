//! The kinds of message, one module each.

pub mod alert;
pub mod cap;
