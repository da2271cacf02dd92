//! `karakoro watchlist import`: a batch that is taken up wholly or not at all.
//!
//! Every row is checked first, here and by the node; then the whole batch, signed, is made durable beside the node's
//! data; only then is the first entry sealed. Whatever cuts an import off after that, the next one finishes it: the
//! messages are the same, and the node seals none of them twice.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use karakoro_node::service::client::{CallError, Client};
use karakoro_proto::domain::breach::Breaches;
use karakoro_proto::domain::fault::Fault;
use karakoro_proto::domain::payload::Payload;
use karakoro_proto::domain::text::Digest;
use karakoro_proto::domain::two_persons;
use karakoro_proto::domain::watchlist::table::told;
use karakoro_proto::envelope::{Header, Kind, MessageId};
use karakoro_proto::key::SecretKey;
use karakoro_proto::service::{self, FailureKind, Request, Response, Submission};
use serde_json::{Value, json};

use super::batch::{Batch, BatchWriter, remove};
use super::change::alone;
use super::pipeline::Pipeline;
use super::rows::{Row, Rows};
use crate::cli::watchlist::ImportArgs;
use crate::cmd::send::status;
use crate::cmd::sign::{Desk, officer_key, signed};
use crate::cmd::{Output, connect, now};
use crate::exit::{Exit, Failure};

/// Faults of rows that are told; whoever reads of so many needs no more.
const MAX_TOLD: usize = 10_000;

/// Where imports are prepared, within a home.
const FOLDER: &str = "data/imports";

/// The one import of a home that is under way; held by whoever works on it.
pub(super) struct Imports {
    folder: PathBuf,
    _lock: File,
}

impl Imports {
    pub(super) fn lock(home: &Path) -> Result<Self, Failure> {
        let folder = home.join(FOLDER);
        let failed = |error: &dyn std::fmt::Display| {
            Failure::new(Exit::Store, anyhow::anyhow!("cannot use {}: {error}", folder.display()))
        };
        std::fs::create_dir_all(&folder).map_err(|error| failed(&error))?;
        let lock = File::create(folder.join("lock")).map_err(|error| failed(&error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder, _lock: lock }),
            Err(std::fs::TryLockError::WouldBlock) => Err(Failure::new(
                Exit::CouldNotCheck,
                anyhow::anyhow!("another import is under way in this home"),
            )),
            Err(std::fs::TryLockError::Error(error)) => Err(failed(&error)),
        }
    }

    /// The batch that is being sealed: there only between its commit point and its end.
    pub(super) fn pending(&self) -> PathBuf {
        self.folder.join("pending.batch")
    }

    /// A batch that is only looked at.
    fn scratch(&self) -> PathBuf {
        self.folder.join("scratch.batch")
    }

    /// Finishes what was interrupted, if anything was.
    pub(super) fn finish_pending(
        &self,
        client: &mut Client,
        out: &Output,
    ) -> Result<Option<Sealing>, Failure> {
        if !self.pending().exists() {
            return Ok(None);
        }
        out.talk("finishing the import that was interrupted");
        seal(&self.pending(), client).map(Some)
    }
}

pub(crate) fn run(args: &ImportArgs, home: &Path, out: &Output) -> Result<Exit, Failure> {
    let imports = Imports::lock(home)?;
    if args.abandon {
        return abandon(&imports, out);
    }
    let mut client = connect(home)?;
    if !args.dry_run && args.propose.is_none() {
        let finished = imports.finish_pending(&mut client, out)?;
        if args.resume {
            return Ok(report_resumed(finished, out));
        }
        if let Some(finished) = finished {
            out.talk(format!("{} entries of it are sealed", finished.sealed.len()));
        }
    }
    let Some(file) = &args.file else { return Err(Failure::usage("no file to import")) };
    let rows = Rows::read(file, args.category)?;
    let status = status(&mut client)?;
    let key = officer_key(home, &args.signer)?;
    let path = match (&args.propose, args.dry_run) {
        (Some(file), _) => file.clone(),
        (None, true) => imports.scratch(),
        (None, false) => imports.pending(),
    };
    let mut preparing = Preparing {
        batch: BatchWriter::create(&path)?,
        desk: Desk { status: &status, now: now() },
        key,
        alone: args.propose.is_none(),
        lines: Vec::new(),
        faults: BTreeMap::new(),
    };
    preparing.all(&rows, &mut client)?;
    let Preparing { batch, lines, faults, .. } = preparing;
    drop(rows);
    if !faults.is_empty() {
        return Ok(report_refused(&lines, &faults, out));
    }
    if batch.count() == 0 {
        return Err(Failure::usage(format!("{} has no rows", file.display())));
    }
    if args.dry_run {
        return Ok(report_checked(&lines, out));
    }
    let digest = batch.finish()?;
    if args.propose.is_some() {
        return Ok(report_proposed(&path, &lines, digest, out));
    }
    let sealing = seal(&path, &mut client)?;
    report_sealed(&lines, &sealing, digest, out);
    Ok(Exit::Yes)
}

