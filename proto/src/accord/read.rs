//! From text to an accord: every key once, all faults at once.

// Every key is taken before any `?`: a fault in one must not hide the fault in the next.

use std::collections::BTreeMap;
use std::time::Duration;

use toml_edit::TableLike;

use super::form::{
    Count, Instant, Iso, KnownPoint, Minutes, Name, Names, Outline, Predecessor, TwoCountries, Word, YesNo,
    any, one, some,
};
use super::rules::{ActionTable, KindTable};
use super::section::{Section, Sheet};
use super::{
    Accord, AccordFile, AccordId, ActionRules, Deadlines, KindRules, Months, Place, PlaceKind, Region,
    Register, Retention, Zone,
};
use crate::domain::terms::{Action, Category, Purpose};
use crate::envelope::{Kind, Station};
use crate::identity::Country;
use crate::toml::{self, Fault};

/// Most regions, and most places: a register, not a gazetteer.
const MAX_PLACES: usize = 1000;

/// Months that a rule may state: a century.
const MONTHS: Count = Count { unit: "months", least: 1, most: 1200 };

/// Days that a rule may state: ten years.
const DAYS: Count = Count { unit: "days", least: 1, most: 3660 };

/// Hours that a deadline may state: a year.
const HOURS: Count = Count { unit: "hours", least: 1, most: 8784 };

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

pub(super) fn parse(text: &str) -> Result<Accord, Vec<Fault>> {
    // The same limits and characters as in a file: a text that could not be signed is no accord.
    let file = AccordFile::parse(text.as_bytes())?;
    let parsed = toml::parse(file.text());
    let sheet = Sheet::new(&parsed);
    let accord = parsed.document.as_ref().and_then(|document| {
        let table: &dyn TableLike = document.as_table();
        read(Section::top(&sheet, table), &file)
    });
    let faults = sheet.into_faults();
    match accord {
        Some(accord) if faults.is_empty() => Ok(accord),
        _ => Err(faults),
    }
}

fn read(mut top: Section<'_>, file: &AccordFile) -> Option<Accord> {
    let version = top.value("version", &Count { unit: "a number", least: 1, most: u32::MAX });
    let effective = top.value("effective", &Instant);
    let replaces = top.take("replaces", &Predecessor);
    if let (Some(version), Some(replaces)) = (version, replaces) {
        check_chain(&top, version, replaces.value.is_none(), replaces.line);
    }
    let countries = top.value("countries", &TwoCountries);
    let purposes = top.value("purposes", &some::<Purpose>());
    let max_skew = top.section("clocks").and_then(clocks);
    let deadlines = top.section("deadlines").and_then(deadlines);
    let retention = top.section("retention").and_then(retention);
    let zone = top.section("zone").and_then(zone);
    let regions = top.section("regions").and_then(|section| regions(&section, countries));
    let places = top.section("places").and_then(|section| places(&section, countries, regions.as_ref()));
    let kinds = top.section("kinds").and_then(|section| kinds(&section, purposes.as_deref()));
    let actions = top.section("actions").and_then(|section| actions(&section));
    top.end();
    Some(Accord {
        id: AccordId { version: version?, hash: file.hash() },
        effective: effective?,
        replaces: replaces?.value,
        countries: countries?,
        purposes: purposes?,
        max_skew: max_skew?,
        deadlines: deadlines?,
        retention: retention?,
        zone: zone?,
        register: Register { regions: regions?, places: places? },
        kinds: kinds?,
        actions: actions?,
    })
}

fn check_chain(top: &Section<'_>, version: u32, first: bool, line: u32) {
    if (version == 1) != first {
        let message =
            if first { "is \"none\", and this is not the first accord" } else { "names an accord before" };
        let expected = if first { "the hash of the accord before" } else { "\"none\" in accord 1" };
        top.refuse("replaces", line, message, expected);
    }
}

fn clocks(mut section: Section<'_>) -> Option<Duration> {
    let max_skew = section.value("max_skew_minutes", &Minutes { least: 1, most: 60 });
    section.end();
    max_skew
}

fn deadlines(mut section: Section<'_>) -> Option<Deadlines> {
    let receipt = section.value("receipt_minutes", &Minutes { least: 1, most: 1440 });
    let urgent = section.value("answer_hours_urgent", &HOURS);
    let priority = section.value("answer_hours_priority", &HOURS);
    let routine = section.value("answer_hours_routine", &HOURS);
    let rights = section.value("answer_days_rights", &DAYS);
    section.end();
    Some(Deadlines {
        receipt: receipt?,
        answers: [HOUR * routine?, HOUR * priority?, HOUR * urgent?],
        rights: DAY * rights?,
    })
}

