//! Frames as such, whatever they say.

use super::*;
use crate::wire::WireError;

/// Leaves from entry 1 on, spelt by hand: the field's number and length, then this.
fn spelt(leaves: &[u8]) -> Vec<u8> {
    [&[0x12, u8::try_from(leaves.len()).unwrap()], leaves].concat()
}

/// One leaf of an unknown kind, as a field of such a frame.
const LEAF: &[u8] = &[0x12, 0x02, 0x01, 0xc8];

pub(super) fn cases() -> Vec<Named> {
    let non_canonical = || Malformed::Frame(WireError::NonCanonical);
    let spelling = |leaves: &[u8]| Script::opened().says_bytes(spelt(&[leaves, LEAF].concat()));
    let hello = Frame::Hello(Script::silent().hello()).encode();
    let with_unknown = [&hello[..], &[0xba, 0x3e, 0x01, b'x']].concat();
    let mut oversize = Script::silent();
    oversize.inputs.push(Input::Zeros(MAX_FRAME_BYTES + 1));
    let mut late = Script::silent();
    late.inputs.push(Input::Wait(HELLO_TIMEOUT));
    let garbage = Bytes::from_static(&[0xff]);
    let no_protobuf = Frame::decode(garbage.clone()).unwrap_err();
    let out_of_turn = |frame: Frame| {
        let claim = "Before the hello nothing else may be said.";
        Script::silent().says(frame).misbehaved(claim, PeerMisbehaved::FrameOutOfTurn)
    };
    vec![
        (
            "frame_too_large",
            oversize.malformed(
                "One byte more than a frame may have.",
                Malformed::FrameTooLarge(MAX_FRAME_BYTES + 1),
            ),
        ),
        (
            "frame_empty",
            Script::silent()
                .says_bytes(Bytes::new())
                .malformed("A frame says something.", Malformed::EmptyFrame),
        ),
        (
            "frame_not_protobuf",
            Script::silent().says_bytes(garbage).malformed("A key that never ends.", no_protobuf),
        ),
        (
            "frame_unknown_field",
            Script::silent()
                .says_bytes(with_unknown)
                .malformed("A field that the schema does not have.", non_canonical()),
        ),
        (
            "frame_appended",
            Script::silent()
                .says_bytes([&hello[..], &hello[..]].concat())
                .malformed("Protobuf would merge two messages into one.", non_canonical()),
        ),
        ("frame_canonical", spelling(&[0x08, 0x01]).accepted("The one spelling of a frame of leaves.")),
        (
            "frame_repeated_scalar",
            spelling(&[0x08, 0x01, 0x08, 0x01])
                .malformed("A number that stands there twice.", non_canonical()),
        ),
        (
            "frame_number_not_minimal",
            spelling(&[0x08, 0x81, 0x00]).malformed("A number in more bytes than it needs.", non_canonical()),
        ),
        (
            "frame_fields_out_of_order",
            Script::opened()
                .says_bytes(spelt(&[LEAF, &[0x08, 0x01]].concat()))
                .malformed("The fields of a message stand in the order of their numbers.", non_canonical()),
        ),
        (
            "frame_default_written",
            spelling(&[0x08, 0x00])
                .malformed("A zero that is written although it is the default.", non_canonical()),
        ),
        (
            "frame_too_many_parts",
            Script::opened()
                .says_bytes([&[0x1a, 0xa0, 0x9c, 0x01][..], &[0x0a, 0x00].repeat(10_000)].concat())
                .malformed(
                    "Parts that take far more memory than bytes on the wire.",
                    Malformed::TooManyParts(10_001),
                ),
        ),
        (
            "hello_twice",
            Script::opened()
                .says_bytes(hello)
                .misbehaved("A session has one hello each way.", PeerMisbehaved::FrameOutOfTurn),
        ),
        ("hello_late", late.misbehaved("No hello within 30 seconds.", PeerMisbehaved::NoHello)),
        ("leaves_before_hello", out_of_turn(leaves(1, &[key(MR.officer)]))),
        (
            "bodies_before_hello",
            out_of_turn(Frame::Bodies(frame::Bodies { bodies: vec![indexed(1, &message(MR, 1))] })),
        ),
        ("checkpoint_before_hello", out_of_turn(note_frame(&sides()[0].own.newest()))),
        ("receipt_before_hello", out_of_turn(evidence::receipt(&sides()[1], 1, 3))),
        ("cosignature_before_hello", out_of_turn(evidence::cosignature(&sides()[1], 3))),
    ]
}
