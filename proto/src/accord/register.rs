//! The register of regions and places: what codes in messages mean.

use std::collections::BTreeMap;

use super::form::Word;
use crate::domain::alert::Point;
use crate::identity::Country;

/// A region along the border.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Region {
    /// As it is shown.
    pub name: String,
    /// The code of ISO 3166-2 that it has, or that of the region around it.
    pub iso: String,
}

/// A post, town or camp.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// Whose.
    pub country: Country,
    /// As it is shown.
    pub name: String,
    /// Other spellings that are met.
    pub variants: Vec<String>,
    /// What it is.
    pub kind: PlaceKind,
    /// The code of its region, which is in the register too.
    pub region: String,
    /// Where it is, where that is known.
    pub at: Option<Point>,
    /// Whether both services have confirmed that.
    pub confirmed: bool,
}

/// What a place is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PlaceKind {
    /// A crossing with officers: messages may be written there.
    Post,
    /// Where people live.
    Town,
    /// Where people are protected.
    Camp,
}

impl Word for PlaceKind {
    const ALL: &'static [Self] = &[Self::Post, Self::Town, Self::Camp];

    fn as_str(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Town => "town",
            Self::Camp => "camp",
        }
    }
}

/// All regions and places, by their codes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Register {
    pub(super) regions: BTreeMap<String, Region>,
    pub(super) places: BTreeMap<String, Place>,
}

impl Register {
    /// A region by its code.
    #[must_use]
    pub fn region(&self, code: &str) -> Option<&Region> {
        self.regions.get(code)
    }

    /// A place by its code.
    #[must_use]
    pub fn place(&self, code: &str) -> Option<&Place> {
        self.places.get(code)
    }

    /// All regions, in the order of their codes.
    pub fn regions(&self) -> impl Iterator<Item = (&str, &Region)> {
        self.regions.iter().map(|(code, region)| (code.as_str(), region))
    }

    /// All places, in the order of their codes.
    pub fn places(&self) -> impl Iterator<Item = (&str, &Place)> {
        self.places.iter().map(|(code, place)| (code.as_str(), place))
    }
}
