//! From an alert to the text of a CAP 1.2 file, and who may have one.
//!
//! The text says what the alert says, element for element, in the order of [`super::schema`]. Its way out of
//! the house is the gate of [`write()`] and [`export`]: a system that reads CAP obeys `scope` and knows nothing of
//! the labels of TLP, so the scope has to be as narrow as the label.

use std::fmt::Display;

use thiserror::Error;

use super::{NAMESPACE, list};
use crate::domain::alert::{Alert, Area, Info, NameValue, Resource, Scope, Status};
use crate::domain::fault::Fault;
use crate::domain::xml::Writer;
use crate::domain::{Mode, Tlp};
use crate::envelope::Header;

/// An alert that does not become a CAP file.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum WriteError {
    /// It breaks the rules that every alert obeys.
    #[error("the alert has {} faults, the first: {}", .0.len(), first(.0))]
    Faults(Vec<Fault>),
    /// Readers of CAP would pass it on further than its handling allows.
    #[error("the alert is {tlp}, but its scope is {scope}; expected {}", narrow_enough(*tlp))]
    Scope {
        /// How it is to be handled.
        tlp: Tlp,
        /// Whom it tells other systems to show it to.
        scope: Scope,
    },
    /// The alert and the header of its message do not agree on whether it is meant.
    #[error("the alert says {status}, the header of its message {mode}; expected the same")]
    Mode {
        /// What the alert says.
        status: Status,
        /// What the header says.
        mode: Mode,
    },
}

fn first(faults: &[Fault]) -> String {
    faults.first().map(ToString::to_string).unwrap_or_default()
}

fn narrow_enough(tlp: Tlp) -> &'static str {
    match tlp {
        Tlp::Clear => "any scope",
        Tlp::Green | Tlp::Amber | Tlp::AmberStrict => {
            "Restricted with its restriction, or Private with addresses"
        }
        Tlp::Red => "Private, with the addresses of those who may see it",
    }
}

/// Writes an alert as CAP 1.2, in UTF-8. [`super::read`] gives the same alert back, but for white space at
/// the two ends of a text, which it drops.
///
/// # Errors
/// When the alert breaks a rule, or when its scope is wider than its own TLP label.
pub fn write(alert: &Alert) -> Result<String, WriteError> {
    gated(alert, alert.tlp())
}

/// Writes the alert of a message as CAP 1.2, as [`write()`] does.
///
/// # Errors
/// As [`write()`], where the stricter label of header and alert counts; and when the header says otherwise than the
/// alert whether it is meant: an exercise must never leave as the real thing.
pub fn export(header: &Header, alert: &Alert) -> Result<String, WriteError> {
    if alert.mode() != Ok(header.mode) {
        return Err(WriteError::Mode { status: alert.status, mode: header.mode });
    }
    gated(alert, alert.tlp().max(header.tlp))
}

fn gated(alert: &Alert, tlp: Tlp) -> Result<String, WriteError> {
    let faults = alert.validate();
    if !faults.is_empty() {
        return Err(WriteError::Faults(faults));
    }
    let narrow = match tlp {
        Tlp::Clear => true,
        Tlp::Green | Tlp::Amber | Tlp::AmberStrict => alert.scope != Scope::Public,
        Tlp::Red => alert.scope == Scope::Private,
    };
    if narrow { Ok(document(alert)) } else { Err(WriteError::Scope { tlp, scope: alert.scope }) }
}

/// The text of a valid alert.
pub(super) fn document(alert: &Alert) -> String {
    let mut xml = Writer::new("UTF-8");
    xml.parent("alert", &[("xmlns", &NAMESPACE)], |xml| content(xml, alert));
    xml.finish()
}

// The fields are taken apart by name: one that is added to the alert cannot be forgotten here.
fn content(xml: &mut Writer, alert: &Alert) {
    let Alert {
        identifier,
        sender,
        sent,
        status,
        msg_type,
        source,
        scope,
        restriction,
        addresses,
        codes,
        note,
        references,
        incidents,
        infos,
    } = alert;
    xml.leaf("identifier", identifier);
    xml.leaf("sender", sender);
    xml.leaf("sent", sent);
    xml.leaf("status", status);
    xml.leaf("msgType", msg_type);
    maybe(xml, "source", source.as_ref());
    xml.leaf("scope", scope);
    maybe(xml, "restriction", restriction.as_ref());
    maybe(xml, "addresses", list::join_names(addresses));
    each(xml, "code", codes);
    maybe(xml, "note", note.as_ref());
    maybe(xml, "references", list::join_references(references));
    maybe(xml, "incidents", list::join_names(incidents));
    infos.iter().for_each(|info| xml.parent("info", &[], |xml| write_info(xml, info)));
}

fn write_info(xml: &mut Writer, info: &Info) {
    let Info {
        language,
        categories,
        event,
        response_types,
        urgency,
        severity,
        certainty,
        audience,
        event_codes,
        effective,
        onset,
        expires,
        sender_name,
        headline,
        description,
        instruction,
        web,
        contact,
        parameters,
        resources,
        areas,
    } = info;
    maybe(xml, "language", language.as_ref());
    each(xml, "category", categories);
    xml.leaf("event", event);
    each(xml, "responseType", response_types);
    xml.leaf("urgency", urgency);
    xml.leaf("severity", severity);
    xml.leaf("certainty", certainty);
    maybe(xml, "audience", audience.as_ref());
    values(xml, "eventCode", event_codes);
    maybe(xml, "effective", effective.as_ref());
    maybe(xml, "onset", onset.as_ref());
    maybe(xml, "expires", expires.as_ref());
    maybe(xml, "senderName", sender_name.as_ref());
    maybe(xml, "headline", headline.as_ref());
    maybe(xml, "description", description.as_ref());
    maybe(xml, "instruction", instruction.as_ref());
    maybe(xml, "web", web.as_ref());
    maybe(xml, "contact", contact.as_ref());
    values(xml, "parameter", parameters);
    resources.iter().for_each(|resource| xml.line("resource", |xml| write_resource(xml, resource)));
    areas.iter().for_each(|area| xml.parent("area", &[], |xml| write_area(xml, area)));
}

fn write_resource(xml: &mut Writer, resource: &Resource) {
    let Resource { resource_desc, mime_type, size, uri, embedded, digest } = resource;
    xml.leaf("resourceDesc", resource_desc);
    xml.leaf("mimeType", mime_type);
    maybe(xml, "size", size.as_ref());
    maybe(xml, "uri", uri.as_ref());
    maybe(xml, "derefUri", embedded.clone().map(String::from));
    maybe(xml, "digest", digest.as_ref());
}

fn write_area(xml: &mut Writer, area: &Area) {
    let Area { area_desc, polygons, circles, geocodes, altitude, ceiling } = area;
    xml.leaf("areaDesc", area_desc);
    each(xml, "polygon", polygons);
    each(xml, "circle", circles);
    values(xml, "geocode", geocodes);
    maybe(xml, "altitude", altitude.as_ref());
    maybe(xml, "ceiling", ceiling.as_ref());
}

fn values(xml: &mut Writer, name: &str, values: &[NameValue]) {
    for NameValue { value_name, value } in values {
        xml.line(name, |xml| {
            xml.leaf("valueName", value_name);
            xml.leaf("value", value);
        });
    }
}

fn maybe(xml: &mut Writer, name: &str, value: Option<impl Display>) {
    if let Some(value) = value {
        xml.leaf(name, value);
    }
}

fn each(xml: &mut Writer, name: &str, values: &[impl Display]) {
    values.iter().for_each(|value| xml.leaf(name, value));
}

#[cfg(test)]
mod tests;
