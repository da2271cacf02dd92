//! `karakoro cap`.

use std::path::Path;

use karakoro_proto::domain::cap::Fault;
use serde_json::{Value, json};

use super::Output;
use crate::cli::CapCommand;
use crate::exit::{Exit, Failure};
use crate::inputs::{InputError, read_cap};

pub(crate) fn run(command: &CapCommand, out: &Output) -> Result<Exit, Failure> {
    let CapCommand::Check { files } = command;
    let readings: Vec<Reading> = files.iter().map(|file| check(file, out)).collect();
    let exit = match readings.iter().map(|reading| reading.exit).max_by_key(|exit| *exit as u8) {
        Some(exit) => exit,
        None => Exit::Yes,
    };
    let files: Vec<Value> = readings.into_iter().map(|reading| reading.json).collect();
    let answer = json!({ "schema": "karakoro/cap-check/1", "ok": exit == Exit::Yes, "files": files });
    // JSON is what this command prints, whoever reads it: people get it indented.
    let pretty = serde_json::to_string_pretty(&answer).unwrap_or_default();
    out.answer(pretty, || answer);
    Ok(exit)
}

struct Reading {
    exit: Exit,
    json: Value,
}

fn check(file: &Path, out: &Output) -> Reading {
    let name = file.display().to_string();
    match read_cap(file) {
        Ok(reading) => {
            let alert: Value = serde_json::from_str(&reading.alert.to_json()).unwrap_or_default();
            let json = json!({ "file": name, "valid": true, "alert": alert, "notices": reading.notices });
            Reading { exit: Exit::Yes, json }
        }
        Err(InputError::Unreadable(error)) => {
            out.talk(format!("{name}: {error}"));
            Reading {
                exit: Exit::CouldNotCheck,
                json: json!({ "file": name, "valid": Value::Null, "error": error.to_string() }),
            }
        }
        Err(InputError::Faults(faults)) => {
            faults.iter().for_each(|fault| out.talk(format!("{name}: {fault}")));
            let faults: Vec<Value> = faults.iter().map(fault_json).collect();
            Reading { exit: Exit::No, json: json!({ "file": name, "valid": false, "faults": faults }) }
        }
    }
}

fn fault_json(fault: &Fault) -> Value {
    json!({ "element": fault.element, "line": fault.line, "message": fault.message, "expected": fault.expected })
}
