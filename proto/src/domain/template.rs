//! A filled example of a message file for every kind: invented people and things, dates that fit the day it is
//! asked for. Ids of other messages are examples too, and must be replaced before sending.

use serde_json::{Value, json};

use crate::envelope::Kind;
use crate::time::UnixMillis;

/// A day, in milliseconds.
const DAY: u64 = 24 * 3600 * 1000;

/// Stands for the id of a message of yours or of the other country's.
pub const EXAMPLE_ID: &str = "0190f3c2-7d4e-7a11-9c55-3f0f2d1a8b01";

/// Days around the one on which the example is made.
#[derive(Clone, Copy)]
struct Days(UnixMillis);

impl Days {
    /// The midnight before `now`.
    fn at(now: UnixMillis) -> Self {
        Self(UnixMillis::new(now.millis() / DAY * DAY).unwrap_or(now))
    }

    fn after(self, days: u64) -> String {
        self.0.saturating_add(days * DAY).to_string()
    }

    fn before(self, days: u64) -> String {
        UnixMillis::new(self.0.millis().saturating_sub(days * DAY)).unwrap_or_default().to_string()
    }
}

/// The example of a kind; none for an acknowledgement, which is no file.
#[must_use]
pub fn of(kind: Kind, now: UnixMillis) -> Option<Value> {
    let days = Days::at(now);
    Some(match kind {
        Kind::Ack => return None,
        Kind::Alert => alert(days),
        Kind::Bulletin => bulletin(days),
        Kind::WatchlistUpdate => livestock(days),
        Kind::HitReport => hit(days),
        Kind::InfoRequest => request(days),
        Kind::InfoResponse => response(),
        Kind::Correction => correction(),
        Kind::CommunityReport => community(days),
        Kind::Flag => flag(),
        Kind::RightsRequest => rights(days),
        Kind::ReviewNotice => review(days),
        Kind::Refusal => refusal(),
    })
}

/// The example of a person on the watchlist: it needs two officers.
#[must_use]
pub fn person(now: UnixMillis) -> Value {
    let days = Days::at(now);
    json!({
        "kind": "watchlist-update",
        "mode": "Exercise",
        "priority": "priority",
        "tlp": "TLP:AMBER+STRICT",
        "expires": days.after(730),
        "grounds": {
            "handling": "H2",
            "purpose": "CATTLE_THEFT",
            "evaluation": { "source": "A", "information": "1" },
            "basis": {
                "instrument": "ARREST_WARRANT",
                "reference": "MA-0000/EXEMPLE",
                "authority": "Tribunal d’Exempleville",
                "decided_ms": days.before(10),
            },
        },
        "content": {
            "change": "ADD",
            "version": 1,
            "content": {
                "action": "ARREST",
                "offence": "CATTLE_THEFT",
                "valid_from_ms": days.before(1),
                "review_due_ms": days.after(365),
                "expires_ms": days.after(730),
                "case_ref": "DOSSIER-EXEMPLE-1",
                "last_quality_check_ms": days.before(1),
                "subject": { "person": {
                    "names": [
                        { "value": "Exemple Ould Fictif", "kind": "BIRTH", "script": "LATIN", "reliability": "HIGH" },
                        { "value": "مثال ولد خيالي", "kind": "SPELLING", "script": "ARABIC", "reliability": "MEDIUM" },
                    ],
                    "father": "Fictif Ould Exemple",
                    "birth": { "year": 1981, "exactness": "YEAR" },
                    "birthplace": "Exempleville",
                    "sex": "M",
                    "nationalities": ["MRT"],
                    "documents": [{ "type": "IDENTITY_CARD", "issuer": "MRT", "number": "EX000001" }],
                    "status": "SOUGHT",
                    "minor": false,
                } },
                "instruction": "Vérifier la pièce d’identité ; prévenir le quartier général avant toute mesure.",
            },
        },
    })
}

fn livestock(days: Days) -> Value {
    json!({
        "kind": "watchlist-update",
        "mode": "Exercise",
        "priority": "priority",
        "tlp": "TLP:AMBER+STRICT",
        "expires": days.after(180),
        "grounds": {
            "handling": "H2",
            "purpose": "CATTLE_THEFT",
            "evaluation": { "source": "B", "information": "2" },
            "basis": {
                "instrument": "THEFT_REPORT",
                "reference": "PV-0000/EXEMPLE",
                "authority": "Brigade d’Exempleville",
                "decided_ms": days.before(2),
            },
        },
        "content": {
            "change": "ADD",
            "version": 1,
            "content": {
                "action": "HOLD_FOR_OWNERSHIP_CHECK",
                "offence": "CATTLE_THEFT",
                "valid_from_ms": days.before(1),
                "review_due_ms": days.after(90),
                "expires_ms": days.after(180),
                "case_ref": "DOSSIER-EXEMPLE-2",
                "last_quality_check_ms": days.before(1),
                "subject": { "livestock": {
                    "species": "CATTLE",
                    "count_min": 35,
                    "count_max": 40,
                    "mix": "vaches et génisses",
                    "coat": "robe rousse",
                    "horns": "en lyre",
                    "brand": { "site": "THIGH", "side": "LEFT", "strokes": ["10,10 50,50 90,10"] },
                    "ear_marks": [{ "shape": "NOTCH", "side": "RIGHT" }],
                    "taken_at": "puits au sud d’Exempleville",
                    "taken_ms": days.before(3),
                    "direction": "vers le sud",
                } },
                "hold_hours": 24,
                "instruction": "Abreuver et nourrir les animaux ; remettre un reçu au berger ; ni abattage ni vente.",
            },
        },
    })
}

