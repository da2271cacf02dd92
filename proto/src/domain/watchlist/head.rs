//! Where an entry stands by what is known of it without its content: what has run out or was withdrawn stops at once,
//! by the local clock.

use std::fmt;

use super::Standing;
use crate::domain::held::EntryHead;
use crate::time::UnixMillis;

impl Standing {
    /// Every standing, in the order of a life.
    pub const ALL: [Self; 5] = [Self::NotYet, Self::Active, Self::ReviewDue, Self::Expired, Self::Withdrawn];

    /// Whether it will never match again.
    #[must_use]
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Expired | Self::Withdrawn)
    }

    /// The word for people and programs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotYet => "pending",
            Self::Active => "active",
            Self::ReviewDue => "review-due",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl EntryHead {
    /// Where the entry stands at `now`. It ends at the instant of its expiry.
    #[must_use]
    pub fn standing(&self, now: UnixMillis) -> Standing {
        // First what ends it: dates that contradict each other never match.
        if self.withdrawn {
            Standing::Withdrawn
        } else if now >= self.expires {
            Standing::Expired
        } else if now < self.valid_from {
            Standing::NotYet
        } else if now >= self.review_due {
            Standing::ReviewDue
        } else {
            Standing::Active
        }
    }

    /// Whether its owner must look at it again before `by`; what has ended at `now` needs no review.
    #[must_use]
    pub fn is_due(&self, now: UnixMillis, by: UnixMillis) -> bool {
        !self.has_ended(now) && self.review_due <= by
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Mode;
    use crate::domain::terms::Category;
    use crate::envelope::MessageId;
    use crate::identity::Country;

    fn at(millis: u64) -> UnixMillis {
        UnixMillis::new(millis).unwrap()
    }

    fn head() -> EntryHead {
        EntryHead {
            owner: Country::MR,
            version: 1,
            message: MessageId::new(at(5), [1; 10]),
            category: Category::Vehicle,
            mode: Mode::Actual,
            valid_from: at(10),
            review_due: at(20),
            expires: at(30),
            withdrawn: false,
        }
    }

    #[test]
    fn an_entry_lives_from_its_first_instant_to_its_expiry() {
        for (now, standing) in [
            (9, Standing::NotYet),
            (10, Standing::Active),
            (19, Standing::Active),
            (20, Standing::ReviewDue),
            (29, Standing::ReviewDue),
            (30, Standing::Expired),
        ] {
            let found = head().standing(at(now));
            assert_eq!(found, standing, "{now}");
            // One rule, asked in two ways.
            assert_eq!(found.matches(), head().matches(at(now)), "{now}");
            assert_eq!(found.has_ended(), head().has_ended(at(now)), "{now}");
        }
    }

    #[test]
    fn what_is_withdrawn_never_matches_and_needs_no_review() {
        let head = EntryHead { withdrawn: true, ..head() };
        for now in [0, 15, 25, 35].map(at) {
            assert_eq!(head.standing(now), Standing::Withdrawn);
            assert!(!head.is_due(now, UnixMillis::MAX));
        }
    }

    #[test]
    fn a_review_is_due_before_its_date_where_one_looks_ahead() {
        assert!(!head().is_due(at(10), at(19)));
        assert!(head().is_due(at(10), at(20)));
        assert!(!head().is_due(at(30), at(40)), "what has expired is over");
    }
}
