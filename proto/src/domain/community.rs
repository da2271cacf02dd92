//! What a border community has seen, read by a headquarters before it crosses the border. There is no field for
//! who told it, and none for an exact place.

use crate::domain::alert::Language;
use crate::domain::breach::{At, Breaches};
use crate::domain::grounds::Evaluation;
use crate::domain::part::record;
use crate::domain::payload::Content;
use crate::domain::terms::{Information, Source};
use crate::domain::text::{Line, Prose};
use crate::domain::vocabulary::vocabulary;
use crate::domain::{Tlp, rules, screen};
use crate::envelope::{Header, Kind};
use crate::refusal::RefusalCode;
use crate::time::UnixMillis;
use crate::wire::pb;

/// The longest window of time: what took longer is a bulletin.
const MAX_WINDOW_MS: u64 = 31 * 24 * 60 * 60 * 1000;

record! {
    /// A report from a community.
    CommunityReport, pb::CommunityReport {
        /// What it is about.
        theme: one Theme,
        /// A region or commune of the accord's register, never a home.
        place: one Line<16>,
        /// It happened not before.
        from_ms: one UnixMillis,
        /// It happened not after.
        to_ms: one UnixMillis,
        /// What was told, in the words of the headquarters.
        text: one Prose<2000>,
        /// The language of the text.
        language: one Language,
        /// That a headquarters has read it and taken out what points to people.
        screened: one bool,
    }
}

vocabulary! {
    /// What a report is about.
    Theme, pb::Theme {
        /// Stolen animals.
        CattleTheft = "CATTLE_THEFT",
        /// Armed men.
        ArmedGroup = "ARMED_GROUP",
        /// People who are traded or held.
        TraffickingInPersons = "TRAFFICKING_IN_PERSONS",
        /// Arms.
        Arms = "ARMS",
        /// Drugs.
        Drugs = "DRUGS",
        /// How officers behave.
        ConductOfOfficers = "CONDUCT_OF_OFFICERS",
        /// People who need help.
        PeopleInDanger = "PEOPLE_IN_DANGER",
        /// Something else.
        Other = "OTHER",
    }
}

impl Content for CommunityReport {
    const KIND: Kind = Kind::CommunityReport;
    const NAME: &'static str = "report";

    fn check(&self, header: &Header, at: &At<'_>, breaches: &mut Breaches) {
        rules::headquarters(header, breaches);
        rules::at_least(Tlp::AmberStrict, header, breaches);
        rules::evaluation(header, breaches);
        rules::region(self.place.as_str(), header, &at.field("place"), breaches);
        rules::period(self.from_ms, self.to_ms, at, breaches);
        if self.to_ms > self.from_ms.saturating_add(MAX_WINDOW_MS) {
            let problem = format!("is more than 31 days after {}", self.from_ms);
            breaches.add(RefusalCode::Period, &at.field("to_ms"), problem, "31 days at most");
        }
        if !self.screened {
            let expected = "true, once a headquarters has read it";
            breaches.add(RefusalCode::NotReviewed, &at.field("screened"), "is false", expected);
        }
        screen::text(self.text.as_str(), RefusalCode::InformantExposed, &at.field("text"), breaches);
    }
}

impl CommunityReport {
    /// What a report is worth until somebody can judge it; the tools that write one begin with this.
    pub const DEFAULT_EVALUATION: Evaluation =
        Evaluation { source: Source::X, information: Information::Four };
}

#[cfg(test)]
mod tests;
