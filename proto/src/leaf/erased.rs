//! "The body of this entry is destroyed": which entry of which log, under which basis, on whose word.
//!
//! The leaf stays for ever, so it names the message by its id and says nothing of what stood in it. The id is
//! a time and 74 random bits (UUID version 7): no person can be told from it.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::{ERASED, LeafError, Reader};
use crate::envelope::{EnvelopeError, MessageId};
use crate::identity::{Course, Epoch, Origin};
use crate::key::{KeyId, SIGNATURE_LEN, SecretKey};
use crate::keyring::Keyring;
use crate::time::UnixMillis;

/// Longest reference of a decision, in bytes.
pub const MAX_REFERENCE_BYTES: usize = 32;

/// The domain separator of officers' orders, version 1.
const ORDER_DOMAIN: &[u8] = b"karakoro/erasure-order/v1\n";

const THIS_LOG: u8 = 1;
const OPPOSITE_LOG: u8 = 2;
const BY_OFFICER: u8 = 1;
const BY_ACCORD: u8 = 2;
const BY_WRITER: u8 = 3;

/// "I have destroyed the body of this entry."
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ErasedLeaf {
    /// What was destroyed, and why.
    pub erasure: Erasure,
    /// On whose word.
    pub ordered: Ordered,
}

/// What is destroyed, and why: all that an officer's order covers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Erasure {
    /// In which log the entry stands, seen from the log that holds this leaf.
    pub log: ErasedLog,
    /// Epoch of that log.
    pub epoch: Epoch,
    /// The entry.
    pub entry: u64,
    /// The message that stood there, by its id.
    pub message: MessageId,
    /// The number of a [`Basis`], or of a later version's; never 0.
    pub basis: u8,
    /// The decision behind it, if it has a number.
    pub reference: Option<CaseReference>,
    /// When it was ordered, by the clock of who ordered it.
    pub time: UnixMillis,
}

/// In which of the two logs of a link the entry stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ErasedLog {
    /// In the log that holds the leaf: the writer erases its own message, and the receiver must follow.
    This,
    /// In the log of the opposite direction: a receiver has destroyed its copy. Its writer is told.
    Opposite,
}

/// On whose word a body was destroyed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ordered {
    /// An officer of the country that writes this log ordered it.
    Officer {
        /// Which key, published in this log.
        key: KeyId,
        /// Ed25519 over [`Erasure::order_bytes`].
        signature: [u8; SIGNATURE_LEN],
    },
    /// The time for which the two countries agreed to keep it is over.
    Accord,
    /// The writer of the message erased it in its own log, and this side obeyed.
    Writer,
}

/// Why a body may be destroyed. The list is closed; numbers are never used again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Basis {
    /// The time for which it might be kept is over.
    RetentionEnded = 1,
    /// A court or a supervisory authority ordered it.
    AuthorityOrder = 2,
    /// A person's request for rectification or deletion was granted.
    RequestGranted = 3,
    /// It is about somebody else than was meant.
    MistakenIdentity = 4,
    /// It should never have been sent.
    SentInError = 5,
}

impl Basis {
    /// Every basis, in the order of their numbers.
    pub const ALL: [Self; 5] = [
        Self::RetentionEnded,
        Self::AuthorityOrder,
        Self::RequestGranted,
        Self::MistakenIdentity,
        Self::SentInError,
    ];

    /// The number in a leaf.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The name on the command line and in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RetentionEnded => "retention-ended",
            Self::AuthorityOrder => "authority-order",
            Self::RequestGranted => "request-granted",
            Self::MistakenIdentity => "mistaken-identity",
            Self::SentInError => "sent-in-error",
        }
    }

    /// The basis of this number, if this version knows it.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|basis| basis.number() == number)
    }

    /// What a number means, for people; newer numbers are shown as such.
    #[must_use]
    pub fn describe(number: u8) -> &'static str {
        match Self::from_number(number) {
            Some(Self::RetentionEnded) => "the time for keeping it is over",
            Some(Self::AuthorityOrder) => "ordered by a court or an authority",
            Some(Self::RequestGranted) => "a request for rectification or deletion was granted",
            Some(Self::MistakenIdentity) => "it is about somebody else than was meant",
            Some(Self::SentInError) => "it should never have been sent",
            None => "a basis that this version does not know",
        }
    }
}

/// The number under which a decision is filed, such as `TGI-2026/114`.
///
/// Capital letters, digits, `-`, `/` and `.`, at most [`MAX_REFERENCE_BYTES`], with at least one digit: room for
/// a number, none for a sentence. It stays in both logs for ever and must name no person.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CaseReference(String);

