//! One export: does it follow from its entries, and did both countries sign it?

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use karakoro_proto::identity::certificate::RootCertificate;
use karakoro_proto::log::note::VerifierKey;

use crate::entries::Bundles;
use crate::fault::{Fault, Finding, Findings, Place};
use crate::files::{self, CHECKPOINT};
use crate::leaves::LeafCheck;
use crate::report::{LogReport, Report, ReportParts};
use crate::signatures::{Published, Queue, check_while};
use crate::tiles::TreeCheck;
use crate::trust::{Brought, Judged, Trust, read_note};

/// What the auditor brings, and how much of the machine to use.
#[derive(Clone, Copy, Debug, Default)]
pub struct VerifyOptions<'a> {
    /// The auditor's own C2SP tlog-policy, in place of the one that came with the files.
    pub policy: Option<&'a Path>,
    /// The root certificates that the countries gave the auditor, DER or PEM. If there are any, the
    /// one of the country that writes a log must be among them.
    pub roots: &'a [&'a Path],
    /// Threads that verify signatures; by default as many as the machine runs at once.
    pub threads: Option<NonZero<usize>>,
}

/// Verifies an export, or one log of it, from its files alone.
///
/// The signed root and every tile are recomputed from the entries; each entry must be a leaf, each key
/// be certified, each message be signed by officers whose keys stand before it.
#[must_use]
pub fn verify(path: &Path, options: &VerifyOptions<'_>) -> Report {
    let verified = Brought::read(options).and_then(|brought| verify_logs(path, &brought, options));
    match verified {
        Ok(Verified { logs, findings }) => {
            let logs = logs.into_iter().map(|log| log.report).collect();
            Report::conclude(ReportParts { logs, findings, ..ReportParts::default() })
        }
        Err(finding) => Report::of_finding(finding),
    }
}

/// All logs below one path.
#[derive(Debug)]
pub(crate) struct Verified {
    pub(crate) logs: Vec<VerifiedLog>,
    pub(crate) findings: Vec<Finding>,
}

/// A log after its verification, well or badly ended.
#[derive(Debug)]
pub(crate) struct VerifiedLog {
    pub(crate) path: PathBuf,
    pub(crate) report: LogReport,
    /// The key that signed the checkpoint, if the signature is good.
    pub(crate) log_key: Option<VerifierKey>,
}

pub(crate) fn verify_logs(
    path: &Path,
    brought: &Brought,
    options: &VerifyOptions<'_>,
) -> Result<Verified, Finding> {
    let folders = files::find_logs(path).map_err(|fault| Finding::new(Place::file(path.display()), fault))?;
    let logs: Vec<VerifiedLog> =
        folders.iter().map(|folder| verify_log(folder, brought, options.threads)).collect();
    let findings = if folders == [path] { Vec::new() } else { check_names(&logs) };
    Ok(Verified { logs, findings })
}

/// In an export, each folder is named for its log, which makes each log appear once.
fn check_names(logs: &[VerifiedLog]) -> Vec<Finding> {
    let misnamed = logs.iter().filter_map(|log| {
        let origin = log.report.head.as_ref()?.checkpoint.origin;
        let is_named = log.path.file_name().is_some_and(|name| name == origin.folder().as_str());
        (!is_named).then(|| Finding::new(Place::file(log.path.display()), Fault::FolderName(origin)))
    });
    misnamed.collect()
}

fn verify_log(path: &Path, brought: &Brought, threads: Option<NonZero<usize>>) -> VerifiedLog {
    let mut report = LogReport::new(path.display().to_string());
    let findings = Findings::default();
    // What tells where a log went wrong is worth less without knowing what was signed: so both first.
    let judged = brought.policy_or(|| Trust::read_exported(path)).and_then(|trust| {
        let judged = trust.judge(&read_note(path)?, &Place::file(CHECKPOINT))?;
        Ok((trust, judged))
    });
    let log_key = match judged {
        Ok((trust, judged)) => {
            LogAudit { path, trust: &trust, judged: &judged, findings: &findings }.run(
                brought,
                threads,
                &mut report,
            );
            report.head = Some(judged.head);
            Some(judged.log_key)
        }
        Err(finding) => {
            findings.add(finding);
            None
        }
    };
    VerifiedLog { path: path.to_owned(), report: report.conclude(findings.take()), log_key }
}

/// The audit of one log whose checkpoint is known to be signed.
struct LogAudit<'a> {
    path: &'a Path,
    trust: &'a Trust,
    judged: &'a Judged,
    findings: &'a Findings,
}

impl LogAudit<'_> {
    fn run(&self, brought: &Brought, threads: Option<NonZero<usize>>, report: &mut LogReport) {
        let checkpoint = self.judged.head.checkpoint;
        self.judged.faults.iter().cloned().for_each(|fault| self.findings.add(fault));
        report.notices.push(self.trust.notice().to_owned());
        report.notices.extend(self.judged.notices.iter().cloned());
        let root = brought.root(checkpoint.origin.writer()).unwrap_or_else(|fault| {
            self.findings.add(Finding::new(Place::file(CHECKPOINT), fault));
            None
        });
        files::check_layout(self.path, checkpoint.size, self.findings);
        self.check_entries(root, threads, report);
        if checkpoint.size == 0 {
            report.notices.push("the log is empty: nothing in it certifies the key that signed".to_owned());
        } else if root.is_none() {
            report.notices.push(
                "the root certificate came with the log: compare its fingerprint by telephone, or give the \
                 certificate that the country published"
                    .to_owned(),
            );
        }
    }

    fn check_entries(
        &self,
        root: Option<&RootCertificate>,
        threads: Option<NonZero<usize>>,
        report: &mut LogReport,
    ) {
        let published = RwLock::new(None);
        let origin = self.judged.head.checkpoint.origin;
        let mut leaves = LeafCheck::new(origin, root, &published, self.findings);
        check_while(threads, &published, self.findings, |queue| self.read_entries(&mut leaves, queue));
        report.leaves = leaves.counts;
        report.accords = std::mem::take(&mut leaves.accords);
        report.root_fingerprint = leaves.root_fingerprint.take();
        let published: Option<Published> = published.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(published) = published {
            let certified = Trust::is_certified(self.judged, &published);
            let uncertified = (!certified).then(|| self.trust.uncertified(self.judged));
            let self_cosigned = self.trust.self_cosigned(self.judged, &published);
            uncertified.into_iter().chain(self_cosigned).for_each(|fault| self.findings.add(fault));
        }
    }

    /// Reads each bundle once: its hashes go to the tree, its leaves to their checks.
    fn read_entries(&self, leaves: &mut LeafCheck<'_>, queue: &Queue) {
        let checkpoint = self.judged.head.checkpoint;
        let mut tree = TreeCheck::new(self.path);
        for bundle in Bundles::new(self.path, checkpoint.size) {
            let bundle = match bundle {
                Ok(bundle) => bundle,
                // What stands behind it has no known place: no root, no tiles to speak of.
                Err(finding) => return self.findings.add(finding),
            };
            let jobs = bundle.entries().filter_map(|entry| {
                tree.push(&entry);
                leaves.take(&entry)
            });
            queue.push(jobs.collect());
        }
        tree.finish(checkpoint.root, self.findings);
    }
}
