//! The rules of kinds and of actions, the deadlines, and what happens when something has run out.

use std::time::Duration;

use jiff::{Span, Timestamp, tz::Offset};

use super::form::Word;
use super::permit::StationKind;
use crate::domain::terms::{Action, Category, HandlingCode, Purpose};
use crate::domain::{Priority, Tlp};
use crate::envelope::Kind;
use crate::time::UnixMillis;

/// A number of months of the calendar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Months(pub u32);

impl Months {
    /// The same day and time so many months later, or the last day of that month where it has no such day; in
    /// UTC, by which both countries live.
    #[must_use]
    pub fn after(self, from: UnixMillis) -> UnixMillis {
        let later = || {
            let millis = i64::try_from(from.millis()).ok()?;
            let start = Offset::UTC.to_datetime(Timestamp::from_millisecond(millis).ok()?);
            let later = start.checked_add(Span::new().try_months(i64::from(self.0)).ok()?).ok()?;
            let later = Offset::UTC.to_timestamp(later).ok()?;
            UnixMillis::new(u64::try_from(later.as_millisecond()).ok()?)
        };
        later().unwrap_or(UnixMillis::MAX)
    }
}

/// When an officer other than the author must approve.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum TwoPersons {
    /// In every message of the kind.
    Always,
    /// When it is labelled TLP:RED.
    Red,
    /// When its content is about persons.
    Persons,
}

impl Word for TwoPersons {
    const ALL: &'static [Self] = &[Self::Always, Self::Red, Self::Persons];

    fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Red => "red",
            Self::Persons => "persons",
        }
    }
}

/// The rules of one kind of message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KindRules {
    pub(super) senders: Vec<StationKind>,
    pub(super) tlp: Vec<Tlp>,
    pub(super) handling: Vec<HandlingCode>,
    pub(super) purposes: Vec<Purpose>,
    pub(super) two_persons: Vec<TwoPersons>,
    pub(super) must_expire: bool,
    pub(super) longest: Duration,
    pub(super) kept: Months,
}

impl KindRules {
    /// Whether a station of this kind may write it.
    #[must_use]
    pub fn admits_sender(&self, sender: StationKind) -> bool {
        self.senders.contains(&sender)
    }

    /// Whether it may bear this label.
    #[must_use]
    pub fn admits_tlp(&self, tlp: Tlp) -> bool {
        self.tlp.contains(&tlp)
    }

    /// Whether it may bear this handling code.
    #[must_use]
    pub fn admits_handling(&self, code: HandlingCode) -> bool {
        self.handling.contains(&code)
    }

    /// Whether it may serve this purpose.
    #[must_use]
    pub fn admits_purpose(&self, purpose: Purpose) -> bool {
        self.purposes.contains(&purpose)
    }

    /// Whether an officer other than the author must approve it.
    #[must_use]
    pub fn needs_two(&self, tlp: Tlp, about_persons: bool) -> bool {
        self.two_persons.iter().any(|when| match when {
            TwoPersons::Always => true,
            TwoPersons::Red => tlp == Tlp::Red,
            TwoPersons::Persons => about_persons,
        })
    }

    /// Whether it must say when it ends.
    #[must_use]
    pub fn must_expire(&self) -> bool {
        self.must_expire
    }

    /// The longest time from its writing to its end.
    #[must_use]
    pub fn longest(&self) -> Duration {
        self.longest
    }

    /// How long its receiver keeps its content.
    #[must_use]
    pub fn kept(&self) -> Months {
        self.kept
    }
}

/// The rules of entries that ask for one action in one category.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ActionRules {
    /// The longest life of an entry.
    pub cap: Months,
    /// The longest time until its owner looks at it again; at most `cap`.
    pub review: Months,
    /// Whether information that nobody can judge (X4) may support it.
    pub unconfirmed: bool,
    /// What must stand beside a person's name, of birth year, document, photograph and a parent's name: how
    /// many. 0 for what is no person.
    pub identifiers: u32,
    /// Whether it may be asked for a minor, a possible victim or a missing person.
    pub protected: bool,
    /// The longest time that animals may be held, for what holds them.
    pub hold: Option<Duration>,
}

/// What each headquarters promises to the other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deadlines {
    /// For a receipt, while the line is up.
    pub receipt: Duration,
    /// For an answer, by the priority of the question: routine, priority, urgent.
    pub(super) answers: [Duration; 3],
    /// For an answer to a person's request about their own data.
    pub rights: Duration,
}

impl Deadlines {
    /// For an answer to a question of this priority.
    #[must_use]
    pub fn answer(&self, priority: Priority) -> Duration {
        let [routine, higher, urgent] = self.answers;
        match priority {
            Priority::Routine => routine,
            Priority::Priority => higher,
            Priority::Urgent => urgent,
        }
    }
}

/// What happens when something has run out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Retention {
    /// Whether the content of an expired or withdrawn entry is destroyed by itself.
    pub erase_on_expiry: bool,
    /// How long after that.
    pub erase_after: Duration,
    /// How long before a review is due its owner is warned.
    pub review_notice: Duration,
}

/// The rules by kind; absent for kinds that are not exchanged.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct KindTable(Vec<(Kind, KindRules)>);

impl KindTable {
    pub(super) fn put(&mut self, kind: Kind, rules: KindRules) {
        self.0.push((kind, rules));
    }

    pub(super) fn of(&self, kind: Kind) -> Option<&KindRules> {
        self.0.iter().find(|(other, _)| *other == kind).map(|(_, rules)| rules)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The rules by category and action; absent for what is not asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct ActionTable(Vec<((Category, Action), ActionRules)>);

impl ActionTable {
    pub(super) fn put(&mut self, category: Category, action: Action, rules: ActionRules) {
        self.0.push(((category, action), rules));
    }

    pub(super) fn of(&self, category: Category, action: Action) -> Option<&ActionRules> {
        self.0.iter().find(|(other, _)| *other == (category, action)).map(|(_, rules)| rules)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_those_of_the_calendar() {
        for (from, months, to) in [
            ("2026-01-31T12:00:00Z", 1, "2026-02-28T12:00:00Z"),
            ("2027-01-31T12:00:00Z", 13, "2028-02-29T12:00:00Z"),
            ("2026-11-24T00:00:00.5Z", 36, "2029-11-24T00:00:00.5Z"),
            ("2026-11-24T00:00:00Z", 0, "2026-11-24T00:00:00Z"),
        ] {
            assert_eq!(Months(months).after(from.parse().unwrap()).to_string(), to);
        }
        assert_eq!(Months(u32::MAX).after(UnixMillis::default()), UnixMillis::MAX);
    }
}
