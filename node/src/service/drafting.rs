//! Drafts: one officer proposes, another approves what they were shown.

use std::sync::{Mutex, MutexGuard, PoisonError};

use karakoro_proto::domain::payload::Payload;
use karakoro_proto::envelope::{Header, MessageId, VerifiedEnvelope};
use karakoro_proto::key::KeyId;
use karakoro_proto::leaf::{OfficerSignature, SigningPurpose};
use karakoro_proto::refusal::Refusal;
use karakoro_proto::service::drafts::{
    Draft, DraftRefusal, DraftRequest, DraftResponse, DraftState, DraftSummary,
};
use karakoro_proto::service::{Failure, FailureKind, Response, Submission};
use tokio::sync::oneshot;

use super::Answers;
use crate::drafts::{DraftError, Drafts, Known, State};
use crate::fatal;
use crate::ledger::index::Side;
use crate::ledger::log::LedgerError;
use crate::writer::{Command, SealError, Sealed};

/// Most drafts in one answer; what a summary says is bounded, so that they fit a frame.
const MAX_PAGE: usize = 256;

/// The drafts of this home, one request after another: a draft is never changed while it is being sealed.
#[derive(Debug)]
pub struct DraftDesk(Mutex<Drafts>);

impl DraftDesk {
    /// Drafts as they were read at the start.
    #[must_use]
    pub fn new(drafts: Drafts) -> Self {
        Self(Mutex::new(drafts))
    }

    fn lock(&self) -> MutexGuard<'_, Drafts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<DraftError> for Failure {
    fn from(error: DraftError) -> Self {
        let kind = match &error {
            DraftError::Storage(error @ LedgerError::Sync { .. }) => fatal::stop(error),
            DraftError::Storage(_) => FailureKind::Storage,
            DraftError::Unknown(_) | DraftError::NoRevision { .. } => FailureKind::NotFound,
            _ => FailureKind::Refused,
        };
        Self::new(kind, error)
    }
}

fn refused(text: impl ToString) -> Failure {
    Failure::new(FailureKind::Refused, text)
}

impl Answers {
    /// Answers about drafts. Reads and writes the disk, and waits for the writer.
    pub(super) fn drafting(&self, request: DraftRequest) -> Result<Response, Failure> {
        let mut drafts = self.drafts.lock();
        self.tidy(&mut drafts)?;
        let answer = match request {
            DraftRequest::Propose { submission, replace } => {
                self.propose(&mut drafts, submission, replace).map(DraftResponse::Kept)
            }
            DraftRequest::List { after } => self.list_drafts(&drafts, after).map(DraftResponse::List),
            DraftRequest::Show { id, revision } => {
                self.draft(&drafts, id, revision).map(Box::new).map(DraftResponse::Draft)
            }
            DraftRequest::Approve { id, signature } => return self.approve(&mut drafts, id, signature),
            DraftRequest::Refuse { id, refusal } => {
                self.refuse(&mut drafts, id, refusal).map(DraftResponse::Kept)
            }
        };
        answer.map(Into::into)
    }

    /// Ends what has run out of time: also called when nobody asks.
    pub fn sweep_drafts(&self) {
        if let Err(failure) = self.tidy(&mut self.drafts.lock()) {
            tracing::warn!(error = %failure, "drafts were not looked through");
        }
    }

    /// Drafts that end by themselves, and those whose message is in our log: a crash came between sealing it and
    /// closing the draft.
    fn tidy(&self, drafts: &mut Drafts) -> Result<(), Failure> {
        let now = self.clock.wall();
        drafts.sweep(now)?;
        let open: Vec<_> = drafts
            .iter()
            .filter_map(|(id, known)| matches!(known.state, State::Open(_)).then_some(id))
            .collect();
        for id in open {
            if self.place(id)?.is_some_and(|place| place.side == Side::Own) {
                drafts.seal(id, now)?;
            }
        }
        Ok(())
    }

    fn propose(
        &self,
        drafts: &mut Drafts,
        submission: Submission,
        replace: bool,
    ) -> Result<DraftSummary, Failure> {
        let envelope = self.check_alone(submission.clone())?;
        if submission.leaf.signatures.iter().any(|it| it.purpose != SigningPurpose::Author)
            || submission.leaf.signatures.len() != 1
        {
            return Err(refused("a draft bears its author's signature alone"));
        }
        self.check_unexpired(envelope.header())?;
        let id = envelope.header().id;
        if self.place(id)?.is_some() {
            return Err(refused(format!("a message has the id {id} already")));
        }
        if replace {
            drafts.replace(id, submission)?;
        } else {
            drafts.propose(id, submission, self.clock.wall())?;
        }
        self.summary(id, drafts.known(id)?)
    }

    fn check_unexpired(&self, header: &Header) -> Result<(), Failure> {
        let now = self.clock.wall();
        match header.expires {
            Some(expires) if expires <= now => {
                Err(refused(format!("the message itself expired {expires}: propose it anew")))
            }
            _ => Ok(()),
        }
    }

    fn list_drafts(&self, drafts: &Drafts, after: Option<MessageId>) -> Result<Vec<DraftSummary>, Failure> {
        drafts
            .iter()
            .filter(|(id, _)| after.is_none_or(|after| *id > after))
            .take(MAX_PAGE)
            .map(|(id, known)| self.summary(id, known))
            .collect()
    }

