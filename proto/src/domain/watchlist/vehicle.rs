//! Vehicles.

use super::IcaoCode;
use crate::domain::part::record;
use crate::domain::text::{Line, Mark};
use crate::wire::pb;

record! {
    /// A vehicle, trailer or engine, by at least one of VIN, plate, trailer, engine and chassis number.
    Vehicle, pb::Vehicle {
        /// The vehicle identification number: 17 characters, no I, O or Q.
        vin: opt Mark<17>,
        /// The plate as it is written.
        plate: opt Line<24>,
        /// The state that issued the plate.
        country: opt IcaoCode,
        /// The maker.
        make: opt Line<48>,
        /// The model.
        model: opt Line<48>,
        /// The colour.
        colour: opt Line<48>,
        /// The trailer's number.
        trailer: opt Mark<32>,
        /// The engine's number.
        engine: opt Mark<32>,
        /// The chassis number, where there is no VIN.
        chassis: opt Mark<32>,
    }
}
