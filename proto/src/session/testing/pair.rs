//! Both ends of a link, driven in turn until nothing is left to say.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;

use super::Side;
use crate::error::Error;
use crate::session::Session;
use crate::testing::{ML, MR};

/// One end while the link is up.
#[derive(Debug)]
struct End {
    session: Session,
    /// Frames on their way to this end, in order.
    inbox: VecDeque<Bytes>,
}

/// Two countries and the link between them, frames in order and none lost while it is up.
#[derive(Debug)]
pub(in crate::session) struct Pair {
    pub(in crate::session) sides: [Side; 2],
    ends: Option<[End; 2]>,
    now: Duration,
    /// All frames that each side received, over all sessions.
    pub(in crate::session) received: [Vec<Bytes>; 2],
}

impl Pair {
    /// Mauritania first, Mali second; nothing written yet.
    pub(in crate::session) fn new() -> Self {
        let sides = [Side::new(MR), Side::new(ML)];
        Self { sides, ends: None, now: Duration::ZERO, received: [Vec::new(), Vec::new()] }
    }

    /// Begins a session on each side with what is durable there now.
    pub(in crate::session) fn connect(&mut self) {
        let end = |side: &Side| End { session: side.begin(self.now), inbox: VecDeque::new() };
        self.ends = Some([end(&self.sides[0]), end(&self.sides[1])]);
    }

    /// The line is lost with everything on it.
    pub(in crate::session) fn cut(&mut self) {
        self.ends = None;
        self.now += Duration::from_secs(60);
    }

    /// Moves what both sides have to say onto the line, and delivers one frame to `to`, if there is one.
    pub(in crate::session) fn deliver(&mut self, to: usize) -> Result<bool, Error> {
        let ends = self.ends.as_mut().expect("connected");
        for from in 0..2 {
            let frames = self.sides[from].frames(&mut ends[from].session);
            ends[1 - from].inbox.extend(frames);
        }
        let Some(frame) = ends[to].inbox.pop_front() else { return Ok(false) };
        self.received[to].push(frame.clone());
        self.sides[to].take(&mut ends[to].session, frame)?;
        Ok(true)
    }

    /// Delivers frames in turn until nothing is on the line.
    pub(in crate::session) fn run(&mut self) {
        let mut quiet = 0;
        for to in [0, 1].into_iter().cycle() {
            quiet = if self.deliver(to).unwrap() { 0 } else { quiet + 1 };
            if quiet == 2 {
                return;
            }
        }
    }

    /// Connects, runs and cuts.
    pub(in crate::session) fn exchange(&mut self) {
        self.connect();
        self.run();
        self.cut();
    }

    /// Asserts that each side holds all that the other wrote, and has its evidence.
    pub(in crate::session) fn assert_in_step(&self) {
        for (writer, holder) in [(0, 1), (1, 0)] {
            let (writer, holder) = (&self.sides[writer], &self.sides[holder]);
            let written: Vec<_> = writer.own.entries().iter().map(|entry| entry.leaf.clone()).collect();
            assert_eq!(holder.mirror.leaves, written);
            assert_eq!(writer.cosigned_size(), writer.own.size());
            assert_eq!(writer.receipted_size(), writer.own.size());
        }
    }
}
