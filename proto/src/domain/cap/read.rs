//! From the XML tree to the alert, element by element, with all faults collected.
//!
//! An element that cannot be read leaves a placeholder, so that its neighbours keep their numbers; the
//! alert is handed out only if there was no fault at all.

use roxmltree::{Document, Node};

use super::list;
use super::report::Report;
use super::schema;
use super::source::Lines;
use super::{Fault, NAMESPACE, Reading};
use crate::domain::alert::{
    Alert, Area, CapTime, Category, Certainty, Circle, Embedded, Info, LocalOffset, MsgType, NameValue,
    Point, Polygon, Resource, ResponseType, Scope, Severity, Status, Urgency,
};
use crate::domain::fault::{Path, ValueError, excerpt};
use crate::time::UnixMillis;

mod element;

use element::Element;

/// What all versions of CAP have in front of their number.
const NAMESPACE_STEM: &str = "urn:oasis:names:tc:emergency:cap:";

pub(super) fn document(document: &Document<'_>, text: &str) -> Result<Reading, Vec<Fault>> {
    let mut report = Report::new(Lines::of(text));
    let root = document.root_element();
    if !is_alert(root, &mut report) {
        return Err(report.into_faults());
    }
    instructions(document, &mut report);
    let alert = alert(&Element::new(root, Path::alert(), &mut report), &mut report);
    report.findings(alert.findings(alert.encoded_len()));
    let notices = std::mem::take(&mut report.notices);
    let faults = report.into_faults();
    if faults.is_empty() { Ok(Reading { alert, notices }) } else { Err(faults) }
}

/// Whether the root is an alert of any version, so that reading on makes sense. A version other than 1.2
/// is a fault of its own.
fn is_alert(root: Node<'_, '_>, report: &mut Report) -> bool {
    let line = report.lines.at(root.range().start);
    let (name, namespace) = (root.tag_name().name(), root.tag_name().namespace());
    if namespace != Some(NAMESPACE) {
        let message = match namespace.map(|namespace| (namespace, namespace.strip_prefix(NAMESPACE_STEM))) {
            Some((_, Some(version))) => format!("is of CAP {}, by its namespace", excerpt(version)),
            Some((other, None)) => format!("has the namespace `{}`", excerpt(other)),
            None => "has no namespace".to_owned(),
        };
        report.fault("alert".into(), line, ValueError::new(message, format!("the namespace `{NAMESPACE}`")));
    }
    if name != "alert" {
        let message = format!("the file holds `{}`", excerpt(name));
        report.fault(excerpt(name), line, ValueError::new(message, "one `alert`"));
    }
    name == "alert"
}

fn instructions(document: &Document<'_>, report: &mut Report) {
    if let Some(node) = document.descendants().find(Node::is_pi) {
        let line = report.lines.at(node.range().start);
        report.notices.push(format!("line {line}: a processing instruction is present; it is not followed"));
    }
}

fn alert(at: &Element<'_>, report: &mut Report) -> Alert {
    let children = at.arrange(schema::ALERT, report);
    if let Some(node) = children.signature {
        let line = report.lines.at(node.range().start);
        let notice = format!("line {line}: an XML signature is present; it is neither checked nor carried");
        report.notices.push(notice);
    }
    Alert {
        identifier: children.exact("identifier", report),
        sender: children.exact("sender", report),
        sent: children.time("sent", report).unwrap_or_else(epoch),
        status: children.word("status", report).unwrap_or(Status::Actual),
        msg_type: children.word("msgType", report).unwrap_or(MsgType::Alert),
        source: children.text("source", report),
        scope: children.word("scope", report).unwrap_or(Scope::Public),
        restriction: children.text("restriction", report),
        addresses: children.listed("addresses", list::names, report),
        codes: children.texts("code", report),
        note: children.text("note", report),
        references: children.listed("references", list::references, report),
        incidents: children.listed("incidents", list::names, report),
        infos: children.each("info", info, report),
    }
}

/// The placeholder of a time that could not be read.
fn epoch() -> CapTime {
    CapTime::new(UnixMillis::default(), LocalOffset::Unstated).expect("the epoch is a whole second")
}

fn info(at: &Element<'_>, report: &mut Report) -> Info {
    let children = at.arrange(schema::INFO, report);
    Info {
        language: children.parsed_if_any("language", str::parse, report),
        categories: children.each(
            "category",
            |at, report| at.word(report).unwrap_or(Category::Other),
            report,
        ),
        event: children.required("event", report),
        response_types: children.each("responseType", response_type, report),
        urgency: children.word("urgency", report).unwrap_or(Urgency::Unknown),
        severity: children.word("severity", report).unwrap_or(Severity::Unknown),
        certainty: children.word("certainty", report).unwrap_or(Certainty::Unknown),
        audience: children.text("audience", report),
        event_codes: children.each("eventCode", name_value, report),
        effective: children.time("effective", report),
        onset: children.time("onset", report),
        expires: children.time("expires", report),
        sender_name: children.text("senderName", report),
        headline: children.text("headline", report),
        description: children.text("description", report),
        instruction: children.text("instruction", report),
        web: children.text("web", report),
        contact: children.text("contact", report),
        parameters: children.each("parameter", name_value, report),
        resources: children.each("resource", resource, report),
        areas: children.each("area", area, report),
    }
}

fn response_type(at: &Element<'_>, report: &mut Report) -> ResponseType {
    at.word(report).unwrap_or(ResponseType::None)
}

fn name_value(at: &Element<'_>, report: &mut Report) -> NameValue {
    let children = at.arrange(schema::NAME_VALUE, report);
    NameValue {
        value_name: children.required("valueName", report),
        value: children.required("value", report),
    }
}

fn resource(at: &Element<'_>, report: &mut Report) -> Resource {
    let children = at.arrange(schema::RESOURCE, report);
    let resource = Resource {
        resource_desc: children.required("resourceDesc", report),
        mime_type: children.required("mimeType", report),
        size: children.parsed("size", size, report),
        uri: children.text("uri", report),
        embedded: children.parsed_if_any("derefUri", Embedded::from_base64, report),
        digest: children.text("digest", report),
    };
    if resource.digest.is_some() {
        report.notices.push(format!("{}/digest is carried, but not checked", at.path));
    }
    resource
}

fn size(text: &str) -> Result<u64, ValueError> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let wrong = || ValueError::new(format!("`{}` is not a size", excerpt(text)), "a whole number of bytes");
    if digits.starts_with('+') { Err(wrong()) } else { digits.parse().map_err(|_| wrong()) }
}

fn area(at: &Element<'_>, report: &mut Report) -> Area {
    let children = at.arrange(schema::AREA, report);
    let nowhere = || Point::from_e7(0, 0).and_then(|point| Circle::new(point, 0));
    Area {
        area_desc: children.required("areaDesc", report),
        polygons: children.shapes("polygon", Some(Polygon::default()), report),
        circles: children.shapes("circle", nowhere(), report),
        geocodes: children.each("geocode", name_value, report),
        altitude: children.parsed("altitude", str::parse, report),
        ceiling: children.parsed("ceiling", str::parse, report),
    }
}
