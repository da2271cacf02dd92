//! The watchlist on the command line: entries and their lives, imports that are whole or nothing, charts that leave.

use std::fs;
use std::path::{Path, PathBuf};

use karakoro_proto::domain::terms::Category;
use karakoro_proto::domain::watchlist::table;
use karakoro_proto::time::UnixMillis;
use karakoro_tests::command::{self, Answer};
use karakoro_tests::countries::{Countries, Home, now};
use karakoro_tests::running::{self, Node};
use karakoro_tests::{executable, wait};
use serde_json::{Value, json};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

fn days_ahead(days: u64) -> UnixMillis {
    now().saturating_add(days * DAY_MS)
}

fn grounds() -> Value {
    json!({
        "handling": "H2", "purpose": "STOLEN_PROPERTY",
        "evaluation": { "source": "B", "information": "2" },
        "basis": {
            "instrument": "THEFT_REPORT", "reference": "EX-17", "authority": "Commissariat d’exemple",
            "decided_ms": "2026-01-10T00:00:00Z",
        },
    })
}

/// An invented vehicle that is looked for until `expires`.
fn vehicle(plate: &str, review: UnixMillis, expires: UnixMillis) -> Value {
    json!({
        "mode": "Exercise", "tlp": "TLP:AMBER", "grounds": grounds(),
        "content": {
            "action": "SEIZE", "valid_from_ms": "2026-01-15T00:00:00Z", "review_due_ms": review,
            "expires_ms": expires, "case_ref": "EX-2026-000017",
            "subject": { "vehicle": { "plate": plate, "country": "MRT", "colour": "blanc" } },
        },
    })
}

fn person() -> Value {
    let mut file = vehicle("x", days_ahead(100), days_ahead(200));
    file["content"]["action"] = "DISCREET_CHECK".into();
    file["grounds"]["purpose"] = "SERIOUS_CRIME".into();
    file["content"]["subject"] = json!({ "person": {
        "names": [{ "value": "Demba Fictif", "kind": "BIRTH", "script": "LATIN", "reliability": "HIGH" }],
        "birth": { "year": 1990, "exactness": "YEAR" }, "status": "SOUGHT", "minor": false,
    }});
    file
}

fn file(countries: &Countries, name: &str, content: &Value) -> PathBuf {
    let path = countries.folder().join(name);
    fs::write(&path, content.to_string()).unwrap();
    path
}

fn run(home: &Home, arguments: &[&str]) -> Answer {
    command::at(&home.path, [&["--json", "watchlist"], arguments].concat())
}

fn with_file(home: &Home, arguments: &[&str], file: &Path) -> Answer {
    run(home, &[arguments, &[file.to_str().unwrap()]].concat())
}

/// Adds an entry; returns its id.
fn added(home: &Home, countries: &Countries, entry: &Value) -> String {
    let answer = with_file(home, &["propose"], &file(countries, "entry.json", entry)).expect_exit(0);
    answer.json()["messages"][0]["id"].as_str().unwrap().to_owned()
}

fn listed(home: &Home, arguments: &[&str]) -> Vec<Value> {
    let answer = run(home, &[&["ls"], arguments].concat()).expect_exit(0);
    answer.json()["entries"].as_array().unwrap().clone()
}

fn standing(home: &Home, id: &str) -> String {
    let shown = run(home, &["show", id]).expect_exit(0).json();
    shown["entry"]["standing"].as_str().unwrap().to_owned()
}

/// Waits until a home knows this version of an entry.
fn arrived(home: &Home, id: &str, version: u32) {
    wait::for_fact("the entry is here in this version", || {
        let shown = run(home, &["show", id]);
        (shown.exit == Some(0) && shown.json()["entry"]["version"] == version).then_some(())
    });
}

