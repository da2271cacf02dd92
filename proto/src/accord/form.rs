//! What a value of an accord may be.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use toml_edit::Value;

use super::AccordHash;
use crate::domain::Tlp;
use crate::domain::alert::{Point, Polygon};
use crate::domain::terms::{Action, Category, HandlingCode, Purpose};
use crate::envelope::Kind;
use crate::identity::Country;
use crate::time::UnixMillis;
use crate::toml::{Form, Wrong, text};

/// A closed list of words.
pub(super) trait Word: Copy + PartialEq + 'static {
    /// Every one, in order.
    const ALL: &'static [Self];

    /// As it is written.
    fn as_str(self) -> &'static str;

    /// The one that is written so.
    fn from_word(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|word| word.as_str() == text)
    }

    /// All of them, for people.
    fn expected() -> String {
        let words: Vec<_> = Self::ALL.iter().map(|word| format!("\"{}\"", word.as_str())).collect();
        words.join(", ")
    }
}

macro_rules! words {
    ($($name:ty),+) => {
        $(impl Word for $name {
            const ALL: &'static [Self] = Self::ALL;

            fn as_str(self) -> &'static str {
                self.as_str()
            }
        })+
    };
}

words!(Tlp, HandlingCode, Purpose, Category, Action, Kind);

/// One of a closed list of words.
pub(super) struct One<T>(std::marker::PhantomData<T>);

/// One of a closed list of words.
pub(super) fn one<T: Word>() -> One<T> {
    One(std::marker::PhantomData)
}

impl<T: Word> Form for One<T> {
    type Value = T;

    fn expected(&self) -> String {
        format!("one of {}", T::expected())
    }

    fn read(&self, value: &Value) -> Result<T, Wrong> {
        let text = text(value)?;
        T::from_word(text).ok_or_else(|| Wrong::text(text))
    }
}

/// A list of words of a closed list, each once.
pub(super) struct Several<T> {
    may_be_empty: bool,
    of: std::marker::PhantomData<T>,
}

/// At least one word of a closed list.
pub(super) fn some<T: Word>() -> Several<T> {
    Several { may_be_empty: false, of: std::marker::PhantomData }
}

/// Words of a closed list, or none.
pub(super) fn any<T: Word>() -> Several<T> {
    Several { may_be_empty: true, of: std::marker::PhantomData }
}

impl<T: Word> Form for Several<T> {
    type Value = Vec<T>;

    fn expected(&self) -> String {
        let least = if self.may_be_empty { "" } else { "at least one " };
        format!("a list of {least}of {}, each once", T::expected())
    }

    fn read(&self, value: &Value) -> Result<Vec<T>, Wrong> {
        let list =
            list(value, |text| T::from_word(text).ok_or_else(|| Wrong::text(text)), |word| word.as_str())?;
        if list.is_empty() && !self.may_be_empty { Err(Wrong::is("empty")) } else { Ok(list) }
    }
}

/// A list of texts, none of which may be there twice.
fn list<T: PartialEq>(
    value: &Value,
    read: impl Fn(&str) -> Result<T, Wrong>,
    name: impl Fn(&T) -> &str,
) -> Result<Vec<T>, Wrong> {
    let array = value.as_array().ok_or_else(|| Wrong::kind(value))?;
    let mut list = Vec::with_capacity(array.len());
    for item in array {
        let found = text(item).and_then(&read).map_err(|wrong| wrong.within(item))?;
        if list.contains(&found) {
            return Err(Wrong::text_that(name(&found), "is there twice").within(item));
        }
        list.push(found);
    }
    Ok(list)
}

/// A whole number of something.
pub(super) struct Count {
    pub(super) unit: &'static str,
    pub(super) least: u32,
    pub(super) most: u32,
}

impl Form for Count {
    type Value = u32;

    fn expected(&self) -> String {
        format!("{} as an integer from {} to {}", self.unit, self.least, self.most)
    }

    fn read(&self, value: &Value) -> Result<u32, Wrong> {
        let number = value.as_integer().ok_or_else(|| Wrong::kind(value))?;
        let count = u32::try_from(number).ok().filter(|count| (self.least..=self.most).contains(count));
        count.ok_or_else(|| Wrong::is(number))
    }
}

/// Minutes, as a length of time.
pub(super) struct Minutes {
    pub(super) least: u32,
    pub(super) most: u32,
}

impl Form for Minutes {
    type Value = Duration;

    fn expected(&self) -> String {
        Count { unit: "minutes", least: self.least, most: self.most }.expected()
    }

    fn read(&self, value: &Value) -> Result<Duration, Wrong> {
        let count = Count { unit: "minutes", least: self.least, most: self.most }.read(value)?;
        Ok(Duration::from_secs(60 * u64::from(count)))
    }
}

/// Yes or no.
pub(super) struct YesNo;

impl Form for YesNo {
    type Value = bool;

    fn expected(&self) -> String {
        "true or false, without quotes".to_owned()
    }

    fn read(&self, value: &Value) -> Result<bool, Wrong> {
        value.as_bool().ok_or_else(|| Wrong::kind(value))
    }
}

/// A name as people read it.
pub(super) struct Name;

impl Name {
    /// Longest name, in bytes.
    const MAX_BYTES: usize = 120;

    fn read_text(text: &str) -> Result<String, Wrong> {
        match text.trim() {
            "" => Err(Wrong::is("empty")),
            trimmed if trimmed != text => Err(Wrong::text_that(text, "begins or ends with a space")),
            _ if text.len() > Self::MAX_BYTES => Err(Wrong::is(format_args!("{} bytes long", text.len()))),
            _ => Ok(text.to_owned()),
        }
    }
}

