//! Two exports, one from each country: do they tell the same story?
//!
//! Each log is verified by itself first. Then the copies of one log are compared entry by entry, as far
//! as the shorter one reaches: a copy that lags behind contradicts nothing. Last, the anchors in one
//! direction are held against the log of the opposite direction, of which each states what its writer
//! had seen.

use std::path::Path;

use karakoro_proto::identity::Course;
use karakoro_proto::log::merkle::{Frontier, Hash, leaf_hash};
use karakoro_proto::log::note::VerifierKey;

use crate::accords::{self, Standing};
use crate::entries::Bundles;
use crate::fault::{AnchorFault, Fault, Finding, Findings, Place};
use crate::leaves::{Anchored, anchors};
use crate::report::{Head, LogReport, PairReport, Report, ReportParts, Verdict};
use crate::text::{counted, grouped};
use crate::trust::Brought;
use crate::verify::{VerifiedLog, VerifyOptions, verify_logs};

/// Compares two exports, or two copies of one log.
#[must_use]
pub fn compare(a: &Path, b: &Path, options: &VerifyOptions<'_>) -> Report {
    match try_compare(a, b, options) {
        Ok(report) => report,
        Err(finding) => Report::of_finding(finding),
    }
}

fn try_compare(a: &Path, b: &Path, options: &VerifyOptions<'_>) -> Result<Report, Finding> {
    let brought = Brought::read(options)?;
    let a = verify_logs(a, &brought, options)?;
    let b = verify_logs(b, &brought, options)?;
    let mut parts = ReportParts { findings: [a.findings, b.findings].concat(), ..ReportParts::default() };
    compare_copies(&a.logs, &b.logs, &mut parts);
    let both: Vec<&VerifiedLog> = a.logs.iter().chain(&b.logs).collect();
    compare_directions(&both, &mut parts);
    parts.logs = a.logs.into_iter().chain(b.logs).map(|log| log.report).collect();
    Ok(Report::conclude(parts))
}

/// A log whose checkpoint is signed, so that its name and size are known.
#[derive(Clone, Copy)]
struct Known<'a> {
    path: &'a Path,
    report: &'a LogReport,
    head: &'a Head,
    key: &'a VerifierKey,
}

impl<'a> Known<'a> {
    fn of(log: &'a VerifiedLog) -> Option<Self> {
        let (head, key) = (log.report.head.as_ref()?, log.log_key.as_ref()?);
        Some(Self { path: &log.path, report: &log.report, head, key })
    }

    fn size(&self) -> u64 {
        self.head.checkpoint.size
    }

    /// Whether its entries are those that were signed.
    fn is_sound(&self) -> bool {
        self.report.verdict != Verdict::Disagree
    }

    fn accords(&self) -> Standing<'_> {
        let Self { report, head, .. } = *self;
        Standing { origin: head.checkpoint.origin, folder: &report.folder, accords: &report.accords }
    }

    fn bundles(&self) -> Bundles {
        Bundles::new(self.path, self.size())
    }
}

