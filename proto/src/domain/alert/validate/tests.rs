use super::super::samples::sample;
use super::super::{CapTime, Embedded, LocalOffset, Point, Polygon};
use super::*;

/// The elements that are faulty once `spoil` has changed the sample.
fn faulty(spoil: impl FnOnce(&mut Alert)) -> Vec<String> {
    let mut alert = sample();
    spoil(&mut alert);
    alert.validate().into_iter().map(|fault| fault.element).collect()
}

fn time(text: &str) -> CapTime {
    text.parse().unwrap()
}

#[test]
fn the_sample_has_no_fault() {
    assert_eq!(sample().validate(), vec![]);
}

#[test]
fn identifiers_and_senders_hold_no_separators() {
    for bad in ["a b", "a,b", "a<b", "a&b", "", "a\u{200f}"] {
        assert_eq!(faulty(|alert| alert.identifier = bad.into()), ["alert/identifier"], "{bad}");
        assert_eq!(faulty(|alert| alert.sender = bad.into()), ["alert/sender"], "{bad}");
    }
}

#[test]
fn a_restricted_alert_needs_a_restriction_and_a_private_one_addresses() {
    assert_eq!(faulty(|alert| alert.restriction = None), ["alert/scope"]);
    assert_eq!(faulty(|alert| alert.scope = Scope::Private), ["alert/scope"]);
    let addressed = faulty(|alert| {
        alert.scope = Scope::Private;
        alert.addresses = vec!["ml.hq".into()];
    });
    assert!(addressed.is_empty());
}

#[test]
fn all_but_first_alerts_need_references() {
    for msg_type in [MsgType::Update, MsgType::Cancel, MsgType::Ack, MsgType::Error] {
        let spoiled = faulty(|alert| {
            alert.msg_type = msg_type;
            alert.references.clear();
        });
        assert_eq!(spoiled, ["alert/msgType"]);
        assert!(faulty(|alert| alert.msg_type = msg_type).is_empty());
    }
}

#[test]
fn references_to_itself_or_to_the_future_are_refused() {
    let own = faulty(|alert| alert.references[0].identifier = alert.identifier.clone());
    assert_eq!(own, ["alert/references[1]"]);
    // The later instant, though the earlier local time.
    let later = faulty(|alert| alert.references[0].sent = time("2026-01-15T09:34:05-01:00"));
    assert_eq!(later, ["alert/references[1]"]);
    assert!(faulty(|alert| alert.references[0].sent = alert.sent).is_empty());
    assert_eq!(faulty(|alert| alert.references[0].sender = "a b".into()), ["alert/references[1]/sender"]);
}

#[test]
fn an_info_never_expires_before_it_was_sent_or_takes_effect() {
    let before_sent = faulty(|alert| alert.infos[0].expires = Some(time("2026-01-15T10:04:04-00:00")));
    assert_eq!(before_sent, ["alert/info[1]/expires"]);
    let before_effect = faulty(|alert| alert.infos[0].effective = Some(time("2026-01-19T00:00:00-00:00")));
    assert_eq!(before_effect, ["alert/info[1]/expires"]);
    assert!(faulty(|alert| alert.infos[0].expires = Some(alert.sent)).is_empty());
}

#[test]
fn polygons_that_are_open_or_cross_are_refused() {
    let open = faulty(|alert| alert.infos[0].areas[0].polygons[0] = "0,0 0,2 2,2 2,0".parse().unwrap());
    assert_eq!(open, ["alert/info[1]/area[1]/polygon[1]"]);
    let crossed =
        faulty(|alert| alert.infos[0].areas[0].polygons[0] = "0,0 2,2 2,0 0,2 0,0".parse().unwrap());
    assert_eq!(crossed, ["alert/info[1]/area[1]/polygon[1]"]);
}

#[test]
fn html_is_refused_in_every_text() {
    let tag = || Some("x <b>y</b>".to_owned());
    assert_eq!(faulty(|alert| alert.note = tag()), ["alert/note"]);
    assert_eq!(faulty(|alert| alert.infos[1].headline = tag()), ["alert/info[2]/headline"]);
    assert_eq!(faulty(|alert| alert.infos[0].description = tag()), ["alert/info[1]/description"]);
    let value = faulty(|alert| alert.infos[0].event_codes[0].value = "<script>".into());
    assert_eq!(value, ["alert/info[1]/eventCode[1]/value"]);
}

#[test]
fn texts_in_another_script_than_their_language_are_refused() {
    let exchanged = faulty(|alert| {
        let [french, arabic] = &mut alert.infos[..] else { unreachable!("the sample has two infos") };
        std::mem::swap(&mut french.language, &mut arabic.language);
    });
    assert_eq!(exchanged, ["alert/info[1]/language", "alert/info[2]/language"]);
}

#[test]
fn direction_marks_stand_in_prose_but_not_in_names() {
    assert!(faulty(|alert| alert.infos[1].headline = Some("\u{200f}تنبيه".into())).is_empty());
    let name = faulty(|alert| alert.infos[1].areas[0].area_desc = "\u{200f}عدل".into());
    assert_eq!(name, ["alert/info[2]/area[1]/areaDesc"]);
    let turned = faulty(|alert| alert.infos[1].description = Some("\u{202e}x".into()));
    assert_eq!(turned, ["alert/info[2]/description"]);
}

