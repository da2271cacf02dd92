//! Number plates as they are compared.

use super::Script;

/// A plate as it is searched for: capitals and digits alone, Arabic digits as European ones, the forms of alef,
/// ya and ta marbuta as one letter each. What else is typed is left out; `O` and `0` stay apart.
#[must_use]
pub fn fold_plate(plate: &str) -> String {
    plate.chars().filter_map(fold).collect()
}

/// A letter or digit of a plate, folded; nothing for what is not one, or only marks or stretches one.
pub(super) fn fold(c: char) -> Option<char> {
    match c {
        '0'..='9' | 'A'..='Z' => Some(c),
        'a'..='z' => Some(c.to_ascii_uppercase()),
        '\u{660}'..='\u{669}' => char::from_digit(u32::from(c) - 0x660, 10),
        '\u{6f0}'..='\u{6f9}' => char::from_digit(u32::from(c) - 0x6f0, 10),
        'أ' | 'إ' | 'آ' | 'ٱ' => Some('ا'),
        'ى' => Some('ي'),
        'ة' => Some('ه'),
        // Tatweel, and what is written above and below letters.
        '\u{640}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6dc}' => None,
        c => (Script::of(c) == Some(Script::Arabic)).then_some(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_plate_fold_alike() {
        for plate in ["1234 AB 05", "1234-ab-05", "١٢٣٤ AB ٠٥", "۱۲۳۴ab۰۵", "1234/AB.05"] {
            assert_eq!(fold_plate(plate), "1234AB05", "{plate}");
        }
        assert_eq!(fold_plate("١٢ أ"), fold_plate("12 اـ"));
    }

    #[test]
    fn plates_that_differ_stay_apart() {
        assert_ne!(fold_plate("1234 AO 05"), fold_plate("1234 A0 05"));
        assert_ne!(fold_plate("12 ب"), fold_plate("12 ت"));
        assert_eq!(fold_plate("\u{412}"), "", "a Cyrillic letter is none of a plate");
    }

    #[test]
    fn what_is_folded_folds_to_itself() {
        for plate in ["1234 ab 05", "١٢ أبة"] {
            assert_eq!(fold_plate(&fold_plate(plate)), fold_plate(plate));
        }
    }
}
