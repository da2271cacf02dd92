//! The lists that CAP packs into one text, read and written.

use crate::domain::alert::Reference;
use crate::domain::fault::{ValueError, excerpt};

/// Addresses or incidents: separated by white space; a name that holds white space stands in
/// quotation marks (CAP 1.2, section 3.2.1).
pub(super) fn names(text: &str) -> Result<Vec<String>, ValueError> {
    let mut names = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (name, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or_else(|| {
                ValueError::new("has a quotation mark that is not closed", "names that hold spaces in \"…\"")
            })?,
            None => rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())),
        };
        names.push(name.to_owned());
        rest = after.trim_start();
    }
    Ok(names)
}

/// References: `sender,identifier,sent`, separated by white space.
pub(super) fn references(text: &str) -> Result<Vec<Reference>, ValueError> {
    text.split_whitespace().map(reference).collect()
}

fn reference(text: &str) -> Result<Reference, ValueError> {
    let mut parts = text.splitn(3, ',');
    let (Some(sender), Some(identifier), Some(sent)) = (parts.next(), parts.next(), parts.next()) else {
        let message = format!("`{}` is not a reference", excerpt(text));
        return Err(ValueError::new(message, "`sender,identifier,sent`, several of them apart by spaces"));
    };
    Ok(Reference { sender: sender.to_owned(), identifier: identifier.to_owned(), sent: sent.parse()? })
}

/// Names as [`names`] reads them, none of which holds a quotation mark; `None` for an empty list.
pub(super) fn join_names(names: &[String]) -> Option<String> {
    let quoted = |name: &String| match name.contains(char::is_whitespace) {
        true => format!("\"{name}\""),
        false => name.clone(),
    };
    joined(names.iter().map(quoted))
}

/// References as [`references`] reads them; `None` for an empty list.
pub(super) fn join_references(references: &[Reference]) -> Option<String> {
    let packed = |Reference { sender, identifier, sent }: &Reference| format!("{sender},{identifier},{sent}");
    joined(references.iter().map(packed))
}

fn joined(entries: impl Iterator<Item = String>) -> Option<String> {
    Some(entries.collect::<Vec<_>>().join(" ")).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_at_spaces_outside_quotes() {
        assert_eq!(names("a \"b c\"\n d").unwrap(), ["a", "b c", "d"]);
        assert_eq!(names("  ").unwrap(), Vec::<String>::new());
        assert!(names("a \"b c").is_err());
    }

    #[test]
    fn names_are_joined_as_they_are_split() {
        let list = ["a", " b\tc ", "d,e"].map(String::from);
        assert_eq!(join_names(&list).unwrap(), "a \" b\tc \" d,e");
        assert_eq!(names(&join_names(&list).unwrap()).unwrap(), list);
        assert_eq!(join_names(&[]), None);
    }

    #[test]
    fn references_have_three_parts_and_a_time() {
        let read = references("s@x,1,2026-01-15T10:04:05-00:00\n t@y,2,2026-01-16T10:04:05+01:00").unwrap();
        assert_eq!((read.len(), read[1].sender.as_str(), read[1].identifier.as_str()), (2, "t@y", "2"));
        assert!(references("s@x,1").is_err());
        assert!(references("s@x,1,2026-01-15T10:04:05Z").unwrap_err().expected.contains("05-00:00"));
        assert!(references("s@x,1,2026-01-15T10:04:05-00:00,3").is_err());
    }
}
