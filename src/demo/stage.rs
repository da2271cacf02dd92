//! The running demo: two nodes, the road between them, and everything that happens told as it happens.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use karakoro_proto::envelope::MessageId;
use karakoro_proto::identity::Country;
use karakoro_proto::service::{Link, MessageView, Request, Response, Status, WatchEvent};
use karakoro_proto::time::UnixMillis;

use super::alerts::Sending;
use super::board::{Board, clock};
use super::control::Control;
use super::events::{Event, forward_node, forward_signals};
use super::homes::Homes;
use super::nodes::Nodes;
use super::place::{EXAMPLES, Place};
use super::relay::{Relay, Switch};
use crate::cli::Road;
use crate::cmd::{Output, connect, now, send};
use crate::exit::{Exit, Failure};

/// How often the nodes are looked at while nothing happens.
const GLANCE: Duration = Duration::from_millis(100);

/// Why waiting ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Waited {
    /// What was waited for is so.
    Done,
    /// The deadline came first.
    TooLong,
    /// The user wants to stop.
    Stopped,
}

/// A demo while it runs. Dropped in this order: first nobody can reach it, then the nodes end, and the place
/// with their homes goes last.
#[derive(Debug)]
pub(crate) struct Stage<'a> {
    out: &'a Output,
    _control: Control,
    nodes: Nodes,
    events: Receiver<Event>,
    links: [Link; 2],
    stopped: bool,
    pub(crate) switch: Switch,
    pub(crate) board: Board,
    pub(crate) homes: Homes,
    pub(crate) place: Place,
}

impl<'a> Stage<'a> {
    /// Makes or finds the homes, and starts both nodes with the road between them.
    pub(crate) fn set(place: Place, out: &'a Output) -> Result<Self, Failure> {
        let (sender, events) = channel();
        forward_signals(sender.clone()).map_err(unable("handle signals"))?;
        let homes = Homes::prepare(&place.folder)?;
        let listen = [homes.both[0].listen, homes.both[1].listen];
        let relay = Relay::start(listen).map_err(unable("open the road"))?;
        let control = Control::listen(&place.socket, relay.switch.clone(), sender.clone());
        let control = control.map_err(unable("listen for `karakoro demo link`"))?;
        let nodes = Nodes::start(&homes.both, relay.dial)?;
        for home in &homes.both {
            forward_node(home, sender.clone()).map_err(unable("watch a node"))?;
        }
        let (links, board, switch) = ([Link::Unknown; 2], Board::default(), relay.switch);
        Ok(Self { out, _control: control, nodes, events, links, stopped: false, switch, board, homes, place })
    }

    /// Whether both nodes say that they are linked.
    pub(crate) fn is_linked(&self) -> bool {
        self.links.iter().all(|link| matches!(link, Link::Up(_)))
    }

    /// Whether the user wants to stop.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Where the user finds alerts to send.
    pub(crate) fn examples(&self) -> PathBuf {
        self.place.folder.join(EXAMPLES)
    }

    /// Seals an alert in its country, as `karakoro send` does. Its facts are told as its node tells them.
    pub(crate) fn send(&self, sending: &Sending, deadline: Instant) -> Result<MessageId, Failure> {
        send::seal_alert(&sending.alert, &self.homes.of(sending.from).path, deadline)
    }

    /// Cuts or restores the road, and says so.
    pub(crate) fn set_road(&self, road: Road) {
        self.switch.set(road);
        self.tell_road(road);
    }

    /// Whether each country holds all that the other wrote, and both signatures are on all of it.
    pub(crate) fn is_settled(&self) -> bool {
        let held =
            |writer: &Status, holder: &Status| writer.own == writer.cosigned && writer.own == holder.mirrored;
        match self.statuses() {
            Ok([mr, ml]) => held(&mr, &ml) && held(&ml, &mr),
            Err(_) => false,
        }
    }

    /// How both nodes stand.
    pub(crate) fn statuses(&self) -> Result<[Status; 2], Failure> {
        let status = |country| match self.ask(country, Request::Status)? {
            Response::Status(status) => Ok(status),
            _ => Err(unexpected(country)),
        };
        Ok([status(Country::MR)?, status(Country::ML)?])
    }

