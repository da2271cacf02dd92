//! Alerts for tests: one by hand, and any number by chance. All names are made up.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use super::{
    Alert, Area, CapTime, Category, Certainty, Circle, Embedded, Height, Info, LocalOffset, MsgType,
    NameValue, Point, Polygon, Reference, Resource, ResponseType, Scope, Severity, Status, Urgency,
};
use crate::time::UnixMillis;

/// A valid alert in two languages that uses most fields.
pub(crate) fn sample() -> Alert {
    Alert {
        identifier: "urn:uuid:0190f3c2-7d4e-7a11-9c55-3f0f2d1a8b01".into(),
        sender: "hq.dst@mr.border.example".into(),
        sent: "2026-01-15T10:04:05-00:00".parse().unwrap(),
        status: Status::Exercise,
        msg_type: MsgType::Alert,
        source: Some("MR-HQ".into()),
        scope: Scope::Restricted,
        restriction: Some("TLP:AMBER+STRICT; H2".into()),
        addresses: vec![],
        codes: vec!["profile:karakoro:1.0".into()],
        note: Some("Training scenario".into()),
        references: vec![Reference {
            sender: "hq.dst@mr.border.example".into(),
            identifier: "urn:uuid:0190f3c2-0000-7a11-9c55-3f0f2d1a8b01".into(),
            sent: "2026-01-14T10:04:05+01:00".parse().unwrap(),
        }],
        incidents: vec!["MR-2026-000123".into()],
        infos: vec![french(), arabic()],
    }
}

fn french() -> Info {
    Info {
        language: Some("fr".parse().unwrap()),
        categories: vec![Category::Security],
        event: "Vol de bétail".into(),
        response_types: vec![ResponseType::Monitor],
        event_codes: vec![name_value("karakoro:event:1", "CATTLE_THEFT")],
        expires: Some("2026-01-18T10:00:00-00:00".parse().unwrap()),
        headline: Some("Troupeau volé signalé".into()),
        description: Some("Environ 40 bovins.\nDirection sud.".into()),
        resources: vec![Resource {
            resource_desc: "voix".into(),
            mime_type: "audio/mpeg".into(),
            size: Some(5),
            uri: None,
            embedded: Some(Embedded("hello".into())),
            digest: None,
        }],
        areas: vec![Area {
            area_desc: "Adel Bagrou".into(),
            polygons: vec!["15.4,-7.1 15.4,-6.9 15.6,-6.9 15.4,-7.1".parse().unwrap()],
            circles: vec!["15.495,-7.03 25.0".parse().unwrap()],
            geocodes: vec![name_value("ISO3166-2", "MR-01")],
            altitude: Some("800".parse().unwrap()),
            ceiling: Some("1200.5".parse().unwrap()),
        }],
        ..arabic()
    }
}

fn arabic() -> Info {
    Info {
        language: Some("ar".parse().unwrap()),
        categories: vec![Category::Security],
        event: "سرقة ماشية".into(),
        response_types: vec![],
        urgency: Urgency::Expected,
        severity: Severity::Moderate,
        certainty: Certainty::Likely,
        audience: None,
        event_codes: vec![],
        effective: None,
        onset: None,
        expires: None,
        sender_name: None,
        headline: Some("تنبيه: سرقة قطيع".into()),
        description: None,
        instruction: None,
        web: None,
        contact: None,
        parameters: vec![],
        resources: vec![],
        areas: vec![Area {
            area_desc: "عدل بكرو".into(),
            polygons: vec![],
            circles: vec![],
            geocodes: vec![],
            altitude: None,
            ceiling: None,
        }],
    }
}

fn name_value(name: &str, value: &str) -> NameValue {
    NameValue { value_name: name.into(), value: value.into() }
}

/// Any valid alert.
pub(crate) fn alerts() -> impl Strategy<Value = Alert> {
    (heads(), vec(infos(), 0..3), vec(texts(), 1..3), vec(texts(), 0..3), of(texts())).prop_map(
        |(mut alert, infos, addresses, incidents, note)| {
            alert.infos = infos;
            alert.addresses = addresses;
            alert.incidents = incidents;
            alert.note = note;
            alert
        },
    )
}

/// The sample without its content, with any words in its first fields.
fn heads() -> impl Strategy<Value = Alert> {
    let words = (select(Status::ALL), select(MsgType::ALL), select(Scope::ALL));
    (tokens(), tokens(), times(), words, vec(texts(), 0..3), of(texts())).prop_map(
        |(identifier, sender, late, (status, msg_type, scope), codes, source)| Alert {
            // Longer than any token, so never the alert itself.
            references: vec![Reference {
                sender: sender.clone(),
                identifier: "reference-to-something-earlier".into(),
                sent: CapTime::new(UnixMillis::default(), late.offset()).unwrap(),
            }],
            identifier,
            sender,
            sent: late,
            status,
            msg_type,
            scope,
            codes,
            source,
            ..sample()
        },
    )
}

