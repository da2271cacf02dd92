//! The settings of a home, as an operator gets them wrong.

use std::fs;

use karakoro_tests::command;
use karakoro_tests::countries::{Countries, Home};

const SETTINGS: &str = "karakoro.toml";

fn refused(home: &Home, settings: &str) -> command::Answer {
    fs::write(home.path.join(SETTINGS), settings).unwrap();
    command::at(&home.path, ["node", "run"]).expect_exit(2)
}

#[test]
fn an_unknown_key_keeps_the_node_from_starting_and_is_named_with_its_line() {
    let countries = Countries::new();
    let settings = "country = \"MR\"\npeer = \"ML\"\n[link]\nlisten_at = \"0.0.0.0:7443\"\n";
    refused(&countries.mr, settings).expect_talk(&["listen_at", "line 4"]);
}

#[test]
fn all_faults_are_told_at_once_with_their_lines() {
    let countries = Countries::new();
    let settings = "country = \"Mauritania\"\npeer = \"ML\"\n[link]\nlisten = \"here\"\nidle_seconds = 1\n\
                    [log]\nlevel = \"loud\"\n";
    let answer = refused(&countries.mr, settings);
    answer.expect_talk(&["line 1", "line 4", "line 5", "line 7", "Mauritania", "here", "loud"]);
}

#[test]
fn a_home_without_settings_is_told_of_node_init() {
    let countries = Countries::new();
    fs::remove_file(countries.mr.path.join(SETTINGS)).unwrap();
    command::at(&countries.mr.path, ["node", "run"]).expect_exit(2).expect_talk(&["karakoro node init"]);
}

#[test]
fn a_command_without_a_home_says_how_to_give_one() {
    command::bare(["status"]).expect_exit(2).expect_talk(&["--home", "KARAKORO_HOME"]);
}

#[test]
fn node_init_leaves_a_home_with_a_log_as_it_is() {
    let countries = Countries::new();
    let before = karakoro_tests::files::snapshot(&countries.mr.path);
    let init = ["node", "init", "--country", "MR", "--peer", "ML"];
    command::at(&countries.mr.path, init).expect_exit(2).expect_talk(&["left as it is"]);
    karakoro_tests::files::assert_unchanged(&countries.mr.path, &before);
}