    fn draft(&self, drafts: &Drafts, id: MessageId, revision: Option<u32>) -> Result<Draft, Failure> {
        let summary = self.summary(id, drafts.known(id)?)?;
        let (revision, submission) = drafts.revision(id, revision)?;
        Ok(Draft { summary, revision, submission })
    }

    fn approve(
        &self,
        drafts: &mut Drafts,
        id: MessageId,
        signature: OfficerSignature,
    ) -> Result<Response, Failure> {
        let draft = self.draft(drafts, id, None)?;
        if draft.submission.leaf.signatures.iter().any(|author| author.key == signature.key) {
            return Err(refused("its author cannot approve it: another officer must"));
        }
        self.check_is_of_newest(drafts, &draft, &signature)?;
        let envelope = self.check(draft.approved(signature))?;
        self.check_unexpired(envelope.header())?;
        let Sealed { index, again } = self.seal_now(envelope)?;
        self.sealed.note(id, index);
        drafts.seal(id, self.clock.wall())?;
        Ok(Response::Sealed { index, again })
    }

    /// A signature over an earlier revision is no forgery: its officer was shown that one.
    fn check_is_of_newest(
        &self,
        drafts: &Drafts,
        newest: &Draft,
        signature: &OfficerSignature,
    ) -> Result<(), Failure> {
        let keyring = self.keyring()?;
        let Some(key) = keyring.officer(signature.key) else { return Ok(()) };
        let signs = |commitment: &karakoro_proto::envelope::Commitment| {
            let signed = karakoro_proto::envelope::signed_bytes(signature.purpose, commitment);
            key.verify(&signed, &signature.signature).is_ok()
        };
        if signs(&newest.submission.leaf.commitment) {
            return Ok(());
        }
        let id = newest.summary.id;
        for revision in (1..newest.revision).rev() {
            let (_, earlier) = drafts.revision(id, Some(revision))?;
            if signs(&earlier.leaf.commitment) {
                let text = format!(
                    "the draft {id} was changed since it was shown: revision {revision} was signed, {} is newest",
                    newest.revision
                );
                return Err(refused(text));
            }
        }
        Ok(())
    }

    fn seal_now(&self, envelope: VerifiedEnvelope) -> Result<Sealed, Failure> {
        let (reply, waiting) = oneshot::channel();
        let command = Command::Seal { envelope: Box::new(envelope), reply };
        let sent = self.writer.blocking_send(command).map_err(|_| SealError::Stopping);
        let sealed = sent.and_then(|()| waiting.blocking_recv().unwrap_or(Err(SealError::Stopping)));
        sealed.map_err(|error| Failure::new(super::submit::kind(&error), error))
    }

    fn refuse(
        &self,
        drafts: &mut Drafts,
        id: MessageId,
        refusal: DraftRefusal,
    ) -> Result<DraftSummary, Failure> {
        let draft = self.draft(drafts, id, None)?;
        let commitment = draft.submission.leaf.commitment;
        let signature = |text: &str| Failure::new(FailureKind::Signature, text);
        let keyring = self.keyring()?;
        let key = keyring.officer(refusal.key);
        let key = key.ok_or_else(|| signature("signed by a key that is no officer's of ours"))?;
        if !refusal.is_by(key, &commitment) {
            return Err(signature("the signature is not over this draft as it stands now, and this reason"));
        }
        self.check_date(refusal.key, &keyring)?;
        drafts.refuse(id, refusal.key, refusal.reason, self.clock.wall())?;
        self.summary(id, drafts.known(id)?)
    }

    fn summary(&self, id: MessageId, known: &Known) -> Result<DraftSummary, Failure> {
        let state = match &known.state {
            State::Open(until) => DraftState::Open(*until),
            State::Sealed(at) => DraftState::Sealed(*at),
            State::Expired(at) => DraftState::Expired(*at),
            State::Refused { at, by, reason } => {
                DraftState::Refused { at: *at, by: self.officer_name(*by)?, reason: reason.clone() }
            }
        };
        Ok(DraftSummary {
            id,
            revision: known.revisions,
            kind: known.kind,
            title: known.title.clone(),
            author: self.officer_name(known.author)?,
            proposed: known.proposed,
            state,
        })
    }

    fn officer_name(&self, key: KeyId) -> Result<String, Failure> {
        let keyring = self.keyring()?;
        let name = keyring.certificate(key).map(|certificate| certificate.id().to_string());
        Ok(name.unwrap_or_else(|| key.to_string()))
    }
}

impl Answers {
    /// What needs two persons and has one is sent on to `karakoro propose`.
    pub(super) fn check_two_persons(envelope: &VerifiedEnvelope, payload: &Payload) -> Result<(), Failure> {
        let checked = karakoro_proto::domain::two_persons::check(
            envelope.header(),
            payload,
            &[],
            &envelope.leaf().signatures,
        );
        checked.map_err(|refusal| not_two(&refusal))
    }
}

/// One officer alone has signed what needs two: the rule, and what to do.
pub(super) fn not_two(refusal: &Refusal) -> Failure {
    refused(format!("{refusal}; propose it with `karakoro propose FILE`, and another officer approves it"))
}
