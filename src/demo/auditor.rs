//! The auditor: a process of its own that reads what both countries export, and believes neither.

use std::path::Path;
use std::process::Command;

use super::homes::Homes;
use super::nodes::karakoro;
use super::place::cannot;
use crate::exit::{Exit, Failure};

/// What the auditor found.
#[derive(Debug)]
pub(crate) struct Finding {
    /// The end of `karakoro audit compare`: whether both countries tell the same.
    pub(crate) exit: Exit,
    /// Its words.
    pub(crate) text: String,
}

impl Finding {
    /// The verdict for programs, as in the auditor's own report.
    pub(crate) fn verdict(&self) -> &'static str {
        match self.exit {
            Exit::Yes => "agree",
            Exit::No => "disagree",
            _ => "could-not-check",
        }
    }
}

/// Exports both homes and compares the exports.
pub(crate) fn verdict(homes: &Homes) -> Result<Finding, Failure> {
    let scratch =
        tempfile::tempdir().map_err(|error| cannot("make a folder in", &std::env::temp_dir(), &error))?;
    let exports = [scratch.path().join("mr"), scratch.path().join("ml")];
    for (home, export) in homes.both.iter().zip(&exports) {
        let mut command = karakoro()?;
        let (exit, text) =
            output(command.args(["audit", "export", "--home"]).arg(&home.path).arg("--out").arg(export))?;
        if exit != Exit::Yes {
            let text = format!("the logs of {} could not be exported\n{text}", home.country);
            return Err(Failure::new(Exit::CouldNotCheck, anyhow::anyhow!(text)));
        }
    }
    let (exit, text) = output(karakoro()?.args(["audit", "compare"]).args(&exports))?;
    Ok(Finding { exit, text: without(&text, scratch.path()) })
}

/// The folder is gone when the text is read: its name would only mislead.
fn without(text: &str, folder: &Path) -> String {
    text.replace(&format!("{}/", folder.display()), "")
}

fn output(command: &mut Command) -> Result<(Exit, String), Failure> {
    let output = command.output().map_err(|error| cannot("start", Path::new("the auditor"), &error))?;
    let exit = match output.status.code() {
        Some(0) => Exit::Yes,
        Some(1) => Exit::No,
        _ => Exit::CouldNotCheck,
    };
    let text = [output.stdout, output.stderr].concat();
    Ok((exit, String::from_utf8_lossy(&text).trim_end().to_owned()))
}
