//! Errors of the exchange, sorted by blame. What the peer is told, what is logged and what is counted
//! are derived from the error, each in one place.

use std::fmt;

use thiserror::Error;

use crate::accord::Standing;
use crate::envelope::EnvelopeError;
use crate::keyring::KeyringError;
use crate::leaf::LeafError;
use crate::log::checkpoint::CheckpointError;
use crate::wire::WireError;

/// What ends a session.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The peer sent bytes that are not what they should be.
    #[error("malformed: {0}")]
    Malformed(#[from] Malformed),
    /// The peer sent something well formed that an honest peer does not send.
    #[error("the peer misbehaved: {0}")]
    PeerMisbehaved(#[from] PeerMisbehaved),
    /// The peer is honest and cannot talk with us.
    #[error("the peer is incompatible: {0}")]
    PeerIncompatible(#[from] PeerIncompatible),
    /// Our own storage failed or is in doubt.
    #[error("storage: {0}")]
    Storage(String),
}

/// Bytes that are not a frame, envelope, leaf or note.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum Malformed {
    /// Longer than [`crate::wire::MAX_FRAME_BYTES`], known from its length alone.
    #[error("a frame of {0} bytes")]
    FrameTooLarge(usize),
    /// Not a frame in its one canonical encoding.
    #[error("frame: {0}")]
    Frame(WireError),
    /// A frame without content.
    #[error("an empty frame")]
    EmptyFrame,
    /// A frame of more parts than any honest one has, known before they are read.
    #[error("a frame of {0} parts")]
    TooManyParts(usize),
    /// A field of a frame outside its range.
    #[error("frame field {0}")]
    Field(&'static str),
    /// Entry bytes that are no leaf.
    #[error("entry {index}: {error}")]
    Leaf {
        /// Which entry.
        index: u64,
        /// What is wrong.
        error: LeafError,
    },
    /// A body, header or payload that is not acceptable.
    #[error("body of entry {index}: {error}")]
    Envelope {
        /// Which entry.
        index: u64,
        /// What is wrong.
        error: EnvelopeError,
    },
    /// A payload that is not the one canonical encoding of its kind.
    #[error("payload of entry {index} is not canonical or not of its kind")]
    Payload {
        /// Which entry.
        index: u64,
    },
    /// A note that is no checkpoint, or is not signed by whom it must be.
    #[error("checkpoint: {0}")]
    Checkpoint(CheckpointError),
}

/// What an honest peer does not do.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum PeerMisbehaved {
    /// A frame before the hello, or a second hello.
    #[error("a frame out of turn")]
    FrameOutOfTurn,
    /// No hello within [`crate::session::HELLO_TIMEOUT`].
    #[error("no hello in time")]
    NoHello,
    /// Entries that do not follow on those before.
    #[error("entries from {found} where {expected} was next")]
    Gap {
        /// The next index.
        expected: u64,
        /// The index that came.
        found: u64,
    },
    /// More entries or bytes than may wait for a checkpoint.
    #[error("more entries than may wait for a checkpoint")]
    TooManyStaged,
    /// A body for an entry that has none, or has it already.
    #[error("a body for entry {0}, which awaits none")]
    UnexpectedBody(u64),
    /// A checkpoint that covers entries whose leaves or bodies were not sent.
    #[error("a checkpoint of size {size} where {staged} entries were sent")]
    CheckpointWithoutEntries {
        /// Its size.
        size: u64,
        /// How far complete entries reach.
        staged: u64,
    },
    /// The checkpoint's root is not the root of the entries sent.
    #[error("the root signed for size {0} is not that of the entries sent")]
    WrongRoot(u64),
    /// The peer's newest checkpoint is older than one that we cosigned.
    #[error("the peer's log has {now} entries, and had {before}: it was rolled back")]
    RolledBack {
        /// What we hold.
        before: u64,
        /// What the peer says.
        now: u64,
    },
    /// Two signed checkpoints of one size with different roots.
    #[error("the peer's log has two histories at size {0}: it forked")]
    Forked(u64),
    /// The peer claims to hold a version of our log that we never signed.
    #[error("the peer holds a checkpoint of size {0} of our log that is not ours")]
    HoldsForeignHistory(u64),
    /// A receipt or cosignature for what was not sent.
    #[error("evidence for entries up to {0}, which were not sent")]
    EvidenceForUnsent(u64),
    /// A receipt or cosignature that does not verify.
    #[error("evidence for entries up to {0} does not verify")]
    BadEvidence(u64),
    /// An erasure of an entry that does not stand before it, or that we never sealed.
    #[error("entry {index}: an erasure of an entry that was not sent")]
    ErasureOfUnsent {
        /// The peer's entry.
        index: u64,
    },
    /// An officer's order of erasure that does not verify.
    #[error("entry {index}: order of erasure: {error}")]
    BadErasureOrder {
        /// The peer's entry.
        index: u64,
        /// What is wrong.
        error: EnvelopeError,
    },
    /// A body that was left out as erased, though the log does not say where the peer said that it would.
    #[error("the body of entry {0} was left out as erased, which the log does not say")]
    ErasureNotLogged(u64),
    /// A verdict on an entry that we never sealed.
    #[error("entry {index}: a verdict on an entry that was not sent")]
    VerdictOnUnsent {
        /// The peer's entry.
        index: u64,
    },
    /// An anchor that is not a checkpoint of ours with the peer's cosignature.
    #[error("entry {index}: an anchor that does not verify")]
    BadAnchor {
        /// The peer's entry.
        index: u64,
    },
    /// A key leaf that does not chain to the peer's root.
    #[error("entry {index}: {error}")]
    BadKey {
        /// The peer's entry.
        index: u64,
        /// What is wrong.
        error: KeyringError,
    },
    /// A message whose signatures do not verify, or whose body is not what was committed to.
    #[error("entry {index}: {error}")]
    BadEnvelope {
        /// The peer's entry.
        index: u64,
        /// What is wrong.
        error: EnvelopeError,
    },
}

/// Why an honest peer cannot talk with us.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum PeerIncompatible {
    /// Another version of the protocol.
    #[error("it speaks version {found} of the protocol, we speak {ours}")]
    Version {
        /// Its version.
        found: u32,
        /// Ours.
        ours: u32,
    },
    /// Another country than the link is for.
    #[error("it is not the country that this link is for")]
    Country,
    /// It goes by another accord, or one of the two has none.
    #[error("we go by {ours}, it goes by {theirs}")]
    Accord {
        /// What we go by.
        ours: Box<Standing>,
        /// What the peer goes by.
        theirs: Box<Standing>,
    },
    /// Its checkpoint is of another log, or another epoch.
    #[error("it exchanges another log or epoch")]
    Origin,
    /// It holds more of our log than we do: our data is older than what we have released.
    #[error("it holds {peer} entries of our log, we only {ours}: our data was restored or lost")]
    WeAreBehind {
        /// What we hold.
        ours: u64,
        /// What the peer holds.
        peer: u64,
    },
}

