//! The hello and the two notes in it.

use super::*;
use crate::accord::{AccordHash, AccordId, Standing};
use crate::identity::{Epoch, Origin};
use crate::key::SecretKey;
use crate::log::checkpoint::Checkpoint;
use crate::log::merkle::{Hash, leaf_hash};
use crate::log::note::Signature;
use crate::session::MAX_NOTE_BYTES;
use crate::session::testing::{NOW, cosign};

/// A root that is nobody's.
pub(super) const OTHER_ROOT: Hash = Hash([0x55; 32]);

pub(super) fn signed(origin: Origin, size: u64, root: Hash, key: &SecretKey) -> SignedCheckpoint {
    SignedCheckpoint::sign(Checkpoint { origin, size, root }, key)
}

/// A note of this text, signed by a log's key under its name.
pub(super) fn note_of(text: &str, origin: Origin, key: &SecretKey) -> Bytes {
    format!("{text}\n{}\n", Signature::sign(text, origin.into(), key)).into()
}

/// The next epoch of a log.
pub(super) fn next_epoch(origin: Origin) -> Origin {
    Origin { epoch: Epoch::new(2).unwrap(), ..origin }
}

/// A note with so many lines of somebody unknown, each with a signature of 2,420 bytes.
pub(super) fn with_unknown_lines(note: &SignedCheckpoint, count: u8) -> Bytes {
    use base64::Engine as _;
    let line = |n| base64::engine::general_purpose::STANDARD.encode([n; 2424]);
    let lines = (0..count).map(|n| format!("\u{2014} example.org/witness {}\n", line(n)));
    std::iter::once(note.to_string()).chain(lines).collect::<String>().into()
}

fn saying(change: impl FnOnce(&mut frame::Hello, &Script)) -> Script {
    let script = Script::silent();
    let mut hello = script.hello();
    change(&mut hello, &script);
    script.says(Frame::Hello(hello))
}

fn writing(note: impl Into<Bytes>) -> Script {
    saying(|hello, _| hello.writes = note.into())
}

fn holding(note: impl Into<Bytes>) -> Script {
    saying(|hello, _| hello.holds = note.into())
}

pub(super) fn text(note: &SignedCheckpoint) -> Bytes {
    note.to_string().into()
}

pub(super) fn cases() -> Vec<Named> {
    [greetings(), writes(), holds()].into_iter().flatten().collect()
}

fn other_accord() -> AccordId {
    AccordId { version: 2, hash: AccordHash([0xad; 32]) }
}

fn accords_differ(in_force: Option<AccordId>, next: Option<AccordId>) -> PeerIncompatible {
    PeerIncompatible::Accord { ours: accords().into(), theirs: Standing { in_force, next }.into() }
}

fn greetings() -> Vec<Named> {
    vec![
        (
            "hello_honest",
            Script::opened().accepted("Both sides say what they hold; our log goes on from there."),
        ),
        (
            "hello_holds_nothing",
            holding(Bytes::new()).accepted("A peer that has lost its mirror gets everything again."),
        ),
        (
            "hello_other_accord",
            saying(|hello, _| hello.accord = Some(other_accord().into()))
                .incompatible("The two go by different accords.", accords_differ(Some(other_accord()), None)),
        ),
        (
            "hello_no_accord",
            saying(|hello, _| hello.accord = None)
                .incompatible("Without an accord nothing is exchanged.", accords_differ(None, None)),
        ),
        (
            "hello_accord_still_to_come",
            saying(|hello, _| {
                hello.next_accord = hello.accord.take();
                hello.accord = Some(other_accord().into());
            })
            .accepted("The peer's clock has not reached the change that ours has."),
        ),
        (
            "hello_accord_short_hash",
            saying(|hello, _| {
                let mut id = crate::wire::pb::AccordId::from(other_accord());
                id.hash.truncate(31);
                hello.accord = Some(id);
            })
            .malformed("A hash has 32 bytes.", Malformed::Field("hello.accord")),
        ),
        (
            "hello_other_version",
            saying(|hello, _| hello.version = 2).incompatible(
                "Version 2 does not exist yet.",
                PeerIncompatible::Version { found: 2, ours: 1 },
            ),
        ),
        (
            "hello_other_country",
            saying(|hello, _| hello.country = "SN".into())
                .incompatible("The link is for Mauritania alone.", PeerIncompatible::Country),
        ),
        (
            "hello_own_country",
            saying(|hello, _| hello.country = "ML".into())
                .incompatible("Nobody talks with themselves.", PeerIncompatible::Country),
        ),
    ]
}

