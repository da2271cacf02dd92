//! `karakoro send` and `karakoro ack`.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use karakoro_node::service::client::{CallError, Client};
use karakoro_proto::domain::ack::{Ack, AckLevel};
use karakoro_proto::domain::alert::Alert;
use karakoro_proto::domain::breach::Breaches;
use karakoro_proto::domain::message_file::MessageFile;
use karakoro_proto::domain::title::title;
use karakoro_proto::envelope::{Header, MessageId, Reference, Relation};
use karakoro_proto::key::SecretKey;
use karakoro_proto::service::{
    Fact, FailureKind, MessageBox, MessageView, Request, Response, Status, Submission,
};
use serde_json::{Value, json};

use super::sign::{Desk, fresh_id, officer_key, signed};
use super::{Output, connect, now};
use crate::cli::{SendArgs, SignerArgs, WaitFor};
use crate::exit::{Exit, Failure};
use crate::inputs::{Input, MessageError, read_alert, read_message, remarks};
use crate::view::Shown;

/// How long to wait before asking a node that was not there again.
const RETRY: Duration = Duration::from_millis(100);

/// A message that is ready to be sealed.
pub(crate) struct Ready {
    file: Option<PathBuf>,
    header: Header,
    title: String,
    pub(crate) submission: Submission,
}

impl Ready {
    /// A message of our own, addressed, checked by the rules of its kind, and signed by its author.
    fn message(
        file: Option<PathBuf>,
        message: &MessageFile,
        refs: Vec<Reference>,
        desk: &Desk<'_>,
        key: &SecretKey,
    ) -> Result<Self, Failure> {
        let header = message.header(&desk.of_files()?, refs);
        let mut breaches = Breaches::new();
        message.payload.check(&header, &mut breaches);
        if !breaches.is_empty() {
            let named = file.as_ref().map_or_else(String::new, |file| format!("{}: ", file.display()));
            let told: Vec<String> = breaches.iter().map(|breach| format!("{named}{breach}")).collect();
            let text = format!("nothing was sent\n{}", told.join("\n"));
            return Err(Failure::new(Exit::Refused, anyhow::anyhow!(text)));
        }
        let title = title(&message.payload);
        let submission = signed(&header, message.payload.encode(), key);
        Ok(Self { file, header, title, submission })
    }

    /// What will be sent, in one line.
    pub(crate) fn preview(&self) -> String {
        let Header { kind, mode, priority, tlp, station, recipient, .. } = &self.header;
        let bytes = self.submission.body.encoded_len();
        let file = self.file.as_ref().map_or_else(String::new, |file| format!("{}: ", file.display()));
        format!(
            "{file}{kind}  {mode}  {priority}  {tlp}  {station} → {recipient}  {bytes} bytes  “{}”",
            self.title
        )
    }
}

/// Signs one alert with the home's own officer's key, and returns once its node has sealed it.
pub(crate) fn seal_alert(alert: &Alert, home: &Path, deadline: Instant) -> Result<MessageId, Failure> {
    let key = officer_key(home, &SignerArgs { key: None })?;
    let mut client = connect(home)?;
    let status = status(&mut client)?;
    let now = now();
    let file = MessageFile::of_alert(alert.clone(), fresh_id(now))
        .map_err(|breaches| Failure::new(Exit::Refused, breaches))?;
    let message = Ready::message(None, &file, Vec::new(), &Desk { status: &status, now }, &key)?;
    Delivery { client: Some(client), home, deadline }.seal(&message)?;
    Ok(message.header.id)
}

pub(crate) fn run(args: &SendArgs, home: &Path, out: &Output) -> Result<Exit, Failure> {
    let messages = read_messages(&args.files, None, out)?;
    let key = officer_key(home, &args.signer)?;
    let deadline = Instant::now() + Duration::from_secs(args.timeout);
    let mut client = connect(home)?;
    let mut prepared = Vec::with_capacity(messages.len());
    for (file, message) in args.files.iter().zip(&messages) {
        prepared.push(ready(file, message, &key, &mut client)?);
    }
    prepared.iter().for_each(|message| out.talk(message.preview()));
    if args.dry_run {
        out.answer(
            "nothing was sent (--dry-run)",
            || json!({ "schema": "karakoro/send/1", "ok": true, "messages": [] }),
        );
        return Ok(Exit::Yes);
    }
    deliver(prepared, client, home, args.wait, deadline, out)
}

/// A message of a file, addressed and signed; what it refers to is asked of the node.
pub(crate) fn ready(
    file: &Path,
    message: &MessageFile,
    key: &SecretKey,
    client: &mut Client,
) -> Result<Ready, Failure> {
    let status = status(client)?;
    let refs = references(message, client)?;
    Ready::message(Some(file.to_owned()), message, refs, &Desk { status: &status, now: now() }, key)
}

