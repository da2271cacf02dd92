//! From text to TOML: all faults of the notation, not just the first, and the lines of what is sound.
//!
//! The parser reports one fault at a time. A line that is faulty by itself is blanked and the rest parsed
//! again; where the fault may begin on an earlier line (a list that is never closed), what follows cannot
//! be trusted, and the search ends.

use std::borrow::Cow;
use std::ops::Range;

use toml_edit::{Document, TomlError};

use super::{Fault, quote};

/// Most faults of notation that are looked for: each one costs a pass over the file.
const MAX_FAULTS: usize = 32;

/// What the parser calls a key that was there before.
const DUPLICATE: &str = "duplicate key";

/// What the parser calls the end of something that may have begun on an earlier line.
const UNCLOSED: [&str; 2] = ["unclosed array", "unclosed inline table"];

/// A file as far as it is TOML.
#[derive(Debug)]
pub struct Parsed {
    /// The sound part; `None` if the notation cannot be trusted anywhere.
    pub document: Option<Document<String>>,
    /// Where lines begin.
    pub lines: Lines,
    /// The faults of the notation, as they were met. With any, a key that is not found may yet be there.
    pub faults: Vec<Fault>,
}

/// Parses as much as can be trusted.
#[must_use]
pub fn parse(text: &str) -> Parsed {
    let lines = Lines::new(text);
    let mut faults = Vec::new();
    let document = parse_sound_part(text, &lines, &mut faults);
    Parsed { document, lines, faults }
}

fn parse_sound_part(text: &str, lines: &Lines, faults: &mut Vec<Fault>) -> Option<Document<String>> {
    let mut text = Cow::Borrowed(text);
    while faults.len() < MAX_FAULTS {
        let error = match Document::parse(text.clone().into_owned()) {
            Ok(document) => return Some(document),
            Err(error) => error,
        };
        let at = error.span().map_or(text.len(), |span| span.start);
        faults.push(fault(&error, &text, lines.number(at)));
        let faulty = faulty_part(&error, &text, lines.range(at, text.len()))?;
        text = Cow::Owned(blank(&text, faulty));
    }
    None
}

fn fault(error: &TomlError, text: &str, line: u32) -> Fault {
    if error.message() == DUPLICATE {
        let key = error.span().and_then(|span| text.get(span)).unwrap_or_default();
        let message = "is there twice".to_owned();
        return Fault { line, key: quote(key), message, expected: "each key and section once".to_owned() };
    }
    let (what, expected) = description(error);
    let message = format!("is not TOML: {what}");
    Fault { line, key: String::new(), message, expected: expected.to_owned() }
}

/// What the parser met, and what it expected.
fn description(error: &TomlError) -> (&str, &str) {
    let message = error.message();
    let message = message.strip_suffix(", expected nothing").unwrap_or(message);
    message.split_once(", expected ").unwrap_or((message, ""))
}

/// What to leave out so that the rest can be trusted: the line, or a section with its header; `None` if the
/// fault may not be the line's own.
fn faulty_part(error: &TomlError, text: &str, line: Range<usize>) -> Option<Range<usize>> {
    let content = &text[line.clone()];
    let alone = Document::parse(content).err();
    let alone = alone.as_ref().map(TomlError::message);
    let own = match error.message() {
        DUPLICATE => alone.is_none_or(|message| message == DUPLICATE),
        _ => alone.is_some() && !UNCLOSED.contains(&description(error).0),
    };
    if own && content.trim_start().starts_with('[') {
        // Its keys would otherwise count as the section's before it.
        return Some(line.start..next_section(text, line.end));
    }
    own.then_some(line)
}

fn next_section(text: &str, from: usize) -> usize {
    let rest = &text[from..];
    let mut end = from;
    for line in rest.split_inclusive('\n') {
        if line.trim_start().starts_with('[') {
            return end;
        }
        end += line.len();
    }
    end
}

/// Spaces in place of a part, so that every other byte keeps its place and its line.
fn blank(text: &str, part: Range<usize>) -> String {
    let blanks: String = text[part.clone()].bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }).collect();
    [&text[..part.start], &blanks, &text[part.end..]].concat()
}

/// Where each line of a text begins.
#[derive(Clone, Debug)]
pub struct Lines(Vec<usize>);

impl Lines {
    fn new(text: &str) -> Self {
        let after_newlines =
            text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self(std::iter::once(0).chain(after_newlines).collect())
    }

    /// The number, from 1, of the line with the byte at `offset`.
    #[must_use]
    pub fn number(&self, offset: usize) -> u32 {
        let begun = self.0.partition_point(|start| *start <= offset);
        u32::try_from(begun).unwrap_or(u32::MAX)
    }

    /// The bytes of that line, with its newline, in a text of `length` bytes.
    fn range(&self, offset: usize, length: usize) -> Range<usize> {
        let begun = self.0.partition_point(|start| *start <= offset);
        let end = self.0.get(begun).copied().unwrap_or(length);
        self.0[begun - 1]..end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault_lines(text: &str) -> Vec<u32> {
        let mut lines: Vec<_> = parse(text).faults.iter().map(|fault| fault.line).collect();
        lines.sort_unstable();
        lines
    }

    #[test]
    fn every_line_that_is_faulty_by_itself_is_reported() {
        let text = "a = \"open\nb = 1\nc = \nd 5\n[x\ne = ?\n[y]\nf = 01\n";
        assert_eq!(fault_lines(text), [1, 3, 4, 5, 8]);
        let document = parse(text).document.unwrap();
        assert!(document.contains_key("b") && document.contains_key("y") && !document.contains_key("e"));
    }

    #[test]
    fn every_duplicate_is_reported_where_it_is() {
        let text = "a = 1\na = 2\nb = 1\n[x]\nc = 1\n[y]\n[x]\nc = 2\n[z]\na = 1\na = 1";
        let mut parsed = parse(text);
        parsed.faults.sort_by_key(|fault| fault.line);
        let found: Vec<_> = parsed.faults.iter().map(|fault| (fault.line, fault.key.as_str())).collect();
        assert_eq!(found, [(2, "a"), (7, "x"), (11, "a")]);
        assert_eq!(fault_lines("a = { b = 1, b = 2 }\nc = 1\nc = 2"), [1, 3]);
        assert!(parsed.document.unwrap().contains_key("z"));
    }

    #[test]
    fn a_list_that_is_never_closed_is_one_fault() {
        for text in ["a = [\n\"x\",\nb = 1\nc = 2\n", "a = [\n1,\n", "a = [\n1,\n[s]\nb = 1\n"] {
            let parsed = parse(text);
            assert_eq!(parsed.faults.len(), 1, "{text}: {:?}", parsed.faults);
            assert!(parsed.document.is_none());
        }
    }

    #[test]
    fn a_duplicate_over_several_lines_makes_no_further_faults() {
        assert_eq!(fault_lines("a = 1\na = [\n1,\n]\nb = 2\n"), [2]);
    }

    #[test]
    fn faults_without_number_are_cut_off() {
        assert_eq!(parse(&"?\n".repeat(1000)).faults.len(), MAX_FAULTS);
    }
}
