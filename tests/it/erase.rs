//! A person is erased: on both sides, from every file, while the logs go on to verify.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::ExitStatus;
use std::thread;
use std::time::Duration;

use karakoro_node::ledger::record::StoredBody;
use karakoro_node::service::client::Client;
use karakoro_proto::envelope::MessageId;
use karakoro_proto::service::{Fact, MessageView, Request, Response, WatchEvent};
use karakoro_tests::agreement;
use karakoro_tests::command::{self, Answer};
use karakoro_tests::countries::{Countries, Home};
use karakoro_tests::executable::workspace;
use karakoro_tests::files::{copy, snapshot};
use karakoro_tests::officer::{Officer, Signed};
use karakoro_tests::relay::Relay;
use karakoro_tests::running::{self, Node, read_log};
use karakoro_tests::wait;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

/// What is said of the person, who is nobody.
const PERSON: [&str; 4] = ["Inventée-Zoubeïda Nullepart", "PX-99900017", "+222 00 99 88 77", "1901-02-03"];

/// A message about the person and all that may never be found again.
struct About {
    id: MessageId,
    entry: u64,
    secrets: Vec<Vec<u8>>,
}

impl About {
    /// Mauritania seals a message about the person.
    fn sealed(node: &Node) -> Self {
        let message = Officer::of(node.home()).alert(&PERSON.join(" "));
        let (entry, _) = message.submit(&mut node.client()).unwrap();
        let Signed { id, submission } = message;
        let body = submission.body;
        let mut secrets: Vec<Vec<u8>> = PERSON.iter().map(|word| word.as_bytes().to_vec()).collect();
        secrets.extend([body.payload.to_vec(), body.opening.0.to_vec()]);
        Self { id, entry, secrets }
    }

    /// Adds keys and sealed bodies as they stand on the disks of those who hold it.
    fn with_keys(mut self, countries: &Countries) -> Self {
        let [own, _] = agreement::view(&countries.mr);
        let [_, mirror] = agreement::view(&countries.ml);
        for log in [own, mirror] {
            if let Some(StoredBody::Sealed(body)) = log.entry(self.entry).unwrap().map(|entry| entry.body) {
                self.secrets.extend([body.key.to_vec(), body.ciphertext.to_vec()]);
            }
        }
        self
    }

    fn id(&self) -> String {
        self.id.to_string()
    }
}

/// The files below a folder that hold any of these.
fn holders(folder: &Path, secrets: &[Vec<u8>]) -> Vec<String> {
    let holds = |bytes: &[u8]| {
        let written = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let text = &bytes[..written];
        secrets.iter().any(|secret| text.windows(secret.len()).any(|window| window == secret))
    };
    let files = snapshot(folder).into_iter().filter(|(_, bytes)| holds(bytes));
    files.map(|(path, _)| path.display().to_string()).collect()
}

#[track_caller]
fn assert_nowhere(home: &Home, about: &About) {
    assert_eq!(holders(&home.path, &about.secrets), Vec::<String>::new());
    let log = read_log(home);
    assert!(PERSON.iter().all(|word| !log.contains(word)), "the node's own log");
}

#[track_caller]
fn assert_nowhere_at_all(countries: &Countries, about: &About) {
    for home in countries.both() {
        assert_nowhere(home, about);
    }
}

fn order(home: &Home, about: &About, more: &[&str]) -> Answer {
    let id = about.id();
    let first =
        ["--json", "erase", &id, "--basis", "authority-order", "--reference", "TGI-2026/114", "--yes"];
    command::at(&home.path, first.iter().chain(more))
}

fn show(home: &Home, about: &About) -> Value {
    command::at(&home.path, ["--json", "show", &about.id()]).expect_exit(0).json()["message"].clone()
}

