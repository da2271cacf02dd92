//! What entries say, in the order of the log: keys count from where they stand, anchors never go back.

use std::path::Path;
use std::sync::{PoisonError, RwLock};

use karakoro_proto::identity::certificate::RootCertificate;
use karakoro_proto::identity::fingerprint::Fingerprint;
use karakoro_proto::identity::{Course, Origin};
use karakoro_proto::leaf::{AccordLeaf, AnchorLeaf, ErasedLeaf, ErasedLog, KeyLeaf, Leaf, VerdictLeaf};
use karakoro_proto::log::checkpoint::Checkpoint;
use karakoro_proto::log::merkle::MAX_SIZE;
use karakoro_proto::log::note::Note;

use crate::entries::{Bundles, Entry};
use crate::fault::{AnchorFault, Fault, Finding, Findings, Place};
use crate::report::{AccordReport, LeafCounts};
use crate::signatures::{Job, Published, Signed};

/// Most accords of one log that are named; all are counted.
pub(crate) const MAX_ACCORDS: usize = 100;

/// Reads the leaves of one log in order.
#[derive(Debug)]
pub(crate) struct LeafCheck<'a> {
    origin: Origin,
    known_root: Option<&'a RootCertificate>,
    published: &'a RwLock<Option<Published>>,
    findings: &'a Findings,
    newest_anchor: Option<Checkpoint>,
    newest_accord: Option<AccordLeaf>,
    /// At most [`MAX_ACCORDS`], oldest first.
    pub(crate) accords: Vec<AccordReport>,
    pub(crate) counts: LeafCounts,
    pub(crate) root_fingerprint: Option<String>,
}

impl<'a> LeafCheck<'a> {
    /// `known_root` is what the auditor brought of the writing country, if anything.
    pub(crate) fn new(
        origin: Origin,
        known_root: Option<&'a RootCertificate>,
        published: &'a RwLock<Option<Published>>,
        findings: &'a Findings,
    ) -> Self {
        let (counts, root_fingerprint) = (LeafCounts::default(), None);
        Self {
            origin,
            known_root,
            published,
            findings,
            newest_anchor: None,
            newest_accord: None,
            accords: Vec::new(),
            counts,
            root_fingerprint,
        }
    }

    /// Takes the next entry; returns what of it still needs a signature check.
    pub(crate) fn take(&mut self, entry: &Entry<'_>) -> Option<Job> {
        match self.read(entry) {
            Ok(signed) => signed.map(|signed| Job { entry: entry.index, place: entry.place(), signed }),
            Err(fault) => {
                self.findings.add(Finding::new(entry.place(), fault));
                None
            }
        }
    }

    fn read(&mut self, entry: &Entry<'_>) -> Result<Option<Signed>, Fault> {
        let leaf = Leaf::decode(entry.bytes);
        if entry.index == 0 {
            self.begin(&leaf.clone()?)?;
        }
        match leaf? {
            Leaf::Message(leaf) => {
                self.counts.messages += 1;
                Ok(Some(Signed::Message(leaf)))
            }
            Leaf::Verdict(leaf) => {
                self.counts.verdicts += 1;
                check_verdict(&leaf).map(|()| None)
            }
            Leaf::Anchor(leaf) => {
                self.counts.anchors += 1;
                Ok(Some(Signed::Anchor(self.read_anchor(&leaf)?)))
            }
            Leaf::Erased(leaf) => {
                self.counts.erased += 1;
                check_erasure(entry.index, self.origin, &leaf)?;
                Ok(Some(Signed::Erasure(self.origin, leaf)))
            }
            Leaf::Key(leaf) => {
                self.counts.keys += 1;
                self.publish(entry.index, &leaf).map(|()| None)
            }
            Leaf::Accord(leaf) => {
                self.counts.accords += 1;
                self.read_accord(entry.index, leaf).map(|()| None)
            }
            Leaf::Unknown { .. } => {
                self.counts.unknown += 1;
                Ok(None)
            }
        }
    }

    /// Every log begins with the root certificate under which all its keys are published.
    fn begin(&mut self, leaf: &Leaf) -> Result<(), Fault> {
        let root = root_of(leaf, self.origin)?;
        self.root_fingerprint = Some(format!("{:#}", Fingerprint::of(root.der())));
        let is_known = self.known_root.is_none_or(|known| *known == root);
        let country = root.country();
        *self.published.write().unwrap_or_else(PoisonError::into_inner) = Some(Published::under(root));
        if is_known { Ok(()) } else { Err(Fault::OtherRoot(country)) }
    }

