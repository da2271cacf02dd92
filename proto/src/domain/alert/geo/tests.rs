use super::*;

fn flaw(text: &str) -> Option<String> {
    text.parse::<Polygon>().unwrap().flaw().map(|error| error.message)
}

#[test]
fn shapes_print_as_cap_writes_them() {
    for text in ["15.495,-7.03", "0,0", "-90,180", "0.0000001,-0.0000001"] {
        assert_eq!(text.parse::<Point>().unwrap().to_string(), text);
    }
    assert_eq!("15.495,-7.03 25.0".parse::<Circle>().unwrap().to_string(), "15.495,-7.03 25");
    assert_eq!("15.495,-7.03\n 0.000001".parse::<Circle>().unwrap().radius_mm(), 1);
    assert_eq!("-1200.125".parse::<Height>().unwrap().to_string(), "-1200.125");
}

#[test]
fn coordinates_out_of_range_or_too_fine_are_refused() {
    for text in
        ["90.0000001,0", "-91,0", "0,180.0000001", "999,0", "99999999999,0", "1", "1,2,3", "a,b", "1;2"]
    {
        assert!(text.parse::<Point>().is_err(), "{text}");
    }
    let error = "15.49500001,0".parse::<Point>().unwrap_err();
    assert_eq!(error.message, "the latitude `15.49500001` has more than 7 decimals");
    for text in ["1,2", "1,2 -1", "1,2 20100.1", "1,2 3 4", "1, 2 3", "1,2 1e3"] {
        assert!(text.parse::<Circle>().is_err(), "{text}");
    }
    assert!("1000000.001".parse::<Height>().is_err());
}

#[test]
fn a_bad_point_of_a_polygon_is_named() {
    let error = "0,0 0,1 95,1 0,0".parse::<Polygon>().unwrap_err();
    assert_eq!(error.message, "point 3: the latitude `95` is out of range");
}

#[test]
fn simple_rings_have_no_flaw() {
    assert_eq!(flaw("0,0 0,2 2,2 0,0"), None);
    assert_eq!(flaw("0,0 0,1 0,2 2,2 2,0 0,0"), None, "a corner on a straight line");
    assert_eq!(flaw("0,0 0,2 0,2 2,2 0,0"), None, "a point given twice at once");
    assert_eq!(flaw("-90,-180 -90,180 90,180 90,-180 -90,-180"), None, "the whole earth");
    assert_eq!(flaw("0,0 4,0 4,4 3,4 3,1 1,1 1,4 0,4 0,0"), None, "a concave ring");
}

#[test]
fn open_short_and_crossing_rings_are_flawed() {
    assert!(flaw("0,0 0,2 2,2 2,0").unwrap().contains("open"));
    assert!(flaw("0,0 0,2 0,0").unwrap().contains("3 points"));
    assert!(flaw("").unwrap().contains("0 points"));
    let crossing = [
        ("0,0 2,2 2,0 0,2 0,0", "a bow tie"),
        ("0,0 1,1 2,2 2,0 1,1 0,2 0,0", "a bow tie through a corner"),
        ("0,0 0,2 0,1 0,0", "no area"),
        ("0,0 0,4 2,4 2,6 2,4 0,0", "a spike"),
        ("0,0 0,4 0,2 2,2 0,0", "a fold along the first line"),
        ("1,0 0,0 0,4 4,4 1,1 1,0 1,-1 1,0", "a spike at the closing point"),
        ("0,0 0,0 0,0 0,1 0,0", "a line there and back"),
    ];
    for (ring, why) in crossing {
        assert!(flaw(ring).is_some_and(|flaw| flaw.contains("itself")), "{why}");
    }
}

#[test]
fn a_polygon_with_too_many_points_is_not_even_checked_for_crossing() {
    let many = vec![Point::from_e7(0, 0).unwrap(); MAX_POLYGON_POINTS + 1];
    assert!(Polygon(many).flaw().unwrap().message.contains("2001 points"));
}
