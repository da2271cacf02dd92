//! The rules of an alert that is sent to the other country. Reading somebody's CAP file is not sending it, so
//! they are no part of [`Alert::validate`].

use super::{Alert, Area, Info, MsgType};
use crate::domain::breach::{At, Breaches};
use crate::domain::{Tlp, screen};
use crate::envelope::{Header, Relation};
use crate::refusal::RefusalCode;

const HEADER: At<'_> = At::root("header");
const ALERT: At<'_> = At::root("alert");

impl Alert {
    /// What an alert and its header obey by themselves.
    pub(crate) fn check(&self, header: &Header, breaches: &mut Breaches) {
        self.french(breaches);
        self.agrees(header, breaches);
        self.series(header, breaches);
        if header.tlp <= Tlp::Green {
            self.screen(breaches);
        }
    }

    /// Whether no text is in Arabic: the sender is warned, and may have nobody at hand who writes it.
    #[must_use]
    pub fn lacks_arabic(&self) -> bool {
        !self.speaks("ar")
    }

    fn speaks(&self, language: &str) -> bool {
        self.infos.iter().any(|info| info.language.as_ref().is_some_and(|tag| tag.is(language)))
    }

    /// A cancellation may stand on its note alone.
    fn french(&self, breaches: &mut Breaches) {
        let note_alone = self.msg_type == MsgType::Cancel && self.infos.is_empty();
        if !note_alone && !self.speaks("fr") {
            let expected = "an info in French, the working language";
            breaches.add(RefusalCode::NoFrench, &ALERT.field("info"), "has no French", expected);
        }
    }

    /// The header is what nodes and lists go by: it says what the alert says, and is never looser.
    fn agrees(&self, header: &Header, breaches: &mut Breaches) {
        if self.mode() != Ok(header.mode) {
            let problem = format!("is {}, but the alert is {}", header.mode, self.status);
            breaches.add(RefusalCode::ModeMismatch, &HEADER.field("mode"), problem, "what the alert says");
        }
        if header.tlp < self.tlp() {
            let problem = format!("is {}, but the alert is {}", header.tlp, self.tlp());
            breaches.add(RefusalCode::LooserHandling, &HEADER.field("tlp"), problem, "what the alert says");
        }
        if header.priority != self.priority() {
            let problem = format!("is {}", header.priority);
            let expected = format!("{}, by the alert's urgency", self.priority());
            breaches.content(&HEADER.field("priority"), problem, expected);
        }
        if let Some(end) = self.expires().filter(|end| header.expires.is_none_or(|expires| expires > *end)) {
            let expected = format!("{end}, when the alert ends, or earlier");
            breaches.content(&HEADER.field("expires_ms"), "is later or missing", expected);
        }
    }

    /// CAP's message type and the header's references tell the same story.
    fn series(&self, header: &Header, breaches: &mut Breaches) {
        let refers = |relation| header.refs.iter().any(|reference| reference.relation == relation);
        let at = ALERT.field("msgType");
        match self.msg_type {
            MsgType::Ack | MsgType::Error => {
                let problem = format!("is {}", self.msg_type);
                breaches.content(&at, problem, "Alert, Update or Cancel: answers are kinds of their own");
            }
            MsgType::Update => required(refers(Relation::Amends), Relation::Amends, breaches),
            MsgType::Cancel => required(refers(Relation::Cancels), Relation::Cancels, breaches),
            MsgType::Alert => {}
        }
        for (relation, of) in [(Relation::Amends, MsgType::Update), (Relation::Cancels, MsgType::Cancel)] {
            if refers(relation) && self.msg_type != of {
                let problem = format!("is {} beside a reference {relation}", self.msg_type);
                breaches.content(&at, problem, of.to_string());
            }
        }
        if self.msg_type == MsgType::Cancel && self.note.is_none() {
            let at = ALERT.field("note");
            breaches.add(RefusalCode::NoReason, &at, "is missing", "why the alert is cancelled");
        }
    }

    /// Texts that tell what happened and to whom. Not the address of the service itself: `sender`, `contact`,
    /// `web`.
    fn screen(&self, breaches: &mut Breaches) {
        optional(self.note.as_deref(), &ALERT.field("note"), breaches);
        for (index, info) in self.infos.iter().enumerate() {
            info.screen(&ALERT.item("info", index), breaches);
        }
    }
}

fn required(given: bool, relation: Relation, breaches: &mut Breaches) {
    if !given {
        let expected = format!("a reference {relation} to the message that is meant");
        breaches.content(&HEADER.field("refs"), format!("has no reference {relation}"), expected);
    }
}

impl Info {
    fn screen(&self, at: &At<'_>, breaches: &mut Breaches) {
        text(&self.event, &at.field("event"), breaches);
        let texts = [
            ("audience", &self.audience),
            ("headline", &self.headline),
            ("description", &self.description),
            ("instruction", &self.instruction),
        ];
        for (name, value) in texts {
            optional(value.as_deref(), &at.field(name), breaches);
        }
        for (index, parameter) in self.parameters.iter().enumerate() {
            text(&parameter.value, &at.item("parameter", index).field("value"), breaches);
        }
        for (index, resource) in self.resources.iter().enumerate() {
            text(&resource.resource_desc, &at.item("resource", index).field("resourceDesc"), breaches);
        }
        for (index, Area { area_desc, .. }) in self.areas.iter().enumerate() {
            text(area_desc, &at.item("area", index).field("areaDesc"), breaches);
        }
    }
}

fn optional(value: Option<&str>, at: &At<'_>, breaches: &mut Breaches) {
    if let Some(value) = value {
        text(value, at, breaches);
    }
}

fn text(value: &str, at: &At<'_>, breaches: &mut Breaches) {
    screen::text(value, RefusalCode::PersonalData, at, breaches);
}

#[cfg(test)]
mod tests;
