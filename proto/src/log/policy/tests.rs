use super::super::checkpoint::SignedCheckpoint;
use super::super::cosignature::CosignerVerifier;
use super::super::note::Signature;
use super::super::testing::{
    COSIGNED_AT, checkpoint, cosigned, cosigner, key, log_key, log_verifier, origin,
};
use super::*;

fn witness(label: &str, seed: u8) -> CosignerVerifier {
    CosignerVerifier { name: format!("example.org/{label}").parse().unwrap(), key: key(seed).public() }
}

fn witness_line(label: &str, seed: u8) -> String {
    format!("witness {label} {}\n", witness(label, seed).to_verifier_key())
}

fn log_line() -> String {
    format!("log {}\n", log_verifier().to_verifier_key())
}

/// The two levels of the specification's example.
fn two_levels() -> String {
    let witnesses: String = [("X1", 11), ("X2", 12), ("X3", 13), ("Y1", 21), ("Y2", 22), ("Y3", 23)]
        .map(|(label, seed)| witness_line(label, seed))
        .concat();
    log_line()
        + &witnesses
        + "group X-witnesses 2 X1 X2 X3\n\
           group Y-witnesses any Y1 Y2 Y3\n\
           group X-and-Y all X-witnesses Y-witnesses\n\
           quorum X-and-Y\n"
}

fn cosigned_by(witnesses: &[(&str, u8)]) -> Note {
    let signed = SignedCheckpoint::sign(checkpoint(5), &log_key());
    let cosigned = witnesses.iter().fold(signed, |signed, (label, seed)| {
        let cosignature = Cosignature::sign(signed.note().text(), &key(*seed), COSIGNED_AT).unwrap();
        signed.with_cosignature(&witness(label, *seed), &cosignature).unwrap()
    });
    cosigned.note().clone()
}

fn bilateral() -> String {
    format!("{}witness mali {}\nquorum mali\n", log_line(), cosigner().to_verifier_key())
}

#[test]
fn a_policy_prints_as_it_parses() {
    for file in [bilateral(), two_levels(), "quorum none\n".to_owned()] {
        assert_eq!(file.parse::<Policy>().unwrap().to_string(), file);
    }
}

#[test]
fn comments_blank_lines_white_space_and_urls_are_read() {
    let file = format!(
        "# caf\u{e9}\n\n \t \n\t# indented\n  log\t{}   https://mr.example/log \nwitness mali {} https://ml.example\nquorum\tmali  \n",
        log_verifier().to_verifier_key(),
        cosigner().to_verifier_key()
    );
    let policy: Policy = file.parse().unwrap();
    assert_eq!(policy.logs()[0].url.as_deref(), Some("https://mr.example/log"));
    assert_eq!(policy.witnesses()[0].url.as_deref(), Some("https://ml.example"));
    assert_eq!(policy.quorum(), &Quorum::Name("mali".to_owned()));
    assert_eq!(policy.to_string().parse(), Ok(policy));
}

#[test]
fn both_countries_together_satisfy_the_bilateral_policy() {
    let policy: Policy = bilateral().parse().unwrap();
    let standing = policy.check(cosigned(checkpoint(5)).note()).unwrap();
    assert_eq!(standing.log_signed, Some(origin().into()));
    assert_eq!(standing.witnesses[0].name, "mali");
    assert_eq!(standing.witnesses[0].cosignature.time_seconds, COSIGNED_AT);
}

#[test]
fn one_country_alone_does_not() {
    let policy: Policy = bilateral().parse().unwrap();
    let uncosigned = SignedCheckpoint::sign(checkpoint(5), &log_key());
    let failure = policy.check(uncosigned.note()).unwrap_err();
    let PolicyFailure::NoQuorum(standing) = failure else { panic!("{failure}") };
    assert_eq!((standing.log_signed, standing.quorum_met), (Some(origin().into()), false));

    let text = checkpoint(5).text();
    let cosignature = Cosignature::sign(&text, &key(2), COSIGNED_AT).unwrap();
    let unsigned = Note::new(text, cosigner().line(&cosignature)).unwrap();
    assert_eq!(policy.check(&unsigned), Err(PolicyFailure::NoLog));
    assert_eq!(policy.standing(&unsigned).unwrap().witnesses.len(), 1);
}

