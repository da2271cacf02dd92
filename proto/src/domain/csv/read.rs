//! From a file to rows.

use super::BYTE_ORDER_MARK;
use crate::domain::alert::limits::MAX_FAULTS;
use crate::domain::fault::{Fault, excerpt};

mod scanner;

use scanner::Scanner;

/// The largest file, in bytes: a hundred thousand rows of an ordinary width.
pub const MAX_BYTES: usize = 16 << 20;
/// Rows below the header.
pub const MAX_ROWS: usize = 100_000;
/// Cells of a row.
pub const MAX_COLUMNS: usize = 128;
/// A cell, in bytes: the longest free text of an alert. A quotation mark that is never closed ends here at the latest.
pub const MAX_CELL_BYTES: usize = 32_768;

/// A table whose first row names the columns. Every row has a cell for each column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table {
    columns: Vec<String>,
    rows: Vec<Row>,
}

/// A row below the header.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    line: u32,
    cells: Vec<String>,
}

impl Table {
    /// The names of the columns, each different from the others.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The place of a column, from zero; names count as they are written.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    /// The rows, in the order of the file.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }
}

impl Row {
    /// The line of the file on which it begins, from one.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.line
    }

    /// The cells, one for each column, as they stand.
    #[must_use]
    pub fn cells(&self) -> &[String] {
        &self.cells
    }
}

/// Reads a table in UTF-8, with or without a byte order mark, lines ended by CR LF or LF.
///
/// Cells are separated by commas; by semicolons where the header has those and no comma, as spreadsheets write them
/// where the comma is the decimal mark. Rows without any content are left out.
///
/// # Errors
/// Every fault that could be told, with its line; at most [`MAX_FAULTS`].
pub fn read(bytes: &[u8]) -> Result<Table, Vec<Fault>> {
    let text = text(bytes).map_err(|fault| vec![fault])?;
    let mut scanner = Scanner::new(text, separator(text));
    let columns = match scanner.row() {
        None => {
            return Err(vec![fault(
                "header",
                1,
                "is missing: the file is empty",
                "a row with the names of the columns",
            )]);
        }
        Some(Err(fault)) => return Err(vec![fault]),
        Some(Ok(row)) => header(row)?,
    };
    let mut faults = Vec::new();
    let mut rows = Vec::new();
    while let Some(row) = scanner.row() {
        match row.and_then(|row| complete(row, columns.len())) {
            Ok(Some(_)) if rows.len() == MAX_ROWS => {
                faults.push(fault("table", 0, format!("has more than {MAX_ROWS} rows"), "several files"));
                break;
            }
            Ok(row) => rows.extend(row),
            Err(fault) => faults.push(fault),
        }
        if faults.len() >= MAX_FAULTS {
            break;
        }
    }
    if faults.is_empty() { Ok(Table { columns, rows }) } else { Err(faults) }
}

fn fault(
    element: impl Into<String>,
    line: u32,
    message: impl Into<String>,
    expected: impl Into<String>,
) -> Fault {
    Fault { element: element.into(), line, message: message.into(), expected: expected.into() }
}

fn text(bytes: &[u8]) -> Result<&str, Fault> {
    const ENCODING: &str = "UTF-8: save the table as “CSV UTF-8”";
    if bytes.len() > MAX_BYTES {
        let message = format!("has more than {MAX_BYTES} bytes");
        return Err(fault("file", 0, message, format!("at most {MAX_BYTES} bytes")));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(fault("file", 1, "is in UTF-16", ENCODING));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.iter().take(error.valid_up_to());
        let line = u32::try_from(before.filter(|byte| **byte == b'\n').count() + 1).unwrap_or(u32::MAX);
        fault("file", line, "has bytes that are not UTF-8", ENCODING)
    })?;
    Ok(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text))
}

fn separator(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    if header.contains(';') && !header.contains(',') { b';' } else { b',' }
}

/// The names of the columns, without white space at their ends.
fn header(row: Row) -> Result<Vec<String>, Vec<Fault>> {
    let columns: Vec<String> = row.cells.iter().map(|cell| cell.trim().to_owned()).collect();
    let mut faults = Vec::new();
    for (index, name) in columns.iter().enumerate() {
        let element = format!("header, column {}", index + 1);
        if name.is_empty() {
            faults.push(fault(element, row.line, "has no name", "a name for each column"));
        } else if columns.iter().take(index).any(|earlier| earlier == name) {
            let message = format!("has the name `{}` for the second time", excerpt(name));
            faults.push(fault(element, row.line, message, "a name of its own for each column"));
        }
    }
    if faults.is_empty() { Ok(columns) } else { Err(faults) }
}

/// A row with as many cells as there are columns; `None` for one without content.
fn complete(row: Row, columns: usize) -> Result<Option<Row>, Fault> {
    if row.cells.iter().all(String::is_empty) {
        return Ok(None);
    }
    if row.cells.len() != columns {
        let message = format!("has {} cells", row.cells.len());
        return Err(fault("row", row.line, message, format!("{columns} cells, as the header has names")));
    }
    Ok(Some(row))
}

#[cfg(test)]
mod tests;