fn writes() -> Vec<Named> {
    let root = leaf_hash(&key(MR.root).leaf);
    let log = MR.log_key();
    let unsound = |name, claim, note: Bytes| {
        let error = checkpoint_error(&note);
        (name, writing(note).malformed(claim, error))
    };
    let honest = format!("{}\n1\n{root}\n", MR.writes());
    let of = |text: &str| note_of(text, MR.writes(), &log);
    let newest = sides()[0].own.newest();
    let crowded = with_unknown_lines(&newest, 2);
    assert!(crowded.len() > MAX_NOTE_BYTES);
    vec![
        (
            "hello_writes_unknown_signature",
            writing(with_unknown_lines(&newest, 1))
                .accepted("Signatures of others are carried and prove nothing."),
        ),
        (
            "hello_writes_too_long",
            writing(crowded).malformed(
                "A note that leaves no room for a cosignature in an anchor.",
                Malformed::Field("hello.writes"),
            ),
        ),
        (
            "hello_writes_other_epoch",
            writing(text(&signed(next_epoch(MR.writes()), 1, root, &log)))
                .incompatible("The same log in another epoch.", PeerIncompatible::Origin),
        ),
        (
            "hello_writes_other_log",
            writing(text(&signed(ML.writes(), 1, root, &log)))
                .incompatible("A log that the peer does not write.", PeerIncompatible::Origin),
        ),
        (
            "hello_writes_rolled_back",
            writing(text(sides()[0].own.checkpoint(0))).misbehaved(
                "The peer has less than we hold of it.",
                PeerMisbehaved::RolledBack { before: 1, now: 0 },
            ),
        ),
        (
            "hello_writes_forked",
            writing(text(&signed(MR.writes(), 1, OTHER_ROOT, &log)))
                .misbehaved("The size that we hold, with another root.", PeerMisbehaved::Forked(1)),
        ),
        unsound("hello_writes_nothing", "Every log has a checkpoint, the empty one too.", Bytes::new()),
        unsound(
            "hello_writes_wrong_key",
            "Signed with the node's key instead of the log's.",
            text(&signed(MR.writes(), 1, root, &MR.node_key())),
        ),
        unsound(
            "hello_writes_size_leading_zeros",
            "A number has one spelling.",
            of(&honest.replace("\n1\n", "\n007\n")),
        ),
        unsound(
            "hello_writes_size_too_large",
            "2^64 entries.",
            of(&honest.replace("\n1\n", "\n18446744073709551616\n")),
        ),
        unsound("hello_writes_extension_line", "Our logs write three lines.", of(&format!("{honest}more\n"))),
        unsound(
            "hello_writes_carriage_return",
            "A carriage return within the text.",
            of(&honest.replace("\n1\n", "\r\n1\n")),
        ),
        unsound("hello_writes_nul", "A NUL within the text.", of(&honest.replace("\n1\n", "\n1\0\n"))),
        unsound(
            "hello_writes_second_blank_line",
            "The last blank line parts text and signatures.",
            of(&honest.replace("\n1\n", "\n\n1\n")),
        ),
    ]
}

fn holds() -> Vec<Named> {
    let ours = sides()[1].own.checkpoint(1).clone();
    let log = ML.log_key();
    let cosigned = |note: &SignedCheckpoint| text(&cosign(note, MR, NOW / 1000).0);
    let foreign = |size| cosigned(&signed(ML.writes(), size, OTHER_ROOT, &log));
    let unsigned = cosigned(&signed(ML.writes(), 1, ours.checkpoint().root, &MR.log_key()));
    let our_log = LogVerifier { origin: ML.writes(), key: log.public() };
    let not_ours = Malformed::Checkpoint(SignedCheckpoint::verify(&unsigned, &our_log).unwrap_err());
    vec![
        (
            "hello_holds_newest",
            holding(cosigned(&sides()[1].own.newest())).accepted("The peer has everything; nothing is sent."),
        ),
        (
            "hello_holds_not_cosigned",
            holding(text(&ours)).misbehaved("Our own note is no evidence.", PeerMisbehaved::BadEvidence(1)),
        ),
        (
            "hello_holds_cosigned_by_other_key",
            holding(text(&cosign(&ours, ML, NOW / 1000).0))
                .misbehaved("Cosigned by ourselves.", PeerMisbehaved::BadEvidence(1)),
        ),
        ("hello_holds_unsigned", holding(unsigned).malformed("We did not sign this note.", not_ours)),
        (
            "hello_holds_too_long",
            holding(with_unknown_lines(&ours, 3))
                .malformed("A note that fits no anchor.", Malformed::Field("hello.holds")),
        ),
        (
            "hello_holds_other_epoch",
            holding(cosigned(&signed(next_epoch(ML.writes()), 1, OTHER_ROOT, &log)))
                .incompatible("Our log in another epoch.", PeerIncompatible::Origin),
        ),
        (
            "hello_holds_foreign_history",
            holding(foreign(1)).misbehaved(
                "Signed by our key, but not what we wrote.",
                PeerMisbehaved::HoldsForeignHistory(1),
            ),
        ),
        (
            "hello_holds_more_than_we_have",
            holding(foreign(4)).incompatible(
                "Our data is older than what we have released.",
                PeerIncompatible::WeAreBehind { ours: 3, peer: 4 },
            ),
        ),
    ]
}
