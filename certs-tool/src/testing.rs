//! What several modules' tests share.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use karakoro_proto::identity::Country;
use karakoro_proto::time::UnixMillis;
use tempfile::TempDir;

use crate::home::Home;
use crate::init;

/// 2026-01-15T10:04:05Z.
pub(crate) fn now() -> UnixMillis {
    UnixMillis::from_seconds(1_768_471_445).unwrap()
}

/// A home that was set up a moment ago, and the folder that is removed with it.
pub(crate) fn initialised(country: Country) -> (TempDir, Home) {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::new(folder.path().join("home"));
    init::run(&init::Options::new(home.path().to_owned(), country, now())).unwrap();
    (folder, home)
}

/// Every file below a folder with its content.
pub(crate) fn snapshot(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(snapshot(&path));
        } else {
            files.insert(path.clone(), fs::read(path).unwrap());
        }
    }
    files
}