/// A table of so many vehicles; the line of `bad` has faults.
fn vehicles(countries: &Countries, name: &str, rows: usize, bad: Option<usize>) -> PathBuf {
    let mut text = String::from(
        "mode,handling,purpose,evaluation.source,evaluation.information,basis.instrument,basis.reference,\
         basis.authority,basis.decided,action,valid_from,review_due,expires,vehicle.plate,vehicle.country\n",
    );
    let day = |days| days_ahead(days).to_string()[..10].to_owned();
    let (review, expires) = (day(100), day(200));
    for row in 0..rows {
        let action = if bad == Some(row) { "SIEZE" } else { "SEIZE" };
        text.push_str(&format!(
            "Exercise,H2,STOLEN_PROPERTY,B,2,THEFT_REPORT,EX-17,Commissariat d’exemple,2026-01-10,{action},\
             2026-01-15,{review},{expires},EX {row:05},MRT\n"
        ));
    }
    let path = countries.folder().join(name);
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn an_entry_is_added_amended_and_withdrawn_and_its_history_says_what_changed() {
    let countries = Countries::new();
    let (mr, ml) = (&countries.mr, &countries.ml);
    let _nodes = running::both(mr, ml);
    let (review, expires) = (days_ahead(100), days_ahead(200));
    let id = added(mr, &countries, &vehicle("EXEMPLE 17", review, expires));
    arrived(ml, &id, 1);

    let mut second = vehicle("EXEMPLE 17", review, expires);
    second["content"]["subject"]["vehicle"]["colour"] = "vert".into();
    let second = file(&countries, "second.json", &second);
    // Only its owner changes it.
    let refused = with_file(ml, &["amend", &id, "--reason", "NEW_INFORMATION"], &second).expect_exit(5);
    refused.expect_talk(&["only its owner"]);
    run(ml, &["withdraw", &id, "--reason", "ERROR"]).expect_exit(5).expect_talk(&["only its owner"]);
    with_file(mr, &["amend", &id, "--reason", "NEW_INFORMATION"], &second).expect_exit(0);
    arrived(ml, &id, 2);
    run(mr, &["withdraw", &id, "--reason", "PURPOSE_MET", "--note", "Retrouvé."]).expect_exit(0);
    assert_eq!(standing(mr, &id), "withdrawn", "here at once");
    arrived(ml, &id, 3);
    assert_eq!(standing(ml, &id), "withdrawn");

    for home in [mr, ml] {
        let history = run(home, &["history", &id]).expect_exit(0).json();
        let versions = history["versions"].as_array().unwrap();
        let changes: Vec<&str> = versions.iter().map(|version| version["change"].as_str().unwrap()).collect();
        assert_eq!(changes, ["ADD", "AMEND", "WITHDRAW"]);
        let changed = &versions[1]["changed"];
        assert_eq!(changed.as_array().unwrap().len(), 1, "{changed}");
        assert_eq!(changed[0]["path"], "content.subject.vehicle.colour");
        assert_eq!((&changed[0]["old"], &changed[0]["new"]), (&json!("blanc"), &json!("vert")));
        assert_eq!(versions[2]["reason"], "PURPOSE_MET");
    }
    assert!(listed(mr, &[]).is_empty());
    assert_eq!(listed(mr, &["--ended"]).len(), 1);
    // What has ended is not changed any more.
    with_file(mr, &["amend", &id, "--reason", "NEW_INFORMATION"], &second).expect_exit(5);
}

#[test]
fn an_entry_expires_by_the_local_clock_with_the_link_down() {
    let countries = Countries::new();
    let (mr, ml) = (&countries.mr, &countries.ml);
    let [mr_node, ml_node] = running::both(mr, ml);
    let expires = now().saturating_add(15_000);
    let id = added(mr, &countries, &vehicle("EXEMPLE 17", expires, expires));
    arrived(ml, &id, 1);
    mr_node.kill();
    wait::for_fact("it has expired", || (standing(ml, &id) == "expired").then_some(()));
    assert!(now() >= expires);
    assert!(listed(ml, &[]).is_empty());
    assert_eq!(listed(ml, &["--all", "--owner", "MR", "--category", "VEHICLE"]).len(), 1);
    assert!(ml_node.stop().success());
}

#[test]
fn reviews_that_are_due_are_counted_everywhere_and_told_once() {
    let countries = Countries::new();
    let (mr, ml) = (&countries.mr, &countries.ml);
    let _nodes = running::both(mr, ml);
    let id = added(mr, &countries, &vehicle("EXEMPLE 17", days_ahead(10), days_ahead(200)));
    added(mr, &countries, &vehicle("EXEMPLE 18", days_ahead(90), days_ahead(200)));
    let status = command::at(&mr.path, ["--json", "status"]).json();
    assert_eq!((&status["watchlist"]["due"], &status["watchlist"]["active"]), (&json!(1), &json!(2)));
    let due = listed(mr, &["--due", "30"]);
    assert_eq!(due.len(), 1);
    assert_eq!((&due[0]["id"], &due[0]["due"]), (&json!(id), &json!(true)));
    assert_eq!(run(mr, &["due", "--send"]).expect_exit(0).json()["messages"].as_array().unwrap().len(), 1);
    assert_eq!(run(mr, &["due", "--send"]).expect_exit(0).json()["messages"].as_array().unwrap().len(), 0);
    arrived(ml, &id, 1);
    wait::for_fact("the notice is in the other country's history", || {
        let history = run(ml, &["history", &id]).expect_exit(0).json();
        (history["about"][0]["kind"] == "review-notice").then_some(())
    });
}

#[test]
fn a_batch_with_one_bad_row_is_wholly_refused_with_a_line_for_each_row() {
    let countries = Countries::new();
    let _node = Node::start(&countries.mr, &[]);
    let path = vehicles(&countries, "bad.csv", 5, Some(2));
    let arguments = ["watchlist".as_ref(), "import".as_ref(), path.as_os_str()];
    let refused = command::at(&countries.mr.path, arguments).expect_exit(1);
    let lines: Vec<&str> = refused.out.lines().collect();
    assert_eq!(lines.len(), 5, "{lines:#?}");
    for (line, said) in (2..).zip(&lines) {
        assert!(said.starts_with(&format!("line {line}: ")), "{said}");
    }
    assert!(lines[2].contains("action") && lines[2].contains("SEIZE"), "{lines:#?}");
    refused.expect_talk(&["refused as a whole"]);
    assert!(listed(&countries.mr, &["--all"]).is_empty(), "nothing was sealed");
    assert!(!countries.mr.path.join("data/imports/pending.batch").exists());
}

#[test]
fn an_import_is_checked_sealed_and_listed_on_both_sides() {
    const ROWS: usize = 500;
    let countries = Countries::new();
    let (mr, ml) = (&countries.mr, &countries.ml);
    let nodes = running::both(mr, ml);
    let path = vehicles(&countries, "good.csv", ROWS, None);
    let dry = with_file(mr, &["import", "--dry-run"], &path).expect_exit(0).json();
    assert_eq!((&dry["checked"], &dry["sealed"]), (&json!(ROWS), &json!(0)));
    assert!(listed(mr, &["--all"]).is_empty());
    let done = with_file(mr, &["import"], &path).expect_exit(0).json();
    assert_eq!(done["sealed"], ROWS);
    running::settled(&nodes);
    wait::for_fact("the other country lists all of them", || (listed(ml, &[]).len() == ROWS).then_some(()));
}

#[test]
fn an_import_that_was_killed_halfway_is_finished_without_doubles() {
    const ROWS: usize = 3_000;
    let countries = Countries::new();
    let mr = &countries.mr;
    let node = Node::start(mr, &[]);
    let path = vehicles(&countries, "long.csv", ROWS, None);
    let pending = mr.path.join("data/imports/pending.batch");
    let mut import = std::process::Command::new(executable::karakoro());
    import.arg("--home").arg(&mr.path).args(["watchlist", "import"]).arg(&path);
    let mut import = import.stdout(std::process::Stdio::null()).spawn().unwrap();
    wait::for_fact("the batch is durable", || pending.exists().then_some(()));
    import.kill().unwrap();
    import.wait().unwrap();
    // A power cut takes the node too.
    node.kill();
    let node = Node::start(mr, &[]);
    let sealed_before = listed(mr, &["--all"]).len();
    let resumed = run(mr, &["import", "--resume"]).expect_exit(0).json();
    if pending_was_left(&resumed) {
        let rows = resumed["rows"].as_array().unwrap();
        assert_eq!(rows.len(), ROWS);
        let again = rows.iter().filter(|row| row["again"] == true).count();
        assert_eq!(again, sealed_before, "what was sealed before is not sealed again");
    }
    assert_eq!(listed(mr, &["--all"]).len(), ROWS);
    assert!(!pending.exists());
    assert!(node.stop().success());
}

/// The import may have been done before the kill struck: then there is nothing to resume.
fn pending_was_left(resumed: &Value) -> bool {
    resumed["sealed"] != 0
}

#[test]
fn persons_need_a_second_officer_who_sees_which_batch_it_is() {
    let countries = Countries::new();
    let mr = &countries.mr;
    command::at(&mr.path, ["certs", "issue", "officer", "--label", "hq-2"]).expect_exit(0);
    let keys = ["officer-hq-1.key", "officer-hq-2.key"].map(|name| mr.path.join("keys").join(name));
    let [first, second] = keys.each_ref().map(|key| key.to_str().unwrap());
    let node = Node::start(mr, &[]);
    let list = file(&countries, "persons.json", &json!([person()]));
    let batch = countries.folder().join("persons.batch");
    with_file(mr, &["import", "--key", first], &list).expect_exit(1);
    let proposed =
        run(mr, &["import", "--key", first, "--propose", batch.to_str().unwrap(), list.to_str().unwrap()]);
    let digest = proposed.expect_exit(0).json()["digest"].as_str().unwrap().to_owned();
    assert!(listed(mr, &[]).is_empty());
    let approve = |key: &str, seen: &str| {
        run(mr, &["approve-batch", batch.to_str().unwrap(), "--key", key, "--yes", "--seen", seen])
    };
    approve(first, &digest).expect_exit(5).expect_talk(&["another one approves it"]);
    approve(second, &"0".repeat(64)).expect_exit(5).expect_talk(&["another batch"]);
    assert!(listed(mr, &[]).is_empty());
    approve(second, &digest).expect_exit(0);
    let entries = listed(mr, &["--category", "PERSON"]);
    let signers = entries[0]["newest"]["signers"].as_array().unwrap();
    let purposes: Vec<&str> = signers.iter().map(|signer| signer["purpose"].as_str().unwrap()).collect();
    assert_eq!(purposes, ["author", "approver"]);
    assert!(node.stop().success());
}

#[test]
fn a_chart_takes_what_may_leave_and_every_export_is_recorded() {
    let countries = Countries::new();
    let mr = &countries.mr;
    let _node = Node::start(mr, &[]);
    let (review, expires) = (days_ahead(100), days_ahead(200));
    added(mr, &countries, &vehicle("EXERCICE 1", review, expires));
    let mut actual = vehicle("REEL 1", review, expires);
    actual["mode"] = "Actual".into();
    let kept = added(mr, &countries, &actual);
    let mut strict = actual.clone();
    strict["tlp"] = "TLP:AMBER+STRICT".into();
    strict["content"]["subject"]["vehicle"]["plate"] = "REEL 2".into();
    added(mr, &countries, &strict);
    let out = countries.folder().join("chart");
    let export = || {
        let arguments = ["--json", "export", "i2", "--tlp", "TLP:AMBER", "--out", out.to_str().unwrap()];
        command::at(&mr.path, arguments)
    };
    let export_of = |answer: Answer| answer.expect_exit(0).json()["export"].clone();
    let told = export_of(export());
    assert_eq!((&told["entities"], &told["withheld"]), (&json!(1), &json!(2)));
    let entities = fs::read_to_string(out.join("entities.csv")).unwrap();
    assert!(entities.contains("REEL 1") && entities.contains(&kept), "{entities}");
    assert!(!entities.contains("EXERCICE") && !entities.contains("REEL 2"), "{entities}");
    assert!(out.join("chart.anx").exists() && out.join("links.csv").exists());
    // A folder that is there is not written over, and no export is recorded that never was.
    export().expect_exit(2);
    let record = fs::read_to_string(mr.path.join("data/exports.log")).unwrap();
    assert_eq!(record.lines().count(), 1, "{record}");
    assert!(!record.contains("REEL"), "no names: {record}");
    assert_eq!(serde_json::from_str::<Value>(record.lines().next().unwrap()).unwrap(), told);
}

#[test]
fn hits_stand_in_the_history_and_on_the_chart() {
    let countries = Countries::new();
    let (mr, ml) = (&countries.mr, &countries.ml);
    let _nodes = running::both(mr, ml);
    let id = added(mr, &countries, &vehicle("EXEMPLE 17", days_ahead(100), days_ahead(200)));
    arrived(ml, &id, 1);
    for (outcome, action) in [("NOT_SAME", "NONE_DUE"), ("CONFIRMED", "DONE")] {
        let hit = json!({
            "kind": "hit-report", "mode": "Exercise", "tlp": "TLP:AMBER",
            "refs": [{ "id": id, "relation": "HIT_ON" }],
            "grounds": grounds(),
            "content": {
                "entry": id, "version": 1, "at_ms": now(), "post": "ML-P-NARA", "matched": ["PLATE"],
                "outcome": outcome, "action": action, "adults_along": 1, "minors_along": 0,
            },
        });
        let hit = file(&countries, "hit.json", &hit);
        command::at(&ml.path, ["send".as_ref(), hit.as_os_str()]).expect_exit(0);
    }
    let outcomes = wait::for_fact("the owner has both hits", || {
        let history = run(mr, &["history", &id]).expect_exit(0).json();
        let about = history["about"].as_array().unwrap().clone();
        (about.len() == 2).then_some(about)
    });
    let mut outcomes: Vec<String> =
        outcomes.iter().map(|hit| hit["content"]["outcome"].as_str().unwrap().to_owned()).collect();
    outcomes.sort();
    assert_eq!(outcomes, ["CONFIRMED", "NOT_SAME"]);
    let out = countries.folder().join("chart");
    let arguments = ["--json", "export", "i2", "--exercise", "--out", out.to_str().unwrap()];
    let told = command::at(&mr.path, arguments).expect_exit(0).json()["export"].clone();
    assert_eq!((&told["entities"], &told["links"]), (&json!(2), &json!(2)), "the vehicle and the post");
    let links = fs::read_to_string(out.join("links.csv")).unwrap();
    assert!(links.contains("Hit NOT_SAME") && links.contains("Hit CONFIRMED"), "{links}");
}

#[test]
fn every_column_is_in_the_document() {
    let text = fs::read_to_string(executable::workspace().join("docs/watchlist.md")).unwrap();
    for category in Category::ALL {
        for column in table::columns(*category) {
            let row = format!("| `{}` | {} |", column.name, column.form.as_str());
            assert!(text.contains(&row), "{row} is not in docs/watchlist.md");
        }
    }
}
