//! Charts for i2 Analyst's Notebook: entities and the links between them, as ANX and as tables.
//!
//! What goes on a chart leaves this system for good: no withdrawal and no expiry follows it. So a [`Chart`]
//! takes nothing but what was [checked](Releasable::check), and only the check makes a [`Releasable`]: whoever
//! turns messages into a chart cannot forget it.
//!
//! The chart knows no watchlist, no file and no clock. It stands in `proto` because it is pure and because what may
//! leave is a rule of the exchange, not of the tool that exports; nothing else in `proto` depends on it.
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
