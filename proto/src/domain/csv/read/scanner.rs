//! From text to rows of cells, in one pass. All that it looks for is ASCII, so it never stops within a character.

use super::{MAX_CELL_BYTES, MAX_COLUMNS, Row, fault};
use crate::domain::fault::{Fault, excerpt};

/// Where the reading of a text stands.
pub(super) struct Scanner<'t> {
    rest: &'t str,
    /// The line of the next character, from one.
    line: u32,
    separator: u8,
}

/// What stood behind a cell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Cell,
    Row,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str, separator: u8) -> Self {
        Self { rest: text, line: 1, separator }
    }

    /// The next row; `None` at the end. After a fault, reading goes on with the next line.
    pub(super) fn row(&mut self) -> Option<Result<Row, Fault>> {
        if self.rest.is_empty() {
            return None;
        }
        let line = self.line;
        let cells = self.cells();
        if cells.is_err() {
            self.skip_line();
        }
        Some(cells.map(|cells| Row { line, cells }))
    }

    fn cells(&mut self) -> Result<Vec<String>, Fault> {
        let mut cells = Vec::new();
        loop {
            if cells.len() == MAX_COLUMNS {
                let message = format!("has more than {MAX_COLUMNS} cells");
                return Err(fault("row", self.line, message, format!("at most {MAX_COLUMNS}")));
            }
            let element = || format!("column {}", cells.len() + 1);
            let (cell, end) = match self.rest.strip_prefix('"') {
                Some(quoted) => self.quoted(quoted, &element())?,
                None => self.bare(&element())?,
            };
            cells.push(cell);
            if end == End::Row {
                return Ok(cells);
            }
        }
    }

    /// A cell without quotation marks.
    fn bare(&mut self, element: &str) -> Result<(String, End), Fault> {
        let separator = char::from(self.separator);
        let end = self.rest.find([separator, '\r', '\n', '"']).unwrap_or(self.rest.len());
        let (cell, rest) = self.rest.split_at(end);
        if rest.starts_with('"') {
            let message = format!("has a quotation mark within `{}`", excerpt(cell));
            return Err(fault(
                element,
                self.line,
                message,
                "the whole cell in quotation marks, those in it doubled",
            ));
        }
        self.bounded(cell.len(), element, self.line)?;
        self.rest = rest;
        Ok((cell.to_owned(), self.end(element)?))
    }

    /// A cell in quotation marks, `rest` being what follows the first.
    fn quoted(&mut self, mut rest: &'t str, element: &str) -> Result<(String, End), Fault> {
        let opened = self.line;
        let mut cell = String::new();
        loop {
            let Some((part, after)) = rest.split_once('"') else {
                self.rest = "";
                let message = "has a quotation mark that is not closed";
                return Err(fault(
                    element,
                    opened,
                    message,
                    "a second quotation mark at the end of the cell",
                ));
            };
            self.bounded(cell.len() + part.len(), element, opened)?;
            cell.push_str(part);
            let ends = part.bytes().filter(|byte| *byte == b'\n').count();
            self.line = self.line.saturating_add(u32::try_from(ends).unwrap_or(u32::MAX));
            self.rest = after;
            match after.strip_prefix('"') {
                Some(after) => {
                    cell.push('"');
                    rest = after;
                }
                None => return Ok((cell, self.end(element)?)),
            }
        }
    }

    /// Takes what ends a cell.
    fn end(&mut self, element: &str) -> Result<End, Fault> {
        let (end, length) = match self.rest.as_bytes() {
            [] => (End::Row, 0),
            [b'\n', ..] => (End::Row, 1),
            [b'\r', b'\n', ..] => (End::Row, 2),
            [byte, ..] if *byte == self.separator => (End::Cell, 1),
            [b'\r', ..] => {
                let message = "is followed by a carriage return without a line feed";
                return Err(fault(element, self.line, message, "lines that end in CR LF or LF"));
            }
            _ => {
                let message = "goes on after its closing quotation mark";
                return Err(fault(
                    element,
                    self.line,
                    message,
                    "a separator there, or quotation marks within doubled",
                ));
            }
        };
        self.rest = self.rest.get(length..).unwrap_or_default();
        if end == End::Row {
            self.line = self.line.saturating_add(1);
        }
        Ok(end)
    }

    fn bounded(&self, bytes: usize, element: &str, line: u32) -> Result<(), Fault> {
        if bytes <= MAX_CELL_BYTES {
            return Ok(());
        }
        let message = format!("has more than {MAX_CELL_BYTES} bytes; perhaps a quotation mark is not closed");
        Err(fault(element, line, message, format!("at most {MAX_CELL_BYTES} bytes")))
    }

    fn skip_line(&mut self) {
        self.rest = self.rest.split_once('\n').map_or("", |(_, after)| after);
        self.line = self.line.saturating_add(1);
    }
}
