//! Whether a closed line meets itself, decided in whole numbers on the plane of latitude and longitude
//! (lines across the 180th meridian are taken the long way round; our border lies far from it).

use super::Point;

/// Two corners whose outgoing lines meet where they should not; `None` for a simple ring.
///
/// Lines that follow one another share their corner and may share nothing else; all others may share
/// nothing. Points repeated at once count as one. Takes time in the square of the points.
pub(super) fn crossing(points: &[Point]) -> Option<(Point, Point)> {
    let mut corners = points.to_vec();
    corners.dedup();
    let lines: Vec<Line> = corners.windows(2).filter_map(Line::from_window).collect();
    let count = lines.len();
    for (i, first) in lines.iter().enumerate() {
        for (j, second) in lines.iter().enumerate().skip(i + 1) {
            let wrong = if j == i + 1 {
                first.folds_back_onto(second)
            } else if i == 0 && j + 1 == count {
                second.folds_back_onto(first)
            } else {
                first.meets(second)
            };
            if wrong {
                return Some((first.from, second.from));
            }
        }
    }
    None
}

#[derive(Clone, Copy)]
struct Line {
    from: Point,
    to: Point,
}

impl Line {
    fn from_window(window: &[Point]) -> Option<Self> {
        match window {
            [from, to] => Some(Self { from: *from, to: *to }),
            _ => None,
        }
    }

    /// Whether `next`, which begins where `self` ends, runs back along it.
    fn folds_back_onto(&self, next: &Self) -> bool {
        turn(self.from, self.to, next.to) == 0 && scalar(self.to, self.from, next.to) > 0
    }

    /// Whether the two share any point.
    fn meets(&self, other: &Self) -> bool {
        if !self.boxes_overlap(other) {
            return false;
        }
        let apart = |line: &Self, other: &Self| {
            let (a, b) = (turn(line.from, line.to, other.from), turn(line.from, line.to, other.to));
            a != 0 && a == b
        };
        // Where all four turns are zero, the lines lie in one row and their boxes overlap: they meet.
        !apart(self, other) && !apart(other, self)
    }

    fn boxes_overlap(&self, other: &Self) -> bool {
        let overlap = |a: i32, b: i32, c: i32, d: i32| a.min(b) <= c.max(d) && c.min(d) <= a.max(b);
        overlap(self.from.lat_e7, self.to.lat_e7, other.from.lat_e7, other.to.lat_e7)
            && overlap(self.from.lon_e7, self.to.lon_e7, other.from.lon_e7, other.to.lon_e7)
    }
}

/// Which way the path `a`, `b`, `c` turns: -1, 0 (straight) or 1. Differences need 33 bits, their
/// products 66.
fn turn(a: Point, b: Point, c: Point) -> i128 {
    let ((x1, y1), (x2, y2)) = (difference(a, b), difference(a, c));
    (x1 * y2 - y1 * x2).signum()
}

/// The scalar product of the ways from `corner` to `a` and to `b`.
fn scalar(corner: Point, a: Point, b: Point) -> i128 {
    let ((x1, y1), (x2, y2)) = (difference(corner, a), difference(corner, b));
    x1 * x2 + y1 * y2
}

fn difference(from: Point, to: Point) -> (i128, i128) {
    (i128::from(to.lon_e7) - i128::from(from.lon_e7), i128::from(to.lat_e7) - i128::from(from.lat_e7))
}
