//! Firearms.

use crate::domain::part::record;
use crate::domain::text::{Line, Mark};
use crate::domain::vocabulary::vocabulary;
use crate::wire::pb;

record! {
    /// A firearm.
    Firearm, pb::Firearm {
        /// What sort: pistol, assault rifle.
        r#type: one Line<48>,
        /// The maker.
        make: opt Line<48>,
        /// The model.
        model: opt Line<48>,
        /// The calibre.
        calibre: opt Line<24>,
        /// The serial number.
        serial: opt Mark<32>,
        /// Where the serial number stands.
        serial_position: opt Line<48>,
        /// Proof marks and others.
        other_marks: opt Line<128>,
        /// The mark of import.
        import_mark: opt Line<64>,
        /// What became of it.
        state: one FirearmState,
    }
}

vocabulary! {
    /// What became of a firearm.
    FirearmState, pb::FirearmState {
        /// Lost.
        Lost = "LOST",
        /// Stolen.
        Stolen = "STOLEN",
        /// Sold against the law.
        Trafficked = "TRAFFICKED",
        /// Brought over a border against the law.
        Smuggled = "SMUGGLED",
    }
}
