//! `karakoro propose`, `drafts`, `approve`, `refuse` and `template`: what two officers do, one after the other.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::Path;

use karakoro_node::service::client::{CallError, Client};
use karakoro_proto::domain::fields;
use karakoro_proto::domain::part::Part as _;
use karakoro_proto::domain::payload::Payload;
use karakoro_proto::domain::template;
use karakoro_proto::envelope::{self, Commitment, Header, Kind, MessageId};
use karakoro_proto::leaf::SigningPurpose;
use karakoro_proto::service::drafts::{
    Draft, DraftRefusal, DraftRequest, DraftResponse, DraftState, DraftSummary, MAX_REASON_BYTES,
};
use karakoro_proto::service::{Request, Response};
use serde_json::{Value, json};

use super::send::{read_one, ready};
use super::sign::officer_key;
use super::{Output, connect, now};
use crate::cli::{ApproveArgs, ProposeArgs, RefuseArgs};
use crate::exit::{Exit, Failure};
use crate::view::content::{fields_text, header_json, references_json};

/// Digits in a group of a fingerprint.
const GROUP: usize = 8;

/// `karakoro template`
pub(crate) fn template(kind: Kind, person: bool, out: &Output) -> Result<Exit, Failure> {
    let example = match kind {
        Kind::WatchlistUpdate if person => Some(template::person(now())),
        _ if person => return Err(Failure::usage("--person goes with watchlist-update alone")),
        kind => template::of(kind, now()),
    };
    let example =
        example.ok_or_else(|| Failure::usage("an acknowledgement is no file: `karakoro ack ID`"))?;
    out.answer(format!("{example:#}"), || example.clone());
    Ok(Exit::Yes)
}

/// `karakoro propose`
pub(crate) fn propose(args: &ProposeArgs, home: &Path, out: &Output) -> Result<Exit, Failure> {
    let input = read_one(&args.file, args.replace, out)?;
    let key = officer_key(home, &args.signer)?;
    let mut client = connect(home)?;
    let message = ready(&args.file, &input, &key, &mut client)?;
    out.talk(message.preview());
    let request = DraftRequest::Propose { submission: message.submission, replace: args.replace.is_some() };
    let DraftResponse::Kept(summary) = ask(&mut client, request)? else {
        return Err(CallError::Unexpected.into());
    };
    out.talk(format!(
        "kept as revision {}; another officer approves it with `karakoro approve {}`",
        summary.revision, summary.id
    ));
    out.answer(summary.id, || told(&summary));
    Ok(Exit::Yes)
}

/// `karakoro drafts`
pub(crate) fn list(home: &Path, out: &Output) -> Result<Exit, Failure> {
    let mut client = connect(home)?;
    let mut drafts: Vec<DraftSummary> = Vec::new();
    loop {
        let after = drafts.last().map(|last| last.id);
        let DraftResponse::List(page) = ask(&mut client, DraftRequest::List { after })? else {
            return Err(CallError::Unexpected.into());
        };
        if page.is_empty() {
            break;
        }
        drafts.extend(page);
    }
    let text = match drafts.is_empty() {
        true => "no drafts".to_owned(),
        false => drafts.iter().map(line).collect::<Vec<_>>().join("\n"),
    };
    out.answer(text, || {
        let drafts: Vec<Value> = drafts.iter().map(summary_json).collect();
        json!({ "schema": "karakoro/drafts/1", "ok": true, "drafts": drafts })
    });
    Ok(Exit::Yes)
}

/// `karakoro drafts show`
pub(crate) fn show(id: MessageId, home: &Path, out: &Output) -> Result<Exit, Failure> {
    let mut client = connect(home)?;
    let shown = Shown::fetch(&mut client, id, None)?;
    out.answer(
        shown.text(),
        || json!({ "schema": "karakoro/draft/1", "ok": true, "draft": shown.to_json() }),
    );
    Ok(Exit::Yes)
}

