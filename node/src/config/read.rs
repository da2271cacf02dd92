//! Takes keys out of a document, and collects what is wrong with them.

use karakoro_proto::identity::Country;
use karakoro_proto::toml::{self, Fault, Form, Lines, Parsed, quote};
use toml_edit::{Item, Key as TomlKey, TableLike, Value};

use super::schema::{self, COUNTRY_MARK, Entry, Key, SECTIONS, keys_of};

/// A value, and where it was found.
pub(super) struct Found<T> {
    /// The value.
    pub(super) value: T,
    /// The line; `None` for a default.
    line: Option<u32>,
}

impl<T: Copy> Found<T> {
    /// The same value, blamed on the line of `other` if it is a default itself.
    pub(super) fn or_line_of(&self, other: &Self) -> Self {
        Self { value: self.value, line: self.line.or(other.line) }
    }
}

impl<T> Found<T> {
    /// What to add to a message about the value if it is not in the file.
    pub(super) fn by_default(&self) -> &'static str {
        if self.line.is_some() { "" } else { " by default" }
    }
}

/// Reads one document.
pub(super) struct Reader<'a> {
    root: Option<&'a dyn TableLike>,
    lines: &'a Lines,
    country: Option<Country>,
    /// Whether a key that is not found is certainly not in the file.
    complete: bool,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    /// Begins with the faults of the notation.
    pub(super) fn new(parsed: &'a Parsed) -> Self {
        Self {
            root: parsed.document.as_ref().map(|document| document.as_table() as &dyn TableLike),
            lines: &parsed.lines,
            country: None,
            complete: parsed.faults.is_empty(),
            faults: parsed.faults.clone(),
        }
    }

    /// The country that defaults may depend on.
    pub(super) fn set_country(&mut self, country: Option<Country>) {
        self.country = country;
    }

    /// All faults, in the order of their lines.
    pub(super) fn into_faults(mut self) -> Vec<Fault> {
        self.faults.sort_by_key(|fault| fault.line);
        self.faults
    }

    /// The value of a key, or its default; `None` if there is a fault.
    pub(super) fn take<F: Form + Sync>(&mut self, key: &Key<F>) -> Option<Found<F::Value>> {
        match self.find(key) {
            Some((line, Item::Value(value))) => self.read(key, line, value),
            Some((line, _)) => {
                self.report(line, key.facts().path, "is a section".to_owned(), key.expected());
                None
            }
            None if self.complete => self.fall_back(key),
            None => None,
        }
    }

    /// Reports a value that is right by itself but does not fit the others.
    pub(super) fn refuse<F: Form + Sync, T>(
        &mut self,
        key: &Key<F>,
        found: &Found<T>,
        message: String,
        expected: &str,
    ) {
        self.report(found.line.unwrap_or(0), key.facts().path, message, expected.to_owned());
    }

    fn report(&mut self, line: u32, key: &str, message: String, expected: String) {
        self.faults.push(Fault { line, key: key.to_owned(), message, expected });
    }

    fn find(&self, key: &dyn Entry) -> Option<(u32, &'a Item)> {
        let facts = key.facts();
        let table = match facts.section() {
            "" => self.root?,
            section => self.root?.get(section)?.as_table_like()?,
        };
        let (name, item) = table.get_key_value(facts.name())?;
        Some((self.line(name, item), item))
    }

    fn line(&self, key: &TomlKey, item: &Item) -> u32 {
        let span = key.span().or_else(|| item.span()).unwrap_or_default();
        self.lines.number(span.start)
    }

    fn read<F: Form + Sync>(&mut self, key: &Key<F>, line: u32, value: &Value) -> Option<Found<F::Value>> {
        match key.form.read(value) {
            Ok(value) => Some(Found { value, line: Some(line) }),
            Err(wrong) => {
                let line = wrong.span.map_or(line, |span| self.lines.number(span.start));
                self.report(line, key.facts().path, wrong.message, key.expected());
                None
            }
        }
    }

    fn fall_back<F: Form + Sync>(&mut self, key: &Key<F>) -> Option<Found<F::Value>> {
        let Some(default) = key.facts().default else {
            self.report(0, key.facts().path, "is missing".to_owned(), key.expected());
            return None;
        };
        if default.contains(COUNTRY_MARK) && self.country.is_none() {
            return None;
        }
        let country = self.country.map(|country| country.to_string()).unwrap_or_default();
        let value: Value = default.replace(COUNTRY_MARK, &country).parse().expect("tests read every default");
        let value = key.form.read(&value).unwrap_or_else(|_| unreachable!("tests read every default"));
        Some(Found { value, line: None })
    }

    /// Reports every key and section that the schema does not have.
    pub(super) fn refuse_unknown_keys(&mut self) {
        let Some(root) = self.root else { return };
        for (name, item) in root.iter() {
            let line = root.key(name).map_or(0, |key| self.line(key, item));
            if is_section(name) {
                self.refuse_unknown_in(name, line, item);
            } else if !is_known("", name) {
                self.report_unknown("", name, line);
            }
        }
    }

    fn refuse_unknown_in(&mut self, section: &str, line: u32, item: &Item) {
        let Some(table) = item.as_table_like() else {
            let what = if item.is_array_of_tables() { "is a list of sections" } else { "is a value" };
            self.report(
                line,
                section,
                what.to_owned(),
                format!("a section: [{section}] on a line of its own"),
            );
            return;
        };
        for (name, item) in table.iter() {
            if !is_known(section, name) {
                let line = table.key(name).map_or(line, |key| self.line(key, item));
                self.report_unknown(section, name, line);
            }
        }
    }

    fn report_unknown(&mut self, section: &str, name: &str, line: u32) {
        let name = quote(name);
        let path = if section.is_empty() { name.clone() } else { format!("{section}.{name}") };
        let expected = match nearest(&path) {
            Some(known) => format!("`{known}`, the nearest known name"),
            None => format!("one of {}", names_in(section).join(", ")),
        };
        self.report(line, &path, "is not a known key".to_owned(), expected);
    }
}

