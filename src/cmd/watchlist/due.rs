//! Entries that are due for review: reminders, and the notices that tell the other country.

use std::fmt;
use std::path::Path;

use karakoro_node::service::client::Client;
use karakoro_proto::domain::held::EntryHead;
use karakoro_proto::domain::payload::Payload;
use karakoro_proto::domain::review::ReviewNotice;
use karakoro_proto::domain::watchlist::Standing;
use karakoro_proto::envelope::{Header, Kind};
use karakoro_proto::service::watchlist::{Entries, HeldEntry};
use karakoro_proto::time::UnixMillis;
use serde_json::{Value, json};

use super::{ShownEntry, about, every_entry};
use crate::cli::SignerArgs;
use crate::cmd::send::{send_signed, status};
use crate::cmd::sign::{Desk, officer_key, signed};
use crate::cmd::{Output, connect, now};
use crate::exit::{Exit, Failure};
use crate::view::Shown;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Until when a review is called due that looks so many days ahead.
pub(crate) fn until(now: UnixMillis, days: u32) -> UnixMillis {
    now.saturating_add(u64::from(days) * DAY_MS)
}

/// How many entries stand how, and how many are due for review.
#[derive(Debug)]
pub(crate) struct Reminder {
    days: u32,
    due: u64,
    standings: [u64; Standing::ALL.len()],
}

impl Reminder {
    pub(crate) fn within(days: u32) -> Self {
        Self { days, due: 0, standings: [0; Standing::ALL.len()] }
    }

    pub(crate) fn count(&mut self, head: &EntryHead, now: UnixMillis, by: UnixMillis) {
        self.due += u64::from(head.is_due(now, by));
        let standing = head.standing(now);
        for (count, _) in self.standings.iter_mut().zip(Standing::ALL).filter(|(_, other)| *other == standing)
        {
            *count += 1;
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        let mut json = json!({ "due": self.due, "due_within_days": self.days });
        for (standing, count) in Standing::ALL.iter().zip(self.standings) {
            json[standing.as_str()] = count.into();
        }
        json
    }
}

impl fmt::Display for Reminder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = Standing::ALL.iter().zip(self.standings).filter(|(_, count)| *count > 0);
        let counts: Vec<String> = counts.map(|(standing, count)| format!("{count} {standing}")).collect();
        let counts = if counts.is_empty() { "no entries".to_owned() } else { counts.join(", ") };
        write!(f, "watchlist: {counts}")?;
        if self.due > 0 {
            write!(f, "; {} DUE FOR REVIEW within {} days (`karakoro watchlist due`)", self.due, self.days)?;
        }
        Ok(())
    }
}

/// Counts every entry.
pub(crate) fn reminder(client: &mut Client, now: UnixMillis, days: u32) -> Result<Reminder, Failure> {
    let (mut reminder, by) = (Reminder::within(days), until(now, days));
    every_entry(client, Entries { heads_only: true, ..Entries::default() }, |held| {
        reminder.count(&held.head, now, by);
        Ok(())
    })?;
    Ok(reminder)
}

pub(crate) fn run(
    days: u32,
    send: bool,
    signer: &SignerArgs,
    home: &Path,
    out: &Output,
) -> Result<Exit, Failure> {
    let mut client = connect(home)?;
    let status = status(&mut client)?;
    let now = now();
    let by = until(now, days);
    let mut due = Vec::new();
    every_entry(&mut client, Entries { owner: Some(status.country), ..Entries::default() }, |held| {
        if held.head.is_due(now, by) {
            due.push(held);
        }
        Ok(())
    })?;
    if !send {
        return list(due, now, by, out);
    }
    let key = officer_key(home, signer)?;
    let desk = Desk { status: &status, now };
    let mut messages = Vec::new();
    for held in due {
        if is_told(&mut client, &held, out)? {
            out.talk(format!("{}: this review was told before", held.entry));
            continue;
        }
        let header = notice_header(&desk, &held)?;
        let notice = ReviewNotice { entry: held.entry, due_ms: held.head.review_due };
        let payload = Payload::ReviewNotice(Box::new(notice)).encode();
        let title = format!("review of {} is due", held.entry);
        let submission = signed(&header, payload, &key);
        messages.push((header, title, submission));
    }
    send_signed(messages, client, home, out)
}

fn list(due: Vec<HeldEntry>, now: UnixMillis, by: UnixMillis, out: &Output) -> Result<Exit, Failure> {
    let shown = due.into_iter().map(|held| ShownEntry::new(held, out.lang)).collect::<Result<Vec<_>, _>>()?;
    let lines: Vec<String> = shown.iter().map(|entry| entry.line(now, by)).collect();
    let text =
        if lines.is_empty() { "no entry of ours is due for review".to_owned() } else { lines.join("\n") };
    out.answer(text, || {
        let entries: Vec<Value> = shown.iter().map(|entry| entry.to_json(now, by)).collect();
        json!({ "schema": "karakoro/watchlist/1", "ok": true, "at": now, "entries": entries })
    });
    Ok(Exit::Yes)
}

/// Whether the other country was told of this very review.
fn is_told(client: &mut Client, held: &HeldEntry, out: &Output) -> Result<bool, Failure> {
    let told = about(client, held.entry)?.into_iter().filter_map(|view| Shown::new(view, out.lang).ok()).any(|message| {
        matches!(message.payload, Some(Payload::ReviewNotice(notice)) if notice.due_ms == held.head.review_due)
    });
    Ok(told)
}

/// Handled like the entry.
fn notice_header(desk: &Desk<'_>, held: &HeldEntry) -> Result<Header, Failure> {
    let blank = desk.header(Kind::ReviewNotice)?;
    let of = held.message.as_ref().and_then(|view| Header::decode(&view.header).ok());
    Ok(match of {
        Some(of) => Header { mode: held.head.mode, tlp: of.tlp, ..blank },
        None => Header { mode: held.head.mode, ..blank },
    })
}