/// What both sides' tools say of a message that is erased on both sides.
#[track_caller]
fn assert_shown_as_erased(home: &Home, about: &About, list: &str) {
    let shown = show(home, about);
    for fact in ["erased_here", "erased_at_peer"] {
        assert_eq!(shown["facts"][fact]["basis"], "authority-order", "{shown}");
        assert_eq!(shown["facts"][fact]["reference"], "TGI-2026/114", "{shown}");
    }
    for fact in ["received", "in_both_logs", "verdict"] {
        assert!(!shown["facts"][fact].is_null(), "{fact} stays known: {shown}");
    }
    assert_eq!(shown["content"], Value::Null);
    let text = command::at(&home.path, ["show", &about.id()]).expect_exit(0).out;
    assert!(text.contains("erased under authority-order") && text.contains("erased at the peer ✓"), "{text}");
    let listed = command::at(&home.path, ["--json", list]).expect_exit(0).json()["messages"].clone();
    let found = listed.as_array().unwrap().iter().find(|message| message["id"] == about.id());
    assert_eq!(found, Some(&shown), "{listed}");
}

fn stop<const N: usize>(nodes: [Node; N]) {
    assert!(nodes.map(Node::stop).iter().all(ExitStatus::success));
}

/// A message about the person between two others, held and judged by Mali.
fn exchanged(nodes: &[Node; 2]) -> About {
    let others =
        |text: &str| Officer::of(nodes[0].home()).alert(text).submit(&mut nodes[0].client()).unwrap();
    others("one that stays");
    let about = About::sealed(&nodes[0]);
    others("another that stays");
    running::settled(nodes);
    wait::for_fact("it is judged", || {
        show(nodes[0].home(), &about)["facts"]["verdict"]["accepted"].as_bool().filter(|accepted| *accepted)
    });
    about
}

fn export(home: &Home, name: &str) -> std::path::PathBuf {
    let out = home.path.with_extension(name);
    command::at(&home.path, ["audit", "export", "--out", out.to_str().unwrap()]).expect_exit(0);
    out
}

fn verify(path: &Path) -> Answer {
    command::bare(["audit", "verify", path.to_str().unwrap()])
}

#[test]
fn an_erased_person_is_in_no_file_of_either_home_and_the_logs_go_on_to_verify() {
    let countries = Countries::new();
    let nodes = running::both(&countries.mr, &countries.ml);
    let about = exchanged(&nodes).with_keys(&countries);
    assert_eq!(about.secrets.len(), PERSON.len() + 2 + 4);
    for home in countries.both() {
        assert!(!holders(&home.path, &about.secrets).is_empty(), "the search finds what is there");
    }
    let before = export(&countries.mr, "before");

    let erased = order(&countries.mr, &about, &["--wait"]).expect_exit(0).json();
    assert!(!erased["message"]["facts"]["erased_at_peer"].is_null(), "{erased}");
    running::settled(&nodes);
    assert_nowhere_at_all(&countries, &about);
    assert_shown_as_erased(&countries.mr, &about, "sent");
    assert_shown_as_erased(&countries.ml, &about, "inbox");
    // Asked again, it says the same and writes nothing.
    let own = nodes[0].status().own;
    order(&countries.mr, &about, &[]).expect_exit(0);
    assert_eq!(nodes[0].status().own, own);

    stop(nodes);
    assert_nowhere_at_all(&countries, &about);
    assert_eq!(agreement::both(&countries).map(|log| log.messages.len()), [2, 0]);
    audit(&countries, &about, &before);
    restart(&countries, &about);
}

fn audit(countries: &Countries, about: &About, before: &Path) {
    let [mr, ml] = countries.both().map(|home| export(home, "after"));
    command::bare(["audit", "compare", mr.to_str().unwrap(), ml.to_str().unwrap()]).expect_exit(0);
    for log in ["karakoro_MR-ML_1", "karakoro_ML-MR_1"] {
        assert!(verify(&mr.join(log)).expect_exit(0).out.contains("1 erased"));
        verify(&before.join(log)).expect_exit(0);
    }
    for home in countries.both() {
        let file = home.path.with_extension("evidence");
        let file = file.to_str().unwrap();
        let proven = command::at(&home.path, ["audit", "prove", &about.id(), "--out", file]).expect_exit(0);
        assert!(proven.out.contains("erased under authority-order"), "{proven:?}");
        let verified = verify(Path::new(file)).expect_exit(0).out;
        assert!(
            verified.contains("Erased under authority-order") && verified.contains(&about.id()),
            "{verified}"
        );
    }
}