fn compare_copies(a: &[VerifiedLog], b: &[VerifiedLog], parts: &mut ReportParts) {
    let a: Vec<Known<'_>> = a.iter().filter_map(Known::of).collect();
    let b: Vec<Known<'_>> = b.iter().filter_map(Known::of).collect();
    let copy_in = |logs: &[Known<'_>], log: &Known<'_>| {
        logs.iter().position(|other| other.head.checkpoint.origin == log.head.checkpoint.origin)
    };
    for log in &a {
        match copy_in(&b, log) {
            Some(position) => parts.pairs.push(compare_pair(log, &b[position])),
            None => note_single(log, parts),
        }
    }
    b.iter().filter(|log| copy_in(&a, log).is_none()).for_each(|log| note_single(log, parts));
    if let (true, Some(any)) = (parts.pairs.is_empty(), a.iter().chain(&b).next()) {
        parts.findings.push(Finding::new(Place::file(any.path.display()), Fault::NothingInCommon));
    }
}

/// A log of the exchange must be in both exports; a country's own log only in its own.
fn note_single(log: &Known<'_>, parts: &mut ReportParts) {
    let origin = log.head.checkpoint.origin;
    match origin.course {
        Course::Link(_) => {
            let place = Place::file(log.path.display());
            parts.findings.push(Finding::new(place, Fault::OneSideOnly(origin)));
        }
        Course::Domestic(country) => {
            parts.notices.push(format!("{origin} is a log of {country} alone, and was not compared"));
        }
    }
}

fn compare_pair(a: &Known<'_>, b: &Known<'_>) -> PairReport {
    let common = CommonPart::of(a, b);
    let mut pair = PairReport {
        verdict: Verdict::Agree,
        a: a.head.clone(),
        b: b.head.clone(),
        common: common.tree.size(),
        common_root: (common.tree.size() > 0).then(|| common.tree.root()),
        first_difference: common.differs.then(|| common.tree.size()),
        findings: Vec::new(),
    };
    if let Some(fault) = contradiction(a, b, common.differs) {
        let mut place = Place::file(format!("{} and {}", a.path.display(), b.path.display()));
        place.entry = pair.first_difference;
        pair.findings.push(Finding::new(place, fault));
    }
    // What keeps either copy from being believed keeps both from being compared.
    pair.conclude(a.report.verdict.max(b.report.verdict))
}

/// What two copies of one log show about its writer.
fn contradiction(a: &Known<'_>, b: &Known<'_>, differs: bool) -> Option<Fault> {
    let (of_a, of_b) = (a.head.checkpoint, b.head.checkpoint);
    let two_roots = of_a.size == of_b.size && of_a.root != of_b.root;
    let two_histories = differs && a.is_sound() && b.is_sound();
    // Under one key only: otherwise either note may have been made by whoever brought its key.
    if a.key == b.key && (two_roots || two_histories) {
        Some(Fault::Forked(of_a.origin))
    } else {
        (differs || two_roots).then_some(Fault::Different(of_a.origin))
    }
}

/// The entries from the first on that two copies share.
struct CommonPart {
    tree: Frontier,
    differs: bool,
}

impl CommonPart {
    fn of(a: &Known<'_>, b: &Known<'_>) -> Self {
        let mut common = Self { tree: Frontier::new(), differs: false };
        // Bundles of both begin at the same entries; only the last of the shorter copy has fewer.
        for (of_a, of_b) in a.bundles().map_while(Result::ok).zip(b.bundles().map_while(Result::ok)) {
            for (entry_a, entry_b) in of_a.entries().zip(of_b.entries()) {
                if entry_a.bytes != entry_b.bytes {
                    common.differs = true;
                    return common;
                }
                common.tree.push(leaf_hash(entry_a.bytes));
            }
        }
        common
    }
}

/// Holds the anchors of each direction against the longest sound copy of the opposite one.
fn compare_directions(logs: &[&VerifiedLog], parts: &mut ReportParts) {
    let longest = longest_copies(logs);
    for anchoring in &longest {
        let Course::Link(direction) = anchoring.head.checkpoint.origin.course else { continue };
        let opposite = Course::Link(direction.reversed());
        for anchored in longest.iter().filter(|log| log.head.checkpoint.origin.course == opposite) {
            AnchorCheck::new(*anchoring, *anchored).run(parts);
        }
    }
    for (position, one) in longest.iter().enumerate() {
        let others = longest.iter().take(position).filter(|other| are_opposite(one, other));
        others.for_each(|other| accords::compare(other.accords(), one.accords(), parts));
    }
}

fn are_opposite(one: &Known<'_>, other: &Known<'_>) -> bool {
    match (one.head.checkpoint.origin.course, other.head.checkpoint.origin.course) {
        (Course::Link(one), Course::Link(other)) => one == other.reversed(),
        _ => false,
    }
}

fn longest_copies<'a>(logs: &[&'a VerifiedLog]) -> Vec<Known<'a>> {
    let mut longest: Vec<Known<'a>> = Vec::new();
    for log in logs.iter().filter_map(|log| Known::of(log)).filter(Known::is_sound) {
        let origin = log.head.checkpoint.origin;
        match longest.iter_mut().find(|other| other.head.checkpoint.origin == origin) {
            Some(other) if other.size() < log.size() => *other = log,
            Some(_) => {}
            None => longest.push(log),
        }
    }
    longest
}

