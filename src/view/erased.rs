//! Messages whose body was destroyed: what stays is their entry, what was signed for it, and why it is gone.

use std::fmt;

use karakoro_proto::envelope::EnvelopeError;
use karakoro_proto::leaf::{Basis, Erasure, Ordered};
use karakoro_proto::service::{ErasedWord, Facts, MessageBox, MessageView};
use serde_json::{Value, json};

use crate::cli::Lang;

use super::{Shown, box_word, facts_json, minute, proven_row, signers_json};

/// A message as it is listed: whole, or without its body.
#[derive(Debug)]
pub(crate) enum Listed {
    /// With header and payload.
    Whole(Box<Shown>),
    /// Destroyed, or never come.
    Erased(Box<MessageView>, Lang),
}

impl Listed {
    /// Reads what the node answered.
    pub(crate) fn new(view: MessageView, lang: Lang) -> Result<Self, EnvelopeError> {
        match view.header.is_empty() {
            true => Ok(Self::Erased(Box::new(view), lang)),
            false => Shown::new(view, lang).map(|shown| Self::Whole(Box::new(shown))),
        }
    }

    /// The row of a list.
    pub(crate) fn line(&self) -> String {
        match self {
            Self::Whole(shown) => shown.line(),
            Self::Erased(view, _) => format!("{}  {}", id_text(&view.facts), why(&view.facts)),
        }
    }

    /// The facts as a row.
    pub(crate) fn facts(&self) -> String {
        match self {
            Self::Whole(shown) => shown.facts().to_string(),
            Self::Erased(view, lang) => ErasedRow(view, *lang).to_string(),
        }
    }

    /// For programs.
    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::Whole(shown) => shown.to_json(),
            Self::Erased(view, lang) => json!({
                "id": view.facts.erased().map(|word| word.leaf.erasure.message.to_string()),
                "box": box_word(view.from),
                "entry": view.index,
                "title": why(&view.facts),
                "content": Value::Null,
                "signers": signers_json(view),
                "facts": facts_json(None, view, *lang),
            }),
        }
    }
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(shown) => shown.fmt(f),
            Self::Erased(view, lang) => {
                let row = ErasedRow(view, *lang);
                write!(f, "{}\n  {}\n  {row}", id_text(&view.facts), why(&view.facts))
            }
        }
    }
}

struct ErasedRow<'a>(&'a MessageView, Lang);

impl fmt::Display for ErasedRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let receiver = match self.0.from {
            MessageBox::Sent => "the peer",
            MessageBox::Inbox => "us",
        };
        proven_row(f, self.0, &receiver, self.1)
    }
}

/// The id has gone with the header; the entry that says so has it.
fn id_text(facts: &Facts) -> String {
    facts.erased().map_or_else(
        || "(a message that was erased before it came)".to_owned(),
        |word| word.leaf.erasure.message.to_string(),
    )
}

/// Why a message has no content.
fn why(facts: &Facts) -> String {
    let Some(ErasedWord { leaf, .. }) = facts.erased() else {
        return "erased; the entry that says why is still to come".to_owned();
    };
    erased_text(&leaf.erasure)
}

/// "erased under BASIS on DATE".
pub(crate) fn erased_text(erasure: &Erasure) -> String {
    let reference = erasure.reference.as_ref().map_or_else(String::new, |reference| format!(", {reference}"));
    let meaning = Basis::describe(erasure.basis);
    format!("erased under {} ({meaning}{reference}) on {}", basis_name(erasure.basis), minute(erasure.time))
}

pub(crate) fn basis_name(number: u8) -> String {
    Basis::from_number(number).map_or_else(|| format!("basis {number}"), |basis| basis.name().to_owned())
}

/// The two facts of an erasure, for those of which one is true.
pub(super) fn write_erasure(f: &mut fmt::Formatter<'_>, facts: &Facts) -> fmt::Result {
    if facts.erased().is_none() {
        return Ok(());
    }
    for (place, word) in [("here", &facts.erased_here), ("at the peer", &facts.erased_at_peer)] {
        match word {
            Some(word) => write!(f, " → erased {place} ✓ #{}", word.entry)?,
            None => write!(f, " → erased {place} –")?,
        }
    }
    Ok(())
}

/// One side's word, for programs.
pub(super) fn word_json(word: Option<&ErasedWord>) -> Value {
    let Some(ErasedWord { entry, leaf }) = word else { return Value::Null };
    let erasure = &leaf.erasure;
    json!({
        "entry": entry,
        "basis": basis_name(erasure.basis),
        "reference": erasure.reference.as_ref().map(ToString::to_string),
        "time": erasure.time,
        "ordered": match leaf.ordered {
            Ordered::Officer { .. } => "officer",
            Ordered::Accord => "accord",
            Ordered::Writer => "writer",
        },
    })
}