fn alert(days: Days) -> Value {
    json!({
        "kind": "alert",
        "content": {
            "identifier": "exemple-alerte-1",
            "sender": "hq@border.example",
            "sent": days.before(0).replace('Z', "-00:00"),
            "status": "Exercise",
            "msgType": "Alert",
            "scope": "Restricted",
            "restriction": "TLP:AMBER+STRICT",
            "info": [{
                "language": "fr",
                "category": ["Security"],
                "event": "Vol de bétail",
                "urgency": "Expected",
                "severity": "Moderate",
                "certainty": "Likely",
                "expires": days.after(3).replace('Z', "-00:00"),
                "headline": "Exemple : bovins volés près d’Adel Bagrou",
                "description": "Une quarantaine de bovins à robe rousse, enlevés dans la nuit.",
                "instruction": "Vérifier les marques sur les marchés ; ne pas poursuivre.",
                "area": [{ "areaDesc": "Adel Bagrou", "circle": ["15.55,-7.03 25"] }],
            }],
        },
    })
}

fn bulletin(days: Days) -> Value {
    json!({
        "kind": "bulletin",
        "mode": "Exercise",
        "tlp": "TLP:GREEN",
        "grounds": { "handling": "H0", "purpose": "COMMUNITY_SAFETY" },
        "content": {
            "region": "MR-02",
            "from_ms": days.before(7),
            "to_ms": days.before(0),
            "number": 1,
            "sections": [{
                "language": "fr",
                "title": "Marchés à bétail",
                "text": "Semaine calme ; les contrôles de certificats continuent aux postes désignés.",
            }],
            "counts": [
                { "label": "Certificats contrôlés", "value": 120, "persons": false },
                { "label": "Passages à pied", "value": 40, "persons": true },
            ],
        },
    })
}

fn hit(days: Days) -> Value {
    json!({
        "kind": "hit-report",
        "mode": "Exercise",
        "priority": "urgent",
        "refs": [{ "id": EXAMPLE_ID, "relation": "HIT_ON" }],
        "grounds": { "handling": "H1", "purpose": "STOLEN_PROPERTY" },
        "content": {
            "entry": EXAMPLE_ID,
            "version": 1,
            "at_ms": days.before(0),
            "post": "ML-P-NARA",
            "matched": ["PLATE", "VIN"],
            "outcome": "CONFIRMED",
            "action": "DONE",
            "adults_along": 1,
            "minors_along": 0,
            "urgent_reason": "Le véhicule est retenu au poste.",
        },
    })
}

fn request(days: Days) -> Value {
    json!({
        "kind": "info-request",
        "mode": "Exercise",
        "grounds": { "handling": "H1", "purpose": "STOLEN_PROPERTY" },
        "content": {
            "type": "INFORMATION",
            "question": "Ce véhicule est-il déclaré volé chez vous ?",
            "subject": { "vehicle": {
                "plate": "0000 EX 00",
                "country": "MRT",
                "make": "Exemple",
                "model": "Modèle",
                "colour": "blanc",
            } },
            "deadline_ms": days.after(2),
        },
    })
}

fn response() -> Value {
    json!({
        "kind": "info-response",
        "mode": "Exercise",
        "refs": [{ "id": EXAMPLE_ID, "relation": "ANSWERS" }],
        "grounds": { "handling": "H2", "purpose": "STOLEN_PROPERTY" },
        "content": { "result": "FOUND", "text": "Déclaré volé à Exempleville ; le propriétaire est prévenu." },
    })
}

fn correction() -> Value {
    json!({
        "kind": "correction",
        "mode": "Exercise",
        "refs": [{ "id": EXAMPLE_ID, "relation": "CORRECTS" }],
        "grounds": { "handling": "H2", "purpose": "STOLEN_PROPERTY" },
        "content": {
            "field": "update.content.subject.vehicle.colour",
            "old": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "new": "gris",
            "reason": "Couleur mal relevée au dépôt de la plainte.",
            "tell": ["ML-P-NARA"],
        },
    })
}

