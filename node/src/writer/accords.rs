//! Which accords our log has still to anchor: each once, oldest first, ahead of whatever is sealed under it.

use std::collections::BTreeSet;
use std::sync::Arc;

use karakoro_proto::accord::{Accord, AccordId};
use karakoro_proto::leaf::AccordLeaf;
use karakoro_proto::time::UnixMillis;
use tokio::sync::{mpsc, watch};

use super::Command;
use crate::accords::Held;
use crate::fatal;
use crate::indexer::IndexView;
use crate::ledger::index::Side;

/// What is anchored already, or about to be.
#[derive(Default, Debug)]
pub(super) struct AnchoredAccords(BTreeSet<AccordId>);

impl AnchoredAccords {
    /// The leaves that are due at `now`; whoever takes them writes them, now or once the disk takes them.
    ///
    /// One that came into force and was replaced while the node was down is among them: what was written under it
    /// may be sealed yet.
    pub(super) fn take_due(
        &mut self,
        held: &[Arc<Accord>],
        index: &IndexView,
        now: UnixMillis,
    ) -> Vec<AccordLeaf> {
        let in_force = held.iter().take_while(|accord| accord.effective() <= now);
        // What this process has written may not be in the index yet; what others wrote before it is.
        in_force
            .map(|accord| AccordLeaf::of(accord))
            .filter(|leaf| self.0.insert(leaf.accord) && !is_anchored(index, leaf.accord))
            .collect()
    }
}

fn is_anchored(index: &IndexView, accord: AccordId) -> bool {
    index.ask(|index| index.accord(Side::Own, accord)).unwrap_or_else(|error| fatal::stop(&error)).is_some()
}

/// Wakes the writer at the start and whenever another accord may have come into force; returns when either end
/// is gone.
pub async fn wake_at_changes(mut held: watch::Receiver<Held>, writer: mpsc::Sender<Command>) {
    while writer.send(Command::Accord).await.is_ok() && held.changed().await.is_ok() {}
}

#[cfg(test)]
mod tests {
    use karakoro_proto::accord::example_effective;
    use karakoro_proto::leaf::Leaf;
    use karakoro_proto::session::Beside;

    use super::*;
    use crate::ledger::log::NewEntry;
    use crate::ledger::storage::sim::{Faultless, SimStorage};
    use crate::ledger::testing::{log, mirrored, written};

    fn at(millis: u64) -> UnixMillis {
        UnixMillis::new(millis).unwrap()
    }

    /// Accords that come into force at 1000 and 2000.
    fn held() -> [Arc<Accord>; 2] {
        let first = example_effective(at(1000));
        let second = example_effective(at(2000)).replacen("version = 1", "version = 2", 1).replacen(
            "replaces = \"none\"",
            &format!("replaces = \"{}\"", Accord::parse(&first).unwrap().id().hash),
            1,
        );
        [first, second].map(|text| Arc::new(Accord::parse(&text).unwrap()))
    }

    /// The index of a log that anchors these accords already.
    fn index(anchored: &[Arc<Accord>], folder: &std::path::Path) -> IndexView {
        let storage = Arc::new(SimStorage::new(Box::new(Faultless)));
        let leaf = |accord: &Arc<Accord>| Leaf::Accord(AccordLeaf::of(accord)).encode().into();
        let entries = anchored.iter().map(|accord| NewEntry { leaf: leaf(accord), beside: Beside::Nothing });
        let own = log(storage.clone(), written(), entries.collect());
        IndexView::open(folder, own.reader(), log(storage, mirrored(), Vec::new()).reader()).unwrap()
    }

    fn versions(leaves: &[AccordLeaf]) -> Vec<u32> {
        leaves.iter().map(|leaf| leaf.accord.version).collect()
    }

    #[test]
    fn each_accord_is_due_once_from_its_time_on() {
        let folder = tempfile::tempdir().unwrap();
        let index = index(&[], folder.path());
        let mut anchored = AnchoredAccords::default();
        let mut due = |now| versions(&anchored.take_due(&held(), &index, at(now)));
        assert_eq!(due(999), [0_u32; 0]);
        assert_eq!(due(1000), [1]);
        assert_eq!(due(1999), [0_u32; 0]);
        assert_eq!(due(2000), [2]);
        assert_eq!(due(9999), [0_u32; 0]);
    }

    #[test]
    fn what_came_and_went_while_the_node_was_down_is_due_in_its_order() {
        let folder = tempfile::tempdir().unwrap();
        let index = index(&[], folder.path());
        assert_eq!(versions(&AnchoredAccords::default().take_due(&held(), &index, at(5000))), [1, 2]);
    }

    #[test]
    fn what_the_log_anchors_is_not_due_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let [first, second] = held();
        let index = index(&[first], folder.path());
        let due = AnchoredAccords::default().take_due(&held(), &index, at(5000));
        assert_eq!(due, [AccordLeaf::of(&second)]);
    }
}
