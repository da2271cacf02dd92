//! A few words by which people tell one entry from another, in lists and on charts.

use super::{Document, Firearm, Livestock, Person, Subject, Vehicle, Vessel};
use crate::domain::text::{Line, Mark};

impl Subject {
    /// What it is known by: the primary name, a number, a plate; never empty.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Person(person) => of_person(person),
            Self::Document(document) => of_document(document),
            Self::Vehicle(vehicle) => of_vehicle(vehicle),
            Self::Firearm(firearm) => of_firearm(firearm),
            Self::Vessel(vessel) => of_vessel(vessel),
            Self::Livestock(animals) => of_livestock(animals),
        }
    }
}

fn of_person(person: &Person) -> String {
    person.names.first().map_or_else(|| "(no name)".to_owned(), |name| name.value.to_string())
}

fn of_document(document: &Document) -> String {
    let Document { r#type, issuer, number, state, .. } = document;
    format!("{type} {issuer} {number} {state}")
}

fn of_vehicle(vehicle: &Vehicle) -> String {
    let other = [&vehicle.trailer, &vehicle.engine, &vehicle.chassis].into_iter().flatten().next();
    let number = text(&vehicle.plate)
        .or_else(|| vehicle.vin.as_ref().map(Mark::as_str))
        .or_else(|| other.map(Mark::as_str));
    words("vehicle", &[number, text(&vehicle.make), text(&vehicle.model), text(&vehicle.colour)])
}

fn of_firearm(firearm: &Firearm) -> String {
    let serial = firearm.serial.as_ref().map(Mark::as_str);
    words("firearm", &[Some(firearm.r#type.as_str()), text(&firearm.make), text(&firearm.model), serial])
}

fn of_vessel(vessel: &Vessel) -> String {
    let numbers = [&vessel.registration, &vessel.hull].into_iter().flatten().next();
    let number = numbers.map(Mark::as_str);
    words("vessel", &[text(&vessel.name), Some(vessel.r#type.as_str()), number])
}

fn of_livestock(animals: &Livestock) -> String {
    let Livestock { species, count_min, count_max, .. } = animals;
    let count =
        if count_min == count_max { count_min.to_string() } else { format!("{count_min} to {count_max}") };
    words("animals", &[Some(&count), Some(species.as_str()), text(&animals.coat)])
}

fn text<const MAX: usize>(line: &Option<Line<MAX>>) -> Option<&str> {
    line.as_ref().map(Line::as_str)
}

fn words(nothing: &str, known: &[Option<&str>]) -> String {
    let known: Vec<&str> = known.iter().copied().flatten().collect();
    if known.is_empty() { nothing.to_owned() } else { known.join(" ") }
}

#[cfg(test)]
mod tests {
    use crate::domain::terms::Category;
    use crate::domain::watchlist::samples;

    #[test]
    fn every_category_has_a_label_of_one_line_without_more_persons_than_one() {
        for category in Category::ALL {
            let label = samples::entry_of(*category).subject.label();
            assert!(!label.is_empty() && !label.contains('\n'), "{label:?}");
        }
        assert_eq!(samples::entry_of(Category::Person).subject.label(), "Demba Fictif");
    }
}
