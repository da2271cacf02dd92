//! The one way in which a node ends itself: when what the disk holds is in doubt.

use crate::ledger::log::LedgerError;

/// The exit code for a damaged or doubtful store.
pub const EXIT_STORE: i32 = 6;

/// The exit code for a bug of ours: a part of the node panicked.
pub const EXIT_BUG: i32 = 70;

/// Ends the process at once. Nothing is acknowledged after this, and nothing is tried again: after a
/// failed sync a second one may succeed although the data is gone.
pub fn stop(error: &LedgerError) -> ! {
    tracing::error!(%error, "stopping: what the disk holds is in doubt; on the next start it is read again");
    std::process::exit(EXIT_STORE)
}
