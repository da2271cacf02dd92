//! Two honest sides.

use std::time::Duration;

use bytes::Bytes;

use crate::error::{CloseCode, Error, PeerIncompatible, PeerMisbehaved};
use crate::leaf::{ErasedLog, Leaf};
use crate::session::frame::Frame;
use crate::session::testing::{Pair, Side, alert, anchor, erasure, key, message, retired, verdict};
use crate::session::{Beside, Content, Entry, HELLO_TIMEOUT, LogSource, MAX_PARCELS_IN_FLIGHT};
use crate::testing::{ML, MR};

/// Both sides have published their officer's key and written two messages.
fn two_writers() -> Pair {
    let mut pair = Pair::new();
    for (side, party) in pair.sides.iter_mut().zip([MR, ML]) {
        side.own.append([key(party.officer)]);
        side.own.append([message(party, 1), alert(party, 2, 0)]);
    }
    pair
}

fn leaves_received(frames: &[Bytes]) -> usize {
    let leaves = |frame: &Bytes| match Frame::decode(frame.clone()).unwrap() {
        Frame::Leaves(leaves) => leaves.leaves.len(),
        _ => 0,
    };
    frames.iter().map(leaves).sum()
}

#[test]
fn an_exchange_ends_with_both_logs_mirrored_receipted_and_cosigned() {
    let mut pair = two_writers();
    pair.exchange();
    pair.assert_in_step();
    for side in &pair.sides {
        let messages = side
            .mirror
            .contents
            .iter()
            .filter(|content| matches!(content, Content::Message { refusal: None, .. }));
        assert_eq!(messages.count(), 2);
    }
}

#[test]
fn what_is_written_while_the_link_is_up_goes_out_too() {
    let mut pair = two_writers();
    pair.connect();
    pair.run();
    pair.sides[0].own.append([message(MR, 3)]);
    pair.run();
    pair.assert_in_step();
}

#[test]
fn a_link_between_two_empty_logs_opens_and_carries_nothing_more() {
    let mut pair = Pair::new();
    pair.exchange();
    assert_eq!(pair.received.map(|frames| frames.len()), [1, 1]);
}

#[test]
fn a_cut_at_any_frame_resends_nothing_durable_and_ends_in_step() {
    let mut whole = two_writers();
    whole.exchange();
    let frames = whole.received[1].len();
    for cut_after in 0..frames {
        let mut pair = two_writers();
        pair.connect();
        while pair.received[1].len() < cut_after {
            pair.deliver(0).unwrap();
            pair.deliver(1).unwrap();
        }
        pair.cut();
        let held = pair.sides[1].mirror.size();
        let before = pair.received[1].len();
        pair.exchange();
        let again = leaves_received(&pair.received[1][before..]) as u64;
        assert_eq!(again, pair.sides[0].own.size() - held, "cut after {cut_after} frames");
        assert_eq!(pair.sides[1].mirror.size(), pair.sides[0].own.size());
        assert_eq!(pair.sides[0].cosigned_size(), pair.sides[0].own.size());
    }
}

#[test]
fn a_hello_carries_the_cosignature_that_a_cut_had_lost() {
    let mut pair = two_writers();
    pair.connect();
    while pair.sides[1].mirror.size() < 3 {
        pair.deliver(1).unwrap();
        // Only the hello reaches the writer: all evidence is lost with the line.
        if pair.received[0].is_empty() {
            pair.deliver(0).unwrap();
        }
    }
    pair.cut();
    assert_eq!(pair.sides[0].cosigned_size(), 0);
    pair.connect();
    pair.deliver(0).unwrap();
    assert_eq!(pair.sides[0].cosigned_size(), 3);
}

#[test]
fn no_more_parcels_are_under_way_than_the_window_allows() {
    let mut side = Side::new(MR);
    side.own.append([key(MR.officer)]);
    for n in 0..=u8::try_from(MAX_PARCELS_IN_FLIGHT).unwrap() {
        side.own.append([message(MR, n)]);
    }
    let mut silent = Side::new(ML).begin(Duration::ZERO);
    let mut session = side.begin(Duration::ZERO);
    let hello = silent.poll_transmit(&Side::new(ML).own).unwrap().unwrap();
    side.take(&mut session, hello).unwrap();
    let frames = side.frames(&mut session);
    assert_eq!(leaves_received(&frames), MAX_PARCELS_IN_FLIGHT);
    let mut pair = Pair::new();
    pair.sides[0] = side;
    pair.exchange();
    pair.assert_in_step();
}

