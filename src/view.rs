//! Messages as people and programs see them.

use std::fmt;

use karakoro_proto::domain::part::Part as _;
use karakoro_proto::domain::payload::Payload;
use karakoro_proto::domain::title::title;
use karakoro_proto::envelope::{EnvelopeError, Header};
use karakoro_proto::leaf::Verdict;
use karakoro_proto::refusal::sentence;
use karakoro_proto::service::{Fact, Link, MessageBox, MessageView};
use karakoro_proto::time::UnixMillis;
use serde_json::{Value, json};

use crate::cli::Lang;

pub(crate) mod content;
mod erased;

use content::{fields_text, references_json};
pub(crate) use erased::{Listed, basis_name, erased_text};

/// A message with its header and payload read.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) view: MessageView,
    /// Of sentences for officers.
    lang: Lang,
    /// What it says of itself.
    pub(crate) header: Header,
    pub(crate) payload: Option<Payload>,
}

impl Shown {
    /// Reads what the node answered.
    pub(crate) fn new(view: MessageView, lang: Lang) -> Result<Self, EnvelopeError> {
        let header = Header::decode(&view.header)?;
        // A payload of a newer version, or one that we refused, is listed without its content.
        let payload = Payload::decode(&header, &view.payload).ok();
        Ok(Self { view, lang, header, payload })
    }

    /// One line of text that says what it is about.
    pub(crate) fn title(&self) -> String {
        let unread = || "(content that this version cannot read)".to_owned();
        self.payload.as_ref().map_or_else(unread, title)
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
        json!({
            "id": header.id.to_string(),
            "box": box_word(self.view.from),
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
            "refs": references_json(header),
            "grounds": header.grounds.to_json(),
            "title": self.title(),
            "content": self.content(),
            "signers": signers_json(&self.view),
            "facts": facts_json(Some(header.created), &self.view, self.lang),
        })
    }

    fn content(&self) -> Value {
        match &self.payload {
            Some(Payload::Alert(alert)) => serde_json::from_str(&alert.to_json()).unwrap_or(Value::Null),
            Some(other) => other.to_json(),
            None => Value::Null,
        }
    }
}

fn box_word(from: MessageBox) -> &'static str {
    match from {
        MessageBox::Sent => "sent",
        MessageBox::Inbox => "inbox",
    }
}

fn signers_json(view: &MessageView) -> Vec<Value> {
    let signer = |(purpose, name): &(u8, String)| json!({ "purpose": purpose_word(*purpose), "name": name });
    view.signers.iter().map(signer).collect()
}

/// Who approved a message, beside its author.
fn approvers(view: &MessageView) -> Vec<&str> {
    let approvers = view.signers.iter().filter(|(purpose, _)| *purpose == APPROVER);
    approvers.map(|(_, name)| name.as_str()).collect()
}

/// What stands for an approver among signers.
const APPROVER: u8 = 2;

pub(crate) fn purpose_word(purpose: u8) -> &'static str {
    match purpose {
        1 => "author",
        APPROVER => "approver",
        _ => "unknown",
    }
}

/// `written` is not known of a message whose header is gone.
fn facts_json(written: Option<UnixMillis>, view: &MessageView, lang: Lang) -> Value {
    let MessageView { index, facts, .. } = view;
    let verdict = facts.verdict.as_ref().map(|leaf| match &leaf.verdict {
        Verdict::Accepted => json!({ "accepted": true }),
        Verdict::Refused { code, path } => {
            json!({ "accepted": false, "code": code, "reason": lang.of(sentence(*code)), "path": path })
        }
    });
    let approvers = approvers(view);
    json!({
        "written": written,
        "approved": if approvers.is_empty() { Value::Null } else { json!({ "by": approvers }) },
        "sealed": { "entry": index },
        "received": facts.received,
        "in_both_logs": facts.in_both_logs.map(|(size, time)| json!({ "size": size, "time": time })),
        "verdict": verdict,
        "read": facts.read,
        "erased_here": erased::word_json(facts.erased_here.as_ref()),
        "erased_at_peer": erased::word_json(facts.erased_at_peer.as_ref()),
    })
}

