//! Updates for tests: one of every category by hand, and any number by chance. Everybody and everything in them is
//! made up, and looks it.

use std::str::FromStr;

use super::{
    BirthDate, BodySite, Brand, Certificate, Change, Document, DocumentState, DocumentType, EarMark,
    EarMarkShape, Entry, Exactness, Firearm, FirearmState, HeldDocument, Livestock, Name, NameKind, Person,
    Reason, Reliability, Script, Sex, Side, Species, Subject, SubjectStatus, Vehicle, Vessel,
    WatchlistUpdate,
};
use crate::domain::grounds::{Evaluation, Grounds, LegalBasis};
use crate::domain::payload::Payload;
use crate::domain::terms::{Action, Category, HandlingCode, Information, Instrument, Purpose, Source};
use crate::domain::{Mode, Priority, Tlp};
use crate::envelope::{Header, Kind, MessageId, Station};
use crate::identity::{Country, Origin};
use crate::refusal::RefusalCode;
use crate::time::UnixMillis;

mod chance;

pub(crate) use chance::updates;

/// A header and what it announces.
pub(crate) type Message = (Header, WatchlistUpdate);

/// When the samples are written.
pub(crate) const WRITTEN: &str = "2026-01-15T10:04:05Z";

pub(crate) fn time(text: &str) -> UnixMillis {
    text.parse().unwrap()
}

/// A value of any type that is read from text.
pub(crate) fn of<T: FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// What Mauritania writes for Mali, on the ground of a court's warrant.
pub(crate) fn header() -> Header {
    let created = time(WRITTEN);
    Header {
        id: MessageId::new(created, [1; 10]),
        origin: Origin::link(Country::MR, Country::ML),
        recipient: Country::ML,
        station: Station::headquarters(Country::MR),
        created,
        expires: None,
        kind: Kind::WatchlistUpdate,
        mode: Mode::Exercise,
        priority: Priority::Routine,
        tlp: Tlp::Amber,
        refs: vec![],
        grounds: Grounds {
            handling: Some(HandlingCode::H2),
            restriction: None,
            purpose: Some(Purpose::SeriousCrime),
            evaluation: Some(Evaluation { source: Source::B, information: Information::Two }),
            basis: Some(LegalBasis {
                instrument: Instrument::ArrestWarrant,
                reference: of("EX-2026/17"),
                authority: of("Tribunal d’exemple"),
                decided_ms: time("2026-01-10T00:00:00Z"),
            }),
            to: vec![],
        },
    }
}

/// The first version of an entry: for a person ARREST, for animals HOLD_FOR_OWNERSHIP_CHECK.
pub(crate) fn added(category: Category) -> Message {
    let header = header();
    let entry = header.id;
    let content = Some(entry_of(category));
    (header, WatchlistUpdate { change: Change::Add, entry, version: 1, content, reason: None, note: None })
}

/// The second version of an entry.
pub(crate) fn amended(category: Category) -> Message {
    let (header, update) = added(category);
    let change = Change::Amend;
    (header, WatchlistUpdate { change, entry: earlier(), version: 2, ..update })
}

/// The end of an entry.
pub(crate) fn withdrawn(category: Category) -> Message {
    let (header, update) = amended(category);
    let (change, reason) = (Change::Withdraw, Some(Reason::PurposeMet));
    (header, WatchlistUpdate { change, content: None, reason, ..update })
}

/// The message that added what is amended and withdrawn here.
fn earlier() -> MessageId {
    MessageId::new(time("2025-11-01T00:00:00Z"), [2; 10])
}

pub(crate) fn entry_of(category: Category) -> Entry {
    let animals = category == Category::Livestock;
    Entry {
        action: match category {
            Category::Person => Action::Arrest,
            Category::Document => Action::RetainDocument,
            Category::Vehicle | Category::Firearm | Category::Vessel => Action::Seize,
            Category::Livestock => Action::HoldForOwnershipCheck,
        },
        offence: Some(of("EX-1")),
        valid_from_ms: time("2026-01-15T00:00:00Z"),
        review_due_ms: time("2026-10-15T00:00:00Z"),
        expires_ms: time("2027-01-15T00:00:00Z"),
        case_ref: Some(of("EX-2026-000017")),
        last_quality_check_ms: Some(time("2026-01-14T00:00:00Z")),
        subject: subject(category),
        hold_hours: animals.then_some(24),
        instruction: Some(of("Prévenir le quartier général.")),
    }
}

fn subject(category: Category) -> Subject {
    match category {
        Category::Person => Subject::Person(Box::new(person())),
        Category::Document => Subject::Document(Box::new(document())),
        Category::Vehicle => Subject::Vehicle(Box::new(vehicle())),
        Category::Firearm => Subject::Firearm(Box::new(firearm())),
        Category::Vessel => Subject::Vessel(Box::new(vessel())),
        Category::Livestock => Subject::Livestock(Box::new(livestock())),
    }
}

pub(crate) fn name(value: &str, kind: NameKind, script: Script) -> Name {
    Name { value: of(value), kind, script, scheme: None, reliability: Reliability::High }
}

