//! What a country's own tools and gateways ask of its node.
//!
//! Requests and responses are frames like those of the link: canonical protobuf behind a `u32` length. They
//! travel over a Unix socket on the node's machine. The node checks everything again that a caller
//! claims: a gateway is not trusted.

use bytes::Bytes;
use prost::Message as _;
use thiserror::Error;

use crate::accord::Standing;
use crate::envelope::{Body, Commitment, MessageId, Opening};
use crate::error::Malformed;
use crate::identity::{Country, Origin};
use crate::leaf::{ErasedLeaf, Leaf, MessageLeaf, VerdictLeaf};
use crate::time::UnixMillis;
use crate::wire::{decode_canonical, pb};

pub mod batch;
mod convert;
pub mod drafts;
pub mod watchlist;

use drafts::{DraftRequest, DraftResponse};

/// Most messages in one answer to [`Request::List`].
pub const MAX_LIST: u32 = 256;

/// A question to the node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Request {
    /// How things stand.
    Status,
    /// Seal this message.
    Submit(Submission),
    /// Messages, newest first.
    List {
        /// Sent or received.
        from: MessageBox,
        /// Only those before this entry.
        before: Option<u64>,
        /// At most so many; [`MAX_LIST`] at most.
        most: u32,
    },
    /// One message with its facts.
    Show(MessageId),
    /// Answer once this fact is true of this message of ours.
    Wait(MessageId, Fact),
    /// Say what happens from now on.
    Watch,
    /// What stands on the watchlist.
    Watchlist(watchlist::Query),
    /// Say whether this message would be sealed, and seal nothing.
    Check(Submission),
    /// The same, of a message that a second officer has not signed yet.
    CheckAlone(Submission),
    /// Destroy a message, by order of an officer: the leaf as it is to stand in our log. Answered with
    /// [`Response::Sealed`].
    Erase(Box<ErasedLeaf>),
    /// Read the accords of the home anew: one was installed.
    ReadAccords,
    /// About drafts.
    Draft(DraftRequest),
}

/// An answer of the node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Response {
    /// How things stand.
    Status(Status),
    /// What was submitted is in our log, durably; what was to be erased is destroyed.
    Sealed {
        /// Its entry.
        index: u64,
        /// Whether it was there before.
        again: bool,
    },
    /// The messages asked for.
    List(Vec<MessageView>),
    /// The message asked for.
    Message(Box<MessageView>),
    /// Something happened.
    Event(WatchEvent),
    /// What stands on the watchlist.
    Watchlist(watchlist::Answer),
    /// The message would be sealed as things stand.
    Checked,
    /// About drafts.
    Draft(DraftResponse),
    /// It did not work.
    Failure(Failure),
}

/// A message with its officers' signatures.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Submission {
    /// Commitment and signatures.
    pub leaf: MessageLeaf,
    /// What they are about.
    pub body: Body,
}

/// How a node stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Status {
    /// Whose node.
    pub country: Country,
    /// The other country.
    pub peer: Country,
    /// The station at which messages are written here.
    pub station: String,
    /// The log that this node writes.
    pub writes: Origin,
    /// The log that it mirrors.
    pub mirrors: Origin,
    /// Entries in our log.
    pub own: u64,
    /// Entries of ours under the peer's receipts.
    pub received: u64,
    /// Entries of ours under the peer's cosignature.
    pub cosigned: u64,
    /// Entries of the peer that we hold and cosigned.
    pub mirrored: u64,
    /// The line.
    pub link: Link,
    /// Why nothing is written any more.
    pub frozen: Option<String>,
    /// The accords that this node goes by.
    pub accords: Standing,
    /// The accords that the peer last said it goes by.
    pub peer_accords: Standing,
}

/// What is known of the line to the peer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Link {
    /// Not tried yet.
    Unknown,
    /// Open since.
    Up(UnixMillis),
    /// Closed since.
    Down(UnixMillis),
}

/// Where a message is listed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MessageBox {
    /// We wrote it.
    Sent,
    /// The peer wrote it.
    Inbox,
}

/// A message as the node holds it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MessageView {
    /// Who wrote it.
    pub from: MessageBox,
    /// Its entry in the writer's log.
    pub index: u64,
    /// The exact bytes of its header; empty where the body was destroyed.
    pub header: Bytes,
    /// The exact bytes of its payload; empty where the body was destroyed.
    pub payload: Bytes,
    /// Who signed: capacity, and role and label of the certificate.
    pub signers: Vec<(u8, String)>,
    /// What is proven of it.
    pub facts: Facts,
    /// What references to it repeat.
    pub commitment: Commitment,
}

