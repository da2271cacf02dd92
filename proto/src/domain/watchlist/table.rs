//! Entries as rows of a table: columns are the fields of an entry and of its grounds, under the names that the JSON
//! form gives them.
//!
//! The columns follow from the declarations of the records, so that a field that is added there is a column here:
//! `action`, `expires`, `basis.reference`, `vehicle.plate`, `person.names[0].value`. Times lose their `_ms`, and may be
//! dates: `2027-03-01` is the midnight with which that day begins, UTC. Empty cells are absent fields.

use serde_json::{Map, Number, Value};

use super::proposal::Proposal;
use super::{Entry, Subject};
use crate::domain::breach::{Breach, Breaches};
use crate::domain::csv::{Row, Table};
use crate::domain::fault::{Fault, excerpt};
use crate::domain::grounds::Grounds;
use crate::domain::part::Part as _;
use crate::domain::terms::Category;
use crate::domain::{Mode, Priority, Tlp};

/// A column that a table of one category may have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    /// Its name; `[n]` stands for the number of a list's item, from zero.
    pub name: String,
    /// What its cells hold.
    pub form: Form,
    /// Where the value stands in the JSON form, with `[n]` as in the name.
    path: String,
    /// For each `[n]` of the name, how many items the list takes.
    most: Vec<usize>,
}

/// What the cells of a column hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// Text, or a word of a list.
    Text,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Flag,
    /// A date or a time in UTC.
    Time,
}

impl Form {
    /// In words, for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Flag => "true or false",
            Self::Time => "date or time, UTC",
        }
    }
}

/// Every column that a table of this category may have, in the order of the fields.
#[must_use]
pub fn columns(category: Category) -> Vec<Column> {
    let mut columns = Vec::new();
    for (name, schema) in [("mode", Mode::schema()), ("priority", Priority::schema()), ("tlp", Tlp::schema())]
    {
        add(&mut columns, name, name, &schema, &[]);
    }
    fields(&mut columns, "", "grounds", &Grounds::schema(), &[]);
    let mut entry = Entry::schema();
    if let Some(properties) = entry["properties"].as_object_mut() {
        properties.remove("subject");
    }
    fields(&mut columns, "", "content", &entry, &[]);
    let name = subject_name(category);
    let subject = Subject::schema();
    let one = subject["oneOf"].as_array().into_iter().flatten();
    if let Some(schema) = one.map(|one| &one["properties"][&name]).find(|schema| !schema.is_null()) {
        fields(&mut columns, &name, &format!("content.subject.{name}"), schema, &[]);
    }
    columns
}

/// The name of a category's field in a subject.
fn subject_name(category: Category) -> String {
    category.as_str().to_ascii_lowercase()
}

fn fields(columns: &mut Vec<Column>, name: &str, path: &str, schema: &Value, most: &[usize]) {
    for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
        let shown = field.strip_suffix("_ms").unwrap_or(field);
        let name = if name.is_empty() { shown.to_owned() } else { format!("{name}.{shown}") };
        add(columns, &name, &format!("{path}.{field}"), schema, most);
    }
}

fn add(columns: &mut Vec<Column>, name: &str, path: &str, schema: &Value, most: &[usize]) {
    let form = match schema["type"].as_str() {
        Some("object") => return fields(columns, name, path, schema, most),
        Some("array") => {
            let items = schema["maxItems"].as_u64().and_then(|most| usize::try_from(most).ok());
            let most: Vec<usize> = most.iter().copied().chain(items).collect();
            return add(columns, &format!("{name}[n]"), &format!("{path}[n]"), &schema["items"], &most);
        }
        Some("integer") => Form::Number,
        Some("boolean") => Form::Flag,
        _ if schema["format"] == "date-time" => Form::Time,
        _ => Form::Text,
    };
    columns.push(Column { name: name.to_owned(), form, path: path.to_owned(), most: most.to_owned() });
}

/// How the columns of one table are to be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Layout {
    category: Category,
    /// For each column of the table, its path in the JSON form, and what its cells hold.
    columns: Vec<(String, Vec<Step>, Form)>,
}

