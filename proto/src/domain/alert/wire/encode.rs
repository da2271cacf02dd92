//! The way out: from the parsed alert to the generated message. Nothing here can fail.

use super::{PbAlert, pb};
use crate::domain::alert::{
    Alert, Area, CapTime, Circle, Height, Info, LocalOffset, NameValue, Polygon, Reference, Resource,
};

/// A list in the form of the wire.
fn all<'a, T: 'a, U: From<&'a T>>(list: &'a [T]) -> Vec<U> {
    list.iter().map(U::from).collect()
}

fn numbers<T: Copy + Into<i32>>(words: &[T]) -> Vec<i32> {
    words.iter().map(|word| (*word).into()).collect()
}

impl From<&Alert> for PbAlert {
    fn from(alert: &Alert) -> Self {
        Self {
            identifier: alert.identifier.clone(),
            sender: alert.sender.clone(),
            sent: Some(alert.sent.into()),
            status: alert.status.into(),
            msg_type: alert.msg_type.into(),
            source: alert.source.clone(),
            scope: alert.scope.into(),
            restriction: alert.restriction.clone(),
            addresses: alert.addresses.clone(),
            code: alert.codes.clone(),
            note: alert.note.clone(),
            references: all(&alert.references),
            incidents: alert.incidents.clone(),
            info: all(&alert.infos),
        }
    }
}

impl From<CapTime> for pb::Time {
    fn from(time: CapTime) -> Self {
        let offset_minutes = match time.offset() {
            LocalOffset::Unstated => None,
            LocalOffset::Minutes(minutes) => Some(minutes.into()),
        };
        Self { seconds: time.instant().seconds(), offset_minutes }
    }
}

impl From<&Reference> for pb::Reference {
    fn from(reference: &Reference) -> Self {
        Self {
            sender: reference.sender.clone(),
            identifier: reference.identifier.clone(),
            sent: Some(reference.sent.into()),
        }
    }
}

impl From<&Info> for pb::Info {
    fn from(info: &Info) -> Self {
        Self {
            language: info.language.clone().map(String::from),
            category: numbers(&info.categories),
            event: info.event.clone(),
            response_type: numbers(&info.response_types),
            urgency: info.urgency.into(),
            severity: info.severity.into(),
            certainty: info.certainty.into(),
            audience: info.audience.clone(),
            event_code: all(&info.event_codes),
            effective: info.effective.map(pb::Time::from),
            onset: info.onset.map(pb::Time::from),
            expires: info.expires.map(pb::Time::from),
            sender_name: info.sender_name.clone(),
            headline: info.headline.clone(),
            description: info.description.clone(),
            instruction: info.instruction.clone(),
            web: info.web.clone(),
            contact: info.contact.clone(),
            parameter: all(&info.parameters),
            resource: all(&info.resources),
            area: all(&info.areas),
        }
    }
}

impl From<&NameValue> for pb::NameValue {
    fn from(value: &NameValue) -> Self {
        Self { value_name: value.value_name.clone(), value: value.value.clone() }
    }
}

impl From<&Resource> for pb::Resource {
    fn from(resource: &Resource) -> Self {
        Self {
            resource_desc: resource.resource_desc.clone(),
            mime_type: resource.mime_type.clone(),
            size: resource.size,
            uri: resource.uri.clone(),
            deref_uri: resource.embedded.as_ref().map(|embedded| embedded.0.clone()),
            digest: resource.digest.clone(),
        }
    }
}

impl From<&Area> for pb::Area {
    fn from(area: &Area) -> Self {
        Self {
            area_desc: area.area_desc.clone(),
            polygon: all(&area.polygons),
            circle: all(&area.circles),
            geocode: all(&area.geocodes),
            altitude_mft: area.altitude.map(Height::millifeet),
            ceiling_mft: area.ceiling.map(Height::millifeet),
        }
    }
}

impl From<&Polygon> for pb::Polygon {
    fn from(polygon: &Polygon) -> Self {
        let (lat_e7, lon_e7) = polygon.0.iter().map(|point| (point.lat_e7(), point.lon_e7())).unzip();
        Self { lat_e7, lon_e7 }
    }
}

impl From<&Circle> for pb::Circle {
    fn from(circle: &Circle) -> Self {
        let centre = circle.centre();
        Self { lat_e7: centre.lat_e7(), lon_e7: centre.lon_e7(), radius_mm: circle.radius_mm() }
    }
}
