//! Two officers at one desk: what one proposes another approves, refuses, or finds changed.

use std::fs;
use std::path::PathBuf;

use karakoro_certs::Days;
use karakoro_proto::accord::example_effective;
use karakoro_proto::envelope::{self, MessageId};
use karakoro_proto::leaf::SigningPurpose;
use karakoro_proto::service::drafts::{DraftRequest, DraftResponse};
use karakoro_proto::service::{Request, Response};
use karakoro_proto::time::UnixMillis;
use karakoro_tests::command::{self, Answer};
use karakoro_tests::countries::{Countries, Home, now};
use karakoro_tests::files::snapshot;
use karakoro_tests::running::{self, Node};
use karakoro_tests::wait;
use serde_json::{Value, json};

/// Two countries of two officers each, `hq-1` and `hq-2`.
fn countries() -> Countries {
    let now = now();
    let countries = Countries::strangers(now, Days::DEFAULT);
    for home in countries.both() {
        command::at(&home.path, ["certs", "issue", "officer", "--label", "hq-2"]).expect_exit(0);
    }
    countries.ml.import(&countries.mr.bundle(now), now);
    countries.mr.import(&countries.ml.bundle(now), now);
    countries.both().iter().for_each(|home| home.create_logs());
    countries.agree(&example_effective(UnixMillis::default()));
    countries
}

fn key(home: &Home, officer: u8) -> String {
    home.path.join(format!("keys/officer-hq-{officer}.key")).display().to_string()
}

/// A command of one of the officers.
fn officer(number: u8, home: &Home, arguments: &[&str]) -> Answer {
    let key = key(home, number);
    command::at(&home.path, arguments.iter().copied().chain(["--key", &key]))
}

fn template(arguments: &[&str]) -> Value {
    let answer = command::bare(["template"].iter().chain(arguments)).expect_exit(0);
    serde_json::from_str(&answer.out).expect("a template is JSON")
}

fn file(countries: &Countries, name: &str, message: &Value) -> String {
    let path: PathBuf = countries.folder().join(name);
    fs::write(&path, message.to_string()).expect("a file of the test");
    path.display().to_string()
}

/// An alert that only its named recipients may see.
fn red_alert() -> Value {
    let mut alert = template(&["alert"]);
    let content = alert["content"].as_object_mut().expect("an alert");
    content.insert("restriction".to_owned(), "TLP:RED".into());
    content.insert("scope".to_owned(), "Private".into());
    content.insert("addresses".to_owned(), json!(["ML-HQ"]));
    alert
}

/// Proposes as the first officer; returns the draft's id.
fn proposed(home: &Home, file: &str) -> String {
    officer(1, home, &["propose", file]).expect_exit(0).out.trim().to_owned()
}

fn shown(home: &Home, id: &str) -> Value {
    command::at(&home.path, ["--json", "drafts", "show", id]).expect_exit(0).json()["draft"].clone()
}

fn fingerprint(home: &Home, id: &str) -> String {
    shown(home, id)["fingerprint"].as_str().expect("a fingerprint").to_owned()
}

/// How the list says that a draft stands.
fn listed(home: &Home, id: &str) -> Value {
    let drafts = command::at(&home.path, ["--json", "drafts"]).expect_exit(0).json()["drafts"].clone();
    let drafts = drafts.as_array().expect("a list");
    drafts.iter().find(|draft| draft["id"] == id).expect("the draft is listed").clone()
}

fn approve(number: u8, home: &Home, id: &str, seen: &str) -> Answer {
    officer(number, home, &["approve", id, "--yes", "--seen", seen])
}

fn verdict(home: &Home, id: &str) -> Value {
    wait::for_fact("the verdict is here", || {
        let shown = command::at(&home.path, ["--json", "show", id]).expect_exit(0).json();
        Some(shown["message"]["facts"].clone()).filter(|facts| !facts["verdict"].is_null())
    })
}