fn retention(mut section: Section<'_>) -> Option<Retention> {
    let erase_on_expiry = section.value("erase_on_expiry", &YesNo);
    let erase_after = section.value("erase_after_days", &Count { least: 0, ..DAYS });
    let review_notice = section.value("review_notice_days", &DAYS);
    section.end();
    Some(Retention {
        erase_on_expiry: erase_on_expiry?,
        erase_after: DAY * erase_after?,
        review_notice: DAY * review_notice?,
    })
}

fn zone(mut section: Section<'_>) -> Option<Zone> {
    let outline = section.value("outline", &Outline);
    section.end();
    outline.map(Zone::new)
}

/// The country of a code, if it is one of the two; a fault if it is not.
fn code_country(section: &Section<'_>, code: &str, countries: Option<[Country; 2]>) -> Option<Country> {
    // A code has the form of a station's name, so that a post's code is its station.
    let Ok(station) = code.parse::<Station>() else {
        section.refuse_whole(
            "is not a code",
            "a country and a name in capitals, digits and hyphens, such as MR-P-GOGUI; at most 32 characters",
        );
        return None;
    };
    let country = station.country();
    if countries.is_some_and(|countries| !countries.contains(&country)) {
        section.refuse_whole(format!("is of {country}"), "a code of one of the two countries");
        return None;
    }
    Some(country)
}

fn check_count(section: &Section<'_>, count: usize) {
    if count > MAX_PLACES {
        section.refuse_whole(format!("has {count} sections"), format!("at most {MAX_PLACES}"));
    }
}

fn regions(section: &Section<'_>, countries: Option<[Country; 2]>) -> Option<BTreeMap<String, Region>> {
    let below = section.sections();
    check_count(section, below.len());
    let read = below.into_iter().map(|(code, mut section)| {
        let country = code_country(&section, &code, countries);
        let name = section.value("name", &Name);
        let iso = section.take("iso", &Iso);
        if let (Some(country), Some(iso)) = (country, &iso)
            && !iso.value.starts_with(country.as_str())
        {
            section.refuse("iso", iso.line, "is of another country", format!("a code of {country}"));
        }
        section.end();
        country?;
        Some((code, Region { name: name?, iso: iso?.value }))
    });
    all(read)
}

fn places(
    section: &Section<'_>,
    countries: Option<[Country; 2]>,
    regions: Option<&BTreeMap<String, Region>>,
) -> Option<BTreeMap<String, Place>> {
    let below = section.sections();
    check_count(section, below.len());
    let read = below.into_iter().map(|(code, mut section)| {
        let country = code_country(&section, &code, countries);
        if country.is_some_and(|country| code == Station::headquarters(country).to_string()) {
            section
                .refuse_whole("is a headquarters", "posts, towns and camps; a headquarters needs no entry");
        }
        let name = section.value("name", &Name);
        let variants = section.value("variants", &Names { most: 16 });
        let kind = section.value("kind", &one::<PlaceKind>());
        let region = section.take("region", &Name);
        if let (Some(region), Some(regions)) = (&region, regions) {
            check_region(&section, region.line, &region.value, country, regions);
        }
        let at = section.take("at", &KnownPoint);
        let confirmed = section.take("confirmed", &YesNo);
        if let (Some(at), Some(confirmed)) = (&at, confirmed)
            && at.value.is_none()
            && confirmed.value
        {
            section.refuse("confirmed", confirmed.line, "is true", "false where the coordinates are unknown");
        }
        section.end();
        Some((
            code,
            Place {
                country: country?,
                name: name?,
                variants: variants?,
                kind: kind?,
                region: region?.value,
                at: at?.value,
                confirmed: confirmed?.value,
            },
        ))
    });
    all(read)
}

fn check_region(
    section: &Section<'_>,
    line: u32,
    region: &str,
    country: Option<Country>,
    regions: &BTreeMap<String, Region>,
) {
    if !regions.contains_key(region) {
        section.refuse(
            "region",
            line,
            format!("{region} is not among the regions"),
            "the code of a region above",
        );
    } else if country.is_some_and(|country| !region.starts_with(country.as_str())) {
        section.refuse(
            "region",
            line,
            format!("{region} is of the other country"),
            "a region of its own country",
        );
    }
}

