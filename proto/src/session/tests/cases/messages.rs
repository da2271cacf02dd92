//! Messages and their bodies. The officer's key is entry 1, the message entry 2.

use super::*;
use crate::envelope::{Body, Header, Kind, sign};
use crate::identity::Country;
use crate::key::SecretKey;
use crate::leaf::{Leaf, MessageLeaf, SigningPurpose};
use crate::session::testing::{author, body, header, sealed};
use crate::wire::WireError;

/// The order of Ed25519's base point, little-endian (RFC 8032, section 5.1).
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

pub(super) fn cases() -> Vec<Named> {
    [bodies(), headers(), payloads(), signatures()].into_iter().flatten().collect()
}

/// The key and this entry's leaf were sent.
fn staged(entry: &Entry) -> Script {
    Script::opened().leaves(&[key(MR.officer), entry.clone()])
}

/// All of this entry was sent, but no checkpoint.
fn sent(entry: &Entry) -> Script {
    staged(entry).body(2, entry)
}

fn honest() -> Entry {
    message(MR, 1)
}

fn bodies() -> Vec<Named> {
    let entry = honest();
    let unexpected = PeerMisbehaved::UnexpectedBody;
    let changed = |change: fn(&mut frame::IndexedBody)| {
        let mut body = indexed(2, &honest());
        change(&mut body);
        staged(&honest()).says(Frame::Bodies(frame::Bodies { bodies: vec![body] }))
    };
    let commitment = || bad_envelope(2, EnvelopeError::Commitment);
    vec![
        ("message_honest", sent(&entry).checkpoint().accepted("Leaf, body, checkpoint.")),
        (
            "bodies_none",
            staged(&entry)
                .says(Frame::Bodies(frame::Bodies { bodies: Vec::new() }))
                .malformed("A frame of bodies has one at least.", Malformed::Field("bodies.bodies")),
        ),
        (
            "body_for_no_entry",
            staged(&entry).body(3, &entry).misbehaved("Entry 3 was not sent.", unexpected(3)),
        ),
        (
            "body_for_held_entry",
            staged(&entry).body(0, &entry).misbehaved("Entry 0 is held already.", unexpected(0)),
        ),
        (
            "body_for_key",
            staged(&entry).body(1, &entry).misbehaved("Only messages have bodies.", unexpected(1)),
        ),
        (
            "body_twice",
            sent(&entry).body(2, &entry).misbehaved("The body of entry 2 has come.", unexpected(2)),
        ),
        (
            "body_missing",
            staged(&entry).checkpoint().misbehaved(
                "A checkpoint over a message without its body.",
                PeerMisbehaved::CheckpointWithoutEntries { size: 3, staged: 2 },
            ),
        ),
        (
            "body_short_opening",
            changed(|body| body.opening.truncate(31))
                .malformed("An opening has 32 bytes.", Malformed::Field("body.opening")),
        ),
        (
            "body_other_opening",
            changed(|body| body.opening = Bytes::from_static(&[9; 32]))
                .misbehaved("Does not open the commitment.", commitment()),
        ),
        (
            "body_other_payload",
            changed(|body| body.payload = Bytes::from_static(&[8, 1]))
                .misbehaved("Not what was committed to.", commitment()),
        ),
        (
            "body_parts_moved",
            changed(|body| {
                let whole = [&body.header[..], &body.payload[..]].concat();
                body.header = Bytes::copy_from_slice(&whole[..whole.len() - 1]);
                body.payload = Bytes::copy_from_slice(&whole[whole.len() - 1..]);
            })
            .misbehaved("The same bytes, parted elsewhere.", commitment()),
        ),
    ]
}

fn with_header(header: Bytes) -> Entry {
    let body = body(&self::header(MR, 1, Kind::Ack));
    sealed(Body { header, ..body }, author(MR))
}

fn headers() -> Vec<Named> {
    let own = header(MR, 1, Kind::Ack);
    let changed = |change: &dyn Fn(&mut Header)| {
        let mut header = own.clone();
        change(&mut header);
        sent(&with_header(header.encode()))
    };
    let with_unknown = [&own.encode()[..], &[0xba, 0x3e, 0x01, b'x']].concat();
    let envelope = |error| Malformed::Envelope { index: 2, error };
    let station = Header { station: "ML-HQ".parse().unwrap(), ..own.clone() }.encode();
    let wrong_station = Header::decode(&station).unwrap_err();
    let audience = || bad_envelope(2, EnvelopeError::Audience);
    vec![
        (
            "header_unknown_field",
            sent(&with_header(with_unknown.into())).malformed(
                "A header in another than its one encoding.",
                envelope(EnvelopeError::Header(WireError::NonCanonical)),
            ),
        ),
        (
            "header_foreign_station",
            sent(&with_header(station))
                .malformed("A station of ours in the peer's log.", envelope(wrong_station)),
        ),
        (
            "header_other_recipient",
            changed(&|header| header.recipient = "SN".parse::<Country>().unwrap())
                .misbehaved("A message for another country.", audience()),
        ),
        (
            "header_other_epoch",
            changed(&|header| header.origin = hello::next_epoch(header.origin))
                .misbehaved("A message of another epoch.", audience()),
        ),
        (
            "header_other_direction",
            sent(&with_header(header(ML, 1, Kind::Ack).encode()))
                .misbehaved("A message of ours, turned round.", audience()),
        ),
    ]
}

