use proptest::prelude::*;

use super::validator::folder;
use super::*;
use crate::domain::alert::{LocalOffset, MsgType, Scope, Status};

mod beyond_schema;

/// A valid alert that is short enough to see where each line is.
const SMALL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
<identifier>MR-2026-1</identifier>
<sender>hq@mr.example</sender>
<sent>2026-01-15T10:04:05-00:00</sent>
<status>Exercise</status>
<msgType>Alert</msgType>
<scope>Restricted</scope>
<restriction>TLP:AMBER</restriction>
<info>
<language>fr</language>
<category>Security</category>
<event>Vol de bétail</event>
<urgency>Expected</urgency>
<severity>Moderate</severity>
<certainty>Likely</certainty>
<expires>2026-01-16T10:04:05+01:00</expires>
<area>
<areaDesc>Adel Bagrou</areaDesc>
<polygon>15.4,-7.1 15.4,-6.9 15.6,-6.9 15.4,-7.1</polygon>
<circle>15.495,-7.03 25.0</circle>
</area>
</info>
</alert>
"#;

/// The faults of the small alert with the first `from` replaced.
fn faults(from: &str, to: &str) -> Vec<Fault> {
    assert!(SMALL.contains(from), "{from}");
    read(SMALL.replacen(from, to, 1).as_bytes()).err().unwrap_or_default()
}

/// The one fault of the small alert with the first `from` replaced.
#[track_caller]
fn fault(from: &str, to: &str) -> Fault {
    let mut faults = faults(from, to);
    assert_eq!(faults.len(), 1, "{faults:#?}");
    faults.remove(0)
}

#[track_caller]
fn assert_fault(fault: &Fault, line: u32, element: &str, message: &str) {
    assert_eq!((fault.line, fault.element.as_str()), (line, element), "{fault}");
    assert!(fault.message.contains(message), "{fault}");
}

fn accepted(from: &str, to: &str) -> Reading {
    assert!(SMALL.contains(from), "{from}");
    read(SMALL.replacen(from, to, 1).as_bytes()).unwrap()
}

#[test]
fn the_small_alert_is_read_whole() {
    let Reading { alert, notices } = read(SMALL.as_bytes()).unwrap();
    assert_eq!(notices, Vec::<String>::new());
    assert_eq!((alert.identifier.as_str(), alert.sender.as_str()), ("MR-2026-1", "hq@mr.example"));
    assert_eq!(
        (alert.status, alert.msg_type, alert.scope),
        (Status::Exercise, MsgType::Alert, Scope::Restricted)
    );
    assert_eq!(alert.sent.offset(), LocalOffset::Unstated);
    let info = &alert.infos[0];
    assert_eq!(info.expires.unwrap().to_string(), "2026-01-16T10:04:05+01:00");
    assert_eq!(info.areas[0].polygons[0].0.len(), 4);
    assert_eq!(info.areas[0].circles[0].to_string(), "15.495,-7.03 25");
    assert_eq!(Alert::decode(&alert.encode()), Ok(alert.clone()));
    assert_eq!(Alert::from_json(&alert.to_json()), Ok(alert));
}

#[test]
fn a_timestamp_with_z_is_refused_with_its_element_and_line() {
    let z = fault("05-00:00", "05Z");
    assert_fault(&z, 5, "alert/sent", "`Z`");
    assert_eq!(z.expected, "`2026-01-15T10:04:05-00:00`");
    assert_fault(&fault("05+01:00", "05Z"), 17, "alert/info[1]/expires", "`Z`");
}

#[test]
fn fractions_and_comma_offsets_are_refused() {
    assert_fault(&fault("05-00:00", "05.5-00:00"), 5, "alert/sent", "fraction");
    assert_fault(&fault("05-00:00", "05,00:00"), 5, "alert/sent", "comma");
    assert_fault(&fault("<sent>2026-01-15T10:04:05-00:00", "<sent>"), 5, "alert/sent", "is empty");
    accepted("<sent>2026-01-15T10:04:05-00:00", "<sent>\n 2026-01-15T10:04:05-00:00 ");
}

#[test]
fn a_missing_element_is_named_at_the_line_that_should_have_it() {
    let missing = fault("<scope>Restricted</scope>\n", "");
    assert_fault(&missing, 8, "alert/scope", "is missing");
    assert_eq!(missing.expected, "`scope` after `msgType`");
    assert_fault(&fault("<event>Vol de bétail</event>\n", ""), 13, "alert/info[1]/event", "is missing");
    assert_fault(&fault("<category>Security</category>\n", ""), 12, "alert/info[1]/category", "is missing");
}

