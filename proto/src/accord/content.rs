//! What the accord asks of content: the places, categories, actions and times that were agreed.

use super::Accord;
use super::permit::Breach;
use super::permit::millis;
use crate::domain::alert::{Alert, Area};
use crate::domain::payload::Payload;
use crate::domain::terms::{Category, HandlingCode, Information, Source};
use crate::domain::watchlist::{Entry, Person, Subject, SubjectStatus};
use crate::envelope::Header;

impl Accord {
    /// Whether a message's content keeps to this accord.
    pub(super) fn content(&self, header: &Header, payload: &Payload) -> Result<(), Breach> {
        match payload {
            Payload::Alert(alert) => self.area(header, alert),
            Payload::WatchlistUpdate(update) => {
                update.content.as_ref().map_or(Ok(()), |entry| self.entry(header, entry))
            }
            Payload::Bulletin(bulletin) => self.known_place(bulletin.region.as_str()),
            Payload::CommunityReport(report) => self.known_place(report.place.as_str()),
            Payload::HitReport(hit) => self.station(&hit.post).map(|_| ()).ok_or(Breach::Place),
            _ => Ok(()),
        }
    }

    /// Whether a payload is about persons in the sense of the two-person rule.
    pub(super) fn about_persons(payload: &Payload) -> bool {
        matches!(payload, Payload::WatchlistUpdate(update)
            if update.content.as_ref().is_some_and(|entry| entry.subject.category() == Category::Person))
    }

    /// Outside the zone an alert needs the text of a restriction that says why it concerns the other side.
    fn area(&self, header: &Header, alert: &Alert) -> Result<(), Breach> {
        let accounted = header.grounds.handling == Some(HandlingCode::H3);
        let areas = alert.infos.iter().flat_map(|info| &info.areas);
        let inside = |area: &Area| {
            let circles = area.circles.iter().map(|circle| circle.centre());
            let mut points = circles.chain(area.polygons.iter().flat_map(|ring| ring.0.iter().copied()));
            points.all(|point| self.zone().contains(point))
        };
        if accounted || areas.into_iter().all(inside) { Ok(()) } else { Err(Breach::Zone) }
    }

    fn known_place(&self, code: &str) -> Result<(), Breach> {
        let known = self.region(code).is_some() || self.place(code).is_some();
        if known { Ok(()) } else { Err(Breach::Place) }
    }

    fn entry(&self, header: &Header, entry: &Entry) -> Result<(), Breach> {
        let category = entry.subject.category();
        let rules = self.action(category, entry.action).ok_or(Breach::Action)?;
        if entry.expires_ms > rules.cap.after(header.created) {
            return Err(Breach::Cap);
        }
        if entry.review_due_ms > rules.review.after(header.created) {
            return Err(Breach::Review);
        }
        let unconfirmed = header.grounds.evaluation.is_some_and(|evaluation| {
            evaluation.source == Source::X && evaluation.information == Information::Four
        });
        if unconfirmed && !rules.unconfirmed {
            return Err(Breach::Unconfirmed);
        }
        let longest = rules.hold.map_or(0, millis);
        if entry.hold_hours.is_some_and(|hours| u64::from(hours) * 3_600_000 > longest) {
            return Err(Breach::Hold);
        }
        match &entry.subject {
            Subject::Person(person) if identifiers(person) < rules.identifiers => Err(Breach::Quality),
            Subject::Person(person) if is_protected(person) && !rules.protected => Err(Breach::Protected),
            _ => Ok(()),
        }
    }
}

/// What stands beside the name, of birth year, document, photograph and a parent's name.
fn identifiers(person: &Person) -> u32 {
    let parent = person.father.is_some() || person.grandfather.is_some();
    let found = [person.birth.is_some(), !person.documents.is_empty(), person.photo.is_some(), parent];
    found.into_iter().map(u32::from).sum()
}

fn is_protected(person: &Person) -> bool {
    person.minor || matches!(person.status, SubjectStatus::VictimPossible | SubjectStatus::Missing)
}
