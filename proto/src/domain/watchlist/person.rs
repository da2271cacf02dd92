//! A person, by no more than tells them from others. There is no field for ethnicity, tribe, religion,
//! politics, health, sexuality, asylum or refugee status.

use super::{DocumentType, IcaoCode};
use crate::domain::part::record;
use crate::domain::text::{Digest, Line, Mark, Prose};
use crate::domain::vocabulary::vocabulary;
use crate::wire::pb;

/// Names of one person, variants included.
const MAX_NAMES: usize = 24;
/// Nationalities of one person.
const MAX_NATIONALITIES: usize = 4;
/// Documents of one person.
const MAX_DOCUMENTS: usize = 8;

record! {
    /// A person.
    Person, pb::Person {
        /// The first is the primary name.
        names: many Name[MAX_NAMES],
        /// The father's name.
        father: opt Line<128>,
        /// The grandfather's name.
        grandfather: opt Line<128>,
        /// When they were born.
        birth: opt BirthDate,
        /// Where they were born.
        birthplace: opt Line<128>,
        /// As their documents say it.
        sex: opt Sex,
        /// States and special codes of ICAO Doc 9303-3.
        nationalities: many IcaoCode[MAX_NATIONALITIES],
        /// Documents that they hold.
        documents: many HeldDocument[MAX_DOCUMENTS],
        /// Build, scars, clothing: what is seen.
        description: opt Prose<500>,
        /// A photograph that is exchanged apart.
        photo: opt Digest,
        /// Why they are looked for.
        status: one SubjectStatus,
        /// Known or believed to be under 18.
        minor: one bool,
    }
}

record! {
    /// A name in one spelling.
    Name, pb::Name {
        /// As it is written.
        value: one Line<128>,
        /// What sort of name.
        kind: one NameKind,
        /// Its script.
        script: one Script,
        /// How it was brought into its script.
        scheme: opt Line<32>,
        /// How sure it is that they bear it.
        reliability: one Reliability,
    }
}

vocabulary! {
    /// What sort of name.
    NameKind, pb::NameKind {
        /// As the civil register has it.
        Birth = "BIRTH",
        /// As others call them.
        Alias = "ALIAS",
        /// As a machine-readable zone spells it.
        Mrz = "MRZ",
        /// Another spelling of the same name.
        Spelling = "SPELLING",
    }
}

vocabulary! {
    /// The script of a name.
    Script, pb::Script {
        /// Latin.
        Latin = "LATIN",
        /// Arabic.
        Arabic = "ARABIC",
        /// N'Ko.
        Nko = "NKO",
        /// Adlam.
        Adlam = "ADLAM",
    }
}

vocabulary! {
    /// How sure a name is.
    Reliability, pb::Reliability {
        /// From a document that was seen.
        High = "HIGH",
        /// From somebody who knows them.
        Medium = "MEDIUM",
        /// From hearsay.
        Low = "LOW",
    }
}

record! {
    /// When somebody was born, as exactly as it is known.
    #[derive(Copy)]
    BirthDate, pb::BirthDate {
        /// The year; of a range, the first.
        year: one u32,
        /// The month, 1 to 12.
        month: opt u32,
        /// The day, 1 to 31.
        day: opt u32,
        /// How exact it is.
        exactness: one Exactness,
        /// The last year of a range.
        to_year: opt u32,
    }
}

vocabulary! {
    /// How exact a birth date is.
    Exactness, pb::Exactness {
        /// To the day.
        Exact = "EXACT",
        /// To the year.
        Year = "YEAR",
        /// Between two years.
        Range = "RANGE",
        /// The first of January that registers write where the day is not known: read as the year.
        JanuaryFirst = "JAN-1-DEFAULT",
    }
}

vocabulary! {
    /// As documents say it.
    Sex, pb::Sex {
        /// F.
        Female = "F",
        /// M.
        Male = "M",
        /// X.
        X = "X",
    }
}

vocabulary! {
    /// Why a person is looked for.
    SubjectStatus, pb::SubjectStatus {
        /// For what the entry's offence says.
        Sought = "SOUGHT",
        /// Saw or knows something.
        Witness = "WITNESS",
        /// May be a victim: never treated as an offender.
        VictimPossible = "VICTIM_POSSIBLE",
        /// Is missing.
        Missing = "MISSING",
    }
}

record! {
    /// A document that a person holds.
    HeldDocument, pb::HeldDocument {
        /// What sort.
        r#type: one DocumentType,
        /// Who issued it.
        issuer: one IcaoCode,
        /// Its number.
        number: one Mark<32>,
    }
}
