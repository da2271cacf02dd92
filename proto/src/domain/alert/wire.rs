//! The signed form: `karakoro.v1.Alert`, read strictly.

use std::fmt;

use prost::Message as _;
use thiserror::Error;

use super::limits::MAX_ALERT_BYTES;
use super::{
    Alert, Area, CapTime, Circle, Embedded, Height, Info, Language, LocalOffset, NameValue, Point, Polygon,
    Reference, Resource,
};
use crate::domain::UnknownNumber;
use crate::domain::fault::{Finding, Path, ValueError};
use crate::time::UnixMillis;
use crate::wire::pb::alert as pb;
use crate::wire::{WireError, decode_canonical, pb::Alert as PbAlert};

/// Bytes that are not an acceptable alert. Fields are named as the message has them, counted from
/// zero: `info[1].area[0].circle[0]`.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum AlertError {
    /// More bytes than an alert may have.
    #[error("the alert has {0} bytes; at most {MAX_ALERT_BYTES} are read")]
    Oversize(usize),
    /// More fields and entries than an alert may have.
    #[error("the alert has too many parts")]
    TooManyParts,
    /// Not the canonical encoding of the message.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// A field holds what no field of its kind may.
    #[error("{path}: {problem}")]
    Field {
        /// Which.
        path: String,
        /// Why.
        problem: String,
    },
    /// Every field can be read, but the content breaks the rules of [`Alert::validate`].
    #[error("{}", Listed(.0))]
    Content(Vec<(String, ValueError)>),
}

/// The first of the faults, and how many more there are.
struct Listed<'a>(&'a [(String, ValueError)]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(((path, error), more)) = self.0.split_first() else { return f.write_str("no fault") };
        write!(f, "{path}: {error}")?;
        if more.is_empty() { Ok(()) } else { write!(f, " (and {} more)", more.len()) }
    }
}

impl Alert {
    /// The bytes that are signed, stored and sent. Only those of an alert that [`Self::validate`]
    /// finds nothing in are decoded again.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        PbAlert::from(self).encode_to_vec()
    }

    /// Reads what [`Self::encode`] wrote, and nothing else.
    ///
    /// # Errors
    /// When the bytes are too many, not the one encoding of their content, hold an unknown or
    /// unspecified value, or break a rule of [`Self::validate`].
    pub fn decode(bytes: &[u8]) -> Result<Self, AlertError> {
        if bytes.len() > MAX_ALERT_BYTES {
            return Err(AlertError::Oversize(bytes.len()));
        }
        if !guard::few_parts(bytes) {
            return Err(AlertError::TooManyParts);
        }
        let alert = read_alert(decode_canonical(bytes)?)?;
        let findings = alert.findings(bytes.len());
        if findings.is_empty() {
            return Ok(alert);
        }
        let named = |finding: Finding| (finding.path.field(), finding.error);
        Err(AlertError::Content(findings.into_iter().take(super::limits::MAX_FAULTS).map(named).collect()))
    }

    pub(crate) fn encoded_len(&self) -> usize {
        PbAlert::from(self).encoded_len()
    }
}

fn refused(path: &Path, problem: impl fmt::Display) -> AlertError {
    AlertError::Field { path: path.field(), problem: problem.to_string() }
}

fn read_alert(alert: PbAlert) -> Result<Alert, AlertError> {
    let at = Path::alert();
    Ok(Alert {
        identifier: alert.identifier,
        sender: alert.sender,
        sent: required_time(&at.child("sent"), alert.sent)?,
        status: word(&at.child("status"), alert.status)?,
        msg_type: word(&at.child("msgType"), alert.msg_type)?,
        source: alert.source,
        scope: word(&at.child("scope"), alert.scope)?,
        restriction: alert.restriction,
        addresses: alert.addresses,
        codes: alert.code,
        note: alert.note,
        references: each(&at, "references", alert.references, read_reference)?,
        incidents: alert.incidents,
        infos: each(&at, "info", alert.info, read_info)?,
    })
}

/// Reads a list, each entry under its own path.
fn each<T, U>(
    at: &Path,
    name: &'static str,
    entries: Vec<T>,
    read: impl Fn(&Path, T) -> Result<U, AlertError>,
) -> Result<Vec<U>, AlertError> {
    let read = |(index, entry)| read(&at.item(name, index), entry);
    entries.into_iter().enumerate().map(read).collect()
}

fn word<T: TryFrom<i32, Error = UnknownNumber>>(at: &Path, number: i32) -> Result<T, AlertError> {
    T::try_from(number).map_err(|error| refused(at, error))
}

