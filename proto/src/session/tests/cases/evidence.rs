//! Receipts and cosignatures for what Mali writes. After the hello, entries 1 and 2 are under way.

use super::*;
use crate::identity::Origin;
use crate::key::SecretKey;
use crate::log::cosignature::{Cosignature, MAX_TIME};
use crate::log::merkle::{leaf_hash, root_of};
use crate::log::receipt::{Receipt, ReceiptBody};
use crate::session::testing::{NOW, wall};
use crate::time::UnixMillis;

fn receipt_by(ml: &Side, origin: Origin, start: u64, end: u64, key: &SecretKey) -> frame::Receipt {
    let range = usize::try_from(start).unwrap()..usize::try_from(end).unwrap();
    let hashes = ml.own.entries()[range].iter().map(|entry| leaf_hash(&entry.leaf));
    let body = ReceiptBody::new(origin, start, end, root_of(hashes), wall()).unwrap();
    frame::Receipt::from(&Receipt::sign(body, key))
}

fn honest(ml: &Side, start: u64, end: u64) -> frame::Receipt {
    receipt_by(ml, ML.writes(), start, end, &MR.receipt_key())
}

/// Mauritania's receipt for entries of Mali's.
pub(super) fn receipt(ml: &Side, start: u64, end: u64) -> Frame {
    Frame::Receipt(honest(ml, start, end))
}

fn cosignature_by(ml: &Side, of: usize, size: u64, key: &SecretKey) -> Frame {
    let text = ml.own.checkpoint(of).note().text().to_owned();
    let made = Cosignature::sign(&text, key, NOW / 1000).unwrap();
    let signature = Bytes::copy_from_slice(&made.signature);
    Frame::Cosignature(frame::Cosignature { size, time_s: made.time_seconds, signature })
}

/// Mauritania's cosignature over Mali's checkpoint of this size: every batch has one entry.
pub(super) fn cosignature(ml: &Side, size: u64) -> Frame {
    cosignature_by(ml, usize::try_from(size).unwrap(), size, &MR.receipt_key())
}

pub(super) fn cases() -> Vec<Named> {
    [receipts(), cosignatures()].into_iter().flatten().collect()
}

fn says(frame: Frame) -> Script {
    Script::opened().says(frame)
}

fn receipts() -> Vec<Named> {
    let ml = &sides()[1];
    let changed = |change: fn(&mut frame::Receipt)| {
        let mut receipt = honest(ml, 1, 3);
        change(&mut receipt);
        says(Frame::Receipt(receipt))
    };
    let unsent = PeerMisbehaved::EvidenceForUnsent;
    let bad = || PeerMisbehaved::BadEvidence(3);
    let wrong_key = receipt_by(ml, ML.writes(), 1, 3, &MR.log_key());
    let wrong_origin = receipt_by(ml, MR.writes(), 1, 3, &MR.receipt_key());
    vec![
        (
            "receipt_for_two_parcels",
            says(receipt(ml, 1, 3)).accepted("One receipt may cover what was sent in parts."),
        ),
        ("receipt_for_one_entry", says(receipt(ml, 2, 3)).accepted("Receipts come in any order.")),
        ("receipt_past_the_end", changed(|r| r.end = 4).misbehaved("Entry 3 does not exist.", unsent(4))),
        (
            "receipt_for_settled",
            says(receipt(ml, 0, 1)).misbehaved("Entry 0 was cosigned before this session.", unsent(1)),
        ),
        (
            "receipt_of_nothing",
            changed(|r| r.start = 3).misbehaved("A receipt is for one entry at least.", unsent(3)),
        ),
        (
            "receipt_backwards",
            changed(|r| (r.start, r.end) = (3, 1))
                .misbehaved("A range that ends before it begins.", unsent(1)),
        ),
        (
            "receipt_wrong_root",
            changed(|r| r.root = Bytes::from_static(&[0x55; 32]))
                .misbehaved("The root of other entries.", bad()),
        ),
        ("receipt_short_root", changed(|r| r.root.truncate(31)).misbehaved("A root has 32 bytes.", bad())),
        (
            "receipt_wrong_key",
            says(Frame::Receipt(wrong_key))
                .misbehaved("Signed with the log's key instead of the receipt's.", bad()),
        ),
        (
            "receipt_wrong_origin",
            says(Frame::Receipt(wrong_origin))
                .misbehaved("Signed for the log of the other direction.", bad()),
        ),
        ("receipt_other_time", changed(|r| r.time_ms += 1).misbehaved("The time is signed too.", bad())),
        (
            "receipt_time_out_of_range",
            changed(|r| r.time_ms = UnixMillis::MAX.millis() + 1)
                .malformed("A time past the calendar.", Malformed::Field("receipt.time_ms")),
        ),
        (
            "receipt_short_signature",
            changed(|r| r.signature.truncate(63))
                .malformed("A signature has 64 bytes.", Malformed::Field("receipt.signature")),
        ),
        (
            "receipt_after_cosignature",
            says(cosignature(ml, 3))
                .says(receipt(ml, 1, 3))
                .misbehaved("What is cosigned is no longer under way.", unsent(3)),
        ),
    ]
}

fn cosignatures() -> Vec<Named> {
    let ml = &sides()[1];
    let unsent = PeerMisbehaved::EvidenceForUnsent;
    let bad = || PeerMisbehaved::BadEvidence(3);
    let key = &MR.receipt_key();
    let late = frame::Cosignature { size: 3, time_s: MAX_TIME + 1, signature: Bytes::from_static(&[0; 64]) };
    let short = frame::Cosignature { size: 3, time_s: 1, signature: Bytes::from_static(&[0; 63]) };
    vec![
        (
            "cosignature_honest",
            says(cosignature(ml, 3)).accepted("One cosignature covers all that came before."),
        ),
        (
            "cosignature_of_each_parcel",
            says(cosignature(ml, 2)).says(cosignature(ml, 3)).accepted("Or every parcel has its own."),
        ),
        (
            "cosignature_past_the_end",
            says(cosignature_by(ml, 3, 4, key)).misbehaved("We signed no checkpoint of size 4.", unsent(4)),
        ),
        (
            "cosignature_for_settled",
            says(cosignature(ml, 1)).misbehaved("Size 1 was cosigned before this session.", unsent(1)),
        ),
        (
            "cosignature_twice",
            says(cosignature(ml, 3))
                .says(cosignature(ml, 3))
                .misbehaved("The same evidence again.", unsent(3)),
        ),
        (
            "cosignature_older_after_newer",
            says(cosignature(ml, 3))
                .says(cosignature(ml, 2))
                .misbehaved("Covered by the one before.", unsent(2)),
        ),
        (
            "cosignature_of_other_size",
            says(cosignature_by(ml, 2, 3, key)).misbehaved("Made over the checkpoint of size 2.", bad()),
        ),
        (
            "cosignature_wrong_key",
            says(cosignature_by(ml, 3, 3, &MR.log_key()))
                .misbehaved("Made with the log's key instead of the receipt's.", bad()),
        ),
        (
            "cosignature_time_out_of_range",
            says(Frame::Cosignature(late)).misbehaved("A time that C2SP does not allow.", bad()),
        ),
        (
            "cosignature_short",
            says(Frame::Cosignature(short))
                .malformed("A signature has 64 bytes.", Malformed::Field("cosignature.signature")),
        ),
    ]
}
