//! What changes from one accord to another: key by key, in words, and in which direction where that is clear.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use toml_edit::{Item, TableLike, Value};

use crate::toml::{self, quote};

/// What a change means for those about whom information is exchanged.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trend {
    /// More is allowed, or for longer.
    Looser,
    /// Less is allowed, or more is asked for.
    Stricter,
    /// Some is looser and some stricter.
    Both,
    /// Neither, or a person must judge.
    Open,
}

impl fmt::Display for Trend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Looser => "looser",
            Self::Stricter => "stricter",
            Self::Both => "looser and stricter",
            Self::Open => "other",
        })
    }
}

/// One key that differs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Change {
    /// Its full name, such as `kinds.alert.longest_days`.
    pub key: String,
    /// What it means.
    pub trend: Trend,
    /// The change in words, without the key.
    pub text: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.text)?;
        if self.trend == Trend::Open { Ok(()) } else { write!(f, " ({})", self.trend) }
    }
}

/// What more of a value means, by the name of the key: a larger number, `true`, a further word.
const MORE: [(&str, Trend); 18] = [
    ("purposes", Trend::Looser),
    ("max_skew_minutes", Trend::Looser),
    ("receipt_minutes", Trend::Looser),
    ("answer_hours_urgent", Trend::Looser),
    ("answer_hours_priority", Trend::Looser),
    ("answer_hours_routine", Trend::Looser),
    ("answer_days_rights", Trend::Looser),
    ("erase_on_expiry", Trend::Stricter),
    ("erase_after_days", Trend::Looser),
    ("senders", Trend::Looser),
    ("tlp", Trend::Looser),
    ("handling", Trend::Looser),
    ("two_persons", Trend::Stricter),
    ("must_expire", Trend::Stricter),
    ("longest_days", Trend::Looser),
    ("kept_months", Trend::Looser),
    ("cap_months", Trend::Looser),
    ("review_months", Trend::Looser),
];

/// As [`MORE`], for the keys of actions alone.
const MORE_OF_ACTIONS: [(&str, Trend); 4] = [
    ("unconfirmed", Trend::Looser),
    ("identifiers", Trend::Stricter),
    ("protected", Trend::Looser),
    ("hold_hours", Trend::Looser),
];

/// Sections of which a whole one may come or go, with the depth of their names and what a further one means.
const WHOLE: [(&str, usize, Trend); 4] = [
    ("kinds", 2, Trend::Looser),
    ("actions", 3, Trend::Looser),
    ("regions", 2, Trend::Open),
    ("places", 2, Trend::Open),
];

/// What changes from the text `old` to the text `new`, in the order of the keys. Both are texts of accords that
/// have no faults; of others, what can be read is compared.
#[must_use]
pub fn diff(old: &str, new: &str) -> Vec<Change> {
    let (old, new) = (values(old), values(new));
    let mut changes = BTreeMap::new();
    let keys = old.keys().chain(new.keys());
    for key in keys {
        let (before, after) = (old.get(key), new.get(key));
        if before == after {
            continue;
        }
        let change = match whole(key).filter(|(section, _)| !has(&old, section) || !has(&new, section)) {
            Some((section, trend)) => came_or_went(section, has(&new, section), trend),
            None => changed(key, before, after),
        };
        changes.insert(change.key.clone(), change);
    }
    changes.into_values().collect()
}

fn has(values: &BTreeMap<String, Shown>, section: &str) -> bool {
    values.keys().any(|key| key.strip_prefix(section).is_some_and(|rest| rest.starts_with('.')))
}

/// The section whose coming or going is one change, if the key lies in one.
fn whole(key: &str) -> Option<(&str, Trend)> {
    let top = key.split('.').next()?;
    let &(_, depth, trend) = WHOLE.iter().find(|(name, ..)| *name == top)?;
    let end = key.match_indices('.').nth(depth - 1)?.0;
    Some((&key[..end], trend))
}

fn came_or_went(section: &str, came: bool, more: Trend) -> Change {
    let text = if came { "comes in" } else { "is left out" };
    let trend = if came { more } else { opposite(more) };
    Change { key: section.to_owned(), trend, text: text.to_owned() }
}

