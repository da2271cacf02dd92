//! Drafts: what one officer proposes and another approves.
//!
//! A draft has the id that its message will have. What the approver signs is the commitment to the very body that
//! was shown; the node keeps the bodies of earlier revisions until the draft is closed, so that an approver who was
//! shown another one can be told the difference.

use bytes::Bytes;

use super::convert::{id, id_bytes, time};
use super::{Response, Submission};
use crate::envelope::{Commitment, Kind, MessageId};
use crate::error::Malformed;
use crate::key::{KeyId, PublicKey, SIGNATURE_LEN, SecretKey};
use crate::leaf::{Leaf, MessageLeaf, OfficerSignature, SigningPurpose};
use crate::time::UnixMillis;
use crate::wire::pb;

/// Longest reason for a refusal, in bytes.
pub const MAX_REASON_BYTES: usize = 500;

/// The domain separator of an officer's refusal of a draft, version 1.
const REFUSAL_DOMAIN: &[u8] = b"karakoro/draft-refusal/v1\n";

/// What is asked about drafts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DraftRequest {
    /// Keep this message, signed by its author, for another officer.
    Propose {
        /// The message; its id becomes the draft's.
        submission: Submission,
        /// Whether it takes the place of a draft that is open.
        replace: bool,
    },
    /// Every draft, oldest first.
    List {
        /// Only those after this one.
        after: Option<MessageId>,
    },
    /// One draft with its body.
    Show {
        /// Which.
        id: MessageId,
        /// An earlier revision; the newest if not given.
        revision: Option<u32>,
    },
    /// Seal it with this signature of its approver.
    Approve {
        /// Which.
        id: MessageId,
        /// Over the commitment that the approver was shown.
        signature: OfficerSignature,
    },
    /// Close it unsealed.
    Refuse {
        /// Which.
        id: MessageId,
        /// Who, why, and with which signature.
        refusal: DraftRefusal,
    },
}

/// An officer's refusal of a draft: of the revision that was shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DraftRefusal {
    /// Whose key.
    pub key: KeyId,
    /// Over the commitment and the reason.
    pub signature: [u8; SIGNATURE_LEN],
    /// Why; at most [`MAX_REASON_BYTES`].
    pub reason: String,
}

impl DraftRefusal {
    /// Signs a refusal.
    #[must_use]
    pub fn sign(commitment: &Commitment, reason: &str, key: &SecretKey) -> Self {
        let signature = key.sign(&Self::signed_bytes(commitment, reason));
        Self { key: key.public().id(), signature, reason: reason.to_owned() }
    }

    /// Whether `key` signed this refusal of what was committed to.
    #[must_use]
    pub fn is_by(&self, key: &PublicKey, commitment: &Commitment) -> bool {
        key.verify(&Self::signed_bytes(commitment, &self.reason), &self.signature).is_ok()
    }

    fn signed_bytes(commitment: &Commitment, reason: &str) -> Vec<u8> {
        [REFUSAL_DOMAIN, &commitment.0, reason.as_bytes()].concat()
    }
}

/// What the list says of a draft.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DraftSummary {
    /// The draft's id, and its message's.
    pub id: MessageId,
    /// How often it was written, from one.
    pub revision: u32,
    /// What it is.
    pub kind: Kind,
    /// What it is about; empty once it is closed.
    pub title: String,
    /// Role and label of the author's certificate.
    pub author: String,
    /// When it was proposed first.
    pub proposed: UnixMillis,
    /// How it stands.
    pub state: DraftState,
}

/// How a draft stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DraftState {
    /// It waits for an officer who approves, until this time.
    Open(UnixMillis),
    /// It was approved, and is in our log.
    Sealed(UnixMillis),
    /// An officer refused it.
    Refused {
        /// When.
        at: UnixMillis,
        /// Role and label of their certificate.
        by: String,
        /// Why.
        reason: String,
    },
    /// Nobody approved it in time.
    Expired(UnixMillis),
}

/// A draft with what would be signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    /// What the list says of it.
    pub summary: DraftSummary,
    /// Which revision this body is.
    pub revision: u32,
    /// The author's signature and the body.
    pub submission: Submission,
}

