//! On what a message rests, and how it may be used: what most kinds say beside their content.

use super::part::{Part as _, record};
use super::terms::{HandlingCode, Information, Instrument, Purpose, Source};
use super::text::Line;
use crate::domain::breach::{At, Breaches};
use crate::envelope::{EnvelopeError, Station};
use crate::time::UnixMillis;
use crate::wire::pb;

/// Stations that one message may be reserved for.
const MAX_STATIONS: usize = 16;

record! {
    /// On what a message rests, and how it may be used. All of it lies in the header, inside the commitment.
    #[derive(Default)]
    Grounds, pb::Grounds {
        /// What the recipient may do with it.
        handling: opt HandlingCode,
        /// The restrictions of [`HandlingCode::H3`], in words.
        restriction: opt Line<256>,
        /// What it is exchanged for.
        purpose: opt Purpose,
        /// How reliable the source is, and how far the information is confirmed.
        evaluation: opt Evaluation,
        /// The decision that it rests on.
        basis: opt LegalBasis,
        /// The stations of the recipient that alone may see it; empty: any that the handling allows.
        to: many Station[MAX_STATIONS],
    }
}

record! {
    /// The two grades of Europol's 4x4 scheme: `B2`.
    #[derive(Copy)]
    Evaluation, pb::Evaluation {
        /// How reliable the source is.
        source: one Source,
        /// How far the information is confirmed.
        information: one Information,
    }
}

record! {
    /// The decision that a message rests on.
    LegalBasis, pb::LegalBasis {
        /// What sort of decision.
        instrument: one Instrument,
        /// Its number, or the article of a law.
        reference: one Line<128>,
        /// Who decided: a court, a prosecutor, a service.
        authority: one Line<128>,
        /// When.
        decided_ms: one UnixMillis,
    }
}

impl Grounds {
    /// For the header; nothing where there is nothing to say.
    pub(crate) fn to_wire(&self) -> Option<pb::Grounds> {
        (*self != Self::default()).then(|| self.to_pb())
    }

    /// From the header. An empty message is not the same bytes as none, and is refused.
    pub(crate) fn from_wire(wire: Option<pb::Grounds>) -> Result<Self, EnvelopeError> {
        let Some(wire) = wire else { return Ok(Self::default()) };
        let mut breaches = Breaches::new();
        let grounds = Self::from_pb(wire, &At::root("grounds"), &mut breaches);
        match breaches.or(grounds) {
            Ok(grounds) if grounds != Self::default() => Ok(grounds),
            Ok(_) => Err(EnvelopeError::Grounds("grounds".to_owned())),
            // The paths alone: errors are logged, and what stands there is nobody's business.
            Err(breaches) => {
                let paths: Vec<_> = breaches.iter().map(|breach| breach.path.as_str()).collect();
                Err(EnvelopeError::Grounds(paths.join(", ")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_grounds_have_one_encoding_which_is_none() {
        assert_eq!(Grounds::default().to_wire(), None);
        assert!(Grounds::from_wire(Some(pb::Grounds::default())).is_err());
        assert_eq!(Grounds::from_wire(None), Ok(Grounds::default()));
    }

    #[test]
    fn every_fault_is_named_with_its_field() {
        let basis = Some(pb::LegalBasis { authority: "\u{202e}".to_owned(), ..Default::default() });
        let wire = pb::Grounds { purpose: Some(0), basis, ..Default::default() };
        let error = Grounds::from_wire(Some(wire)).unwrap_err().to_string();
        for field in ["grounds.purpose", "grounds.basis.instrument", "grounds.basis.authority"] {
            assert!(error.contains(field), "{error}");
        }
    }
}
