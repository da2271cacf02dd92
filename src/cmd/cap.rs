//! `karakoro cap`.

use std::path::{Path, PathBuf};

use karakoro_node::service::client::CallError;
use karakoro_proto::domain::cap::{self, Fault, WriteError};
use karakoro_proto::domain::payload::Payload;
use karakoro_proto::envelope::{Header, Kind, MessageId};
use karakoro_proto::service::{Request, Response};
use serde_json::{Value, json};

use super::{HomeArg, Output, connect};
use crate::cli::CapCommand;
use crate::exit::{Exit, Failure};
use crate::inputs::{InputError, read_alert, read_cap};

pub(crate) fn run(command: &CapCommand, home: &HomeArg<'_>, out: &Output) -> Result<Exit, Failure> {
    match command {
        CapCommand::Check { files } => check_all(files, out),
        CapCommand::Write { file } => write(file, out),
        CapCommand::Export { id } => export(*id, home.path()?, out),
    }
}

fn check_all(files: &[PathBuf], out: &Output) -> Result<Exit, Failure> {
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

fn write(file: &Path, out: &Output) -> Result<Exit, Failure> {
    let name = file.display();
    let told = |exit, error: &dyn std::fmt::Display| Failure::new(exit, anyhow::anyhow!("{name}: {error}"));
    let reading = read_alert(file).map_err(|error| match error {
        InputError::Unreadable(error) => told(Exit::CouldNotCheck, &error),
        InputError::Faults(faults) => {
            let lines: Vec<String> = faults.iter().map(|fault| format!("{name}: {fault}")).collect();
            Failure::new(Exit::No, anyhow::anyhow!("nothing was written\n{}", lines.join("\n")))
        }
    })?;
    let xml = cap::write(&reading.alert).map_err(|error| told(refusal(&error), &error))?;
    reading.notices.iter().for_each(|notice| out.talk(format!("{name}: {notice}")));
    print(&xml, out);
    Ok(Exit::Yes)
}

fn export(id: MessageId, home: &Path, out: &Output) -> Result<Exit, Failure> {
    let Response::Message(view) = connect(home)?.call(Request::Show(id))? else {
        return Err(CallError::Unexpected.into());
    };
    let header = Header::decode(&view.header).map_err(|error| Failure::new(Exit::Store, error))?;
    let refused = |why: String| Failure::new(Exit::Refused, anyhow::anyhow!("{id} has no CAP form: {why}"));
    if header.kind != Kind::Alert {
        return Err(refused(format!("it is of the kind {}; alerts have one", header.kind.as_str())));
    }
    // A message that we refused is listed, but what it says has not passed the rules.
    let payload = Payload::decode(&header, &view.payload).map_err(|error| refused(error.to_string()))?;
    let Payload::Alert(alert) = payload else { return Err(CallError::Unexpected.into()) };
    let xml = cap::export(&header, &alert).map_err(|error| refused(error.to_string()))?;
    print(&xml, out);
    Ok(Exit::Yes)
}

fn refusal(error: &WriteError) -> Exit {
    match error {
        WriteError::Faults(_) => Exit::No,
        _ => Exit::Refused,
    }
}

fn print(xml: &str, out: &Output) {
    out.answer(xml.trim_end(), || json!({ "schema": "karakoro/cap/1", "ok": true, "xml": xml }));
}
