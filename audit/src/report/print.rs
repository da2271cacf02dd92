//! Reports in plain sentences.

use std::fmt;

use karakoro_proto::log::checkpoint::Checkpoint;

use super::{
    AccordReport, BodyState, ErasedReport, EvidenceReport, Head, LeafCounts, LogReport, PairReport, Report,
    Verdict,
};
use crate::fault::Finding;
use crate::text::{Short, counted, grouped, instant};

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pairs.iter().try_for_each(|pair| writeln!(f, "{pair}"))?;
        self.logs.iter().try_for_each(|log| writeln!(f, "{log}"))?;
        self.evidence.iter().try_for_each(|evidence| writeln!(f, "{evidence}"))?;
        if let Some(worst) = self.findings.iter().map(Finding::verdict).max() {
            writeln!(f, "{worst}")?;
        }
        self.findings.iter().try_for_each(|finding| writeln!(f, "  {finding}"))?;
        self.notices.iter().try_for_each(|notice| writeln!(f, "  Note: {notice}."))
    }
}

impl fmt::Display for LogReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.head {
            Some(head) => write!(f, "{}  {head}", self.verdict)?,
            None => write!(f, "{}  {}", self.verdict, self.folder)?,
        }
        if self.head.is_some() {
            write!(f, "\n  {}", self.leaves)?;
        }
        for AccordReport { entry, anchored } in &self.accords {
            write!(f, "\n  Entry {} anchors {anchored}", grouped(*entry))?;
        }
        for finding in &self.findings {
            write!(f, "\n  {finding}")?;
        }
        if self.findings_left_out > 0 {
            write!(f, "\n  and {} more", grouped(self.findings_left_out))?;
        }
        self.root_fingerprint.iter().try_for_each(|print| write!(f, "\n  Root certificate: {print}"))?;
        self.notices.iter().try_for_each(|notice| write!(f, "\n  Note: {notice}."))
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Checkpoint { origin, size, root } = &self.checkpoint;
        let entries = counted(*size, "entry", "entries");
        write!(f, "{origin}: {entries}, root {}, signed by {}", Short(root), self.signed_by)?;
        for cosigned in &self.cosigned {
            write!(f, ", cosigned by {} at {}", cosigned.by, instant(cosigned.time_seconds))?;
        }
        Ok(())
    }
}

impl fmt::Display for LeafCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { messages, verdicts, anchors, erased, keys, accords, unknown } = *self;
        let messages = counted(messages, "message", "messages");
        let verdicts = counted(verdicts, "verdict", "verdicts");
        let anchors = counted(anchors, "anchor", "anchors");
        write!(f, "{messages}, {verdicts}, {anchors}, {}", counted(keys, "key", "keys"))?;
        if accords > 0 {
            write!(f, ", {}", counted(accords, "accord", "accords"))?;
        }
        if erased > 0 {
            write!(f, ", {} erased", grouped(erased))?;
        }
        if unknown > 0 { write!(f, ", {} of unknown kinds", grouped(unknown)) } else { Ok(()) }
    }
}

impl fmt::Display for PairReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = self.a.checkpoint.origin;
        match (self.verdict, self.first_difference) {
            (_, Some(difference)) => self.fmt_difference(f, difference)?,
            (Verdict::Agree, None) => write!(f, "BOTH LOGS AGREE {}  {origin}", self.common_part())?,
            (verdict, None) => {
                let verdict = if verdict == Verdict::Disagree { "LOGS DISAGREE" } else { "COULD NOT CHECK" };
                write!(f, "{verdict}  {origin}: the copies are the same {}", self.common_part())?;
            }
        }
        self.fmt_lag(f)?;
        self.findings.iter().try_for_each(|finding| write!(f, "\n  {finding}"))
    }
}

impl PairReport {
    fn common_part(&self) -> String {
        match (self.common.checked_sub(1), &self.common_root) {
            (Some(last), Some(root)) => format!("up to entry {} (root {})", grouped(last), Short(root)),
            (Some(last), None) => format!("up to entry {}", grouped(last)),
            (None, _) => "as far as they go: one of them has no entries".to_owned(),
        }
    }

    fn fmt_difference(&self, f: &mut fmt::Formatter<'_>, difference: u64) -> fmt::Result {
        let last = self.common.checked_sub(1).map_or_else(|| "none".to_owned(), grouped);
        let (origin, difference) = (self.a.checkpoint.origin, grouped(difference));
        writeln!(f, "LOGS DISAGREE last common entry {last}, first difference {difference}  {origin}")?;
        writeln!(f, "  A: {}", self.a)?;
        writeln!(f, "  B: {}", self.b)?;
        write!(f, "  Keep both checkpoints, print them and call the other country.")
    }

    fn fmt_lag(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (a, b) = (self.a.checkpoint.size, self.b.checkpoint.size);
        let (who, by) = if a < b { ("A", b - a) } else { ("B", a - b) };
        if by == 0 { Ok(()) } else { write!(f, "\n  {who} is {} behind", counted(by, "entry", "entries")) }
    }
}

impl fmt::Display for ErasedReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { entry, id, basis, meaning, reference, ordered, ordered_by } = self;
        write!(f, "Erased under {basis} ({meaning}")?;
        reference.iter().try_for_each(|reference| write!(f, ", {reference}"))?;
        write!(f, ") on {ordered}, as entry {} says", grouped(*entry))?;
        ordered_by.iter().try_for_each(|name| write!(f, ", by order of {name}"))?;
        write!(f, "; that {id} was shared stays proven.")
    }
}

impl fmt::Display for EvidenceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  the message is entry {}", self.verdict, grouped(self.entry))?;
        self.head.iter().try_for_each(|head| write!(f, " of {head}"))?;
        match (self.body, &self.message) {
            (BodyState::Shown, Some(message)) => {
                let super::MessageReport { id, kind, from, to, created, payload_bytes } = message;
                write!(f, "\n  {kind} {id}, from {from} to {to}, written at {created}")?;
                write!(f, ", {}", counted(*payload_bytes as u64, "byte", "bytes"))?;
            }
            (BodyState::Shown, None) => write!(f, "\n  Its content is not believed.")?,
            (BodyState::Erased, _) => match &self.erased {
                Some(erased) => write!(f, "\n  {erased}")?,
                None => write!(f, "\n  That its content was erased is not believed.")?,
            },
            (BodyState::Withheld, _) => write!(f, "\n  Its content is not part of this evidence.")?,
        }
        for signer in &self.signers {
            write!(f, "\n  Signed by {} as {} (key {})", signer.name, signer.purpose, signer.key)?;
        }
        self.root_fingerprint.iter().try_for_each(|print| write!(f, "\n  Root certificate: {print}"))
    }
}
