//! A person uses their rights on the data held about them; both headquarters know.

use crate::domain::breach::{At, Breaches};
use crate::domain::part::record;
use crate::domain::payload::Content;
use crate::domain::rules;
use crate::domain::text::{Line, Prose};
use crate::domain::vocabulary::vocabulary;
use crate::envelope::{Header, Kind, MessageId};
use crate::time::UnixMillis;
use crate::wire::pb;

record! {
    /// A request on a person's behalf, or what came of one.
    RightsRequest, pb::RightsRequest {
        /// What is asked for.
        right: one Right,
        /// The case, by which both sides name it.
        case_number: one Line<64>,
        /// Until when it must be answered; of an outcome, until when it may be contested.
        deadline_ms: one UnixMillis,
        /// The entry or message in question.
        about: opt MessageId,
        /// What is said.
        text: opt Prose<2000>,
    }
}

vocabulary! {
    /// What a person may ask for.
    Right, pb::Right {
        /// What is held about them.
        Access = "ACCESS",
        /// To have it put right.
        Rectify = "RECTIFY",
        /// To have it deleted.
        Delete = "DELETE",
        /// What came of their request.
        Outcome = "OUTCOME",
    }
}

impl Content for RightsRequest {
    const KIND: Kind = Kind::RightsRequest;
    const NAME: &'static str = "request";

    fn check(&self, header: &Header, at: &At<'_>, breaches: &mut Breaches) {
        rules::headquarters(header, breaches);
        rules::deadline(header, self.deadline_ms, at, breaches);
    }
}

#[cfg(test)]
mod tests;
