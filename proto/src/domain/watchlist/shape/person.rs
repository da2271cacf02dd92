//! People: their names, and whether what is said of their age fits together.

use super::{birth, number, one_script};
use crate::domain::breach::{At, Breaches};
use crate::domain::watchlist::{Name, NameKind, Person, Script};
use crate::time::UnixMillis;

pub(super) fn check(person: &Person, written: UnixMillis, at: &At<'_>, breaches: &mut Breaches) {
    for (index, name) in person.names.iter().enumerate() {
        spelling(name, &at.item("names", index), breaches);
    }
    primary(&person.names, at, breaches);
    for (field, name) in [("father", &person.father), ("grandfather", &person.grandfather)] {
        if let Some(name) = name {
            one_script(name.as_str(), |_| false, &at.field(field), breaches);
        }
    }
    if let Some(born) = &person.birth {
        birth::check(born, written, &at.field("birth"), breaches);
    }
    age(person, written, at, breaches);
    for (index, document) in person.documents.iter().enumerate() {
        number(Some(&document.number), &at.item("documents", index).field("number"), breaches);
    }
}

fn spelling(name: &Name, at: &At<'_>, breaches: &mut Breaches) {
    let also = |c: char| match name.kind {
        NameKind::Mrz => c == '<',
        NameKind::Alias => c.is_ascii_digit(),
        NameKind::Birth | NameKind::Spelling => false,
    };
    let value = name.value.as_str();
    let Some(script) = one_script(value, also, &at.field("value"), breaches) else { return };
    if script != name.script {
        let (problem, expected) = (format!("is {}", name.script), format!("{script}, as its letters are"));
        breaches.content(&at.field("script"), problem, expected);
    } else if name.kind == NameKind::Mrz && !value.bytes().all(zone_letter) {
        breaches.content(
            &at.field("value"),
            "is not as a machine-readable zone has it",
            "A to Z, `<` and space",
        );
    } else if script == Script::Latin && !value.chars().any(char::is_alphabetic) {
        breaches.content(&at.field("value"), "has marks and no letter", "a name");
    }
}

fn zone_letter(byte: u8) -> bool {
    byte.is_ascii_uppercase() || matches!(byte, b'<' | b' ')
}

/// The first name is the one that screens show: what the civil register has, if anybody knows it.
fn primary(names: &[Name], at: &At<'_>, breaches: &mut Breaches) {
    let Some(first) = names.first() else { return };
    let registered = names.iter().any(|name| name.kind == NameKind::Birth);
    let right = if registered { first.kind == NameKind::Birth } else { first.kind != NameKind::Spelling };
    if !right {
        let expected = if registered { "BIRTH first" } else { "the name first, then its spellings" };
        breaches.content(&at.item("names", 0).field("kind"), format!("is {}", first.kind), expected);
    }
}

/// The flag says what the birth date says, where that leaves no doubt.
fn age(person: &Person, written: UnixMillis, at: &At<'_>, breaches: &mut Breaches) {
    let Some(birth) = person.birth else { return };
    if person.minor && !birth.may_be_minor(written) {
        breaches.content(&at.field("minor"), "is true", "false: the birth date makes them 18 or more");
    } else if !person.minor && birth.is_minor(written) {
        breaches.content(&at.field("minor"), "is false", "true: the birth date makes them younger than 18");
    }
}
