//! Every rule is broken once, alone, from a valid update.

mod people;
mod things;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::domain::Tlp;
use crate::domain::breach::Breaches;
use crate::domain::payload::Payload;
use crate::domain::terms::{Action, Category, HandlingCode, Instrument};
use crate::domain::watchlist::samples::{
    added, amended, breaks, entry_in, faults, header, livestock_in, of, time, updates, withdrawn,
};
use crate::domain::watchlist::{Change, Reason};
use crate::envelope::MessageId;
use crate::refusal::RefusalCode::{
    Content, Expired, NoLegalBasis, NoPurpose, NoReason, PersonalData, ReviewDate, UnsuitableAction,
    VersionNotNext, WrongTime,
};

#[test]
fn samples_of_every_category_are_valid() {
    for category in Category::ALL {
        for (header, update) in [added(*category), amended(*category), withdrawn(*category)] {
            assert_eq!(faults(&header, &update), [], "{} {category}", update.change);
        }
    }
}

proptest! {
    #[test]
    fn any_valid_update_is_read_back_from_bytes_and_json((header, update) in updates()) {
        prop_assert_eq!(faults(&header, &update), []);
        let payload = Payload::WatchlistUpdate(Box::new(update));
        prop_assert_eq!(Payload::decode(&header, &payload.encode()), Ok(payload.clone()));
        prop_assert_eq!(Payload::from_json(header.kind, &payload.to_json()), Ok(payload));
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in vec(any::<u8>(), 0..300)) {
        let _ = Payload::decode(&header(), &bytes);
    }

    #[test]
    fn no_change_of_a_valid_update_makes_the_reader_panic(
        (header, update) in updates(), at in any::<prop::sample::Index>(), byte in any::<u8>()
    ) {
        let mut bytes = Payload::WatchlistUpdate(Box::new(update)).encode();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(payload) = Payload::decode(&header, &bytes) {
            // What is taken up breaks no rule and has these bytes alone.
            let mut breaches = Breaches::new();
            payload.check(&header, &mut breaches);
            prop_assert!(breaches.is_empty());
            prop_assert_eq!(payload.encode(), bytes);
        }
    }
}

#[test]
fn an_addition_is_version_1_of_its_own_id() {
    let other = MessageId::new(time("2026-01-01T00:00:00Z"), [9; 10]);
    let sample = || added(Category::Vehicle);
    breaks(sample(), Content, "update.entry", |_, update| update.entry = other);
    breaks(sample(), VersionNotNext, "update.version", |_, update| update.version = 2);
    breaks(sample(), VersionNotNext, "update.version", |_, update| update.version = 0);
    breaks(sample(), Content, "update.content", |_, update| update.content = None);
    breaks(sample(), Content, "update.reason", |_, update| update.reason = Some(Reason::Court));
}

#[test]
fn an_amendment_is_a_later_version_of_another_id() {
    let sample = || amended(Category::Vehicle);
    breaks(sample(), Content, "update.entry", |header, update| update.entry = header.id);
    for version in [0, 1] {
        breaks(sample(), VersionNotNext, "update.version", |_, update| update.version = version);
    }
    breaks(sample(), Content, "update.content", |_, update| update.content = None);
    breaks(sample(), Content, "update.reason", |_, update| update.reason = Some(Reason::PurposeMet));
}

#[test]
fn an_extension_says_why_and_a_note_belongs_to_a_reason() {
    let sample = || amended(Category::Vehicle);
    breaks(sample(), NoReason, "update.note", |_, update| update.reason = Some(Reason::ExtendedOnReview));
    breaks(sample(), NoReason, "update.reason", |_, update| update.note = Some(of("Exemple.")));
    let (header, mut update) = sample();
    (update.reason, update.note) = (Some(Reason::ExtendedOnReview), Some(of("Exemple.")));
    assert_eq!(faults(&header, &update), []);
}

#[test]
fn a_withdrawal_has_a_reason_and_no_content() {
    let sample = || withdrawn(Category::Person);
    breaks(sample(), NoReason, "update.reason", |_, update| update.reason = None);
    breaks(sample(), Content, "update.reason", |_, update| update.reason = Some(Reason::ExtendedOnReview));
    breaks(sample(), VersionNotNext, "update.version", |_, update| update.version = 1);
    breaks(sample(), Content, "update.entry", |header, update| update.entry = header.id);
    let (_, with_content) = added(Category::Person);
    breaks(sample(), Content, "update.content", |_, update| update.content = with_content.content);
}

#[test]
fn a_withdrawal_needs_no_ground_but_its_reason() {
    let (mut header, update) = withdrawn(Category::Person);
    header.grounds = crate::domain::grounds::Grounds::default();
    assert_eq!(update.change, Change::Withdraw);
    assert_eq!(faults(&header, &update), []);
}

#[test]
fn an_entry_rests_on_a_decision_of_an_authority() {
    for sample in [|| added(Category::Vehicle), || amended(Category::Vehicle)] {
        breaks(sample(), NoLegalBasis, "header.grounds.basis", |header, _| header.grounds.basis = None);
        breaks(sample(), NoLegalBasis, "header.grounds.basis.reference", |header, _| {
            header.grounds.basis.as_mut().unwrap().reference = of("-");
        });
        breaks(sample(), NoLegalBasis, "header.grounds.basis.authority", |header, _| {
            header.grounds.basis.as_mut().unwrap().authority = of("…");
        });
        breaks(sample(), WrongTime, "header.grounds.basis.decided_ms", |header, _| {
            header.grounds.basis.as_mut().unwrap().decided_ms = header.created.saturating_add(1);
        });
    }
}

