use proptest::prelude::*;
use signed_note::{StandardVerifier, VerifierList};

use super::super::testing::{COSIGNED_AT, cosigner, key, published, receipt_key};
use super::*;

/// The worked example of Go's `golang.org/x/mod/sumdb/note`.
const NEUMANN: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const NEUMANN_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\
    \n\
    \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

/// The key of Go's checksum database, as it is compiled into every Go tool chain.
const SUMDB: &str = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";

fn name(name: &str) -> KeyName {
    name.parse().unwrap()
}

fn text_key(label: &str, seed: u8) -> VerifierKey {
    VerifierKey::new(name(label), SignatureType::Ed25519, key(seed).public())
}

fn signed(text: &str, label: &str, seed: u8) -> Note {
    Note::new(text.to_owned(), Signature::sign(text, name(label), &key(seed))).unwrap()
}

#[test]
fn the_example_of_go_verifies() {
    let note = Note::parse(NEUMANN_NOTE.as_bytes()).unwrap();
    let known = [NEUMANN.parse().unwrap()];
    let verified = note.verify(&known).unwrap();
    assert_eq!(verified, [VerifiedSignature { key: &known[0], statement: Statement::Text }]);
    assert!(note.text().ends_with("what your problem is.\n"));
    assert_eq!(note.to_string(), NEUMANN_NOTE);
}

/// A tree head that Go's checksum database signed and served.
#[test]
fn a_checkpoint_of_the_go_checksum_database_verifies() {
    let note = "go.sum database tree\n6476701\nmb8QLQIs0Z0yP5Cstq6guj87oXWeC9gEM8oVikmm9Wk=\n\n\
        \u{2014} sum.golang.org Az3grsLX85Gz+s1SiTbgkuqxgItqFq7gsMUEyVnrsa9LM7Us9S+1xbFIGu95949rj4nPRYfvimWEPWL+o3GeoWwOoAw=\n";
    let known = [SUMDB.parse().unwrap()];
    assert!(Note::parse(note.as_bytes()).unwrap().verify(&known).is_ok());
    let grown = note.replace("6476701", "6476702");
    assert!(Note::parse(grown.as_bytes()).unwrap().verify(&known).is_err());
}

#[test]
fn known_verifier_keys_parse_and_print() {
    for vkey in [NEUMANN, SUMDB] {
        assert_eq!(vkey.parse::<VerifierKey>().unwrap().to_string(), vkey);
    }
    let cosigner = cosigner().to_verifier_key();
    assert_eq!(cosigner.signature_type(), SignatureType::CosignatureV1);
    assert_eq!(cosigner.to_string().parse(), Ok(cosigner));
}

#[test]
fn the_type_is_part_of_the_key_id() {
    let as_log = VerifierKey::new(name("n"), SignatureType::Ed25519, key(1).public());
    let as_cosigner = VerifierKey::new(name("n"), SignatureType::CosignatureV1, key(1).public());
    assert_ne!(as_log.id(), as_cosigner.id());
}

fn vkey_error(vkey: &str) -> VerifierKeyError {
    vkey.parse::<VerifierKey>().unwrap_err()
}

#[test]
fn a_faulty_verifier_key_is_refused_for_its_fault() {
    assert_eq!(vkey_error(""), VerifierKeyError::Parts);
    assert_eq!(vkey_error("name+c74f20a3"), VerifierKeyError::Parts);
    assert_eq!(vkey_error(&NEUMANN.replace("Peter", "")), id_error("c74f20a3", "Neumann"));
    assert_eq!(vkey_error(&NEUMANN.replace("Peter", "Peter ")), VerifierKeyError::Name(KeyNameError));
    assert_eq!(vkey_error(&NEUMANN.replace("PeterNeumann", "")), VerifierKeyError::Name(KeyNameError));
    assert_eq!(vkey_error(&NEUMANN.replace("c74f20a3", "C74F20A3")), id_error("C74F20A3", "PeterNeumann"));
    assert_eq!(vkey_error(&NEUMANN.replace("c74f20a3", "c74f20a4")), id_error("c74f20a4", "PeterNeumann"));
    assert_eq!(vkey_error(&format!("{NEUMANN}=")), VerifierKeyError::Base64);
    assert_eq!(vkey_error("name+00000000+"), VerifierKeyError::Base64);
    assert_eq!(vkey_error("name+00000000+AQ=="), VerifierKeyError::Key(KeyError::Length(0)));
    let of_type = |byte| format!("name+00000000+{}", text::base64(&[&[byte][..], &[9; 32]].concat()));
    for unknown in [0x00, 0x02, 0x03, 0x05, 0x06, 0xff] {
        assert_eq!(vkey_error(&of_type(unknown)), VerifierKeyError::UnknownType(unknown));
    }
    let of_small_order = format!("name+00000000+{}", text::base64(&[&[1][..], &[0; 32]].concat()));
    assert_eq!(vkey_error(&of_small_order), VerifierKeyError::Key(KeyError::NotAKey));
}