/// A step into a JSON value.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Step {
    Field(String),
    Item(usize),
}

impl Layout {
    /// Reads the header. The category follows from the columns; where it is given too, the two must agree.
    ///
    /// # Errors
    /// Every column that is none, with those that would have been right.
    pub fn of(table: &Table, category: Option<Category>) -> Result<Self, Vec<Fault>> {
        let category = category_of(table, category).map_err(|fault| vec![fault])?;
        let known = columns(category);
        let mut faults = Vec::new();
        let mut read = Vec::with_capacity(table.columns().len());
        for name in table.columns() {
            match resolved(name, &known) {
                Some((path, form)) => read.push((name.clone(), path, form)),
                None => faults.push(unknown(name, category, &known)),
            }
        }
        if faults.is_empty() { Ok(Self { category, columns: read }) } else { Err(faults) }
    }

    /// What every row is about.
    #[must_use]
    pub fn category(&self) -> Category {
        self.category
    }

    /// The entry that a row proposes.
    ///
    /// # Errors
    /// Every fault of the row, with the column.
    pub fn proposal(&self, row: &Row) -> Result<Proposal, Vec<Fault>> {
        let mut json = Value::Object(Map::new());
        let mut faults = Vec::new();
        for ((name, path, form), cell) in self.columns.iter().zip(row.cells()) {
            let cell = cell.trim();
            if cell.is_empty() {
                continue;
            }
            match value(cell, *form) {
                Ok(value) => put(&mut json, path, value),
                Err(expected) => faults.push(Fault {
                    element: name.clone(),
                    line: row.line(),
                    message: format!("is `{}`", excerpt(cell)),
                    expected: expected.to_owned(),
                }),
            }
        }
        let read = Proposal::from_json(&json).map_err(|breaches| told(&breaches, row.line()));
        match read {
            Ok(proposal) if faults.is_empty() => Ok(proposal),
            Ok(_) => Err(faults),
            Err(more) => {
                // A cell that cannot be read is absent from the JSON form; it is not missing as well.
                let named: Vec<String> = faults.iter().map(|fault| fault.element.clone()).collect();
                faults.extend(more.into_iter().filter(|fault| !named.contains(&fault.element)));
                Err(faults)
            }
        }
    }
}

/// Faults of a message as faults of its row.
#[must_use]
pub fn told(breaches: &Breaches, line: u32) -> Vec<Fault> {
    breaches.iter().map(|breach| fault(breach, line)).collect()
}

fn fault(breach: &Breach, line: u32) -> Fault {
    let Breach { path, problem, expected, .. } = breach;
    Fault { element: column_name(path), line, message: problem.clone(), expected: expected.clone() }
}

/// The column for the path of a breach.
fn column_name(path: &str) -> String {
    const PREFIXES: [&str; 5] =
        ["update.content.subject.", "update.content.", "header.grounds.", "grounds.", "header."];
    let name = PREFIXES.iter().find_map(|prefix| path.strip_prefix(prefix)).unwrap_or(path);
    name.strip_suffix("_ms").unwrap_or(name).to_owned()
}

fn category_of(table: &Table, given: Option<Category>) -> Result<Category, Fault> {
    let has = |category: &Category| {
        let prefix = format!("{}.", subject_name(*category));
        table.columns().iter().any(|column| column.starts_with(&prefix))
    };
    let found: Vec<Category> = Category::ALL.iter().copied().filter(has).collect();
    let fault = |message: String, expected: String| Fault {
        element: "header".to_owned(),
        line: 1,
        message,
        expected,
    };
    match (&found[..], given) {
        ([one], None) => Ok(*one),
        ([one], Some(given)) if *one == given => Ok(given),
        ([one], Some(given)) => {
            let expected = format!("columns of {given}: {}.…", subject_name(given));
            Err(fault(format!("has columns of {one}"), expected))
        }
        ([], _) => {
            let names: Vec<String> =
                Category::ALL.iter().map(|one| format!("{}.…", subject_name(*one))).collect();
            Err(fault("has no column of a subject".to_owned(), names.join(" or ")))
        }
        (several, _) => {
            let names: Vec<&str> = several.iter().map(|one| one.as_str()).collect();
            Err(fault(
                format!("has columns of {}", names.join(" and ")),
                "one category in each file".to_owned(),
            ))
        }
    }
}

