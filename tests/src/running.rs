//! A node at work: the real process, ended by its handle.

use std::fs::{self, OpenOptions};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use karakoro_node::config::Config;
use karakoro_node::service::client::Client;
use karakoro_proto::service::{Link, Request, Response, Status};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::command;
use crate::countries::Home;
use crate::executable::karakoro;
use crate::wait;

/// A running node; killed if it is dropped.
#[derive(Debug)]
pub struct Node {
    child: Child,
    home: Home,
}

impl Node {
    /// Starts a node that dials these addresses, and waits until it answers.
    #[track_caller]
    #[must_use]
    pub fn start(home: &Home, dial: &[SocketAddr]) -> Self {
        let mut node = Self::spawn(home, dial);
        wait::for_fact("the node answers", || {
            let ended = node.child.try_wait().expect("it is our child");
            assert!(ended.is_none(), "the node ended ({ended:?}): {}", read_log(home));
            status(home)
        });
        node
    }

    /// Starts a node and does not wait for it.
    #[must_use]
    pub fn spawn(home: &Home, dial: &[SocketAddr]) -> Self {
        let mut options = OpenOptions::new();
        let log = options.create(true).append(true).open(home.log_file()).expect("a file for the log");
        let mut command = Command::new(karakoro());
        command.arg("--home").arg(&home.path).args(["node", "run"]);
        for address in dial {
            command.arg("--dial").arg(address.to_string());
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let child = command.spawn().expect("the executable starts");
        Self { child, home: home.clone() }
    }

    /// Its home.
    #[must_use]
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// Kills it as a power cut would; returns when the kernel has taken it away.
    pub fn kill(mut self) {
        self.child.kill().expect("it is our child");
        self.child.wait().expect("it is our child");
    }

    /// Asks it to stop (SIGTERM), and waits for its end.
    #[must_use]
    pub fn stop(mut self) -> ExitStatus {
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("it is our child");
        command::ended(&mut self.child)
    }

    /// Waits for its end, which is its own.
    #[must_use]
    pub fn ended(mut self) -> ExitStatus {
        command::ended(&mut self.child)
    }

    /// How it stands.
    #[track_caller]
    #[must_use]
    pub fn status(&self) -> Status {
        status(&self.home).expect("a running node answers")
    }

    /// Waits until the link is open.
    #[track_caller]
    pub fn linked(&self) {
        self.waits_for("the link is open", |status| matches!(status.link, Link::Up(_)));
    }

    /// Waits until something is true of its status.
    #[track_caller]
    pub fn waits_for(&self, fact: &str, is_true: impl Fn(&Status) -> bool) {
        wait::for_fact(fact, || status(&self.home).filter(&is_true));
    }

    /// A connection to it.
    #[track_caller]
    #[must_use]
    pub fn client(&self) -> Client {
        client(&self.home.path).expect("a running node answers")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended already; there is nobody left to tell.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Both nodes, each dialling the other, their link open.
#[track_caller]
#[must_use]
pub fn both(mr: &Home, ml: &Home) -> [Node; 2] {
    let nodes = [Node::start(mr, &[ml.address]), Node::start(ml, &[mr.address])];
    nodes.iter().for_each(Node::linked);
    nodes
}

/// A connection to the node of a home, if there is one.
#[must_use]
pub fn client(home: &Path) -> Option<Client> {
    let config = Config::load(home).expect("sound settings");
    let client = Client::connect(&config.service.socket.within(home)).ok()?;
    client.set_timeout(Some(wait::DEADLINE)).expect("a timeout above zero");
    Some(client)
}

/// How the node of a home stands, if there is one.
#[must_use]
pub fn status(home: &Home) -> Option<Status> {
    match client(&home.path)?.call(Request::Status) {
        Ok(Response::Status(status)) => Some(status),
        _ => None,
    }
}

/// Everything that the nodes of a home logged.
#[must_use]
pub fn read_log(home: &Home) -> String {
    fs::read_to_string(home.log_file()).unwrap_or_default()
}

/// The same, line by line.
#[must_use]
pub fn log_lines(home: &Home) -> Vec<Value> {
    read_log(home).lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Waits until nothing is under way: both sides hold and have cosigned all that the other wrote.
#[track_caller]
pub fn settled(nodes: &[Node; 2]) {
    wait::for_fact("each side holds and cosigned what the other wrote", || {
        let [mr, ml] = nodes.each_ref().map(Node::status);
        let done =
            |writer: &Status, holder: &Status| writer.own == writer.cosigned && writer.own == holder.mirrored;
        (done(&mr, &ml) && done(&ml, &mr)).then_some(())
    });
}