/// A batch in the making: rows become messages, each checked here and by the node.
struct Preparing<'a> {
    batch: BatchWriter,
    desk: Desk<'a>,
    key: SecretKey,
    /// No second officer follows.
    alone: bool,
    /// Of each row that is a message: its line and the id.
    lines: Vec<(u32, MessageId)>,
    /// Of each line, everything that is wrong.
    faults: BTreeMap<u32, Vec<String>>,
}

impl Preparing<'_> {
    fn all(&mut self, rows: &Rows, client: &mut Client) -> Result<(), Failure> {
        let mut pipeline = Pipeline::new(client);
        for row in rows.each() {
            let line = row.0;
            match self.message(row)? {
                Ok(submission) => {
                    self.batch.add(&submission)?;
                    let faults = &mut self.faults;
                    let check = if self.alone { Request::Check } else { Request::CheckAlone };
                    pipeline.send(line, check(submission), |line, answer| checked(faults, line, answer))?;
                }
                Err(faults) => _ = self.faults.insert(line, faults),
            }
        }
        pipeline.finish(|line, answer| checked(&mut self.faults, line, answer))
    }

    /// The signed message of a row, or all that is wrong with it.
    fn message(&mut self, (line, read): Row) -> Result<Result<Submission, Vec<String>>, Failure> {
        let told_as = |faults: &[Fault]| faults.iter().map(ToString::to_string).collect();
        let proposal = match read {
            Ok(proposal) => proposal,
            Err(faults) => return Ok(Err(told_as(&faults))),
        };
        let (header, update) = proposal.message(self.desk.header(Kind::WatchlistUpdate)?);
        let payload = Payload::WatchlistUpdate(Box::new(update));
        // What else the accord has two persons sign is the node's to say.
        if self.alone && two_persons::needed(&header, &payload, &[]) {
            return Ok(Err(vec![format!("line {line}: {}", alone("a person, or what is TLP:RED,").error)]));
        }
        let mut breaches = Breaches::new();
        payload.check(&header, &mut breaches);
        if !breaches.is_empty() {
            return Ok(Err(told_as(&told(&breaches, line))));
        }
        self.lines.push((line, header.id));
        Ok(Ok(signed(&header, payload.encode(), &self.key)))
    }
}

/// Notes what the node says of a row. What concerns no row ends the import.
fn checked(
    faults: &mut BTreeMap<u32, Vec<String>>,
    line: u32,
    answer: Result<Response, service::Failure>,
) -> Result<(), Failure> {
    match answer {
        Ok(Response::Checked) => Ok(()),
        Ok(_) => Err(CallError::Unexpected.into()),
        Err(failure) if failure.kind == FailureKind::Refused => {
            faults.insert(line, failure.text.lines().map(|text| format!("line {line}: {text}")).collect());
            Ok(())
        }
        Err(failure) => Err(CallError::Failed(failure).into()),
    }
}

/// Messages of a batch in their order: id, entry of our log, and whether it was there before.
pub(super) struct Sealing {
    pub(super) sealed: Vec<(MessageId, u64, bool)>,
}

/// Seals a batch that is durable, and removes it once all of it is in our log.
pub(super) fn seal(path: &Path, client: &mut Client) -> Result<Sealing, Failure> {
    let mut batch = Batch::open(path)?;
    let count = batch.count;
    let mut sealed: BTreeMap<u64, (MessageId, u64, bool)> = BTreeMap::new();
    let mut number = 0_u64;
    let mut pipeline = Pipeline::new(client);
    let done = batch
        .each(|submission| {
            let header = Header::decode(&submission.body.header);
            let id = header.map_err(|error| Failure::new(Exit::Store, error))?.id;
            number += 1;
            pipeline
                .send((number, id), Request::Submit(submission), |key, answer| note(&mut sealed, key, answer))
        })
        .and_then(|()| pipeline.finish(|key, answer| note(&mut sealed, key, answer)));
    done.map_err(|failure| {
        let text = format!(
            "at least {} of {count} entries are sealed, the others wait in {}: `karakoro watchlist import --resume` \
             seals them, `--abandon` gives them up",
            sealed.len(),
            path.display()
        );
        Failure::new(failure.exit, failure.error.context(text))
    })?;
    remove(path)?;
    Ok(Sealing { sealed: sealed.into_values().collect() })
}

fn note(
    sealed: &mut BTreeMap<u64, (MessageId, u64, bool)>,
    (number, id): (u64, MessageId),
    answer: Result<Response, service::Failure>,
) -> Result<(), Failure> {
    match answer {
        Ok(Response::Sealed { index, again }) => {
            sealed.insert(number, (id, index, again));
            Ok(())
        }
        Ok(_) => Err(CallError::Unexpected.into()),
        Err(failure) => Err(CallError::Failed(failure).into()),
    }
}

