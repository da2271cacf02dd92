//! `karakoro watchlist`.

use karakoro_node::service::client::{CallError, Client};
use karakoro_proto::domain::terms::Category;
use karakoro_proto::domain::watchlist::table;
use karakoro_proto::envelope::MessageId;
use karakoro_proto::service::watchlist::{Answer, Entries, HeldEntries, HeldEntry, Query};
use karakoro_proto::service::{MAX_LIST, MessageView, Request, Response};
use serde_json::json;

use super::{HomeArg, Output};
use crate::cli::watchlist::WatchlistCommand;
use crate::exit::{Exit, Failure};

mod approve;
mod batch;
mod change;
mod due;
mod import;
mod list;
mod one;
mod pipeline;
mod rows;
mod shown;

pub(crate) use due::reminder;
pub(crate) use shown::ShownEntry;

pub(crate) fn run(command: &WatchlistCommand, home: &HomeArg<'_>, out: &Output) -> Result<Exit, Failure> {
    match command {
        WatchlistCommand::Ls(args) => list::run(args, home.path()?, out),
        WatchlistCommand::Show { id } => one::show(*id, home.path()?, out),
        WatchlistCommand::History { id } => one::history(*id, home.path()?, out),
        WatchlistCommand::Propose { file, writing } => change::propose(file, writing, home.path()?, out),
        WatchlistCommand::Amend { id, file, reason, note, writing } => {
            let why = change::Why { reason: *reason, note: note.as_deref() };
            change::amend(*id, file, &why, writing, home.path()?, out)
        }
        WatchlistCommand::Withdraw { id, reason, note, writing } => {
            let why = change::Why { reason: Some(*reason), note: note.as_deref() };
            change::withdraw(*id, &why, writing, home.path()?, out)
        }
        WatchlistCommand::Due { days, send, signer } => due::run(*days, *send, signer, home.path()?, out),
        WatchlistCommand::Import(args) => import::run(args, home.path()?, out),
        WatchlistCommand::ApproveBatch { file, signer, rows, yes, seen } => {
            let asked = approve::Asked { rows: *rows, yes: *yes, seen: seen.as_deref() };
            approve::run(file, signer, &asked, home.path()?, out)
        }
        WatchlistCommand::Columns { category } => columns(*category, out),
    }
}

fn columns(category: Category, out: &Output) -> Result<Exit, Failure> {
    let columns = table::columns(category);
    let lines: Vec<String> =
        columns.iter().map(|column| format!("{:44} {}", column.name, column.form.as_str())).collect();
    out.answer(lines.join("\n"), || {
        let columns: Vec<_> = columns
            .iter()
            .map(|column| json!({ "name": column.name, "form": column.form.as_str() }))
            .collect();
        json!({ "schema": "karakoro/columns/1", "ok": true, "category": category, "columns": columns })
    });
    Ok(Exit::Yes)
}

/// Asks the node about the watchlist.
fn ask(client: &mut Client, query: Query) -> Result<Answer, Failure> {
    match client.call(Request::Watchlist(query))? {
        Response::Watchlist(answer) => Ok(answer),
        _ => Err(CallError::Unexpected.into()),
    }
}

/// One entry.
fn entry(client: &mut Client, id: MessageId) -> Result<HeldEntry, Failure> {
    match ask(client, Query::Entry(id))? {
        Answer::Entry(entry) => Ok(*entry),
        _ => Err(CallError::Unexpected.into()),
    }
}

/// Every entry that is asked for, page by page.
pub(crate) fn every_entry(
    client: &mut Client,
    mut query: Entries,
    mut take: impl FnMut(HeldEntry) -> Result<(), Failure>,
) -> Result<(), Failure> {
    query.most = MAX_LIST;
    loop {
        let Answer::Entries(HeldEntries { entries, more, last }) = ask(client, Query::Entries(query))? else {
            return Err(CallError::Unexpected.into());
        };
        entries.into_iter().try_for_each(&mut take)?;
        if !more || last.is_none() || last <= query.after {
            return Ok(());
        }
        query.after = last;
    }
}

/// Every version of an entry, oldest first.
fn versions(client: &mut Client, entry: MessageId) -> Result<Vec<HeldEntry>, Failure> {
    let mut found: Vec<HeldEntry> = Vec::new();
    loop {
        let after = found.last().map_or(0, |held| held.head.version);
        let Answer::Versions(page) = ask(client, Query::Versions { entry, after, most: MAX_LIST })? else {
            return Err(CallError::Unexpected.into());
        };
        let done = page.entries.is_empty() || !page.more;
        found.extend(page.entries);
        if done {
            return Ok(found);
        }
    }
}

/// Every message about an entry or a message.
pub(crate) fn about(client: &mut Client, of: MessageId) -> Result<Vec<MessageView>, Failure> {
    let mut found: Vec<MessageView> = Vec::new();
    loop {
        let skip = u32::try_from(found.len()).unwrap_or(u32::MAX);
        let Answer::About(page) = ask(client, Query::About { of, skip, most: MAX_LIST })? else {
            return Err(CallError::Unexpected.into());
        };
        if page.is_empty() {
            return Ok(found);
        }
        found.extend(page);
    }
}