pub(crate) fn person() -> Person {
    Person {
        names: vec![
            name("Demba Fictif", NameKind::Birth, Script::Latin),
            name("ديمبا المختلق", NameKind::Spelling, Script::Arabic),
            name("FICTIF<<DEMBA", NameKind::Mrz, Script::Latin),
            name("Exemple 1", NameKind::Alias, Script::Latin),
        ],
        father: Some(of("Exemple Un")),
        grandfather: None,
        birth: Some(BirthDate {
            year: 1990,
            month: Some(1),
            day: Some(1),
            exactness: Exactness::JanuaryFirst,
            to_year: None,
        }),
        birthplace: Some(of("Village d’exemple")),
        sex: Some(Sex::Male),
        nationalities: vec![of("SEN")],
        documents: vec![HeldDocument {
            r#type: DocumentType::Passport,
            issuer: of("SEN"),
            number: of("EX 0000001"),
        }],
        description: Some(of("Cicatrice à la main gauche.")),
        photo: None,
        status: SubjectStatus::Sought,
        minor: false,
    }
}

pub(crate) fn document() -> Document {
    Document {
        r#type: DocumentType::Passport,
        issuer: of("MRT"),
        number: of("EX0000002"),
        issued_ms: Some(time("2020-01-01T00:00:00Z")),
        expires_ms: Some(time("2030-01-01T00:00:00Z")),
        state: DocumentState::Stolen,
        since_ms: time("2026-01-02T00:00:00Z"),
    }
}

pub(crate) fn vehicle() -> Vehicle {
    Vehicle {
        vin: Some(of("EXEMP1E0000000001")),
        plate: Some(of("0000 EX 00")),
        country: Some(of("MRT")),
        make: Some(of("Exemple")),
        model: None,
        colour: Some(of("blanc")),
        trailer: None,
        engine: Some(of("EX-1")),
        chassis: None,
    }
}

pub(crate) fn firearm() -> Firearm {
    Firearm {
        r#type: of("pistolet"),
        make: Some(of("Exemple")),
        model: None,
        calibre: Some(of("9 mm")),
        serial: Some(of("EX-0003")),
        serial_position: Some(of("culasse")),
        other_marks: None,
        import_mark: None,
        state: FirearmState::Trafficked,
    }
}

pub(crate) fn vessel() -> Vessel {
    Vessel {
        name: Some(of("L’Exemple 2")),
        r#type: of("pirogue"),
        hull: Some(of("EX 4")),
        registration: None,
        // The International Maritime Organization's own example.
        imo: Some(of("9074729")),
        mmsi: Some(of("000000005")),
        river: Some(of("Karakoro")),
        colour: Some(of("bleu")),
    }
}

pub(crate) fn livestock() -> Livestock {
    Livestock {
        species: Species::Cattle,
        count_min: 35,
        count_max: 45,
        mix: Some(of("vaches et veaux")),
        coat: Some(of("robe brune")),
        horns: None,
        brand: Some(Brand {
            site: BodySite::Thigh,
            side: Side::Left,
            image: None,
            strokes: vec![of("0,0 50,100 100,0"), of("25,50 75,50")],
        }),
        ear_marks: vec![EarMark { shape: EarMarkShape::Notch, side: Side::Right }],
        tag: Some(of("EX-77")),
        rfid: Some(of("000000000000006")),
        certificate: Some(Certificate {
            kind: of("transhumance"),
            number: of("EX-8"),
            issuer: of("Service d’exemple"),
            valid_from_ms: time("2025-10-01T00:00:00Z"),
            valid_to_ms: time("2026-06-01T00:00:00Z"),
            count: 40,
            route: None,
            entry_post: Some(of("Poste d’exemple")),
            vaccinations: vec![of("péripneumonie")],
        }),
        taken_at: Some(of("Mare d’exemple")),
        taken_ms: Some(time("2026-01-12T00:00:00Z")),
        direction: Some(of("sud")),
    }
}

pub(crate) fn entry_in(update: &mut WatchlistUpdate) -> &mut Entry {
    update.content.as_mut().unwrap()
}

/// The subject of an update, by its category.
macro_rules! subjects {
    ($($function:ident $variant:ident),+ $(,)?) => {
        $(pub(crate) fn $function(update: &mut WatchlistUpdate) -> &mut $variant {
            let Subject::$variant(subject) = &mut entry_in(update).subject else { panic!("of another category") };
            subject
        })+
    };
}

subjects! {
    person_in Person,
    document_in Document,
    vehicle_in Vehicle,
    firearm_in Firearm,
    vessel_in Vessel,
    livestock_in Livestock,
}

/// What the reader of messages finds wrong: the rule and the field.
pub(crate) fn faults(header: &Header, update: &WatchlistUpdate) -> Vec<(RefusalCode, String)> {
    let mut breaches = crate::domain::breach::Breaches::new();
    let payload = Payload::WatchlistUpdate(Box::new(update.clone()));
    payload.check(header, &mut breaches);
    let found = breaches.into_vec();
    // Bytes give the same verdict.
    let read = Payload::decode(header, &payload.encode());
    assert_eq!(read.map_err(|error| error.refusal()).err(), found.first().cloned().map(Into::into));
    found.into_iter().map(|breach| (breach.code, breach.path)).collect()
}

/// That a sample, changed in one way, breaks one rule and no other.
#[track_caller]
pub(crate) fn breaks(
    (mut header, mut update): Message,
    code: RefusalCode,
    path: &str,
    change: impl FnOnce(&mut Header, &mut WatchlistUpdate),
) {
    assert_eq!(faults(&header, &update), [], "the sample is valid");
    change(&mut header, &mut update);
    assert_eq!(faults(&header, &update), [(code, path.to_owned())]);
}
