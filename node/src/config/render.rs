//! The schema as people read it: the commented file of a new home, and the manual's reference.

use std::fmt::{self, Write as _};

use karakoro_proto::identity::Country;

use super::FILE_NAME;
use super::schema::{COUNTRY_MARK, Entry, PEER, SECTIONS, Section, keys_of};

/// Widest line of the commented file, in characters.
const WIDTH: usize = 100;

const INTRODUCTION: [&str; 3] = [
    "The settings of one country's Karakoro node. The file lies in the node's home, beside keys/, trust/ and \
     data/; it holds no secrets.",
    "Every key is here. A line such as `#key = value` shows a default: take its `#` away to change it. Keep \
     a key below the header of its section.",
    "The file is read when the node starts. A misspelt key or a value out of its range keeps the node from \
     starting; all faults are reported at once, with their lines.",
];

/// The commented file of a new home.
pub(super) fn template(country: Country, peer: Country) -> String {
    let mut file = String::new();
    write_template(&mut file, country, peer).expect("a string takes all that is written");
    file
}

fn write_template(file: &mut String, country: Country, peer: Country) -> fmt::Result {
    comment(file, &format!("{FILE_NAME}: {country} exchanges with {peer}"))?;
    for paragraph in INTRODUCTION {
        writeln!(file, "#")?;
        comment(file, paragraph)?;
    }
    for section in &SECTIONS {
        write_header(file, section)?;
        for key in keys_of(section.name) {
            write_key(file, key, country, peer)?;
        }
    }
    Ok(())
}

fn write_header(file: &mut String, section: &Section) -> fmt::Result {
    if section.name.is_empty() {
        return Ok(());
    }
    writeln!(file, "\n")?;
    comment(file, section.about)?;
    writeln!(file, "[{}]", section.name)
}

fn write_key(file: &mut String, key: &dyn Entry, country: Country, peer: Country) -> fmt::Result {
    let facts = key.facts();
    writeln!(file)?;
    comment(file, facts.meaning)?;
    comment(file, &format!("Allowed: {}.", key.expected()))?;
    comment(file, &format!("Why: {}", facts.reason))?;
    match facts.default {
        Some(default) => {
            writeln!(file, "#{} = {}", facts.name(), default.replace(COUNTRY_MARK, country.as_str()))
        }
        None => {
            let required = if facts.path == PEER.facts().path { peer } else { country };
            writeln!(file, "{} = \"{required}\"", facts.name())
        }
    }
}

/// A paragraph of comment, wrapped; a word that is wider than a line gets one of its own.
fn comment(file: &mut String, paragraph: &str) -> fmt::Result {
    let mut width = 0;
    for word in paragraph.split(' ') {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > WIDTH {
            writeln!(file)?;
            width = 0;
        }
        let before = if width == 0 { "# " } else { " " };
        write!(file, "{before}{word}")?;
        width += before.len() + length;
    }
    writeln!(file)
}

/// The reference of all keys, in Markdown: one table a section.
pub(super) fn reference() -> String {
    let mut text = String::new();
    write_reference(&mut text).expect("a string takes all that is written");
    text
}

fn write_reference(text: &mut String) -> fmt::Result {
    for (number, section) in SECTIONS.iter().enumerate() {
        if number > 0 {
            writeln!(text)?;
        }
        match section.name {
            "" => writeln!(text, "### Top of the file\n")?,
            name => writeln!(text, "### `[{name}]`\n")?,
        }
        writeln!(text, "{}\n", section.about)?;
        writeln!(text, "| Key | Default | Allowed | Meaning | Why |\n| --- | --- | --- | --- | --- |")?;
        for key in keys_of(section.name) {
            write_row(text, key)?;
        }
    }
    Ok(())
}

fn write_row(text: &mut String, key: &dyn Entry) -> fmt::Result {
    let facts = key.facts();
    let default = facts.default.map_or_else(|| "required".to_owned(), |default| format!("`{default}`"));
    let cells = [&format!("`{}`", facts.path), &default, &key.expected(), facts.meaning, facts.reason];
    writeln!(text, "| {} |", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
}
