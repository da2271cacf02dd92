//! What the header of a message and a line in a list need to know of an alert.

use super::{Alert, Area, Info, Point, Scope, Status, Urgency};
use crate::domain::fault::Fault;
use crate::domain::{Mode, Priority, Tlp};
use crate::time::UnixMillis;

/// The languages of the two services, the preferred first: French works on both sides of the border.
pub const LANGUAGES: [&str; 3] = ["fr", "ar", "en"];

/// Where an alert holds, in one line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place<'a> {
    /// The place in words.
    pub name: &'a str,
    /// The middle of its first circle, else the first point of its first polygon.
    pub point: Option<Point>,
}

impl Alert {
    /// Whether the message is meant.
    ///
    /// # Errors
    /// System and Draft alerts are not messages between officers and cannot be sent.
    pub fn mode(&self) -> Result<Mode, Fault> {
        match self.status {
            Status::Actual => Ok(Mode::Actual),
            Status::Exercise => Ok(Mode::Exercise),
            Status::Test => Ok(Mode::Test),
            Status::System | Status::Draft => Err(Fault {
                element: "alert/status".to_owned(),
                line: 0,
                message: format!("{} alerts are not sent to the other country", self.status),
                expected: "Actual, Exercise or Test".to_owned(),
            }),
        }
    }

    /// How soon the message must overtake others: by the most urgent of its infos. Severity does not count,
    /// for a grave event that leaves days to act need not displace one that leaves minutes.
    #[must_use]
    pub fn priority(&self) -> Priority {
        let of = |info: &Info| match info.urgency {
            Urgency::Immediate => Priority::Urgent,
            Urgency::Expected => Priority::Priority,
            Urgency::Future | Urgency::Past | Urgency::Unknown => Priority::Routine,
        };
        self.infos.iter().map(of).max().unwrap_or(Priority::Routine)
    }

    /// When the last of its infos expires; `None` if one of them never does or there are none.
    #[must_use]
    pub fn expires(&self) -> Option<UnixMillis> {
        let ends = self.infos.iter().map(|info| info.expires.map(super::CapTime::instant));
        ends.collect::<Option<Vec<_>>>()?.into_iter().max()
    }

    /// How far it may be passed on: the strictest `TLP:` label of its restriction; without one, the world
    /// for a public alert and `TLP:AMBER` for others.
    #[must_use]
    pub fn tlp(&self) -> Tlp {
        let labels = labels(self.restriction.as_deref().unwrap_or_default());
        let strictest = labels.into_iter().filter_map(Result::ok).max();
        strictest.unwrap_or(match self.scope {
            Scope::Public => Tlp::Clear,
            Scope::Restricted | Scope::Private => Tlp::Amber,
        })
    }

    /// The headline, or else the event, in the first of `languages` that the alert speaks, else in the
    /// language it begins with; `None` if it has no info at all.
    #[must_use]
    pub fn title(&self, languages: &[&str]) -> Option<&str> {
        let info = self.info_in(languages)?;
        Some(info.headline.as_deref().unwrap_or(&info.event))
    }

    /// The first area of the info that [`Self::title`] shows to the two services, or of any other.
    #[must_use]
    pub fn place(&self) -> Option<Place<'_>> {
        let preferred = self.info_in(&LANGUAGES).into_iter();
        let area = preferred.chain(&self.infos).find_map(|info| info.areas.first())?;
        // The words of one language may stand without a shape that another language's area has.
        let areas = self.infos.iter().flat_map(|info| &info.areas);
        let point = std::iter::once(area).chain(areas).find_map(middle);
        Some(Place { name: &area.area_desc, point })
    }

    fn info_in(&self, languages: &[&str]) -> Option<&Info> {
        let speaks = |info: &Info, language: &str| match &info.language {
            Some(tag) => tag.is(language),
            None => super::Language::cap_default().is(language),
        };
        let wanted =
            languages.iter().find_map(|language| self.infos.iter().find(|info| speaks(info, language)));
        wanted.or_else(|| self.infos.first())
    }
}

fn middle(area: &Area) -> Option<Point> {
    let circle = area.circles.first().map(|circle| circle.centre());
    circle.or_else(|| area.polygons.first()?.0.first().copied())
}

/// The first `TLP:` label of `restriction` that is not one of TLP 2.0.
pub(super) fn unknown_tlp_label(restriction: &str) -> Option<String> {
    labels(restriction).into_iter().find_map(Result::err)
}

/// Every `TLP:` label of a text, in any case; `WHITE` is TLP 1.0's name of `CLEAR`.
fn labels(text: &str) -> Vec<Result<Tlp, String>> {
    let upper = text.to_ascii_uppercase();
    upper.match_indices("TLP:").map(|(at, _)| label(&upper[at + 4..])).collect()
}