#[test]
fn a_person_is_listed_by_two_officers_and_never_by_one() {
    let countries = countries();
    let home = &countries.mr;
    let _nodes = running::both(&countries.mr, &countries.ml);
    let person = file(&countries, "person.json", &template(&["watchlist-update", "--person"]));
    officer(1, home, &["send", &person]).expect_exit(5).expect_talk(&["two persons", "karakoro propose"]);

    let id = proposed(home, &person);
    let draft = shown(home, &id);
    assert_eq!(draft["message"]["content"]["content"]["subject"]["person"]["father"], "Fictif Ould Exemple");
    assert_eq!(draft["message"]["content"]["entry"], id.as_str(), "an entry is named by its message");
    let seen = fingerprint(home, &id);
    approve(1, home, &id, &seen).expect_exit(5).expect_talk(&["author cannot approve"]);
    officer(2, home, &["approve", &id]).expect_exit(2).expect_talk(&["nobody is here to confirm"]);
    officer(2, home, &["approve", &id, "--yes"]).expect_exit(2).expect_talk(&["--seen"]);
    assert_eq!(listed(home, &id)["state"]["state"], "open");
    approve(2, home, &id, &seen).expect_exit(0);

    let facts = verdict(home, &id);
    assert_eq!(facts["verdict"]["accepted"], true, "{facts}");
    assert!(facts["approved"]["by"][0].as_str().unwrap().contains("hq-2"), "{facts}");
    let text = command::at(&home.path, ["show", &id]).expect_exit(0).out;
    for word in ["approved ✓", "hq-2", "subject.person.names[0].value: Exemple Ould Fictif", "ARREST_WARRANT"]
    {
        assert!(text.contains(word), "{word} is not in {text}");
    }
    approve(2, home, &id, &seen).expect_exit(5).expect_talk(&["approved and sealed"]);
    officer(2, home, &["refuse", &id, "--reason", "trop tard"]).expect_exit(5);
    let closed = listed(home, &id);
    assert_eq!((&closed["state"]["state"], &closed["title"]), (&json!("sealed"), &json!("")));
}

#[test]
fn what_was_changed_since_it_was_seen_is_refused_with_the_difference() {
    let countries = countries();
    let home = &countries.mr;
    let _node = Node::start(home, &[]);
    let mut message = template(&["watchlist-update", "--person"]);
    let id = proposed(home, &file(&countries, "first.json", &message));
    let seen = fingerprint(home, &id);
    message["content"]["content"]["subject"]["person"]["birth"]["year"] = 1982.into();
    message["priority"] = "urgent".into();
    let changed = file(&countries, "second.json", &message);
    officer(2, home, &["propose", "--replace", &id, &changed])
        .expect_exit(5)
        .expect_talk(&["only its author"]);
    let again = officer(1, home, &["propose", "--replace", &id, &changed]).expect_exit(0);
    assert_eq!(again.out.trim(), id);
    assert_eq!(shown(home, &id)["revision"], 2);
    approve(2, home, &id, &seen).expect_exit(5).expect_talk(&[
        "changed since you saw it (revision 1, now 2)",
        "content.content.subject.person.birth.year: `1981` → `1982`",
        "header.priority: `priority` → `urgent`",
    ]);
    approve(2, home, &id, &"0".repeat(64)).expect_exit(5).expect_talk(&["no revision"]);
    signature_over_an_earlier_revision_is_refused(home, &id);
    assert_eq!(listed(home, &id)["state"]["state"], "open");
    approve(2, home, &id, &fingerprint(home, &id)).expect_exit(0);
}

/// The node tells it too, whatever a client showed.
fn signature_over_an_earlier_revision_is_refused(home: &Home, id: &str) {
    let id: MessageId = id.parse().unwrap();
    let mut client = running::client(&home.path).expect("a node");
    let request = Request::Draft(DraftRequest::Show { id, revision: Some(1) });
    let Ok(Response::Draft(DraftResponse::Draft(first))) = client.call(request) else { panic!("no draft") };
    let key = karakoro_node::home::read_key(key(home, 2).as_ref()).unwrap();
    let signature = envelope::sign(&first.submission.leaf.commitment, SigningPurpose::Approver, &key);
    let approval = DraftRequest::Approve { id, signature };
    let refused = client.call(Request::Draft(approval)).unwrap_err().to_string();
    assert!(refused.contains("was changed since it was shown"), "{refused}");
}