/// Both start again, one with its index made anew, and go on exchanging.
fn restart(countries: &Countries, about: &About) {
    fs::remove_dir_all(countries.ml.path.join("data/index")).unwrap();
    let nodes = running::both(&countries.mr, &countries.ml);
    assert_shown_as_erased(&countries.mr, about, "sent");
    assert_shown_as_erased(&countries.ml, about, "inbox");
    Officer::of(&countries.ml).alert("life goes on").submit(&mut nodes[1].client()).unwrap();
    running::settled(&nodes);
    stop(nodes);
    assert_nowhere_at_all(countries, about);
}

#[test]
fn the_index_is_kept_uncompressed_so_that_the_search_reads_all_of_it() {
    let lock = fs::read_to_string(workspace().join("Cargo.lock")).unwrap();
    assert!(!lock.contains("name = \"zstd\""), "sled compresses its pages once it is built with zstd");
}

#[test]
fn a_peer_that_was_away_obeys_when_it_is_back() {
    let countries = Countries::new();
    let nodes = running::both(&countries.mr, &countries.ml);
    let about = exchanged(&nodes).with_keys(&countries);
    let [mr, ml] = nodes;
    stop([ml]);
    order(&countries.mr, &about, &[]).expect_exit(0);
    assert_nowhere(&countries.mr, &about);
    order(&countries.mr, &about, &["--wait", "--timeout", "1"]).expect_exit(3);
    assert!(!holders(&countries.ml.path, &about.secrets).is_empty(), "nobody has told Mali yet");
    let ml = Node::start(&countries.ml, &[countries.mr.address]);
    order(&countries.mr, &about, &["--wait"]).expect_exit(0);
    assert_nowhere(&countries.ml, &about);
    stop([mr, ml]);
}

#[test]
fn a_node_that_is_killed_while_it_erases_or_obeys_has_done_it_once_it_is_back() {
    let countries = Countries::new();
    let mut nodes = running::both(&countries.mr, &countries.ml);
    let mut random = ChaCha8Rng::seed_from_u64(7);
    for round in 0..6 {
        let about = exchanged(&nodes).with_keys(&countries);
        let ordering = {
            let (home, id) = (countries.mr.path.clone(), about.id());
            thread::spawn(move || {
                command::at(&home, ["erase", &id, "--basis", "authority-order", "--yes"]);
            })
        };
        wait::until_instant(Duration::from_millis(random.random_range(0..30)));
        let [mr, ml] = nodes;
        let (mr, ml) = if round % 2 == 0 {
            ml.kill();
            (mr, Node::start(&countries.ml, &[countries.mr.address]))
        } else {
            mr.kill();
            (Node::start(&countries.mr, &[countries.ml.address]), ml)
        };
        ordering.join().unwrap();
        nodes = [mr, ml];
        // Whether or not the first order got through.
        order(&countries.mr, &about, &["--wait"]).expect_exit(0);
        assert_nowhere_at_all(&countries, &about);
    }
    running::settled(&nodes);
    stop(nodes);
    assert_eq!(agreement::both(&countries).map(|log| log.messages.len()), [12, 0]);
}

#[test]
fn a_message_that_was_erased_before_the_peer_got_it_never_reaches_it() {
    let countries = Countries::new();
    let mr = Node::start(&countries.mr, &[countries.ml.address]);
    let about = About::sealed(&mr).with_keys(&countries);
    let stays = Officer::of(&countries.mr).alert("one that stays");
    stays.submit(&mut mr.client()).unwrap();
    order(&countries.mr, &about, &[]).expect_exit(0);
    let ml = Node::start(&countries.ml, &[countries.mr.address]);
    order(&countries.mr, &about, &["--wait"]).expect_exit(0);
    let nodes = [mr, ml];
    running::settled(&nodes);
    wait::for_fact("Mali's verdicts are here", || {
        show(&countries.mr, &about)["facts"]["verdict"]["code"].as_u64().filter(|code| *code == 14)
    });
    assert_shown_as_erased(&countries.ml, &about, "inbox");
    command::at(&countries.ml.path, ["show", &stays.id.to_string()]).expect_exit(0);
    stop(nodes);
    assert_nowhere_at_all(&countries, &about);
    assert_eq!(agreement::both(&countries)[0].messages.len(), 1);
}

