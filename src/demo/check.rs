//! `karakoro demo --check`: what the demo must show, held against what the nodes prove.
//!
//! "No" is said only where something was seen that must not be; what did not become true in time could not be
//! checked.

use std::time::{Duration, Instant};

use karakoro_proto::envelope::MessageId;
use karakoro_proto::service::Fact;

use super::alerts::Sending;
use super::auditor::Finding;
use super::homes::other;
use super::stage::{Stage, Waited};
use crate::cli::Road;
use crate::exit::{Exit, Failure};

/// How long a message must stay undelivered while the road is cut. On this machine an open road takes
/// milliseconds.
const CUT: Duration = Duration::from_secs(2);

/// Waits for both nodes to be linked.
pub(crate) fn linked(stage: &mut Stage<'_>, deadline: Instant) -> Result<(), Failure> {
    match stage.until(Some(deadline), Stage::is_linked)? {
        Waited::Done => Ok(()),
        waited => Err(could_not(waited, "the two nodes are not linked yet")),
    }
}

/// Waits for every fact of a message.
pub(crate) fn all_facts(stage: &mut Stage<'_>, id: MessageId, deadline: Instant) -> Result<(), Failure> {
    let waited = stage.until(Some(deadline), |stage| stage.board.pending(id).is_none())?;
    let Some(message) = stage.board.get(id).filter(|_| waited == Waited::Done) else {
        return Err(could_not(waited, &stage.board.pending(id).unwrap_or_default()));
    };
    if let Some(reason) = message.refusal() {
        return Err(no(format!("{} was not accepted: {reason}", message.name())));
    }
    let held = stage.show(message.to, id)?;
    if (&held.header, &held.payload) != (&message.view.header, &message.view.payload) {
        return Err(no(format!("{} is not the same bytes in {}", message.name(), message.to)));
    }
    Ok(())
}

/// Waits until both countries hold the same, all of it signed by both.
pub(crate) fn settled(stage: &mut Stage<'_>, deadline: Instant) -> Result<(), Failure> {
    match stage.until(Some(deadline), Stage::is_settled)? {
        Waited::Done => Ok(()),
        waited => Err(could_not(waited, "the two countries do not hold the same entries yet")),
    }
}

/// Cuts the road, sends, and restores it: sealed at once, delivered only afterwards.
pub(crate) fn cut_road(stage: &mut Stage<'_>, sending: &Sending, deadline: Instant) -> Result<(), Failure> {
    stage.set_road(Road::Down);
    let id = stage.send(sending, deadline)?;
    let sealed = stage.until(Some(deadline), |stage| stage.board.get(id).is_some())?;
    if sealed != Waited::Done {
        return Err(could_not(sealed, &format!("{id} is not yet {}", crate::view::fact_word(Fact::Sealed))));
    }
    let crossed =
        |stage: &Stage<'_>| stage.board.get(id).is_some_and(|message| message.view.facts.received.is_some());
    match stage.until(Some(deadline.min(Instant::now() + CUT)), crossed)? {
        Waited::Done => return Err(no(format!("{id} was received although the road was cut"))),
        Waited::Stopped => return Err(could_not(Waited::Stopped, "the cut road")),
        Waited::TooLong => {}
    }
    match stage.show(other(sending.from), id) {
        Ok(_) => return Err(no(format!("{id} is in {} although the road was cut", other(sending.from)))),
        // The node there answered, and does not know it.
        Err(failure) if failure.exit == Exit::No => {}
        Err(failure) => return Err(failure),
    }
    stage.say_not_received(id);
    stage.set_road(Road::Up);
    all_facts(stage, id, deadline)
}

/// Whether the auditor is content.
pub(crate) fn agreed(finding: &Finding) -> Result<(), Failure> {
    match finding.exit {
        Exit::Yes => Ok(()),
        exit => Err(Failure::new(exit, anyhow::anyhow!("the auditor’s verdict: {}", finding.verdict()))),
    }
}

fn no(text: String) -> Failure {
    Failure::new(Exit::No, anyhow::anyhow!(text))
}

/// What could not be checked, and why.
fn could_not(waited: Waited, what: &str) -> Failure {
    let why = match waited {
        Waited::Stopped => "stopped before the end",
        _ => "it took too long",
    };
    Failure::new(Exit::CouldNotCheck, anyhow::anyhow!("{why}: {what}"))
}