fn community(days: Days) -> Value {
    json!({
        "kind": "community-report",
        "mode": "Exercise",
        "tlp": "TLP:AMBER+STRICT",
        "grounds": {
            "handling": "H2",
            "purpose": "COMMUNITY_SAFETY",
            "evaluation": { "source": "X", "information": "4" },
        },
        "content": {
            "theme": "CATTLE_THEFT",
            "place": "MR-02",
            "from_ms": days.before(2),
            "to_ms": days.before(1),
            "text": "Un troupeau inconnu a été vu de nuit, en route vers le sud.",
            "language": "fr",
            "screened": true,
        },
    })
}

fn flag() -> Value {
    json!({
        "kind": "flag",
        "mode": "Exercise",
        "grounds": {
            "handling": "H2",
            "basis": {
                "instrument": "ACCORD",
                "reference": "article 0 (exemple)",
                "authority": "Parquet d’Exempleville",
                "decided_ms": "2026-01-01T00:00:00Z",
            },
        },
        "content": {
            "entry": EXAMPLE_ID,
            "meaning": "NOT_EXECUTABLE_HERE",
            "reason": "L’intéressé bénéficie ici d’une décision de justice contraire.",
        },
    })
}

fn rights(days: Days) -> Value {
    json!({
        "kind": "rights-request",
        "mode": "Exercise",
        "grounds": { "handling": "H2", "purpose": "REDRESS" },
        "content": {
            "right": "ACCESS",
            "case_number": "DROITS-EXEMPLE-1",
            "deadline_ms": days.after(30),
            "text": "La personne demande quelles données la concernent.",
        },
    })
}

fn review(days: Days) -> Value {
    json!({
        "kind": "review-notice",
        "mode": "Exercise",
        "grounds": { "handling": "H2" },
        "content": { "entry": EXAMPLE_ID, "due_ms": days.after(120) },
    })
}

fn refusal() -> Value {
    json!({
        "kind": "refusal",
        "mode": "Exercise",
        "grounds": { "handling": "H2" },
        "content": {
            "refused": EXAMPLE_ID,
            "code": 25,
            "field": "update.content.subject.person",
            "reason": "Le nom seul ne suffit pas à distinguer la personne.",
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::breach::Breaches;
    use crate::domain::message_file::{self, Desk};
    use crate::domain::payload::Payload;
    use crate::envelope::{Commitment, Header, MessageId, Reference, Station};
    use crate::identity::{Country, Origin};

    /// The message as the node would read it, or what is wrong with it.
    fn checked(json: &Value, now: UnixMillis) -> Result<(), String> {
        let id = MessageId::new(now, [1; 10]);
        let file = message_file::read(&json.to_string(), id).map_err(|found| found.to_string())?;
        // A hit, an answer, a flag and a refusal are the other country's.
        let (us, them) = match file.payload.kind() {
            Kind::HitReport | Kind::Flag => (Country::ML, Country::MR),
            _ => (Country::MR, Country::ML),
        };
        let desk =
            Desk { origin: Origin::link(us, them), recipient: them, station: Station::headquarters(us), now };
        let commitment = Commitment([0; 32]);
        let refs = file.refs.iter().map(|&(id, relation)| Reference { id, relation, commitment }).collect();
        let header = file.header(&desk, refs);
        let mut breaches = Breaches::new();
        file.payload.check(&header, &mut breaches);
        breaches.or(Some(())).map_err(|found| found.to_string())?;
        let header = Header::decode(&header.encode()).map_err(|error| error.to_string())?;
        let read = Payload::decode(&header, &file.payload.encode()).map_err(|error| error.to_string())?;
        assert_eq!(read, file.payload, "it is not read as it was written");
        Ok(())
    }

    #[test]
    fn every_template_passes_the_checks_on_any_day() {
        for now in [1_768_471_445_000, 1_900_000_000_000] {
            let now = UnixMillis::new(now).unwrap();
            let kinds = Kind::ALL.iter().filter(|kind| **kind != Kind::Ack);
            let templates = kinds.map(|kind| (kind.as_str(), of(*kind, now).unwrap()));
            let mut refused = Vec::new();
            for (name, template) in templates.chain([(Kind::WatchlistUpdate.as_str(), person(now))]) {
                assert_eq!(template["kind"], name);
                refused.extend(checked(&template, now).err().map(|why| format!("{name}: {why}")));
            }
            assert!(refused.is_empty(), "{}", refused.join("\n"));
        }
    }

    #[test]
    fn what_a_template_answers_is_a_request() {
        let now = UnixMillis::new(1_768_471_445_000).unwrap();
        for kind in Kind::ALL.iter().filter(|kind| **kind != Kind::Ack) {
            let answers = of(*kind, now).unwrap().to_string().contains("ANSWERS");
            assert_eq!(
                answers,
                *kind == Kind::InfoResponse,
                "{kind}: a node takes answers to requests alone"
            );
        }
    }

    #[test]
    fn an_acknowledgement_is_no_file() {
        assert_eq!(of(Kind::Ack, UnixMillis::default()), None);
    }
}