/// `karakoro approve`
pub(crate) fn approve(args: &ApproveArgs, home: &Path, out: &Output) -> Result<Exit, Failure> {
    if args.yes && args.seen.is_none() {
        return Err(Failure::usage(
            "--yes needs --seen FINGERPRINT: what was read must be what is signed (`karakoro drafts show ID`)",
        ));
    }
    let key = officer_key(home, &args.signer)?;
    let mut client = connect(home)?;
    let shown = Shown::fetch(&mut client, args.id, None)?;
    if let Some(seen) = &args.seen {
        shown.compare(seen, &mut client)?;
    }
    out.talk(shown.text());
    if !args.yes {
        confirm(args.id)?;
    }
    let signature = envelope::sign(&shown.commitment, SigningPurpose::Approver, &key);
    let request = DraftRequest::Approve { id: args.id, signature };
    let Response::Sealed { index, .. } = client.call(Request::Draft(request))? else {
        return Err(CallError::Unexpected.into());
    };
    out.talk(format!("approved and sealed as entry {index}"));
    out.answer(
        args.id,
        || json!({ "schema": "karakoro/approve/1", "ok": true, "id": args.id.to_string(), "entry": index }),
    );
    Ok(Exit::Yes)
}

/// `karakoro refuse`
pub(crate) fn refuse(args: &RefuseArgs, home: &Path, out: &Output) -> Result<Exit, Failure> {
    if args.reason.trim().is_empty() || args.reason.len() > MAX_REASON_BYTES {
        return Err(Failure::usage(format!("--reason says why, in 1 to {MAX_REASON_BYTES} bytes")));
    }
    let key = officer_key(home, &args.signer)?;
    let mut client = connect(home)?;
    let shown = Shown::fetch(&mut client, args.id, None)?;
    let refusal = DraftRefusal::sign(&shown.commitment, &args.reason, &key);
    let request = DraftRequest::Refuse { id: args.id, refusal };
    let DraftResponse::Kept(summary) = ask(&mut client, request)? else {
        return Err(CallError::Unexpected.into());
    };
    out.answer(line(&summary), || told(&summary));
    Ok(Exit::Yes)
}

fn ask(client: &mut Client, request: DraftRequest) -> Result<DraftResponse, Failure> {
    match client.call(Request::Draft(request))? {
        Response::Draft(response) => Ok(response),
        _ => Err(CallError::Unexpected.into()),
    }
}

/// The officer types the end of the id: a habit of pressing Enter approves nothing.
fn confirm(id: MessageId) -> Result<(), Failure> {
    let id = id.to_string();
    let end = &id[id.len() - 4..];
    let input = std::io::stdin();
    if !input.is_terminal() {
        return Err(Failure::usage(
            "nobody is here to confirm: scripts say --yes --seen FINGERPRINT (`karakoro drafts show ID`)",
        ));
    }
    super::prompt(format_args!("To approve, type the last 4 characters of the id {id}: "));
    let mut typed = String::new();
    input.lock().read_line(&mut typed).map_err(|error| Failure::new(Exit::CouldNotCheck, error))?;
    if typed.trim() == end {
        return Ok(());
    }
    Err(Failure::new(Exit::No, anyhow::anyhow!("not approved: `{}` is not `{end}`", typed.trim())))
}

/// A draft as it is shown, with what was computed here from what the node gave.
struct Shown {
    draft: Draft,
    header: Header,
    payload: Payload,
    commitment: Commitment,
}

impl Shown {
    /// Fetches a draft. What is shown and signed is what these bytes say, whatever the node says of them.
    fn fetch(client: &mut Client, id: MessageId, revision: Option<u32>) -> Result<Self, Failure> {
        let DraftResponse::Draft(draft) = ask(client, DraftRequest::Show { id, revision })? else {
            return Err(CallError::Unexpected.into());
        };
        let body = &draft.submission.body;
        let commitment = body.commitment();
        let damaged = |error: &dyn std::fmt::Display| {
            Failure::new(Exit::Store, anyhow::anyhow!("the draft {id} cannot be read: {error}"))
        };
        let header = Header::decode(&body.header).map_err(|error| damaged(&error))?;
        let payload = Payload::decode(&header, &body.payload).map_err(|error| damaged(&error))?;
        if commitment != draft.submission.leaf.commitment || header.id != id {
            return Err(damaged(&"it is not what its author signed"));
        }
        Ok(Self { draft: *draft, header, payload, commitment })
    }

    /// Everything that would be signed, for people and for comparing.
    fn content(&self) -> Value {
        json!({
            "header": header_json(&self.header),
            "refs": references_json(&self.header),
            "grounds": self.header.grounds.to_json(),
            "content": self.payload.to_json(),
        })
    }

