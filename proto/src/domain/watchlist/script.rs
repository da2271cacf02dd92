//! Which script letters belong to. A letter of another script that looks like one of these would hide a name from
//! every search.

use super::Script;

/// A character that does not belong beside the letters before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ForeignLetter(pub char);

impl Script {
    /// The script of a letter or of a mark that only one script has.
    #[must_use]
    pub fn of(letter: char) -> Option<Self> {
        match letter {
            // With the letters of Pulaar and Soninke (ɓ ɗ ŋ ƴ) and the marks that vowels carry.
            'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2af}' => {
                Some(Self::Latin)
            }
            '\u{300}'..='\u{36f}' | '\u{1e00}'..='\u{1eff}' => Some(Self::Latin),
            // Not the presentation forms: they are the same letters under other numbers.
            '\u{610}'..='\u{61a}' | '\u{620}'..='\u{65f}' | '\u{66e}'..='\u{6d3}' | '\u{6d5}'..='\u{6dc}' => {
                Some(Self::Arabic)
            }
            '\u{6fa}'..='\u{6fc}' | '\u{750}'..='\u{77f}' | '\u{8a0}'..='\u{8c9}' => Some(Self::Arabic),
            '\u{7ca}'..='\u{7f5}' => Some(Self::Nko),
            '\u{1e900}'..='\u{1e94b}' => Some(Self::Adlam),
            _ => None,
        }
    }

    /// The one script of a name's letters; `None` if it has no letter. Beside letters a name has what joins them
    /// (space, hyphen, apostrophe, point) and what `also` admits.
    pub fn of_name(name: &str, also: impl Fn(char) -> bool) -> Result<Option<Self>, ForeignLetter> {
        let mut found = None;
        for c in name.chars().filter(|c| !joins(*c) && !also(*c)) {
            let script = Self::of(c).ok_or(ForeignLetter(c))?;
            if *found.get_or_insert(script) != script {
                return Err(ForeignLetter(c));
            }
        }
        Ok(found)
    }
}

/// Space, hyphen, point, and the apostrophes that French and transliterations use.
fn joins(c: char) -> bool {
    matches!(c, ' ' | '-' | '.' | '\'' | '\u{2019}' | '\u{2bb}'..='\u{2bf}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str) -> Result<Option<Script>, ForeignLetter> {
        Script::of_name(name, |_| false)
    }

    #[test]
    fn each_script_is_told() {
        for (name, script) in [
            ("Exemple Un", Script::Latin),
            ("N’Exemple-Ɗeuxième", Script::Latin),
            ("Exe\u{301}mple", Script::Latin),
            ("مثال أول", Script::Arabic),
            ("مُخْتَلَق", Script::Arabic),
            ("ߞߊߟߊ", Script::Nko),
            ("𞤀𞤣𞤤𞤢", Script::Adlam),
        ] {
            assert_eq!(read(name), Ok(Some(script)), "{name}");
        }
        assert_eq!(read("- ."), Ok(None));
    }

    #[test]
    fn a_letter_that_only_looks_alike_is_found() {
        assert_eq!(read("Ex\u{435}mple"), Err(ForeignLetter('\u{435}')), "Cyrillic");
        assert_eq!(read("Exempl\u{3b5}"), Err(ForeignLetter('\u{3b5}')), "Greek");
        assert_eq!(read("Exemple مثال"), Err(ForeignLetter('م')));
        assert_eq!(read("Ex\u{200b}emple"), Err(ForeignLetter('\u{200b}')), "invisible");
        assert_eq!(read("\u{ff25}xemple"), Err(ForeignLetter('\u{ff25}')), "full width");
        assert_eq!(read("Exemple 2"), Err(ForeignLetter('2')));
    }
}
