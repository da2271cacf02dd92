//! A document that is looked for itself, so that the victim of a theft need not be listed.

use super::IcaoCode;
use crate::domain::part::record;
use crate::domain::text::Mark;
use crate::domain::vocabulary::vocabulary;
use crate::time::UnixMillis;
use crate::wire::pb;

record! {
    /// A document, apart from its holder.
    Document, pb::Document {
        /// What sort.
        r#type: one DocumentType,
        /// Who issued it: only that country lists it.
        issuer: one IcaoCode,
        /// Its number.
        number: one Mark<32>,
        /// When it was issued.
        issued_ms: opt UnixMillis,
        /// When it runs out.
        expires_ms: opt UnixMillis,
        /// What became of it.
        state: one DocumentState,
        /// Since when.
        since_ms: one UnixMillis,
    }
}

vocabulary! {
    /// What sort of document. There is none for asylum or refuge: what shows such a status is
    /// [`DocumentType::TravelDocument`] like any other.
    DocumentType, pb::DocumentType {
        /// A passport.
        Passport = "PASSPORT",
        /// An identity card.
        IdentityCard = "IDENTITY_CARD",
        /// Any other travel document.
        TravelDocument = "TRAVEL_DOCUMENT",
        /// A residence permit.
        ResidencePermit = "RESIDENCE_PERMIT",
        /// A visa.
        Visa = "VISA",
        /// A driving licence.
        DrivingLicence = "DRIVING_LICENCE",
        /// A vehicle's registration.
        VehicleRegistration = "VEHICLE_REGISTRATION",
        /// A certificate for animals.
        LivestockCertificate = "LIVESTOCK_CERTIFICATE",
        /// None of these.
        Other = "OTHER",
    }
}

vocabulary! {
    /// What became of a document.
    DocumentState, pb::DocumentState {
        /// Lost.
        Lost = "LOST",
        /// Stolen.
        Stolen = "STOLEN",
        /// Declared invalid by its issuer.
        Invalidated = "INVALIDATED",
        /// Stolen before it was made out.
        Blank = "BLANK",
    }
}