    /// Refuses, with the difference, what is not what the officer has seen.
    fn compare(&self, seen: &str, client: &mut Client) -> Result<(), Failure> {
        let digits = |text: &str| text.chars().filter(char::is_ascii_hexdigit).collect::<String>();
        let seen = digits(seen).to_ascii_lowercase();
        if seen == digits(&fingerprint(&self.commitment)) {
            return Ok(());
        }
        let id = self.header.id;
        for revision in (1..self.draft.revision).rev() {
            let earlier = Self::fetch(client, id, Some(revision))?;
            if seen == digits(&fingerprint(&earlier.commitment)) {
                let changes = fields::difference(&earlier.content(), &self.content());
                let changes: Vec<String> = changes.iter().map(change).collect();
                let text = format!(
                    "the draft {id} was changed since you saw it (revision {revision}, now {}):\n{}",
                    self.draft.revision,
                    changes.join("\n")
                );
                return Err(Failure::new(Exit::Refused, anyhow::anyhow!(text)));
            }
        }
        let text = format!(
            "no revision of the draft {id} has this fingerprint; now it is {}",
            fingerprint(&self.commitment)
        );
        Err(Failure::new(Exit::Refused, anyhow::anyhow!(text)))
    }

    fn text(&self) -> String {
        let Header { kind, mode, priority, tlp, station, recipient, .. } = &self.header;
        let summary = &self.draft.summary;
        format!(
            "{}\n  {kind}  {mode}  {priority}  {tlp}\n  {station} → {recipient}   revision {} by {}, proposed {}\n  {}\n\
             {}  fingerprint {}",
            summary.id,
            self.draft.revision,
            summary.author,
            summary.proposed,
            karakoro_proto::domain::title::title(&self.payload),
            fields_text(&self.content()),
            fingerprint(&self.commitment),
        )
    }

    fn to_json(&self) -> Value {
        let mut json = summary_json(&self.draft.summary);
        json["message"] = self.content();
        json["fingerprint"] = fingerprint(&self.commitment).into();
        json
    }
}

fn change(change: &fields::Difference) -> String {
    let part =
        |text: &Option<String>| text.as_ref().map_or_else(|| "–".to_owned(), |text| format!("`{text}`"));
    format!("  {}: {} → {}", change.path, part(&change.old), part(&change.new))
}

/// The whole commitment, in groups: of a part, two could be made that agree.
fn fingerprint(commitment: &Commitment) -> String {
    let digits: String = commitment.0.iter().map(|byte| format!("{byte:02x}")).collect();
    let groups: Vec<&str> =
        (0..digits.len()).step_by(GROUP).map(|start| &digits[start..start + GROUP]).collect();
    groups.join("-")
}

fn line(summary: &DraftSummary) -> String {
    let DraftSummary { id, revision, kind, title, author, proposed, state } = summary;
    let state = match state {
        DraftState::Open(until) => format!("open until {until}"),
        DraftState::Sealed(at) => format!("sealed {at}"),
        DraftState::Expired(at) => format!("expired {at}"),
        DraftState::Refused { at, by, reason } => format!("refused {at} by {by}: {reason}"),
    };
    format!("{id}  {kind}  {title}\n    revision {revision} by {author}, proposed {proposed}; {state}")
}

fn told(summary: &DraftSummary) -> Value {
    json!({ "schema": "karakoro/draft/1", "ok": true, "draft": summary_json(summary) })
}

fn summary_json(summary: &DraftSummary) -> Value {
    let DraftSummary { id, revision, kind, title, author, proposed, state } = summary;
    let state = match state {
        DraftState::Open(until) => json!({ "state": "open", "until": until }),
        DraftState::Sealed(at) => json!({ "state": "sealed", "at": at }),
        DraftState::Expired(at) => json!({ "state": "expired", "at": at }),
        DraftState::Refused { at, by, reason } => {
            json!({ "state": "refused", "at": at, "by": by, "reason": reason })
        }
    };
    json!({
        "id": id.to_string(), "revision": revision, "kind": kind.as_str(), "title": title,
        "author": author, "proposed": proposed, "state": state,
    })
}
