//! What holds for every parser of this module: no bytes make it panic, and what it accepts prints back
//! as it came.

use std::fmt::Display;

use proptest::prelude::*;

use super::checkpoint::{Checkpoint, SignedCheckpoint};
use super::merkle::{EMPTY_ROOT, Frontier, Hash};
use super::note::{KeyName, Note, Signature, VerifierKey};
use super::policy::Policy;
use super::receipt::{Receipt, ReceiptBody};
use super::testing::{checkpoint, cosigned, cosigner, leaf_hashes, log_verifier, origin, receipt_key};
use super::tile::{TilePath, decode_entries, encode_entries};
use super::tlog_proof::TlogProof;
use crate::time::UnixMillis;

fn same<T: Display, E>(parsed: Result<T, E>, bytes: &[u8]) {
    if let Ok(value) = parsed {
        assert_eq!(value.to_string().as_bytes(), bytes);
    }
}

fn feed_every_parser(bytes: &[u8]) {
    same(Note::parse(bytes), bytes);
    same(SignedCheckpoint::verify(bytes, &log_verifier()), bytes);
    same(TlogProof::parse(bytes), bytes);
    if let Ok(policy) = Policy::parse(bytes) {
        // Comments are left out, so only the second printing is bound to be the same.
        assert_eq!(policy.to_string().parse(), Ok(policy));
    }
    if let Ok(frontier) = Frontier::from_bytes(bytes) {
        assert_eq!(frontier.to_bytes(), bytes);
        assert_eq!(frontier.root() == EMPTY_ROOT, frontier.size() == 0);
    }
    for width in [1, 2, 256] {
        if let Ok(entries) = decode_entries(bytes, width) {
            assert_eq!(encode_entries(entries).as_deref(), Ok(bytes));
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        same(text.parse::<Hash>(), bytes);
        same(text.parse::<KeyName>(), bytes);
        same(text.parse::<VerifierKey>(), bytes);
        same(text.parse::<Signature>(), bytes);
        same(text.parse::<Receipt>(), bytes);
        same(text.parse::<TilePath>(), bytes);
        same(Checkpoint::parse(text).map(|checkpoint| checkpoint.text()), bytes);
    }
}

fn well_formed_samples() -> Vec<Vec<u8>> {
    let signed = cosigned(checkpoint(3));
    let (log, witness) = (log_verifier().to_verifier_key(), cosigner().to_verifier_key());
    let body = ReceiptBody::new(origin(), 0, 3, checkpoint(3).root, UnixMillis::default()).unwrap();
    let path: Vec<Hash> = leaf_hashes(3).collect();
    let proof = TlogProof { extra: Some(vec![1]), index: 1, path, checkpoint: signed.note().clone() };
    let mut frontier = Frontier::new();
    leaf_hashes(7).for_each(|leaf| frontier.push(leaf));
    let texts = [
        signed.to_string(),
        checkpoint(3).text(),
        signed.note().signatures()[1].to_string(),
        log.to_string(),
        format!("# c\nlog {log}\nwitness a {witness} u\ngroup g 1 a\nquorum g\n"),
        Receipt::sign(body, &receipt_key()).to_string(),
        proof.to_string(),
        "tile/0/x001/x234/067.p/17".to_owned(),
        checkpoint(3).root.to_string(),
    ];
    let bundle = encode_entries([&b"ab"[..], b""]).unwrap();
    texts.into_iter().map(String::into_bytes).chain([frontier.to_bytes(), bundle]).collect()
}

#[test]
fn well_formed_samples_print_as_they_came() {
    well_formed_samples().iter().for_each(|sample| feed_every_parser(sample));
}

proptest! {
    #[test]
    fn no_bytes_make_a_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        feed_every_parser(&bytes);
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in "([a-z0-9A=+/.# ]|\n|\u{2014}|\u{e9}){0,120}") {
        feed_every_parser(text.as_bytes());
    }

    #[test]
    fn no_damage_to_a_well_formed_file_makes_a_parser_panic_or_accept_a_second_spelling(
        which: prop::sample::Index, place: prop::sample::Index, cut in 0_usize..5,
        patch in prop::collection::vec(prop::sample::select(b"\n =+0x/\xe2A\xff".to_vec()), 0..4),
    ) {
        let samples = well_formed_samples();
        let mut bytes = which.get(&samples).clone();
        let at = place.index(bytes.len());
        let end = bytes.len().min(at + cut);
        bytes.splice(at..end, patch);
        feed_every_parser(&bytes);
    }
}