#[test]
fn drafts_refusals_and_approvals_survive_a_killed_node() {
    let countries = countries();
    let home = &countries.mr;
    let node = Node::start(home, &[]);
    let alert = file(&countries, "red.json", &red_alert());
    officer(1, home, &["send", &alert]).expect_exit(5).expect_talk(&["two persons"]);
    let (kept, refused) = (proposed(home, &alert), proposed(home, &alert));
    officer(2, home, &["refuse", &refused, "--reason", "la zone est fausse"]).expect_exit(0);
    node.kill();

    let node = Node::start(home, &[]);
    let state = listed(home, &refused)["state"].clone();
    assert_eq!((&state["state"], &state["reason"]), (&json!("refused"), &json!("la zone est fausse")));
    assert!(state["by"].as_str().unwrap().contains("hq-2"), "{state}");
    approve(2, home, &refused, &"0".repeat(64)).expect_exit(5).expect_talk(&["it was refused"]);
    approve(2, home, &kept, &fingerprint(home, &kept)).expect_exit(0);
    node.kill();

    let _node = Node::start(home, &[]);
    assert_eq!(listed(home, &kept)["state"]["state"], "sealed");
    let message = command::at(&home.path, ["--json", "show", &kept]).expect_exit(0).json();
    assert_eq!(message["message"]["tlp"], "TLP:RED");
    for (path, bytes) in snapshot(&home.path.join("data/drafts")) {
        assert!(bytes.len() < 200, "{} holds more than how it ended", path.display());
    }
}

#[test]
fn faults_of_a_draft_are_told_before_anything_is_kept() {
    let countries = countries();
    let home = &countries.mr;
    let _node = Node::start(home, &[]);
    let bad = json!({ "kind": "flag", "tlp": "RED", "content": { "meaning": "NO" } });
    officer(1, home, &["propose", &file(&countries, "bad.json", &bad)]).expect_exit(1).expect_talk(&[
        "message.tlp",
        "flag.entry",
        "flag.meaning",
        "flag.reason",
    ]);
    let unknown = file(&countries, "unknown.json", &template(&["hit-report"]));
    officer(1, home, &["propose", &unknown]).expect_exit(5).expect_talk(&["message.refs[0]"]);
    let nobody = "0190f3c2-7d4e-7a11-9c55-3f0f2d1a8b01";
    command::at(&home.path, ["drafts", "show", nobody]).expect_exit(1);
    assert_eq!(command::at(&home.path, ["drafts"]).expect_exit(0).out.trim(), "no drafts");
    let flag = json!({ "kind": "info-request", "expires": "2020-01-01T00:00:00Z",
        "content": template(&["info-request"])["content"] });
    officer(1, home, &["propose", &file(&countries, "old.json", &flag)])
        .expect_exit(5)
        .expect_talk(&["expire"]);
}

#[test]
fn messages_of_other_kinds_are_sent_from_files_and_shown() {
    let countries = countries();
    let home = &countries.mr;
    let _nodes = running::both(&countries.mr, &countries.ml);
    for (kind, word) in [
        ("bulletin", "sections[0].title: Marchés à bétail"),
        ("info-request", "subject.vehicle.plate: 0000 EX 00"),
        ("rights-request", "case_number: DROITS-EXEMPLE-1"),
        ("watchlist-update", "subject.livestock.species: CATTLE"),
    ] {
        let file = file(&countries, kind, &template(&[kind]));
        let dry = officer(1, home, &["send", "--dry-run", &file]).expect_exit(0);
        dry.expect_talk(&[kind, "Exercise"]);
        let sent = officer(1, home, &["send", "--wait", "in-both-logs", &file]).expect_exit(0);
        let id = sent.out.trim().to_owned();
        let facts = verdict(home, &id);
        assert_eq!(facts["verdict"]["accepted"], true, "{kind}: {facts}");
        for reader in countries.both() {
            let text = command::at(&reader.path, ["show", &id]).expect_exit(0).out;
            assert!(text.contains(word), "{kind}: {word} is not in {text}");
        }
    }
}
