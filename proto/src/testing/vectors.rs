//! Vectors: text files of `word value` lines under `tests/vectors`, data for every implementation.
//!
//! The tests compare what is on disk with what this crate makes, then run what is on disk.
//! `KARAKORO_WRITE_VECTORS=1 cargo test -p karakoro-proto vectors` writes the files anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// The repository's root.
pub(crate) fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn folder(name: &str) -> PathBuf {
    repository().join("tests/vectors").join(name)
}

/// Every vector of a folder: its name without `.txt`, and its text.
pub(crate) fn read(name: &str) -> BTreeMap<String, String> {
    let files = fs::read_dir(folder(name)).unwrap().map(|file| file.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .map(|path| {
            let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
            (stem, fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// Asserts that a folder holds exactly these vectors; writes them first if asked to.
pub(crate) fn assert_same(name: &str, expected: &BTreeMap<String, String>) {
    if std::env::var_os("KARAKORO_WRITE_VECTORS").is_some() {
        write(name, expected);
    }
    let found = read(name);
    let names = |vectors: &BTreeMap<String, String>| vectors.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(expected), "the files of {name}");
    for (vector, text) in expected {
        assert!(found[vector] == *text, "tests/vectors/{name}/{vector}.txt is not what the code makes");
    }
}

fn write(name: &str, expected: &BTreeMap<String, String>) {
    fs::create_dir_all(folder(name)).unwrap();
    for stale in read(name).keys().filter(|vector| !expected.contains_key(*vector)) {
        fs::remove_file(folder(name).join(format!("{stale}.txt"))).unwrap();
    }
    for (vector, text) in expected {
        fs::write(folder(name).join(format!("{vector}.txt")), text).unwrap();
    }
}

/// The lines of a vector that are no comments, each as its word and its value, which may be empty.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(' ').unwrap_or((line, "")))
}

/// The value of the only line with this word.
pub(crate) fn value<'t>(text: &'t str, word: &str) -> &'t str {
    let mut values = lines(text).filter(|(found, _)| *found == word).map(|(_, value)| value);
    let value = values.next().unwrap_or_else(|| panic!("no line `{word}`"));
    assert!(values.next().is_none(), "several lines `{word}`");
    value
}