#[test]
fn a_lost_session_leaves_nothing_half_applied() {
    let mut pair = two_writers();
    pair.connect();
    // Hello, leaves of the first parcel: its checkpoint is still on the line.
    pair.deliver(0).unwrap();
    pair.deliver(1).unwrap();
    pair.deliver(1).unwrap();
    pair.cut();
    let mirror = &pair.sides[1].mirror;
    assert_eq!((mirror.size(), mirror.held.keyring.certificates().count()), (0, 0));
}

#[test]
fn leaves_of_unknown_kinds_are_mirrored_and_cosigned() {
    let mut pair = Pair::new();
    let leaf = Leaf::Unknown { kind: 200, rest: b"of a later version".to_vec() };
    pair.sides[0].own.append([Entry { leaf: leaf.encode().into(), beside: Beside::Nothing }]);
    pair.exchange();
    pair.assert_in_step();
    assert!(matches!(pair.sides[1].mirror.contents[..], [Content::Unknown]));
}

#[test]
fn verdicts_and_anchors_on_what_was_sent_pass() {
    let mut pair = two_writers();
    pair.connect();
    pair.run();
    let note = pair.sides[0].own.newest();
    pair.sides[1].own.append([verdict(1, 0, 3), anchor(&note, ML)]);
    pair.run();
    pair.assert_in_step();
    let contents = &pair.sides[0].mirror.contents;
    assert!(matches!(contents[3..], [Content::Verdict(_), Content::Anchor]));
}

#[test]
fn parcels_of_every_size_fit_the_frames() {
    let most = crate::envelope::MAX_PAYLOAD_BYTES - 4096;
    let mut pair = Pair::new();
    pair.sides[0].own.append([key(MR.officer)]);
    // A body of nearly the largest size behind one that nearly fills a frame of bodies.
    pair.sides[0].own.append([alert(MR, 1, 60_000), alert(MR, 2, most)]);
    let leaf = |n: u16| Leaf::Unknown { kind: 200, rest: [&n.to_be_bytes()[..], &[0; 2000]].concat() };
    let bulky = (0..1024).map(|n| Entry { leaf: leaf(n).encode().into(), beside: Beside::Nothing });
    pair.sides[0].own.append(bulky);
    pair.exchange();
    pair.assert_in_step();
}

#[test]
fn a_writer_that_lost_its_newest_entries_is_told_that_it_is_behind() {
    let mut pair = two_writers();
    pair.exchange();
    pair.sides[0].own = pair.sides[0].own.rolled_back(1);
    pair.connect();
    let Err(Error::PeerIncompatible(error)) = pair.deliver(0) else { panic!("the writer must stop") };
    assert_eq!(error, PeerIncompatible::WeAreBehind { ours: 1, peer: 3 });
    let Err(Error::PeerMisbehaved(error)) = pair.deliver(1) else { panic!("so must the receiver") };
    assert_eq!(error, PeerMisbehaved::RolledBack { before: 3, now: 1 });
}

#[test]
fn a_receiver_that_lost_its_mirror_gets_everything_again() {
    let mut pair = two_writers();
    pair.exchange();
    pair.sides[1].own.append([verdict(1, 0, 3)]);
    pair.sides[1].mirror = Side::new(ML).mirror;
    pair.exchange();
    assert_eq!(pair.sides[1].mirror.size(), 3);
    assert_eq!(pair.sides[0].mirror.size(), 4);
}

#[test]
fn a_peer_that_says_no_hello_is_given_up_in_time() {
    let start = Duration::from_secs(1000);
    let mut session = Side::new(MR).begin(start);
    let deadline = session.poll_timeout().unwrap();
    assert_eq!(deadline, start + HELLO_TIMEOUT);
    session.handle_timeout(deadline - Duration::from_millis(1)).unwrap();
    let error = session.handle_timeout(deadline).unwrap_err();
    assert!(matches!(error, Error::PeerMisbehaved(PeerMisbehaved::NoHello)));
    assert_eq!(error.close_code(), CloseCode::Turn);
    assert_eq!(session.poll_timeout(), None);
}

#[test]
fn an_open_session_waits_for_ever() {
    let mut pair = two_writers();
    pair.connect();
    pair.run();
    let mut session = pair.sides[0].begin(Duration::ZERO);
    let mut peer = pair.sides[1].begin(Duration::ZERO);
    let hello = peer.poll_transmit(&pair.sides[1].own).unwrap().unwrap();
    session.handle_frame(hello, &pair.sides[0].own).unwrap();
    assert!(session.is_open());
    assert_eq!(session.poll_timeout(), None);
    session.handle_timeout(Duration::MAX).unwrap();
}

