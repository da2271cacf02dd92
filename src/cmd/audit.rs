//! `karakoro audit`.

use std::path::{Path, PathBuf};

use karakoro_audit::verify::VerifyOptions;
use karakoro_audit::{Report, Verdict, compare, verify_path};
use karakoro_node::evidence::{self, EvidenceError, Exported, Proven};
use karakoro_proto::envelope::MessageId;
use karakoro_proto::log::evidence::FILE_EXTENSION;
use serde_json::{Value, json};

use super::{HomeArg, Output};
use crate::cli::{AuditCommand, TrustArgs};
use crate::exit::{Exit, Failure};
use crate::view::erased_text;

pub(crate) fn run(command: &AuditCommand, home: &HomeArg<'_>, out: &Output) -> Result<Exit, Failure> {
    match command {
        AuditCommand::Export { out: folder } => export(home.path()?, folder, out),
        AuditCommand::Verify { path, trust } => {
            Ok(judged(&with_options(trust, |options| verify_path(path, options)), out))
        }
        AuditCommand::Compare { a, b, trust } => {
            Ok(judged(&with_options(trust, |options| compare::compare(a, b, options)), out))
        }
        AuditCommand::Prove { id, out: file, without_body } => {
            prove(home.path()?, *id, file.clone(), !without_body, out)
        }
    }
}

fn with_options(trust: &TrustArgs, act: impl FnOnce(&VerifyOptions<'_>) -> Report) -> Report {
    let roots: Vec<&Path> = trust.root.iter().map(PathBuf::as_path).collect();
    act(&VerifyOptions { policy: trust.policy.as_deref(), roots: &roots, threads: None })
}

fn judged(report: &Report, out: &Output) -> Exit {
    out.answer(report, || serde_json::to_value(report).unwrap_or_default());
    match report.verdict {
        Verdict::Agree => Exit::Yes,
        Verdict::Disagree => Exit::No,
        _ => Exit::CouldNotCheck,
    }
}

fn export(home: &Path, folder: &Path, out: &Output) -> Result<Exit, Failure> {
    let exported = evidence::export(home, folder)?;
    let text: Vec<String> = exported.iter().map(exported_text).collect();
    out.answer(text.join("\n"), || {
        let logs: Vec<Value> = exported.iter().map(exported_json).collect();
        json!({ "schema": "karakoro/audit-export/1", "ok": true, "logs": logs })
    });
    Ok(Exit::Yes)
}

fn exported_text(log: &Exported) -> String {
    let signed = match log.cosigned {
        true => "signed by both countries",
        false => "NOT YET signed by the other country",
    };
    let mut text = format!("{}: {} entries, {signed}, in {}", log.origin, log.size, log.folder.display());
    if log.awaiting > 0 {
        text.push_str(&format!(
            "\n  {} entries after these await the other country's signature and were left out",
            log.awaiting
        ));
    }
    text
}

fn exported_json(log: &Exported) -> Value {
    json!({
        "log": log.origin.to_string(),
        "folder": log.folder.display().to_string(),
        "entries": log.size,
        "cosigned": log.cosigned,
        "awaiting": log.awaiting,
    })
}

fn prove(
    home: &Path,
    id: MessageId,
    file: Option<PathBuf>,
    with_body: bool,
    out: &Output,
) -> Result<Exit, Failure> {
    let Proven { evidence, erased } = evidence::prove(home, id, with_body)?;
    let file = file.unwrap_or_else(|| PathBuf::from(format!("{id}.{FILE_EXTENSION}")));
    write_new(&file, &evidence.to_string())?;
    let name = file.display();
    let erased = erased.map(|leaf| erased_text(&leaf.erasure));
    let why = erased.as_ref().map_or_else(String::new, |erased| format!("\n{erased}"));
    out.answer(
        format!("{name}{why}\nanyone can check it: karakoro audit verify {name}"),
        || json!({ "schema": "karakoro/audit-prove/1", "ok": true, "file": name.to_string(), "erased": erased }),
    );
    Ok(Exit::Yes)
}

fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::from(EvidenceError::Exists(path.to_owned())),
        _ => Failure::from(EvidenceError::Write { path: path.to_owned(), source }),
    };
    let mut file = std::fs::File::create_new(path).map_err(failed)?;
    std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failed)
}
