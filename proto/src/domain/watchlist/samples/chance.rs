//! Any valid update.

use proptest::collection::vec;
use proptest::option::of as maybe;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::domain::text::Digest;
use crate::domain::watchlist::IcaoCode;

const DAY_MS: u64 = 86_400_000;

/// A valid update of any category and change, with the header that announces it.
pub(crate) fn updates() -> impl Strategy<Value = Message> {
    let entry = prop_oneof![people(), objects(), herds()];
    let why = (select(&[Reason::NewInformation, Reason::ExtendedOnReview, Reason::Court][..]), prose());
    (select(Change::ALL), entry, lives(), grounds(), 2_u32.., why).prop_map(
        |(change, entry, life, grounds, version, (reason, note))| {
            let (mut header, mut update) = match change {
                Change::Add => added(Category::Person),
                Change::Amend => amended(Category::Person),
                Change::Withdraw => withdrawn(Category::Person),
            };
            if change == Change::Amend {
                (update.version, update.reason, update.note) = (version, Some(reason), Some(of(&note)));
            }
            if change != Change::Withdraw {
                let [valid_from_ms, review_due_ms, expires_ms] = life;
                update.content = Some(Entry { valid_from_ms, review_due_ms, expires_ms, ..entry });
            }
            (header.tlp, header.grounds) = grounds;
            suit(&mut header, &update);
            (header, update)
        },
    )
}

/// The decision that the action needs.
fn suit(header: &mut Header, update: &WatchlistUpdate) {
    let instrument = match update.content.as_ref().map(|entry| entry.action) {
        Some(Action::Arrest) => Instrument::ArrestWarrant,
        Some(Action::RefuseEntry) => Instrument::AdministrativeDecision,
        _ => return,
    };
    header.grounds.basis.as_mut().unwrap().instrument = instrument;
}

fn grounds() -> impl Strategy<Value = (Tlp, Grounds)> {
    let tlp = select(&[Tlp::Amber, Tlp::AmberStrict, Tlp::Red][..]);
    let handling = (select(HandlingCode::ALL), select(Purpose::ALL), select(Instrument::ALL));
    // Not X: what nobody can judge supports less, which tests of its own show.
    let grades = (select(&[Source::A, Source::B, Source::C][..]), select(Information::ALL));
    (tlp, handling, grades, line(), line()).prop_map(
        |(tlp, (handling, purpose, instrument), (source, information), reference, authority)| {
            let basis = LegalBasis {
                instrument,
                reference: of(&reference),
                authority: of(&authority),
                decided_ms: time("2025-12-01T00:00:00Z"),
            };
            let grounds = Grounds {
                handling: Some(handling),
                restriction: (handling == HandlingCode::H3).then(|| of(&authority)),
                purpose: Some(purpose),
                evaluation: Some(Evaluation { source, information }),
                basis: Some(basis),
                to: vec![],
            };
            (tlp, grounds)
        },
    )
}

/// When an entry begins, is reviewed and ends: it begins before or after it is written, and ends after both.
fn lives() -> impl Strategy<Value = [UnixMillis; 3]> {
    (0_u64..800, 0_u64..3000, 0_u64..3000).prop_map(|(begins, review, rest)| {
        let base = time(WRITTEN).millis() - 400 * DAY_MS;
        let review_due = begins.max(401) + review;
        [begins, review_due, review_due + rest + 1].map(|day| UnixMillis::new(base + day * DAY_MS).unwrap())
    })
}

fn people() -> BoxedStrategy<Entry> {
    (persons(), select(&Action::ALL[..9]), maybe(line()), maybe(prose()))
        .prop_map(|(person, action, offence, instruction)| {
            let protected = person.status > SubjectStatus::Witness || person.may_be_minor(time(WRITTEN));
            Entry {
                action: if protected && !action.protects() { Action::Protect } else { action },
                offence: offence.as_deref().map(of),
                instruction: Some(of(instruction.as_deref().unwrap_or("Exemple."))),
                subject: Subject::Person(Box::new(person)),
                ..entry_of(Category::Person)
            }
        })
        .boxed()
}

fn persons() -> impl Strategy<Value = Person> {
    let known = (maybe(names()), maybe(any::<[u8; 32]>()), vec(held(), 1..4), maybe(select(Sex::ALL)));
    let of_neither = &["SEN", "GIN", "NER", "XXA", "XXB", "D"][..];
    let states = vec(select(of_neither), 1..4);
    (vec(names(), 1..5), births(), select(SubjectStatus::ALL), known, states, any::<bool>()).prop_map(
        |(names, birth, status, (father, photo, documents, sex), states, believed_minor)| {
            let open = !birth.is_minor(time(WRITTEN)) && birth.may_be_minor(time(WRITTEN));
            let mut person = Person {
                names: names.iter().map(|(value, script)| name(value, NameKind::Spelling, *script)).collect(),
                father: father.map(|(value, _)| of(&value)),
                birth: Some(birth),
                sex,
                nationalities: states.iter().map(|code| of::<IcaoCode>(code)).collect(),
                documents,
                photo: photo.map(Digest),
                status,
                minor: birth.is_minor(time(WRITTEN)) || (open && believed_minor),
                ..person()
            };
            person.names[0].kind = NameKind::Birth;
            person
        },
    )
}

