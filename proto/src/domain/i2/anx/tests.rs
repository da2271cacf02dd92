//! The file as a parser of XML sees it, which knows nothing of how it was written.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use roxmltree::{Document, Node};

use super::super::samples::{SOURCE, chart, entity, free, link};
use super::*;

fn decoded(chart: &Chart) -> String {
    let bytes = chart.anx();
    let (pairs, []) = bytes.as_chunks::<2>() else { panic!("half a character") };
    let text = String::from_utf16(&pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect::<Vec<_>>());
    let text = text.unwrap();
    text.strip_prefix('\u{feff}').expect("a byte order mark").to_owned()
}

fn names<'d>(node: Node<'d, 'd>) -> Vec<&'d str> {
    node.children().filter(Node::is_element).map(|child| child.tag_name().name()).collect()
}

fn all<'d>(document: &'d Document<'d>, name: &str) -> Vec<Node<'d, 'd>> {
    document.descendants().filter(|node| node.has_tag_name(name)).collect()
}

fn attribute<'d>(node: Node<'d, 'd>, name: &str) -> &'d str {
    node.attribute(name).unwrap_or_else(|| panic!("no {name} in {node:?}"))
}

#[test]
fn the_file_says_its_encoding_and_has_its_mark() {
    assert_eq!(chart().anx()[..2], [0xff, 0xfe]);
    assert!(decoded(&chart()).starts_with("<?xml version=\"1.0\" encoding=\"utf-16\"?>\n<Chart>"));
}

#[test]
fn the_parts_of_the_chart_stand_in_their_order() {
    let text = decoded(&chart());
    let document = Document::parse(&text).unwrap();
    let expected = [
        "ApplicationVersion",
        "StrengthCollection",
        "GradeOne",
        "GradeTwo",
        "GradeThree",
        "AttributeClassCollection",
        "LinkTypeCollection",
        "ChartItemCollection",
    ];
    assert_eq!(document.root_element().tag_name().name(), "Chart");
    assert_eq!(names(document.root_element()), expected);
    for (collection, children) in [
        ("StrengthCollection", &["Strength"][..]),
        ("GradeOne", &["StringCollection"]),
        ("AttributeClassCollection", &["AttributeClass"; 2]),
        ("LinkTypeCollection", &["LinkType"; 2]),
        ("ChartItemCollection", &["ChartItem"; 4]),
    ] {
        assert_eq!(names(all(&document, collection)[0]), children, "{collection}");
    }
}

#[test]
fn entities_and_links_have_the_elements_of_their_kind() {
    let text = decoded(&chart());
    let document = Document::parse(&text).unwrap();
    let items = all(&document, "ChartItem");
    let shapes: Vec<_> = items.iter().map(|item| names(*item)).collect();
    assert_eq!(shapes, [vec!["End"], vec!["End", "AttributeCollection"], vec!["Link"], vec!["Link"]]);
    for (outer, inner) in
        [("End", "Entity"), ("Entity", "Icon"), ("Icon", "IconStyle"), ("Link", "LinkStyle")]
    {
        assert!(all(&document, outer).into_iter().all(|node| names(node) == [inner]), "{outer}");
    }
}

#[test]
fn an_entity_has_its_identity_grades_source_and_place() {
    let text = decoded(&chart());
    let document = Document::parse(&text).unwrap();
    let item = all(&document, "ChartItem")[1];
    assert_eq!(attribute(item, "Label"), "Hilux, blanc");
    let indexes = ["GradeOneIndex", "GradeTwoIndex", "GradeThreeIndex"].map(|name| attribute(item, name));
    assert_eq!(indexes, ["1", "1", "2"], "B, 2, H2");
    assert_eq!(attribute(item, "SourceReference"), SOURCE);
    assert_eq!((attribute(item, "DateSet"), attribute(item, "TimeSet")), ("false", "false"));
    let entity = all(&document, "Entity")[1];
    assert_eq!(attribute(entity, "Identity"), "V-7");
    assert_eq!(attribute(all(&document, "IconStyle")[1], "Type"), "Vehicle");
    let values: Vec<_> = all(&document, "Attribute")
        .into_iter()
        .map(|node| (attribute(node, "AttributeClass"), attribute(node, "Value")))
        .collect();
    assert_eq!(values, [("Latitude", "15.495"), ("Longitude", "-7.03")]);
}

#[test]
fn a_link_has_a_time_only_where_it_has_one() {
    let text = decoded(&chart());
    let document = Document::parse(&text).unwrap();
    let items = all(&document, "ChartItem");
    assert_eq!(attribute(items[2], "DateTime"), "2026-01-15T10:04:05.000");
    assert_eq!((attribute(items[2], "DateSet"), attribute(items[2], "TimeSet")), ("true", "true"));
    assert_eq!(items[3].attribute("DateTime"), None);
    assert_eq!((attribute(items[3], "DateSet"), attribute(items[3], "TimeSet")), ("false", "false"));
    assert_eq!(moment(UnixMillis::new(1_768_471_445_025).unwrap()), "2026-01-15T10:04:05.025");
}

