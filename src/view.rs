//! Messages as people and programs see them.

use std::fmt;

use karakoro_proto::domain::payload::Payload;
use karakoro_proto::envelope::{EnvelopeError, Header, Relation};
use karakoro_proto::error::RefusalCode;
use karakoro_proto::leaf::Verdict;
use karakoro_proto::service::{Fact, Facts, Link, MessageBox, MessageView};
use karakoro_proto::time::UnixMillis;
use serde_json::{Value, json};

/// Languages in which a title is wanted, first to last.
const LANGUAGES: [&str; 3] = ["fr", "ar", "en"];

/// A message with its header and payload read.
#[derive(Debug)]
pub(crate) struct Shown {
    view: MessageView,
    /// What it says of itself.
    pub(crate) header: Header,
    payload: Option<Payload>,
}

impl Shown {
    /// Reads what the node answered.
    pub(crate) fn new(view: MessageView) -> Result<Self, EnvelopeError> {
        let header = Header::decode(&view.header)?;
        // A payload of a newer version, or one that we refused, is listed without its content.
        let payload = Payload::decode(&header, &view.payload).ok();
        Ok(Self { view, header, payload })
    }

    /// One line of text that says what it is about.
    pub(crate) fn title(&self) -> String {
        match &self.payload {
            Some(Payload::Alert(alert)) => alert.title(&LANGUAGES).unwrap_or("(no title)").to_owned(),
            Some(Payload::Ack(ack)) => format!("{} has been read", ack.of),
            None => "(content that this version cannot read)".to_owned(),
        }
    }

    /// The row of a list.
    pub(crate) fn line(&self) -> String {
        let Header { id, priority, mode, tlp, created, .. } = &self.header;
        let title = self.title();
        format!("{id}  {}  {priority}  {mode}  {tlp}  {title}", minute(*created))
    }

    /// The facts as a row.
    pub(crate) fn facts(&self) -> FactRow<'_> {
        FactRow(self)
    }

    /// For programs.
    pub(crate) fn to_json(&self) -> Value {
        let header = &self.header;
        let refs: Vec<Value> = header
            .refs
            .iter()
            .map(|reference| json!({ "id": reference.id.to_string(), "relation": relation(reference.relation) }))
            .collect();
        json!({
            "id": header.id.to_string(),
            "box": match self.view.from { MessageBox::Sent => "sent", MessageBox::Inbox => "inbox" },
            "log": header.origin.to_string(),
            "entry": self.view.index,
            "kind": header.kind.as_str(),
            "station": header.station.to_string(),
            "recipient": header.recipient.to_string(),
            "created": header.created,
            "expires": header.expires,
            "mode": header.mode,
            "priority": header.priority,
            "tlp": header.tlp,
            "refs": refs,
            "title": self.title(),
            "content": self.content(),
            "signers": self.view.signers.iter().map(|(purpose, name)| {
                json!({ "purpose": purpose_word(*purpose), "name": name })
            }).collect::<Vec<_>>(),
            "facts": facts_json(&self.header, self.view.index, &self.view.facts),
        })
    }

    fn content(&self) -> Value {
        match &self.payload {
            Some(Payload::Alert(alert)) => serde_json::from_str(&alert.to_json()).unwrap_or(Value::Null),
            Some(Payload::Ack(ack)) => json!({ "of": ack.of.to_string() }),
            None => Value::Null,
        }
    }
}

fn relation(relation: Relation) -> &'static str {
    match relation {
        Relation::Amends => "amends",
        Relation::Cancels => "cancels",
        Relation::Answers => "answers",
        Relation::Acks => "acks",
        Relation::Corrects => "corrects",
        Relation::HitOn => "hit-on",
        Relation::Duplicates => "duplicates",
    }
}

fn purpose_word(purpose: u8) -> &'static str {
    match purpose {
        1 => "author",
        2 => "approver",
        _ => "unknown",
    }
}