/// Date and minute, in UTC.
pub(crate) fn minute(time: UnixMillis) -> String {
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
        match approvers(view)[..] {
            [] => f.write_str(" → approved – (one signature suffices)")?,
            ref names => write!(f, " → approved ✓ {}", names.join(", "))?,
        }
        f.write_str(" → ")?;
        proven_row(f, view, &receiver, self.0.lang)
    }
}

/// What is signed for a message, from its entry on: nothing of it needs the body.
fn proven_row(
    f: &mut fmt::Formatter<'_>,
    view: &MessageView,
    receiver: &dyn fmt::Display,
    lang: Lang,
) -> fmt::Result {
    write!(f, "sealed ✓ #{}", view.index)?;
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
            write!(f, " → refused ✗ {code} {}", lang.of(sentence(*code)))?;
            if !path.is_empty() {
                write!(f, " ({path})")?;
            }
        }
        None => f.write_str(" → accepted –")?,
    }
    match view.facts.read {
        Some(time) => write!(f, " → read ✓ {}", clock(time))?,
        None => f.write_str(" → read –")?,
    }
    erased::write_erasure(f, &view.facts)
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
        for reference in &header.refs {
            writeln!(f, "  {} {}", reference.relation, reference.id)?;
        }
        f.write_str(&fields_text(&json!({ "grounds": header.grounds.to_json() })))?;
        match &self.payload {
            Some(Payload::Alert(alert)) => {
                for info in &alert.infos {
                    for text in [&info.description, &info.instruction].into_iter().flatten() {
                        let language = info.language.as_ref().map_or("-", |language| language.as_str());
                        writeln!(f, "  [{language}] {text}")?;
                    }
                }
            }
            Some(Payload::Ack(_)) | None => {}
            Some(other) => f.write_str(&fields_text(&other.to_json()))?,
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
        Fact::ErasedHere => "erased here",
        Fact::ErasedAtPeer => "erased there",
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

#[cfg(test)]
mod tests {
    use karakoro_proto::domain::{message_file, template};
    use karakoro_proto::envelope::{Commitment, Kind, MessageId, Station};
    use karakoro_proto::identity::{Country, Origin};
    use karakoro_proto::leaf::VerdictLeaf;
    use karakoro_proto::refusal::RefusalCode;
    use karakoro_proto::service::Facts;

    use super::*;

    fn shown(kind: Kind, lang: Lang) -> Shown {
        let now = UnixMillis::new(1_768_471_445_000).unwrap();
        let example = template::of(kind, now).unwrap().to_string();
        let file = message_file::read(&example, MessageId::new(now, [1; 10])).unwrap();
        let origin = Origin::link(Country::MR, Country::ML);
        let station = Station::headquarters(Country::MR);
        let header =
            file.header(&message_file::Desk { origin, recipient: Country::ML, station, now }, vec![]);
        let code = RefusalCode::TwoPersons.number();
        let verdict = Verdict::Refused { code, path: "header.tlp".to_owned() };
        let verdict = VerdictLeaf { epoch: origin.epoch, first: 3, count: 1, verdict };
        let view = MessageView {
            from: MessageBox::Sent,
            index: 3,
            header: header.encode(),
            payload: file.payload.encode().into(),
            signers: vec![(1, "officer hq-1".to_owned()), (APPROVER, "officer hq-2".to_owned())],
            facts: Facts { verdict: Some(verdict), ..Facts::default() },
            commitment: Commitment([0; 32]),
        };
        Shown::new(view, lang).unwrap()
    }

    #[test]
    fn a_refusal_has_code_path_and_the_sentence_of_the_language() {
        let sentence = RefusalCode::TwoPersons.sentence();
        for (lang, words) in [(Lang::Fr, sentence.fr), (Lang::Ar, sentence.ar), (Lang::En, sentence.en)] {
            let shown = shown(Kind::Flag, lang);
            let row = shown.facts().to_string();
            assert!(row.contains(&format!("refused ✗ 20 {words} (header.tlp)")), "{row}");
            assert_eq!(shown.to_json()["facts"]["verdict"]["reason"], words);
        }
    }

    #[test]
    fn a_message_is_shown_with_its_grounds_fields_and_approver() {
        let text = shown(Kind::Flag, Lang::En).to_string();
        for word in ["NOT_EXECUTABLE_HERE", "grounds.basis.instrument: ACCORD", "approved ✓ officer hq-2"] {
            assert!(text.contains(word), "{word} is not in {text}");
        }
    }
}
