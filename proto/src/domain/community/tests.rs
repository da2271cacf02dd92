use serde_json::json;

use super::CommunityReport;
use crate::domain::Tlp;
use crate::domain::part::Part as _;
use crate::domain::samples::community;
use crate::refusal::RefusalCode::{
    Content, HandlingNotAgreed, InformantExposed, NotReviewed, Period, StationNotEntitled,
};

#[test]
fn safeguard_11_community_tips_point_to_no_informant() {
    for text in [
        "Signalé par personne@example.org",
        "Rappeler le 22 34 56 78",
        "La maison est à 15.4951, -7.0312",
        "Carte B1234567 du témoin",
    ] {
        community().with("/text", text).breaks(InformantExposed, "report.text");
    }
    let schema = CommunityReport::schema();
    let fields: Vec<_> = schema["properties"].as_object().unwrap().keys().cloned().collect();
    // A field that is added here must not say who told it, nor where they live.
    assert_eq!(fields, ["from_ms", "language", "place", "screened", "text", "theme", "to_ms"]);
}

#[test]
fn safeguard_11_community_tips_cross_only_after_a_headquarters_has_read_them() {
    community().at_a_post().breaks(StationNotEntitled, "header.station");
    community().with("/screened", false).breaks(NotReviewed, "report.screened");
}

#[test]
fn safeguard_11_community_tips_stay_within_the_services() {
    for tlp in Tlp::ALL {
        let report = community().header(|header| header.tlp = *tlp);
        match tlp {
            Tlp::Red | Tlp::AmberStrict => report.holds(),
            _ => report.breaks(HandlingNotAgreed, "header.tlp"),
        }
    }
}

#[test]
fn a_report_is_evaluated_and_by_default_cannot_be_judged() {
    community()
        .header(|header| header.grounds.evaluation = None)
        .breaks(Content, "header.grounds.evaluation");
    let default = CommunityReport::DEFAULT_EVALUATION.to_json();
    assert_eq!(default, json!({ "source": "X", "information": "4" }));
}

#[test]
fn a_place_is_a_region_and_never_a_home() {
    community().with("/place", "MR-01-ANYPLACE-3").breaks(Content, "report.place");
    community().with("/place", "Chez X").breaks(Content, "report.place");
}

#[test]
fn a_window_is_ordered_and_of_31_days_at_most() {
    community().with("/to_ms", "2026-02-19T23:59:59Z").breaks(Period, "report.to_ms");
    community().with("/to_ms", "2026-03-23T00:00:00Z").holds();
    community().with("/to_ms", "2026-03-23T00:00:00.001Z").breaks(Period, "report.to_ms");
}
