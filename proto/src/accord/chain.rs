//! The accords that a home holds, one after another, and what two nodes tell each other of them.

use std::sync::Arc;

use thiserror::Error;

use super::{Accord, AccordFile, AccordHash, AccordId, SignatureFault, named};
use crate::identity::Country;
use crate::identity::certificate::RootCertificate;
use crate::time::UnixMillis;
use crate::toml::Fault;

/// An accord that both countries' roots have signed: only [`Self::verify`] makes one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Agreed(Arc<Accord>);

/// Why a file is no accord that both have agreed to.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum NotAgreed {
    /// Its text has faults; at least one.
    #[error("the text has faults")]
    Faults(Vec<Fault>),
    /// It is between other countries.
    #[error("it is between {} and {}, not between {} and {}", found[0], found[1], ours[0], ours[1])]
    Countries {
        /// Between whom it is.
        found: [Country; 2],
        /// Whose roots were to have signed it.
        ours: [Country; 2],
    },
    /// A signature that is missing or does not hold.
    #[error("{0}")]
    Signature(#[from] SignatureFault),
}

impl Agreed {
    /// Reads a file and checks the signatures of both roots.
    pub fn verify(file: &AccordFile, roots: [&RootCertificate; 2]) -> Result<Self, NotAgreed> {
        let accord = Accord::parse(file.text()).map_err(NotAgreed::Faults)?;
        let mut ours = roots.map(RootCertificate::country);
        ours.sort_unstable();
        if accord.countries() != ours {
            return Err(NotAgreed::Countries { found: accord.countries(), ours });
        }
        for root in roots {
            file.verify(root)?;
        }
        Ok(Self(Arc::new(accord)))
    }

    /// What it says.
    #[must_use]
    pub fn accord(&self) -> &Arc<Accord> {
        &self.0
    }
}

/// Why an accord does not follow on those that are held.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum NotNext {
    /// This very accord is held already.
    #[error("{0} is held already")]
    Held(AccordId),
    /// Its number is not the next.
    #[error("it is accord {found}, where accord {expected} comes next")]
    Version {
        /// Its number.
        found: u32,
        /// What comes next.
        expected: u32,
    },
    /// It takes the place of another accord than the one that is held.
    #[error("it takes the place of {}, and {held} has the hash {}", shown(*found), held.hash)]
    Predecessor {
        /// What it names.
        found: Option<AccordHash>,
        /// What is held.
        held: AccordId,
    },
    /// It would come into force no later than the one before it.
    #[error("it comes into force at {found}, no later than the one before it, at {before}")]
    Order {
        /// Its time.
        found: UnixMillis,
        /// That of the one before.
        before: UnixMillis,
    },
    /// Its time is past: the other country may have enforced it already.
    #[error("it comes into force at {0}, which is past: agree on a time that is still to come")]
    Past(UnixMillis),
    /// There is one to come already.
    #[error("{0} is still to come: one change after another")]
    Pending(AccordId),
}

fn shown(hash: Option<AccordHash>) -> String {
    hash.map_or_else(|| "none".to_owned(), |hash| hash.to_string())
}

/// The accords of a home, oldest first: each names the hash of the one before it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Chain(Vec<Arc<Accord>>);

impl Chain {
    /// Adds an accord that was held before: the clock is not asked.
    pub fn extend(&mut self, agreed: Agreed) -> Result<(), NotNext> {
        if let Some(last) = self.0.last() {
            check_next(last, &agreed.0)?;
        }
        self.0.push(agreed.0);
        Ok(())
    }

    /// Adds an accord at `now`. It must still be to come, unless it is the first; and no other may be.
    pub fn install(&mut self, agreed: Agreed, now: UnixMillis) -> Result<(), NotNext> {
        if let Some(last) = self.0.last() {
            check_next(last, &agreed.0)?;
            if last.effective() > now {
                return Err(NotNext::Pending(last.id()));
            }
            let skew = u64::try_from(last.max_skew().as_millis()).unwrap_or(u64::MAX);
            if agreed.0.effective().saturating_add(skew) < now {
                return Err(NotNext::Past(agreed.0.effective()));
            }
        }
        self.0.push(agreed.0);
        Ok(())
    }

    /// All of them, oldest first.
    #[must_use]
    pub fn accords(&self) -> &[Arc<Accord>] {
        &self.0
    }

    /// The one that is in force at `now`.
    #[must_use]
    pub fn in_force(&self, now: UnixMillis) -> Option<&Arc<Accord>> {
        self.0.iter().rev().find(|accord| accord.effective() <= now)
    }

    /// The one that comes after it, if one is held.
    #[must_use]
    pub fn next(&self, now: UnixMillis) -> Option<&Arc<Accord>> {
        self.0.iter().find(|accord| accord.effective() > now)
    }

    /// The accord of this number and hash.
    #[must_use]
    pub fn find(&self, id: AccordId) -> Option<&Arc<Accord>> {
        self.0.iter().find(|accord| accord.id() == id)
    }

    /// What to tell the peer at `now`.
    #[must_use]
    pub fn standing(&self, now: UnixMillis) -> Standing {
        let id = |accord: Option<&Arc<Accord>>| accord.map(|accord| accord.id());
        Standing { in_force: id(self.in_force(now)), next: id(self.next(now)) }
    }
}

fn check_next(last: &Accord, next: &Accord) -> Result<(), NotNext> {
    if next.id() == last.id() {
        return Err(NotNext::Held(last.id()));
    }
    let expected = last.id().version.saturating_add(1);
    if next.id().version != expected {
        return Err(NotNext::Version { found: next.id().version, expected });
    }
    if next.replaces() != Some(last.id().hash) {
        return Err(NotNext::Predecessor { found: next.replaces(), held: last.id() });
    }
    if next.effective() <= last.effective() {
        return Err(NotNext::Order { found: next.effective(), before: last.effective() });
    }
    Ok(())
}

/// Which accords a node goes by: what a hello says of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Standing {
    /// The one in force.
    pub in_force: Option<AccordId>,
    /// The one that comes after it, if it is held already.
    pub next: Option<AccordId>,
}

impl Standing {
    /// Whether two nodes may exchange: the same accord is in force for both, or both hold the change and only
    /// one of the two clocks has reached it. Without an accord nothing is exchanged.
    #[must_use]
    pub fn agrees_with(&self, other: &Self) -> bool {
        let same = |a: Option<AccordId>, b: Option<AccordId>| a.is_some() && a == b;
        same(self.in_force, other.in_force)
            || same(self.in_force, other.next)
            || same(self.next, other.in_force)
    }
}

impl std::fmt::Display for Standing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&named(self.in_force))?;
        self.next.iter().try_for_each(|next| write!(f, ", next {next}"))
    }
}
