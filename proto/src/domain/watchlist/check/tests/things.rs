//! Rules on documents, vehicles, firearms, boats and animals.

use crate::domain::terms::Category;
use crate::domain::watchlist::DocumentState;
use crate::domain::watchlist::samples::{
    added, breaks, document_in, faults, firearm_in, livestock_in, of, time, vehicle_in, vessel_in,
};
use crate::refusal::RefusalCode::{Content, ForeignDocument, WrongTime};

fn at(field: &str) -> String {
    format!("update.content.subject.{field}")
}

#[test]
fn only_its_issuer_lists_a_document() {
    for issuer in ["MLI", "SEN", "XXB", "UNO"] {
        breaks(added(Category::Document), ForeignDocument, &at("document.issuer"), |_, update| {
            document_in(update).issuer = of(issuer);
        });
    }
}

#[test]
fn the_dates_of_a_document_follow_each_other() {
    let sample = || added(Category::Document);
    breaks(sample(), WrongTime, &at("document.since_ms"), |header, update| {
        document_in(update).since_ms = header.created.saturating_add(1);
    });
    breaks(sample(), Content, &at("document.expires_ms"), |_, update| {
        document_in(update).expires_ms = document_in(update).issued_ms;
    });
    breaks(sample(), Content, &at("document.issued_ms"), |_, update| {
        document_in(update).issued_ms = Some(document_in(update).since_ms.saturating_add(1));
    });
    breaks(sample(), Content, &at("document.issued_ms"), |_, update| {
        document_in(update).state = DocumentState::Blank;
    });
    breaks(sample(), Content, &at("document.number"), |_, update| document_in(update).number = of("/"));
}

#[test]
fn a_vehicle_has_something_to_tell_it_by() {
    breaks(added(Category::Vehicle), Content, &at("vehicle"), |_, update| {
        let vehicle = vehicle_in(update);
        (vehicle.vin, vehicle.plate, vehicle.engine) = (None, None, None);
    });
}

#[test]
fn a_vin_has_17_characters_without_i_o_and_q() {
    for vin in [
        "EXEMP1E000000000",
        "IXEMP1E0000000001",
        "EXEMP1EO000000001",
        "EXEMP1E000000000Q",
        "EXEMP1E 000000001",
    ] {
        breaks(added(Category::Vehicle), Content, &at("vehicle.vin"), |_, update| {
            vehicle_in(update).vin = Some(of(vin));
        });
    }
}

#[test]
fn a_plate_has_letters_of_one_script() {
    for plate in ["0000 \u{415}X 00", "0000 Eب 00", "- -", "0000 É 00", "0000_EX", "\u{ff25}X 1", "ـ"] {
        breaks(added(Category::Vehicle), Content, &at("vehicle.plate"), |_, update| {
            vehicle_in(update).plate = Some(of(plate));
        });
    }
    for plate in ["٠٠٠٠ ب ٠٠", "0000 ab 00", "٠٠٠٠ EX ٠٠", "0000"] {
        let (header, mut update) = added(Category::Vehicle);
        vehicle_in(&mut update).plate = Some(of(plate));
        assert_eq!(faults(&header, &update), [], "{plate}");
    }
}

#[test]
fn numbers_of_a_vehicle_say_something() {
    let sample = || added(Category::Vehicle);
    breaks(sample(), Content, &at("vehicle.engine"), |_, update| vehicle_in(update).engine = Some(of("-")));
    breaks(sample(), Content, &at("vehicle.trailer"), |_, update| vehicle_in(update).trailer = Some(of(".")));
    breaks(sample(), Content, &at("vehicle.chassis"), |_, update| vehicle_in(update).chassis = Some(of("/")));
}

