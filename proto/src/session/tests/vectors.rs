//! The cases as files: `tests/vectors/link` holds them for every implementation, and this one runs what is
//! written there.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use super::adversary::{Outcome, play};
use super::cases::{self, Case, Input};
use crate::log::checkpoint::SignedCheckpoint;
use crate::session::testing::Side;
use crate::testing::vectors::{assert_same, lines, read, value};
use crate::testing::{hex, unhex};

const FOLDER: &str = "link";

/// The file that says how things stand before each vector.
const START: &str = "start";

#[test]
fn link_vectors_on_disk_are_what_the_cases_make() {
    let mut files: BTreeMap<_, _> =
        cases::all().into_iter().map(|(name, case)| (name.to_owned(), file(&case))).collect();
    files.insert(START.into(), start());
    assert_same(FOLDER, &files);
}

#[test]
fn every_link_vector_ends_as_it_says() {
    for (name, text) in read(FOLDER) {
        if name != START {
            assert_eq!(end(&play(&inputs(&text))), stated_end(&text), "{name}");
        }
    }
}

#[test]
fn every_kind_of_frame_has_a_vector_in_both_directions() {
    let texts = read(FOLDER);
    for word in ["frame", "sends"] {
        for tag in ["0a", "12", "1a", "22", "2a", "32"] {
            let shown = |text: &String| lines(text).any(|(w, value)| w == word && value.starts_with(tag));
            assert!(texts.values().any(shown), "no `{word}` begins with {tag}");
        }
    }
}

fn file(case: &Case) -> String {
    let mut text = format!("# {}\n", case.claim);
    for input in &case.inputs {
        match input {
            Input::Frame(frame) => writeln!(text, "frame {}", hex(frame)),
            Input::Zeros(count) => writeln!(text, "zeros {count}"),
            Input::Wait(time) => writeln!(text, "wait {}", time.as_millis()),
        }
        .unwrap();
    }
    for (word, value) in end(&play(&case.inputs)) {
        writeln!(text, "{word} {value}").unwrap();
    }
    text
}

fn inputs(text: &str) -> Vec<Input> {
    let input = |(word, value): (&str, &str)| match word {
        "frame" => Some(Input::Frame(unhex(value).into())),
        "zeros" => Some(Input::Zeros(value.parse().unwrap())),
        "wait" => Some(Input::Wait(Duration::from_millis(value.parse().unwrap()))),
        _ => None,
    };
    lines(text).filter_map(input).collect()
}

/// The lines that say how a vector ends.
fn end(outcome: &Outcome) -> Vec<(String, String)> {
    let side = &outcome.side;
    let mut end = Vec::new();
    match &outcome.error {
        Some(error) => end.push(("close", error.close_code().to_string())),
        None => end.extend(outcome.sent.iter().map(|frame| ("sends", hex(frame)))),
    }
    end.push(("mirrored", side.mirror.size().to_string()));
    end.push(("receipted", side.receipted_size().to_string()));
    end.push(("cosigned", side.cosigned_size().to_string()));
    end.into_iter().map(|(word, value)| (word.to_owned(), value)).collect()
}

fn stated_end(text: &str) -> Vec<(String, String)> {
    let inputs = ["frame", "zeros", "wait"];
    let end = lines(text).filter(|(word, _)| !inputs.contains(word));
    end.map(|(word, value)| (word.to_owned(), value.to_owned())).collect()
}

fn start() -> String {
    let [_, ml] = cases::sides();
    let mut text =
        "# Mali before every vector of this folder: its log, and what it holds of Mauritania's.\n".to_owned();
    let mut line = |word: &str, bytes: &[u8]| writeln!(text, "{word} {}", hex(bytes)).unwrap();
    for (index, entry) in ml.own.entries().iter().enumerate() {
        line("own-leaf", &entry.leaf);
        if let Some(body) = entry.beside.body() {
            line("own-body", &body.encode());
        }
        line("own-checkpoint", &note(ml.own.checkpoint(index + 1)));
    }
    ml.mirror.leaves.iter().for_each(|leaf| line("held-leaf", leaf));
    line("held-checkpoint", &note(ml.mirror.held.newest.as_ref().unwrap()));
    line("cosigned-checkpoint", &note(ml.cosigned.last().unwrap()));
    text
}

fn note(note: &SignedCheckpoint) -> Vec<u8> {
    note.to_string().into_bytes()
}

#[test]
fn the_start_on_disk_suffices_to_begin() {
    let text = &read(FOLDER)[START];
    let [_, ml] = cases::sides();
    let held = |side: &Side| hex(&note(side.mirror.held.newest.as_ref().unwrap()));
    assert_eq!(value(text, "held-checkpoint"), held(&ml));
}
