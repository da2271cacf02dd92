//! Faults that `CAP-v1.2.xsd` accepts and the prose of the standard forbids: refused here, each with proof that the
//! schema alone would have let it pass. And the faults that the schema finds, which are refused here too.

use super::super::validator::Validator;
use super::*;

/// The small alert with the first `from` replaced is refused for `element`, whatever the schema says of it.
#[track_caller]
fn refused(from: &str, to: &str, element: &str, schema_accepts: bool) {
    assert!(SMALL.contains(from), "{from}");
    let text = SMALL.replacen(from, to, 1);
    let faults = read(text.as_bytes()).unwrap_err();
    assert!(faults.iter().any(|fault| fault.element == element), "{faults:#?}");
    if let Some(validator) = Validator::find(element) {
        assert_eq!(validator.accepts(std::slice::from_ref(&text)), [schema_accepts], "{text}");
    }
}

#[track_caller]
fn only_prose_forbids(from: &str, to: &str, element: &str) {
    refused(from, to, element, true);
}

#[track_caller]
fn schema_forbids_too(from: &str, to: &str, element: &str) {
    refused(from, to, element, false);
}

const POLYGON: &str = "15.4,-7.1 15.4,-6.9 15.6,-6.9 15.4,-7.1";
const POLYGON_ELEMENT: &str = "alert/info[1]/area[1]/polygon[1]";

#[test]
fn the_small_alert_is_accepted_by_both() {
    accepted("Adel", "Adel");
    if let Some(validator) = Validator::find("the_small_alert") {
        assert_eq!(validator.accepts(&[SMALL.to_owned()]), [true]);
    }
}

#[test]
fn a_space_in_an_identifier() {
    only_prose_forbids("MR-2026-1", "MR 2026", "alert/identifier");
}

#[test]
fn a_comma_in_an_identifier() {
    only_prose_forbids("MR-2026-1", "MR,2026", "alert/identifier");
}

#[test]
fn markup_in_an_identifier() {
    only_prose_forbids("MR-2026-1", "MR&lt;2026", "alert/identifier");
    only_prose_forbids("MR-2026-1", "MR&amp;2026", "alert/identifier");
}

#[test]
fn an_empty_identifier() {
    only_prose_forbids("MR-2026-1", "", "alert/identifier");
}

#[test]
fn a_space_in_a_sender() {
    only_prose_forbids("hq@mr.example", "hq mr", "alert/sender");
}

#[test]
fn a_comma_in_a_sender() {
    only_prose_forbids("hq@mr.example", "hq,mr", "alert/sender");
}

#[test]
fn markup_in_a_sender() {
    only_prose_forbids("hq@mr.example", "hq&lt;mr", "alert/sender");
    only_prose_forbids("hq@mr.example", "hq&amp;mr", "alert/sender");
}

#[test]
fn restricted_without_a_restriction() {
    only_prose_forbids("<restriction>TLP:AMBER</restriction>\n", "", "alert/scope");
}

#[test]
fn private_without_addresses() {
    only_prose_forbids("<scope>Restricted", "<scope>Private", "alert/scope");
}

#[test]
fn an_update_a_cancellation_an_acknowledgement_or_an_error_without_references() {
    for msg_type in ["Update", "Cancel", "Ack", "Error"] {
        only_prose_forbids("<msgType>Alert", &format!("<msgType>{msg_type}"), "alert/msgType");
    }
}

fn references(text: &str) -> String {
    format!("<references>{text}</references>\n<info>")
}

#[test]
fn a_reference_to_the_alert_itself() {
    let circular = references("hq@mr.example,MR-2026-1,2026-01-15T10:04:05-00:00");
    only_prose_forbids("<info>", &circular, "alert/references");
}

#[test]
fn a_reference_to_a_later_message() {
    // Two alerts can refer to each other only if both were sent in the same second.
    only_prose_forbids("<info>", &references("a@b,1,2026-01-15T10:04:06-00:00"), "alert/references");
}

#[test]
fn a_reference_without_its_three_parts() {
    only_prose_forbids("<info>", &references("a@b,1"), "alert/references");
}

#[test]
fn expiry_before_it_was_sent() {
    let expires = "alert/info[1]/expires";
    only_prose_forbids("2026-01-16T10:04:05+01:00", "2026-01-15T11:04:04+01:00", expires);
}

#[test]
fn expiry_before_it_takes_effect() {
    let effective = "<effective>2026-01-17T00:00:00-00:00</effective>\n<expires>";
    only_prose_forbids("<expires>", effective, "alert/info[1]/expires");
}

#[test]
fn an_open_polygon() {
    only_prose_forbids(POLYGON, "15.4,-7.1 15.4,-6.9 15.6,-6.9 15.5,-7.1", POLYGON_ELEMENT);
}

#[test]
fn a_polygon_of_fewer_than_four_points() {
    only_prose_forbids(POLYGON, "15.4,-7.1 15.4,-6.9 15.4,-7.1", POLYGON_ELEMENT);
}

#[test]
fn a_polygon_that_crosses_itself() {
    only_prose_forbids(POLYGON, "0,0 2,2 2,0 0,2 0,0", POLYGON_ELEMENT);
}

#[test]
fn a_polygon_off_the_earth() {
    only_prose_forbids(POLYGON, "0,0 0,181 2,2 0,0", POLYGON_ELEMENT);
    only_prose_forbids(POLYGON, "0,0 91,0 2,2 0,0", POLYGON_ELEMENT);
}

#[test]
fn a_polygon_that_is_no_list_of_points() {
    only_prose_forbids(POLYGON, "15.4 -7.1 15.4 -6.9", POLYGON_ELEMENT);
}

#[test]
fn a_circle_without_a_radius_or_with_a_negative_one() {
    only_prose_forbids("15.495,-7.03 25.0", "15.495,-7.03", "alert/info[1]/area[1]/circle[1]");
    only_prose_forbids("25.0", "-25.0", "alert/info[1]/area[1]/circle[1]");
}

#[test]
fn a_language_that_the_text_is_not_written_in() {
    let arabic = "<event>سرقة ماشية</event>";
    only_prose_forbids("<event>Vol de bétail</event>", arabic, "alert/info[1]/language");
    only_prose_forbids("<language>fr", "<language>ar", "alert/info[1]/language");
}

#[test]
fn html_in_a_text() {
    only_prose_forbids("Vol de", "Vol &lt;br /&gt;de", "alert/info[1]/event");
}

#[test]
fn z_instead_of_an_offset() {
    schema_forbids_too("05-00:00", "05Z", "alert/sent");
}

#[test]
fn fractions_of_a_second() {
    schema_forbids_too("05-00:00", "05.5-00:00", "alert/sent");
}

#[test]
fn a_comma_instead_of_the_sign_of_an_offset() {
    schema_forbids_too("05-00:00", "05,00:00", "alert/sent");
}

#[test]
fn elements_in_the_wrong_order() {
    let (status, kind) = ("<status>Exercise</status>", "<msgType>Alert</msgType>");
    schema_forbids_too(&format!("{status}\n{kind}"), &format!("{kind}\n{status}"), "alert/status");
}