fn abandon(imports: &Imports, out: &Output) -> Result<Exit, Failure> {
    let path = imports.pending();
    if !path.exists() {
        out.answer("no import was interrupted", || answer(true, json!({ "abandoned": 0 })));
        return Ok(Exit::Yes);
    }
    // Even one that is damaged can be given up.
    let count = Batch::open(&path).map_or(0, |batch| batch.count);
    remove(&path)?;
    out.answer(
        format!("an import of {count} entries was given up; those that are sealed stay sealed"),
        || answer(true, json!({ "abandoned": count })),
    );
    Ok(Exit::Yes)
}

fn answer(ok: bool, mut rest: Value) -> Value {
    rest["schema"] = "karakoro/import/1".into();
    rest["ok"] = ok.into();
    rest
}

fn report_resumed(finished: Option<Sealing>, out: &Output) -> Exit {
    let sealed = finished.map_or_else(Vec::new, |sealing| sealing.sealed);
    let lines: Vec<String> = sealed.iter().map(|(id, index, _)| format!("{id}  sealed #{index}")).collect();
    let text = if lines.is_empty() { "no import was interrupted".to_owned() } else { lines.join("\n") };
    out.answer(text, || {
        let rows: Vec<Value> =
            sealed.iter().map(|(id, index, again)| row(None, *id, Some((*index, *again)))).collect();
        answer(true, json!({ "sealed": rows.len(), "rows": rows }))
    });
    Exit::Yes
}

fn row(line: Option<u32>, id: MessageId, sealed: Option<(u64, bool)>) -> Value {
    json!({
        "line": line,
        "id": id.to_string(),
        "entry": sealed.map(|(index, _)| index),
        "again": sealed.map(|(_, again)| again),
    })
}

/// One line for each row; those without a fault are told as well.
fn report_refused(lines: &[(u32, MessageId)], faults: &BTreeMap<u32, Vec<String>>, out: &Output) -> Exit {
    let sound = lines.iter().filter(|(line, _)| !faults.contains_key(line));
    let mut rows: BTreeMap<u32, String> =
        sound.map(|(line, _)| (*line, format!("line {line}: in order"))).collect();
    rows.extend(faults.iter().take(MAX_TOLD).map(|(line, faults)| (*line, faults.join("\n"))));
    let text: Vec<String> = rows.into_values().collect();
    out.answer(text.join("\n"), || {
        let rows: Vec<Value> = faults
            .iter()
            .take(MAX_TOLD)
            .map(|(line, faults)| json!({ "line": line, "faults": faults }))
            .collect();
        answer(false, json!({ "sealed": 0, "refused": faults.len(), "rows": rows }))
    });
    out.talk(format!("nothing was sent: {} rows have faults; the batch is refused as a whole", faults.len()));
    Exit::No
}

fn report_checked(lines: &[(u32, MessageId)], out: &Output) -> Exit {
    let text: Vec<String> = lines.iter().map(|(line, _)| format!("line {line}: in order")).collect();
    out.answer(text.join("\n"), || answer(true, json!({ "sealed": 0, "checked": lines.len() })));
    out.talk("nothing was sent (--dry-run)");
    Exit::Yes
}

fn report_proposed(path: &Path, lines: &[(u32, MessageId)], digest: Digest, out: &Output) -> Exit {
    let text: Vec<String> = lines.iter().map(|(line, id)| format!("line {line}: {id}")).collect();
    out.answer(text.join("\n"), || {
        let rows: Vec<Value> = lines.iter().map(|(line, id)| row(Some(*line), *id, None)).collect();
        answer(
            true,
            json!({ "sealed": 0, "proposed": lines.len(), "digest": digest.to_string(), "rows": rows }),
        )
    });
    out.talk(format!(
        "nothing was sent: {} entries are in {} for another officer to approve\ndigest {digest}",
        lines.len(),
        path.display()
    ));
    Exit::Yes
}

fn report_sealed(lines: &[(u32, MessageId)], sealing: &Sealing, digest: Digest, out: &Output) {
    let rows = || lines.iter().zip(&sealing.sealed);
    let text: Vec<String> =
        rows().map(|((line, id), (_, index, _))| format!("line {line}: {id}  sealed #{index}")).collect();
    out.answer(text.join("\n"), || {
        let rows: Vec<Value> = rows()
            .map(|((line, id), (_, index, again))| row(Some(*line), *id, Some((*index, *again))))
            .collect();
        answer(true, json!({ "sealed": rows.len(), "digest": digest.to_string(), "rows": rows }))
    });
    out.talk(format!("{} entries are sealed", lines.len()));
}