fn id_error(stated: &str, label: &str) -> VerifierKeyError {
    let key = NEUMANN.parse::<VerifierKey>().unwrap().key().clone();
    let computed = VerifierKey::new(name(label), SignatureType::Ed25519, key).id().to_string();
    VerifierKeyError::Id { stated: stated.to_owned(), computed }
}

#[test]
fn key_names_hold_no_space_plus_or_control_character() {
    for good in ["a", "karakoro/MR-ML/1", "example.com/a", "caf\u{e9}", "\u{2014}"] {
        assert_eq!(name(good).as_str(), good);
    }
    for bad in ["", " ", "a b", "a+b", "a\tb", "a\n", "a\u{a0}b", "a\u{2003}", "\u{7f}", "\0"] {
        assert_eq!(bad.parse::<KeyName>(), Err(KeyNameError), "{bad:?}");
    }
    assert!("n".repeat(MAX_NAME_LEN).parse::<KeyName>().is_ok());
    assert!("n".repeat(MAX_NAME_LEN + 1).parse::<KeyName>().is_err());
}

#[test]
fn texts_are_kept_to_the_byte() {
    for text in ["\n", "a\n", "a\n\n", "\n\n\n", "\u{2014} a AAAAAAAA\n", "  a \n\n b\n", "\u{feff}\u{e9}\n"]
    {
        let note = signed(text, "n", 1);
        let bytes = note.to_string().into_bytes();
        let parsed = Note::parse(&bytes).unwrap();
        assert_eq!(parsed.text(), text);
        assert_eq!(parsed, note);
        assert!(parsed.verify(&[text_key("n", 1)]).is_ok());
    }
}

fn parse_error(note: &str) -> NoteError {
    Note::parse(note.as_bytes()).unwrap_err()
}

fn line_error(note: &str) -> (usize, SignatureLineError) {
    match parse_error(note) {
        NoteError::SignatureLine { line, fault } => (line, fault),
        other => panic!("{note:?}: {other}"),
    }
}

#[test]
fn a_faulty_note_is_refused_for_its_fault() {
    assert_eq!(parse_error(""), NoteError::NoSeparator);
    assert_eq!(parse_error("text\n"), NoteError::NoSeparator);
    assert_eq!(parse_error("text\n\u{2014} n AAAAAAA=\n"), NoteError::NoSeparator);
    assert_eq!(parse_error("\n\u{2014} n AAAAAAA=\n"), NoteError::NoSeparator);
    assert_eq!(parse_error("text\n\n"), NoteError::SignatureEnd);
    assert_eq!(parse_error("text\n\n\u{2014} n AAAAAAA="), NoteError::SignatureEnd);
    assert_eq!(parse_error("te\txt\n\n"), NoteError::ControlCharacter { offset: 2 });
    assert_eq!(parse_error("te\rxt\n\n"), NoteError::ControlCharacter { offset: 2 });
    assert_eq!(parse_error("text\n\n\u{2014} n\0 AAAAAAA=\n"), NoteError::ControlCharacter { offset: 11 });
    assert_eq!(Note::parse(b"te\xffxt\n\n"), Err(NoteError::Utf8 { offset: 2 }));

    let long = format!("{}\n\n\u{2014} n AAAAAAA=\n", "a".repeat(MAX_TEXT_LEN));
    assert_eq!(parse_error(&long), NoteError::TooLong { limit: MAX_TEXT_LEN, found: MAX_TEXT_LEN + 1 });
    let longer = "a".repeat(MAX_NOTE_LEN + 1);
    assert_eq!(parse_error(&longer), NoteError::TooLong { limit: MAX_NOTE_LEN, found: MAX_NOTE_LEN + 1 });

    let unended = Signature::sign("text", name("n"), &key(1));
    assert_eq!(Note::new("text".to_owned(), unended), Err(NoteError::TextEnd));
}

