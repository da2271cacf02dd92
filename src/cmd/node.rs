//! `karakoro node`.

use karakoro_node::config::Config;
use karakoro_node::{init, node};
use serde_json::json;

use super::{HomeArg, Output};
use crate::cli::NodeCommand;
use crate::exit::{Exit, Failure};
use crate::telemetry;

pub(crate) fn run(command: &NodeCommand, home: &HomeArg<'_>, out: &Output) -> Result<Exit, Failure> {
    let home = home.to_path_buf()?;
    match command {
        NodeCommand::Init { country, peer, listen, dial } => {
            let options =
                init::Options { home, country: *country, peer: *peer, listen: *listen, dial: dial.clone() };
            init::run(&options)?;
            let home = options.home.display();
            out.answer(
                format!("{home} is ready: karakoro node run --home {home}"),
                || json!({ "schema": "karakoro/node-init/1", "ok": true, "home": home.to_string() }),
            );
            Ok(Exit::Yes)
        }
        NodeCommand::Run { dial, listen, until_stdin_closes } => {
            let config = Config::load(&home).map_err(|error| Failure::new(Exit::Usage, error))?;
            telemetry::start(&config.log);
            let dial = (!dial.is_empty()).then(|| dial.clone());
            node::run(&node::Options { home, dial, listen: *listen, stop_with_stdin: *until_stdin_closes })?;
            Ok(Exit::Yes)
        }
    }
}
