//! Files that people write and that we read strictly, all faults at once, each with its line: the settings of
//! a node and the accord share this reader.

mod fault;
mod form;
mod nearest;
mod syntax;

pub use fault::{Fault, quote};
pub use form::{Form, Wrong, text};
pub use nearest::nearest;
pub use syntax::{Lines, Parsed, parse};
