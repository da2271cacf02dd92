//! Headers, commitments and officers' signatures as files: `tests/vectors/envelope`.

use std::collections::BTreeMap;

use prost::Message as _;

use super::*;
use crate::domain::grounds::{Evaluation, Grounds, LegalBasis};
use crate::domain::terms::{HandlingCode, Information, Instrument, Purpose, Source};
use crate::domain::{Mode, Priority, Tlp};
use crate::leaf::SigningPurpose;
use crate::testing::vectors::{assert_same, read, value};
use crate::testing::{MR, hex, unhex};
use crate::time::UnixMillis;
use crate::wire::{WireError, pb};

fn full() -> Header {
    let created = UnixMillis::new(1_768_471_445_000).unwrap();
    let id = MessageId::new(created, [1; 10]);
    Header {
        id,
        origin: MR.writes(),
        recipient: MR.other().country,
        station: Station::headquarters(MR.country),
        created,
        expires: Some(created.saturating_add(86_400_000)),
        kind: Kind::Alert,
        mode: Mode::Exercise,
        priority: Priority::Urgent,
        tlp: Tlp::AmberStrict,
        refs: vec![Reference {
            id: MessageId::new(created, [2; 10]),
            relation: Relation::Amends,
            commitment: Commitment([3; 32]),
        }],
        grounds: grounds(),
    }
}

fn grounds() -> Grounds {
    Grounds {
        handling: Some(HandlingCode::H3),
        restriction: Some("Not beyond the two headquarters.".parse().unwrap()),
        purpose: Some(Purpose::CattleTheft),
        evaluation: Some(Evaluation { source: Source::B, information: Information::Two }),
        basis: Some(LegalBasis {
            instrument: Instrument::TheftReport,
            reference: "PV 0117".parse().unwrap(),
            authority: "Brigade of Anyplace".parse().unwrap(),
            decided_ms: UnixMillis::new(1_768_400_000_000).unwrap(),
        }),
        to: vec!["ML-HQ".parse().unwrap()],
    }
}

fn least() -> Header {
    let kind = Kind::Ack;
    Header {
        expires: None,
        refs: Vec::new(),
        kind,
        mode: Mode::Actual,
        grounds: Grounds::default(),
        ..full()
    }
}

fn headers() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let bytes = full().encode().to_vec();
    let wire = |change: &dyn Fn(&mut pb::Header)| {
        let mut wire = pb::Header::decode(&bytes[..]).unwrap();
        change(&mut wire);
        wire.encode_to_vec()
    };
    let appended = |more: &[u8]| [&bytes, more].concat();
    let swapped = [&bytes[18..], &bytes[..18]].concat();
    let many =
        |count| wire(&move |header: &mut pb::Header| header.refs = vec![header.refs[0].clone(); count]);
    vec![
        ("header_full", "Every field.", bytes.clone()),
        ("header_least", "No optional field.", least().encode().to_vec()),
        ("header_most_references", "As many references as there may be.", many(MAX_REFS)),
        ("header_empty", "Nothing.", Vec::new()),
        ("header_truncated", "One byte is missing.", bytes[..bytes.len() - 1].to_vec()),
        ("header_appended", "The same header twice: protobuf would merge them.", appended(&bytes)),
        (
            "header_unknown_field",
            "A field that the schema does not have.",
            appended(&[0xba, 0x3e, 0x01, b'x']),
        ),
        ("header_repeated_scalar", "A second kind.", appended(&[0x38, 0x01])),
        ("header_fields_out_of_order", "The first field at the end.", swapped),
        ("header_too_large", "One byte more than a header may have.", vec![0; MAX_HEADER_BYTES + 1]),
        ("header_too_many_references", "One reference too many.", many(MAX_REFS + 1)),
        ("header_id_short", "15 bytes.", wire(&|header| header.id.truncate(15))),
        (
            "header_id_version_4",
            "A UUID of another version.",
            wire(&|header| header.id = with_byte(&header.id, 6, 0x47)),
        ),
        (
            "header_id_variant",
            "A UUID of another variant.",
            wire(&|header| header.id = with_byte(&header.id, 8, 0x41)),
        ),
        (
            "header_origin_no_log",
            "Not the name of a log.",
            wire(&|header| header.origin = "karakoro/MR-ML/01".into()),
        ),
        (
            "header_recipient_lower_case",
            "A country has capitals.",
            wire(&|header| header.recipient = "ml".into()),
        ),
        (
            "header_station_foreign",
            "A station of the other country.",
            wire(&|header| header.station = "ML-HQ".into()),
        ),
        ("header_station_no_name", "A station has a name.", wire(&|header| header.station = "MR-".into())),
        ("header_time_past_9999", "Past the calendar.", wire(&|header| header.created_ms = u64::MAX)),
        ("header_expiry_past_9999", "Past the calendar.", wire(&|header| header.expires_ms = Some(u64::MAX))),
        ("header_kind_0", "Unspecified.", wire(&|header| header.kind = 0)),
        ("header_kind_unknown", "Of a later version.", wire(&|header| header.kind = 99)),
        ("header_mode_0", "Unspecified.", wire(&|header| header.mode = 0)),
        ("header_priority_0", "Unspecified.", wire(&|header| header.priority = 0)),
        ("header_tlp_0", "Unspecified.", wire(&|header| header.tlp = 0)),
        ("header_relation_0", "Unspecified.", wire(&|header| header.refs[0].relation = 0)),
        ("header_relation_unknown", "Of a later version.", wire(&|header| header.refs[0].relation = 99)),
    ]
}