impl Form for Name {
    type Value = String;

    fn expected(&self) -> String {
        format!("a name of at most {} bytes", Self::MAX_BYTES)
    }

    fn read(&self, value: &Value) -> Result<String, Wrong> {
        Self::read_text(text(value)?)
    }
}

/// Names as people read them.
pub(super) struct Names {
    pub(super) most: usize,
}

impl Form for Names {
    type Value = Vec<String>;

    fn expected(&self) -> String {
        format!("a list of at most {} different names, each of at most {} bytes", self.most, Name::MAX_BYTES)
    }

    fn read(&self, value: &Value) -> Result<Vec<String>, Wrong> {
        let names = list(value, Name::read_text, |name| name)?;
        match names.len() {
            count if count > self.most => Err(Wrong::is(format_args!("a list of {count}"))),
            _ => Ok(names),
        }
    }
}

/// An instant, as TOML writes it.
pub(super) struct Instant;

impl Form for Instant {
    type Value = UnixMillis;

    fn expected(&self) -> String {
        "a date and time with its offset from UTC, without quotes, such as 2027-01-01T00:00:00Z".to_owned()
    }

    fn read(&self, value: &Value) -> Result<UnixMillis, Wrong> {
        let found = value.as_datetime().ok_or_else(|| Wrong::kind(value))?;
        if found.date.is_none() || found.time.is_none() || found.offset.is_none() {
            return Err(Wrong::is("a date or time that leaves something out"));
        }
        found.to_string().parse().map_err(|_| Wrong::is("not between the years 1970 and 9999"))
    }
}

/// What an accord takes the place of.
pub(super) struct Predecessor;

impl Form for Predecessor {
    type Value = Option<AccordHash>;

    fn expected(&self) -> String {
        "\"none\", or the 64 hexadecimal digits that `karakoro accord show` prints of the accord before"
            .to_owned()
    }

    fn read(&self, value: &Value) -> Result<Option<AccordHash>, Wrong> {
        match text(value)? {
            "none" => Ok(None),
            text => text.parse().map(Some).map_err(|_| Wrong::text(text)),
        }
    }
}

/// The two countries.
pub(super) struct TwoCountries;

impl Form for TwoCountries {
    type Value = [Country; 2];

    fn expected(&self) -> String {
        "two codes of ISO 3166-1 in alphabetical order, such as [\"ML\", \"MR\"]".to_owned()
    }

    fn read(&self, value: &Value) -> Result<[Country; 2], Wrong> {
        let read = |text: &str| text.parse::<Country>().map_err(|_| Wrong::text(text));
        let countries = list(value, read, Country::as_str)?;
        match countries[..] {
            [a, b] if a < b => Ok([a, b]),
            [_, _] => Err(Wrong::is("not in alphabetical order")),
            _ => Err(Wrong::is(format_args!("a list of {}", countries.len()))),
        }
    }
}

/// A code of ISO 3166-2.
pub(super) struct Iso;

impl Form for Iso {
    type Value = String;

    fn expected(&self) -> String {
        "a code of ISO 3166-2, such as \"MR-02\" or \"ML-1\"".to_owned()
    }

    fn read(&self, value: &Value) -> Result<String, Wrong> {
        let text = text(value)?;
        let subdivision = text.split_once('-').filter(|(country, _)| country.parse::<Country>().is_ok());
        let sound = subdivision.is_some_and(|(_, code)| {
            (1..=3).contains(&code.len())
                && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        });
        if sound { Ok(text.to_owned()) } else { Err(Wrong::text(text)) }
    }
}

fn parsed<T: FromStr<Err: fmt::Display>>(text: &str) -> Result<T, Wrong> {
    text.parse().map_err(|why| Wrong::text_that(text, format_args!("cannot be read: {why}")))
}

/// A place on the earth, or that nobody knows it.
pub(super) struct KnownPoint;

impl Form for KnownPoint {
    type Value = Option<Point>;

    fn expected(&self) -> String {
        "\"latitude,longitude\" in degrees, such as \"15.55,-7.03\", or \"unknown\"".to_owned()
    }

    fn read(&self, value: &Value) -> Result<Option<Point>, Wrong> {
        match text(value)? {
            "unknown" => Ok(None),
            text => parsed(text).map(Some),
        }
    }
}

/// A closed line of points.
pub(super) struct Outline;

impl Form for Outline {
    type Value = Polygon;

    fn expected(&self) -> String {
        format!(
            "a list of 4 to {} points \"latitude,longitude\", the last the same as the first, whose line does not \
             cross itself",
            super::zone::MAX_CORNERS
        )
    }

    fn read(&self, value: &Value) -> Result<Polygon, Wrong> {
        let array = value.as_array().ok_or_else(|| Wrong::kind(value))?;
        let corner = |item: &Value| text(item).and_then(parsed).map_err(|wrong: Wrong| wrong.within(item));
        let outline = Polygon(array.iter().map(corner).collect::<Result<_, _>>()?);
        if outline.0.len() > super::zone::MAX_CORNERS {
            return Err(Wrong::is(format_args!("a list of {}", outline.0.len())));
        }
        match outline.flaw() {
            Some(flaw) => Err(Wrong { message: flaw.message, span: None }),
            None => Ok(outline),
        }
    }
}
