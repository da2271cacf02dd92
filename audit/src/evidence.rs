//! One message's evidence: was it shared, by whom, in a log that both countries signed?

use std::path::Path;

use karakoro_proto::envelope::{Header, VerifiedEnvelope};
use karakoro_proto::identity::fingerprint::Fingerprint;
use karakoro_proto::identity::{Country, Course, Origin};
use karakoro_proto::leaf::{Basis, ErasedLeaf, Leaf, MessageLeaf, Ordered, SigningPurpose};
use karakoro_proto::log::checkpoint::Checkpoint;
use karakoro_proto::log::evidence::{Evidence, MAX_EVIDENCE_LEN, ProvenEntry, ShownBody};
use karakoro_proto::log::merkle::{Hash, leaf_hash};
use karakoro_proto::log::proof::InclusionProof;

use crate::fault::{Fault, Finding, Place};
use crate::files;
use crate::leaves::root_of;
use crate::report::{
    BodyState, ErasedReport, EvidenceReport, MessageReport, Report, ReportParts, Signer, Verdict,
};
use crate::signatures::Published;
use crate::trust::{Brought, Judged, Trust};
use crate::verify::VerifyOptions;

/// Verifies a file in the format of [`karakoro_proto::log::evidence`].
///
/// The message and every key that it needs must stand in the signed log, the keys before the message
/// and under the country's root; the officers must have signed; the body, if it is shown, must be the
/// one that they signed.
#[must_use]
pub fn verify_evidence(file: &Path, options: &VerifyOptions<'_>) -> Report {
    let place = Place::file(file.display());
    let read = Brought::read(options).and_then(|brought| {
        let bytes = files::read_named(file, MAX_EVIDENCE_LEN);
        let bytes = bytes.map_err(|fault| Finding::new(place.clone(), fault))?;
        let evidence = Evidence::parse(&bytes).map_err(|error| Finding::new(place.clone(), error))?;
        Ok((brought, evidence))
    });
    match read {
        Ok((brought, evidence)) => EvidenceAudit::new(&brought, evidence, place).run(),
        Err(finding) => Report::of_finding(finding),
    }
}

struct EvidenceAudit<'a> {
    brought: &'a Brought,
    evidence: Evidence,
    place: Place,
    report: EvidenceReport,
    findings: Vec<Finding>,
    notices: Vec<String>,
}

impl<'a> EvidenceAudit<'a> {
    fn new(brought: &'a Brought, evidence: Evidence, place: Place) -> Self {
        let body = match evidence.body {
            ShownBody::Shown(_) => BodyState::Shown,
            ShownBody::Erased(_) => BodyState::Erased,
            ShownBody::Withheld => BodyState::Withheld,
        };
        let report = EvidenceReport {
            verdict: Verdict::Agree,
            head: None,
            entry: evidence.proof.index,
            signers: Vec::new(),
            body,
            erased: None,
            message: None,
            root_fingerprint: None,
        };
        Self { brought, evidence, place, report, findings: Vec::new(), notices: Vec::new() }
    }

    fn run(mut self) -> Report {
        if let Err(finding) = self.check() {
            self.findings.push(finding);
        }
        self.report.verdict = self.findings.iter().map(Finding::verdict).max().unwrap_or(Verdict::Agree);
        let (findings, notices) = (self.findings, self.notices);
        Report::conclude(ReportParts {
            evidence: Some(self.report),
            findings,
            notices,
            ..ReportParts::default()
        })
    }

    /// Stops at the first fault: what follows would rest on it.
    fn check(&mut self) -> Result<(), Finding> {
        let (trust, judged) = self.judge_checkpoint()?;
        let checkpoint = judged.head.checkpoint;
        let message = self.check_message(&checkpoint).map_err(|fault| self.at_message(fault))?;
        let published = self.check_keys(&checkpoint)?;
        let entry = self.evidence.proof.index;
        published.check_message(entry, &message).map_err(|error| self.at_message(error.into()))?;
        self.report.signers = signers(&message, &published);
        self.check_log_key(&trust, &judged, &published);
        self.check_erasure(&checkpoint, &published)?;
        self.check_body(message, checkpoint.origin, &published).map_err(|fault| self.at_message(fault))
    }