#[test]
fn a_faulty_signature_line_is_named_with_its_place() {
    let with = |line: &str| line_error(&format!("text\n\n\u{2014} n AAAAAAA=\n{line}\n"));
    assert_eq!(with("- n AAAAAAA="), (4, SignatureLineError::Shape));
    assert_eq!(with("\u{2014}n AAAAAAA="), (4, SignatureLineError::Shape));
    assert_eq!(with("\u{2014} n"), (4, SignatureLineError::Shape));
    assert_eq!(with("\u{2014}  AAAAAAA="), (4, SignatureLineError::Name(KeyNameError)));
    assert_eq!(with("\u{2014} n+m AAAAAAA="), (4, SignatureLineError::Name(KeyNameError)));
    assert_eq!(with("\u{2014} n m AAAAAAA="), (4, SignatureLineError::Base64));
    assert_eq!(with("\u{2014} n AAAAAAA= "), (4, SignatureLineError::Base64));
    assert_eq!(with("\u{2014} n AAAAAAA"), (4, SignatureLineError::Base64));
    assert_eq!(with("\u{2014} n AAAAAAB="), (4, SignatureLineError::Base64));
    assert_eq!(with("\u{2014} n "), (4, SignatureLineError::Length(0)));
    assert_eq!(with("\u{2014} n AAAAAA=="), (4, SignatureLineError::Length(4)));
    let too_long = format!("\u{2014} n {}", text::base64(&[0; 4 + MAX_SIGNATURE_LEN + 1]));
    assert_eq!(with(&too_long), (4, SignatureLineError::Length(4 + MAX_SIGNATURE_LEN + 1)));
    // An empty line among the signatures moves the end of the text, to what is no signature then.
    assert_eq!(line_error("text\n\n\u{2014} n AAAAAAA=\n\nx\n"), (5, SignatureLineError::Shape));
}

#[test]
fn as_many_signatures_as_promised_are_accepted_and_no_more() {
    let note = |count: usize| format!("text\n\n{}", "\u{2014} n AAAAAAA=\n".repeat(count));
    for count in [1, 16, MAX_SIGNATURES] {
        assert_eq!(Note::parse(note(count).as_bytes()).unwrap().signatures().len(), count);
    }
    assert_eq!(parse_error(&note(MAX_SIGNATURES + 1)), NoteError::TooManySignatures);
    let mut full = signed("text\n", "n0", 1);
    for i in 1..MAX_SIGNATURES {
        full = full.with_signature(Signature::sign("text\n", name(&format!("n{i}")), &key(1))).unwrap();
    }
    let replaced = full.clone().with_signature(Signature::sign("text\n", name("n3"), &key(1)));
    assert_eq!(replaced.unwrap().signatures().len(), MAX_SIGNATURES);
    let one_more = Signature::sign("text\n", name("n"), &key(1));
    assert_eq!(full.with_signature(one_more), Err(NoteError::TooManySignatures));
}

#[test]
fn the_largest_note_that_can_be_made_can_be_read() {
    let signature = |i: usize| Signature {
        name: name(&format!("{i:0>MAX_NAME_LEN$}")),
        key_id: NoteKeyId([0; 4]),
        bytes: vec![7; MAX_SIGNATURE_LEN],
    };
    let text = "a".repeat(MAX_TEXT_LEN - 1) + "\n";
    let mut note = Note::new(text, signature(0)).unwrap();
    for i in 1..MAX_SIGNATURES {
        note = note.with_signature(signature(i)).unwrap();
    }
    assert_eq!(Note::parse(note.to_string().as_bytes()), Ok(note));
}

#[test]
fn a_large_signature_of_an_unknown_type_does_no_harm() {
    let post_quantum = format!("\u{2014} n {}\n", text::base64(&[7; 4 + 8 + 2420]));
    let bytes = signed("text\n", "n", 1).to_string() + &post_quantum;
    let note = Note::parse(bytes.as_bytes()).unwrap();
    assert_eq!(note.verify(&[text_key("n", 1)]).unwrap().len(), 1);
    assert_eq!(note.to_string(), bytes);
}

#[test]
fn signatures_of_unknown_keys_are_ignored_even_where_name_or_id_is_known() {
    let known = [text_key("a", 1)];
    let by_other_key = Signature::sign("other text\n", name("a"), &key(2));
    let same_id = Signature { name: name("b"), ..Signature::sign("other text\n", name("a"), &key(1)) };
    let note =
        signed("text\n", "a", 1).with_signature(by_other_key).unwrap().with_signature(same_id).unwrap();
    assert_eq!(note.signatures().len(), 3);
    assert_eq!(note.verify(&known).unwrap().len(), 1);
}