fn payloads() -> Vec<Named> {
    let with_payload = |payload: &'static [u8]| {
        let body = Body { payload: Bytes::from_static(payload), ..body(&header(MR, 1, Kind::Ack)) };
        sent(&sealed(body, author(MR)))
    };
    let without_reference = Header { refs: Vec::new(), ..header(MR, 1, Kind::Ack) };
    vec![
        (
            "payload_not_canonical",
            with_payload(&[0x08, 0x82, 0x00])
                .malformed("A payload in another than its one encoding.", Malformed::Payload { index: 2 }),
        ),
        (
            "payload_breaks_a_rule",
            sent(&with_header(without_reference.encode())).checkpoint().accepted(
                "Mirrored and cosigned, and refused by a verdict: content is no fault of the link.",
            ),
        ),
    ]
}

fn signatures() -> Vec<Named> {
    let officer = MR.officer_key().public().id();
    let signed_by = |purpose, key: SecretKey| {
        move |leaf: &mut MessageLeaf| leaf.signatures.push(sign(&leaf.commitment, purpose, &key))
    };
    let ack = || body(&header(MR, 1, Kind::Ack));
    let bad = || bad_envelope(2, EnvelopeError::BadSignature(officer));
    let altered = |alter: fn(&mut [u8; 64])| {
        sent(&sealed(ack(), |leaf| {
            author(MR)(leaf);
            alter(&mut leaf.signatures[0].signature);
        }))
    };
    let approver = sealed(ack(), signed_by(SigningPurpose::Approver, MR.officer_key()));
    let twice = sealed(ack(), |leaf| {
        author(MR)(leaf);
        signed_by(SigningPurpose::Approver, MR.officer_key())(leaf);
    });
    let relabelled = sealed(ack(), |leaf| {
        signed_by(SigningPurpose::Approver, MR.officer_key())(leaf);
        leaf.signatures[0].purpose = SigningPurpose::Author;
    });
    let copied = {
        let Leaf::Message(other) = Leaf::decode(&message(MR, 2).leaf).unwrap() else { unreachable!() };
        sealed(ack(), |leaf| leaf.signatures = other.signatures)
    };
    let foreign = sealed(ack(), author(ML));
    let node = sealed(ack(), signed_by(SigningPurpose::Author, MR.node_key()));
    let unknown = |index, key: SecretKey| bad_envelope(index, EnvelopeError::UnknownKey(key.public().id()));
    vec![
        (
            "signature_foreign_key",
            staged(&foreign).misbehaved("An officer of ours signed.", unknown(2, ML.officer_key())),
        ),
        (
            "signature_of_node_key",
            Script::opened()
                .leaves(&[key(MR.node), node])
                .misbehaved("A published key that is no officer's.", unknown(2, MR.node_key())),
        ),
        (
            "signature_before_its_key",
            Script::opened()
                .leaves(&[honest(), key(MR.officer)])
                .misbehaved("The key is published only after the message.", unknown(1, MR.officer_key())),
        ),
        (
            "signature_altered",
            altered(|signature| signature[40] ^= 1).misbehaved("One bit of S differs.", bad()),
        ),
        ("signature_non_canonical_s", altered(add_order).misbehaved("S plus the order of the group.", bad())),
        (
            "signature_small_order_r",
            altered(|signature| signature[..32].copy_from_slice(&[&[1][..], &[0; 31]].concat()))
                .misbehaved("R is the neutral point.", bad()),
        ),
        ("signature_of_other_message", sent(&copied).misbehaved("Copied from another message.", bad())),
        (
            "signature_of_other_purpose",
            sent(&relabelled).misbehaved("Made as approver, shown as author.", bad()),
        ),
        (
            "signature_no_author",
            sent(&approver).misbehaved("Nobody wrote it.", bad_envelope(2, EnvelopeError::NoAuthor)),
        ),
        (
            "signature_same_officer_twice",
            sent(&twice).misbehaved(
                "One officer cannot stand for two.",
                bad_envelope(2, EnvelopeError::SignedTwice(officer)),
            ),
        ),
    ]
}

/// Another encoding of the same S modulo the order.
fn add_order(signature: &mut [u8; 64]) {
    let mut carry = 0_u16;
    for (byte, order) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
}
