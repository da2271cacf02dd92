//! Numbers that a person may be reached or looked up by, told from dates, times, counts and amounts.

use super::digits;

/// So many digits, with the usual separators, are a telephone number of either country.
const MIN_DIGITS: usize = 8;
/// So many behind a letter are a document's number.
const MIN_DOCUMENT_DIGITS: usize = 7;
/// So many behind a plus sign are a telephone number, whatever its country.
const MIN_PLUS_DIGITS: usize = 7;
/// Separators within one number.
const MAX_BETWEEN: usize = 3;

/// What stands behind an amount or a distance.
const UNITS: [&str; 22] = [
    "fcfa",
    "cfa",
    "xof",
    "mru",
    "um",
    "ouguiya",
    "ouguiyas",
    "franc",
    "francs",
    "eur",
    "usd",
    "km",
    "m",
    "kg",
    "t",
    "l",
    "ha",
    "litres",
    "أوقية",
    "فرنك",
    "كلم",
    "كغ",
];

/// Whether the text has such a number.
pub(super) fn found(text: &[char]) -> bool {
    let mut at = 0;
    while at < text.len() {
        if !text[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        if let Some(length) = harmless(&text[at..]) {
            at += length;
            continue;
        }
        let (length, count) = run(&text[at..]);
        if count >= least(&text[..at], &text[at..]) {
            return true;
        }
        at += length;
    }
    false
}

/// How many digits are too many, by what stands before them.
fn least(before: &[char], number: &[char]) -> usize {
    match before.last() {
        Some('+') => MIN_PLUS_DIGITS,
        Some(c) if c.is_alphabetic() && digits(number) >= MIN_DOCUMENT_DIGITS => MIN_DOCUMENT_DIGITS,
        _ => MIN_DIGITS,
    }
}

/// The length of a run of digits and separators, and its digits; ends before a date or a time.
fn run(text: &[char]) -> (usize, usize) {
    let (mut length, mut count) = (digits(text), digits(text));
    loop {
        let rest = &text[length..];
        let between =
            rest.iter().take_while(|c| matches!(c, ' ' | '-' | '.' | '/' | '(' | ')' | '_')).count();
        let next = &rest[between..];
        let more = digits(next);
        if !(1..=MAX_BETWEEN).contains(&between) || more == 0 || harmless(next).is_some() {
            return (length, count);
        }
        length += between + more;
        count += more;
    }
}

/// The length of a date, time, pair of years, reference or amount that begins here.
fn harmless(text: &[char]) -> Option<usize> {
    [date, time, years, reference, amount]
        .iter()
        .find_map(|form| form(text))
        .filter(|length| ends(&text[*length..]))
}

/// Whether a harmless number ends here: nothing of the same number follows, unless it is harmless itself.
fn ends(rest: &[char]) -> bool {
    match rest {
        [c, ..] if c.is_ascii_digit() => false,
        ['-' | '.' | '/', next, ..] if next.is_ascii_digit() => harmless(&rest[1..]).is_some(),
        _ => true,
    }
}

/// A number of these many digits, with its value.
fn value(text: &[char], lengths: std::ops::RangeInclusive<usize>) -> Option<(usize, u32)> {
    let length = digits(text);
    let digits = text[..length].iter().filter_map(|c| c.to_digit(10));
    lengths.contains(&length).then(|| (length, digits.fold(0, |value, digit| value * 10 + digit)))
}

/// Three numbers with the same separator.
fn date(text: &[char]) -> Option<usize> {
    let (first, a) = value(text, 1..=4)?;
    let separator = *text.get(first).filter(|c| matches!(c, '-' | '/' | '.'))?;
    let (second, month) = value(&text[first + 1..], 1..=2)?;
    let rest = &text[first + 1 + second..];
    if rest.first() != Some(&separator) || !(1..=12).contains(&month) {
        return None;
    }
    let (third, c) = value(&rest[1..], 1..=4)?;
    let day = |length: usize, day: u32| length <= 2 && (1..=31).contains(&day);
    let year = |length: usize, year: u32| length == 2 || is_year(length, year);
    let iso = is_year(first, a) && day(third, c);
    let usual = day(first, a) && year(third, c);
    (iso || usual).then_some(first + second + third + 2)
}

fn is_year(length: usize, year: u32) -> bool {
    length == 4 && (1900..2100).contains(&year)
}

/// `10:04`, `10:04:05.25`, `18h30`.
fn time(text: &[char]) -> Option<usize> {
    let (hour, hours) = value(text, 1..=2)?;
    let separator = *text.get(hour).filter(|c| matches!(c, ':' | 'h' | 'H'))?;
    let (minute, minutes) = value(&text[hour + 1..], 2..=2)?;
    if hours > 24 || minutes > 59 {
        return None;
    }
    let length = hour + 1 + minute;
    let seconds =
        (separator == ':' && text.get(length) == Some(&':')).then(|| value(&text[length + 1..], 2..=2));
    let Some((second, _)) = seconds.flatten() else { return Some(length) };
    let length = length + 1 + second;
    let fraction = matches!(text.get(length), Some('.' | ',')).then(|| digits(&text[length + 1..]));
    Some(fraction.filter(|digits| (1..=9).contains(digits)).map_or(length, |digits| length + 1 + digits))
}

/// `2025-2026`, `2025/2026`.
fn years(text: &[char]) -> Option<usize> {
    let (first, from) = value(text, 4..=4)?;
    text.get(first).filter(|c| matches!(c, '-' | '/'))?;
    let (second, to) = value(&text[first + 1..], 4..=4)?;
    (is_year(first, from) && is_year(second, to)).then_some(first + 1 + second)
}

/// The reference of a file or law with its year: `0117/2026`, `2026/0117`, `2013-0152`, `2026-000123`.
fn reference(text: &[char]) -> Option<usize> {
    let (first, a) = value(text, 1..=6)?;
    let separator = *text.get(first).filter(|c| matches!(c, '-' | '/'))?;
    let (second, b) = value(&text[first + 1..], 1..=6)?;
    let dated = is_year(first, a) || (separator == '/' && is_year(second, b));
    dated.then_some(first + 1 + second)
}

/// `12 500 000 FCFA`, `120 000 - 150 000 km`: in groups of three, with a unit.
fn amount(text: &[char]) -> Option<usize> {
    let mut length = digits(text);
    if (1..=3).contains(&length) {
        let separator = text.get(length).copied().filter(|c| matches!(c, ' ' | '.' | ','));
        while separator.is_some()
            && text.get(length).copied() == separator
            && digits(&text[length + 1..]) == 3
        {
            length += 4;
        }
    }
    let spaces = text[length..].iter().take_while(|c| **c == ' ').count();
    let rest = &text[length + spaces..];
    if unit(rest) {
        return Some(length);
    }
    let dash = rest.first() == Some(&'-');
    let next = rest.iter().skip(1).position(|c| *c != ' ').filter(|_| dash)? + 1;
    amount(rest.get(next..)?).map(|more| length + spaces + next + more)
}

fn unit(text: &[char]) -> bool {
    if matches!(text.first(), Some('%' | '€' | '$')) {
        return true;
    }
    let word: String = text.iter().take_while(|c| c.is_alphabetic()).flat_map(|c| c.to_lowercase()).collect();
    UNITS.contains(&word.as_str())
}
