//! Tables of invented vehicles and people.

use super::*;
use crate::domain::csv;
use crate::domain::terms::Action;

const GROUNDS: &str = "handling,purpose,evaluation.source,evaluation.information,basis.instrument,basis.reference,\
                       basis.authority,basis.decided";
const GROUNDS_CELLS: &str = "H2,STOLEN_PROPERTY,B,2,THEFT_REPORT,EX-17,Commissariat d’exemple,2026-01-10";

fn table(columns: &str, cells: &[&str]) -> Table {
    let rows: Vec<String> = cells.iter().map(|cells| format!("{GROUNDS_CELLS},{cells}")).collect();
    csv::read(format!("{GROUNDS},{columns}\n{}\n", rows.join("\n")).as_bytes()).unwrap()
}

fn vehicles(cells: &[&str]) -> Table {
    table("action,valid_from,review_due,expires,vehicle.plate,vehicle.country", cells)
}

fn faults(table: &Table) -> Vec<String> {
    match Layout::of(table, None) {
        Ok(layout) => {
            let rows = table.rows().iter().filter_map(|row| layout.proposal(row).err());
            rows.flatten().map(|fault| fault.to_string()).collect()
        }
        Err(faults) => faults.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn a_row_is_an_entry_with_its_grounds() {
    let table = vehicles(&["SEIZE,2026-01-15,2026-10-15,2027-03-01,EXEMPLE 17,MRT"]);
    let layout = Layout::of(&table, Some(Category::Vehicle)).unwrap();
    let proposal = layout.proposal(&table.rows()[0]).unwrap();
    assert_eq!(proposal.entry.action, Action::Seize);
    assert_eq!(proposal.entry.expires_ms.to_string(), "2027-03-01T00:00:00Z");
    assert_eq!(proposal.grounds.basis.unwrap().reference.as_str(), "EX-17");
    assert_eq!((proposal.mode, proposal.tlp), (Mode::Actual, Tlp::AmberStrict));
    let Subject::Vehicle(vehicle) = proposal.entry.subject else { unreachable!() };
    assert_eq!(vehicle.plate.unwrap().as_str(), "EXEMPLE 17");
}

#[test]
fn lists_are_columns_with_numbers() {
    let columns = "action,valid_from,review_due,expires,person.names[0].value,person.names[0].kind,\
                   person.names[0].script,person.names[0].reliability,person.names[1].value,person.names[1].kind,\
                   person.names[1].script,person.names[1].reliability,person.status,person.minor,person.birth.year,\
                   person.birth.exactness,person.nationalities[0]";
    let cells = "DISCREET_CHECK,2026-01-15,2026-10-15,2027-01-15,Demba Fictif,BIRTH,LATIN,HIGH,Exemple 1,ALIAS,LATIN,\
                 LOW,SOUGHT,false,1990,YEAR,MRT";
    let table = table(columns, &[cells]);
    let proposal = Layout::of(&table, None).unwrap().proposal(&table.rows()[0]).unwrap();
    let Subject::Person(person) = proposal.entry.subject else { unreachable!() };
    let names: Vec<&str> = person.names.iter().map(|name| name.value.as_str()).collect();
    assert_eq!(names, ["Demba Fictif", "Exemple 1"]);
    assert_eq!(person.birth.unwrap().year, 1990);
}

#[test]
fn every_fault_has_its_line_its_column_and_what_would_be_right() {
    let table = vehicles(&[
        "SEIZE,2026-01-15,2026-10-15,2027-03-01,EXEMPLE 17,MRT",
        "SIEZE,2026-01-15,2026-10-15,2027-02-30,EXEMPLE 18,MR",
        ",2026-01-15,2026-10-15,2027-03-01,EXEMPLE 19,MRT",
    ]);
    let told = faults(&table);
    assert_eq!(told.len(), 4, "{told:#?}");
    for (fault, parts) in told.iter().zip([
        ["line 3: action:", "SEIZE"],
        ["line 3: expires:", "2027-03-01T00:00:00Z"],
        ["line 3: vehicle.country:", "MRT"],
        ["line 4: action: is missing", "must be given"],
    ]) {
        assert!(parts.iter().all(|part| fault.contains(part)), "{fault}");
    }
}

#[test]
fn a_cell_that_cannot_be_read_is_told_once() {
    let columns =
        "action,valid_from,review_due,expires,livestock.species,livestock.count_min,livestock.count_max";
    let table = table(columns, &["LOCATE,2026-01-15,2026-10-15,2027-01-15,CATTLE,forty,40"]);
    assert_eq!(
        faults(&table),
        ["line 2: livestock.count_min: is `forty`; expected a whole number from 0 to 4294967295"]
    );
}

#[test]
fn a_column_that_is_none_is_told_with_the_nearest() {
    let told = faults(&table("vehicle.plate,car.colour", &["EXEMPLE 17,blanc"]));
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].contains("car.colour") && told[0].contains("vehicle.colour"), "{told:#?}");
    let told = faults(&table("person.names[24].value", &["Demba Fictif"]));
    assert!(told[0].contains("is no column of PERSON"), "{told:#?}");
}

#[test]
fn a_table_is_of_one_category() {
    for columns in ["action", "vehicle.plate,vessel.name"] {
        let cells = if columns == "action" { "SEIZE" } else { "EXEMPLE 17,Exemple" };
        let told = faults(&table(columns, &[cells]));
        assert!(told[0].starts_with("line 1: header:"), "{told:#?}");
    }
    let table = vehicles(&[]);
    Layout::of(&table, Some(Category::Vessel)).unwrap_err();
    Layout::of(&table, Some(Category::Vehicle)).unwrap();
}

#[test]
fn a_gap_in_a_list_is_told() {
    let columns = "action,valid_from,review_due,expires,person.nationalities[1],person.status,person.minor";
    let told = faults(&table(columns, &["IDENTIFY,2026-01-15,2026-10-15,2027-01-15,MRT,SOUGHT,false"]));
    assert_eq!(told, ["line 2: person.nationalities[0]: is null; expected a string"]);
}

#[test]
fn every_category_has_columns_and_every_column_is_found_by_its_name() {
    for category in Category::ALL {
        let known = columns(*category);
        assert!(known.iter().any(|column| column.name.starts_with(&subject_name(*category))), "{category}");
        for column in &known {
            let name = column.name.replace("[n]", "[0]");
            let (steps, form) = resolved(&name, &known).unwrap();
            assert_eq!(form, column.form, "{name}");
            assert!(steps.len() >= name.split('.').count(), "{name}");
        }
    }
}