#[test]
fn one_bad_signature_of_a_known_key_condemns_the_note() {
    let known = [text_key("a", 1), text_key("b", 2)];
    let forged = Signature::sign("other text\n", name("b"), &key(2));
    let note = signed("text\n", "a", 1).with_signature(forged).unwrap();
    let refusal = |fault| VerifyError::Signature { name: name("b"), id: known[1].id(), fault };
    assert_eq!(note.verify(&known), Err(refusal(SignatureFault::Forged)));
    assert!(note.verify(&known[..1]).is_ok());

    let cut = Signature { bytes: vec![0; 63], ..Signature::sign("text\n", name("b"), &key(2)) };
    let note = signed("text\n", "a", 1).with_signature(cut).unwrap();
    let length = SignatureFault::Length { expected: SIGNATURE_LEN, found: 63 };
    assert_eq!(note.verify(&known), Err(refusal(length)));
}

#[test]
fn a_second_bad_line_of_the_same_key_is_not_overlooked() {
    let good = signed("text\n", "a", 1);
    let bad = Signature::sign("other text\n", name("a"), &key(1));
    let note = Note::parse(format!("{good}{bad}\n").as_bytes()).unwrap();
    assert!(note.verify(&[text_key("a", 1)]).is_err());
}

#[test]
fn a_note_without_a_known_signature_is_refused() {
    let note = signed("text\n", "a", 1);
    assert_eq!(note.verify(&[]), Err(VerifyError::NoKnownKey));
    assert_eq!(note.verify(&[text_key("a", 2), text_key("b", 1)]), Err(VerifyError::NoKnownKey));
}

#[test]
fn two_known_keys_of_one_name_and_id_are_refused() {
    // An honest collision is a matter of 2^32 keys, so the second one is forced to the first one's ID.
    let first = text_key("a", 1);
    let second = VerifierKey { id: first.id(), ..text_key("a", 2) };
    let note = signed("text\n", "a", 1);
    let ambiguous = VerifyError::AmbiguousKeys { name: name("a"), id: first.id() };
    assert_eq!(note.verify(&[first.clone(), second]), Err(ambiguous));
    assert!(note.verify(&[first.clone(), first]).is_ok(), "the same key twice is no ambiguity");
}

#[test]
fn cosignatures_verify_within_a_note_and_state_their_time() {
    let text = "karakoro/MR-ML/1\n";
    let cosignature = Cosignature::sign(text, &receipt_key(), COSIGNED_AT).unwrap();
    let note = Note::new(text.to_owned(), cosigner().line(&cosignature)).unwrap();
    let known = [cosigner().to_verifier_key()];
    assert_eq!(note.verify(&known).unwrap()[0].statement, Statement::Cosigned(cosignature));

    // The same bytes under the same key as a plain signature: another ID, hence another key.
    let plain = [VerifierKey::new(cosigner().name, SignatureType::Ed25519, cosigner().key)];
    assert_eq!(note.verify(&plain), Err(VerifyError::NoKnownKey));
}

/// C2SP tlog-cosignature's own example: the time stands in front of the signature.
#[test]
fn the_example_of_the_cosignature_specification_parses() {
    let line = "\u{2014} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==";
    let signature: Signature = line.parse().unwrap();
    assert_eq!(signature.to_string(), line);
    assert_eq!(signature.key_id().to_string(), "8d66cf3f");
    assert_eq!(Cosignature::from_bytes(signature.bytes()).unwrap().time_seconds, 1_679_315_147);
}

/// C2SP/CCTV: edge cases of Ed25519, each with the flags of what is odd about it.
#[test]
fn no_odd_ed25519_signature_of_the_published_vectors_verifies() {
    let Some(path) = published("ed25519/cctv.json") else { return };
    let vectors: Vec<serde_json::Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let (mut refused, mut accepted) = (0, 0);
    for vector in &vectors {
        let flags: Vec<&str> =
            vector["flags"].as_array().into_iter().flatten().map(|flag| flag.as_str().unwrap()).collect();
        let odd =
            |flag: &&str| ["low_order_A", "low_order_R"].contains(flag) || flag.starts_with("non_canonical");
        let unclear = |flag: &&str| flag.starts_with("low_order_");
        let verdict = verdict_on(vector);
        if flags.iter().any(odd) || flags.contains(&"low_order_residue") {
            assert!(!verdict, "{vector}");
            refused += 1;
        } else if !flags.iter().any(unclear) {
            assert!(verdict, "{vector}");
            accepted += 1;
        }
    }
    assert!(refused > 800, "{refused} of {}", vectors.len());
    eprintln!("refused {refused}, accepted {accepted} of {}", vectors.len());
}

fn verdict_on(vector: &serde_json::Value) -> bool {
    let bytes = |field: &str| unhex(vector[field].as_str().unwrap());
    let signature: [u8; SIGNATURE_LEN] = bytes("sig").try_into().unwrap();
    let message = vector["msg"].as_str().unwrap().as_bytes();
    PublicKey::from_bytes(&bytes("key")).is_ok_and(|key| key.verify(message, &signature).is_ok())
}

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

