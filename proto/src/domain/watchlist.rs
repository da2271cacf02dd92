//! The watchlist: entries of one owner each, in versions, that stop matching by themselves.
//!
//! An entry is named by the id of the message that added it. Every change is a message of the owner's with the
//! next version and the whole entry; legal basis, purpose, evaluation and handling stand in that message's
//! header ([`crate::domain::grounds`]).
//!
//! What an update must keep to stands in two places: `shape`, what each value must be whatever it is used for, and
//! `check`, what an entry may ask for, of whom, on which ground. What no single message shows is not judged here:
//! versions and owners, the accord's periods, the clock.

mod birth;
mod check;
mod document;
mod entry;
mod firearm;
mod head;
mod icao;
mod label;
mod livestock;
mod person;
mod plate;
pub mod proposal;
#[cfg(test)]
mod safeguards;
#[cfg(test)]
pub(crate) mod samples;
mod script;
mod shape;
mod sketch;
mod standing;
mod subject;
pub mod table;
mod vehicle;
mod vessel;

pub use document::{Document, DocumentState, DocumentType};
pub use entry::{Change, Entry, Reason, WatchlistUpdate};
pub use firearm::{Firearm, FirearmState};
pub use icao::IcaoCode;
pub use livestock::{BodySite, Brand, Certificate, EarMark, EarMarkShape, Livestock, Side, Species};
pub use person::{
    BirthDate, Exactness, HeldDocument, Name, NameKind, Person, Reliability, Script, Sex, SubjectStatus,
};
pub use plate::fold_plate;
pub use script::ForeignLetter;
pub use sketch::{Dot, read_stroke};
pub use standing::Standing;
pub use subject::Subject;
pub use vehicle::Vehicle;
pub use vessel::Vessel;