/// The QUIC application close code of the link, listed in docs/protocol.md.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u32)]
pub enum CloseCode {
    /// An orderly end: stop, or a newer connection took over.
    Done = 0,
    /// A frame longer than allowed.
    FrameTooLarge = 1,
    /// Not a canonical frame, or a field outside its range.
    Frame = 2,
    /// A frame out of turn, or no hello in time.
    Turn = 3,
    /// Not a leaf.
    Leaf = 4,
    /// A body, header or payload that is malformed, or does not open its commitment, or is for others.
    Envelope = 5,
    /// A signature that does not verify, or by an unknown key.
    Signature = 6,
    /// Not a checkpoint, or not signed by its writer.
    Checkpoint = 7,
    /// Entries with a gap, or too many waiting, or a checkpoint without its entries.
    Order = 8,
    /// A root that is not that of the entries.
    Root = 9,
    /// A rolled back or forked log.
    Fork = 10,
    /// Receipt, cosignature, verdict, anchor or erasure that does not hold.
    Evidence = 11,
    /// Another version of the protocol.
    Version = 12,
    /// Another country, log or epoch.
    Audience = 13,
    /// Our own side cannot go on.
    Unavailable = 14,
    /// The two do not go by the same accord.
    Accord = 15,
}

impl CloseCode {
    /// Every code, in order.
    pub const ALL: [Self; 16] = [
        Self::Done,
        Self::FrameTooLarge,
        Self::Frame,
        Self::Turn,
        Self::Leaf,
        Self::Envelope,
        Self::Signature,
        Self::Checkpoint,
        Self::Order,
        Self::Root,
        Self::Fork,
        Self::Evidence,
        Self::Version,
        Self::Audience,
        Self::Unavailable,
        Self::Accord,
    ];

