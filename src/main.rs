//! The one executable, `karakoro`: reads the command line and hands over.

use std::process::ExitCode;

use clap::Parser as _;

mod cli;
mod cmd;
mod demo;
mod exit;
mod inputs;
mod telemetry;
mod view;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match cmd::run(&cli) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.print(cli.json);
            failure.exit.into()
        }
    }
}
