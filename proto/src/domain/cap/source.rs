//! From bytes to an XML tree, in linear time and bounded memory.

use roxmltree::{Document, Error, ParsingOptions};

use super::{Fault, MAX_CAP_BYTES};
use crate::domain::fault::excerpt;

/// Nodes of the tree (elements, texts, comments): an alert at every other limit, as we write it, has fewer.
/// The most, 14 for each of its entries, are those of resources.
const MAX_NODES: u32 = 120_000;
/// Attributes and namespaces of one tag. CAP has none of the former; a signature has three.
const MAX_ATTRIBUTES: usize = 64;
/// Mentions of `xmlns` in the file: a tree in which many elements declare many takes quadratic memory.
const MAX_NAMESPACES: usize = 256;

/// Which line, from one, a byte stands on. Built once, since a tree asks thousands of times.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(at, _)| at).collect())
    }

    pub(super) fn at(&self, byte: usize) -> u32 {
        u32::try_from(self.0.partition_point(|end| *end < byte) + 1).unwrap_or(u32::MAX)
    }
}

fn fault(line: u32, message: impl Into<String>, expected: &str) -> Fault {
    Fault { element: "alert".to_owned(), line, message: message.into(), expected: expected.to_owned() }
}

fn line_of(bytes: &[u8], at: usize) -> u32 {
    let ends = bytes.iter().take(at).filter(|byte| **byte == b'\n').count();
    u32::try_from(ends + 1).unwrap_or(u32::MAX)
}

/// The text of a file of acceptable size and encoding, without its byte order mark.
pub(super) fn text(bytes: &[u8]) -> Result<&str, Fault> {
    const ENCODING: &str = "UTF-8 (or US-ASCII)";
    if bytes.len() > MAX_CAP_BYTES {
        // Whoever read it may have stopped here: how large it is, nobody knows.
        let message = format!("the file has more than {MAX_CAP_BYTES} bytes");
        return Err(fault(0, message, &format!("at most {MAX_CAP_BYTES} bytes")));
    }
    if bytes.starts_with(&[0xfe, 0xff]) || bytes.starts_with(&[0xff, 0xfe]) {
        return Err(fault(1, "the file is in UTF-16 or UTF-32", ENCODING));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'[')) {
        let expected = "CAP 1.2 XML; `karakoro cap write` makes it from our JSON, `karakoro send` takes both";
        return Err(fault(1, "the file holds JSON, not XML", expected));
    }
    let declared = declared_encoding(bytes);
    let ascii = declared.as_deref().is_some_and(|name| matches!(name, "us-ascii" | "ascii"));
    if let Some(other) = declared.filter(|name| !ascii && name != "utf-8" && name != "utf8") {
        return Err(fault(1, format!("declares the encoding `{}`", excerpt(&other)), ENCODING));
    }
    if ascii && let Some(at) = bytes.iter().position(|byte| !byte.is_ascii()) {
        let message = "holds a byte that is not US-ASCII, which the file declares to be";
        return Err(fault(line_of(bytes, at), message, "the declaration `encoding=\"UTF-8\"`"));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        fault(line_of(bytes, error.valid_up_to()), "holds bytes that are not UTF-8", ENCODING)
    })
}

/// The encoding that an XML declaration names, in lower case.
fn declared_encoding(bytes: &[u8]) -> Option<String> {
    let rest = bytes.strip_prefix(b"<?xml")?;
    rest.first().filter(|byte| byte.is_ascii_whitespace())?;
    let end = rest.windows(2).position(|pair| pair == b"?>")?;
    let declaration = String::from_utf8_lossy(rest.get(..end)?).into_owned();
    let (_, after) = declaration.split_once("encoding")?;
    let value = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value.get(1..)?.split(quote).next().map(str::to_ascii_lowercase)
}

