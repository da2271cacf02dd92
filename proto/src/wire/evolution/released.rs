//! The schema as it is, against the schema as it was released.
//!
//! `KARAKORO_WRITE_VECTORS=1` writes what is missing, and the JSON schemas anew; it never touches a released
//! schema. A later release adds `v2.binpb` beside `v1.binpb`, and both go on being compared.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use prost::Message as _;
use prost_types::FileDescriptorSet;
use serde_json::Value;

use super::{Schema, breaks};
use crate::domain::alert;
use crate::domain::breach::{At, Breaches};
use crate::domain::part::Part;
use crate::domain::payload::Payload;
use crate::domain::{ack, community, flag, hit, inquiry, rights, terms, watchlist};
use crate::testing::vectors::repository;

fn folder(name: &str) -> PathBuf {
    repository().join("proto/schema").join(name)
}

fn writing() -> bool {
    std::env::var_os("KARAKORO_WRITE_VECTORS").is_some()
}

/// The schema as it is, without comments.
pub(super) fn current() -> FileDescriptorSet {
    let schema = folder("");
    let files = fs::read_dir(&schema).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> = files.filter(|file| file.extension().is_some_and(|end| end == "proto")).collect();
    files.sort();
    let mut compiled = protox::compile(files, [schema]).unwrap();
    compiled.file.iter_mut().for_each(|file| file.source_code_info = None);
    compiled
}

#[test]
fn the_schema_breaks_nothing_that_was_released() {
    let current = current();
    let first = folder("released/v1.binpb");
    if writing() && !first.exists() {
        fs::write(&first, current.encode_to_vec()).unwrap();
    }
    let released: Vec<_> =
        fs::read_dir(folder("released")).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(released.contains(&first));
    for file in released {
        let old = FileDescriptorSet::decode(&fs::read(&file).unwrap()[..]).unwrap();
        assert!(!Schema::of(&old).messages.is_empty(), "{}", file.display());
        assert_eq!(breaks(&old, &current), Vec::<String>::new(), "{}", file.display());
    }
}

#[test]
fn the_json_schema_of_every_kind_is_published() {
    let text = |schema: &Value| serde_json::to_string_pretty(schema).unwrap() + "\n";
    let schemas = Payload::schemas();
    let expected: BTreeMap<_, _> =
        schemas.iter().map(|(kind, schema)| (format!("{kind}.json"), text(schema))).collect();
    let folder = folder("json");
    if writing() {
        fs::create_dir_all(&folder).unwrap();
        expected.iter().for_each(|(name, text)| fs::write(folder.join(name), text).unwrap());
    }
    let names = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let found: BTreeMap<_, _> =
        names.map(|name| (name.clone(), fs::read_to_string(folder.join(name)).unwrap())).collect();
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, text) in expected {
        assert!(found[&name] == text, "proto/schema/json/{name} is not what the code makes");
    }
}

/// A reader of numbers, in the one respect that counts here.
type Refuses = fn(i32) -> bool;

/// Whether a list of words refuses a number, by its name in the schema.
fn refuses<T: Part<Pb = i32>>(number: i32) -> bool {
    T::from_pb(number, &At::root("number"), &mut Breaches::new()).is_none()
}

/// Every enum of messages, and its reader. The rest of them belongs to the service between the programs of one
/// country, whose readers are macros that name `Unspecified`.
fn readers() -> Vec<(&'static str, Refuses)> {
    vec![
        ("Kind", refuses::<crate::envelope::Kind>),
        ("Relation", refuses::<crate::envelope::Relation>),
        ("Mode", refuses::<crate::domain::Mode>),
        ("Priority", refuses::<crate::domain::Priority>),
        ("Tlp", refuses::<crate::domain::Tlp>),
        ("AckLevel", refuses::<ack::AckLevel>),
        ("Alert.Status", refuses::<alert::Status>),
        ("Alert.MsgType", refuses::<alert::MsgType>),
        ("Alert.Scope", refuses::<alert::Scope>),
        ("Alert.Category", refuses::<alert::Category>),
        ("Alert.ResponseType", refuses::<alert::ResponseType>),
        ("Alert.Urgency", refuses::<alert::Urgency>),
        ("Alert.Severity", refuses::<alert::Severity>),
        ("Alert.Certainty", refuses::<alert::Certainty>),
        ("HandlingCode", refuses::<terms::HandlingCode>),
        ("Purpose", refuses::<terms::Purpose>),
        ("Source", refuses::<terms::Source>),
        ("Information", refuses::<terms::Information>),
        ("Instrument", refuses::<terms::Instrument>),
        ("Category", refuses::<terms::Category>),
        ("Action", refuses::<terms::Action>),
        ("Match", refuses::<hit::Match>),
        ("Outcome", refuses::<hit::Outcome>),
        ("ActionTaken", refuses::<hit::ActionTaken>),
        ("RequestType", refuses::<inquiry::RequestType>),
        ("Result", refuses::<inquiry::InfoResult>),
        ("Theme", refuses::<community::Theme>),
        ("FlagMeaning", refuses::<flag::FlagMeaning>),
        ("Right", refuses::<rights::Right>),
        ("Change", refuses::<watchlist::Change>),
        ("Reason", refuses::<watchlist::Reason>),
        ("Script", refuses::<watchlist::Script>),
        ("NameKind", refuses::<watchlist::NameKind>),
        ("Reliability", refuses::<watchlist::Reliability>),
        ("Exactness", refuses::<watchlist::Exactness>),
        ("Sex", refuses::<watchlist::Sex>),
        ("SubjectStatus", refuses::<watchlist::SubjectStatus>),
        ("DocumentType", refuses::<watchlist::DocumentType>),
        ("DocumentState", refuses::<watchlist::DocumentState>),
        ("FirearmState", refuses::<watchlist::FirearmState>),
        ("Species", refuses::<watchlist::Species>),
        ("BodySite", refuses::<watchlist::BodySite>),
        ("Side", refuses::<watchlist::Side>),
        ("EarMarkShape", refuses::<watchlist::EarMarkShape>),
    ]
}

#[test]
fn the_zero_of_every_enum_that_a_message_holds_is_refused() {
    let mut current = current();
    current.file.retain(|file| !file.name().ends_with("service.proto"));
    let schema = Schema::of(&current);
    let named: BTreeSet<_> = readers().iter().map(|(name, _)| format!("karakoro.v1.{name}")).collect();
    assert_eq!(named, schema.enums.keys().cloned().collect(), "every enum has its reader here");
    for (name, refuses) in readers() {
        let list = schema.enums[&format!("karakoro.v1.{name}")];
        for value in &list.value {
            assert_eq!(refuses(value.number()), value.number() == 0, "{name} {}", value.name());
        }
    }
}
