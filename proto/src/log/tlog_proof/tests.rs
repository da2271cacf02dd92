use super::super::checkpoint::SignedCheckpoint;
use super::super::merkle::{EMPTY_ROOT, leaf_hash};
use super::super::proof::InclusionProver;
use super::super::testing::{
    checkpoint, cosigned, cosigner, entry, leaf_hashes, log_key, log_verifier, origin,
};
use super::*;

fn policy() -> Policy {
    let (log, witness) = (log_verifier().to_verifier_key(), cosigner().to_verifier_key());
    format!("log {log}\nwitness mali {witness}\nquorum mali\n").parse().unwrap()
}

fn proof_in(index: u64, size: u64, checkpoint: &SignedCheckpoint) -> TlogProof {
    let mut prover = InclusionProver::new(index, size).unwrap();
    leaf_hashes(size).for_each(|leaf| prover.push(leaf));
    let path = prover.finish().unwrap().path;
    TlogProof { extra: None, index, path, checkpoint: checkpoint.note().clone() }
}

fn proof(index: u64, size: u64) -> TlogProof {
    proof_in(index, size, &cosigned(checkpoint(size)))
}

#[test]
fn the_file_is_laid_out_as_specified() {
    let proof = TlogProof { extra: Some(b"why".to_vec()), ..proof(1, 3) };
    let [first, _, third] = [0, 1, 2].map(|i| leaf_hash(&entry(i)));
    let expected = format!(
        "c2sp.org/tlog-proof@v1\nextra d2h5\nindex 1\n{first}\n{third}\n\n{}",
        cosigned(checkpoint(3))
    );
    assert_eq!(proof.to_string(), expected);
}

#[test]
fn a_proof_verifies_and_prints_as_it_parses() {
    for (index, size) in [(0, 1), (0, 2), (4, 5), (2, 9)] {
        for extra in [None, Some(Vec::new()), Some(vec![0, 255])] {
            let proof = TlogProof { extra, ..proof(index, size) };
            let parsed: TlogProof = proof.to_string().parse().unwrap();
            assert_eq!(parsed, proof);
            let proven = parsed.verify(leaf_hash(&entry(index)), &policy()).unwrap();
            assert_eq!(proven.checkpoint, checkpoint(size));
            assert!(proven.standing.quorum_met);
            assert_eq!(proven.standing.log_signed, Some(origin().into()));
        }
    }
}

#[test]
fn a_proof_shows_one_leaf_at_one_place_only() {
    let good = proof(2, 9);
    let root = Err(TlogProofError::Inclusion(ProofError::Root));
    assert_eq!(good.verify(leaf_hash(b"another"), &policy()), root);
    let moved = TlogProof { index: 3, ..good.clone() };
    assert_eq!(moved.verify(leaf_hash(&entry(2)), &policy()), root);
    let outside = TlogProof { index: 9, ..good.clone() };
    let no_leaf = Err(TlogProofError::Inclusion(ProofError::Index { index: 9, size: 9 }));
    assert_eq!(outside.verify(leaf_hash(&entry(2)), &policy()), no_leaf);
    let longer = TlogProof { path: [&good.path[..], &[EMPTY_ROOT]].concat(), ..good };
    let length = Err(TlogProofError::Inclusion(ProofError::Length { expected: 4, found: 5 }));
    assert_eq!(longer.verify(leaf_hash(&entry(2)), &policy()), length);
}

#[test]
fn a_proof_without_the_quorum_proves_nothing() {
    let uncosigned = proof_in(2, 9, &SignedCheckpoint::sign(checkpoint(9), &log_key()));
    let verdict = uncosigned.verify(leaf_hash(&entry(2)), &policy());
    assert!(matches!(verdict, Err(TlogProofError::Policy(PolicyFailure::NoQuorum(_)))));
}

#[test]
fn a_faulty_file_is_refused_for_its_fault() {
    let good = TlogProof { extra: Some(b"why".to_vec()), ..proof(1, 3) }.to_string();
    let error = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        TlogProof::parse(good.replacen(from, to, 1).as_bytes()).unwrap_err()
    };
    assert_eq!(error("@v1", "@v2"), TlogProofError::Header);
    assert_eq!(error("c2sp", "\nc2sp"), TlogProofError::Header);
    assert_eq!(error("extra d2h5", "extra d2h5="), TlogProofError::Extra);
    assert_eq!(error("extra d2h5", "Extra d2h5"), TlogProofError::Index { line: 2 });
    assert_eq!(error("extra d2h5", "extra d2h5\nextra d2h5"), TlogProofError::Index { line: 3 });
    for bad in ["index 01", "index  1", "index -1", "index 1 ", "index", "Index 1", ""] {
        assert_eq!(error("index 1", bad), TlogProofError::Index { line: 3 }, "{bad:?}");
    }
    let hash = leaf_hash(&entry(2)).to_string();
    let bad_hash = |fault| TlogProofError::Hash { line: 5, fault };
    assert_eq!(error(&hash, &format!("{hash} ")), bad_hash(HashError::Base64));
    assert_eq!(error(&hash, "AAAA"), bad_hash(HashError::Length(3)));
    let many = format!("{hash}\n").repeat(MAX_PROOF_HASHES);
    assert_eq!(error(&hash, &(many + &hash)), TlogProofError::TooManyHashes);
    let note = |fault| TlogProofError::Note { after_line: 6, fault };
    assert_eq!(error("\nkarakoro/MR-ML/1", "\nkarakoro\t"), note(NoteError::ControlCharacter { offset: 8 }));
    let (head, _) = good.split_once("\n\n").unwrap();
    assert_eq!(TlogProof::parse(head.as_bytes()), Err(TlogProofError::Truncated));
    assert_eq!(TlogProof::parse(b""), Err(TlogProofError::Truncated));
    assert_eq!(TlogProof::parse(b"\xff"), Err(TlogProofError::Utf8 { offset: 0 }));
    assert_eq!(TlogProof::parse(&vec![b'\n'; MAX_LEN + 1]), Err(TlogProofError::TooLong(MAX_LEN + 1)));
    let extra = text::base64(&vec![0; MAX_EXTRA_LEN + 1]);
    assert_eq!(error("d2h5", &extra), TlogProofError::Extra);
}

#[test]
fn no_bit_of_what_a_proof_commits_to_can_be_flipped() {
    let good = proof(2, 9).to_string().into_bytes();
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut flipped = good.clone();
            flipped[at] ^= 1 << bit;
            let verdict =
                TlogProof::parse(&flipped).and_then(|proof| proof.verify(leaf_hash(&entry(2)), &policy()));
            assert!(verdict.is_err(), "byte {at}, bit {bit}");
        }
    }
}