#[test]
fn an_entry_says_its_purpose_evaluation_and_handling() {
    let sample = || added(Category::Vehicle);
    breaks(sample(), NoPurpose, "header.grounds.purpose", |header, _| header.grounds.purpose = None);
    breaks(sample(), Content, "header.grounds.evaluation", |header, _| header.grounds.evaluation = None);
    breaks(sample(), Content, "header.grounds.handling", |header, _| header.grounds.handling = None);
    breaks(sample(), Content, "header.grounds.restriction", |header, _| {
        header.grounds.handling = Some(HandlingCode::H3);
    });
}

#[test]
fn an_entry_begins_is_reviewed_and_ends_in_this_order() {
    let sample = || added(Category::Vehicle);
    breaks(sample(), Expired, "update.content.expires_ms", |_, update| {
        let entry = entry_in(update);
        entry.expires_ms = entry.valid_from_ms;
    });
    breaks(sample(), Expired, "update.content.expires_ms", |header, update| {
        let entry = entry_in(update);
        entry.valid_from_ms = time("2025-01-01T00:00:00Z");
        (entry.review_due_ms, entry.expires_ms) = (entry.valid_from_ms, header.created);
    });
    breaks(sample(), ReviewDate, "update.content.review_due_ms", |_, update| {
        let entry = entry_in(update);
        entry.review_due_ms = entry.expires_ms.saturating_add(1);
    });
    breaks(sample(), ReviewDate, "update.content.review_due_ms", |_, update| {
        let entry = entry_in(update);
        (entry.valid_from_ms, entry.review_due_ms) =
            (time("2026-03-02T00:00:00Z"), time("2026-03-01T00:00:00Z"));
    });
    breaks(sample(), ReviewDate, "update.content.review_due_ms", |_, update| {
        let entry = entry_in(update);
        (entry.valid_from_ms, entry.review_due_ms) =
            (time("2025-03-01T00:00:00Z"), time("2025-03-02T00:00:00Z"));
    });
    breaks(sample(), WrongTime, "update.content.last_quality_check_ms", |header, update| {
        entry_in(update).last_quality_check_ms = Some(header.created.saturating_add(1));
    });
}

#[test]
fn an_action_suits_its_category() {
    for category in Category::ALL {
        for action in Action::ALL.iter().filter(|action| !action.suits(*category)) {
            let (header, mut update) = added(*category);
            entry_in(&mut update).action = *action;
            let found = faults(&header, &update);
            assert_eq!(
                found,
                [(UnsuitableAction, "update.content.action".to_owned())],
                "{action} {category}"
            );
        }
    }
}

#[test]
fn an_arrest_needs_a_judge_and_a_refusal_an_individual_decision() {
    for (action, enough) in [
        (Action::Arrest, [Instrument::ArrestWarrant, Instrument::CourtOrder]),
        (Action::RefuseEntry, [Instrument::AdministrativeDecision, Instrument::CourtOrder]),
    ] {
        for instrument in Instrument::ALL {
            let (mut header, mut update) = added(Category::Person);
            entry_in(&mut update).action = action;
            header.grounds.basis.as_mut().unwrap().instrument = *instrument;
            let path = "header.grounds.basis.instrument".to_owned();
            let expected = if enough.contains(instrument) { vec![] } else { vec![(UnsuitableAction, path)] };
            assert_eq!(faults(&header, &update), expected, "{action} {instrument}");
        }
    }
}

#[test]
fn an_inquiry_states_its_questions() {
    let sample = || {
        let (header, mut update) = added(Category::Person);
        entry_in(&mut update).action = Action::InquiryCheck;
        (header, update)
    };
    breaks(sample(), UnsuitableAction, "update.content.instruction", |_, update| {
        entry_in(update).instruction = None;
    });
}

#[test]
fn animals_are_held_for_hours_that_are_set_and_nothing_else_is() {
    let sample = || added(Category::Livestock);
    for hours in [None, Some(0), Some(73), Some(u32::MAX)] {
        breaks(sample(), UnsuitableAction, "update.content.hold_hours", |_, update| {
            entry_in(update).hold_hours = hours;
        });
    }
    breaks(sample(), UnsuitableAction, "update.content.hold_hours", |_, update| {
        entry_in(update).action = Action::Locate;
    });
    breaks(added(Category::Vehicle), UnsuitableAction, "update.content.hold_hours", |_, update| {
        entry_in(update).hold_hours = Some(1);
    });
}

#[test]
fn no_herd_is_held_without_something_to_compare() {
    breaks(added(Category::Livestock), UnsuitableAction, "update.content.subject.livestock", |_, update| {
        let animals = livestock_in(update);
        (animals.brand, animals.tag, animals.rfid, animals.certificate) = (None, None, None, None);
        animals.ear_marks.clear();
    });
}

#[test]
fn a_person_or_a_brand_is_amber_at_least() {
    for tlp in [Tlp::Clear, Tlp::Green] {
        for category in [Category::Person, Category::Livestock] {
            breaks(added(category), PersonalData, "header.tlp", |header, _| header.tlp = tlp);
        }
        let (mut header, mut update) = added(Category::Livestock);
        header.tlp = tlp;
        livestock_in(&mut update).brand = None;
        assert_eq!(faults(&header, &update), []);
    }
}
