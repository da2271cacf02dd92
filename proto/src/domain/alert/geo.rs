//! Points, circles, polygons and heights, in whole numbers: what is signed must read the same on
//! every machine, which floats do not promise.
//!
//! A decimal is taken only if it is a whole multiple of the unit (1e-7 degree, about a centimetre; a
//! millimetre; a thousandth of a foot); zeros at its end do not count. So nothing is ever rounded.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::limits::MAX_POLYGON_POINTS;
use crate::domain::fault::{ValueError, excerpt};

mod decimal;
mod ring;

/// Decimal places of a degree.
const DEGREE_PLACES: u32 = 7;
/// Decimal places of a kilometre, down to a millimetre.
const KM_PLACES: u32 = 6;
/// Decimal places of a foot.
const FOOT_PLACES: u32 = 3;
const POINT_FORM: &str = "`latitude,longitude` in degrees, such as `15.495,-7.03`";
const CIRCLE_FORM: &str = "`latitude,longitude kilometres`, such as `15.495,-7.03 25`";

/// A point on the earth (WGS 84).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Point {
    lat_e7: i32,
    lon_e7: i32,
}

impl Point {
    const MAX_LAT_E7: i32 = 900_000_000;
    const MAX_LON_E7: i32 = 1_800_000_000;

    /// A point by degrees times 1e7; `None` outside -90..=90 and -180..=180 degrees.
    #[must_use]
    pub fn from_e7(lat_e7: i32, lon_e7: i32) -> Option<Self> {
        let within = |value: i32, max: i32| (-max..=max).contains(&value);
        (within(lat_e7, Self::MAX_LAT_E7) && within(lon_e7, Self::MAX_LON_E7))
            .then_some(Self { lat_e7, lon_e7 })
    }

    /// Degrees north times 1e7.
    #[must_use]
    pub fn lat_e7(self) -> i32 {
        self.lat_e7
    }

    /// Degrees east times 1e7.
    #[must_use]
    pub fn lon_e7(self) -> i32 {
        self.lon_e7
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal::print(f, self.lat_e7.into(), DEGREE_PLACES)?;
        f.write_str(",")?;
        decimal::print(f, self.lon_e7.into(), DEGREE_PLACES)
    }
}

impl FromStr for Point {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some((lat, lon)) = text.split_once(',') else {
            return Err(ValueError::new(format!("`{}` is not a point", excerpt(text)), POINT_FORM));
        };
        let lat_e7 = degrees("latitude", lat, Self::MAX_LAT_E7)?;
        Ok(Self { lat_e7, lon_e7: degrees("longitude", lon, Self::MAX_LON_E7)? })
    }
}

fn degrees(what: &str, text: &str, max_e7: i32) -> Result<i32, ValueError> {
    let value = decimal::parse(text, DEGREE_PLACES)
        .map_err(|error| ValueError::new(format!("the {what} `{}` {error}", excerpt(text)), POINT_FORM))?;
    match i32::try_from(value) {
        Ok(value) if (-max_e7..=max_e7).contains(&value) => Ok(value),
        _ => {
            let max = max_e7 / 10_000_000;
            Err(ValueError::new(
                format!("the {what} `{}` is out of range", excerpt(text)),
                format!("-{max} to {max} degrees, the latitude first"),
            ))
        }
    }
}

/// A circle: a point and a radius. A radius of zero is the point itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Circle {
    centre: Point,
    radius_mm: u64,
}

impl Circle {
    /// Half the earth's circumference, rounded up to 20,100 km: the largest circle there is.
    pub const MAX_RADIUS_MM: u64 = 20_100_000_000;

    /// A circle by its radius in millimetres; `None` beyond [`Self::MAX_RADIUS_MM`].
    #[must_use]
    pub fn new(centre: Point, radius_mm: u64) -> Option<Self> {
        (radius_mm <= Self::MAX_RADIUS_MM).then_some(Self { centre, radius_mm })
    }

    /// The middle.
    #[must_use]
    pub fn centre(self) -> Point {
        self.centre
    }

    /// The radius in millimetres.
    #[must_use]
    pub fn radius_mm(self) -> u64 {
        self.radius_mm
    }
}

