use serde_json::{Value, json};

use super::Match;
use crate::domain::Priority;
use crate::domain::part::Part as _;
use crate::domain::samples::hit;
use crate::envelope::Relation;
use crate::refusal::RefusalCode::{Content, NameOnly, NoReason, UrgentWithoutReason, WrongTime};

/// What matched, of everything that the officer may say.
fn matched(words: &[Match]) -> Value {
    words.iter().map(Match::to_json).collect()
}

#[test]
fn safeguard_8_a_name_alone_never_confirms() {
    let possible = [Match::Name, Match::BirthDate, Match::Brand, Match::EarMark];
    for set in 1..16_usize {
        let chosen =
            possible.iter().enumerate().filter(|(bit, _)| set >> bit & 1 == 1).map(|(_, word)| *word);
        let chosen: Vec<_> = chosen.collect();
        hit().with("/matched", matched(&chosen)).breaks(NameOnly, "hit.matched");
        let unsure = hit().with("/outcome", "UNSURE").with("/action", "NONE_DUE");
        unsure.with("/matched", matched(&chosen)).holds();
    }
    for confirming in Match::ALL.iter().filter(|word| !possible.contains(word)) {
        hit().with("/matched", matched(&[Match::Name, *confirming])).holds();
    }
}

#[test]
fn safeguard_9_that_it_was_another_can_be_told_by_name_alone() {
    let other = hit().with("/outcome", "NOT_SAME").with("/action", "NONE_DUE");
    other.clone().with("/matched", json!(["NAME"])).holds();
    other.without("/matched").holds();
}

#[test]
fn a_confirmed_hit_says_what_matched_and_nothing_twice() {
    hit().without("/matched").breaks(Content, "hit.matched");
    hit().with("/matched", json!(["DOCUMENT", "NAME", "DOCUMENT"])).breaks(Content, "hit.matched[2]");
}

#[test]
fn a_hit_is_on_one_entry() {
    hit().header(|header| header.refs.clear()).breaks(Content, "header.refs");
    hit().refers(Relation::HitOn).breaks(Content, "header.refs");
    hit().refers(Relation::Duplicates).holds();
}

#[test]
fn versions_begin_at_one() {
    hit().with("/version", 0).breaks(Content, "hit.version");
}

#[test]
fn a_hit_has_been_but_for_five_minutes_of_clocks() {
    hit().with("/at_ms", "2026-03-01T12:05:00Z").holds();
    hit().with("/at_ms", "2026-03-01T12:05:00.001Z").breaks(WrongTime, "hit.at_ms");
}

#[test]
fn a_country_reports_of_its_own_posts() {
    hit().with("/post", "ML-P-NOWHERE").breaks(Content, "hit.post");
}

#[test]
fn what_was_not_done_has_a_reason() {
    for action in ["PARTLY", "NOT_POSSIBLE"] {
        hit().with("/action", action).breaks(NoReason, "hit.reason");
        hit().with("/action", action).with("/reason", "Pas d’escorte.").holds();
    }
}

#[test]
fn no_action_is_done_on_another_or_on_somebody_unsure() {
    for outcome in ["NOT_SAME", "UNSURE"] {
        hit().with("/outcome", outcome).breaks(Content, "hit.action");
    }
}

#[test]
fn an_urgent_hit_says_why() {
    let urgent = hit().header(|header| header.priority = Priority::Urgent);
    urgent.clone().breaks(UrgentWithoutReason, "hit.urgent_reason");
    urgent.with("/urgent_reason", "Le troupeau repart à l’aube.").holds();
}