#[test]
fn our_own_storage_failing_ends_the_session_without_blaming_the_peer() {
    struct Broken(crate::session::testing::OwnLog);
    impl LogSource for Broken {
        fn size(&self) -> u64 {
            self.0.size()
        }
        fn root_at(&self, size: u64) -> Result<Option<crate::log::merkle::Hash>, String> {
            self.0.root_at(size)
        }
        fn parcel(&self, _: u64) -> Result<Option<crate::session::Parcel>, String> {
            Err("the disk is gone".into())
        }
    }
    let pair = two_writers();
    let mut session = pair.sides[0].begin(Duration::ZERO);
    let mut peer = pair.sides[1].begin(Duration::ZERO);
    let hello = peer.poll_transmit(&pair.sides[1].own).unwrap().unwrap();
    let source = Broken(pair.sides[0].own.clone());
    session.handle_frame(hello, &source).unwrap();
    assert!(session.poll_transmit(&source).unwrap().is_some(), "our hello");
    let error = session.poll_transmit(&source).unwrap_err();
    assert_eq!(error.close_code(), CloseCode::Unavailable);
    assert!(!session.is_open(), "a session that returned an error is over");
}

/// Mauritania has erased its first message, entry 1, with entry 3 or a later one.
fn erased_before_it_was_sent() -> Pair {
    let mut pair = two_writers();
    let by = pair.sides[0].own.size();
    pair.sides[0].own.append([retired(erasure(ErasedLog::This, 1))]);
    pair.sides[0].own.destroy(1, by);
    pair
}

#[test]
fn a_message_that_was_erased_before_the_peer_got_it_leaves_its_entry_and_no_body() {
    let mut pair = erased_before_it_was_sent();
    pair.exchange();
    pair.assert_in_step();
    let contents = &pair.sides[1].mirror.contents;
    assert!(matches!(
        contents[1..],
        [Content::Unread { by: 3, .. }, Content::Message { .. }, Content::Erased(_)]
    ));
    assert!(pair.sides[1].mirror.held.promised.is_empty());
}

#[test]
fn what_was_promised_to_be_erased_outlives_a_cut_before_the_leaf_that_says_so() {
    let mut pair = erased_before_it_was_sent();
    pair.connect();
    while pair.sides[1].mirror.size() < 3 {
        pair.deliver(0).unwrap();
        pair.deliver(1).unwrap();
    }
    pair.cut();
    assert_eq!(pair.sides[1].mirror.held.promised.iter().collect::<Vec<_>>(), [(&3, &1)]);
    let mut honest = Pair::new();
    honest.sides = pair.sides.clone();
    honest.exchange();
    assert_eq!(honest.sides[1].mirror.size(), honest.sides[0].own.size());
    assert!(honest.sides[1].mirror.held.promised.is_empty());
    // A writer that puts something else there instead.
    let mut dishonest = pair;
    let mut own = dishonest.sides[0].own.rolled_back(2);
    own.append([verdict(1, 0, 1)]);
    dishonest.sides[0].own = own;
    dishonest.connect();
    // Both hellos, then the leaves.
    dishonest.deliver(0).unwrap();
    dishonest.deliver(1).unwrap();
    let end = dishonest.deliver(1);
    assert!(matches!(end, Err(Error::PeerMisbehaved(PeerMisbehaved::ErasureNotLogged(1)))), "{end:?}");
}

#[test]
fn a_body_that_is_destroyed_while_it_waits_to_be_sent_is_left_to_the_next_session() {
    let mut side = Side::new(MR);
    side.own.append([key(MR.officer)]);
    side.own.append([message(MR, 1)]);
    let mut session = side.begin(Duration::ZERO);
    side.own.append([retired(erasure(ErasedLog::This, 1))]);
    side.own.destroy(1, 2);
    let mut silent = Side::new(ML).begin(Duration::ZERO);
    let hello = silent.poll_transmit(&Side::new(ML).own).unwrap().unwrap();
    side.take(&mut session, hello).unwrap();
    assert_eq!(leaves_received(&side.frames(&mut session)), 1, "what stands before it goes out");
    assert!(session.must_begin_anew());
    let mut pair = Pair::new();
    pair.sides[0] = side;
    pair.exchange();
    pair.assert_in_step();
}