#[test]
fn empty_texts_are_refused_but_for_values() {
    assert_eq!(faulty(|alert| alert.infos[0].event = " ".into()), ["alert/info[1]/event"]);
    assert_eq!(faulty(|alert| alert.note = Some(String::new())), ["alert/note"]);
    assert_eq!(faulty(|alert| alert.infos[0].categories.clear()), ["alert/info[1]/category"]);
    assert!(faulty(|alert| alert.infos[0].event_codes[0].value = String::new()).is_empty());
    let name = faulty(|alert| alert.infos[0].event_codes[0].value_name = String::new());
    assert_eq!(name, ["alert/info[1]/eventCode[1]/valueName"]);
}

#[test]
fn a_ceiling_stands_above_an_altitude() {
    assert_eq!(faulty(|alert| alert.infos[0].areas[0].altitude = None), ["alert/info[1]/area[1]/ceiling"]);
    let below = faulty(|alert| alert.infos[0].areas[0].altitude = Some("9000".parse().unwrap()));
    assert_eq!(below, ["alert/info[1]/area[1]/ceiling"]);
}

#[test]
fn addresses_that_a_browser_would_run_are_refused() {
    for bad in ["javascript:alert(1)", " Java\tScript:x", "data:text/html,x", "vbscript:x"] {
        assert_eq!(faulty(|alert| alert.infos[0].web = Some(bad.into())), ["alert/info[1]/web"], "{bad}");
        let uri = faulty(|alert| alert.infos[0].resources[0].uri = Some(bad.into()));
        assert_eq!(uri, ["alert/info[1]/resource[1]/uri"], "{bad}");
    }
}

#[test]
fn addresses_are_uris() {
    for good in ["https://example.org/a?b=c:d", "map.png", "//example.org:80/", "mailto:a@b.example", "a/b:c"]
    {
        assert!(faulty(|alert| alert.infos[0].web = Some(good.into())).is_empty(), "{good}");
    }
    for bad in ["see our page", "2026-01-15T24:00:00", ":x"] {
        assert_eq!(faulty(|alert| alert.infos[0].web = Some(bad.into())), ["alert/info[1]/web"], "{bad}");
    }
}

#[test]
fn quotation_marks_and_unknown_tlp_labels_are_refused() {
    assert_eq!(faulty(|alert| alert.incidents = vec!["a\"b".into()]), ["alert/incidents[1]"]);
    assert_eq!(faulty(|alert| alert.restriction = Some("TLP:PINK".into())), ["alert/restriction"]);
}

#[test]
fn every_limit_holds() {
    let info = sample().infos.remove(1);
    assert_eq!(faulty(|alert| alert.infos = vec![info.clone(); MAX_INFOS + 1]), ["alert/info"]);
    let area = info.areas[0].clone();
    let areas = faulty(|alert| alert.infos[1].areas = vec![area.clone(); MAX_AREAS + 1]);
    assert_eq!(areas, ["alert/info[2]/area"]);
    assert_eq!(faulty(|alert| alert.codes = vec!["x".into(); MAX_LIST + 1]), ["alert/code"]);
    let large = Embedded(vec![0; MAX_EMBEDDED_BYTES + 1].into());
    let embedded = faulty(|alert| alert.infos[0].resources[0].embedded = Some(large));
    assert_eq!(embedded, ["alert/info[1]/resource[1]/derefUri"]);
    let text = "x".repeat(super::super::limits::MAX_TEXT_BYTES + 1);
    assert_eq!(faulty(|alert| alert.note = Some(text)), ["alert/note"]);
}

#[test]
fn limits_cannot_be_multiplied() {
    let entries = faulty(|alert| {
        let mut info = alert.infos.remove(0);
        info.parameters = vec![info.event_codes[0].clone(); MAX_LIST];
        info.areas[0].geocodes.clone_from(&info.parameters);
        alert.infos = vec![info; MAX_INFOS];
    });
    assert_eq!(entries, ["alert"]);
    let ring = Polygon(vec![Point::from_e7(0, 0).unwrap(); 2000]);
    let points = faulty(|alert| alert.infos[0].areas[0].polygons = vec![ring; 9]);
    assert_eq!(points, ["alert"]);
    let half = Embedded(vec![0; MAX_EMBEDDED_BYTES].into());
    let bytes = faulty(|alert| {
        alert.infos[0].resources[0].embedded = Some(half);
        let resources = alert.infos[0].resources.clone();
        alert.infos[1].resources = resources;
    });
    assert_eq!(bytes, ["alert"]);
}

#[test]
fn a_hopeless_alert_gets_a_bounded_report() {
    let faults = faulty(|alert| alert.codes = vec![String::new(); MAX_LIST]);
    assert_eq!(faults.len(), MAX_FAULTS);
}

#[test]
fn instants_are_compared_not_local_times() {
    let sent = CapTime::new(sample().sent.instant(), LocalOffset::Minutes(600)).unwrap();
    assert!(faulty(|alert| alert.sent = sent).is_empty());
}