#[test]
fn a_firearm_has_a_serial_number_or_another_mark() {
    breaks(added(Category::Firearm), Content, &at("firearm"), |_, update| {
        let firearm = firearm_in(update);
        (firearm.serial, firearm.serial_position) = (None, None);
    });
    breaks(added(Category::Firearm), Content, &at("firearm.serial"), |_, update| {
        let firearm = firearm_in(update);
        (firearm.serial, firearm.other_marks) = (None, Some(of("poinçon")));
    });
    breaks(added(Category::Firearm), Content, &at("firearm.serial"), |_, update| {
        firearm_in(update).serial = Some(of("-"));
    });
    let (header, mut update) = added(Category::Firearm);
    let firearm = firearm_in(&mut update);
    (firearm.serial, firearm.serial_position, firearm.import_mark) = (None, None, Some(of("EX 25")));
    assert_eq!(faults(&header, &update), []);
}

#[test]
fn a_boat_has_something_to_tell_it_by() {
    breaks(added(Category::Vessel), Content, &at("vessel"), |_, update| {
        let vessel = vessel_in(update);
        (vessel.name, vessel.hull, vessel.imo, vessel.mmsi) = (None, None, None, None);
    });
}

#[test]
fn the_numbers_of_a_boat_are_in_the_form_of_their_register() {
    let sample = || added(Category::Vessel);
    for imo in ["9074728", "907472", "A074729"] {
        breaks(sample(), Content, &at("vessel.imo"), |_, update| vessel_in(update).imo = Some(of(imo)));
    }
    for mmsi in ["00000005", "00000000A"] {
        breaks(sample(), Content, &at("vessel.mmsi"), |_, update| vessel_in(update).mmsi = Some(of(mmsi)));
    }
    breaks(sample(), Content, &at("vessel.name"), |_, update| {
        vessel_in(update).name = Some(of("Ex\u{435}mple"))
    });
    breaks(sample(), Content, &at("vessel.hull"), |_, update| vessel_in(update).hull = Some(of("-")));
    breaks(sample(), Content, &at("vessel.registration"), |_, update| {
        vessel_in(update).registration = Some(of("-"));
    });
}

#[test]
fn animals_are_counted() {
    for (least, most, field) in
        [(0, 45, "count_min"), (46, 45, "count_max"), (35, 100_001, "count_max"), (0, 0, "count_min")]
    {
        let path = at(&format!("livestock.{field}"));
        breaks(added(Category::Livestock), Content, &path, |_, update| {
            let animals = livestock_in(update);
            (animals.count_min, animals.count_max) = (least, most);
        });
    }
}

#[test]
fn a_brand_is_a_sketch_to_compare_by_eye() {
    let sample = || added(Category::Livestock);
    breaks(sample(), Content, &at("livestock.brand.strokes[1]"), |_, update| {
        livestock_in(update).brand.as_mut().unwrap().strokes[1] = of("0,0 50,101");
    });
    breaks(sample(), Content, &at("livestock.brand"), |_, update| {
        livestock_in(update).brand.as_mut().unwrap().strokes.clear();
    });
}

#[test]
fn the_marks_of_animals_are_in_their_form() {
    let sample = || added(Category::Livestock);
    for rfid in ["00000000000006", "00000000000000A"] {
        breaks(sample(), Content, &at("livestock.rfid"), |_, update| {
            livestock_in(update).rfid = Some(of(rfid));
        });
    }
    breaks(sample(), Content, &at("livestock.tag"), |_, update| livestock_in(update).tag = Some(of("-")));
    breaks(sample(), WrongTime, &at("livestock.taken_ms"), |header, update| {
        livestock_in(update).taken_ms = Some(header.created.saturating_add(1));
    });
}

#[test]
fn a_certificate_holds_for_a_time_and_some_animals() {
    let sample = || added(Category::Livestock);
    breaks(sample(), Content, &at("livestock.certificate.valid_to_ms"), |_, update| {
        livestock_in(update).certificate.as_mut().unwrap().valid_to_ms = time("2025-10-01T00:00:00Z");
    });
    for count in [0, 100_001] {
        breaks(sample(), Content, &at("livestock.certificate.count"), |_, update| {
            livestock_in(update).certificate.as_mut().unwrap().count = count;
        });
    }
    breaks(sample(), Content, &at("livestock.certificate.number"), |_, update| {
        livestock_in(update).certificate.as_mut().unwrap().number = of("-");
    });
}
