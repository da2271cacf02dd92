use super::super::testing::{COSIGNED_AT, checkpoint, cosigner, key, receipt_key};
use super::*;

#[test]
fn the_signed_message_is_that_of_the_specification() {
    let text = checkpoint(5).text();
    let cosignature = Cosignature::sign(&text, &receipt_key(), 1_679_315_147).unwrap();
    let message = format!("cosignature/v1\ntime 1679315147\n{text}");
    assert!(receipt_key().public().verify(message.as_bytes(), &cosignature.signature).is_ok());
    assert_eq!(cosigner().verify(&text, &cosignature), Ok(()));
}

#[test]
fn a_cosignature_holds_for_one_text_time_and_key_only() {
    let text = checkpoint(5).text();
    let good = Cosignature::sign(&text, &receipt_key(), COSIGNED_AT).unwrap();
    let forged = Err(CosignatureError::Forged);
    assert_eq!(cosigner().verify(&checkpoint(6).text(), &good), forged);
    let later = Cosignature { time_seconds: COSIGNED_AT + 1, ..good };
    assert_eq!(cosigner().verify(&text, &later), forged);
    let stranger = CosignerVerifier { key: key(9).public(), ..cosigner() };
    assert_eq!(stranger.verify(&text, &good), forged);
    let plain = Cosignature { signature: receipt_key().sign(text.as_bytes()), ..good };
    assert_eq!(cosigner().verify(&text, &plain), forged);
}

#[test]
fn the_bytes_are_time_and_signature() {
    let cosignature = Cosignature { time_seconds: 0x0102_0304_0506_0708, signature: [9; SIGNATURE_LEN] };
    let bytes = cosignature.to_bytes();
    assert_eq!(bytes[..9], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(Cosignature::from_bytes(&bytes), Ok(cosignature));
    for len in [0, 8, 71, 73] {
        assert_eq!(Cosignature::from_bytes(&vec![0; len]), Err(CosignatureError::Length(len)));
    }
    assert_eq!(cosigner().line(&cosignature).to_string().rsplit(' ').next().map(str::len), Some(104));
}

#[test]
fn a_time_past_the_limit_is_neither_signed_nor_read_nor_verified() {
    let past = MAX_TIME + 1;
    assert!(Cosignature::sign("text\n", &receipt_key(), MAX_TIME).is_ok());
    assert_eq!(Cosignature::sign("text\n", &receipt_key(), past), Err(CosignatureError::Time(past)));
    let late = Cosignature { time_seconds: past, signature: [0; SIGNATURE_LEN] };
    assert_eq!(Cosignature::from_bytes(&late.to_bytes()), Err(CosignatureError::Time(past)));
    assert_eq!(cosigner().verify("text\n", &late), Err(CosignatureError::Time(past)));
}
