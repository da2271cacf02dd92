//! Positions on the ground that are fine enough to be a home.

use super::digits;

/// Whether the text has a position of more than two decimals, or finer than a minute of arc.
pub(super) fn found(text: &[char]) -> bool {
    (0..text.len()).any(|start| {
        let begins = start == 0 || !matches!(text[start - 1], '0'..='9' | '.' | ',');
        begins && (decimal(text, start) || arc(&text[start..]))
    })
}

/// Degrees with a fraction: four decimals are a position wherever they stand; three, which a count in
/// thousands may have too, beside another such number or a letter of the compass.
fn decimal(text: &[char], start: usize) -> bool {
    let Some((length, decimals)) = fraction(&text[start..]) else { return false };
    let end = start + length;
    decimals >= 4
        || (decimals == 3 && (paired(&text[end..]) || compass(&text[end..]) || named(&text[..start])))
}

/// The length and the decimals of a number such as `15.495`, if one begins here.
fn fraction(text: &[char]) -> Option<(usize, usize)> {
    let whole = digits(text);
    let point = matches!(text.get(whole), Some('.' | ','));
    let decimals = digits(text.get(whole + 1..)?);
    ((1..=3).contains(&whole) && point && decimals > 0).then_some((whole + 1 + decimals, decimals))
}

fn paired(after: &[char]) -> bool {
    let between = after.iter().take_while(|c| matches!(c, ' ' | ',' | ';' | '/')).count();
    if between == 0 {
        return false;
    }
    let sign = usize::from(matches!(after.get(between), Some('-' | '+')));
    fraction(&after[between + sign..]).is_some_and(|(_, decimals)| decimals >= 3)
}

/// `N`, `S`, `E`, `W` or French `O` alone, or a degree sign.
fn compass(after: &[char]) -> bool {
    let spaces = after.iter().take_while(|c| **c == ' ').count();
    match after.get(spaces) {
        Some('°') => true,
        Some('N' | 'S' | 'E' | 'W' | 'O') => !after.get(spaces + 1).is_some_and(|c| c.is_alphanumeric()),
        _ => false,
    }
}

/// After `lat`, `lon` or their longer forms.
fn named(before: &[char]) -> bool {
    let words: String = before.iter().rev().take(16).rev().collect::<String>().to_lowercase();
    let word = words.trim_end_matches([' ', ':', '=', '-', '+']).rsplit(' ').next().unwrap_or_default();
    word.starts_with("lat") || word.starts_with("lon")
}

/// `15°29'42`, `15° 29.7`: finer than a minute.
fn arc(text: &[char]) -> bool {
    let whole = digits(text);
    if !(1..=3).contains(&whole) || text.get(whole) != Some(&'°') {
        return false;
    }
    let rest = past_spaces(&text[whole + 1..]);
    let minutes = digits(rest);
    let finer = match rest.get(minutes) {
        Some('.' | ',') => &rest[minutes + 1..],
        Some('\'') => past_spaces(&rest[minutes + 1..]),
        _ => return false,
    };
    minutes > 0 && digits(finer) > 0
}

fn past_spaces(text: &[char]) -> &[char] {
    let spaces = text.iter().take_while(|c| **c == ' ').count();
    &text[spaces..]
}
