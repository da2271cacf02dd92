//! The chart as ANX, the XML that Analyst's Notebook exchanges charts in.
//!
//! In UTF-16 with a byte order mark: Analyst's Notebook is a Windows program, a writer whose files it opens writes
//! so, and every XML parser must read it; that it reads UTF-8 with Arabic nobody has told us.
//!
//! Every string, type and item has an `Id` of its own, and what refers to one repeats its name. Entities are numbered
//! from one, and links end at those numbers.

use std::collections::BTreeMap;

use super::chart::Ends;
use super::{Chart, Entity, Grades, HandlingCode, InformationGrade, Link, SourceGrade, TypeName};
use crate::domain::xml::Writer;
use crate::time::UnixMillis;

/// The one line style, by a name that claims nothing: how sure a link is, its grades say.
const STRENGTH: &str = "Default";
const LATITUDE: &str = "Latitude";
const LONGITUDE: &str = "Longitude";
/// Between neighbours on the chart, in its own units: room for an icon and its label.
const SPACING: usize = 200;

impl Chart {
    /// The chart as an ANX file, in UTF-16 with a byte order mark.
    #[must_use]
    pub fn anx(&self) -> Vec<u8> {
        let text = text(self);
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    }
}

/// Ids of the document, `ID1` and on.
#[derive(Default)]
struct Ids(usize);

impl Ids {
    fn next(&mut self) -> String {
        self.0 += 1;
        format!("ID{}", self.0)
    }
}

/// The ids of what items refer to.
struct References<'a> {
    latitude: String,
    longitude: String,
    link_types: BTreeMap<&'a TypeName, String>,
}

impl<'a> References<'a> {
    fn of(chart: &'a Chart, ids: &mut Ids) -> Self {
        let latitude = ids.next();
        let longitude = ids.next();
        let mut link_types: BTreeMap<_, _> = chart.links().map(|link| (&link.kind, String::new())).collect();
        link_types.values_mut().for_each(|id| *id = ids.next());
        Self { latitude, longitude, link_types }
    }
}

fn text(chart: &Chart) -> String {
    let mut ids = Ids::default();
    let references = References::of(chart, &mut ids);
    let mut xml = Writer::new("utf-16");
    xml.parent("Chart", &[], |xml| {
        // The version whose files these are made after.
        xml.empty("ApplicationVersion", &[("Major", &9), ("Minor", &0), ("Point", &0), ("Build", &0)]);
        xml.parent("StrengthCollection", &[], |xml| {
            let id = ids.next();
            xml.empty("Strength", &[("Id", &id), ("Name", &STRENGTH), ("DotStyle", &"DotStyleSolid")]);
        });
        grade(xml, "GradeOne", SourceGrade::ALL.iter().map(|grade| grade.as_str()), &mut ids);
        grade(xml, "GradeTwo", InformationGrade::ALL.iter().map(|grade| grade.as_str()), &mut ids);
        grade(xml, "GradeThree", HandlingCode::ALL.iter().map(|grade| grade.as_str()), &mut ids);
        xml.parent("AttributeClassCollection", &[], |xml| {
            attribute_class(xml, LATITUDE, &references.latitude);
            attribute_class(xml, LONGITUDE, &references.longitude);
        });
        link_types(xml, &references.link_types);
        xml.parent("ChartItemCollection", &[], |xml| items(xml, chart, &references, &mut ids));
    });
    xml.finish()
}

fn grade<'a>(xml: &mut Writer, name: &str, codes: impl Iterator<Item = &'a str>, ids: &mut Ids) {
    xml.parent(name, &[], |xml| {
        xml.parent("StringCollection", &[], |xml| {
            codes.for_each(|code| xml.empty("String", &[("Id", &ids.next()), ("Text", &code)]));
        });
    });
}

fn attribute_class(xml: &mut Writer, name: &str, id: &str) {
    xml.empty(
        "AttributeClass",
        &[
            ("Id", &id),
            ("Name", &name),
            ("Type", &"AttNumber"),
            ("IsUser", &true),
            ("UserCanAdd", &true),
            ("UserCanRemove", &true),
            ("ShowValue", &true),
        ],
    );
}

/// The types of links; a list without any is left out. Those of entities stand in no list, as in the files that these
/// are made after: Analyst's Notebook brings types and icons of its own.
fn link_types(xml: &mut Writer, types: &BTreeMap<&TypeName, String>) {
    if !types.is_empty() {
        xml.parent("LinkTypeCollection", &[], |xml| {
            types.iter().for_each(|(name, id)| xml.empty("LinkType", &[("Id", id), ("Name", name)]));
        });
    }
}

