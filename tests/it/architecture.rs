//! The arrows between crates are those that ARCHITECTURE.md draws, and other rules of the tree.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use karakoro_tests::executable::{cargo, workspace};
use serde_json::Value;

/// A file of source longer than this is due to be divided.
const MAX_LINES: usize = 800;

/// Tests and benchmarks look at everything; nothing depends on them.
const MAY_KNOW_ALL: [&str; 2] = ["karakoro-tests", "karakoro-bench"];

/// What `proto` must not know: runtimes, sockets, engines, clocks.
const NOT_IN_PROTO: [&str; 7] = ["tokio", "quinn", "rustls", "sled", "getrandom", "tracing", "socket2"];

fn packages() -> Vec<Value> {
    let arguments = ["metadata", "--no-deps", "--format-version", "1", "--locked", "--offline"];
    let output = Command::new(cargo()).args(arguments).current_dir(workspace()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn name(value: &Value) -> &str {
    value["name"].as_str().unwrap()
}

/// A package's dependencies that go into what is built: neither for tests nor for build scripts.
fn dependencies(package: &Value) -> impl Iterator<Item = &str> {
    let all = package["dependencies"].as_array().unwrap().iter();
    all.filter(|dependency| dependency["kind"].is_null()).map(name)
}

/// The lines of the fenced block `edges`.
fn drawn() -> BTreeSet<String> {
    let text = fs::read_to_string(workspace().join("ARCHITECTURE.md")).unwrap();
    let block = text.split_once("```edges\n").and_then(|(_, rest)| rest.split_once("```")).unwrap().0;
    block.lines().map(str::to_owned).filter(|line| !line.is_empty()).collect()
}

#[test]
fn the_arrows_between_crates_are_those_that_are_drawn() {
    let packages = packages();
    let names: BTreeSet<&str> = packages.iter().map(name).collect();
    let built: BTreeSet<String> = packages
        .iter()
        .filter(|package| !MAY_KNOW_ALL.contains(&name(package)))
        .flat_map(|package| {
            let ours = dependencies(package).filter(|dependency| names.contains(dependency));
            ours.map(move |dependency| format!("{} -> {dependency}", name(package)))
        })
        .collect();
    assert_eq!(built, drawn());
    assert!(!built.iter().any(|arrow| MAY_KNOW_ALL.iter().any(|name| arrow.ends_with(name))));
}

#[test]
fn proto_is_pure() {
    let packages = packages();
    let proto = packages.iter().find(|package| name(package) == "karakoro-proto").unwrap();
    let impure: Vec<&str> = dependencies(proto).filter(|found| NOT_IN_PROTO.contains(found)).collect();
    assert!(impure.is_empty(), "{impure:?}");
}

#[test]
fn no_crate_may_use_unsafe_code() {
    let root = fs::read_to_string(workspace().join("Cargo.toml")).unwrap();
    assert!(root.contains("unsafe_code = \"forbid\""));
    for package in packages() {
        let manifest = fs::read_to_string(package["manifest_path"].as_str().unwrap()).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{}", name(&package));
    }
}

#[test]
fn no_source_file_has_grown_too_long() {
    let listed = Command::new("git").args(["ls-files", "*.rs"]).current_dir(workspace()).output();
    let Some(listed) = listed.ok().filter(|output| output.status.success()) else {
        eprintln!("skipped: not a git checkout");
        return;
    };
    for file in String::from_utf8(listed.stdout).unwrap().lines() {
        let lines = lines_of(&workspace().join(file));
        assert!(lines < MAX_LINES, "{file} has {lines} lines: divide it");
    }
}

/// A file that is tracked and was removed counts nothing.
fn lines_of(path: &Path) -> usize {
    fs::read_to_string(path).map_or(0, |text| text.lines().count())
}