fn infos() -> impl Strategy<Value = Info> {
    let words = (select(Urgency::ALL), select(Severity::ALL), select(Certainty::ALL));
    let lists = (vec(select(Category::ALL), 1..4), vec(select(ResponseType::ALL), 0..4));
    let values = (vec(name_values(), 0..3), vec(name_values(), 0..3));
    let parts = (vec(resources(), 0..2), vec(areas(), 0..3));
    let texts = (texts(), of(texts()), of(texts()), of(texts()), of(texts()));
    (words, lists, values, parts, texts, (of(times()), of(times()), any::<bool>())).prop_map(
        |(words, lists, values, parts, texts, (effective, onset, ends))| Info {
            language: Some("ff".parse().unwrap()).filter(|_| ends),
            categories: lists.0,
            response_types: lists.1,
            urgency: words.0,
            severity: words.1,
            certainty: words.2,
            event_codes: values.0,
            parameters: values.1,
            resources: parts.0,
            areas: parts.1,
            event: texts.0,
            audience: texts.1,
            sender_name: texts.2.clone(),
            headline: texts.2,
            description: texts.3,
            instruction: texts.4.clone(),
            contact: texts.4,
            web: Some("https://example.org/?a=1&b=2".into()).filter(|_| ends),
            effective,
            onset,
            expires: CapTime::new(UnixMillis::MAX, LocalOffset::Unstated).filter(|_| ends),
        },
    )
}

fn areas() -> impl Strategy<Value = Area> {
    let heights = (-5_000_i64..0, 0_i64..50_000_000).prop_map(|(low, high)| {
        (Height::from_millifeet(low).unwrap(), Height::from_millifeet(high).unwrap())
    });
    (texts(), vec(polygons(), 0..3), vec(circles(), 0..3), vec(name_values(), 0..3), of(heights)).prop_map(
        |(area_desc, polygons, circles, geocodes, heights)| Area {
            area_desc,
            polygons,
            circles,
            geocodes,
            altitude: heights.map(|(low, _)| low),
            ceiling: heights.map(|(_, high)| high),
        },
    )
}

/// Rectangles anywhere.
fn polygons() -> impl Strategy<Value = Polygon> {
    (-900_000_000..0, 1..900_000_000, -1_800_000_000..0, 1..1_800_000_000).prop_map(
        |(south, north, west, east)| {
            let corners = [(south, west), (north, west), (north, east), (south, east), (south, west)];
            Polygon(corners.iter().map(|(lat, lon)| Point::from_e7(*lat, *lon).unwrap()).collect())
        },
    )
}

fn circles() -> impl Strategy<Value = Circle> {
    (-900_000_000..=900_000_000, -1_800_000_000..=1_800_000_000, 0..=Circle::MAX_RADIUS_MM)
        .prop_map(|(lat, lon, mm)| Circle::new(Point::from_e7(lat, lon).unwrap(), mm).unwrap())
}

fn resources() -> impl Strategy<Value = Resource> {
    (texts(), of(any::<u64>()), of(vec(any::<u8>(), 1..50)), of(texts())).prop_map(
        |(resource_desc, size, embedded, digest)| Resource {
            resource_desc,
            mime_type: "image/png".into(),
            size,
            uri: digest.as_ref().map(|_| "https://example.org/image".into()),
            embedded: embedded.map(|bytes| Embedded(bytes.into())),
            digest,
        },
    )
}

fn name_values() -> impl Strategy<Value = NameValue> {
    (texts(), of(texts()))
        .prop_map(|(value_name, value)| NameValue { value_name, value: value.unwrap_or_default() })
}

fn times() -> impl Strategy<Value = CapTime> {
    let offsets = of(-840_i16..=840).prop_map(|m| m.map_or(LocalOffset::Unstated, LocalOffset::Minutes));
    (0..=UnixMillis::MAX.seconds(), offsets).prop_map(|(seconds, offset)| {
        CapTime::new(UnixMillis::from_seconds(seconds).unwrap(), offset).unwrap()
    })
}

fn tokens() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9:@._-]{1,20}"
}

/// Words in both scripts, with what needs escapes in JSON or XML.
fn texts() -> impl Strategy<Value = String> {
    "[a-zé&>'\\\\/]{1,8}([ \n\t\r][ء-ي🐄a-z0-9]{1,6}){0,2}"
}
