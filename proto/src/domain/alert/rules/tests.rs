use super::*;
use crate::domain::alert::samples::sample;
use crate::domain::payload::Payload;
use crate::domain::samples::{breaches, header, reference};
use crate::domain::{Mode, Priority};
use crate::envelope::Kind;
use crate::refusal::RefusalCode::{Content, LooserHandling, ModeMismatch, NoFrench, NoReason, PersonalData};

/// An alert and the header that its sender derives from it.
struct Sent {
    alert: Alert,
    header: Header,
}

fn sent() -> Sent {
    of(|_| {})
}

fn of(change: impl FnOnce(&mut Alert)) -> Sent {
    let mut alert = sample();
    change(&mut alert);
    let header = Header {
        mode: alert.mode().unwrap_or(Mode::Exercise),
        tlp: alert.tlp(),
        priority: alert.priority(),
        expires: alert.expires(),
        created: crate::domain::samples::at("2026-01-15T10:04:05Z"),
        ..header(Kind::Alert)
    };
    Sent { alert, header }
}

impl Sent {
    fn header(mut self, change: impl FnOnce(&mut Header)) -> Self {
        change(&mut self.header);
        self
    }

    fn refers(self, relation: Relation) -> Self {
        self.header(|header| header.refs.push(reference(relation)))
    }

    fn breaches(&self) -> Vec<(RefusalCode, String)> {
        let payload = Payload::Alert(Box::new(self.alert.clone()));
        breaches(&self.header, &payload).into_iter().map(|breach| (breach.code, breach.path)).collect()
    }

    #[track_caller]
    fn holds(self) {
        assert_eq!(self.breaches(), []);
    }

    #[track_caller]
    fn breaks(self, code: RefusalCode, path: &str) {
        assert_eq!(self.breaches(), [(code, path.to_owned())]);
    }
}

fn open(alert: &mut Alert) {
    alert.restriction = Some("TLP:GREEN".to_owned());
}

#[test]
fn an_alert_is_sent_under_the_header_that_it_derives() {
    sent().holds();
    of(open).holds();
}

#[test]
fn what_may_be_passed_on_holds_no_person_data() {
    let told = |alert: &mut Alert| alert.infos[0].description = Some("Appeler le 22 34 56 78.".to_owned());
    of(told).holds();
    of(|alert| (open(alert), told(alert)).0).breaks(PersonalData, "alert.info[0].description");
    let clear = |alert: &mut Alert| {
        alert.restriction = Some("TLP:CLEAR".to_owned());
        alert.infos[1].areas[0].area_desc = "15.4951, -7.0312".to_owned();
    };
    of(clear).breaks(PersonalData, "alert.info[1].area[0].areaDesc");
}

#[test]
fn the_address_of_the_service_is_nobodys_data() {
    of(|alert| {
        open(alert);
        alert.infos[0].contact = Some("hq@mr.example, 22 34 56 78".to_owned());
    })
    .holds();
}

#[test]
fn french_is_required_and_arabic_is_missed() {
    of(|alert| alert.infos[0].language = Some("fr-ML".parse().unwrap())).holds();
    of(|alert| alert.infos[0].language = None).breaks(NoFrench, "alert.info");
    of(|alert| alert.infos.clear()).breaks(NoFrench, "alert.info");
    assert!(!sent().alert.lacks_arabic());
    let french = of(|alert| alert.infos.truncate(1));
    assert!(french.alert.lacks_arabic());
    french.holds();
}

#[test]
fn the_header_is_never_looser_than_the_alert() {
    sent().header(|header| header.mode = Mode::Actual).breaks(ModeMismatch, "header.mode");
    sent().header(|header| header.tlp = Tlp::Amber).breaks(LooserHandling, "header.tlp");
    sent().header(|header| header.tlp = Tlp::Red).holds();
    for priority in [Priority::Routine, Priority::Urgent] {
        sent().header(|header| header.priority = priority).breaks(Content, "header.priority");
    }
    let ends = || of(|alert| alert.infos.truncate(1));
    ends().header(|header| header.expires = None).breaks(Content, "header.expires_ms");
    let later = |header: &mut Header| header.expires = header.expires.map(|end| end.saturating_add(1));
    ends().header(later).breaks(Content, "header.expires_ms");
    sent().header(|header| header.expires = Some(header.created.saturating_add(1))).holds();
}

#[test]
fn a_draft_is_not_sent() {
    of(|alert| alert.status = super::super::Status::Draft).breaks(ModeMismatch, "header.mode");
}

#[test]
fn an_update_amends_and_a_cancellation_cancels() {
    let update = || of(|alert| alert.msg_type = MsgType::Update);
    let cancel = || of(|alert| alert.msg_type = MsgType::Cancel);
    update().refers(Relation::Amends).holds();
    update().breaks(Content, "header.refs");
    cancel().refers(Relation::Cancels).holds();
    cancel().breaks(Content, "header.refs");
    sent().refers(Relation::Amends).breaks(Content, "alert.msgType");
    sent().refers(Relation::Cancels).breaks(Content, "alert.msgType");
    update().refers(Relation::Amends).refers(Relation::Cancels).breaks(Content, "alert.msgType");
}

#[test]
fn a_cancellation_carries_a_reason_and_may_stand_on_it_alone() {
    let cancel = |note: Option<&str>| {
        of(|alert| {
            alert.msg_type = MsgType::Cancel;
            alert.note = note.map(str::to_owned);
            alert.infos.clear();
        })
        .refers(Relation::Cancels)
    };
    cancel(Some("Fausse alerte")).holds();
    cancel(None).breaks(NoReason, "alert.note");
}

#[test]
fn answers_are_kinds_of_their_own() {
    for msg_type in [MsgType::Ack, MsgType::Error] {
        of(|alert| alert.msg_type = msg_type).breaks(Content, "alert.msgType");
    }
}
