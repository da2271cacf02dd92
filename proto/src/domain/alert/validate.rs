//! The rules that every alert obeys, however it came: from XML, from JSON or from the wire.
//!
//! They are what the schema of CAP 1.2 leaves to its prose (section 3.2) and the limits of
//! [`super::limits`].

use super::limits::{
    MAX_ALERT_BYTES, MAX_AREAS, MAX_EMBEDDED_BYTES, MAX_ENTRIES, MAX_FAULTS, MAX_INFOS, MAX_LIST, MAX_POINTS,
};
use super::summary::unknown_tlp_label;
use super::text::Class;
use super::{Alert, Area, CapTime, Info, MsgType, NameValue, Reference, Resource, Scope};
use crate::domain::fault::{Fault, Finding, Path, ValueError, excerpt};

mod address;
mod script;

/// Schemes whose addresses a browser would run instead of opening.
const RUN_SCHEMES: [&str; 3] = ["javascript:", "vbscript:", "data:"];

impl Alert {
    /// Everything wrong with this alert; empty when it may be sent, stored and shown.
    ///
    /// At most [`MAX_FAULTS`] are listed. Their lines are 0: an alert knows no text.
    #[must_use]
    pub fn validate(&self) -> Vec<Fault> {
        self.findings(self.encoded_len()).into_iter().take(MAX_FAULTS).map(Fault::from).collect()
    }

    /// Everything wrong with an alert that has so many bytes when encoded.
    pub(crate) fn findings(&self, encoded_len: usize) -> Vec<Finding> {
        let rings = count_points(self) <= MAX_POINTS;
        let mut check = Check { findings: Vec::new(), encoded_len, rings };
        check.alert(self);
        check.findings
    }
}

/// The findings so far.
struct Check {
    findings: Vec<Finding>,
    encoded_len: usize,
    /// Whether polygons are few enough for the check of crossing lines.
    rings: bool,
}

impl Check {
    fn alert(&mut self, alert: &Alert) {
        let at = Path::alert();
        self.size(&at, alert);
        self.required(&at.child("identifier"), Class::Token, &alert.identifier);
        self.required(&at.child("sender"), Class::Token, &alert.sender);
        self.optional(&at.child("source"), Class::Name, alert.source.as_deref());
        self.optional(&at.child("restriction"), Class::Name, alert.restriction.as_deref());
        self.restriction(&at, alert);
        self.names(&at, "addresses", &alert.addresses);
        self.names(&at, "code", &alert.codes);
        self.optional(&at.child("note"), Class::Free, alert.note.as_deref());
        self.references(&at, alert);
        self.names(&at, "incidents", &alert.incidents);
        self.scope(&at, alert);
        self.limit(&at.child("info"), alert.infos.len(), MAX_INFOS);
        for (index, info) in alert.infos.iter().enumerate() {
            self.info(&at.item("info", index), info, alert.sent);
        }
    }

    /// What holds for the alert as a whole.
    fn size(&mut self, at: &Path, alert: &Alert) {
        let bytes = self.encoded_len;
        if bytes > MAX_ALERT_BYTES {
            self.add(at, format!("has {bytes} bytes when encoded"), format!("at most {MAX_ALERT_BYTES}"));
        }
        let entries = count_entries(alert);
        if entries > MAX_ENTRIES {
            self.add(at, format!("has {entries} entries in its lists"), format!("at most {MAX_ENTRIES}"));
        }
        if !self.rings {
            let points = count_points(alert);
            self.add(at, format!("has {points} points in its polygons"), format!("at most {MAX_POINTS}"));
        }
    }

    fn restriction(&mut self, at: &Path, alert: &Alert) {
        if let Some(label) = alert.restriction.as_deref().and_then(unknown_tlp_label) {
            let message = format!("names `{}`, which is no label of TLP 2.0", excerpt(&label));
            let expected = "TLP:CLEAR, TLP:GREEN, TLP:AMBER, TLP:AMBER+STRICT or TLP:RED";
            self.add(&at.child("restriction"), message, expected);
        }
    }

    /// What a scope or message type demands of another element.
    fn scope(&mut self, at: &Path, alert: &Alert) {
        let scope = at.child("scope");
        if alert.scope == Scope::Restricted && alert.restriction.is_none() {
            let message = "is Restricted, but there is no restriction";
            self.relate(&scope, &at.child("restriction"), message, "a restriction that says who may see it");
        }
        if alert.scope == Scope::Private && alert.addresses.is_empty() {
            let message = "is Private, but there are no addresses";
            self.relate(&scope, &at.child("addresses"), message, "the addresses of the recipients");
        }
        if alert.msg_type != MsgType::Alert && alert.references.is_empty() {
            let message = format!("is {}, but there are no references", alert.msg_type);
            let expected = "references to the earlier messages it is about";
            self.relate(&at.child("msgType"), &at.child("references"), message, expected);
        }
    }