/// Refuses markup that the parser would take quadratic time or memory for.
pub(super) fn guard(text: &str) -> Result<(), Fault> {
    if let Some((at, _)) = text.match_indices("xmlns").nth(MAX_NAMESPACES) {
        return Err(fault(line_of(text.as_bytes(), at), "declares too many namespaces", "one namespace"));
    }
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let tag = &rest[start..];
        let skipped = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")];
        let length = match skipped.iter().find(|(open, _)| tag.starts_with(open)) {
            Some((open, close)) => tag[open.len()..].find(close).map(|at| open.len() + at + close.len()),
            None => tag_length(tag).map_err(|()| {
                let line = line_of(text.as_bytes(), text.len() - tag.len());
                fault(line, "an element has too many attributes", "no attributes")
            })?,
        };
        // What has no end is the parser's to report.
        let Some(length) = length else { return Ok(()) };
        rest = &tag[length..];
    }
    Ok(())
}

/// Bytes to the end of the tag that `text` begins with; `Err` past the limit of attributes.
fn tag_length(text: &str) -> Result<Option<usize>, ()> {
    let mut quote = None;
    let mut attributes = 0;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), byte) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'>') => return Ok(Some(at + 1)),
            (None, b'=') => attributes += 1,
            (None, _) => {}
        }
        if attributes > MAX_ATTRIBUTES {
            return Err(());
        }
    }
    Ok(None)
}

/// The tree of a well-formed text without a DTD.
pub(super) fn parse(text: &str) -> Result<Document<'_>, Fault> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|error| explain(&error, text))
}

fn explain(error: &Error, text: &str) -> Fault {
    const WELL_FORMED: &str = "well-formed XML";
    let last = line_of(text.as_bytes(), text.trim_ascii_end().len());
    match error {
        Error::DtdDetected => {
            let line = line_of(text.as_bytes(), text.find("<!DOCTYPE").unwrap_or(0));
            fault(line, "has a DTD (`<!DOCTYPE`), which could name other files or grow without end", "no DTD")
        }
        Error::UnknownEntityReference(name, pos) => {
            let message = format!("names the entity `&{};`, which XML does not define", excerpt(name));
            fault(pos.row, message, "the character itself")
        }
        Error::NodesLimitReached => {
            fault(0, "has too many elements", &format!("at most {MAX_NODES} elements, texts and comments"))
        }
        Error::NoRootNode => fault(1, "there is no XML element", WELL_FORMED),
        Error::UnclosedRootNode | Error::UnexpectedEndOfStream => {
            fault(last, "the file ends before the alert does", WELL_FORMED)
        }
        other => {
            let message = other.to_string();
            // The parser ends its messages with the position, which the fault has of its own.
            let message = message.rsplit_once(" at ").map_or(message.as_str(), |(before, _)| before);
            fault(other.pos().row, format!("is not well-formed: {}", excerpt(message)), WELL_FORMED)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_from_one() {
        let lines = Lines::of("a\nb\n\nc");
        assert_eq!([lines.at(0), lines.at(1), lines.at(2), lines.at(4), lines.at(5)], [1, 1, 2, 3, 4]);
    }

    #[test]
    fn declared_encodings_are_found() {
        assert_eq!(declared_encoding(b"<?xml version = '1.0' encoding = 'UTF-8'?>").unwrap(), "utf-8");
        assert_eq!(declared_encoding(b"<?xml\tversion=\"1.0\" encoding=\"latin1\" ?>").unwrap(), "latin1");
        assert_eq!(declared_encoding(b"<?xml version='1.0'?><a encoding='x'/>"), None);
        assert_eq!(declared_encoding(b"<a/>"), None);
    }

    #[test]
    fn attributes_cannot_hide_from_the_guard() {
        let many: String = (0..100).map(|n| format!(" a{n}='x'")).collect();
        for before in ["", "<!-- ' -->", "<![CDATA[ \" ]]>", "<?p ' ?>", "<b c='>'/>"] {
            let error = guard(&format!("<a>\n{before}<b{many}/></a>")).unwrap_err();
            assert_eq!(error.line, 2, "{before}");
        }
        assert!(guard("<a b='= = = > <' c='1'>=====</a><!-- ====").is_ok());
    }
}
