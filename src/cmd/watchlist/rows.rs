//! The rows of an import: a CSV table, or a JSON list.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use karakoro_proto::domain::csv;
use karakoro_proto::domain::fault::Fault;
use karakoro_proto::domain::part::Part as _;
use karakoro_proto::domain::terms::Category;
use karakoro_proto::domain::watchlist::proposal::Proposal;
use karakoro_proto::domain::watchlist::table::{Layout, told};
use serde_json::Value;

use crate::exit::{Exit, Failure};

/// The largest JSON list, in bytes: as many entries as the largest table has, in a wordier form.
const MAX_JSON_BYTES: usize = 64 << 20;

/// Where the rows come from.
pub(super) enum Rows {
    Table { table: csv::Table, layout: Layout },
    List { list: Vec<Value>, category: Option<Category> },
}

/// A row: its line (in a list its number, from one), and the entry that it proposes or all that is wrong.
pub(super) type Row = (u32, Result<Proposal, Vec<Fault>>);

impl Rows {
    pub(super) fn read(file: &Path, category: Option<Category>) -> Result<Self, Failure> {
        let bytes = bytes(file).map_err(|error| {
            Failure::new(Exit::CouldNotCheck, anyhow::anyhow!("{}: {error}", file.display()))
        })?;
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes).trim_ascii_start();
        if matches!(text.first(), Some(b'[' | b'{')) {
            return list(text, category).map_err(|fault| refused(file, &[fault]));
        }
        let table = csv::read(&bytes).map_err(|faults| refused(file, &faults))?;
        let layout = Layout::of(&table, category).map_err(|faults| refused(file, &faults))?;
        Ok(Self::Table { table, layout })
    }

    /// Every row in its order. One that describes the same as an earlier one is at fault.
    pub(super) fn each(&self) -> Box<dyn Iterator<Item = Row> + '_> {
        let mut seen = HashMap::new();
        let rows: Box<dyn Iterator<Item = Row> + '_> = match self {
            Self::Table { table, layout } => {
                Box::new(table.rows().iter().map(|row| (row.line(), layout.proposal(row))))
            }
            Self::List { list, category } => Box::new(list.iter().zip(1_u32..).map(move |(json, number)| {
                let read = Proposal::from_json(json).map_err(|breaches| told(&breaches, number));
                (number, read.and_then(|proposal| of_category(proposal, *category, number)))
            })),
        };
        Box::new(
            rows.map(move |(line, read)| (line, read.and_then(|proposal| once(proposal, line, &mut seen)))),
        )
    }
}

fn bytes(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // One byte more than any reader takes: it then says that the file is too large.
    File::open(file)?.take(MAX_JSON_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn list(text: &[u8], category: Option<Category>) -> Result<Rows, Fault> {
    let fault = |line: usize, message: String| Fault {
        element: "file".to_owned(),
        line: u32::try_from(line).unwrap_or(u32::MAX),
        message,
        expected: format!("a JSON list of at most {} entries and {MAX_JSON_BYTES} bytes", csv::MAX_ROWS),
    };
    if text.len() > MAX_JSON_BYTES {
        return Err(fault(0, "is larger".to_owned()));
    }
    let list: Vec<Value> =
        serde_json::from_slice(text).map_err(|error| fault(error.line(), error.to_string()))?;
    if list.len() > csv::MAX_ROWS {
        return Err(fault(0, format!("has {} entries", list.len())));
    }
    Ok(Rows::List { list, category })
}

fn refused(file: &Path, faults: &[Fault]) -> Failure {
    let lines: Vec<String> = faults.iter().map(|fault| format!("{}: {fault}", file.display())).collect();
    Failure::new(Exit::No, anyhow::anyhow!("nothing was sent\n{}", lines.join("\n")))
}

fn of_category(proposal: Proposal, category: Option<Category>, line: u32) -> Result<Proposal, Vec<Fault>> {
    let found = proposal.entry.subject.category();
    match category.filter(|category| *category != found) {
        None => Ok(proposal),
        Some(category) => Err(vec![Fault {
            element: "content.subject".to_owned(),
            line,
            message: format!("is a {found}"),
            expected: format!("a {category}"),
        }]),
    }
}

fn once(proposal: Proposal, line: u32, seen: &mut HashMap<String, u32>) -> Result<Proposal, Vec<Fault>> {
    let subject = proposal.entry.subject.to_json().to_string();
    match seen.insert(subject, line) {
        None => Ok(proposal),
        Some(earlier) => Err(vec![Fault {
            element: "row".to_owned(),
            line,
            message: format!("describes the same as line {earlier}"),
            expected: "each of them once".to_owned(),
        }]),
    }
}