#[test]
fn a_message_that_is_erased_the_moment_it_is_sealed_is_gone_wherever_it_got_to() {
    let countries = Countries::new();
    let nodes = running::both(&countries.mr, &countries.ml);
    for _ in 0..10 {
        let about = About::sealed(&nodes[0]);
        order(&countries.mr, &about, &["--wait"]).expect_exit(0);
        assert_nowhere_at_all(&countries, &about);
    }
    running::settled(&nodes);
    stop(nodes);
}

#[test]
fn a_message_that_is_erased_while_the_road_is_cut_is_gone_once_the_road_is_back() {
    let countries = Countries::new();
    let road = Relay::to(countries.ml.address);
    let nodes = [Node::start(&countries.mr, &[road.address()]), Node::start(&countries.ml, &[])];
    nodes.iter().for_each(Node::linked);
    running::settled(&nodes);
    for _ in 0..3 {
        road.cut();
        let about = About::sealed(&nodes[0]);
        order(&countries.mr, &about, &[]).expect_exit(0);
        assert_nowhere(&countries.mr, &about);
        road.restore();
        order(&countries.mr, &about, &["--wait"]).expect_exit(0);
        assert_nowhere_at_all(&countries, &about);
    }
    running::settled(&nodes);
    stop(nodes);
}

#[test]
fn an_old_copy_of_the_data_is_erased_again_before_anything_is_served() {
    let countries = Countries::new();
    let nodes = running::both(&countries.mr, &countries.ml);
    let about = exchanged(&nodes).with_keys(&countries);
    let [mr, ml] = nodes;
    stop([ml]);
    let (data, yesterday, today) = (
        countries.ml.path.join("data"),
        countries.folder().join("yesterday"),
        countries.folder().join("today"),
    );
    copy(&data, &yesterday);
    let ml = Node::start(&countries.ml, &[countries.mr.address]);
    order(&countries.mr, &about, &["--wait"]).expect_exit(0);
    stop([ml]);
    copy(&data, &today);

    fs::remove_dir_all(&data).unwrap();
    copy(&yesterday, &data);
    assert!(!holders(&countries.ml.path, &about.secrets).is_empty(), "the old copy has it");
    // What was signed since is not in it, so this node serves nothing; and the person is gone all the same.
    command::at(&countries.ml.path, ["node", "run"])
        .expect_exit(6)
        .expect_talk(&["not the one that was last signed"]);
    assert_nowhere(&countries.ml, &about);

    // Today's logs, with the body back in its place as in yesterday's: what a copy of single files may bring.
    fs::remove_dir_all(&data).unwrap();
    copy(&today, &data);
    put_back(&countries.ml, &yesterday, &about);
    assert!(!holders(&countries.ml.path, &about.secrets).is_empty(), "the body is back");
    let ml = Node::start(&countries.ml, &[countries.mr.address]);
    assert_nowhere(&countries.ml, &about);
    assert_shown_as_erased(&countries.ml, &about, "inbox");
    stop([mr, ml]);
}

/// Writes what yesterday's mirror has, over the beginning of today's: all of it but what came since.
fn put_back(home: &Home, yesterday: &Path, about: &About) {
    let segment = "logs/karakoro_MR-ML_1/00000001.segment";
    let old = fs::read(yesterday.join(segment)).unwrap();
    let path = home.path.join("data").join(segment);
    let mut bytes = fs::read(&path).unwrap();
    let [key, sealed] = [&about.secrets[about.secrets.len() - 2], &about.secrets[about.secrets.len() - 1]];
    let at = old.windows(key.len()).position(|window| window == key).unwrap();
    let end = at + key.len() + sealed.len() + 4;
    bytes[at..end].copy_from_slice(&old[at..end]);
    fs::write(&path, bytes).unwrap();
}

