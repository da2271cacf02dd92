use std::path::Path;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::Value;

use super::super::validator::{Validator, folder};
use super::super::{MAX_CAP_BYTES, read};
use super::*;
use crate::domain::Priority;
use crate::domain::alert::limits::{MAX_EMBEDDED_BYTES, MAX_ENTRIES, MAX_LIST, MAX_NAME_BYTES};
use crate::domain::alert::samples::{alerts, sample};
use crate::domain::alert::{Embedded, MsgType};
use crate::domain::grounds::Grounds;
use crate::domain::xml::carries;
use crate::envelope::{Kind, MessageId, Station};
use crate::testing::MR;
use crate::time::UnixMillis;

/// Generated alerts that the schema is asked about.
const ASKED: usize = 64;

fn header(mode: Mode, tlp: Tlp) -> Header {
    let created = UnixMillis::new(1_768_471_445_000).unwrap();
    Header {
        id: MessageId::new(created, [1; 10]),
        origin: MR.writes(),
        recipient: MR.other().country,
        station: Station::headquarters(MR.country),
        created,
        expires: None,
        kind: Kind::Alert,
        mode,
        priority: Priority::Routine,
        tlp,
        refs: vec![],
        grounds: Grounds::default(),
    }
}

#[track_caller]
fn assert_round_trip(alert: &Alert) {
    assert_eq!(read(document(alert).as_bytes()).unwrap().alert, *alert);
}

#[track_caller]
fn assert_schema_accepts(texts: &[String], test: &str) {
    let Some(validator) = Validator::find(test) else { return };
    for (text, valid) in texts.iter().zip(validator.accepts(texts)) {
        assert!(valid, "{text}");
    }
}

fn spoiled(spoil: impl FnOnce(&mut Alert)) -> Alert {
    let mut alert = sample();
    spoil(&mut alert);
    alert
}

#[test]
fn the_sample_is_read_back_and_accepted_by_the_schema() {
    assert_round_trip(&sample());
    assert_schema_accepts(&[document(&sample())], "the_sample_is_read_back");
}

/// The alerts of a folder, read and written, each checked to be the same alert.
fn rewritten(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
    let alerts = files.filter_map(|bytes| Some(read(&bytes).ok()?.alert));
    let written = alerts.map(|alert| {
        assert_round_trip(&alert);
        document(&alert)
    });
    written.collect()
}

