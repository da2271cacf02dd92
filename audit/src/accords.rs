//! The accords that the two logs of a link anchor: the countries must go by the same texts.

use karakoro_proto::identity::Origin;
use karakoro_proto::leaf::AccordLeaf;

use crate::fault::{Fault, Finding, Place};
use crate::report::{AccordReport, ReportParts};

/// A log as far as its accords go.
#[derive(Clone, Copy)]
pub(crate) struct Standing<'a> {
    /// Which log.
    pub(crate) origin: Origin,
    /// Its folder, as the caller named it.
    pub(crate) folder: &'a str,
    /// What it anchors.
    pub(crate) accords: &'a [AccordReport],
}

impl Standing<'_> {
    fn of_number(&self, version: u32) -> Option<&AccordReport> {
        self.accords.iter().find(|other| other.anchored.accord.version == version)
    }
}

/// Holds two opposite logs against each other. One that only one of them anchors is no contradiction: the other
/// country's copy may lag, or its node may not have run since.
pub(crate) fn compare(a: Standing<'_>, b: Standing<'_>, parts: &mut ReportParts) {
    for AccordReport { entry, anchored } in a.accords {
        match b.of_number(anchored.accord.version).map(|other| other.anchored) {
            Some(other) if other == *anchored => {
                parts.notices.push(format!("{} and {} both anchor {anchored}", a.origin, b.origin));
            }
            Some(there) => {
                let place = Place::file(a.folder).at_entry(*entry);
                let fault = Fault::AccordsDiffer { here: *anchored, opposite: b.origin, there };
                parts.findings.push(Finding::new(place, fault));
            }
            None => note_single(a, b, anchored, parts),
        }
    }
    let only_b = b.accords.iter().filter(|other| a.of_number(other.anchored.accord.version).is_none());
    only_b.for_each(|other| note_single(b, a, &other.anchored, parts));
}

fn note_single(one: Standing<'_>, other: Standing<'_>, anchored: &AccordLeaf, parts: &mut ReportParts) {
    parts.notices.push(format!("{} anchors {anchored}; {} does not", one.origin, other.origin));
}
