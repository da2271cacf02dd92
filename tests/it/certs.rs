//! Keys and certificates: the ceremony between two countries, and who is refused at the road.

use std::path::{Path, PathBuf};

use karakoro_certs::Days;
use karakoro_proto::accord::example_effective;
use karakoro_proto::identity::home::Slot;
use karakoro_proto::time::UnixMillis;
use karakoro_tests::command;
use karakoro_tests::countries::{Countries, Home, now};
use karakoro_tests::files::{assert_unchanged, snapshot};
use karakoro_tests::hostile::{identity, knock};
use karakoro_tests::running::{self, Node};
use karakoro_tests::wait;

const DAY_MILLIS: u64 = 24 * 60 * 60 * 1000;

/// A country's keys by the command line; returns its home and its bundle.
fn set_up(folder: &Path, country: &str) -> (PathBuf, PathBuf) {
    let home = folder.join(country);
    let bundle = folder.join(format!("{country}.bundle"));
    command::at(&home, ["certs", "init", "--country", country]).expect_exit(0);
    command::at(&home, ["certs", "bundle", "--out", bundle.to_str().unwrap()]).expect_exit(0);
    (home, bundle)
}

/// The digits that a country reads to the other on the telephone.
fn digits(home: &Path) -> String {
    let report = command::at(home, ["--json", "certs", "fingerprint"]).expect_exit(0).json();
    report["own"]["fingerprint"].as_str().unwrap().to_owned()
}

fn import(home: &Path, bundle: &Path, digits: &str) -> command::Answer {
    command::at(home, ["certs", "import", bundle.to_str().unwrap(), "--fingerprint", digits])
}

#[test]
fn two_countries_set_up_by_command_line_and_telephone_alone_can_exchange() {
    let folder = tempfile::tempdir().unwrap();
    let (mr, mr_bundle) = set_up(folder.path(), "MR");
    let (ml, ml_bundle) = set_up(folder.path(), "ML");
    import(&mr, &ml_bundle, &digits(&ml)).expect_exit(0);
    import(&ml, &mr_bundle, &digits(&mr)).expect_exit(0);
    for home in [&mr, &ml] {
        command::at(home, ["certs", "ls"]).expect_exit(0);
    }
    let strangers = Countries::new();
    let homes = [(mr, &strangers.mr), (ml, &strangers.ml)];
    let homes = homes.map(|(path, like)| Home { path, ..like.clone() });
    for home in &homes {
        let (country, peer) = (home.country.as_str(), home.peer.as_str());
        let listen = home.address.to_string();
        let init = ["node", "init", "--country", country, "--peer", peer, "--listen", &listen];
        command::at(&home.path, init).expect_exit(0);
    }
    let accord = folder.path().join("accord.toml");
    std::fs::write(&accord, example_effective(UnixMillis::default())).unwrap();
    for word in ["sign", "install"] {
        for home in &homes {
            let asked = [Path::new("accord"), Path::new(word), &accord];
            command::at(&home.path, asked).expect_exit(0);
        }
    }
    let [_mr, _ml] = running::both(&homes[0], &homes[1]);
}

#[test]
fn a_wrong_fingerprint_is_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (mr, _) = set_up(folder.path(), "MR");
    let (ml, bundle) = set_up(folder.path(), "ML");
    let right = digits(&ml);
    let wrong = digits(&mr);
    assert_ne!(right, wrong);
    let before = snapshot(&mr);
    import(&mr, &bundle, &wrong)
        .expect_exit(5)
        .expect_talk(&["the fingerprint is", right.split(' ').next().unwrap()]);
    // Nobody at a terminal to say yes.
    command::at(&mr, ["certs", "import", bundle.to_str().unwrap()]).expect_exit(5);
    assert_unchanged(&mr, &before);
}

/// How many lines of a node's log say this.
fn lines(home: &Home, message: &str) -> usize {
    running::log_lines(home).iter().filter(|line| line["fields"]["message"] == message).count()
}

/// Knocks with what the `slot` of `home` can show; asserts that the node refuses with one line.
#[track_caller]
fn assert_refused(home: &Home, slot: &Slot, node: &Node, why: &str) {
    let refusals = || lines(node.home(), "a caller was refused");
    let before = refusals();
    let refused = knock(&identity(home, slot), node.home());
    assert!(refused.is_err(), "{why}: let in");
    wait::for_fact("the refusal is logged", || (refusals() > before).then_some(()));
    assert_eq!(refusals(), before + 1, "{why}: one line");
    assert_eq!(lines(node.home(), "link open"), 0, "{why}");
    let log = running::log_lines(node.home());
    let line = log.iter().rfind(|line| line["fields"]["message"] == "a caller was refused").unwrap();
    assert!(line["fields"]["error"].as_str().unwrap().contains(why), "{why}: {line}");
}

#[test]
fn only_the_peers_node_under_the_peers_root_is_let_in() {
    let countries = Countries::new();
    let others = Countries::new();
    let node = Node::start(&countries.mr, &[]);
    // The same names under roots of their own.
    assert_refused(&others.ml, &Slot::Node, &node, "certificate");
    // The right root, another role.
    for slot in [Slot::Log, Slot::Receipt, Slot::Officer("hq-1".parse().unwrap())] {
        assert_refused(&countries.ml, &slot, &node, "certificate");
    }
    knock(&identity(&countries.ml, &Slot::Node), &countries.mr).unwrap();
}

#[test]
fn a_node_of_our_own_country_is_no_peer() {
    let countries = Countries::new();
    let node = Node::start(&countries.mr, &[]);
    let mut ours = identity(&countries.mr, &Slot::Node);
    // It would talk to us if it trusted us.
    ours.peer_root = identity(&countries.ml, &Slot::Node).peer_root;
    knock(&ours, &countries.mr).unwrap_err();
    wait::for_fact("the refusal is logged", || {
        (lines(&countries.mr, "a caller was refused") == 1).then_some(())
    });
    drop(node);
    assert_eq!(lines(&countries.mr, "link open"), 0);
}

#[test]
fn a_node_with_the_wrong_certificate_gets_no_link_and_its_peer_says_why() {
    let countries = Countries::new();
    let others = Countries::new();
    // Mali under another root than Mauritania trusts, and the other way round.
    let stranger = Home { address: countries.ml.address, ..others.ml.clone() };
    stranger.set("link", "listen", stranger.address.to_string());
    let mr = Node::start(&countries.mr, &[stranger.address]);
    let ml = Node::start(&stranger, &[]);
    wait::for_fact("the refusal is logged", || {
        (lines(&countries.mr, "the peer was not reached") > 0).then_some(())
    });
    assert_eq!(lines(&countries.mr, "link open") + lines(&stranger, "link open"), 0);
    drop([mr, ml]);
}

#[test]
fn an_expired_certificate_is_refused() {
    let long_ago = UnixMillis::new(now().millis() - 400 * DAY_MILLIS).unwrap();
    let countries = Countries::since(long_ago, Days::new(100).unwrap());
    let node = Node::start(&countries.mr, &[]);
    assert_refused(&countries.ml, &Slot::Node, &node, "expired");
    assert!(lines(&countries.mr, "a certificate is not valid now") > 0);
}

#[test]
fn a_certificate_that_is_not_valid_yet_is_refused() {
    let soon = UnixMillis::new(now().millis() + 10 * DAY_MILLIS).unwrap();
    let countries = Countries::since(soon, Days::new(100).unwrap());
    let node = Node::start(&countries.mr, &[]);
    assert_refused(&countries.ml, &Slot::Node, &node, "not valid yet");
}
