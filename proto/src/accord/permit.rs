//! Whether a message may be exchanged under an accord: asked by the node that sends it, and again, in the same
//! words, by the node that receives it.
//!
//! Here stand the rules that need the header and the accord alone. What the content of a kind must keep to, its
//! own module asks of the accord.

use std::sync::Arc;

use thiserror::Error;

use super::form::Word;
use super::{Accord, AccordId, Chain, PlaceKind};
use crate::domain::payload::Payload;
use crate::envelope::{Header, Station};
use crate::leaf::{OfficerSignature, SigningPurpose};
use crate::refusal::{Refusal, RefusalCode};
use crate::time::UnixMillis;

/// Where messages are written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum StationKind {
    /// A headquarters.
    Headquarters,
    /// A post of the register.
    Post,
}

impl Word for StationKind {
    const ALL: &'static [Self] = &[Self::Headquarters, Self::Post];

    fn as_str(self) -> &'static str {
        match self {
            Self::Headquarters => "headquarters",
            Self::Post => "post",
        }
    }
}

/// That a message may be exchanged: only [`Accord::permit`] gives one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Permit {
    under: AccordId,
}

impl Permit {
    /// The accord that permits it.
    #[must_use]
    pub fn under(self) -> AccordId {
        self.under
    }
}

/// A rule of the accord that a message breaks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Error)]
#[non_exhaustive]
pub enum Breach {
    /// No accord was in force when it was written.
    #[error("no accord was in force when it was written")]
    NoAccord,
    /// Dated ahead of our clock.
    #[error("it is dated further ahead than clocks may differ")]
    Future,
    /// A kind that is not exchanged.
    #[error("the accord does not provide for this kind of message")]
    Kind,
    /// A station that the register does not have, or that may not write this kind.
    #[error("this station may not write this kind of message")]
    Station,
    /// A label that the kind may not bear.
    #[error("this kind of message may not bear this TLP label")]
    Tlp,
    /// A handling code that the kind may not bear.
    #[error("this kind of message may not bear this handling code")]
    Handling,
    /// A purpose that the kind may not serve.
    #[error("this kind of message may not serve this purpose")]
    Purpose,
    /// It must say when it ends.
    #[error("this kind of message must say when it expires")]
    NoExpiry,
    /// It ends too long after it was written.
    #[error("it expires later than the accord allows")]
    Expiry,
    /// A place outside the zone, without a restriction that accounts for it.
    #[error("it names a place outside the agreed zone, and no H3 text accounts for it")]
    Zone,
    /// A place that the register does not have.
    #[error("it names a place that the register does not have")]
    Place,
    /// An action that was not agreed for the category.
    #[error("the accord does not list this action for this category")]
    Action,
    /// The entry lives longer than was agreed.
    #[error("the entry expires later than the accord allows for its action")]
    Cap,
    /// The entry is reviewed later than was agreed.
    #[error("the entry is reviewed later than the accord allows for its action")]
    Review,
    /// Information that nobody can judge, for an action that needs more.
    #[error("X4 information does not support this action")]
    Unconfirmed,
    /// Animals held longer than was agreed.
    #[error("animals may not be held for so long")]
    Hold,
    /// A person described by too little.
    #[error("too little tells this person from another for this action")]
    Quality,
    /// An action that is not taken against whom it names.
    #[error("this action is not asked for a minor, a possible victim or a missing person")]
    Protected,
    /// Nobody but its author has signed.
    #[error("a second officer must approve it")]
    TwoPersons,
}

impl Breach {
    /// How it travels back in a verdict: the rule's code, and the field at fault.
    #[must_use]
    pub fn refusal(self) -> Refusal {
        let (code, path) = match self {
            Self::NoAccord => (RefusalCode::NoAccord, "created"),
            Self::Future => (RefusalCode::ClockSkew, "created"),
            Self::Kind => (RefusalCode::KindNotAgreed, "kind"),
            Self::Station => (RefusalCode::StationNotEntitled, "station"),
            Self::Tlp => (RefusalCode::HandlingNotAgreed, "tlp"),
            Self::Handling => (RefusalCode::HandlingNotAgreed, "grounds.handling"),
            Self::Purpose => (RefusalCode::PurposeNotAgreed, "grounds.purpose"),
            Self::NoExpiry | Self::Expiry => (RefusalCode::BeyondCap, "expires"),
            Self::Zone => (RefusalCode::OutsideZone, "alert.info.area"),
            Self::Place => (RefusalCode::OutsideZone, "place"),
            Self::Action => (RefusalCode::ActionNotAgreed, "update.content.action"),
            Self::Cap => (RefusalCode::BeyondCap, "update.content.expires_ms"),
            Self::Review => (RefusalCode::ReviewDate, "update.content.review_due_ms"),
            Self::Unconfirmed => (RefusalCode::Unconfirmed, "header.grounds.evaluation"),
            Self::Hold => (RefusalCode::UnsuitableAction, "update.content.hold_hours"),
            Self::Quality => (RefusalCode::PoorQuality, "update.content.subject.person"),
            Self::Protected => (RefusalCode::ProtectedSubject, "update.content.action"),
            Self::TwoPersons => (RefusalCode::TwoPersons, "signatures"),
        };
        Refusal { code, path: path.to_owned() }
    }
}

