//! The sequences of `CAP-v1.2.xsd`: which elements, in which order, how often.

/// A place in a sequence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub(super) name: &'static str,
    pub(super) required: bool,
    pub(super) repeated: bool,
}

const fn one(name: &'static str) -> Slot {
    Slot { name, required: true, repeated: false }
}

const fn maybe(name: &'static str) -> Slot {
    Slot { name, required: false, repeated: false }
}

const fn any(name: &'static str) -> Slot {
    Slot { name, required: false, repeated: true }
}

const fn some(name: &'static str) -> Slot {
    Slot { name, required: true, repeated: true }
}

pub(super) const ALERT: &[Slot] = &[
    one("identifier"),
    one("sender"),
    one("sent"),
    one("status"),
    one("msgType"),
    maybe("source"),
    one("scope"),
    maybe("restriction"),
    maybe("addresses"),
    any("code"),
    maybe("note"),
    maybe("references"),
    maybe("incidents"),
    any("info"),
];

pub(super) const INFO: &[Slot] = &[
    maybe("language"),
    some("category"),
    one("event"),
    any("responseType"),
    one("urgency"),
    one("severity"),
    one("certainty"),
    maybe("audience"),
    any("eventCode"),
    maybe("effective"),
    maybe("onset"),
    maybe("expires"),
    maybe("senderName"),
    maybe("headline"),
    maybe("description"),
    maybe("instruction"),
    maybe("web"),
    maybe("contact"),
    any("parameter"),
    any("resource"),
    any("area"),
];

pub(super) const NAME_VALUE: &[Slot] = &[one("valueName"), one("value")];

pub(super) const RESOURCE: &[Slot] =
    &[one("resourceDesc"), one("mimeType"), maybe("size"), maybe("uri"), maybe("derefUri"), maybe("digest")];

pub(super) const AREA: &[Slot] =
    &[one("areaDesc"), any("polygon"), any("circle"), any("geocode"), maybe("altitude"), maybe("ceiling")];
