use super::super::merkle::leaf_hash;
use super::super::testing::{
    COSIGNED_AT, checkpoint, cosigned, cosigner, key, log_key, log_verifier, origin, receipt_key,
};
use super::*;
use crate::identity::Country;

const ROOT: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

#[test]
fn the_text_is_three_lines() {
    let empty = Checkpoint { origin: origin(), size: 0, root: EMPTY_ROOT };
    assert_eq!(empty.text(), format!("karakoro/MR-ML/1\n0\n{ROOT}\n"));
    for checkpoint in [empty, checkpoint(1), Checkpoint { size: MAX_SIZE, ..checkpoint(3) }] {
        assert_eq!(Checkpoint::parse(&checkpoint.text()), Ok(checkpoint));
    }
}

#[test]
fn a_faulty_text_is_refused_for_its_fault() {
    let error = |text: &str| Checkpoint::parse(text).unwrap_err();
    let size = |text: &str| CheckpointError::Size(text.to_owned());
    for cut in ["", "karakoro/MR-ML/1", "karakoro/MR-ML/1\n", "karakoro/MR-ML/1\n5\n"] {
        assert_eq!(error(cut), CheckpointError::Lines);
    }
    assert_eq!(error(&format!("karakoro/MR-ML/1\n5\n{ROOT}")), CheckpointError::Lines);
    assert!(matches!(error(&format!("karakoro/MR-XX1/1\n5\n{ROOT}\n")), CheckpointError::Origin(_)));
    assert!(matches!(error(&format!("example.com/log\n5\n{ROOT}\n")), CheckpointError::Origin(_)));
    for bad in ["", "05", "+5", "-5", " 5", "5 ", "0x5", "4611686018427387905", "99999999999999999999"] {
        assert_eq!(error(&format!("karakoro/MR-ML/1\n{bad}\n{ROOT}\n")), size(bad));
    }
    let with_root = |root: &str| error(&format!("karakoro/MR-ML/1\n5\n{root}\n"));
    assert_eq!(with_root(""), CheckpointError::Root(HashError::Length(0)));
    assert_eq!(with_root("AAAA"), CheckpointError::Root(HashError::Length(3)));
    assert_eq!(with_root(ROOT.trim_end_matches('=')), CheckpointError::Root(HashError::Base64));
    assert_eq!(with_root(&ROOT.replace("FU=", "FV=")), CheckpointError::Root(HashError::Base64));
    assert_eq!(with_root(&ROOT.replace('/', "_")), CheckpointError::Root(HashError::Base64));
    assert_eq!(with_root(&format!("{ROOT}\nextension")), CheckpointError::ExtensionLines);
    assert_eq!(with_root(&format!("{ROOT}\n")), CheckpointError::ExtensionLines);
    let rooted = Checkpoint { origin: origin(), size: 0, root: leaf_hash(b"") };
    assert_eq!(error(&rooted.text()), CheckpointError::RootOfNothing);
}

#[test]
fn a_signed_checkpoint_verifies_and_prints_as_it_came() {
    for signed in [SignedCheckpoint::sign(checkpoint(5), &log_key()), cosigned(checkpoint(5))] {
        let bytes = signed.to_string().into_bytes();
        let verified = SignedCheckpoint::verify(&bytes, &log_verifier()).unwrap();
        assert_eq!(verified, signed);
        assert_eq!(verified.to_string().into_bytes(), bytes);
        assert_eq!(*verified.checkpoint(), checkpoint(5));
    }
}

#[test]
fn the_signed_note_has_one_line_for_the_log_and_one_for_the_cosigner() {
    let note = cosigned(Checkpoint { origin: origin(), size: 0, root: EMPTY_ROOT }).to_string();
    let lines: Vec<&str> = note.lines().collect();
    assert_eq!(lines[..4], ["karakoro/MR-ML/1", "0", ROOT, ""]);
    assert!(lines[4].starts_with("\u{2014} karakoro/MR-ML/1 "), "{}", lines[4]);
    assert!(lines[5].starts_with("\u{2014} karakoro/ML/receipt "), "{}", lines[5]);
    let blob = lines[5].rsplit(' ').next().unwrap();
    assert_eq!(blob.len(), 104, "76 bytes: key ID, time and signature");
    assert_eq!(lines.len(), 6);
}

/// The same note made by OpenSSL and sha256sum, from the seeds 01…01 (log) and 02…02 (receipt).
#[test]
fn a_note_made_by_other_means_has_the_same_bytes() {
    let made = format!(
        "karakoro/MR-ML/1\n0\n{ROOT}\n\n\
         \u{2014} karakoro/MR-ML/1 FAxNSggObV65sIgexdvb/NZHR8bFGJk4rRYiOsKG7WhoH8pnJmMzua1FwBqgZPPwi0XpHex3Henxe3RoOGkrrD5evw0=\n\
         \u{2014} karakoro/ML/receipt 2eU7cgAAAABpaLuVYTkpW0QAT4MJWP0FZzrveAvfrxZASiCDcLJti0QbNg4WIpvenRiPQlJ3utqA3/gN/qG3gpzldJLqWY2aV8snAQ==\n"
    );
    assert_eq!(cosigned(Checkpoint { origin: origin(), size: 0, root: EMPTY_ROOT }).to_string(), made);
}