impl Accord {
    /// Whether a message with this header and these signatures may be exchanged under this accord. Which one it
    /// stands under, [`Chain::permit`] knows.
    pub fn permit(
        &self,
        header: &Header,
        payload: &Payload,
        signatures: &[OfficerSignature],
    ) -> Result<Permit, Breach> {
        let rules = self.kind(header.kind).ok_or(Breach::Kind)?;
        let sender = self.station(&header.station).ok_or(Breach::Station)?;
        if !rules.admits_sender(sender) {
            return Err(Breach::Station);
        }
        if !rules.admits_tlp(header.tlp) {
            return Err(Breach::Tlp);
        }
        if header.grounds.handling.is_some_and(|code| !rules.admits_handling(code)) {
            return Err(Breach::Handling);
        }
        if header.grounds.purpose.is_some_and(|purpose| !rules.admits_purpose(purpose)) {
            return Err(Breach::Purpose);
        }
        match header.expires {
            None if rules.must_expire() => return Err(Breach::NoExpiry),
            Some(end) if !ends_in_time(header.created, end, rules.longest()) => return Err(Breach::Expiry),
            _ => {}
        }
        let approved = signatures.iter().any(|signature| signature.purpose == SigningPurpose::Approver);
        if rules.needs_two(header.tlp, Self::about_persons(payload)) && !approved {
            return Err(Breach::TwoPersons);
        }
        self.content(header, payload)?;
        Ok(Permit { under: self.id() })
    }

    /// What a station is; `None` for one that may write nothing.
    #[must_use]
    pub fn station(&self, station: &Station) -> Option<StationKind> {
        if !self.countries().contains(&station.country()) {
            return None;
        }
        if *station == Station::headquarters(station.country()) {
            return Some(StationKind::Headquarters);
        }
        let place = self.place(&station.to_string())?;
        (place.kind == PlaceKind::Post).then_some(StationKind::Post)
    }
}

impl Chain {
    /// Whether a message may be exchanged, asked at `now`.
    ///
    /// It stands under the accord that was in force when it was written, by its writer's clock. Clocks differ:
    /// one that was written within their allowance of a change may keep to either accord, so that two nodes that
    /// switch seconds apart never refuse each other's messages. What is old is judged by what was in force then;
    /// lines are down for weeks.
    pub fn permit(
        &self,
        header: &Header,
        payload: &Payload,
        signatures: &[OfficerSignature],
        now: UnixMillis,
    ) -> Result<Permit, Breach> {
        let mut breach = Breach::NoAccord;
        for accord in self.around(header.created) {
            if header.created > now.saturating_add(millis(accord.max_skew())) {
                return Err(Breach::Future);
            }
            match accord.permit(header, payload, signatures) {
                Ok(permit) => return Ok(permit),
                Err(found) if breach == Breach::NoAccord => breach = found,
                Err(_) => {}
            }
        }
        Err(breach)
    }

    /// The accord in force at `at`, then those that are within the allowance for clocks.
    fn around(&self, at: UnixMillis) -> impl Iterator<Item = &Arc<Accord>> {
        let in_force = self.in_force(at);
        let near = move |(number, accord): &(usize, &Arc<Accord>)| {
            let skew = millis(accord.max_skew());
            let begins = accord.effective() <= at.saturating_add(skew);
            let next = self.accords().get(number + 1);
            let ended = next.is_some_and(|next| next.effective().saturating_add(skew) < at);
            begins && !ended && in_force.is_none_or(|now| now.id() != accord.id())
        };
        in_force.into_iter().chain(self.accords().iter().enumerate().filter(near).map(|(_, accord)| accord))
    }
}

pub(super) fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn ends_in_time(created: UnixMillis, end: UnixMillis, longest: std::time::Duration) -> bool {
    end <= created.saturating_add(millis(longest))
}
