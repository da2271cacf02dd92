//! Every file below a folder: to see what a command changed.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

/// Files and their contents.
pub type Snapshot = BTreeMap<PathBuf, Vec<u8>>;

/// Reads every file below a folder, sockets and pipes left out.
#[must_use]
pub fn snapshot(folder: &Path) -> Snapshot {
    let mut files = Snapshot::new();
    read_into(folder, &mut files);
    files
}

fn read_into(folder: &Path, files: &mut Snapshot) {
    for entry in fs::read_dir(folder).expect("a folder of the test") {
        let entry = entry.expect("a folder of the test");
        let kind = entry.file_type().expect("a file of the test");
        if kind.is_dir() {
            read_into(&entry.path(), files);
        } else if !kind.is_socket() && !kind.is_fifo() {
            files.insert(entry.path(), fs::read(entry.path()).expect("a file of the test"));
        }
    }
}

/// Asserts that nothing below a folder has changed, been added or been removed.
#[track_caller]
pub fn assert_unchanged(folder: &Path, before: &Snapshot) {
    let after = snapshot(folder);
    let names: Vec<_> = after.keys().collect();
    assert_eq!(names, before.keys().collect::<Vec<_>>(), "files were added or removed");
    for (path, bytes) in &after {
        assert!(bytes == &before[path], "{} was changed", path.display());
    }
}

/// Copies a folder with all below it, sockets and pipes left out.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder of the test");
    for entry in fs::read_dir(from).expect("a folder of the test") {
        let entry = entry.expect("a folder of the test");
        let kind = entry.file_type().expect("a file of the test");
        let target = to.join(entry.file_name());
        if kind.is_dir() {
            copy(&entry.path(), &target);
        } else if !kind.is_socket() && !kind.is_fifo() {
            fs::copy(entry.path(), target).expect("a file of the test");
        }
    }
}
