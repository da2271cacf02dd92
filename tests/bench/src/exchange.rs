//! `exchange`: as many messages as the nodes take, from one client's signatures into both logs.
//!
//! The clock runs from the first submission until the sender's node holds the peer's cosignature over
//! the last message. The officer's client signs meanwhile, on the same machine, as it does in the field.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};
use karakoro_node::service::client::Client;
use karakoro_proto::envelope::MessageId;
use karakoro_proto::service::{Fact, Request, Response, Submission};

use crate::limits::Limits;
use crate::node::Node;
use crate::officer::{MESSAGE_BYTES, Officer};
use crate::pair::Pair;
use crate::report::Report;

/// Messages that are submitted and not yet sealed.
const WINDOW: usize = 2048;

/// Messages that are signed and not yet submitted.
const SIGNED_AHEAD: usize = 256;

pub(crate) fn measure(folder: &Path, messages: usize) -> anyhow::Result<Report> {
    let limits = Limits::measure(folder)?;
    let pair = Pair::create(folder)?;
    let [mr, ml] = pair.start()?;
    let officer = Officer::of(&pair.mr)?;
    let before = [Usage::of(&mr)?, Usage::of(&ml)?];
    let loopback = loopback_bytes();
    let seconds = exchange(&mr, officer, messages)?;
    let after = [Usage::of(&mr)?, Usage::of(&ml)?];
    let loopback = loopback_bytes().zip(loopback).map(|(after, before)| after - before);
    ensure!(ml.status()?.mirrored > messages as u64, "the peer holds fewer messages than were sent");

    let each = messages as f64;
    let rate = each / seconds;
    let mut report = Report::new("exchange");
    limits.report(&mut report);
    report.figure("messages", each, "");
    report.figure("bytes_of_header_and_payload", MESSAGE_BYTES as f64, "bytes");
    report.figure("seconds_until_all_are_in_both_logs", seconds, "s");
    report.figure("messages_per_second", rate, "/s");
    report.figure("ratio_to_ed25519_verify_of_one_core", rate / limits.verifies, "");
    let [sender, receiver] = [0, 1].map(|node| after[node].since(&before[node], each));
    report.figure("sender_cpu_per_message", sender.cpu_us, "µs");
    report.figure("receiver_cpu_per_message", receiver.cpu_us, "µs");
    report.figure("ed25519_verify_cpu", 1e6 / limits.verifies, "µs");
    report.figure("sender_disk_bytes_per_message", sender.disk, "bytes");
    report.figure("receiver_disk_bytes_per_message", receiver.disk, "bytes");
    if let Some(bytes) = loopback {
        report.figure("loopback_bytes_per_message", bytes / each, "bytes, all of this machine's");
    }
    let sender_memory = memory(&mut report, &mr, ["sender_memory", "sender_memory_peak"])?;
    let receiver_memory = memory(&mut report, &ml, ["receiver_memory", "receiver_memory_peak"])?;
    report.at_least("throughput", rate, 10_000.0, "messages/s");
    report.at_most("memory of a node after the run", sender_memory.max(receiver_memory), 60.0, "MB");
    Ok(report)
}

/// What a node has used.
#[derive(Clone, Copy, Debug)]
struct Usage {
    cpu_us: f64,
    disk: f64,
}

impl Usage {
    fn of(node: &Node) -> anyhow::Result<Self> {
        Ok(Self { cpu_us: node.cpu_seconds()? * 1e6, disk: node.disk_bytes()? })
    }

    fn since(&self, before: &Self, messages: f64) -> Self {
        Self { cpu_us: (self.cpu_us - before.cpu_us) / messages, disk: (self.disk - before.disk) / messages }
    }
}

fn memory(report: &mut Report, node: &Node, keys: [&'static str; 2]) -> anyhow::Result<f64> {
    let resident = node.memory_mb("VmRSS")?;
    report.figure(keys[0], resident, "MB");
    report.figure(keys[1], node.memory_mb("VmHWM")?, "MB");
    Ok(resident)
}

/// Bytes received on the loopback; `None` where the system does not say.
fn loopback_bytes() -> Option<f64> {
    let devices = std::fs::read_to_string("/proc/net/dev").ok()?;
    let line = devices.lines().find_map(|line| line.trim_start().strip_prefix("lo:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Seconds from the first submission to the cosignature over the last.
fn exchange(node: &Node, officer: Officer, messages: usize) -> anyhow::Result<f64> {
    let mut client = node.client()?;
    let answers = client.try_clone()?;
    let (signed, to_submit) = sync_channel(SIGNED_AHEAD);
    let (take, window) = sync_channel(WINDOW);
    thread::scope(|scope| {
        let signing = scope.spawn(move || sign_all(officer, messages, &signed));
        let receiving = scope.spawn(move || receive_all(answers, messages, &window));
        let first = to_submit.recv().context("nothing was signed")?;
        let started = Instant::now();
        let last = submit_all(&mut client, first, &to_submit, &take)?;
        signing.join().map_err(|_| anyhow::anyhow!("signing panicked"))??;
        receiving.join().map_err(|_| anyhow::anyhow!("receiving panicked"))??;
        match client.call(Request::Wait(last, Fact::InBothLogs))? {
            Response::Message(_) => Ok(started.elapsed().as_secs_f64()),
            _ => bail!("the node answered something else than the last message"),
        }
    })
}

type Signed = (MessageId, Submission);

fn sign_all(mut officer: Officer, messages: usize, signed: &SyncSender<Signed>) -> anyhow::Result<()> {
    for _ in 0..messages {
        if signed.send(officer.write()?).is_err() {
            break;
        }
    }
    Ok(())
}

fn submit_all(
    client: &mut Client,
    first: Signed,
    signed: &Receiver<Signed>,
    take: &SyncSender<()>,
) -> anyhow::Result<MessageId> {
    let mut last = first.0;
    for (id, submission) in std::iter::once(first).chain(signed) {
        take.send(()).context("the node answers no more")?;
        client.send(Request::Submit(submission))?;
        last = id;
    }
    Ok(last)
}

fn receive_all(mut client: Client, messages: usize, window: &Receiver<()>) -> anyhow::Result<()> {
    for _ in 0..messages {
        match client.receive()?.1 {
            Response::Sealed { again: false, .. } => window.recv()?,
            other => bail!("a message was not sealed: {other:?}"),
        }
    }
    Ok(())
}