    /// A log stands under one accord after another.
    fn read_accord(&mut self, entry: u64, leaf: AccordLeaf) -> Result<(), Fault> {
        if let Some(before) = self.newest_accord
            && (leaf.accord.version <= before.accord.version || leaf.effective <= before.effective)
        {
            return Err(Fault::AccordOrder { before: before.accord, now: leaf.accord });
        }
        self.newest_accord = Some(leaf);
        if self.accords.len() < MAX_ACCORDS {
            self.accords.push(AccordReport { entry, anchored: leaf });
        }
        Ok(())
    }

    fn publish(&self, entry: u64, leaf: &KeyLeaf) -> Result<(), Fault> {
        let mut published = self.published.write().unwrap_or_else(PoisonError::into_inner);
        // Without a root there is nothing to publish under; entry 0 was reported for it.
        published.as_mut().map_or(Ok(()), |published| published.publish(entry, leaf).map_err(Fault::from))
    }

    fn read_anchor(&mut self, leaf: &AnchorLeaf) -> Result<Note, AnchorFault> {
        let (note, checkpoint) = parse_anchor(leaf, self.origin)?;
        if let Some(before) =
            self.newest_anchor.filter(|before| before.origin.epoch >= checkpoint.origin.epoch)
        {
            check_growth(&before, &checkpoint)?;
        }
        self.newest_anchor = Some(checkpoint);
        Ok(note)
    }
}

/// The root certificate that entry 0 must hold.
pub(crate) fn root_of(leaf: &Leaf, origin: Origin) -> Result<RootCertificate, Fault> {
    let Leaf::Key(leaf) = leaf else {
        return Err(Fault::FirstEntry("it publishes no key".to_owned()));
    };
    let no_root = |error: &dyn std::error::Error| Fault::FirstEntry(error.to_string());
    let root = RootCertificate::parse(&leaf.certificate).map_err(|error| no_root(&error))?;
    root.certificate().expect_country(origin.writer()).map_err(|error| no_root(&error))?;
    Ok(root)
}

fn check_verdict(leaf: &VerdictLeaf) -> Result<(), Fault> {
    let (first, end) = (leaf.first, leaf.end());
    if end <= MAX_SIZE { Ok(()) } else { Err(Fault::VerdictRange { first, end }) }
}

/// An erasure is of an entry before it; of the opposite log nothing is known here.
fn check_erasure(index: u64, origin: Origin, leaf: &ErasedLeaf) -> Result<(), Fault> {
    let erasure = &leaf.erasure;
    let later = erasure.log == ErasedLog::This
        && (erasure.epoch > origin.epoch || erasure.epoch == origin.epoch && erasure.entry >= index);
    if later { Err(Fault::ErasureOrder(erasure.entry)) } else { Ok(()) }
}

/// A note of the opposite direction, of any epoch.
fn parse_anchor(leaf: &AnchorLeaf, of: Origin) -> Result<(Note, Checkpoint), AnchorFault> {
    let note = Note::parse(&leaf.note)?;
    let checkpoint = Checkpoint::parse(note.text())?;
    let found = checkpoint.origin;
    match of.course {
        Course::Link(direction) if found.course == Course::Link(direction.reversed()) => {
            Ok((note, checkpoint))
        }
        _ => Err(AnchorFault::Direction { of, found }),
    }
}

fn check_growth(before: &Checkpoint, now: &Checkpoint) -> Result<(), AnchorFault> {
    if now.origin.epoch < before.origin.epoch || now.size < before.size {
        return Err(AnchorFault::GoesBack { before: before.size, now: now.size });
    }
    if now.size == before.size && now.root != before.root {
        return Err(AnchorFault::TwoRoots(now.size));
    }
    Ok(())
}

/// An anchor and the place of its entry.
#[derive(Debug)]
pub(crate) struct Anchored {
    pub(crate) place: Place,
    pub(crate) note: Note,
    pub(crate) checkpoint: Checkpoint,
}

/// The anchors of a log that was verified before, read again one by one.
pub(crate) fn anchors(log: &Path, of: Origin, size: u64) -> impl Iterator<Item = Anchored> {
    Bundles::new(log, size).map_while(Result::ok).flat_map(move |bundle| {
        let anchored = bundle.entries().filter_map(|entry| match Leaf::decode(entry.bytes) {
            Ok(Leaf::Anchor(leaf)) => parse_anchor(&leaf, of).ok().map(|(note, checkpoint)| Anchored {
                place: entry.place(),
                note,
                checkpoint,
            }),
            _ => None,
        });
        anchored.collect::<Vec<_>>()
    })
}
