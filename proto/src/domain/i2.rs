//! Charts for i2 Analyst's Notebook: entities and the links between them, as ANX and as tables.
//!
//! What goes on a chart leaves this system for good: no withdrawal and no expiry follows it. So a [`Chart`]
//! takes nothing but what was [checked](Releasable::check), and only the check makes a [`Releasable`]: whoever
//! turns messages into a chart cannot forget it.
//!
//! The chart knows no watchlist, no file and no clock. It stands in `proto` because it is pure and because what may
//! leave is a rule of the exchange, not of the tool that exports; nothing else in `proto` depends on it.
//!
//! ```
//! # use karakoro_proto::domain::Tlp;
//! # use karakoro_proto::domain::i2::*;
//! # use karakoro_proto::time::UnixMillis;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let now = UnixMillis::default();
//! let vehicle = Entity {
//!     identity: "entry-7".parse()?,
//!     kind: "Vehicle".parse()?,
//!     label: "Hilux, blanc".parse()?,
//!     position: Some("15.495,-7.03".parse()?),
//!     grades: Grades {
//!         source: SourceGrade::B,
//!         information: InformationGrade::Two,
//!         handling: HandlingCode::H2,
//!     },
//!     source: "0190f3c2-7d4e-7a11-9c55-3f0f2d1a8b01".parse()?,
//! };
//! let standing = Standing { tlp: Tlp::Amber, protects: false, expires: None };
//! let mut chart = Chart::new();
//! chart.add_entity(Releasable::check(vehicle, standing, now)?)?;
//! let files = [chart.anx(), chart.entities_csv(), chart.links_csv()];
//! # assert!(files.iter().all(|file| !file.is_empty()));
//! # Ok(())
//! # }
//! ```
//!
//! The skeleton of ANX is what two independent writers of it agree on (docs/i2.md). It was never opened in Analyst's
//! Notebook itself.

mod anx;
mod chart;
mod grades;
mod item;
mod release;
mod tables;

pub use chart::{Chart, ChartError, MAX_ENTITIES, MAX_LINKS};
pub use grades::{Grades, HandlingCode, InformationGrade, SourceGrade};
pub use item::{Entity, Identity, Label, Link, TypeName};
pub use release::{Releasable, Standing, Withheld};

#[cfg(test)]
mod samples;