fn label(after: &str) -> Result<Tlp, String> {
    let after = after.trim_start();
    let end = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
    let (word, rest) = after.split_at(end);
    // `AMBER STRICT` and the like can only mean the stricter label; reading AMBER would leak.
    let strict = rest.trim_start_matches(['+', '-', '_', ' ']).starts_with("STRICT");
    match (word, strict) {
        ("AMBER", true) => Ok(Tlp::AmberStrict),
        ("AMBER", false) if !rest.starts_with('+') => Ok(Tlp::Amber),
        ("WHITE" | "CLEAR", _) => Ok(Tlp::Clear),
        ("GREEN", _) => Ok(Tlp::Green),
        ("RED", _) => Ok(Tlp::Red),
        _ => Err(format!("TLP:{word}{}", if rest.starts_with('+') { "+" } else { "" })),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::sample;
    use super::*;

    #[test]
    fn status_maps_to_mode_and_drafts_are_not_sendable() {
        let with = |status| Alert { status, ..sample() }.mode();
        assert_eq!(with(Status::Actual), Ok(Mode::Actual));
        assert_eq!(with(Status::Exercise), Ok(Mode::Exercise));
        assert_eq!(with(Status::Test), Ok(Mode::Test));
        for status in [Status::Draft, Status::System] {
            assert_eq!(with(status).unwrap_err().element, "alert/status");
        }
    }

    #[test]
    fn the_most_urgent_info_decides_the_priority() {
        let mut alert = sample();
        assert_eq!(alert.priority(), Priority::Priority);
        alert.infos[1].urgency = Urgency::Immediate;
        assert_eq!(alert.priority(), Priority::Urgent);
        alert.infos.clear();
        assert_eq!(alert.priority(), Priority::Routine);
    }

    #[test]
    fn an_alert_expires_with_its_last_info_or_never() {
        let mut alert = sample();
        assert_eq!(alert.expires(), None, "the second info has no end");
        alert.infos[1].expires = Some("2026-01-20T10:00:00-00:00".parse().unwrap());
        assert_eq!(alert.expires().unwrap().to_string(), "2026-01-20T10:00:00Z");
        alert.infos.clear();
        assert_eq!(alert.expires(), None);
    }

    #[test]
    fn tlp_comes_from_the_restriction_and_else_from_the_scope() {
        let with = |scope, restriction: Option<&str>| {
            Alert { scope, restriction: restriction.map(str::to_owned), ..sample() }.tlp()
        };
        assert_eq!(with(Scope::Public, None), Tlp::Clear);
        assert_eq!(with(Scope::Private, None), Tlp::Amber);
        assert_eq!(with(Scope::Restricted, Some("police only")), Tlp::Amber);
        for (text, tlp) in [
            ("TLP:AMBER+STRICT; H2", Tlp::AmberStrict),
            ("tlp: amber strict", Tlp::AmberStrict),
            ("TLP:AMBER", Tlp::Amber),
            ("TLP:GREEN or TLP:RED", Tlp::Red),
            ("TLP:WHITE", Tlp::Clear),
        ] {
            assert_eq!(with(Scope::Restricted, Some(text)), tlp, "{text}");
        }
    }

    #[test]
    fn unknown_tlp_labels_are_named() {
        assert_eq!(unknown_tlp_label("TLP:PURPLE"), Some("TLP:PURPLE".to_owned()));
        assert_eq!(unknown_tlp_label("TLP:AMBER+LOOSE"), Some("TLP:AMBER+".to_owned()));
        assert_eq!(unknown_tlp_label("TLP:AMBER, police"), None);
    }

    #[test]
    fn the_title_follows_the_readers_language() {
        let mut alert = sample();
        assert_eq!(alert.title(&["ar", "fr"]), Some("تنبيه: سرقة قطيع"));
        assert_eq!(alert.title(&LANGUAGES), Some("Troupeau volé signalé"));
        assert_eq!(alert.title(&["de"]), Some("Troupeau volé signalé"));
        alert.infos[0].headline = None;
        assert_eq!(alert.title(&LANGUAGES), Some("Vol de bétail"));
        alert.infos.clear();
        assert_eq!(alert.title(&LANGUAGES), None);
    }

    #[test]
    fn the_place_has_words_and_a_point_where_there_is_one() {
        let mut alert = sample();
        let place = alert.place().unwrap();
        assert_eq!((place.name, place.point.unwrap().to_string()), ("Adel Bagrou", "15.495,-7.03".into()));
        alert.infos[0].areas.clear();
        assert_eq!(alert.place().unwrap(), Place { name: "عدل بكرو", point: None });
        alert.infos.clear();
        assert_eq!(alert.place(), None);
    }
}