    /// The number on the wire.
    #[must_use]
    pub fn number(self) -> u32 {
        self as u32
    }

    /// The name in docs/protocol.md, logs and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "DONE",
            Self::FrameTooLarge => "FRAME_TOO_LARGE",
            Self::Frame => "FRAME",
            Self::Turn => "TURN",
            Self::Leaf => "LEAF",
            Self::Envelope => "ENVELOPE",
            Self::Signature => "SIGNATURE",
            Self::Checkpoint => "CHECKPOINT",
            Self::Order => "ORDER",
            Self::Root => "ROOT",
            Self::Fork => "FORK",
            Self::Evidence => "EVIDENCE",
            Self::Version => "VERSION",
            Self::Audience => "AUDIENCE",
            Self::Unavailable => "UNAVAILABLE",
            Self::Accord => "ACCORD",
        }
    }

    /// The code with this number, as a peer may send it.
    #[must_use]
    pub fn from_number(number: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|code| u64::from(code.number()) == number)
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Error {
    /// The one code that the peer is told.
    #[must_use]
    pub fn close_code(&self) -> CloseCode {
        match self {
            Self::Malformed(error) => error.close_code(),
            Self::PeerMisbehaved(error) => error.close_code(),
            Self::PeerIncompatible(error) => error.close_code(),
            Self::Storage(_) => CloseCode::Unavailable,
        }
    }
}

impl Malformed {
    fn close_code(&self) -> CloseCode {
        match self {
            Self::FrameTooLarge(_) => CloseCode::FrameTooLarge,
            Self::Frame(_) | Self::EmptyFrame | Self::TooManyParts(_) | Self::Field(_) => CloseCode::Frame,
            Self::Leaf { .. } => CloseCode::Leaf,
            Self::Envelope { error, .. } => envelope_code(error),
            Self::Payload { .. } => CloseCode::Envelope,
            Self::Checkpoint(_) => CloseCode::Checkpoint,
        }
    }
}

impl PeerMisbehaved {
    fn close_code(&self) -> CloseCode {
        match self {
            Self::FrameOutOfTurn | Self::NoHello => CloseCode::Turn,
            Self::Gap { .. }
            | Self::TooManyStaged
            | Self::UnexpectedBody(_)
            | Self::CheckpointWithoutEntries { .. } => CloseCode::Order,
            Self::WrongRoot(_) => CloseCode::Root,
            Self::RolledBack { .. } | Self::Forked(_) | Self::HoldsForeignHistory(_) => CloseCode::Fork,
            Self::EvidenceForUnsent(_)
            | Self::BadEvidence(_)
            | Self::ErasureOfUnsent { .. }
            | Self::ErasureNotLogged(_)
            | Self::VerdictOnUnsent { .. }
            | Self::BadAnchor { .. } => CloseCode::Evidence,
            Self::BadKey { .. } => CloseCode::Signature,
            Self::BadEnvelope { error, .. } | Self::BadErasureOrder { error, .. } => envelope_code(error),
        }
    }
}

fn envelope_code(error: &EnvelopeError) -> CloseCode {
    match error {
        EnvelopeError::Audience => CloseCode::Audience,
        EnvelopeError::NoAuthor
        | EnvelopeError::SignedTwice(_)
        | EnvelopeError::UnknownKey(_)
        | EnvelopeError::BadSignature(_) => CloseCode::Signature,
        _ => CloseCode::Envelope,
    }
}

impl PeerIncompatible {
    fn close_code(&self) -> CloseCode {
        match self {
            Self::Version { .. } => CloseCode::Version,
            Self::Country | Self::Origin => CloseCode::Audience,
            Self::WeAreBehind { .. } => CloseCode::Unavailable,
            Self::Accord { .. } => CloseCode::Accord,
        }
    }
}