#[test]
fn an_older_namespace_is_one_fault_and_hides_no_other() {
    let older = SMALL.replace("cap:1.2", "cap:1.1").replace("<status>Exercise", "<status>exercise");
    let faults = read(older.as_bytes()).unwrap_err();
    assert_eq!(faults.len(), 2, "{faults:#?}");
    assert_fault(&faults[0], 2, "alert", "CAP 1.1");
    assert_fault(&faults[1], 6, "alert/status", "`exercise`");
    assert_fault(&fault(" xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"", ""), 2, "alert", "no namespace");
    assert!(fault("urn:oasis:names", "urn:other").message.contains("urn:other"));
}

#[test]
fn another_document_is_not_searched_for_an_alert() {
    let faults = read(b"<feed xmlns='http://www.w3.org/2005/Atom'><entry/></feed>").unwrap_err();
    assert!(faults.iter().any(|fault| fault.message == "the file holds `feed`"), "{faults:#?}");
}

#[test]
fn prefixes_work_as_well_as_the_default_namespace() {
    let prefixed = SMALL.replace("</", "</cap:").replace("xmlns=", "xmlns:cap=");
    let open = |text: String, name: &str| text.replace(&format!("<{name}"), &format!("<cap:{name}"));
    let names = "alert identifier sender sent status msgType scope restriction info language category event \
                 urgency severity certainty expires areaDesc polygon circle";
    let prefixed = names.split_whitespace().fold(prefixed, open);
    let prefixed = prefixed.replace("<area>", "<cap:area>");
    assert_eq!(read(prefixed.as_bytes()), read(SMALL.as_bytes()));
}

#[test]
fn elements_out_of_order_are_named() {
    let misplaced = fault(
        "<status>Exercise</status>\n<msgType>Alert</msgType>",
        "<msgType>Alert</msgType>\n<status>Exercise</status>",
    );
    assert_fault(&misplaced, 7, "alert/status", "stands after `msgType`");
    assert_eq!(misplaced.expected, "`status` before `msgType`");
}

#[test]
fn repeated_and_unknown_elements_are_refused() {
    assert_fault(
        &fault("<status>", "<status>Actual</status>\n<status>"),
        7,
        "alert/status",
        "more than once",
    );
    assert_fault(&fault("<status>", "<colour/>\n<status>"), 6, "alert/colour", "not known");
    let foreign = fault("<status>", "<x:status xmlns:x='urn:x'/>\n<status>");
    assert_fault(&foreign, 6, "alert/status", "namespace `urn:x`");
    assert_fault(&fault("<urgency>", "<x/><urgency>"), 14, "alert/info[1]/x", "not known");
}

#[test]
fn attributes_stray_text_and_inner_elements_are_refused() {
    assert_fault(&fault("<sender>", "<sender id='1'>"), 4, "alert/sender", "attribute `id`");
    assert_fault(&fault("<status>", "oops<status>"), 5, "alert", "text `");
    assert_fault(&fault("Vol de", "Vol <b>de</b>"), 13, "alert/info[1]/event", "element `b`");
    let location = "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:schemaLocation='a b' xmlns=";
    accepted("xmlns=", location);
}

#[test]
fn words_off_the_list_are_refused_with_the_list() {
    let word = fault("<urgency>Expected", "<urgency>Soon");
    assert_fault(&word, 14, "alert/info[1]/urgency", "`Soon`");
    assert_eq!(word.expected, "Immediate, Expected, Future, Past, Unknown");
    assert_fault(&fault("<status>Exercise", "<status> Exercise"), 6, "alert/status", "` Exercise`");
    assert_fault(&fault("Security", ""), 12, "alert/info[1]/category[1]", "is empty");
}

#[test]
fn a_signature_at_the_end_is_a_notice_and_elsewhere_a_fault() {
    let signature = "<Signature xmlns='http://www.w3.org/2000/09/xmldsig#'><SignedInfo a='b'/></Signature>";
    let reading = accepted("</alert>", &format!("{signature}</alert>"));
    assert_eq!(reading.notices, ["line 24: an XML signature is present; it is neither checked nor carried"]);
    let early = fault("<info>", &format!("{signature}\n<info>"));
    assert_fault(&early, 11, "alert/info", "stands after `Signature`");
    assert_fault(
        &fault("<urgency>", &format!("{signature}<urgency>")),
        14,
        "alert/info[1]/Signature",
        "namespace",
    );
}

#[test]
fn empty_optional_elements_are_absent() {
    let empty = "<addresses/><code/><code>x</code><note> </note><references/><incidents/>\n<info>";
    let alert = accepted("<info>", empty).alert;
    assert_eq!((alert.addresses.len(), alert.note, alert.codes), (0, None, vec!["x".to_owned()]));
    let shapes = accepted("<circle>", "<polygon/><circle/><circle>").alert;
    assert_eq!(shapes.infos[0].areas[0].polygons.len(), 1);
    assert_eq!(accepted("<language>fr", "<language>").alert.infos[0].language, None);
    let value = "<geocode><valueName>x</valueName><value /></geocode></area>";
    assert_eq!(accepted("</area>", value).alert.infos[0].areas[0].geocodes[0].value, "");
}

#[test]
fn elements_after_empty_ones_keep_their_number_in_the_file() {
    let faults = faults("<circle>", "<circle/>\n<circle>1,999 1</circle>\n<circle>");
    assert_fault(&faults[0], 22, "alert/info[1]/area[1]/circle[2]", "longitude");
}

#[test]
fn separators_in_identifier_and_sender_are_refused() {
    for bad in ["a b", "a,b", "a&lt;b", "a&amp;b", " a"] {
        assert_fault(&fault("MR-2026-1", bad), 3, "alert/identifier", "has the character");
        assert_fault(&fault("hq@mr.example", bad), 4, "alert/sender", "has the character");
    }
}

#[test]
fn what_a_scope_or_message_type_needs_must_be_there() {
    assert_fault(&fault("<restriction>TLP:AMBER</restriction>\n", ""), 8, "alert/scope", "no restriction");
    assert_fault(&fault("TLP:AMBER", " "), 8, "alert/scope", "no restriction");
    assert_fault(&fault("Restricted", "Private"), 8, "alert/scope", "no addresses");
    for kind in ["Update", "Cancel", "Ack", "Error"] {
        assert_fault(
            &fault("<msgType>Alert", &format!("<msgType>{kind}")),
            7,
            "alert/msgType",
            "no references",
        );
    }
    let private =
        SMALL.replace("Restricted", "Private").replace("<info>", "<addresses>a \"b c\"</addresses><info>");
    assert_eq!(read(private.as_bytes()).unwrap().alert.addresses, ["a", "b c"]);
}

#[test]
fn references_to_itself_to_the_future_or_malformed_are_refused() {
    let with = |text: &str| fault("<info>", &format!("<references>{text}</references>\n<info>"));
    let own = with("a@b,1,2026-01-15T10:04:05-00:00 hq@mr.example,MR-2026-1,2026-01-15T10:04:05-00:00");
    assert_fault(&own, 10, "alert/references", "the alert itself");
    assert_fault(&with("a@b,1,2026-01-15T10:04:06-00:00"), 10, "alert/references", "sent later");
    assert_fault(&with("a@b,1"), 10, "alert/references", "not a reference");
}

#[test]
fn an_info_that_expires_too_early_is_refused() {
    let early = fault("2026-01-16T10:04:05+01:00", "2026-01-15T11:04:04+01:00");
    assert_fault(&early, 17, "alert/info[1]/expires", "before the alert was sent");
    let effective = "<effective>2026-01-17T00:00:00-00:00</effective>\n<expires>";
    assert_fault(&fault("<expires>", effective), 18, "alert/info[1]/expires", "before it takes effect");
}

#[test]
fn a_time_that_cannot_be_read_spawns_no_second_fault() {
    // The placeholder of `sent` lies before every reference, and after nothing.
    let reference = "<references>a@b,1,2026-01-14T10:04:05-00:00</references><info>";
    let text = SMALL.replace("05-00:00", "05Z").replace("<info>", reference);
    assert_eq!(read(text.as_bytes()).unwrap_err().len(), 1);
}

#[test]
fn polygons_must_be_closed_and_simple() {
    let polygon = "15.4,-7.1 15.4,-6.9 15.6,-6.9 15.4,-7.1";
    let element = "alert/info[1]/area[1]/polygon[1]";
    assert_fault(&fault(polygon, "15.4,-7.1 15.4,-6.9 15.6,-6.9 15.5,-7.1"), 20, element, "is open");
    assert_fault(&fault(polygon, "15.4,-7.1 15.4,-6.9 15.4,-7.1"), 20, element, "3 points");
    assert_fault(&fault(polygon, "0,0 2,2 2,0 0,2 0,0"), 20, element, "crosses");
    assert_fault(&fault(polygon, "0,0 2,2 92,0 0,2 0,0"), 20, element, "point 3");
    assert_fault(&fault("25.0", "-1"), 21, "alert/info[1]/area[1]/circle[1]", "radius");
}

#[test]
fn malformed_languages_and_html_are_refused() {
    assert_fault(&fault("<language>fr", "<language>fr_ML"), 11, "alert/info[1]/language", "fr_ML");
    assert_fault(&fault("Vol de", "Vol&lt;br /&gt;de"), 13, "alert/info[1]/event", "`<br />`");
    assert_fault(&fault("Vol de", "<![CDATA[<script>]]>"), 13, "alert/info[1]/event", "`<script>`");
}

#[test]
fn control_and_direction_characters_are_refused() {
    assert_fault(&fault("Vol de", "Vol \u{202e}de"), 13, "alert/info[1]/event", "U+202E");
    assert_fault(&fault("Vol de", "Vol &#x202e;de"), 13, "alert/info[1]/event", "U+202E");
    assert_fault(&fault("Vol de", "Vol &#x9b;de"), 13, "alert/info[1]/event", "U+009B");
    assert_fault(&fault("Adel", "\u{200f}Adel"), 19, "alert/info[1]/area[1]/areaDesc", "U+200F");
    assert!(fault("Vol de", "Vol &#1;de").message.contains("not well-formed"));
}

#[test]
fn all_faults_are_reported_in_the_order_of_the_file() {
    let text = SMALL
        .replace("<status>Exercise", "<status>Real")
        .replace("<scope>Restricted</scope>\n", "")
        .replace("fr<", "fr_FR<")
        .replace("25.0", "many");
    let faults = read(text.as_bytes()).unwrap_err();
    let elements: Vec<_> = faults.iter().map(|fault| (fault.line, fault.element.as_str())).collect();
    assert_eq!(
        elements,
        [
            (6, "alert/status"),
            (8, "alert/scope"),
            (10, "alert/info[1]/language"),
            (20, "alert/info[1]/area[1]/circle[1]"),
        ]
    );
    let shown = faults[0].to_string();
    assert_eq!(
        shown,
        "line 6: alert/status: `Real` is not one of CAP's words; expected Actual, Exercise, System, Test, Draft"
    );
}

#[test]
fn dtds_and_entities_are_refused_before_any_is_read() {
    let bomb = "?>\n<!DOCTYPE alert [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>";
    assert_fault(&fault("?>", bomb), 2, "alert", "DTD");
    assert_fault(&fault("Vol de", "Vol &xxe; de"), 13, "alert", "`&xxe;`");
}

#[test]
fn other_encodings_are_refused_with_their_line() {
    assert_fault(&fault("UTF-8", "ISO-8859-1"), 1, "alert", "`iso-8859-1`");
    assert_fault(&fault("UTF-8", "US-ASCII"), 13, "alert", "not US-ASCII");
    let mut latin = SMALL.replace('é', "?").into_bytes();
    let at = latin.iter().rposition(|byte| *byte == b'?').unwrap();
    latin[at] = 0xe9;
    assert_fault(&read(&latin).unwrap_err()[0], 13, "alert", "not UTF-8");
    let utf16: Vec<u8> =
        std::iter::once(0xfeff).chain(SMALL.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    assert_fault(&read(&utf16).unwrap_err()[0], 1, "alert", "UTF-16");
}

#[test]
fn json_is_called_json_with_the_command_that_reads_it() {
    for json in ["{ \"identifier\": \"x\" }", "\u{feff}\n {", "[]"] {
        let faults = read(json.as_bytes()).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_fault(&faults[0], 1, "alert", "holds JSON, not XML");
        assert!(faults[0].expected.contains("`karakoro cap write`"), "{}", faults[0]);
    }
}

#[test]
fn a_byte_order_mark_and_ascii_are_taken() {
    assert_eq!(read(format!("\u{feff}{SMALL}").as_bytes()), read(SMALL.as_bytes()));
    let ascii = SMALL.replace('é', "&#xe9;").replace("UTF-8", "us-ascii");
    assert_eq!(read(ascii.as_bytes()), read(SMALL.as_bytes()));
}

#[test]
fn hostile_sizes_are_refused_in_little_time() {
    let refused = |text: String| read(text.as_bytes()).unwrap_err().remove(0).message;
    assert!(refused(" ".repeat(MAX_CAP_BYTES + 1)).contains("more than 8388608 bytes"));
    let attributes: String = (0..100_000).map(|n| format!(" a{n}=''")).collect();
    assert!(refused(format!("<alert{attributes}/>")).contains("attributes"));
    let namespaces: String = (0..10_000).map(|n| format!("<a xmlns:b{n}='c'/>")).collect();
    assert!(refused(format!("<alert>{namespaces}</alert>")).contains("namespaces"));
    assert!(refused(format!("<alert>{}</alert>", "<a/>".repeat(200_000))).contains("too many elements"));
    assert!(refused("<a>".repeat(300_000)).contains("too many"));
    let repeated = format!("{}{}<info>", "<code/>".repeat(40_000), "<note/>".repeat(40_000));
    assert_eq!(faults("<info>", &repeated).len(), crate::domain::alert::limits::MAX_FAULTS);
}

#[test]
fn broken_xml_is_refused_with_its_line() {
    assert_fault(&fault("</areaDesc>", "</areadesc>"), 19, "alert", "not well-formed");
    assert_fault(&fault("</alert>", ""), 23, "alert", "ends before");
    assert!(read(b"").unwrap_err()[0].message.contains("no XML element"));
}

#[test]
fn a_processing_instruction_is_a_notice() {
    let reading = accepted("<alert", "<?xml-stylesheet href='x'?>\n<alert");
    assert_eq!(reading.notices, ["line 2: a processing instruction is present; it is not followed"]);
}

#[test]
fn embedded_content_is_carried_as_bytes_and_its_digest_is_a_notice() {
    let resource = |content: &str| {
        format!(
            "<resource><resourceDesc>voix</resourceDesc><mimeType>audio/mpeg</mimeType><size>5</size>\
             <derefUri>{content}</derefUri><digest>aaf4c61d</digest></resource>\n<area>"
        )
    };
    let reading = accepted("<area>", &resource("aGVs\n bG8="));
    assert_eq!(reading.alert.infos[0].resources[0].embedded.as_ref().unwrap().0, "hello");
    assert_eq!(reading.notices, ["alert/info[1]/resource[1]/digest is carried, but not checked"]);
    assert_fault(&fault("<area>", &resource("a*")), 18, "alert/info[1]/resource[1]/derefUri", "base64");
    assert_eq!(accepted("<area>", &resource(" ")).alert.infos[0].resources[0].embedded, None);
}

/// What is known of the real files: the elements that are refused, none for a valid file.
const REAL: [(&str, &[&str]); 13] = [
    ("example-mr-ml.xml", &[]),
    ("v1dot2_appendix_adot1.xml", &[]),
    ("v1dot2_appendix_adot2.xml", &[]),
    ("v1dot2_appendix_adot3.xml", &[]),
    ("v1dot2_appendix_adot4.xml", &[]),
    ("cap_amber_alert_example.xml", &[]),
    ("canada.cap", &[]),
    ("ipaws-signed.xml", &[]),
    ("invalid.cap", &["alert/scope"]),
    ("xee.cap", &["alert"]),
    ("earthquake.cap", &["alert"]),
    ("no_optional_fields.cap", &["alert"]),
    ("australia.cap", &["alert/info[1]/description", "alert/info[2]/description"]),
];

#[test]
fn real_alerts_get_the_verdicts_that_the_schema_and_the_prose_give() {
    for (name, refused) in REAL {
        let Ok(bytes) = std::fs::read(folder().join(name)) else {
            eprintln!("skipped: {name} is not in ../shared/data/cap");
            continue;
        };
        let verdict = read(&bytes);
        let faults = verdict.as_ref().err().cloned().unwrap_or_default();
        let elements: Vec<_> = faults.iter().map(|fault| fault.element.as_str()).collect();
        assert_eq!(elements, refused, "{name}: {faults:#?}");
        if let Ok(Reading { alert, notices }) = verdict {
            assert_eq!(Alert::decode(&alert.encode()).as_ref(), Ok(&alert), "{name}");
            assert_eq!(Alert::from_json(&alert.to_json()).as_ref(), Ok(&alert), "{name}");
            assert_eq!(notices.len(), usize::from(name == "ipaws-signed.xml"), "{name}: {notices:?}");
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_answered_without_panic(bytes in any::<Vec<u8>>()) {
        let _ = read(&bytes);
    }

    #[test]
    fn a_changed_alert_is_answered_without_panic(
        at in any::<prop::sample::Index>(),
        cut in 0_usize..40,
        put in "[<>&;/=\"' a-zA-Z0-9\u{202e}é]{0,12}",
    ) {
        let mut bytes = SMALL.as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes.splice(at..(at + cut).min(bytes.len()), put.bytes());
        if let Ok(reading) = read(&bytes) {
            prop_assert_eq!(reading.alert.validate(), vec![]);
        }
    }
}
