//! The kinds of message, one module each, and the few words that every message's header shares.
//!
//! - [`alert`]: what both countries read when one warns the other, with its rules, its protobuf and its JSON
//! - [`cap`]: the Common Alerting Protocol 1.2, from XML to an [`alert::Alert`] and back
//! - [`csv`]: tables as spreadsheets write and read them
//! - [`i2`]: charts for i2 Analyst's Notebook, with the check of what may leave
//! - [`fault`]: what was wrong, where, and what would be right
//! - [`payload`]: the content of a message of any kind, read and checked
//! - [`screen`]: a net for what points to a person
//! - [`json`]: JSON from outside, read strictly

pub mod ack;
pub mod alert;
pub mod breach;
pub mod bulletin;
pub mod cap;
pub mod community;
pub mod correction;
pub mod csv;
pub mod fault;
pub mod fields;
pub mod flag;
pub mod grounds;
pub mod held;
pub mod hit;
pub mod i2;
pub mod inquiry;
pub mod json;
pub mod message_file;
pub mod objection;
pub mod onward;
pub mod part;
pub mod payload;
pub mod protection;
pub mod review;
pub mod rights;
pub(crate) mod rules;
#[cfg(test)]
pub(crate) mod samples;
pub mod screen;
pub mod template;
pub mod terms;
pub mod text;
pub mod title;
pub mod two_persons;
pub(crate) mod vocabulary;
pub mod watchlist;
mod xml;

pub use vocabulary::{UnknownNumber, UnknownWord};

use crate::wire::pb;
use vocabulary::vocabulary;

vocabulary! {
    /// Whether a message is meant: what must never be confused with an exercise.
    Mode, pb::Mode {
        /// Real: people act on it.
        Actual = "Actual",
        /// Part of an announced exercise.
        Exercise = "Exercise",
        /// Of the machines only; no person needs to see it.
        Test = "Test",
    }
}

vocabulary! {
    /// How soon a message must overtake others on a bad line. Later variants go first.
    Priority, pb::Priority {
        /// In its turn.
        Routine = "routine",
        /// Before routine traffic.
        Priority = "priority",
        /// Before everything.
        Urgent = "urgent",
    }
}

vocabulary! {
    /// How far a message may be passed on: Traffic Light Protocol 2.0 (FIRST, August 2022). Later variants
    /// are stricter.
    Tlp, pb::Tlp {
        /// The world may know.
        Clear = "TLP:CLEAR",
        /// The community: partner services, not the public.
        Green = "TLP:GREEN",
        /// The recipient's organisation and those it must warn.
        Amber = "TLP:AMBER",
        /// The recipient's organisation alone.
        AmberStrict = "TLP:AMBER+STRICT",
        /// The named recipients alone.
        Red = "TLP:RED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_header_print_as_they_parse() {
        for tlp in Tlp::ALL {
            assert_eq!(tlp.to_string().parse(), Ok(*tlp));
            assert_eq!(Tlp::try_from(i32::from(*tlp)), Ok(*tlp));
            let json = serde_json::to_string(tlp).unwrap();
            assert_eq!(serde_json::from_str::<Tlp>(&json).unwrap(), *tlp);
        }
        assert_eq!("Exercise".parse(), Ok(Mode::Exercise));
        assert_eq!("urgent".parse(), Ok(Priority::Urgent));
        assert!("exercise".parse::<Mode>().is_err());
    }

    #[test]
    fn zero_and_unknown_numbers_are_refused() {
        assert_eq!(Mode::try_from(0), Err(UnknownNumber(0)));
        assert_eq!(Priority::try_from(0), Err(UnknownNumber(0)));
        assert_eq!(Tlp::try_from(0), Err(UnknownNumber(0)));
        assert_eq!(Tlp::try_from(6), Err(UnknownNumber(6)));
        assert_eq!(Mode::try_from(-1), Err(UnknownNumber(-1)));
    }

    #[test]
    fn stricter_and_more_urgent_compare_greater() {
        assert!(Tlp::Red > Tlp::AmberStrict && Tlp::AmberStrict > Tlp::Amber && Tlp::Green > Tlp::Clear);
        assert!(Priority::Urgent > Priority::Priority && Priority::Priority > Priority::Routine);
    }
}
