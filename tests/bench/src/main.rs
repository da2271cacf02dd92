//! The benchmark: how fast two nodes exchange, how long one message takes, how long an audit takes; each
//! beside what this machine could do at best, measured in the same run.
//!
//! Absolute figures change with the neighbours of a virtual machine; ratios to limits of the same run
//! say more. Nothing here fails for being slow: targets are said to be met or not.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};

mod audit;
mod exchange;
mod latency;
mod limits;
mod node;
mod officer;
mod pair;
mod report;
mod watchlist;

use report::Report;

/// Messages that are exchanged, or entries that are audited, unless told otherwise.
const MANY: usize = 100_000;

/// Entries of one import, unless told otherwise.
const BATCH: usize = 50_000;

/// Messages whose latency is measured, unless told otherwise.
const FEW: usize = 300;

/// Measures Karakoro beside this machine's limits.
#[derive(Debug, Parser)]
#[command(name = "karakoro-bench", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Messages a second from one node's client into both logs, cosigned
    Exchange(Run),
    /// The time of one message into both logs, on an idle link
    Latency(Run),
    /// The time of an audit beside that of bare signature checks
    Audit(Run),
    /// Imports of watchlist entries into both logs, and look-ups among all of them
    Watchlist(Run),
    /// One node, as the measurements start it
    #[command(hide = true)]
    Node { home: PathBuf },
}

#[derive(Debug, Args)]
struct Run {
    /// How many messages
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    messages: Option<u32>,
    /// One JSON object instead of text
    #[arg(long)]
    json: bool,
    /// Where scratch homes are made, removed at the end; its disk is what is measured
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl Run {
    fn messages(&self, default: usize) -> usize {
        self.messages.map_or(default, |messages| messages as usize)
    }

    fn scratch(&self) -> anyhow::Result<tempfile::TempDir> {
        let folder = self.folder.clone().unwrap_or_else(std::env::temp_dir);
        let scratch = tempfile::Builder::new().prefix("karakoro-bench-").tempdir_in(&folder);
        scratch.with_context(|| format!("no scratch folder in {}", folder.display()))
    }

    fn measured(
        &self,
        default: usize,
        measure: fn(&std::path::Path, usize) -> anyhow::Result<Report>,
    ) -> anyhow::Result<()> {
        let scratch = self.scratch()?;
        measure(scratch.path(), self.messages(default))?.print(self.json);
        Ok(())
    }
}

fn main() -> ExitCode {
    let done = match &Cli::parse().command {
        Command::Exchange(run) => run.measured(MANY, exchange::measure),
        Command::Latency(run) => run.measured(FEW, latency::measure),
        Command::Audit(run) => run.measured(MANY, audit::measure),
        Command::Watchlist(run) => run.measured(BATCH, watchlist::measure),
        Command::Node { home } => node::run(home),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "what went wrong is for standard error")]
fn complain(error: &anyhow::Error) {
    eprintln!("karakoro-bench: {error:#}");
}
