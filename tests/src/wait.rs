//! Waiting for facts: the one place where tests let time pass.

use std::thread;
use std::time::{Duration, Instant};

/// How long a fact may take that usually takes milliseconds. Generous, for machines under load: a test that
/// reaches it has failed.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// How often a fact is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Looks for a fact until it is there, and returns what was found; fails, naming it, after [`DEADLINE`].
#[track_caller]
pub fn for_fact<T>(fact: &str, look: impl FnMut() -> Option<T>) -> T {
    let found = within(DEADLINE, look);
    found.unwrap_or_else(|| failed(fact))
}

/// Looks for a fact for so long; `None` if it did not become true.
pub fn within<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if Instant::now() >= deadline {
            return None;
        }
        thread::sleep(LOOK_EVERY);
    }
}

/// Lets a chosen instant come: for faults that strike at random times, never to wait for something.
pub fn until_instant(after: Duration) {
    thread::sleep(after);
}

#[track_caller]
#[expect(clippy::panic, reason = "a fact that does not become true fails the test")]
fn failed(fact: &str) -> ! {
    panic!("not true within {} s: {fact}", DEADLINE.as_secs())
}