fn read_time(at: &Path, time: pb::Time) -> Result<CapTime, AlertError> {
    let offset = match time.offset_minutes {
        None => Some(LocalOffset::Unstated),
        Some(minutes) => i16::try_from(minutes).ok().map(LocalOffset::Minutes),
    };
    let instant = UnixMillis::from_seconds(time.seconds);
    let time = instant.zip(offset).and_then(|(instant, offset)| CapTime::new(instant, offset));
    time.ok_or_else(|| refused(at, "out of range (years 1970 to 9999, offsets to 14 hours)"))
}

fn required_time(at: &Path, time: Option<pb::Time>) -> Result<CapTime, AlertError> {
    read_time(at, time.ok_or_else(|| refused(at, "is missing"))?)
}

fn optional_time(at: &Path, time: Option<pb::Time>) -> Result<Option<CapTime>, AlertError> {
    time.map(|time| read_time(at, time)).transpose()
}

fn read_reference(at: &Path, reference: pb::Reference) -> Result<Reference, AlertError> {
    let sent = required_time(&at.child("sent"), reference.sent)?;
    Ok(Reference { sender: reference.sender, identifier: reference.identifier, sent })
}

fn read_info(at: &Path, info: pb::Info) -> Result<Info, AlertError> {
    let language =
        |tag: String| tag.parse::<Language>().map_err(|error| refused(&at.child("language"), error));
    Ok(Info {
        language: info.language.map(language).transpose()?,
        categories: each(at, "category", info.category, word)?,
        event: info.event,
        response_types: each(at, "responseType", info.response_type, word)?,
        urgency: word(&at.child("urgency"), info.urgency)?,
        severity: word(&at.child("severity"), info.severity)?,
        certainty: word(&at.child("certainty"), info.certainty)?,
        audience: info.audience,
        event_codes: info.event_code.into_iter().map(read_value).collect(),
        effective: optional_time(&at.child("effective"), info.effective)?,
        onset: optional_time(&at.child("onset"), info.onset)?,
        expires: optional_time(&at.child("expires"), info.expires)?,
        sender_name: info.sender_name,
        headline: info.headline,
        description: info.description,
        instruction: info.instruction,
        web: info.web,
        contact: info.contact,
        parameters: info.parameter.into_iter().map(read_value).collect(),
        resources: info.resource.into_iter().map(read_resource).collect(),
        areas: each(at, "area", info.area, read_area)?,
    })
}

fn read_area(at: &Path, area: pb::Area) -> Result<Area, AlertError> {
    let height = |name, value: Option<i64>| {
        let read =
            |value| Height::from_millifeet(value).ok_or_else(|| refused(&at.child(name), "out of range"));
        value.map(read).transpose()
    };
    Ok(Area {
        area_desc: area.area_desc,
        polygons: each(at, "polygon", area.polygon, read_polygon)?,
        circles: each(at, "circle", area.circle, read_circle)?,
        geocodes: area.geocode.into_iter().map(read_value).collect(),
        altitude: height("altitude", area.altitude_mft)?,
        ceiling: height("ceiling", area.ceiling_mft)?,
    })
}

fn read_polygon(at: &Path, polygon: pb::Polygon) -> Result<Polygon, AlertError> {
    if polygon.lat_e7.len() != polygon.lon_e7.len() {
        return Err(refused(at, "has more latitudes than longitudes, or fewer"));
    }
    let pairs = polygon.lat_e7.into_iter().zip(polygon.lon_e7);
    let point = |(lat, lon)| Point::from_e7(lat, lon).ok_or_else(|| refused(at, "has a point out of range"));
    pairs.map(point).collect::<Result<_, _>>().map(Polygon)
}

fn read_circle(at: &Path, circle: pb::Circle) -> Result<Circle, AlertError> {
    let centre = Point::from_e7(circle.lat_e7, circle.lon_e7);
    let circle = centre.and_then(|centre| Circle::new(centre, circle.radius_mm));
    circle.ok_or_else(|| refused(at, "has a centre or radius out of range"))
}

fn read_value(value: pb::NameValue) -> NameValue {
    NameValue { value_name: value.value_name, value: value.value }
}

fn read_resource(resource: pb::Resource) -> Resource {
    Resource {
        resource_desc: resource.resource_desc,
        mime_type: resource.mime_type,
        size: resource.size,
        uri: resource.uri,
        embedded: resource.deref_uri.map(Embedded),
        digest: resource.digest,
    }
}

mod encode;
mod guard;

#[cfg(test)]
mod tests;
