//! The sketch of a brand, for the screen that shows it beside the animal.

/// The far edge of the field on which a brand is sketched.
const EDGE: u8 = 100;

/// A point of a stroke: `x` to the right, `y` downwards, each from 0 to 100.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dot {
    /// To the right.
    pub x: u8,
    /// Downwards.
    pub y: u8,
}

/// Reads a stroke such as `0,0 50,100 100,0`: two points at least, one space between them, and numbers as they
/// are counted, without signs or leading zeros. `None` for anything else.
#[must_use]
pub fn read_stroke(stroke: &str) -> Option<Vec<Dot>> {
    let dots: Vec<Dot> = stroke.split(' ').map(read_dot).collect::<Option<_>>()?;
    (dots.len() >= 2).then_some(dots)
}

fn read_dot(text: &str) -> Option<Dot> {
    let (x, y) = text.split_once(',')?;
    Some(Dot { x: read_number(x)?, y: read_number(y)? })
}

fn read_number(text: &str) -> Option<u8> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    let number = if plain { text.parse().ok()? } else { return None };
    (number <= EDGE).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stroke_is_a_path_of_points() {
        let dots = read_stroke("0,0 50,100 7,9").unwrap();
        assert_eq!(dots, [Dot { x: 0, y: 0 }, Dot { x: 50, y: 100 }, Dot { x: 7, y: 9 }]);
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for none in [
            "",
            "5,5",
            "0,0 101,0",
            "0,0  1,1",
            "0,0 1",
            "+1,0 2,2",
            "01,0 2,2",
            "0,0,0 1,1",
            "0,0 ,1",
            "0,0 999,1",
        ] {
            assert_eq!(read_stroke(none), None, "{none}");
        }
    }
}