    fn judge_checkpoint(&mut self) -> Result<(Trust, Judged), Finding> {
        let enclosed = || Ok(Trust::enclosed(self.evidence.policy.clone(), self.place.clone()));
        let trust = self.brought.policy_or(enclosed)?;
        let judged = trust.judge(&self.evidence.proof.checkpoint, &self.place)?;
        self.findings.extend(judged.faults.iter().cloned());
        self.notices.push(trust.notice().to_owned());
        self.notices.extend(judged.notices.iter().cloned());
        self.report.head = Some(judged.head.clone());
        Ok((trust, judged))
    }

    fn check_message(&self, checkpoint: &Checkpoint) -> Result<MessageLeaf, Fault> {
        let Evidence { leaf, proof, .. } = &self.evidence;
        check_inclusion(leaf, proof.index, &proof.path, checkpoint)?;
        match Leaf::decode(leaf)? {
            Leaf::Message(leaf) => Ok(leaf),
            _ => Err(Fault::NotAMessage),
        }
    }

    /// Publishes the keys in the order of the log, the root first.
    fn check_keys(&mut self, checkpoint: &Checkpoint) -> Result<Published, Finding> {
        let mut keys = self.evidence.keys.iter();
        let first = keys.next().filter(|key| key.index == 0).ok_or_else(|| {
            Finding::new(
                self.place.clone(),
                Fault::FirstEntry("entry 0 is not part of this evidence".to_owned()),
            )
        })?;
        let mut published = self
            .check_root(first, checkpoint)
            .map_err(|fault| Finding::new(self.place.clone().at_entry(0), fault))?;
        self.report.root_fingerprint =
            Some(format!("{:#}", Fingerprint::of(published.keyring().root().der())));
        let mut before = 0;
        // The key of who signed the message stands before it; that of who had it erased, before that.
        let last = match &self.evidence.body {
            ShownBody::Erased(by) => by.index.max(self.evidence.proof.index),
            ShownBody::Shown(_) | ShownBody::Withheld => self.evidence.proof.index,
        };
        for key in keys {
            let at = |fault| Finding::new(self.place.clone().at_entry(key.index), fault);
            if key.index <= before || key.index >= last {
                return Err(at(Fault::KeyOrder(key.index)));
            }
            before = key.index;
            publish(key, checkpoint, &mut published).map_err(at)?;
        }
        Ok(published)
    }

    fn check_root(&self, key: &ProvenEntry, checkpoint: &Checkpoint) -> Result<Published, Fault> {
        check_inclusion(&key.entry, key.index, &key.path, checkpoint)?;
        let root = root_of(&Leaf::decode(&key.entry)?, checkpoint.origin)?;
        match self.brought.root(root.country())? {
            Some(known) if *known != root => Err(Fault::OtherRoot(root.country())),
            _ => Ok(Published::under(root)),
        }
    }

    /// The log's own certificate need not be part of the evidence: a reader may know the key already.
    fn check_log_key(&mut self, trust: &Trust, judged: &Judged, published: &Published) {
        self.findings.extend(trust.self_cosigned(judged, published));
        if !Trust::is_certified(judged, published) && !trust.is_own() {
            self.notices.push("nothing here shows that the country certified the key of its log".to_owned());
        }
    }

