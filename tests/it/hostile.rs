//! A peer with valid keys that does not keep to the protocol: told why, cut off, and without effect.

use karakoro_proto::domain::Tlp;
use karakoro_proto::envelope::{self, Body, Header, Opening, Station};
use karakoro_proto::error::CloseCode;
use karakoro_proto::identity::home::Slot;
use karakoro_proto::identity::{Country, Origin};
use karakoro_proto::key::SecretKey;
use karakoro_proto::leaf::{Leaf, MessageLeaf, SigningPurpose, Verdict, VerdictLeaf};
use karakoro_proto::log::checkpoint::{Checkpoint, SignedCheckpoint};
use karakoro_proto::log::merkle::{Hash, leaf_hash};
use karakoro_proto::refusal::RefusalCode;
use karakoro_proto::service::Status;
use karakoro_tests::countries::{Countries, Home};
use karakoro_tests::files::snapshot;
use karakoro_tests::hostile::{self as wire, Impostor};
use karakoro_tests::officer::{Officer, alert};
use karakoro_tests::running::{self, Node};
use karakoro_tests::{agreement, wait};

/// The words that no log line may repeat.
const SECRET: &str = "Zouérat-Kiffa";

/// Mali as an impostor knows it: everything that the honest node has.
struct Mali<'a> {
    home: &'a Home,
    key: SecretKey,
    newest: SignedCheckpoint,
    holds: Vec<u8>,
}

impl<'a> Mali<'a> {
    fn new(home: &'a Home) -> Self {
        let key = karakoro_node::home::read_key(&home.path.join(Slot::Log.key_path())).unwrap();
        let [own, mirror] = agreement::view(home);
        let holds = mirror.newest().unwrap().to_string().into_bytes();
        Self { home, key, newest: own.newest().unwrap(), holds }
    }

    /// Entries in Mali's log, all of which Mauritania holds.
    fn size(&self) -> u64 {
        self.newest.checkpoint().size
    }

    fn signed_by(&self, key: &SecretKey, size: u64, root: Hash) -> SignedCheckpoint {
        let origin = Origin::link(Country::ML, Country::MR);
        SignedCheckpoint::sign(Checkpoint { origin, size, root }, key)
    }

    fn signed(&self, size: u64, root: Hash) -> SignedCheckpoint {
        self.signed_by(&self.key, size, root)
    }

    fn hello(&self, writes: &SignedCheckpoint) -> Vec<u8> {
        wire::hello_of(1, "ML", writes.to_string().as_bytes(), &self.holds)
    }

    /// The frames of one more entry: a message that is signed by `signer`.
    fn message(&self, header: &Header, payload: Vec<u8>, signer: &SecretKey) -> [Vec<u8>; 2] {
        let (leaf, body) = leaf_and_body(header, payload, signer);
        let size = self.size();
        [wire::leaves(size, &[&leaf]), wire::body(size, &body.opening.0, &body.header, &body.payload)]
    }
}

/// A message that `signer` alone has signed.
fn leaf_and_body(header: &Header, payload: Vec<u8>, signer: &SecretKey) -> (Vec<u8>, Body) {
    let body = Body { opening: Opening([7; 32]), header: header.encode(), payload: payload.into() };
    let commitment = body.commitment();
    let signatures = vec![envelope::sign(&commitment, SigningPurpose::Author, signer)];
    (Leaf::Message(MessageLeaf { commitment, signatures }).encode(), body)
}