#[test]
fn a_bad_cosignature_condemns_the_note_even_beyond_the_quorum() {
    let policy: Policy = two_levels().parse().unwrap();
    let stray = Cosignature::sign("another text\n", &key(13), COSIGNED_AT).unwrap();
    let note = cosigned_by(&[("X1", 11), ("X2", 12), ("Y1", 21)]);
    assert!(policy.check(&note).is_ok());
    let note = note.with_signature(witness("X3", 13).line(&stray)).unwrap();
    assert!(matches!(policy.check(&note), Err(PolicyFailure::Unverified(VerifyError::Signature { .. }))));
}

#[test]
fn a_log_vouches_for_its_own_origin_only() {
    let file = format!("{}quorum none\n", log_line());
    let policy: Policy = file.parse().unwrap();
    let text = checkpoint(5).text().replace("MR-ML", "ML-MR");
    let signature = Signature::sign(&text, origin().into(), &log_key());
    let note = Note::new(text, signature).unwrap();
    assert_eq!(policy.check(&note), Err(PolicyFailure::NoLog));
}

#[test]
fn groups_count_their_members_up_to_the_quorum() {
    let policy: Policy = two_levels().parse().unwrap();
    for (witnesses, met) in [
        (&[("X1", 11), ("X2", 12), ("Y1", 21)][..], true),
        (&[("X1", 11), ("X3", 13), ("Y3", 23)], true),
        (&[("X1", 11), ("X2", 12), ("X3", 13)], false),
        (&[("X1", 11), ("Y1", 21), ("Y2", 22), ("Y3", 23)], false),
        (&[], false),
        // Their key, under another name.
        (&[("X1", 11), ("X2", 12), ("Y9", 21)], false),
    ] {
        let note = cosigned_by(witnesses);
        assert_eq!(policy.standing(&note).unwrap().quorum_met, met, "{witnesses:?}");
        assert_eq!(policy.check(&note).is_ok(), met);
    }
}

#[test]
fn two_cosignatures_of_one_witness_count_once() {
    let file =
        log_line() + &witness_line("A", 11) + &witness_line("B", 12) + "group both 2 A B\nquorum both\n";
    let policy: Policy = file.parse().unwrap();
    let note = cosigned_by(&[("A", 11)]);
    let later = Cosignature::sign(note.text(), &key(11), COSIGNED_AT + 1).unwrap();
    let twice = Note::parse(format!("{note}{}\n", witness("A", 11).line(&later)).as_bytes()).unwrap();
    let standing = policy.standing(&twice).unwrap();
    assert_eq!((standing.witnesses.len(), standing.quorum_met), (2, false));
}

fn line_error(file: &str) -> (usize, PolicyLineError) {
    match file.parse::<Policy>() {
        Err(PolicyError::Line { line, fault }) => (line, fault),
        other => panic!("{file:?}: {other:?}"),
    }
}

#[test]
fn a_faulty_line_is_named_with_its_number_and_fault() {
    use PolicyLineError as Fault;
    let (a, b) = (witness_line("A", 11), witness_line("B", 12));
    let after = |line: &str| line_error(&format!("{a}{b}{line}\nquorum none\n"));
    let shape = [
        "log",
        "witness",
        "witness C",
        "group",
        "group g",
        "quorum",
        "quorum A B",
        "quroum A",
        "LOG x",
        "quorum none # why",
    ];
    for bad in shape {
        assert_eq!(after(bad), (3, Fault::Shape), "{bad}");
    }
    let three_words = format!("{} https://a https://b", log_line().trim_end());
    assert_eq!(after(&three_words), (3, Fault::Shape));
    assert_eq!(after("quorum\rA"), (3, Fault::ControlCharacter));
    assert_eq!(after("# \u{7f}"), (3, Fault::ControlCharacter));
    assert_eq!(after("log nonsense"), (3, Fault::Key(VerifierKeyError::Parts)));
    let (text, cosign) = (SignatureType::Ed25519, SignatureType::CosignatureV1);
    let cosigner_as_log = format!("log {}", cosigner().to_verifier_key());
    assert_eq!(after(&cosigner_as_log), (3, Fault::KeyType { expected: text, found: cosign }));
    let log_as_witness = format!("witness C {}", log_verifier().to_verifier_key());
    assert_eq!(after(&log_as_witness), (3, Fault::KeyType { expected: cosign, found: text }));

    let same_key =
        |line: String| matches!(line_error(&format!("{a}{line}quorum none\n")), (2, Fault::KeyTwice(_)));
    assert!(same_key(witness_line("C", 11)), "a second name does not make a second witness");
    let as_log = VerifierKey::new(origin().into(), text, key(11).public());
    assert!(same_key(format!("log {as_log}\n")), "nor does a second role");

    let vkey = witness("C", 13).to_verifier_key();
    assert_eq!(after(&format!("witness none {vkey}")), (3, Fault::Name("none".to_owned())));
    assert_eq!(after(&format!("witness #C {vkey}")), (3, Fault::Name("#C".to_owned())));
    assert_eq!(after(&format!("witness A {vkey}")), (3, Fault::NameTwice("A".to_owned())));
    assert_eq!(after("group A any B"), (3, Fault::NameTwice("A".to_owned())));
    assert_eq!(after("group g any C"), (3, Fault::UnknownName("C".to_owned())));
    assert_eq!(after("group g any none"), (3, Fault::UnknownName("none".to_owned())));
    assert_eq!(after("group g any g"), (3, Fault::UnknownName("g".to_owned())));
    assert_eq!(after("group g any A A"), (3, Fault::MemberTwice("A".to_owned())));
    assert_eq!(after("group g any A\ngroup h any A B"), (4, Fault::MemberTwice("A".to_owned())));
    for bad in ["0x1", "01", "-1", "most", "+1"] {
        assert_eq!(after(&format!("group g {bad} A B")), (3, Fault::ThresholdWord(bad.to_owned())));
    }
    assert_eq!(after("group g 0 A B"), (3, Fault::Threshold { needed: 0, members: 2 }));
    assert_eq!(after("group g 3 A B"), (3, Fault::Threshold { needed: 3, members: 2 }));
    assert_eq!(after("group g all"), (3, Fault::Threshold { needed: 0, members: 0 }));
    assert_eq!(after("quorum C"), (3, Fault::UnknownName("C".to_owned())));
    assert_eq!(after("quorum A"), (4, Fault::QuorumTwice));
}