fn items(xml: &mut Writer, chart: &Chart, references: &References<'_>, ids: &mut Ids) {
    let columns = chart.entities().len().saturating_sub(1).isqrt() + 1;
    for (index, entity) in chart.entities().iter().enumerate() {
        let place = Place {
            number: index + 1,
            x: (1 + index % columns) * SPACING,
            y: (1 + index / columns) * SPACING,
        };
        entity_item(xml, entity, &place, references, &ids.next());
    }
    for (link, ends) in chart.links_with_ends() {
        link_item(xml, link, *ends, references, &ids.next());
    }
}

/// Where an entity stands: its number, and its place in a square that an analyst will rearrange.
struct Place {
    number: usize,
    x: usize,
    y: usize,
}

fn entity_item(xml: &mut Writer, entity: &Entity, place: &Place, references: &References<'_>, id: &str) {
    let Entity { identity, kind, label, position: _, grades, source } = entity;
    let Place { number, x, y } = place;
    let [one, two, three] = indexes(*grades);
    let attributes: [(&str, &dyn std::fmt::Display); 9] = [
        ("Id", &id),
        ("Label", label),
        ("DateSet", &false),
        ("TimeSet", &false),
        ("GradeOneIndex", &one),
        ("GradeTwoIndex", &two),
        ("GradeThreeIndex", &three),
        ("SourceReference", source),
        ("XPosition", x),
    ];
    xml.parent("ChartItem", &attributes, |xml| {
        xml.parent("End", &[("X", x), ("Y", y), ("Z", &0)], |xml| {
            let same = label.as_str() == identity.as_str();
            let attributes: [(&str, &dyn std::fmt::Display); 3] =
                [("EntityId", number), ("Identity", identity), ("LabelIsIdentity", &same)];
            xml.parent("Entity", &attributes, |xml| {
                xml.parent("Icon", &[], |xml| {
                    xml.empty("IconStyle", &[("Type", kind)]);
                });
            });
        });
        coordinates(xml, entity, references);
    });
}

fn coordinates(xml: &mut Writer, entity: &Entity, references: &References<'_>) {
    if entity.position.is_none() {
        return;
    }
    let [lat, lon] = entity.degrees();
    xml.parent("AttributeCollection", &[], |xml| {
        for (class, reference, value) in
            [(LATITUDE, &references.latitude, lat), (LONGITUDE, &references.longitude, lon)]
        {
            xml.empty(
                "Attribute",
                &[("AttributeClass", &class), ("AttributeClassReference", reference), ("Value", &value)],
            );
        }
    });
}

fn link_item(xml: &mut Writer, link: &Link, ends: Ends, references: &References<'_>, id: &str) {
    let Link { from: _, to: _, kind, at, grades, source } = link;
    let [one, two, three] = indexes(*grades);
    let set = at.is_some();
    let moment = at.map(moment).unwrap_or_default();
    let mut attributes: Vec<(&str, &dyn std::fmt::Display)> =
        vec![("Id", &id), ("Label", kind), ("DateSet", &set), ("TimeSet", &set)];
    if set {
        attributes.push(("DateTime", &moment));
    }
    attributes.extend::<[(&str, &dyn std::fmt::Display); 4]>([
        ("GradeOneIndex", &one),
        ("GradeTwoIndex", &two),
        ("GradeThreeIndex", &three),
        ("SourceReference", source),
    ]);
    xml.parent("ChartItem", &attributes, |xml| {
        xml.parent("Link", &[("End1Id", &(ends.from + 1)), ("End2Id", &(ends.to + 1))], |xml| {
            let reference = references.link_types.get(kind).expect("every kind is in the list");
            xml.empty(
                "LinkStyle",
                &[
                    ("Strength", &STRENGTH),
                    ("ArrowStyle", &"ArrowOnHead"),
                    ("Type", kind),
                    ("LinkTypeReference", reference),
                ],
            );
        });
    });
}

fn indexes(grades: Grades) -> [usize; 3] {
    [grades.source.index(), grades.information.index(), grades.handling.index()]
}

/// A time as ANX has it, in UTC and without saying so: `2026-01-15T10:04:05.000`.
fn moment(at: UnixMillis) -> String {
    let text = at.to_string();
    format!("{}.{:03}", text.get(..19).unwrap_or(&text), at.millis() % 1000)
}

#[cfg(test)]
mod tests;