    fn references(&mut self, at: &Path, alert: &Alert) {
        self.limit(&at.child("references"), alert.references.len(), MAX_LIST);
        for (index, reference) in alert.references.iter().enumerate() {
            self.reference(&at.item("references", index), reference, alert);
        }
    }

    fn reference(&mut self, at: &Path, reference: &Reference, alert: &Alert) {
        self.required(&at.child("sender"), Class::Token, &reference.sender);
        self.required(&at.child("identifier"), Class::Token, &reference.identifier);
        if (&reference.sender, &reference.identifier) == (&alert.sender, &alert.identifier) {
            self.add(at, "refers to the alert itself", "earlier messages only");
        }
        if reference.sent.instant() > alert.sent.instant() {
            let message = format!("refers to a message sent later, at {}", reference.sent);
            self.relate(at, &Path::alert().child("sent"), message, "earlier messages only");
        }
    }

    fn info(&mut self, at: &Path, info: &Info, sent: CapTime) {
        if info.categories.is_empty() {
            self.add(&at.child("category"), "is missing", "at least one category");
        }
        self.limit(&at.child("category"), info.categories.len(), MAX_LIST);
        self.limit(&at.child("responseType"), info.response_types.len(), MAX_LIST);
        self.required(&at.child("event"), Class::Name, &info.event);
        self.flaw(&at.child("language"), script::flaw(info));
        self.expiry(at, info, sent);
        self.info_texts(at, info);
        self.values(at, "eventCode", &info.event_codes);
        self.values(at, "parameter", &info.parameters);
        self.limit(&at.child("resource"), info.resources.len(), MAX_LIST);
        for (index, resource) in info.resources.iter().enumerate() {
            self.resource(&at.item("resource", index), resource);
        }
        self.limit(&at.child("area"), info.areas.len(), MAX_AREAS);
        for (index, area) in info.areas.iter().enumerate() {
            self.area(&at.item("area", index), area);
        }
    }

    fn info_texts(&mut self, at: &Path, info: &Info) {
        self.optional(&at.child("audience"), Class::Name, info.audience.as_deref());
        self.optional(&at.child("senderName"), Class::Name, info.sender_name.as_deref());
        self.optional(&at.child("headline"), Class::Free, info.headline.as_deref());
        self.optional(&at.child("description"), Class::Free, info.description.as_deref());
        self.optional(&at.child("instruction"), Class::Free, info.instruction.as_deref());
        self.address(&at.child("web"), info.web.as_deref());
        self.optional(&at.child("contact"), Class::Name, info.contact.as_deref());
    }

    fn expiry(&mut self, at: &Path, info: &Info, sent: CapTime) {
        let Some(expires) = info.expires else { return };
        let path = at.child("expires");
        if expires.instant() < sent.instant() {
            let message = format!("{expires} is before the alert was sent, {sent}");
            self.relate(&path, &Path::alert().child("sent"), message, "a time after it was sent");
        }
        if let Some(effective) = info.effective.filter(|effective| expires.instant() < effective.instant()) {
            let message = format!("{expires} is before it takes effect, {effective}");
            self.relate(&path, &at.child("effective"), message, "a time after it takes effect");
        }
    }

    fn resource(&mut self, at: &Path, resource: &Resource) {
        self.required(&at.child("resourceDesc"), Class::Name, &resource.resource_desc);
        self.required(&at.child("mimeType"), Class::Name, &resource.mime_type);
        self.address(&at.child("uri"), resource.uri.as_deref());
        self.optional(&at.child("digest"), Class::Name, resource.digest.as_deref());
        let bytes = resource.embedded.as_ref().map(|embedded| embedded.0.len());
        let path = at.child("derefUri");
        if bytes == Some(0) {
            self.add(&path, "is empty", "content, or to be left out");
        }
        if let Some(bytes) = bytes.filter(|bytes| *bytes > MAX_EMBEDDED_BYTES) {
            self.add(&path, format!("holds {bytes} bytes"), format!("at most {MAX_EMBEDDED_BYTES}"));
        }
    }