fn facts_json(header: &Header, index: u64, facts: &Facts) -> Value {
    let verdict = facts.verdict.as_ref().map(|leaf| match &leaf.verdict {
        Verdict::Accepted => json!({ "accepted": true }),
        Verdict::Refused { code, path } => {
            json!({ "accepted": false, "code": code, "reason": RefusalCode::describe(*code), "path": path })
        }
    });
    json!({
        "written": header.created,
        // Two-person approval has no kind that asks for it yet: nothing is claimed.
        "approved": Value::Null,
        "sealed": { "entry": index },
        "received": facts.received,
        "in_both_logs": facts.in_both_logs.map(|(size, time)| json!({ "size": size, "time": time })),
        "verdict": verdict,
        "read": facts.read,
    })
}

/// Date and minute, in UTC.
fn minute(time: UnixMillis) -> String {
    let text = time.to_string();
    text.get(..16).map_or_else(|| text.clone(), |minute| format!("{}Z", minute.replace('T', " ")))
}

/// Time of day to the second, in UTC.
fn clock(time: UnixMillis) -> String {
    let text = time.to_string();
    text.get(11..19).map_or_else(|| text.clone(), |clock| format!("{clock} UTC"))
}

/// The row of facts: each shown only on a signature that is held; the rest is not known yet.
#[derive(Debug)]
pub(crate) struct FactRow<'a>(&'a Shown);

impl fmt::Display for FactRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shown { view, header, .. } = self.0;
        let receiver = header.recipient;
        write!(f, "written ✓ {}", clock(header.created))?;
        f.write_str(" → approved – (one signature suffices)")?;
        write!(f, " → sealed ✓ #{}", view.index)?;
        match view.facts.received {
            Some(time) => write!(f, " → received by {receiver} ✓ {}", clock(time))?,
            None => write!(f, " → received by {receiver} –")?,
        }
        match view.facts.in_both_logs {
            Some((size, time)) => write!(f, " → in both logs ✓ ({size} entries, {})", clock(time))?,
            None => f.write_str(" → in both logs –")?,
        }
        match view.facts.verdict.as_ref().map(|leaf| &leaf.verdict) {
            Some(Verdict::Accepted) => f.write_str(" → accepted ✓")?,
            Some(Verdict::Refused { code, path }) => {
                write!(f, " → refused ✗ {}", RefusalCode::describe(*code))?;
                if !path.is_empty() {
                    write!(f, " ({path})")?;
                }
            }
            None => f.write_str(" → accepted –")?,
        }
        match view.facts.read {
            Some(time) => write!(f, " → read ✓ {}", clock(time)),
            None => f.write_str(" → read –"),
        }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = &self.header;
        writeln!(f, "{}", header.id)?;
        writeln!(f, "  {}  {}  {}  {}", header.kind.as_str(), header.priority, header.mode, header.tlp)?;
        writeln!(f, "  {} → {}   written {}", header.station, header.recipient, header.created)?;
        if let Some(expires) = header.expires {
            writeln!(f, "  expires {expires}")?;
        }
        writeln!(f, "  {}", self.title())?;
        if let Some(Payload::Alert(alert)) = &self.payload {
            for info in &alert.infos {
                for text in [&info.description, &info.instruction].into_iter().flatten() {
                    writeln!(
                        f,
                        "  [{}] {text}",
                        info.language.as_ref().map_or("-", |language| language.as_str())
                    )?;
                }
            }
        }
        for (purpose, name) in &self.view.signers {
            writeln!(f, "  {} {name}", purpose_word(*purpose))?;
        }
        write!(f, "  {}", self.facts())
    }
}

/// The word for a fact in live output.
pub(crate) fn fact_word(fact: Fact) -> &'static str {
    match fact {
        Fact::Sealed => "sealed",
        Fact::Received => "received",
        Fact::InBothLogs => "in both logs",
        Fact::Judged => "judged",
        Fact::Read => "read",
    }
}

/// What is known of the line, for people.
pub(crate) fn link_text(link: Link) -> String {
    match link {
        Link::Unknown => "link not tried yet".to_owned(),
        Link::Up(since) => format!("link up since {}", clock(since)),
        Link::Down(since) => format!("link down since {}", clock(since)),
    }
}

/// What is known of the line, for programs.
pub(crate) fn link_json(link: Link) -> Value {
    match link {
        Link::Unknown => json!({ "state": "unknown", "since": Value::Null }),
        Link::Up(since) => json!({ "state": "up", "since": since }),
        Link::Down(since) => json!({ "state": "down", "since": since }),
    }
}