impl fmt::Display for Circle {
    /// As CAP writes it, the radius in kilometres.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.centre)?;
        decimal::print(f, i64::try_from(self.radius_mm).expect("MAX_RADIUS_MM fits"), KM_PLACES)
    }
}

impl FromStr for Circle {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split_ascii_whitespace();
        let (Some(centre), Some(radius), None) = (parts.next(), parts.next(), parts.next()) else {
            return Err(ValueError::new(format!("`{}` is not a circle", excerpt(text)), CIRCLE_FORM));
        };
        let centre = centre.parse()?;
        let wrong = |problem: String| {
            ValueError::new(format!("the radius `{}` {problem}", excerpt(radius)), "0 to 20100 kilometres")
        };
        let value = decimal::parse(radius, KM_PLACES).map_err(|error| wrong(error.to_string()))?;
        let radius_mm = u64::try_from(value).ok();
        radius_mm.and_then(|mm| Self::new(centre, mm)).ok_or_else(|| wrong("is out of range".to_owned()))
    }
}

/// A closed line: the last point equals the first. That, the number of points and that it does not
/// cross itself are checked by [`super::Alert::validate`], not here.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Polygon(pub Vec<Point>);

impl Polygon {
    /// What keeps this from being a polygon; nothing if it is one.
    pub(crate) fn flaw(&self) -> Option<ValueError> {
        let points = &self.0;
        if points.len() > MAX_POLYGON_POINTS {
            let message = format!("has {} points", points.len());
            return Some(ValueError::new(message, format!("at most {MAX_POLYGON_POINTS} points")));
        }
        if points.len() < 4 {
            let message = format!("has {} points", points.len());
            return Some(ValueError::new(message, "at least 4 points, the last equal to the first"));
        }
        let (first, last) = (points.first()?, points.last()?);
        if first != last {
            let message = format!("is open: it begins at {first} and ends at {last}");
            return Some(ValueError::new(message, "a last point equal to the first"));
        }
        let (a, b) = ring::crossing(points)?;
        let message = format!("crosses or touches itself: the line from {a} meets the line from {b}");
        Some(ValueError::new(message, "a line that meets itself only where it closes"))
    }
}

impl fmt::Display for Polygon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, point) in self.0.iter().enumerate() {
            write!(f, "{}{point}", if index == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

impl FromStr for Polygon {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = |(index, point): (usize, &str)| {
            point.parse().map_err(|error: ValueError| {
                ValueError::new(format!("point {}: {}", index + 1, error.message), error.expected)
            })
        };
        text.split_ascii_whitespace().enumerate().map(read).collect::<Result<_, _>>().map(Self)
    }
}

/// A height above mean sea level, in thousandths of a foot: CAP counts in feet.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Height(i64);

impl Height {
    /// A million feet, far above any aircraft.
    pub const MAX_MILLIFEET: i64 = 1_000_000_000;

    /// A height by its thousandths of a foot; `None` beyond [`Self::MAX_MILLIFEET`] up or down.
    #[must_use]
    pub fn from_millifeet(millifeet: i64) -> Option<Self> {
        (-Self::MAX_MILLIFEET..=Self::MAX_MILLIFEET).contains(&millifeet).then_some(Self(millifeet))
    }

    /// Thousandths of a foot.
    #[must_use]
    pub fn millifeet(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Height {
    /// Feet, as CAP writes them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal::print(f, self.0, FOOT_PLACES)
    }
}

impl FromStr for Height {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |problem: String| {
            let expected = "feet above sea level, at most 1000000, at most 3 decimals";
            ValueError::new(format!("the height `{}` {problem}", excerpt(text)), expected)
        };
        let value = decimal::parse(text, FOOT_PLACES).map_err(|error| wrong(error.to_string()))?;
        Self::from_millifeet(value).ok_or_else(|| wrong("is out of range".to_owned()))
    }
}

/// Serde's bridge: these types are strings in JSON, in the form that CAP writes.
macro_rules! as_text {
    ($($name:ty),+) => {
        $(
            impl From<$name> for String {
                fn from(value: $name) -> Self {
                    value.to_string()
                }
            }

            impl TryFrom<String> for $name {
                type Error = ValueError;

                fn try_from(text: String) -> Result<Self, Self::Error> {
                    text.parse()
                }
            }
        )+
    };
}

as_text!(Circle, Polygon, Height);

#[cfg(test)]
mod tests;