fn changed(key: &str, before: Option<&Shown>, after: Option<&Shown>) -> Change {
    let more = more(key);
    let (text, trend) = match (before, after) {
        (Some(Shown::Number(before)), Some(Shown::Number(after))) => {
            (format!("{before} becomes {after}"), if after > before { more } else { opposite(more) })
        }
        (Some(Shown::Flag(before)), Some(Shown::Flag(after))) => {
            (format!("{before} becomes {after}"), if *after { more } else { opposite(more) })
        }
        (Some(Shown::Words(before)), Some(Shown::Words(after))) => words(before, after, more),
        (before, after) => {
            let shown = |value: Option<&Shown>| value.map_or_else(|| "nothing".to_owned(), Shown::short);
            (format!("{} becomes {}", shown(before), shown(after)), Trend::Open)
        }
    };
    Change { key: key.to_owned(), trend, text }
}

fn words(before: &[String], after: &[String], more: Trend) -> (String, Trend) {
    let beyond = |of: &[String], other: &[String]| {
        of.iter().filter(|word| !other.contains(word)).cloned().collect::<Vec<_>>()
    };
    let (added, removed) = (beyond(after, before), beyond(before, after));
    let trend = match (added.is_empty(), removed.is_empty()) {
        (true, true) => Trend::Open,
        (false, true) => more,
        (true, false) => opposite(more),
        (false, false) if more == Trend::Open => Trend::Open,
        (false, false) => Trend::Both,
    };
    let mut parts = Vec::new();
    if !removed.is_empty() {
        parts.push(format!("without {}", removed.join(", ")));
    }
    if !added.is_empty() {
        parts.push(format!("with {}", added.join(", ")));
    }
    if parts.is_empty() {
        parts.push("the same in another order".to_owned());
    }
    (parts.join("; "), trend)
}

fn more(key: &str) -> Trend {
    let name = key.rsplit('.').next().unwrap_or(key);
    let of =
        |table: &[(&str, Trend)]| table.iter().find(|(other, _)| *other == name).map(|(_, trend)| *trend);
    let own = if key.starts_with("actions.") { of(&MORE_OF_ACTIONS) } else { None };
    own.or_else(|| of(&MORE)).unwrap_or(Trend::Open)
}

fn opposite(trend: Trend) -> Trend {
    match trend {
        Trend::Looser => Trend::Stricter,
        Trend::Stricter => Trend::Looser,
        other => other,
    }
}

/// A value as it is compared and told.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Shown {
    Number(i64),
    Flag(bool),
    Words(Vec<String>),
    Text(String),
}

impl Shown {
    fn of(value: &Value) -> Self {
        match value {
            Value::Integer(number) => Self::Number(*number.value()),
            Value::Boolean(flag) => Self::Flag(*flag.value()),
            Value::Array(list) => Self::Words(list.iter().map(plain).collect()),
            other => Self::Text(plain(other)),
        }
    }

    fn short(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Flag(flag) => flag.to_string(),
            Self::Words(words) => quote(&words.join(", ")),
            Self::Text(text) => quote(text),
        }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Flag(true) => f.write_str("yes"),
            Self::Flag(false) => f.write_str("no"),
            Self::Words(words) if words.is_empty() => f.write_str("none"),
            Self::Words(words) => f.write_str(&words.join(", ")),
            Self::Text(text) => f.write_str(text),
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.value().clone(),
        Value::Datetime(time) => time.value().to_string(),
        other => other.to_string().trim().to_owned(),
    }
}

/// Every key with its value, as people read it, in the order of the keys: what `show` prints.
#[must_use]
pub fn keys(text: &str) -> Vec<(String, String)> {
    values(text).into_iter().map(|(key, value)| (key, value.to_string())).collect()
}

fn values(text: &str) -> BTreeMap<String, Shown> {
    let mut found = BTreeMap::new();
    if let Some(document) = toml::parse(text).document {
        collect("", document.as_table(), &mut found);
    }
    found
}

fn collect(path: &str, table: &dyn TableLike, found: &mut BTreeMap<String, Shown>) {
    for (name, item) in table.iter() {
        let key = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        match item {
            Item::Value(value) => _ = found.insert(key, Shown::of(value)),
            item => {
                if let Some(below) = item.as_table_like() {
                    collect(&key, below, found);
                }
            }
        }
    }
}
