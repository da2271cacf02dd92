//! One module for each group of commands.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use karakoro_node::config::Config;
use karakoro_node::service::client::Client;
use karakoro_proto::time::UnixMillis;
use serde_json::Value;

use crate::cli::{Cli, Command, DraftsCommand, Lang};
use crate::demo;
use crate::exit::{Exit, Failure};

mod accord;
mod audit;
mod cap;
mod certs;
mod desk;
mod erase;
mod export;
mod messages;
mod node;
pub(crate) mod send;
mod sign;
mod watchlist;

/// Runs a command.
pub(crate) fn run(cli: &Cli) -> Result<Exit, Failure> {
    let out = Output { json: cli.json, lang: cli.lang };
    match &cli.command {
        Command::Demo(args) => demo::run(args, &out),
        Command::Certs(command) => certs::run(command, &HomeArg(cli), &out),
        Command::Accord(command) => accord::run(command, &HomeArg(cli), &out),
        Command::Node(command) => node::run(command, &HomeArg(cli), &out),
        Command::Send(args) => send::run(args, HomeArg(cli).path()?, &out),
        Command::Template { kind, person } => desk::template(*kind, *person, &out),
        Command::Propose(args) => desk::propose(args, HomeArg(cli).path()?, &out),
        Command::Drafts { command: None } => desk::list(HomeArg(cli).path()?, &out),
        Command::Drafts { command: Some(DraftsCommand::Show { id }) } => {
            desk::show(*id, HomeArg(cli).path()?, &out)
        }
        Command::Approve(args) => desk::approve(args, HomeArg(cli).path()?, &out),
        Command::Refuse(args) => desk::refuse(args, HomeArg(cli).path()?, &out),
        Command::Ack { id, signer } => send::ack(*id, signer, HomeArg(cli).path()?, &out),
        Command::Erase(args) => erase::run(args, HomeArg(cli).path()?, &out),
        Command::Inbox(args) => messages::inbox(args, HomeArg(cli).path()?, &out),
        Command::Sent(args) => messages::sent(args, HomeArg(cli).path()?, &out),
        Command::Show { id } => messages::show(*id, HomeArg(cli).path()?, &out),
        Command::Watch => messages::watch(HomeArg(cli).path()?, &out),
        Command::Status => messages::status(HomeArg(cli).path()?, &out),
        Command::Watchlist(command) => watchlist::run(command, &HomeArg(cli), &out),
        Command::Export(command) => export::run(command, HomeArg(cli).path()?, &out),
        Command::Cap(command) => cap::run(command, &HomeArg(cli), &out),
        Command::Audit(command) => audit::run(command, &HomeArg(cli), &out),
    }
}

/// The home, for those commands that need one.
pub(crate) struct HomeArg<'a>(&'a Cli);

impl HomeArg<'_> {
    /// The home, or what to do about it.
    pub(crate) fn path(&self) -> Result<&Path, Failure> {
        let missing = || Failure::usage("no home given: --home DIR, or KARAKORO_HOME in the environment");
        self.0.home.as_deref().ok_or_else(missing)
    }

    pub(crate) fn to_path_buf(&self) -> Result<PathBuf, Failure> {
        self.path().map(Path::to_path_buf)
    }
}

/// Answers go to standard output, talk to standard error.
#[derive(Debug)]
pub(crate) struct Output {
    /// For programs.
    pub(crate) json: bool,
    /// The language of sentences for officers.
    pub(crate) lang: Lang,
}

impl Output {
    /// The answer, in the form that was asked for.
    pub(crate) fn answer(&self, text: impl std::fmt::Display, json: impl FnOnce() -> Value) {
        // Whoever read has heard enough, as `head` has; what was asked for is done all the same.
        _ = self.try_answer(text, json);
    }

    /// One of many answers; an error if nobody reads them any more.
    pub(crate) fn try_answer(
        &self,
        text: impl std::fmt::Display,
        json: impl FnOnce() -> Value,
    ) -> std::io::Result<()> {
        let mut out = std::io::stdout().lock();
        if self.json {
            writeln!(out, "{}", json())?
        } else {
            writeln!(out, "{text}")?
        }
        out.flush()
    }

    /// Talk for people; silent for programs.
    pub(crate) fn talk(&self, text: impl std::fmt::Display) {
        if !self.json {
            _ = writeln!(std::io::stderr(), "{text}");
        }
    }
}

/// Asks for a line, which is then read.
pub(crate) fn prompt(text: std::fmt::Arguments<'_>) {
    let mut talk = std::io::stderr().lock();
    _ = write!(talk, "{text}").and_then(|()| talk.flush());
}

/// The date, as commands use it.
pub(crate) fn now() -> UnixMillis {
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    u64::try_from(millis).ok().and_then(UnixMillis::new).unwrap_or(UnixMillis::MAX)
}

/// Connects to the node of a home.
pub(crate) fn connect(home: &Path) -> Result<Client, Failure> {
    let config = Config::load(home).map_err(|error| Failure::new(Exit::Usage, error))?;
    Ok(Client::connect(&config.service.socket.within(home))?)
}
