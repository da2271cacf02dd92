//! What holds for every kind: three forms of one content, the rules of all kinds, and no input that panics.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::domain::samples;

/// Any content of any kind that is a record, in JSON.
fn contents() -> impl Strategy<Value = (Kind, Value)> {
    let kinds = Payload::schemas().into_iter();
    let contents = kinds
        .map(|(kind, schema)| samples::schema::values(&schema).prop_map(move |json| (kind, json)).boxed());
    proptest::strategy::Union::new(contents)
}

#[test]
fn every_sample_keeps_the_rules() {
    samples::all().into_iter().for_each(samples::Case::holds);
}

#[test]
fn every_kind_that_is_a_record_has_a_schema_with_its_name() {
    for (kind, schema) in Payload::schemas() {
        assert_eq!(schema["title"], kind.as_str());
        assert_eq!(schema["$id"], format!("urn:karakoro:schema:1:{kind}"));
    }
    assert_eq!(Payload::schemas().len() + 2, Kind::ALL.len(), "alerts and acknowledgements are no records");
}

proptest! {
    #[test]
    fn what_a_schema_admits_is_read_and_survives_bytes_and_json((kind, json) in contents()) {
        let payload = Payload::from_json(kind, &json);
        prop_assert!(payload.is_ok(), "{}", payload.unwrap_err());
        let payload = payload.unwrap();
        prop_assert_eq!(Payload::read(&samples::header(kind), &payload.encode()), Ok(payload.clone()));
        prop_assert_eq!(Payload::from_json(kind, &payload.to_json()), Ok(payload));
    }

    #[test]
    fn any_content_is_judged_without_panic((kind, json) in contents()) {
        let mut breaches = Breaches::new();
        let payload = Payload::from_json(kind, &json);
        prop_assert!(payload.map(|payload| payload.check(&samples::header(kind), &mut breaches)).is_ok());
    }

    #[test]
    fn any_bytes_are_answered_without_panic(kind in select(Kind::ALL), bytes in vec(any::<u8>(), 0..200)) {
        let _ = Payload::decode(&samples::header(kind), &bytes);
    }

    #[test]
    fn damaged_bytes_are_refused_or_are_the_one_encoding_of_what_is_read(
        (kind, json) in contents(), at in any::<Index>(), byte in any::<u8>(),
    ) {
        let mut bytes = Payload::from_json(kind, &json).unwrap().encode();
        if !bytes.is_empty() {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(payload) = Payload::read(&samples::header(kind), &bytes) {
            prop_assert_eq!(payload.encode(), bytes);
        }
    }

    #[test]
    fn any_json_is_answered_without_panic(kind in select(Kind::ALL), text in "[\\[{]{0,3}\"[a-z_]{0,9}\": ?[0-9]{0,3}[}\\]]{0,3}") {
        if let Ok(json) = crate::domain::json::read(&text) {
            prop_assert!(Payload::from_json(kind, &json).is_err());
        }
    }
}
