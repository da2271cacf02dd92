//! What the demo waits for, from all sides, in one queue: its nodes, its user, its signals.

use std::io;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::{Duration, Instant};

use karakoro_node::service::client::{CallError, Client};
use karakoro_proto::identity::Country;
use karakoro_proto::service::{Request, Response, WatchEvent};
use karakoro_proto::time::UnixMillis;
use tokio::signal::unix::{SignalKind, signal};

use super::homes::Home;
use crate::cli::Road;
use crate::cmd::{connect, now};
use crate::exit::Failure;

/// How long a node may take until it answers.
const START: Duration = Duration::from_secs(20);

/// The pause before asking again a node that does not answer yet.
const RETRY: Duration = Duration::from_millis(30);

/// Something happened.
#[derive(Debug)]
pub(crate) enum Event {
    /// A node says so.
    Node { country: Country, at: UnixMillis, event: WatchEvent },
    /// A node says nothing any more.
    Silent { country: Country, why: String },
    /// `karakoro demo link` cut or restored the road.
    Road(Road),
    /// Ctrl-C, or another signal to stop.
    Stop,
}

/// Turns the signals that stop a program into events. To be called before there is anything to clean up.
pub(crate) fn forward_signals(events: Sender<Event>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let [mut interrupt, mut terminate, mut hangup] = {
        let _within = runtime.enter();
        [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?]
    };
    let forward = async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = hangup.recv() => {}
            }
            if events.send(Event::Stop).is_err() {
                return;
            }
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(move || runtime.block_on(forward))?;
    Ok(())
}

/// Forwards all that a home's node tells, from its start until its end. Its first event is the state of its
/// link: from then on it misses nothing.
pub(crate) fn forward_node(home: &Home, events: Sender<Event>) -> io::Result<()> {
    let home = home.clone();
    thread::Builder::new().name("watch".to_owned()).spawn(move || {
        let why = match watch(&home, &events) {
            Ok(()) => return,
            Err(failure) => failure.error.to_string(),
        };
        _ = events.send(Event::Silent { country: home.country, why });
    })?;
    Ok(())
}

/// Ends well only when nobody listens any more.
fn watch(home: &Home, events: &Sender<Event>) -> Result<(), Failure> {
    let mut client = connect_when_ready(home)?;
    client.send(Request::Watch)?;
    loop {
        let event = match client.receive()? {
            (_, Response::Event(event)) => event,
            (_, Response::Failure(failure)) => return Err(CallError::Failed(failure).into()),
            _ => return Err(CallError::Unexpected.into()),
        };
        if events.send(Event::Node { country: home.country, at: now(), event }).is_err() {
            return Ok(());
        }
    }
}

fn connect_when_ready(home: &Home) -> Result<Client, Failure> {
    let deadline = Instant::now() + START;
    loop {
        match connect(&home.path) {
            Err(_) if Instant::now() < deadline => thread::sleep(RETRY),
            outcome => return outcome,
        }
    }
}
