//! Restarts and cuts of the road: the exchange catches up by itself.

use karakoro_proto::envelope::MessageId;
use karakoro_proto::service::Link;
use karakoro_tests::agreement;
use karakoro_tests::countries::{Countries, Home};
use karakoro_tests::officer::Officer;
use karakoro_tests::relay::Relay;
use karakoro_tests::running::{self, Node};

/// Seals so many messages at a node; returns their ids.
fn seal(node: &Node, count: usize) -> Vec<MessageId> {
    let officer = Officer::of(node.home());
    let mut client = node.client();
    let seal = |number| {
        let message = officer.alert(&format!("message {number}"));
        let (_, again) = message.submit(&mut client).unwrap();
        assert!(!again);
        message.id
    };
    (0..count).map(seal).collect()
}

/// Asserts that both countries hold exactly these messages, each once.
#[track_caller]
fn assert_held(countries: &Countries, from_mr: &[MessageId], from_ml: &[MessageId]) {
    for (log, expected) in agreement::both(countries).iter().zip([from_mr, from_ml]) {
        let mut expected = expected.to_vec();
        expected.sort();
        assert_eq!(log.messages.keys().copied().collect::<Vec<_>>(), expected);
        assert!(log.messages.values().all(|entries| entries.len() == 1), "an id stands twice");
    }
}

fn stop(nodes: [Node; 2]) {
    for node in nodes {
        assert_eq!(node.stop().code(), Some(0));
    }
}

#[test]
fn what_was_sealed_while_the_peer_was_away_arrives_when_it_is_back() {
    let countries = Countries::new();
    let [mr, ml] = running::both(&countries.mr, &countries.ml);
    let mut sent = seal(&mr, 5);
    assert_eq!(ml.stop().code(), Some(0));
    sent.extend(seal(&mr, 20));
    mr.waits_for("the link is down", |status| matches!(status.link, Link::Down(_)));
    let ml = Node::start(&countries.ml, &[countries.mr.address]);
    let back = seal(&ml, 5);
    let nodes = [mr, ml];
    running::settled(&nodes);
    stop(nodes);
    assert_held(&countries, &sent, &back);
}

#[test]
fn a_node_that_restarts_goes_on_where_it_was() {
    let countries = Countries::new();
    let [mr, ml] = running::both(&countries.mr, &countries.ml);
    let mut sent = seal(&mr, 20);
    let before = mr.status();
    assert_eq!(mr.stop().code(), Some(0));
    let back = seal(&ml, 20);
    let mr = Node::start(&countries.mr, &[countries.ml.address]);
    assert!(mr.status().own >= before.own, "a log never shrinks");
    sent.extend(seal(&mr, 20));
    let nodes = [mr, ml];
    running::settled(&nodes);
    stop(nodes);
    assert_held(&countries, &sent, &back);
}

#[test]
fn both_nodes_restart_and_agree() {
    let countries = Countries::new();
    let (mut from_mr, mut from_ml) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let nodes = running::both(&countries.mr, &countries.ml);
        from_mr.extend(seal(&nodes[0], 10));
        from_ml.extend(seal(&nodes[1], 10));
        stop(nodes);
    }
    let nodes = running::both(&countries.mr, &countries.ml);
    running::settled(&nodes);
    stop(nodes);
    assert_held(&countries, &from_mr, &from_ml);
}

#[test]
fn a_cut_of_the_road_is_noticed_and_healed_without_anybodys_help() {
    let countries = Countries::new();
    let road = Relay::to(countries.ml.address);
    let nodes = [Node::start(&countries.mr, &[road.address()]), Node::start(&countries.ml, &[])];
    nodes.iter().for_each(Node::linked);
    let [mr, ml] = &nodes;
    let mut from_mr = seal(mr, 10);
    road.cut();
    from_mr.extend(seal(mr, 10));
    let from_ml = seal(ml, 10);
    for node in &nodes {
        node.waits_for("the cut is noticed", |status| matches!(status.link, Link::Down(_)));
    }
    from_mr.extend(seal(mr, 10));
    let before = [mr.status(), ml.status()];
    assert!(before[0].cosigned < before[0].own, "nothing is shown as held that could not pass");
    road.restore();
    nodes.iter().for_each(Node::linked);
    running::settled(&nodes);
    stop(nodes);
    assert_held(&countries, &from_mr, &from_ml);
}

#[test]
fn a_road_that_comes_and_goes_loses_nothing() {
    let countries = Countries::new();
    let road = Relay::to(countries.ml.address);
    let nodes = [Node::start(&countries.mr, &[road.address()]), Node::start(&countries.ml, &[])];
    nodes.iter().for_each(Node::linked);
    let (mut from_mr, mut from_ml) = (Vec::new(), Vec::new());
    for _ in 0..20 {
        road.cut();
        from_mr.extend(seal(&nodes[0], 5));
        road.restore();
        from_ml.extend(seal(&nodes[1], 5));
    }
    running::settled(&nodes);
    stop(nodes);
    assert_held(&countries, &from_mr, &from_ml);
}

#[test]
fn a_home_that_was_moved_goes_on() {
    let countries = Countries::new();
    let nodes = running::both(&countries.mr, &countries.ml);
    let mut sent = seal(&nodes[0], 5);
    stop(nodes);
    let moved = Home { path: countries.folder().join("moved"), ..countries.mr.clone() };
    std::fs::rename(&countries.mr.path, &moved.path).unwrap();
    let nodes = running::both(&moved, &countries.ml);
    sent.extend(seal(&nodes[0], 5));
    running::settled(&nodes);
    stop(nodes);
    std::fs::rename(&moved.path, &countries.mr.path).unwrap();
    assert_held(&countries, &sent, &[]);
}
