//! What can be wrong with files, where, and what each fault means for the answer.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use karakoro_proto::accord::AccordId;
use karakoro_proto::envelope::EnvelopeError;
use karakoro_proto::identity::{Country, Origin};
use karakoro_proto::keyring::KeyringError;
use karakoro_proto::leaf::{AccordLeaf, LeafError};
use karakoro_proto::log::checkpoint::CheckpointError;
use karakoro_proto::log::evidence::EvidenceError;
use karakoro_proto::log::merkle::Hash;
use karakoro_proto::log::note::{NoteError, VerifyError};
use karakoro_proto::log::policy::PolicyError;
use karakoro_proto::log::proof::ProofError;
use karakoro_proto::log::tile::BundleError;
use serde::{Serialize, Serializer};
use thiserror::Error;

use crate::report::Verdict;
use crate::text::{Short, grouped};

/// Most findings that are kept of one log. A thoroughly altered log is no clearer for a longer list.
pub(crate) const MAX_FINDINGS: usize = 100;

/// Where a fault was found.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize)]
pub struct Place {
    /// The entry of the log, from 0, where it can be known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<u64>,
    /// The file below the log's folder, or as the caller named it.
    pub file: String,
    /// The byte of that file, from 0, where it can be known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub byte: Option<u64>,
}

impl Place {
    /// A file as a whole.
    pub(crate) fn file(file: impl fmt::Display) -> Self {
        Self { file: file.to_string(), ..Self::default() }
    }

    pub(crate) fn at_byte(self, byte: u64) -> Self {
        Self { byte: Some(byte), ..self }
    }

    pub(crate) fn at_entry(self, entry: u64) -> Self {
        Self { entry: Some(entry), ..self }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        self.byte.iter().try_for_each(|byte| write!(f, ", byte {byte}"))?;
        self.entry.iter().try_for_each(|entry| write!(f, ", entry {}", grouped(*entry)))
    }
}

