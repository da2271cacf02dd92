//! Every message of the demo, with the facts that its sender's node has proven of it.

use karakoro_proto::envelope::{EnvelopeError, MessageId};
use karakoro_proto::identity::Country;
use karakoro_proto::leaf::Verdict;
use karakoro_proto::refusal::RefusalCode;
use karakoro_proto::service::{Fact, MessageView};
use karakoro_proto::time::UnixMillis;
use serde_json::{Value, json};

use crate::cli::Lang;
use crate::exit::{Exit, Failure};
use crate::view::{Shown, fact_word};

/// A message as its sender's node last told of it.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) id: MessageId,
    pub(crate) from: Country,
    pub(crate) to: Country,
    number: usize,
    pub(crate) view: MessageView,
    shown: Shown,
}

/// All messages, in the order in which they were first told of.
#[derive(Debug, Default)]
pub(crate) struct Board(Vec<Message>);

impl Board {
    /// Takes note of a fact; returns what to print.
    pub(crate) fn note(
        &mut self,
        fact: Fact,
        view: MessageView,
        at: UnixMillis,
    ) -> Result<Vec<String>, Failure> {
        let shown = read(&view)?;
        let id = shown.header.id;
        let mut lines = Vec::new();
        let position = self.0.iter().position(|message| message.id == id).unwrap_or(self.0.len());
        if position == self.0.len() {
            let (from, to) = (shown.header.origin.writer(), shown.header.recipient);
            self.0.push(Message { id, from, to, number: position + 1, view, shown });
            let message = &self.0[position];
            lines.push(message.line(message.shown.header.created, "✓ written", &message.shown.title()));
        } else {
            // Facts only ever become more: the newest view holds all.
            self.0[position].view = view;
            self.0[position].shown = shown;
        }
        lines.push(self.0[position].fact_line(fact, at));
        Ok(lines)
    }

    pub(crate) fn messages(&self) -> &[Message] {
        &self.0
    }

    pub(crate) fn get(&self, id: MessageId) -> Option<&Message> {
        self.0.iter().find(|message| message.id == id)
    }

    /// The first fact of a message that is not true yet, in words.
    pub(crate) fn pending(&self, id: MessageId) -> Option<String> {
        match self.get(id) {
            Some(message) => message.pending(),
            None => Some(format!("{id} is not yet {}", fact_word(Fact::Sealed))),
        }
    }
}

fn read(view: &MessageView) -> Result<Shown, Failure> {
    Shown::new(view.clone(), Lang::En).map_err(|error: EnvelopeError| Failure::new(Exit::Store, error))
}

impl Message {
    /// The first fact that is not true yet, in words.
    fn pending(&self) -> Option<String> {
        let facts = &self.view.facts;
        let missing = [
            (facts.received.is_none(), Fact::Received),
            (facts.in_both_logs.is_none(), Fact::InBothLogs),
            (facts.verdict.is_none(), Fact::Judged),
        ];
        let (_, fact) = missing.into_iter().find(|(missing, _)| *missing)?;
        Some(format!("{} is not yet {}", self.name(), fact_word(fact)))
    }

    /// What the other country refused it for.
    pub(crate) fn refusal(&self) -> Option<String> {
        match &self.view.facts.verdict.as_ref()?.verdict {
            Verdict::Accepted => None,
            Verdict::Refused { code, path } => Some(format!("{} {path}", RefusalCode::describe(*code))),
        }
    }

    /// Its name in what is said of it.
    pub(crate) fn name(&self) -> String {
        format!("#{} {} ({}→{})", self.number, self.id, self.from, self.to)
    }

    fn fact_line(&self, fact: Fact, at: UnixMillis) -> String {
        let to = self.to;
        match fact {
            Fact::Sealed => {
                self.line(at, "✓ sealed", &format!("entry {} of {}’s log", self.view.index, self.from))
            }
            Fact::Received => {
                self.line(at, &format!("✓ received by {to}"), &format!("{to}’s signed receipt"))
            }
            Fact::InBothLogs => {
                let size = self.view.facts.in_both_logs.map_or(0, |(size, _)| size);
                self.line(at, "✓ in both logs", &format!("{to}’s cosignature over {size} entries"))
            }
            Fact::Judged => match self.refusal() {
                None => self.line(at, "✓ accepted", &format!("{to}’s verdict, in {to}’s log")),
                Some(reason) => self.line(at, "✗ refused", &reason),
            },
            Fact::Read => self.line(at, "✓ read", &format!("by a person of {to}’s")),
            Fact::ErasedHere => self.line(at, "✓ erased", "our own log says so"),
            Fact::ErasedAtPeer => self.line(at, "✓ erased", "the other log says so"),
        }
    }

    /// What must be so while the road is cut.
    pub(crate) fn undelivered_line(&self, at: UnixMillis) -> String {
        self.line(at, "– not received", "sealed only, as it must be while the road is cut")
    }

    fn line(&self, at: UnixMillis, fact: &str, detail: &str) -> String {
        let number = format!("#{}", self.number);
        format!("{}  {number:>3}  {}→{}  {fact:<16}  {detail}", clock(at), self.from, self.to)
    }

    /// For programs.
    pub(crate) fn to_json(&self) -> Value {
        let all = self.shown.to_json();
        json!({
            "id": self.id.to_string(),
            "from": self.from,
            "to": self.to,
            "title": all["title"],
            "facts": all["facts"],
        })
    }
}

/// Time of day to the millisecond, in UTC.
pub(crate) fn clock(time: UnixMillis) -> String {
    let millis = time.millis();
    let (hours, minutes, seconds) = (millis / 3_600_000 % 24, millis / 60_000 % 60, millis / 1000 % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}.{:03}", millis % 1000)
}