impl CaseReference {
    /// As it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CaseReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Text that is no reference of a decision.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error(
    "a reference is a case number of at most {MAX_REFERENCE_BYTES} characters: capital letters, digits, `-`, \
     `/` and `.`, at least one digit, and no person's name"
)]
pub struct NoReference;

impl FromStr for CaseReference {
    type Err = NoReference;

    fn from_str(text: &str) -> Result<Self, NoReference> {
        let allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"-/.".contains(&byte);
        let sound = text.len() <= MAX_REFERENCE_BYTES
            && text.bytes().all(allowed)
            && text.bytes().any(|byte| byte.is_ascii_digit());
        if sound { Ok(Self(text.to_owned())) } else { Err(NoReference) }
    }
}

impl Erasure {
    /// The log in which the entry stands, if this leaf stands in `log`.
    #[must_use]
    pub fn target(&self, log: Origin) -> Origin {
        let course = match (self.log, log.course) {
            (ErasedLog::Opposite, Course::Link(direction)) => Course::Link(direction.reversed()),
            (_, course) => course,
        };
        Origin { course, epoch: self.epoch }
    }

    /// The bytes that an officer signs, for a leaf of `log`: the entry is named with its whole log, so that an
    /// order counts for no other.
    #[must_use]
    pub fn order_bytes(&self, log: Origin) -> Vec<u8> {
        let mut out = ORDER_DOMAIN.to_vec();
        out.extend_from_slice(log.to_string().as_bytes());
        out.push(b'\n');
        self.encode_into(&mut out);
        out
    }

    /// Signs as an officer, for a leaf of `log`.
    #[must_use]
    pub fn ordered_by(self, officer: &SecretKey, log: Origin) -> ErasedLeaf {
        let signature = officer.sign(&self.order_bytes(log));
        ErasedLeaf { ordered: Ordered::Officer { key: officer.public().id(), signature }, erasure: self }
    }

    fn encode_into(&self, out: &mut Vec<u8>) {
        out.push(match self.log {
            ErasedLog::This => THIS_LOG,
            ErasedLog::Opposite => OPPOSITE_LOG,
        });
        out.extend_from_slice(&self.epoch.number().to_be_bytes());
        out.extend_from_slice(&self.entry.to_be_bytes());
        out.extend_from_slice(self.message.as_bytes());
        out.push(self.basis);
        let reference = self.reference.as_ref().map_or("", CaseReference::as_str);
        out.push(u8::try_from(reference.len()).expect("MAX_REFERENCE_BYTES fits a byte"));
        out.extend_from_slice(reference.as_bytes());
        out.extend_from_slice(&self.time.millis().to_be_bytes());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, LeafError> {
        let field = |field, value| LeafError::Field { field, value };
        let log = match reader.u8()? {
            THIS_LOG => ErasedLog::This,
            OPPOSITE_LOG => ErasedLog::Opposite,
            other => return Err(field("erased log", other.into())),
        };
        let number = u32::from_be_bytes(reader.array()?);
        let epoch = Epoch::new(number).ok_or_else(|| field("epoch", number.into()))?;
        let entry = u64::from_be_bytes(reader.array()?);
        let message = MessageId::from_bytes(reader.take(16)?).map_err(|_| LeafError::NoMessageId)?;
        let basis = reader.u8()?;
        if basis == 0 {
            return Err(field("basis", 0));
        }
        let length = usize::from(reader.u8()?);
        let reference = read_reference(reader.take(length)?)?;
        let time = u64::from_be_bytes(reader.array()?);
        let time = UnixMillis::new(time).ok_or_else(|| field("time", time))?;
        Ok(Self { log, epoch, entry, message, basis, reference, time })
    }
}

fn read_reference(bytes: &[u8]) -> Result<Option<CaseReference>, LeafError> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| LeafError::NoReference)?;
    text.parse().map(Some).map_err(|NoReference| LeafError::NoReference)
}

impl ErasedLeaf {
    /// The leaf with which a receiver says that it obeyed this one of the writer's; it stands in the opposite log.
    #[must_use]
    pub fn answer(&self) -> Self {
        let erasure = Erasure { log: ErasedLog::Opposite, ..self.erasure.clone() };
        Self { erasure, ordered: Ordered::Writer }
    }

    /// Checks an officer's order, for a leaf of `log`, against the keys that the same log published. What was not
    /// ordered by an officer passes: [`super::Leaf::decode`] has seen that it needs none.
    pub fn check_order(&self, log: Origin, keyring: &Keyring) -> Result<(), EnvelopeError> {
        let Ordered::Officer { key, signature } = &self.ordered else { return Ok(()) };
        let officer = keyring.officer(*key).ok_or(EnvelopeError::UnknownKey(*key))?;
        officer
            .verify(&self.erasure.order_bytes(log), signature)
            .map_err(|_| EnvelopeError::BadSignature(*key))
    }

