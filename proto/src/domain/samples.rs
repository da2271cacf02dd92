//! Messages for tests of their rules: a valid one of each kind, and the means to break exactly one rule of it.
//! All people, places and numbers in them are made up.

use serde_json::{Value, json};

use crate::domain::breach::Breach;
use crate::domain::grounds::{Evaluation, Grounds};
use crate::domain::payload::{Payload, PayloadError};
use crate::domain::terms::{Information, Purpose, Source};
use crate::domain::{Mode, Priority, Tlp};
use crate::envelope::{Commitment, Header, Kind, MessageId, Reference, Relation, Station};
use crate::refusal::RefusalCode;
use crate::testing::MR;
use crate::time::UnixMillis;

pub(crate) mod schema;

/// When the samples were written.
pub(crate) const WRITTEN: &str = "2026-03-01T12:00:00Z";

/// The message that samples refer to, and the entry that they are about.
pub(crate) const OTHER: &str = "019c0000-0000-7000-8000-000000000001";

/// A message with its header, the content in JSON.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) header: Header,
    content: Value,
}

/// An instant.
pub(crate) fn at(text: &str) -> UnixMillis {
    text.parse().unwrap()
}

/// A header of MR's headquarters that no rule of all kinds objects to.
pub(crate) fn header(kind: Kind) -> Header {
    Header {
        id: MessageId::new(at(WRITTEN), [7; 10]),
        origin: MR.writes(),
        recipient: MR.other().country,
        station: Station::headquarters(MR.country),
        created: at(WRITTEN),
        expires: None,
        kind,
        mode: Mode::Exercise,
        priority: Priority::Routine,
        tlp: Tlp::AmberStrict,
        refs: Vec::new(),
        grounds: Grounds {
            purpose: Some(Purpose::CattleTheft),
            evaluation: Some(Evaluation { source: Source::X, information: Information::Four }),
            ..Grounds::default()
        },
    }
}

/// A reference to [`OTHER`].
pub(crate) fn reference(relation: Relation) -> Reference {
    Reference { id: OTHER.parse().unwrap(), relation, commitment: Commitment([9; 32]) }
}

impl Case {
    pub(crate) fn new(kind: Kind, content: Value) -> Self {
        Self { header: header(kind), content }
    }

    pub(crate) fn refers(mut self, relation: Relation) -> Self {
        self.header.refs.push(reference(relation));
        self
    }

    pub(crate) fn header(mut self, change: impl FnOnce(&mut Header)) -> Self {
        change(&mut self.header);
        self
    }

    /// With another value at a JSON pointer; the field may be new.
    pub(crate) fn with(mut self, pointer: &str, value: impl Into<Value>) -> Self {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        self.content.pointer_mut(parent).unwrap()[name] = value.into();
        self
    }

    /// Without the field at a JSON pointer.
    pub(crate) fn without(mut self, pointer: &str) -> Self {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let removed = self.content.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
        assert!(removed.is_some(), "{pointer} was not there");
        self
    }

    /// From an invented post.
    pub(crate) fn at_a_post(self) -> Self {
        self.header(|header| header.station = "MR-P-ANYPLACE".parse().unwrap())
    }

    /// What is wrong with the message, as a node that receives it finds.
    fn breaches(&self) -> Vec<Breach> {
        let payload = match Payload::from_json(self.header.kind, &self.content) {
            Ok(payload) => payload,
            Err(breaches) => return breaches.into_vec(),
        };
        breaches(&self.header, &payload)
    }

    #[track_caller]
    pub(crate) fn holds(self) {
        assert_eq!(self.breaches(), []);
    }

    /// Breaks this rule at this field, and no other.
    #[track_caller]
    pub(crate) fn breaks(self, code: RefusalCode, path: &str) {
        let found = self.breaches();
        let named: Vec<_> = found.iter().map(|breach| (breach.code, breach.path.as_str())).collect();
        assert_eq!(named, [(code, path)], "{found:#?}");
    }
}

