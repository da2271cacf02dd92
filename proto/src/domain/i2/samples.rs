//! Charts for tests. The people are invented.

use super::{Chart, Entity, Grades, HandlingCode, InformationGrade, Link, Releasable, SourceGrade, Standing};
use crate::domain::Tlp;
use crate::time::UnixMillis;

/// The message that all of it comes from.
pub(super) const SOURCE: &str = "0190f3c2-7d4e-7a11-9c55-3f0f2d1a8b01";

const GRADES: Grades =
    Grades { source: SourceGrade::B, information: InformationGrade::Two, handling: HandlingCode::H2 };

/// A person.
pub(super) fn entity(identity: &str, label: &str) -> Entity {
    Entity {
        identity: identity.parse().unwrap(),
        kind: "Person".parse().unwrap(),
        label: label.parse().unwrap(),
        position: None,
        grades: GRADES,
        source: SOURCE.parse().unwrap(),
    }
}

/// A link without a time.
pub(super) fn link(from: &str, to: &str) -> Link {
    Link {
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
        kind: "Seen with".parse().unwrap(),
        at: None,
        grades: GRADES,
        source: SOURCE.parse().unwrap(),
    }
}

/// An item that may leave.
pub(super) fn free<T>(item: T) -> Releasable<T> {
    let standing = Standing { tlp: Tlp::Amber, protects: false, expires: None };
    Releasable::check(item, standing, UnixMillis::default()).unwrap()
}

/// A person and a vehicle with a link each way.
pub(super) fn chart() -> Chart {
    let mut chart = Chart::new();
    chart.add_entity(free(entity("P-1", "سيدي ولد مثال"))).unwrap();
    let vehicle = Entity {
        kind: "Vehicle".parse().unwrap(),
        position: Some("15.495,-7.03".parse().unwrap()),
        ..entity("V-7", "Hilux, blanc")
    };
    chart.add_entity(free(vehicle)).unwrap();
    let driver = Link {
        kind: "Driver of".parse().unwrap(),
        at: UnixMillis::new(1_768_471_445_000),
        ..link("P-1", "V-7")
    };
    chart.add_link(free(driver)).unwrap();
    chart.add_link(free(link("V-7", "P-1"))).unwrap();
    chart
}