#[test]
fn the_alerts_of_the_demo_are_read_back_and_accepted_by_the_schema() {
    let written = rewritten(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/demo/alerts"));
    assert_eq!(written.len(), 6);
    assert_schema_accepts(&written, "the_alerts_of_the_demo");
}

#[test]
fn real_alerts_are_read_back_and_accepted_by_the_schema() {
    if !folder().exists() {
        eprintln!("skipped: there is no ../shared/data/cap");
        return;
    }
    let written = rewritten(&folder());
    assert!(written.len() >= 8, "{}", written.len());
    assert_schema_accepts(&written, "real_alerts_are_read_back");
}

#[test]
fn any_valid_alert_is_accepted_by_the_schema() {
    let mut runner = TestRunner::deterministic();
    let mut generated = || document(&alerts().new_tree(&mut runner).unwrap().current());
    let texts: Vec<String> = std::iter::repeat_with(&mut generated).take(ASKED).collect();
    assert_schema_accepts(&texts, "any_valid_alert");
}

#[test]
fn addresses_that_pass_are_uris_to_the_schema_too() {
    let mut runner = TestRunner::deterministic();
    let addresses =
        "(https?:)?(//([a-z:]{1,3}@)?(a|\\[::1\\]|[a@:]{1,3})(:[0-9a]{0,2})?)?[a-zé%0-9:/?#@\\[\\]|^{&]{0,8}";
    let generated =
        std::iter::repeat_with(|| addresses.new_tree(&mut runner).unwrap().current()).take(50 * ASKED);
    let alerts = generated.map(|address| spoiled(|alert| alert.infos[0].web = Some(address)));
    let texts: Vec<_> = alerts.filter_map(|alert| write(&alert).ok()).take(ASKED * 4).collect();
    assert!(texts.len() >= ASKED, "{}", texts.len());
    assert_schema_accepts(&texts, "addresses_that_pass");
}

#[test]
fn what_markup_is_made_of_stays_text() {
    for text in ["a < b & c > \"d\" 'e'", "]]>", "&amp;&#10;", "a\r\nb\rc\n\td", "<3", "&lt;"] {
        assert_round_trip(&spoiled(|alert| alert.infos[0].description = Some(text.into())));
        assert_round_trip(&spoiled(|alert| alert.infos[0].event = text.into()));
    }
    assert_round_trip(&spoiled(|alert| alert.sender = "a>b'c\"d".into()));
}

#[test]
fn lists_packed_into_one_text_keep_their_names() {
    let names = || vec!["a".into(), "b c".into(), " d\r\n\te ".into(), "f,g".into()];
    assert_round_trip(&spoiled(|alert| {
        alert.addresses = names();
        alert.incidents = names();
        alert.references.push(alert.references[0].clone());
    }));
}

#[test]
fn white_space_at_the_ends_of_a_text_is_written_and_not_read() {
    let alert = spoiled(|alert| alert.infos[0].event = " Vol\n".into());
    assert!(document(&alert).contains("<event> Vol\n</event>"));
    assert_eq!(read(document(&alert).as_bytes()).unwrap().alert.infos[0].event, "Vol");
}

/// Every text of a JSON value, replaced one after the other.
fn each_text(value: &Value, with: &str, found: &mut dyn FnMut(Value)) {
    let pointers = |value: &Value| -> Vec<String> {
        match value {
            Value::Array(items) => (0..items.len()).map(|index| index.to_string()).collect(),
            Value::Object(fields) => fields.keys().cloned().collect(),
            _ => vec![],
        }
    };
    if value.is_string() {
        found(Value::String(format!("{}{with}", value.as_str().unwrap())));
    }
    for key in pointers(value) {
        let mut changed = value.clone();
        let path = format!("/{key}");
        each_text(value.pointer(&path).unwrap(), with, &mut |inner| {
            *changed.pointer_mut(&path).unwrap() = inner;
            found(changed.clone());
        });
    }
}

#[test]
fn no_text_of_an_alert_may_hold_what_xml_cannot_carry() {
    let full = spoiled(|alert| {
        alert.scope = Scope::Private;
        alert.addresses = vec!["ml.hq".into()];
        let info = &mut alert.infos[0];
        for text in [&mut info.audience, &mut info.sender_name, &mut info.instruction, &mut info.contact] {
            *text = Some("x".into());
        }
        info.web = Some("https://example.org/".into());
        info.parameters = info.event_codes.clone();
        info.resources[0].uri = Some("a.mp3".into());
        info.resources[0].digest = Some("aaf4c61d".into());
    });
    assert_eq!(full.validate(), vec![]);
    let json: Value = serde_json::from_str(&full.to_json()).unwrap();
    for bad in ['\0', '\u{1}', '\u{8}', '\u{b}', '\u{c}', '\u{1f}', '\u{fffe}', '\u{ffff}'] {
        assert!(!carries(&bad.to_string()));
        let mut texts = 0;
        each_text(&json, &bad.to_string(), &mut |changed| {
            texts += 1;
            // A shape ignores white space at its ends, form feeds too, and keeps none of it.
            let kept = Alert::from_json(&changed.to_string()).is_ok_and(|alert| alert != full);
            assert!(!kept, "{bad:?} in {changed}");
        });
        assert!(texts > 50, "{texts}");
    }
}

#[test]
fn the_largest_alerts_are_read_back() {
    // All there may be of embedded content: base64 needs a third more.
    let voice = spoiled(|alert| {
        let resources = &mut alert.infos[0].resources;
        resources[0].embedded = Some(Embedded(vec![7; MAX_EMBEDDED_BYTES].into()));
    });
    // Nearly a megabyte of characters that need an escape of five.
    let escapes = spoiled(|alert| {
        let value = NameValue { value_name: "x".into(), value: "&".repeat(MAX_NAME_BYTES) };
        alert.infos[0].parameters = vec![value; 250];
    });
    // As many elements as entries can make.
    let elements = spoiled(|alert| {
        let resource = &mut alert.infos[0].resources[0];
        resource.uri = Some("x".into());
        resource.digest = Some("x".into());
        alert.infos[0].resources = vec![resource.clone(); MAX_LIST - 10];
        alert.infos = vec![alert.infos[0].clone(); MAX_ENTRIES / MAX_LIST];
    });
    for alert in [voice, escapes, elements] {
        assert_eq!(alert.validate(), vec![]);
        assert!(document(&alert).len() <= MAX_CAP_BYTES);
        assert_round_trip(&alert);
    }
}

#[test]
fn an_alert_that_breaks_a_rule_is_not_written() {
    let refused = write(&spoiled(|alert| alert.identifier = "a b".into())).unwrap_err();
    assert!(matches!(&refused, WriteError::Faults(faults) if faults[0].element == "alert/identifier"));
    assert!(refused.to_string().contains("alert/identifier"), "{refused}");
}

#[test]
fn the_scope_is_never_wider_than_the_label() {
    use Scope::{Private, Public, Restricted};
    let written = |label: &str, scope| {
        write(&spoiled(|alert| {
            alert.restriction = Some(label.into());
            alert.scope = scope;
            alert.addresses = vec!["ml.hq".into()];
        }))
    };
    for (label, allowed) in [
        ("TLP:CLEAR", &[Public, Restricted, Private][..]),
        ("TLP:GREEN", &[Restricted, Private]),
        ("TLP:AMBER", &[Restricted, Private]),
        ("police only", &[Public, Restricted, Private]),
        ("TLP:AMBER+STRICT", &[Restricted, Private]),
        ("TLP:RED", &[Private]),
    ] {
        for scope in Scope::ALL {
            assert_eq!(written(label, *scope).is_ok(), allowed.contains(scope), "{label} {scope}");
        }
    }
    let red = written("TLP:RED", Restricted).unwrap_err();
    assert!(red.to_string().contains("Private, with the addresses"), "{red}");
}

#[test]
fn the_stricter_label_of_header_and_alert_counts() {
    let header = |tlp| header(Mode::Exercise, tlp);
    assert_eq!(export(&header(Tlp::Clear), &sample()), write(&sample()));
    let refused = export(&header(Tlp::Red), &sample()).unwrap_err();
    assert_eq!(refused, WriteError::Scope { tlp: Tlp::Red, scope: Scope::Restricted });
    let open = spoiled(|alert| alert.restriction = Some("TLP:CLEAR".into()));
    assert!(export(&header(Tlp::Red), &open).is_err());
}

#[test]
fn an_exercise_never_leaves_as_the_real_thing() {
    let header = header(Mode::Exercise, Tlp::Amber);
    for status in [Status::Actual, Status::Test, Status::System, Status::Draft] {
        let refused = export(&header, &spoiled(|alert| alert.status = status)).unwrap_err();
        assert_eq!(refused, WriteError::Mode { status, mode: Mode::Exercise });
    }
    assert!(export(&header, &sample()).is_ok());
}

#[test]
fn every_type_of_message_is_written() {
    for msg_type in MsgType::ALL {
        assert_round_trip(&spoiled(|alert| alert.msg_type = *msg_type));
    }
}

proptest! {
    #[test]
    fn any_valid_alert_is_read_back(alert in alerts()) {
        prop_assert_eq!(read(document(&alert).as_bytes()).unwrap().alert, alert);
    }
}