/// The same classes without the published file: small-order key, small-order nonce, S past the order.
#[test]
fn signatures_with_a_second_spelling_are_refused() {
    assert!(PublicKey::from_bytes(&[0; 32]).is_err());
    let public = key(1).public();
    let signature = key(1).sign(b"message");
    assert!(public.verify(b"message", &signature).is_ok());

    let mut small_nonce = signature;
    // The encoding of the neutral element.
    small_nonce[..32].fill(0);
    small_nonce[0] = 1;
    assert!(public.verify(b"message", &small_nonce).is_err());

    let mut large_s = signature;
    add_group_order(&mut large_s[32..]);
    assert!(public.verify(b"message", &large_s).is_err());
}

/// S + L is the same scalar, and the classic second spelling of a signature.
fn add_group_order(s: &mut [u8]) {
    const ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    let mut carry = 0;
    for (digit, order) in s.iter_mut().zip(unhex(ORDER)) {
        let sum = u16::from(*digit) + u16::from(order) + carry;
        *digit = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
}

fn texts() -> impl Strategy<Value = String> {
    prop::collection::vec("[ -~\u{e9}\u{2014}]{0,30}\n", 1..6).prop_map(|lines| lines.concat())
}

fn names() -> impl Strategy<Value = String> {
    "[!-*,-~\u{e9}]{1,20}"
}

fn their_verifiers(vkey: &str) -> VerifierList {
    VerifierList::new(vec![Box::new(StandardVerifier::new(vkey).unwrap())])
}

proptest! {
    #[test]
    fn another_implementation_verifies_our_notes(text in texts(), label in names(), seed: u8) {
        let note = signed(&text, &label, seed).to_string();
        let theirs = signed_note::Note::from_bytes(note.as_bytes()).unwrap();
        prop_assert_eq!(theirs.text(), text.as_bytes());
        prop_assert!(theirs.verify(&their_verifiers(&text_key(&label, seed).to_string())).is_ok());
    }

    #[test]
    fn we_verify_the_notes_of_another_implementation(text in texts(), label in names(), seed: u8) {
        let vkey = text_key(&label, seed).to_string();
        let id = u32::from_be_bytes(text_key(&label, seed).id().0);
        let signature = key(seed).sign(text.as_bytes()).to_vec();
        let line = signed_note::Signature::new(label, id, signature).unwrap();
        let bytes = signed_note::Note::new(text.as_bytes(), &[line]).unwrap().to_bytes();
        let note = Note::parse(&bytes).unwrap();
        prop_assert!(note.verify(&[vkey.parse().unwrap()]).is_ok());
        prop_assert_eq!(note.to_string().into_bytes(), bytes);
    }

    #[test]
    fn both_parsers_agree_on_damaged_notes(
        text in texts(), place: prop::sample::Index, cut in 0_usize..4, patch in "[\n \u{2014}A=+\t]{0,3}",
    ) {
        let mut note = signed(&text, "name", 1).with_signature(Signature::sign(&text, name("b"), &key(2)))
            .unwrap().to_string().into_bytes();
        let at = place.index(note.len());
        let end = note.len().min(at + cut);
        note.splice(at..end, patch.bytes());
        let ours = Note::parse(&note);
        let theirs = signed_note::Note::from_bytes(&note);
        prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{:?}", String::from_utf8_lossy(&note));
        if let (Ok(ours), Ok(theirs)) = (ours, theirs) {
            prop_assert_eq!(ours.text().as_bytes(), theirs.text());
            prop_assert_eq!(ours.to_string().into_bytes(), note);
            let vkey = text_key("name", 1).to_string();
            let our_verdict = ours.verify(&[vkey.parse().unwrap()]).is_ok();
            prop_assert_eq!(our_verdict, theirs.verify(&their_verifiers(&vkey)).is_ok());
        }
    }

    #[test]
    fn both_sides_agree_on_verifier_keys(label in names(), seed: u8, flip: prop::sample::Index, bit in 0_u8..7) {
        let vkey = text_key(&label, seed).to_string();
        prop_assert!(StandardVerifier::new(&vkey).is_ok());
        let mut damaged = vkey.into_bytes();
        let at = flip.index(damaged.len());
        damaged[at] ^= 1_u8 << bit;
        if let Ok(damaged) = String::from_utf8(damaged) && damaged.parse::<VerifierKey>().is_ok() {
            prop_assert!(StandardVerifier::new(&damaged).is_ok());
        }
    }
}