/// What is answered about drafts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DraftResponse {
    /// Kept, durably; or refused, durably.
    Kept(DraftSummary),
    /// The drafts asked for.
    List(Vec<DraftSummary>),
    /// The draft asked for.
    Draft(Box<Draft>),
}

impl From<DraftResponse> for Response {
    fn from(response: DraftResponse) -> Self {
        Self::Draft(response)
    }
}

impl From<Submission> for pb::Submission {
    fn from(Submission { leaf, body }: Submission) -> Self {
        Self {
            leaf: Leaf::Message(leaf).encode().into(),
            opening: Bytes::copy_from_slice(&body.opening.0),
            header: body.header,
            payload: body.payload,
        }
    }
}

impl From<DraftRequest> for pb::DraftRequest {
    fn from(request: DraftRequest) -> Self {
        use pb::draft_request::Request as Wire;
        let request = match request {
            DraftRequest::Propose { submission, replace } => {
                Wire::Propose(pb::Proposal { message: Some(submission.into()), replace })
            }
            DraftRequest::List { after } => Wire::List(pb::DraftsQuery { after: after.map(id_bytes) }),
            DraftRequest::Show { id, revision } => {
                Wire::Show(pb::DraftQuery { draft: id_bytes(id), revision })
            }
            DraftRequest::Approve { id, signature } => Wire::Approve(pb::DraftApproval {
                draft: id_bytes(id),
                key: Bytes::copy_from_slice(&signature.key.0),
                signature: Bytes::copy_from_slice(&signature.signature),
            }),
            DraftRequest::Refuse { id, refusal } => Wire::Refuse(pb::DraftRefusal {
                draft: id_bytes(id),
                key: Bytes::copy_from_slice(&refusal.key.0),
                signature: Bytes::copy_from_slice(&refusal.signature),
                reason: refusal.reason,
            }),
        };
        Self { request: Some(request) }
    }
}

impl TryFrom<pb::DraftRequest> for DraftRequest {
    type Error = Malformed;

    fn try_from(wire: pb::DraftRequest) -> Result<Self, Malformed> {
        use pb::draft_request::Request as Wire;
        Ok(match wire.request.ok_or(Malformed::EmptyFrame)? {
            Wire::Propose(proposal) => {
                let message = proposal.message.ok_or(Malformed::Field("proposal.message"))?;
                Self::Propose { submission: Submission::from_wire(message)?, replace: proposal.replace }
            }
            Wire::List(query) => Self::List { after: query.after.map(|after| id(&after)).transpose()? },
            Wire::Show(query) => Self::Show { id: id(&query.draft)?, revision: query.revision },
            Wire::Approve(approval) => Self::Approve {
                id: id(&approval.draft)?,
                signature: OfficerSignature {
                    purpose: SigningPurpose::Approver,
                    key: key(&approval.key)?,
                    signature: signature(&approval.signature)?,
                },
            },
            Wire::Refuse(refusal) if refusal.reason.len() <= MAX_REASON_BYTES => Self::Refuse {
                id: id(&refusal.draft)?,
                refusal: DraftRefusal {
                    key: key(&refusal.key)?,
                    signature: signature(&refusal.signature)?,
                    reason: refusal.reason,
                },
            },
            Wire::Refuse(_) => return Err(Malformed::Field("refusal.reason")),
        })
    }
}

fn key(bytes: &[u8]) -> Result<KeyId, Malformed> {
    bytes.try_into().map(KeyId).map_err(|_| Malformed::Field("key"))
}

fn signature(bytes: &[u8]) -> Result<[u8; SIGNATURE_LEN], Malformed> {
    bytes.try_into().map_err(|_| Malformed::Field("signature"))
}

impl From<DraftResponse> for pb::DraftResponse {
    fn from(response: DraftResponse) -> Self {
        use pb::draft_response::Response as Wire;
        let response = match response {
            DraftResponse::Kept(summary) => Wire::Kept(summary.into()),
            DraftResponse::List(drafts) => {
                Wire::List(pb::DraftList { drafts: drafts.into_iter().map(Into::into).collect() })
            }
            DraftResponse::Draft(draft) => Wire::Draft(pb::Draft {
                summary: Some(draft.summary.into()),
                revision: draft.revision,
                message: Some(draft.submission.into()),
            }),
        };
        Self { response: Some(response) }
    }
}

