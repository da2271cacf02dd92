//! XML as text: what CAP and the charts for analysts are written with.
//!
//! Names of elements and attributes are ours; every text goes through an escape. What XML 1.0 cannot carry
//! at all ([`carries`]) has to be refused before it comes here.

use std::fmt::{Display, Write as _};

/// Whether XML 1.0 can hold every character of `text` (production 2, `Char`).
pub(crate) fn carries(text: &str) -> bool {
    text.chars()
        .all(|c| matches!(c, '\t' | '\n' | '\r') || !(c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}')))
}

/// A document in the making. Elements between other elements stand on lines of their own.
#[derive(Debug)]
pub(crate) struct Writer {
    text: String,
    depth: usize,
    /// Elements that hold the one being written, all on one line; white space counts as nothing there either.
    inline: bool,
}

impl Writer {
    /// A document that says it is in this encoding.
    pub(crate) fn new(encoding: &str) -> Self {
        Self { text: format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?>\n"), depth: 0, inline: false }
    }

    /// An element whose children stand on lines of their own.
    pub(crate) fn parent(
        &mut self,
        name: &str,
        attributes: &[(&str, &dyn Display)],
        children: impl FnOnce(&mut Self),
    ) {
        self.indent();
        self.tag(name, attributes, ">");
        self.end_line();
        self.depth += 1;
        children(self);
        self.depth -= 1;
        self.indent();
        self.close(name);
    }

    /// An element that stands on one line with all its children.
    pub(crate) fn line(&mut self, name: &str, children: impl FnOnce(&mut Self)) {
        self.indent();
        self.tag(name, &[], ">");
        let outer = std::mem::replace(&mut self.inline, true);
        children(self);
        self.inline = outer;
        self.close(name);
    }

    /// An element with text.
    pub(crate) fn leaf(&mut self, name: &str, text: impl Display) {
        self.indent();
        self.tag(name, &[], ">");
        self.escaped(&text.to_string(), |c| match c {
            // A parser would hand on a line feed for it.
            '\r' => Some("&#13;"),
            _ => None,
        });
        self.close(name);
    }

    /// An element with attributes alone.
    pub(crate) fn empty(&mut self, name: &str, attributes: &[(&str, &dyn Display)]) {
        self.indent();
        self.tag(name, attributes, "/>");
        self.end_line();
    }

    /// The document.
    pub(crate) fn finish(self) -> String {
        self.text
    }

    fn tag(&mut self, name: &str, attributes: &[(&str, &dyn Display)], end: &str) {
        self.text.push('<');
        self.text.push_str(name);
        for (name, value) in attributes {
            _ = write!(self.text, " {name}=\"");
            self.escaped(&value.to_string(), |c| match c {
                // A parser would hand on a space for each.
                '\t' => Some("&#9;"),
                '\n' => Some("&#10;"),
                '\r' => Some("&#13;"),
                _ => None,
            });
            self.text.push('"');
        }
        self.text.push_str(end);
    }

    fn close(&mut self, name: &str) {
        _ = write!(self.text, "</{name}>");
        self.end_line();
    }

    fn indent(&mut self) {
        if !self.inline {
            self.text.extend(std::iter::repeat_n("  ", self.depth));
        }
    }

    fn end_line(&mut self) {
        if !self.inline {
            self.text.push('\n');
        }
    }

    /// Text with what markup is made of replaced, and what `more` says.
    fn escaped(&mut self, text: &str, more: impl Fn(char) -> Option<&'static str>) {
        debug_assert!(carries(text), "refused before it comes here");
        for c in text.chars() {
            match c {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '"' => self.text.push_str("&quot;"),
                c => match more(c) {
                    Some(reference) => self.text.push_str(reference),
                    None => self.text.push(c),
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use roxmltree::Document;

    use super::*;

    fn written(attribute: &str, text: &str) -> String {
        let mut xml = Writer::new("UTF-8");
        xml.parent("a", &[("b", &attribute)], |xml| xml.leaf("c", text));
        xml.finish()
    }

    #[test]
    fn elements_stand_on_lines_of_their_own_or_on_one() {
        let mut xml = Writer::new("UTF-8");
        xml.parent("a", &[], |xml| {
            xml.line("b", |xml| {
                xml.leaf("c", 1);
                xml.leaf("d", "");
            });
            xml.empty("e", &[("f", &true)]);
        });
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                        <a>\n  <b><c>1</c><d></d></b>\n  <e f=\"true\"/>\n</a>\n";
        assert_eq!(xml.finish(), expected);
    }

    #[test]
    fn markup_and_line_ends_are_escaped() {
        let text = written("\t\r\n<\"&'>", "a\r\nb\t]]>&amp;<c>\"");
        assert!(text.contains("b=\"&#9;&#13;&#10;&lt;&quot;&amp;'&gt;\""), "{text}");
        assert!(text.contains("<c>a&#13;\nb\t]]&gt;&amp;amp;&lt;c&gt;&quot;</c>"), "{text}");
    }

    #[test]
    fn control_characters_and_non_characters_are_not_carried() {
        for c in ['\0', '\u{1}', '\u{b}', '\u{c}', '\u{1f}', '\u{fffe}', '\u{ffff}'] {
            assert!(!carries(&format!("a{c}")), "{c:?}");
        }
        for c in ['\t', '\n', '\r', ' ', '\u{7f}', '\u{85}', 'ي', '\u{fffd}', '\u{1f404}'] {
            assert!(carries(&c.to_string()), "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(attribute: String, text: String) {
            prop_assume!(carries(&attribute) && carries(&text));
            let xml = written(&attribute, &text);
            let document = Document::parse(&xml).unwrap();
            prop_assert_eq!(document.root_element().attribute("b"), Some(attribute.as_str()));
            let leaf = document.root_element().first_element_child().unwrap();
            prop_assert_eq!(leaf.text().unwrap_or_default(), text.as_str());
        }
    }
}
