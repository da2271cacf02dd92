//! Whether the recipient may pass a message on to a third party.

use crate::domain::Tlp;
use crate::domain::grounds::Grounds;
use crate::domain::terms::HandlingCode;
use crate::envelope::Header;

impl Grounds {
    /// The handling code that counts. Where the owner gave none: H2, not to any third party without its consent.
    #[must_use]
    pub fn handling_in_force(&self) -> HandlingCode {
        self.handling.unwrap_or(HandlingCode::H2)
    }
}

/// Whether the recipient may hand this to a third party: a third state, another organisation, the public. By the
/// owner's word for this case; else only under a handling code and a label that the owner chose for that. Data on
/// persons have no such label, so they are never passed on without asking.
#[must_use]
pub fn may_pass_on(header: &Header, owner_agrees: bool) -> bool {
    let open = matches!(header.grounds.handling_in_force(), HandlingCode::H0 | HandlingCode::H1);
    owner_agrees || (open && header.tlp <= Tlp::Green)
}
