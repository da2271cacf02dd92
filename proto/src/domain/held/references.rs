//! What a message may refer to, and as what.

use super::{At, Case, Held, HeldContent, HeldMessage, Kind, Reference, RefusalCode, Relation};
use crate::domain::terms::HandlingCode;

impl<H: Held> Case<'_, H> {
    /// Every reference: held, meant, of the right country and of the same mode.
    pub(super) fn references(&mut self) -> Result<(), H::Error> {
        for (index, reference) in self.header.refs.iter().enumerate() {
            let header = At::root("header");
            let at = header.item("refs", index);
            match self.held.message(reference.id)? {
                None => self.breaches.add(
                    RefusalCode::UnknownReference,
                    &at,
                    "names a message that is not held",
                    "a message that both sides hold",
                ),
                Some(message) => self.reference(reference, &message, &at),
            }
        }
        Ok(())
    }

    fn reference(&mut self, reference: &Reference, message: &HeldMessage, at: &At<'_>) {
        if reference.commitment != message.commitment {
            let (problem, expected) = ("names other bytes than the message has", "its commitment");
            self.breaches.add(RefusalCode::ReferenceMismatch, &at.field("commitment"), problem, expected);
        }
        self.writer(reference, message, at);
        // An erased message can be referred to, so that what follows it stays understood; nothing is known of it.
        let Some(content) = &message.content else { return };
        if content.header.mode != self.header.mode {
            let problem = format!("is {}", content.header.mode);
            let expected = format!("a message of mode {}", self.header.mode);
            self.breaches.add(RefusalCode::ModeMismatch, at, problem, expected);
        }
        self.kind(reference.relation, content, at);
    }

    /// Whose message it may be.
    fn writer(&mut self, reference: &Reference, message: &HeldMessage, at: &At<'_>) {
        let own = message.writer == self.header.origin.writer();
        let (right, code) = match reference.relation {
            Relation::Amends | Relation::Cancels => (own, RefusalCode::NotOwner),
            Relation::Corrects => (own, RefusalCode::NotOwnMessage),
            Relation::Answers => (!own, RefusalCode::NotAnAnswer),
            Relation::Acks => (!own, RefusalCode::UnknownReference),
            Relation::HitOn | Relation::Duplicates => (true, RefusalCode::UnknownReference),
        };
        if !right {
            let whose = if own { "is the sender's own" } else { "is the other country's" };
            self.breaches.add(code, at, whose, "a message of the other of the two");
        }
    }

    /// What it may be.
    fn kind(&mut self, relation: Relation, content: &HeldContent, at: &At<'_>) {
        match relation {
            Relation::Answers => self.answered(content, at),
            Relation::HitOn if content.version.is_none() => self.breaches.add(
                RefusalCode::UnknownEntry,
                at,
                format!("is of kind {}", content.header.kind),
                "the version of the entry that the officer saw",
            ),
            Relation::Amends | Relation::Cancels if content.header.kind != self.header.kind => {
                let problem = format!("is of kind {}", content.header.kind);
                let expected = format!("a message of kind {}", self.header.kind);
                self.breaches.content(at, problem, expected);
            }
            _ => {}
        }
    }

    /// An answer answers a request, and is handled no more loosely than it.
    fn answered(&mut self, content: &HeldContent, at: &At<'_>) {
        let request = &content.header;
        if !matches!(request.kind, Kind::InfoRequest | Kind::RightsRequest | Kind::HitReport) {
            let problem = format!("is of kind {}", request.kind);
            self.breaches.add(RefusalCode::NotAnAnswer, at, problem, "a request");
        }
        let header = At::root("header");
        if self.header.tlp < request.tlp {
            let problem = format!("is {}, the request is {}", self.header.tlp, request.tlp);
            let expected = "a handling that is as strict";
            self.breaches.add(RefusalCode::LooserHandling, &header.field("tlp"), problem, expected);
        }
        let code = |handling: Option<HandlingCode>| handling.unwrap_or(HandlingCode::H0);
        if code(self.header.grounds.handling) < code(request.grounds.handling) {
            let grounds = header.field("grounds");
            let (problem, expected) = ("is looser than the request's", "a handling that is as strict");
            self.breaches.add(RefusalCode::LooserHandling, &grounds.field("handling"), problem, expected);
        }
    }
}