    fn area(&mut self, at: &Path, area: &Area) {
        self.required(&at.child("areaDesc"), Class::Name, &area.area_desc);
        self.limit(&at.child("polygon"), area.polygons.len(), MAX_LIST);
        self.limit(&at.child("circle"), area.circles.len(), MAX_LIST);
        if self.rings {
            for (index, polygon) in area.polygons.iter().enumerate() {
                self.flaw(&at.item("polygon", index), polygon.flaw());
            }
        }
        self.values(at, "geocode", &area.geocodes);
        self.heights(at, area);
    }

    fn heights(&mut self, at: &Path, area: &Area) {
        let (path, altitude) = (at.child("ceiling"), at.child("altitude"));
        match (area.altitude, area.ceiling) {
            (None, Some(_)) => {
                self.relate(&path, &altitude, "stands without an altitude", "an altitude with it")
            }
            (Some(low), Some(high)) if high < low => {
                let message = format!("{high} lies below the altitude {low}");
                self.relate(&path, &altitude, message, "a ceiling above the altitude");
            }
            _ => {}
        }
    }

    fn values(&mut self, at: &Path, name: &'static str, values: &[NameValue]) {
        self.limit(&at.child(name), values.len(), MAX_LIST);
        for (index, value) in values.iter().enumerate() {
            let path = at.item(name, index);
            self.required(&path.child("valueName"), Class::Name, &value.value_name);
            self.flaw(&path.child("value"), Class::Name.flaw(&value.value));
        }
    }

    fn names(&mut self, at: &Path, name: &'static str, values: &[String]) {
        self.limit(&at.child(name), values.len(), MAX_LIST);
        for (index, value) in values.iter().enumerate() {
            let path = at.item(name, index);
            self.required(&path, Class::Name, value);
            if name != "code" && value.contains('"') {
                self.add(&path, "has a quotation mark, which CAP uses to bound a name", "no quotation marks");
            }
        }
    }

    fn address(&mut self, path: &Path, address: Option<&str>) {
        self.optional(path, Class::Name, address);
        // Browsers ignore white space and control characters within a scheme.
        let plain = address.unwrap_or_default().chars().filter(|c| !c.is_whitespace() && !c.is_control());
        let start: String = plain.take(16).collect::<String>().to_ascii_lowercase();
        if RUN_SCHEMES.iter().any(|scheme| start.starts_with(scheme)) {
            self.add(path, "is an address that a browser would run", "an address to open, such as https://…");
        } else if address.is_some_and(|address| !address::is_reference(address)) {
            self.add(path, "is not a URI", "a URI such as https://example.org/page");
        }
    }

    fn required(&mut self, path: &Path, class: Class, text: &str) {
        if text.trim().is_empty() {
            self.add(path, "is empty", "a text");
        } else {
            self.flaw(path, class.flaw(text));
        }
    }

    fn optional(&mut self, path: &Path, class: Class, text: Option<&str>) {
        match text {
            Some(text) if text.trim().is_empty() => self.add(path, "is empty", "a text, or to be left out"),
            Some(text) => self.flaw(path, class.flaw(text)),
            None => {}
        }
    }

    fn limit(&mut self, path: &Path, count: usize, max: usize) {
        if count > max {
            self.add(path, format!("stands {count} times"), format!("at most {max} times"));
        }
    }

    fn flaw(&mut self, path: &Path, flaw: Option<ValueError>) {
        if let Some(error) = flaw {
            self.findings.push(Finding { path: *path, also: None, error });
        }
    }

    fn add(&mut self, path: &Path, message: impl Into<String>, expected: impl Into<String>) {
        self.flaw(path, Some(ValueError::new(message, expected)));
    }

    /// A finding about two elements, reported at `path`.
    fn relate(&mut self, path: &Path, also: &Path, message: impl Into<String>, expected: impl Into<String>) {
        let error = ValueError::new(message, expected);
        self.findings.push(Finding { path: *path, also: Some(*also), error });
    }
}

fn count_points(alert: &Alert) -> usize {
    let areas = alert.infos.iter().flat_map(|info| &info.areas);
    areas.flat_map(|area| &area.polygons).map(|polygon| polygon.0.len()).sum()
}

fn count_entries(alert: &Alert) -> usize {
    let own = [alert.addresses.len(), alert.codes.len(), alert.references.len(), alert.incidents.len()];
    own.iter().sum::<usize>() + alert.infos.iter().map(count_info).sum::<usize>()
}

fn count_info(info: &Info) -> usize {
    let lists = info.categories.len() + info.response_types.len() + info.event_codes.len();
    let areas: usize = info
        .areas
        .iter()
        .map(|area| 1 + area.polygons.len() + area.circles.len() + area.geocodes.len())
        .sum();
    1 + lists + info.parameters.len() + info.resources.len() + areas
}

#[cfg(test)]
mod tests;
