//! Leaves that stand alone, and the checkpoints over them. Entries begin at 1.

use super::hello::{OTHER_ROOT, next_epoch, note_of, signed, text, with_unknown_lines};
use super::*;
use crate::accord::{AccordHash, AccordId};
use crate::identity::certificate::{Certificate, CertificateError};
use crate::keyring::KeyringError;
use crate::leaf::{AccordLeaf, AnchorLeaf, Leaf, LeafError, MAX_LEAF_BYTES};
use crate::session::testing::{anchor, bare, verdict};
use crate::session::{Beside, MAX_STAGED_ENTRIES};
use crate::time::UnixMillis;

pub(super) fn cases() -> Vec<Named> {
    [order(), leaf_bytes(), kinds(), checkpoints()].into_iter().flatten().collect()
}

/// An entry of a kind that this version does not know.
fn unknown() -> Entry {
    bare(&Leaf::Unknown { kind: 200, rest: b"later".to_vec() })
}

fn order() -> Vec<Named> {
    let from = |start| Script::opened().says(leaves(start, &[unknown()]));
    let gap = |found| PeerMisbehaved::Gap { expected: 1, found };
    let many = vec![unknown(); MAX_STAGED_ENTRIES + 1];
    vec![
        (
            "leaves_none",
            Script::opened()
                .says(leaves(1, &[]))
                .malformed("A frame of leaves has one at least.", Malformed::Field("leaves.leaves")),
        ),
        ("leaves_gap", from(2).misbehaved("Entry 1 is missing.", gap(2))),
        ("leaves_overlap", from(0).misbehaved("Entry 0 is held already.", gap(0))),
        (
            "leaves_again",
            from(1)
                .says(leaves(1, &[unknown()]))
                .misbehaved("Entry 1 was sent before.", PeerMisbehaved::Gap { expected: 2, found: 1 }),
        ),
        (
            "leaves_too_many_staged",
            Script::opened()
                .says(leaves(1, &many))
                .misbehaved("More entries than may wait for a checkpoint.", PeerMisbehaved::TooManyStaged),
        ),
    ]
}

fn leaf_bytes() -> Vec<Named> {
    let raw = |leaf: &[u8]| {
        let entry = Entry { leaf: Bytes::copy_from_slice(leaf), beside: Beside::Nothing };
        Script::opened().says(leaves(1, &[entry]))
    };
    let leaf = |error| Malformed::Leaf { index: 1, error };
    let large = vec![1; MAX_LEAF_BYTES + 1];
    vec![
        ("leaf_empty", raw(&[]).malformed("A leaf has a version and a kind.", leaf(LeafError::Truncated))),
        (
            "leaf_other_version",
            raw(&[2, 200]).malformed("Leaves have version 1.", leaf(LeafError::Version(2))),
        ),
        (
            "leaf_too_large",
            raw(&large).malformed(
                "One byte more than a leaf may have.",
                leaf(LeafError::TooLarge(MAX_LEAF_BYTES + 1)),
            ),
        ),
    ]
}

/// The anchored accord of this hash.
fn accord(hash: AccordHash) -> Entry {
    let accord = AccordId { version: 1, hash };
    bare(&Leaf::Accord(AccordLeaf { accord, effective: UnixMillis::default() }))
}