    pub(super) fn encode_into(&self, out: &mut Vec<u8>) {
        out.push(ERASED);
        self.erasure.encode_into(out);
        match &self.ordered {
            Ordered::Officer { key, signature } => {
                out.push(BY_OFFICER);
                out.extend_from_slice(&key.0);
                out.extend_from_slice(signature);
            }
            Ordered::Accord => out.push(BY_ACCORD),
            Ordered::Writer => out.push(BY_WRITER),
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, LeafError> {
        let erasure = Erasure::read(reader)?;
        let ordered = match (reader.u8()?, erasure.basis, erasure.log) {
            (BY_OFFICER, ..) => Ordered::Officer { key: KeyId(reader.array()?), signature: reader.array()? },
            // The accord knows one basis, and only a message of the other side has a writer to obey.
            (BY_ACCORD, 1, _) => Ordered::Accord,
            (BY_WRITER, _, ErasedLog::Opposite) => Ordered::Writer,
            (other, ..) => return Err(LeafError::Field { field: "order", value: other.into() }),
        };
        Ok(Self { erasure, ordered })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leaf::Leaf;
    use crate::testing::{ML, MR};

    fn erasure() -> Erasure {
        Erasure {
            log: ErasedLog::This,
            epoch: Epoch::FIRST,
            entry: 7,
            message: MessageId::new(UnixMillis::default(), [5; 10]),
            basis: Basis::AuthorityOrder.number(),
            reference: Some("TGI-2026/114".parse().unwrap()),
            time: UnixMillis::default(),
        }
    }

    fn keyring() -> Keyring {
        let mut keyring = Keyring::new(MR.root());
        let certificate = MR.officer.to_vec();
        keyring
            .publish(&crate::leaf::KeyLeaf { action: crate::leaf::KeyAction::Publish, certificate })
            .unwrap();
        keyring
    }

    #[test]
    fn an_order_counts_for_its_log_its_entry_and_its_reason_only() {
        let leaf = erasure().ordered_by(&MR.officer_key(), MR.writes());
        leaf.check_order(MR.writes(), &keyring()).unwrap();
        leaf.check_order(ML.writes(), &keyring()).unwrap_err();
        let changes: [fn(&mut Erasure); 6] = [
            |erasure| erasure.log = ErasedLog::Opposite,
            |erasure| erasure.entry += 1,
            |erasure| erasure.basis += 1,
            |erasure| erasure.reference = None,
            |erasure| erasure.message = MessageId::new(UnixMillis::default(), [6; 10]),
            |erasure| erasure.time = UnixMillis::MAX,
        ];
        for change in changes {
            let mut altered = leaf.clone();
            change(&mut altered.erasure);
            altered.check_order(MR.writes(), &keyring()).unwrap_err();
        }
        erasure()
            .ordered_by(&ML.officer_key(), MR.writes())
            .check_order(MR.writes(), &keyring())
            .unwrap_err();
    }

    #[test]
    fn an_answer_speaks_of_the_same_entry_seen_from_the_other_log() {
        let leaf = erasure().ordered_by(&MR.officer_key(), MR.writes());
        let answer = leaf.answer();
        assert_eq!(answer.erasure.target(ML.writes()), leaf.erasure.target(MR.writes()));
        assert_eq!(answer.ordered, Ordered::Writer);
    }

    #[test]
    fn an_erased_leaf_that_is_cut_anywhere_is_refused() {
        let by_officer = erasure().ordered_by(&MR.officer_key(), MR.writes());
        for leaf in [by_officer.answer(), by_officer].map(Leaf::Erased) {
            let bytes = leaf.encode();
            for end in 0..bytes.len() {
                assert!(Leaf::decode(&bytes[..end]).is_err(), "cut at {end}");
            }
            assert_eq!(Leaf::decode(&bytes), Ok(leaf));
        }
    }

    #[test]
    fn a_reference_is_a_number_and_no_sentence() {
        for sound in ["1", "TGI-2026/114", "A.1", &"9".repeat(MAX_REFERENCE_BYTES)] {
            assert_eq!(sound.parse::<CaseReference>().unwrap().as_str(), sound);
        }
        for wrong in ["", "ABC", "a1", "A 1", "É1", "1\n", &"9".repeat(MAX_REFERENCE_BYTES + 1)] {
            assert_eq!(wrong.parse::<CaseReference>(), Err(NoReference), "{wrong:?}");
        }
    }

    #[test]
    fn every_basis_is_found_by_its_number_and_described() {
        for basis in Basis::ALL {
            assert_eq!(Basis::from_number(basis.number()), Some(basis));
            assert_ne!(Basis::describe(basis.number()), Basis::describe(u8::MAX));
        }
        assert_eq!(Basis::from_number(0), None);
    }
}
