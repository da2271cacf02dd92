//! `karakoro certs`.

use std::fmt::Display;
use std::io::{BufRead as _, IsTerminal as _};

use karakoro_certs::import::{Consent, ImportPreview};
use karakoro_certs::{Days, bundle, fingerprint, import, init, inspect, issue, ls, renew};
use karakoro_proto::identity::fingerprint::Fingerprint;
use karakoro_proto::identity::home::Slot;
use karakoro_proto::identity::spiffe::Label;
use serde::Serialize;

use super::{HomeArg, Output, now};
use crate::cli::CertsCommand;
use crate::exit::{Exit, Failure};

pub(crate) fn run(command: &CertsCommand, home: &HomeArg<'_>, out: &Output) -> Result<Exit, Failure> {
    match command {
        CertsCommand::Init { country, officers, auditors, days } => {
            let mut options = init::Options::new(home.to_path_buf()?, *country, now());
            if !officers.is_empty() {
                options.officers = labels(officers)?;
            }
            if !auditors.is_empty() {
                options.auditors = labels(auditors)?;
            }
            options.days = valid_days(*days)?;
            told(out, &init::run(&options)?)
        }
        CertsCommand::Issue { role, label, days } => {
            let (label, days) = (parsed_label(label)?, valid_days(*days)?);
            let options = issue::Options { home: home.to_path_buf()?, role: *role, label, days, now: now() };
            told(out, &issue::run(&options)?)
        }
        CertsCommand::Renew { name, days } => {
            let slot = Slot::from_stem(name)
                .ok_or_else(|| Failure::usage(format!("`{name}` is no name that `certs ls` shows")))?;
            let options =
                renew::Options { home: home.to_path_buf()?, slot, days: valid_days(*days)?, now: now() };
            told(out, &renew::run(&options)?)
        }
        CertsCommand::Bundle { out: file } => {
            let options = bundle::Options { home: home.to_path_buf()?, out: file.clone(), now: now() };
            let report = bundle::run(&options)?;
            if file.is_some() || out.json {
                return told(out, &report);
            }
            out.talk(&report);
            out.answer(report.text.trim_end(), || serde_json::Value::Null);
            Ok(Exit::Yes)
        }
        CertsCommand::Import { file, fingerprint } => {
            let options = import::Options { home: home.to_path_buf()?, bundle: file.clone(), now: now() };
            let report = match fingerprint {
                Some(digits) => import::run(&options, Consent::Fingerprint(digits_of(digits)?))?,
                None => import::run(&options, Consent::Ask(&mut |preview| ask(preview, out)))?,
            };
            told(out, &report)
        }
        CertsCommand::Fingerprint => {
            told(out, &fingerprint::run(&fingerprint::Options { home: home.to_path_buf()? })?)
        }
        CertsCommand::Ls => {
            let report = ls::run(&ls::Options { home: home.to_path_buf()?, now: now() })?;
            told(out, &report)?;
            Ok(if report.is_sound() { Exit::Yes } else { Exit::No })
        }
        CertsCommand::Inspect { file } => {
            told(out, &inspect::run(&inspect::Options { file: file.clone(), now: now() })?)
        }
    }
}

fn told(out: &Output, report: &(impl Display + Serialize)) -> Result<Exit, Failure> {
    let text = report.to_string();
    out.answer(text.trim_end(), || serde_json::to_value(report).unwrap_or_default());
    Ok(Exit::Yes)
}

fn parsed_label(label: &str) -> Result<Label, Failure> {
    label.parse().map_err(Failure::usage)
}

fn labels(labels: &[String]) -> Result<Vec<Label>, Failure> {
    labels.iter().map(|label| parsed_label(label)).collect()
}

fn valid_days(days: Option<u32>) -> Result<Days, Failure> {
    Ok(days.map_or(Ok(Days::DEFAULT), Days::new)?)
}

fn digits_of(digits: &str) -> Result<Fingerprint, Failure> {
    digits.parse().map_err(Failure::usage)
}

/// Shows the fingerprint and asks; without a terminal the answer is no.
fn ask(preview: &ImportPreview, out: &Output) -> bool {
    if !std::io::stdin().is_terminal() {
        out.talk("no terminal to ask at: give the fingerprint with --fingerprint");
        return false;
    }
    out.talk(preview);
    out.talk("Did the other side read you exactly these digits? Type yes, or anything else to refuse:");
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    read.is_ok() && answer.trim() == "yes"
}
