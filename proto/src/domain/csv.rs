//! Tables as comma-separated values (RFC 4180): what spreadsheets and import programs exchange.
//!
//! [`read`] is strict, for a table that is half understood would put half an entry on a watchlist: every fault is told
//! with its line, and a table with one is not taken at all. Libraries that read CSV take quotation marks as they come
//! and tell nothing of those that are misplaced, so this is our own.

mod read;
mod write;

pub use read::{MAX_BYTES, MAX_CELL_BYTES, MAX_COLUMNS, MAX_ROWS, Row, Table, read};
pub(crate) use write::{Cell, Writer};

/// What tells programs that a file is UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";
