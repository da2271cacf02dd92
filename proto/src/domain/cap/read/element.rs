//! Strict reading of one element: its attributes, the order and number of its children, its text.

use std::str::FromStr;

use roxmltree::Node;

use super::super::report::Report;
use super::super::schema::Slot;
use crate::domain::UnknownWord;
use crate::domain::alert::CapTime;
use crate::domain::fault::{Path, ValueError, excerpt};

/// Attributes in this namespace say where a schema lies; XML Schema lets them stand anywhere.
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// The one foreign namespace that the schema of CAP lets into an alert.
const XMLDSIG: &str = "http://www.w3.org/2000/09/xmldsig#";

/// An element of the file, and where it goes in the alert.
pub(super) struct Element<'d> {
    node: Node<'d, 'd>,
    pub(super) path: Path,
}

impl<'d> Element<'d> {
    /// Notes where the element stands and refuses its attributes.
    pub(super) fn new(node: Node<'d, 'd>, path: Path, report: &mut Report) -> Self {
        let line = report.lines.at(node.range().start);
        report.place(&path, &path, line);
        refuse_attributes(node, &path, line, report);
        Self { node, path }
    }

    /// The children by their slots; reports what is unknown, misplaced, repeated or missing.
    pub(super) fn arrange(&self, slots: &'static [Slot], report: &mut Report) -> Children<'d> {
        self.refuse_loose_text(report);
        let found = vec![vec![]; slots.len()];
        let mut children = Children { path: self.path, slots, found, signature: None };
        let mut reached = 0;
        for node in self.node.children().filter(Node::is_element) {
            if node.tag_name().namespace() == Some(XMLDSIG) && self.is_root() {
                children.signature.get_or_insert(node);
                reached = slots.len();
                continue;
            }
            let Some(slot) = self.slot(node, slots, report) else { continue };
            if slot < reached {
                self.misplaced(node, slots, reached, report);
            }
            reached = slot;
            self.keep(node, slot, &mut children, report);
        }
        self.require(&children, report);
        children
    }

    /// The slot of a child, by its name in the alert's own namespace.
    fn slot(&self, node: Node<'d, 'd>, slots: &[Slot], report: &mut Report) -> Option<usize> {
        let (name, namespace) = (node.tag_name().name(), node.tag_name().namespace());
        let own = namespace == self.node.tag_name().namespace();
        let slot = slots.iter().position(|slot| own && slot.name == name);
        if slot.is_none() {
            let message = match namespace.filter(|_| !own) {
                Some(other) => format!("is not of CAP, but of the namespace `{}`", excerpt(other)),
                None => "is not known here".to_owned(),
            };
            let known = slots.iter().map(|slot| slot.name).collect::<Vec<_>>().join(", ");
            self.fault_in(node, ValueError::new(message, format!("one of {known}")), report);
        }
        slot
    }

    fn keep(&self, node: Node<'d, 'd>, slot: usize, children: &mut Children<'d>, report: &mut Report) {
        let (Some(slot), Some(found)) = (children.slots.get(slot), children.found.get_mut(slot)) else {
            return;
        };
        if slot.repeated || found.is_empty() {
            found.push(node);
        } else {
            self.fault_in(node, ValueError::new("stands more than once", "one at most"), report);
        }
    }

    fn misplaced(&self, node: Node<'d, 'd>, slots: &[Slot], reached: usize, report: &mut Report) {
        let after = slots.get(reached).map_or("Signature", |slot| slot.name);
        let name = excerpt(node.tag_name().name());
        let error = ValueError::new(format!("stands after `{after}`"), format!("`{name}` before `{after}`"));
        self.fault_in(node, error, report);
    }

    /// Whether this is the alert, the only element where signatures may stand.
    fn is_root(&self) -> bool {
        self.node.parent_element().is_none()
    }

    /// Reports required children that are not there, at the line of what stands in their place.
    fn require(&self, children: &Children<'d>, report: &mut Report) {
        for (index, slot) in children.slots.iter().enumerate() {
            let first = |found: &Vec<Node<'d, 'd>>| found.first().map(|node| node.range().start);
            let (before, rest) = children.found.split_at(index);
            if !slot.required || rest.first().is_none_or(|found| !found.is_empty()) {
                continue;
            }
            let end = self.node.range().end.saturating_sub(1);
            let instead = rest.iter().filter_map(first).min().unwrap_or(end);
            let expected = match before.iter().zip(children.slots).rfind(|(found, _)| !found.is_empty()) {
                Some((_, before)) => format!("`{}` after `{}`", slot.name, before.name),
                None => format!("`{}` first", slot.name),
            };
            let line = report.lines.at(instead);
            report.missing(&self.path.child(slot.name), line, ValueError::new("is missing", expected));
        }
    }

    fn refuse_loose_text(&self, report: &mut Report) {
        let loose = |node: &Node<'_, '_>| {
            node.is_text() && node.text().is_some_and(|text| !text.trim_ascii().is_empty())
        };
        if let Some(node) = self.node.children().find(loose) {
            let message =
                format!("has the text `{}` between its elements", excerpt(node.text().unwrap_or("")));
            let line = report.lines.at(node.range().start);
            report.fault(self.path.to_string(), line, ValueError::new(message, "elements only"));
        }
    }

    fn fault_in(&self, node: Node<'d, 'd>, error: ValueError, report: &mut Report) {
        let line = report.lines.at(node.range().start);
        report.fault(format!("{}/{}", self.path, excerpt(node.tag_name().name())), line, error);
    }

    /// The text as it stands, whether comments or CDATA sections divide it or not.
    fn raw(&self, report: &mut Report) -> String {
        if let Some(inner) = self.node.children().find(Node::is_element) {
            let message = format!("holds the element `{}`", excerpt(inner.tag_name().name()));
            report.blame(&self.path, ValueError::new(message, "text only"));
        }
        self.node.children().filter(Node::is_text).filter_map(|node| node.text()).collect()
    }

    /// One of a closed list of words; white space counts, as in the schema.
    pub(super) fn word<T: FromStr<Err = UnknownWord>>(&self, report: &mut Report) -> Option<T> {
        let refuse = |error: UnknownWord, report: &mut Report| {
            let message = if error.word.is_empty() {
                "is empty".to_owned()
            } else {
                format!("`{}` is not one of CAP's words", excerpt(&error.word))
            };
            report.blame(&self.path, ValueError::new(message, error.known.join(", ")));
        };
        self.raw(report).parse().map_err(|error| refuse(error, report)).ok()
    }

    fn parse<T>(
        &self,
        text: &str,
        read: impl Fn(&str) -> Result<T, ValueError>,
        report: &mut Report,
    ) -> Option<T> {
        read(text).map_err(|error| report.blame(&self.path, error)).ok()
    }
}

fn refuse_attributes(node: Node<'_, '_>, path: &Path, line: u32, report: &mut Report) {
    for attribute in node.attributes() {
        let location = matches!(attribute.name(), "schemaLocation" | "noNamespaceSchemaLocation");
        if attribute.namespace() != Some(XSI) || !location {
            let message = format!("has the attribute `{}`", excerpt(attribute.name()));
            report.fault(path.to_string(), line, ValueError::new(message, "no attributes"));
        }
    }
}

/// The children of an element, by the slots of its sequence.
pub(super) struct Children<'d> {
    path: Path,
    slots: &'static [Slot],
    /// A list for each slot.
    found: Vec<Vec<Node<'d, 'd>>>,
    /// The first signature at the end of the alert.
    pub(super) signature: Option<Node<'d, 'd>>,
}

