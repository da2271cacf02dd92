//! Whether an entry matches now. It follows from the entry and the local clock alone: what has run out stops at
//! once, with or without a link.

use super::{Change, Entry, IcaoCode, Subject, WatchlistUpdate};
use crate::time::UnixMillis;

/// Where an entry stands in its life.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Standing {
    /// Its time has not come.
    NotYet,
    /// It matches.
    Active,
    /// It matches, and its owner is late to look at it again.
    ReviewDue,
    /// It has run out.
    Expired,
    /// Its owner took it back.
    Withdrawn,
}

impl Standing {
    /// Whether a look-up may find it.
    #[must_use]
    pub fn matches(self) -> bool {
        matches!(self, Self::Active | Self::ReviewDue)
    }
}

impl Entry {
    /// Where this version stands at `now`, by the local clock, if it is the last. It ends at the instant of its
    /// expiry.
    #[must_use]
    pub fn standing(&self, now: UnixMillis) -> Standing {
        // First what ends it: dates that contradict each other never match.
        if now >= self.expires_ms {
            Standing::Expired
        } else if now < self.valid_from_ms {
            Standing::NotYet
        } else if now >= self.review_due_ms {
            Standing::ReviewDue
        } else {
            Standing::Active
        }
    }

    /// Whether a name may find this entry with nothing beside it, as a possible match. Never one who has the
    /// papers of a refugee: to stop people of that name would tell who sought protection.
    #[must_use]
    pub fn may_match_by_name_alone(&self) -> bool {
        let Subject::Person(person) = &self.subject else { return false };
        let refugee = |code: IcaoCode| code == IcaoCode::REFUGEE;
        let nationality = person.nationalities.iter().any(|code| refugee(*code));
        !nationality && !person.documents.iter().any(|document| refugee(document.issuer))
    }
}

impl WatchlistUpdate {
    /// Where the entry stands at `now` if this is its last version.
    #[must_use]
    pub fn standing(&self, now: UnixMillis) -> Standing {
        match &self.content {
            Some(entry) if self.change != Change::Withdraw => entry.standing(now),
            _ => Standing::Withdrawn,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::terms::Category;
    use crate::domain::watchlist::samples;

    #[test]
    fn an_entry_lives_from_its_first_instant_to_its_expiry() {
        let (_, update) = samples::added(Category::Vehicle);
        let entry = update.content.clone().unwrap();
        let before = |instant: UnixMillis| UnixMillis::new(instant.millis() - 1).unwrap();
        for (now, standing) in [
            (before(entry.valid_from_ms), Standing::NotYet),
            (entry.valid_from_ms, Standing::Active),
            (before(entry.review_due_ms), Standing::Active),
            (entry.review_due_ms, Standing::ReviewDue),
            (before(entry.expires_ms), Standing::ReviewDue),
            (entry.expires_ms, Standing::Expired),
            (UnixMillis::MAX, Standing::Expired),
        ] {
            assert_eq!(entry.standing(now), standing, "{now}");
            assert_eq!(update.standing(now), standing, "{now}");
            assert_eq!(standing.matches(), (entry.valid_from_ms..entry.expires_ms).contains(&now));
        }
    }

    #[test]
    fn what_is_withdrawn_never_matches() {
        let (header, update) = samples::withdrawn(Category::Vehicle);
        assert_eq!(update.standing(header.created), Standing::Withdrawn);
        assert!(!Standing::Withdrawn.matches());
    }

    #[test]
    fn dates_that_contradict_each_other_never_match() {
        let (header, update) = samples::added(Category::Vehicle);
        let mut entry = update.content.unwrap();
        (entry.valid_from_ms, entry.expires_ms) = (entry.expires_ms, entry.valid_from_ms);
        for now in [UnixMillis::default(), header.created, entry.expires_ms, entry.valid_from_ms] {
            assert!(!entry.standing(now).matches(), "{now}");
        }
    }
}
