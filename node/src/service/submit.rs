//! Taking in a message: checked as the other country's node will check it, then sealed.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use karakoro_proto::accord::Breach as NotPermitted;
use karakoro_proto::domain::breach::Breach;
use karakoro_proto::domain::held;
use karakoro_proto::domain::payload::{Payload, PayloadError};
use karakoro_proto::domain::watchlist::Change;
use karakoro_proto::envelope::{EnvelopeError, MessageId, VerifiedEnvelope};
use karakoro_proto::key::KeyId;
use karakoro_proto::keyring::Keyring;
use karakoro_proto::leaf::{OfficerSignature, SigningPurpose};
use karakoro_proto::service::{Failure, FailureKind, Response, Submission};
use tokio::sync::oneshot;

use super::Answers;
use super::drafting::not_two;
use crate::knowledge::Knowledge;
use crate::ledger::log::LedgerError;
use crate::writer::{Command, SealError, Sealed};

/// How many messages that were sealed last are remembered.
const MAX_RECENTLY_SEALED: usize = 256;

/// A submission on its way into the log.
#[derive(Debug)]
pub(super) enum Pending {
    Refused(Failure),
    Waiting(MessageId, oneshot::Receiver<Result<Sealed, SealError>>),
}

impl Pending {
    pub(super) async fn outcome(self, sealed: &RecentlySealed) -> Response {
        let (id, reply) = match self {
            Self::Refused(failure) => return Response::Failure(failure),
            Self::Waiting(id, reply) => (id, reply),
        };
        match reply.await.unwrap_or(Err(SealError::Stopping)) {
            Ok(Sealed { index, again }) => {
                sealed.note(id, index);
                Response::Sealed { index, again }
            }
            Err(error) => Response::Failure(Failure::new(kind(&error), error)),
        }
    }
}

pub(super) fn kind(error: &SealError) -> FailureKind {
    match error {
        SealError::IdTaken(_) => FailureKind::Refused,
        SealError::Storage(_) => FailureKind::Storage,
        SealError::Frozen(_) | SealError::Stopping => FailureKind::Unavailable,
    }
}

/// The entries of messages that were sealed last: whoever submits a message asks for it next, and the index
/// need not be brought up to date for that.
#[derive(Debug, Default)]
pub struct RecentlySealed(Mutex<VecDeque<(MessageId, u64)>>);

impl RecentlySealed {
    pub(super) fn note(&self, id: MessageId, index: u64) {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        recent.push_back((id, index));
        if recent.len() > MAX_RECENTLY_SEALED {
            recent.pop_front();
        }
    }

    /// The entry of a message, if it was sealed a moment ago.
    pub(super) fn entry(&self, id: MessageId) -> Option<u64> {
        let recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        recent.iter().rev().find(|(other, _)| *other == id).map(|(_, index)| *index)
    }
}

impl Answers {
    pub(super) async fn submit(&self, submission: Submission) -> Pending {
        let envelope = match self.check(submission) {
            Ok(envelope) => Box::new(envelope),
            Err(failure) => return Pending::Refused(failure),
        };
        let id = envelope.header().id;
        let (reply, waiting) = oneshot::channel();
        match self.writer.send(Command::Seal { envelope, reply }).await {
            Ok(()) => Pending::Waiting(id, waiting),
            Err(_) => Pending::Refused(Failure::new(FailureKind::Unavailable, SealError::Stopping)),
        }
    }

    /// Everything that the other country's node will check.
    pub(super) fn check(&self, submission: Submission) -> Result<VerifiedEnvelope, Failure> {
        let signatures = submission.leaf.signatures.clone();
        let (envelope, payload) = self.check_parts(submission, &signatures)?;
        Self::check_two_persons(&envelope, &payload)?;
        Ok(envelope)
    }

    /// The same for a message that one officer has signed as yet.
    pub(super) fn check_alone(&self, submission: Submission) -> Result<VerifiedEnvelope, Failure> {
        // The accord is asked as though another officer had signed: who that is shows when it is submitted.
        let mut signatures = submission.leaf.signatures.clone();
        let author = signatures.first().cloned();
        signatures.extend(author.map(|one| OfficerSignature { purpose: SigningPurpose::Approver, ..one }));
        self.check_parts(submission, &signatures).map(|(envelope, _)| envelope)
    }

