//! The executable under test, found beside the tests and built when it is absent or older than its sources.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

/// What the executable is made of, relative to the workspace.
const SOURCES: [&str; 8] =
    ["Cargo.toml", "Cargo.lock", "src", "node", "proto/src", "proto/schema", "certs-tool/src", "audit/src"];

/// The folder of the workspace.
#[must_use]
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The `karakoro` executable of the profile that the tests are built with.
pub fn karakoro() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let folder = profile_folder();
        let path = folder.join("karakoro");
        if is_stale(&path) {
            build(&folder);
        }
        path
    })
}

/// The cargo that runs the tests.
#[must_use]
pub fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// `target/<profile>`: test executables lie in `deps` below it.
fn profile_folder() -> PathBuf {
    let test = env::current_exe().expect("a running test has an executable");
    let deps = test.parent().expect("it lies in a folder");
    deps.parent().expect("which lies in the profile's").to_owned()
}

fn is_stale(executable: &Path) -> bool {
    let Ok(built) = fs::metadata(executable).and_then(|metadata| metadata.modified()) else { return true };
    SOURCES.iter().any(|source| newest(&workspace().join(source)) > Some(built))
}

/// When something at or below `path` was last changed.
fn newest(path: &Path) -> Option<SystemTime> {
    match fs::read_dir(path) {
        Ok(folder) => folder.filter_map(|entry| newest(&entry.ok()?.path())).max(),
        Err(_) => fs::metadata(path).and_then(|metadata| metadata.modified()).ok(),
    }
}

fn build(folder: &Path) {
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    // All packages are named so that their features, and with them the dependencies, are those of the tests.
    let status = Command::new(cargo())
        .args(["build", "--quiet", "--locked", "--workspace", "--bin", "karakoro", "--profile", profile])
        .current_dir(workspace())
        .status()
        .expect("cargo starts");
    assert!(status.success(), "cargo cannot build the executable");
}