/// Names in each of the scripts.
fn names() -> impl Strategy<Value = (String, Script)> {
    prop_oneof![
        "[A-ZÉŊƁ][a-zéŋɓ]{1,8}( [A-Z]['’-][a-z]{1,6})?".prop_map(|value| (value, Script::Latin)),
        "[ا-غ]{2,6}( [ف-ي]{2,6})?".prop_map(|value| (value, Script::Arabic)),
        "[ߊ-ߥ]{2,6}".prop_map(|value| (value, Script::Nko)),
        "[𞤀-𞤡][𞤢-𞥃]{2,6}".prop_map(|value| (value, Script::Adlam)),
    ]
}

/// Of any age and exactness. Ranges tell a year, nearly.
fn births() -> impl Strategy<Value = BirthDate> {
    let years = 1900_u32..2026;
    prop_oneof![
        (years.clone(), 1_u32..=12, 1_u32..=28).prop_map(|(year, month, day)| (
            year,
            Some((month, day)),
            Exactness::Exact
        )),
        years.clone().prop_map(|year| (year, None, Exactness::Year)),
        years.clone().prop_map(|year| (year, Some((1, 1)), Exactness::JanuaryFirst)),
        years.prop_map(|year| (year, None, Exactness::Range)),
    ]
    .prop_map(|(year, day, exactness)| BirthDate {
        year,
        month: day.map(|(month, _)| month),
        day: day.map(|(_, day)| day),
        exactness,
        to_year: (exactness == Exactness::Range).then_some((year + 5).min(2026)),
    })
}

fn held() -> impl Strategy<Value = HeldDocument> {
    (select(DocumentType::ALL), select(&["SEN", "MRT", "XXB", "UNO"][..]), mark()).prop_map(
        |(kind, issuer, number)| HeldDocument { r#type: kind, issuer: of(issuer), number: of(&number) },
    )
}

fn objects() -> BoxedStrategy<Entry> {
    let category = select(&[Category::Document, Category::Vehicle, Category::Firearm, Category::Vessel][..]);
    (category, select(Action::ALL), mark(), plates(), line())
        .prop_map(|(category, action, number, plate, text)| {
            let mut entry = entry_of(category);
            if action.suits(category) {
                entry.action = action;
            }
            match &mut entry.subject {
                Subject::Document(document) => document.number = of(&number),
                Subject::Vehicle(vehicle) => {
                    (vehicle.plate, vehicle.chassis, vehicle.make) =
                        (Some(of(&plate)), Some(of(&number)), Some(of(&text)));
                }
                Subject::Firearm(firearm) => {
                    (firearm.serial, firearm.other_marks) = (Some(of(&number)), Some(of(&text)));
                }
                Subject::Vessel(vessel) => {
                    (vessel.registration, vessel.river) = (Some(of(&number)), Some(of(&text)));
                }
                Subject::Person(_) | Subject::Livestock(_) => unreachable!("not chosen"),
            }
            entry
        })
        .boxed()
}

fn herds() -> BoxedStrategy<Entry> {
    let marks = (maybe("[0-9]{15}"), maybe(vec(strokes(), 1..5)), vec(ear_marks(), 0..4));
    let hold = (any::<bool>(), 1_u32..=72);
    (select(Species::ALL), 1_u32..1000, 0_u32..1000, marks, mark(), hold)
        .prop_map(|(species, least, more, (rfid, strokes, ear_marks), tag, (hold, hours))| {
            let brand = strokes.map(|strokes| Brand {
                site: BodySite::Cheek,
                side: Side::Right,
                image: None,
                strokes: strokes.iter().map(|stroke| of(stroke)).collect(),
            });
            let animals = Livestock {
                species,
                count_min: least,
                count_max: least + more,
                rfid: rfid.as_deref().map(of),
                tag: Some(of(&tag)),
                brand,
                ear_marks,
                ..livestock()
            };
            Entry {
                action: if hold { Action::HoldForOwnershipCheck } else { Action::Locate },
                hold_hours: hold.then_some(hours),
                subject: Subject::Livestock(Box::new(animals)),
                ..entry_of(Category::Livestock)
            }
        })
        .boxed()
}

fn ear_marks() -> impl Strategy<Value = EarMark> {
    (select(EarMarkShape::ALL), select(Side::ALL)).prop_map(|(shape, side)| EarMark { shape, side })
}

fn strokes() -> impl Strategy<Value = String> {
    vec((0..=100_u8, 0..=100_u8), 2..10).prop_map(|dots| {
        let dots: Vec<_> = dots.iter().map(|(x, y)| format!("{x},{y}")).collect();
        dots.join(" ")
    })
}

fn plates() -> impl Strategy<Value = String> {
    prop_oneof!["[0-9]{4} [A-Za-z]{2} [0-9]{2}", "[٠-٩]{4} [ب-ي]", "[٠-٩]{2}-[A-Z]{2}"]
}

fn mark() -> impl Strategy<Value = String> {
    "[A-Z0-9]{1,6}([ /.-][A-Z0-9]{1,6})?"
}

fn line() -> impl Strategy<Value = String> {
    "[a-zé]{1,8}( [ء-ي0-9]{1,6}){0,2}"
}

fn prose() -> impl Strategy<Value = String> {
    "[a-zé]{1,8}([ \n][ء-ي🐄a-z0-9]{1,6}){0,3}"
}
