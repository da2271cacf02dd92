//! `karakoro inbox`, `sent`, `show`, `watch` and `status`.

use std::path::Path;

use karakoro_node::service::client::{CallError, Client};
use karakoro_proto::accord::{AccordId, Standing};
use karakoro_proto::envelope::MessageId;
use karakoro_proto::service::{
    FailureKind, Link, MAX_LIST, MessageBox, MessageView, Request, Response, Status, WatchEvent,
};
use serde_json::{Value, json};

use super::watchlist::reminder;
use super::{Output, connect, now};
use crate::cli::ListArgs;
use crate::cli::watchlist::DUE_DAYS;
use crate::exit::{Exit, Failure};
use crate::view::{Listed, fact_word, link_json, link_text};

pub(crate) fn inbox(args: &ListArgs, home: &Path, out: &Output) -> Result<Exit, Failure> {
    list(MessageBox::Inbox, args, home, out)
}

pub(crate) fn sent(args: &ListArgs, home: &Path, out: &Output) -> Result<Exit, Failure> {
    list(MessageBox::Sent, args, home, out)
}

fn list(from: MessageBox, args: &ListArgs, home: &Path, out: &Output) -> Result<Exit, Failure> {
    let mut client = connect(home)?;
    let status = status_of(&mut client)?;
    let mut shown = Vec::new();
    let mut before = args.before;
    while shown.len() < args.limit {
        let left = args.limit - shown.len();
        let most = u32::try_from(left).map_or(MAX_LIST, |left| left.min(MAX_LIST));
        let Response::List(page) = client.call(Request::List { from, before, most })? else {
            return Err(CallError::Unexpected.into());
        };
        let Some(last) = page.last() else { break };
        before = Some(last.index);
        for view in page {
            shown.push(read(view, out)?);
        }
    }
    let lines: Vec<String> =
        shown.iter().map(|message| format!("{}\n    {}", message.line(), message.facts())).collect();
    let text = match lines.is_empty() {
        true => format!("no messages; {}", link_text(status.link)),
        false => lines.join("\n"),
    };
    out.answer(text, || {
        let messages: Vec<Value> = shown.iter().map(Listed::to_json).collect();
        json!({ "schema": "karakoro/messages/1", "ok": true, "link": link_json(status.link), "messages": messages })
    });
    Ok(Exit::Yes)
}

pub(crate) fn show(id: MessageId, home: &Path, out: &Output) -> Result<Exit, Failure> {
    let mut client = connect(home)?;
    let Response::Message(view) = client.call(Request::Show(id))? else {
        return Err(CallError::Unexpected.into());
    };
    let shown = read(*view, out)?;
    out.answer(&shown, || json!({ "schema": "karakoro/message/1", "ok": true, "message": shown.to_json() }));
    Ok(Exit::Yes)
}

fn read(view: MessageView, out: &Output) -> Result<Listed, Failure> {
    Listed::new(view, out.lang).map_err(|error| Failure::new(Exit::Store, error))
}

/// Runs until interrupted, or until the node stops.
pub(crate) fn watch(home: &Path, out: &Output) -> Result<Exit, Failure> {
    let mut client = connect(home)?;
    client.send(Request::Watch)?;
    loop {
        match client.receive() {
            Ok((_, Response::Event(event))) => {
                if tell(event, out)?.is_err() {
                    // Nobody reads on.
                    return Ok(Exit::Yes);
                }
            }
            Ok((_, Response::Failure(failure))) if failure.kind == FailureKind::Unavailable => break,
            Ok((_, Response::Failure(failure))) => return Err(CallError::Failed(failure).into()),
            Ok(_) => return Err(CallError::Unexpected.into()),
            Err(CallError::Lost(_)) => break,
            Err(error) => return Err(error.into()),
        }
    }
    out.talk("the node stopped");
    Ok(Exit::CouldNotCheck)
}

fn tell(event: WatchEvent, out: &Output) -> Result<std::io::Result<()>, Failure> {
    Ok(match event {
        WatchEvent::Link(link) => {
            out.try_answer(link_text(link), || json!({ "event": "link", "link": link_json(link) }))
        }
        WatchEvent::Arrived(view) => {
            let shown = read(*view, out)?;
            out.try_answer(
                format!("arrived       {}", shown.line()),
                || json!({ "event": "arrived", "message": shown.to_json() }),
            )
        }
        WatchEvent::Fact(fact, view) => {
            let shown = read(*view, out)?;
            out.try_answer(
                format!("{:13} {}", fact_word(fact), shown.line()),
                || json!({ "event": "fact", "fact": fact_word(fact), "message": shown.to_json() }),
            )
        }
    })
}

pub(crate) fn status(home: &Path, out: &Output) -> Result<Exit, Failure> {
    let mut client = connect(home)?;
    let status = status_of(&mut client)?;
    let watchlist = reminder(&mut client, now(), DUE_DAYS)?;
    out.answer(format!("{}\n{watchlist}", status_text(&status)), || {
        let mut json = status_json(&status);
        json["watchlist"] = watchlist.to_json();
        json
    });
    Ok(match status.link {
        Link::Up(_) if status.frozen.is_none() => Exit::Yes,
        _ => Exit::No,
    })
}

fn status_of(client: &mut Client) -> Result<Status, Failure> {
    match client.call(Request::Status)? {
        Response::Status(status) => Ok(status),
        _ => Err(CallError::Unexpected.into()),
    }
}

fn status_text(status: &Status) -> String {
    let Status { country, peer, writes, mirrors, own, received, cosigned, mirrored, link, frozen, .. } =
        status;
    let mut text = format!(
        "{country} ↔ {peer}: {}\n{writes}: {own} entries, {received} received by {peer}, {cosigned} in both logs\n\
         {mirrors}: {mirrored} entries held and cosigned by us",
        link_text(*link)
    );
    text.push_str(&format!("\nwe go by {}", status.accords));
    if !status.accords.agrees_with(&status.peer_accords) {
        text.push_str(&format!("; {peer} last said: {}", status.peer_accords));
    }
    if let Some(reason) = frozen {
        text.push_str(&format!("\nFROZEN: nothing is written: {reason}"));
    }
    text
}

fn standing_json(standing: Standing) -> Value {
    let id =
        |id: Option<AccordId>| id.map(|id| json!({ "version": id.version, "hash": id.hash.to_string() }));
    json!({ "in_force": id(standing.in_force), "next": id(standing.next) })
}

fn status_json(status: &Status) -> Value {
    json!({
        "schema": "karakoro/status/1",
        "ok": status.frozen.is_none(),
        "country": status.country,
        "peer": status.peer,
        "station": status.station,
        "link": link_json(status.link),
        "writes": { "log": status.writes.to_string(), "entries": status.own, "received": status.received, "in_both_logs": status.cosigned },
        "mirrors": { "log": status.mirrors.to_string(), "entries": status.mirrored },
        "frozen": status.frozen,
        "accord": standing_json(status.accords),
        "peer_accord": standing_json(status.peer_accords),
    })
}