/// References with what the messages they name committed to, as the node holds them.
fn references(message: &MessageFile, client: &mut Client) -> Result<Vec<Reference>, Failure> {
    let mut refs = Vec::with_capacity(message.refs.len());
    for (position, &(id, relation)) in message.refs.iter().enumerate() {
        match client.call(Request::Show(id)) {
            Ok(Response::Message(view)) => {
                refs.push(Reference { id, relation, commitment: view.commitment });
            }
            Ok(_) => return Err(CallError::Unexpected.into()),
            Err(CallError::Failed(failure)) if failure.kind == FailureKind::NotFound => {
                let text = format!("nothing was sent: message.refs[{position}]: {failure}");
                return Err(Failure::new(Exit::Refused, anyhow::anyhow!(text)));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(refs)
}

pub(crate) fn ack(id: MessageId, signer: &SignerArgs, home: &Path, out: &Output) -> Result<Exit, Failure> {
    let key = officer_key(home, signer)?;
    let mut client = connect(home)?;
    let status = status(&mut client)?;
    let Response::Message(view) = client.call(Request::Show(id))? else {
        return Err(CallError::Unexpected.into());
    };
    if view.from != MessageBox::Inbox {
        return Err(Failure::new(
            Exit::Refused,
            anyhow::anyhow!("{id} is ours: the other country says when it has read it"),
        ));
    }
    let of = Header::decode(&view.header).map_err(|error| Failure::new(Exit::Store, error))?;
    let desk = Desk { status: &status, now: now() };
    let header =
        desk.ack_header(&of, Reference { id, relation: Relation::Acks, commitment: view.commitment })?;
    let submission = signed(&header, Ack { of: id, level: AckLevel::Read }.encode(), &key);
    let ready = vec![Ready { file: None, header, title: format!("{id} has been read"), submission }];
    deliver(ready, client, home, None, Instant::now() + Duration::from_secs(60), out)
}

/// Sends messages that are signed already, each with the line that tells of it.
pub(crate) fn send_signed(
    messages: Vec<(Header, String, Submission)>,
    client: Client,
    home: &Path,
    out: &Output,
) -> Result<Exit, Failure> {
    let ready = messages.into_iter().map(|(header, title, submission)| Ready {
        file: None,
        header,
        title,
        submission,
    });
    deliver(ready.collect(), client, home, None, Instant::now() + Duration::from_secs(60), out)
}

/// Reads every alert before anything is sent, and tells every fault of every file.
pub(crate) fn read_all(files: &[PathBuf], out: &Output) -> Result<Vec<Alert>, Failure> {
    read_each(files, out, |file| {
        let reading = read_alert(file)?;
        let remarks = remarks(&reading);
        Ok((reading.alert, remarks))
    })
}

/// The same for messages of any kind; an `id` that is given becomes that of all of them.
fn read_messages(
    files: &[PathBuf],
    id: Option<MessageId>,
    out: &Output,
) -> Result<Vec<MessageFile>, Failure> {
    read_each(files, out, |file| {
        let Input { file, notices } = read_message(file, id.unwrap_or_else(|| fresh_id(now())))?;
        Ok((file, notices))
    })
}

/// Reads one message; an `id` that is given becomes its own.
pub(crate) fn read_one(file: &Path, id: Option<MessageId>, out: &Output) -> Result<MessageFile, Failure> {
    let [message] = <[MessageFile; 1]>::try_from(read_messages(&[file.to_owned()], id, out)?)
        .map_err(|_| Failure::usage("one message was asked for"))?;
    Ok(message)
}

fn read_each<T>(
    files: &[PathBuf],
    out: &Output,
    read: impl Fn(&Path) -> Result<(T, Vec<String>), MessageError>,
) -> Result<Vec<T>, Failure> {
    let mut messages = Vec::with_capacity(files.len());
    let mut faults = Vec::new();
    let mut exit = Exit::No;
    for file in files {
        match read(file) {
            Ok((message, notices)) => {
                notices.iter().for_each(|notice| out.talk(format!("{}: {notice}", file.display())));
                messages.push(message);
            }
            Err(MessageError::Unreadable(error)) => {
                exit = Exit::CouldNotCheck;
                faults.push(format!("{}: {error}", file.display()));
            }
            Err(MessageError::Faults(found)) => {
                faults.extend(found.iter().map(|fault| format!("{}: {fault}", file.display())));
            }
        }
    }
    if faults.is_empty() {
        return Ok(messages);
    }
    let text = format!("nothing was sent\n{}", faults.join("\n"));
    Err(Failure::new(exit, anyhow::anyhow!(text)))
}

pub(crate) fn status(client: &mut Client) -> Result<Status, Failure> {
    match client.call(Request::Status)? {
        Response::Status(status) => Ok(status),
        _ => Err(CallError::Unexpected.into()),
    }
}

fn deliver(
    ready: Vec<Ready>,
    client: Client,
    home: &Path,
    wait: Option<WaitFor>,
    deadline: Instant,
    out: &Output,
) -> Result<Exit, Failure> {
    let mut desk = Delivery { client: Some(client), home, deadline };
    let mut answers = Vec::with_capacity(ready.len());
    let done = desk.deliver(ready, wait, &mut answers, out);
    let messages: Vec<Value> = answers.into_iter().map(|(_, json)| json).collect();
    if out.json {
        // What was sealed is told even if the rest failed: a program must know what not to send again.
        out.answer("", || json!({ "schema": "karakoro/send/1", "ok": done.is_ok(), "messages": messages }));
    }
    done.map(|()| Exit::Yes)
}

fn answer(message: &Ready, entry: u64, facts: Option<Value>, out: &Output) -> (MessageId, Value) {
    let id = message.header.id;
    if !out.json {
        // At once, for each: whoever reads this knows that the message is sealed.
        out.answer(id, || Value::Null);
    }
    let json = json!({
        "id": id.to_string(),
        "file": message.file.as_ref().map(|file| file.display().to_string()),
        "log": message.header.origin.to_string(),
        "entry": entry,
        "facts": facts,
    });
    (id, json)
}

/// Talks to the node, again and again while it is away and time is left: the same message submitted twice
/// is sealed once.
struct Delivery<'a> {
    client: Option<Client>,
    home: &'a Path,
    deadline: Instant,
}

impl Delivery<'_> {
    /// Seals all messages, then waits for all; `answers` has those that are sealed, whatever the outcome.
    fn deliver(
        &mut self,
        ready: Vec<Ready>,
        wait: Option<WaitFor>,
        answers: &mut Vec<(MessageId, Value)>,
        out: &Output,
    ) -> Result<(), Failure> {
        for message in ready {
            let entry = self.seal(&message)?;
            answers.push(answer(&message, entry, None, out));
        }
        let fact = match wait {
            None => return Ok(()),
            Some(WaitFor::Received) => Fact::Received,
            Some(WaitFor::InBothLogs) => Fact::InBothLogs,
        };
        for (id, json) in answers {
            let view = self.wait(*id, fact, out)?;
            let shown = Shown::new(view, out.lang).map_err(|error| Failure::new(Exit::Store, error))?;
            out.talk(shown.facts());
            json["facts"] = shown.to_json()["facts"].clone();
        }
        Ok(())
    }

    fn seal(&mut self, message: &Ready) -> Result<u64, Failure> {
        let request = Request::Submit(message.submission.clone());
        match self.call(&request) {
            Ok(Response::Sealed { index, .. }) => Ok(index),
            Ok(_) => Err(CallError::Unexpected.into()),
            Err(CallError::Failed(failure)) => Err(CallError::Failed(failure).into()),
            Err(error) => {
                let id = message.header.id;
                let text = format!(
                    "whether {id} was sealed is not known: ask `karakoro show {id}` once the node runs"
                );
                Err(Failure::new(Exit::CouldNotCheck, anyhow::Error::new(error).context(text)))
            }
        }
    }

    fn wait(&mut self, id: MessageId, fact: Fact, out: &Output) -> Result<MessageView, Failure> {
        let bar = waiting_bar(fact, out);
        let answer = self.call(&Request::Wait(id, fact));
        bar.finish_and_clear();
        match answer {
            Ok(Response::Message(view)) => Ok(*view),
            Ok(_) => Err(CallError::Unexpected.into()),
            Err(CallError::Failed(failure)) => Err(CallError::Failed(failure).into()),
            Err(error) => {
                let text =
                    format!("{id} is sealed; not yet known whether it is {}", crate::view::fact_word(fact));
                Err(Failure::new(Exit::CouldNotCheck, anyhow::Error::new(error).context(text)))
            }
        }
    }

    fn call(&mut self, request: &Request) -> Result<Response, CallError> {
        loop {
            let answer = self.call_once(request);
            match answer {
                Err(CallError::NoNode { .. } | CallError::Lost(_))
                    if Instant::now() + RETRY < self.deadline =>
                {
                    self.client = None;
                    std::thread::sleep(RETRY);
                }
                answer => return answer,
            }
        }
    }

    fn call_once(&mut self, request: &Request) -> Result<Response, CallError> {
        let left = self.deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        if self.client.is_none() {
            self.client = Some(connect(self.home).map_err(unreached)?);
        }
        let Some(client) = &mut self.client else { return Err(CallError::Unexpected) };
        client.set_timeout(Some(left))?;
        client.call(request.clone())
    }
}

fn unreached(failure: Failure) -> CallError {
    CallError::NoNode {
        path: "its socket".to_owned(),
        source: std::io::Error::other(failure.error.to_string()),
    }
}

fn waiting_bar(fact: Fact, out: &Output) -> ProgressBar {
    if out.json {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} waiting until it is {msg} … {elapsed}") {
        bar.set_style(style);
    }
    bar.set_message(crate::view::fact_word(fact));
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
