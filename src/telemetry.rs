//! Logging: for people on a terminal, JSON for machines. Logs hold no payloads, names or keys.

use std::io::IsTerminal as _;

use karakoro_node::config::{Log, LogFormat};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Begins logging to standard error, as the configuration says.
pub(crate) fn start(log: &Log) {
    // What the libraries say below a warning is theirs to read.
    let filter = Targets::new().with_default(LevelFilter::WARN).with_targets([
        ("karakoro", log.level),
        ("karakoro_node", log.level),
        ("karakoro_proto", log.level),
    ]);
    let text = match log.format {
        LogFormat::Auto => std::io::stderr().is_terminal(),
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    if text {
        registry.with(layer.with_ansi(std::io::stderr().is_terminal())).init();
    } else {
        registry.with(layer.json()).init();
    }
}
