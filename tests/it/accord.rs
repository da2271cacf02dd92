//! The accord on the real executable: made, signed, installed, and what becomes of a link without the same one.

use std::fs;
use std::path::Path;

use karakoro_proto::accord::{AccordFile, EXAMPLE, example_effective};
use karakoro_proto::service::Link;
use karakoro_proto::time::UnixMillis;
use karakoro_tests::command;
use karakoro_tests::countries::{Countries, Home, now};
use karakoro_tests::officer::Officer;
use karakoro_tests::running::{self, Node};
use karakoro_tests::wait;
use serde_json::Value;

/// The accord that takes the place of the example, from `effective` milliseconds after 1970 on.
fn successor(effective: UnixMillis) -> String {
    let first = example_effective(UnixMillis::default());
    let hash = AccordFile::parse(first.as_bytes()).unwrap().hash();
    example_effective(effective).replacen("version = 1", "version = 2", 1).replacen(
        "replaces = \"none\"",
        &format!("replaces = \"{hash}\""),
        1,
    )
}

#[test]
fn an_accord_goes_from_the_example_to_both_homes_by_the_command_line() {
    let countries = Countries::new();
    for home in countries.both() {
        fs::remove_dir_all(home.path.join("accord")).unwrap();
    }
    let file = countries.folder().join("new.toml");
    command::bare([Path::new("accord"), Path::new("new"), Path::new("--out"), &file]).expect_exit(0);
    assert_eq!(fs::read_to_string(&file).unwrap(), EXAMPLE);
    let at = |home: &Path, word: &str| command::at(home, [Path::new("accord"), Path::new(word), &file]);
    at(&countries.mr.path, "check").expect_exit(1);
    at(&countries.mr.path, "sign").expect_exit(0);
    at(&countries.mr.path, "install").expect_exit(4).expect_talk(&["ML has not signed"]);
    at(&countries.ml.path, "sign").expect_exit(0);
    for home in countries.both() {
        at(&home.path, "check").expect_exit(0);
        at(&home.path, "install").expect_exit(0);
        at(&home.path, "install").expect_exit(5).expect_talk(&["held already"]);
    }
}

#[test]
fn faults_are_told_with_their_lines_and_keep_a_root_from_signing() {
    let countries = Countries::new();
    let file = countries.folder().join("bad.toml");
    fs::write(&file, EXAMPLE.replacen("max_skew_minutes = 5", "max_skew_minutes = 0", 1)).unwrap();
    let line = 1 + EXAMPLE.lines().position(|line| line == "max_skew_minutes = 5").unwrap();
    for word in ["check", "sign"] {
        let refused = command::at(&countries.mr.path, [Path::new("accord"), Path::new(word), &file]);
        refused.expect_exit(1).expect_talk(&["clocks.max_skew_minutes", &format!("line {line}")]);
    }
}

#[test]
fn a_link_between_different_accords_does_not_open_and_both_sides_say_which_they_go_by() {
    let countries = Countries::new();
    fs::remove_dir_all(countries.ml.path.join("accord")).unwrap();
    let mr = Node::start(&countries.mr, &[countries.ml.address]);
    let ml = Node::start(&countries.ml, &[]);
    ml.waits_for("Mali hears of Mauritania's accord", |status| status.peer_accords.in_force.is_some());
    for node in [&mr, &ml] {
        assert!(!matches!(node.status().link, Link::Up(_)));
    }
    let told = command::at(&countries.ml.path, ["status"]).expect_exit(1);
    assert!(told.out.contains("no accord") && told.out.contains("accord 1 ("), "{told:?}");
    let closed = |home| running::log_lines(home).iter().any(|line| line.to_string().contains("ACCORD"));
    for home in countries.both() {
        wait::for_fact("the log names the code", || closed(home).then_some(()));
    }
}

#[test]
fn a_node_without_an_accord_seals_nothing() {
    let countries = Countries::new();
    fs::remove_dir_all(countries.mr.path.join("accord")).unwrap();
    let node = Node::start(&countries.mr, &[]);
    let refused = Officer::of(&countries.mr).alert("early").submit(&mut node.client()).unwrap_err();
    assert!(refused.to_string().contains("created: no accord was in force"), "{refused}");
}

#[test]
fn a_change_that_both_hold_takes_effect_at_its_time_and_the_exchange_goes_on() {
    let countries = Countries::new();
    let nodes = running::both(&countries.mr, &countries.ml);
    let file = countries.signed_accord(&successor(now().saturating_add(8000)));
    for home in countries.both() {
        let told = command::at(&home.path, [Path::new("accord"), Path::new("install"), &file]).expect_exit(0);
        assert!(told.out.contains("the running node goes by it"), "{told:?}");
    }
    for node in &nodes {
        node.waits_for("accord 2 is in force", |status| {
            status.accords.in_force.is_some_and(|id| id.version == 2)
        });
        node.linked();
    }
    let message = Officer::of(&countries.mr).alert("under the second accord");
    message.submit(&mut nodes[0].client()).unwrap();
    running::settled(&nodes);
    for home in countries.both() {
        for log in anchored(home, "export") {
            assert_eq!(log.iter().map(|(version, _)| *version).collect::<Vec<_>>(), [1, 2]);
        }
    }
}

/// What the export of a home says of the accords in both logs: version and hash, log by log.
fn anchored(home: &Home, name: &str) -> Vec<Vec<(u64, String)>> {
    let out = home.path.with_extension(name);
    let out = out.to_str().unwrap();
    command::at(&home.path, ["audit", "export", "--out", out]).expect_exit(0);
    let report = command::bare(["--json", "audit", "verify", out]).expect_exit(0).json();
    let accords = |log: &Value| {
        let accord = |accord: &Value| {
            (accord["version"].as_u64().unwrap(), accord["hash"].as_str().unwrap().to_owned())
        };
        log["accords"].as_array().unwrap().iter().map(accord).collect()
    };
    report["logs"].as_array().unwrap().iter().map(accords).collect()
}

#[test]
fn both_logs_anchor_an_accord_once_whatever_befalls_the_nodes() {
    let countries = Countries::new();
    let first = AccordFile::parse(example_effective(UnixMillis::default()).as_bytes()).unwrap();
    let once = vec![(1, first.hash().to_string())];
    for (round, name) in ["first", "restarted", "index-lost"].into_iter().enumerate() {
        let nodes = running::both(&countries.mr, &countries.ml);
        for node in &nodes {
            Officer::of(node.home()).alert(&format!("message {round}")).submit(&mut node.client()).unwrap();
        }
        running::settled(&nodes);
        for node in nodes {
            assert!(node.stop().success());
        }
        for home in countries.both() {
            assert_eq!(anchored(home, name), [once.clone(), once.clone()], "{name}: {}", home.country);
            if name == "restarted" {
                fs::remove_dir_all(home.path.join("data/index")).unwrap();
            }
        }
    }
    let [mr, ml] = countries.both().map(|home| home.path.with_extension("index-lost"));
    let told = command::bare([Path::new("audit"), Path::new("compare"), &mr, &ml]).expect_exit(0);
    assert!(told.out.contains("both anchor accord 1 ("), "{told:?}");
}
