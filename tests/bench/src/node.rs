//! A node in a process of its own, and what the system says of that process.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use karakoro_node::config::Config;
use karakoro_node::node;
use karakoro_node::service::client::Client;
use karakoro_proto::service::{self, Request, Response, Status};

/// How long a node may take to be ready.
const START_DEADLINE: Duration = Duration::from_secs(30);

/// How long anything may take to be answered: what takes longer has failed.
const ANSWER_DEADLINE: Duration = Duration::from_secs(60);

/// Ticks of the process times in `/proc`: the kernel's USER_HZ, the same on every architecture of ours.
const TICKS_PER_SECOND: f64 = 100.0;

/// Runs the node of a home, until whoever started it lets go of its standard input.
pub(crate) fn run(home: &Path) -> anyhow::Result<()> {
    std::thread::spawn(|| {
        _ = std::io::stdin().read(&mut [0]);
        // Whatever was promised is durable: no node needs a farewell.
        std::process::exit(0);
    });
    Ok(node::run(&node::Options { home: home.to_owned(), dial: None, listen: None, stop_with_stdin: false })?)
}

/// What to wait for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Link {
    /// The node answers.
    Any,
    /// Its link is up.
    Up,
}

/// A running node; ends with this value.
#[derive(Debug)]
pub(crate) struct Node {
    process: Child,
    socket: PathBuf,
}

impl Node {
    pub(crate) fn start(home: &Path) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("this program's own path")?;
        let process = Command::new(program)
            .arg("node")
            .arg(home)
            .stdin(Stdio::piped())
            .spawn()
            .context("a node does not start")?;
        Ok(Self { process, socket: Config::load(home)?.service.socket.within(home) })
    }

    pub(crate) fn wait_until(&self, link: Link) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_DEADLINE;
        while Instant::now() < deadline {
            let up = self.status().is_ok_and(|status| matches!(status.link, service::Link::Up(_)));
            if up || (link == Link::Any && Client::connect(&self.socket).is_ok()) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("a node was not ready within {START_DEADLINE:?}")
    }

    pub(crate) fn client(&self) -> anyhow::Result<Client> {
        let client = Client::connect(&self.socket)?;
        client.set_timeout(Some(ANSWER_DEADLINE))?;
        Ok(client)
    }

    pub(crate) fn status(&self) -> anyhow::Result<Status> {
        match self.client()?.call(Request::Status)? {
            Response::Status(status) => Ok(status),
            _ => bail!("a node answered something else than its status"),
        }
    }

    fn proc(&self, file: &str) -> anyhow::Result<String> {
        let path = format!("/proc/{}/{file}", self.process.id());
        std::fs::read_to_string(&path).context(path)
    }

    /// Processor time that the node has used.
    pub(crate) fn cpu_seconds(&self) -> anyhow::Result<f64> {
        let stat = self.proc("stat")?;
        // The name in parentheses may hold anything; user and system time are fields 14 and 15.
        let (_, fields) = stat.rsplit_once(')').context("/proc/…/stat has no name")?;
        let ticks: Vec<f64> = fields.split_whitespace().skip(11).take(2).flat_map(str::parse).collect();
        Ok(ticks.iter().sum::<f64>() / TICKS_PER_SECOND)
    }

    /// Resident memory in MB: `VmRSS` now, `VmHWM` at its peak.
    pub(crate) fn memory_mb(&self, field: &str) -> anyhow::Result<f64> {
        let kib = number_after(&self.proc("status")?, field)?;
        Ok(kib * 1024.0 / 1e6)
    }

    /// Bytes that the node has given to the disk.
    pub(crate) fn disk_bytes(&self) -> anyhow::Result<f64> {
        number_after(&self.proc("io")?, "write_bytes")
    }
}

fn number_after(text: &str, field: &str) -> anyhow::Result<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.with_context(|| format!("the system does not say {field}"))
}

impl Drop for Node {
    fn drop(&mut self) {
        // Closes its standard input, which ends it; if it hangs, it is ended.
        drop(self.process.stdin.take());
        std::thread::sleep(Duration::from_millis(100));
        _ = self.process.kill();
        _ = self.process.wait();
    }
}