#[test]
fn a_country_may_erase_its_own_copy_and_the_writer_keeps_its_own() {
    let countries = Countries::new();
    let nodes = running::both(&countries.mr, &countries.ml);
    let about = exchanged(&nodes);
    order(&countries.ml, &about, &[]).expect_exit(0);
    assert_nowhere(&countries.ml, &about);
    running::settled(&nodes);
    let shown = wait::for_fact("the writer is told", || {
        Some(show(&countries.mr, &about)).filter(|shown| !shown["facts"]["erased_at_peer"].is_null())
    });
    assert!(shown["facts"]["erased_here"].is_null() && !shown["content"].is_null(), "{shown}");
    stop(nodes);
    let file = countries.folder().join("copy.evidence");
    let file = file.to_str().unwrap();
    let proven =
        command::at(&countries.ml.path, ["audit", "prove", &about.id(), "--out", file]).expect_exit(0);
    assert!(proven.out.contains("erased under authority-order"), "{proven:?}");
    verify(Path::new(file)).expect_exit(0);
    stop(running::both(&countries.mr, &countries.ml));
}

#[test]
fn whoever_watches_is_told_of_an_erasure_and_can_drop_their_own_copy() {
    let countries = Countries::new();
    let nodes = running::both(&countries.mr, &countries.ml);
    let about = exchanged(&nodes);
    let mut watchers = nodes.each_ref().map(Node::client);
    for watcher in &mut watchers {
        watcher.send(Request::Watch).unwrap();
        // The first event says that the watch has begun.
        watcher.receive().unwrap();
    }
    order(&countries.mr, &about, &["--wait"]).expect_exit(0);
    for watcher in &mut watchers {
        // Each side's own word, in whichever order the two come.
        let mut told = BTreeSet::new();
        while told.len() < 2 {
            let (fact, view) = told_of_erasure(watcher);
            assert!(view.index == about.entry && view.header.is_empty() && view.payload.is_empty());
            assert_eq!(view.facts.erased().unwrap().leaf.erasure.message, about.id);
            told.insert(fact);
        }
    }
    stop(nodes);
}

/// The next news of an erasure.
fn told_of_erasure(watcher: &mut Client) -> (Fact, MessageView) {
    loop {
        if let (_, Response::Event(WatchEvent::Fact(fact, view))) = watcher.receive().unwrap()
            && matches!(fact, Fact::ErasedHere | Fact::ErasedAtPeer)
        {
            return (fact, *view);
        }
    }
}

#[test]
fn what_was_not_confirmed_or_is_no_order_erases_nothing() {
    let countries = Countries::new();
    let mr = Node::start(&countries.mr, &[]);
    let about = About::sealed(&mr);
    let (home, id) = (&countries.mr.path, about.id());
    let asked = command::at(home, ["erase", &id, "--basis", "sent-in-error"]).expect_exit(2);
    asked.expect_talk(&["This cannot be undone", "nothing was erased"]);
    command::at(home, ["erase", &id, "--basis", "dislike", "--yes"]).expect_exit(2);
    let named = ["erase", &id, "--basis", "sent-in-error", "--reference", "Nullepart", "--yes"];
    command::at(home, named).expect_exit(2).expect_talk(&["case number"]);
    let unknown = "0190f3c2-7d4e-7a11-9c55-3f0f2d1a8b01";
    command::at(home, ["erase", unknown, "--basis", "sent-in-error", "--yes"]).expect_exit(1);
    let key = countries.ml.path.join("keys/officer-hq-1.key");
    let foreign = ["erase", &id, "--basis", "sent-in-error", "--yes", "--key", key.to_str().unwrap()];
    command::at(home, foreign).expect_exit(4);
    assert!(!show(&countries.mr, &about)["content"].is_null());
    stop([mr]);
}
