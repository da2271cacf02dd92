//! The two nodes: processes of their own, as in the field.
//!
//! They stop when their standard input ends. That is how the demo stops them, and how they stop by themselves
//! if the demo is killed.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use karakoro_proto::identity::Country;

use super::homes::Home;
use super::place::cannot;
use crate::cmd::connect;
use crate::exit::{Exit, Failure};

/// What a node says of itself, in its home.
const LOG: &str = "node.log";

/// How long a node may take to stop in order; longer than its own deadline.
const STOP_DEADLINE: Duration = Duration::from_secs(6);

/// How often a stopping node is looked at.
const GLANCE: Duration = Duration::from_millis(20);

/// Lines of its log that are shown when a node ended by itself.
const LAST_LINES: usize = 8;

/// A running node.
#[derive(Debug)]
struct Node {
    country: Country,
    child: Child,
    log: PathBuf,
}

/// Both nodes; ended when this is dropped.
#[derive(Debug)]
pub(crate) struct Nodes(Vec<Node>);

impl Nodes {
    /// Starts the node of each home, calling the other at the address given.
    pub(crate) fn start(homes: &[Home; 2], dial: [SocketAddr; 2]) -> Result<Self, Failure> {
        // Built up in place: if the second does not start, the first is ended.
        let mut nodes = Self(Vec::with_capacity(2));
        for (home, dial) in homes.iter().zip(dial) {
            nodes.0.push(Node::start(home, dial)?);
        }
        Ok(nodes)
    }

    /// Says so if a node has ended by itself.
    pub(crate) fn check(&mut self) -> Result<(), Failure> {
        for node in &mut self.0 {
            if let Ok(Some(status)) = node.child.try_wait() {
                return Err(node.ended(status));
            }
        }
        Ok(())
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        // Both begin to stop at once.
        self.0.iter_mut().for_each(|node| drop(node.child.stdin.take()));
        let deadline = Instant::now() + STOP_DEADLINE;
        self.0.iter_mut().for_each(|node| node.end(deadline));
    }
}

impl Node {
    fn start(home: &Home, dial: SocketAddr) -> Result<Self, Failure> {
        if connect(&home.path).is_ok() {
            let (country, path) = (home.country, home.path.display());
            let text =
                format!("a node of {country} runs in {path} already, beside the demo's road: stop it first");
            return Err(Failure::new(Exit::CouldNotCheck, anyhow::anyhow!(text)));
        }
        let path = home.path.join(LOG);
        let log = File::options().create(true).append(true).open(&path);
        let log = log.map_err(|error| cannot("write", &path, &error))?;
        let child = karakoro()?
            .args(["node", "run", "--until-stdin-closes", "--dial", &dial.to_string(), "--home"])
            .arg(&home.path)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            // Ctrl-C is for the demo, which then stops the nodes.
            .process_group(0)
            .spawn()
            .map_err(|error| cannot("start a node in", &home.path, &error))?;
        Ok(Self { country: home.country, child, log: path })
    }

    fn ended(&self, status: ExitStatus) -> Failure {
        let (country, lines) = (self.country, self.last_lines());
        let text = format!("the node of {country} ended by itself ({status}); its log ends with\n{lines}");
        Failure::new(Exit::CouldNotCheck, anyhow::anyhow!(text))
    }

    fn last_lines(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
    }

    fn end(&mut self, deadline: Instant) {
        while Instant::now() < deadline {
            match self.child.try_wait() {
                Ok(None) => thread::sleep(GLANCE),
                _ => return,
            }
        }
        // Nothing of use can be done if even this fails.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// This very program.
pub(crate) fn karakoro() -> Result<Command, Failure> {
    let program = std::env::current_exe();
    program.map(Command::new).map_err(|error| {
        Failure::new(
            Exit::CouldNotCheck,
            anyhow::Error::new(error).context("cannot find this program's own file"),
        )
    })
}
