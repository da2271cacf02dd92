//! What happened in a region over a period: texts and counts, never a person.

use crate::domain::alert::Language;
use crate::domain::breach::{At, Breaches};
use crate::domain::part::{record, text_part};
use crate::domain::payload::Content;
use crate::domain::text::{Line, Prose};
use crate::domain::{rules, screen};
use crate::envelope::{Header, Kind};
use crate::refusal::RefusalCode;
use crate::time::UnixMillis;
use crate::wire::pb;

/// Sections of one bulletin, all languages together.
const MAX_SECTIONS: usize = 24;
/// Counts of one bulletin.
const MAX_COUNTS: usize = 64;
/// A smaller number of people may point to one of them.
const MIN_PERSONS: u32 = 5;

text_part!(Language, serde_json::json!({ "type": "string", "maxLength": Language::MAX_BYTES }));

record! {
    /// A regional bulletin.
    Bulletin, pb::Bulletin {
        /// A code of the accord's register.
        region: one Line<16>,
        /// The first instant of its period.
        from_ms: one UnixMillis,
        /// The last instant of its period.
        to_ms: one UnixMillis,
        /// Counted by the sender for each region, from 1.
        number: one u32,
        /// What it says.
        sections: many Section[MAX_SECTIONS],
        /// What it counts.
        counts: many Count[MAX_COUNTS],
    }
}

record! {
    /// A text in one language.
    Section, pb::Section {
        /// Its language.
        language: one Language,
        /// Its title.
        title: one Line<128>,
        /// The text.
        text: one Prose<4000>,
    }
}

record! {
    /// A number.
    Count, pb::Count {
        /// What was counted.
        label: one Line<128>,
        /// How many.
        value: one u32,
        /// Whether people were counted: then a number below five is not published.
        persons: one bool,
    }
}

impl Content for Bulletin {
    const KIND: Kind = Kind::Bulletin;
    const NAME: &'static str = "bulletin";

    fn check(&self, header: &Header, at: &At<'_>, breaches: &mut Breaches) {
        rules::headquarters(header, breaches);
        rules::region(self.region.as_str(), header, &at.field("region"), breaches);
        rules::period(self.from_ms, self.to_ms, at, breaches);
        if self.number == 0 {
            breaches.content(&at.field("number"), "is 0", "a number from 1");
        }
        if !self.sections.iter().any(|section| section.language.is("fr")) {
            let expected = "a section in French, the working language";
            breaches.add(RefusalCode::NoFrench, &at.field("sections"), "has no French", expected);
        }
        for (index, section) in self.sections.iter().enumerate() {
            section.check(&at.item("sections", index), breaches);
        }
        for (index, count) in self.counts.iter().enumerate() {
            count.check(&at.item("counts", index), breaches);
        }
    }
}

impl Section {
    fn check(&self, at: &At<'_>, breaches: &mut Breaches) {
        let code = RefusalCode::PersonalData;
        screen::text(self.title.as_str(), code, &at.field("title"), breaches);
        screen::text(self.text.as_str(), code, &at.field("text"), breaches);
    }
}

impl Count {
    /// None at all reveals nobody, so zero is published: that nothing happened is news too.
    fn check(&self, at: &At<'_>, breaches: &mut Breaches) {
        screen::text(self.label.as_str(), RefusalCode::PersonalData, &at.field("label"), breaches);
        if self.persons && (1..MIN_PERSONS).contains(&self.value) {
            let expected = format!("{MIN_PERSONS} or more, or 0");
            let problem = format!("is {}", self.value);
            breaches.add(RefusalCode::SmallCount, &at.field("value"), problem, expected);
        }
    }
}

#[cfg(test)]
mod tests;
