//! `karakoro watchlist show` and `history`.

use std::collections::BTreeSet;
use std::path::Path;

use karakoro_node::service::client::Client;
use karakoro_proto::domain::fields::{Difference, difference};
use karakoro_proto::domain::payload::Payload;
use karakoro_proto::envelope::{Kind, MessageId};
use serde_json::{Value, json};

use super::due::until;
use super::{ShownEntry, about, entry, versions};
use crate::cli::watchlist::DUE_DAYS;
use crate::cmd::{Output, connect, now};
use crate::exit::{Exit, Failure};
use crate::view::{Shown, minute, purpose_word};

pub(crate) fn show(id: MessageId, home: &Path, out: &Output) -> Result<Exit, Failure> {
    let mut client = connect(home)?;
    let now = now();
    let by = until(now, DUE_DAYS);
    let shown = ShownEntry::new(entry(&mut client, id)?, out.lang)?;
    let fields = shown.message.as_ref().map_or_else(String::new, |message| {
        let fields = karakoro_proto::domain::fields::list(&told(message));
        let lines: Vec<String> =
            fields.iter().map(|field| format!("\n    {:40} {}", field.path, field.value)).collect();
        lines.concat()
    });
    out.answer(
        format!("{}{fields}", shown.line(now, by)),
        || json!({ "schema": "karakoro/entry/1", "ok": true, "at": now, "entry": shown.to_json(now, by) }),
    );
    Ok(Exit::Yes)
}

/// What a version says: the change, and the grounds that stand in its header.
fn told(message: &Shown) -> Value {
    let json = message.to_json();
    let header = &message.header;
    json!({
        "tlp": header.tlp,
        "grounds": karakoro_proto::domain::part::Part::to_json(&header.grounds),
        "content": json["content"]["content"],
        "reason": json["content"]["reason"],
        "note": json["content"]["note"],
    })
}

/// A version with what it changed.
struct Step {
    shown: ShownEntry,
    changed: Vec<Difference>,
}

pub(crate) fn history(id: MessageId, home: &Path, out: &Output) -> Result<Exit, Failure> {
    let mut client = connect(home)?;
    // Says by itself that there is no such entry.
    entry(&mut client, id)?;
    let mut steps: Vec<Step> = Vec::new();
    for held in versions(&mut client, id)? {
        let shown = ShownEntry::new(held, out.lang)?;
        let changed = steps.last().map_or_else(Vec::new, |before| changes(&before.shown, &shown));
        steps.push(Step { shown, changed });
    }
    let said = said_about(&mut client, id, &steps, out)?;
    let mut text: Vec<String> = steps.iter().map(Step::text).collect();
    text.extend(said.iter().map(said_text));
    out.answer(text.join("\n"), || {
        json!({
            "schema": "karakoro/entry-history/1", "ok": true, "id": id.to_string(),
            "versions": steps.iter().map(Step::to_json).collect::<Vec<_>>(),
            "about": said.iter().map(Shown::to_json).collect::<Vec<_>>(),
        })
    });
    Ok(Exit::Yes)
}

/// Field by field. Nothing is compared with what was erased; a withdrawal repeats nothing, so it changes nothing.
fn changes(before: &ShownEntry, after: &ShownEntry) -> Vec<Difference> {
    let both = before.message.as_ref().zip(after.message.as_ref());
    let both = both.filter(|_| before.content().is_some() && after.content().is_some());
    both.map_or_else(Vec::new, |(before, after)| {
        let of = |message: &Shown| {
            let mut told = told(message);
            if let Some(told) = told.as_object_mut() {
                // Why it was changed is no change.
                told.remove("reason");
                told.remove("note");
            }
            told
        };
        difference(&of(before), &of(after))
    })
}

/// Messages about the entry or any of its versions, oldest first, each once.
fn said_about(
    client: &mut Client,
    id: MessageId,
    steps: &[Step],
    out: &Output,
) -> Result<Vec<Shown>, Failure> {
    let named: BTreeSet<MessageId> =
        steps.iter().map(|step| step.shown.held.head.message).chain([id]).collect();
    let (mut seen, mut said) = (BTreeSet::new(), Vec::new());
    for id in named {
        for view in about(client, id)? {
            let Ok(shown) = Shown::new(view, out.lang) else { continue };
            if shown.header.kind != Kind::WatchlistUpdate && seen.insert(shown.header.id) {
                said.push(shown);
            }
        }
    }
    said.sort_by_key(|shown| shown.header.created);
    Ok(said)
}

impl Step {
    fn text(&self) -> String {
        let head = &self.shown.held.head;
        let Some(message) = &self.shown.message else {
            return format!("v{}  {}  (erased)", head.version, head.message);
        };
        let signers: Vec<String> = message
            .view
            .signers
            .iter()
            .map(|(purpose, name)| format!("{} {name}", purpose_word(*purpose)))
            .collect();
        let change = self.shown.update().map_or("?", |update| update.change.as_str());
        let mut text = format!(
            "v{}  {change}  {}  {}  {}",
            head.version,
            minute(message.header.created),
            head.owner,
            signers.join(", ")
        );
        if let Some(update) = self.shown.update() {
            if let Some(reason) = update.reason {
                text.push_str(&format!("\n    reason {reason}"));
            }
            if let Some(note) = &update.note {
                text.push_str(&format!("\n    note   {note}"));
            }
        }
        for Difference { path, old, new } in &self.changed {
            let side = |value: &Option<String>| value.clone().unwrap_or_else(|| "(none)".to_owned());
            text.push_str(&format!("\n    {path}: {} → {}", side(old), side(new)));
        }
        text
    }

    fn to_json(&self) -> Value {
        let head = &self.shown.held.head;
        let changed: Vec<Value> = self
            .changed
            .iter()
            .map(|Difference { path, old, new }| json!({ "path": path, "old": old, "new": new }))
            .collect();
        json!({
            "version": head.version,
            "message": head.message.to_string(),
            "erased": self.shown.message.is_none(),
            "change": self.shown.update().map(|update| update.change.as_str()),
            "reason": self.shown.update().and_then(|update| update.reason),
            "changed": changed,
            "view": self.shown.message.as_ref().map(Shown::to_json),
        })
    }
}

fn said_text(shown: &Shown) -> String {
    let when = minute(shown.header.created);
    let who = &shown.header.station;
    match &shown.payload {
        Some(Payload::HitReport(hit)) => {
            let matched: Vec<&str> = hit.matched.iter().map(|matched| matched.as_str()).collect();
            format!(
                "hit  {}  {when}  {who}  on v{}  {}  {}  {}",
                shown.header.id,
                hit.version,
                hit.outcome,
                hit.action,
                matched.join(" ")
            )
        }
        _ => format!("{}  {}  {when}  {who}", shown.header.kind, shown.header.id),
    }
}
