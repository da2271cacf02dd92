//! The exchange between two nodes, as people and programs see it on the command line.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use karakoro_proto::service::{Request, Response};
use karakoro_tests::command::{self, Answer};
use karakoro_tests::countries::{Countries, Home};
use karakoro_tests::executable::karakoro;
use karakoro_tests::officer::{Officer, alert};
use karakoro_tests::running::{self, Node};
use karakoro_tests::{agreement, wait};
use serde_json::Value;

const UNKNOWN_ID: &str = "0190f3c2-7d4e-7a11-9c55-3f0f2d1a8b01";

/// The alert of the manual, CAP 1.2 in French and Arabic.
fn cap_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/cap/example-mr-ml.xml")
}

fn alert_file(countries: &Countries, name: &str, text: &str) -> PathBuf {
    let path = countries.folder().join(name);
    fs::write(&path, alert(text).to_json()).unwrap();
    path
}

fn send(home: &Home, file: &Path, more: &[&str]) -> Answer {
    let mut command = Command::new(karakoro());
    command.arg("--home").arg(&home.path).args(["--json", "send"]).args(more).arg(file);
    command::run(&mut command)
}

/// Sends a file and waits until it is in both logs; returns its id.
fn delivered(home: &Home, file: &Path) -> String {
    let answer = send(home, file, &["--wait", "in-both-logs"]).expect_exit(0);
    answer.json()["messages"][0]["id"].as_str().unwrap().to_owned()
}