/// What is proven of a message: each only while a signature for it is held.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Facts {
    /// The receiver's receipt.
    pub received: Option<UnixMillis>,
    /// The receiver's cosignature: over how many entries, and when.
    pub in_both_logs: Option<(u64, UnixMillis)>,
    /// The receiver's verdict.
    pub verdict: Option<VerdictLeaf>,
    /// A person of the receiver's has read it.
    pub read: Option<UnixMillis>,
    /// Our log says that it is erased.
    pub erased_here: Option<ErasedWord>,
    /// The peer's log says that it is erased.
    pub erased_at_peer: Option<ErasedWord>,
}

impl Facts {
    /// What is said of its erasure: by our own log if it says anything.
    #[must_use]
    pub fn erased(&self) -> Option<&ErasedWord> {
        self.erased_here.as_ref().or(self.erased_at_peer.as_ref())
    }
}

/// An entry that says that a message is erased.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ErasedWord {
    /// Which entry of the log of the country that says so.
    pub entry: u64,
    /// What it says.
    pub leaf: ErasedLeaf,
}

/// The facts that can become true of a message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Fact {
    /// In our log.
    Sealed,
    /// Under the peer's receipt.
    Received,
    /// Under the peer's cosignature.
    InBothLogs,
    /// Accepted or refused by the peer.
    Judged,
    /// Read by a person.
    Read,
    /// Our log says that it is erased: whoever keeps a copy of it drops it now.
    ErasedHere,
    /// The peer's log says so.
    ErasedAtPeer,
}

/// Something that happened while watching.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WatchEvent {
    /// The line changed.
    Link(Link),
    /// A message of the peer's is here.
    Arrived(Box<MessageView>),
    /// A fact became true of a message of ours; an erasure, of any message.
    Fact(Fact, Box<MessageView>),
}

/// A request that did not work.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{text}")]
pub struct Failure {
    /// Whose fault.
    pub kind: FailureKind,
    /// What is wrong, and what would be right.
    pub text: String,
}

impl Failure {
    /// A failure of this kind.
    pub fn new(kind: FailureKind, text: impl ToString) -> Self {
        Self { kind, text: text.to_string() }
    }
}

/// Whose fault a failure is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FailureKind {
    /// Cannot be understood.
    BadRequest,
    /// No such message.
    NotFound,
    /// Against the rules.
    Refused,
    /// Signature or key.
    Signature,
    /// The node's disk.
    Storage,
    /// The node stops, or is frozen.
    Unavailable,
}

impl Request {
    /// The request as a frame.
    #[must_use]
    pub fn encode(self, id: u64) -> Bytes {
        pb::Request { id, request: Some(self.into()) }.encode_to_vec().into()
    }

    /// Reads a request frame.
    pub fn decode(frame: Bytes) -> Result<(u64, Self), Malformed> {
        let wire: pb::Request = decode_canonical(frame).map_err(Malformed::Frame)?;
        let request = wire.request.ok_or(Malformed::EmptyFrame)?;
        Ok((wire.id, request.try_into()?))
    }
}

impl Response {
    /// The response as a frame.
    #[must_use]
    pub fn encode(self, id: u64) -> Bytes {
        pb::Response { id, response: Some(self.into()) }.encode_to_vec().into()
    }

    /// Reads a response frame.
    pub fn decode(frame: Bytes) -> Result<(u64, Self), Malformed> {
        let wire: pb::Response = decode_canonical(frame).map_err(Malformed::Frame)?;
        let response = wire.response.ok_or(Malformed::EmptyFrame)?;
        Ok((wire.id, response.try_into()?))
    }
}

impl Submission {
    fn from_wire(wire: pb::Submission) -> Result<Self, Malformed> {
        let Ok(Leaf::Message(leaf)) = Leaf::decode(&wire.leaf) else {
            return Err(Malformed::Field("submission.leaf"));
        };
        let opening = wire.opening[..].try_into().map_err(|_| Malformed::Field("submission.opening"))?;
        let body = Body { opening: Opening(opening), header: wire.header, payload: wire.payload };
        Ok(Self { leaf, body })
    }
}