#[test]
fn another_logs_checkpoint_is_refused_even_under_the_same_key() {
    let other = Origin::link(Country::ML, Country::MR);
    let signed = SignedCheckpoint::sign(Checkpoint { origin: other, ..checkpoint(5) }, &log_key());
    let verdict = SignedCheckpoint::verify(signed.to_string().as_bytes(), &log_verifier());
    assert_eq!(verdict, Err(CheckpointError::Unverified(VerifyError::NoKnownKey)));

    // The right name and key on the signature line, under the text of another log.
    let text = Checkpoint { origin: other, ..checkpoint(5) }.text();
    let signature = Signature::sign(&text, origin().into(), &log_key());
    let note = Note::new(text, signature).unwrap().to_string();
    let verdict = SignedCheckpoint::verify(note.as_bytes(), &log_verifier());
    assert_eq!(verdict, Err(CheckpointError::OtherOrigin { expected: origin(), found: other }));
}

#[test]
fn another_key_does_not_speak_for_the_log() {
    let signed = SignedCheckpoint::sign(checkpoint(5), &key(9)).to_string();
    let verdict = SignedCheckpoint::verify(signed.as_bytes(), &log_verifier());
    assert_eq!(verdict, Err(CheckpointError::Unverified(VerifyError::NoKnownKey)));
}

#[test]
fn a_signed_text_with_extension_lines_is_refused() {
    let text = checkpoint(5).text() + "extension\n";
    let signature = Signature::sign(&text, origin().into(), &log_key());
    let note = Note::new(text, signature).unwrap().to_string();
    let verdict = SignedCheckpoint::verify(note.as_bytes(), &log_verifier());
    assert_eq!(verdict, Err(CheckpointError::ExtensionLines));
}

#[test]
fn a_cosignature_is_found_in_the_note_with_its_time() {
    let bytes = cosigned(checkpoint(5)).to_string();
    let verified = SignedCheckpoint::verify(bytes.as_bytes(), &log_verifier()).unwrap();
    assert_eq!(verified.cosignature(&cosigner()).unwrap().time_seconds, COSIGNED_AT);
    let stranger = CosignerVerifier { key: key(9).public(), ..cosigner() };
    assert_eq!(verified.cosignature(&stranger), Err(VerifyError::NoKnownKey));
    let uncosigned = SignedCheckpoint::sign(checkpoint(5), &log_key());
    assert_eq!(uncosigned.cosignature(&cosigner()), Err(VerifyError::NoKnownKey));
}

#[test]
fn a_newer_cosignature_takes_the_place_of_the_older_one() {
    let later = Cosignature::sign(&checkpoint(5).text(), &receipt_key(), COSIGNED_AT + 9).unwrap();
    let signed = cosigned(checkpoint(5)).with_cosignature(&cosigner(), &later).unwrap();
    assert_eq!(signed.note().signatures().len(), 2);
    assert_eq!(signed.cosignature(&cosigner()), Ok(later));
}

#[test]
fn a_cosignature_of_another_checkpoint_is_not_attached() {
    let other = Cosignature::sign(&checkpoint(4).text(), &receipt_key(), COSIGNED_AT).unwrap();
    let signed = SignedCheckpoint::sign(checkpoint(5), &log_key());
    assert!(matches!(
        signed.with_cosignature(&cosigner(), &other),
        Err(CheckpointError::Unverified(VerifyError::Signature { .. }))
    ));
}

#[test]
fn a_third_cosigner_finds_room() {
    let third = CosignerVerifier { name: "example.org/witness".parse().unwrap(), key: key(7).public() };
    let cosignature = Cosignature::sign(&checkpoint(5).text(), &key(7), COSIGNED_AT).unwrap();
    let signed = cosigned(checkpoint(5)).with_cosignature(&third, &cosignature).unwrap();
    let verified = SignedCheckpoint::verify(signed.to_string().as_bytes(), &log_verifier()).unwrap();
    assert!(verified.cosignature(&cosigner()).is_ok() && verified.cosignature(&third).is_ok());
}

#[test]
fn no_bit_of_a_cosigned_note_can_be_flipped() {
    let note = cosigned(checkpoint(5)).to_string().into_bytes();
    let holds = |bytes: &[u8]| {
        SignedCheckpoint::verify(bytes, &log_verifier())
            .is_ok_and(|note| note.cosignature(&cosigner()).is_ok())
    };
    assert!(holds(&note));
    for at in 0..note.len() {
        for bit in 0..8 {
            let mut flipped = note.clone();
            flipped[at] ^= 1 << bit;
            assert!(!holds(&flipped), "byte {at}, bit {bit}");
        }
        assert!(!holds(&note[..at]), "cut at {at}");
    }
}