fn kinds() -> Vec<Named> {
    let alone = |entry: Entry| Script::opened().leaves(&[entry]);
    let passes = |entry| alone(entry).checkpoint();
    let ours = sides()[1].own.newest();
    let unsigned = signed(ML.writes(), 3, ours.checkpoint().root, &MR.log_key());
    let bare_note = bare(&Leaf::Anchor(AnchorLeaf { note: ours.to_string().into_bytes() }));
    let bad_anchor = || PeerMisbehaved::BadAnchor { index: 1 };
    let unsent = || PeerMisbehaved::VerdictOnUnsent { index: 1 };
    let bad_key = |index, error| PeerMisbehaved::BadKey { index, error };
    let officer = Certificate::parse(MR.officer).unwrap().key_id();
    let foreign = CertificateError::WrongCountry { expected: MR.country, found: ML.country };
    let no_certificate = Certificate::parse(b"none").unwrap_err();
    vec![
        ("leaf_unknown_kind", passes(unknown()).accepted("Mirrored and cosigned like every other.")),
        ("verdict_on_sent", passes(verdict(1, 0, 3)).accepted("All three entries of ours are judged.")),
        (
            "verdict_on_unsent",
            alone(verdict(1, 2, 2)).misbehaved("Entry 3 of ours does not exist.", unsent()),
        ),
        (
            "verdict_on_far_future",
            alone(verdict(1, u64::MAX - 1, 1)).misbehaved("Nor does this one.", unsent()),
        ),
        (
            "verdict_of_later_epoch",
            alone(verdict(2, 0, 1)).misbehaved("Our log has not begun that epoch.", unsent()),
        ),
        (
            "anchor_honest",
            passes(anchor(&ours, MR)).accepted("Our newest checkpoint with the peer's cosignature."),
        ),
        (
            "anchor_not_cosigned",
            alone(bare_note).misbehaved("The peer has not put its name to it.", bad_anchor()),
        ),
        (
            "anchor_cosigned_by_us",
            alone(anchor(&ours, ML)).misbehaved("Cosigned by ourselves.", bad_anchor()),
        ),
        (
            "anchor_unsigned",
            alone(anchor(&unsigned, MR)).misbehaved("We did not sign this note.", bad_anchor()),
        ),
        (
            "accord_of_both",
            passes(accord(accords().in_force.unwrap().hash)).accepted("The accord that both go by."),
        ),
        (
            "accord_of_the_peer_alone",
            passes(accord(AccordHash([0xbb; 32])))
                .accepted("Mirrored and cosigned: it is what the peer said, and stays where it stands."),
        ),
        ("key_honest", passes(key(MR.officer)).accepted("An officer's key is published.")),
        ("key_of_the_root", passes(key(MR.root)).accepted("The root itself may be published again.")),
        (
            "key_of_other_root",
            alone(key(ML.officer))
                .misbehaved("A certificate of our own country.", bad_key(1, foreign.into())),
        ),
        (
            "key_no_certificate",
            alone(key(b"none")).misbehaved("Not a certificate.", bad_key(1, no_certificate.into())),
        ),
        (
            "key_published_twice",
            Script::opened()
                .leaves(&[key(MR.officer), key(MR.officer)])
                .misbehaved("The same key again.", bad_key(2, KeyringError::PublishedTwice(officer))),
        ),
    ]
}

fn checkpoints() -> Vec<Named> {
    let sent = || Script::opened().leaves(&[unknown()]);
    let log = MR.log_key();
    let root = sent().mr.own.newest().checkpoint().root;
    let note = |note: &SignedCheckpoint| sent().says(note_frame(note));
    let unsound = |name, claim, note: Bytes| {
        let error = checkpoint_error(&note);
        (name, sent().says(Frame::Checkpoint(note)).malformed(claim, error))
    };
    let first = sides()[0].own.newest();
    let padded = note_of(&format!("{}\n002\n{root}\n", MR.writes()), MR.writes(), &log);
    vec![
        (
            "checkpoint_of_what_is_held",
            Script::opened().checkpoint().accepted("Nothing new; nothing happens."),
        ),
        (
            "checkpoint_without_entries",
            Script::opened().says(note_frame(&signed(MR.writes(), 2, root, &log))).misbehaved(
                "Entry 1 was not sent.",
                PeerMisbehaved::CheckpointWithoutEntries { size: 2, staged: 1 },
            ),
        ),
        (
            "checkpoint_wrong_root",
            note(&signed(MR.writes(), 2, OTHER_ROOT, &log))
                .misbehaved("Not the root of the entries sent.", PeerMisbehaved::WrongRoot(2)),
        ),
        (
            "checkpoint_rolled_back",
            sent()
                .checkpoint()
                .says(note_frame(&first))
                .misbehaved("Smaller than the one before.", PeerMisbehaved::RolledBack { before: 2, now: 1 }),
        ),
        (
            "checkpoint_forked",
            Script::opened()
                .says(note_frame(&signed(MR.writes(), 1, OTHER_ROOT, &log)))
                .misbehaved("The size that we hold, with another root.", PeerMisbehaved::Forked(1)),
        ),
        (
            "checkpoint_too_long",
            Script::opened().says(Frame::Checkpoint(with_unknown_lines(&first, 2))).malformed(
                "A note that leaves no room for a cosignature in an anchor.",
                Malformed::Field("checkpoint.note"),
            ),
        ),
        unsound(
            "checkpoint_wrong_key",
            "Signed with the node's key.",
            text(&signed(MR.writes(), 2, root, &MR.node_key())),
        ),
        unsound(
            "checkpoint_other_epoch",
            "Of the next epoch.",
            text(&signed(next_epoch(MR.writes()), 2, root, &log)),
        ),
        unsound("checkpoint_size_leading_zeros", "A number has one spelling.", padded),
        unsound("checkpoint_no_note", "Not a note.", Bytes::from_static(b"note")),
    ]
}
