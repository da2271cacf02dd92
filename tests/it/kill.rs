//! Nodes killed at random instants while thousands of messages are under way.
//!
//! What was acknowledged is there, once, on both sides; and both logs agree.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use karakoro_node::service::client::{CallError, Client};
use karakoro_proto::envelope::MessageId;
use karakoro_proto::service::{FailureKind, Request, Response};
use karakoro_tests::countries::{Countries, Home};
use karakoro_tests::officer::{Officer, Signed};
use karakoro_tests::running::{self, Node};
use karakoro_tests::{agreement, command, wait};
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// From each side.
const MESSAGES: usize = 5_000;

/// Of either node, in all.
const KILLS: usize = 100;

/// Submissions that wait for their answers together.
const WINDOW: usize = 100;

/// A node lives for so many milliseconds between two kills.
const LIFE_MILLIS: Range<u64> = 0..350;

/// Counts kills, so that messages and kills keep step: without it a fast machine would be done with the
/// messages before the tenth kill.
#[derive(Default)]
struct Kills {
    count: Mutex<usize>,
    more: Condvar,
}

impl Kills {
    fn add(&self) {
        *self.count.lock().unwrap() += 1;
        self.more.notify_all();
    }

    /// Waits until it is the turn of message `number`.
    fn turn_of(&self, number: usize) {
        let due = number * KILLS / MESSAGES;
        let count = self.count.lock().unwrap();
        let limit = 4 * wait::DEADLINE;
        let (_count, waited) = self.more.wait_timeout_while(count, limit, |count| *count < due).unwrap();
        assert!(!waited.timed_out(), "the kills do not go on");
    }
}

/// Submits messages as `send` does: what was not acknowledged goes again, the same as before.
fn deliver(home: &Home, messages: &[Signed], kills: &Kills) -> BTreeMap<MessageId, u64> {
    let mut acknowledged = BTreeMap::new();
    for (number, window) in messages.chunks(WINDOW).enumerate() {
        kills.turn_of(number * WINDOW);
        wait::for_fact("a window of messages is acknowledged", || {
            let mut client = running::client(&home.path)?;
            // An error means that the node was killed: the rest goes to its successor.
            deliver_window(&mut client, window, &mut acknowledged).ok()
        });
    }
    acknowledged
}

fn deliver_window(
    client: &mut Client,
    window: &[Signed],
    acknowledged: &mut BTreeMap<MessageId, u64>,
) -> Result<(), CallError> {
    let mut asked = BTreeMap::new();
    for message in
        window.iter().filter(|message| !acknowledged.contains_key(&message.id)).cloned().collect::<Vec<_>>()
    {
        asked.insert(client.send(Request::Submit(message.submission.clone()))?, message.id);
    }
    while !asked.is_empty() {
        let (number, response) = client.receive()?;
        let id = asked.remove(&number).expect("an answer to a question");
        match response {
            Response::Sealed { index, .. } => _ = acknowledged.insert(id, index),
            Response::Failure(failure) if failure.kind == FailureKind::Unavailable => {
                return Err(failure.into());
            }
            other => panic!("{id}: {other:?}"),
        }
    }
    Ok(())
}

/// Kills one node or the other at random instants and starts it again at once.
fn reap(homes: [&Home; 2], mut nodes: [Option<Node>; 2], seed: u64, kills: &Kills) -> [Node; 2] {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let started = Instant::now();
    for _ in 0..KILLS {
        let victim = usize::from(random.random_bool(0.5));
        wait::until_instant(Duration::from_millis(random.random_range(LIFE_MILLIS)));
        if let Some(node) = nodes[victim].take() {
            node.kill();
        }
        nodes[victim] = Some(Node::spawn(homes[victim], &dial(homes[1 - victim])));
        kills.add();
    }
    eprintln!("{KILLS} kills in {:.1} s", started.elapsed().as_secs_f64());
    nodes.map(|node| node.expect("it was started again"))
}

fn dial(peer: &Home) -> [SocketAddr; 1] {
    [peer.address]
}

fn seed() -> u64 {
    match std::env::var("KARAKORO_SEED") {
        Ok(seed) => seed.parse().expect("KARAKORO_SEED is a number"),
        Err(_) => rand::rng().next_u64(),
    }
}

#[test]
fn what_was_acknowledged_survives_kills_at_any_instant_once_on_both_sides() {
    let seed = seed();
    eprintln!("KARAKORO_SEED={seed}");
    let countries = Countries::new();
    let homes = countries.both();
    let messages = homes.map(|home| {
        let officer = Officer::of(home);
        (0..MESSAGES).map(|number| officer.alert(&format!("message {number}"))).collect::<Vec<_>>()
    });
    let nodes = running::both(homes[0], homes[1]).map(Some);
    let kills = Kills::default();
    let started = Instant::now();
    let (acknowledged, nodes) = thread::scope(|scope| {
        let kills = &kills;
        let deliveries = [0, 1].map(|side| {
            let (home, messages) = (homes[side], &messages[side]);
            scope.spawn(move || deliver(home, messages, kills))
        });
        let nodes = reap(homes, nodes, seed, kills);
        (deliveries.map(|delivery| delivery.join().unwrap()), nodes)
    });
    eprintln!("{} messages acknowledged in {:.1} s", 2 * MESSAGES, started.elapsed().as_secs_f64());
    nodes.iter().for_each(Node::linked);
    running::settled(&nodes);
    eprintln!("settled after {:.1} s", started.elapsed().as_secs_f64());
    for node in nodes {
        assert_eq!(node.stop().code(), Some(0));
    }
    for (log, acknowledged) in agreement::both(&countries).iter().zip(&acknowledged) {
        assert_eq!(acknowledged.len(), MESSAGES);
        assert_eq!(log.messages.len(), MESSAGES, "other messages than were submitted");
        for (id, entry) in acknowledged {
            assert_eq!(log.messages.get(id), Some(&vec![*entry]), "{id}");
        }
    }
    assert_auditor_agrees(&countries);
}

/// An auditor who is given both countries' exports finds them to agree.
fn assert_auditor_agrees(countries: &Countries) {
    let exports = countries.both().map(|home| {
        let out = home.path.with_extension("export");
        command::at(&home.path, ["audit", "export", "--out", out.to_str().unwrap()]).expect_exit(0);
        out.to_str().unwrap().to_owned()
    });
    command::bare(["audit", "compare", &exports[0], &exports[1]]).expect_exit(0);
}
