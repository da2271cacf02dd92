//! Closed lists of words: one macro gives each its enum, its text form and its number on the wire.

use std::fmt;

use thiserror::Error;

use super::fault::excerpt;

/// A word that is not in its list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownWord {
    /// What was found.
    pub word: String,
    /// The words that would have been right.
    pub known: &'static [&'static str],
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not one of {}", excerpt(&self.word), self.known.join(", "))
    }
}

impl std::error::Error for UnknownWord {}

/// A number that stands for no word of its list; zero, protobuf's "unspecified", always is one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("{0} stands for no known value")]
pub struct UnknownNumber(pub i32);

/// Defines an enum of words: `Display`, `FromStr` and serde in the words given (case counts), and
/// conversion from and to the number of the protobuf enum of the same variants, zero refused.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident, $pb:ty { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize,
        )]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word as it is written.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let unknown = || $crate::domain::UnknownWord { word: text.to_owned(), known: Self::WORDS };
                Self::ALL.iter().copied().find(|value| value.as_str() == text).ok_or_else(unknown)
            }
        }

        impl From<$name> for i32 {
            fn from(value: $name) -> Self {
                match value {
                    $($name::$variant => Self::from(<$pb>::$variant)),+
                }
            }
        }

        impl TryFrom<i32> for $name {
            type Error = $crate::domain::UnknownNumber;

            fn try_from(number: i32) -> Result<Self, $crate::domain::UnknownNumber> {
                match <$pb>::try_from(number) {
                    $(Ok(<$pb>::$variant) => Ok(Self::$variant),)+
                    Ok(_) | Err(_) => Err($crate::domain::UnknownNumber(number)),
                }
            }
        }

        impl $crate::domain::part::Part for $name {
            type Pb = i32;

            fn to_pb(&self) -> i32 {
                (*self).into()
            }

            fn from_pb(
                pb: i32,
                at: &$crate::domain::breach::At<'_>,
                breaches: &mut $crate::domain::breach::Breaches,
            ) -> Option<Self> {
                if let Ok(value) = Self::try_from(pb) {
                    return Some(value);
                }
                let problem = $crate::domain::UnknownNumber(pb).to_string();
                breaches.content(at, problem, Self::WORDS.join(", "));
                None
            }

            fn to_json(&self) -> serde_json::Value {
                self.as_str().into()
            }

            fn from_json(
                json: &serde_json::Value,
                at: &$crate::domain::breach::At<'_>,
                breaches: &mut $crate::domain::breach::Breaches,
            ) -> Option<Self> {
                $crate::domain::part::parsed_json(json, at, breaches, |text| {
                    let problem = || format!("`{}` is not known here", $crate::domain::fault::excerpt(text));
                    text.parse::<Self>().map_err(|_| (problem(), Self::WORDS.join(", ")))
                })
            }

            fn schema() -> serde_json::Value {
                serde_json::json!({ "enum": Self::WORDS })
            }
        }
    };
}

pub(crate) use vocabulary;
