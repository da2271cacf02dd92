//! What may leave.

use thiserror::Error;

use crate::domain::Tlp;
use crate::time::UnixMillis;

/// What decides whether an item may leave. Every field has to be said; there is no default.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// How far the message that it comes from may be passed on.
    pub tlp: Tlp,
    /// Whether somebody is to be protected: the action of the entry is PROTECT.
    pub protects: bool,
    /// Until when it holds; `None` for what never expires.
    pub expires: Option<UnixMillis>,
}

/// Why an item stays here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum Withheld {
    /// It is for the named recipients alone.
    #[error("it is TLP:RED, for the named recipients alone")]
    Red,
    /// On a chart it would be seen by more people than protection bears.
    #[error("it protects somebody")]
    Protects,
    /// It does not hold any more.
    #[error("it expired at {0}")]
    Expired(UnixMillis),
}

/// An item that was checked and may leave. Nothing but [`Releasable::check`] makes one:
///
/// ```compile_fail,E0423
/// let unchecked = karakoro_proto::domain::i2::Releasable(());
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Releasable<T>(T);

impl<T> Releasable<T> {
    /// Lets an item go, or says why it stays. What expires at `now` has expired.
    ///
    /// # Errors
    /// The first reason why it stays.
    pub fn check(item: T, standing: Standing, now: UnixMillis) -> Result<Self, Withheld> {
        let Standing { tlp, protects, expires } = standing;
        if tlp == Tlp::Red {
            return Err(Withheld::Red);
        }
        if protects {
            return Err(Withheld::Protects);
        }
        match expires.filter(|end| *end <= now) {
            Some(end) => Err(Withheld::Expired(end)),
            None => Ok(Self(item)),
        }
    }

    pub(super) fn into_item(self) -> T {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FREE: Standing = Standing { tlp: Tlp::AmberStrict, protects: false, expires: None };

    fn at(seconds: u64) -> UnixMillis {
        UnixMillis::from_seconds(seconds).unwrap()
    }

    fn checked(standing: Standing) -> Result<(), Withheld> {
        Releasable::check((), standing, at(1000)).map(Releasable::into_item)
    }

    #[test]
    fn red_stays() {
        assert_eq!(checked(Standing { tlp: Tlp::Red, ..FREE }), Err(Withheld::Red));
        for tlp in Tlp::ALL.iter().filter(|tlp| **tlp != Tlp::Red) {
            assert_eq!(checked(Standing { tlp: *tlp, ..FREE }), Ok(()), "{tlp}");
        }
    }

    #[test]
    fn what_protects_stays() {
        assert_eq!(checked(Standing { protects: true, ..FREE }), Err(Withheld::Protects));
    }

    #[test]
    fn what_expired_stays_from_its_last_second_on() {
        let until = |seconds| checked(Standing { expires: Some(at(seconds)), ..FREE });
        assert_eq!(until(999), Err(Withheld::Expired(at(999))));
        assert_eq!(until(1000), Err(Withheld::Expired(at(1000))));
        assert_eq!(until(1001), Ok(()));
    }
}