impl<'d> Children<'d> {
    fn nodes(&self, name: &str) -> &[Node<'d, 'd>] {
        let slot = self.slots.iter().position(|slot| slot.name == name);
        slot.and_then(|slot| self.found.get(slot)).map_or(&[], Vec::as_slice)
    }

    fn one(&self, name: &'static str, report: &mut Report) -> Option<Element<'d>> {
        self.nodes(name).first().map(|node| Element::new(*node, self.path.child(name), report))
    }

    /// An optional text, without white space at its ends; without content it is absent.
    pub(super) fn text(&self, name: &'static str, report: &mut Report) -> Option<String> {
        let text = self.one(name, report)?.raw(report);
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// A required text, without white space at its ends. Emptiness is for the rules of content to judge.
    pub(super) fn required(&self, name: &'static str, report: &mut Report) -> String {
        self.text(name, report).unwrap_or_default()
    }

    /// A required text as it stands.
    pub(super) fn exact(&self, name: &'static str, report: &mut Report) -> String {
        self.one(name, report).map(|element| element.raw(report)).unwrap_or_default()
    }

    /// One of a closed list of words.
    pub(super) fn word<T: FromStr<Err = UnknownWord>>(
        &self,
        name: &'static str,
        report: &mut Report,
    ) -> Option<T> {
        self.one(name, report)?.word(report)
    }

    /// A time.
    pub(super) fn time(&self, name: &'static str, report: &mut Report) -> Option<CapTime> {
        self.parsed(name, str::parse, report)
    }

    /// A value whose type in the schema ignores white space at its ends and is never empty.
    pub(super) fn parsed<T>(
        &self,
        name: &'static str,
        read: impl Fn(&str) -> Result<T, ValueError>,
        report: &mut Report,
    ) -> Option<T> {
        let element = self.one(name, report)?;
        let text = element.raw(report);
        element.parse(text.trim_ascii(), read, report)
    }

    /// As [`Self::parsed`], but absent when empty, which the schema allows.
    pub(super) fn parsed_if_any<T>(
        &self,
        name: &'static str,
        read: impl Fn(&str) -> Result<T, ValueError>,
        report: &mut Report,
    ) -> Option<T> {
        let element = self.one(name, report)?;
        let text = element.raw(report);
        if text.trim_ascii().is_empty() { None } else { element.parse(text.trim_ascii(), read, report) }
    }

    /// A list packed into one text.
    pub(super) fn listed<T>(
        &self,
        name: &'static str,
        read: impl Fn(&str) -> Result<Vec<T>, ValueError>,
        report: &mut Report,
    ) -> Vec<T> {
        let Some(element) = self.one(name, report) else { return vec![] };
        let text = element.raw(report);
        let list = element.parse(&text, read, report).unwrap_or_default();
        // The entries have no elements of their own: they all stand where the list does.
        for index in 0..list.len() {
            let line = report.line_of(&element.path);
            report.place(&self.path.item(name, index), &element.path, line);
        }
        list
    }

    /// Every child of that name.
    pub(super) fn each<T>(
        &self,
        name: &'static str,
        read: impl Fn(&Element<'d>, &mut Report) -> T,
        report: &mut Report,
    ) -> Vec<T> {
        let mut list = vec![];
        for (index, node) in self.nodes(name).iter().copied().enumerate() {
            let element = Element::new(node, self.path.item(name, index), report);
            list.push(read(&element, report));
        }
        list
    }

    /// Every child of that name that is not empty, as text.
    pub(super) fn texts(&self, name: &'static str, report: &mut Report) -> Vec<String> {
        self.shapes_with(name, |text| Ok(text.to_owned()), None, report)
    }

    /// Every child of that name that is not empty; `placeholder` for those that cannot be read.
    pub(super) fn shapes<T: FromStr<Err = ValueError> + Clone>(
        &self,
        name: &'static str,
        placeholder: Option<T>,
        report: &mut Report,
    ) -> Vec<T> {
        self.shapes_with(name, str::parse, placeholder, report)
    }

    fn shapes_with<T: Clone>(
        &self,
        name: &'static str,
        read: impl Fn(&str) -> Result<T, ValueError>,
        placeholder: Option<T>,
        report: &mut Report,
    ) -> Vec<T> {
        let mut list = vec![];
        for (index, node) in self.nodes(name).iter().copied().enumerate() {
            let inner = Element::new(node, self.path.item(name, index), report);
            let text = inner.raw(report);
            if text.trim().is_empty() {
                continue;
            }
            // In the alert, the element may have a lower number than in the file.
            let model = self.path.item(name, list.len());
            report.place(&model, &inner.path, report.lines.at(node.range().start));
            let element = Element { node, path: model };
            list.extend(element.parse(text.trim(), &read, report).or_else(|| placeholder.clone()));
        }
        list
    }
}