/// One pass over two logs: anchors never go back, so the anchored log is read once beside them.
struct AnchorCheck<'a> {
    anchoring: Known<'a>,
    anchored: Known<'a>,
    findings: Findings,
    held: u64,
    newest: u64,
    beyond: u64,
}

impl<'a> AnchorCheck<'a> {
    fn new(anchoring: Known<'a>, anchored: Known<'a>) -> Self {
        Self { anchoring, anchored, findings: Findings::default(), held: 0, newest: 0, beyond: 0 }
    }

    fn run(mut self, parts: &mut ReportParts) {
        let origin = self.anchored.head.checkpoint.origin;
        let mut tree = Frontier::new();
        let mut hashes = leaf_hashes(self.anchored.bundles());
        let all = anchors(self.anchoring.path, self.anchoring.head.checkpoint.origin, self.anchoring.size());
        for anchor in all.filter(|anchor| anchor.checkpoint.origin == origin) {
            if anchor.checkpoint.size > self.anchored.size() {
                self.beyond += 1;
                continue;
            }
            let missing = anchor.checkpoint.size.saturating_sub(tree.size());
            (0..missing).map_while(|_| hashes.next()).for_each(|hash| tree.push(hash));
            self.judge(anchor, tree.root());
        }
        self.conclude(parts);
    }

    fn judge(&mut self, anchor: Anchored, root: Hash) {
        let fault = if anchor.checkpoint.root == root {
            let known = std::slice::from_ref(self.anchored.key);
            anchor.note.verify(known).err().map(|error| Fault::Anchor(AnchorFault::Signature(error)))
        } else {
            let (size, found) = (anchor.checkpoint.size, anchor.checkpoint.root);
            let origin = anchor.checkpoint.origin;
            Some(Fault::AnchorContradicts { origin, size, expected: root, found })
        };
        match fault {
            Some(fault) => self.findings.add(Finding::new(self.place(&anchor), fault)),
            None => {
                self.held += 1;
                self.newest = anchor.checkpoint.size;
            }
        }
    }

    fn place(&self, anchor: &Anchored) -> Place {
        let file = format!("{}/{}", self.anchoring.path.display(), anchor.place.file);
        Place { file, ..anchor.place.clone() }
    }

    fn conclude(self, parts: &mut ReportParts) {
        let (anchoring, anchored) =
            (self.anchoring.head.checkpoint.origin, self.anchored.head.checkpoint.origin);
        if self.held > 0 {
            let anchors = counted(self.held, "anchor", "anchors");
            let newest = grouped(self.newest);
            parts
                .notices
                .push(format!("{anchors} of {anchored} in {anchoring} are right, up to {newest} entries"));
        }
        if self.beyond > 0 {
            let anchors = counted(self.beyond, "anchor", "anchors");
            parts.notices.push(format!("{anchors} of {anchored} in {anchoring} reach past the copy at hand"));
        }
        parts.findings.extend(self.findings.take().0);
    }
}

fn leaf_hashes(bundles: Bundles) -> impl Iterator<Item = Hash> {
    bundles
        .map_while(Result::ok)
        .flat_map(|bundle| bundle.entries().map(|entry| leaf_hash(entry.bytes)).collect::<Vec<_>>())
}