fn shown(home: &Home, id: &str) -> Value {
    command::at(&home.path, ["--json", "show", id]).expect_exit(0).json()["message"].clone()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn an_alert_sent_from_either_side_reaches_the_other_with_every_fact_proven() {
    let countries = Countries::new();
    let _nodes = running::both(&countries.mr, &countries.ml);
    for (from, to) in [(&countries.mr, &countries.ml), (&countries.ml, &countries.mr)] {
        let id = delivered(from, &cap_file());
        wait::for_fact("the verdict is here", || shown(from, &id)["facts"]["verdict"].as_object().cloned());
        command::at(&to.path, ["ack", &id]).expect_exit(0);
        wait::for_fact("the reading is here", || {
            shown(from, &id)["facts"]["read"].as_str().map(ToOwned::to_owned)
        });
        let facts = shown(from, &id)["facts"].clone();
        for fact in ["written", "sealed", "received", "in_both_logs", "verdict", "read"] {
            assert!(!facts[fact].is_null(), "{fact}: {facts}");
        }
        assert_eq!(facts["verdict"]["accepted"], true);
        let text = command::at(&from.path, ["show", &id]).expect_exit(0).out;
        for word in ["written ✓", "sealed ✓", "received by", "in both logs ✓", "accepted ✓", "read ✓"]
        {
            assert!(text.contains(word), "{word} is not in {text}");
        }
    }
}

#[test]
fn both_sides_show_the_same_message() {
    let countries = Countries::new();
    let _nodes = running::both(&countries.mr, &countries.ml);
    let id = delivered(&countries.mr, &cap_file());
    let [sent, received] = [&countries.mr, &countries.ml].map(|home| shown(home, &id));
    assert_eq!(sent["box"], "sent");
    assert_eq!(received["box"], "inbox");
    for same in ["log", "entry", "content", "created", "signers", "station", "title"] {
        assert_eq!(sent[same], received[same], "{same}");
    }
    assert_eq!(sent["title"], "Troupeau volé signalé vers Adel Bagrou");
    assert_eq!(sent["signers"][0]["name"], "spiffe://mr.karakoro.internal/officer/hq-1");
}

#[test]
fn answers_in_json_keep_their_shapes() {
    let countries = Countries::new();
    let _nodes = running::both(&countries.mr, &countries.ml);
    let sent = send(&countries.mr, &cap_file(), &["--wait", "received"]).expect_exit(0).json();
    assert_eq!((&sent["schema"], &sent["ok"]), (&"karakoro/send/1".into(), &true.into()));
    assert_eq!(keys(&sent["messages"][0]), ["entry", "facts", "file", "id", "log"]);

    let inbox = command::at(&countries.ml.path, ["--json", "inbox"]).expect_exit(0).json();
    assert_eq!(inbox["schema"], "karakoro/messages/1");
    assert_eq!(keys(&inbox["link"]), ["since", "state"]);
    let message = &inbox["messages"][0];
    assert_eq!(
        keys(message),
        [
            "box",
            "content",
            "created",
            "entry",
            "expires",
            "facts",
            "grounds",
            "id",
            "kind",
            "log",
            "mode",
            "priority",
            "recipient",
            "refs",
            "signers",
            "station",
            "title",
            "tlp"
        ]
    );
    assert_eq!(
        keys(&message["facts"]),
        [
            "approved",
            "erased_at_peer",
            "erased_here",
            "in_both_logs",
            "read",
            "received",
            "sealed",
            "verdict",
            "written"
        ]
    );
    let outbox = command::at(&countries.mr.path, ["--json", "sent"]).expect_exit(0).json();
    assert_eq!(outbox["messages"][0]["id"], message["id"]);
    assert_eq!(
        command::at(&countries.mr.path, ["--json", "inbox"]).expect_exit(0).json()["messages"],
        Value::Array(vec![])
    );

    let status = command::at(&countries.mr.path, ["--json", "status"]).expect_exit(0).json();
    assert_eq!(
        keys(&status),
        [
            "accord",
            "country",
            "frozen",
            "link",
            "mirrors",
            "ok",
            "peer",
            "peer_accord",
            "schema",
            "station",
            "watchlist",
            "writes"
        ]
    );
    assert_eq!(status["link"]["state"], "up");
    assert_eq!(status["writes"]["log"], "karakoro/MR-ML/1");
}

#[test]
fn watch_tells_what_happens_as_it_happens() {
    let countries = Countries::new();
    let _nodes = running::both(&countries.mr, &countries.ml);
    let mut sender = Watch::start(&countries.mr);
    let mut receiver = Watch::start(&countries.ml);
    assert_eq!(sender.next()["event"], "link");
    assert_eq!(receiver.next()["event"], "link");
    let id = delivered(&countries.mr, &cap_file());
    let arrived = receiver.until(|event| event["event"] == "arrived");
    assert_eq!(arrived["message"]["id"], id.as_str());
    for fact in ["sealed", "received", "in both logs", "judged"] {
        let event = sender.until(|event| event["fact"] == fact);
        assert_eq!(event["message"]["id"], id.as_str(), "{fact}");
    }
}

/// A running `karakoro watch --json`; killed when dropped.
struct Watch {
    child: Child,
    lines: std::sync::mpsc::Receiver<String>,
}

impl Watch {
    fn start(home: &Home) -> Self {
        let mut command = Command::new(karakoro());
        command.arg("--home").arg(&home.path).args(["--json", "watch"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (to, lines) = std::sync::mpsc::channel();
        // Ends with the process, whose output ends then.
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| to.send(line)));
        Self { child, lines }
    }

    fn next(&mut self) -> Value {
        let line = self.lines.recv_timeout(wait::DEADLINE).expect("another event in time");
        serde_json::from_str(&line).unwrap()
    }

    fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let event = self.next();
            if wanted(&event) {
                return event;
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// No message stands in the log; the accord may, as soon as the node has started.
fn assert_nothing_was_sent(node: &Node) {
    let sent = command::at(&node.home().path, ["--json", "sent"]).expect_exit(0).json();
    assert_eq!(sent["messages"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_faulty_alert_is_refused_by_element_and_line_and_nothing_is_sent() {
    let countries = Countries::new();
    let node = Node::start(&countries.mr, &[]);
    let text = fs::read_to_string(cap_file()).unwrap().replacen("<event>Vol de bétail</event>", "", 1);
    // The reader is at the element that stands where the missing one belongs.
    let line = 1 + text.lines().position(|line| line.contains("<responseType>")).unwrap();
    let bad = countries.folder().join("bad.xml");
    fs::write(&bad, text).unwrap();
    let refused = command::at(&countries.mr.path, [Path::new("send"), &bad]).expect_exit(1);
    refused.expect_talk(&["nothing was sent", "bad.xml", "event", &format!("line {line}")]);
    assert_eq!(refused.out, "");
    // The good one beside it stays here too.
    let both = [Path::new("send"), &cap_file(), &bad];
    let refused = command::at(&countries.mr.path, both).expect_exit(1);
    refused.expect_talk(&["nothing was sent", "bad.xml"]);
    assert_nothing_was_sent(&node);
}

#[test]
fn several_good_files_are_all_sent_in_their_order() {
    let countries = Countries::new();
    let _node = Node::start(&countries.mr, &[]);
    let [one, two] = ["one", "two"].map(|name| alert_file(&countries, name, name));
    let mut command = Command::new(karakoro());
    command.arg("--home").arg(&countries.mr.path).args(["--json", "send"]).args([&one, &two, &cap_file()]);
    let sent = command::run(&mut command).expect_exit(0).json();
    let entries: Vec<u64> =
        sent["messages"].as_array().unwrap().iter().map(|sent| sent["entry"].as_u64().unwrap()).collect();
    assert_eq!(entries, [entries[0], entries[0] + 1, entries[0] + 2]);
    let listed = command::at(&countries.mr.path, ["--json", "sent"]).expect_exit(0).json();
    let titles: Vec<&Value> =
        listed["messages"].as_array().unwrap().iter().map(|message| &message["title"]).collect();
    assert_eq!(titles, ["Troupeau volé signalé vers Adel Bagrou", "two", "one"]);
}

#[test]
fn a_dry_run_shows_what_would_be_sent_and_sends_nothing() {
    let countries = Countries::new();
    let node = Node::start(&countries.mr, &[]);
    let file = cap_file();
    let answer = command::at(&countries.mr.path, [Path::new("send"), Path::new("--dry-run"), &file]);
    let answer = answer.expect_exit(0);
    answer.expect_talk(&["Exercise", "MR-HQ → ML", "Troupeau volé"]);
    assert!(answer.out.contains("nothing was sent"));
    assert_nothing_was_sent(&node);
}

#[test]
fn no_and_do_not_know_have_exit_codes_of_their_own() {
    let countries = Countries::new();
    command::at(&countries.mr.path, ["status"]).expect_exit(3).expect_talk(&["karakoro node run"]);
    command::at(&countries.mr.path, ["show", UNKNOWN_ID]).expect_exit(3).expect_talk(&["no node answers"]);
    let _node = Node::start(&countries.mr, &[]);
    command::at(&countries.mr.path, ["show", UNKNOWN_ID]).expect_exit(1).expect_talk(&[UNKNOWN_ID]);
    command::at(&countries.mr.path, ["ack", UNKNOWN_ID]).expect_exit(1).expect_talk(&[UNKNOWN_ID]);
    command::at(&countries.mr.path, ["show", "no-id"]).expect_exit(2).expect_talk(&["0190f3c2"]);
    // The node is there, the line is not: that is a no, told with the reason.
    let status = command::at(&countries.mr.path, ["status"]).expect_exit(1);
    assert!(status.out.contains("link"), "{status:?}");
}

#[test]
fn errors_are_json_too_where_json_was_asked_for() {
    let countries = Countries::new();
    let answer = command::at(&countries.mr.path, ["--json", "status"]).expect_exit(3);
    let told: Value = serde_json::from_str(&answer.talk).unwrap();
    assert_eq!((&told["ok"], &told["exit"]), (&false.into(), &3.into()));
}

#[test]
fn a_message_that_is_not_there_yet_is_waited_for_only_as_long_as_was_said() {
    let countries = Countries::new();
    let _node = Node::start(&countries.mr, &[]);
    let answer = send(&countries.mr, &cap_file(), &["--wait", "received", "--timeout", "1"]).expect_exit(3);
    answer.expect_talk(&["is sealed", "not yet known"]);
}

#[test]
fn an_officers_key_that_others_can_read_is_refused_with_the_command_that_helps() {
    let countries = Countries::new();
    let _node = Node::start(&countries.mr, &[]);
    let key = countries.mr.path.join("keys/officer-hq-1.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let refused = command::at(&countries.mr.path, [Path::new("send"), &cap_file()]).expect_exit(4);
    refused.expect_talk(&[&format!("chmod 0600 {}", key.display())]);
}

#[test]
fn a_node_key_that_others_can_read_keeps_the_node_from_starting() {
    let countries = Countries::new();
    let key = countries.mr.path.join("keys/node.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    let refused = command::at(&countries.mr.path, ["node", "run"]).expect_exit(4);
    refused.expect_talk(&[&format!("chmod 0600 {}", key.display())]);
}

#[test]
fn a_submission_that_comes_again_is_sealed_once() {
    let countries = Countries::new();
    let [mr, ml] = running::both(&countries.mr, &countries.ml);
    let message = Officer::of(&countries.mr).alert("once");
    let mut client = mr.client();
    let (entry, again) = message.submit(&mut client).unwrap();
    assert!(!again);
    // At once, on another connection, and twice within one batch.
    assert_eq!(message.submit(&mut client).unwrap(), (entry, true));
    assert_eq!(message.submit(&mut mr.client()).unwrap(), (entry, true));
    let twin = Officer::of(&countries.mr).alert("twin");
    for _ in 0..2 {
        client.send(Request::Submit(twin.submission.clone())).unwrap();
    }
    let mut entries = Vec::new();
    for _ in 0..2 {
        let (_, Response::Sealed { index, .. }) = client.receive().unwrap() else { panic!("not sealed") };
        entries.push(index);
    }
    assert_eq!(entries[0], entries[1]);
    running::settled(&[mr, ml]);
    let [log, _] = agreement::both(&countries);
    assert_eq!(log.messages[&message.id], [entry]);
    assert_eq!(log.messages[&twin.id], [entries[0]]);
}

#[test]
fn an_id_that_another_message_has_is_refused() {
    let countries = Countries::new();
    let mr = Node::start(&countries.mr, &[]);
    let officer = Officer::of(&countries.mr);
    let header = officer.header();
    let first = officer.signed(header.clone(), alert("first").encode());
    let second = officer.signed(header, alert("second").encode());
    let mut client = mr.client();
    first.submit(&mut client).unwrap();
    let refused = second.submit(&mut client).unwrap_err();
    assert!(refused.to_string().contains("another message has the id"), "{refused}");
}

#[test]
fn a_node_that_is_told_to_stop_ends_with_yes() {
    let countries = Countries::new();
    let [mr, ml] = running::both(&countries.mr, &countries.ml);
    assert_eq!(mr.stop().code(), Some(0));
    assert_eq!(ml.stop().code(), Some(0));
    let log = running::log_lines(&countries.mr);
    let last = log.last().unwrap();
    assert_eq!(last["fields"]["message"], "stopped");
}
