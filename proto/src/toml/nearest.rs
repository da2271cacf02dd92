//! The name that was probably meant.

/// Longest name for which a similar one is looked for, in bytes.
const MAX_GUESSED_BYTES: usize = 64;

/// The known name that was probably meant by what was written; `None` if it is like no other.
#[must_use]
pub fn nearest<'k>(written: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    if written.len() > MAX_GUESSED_BYTES {
        return None;
    }
    let near = known.into_iter().filter_map(|known| Some((distance(written, known)?, known)));
    near.min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}

/// How far a written name is from a known one; `None` if nobody would take one for the other.
fn distance(written: &str, known: &str) -> Option<usize> {
    let written = written.to_lowercase().replace('-', "_");
    let whole = Some(edits(&written, known)).filter(|edits| *edits <= written.len() / 4);
    let [written, known] = [written.as_str(), known].map(|path| path.rsplit('.').next().unwrap_or(path));
    // The right name in the wrong section, or without its unit, is more likely than any other slip.
    let name = match edits(written, known) {
        _ if written.len() >= 4 && known.starts_with(written) => Some(1),
        edits => Some(edits).filter(|edits| *edits <= written.len() / 3),
    };
    [whole, name.map(|edits| edits + 1)].into_iter().flatten().min()
}

/// How many characters to insert, delete or replace (Levenshtein).
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, a) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted_as_levenshtein_did() {
        for (a, b, count) in [("kitten", "sitting", 3), ("", "abc", 3), ("abc", "", 3), ("é", "e", 1)] {
            assert_eq!(edits(a, b), count);
        }
    }
}
