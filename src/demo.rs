//! `karakoro demo`: both countries on one machine.
//!
//! Two homes are made as two countries would make them, and two nodes run as processes of their own. What they
//! send each other crosses a road that the demo can cut. What is printed of a message is what its sender's node
//! says, as it becomes true; in the end the auditor compares what both countries export.
//!
//! The nodes end with the demo, however it ends. A killed demo leaves its temporary folder behind.

use std::time::{Duration, Instant};

use karakoro_proto::identity::Country;
use serde_json::{Value, json};

use crate::cli::{DemoArgs, DemoCommand};
use crate::cmd::{Output, now, send};
use crate::exit::{Exit, Failure};

mod alerts;
mod auditor;
mod board;
mod check;
mod control;
mod events;
mod homes;
mod nodes;
mod place;
mod relay;
mod stage;
mod words;

use alerts::Sending;
use auditor::Finding;
use board::Message;
use place::Place;
use stage::Stage;

/// How long everything may take until the auditor has spoken.
const DEADLINE: Duration = Duration::from_secs(60);

/// Runs the demo, or switches the road of one that runs.
pub(crate) fn run(args: &DemoArgs, out: &Output) -> Result<Exit, Failure> {
    match &args.command {
        Some(DemoCommand::Link { state, dir }) => control::ask(*state, dir.as_deref(), out),
        None => play(args, out),
    }
}

/// What is sent.
struct Script {
    /// While the road is open.
    open: Vec<Sending>,
    /// While it is cut, if the demo checks itself.
    cut: Option<Sending>,
}

impl Script {
    /// Reads the user's alerts before anything is started: a faulty one is told of, and nothing has happened.
    fn read(args: &DemoArgs, out: &Output) -> Result<Self, Failure> {
        let own = send::read_all(&args.send, out)?;
        let mut open = alerts::built_in(now())?;
        let cut = if args.check { open.pop() } else { None };
        open.extend(own.into_iter().map(|alert| Sending { from: Country::MR, alert }));
        Ok(Self { open, cut })
    }
}

/// Exchanges alerts and lets the auditor speak; then stays until the user stops it, unless it only checks.
fn play(args: &DemoArgs, out: &Output) -> Result<Exit, Failure> {
    let script = Script::read(args, out)?;
    let mut stage = Stage::set(Place::take(args.dir.as_deref())?, out)?;
    let mut finding = None;
    let outcome = perform(&mut stage, &script, &mut finding);
    if out.json {
        out.answer("", || told(&stage, finding.as_ref(), outcome.is_ok()));
    }
    match outcome {
        Ok(()) => {}
        // The user stopped it, who knows: no failure.
        Err(_) if stage.is_stopped() && !args.check => return Ok(Exit::Yes),
        Err(failure) => return Err(failure),
    }
    if args.check {
        stage.say("\nEverything that was expected is proven.");
        return Ok(Exit::Yes);
    }
    alerts::write_to(&stage.examples()).map_err(|error| place::cannot("write", &stage.examples(), &error))?;
    stage.say(words::what_to_try(&stage));
    stage.until(None, |_| false)?;
    stage.say("stopping both nodes");
    Ok(Exit::Yes)
}

fn perform(stage: &mut Stage<'_>, script: &Script, finding: &mut Option<Finding>) -> Result<(), Failure> {
    let deadline = Instant::now() + DEADLINE;
    stage.say(words::opening(stage));
    check::linked(stage, deadline)?;
    for sending in &script.open {
        let id = stage.send(sending, deadline)?;
        // One after the other, for those who read along.
        check::all_facts(stage, id, deadline)?;
    }
    if let Some(sending) = &script.cut {
        check::cut_road(stage, sending, deadline)?;
    }
    check::settled(stage, deadline)?;
    stage.say(words::agreement(&stage.statuses()?));
    let heard = finding.insert(auditor::verdict(&stage.homes)?);
    stage.say(words::verdict(heard));
    check::agreed(heard)
}

/// The whole demo, for programs.
fn told(stage: &Stage<'_>, finding: Option<&Finding>, ok: bool) -> Value {
    let messages: Vec<Value> = stage.board.messages().iter().map(Message::to_json).collect();
    json!({
        "schema": "karakoro/demo/1",
        "ok": ok,
        "verdict": finding.map(Finding::verdict),
        "messages": messages,
    })
}
