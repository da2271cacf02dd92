//! How far things have got: one value that everybody watches and nobody has to ask for.

use karakoro_proto::accord::Standing;
use karakoro_proto::service::Link;
use karakoro_proto::time::UnixMillis;
use tokio::sync::watch;

/// What is known at this moment. Sizes count entries; they only grow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Entries sealed in our log.
    pub own: u64,
    /// Entries of ours that the peer's receipts cover.
    pub received: u64,
    /// When the newest of these receipts was made.
    pub received_at: UnixMillis,
    /// Entries of ours that the peer's cosignature covers.
    pub cosigned: u64,
    /// When it was made.
    pub cosigned_at: UnixMillis,
    /// Entries of the peer's log that we hold and cosigned.
    pub mirrored: u64,
    /// The line to the peer.
    pub link: Link,
    /// Why we no longer write to our own log, if so.
    pub frozen: Option<String>,
    /// The accords that the peer last said it goes by.
    pub peer_accords: Standing,
}

#[cfg(test)]
impl Progress {
    /// Before anything has happened.
    pub(crate) fn none() -> Self {
        let (own, received, cosigned, mirrored) = (0, 0, 0, 0);
        let (received_at, cosigned_at) = (UnixMillis::default(), UnixMillis::default());
        Self {
            own,
            received,
            received_at,
            cosigned,
            cosigned_at,
            mirrored,
            link: Link::Unknown,
            frozen: None,
            peer_accords: Standing::default(),
        }
    }
}

/// The writing end; clones write the same value.
#[derive(Clone, Debug)]
pub struct ProgressBoard(watch::Sender<Progress>);

impl ProgressBoard {
    /// A board that shows `initial`.
    #[must_use]
    pub fn new(initial: Progress) -> Self {
        Self(watch::Sender::new(initial))
    }

    /// A watcher.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Progress> {
        self.0.subscribe()
    }

    /// What is shown now.
    #[must_use]
    pub fn now(&self) -> Progress {
        self.0.borrow().clone()
    }

    /// Changes what is shown.
    pub fn update(&self, change: impl FnOnce(&mut Progress)) {
        self.0.send_modify(change);
    }
}
