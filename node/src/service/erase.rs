//! Taking in an officer's order to destroy a message: checked as the other country's node will check it.
//!
//! Any officer whose certificate is valid and published may order it; which officers a headquarters entrusts with
//! that is decided by whom it gives a key and the socket.

use karakoro_proto::envelope::Header;
use karakoro_proto::leaf::{ErasedLeaf, Erasure, Leaf, Ordered};
use karakoro_proto::service::{Failure, FailureKind, Response};

use super::Answers;
use super::submit::kind;
use crate::erasure::{self, erased_log};
use crate::ledger::index::{Place, Side};
use crate::ledger::log::LedgerError;
use crate::writer::Sealed;

/// Older versions that are named to whoever must erase them first.
const MAX_NAMED: usize = 32;

impl Answers {
    pub(super) async fn erase(self: &std::sync::Arc<Self>, leaf: ErasedLeaf) -> Response {
        let (answers, order) = (self.clone(), leaf.clone());
        let checked = tokio::task::spawn_blocking(move || answers.check_order(&order)).await;
        match checked {
            Ok(Ok(())) => {}
            Ok(Err(failure)) => return Response::Failure(failure),
            Err(error) => return Response::Failure(Failure::new(FailureKind::Unavailable, error)),
        }
        match erasure::say(&self.writer, leaf).await {
            Ok(Sealed { index, again }) => Response::Sealed { index, again },
            Err(error) => Response::Failure(Failure::new(kind(&error), error)),
        }
    }

    fn check_order(&self, leaf: &ErasedLeaf) -> Result<(), Failure> {
        let Ordered::Officer { key, .. } = leaf.ordered else {
            return Err(Failure::new(FailureKind::Signature, "only an officer orders an erasure"));
        };
        let keyring = self.keyring()?;
        leaf.check_order(self.station.writes, &keyring)
            .map_err(|error| Failure::new(FailureKind::Signature, error))?;
        self.check_date(key, &keyring)?;
        self.check_target(&leaf.erasure)
    }

    /// The versions of an entry go from the oldest to the newest: were a newer one erased before, an older one would
    /// be in force again where the index is made anew.
    fn check_older_versions(&self, place: Place) -> Result<(), Failure> {
        let storage = |error: LedgerError| Failure::new(FailureKind::Storage, error);
        self.index.catch_up().map_err(storage)?;
        let older = self.index.ask(|index| {
            let Some((entry, version)) = index.change(place)? else { return Ok(Vec::new()) };
            let held = index.versions(entry, MAX_NAMED)?.into_iter();
            Ok(held.map(|held| held.head).take_while(|head| head.version < version).collect())
        });
        let older: Vec<_> = older.map_err(storage)?.iter().map(|head| head.message.to_string()).collect();
        if older.is_empty() {
            return Ok(());
        }
        let text = format!("erase the older versions of its entry first: {}", older.join(", "));
        Err(Failure::new(FailureKind::Refused, text))
    }

    /// What is erased must be a message of one of our logs, and the one that the officer named.
    fn check_target(&self, erasure: &Erasure) -> Result<(), Failure> {
        let target = erasure.target(self.station.writes);
        let side = Side::BOTH
            .into_iter()
            .find(|side| self.log(*side).origin() == target && erased_log(*side) == erasure.log);
        let none =
            || Failure::new(FailureKind::NotFound, format!("no message {} is held here", erasure.message));
        let Place { side, index } = Place { side: side.ok_or_else(none)?, index: erasure.entry };
        let storage = |error: LedgerError| Failure::new(FailureKind::Storage, error);
        let entry = self.log(side).entry(index).map_err(storage)?;
        let entry = entry.filter(|entry| Leaf::is_message(&entry.leaf)).ok_or_else(none)?;
        let Some(body) = self.log(side).body(&entry).map_err(storage)? else { return Ok(()) };
        let header =
            Header::decode(&body.header).map_err(|error| Failure::new(FailureKind::Storage, error))?;
        if header.id == erasure.message {
            return self.check_older_versions(Place { side, index });
        }
        let text = format!("entry {index} is another message than {}", erasure.message);
        Err(Failure::new(FailureKind::Refused, text))
    }
}
