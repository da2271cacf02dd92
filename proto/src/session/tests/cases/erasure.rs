//! Erased entries, and bodies that are left out for them. The officer's key is entry 1, the message entry 2.

use super::*;
use crate::identity::Epoch;
use crate::key::SecretKey;
use crate::leaf::{ErasedLeaf, ErasedLog, Erasure, Leaf};
use crate::session::testing::{bare, erasure, retired, verdict};

pub(super) fn cases() -> Vec<Named> {
    [leaves_of_erasure(), orders(), bodies_left_out()].into_iter().flatten().collect()
}

fn own(entry: u64) -> Erasure {
    erasure(ErasedLog::This, entry)
}

fn copy(entry: u64) -> Erasure {
    erasure(ErasedLog::Opposite, entry)
}

fn later_epoch(erasure: Erasure) -> Erasure {
    Erasure { epoch: Epoch::new(2).unwrap(), ..erasure }
}

fn leaves_of_erasure() -> Vec<Named> {
    let alone = |erasure| Script::opened().leaves(&[retired(erasure)]);
    let unsent = || PeerMisbehaved::ErasureOfUnsent { index: 1 };
    let message = message(MR, 1);
    vec![
        (
            "erased_message",
            Script::opened()
                .leaves(&[key(MR.officer), message.clone(), retired(own(2))])
                .body(2, &message)
                .checkpoint()
                .accepted("A message that is erased right after it was sent: its body still comes."),
        ),
        (
            "erased_copy",
            alone(copy(2)).checkpoint().accepted("The peer destroyed its copy of entry 2 of ours."),
        ),
        ("erased_itself", alone(own(1)).misbehaved("Entry 1 is this one.", unsent())),
        ("erased_later_entry", alone(own(2)).misbehaved("Entry 2 does not stand before it.", unsent())),
        ("erased_copy_of_unsent", alone(copy(3)).misbehaved("Entry 3 of ours does not exist.", unsent())),
        (
            "erased_in_later_epoch",
            alone(later_epoch(own(0))).misbehaved("The log has not begun that epoch.", unsent()),
        ),
        ("erased_copy_in_later_epoch", alone(later_epoch(copy(0))).misbehaved("Nor has ours.", unsent())),
    ]
}

fn orders() -> Vec<Named> {
    let officer = MR.officer_key().public().id();
    let ordered = |leaf: ErasedLeaf| {
        Script::opened().leaves(&[key(MR.officer), message(MR, 1), bare(&Leaf::Erased(leaf))])
    };
    let by = |key: SecretKey| own(2).ordered_by(&key, MR.writes());
    let bad = |error| PeerMisbehaved::BadErasureOrder { index: 3, error };
    let mut altered = by(MR.officer_key());
    altered.erasure.basis = 5;
    vec![
        (
            "erased_by_order",
            ordered(by(MR.officer_key()))
                .body(2, &message(MR, 1))
                .checkpoint()
                .accepted("An officer of the writer's ordered it."),
        ),
        (
            "erased_by_altered_order",
            ordered(altered)
                .misbehaved("Another basis was signed.", bad(EnvelopeError::BadSignature(officer))),
        ),
        (
            "erased_by_order_for_another_log",
            ordered(own(2).ordered_by(&MR.officer_key(), ML.writes()))
                .misbehaved("Signed for the opposite log.", bad(EnvelopeError::BadSignature(officer))),
        ),
        (
            "erased_by_foreign_order",
            ordered(by(ML.officer_key())).misbehaved(
                "An officer of ours.",
                bad(EnvelopeError::UnknownKey(ML.officer_key().public().id())),
            ),
        ),
    ]
}

fn bodies_left_out() -> Vec<Named> {
    let batch = [key(MR.officer), message(MR, 1), verdict(1, 0, 1), retired(own(2))];
    let not_logged = || PeerMisbehaved::ErasureNotLogged(2);
    let with_header = || {
        let body = frame::IndexedBody { erased_by: 4, ..indexed(2, &message(MR, 1)) };
        Script::written(&batch).says(Frame::Bodies(frame::Bodies { bodies: vec![body] }))
    };
    let mut other = batch.clone();
    other[3] = retired(own(1));
    let mut forged = batch.clone();
    forged[1] = {
        let mut leaf = message(MR, 1).leaf.to_vec();
        *leaf.last_mut().unwrap() ^= 1;
        Entry { leaf: leaf.into(), ..message(MR, 1) }
    };
    let officer = MR.officer_key().public().id();
    vec![
        (
            "body_erased",
            Script::written(&batch).left_out(2, 4).checkpoint().accepted("Entry 4 says that it was erased."),
        ),
        (
            "body_erased_before_the_leaf_comes",
            left_out_early(&batch)
                .says(leaves(3, &batch[2..]))
                .checkpoint()
                .accepted("The checkpoint over all of it comes in a later parcel."),
        ),
        (
            "body_erased_and_leaf_never_comes",
            left_out_early(&batch)
                .says(leaves(3, &[verdict(1, 0, 1), verdict(1, 1, 1)]))
                .misbehaved("Entry 4 says something else.", not_logged()),
        ),
        (
            "body_erased_by_another_leaf",
            Script::written(&batch).left_out(2, 3).misbehaved("Entry 3 is a verdict.", not_logged()),
        ),
        (
            "body_erased_by_leaf_of_another_entry",
            Script::written(&other).left_out(2, 4).misbehaved("Entry 4 erases entry 1.", not_logged()),
        ),
        (
            "body_erased_by_earlier_leaf",
            Script::written(&batch).left_out(2, 1).misbehaved("Entry 1 stands before it.", not_logged()),
        ),
        (
            "body_erased_beyond_the_hello",
            Script::written(&batch)
                .left_out(2, 5)
                .misbehaved("The hello's checkpoint does not cover entry 5.", not_logged()),
        ),
        (
            "body_erased_with_header",
            with_header().malformed("What was erased has no header.", Malformed::Field("body.erased_by")),
        ),
        (
            "body_erased_badly_signed",
            Script::written(&forged).left_out(2, 4).misbehaved(
                "The officer's signature is checked all the same.",
                bad_envelope(2, EnvelopeError::BadSignature(officer)),
            ),
        ),
    ]
}

/// The first two entries, and that the body of the second was erased by entry 4, which is still to come.
fn left_out_early(batch: &[Entry]) -> Script {
    let mut script = Script::silent();
    let start = script.mr.own.size();
    script.mr.own.append(batch.iter().cloned());
    let hello = script.hello();
    script.says(Frame::Hello(hello)).says(leaves(start, &batch[..2])).left_out(2, 4)
}