impl TryFrom<pb::DraftResponse> for DraftResponse {
    type Error = Malformed;

    fn try_from(wire: pb::DraftResponse) -> Result<Self, Malformed> {
        use pb::draft_response::Response as Wire;
        let missing = || Malformed::Field("draft");
        Ok(match wire.response.ok_or(Malformed::EmptyFrame)? {
            Wire::Kept(summary) => Self::Kept(summary.try_into()?),
            Wire::List(list) => {
                Self::List(list.drafts.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?)
            }
            Wire::Draft(draft) => Self::Draft(Box::new(Draft {
                summary: draft.summary.ok_or_else(missing)?.try_into()?,
                revision: draft.revision,
                submission: Submission::from_wire(draft.message.ok_or_else(missing)?)?,
            })),
        })
    }
}

impl From<DraftSummary> for pb::DraftSummary {
    fn from(summary: DraftSummary) -> Self {
        let (state, at, by, reason) = match summary.state {
            DraftState::Open(until) => (pb::DraftState::Open, until, String::new(), String::new()),
            DraftState::Sealed(at) => (pb::DraftState::Sealed, at, String::new(), String::new()),
            DraftState::Refused { at, by, reason } => (pb::DraftState::Refused, at, by, reason),
            DraftState::Expired(at) => (pb::DraftState::Expired, at, String::new(), String::new()),
        };
        Self {
            draft: id_bytes(summary.id),
            revision: summary.revision,
            kind: summary.kind.into(),
            title: summary.title,
            author: summary.author,
            proposed_ms: summary.proposed.millis(),
            state: state.into(),
            state_ms: at.millis(),
            by,
            reason,
        }
    }
}

impl TryFrom<pb::DraftSummary> for DraftSummary {
    type Error = Malformed;

    fn try_from(wire: pb::DraftSummary) -> Result<Self, Malformed> {
        let at = time(wire.state_ms)?;
        let state = match pb::DraftState::try_from(wire.state) {
            Ok(pb::DraftState::Open) => DraftState::Open(at),
            Ok(pb::DraftState::Sealed) => DraftState::Sealed(at),
            Ok(pb::DraftState::Refused) => DraftState::Refused { at, by: wire.by, reason: wire.reason },
            Ok(pb::DraftState::Expired) => DraftState::Expired(at),
            Ok(pb::DraftState::Unspecified) | Err(_) => return Err(Malformed::Field("draft.state")),
        };
        Ok(Self {
            id: id(&wire.draft)?,
            revision: wire.revision,
            kind: Kind::try_from(wire.kind).map_err(|_| Malformed::Field("draft.kind"))?,
            title: wire.title,
            author: wire.author,
            proposed: time(wire.proposed_ms)?,
            state,
        })
    }
}

impl Draft {
    /// The leaf that the author's signature and this one of the approver make.
    #[must_use]
    pub fn approved(&self, signature: OfficerSignature) -> Submission {
        let MessageLeaf { commitment, signatures } = &self.submission.leaf;
        let signatures = signatures.iter().copied().chain([signature]).collect();
        let leaf = MessageLeaf { commitment: *commitment, signatures };
        Submission { leaf, body: self.submission.body.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_of_one_revision_for_one_reason_by_one_key() {
        let (key, other) = (SecretKey::from_seed(&[1; 32]), SecretKey::from_seed(&[2; 32]));
        let (shown, changed) = (Commitment([3; 32]), Commitment([4; 32]));
        let refusal = DraftRefusal::sign(&shown, "le nom manque", &key);
        assert!(refusal.is_by(&key.public(), &shown));
        assert!(!refusal.is_by(&key.public(), &changed));
        assert!(!refusal.is_by(&other.public(), &shown));
        let reworded = DraftRefusal { reason: "autre".to_owned(), ..refusal };
        assert!(!reworded.is_by(&key.public(), &shown));
    }
}
