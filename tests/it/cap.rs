//! CAP files in and out, on the command line.

use std::fs;
use std::path::{Path, PathBuf};

use karakoro_proto::domain::Mode;
use karakoro_proto::domain::alert::Alert;
use karakoro_proto::domain::cap;
use karakoro_proto::envelope::MessageId;
use karakoro_tests::command::{self, Answer};
use karakoro_tests::countries::Countries;
use karakoro_tests::officer::{Officer, alert};
use karakoro_tests::running::{self, Node};
use serde_json::Value;
use tempfile::TempDir;

/// The alert of the manual.
fn cap_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/cap/example-mr-ml.xml")
}

fn cap(verb: &str, file: &Path) -> Answer {
    command::bare(["cap".as_ref(), verb.as_ref(), file.as_os_str()])
}

fn file(folder: &TempDir, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

#[track_caller]
fn read(xml: &str) -> Alert {
    cap::read(xml.as_bytes()).unwrap().alert
}

fn export(node: &Node, id: impl ToString) -> Answer {
    command::at(&node.home().path, ["cap", "export", &id.to_string()])
}

#[test]
fn json_and_xml_are_written_as_the_alert_that_they_hold() {
    let folder = tempfile::tempdir().unwrap();
    let json = alert("Vol à Adel Bagrou").to_json();
    for bytes in [json.clone(), format!("\u{feff}{json}")] {
        let written = cap("write", &file(&folder, "alert.json", bytes)).expect_exit(0);
        assert_eq!(read(&written.out), alert("Vol à Adel Bagrou"));
        assert_eq!(written.talk, "");
    }
    let again = cap("write", &cap_file()).expect_exit(0);
    assert_eq!(read(&again.out), read(&fs::read_to_string(cap_file()).unwrap()));
    cap("check", &file(&folder, "again.xml", &again.out)).expect_exit(0);
}

#[test]
fn programs_get_the_xml_within_json() {
    let written =
        command::bare(["--json".as_ref(), "cap".as_ref(), "write".as_ref(), cap_file().as_os_str()]);
    let answer = written.expect_exit(0).json();
    assert_eq!((&answer["schema"], &answer["ok"]), (&"karakoro/cap/1".into(), &true.into()));
    assert_eq!(answer["xml"].as_str().unwrap(), cap("write", &cap_file()).out);
}

#[test]
fn what_cannot_be_written_is_told_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let changed = |name: &str, change: &dyn Fn(&mut Value)| {
        let mut json: Value = serde_json::from_str(&alert("x").to_json()).unwrap();
        change(&mut json);
        file(&folder, name, json.to_string())
    };
    let faulty = cap("write", &changed("faulty.json", &|json| json["identifier"] = "a b".into()));
    faulty.expect_exit(1).expect_talk(&["nothing was written", "faulty.json", "alert/identifier"]);
    let red =
        cap("write", &changed("red.json", &|json| json["restriction"] = "TLP:RED".into())).expect_exit(5);
    red.expect_talk(&["red.json", "TLP:RED", "Restricted", "Private, with the addresses"]);
    assert_eq!(red.out, "");
    let private = |json: &mut Value| {
        json["restriction"] = "TLP:RED".into();
        json["scope"] = "Private".into();
        json["addresses"] = vec!["ml.hq"].into();
    };
    cap("write", &changed("private.json", &private)).expect_exit(0);
    let public = cap("write", &changed("public.json", &|json| json["scope"] = "Public".into()));
    public.expect_exit(5).expect_talk(&["TLP:AMBER+STRICT", "Public"]);
    cap("write", &folder.path().join("none.json")).expect_exit(3).expect_talk(&["none.json"]);
}

#[test]
fn a_check_of_json_names_the_command_that_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let checked = cap("check", &file(&folder, "alert.json", alert("x").to_json())).expect_exit(1);
    checked.expect_talk(&["alert.json", "holds JSON, not XML", "`karakoro cap write`", "`karakoro send`"]);
    // The command that is named reads all JSON itself.
    cap("write", &file(&folder, "list.json", "[]")).expect_exit(1).expect_talk(&["list.json", "alert"]);
}

#[test]
fn a_file_that_is_too_large_is_not_given_a_size_that_it_does_not_have() {
    let folder = tempfile::tempdir().unwrap();
    let xml = file(&folder, "large.xml", vec![b' '; 9 << 20]);
    cap("check", &xml).expect_exit(1).expect_talk(&["more than 8388608 bytes"]);
    // Cut where reading stops, it would be broken JSON, or broken within a character.
    let mut json = "{\"note\":\"".to_owned();
    json.push_str(&"é".repeat(5 << 20));
    cap("write", &file(&folder, "large.json", json)).expect_exit(1).expect_talk(&["more than 4194304 bytes"]);
}

#[test]
fn both_countries_export_the_alert_that_was_sent() {
    let countries = Countries::new();
    let [mr, ml] = running::both(&countries.mr, &countries.ml);
    let file = cap_file();
    let arguments = ["send".as_ref(), "--wait".as_ref(), "received".as_ref(), file.as_os_str()];
    let id = command::at(&countries.mr.path, arguments).expect_exit(0).out.trim().to_owned();
    for node in [&mr, &ml] {
        let exported = export(node, &id).expect_exit(0);
        assert_eq!(read(&exported.out), read(&fs::read_to_string(cap_file()).unwrap()));
        assert_eq!(exported.talk, "");
    }
    let ack = command::at(&countries.ml.path, ["ack", &id]).expect_exit(0).out.trim().to_owned();
    let refused = export(&ml, ack).expect_exit(5);
    refused.expect_talk(&["has no CAP form", "alerts have one"]);
    assert_eq!(refused.out, "");
    export(&ml, "0190f3c2-7d4e-7a11-9c55-3f0f2d1a8b01").expect_exit(1);
}

/// An alert under a header of its author's making, sealed.
fn sealed(node: &Node, alert: &Alert, mode: Mode) -> MessageId {
    let officer = Officer::of(node.home());
    let mut header = officer.header();
    header.mode = mode;
    let signed = officer.signed(header, alert.encode());
    signed.submit(&mut node.client()).unwrap();
    signed.id
}

#[test]
fn an_exercise_is_exported_as_an_exercise() {
    let countries = Countries::new();
    let node = Node::start(&countries.mr, &[]);
    let id = sealed(&node, &alert("exercise"), Mode::Exercise);
    export(&node, id).expect_exit(0);
}