    /// A message as a country's node holds it.
    pub(crate) fn show(&self, country: Country, id: MessageId) -> Result<MessageView, Failure> {
        match self.ask(country, Request::Show(id))? {
            Response::Message(view) => Ok(*view),
            _ => Err(unexpected(country)),
        }
    }

    fn ask(&self, country: Country, request: Request) -> Result<Response, Failure> {
        Ok(connect(&self.homes.of(country).path)?.call(request)?)
    }

    /// Tells what happens until `done`, the deadline or the user ends it. Fails if a node ends.
    pub(crate) fn until(
        &mut self,
        deadline: Option<Instant>,
        mut done: impl FnMut(&Self) -> bool,
    ) -> Result<Waited, Failure> {
        loop {
            self.nodes.check()?;
            if done(self) {
                return Ok(Waited::Done);
            }
            let left = deadline.map_or(GLANCE, |deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return Ok(Waited::TooLong);
            }
            match self.events.recv_timeout(left.min(GLANCE)) {
                Ok(Event::Stop) => {
                    self.stopped = true;
                    return Ok(Waited::Stopped);
                }
                Ok(event) => self.take(event)?,
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
            }
        }
    }

    fn take(&mut self, event: Event) -> Result<(), Failure> {
        match event {
            Event::Node { country, at, event: WatchEvent::Link(link) } => self.take_link(country, link, at),
            Event::Node { at, event: WatchEvent::Fact(fact, view), .. } => {
                let lines = self.board.note(fact, *view, at)?;
                lines.iter().for_each(|line| self.say(line));
            }
            // The same is told by the sender's node, once it holds the receipt.
            Event::Node { event: WatchEvent::Arrived(_), .. } | Event::Stop => {}
            Event::Road(road) => self.tell_road(road),
            Event::Silent { country, why } => return Err(self.silent(country, &why)),
        }
        Ok(())
    }

    fn take_link(&mut self, country: Country, link: Link, at: UnixMillis) {
        let before = std::mem::replace(&mut self.links[usize::from(country != Country::MR)], link);
        match (before, link) {
            // A newer connection has taken over.
            (Link::Up(_), Link::Up(_)) => {}
            (_, Link::Up(_)) => self.say(format!("{}       {country}    ═ link up", clock(at))),
            (Link::Up(_), Link::Down(_)) => self.say(format!("{}       {country}    ╳ link down", clock(at))),
            // A node that has not reached the other yet says so with every attempt.
            _ => {}
        }
    }

    /// Says of a message that it is sealed and no more.
    pub(crate) fn say_not_received(&self, id: MessageId) {
        self.board.get(id).into_iter().for_each(|message| self.say(message.undelivered_line(now())));
    }

    fn tell_road(&self, road: Road) {
        let text = match road {
            Road::Down => "╳ the road is cut",
            Road::Up => "═ the road is open",
        };
        self.say(format!("{}       road  {text}", clock(now())));
    }

    /// A node whose connection broke has most likely ended, and its end says why.
    fn silent(&mut self, country: Country, why: &str) -> Failure {
        std::thread::sleep(GLANCE);
        match self.nodes.check() {
            Err(ended) => ended,
            Ok(()) => {
                Failure::new(Exit::CouldNotCheck, anyhow::anyhow!("the node of {country} fell silent: {why}"))
            }
        }
    }

    /// A line for people, on standard output; nothing for programs.
    pub(crate) fn say(&self, text: impl std::fmt::Display) {
        if !self.out.json {
            self.out.answer(text, || serde_json::Value::Null);
        }
    }
}

fn unable(to: &str) -> impl Fn(std::io::Error) -> Failure + '_ {
    move |error| {
        Failure::new(Exit::CouldNotCheck, anyhow::Error::new(error).context(format!("the demo cannot {to}")))
    }
}

fn unexpected(country: Country) -> Failure {
    let text = format!("the node of {country} gave an answer that does not fit the question");
    Failure::new(Exit::CouldNotCheck, anyhow::anyhow!(text))
}
