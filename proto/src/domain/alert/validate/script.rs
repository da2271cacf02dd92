//! Whether the texts of an info are in a script that their language is written in.
//!
//! Headlines get exchanged between the info in French and the info in Arabic more easily than seen, and then
//! each screen shows what its reader cannot read. Which language a text is in is not guessed: only the letters are
//! looked at, and only where the language has one known script.

use super::super::{Info, Language};
use crate::domain::fault::ValueError;

/// The scripts of the two services.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Arabic,
}

impl Script {
    /// What `language` is written in, if that is known: by its script subtag, else for the working languages.
    fn of(language: &Language) -> Option<Self> {
        let subtag = |tag: &str| language.as_str().split('-').any(|part| part.eq_ignore_ascii_case(tag));
        if subtag("Arab") {
            Some(Self::Arabic)
        } else if subtag("Latn") || language.is("fr") || language.is("en") {
            Some(Self::Latin)
        } else {
            language.is("ar").then_some(Self::Arabic)
        }
    }

    fn of_letter(letter: char) -> Option<Self> {
        match letter {
            // ASCII, Latin-1, Extended-A and -B, IPA (the letters of Pulaar), Extended Additional.
            'A'..='Z' | 'a'..='z' | 'À'..='ɏ' | 'ɐ'..='ʯ' | '\u{1e00}'..='\u{1eff}'
                if letter.is_alphabetic() =>
            {
                Some(Self::Latin)
            }
            // Arabic, its supplement, Extended-A and -B.
            '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' | '\u{870}'..='\u{8ff}'
                if letter.is_alphabetic() =>
            {
                Some(Self::Arabic)
            }
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Latin => "Latin",
            Self::Arabic => "Arabic",
        }
    }
}

/// What is wrong with the language that `info` names: its texts have letters, but none that it is written with.
pub(super) fn flaw(info: &Info) -> Option<ValueError> {
    let language = info.language.as_ref()?;
    let script = Script::of(language)?;
    let texts = [&info.headline, &info.description, &info.instruction].into_iter().flatten();
    let letters = std::iter::once(&info.event).chain(texts).flat_map(|text| text.chars());
    let mut scripts = letters.filter_map(Script::of_letter).peekable();
    let found = *scripts.peek()?;
    if scripts.any(|found| found == script) {
        return None;
    }
    let message = format!("is `{language}`, but the texts have {} letters alone", found.name());
    Some(ValueError::new(message, "the language that the texts are in"))
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::sample;
    use super::*;

    fn judged(language: Option<&str>, event: &str, headline: Option<&str>) -> Option<String> {
        let info = Info {
            language: language.map(|tag| tag.parse().unwrap()),
            event: event.to_owned(),
            headline: headline.map(str::to_owned),
            description: None,
            instruction: None,
            ..sample().infos.remove(0)
        };
        flaw(&info).map(|error| error.message)
    }

    #[test]
    fn texts_in_the_other_script_are_told() {
        assert!(judged(Some("fr"), "سرقة ماشية", None).unwrap().contains("is `fr`"));
        assert!(judged(Some("ar-MR"), "Vol de bétail", Some("Vol")).unwrap().contains("Latin letters alone"));
        assert!(judged(Some("ff-Arab"), "Wujjo nagge", None).is_some());
    }

    #[test]
    fn mixed_texts_and_texts_without_letters_pass() {
        assert_eq!(judged(Some("ar"), "سرقة ماشية (Adel Bagrou)", None), None);
        assert_eq!(judged(Some("ar"), "SOS", Some("سرقة")), None);
        assert_eq!(judged(Some("fr"), "40 → 15.495 ؟ ٤٠", None), None);
        assert_eq!(judged(Some("fr"), "Épizootie", None), None);
    }

    #[test]
    fn languages_of_no_known_script_are_not_judged() {
        assert_eq!(judged(Some("ff"), "Wujjo nagge", None), None);
        assert_eq!(judged(Some("snk"), "سرقة", None), None);
        assert_eq!(judged(None, "سرقة", None), None);
        assert_eq!(judged(Some("ff-Latn"), "Ɗaɓɓugol ɲaɲɲo ŋ", None), None);
    }
}