    /// A body that is missing is accounted for: the same log says that this very entry was erased, and on whose word.
    fn check_erasure(&mut self, checkpoint: &Checkpoint, published: &Published) -> Result<(), Finding> {
        let ShownBody::Erased(by) = &self.evidence.body else { return Ok(()) };
        let read = || {
            check_inclusion(&by.entry, by.index, &by.path, checkpoint)?;
            let Leaf::Erased(leaf) = Leaf::decode(&by.entry)? else { return Err(Fault::NoErasure) };
            let erasure = &leaf.erasure;
            if erasure.target(checkpoint.origin) != checkpoint.origin
                || erasure.entry != self.evidence.proof.index
            {
                return Err(Fault::NoErasure);
            }
            if erasure.entry >= by.index {
                return Err(Fault::ErasureOrder(erasure.entry));
            }
            published.check_erasure(by.index, checkpoint.origin, &leaf)?;
            Ok(erased_report(by.index, &leaf, published))
        };
        let report = read().map_err(|fault| Finding::new(self.place.clone().at_entry(by.index), fault))?;
        self.report.erased = Some(report);
        Ok(())
    }

    fn check_body(&mut self, leaf: MessageLeaf, origin: Origin, published: &Published) -> Result<(), Fault> {
        let ShownBody::Shown(body) = &self.evidence.body else { return Ok(()) };
        let recipient = recipient_of(origin);
        let verified = VerifiedEnvelope::verify(leaf, body.clone(), &origin, recipient, published.keyring())?;
        self.report.message = Some(message_report(verified.header(), verified.body().payload.len()));
        Ok(())
    }

    fn at_message(&self, fault: Fault) -> Finding {
        Finding::new(self.place.clone().at_entry(self.evidence.proof.index), fault)
    }
}

fn check_inclusion(entry: &[u8], index: u64, path: &[Hash], checkpoint: &Checkpoint) -> Result<(), Fault> {
    let proof = InclusionProof { index, size: checkpoint.size, path: path.to_vec() };
    proof.verify(leaf_hash(entry), checkpoint.root).map_err(Fault::from)
}

fn publish(key: &ProvenEntry, checkpoint: &Checkpoint, published: &mut Published) -> Result<(), Fault> {
    check_inclusion(&key.entry, key.index, &key.path, checkpoint)?;
    match Leaf::decode(&key.entry)? {
        Leaf::Key(leaf) => published.publish(key.index, &leaf).map_err(Fault::from),
        _ => Err(Fault::NotAKey),
    }
}

fn recipient_of(origin: Origin) -> Country {
    match origin.course {
        Course::Link(direction) => direction.to,
        Course::Domestic(country) => country,
    }
}

fn signers(message: &MessageLeaf, published: &Published) -> Vec<Signer> {
    let signer = |signature: &karakoro_proto::leaf::OfficerSignature| Signer {
        purpose: match signature.purpose {
            SigningPurpose::Author => "author",
            SigningPurpose::Approver => "approver",
        },
        name: published
            .keyring()
            .certificate(signature.key)
            .map(|certificate| certificate.id().to_string())
            .unwrap_or_default(),
        key: signature.key.to_string(),
    };
    message.signatures.iter().map(signer).collect()
}

fn erased_report(entry: u64, leaf: &ErasedLeaf, published: &Published) -> ErasedReport {
    let erasure = &leaf.erasure;
    let name = |key| published.keyring().certificate(key).map(|certificate| certificate.id().to_string());
    ErasedReport {
        entry,
        id: erasure.message.to_string(),
        basis: Basis::from_number(erasure.basis)
            .map_or_else(|| erasure.basis.to_string(), |basis| basis.name().to_owned()),
        meaning: Basis::describe(erasure.basis),
        reference: erasure.reference.as_ref().map(ToString::to_string),
        ordered: erasure.time.to_string(),
        ordered_by: match leaf.ordered {
            Ordered::Officer { key, .. } => name(key),
            Ordered::Accord | Ordered::Writer => None,
        },
    }
}

fn message_report(header: &Header, payload_bytes: usize) -> MessageReport {
    MessageReport {
        id: header.id.to_string(),
        kind: header.kind.as_str(),
        from: header.station.to_string(),
        to: header.recipient.to_string(),
        created: header.created.to_string(),
        payload_bytes,
    }
}