/// What the impostor says, and how Mauritania must end it.
type Case = (&'static str, CloseCode, Vec<Vec<u8>>);

fn before_hello(mali: &Mali<'_>) -> Vec<Case> {
    let size = mali.size();
    let other = Hash([9; 32]);
    let forger = SecretKey::from_seed(&[1; 32]);
    let newest = mali.newest.to_string().into_bytes();
    vec![
        ("garbage", CloseCode::Frame, vec![SECRET.as_bytes().to_vec()]),
        ("an empty frame", CloseCode::Frame, vec![Vec::new()]),
        (
            "a field that is not known",
            CloseCode::Frame,
            vec![[mali.hello(&mali.newest), wire::bytes(9, SECRET.as_bytes())].concat()],
        ),
        ("leaves before the hello", CloseCode::Turn, vec![wire::leaves(size, &[SECRET.as_bytes()])]),
        ("another version", CloseCode::Version, vec![wire::hello_of(2, "ML", &newest, &mali.holds)]),
        ("another country", CloseCode::Audience, vec![wire::hello_of(1, "SN", &newest, &mali.holds)]),
        (
            "a checkpoint by a stranger",
            CloseCode::Checkpoint,
            vec![mali.hello(&mali.signed_by(&forger, size + 1, other))],
        ),
        (
            "no checkpoint at all",
            CloseCode::Checkpoint,
            vec![wire::hello_of(1, "ML", SECRET.as_bytes(), &mali.holds)],
        ),
        ("an older log", CloseCode::Fork, vec![mali.hello(&mali.signed(size - 1, other))]),
        ("another history", CloseCode::Fork, vec![mali.hello(&mali.signed(size, other))]),
    ]
}

fn after_hello(mali: &Mali<'_>) -> Vec<Case> {
    let size = mali.size();
    let forger = SecretKey::from_seed(&[1; 32]);
    let officer = Officer::of(mali.home);
    let payload = alert(SECRET).encode();
    // Version 1 of a kind that nobody knows: carried, never dropped.
    let unknown = [1, 200, 2, 3];
    let leaf = || wire::leaves(size, &[&unknown]);
    let root = leaf_hash(&unknown);
    let misdirected = Header {
        origin: Origin::link(Country::MR, Country::ML),
        recipient: Country::ML,
        station: Station::headquarters(Country::MR),
        ..officer.header()
    };
    let own_key = karakoro_node::home::read_key(&mali.home.path.join("keys/officer-hq-1.key")).unwrap();
    let verdict = VerdictLeaf {
        epoch: Origin::link(Country::MR, Country::ML).epoch,
        first: 1_000_000,
        count: 1,
        verdict: Verdict::Accepted,
    };
    let [stranger_leaf, stranger_body] = mali.message(&officer.header(), payload.clone(), &forger);
    let [for_others, for_others_body] = mali.message(&misdirected, payload.clone(), &own_key);
    let [sound, _] = mali.message(&officer.header(), payload, &own_key);
    vec![
        ("a second hello", CloseCode::Turn, vec![mali.hello(&mali.newest)]),
        ("a gap", CloseCode::Order, vec![wire::leaves(size + 5, &[&unknown])]),
        ("entries once more", CloseCode::Order, vec![wire::leaves(0, &[&unknown])]),
        ("an entry of no bytes", CloseCode::Leaf, vec![wire::leaves(size, &[&[]])]),
        ("a body that nothing awaits", CloseCode::Order, vec![wire::body(size, &[7; 32], b"h", b"p")]),
        (
            "a body that opens nothing",
            CloseCode::Envelope,
            vec![sound, wire::body(size, &[8; 32], &officer.header().encode(), SECRET.as_bytes())],
        ),
        ("an officer whom nobody knows", CloseCode::Signature, vec![stranger_leaf, stranger_body]),
        ("a message for others", CloseCode::Audience, vec![for_others, for_others_body]),
        (
            "a checkpoint without its entries",
            CloseCode::Order,
            vec![wire::checkpoint(&mali.signed(size + 10, root))],
        ),
        (
            "a checkpoint over other entries",
            CloseCode::Root,
            vec![leaf(), wire::checkpoint(&mali.signed(size + 1, root))],
        ),
        (
            "a checkpoint by a stranger",
            CloseCode::Checkpoint,
            vec![leaf(), wire::checkpoint(&mali.signed_by(&forger, size + 1, root))],
        ),
        ("an older checkpoint", CloseCode::Fork, vec![wire::checkpoint(&mali.signed(size - 1, root))]),
        ("a fork", CloseCode::Fork, vec![wire::checkpoint(&mali.signed(size, root))]),
        (
            "a receipt for what was not sent",
            CloseCode::Evidence,
            vec![wire::receipt(1_000_000, 1_000_001, &root.0, 1, &[1; 64])],
        ),
        (
            "a cosignature over what was not sent",
            CloseCode::Evidence,
            vec![wire::cosignature(1_000_000, 1, &[1; 64])],
        ),
        (
            "a verdict on what was not sent",
            CloseCode::Evidence,
            vec![wire::leaves(size, &[&Leaf::Verdict(verdict).encode()])],
        ),
    ]
}

/// Two countries that have exchanged; Mauritania's node runs on, Mali's has stopped.
fn alone_after_an_exchange() -> (Countries, Node) {
    let countries = Countries::new();
    let [mr, ml] = running::both(&countries.mr, &countries.ml);
    for node in [&mr, &ml] {
        Officer::of(node.home()).alert("before").submit(&mut node.client()).unwrap();
    }
    let nodes = [mr, ml];
    running::settled(&nodes);
    let [mr, ml] = nodes;
    assert!(ml.stop().success());
    (countries, mr)
}

fn closings(home: &Home) -> Vec<String> {
    let lines = running::log_lines(home);
    let closed = lines.iter().filter(|line| line["fields"]["message"] == "link closed by us");
    closed.map(|line| line["fields"]["code"].as_str().unwrap().to_owned()).collect()
}

/// Has the impostor say its piece; the node must close with this code and say so in one line.
fn play(mali: &Mali<'_>, node: &Node, case: &Case, greeted: bool) {
    let (name, code, frames) = case;
    let before = closings(node.home()).len();
    let mut impostor = Impostor::dial(mali.home, node.home());
    if greeted {
        impostor.send(&wire::hello(mali.home));
        assert!(!impostor.receive().is_empty(), "{name}: no hello came back");
    }
    frames.iter().for_each(|frame| impostor.send(frame));
    assert_eq!(impostor.closed_with(), Some(*code), "{name}");
    let lines = wait::for_fact("the end is logged", || {
        Some(closings(node.home())).filter(|lines| lines.len() > before)
    });
    assert_eq!(lines[before..], [code.name()], "{name}");
}

#[test]
fn a_peer_that_breaks_the_protocol_is_told_why_and_changes_nothing() {
    let (countries, node) = alone_after_an_exchange();
    let mali = Mali::new(&countries.ml);
    let logs = countries.mr.path.join("data/logs");
    let (before, files): (Status, _) = (node.status(), snapshot(&logs));
    for case in before_hello(&mali) {
        play(&mali, &node, &case, false);
    }
    for case in after_hello(&mali) {
        play(&mali, &node, &case, true);
    }
    let after = node.status();
    assert_eq!((after.own, after.mirrored, after.frozen), (before.own, before.mirrored, None));
    assert!(snapshot(&logs) == files, "the ledger was changed");
    assert!(!running::read_log(&countries.mr).contains(SECRET), "a log line repeats what was sent");

    let ml = Node::start(&countries.ml, &[countries.mr.address]);
    node.linked();
    let message = Officer::of(&countries.ml).alert("after");
    message.submit(&mut ml.client()).unwrap();
    running::settled(&[node, ml]);
    assert!(agreement::both(&countries)[1].messages.contains_key(&message.id));
}

#[test]
fn a_frame_that_is_too_large_is_refused_by_its_length_alone() {
    let (countries, node) = alone_after_an_exchange();
    let mut impostor = Impostor::dial(&countries.ml, &countries.mr);
    impostor.send_raw(&u32::MAX.to_be_bytes());
    assert_eq!(impostor.closed_with(), Some(CloseCode::FrameTooLarge));
    let closed =
        wait::for_fact("the end is logged", || Some(closings(node.home())).filter(|it| !it.is_empty()));
    assert_eq!(closed, ["FRAME_TOO_LARGE"]);
}

#[test]
fn a_peer_that_holds_more_of_our_log_than_we_do_freezes_it() {
    let (countries, node) = alone_after_an_exchange();
    // What a restored backup would do, were the guard restored with it.
    assert!(node.stop().success());
    let [own, _] = agreement::view(&countries.mr);
    let size = own.size() + 100;
    let key =
        |home: &Home, slot: &Slot| karakoro_node::home::read_key(&home.path.join(slot.key_path())).unwrap();
    let origin = Origin::link(Country::MR, Country::ML);
    let checkpoint = Checkpoint { origin, size, root: Hash([3; 32]) };
    let note = SignedCheckpoint::sign(checkpoint, &key(&countries.mr, &Slot::Log));
    let receipt = key(&countries.ml, &Slot::Receipt);
    let cosignature =
        karakoro_proto::log::cosignature::Cosignature::sign(&note.checkpoint().text(), &receipt, 1).unwrap();
    let cosigner = karakoro_proto::log::cosignature::CosignerVerifier {
        name: karakoro_proto::log::note::KeyName::of_receipt_key(Country::ML),
        key: receipt.public(),
    };
    let holds = note.with_cosignature(&cosigner, &cosignature).unwrap().to_string().into_bytes();
    let mali = Mali { holds, ..Mali::new(&countries.ml) };

    let node = Node::start(&countries.mr, &[]);
    let mut impostor = Impostor::dial(&countries.ml, &countries.mr);
    impostor.send(&mali.hello(&mali.newest));
    assert_eq!(impostor.closed_with(), Some(CloseCode::Unavailable));
    node.waits_for("our log is frozen", |status| status.frozen.is_some());
    let refused = Officer::of(&countries.mr).alert("no").submit(&mut node.client()).unwrap_err();
    assert!(refused.to_string().contains("writes nothing"), "{refused}");
}

#[test]
fn a_red_message_of_one_officer_is_refused_by_the_other_country_too() {
    let (countries, node) = alone_after_an_exchange();
    let mali = Mali::new(&countries.ml);
    let officer = Officer::of(&countries.ml);
    let key = karakoro_node::home::read_key(&countries.ml.path.join("keys/officer-hq-1.key")).unwrap();
    let header = Header { tlp: Tlp::Red, ..officer.header() };
    let [leaf, body] = mali.message(&header, alert("alone").encode(), &key);
    let size = mali.size();
    let (staged, _) = leaf_and_body(&header, alert("alone").encode(), &key);
    let root = karakoro_node::node::Profile::load(&countries.mr.path).unwrap().peer.root;
    let mut frontier = agreement::view(&countries.mr)[1].held(&root).expect("a sound mirror").frontier;
    frontier.push(leaf_hash(&staged));
    let before = node.status().own;

    let mut impostor = Impostor::dial(&countries.ml, &countries.mr);
    impostor.send(&wire::hello(&countries.ml));
    assert!(!impostor.receive().is_empty(), "no hello came back");
    let note = mali.signed(size + 1, frontier.root());
    [leaf, body, wire::checkpoint(&note)].iter().for_each(|frame| impostor.send(frame));
    node.waits_for("it is judged", |status| status.own > before);
    assert!(node.stop().success());
    let [own, _] = agreement::view(&countries.mr);
    let refused = own.entries(before).find_map(|entry| match Leaf::decode(&entry.unwrap().leaf) {
        Ok(Leaf::Verdict(VerdictLeaf { first, verdict: Verdict::Refused { code, path }, .. })) => {
            Some((first, code, path))
        }
        _ => None,
    });
    assert_eq!(refused, Some((size, RefusalCode::TwoPersons.number(), "signatures".to_owned())));
}
