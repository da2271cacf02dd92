//! Logs say what a node does, and nothing of what it carries.

use std::fs;

use karakoro_tests::command;
use karakoro_tests::countries::{Countries, Home};
use karakoro_tests::officer::alert;
use karakoro_tests::running::{self, read_log};
use karakoro_tests::wait;

/// Words of the alert that stand nowhere else.
const WORDS: [&str; 6] = ["Zouérat-Kiffa", "bétail", "Adel Bagrou", "15.495", "hq@border", "urn:example"];

/// The private keys of a home as they could show in a log: base64 lines and hexadecimal.
fn keys(home: &Home) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(home.path.join("keys")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let line = text.lines().find(|line| !line.starts_with("-----")).unwrap().to_owned();
        let key = karakoro_node::home::read_key(&home.path.join("keys/officer-hq-1.key")).unwrap();
        found.push(key.public().as_bytes().iter().map(|byte| format!("{byte:02x}")).collect());
        // The seed stands at the end of the line; what stands before it is the same for all keys.
        found.push(line[line.len() - 24..].to_owned());
    }
    found
}

#[test]
fn logs_hold_no_content_no_station_and_no_key() {
    let countries = Countries::new();
    for home in countries.both() {
        home.set("log", "level", "debug");
    }
    let nodes = running::both(&countries.mr, &countries.ml);
    let file = countries.folder().join("alert.json");
    fs::write(&file, alert("Zouérat-Kiffa").to_json()).unwrap();
    let file = file.to_str().unwrap();
    let sent = command::at(&countries.mr.path, ["--json", "send", "--wait", "in-both-logs", file]);
    let id = sent.expect_exit(0).json()["messages"][0]["id"].as_str().unwrap().to_owned();
    command::at(&countries.ml.path, ["ack", &id]).expect_exit(0);
    wait::for_fact("the reading is here", || {
        let shown = command::at(&countries.mr.path, ["--json", "show", &id]).expect_exit(0).json();
        shown["message"]["facts"]["read"].as_str().map(ToOwned::to_owned)
    });
    // A faulty submission too: what is wrong with it is for its sender alone.
    fs::write(file, "{ \"headline\": \"Zouérat-Kiffa\" }").unwrap();
    command::at(&countries.mr.path, ["send", file]).expect_exit(1);
    for node in nodes {
        assert!(node.stop().success());
    }
    for home in countries.both() {
        let log = read_log(home);
        assert!(log.contains("link open"), "the log is there");
        let secrets = countries.both().into_iter().flat_map(keys);
        let words = WORDS.map(ToOwned::to_owned).into_iter().chain(["MR-HQ", "ML-HQ"].map(ToOwned::to_owned));
        for word in words.chain(secrets).chain([id.clone()]) {
            assert!(!log.contains(&word), "{word} stands in the log of {}", home.country);
        }
    }
}
