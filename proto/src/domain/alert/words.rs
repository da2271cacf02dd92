//! CAP's closed lists, in CAP's words.

use crate::domain::vocabulary::vocabulary;
use crate::wire::pb;

vocabulary! {
    /// Whether an alert is meant (`status`).
    Status, pb::alert::Status {
        /// Act on it.
        Actual = "Actual",
        /// For the participants of an exercise.
        Exercise = "Exercise",
        /// For the functions of the network itself.
        System = "System",
        /// A technical test; every recipient may disregard it.
        Test = "Test",
        /// Not yet for use.
        Draft = "Draft",
    }
}

vocabulary! {
    /// What a message is within a series (`msgType`).
    MsgType, pb::alert::MsgType {
        /// The first of a series.
        Alert = "Alert",
        /// Replaces the messages it refers to.
        Update = "Update",
        /// Ends the messages it refers to.
        Cancel = "Cancel",
        /// Acknowledges receipt of the messages it refers to.
        Ack = "Ack",
        /// Rejects the messages it refers to; the note says why.
        Error = "Error",
    }
}

vocabulary! {
    /// Who may see an alert (`scope`).
    Scope, pb::alert::Scope {
        /// Anyone.
        Public = "Public",
        /// Those whom the restriction names.
        Restricted = "Restricted",
        /// The addresses given.
        Private = "Private",
    }
}

vocabulary! {
    /// What sort of event (`category`).
    Category, pb::alert::Category {
        /// Earthquakes, landslides.
        Geo = "Geo",
        /// Weather, floods.
        Met = "Met",
        /// General emergency and public safety.
        Safety = "Safety",
        /// Law enforcement, military and private security.
        Security = "Security",
        /// Rescue and recovery; missing persons.
        Rescue = "Rescue",
        /// Fire and its suppression.
        Fire = "Fire",
        /// Medicine and public health.
        Health = "Health",
        /// Pollution and the environment.
        Env = "Env",
        /// Public and private transport.
        Transport = "Transport",
        /// Utilities, telecommunication, other infrastructure.
        Infra = "Infra",
        /// Chemical, biological, radiological, nuclear or explosive threat.
        Cbrne = "CBRNE",
        /// None of these.
        Other = "Other",
    }
}

vocabulary! {
    /// What the audience should do (`responseType`).
    ResponseType, pb::alert::ResponseType {
        /// Take shelter.
        Shelter = "Shelter",
        /// Leave.
        Evacuate = "Evacuate",
        /// Make preparations.
        Prepare = "Prepare",
        /// Carry out a planned activity.
        Execute = "Execute",
        /// Avoid the event.
        Avoid = "Avoid",
        /// Attend to sources of information.
        Monitor = "Monitor",
        /// Evaluate the information; not for public use.
        Assess = "Assess",
        /// The threat is over.
        AllClear = "AllClear",
        /// Nothing is recommended.
        None = "None",
    }
}

vocabulary! {
    /// How soon to act (`urgency`).
    Urgency, pb::alert::Urgency {
        /// At once.
        Immediate = "Immediate",
        /// Within the hour.
        Expected = "Expected",
        /// In the near future.
        Future = "Future",
        /// No longer.
        Past = "Past",
        /// Not known.
        Unknown = "Unknown",
    }
}

vocabulary! {
    /// How grave the event is (`severity`).
    Severity, pb::alert::Severity {
        /// Extraordinary threat to life or property.
        Extreme = "Extreme",
        /// Significant threat.
        Severe = "Severe",
        /// Possible threat.
        Moderate = "Moderate",
        /// Minimal or no known threat.
        Minor = "Minor",
        /// Not known.
        Unknown = "Unknown",
    }
}

vocabulary! {
    /// How sure the sender is (`certainty`).
    Certainty, pb::alert::Certainty {
        /// Has occurred or is going on.
        Observed = "Observed",
        /// More likely than not.
        Likely = "Likely",
        /// Possible, not likely.
        Possible = "Possible",
        /// Not expected to occur.
        Unlikely = "Unlikely",
        /// Not known.
        Unknown = "Unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_cap_keeps_its_spelling_and_its_number() {
        assert_eq!("CBRNE".parse(), Ok(Category::Cbrne));
        assert_eq!("AllClear".parse(), Ok(ResponseType::AllClear));
        for category in Category::ALL {
            assert_eq!(category.as_str().parse(), Ok(*category));
            assert_eq!(Category::try_from(i32::from(*category)), Ok(*category));
        }
        assert_eq!(i32::from(ResponseType::None), 9);
        assert!(Status::try_from(0).is_err() && Status::try_from(6).is_err());
        assert!(" Actual".parse::<Status>().is_err(), "the schema keeps white space in enumerations");
    }
}
