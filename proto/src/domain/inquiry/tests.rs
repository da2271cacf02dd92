use serde_json::json;

use crate::domain::Priority;
use crate::domain::samples::{Case, OTHER, request, response};
use crate::envelope::Relation;
use crate::refusal::RefusalCode::{
    Content, NoDeadline, NoPurpose, NoReason, NotAnAnswer, OpenEnded, PoorQuality, UrgentWithoutReason,
};

fn about(subject: serde_json::Value) -> Case {
    request().with("/subject", subject)
}

#[test]
fn a_request_says_what_for() {
    request().header(|header| header.grounds.purpose = None).breaks(NoPurpose, "header.grounds.purpose");
}

#[test]
fn an_urgent_request_says_why() {
    let urgent = request().header(|header| header.priority = Priority::Urgent);
    urgent.clone().breaks(UrgentWithoutReason, "request.urgent_reason");
    urgent.with("/urgent_reason", "Le marché ferme demain.").holds();
}

#[test]
fn a_request_is_about_one_subject_or_one_message() {
    request().without("/subject").breaks(OpenEnded, "request.subject");
    request().without("/subject").with("/about", OTHER).holds();
    request().with("/about", OTHER).breaks(Content, "request.subject");
}

#[test]
fn a_person_is_told_by_a_name_or_a_document() {
    let nobody = json!({ "person": { "status": "SOUGHT", "minor": false, "sex": "M" } });
    about(nobody.clone()).breaks(PoorQuality, "request.subject");
    let name =
        json!([{ "value": "Personne Inventée", "kind": "BIRTH", "script": "LATIN", "reliability": "LOW" }]);
    about(nobody.clone()).with("/subject/person/names", name).holds();
    let document = json!([{ "type": "PASSPORT", "issuer": "XXA", "number": "X0000000" }]);
    about(nobody).with("/subject/person/documents", document).holds();
}

#[test]
fn vehicles_and_vessels_are_told_by_a_name_or_number() {
    let vehicle = about(json!({ "vehicle": { "colour": "blanc" } }));
    vehicle.clone().breaks(OpenEnded, "request.subject");
    for mark in ["vin", "trailer", "engine", "chassis", "plate"] {
        vehicle.clone().with(&format!("/subject/vehicle/{mark}"), "X000").holds();
    }
    let vessel = about(json!({ "vessel": { "type": "pirogue" } }));
    vessel.clone().breaks(OpenEnded, "request.subject");
    for mark in ["name", "hull", "registration", "imo", "mmsi"] {
        vessel.clone().with(&format!("/subject/vessel/{mark}"), "0000000").holds();
    }
}

#[test]
fn a_challenge_names_what_it_challenges() {
    request().with("/type", "CHALLENGE").breaks(Content, "request.about");
    request().with("/type", "CHALLENGE").without("/subject").with("/about", OTHER).holds();
}

#[test]
fn objects_are_traced_and_people_are_not() {
    let named = json!({ "person": { "status": "WITNESS", "minor": false, "documents": [
        { "type": "PASSPORT", "issuer": "XXA", "number": "X0000000" }] } });
    about(named).with("/type", "TRACE").breaks(Content, "request.subject");
    about(json!({ "firearm": { "type": "pistolet", "state": "TRAFFICKED" } })).with("/type", "TRACE").holds();
}

#[test]
fn a_deadline_leaves_time() {
    request().with("/deadline_ms", "2026-03-01T12:00:00Z").breaks(NoDeadline, "request.deadline_ms");
    request().with("/deadline_ms", "2026-03-01T12:00:00.001Z").holds();
}

#[test]
fn an_answer_answers_one_request() {
    response().header(|header| header.refs.clear()).breaks(NotAnAnswer, "header.refs");
    response().refers(Relation::Answers).breaks(NotAnAnswer, "header.refs");
}

#[test]
fn what_is_not_told_has_a_reason() {
    for result in ["REFUSED", "PARTIAL"] {
        response().with("/result", result).breaks(NoReason, "response.reason");
        response().with("/result", result).with("/reason", "Enquête en cours.").holds();
    }
}

#[test]
fn what_was_found_is_told_and_nothing_is_nothing() {
    response().without("/text").breaks(Content, "response.text");
    let partial = response().with("/result", "PARTIAL").with("/reason", "Enquête en cours.");
    partial.without("/text").breaks(Content, "response.text");
    response().with("/result", "NOTHING_HELD").breaks(Content, "response.text");
    response().with("/result", "NOTHING_HELD").without("/text").holds();
}
