//! What the documents tell people to type works as it stands there.

use std::path::Path;
use std::process::Command;

use karakoro_tests::command;
use karakoro_tests::countries::{Countries, Home};
use karakoro_tests::executable::{karakoro, workspace};
use karakoro_tests::running::Node;

/// The shell blocks of a document, as one script.
fn script(document: &str) -> String {
    let text = std::fs::read_to_string(workspace().join(document)).expect("the document is there");
    let mut script = String::from("set -euo pipefail\n");
    let mut inside = false;
    for line in text.lines() {
        match line {
            "```sh" => inside = true,
            "```" => inside = false,
            line if inside => {
                script.push_str(line);
                script.push('\n');
            }
            _ => {}
        }
    }
    script
}

fn has(program: &str) -> bool {
    Command::new(program).arg("version").output().is_ok()
}

/// Sends one alert each way; returns the id of the first, once it is in both logs.
fn exchange(from: &Home, to: &Home) -> String {
    let alert = workspace().join("tests/vectors/cap/example-mr-ml.xml");
    let send = |home: &Home| {
        let arguments = ["send".as_ref(), "--wait".as_ref(), "in-both-logs".as_ref(), alert.as_os_str()];
        command::at(&home.path, arguments).expect_exit(0).out.trim().to_owned()
    };
    send(to);
    send(from)
}

#[test]
fn an_auditor_can_follow_the_page_on_auditing_with_openssl_and_coreutils() {
    if !has("openssl") {
        eprintln!("skipped: openssl is absent");
        return;
    }
    let countries = Countries::new();
    let (mr, ml) = (&countries.mr, &countries.ml);
    let nodes = [Node::start(mr, &[ml.address]), Node::start(ml, &[])];
    let message = exchange(mr, ml);
    let folder = countries.folder().join("auditor");
    std::fs::create_dir(&folder).expect("a fresh folder");
    command::at(
        &ml.path,
        ["audit".as_ref(), "export".as_ref(), "--out".as_ref(), folder.join("B").as_os_str()],
    )
    .expect_exit(0);
    let output = Command::new("bash")
        .args(["-c", &script("docs/auditing.md")])
        .current_dir(&folder)
        .env("KARAKORO_HOME", &mr.path)
        .env("MESSAGE", message)
        .env("PATH", path_with(karakoro()))
        .output()
        .expect("bash runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.matches("Signature Verified Successfully").count(), 2, "{said}");
    assert!(said.contains("BOTH LOGS AGREE"), "{said}");
    for node in nodes {
        assert!(node.stop().success());
    }
}

/// The search path with the folder of the executable before it.
fn path_with(executable: &Path) -> String {
    let folder = executable.parent().expect("an executable lies in a folder").display();
    format!("{folder}:{}", std::env::var("PATH").unwrap_or_default())
}

#[test]
fn the_readme_begins_with_the_two_commands_that_ci_runs() {
    let readme = std::fs::read_to_string(workspace().join("README.md")).expect("the README is there");
    let ci = std::fs::read_to_string(workspace().join(".ci/run")).expect("the CI script is there");
    assert!(readme.contains("```sh\ncargo run --release -- demo\ncargo test --workspace\n```"));
    assert!(ci.contains("cargo test --workspace"));
}

/// The commands that a document names: in backticks, or at the start of a line.
fn commands(document: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(workspace().join(document)).expect("the document is there");
    let named = text.split(['`', '\n']).filter_map(|part| part.strip_prefix("karakoro "));
    let word = |word: &&str| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-' || b.is_ascii_digit());
    let words = |line: &str| {
        line.split(' ').take_while(word).take_while(|w| !w.starts_with('-')).map(str::to_owned).collect()
    };
    named.map(words).collect()
}

#[test]
fn every_command_of_the_week_exists() {
    let named = commands("docs/week.md");
    assert!(named.len() > 30, "{named:?}");
    for mut command in named {
        command.push("--help".to_owned());
        command::bare(&command).expect_exit(0);
    }
}

#[test]
fn the_week_is_played_by_ci() {
    let ci = std::fs::read_to_string(workspace().join(".ci/run")).expect("the CI script is there");
    assert!(ci.contains("\nstep docs/week.sh "));
}
