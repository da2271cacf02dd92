//! The three grades of an item: source, information, handling. Analyst's Notebook keeps each as a place in a
//! list of the chart, counted from zero.

use std::fmt;

/// Defines a grade: its words in order, and with them its place in the list.
macro_rules! grade {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name {
            $($(#[$vdoc])* $variant),+
        }

        impl $name {
            /// Every grade, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code as it is written.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }

            /// Its place in the list, from zero.
            #[must_use]
            pub fn index(self) -> usize {
                self as usize
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

grade! {
    /// How reliable the source is (Europol's source codes).
    SourceGrade {
        /// No doubt of its authenticity or competence, or always reliable so far.
        A = "A",
        /// Reliable in most cases.
        B = "B",
        /// Not reliable in most cases.
        C = "C",
        /// Cannot be assessed.
        X = "X",
    }
}

grade! {
    /// How sure the information is (Europol's information codes).
    InformationGrade {
        /// Known to be true without reserve.
        One = "1",
        /// Known to the source itself, not to who passes it on.
        Two = "2",
        /// Not known to the source itself, but borne out by other information.
        Three = "3",
        /// Not known to the source itself and not borne out.
        Four = "4",
    }
}

grade! {
    /// What the recipient may do with it (Europol's handling codes).
    HandlingCode {
        /// Use against crime, without further conditions.
        H0 = "H0",
        /// Not as evidence in court without consent.
        H1 = "H1",
        /// Not to be passed on without consent.
        H2 = "H2",
        /// Other conditions, told in words.
        H3 = "H3",
    }
}

/// The grades of an item. All three are always there: in a chart, a missing one reads as the first of its list, and
/// so the worst source would become the best.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Grades {
    /// Of the source.
    pub source: SourceGrade,
    /// Of the information.
    pub information: InformationGrade,
    /// Of what may be done with it.
    pub handling: HandlingCode,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grades_count_from_zero_in_their_order() {
        let words =
            |all: &[&dyn fmt::Display]| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let [a, b, c, x] = SourceGrade::ALL else { unreachable!("four codes") };
        assert_eq!(words(&[a, b, c, x]), "A B C X");
        assert_eq!(InformationGrade::ALL.iter().map(|grade| grade.as_str()).collect::<String>(), "1234");
        assert_eq!(HandlingCode::ALL.iter().map(|grade| grade.as_str()).collect::<String>(), "H0H1H2H3");
        assert_eq!((SourceGrade::A.index(), SourceGrade::X.index()), (0, 3));
        assert_eq!((InformationGrade::One.index(), InformationGrade::Four.index()), (0, 3));
        assert_eq!((HandlingCode::H0.index(), HandlingCode::H3.index()), (0, 3));
    }
}
