//! The closed lists that several kinds of message share: handling, purpose, evaluation, legal instruments,
//! and the categories and actions of the watchlist.
//!
//! The letters and numbers of source, information and handling codes are those of Europol's 4x4 scheme.
//! Which of these values the two countries use is agreed in the accord; a list here only says what can be
//! expressed.

use super::vocabulary::vocabulary;
use crate::wire::pb;

vocabulary! {
    /// What the recipient may do with the information, beside how far it may pass it on.
    HandlingCode, pb::HandlingCode {
        /// To prevent and fight crime in general.
        H0 = "H0",
        /// Not before a court without the owner's consent.
        H1 = "H1",
        /// Not to any third party without the owner's consent.
        H2 = "H2",
        /// Under the restrictions that the text beside it states.
        H3 = "H3",
    }
}

vocabulary! {
    /// What information is exchanged for. There is none for migration as such.
    Purpose, pb::Purpose {
        /// Stolen and trafficked livestock.
        CattleTheft = "CATTLE_THEFT",
        /// Acts of terrorism and armed groups that cross.
        Terrorism = "TERRORISM",
        /// Arms and ammunition.
        ArmsTrafficking = "ARMS_TRAFFICKING",
        /// Those who traffic in people, never those who are trafficked.
        HumanTrafficking = "HUMAN_TRAFFICKING",
        /// Drugs.
        DrugTrafficking = "DRUG_TRAFFICKING",
        /// Lost, stolen and forged documents.
        DocumentFraud = "DOCUMENT_FRAUD",
        /// Stolen vehicles, vessels and other goods.
        StolenProperty = "STOLEN_PROPERTY",
        /// Serious crime of another kind, as the accord lists it.
        SeriousCrime = "SERIOUS_CRIME",
        /// People who are missing or need protection.
        Protection = "PROTECTION",
        /// The safety of the communities along the border.
        CommunitySafety = "COMMUNITY_SAFETY",
        /// The rights of people on whom data is held: access, rectification, deletion.
        Redress = "REDRESS",
    }
}

vocabulary! {
    /// How reliable the source is.
    Source, pb::Source {
        /// No doubt about it.
        A = "A",
        /// Mostly reliable.
        B = "B",
        /// Mostly unreliable.
        C = "C",
        /// Cannot be judged.
        X = "X",
    }
}

vocabulary! {
    /// How far the information is confirmed.
    Information, pb::Information {
        /// Known to be true.
        One = "1",
        /// Known to the source at first hand.
        Two = "2",
        /// Not known at first hand, but it fits what is known.
        Three = "3",
        /// Cannot be judged or confirmed.
        Four = "4",
    }
}

vocabulary! {
    /// The sort of decision that a message rests on.
    Instrument, pb::Instrument {
        /// A judge's warrant of arrest.
        ArrestWarrant = "ARREST_WARRANT",
        /// Any other decision of a court.
        CourtOrder = "COURT_ORDER",
        /// A prosecutor's decision.
        ProsecutorDecision = "PROSECUTOR_DECISION",
        /// A decision of the administration on one person or object.
        AdministrativeDecision = "ADMINISTRATIVE_DECISION",
        /// A report of theft or loss.
        TheftReport = "THEFT_REPORT",
        /// A report that somebody is missing.
        MissingReport = "MISSING_REPORT",
        /// An article of the accord or of a law that it names.
        Accord = "ACCORD",
    }
}

vocabulary! {
    /// What a watchlist entry is about.
    Category, pb::Category {
        /// A person.
        Person = "PERSON",
        /// A document, apart from its holder.
        Document = "DOCUMENT",
        /// A vehicle, trailer or engine.
        Vehicle = "VEHICLE",
        /// A firearm.
        Firearm = "FIREARM",
        /// A boat.
        Vessel = "VESSEL",
        /// Animals.
        Livestock = "LIVESTOCK",
    }
}

vocabulary! {
    /// The one thing that an entry asks for.
    Action, pb::Action {
        /// Arrest; needs a judicial decision.
        Arrest = "ARREST",
        /// Refuse entry; needs an individual decision, never against own nationals.
        RefuseEntry = "REFUSE_ENTRY",
        /// Find out where somebody lives, for a court.
        WhereaboutsForCourt = "WHEREABOUTS_FOR_COURT",
        /// Note the passage, unnoticed.
        DiscreetCheck = "DISCREET_CHECK",
        /// Ask the questions that the entry states.
        InquiryCheck = "INQUIRY_CHECK",
        /// Search person and vehicle.
        SpecificCheck = "SPECIFIC_CHECK",
        /// Find a missing person.
        LocateMissing = "LOCATE_MISSING",
        /// Protect a person.
        Protect = "PROTECT",
        /// Find out who somebody is.
        Identify = "IDENTIFY",
        /// Seize the object.
        Seize = "SEIZE",
        /// Say where the object is.
        Locate = "LOCATE",
        /// Keep the document.
        RetainDocument = "RETAIN_DOCUMENT",
        /// Follow the object back to where it came from.
        Trace = "TRACE",
        /// Hold animals, for hours that are set, until their owner is known: watered and fed, with a
        /// receipt to the herder, never slaughtered or sold.
        HoldForOwnershipCheck = "HOLD_FOR_OWNERSHIP_CHECK",
    }
}

impl Action {
    /// Whether it takes or limits a person's freedom: then more must be known of them, by better information, and
    /// before it is shown somebody asks whether they need protection.
    #[must_use]
    pub fn limits_freedom(self) -> bool {
        matches!(self, Self::Arrest | Self::RefuseEntry)
    }

    /// Whether it serves the person it is about: what alone may be asked for a minor, a possible victim or a
    /// missing person.
    #[must_use]
    pub fn protects(self) -> bool {
        matches!(self, Self::LocateMissing | Self::Protect | Self::Identify)
    }

    /// Whether the action may stand in an entry of this category at all.
    #[must_use]
    pub fn suits(self, category: Category) -> bool {
        match category {
            Category::Person => self <= Self::Identify,
            Category::Document => matches!(self, Self::RetainDocument | Self::Locate | Self::Seize),
            Category::Vehicle | Category::Vessel | Category::Firearm => {
                matches!(self, Self::Seize | Self::Locate | Self::Trace)
                    || (self == Self::DiscreetCheck && category != Category::Firearm)
            }
            Category::Livestock => matches!(self, Self::HoldForOwnershipCheck | Self::Locate),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_suits_some_category_and_no_person_is_seized() {
        for action in Action::ALL {
            assert!(Category::ALL.iter().any(|category| action.suits(*category)), "{action}");
        }
        for object in [Action::Seize, Action::RetainDocument, Action::Trace, Action::HoldForOwnershipCheck] {
            assert!(!object.suits(Category::Person));
        }
        for person in [Action::Arrest, Action::RefuseEntry, Action::Protect, Action::LocateMissing] {
            assert!(
                Category::ALL
                    .iter()
                    .all(|category| *category == Category::Person || !person.suits(*category))
            );
        }
    }
}