fn kinds(section: &Section<'_>, purposes: Option<&[Purpose]>) -> Option<KindTable> {
    let mut table = KindTable::default();
    let mut sound = true;
    for (name, section) in section.sections() {
        match (Kind::from_word(&name), kind(section, purposes)) {
            (Some(kind), Some(rules)) => table.put(kind, rules),
            _ => sound = false,
        }
    }
    if sound && table.is_empty() {
        section
            .refuse_whole("provides for no kind of message", "at least one section, such as [kinds.alert]");
    }
    sound.then_some(table)
}

fn kind(mut section: Section<'_>, purposes: Option<&[Purpose]>) -> Option<KindRules> {
    let name = section.path().rsplit('.').next().unwrap_or_default().to_owned();
    if Kind::from_word(&name).is_none() {
        section.refuse_whole("is not a kind of message", format!("one of {}", Kind::expected()));
    }
    let senders = section.value("senders", &some());
    let tlp = section.value("tlp", &some());
    let handling = section.value("handling", &some());
    let served = section.take("purposes", &some::<Purpose>());
    if let (Some(served), Some(purposes)) = (&served, purposes)
        && let Some(other) = served.value.iter().find(|purpose| !purposes.contains(purpose))
    {
        let message = format!("has {other}, which is not among the purposes of the accord");
        section.refuse("purposes", served.line, message, "purposes of the list at the top");
    }
    let two_persons = section.value("two_persons", &any());
    let must_expire = section.value("must_expire", &YesNo);
    let longest = section.value("longest_days", &DAYS);
    let kept = section.value("kept_months", &MONTHS);
    section.end();
    Some(KindRules {
        senders: senders?,
        tlp: tlp?,
        handling: handling?,
        purposes: served?.value,
        two_persons: two_persons?,
        must_expire: must_expire?,
        longest: DAY * longest?,
        kept: Months(kept?),
    })
}

fn actions(section: &Section<'_>) -> Option<ActionTable> {
    let mut table = ActionTable::default();
    let mut sound = true;
    for (name, section) in section.sections() {
        let Some(category) = Category::from_word(&name) else {
            section.refuse_whole("is not a category", format!("one of {}", Category::expected()));
            sound = false;
            continue;
        };
        for (name, section) in section.sections() {
            let action = Action::from_word(&name).filter(|action| action.suits(category));
            match (action, action_rules(section, category, action)) {
                (Some(action), Some(rules)) => table.put(category, action, rules),
                _ => sound = false,
            }
        }
    }
    sound.then_some(table)
}

fn action_rules(mut section: Section<'_>, category: Category, action: Option<Action>) -> Option<ActionRules> {
    if action.is_none() {
        let suitable = Action::ALL.iter().filter(|action| action.suits(category));
        let suitable: Vec<_> = suitable.map(|action| action.as_str()).collect();
        let message = format!("is not an action for the category {category}");
        section.refuse_whole(message, format!("one of {}", suitable.join(", ")));
    }
    let cap = section.value("cap_months", &MONTHS);
    let review = section.take("review_months", &MONTHS);
    if let (Some(cap), Some(review)) = (cap, review)
        && review.value > cap
    {
        let message = format!("is {}, later than the end of the entry", review.value);
        section.refuse("review_months", review.line, message, format!("at most cap_months, {cap}"));
    }
    let unconfirmed = section.value("unconfirmed", &YesNo);
    let (identifiers, protected) = match category {
        Category::Person => {
            let identifiers = section.value("identifiers", &Count { unit: "a number", least: 0, most: 4 });
            (identifiers, section.value("protected", &YesNo))
        }
        _ => (Some(0), Some(false)),
    };
    let hold = match action {
        Some(Action::HoldForOwnershipCheck) => section.value("hold_hours", &HOURS).map(Some),
        _ => Some(None),
    };
    section.end();
    Some(ActionRules {
        cap: Months(cap?),
        review: Months(review?.value),
        unconfirmed: unconfirmed?,
        identifiers: identifiers?,
        protected: protected?,
        hold: hold?.map(|hours| HOUR * hours),
    })
}

/// All of them, once each was looked at; `None` if one has a fault.
fn all<V>(read: impl Iterator<Item = Option<(String, V)>>) -> Option<BTreeMap<String, V>> {
    read.collect::<Vec<_>>().into_iter().collect()
}
