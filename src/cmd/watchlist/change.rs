//! `karakoro watchlist propose`, `amend` and `withdraw`: one change of one entry.

use std::path::Path;

use karakoro_proto::domain::breach::Breaches;
use karakoro_proto::domain::payload::Payload;
use karakoro_proto::domain::text::Prose;
use karakoro_proto::domain::two_persons;
use karakoro_proto::domain::watchlist::proposal::Proposal;
use karakoro_proto::domain::watchlist::{Change, Reason, WatchlistUpdate};
use karakoro_proto::envelope::{Header, Kind, MessageId};
use karakoro_proto::service::Status;
use serde_json::{Value, json};

use super::batch::BatchWriter;
use super::{ShownEntry, entry};
use crate::cli::watchlist::WritingArgs;
use crate::cmd::send::{send_signed, status};
use crate::cmd::sign::{Desk, officer_key, signed};
use crate::cmd::{Output, connect, now};
use crate::exit::{Exit, Failure};
use crate::inputs::read_bytes;

/// Why an entry is changed.
pub(crate) struct Why<'a> {
    pub(crate) reason: Option<Reason>,
    pub(crate) note: Option<&'a str>,
}

impl Why<'_> {
    fn note(&self) -> Result<Option<Prose<500>>, Failure> {
        let note = self.note.map(str::parse::<Prose<500>>).transpose();
        note.map_err(|error| Failure::usage(format!("--note {error}")))
    }
}

pub(crate) fn propose(
    file: &Path,
    writing: &WritingArgs,
    home: &Path,
    out: &Output,
) -> Result<Exit, Failure> {
    let proposal = read(file)?;
    let mut client = connect(home)?;
    let status = status(&mut client)?;
    let blank = Desk { status: &status, now: now() }.header(Kind::WatchlistUpdate)?;
    let (header, update) = proposal.message(blank);
    finish(header, update, writing, home, out)
}

pub(crate) fn amend(
    id: MessageId,
    file: &Path,
    why: &Why<'_>,
    writing: &WritingArgs,
    home: &Path,
    out: &Output,
) -> Result<Exit, Failure> {
    let proposal = read(file)?;
    let (status, before) = ours(id, home, out)?;
    let blank = Desk { status: &status, now: now() }.header(Kind::WatchlistUpdate)?;
    let (header, update) = proposal.message(blank);
    // A mode never changes: an exercise does not become an entry that people act on.
    let header = Header { mode: before.held.head.mode, ..header };
    let update = WatchlistUpdate {
        change: Change::Amend,
        entry: id,
        version: before.held.head.version.saturating_add(1),
        reason: why.reason,
        note: why.note()?,
        ..update
    };
    finish(header, update, writing, home, out)
}

pub(crate) fn withdraw(
    id: MessageId,
    why: &Why<'_>,
    writing: &WritingArgs,
    home: &Path,
    out: &Output,
) -> Result<Exit, Failure> {
    let (status, before) = ours(id, home, out)?;
    let blank = Desk { status: &status, now: now() }.header(Kind::WatchlistUpdate)?;
    let head = before.held.head;
    // Handled as the entry was; of one that was erased nothing is known but its dates.
    let header = match &before.message {
        Some(message) => {
            let Header { priority, tlp, ref grounds, .. } = message.header;
            Header { mode: head.mode, priority, tlp, grounds: grounds.clone(), ..blank }
        }
        None => Header { mode: head.mode, ..blank },
    };
    let update = WatchlistUpdate {
        change: Change::Withdraw,
        entry: id,
        version: head.version.saturating_add(1),
        content: None,
        reason: why.reason,
        note: why.note()?,
    };
    finish(header, update, writing, home, out)
}

fn read(file: &Path) -> Result<Proposal, Failure> {
    let bytes = read_bytes(file)
        .map_err(|error| Failure::new(Exit::CouldNotCheck, anyhow::anyhow!("{}: {error}", file.display())))?;
    let wrong = |text: String| {
        Failure::new(Exit::No, anyhow::anyhow!("nothing was sent\n{}: {text}", file.display()))
    };
    let json: Value = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
    Proposal::from_json(&json).map_err(|breaches| wrong(breaches.to_string()))
}

/// An entry that this country owns, with what the node says of itself.
fn ours(id: MessageId, home: &Path, out: &Output) -> Result<(Status, ShownEntry), Failure> {
    let mut client = connect(home)?;
    let status = status(&mut client)?;
    let shown = ShownEntry::new(entry(&mut client, id)?, out.lang)?;
    if shown.held.head.owner == status.country {
        return Ok((status, shown));
    }
    let owner = shown.held.head.owner;
    let text = format!(
        "{id} is {owner}'s: only its owner changes an entry; an info request that challenges it, or a flag, tells {owner}"
    );
    Err(Failure::new(Exit::Refused, anyhow::anyhow!(text)))
}

/// Checks the rules of the kind, signs, and sends; or writes it for another officer.
fn finish(
    header: Header,
    update: WatchlistUpdate,
    writing: &WritingArgs,
    home: &Path,
    out: &Output,
) -> Result<Exit, Failure> {
    let title = format!("{} of {}", update.change, update.entry);
    let payload = Payload::WatchlistUpdate(Box::new(update));
    let mut breaches = Breaches::new();
    payload.check(&header, &mut breaches);
    if !breaches.is_empty() {
        return Err(Failure::new(Exit::Refused, anyhow::anyhow!("nothing was sent\n{breaches}")));
    }
    let key = officer_key(home, &writing.signer)?;
    let submission = signed(&header, payload.encode(), &key);
    if let Some(file) = &writing.propose {
        let mut batch = BatchWriter::create(file)?;
        batch.add(&submission)?;
        let digest = batch.finish()?;
        out.answer(
            format!("{}\n{title}: written for another officer to approve, digest {digest}", header.id),
            || json!({ "schema": "karakoro/batch/1", "ok": true, "messages": 1, "digest": digest.to_string() }),
        );
        return Ok(Exit::Yes);
    }
    if two_persons::needed(&header, &payload, &[]) {
        return Err(alone("this"));
    }
    send_signed(vec![(header, title, submission)], connect(home)?, home, out)
}

/// Refuses what needs two officers, and says what to do.
pub(super) fn alone(what: &str) -> Failure {
    let text = format!(
        "{what} needs a second officer: write it with `--propose FILE`, and let another officer run \
         `karakoro watchlist approve-batch FILE --key …`; or leave a draft with `karakoro propose`"
    );
    Failure::new(Exit::Refused, anyhow::anyhow!(text))
}