#[test]
fn grades_are_lists_in_the_order_of_their_indexes() {
    let text = decoded(&chart());
    let document = Document::parse(&text).unwrap();
    let list = |name| {
        let strings = all(&document, name)[0].descendants().filter(|node| node.has_tag_name("String"));
        strings.map(|node| attribute(node, "Text")).collect::<Vec<_>>()
    };
    assert_eq!(list("GradeOne"), ["A", "B", "C", "X"]);
    assert_eq!(list("GradeTwo"), ["1", "2", "3", "4"]);
    assert_eq!(list("GradeThree"), ["H0", "H1", "H2", "H3"]);
}

#[test]
fn a_label_that_is_the_identity_says_so() {
    let mut chart = Chart::new();
    for (identity, label) in [("P-1", "P-1"), ("P-2", "Sidi Exemple")] {
        chart.add_entity(free(entity(identity, label))).unwrap();
    }
    let text = decoded(&chart);
    let document = Document::parse(&text).unwrap();
    let said: Vec<_> =
        all(&document, "Entity").into_iter().map(|node| attribute(node, "LabelIsIdentity")).collect();
    assert_eq!(said, ["true", "false"]);
}

#[test]
fn an_empty_chart_is_a_chart() {
    let text = decoded(&Chart::new());
    let document = Document::parse(&text).unwrap();
    assert!(all(&document, "ChartItem").is_empty());
    assert_eq!(all(&document, "ChartItemCollection").len(), 1);
}

/// Every reference in the file meets what it names; ids are unique; entities stand apart.
fn assert_sound(document: &Document<'_>) {
    let ids: Vec<_> = document.descendants().filter_map(|node| node.attribute("Id")).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "ids are unique");
    let numbers: BTreeSet<_> =
        all(document, "Entity").into_iter().map(|node| attribute(node, "EntityId")).collect();
    assert_eq!(numbers.len(), all(document, "Entity").len());
    for link in all(document, "Link") {
        assert!(numbers.contains(attribute(link, "End1Id")) && numbers.contains(attribute(link, "End2Id")));
    }
    for (element, name, reference, target) in [
        ("LinkStyle", "Type", "LinkTypeReference", "LinkType"),
        ("Attribute", "AttributeClass", "AttributeClassReference", "AttributeClass"),
    ] {
        let targets: BTreeMap<_, _> = all(document, target)
            .into_iter()
            .map(|node| (attribute(node, "Id"), attribute(node, "Name")))
            .collect();
        for node in all(document, element) {
            assert_eq!(targets.get(attribute(node, reference)), Some(&attribute(node, name)), "{element}");
        }
    }
    let strengths: BTreeSet<_> =
        all(document, "Strength").into_iter().map(|node| attribute(node, "Name")).collect();
    assert!(
        all(document, "LinkStyle").into_iter().all(|node| strengths.contains(attribute(node, "Strength")))
    );
    let places: BTreeSet<_> =
        all(document, "End").into_iter().map(|node| (attribute(node, "X"), attribute(node, "Y"))).collect();
    assert_eq!(places.len(), numbers.len(), "no two entities stand on one another");
    for end in all(document, "End") {
        assert_eq!(attribute(end.parent().unwrap(), "XPosition"), attribute(end, "X"));
    }
}

proptest! {
    #[test]
    fn any_chart_is_sound_and_keeps_its_texts(
        labels in prop::collection::vec("[^\\p{C}\u{2028}\u{2029}]{0,9}[a-zء-ي\"<>&']", 1..20),
        kinds in prop::collection::vec("[A-Z<&\"]{1,2}", 1..5),
        ends in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..20),
    ) {
        let mut chart = Chart::new();
        let kind = |n: usize| kinds[n % kinds.len()].parse::<TypeName>().unwrap();
        for (n, label) in labels.iter().enumerate() {
            let entity = Entity { kind: kind(n), ..entity(&format!("E-{n}"), label) };
            chart.add_entity(free(entity)).unwrap();
        }
        for (n, (from, to)) in ends.iter().enumerate() {
            let end = |index: &prop::sample::Index| format!("E-{}", index.index(labels.len()));
            chart.add_link(free(Link { kind: kind(n), ..link(&end(from), &end(to)) })).unwrap();
        }
        let text = decoded(&chart);
        let document = Document::parse(&text).unwrap();
        assert_sound(&document);
        let items = all(&document, "ChartItem");
        prop_assert_eq!(items.len(), labels.len() + ends.len());
        for (item, label) in items.iter().zip(&labels) {
            prop_assert_eq!(attribute(*item, "Label"), label.as_str());
        }
    }
}