/// The steps to the value of a column, if there is one of this name.
fn resolved(name: &str, known: &[Column]) -> Option<(Vec<Step>, Form)> {
    let (pattern, numbers) = numbered(name)?;
    let column = known.iter().find(|column| column.name == pattern)?;
    if !numbers.iter().zip(&column.most).all(|(number, most)| number < most) {
        return None;
    }
    let mut numbers = numbers.into_iter();
    let mut steps = Vec::new();
    for part in column.path.split('.') {
        let mut items = part.split("[n]");
        steps.extend(items.next().map(|field| Step::Field(field.to_owned())));
        steps.extend(items.filter_map(|_| numbers.next()).map(Step::Item));
    }
    Some((steps, column.form))
}

/// `names[0].value` as `names[n].value` and 0.
fn numbered(name: &str) -> Option<(String, Vec<usize>)> {
    let (mut pattern, mut numbers, mut rest) = (String::new(), Vec::new(), name);
    while let Some((before, behind)) = rest.split_once('[') {
        let (number, behind) = behind.split_once(']')?;
        numbers.push(number.parse().ok()?);
        pattern.push_str(before);
        pattern.push_str("[n]");
        rest = behind;
    }
    pattern.push_str(rest);
    Some((pattern, numbers))
}

fn unknown(name: &str, category: Category, known: &[Column]) -> Fault {
    let near: Vec<&str> = known
        .iter()
        .map(|column| column.name.as_str())
        .filter(|known| known.rsplit('.').next() == name.rsplit('.').next())
        .collect();
    let command = format!("a column that `karakoro watchlist columns {category}` lists");
    let expected = if near.is_empty() { command } else { format!("{}, or {command}", near.join(" or ")) };
    Fault { element: excerpt(name), line: 1, message: format!("is no column of {category}"), expected }
}

fn value(cell: &str, form: Form) -> Result<Value, &'static str> {
    match form {
        Form::Text => Ok(cell.into()),
        Form::Number => cell
            .parse::<u32>()
            .map(|number| Value::Number(Number::from(number)))
            .map_err(|_| "a whole number from 0 to 4294967295"),
        Form::Flag => cell.parse::<bool>().map(Value::Bool).map_err(|_| "true or false"),
        Form::Time if is_date(cell) => Ok(format!("{cell}T00:00:00Z").into()),
        Form::Time => Ok(cell.into()),
    }
}

/// `2027-03-01`; whether there is such a day is for the reader of times.
fn is_date(cell: &str) -> bool {
    let digits = |part: Option<&str>, count: usize| {
        part.is_some_and(|part| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let mut parts = cell.split('-');
    digits(parts.next(), 4) && digits(parts.next(), 2) && digits(parts.next(), 2) && parts.next().is_none()
}

/// Puts a value at its place; what a list lacks before it is null, and is told as such.
fn put(json: &mut Value, path: &[Step], value: Value) {
    let Some((step, rest)) = path.split_first() else {
        *json = value;
        return;
    };
    let inner = match step {
        Step::Field(name) => {
            if !json.is_object() {
                *json = Value::Object(Map::new());
            }
            let Some(object) = json.as_object_mut() else { return };
            object.entry(name.clone()).or_insert(Value::Null)
        }
        Step::Item(index) => {
            if !json.is_array() {
                *json = Value::Array(Vec::new());
            }
            let Some(list) = json.as_array_mut() else { return };
            if list.len() <= *index {
                list.resize(index + 1, Value::Null);
            }
            &mut list[*index]
        }
    };
    put(inner, rest, value);
}

#[cfg(test)]
mod tests;
