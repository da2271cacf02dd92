//! Boats of the rivers and the coast.

use crate::domain::part::record;
use crate::domain::text::{Line, Mark};
use crate::wire::pb;

record! {
    /// A boat, by at least one of its name, hull or registration number, IMO number and MMSI.
    Vessel, pb::Vessel {
        /// Its name.
        name: opt Line<64>,
        /// What sort: pirogue, ferry.
        r#type: one Line<48>,
        /// The number on its hull.
        hull: opt Mark<32>,
        /// The number in a register.
        registration: opt Mark<32>,
        /// The number of the International Maritime Organization: 7 digits.
        imo: opt Mark<7>,
        /// The number of its radio: 9 digits.
        mmsi: opt Mark<9>,
        /// The river or water.
        river: opt Line<48>,
        /// The colour.
        colour: opt Line<48>,
    }
}
