//! Signature checks, spread over threads. They are nearly all of an audit's work.
//!
//! One thread reads the log in order and hands out batches; keys are published while batches are still
//! being checked. The ring of keys only grows, so a check may see more of it than had been published
//! before its entry: [`Published`] knows since when each key counts.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError, RwLock};
use std::thread;

use karakoro_proto::envelope::{EnvelopeError, check_signatures};
use karakoro_proto::identity::certificate::{Certificate, RootCertificate};
use karakoro_proto::identity::{Country, Origin, Role};
use karakoro_proto::key::{KeyId, PublicKey};
use karakoro_proto::keyring::{Keyring, KeyringError};
use karakoro_proto::leaf::{ErasedLeaf, KeyLeaf, MessageLeaf, Ordered};
use karakoro_proto::log::note::{KeyName, Note, SignatureType, Statement, VerifierKey, VerifyError};

use crate::fault::{AnchorFault, Fault, Finding, Findings, Place};

/// The keys that a log has published, and since when each of them counts.
#[derive(Debug)]
pub(crate) struct Published {
    keyring: Keyring,
    since: BTreeMap<KeyId, u64>,
    receipts: Vec<(u64, VerifierKey)>,
}

impl Published {
    pub(crate) fn under(root: RootCertificate) -> Self {
        Self { keyring: Keyring::new(root), since: BTreeMap::new(), receipts: Vec::new() }
    }

    /// Takes up the key leaf that stands at `entry`.
    pub(crate) fn publish(&mut self, entry: u64, leaf: &KeyLeaf) -> Result<(), KeyringError> {
        self.keyring.publish(leaf)?;
        // The root itself is confirmed, not taken up.
        if leaf.certificate != self.keyring.root().der() {
            let certificate = Certificate::parse(&leaf.certificate)?;
            self.since.insert(certificate.key_id(), entry);
            if certificate.role() == Role::Receipt {
                self.receipts.push((entry, cosigner(certificate.country(), certificate.public_key())));
            }
        }
        Ok(())
    }

    /// The certificates and their root.
    pub(crate) fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// The certificate of exactly this key, if one was published.
    pub(crate) fn certificate_of(&self, key: &PublicKey) -> Option<&Certificate> {
        self.keyring.certificate(key.id()).filter(|certificate| certificate.public_key() == key)
    }

    /// Checks the officers' signatures of the message that stands at `entry`.
    pub(crate) fn check_message(&self, entry: u64, leaf: &MessageLeaf) -> Result<(), EnvelopeError> {
        let mut keys = leaf.signatures.iter().map(|signature| signature.key);
        keys.try_for_each(|key| self.check_since(entry, key))?;
        check_signatures(leaf, &self.keyring)
    }

    /// Checks the officer's order of the erasure that stands at `entry` of the log `origin`, if an officer gave it.
    pub(crate) fn check_erasure(
        &self,
        entry: u64,
        origin: Origin,
        leaf: &ErasedLeaf,
    ) -> Result<(), EnvelopeError> {
        if let Ordered::Officer { key, .. } = leaf.ordered {
            self.check_since(entry, key)?;
        }
        leaf.check_order(origin, &self.keyring)
    }

    fn check_since(&self, entry: u64, key: KeyId) -> Result<(), EnvelopeError> {
        let counts = self.since.get(&key).is_some_and(|since| *since < entry);
        if counts { Ok(()) } else { Err(EnvelopeError::UnknownKey(key)) }
    }

    /// Checks that the writer of this log had cosigned the note that is anchored at `entry`.
    pub(crate) fn check_anchor(&self, entry: u64, note: &Note) -> Result<(), AnchorFault> {
        let known = self.receipts.iter().filter(|(since, _)| *since < entry);
        let known: Vec<VerifierKey> = known.map(|(_, key)| key.clone()).collect();
        let verified = note.verify(&known).map_err(AnchorFault::Cosignature)?;
        if verified.iter().any(|signature| matches!(signature.statement, Statement::Cosigned(_))) {
            Ok(())
        } else {
            Err(AnchorFault::Cosignature(VerifyError::NoKnownKey))
        }
    }
}

fn cosigner(country: Country, key: &PublicKey) -> VerifierKey {
    VerifierKey::new(KeyName::of_receipt_key(country), SignatureType::CosignatureV1, key.clone())
}

/// Something in an entry that was signed.
#[derive(Debug)]
pub(crate) enum Signed {
    /// A message, by officers.
    Message(MessageLeaf),
    /// An erasure in a log, perhaps by an officer's order.
    Erasure(Origin, ErasedLeaf),
    /// An anchored note, by the writer of this log.
    Anchor(Note),
}

/// A signed entry that waits for its check.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) entry: u64,
    pub(crate) place: Place,
    pub(crate) signed: Signed,
}

impl Job {
    fn check(&self, published: &Published) -> Result<(), Fault> {
        match &self.signed {
            Signed::Message(leaf) => published.check_message(self.entry, leaf).map_err(Fault::from),
            Signed::Erasure(origin, leaf) => {
                published.check_erasure(self.entry, *origin, leaf).map_err(Fault::from)
            }
            Signed::Anchor(note) => published.check_anchor(self.entry, note).map_err(Fault::from),
        }
    }
}

/// Where batches of jobs are handed in.
#[derive(Debug)]
pub(crate) struct Queue(SyncSender<Vec<Job>>);

impl Queue {
    /// Waits while too many batches wait already: memory stays bounded.
    pub(crate) fn push(&self, jobs: Vec<Job>) {
        if !jobs.is_empty() {
            // Refused only when every checking thread has panicked, which the scope passes on.
            let _ = self.0.send(jobs);
        }
    }
}

/// Runs `produce` while `threads` threads check the jobs that it hands in; returns when all are done.
pub(crate) fn check_while<T>(
    threads: Option<NonZero<usize>>,
    published: &RwLock<Option<Published>>,
    findings: &Findings,
    produce: impl FnOnce(&Queue) -> T,
) -> T {
    let threads = threads.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZero::get);
    let (sender, receiver) = sync_channel(2 * threads);
    let receiver = Mutex::new(receiver);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| check_all(&receiver, published, findings));
        }
        let queue = Queue(sender);
        produce(&queue)
    })
}

fn check_all(
    receiver: &Mutex<Receiver<Vec<Job>>>,
    published: &RwLock<Option<Published>>,
    findings: &Findings,
) {
    let next = || receiver.lock().unwrap_or_else(PoisonError::into_inner).recv().ok();
    while let Some(jobs) = next() {
        let published = published.read().unwrap_or_else(PoisonError::into_inner);
        // Without a root nothing is published, and entry 0 was reported for it.
        let Some(published) = published.as_ref() else { continue };
        for job in jobs {
            if let Err(fault) = job.check(published) {
                findings.add(Finding::new(job.place, fault));
            }
        }
    }
}