fn is_section(name: &str) -> bool {
    !name.is_empty() && SECTIONS.iter().any(|section| section.name == name)
}

fn is_known(section: &str, name: &str) -> bool {
    keys_of(section).any(|key| key.facts().name() == name)
}

fn names_in(section: &str) -> Vec<String> {
    let keys = keys_of(section).map(|key| key.facts().name().to_owned());
    let sections = SECTIONS.iter().filter(|known| section.is_empty() && !known.name.is_empty());
    keys.chain(sections.map(|known| format!("[{}]", known.name))).collect()
}

/// The known key or section that was probably meant.
fn nearest(path: &str) -> Option<&'static str> {
    let keys = schema::KEYS.into_iter().map(|key| key.facts().path);
    let sections = SECTIONS.iter().map(|section| section.name).filter(|name| !name.is_empty());
    toml::nearest(path, keys.chain(sections))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_the_one_that_was_meant() {
        for (written, meant) in [
            ("contry", "country"),
            ("lnk", "link"),
            ("link.lisen", "link.listen"),
            ("listen", "link.listen"),
            ("service.listen", "link.listen"),
            ("link.keep-alive-seconds", "link.keep_alive_seconds"),
            ("link.keep_alive", "link.keep_alive_seconds"),
            ("link.idle", "link.idle_seconds"),
            ("link.retry_mx_ms", "link.retry_max_ms"),
            ("log.Level", "log.level"),
            ("logs", "log"),
        ] {
            assert_eq!(nearest(written), Some(meant), "{written}");
        }
    }

    #[test]
    fn a_name_like_no_other_is_not_guessed_at() {
        for written in ["", "foo", "link.colour", "database", &"listen".repeat(1000)] {
            assert_eq!(nearest(written), None, "{written}");
        }
    }
}
