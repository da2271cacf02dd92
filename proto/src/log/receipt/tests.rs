use super::super::checkpoint::Checkpoint;
use super::super::cosignature::Cosignature;
use super::super::merkle::{EMPTY_ROOT, root_of};
use super::super::testing::{COSIGNED_AT, checkpoint, cosigner, key, leaf_hashes, origin, receipt_key};
use super::*;

fn body() -> ReceiptBody {
    let root = root_of(leaf_hashes(9).skip(5));
    ReceiptBody::new(origin(), 5, 9, root, UnixMillis::from_seconds(COSIGNED_AT).unwrap()).unwrap()
}

fn receipt() -> Receipt {
    Receipt::sign(body(), &receipt_key())
}

#[test]
fn the_signed_text_is_as_documented() {
    let root = root_of(leaf_hashes(9).skip(5));
    let text = format!("karakoro/receipt/v1\nkarakoro/MR-ML/1\n5\n9\n{root}\n1768471445000\n");
    assert_eq!(body().text(), text);
    assert!(receipt_key().public().verify(text.as_bytes(), &receipt().signature).is_ok());
}

#[test]
fn a_receipt_verifies_under_the_receivers_key_only() {
    assert_eq!(receipt().verify(&receipt_key().public()), Ok(()));
    assert_eq!(receipt().verify(&key(9).public()), Err(ReceiptError::Forged));
    let longer = ReceiptBody { end: 10, ..body() };
    let altered = Receipt { body: longer, ..receipt() };
    assert_eq!(altered.verify(&receipt_key().public()), Err(ReceiptError::Forged));
}

#[test]
fn a_receipt_covers_its_range_only() {
    let covered: Vec<u64> = (0..20).filter(|index| receipt().covers(*index)).collect();
    assert_eq!(covered, [5, 6, 7, 8]);
}

#[test]
fn a_receipt_for_nothing_cannot_be_made() {
    for (start, end) in [(5, 5), (6, 5), (0, 0), (0, MAX_SIZE + 1)] {
        let made = ReceiptBody::new(origin(), start, end, EMPTY_ROOT, UnixMillis::default());
        assert_eq!(made, Err(ReceiptError::Range { start, end }));
    }
}

#[test]
fn a_receipt_is_no_cosignature_and_a_cosignature_no_receipt() {
    let text = checkpoint(9).text();
    let as_cosignature = Cosignature { time_seconds: COSIGNED_AT, signature: receipt().signature };
    assert!(cosigner().verify(&text, &as_cosignature).is_err());
    assert!(cosigner().verify(&body().text(), &as_cosignature).is_err());
    let cosignature = Cosignature::sign(&body().text(), &receipt_key(), COSIGNED_AT).unwrap();
    let as_receipt = Receipt { body: body(), signature: cosignature.signature };
    assert_eq!(as_receipt.verify(&receipt_key().public()), Err(ReceiptError::Forged));
    assert!(Checkpoint::parse(&body().text()).is_err());
}

#[test]
fn a_receipt_prints_as_it_parses() {
    let text = receipt().to_string();
    assert_eq!(text.lines().count(), 7);
    assert_eq!(text.parse(), Ok(receipt()));
}

#[test]
fn a_faulty_receipt_is_refused_for_its_fault() {
    let good = receipt().to_string();
    let error = |from: &str, to: &str| {
        assert!(good.contains(from));
        good.replacen(from, to, 1).parse::<Receipt>().unwrap_err()
    };
    let number = |line, found: &str| ReceiptError::Number { line, found: found.to_owned() };
    assert_eq!("".parse::<Receipt>(), Err(ReceiptError::Lines));
    assert_eq!("\n".parse::<Receipt>(), Err(ReceiptError::Lines));
    assert_eq!(good.trim_end().parse::<Receipt>(), Err(ReceiptError::Lines));
    assert_eq!(error("receipt/v1", "receipt/v2"), ReceiptError::Header);
    assert!(matches!(error("MR-ML", "MR_ML"), ReceiptError::Origin(_)));
    assert_eq!(error("\n5\n", "\n05\n"), number(3, "05"));
    assert_eq!(error("\n9\n", "\n-9\n"), number(4, "-9"));
    assert_eq!(error("\n9\n", "\n5\n"), ReceiptError::Range { start: 5, end: 5 });
    assert!(matches!(error("=\n", "\n"), ReceiptError::Root(HashError::Base64)));
    assert_eq!(error("1768471445000", "1768471445000.0"), number(6, "1768471445000.0"));
    assert_eq!(error("1768471445000", "253402207200001"), number(6, "253402207200001"));
    assert_eq!(error("signature ", "Signature "), ReceiptError::Signature);
    assert_eq!(error("==\n", "\n"), ReceiptError::Signature);
    assert_eq!(error("signature ", "\nsignature "), ReceiptError::Lines);
}

#[test]
fn no_bit_of_a_receipt_can_be_flipped() {
    let text = receipt().to_string().into_bytes();
    for at in 0..text.len() {
        for bit in 0..8 {
            let mut flipped = text.clone();
            flipped[at] ^= 1 << bit;
            let parsed = std::str::from_utf8(&flipped).ok().and_then(|text| text.parse::<Receipt>().ok());
            assert!(
                parsed.is_none_or(|receipt| receipt.verify(&receipt_key().public()).is_err()),
                "{at}.{bit}"
            );
        }
    }
}
