//! Takes keys out of the sections of an accord, and collects what is wrong with them.

use std::cell::RefCell;

use toml_edit::{Item, TableLike, Value};

use crate::toml::{Fault, Form, Lines, Parsed, nearest, quote};

/// The file being read.
#[derive(Debug)]
pub(super) struct Sheet<'a> {
    lines: &'a Lines,
    /// Whether a key that is not found is certainly not in the file.
    complete: bool,
    faults: RefCell<Vec<Fault>>,
}

impl<'a> Sheet<'a> {
    /// Begins with the faults of the notation.
    pub(super) fn new(parsed: &'a Parsed) -> Self {
        let faults = RefCell::new(parsed.faults.clone());
        Self { lines: &parsed.lines, complete: parsed.faults.is_empty(), faults }
    }

    /// All faults, in the order of their lines.
    pub(super) fn into_faults(self) -> Vec<Fault> {
        let mut faults = self.faults.into_inner();
        faults.sort_by_key(|fault| fault.line);
        faults
    }

    pub(super) fn report(
        &self,
        line: u32,
        key: String,
        message: impl Into<String>,
        expected: impl Into<String>,
    ) {
        let (message, expected) = (message.into(), expected.into());
        self.faults.borrow_mut().push(Fault { line, key, message, expected });
    }
}

/// A value, and the line on which it was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) line: u32,
}

/// One section, or the top of the file.
pub(super) struct Section<'a> {
    sheet: &'a Sheet<'a>,
    /// Its full name; empty at the top of the file.
    path: String,
    line: u32,
    table: &'a dyn TableLike,
    /// The keys that belong here.
    known: Vec<&'static str>,
}

impl<'a> Section<'a> {
    /// The top of the file.
    pub(super) fn top(sheet: &'a Sheet<'a>, table: &'a dyn TableLike) -> Self {
        Self { sheet, path: String::new(), line: 0, table, known: Vec::new() }
    }

    fn full(&self, name: &str) -> String {
        let name = quote(name);
        if self.path.is_empty() { name } else { format!("{}.{name}", self.path) }
    }

    fn find(&self, name: &str) -> Option<(u32, &'a Item)> {
        let (key, item) = self.table.get_key_value(name)?;
        let span = key.span().or_else(|| item.span()).unwrap_or_default();
        Some((self.sheet.lines.number(span.start), item))
    }

    /// The value of a key; `None` if there is a fault, which is then known.
    pub(super) fn take<F: Form>(&mut self, name: &'static str, form: &F) -> Option<Found<F::Value>> {
        self.known.push(name);
        match self.find(name) {
            Some((line, Item::Value(value))) => self.read(name, form, line, value),
            Some((line, _)) => {
                self.refuse(name, line, "is a section", form.expected());
                None
            }
            None => {
                self.missing(name, form.expected());
                None
            }
        }
    }

    /// As [`Self::take`], without its line.
    pub(super) fn value<F: Form>(&mut self, name: &'static str, form: &F) -> Option<F::Value> {
        self.take(name, form).map(|found| found.value)
    }

    fn read<F: Form>(&self, name: &str, form: &F, line: u32, value: &Value) -> Option<Found<F::Value>> {
        match form.read(value) {
            Ok(value) => Some(Found { value, line }),
            Err(wrong) => {
                let line = wrong.span.map_or(line, |span| self.sheet.lines.number(span.start));
                self.refuse(name, line, wrong.message, form.expected());
                None
            }
        }
    }

    fn missing(&self, name: &str, expected: String) {
        if self.sheet.complete {
            self.refuse(name, self.line, "is missing", expected);
        }
    }

    /// Reports a value that is right by itself but does not fit the others.
    pub(super) fn refuse(
        &self,
        name: &str,
        line: u32,
        message: impl Into<String>,
        expected: impl Into<String>,
    ) {
        self.sheet.report(line, self.full(name), message, expected);
    }

    /// A section below this one.
    pub(super) fn section(&mut self, name: &'static str) -> Option<Self> {
        self.known.push(name);
        let Some((line, item)) = self.find(name) else {
            self.missing(name, format!("a section: [{}]", self.full(name)));
            return None;
        };
        self.below(name, line, item)
    }

    fn below(&self, name: &str, line: u32, item: &'a Item) -> Option<Self> {
        let path = self.full(name);
        let Some(table) = item.as_table_like() else {
            let what = if item.is_array_of_tables() { "is a list of sections" } else { "is a value" };
            self.refuse(name, line, what, format!("a section: [{path}] on a line of its own"));
            return None;
        };
        Some(Self { sheet: self.sheet, path, line, table, known: Vec::new() })
    }

    /// All sections below this one, whose names are data: each with its line.
    pub(super) fn sections(&self) -> Vec<(String, Self)> {
        let names: Vec<String> = self.table.iter().map(|(name, _)| name.to_owned()).collect();
        let below = names.into_iter().filter_map(|name| {
            let (line, item) = self.find(&name)?;
            Some((name.clone(), self.below(&name, line, item)?))
        });
        below.collect()
    }

    /// Its full name.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Reports this section itself.
    pub(super) fn refuse_whole(&self, message: impl Into<String>, expected: impl Into<String>) {
        self.sheet.report(self.line, self.path.clone(), message, expected);
    }

    /// Reports every key that does not belong here. Call it when all that do have been asked for.
    pub(super) fn end(self) {
        for (name, _) in self.table.iter().filter(|(name, _)| !self.known.contains(name)) {
            let line = self.find(name).map_or(self.line, |(line, _)| line);
            let expected = match nearest(name, self.known.iter().copied()) {
                Some(known) => format!("`{known}`, the nearest known name"),
                None => format!("one of {}", self.known.join(", ")),
            };
            self.refuse(name, line, "is not a known key", expected);
        }
    }
}