fn with_byte(bytes: &[u8], at: usize, byte: u8) -> Bytes {
    let mut bytes = bytes.to_vec();
    bytes[at] = byte;
    bytes.into()
}

fn header_file(claim: &str, bytes: &[u8]) -> String {
    let verdict = match Header::decode(bytes) {
        Ok(_) => "accept".to_owned(),
        // The rest of that text is the protobuf library's.
        Err(EnvelopeError::Header(WireError::Malformed(_))) => "refuse header: not protobuf".to_owned(),
        Err(error) => format!("refuse {error}"),
    };
    format!("# {claim}\nheader {}\n{verdict}\n", hex(bytes))
}

fn commitment_file(claim: &str, body: &Body) -> String {
    let commitment = body.commitment();
    let mut text = format!(
        "# {claim}\nopening {}\nheader {}\npayload {}\nbody {}\ncommitment {}\n",
        hex(&body.opening.0),
        hex(&body.header),
        hex(&body.payload),
        hex(&body.encode()),
        hex(&commitment.0),
    );
    let key = MR.officer_key();
    text += &format!("officer {}\nkey-id {}\n", hex(key.public().as_bytes()), key.public().id());
    for (word, purpose) in [("author", SigningPurpose::Author), ("approver", SigningPurpose::Approver)] {
        let signed = hex(&signed_bytes(purpose, &commitment));
        let signature = hex(&sign(&commitment, purpose, &key).signature);
        text += &format!("{word}-signs {signed}\n{word}-signature {signature}\n");
    }
    text
}

fn commitments() -> [(&'static str, &'static str, Body); 2] {
    let body = |payload| Body { opening: Opening([0x42; 32]), header: least().encode(), payload };
    [
        (
            "commitment",
            "A body, its commitment, and both signatures of an officer.",
            body(Bytes::from_static(&[8, 2])),
        ),
        ("commitment_empty_payload", "A payload may be empty.", body(Bytes::new())),
    ]
}

#[test]
fn envelope_vectors_on_disk_are_what_the_cases_make() {
    let headers = headers().into_iter().map(|(name, claim, bytes)| (name.into(), header_file(claim, &bytes)));
    let commitments = commitments().map(|(name, claim, body)| (name.into(), commitment_file(claim, &body)));
    let files: BTreeMap<String, String> = headers.chain(commitments).collect();
    assert_same("envelope", &files);
}

#[test]
fn every_header_vector_reads_as_it_says() {
    for (name, text) in read("envelope").into_iter().filter(|(name, _)| name.starts_with("header")) {
        let bytes = unhex(value(&text, "header"));
        let claim = text.lines().next().unwrap().trim_start_matches("# ");
        assert_eq!(header_file(claim, &bytes), text, "{name}");
        let good = ["header_full", "header_least", "header_most_references"].contains(&&*name);
        assert_eq!(Header::decode(&bytes).is_ok(), good, "{name}");
    }
}

#[test]
fn every_commitment_vector_holds() {
    for (name, text) in read("envelope").into_iter().filter(|(name, _)| name.starts_with("commitment")) {
        let body = Body::decode(unhex(value(&text, "body")).into()).unwrap();
        assert_eq!(hex(&body.commitment().0), value(&text, "commitment"), "{name}");
        let officer = crate::key::PublicKey::from_bytes(&unhex(value(&text, "officer"))).unwrap();
        for word in ["author", "approver"] {
            let signature = unhex(value(&text, &format!("{word}-signature"))).try_into().unwrap();
            officer.verify(&unhex(value(&text, &format!("{word}-signs"))), &signature).unwrap();
        }
    }
}
