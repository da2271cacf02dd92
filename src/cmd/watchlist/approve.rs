//! `karakoro watchlist approve-batch`: a second officer signs the very same messages, and sends them.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::Path;

use karakoro_node::service::client::CallError;
use karakoro_proto::domain::payload::Payload;
use karakoro_proto::domain::text::Digest;
use karakoro_proto::envelope::{self, Header};
use karakoro_proto::key::SecretKey;
use karakoro_proto::leaf::SigningPurpose;
use karakoro_proto::service::{self, Request, Response, Submission};
use serde_json::json;

use super::batch::{Batch, BatchWriter};
use super::import::{Imports, seal};
use super::pipeline::Pipeline;
use crate::cli::SignerArgs;
use crate::cmd::sign::officer_key;
use crate::cmd::{Output, connect};
use crate::exit::{Exit, Failure};

/// Digits of the digest that an officer types.
const TYPED_DIGITS: usize = 8;

/// How the officer wants to be asked.
pub(crate) struct Asked<'a> {
    pub(crate) rows: bool,
    pub(crate) yes: bool,
    pub(crate) seen: Option<&'a str>,
}

pub(crate) fn run(
    file: &Path,
    signer: &SignerArgs,
    asked: &Asked<'_>,
    home: &Path,
    out: &Output,
) -> Result<Exit, Failure> {
    let key = officer_key(home, signer)?;
    let mut batch = Batch::open(file)?;
    let approver = key.public().id();
    batch.each(|submission| {
        if asked.rows {
            out.talk(line(&submission)?);
        }
        // The node says so too, but only after the question.
        let author = submission.leaf.signatures.iter().any(|signature| signature.key == approver);
        if author {
            let text = "this officer has signed the batch already: another one approves it (`--key FILE`)";
            return Err(Failure::new(Exit::Refused, anyhow::anyhow!(text)));
        }
        Ok(())
    })?;
    out.talk(format!("{} messages, digest {}", batch.count, batch.digest));
    confirm(asked, batch.digest, out)?;
    let imports = Imports::lock(home)?;
    let mut client = connect(home)?;
    imports.finish_pending(&mut client, out)?;
    let mut approved = BatchWriter::create(&imports.pending())?;
    let mut pipeline = Pipeline::new(&mut client);
    batch.each(|submission| {
        let submission = signed(submission, &key);
        approved.add(&submission)?;
        pipeline.send((), Request::Check(submission), checked)
    })?;
    pipeline.finish(checked)?;
    let digest = approved.finish()?;
    let sealing = seal(&imports.pending(), &mut client)?;
    let lines: Vec<String> =
        sealing.sealed.iter().map(|(id, index, _)| format!("{id}  sealed #{index}")).collect();
    out.answer(lines.join("\n"), || {
        let rows: Vec<_> = sealing
            .sealed
            .iter()
            .map(|(id, index, again)| json!({ "id": id.to_string(), "entry": index, "again": again }))
            .collect();
        json!({
            "schema": "karakoro/import/1", "ok": true, "sealed": rows.len(), "digest": digest.to_string(),
            "rows": rows,
        })
    });
    Ok(Exit::Yes)
}

/// Before anything is durable, one refusal refuses all.
fn checked((): (), answer: Result<Response, service::Failure>) -> Result<(), Failure> {
    match answer {
        Ok(Response::Checked) => Ok(()),
        Ok(_) => Err(CallError::Unexpected.into()),
        Err(failure) => {
            let failure = Failure::from(CallError::Failed(failure));
            Err(Failure::new(failure.exit, failure.error.context("nothing was sent")))
        }
    }
}

fn signed(mut submission: Submission, key: &SecretKey) -> Submission {
    let approval = envelope::sign(&submission.leaf.commitment, SigningPurpose::Approver, key);
    submission.leaf.signatures.push(approval);
    submission
}

fn line(submission: &Submission) -> Result<String, Failure> {
    let header = Header::decode(&submission.body.header).map_err(|error| Failure::new(Exit::No, error))?;
    let payload = Payload::decode(&header, &submission.body.payload);
    let what = match payload.map_err(|error| Failure::new(Exit::No, error))? {
        Payload::WatchlistUpdate(update) => update.content.as_ref().map_or_else(
            || format!("{} of {}", update.change, update.entry),
            |entry| {
                let (label, expires) = (entry.subject.label(), entry.expires_ms);
                format!("{}  {}  {label}  until {expires}", update.change, entry.action)
            },
        ),
        other => other.kind().to_string(),
    };
    Ok(format!("{}  {}  {}  {what}", header.id, header.mode, header.tlp))
}

/// The officer says which batch it is that they have looked at.
fn confirm(asked: &Asked<'_>, digest: Digest, out: &Output) -> Result<(), Failure> {
    let digest = digest.to_string();
    if asked.yes {
        return match asked.seen {
            Some(seen) if seen == digest => Ok(()),
            _ => Err(other("--seen names another batch")),
        };
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::usage("no terminal to ask at: give --yes --seen DIGEST"));
    }
    let typed = &digest[digest.len() - TYPED_DIGITS..];
    out.talk(format!(
        "Approve and send all of it? Type the last {TYPED_DIGITS} digits of the digest, or nothing:"
    ));
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    if read.is_ok() && answer.trim() == typed { Ok(()) } else { Err(other("the digits were not typed")) }
}

fn other(why: &str) -> Failure {
    Failure::new(Exit::Refused, anyhow::anyhow!("nothing was approved: {why}"))
}