    /// `signatures` are those that the accord is asked about.
    fn check_parts(
        &self,
        submission: Submission,
        signatures: &[OfficerSignature],
    ) -> Result<(VerifiedEnvelope, Payload), Failure> {
        let Submission { leaf, body } = submission;
        let keyring = self.keyring()?;
        let envelope =
            VerifiedEnvelope::verify(leaf, body, &self.station.writes, self.station.peer, &keyring)
                .map_err(|error| Failure::new(envelope_kind(&error), error))?;
        self.check_dates(&envelope, &keyring)?;
        let payload =
            Payload::decode(envelope.header(), &envelope.body().payload).map_err(payload_failure)?;
        let chain = self.accords.now().chain;
        chain.permit(envelope.header(), &payload, signatures, self.clock.wall()).map_err(not_permitted)?;
        self.check_held(&envelope, &payload)?;
        Ok((envelope, payload))
    }

    /// A certificate that has run out signs nothing new, though it goes on proving what it signed. One that
    /// was renewed counts by the new one's dates: a log publishes a key once, so it stands in the home only.
    fn check_dates(&self, envelope: &VerifiedEnvelope, keyring: &Keyring) -> Result<(), Failure> {
        envelope.leaf().signatures.iter().try_for_each(|signature| self.check_date(signature.key, keyring))
    }

    /// The same for one key.
    pub(super) fn check_date(&self, key: KeyId, keyring: &Keyring) -> Result<(), Failure> {
        let now = self.clock.wall();
        let renewed = self.officers.iter().find(|officer| officer.key_id() == key);
        let certificate = renewed.or_else(|| keyring.certificate(key));
        certificate.map_or(Ok(()), |certificate| {
            certificate.valid_at(now).map_err(|error| {
                Failure::new(FailureKind::Signature, format!("officer's certificate: {error}"))
            })
        })
    }

    /// The rules that need to know what is held, as the peer will apply them.
    fn check_held(&self, envelope: &VerifiedEnvelope, payload: &Payload) -> Result<(), Failure> {
        let header = envelope.header();
        if !header.refs.is_empty() || depends_on_entries(payload) {
            self.index.catch_up().map_err(storage)?;
        }
        let knowledge = Knowledge { index: &self.index, recent: None };
        let breach = held::judge(header, payload, &knowledge, self.clock.wall()).map_err(storage)?;
        breach.map_or(Ok(()), |breach| Err(refused(&breach)))
    }
}

/// Whether the newest state of an entry decides on a message.
fn depends_on_entries(payload: &Payload) -> bool {
    match payload {
        Payload::WatchlistUpdate(update) => update.change != Change::Add,
        Payload::Alert(_) | Payload::Ack(_) | Payload::Bulletin(_) | Payload::CommunityReport(_) => false,
        _ => true,
    }
}

fn storage(error: LedgerError) -> Failure {
    Failure::new(FailureKind::Storage, error)
}

fn not_permitted(breach: NotPermitted) -> Failure {
    match breach {
        NotPermitted::TwoPersons => not_two(&breach.refusal()),
        breach => Failure::new(FailureKind::Refused, format!("{}: {breach}", breach.refusal().path)),
    }
}

fn refused(breach: &Breach) -> Failure {
    Failure::new(FailureKind::Refused, format!("{}: {breach}", breach.code.sentence().en))
}

fn envelope_kind(error: &EnvelopeError) -> FailureKind {
    match error {
        EnvelopeError::NoAuthor
        | EnvelopeError::SignedTwice(_)
        | EnvelopeError::UnknownKey(_)
        | EnvelopeError::BadSignature(_) => FailureKind::Signature,
        EnvelopeError::Audience | EnvelopeError::TooLarge { .. } => FailureKind::Refused,
        _ => FailureKind::BadRequest,
    }
}

fn payload_failure(error: PayloadError) -> Failure {
    match error {
        PayloadError::Content(breaches) => {
            let lines: Vec<_> = breaches.iter().map(|breach| refused(breach).text).collect();
            Failure::new(FailureKind::Refused, lines.join("\n"))
        }
        error => Failure::new(FailureKind::BadRequest, error),
    }
}
