//! `karakoro watchlist ls`.

use std::path::Path;

use karakoro_proto::service::watchlist::Entries;
use serde_json::{Value, json};

use super::due::{Reminder, until};
use super::{ShownEntry, every_entry};
use crate::cli::watchlist::{DUE_DAYS, LsArgs};
use crate::cmd::{Output, connect, now};
use crate::exit::{Exit, Failure};

pub(crate) fn run(args: &LsArgs, home: &Path, out: &Output) -> Result<Exit, Failure> {
    let mut client = connect(home)?;
    let now = now();
    let days = args.due.unwrap_or(DUE_DAYS);
    let by = until(now, days);
    let mut reminder = Reminder::within(days);
    let mut told: Vec<Value> = Vec::new();
    let mut lines = 0_usize;
    let query = Entries { owner: args.owner, category: args.category, ..Entries::default() };
    every_entry(&mut client, query, |held| {
        let head = held.head;
        reminder.count(&head, now, by);
        let wanted = match (args.due, args.ended, args.all) {
            (Some(_), ..) => head.is_due(now, by),
            (None, true, _) => head.has_ended(now),
            (None, false, all) => all || !head.has_ended(now),
        };
        if !wanted {
            return Ok(());
        }
        let shown = ShownEntry::new(held, out.lang)?;
        lines += 1;
        if out.json {
            told.push(shown.to_json(now, by));
        } else {
            out.answer(shown.line(now, by), || Value::Null);
        }
        Ok(())
    })?;
    if out.json {
        out.answer("", || {
            json!({
                "schema": "karakoro/watchlist/1", "ok": true, "at": now,
                "entries": told, "counts": reminder.to_json(),
            })
        });
    }
    if lines == 0 {
        out.talk("no entries that were asked for");
    }
    out.talk(&reminder);
    Ok(Exit::Yes)
}
