//! Time as an argument: two clocks, never confused.
//!
//! The wall clock stands in messages and evidence and may jump; timeouts and retries run on the
//! monotonic clock, so that a jump alters none of them.

use std::fmt;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use karakoro_proto::time::UnixMillis;

/// What time it is.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Date and time.
    fn wall(&self) -> UnixMillis;

    /// Time since some fixed point; never runs backwards.
    fn monotonic(&self) -> Duration;
}

/// The operating system's clocks.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// Monotonic time counts from here.
    #[must_use]
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn wall(&self) -> UnixMillis {
        // A machine whose clock stands before 1970 or after 9999 is told so by the dates it prints.
        let millis = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        u64::try_from(millis).ok().and_then(UnixMillis::new).unwrap_or(UnixMillis::MAX)
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}
