//! What tests of several modules share: logs on a simulated disk, with keys and messages made up.

use std::io::ErrorKind;
use std::sync::Arc;

use bytes::Bytes;
use karakoro_proto::domain::breach::{At, Breaches};
use karakoro_proto::domain::grounds::Grounds;
use karakoro_proto::domain::part::Part as _;
use karakoro_proto::domain::payload::Payload;
use karakoro_proto::domain::{Mode, Priority, Tlp};
use karakoro_proto::envelope::{Body, Header, Kind, MessageId, Opening, Station};
use karakoro_proto::identity::{Country, Origin};
use karakoro_proto::key::SecretKey;
use karakoro_proto::leaf::{Leaf, MessageLeaf, OfficerSignature, SigningPurpose};
use karakoro_proto::log::checkpoint::{Checkpoint, LogVerifier, SignedCheckpoint};
use karakoro_proto::log::cosignature::CosignerVerifier;
use karakoro_proto::log::note::KeyName;
use karakoro_proto::session::Beside;
use karakoro_proto::time::UnixMillis;
use serde_json::{Value, json};

use super::log::{Batch, Log, LogKeys, LogPlace, NewEntry};
use super::storage::Storage;
use super::storage::sim::{Call, Faults, Outcome, SectorFate};
use crate::entropy::Seeded;

/// The log that MR writes for ML.
pub(crate) fn written() -> Origin {
    Origin::link(Country::MR, Country::ML)
}

/// The log that ML writes for MR.
pub(crate) fn mirrored() -> Origin {
    Origin::link(Country::ML, Country::MR)
}

/// The key that signs a log's checkpoints.
pub(crate) fn log_key(origin: Origin) -> SecretKey {
    SecretKey::from_seed(&[if origin == written() { 1 } else { 2 }; 32])
}

/// Whose signatures make a log's notes.
pub(crate) fn keys(origin: Origin) -> LogKeys {
    let name = KeyName::of_receipt_key(if origin == written() { Country::ML } else { Country::MR });
    LogKeys {
        log: LogVerifier { origin, key: log_key(origin).public() },
        cosigner: CosignerVerifier { name, key: SecretKey::from_seed(&[3; 32]).public() },
    }
}

/// Where a log lies.
pub(crate) fn place(origin: Origin) -> LogPlace {
    let folder = origin.folder();
    LogPlace { origin, folder: format!("logs/{folder}"), guard: format!("guard/{folder}") }
}

/// A message whose signature nobody made: enough for whatever is behind the checks.
pub(crate) fn message(number: u32) -> (MessageId, NewEntry) {
    let mut random = [0; 10];
    random[..4].copy_from_slice(&number.to_be_bytes());
    let id = MessageId::new(UnixMillis::default(), random);
    let header = Header {
        id,
        origin: written(),
        recipient: Country::ML,
        station: Station::headquarters(Country::MR),
        created: UnixMillis::default(),
        expires: None,
        kind: Kind::Alert,
        mode: Mode::Exercise,
        priority: Priority::Routine,
        tlp: Tlp::AmberStrict,
        refs: Vec::new(),
        grounds: Grounds::default(),
    };
    let body =
        Body { opening: Opening([7; 32]), header: header.encode(), payload: Bytes::from_static(b"payload") };
    let key = log_key(written()).public().id();
    let signature = OfficerSignature { purpose: SigningPurpose::Author, key, signature: [0; 64] };
    let leaf = MessageLeaf { commitment: body.commitment(), signatures: vec![signature] };
    (id, NewEntry { leaf: Leaf::Message(leaf).encode().into(), beside: Beside::Body(body) })
}

/// What an entry about a vehicle says, in JSON.
pub(crate) fn vehicle(expires: &str) -> Value {
    json!({
        "action": "SEIZE", "valid_from_ms": "2026-01-01T00:00:00Z", "review_due_ms": "2026-02-01T00:00:00Z",
        "expires_ms": expires, "subject": { "vehicle": { "plate": "0000 AA 00", "country": "MRT" } },
    })
}

/// A change of the watchlist, given in JSON, whose signature nobody made.
pub(crate) fn watchlist_update(origin: Origin, id: MessageId, content: &Value) -> NewEntry {
    let writer = origin.writer();
    let header = Header {
        id,
        origin,
        recipient: if writer == Country::MR { Country::ML } else { Country::MR },
        station: Station::headquarters(writer),
        created: id.time(),
        expires: None,
        kind: Kind::WatchlistUpdate,
        mode: Mode::Exercise,
        priority: Priority::Routine,
        tlp: Tlp::Amber,
        refs: Vec::new(),
        grounds: grounds(),
    };
    let payload = Payload::from_json(Kind::WatchlistUpdate, content).unwrap().encode();
    Payload::decode(&header, &payload).unwrap();
    let body = Body { opening: Opening([7; 32]), header: header.encode(), payload: Bytes::from(payload) };
    let key = log_key(origin).public().id();
    let signature = OfficerSignature { purpose: SigningPurpose::Author, key, signature: [0; 64] };
    let leaf = MessageLeaf { commitment: body.commitment(), signatures: vec![signature] };
    NewEntry { leaf: Leaf::Message(leaf).encode().into(), beside: Beside::Body(body) }
}

/// A theft that somebody has reported.
fn grounds() -> Grounds {
    let grounds = json!({
        "handling": "H2", "purpose": "STOLEN_PROPERTY", "evaluation": { "source": "B", "information": "2" },
        "basis": {
            "instrument": "THEFT_REPORT", "reference": "EX-1", "authority": "Brigade of Anyplace",
            "decided_ms": "2026-01-01T00:00:00Z",
        },
    });
    Grounds::from_json(&grounds, &At::root("grounds"), &mut Breaches::new()).unwrap()
}

/// Creates a log with these entries; a mirror may have none.
pub(crate) fn log(storage: Arc<dyn Storage>, origin: Origin, entries: Vec<NewEntry>) -> Log {
    let key = log_key(origin);
    let mut sign = |checkpoint: Checkpoint| SignedCheckpoint::sign(checkpoint, &key);
    let batch = Batch { entries, evidence: Vec::new() };
    Log::create(storage, place(origin), &keys(origin), batch, &mut sign, &Seeded::new(1)).unwrap()
}

/// A disk on which nothing can be written any more.
#[derive(Debug)]
pub(crate) struct Full;

impl Faults for Full {
    fn next(&mut self, call: Call) -> Outcome {
        match call {
            Call::Write => Outcome::Fails(ErrorKind::StorageFull),
            _ => Outcome::Works,
        }
    }

    fn sector_at_crash(&mut self) -> SectorFate {
        SectorFate::Kept
    }
}
