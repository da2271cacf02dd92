//! `karakoro send` and `karakoro ack`.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use karakoro_node::service::client::{CallError, Client};
use karakoro_proto::domain::ack::{Ack, AckLevel};
use karakoro_proto::domain::alert::Alert;
use karakoro_proto::envelope::{Header, MessageId, Reference, Relation};
use karakoro_proto::key::SecretKey;
use karakoro_proto::service::{Fact, MessageBox, MessageView, Request, Response, Status, Submission};
use serde_json::{Value, json};

use super::sign::{Desk, officer_key, signed};
use super::{Output, connect, now};
use crate::cli::{SendArgs, SignerArgs, WaitFor};
use crate::exit::{Exit, Failure};
use crate::inputs::{InputError, read_alert};
use crate::view::Shown;

/// How long to wait before asking a node that was not there again.
const RETRY: Duration = Duration::from_millis(100);

/// A message that is ready to be sealed.
struct Ready {
    file: Option<PathBuf>,
    header: Header,
    title: String,
    submission: Submission,
}

impl Ready {
    /// An alert of our own, addressed and signed by its author.
    fn alert(
        file: Option<PathBuf>,
        alert: &Alert,
        desk: &Desk<'_>,
        key: &SecretKey,
    ) -> Result<Self, Failure> {
        let header = desk.alert_header(alert)?;
        let title = alert.title(&["fr", "ar", "en"]).unwrap_or("(no title)").to_owned();
        let submission = signed(&header, alert.encode(), key);
        Ok(Self { file, header, title, submission })
    }
}

/// Signs one alert with the home's own officer's key, and returns once its node has sealed it.
pub(crate) fn seal_alert(alert: &Alert, home: &Path, deadline: Instant) -> Result<MessageId, Failure> {
    let key = officer_key(home, &SignerArgs { key: None })?;
    let mut client = connect(home)?;
    let status = status(&mut client)?;
    let message = Ready::alert(None, alert, &Desk { status: &status, now: now() }, &key)?;
    Delivery { client: Some(client), home, deadline }.seal(&message)?;
    Ok(message.header.id)
}

pub(crate) fn run(args: &SendArgs, home: &Path, out: &Output) -> Result<Exit, Failure> {
    let alerts = read_all(&args.files, out)?;
    let key = officer_key(home, &args.signer)?;
    let deadline = Instant::now() + Duration::from_secs(args.timeout);
    let mut client = connect(home)?;
    let status = status(&mut client)?;
    let desk = Desk { status: &status, now: now() };
    let mut ready = Vec::with_capacity(alerts.len());
    for (file, alert) in args.files.iter().zip(alerts) {
        ready.push(Ready::alert(Some(file.clone()), &alert, &desk, &key)?);
    }
    ready.iter().for_each(|message| out.talk(preview(message)));
    if args.dry_run {
        out.answer(
            "nothing was sent (--dry-run)",
            || json!({ "schema": "karakoro/send/1", "ok": true, "messages": [] }),
        );
        return Ok(Exit::Yes);
    }
    deliver(ready, client, home, args.wait, deadline, out)
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
    let header = desk.ack_header(&of, Reference { id, relation: Relation::Acks })?;
    let submission = signed(&header, Ack { of: id, level: AckLevel::Read }.encode(), &key);
    let ready = vec![Ready { file: None, header, title: format!("{id} has been read"), submission }];
    deliver(ready, client, home, None, Instant::now() + Duration::from_secs(60), out)
}

/// Reads every file before anything is sent, and tells every fault of every file.
pub(crate) fn read_all(files: &[PathBuf], out: &Output) -> Result<Vec<Alert>, Failure> {
    let mut alerts = Vec::with_capacity(files.len());
    let mut faults = Vec::new();
    let mut exit = Exit::No;
    for file in files {
        match read_alert(file) {
            Ok(reading) => {
                reading.notices.iter().for_each(|notice| out.talk(format!("{}: {notice}", file.display())));
                alerts.push(reading.alert);
            }
            Err(InputError::Unreadable(error)) => {
                exit = Exit::CouldNotCheck;
                faults.push(format!("{}: {error}", file.display()));
            }
            Err(InputError::Faults(found)) => {
                faults.extend(found.iter().map(|fault| format!("{}: {fault}", file.display())));
            }
        }
    }
    if faults.is_empty() {
        return Ok(alerts);
    }
    let text = format!("nothing was sent\n{}", faults.join("\n"));
    Err(Failure::new(exit, anyhow::anyhow!(text)))
}

fn preview(message: &Ready) -> String {
    let Header { mode, priority, tlp, station, recipient, .. } = &message.header;
    let bytes = message.submission.body.encoded_len();
    let file = message.file.as_ref().map_or_else(String::new, |file| format!("{}: ", file.display()));
    format!("{file}{mode}  {priority}  {tlp}  {station} → {recipient}  {bytes} bytes  “{}”", message.title)
}

fn status(client: &mut Client) -> Result<Status, Failure> {
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
            let shown = Shown::new(view).map_err(|error| Failure::new(Exit::Store, error))?;
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
