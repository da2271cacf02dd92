//! The two-person rule: what one officer writes, another approves. Asked by the node that sends and, in the same
//! words, by the node that receives.
//!
//! It compares keys. That two keys are in two persons' hands is the promise of the country that certified them:
//! one key to an officer, the old one revoked when a new one is made. Nor does a signature say that its maker has
//! read what they approved.

use crate::domain::Tlp;
use crate::domain::payload::Payload;
use crate::domain::terms::Category;
use crate::domain::watchlist::Change;
use crate::envelope::{Header, Kind};
use crate::leaf::{OfficerSignature, SigningPurpose};
use crate::refusal::{Refusal, RefusalCode};

/// Whether a message lists a person, or changes what is listed about one. A withdrawal frees, so it is not
/// counted.
#[must_use]
pub fn lists_person(payload: &Payload) -> bool {
    let Payload::WatchlistUpdate(update) = payload else { return false };
    let person = update.content.as_ref().is_some_and(|entry| entry.subject.category() == Category::Person);
    person && update.change != Change::Withdraw
}

/// Whether a message needs two persons: whatever lists one, whatever is labelled TLP:RED, and the kinds in
/// `agreed`, which the accord adds.
#[must_use]
pub fn needed(header: &Header, payload: &Payload, agreed: &[Kind]) -> bool {
    header.tlp == Tlp::Red || agreed.contains(&header.kind) || lists_person(payload)
}

/// That a message which needs two persons has them: an author, and an approver who is no author of it.
pub fn check(
    header: &Header,
    payload: &Payload,
    agreed: &[Kind],
    signatures: &[OfficerSignature],
) -> Result<(), Refusal> {
    if !needed(header, payload, agreed) || are_two(signatures) {
        return Ok(());
    }
    Err(Refusal { code: RefusalCode::TwoPersons, path: "signatures".to_owned() })
}

/// Whether one key wrote and another, that wrote nothing, approved.
#[must_use]
pub fn are_two(signatures: &[OfficerSignature]) -> bool {
    let by = |purpose| signatures.iter().filter(move |s| s.purpose == purpose).map(|s| s.key);
    let mut authors = by(SigningPurpose::Author);
    let approved = |approver| by(SigningPurpose::Author).all(|author| author != approver);
    authors.next().is_some() && by(SigningPurpose::Approver).any(approved)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::watchlist::samples;
    use crate::key::KeyId;

    fn signed(purpose: SigningPurpose, key: u8) -> OfficerSignature {
        OfficerSignature { purpose, key: KeyId([key; 8]), signature: [0; 64] }
    }

    fn author(key: u8) -> OfficerSignature {
        signed(SigningPurpose::Author, key)
    }

    fn approver(key: u8) -> OfficerSignature {
        signed(SigningPurpose::Approver, key)
    }

    fn message((header, update): samples::Message) -> (Header, Payload) {
        (header, Payload::WatchlistUpdate(Box::new(update)))
    }

    #[test]
    fn an_author_and_another_who_approves_are_two() {
        assert!(are_two(&[author(1), approver(2)]));
        assert!(are_two(&[approver(2), author(1)]));
        assert!(are_two(&[author(1), approver(1), approver(2)]));
        assert!(are_two(&[author(1), author(2), approver(3)]));
    }

    #[test]
    fn one_key_in_two_capacities_is_one() {
        assert!(!are_two(&[author(1), approver(1)]));
        assert!(!are_two(&[author(1), author(2), approver(1)]), "who wrote with another does not approve it");
    }

    #[test]
    fn two_of_one_capacity_are_not_enough() {
        for signatures in
            [&[][..], &[author(1)], &[approver(1)], &[author(1), author(2)], &[approver(1), approver(2)]]
        {
            assert!(!are_two(signatures), "{signatures:?}");
        }
    }

    #[test]
    fn a_listed_person_needs_two() {
        for sample in [samples::added(Category::Person), samples::amended(Category::Person)] {
            let (header, payload) = message(sample);
            let refusal = check(&header, &payload, &[], &[author(1), approver(1)]).unwrap_err();
            assert_eq!((refusal.code, refusal.path.as_str()), (RefusalCode::TwoPersons, "signatures"));
            assert_eq!(check(&header, &payload, &[], &[author(1), approver(2)]), Ok(()));
        }
    }

    #[test]
    fn objects_and_withdrawals_need_one() {
        for category in Category::ALL {
            let (header, payload) = message(samples::added(*category));
            assert_eq!(needed(&header, &payload, &[]), *category == Category::Person);
            let (header, payload) = message(samples::withdrawn(*category));
            assert_eq!(check(&header, &payload, &[], &[author(1)]), Ok(()));
        }
    }

    #[test]
    fn whatever_is_red_or_agreed_needs_two() {
        let (mut header, payload) = message(samples::withdrawn(Category::Vehicle));
        assert!(check(&header, &payload, &[Kind::WatchlistUpdate], &[author(1)]).is_err());
        assert!(check(&header, &payload, &[Kind::Bulletin], &[author(1)]).is_ok());
        header.tlp = Tlp::Red;
        assert!(check(&header, &payload, &[], &[author(1)]).is_err());
        assert!(check(&header, &payload, &[], &[author(1), approver(2)]).is_ok());
    }
}
