//! `karakoro erase`.

use std::io::BufRead as _;
use std::path::Path;
use std::time::Duration;

use karakoro_node::service::client::{CallError, Client};
use karakoro_proto::envelope::MessageId;
use karakoro_proto::leaf::{Basis, ErasedLog, Erasure};
use karakoro_proto::service::{Fact, FailureKind, MessageBox, MessageView, Request, Response, Status};
use serde_json::json;

use super::sign::officer_key;
use super::{Output, connect, now};
use crate::cli::{EraseArgs, Lang};
use crate::exit::{Exit, Failure};
use crate::view::{Listed, basis_name};

/// How many characters of the id are typed to confirm.
const CONFIRMED_BY: usize = 4;

pub(crate) fn run(args: &EraseArgs, home: &Path, out: &Output) -> Result<Exit, Failure> {
    let key = officer_key(home, &args.signer)?;
    let mut client = connect(home)?;
    let status = status_of(&mut client)?;
    let view = show(&mut client, args.id)?;
    if view.facts.erased_here.is_none() {
        let erasure = erasure(args, &view, &status);
        out.talk(preview(&erasure, &view, &status, out.lang)?);
        if !args.yes && !confirmed(args.id, out) {
            return Err(Failure::usage("not confirmed: nothing was erased (--yes asks no question)"));
        }
        let order = erasure.ordered_by(&key, status.writes);
        match client.call(Request::Erase(Box::new(order)))? {
            Response::Sealed { .. } => {}
            _ => return Err(CallError::Unexpected.into()),
        }
    }
    let view = if args.wait { wait(&mut client, args)? } else { show(&mut client, args.id)? };
    answer(view, out)
}

fn answer(view: MessageView, out: &Output) -> Result<Exit, Failure> {
    let listed = Listed::new(view, out.lang).map_err(|error| Failure::new(Exit::Store, error))?;
    out.answer(&listed, || json!({ "schema": "karakoro/erase/1", "ok": true, "message": listed.to_json() }));
    Ok(Exit::Yes)
}

fn erasure(args: &EraseArgs, view: &MessageView, status: &Status) -> Erasure {
    let (log, origin) = match view.from {
        MessageBox::Sent => (ErasedLog::This, status.writes),
        MessageBox::Inbox => (ErasedLog::Opposite, status.mirrors),
    };
    Erasure {
        log,
        epoch: origin.epoch,
        entry: view.index,
        message: args.id,
        basis: args.basis.number(),
        reference: args.reference.clone(),
        time: now(),
    }
}

/// What is about to happen, and what is not.
fn preview(erasure: &Erasure, view: &MessageView, status: &Status, lang: Lang) -> Result<String, Failure> {
    let listed = Listed::new(view.clone(), lang).map_err(|error| Failure::new(Exit::Store, error))?;
    let peer = status.peer;
    let reach = match view.from {
        MessageBox::Sent => format!(
            "Its content is destroyed here, now, and by {peer} as soon as its node has our entry. That it was \
             shared stays proven."
        ),
        MessageBox::Inbox => format!(
            "{peer} wrote it: our copy is destroyed, now, and {peer} is told. Only {peer} can have its own \
             destroyed."
        ),
    };
    let basis = format!("{} ({})", basis_name(erasure.basis), Basis::describe(erasure.basis));
    Ok(format!("{}\n  {}\n{reach}\nBasis, in both logs for ever: {basis}", listed.line(), listed.facts()))
}

/// Asks for the end of the id: nobody erases the wrong message by pressing a key twice.
fn confirmed(id: MessageId, out: &Output) -> bool {
    if out.json {
        return false;
    }
    let id = id.to_string();
    let end = &id[id.len() - CONFIRMED_BY..];
    out.talk(format!("This cannot be undone. Type the last {CONFIRMED_BY} characters of the id to go on:"));
    let mut typed = String::new();
    std::io::stdin().lock().read_line(&mut typed).is_ok() && typed.trim() == end
}

fn wait(client: &mut Client, args: &EraseArgs) -> Result<MessageView, Failure> {
    client.set_timeout(Some(Duration::from_secs(args.timeout.max(1)))).map_err(CallError::from)?;
    match client.call(Request::Wait(args.id, Fact::ErasedAtPeer)) {
        Ok(Response::Message(view)) => Ok(*view),
        Ok(_) => Err(CallError::Unexpected.into()),
        Err(CallError::Failed(failure)) if failure.kind != FailureKind::Unavailable => {
            Err(CallError::Failed(failure).into())
        }
        Err(error) => {
            let text = format!("{} is erased here; not yet known whether the peer has erased it", args.id);
            Err(Failure::new(Exit::CouldNotCheck, anyhow::Error::new(error).context(text)))
        }
    }
}

fn show(client: &mut Client, id: MessageId) -> Result<MessageView, Failure> {
    match client.call(Request::Show(id))? {
        Response::Message(view) => Ok(*view),
        _ => Err(CallError::Unexpected.into()),
    }
}

fn status_of(client: &mut Client) -> Result<Status, Failure> {
    match client.call(Request::Status)? {
        Response::Status(status) => Ok(status),
        _ => Err(CallError::Unexpected.into()),
    }
}
