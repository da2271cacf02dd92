//! The agreed zone: where information may be about without further reason.

use crate::domain::alert::{Point, Polygon};

/// Most corners of the outline: it is gone through for every place that a message names.
pub(super) const MAX_CORNERS: usize = 512;

/// A stretch of land, by its outline.
///
/// Everything is decided in whole numbers on the plane of latitude and longitude, so that both nodes give the
/// same answer for the same point.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Zone {
    /// Closed: the last corner is the first.
    corners: Vec<Point>,
}

impl Zone {
    /// The zone within a ring that was found to be simple and closed.
    pub(super) fn new(outline: Polygon) -> Self {
        Self { corners: outline.0 }
    }

    /// The corners of its outline, the last the same as the first.
    #[must_use]
    pub fn outline(&self) -> &[Point] {
        &self.corners
    }

    /// Whether a point lies in it; the outline itself belongs to it.
    #[must_use]
    pub fn contains(&self, point: Point) -> bool {
        let mut inside = false;
        for side in self.corners.windows(2) {
            let &[from, to] = side else { continue };
            match crossing(from, to, point) {
                Crossing::On => return true,
                Crossing::East => inside = !inside,
                Crossing::None => {}
            }
        }
        inside
    }
}

/// How a line lies to the ray from a point eastwards.
enum Crossing {
    /// The point lies on the line.
    On,
    /// The ray crosses it.
    East,
    /// They do not meet.
    None,
}

fn crossing(from: Point, to: Point, point: Point) -> Crossing {
    let (low, high) = if from.lat_e7() <= to.lat_e7() { (from, to) } else { (to, from) };
    let (x, y) = (i64::from(point.lon_e7()), i64::from(point.lat_e7()));
    let (low_x, low_y) = (i64::from(low.lon_e7()), i64::from(low.lat_e7()));
    let (high_x, high_y) = (i64::from(high.lon_e7()), i64::from(high.lat_e7()));
    // On which side of the line the point is: 0 on it, positive west of it. Differences need 33 bits.
    let side = i128::from(high_x - low_x) * i128::from(y - low_y)
        - i128::from(x - low_x) * i128::from(high_y - low_y);
    let beside = (low_x.min(high_x)..=low_x.max(high_x)).contains(&x) && (low_y..=high_y).contains(&y);
    if side == 0 && beside {
        return Crossing::On;
    }
    // The upper end does not count, so that a corner is crossed once.
    if side > 0 && low_y <= y && y < high_y { Crossing::East } else { Crossing::None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(corners: &[&str]) -> Zone {
        Zone::new(Polygon(corners.iter().map(|corner| corner.parse().unwrap()).collect()))
    }

    fn has(zone: &Zone, points: &[&str]) -> Vec<bool> {
        points.iter().map(|point| zone.contains(point.parse().unwrap())).collect()
    }

    #[test]
    fn a_point_is_inside_whatever_corners_its_parallel_meets() {
        // Two teeth: the parallels of the corners are where counting goes wrong.
        let zone = zone(&["0,0", "4,1", "2,2", "4,3", "0,4", "0,0"]);
        assert_eq!(has(&zone, &["2,1", "2,3", "1,2", "3,1", "3,3", "3.9,1"]), [true; 6]);
        assert_eq!(
            has(&zone, &["3,2", "4,2", "4,0", "2,0.2", "5,1", "-1,2", "0,-1", "0,5", "2,4"]),
            [false; 9]
        );
    }

    #[test]
    fn the_outline_belongs_to_the_zone() {
        let zone = zone(&["0,0", "0,2", "2,2", "2,0", "0,0"]);
        assert_eq!(has(&zone, &["0,0", "0,1", "1,2", "2,1", "1,0", "2,2"]), [true; 6]);
        assert_eq!(has(&zone, &["0,2.0000001", "-0.0000001,1", "2.0000001,1"]), [false; 3]);
    }
}
