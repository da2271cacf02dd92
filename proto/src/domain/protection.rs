//! Protection of people at the border: the question that comes before any coercive screen, and the referral that
//! stays in the country where it is made.
//!
//! To tell a country who sought protection from it may endanger them, and signs of trafficking tell of a victim.
//! So a [`ProtectionReferral`] has no form that a message could carry: it is no [`Content`], no [`Part`], no
//! variant of [`Payload`], and can be neither encoded nor serialised. A message is made only of these:
//!
//! ```
//! use karakoro_proto::domain::{part::Part, payload::Content, watchlist::WatchlistUpdate};
//! fn crosses_the_border<T: Content>() {}
//! fn stands_in_a_message<T: Part>() {}
//! crosses_the_border::<WatchlistUpdate>();
//! stands_in_a_message::<WatchlistUpdate>();
//! ```
//!
//! A referral is none of them:
//!
//! ```compile_fail,E0277
//! use karakoro_proto::domain::{payload::Content, protection::ProtectionReferral};
//! fn crosses_the_border<T: Content>() {}
//! crosses_the_border::<ProtectionReferral>();
//! ```
//!
//! ```compile_fail,E0277
//! use karakoro_proto::domain::{part::Part, protection::ProtectionReferral};
//! fn stands_in_a_message<T: Part>() {}
//! stands_in_a_message::<ProtectionReferral>();
//! ```
//!
//! ```compile_fail,E0277
//! use karakoro_proto::domain::{payload::Payload, protection::ProtectionReferral};
//! fn send(referral: ProtectionReferral) -> Payload { referral.into() }
//! ```
//!
//! ```compile_fail,E0599
//! use karakoro_proto::domain::protection::ProtectionReferral;
//! fn bytes(referral: &ProtectionReferral) -> Vec<u8> { referral.encode() }
//! ```
//!
//! [`Content`]: crate::domain::payload::Content
//! [`Part`]: crate::domain::part::Part
//! [`Payload`]: crate::domain::payload::Payload

use std::fmt;

use crate::domain::terms::Action;
use crate::domain::text::Prose;
use crate::domain::watchlist::Entry;
use crate::envelope::Station;
use crate::refusal::Sentence;
use crate::time::UnixMillis;

/// Why somebody is referred to those who protect.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ProtectionNeed {
    /// They fear to be sent back.
    FearsReturn,
    /// They show signs of being trafficked.
    SignsOfTrafficking,
    /// They are a child alone.
    ChildAlone,
}

/// What an officer saw that points to a victim of trafficking. It stays where it was seen.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum VictimIndicator {
    /// Another holds their papers.
    PapersHeldByAnother,
    /// Another speaks for them.
    AnotherSpeaks,
    /// They do not know where they are going.
    DestinationUnknown,
    /// They owe their journey to those who lead it.
    DebtForJourney,
    /// They show fear or injuries.
    FearOrInjuries,
}

/// A person handed to the protection focal point of this country. Who they are is not kept here.
pub struct ProtectionReferral {
    /// Where.
    pub station: Station,
    /// When.
    pub at: UnixMillis,
    /// Why.
    pub need: ProtectionNeed,
    /// What was seen.
    pub indicators: Vec<VictimIndicator>,
    /// What the focal point should know.
    pub note: Option<Prose<1000>>,
}

impl fmt::Debug for ProtectionReferral {
    /// Nothing of it: even that there was one stays out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProtectionReferral(…)")
    }
}

/// What is asked before an arrest or a refusal of entry is shown.
pub const QUESTION: Sentence = Sentence {
    fr: "La personne craint-elle d’être renvoyée, ou présente-t-elle des signes de traite ?",
    ar: "هل يخشى الشخص إعادته، أو تظهر عليه علامات الاتجار بالبشر؟",
    en: "Does the person fear return, or show signs of trafficking?",
};

/// What is shown where the answer is not a plain no.
pub const STOP: Sentence = Sentence {
    fr: "Arrêtez. Appelez le point focal protection. Rien ne suit automatiquement.",
    ar: "توقف. اتصل بجهة تنسيق الحماية. لا يترتب على ذلك أي إجراء تلقائي.",
    en: "Stop. Call the protection focal point. Nothing follows automatically.",
};

/// What an officer answers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Answer {
    /// They were asked, and neither is so.
    No,
    /// It is so.
    Yes,
    /// It cannot be told: no language in common, no time to ask. Counts as yes.
    Unsure,
}

/// The first screen of an entry that a look-up found.
#[derive(Debug)]
pub enum FirstScreen<'a> {
    /// The question, and nothing of the action.
    Ask(ProtectionQuestion<'a>),
    /// The action.
    Show(ShownAction<'a>),
}

/// The question, not yet answered. It gives nothing of the entry away.
#[must_use = "the action is shown only after the answer"]
pub struct ProtectionQuestion<'a> {
    entry: &'a Entry,
}

impl fmt::Debug for ProtectionQuestion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProtectionQuestion(…)")
    }
}

/// An action that may be shown: where the question applies, it was answered with no. Screens of look-ups take
/// this, never an [`Entry`].
///
/// ```compile_fail,E0451
/// use karakoro_proto::domain::{protection::ShownAction, watchlist::Entry};
/// fn skip(entry: &Entry) -> ShownAction<'_> { ShownAction { entry } }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ShownAction<'a> {
    entry: &'a Entry,
}

/// What follows from an answer.
#[derive(Debug)]
pub enum AfterAnswer<'a> {
    /// [`STOP`], and no way on from here.
    Stop,
    /// The action.
    Show(ShownAction<'a>),
}

impl<'a> FirstScreen<'a> {
    /// What an officer sees first.
    #[must_use]
    pub fn of(entry: &'a Entry) -> Self {
        if entry.action.limits_freedom() {
            Self::Ask(ProtectionQuestion { entry })
        } else {
            Self::Show(ShownAction { entry })
        }
    }
}

impl<'a> ProtectionQuestion<'a> {
    /// What is asked.
    #[must_use]
    pub fn text(&self) -> Sentence {
        QUESTION
    }

    /// What follows.
    #[must_use]
    pub fn answer(self, answer: Answer) -> AfterAnswer<'a> {
        match answer {
            Answer::No => AfterAnswer::Show(ShownAction { entry: self.entry }),
            Answer::Yes | Answer::Unsure => AfterAnswer::Stop,
        }
    }
}

impl<'a> ShownAction<'a> {
    /// The action.
    #[must_use]
    pub fn action(&self) -> Action {
        self.entry.action
    }

    /// The entry that asks for it.
    #[must_use]
    pub fn entry(&self) -> &'a Entry {
        self.entry
    }
}