/// What is wrong with a payload under a header, by way of its bytes.
pub(crate) fn breaches(header: &Header, payload: &Payload) -> Vec<Breach> {
    match Payload::decode(header, &payload.encode()) {
        Ok(read) => {
            assert_eq!(read, *payload);
            Vec::new()
        }
        Err(PayloadError::Content(breaches)) => breaches.into_vec(),
        Err(error) => panic!("{error}"),
    }
}

/// A valid message of every kind that is a record, but for the watchlist, which has samples of its own.
pub(crate) fn all() -> Vec<Case> {
    vec![
        bulletin(),
        hit(),
        request(),
        response(),
        correction(),
        community(),
        flag(),
        rights(),
        review(),
        refusal(),
    ]
}

pub(crate) fn bulletin() -> Case {
    let content = json!({
        "region": "MR-01", "from_ms": "2026-02-01T00:00:00Z", "to_ms": "2026-02-28T23:59:59Z", "number": 2,
        "sections": [
            { "language": "fr", "title": "Février 2026", "text": "Trois vols de bétail, 120 têtes en tout." },
            { "language": "ar", "title": "فبراير", "text": "ثلاث سرقات ماشية." },
        ],
        "counts": [
            { "label": "têtes volées", "value": 3, "persons": false },
            { "label": "personnes contrôlées", "value": 1250, "persons": true },
        ],
    });
    Case::new(Kind::Bulletin, content).header(|header| header.tlp = Tlp::Green)
}

pub(crate) fn hit() -> Case {
    let content = json!({
        "entry": OTHER, "version": 1, "at_ms": "2026-03-01T11:30:00Z", "post": "MR-P-ANYPLACE",
        "matched": ["NAME", "DOCUMENT"], "outcome": "CONFIRMED", "action": "DONE",
        "adults_along": 2, "minors_along": 0,
    });
    Case::new(Kind::HitReport, content).refers(Relation::HitOn)
}

pub(crate) fn request() -> Case {
    let content = json!({
        "type": "INFORMATION", "question": "Ce troupeau a-t-il été vu de votre côté ?",
        "subject": { "livestock": { "species": "CATTLE", "count_min": 30, "count_max": 40 } },
        "deadline_ms": "2026-03-03T12:00:00Z",
    });
    Case::new(Kind::InfoRequest, content)
}

pub(crate) fn response() -> Case {
    let content = json!({ "result": "FOUND", "text": "Vu le 28 février au marché." });
    Case::new(Kind::InfoResponse, content).refers(Relation::Answers)
}

pub(crate) fn correction() -> Case {
    let content = json!({
        "field": "update.entry.subject.livestock.count_max", "old": "5a".repeat(32), "new": "45",
        "reason": "Faute de frappe.", "tell": ["ML-HQ"],
    });
    Case::new(Kind::Correction, content).refers(Relation::Corrects)
}

pub(crate) fn community() -> Case {
    let content = json!({
        "theme": "CATTLE_THEFT", "place": "MR-01", "from_ms": "2026-02-20T00:00:00Z",
        "to_ms": "2026-02-27T00:00:00Z", "text": "Des animaux marqués ont passé de nuit, vers 22h30.",
        "language": "fr", "screened": true,
    });
    Case::new(Kind::CommunityReport, content)
}

pub(crate) fn flag() -> Case {
    let content =
        json!({ "entry": OTHER, "meaning": "NOT_EXECUTABLE_HERE", "reason": "Article 12 de l’accord." });
    Case::new(Kind::Flag, content)
}

pub(crate) fn rights() -> Case {
    let content =
        json!({ "right": "ACCESS", "case_number": "R-0001", "deadline_ms": "2026-04-01T12:00:00Z" });
    Case::new(Kind::RightsRequest, content)
}

pub(crate) fn review() -> Case {
    Case::new(Kind::ReviewNotice, json!({ "entry": OTHER, "due_ms": "2026-06-01T00:00:00Z" }))
}

pub(crate) fn refusal() -> Case {
    Case::new(Kind::Refusal, json!({ "refused": OTHER, "code": 2, "reason": "Le lieu est faux." }))
}
