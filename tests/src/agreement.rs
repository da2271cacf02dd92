//! What both countries must hold in the end, read from their files with no node running.

use std::collections::BTreeMap;

use karakoro_node::ledger::log::LogReader;
use karakoro_node::ledger::record::StoredEntry;
use karakoro_node::node::Profile;
use karakoro_proto::envelope::{Header, MessageId};

use crate::countries::{Countries, Home};

/// One log as its writer and its receiver hold it.
#[derive(Debug)]
pub struct Agreement {
    /// Entries that both hold, byte for byte the same.
    pub common: u64,
    /// Entries of every message among them, by id.
    pub messages: BTreeMap<MessageId, Vec<u64>>,
}

/// Compares the log that `writer` writes with the mirror that `holder` keeps: every entry and every body of
/// the mirror must be the writer's, and the mirror's checkpoint one that the writer signed.
#[track_caller]
#[must_use]
pub fn compare(writer: &Home, holder: &Home) -> Agreement {
    let [own, _] = view(writer);
    let [_, mirror] = view(holder);
    let common = mirror.size();
    assert!(common <= own.size(), "the mirror has {common} entries, the log only {}", own.size());
    let root = own.root_at(common).expect("the log is readable").expect("it has as many entries");
    if let Some(newest) = mirror.newest() {
        assert_eq!(newest.checkpoint().size, common);
        assert_eq!(newest.checkpoint().root, root, "the mirror's checkpoint is of another tree");
    }
    let cosigned = own.cosigned().map_or(0, |note| note.checkpoint().size);
    assert!(cosigned <= common, "a cosignature over {cosigned} entries, of which {common} are mirrored");
    let mut messages: BTreeMap<MessageId, Vec<u64>> = BTreeMap::new();
    for (ours, theirs) in own.entries(0).zip(mirror.entries(0)) {
        let (ours, theirs) = (ours.expect("a sound entry"), theirs.expect("a sound entry"));
        assert_eq!(ours.index, theirs.index);
        assert_eq!(ours.leaf, theirs.leaf, "entry {} differs", ours.index);
        let body = own.body(&ours).expect("a sound body");
        assert!(body == mirror.body(&theirs).expect("a sound body"), "body {} differs", ours.index);
        if let Some(body) = body {
            let header = Header::decode(&body.header).expect("a sound header");
            messages.entry(header.id).or_default().push(ours.index);
        }
    }
    Agreement { common, messages }
}

/// Compares both directions: Mauritania's log, then Mali's.
#[track_caller]
#[must_use]
pub fn both(countries: &Countries) -> [Agreement; 2] {
    [compare(&countries.mr, &countries.ml), compare(&countries.ml, &countries.mr)]
}

/// The logs of a home, its own first.
#[track_caller]
#[must_use]
pub fn view(home: &Home) -> [LogReader; 2] {
    Profile::load(&home.path).expect("a sound home").view().expect("sound logs")
}

/// The entries of messages in a log, those that were erased left out.
#[must_use]
pub fn messages(log: &LogReader) -> Vec<StoredEntry> {
    let entries = log.entries(0).map(|entry| entry.expect("a sound entry"));
    entries.filter(|entry| !entry.body.is_gone()).collect()
}