#[test]
fn a_faulty_file_is_refused_for_its_fault() {
    assert_eq!("".parse::<Policy>(), Err(PolicyError::Unterminated));
    assert_eq!("quorum none".parse::<Policy>(), Err(PolicyError::Unterminated));
    assert_eq!("\n".parse::<Policy>(), Err(PolicyError::NoQuorum));
    assert_eq!(log_line().parse::<Policy>(), Err(PolicyError::NoQuorum));
    assert_eq!(Policy::parse(b"# \xff\n"), Err(PolicyError::Utf8 { offset: 2 }));
    let long = "\n".repeat(MAX_POLICY_LEN + 1);
    assert_eq!(long.parse::<Policy>(), Err(PolicyError::TooLong(MAX_POLICY_LEN + 1)));
}

#[test]
fn as_many_items_as_recommended_are_accepted_and_no_more_than_the_limit() {
    let witnesses = |count: u8| {
        (0..count).map(|i| witness_line(&format!("w{i}"), i)).collect::<String>() + "quorum none\n"
    };
    assert_eq!(witnesses(32).parse::<Policy>().unwrap().witnesses().len(), 32);
    let mut draft = PolicyDraft::default();
    draft
        .add_witness(PolicyWitness {
            name: "A".to_owned(),
            key: witness("A", 1).to_verifier_key(),
            url: None,
        })
        .unwrap();
    let group =
        |name: String, member: String| PolicyGroup { name, threshold: Threshold::Any, members: vec![member] };
    draft.add_group(group("g0".to_owned(), "A".to_owned())).unwrap();
    for i in 1..MAX_ITEMS {
        draft.add_group(group(format!("g{i}"), format!("g{}", i - 1))).unwrap();
    }
    let one_more = draft.add_group(group("one-more".to_owned(), "g255".to_owned()));
    assert_eq!(one_more, Err(PolicyLineError::TooMany));
    // The longest chain of groups is settled without recursion.
    let policy = draft.finish(Quorum::Name("g255".to_owned())).unwrap();
    assert!(policy.standing(&cosigned_by(&[("A", 1)])).unwrap().quorum_met);
}

#[test]
fn a_policy_made_by_hand_is_checked_as_one_that_is_read() {
    let unknown = PolicyDraft::default().finish(Quorum::Name("A".to_owned()));
    assert_eq!(unknown, Err(PolicyError::Quorum(PolicyLineError::UnknownName("A".to_owned()))));
    let mut draft = PolicyDraft::default();
    let log = |url: &str| PolicyLog { key: log_verifier().to_verifier_key(), url: Some(url.to_owned()) };
    assert_eq!(draft.add_log(log("a b")), Err(PolicyLineError::Url("a b".to_owned())));
    assert_eq!(draft.add_log(log("")), Err(PolicyLineError::Url(String::new())));
    assert_eq!(draft.add_log(log("https://a")), Ok(()));
}
