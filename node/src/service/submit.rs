//! Taking in a message: checked as the other country's node will check it, then sealed.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use karakoro_proto::domain::payload::{Payload, PayloadError};
use karakoro_proto::envelope::{EnvelopeError, MessageId, VerifiedEnvelope};
use karakoro_proto::service::{Failure, FailureKind, Response, Submission};
use tokio::sync::oneshot;

use super::Answers;
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

fn kind(error: &SealError) -> FailureKind {
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
    fn note(&self, id: MessageId, index: u64) {
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

    fn check(&self, submission: Submission) -> Result<VerifiedEnvelope, Failure> {
        let Submission { leaf, body } = submission;
        let keyring = self.keyring()?;
        let envelope =
            VerifiedEnvelope::verify(leaf, body, &self.station.writes, self.station.peer, &keyring)
                .map_err(|error| Failure::new(envelope_kind(&error), error))?;
        self.check_dates(&envelope, &keyring)?;
        Payload::decode(envelope.header(), &envelope.body().payload).map_err(payload_failure)?;
        self.check_references(&envelope)?;
        Ok(envelope)
    }

    /// A certificate that has run out signs nothing new, though it goes on proving what it signed. One that
    /// was renewed counts by the new one's dates: a log publishes a key once, so it stands in the home only.
    fn check_dates(
        &self,
        envelope: &VerifiedEnvelope,
        keyring: &karakoro_proto::keyring::Keyring,
    ) -> Result<(), Failure> {
        let now = self.clock.wall();
        envelope.leaf().signatures.iter().try_for_each(|signature| {
            let renewed = self.officers.iter().find(|officer| officer.key_id() == signature.key);
            let certificate = renewed.or_else(|| keyring.certificate(signature.key));
            certificate.map_or(Ok(()), |certificate| {
                certificate.valid_at(now).map_err(|error| {
                    Failure::new(FailureKind::Signature, format!("officer's certificate: {error}"))
                })
            })
        })
    }

    fn check_references(&self, envelope: &VerifiedEnvelope) -> Result<(), Failure> {
        for reference in &envelope.header().refs {
            let place = self.place(reference.id)?;
            if place.is_none() {
                let text =
                    format!("it refers to the message {}, which this node does not hold", reference.id);
                return Err(Failure::new(FailureKind::Refused, text));
            }
        }
        Ok(())
    }
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
    let kind = match error {
        PayloadError::Content { .. } => FailureKind::Refused,
        _ => FailureKind::BadRequest,
    };
    Failure::new(kind, error)
}