/// What is wrong. Messages read after the place: `tile/0/000: is missing`.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing stands at the path given.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// An entry that is said to erase the message and does not.
    #[error("does not say that this message was erased")]
    NoErasure,
    /// An erasure of an entry that does not stand before it.
    #[error("says that entry {} is erased, which does not stand before it", grouped(*.0))]
    ErasureOrder(u64),
    /// A folder without any part of a log.
    #[error("holds no log: neither a checkpoint nor tiles, and no folder that does")]
    NoLog,
    /// A log whose name is that of another.
    #[error("is named for another log than {0}, whose checkpoint it holds")]
    FolderName(Origin),
    /// A part of every export.
    #[error("is missing")]
    Missing,
    /// No part of an export.
    #[error("does not belong to an export of {} entries", grouped(*.size))]
    Unexpected {
        /// The size that the checkpoint states.
        size: u64,
    },
    /// A link or device, which is never followed.
    #[error("is not a plain file or folder, and an export holds nothing else")]
    NotPlain,
    /// What is named as a log is no folder.
    #[error("holds {0}, which is not a plain folder")]
    LogNotPlain(String),
    /// Longer than it can be.
    #[error("is longer than the {} bytes that it can have", grouped(*.most))]
    TooLong {
        /// How long it may be.
        most: u64,
    },

    /// The auditor's own policy.
    #[error("the policy given is no policy: {0}")]
    OwnPolicy(#[source] PolicyError),
    /// The export's policy.
    #[error("is no policy: {0}")]
    Policy(#[from] PolicyError),
    /// The export's policy holds what no signature or check covers.
    #[error("is not in the one form of an exported policy, which has no comments, addresses or blanks")]
    PolicySpelling,
    /// The checkpoint is no note.
    #[error("is no signed note: {0}")]
    Note(#[from] NoteError),
    /// The note is no checkpoint.
    #[error("is no checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// A bad signature by a key of the policy, or none by any.
    #[error("is not signed as the policy demands: {0}")]
    Signature(#[from] VerifyError),
    /// Nobody the policy knows signed for the log.
    #[error("is not signed by {0} under a key that the policy lists")]
    NotSigned(Origin),
    /// A signature by a key outside the policy, where one of the policy is missing, or in an export
    /// that brought its own policy.
    #[error("bears a signature by {name}, of which the policy knows no such key")]
    UnknownSigner {
        /// The name and ID on the line.
        name: String,
    },
    /// The log signed, too few others did.
    #[error("is signed by the log, but not cosigned by {0}: the other country has not confirmed it")]
    NotCosigned(String),
    /// The export's policy would let a log pass that the other country never saw.
    #[error("asks for no cosignature, so nothing shows that the other country holds this log")]
    NoQuorum,
    /// A cosignature by the writer's own country.
    #[error("{0} cosigned with a key that the log's own country holds")]
    SelfCosigned(String),

    /// The auditor's own root certificate.
    #[error("the root certificate given is none: {0}")]
    OwnRoot(String),
    /// Root certificates were given, but not of the log's country.
    #[error("no root certificate of {0} was given")]
    NoRootOf(Country),
    /// Entry 0 is not what every log begins with.
    #[error("a log begins with the root certificate of its country, and this is none: {0}")]
    FirstEntry(String),
    /// The root is not the one that the auditor knows.
    #[error("is not the root certificate that was given for {0}")]
    OtherRoot(Country),
    /// No certificate for the log's key.
    #[error("no certificate under the country's root is for the key that signs as {0}")]
    LogKeyNotCertified(Origin),

    /// A bundle that does not divide into entries.
    #[error("{0}")]
    Bundle(#[from] BundleError),
    /// An entry that is no leaf.
    #[error("is no leaf: {0}")]
    Leaf(#[from] LeafError),
    /// A key leaf that the root does not vouch for.
    #[error("{0}")]
    Key(#[from] KeyringError),
    /// An officer's signature that does not hold.
    #[error("{0}")]
    Envelope(#[from] EnvelopeError),
    /// An anchor that does not hold.
    #[error("anchor: {0}")]
    Anchor(#[from] AnchorFault),
    /// An accord whose number or time does not follow on the one before it.
    #[error("anchors {now}, which does not follow on {before} before it")]
    AccordOrder {
        /// The one anchored before.
        before: AccordId,
        /// This one.
        now: AccordId,
    },
    /// A verdict on entries that no log can have.
    #[error("a verdict on entries {first} to {end}, which no log can have")]
    VerdictRange {
        /// The first entry judged.
        first: u64,
        /// One past the last.
        end: u64,
    },
    /// The entry is not the one that was signed.
    #[error("was altered: it hashes to {}, and the signed tree has {} there", Short(.found), Short(.expected))]
    Altered {
        /// What the signed tree holds.
        expected: Hash,
        /// What the entry hashes to.
        found: Hash,
    },
    /// A tile with other bytes.
    #[error("differs from what the entries hash to: {} is stored, {} is right", Short(.found), Short(.expected))]
    Tile {
        /// What the entries hash to.
        expected: Hash,
        /// What is stored.
        found: Hash,
    },
    /// A tile with fewer bytes.
    #[error("is cut off: {found} bytes instead of {expected}")]
    Length {
        /// How long it must be.
        expected: u64,
        /// How long it is.
        found: u64,
    },
    /// The entries are not those of the checkpoint.
    #[error("states root {}, and the entries come to {}", Short(.expected), Short(.found))]
    Root {
        /// What was signed.
        expected: Hash,
        /// What was recomputed.
        found: Hash,
    },

    /// A log of which the other side has no copy.
    #[error("{0} is not in the other export, so there is nothing to compare it with")]
    OneSideOnly(Origin),
    /// Nothing to compare.
    #[error("the two exports have no log in common")]
    NothingInCommon,
    /// Two copies of one log hold different entries.
    #[error("the two copies of {0} hold different entries")]
    Different(Origin),
    /// Two histories, both signed by the log's key.
    #[error("{0} has two histories, both signed by its key: these two checkpoints prove it to anybody")]
    Forked(Origin),
    /// The two logs stand under different texts of one number.
    #[error("anchors {here}, and {opposite} anchors {there}: the two countries go by different accords")]
    AccordsDiffer {
        /// What this log anchors.
        here: AccordLeaf,
        /// The log of the opposite direction.
        opposite: Origin,
        /// What that one anchors.
        there: AccordLeaf,
    },
    /// An anchor states another root than the log that it speaks of has.
    #[error(
        "anchors {origin} at {} entries with root {}, where that log has {}",
        grouped(*.size), Short(.found), Short(.expected)
    )]
    AnchorContradicts {
        /// The anchored log.
        origin: Origin,
        /// The anchored size.
        size: u64,
        /// The root of that log at that size.
        expected: Hash,
        /// The root in the anchor.
        found: Hash,
    },

    /// Not an evidence file.
    #[error("is no evidence: {0}")]
    Evidence(#[from] EvidenceError),
    /// An inclusion path that does not lead to the checkpoint.
    #[error("does not stand in the signed log: {0}")]
    Inclusion(#[from] ProofError),
    /// Evidence for something else than a message.
    #[error("is not a message")]
    NotAMessage,
    /// Keys that are not in the order of the log, or stand after the message.
    #[error("key {0} does not stand in the order of the log, before the message")]
    KeyOrder(u64),
    /// An entry given as a key leaf that is none.
    #[error("is not an entry that publishes a key")]
    NotAKey,
}

/// What can be wrong with an anchor.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum AnchorFault {
    /// Not a note.
    #[error("{0}")]
    Note(#[from] NoteError),
    /// Not a checkpoint.
    #[error("{0}")]
    Checkpoint(#[from] CheckpointError),
    /// Of a log that is not the opposite direction.
    #[error("it is of {found}, not of the opposite direction of {of}")]
    Direction {
        /// The log that the anchor stands in.
        of: Origin,
        /// The log that it speaks of.
        found: Origin,
    },
    /// Not cosigned by whoever writes this log.
    #[error("it lacks the cosignature of the country that writes this log: {0}")]
    Cosignature(#[source] VerifyError),
    /// Not signed by the log that it speaks of.
    #[error("it is not signed by the log that it speaks of: {0}")]
    Signature(#[source] VerifyError),
    /// Older than the anchor before it.
    #[error("it goes back to {now} entries, after an anchor at {before}")]
    GoesBack {
        /// The size before.
        before: u64,
        /// The size now.
        now: u64,
    },
    /// Two anchors at one size with two roots.
    #[error("it gives size {0} another root than the anchor before it")]
    TwoRoots(u64),
}

impl Fault {
    /// Whether this shows that something is wrong, or that something is not known.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Unreadable(_)
            | Self::NoLog
            | Self::OwnPolicy(_)
            | Self::OwnRoot(_)
            | Self::NoRootOf(_)
            | Self::NotCosigned(_)
            | Self::NoQuorum
            | Self::OneSideOnly(_)
            | Self::NothingInCommon => Verdict::CouldNotCheck,
            _ => Verdict::Disagree,
        }
    }

    /// What was expected and what was found, where both are hashes or lengths.
    fn contrast(&self) -> Option<(String, String)> {
        match self {
            Self::Altered { expected, found }
            | Self::Tile { expected, found }
            | Self::Root { expected, found }
            | Self::AnchorContradicts { expected, found, .. } => Some((expected.to_hex(), found.to_hex())),
            Self::AccordsDiffer { here, there, .. } => {
                Some((there.accord.hash.to_string(), here.accord.hash.to_string()))
            }
            Self::Length { expected, found } => Some((expected.to_string(), found.to_string())),
            _ => None,
        }
    }
}

/// A fault and its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Where.
    pub place: Place,
    /// What; boxed, because findings travel as errors.
    pub fault: Box<Fault>,
}

impl Finding {
    pub(crate) fn new(place: Place, fault: impl Into<Fault>) -> Self {
        Self { place, fault: Box::new(fault.into()) }
    }

    /// What this finding means for the answer.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.fault.verdict()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.fault)
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Json<'a> {
            verdict: Verdict,
            what: String,
            #[serde(flatten)]
            place: &'a Place,
            #[serde(skip_serializing_if = "Option::is_none")]
            expected: Option<String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            found: Option<String>,
        }
        let (expected, found) = self.fault.contrast().unzip();
        let what = self.fault.to_string();
        Json { verdict: self.verdict(), what, place: &self.place, expected, found }.serialize(serializer)
    }
}

/// Gathers findings from several threads, and keeps those that come first in the log.
#[derive(Debug, Default)]
pub(crate) struct Findings(Mutex<Gathered>);

#[derive(Debug, Default)]
struct Gathered {
    findings: Vec<Finding>,
    left_out: u64,
}

impl Findings {
    pub(crate) fn add(&self, finding: Finding) {
        let mut gathered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        gathered.findings.push(finding);
        if gathered.findings.len() > 2 * MAX_FINDINGS {
            gathered.cut();
        }
    }

    /// The findings in the order of their places, and how many more there were.
    pub(crate) fn take(self) -> (Vec<Finding>, u64) {
        let mut gathered = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        gathered.cut();
        (gathered.findings, gathered.left_out)
    }
}

impl Gathered {
    fn cut(&mut self) {
        // Disagreements first, so that none is ever crowded out by what could not be checked.
        self.findings.sort_by(|a, b| (b.verdict(), &a.place).cmp(&(a.verdict(), &b.place)));
        let kept = self.findings.len().min(MAX_FINDINGS);
        self.left_out += (self.findings.len() - kept) as u64;
        self.findings.truncate(kept);
    }
}
