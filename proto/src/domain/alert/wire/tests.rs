use proptest::prelude::*;

use super::super::samples::{alerts, sample};
use super::*;

/// The refusal of the sample with one thing in its message changed.
fn refusal(spoil: impl FnOnce(&mut PbAlert)) -> String {
    let mut message = PbAlert::from(&sample());
    spoil(&mut message);
    Alert::decode(&message.encode_to_vec()).unwrap_err().to_string()
}

#[test]
fn the_sample_survives_the_wire() {
    assert_eq!(Alert::decode(&sample().encode()), Ok(sample()));
}

#[test]
fn zero_and_unknown_enum_values_are_refused_with_their_field() {
    assert_eq!(refusal(|alert| alert.status = 0), "status: 0 stands for no known value");
    assert_eq!(refusal(|alert| alert.msg_type = 77), "msgType: 77 stands for no known value");
    assert!(refusal(|alert| alert.info[1].urgency = 0).starts_with("info[1].urgency: "));
    assert!(refusal(|alert| alert.info[0].category.push(13)).starts_with("info[0].category[1]: "));
}

#[test]
fn shapes_out_of_range_are_refused_with_their_field() {
    let circle = refusal(|alert| alert.info[0].area[0].circle[0].lat_e7 = 900_000_001);
    assert!(circle.starts_with("info[0].area[0].circle[0]: "), "{circle}");
    assert!(refusal(|alert| alert.info[0].area[0].circle[0].radius_mm = u64::MAX).contains("circle[0]"));
    assert!(refusal(|alert| alert.info[0].area[0].polygon[0].lon_e7.push(1)).contains("polygon[0]"));
    assert!(refusal(|alert| alert.info[0].area[0].polygon[0].lon_e7[1] = i32::MIN).contains("polygon[0]"));
    assert!(
        refusal(|alert| alert.info[0].area[0].altitude_mft = Some(i64::MIN)).contains("area[0].altitude")
    );
}

#[test]
fn times_missing_or_out_of_range_are_refused_with_their_field() {
    assert_eq!(refusal(|alert| alert.sent = None), "sent: is missing");
    let late = pb::Time { seconds: u64::MAX, offset_minutes: None };
    assert!(refusal(|alert| alert.info[0].onset = Some(late)).starts_with("info[0].onset: "));
    let far = pb::Time { seconds: 0, offset_minutes: Some(841) };
    assert!(refusal(|alert| alert.sent = Some(far)).starts_with("sent: "));
}

#[test]
fn the_rules_of_content_hold_on_the_wire() {
    let polygon = refusal(|alert| {
        let polygon = &mut alert.info[0].area[0].polygon[0];
        polygon.lat_e7[3] += 1;
    });
    assert!(polygon.starts_with("info[0].area[0].polygon[0]: is open"), "{polygon}");
    assert!(refusal(|alert| alert.identifier = "a b".into()).starts_with("identifier: "));
    assert!(refusal(|alert| alert.info[0].event = "\u{202e}".into()).starts_with("info[0].event: "));
    assert!(refusal(|alert| alert.restriction = None).starts_with("scope: is Restricted"));
    assert!(refusal(|alert| alert.info[1].language = Some("fr_FR".into())).starts_with("info[1].language: "));
    let two = refusal(|alert| {
        alert.identifier.clear();
        alert.sender.clear();
    });
    assert!(two.ends_with("(and 1 more)"), "{two}");
}

#[test]
fn bytes_after_the_alert_and_oversize_are_refused() {
    let mut bytes = sample().encode();
    // Field 15, which this version does not know.
    bytes.extend([0x7a, 0x00]);
    assert_eq!(Alert::decode(&bytes), Err(AlertError::Wire(WireError::NonCanonical)));
    let oversize = vec![0; MAX_ALERT_BYTES + 1];
    assert_eq!(Alert::decode(&oversize), Err(AlertError::Oversize(MAX_ALERT_BYTES + 1)));
    assert_eq!(Alert::decode(&[0x72, 0x00].repeat(100_000)), Err(AlertError::TooManyParts));
}

proptest! {
    #[test]
    fn alerts_survive_the_wire(alert in alerts()) {
        prop_assert_eq!(alert.validate(), vec![]);
        prop_assert_eq!(Alert::decode(&alert.encode()), Ok(alert));
    }

    #[test]
    fn any_bytes_are_answered_without_panic(bytes in any::<Vec<u8>>()) {
        let _ = Alert::decode(&bytes);
    }

    #[test]
    fn a_changed_byte_never_panics_and_never_decodes_to_the_same(at in any::<prop::sample::Index>(), to: u8) {
        let mut bytes = sample().encode();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != to);
        bytes[at] = to;
        prop_assert_ne!(Alert::decode(&bytes), Ok(sample()));
    }
}
