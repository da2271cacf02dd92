//! One line that says what a message is about, for lists.

use crate::domain::bulletin::Bulletin;
use crate::domain::hit::HitReport;
use crate::domain::inquiry::{InfoRequest, InfoResponse};
use crate::domain::payload::Payload;
use crate::domain::text::Prose;
use crate::domain::watchlist::{Subject, WatchlistUpdate};

/// Languages in which an alert's title is wanted, first to last.
const LANGUAGES: [&str; 3] = ["fr", "ar", "en"];

/// Longest title, in characters.
const MAX_CHARS: usize = 120;

/// What a message is about, in one line.
#[must_use]
pub fn title(payload: &Payload) -> String {
    let line = match payload {
        Payload::Alert(alert) => alert.title(&LANGUAGES).unwrap_or("(no title)").to_owned(),
        Payload::Ack(ack) => format!("{} has been read", ack.of),
        Payload::Bulletin(bulletin) => of_bulletin(bulletin),
        Payload::WatchlistUpdate(update) => of_update(update),
        Payload::HitReport(hit) => of_hit(hit),
        Payload::InfoRequest(request) => of_request(request),
        Payload::InfoResponse(response) => of_response(response),
        Payload::Correction(correction) => {
            format!("correction of {}: {}", correction.field, correction.reason)
        }
        Payload::CommunityReport(report) => {
            format!("{} near {}: {}", report.theme, report.place, report.text)
        }
        Payload::Flag(flag) => format!("{} entry {}: {}", flag.meaning, flag.entry, flag.reason),
        Payload::RightsRequest(request) => {
            format!("{} case {}, due {}", request.right, request.case_number, request.deadline_ms)
        }
        Payload::ReviewNotice(notice) => {
            format!("entry {} is due for review {}", notice.entry, notice.due_ms)
        }
        Payload::Refusal(refusal) => {
            let reason = crate::refusal::sentence(u16::try_from(refusal.code).unwrap_or(u16::MAX)).en;
            format!("refuses {}: {reason}", refusal.refused)
        }
    };
    cut(&line)
}

fn of_bulletin(bulletin: &Bulletin) -> String {
    let heading = bulletin.sections.first().map_or("", |section| section.title.as_str());
    format!("no. {} for {}: {heading}", bulletin.number, bulletin.region)
}

fn of_update(update: &WatchlistUpdate) -> String {
    let WatchlistUpdate { change, version, content, reason, .. } = update;
    match (content, reason) {
        (Some(entry), _) => {
            let action = entry.action;
            format!("{change} version {version}: {action} {}", of_subject(&entry.subject))
        }
        (None, Some(reason)) => format!("{change} version {version}: {reason}"),
        (None, None) => format!("{change} version {version}"),
    }
}

/// Whom or what it is about, by what people would call it.
fn of_subject(subject: &Subject) -> String {
    let known = |text: Option<&str>| text.unwrap_or("unknown").to_owned();
    match subject {
        Subject::Person(person) => known(person.names.first().map(|name| name.value.as_str())),
        Subject::Document(document) => {
            format!("{} {} {}", document.r#type, document.issuer, document.number)
        }
        Subject::Vehicle(vehicle) => {
            let plate = vehicle.plate.as_ref().map(|plate| plate.as_str());
            known(plate.or_else(|| vehicle.vin.as_ref().map(|vin| vin.as_str())))
        }
        Subject::Firearm(_) => subject.category().to_string(),
        Subject::Vessel(_) => subject.category().to_string(),
        Subject::Livestock(animals) => {
            let (least, most) = (animals.count_min, animals.count_max);
            let count = if least == most { least.to_string() } else { format!("{least}–{most}") };
            format!("{count} {}", animals.species)
        }
    }
}

fn of_hit(hit: &HitReport) -> String {
    let matched: Vec<&str> = hit.matched.iter().map(|matched| matched.as_str()).collect();
    let matched = matched.join(", ");
    format!("{} at {}: entry {} version {} by {matched}", hit.outcome, hit.post, hit.entry, hit.version)
}

fn of_request(request: &InfoRequest) -> String {
    let urgent = if request.urgent_reason.is_some() { "URGENT " } else { "" };
    format!("{urgent}{}: {}", request.r#type, request.question)
}

fn of_response(response: &InfoResponse) -> String {
    let said = response.text.as_ref().map(Prose::as_str);
    let said = said.or_else(|| response.reason.as_ref().map(Prose::as_str));
    said.map_or_else(|| response.result.to_string(), |said| format!("{}: {said}", response.result))
}

/// The first line of it, and no more than a list has room for.
fn cut(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= MAX_CHARS && line.len() == text.len() {
        return line.to_owned();
    }
    let mut short: String = line.chars().take(MAX_CHARS).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{message_file, template};
    use crate::envelope::{Kind, MessageId};
    use crate::time::UnixMillis;

    #[test]
    fn every_kind_has_a_title_of_one_short_line() {
        let now = UnixMillis::new(1_768_471_445_000).unwrap();
        let id = MessageId::new(now, [1; 10]);
        for kind in Kind::ALL.iter().filter(|kind| **kind != Kind::Ack) {
            let file = message_file::read(&template::of(*kind, now).unwrap().to_string(), id).unwrap();
            let title = title(&file.payload);
            assert!(!title.is_empty() && title != kind.as_str(), "{kind}: {title}");
            assert!(title.chars().count() <= MAX_CHARS + 1 && !title.contains('\n'), "{kind}: {title}");
        }
        let person = message_file::read(&template::person(now).to_string(), id).unwrap();
        assert!(
            title(&person.payload).contains("ADD version 1: ARREST Exemple"),
            "{}",
            title(&person.payload)
        );
    }
}
